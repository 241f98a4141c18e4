/* rows.h - an owner's local part: tags, groups and columns, and their division into shards.
 *
 * Chunks come from the owner's engine; identifiers are normalised, checked and hashed as they come and are not kept. When all
 * rows are there and both owners' numbers are known, the rows are cut into shards by the first bits of their tags
 * (computation.md step 2). */
#ifndef SCH_NODE_JOB_ROWS_H
#define SCH_NODE_JOB_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/ident/identifier.h"
#include "crypto/ident/tag.h"
#include "node/source/source.h"

/* Rows of spine and data owner together that one shard has at most, about. */
enum { SCH_SHARD_ROWS = 1 << 17 };

/* A run of rows, column by column. */
typedef struct sch_row_block {
    size_t rows, room; /* rows that were left out may stand behind the last: wiped like the others */
    sch_tag *tag;      /* owned; secret */
    uint32_t *group;   /* owned; secret; NULL at a data owner */
    uint64_t **value;  /* owned; value_count columns; secret */
} sch_row_block;

typedef struct sch_rows {
    /* set by init */
    sch_identifier_kind kind;
    sch_tagger tagger;
    const uint32_t *stride; /* borrowed; key_count strides: a row's group is the sum of code x stride */
    size_t key_count;
    size_t value_count;
    bool has_group;
    /* grows */
    sch_row_block *block; /* owned */
    size_t block_count;
    size_t rows;
    size_t left_out_invalid, left_out_empty, left_out_double;
    uint64_t hash_ns;
    uint8_t *scratch; /* owned: normalised identifiers of a chunk */
    size_t scratch_bytes;
    uint8_t length[65536];
} sch_rows;

/* Readies a collection. tag_key: secret. The rows are the caller's to clear, also on failure. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_rows_init(sch_rows *rows, const uint8_t tag_key[static SCH_KEY_BYTES], sch_identifier_kind kind,
                      const uint32_t *stride, size_t key_count, size_t value_count, bool has_group);

/* Takes a chunk in: a sch_source_sink with a sch_rows as context. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT where there are more than
 * 2^31 rows. */
sch_err sch_rows_take(void *context, const sch_source_chunk *chunk);

/* The number of shards for these numbers of rows: a power of two. */
uint32_t sch_shard_count(uint64_t spine_rows, uint64_t data_rows);

/* Cuts into `shards` blocks and lets the collection go empty. shard: that many zeroed blocks, each the caller's to clear.
 * Errors: SCH_NO_MEMORY. */
sch_err sch_rows_divide(sch_rows *rows, sch_row_block *shard, uint32_t shards);

/* Finds tags that occur more than once. leave_out: removes all rows of such tags and counts them in left_out_double; otherwise
 * the first one found is SCH_BAD_INPUT. Errors: also SCH_NO_MEMORY. Cost: about 30 ns a row. */
sch_err sch_rows_check_doubles(sch_rows *rows, bool leave_out);

/* Wipe and free; accept zeroed objects. */
void sch_row_block_clear(sch_row_block *block, size_t value_count);
void sch_rows_clear(sch_rows *rows);

#endif
