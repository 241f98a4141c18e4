/* Linking in several passes: whether the data sets of a query can be linked by its link keys. */
#include <stdio.h>
#include <string.h>

#include "node/query/nearest.h"
#include "node/query/plan_draft.h"

/* ---- data sets ---- */

/* All are linked to the first one, row by row: a person has one row, and a node one data set. */
static sch_err check_data_set(const sch_draft *draft, size_t i)
{
    const sch_request *request = draft->request;
    if (draft->data_set[i]->rows_per_person != SCH_ONE_PER_PERSON) {
        sch_detail_set(draft->detail,
                       "--pass links data sets with one row a person, and %s has several; leave --pass out, or use a "
                       "data set with one row a person",
                       sch_draft_alias(draft, i));
        return sch_fail(SCH_BAD_INPUT, "a data set of several passes has several rows a person");
    }
    if (i > 0 && request->from[i].node_count > 1) {
        sch_detail_set(draft->detail,
                       "--pass links to the first data set in FROM, and a union can only be that; write the union %s "
                       "first",
                       sch_draft_alias(draft, i));
        return sch_fail(SCH_BAD_INPUT, "a union of several passes is not the first data set");
    }
    for (size_t k = 0; k < i; k++) {
        if (strcmp(request->from[k].node[0], request->from[i].node[0]) == 0) {
            sch_detail_set(draft->detail,
                           "--pass takes one data set of each node, and %s and %s are both of %s; leave one of them "
                           "out, or --pass",
                           sch_draft_alias(draft, k), sch_draft_alias(draft, i), request->from[i].node[0]);
            return sch_fail(SCH_BAD_INPUT, "two data sets of several passes are of one node");
        }
    }
    return SCH_NONE;
}

/* ---- link keys ---- */

/* A key that is declared may still not be offered: the agreement decides, and a planner sees no more than it lets be
 * offered. */
static sch_err unknown_key(const sch_draft *draft, size_t i, const char *pass)
{
    const sch_data_set *set = draft->data_set[i];
    const char *names[SCH_MAX_LINK_KEYS];
    char known[SCH_MAX_LINK_KEYS * (SCH_NAME_BYTES + 1) + sizeof "it offers: "] = "it offers none";
    size_t count = set->link_key_count < SCH_MAX_LINK_KEYS ? set->link_key_count : SCH_MAX_LINK_KEYS;
    size_t used = 0;
    for (size_t k = 0; k < count; k++) {
        names[k] = set->link_key[k].name;
        (void)snprintf(known + used, sizeof known - used, "%s%s", k == 0 ? "it offers: " : ", ", names[k]);
        used = strlen(known);
    }
    const char *nearest = sch_nearest_name(pass, names, count);
    if (nearest != NULL) {
        (void)snprintf(known, sizeof known, "did you mean %s?", nearest);
    }
    sch_detail_set(draft->detail,
                   "%s offers no link key %s under this agreement: its owner has to declare it, and the agreement to "
                   "give each of its columns the use link; %s",
                   sch_draft_alias(draft, i), pass, known);
    return sch_fail(SCH_BAD_INPUT, "a data set offers no link key of this name");
}

enum { DESCRIBED_BYTES = 64 };

/* What a part of a link key is, for a sentence. */
static void describe(char out[static DESCRIBED_BYTES], const sch_column *column, const sch_link_part *part)
{
    if (column->type == SCH_TYPE_DECIMAL) {
        (void)snprintf(out, DESCRIBED_BYTES, "a decimal with %u digits after the point", column->decimals);
    } else if (part->first > 0) {
        (void)snprintf(out, DESCRIBED_BYTES, "the first %u characters of a text", part->first);
    } else if (column->type == SCH_TYPE_TEXT) {
        (void)snprintf(out, DESCRIBED_BYTES, "a whole text");
    } else {
        (void)snprintf(out, DESCRIBED_BYTES, "%s %s", column->type == SCH_TYPE_INTEGER ? "an" : "a",
                       sch_type_word(column->type));
    }
}

static sch_err do_not_fit(const sch_draft *draft, size_t i, const char *pass, const char *why)
{
    sch_detail_set(draft->detail,
                   "the link keys %s of %s and %s do not fit together: %s. Leave that --pass out, or ask an owner to "
                   "declare one that fits",
                   pass, sch_draft_alias(draft, 0), sch_draft_alias(draft, i), why);
    return sch_fail(SCH_BAD_INPUT, "the link keys of one name do not fit together");
}

/* As catalog.h has it: as many parts, each of one type, decimals and first. */
static sch_err check_fit(const sch_draft *draft, size_t i, const sch_link_key *first, const sch_link_key *key)
{
    char why[2 * SCH_NAME_BYTES + 160];
    if (first->part_count != key->part_count) {
        (void)snprintf(why, sizeof why, "the one has %zu columns, the other %zu", first->part_count, key->part_count);
        return do_not_fit(draft, i, key->name, why);
    }
    for (size_t k = 0; k < key->part_count; k++) {
        const sch_link_part *part[2] = {&first->part[k], &key->part[k]};
        const sch_column *column[2] = {sch_data_set_find(draft->data_set[0], part[0]->column),
                                       sch_data_set_find(draft->data_set[i], part[1]->column)};
        char what[2][DESCRIBED_BYTES];
        if (column[0] == NULL || column[1] == NULL) {
            return sch_fail(SCH_BUG, "a link key has a column that its data set lacks");
        }
        if (column[0]->type != column[1]->type || column[0]->decimals != column[1]->decimals ||
            part[0]->first != part[1]->first) {
            describe(what[0], column[0], part[0]);
            describe(what[1], column[1], part[1]);
            (void)snprintf(why, sizeof why, "%s is %s, %s %s", part[0]->column, what[0], part[1]->column, what[1]);
            return do_not_fit(draft, i, key->name, why);
        }
    }
    return SCH_NONE;
}

sch_err sch_draft_passes(const sch_draft *draft)
{
    sch_err err = SCH_NONE;
    const sch_request *request = draft->request;
    for (size_t i = 0; i < request->from_count && request->pass_count > 0; i++) {
        SCH_TRY(check_data_set(draft, i));
    }
    for (size_t p = 0; p < request->pass_count; p++) {
        const sch_link_key *first = sch_data_set_link_key(draft->data_set[0], request->pass[p]);
        for (size_t i = 0; i < request->from_count; i++) {
            const sch_link_key *key = sch_data_set_link_key(draft->data_set[i], request->pass[p]);
            SCH_TRY(key != NULL ? SCH_NONE : unknown_key(draft, i, request->pass[p]));
            SCH_TRY(check_fit(draft, i, first, key));
        }
    }
out:
    return err;
}
