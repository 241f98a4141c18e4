/* Keys: columns, BIN(column), ORGANISATION(union). */
#include <string.h>

#include "node/query/sql_state.h"

static sch_err read_bin(sch_sql *sql, sch_sql_key *out, const PgQuery__FuncCall *call)
{
    const PgQuery__Node *node = call->n_args == 1 ? call->args[0] : NULL;
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) {
        return sch_sql_fail(sql, out->position, "BIN takes a column: write BIN(x)");
    }
    return sch_sql_find_column(sql, &out->column, node->column_ref, out->position);
}

static sch_err read_organisation(sch_sql *sql, sch_sql_key *out, const PgQuery__FuncCall *call)
{
    sch_err err = SCH_NONE;
    const PgQuery__Node *node = call->n_args == 1 ? call->args[0] : NULL;
    size_t i = 0;
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF || node->column_ref->n_fields != 1) {
        return sch_sql_fail(sql, out->position, "ORGANISATION takes the alias of a union: write ORGANISATION(%s)",
                            sql->request->from[0].alias);
    }
    size_t position = sch_sql_place(sql, node->column_ref->location, out->position);
    SCH_TRY(sch_sql_find_alias(sql, &i, sch_sql_string(node->column_ref->fields[0]), position));
    if (sql->request->from[i].node_count == 1) {
        return sch_sql_fail(sql, position,
                            "ORGANISATION says which node of a union a row is of, and %s is of one node: leave it out",
                            sql->request->from[i].alias);
    }
    out->column.data_set = (uint8_t)i;
out:
    return err;
}

sch_err sch_sql_key_read_call(sch_sql *sql, sch_sql_key *out, bool *found, const PgQuery__FuncCall *call, size_t near)
{
    const char *name = sch_sql_function_name(call);
    *out = (sch_sql_key){.op = strcmp(name, "bin") == 0 ? SCH_OP_BIN : SCH_OP_ORGANISATION,
                         .position = sch_sql_place(sql, call->location, near)};
    *found = out->op == SCH_OP_BIN || strcmp(name, "organisation") == 0;
    if (!*found) {
        return SCH_NONE;
    }
    if (call->agg_star || call->agg_distinct || call->n_agg_order > 0 || call->func_variadic || call->over != NULL ||
        call->agg_filter != NULL || call->agg_within_group) {
        return sch_sql_fail(sql, out->position, "BIN and ORGANISATION take one name: write BIN(x), ORGANISATION(a)");
    }
    return out->op == SCH_OP_BIN ? read_bin(sql, out, call) : read_organisation(sql, out, call);
}

sch_err sch_sql_key_read(sch_sql *sql, sch_sql_key *out, bool *found, const PgQuery__Node *node, size_t near)
{
    *out = (sch_sql_key){.op = SCH_OP_COLUMN, .position = near};
    *found = node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
    if (node->node_case == PG_QUERY__NODE__NODE_FUNC_CALL) {
        return sch_sql_key_read_call(sql, out, found, node->func_call, near);
    }
    if (!*found) {
        return SCH_NONE;
    }
    out->position = sch_sql_place(sql, node->column_ref->location, near);
    return sch_sql_find_column(sql, &out->column, node->column_ref, near);
}

bool sch_sql_key_find(const sch_sql *sql, size_t *out, sch_sql_key key)
{
    const sch_request *r = sql->request;
    for (size_t i = 0; i < r->group_by_count; i++) {
        const sch_expression *e = &r->expression[r->group_by[i]];
        if (e->op != key.op) {
            continue;
        }
        e = e->op == SCH_OP_BIN ? &r->expression[e->argument[0]] : e;
        if (e->data_set == key.column.data_set &&
            (e->op == SCH_OP_ORGANISATION || strcmp(e->text, key.column.column->name) == 0)) {
            *out = i;
            return true;
        }
    }
    return false;
}

sch_err sch_sql_key_add(sch_sql *sql, uint32_t *out, sch_sql_key key)
{
    sch_err err = SCH_NONE;
    uint32_t column = 0;
    if (key.op == SCH_OP_ORGANISATION) {
        SCH_TRY(sch_sql_add(sql, out, key.op, key.position, NULL, 0));
        sql->request->expression[*out].data_set = key.column.data_set;
        return SCH_NONE;
    }
    SCH_TRY(sch_sql_add_column(sql, key.op == SCH_OP_BIN ? &column : out, key.position, key.column));
    if (key.op == SCH_OP_BIN) {
        SCH_TRY(sch_sql_add(sql, out, key.op, key.position, &column, 1));
    }
out:
    return err;
}

sch_err sch_sql_key_use(sch_sql *sql, uint32_t *out, sch_sql_key key)
{
    size_t i = 0;
    if (sch_sql_key_find(sql, &i, key)) {
        *out = sql->request->group_by[i];
        return SCH_NONE;
    }
    const char *alias = sql->request->from[key.column.data_set].alias;
    if (key.op == SCH_OP_ORGANISATION) {
        return sch_sql_fail(sql, key.position, "ORGANISATION(%s) has to stand in GROUP BY", alias);
    }
    const char *name = key.column.column->name;
    if (key.op == SCH_OP_BIN) {
        return sch_sql_fail(sql, key.position, "BIN(%s.%s) has to stand in GROUP BY", alias, name);
    }
    if (key.column.column->role == SCH_ROLE_IDENTIFIER) {
        return sch_sql_fail(sql, key.position, "the identifier cannot be shown: write COUNT(DISTINCT %s.%s)", alias,
                            name);
    }
    return sch_sql_fail(sql, key.position,
                        "column '%s' has to stand in GROUP BY, or within an aggregate such as COUNT, SUM or AVG", name);
}
