/* FROM a JOIN b USING (id) LEFT JOIN c ON c.id = a.id ...: a chain, read from the left. */
#include <string.h>

#include "node/query/sql_state.h"

/* ---- on which columns ---- */

static sch_err fail_no_identifier(sch_sql *sql, const char *name, size_t earlier, size_t i, size_t position)
{
    const sch_from *a = &sql->request->from[earlier], *b = &sql->request->from[i];
    return sch_sql_fail(sql, position,
                        "data sets are joined on their identifiers, which '%s' is not: write ON %s.%s = %s.%s", name,
                        a->alias, a->join_column, b->alias, b->join_column);
}

/* As in PostgreSQL the name is one column of what stands before the join: of one data set, or shared by USING. */
static sch_err merge_column(sch_sql *sql, const char *name, size_t i, size_t position)
{
    const sch_request *r = sql->request;
    size_t apart = 0, shared = 0, found = 0;
    for (size_t j = i; j-- > 0;) {
        if (sch_data_set_find(sql->data_set[j], name) != NULL) {
            bool merged = sql->merged[j] && strcmp(r->from[j].join_column, name) == 0;
            apart += !merged;
            shared += merged;
            found = j;
        }
    }
    if (apart + (shared > 0) > 1) {
        return sch_sql_fail(sql, position, "more than one data set before this JOIN has '%s': write ON %s.%s = %s.%s",
                            name, r->from[found].alias, name, r->from[i].alias, r->from[i].join_column);
    }
    if (strcmp(r->from[found].join_column, name) != 0 || strcmp(r->from[i].join_column, name) != 0) {
        return fail_no_identifier(sql, name, found, i, position);
    }
    sql->merged[found] = sql->merged[i] = true;
    return SCH_NONE;
}

static sch_err read_using(sch_sql *sql, const PgQuery__JoinExpr *join, size_t i, size_t position)
{
    if (join->n_using_clause != 1 || join->join_using_alias != NULL) {
        return sch_sql_fail(sql, position, "USING takes one column, the identifier, and no alias");
    }
    return merge_column(sql, sch_sql_string(join->using_clause[0]), i, position);
}

static sch_err read_on(sch_sql *sql, const PgQuery__JoinExpr *join, size_t i, size_t near)
{
    sch_err err = SCH_NONE;
    const sch_from *from = sql->request->from;
    const PgQuery__Node *quals = join->quals;
    const PgQuery__AExpr *e = quals->node_case == PG_QUERY__NODE__NODE_A_EXPR ? quals->a_expr : NULL;
    bool equal = e != NULL && e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && e->n_name == 1 &&
                 strcmp(sch_sql_string(e->name[0]), "=") == 0 && e->lexpr != NULL && e->rexpr != NULL &&
                 e->lexpr->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
                 e->rexpr->node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
    if (!equal) {
        return sch_sql_fail(sql, near, "ON takes the identifiers alone, as in ON %s.%s = %s.%s: %s", from[0].alias,
                            from[0].join_column, from[i].alias, from[i].join_column,
                            from[i].join == SCH_JOIN_LEFT ? "write other conditions as CASE within the aggregates"
                                                          : "move other conditions to WHERE");
    }
    size_t position = sch_sql_place(sql, e->location, near);
    sch_sql_column left = {0}, right = {0};
    SCH_TRY(sch_sql_find_column(sql, &left, e->lexpr->column_ref, position));
    SCH_TRY(sch_sql_find_column(sql, &right, e->rexpr->column_ref, position));
    if (left.data_set == right.data_set) {
        return sch_sql_fail(sql, position, "ON compares the identifiers of two data sets: both of these are of %s",
                            from[left.data_set].alias);
    }
    if (left.data_set != i && right.data_set != i) {
        return sch_sql_fail(sql, position, "ON compares %s with a data set before it: write ON %s.%s = %s.%s",
                            from[i].alias, from[0].alias, from[0].join_column, from[i].alias, from[i].join_column);
    }
    size_t earlier = left.data_set == i ? right.data_set : left.data_set;
    if (from[earlier].join == SCH_JOIN_LEFT) {
        return sch_sql_fail(
            sql, position,
            "ON links %s to %s, which is LEFT joined and may lack the person: link it to %s, as in ON %s.%s = %s.%s",
            from[i].alias, from[earlier].alias, from[0].alias, from[0].alias, from[0].join_column, from[i].alias,
            from[i].join_column);
    }
    const sch_sql_column *const both[] = {&left, &right};
    for (size_t j = 0; j < 2; j++) {
        if (strcmp(both[j]->column->name, from[both[j]->data_set].join_column) != 0) {
            return fail_no_identifier(sql, both[j]->column->name, earlier, i, position);
        }
    }
out:
    return err;
}

/* ---- the joins ---- */

/* The join's own kinds. Its node does not say where it stands: after the data set before it, `start`. */
static sch_err check_join(sch_sql *sql, const PgQuery__JoinExpr *join, size_t start, size_t place)
{
    if (join->is_natural) {
        return sch_sql_fail(sql, sch_sql_find_after(sql, PG_QUERY__TOKEN__NATURAL, start, place),
                            "NATURAL JOIN is not supported: write JOIN ... USING (the identifier)");
    }
    switch (join->jointype) {
    case PG_QUERY__JOIN_TYPE__JOIN_INNER:
    case PG_QUERY__JOIN_TYPE__JOIN_LEFT:
        break;
    case PG_QUERY__JOIN_TYPE__JOIN_RIGHT:
        return sch_sql_fail(
            sql, sch_sql_find_after(sql, PG_QUERY__TOKEN__RIGHT, start, place),
            "RIGHT JOIN is not supported: write the data set whose persons are all kept first, and LEFT "
            "JOIN the other");
    default:
        return sch_sql_fail(sql, sch_sql_find_after(sql, PG_QUERY__TOKEN__FULL, start, place),
                            "FULL JOIN is not supported: write JOIN, which keeps who is in both, or LEFT JOIN, which "
                            "keeps who is in the first");
    }
    if (join->alias != NULL) {
        return sch_sql_fail(sql, place, "an alias for a join is not supported: give each data set one");
    }
    return SCH_NONE;
}

static sch_err read_join(sch_sql *sql, const PgQuery__JoinExpr *join, size_t i, size_t near)
{
    sch_err err = SCH_NONE;
    size_t start = sql->place[i - 1];
    size_t place = sch_sql_find_after(sql, PG_QUERY__TOKEN__JOIN, start, near);
    SCH_TRY(check_join(sql, join, start, place));
    SCH_TRY(sch_sql_relation(sql, join->rarg, place));
    sch_from *from = &sql->request->from[i];
    from->join = join->jointype == PG_QUERY__JOIN_TYPE__JOIN_LEFT ? SCH_JOIN_LEFT : SCH_JOIN_INNER;
    if (from->join == SCH_JOIN_LEFT && from->node_count > 1) {
        return sch_sql_fail(sql, sql->place[i],
                            "a union is not LEFT joined: write it first in FROM, and LEFT JOIN the others");
    }
    if (join->n_using_clause > 0) {
        return read_using(sql, join, i, sch_sql_find_after(sql, PG_QUERY__TOKEN__USING, place, place));
    }
    if (join->quals == NULL) {
        return sch_sql_fail(sql, place, "CROSS JOIN is not supported: write JOIN ... USING (the identifier)");
    }
    err = read_on(sql, join, i, sch_sql_find_after(sql, PG_QUERY__TOKEN__ON, place, place));
out:
    return err;
}

/* Data sets of a single node are linked by nobody's help. */
static sch_err check_nodes(sch_sql *sql)
{
    const sch_request *r = sql->request;
    size_t last = r->from_count - 1;
    for (size_t i = 0; i < r->from_count; i++) {
        if (r->from[i].node_count > 1 || strcmp(r->from[i].node[0], r->from[0].node[0]) != 0) {
            return SCH_NONE;
        }
    }
    return sch_sql_fail(sql, sql->place[last], "all data sets are %s's: a query links data sets of two nodes or more",
                        r->from[0].node[0]);
}

sch_err sch_sql_from(sch_sql *sql, const PgQuery__SelectStmt *select)
{
    sch_err err = SCH_NONE;
    size_t place = sch_sql_find_token(sql, PG_QUERY__TOKEN__FROM, SCH_SQL_NO_POSITION);
    if (select->n_from_clause == 0) {
        return sch_sql_fail(sql, place, "FROM is missing: write FROM a JOIN b USING (the identifier)");
    }
    if (select->n_from_clause > 1) {
        return sch_sql_fail(sql, place,
                            "data sets with commas between them are not supported: write FROM a JOIN b USING (the "
                            "identifier)");
    }
    const PgQuery__JoinExpr *join[SCH_MAX_FROM]; /* the last one first */
    size_t joins = 0;
    const PgQuery__Node *node = select->from_clause[0];
    for (; node != NULL && node->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR; node = node->join_expr->larg) {
        if (joins == SCH_MAX_FROM - 1) {
            return sch_sql_fail(sql, place, "a query links at most %d data sets", SCH_MAX_FROM);
        }
        join[joins++] = node->join_expr;
    }
    SCH_TRY(sch_sql_relation(sql, node, place));
    if (joins == 0) {
        return sch_sql_fail(sql, place,
                            "a query links two data sets or more: write FROM %s JOIN another USING (the identifier)",
                            sql->request->from[0].alias);
    }
    for (size_t i = 1; i <= joins; i++) {
        SCH_TRY(read_join(sql, join[joins - i], i, place));
    }
    err = check_nodes(sql);
out:
    return err;
}
