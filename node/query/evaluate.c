/* DESIGN. Arguments have lower numbers than what uses them, so one pass in order works out each expression once,
 * however often it is shared. All arguments are worked out, also those of a CASE that are not taken: nothing in here
 * fails by its value. */
#include "node/query/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "node/query/aggregate.h"
#include "node/query/evaluate_op.h"

/* An expression after aggregation. */
typedef struct sch_after {
    bool needed;
    int key;       /* its number, or -1 */
    int aggregate; /* its number in the plan, or -1 */
    sch_value value;
} sch_after;

static const sch_expression *expression_of(const sch_evaluator *e, uint32_t number)
{
    return &e->opened->request->expression[number];
}

/* ---- what there is to work out ---- */

/* Whether two expressions are the same key: a column, BIN of one, or an organisation. */
static bool is_same_key(const sch_request *r, uint32_t a, uint32_t b)
{
    const sch_expression *x = &r->expression[a];
    const sch_expression *y = &r->expression[b];
    if (x->op != y->op || x->argument_count != y->argument_count) {
        return false;
    }
    if (x->op == SCH_OP_BIN) {
        x = &r->expression[x->argument[0]];
        y = &r->expression[y->argument[0]];
    }
    if (x->op == SCH_OP_ORGANISATION && y->op == SCH_OP_ORGANISATION) {
        return x->data_set == y->data_set;
    }
    return x->op == SCH_OP_COLUMN && y->op == SCH_OP_COLUMN && x->data_set == y->data_set &&
           strcmp(x->text, y->text) == 0;
}

static int find_key(const sch_request *r, uint32_t number)
{
    for (size_t k = 0; k < r->group_by_count; k++) {
        if (is_same_key(r, r->group_by[k], number)) {
            return (int)k;
        }
    }
    return -1;
}

static int find_aggregate(const sch_plan *plan, uint32_t number)
{
    for (size_t i = 0; i < plan->aggregate_count; i++) {
        if (plan->aggregate[i].expression == number) {
            return (int)i;
        }
    }
    return -1;
}

/* Marks what an expression needs. Later ones have been marked before. */
static sch_err resolve(sch_evaluator *e, uint32_t number)
{
    sch_after *after = &e->after[number];
    const sch_expression *x = expression_of(e, number);
    if (sch_op_is_aggregate(x->op)) {
        after->aggregate = find_aggregate(e->opened->plan, number);
        return sch_check(after->aggregate >= 0, SCH_BUG, "the plan lacks an aggregate of the request");
    }
    switch (x->op) {
    case SCH_OP_COLUMN:
    case SCH_OP_BIN:
    case SCH_OP_ORGANISATION:
        after->key = find_key(e->opened->request, number);
        return sch_check(after->key >= 0, SCH_BAD_INPUT, "a column stands outside aggregates and is not in GROUP BY");
    case SCH_OP_GROUPING:
        after->key = find_key(e->opened->request, x->argument[0]);
        return sch_check(after->key >= 0, SCH_BAD_INPUT, "GROUPING takes what is in GROUP BY");
    case SCH_OP_DATE:
    case SCH_OP_LIKE:
    case SCH_OP_NOT_LIKE:
    case SCH_OP_LOWER:
    case SCH_OP_UPPER:
    case SCH_OP_LENGTH:
    case SCH_OP_SUBSTRING:
    case SCH_OP_YEAR:
    case SCH_OP_MONTH:
        return sch_fail(SCH_BAD_INPUT,
                        "LIKE and functions of texts and dates work on records, not on the finished table");
    default:
        for (size_t i = 0; i < x->argument_count; i++) {
            e->after[x->argument[i]].needed = true;
        }
        return SCH_NONE;
    }
}

sch_err sch_evaluator_init(sch_evaluator *e, const sch_opened *opened)
{
    sch_err err = SCH_NONE;
    const sch_request *r = opened->request;
    *e = (sch_evaluator){.opened = opened, .after = calloc(r->expression_count + 1, sizeof *e->after)};
    SCH_TRY(sch_check(e->after != NULL, SCH_NO_MEMORY, "no memory for the result"));
    for (size_t i = 0; i < r->expression_count; i++) {
        e->after[i].key = -1;
        e->after[i].aggregate = -1;
    }
    for (size_t i = 0; i < r->output_count; i++) {
        e->after[r->output[i].expression].needed = true;
    }
    for (size_t i = 0; i < r->order_count; i++) {
        e->after[r->order[i].expression].needed = true;
    }
    if (r->has_having) {
        e->after[r->having].needed = true;
    }
    for (uint32_t i = (uint32_t)r->expression_count; i-- > 0;) {
        if (e->after[i].needed) {
            SCH_TRY(resolve(e, i));
        }
    }
out:
    return err;
}

void sch_evaluator_clear(sch_evaluator *e)
{
    for (size_t i = 0; e->after != NULL && i < e->opened->request->expression_count; i++) {
        sch_value_clear(&e->after[i].value);
    }
    free(e->after);
    *e = (sch_evaluator){0};
}

/* ---- in a cell ---- */

static sch_err set_key(sch_value *value, const sch_evaluator *e, size_t key, uint32_t cell)
{
    const sch_plan *plan = e->opened->plan;
    const sch_plan_key *k = &plan->key[key];
    uint32_t code = sch_plan_code(plan, cell, key);
    char text[SCH_MAX_CODE_BYTES + 1];
    if (code == SCH_CODE_ALL || code >= k->codes) {
        value->kind = SCH_VALUE_NULL;
        return SCH_NONE;
    }
    if (k->bin) {
        sch_value_set_integer(value, code, 0);
        return SCH_NONE;
    }
    if (k->column != NULL && k->column->type == SCH_TYPE_INTEGER) {
        sch_value_set_integer(value, k->column->minimum + code, 0);
        return SCH_NONE;
    }
    if (k->column != NULL && k->column->type == SCH_TYPE_BOOLEAN) {
        sch_value_set_truth(value, code == 1);
        return SCH_NONE;
    }
    if (!sch_plan_code_text(plan, e->opened->request, key, code, text, sizeof text)) {
        return sch_fail(SCH_BUG, "a key's code has no text");
    }
    return sch_value_set_text(value, text);
}

static sch_err apply(sch_value *value, const sch_evaluator *e, const sch_expression *x)
{
    const sch_value *argument[SCH_MAX_ARGUMENTS];
    for (size_t i = 0; i < x->argument_count; i++) {
        argument[i] = &e->after[x->argument[i]].value;
    }
    switch (x->op) {
    case SCH_OP_NUMBER:
        sch_value_set_integer(value, x->number, x->decimals);
        return SCH_NONE;
    case SCH_OP_TEXT:
        return sch_value_set_text(value, x->text);
    case SCH_OP_BOOLEAN:
        sch_value_set_truth(value, x->number != 0);
        return SCH_NONE;
    case SCH_OP_NULL:
        value->kind = SCH_VALUE_NULL;
        return SCH_NONE;
    case SCH_OP_CASE:
    case SCH_OP_COALESCE:
    case SCH_OP_NULLIF:
        return sch_evaluate_choice(value, x->op, argument, x->argument_count);
    default:
        break;
    }
    if (x->op >= SCH_OP_EQUAL && x->op <= SCH_OP_NOT) {
        return sch_evaluate_condition(value, x->op, argument, x->argument_count);
    }
    return sch_evaluate_number(value, x->op, argument, x->argument_count);
}

sch_err sch_evaluator_run(sch_evaluator *e, uint32_t cell, sch_cell_state row)
{
    sch_err err = SCH_NONE;
    const sch_plan *plan = e->opened->plan;
    for (uint32_t i = 0; i < e->opened->request->expression_count; i++) {
        sch_after *after = &e->after[i];
        if (!after->needed) {
            continue;
        }
        sch_value_clear(&after->value);
        const sch_expression *x = expression_of(e, i);
        if (after->aggregate >= 0) {
            SCH_TRY(sch_aggregate_make(&after->value, e->opened, &plan->aggregate[after->aggregate], cell, row));
        } else if (x->op == SCH_OP_GROUPING) {
            bool all = sch_plan_code(plan, cell, (size_t)after->key) == SCH_CODE_ALL;
            sch_value_set_integer(&after->value, all ? 1 : 0, 0);
        } else if (after->key >= 0) {
            SCH_TRY(set_key(&after->value, e, (size_t)after->key, cell));
        } else {
            SCH_TRY(apply(&after->value, e, x));
        }
    }
out:
    return err;
}

const sch_value *sch_evaluator_value(const sch_evaluator *e, uint32_t expression)
{
    return &e->after[expression].value;
}

int sch_evaluator_key(const sch_evaluator *e, uint32_t expression)
{
    return expression_of(e, expression)->op == SCH_OP_GROUPING ? -1 : e->after[expression].key;
}
