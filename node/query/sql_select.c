/* One SELECT, clause by clause: first what is refused as a whole, then FROM, WHERE, GROUP BY and the outputs. */
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
    PgQuery__Token limit_token = PG_QUERY__TOKEN__LIMIT;
    if (sch_sql_find_token(sql, limit_token, SCH_SQL_NO_POSITION) == SCH_SQL_NO_POSITION) {
        limit_token = s->limit_count != NULL ? PG_QUERY__TOKEN__FETCH : PG_QUERY__TOKEN__OFFSET;
    }
    const clause clauses[] = {
        {s->with_clause != NULL, PG_QUERY__TOKEN__WITH, "WITH is not supported: write one SELECT over two data sets"},
        {set, set_token, "UNION, INTERSECT and EXCEPT are not supported: send one query for each SELECT"},
        {s->n_values_lists > 0, PG_QUERY__TOKEN__VALUES, "VALUES is not supported: write a SELECT"},
        {s->n_distinct_clause > 0, PG_QUERY__TOKEN__DISTINCT,
         "SELECT DISTINCT is not supported: leave DISTINCT out, GROUP BY gives each combination once"},
        {s->into_clause != NULL, PG_QUERY__TOKEN__INTO, "INTO is not supported: the result comes to you"},
        {s->having_clause != NULL, PG_QUERY__TOKEN__HAVING,
         "HAVING comes in a later release: leave it out and choose the rows in the result"},
        {s->n_window_clause > 0, PG_QUERY__TOKEN__WINDOW, "WINDOW is not supported: use GROUP BY"},
        {s->n_sort_clause > 0, PG_QUERY__TOKEN__ORDER,
         "ORDER BY comes in a later release: leave it out and sort the result"},
        {s->limit_count != NULL || s->limit_offset != NULL, limit_token,
         "LIMIT, FETCH and OFFSET come in a later release: leave them out and cut the result"},
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

static sch_err set_output(sch_sql *sql, const PgQuery__ResTarget *target, const char *fallback, bool grouped,
                          uint32_t expression, size_t position)
{
    sch_request *r = sql->request;
    const char *name = target->name != NULL && target->name[0] != '\0' ? target->name : fallback;
    size_t bytes = strlen(name);
    if (bytes >= SCH_NAME_BYTES || !sch_text_is_printable(name, bytes)) {
        return sch_sql_fail(sql, position, "an output's alias is one line of at most %d bytes", SCH_NAME_BYTES - 1);
    }
    sch_output *output = &r->output[r->output_count++];
    *output = (sch_output){.grouped = grouped, .expression = expression};
    return sch_text_copy(output->name, sizeof output->name, name);
}

static sch_err add_column_output(sch_sql *sql, const PgQuery__ResTarget *target, size_t near)
{
    sch_err err = SCH_NONE;
    const PgQuery__ColumnRef *reference = target->val->column_ref;
    size_t position = sch_sql_place(sql, reference->location, near);
    sch_sql_column column = {0};
    uint32_t expression = 0;
    SCH_TRY(sch_sql_find_column(sql, &column, reference, near));
    if (column.column->role == SCH_ROLE_IDENTIFIER) {
        return sch_sql_fail(sql, position, "the identifier cannot be shown: write COUNT(DISTINCT %s.%s)",
                            sql->request->from[column.data_set].alias, column.column->name);
    }
    if (!sch_sql_find_group(sql, &expression, column)) {
        return sch_sql_fail(sql, position, "column '%s' has to stand in GROUP BY, or within COUNT, SUM or AVG",
                            column.column->name);
    }
    err = set_output(sql, target, column.column->name, true, expression, position);
out:
    return err;
}

static sch_err add_output(sch_sql *sql, const PgQuery__Node *node, size_t near)
{
    sch_err err = SCH_NONE;
    if (node->node_case != PG_QUERY__NODE__NODE_RES_TARGET || node->res_target->val == NULL) {
        return sch_sql_fail(sql, near, "an output is missing");
    }
    const PgQuery__ResTarget *target = node->res_target;
    size_t position = sch_sql_place(sql, target->location, near);
    if (sql->request->output_count == SCH_MAX_OUTPUTS) {
        return sch_sql_fail(sql, position, "a query has at most %d outputs", SCH_MAX_OUTPUTS);
    }
    if (target->val->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        return add_column_output(sql, target, position);
    }
    uint32_t expression = 0;
    if (sch_sql_is_aggregate(target->val)) {
        const char *name = NULL;
        SCH_TRY(sch_sql_aggregate(sql, &expression, &name, target->val->func_call, position));
        return set_output(sql, target, name, false, expression, position);
    }
    /* What is not accepted in any expression has a message of its own. */
    SCH_TRY(sch_sql_expression(sql, &expression, target->val, 1, position));
    err =
        sch_sql_fail(sql, position,
                     "an output is a column of the GROUP BY, or COUNT, SUM or AVG; expressions may stand within these");
out:
    return err;
}

/* ---- the statement ---- */

static sch_err read_select(sch_sql *sql, const PgQuery__SelectStmt *select)
{
    sch_err err = SCH_NONE;
    sch_request *r = sql->request;
    size_t place = sch_sql_find_token(sql, PG_QUERY__TOKEN__SELECT, 0);
    SCH_TRY(check_clauses(sql, select));
    SCH_TRY(sch_sql_from(sql, select));
    if (select->where_clause != NULL) {
        size_t where_place = sch_sql_find_token(sql, PG_QUERY__TOKEN__WHERE, place);
        SCH_TRY(sch_sql_expression(sql, &r->where, select->where_clause, 1, where_place));
        r->has_where = true;
    }
    SCH_TRY(sch_sql_group_by(sql, select));
    bool aggregate = false;
    for (size_t i = 0; i < select->n_target_list; i++) {
        SCH_TRY(add_output(sql, select->target_list[i], place));
        aggregate = aggregate || !r->output[r->output_count - 1].grouped;
    }
    if (!aggregate) {
        err = sch_sql_fail(sql, place, "there is nothing to compute: ask for COUNT, SUM or AVG");
    }
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
