/* The data sets of FROM: whether they are there, as the analyst saw them, and can be joined. */
#include <string.h>

#include "node/query/nearest.h"
#include "node/query/plan_draft.h"

static sch_err unknown_data_set(const sch_draft *draft, const sch_from *from, const sch_catalog *catalog)
{
    const char *names[SCH_MAX_DATA_SETS];
    size_t count = catalog->data_set_count < SCH_MAX_DATA_SETS ? catalog->data_set_count : SCH_MAX_DATA_SETS;
    for (size_t i = 0; i < count; i++) {
        names[i] = catalog->data_set[i].name;
    }
    const char *nearest = sch_nearest_name(from->data_set, names, count);
    sch_detail_set(draft->detail, "%s offers no data set %s%s%s; fetch the catalogue again", catalog->node,
                   from->data_set, nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "");
    return sch_fail(SCH_TRY_AGAIN, "a data set of the request is not offered");
}

/* The data set of one node of from[i]. */
static sch_err find_source(sch_draft *draft, size_t i, size_t member)
{
    sch_err err = SCH_NONE;
    const sch_from *from = &draft->request->from[i];
    const sch_catalog **found = &draft->catalog[i][member];
    uint8_t hash[SCH_HASH_BYTES];
    for (size_t c = 0; c < draft->all_catalog_count && *found == NULL; c++) {
        if (strcmp(draft->all_catalogs[c]->node, from->node[member]) == 0) {
            *found = draft->all_catalogs[c];
        }
    }
    if (*found == NULL) {
        sch_detail_set(draft->detail, "the node %s, which holds %s, is not connected; try again later",
                       from->node[member], from->data_set);
        return sch_fail(SCH_TRY_AGAIN, "a node of the request is not connected");
    }
    const sch_data_set *set = sch_catalog_find(*found, from->data_set);
    if (set == NULL) {
        return unknown_data_set(draft, from, *found);
    }
    SCH_TRY(from->node_count > 1 ? sch_data_set_form_hash(hash, set) : sch_data_set_hash(hash, set));
    if (memcmp(hash, from->schema_hash, sizeof hash) != 0) {
        sch_detail_set(draft->detail, "the data set %s of %s changed%s; fetch the catalogue again", from->data_set,
                       from->node[member], from->node_count > 1 ? ", or has another schema than at the others" : "");
        return sch_fail(SCH_TRY_AGAIN, "a data set changed");
    }
    draft->data_set[i] = member == 0 ? set : draft->data_set[i];
    draft->max_rows[i] = set->max_rows > draft->max_rows[i] ? set->max_rows : draft->max_rows[i];
out:
    return err;
}

static sch_err check_join(const sch_draft *draft, size_t i)
{
    const sch_request *request = draft->request;
    const sch_column *first = sch_data_set_identifier(draft->data_set[0]);
    const sch_column *identifier = sch_data_set_identifier(draft->data_set[i]);
    if (identifier == NULL || strcmp(identifier->name, request->from[i].join_column) != 0) {
        sch_detail_set(draft->detail, "JOIN links %s by %s, which is not its identifier; join on %s",
                       sch_draft_alias(draft, i), request->from[i].join_column,
                       identifier != NULL ? identifier->name : "another data set");
        return sch_fail(SCH_BAD_INPUT, "JOIN is not on the identifier");
    }
    if (first == NULL || first->identifier != identifier->identifier) {
        sch_detail_set(
            draft->detail,
            "JOIN cannot link %s and %s: their identifiers are of different kinds; pick data sets of one kind",
            sch_draft_alias(draft, 0), sch_draft_alias(draft, i));
        return sch_fail(SCH_BAD_INPUT, "the identifiers are of different kinds");
    }
    if (strcmp(draft->data_set[0]->unit, draft->data_set[i]->unit) != 0) {
        sch_detail_set(draft->detail, "JOIN cannot link %s and %s: one is about a %s, the other about a %s",
                       sch_draft_alias(draft, 0), sch_draft_alias(draft, i), draft->data_set[0]->unit,
                       draft->data_set[i]->unit);
        return sch_fail(SCH_BAD_INPUT, "the data sets are about different units");
    }
    return SCH_NONE;
}

/* A member of a union has no other data set in the query: it would be a part of two kinds. */
static sch_err check_union(const sch_draft *draft, size_t i)
{
    const sch_request *request = draft->request;
    for (size_t k = 0; k < request->from_count && request->from[i].node_count > 1; k++) {
        for (size_t m = 0; m < request->from[i].node_count; m++) {
            if (k != i && strcmp(request->from[k].node[0], request->from[i].node[m]) == 0) {
                sch_detail_set(draft->detail,
                               "%s holds %s, and is one of the organisations of %s; leave it out of ALL(...), or join "
                               "data of another node",
                               request->from[k].node[0], request->from[k].data_set, sch_draft_alias(draft, i));
                return sch_fail(SCH_BAD_INPUT, "a member of the union holds another data set of the query");
            }
        }
    }
    return SCH_NONE;
}

sch_err sch_draft_sources(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    const sch_request *request = draft->request;
    for (size_t i = 0; i < request->from_count; i++) {
        for (size_t m = 0; m < request->from[i].node_count; m++) {
            SCH_TRY(find_source(draft, i, m));
        }
        SCH_TRY(check_join(draft, i));
    }
    for (size_t i = 0; i < request->from_count; i++) {
        SCH_TRY(check_union(draft, i));
    }
out:
    return err;
}

void sch_draft_rules(const sch_draft *draft, sch_disclosure *rules)
{
    *rules = (sch_disclosure){.min_persons = 0, .show_zero = true};
    for (size_t i = 0; i < draft->request->from_count; i++) {
        for (size_t m = 0; m < draft->request->from[i].node_count; m++) {
            const sch_catalog *catalog = draft->catalog[i][m];
            rules->min_persons = catalog->min_persons > rules->min_persons ? catalog->min_persons : rules->min_persons;
            rules->show_zero = rules->show_zero && catalog->show_zero;
        }
    }
}
