/* cell_sets.h - how the cells of a table's grouping sets are numbered. A set is a number whose bit k says that it keeps
 * key k; the set of all keys are the base cells. */
#ifndef SCH_CRYPTO_STATS_CELL_SETS_H
#define SCH_CRYPTO_STATS_CELL_SETS_H

#include "crypto/stats/cells.h"

static inline uint32_t sch_cell_all_keys(const sch_cell_shape *shape)
{
    return (UINT32_C(1) << shape->key_count) - 1;
}

/* Cells of a set. */
uint32_t sch_cell_set_size(const sch_cell_shape *shape, uint32_t keys);

/* What a cell of a set is part of: its number in a set that keeps some of the keys (not all of the table's). */
uint32_t sch_cell_project(const sch_cell_shape *shape, uint32_t from, uint32_t to, uint32_t cell);

#endif
