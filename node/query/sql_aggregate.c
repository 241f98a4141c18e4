/* Aggregates, with FILTER and WITHIN GROUP. */
#include <string.h>

#include "node/query/sql_state.h"

static const struct {
    const char *name;
    sch_op op;
    size_t arguments;
    const char *form;
} AGGREGATES[] = {
    {"count", SCH_OP_COUNT, 1, "COUNT(*) or COUNT(x)"},
    {"sum", SCH_OP_SUM, 1, "SUM(x)"},
    {"avg", SCH_OP_AVG, 1, "AVG(x)"},
    {"variance", SCH_OP_VAR_SAMP, 1, "VARIANCE(x)"},
    {"var_samp", SCH_OP_VAR_SAMP, 1, "VAR_SAMP(x)"},
    {"var_pop", SCH_OP_VAR_POP, 1, "VAR_POP(x)"},
    {"stddev", SCH_OP_STDDEV_SAMP, 1, "STDDEV(x)"},
    {"stddev_samp", SCH_OP_STDDEV_SAMP, 1, "STDDEV_SAMP(x)"},
    {"stddev_pop", SCH_OP_STDDEV_POP, 1, "STDDEV_POP(x)"},
    {"covar_samp", SCH_OP_COVAR_SAMP, 2, "COVAR_SAMP(y, x)"},
    {"covar_pop", SCH_OP_COVAR_POP, 2, "COVAR_POP(y, x)"},
    {"corr", SCH_OP_CORR, 2, "CORR(y, x)"},
    {"regr_count", SCH_OP_REGR_COUNT, 2, "REGR_COUNT(y, x)"},
    {"regr_slope", SCH_OP_REGR_SLOPE, 2, "REGR_SLOPE(y, x)"},
    {"regr_intercept", SCH_OP_REGR_INTERCEPT, 2, "REGR_INTERCEPT(y, x)"},
    {"regr_r2", SCH_OP_REGR_R2, 2, "REGR_R2(y, x)"},
    {"regr_avgx", SCH_OP_REGR_AVGX, 2, "REGR_AVGX(y, x)"},
    {"regr_avgy", SCH_OP_REGR_AVGY, 2, "REGR_AVGY(y, x)"},
    {"median", SCH_OP_PERCENTILE_CONT, 1, "MEDIAN(x)"},
    {"percentile_cont", SCH_OP_PERCENTILE_CONT, 1, "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x)"},
    {"percentile_disc", SCH_OP_PERCENTILE_DISC, 1, "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x)"},
};

enum { AGGREGATE_COUNT = sizeof AGGREGATES / sizeof AGGREGATES[0] };

/* An aggregate in the making. */
typedef struct aggregate {
    size_t kind; /* in AGGREGATES */
    const PgQuery__FuncCall *call;
    unsigned depth; /* of its arguments */
    size_t position;
} aggregate;

static size_t find_kind(const PgQuery__FuncCall *call)
{
    size_t i = 0;
    while (i < AGGREGATE_COUNT && strcmp(sch_sql_function_name(call), AGGREGATES[i].name) != 0) {
        i++;
    }
    return i;
}

bool sch_sql_is_aggregate(const PgQuery__FuncCall *call)
{
    return find_kind(call) < AGGREGATE_COUNT;
}

/* MEDIAN takes its value as others do, the percentiles take it from WITHIN GROUP. */
static bool is_ordered(const aggregate *a)
{
    return AGGREGATES[a->kind].op >= SCH_OP_PERCENTILE_CONT && strcmp(AGGREGATES[a->kind].name, "median") != 0;
}

static sch_err check_place(sch_sql *sql, const aggregate *a)
{
    char word[SCH_SQL_WORD_BYTES];
    sch_sql_word(sql, a->position, word);
    if (sql->side == SCH_SQL_WHERE) {
        return sch_sql_fail(sql, a->position,
                            "%s stands in WHERE, which is of rows: write conditions on aggregates in HAVING", word);
    }
    if (sql->side == SCH_SQL_AGGREGATE) {
        return sch_sql_fail(sql, a->position,
                            "%s stands within another aggregate: ask for it as an output of its own, or calculate with "
                            "both around them",
                            word);
    }
    return SCH_NONE;
}

static sch_err check_form(sch_sql *sql, const aggregate *a)
{
    const PgQuery__FuncCall *call = a->call;
    sch_op op = AGGREGATES[a->kind].op;
    const char *form = AGGREGATES[a->kind].form;
    char word[SCH_SQL_WORD_BYTES];
    sch_sql_word(sql, a->position, word);
    if (call->over != NULL) {
        return sch_sql_fail(sql, a->position, "window functions (OVER) are not supported: use GROUP BY");
    }
    if (call->func_variadic) {
        return sch_sql_fail(sql, a->position, "VARIADIC is not supported: write the arguments one by one");
    }
    if (is_ordered(a) != (call->agg_within_group != 0) || (is_ordered(a) && call->n_agg_order != 1)) {
        return sch_sql_fail(sql, a->position,
                            is_ordered(a) ? "%s takes its value in WITHIN GROUP: write %s"
                                          : "%s has no WITHIN GROUP: write %s",
                            word, form);
    }
    if (call->n_agg_order > 0 && !is_ordered(a)) {
        return sch_sql_fail(sql, a->position, "ORDER BY within a function is not supported: leave it out");
    }
    if (call->agg_distinct && op != SCH_OP_COUNT) {
        return sch_sql_fail(sql, a->position, "DISTINCT is supported in COUNT(DISTINCT identifier) only: leave it out");
    }
    if (call->agg_star && op == SCH_OP_COUNT) {
        return SCH_NONE;
    }
    if (call->n_args != AGGREGATES[a->kind].arguments) {
        return sch_sql_fail(sql, a->position, "%s takes %s: write %s", word,
                            AGGREGATES[a->kind].arguments == 1 ? "one argument" : "two arguments", form);
    }
    return SCH_NONE;
}

/* FILTER (WHERE condition): the argument is CASE WHEN condition THEN argument END. */
static sch_err filter(sch_sql *sql, uint32_t *argument, const aggregate *a)
{
    sch_err err = SCH_NONE;
    uint32_t part[3] = {0, *argument, 0};
    if (a->call->agg_filter == NULL) {
        return SCH_NONE;
    }
    SCH_TRY(sch_sql_expression(sql, &part[0], a->call->agg_filter, a->depth, a->position));
    SCH_TRY(sch_sql_add(sql, &part[2], SCH_OP_NULL, a->position, NULL, 0));
    err = sch_sql_add(sql, argument, SCH_OP_CASE, a->position, part, 3);
out:
    return err;
}

static sch_err count_rows(sch_sql *sql, uint32_t *out, const aggregate *a)
{
    sch_err err = SCH_NONE;
    uint32_t argument = 0;
    if (a->call->agg_filter == NULL) {
        return sch_sql_add(sql, out, SCH_OP_COUNT_ROWS, a->position, NULL, 0);
    }
    SCH_TRY(sch_sql_add_number(sql, &argument, SCH_OP_NUMBER, a->position, 1, 0));
    SCH_TRY(filter(sql, &argument, a));
    err = sch_sql_add(sql, out, SCH_OP_COUNT, a->position, &argument, 1);
out:
    return err;
}

static sch_err count_distinct(sch_sql *sql, uint32_t *out, const aggregate *a)
{
    sch_err err = SCH_NONE;
    const PgQuery__Node *node = a->call->args[0];
    sch_sql_column column = {0};
    bool reference = node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
    if (reference) {
        SCH_TRY(sch_sql_find_column(sql, &column, node->column_ref, a->position));
    }
    if (!reference || column.column->role != SCH_ROLE_IDENTIFIER) {
        return sch_sql_fail(sql, a->position,
                            "COUNT(DISTINCT ...) counts persons, by their identifier only: write COUNT(DISTINCT %s.%s)",
                            sql->request->from[0].alias, sql->request->from[0].join_column);
    }
    if (a->call->agg_filter != NULL) {
        return sch_sql_fail(
            sql, a->position,
            "FILTER is not supported with COUNT(DISTINCT ...): move its condition to WHERE, or group by "
            "it");
    }
    uint32_t argument = 0;
    SCH_TRY(sch_sql_add_column(sql, &argument, sch_sql_place(sql, node->column_ref->location, a->position), column));
    err = sch_sql_add(sql, out, SCH_OP_COUNT_PERSONS, a->position, &argument, 1);
out:
    return err;
}

/* ---- percentiles ---- */

static sch_err read_fraction(sch_sql *sql, uint32_t *out, const aggregate *a)
{
    sch_err err = SCH_NONE;
    if (!is_ordered(a)) {
        return sch_sql_add_number(sql, out, SCH_OP_NUMBER, a->position, 5, 1);
    }
    SCH_TRY(sch_sql_expression(sql, out, a->call->args[0], a->depth, a->position));
    const sch_expression *e = &sql->request->expression[*out];
    int64_t one = 1;
    for (unsigned i = 0; e->op == SCH_OP_NUMBER && i < e->decimals; i++) {
        one *= 10; /* at most 10^18 */
    }
    if (e->op != SCH_OP_NUMBER || e->number < 0 || e->number > one) {
        return sch_sql_fail(sql, e->position, "the fraction of a percentile is a constant from 0 to 1: write %s",
                            AGGREGATES[a->kind].form);
    }
out:
    return err;
}

static sch_err read_value(sch_sql *sql, uint32_t *out, const aggregate *a)
{
    const PgQuery__Node *node = is_ordered(a) ? a->call->agg_order[0] : a->call->args[0];
    if (is_ordered(a)) {
        const PgQuery__SortBy *sort = node->node_case == PG_QUERY__NODE__NODE_SORT_BY ? node->sort_by : NULL;
        if (sort == NULL || sort->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC ||
            sort->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING ||
            sort->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST) {
            return sch_sql_fail(sql, a->position,
                                "WITHIN GROUP takes ORDER BY x alone, from low to high: for DESC write 1 minus the "
                                "fraction");
        }
        node = sort->node;
    }
    return sch_sql_expression(sql, out, node, a->depth, a->position);
}

/* ---- all ---- */

static sch_err convert(sch_sql *sql, uint32_t *out, const aggregate *a)
{
    sch_err err = SCH_NONE;
    sch_op op = AGGREGATES[a->kind].op;
    uint32_t argument[2] = {0};
    size_t count = AGGREGATES[a->kind].arguments;
    if (op >= SCH_OP_PERCENTILE_CONT) {
        SCH_TRY(read_value(sql, &argument[0], a));
        SCH_TRY(read_fraction(sql, &argument[1], a));
        count = 2;
    } else {
        for (size_t i = 0; i < count; i++) {
            SCH_TRY(sch_sql_expression(sql, &argument[i], a->call->args[i], a->depth, a->position));
        }
    }
    /* Of two, a pair counts only where both have a value. */
    SCH_TRY(filter(sql, &argument[0], a));
    err = sch_sql_add(sql, out, op, a->position, argument, count);
out:
    return err;
}

sch_err sch_sql_aggregate(sch_sql *sql, uint32_t *out, const PgQuery__FuncCall *call, unsigned depth, size_t position)
{
    sch_err err = SCH_NONE;
    const aggregate a = {find_kind(call), call, depth + (call->agg_filter == NULL ? 1 : 2), position};
    SCH_TRY(sch_check(a.kind < AGGREGATE_COUNT, SCH_BUG, "a call that is no aggregate"));
    SCH_TRY(check_place(sql, &a));
    SCH_TRY(check_form(sql, &a));
    sql->side = SCH_SQL_AGGREGATE;
    if (call->agg_star) {
        SCH_TRY(count_rows(sql, out, &a));
    } else if (call->agg_distinct) {
        SCH_TRY(count_distinct(sql, out, &a));
    } else {
        SCH_TRY(convert(sql, out, &a));
    }
    sql->side = SCH_SQL_AFTER;
out:
    return err;
}
