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
    {"round", SCH_OP_ROUND, 2, "ROUND(x, 1)"},
    {"sqrt", SCH_OP_SQRT, 1, "SQRT(x)"},
    {"ln", SCH_OP_LN, 1, "LN(x)"},
    {"exp", SCH_OP_EXP, 1, "EXP(x)"},
    {"power", SCH_OP_POWER, 2, "POWER(x, 2)"},
    {"pow", SCH_OP_POWER, 2, "POW(x, 2)"},
};

/* The function's name, "" where it is not one of SQL's own: SQL's special forms, such as EXTRACT(... FROM ...), come
 * with the schema pg_catalog in front. */
const char *sch_sql_function_name(const PgQuery__FuncCall *call)
{
    if (call->n_funcname == 1) {
        return sch_sql_string(call->funcname[0]);
    }
    bool special = call->n_funcname == 2 && call->funcformat == PG_QUERY__COERCION_FORM__COERCE_SQL_SYNTAX &&
                   strcmp(sch_sql_string(call->funcname[0]), "pg_catalog") == 0;
    return special ? sch_sql_string(call->funcname[1]) : "";
}

/* What may follow or precede an aggregate's arguments, and not a function's. */
static sch_err check_plain(sch_sql *sql, const PgQuery__FuncCall *call, size_t position)
{
    if (call->over != NULL) {
        return sch_sql_fail(sql, position, "window functions (OVER) are not supported: use GROUP BY");
    }
    if (call->agg_filter != NULL || call->agg_distinct || call->n_agg_order > 0 || call->agg_within_group) {
        return sch_sql_fail(sql, position,
                            "FILTER, DISTINCT and ORDER BY within a function are for aggregates: leave them out");
    }
    if (call->func_variadic) {
        return sch_sql_fail(sql, position, "VARIADIC is not supported: write the arguments one by one");
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

static sch_err check_round(sch_sql *sql, uint32_t argument)
{
    const sch_expression *e = &sql->request->expression[argument];
    if (e->op != SCH_OP_NUMBER || e->decimals != 0 || e->number < 0 || e->number > SCH_MAX_NUMBER_DECIMALS) {
        return sch_sql_fail(sql, e->position, "ROUND takes its decimals as a whole constant from 0 to %d: ROUND(x, 1)",
                            SCH_MAX_NUMBER_DECIMALS);
    }
    return SCH_NONE;
}

/* BIN and ORGANISATION: keys. */
static sch_err convert_key(sch_sql *sql, uint32_t *out, sch_sql_key key)
{
    if (sql->side == SCH_SQL_AFTER) {
        return sch_sql_key_use(sql, out, key);
    }
    if (key.op == SCH_OP_BIN) {
        return sch_sql_fail(sql, key.position, "BIN is for GROUP BY: compare %s itself with a bound here",
                            key.column.column->name);
    }
    return sch_sql_fail(sql, key.position,
                        "ORGANISATION is for GROUP BY: list the nodes that you want in FROM, as in ALL(a.x, b.x)");
}

static sch_err convert_listed(sch_sql *sql, uint32_t *out, size_t i, const PgQuery__FuncCall *call, unsigned depth,
                              size_t position)
{
    sch_err err = SCH_NONE;
    sch_op op = FUNCTIONS[i].op;
    char word[SCH_SQL_WORD_BYTES];
    size_t count = call->n_args;
    if (sch_op_is_after(op) && sql->side != SCH_SQL_AFTER) {
        return sch_sql_fail(sql, position,
                            "%s stands around aggregates only, as in %s of an AVG, in outputs, HAVING "
                            "and ORDER BY",
                            sch_sql_word(sql, position, word), FUNCTIONS[i].form);
    }
    bool whole = op == SCH_OP_ROUND && count == 1;
    if ((count != FUNCTIONS[i].arguments && !whole) || call->agg_star) {
        return sch_sql_fail(sql, position, "wrong number of arguments: write %s", FUNCTIONS[i].form);
    }
    uint32_t argument[3] = {0};
    for (size_t j = 0; j < count; j++) {
        SCH_TRY(sch_sql_expression(sql, &argument[j], call->args[j], depth + 1, position));
    }
    if (whole) {
        SCH_TRY(sch_sql_add_number(sql, &argument[count++], SCH_OP_NUMBER, position, 0, 0));
    }
    if (op == SCH_OP_SUBSTRING) {
        SCH_TRY(check_substring(sql, argument));
    } else if (op == SCH_OP_ROUND) {
        SCH_TRY(check_round(sql, argument[1]));
    }
    err = sch_sql_add(sql, out, op, position, argument, count);
out:
    return err;
}

sch_err sch_sql_function(sch_sql *sql, uint32_t *out, const PgQuery__FuncCall *call, unsigned depth, size_t near)
{
    sch_err err = SCH_NONE;
    size_t position = sch_sql_place(sql, call->location, near);
    const char *name = sch_sql_function_name(call);
    if (sch_sql_is_aggregate(call)) {
        return sch_sql_aggregate(sql, out, call, depth, position);
    }
    sch_sql_key key = {0};
    bool found = false;
    SCH_TRY(check_plain(sql, call, position));
    SCH_TRY(sch_sql_key_read_call(sql, &key, &found, call, near));
    if (found) {
        return convert_key(sql, out, key);
    }
    if (strcmp(name, "extract") == 0 && call->n_funcname == 2) {
        return convert_extract(sql, out, call, depth, position);
    }
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof FUNCTIONS[0]; i++) {
        if (strcmp(name, FUNCTIONS[i].name) == 0) {
            return convert_listed(sql, out, i, call, depth, position);
        }
    }
    err = sch_sql_refuse_function(sql, name, position);
out:
    return err;
}
