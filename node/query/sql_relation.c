/* One data set of FROM, or a union: ALL(name), ALL(node.name, node.name).
 *
 * ALL is a reserved word, so PostgreSQL's grammar has no function of that name. Where it stands after FROM or JOIN and
 * in front of a parenthesis, the parser is given a copy of the text in which the three letters are al_ (sql_scan.c); as
 * that is no longer and no shorter, every place that the parser gives is one in the analyst's text. Whether a call in
 * FROM is a union is then asked of the analyst's text, so that al_(x) is none. */
#include <string.h>

#include "node/query/sql_state.h"

/* What stands in FROM, before it is entered in the request. */
typedef struct relation {
    const sch_catalog *member[SCH_MAX_MEMBERS];
    size_t member_count;
    const sch_data_set *data_set;
    const PgQuery__Alias *alias; /* NULL: the data set's name */
    size_t position;
} relation;

/* ---- entering it ---- */

static sch_err check_distinct(sch_sql *sql, const sch_from *from, size_t position)
{
    const sch_request *r = sql->request;
    if (!sch_text_is_name(from->alias)) {
        return sch_sql_fail(sql, position, "a data set's alias is made of a-z, 0-9 and _, and starts with a letter");
    }
    for (size_t i = 0; i < r->from_count; i++) {
        if (strcmp(from->alias, r->from[i].alias) == 0) {
            return sch_sql_fail(sql, position, "two data sets are called %s: give each an alias of its own, as in %s a",
                                from->alias, from->data_set);
        }
        if (from->node_count > 1 && r->from[i].node_count > 1) {
            return sch_sql_fail(sql, position, "a query has one union at most: %s is one already", r->from[i].alias);
        }
        for (size_t j = 0; j < from->node_count * r->from[i].node_count; j++) {
            const char *node = from->node[j % from->node_count];
            if (strcmp(node, r->from[i].node[j / from->node_count]) == 0 &&
                strcmp(from->data_set, r->from[i].data_set) == 0) {
                return sch_sql_fail(sql, position, "%s.%s stands in FROM twice: name it once", node, from->data_set);
            }
        }
    }
    return SCH_NONE;
}

/* The nodes of a union offer one schema. */
static sch_err enter_members(sch_sql *sql, sch_from *from, const relation *rel)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < rel->member_count; i++) {
        uint8_t hash[SCH_HASH_BYTES];
        const sch_data_set *data_set = sch_catalog_find(rel->member[i], rel->data_set->name);
        SCH_TRY(sch_check(data_set != NULL, SCH_BUG, "a union's node lacks its data set"));
        SCH_TRY(rel->member_count > 1 ? sch_data_set_form_hash(hash, data_set) : sch_data_set_hash(hash, data_set));
        if (i > 0 && memcmp(hash, from->schema_hash, sizeof hash) != 0) {
            err = sch_sql_fail(sql, rel->position,
                               "%s.%s has another schema than %s.%s: a union is of data sets of one schema, list those "
                               "that have it, as in ALL(a.%s, b.%s)",
                               rel->member[i]->node, data_set->name, from->node[0], data_set->name, data_set->name,
                               data_set->name);
            goto out;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(from->node[j], rel->member[i]->node) == 0) {
                err = sch_sql_fail(sql, rel->position, "%s.%s stands in the union twice: name it once", from->node[j],
                                   data_set->name);
                goto out;
            }
        }
        memcpy(from->schema_hash, hash, sizeof hash);
        SCH_TRY(sch_text_copy(from->node[from->node_count++], SCH_NAME_BYTES, rel->member[i]->node));
    }
out:
    return err;
}

static sch_err enter(sch_sql *sql, const relation *rel)
{
    sch_err err = SCH_NONE;
    size_t i = sql->request->from_count;
    sch_from from = {.join = SCH_JOIN_INNER};
    bool named = rel->alias != NULL && rel->alias->aliasname != NULL;
    const sch_column *identifier = sch_data_set_identifier(rel->data_set);
    if (named && rel->alias->n_colnames > 0) {
        return sch_sql_fail(sql, rel->position,
                            "other names for columns are not supported here: use an output's alias");
    }
    if (identifier == NULL) {
        return sch_sql_fail(sql, rel->position, "data set '%s' has no identifier", rel->data_set->name);
    }
    if (i == SCH_MAX_FROM) {
        return sch_sql_fail(sql, rel->position, "a query links at most %d data sets", SCH_MAX_FROM);
    }
    SCH_TRY(enter_members(sql, &from, rel));
    SCH_TRY(sch_text_copy(from.data_set, sizeof from.data_set, rel->data_set->name));
    SCH_TRY(sch_text_copy(from.join_column, sizeof from.join_column, identifier->name));
    if (named && strlen(rel->alias->aliasname) >= sizeof from.alias) {
        return sch_sql_fail(sql, rel->position, "a data set's alias has at most %d bytes", SCH_NAME_BYTES - 1);
    }
    SCH_TRY(sch_text_copy(from.alias, sizeof from.alias, named ? rel->alias->aliasname : from.data_set));
    SCH_TRY(check_distinct(sql, &from, rel->position));
    sql->request->from[i] = from;
    sql->data_set[i] = rel->data_set;
    sql->place[i] = rel->position;
    sql->request->from_count++;
out:
    return err;
}

/* ---- a data set ---- */

static const char *text_of(const char *text)
{
    return text == NULL ? "" : text;
}

static sch_err read_range(sch_sql *sql, relation *rel, const PgQuery__RangeVar *range, size_t near)
{
    sch_err err = SCH_NONE;
    rel->position = sch_sql_place(sql, range->location, near);
    rel->alias = range->alias;
    if (!range->inh) {
        return sch_sql_fail(sql, rel->position, "ONLY is not supported: leave it out");
    }
    if (text_of(range->catalogname)[0] != '\0') {
        return sch_sql_fail(sql, rel->position, "a data set has at most one name in front: write node.data_set");
    }
    SCH_TRY(sch_sql_find_data_set(sql, &rel->member[0], &rel->data_set, text_of(range->schemaname),
                                  text_of(range->relname), rel->position));
    rel->member_count = 1;
out:
    return err;
}

/* ---- a union ---- */

/* The call of ALL in FROM, or NULL where it is anything else. */
static const PgQuery__FuncCall *union_call(const sch_sql *sql, const PgQuery__RangeFunction *range)
{
    bool plain = !range->lateral && !range->ordinality && !range->is_rowsfrom && range->n_coldeflist == 0 &&
                 range->n_functions == 1 && range->functions[0]->node_case == PG_QUERY__NODE__NODE_LIST &&
                 range->functions[0]->list->n_items > 0;
    const PgQuery__Node *node = plain ? range->functions[0]->list->items[0] : NULL;
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_FUNC_CALL || node->func_call->location < 0) {
        return NULL;
    }
    char word[SCH_SQL_WORD_BYTES];
    bool all = strcmp(sch_sql_word(sql, (size_t)node->func_call->location, word), "ALL") == 0;
    return all ? node->func_call : NULL;
}

/* One entry of a union's list: name, or node.name. */
static sch_err read_member(sch_sql *sql, relation *rel, const PgQuery__Node *node)
{
    sch_err err = SCH_NONE;
    const PgQuery__ColumnRef *name = node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF ? node->column_ref : NULL;
    size_t position = name == NULL ? rel->position : sch_sql_place(sql, name->location, rel->position);
    const sch_data_set *data_set = NULL;
    if (name == NULL || name->n_fields < 1 || name->n_fields > 2) {
        return sch_sql_fail(sql, position,
                            "ALL takes names of data sets: write ALL(name), or ALL(node.name, node.name)");
    }
    if (rel->member_count == SCH_MAX_MEMBERS) {
        return sch_sql_fail(sql, position, "a union is of at most %d nodes", SCH_MAX_MEMBERS);
    }
    SCH_TRY(sch_sql_find_data_set(sql, &rel->member[rel->member_count++], &data_set,
                                  name->n_fields == 2 ? sch_sql_string(name->fields[0]) : "",
                                  sch_sql_string(name->fields[name->n_fields - 1]), position));
    if (rel->data_set != NULL && strcmp(rel->data_set->name, data_set->name) != 0) {
        return sch_sql_fail(sql, position, "a union is of data sets of one name: '%s' and '%s' are two",
                            rel->data_set->name, data_set->name);
    }
    rel->data_set = rel->data_set == NULL ? data_set : rel->data_set;
out:
    return err;
}

/* ALL(name): what all nodes have under it. */
static sch_err read_name(sch_sql *sql, relation *rel, const PgQuery__ColumnRef *reference)
{
    sch_err err = SCH_NONE;
    const char *name = sch_sql_string(reference->fields[0]);
    SCH_TRY(sch_sql_find_members(sql, rel->member, &rel->member_count, name,
                                 sch_sql_place(sql, reference->location, rel->position)));
    rel->data_set = sch_catalog_find(rel->member[0], name);
out:
    return err;
}

static sch_err read_union(sch_sql *sql, relation *rel, const PgQuery__RangeFunction *range, size_t near)
{
    sch_err err = SCH_NONE;
    const PgQuery__FuncCall *call = union_call(sql, range);
    if (call == NULL) {
        return sch_sql_fail(sql, near, "FROM takes names of data sets: sub-selects and functions are not supported");
    }
    rel->position = (size_t)call->location;
    rel->alias = range->alias;
    if (call->n_args == 0 || call->agg_star || call->agg_distinct || call->n_agg_order > 0 || call->func_variadic ||
        call->agg_filter != NULL || call->over != NULL) {
        return sch_sql_fail(sql, rel->position,
                            "ALL takes names of data sets: write ALL(name), or ALL(node.name, node.name)");
    }
    const PgQuery__Node *only = call->n_args == 1 ? call->args[0] : NULL;
    if (only != NULL && only->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && only->column_ref->n_fields == 1) {
        SCH_TRY(read_name(sql, rel, only->column_ref));
    } else {
        for (size_t i = 0; i < call->n_args; i++) {
            SCH_TRY(read_member(sql, rel, call->args[i]));
        }
    }
    if (rel->member_count < 2) {
        err = sch_sql_fail(sql, rel->position, "a union is of two nodes or more, and only %s is here: write %s.%s",
                           rel->member[0]->node, rel->member[0]->node, rel->data_set->name);
    }
out:
    return err;
}

sch_err sch_sql_relation(sch_sql *sql, const PgQuery__Node *node, size_t near)
{
    sch_err err = SCH_NONE;
    relation rel = {.member_count = 0};
    switch (node == NULL ? PG_QUERY__NODE__NODE__NOT_SET : node->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR:
        SCH_TRY(read_range(sql, &rel, node->range_var, near));
        break;
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
        SCH_TRY(read_union(sql, &rel, node->range_function, near));
        break;
    case PG_QUERY__NODE__NODE_JOIN_EXPR:
        return sch_sql_fail(sql, near, "joins in parentheses are not supported: write one JOIN after the other");
    default:
        return sch_sql_fail(sql, near, "FROM takes names of data sets: sub-selects and functions are not supported");
    }
    err = enter(sql, &rel);
out:
    return err;
}
