#include "crypto/stats/cell_plan.h"

/* LESS takes bounds below 2^62, and no count comes to as many. */
#define LARGEST_BOUND ((UINT64_C(1) << 62) - 1)

/* Spreads comparisons over the heads: there may be thousands, each of which is looked for. */
static size_t head_of(const sch_cell_rule *rule, uint64_t bound)
{
    uint64_t all = bound << 32 ^ (uint64_t)rule->count << 16 ^ rule->less;
    return (size_t)(all * UINT64_C(0x9e3779b97f4a7c15) >> 40) % SCH_CELL_COMPARISON_HEADS;
}

/* The number of a comparison; a new one where there is none like it. */
static uint16_t find_comparison(sch_cell_plan *plan, const sch_cell_rule *rule, uint64_t bound)
{
    uint16_t *head = &plan->comparison_head[head_of(rule, bound)];
    uint16_t at = *head;
    while (at != SCH_CELL_NO_COMPARISON &&
           !(plan->comparison[at].count == rule->count && plan->comparison[at].less == rule->less &&
             plan->comparison[at].bound == bound)) {
        at = plan->comparison[at].next;
    }
    if (at == SCH_CELL_NO_COMPARISON) {
        at = (uint16_t)plan->comparisons++;
        plan->comparison[at] = (sch_cell_comparison){rule->count, rule->less, *head, bound};
        *head = at;
    }
    return at;
}

static bool equal_rules(const sch_cell_rule *a, const sch_cell_rule *b)
{
    return a->count == b->count && a->less == b->less && a->times == b->times && a->zero == b->zero;
}

static uint64_t bound_of(const sch_cell_plan *plan, const sch_cell_rule *rule)
{
    uint64_t bound = plan->min_persons * rule->times; /* both below 2^32 */
    return bound < 1 ? 1 : bound > LARGEST_BOUND ? LARGEST_BOUND : bound;
}

static void add_list(sch_cell_plan *plan, size_t column)
{
    sch_cell_list *list = &plan->list[plan->lists];
    bool guarded = false;
    list->rules = plan->shape->rule_count[column];
    list->shown_with = plan->shape->shown_with[column];
    plan->shown_with_others += list->shown_with != 0 ? 1 : 0;
    for (size_t r = 0; r < list->rules; r++) {
        const sch_cell_rule *rule = &plan->shape->rule[column][r];
        list->rule[r] = *rule;
        list->bound[r] = bound_of(plan, rule);
        list->below[r] = find_comparison(plan, rule, list->bound[r]);
        list->none[r] = rule->zero && plan->show_zero ? find_comparison(plan, rule, 1) : SCH_CELL_NO_COMPARISON;
        guarded = guarded || list->bound[r] > 1;
    }
    plan->tells_zero = plan->tells_zero || list->none[0] != SCH_CELL_NO_COMPARISON;
    if (guarded) {
        plan->guarded_list[plan->guarded++] = (uint16_t)plan->lists;
    }
    plan->lists++;
}

static bool has_rules(const sch_cell_list *list, const sch_cell_shape *shape, size_t column)
{
    bool equal = list->rules == shape->rule_count[column] && list->shown_with == shape->shown_with[column];
    for (size_t r = 0; equal && r < list->rules; r++) {
        equal = equal_rules(&list->rule[r], &shape->rule[column][r]);
    }
    return equal;
}

/* The list of a column; a new one where no other column has it. */
static void find_list(sch_cell_plan *plan, size_t column)
{
    size_t at = 0;
    while (at < plan->lists && !has_rules(&plan->list[at], plan->shape, column)) {
        at++;
    }
    if (at == plan->lists) {
        add_list(plan, column);
    }
    plan->list_of[column] = (uint16_t)at;
}

sch_err sch_cell_plan_init(sch_cell_plan *plan, const sch_cell_shape *shape, const sch_disclosure *rules)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_cell_shape_check(shape));
    *plan = (sch_cell_plan){.shape = shape, .min_persons = rules->min_persons, .show_zero = rules->show_zero};
    for (size_t i = 0; i < SCH_CELL_COMPARISON_HEADS; i++) {
        plan->comparison_head[i] = SCH_CELL_NO_COMPARISON;
    }
    plan->first = shape->shows_base ? 0 : shape->base;
    plan->shown = shape->cells - plan->first;
    for (size_t count = SCH_MAX_COLUMN_RULES; count > 0; count--) {
        for (size_t j = 0; j < shape->columns; j++) {
            if (shape->rule_count[j] == count) {
                find_list(plan, j);
            }
        }
        plan->with[count] = plan->lists;
    }
out:
    return err;
}
