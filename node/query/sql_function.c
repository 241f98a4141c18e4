#include <string.h>

#include "node/query/sql_state.h"

/* ---- functions ---- */

static const struct {
    const char *name;
    sch_op op;
    size_t arguments;
    const char *form;
} FUNCTIONS[] = {
    {"abs", SCH_OP_ABS, 1, "ABS(x)"},
    {"lower", SCH_OP_LOWER, 1, "LOWER(x)"},
    {"upper", SCH_OP_UPPER, 1, "UPPER(x)"},
    {"length", SCH_OP_LENGTH, 1, "LENGTH(x)"},
    {"substring", SCH_OP_SUBSTRING, 3, "SUBSTRING(x, 1, 4)"},
    {"substr", SCH_OP_SUBSTRING, 3, "SUBSTR(x, 1, 4)"},
    {"year", SCH_OP_YEAR, 1, "YEAR(x)"},
    {"month", SCH_OP_MONTH, 1, "MONTH(x)"},
};

/* The function's name, "" where it is not one of SQL's own: SQL's special forms, such as EXTRACT(... FROM ...), come
 * with the schema pg_catalog in front. */
static const char *name_of(const PgQuery__FuncCall *call)
{
    if (call->n_funcname == 1) {
        return sch_sql_string(call->funcname[0]);
    }
    bool special = call->n_funcname == 2 && call->funcformat == PG_QUERY__COERCION_FORM__COERCE_SQL_SYNTAX &&
                   strcmp(sch_sql_string(call->funcname[0]), "pg_catalog") == 0;
    return special ? sch_sql_string(call->funcname[1]) : "";
}

/* What may follow or precede a call's arguments, and is never supported. distinct: whether DISTINCT is. */
static sch_err check_plain(sch_sql *sql, const PgQuery__FuncCall *call, bool distinct, size_t position)
{
    if (call->over != NULL) {
        return sch_sql_fail(sql, position, "window functions (OVER) are not supported: use GROUP BY");
    }
    if (call->agg_filter != NULL) {
        return sch_sql_fail(sql, position, "FILTER is not supported: write SUM(CASE WHEN condition THEN 1 ELSE 0 END)");
    }
    if (call->n_agg_order > 0 || call->agg_within_group) {
        return sch_sql_fail(sql, position, "ORDER BY within a function is not supported: leave it out");
    }
    if (call->func_variadic) {
        return sch_sql_fail(sql, position, "VARIADIC is not supported: write the arguments one by one");
    }
    if (call->agg_distinct && !distinct) {
        return sch_sql_fail(sql, position, "DISTINCT is supported in COUNT(DISTINCT identifier) only: leave it out");
    }
    return SCH_NONE;
}

static sch_err convert_extract(sch_sql *sql, uint32_t *out, const PgQuery__FuncCall *call, unsigned depth,
                               size_t position)
{
    const PgQuery__Node *field = call->n_args == 2 ? call->args[0] : NULL;
    bool text = field != NULL && field->node_case == PG_QUERY__NODE__NODE_A_CONST &&
                field->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL && field->a_const->sval->sval != NULL;
    const char *name = text ? field->a_const->sval->sval : "";
    sch_op op = strcmp(name, "year") == 0 ? SCH_OP_YEAR : SCH_OP_MONTH;
    if (op == SCH_OP_MONTH && strcmp(name, "month") != 0) {
        return sch_sql_fail(sql, position, "EXTRACT gives a YEAR or a MONTH: write EXTRACT(YEAR FROM x)");
    }
    uint32_t argument = 0;
    sch_err err = sch_sql_expression(sql, &argument, call->args[1], depth + 1, position);
    return sch_failed(err) ? err : sch_sql_add(sql, out, op, position, &argument, 1);
}

/* The start and the length of a SUBSTRING are whole constants. */
static sch_err check_substring(sch_sql *sql, const uint32_t *argument)
{
    for (size_t i = 1; i < 3; i++) {
        const sch_expression *e = &sql->request->expression[argument[i]];
        if (e->op != SCH_OP_NUMBER || e->decimals != 0 || e->number < (i == 1 ? 1 : 0)) {
            return sch_sql_fail(
                sql, e->position,
                "SUBSTRING takes whole constants, a start from 1 and a length from 0: SUBSTRING(x, 1, 4)");
        }
    }
    return SCH_NONE;
}

sch_err sch_sql_function(sch_sql *sql, uint32_t *out, const PgQuery__FuncCall *call, unsigned depth, size_t near)
{
    sch_err err = SCH_NONE;
    size_t position = sch_sql_place(sql, call->location, near);
    const char *name = name_of(call);
    SCH_TRY(check_plain(sql, call, false, position));
    if (strcmp(name, "extract") == 0 && call->n_funcname == 2) {
        return convert_extract(sql, out, call, depth, position);
    }
    size_t i = 0, count = sizeof FUNCTIONS / sizeof FUNCTIONS[0];
    while (i < count && strcmp(name, FUNCTIONS[i].name) != 0) {
        i++;
    }
    if (i == count) {
        return sch_sql_refuse_function(sql, name, position);
    }
    if (call->n_args != FUNCTIONS[i].arguments || call->agg_star) {
        return sch_sql_fail(sql, position, "wrong number of arguments: write %s", FUNCTIONS[i].form);
    }
    uint32_t argument[3] = {0};
    for (size_t j = 0; j < call->n_args; j++) {
        SCH_TRY(sch_sql_expression(sql, &argument[j], call->args[j], depth + 1, position));
    }
    if (FUNCTIONS[i].op == SCH_OP_SUBSTRING) {
        SCH_TRY(check_substring(sql, argument));
    }
    err = sch_sql_add(sql, out, FUNCTIONS[i].op, position, argument, call->n_args);
out:
    return err;
}

/* ---- aggregates ---- */

static const struct {
    const char *name;
    sch_op op;
} AGGREGATES[] = {{"count", SCH_OP_COUNT}, {"sum", SCH_OP_SUM}, {"avg", SCH_OP_AVG}};

enum { AGGREGATE_COUNT = sizeof AGGREGATES / sizeof AGGREGATES[0] };

static size_t find_aggregate(const PgQuery__FuncCall *call)
{
    size_t i = 0;
    while (i < AGGREGATE_COUNT && strcmp(name_of(call), AGGREGATES[i].name) != 0) {
        i++;
    }
    return i;
}

bool sch_sql_is_aggregate(const PgQuery__Node *node)
{
    return node != NULL && node->node_case == PG_QUERY__NODE__NODE_FUNC_CALL &&
           find_aggregate(node->func_call) < AGGREGATE_COUNT;
}

static sch_err count_distinct(sch_sql *sql, uint32_t *out, const PgQuery__Node *node, size_t position)
{
    sch_err err = SCH_NONE;
    sch_sql_column column = {0};
    bool reference = node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
    if (reference) {
        SCH_TRY(sch_sql_find_column(sql, &column, node->column_ref, position));
    }
    if (!reference || column.column->role != SCH_ROLE_IDENTIFIER) {
        return sch_sql_fail(sql, position,
                            "COUNT(DISTINCT ...) counts persons, by their identifier only: write COUNT(DISTINCT %s.%s)",
                            sql->request->from[0].alias, sql->request->join_column[0]);
    }
    uint32_t argument = 0;
    SCH_TRY(sch_sql_add_column(sql, &argument, sch_sql_place(sql, node->column_ref->location, position), column));
    err = sch_sql_add(sql, out, SCH_OP_COUNT_PERSONS, position, &argument, 1);
out:
    return err;
}

sch_err sch_sql_aggregate(sch_sql *sql, uint32_t *out, const char **name, const PgQuery__FuncCall *call, size_t near)
{
    sch_err err = SCH_NONE;
    size_t position = sch_sql_place(sql, call->location, near);
    size_t i = find_aggregate(call);
    SCH_TRY(sch_check(i < AGGREGATE_COUNT, SCH_BUG, "a call that is no aggregate"));
    *name = AGGREGATES[i].name;
    sch_op op = AGGREGATES[i].op;
    SCH_TRY(check_plain(sql, call, op == SCH_OP_COUNT, position));
    if (call->agg_star && op == SCH_OP_COUNT) {
        return sch_sql_add(sql, out, SCH_OP_COUNT_ROWS, position, NULL, 0);
    }
    if (call->n_args != 1) {
        char word[SCH_SQL_WORD_BYTES];
        return sch_sql_fail(sql, position, "%s takes one argument: write %s", sch_sql_word(sql, position, word),
                            op == SCH_OP_COUNT ? "COUNT(*) or COUNT(x)" : "SUM(x) or AVG(x)");
    }
    if (call->agg_distinct) {
        return count_distinct(sql, out, call->args[0], position);
    }
    uint32_t argument = 0;
    SCH_TRY(sch_sql_expression(sql, &argument, call->args[0], 2, position));
    err = sch_sql_add(sql, out, op, position, &argument, 1);
out:
    return err;
}
