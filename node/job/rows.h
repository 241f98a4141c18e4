/* rows.h - an owner's local part: base tags, groups and columns, and their division into shards.
 *
 * Chunks come from the owner's engine; identifiers are normalised, checked and hashed to a base tag as they come and
 * are not kept. When all rows are there and all owners' numbers are known, the rows are cut by the first bits of their
 * base tags, alike at all owners (computation.md step 2). What the others see of a row is another tag: for each
 * alignment the CMAC of its base tag under the key that the two owners have.
 *
 * Persons with several rows. Where the spine has occurrences, each of its rows says which of its person's this is, and
 * a data owner gives each of its rows once for each number; tags are then made over base tag and number, so that they
 * are distinct and all match.
 *
 * Passes. With passes a row has a base tag for each, of the identifier and of the two numbers that its engine gives for
 * each link key. Where it has none it gets a random one, which nobody else has: a row whose identifier is empty or
 * invalid, and one whose link key another row has too. There is one shard then. A row of the spine for which its engine
 * says that the conditions do not hold has a group of its own, `codes` (crypto/stats/table_shape.h).
 *
 * Unions. A data owner's rows serve each member's run in turn, cut into as many shards as that run has. So they are cut
 * once, finely enough for all; a shard is a run of neighbouring cuts. */
#ifndef SCH_NODE_JOB_ROWS_H
#define SCH_NODE_JOB_ROWS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/ident/identifier.h"
#include "crypto/ident/tag.h"
#include "crypto/stats/table_shape.h"
#include "node/source/source.h"

enum { SCH_ROWS_MAX_CHUNK = 1 << 16 }; /* rows that are taken in at a time, at most */

/* A run of rows, column by column. */
typedef struct sch_row_block {
    size_t rows, room;
    sch_tag *tag;                      /* owned; base tags; secret */
    sch_tag *pass_tag[SCH_MAX_PASSES]; /* owned; base tags of the link keys; secret; NULL without */
    uint32_t *group;                   /* owned; secret; NULL where rows have none */
    uint32_t *occurrence;              /* owned; NULL but at a spine with occurrences */
    uint64_t **value;                  /* owned; value_count columns; secret */
    atomic_uint uses;                  /* shards to come that need it */
} sch_row_block;

/* How rows are made of what the engine gives. */
typedef struct sch_row_shape {
    sch_identifier_kind kind;
    const uint32_t *stride; /* borrowed; of key_count keys */
    size_t key_count;
    size_t value_count; /* without what is named below */
    bool is_spine;      /* a row's group is the sum of code x stride; a data owner's (sum + 1) mod codes */
    uint32_t codes;     /* spine: groups; data owner: 1 where it gives no codes */
    /* Of the spine; 1: none. Else its engine gives one more value: the row's number, below this. */
    uint32_t occurrences;
    uint64_t most_records; /* 0, or the engine gives one more value, last: the records of a row, at most this many */
    /* As sch_local; without occurrences and most_records. Behind value_count the engine gives, of the spine, whether
     * the row's conditions hold, then two numbers for each (plan.h). */
    uint8_t passes;
} sch_row_shape;

/* How many values the engine is to give of each row. */
size_t sch_row_shape_values(const sch_row_shape *shape);

typedef struct sch_rows {
    /* set by init */
    sch_row_shape shape;
    sch_tagger tagger;
    /* grows */
    sch_row_block *block; /* owned; after the cut: the cuts */
    size_t block_count;
    size_t rows;
    size_t left_out_invalid, left_out_empty; /* with passes they are not left out, but counted all the same */
    size_t pass_missing[SCH_MAX_PASSES], pass_shared[SCH_MAX_PASSES]; /* rows without a link key; whose another has */
    bool too_many;                                                    /* a person has more rows than was declared */
    uint64_t hash_ns;
    uint8_t *scratch; /* owned: normalised identifiers of a chunk */
    size_t scratch_bytes;
    /* Of a chunk's identifiers, 0 where invalid; of the valid ones. */
    uint8_t length[SCH_ROWS_MAX_CHUNK], valid_length[SCH_ROWS_MAX_CHUNK];
} sch_rows;

/* Readies a collection. base_key: secret, borrowed for the call. The rows are the caller's to clear, also on failure.
 * Errors: SCH_NO_MEMORY, SCH_BUG, also for a shape that cannot be. */
sch_err sch_rows_init(sch_rows *rows, const uint8_t base_key[static SCH_KEY_BYTES], const sch_row_shape *shape);

/* Takes a chunk in: a sch_source_sink with a sch_rows as context. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT where there are
 * more than 2^31 rows, or a person has more than was declared; SCH_BUG for a group or a link key's number that is out
 * of range. */
sch_err sch_rows_take(void *context, const sch_source_chunk *chunk);

/* That no identifier occurs more than once; rows without a valid one do not count. Errors: SCH_BAD_INPUT where one
 * does, SCH_NO_MEMORY. Cost: about 30 ns a row. */
sch_err sch_rows_check_doubles(sch_rows *rows);

/* Gives rows whose link key another row has too a random base tag for that pass, each of them, and counts them. Once,
 * when all rows are there, before they are cut. Errors: SCH_NO_MEMORY. Cost: about 30 ns a row and pass, for the time
 * of the call 21 bytes a row, which are wiped; nothing without passes. */
sch_err sch_rows_settle_passes(sch_rows *rows);

/* Cuts the rows into `cuts` blocks, a power of two, each needed by `uses` shards. Errors: SCH_NO_MEMORY. */
sch_err sch_rows_cut(sch_rows *rows, uint32_t cuts, unsigned uses);

/* What one shard takes, as sch_table_rows has it. */
typedef struct sch_shard_rows {
    size_t rows;
    sch_tag *tag[SCH_MAX_DATA_OWNERS]; /* owned; rows tags for each pass; secret; NULL without a key */
    const uint32_t *group;             /* borrowed from a cut, or from own_group; NULL where rows have none */
    const uint64_t *const *column;     /* likewise; value_count */
    uint32_t *own_group;               /* owned; NULL where the cut's serve */
    uint64_t **own_column;             /* owned; likewise */
    sch_row_block *first;              /* borrowed: the cuts that it is made of */
    size_t cut_count, column_count, passes;
} sch_shard_rows;

/* The rows of shard number `shard` of `shards`, a power of two that is at most the number of cuts; 1 of 1 cut with
 * passes. key: of `keys` alignments, each SCH_MAX_LINK_PASSES keys of SCH_KEY_BYTES in a row of which 1 + passes are
 * used; NULL where there is none; secret. May be called by several threads at a time, each with its own shard_rows. The
 * shard's rows are the caller's to end, also on failure. Errors: SCH_NO_MEMORY, SCH_BUG. Cost: about 10 ns a row, key
 * and pass; a copy where a shard is not just one cut as it stands. */
sch_err sch_rows_open_shard(sch_rows *rows, sch_shard_rows *out, uint32_t shard, uint32_t shards,
                            const uint8_t *const *key, size_t keys);

/* Wipes and frees; cuts that no further shard needs too. Accepts zeroed shard rows. */
void sch_rows_close_shard(sch_rows *rows, sch_shard_rows *shard);

/* What follows is internal to the files of this header: rows.c, shard_rows.c, row_passes.c. */

/* A shard has used a cut; the last one wipes it. */
void sch_rows_leave_cut(sch_rows *rows, sch_row_block *cut);

/* In which of `cuts` cuts a row of this tag is: its first bits. */
uint32_t sch_rows_cut_of(const sch_tag *tag, uint32_t cuts);

/* Puts base tags, and what else passes need, of a chunk's rows into a block, behind the rows that it has. valid_tags:
 * those of the chunk's valid identifiers stand there already, in a row. Errors: SCH_BUG for a number out of range. */
sch_err sch_rows_take_passes(sch_rows *rows, sch_row_block *block, const sch_source_chunk *chunk, size_t valid_tags);

/* Wipes and frees; accepts zeroed rows. */
void sch_rows_clear(sch_rows *rows);

#endif
