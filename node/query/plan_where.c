/* Which conditions go where, and which joins are inner ones in truth.
 *
 * WHERE is taken apart at its top-level ANDs. A condition over the columns of one site is that site's to decide; one
 * over several is decided on shares (plan_cross.c). A left joined data set brings rows whose columns are all empty;
 * where a condition is never true of such rows, its join is an inner one, and the condition is its owner's again. */
#include <stdlib.h>
#include <string.h>

#include "node/query/plan_draft.h"

/* ---- what is NULL ---- */

static bool is_strict(const sch_draft *draft, uint32_t expression, uint16_t from);

static bool are_all_strict(const sch_draft *draft, const sch_expression *e, size_t first, size_t step, uint16_t from)
{
    for (size_t i = first; i < e->argument_count; i += step) {
        if (!is_strict(draft, e->argument[i], from)) {
            return false;
        }
    }
    return true;
}

static bool is_any_strict(const sch_draft *draft, const sch_expression *e, uint16_t from)
{
    for (size_t i = 0; i < e->argument_count; i++) {
        if (is_strict(draft, e->argument[i], from)) {
            return true;
        }
    }
    return false;
}

/* Whether an expression is NULL wherever all columns of these data sets (bits by number in from[]) are. */
static bool is_strict(const sch_draft *draft, uint32_t expression, uint16_t from)
{
    const sch_expression *e = &draft->request->expression[expression];
    switch (e->op) {
    case SCH_OP_COLUMN:
        return (from >> e->data_set & 1) != 0;
    case SCH_OP_NULL:
        return true;
    case SCH_OP_IS_NULL:
    case SCH_OP_IS_NOT_NULL:
        return false;
    case SCH_OP_AND:
    case SCH_OP_OR:
    case SCH_OP_COALESCE:
        return are_all_strict(draft, e, 0, 1, from);
    case SCH_OP_CASE: { /* no condition holds, so it is what comes last */
        bool none = true;
        for (size_t i = 0; i + 1 < e->argument_count; i += 2) {
            none = none && is_strict(draft, e->argument[i], from);
        }
        return none && is_strict(draft, e->argument[e->argument_count - 1], from);
    }
    case SCH_OP_IN:
    case SCH_OP_NOT_IN:
        return is_strict(draft, e->argument[0], from);
    case SCH_OP_BETWEEN:
    case SCH_OP_NOT_BETWEEN: /* NULL AND FALSE is FALSE: a value that is there could lie outside one bound */
        return is_strict(draft, e->argument[0], from);
    default:
        return is_any_strict(draft, e, from);
    }
}

/* Whether a condition is never true where all columns of these data sets are empty. */
static bool is_never_true(const sch_draft *draft, uint32_t expression, uint16_t from)
{
    const sch_expression *e = &draft->request->expression[expression];
    if (e->op == SCH_OP_IS_NOT_NULL) {
        return is_strict(draft, e->argument[0], from);
    }
    if (e->op == SCH_OP_AND || e->op == SCH_OP_OR) {
        bool all = true, any = false;
        for (size_t i = 0; i < e->argument_count; i++) {
            bool never = is_never_true(draft, e->argument[i], from);
            all = all && never;
            any = any || never;
        }
        return e->op == SCH_OP_AND ? any : all;
    }
    return is_strict(draft, expression, from);
}

bool sch_draft_is_local(const sch_draft *draft, uint32_t expression)
{
    uint16_t sites = draft->typed[expression].parts;
    uint16_t from = 0;
    size_t s = 0;
    if (sites == 0 || (sites & (sites - 1)) != 0) {
        return false;
    }
    while (sites >> s != 1) {
        s++;
    }
    const sch_site *site = &draft->site[s];
    for (size_t i = 0; i < site->from_count; i++) {
        from = (uint16_t)(from | 1U << site->from[i]);
    }
    return !site->left || is_strict(draft, expression, from);
}

/* ---- WHERE ---- */

/* The conditions of the top-level AND, a shared one once. */
static sch_err split(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    const sch_request *request = draft->request;
    size_t room = 1, waiting = 0;
    bool *seen = calloc(request->expression_count, sizeof *seen);
    uint32_t *pending = NULL;
    for (size_t i = 0; i < request->expression_count; i++) {
        room += request->expression[i].argument_count; /* each expression is opened once and then adds its arguments */
    }
    pending = calloc(room, sizeof *pending);
    draft->condition = calloc(request->expression_count, sizeof *draft->condition);
    SCH_TRY(sch_check(seen != NULL && pending != NULL && draft->condition != NULL, SCH_NO_MEMORY,
                      "no memory for the conditions"));
    if (request->has_where) {
        pending[waiting++] = request->where;
    }
    while (waiting > 0) {
        uint32_t at = pending[--waiting];
        const sch_expression *e = &request->expression[at];
        if (seen[at]) {
            continue;
        }
        seen[at] = true;
        if (e->op != SCH_OP_AND) {
            draft->condition[draft->condition_count++] =
                (sch_condition){.expression = at, .sites = draft->typed[at].parts};
            continue;
        }
        for (size_t i = e->argument_count; i-- > 0;) {
            if (!seen[e->argument[i]]) {
                pending[waiting++] = e->argument[i];
            }
        }
    }
out:
    free(seen);
    free(pending);
    return err;
}

/* Until no join changes any more: an inner one may make another inner. */
static bool promote(sch_draft *draft)
{
    bool changed = false;
    for (size_t f = 0; f < draft->request->from_count; f++) {
        if (draft->request->from[f].join != SCH_JOIN_LEFT) {
            continue;
        }
        for (size_t i = 0; i < draft->condition_count; i++) {
            if (is_never_true(draft, draft->condition[i].expression, (uint16_t)(1U << f))) {
                draft->request->from[f].join = SCH_JOIN_INNER;
                changed = true;
                break;
            }
        }
    }
    return changed;
}

/* Sites are numbered as typing numbers nodes. */
static void add_site(sch_draft *draft, size_t f)
{
    unsigned s = sch_typing_node_of(draft->request, f);
    sch_site *site = &draft->site[s];
    if (s == draft->site_count) {
        *site = (sch_site){.is_union = draft->request->from[f].node_count > 1, .left = true};
        draft->site_count++;
    }
    site->from[site->from_count++] = (uint8_t)f;
    draft->site_of[f] = (uint8_t)s;
}

/* Bounds on a site's records: each of its data sets can be the one that they are counted from, if it is there for
 * sure. */
static void bound_site(const sch_draft *draft, sch_site *site)
{
    unsigned __int128 best = 0, all = 0, a_person = 1;
    site->declares_a_person = true;
    for (size_t i = 0; i < site->from_count; i++) {
        const sch_data_set *set = draft->data_set[site->from[i]];
        bool one = set->rows_per_person == SCH_ONE_PER_PERSON;
        site->many = site->many || !one;
        site->declares_a_person = site->declares_a_person && (one || set->max_rows_a_person > 0);
        a_person *= one ? 1 : set->max_rows_a_person > 0 ? set->max_rows_a_person : draft->max_rows[site->from[i]];
        a_person = a_person > UINT64_MAX / 2 ? UINT64_MAX / 2 : a_person;
    }
    for (size_t i = 0; i < site->from_count; i++) {
        unsigned __int128 records = draft->max_rows[site->from[i]];
        for (size_t k = 0; k < site->from_count; k++) {
            const sch_data_set *other = draft->data_set[site->from[k]];
            bool one = other->rows_per_person == SCH_ONE_PER_PERSON;
            uint64_t each = one                            ? 1
                            : other->max_rows_a_person > 0 ? other->max_rows_a_person
                                                           : draft->max_rows[site->from[k]];
            records *= k == i ? 1 : each;
            records = records > UINT64_MAX / 2 ? UINT64_MAX / 2 : records;
        }
        all += records;
        bool there = draft->request->from[site->from[i]].join == SCH_JOIN_INNER;
        best = there && (best == 0 || records < best) ? records : best;
    }
    best = best == 0 ? all : best; /* a full join: each record comes from one of them */
    site->max_records = best > UINT64_MAX / 2 ? UINT64_MAX / 2 : (uint64_t)best;
    site->max_a_person = (uint64_t)a_person < site->max_records ? (uint64_t)a_person : site->max_records;
}

/* Whether rows count that have no record of a site. Where all its data sets are left joined, a condition that none of
 * them alone has to fulfil may still need one of them. */
static bool is_left(const sch_draft *draft, const sch_site *site)
{
    uint16_t all = 0;
    for (size_t i = 0; i < site->from_count; i++) {
        if (draft->request->from[site->from[i]].join != SCH_JOIN_LEFT) {
            return false;
        }
        all = (uint16_t)(all | 1U << site->from[i]);
    }
    for (size_t i = 0; i < draft->condition_count; i++) {
        if (is_never_true(draft, draft->condition[i].expression, all)) {
            return false;
        }
    }
    return true;
}

const char *sch_draft_several(const sch_draft *draft, const sch_site *site)
{
    size_t i = 0;
    while (i + 1 < site->from_count && draft->data_set[site->from[i]]->rows_per_person == SCH_ONE_PER_PERSON) {
        i++;
    }
    return draft->request->from[site->from[i]].alias;
}

bool sch_draft_names(const sch_draft *draft, uint32_t expression, uint32_t column)
{
    const sch_expression *e = &draft->request->expression[expression];
    if (e->op == SCH_OP_COLUMN) {
        return e->data_set == draft->request->expression[column].data_set &&
               draft->typed[expression].column == draft->typed[column].column;
    }
    if ((draft->typed[expression].owners >> draft->request->expression[column].data_set & 1) == 0) {
        return false;
    }
    for (size_t i = 0; i < e->argument_count; i++) {
        if (sch_draft_names(draft, e->argument[i], column)) {
            return true;
        }
    }
    return false;
}

/* ---- what WHERE makes certain ---- */

static bool is_required(const sch_draft *draft, uint32_t column)
{
    const sch_request *request = draft->request;
    for (size_t i = 0; i < draft->condition_count; i++) {
        const sch_expression *e = &request->expression[draft->condition[i].expression];
        if (e->op == SCH_OP_IS_NOT_NULL && request->expression[e->argument[0]].op == SCH_OP_COLUMN &&
            request->expression[e->argument[0]].data_set == request->expression[column].data_set &&
            draft->typed[e->argument[0]].column == draft->typed[column].column) {
            return true;
        }
    }
    return false;
}

/* Whether what is calculated from its arguments may be empty, as far as they say it. */
static bool may_be_null(const sch_draft *draft, const sch_expression *e)
{
    bool arithmetic = e->op == SCH_OP_ADD || e->op == SCH_OP_SUBTRACT || e->op == SCH_OP_MULTIPLY ||
                      e->op == SCH_OP_NEGATE || e->op == SCH_OP_ABS;
    bool any = false;
    for (size_t k = 0; k < e->argument_count; k++) {
        bool result = e->op == SCH_OP_CASE && (k % 2 == 1 || k + 1 == e->argument_count);
        any = any || ((arithmetic || result) && draft->typed[e->argument[k]].nullable);
    }
    return any || !(arithmetic || e->op == SCH_OP_CASE);
}

/* A column that is not empty in any row that counts, and what is calculated from such, needs no count of those who have
 * a value. */
static void require_columns(sch_draft *draft)
{
    const sch_request *request = draft->request;
    for (uint32_t i = 0; i < request->expression_count; i++) {
        const sch_expression *e = &request->expression[i];
        sch_typed *typed = &draft->typed[i];
        if (e->op == SCH_OP_COLUMN && request->from[e->data_set].join == SCH_JOIN_INNER && is_required(draft, i)) {
            typed->nullable = false;
        }
        typed->nullable = typed->nullable && may_be_null(draft, e);
    }
}

/* ---- records ---- */

static void need_records(sch_draft *draft, uint32_t expression)
{
    uint16_t sites = draft->typed[expression].parts;
    for (size_t s = 0; s < draft->site_count; s++) {
        draft->site[s].records = draft->site[s].records || (sites >> s & 1) != 0;
    }
}

/* Expressions that are worked out on shares, in conditions and under aggregates. */
static void find_records(sch_draft *draft)
{
    const sch_request *request = draft->request;
    for (size_t i = 0; i < draft->condition_count; i++) {
        sch_condition *condition = &draft->condition[i];
        condition->cross = condition->sites != 0 && !sch_draft_is_local(draft, condition->expression);
        if (condition->cross) {
            need_records(draft, condition->expression);
        }
    }
    for (size_t i = 0; i < request->expression_count; i++) {
        const sch_expression *e = &request->expression[i];
        bool arguments = sch_op_is_aggregate(e->op) && (draft->typed[i].stands & SCH_STANDS_AFTER) != 0 &&
                         e->op != SCH_OP_COUNT_ROWS && e->op != SCH_OP_COUNT_PERSONS;
        for (size_t k = 0; arguments && k < e->argument_count; k++) {
            if (draft->typed[e->argument[k]].parts != 0 && !sch_draft_is_local(draft, e->argument[k])) {
                need_records(draft, e->argument[k]);
            }
        }
    }
}

/* Of sites whose records are needed one may have several a person: it has to be the spine. */
static sch_err check_records(const sch_draft *draft)
{
    const sch_site *several = NULL;
    for (size_t s = 0; s < draft->site_count; s++) {
        const sch_site *site = &draft->site[s];
        if (!site->records || !site->many) {
            continue;
        }
        const char *alias = sch_draft_several(draft, site);
        if (several != NULL || site->left) {
            sch_detail_set(draft->detail,
                           "a condition or an expression uses columns of several owners, of which %s has several rows "
                           "a person%s%s; "
                           "add it up in aggregates of its own instead",
                           several != NULL ? sch_draft_several(draft, several) : alias,
                           several != NULL ? " and so has " : " and is left joined", several != NULL ? alias : "");
            return sch_fail(SCH_BAD_INPUT, "an expression over several owners' rows");
        }
        if (!site->declares_a_person) {
            sch_detail_set(draft->detail,
                           "a condition or an expression uses columns of several owners, of which %s has several rows "
                           "a person, with no "
                           "max_rows_per_person in its schema; ask its owner to declare one",
                           alias);
            return sch_fail(SCH_BAD_INPUT, "the rows of a person are not bounded");
        }
        several = site;
    }
    for (size_t s = 0; several != NULL && s < draft->site_count; s++) {
        if (draft->site[s].is_union && &draft->site[s] != several) {
            sch_detail_set(draft->detail,
                           "a condition or an expression uses columns of several owners, of which %s has several rows "
                           "a person; beside the union "
                           "of %s that is not possible: add it up in aggregates of its own instead",
                           sch_draft_several(draft, several), draft->request->from[draft->site[s].from[0]].alias);
            return sch_fail(SCH_BAD_INPUT, "an expression over several owners' rows beside a union");
        }
    }
    return SCH_NONE;
}

sch_err sch_draft_where(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    for (size_t f = 0; f < draft->request->from_count; f++) {
        add_site(draft, f);
    }
    SCH_TRY(sch_typing_make(draft->typed, draft->request, draft->data_set, draft->detail));
    SCH_TRY(split(draft));
    bool changed = false;
    while (promote(draft)) {
        changed = true;
    }
    if (changed) {
        SCH_TRY(sch_typing_make(draft->typed, draft->request, draft->data_set, draft->detail));
    }
    for (size_t s = 0; s < draft->site_count; s++) {
        sch_site *site = &draft->site[s];
        site->left = is_left(draft, site);
        bound_site(draft, site);
    }
    require_columns(draft);
    find_records(draft);
    SCH_TRY(check_records(draft));
out:
    return err;
}
