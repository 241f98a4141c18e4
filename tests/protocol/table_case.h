/* table_case.h - a linked table with random rows, its clear-text result, and the parties that compute it. */
#ifndef SCH_TESTS_PROTOCOL_TABLE_CASE_H
#define SCH_TESTS_PROTOCOL_TABLE_CASE_H

#include "crypto/share/ring.h"
#include "crypto/stats/linked_table.h"
#include "tests/support/parties.h"

enum { TABLE_MAX_OWNERS = 5, TABLE_MAX_OWN_COLUMNS = 8 };

/* What to draw. */
typedef struct table_size {
    size_t parties; /* 3 or more, and more than owners */
    size_t spine_rows;
    uint32_t spine_groups;
    uint16_t spine_columns;
    size_t owners;
    struct {
        size_t rows, links; /* links: in the first pass; at most the rows of either side */
        uint16_t columns;
        uint32_t codes;
    } owner[TABLE_MAX_OWNERS];
    uint16_t steps;
    uint16_t columns; /* of the table; 0: those of the owner, which is one, as they are */
    uint64_t largest; /* values lie between -largest and largest; 0: any word, and then nothing is compared */
    uint16_t passes;  /* 0: one */
    bool indicators[TABLE_MAX_OWNERS];
    bool ones[TABLE_MAX_OWNERS]; /* the owner's column 0 is not sent */
    size_t outside;              /* with several passes: how many rows of the spine are in no group */
} table_size;

typedef struct table_case {
    table_size size;
    sch_table_shape shape;
    sch_cast cast;
    uint32_t shard;
    /* Rows: [0] the spine, [1 + d] data owner d; owned. */
    sch_tag *tag[1 + TABLE_MAX_OWNERS][TABLE_MAX_OWNERS]; /* pass by pass; a data owner's at its own number */
    uint32_t *group[1 + TABLE_MAX_OWNERS];
    uint64_t *column[1 + TABLE_MAX_OWNERS][TABLE_MAX_OWN_COLUMNS];
    sch_shard_size shard_size;
    sch_table_rows rows[1 + TABLE_MAX_OWNERS];
    size_t *match[TABLE_MAX_OWNERS]; /* by spine row: the data owner's row, SIZE_MAX where there is none; owned */
    uint8_t *pass[TABLE_MAX_OWNERS]; /* by spine row: the pass that matches it, from 1; 0 for none; owned */
    size_t links[TABLE_MAX_OWNERS][SCH_MAX_LINK_PASSES]; /* how many each pass matches */
    /* How often a later pass finds a row's match again, or one that cannot be any more: either has another. */
    size_t agree[TABLE_MAX_OWNERS], clash[TABLE_MAX_OWNERS];
    sch_ring expected; /* the clear-text sums */
    sch_ring sums[2];  /* what spine and second end with */
    sch_shard_facts facts[SCH_MAX_PARTIES];
    sch_shard_times times[SCH_MAX_PARTIES];
    uint64_t bytes_sent; /* by all parties in table_case_run */
} table_case;

/* Draws a cast, a shape, rows and the sums; fails the test where it cannot. */
void table_case_init(table_case *c, const table_size *size, uint64_t *seed);
void table_case_clear(table_case *c);

/* Draws other rows of the same sizes in place of these; the shape may have been changed within its sizes. */
void table_case_draw(table_case *c, uint64_t *seed);

/* Whether a row of the spine is in a group. */
bool table_case_is_grouped(const table_case *c, size_t row);

/* Computes the sums again, after a change of shape or rows. */
void table_case_sum(table_case *c);

/* The part of each party, for parties_run. The sums are added to what they hold. */
sch_err table_case_play(const sch_seat *seat, void *context);

/* Runs it over a fresh net; for more control use the above. */
sch_err table_case_run(table_case *c, size_t window, uint64_t seed);

/* The bytes that it should send. */
uint64_t table_case_bytes(const table_case *c);

/* Fails the test unless every opened sum is the expected one. */
void table_case_assert_sums(const table_case *c);

/* Fails the test unless each helper was told the links of its owner and the others none. */
void table_case_assert_links(const table_case *c);

#endif
