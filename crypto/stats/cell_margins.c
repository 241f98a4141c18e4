/* What margins give away (cells.h). For each list of rules of which some ask for t > 1 persons:
 *
 *   sets            those that are shown, the base cells among them, those that keep most keys first
 *   N               of a cell, counted in several ways: the persons by each rule with t > 1; and, where one of these
 *                   does not tell zeros, the cells themselves: 1, or 0 where column 0 tells that nobody is in the cell
 *   K               of a cell: 1 where it may be seen
 *   L               of a cell, by each count: the least of it that released cells leave in the dark; N where no finer
 *                   set is shown
 *   D = (1 - K) L   what a cell leaves in the dark of a coarser one                                          MULTIPLY
 *
 *   each set of cells c, with each finer set of cells f that is shown and has none between them:
 *   R_c             the sum of D over the f in c; U_c is that of the cells
 *   v = [R_c < t] - [R_c < 1]     1 where some are left, and too few                                         LESS
 *   v = [R_c < t] - [U_c < 1]     where the rule does not tell zeros: none are too few, if a cell is left
 *   K_c = K_c (1 - v)             by each rule                                                               MULTIPLY
 *   L_c             the least of the R_c over the finer sets: each step L + [R - L < 0] (R - L)              LESS,
 *                   MULTIPLY
 *
 *   then what sets that cross tell together        cell_crossing.c */
#include <string.h>

#include "crypto/stats/cell_dark.h"

/* ---- sets ---- */

/* Whether one set of keys has all of another, and more. */
static bool is_finer(uint32_t finer, uint32_t keys)
{
    return finer != keys && (finer & keys) == keys;
}

static bool has_set_between(const sch_cell_dark *d, uint32_t finer, uint32_t keys)
{
    bool has = false;
    for (size_t i = 0; i < d->sets; i++) {
        has = has || (is_finer(finer, d->set[i].keys) && is_finer(d->set[i].keys, keys));
    }
    return has;
}

static unsigned kept_by(const sch_cell_dark *d, size_t set)
{
    return (unsigned)__builtin_popcount(d->set[set].keys);
}

/* Whether it matters what a set leaves in the dark: there is a coarser one, or one that it crosses. */
static bool is_looked_into(const sch_cell_dark *d, size_t set)
{
    bool is = false;
    for (size_t i = 0; i < d->sets; i++) {
        is = is || (i != set && !is_finer(d->set[i].keys, d->set[set].keys));
    }
    return is;
}

/* Of the sets that keep `kept` keys, each with its nearest finer ones. */
static void find_finer(sch_cell_dark *d, unsigned kept)
{
    sch_cell_dark_drop_pairs(d);
    for (size_t a = 0; a < d->sets; a++) {
        uint32_t keys = d->set[a].keys;
        size_t rank = 0;
        for (size_t b = 0; b < a && kept_by(d, a) == kept; b++) {
            if (is_finer(d->set[b].keys, keys) && !has_set_between(d, d->set[b].keys, keys)) {
                sch_cell_dark_add_pair(d, a, b, keys, rank++, 0);
            }
        }
    }
    sch_cell_dark_sort_sides(d, 1);
}

/* ---- K and L ---- */

/* 1 - v, counts x pair cells, of the rules. */
static sch_err find_factors(sch_cell_dark *d, sch_ring *factor, const sch_ring *sums)
{
    sch_err err = SCH_NONE;
    sch_ring below = {0};
    SCH_TRY(sch_cell_dark_compare(d, &below, sums, false));
    SCH_TRY(sch_cell_check_room(d->c, factor, d->counts, d->pair_cells));
    for (size_t q = 0; q < d->counts && d->c->holds; q++) {
        uint64_t *out = factor->word + q * d->pair_cells;
        for (size_t i = 0; i < d->pair_cells && sch_cell_dark_is_rule(d, q); i++) {
            out[i] =
                d->c->one - sch_cell_dark_few(d, &below, q)[i] + sch_cell_dark_none(d, &below, d->count[q].none)[i];
        }
    }
out:
    sch_ring_clear(&below);
    return err;
}

/* How words go between what is laid out by pair and what is laid out by cell of the table, for pairs of one rank. */
typedef enum direction { FROM_PAIRS, FROM_CELLS, TO_CELLS } direction;

/* At a holder: copies a's words of all pairs of a rank, by each count that has the turn, to `packed` or, TO_CELLS,
 * back. from: words by pair or by cell, K where it is NULL. */
static void copy_ranked(const sch_cell_dark *d, sch_ring *packed, sch_ring *from, direction way, size_t rank,
                        size_t turn)
{
    size_t used = 0;
    for (size_t q = 0; q < d->counts && d->c->holds; q++) {
        uint64_t *cells = from == NULL ? sch_cell_dark_keep(d, q) : from->word + q * d->c->plan->shown;
        for (size_t i = d->rank_first[rank]; i < d->rank_first[rank + 1] && sch_cell_dark_has_turn(d, q, turn); i++) {
            const sch_set_pair *p = &d->pair[d->side[i].pair];
            uint64_t *other = way == FROM_PAIRS ? from->word + q * d->pair_cells + p->at : cells + d->set[p->a].first;
            uint64_t *here = packed->word + used;
            memcpy(way == TO_CELLS ? other : here, way == TO_CELLS ? here : other, p->cells * sizeof *here);
            used += p->cells;
        }
    }
}

/* K = K (1 - v), of a set's pairs and a list's rules one after the other. */
static sch_err suppress_margins(sch_cell_dark *d, sch_ring *factor)
{
    sch_err err = SCH_NONE;
    sch_ring keep = {0};
    sch_ring by = {0};
    SCH_TRY(sch_cell_check_room(d->c, &keep, d->counts, d->pair_cells));
    SCH_TRY(sch_cell_check_room(d->c, &by, d->counts, d->pair_cells));
    for (size_t i = 0; i < d->ranks * d->turns; i++) {
        copy_ranked(d, &keep, NULL, FROM_CELLS, i / d->turns, i % d->turns);
        copy_ranked(d, &by, factor, FROM_PAIRS, i / d->turns, i % d->turns);
        SCH_TRY(sch_cell_check_multiply(d->c, &keep, &by, sch_cell_dark_words(d, i / d->turns, i % d->turns)));
        copy_ranked(d, &keep, NULL, TO_CELLS, i / d->turns, i % d->turns);
    }
out:
    sch_ring_clear(&by);
    sch_ring_clear(&keep);
    return err;
}

/* L of the sets that have pairs: the first R, then the lesser of that and the next. */
static sch_err find_least(sch_cell_dark *d, sch_ring *sums)
{
    sch_err err = SCH_NONE;
    const uint64_t zero = 0;
    sch_ring least = {0};
    sch_ring step = {0};
    sch_ring below = {0};
    SCH_TRY(sch_cell_check_room(d->c, &least, d->counts, d->pair_cells));
    SCH_TRY(sch_cell_check_room(d->c, &step, d->counts, d->pair_cells));
    SCH_TRY(sch_cell_check_room(d->c, &below, d->counts, d->pair_cells));
    copy_ranked(d, &least, sums, FROM_PAIRS, 0, SCH_DARK_EVERY_COUNT);
    copy_ranked(d, &least, &d->least, TO_CELLS, 0, SCH_DARK_EVERY_COUNT);
    for (size_t rank = 1; rank < d->ranks; rank++) {
        size_t used = sch_cell_dark_words(d, rank, SCH_DARK_EVERY_COUNT);
        copy_ranked(d, &least, &d->least, FROM_CELLS, rank, SCH_DARK_EVERY_COUNT);
        copy_ranked(d, &step, sums, FROM_PAIRS, rank, SCH_DARK_EVERY_COUNT);
        for (size_t i = 0; i < used && d->c->holds; i++) {
            step.word[i] -= least.word[i];
            below.word[i] = step.word[i];
        }
        SCH_TRY(sch_cell_check_compare(d->c, &below, &zero, 1, used));
        SCH_TRY(sch_cell_check_multiply(d->c, &step, &below, used));
        for (size_t i = 0; i < used && d->c->holds; i++) {
            least.word[i] += step.word[i];
        }
        copy_ranked(d, &least, &d->least, TO_CELLS, rank, SCH_DARK_EVERY_COUNT);
    }
out:
    sch_ring_clear(&below);
    sch_ring_clear(&step);
    sch_ring_clear(&least);
    return err;
}

/* All sets that keep `kept` keys: their K and L, then D. */
static sch_err check_level(sch_cell_dark *d, unsigned kept)
{
    sch_err err = SCH_NONE;
    sch_ring sums = {0};
    sch_ring factor = {0};
    find_finer(d, kept);
    if (d->pairs > 0) {
        SCH_TRY(sch_cell_dark_sum(d, &sums, true));
        SCH_TRY(find_factors(d, &factor, &sums));
        SCH_TRY(suppress_margins(d, &factor));
        SCH_TRY(find_least(d, &sums));
    }
    for (size_t s = 0; s < d->sets; s++) {
        if (kept_by(d, s) == kept && is_looked_into(d, s)) {
            SCH_TRY(sch_cell_dark_find(d, &d->set[s]));
        }
    }
out:
    sch_ring_clear(&factor);
    sch_ring_clear(&sums);
    return err;
}

/* ---- all ---- */

static sch_err check_all(sch_cell_dark *d)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_cell_dark_init(d));
    for (unsigned kept = (unsigned)d->c->plan->shape->key_count + 1; kept-- > 0;) {
        SCH_TRY(check_level(d, kept));
    }
    SCH_TRY(sch_cell_dark_check_crossing(d));
out:
    sch_cell_dark_clear(d);
    return err;
}

sch_err sch_cell_check_margins(sch_cell_check *c)
{
    sch_cell_dark d = {.c = c};
    return c->plan->guarded == 0 || c->plan->shape->set_count == 0 ? SCH_NONE : check_all(&d);
}
