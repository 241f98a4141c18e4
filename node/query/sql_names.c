/* DESIGN. A name that is not known is answered with the nearest one that is, or where nothing is near with a list of
 * what there is. A name that is known more than once is answered with how to tell them apart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/nearest.h"
#include "node/query/sql_state.h"

enum { LISTED = 12, LIST_BYTES = 300 };

/* ---- what to say about an unknown name ---- */

/* Candidates: borrowed names. */
typedef struct names {
    const char *name[SCH_MAX_FROM * SCH_MAX_COLUMNS];
    size_t count;
} names;

static void names_add(names *n, const char *name)
{
    if (n->count < sizeof n->name / sizeof n->name[0]) {
        n->name[n->count++] = name;
    }
}

/* "did you mean 'x'?", or "there is: a, b, c". Returns out. */
static const char *names_hint(const names *n, const char *name, char out[static LIST_BYTES])
{
    const char *nearest = sch_nearest_name(name, n->name, n->count);
    if (nearest != NULL) {
        snprintf(out, LIST_BYTES, "did you mean '%s'?", nearest);
        return out;
    }
    if (n->count == 0) {
        snprintf(out, LIST_BYTES, "there is none at all");
        return out;
    }
    int used = snprintf(out, LIST_BYTES, "there is: ");
    for (size_t i = 0; i < n->count; i++) {
        size_t room = LIST_BYTES - (size_t)used;
        bool last = i + 1 == n->count;
        if (i == LISTED || strlen(n->name[i]) + 8 > room) {
            snprintf(out + used, room, "...");
            break;
        }
        used += snprintf(out + used, room, "%s%s", n->name[i], last ? "" : ", ");
    }
    return out;
}

/* ---- data sets ---- */

static const sch_catalog *find_node(const sch_sql *sql, const char *node)
{
    for (size_t i = 0; i < sql->catalog_count; i++) {
        if (strcmp(sql->catalog[i]->node, node) == 0) {
            return sql->catalog[i];
        }
    }
    return NULL;
}

static sch_err fail_unknown_node(sch_sql *sql, const char *node, size_t position)
{
    names known = {.count = 0};
    for (size_t i = 0; i < sql->catalog_count; i++) {
        names_add(&known, sql->catalog[i]->node);
    }
    char hint[LIST_BYTES];
    return sch_sql_fail(sql, position, "no node is called '%s'; %s", node, names_hint(&known, node, hint));
}

static sch_err fail_unknown_data_set(sch_sql *sql, const sch_catalog *only, const char *name, size_t position)
{
    names known = {.count = 0};
    for (size_t i = 0; i < sql->catalog_count; i++) {
        const sch_catalog *catalog = sql->catalog[i];
        for (size_t j = 0; j < catalog->data_set_count && (only == NULL || only == catalog); j++) {
            names_add(&known, catalog->data_set[j].name);
        }
    }
    char hint[LIST_BYTES];
    names_hint(&known, name, hint);
    if (only != NULL) {
        return sch_sql_fail(sql, position, "node %s has no data set called '%s'; %s", only->node, name, hint);
    }
    return sch_sql_fail(sql, position, "no data set is called '%s'; %s", name, hint);
}

sch_err sch_sql_find_data_set(sch_sql *sql, const sch_catalog **catalog, const sch_data_set **data_set,
                              const char *node, const char *name, size_t position)
{
    const sch_catalog *only = NULL;
    if (node[0] != '\0') {
        only = find_node(sql, node);
        if (only == NULL) {
            return fail_unknown_node(sql, node, position);
        }
    }
    *catalog = NULL;
    for (size_t i = 0; i < sql->catalog_count; i++) {
        const sch_data_set *found = sch_catalog_find(sql->catalog[i], name);
        if (found == NULL || (only != NULL && only != sql->catalog[i])) {
            continue;
        }
        if (*catalog != NULL) {
            return sch_sql_fail(sql, position,
                                "two nodes have a data set called '%s': write %s.%s or %s.%s, or ALL(%s) where they "
                                "hold the same of other persons",
                                name, (*catalog)->node, name, sql->catalog[i]->node, name, name);
        }
        *catalog = sql->catalog[i];
        *data_set = found;
    }
    return *catalog != NULL ? SCH_NONE : fail_unknown_data_set(sql, only, name, position);
}

sch_err sch_sql_find_members(sch_sql *sql, const sch_catalog *catalog[static SCH_MAX_MEMBERS], size_t *count,
                             const char *name, size_t position)
{
    *count = 0;
    for (size_t i = 0; i < sql->catalog_count; i++) {
        if (sch_catalog_find(sql->catalog[i], name) == NULL) {
            continue;
        }
        if (*count == SCH_MAX_MEMBERS) {
            return sch_sql_fail(sql, position, "more than %d nodes have a data set '%s': list those that you mean",
                                SCH_MAX_MEMBERS, name);
        }
        catalog[(*count)++] = sql->catalog[i];
    }
    return *count > 0 ? SCH_NONE : fail_unknown_data_set(sql, NULL, name, position);
}

/* ---- columns ---- */

unsigned sch_sql_count_columns(const sch_sql *sql, const char *name)
{
    unsigned count = 0;
    for (size_t i = 0; i < sql->request->from_count; i++) {
        count += sch_data_set_find(sql->data_set[i], name) != NULL;
    }
    return count;
}

static void add_columns(names *known, const sch_data_set *set)
{
    for (size_t i = 0; i < set->column_count; i++) {
        names_add(known, set->column[i].name);
    }
}

/* Whether all data sets that have a column of this name share it by USING. */
static bool is_merged(const sch_sql *sql, const char *name)
{
    bool all = true;
    for (size_t i = 0; i < sql->request->from_count; i++) {
        bool shares = sql->merged[i] && strcmp(sql->request->from[i].join_column, name) == 0;
        all = all && (shares || sch_data_set_find(sql->data_set[i], name) == NULL);
    }
    return all;
}

static sch_err fail_ambiguous(sch_sql *sql, const char *name, size_t position)
{
    const char *alias[2] = {"", ""};
    size_t found = 0;
    for (size_t i = 0; i < sql->request->from_count && found < 2; i++) {
        if (sch_data_set_find(sql->data_set[i], name) != NULL) {
            alias[found++] = sql->request->from[i].alias;
        }
    }
    return sch_sql_fail(sql, position, "more than one data set has a column '%s': write %s.%s or %s.%s", name, alias[0],
                        name, alias[1], name);
}

static sch_err find_unqualified(sch_sql *sql, sch_sql_column *out, const char *name, size_t position)
{
    char hint[LIST_BYTES];
    names known = {.count = 0};
    if (sch_sql_count_columns(sql, name) > 1 && !is_merged(sql, name)) {
        return fail_ambiguous(sql, name, position);
    }
    for (size_t i = 0; i < sql->request->from_count; i++) {
        const sch_column *column = sch_data_set_find(sql->data_set[i], name);
        if (column != NULL) {
            *out = (sch_sql_column){(uint8_t)i, column};
            return SCH_NONE;
        }
        add_columns(&known, sql->data_set[i]);
    }
    return sch_sql_fail(sql, position, "no column is called '%s'; %s", name, names_hint(&known, name, hint));
}

static sch_err fail_unknown_alias(sch_sql *sql, const char *alias, size_t position)
{
    const sch_request *r = sql->request;
    names known = {.count = 0};
    for (size_t i = 0; i < r->from_count; i++) {
        if (strcmp(r->from[i].data_set, alias) == 0) {
            return sch_sql_fail(sql, position,
                                "data set '%s' is called %s in this query: write %s. in front of its columns", alias,
                                r->from[i].alias, r->from[i].alias);
        }
        names_add(&known, r->from[i].alias);
    }
    char hint[LIST_BYTES];
    return sch_sql_fail(sql, position, "nothing in FROM is called '%s'; %s", alias, names_hint(&known, alias, hint));
}

sch_err sch_sql_find_alias(sch_sql *sql, size_t *out, const char *alias, size_t position)
{
    for (size_t i = 0; i < sql->request->from_count; i++) {
        if (strcmp(sql->request->from[i].alias, alias) == 0) {
            *out = i;
            return SCH_NONE;
        }
    }
    return fail_unknown_alias(sql, alias, position);
}

static sch_err find_qualified(sch_sql *sql, sch_sql_column *out, const char *alias, const char *name, size_t position)
{
    const sch_request *r = sql->request;
    size_t i = 0;
    sch_err err = SCH_NONE;
    SCH_TRY(sch_sql_find_alias(sql, &i, alias, position));
    const sch_column *column = sch_data_set_find(sql->data_set[i], name);
    if (column != NULL) {
        *out = (sch_sql_column){(uint8_t)i, column};
        return SCH_NONE;
    }
    for (size_t other = 0; other < r->from_count; other++) {
        if (sch_data_set_find(sql->data_set[other], name) != NULL) {
            return sch_sql_fail(sql, position, "data set '%s' has no column '%s', but '%s' has: write %s.%s",
                                r->from[i].data_set, name, r->from[other].data_set, r->from[other].alias, name);
        }
    }
    names known = {.count = 0};
    add_columns(&known, sql->data_set[i]);
    char hint[LIST_BYTES];
    err = sch_sql_fail(sql, position, "data set '%s' has no column '%s'; %s", r->from[i].data_set, name,
                       names_hint(&known, name, hint));
out:
    return err;
}

sch_err sch_sql_find_column(sch_sql *sql, sch_sql_column *out, const PgQuery__ColumnRef *reference, size_t near)
{
    size_t position = sch_sql_place(sql, reference->location, near);
    size_t count = reference->n_fields;
    for (size_t i = 0; i < count; i++) {
        if (reference->fields[i]->node_case == PG_QUERY__NODE__NODE_A_STAR) {
            return sch_sql_fail(sql, position,
                                "* for all columns is not supported: name the columns (COUNT(*) is fine)");
        }
    }
    if (count == 1) {
        return find_unqualified(sql, out, sch_sql_string(reference->fields[0]), position);
    }
    if (count == 2) {
        return find_qualified(sql, out, sch_sql_string(reference->fields[0]), sch_sql_string(reference->fields[1]),
                              position);
    }
    return sch_sql_fail(sql, position, "a column has at most one name in front: write alias.column");
}
