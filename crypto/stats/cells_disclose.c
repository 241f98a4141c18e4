/* Disclosure control on finished cells (computation.md step 7).
 *
 *   list l          the rules of a column; columns with equal rules share one
 *   N_r, t_r        the persons that rule r of a list counts; what they must come to
 *   u_r = [N_r < t_r], o_r = [N_r < 1]                   LESS; o_r only where rule r tells zeros, else 0
 *   rest            (1 - u_2 + o_2)(1 - u_3 + o_3)       MULTIPLY: 1 where the rules after the first are kept
 *   K = (1 - u_1) rest                                   MULTIPLY: 1 where the cell may be seen
 *   Z = o_1 rest                                         MULTIPLY: 1 where it may be known that nobody is in the cell
 *
 *   then for margins, those that keep most keys first, for each key that a margin c sums over and whose finer cells f
 *   are in the table too, and each list with t_1 > 1:
 *   M_f = K_f N_f                                        MULTIPLY, N the persons of the first rule
 *   R_c = N_c - sum of M_f                               the persons of suppressed cells that c would give away
 *   v = [R_c < t_1] - [R_c < 1]                          LESS: 1 where they are some, and too few
 *   K_c = K_c (1 - v)                                    MULTIPLY
 *
 *   state           K SCH_CELL_RELEASED + Z SCH_CELL_ZERO (SCH_CELL_SUPPRESSED is 0)
 *   value           K value                              MULTIPLY
 *
 * Comparisons and products are taken in pieces of a fixed number of cells, which bounds what protocols take of memory.
 * The assistant goes the same way without words, and so does the one who counts bytes. */
#include <string.h>

#include "crypto/share/ring.h"
#include "crypto/stats/cell_plan.h"
#include "crypto/stats/cell_sets.h"
#include "crypto/stats/cells.h"
#include "crypto/stats/player.h"

enum {
    LESS_PIECE_CELLS = 1 << 15,
    MULTIPLY_PIECE_CELLS = 1 << 16,
    FIRST_STEP = 1,
    MAX_FINER = SCH_MAX_GROUPING_SETS + 1,
    MAX_PAIRS = SCH_MAX_GROUPING_SETS * SCH_MAX_KEYS,
};

_Static_assert(SCH_CELL_SUPPRESSED == 0, "a cell that is neither released nor zero is suppressed");

/* ---- one party in the middle of it ---- */

typedef struct check {
    const sch_cell_plan *plan;
    sch_player player;
    bool holds;
    uint64_t one;           /* this holder's share of 1 */
    const uint64_t *values; /* columns x cells, at the holders */
    sch_ring below;         /* comparisons x shown */
    sch_ring keep, zero;    /* K, Z: lists x shown; zero is empty where no list tells zeros */
} check;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Room at a holder; empty elsewhere. */
static sch_err make_room(const check *c, sch_ring *ring, size_t rows, size_t columns)
{
    return c->holds ? sch_ring_init(ring, rows, columns) : SCH_NONE;
}

/* From a word on; NULL where there are none. */
static uint64_t *words_at(const sch_ring *ring, size_t at)
{
    return ring->word == NULL ? NULL : ring->word + at;
}

/* x = [x < bound] over `spans` runs of `span` words, each with its own bound. */
static sch_err compare(check *c, sch_ring *x, const uint64_t *bound, size_t spans, size_t span)
{
    sch_err err = SCH_NONE;
    size_t cells = spans * span;
    sch_ring t = {0};
    SCH_TRY(make_room(c, &t, smaller(cells, LESS_PIECE_CELLS), 1));
    for (size_t first = 0; first < cells; first += LESS_PIECE_CELLS) {
        size_t piece = smaller(cells - first, LESS_PIECE_CELLS);
        for (size_t i = 0; i < piece && c->holds; i++) {
            t.word[i] = bound[(first + i) / span];
        }
        uint64_t *words = words_at(x, first);
        SCH_TRY(sch_player_less(&c->player, words, words, t.word, piece));
    }
out:
    sch_ring_clear(&t);
    return err;
}

/* The first `count` words: x = x y. */
static sch_err multiply(check *c, sch_ring *x, const sch_ring *y, size_t count)
{
    sch_err err = SCH_NONE;
    for (size_t first = 0; first < count; first += MULTIPLY_PIECE_CELLS) {
        uint64_t *words = words_at(x, first);
        SCH_TRY(sch_player_multiply(&c->player, words, words, words_at(y, first),
                                    smaller(count - first, MULTIPLY_PIECE_CELLS)));
    }
out:
    return err;
}

/* N = value[count] - value[less] of `cells` cells from `first` on. */
static void count_persons(uint64_t *out, const check *c, uint16_t count, uint16_t less, size_t first, size_t cells)
{
    const uint64_t *counted = c->values + (size_t)count * c->plan->shape->cells + first;
    const uint64_t *left = less == SCH_NO_COLUMN ? NULL : c->values + (size_t)less * c->plan->shape->cells + first;
    for (size_t i = 0; i < cells; i++) {
        out[i] = counted[i] - (left == NULL ? 0 : left[i]);
    }
}

/* ---- the rules of each cell ---- */

/* below = u and o. */
static sch_err compare_counts(check *c)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    uint64_t bound[SCH_CELL_MAX_COMPARISONS];
    SCH_TRY(make_room(c, &c->below, plan->comparisons, plan->shown));
    for (size_t i = 0; i < plan->comparisons; i++) {
        const sch_cell_comparison *now = &plan->comparison[i];
        bound[i] = now->bound;
        if (c->holds) {
            count_persons(c->below.word + i * plan->shown, c, now->count, now->less, plan->first, plan->shown);
        }
    }
    SCH_TRY(compare(c, &c->below, bound, plan->comparisons, plan->shown));
out:
    return err;
}

/* The share of 1 - u_r, with o_r where that is wanted and told. */
static void keep_of_rule(uint64_t *out, const check *c, const sch_cell_list *list, size_t r, bool with_zero)
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
static sch_err multiply_rest(check *c, sch_ring *rest)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    sch_ring third = {0};
    SCH_TRY(make_room(c, rest, plan->with_more, plan->shown));
    SCH_TRY(make_room(c, &third, plan->with_three, plan->shown));
    for (size_t l = 0; l < plan->with_more && c->holds; l++) {
        keep_of_rule(rest->word + l * plan->shown, c, &plan->list[l], 1, true);
        if (l < plan->with_three) {
            keep_of_rule(third.word + l * plan->shown, c, &plan->list[l], 2, true);
        }
    }
    SCH_TRY(multiply(c, rest, &third, plan->with_three * plan->shown));
out:
    sch_ring_clear(&third);
    return err;
}

/* K and Z. */
static sch_err apply_rules(check *c)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    size_t shown = plan->shown;
    sch_ring rest = {0};
    SCH_TRY(compare_counts(c));
    SCH_TRY(multiply_rest(c, &rest));
    SCH_TRY(make_room(c, &c->keep, plan->lists, shown));
    SCH_TRY(make_room(c, &c->zero, plan->tells_zero ? plan->lists : 0, shown));
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
    SCH_TRY(multiply(c, &c->keep, &rest, plan->with_more * shown));
    if (plan->tells_zero) {
        SCH_TRY(multiply(c, &c->zero, &rest, plan->with_more * shown));
    }
out:
    sch_ring_clear(&rest);
    return err;
}

/* ---- margins and what they would give away ---- */

/* A margin and a key that it sums over. */
typedef struct pair {
    size_t finer; /* of the level's sets, the one that keeps the key too */
    size_t key;
    size_t first, cells; /* of the margin's cells in the table */
    size_t at;           /* where its R and v stand, of the level's */
    size_t rank;         /* pairs of the same margin before it */
} pair;

/* A set of cells one step finer. */
typedef struct finer_set {
    uint32_t keys;
    size_t first, cells; /* in the table */
    size_t at;           /* where its M stand, of the level's */
} finer_set;

/* Margins that keep equally many keys do not depend on each other. */
typedef struct level {
    size_t pairs, pair_cells, ranks;
    pair pair[MAX_PAIRS];
    size_t finer_sets, finer_cells;
    finer_set finer[MAX_FINER];
} level;

/* Whether the cells of a set are shown, and where. */
static bool find_shown(const sch_cell_shape *shape, uint32_t keys, size_t *first)
{
    if (keys == sch_cell_all_keys(shape)) {
        *first = 0;
        return shape->shows_base;
    }
    for (size_t i = 0; i < shape->set_count; i++) {
        if (shape->set[i] == keys) {
            *first = shape->set_first[i];
            return true;
        }
    }
    return false;
}

static size_t add_finer(level *now, const sch_cell_shape *shape, uint32_t keys, size_t first)
{
    size_t at = 0;
    while (at < now->finer_sets && now->finer[at].keys != keys) {
        at++;
    }
    if (at == now->finer_sets) {
        size_t cells = sch_cell_set_size(shape, keys);
        now->finer[now->finer_sets++] = (finer_set){keys, first, cells, now->finer_cells};
        now->finer_cells += cells;
    }
    return at;
}

static void find_pairs(level *now, const sch_cell_shape *shape, size_t kept)
{
    *now = (level){0};
    for (size_t i = 0; i < shape->set_count; i++) {
        uint32_t keys = shape->set[i];
        size_t rank = 0;
        size_t first = 0;
        for (size_t k = 0; k < shape->key_count && (size_t)__builtin_popcount(keys) == kept; k++) {
            uint32_t finer = keys | UINT32_C(1) << k;
            if (finer != keys && find_shown(shape, finer, &first)) {
                size_t cells = sch_cell_set_size(shape, keys);
                size_t set = add_finer(now, shape, finer, first);
                now->pair[now->pairs++] = (pair){set, k, shape->set_first[i], cells, now->pair_cells, rank++};
                now->pair_cells += cells;
            }
        }
        now->ranks = rank > now->ranks ? rank : now->ranks;
    }
}

static const sch_cell_list *guarded(const sch_cell_plan *plan, size_t g)
{
    return &plan->list[plan->guarded_list[g]];
}

/* K of a guarded list from a cell of the table on. */
static uint64_t *keep_at(const check *c, size_t g, size_t cell)
{
    return c->keep.word + c->plan->guarded_list[g] * c->plan->shown + (cell - c->plan->first);
}

/* M, guarded lists x finer cells. */
static sch_err count_kept(check *c, sch_ring *kept, const level *now)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    sch_ring keep = {0};
    SCH_TRY(make_room(c, kept, plan->guarded, now->finer_cells));
    SCH_TRY(make_room(c, &keep, plan->guarded, now->finer_cells));
    for (size_t g = 0; g < plan->guarded && c->holds; g++) {
        const sch_cell_rule *rule = &guarded(plan, g)->rule[0];
        for (size_t f = 0; f < now->finer_sets; f++) {
            const finer_set *set = &now->finer[f];
            size_t at = g * now->finer_cells + set->at;
            count_persons(kept->word + at, c, rule->count, rule->less, set->first, set->cells);
            memcpy(keep.word + at, keep_at(c, g, set->first), set->cells * sizeof *keep.word);
        }
    }
    SCH_TRY(multiply(c, kept, &keep, plan->guarded * now->finer_cells));
out:
    sch_ring_clear(&keep);
    return err;
}

/* R of one pair and list, from that list's M. */
static void count_suppressed(uint64_t *out, const check *c, const level *now, const pair *p, size_t g,
                             const uint64_t *kept)
{
    const sch_cell_rule *rule = &guarded(c->plan, g)->rule[0];
    const finer_set *set = &now->finer[p->finer];
    count_persons(out, c, rule->count, rule->less, p->first, p->cells);
    for (uint32_t f = 0; f < set->cells; f++) {
        out[sch_cell_drop_key(c->plan->shape, set->keys, p->key, f)] -= kept[set->at + f];
    }
}

/* 1 - v, guarded lists x pair cells, in the first half of `few`. */
static sch_err compare_suppressed(check *c, sch_ring *few, const level *now)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    size_t words = plan->guarded * now->pair_cells;
    uint64_t bound[2 * SCH_MAX_TABLE_COLUMNS];
    sch_ring kept = {0};
    SCH_TRY(count_kept(c, &kept, now));
    SCH_TRY(make_room(c, few, 2, words));
    for (size_t g = 0; g < plan->guarded; g++) {
        bound[g] = guarded(plan, g)->bound;
        bound[plan->guarded + g] = 1;
        for (size_t i = 0; i < now->pairs && c->holds; i++) {
            uint64_t *out = few->word + g * now->pair_cells + now->pair[i].at;
            count_suppressed(out, c, now, &now->pair[i], g, kept.word + g * now->finer_cells);
        }
    }
    if (c->holds) {
        memcpy(few->word + words, few->word, words * sizeof *few->word);
    }
    SCH_TRY(compare(c, few, bound, 2 * plan->guarded, now->pair_cells));
    for (size_t i = 0; i < words && c->holds; i++) {
        few->word[i] = c->one - (few->word[i] - few->word[words + i]);
    }
out:
    sch_ring_clear(&kept);
    return err;
}

/* Copies K of all margins with a pair of this rank one behind the other, or back; gives the words. */
static size_t copy_keep(check *c, sch_ring *keep, const level *now, size_t rank, bool back)
{
    size_t used = 0;
    for (size_t g = 0; g < c->plan->guarded; g++) {
        for (size_t i = 0; i < now->pairs; i++) {
            const pair *p = &now->pair[i];
            if (p->rank == rank && c->holds) {
                uint64_t *at = keep_at(c, g, p->first);
                memcpy(back ? at : keep->word + used, back ? keep->word + used : at, p->cells * sizeof *at);
            }
            used += p->rank == rank ? p->cells : 0;
        }
    }
    return used;
}

/* K = K (1 - v), of a margin's pairs one after the other. */
static sch_err suppress_margins(check *c, const sch_ring *few, const level *now)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    sch_ring keep = {0};
    sch_ring factor = {0};
    SCH_TRY(make_room(c, &keep, plan->guarded, now->pair_cells));
    SCH_TRY(make_room(c, &factor, plan->guarded, now->pair_cells));
    for (size_t rank = 0; rank < now->ranks; rank++) {
        size_t used = 0;
        for (size_t i = 0; i < plan->guarded * now->pairs && c->holds; i++) {
            const pair *p = &now->pair[i % now->pairs];
            if (p->rank == rank) {
                size_t from = i / now->pairs * now->pair_cells + p->at;
                memcpy(factor.word + used, few->word + from, p->cells * sizeof *factor.word);
                used += p->cells;
            }
        }
        SCH_TRY(multiply(c, &keep, &factor, copy_keep(c, &keep, now, rank, false)));
        copy_keep(c, &keep, now, rank, true);
    }
out:
    sch_ring_clear(&factor);
    sch_ring_clear(&keep);
    return err;
}

static sch_err check_margins(check *c)
{
    sch_err err = SCH_NONE;
    level now;
    sch_ring few = {0};
    for (size_t kept = c->plan->shape->key_count; c->plan->guarded > 0 && kept-- > 0;) {
        find_pairs(&now, c->plan->shape, kept);
        SCH_TRY(compare_suppressed(c, &few, &now));
        SCH_TRY(suppress_margins(c, &few, &now));
        sch_ring_clear(&few);
    }
out:
    sch_ring_clear(&few);
    return err;
}

/* ---- what is released ---- */

static void set_states(uint64_t *states, const check *c)
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
static sch_err clear_values(check *c, uint64_t *values)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = c->plan;
    size_t cells = plan->shape->columns * plan->shown;
    size_t room = smaller(cells, MULTIPLY_PIECE_CELLS);
    sch_ring value = {0};
    sch_ring keep = {0};
    SCH_TRY(make_room(c, &value, room, 1));
    SCH_TRY(make_room(c, &keep, room, 1));
    for (size_t first = 0; first < cells; first += MULTIPLY_PIECE_CELLS) {
        size_t piece = smaller(cells - first, MULTIPLY_PIECE_CELLS);
        for (size_t i = 0; i < piece && c->holds; i++) {
            size_t column = (first + i) / plan->shown;
            size_t cell = (first + i) % plan->shown;
            value.word[i] = values[column * plan->shape->cells + plan->first + cell];
            keep.word[i] = c->keep.word[plan->list_of[column] * plan->shown + cell];
        }
        SCH_TRY(multiply(c, &value, &keep, piece));
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

static sch_err run_check(check *c, uint64_t *values, uint64_t *states)
{
    sch_err err = SCH_NONE;
    SCH_TRY(apply_rules(c));
    SCH_TRY(check_margins(c));
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
    check c = {.plan = &plan, .values = values};
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
    check c = {.plan = &plan, .player = {.part = SCH_PLAYS_NONE}};
    bool counted = !sch_failed(sch_cell_plan_init(&plan, shape, rules)) && !sch_failed(run_check(&c, NULL, NULL));
    return counted ? c.player.bytes : 0;
}
