/* DESIGN. One function a kind of node, all of the same form: check the node's own shape, turn its arguments into
 * expressions one level deeper, add the expression. Arguments come before what uses them, as the request wants it. */
#include <string.h>

#include "node/query/sql_state.h"

/* Arguments in the making. */
typedef struct arguments {
    uint32_t number[SCH_MAX_ARGUMENTS];
    size_t count;
} arguments;

static sch_err arguments_add(sch_sql *sql, arguments *a, const PgQuery__Node *node, unsigned depth, size_t position)
{
    if (a->count == SCH_MAX_ARGUMENTS) {
        return sch_sql_fail(sql, position, "this has more than %d parts", SCH_MAX_ARGUMENTS);
    }
    sch_err err = sch_sql_expression(sql, &a->number[a->count], node, depth, position);
    a->count += !sch_failed(err);
    return err;
}

/* ---- operators ---- */

static const struct {
    const char *sign;
    sch_op op;
} OPERATORS[] = {
    {"+", SCH_OP_ADD},     {"-", SCH_OP_SUBTRACT},       {"*", SCH_OP_MULTIPLY}, {"%", SCH_OP_MODULO},
    {"=", SCH_OP_EQUAL},   {"<>", SCH_OP_NOT_EQUAL},     {"<", SCH_OP_LESS},     {"<=", SCH_OP_LESS_EQUAL},
    {">", SCH_OP_GREATER}, {">=", SCH_OP_GREATER_EQUAL},
};

static sch_err convert_two(sch_sql *sql, uint32_t *out, sch_op op, const PgQuery__AExpr *e, unsigned depth,
                           size_t position)
{
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    SCH_TRY(arguments_add(sql, &a, e->lexpr, depth + 1, position));
    SCH_TRY(arguments_add(sql, &a, e->rexpr, depth + 1, position));
    err = sch_sql_add(sql, out, op, position, a.number, a.count);
out:
    return err;
}

/* Shares cannot be divided, released numbers can. */
static sch_err convert_divide(sch_sql *sql, uint32_t *out, const PgQuery__AExpr *e, unsigned depth, size_t position)
{
    if (sql->side == SCH_SQL_AGGREGATE) {
        return sch_sql_fail(sql, position,
                            "/ below an aggregate is not supported: multiply instead, or divide the aggregates, as in "
                            "SUM(a) / SUM(b)");
    }
    if (sql->side == SCH_SQL_WHERE) {
        return sch_sql_fail(sql, position,
                            "/ in WHERE is not supported: multiply instead, as in a > 2 * b for a / b > 2");
    }
    return convert_two(sql, out, SCH_OP_DIVIDE, e, depth, position);
}

static sch_err convert_nullif(sch_sql *sql, uint32_t *out, const PgQuery__AExpr *e, unsigned depth, size_t position)
{
    if (sql->side != SCH_SQL_AFTER) {
        return sch_sql_fail(sql, position,
                            "NULLIF stands around aggregates only: write CASE WHEN a = b THEN NULL ELSE a END");
    }
    return convert_two(sql, out, SCH_OP_NULLIF, e, depth, position);
}

static sch_err convert_operator(sch_sql *sql, uint32_t *out, const PgQuery__AExpr *e, unsigned depth, size_t position)
{
    const char *sign = e->n_name == 1 ? sch_sql_string(e->name[0]) : "";
    if (e->lexpr == NULL && strcmp(sign, "+") == 0) {
        return sch_sql_expression(sql, out, e->rexpr, depth + 1, position);
    }
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    if (e->lexpr != NULL && strcmp(sign, "/") == 0) {
        return convert_divide(sql, out, e, depth, position);
    }
    if (e->lexpr == NULL && strcmp(sign, "-") == 0) {
        SCH_TRY(arguments_add(sql, &a, e->rexpr, depth + 1, position));
        return sch_sql_add(sql, out, SCH_OP_NEGATE, position, a.number, a.count);
    }
    for (size_t i = 0; e->lexpr != NULL && i < sizeof OPERATORS / sizeof OPERATORS[0]; i++) {
        if (strcmp(sign, OPERATORS[i].sign) == 0) {
            return convert_two(sql, out, OPERATORS[i].op, e, depth, position);
        }
    }
    err = sch_sql_refuse_operator(sql, e, position);
out:
    return err;
}

static bool is_constant(const sch_sql *sql, uint32_t expression)
{
    sch_op op = sql->request->expression[expression].op;
    return op >= SCH_OP_NUMBER && op <= SCH_OP_NULL;
}

/* A list that the parser made of what stands in parentheses, or NULL. */
static const PgQuery__List *list_of(const PgQuery__Node *node)
{
    return node != NULL && node->node_case == PG_QUERY__NODE__NODE_LIST ? node->list : NULL;
}

static sch_err convert_in(sch_sql *sql, uint32_t *out, const PgQuery__AExpr *e, unsigned depth, size_t position)
{
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    const PgQuery__List *list = list_of(e->rexpr);
    if (list == NULL || e->n_name != 1) {
        return sch_sql_refuse_operator(sql, e, position);
    }
    SCH_TRY(arguments_add(sql, &a, e->lexpr, depth + 1, position));
    for (size_t i = 0; i < list->n_items; i++) {
        SCH_TRY(arguments_add(sql, &a, list->items[i], depth + 1, position));
        if (!is_constant(sql, a.number[a.count - 1])) {
            return sch_sql_fail(sql, sql->request->expression[a.number[a.count - 1]].position,
                                "the list of an IN holds constants only: write x = a OR x = b for other expressions");
        }
    }
    sch_op op = strcmp(sch_sql_string(e->name[0]), "=") == 0 ? SCH_OP_IN : SCH_OP_NOT_IN;
    err = sch_sql_add(sql, out, op, position, a.number, a.count);
out:
    return err;
}

static sch_err convert_between(sch_sql *sql, uint32_t *out, const PgQuery__AExpr *e, unsigned depth, size_t position)
{
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    const PgQuery__List *list = list_of(e->rexpr);
    if (list == NULL || list->n_items != 2) {
        return sch_sql_refuse_operator(sql, e, position);
    }
    SCH_TRY(arguments_add(sql, &a, e->lexpr, depth + 1, position));
    SCH_TRY(arguments_add(sql, &a, list->items[0], depth + 1, position));
    SCH_TRY(arguments_add(sql, &a, list->items[1], depth + 1, position));
    sch_op op = e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN ? SCH_OP_BETWEEN : SCH_OP_NOT_BETWEEN;
    err = sch_sql_add(sql, out, op, position, a.number, a.count);
out:
    return err;
}

static sch_err convert_like(sch_sql *sql, uint32_t *out, const PgQuery__AExpr *e, unsigned depth, size_t position)
{
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    bool escape = e->rexpr != NULL && e->rexpr->node_case == PG_QUERY__NODE__NODE_FUNC_CALL &&
                  e->rexpr->func_call->n_funcname == 2 &&
                  strcmp(sch_sql_string(e->rexpr->func_call->funcname[1]), "like_escape") == 0;
    if (escape) {
        return sch_sql_fail(sql, position, "ESCAPE is not supported: leave it out");
    }
    SCH_TRY(arguments_add(sql, &a, e->lexpr, depth + 1, position));
    SCH_TRY(arguments_add(sql, &a, e->rexpr, depth + 1, position));
    const sch_expression *pattern = &sql->request->expression[a.number[1]];
    if (pattern->op != SCH_OP_TEXT) {
        return sch_sql_fail(sql, pattern->position, "the pattern of a LIKE is a text constant, as in name LIKE 'A%%'");
    }
    sch_op op = e->n_name == 1 && strcmp(sch_sql_string(e->name[0]), "~~") == 0 ? SCH_OP_LIKE : SCH_OP_NOT_LIKE;
    err = sch_sql_add(sql, out, op, position, a.number, a.count);
out:
    return err;
}

static sch_err convert_a_expr(sch_sql *sql, uint32_t *out, const PgQuery__AExpr *e, unsigned depth, size_t near)
{
    size_t position = sch_sql_place(sql, e->location, near);
    switch (e->kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
        return convert_operator(sql, out, e, depth, position);
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
        return convert_in(sql, out, e, depth, position);
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
        return convert_like(sql, out, e, depth, position);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
        return convert_between(sql, out, e, depth, position);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF:
        return convert_nullif(sql, out, e, depth, position);
    default:
        return sch_sql_refuse_operator(sql, e, position);
    }
}

/* ---- logic, NULL and CASE ---- */

static sch_err convert_bool(sch_sql *sql, uint32_t *out, const PgQuery__BoolExpr *e, unsigned depth, size_t near)
{
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    size_t position = sch_sql_place(sql, e->location, near);
    sch_op op = e->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR  ? SCH_OP_AND
                : e->boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR ? SCH_OP_OR
                                                                 : SCH_OP_NOT;
    for (size_t i = 0; i < e->n_args; i++) {
        SCH_TRY(arguments_add(sql, &a, e->args[i], depth + 1, position));
    }
    err = sch_sql_add(sql, out, op, position, a.number, a.count);
out:
    return err;
}

static sch_err convert_null_test(sch_sql *sql, uint32_t *out, const PgQuery__NullTest *e, unsigned depth, size_t near)
{
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    size_t position = sch_sql_place(sql, e->location, near);
    SCH_TRY(arguments_add(sql, &a, e->arg, depth + 1, position));
    sch_op op = e->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL ? SCH_OP_IS_NULL : SCH_OP_IS_NOT_NULL;
    err = sch_sql_add(sql, out, op, position, a.number, a.count);
out:
    return err;
}

/* The condition of one WHEN: as it stands, or value = it in the form CASE value WHEN it, where the value's expression
 * is shared by all conditions. */
static sch_err convert_when(sch_sql *sql, arguments *a, const PgQuery__CaseWhen *when, const uint32_t *value,
                            unsigned depth, size_t position)
{
    sch_err err = SCH_NONE;
    if (value == NULL) {
        SCH_TRY(arguments_add(sql, a, when->expr, depth + 1, position));
    } else {
        arguments pair = {.number = {*value}, .count = 1};
        SCH_TRY(arguments_add(sql, &pair, when->expr, depth + 2, position));
        SCH_TRY(sch_check(a->count < SCH_MAX_ARGUMENTS, SCH_BUG, "no room for a condition"));
        SCH_TRY(sch_sql_add(sql, &a->number[a->count], SCH_OP_EQUAL, position, pair.number, pair.count));
        a->count++;
    }
    SCH_TRY(arguments_add(sql, a, when->result, depth + 1, position));
out:
    return err;
}

static sch_err convert_case(sch_sql *sql, uint32_t *out, const PgQuery__CaseExpr *e, unsigned depth, size_t near)
{
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    size_t position = sch_sql_place(sql, e->location, near);
    uint32_t value = 0;
    if (e->n_args > (SCH_MAX_ARGUMENTS - 1) / 2) {
        return sch_sql_fail(sql, position, "a CASE has at most %d WHENs", (SCH_MAX_ARGUMENTS - 1) / 2);
    }
    if (e->arg != NULL) {
        SCH_TRY(sch_sql_expression(sql, &value, e->arg, depth + 2, position));
    }
    for (size_t i = 0; i < e->n_args; i++) {
        SCH_TRY(sch_check(e->args[i]->node_case == PG_QUERY__NODE__NODE_CASE_WHEN, SCH_BUG, "a CASE without WHEN"));
        const PgQuery__CaseWhen *when = e->args[i]->case_when;
        size_t at = sch_sql_place(sql, when->location, position);
        SCH_TRY(convert_when(sql, &a, when, e->arg == NULL ? NULL : &value, depth, at));
    }
    if (e->defresult != NULL) {
        SCH_TRY(arguments_add(sql, &a, e->defresult, depth + 1, position));
    } else {
        SCH_TRY(sch_sql_add(sql, &a.number[a.count], SCH_OP_NULL, position, NULL, 0));
        a.count++;
    }
    err = sch_sql_add(sql, out, SCH_OP_CASE, position, a.number, a.count);
out:
    return err;
}

static sch_err convert_coalesce(sch_sql *sql, uint32_t *out, const PgQuery__CoalesceExpr *e, unsigned depth,
                                size_t near)
{
    arguments a = {.count = 0};
    sch_err err = SCH_NONE;
    size_t position = sch_sql_place(sql, e->location, near);
    for (size_t i = 0; i < e->n_args; i++) {
        SCH_TRY(arguments_add(sql, &a, e->args[i], depth + 1, position));
    }
    err = sch_sql_add(sql, out, SCH_OP_COALESCE, position, a.number, a.count);
out:
    return err;
}

/* Above aggregates a column is one of the keys. */
static sch_err convert_column(sch_sql *sql, uint32_t *out, const PgQuery__ColumnRef *reference, size_t near)
{
    sch_err err = SCH_NONE;
    sch_sql_key key = {.op = SCH_OP_COLUMN, .position = sch_sql_place(sql, reference->location, near)};
    SCH_TRY(sch_sql_find_column(sql, &key.column, reference, near));
    err = sql->side == SCH_SQL_AFTER ? sch_sql_key_use(sql, out, key) : sch_sql_key_add(sql, out, key);
out:
    return err;
}

static sch_err convert_grouping(sch_sql *sql, uint32_t *out, const PgQuery__GroupingFunc *e, size_t near)
{
    sch_err err = SCH_NONE;
    sch_sql_key key = {0};
    bool found = false;
    uint32_t argument = 0;
    size_t position = sch_sql_place(sql, e->location, near);
    if (sql->side != SCH_SQL_AFTER) {
        return sch_sql_fail(sql, position,
                            "GROUPING stands in outputs, HAVING and ORDER BY only, not within aggregates");
    }
    if (e->n_args == 1) {
        SCH_TRY(sch_sql_key_read(sql, &key, &found, e->args[0], position));
    }
    if (!found) {
        return sch_sql_fail(sql, position, "GROUPING takes one key of GROUP BY: write GROUPING(a), GROUPING(b)");
    }
    SCH_TRY(sch_sql_key_use(sql, &argument, key));
    err = sch_sql_add(sql, out, SCH_OP_GROUPING, position, &argument, 1);
out:
    return err;
}

sch_err sch_sql_expression(sch_sql *sql, uint32_t *out, const PgQuery__Node *node, unsigned depth, size_t near)
{
    if (depth > SCH_MAX_DEPTH) {
        return sch_sql_fail(sql, near, "the query is nested too deep; at most %d levels are accepted", SCH_MAX_DEPTH);
    }
    if (node == NULL) {
        return sch_sql_fail(sql, near, "something is missing here");
    }
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        return convert_column(sql, out, node->column_ref, near);
    case PG_QUERY__NODE__NODE_A_CONST:
        return sch_sql_constant(sql, out, node->a_const, near);
    case PG_QUERY__NODE__NODE_TYPE_CAST:
        return sch_sql_cast(sql, out, node->type_cast, depth, near);
    case PG_QUERY__NODE__NODE_A_EXPR:
        return convert_a_expr(sql, out, node->a_expr, depth, near);
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
        return convert_bool(sql, out, node->bool_expr, depth, near);
    case PG_QUERY__NODE__NODE_NULL_TEST:
        return convert_null_test(sql, out, node->null_test, depth, near);
    case PG_QUERY__NODE__NODE_CASE_EXPR:
        return convert_case(sql, out, node->case_expr, depth, near);
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        return convert_coalesce(sql, out, node->coalesce_expr, depth, near);
    case PG_QUERY__NODE__NODE_GROUPING_FUNC:
        return convert_grouping(sql, out, node->grouping_func, near);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        return sch_sql_function(sql, out, node->func_call, depth, near);
    default:
        return sch_sql_refuse_node(sql, node, near);
    }
}
