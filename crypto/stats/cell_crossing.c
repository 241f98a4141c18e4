/* What sets that cross tell together (cell_margins.c has the letters).
 *
 *   each two sets A and B of which neither keeps all keys of the other, with the cells c of the keys that both keep:
 *   their sums over c are the same number, so that if A leaves nothing of c in the dark, what B leaves is known
 *   R, S            the sums of D over A's and B's cells in c; U, V those of the cells
 *   h = [R < 1] ([S < t] - [S < 1])                                                                  LESS, MULTIPLY
 *       + [U < 1] ([S < 1] - [V < 1])     where the rule does not tell zeros
 *   K_a = K_a (1 - h)  of A's cells a in c, by each rule                                                     MULTIPLY
 *   and the same for B's.
 *
 * What is suppressed here keeps t persons or more in the dark by each rule, or none where that is told: it never turns
 * a sum of the first part, or of another pair, from enough into too few. */
#include <string.h>

#include "crypto/stats/cell_dark.h"

static void find_crossing(sch_cell_dark *d)
{
    size_t rank[SCH_DARK_MAX_SETS] = {0};
    sch_cell_dark_drop_pairs(d);
    for (size_t b = 0; b < d->sets; b++) {
        for (size_t a = 0; a < b; a++) {
            uint32_t both = d->set[a].keys & d->set[b].keys;
            if (both != d->set[a].keys && both != d->set[b].keys) {
                sch_cell_dark_add_pair(d, a, b, both, rank[a]++, rank[b]++);
            }
        }
    }
    sch_cell_dark_sort_sides(d, 2);
}

/* The factors of h for one side's cells, one run of pair cells after the other: first those of each rule, then those of
 * each rule that does not tell zeros. own, other: the comparisons of that side and of the other one. */
static void put_hiding(const sch_cell_dark *d, sch_ring *known, sch_ring *left, const sch_ring *own,
                       const sch_ring *other)
{
    size_t used = 0;
    for (size_t i = 0; i < 2 * d->counts; i++) {
        size_t q = i % d->counts;
        bool first = i < d->counts;
        if (!sch_cell_dark_is_rule(d, q) || (!first && sch_cell_dark_tells_zero(d, q))) {
            continue;
        }
        const uint64_t *less = sch_cell_dark_none(d, other, first ? q : d->count[q].none);
        const uint64_t *from = first ? sch_cell_dark_few(d, other, q) : sch_cell_dark_none(d, other, q);
        memcpy(known->word + used, sch_cell_dark_none(d, own, first ? q : d->count[q].none),
               d->pair_cells * sizeof *less);
        sch_ring_sub(left->word + used, from, less, d->pair_cells);
        used += d->pair_cells;
    }
}

/* factor = 1 - h, counts x pair cells, of the rules. */
static sch_err find_hiding(sch_cell_dark *d, sch_ring *factor, const sch_ring *own, const sch_ring *other)
{
    sch_err err = SCH_NONE;
    size_t runs = d->rules + d->untold;
    size_t used[2] = {0, d->rules * d->pair_cells};
    sch_ring known = {0};
    sch_ring left = {0};
    SCH_TRY(sch_cell_check_room(d->c, &known, runs, d->pair_cells));
    SCH_TRY(sch_cell_check_room(d->c, &left, runs, d->pair_cells));
    SCH_TRY(sch_cell_check_room(d->c, factor, d->counts, d->pair_cells));
    if (d->c->holds) {
        put_hiding(d, &known, &left, own, other);
    }
    SCH_TRY(sch_cell_check_multiply(d->c, &known, &left, runs * d->pair_cells));
    for (size_t q = 0; q < d->counts && d->c->holds; q++) {
        uint64_t *out = factor->word + q * d->pair_cells;
        for (size_t i = 0; i < d->pair_cells && sch_cell_dark_is_rule(d, q); i++) {
            out[i] = d->c->one - known.word[used[0]++] - (sch_cell_dark_tells_zero(d, q) ? 0 : known.word[used[1]++]);
        }
    }
out:
    sch_ring_clear(&left);
    sch_ring_clear(&known);
    return err;
}

/* At a holder: copies K of the sides of a rank, by each rule that has the turn, to `keep`, or back; and beside it the
 * factor that the pair has for each of its cells, where `by` is given. factor: by side. */
static void copy_sides(const sch_cell_dark *d, sch_ring *keep, sch_ring *by, const sch_ring factor[2], size_t rank,
                       size_t turn)
{
    size_t used = 0;
    for (size_t q = 0; q < d->counts && d->c->holds; q++) {
        for (size_t i = d->rank_first[rank]; i < d->rank_first[rank + 1] && sch_cell_dark_has_turn(d, q, turn); i++) {
            const sch_set_pair *p = &d->pair[d->side[i].pair];
            const sch_shown_set *set = &d->set[d->side[i].side == 0 ? p->a : p->b];
            uint64_t *cells = sch_cell_dark_keep(d, q) + set->first;
            for (uint32_t cell = 0; cell < set->cells; cell++, used++) {
                if (by == NULL) {
                    cells[cell] = keep->word[used];
                    continue;
                }
                size_t at = q * d->pair_cells + p->at + sch_cell_project(d->c->plan->shape, set->keys, p->keys, cell);
                keep->word[used] = cells[cell];
                by->word[used] = factor[d->side[i].side].word[at];
            }
        }
    }
}

/* K = K (1 - h), of a set's pairs and a list's rules one after the other. */
static sch_err suppress_sides(sch_cell_dark *d, const sch_ring factor[2])
{
    sch_err err = SCH_NONE;
    sch_ring keep = {0};
    sch_ring by = {0};
    SCH_TRY(sch_cell_check_room(d->c, &keep, d->rules, d->c->plan->shown));
    SCH_TRY(sch_cell_check_room(d->c, &by, d->rules, d->c->plan->shown));
    for (size_t i = 0; i < d->ranks * d->turns; i++) {
        copy_sides(d, &keep, &by, factor, i / d->turns, i % d->turns);
        SCH_TRY(sch_cell_check_multiply(d->c, &keep, &by, sch_cell_dark_words(d, i / d->turns, i % d->turns)));
        copy_sides(d, &keep, NULL, NULL, i / d->turns, i % d->turns);
    }
out:
    sch_ring_clear(&by);
    sch_ring_clear(&keep);
    return err;
}

sch_err sch_cell_dark_check_crossing(sch_cell_dark *d)
{
    sch_err err = SCH_NONE;
    sch_ring sums[2] = {{0}}; /* of a and of b */
    sch_ring below[2] = {{0}};
    sch_ring factor[2] = {{0}};
    find_crossing(d);
    if (d->pairs == 0) {
        return SCH_NONE;
    }
    for (size_t side = 0; side < 2; side++) {
        SCH_TRY(sch_cell_dark_sum(d, &sums[side], side == 1));
        SCH_TRY(sch_cell_dark_compare(d, &below[side], &sums[side], true));
    }
    for (size_t side = 0; side < 2; side++) {
        SCH_TRY(find_hiding(d, &factor[side], &below[side], &below[1 - side]));
    }
    SCH_TRY(suppress_sides(d, factor));
out:
    for (size_t side = 0; side < 2; side++) {
        sch_ring_clear(&sums[side]);
        sch_ring_clear(&below[side]);
        sch_ring_clear(&factor[side]);
    }
    return err;
}
