#include "crypto/protocol/join.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"

/* A slot holds a row's number plus 1 (0: the slot is free) and 32 bits of its hash, so that nearly every comparison of
 * tags is one that succeeds. Rows of the data owner come first: row r of the spine is number data_rows + r. */
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

/* The slot of the row with this tag, or the free slot where it would go. */
static inline slot *find_slot(const join_table *table, uint64_t hash, const sch_tag *tag, const sch_tag *spine,
                              const sch_tag *data, size_t data_rows)
{
    for (size_t at = (size_t)(hash >> table->shift);; at = (at + 1) & table->mask) {
        slot *found = &table->slots[at];
        if (found->row_plus_1 == 0) {
            return found;
        }
        if (found->hash == (uint32_t)hash) {
            size_t row = found->row_plus_1 - 1;
            const sch_tag *other = row < data_rows ? &data[row] : &spine[row - data_rows];
            if (equal_tags(other, tag)) {
                return found;
            }
        }
    }
}

static sch_err insert_data(join_table *table, const sch_tag *data, size_t data_rows)
{
    uint64_t hash[BATCH_ROWS];
    for (size_t first = 0; first < data_rows; first += BATCH_ROWS) {
        size_t rows = data_rows - first < BATCH_ROWS ? data_rows - first : BATCH_ROWS;
        hash_batch(table, hash, data + first, rows);
        for (size_t i = 0; i < rows; i++) {
            slot *found = find_slot(table, hash[i], &data[first + i], NULL, data, data_rows);
            if (found->row_plus_1 != 0) {
                return sch_fail(SCH_BAD_INPUT, "an identifier occurs twice in the data owner's rows");
            }
            *found = (slot){(uint32_t)hash[i], (uint32_t)(first + i + 1)};
        }
    }
    return SCH_NONE;
}

/* A spine row takes the slot of the data row that it matches: whoever comes there again is its duplicate. */
static sch_err match_spine(join_table *table, uint32_t *match, size_t *links, const sch_tag *spine, size_t spine_rows,
                           const sch_tag *data, size_t data_rows)
{
    uint64_t hash[BATCH_ROWS];
    size_t matched = 0;
    for (size_t first = 0; first < spine_rows; first += BATCH_ROWS) {
        size_t rows = spine_rows - first < BATCH_ROWS ? spine_rows - first : BATCH_ROWS;
        hash_batch(table, hash, spine + first, rows);
        for (size_t i = 0; i < rows; i++) {
            slot *found = find_slot(table, hash[i], &spine[first + i], spine, data, data_rows);
            size_t row = found->row_plus_1; /* 0 for none */
            if (row > data_rows) {
                return sch_fail(SCH_BAD_INPUT, "an identifier occurs twice in the spine's rows");
            }
            match[first + i] = row == 0 ? SCH_JOIN_NONE : (uint32_t)(row - 1);
            matched += row != 0;
            *found = (slot){(uint32_t)hash[i], (uint32_t)(data_rows + first + i + 1)};
        }
    }
    *links = matched;
    return SCH_NONE;
}

sch_err sch_join_tags(uint32_t *match, size_t *links, const sch_tag *spine, size_t spine_rows, const sch_tag *data,
                      size_t data_rows)
{
    sch_err err = SCH_NONE;
    join_table table = {0};
    SCH_TRY(sch_check(spine_rows < UINT32_MAX && data_rows < UINT32_MAX - spine_rows, SCH_BAD_INPUT,
                      "more rows than can be joined"));
    SCH_TRY(init_table(&table, spine_rows + data_rows));
    SCH_TRY(insert_data(&table, data, data_rows));
    SCH_TRY(match_spine(&table, match, links, spine, spine_rows, data, data_rows));
out:
    free(table.slots);
    return err;
}
