#include "tests/support/requests.h"

#include <string.h>

void request_fill_envelope(sch_request *request)
{
    memset(request->id.byte, 1, sizeof request->id.byte);
    memset(request->agreement_hash, 2, sizeof request->agreement_hash);
    memcpy(request->analyst, "analist", sizeof "analist");
    memcpy(request->agreement, "proef", sizeof "proef");
    memcpy(request->purpose, "een proef", sizeof "een proef");
    memcpy(request->recipient[0], request->analyst, SCH_NAME_BYTES);
    request->recipient_count = 1;
    request->created.value = 1;
    request->not_before.value = 1;
    request->not_after.value = 2;
}

static bool same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

/* Two queries side by side. seen: for an expression of a, which of b it was last found to be the same as:
 * expressions may be shared, so that trees written out can be without end. */
typedef struct pair {
    const sch_request *a, *b;
    uint32_t seen[SCH_MAX_EXPRESSIONS];
} pair;

static bool same_tree(pair *p, uint32_t i, uint32_t j)
{
    const sch_expression *x = &p->a->expression[i], *y = &p->b->expression[j];
    if (p->seen[i] == j) {
        return true;
    }
    bool same = x->op == y->op && x->argument_count == y->argument_count && x->number == y->number &&
                x->decimals == y->decimals && x->data_set == y->data_set && same_text(x->text, y->text);
    for (size_t k = 0; k < x->argument_count && same; k++) {
        same = same_tree(p, x->argument[k], y->argument[k]);
    }
    p->seen[i] = same ? j : UINT32_MAX;
    return same;
}

static bool same_data_set(const sch_from *a, const sch_from *b)
{
    bool same = a->node_count == b->node_count && strcmp(a->data_set, b->data_set) == 0 &&
                strcmp(a->alias, b->alias) == 0 && strcmp(a->join_column, b->join_column) == 0 && a->join == b->join &&
                memcmp(a->schema_hash, b->schema_hash, SCH_HASH_BYTES) == 0;
    for (size_t i = 0; same && i < a->node_count; i++) {
        same = strcmp(a->node[i], b->node[i]) == 0;
    }
    return same;
}

static bool same_from(const sch_request *a, const sch_request *b)
{
    bool same = a->from_count == b->from_count;
    for (size_t i = 0; same && i < a->from_count; i++) {
        same = same_data_set(&a->from[i], &b->from[i]);
    }
    return same;
}

/* GROUP BY with its sets. */
static bool same_groups(pair *p)
{
    const sch_request *a = p->a, *b = p->b;
    bool same = a->group_by_count == b->group_by_count && a->set_count == b->set_count;
    for (size_t i = 0; same && i < a->group_by_count; i++) {
        same = same_tree(p, a->group_by[i], b->group_by[i]);
    }
    return same && memcmp(a->set, b->set, a->set_count * sizeof a->set[0]) == 0;
}

/* HAVING, ORDER BY and LIMIT. */
static bool same_rows(pair *p)
{
    const sch_request *a = p->a, *b = p->b;
    bool same = a->has_having == b->has_having && a->order_count == b->order_count && a->has_limit == b->has_limit &&
                a->limit == b->limit;
    same = same && (!a->has_having || same_tree(p, a->having, b->having));
    for (size_t i = 0; same && i < a->order_count; i++) {
        const sch_order *x = &a->order[i], *y = &b->order[i];
        same = x->descending == y->descending && x->nulls_first == y->nulls_first &&
               same_tree(p, x->expression, y->expression);
    }
    return same;
}

bool request_same_query(const sch_request *a, const sch_request *b)
{
    pair p = {.a = a, .b = b};
    memset(p.seen, 0xFF, sizeof p.seen);
    bool same = same_from(a, b) && a->has_where == b->has_where && a->output_count == b->output_count &&
                a->linkage == b->linkage;
    same = same && (!a->has_where || same_tree(&p, a->where, b->where)) && same_groups(&p) && same_rows(&p);
    for (size_t i = 0; same && i < a->output_count; i++) {
        const sch_output *x = &a->output[i], *y = &b->output[i];
        same = strcmp(x->name, y->name) == 0 && same_tree(&p, x->expression, y->expression);
    }
    return same;
}
