/* Disclosure control on finished cells (computation.md step 7).
 *
 *   N_d             the count of guard d in a group; only guards that differ are compared
 *   t               max(min_persons, 1)
 *   u_d = [N_d < t]                 LESS, held by S, H
 *   o_d = [N_d < 1]                 LESS; the same as u_d where t = 1, not needed where zeros are not shown
 *   k_d = 1 - u_d   1: the cell may be seen
 *   state           k_d SCH_CELL_RELEASED + o_d SCH_CELL_ZERO, for each column that d guards (SCH_CELL_SUPPRESSED is 0);
 *                   without the second term where d does not tell zeros
 *   value           k_d value                                            MULTIPLY, held by S, H
 *
 * Comparisons and products are taken in pieces of a fixed number of cells, which bounds memory. */
#include "crypto/protocol/less.h"
#include "crypto/protocol/multiply.h"
#include "crypto/share/ring.h"
#include "crypto/stats/linked_table.h"

enum {
    LESS_PIECE_CELLS = 1 << 15,
    MULTIPLY_PIECE_CELLS = 1 << 16,
    FIRST_STEP = 1,
};

_Static_assert(SCH_CELL_SUPPRESSED == 0, "a cell that is neither released nor zero is suppressed");

/* What all three parties know beforehand. */
typedef struct check_plan {
    size_t groups, columns;
    size_t guards;                            /* that differ */
    uint16_t guard[SCH_MAX_TABLE_COLUMNS];    /* d -> its table column */
    uint16_t guard_of[SCH_MAX_TABLE_COLUMNS]; /* table column -> d */
    uint64_t bound[2];                        /* t, and 1 where zeros are told apart from small counts */
    size_t bounds;
    bool tells_zero[SCH_MAX_TABLE_COLUMNS]; /* per table column: zeros are shown, and its guard tells them */
} check_plan;

static sch_err init_plan(check_plan *plan, const sch_table_shape *shape, const sch_disclosure *rules)
{
    sch_err err = SCH_NONE;
    uint16_t number[SCH_MAX_TABLE_COLUMNS] = {0}; /* table column -> d + 1 */
    SCH_TRY(sch_table_shape_check(shape));
    plan->groups = shape->groups;
    plan->columns = sch_table_columns(shape);
    plan->guards = 0;
    for (size_t j = 0; j < plan->columns; j++) {
        uint16_t guard = shape->guard[j];
        if (number[guard] == 0) {
            plan->guard[plan->guards++] = guard;
            number[guard] = (uint16_t)plan->guards;
        }
        plan->guard_of[j] = (uint16_t)(number[guard] - 1);
        plan->tells_zero[j] = rules->show_zero && shape->tells_zero[guard];
    }
    plan->bound[0] = rules->min_persons > 1 ? rules->min_persons : 1;
    plan->bound[1] = 1;
    plan->bounds = rules->show_zero && plan->bound[0] > 1 ? 2 : 1;
out:
    return err;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The spine and the helper hold, the data owner helps. Takes `steps` step numbers. */
static sch_err next_run(sch_run *run, uint32_t *step, const sch_trio *trio, uint32_t steps)
{
    *run = (sch_run){trio, SCH_SPINE, SCH_HELPER, SCH_DATA, (uint16_t)*step};
    *step += steps;
    return sch_check(*step <= UINT16_MAX, SCH_BUG, "a table has more cells than steps can be numbered for");
}

/* ---- the holders ---- */

/* below = [N_d < bound], bounds x guards x groups words. */
static sch_err compare_guards(const sch_trio *trio, uint64_t *below, uint32_t *step, const uint64_t *values,
                              const check_plan *plan)
{
    sch_err err = SCH_NONE;
    size_t guarded = plan->guards * plan->groups;
    size_t cells = plan->bounds * guarded;
    sch_run run;
    sch_ring t = {0};
    sch_ring count = {0};
    SCH_TRY(sch_ring_init(&t, smaller(cells, LESS_PIECE_CELLS), 1));
    SCH_TRY(sch_ring_init(&count, t.count, 1));
    for (size_t first = 0; first < cells; first += LESS_PIECE_CELLS) {
        size_t piece = smaller(cells - first, LESS_PIECE_CELLS);
        for (size_t i = 0; i < piece; i++) {
            size_t cell = (first + i) % guarded;
            t.word[i] = plan->bound[(first + i) / guarded];
            count.word[i] = values[plan->guard[cell / plan->groups] * plan->groups + cell % plan->groups];
        }
        SCH_TRY(next_run(&run, step, trio, SCH_LESS_STEPS));
        SCH_TRY(trio->link->self == run.a ? sch_less_a(&run, below + first, count.word, t.word, piece)
                                          : sch_less_b(&run, below + first, count.word, piece));
    }
out:
    sch_ring_clear(&count);
    sch_ring_clear(&t);
    return err;
}

/* states, and k_d of each cell, which is written over the first part of below. */
static void set_states(uint64_t *states, uint64_t *below, const check_plan *plan, uint64_t one)
{
    size_t groups = plan->groups;
    size_t guarded = plan->guards * groups;
    const uint64_t *none = below + (plan->bounds - 1) * guarded; /* o_d */
    for (size_t j = 0; j < plan->columns; j++) {
        uint64_t zero_state = plan->tells_zero[j] ? SCH_CELL_ZERO : SCH_CELL_SUPPRESSED;
        size_t at = plan->guard_of[j] * groups;
        for (size_t g = 0; g < groups; g++) {
            states[j * groups + g] = SCH_CELL_RELEASED * (one - below[at + g]) + zero_state * none[at + g];
        }
    }
    for (size_t i = 0; i < guarded; i++) {
        below[i] = one - below[i];
    }
}

/* value = k_d value. */
static sch_err clear_small(const sch_trio *trio, uint64_t *values, uint32_t *step, const uint64_t *keep,
                           const check_plan *plan)
{
    sch_err err = SCH_NONE;
    size_t cells = plan->columns * plan->groups;
    sch_run run;
    sch_ring factor = {0};
    SCH_TRY(sch_ring_init(&factor, smaller(cells, MULTIPLY_PIECE_CELLS), 1));
    for (size_t first = 0; first < cells; first += MULTIPLY_PIECE_CELLS) {
        size_t piece = smaller(cells - first, MULTIPLY_PIECE_CELLS);
        uint64_t *value = values + first;
        for (size_t i = 0; i < piece; i++) {
            size_t column = (first + i) / plan->groups;
            factor.word[i] = keep[plan->guard_of[column] * plan->groups + (first + i) % plan->groups];
        }
        SCH_TRY(next_run(&run, step, trio, SCH_MULTIPLY_STEPS));
        SCH_TRY(trio->link->self == run.a ? sch_multiply_a(&run, value, value, factor.word, piece)
                                          : sch_multiply_b(&run, value, value, factor.word, piece));
    }
out:
    sch_ring_clear(&factor);
    return err;
}

/* The spine and the helper do the same but for the constant 1, which the spine's share has. */
static sch_err disclose(const sch_trio *trio, uint64_t *values, uint64_t *states, const sch_table_shape *shape,
                        const sch_disclosure *rules, uint64_t one)
{
    sch_err err = SCH_NONE;
    check_plan plan;
    uint32_t step = FIRST_STEP;
    sch_ring below = {0};
    SCH_TRY(init_plan(&plan, shape, rules));
    SCH_TRY(sch_ring_init(&below, plan.bounds * plan.guards, plan.groups));
    SCH_TRY(compare_guards(trio, below.word, &step, values, &plan));
    set_states(states, below.word, &plan, one);
    SCH_TRY(clear_small(trio, values, &step, below.word, &plan));
out:
    sch_ring_clear(&below);
    return err;
}

sch_err sch_disclosure_spine(const sch_trio *trio, uint64_t *values, uint64_t *states, const sch_table_shape *shape,
                             const sch_disclosure *rules)
{
    return disclose(trio, values, states, shape, rules, 1);
}

sch_err sch_disclosure_helper(const sch_trio *trio, uint64_t *values, uint64_t *states, const sch_table_shape *shape,
                              const sch_disclosure *rules)
{
    return disclose(trio, values, states, shape, rules, 0);
}

/* ---- the assistant ---- */

sch_err sch_disclosure_data(const sch_trio *trio, const sch_table_shape *shape, const sch_disclosure *rules)
{
    sch_err err = SCH_NONE;
    check_plan plan;
    sch_run run;
    uint32_t step = FIRST_STEP;
    SCH_TRY(init_plan(&plan, shape, rules));
    size_t compared = plan.bounds * plan.guards * plan.groups;
    for (size_t first = 0; first < compared; first += LESS_PIECE_CELLS) {
        SCH_TRY(next_run(&run, &step, trio, SCH_LESS_STEPS));
        SCH_TRY(sch_less_c(&run, smaller(compared - first, LESS_PIECE_CELLS)));
    }
    size_t multiplied = plan.columns * plan.groups;
    for (size_t first = 0; first < multiplied; first += MULTIPLY_PIECE_CELLS) {
        SCH_TRY(next_run(&run, &step, trio, SCH_MULTIPLY_STEPS));
        SCH_TRY(sch_multiply_c(&run, smaller(multiplied - first, MULTIPLY_PIECE_CELLS)));
    }
out:
    return err;
}
