/* ORDER BY and LIMIT: what the analyst's program does with the rows of the result. */
#include <string.h>

#include "node/query/sql_state.h"

/* ---- ORDER BY ---- */

/* As in PostgreSQL: a whole constant is an output's position. */
static sch_err read_ordinal(sch_sql *sql, uint32_t *out, const PgQuery__AConst *constant, size_t near)
{
    const sch_request *r = sql->request;
    bool number = !constant->isnull && constant->val_case == PG_QUERY__A__CONST__VAL_IVAL;
    int32_t ordinal = number ? constant->ival->ival : 0;
    if (ordinal < 1 || (size_t)ordinal > r->output_count) {
        return sch_sql_fail(sql, sch_sql_place(sql, constant->location, near),
                            "ORDER BY takes expressions, or positions of outputs from 1 to %zu", r->output_count);
    }
    *out = r->output[ordinal - 1].expression;
    return SCH_NONE;
}

/* As in PostgreSQL: a single name is an output's heading where there is one of that name, and else a column. */
static sch_err find_heading(sch_sql *sql, uint32_t *out, bool *found, const PgQuery__ColumnRef *reference, size_t near)
{
    const sch_request *r = sql->request;
    const char *name = reference->n_fields == 1 ? sch_sql_string(reference->fields[0]) : "";
    *found = false;
    for (size_t i = 0; i < r->output_count && name[0] != '\0'; i++) {
        if (strcmp(r->output[i].name, name) != 0) {
            continue;
        }
        if (*found && *out != r->output[i].expression) {
            return sch_sql_fail(sql, sch_sql_place(sql, reference->location, near),
                                "two outputs are called '%s': write the expression itself, or its position", name);
        }
        *out = r->output[i].expression;
        *found = true;
    }
    return SCH_NONE;
}

static sch_err read_sort_key(sch_sql *sql, uint32_t *out, const PgQuery__Node *node, size_t near)
{
    sch_err err = SCH_NONE;
    bool found = false;
    if (node != NULL && node->node_case == PG_QUERY__NODE__NODE_A_CONST) {
        return read_ordinal(sql, out, node->a_const, near);
    }
    if (node != NULL && node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        SCH_TRY(find_heading(sql, out, &found, node->column_ref, near));
    }
    if (!found) {
        SCH_TRY(sch_sql_expression(sql, out, node, 1, near));
    }
out:
    return err;
}

sch_err sch_sql_order_by(sch_sql *sql, const PgQuery__SelectStmt *select)
{
    sch_err err = SCH_NONE;
    sch_request *r = sql->request;
    size_t near = sch_sql_find_token(sql, PG_QUERY__TOKEN__ORDER, SCH_SQL_NO_POSITION);
    if (select->n_sort_clause > SCH_MAX_ORDER) {
        return sch_sql_fail(sql, near, "ORDER BY has more than %d expressions", SCH_MAX_ORDER);
    }
    for (size_t i = 0; i < select->n_sort_clause; i++) {
        SCH_TRY(sch_check(select->sort_clause[i]->node_case == PG_QUERY__NODE__NODE_SORT_BY, SCH_BUG,
                          "an ORDER BY without its expression"));
        const PgQuery__SortBy *sort = select->sort_clause[i]->sort_by;
        sch_order order = {.descending = sort->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC};
        if (sort->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING) {
            return sch_sql_fail(sql, sch_sql_place(sql, sort->location, near),
                                "ORDER BY ... USING is not supported: write ASC or DESC");
        }
        order.nulls_first = sort->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
                            (sort->sortby_nulls != PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST && order.descending);
        SCH_TRY(read_sort_key(sql, &order.expression, sort->node, near));
        r->order[r->order_count++] = order;
    }
out:
    return err;
}

/* ---- LIMIT ---- */

static bool read_whole(uint64_t *out, const PgQuery__AConst *constant)
{
    const char *digits = "";
    if (constant->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
        *out = (uint64_t)constant->ival->ival;
        return constant->ival->ival >= 0;
    }
    if (constant->val_case == PG_QUERY__A__CONST__VAL_FVAL && constant->fval->fval != NULL) {
        digits = constant->fval->fval;
    }
    *out = 0;
    for (const char *c = digits; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || *out > (uint64_t)SCH_MAX_ROWS) {
            return false;
        }
        *out = 10 * *out + (uint64_t)(*c - '0');
    }
    return digits[0] != '\0';
}

sch_err sch_sql_limit(sch_sql *sql, const PgQuery__SelectStmt *select)
{
    sch_request *r = sql->request;
    size_t fetch = sch_sql_find_token(sql, PG_QUERY__TOKEN__FETCH, SCH_SQL_NO_POSITION);
    size_t near = sch_sql_find_token(sql, PG_QUERY__TOKEN__LIMIT, fetch);
    if (select->limit_offset != NULL) {
        return sch_sql_fail(sql, sch_sql_find_token(sql, PG_QUERY__TOKEN__OFFSET, near),
                            "OFFSET is not supported: leave it out, and skip rows of the result");
    }
    if (select->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES) {
        return sch_sql_fail(sql, near, "WITH TIES is not supported: write LIMIT 10, or a HAVING");
    }
    if (select->limit_count == NULL) {
        return SCH_NONE;
    }
    const PgQuery__Node *node = select->limit_count;
    const PgQuery__AConst *constant = node->node_case == PG_QUERY__NODE__NODE_A_CONST ? node->a_const : NULL;
    if (constant != NULL && constant->isnull) { /* LIMIT ALL */
        return SCH_NONE;
    }
    if (constant == NULL || !read_whole(&r->limit, constant) || r->limit > (uint64_t)SCH_MAX_ROWS) {
        return sch_sql_fail(sql, constant == NULL ? near : sch_sql_place(sql, constant->location, near),
                            "LIMIT takes a whole number of rows, at most 10^12");
    }
    r->has_limit = true;
    return SCH_NONE;
}
