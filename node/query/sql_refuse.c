/* What to say about constructs that SQL has and Schakel has not. */
#include <stdio.h>
#include <string.h>

#include "node/query/nearest.h"
#include "node/query/sql_state.h"

/* ---- nodes ---- */

static const struct {
    PgQuery__Node__NodeCase node;
    const char *says;
} NODES[] = {
    {PG_QUERY__NODE__NODE_SUB_LINK, "sub-selects are not supported: write the condition on the columns themselves"},
    {PG_QUERY__NODE__NODE_PARAM_REF, "parameters ($1) are not supported: write the value itself"},
    {PG_QUERY__NODE__NODE_BOOLEAN_TEST,
     "IS TRUE, IS FALSE and IS UNKNOWN are not supported: write x = TRUE, x = FALSE or x IS NULL"},
    {PG_QUERY__NODE__NODE_MIN_MAX_EXPR,
     "GREATEST and LEAST are not supported: write CASE WHEN a > b THEN a ELSE b END"},
    {PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION,
     "values that change from day to day are not supported: write the date itself, as in DATE '2025-01-31'"},
    {PG_QUERY__NODE__NODE_A_ARRAY_EXPR, "arrays are not supported: write IN (1, 2, 3)"},
    {PG_QUERY__NODE__NODE_A_INDIRECTION, "parts of arrays and rows are not supported: name a column"},
    {PG_QUERY__NODE__NODE_ROW_EXPR, "rows are not supported: write one condition for each column, joined by AND"},
    {PG_QUERY__NODE__NODE_COLLATE_CLAUSE, "COLLATE is not supported: leave it out"},
    {PG_QUERY__NODE__NODE_NAMED_ARG_EXPR, "named arguments are not supported: write the values in their order"},
    {PG_QUERY__NODE__NODE_SET_TO_DEFAULT, "DEFAULT is not supported: write the value itself"},
    {PG_QUERY__NODE__NODE_XML_EXPR, "XML is not supported"},
    {PG_QUERY__NODE__NODE_XML_SERIALIZE, "XML is not supported"},
};

/* The places of nodes that have one and end up here. */
static int32_t location_of(const PgQuery__Node *node)
{
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_SUB_LINK:
        return node->sub_link->location;
    case PG_QUERY__NODE__NODE_PARAM_REF:
        return node->param_ref->location;
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
        return node->boolean_test->location;
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
        return node->min_max_expr->location;
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
        return node->sqlvalue_function->location;
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
        return node->a_array_expr->location;
    case PG_QUERY__NODE__NODE_ROW_EXPR:
        return node->row_expr->location;
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
        return node->collate_clause->location;
    case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR:
        return node->named_arg_expr->location;
    case PG_QUERY__NODE__NODE_XML_EXPR:
        return node->xml_expr->location;
    default:
        return -1;
    }
}

sch_err sch_sql_refuse_node(sch_sql *sql, const PgQuery__Node *node, size_t near)
{
    size_t position = sch_sql_place(sql, location_of(node), near);
    for (size_t i = 0; i < sizeof NODES / sizeof NODES[0]; i++) {
        if (NODES[i].node == node->node_case) {
            return sch_sql_fail(sql, position, "%s", NODES[i].says);
        }
    }
    char word[SCH_SQL_WORD_BYTES];
    return sch_sql_fail(sql, position, "this form of expression (%s) is not supported: see schakel's page for analysts",
                        sch_sql_word(sql, position, word));
}

/* ---- operators ---- */

sch_err sch_sql_refuse_operator(sch_sql *sql, const PgQuery__AExpr *expression, size_t position)
{
    const char *sign = expression->n_name > 0 ? sch_sql_string(expression->name[expression->n_name - 1]) : "";
    switch (expression->kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE:
        return sch_sql_fail(sql, position, "ILIKE is not supported: write LOWER(x) LIKE 'a%%'");
    case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR:
        return sch_sql_fail(sql, position, "SIMILAR TO is not supported: write LIKE");
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
        return sch_sql_fail(sql, position, "IS DISTINCT FROM is not supported: write a <> b OR a IS NULL");
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL:
        return sch_sql_fail(sql, position, "ANY and ALL are not supported: write IN (1, 2, 3)");
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM:
        return sch_sql_fail(sql, position,
                            "BETWEEN SYMMETRIC is not supported: write BETWEEN with the lower value first");
    default:
        break;
    }
    if (expression->n_name > 1) {
        return sch_sql_fail(sql, position, "OPERATOR(...) is not supported: write the sign itself");
    }
    if (strcmp(sign, "^") == 0) {
        return sch_sql_fail(sql, position,
                            "the operator ^ is not supported: write x * x, or around aggregates POWER(x, 2)");
    }
    if (strcmp(sign, "||") == 0) {
        return sch_sql_fail(sql, position, "|| is not supported: compare or group by each text by itself");
    }
    return sch_sql_fail(sql, position, "the operator %s is not supported; + - * / %% and comparisons are", sign);
}

/* ---- functions ---- */

/* What to write instead of them. */
static const struct {
    const char *name, *says;
} INSTEAD[] = {
    {"min", "it names one person: write PERCENTILE_CONT(0.05) WITHIN GROUP (ORDER BY x) instead"},
    {"max", "it names one person: write PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY x) instead"},
    {"mode", "group by the column and write ORDER BY COUNT(*) DESC LIMIT 1"},
    {"floor", "write ROUND(x, 0) around aggregates, or group by BIN(x)"},
    {"ceil", "write ROUND(x, 0) around aggregates, or group by BIN(x)"},
    {"ceiling", "write ROUND(x, 0) around aggregates, or group by BIN(x)"},
    {"trunc", "write ROUND(x, 0) around aggregates, or group by BIN(x)"},
    {"width_bucket", "group by BIN(x), which has the bins that its owner declared"},
    {"log", "write LN(x), and LN(x) / LN(10) for the logarithm to base 10"},
    {"log10", "write LN(x) / LN(10)"},
    {"mod", "write a % b"},
    {"regr_sxx", "write VAR_POP(x) * COUNT(x)"},
    {"regr_syy", "write VAR_POP(y) * COUNT(y)"},
    {"regr_sxy", "write COVAR_POP(y, x) * REGR_COUNT(y, x)"},
    {"bool_and", "write SUM(CASE WHEN x THEN 1 ELSE 0 END) = COUNT(x)"},
    {"every", "write SUM(CASE WHEN x THEN 1 ELSE 0 END) = COUNT(x)"},
    {"bool_or", "write SUM(CASE WHEN x THEN 1 ELSE 0 END) > 0"},
    {"string_agg", "it shows values of single persons: group by the column"},
    {"array_agg", "it shows values of single persons: group by the column"},
    {"date_part", "write EXTRACT(YEAR FROM x)"},
    {"age", "subtract the dates, which gives days: a - b"},
    {"linkage", "it is the last output, by itself and without arguments: write LINKAGE()"},
};

static const char *const KNOWN[] = {"abs",
                                    "avg",
                                    "bin",
                                    "coalesce",
                                    "corr",
                                    "count",
                                    "covar_pop",
                                    "covar_samp",
                                    "exp",
                                    "extract",
                                    "length",
                                    "ln",
                                    "lower",
                                    "median",
                                    "month",
                                    "nullif",
                                    "organisation",
                                    "percentile_cont",
                                    "percentile_disc",
                                    "power",
                                    "regr_avgx",
                                    "regr_avgy",
                                    "regr_count",
                                    "regr_intercept",
                                    "regr_r2",
                                    "regr_slope",
                                    "round",
                                    "sqrt",
                                    "stddev",
                                    "stddev_pop",
                                    "stddev_samp",
                                    "substr",
                                    "substring",
                                    "sum",
                                    "upper",
                                    "var_pop",
                                    "var_samp",
                                    "variance",
                                    "year"};

sch_err sch_sql_refuse_function(sch_sql *sql, const char *name, size_t position)
{
    char word[SCH_SQL_WORD_BYTES];
    sch_sql_word(sql, position, word);
    for (size_t i = 0; i < sizeof INSTEAD / sizeof INSTEAD[0]; i++) {
        if (strcmp(name, INSTEAD[i].name) == 0) {
            return sch_sql_fail(sql, position, "the function %s is not supported: %s", word, INSTEAD[i].says);
        }
    }
    const char *nearest = sch_nearest_name(name, KNOWN, sizeof KNOWN / sizeof KNOWN[0]);
    if (nearest != NULL) {
        return sch_sql_fail(sql, position, "the function %s is not supported; did you mean %s?", word, nearest);
    }
    return sch_sql_fail(sql, position,
                        "the function %s is not supported; these are: COUNT, SUM, AVG, VARIANCE, STDDEV, MEDIAN, CORR, "
                        "ABS, COALESCE, LOWER, UPPER, LENGTH, SUBSTRING, YEAR, MONTH, EXTRACT, and around aggregates "
                        "ROUND, SQRT, LN, EXP, POWER, NULLIF",
                        word);
}
