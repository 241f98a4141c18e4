/* FROM a JOIN b USING (id), or FROM a JOIN b ON a.id = b.id. */
#include <string.h>

#include "node/query/sql_state.h"

/* ---- one data set ---- */

static sch_err check_alias(sch_sql *sql, const sch_from *from, size_t i, size_t position)
{
    if (!sch_text_is_name(from->alias)) {
        return sch_sql_fail(sql, position, "a data set's alias is made of a-z, 0-9 and _, and starts with a letter");
    }
    if (i > 0 && strcmp(from->alias, sql->request->from[0].alias) == 0) {
        return sch_sql_fail(sql, position, "both data sets are called %s: give each an alias of its own, as in %s a",
                            from->alias, from->data_set);
    }
    return SCH_NONE;
}

static sch_err read_data_set(sch_sql *sql, const PgQuery__Node *node, size_t near)
{
    sch_err err = SCH_NONE;
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) {
        bool join = node != NULL && node->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR;
        return join ? sch_sql_fail(sql, near, "three data sets in one query come in a later release: link two")
                    : sch_sql_fail(sql, near,
                                   "FROM takes names of data sets: sub-selects and functions are not supported");
    }
    const PgQuery__RangeVar *range = node->range_var;
    size_t position = sch_sql_place(sql, range->location, near);
    size_t i = sql->request->from_count;
    sch_from *from = &sql->request->from[i];
    bool named = range->alias != NULL && range->alias->aliasname != NULL;
    if (!range->inh) {
        return sch_sql_fail(sql, position, "ONLY is not supported: leave it out");
    }
    if (range->catalogname != NULL && range->catalogname[0] != '\0') {
        return sch_sql_fail(sql, position, "a data set has at most one name in front: write node.data_set");
    }
    if (named && range->alias->n_colnames > 0) {
        return sch_sql_fail(sql, position, "other names for columns are not supported here: use an output's alias");
    }
    const sch_catalog *catalog = NULL;
    SCH_TRY(sch_sql_find_data_set(sql, &catalog, &sql->data_set[i], range->schemaname == NULL ? "" : range->schemaname,
                                  range->relname == NULL ? "" : range->relname, position));
    SCH_TRY(sch_text_copy(from->node, sizeof from->node, catalog->node));
    SCH_TRY(sch_text_copy(from->data_set, sizeof from->data_set, sql->data_set[i]->name));
    SCH_TRY(sch_text_copy(from->alias, sizeof from->alias, named ? range->alias->aliasname : from->data_set));
    SCH_TRY(check_alias(sql, from, i, position));
    if (i > 0 && strcmp(from->node, sql->request->from[0].node) == 0) {
        return sch_sql_fail(sql, position, "both data sets are %s's: a query links data sets of two nodes", from->node);
    }
    SCH_TRY(sch_data_set_hash(from->schema_hash, sql->data_set[i]));
    sql->request->from_count++;
out:
    return err;
}

/* ---- the join ---- */

/* Takes a column as the join column of its data set: it has to be the identifier. */
static sch_err set_join_column(sch_sql *sql, size_t i, const char *name, size_t position)
{
    sch_request *r = sql->request;
    const sch_column *identifier = sch_data_set_identifier(sql->data_set[i]);
    const sch_column *other = sch_data_set_identifier(sql->data_set[1 - i]);
    if (identifier == NULL || other == NULL) {
        return sch_sql_fail(sql, position, "data set '%s' has no identifier", r->from[i].data_set);
    }
    if (strcmp(identifier->name, name) != 0) {
        return sch_sql_fail(sql, position,
                            "data sets are joined on their identifiers, which '%s' is not: write ON %s.%s = %s.%s",
                            name, r->from[i].alias, identifier->name, r->from[1 - i].alias, other->name);
    }
    return sch_text_copy(r->join_column[i], SCH_NAME_BYTES, name);
}

static sch_err read_using(sch_sql *sql, const PgQuery__JoinExpr *join, size_t position)
{
    sch_err err = SCH_NONE;
    if (join->n_using_clause != 1 || join->join_using_alias != NULL) {
        return sch_sql_fail(sql, position, "USING takes one column, the identifier, and no alias");
    }
    const char *name = sch_sql_string(join->using_clause[0]);
    SCH_TRY(set_join_column(sql, 0, name, position));
    SCH_TRY(set_join_column(sql, 1, name, position));
    sql->joined_using = true;
out:
    return err;
}

static sch_err read_on(sch_sql *sql, const PgQuery__Node *quals, size_t near)
{
    sch_err err = SCH_NONE;
    const PgQuery__AExpr *e = quals->node_case == PG_QUERY__NODE__NODE_A_EXPR ? quals->a_expr : NULL;
    bool equal = e != NULL && e->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && e->n_name == 1 &&
                 strcmp(sch_sql_string(e->name[0]), "=") == 0 && e->lexpr != NULL && e->rexpr != NULL &&
                 e->lexpr->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
                 e->rexpr->node_case == PG_QUERY__NODE__NODE_COLUMN_REF;
    if (!equal) {
        return sch_sql_fail(sql, near,
                            "ON takes the identifiers alone, as in ON %s.id = %s.id: move other conditions to WHERE",
                            sql->request->from[0].alias, sql->request->from[1].alias);
    }
    size_t position = sch_sql_place(sql, e->location, near);
    sch_sql_column left = {0}, right = {0};
    SCH_TRY(sch_sql_find_column(sql, &left, e->lexpr->column_ref, position));
    SCH_TRY(sch_sql_find_column(sql, &right, e->rexpr->column_ref, position));
    if (left.data_set == right.data_set) {
        return sch_sql_fail(sql, position, "ON compares the identifiers of the two data sets: both of these are of %s",
                            sql->request->from[left.data_set].alias);
    }
    SCH_TRY(set_join_column(sql, left.data_set, left.column->name, position));
    SCH_TRY(set_join_column(sql, right.data_set, right.column->name, position));
out:
    return err;
}

/* The join's own kinds; its node does not say where it stands. */
static sch_err check_join(sch_sql *sql, const PgQuery__JoinExpr *join, size_t place)
{
    if (join->jointype != PG_QUERY__JOIN_TYPE__JOIN_INNER) {
        size_t position = sch_sql_find_token(sql, PG_QUERY__TOKEN__FULL, place);
        position = sch_sql_find_token(sql, PG_QUERY__TOKEN__RIGHT, position);
        position = sch_sql_find_token(sql, PG_QUERY__TOKEN__LEFT, position);
        return sch_sql_fail(
            sql, position,
            "outer joins (LEFT, RIGHT, FULL) come in a later release: write JOIN, which keeps who is in both");
    }
    if (join->is_natural) {
        return sch_sql_fail(sql, sch_sql_find_token(sql, PG_QUERY__TOKEN__NATURAL, place),
                            "NATURAL JOIN is not supported: write JOIN ... USING (the identifier)");
    }
    if (join->alias != NULL) {
        return sch_sql_fail(sql, place, "an alias for a join is not supported: give each data set one");
    }
    return SCH_NONE;
}

static sch_err read_join(sch_sql *sql, const PgQuery__JoinExpr *join, size_t near)
{
    sch_err err = SCH_NONE;
    size_t place = sch_sql_find_token(sql, PG_QUERY__TOKEN__JOIN, near);
    SCH_TRY(check_join(sql, join, place));
    SCH_TRY(read_data_set(sql, join->larg, place));
    SCH_TRY(read_data_set(sql, join->rarg, place));
    if (join->n_using_clause > 0) {
        return read_using(sql, join, sch_sql_find_token(sql, PG_QUERY__TOKEN__USING, place));
    }
    if (join->quals == NULL) {
        return sch_sql_fail(sql, place, "CROSS JOIN is not supported: write JOIN ... USING (the identifier)");
    }
    err = read_on(sql, join->quals, sch_sql_find_token(sql, PG_QUERY__TOKEN__ON, place));
out:
    return err;
}

sch_err sch_sql_from(sch_sql *sql, const PgQuery__SelectStmt *select)
{
    size_t place = sch_sql_find_token(sql, PG_QUERY__TOKEN__FROM, SCH_SQL_NO_POSITION);
    if (select->n_from_clause == 0) {
        return sch_sql_fail(sql, place, "FROM is missing: write FROM a JOIN b USING (the identifier)");
    }
    if (select->n_from_clause > 1) {
        return sch_sql_fail(sql, place,
                            "data sets with commas between them are not supported: write FROM a JOIN b USING (the "
                            "identifier)");
    }
    const PgQuery__Node *node = select->from_clause[0];
    if (node->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR) {
        return read_join(sql, node->join_expr, place);
    }
    sch_err err = read_data_set(sql, node, place);
    if (sch_failed(err)) {
        return err;
    }
    return sch_sql_fail(sql, place, "a query links two data sets: write FROM %s JOIN another USING (the identifier)",
                        sql->request->from[0].alias);
}
