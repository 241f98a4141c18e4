/* linked_table.h - the linked table: sums by group over the rows of the spine, with the columns of all data owners.
 *
 * This is the composition that a job runs for each shard: each data owner's columns are aligned to the spine's rows,
 * with several passes those that do not go on are dropped, and what is left is brought to the spine and `second`
 * (computation.md step 3); the row program (step 6); sums by groups that the spine knows (step 4) or, with codes of
 * data owners, by a secret sort (step 5). The sums of all shards, and of all members of a union, add up to the table;
 * then come the rules for cells (cells.h, step 7) and the release (step 8).
 * All values are ring elements (integers modulo 2^64); sums lie column by column: column j is `groups` words in
 * a row. */
#ifndef SCH_CRYPTO_STATS_LINKED_TABLE_H
#define SCH_CRYPTO_STATS_LINKED_TABLE_H

#include "crypto/ident/tag.h"
#include "crypto/protocol/seat.h"
#include "crypto/stats/table_shape.h"

/* This party's rows of one shard, where it is the spine or a data owner; borrowed, secret. */
typedef struct sch_table_rows {
    size_t rows;
    /* spine: tag[d] is the rows' tags for data owner d, d < data_owners; a data owner: its own at [its number d]; the
     * rest NULL. Of each, those of all rows for the first pass, then for the next. The tags of different data owners
     * and passes are made with different keys. */
    const sch_tag *tag[SCH_MAX_DATA_OWNERS];
    /* spine: each < spine_groups, or with several passes spine_groups: in no group; a data owner: its codes, each <
     * codes, where it gives any; else NULL */
    const uint32_t *group;
    const uint64_t *const *column; /* spine_columns or data[d].columns pointers to rows words */
} sch_table_rows;

/* What a helper is told of one shard: the links of all rows, those in no group included. */
typedef struct sch_shard_facts {
    size_t links[SCH_MAX_LINK_PASSES]; /* in each pass */
} sch_shard_facts;

/* Time spent per step, for the spans that nodes record; nanoseconds on the seat's clock (zero where it has none), with
 * the waiting for the other parties. join_ns is the helper's join alone, and not part of align_ns. */
typedef struct sch_shard_times {
    uint64_t join_ns, align_ns, program_ns, group_ns;
} sch_shard_times;

/* Public sizes of one shard, known to all its parties. */
typedef struct sch_shard_size {
    size_t spine_rows;
    size_t data_rows[SCH_MAX_DATA_OWNERS];
} sch_shard_size;

/* One shard, the same function for every party of the cast; all run at the same time over their seats, and each does
 * what the cast gives it, in one order that all share. rows: NULL where the party is neither spine nor data owner.
 * sums: columns x groups words; the spine and `second` add their share to it (the caller zeroes it before the first
 * shard and gives each worker its own); NULL at the others. Each shard of a job has its own shard number in the seat,
 * members of a union included. Cost: sch_table_bytes. Memory: at spine and second about three tables of 8 bytes
 * a row and column, and 8 bytes a row and register that is needed at one time. times, facts: added to; may be NULL.
 * Errors: SCH_BAD_INPUT where a group or code is out of range (at its owner) and for 2^31 rows or more, SCH_BAD_PEER,
 * SCH_TRY_AGAIN, SCH_IO from the link, SCH_NO_MEMORY, SCH_BUG (also where the rows are not as many as `size` says). */
sch_err sch_linked_table_run(const sch_seat *seat, uint64_t *sums, sch_shard_facts *facts, sch_shard_times *times,
                             const sch_table_shape *shape, const sch_cast *cast, const sch_shard_size *size,
                             const sch_table_rows *rows);

#endif
