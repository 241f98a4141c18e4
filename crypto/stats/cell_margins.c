/* What margins give away (cells.h). For each list of rules whose first one asks for t > 1 persons:
 *
 *   sets            those that are shown, the base cells among them, those that keep most keys first
 *   N, K            of a cell: its persons by the first rule; 1 where it may be seen
 *   L               of a cell: the fewest persons of it that released cells leave in the dark; N where no finer set is
 *                   shown
 *   D = (1 - K) L   what a cell leaves in the dark of a coarser one                                          MULTIPLY
 *
 *   each set of cells c, with each finer set of cells f that is shown and has none between them:
 *   R_c             the sum of D over the f in c
 *   v = [R_c < t] - [R_c < 1]                            1 where some are left, and too few                  LESS
 *   K_c = K_c (1 - v)                                                                                        MULTIPLY
 *   L_c             the least of the R_c over the finer sets: each step L + [R - L < 0] (R - L)              LESS,
 *                   MULTIPLY
 *
 *   then each two sets A and B of which neither keeps all keys of the other, with the cells c of the keys that both
 *   keep: their sums over c are the same number, so that if A leaves nothing of c in the dark, what B leaves is known
 *   R_c, S_c        the sums of D over A's and B's cells in c
 *   h = [R_c < 1] ([S_c < t] - [S_c < 1])                                                                    LESS,
 *                                                                                                            MULTIPLY
 *   K_a = K_a (1 - h)  of A's cells a in c                                                                   MULTIPLY
 *   and the same for B's.
 *
 * What is suppressed in the second part keeps t persons or more in the dark, or none: it never turns a sum of the first
 * part, or of another pair, from enough into too few. */
#include <string.h>

#include "crypto/stats/cell_check.h"
#include "crypto/stats/cell_sets.h"

enum {
    MAX_SETS = SCH_MAX_GROUPING_SETS + 1,
    MAX_PAIRS = MAX_SETS * (MAX_SETS - 1) / 2,
};

/* A set of cells that is shown. */
typedef struct shown_set {
    uint32_t keys;
    size_t first, cells; /* from the first shown cell on */
} shown_set;

/* Two sets and the cells of a third that both are parts of: in the first part the third is one of the two. */
typedef struct pair {
    size_t a, b;    /* a: the coarser one, or of two that cross the earlier one */
    uint32_t keys;  /* of the third */
    size_t cells;   /* of the third */
    size_t at;      /* where its words stand, of those of all pairs at hand */
    size_t rank[2]; /* pairs of a, of b before it; in the first part a's alone */
} pair;

typedef struct margins {
    sch_cell_check *c;
    size_t sets;
    shown_set set[MAX_SETS];
    sch_ring least; /* L: guarded lists x shown cells */
    sch_ring dark;  /* D, the same */
    /* the pairs at hand */
    size_t pairs, pair_cells, ranks;
    pair pair[MAX_PAIRS];
} margins;

static size_t guarded(const margins *m)
{
    return m->c->plan->guarded;
}

static const sch_cell_list *list_of(const margins *m, size_t g)
{
    return &m->c->plan->list[m->c->plan->guarded_list[g]];
}

/* K of a guarded list. */
static uint64_t *keep_of(const margins *m, size_t g)
{
    return m->c->keep.word + m->c->plan->guarded_list[g] * m->c->plan->shown;
}

/* ---- sets and pairs ---- */

static void find_sets(margins *m)
{
    const sch_cell_shape *shape = m->c->plan->shape;
    if (shape->shows_base) {
        m->set[m->sets++] = (shown_set){sch_cell_all_keys(shape), 0, shape->base};
    }
    for (size_t i = 0; i < shape->set_count; i++) {
        m->set[m->sets++] = (shown_set){shape->set[i], shape->set_first[i] - m->c->plan->first,
                                        sch_cell_set_size(shape, shape->set[i])};
    }
}

static bool is_finer(uint32_t finer, uint32_t keys)
{
    return finer != keys && (finer & keys) == keys;
}

static bool has_set_between(const margins *m, uint32_t finer, uint32_t keys)
{
    bool has = false;
    for (size_t i = 0; i < m->sets; i++) {
        has = has || (is_finer(finer, m->set[i].keys) && is_finer(m->set[i].keys, keys));
    }
    return has;
}

static void add_pair(margins *m, size_t a, size_t b, uint32_t keys, size_t rank_a, size_t rank_b)
{
    size_t cells = sch_cell_set_size(m->c->plan->shape, keys);
    m->pair[m->pairs++] = (pair){a, b, keys, cells, m->pair_cells, {rank_a, rank_b}};
    m->pair_cells += cells;
    m->ranks = rank_a + 1 > m->ranks ? rank_a + 1 : m->ranks;
    m->ranks = rank_b + 1 > m->ranks ? rank_b + 1 : m->ranks;
}

/* Of the sets that keep `kept` keys, each with its nearest finer ones. */
static void find_finer(margins *m, unsigned kept)
{
    m->pairs = m->pair_cells = m->ranks = 0;
    for (size_t a = 0; a < m->sets; a++) {
        uint32_t keys = m->set[a].keys;
        size_t rank = 0;
        for (size_t b = 0; b < a && (unsigned)__builtin_popcount(keys) == kept; b++) {
            if (is_finer(m->set[b].keys, keys) && !has_set_between(m, m->set[b].keys, keys)) {
                add_pair(m, a, b, keys, rank++, 0);
            }
        }
    }
}

static void find_crossing(margins *m)
{
    size_t rank[MAX_SETS] = {0};
    m->pairs = m->pair_cells = m->ranks = 0;
    for (size_t b = 0; b < m->sets; b++) {
        for (size_t a = 0; a < b; a++) {
            uint32_t both = m->set[a].keys & m->set[b].keys;
            if (both != m->set[a].keys && both != m->set[b].keys) {
                add_pair(m, a, b, both, rank[a]++, rank[b]++);
            }
        }
    }
}

/* ---- sums of what is in the dark ---- */

/* D of all cells. */
static sch_err find_dark(margins *m)
{
    sch_err err = SCH_NONE;
    size_t shown = m->c->plan->shown;
    sch_ring hidden = {0};
    SCH_TRY(sch_cell_check_room(m->c, &hidden, guarded(m), shown));
    for (size_t g = 0; g < guarded(m) && m->c->holds; g++) {
        const uint64_t *keep = keep_of(m, g);
        for (size_t i = 0; i < shown; i++) {
            hidden.word[g * shown + i] = m->c->one - keep[i];
        }
        memcpy(m->dark.word + g * shown, m->least.word + g * shown, shown * sizeof *m->dark.word);
    }
    SCH_TRY(sch_cell_check_multiply(m->c, &m->dark, &hidden, guarded(m) * shown));
out:
    sch_ring_clear(&hidden);
    return err;
}

/* out = the sums of a list's D over the cells of a set that are part of each of the pair's. */
static void sum_dark(uint64_t *out, const margins *m, const pair *p, size_t set, size_t g)
{
    const shown_set *finer = &m->set[set];
    const uint64_t *dark = m->dark.word + g * m->c->plan->shown + finer->first;
    memset(out, 0, p->cells * sizeof *out);
    for (uint32_t f = 0; f < finer->cells; f++) {
        out[sch_cell_project(m->c->plan->shape, finer->keys, p->keys, f)] += dark[f];
    }
}

/* sums, guarded lists x pair cells: over the b of each pair, or over the a. */
static sch_err sum_pairs(margins *m, sch_ring *sums, bool over_b)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_cell_check_room(m->c, sums, guarded(m), m->pair_cells));
    for (size_t g = 0; g < guarded(m) && m->c->holds; g++) {
        for (size_t i = 0; i < m->pairs; i++) {
            const pair *p = &m->pair[i];
            sum_dark(sums->word + g * m->pair_cells + p->at, m, p, over_b ? p->b : p->a, g);
        }
    }
out:
    return err;
}

/* few = [sums < t] - [sums < 1], none = [sums < 1]: guarded lists x pair cells; none may be NULL. */
static sch_err compare_sums(margins *m, sch_ring *few, sch_ring *none, const sch_ring *sums)
{
    sch_err err = SCH_NONE;
    size_t words = guarded(m) * m->pair_cells;
    uint64_t bound[2 * SCH_MAX_TABLE_COLUMNS];
    sch_ring both = {0};
    SCH_TRY(sch_cell_check_room(m->c, &both, 2, words));
    SCH_TRY(sch_cell_check_room(m->c, few, 1, words));
    if (none != NULL) {
        SCH_TRY(sch_cell_check_room(m->c, none, 1, words));
    }
    for (size_t g = 0; g < guarded(m); g++) {
        bound[g] = list_of(m, g)->bound;
        bound[guarded(m) + g] = 1;
    }
    for (size_t i = 0; i < words && m->c->holds; i++) {
        both.word[i] = both.word[words + i] = sums->word[i];
    }
    SCH_TRY(sch_cell_check_compare(m->c, &both, bound, 2 * guarded(m), m->pair_cells));
    for (size_t i = 0; i < words && m->c->holds; i++) {
        few->word[i] = both.word[i] - both.word[words + i];
        if (none != NULL) {
            none->word[i] = both.word[words + i];
        }
    }
out:
    sch_ring_clear(&both);
    return err;
}

/* ---- the first part ---- */

/* How words go between what is laid out by pair and what is laid out by cell of the table, for pairs of one rank. */
typedef enum direction { FROM_PAIRS, FROM_CELLS, TO_CELLS } direction;

/* Copies a's words of all pairs of a rank, list by list, to `packed` or, TO_CELLS, back. cells: of each guarded list
 * those of the table, K where it is NULL. Gives the words. */
static size_t copy_ranked(const margins *m, sch_ring *packed, sch_ring *from, size_t rank, direction way)
{
    size_t used = 0;
    for (size_t g = 0; g < guarded(m); g++) {
        for (size_t i = 0; i < m->pairs; i++) {
            const pair *p = &m->pair[i];
            if (p->rank[0] != rank) {
                continue;
            }
            if (m->c->holds) {
                uint64_t *cells = from == NULL ? keep_of(m, g) : from->word + g * m->c->plan->shown;
                uint64_t *other =
                    way == FROM_PAIRS ? from->word + g * m->pair_cells + p->at : cells + m->set[p->a].first;
                uint64_t *here = packed->word + used;
                memcpy(way == TO_CELLS ? other : here, way == TO_CELLS ? here : other, p->cells * sizeof *here);
            }
            used += p->cells;
        }
    }
    return used;
}

/* K = K (1 - v), of a set's pairs one after the other. */
static sch_err suppress_margins(margins *m, sch_ring *few)
{
    sch_err err = SCH_NONE;
    sch_ring keep = {0};
    sch_ring factor = {0};
    SCH_TRY(sch_cell_check_room(m->c, &keep, guarded(m), m->pair_cells));
    SCH_TRY(sch_cell_check_room(m->c, &factor, guarded(m), m->pair_cells));
    for (size_t rank = 0; rank < m->ranks; rank++) {
        size_t used = copy_ranked(m, &keep, NULL, rank, FROM_CELLS);
        copy_ranked(m, &factor, few, rank, FROM_PAIRS);
        for (size_t i = 0; i < used && m->c->holds; i++) {
            factor.word[i] = m->c->one - factor.word[i];
        }
        SCH_TRY(sch_cell_check_multiply(m->c, &keep, &factor, used));
        copy_ranked(m, &keep, NULL, rank, TO_CELLS);
    }
out:
    sch_ring_clear(&factor);
    sch_ring_clear(&keep);
    return err;
}

/* L of the sets that have pairs: the first R, then the lesser of that and the next. */
static sch_err find_least(margins *m, sch_ring *sums)
{
    sch_err err = SCH_NONE;
    const uint64_t zero = 0;
    sch_ring least = {0};
    sch_ring step = {0};
    sch_ring below = {0};
    SCH_TRY(sch_cell_check_room(m->c, &least, guarded(m), m->pair_cells));
    SCH_TRY(sch_cell_check_room(m->c, &step, guarded(m), m->pair_cells));
    SCH_TRY(sch_cell_check_room(m->c, &below, guarded(m), m->pair_cells));
    copy_ranked(m, &least, sums, 0, FROM_PAIRS);
    copy_ranked(m, &least, &m->least, 0, TO_CELLS);
    for (size_t rank = 1; rank < m->ranks; rank++) {
        size_t used = copy_ranked(m, &least, &m->least, rank, FROM_CELLS);
        copy_ranked(m, &step, sums, rank, FROM_PAIRS);
        for (size_t i = 0; i < used && m->c->holds; i++) {
            step.word[i] -= least.word[i];
            below.word[i] = step.word[i];
        }
        SCH_TRY(sch_cell_check_compare(m->c, &below, &zero, 1, used));
        SCH_TRY(sch_cell_check_multiply(m->c, &step, &below, used));
        for (size_t i = 0; i < used && m->c->holds; i++) {
            least.word[i] += step.word[i];
        }
        copy_ranked(m, &least, &m->least, rank, TO_CELLS);
    }
out:
    sch_ring_clear(&below);
    sch_ring_clear(&step);
    sch_ring_clear(&least);
    return err;
}

/* All sets that keep `kept` keys. */
static sch_err check_level(margins *m, unsigned kept)
{
    sch_err err = SCH_NONE;
    sch_ring sums = {0};
    sch_ring few = {0};
    find_finer(m, kept);
    if (m->pairs == 0) {
        return SCH_NONE;
    }
    SCH_TRY(find_dark(m));
    SCH_TRY(sum_pairs(m, &sums, true));
    SCH_TRY(compare_sums(m, &few, NULL, &sums));
    SCH_TRY(suppress_margins(m, &few));
    SCH_TRY(find_least(m, &sums));
out:
    sch_ring_clear(&few);
    sch_ring_clear(&sums);
    return err;
}

/* ---- the second part ---- */

/* Copies K of the sides whose pair has a rank among that side's, list by list, to `keep`, or back; and beside it the
 * factor 1 - h that the pair has for each of its cells, where `factor` is given. hides: by side. Gives the words. */
static size_t copy_sides(const margins *m, sch_ring *keep, sch_ring *factor, const sch_ring hides[2], size_t rank)
{
    size_t used = 0;
    for (size_t i = 0; i < 2 * guarded(m) * m->pairs; i++) {
        const pair *p = &m->pair[i / 2 % m->pairs];
        size_t g = i / 2 / m->pairs;
        const shown_set *set = &m->set[i % 2 == 0 ? p->a : p->b];
        if (p->rank[i % 2] != rank) {
            continue;
        }
        uint64_t *cells = m->c->holds ? keep_of(m, g) + set->first : NULL;
        for (uint32_t cell = 0; cell < set->cells && m->c->holds; cell++) {
            if (factor == NULL) {
                cells[cell] = keep->word[used + cell];
            } else {
                size_t at = g * m->pair_cells + p->at + sch_cell_project(m->c->plan->shape, set->keys, p->keys, cell);
                keep->word[used + cell] = cells[cell];
                factor->word[used + cell] = m->c->one - hides[i % 2].word[at];
            }
        }
        used += set->cells;
    }
    return used;
}

/* K = K (1 - h), of a set's pairs one after the other. */
static sch_err suppress_sides(margins *m, const sch_ring hides[2])
{
    sch_err err = SCH_NONE;
    sch_ring keep = {0};
    sch_ring factor = {0};
    SCH_TRY(sch_cell_check_room(m->c, &keep, guarded(m), m->c->plan->shown));
    SCH_TRY(sch_cell_check_room(m->c, &factor, guarded(m), m->c->plan->shown));
    for (size_t rank = 0; rank < m->ranks; rank++) {
        size_t used = copy_sides(m, &keep, &factor, hides, rank);
        SCH_TRY(sch_cell_check_multiply(m->c, &keep, &factor, used));
        copy_sides(m, &keep, NULL, hides, rank);
    }
out:
    sch_ring_clear(&factor);
    sch_ring_clear(&keep);
    return err;
}

static sch_err check_crossing(margins *m)
{
    sch_err err = SCH_NONE;
    sch_ring sums[2] = {{0}}; /* of a and of b */
    sch_ring few[2] = {{0}};
    sch_ring none[2] = {{0}};
    find_crossing(m);
    if (m->pairs == 0) {
        return SCH_NONE;
    }
    SCH_TRY(find_dark(m));
    for (size_t side = 0; side < 2; side++) {
        SCH_TRY(sum_pairs(m, &sums[side], side == 1));
        SCH_TRY(compare_sums(m, &few[side], &none[side], &sums[side]));
    }
    for (size_t side = 0; side < 2; side++) { /* h of this side's cells, in place of its `none` */
        SCH_TRY(sch_cell_check_multiply(m->c, &none[side], &few[1 - side], guarded(m) * m->pair_cells));
    }
    SCH_TRY(suppress_sides(m, none));
out:
    for (size_t side = 0; side < 2; side++) {
        sch_ring_clear(&sums[side]);
        sch_ring_clear(&few[side]);
        sch_ring_clear(&none[side]);
    }
    return err;
}

/* ---- both ---- */

static sch_err check_all(margins *m)
{
    sch_err err = SCH_NONE;
    const sch_cell_plan *plan = m->c->plan;
    find_sets(m);
    SCH_TRY(sch_cell_check_room(m->c, &m->least, guarded(m), plan->shown));
    SCH_TRY(sch_cell_check_room(m->c, &m->dark, guarded(m), plan->shown));
    for (size_t g = 0; g < guarded(m) && m->c->holds; g++) {
        const sch_cell_rule *rule = &list_of(m, g)->rule[0];
        sch_cell_check_count(m->least.word + g * plan->shown, m->c, rule->count, rule->less, plan->first, plan->shown);
    }
    for (unsigned kept = (unsigned)plan->shape->key_count; kept-- > 0;) {
        SCH_TRY(check_level(m, kept));
    }
    SCH_TRY(check_crossing(m));
out:
    sch_ring_clear(&m->dark);
    sch_ring_clear(&m->least);
    return err;
}

sch_err sch_cell_check_margins(sch_cell_check *c)
{
    margins m = {.c = c};
    return c->plan->guarded == 0 || c->plan->shape->set_count == 0 ? SCH_NONE : check_all(&m);
}
