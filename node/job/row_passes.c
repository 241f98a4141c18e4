/* row_passes.c - what an owner's rows have for passes of linking: base tags of link keys, random ones where a row has
 * none that links it, and whether it is kept.
 *
 * Keys that several rows have are found as doubles are (rows.c), but over all rows where they lie: copies of the tags
 * are dealt out by their first bits, so that what is looked through at a time fits the cache. */
#include <stdlib.h>
#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/base/secret.h"
#include "node/job/rows.h"

enum { BATCH_ROWS = 1024, PART_ROWS = 1 << 16 };

_Static_assert((int)SCH_MAX_LINK_PASSES == (int)SCH_MAX_PASSES + 1, "the first pass is the identifier's");

/* Random tags, a batch of bytes at a time; zeroed at first. */
typedef struct random_tags {
    size_t left;
    sch_tag tag[256];
} random_tags;

static sch_tag next_tag(random_tags *random)
{
    if (random->left == 0) {
        sch_random_fill(random->tag, sizeof random->tag);
        random->left = sizeof random->tag / sizeof random->tag[0];
    }
    return random->tag[--random->left];
}

/* ---- taking in ---- */

/* Moves the tags of valid identifiers to their rows, from the last on, and gives the other rows random ones. */
static void spread_tags(const sch_rows *rows, sch_tag *tag, size_t count, size_t valid)
{
    random_tags random = {0};
    for (size_t i = count; i-- > 0;) {
        tag[i] = rows->length[i] != 0 ? tag[--valid] : next_tag(&random);
    }
    sch_secret_wipe(&random, sizeof random);
}

/* A row of the spine whose conditions do not hold is in no group: in the one behind all others. */
static sch_err drop_rows(const sch_rows *rows, sch_row_block *block, const uint64_t *kept, size_t count)
{
    bool within = true;
    for (size_t i = 0; i < count; i++) {
        within = within && kept[i] <= 1;
        if (kept[i] == 0) {
            block->group[block->rows + i] = rows->shape.codes;
        }
    }
    return sch_check(within, SCH_BUG, "whether a row is kept is neither 0 nor 1");
}

/* Base tags of one pass: over both numbers, 16 bytes; random ones where they are -1. */
static sch_err hash_pass(sch_rows *rows, sch_tag *tag, size_t *missing, const uint64_t *first, const uint64_t *second,
                         size_t count)
{
    sch_err err = SCH_NONE;
    uint8_t length[BATCH_ROWS], message[BATCH_ROWS * SCH_TAG_BYTES];
    random_tags random = {0};
    memset(length, SCH_TAG_BYTES, sizeof length);
    for (size_t at = 0; at < count; at += BATCH_ROWS) {
        size_t batch = count - at < BATCH_ROWS ? count - at : BATCH_ROWS;
        for (size_t i = 0; i < batch; i++) {
            sch_put_u64(message + i * SCH_TAG_BYTES, first[at + i]);
            sch_put_u64(message + i * SCH_TAG_BYTES + 8, second[at + i]);
        }
        SCH_TRY(sch_tagger_hash(&rows->tagger, tag + at, message, length, batch));
        for (size_t i = at; i < at + batch; i++) {
            bool none = first[i] == UINT64_MAX && second[i] == UINT64_MAX;
            SCH_TRY(sch_check(none || (first[i] <= INT64_MAX && second[i] <= INT64_MAX), SCH_BUG,
                              "a link key's number is out of range"));
            if (none) {
                tag[i] = next_tag(&random);
                (*missing)++;
            }
        }
    }
out:
    sch_secret_wipe(message, sizeof message);
    sch_secret_wipe(&random, sizeof random);
    return err;
}

sch_err sch_rows_take_passes(sch_rows *rows, sch_row_block *block, const sch_source_chunk *chunk, size_t valid_tags)
{
    sch_err err = SCH_NONE;
    const uint64_t *const *value = chunk->value + rows->shape.value_count;
    spread_tags(rows, block->tag + block->rows, chunk->rows, valid_tags);
    if (rows->shape.is_spine) {
        SCH_TRY(drop_rows(rows, block, *value++, chunk->rows));
    }
    for (size_t p = 0; p < rows->shape.passes; p++, value += 2) {
        SCH_TRY(
            hash_pass(rows, block->pass_tag[p] + block->rows, &rows->pass_missing[p], value[0], value[1], chunk->rows));
    }
out:
    return err;
}

/* ---- keys that several rows have ---- */

/* A row's tag, and its number through all blocks. */
typedef struct copy {
    sch_tag tag;
    uint32_t row;
} copy;

/* The rows by their tags' first bits. */
typedef struct dealt {
    copy *copy; /* owned; part by part; secret */
    size_t rows;
    size_t *begin; /* owned; of each part, and behind the last */
    uint32_t parts;
    size_t largest;
} dealt;

static void clear_dealt(dealt *d)
{
    if (d->copy != NULL) {
        sch_secret_wipe(d->copy, d->rows * sizeof *d->copy);
    }
    free(d->copy);
    free(d->begin);
    *d = (dealt){0};
}

static sch_err deal(const sch_rows *rows, dealt *d, size_t pass)
{
    sch_err err = SCH_NONE;
    *d = (dealt){.rows = rows->rows, .parts = 1};
    while (d->rows / d->parts > PART_ROWS) {
        d->parts *= 2;
    }
    d->copy = malloc((d->rows + 1) * sizeof *d->copy);
    d->begin = calloc((size_t)d->parts + 2, sizeof *d->begin);
    SCH_TRY(sch_check(d->copy != NULL && d->begin != NULL, SCH_NO_MEMORY, "out of memory for link keys"));
    /* Counts stand two places further on at first: after the sums each part's begin is one further on, and comes to its
     * place as its rows are dealt. */
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++) {
            d->begin[sch_rows_cut_of(&rows->block[b].pass_tag[pass][i], d->parts) + 2]++;
        }
    }
    for (size_t part = 2; part <= d->parts + 1U; part++) {
        d->largest = d->begin[part] > d->largest ? d->begin[part] : d->largest;
        d->begin[part] += d->begin[part - 1];
    }
    uint32_t row = 0;
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++) {
            const sch_tag *tag = &rows->block[b].pass_tag[pass][i];
            d->copy[d->begin[sch_rows_cut_of(tag, d->parts) + 1]++] = (copy){*tag, row++};
        }
    }
out:
    return err;
}

/* Marks the rows of a part whose tag another one has too. slot: `slots` of them, a power of two, at least twice the
 * rows. */
static void mark_shared(uint8_t *shared, const copy *part, size_t count, uint32_t *slot, size_t slots)
{
    memset(slot, 0, slots * sizeof *slot);
    for (size_t i = 0; i < count; i++) {
        size_t at = sch_get_u64(part[i].tag.byte + 8) & (slots - 1);
        while (slot[at] != 0 && memcmp(&part[slot[at] - 1].tag, &part[i].tag, sizeof(sch_tag)) != 0) {
            at = (at + 1) & (slots - 1);
        }
        if (slot[at] != 0) {
            shared[part[slot[at] - 1].row] = 1;
            shared[part[i].row] = 1;
        } else {
            slot[at] = (uint32_t)i + 1;
        }
    }
}

static size_t slots_for(size_t rows)
{
    size_t slots = 16;
    while (slots < 2 * rows) {
        slots *= 2;
    }
    return slots;
}

static void replace_shared(sch_rows *rows, const uint8_t *shared, size_t pass)
{
    random_tags random = {0};
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++) {
            if (*shared++ != 0) {
                rows->block[b].pass_tag[pass][i] = next_tag(&random);
                rows->pass_shared[pass]++;
            }
        }
    }
    sch_secret_wipe(&random, sizeof random);
}

static sch_err settle_pass(sch_rows *rows, uint8_t *shared, size_t pass)
{
    sch_err err = SCH_NONE;
    dealt d = {0};
    uint32_t *slot = NULL;
    SCH_TRY(deal(rows, &d, pass));
    slot = malloc(slots_for(d.largest) * sizeof *slot);
    SCH_TRY(sch_check(slot != NULL, SCH_NO_MEMORY, "out of memory for link keys"));
    memset(shared, 0, d.rows);
    for (uint32_t part = 0; part < d.parts; part++) {
        size_t count = d.begin[part + 1] - d.begin[part];
        mark_shared(shared, d.copy + d.begin[part], count, slot, slots_for(count));
    }
    replace_shared(rows, shared, pass);
out:
    free(slot);
    clear_dealt(&d);
    return err;
}

sch_err sch_rows_settle_passes(sch_rows *rows)
{
    sch_err err = SCH_NONE;
    if (rows->shape.passes == 0) {
        return SCH_NONE;
    }
    uint8_t *shared = malloc(rows->rows + 1); /* of each row 1 where another has its key; secret */
    SCH_TRY(sch_check(shared != NULL, SCH_NO_MEMORY, "out of memory for link keys"));
    for (size_t p = 0; p < rows->shape.passes; p++) {
        SCH_TRY(settle_pass(rows, shared, p));
    }
out:
    if (shared != NULL) {
        sch_secret_wipe(shared, rows->rows + 1);
    }
    free(shared);
    return err;
}
