#include "crypto/protocol/join.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"

/* A slot holds the number plus 1 of a row of the spine (0: the slot is free) and 32 bits of its hash, so that nearly
 * every comparison of tags is one that succeeds. */
typedef struct slot {
    uint32_t hash;
    uint32_t row_plus_1;
} slot;

typedef struct join_table {
    slot *slots; /* owned */
    size_t mask; /* slots - 1, a power of two less 1 */
    unsigned shift;
    uint64_t key[2]; /* odd, and random: nobody can choose tags beforehand that collide */
} join_table;

/* Hashes are made for a batch of rows first and their slots fetched into cache meanwhile. */
enum { BATCH_ROWS = 32, MIN_SLOTS = 64 };

static sch_err init_table(join_table *table, size_t rows)
{
    size_t slots = MIN_SLOTS;
    unsigned bits = 6;
    while (slots < rows + rows / 2) { /* at most two thirds full */
        slots *= 2;
        bits++;
    }
    *table = (join_table){.mask = slots - 1, .shift = 64 - bits};
    table->slots = calloc(slots, sizeof *table->slots);
    if (table->slots == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory to join tags");
    }
    sch_random_fill(table->key, sizeof table->key);
    table->key[0] |= 1;
    table->key[1] |= 1;
    return SCH_NONE;
}

/* Its highest bits number the slot. */
static inline uint64_t hash_tag(const join_table *table, const sch_tag *tag)
{
    uint64_t word[2];
    memcpy(word, tag, sizeof word);
    return word[0] * table->key[0] + word[1] * table->key[1];
}

static void hash_batch(const join_table *table, uint64_t hash[static BATCH_ROWS], const sch_tag *tag, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        hash[i] = hash_tag(table, &tag[i]);
        __builtin_prefetch(&table->slots[hash[i] >> table->shift], 1);
    }
}

static inline bool equal_tags(const sch_tag *a, const sch_tag *b)
{
    uint64_t x[2];
    uint64_t y[2];
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    return x[0] == y[0] && x[1] == y[1];
}

/* The slot of the spine's row with this tag, or the free slot where it would go. */
static inline slot *find_slot(const join_table *table, uint64_t hash, const sch_tag *tag, const sch_tag *spine)
{
    for (size_t at = (size_t)(hash >> table->shift);; at = (at + 1) & table->mask) {
        slot *found = &table->slots[at];
        if (found->row_plus_1 == 0 ||
            (found->hash == (uint32_t)hash && equal_tags(&spine[found->row_plus_1 - 1], tag))) {
            return found;
        }
    }
}

/* Of rows with one tag the first is found. */
static void insert_spine(join_table *table, uint32_t *match, const sch_tag *spine, size_t spine_rows)
{
    uint64_t hash[BATCH_ROWS];
    for (size_t first = 0; first < spine_rows; first += BATCH_ROWS) {
        size_t rows = spine_rows - first < BATCH_ROWS ? spine_rows - first : BATCH_ROWS;
        hash_batch(table, hash, spine + first, rows);
        for (size_t i = 0; i < rows; i++) {
            slot *found = find_slot(table, hash[i], &spine[first + i], spine);
            if (found->row_plus_1 == 0) {
                *found = (slot){(uint32_t)hash[i], (uint32_t)(first + i + 1)};
            }
            match[first + i] = SCH_JOIN_NONE;
        }
    }
}

/* A data row that comes to a row of the spine which has its match already is a duplicate of that. */
static void match_data(const join_table *table, uint32_t *match, size_t *links, const sch_tag *spine,
                       const sch_tag *data, size_t data_rows)
{
    uint64_t hash[BATCH_ROWS];
    size_t matched = 0;
    for (size_t first = 0; first < data_rows; first += BATCH_ROWS) {
        size_t rows = data_rows - first < BATCH_ROWS ? data_rows - first : BATCH_ROWS;
        hash_batch(table, hash, data + first, rows);
        for (size_t j = 0; j < rows; j++) {
            size_t row_plus_1 = find_slot(table, hash[j], &data[first + j], spine)->row_plus_1;
            if (row_plus_1 != 0 && match[row_plus_1 - 1] == SCH_JOIN_NONE) {
                match[row_plus_1 - 1] = (uint32_t)(first + j);
                matched++;
            }
        }
    }
    *links = matched;
}

sch_err sch_join_tags(uint32_t *match, size_t *links, const sch_tag *spine, size_t spine_rows, const sch_tag *data,
                      size_t data_rows)
{
    sch_err err = SCH_NONE;
    join_table table = {0};
    SCH_TRY(sch_check(spine_rows < UINT32_MAX && data_rows < UINT32_MAX - spine_rows, SCH_BAD_INPUT,
                      "more rows than can be joined"));
    SCH_TRY(init_table(&table, spine_rows));
    insert_spine(&table, match, spine, spine_rows);
    match_data(&table, match, links, spine, data, data_rows);
out:
    free(table.slots);
    return err;
}

/* ---- passes ---- */

/* What is left of both sides for a later pass. */
typedef struct rest {
    size_t spine_rows, data_rows;
    uint32_t *spine_row, *data_row; /* which rows these are, ascending; owned */
    uint32_t *match;                /* of the rest of the spine, in the rest of the data owner; owned */
    uint8_t *taken;                 /* by each of the data owner's rows: 1 where it was matched; owned */
} rest;

static sch_err init_rest(rest *left, size_t spine_rows, size_t data_rows)
{
    left->spine_row = malloc((spine_rows + 1) * sizeof *left->spine_row);
    left->data_row = malloc((data_rows + 1) * sizeof *left->data_row);
    left->match = malloc((spine_rows + 1) * sizeof *left->match);
    left->taken = calloc(data_rows + 1, sizeof *left->taken);
    bool has_room = left->spine_row != NULL && left->data_row != NULL && left->match != NULL && left->taken != NULL;
    return sch_check(has_room, SCH_NO_MEMORY, "no memory to join tags");
}

static void clear_rest(rest *left)
{
    free(left->spine_row);
    free(left->data_row);
    free(left->match);
    free(left->taken);
}

/* The rows that are not matched yet; their tags close ranks. */
static void find_rest(rest *left, sch_tag *spine, size_t spine_rows, sch_tag *data, size_t data_rows,
                      const uint32_t *match)
{
    left->spine_rows = 0;
    left->data_rows = 0;
    for (size_t i = 0; i < spine_rows; i++) {
        if (match[i] != SCH_JOIN_NONE) {
            left->taken[match[i]] = 1;
            continue;
        }
        spine[left->spine_rows] = spine[i];
        left->spine_row[left->spine_rows++] = (uint32_t)i;
    }
    for (size_t j = 0; j < data_rows; j++) {
        if (left->taken[j] == 0) {
            data[left->data_rows] = data[j];
            left->data_row[left->data_rows++] = (uint32_t)j;
        }
    }
}

sch_err sch_join_passes(uint32_t *match, uint8_t *pass, size_t *links, sch_tag *spine, size_t spine_rows, sch_tag *data,
                        size_t data_rows, size_t passes)
{
    sch_err err = SCH_NONE;
    rest left = {0};
    SCH_TRY(sch_join_tags(match, &links[0], spine, spine_rows, data, data_rows));
    for (size_t i = 0; pass != NULL && i < spine_rows; i++) {
        pass[i] = match[i] != SCH_JOIN_NONE;
    }
    if (passes > 1) {
        SCH_TRY(init_rest(&left, spine_rows, data_rows));
    }
    for (size_t p = 1; p < passes; p++) {
        sch_tag *spine_tag = spine + p * spine_rows;
        sch_tag *data_tag = data + p * data_rows;
        find_rest(&left, spine_tag, spine_rows, data_tag, data_rows, match);
        SCH_TRY(sch_join_tags(left.match, &links[p], spine_tag, left.spine_rows, data_tag, left.data_rows));
        for (size_t k = 0; k < left.spine_rows; k++) {
            if (left.match[k] != SCH_JOIN_NONE) {
                match[left.spine_row[k]] = left.data_row[left.match[k]];
                if (pass != NULL) {
                    pass[left.spine_row[k]] = (uint8_t)(p + 1);
                }
            }
        }
    }
out:
    clear_rest(&left);
    return err;
}
