/* cell_steps.h - comparisons on finished cells: what is released of counts that are not.
 *
 * A quantile lies in the bin at which the counts of values below pass a part of all. The counts themselves would be a
 * histogram with small cells, so the holders keep them as shares, compare, and go on with the answers: 0 or 1 for each
 * bin. */
#ifndef SCH_CRYPTO_STATS_CELL_STEPS_H
#define SCH_CRYPTO_STATS_CELL_STEPS_H

#include "crypto/protocol/seat.h"
#include "crypto/stats/cells.h"

enum { SCH_MAX_CELL_STEPS = 200 };

/* Column out = 0 where factor_a * column a + factor_b * column b + constant < 0, else 1, in each cell. The sum's
 * absolute value stays below 2^62. a and b are not the out of any step. */
typedef struct sch_cell_step {
    uint16_t out, a, b;
    int64_t factor_a, factor_b, constant;
} sch_cell_step;

/* Runs the steps on cells with their margins, then sets the columns in scratch (shape->columns flags) to 0. seat: of a
 * shard number of its own. values: as in sch_cells_disclose, NULL at cast->third. cast: as there.
 * Cost: a LESS for each step and cell, sch_cell_steps_bytes. Memory: about 170 bytes for each of up to 2^15 of these.
 * Errors: the protocols', SCH_BUG for a shape that cannot be, more than SCH_MAX_CELL_STEPS steps, a step whose columns
 * are out of range or that reads what another makes, a holder without values, a party that has no part. */
sch_err sch_cell_steps_run(const sch_seat *seat, uint64_t *values, const sch_cell_shape *shape,
                           const sch_cell_step *step, size_t step_count, const bool *scratch, const sch_cast *cast);

/* Bytes that all parties send for so many steps, messages only; 0 for a shape or number that cannot be. */
uint64_t sch_cell_steps_bytes(const sch_cell_shape *shape, size_t step_count);

#endif
