/* GROUP BY: columns, positions of outputs, aliases of outputs. As in PostgreSQL a single name is a column where there
 * is one of that name, and else an output's alias. */
#include <string.h>

#include "node/query/sql_state.h"

bool sch_sql_find_group(const sch_sql *sql, uint32_t *out, sch_sql_column column)
{
    const sch_request *r = sql->request;
    for (size_t i = 0; i < r->group_by_count; i++) {
        const sch_expression *e = &r->expression[r->group_by[i]];
        if (e->data_set == column.data_set && strcmp(e->text, column.column->name) == 0) {
            *out = r->group_by[i];
            return true;
        }
    }
    return false;
}

/* A column that stands twice is taken once. */
static sch_err add_group(sch_sql *sql, const PgQuery__ColumnRef *reference, size_t near)
{
    sch_err err = SCH_NONE;
    sch_request *r = sql->request;
    sch_sql_column column = {0};
    uint32_t expression = 0;
    size_t position = sch_sql_place(sql, reference->location, near);
    SCH_TRY(sch_sql_find_column(sql, &column, reference, near));
    if (sch_sql_find_group(sql, &expression, column)) {
        return SCH_NONE;
    }
    if (column.column->role == SCH_ROLE_IDENTIFIER) {
        return sch_sql_fail(sql, position, "the identifier cannot be grouped by: it would show persons");
    }
    if (r->group_by_count == SCH_MAX_OUTPUTS) {
        return sch_sql_fail(sql, position, "GROUP BY has more than %d columns", SCH_MAX_OUTPUTS);
    }
    SCH_TRY(sch_sql_add_column(sql, &expression, position, column));
    r->group_by[r->group_by_count++] = expression;
out:
    return err;
}

/* Groups by an output, which has to be a column. */
static sch_err add_output_group(sch_sql *sql, const PgQuery__ResTarget *target, size_t position)
{
    const PgQuery__Node *value = target->val;
    if (value != NULL && value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        return add_group(sql, value->column_ref, position);
    }
    return sch_sql_fail(sql, position, "GROUP BY takes columns: this output is none");
}

static const PgQuery__ResTarget *target_at(const PgQuery__SelectStmt *select, size_t i)
{
    const PgQuery__Node *node = select->target_list[i];
    return node->node_case == PG_QUERY__NODE__NODE_RES_TARGET ? node->res_target : NULL;
}

static sch_err add_ordinal(sch_sql *sql, const PgQuery__SelectStmt *select, const PgQuery__AConst *constant,
                           size_t near)
{
    size_t position = sch_sql_place(sql, constant->location, near);
    bool number = !constant->isnull && constant->val_case == PG_QUERY__A__CONST__VAL_IVAL;
    int32_t ordinal = number ? constant->ival->ival : 0;
    if (ordinal < 1 || (size_t)ordinal > select->n_target_list || target_at(select, (size_t)ordinal - 1) == NULL) {
        return sch_sql_fail(sql, position, "GROUP BY takes columns, or positions of outputs from 1 to %zu",
                            select->n_target_list);
    }
    return add_output_group(sql, target_at(select, (size_t)ordinal - 1), position);
}

/* Whether a single name is the alias of an output and no column's. found: NULL where it is not. */
static sch_err find_alias(sch_sql *sql, const PgQuery__ResTarget **found, const PgQuery__SelectStmt *select,
                          const PgQuery__ColumnRef *reference, size_t near)
{
    *found = NULL;
    const char *name = reference->n_fields == 1 ? sch_sql_string(reference->fields[0]) : "";
    if (name[0] == '\0' || sch_sql_count_columns(sql, name) > 0) {
        return SCH_NONE;
    }
    for (size_t i = 0; i < select->n_target_list; i++) {
        const PgQuery__ResTarget *target = target_at(select, i);
        if (target == NULL || target->name == NULL || strcmp(target->name, name) != 0) {
            continue;
        }
        if (*found != NULL) {
            return sch_sql_fail(sql, sch_sql_place(sql, reference->location, near),
                                "two outputs are called '%s': write the column itself", name);
        }
        *found = target;
    }
    return SCH_NONE;
}

static sch_err add_item(sch_sql *sql, const PgQuery__SelectStmt *select, const PgQuery__Node *node, size_t near)
{
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST:
        return add_ordinal(sql, select, node->a_const, near);
    case PG_QUERY__NODE__NODE_COLUMN_REF: {
        const PgQuery__ResTarget *target = NULL;
        sch_err err = find_alias(sql, &target, select, node->column_ref, near);
        if (sch_failed(err)) {
            return err;
        }
        size_t position = sch_sql_place(sql, node->column_ref->location, near);
        return target == NULL ? add_group(sql, node->column_ref, near) : add_output_group(sql, target, position);
    }
    case PG_QUERY__NODE__NODE_GROUPING_SET:
        return sch_sql_fail(sql, sch_sql_place(sql, node->grouping_set->location, near),
                            "ROLLUP, CUBE and GROUPING SETS come in a later release: write one query for each");
    default:
        return sch_sql_fail(sql, near, "GROUP BY takes columns; expressions come in a later release");
    }
}

sch_err sch_sql_group_by(sch_sql *sql, const PgQuery__SelectStmt *select)
{
    size_t near = sch_sql_find_token(sql, PG_QUERY__TOKEN__GROUP_P, SCH_SQL_NO_POSITION);
    if (select->group_distinct) {
        return sch_sql_fail(sql, near, "GROUP BY DISTINCT is not supported: leave DISTINCT out");
    }
    for (size_t i = 0; i < select->n_group_clause; i++) {
        sch_err err = add_item(sql, select, select->group_clause[i], near);
        if (sch_failed(err)) {
            return err;
        }
    }
    return SCH_NONE;
}
