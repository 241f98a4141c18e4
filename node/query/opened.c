#include "node/query/opened.h"

static size_t at(const sch_opened *o, uint16_t column, uint32_t cell)
{
    return (size_t)column * o->plan->cell.cells + cell;
}

/* The least N of a rule that is kept where N is not 0. */
static uint64_t threshold(const sch_plan *plan, const sch_cell_rule *rule)
{
    uint64_t least = (uint64_t)rule->times * plan->rules.min_persons;
    return least > 1 ? least : 1;
}

sch_cell_state sch_opened_state(const sch_opened *o, uint16_t column, uint32_t cell)
{
    sch_cell_state state = (sch_cell_state)o->states[at(o, column, cell)];
    /* Without a threshold only a cell of fewer than one person can be suppressed, unless a column or what it counts has
     * rules beside that. */
    const sch_cell_shape *shape = &o->plan->cell;
    bool nobody = o->plan->rules.min_persons <= 1 && shape->rule_count[column] == 1 &&
                  shape->rule_count[shape->rule[column][0].count] == 1;
    return state == SCH_CELL_SUPPRESSED && nobody ? SCH_CELL_ZERO : state;
}

int64_t sch_opened_value(const sch_opened *o, uint16_t column, uint32_t cell)
{
    size_t i = at(o, column, cell);
    return o->states[i] == SCH_CELL_RELEASED ? (int64_t)o->values[i] : 0;
}

/* What a rule counts is not released where it is for rules alone. */
static bool is_hidden(const sch_plan *plan, const sch_cell_rule *rule)
{
    return plan->hidden[rule->count] || (rule->less != SCH_NO_COLUMN && plan->hidden[rule->less]);
}

static sch_err check_released(const sch_opened *o, const sch_cell_rule *rule, uint32_t cell)
{
    if (is_hidden(o->plan, rule)) {
        return SCH_NONE;
    }
    if (o->states[at(o, rule->count, cell)] != SCH_CELL_RELEASED) {
        /* in a margin it may be hidden for others' sake; elsewhere where it has more rules, since other aggregates use
         * it too */
        bool may = cell >= o->plan->cell.base || o->plan->cell.rule_count[rule->count] > 1;
        return sch_check(may, SCH_BAD_PEER, "the result holds a cell whose persons are not released");
    }
    int64_t count = sch_opened_value(o, rule->count, cell);
    int64_t less = rule->less == SCH_NO_COLUMN ? 0 : sch_opened_value(o, rule->less, cell);
    bool kept = count >= 0 && less >= 0 && less <= count && (uint64_t)(count - less) >= threshold(o->plan, rule);
    return sch_check(kept, SCH_BAD_PEER, "the result holds a cell that should have been suppressed");
}

static sch_err check_zero(const sch_opened *o, const sch_cell_rule *rule, uint32_t cell)
{
    if (!o->plan->rules.show_zero || !rule->zero) {
        return sch_fail(SCH_BAD_PEER, "the result holds a cell in an impossible state");
    }
    if (is_hidden(o->plan, rule)) {
        return SCH_NONE;
    }
    int64_t count = sch_opened_value(o, rule->count, cell);
    bool none = rule->less == SCH_NO_COLUMN ? o->states[at(o, rule->count, cell)] != SCH_CELL_RELEASED
                                            : o->states[at(o, rule->less, cell)] != SCH_CELL_RELEASED ||
                                                  sch_opened_value(o, rule->less, cell) >= count;
    return sch_check(none, SCH_BAD_PEER, "the result holds a cell that is said to count nobody and does");
}

sch_err sch_opened_check(const sch_opened *o)
{
    sch_err err = SCH_NONE;
    const sch_cell_shape *shape = &o->plan->cell;
    for (uint16_t j = 0; j < shape->columns; j++) {
        const sch_cell_rule *rule = &shape->rule[j][0];
        for (uint32_t cell = 0; cell < shape->cells; cell++) {
            uint64_t state = o->states[at(o, j, cell)];
            bool hidden = o->plan->hidden[j] || (cell < shape->base && !shape->shows_base);
            if (state == SCH_CELL_RELEASED && !hidden) {
                SCH_TRY(check_released(o, rule, cell));
            } else if (state == SCH_CELL_ZERO && !hidden) {
                SCH_TRY(check_zero(o, rule, cell));
            } else {
                SCH_TRY(sch_check(state == SCH_CELL_SUPPRESSED, SCH_BAD_PEER,
                                  "the result holds a cell in an impossible state"));
            }
        }
    }
out:
    return err;
}

uint32_t sch_opened_first_cell(const sch_plan *plan)
{
    return plan->cell.shows_base ? 0 : plan->cell.base;
}

int sch_opened_set(const sch_plan *plan, uint32_t cell)
{
    int set = -1;
    for (size_t i = 0; cell >= plan->cell.base && i < plan->cell.set_count; i++) {
        set = cell >= plan->cell.set_first[i] ? (int)i : set;
    }
    return set;
}
