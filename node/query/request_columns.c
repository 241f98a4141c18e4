/* Which columns a request touches, and whether two requests may be set off against one another by them. */
#include <stdlib.h>
#include <string.h>

#include "node/query/request_sql.h"

/* A column of FROM: of all its nodes where that is a union. Borrowed from the request. */
typedef struct column {
    const sch_from *from;
    const char *name;
} column;

typedef struct columns {
    column column[SCH_MAX_EXPRESSIONS + SCH_MAX_FROM];
    size_t count;
} columns;

static int compare_names(const column *a, const column *b)
{
    int order = strcmp(a->from->data_set, b->from->data_set);
    return order != 0 ? order : strcmp(a->name, b->name);
}

static int compare_columns(const void *a, const void *b)
{
    const column *x = a, *y = b;
    int order = compare_names(x, y);
    return order != 0 ? order : (x->from > y->from) - (x->from < y->from);
}

/* All that a request touches, in order and each once, so that at most SCH_MAX_FROM follow one another under one
 * name. */
static void columns_of(columns *out, const sch_request *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->from_count; i++) {
        out->column[count++] = (column){&r->from[i], r->from[i].join_column};
    }
    for (size_t i = 0; i < r->expression_count; i++) {
        const sch_expression *e = &r->expression[i];
        if (e->op == SCH_OP_COLUMN) {
            out->column[count++] = (column){&r->from[e->data_set], e->text};
        }
    }
    qsort(out->column, count, sizeof out->column[0], compare_columns);
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_columns(&out->column[i], &out->column[out->count - 1]) != 0) {
            out->column[out->count++] = out->column[i];
        }
    }
}

static bool share_a_node(const sch_from *a, const sch_from *b)
{
    for (size_t i = 0; i < a->node_count; i++) {
        for (size_t j = 0; j < b->node_count; j++) {
            if (strcmp(a->node[i], b->node[j]) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a column, of one of its nodes at least, is among those of another request. */
static bool touches(const columns *other, const column *wanted)
{
    size_t low = 0, high = other->count; /* the first that is not before it */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_names(&other->column[middle], wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < other->count && compare_names(&other->column[low], wanted) == 0; low++) {
        if (share_a_node(other->column[low].from, wanted->from)) {
            return true;
        }
    }
    return false;
}

/* Whether all columns but identifiers are among those of another request. */
static bool are_within(const columns *own, const columns *other)
{
    for (size_t i = 0; i < own->count; i++) {
        const column *c = &own->column[i];
        if (strcmp(c->name, c->from->join_column) != 0 && !touches(other, c)) {
            return false;
        }
    }
    return true;
}

bool sch_request_columns_overlap(const sch_request *a, const sch_request *b)
{
    columns of_a, of_b;
    columns_of(&of_a, a);
    columns_of(&of_b, b);
    return are_within(&of_a, &of_b) || are_within(&of_b, &of_a);
}
