/* GROUP BY: keys, positions of outputs, aliases of outputs, and ROLLUP, CUBE and GROUPING SETS of these. As in
 * PostgreSQL a single name is a column where there is one of that name, and else an output's alias.
 *
 * Each item is a list of grouping sets (a plain one a list of one), and several items are the product of their lists:
 * each set of the one with each of the other. A set is a mask of keys. */
#include <string.h>

#include "node/query/sql_state.h"

typedef struct sets {
    uint32_t set[SCH_MAX_SETS];
    size_t count;
} sets;

/* GROUP BY in the making. */
typedef struct grouping {
    sch_sql *sql;
    const PgQuery__SelectStmt *select;
    bool distinct;
} grouping;

/* ---- one key ---- */

/* Gives the key's bit. A key that stands twice is one. */
static sch_err add_key(const grouping *g, uint32_t *mask, const PgQuery__Node *node, size_t near)
{
    sch_err err = SCH_NONE;
    sch_request *r = g->sql->request;
    sch_sql_key key = {0};
    bool found = false;
    size_t i = 0;
    SCH_TRY(sch_sql_key_read(g->sql, &key, &found, node, near));
    if (!found) {
        return sch_sql_fail(g->sql, key.position,
                            "GROUP BY takes columns, BIN(column) and ORGANISATION(union): other expressions are not "
                            "supported, but may stand within aggregates");
    }
    if (!sch_sql_key_find(g->sql, &i, key)) {
        if (key.op == SCH_OP_COLUMN && key.column.column->role == SCH_ROLE_IDENTIFIER) {
            return sch_sql_fail(g->sql, key.position, "the identifier cannot be grouped by: it would show persons");
        }
        if (r->group_by_count == SCH_MAX_GROUP_BY) {
            return sch_sql_fail(g->sql, key.position, "GROUP BY has more than %d keys", SCH_MAX_GROUP_BY);
        }
        i = r->group_by_count;
        SCH_TRY(sch_sql_key_add(g->sql, &r->group_by[i], key));
        r->group_by_count++;
    }
    *mask |= UINT32_C(1) << i;
out:
    return err;
}

/* Groups by an output, which has to be a key. */
static sch_err add_output_key(const grouping *g, uint32_t *mask, const PgQuery__ResTarget *target, size_t position)
{
    const PgQuery__Node *value = target->val;
    bool call = value != NULL && value->node_case == PG_QUERY__NODE__NODE_FUNC_CALL;
    const char *name = call ? sch_sql_function_name(value->func_call) : "";
    if ((value != NULL && value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) || strcmp(name, "bin") == 0 ||
        strcmp(name, "organisation") == 0) {
        return add_key(g, mask, value, position);
    }
    return sch_sql_fail(g->sql, position,
                        "GROUP BY takes columns, BIN(column) and ORGANISATION(union): this output is none");
}

static const PgQuery__ResTarget *target_at(const PgQuery__SelectStmt *select, size_t i)
{
    const PgQuery__Node *node = select->target_list[i];
    return node->node_case == PG_QUERY__NODE__NODE_RES_TARGET ? node->res_target : NULL;
}

static sch_err add_ordinal(const grouping *g, uint32_t *mask, const PgQuery__AConst *constant, size_t near)
{
    const PgQuery__SelectStmt *select = g->select;
    size_t position = sch_sql_place(g->sql, constant->location, near);
    bool number = !constant->isnull && constant->val_case == PG_QUERY__A__CONST__VAL_IVAL;
    int32_t ordinal = number ? constant->ival->ival : 0;
    if (ordinal < 1 || (size_t)ordinal > select->n_target_list || target_at(select, (size_t)ordinal - 1) == NULL) {
        return sch_sql_fail(g->sql, position, "GROUP BY takes columns, or positions of outputs from 1 to %zu",
                            select->n_target_list);
    }
    return add_output_key(g, mask, target_at(select, (size_t)ordinal - 1), position);
}

/* Whether a single name is the alias of an output and no column's. found: NULL where it is not. */
static sch_err find_output(const grouping *g, const PgQuery__ResTarget **found, const PgQuery__ColumnRef *reference,
                           size_t position)
{
    *found = NULL;
    const char *name = reference->n_fields == 1 ? sch_sql_string(reference->fields[0]) : "";
    if (name[0] == '\0' || sch_sql_count_columns(g->sql, name) > 0) {
        return SCH_NONE;
    }
    for (size_t i = 0; i < g->select->n_target_list; i++) {
        const PgQuery__ResTarget *target = target_at(g->select, i);
        if (target == NULL || target->name == NULL || strcmp(target->name, name) != 0) {
            continue;
        }
        if (*found != NULL) {
            return sch_sql_fail(g->sql, position, "two outputs are called '%s': write the column itself", name);
        }
        *found = target;
    }
    return SCH_NONE;
}

/* Adds what stands for one or, in parentheses, several keys. */
static sch_err add_keys(const grouping *g, uint32_t *mask, const PgQuery__Node *node, size_t near)
{
    sch_err err = SCH_NONE;
    const PgQuery__ResTarget *target = NULL;
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST) {
        return add_ordinal(g, mask, node->a_const, near);
    }
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        size_t position = sch_sql_place(g->sql, node->column_ref->location, near);
        SCH_TRY(find_output(g, &target, node->column_ref, position));
        return target == NULL ? add_key(g, mask, node, near) : add_output_key(g, mask, target, position);
    }
    err = add_key(g, mask, node, near);
out:
    return err;
}

static sch_err read_set(const grouping *g, uint32_t *mask, const PgQuery__Node *node, size_t near)
{
    sch_err err = SCH_NONE;
    *mask = 0;
    if (node->node_case != PG_QUERY__NODE__NODE_ROW_EXPR) {
        return add_keys(g, mask, node, near);
    }
    size_t position = sch_sql_place(g->sql, node->row_expr->location, near);
    if (node->row_expr->row_format != PG_QUERY__COERCION_FORM__COERCE_IMPLICIT_CAST) {
        return sch_sql_fail(g->sql, position, "ROW(...) is not supported: write the columns in parentheses");
    }
    for (size_t i = 0; i < node->row_expr->n_args; i++) {
        SCH_TRY(add_keys(g, mask, node->row_expr->args[i], position));
    }
out:
    return err;
}

/* ---- lists of sets ---- */

static sch_err add_set(const grouping *g, sets *out, uint32_t mask, size_t position)
{
    for (size_t i = 0; i < out->count; i++) {
        if (out->set[i] != mask) {
            continue;
        }
        return g->distinct
                   ? SCH_NONE
                   : sch_sql_fail(g->sql, position,
                                  "a grouping set comes out twice here: write GROUP BY DISTINCT, which keeps it "
                                  "once");
    }
    if (out->count == SCH_MAX_SETS) {
        return sch_sql_fail(g->sql, position, "GROUP BY comes to more than %d grouping sets", SCH_MAX_SETS);
    }
    out->set[out->count++] = mask;
    return SCH_NONE;
}

/* ROLLUP(a, b): (a, b), (a), (). CUBE(a, b): (a, b), (a), (b), (). */
static sch_err expand(const grouping *g, sets *out, const PgQuery__GroupingSet *node, size_t position)
{
    sch_err err = SCH_NONE;
    uint32_t element[SCH_MAX_SETS];
    size_t count = node->n_content;
    bool cube = node->kind == PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_CUBE;
    if (count > (cube ? 5 : SCH_MAX_SETS - 1)) {
        return sch_sql_fail(g->sql, position, "GROUP BY comes to more than %d grouping sets", SCH_MAX_SETS);
    }
    for (size_t i = 0; i < count; i++) {
        SCH_TRY(read_set(g, &element[i], node->content[i], position));
    }
    for (uint32_t left = cube ? UINT32_C(1) << count : (uint32_t)count + 1; left-- > 0;) {
        uint32_t mask = 0;
        for (size_t i = 0; i < count; i++) {
            bool kept = cube ? (left >> (count - 1 - i) & 1U) != 0 : i < left;
            mask |= kept ? element[i] : 0;
        }
        SCH_TRY(add_set(g, out, mask, position));
    }
out:
    return err;
}

/* Appends an item's sets. GROUPING SETS may have others within. */
static sch_err read_item(const grouping *g, sets *out, const PgQuery__Node *node, unsigned depth, size_t near)
{
    sch_err err = SCH_NONE;
    uint32_t mask = 0;
    if (depth > SCH_MAX_DEPTH) {
        return sch_sql_fail(g->sql, near, "the query is nested too deep; at most %d levels are accepted",
                            SCH_MAX_DEPTH);
    }
    if (node->node_case != PG_QUERY__NODE__NODE_GROUPING_SET) {
        SCH_TRY(read_set(g, &mask, node, near));
        return add_set(g, out, mask, near);
    }
    const PgQuery__GroupingSet *set = node->grouping_set;
    size_t position = sch_sql_place(g->sql, set->location, near);
    switch (set->kind) {
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_EMPTY:
        return add_set(g, out, 0, position);
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_ROLLUP:
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_CUBE:
        return expand(g, out, set, position);
    case PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_SETS:
        for (size_t i = 0; i < set->n_content; i++) {
            SCH_TRY(read_item(g, out, set->content[i], depth + 1, position));
        }
        return SCH_NONE;
    default:
        return sch_sql_fail(g->sql, position, "this form of GROUP BY is not supported");
    }
out:
    return err;
}

static sch_err multiply(const grouping *g, sets *all, const sets *item, size_t near)
{
    sch_err err = SCH_NONE;
    const sets before = *all;
    all->count = 0;
    for (size_t i = 0; i < before.count; i++) {
        for (size_t j = 0; j < item->count; j++) {
            SCH_TRY(add_set(g, all, before.set[i] | item->set[j], near));
        }
    }
out:
    return err;
}

/* Enters the sets, and numbers the keys in the order in which they first keep them. A single set has all keys. */
static void enter(sch_request *r, const sets *all)
{
    uint32_t from[SCH_MAX_GROUP_BY], seen = 0;
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        for (uint32_t key = 0; key < r->group_by_count; key++) {
            if ((all->set[i] >> key & 1U) != 0 && (seen >> key & 1U) == 0) {
                seen |= UINT32_C(1) << key;
                from[count++] = key;
            }
        }
    }
    uint32_t group_by[SCH_MAX_GROUP_BY];
    memcpy(group_by, r->group_by, sizeof group_by);
    r->set_count = all->count > 1 ? all->count : 0;
    memset(r->set, 0, sizeof r->set);
    for (size_t key = 0; key < count; key++) {
        r->group_by[key] = group_by[from[key]];
        for (size_t i = 0; i < r->set_count; i++) {
            r->set[i] |= (all->set[i] >> from[key] & 1U) << key;
        }
    }
}

sch_err sch_sql_group_by(sch_sql *sql, const PgQuery__SelectStmt *select)
{
    sch_err err = SCH_NONE;
    size_t near = sch_sql_find_token(sql, PG_QUERY__TOKEN__GROUP_P, SCH_SQL_NO_POSITION);
    const grouping g = {sql, select, select->group_distinct};
    sets all = {.count = 1};
    for (size_t i = 0; i < select->n_group_clause; i++) {
        sets item = {.count = 0};
        SCH_TRY(read_item(&g, &item, select->group_clause[i], 1, near));
        SCH_TRY(multiply(&g, &all, &item, near));
    }
    enter(sql->request, &all);
out:
    return err;
}
