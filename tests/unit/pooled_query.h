/* pooled_query.h - random queries over two random tables, once as a request and once as plain SQL on the pooled tables. */
#ifndef SCH_TESTS_UNIT_POOLED_QUERY_H
#define SCH_TESTS_UNIT_POOLED_QUERY_H

#include "proto/catalog.h"
#include "proto/request.h"
#include "tests/unit/duck.h"

typedef struct pooled_random {
    uint64_t state;
} pooled_random;

/* 0 <= value < bound. */
uint64_t pooled_draw(pooled_random *random, uint64_t bound);

enum { POOLED_SIDES = 2, POOLED_MAX_AGGREGATES = 6 };

/* Side 0 is table s of node noord, one row a person; side 1 is table d of node oost. Both have the same columns. Catalogue 2 is
 * node west's, which offers nothing. */
void pooled_catalogs(sch_catalog catalog[3], bool many, uint32_t min_persons, bool show_zero);

/* Makes and fills the tables s and d: identifiers that are empty, that do not match, and, where many, that return. */
void pooled_fill(duck *db, pooled_random *random, bool many);

/* The relation that a side's local part reads, as CREATE VIEW data. */
const char *pooled_view(size_t side);

/* The aggregates of a query. The plain SQL gives, after the keys: COUNT(*), COUNT(DISTINCT id), and for each aggregate its
 * value, the persons with a value, and the sum and the count that an average rests on (NULL for others). */
typedef struct pooled_query {
    sch_request request;
    char *sql; /* owned */
    size_t key_count;
    size_t aggregate_count;
} pooled_query;

void pooled_make(pooled_query *query, pooled_random *random, const sch_catalog catalog[3]);
void pooled_clear(pooled_query *query);

#endif
