/* opened.h - the finished table as the analyst opened it: words, checked, and what each cell says. */
#ifndef SCH_NODE_QUERY_OPENED_H
#define SCH_NODE_QUERY_OPENED_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "node/query/plan.h"

/* plan->cell.columns x plan->cell.cells words each, column by column, after the two holders' shares are added. All
 * borrowed. */
typedef struct sch_opened {
    const sch_plan *plan;
    const sch_request *request;
    const uint64_t *values, *states;
} sch_opened;

/* Whether honest holders can have sent this: states are known; what is released or said to be zero is so by its
 * first rule, as far as the columns that the rule counts in are released themselves. In a margin such a count may be
 * suppressed on its own, to protect a cell. Errors: SCH_BAD_PEER. */
sch_err sch_opened_check(const sch_opened *opened);

/* A column's state in a cell. What is suppressed only since it counts fewer than one person counts nobody:
 * SCH_CELL_ZERO. */
sch_cell_state sch_opened_state(const sch_opened *opened, uint16_t column, uint32_t cell);

/* The value: 0 unless it is released. */
int64_t sch_opened_value(const sch_opened *opened, uint16_t column, uint32_t cell);

/* Rows of the result: one for each cell that is shown, base cells first, then the margins. */
uint32_t sch_opened_first_cell(const sch_plan *plan);

/* The grouping set of a margin's cell (its number in plan->cell.set[]), or -1 of a base cell. */
int sch_opened_set(const sch_plan *plan, uint32_t cell);

#endif
