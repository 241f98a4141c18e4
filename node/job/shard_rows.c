/* shard_rows.c - the rows of one shard of one run, out of the cuts of an owner's rows, with tags for each alignment and
 * pass. */
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/job/rows.h"

enum { BATCH_ROWS = 1024, NUMBERED_BYTES = SCH_TAG_BYTES + 4 };

/* How often a data owner gives each of its rows. */
static size_t repeats(const sch_rows *rows)
{
    return rows->shape.is_spine ? 1 : rows->shape.occurrences;
}

/* ---- tags ---- */

/* Tags over base tags alone. */
static sch_err hash_plain(sch_tagger *tagger, sch_tag *out, const sch_tag *base, size_t rows)
{
    sch_err err = SCH_NONE;
    uint8_t length[BATCH_ROWS];
    memset(length, SCH_TAG_BYTES, sizeof length);
    for (size_t at = 0; at < rows; at += BATCH_ROWS) {
        size_t count = rows - at < BATCH_ROWS ? rows - at : BATCH_ROWS;
        SCH_TRY(sch_tagger_hash(tagger, out + at, base[at].byte, length, count));
    }
out:
    return err;
}

/* Tags over base tags and numbers: each row's own, or `number` for all where rows have none. */
static sch_err hash_numbered(sch_tagger *tagger, sch_tag *out, const sch_row_block *cut, uint32_t number)
{
    sch_err err = SCH_NONE;
    uint8_t length[BATCH_ROWS], message[BATCH_ROWS * NUMBERED_BYTES];
    memset(length, NUMBERED_BYTES, sizeof length);
    for (size_t at = 0; at < cut->rows; at += BATCH_ROWS) {
        size_t count = cut->rows - at < BATCH_ROWS ? cut->rows - at : BATCH_ROWS;
        for (size_t i = 0; i < count; i++) {
            uint8_t *one = message + i * NUMBERED_BYTES;
            memcpy(one, cut->tag[at + i].byte, SCH_TAG_BYTES);
            sch_put_u32(one + SCH_TAG_BYTES, cut->occurrence == NULL ? number : cut->occurrence[at + i]);
        }
        SCH_TRY(sch_tagger_hash(tagger, out + at, message, length, count));
    }
out:
    sch_secret_wipe(message, sizeof message);
    return err;
}

/* Of the first pass, the identifier's, in the order of the columns: cut by cut, and of each all its rows for one number
 * after the other. */
static sch_err hash_cuts(const sch_rows *rows, const sch_shard_rows *shard, sch_tagger *tagger, sch_tag *tag)
{
    sch_err err = SCH_NONE;
    for (size_t c = 0; c < shard->cut_count; c++) {
        const sch_row_block *cut = &shard->first[c];
        for (size_t number = 0; number < repeats(rows); number++, tag += cut->rows) {
            SCH_TRY(rows->shape.occurrences > 1 ? hash_numbered(tagger, tag, cut, (uint32_t)number)
                                                : hash_plain(tagger, tag, cut->tag, cut->rows));
        }
    }
out:
    return err;
}

/* Pass after pass, each under a key of its own. key: of the passes, in a row. */
static sch_err make_tags(const sch_rows *rows, sch_shard_rows *shard, size_t alignment, const uint8_t *key)
{
    sch_err err = SCH_NONE;
    sch_tagger tagger = {0};
    sch_tag *tag = malloc((shard->rows * (1 + shard->passes) + 1) * sizeof *tag);
    shard->tag[alignment] = tag;
    SCH_TRY(sch_check(tag != NULL, SCH_NO_MEMORY, "out of memory for tags"));
    SCH_TRY(sch_tagger_init(&tagger, key));
    SCH_TRY(hash_cuts(rows, shard, &tagger, tag));
    for (size_t p = 0; p < shard->passes; p++) { /* of one cut */
        sch_tagger_clear(&tagger);
        key += SCH_KEY_BYTES;
        tag += shard->rows;
        SCH_TRY(sch_tagger_init(&tagger, key));
        SCH_TRY(hash_plain(&tagger, tag, shard->first->pass_tag[p], shard->rows));
    }
out:
    sch_tagger_clear(&tagger);
    return err;
}

/* ---- groups and columns ---- */

static sch_err copy_columns(const sch_rows *rows, sch_shard_rows *shard)
{
    sch_err err = SCH_NONE;
    shard->own_column = calloc(shard->column_count + 1, sizeof *shard->own_column);
    SCH_TRY(sch_check(shard->own_column != NULL, SCH_NO_MEMORY, "out of memory for a shard"));
    shard->column = (const uint64_t *const *)shard->own_column;
    for (size_t j = 0; j < shard->column_count; j++) {
        uint64_t *to = malloc((shard->rows + 1) * sizeof *to);
        shard->own_column[j] = to;
        SCH_TRY(sch_check(to != NULL, SCH_NO_MEMORY, "out of memory for a shard"));
        for (size_t c = 0; c < shard->cut_count * repeats(rows); c++) {
            const sch_row_block *cut = &shard->first[c / repeats(rows)];
            memcpy(to, cut->value[j], cut->rows * sizeof *to);
            to += cut->rows;
        }
    }
out:
    return err;
}

static sch_err copy_groups(const sch_rows *rows, sch_shard_rows *shard)
{
    sch_err err = SCH_NONE;
    uint32_t *to = malloc((shard->rows + 1) * sizeof *to);
    shard->own_group = to;
    shard->group = to;
    SCH_TRY(sch_check(to != NULL, SCH_NO_MEMORY, "out of memory for a shard"));
    for (size_t c = 0; c < shard->cut_count * repeats(rows); c++) {
        const sch_row_block *cut = &shard->first[c / repeats(rows)];
        memcpy(to, cut->group, cut->rows * sizeof *to);
        to += cut->rows;
    }
out:
    return err;
}

/* ---- one shard ---- */

static void find_cuts(const sch_rows *rows, sch_shard_rows *out, uint32_t shard, uint32_t shards)
{
    size_t each = rows->block_count / shards;
    out->first = &rows->block[each * shard];
    out->cut_count = each;
    out->column_count = rows->shape.value_count;
    out->passes = rows->shape.passes;
    for (size_t c = 0; c < each; c++) {
        out->rows += out->first[c].rows * repeats(rows);
    }
}

sch_err sch_rows_open_shard(sch_rows *rows, sch_shard_rows *out, uint32_t shard, uint32_t shards,
                            const uint8_t *const *key, size_t keys)
{
    sch_err err = SCH_NONE;
    *out = (sch_shard_rows){0};
    bool passes_fit = rows->shape.passes == 0 || rows->block_count == 1;
    SCH_TRY(sch_check(shards > 0 && shard < shards && rows->block_count % shards == 0 && keys <= SCH_MAX_DATA_OWNERS &&
                          passes_fit,
                      SCH_BUG, "rows are not cut so that this shard can be made of them"));
    find_cuts(rows, out, shard, shards);
    for (size_t k = 0; k < keys; k++) {
        SCH_TRY(key[k] == NULL ? SCH_NONE : make_tags(rows, out, k, key[k]));
    }
    if (out->cut_count == 1 && repeats(rows) == 1) {
        out->group = out->first->group;
        out->column = (const uint64_t *const *)out->first->value;
        goto out;
    }
    SCH_TRY(copy_columns(rows, out));
    SCH_TRY(out->first->group == NULL ? SCH_NONE : copy_groups(rows, out));
out:
    return err;
}

static void wipe_free(void *memory, size_t bytes)
{
    if (memory != NULL) {
        sch_secret_wipe(memory, bytes);
    }
    free(memory);
}

void sch_rows_close_shard(sch_rows *rows, sch_shard_rows *shard)
{
    for (size_t k = 0; k < SCH_MAX_DATA_OWNERS; k++) {
        wipe_free(shard->tag[k], shard->rows * (1 + shard->passes) * sizeof(sch_tag));
    }
    for (size_t j = 0; shard->own_column != NULL && j < shard->column_count; j++) {
        wipe_free(shard->own_column[j], shard->rows * sizeof(uint64_t));
    }
    free(shard->own_column);
    wipe_free(shard->own_group, shard->rows * sizeof(uint32_t));
    for (size_t c = 0; c < shard->cut_count; c++) {
        sch_rows_leave_cut(rows, &shard->first[c]);
    }
    *shard = (sch_shard_rows){0};
}
