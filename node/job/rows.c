#include "node/job/rows.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"

enum { BLOCK_ROWS = 1 << 16 };

sch_err sch_rows_init(sch_rows *rows, const uint8_t base_key[static SCH_KEY_BYTES], const sch_row_shape *shape)
{
    *rows = (sch_rows){.shape = *shape};
    bool one_row = shape->occurrences <= 1 && shape->most_records == 0;
    if (shape->passes > SCH_MAX_PASSES || (shape->passes > 0 && !one_row)) {
        return sch_fail(SCH_BUG, "a local part with passes has one row a person");
    }
    return sch_tagger_init(&rows->tagger, base_key);
}

static bool has_group(const sch_rows *rows)
{
    return rows->shape.is_spine || rows->shape.codes > 1;
}

static bool has_occurrence(const sch_rows *rows)
{
    return rows->shape.is_spine && rows->shape.occurrences > 1;
}

static bool has_kept(const sch_row_shape *shape)
{
    return shape->is_spine && shape->passes > 0;
}

size_t sch_row_shape_values(const sch_row_shape *shape)
{
    bool numbered = shape->is_spine && shape->occurrences > 1;
    return shape->value_count + (numbered ? 1 : 0) + (shape->most_records > 0 ? 1 : 0) + (has_kept(shape) ? 1 : 0) +
           2 * (size_t)shape->passes;
}

static sch_err pass_columns_init(const sch_row_shape *shape, sch_row_block *block, size_t at_least_one)
{
    sch_err err = SCH_NONE;
    for (size_t p = 0; p < shape->passes; p++) {
        block->pass_tag[p] = malloc(at_least_one * sizeof *block->pass_tag[p]);
        SCH_TRY(sch_check(block->pass_tag[p] != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    }
out:
    return err;
}

static sch_err block_init(const sch_rows *rows, sch_row_block *block, size_t room)
{
    sch_err err = SCH_NONE;
    size_t value_count = rows->shape.value_count;
    *block = (sch_row_block){.room = room};
    size_t at_least_one = room == 0 ? 1 : room;
    block->tag = malloc(at_least_one * sizeof *block->tag);
    block->value = calloc(value_count == 0 ? 1 : value_count, sizeof *block->value);
    SCH_TRY(sch_check(block->tag != NULL && block->value != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    if (has_group(rows)) {
        block->group = malloc(at_least_one * sizeof *block->group);
        SCH_TRY(sch_check(block->group != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    }
    if (has_occurrence(rows)) {
        block->occurrence = malloc(at_least_one * sizeof *block->occurrence);
        SCH_TRY(sch_check(block->occurrence != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    }
    SCH_TRY(pass_columns_init(&rows->shape, block, at_least_one));
    for (size_t c = 0; c < value_count; c++) {
        block->value[c] = malloc(at_least_one * sizeof(uint64_t));
        SCH_TRY(sch_check(block->value[c] != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
    }
out:
    return err;
}

static void clear_words(void *words, size_t bytes)
{
    if (words != NULL) {
        sch_secret_wipe(words, bytes);
    }
    free(words);
}

static void clear_columns(uint64_t **column, size_t columns, size_t rows)
{
    for (size_t c = 0; column != NULL && c < columns; c++) {
        clear_words(column[c], rows * sizeof **column);
    }
    free(column);
}

static void block_clear(sch_row_block *block, size_t value_count)
{
    clear_columns(block->value, value_count, block->room);
    clear_words(block->group, block->room * sizeof *block->group);
    clear_words(block->occurrence, block->room * sizeof *block->occurrence);
    clear_words(block->tag, block->room * sizeof *block->tag);
    for (size_t p = 0; p < SCH_MAX_PASSES; p++) {
        clear_words(block->pass_tag[p], block->room * sizeof *block->pass_tag[p]);
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
    SCH_TRY(block_init(rows, *out, more > BLOCK_ROWS ? more : BLOCK_ROWS));
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
        clear_words(rows->scratch, rows->scratch_bytes);
        rows->scratch_bytes = 0;
        rows->scratch = malloc(room);
        SCH_TRY(sch_check(rows->scratch != NULL, SCH_NO_MEMORY, "out of memory for the local part"));
        rows->scratch_bytes = room;
    }
    SCH_TRY(sch_identifier_normalise(rows->shape.kind, rows->scratch, rows->length, NULL, valid, chunk->identifiers,
                                     chunk->identifier_bytes, chunk->rows));
out:
    return err;
}

/* The lengths of valid identifiers, one after the other; out: room for all. */
static void squeeze_lengths(uint8_t *out, const uint8_t *length, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        out[kept] = length[i];
        kept += length[i] != 0;
    }
}

/* Whether a row of the chunk is taken in. */
static bool takes(const sch_rows *rows, size_t i)
{
    return rows->length[i] != 0 || rows->shape.passes > 0;
}

static void copy_values(const sch_rows *rows, sch_row_block *block, const sch_source_chunk *chunk, size_t taken)
{
    for (size_t c = 0; c < rows->shape.value_count; c++) {
        uint64_t *to = block->value[c] + block->rows;
        if (taken == chunk->rows) {
            memcpy(to, chunk->value[c], taken * sizeof *to);
            continue;
        }
        for (size_t i = 0, k = 0; i < chunk->rows; i++) {
            if (rows->length[i] != 0) {
                to[k++] = chunk->value[c][i];
            }
        }
    }
}

static sch_err copy_groups(const sch_rows *rows, sch_row_block *block, const sch_source_chunk *chunk)
{
    const sch_row_shape *shape = &rows->shape;
    uint64_t most = 0;
    for (size_t i = 0, k = 0; i < chunk->rows && has_group(rows); i++) {
        if (!takes(rows, i)) {
            continue;
        }
        uint64_t group = 0;
        for (size_t key = 0; key < shape->key_count; key++) {
            group += (uint64_t)chunk->key[key][i] * shape->stride[key];
        }
        most = group > most ? group : most;
        block->group[block->rows + k++] = (uint32_t)(shape->is_spine ? group : (group + 1) % shape->codes);
    }
    return sch_check(most < shape->codes, SCH_BUG, "a row's group is out of range");
}

/* That no person has more records than declared: the last value of the engine's. */
static sch_err check_records(sch_rows *rows, const sch_source_chunk *chunk)
{
    const sch_row_shape *shape = &rows->shape;
    size_t last = shape->value_count + (has_occurrence(rows) ? 1 : 0);
    bool within = true;
    for (size_t i = 0; i < chunk->rows && shape->most_records > 0; i++) {
        within = within && (rows->length[i] == 0 || chunk->value[last][i] <= shape->most_records);
    }
    rows->too_many = rows->too_many || !within;
    return sch_check(within, SCH_BAD_INPUT, "a person has more rows than max_rows_per_person says");
}

/* The value of the engine's behind those that are summed. */
static sch_err copy_occurrences(sch_rows *rows, sch_row_block *block, const sch_source_chunk *chunk)
{
    bool within = true;
    for (size_t i = 0, k = 0; i < chunk->rows && has_occurrence(rows); i++) {
        if (rows->length[i] != 0) {
            uint64_t number = chunk->value[rows->shape.value_count][i];
            within = within && number < rows->shape.occurrences;
            block->occurrence[block->rows + k++] = (uint32_t)number;
        }
    }
    rows->too_many = rows->too_many || !within;
    return sch_check(within, SCH_BAD_INPUT, "a person has more rows than max_rows_per_person says");
}

sch_err sch_rows_take(void *context, const sch_source_chunk *chunk)
{
    sch_err err = SCH_NONE;
    sch_rows *rows = context;
    sch_row_block *block = NULL;
    uint64_t start = sch_clock_ns();
    size_t valid = 0;
    SCH_TRY(sch_check(chunk->rows <= SCH_ROWS_MAX_CHUNK, SCH_BUG, "a chunk of rows is too large"));
    size_t empty_before = rows->left_out_empty;
    SCH_TRY(normalise(rows, &valid, chunk));
    rows->left_out_invalid += chunk->rows - valid - (rows->left_out_empty - empty_before);
    size_t taken = rows->shape.passes > 0 ? chunk->rows : valid;
    SCH_TRY(sch_check(rows->rows + taken < (UINT64_C(1) << 31), SCH_BAD_INPUT,
                      "the local part has more than two thousand million rows"));
    if (taken > 0) {
        SCH_TRY(last_block(rows, &block, taken));
        copy_values(rows, block, chunk, taken);
        SCH_TRY(copy_groups(rows, block, chunk));
        SCH_TRY(copy_occurrences(rows, block, chunk));
        SCH_TRY(check_records(rows, chunk));
        squeeze_lengths(rows->valid_length, rows->length, chunk->rows);
        SCH_TRY(sch_tagger_hash(&rows->tagger, block->tag + block->rows, rows->scratch, rows->valid_length, valid));
        SCH_TRY(rows->shape.passes == 0 ? SCH_NONE : sch_rows_take_passes(rows, block, chunk, valid));
        block->rows += taken;
        rows->rows += taken;
    }
    rows->hash_ns += sch_clock_ns() - start;
out:
    return err;
}

/* ---- cutting ---- */

uint32_t sch_rows_cut_of(const sch_tag *tag, uint32_t cuts)
{
    uint32_t first =
        ((uint32_t)tag->byte[0] << 24) | ((uint32_t)tag->byte[1] << 16) | ((uint32_t)tag->byte[2] << 8) | tag->byte[3];
    return (uint32_t)(((uint64_t)first * cuts) >> 32);
}

static void copy_row(const sch_rows *rows, sch_row_block *to, size_t at, const sch_row_block *from, size_t i)
{
    to->tag[at] = from->tag[i];
    if (has_group(rows)) {
        to->group[at] = from->group[i];
    }
    if (has_occurrence(rows)) {
        to->occurrence[at] = from->occurrence[i];
    }
    for (size_t p = 0; p < rows->shape.passes; p++) {
        to->pass_tag[p][at] = from->pass_tag[p][i];
    }
    for (size_t c = 0; c < rows->shape.value_count; c++) {
        to->value[c][at] = from->value[c][i];
    }
}

/* Moves all rows into `cuts` zeroed blocks, which the caller clears also on failure. */
static sch_err divide(sch_rows *rows, sch_row_block *cut, uint32_t cuts)
{
    sch_err err = SCH_NONE;
    size_t *count = calloc(cuts, sizeof *count);
    SCH_TRY(sch_check(count != NULL, SCH_NO_MEMORY, "out of memory for shards"));
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++) {
            count[sch_rows_cut_of(&rows->block[b].tag[i], cuts)]++;
        }
    }
    for (uint32_t s = 0; s < cuts; s++) {
        SCH_TRY(block_init(rows, &cut[s], count[s]));
    }
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++) {
            sch_row_block *to = &cut[sch_rows_cut_of(&rows->block[b].tag[i], cuts)];
            copy_row(rows, to, to->rows, &rows->block[b], i);
            to->rows++;
        }
        block_clear(&rows->block[b], rows->shape.value_count);
    }
out:
    free(count);
    return err;
}

static void clear_blocks(const sch_rows *rows, sch_row_block *block, size_t count)
{
    for (size_t b = 0; block != NULL && b < count; b++) {
        block_clear(&block[b], rows->shape.value_count);
    }
    free(block);
}

sch_err sch_rows_cut(sch_rows *rows, uint32_t cuts, unsigned uses)
{
    sch_err err = SCH_NONE;
    sch_row_block *cut = calloc(cuts, sizeof *cut);
    SCH_TRY(sch_check(cut != NULL, SCH_NO_MEMORY, "out of memory for shards"));
    SCH_TRY(divide(rows, cut, cuts));
    for (uint32_t s = 0; s < cuts; s++) {
        atomic_store(&cut[s].uses, uses);
    }
    free(rows->block);
    rows->block = cut;
    rows->block_count = cuts;
    cut = NULL;
out:
    clear_blocks(rows, cut, cuts);
    return err;
}

void sch_rows_leave_cut(sch_rows *rows, sch_row_block *cut)
{
    if (atomic_fetch_sub(&cut->uses, 1) == 1) {
        block_clear(cut, rows->shape.value_count);
    }
}

/* ---- doubles ---- */

static sch_err check_doubles_of_block(const sch_row_block *block)
{
    sch_err err = SCH_NONE;
    size_t slots = 16;
    while (slots < 2 * block->rows) {
        slots *= 2;
    }
    uint32_t *slot = calloc(slots, sizeof *slot); /* row number + 1 */
    SCH_TRY(sch_check(slot != NULL, SCH_NO_MEMORY, "out of memory for finding doubles"));
    for (size_t i = 0; i < block->rows; i++) {
        size_t at = sch_get_u64(block->tag[i].byte + 8) & (slots - 1);
        while (slot[at] != 0 && memcmp(&block->tag[slot[at] - 1], &block->tag[i], sizeof(sch_tag)) != 0) {
            at = (at + 1) & (slots - 1);
        }
        SCH_TRY(sch_check(slot[at] == 0, SCH_BAD_INPUT,
                          "an identifier occurs more than once in a data set of one row a person"));
        slot[at] = (uint32_t)i + 1;
    }
out:
    free(slot);
    return err;
}

sch_err sch_rows_check_doubles(sch_rows *rows)
{
    sch_err err = SCH_NONE;
    uint32_t parts = 1; /* each fits the cache */
    while (rows->rows / parts > BLOCK_ROWS) {
        parts *= 2;
    }
    SCH_TRY(sch_rows_cut(rows, parts, 0));
    for (uint32_t s = 0; s < parts; s++) {
        SCH_TRY(check_doubles_of_block(&rows->block[s]));
    }
out:
    return err;
}

void sch_rows_clear(sch_rows *rows)
{
    clear_blocks(rows, rows->block, rows->block_count);
    clear_words(rows->scratch, rows->scratch_bytes);
    sch_tagger_clear(&rows->tagger);
    *rows = (sch_rows){0};
}
