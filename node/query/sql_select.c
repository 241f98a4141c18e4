/* One SELECT, clause by clause: first what is refused as a whole, then FROM, WHERE, GROUP BY, the outputs, HAVING,
 * ORDER BY and LIMIT. */
#include "node/query/sql_select.h"

#include <string.h>

/* ---- clauses that are not supported ---- */

typedef struct clause {
    bool present;
    PgQuery__Token token; /* where it stands */
    const char *says;
} clause;

static sch_err check_clauses(sch_sql *sql, const PgQuery__SelectStmt *s)
{
    bool set =
        s->op != PG_QUERY__SET_OPERATION__SETOP_NONE && s->op != PG_QUERY__SET_OPERATION__SET_OPERATION_UNDEFINED;
    PgQuery__Token set_token = s->op == PG_QUERY__SET_OPERATION__SETOP_UNION       ? PG_QUERY__TOKEN__UNION
                               : s->op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ? PG_QUERY__TOKEN__INTERSECT
                                                                                   : PG_QUERY__TOKEN__EXCEPT;
    const clause clauses[] = {
        {s->with_clause != NULL, PG_QUERY__TOKEN__WITH, "WITH is not supported: write one SELECT over the data sets"},
        {set, set_token, "UNION, INTERSECT and EXCEPT are not supported: send one query for each SELECT"},
        {s->n_values_lists > 0, PG_QUERY__TOKEN__VALUES, "VALUES is not supported: write a SELECT"},
        {s->n_distinct_clause > 0, PG_QUERY__TOKEN__DISTINCT,
         "SELECT DISTINCT is not supported: leave DISTINCT out, GROUP BY gives each combination once"},
        {s->into_clause != NULL, PG_QUERY__TOKEN__INTO, "INTO is not supported: the result comes to you"},
        {s->n_window_clause > 0, PG_QUERY__TOKEN__WINDOW, "WINDOW is not supported: use GROUP BY"},
        {s->n_locking_clause > 0, PG_QUERY__TOKEN__FOR, "FOR UPDATE and FOR SHARE are not supported: leave them out"},
    };
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++) {
        if (clauses[i].present) {
            return sch_sql_fail(sql, sch_sql_find_token(sql, clauses[i].token, SCH_SQL_NO_POSITION), "%s",
                                clauses[i].says);
        }
    }
    return SCH_NONE;
}

/* ---- outputs ---- */

/* The heading of an output without an alias: PostgreSQL's. */
static const char *heading_of(const PgQuery__Node *node)
{
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        return node->column_ref->n_fields == 0
                   ? "?column?"
                   : sch_sql_string(node->column_ref->fields[node->column_ref->n_fields - 1]);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        return sch_sql_function_name(node->func_call);
    case PG_QUERY__NODE__NODE_CASE_EXPR:
        return "case";
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        return "coalesce";
    case PG_QUERY__NODE__NODE_GROUPING_FUNC:
        return "grouping";
    case PG_QUERY__NODE__NODE_A_EXPR:
        return node->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF ? "nullif" : "?column?";
    default:
        return "?column?";
    }
}

static sch_err set_output(sch_sql *sql, const PgQuery__ResTarget *target, uint32_t expression, size_t position)
{
    sch_request *r = sql->request;
    const char *name = target->name != NULL && target->name[0] != '\0' ? target->name : heading_of(target->val);
    size_t bytes = strlen(name);
    if (bytes >= SCH_NAME_BYTES || !sch_text_is_printable(name, bytes)) {
        return sch_sql_fail(sql, position, "an output's alias is one line of at most %d bytes", SCH_NAME_BYTES - 1);
    }
    sch_output *output = &r->output[r->output_count++];
    *output = (sch_output){.expression = expression};
    return sch_text_copy(output->name, sizeof output->name, name);
}

/* LINKAGE(), the last output, asks for the report of linkage in place of aggregates. */
static bool is_linkage(const PgQuery__Node *node)
{
    const PgQuery__FuncCall *call = node->node_case == PG_QUERY__NODE__NODE_FUNC_CALL ? node->func_call : NULL;
    return call != NULL && strcmp(sch_sql_function_name(call), "linkage") == 0 && call->n_args == 0 &&
           !call->agg_star && call->over == NULL && call->agg_filter == NULL;
}

static sch_err add_output(sch_sql *sql, const PgQuery__Node *node, bool last, size_t near)
{
    sch_err err = SCH_NONE;
    if (node->node_case != PG_QUERY__NODE__NODE_RES_TARGET || node->res_target->val == NULL) {
        return sch_sql_fail(sql, near, "an output is missing");
    }
    const PgQuery__ResTarget *target = node->res_target;
    size_t position = sch_sql_place(sql, target->location, near);
    uint32_t expression = 0;
    if (last && is_linkage(target->val)) {
        sql->request->linkage = true;
        return SCH_NONE;
    }
    if (sql->request->output_count == SCH_MAX_OUTPUTS) {
        return sch_sql_fail(sql, position, "a query has at most %d outputs", SCH_MAX_OUTPUTS);
    }
    SCH_TRY(sch_sql_expression(sql, &expression, target->val, 1, position));
    err = set_output(sql, target, expression, position);
out:
    return err;
}

/* ---- the statement ---- */

/* A query has aggregates, or asks for the report of linkage and has none. */
static sch_err check_purpose(sch_sql *sql, size_t place)
{
    const sch_request *r = sql->request;
    size_t key = 0;
    bool aggregate = false;
    for (size_t i = 0; i < r->expression_count; i++) {
        aggregate = aggregate || sch_op_is_aggregate(r->expression[i].op);
    }
    for (size_t i = 0; i < r->output_count && r->linkage && !aggregate; i++) {
        aggregate = !sch_request_find_key(r, &key, r->output[i].expression);
    }
    if (r->linkage && aggregate) {
        return sch_sql_fail(sql, place, "LINKAGE() stands beside keys of the GROUP BY alone: leave other outputs out");
    }
    if (!r->linkage && !aggregate) {
        return sch_sql_fail(sql, place, "there is nothing to compute: ask for an aggregate, such as COUNT, SUM or AVG");
    }
    return SCH_NONE;
}

static sch_err read_select(sch_sql *sql, const PgQuery__SelectStmt *select)
{
    sch_err err = SCH_NONE;
    sch_request *r = sql->request;
    size_t place = sch_sql_find_token(sql, PG_QUERY__TOKEN__SELECT, 0);
    SCH_TRY(check_clauses(sql, select));
    SCH_TRY(sch_sql_from(sql, select));
    sql->side = SCH_SQL_WHERE;
    if (select->where_clause != NULL) {
        size_t where_place = sch_sql_find_token(sql, PG_QUERY__TOKEN__WHERE, place);
        SCH_TRY(sch_sql_expression(sql, &r->where, select->where_clause, 1, where_place));
        r->has_where = true;
    }
    SCH_TRY(sch_sql_group_by(sql, select));
    sql->side = SCH_SQL_AFTER;
    for (size_t i = 0; i < select->n_target_list; i++) {
        SCH_TRY(add_output(sql, select->target_list[i], i + 1 == select->n_target_list, place));
    }
    r->linkage = r->linkage || sql->linkage;
    if (select->having_clause != NULL) {
        size_t having_place = sch_sql_find_token(sql, PG_QUERY__TOKEN__HAVING, place);
        SCH_TRY(sch_sql_expression(sql, &r->having, select->having_clause, 1, having_place));
        r->has_having = true;
    }
    SCH_TRY(sch_sql_order_by(sql, select));
    SCH_TRY(sch_sql_limit(sql, select));
    err = check_purpose(sql, place);
out:
    return err;
}

sch_err sch_sql_statements(sch_sql *sql, const PgQuery__ParseResult *parsed)
{
    if (parsed->n_stmts == 0) {
        return sch_sql_fail(sql, SCH_SQL_NO_POSITION,
                            "there is no statement: write SELECT ... FROM a JOIN b USING (id)");
    }
    size_t first = sql->tokens->n_tokens > 0 ? sch_sql_place(sql, sql->tokens->tokens[0]->start, 0) : 0;
    if (parsed->n_stmts > 1) {
        size_t second = sch_sql_find_token(sql, PG_QUERY__TOKEN__ASCII_59, first);
        return sch_sql_fail(sql, second, "there are several statements: send one query at a time");
    }
    const PgQuery__Node *statement = parsed->stmts[0]->stmt;
    if (statement == NULL || statement->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) {
        char word[SCH_SQL_WORD_BYTES];
        return sch_sql_fail(sql, first, "%s is not supported: a query is one SELECT", sch_sql_word(sql, first, word));
    }
    return read_select(sql, statement->select_stmt);
}
