#include "tests/support/clear_rows.h"

#include <stdlib.h>
#include <string.h>

static void *grown(void *memory, size_t *room, size_t wanted, size_t each)
{
    if (wanted <= *room) {
        return memory;
    }
    *room = 2 * wanted;
    void *more = realloc(memory, *room * each);
    if (more == NULL) {
        abort();
    }
    return more;
}

/* ---- rows ---- */

/* What stands behind a row's values with passes. */
static void take_passes(clear_row *row, const clear_part *part, const sch_source_chunk *chunk, size_t i)
{
    size_t at = part->local->value_count;
    if (part->spine) {
        row->kept = chunk->value[at++][i] == 1;
    }
    for (size_t p = 0; p < part->local->passes; p++, at += 2) {
        uint64_t number[] = {chunk->value[at][i], chunk->value[at + 1][i]};
        clear_key *key = &row->key[1 + p];
        if (number[0] != UINT64_MAX) {
            memcpy(key->byte, number, sizeof number);
            key->length = sizeof number;
        }
    }
}

static sch_err take_row(clear_part *part, const sch_source_chunk *chunk, size_t i, const uint8_t *text, uint8_t length)
{
    sch_err err = SCH_NONE;
    const sch_local *local = part->local;
    uint8_t out_length = 0;
    uint8_t out[4 * 256 + 16];
    SCH_TRY(sch_identifier_normalise(part->kind, out, &out_length, NULL, NULL, text, &length, 1));
    if (out_length == 0 && local->passes == 0) {
        return SCH_NONE;
    }
    part->row = grown(part->row, &part->room, part->rows + 1, sizeof *part->row);
    part->value = grown(part->value, &part->value_room, part->values + local->value_count, sizeof *part->value);
    clear_row *row = &part->row[part->rows++];
    *row = (clear_row){.key[0].length = out_length, .kept = true, .value = part->values};
    memcpy(row->key[0].byte, out, out_length);
    uint64_t group = 0;
    for (size_t k = 0; k < local->key_count; k++) {
        group += (uint64_t)chunk->key[k][i] * local->key[k].stride;
    }
    row->group = (uint32_t)(part->spine ? group : (group + 1) % local->codes);
    SCH_TRY(sch_check(!part->spine || group < local->codes, SCH_BUG, "a group is out of range"));
    for (size_t v = 0; v < local->value_count; v++) {
        part->value[part->values++] = chunk->value[v][i];
    }
    if (local->passes > 0) {
        take_passes(row, part, chunk, i);
    }
    size_t counted = local->value_count + (part->spine && local->occurrences > 1 ? 1 : 0);
    SCH_TRY(sch_check(local->most_records == 0 || chunk->value[counted][i] <= local->most_records, SCH_BAD_INPUT,
                      "a person has more rows than declared"));
    if (part->spine && local->occurrences > 1) {
        row->occurrence = chunk->value[local->value_count][i];
        SCH_TRY(sch_check(row->occurrence < local->occurrences, SCH_BAD_INPUT, "a person has more rows than declared"));
    }
out:
    return err;
}

sch_err clear_part_take(void *context, const sch_source_chunk *chunk)
{
    sch_err err = SCH_NONE;
    const uint8_t *text = chunk->identifiers;
    for (size_t i = 0; i < chunk->rows; i++) {
        SCH_TRY(take_row(context, chunk, i, text, chunk->identifier_bytes[i]));
        text += chunk->identifier_bytes[i];
    }
out:
    return err;
}

/* ---- keys ---- */

/* A row by its key in one pass. */
typedef struct keyed {
    const clear_key *key;
    size_t row;
} keyed;

static int compare_keys(const void *a, const void *b)
{
    const clear_key *x = ((const keyed *)a)->key, *y = ((const keyed *)b)->key;
    int by_length = (x->length > y->length) - (x->length < y->length);
    return by_length != 0 ? by_length : memcmp(x->byte, y->byte, x->length);
}

/* The rows that have a key in a pass, in the order of keys; the caller's to free. taken: rows to leave out, or NULL. */
static keyed *order_by_key(const clear_part *part, size_t pass, const bool *taken, size_t *count)
{
    keyed *order = calloc(part->rows + 1, sizeof *order);
    *count = 0;
    for (size_t i = 0; order != NULL && i < part->rows; i++) {
        if (part->row[i].key[pass].length > 0 && (taken == NULL || !taken[i])) {
            order[(*count)++] = (keyed){&part->row[i].key[pass], i};
        }
    }
    if (order != NULL) {
        qsort(order, *count, sizeof *order, compare_keys);
    }
    return order;
}

sch_err clear_part_settle(clear_part *part)
{
    sch_err err = SCH_NONE;
    bool *shared = calloc(part->rows + 1, sizeof *shared);
    keyed *order = NULL;
    SCH_TRY(sch_check(shared != NULL, SCH_NO_MEMORY, "no memory"));
    for (size_t p = 0; p <= part->local->passes; p++) {
        size_t count = 0;
        order = order_by_key(part, p, NULL, &count);
        SCH_TRY(sch_check(order != NULL, SCH_NO_MEMORY, "no memory"));
        memset(shared, 0, part->rows * sizeof *shared);
        for (size_t i = 1; i < count; i++) {
            if (compare_keys(&order[i - 1], &order[i]) == 0) {
                shared[order[i - 1].row] = shared[order[i].row] = true;
            }
        }
        for (size_t i = 0; i < part->rows; i++) {
            bool single = p > 0 || (part->spine && part->local->passes == 0);
            SCH_TRY(sch_check(single || !shared[i], SCH_BAD_INPUT, "a person occurs twice"));
            part->row[i].key[p].length = p > 0 && shared[i] ? 0 : part->row[i].key[p].length;
        }
        free(order);
        order = NULL;
    }
out:
    free(order);
    free(shared);
    return err;
}

sch_err clear_link_rows(clear_link *link, const clear_part *spine, const clear_part *data)
{
    sch_err err = SCH_NONE;
    bool *taken = calloc(data->rows + 1, sizeof *taken);
    keyed *order = NULL;
    SCH_TRY(sch_check(taken != NULL, SCH_NO_MEMORY, "no memory"));
    for (size_t i = 0; i < spine->rows; i++) {
        link[i] = (clear_link){NOBODY, 0};
    }
    for (size_t p = 0; p <= data->local->passes; p++) {
        size_t count = 0;
        order = order_by_key(data, p, taken, &count);
        SCH_TRY(sch_check(order != NULL, SCH_NO_MEMORY, "no memory"));
        for (size_t i = 0; i < spine->rows; i++) {
            keyed own = {&spine->row[i].key[p], i};
            const keyed *match = link[i].row != NOBODY || own.key->length == 0 || count == 0
                                     ? NULL
                                     : bsearch(&own, order, count, sizeof own, compare_keys);
            if (match != NULL) {
                link[i] = (clear_link){(ptrdiff_t)match->row, p};
                taken[match->row] = true;
            }
        }
        free(order);
        order = NULL;
    }
out:
    free(order);
    free(taken);
    return err;
}

void clear_part_free(clear_part *part)
{
    free(part->row);
    free(part->value);
    *part = (clear_part){0};
}
