/* DESIGN. An expression may be reached in several ways, from GROUP BY, WHERE and any number of aggregates, and is
 * allowed only where each of them is. So every expression has a set of contexts, made in one pass from the last to the
 * first: an argument has a lower number than those who use it, so its set is complete when its turn comes. The cost is
 * that of reading the request.
 *
 * The contexts are the uses of agreement.h, and `aggregated`: somewhere within an aggregate, also where a condition in
 * between has turned the use into filter. What stands above aggregates, in outputs, HAVING and ORDER BY, works on the
 * released table, so it gives no context of its own: the columns in it are keys (sch_request_check), and are allowed as
 * such. An expression that nothing refers to has no context either; its column has to be one that the analyst may use
 * all the same.
 *
 * A column of a union is one of each member's data set, and each of them has to allow the use. So it is with the
 * columns of a pass's link key, of every data set in the query. */
#include "node/govern/policy_columns.h"

#include <stdlib.h>
#include <string.h>

#include "node/govern/terms.h"

enum { AGGREGATED = 1 << 16, LIST_BYTES = 200 }; /* beyond all SCH_USE_ */

/* What all steps need; borrowed. */
typedef struct walk {
    const sch_request *request;
    const sch_agreement *agreement;
    const sch_policy_sets *sets;
    const sch_policy_catalogs *offered;
    const char **rule;
    sch_detail *detail;
} walk;

/* ---- contexts ---- */

/* A condition's own use is filter, wherever a use has led to it. */
static uint32_t condition_within(uint32_t own)
{
    return own == 0 ? 0 : SCH_USE_FILTER | (own & AGGREGATED);
}

/* What a use of an aggregate's argument is. */
static uint32_t use_of_aggregate(sch_op op)
{
    switch (op) {
    case SCH_OP_COUNT_PERSONS:
        return SCH_USE_LINK;
    case SCH_OP_COUNT:
        return SCH_USE_COUNT | AGGREGATED;
    case SCH_OP_SUM:
        return SCH_USE_SUM | AGGREGATED;
    case SCH_OP_AVG:
        return SCH_USE_AVG | AGGREGATED;
    case SCH_OP_PERCENTILE_CONT:
    case SCH_OP_PERCENTILE_DISC:
        return SCH_USE_QUANTILE | AGGREGATED;
    default: /* VAR, STDDEV, COVAR, CORR, REGR: from sums of squares and products */
        return SCH_USE_SPREAD | AGGREGATED;
    }
}

/* The contexts of an expression's argument number i, given its own. */
static uint32_t context_of_argument(const sch_expression *e, size_t i, uint32_t own)
{
    if (sch_op_is_aggregate(e->op)) {
        return use_of_aggregate(e->op);
    }
    if (e->op == SCH_OP_CASE) {
        bool result = i % 2 == 1 || i + 1 == e->argument_count;
        return result ? own : condition_within(own);
    }
    if (e->op == SCH_OP_BIN) {
        return own | SCH_USE_QUANTILE;
    }
    return e->op >= SCH_OP_EQUAL && e->op <= SCH_OP_NOT ? condition_within(own) : own;
}

static void fill_contexts(uint32_t *context, const sch_request *request)
{
    for (size_t i = 0; i < request->group_by_count; i++) {
        context[request->group_by[i]] |= SCH_USE_GROUP;
    }
    if (request->has_where) {
        context[request->where] |= SCH_USE_FILTER;
    }
    for (size_t i = request->expression_count; i-- > 0;) {
        const sch_expression *e = &request->expression[i];
        for (size_t j = 0; j < e->argument_count; j++) {
            context[e->argument[j]] |= context_of_argument(e, j, context[i]);
        }
    }
}

/* ---- column ---- */

static sch_err deny(const walk *w, const char *rule)
{
    *w->rule = rule;
    return sch_fail(SCH_DENIED, "the agreement does not allow this request");
}

static bool analyst_may(const sch_agreement_column *column, const char *analyst)
{
    for (size_t i = 0; i < column->analyst_count; i++) {
        if (strcmp(column->analyst[i], analyst) == 0) {
            return true;
        }
    }
    return column->analyst_count == 0;
}

/* The names of those columns that may be used at all; the last ones left out where there is no room. */
static void list_columns(char out[static LIST_BYTES], const sch_agreement_data_set *set)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < set->column_count; i++) {
        const sch_agreement_column *column = &set->column[i];
        if (column->uses == 0) {
            continue;
        }
        size_t bytes = strlen(column->name);
        if (used + bytes + sizeof ", ..." > LIST_BYTES) {
            memcpy(out + used, ", ...", sizeof ", ...");
            return;
        }
        memcpy(out + used, ", ", used > 0 ? 2 : 0);
        used += used > 0 ? 2 : 0;
        memcpy(out + used, column->name, bytes + 1);
        used += bytes;
    }
}

/* Who asks, and who gets the result. */
static sch_err check_analysts(const walk *w, const sch_agreement_column *column, const sch_agreement_data_set *set)
{
    const sch_request *r = w->request;
    const sch_agreement *a = w->agreement;
    if (!analyst_may(column, r->analyst)) {
        sch_detail_set(
            w->detail,
            "column %s of %s.%s may not be used by %s under agreement %s (version %u); leave it out, or ask an "
            "analyst whom the agreement names for it",
            column->name, set->party, set->name, r->analyst, a->id, (unsigned)a->version);
        return deny(w, "column");
    }
    for (size_t i = 0; i < r->recipient_count; i++) {
        if (!analyst_may(column, r->recipient[i])) {
            sch_detail_set(
                w->detail,
                "column %s of %s.%s may not be used for %s, a recipient of the result, under agreement %s (version "
                "%u); leave out the column or this recipient",
                column->name, set->party, set->name, r->recipient[i], a->id, (unsigned)a->version);
            return deny(w, "column");
        }
    }
    return SCH_NONE;
}

static sch_err check_known(const walk *w, const sch_agreement_column **out, const sch_agreement_data_set *set,
                           const char *name)
{
    const sch_agreement *a = w->agreement;
    const sch_agreement_column *column = sch_agreement_find_column(set, name);
    char list[LIST_BYTES];
    *out = column;
    if (column == NULL) {
        list_columns(list, set);
        sch_detail_set(w->detail,
                       "column %s of %s.%s is not part of agreement %s (version %u); leave it out, or use one of: %s",
                       name, set->party, set->name, a->id, (unsigned)a->version, list);
        return deny(w, "column");
    }
    if (column->uses == 0) {
        sch_detail_set(w->detail, "column %s of %s.%s may never be used under agreement %s (version %u); leave it out",
                       name, set->party, set->name, a->id, (unsigned)a->version);
        return deny(w, "column");
    }
    return check_analysts(w, column, set);
}

/* uses: each one that the request makes of the column. */
static sch_err check_uses(const walk *w, const sch_agreement_data_set *set, const char *name, uint32_t uses)
{
    const sch_agreement_column *column = NULL;
    sch_err err = check_known(w, &column, set, name);
    if (sch_failed(err)) {
        return err;
    }
    for (size_t i = 0; i < SCH_TERMS_USES; i++) {
        const sch_terms_use *use = &sch_terms_use_of[i];
        if ((uses & use->bit) == 0 || (column->uses & use->bit) != 0) {
            continue;
        }
        char list[SCH_TERMS_LIST_BYTES];
        sch_terms_list_uses(list, column->uses);
        sch_detail_set(w->detail,
                       "column %s of %s.%s may not be %s under agreement %s (version %u); it may be used to %s; %s",
                       name, set->party, set->name, use->may_be, w->agreement->id, (unsigned)w->agreement->version,
                       list, use->leave_it);
        return deny(w, "column");
    }
    return SCH_NONE;
}

/* The same of each node of from[from]. */
static sch_err check_uses_of_all(const walk *w, size_t from, const char *name, uint32_t uses)
{
    sch_err err = SCH_NONE;
    for (size_t m = 0; m < w->request->from[from].node_count; m++) {
        SCH_TRY(check_uses(w, w->sets->of[from][m], name, uses));
    }
out:
    return err;
}

/* ---- passes ---- */

/* A data set's link key; NULL where it has none of this name, or is not known. */
static const sch_link_key *find_link_key(const sch_policy_catalogs *offered, const char *node, const char *data_set,
                                         const char *pass)
{
    for (size_t i = 0; offered->catalog != NULL && i < offered->count; i++) {
        if (strcmp(offered->catalog[i]->node, node) == 0) {
            const sch_data_set *set = sch_catalog_find(offered->catalog[i], data_set);
            return set == NULL ? NULL : sch_data_set_link_key(set, pass);
        }
    }
    return NULL;
}

/* One that may be linked on, by those who ask. */
static sch_err check_link_column(const walk *w, const sch_agreement_data_set *set, const char *name, const char *pass)
{
    sch_detail why = {{0}};
    const walk quiet = {.request = w->request, .agreement = w->agreement, .rule = w->rule, .detail = &why};
    sch_err err = check_analysts(&quiet, sch_agreement_find_column(set, name), set);
    if (sch_failed(err)) {
        sch_detail_set(w->detail, "%s; pass %s links on it", why.text, pass);
    }
    return err;
}

static sch_err check_pass(const walk *w, const sch_agreement_data_set *set, const char *pass)
{
    sch_err err = SCH_NONE;
    const sch_agreement *a = w->agreement;
    const sch_link_key *key = find_link_key(w->offered, set->party, set->name, pass);
    if (key == NULL) {
        sch_detail_set(w->detail,
                       "columns that pass %s links on are not offered by %s.%s under agreement %s (version %u); leave "
                       "this pass out",
                       pass, set->party, set->name, a->id, (unsigned)a->version);
        return deny(w, "column");
    }
    const char *column = sch_agreement_unlinkable(set, key);
    if (column != NULL) {
        sch_detail_set(w->detail,
                       "column %s of %s.%s may not be linked on under agreement %s (version %u), and pass %s links on "
                       "it; leave this pass out",
                       column, set->party, set->name, a->id, (unsigned)a->version, pass);
        return deny(w, "column");
    }
    for (size_t i = 0; i < key->part_count; i++) {
        SCH_TRY(check_link_column(w, set, key->part[i].column, pass));
    }
out:
    return err;
}

/* Of each node's data set, where it is known what they offer. */
static sch_err check_passes(const walk *w)
{
    sch_err err = SCH_NONE;
    const sch_request *r = w->request;
    for (size_t p = 0; p < r->pass_count && w->offered->catalog != NULL; p++) {
        for (size_t f = 0; f < r->from_count; f++) {
            for (size_t m = 0; m < r->from[f].node_count; m++) {
                SCH_TRY(check_pass(w, w->sets->of[f][m], r->pass[p]));
            }
        }
    }
out:
    return err;
}

static sch_err check_columns(const walk *w, const uint32_t *context)
{
    sch_err err = SCH_NONE;
    const sch_request *r = w->request;
    for (size_t i = 0; i < r->from_count; i++) {
        SCH_TRY(check_uses_of_all(w, i, r->from[i].join_column, SCH_USE_LINK));
    }
    for (size_t i = 0; i < r->expression_count; i++) {
        if (r->expression[i].op == SCH_OP_COLUMN) {
            SCH_TRY(check_uses_of_all(w, r->expression[i].data_set, r->expression[i].text, context[i]));
        }
    }
out:
    return err;
}

/* ---- case ---- */

static bool is_whole_constant(const sch_request *request, uint32_t expression)
{
    const sch_expression *e = &request->expression[expression];
    return e->op == SCH_OP_NUMBER && e->decimals == 0;
}

/* CASE WHEN ... THEN 1 ELSE 0 END and the like, as an aggregate's whole argument: the planner counts those of either
 * value, and neither may be few (node/query/plan_argument.c). */
static bool is_indicator(const sch_request *request, size_t expression)
{
    const sch_expression *e = &request->expression[expression];
    if (e->argument_count != 3 || !is_whole_constant(request, e->argument[1]) ||
        !is_whole_constant(request, e->argument[2])) {
        return false;
    }
    int64_t then = request->expression[e->argument[1]].number, otherwise = request->expression[e->argument[2]].number;
    bool neighbours = (then < otherwise ? otherwise - then : then - otherwise) == 1;
    for (size_t i = expression + 1; neighbours && i < request->expression_count; i++) {
        const sch_expression *user = &request->expression[i];
        for (size_t k = 0; k < user->argument_count; k++) {
            neighbours = neighbours && (user->argument[k] != expression || sch_op_is_aggregate(user->op));
        }
    }
    return neighbours;
}

static sch_err check_case(const walk *w, const uint32_t *context)
{
    const sch_request *r = w->request;
    const sch_agreement *a = w->agreement;
    for (size_t i = 0; i < r->expression_count && a->case_rule == SCH_CASE_GUARDED; i++) {
        const sch_expression *e = &r->expression[i];
        if ((context[i] & AGGREGATED) == 0) {
            continue;
        }
        if (e->op == SCH_OP_CASE && !is_indicator(r, i) &&
            (e->argument_count != 3 || r->expression[e->argument[2]].op != SCH_OP_NULL)) {
            sch_detail_set(
                w->detail,
                "case: inside an aggregate a CASE has one WHEN and no ELSE under agreement %s (version %u); write "
                "an aggregate of its own for each WHEN, and leave out ELSE (position %u)",
                a->id, (unsigned)a->version, (unsigned)e->position + 1);
            return deny(w, "case");
        }
        if (e->op == SCH_OP_ABS || e->op == SCH_OP_MODULO) {
            sch_detail_set(w->detail,
                           "case: there is no ABS and no %% inside an aggregate under agreement %s (version %u), since "
                           "they make conditions out "
                           "of numbers; write FILTER (WHERE ...) (position %u)",
                           a->id, (unsigned)a->version, (unsigned)e->position + 1);
            return deny(w, "case");
        }
        if (e->op == SCH_OP_COALESCE) {
            sch_detail_set(
                w->detail,
                "case: there is no COALESCE inside an aggregate under agreement %s (version %u); leave it out, so "
                "that who has no value is not counted in (position %u)",
                a->id, (unsigned)a->version, (unsigned)e->position + 1);
            return deny(w, "case");
        }
    }
    return SCH_NONE;
}

sch_err sch_policy_check_columns(const char **rule, const sch_request *request, const sch_agreement *agreement,
                                 const sch_policy_sets *sets, const sch_policy_catalogs *offered, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const walk w = {request, agreement, sets, offered, rule, detail};
    uint32_t *context = calloc(request->expression_count > 0 ? request->expression_count : 1, sizeof *context);
    SCH_TRY(sch_check(context != NULL, SCH_NO_MEMORY, "out of memory"));
    fill_contexts(context, request);
    SCH_TRY(check_columns(&w, context));
    SCH_TRY(check_passes(&w));
    SCH_TRY(check_case(&w, context));
out:
    free(context);
    return err;
}

/* ---- for a preview ---- */

static bool is_column(const sch_request *request, size_t expression, size_t from, const char *name)
{
    const sch_expression *e = &request->expression[expression];
    return e->op == SCH_OP_COLUMN && e->data_set == from && strcmp(e->text, name) == 0;
}

/* A pass's link key of a data set; of a union, whose members have the same ones, the first that is known. */
static const sch_link_key *key_of_pass(const sch_request *request, const sch_policy_catalogs *offered, size_t from,
                                       size_t pass)
{
    const sch_from *f = &request->from[from];
    const sch_link_key *key = NULL;
    for (size_t m = 0; m < f->node_count && key == NULL; m++) {
        key = find_link_key(offered, f->node[m], f->data_set, request->pass[pass]);
    }
    return key;
}

/* Whether one of the first passes links on a column. */
static bool is_link_column(const sch_request *request, const sch_policy_catalogs *offered, size_t from,
                           const char *name, size_t passes)
{
    bool found = false;
    for (size_t p = 0; p < passes && !found; p++) {
        const sch_link_key *key = key_of_pass(request, offered, from, p);
        for (size_t i = 0; key != NULL && i < key->part_count; i++) {
            found = found || strcmp(key->part[i].column, name) == 0;
        }
    }
    return found;
}

/* What preview's steps need; borrowed. */
typedef struct listing {
    const sch_request *request;
    const sch_policy_catalogs *offered;
    const uint32_t *contexts;
} listing;

/* All uses of a column, and whether it was met before this expression. */
static uint32_t uses_of(const listing *l, size_t from, const char *name, size_t at, bool *met)
{
    const sch_request *r = l->request;
    bool links =
        strcmp(r->from[from].join_column, name) == 0 || is_link_column(r, l->offered, from, name, r->pass_count);
    uint32_t uses = links ? SCH_USE_LINK : 0;
    *met = false;
    for (size_t i = 0; i < r->expression_count; i++) {
        if (is_column(r, i, from, name)) {
            uses |= l->contexts[i] & ~(uint32_t)AGGREGATED;
            *met = *met || i < at;
        }
    }
    return uses;
}

/* The columns that passes link on and no expression has. */
static void list_link_columns(const listing *l, size_t from, sch_policy_use_sink sink, void *context)
{
    const sch_request *r = l->request;
    for (size_t p = 0; p < r->pass_count; p++) {
        const sch_link_key *key = key_of_pass(r, l->offered, from, p);
        for (size_t i = 0; key != NULL && i < key->part_count; i++) {
            const char *name = key->part[i].column;
            bool met = false;
            uint32_t uses = uses_of(l, from, name, r->expression_count, &met);
            if (!met && !is_link_column(r, l->offered, from, name, p)) {
                sink(context, from, name, uses);
            }
        }
    }
}

sch_err sch_policy_each_use(const sch_request *request, const sch_policy_catalogs *offered, sch_policy_use_sink sink,
                            void *context)
{
    sch_err err = SCH_NONE;
    bool met = false;
    uint32_t *contexts = calloc(request->expression_count + 1, sizeof *contexts);
    const listing l = {request, offered, contexts};
    SCH_TRY(sch_check(contexts != NULL, SCH_NO_MEMORY, "out of memory"));
    fill_contexts(contexts, request);
    for (size_t f = 0; f < request->from_count; f++) {
        const char *join = request->from[f].join_column;
        sink(context, f, join, uses_of(&l, f, join, 0, &met));
    }
    for (size_t i = 0; i < request->expression_count; i++) {
        const sch_expression *e = &request->expression[i];
        if (e->op != SCH_OP_COLUMN || strcmp(e->text, request->from[e->data_set].join_column) == 0) {
            continue;
        }
        uint32_t uses = uses_of(&l, e->data_set, e->text, i, &met);
        if (!met) {
            sink(context, e->data_set, e->text, uses);
        }
    }
    for (size_t f = 0; f < request->from_count; f++) {
        list_link_columns(&l, f, sink, context);
    }
out:
    free(contexts);
    return err;
}
