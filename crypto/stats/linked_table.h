/* linked_table.h - the linked table: counts and sums by group over the rows that link.
 *
 * This is the composition that a job runs. For each shard: align (computation.md step 3), products of spine and data
 * columns (step 6), sums by groups that the spine knows (step 4). Over the sums of all shards: the threshold (step 7).
 * After it the spine and the helper hold shares of the released cells and nobody has seen one (step 8 seals them).
 *
 * Shape of the table. Each row of the spine has a group, 0 <= group < groups. A table column j is
 *     j <  data_columns   the data owner's column j, summed over the linked rows of each group;
 *     j >= data_columns   product number j - data_columns: a spine column times a data column, summed likewise.
 * Data column 0 is 1 for every row of the data owner ("linked") wherever the wide form is not used.
 * Each table column has a guard: the number of a table column that counts the persons behind it, in the same group.
 * Where the guard's count is below min_persons the cell is multiplied by 0. Guards guard themselves.
 * All values are ring elements (integers modulo 2^64), column-major: column j is groups consecutive words. */
#ifndef SCH_CRYPTO_STATS_LINKED_TABLE_H
#define SCH_CRYPTO_STATS_LINKED_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/ident/tag.h"
#include "crypto/protocol/trio.h"

enum {
    SCH_MAX_GROUPS = 100000,
    SCH_MAX_TABLE_COLUMNS = 256,
};

typedef struct sch_product {
    uint16_t spine_column; /* of sch_spine_rows */
    uint16_t data_column;  /* of sch_data_rows */
} sch_product;

/* Public to all three parties, and equal at all three. */
typedef struct sch_table_shape {
    uint32_t groups; /* 1 to SCH_MAX_GROUPS */
    uint16_t data_columns;
    uint16_t spine_columns;
    uint16_t products;
    sch_product product[SCH_MAX_TABLE_COLUMNS];
    uint16_t guard[SCH_MAX_TABLE_COLUMNS]; /* per table column */
    /* of a guard: where the rules show zeros, a count of 0 under it may be told. Not of a guard that counts the persons who
     * have a value: in a cell of few persons its 0 would say that none of these few has one. */
    bool tells_zero[SCH_MAX_TABLE_COLUMNS];
} sch_table_shape;

static inline uint16_t sch_table_columns(const sch_table_shape *shape)
{
    return (uint16_t)(shape->data_columns + shape->products);
}

/* Checks that every number in a shape is within its range and every guard guards itself. Errors: SCH_BUG. */
sch_err sch_table_shape_check(const sch_table_shape *shape);

/* The spine's rows of one shard; borrowed, secret. */
typedef struct sch_spine_rows {
    size_t rows;
    const sch_tag *tag;            /* rows */
    const uint32_t *group;         /* rows, each < shape->groups */
    const uint64_t *const *column; /* spine_columns pointers to rows words */
} sch_spine_rows;

/* The data owner's rows of one shard; borrowed, secret. */
typedef struct sch_data_rows {
    size_t rows;
    const sch_tag *tag;
    const uint64_t *const *column; /* data_columns pointers to rows words */
} sch_data_rows;

/* What the helper learns from one shard. */
typedef struct sch_shard_facts {
    size_t links;
} sch_shard_facts;

/* Time spent per step, for the spans that nodes record; nanoseconds on the trio's clock (zero where it has none), with
 * the waiting for the other parties. join_ns is the helper's join alone, and not part of align_ns. */
typedef struct sch_shard_times {
    uint64_t join_ns, align_ns, product_ns, group_ns;
} sch_shard_times;

/* One shard, one function a party; all three run at the same time over their trio.
 * spine_rows, data_rows: public sizes of this shard, both known to all. sums: columns x groups words; spine and helper
 * add their share of the shard's sums to it (the caller zeroes it before the first shard and gives each worker its
 * own).
 * Cost: for c table columns of which p are products, all parties together send 24 + 8 (3 c - p) + 24 p bytes a
 * spine row, 16 + 8 (c - p) a data row and 8 + 16 c a group, in at most 11 messages in sequence. Memory at each party
 * about three tables of 8 bytes a row and column. times may be NULL.
 * Errors: SCH_BAD_INPUT where a tag occurs twice on one side (at the helper; the others then see the job end),
 * SCH_BAD_PEER, SCH_TRY_AGAIN, SCH_IO from the link, SCH_NO_MEMORY. */
sch_err sch_linked_table_spine(const sch_trio *trio, uint64_t *sums, const sch_table_shape *shape,
                               const sch_spine_rows *spine, size_t data_rows, sch_shard_times *times);
sch_err sch_linked_table_data(const sch_trio *trio, const sch_table_shape *shape, const sch_data_rows *data,
                              size_t spine_rows, sch_shard_times *times);
sch_err sch_linked_table_helper(const sch_trio *trio, uint64_t *sums, sch_shard_facts *facts,
                                const sch_table_shape *shape, size_t spine_rows, size_t data_rows,
                                sch_shard_times *times);

/* Which duplicate made SCH_BAD_INPUT: the text says which side. */

/* Disclosure rules that hold for the whole table; the strictest of the owners'. */
typedef struct sch_disclosure {
    uint32_t min_persons; /* 0 and 1 release every cell that counts anybody */
    /* true: a cell whose guard counts 0 is released as zero, where that guard tells_zero; false: it is suppressed like any
     * small one */
    bool show_zero;
} sch_disclosure;

/* What is said of a cell. The analyst sees it; no node does. */
typedef enum sch_cell_state {
    SCH_CELL_RELEASED = 1,   /* the value is the sum */
    SCH_CELL_ZERO = 2,       /* nobody is in it, and the owners let that be known */
    SCH_CELL_SUPPRESSED = 0, /* fewer than min_persons persons; the value is 0 and means nothing */
} sch_cell_state;

/* Applies the rules to the finished sums. One trio of its own (shard number SCH_SHARD_CELLS). values: columns x groups
 * words, replaced by shares of released cells. states: columns x groups words, shares of the sch_cell_state of each
 * cell. The helper and the spine pass their shares; the data owner assists and passes neither.
 * Errors: as above. */
sch_err sch_disclosure_spine(const sch_trio *trio, uint64_t *values, uint64_t *states, const sch_table_shape *shape,
                             const sch_disclosure *rules);
sch_err sch_disclosure_data(const sch_trio *trio, const sch_table_shape *shape, const sch_disclosure *rules);
sch_err sch_disclosure_helper(const sch_trio *trio, uint64_t *values, uint64_t *states, const sch_table_shape *shape,
                              const sch_disclosure *rules);

#endif
