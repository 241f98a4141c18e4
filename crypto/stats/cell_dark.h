/* cell_dark.h - what released cells leave in the dark, count by count: what cell_margins.c and cell_crossing.c work on.
 * Notation in cell_margins.c. */
#ifndef SCH_CRYPTO_STATS_CELL_DARK_H
#define SCH_CRYPTO_STATS_CELL_DARK_H

#include "crypto/stats/cell_check.h"
#include "crypto/stats/cell_sets.h"

enum {
    SCH_DARK_MAX_SETS = SCH_MAX_GROUPING_SETS + 1,
    SCH_DARK_MAX_PAIRS = SCH_DARK_MAX_SETS * (SCH_DARK_MAX_SETS - 1) / 2,
    SCH_DARK_MAX_COUNTS = (SCH_MAX_COLUMN_RULES + 1) * SCH_MAX_TABLE_COLUMNS,
    SCH_DARK_EVERY_COUNT = SCH_MAX_COLUMN_RULES, /* in place of a turn */
};

/* A set of cells that is shown. */
typedef struct sch_shown_set {
    uint32_t keys;
    size_t first, cells; /* from the first shown cell on */
} sch_shown_set;

/* Two sets and the cells of a third that both are parts of: in cell_margins.c the third is one of the two. */
typedef struct sch_set_pair {
    size_t a, b;    /* a: the coarser one, or of two that cross the earlier one */
    uint32_t keys;  /* of the third */
    size_t cells;   /* of the third */
    size_t at;      /* where its words stand, of those of all pairs at hand */
    size_t rank[2]; /* pairs of a, of b before it; in cell_margins.c a's alone */
} sch_set_pair;

/* One of a pair's two sets: 0 is a, 1 is b. */
typedef struct sch_pair_side {
    uint16_t pair, side;
} sch_pair_side;

/* What N is, for one list. */
typedef struct sch_dark_count {
    size_t list;
    const sch_cell_rule *rule; /* NULL: cells */
    uint64_t bound;            /* t */
    size_t turn;               /* the rule's number among those of its list that are counted by */
    size_t none;            /* the count that is 0 where it may be known that none are left: its own, or the cells' */
    size_t few_at, none_at; /* spans of the comparisons at hand: [< t] of a rule, [< 1] */
} sch_dark_count;

typedef struct sch_cell_dark {
    sch_cell_check *c; /* borrowed */
    size_t sets;
    sch_shown_set set[SCH_DARK_MAX_SETS];
    size_t counts, rules, untold, turns;   /* rules: counts by one; untold: those that do not tell zeros */
    size_t rules_of[SCH_MAX_COLUMN_RULES]; /* by turn */
    sch_dark_count count[SCH_DARK_MAX_COUNTS];
    sch_ring least; /* L: counts x shown cells */
    sch_ring dark;  /* D, the same */
    /* the pairs at hand */
    size_t pairs, pair_cells, ranks, spans;
    sch_set_pair pair[SCH_DARK_MAX_PAIRS];
    sch_pair_side side[2 * SCH_DARK_MAX_PAIRS]; /* by rank, and then as the pairs stand */
    size_t rank_first[SCH_DARK_MAX_SETS + 1];   /* the first side of each rank; the number of sides after the last */
    size_t rank_cells[SCH_DARK_MAX_SETS];       /* of the sets that the sides of a rank are */
} sch_cell_dark;

/* Finds sets and counts; L is N in all cells. d: zeroed but for c; clear it in any case. Errors: SCH_NO_MEMORY. */
sch_err sch_cell_dark_init(sch_cell_dark *d);
void sch_cell_dark_clear(sch_cell_dark *d);

/* Adds one to the pairs at hand, of which there are none at first and after _drop_pairs. */
void sch_cell_dark_add_pair(sch_cell_dark *d, size_t a, size_t b, uint32_t keys, size_t rank_a, size_t rank_b);
void sch_cell_dark_drop_pairs(sch_cell_dark *d);

/* Once all pairs are there: puts the first one or two sides of each in the order of their ranks. */
void sch_cell_dark_sort_sides(sch_cell_dark *d, size_t sides);

/* D of a set. Errors: MULTIPLY's. */
sch_err sch_cell_dark_find(sch_cell_dark *d, const sch_shown_set *set);

/* sums, counts x pair cells: by each count, D over the cells of the b of each pair, or of the a, that are part of each
 * of the pair's. Errors: SCH_NO_MEMORY. */
sch_err sch_cell_dark_sum(sch_cell_dark *d, sch_ring *sums, bool over_b);

/* below, spans x pair cells: sums compared with t by each rule, and with 1 by each count, or by those alone that the
 * `none` of a rule is. Errors: LESS's. */
sch_err sch_cell_dark_compare(sch_cell_dark *d, sch_ring *below, const sch_ring *sums, bool all);

/* K = K (1 - h) for all sets that cross (cell_crossing.c), once D of all is found. Errors: the protocols'. */
sch_err sch_cell_dark_check_crossing(sch_cell_dark *d);

static inline bool sch_cell_dark_is_rule(const sch_cell_dark *d, size_t q)
{
    return d->count[q].rule != NULL;
}

static inline bool sch_cell_dark_tells_zero(const sch_cell_dark *d, size_t q)
{
    return d->count[q].none == q;
}

static inline bool sch_cell_dark_has_turn(const sch_cell_dark *d, size_t q, size_t turn)
{
    return turn == SCH_DARK_EVERY_COUNT || (sch_cell_dark_is_rule(d, q) && d->count[q].turn == turn);
}

/* Words of the sets of a rank, one run of them for each count that has the turn. Known without a look at either: a
 * party that only counts would otherwise go over all counts and pairs for each rank and turn. */
static inline size_t sch_cell_dark_words(const sch_cell_dark *d, size_t rank, size_t turn)
{
    return d->rank_cells[rank] * (turn == SCH_DARK_EVERY_COUNT ? d->counts : d->rules_of[turn]);
}

/* At a holder: K of a count's list. */
static inline uint64_t *sch_cell_dark_keep(const sch_cell_dark *d, size_t q)
{
    return d->c->keep.word + d->count[q].list * d->c->plan->shown;
}

/* At a holder: [< t] and [< 1] by a count, of what was compared last. */
static inline const uint64_t *sch_cell_dark_few(const sch_cell_dark *d, const sch_ring *below, size_t q)
{
    return below->word + d->count[q].few_at * d->pair_cells;
}

static inline const uint64_t *sch_cell_dark_none(const sch_cell_dark *d, const sch_ring *below, size_t q)
{
    return below->word + d->count[q].none_at * d->pair_cells;
}

#endif
