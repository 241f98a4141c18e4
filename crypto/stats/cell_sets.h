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

/* The number, in the set that keeps one key less, of what a cell of a set is part of. key: one that the set keeps. */
uint32_t sch_cell_drop_key(const sch_cell_shape *shape, uint32_t finer, size_t key, uint32_t cell);

#endif
