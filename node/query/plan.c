/* Who is who, and which conditions go where. Columns are planned in plan_columns.c, the local parts printed by local_sql. */
#include "node/query/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/nearest.h"
#include "node/query/op_name.h"
#include "node/query/plan_draft.h"

static const char *alias_of(const sch_draft *draft, size_t from)
{
    return draft->request->from[from].alias;
}

/* ---- data sets ---- */

static sch_err unknown_data_set(const sch_draft *draft, const sch_from *from, const sch_catalog *catalog)
{
    const char *names[SCH_MAX_DATA_SETS];
    size_t count = catalog->data_set_count < SCH_MAX_DATA_SETS ? catalog->data_set_count : SCH_MAX_DATA_SETS;
    for (size_t i = 0; i < count; i++) {
        names[i] = catalog->data_set[i].name;
    }
    const char *nearest = sch_nearest_name(from->data_set, names, count);
    sch_detail_set(draft->detail, "%s offers no data set %s%s%s; fetch the catalogue again", from->node, from->data_set,
                   nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "");
    return sch_fail(SCH_TRY_AGAIN, "a data set of the request is not offered");
}

static sch_err find_source(sch_draft *draft, size_t i, const sch_catalog *const *catalog, size_t catalog_count)
{
    sch_err err = SCH_NONE;
    const sch_from *from = &draft->request->from[i];
    uint8_t hash[SCH_HASH_BYTES];
    for (size_t c = 0; c < catalog_count && draft->catalog[i] == NULL; c++) {
        if (strcmp(catalog[c]->node, from->node) == 0) {
            draft->catalog[i] = catalog[c];
        }
    }
    if (draft->catalog[i] == NULL) {
        sch_detail_set(draft->detail, "the node %s, which holds %s, is not connected; try again later", from->node,
                       from->data_set);
        return sch_fail(SCH_TRY_AGAIN, "a node of the request is not connected");
    }
    draft->data_set[i] = sch_catalog_find(draft->catalog[i], from->data_set);
    if (draft->data_set[i] == NULL) {
        return unknown_data_set(draft, from, draft->catalog[i]);
    }
    SCH_TRY(sch_data_set_hash(hash, draft->data_set[i]));
    if (memcmp(hash, from->schema_hash, sizeof hash) != 0) {
        sch_detail_set(draft->detail, "the data set %s of %s changed; fetch the catalogue again", from->data_set,
                       from->node);
        return sch_fail(SCH_TRY_AGAIN, "a data set changed");
    }
out:
    return err;
}

static sch_err check_join(const sch_draft *draft)
{
    const sch_request *request = draft->request;
    const sch_column *identifier[SCH_MAX_FROM];
    for (size_t i = 0; i < SCH_MAX_FROM; i++) {
        identifier[i] = sch_data_set_identifier(draft->data_set[i]);
        if (identifier[i] == NULL || strcmp(identifier[i]->name, request->join_column[i]) != 0) {
            sch_detail_set(draft->detail, "JOIN links %s by %s, which is not its identifier; join on %s",
                           alias_of(draft, i), request->join_column[i],
                           identifier[i] != NULL ? identifier[i]->name : "another data set");
            return sch_fail(SCH_BAD_INPUT, "JOIN is not on the identifier");
        }
    }
    if (identifier[0]->identifier != identifier[1]->identifier) {
        sch_detail_set(
            draft->detail,
            "JOIN cannot link %s and %s: their identifiers are of different kinds; pick data sets of one kind",
            alias_of(draft, 0), alias_of(draft, 1));
        return sch_fail(SCH_BAD_INPUT, "the identifiers are of different kinds");
    }
    if (strcmp(draft->data_set[0]->unit, draft->data_set[1]->unit) != 0) {
        sch_detail_set(draft->detail, "JOIN cannot link %s and %s: one is about a %s, the other about a %s",
                       alias_of(draft, 0), alias_of(draft, 1), draft->data_set[0]->unit, draft->data_set[1]->unit);
        return sch_fail(SCH_BAD_INPUT, "the data sets are about different units");
    }
    return SCH_NONE;
}

static sch_err find_sources(sch_draft *draft, const sch_catalog *const *catalog, size_t catalog_count)
{
    sch_err err = SCH_NONE;
    const sch_request *request = draft->request;
    if (strcmp(request->from[0].node, request->from[1].node) == 0) {
        sch_detail_set(draft->detail, "FROM names two data sets of %s; join two of different nodes",
                       request->from[0].node);
        return sch_fail(SCH_BAD_INPUT, "both data sets are of one node");
    }
    for (size_t i = 0; i < SCH_MAX_FROM; i++) {
        SCH_TRY(find_source(draft, i, catalog, catalog_count));
    }
    SCH_TRY(check_join(draft));
out:
    return err;
}

/* ---- GROUP BY ---- */

/* Fills the keys' columns and domains, their owners for now as numbers of from[]. codes[i]: combinations of from[i]'s. */
static sch_err find_keys(sch_draft *draft, uint8_t key_from[SCH_MAX_OUTPUTS], uint64_t codes[SCH_MAX_FROM])
{
    const sch_request *request = draft->request;
    sch_plan *plan = draft->plan;
    for (size_t i = 0; i < request->group_by_count; i++) {
        char what[SCH_DESCRIPTION_BYTES];
        const sch_typed *typed = &draft->typed[request->group_by[i]];
        sch_typing_describe(what, request, request->group_by[i]);
        uint32_t domain = typed->column->role == SCH_ROLE_DIMENSION ? sch_column_domain(typed->column) : 0;
        if (domain == 0) {
            sch_detail_set(draft->detail, "GROUP BY takes dimensions, and %s is none; use it in WHERE or an aggregate",
                           what);
            return sch_fail(SCH_BAD_INPUT, "GROUP BY takes dimensions");
        }
        key_from[i] = request->expression[request->group_by[i]].data_set;
        plan->key[i] = (sch_plan_key){.column = typed->column, .domain = domain};
        plan->key_count = i + 1;
        uint64_t *all = &codes[key_from[i]];
        *all = *all > UINT32_MAX ? *all : *all * domain;
    }
    return SCH_NONE;
}

/* The names of one owner's keys: "c.sector, c.jaar". */
static void list_keys(const sch_draft *draft, char *out, size_t out_bytes, size_t from)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < draft->request->group_by_count && used < out_bytes; i++) {
        const sch_expression *e = &draft->request->expression[draft->request->group_by[i]];
        if (e->data_set == from) {
            int more =
                snprintf(out + used, out_bytes - used, "%s%s.%s", used > 0 ? ", " : "", alias_of(draft, from), e->text);
            used += more > 0 ? (size_t)more : 0;
        }
    }
}

static sch_err check_cells(const sch_draft *draft, const uint64_t codes[SCH_MAX_FROM])
{
    const sch_plan *plan = draft->plan;
    size_t spine = plan->from[SCH_SPINE];
    size_t data = plan->from[SCH_DATA];
    char keys[200];
    if (codes[data] > SCH_MAX_WIDE) {
        list_keys(draft, keys, sizeof keys, data);
        bool many = draft->data_set[data]->rows_per_person != SCH_ONE_PER_PERSON;
        sch_detail_set(draft->detail,
                       "grouping on %s gives %llu combinations at the other owner; at most %d are possible when %s; "
                       "group on fewer codes and pick the rest in WHERE",
                       keys, (unsigned long long)codes[data], SCH_MAX_WIDE,
                       many ? "its data set has several rows a person" : "the other columns of GROUP BY have more");
        return sch_fail(SCH_BAD_INPUT, "GROUP BY gives too many combinations at the other owner");
    }
    if (codes[spine] * codes[data] > SCH_MAX_GROUPS) {
        sch_detail_set(draft->detail, "GROUP BY gives %llu cells; at most %d are possible: group on fewer columns",
                       (unsigned long long)(codes[spine] * codes[data]), SCH_MAX_GROUPS);
        return sch_fail(SCH_BAD_INPUT, "GROUP BY gives too many cells");
    }
    return SCH_NONE;
}

/* Owners become parties; strides, with the last key's codes next to each other. */
static void number_cells(sch_draft *draft, const uint8_t key_from[SCH_MAX_OUTPUTS])
{
    sch_plan *plan = draft->plan;
    uint32_t stride[2] = {1, 1};
    for (size_t i = plan->key_count; i-- > 0;) {
        sch_plan_key *key = &plan->key[i];
        key->owner = key_from[i] == plan->from[SCH_SPINE] ? SCH_SPINE : SCH_DATA;
        key->stride = stride[key->owner];
        stride[key->owner] *= key->domain;
    }
    plan->shape.groups = stride[SCH_SPINE];
    plan->wide = stride[SCH_DATA];
}

/* ---- parties ---- */

static sch_err choose_spine(sch_draft *draft, const uint64_t codes[SCH_MAX_FROM])
{
    bool one[SCH_MAX_FROM];
    for (size_t i = 0; i < SCH_MAX_FROM; i++) {
        one[i] = draft->data_set[i]->rows_per_person == SCH_ONE_PER_PERSON;
    }
    if (!one[0] && !one[1]) {
        sch_detail_set(draft->detail,
                       "neither data set has one row a person (%s and %s have several); join with a data set that has",
                       alias_of(draft, 0), alias_of(draft, 1));
        return sch_fail(SCH_BAD_INPUT, "neither data set has one row a person");
    }
    uint8_t spine = !one[0] || (one[1] && codes[1] > codes[0]) ? 1 : 0;
    draft->plan->from[SCH_SPINE] = spine;
    draft->plan->from[SCH_DATA] = (uint8_t)(1 - spine);
    const sch_data_set *s = draft->data_set[spine];
    const sch_data_set *d = draft->data_set[1 - spine];
    draft->plan->max_rows[SCH_SPINE] = s->max_rows;
    draft->plan->max_rows[SCH_DATA] = d->max_rows;
    /* A record of the data owner meets at most one row of the spine, and the other way round where a person has one. */
    draft->max_joined = d->max_rows;
    if (d->rows_per_person == SCH_ONE_PER_PERSON && s->max_rows < d->max_rows) {
        draft->max_joined = s->max_rows;
    }
    return SCH_NONE;
}

static sch_err choose_parties(sch_draft *draft, const sch_catalog *const *catalog, size_t catalog_count)
{
    sch_plan *plan = draft->plan;
    const char *helper = NULL;
    const char *owner[2];
    for (size_t party = 0; party < 2; party++) {
        owner[party] = draft->catalog[plan->from[party]]->node;
        memcpy(plan->node[party], owner[party], sizeof plan->node[party]);
    }
    for (size_t i = 0; i < catalog_count; i++) {
        const char *node = catalog[i]->node;
        bool free_node = strcmp(node, owner[0]) != 0 && strcmp(node, owner[1]) != 0;
        if (free_node && (helper == NULL || strcmp(node, helper) < 0)) {
            helper = node;
        }
    }
    if (helper == NULL) {
        sch_detail_set(draft->detail, "three nodes are needed; besides %s and %s none is connected", owner[0],
                       owner[1]);
        return sch_fail(SCH_TRY_AGAIN, "three nodes are needed; no third one is connected");
    }
    memcpy(plan->node[SCH_HELPER], helper, sizeof plan->node[SCH_HELPER]);
    return SCH_NONE;
}

static void choose_rules(sch_draft *draft)
{
    const sch_catalog *a = draft->catalog[0];
    const sch_catalog *b = draft->catalog[1];
    draft->plan->rules.min_persons = a->min_persons > b->min_persons ? a->min_persons : b->min_persons;
    draft->plan->rules.show_zero = a->show_zero && b->show_zero;
}

/* ---- WHERE ---- */

/* Gives each condition of the top-level AND to its owner. seen: expression_count zeroed entries; pending: as many. A shared
 * condition counts once. */
static sch_err split_where(sch_draft *draft, bool *seen, uint32_t *pending)
{
    const sch_request *request = draft->request;
    size_t waiting = 0;
    pending[waiting++] = request->where;
    while (waiting > 0) {
        uint32_t at = pending[--waiting];
        const sch_expression *e = &request->expression[at];
        if (seen[at]) {
            continue;
        }
        seen[at] = true;
        if (e->op == SCH_OP_AND) {
            for (size_t i = e->argument_count; i-- > 0;) {
                if (!seen[e->argument[i]]) {
                    pending[waiting++] = e->argument[i];
                }
            }
            continue;
        }
        if (draft->typed[at].owners == 3) {
            char what[SCH_DESCRIPTION_BYTES];
            sch_detail_set(
                draft->detail,
                "%s uses columns of both %s and %s; write conditions that each use one of them, joined by AND",
                sch_typing_describe(what, request, at), alias_of(draft, 0), alias_of(draft, 1));
            return sch_fail(SCH_BAD_INPUT, "a condition uses columns of both owners");
        }
        bool of_spine = draft->typed[at].owners == 1U << draft->plan->from[SCH_SPINE];
        size_t party = of_spine ? SCH_SPINE : SCH_DATA;
        draft->conjunct[party][draft->part[party].conjunct_count++] = at;
    }
    return SCH_NONE;
}

static sch_err plan_where(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    const sch_request *request = draft->request;
    size_t room = 1; /* each expression is opened once and then adds its arguments */
    bool *seen = calloc(request->expression_count, sizeof *seen);
    uint32_t *pending = NULL;
    for (size_t i = 0; i < request->expression_count; i++) {
        room += request->expression[i].argument_count;
    }
    pending = calloc(room, sizeof *pending);
    SCH_TRY(sch_check(seen != NULL && pending != NULL, SCH_NO_MEMORY, "no memory for the conditions"));
    if (request->has_where) {
        const sch_typed *where = &draft->typed[request->where];
        if (where->type != SCH_TYPE_BOOLEAN && where->type != SCH_TYPE_NONE) {
            char what[SCH_DESCRIPTION_BYTES];
            sch_detail_set(draft->detail, "WHERE takes a condition, and %s is %s; write a comparison",
                           sch_typing_describe(what, request, request->where), sch_type_name(where->type));
            SCH_TRY(sch_fail(SCH_BAD_INPUT, "WHERE takes a condition"));
        }
        SCH_TRY(split_where(draft, seen, pending));
    }
out:
    free(seen);
    free(pending);
    return err;
}

/* ---- local parts ---- */

static sch_err ready_parts(sch_draft *draft)
{
    for (size_t party = 0; party < 2; party++) {
        sch_part *part = &draft->part[party];
        draft->conjunct[party] = calloc(draft->request->expression_count, sizeof *draft->conjunct[party]);
        if (draft->conjunct[party] == NULL) {
            return sch_fail(SCH_NO_MEMORY, "no memory for the conditions");
        }
        part->request = draft->request;
        part->typed = draft->typed;
        part->data_set = draft->data_set[draft->plan->from[party]];
        part->grouped = part->data_set->rows_per_person != SCH_ONE_PER_PERSON;
        part->conjunct = draft->conjunct[party];
        part->wide = party == SCH_DATA ? draft->plan->wide : 1;
    }
    for (size_t i = 0; i < draft->plan->key_count; i++) {
        const sch_plan_key *key = &draft->plan->key[i];
        sch_part *part = &draft->part[key->owner];
        /* A data owner's key with one code numbers nothing. */
        if (key->owner == SCH_SPINE || draft->plan->wide > 1) {
            part->key[part->key_count] = key->column;
            part->stride[part->key_count++] = key->stride;
        }
    }
    return SCH_NONE;
}

static sch_err print_parts(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    sch_buf sql = {0};
    for (size_t party = 0; party < 2; party++) {
        const sch_part *part = &draft->part[party];
        sch_local *local = &draft->plan->local[party];
        SCH_TRY(sch_local_sql_statement(&sql, part));
        const char *text = sch_buf_text(&sql);
        SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for a local part"));
        local->sql = strdup(text);
        SCH_TRY(sch_check(local->sql != NULL, SCH_NO_MEMORY, "no memory for a local part"));
        local->value_count = part->value_count;
        local->key_count = part->wide == 1 ? part->key_count : 0;
        memcpy(local->key, part->key, local->key_count * sizeof(local->key[0]));
        sch_buf_clear(&sql);
    }
out:
    sch_buf_clear(&sql);
    return err;
}

/* ---- all ---- */

static sch_err make(sch_draft *draft, const sch_catalog *const *catalog, size_t catalog_count)
{
    sch_err err = SCH_NONE;
    uint64_t codes[SCH_MAX_FROM] = {1, 1};
    uint8_t key_from[SCH_MAX_OUTPUTS] = {0};
    SCH_TRY(sch_request_check_query(draft->request, draft->detail));
    SCH_TRY(find_sources(draft, catalog, catalog_count));
    draft->typed = calloc(draft->request->expression_count, sizeof *draft->typed);
    SCH_TRY(sch_check(draft->typed != NULL, SCH_NO_MEMORY, "no memory for the expressions"));
    SCH_TRY(sch_typing_make(draft->typed, draft->request, draft->data_set, draft->detail));
    SCH_TRY(find_keys(draft, key_from, codes));
    SCH_TRY(choose_spine(draft, codes));
    SCH_TRY(check_cells(draft, codes));
    number_cells(draft, key_from);
    SCH_TRY(ready_parts(draft));
    SCH_TRY(plan_where(draft));
    SCH_TRY(sch_draft_columns(draft));
    choose_rules(draft);
    SCH_TRY(choose_parties(draft, catalog, catalog_count));
    SCH_TRY(print_parts(draft));
    SCH_TRY(sch_table_shape_check(&draft->plan->shape));
out:
    return err;
}

sch_err sch_plan_make(sch_plan *plan, const sch_request *request, const sch_catalog *const *catalog,
                      size_t catalog_count, sch_detail *detail)
{
    *plan = (sch_plan){0};
    sch_draft draft = {.plan = plan, .request = request, .detail = detail};
    sch_err err = make(&draft, catalog, catalog_count);
    for (size_t party = 0; party < 2; party++) {
        free(draft.conjunct[party]);
        sch_part_clear(&draft.part[party]);
    }
    free(draft.typed);
    if (sch_failed(err)) {
        sch_plan_clear(plan);
    }
    return err;
}

uint64_t sch_plan_numbers(const sch_plan *plan, const sch_request *request)
{
    uint64_t asked = 0;
    for (size_t i = 0; i < request->output_count; i++) {
        asked += request->output[i].grouped ? 0 : 1;
    }
    return (uint64_t)plan->shape.groups * plan->wide * (asked > 0 ? asked : 1);
}

void sch_plan_clear(sch_plan *plan)
{
    for (size_t party = 0; party < 2; party++) {
        free(plan->local[party].sql);
    }
    *plan = (sch_plan){0};
}
