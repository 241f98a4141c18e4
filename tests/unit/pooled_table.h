/* pooled_table.h - the linked table in the clear: both local parts run on DuckDB, joined, multiplied, summed and put under the
 * threshold as crypto/stats/linked_table.h says, without its protocols. */
#ifndef SCH_TESTS_UNIT_POOLED_TABLE_H
#define SCH_TESTS_UNIT_POOLED_TABLE_H

#include <stdint.h>

#include "node/query/plan.h"
#include "tests/unit/duck.h"

typedef struct pooled_table {
    uint64_t *values; /* owned; table columns x groups */
    uint64_t *states; /* owned */
    size_t links;
} pooled_table;

/* view[party]: the statement that makes the relation `data` of spine and data owner. */
void pooled_table_make(pooled_table *table, duck *db, const sch_plan *plan, const char *const view[2]);
void pooled_table_clear(pooled_table *table);

#endif
