/* Who is who. The analysis of a request, then an attempt for each candidate for the spine and each way of grouping; the
 * one that sends least is the plan. */
#include "node/query/plan.h"

#include <stdlib.h>
#include <string.h>

#include "node/query/linkage.h"
#include "node/query/plan_draft.h"

/* ---- an attempt: parts ---- */

static void clear_attempt(sch_draft *draft)
{
    for (size_t p = 0; p < SCH_MAX_FROM; p++) {
        sch_part_clear(&draft->part[p]);
        draft->part[p] = (sch_part){0};
    }
    memset(draft->indicates, 0, sizeof draft->indicates);
    draft->step_count = 0;
    draft->quantile_count = 0;
}

static void ready_part(sch_draft *draft, size_t p, size_t site_number)
{
    const sch_site *site = &draft->site[site_number];
    sch_part *part = &draft->part[p];
    draft->part_site[p] = (uint8_t)site_number;
    draft->site_part[site_number] = (uint8_t)p;
    part->request = draft->request;
    part->typed = draft->typed;
    part->from_count = site->from_count;
    for (size_t i = 0; i < site->from_count; i++) {
        part->from[i] = site->from[i];
        part->data_set[i] = draft->data_set[site->from[i]];
        part->join[i] = draft->request->from[site->from[i]].join;
    }
    part->conjunct = draft->conjunct[p];
    for (size_t i = 0; i < draft->condition_count; i++) {
        const sch_condition *condition = &draft->condition[i];
        /* a condition without columns is the spine's */
        bool own = condition->sites == 1U << site_number || (condition->sites == 0 && p == 0);
        if (own && !condition->cross) {
            draft->conjunct[p][part->conjunct_count++] = condition->expression;
        }
    }
    part->is_spine = p == 0;
    part->pass_count = draft->request->pass_count;
    for (size_t i = 0; i < part->pass_count; i++) {
        part->link_key[i] = sch_data_set_link_key(part->data_set[0], draft->request->pass[i]);
    }
    part->grouped = site->many && !(p == 0 && site->records);
    part->most_records = part->grouped && site->declares_a_person ? site->max_a_person : 0;
}

/* Keys of the spine whose data sets have several rows a person: how many combinations a person can be in. */
static uint64_t key_combinations(const sch_draft *draft)
{
    const sch_plan *plan = draft->plan;
    uint64_t combinations = 1;
    for (size_t k = 0; k < plan->key_count; k++) {
        const sch_plan_key *key = &plan->key[k];
        const sch_expression *e = &draft->request->expression[draft->request->group_by[k]];
        if (key->place != SCH_KEY_SPINE) {
            continue;
        }
        size_t from = e->op == SCH_OP_BIN ? draft->request->expression[e->argument[0]].data_set : e->data_set;
        combinations *= draft->data_set[from]->rows_per_person == SCH_ONE_PER_PERSON ? 1 : key->domain;
    }
    return combinations;
}

/* How many rows a person has in the spine's result, and may have in a cell. */
static sch_err count_occurrences(sch_draft *draft)
{
    const sch_site *site = &draft->site[draft->part_site[0]];
    sch_part *spine = &draft->part[0];
    uint64_t most = 1;
    if (site->many && site->records) {
        most = site->max_a_person;
    } else if (site->many) {
        most = key_combinations(draft);
        most = site->max_a_person < most ? site->max_a_person : most;
    }
    if (most > SCH_MAX_ROWS_A_PERSON) {
        sch_detail_set(draft->detail,
                       "%s has several rows a person, and each data set that is linked to it is sent once for each of "
                       "them: its schema has to declare "
                       "max_rows_per_person, at most %d",
                       sch_draft_several(draft, site), SCH_MAX_ROWS_A_PERSON);
        return sch_fail(SCH_BAD_INPUT, "the rows of a person are not bounded");
    }
    spine->has_occurrence = most > 1;
    bool margins = draft->plan->cell.set_count > 0;
    draft->rows_a_person = site->records || margins ? (uint32_t)most : 1;
    for (size_t p = 1; margins && p < draft->plan->part_count; p++) {
        draft->rows_a_person *= draft->part[p].grouped ? draft->part[p].wide : 1;
    }
    for (size_t p = 0; p < draft->plan->part_count; p++) {
        const sch_site *own = &draft->site[draft->part_site[p]];
        draft->plan->local[p].occurrences = p == 0 ? (uint32_t)most : 1;
        draft->plan->local[p].max_rows = own->max_records;
    }
    return SCH_NONE;
}

/* Each part that is there for sure can be the one that the join's records are counted from. */
static sch_err bound_join(sch_draft *draft)
{
    unsigned __int128 best = 0;
    for (size_t p = 0; p < draft->site_count; p++) {
        unsigned __int128 records = draft->site[p].max_records;
        for (size_t q = 0; q < draft->site_count; q++) {
            records *= q == p ? 1 : draft->site[q].max_a_person;
            records = records > (unsigned __int128)1 << 62 ? (unsigned __int128)1 << 62 : records;
        }
        best = !draft->site[p].left && (best == 0 || records < best) ? records : best;
    }
    best *= draft->plan->member_count;
    if (best >= (unsigned __int128)1 << 60) {
        sch_detail_set(draft->detail, "the join could have more than 2^60 rows, as the schemas declare; ask the owners "
                                      "to declare max_rows_per_person");
        return sch_fail(SCH_BAD_INPUT, "the join could have too many rows");
    }
    draft->max_joined = (uint64_t)best;
    return SCH_NONE;
}

/* ---- an attempt: parties ---- */

static sch_party add_party(sch_plan *plan, const char *node)
{
    sch_party p = 0;
    while (p < plan->party_count && strcmp(plan->party[p], node) != 0) {
        p++;
    }
    if (p == plan->party_count) {
        memcpy(plan->party[p], node, strnlen(node, SCH_NAME_BYTES - 1) + 1);
        plan->party_count++;
    }
    return p;
}

/* The first node by name that is none of the plan's. */
static const char *free_node(const sch_draft *draft)
{
    const char *found = NULL;
    for (size_t i = 0; i < draft->all_catalog_count; i++) {
        const char *node = draft->all_catalogs[i]->node;
        bool taken = false;
        for (size_t p = 0; p < draft->plan->party_count; p++) {
            taken = taken || strcmp(node, draft->plan->party[p]) == 0;
        }
        if (!taken && (found == NULL || strcmp(node, found) < 0)) {
            found = node;
        }
    }
    return found;
}

static sch_err cast_helpers(sch_draft *draft)
{
    sch_plan *plan = draft->plan;
    size_t owners = plan->part_count - 1;
    const char *other = owners == 1 && plan->member_count == 1 ? free_node(draft) : NULL;
    if (owners == 1 && plan->member_count == 1 && other == NULL) {
        sch_detail_set(draft->detail, "three nodes are needed; besides %s and %s none is connected", plan->party[0],
                       plan->party[1]);
        return sch_fail(SCH_TRY_AGAIN, "three nodes are needed; no third one is connected");
    }
    for (size_t m = 0; m < plan->member_count; m++) {
        sch_cast *cast = &plan->member[m];
        for (size_t d = 0; d < owners; d++) {
            cast->helper[d] = cast->data[(d + 1) % owners];
        }
        if (owners == 1) {
            cast->helper[0] = other != NULL ? add_party(plan, other) : plan->member[(m + 1) % plan->member_count].spine;
        }
        cast->second = cast->helper[0];
        cast->third = cast->data[0];
    }
    return SCH_NONE;
}

static sch_err cast_parties(sch_draft *draft)
{
    sch_plan *plan = draft->plan;
    const sch_from *spine = &draft->request->from[draft->site[draft->part_site[0]].from[0]];
    if (spine->node_count + plan->part_count - 1 > SCH_MAX_PARTIES) {
        sch_detail_set(draft->detail, "at most %d nodes can take part in a query", SCH_MAX_PARTIES);
        return sch_fail(SCH_BAD_INPUT, "too many nodes");
    }
    for (size_t m = 0; m < plan->member_count; m++) {
        plan->member[m].spine = add_party(plan, spine->node[m]);
    }
    for (size_t p = 1; p < plan->part_count; p++) {
        const sch_from *from = &draft->request->from[draft->site[draft->part_site[p]].from[0]];
        sch_party party = add_party(plan, from->node[0]);
        for (size_t m = 0; m < plan->member_count; m++) {
            plan->member[m].data[p - 1] = party;
        }
    }
    return cast_helpers(draft);
}

/* ---- an attempt: the whole ---- */

static sch_err print_parts(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    sch_buf sql = {0};
    for (size_t p = 0; p < draft->plan->part_count; p++) {
        const sch_part *part = &draft->part[p];
        sch_local *local = &draft->plan->local[p];
        /* A row of a left joined owner that breaks a condition would count as if it were not linked: a condition of
         * its own that lets rows without a link through is decided on shares, and any other makes the join an inner
         * one (plan_where.c). */
        bool left = draft->site[draft->part_site[p]].left;
        SCH_TRY(sch_check(part->pass_count == 0 || !left || part->conjunct_count == 0, SCH_BUG,
                          "a left joined owner has conditions of its own"));
        sch_err printed = sch_local_sql_statement(&sql, part);
        if (printed.code == SCH_BAD_INPUT) {
            sch_detail_set(draft->detail, "%s", printed.text);
        }
        SCH_TRY(printed);
        const char *text = sch_buf_text(&sql);
        local->sql = text != NULL ? strdup(text) : NULL;
        SCH_TRY(sch_check(local->sql != NULL, SCH_NO_MEMORY, "no memory for a local part"));
        local->value_count = part->value_count;
        local->most_records = part->most_records;
        local->passes = (uint8_t)part->pass_count;
        local->key_count = part->key_count;
        memcpy(local->key, part->key, part->key_count * sizeof part->key[0]);
        local->from_count = part->from_count;
        memcpy(local->from, part->from, sizeof local->from);
        local->codes = p == 0 ? draft->plan->shape.spine_groups : draft->plan->shape.data[p - 1].codes;
        sch_buf_clear(&sql);
    }
out:
    sch_buf_clear(&sql);
    return err;
}

static sch_err attempt(sch_draft *draft, size_t spine, sch_grouping grouping)
{
    sch_err err = SCH_NONE;
    sch_plan *plan = draft->plan;
    clear_attempt(draft);
    *plan = (sch_plan){.part_count = draft->site_count,
                       .member_count = draft->request->from[draft->site[spine].from[0]].node_count,
                       .pass_count = draft->request->pass_count,
                       .grouping = grouping};
    memcpy(plan->pass, draft->request->pass, sizeof plan->pass);
    for (size_t i = 0; i < plan->pass_count; i++) {
        for (size_t k = 0; k < draft->request->from_count; k++) {
            plan->link_key[i][k] = sch_data_set_link_key(draft->data_set[k], plan->pass[i]);
        }
    }
    sch_draft_rules(draft, &plan->rules);
    ready_part(draft, 0, spine);
    for (size_t s = 0, p = 1; s < draft->site_count; s++) {
        if (s != spine) {
            ready_part(draft, p++, s);
        }
    }
    SCH_TRY(bound_join(draft));
    SCH_TRY(sch_draft_keys(draft, grouping));
    SCH_TRY(count_occurrences(draft));
    SCH_TRY(sch_draft_columns(draft));
    SCH_TRY(cast_parties(draft));
    SCH_TRY(print_parts(draft));
    SCH_TRY(sch_table_shape_check(&plan->shape));
    SCH_TRY(sch_cell_shape_check(&plan->cell));
    if (sch_cells_bytes(&plan->cell, &plan->rules) == 0) {
        sch_detail_set(
            draft->detail,
            "the query asks for too many margins of too many aggregates at a time; ask for fewer grouping sets");
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "too many margins"));
    }
    for (size_t m = 0; m < plan->member_count; m++) {
        SCH_TRY(sch_cast_check(&plan->member[m], &plan->shape));
    }
out:
    return err;
}

/* The bytes of a plan at the declared sizes. */
static uint64_t declared_bytes(const sch_plan *plan)
{
    uint64_t rows[SCH_MAX_PARTIES] = {0};
    for (size_t p = 0; p < plan->party_count; p++) {
        size_t part;
        rows[p] = sch_plan_part(plan, (sch_party)p, &part) ? plan->local[part].max_rows : 0;
    }
    return sch_plan_bytes(plan, rows);
}

/* ---- the choice ---- */

typedef struct choice {
    sch_plan *best; /* owned */
    size_t best_spine;
    uint64_t best_bytes;
    sch_err refused; /* why the first attempt failed */
    sch_detail why;
} choice;

static bool may_be_spine(const sch_draft *draft, size_t s)
{
    if (draft->request->pass_count > 0) {
        return s == draft->site_of[0];
    }
    bool has_union = false, needs_records = false;
    for (size_t i = 0; i < draft->site_count; i++) {
        has_union = has_union || draft->site[i].is_union;
        needs_records = needs_records || (draft->site[i].many && draft->site[i].records);
    }
    const sch_site *site = &draft->site[s];
    return !site->left && (!has_union || site->is_union) && (!needs_records || (site->many && site->records));
}

static bool has_keys_elsewhere(const sch_draft *draft, size_t spine)
{
    for (size_t i = 0; i < draft->request->group_by_count; i++) {
        if ((draft->typed[draft->request->group_by[i]].parts & ~(1U << spine)) != 0) {
            return true;
        }
    }
    return false;
}

static sch_err try_one(sch_draft *draft, choice *c, size_t spine, sch_grouping grouping, uint64_t *bytes)
{
    *bytes = 0;
    draft->detail->text[0] = '\0';
    sch_err err = attempt(draft, spine, grouping);
    if (err.code == SCH_NO_MEMORY || err.code == SCH_BUG) {
        return err;
    }
    if (sch_failed(err)) {
        if (!sch_failed(c->refused)) {
            c->refused = err;
            c->why = *draft->detail;
        }
        sch_plan_clear(draft->plan);
        return SCH_NONE;
    }
    *bytes = declared_bytes(draft->plan);
    if (c->best_bytes == 0 || *bytes < c->best_bytes) {
        sch_plan *worse = c->best;
        c->best = draft->plan;
        draft->plan = worse;
        c->best_bytes = *bytes;
        c->best_spine = spine;
    }
    sch_plan_clear(draft->plan);
    return SCH_NONE;
}

static sch_err choose(sch_draft *draft, choice *c)
{
    sch_err err = SCH_NONE;
    uint64_t wide[SCH_MAX_FROM] = {0}, sorted[SCH_MAX_FROM] = {0};
    for (size_t s = 0; s < draft->site_count; s++) {
        uint64_t ignored;
        if (!may_be_spine(draft, s)) {
            continue;
        }
        if (has_keys_elsewhere(draft, s)) {
            SCH_TRY(try_one(draft, c, s, SCH_GROUPING_WIDE, &wide[s]));
            SCH_TRY(try_one(draft, c, s, SCH_GROUPING_SORTED, &sorted[s]));
        } else {
            SCH_TRY(try_one(draft, c, s, SCH_GROUPING_KNOWN, &ignored));
        }
    }
    if (c->best_bytes == 0) {
        *draft->detail = c->why;
        return sch_failed(c->refused)
                   ? c->refused
                   : sch_fail(SCH_BAD_INPUT, "no data set of the query can be the one that others are linked to");
    }
    c->best->wide_bytes = wide[c->best_spine];
    c->best->sorted_bytes = sorted[c->best_spine];
out:
    return err;
}

static sch_err check_sites(const sch_draft *draft)
{
    if (draft->site_count < 2) {
        sch_detail_set(draft->detail, "FROM names data sets of %s alone; join with one of another node",
                       draft->request->from[0].node[0]);
        return sch_fail(SCH_BAD_INPUT, "all data sets are of one node");
    }
    return SCH_NONE;
}

static sch_err make(sch_draft *draft, choice *c, const sch_request *asked)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_request_check_query(draft->request, draft->detail));
    SCH_TRY(sch_draft_sources(draft));
    SCH_TRY(sch_draft_passes(draft));
    draft->typed = calloc(draft->request->expression_count + 1, sizeof *draft->typed);
    SCH_TRY(sch_check(draft->typed != NULL, SCH_NO_MEMORY, "no memory for the expressions"));
    SCH_TRY(sch_draft_where(draft));
    SCH_TRY(check_sites(draft));
    SCH_TRY(sch_linkage_check_margins(asked, draft->data_set[0], draft->detail));
    for (size_t p = 0; p < draft->site_count; p++) {
        draft->conjunct[p] = calloc(draft->condition_count + 1, sizeof *draft->conjunct[p]);
        SCH_TRY(sch_check(draft->conjunct[p] != NULL, SCH_NO_MEMORY, "no memory for the conditions"));
    }
    SCH_TRY(choose(draft, c));
out:
    return err;
}

static void free_plan(sch_plan *plan)
{
    if (plan != NULL) {
        sch_plan_clear(plan);
        free(plan);
    }
}

sch_err sch_plan_make(sch_plan *plan, const sch_request *request, const sch_catalog *const *catalog,
                      size_t catalog_count, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    choice c = {.best = calloc(1, sizeof *c.best)};
    sch_detail unheard = {{0}};
    sch_request report = {0};
    sch_draft *draft = calloc(1, sizeof *draft);
    *plan = (sch_plan){0};
    SCH_TRY(sch_check(draft != NULL && c.best != NULL, SCH_NO_MEMORY, "no memory for a plan"));
    draft->plan = calloc(1, sizeof *draft->plan);
    draft->request = malloc(sizeof *draft->request);
    SCH_TRY(sch_check(draft->plan != NULL && draft->request != NULL, SCH_NO_MEMORY, "no memory for a plan"));
    draft->detail = detail != NULL ? detail : &unheard;
    SCH_TRY(request->linkage ? sch_linkage_expand(&report, request, draft->detail) : SCH_NONE);
    *draft->request = request->linkage ? report : *request;
    draft->all_catalogs = catalog;
    draft->all_catalog_count = catalog_count;
    SCH_TRY(make(draft, &c, request));
    *plan = *c.best; /* with what it owns */
    *c.best = (sch_plan){0};
out:
    if (draft != NULL) {
        clear_attempt(draft);
        for (size_t p = 0; p < SCH_MAX_FROM; p++) {
            free(draft->conjunct[p]);
        }
        free(draft->condition);
        free(draft->typed);
        free(draft->request);
        free_plan(draft->plan);
        free(draft);
    }
    free_plan(c.best);
    sch_request_clear(&report);
    return err;
}

/* ---- of a plan ---- */

bool sch_plan_part(const sch_plan *plan, sch_party party, size_t *part)
{
    for (size_t m = 0; m < plan->member_count; m++) {
        if (plan->member[m].spine == party) {
            *part = 0;
            return true;
        }
    }
    for (size_t d = 0; d + 1 < plan->part_count; d++) {
        if (plan->member[0].data[d] == party) {
            *part = d + 1;
            return true;
        }
    }
    return false;
}

uint64_t sch_plan_numbers(const sch_plan *plan, const sch_request *request)
{
    uint64_t cells = plan->cell.cells - (plan->cell.shows_base ? 0 : plan->cell.base);
    (void)request;
    return cells * (plan->aggregate_count > 0 ? plan->aggregate_count : 1);
}

void sch_plan_clear(sch_plan *plan)
{
    for (size_t p = 0; p < SCH_MAX_FROM; p++) {
        free(plan->local[p].sql);
    }
    *plan = (sch_plan){0};
}
