#include "node/job/rows.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"

enum { BLOCK_ROWS = 1 << 16 };

sch_err sch_rows_init(sch_rows *rows, const uint8_t tag_key[static SCH_KEY_BYTES], sch_identifier_kind kind,
                      const uint32_t *stride, size_t key_count, size_t value_count, bool has_group)
{
    *rows = (sch_rows){
        .kind = kind, .stride = stride, .key_count = key_count, .value_count = value_count, .has_group = has_group};
    return sch_tagger_init(&rows->tagger, tag_key);
}

static sch_err block_init(sch_row_block *block, size_t room, size_t value_count, bool has_group)
{
    sch_err err = SCH_NONE;
    *block = (sch_row_block){.room = room};
    size_t at_least_one = room == 0 ? 1 : room;
    block->tag = malloc(at_least_one * sizeof *block->tag);
    block->value = calloc(value_count == 0 ? 1 : value_count, sizeof *block->value);
    SCH_TRY(sch_check(block->tag != NULL && block->value != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    if (has_group) {
        block->group = malloc(at_least_one * sizeof *block->group);
        SCH_TRY(sch_check(block->group != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    }
    for (size_t c = 0; c < value_count; c++) {
        block->value[c] = malloc(at_least_one * sizeof(uint64_t));
        SCH_TRY(sch_check(block->value[c] != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    }
out:
    return err;
}

void sch_row_block_clear(sch_row_block *block, size_t value_count)
{
    if (block->value != NULL) {
        for (size_t c = 0; c < value_count; c++) {
            if (block->value[c] != NULL) {
                sch_secret_wipe(block->value[c], block->room * sizeof(uint64_t));
                free(block->value[c]);
            }
        }
    }
    free(block->value);
    if (block->group != NULL) {
        sch_secret_wipe(block->group, block->room * sizeof *block->group);
        free(block->group);
    }
    if (block->tag != NULL) {
        sch_secret_wipe(block->tag, block->room * sizeof *block->tag);
        free(block->tag);
    }
    *block = (sch_row_block){0};
}

/* A block at the end with room for `more` rows. */
static sch_err last_block(sch_rows *rows, sch_row_block **out, size_t more)
{
    sch_err err = SCH_NONE;
    if (rows->block_count > 0) {
        sch_row_block *last = &rows->block[rows->block_count - 1];
        if (last->room - last->rows >= more) {
            *out = last;
            return SCH_NONE;
        }
    }
    sch_row_block *grown = realloc(rows->block, (rows->block_count + 1) * sizeof *grown);
    SCH_TRY(sch_check(grown != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    rows->block = grown;
    *out = &grown[rows->block_count];
    rows->block_count++;
    SCH_TRY(block_init(*out, more > BLOCK_ROWS ? more : BLOCK_ROWS, rows->value_count, rows->has_group));
out:
    return err;
}

/* Normalises the chunk's identifiers into scratch and rows->length; gives the number of valid ones. */
static sch_err normalise(sch_rows *rows, size_t *valid, const sch_source_chunk *chunk)
{
    sch_err err = SCH_NONE;
    size_t bytes = 0;
    for (size_t i = 0; i < chunk->rows; i++) {
        bytes += chunk->identifier_bytes[i];
        rows->left_out_empty += chunk->identifier_bytes[i] == 0;
    }
    size_t room = sch_identifier_room(bytes, chunk->rows);
    if (room > rows->scratch_bytes) {
        if (rows->scratch != NULL) {
            sch_secret_wipe(rows->scratch, rows->scratch_bytes);
        }
        free(rows->scratch);
        rows->scratch_bytes = 0;
        rows->scratch = malloc(room);
        SCH_TRY(sch_check(rows->scratch != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
        rows->scratch_bytes = room;
    }
    SCH_TRY(sch_identifier_normalise(rows->kind, rows->scratch, rows->length, NULL, valid, chunk->identifiers,
                                     chunk->identifier_bytes, chunk->rows));
out:
    return err;
}

/* Moves the lengths of valid identifiers together. */
static void squeeze_lengths(uint8_t *length, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t one = length[i];
        length[kept] = one;
        kept += one != 0;
    }
}

static void copy_valid_rows(const sch_rows *rows, sch_row_block *block, const sch_source_chunk *chunk, size_t valid)
{
    size_t at = block->rows;
    for (size_t c = 0; c < rows->value_count; c++) {
        uint64_t *to = block->value[c] + at;
        if (valid == chunk->rows) {
            memcpy(to, chunk->value[c], valid * sizeof *to);
            continue;
        }
        for (size_t i = 0, k = 0; i < chunk->rows; i++) {
            if (rows->length[i] != 0) {
                to[k++] = chunk->value[c][i];
            }
        }
    }
    if (!rows->has_group) {
        return;
    }
    for (size_t i = 0, k = 0; i < chunk->rows; i++) {
        if (rows->length[i] != 0) {
            uint32_t group = 0;
            for (size_t key = 0; key < rows->key_count; key++) {
                group += chunk->key[key][i] * rows->stride[key];
            }
            block->group[at + k++] = group;
        }
    }
}

sch_err sch_rows_take(void *context, const sch_source_chunk *chunk)
{
    sch_err err = SCH_NONE;
    sch_rows *rows = context;
    sch_row_block *block = NULL;
    uint64_t start = sch_clock_ns();
    size_t valid = 0;
    SCH_TRY(sch_check(chunk->rows <= sizeof rows->length, SCH_BUG, "a chunk of rows is too large"));
    size_t empty_before = rows->left_out_empty;
    SCH_TRY(normalise(rows, &valid, chunk));
    rows->left_out_invalid += chunk->rows - valid - (rows->left_out_empty - empty_before);
    SCH_TRY(sch_check(rows->rows + valid < (UINT64_C(1) << 31), SCH_BAD_INPUT,
                      "the local part has more than two thousand million rows"));
    if (valid > 0) {
        SCH_TRY(last_block(rows, &block, valid));
        copy_valid_rows(rows, block, chunk, valid);
        squeeze_lengths(rows->length, chunk->rows);
        SCH_TRY(sch_tagger_hash(&rows->tagger, block->tag + block->rows, rows->scratch, rows->length, valid));
        block->rows += valid;
        rows->rows += valid;
    }
    rows->hash_ns += sch_clock_ns() - start;
out:
    return err;
}

uint32_t sch_shard_count(uint64_t spine_rows, uint64_t data_rows)
{
    uint32_t shards = 1;
    while (spine_rows + data_rows > (uint64_t)shards * SCH_SHARD_ROWS) {
        shards *= 2;
    }
    return shards;
}

/* The first bits of a tag; shards is a power of two. */
static uint32_t shard_of(const sch_tag *tag, uint32_t shards)
{
    uint32_t first =
        ((uint32_t)tag->byte[0] << 24) | ((uint32_t)tag->byte[1] << 16) | ((uint32_t)tag->byte[2] << 8) | tag->byte[3];
    return (uint32_t)(((uint64_t)first * shards) >> 32);
}

static void move_row(const sch_rows *rows, sch_row_block *to, const sch_row_block *from, size_t i)
{
    size_t at = to->rows++;
    to->tag[at] = from->tag[i];
    if (rows->has_group) {
        to->group[at] = from->group[i];
    }
    for (size_t c = 0; c < rows->value_count; c++) {
        to->value[c][at] = from->value[c][i];
    }
}

sch_err sch_rows_divide(sch_rows *rows, sch_row_block *shard, uint32_t shards)
{
    sch_err err = SCH_NONE;
    size_t *count = calloc(shards, sizeof *count);
    SCH_TRY(sch_check(count != NULL, SCH_NO_MEMORY, "out of memory for shards"));
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++) {
            count[shard_of(&rows->block[b].tag[i], shards)]++;
        }
    }
    for (uint32_t s = 0; s < shards; s++) {
        SCH_TRY(block_init(&shard[s], count[s], rows->value_count, rows->has_group));
    }
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++) {
            move_row(rows, &shard[shard_of(&rows->block[b].tag[i], shards)], &rows->block[b], i);
        }
        sch_row_block_clear(&rows->block[b], rows->value_count);
    }
    rows->rows = 0;
out:
    free(count);
    return err;
}

/* Marks in `twice` the rows of one shard whose tag occurs again; gives how many. */
static sch_err mark_doubles(const sch_row_block *shard, uint8_t *twice, size_t *found)
{
    sch_err err = SCH_NONE;
    size_t slots = 16;
    while (slots < 2 * shard->rows) {
        slots *= 2;
    }
    uint32_t *slot = calloc(slots, sizeof *slot); /* row number + 1 */
    SCH_TRY(sch_check(slot != NULL, SCH_NO_MEMORY, "out of memory for finding doubles"));
    *found = 0;
    for (size_t i = 0; i < shard->rows; i++) {
        size_t at = sch_get_u64(shard->tag[i].byte + 8) & (slots - 1);
        while (slot[at] != 0 && memcmp(&shard->tag[slot[at] - 1], &shard->tag[i], sizeof(sch_tag)) != 0) {
            at = (at + 1) & (slots - 1);
        }
        if (slot[at] == 0) {
            slot[at] = (uint32_t)i + 1;
            continue;
        }
        size_t first = slot[at] - 1;
        *found += 1U + !twice[first];
        twice[first] = 1;
        twice[i] = 1;
    }
out:
    free(slot);
    return err;
}

static void drop_marked(const sch_rows *rows, sch_row_block *shard, const uint8_t *twice)
{
    size_t kept = 0;
    for (size_t i = 0; i < shard->rows; i++) {
        if (twice[i]) {
            continue;
        }
        shard->tag[kept] = shard->tag[i];
        if (rows->has_group) {
            shard->group[kept] = shard->group[i];
        }
        for (size_t c = 0; c < rows->value_count; c++) {
            shard->value[c][kept] = shard->value[c][i];
        }
        kept++;
    }
    shard->rows = kept;
}

static sch_err check_doubles_of_shard(sch_rows *rows, sch_row_block *shard, bool leave_out)
{
    sch_err err = SCH_NONE;
    size_t found = 0;
    uint8_t *twice = calloc(shard->rows + 1, 1);
    SCH_TRY(sch_check(twice != NULL, SCH_NO_MEMORY, "out of memory for finding doubles"));
    SCH_TRY(mark_doubles(shard, twice, &found));
    if (found > 0) {
        SCH_TRY(sch_check(leave_out, SCH_BAD_INPUT,
                          "an identifier occurs more than once in a data set of one row a person"));
        drop_marked(rows, shard, twice);
        rows->left_out_double += found;
    }
out:
    free(twice);
    return err;
}

sch_err sch_rows_check_doubles(sch_rows *rows, bool leave_out)
{
    sch_err err = SCH_NONE;
    /* In parts that fit the cache; afterwards the parts are the collection's blocks. */
    uint32_t parts = sch_shard_count(rows->rows, rows->rows);
    sch_row_block *part = calloc(parts, sizeof *part);
    SCH_TRY(sch_check(part != NULL, SCH_NO_MEMORY, "out of memory for finding doubles"));
    SCH_TRY(sch_rows_divide(rows, part, parts));
    for (uint32_t s = 0; s < parts; s++) {
        SCH_TRY(check_doubles_of_shard(rows, &part[s], leave_out));
        rows->rows += part[s].rows;
    }
    free(rows->block);
    rows->block = part;
    rows->block_count = parts;
    part = NULL;
out:
    if (part != NULL) {
        for (uint32_t s = 0; s < parts; s++) {
            sch_row_block_clear(&part[s], rows->value_count);
        }
        free(part);
    }
    return err;
}

void sch_rows_clear(sch_rows *rows)
{
    for (size_t b = 0; b < rows->block_count; b++) {
        sch_row_block_clear(&rows->block[b], rows->value_count);
    }
    free(rows->block);
    if (rows->scratch != NULL) {
        sch_secret_wipe(rows->scratch, rows->scratch_bytes);
    }
    free(rows->scratch);
    sch_tagger_clear(&rows->tagger);
    *rows = (sch_rows){0};
}
