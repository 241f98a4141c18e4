/* cells.h - what happens to finished cells before anyone may see them: margins, and disclosure control.
 *
 * Cells. The table has columns x cells words, column by column; the first `base` cells are the combinations of all
 * keys, cell = sum of code x stride over the keys. Behind them stand the margins: for each grouping set, in its order,
 * the combinations of the keys that it keeps, numbered in the order of the kept keys with the last one's codes next to
 * each other. A margin is the sum of the base cells in it. A set that keeps all keys stands for the base cells and has
 * no cells of its own; where no set does, base cells are not shown (shows_base), but margins are made of them.
 *
 * The sets of a shape are the margins; a set of all keys is not one of them.
 *
 * Rules. Each column has up to twelve; each looks at a count of persons N = value[count] - value[less] in the same
 * cell, and is kept where N is at least `times` x min_persons (at least 1), or where N is 0 and the rule and the owners
 * let zeros be known. A cell that breaks one is multiplied by 0 before anyone opens anything. The first rule of a
 * column decides its state where N is 0.
 *
 * A column may be shown only with another one: a cell of it is kept where the other's is kept as well, margins
 * considered. So columns that add up to another one say nothing of it where that is suppressed.
 *
 * Margins and what they would give away: a margin less the released ones of the cells that it is made of is the sum of
 * the suppressed ones, and where these are margins themselves, less what is released of them, and so on. So by each
 * rule of its column that asks for more than one person, what released cells leave in the dark of a cell has to count
 * as many as the rule asks for (times x min_persons), or nobody: else the cell is suppressed. Where the rule does not
 * tell zeros, nobody is too few as well, unless no cell is left in the dark but those whose state in column 0 is
 * SCH_CELL_ZERO: it counts everybody, and where it says that nobody is in a cell all counts are 0. Cells are in the
 * dark for whatever reason they are suppressed. Sets are taken from those that keep most keys to those that keep
 * fewest, and of several ways to take a suppressed cell apart the one counts that leaves fewest. And where two sets
 * cross, so that each keeps a key that the other lacks, both have the same sums over the keys that both keep: where
 * one leaves nothing of such a sum in the dark and the other too few, the cells of the first are suppressed in it. So
 * nothing about too few persons follows from a ROLLUP; what follows where cells of sets that cross are put together in
 * other ways is not looked for.
 *
 * Source: computation.md step 7; Hundepool and others 2012 ("Statistical Disclosure Control"), sections 4.2 (threshold
 * rule) and 4.4 (secondary suppression). */
#ifndef SCH_CRYPTO_STATS_CELLS_H
#define SCH_CRYPTO_STATS_CELLS_H

#include "crypto/protocol/seat.h"
#include "crypto/stats/table_shape.h"

#define SCH_NO_COLUMN UINT16_MAX

enum { SCH_MAX_KEYS = 16, SCH_MAX_GROUPING_SETS = 64, SCH_MAX_COLUMN_RULES = 12 };

typedef struct sch_cell_rule {
    uint16_t count; /* column */
    uint16_t less;  /* column, or SCH_NO_COLUMN */
    uint32_t times; /* rows that one person may have in a cell: 1 where the count is one of persons */
    bool zero;      /* N = 0 may be told where the owners let zeros be known */
} sch_cell_rule;

typedef struct sch_cell_shape {
    uint32_t base;  /* cells without the margins; the product of the keys' domains */
    uint32_t cells; /* with them; at most SCH_MAX_GROUPS */
    bool shows_base;
    uint16_t columns; /* column 0 counts everybody */
    size_t key_count;
    uint32_t domain[SCH_MAX_KEYS], stride[SCH_MAX_KEYS];
    size_t set_count; /* margins, the finest first: a set stands before those that keep fewer of its keys */
    uint32_t set[SCH_MAX_GROUPING_SETS];       /* bit k: key k is kept */
    uint32_t set_first[SCH_MAX_GROUPING_SETS]; /* its first cell */
    uint8_t rule_count[SCH_MAX_TABLE_COLUMNS]; /* 1 to SCH_MAX_COLUMN_RULES */
    sch_cell_rule rule[SCH_MAX_TABLE_COLUMNS][SCH_MAX_COLUMN_RULES];
    uint16_t shown_with[SCH_MAX_TABLE_COLUMNS]; /* 0, or the other column, which is itself shown with none */
} sch_cell_shape;

/* Errors: SCH_BUG. */
sch_err sch_cell_shape_check(const sch_cell_shape *shape);

/* Rules that hold for the whole table; the strictest of the owners'. */
typedef struct sch_disclosure {
    uint32_t min_persons; /* 0 and 1 release every cell that counts anybody */
    bool show_zero;       /* it may be known that nobody is in a cell */
} sch_disclosure;

/* What is said of a cell. The analyst sees it; no node does. */
typedef enum sch_cell_state {
    SCH_CELL_RELEASED = 1,   /* the value is the sum */
    SCH_CELL_ZERO = 2,       /* the first rule's count is 0, and the owners let that be known */
    SCH_CELL_SUPPRESSED = 0, /* a rule is broken; the value is 0 and means nothing */
} sch_cell_state;

/* Fills the margins of a holder's share: values is columns x cells words of which the base cells are filled. No
 * messages. */
void sch_cells_add_margins(uint64_t *values, const sch_cell_shape *shape);

/* Applies the rules. One seat of its own (shard number SCH_SHARD_CELLS). values: columns x cells words with margins,
 * replaced by shares of released cells. states: columns x cells words, shares of the sch_cell_state of each cell. cast:
 * `spine` and `second` hold and pass their shares, `third` assists and passes neither; others do not call it. Where
 * base cells are not shown they are all suppressed. N is never negative.
 * Cost: sch_cells_bytes. For each cell that is shown: a LESS for each comparison that differs (one a rule, one more
 * where it tells zeros and asks for more than one person), a product a column; for each list of rules that differs, a
 * product for each rule but the first and one more where zeros are told.
 * Where there are margins, for each list and rule of it that asks for more than one person, and once more for each
 * list with such a rule that does not tell zeros (its cells are counted): a product for each shown cell of a set that
 * is part of another or crosses one; for each margin and nearest finer set that is shown two LESS and a product (a
 * rule that does not tell zeros: one LESS; the cells: one LESS), and a LESS and a product more for each such set but
 * the first; for each two sets that cross four LESS and two products for each cell of the keys that both keep (a rule
 * that does not tell zeros: two products more; the cells: two LESS), and by each rule a product for each of their
 * cells.
 * For each list that is shown with another column a product, and one more where zeros are told.
 * Memory: about 3 words for each comparison, list, rule and cell. Errors: as the protocols', SCH_BUG. */
sch_err sch_cells_disclose(const sch_seat *seat, uint64_t *values, uint64_t *states, const sch_cell_shape *shape,
                           const sch_disclosure *rules, const sch_cast *cast);

/* Moves a member's finished sums (columns x groups words, held by from->spine and from->second) to the two holders of
 * `to` and adds them there. seat: of a shard number of its own. sums: this party's share where it is one of the first
 * two; total: where it is one of the last two, else NULL; both may be given, and are not the same words. A party that
 * is neither sends nothing. Cost: a message of 8 bytes a word for each holder of `from` that is none of `to`. Errors:
 * RESHARE's, SCH_BUG where a holder's share is NULL or one party holds twice. */
sch_err sch_cells_move(const sch_seat *seat, uint64_t *total, const uint64_t *sums, size_t words, const sch_cast *from,
                       const sch_cast *to);

/* Bytes that all parties send for sch_cells_disclose, messages only; 0 for a shape that cannot be. */
uint64_t sch_cells_bytes(const sch_cell_shape *shape, const sch_disclosure *rules);

#endif
