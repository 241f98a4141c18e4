/* Disclosure control on finished cells (computation.md step 7).
 *
 *   list l          the rules of a column; columns with equal rules share one, if they are shown with the same column
 *   N_r, t_r        the persons that rule r of a list counts; what they must come to
 *   u_r = [N_r < t_r], o_r = [N_r < 1]                   LESS; o_r only where rule r tells zeros, else 0
 *   rest            (1 - u_2 + o_2)(1 - u_3 + o_3)...    MULTIPLY: 1 where the rules after the first are kept
 *   K = (1 - u_1) rest                                   MULTIPLY: 1 where the cell may be seen
 *   Z = o_1 rest                                         MULTIPLY: 1 where it may be known that nobody is in the cell
 *                   K of margins, and of sets beside them        cell_margins.c
 *   K = K K', Z = Z Z'   with those of the list of the column that it is shown with        MULTIPLY
 *   state           K SCH_CELL_RELEASED + Z SCH_CELL_ZERO (SCH_CELL_SUPPRESSED is 0)
 *   value           K value                              MULTIPLY
 *
 * The assistant goes the same way without words, and so does the one who counts bytes. */
#include <string.h>

#include "crypto/stats/cell_check.h"

enum { PIECE_CELLS = 1 << 16, FIRST_STEP = 1 };

_Static_assert(SCH_CELL_SUPPRESSED == 0, "a cell that is neither released nor zero is suppressed");

/* ---- the rules of each cell ---- */

/* below = u and o. */
static sch_err compare_counts(sch_cell_check *c)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    uint64_t bound[SCH_CELL_MAX_COMPARISONS];
    SCH_TRY(sch_cell_check_room(c, &c->below, plan->comparisons, plan->shown));
    for (size_t i = 0; i < plan->comparisons; i++) {
        const sch_cell_comparison *now = &plan->comparison[i];
        bound[i] = now->bound;
        if (c->holds) {
            sch_cell_check_count(c->below.word + i * plan->shown, c, now->count, now->less, plan->first, plan->shown);
        }
    }
    SCH_TRY(sch_cell_check_compare(c, &c->below, bound, plan->comparisons, plan->shown));
out:
    return err;
}

/* The share of 1 - u_r, with o_r where that is wanted and told. */
static void keep_of_rule(uint64_t *out, const sch_cell_check *c, const sch_cell_list *list, size_t r, bool with_zero)
{
    size_t shown = c->plan->shown;
    const uint64_t *below = c->below.word + list->below[r] * shown;
    for (size_t i = 0; i < shown; i++) {
        out[i] = c->one - below[i];
    }
    if (with_zero && list->none[r] != SCH_CELL_NO_COMPARISON) {
        sch_ring_add(out, out, c->below.word + list->none[r] * shown, shown);
    }
}

/* rest, of the lists with more than one rule. */
static sch_err multiply_rest(sch_cell_check *c, sch_ring *rest)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    sch_ring next = {0};
    SCH_TRY(sch_cell_check_room(c, rest, plan->with[2], plan->shown));
    SCH_TRY(sch_cell_check_room(c, &next, plan->with[3], plan->shown));
    for (size_t r = 1; r < SCH_MAX_COLUMN_RULES; r++) {
        sch_ring *to = r == 1 ? rest : &next;
        for (size_t l = 0; l < plan->with[r + 1] && c->holds; l++) {
            keep_of_rule(to->word + l * plan->shown, c, &plan->list[l], r, true);
        }
        if (r > 1) {
            SCH_TRY(sch_cell_check_multiply(c, rest, &next, plan->with[r + 1] * plan->shown));
        }
    }
out:
    sch_ring_clear(&next);
    return err;
}

/* K and Z. */
static sch_err apply_rules(sch_cell_check *c)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    size_t shown = plan->shown;
    sch_ring rest = {0};
    SCH_TRY(compare_counts(c));
    SCH_TRY(multiply_rest(c, &rest));
    SCH_TRY(sch_cell_check_room(c, &c->keep, plan->lists, shown));
    SCH_TRY(sch_cell_check_room(c, &c->zero, plan->tells_zero ? plan->lists : 0, shown));
    for (size_t l = 0; l < plan->lists && c->holds; l++) {
        const sch_cell_list *list = &plan->list[l];
        keep_of_rule(c->keep.word + l * shown, c, list, 0, false);
        if (plan->tells_zero && list->none[0] != SCH_CELL_NO_COMPARISON) {
            memcpy(c->zero.word + l * shown, c->below.word + list->none[0] * shown, shown * sizeof *c->zero.word);
        } else if (plan->tells_zero) {
            memset(c->zero.word + l * shown, 0, shown * sizeof *c->zero.word);
        }
    }
    sch_ring_clear(&c->below);
    SCH_TRY(sch_cell_check_multiply(c, &c->keep, &rest, plan->with[2] * shown));
    if (plan->tells_zero) {
        SCH_TRY(sch_cell_check_multiply(c, &c->zero, &rest, plan->with[2] * shown));
    }
out:
    sch_ring_clear(&rest);
    return err;
}

/* ---- columns that are shown together ---- */

/* At a holder: copies words of the lists that are shown with another column to `packed`, one list behind the other, or
 * back. others: of the other columns' lists instead. */
static void copy_lists(const sch_cell_check *c, sch_ring *packed, sch_ring *words, bool others, bool back)
{
    const sch_cell_plan *plan = c->plan;
    size_t used = 0;
    for (size_t l = 0; l < plan->lists; l++) {
        uint16_t with = plan->list[l].shown_with;
        if (with == 0) {
            continue;
        }
        if (c->holds) {
            uint64_t *here = packed->word + used;
            uint64_t *there = words->word + (others ? plan->list_of[with] : l) * plan->shown;
            memcpy(back ? there : here, back ? here : there, plan->shown * sizeof *here);
        }
        used += plan->shown;
    }
}

/* words: K or Z. */
static sch_err multiply_lists(sch_cell_check *c, sch_ring *words)
{
    sch_err err = SCH_NONE;
    sch_ring own = {0};
    sch_ring other = {0};
    size_t lists = c->plan->shown_with_others;
    SCH_TRY(sch_cell_check_room(c, &own, lists, c->plan->shown));
    SCH_TRY(sch_cell_check_room(c, &other, lists, c->plan->shown));
    copy_lists(c, &other, words, true, false);
    copy_lists(c, &own, words, false, false);
    SCH_TRY(sch_cell_check_multiply(c, &own, &other, lists * c->plan->shown));
    copy_lists(c, &own, words, false, true);
out:
    sch_ring_clear(&other);
    sch_ring_clear(&own);
    return err;
}

static sch_err show_together(sch_cell_check *c)
{
    sch_err err = SCH_NONE;
    if (c->plan->shown_with_others == 0) {
        return SCH_NONE;
    }
    SCH_TRY(multiply_lists(c, &c->keep));
    if (c->plan->tells_zero) {
        SCH_TRY(multiply_lists(c, &c->zero));
    }
out:
    return err;
}

/* ---- what is released ---- */

static void set_states(uint64_t *states, const sch_cell_check *c)
{
    const sch_cell_plan *plan = c->plan;
    for (size_t j = 0; j < plan->shape->columns; j++) {
        uint64_t *state = states + j * plan->shape->cells;
        const uint64_t *keep = c->keep.word + plan->list_of[j] * plan->shown;
        const uint64_t *zero = plan->tells_zero ? c->zero.word + plan->list_of[j] * plan->shown : NULL;
        memset(state, 0, plan->first * sizeof *state);
        for (size_t i = 0; i < plan->shown; i++) {
            state[plan->first + i] = SCH_CELL_RELEASED * keep[i] + (zero == NULL ? 0 : SCH_CELL_ZERO * zero[i]);
        }
    }
}

/* value = K value. */
static sch_err clear_values(sch_cell_check *c, uint64_t *values)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    size_t cells = plan->shape->columns * plan->shown;
    size_t room = cells < PIECE_CELLS ? cells : PIECE_CELLS;
    sch_ring value = {0};
    sch_ring keep = {0};
    SCH_TRY(sch_cell_check_room(c, &value, room, 1));
    SCH_TRY(sch_cell_check_room(c, &keep, room, 1));
    for (size_t first = 0; first < cells; first += PIECE_CELLS) {
        size_t piece = cells - first < PIECE_CELLS ? cells - first : PIECE_CELLS;
        for (size_t i = 0; i < piece && c->holds; i++) {
            size_t column = (first + i) / plan->shown;
            size_t cell = (first + i) % plan->shown;
            value.word[i] = values[column * plan->shape->cells + plan->first + cell];
            keep.word[i] = c->keep.word[plan->list_of[column] * plan->shown + cell];
        }
        SCH_TRY(sch_cell_check_multiply(c, &value, &keep, piece));
        for (size_t i = 0; i < piece && c->holds; i++) {
            size_t column = (first + i) / plan->shown;
            values[column * plan->shape->cells + plan->first + (first + i) % plan->shown] = value.word[i];
        }
    }
    for (size_t j = 0; j < plan->shape->columns && c->holds; j++) {
        memset(values + j * plan->shape->cells, 0, plan->first * sizeof *values);
    }
out:
    sch_ring_clear(&keep);
    sch_ring_clear(&value);
    return err;
}

static sch_err run_check(sch_cell_check *c, uint64_t *values, uint64_t *states)
{
    sch_err err = SCH_NONE;
    SCH_TRY(apply_rules(c));
    SCH_TRY(sch_cell_check_margins(c));
    SCH_TRY(show_together(c));
    if (c->holds) {
        set_states(states, c);
    }
    SCH_TRY(clear_values(c, values));
out:
    sch_ring_clear(&c->below);
    sch_ring_clear(&c->keep);
    sch_ring_clear(&c->zero);
    return err;
}

sch_err sch_cells_disclose(const sch_seat *seat, uint64_t *values, uint64_t *states, const sch_cell_shape *shape,
                           const sch_disclosure *rules, const sch_cast *cast)
{
    sch_err err = SCH_NONE;
    const sch_run run = {seat, cast->spine, cast->second, cast->third, FIRST_STEP};
    sch_cell_plan plan;
    sch_cell_check c = {.plan = &plan, .values = values};
    SCH_TRY(sch_cell_plan_init(&plan, shape, rules));
    SCH_TRY(sch_player_init(&c.player, &run));
    c.holds = sch_player_holds(&c.player);
    c.one = sch_player_one(&c.player);
    SCH_TRY(sch_check(!c.holds || (values != NULL && states != NULL), SCH_BUG, "a holder lacks its share"));
    SCH_TRY(run_check(&c, values, states));
out:
    return err;
}

uint64_t sch_cells_bytes(const sch_cell_shape *shape, const sch_disclosure *rules)
{
    sch_cell_plan plan;
    sch_cell_check c = {.plan = &plan, .player = {.part = SCH_PLAYS_NONE}};
    bool counted = !sch_failed(sch_cell_plan_init(&plan, shape, rules)) && !sch_failed(run_check(&c, NULL, NULL));
    return counted ? c.player.bytes : 0;
}
