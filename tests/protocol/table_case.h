/* table_case.h - a linked table with random rows, its clear-text result, and the three parties that compute it. */
#ifndef SCH_TESTS_PROTOCOL_TABLE_CASE_H
#define SCH_TESTS_PROTOCOL_TABLE_CASE_H

#include "crypto/share/ring.h"
#include "crypto/stats/linked_table.h"
#include "tests/support/three.h"

enum { TABLE_MAX_COLUMNS = 16 };

/* What to draw. */
typedef struct table_size {
    size_t spine_rows, data_rows;
    size_t links; /* at most the smaller of the two */
    uint32_t groups;
    uint16_t data_columns, spine_columns, products; /* data column 0 is 1, data column 1 is 0 or 1; both are guards */
    uint64_t largest;                               /* other values lie between -largest and largest; 0: any word */
} table_size;

typedef struct table_case {
    table_size size;
    sch_table_shape shape;
    sch_disclosure rules;
    bool with_table, with_disclosure; /* which parts to play, in this order */
    uint32_t shard;
    /* The rows, owned. */
    sch_tag *tag[2];
    uint32_t *group;
    sch_ring column[2];
    const uint64_t *spine_column[TABLE_MAX_COLUMNS], *data_column[TABLE_MAX_COLUMNS];
    /* The clear-text sums of all links. */
    sch_ring expected;
    /* What the parties end with: shares of the spine and the helper. */
    sch_ring values[2], states[2];
    sch_shard_facts facts;
    sch_shard_times times[SCH_PARTIES];
} table_case;

/* Draws rows, the shape and the sums; fails the test where it cannot. Both parts are set to be played, with the rules
 * {0, true}. */
void table_case_init(table_case *c, table_size size, uint64_t *seed);
void table_case_clear(table_case *c);

/* Draws other rows of the same size in place of these. */
void table_case_draw(table_case *c, uint64_t *seed);

/* The part of each party, for three_run. The values are added to what they hold. */
sch_err table_case_play(const sch_trio *trio, void *context);

/* Runs it over a fresh net; for more control use the above. */
sch_err table_case_run(table_case *c, size_t window, uint64_t seed);

/* The opened value and state of column j in group g. */
uint64_t table_case_value(const table_case *c, size_t j, size_t g);
uint64_t table_case_state(const table_case *c, size_t j, size_t g);

/* Fails the test unless every opened sum is the expected one. */
void table_case_assert_sums(const table_case *c);

/* Fails the test unless every opened cell is what the rules make of the expected sums. */
void table_case_assert_disclosed(const table_case *c);

#endif
