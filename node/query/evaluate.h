/* evaluate.h - expressions after aggregation, over one cell: what outputs, HAVING and ORDER BY make of keys and
 * aggregates.
 *
 * The meaning is SQL's, with these choices. Numbers are exact until SQRT, LN, EXP or POWER; / is true division. NULL
 * comes of a division or % by 0, as in DuckDB, and of what has no finite value: the root or logarithm of a number
 * that has none, a result beyond the largest double. % has the sign of its first argument. ROUND goes half away from
 * zero. A key that a margin sums over is NULL; GROUPING tells it from one that is empty. BIN is the number of the
 * bin.
 *
 * Suppression runs through: what has a suppressed argument is suppressed, unless the others decide alone (FALSE AND
 * ..., TRUE OR ..., an IN that has found its value, the branches of a CASE that are not taken, what comes behind the
 * first value of a COALESCE). */
#ifndef SCH_NODE_QUERY_EVALUATE_H
#define SCH_NODE_QUERY_EVALUATE_H

#include "node/query/opened.h"
#include "node/query/value.h"

typedef struct sch_evaluator {
    const sch_opened *opened; /* borrowed */
    struct sch_after *after;  /* owned; one for each expression of the request */
} sch_evaluator;

/* Finds what has to be worked out. The request has been planned. The evaluator is the caller's to clear, also on
 * failure. Errors: SCH_BAD_INPUT for what cannot be done after aggregation, SCH_BUG for an aggregate that the plan
 * lacks, SCH_NO_MEMORY. */
sch_err sch_evaluator_init(sch_evaluator *evaluator, const sch_opened *opened);
void sch_evaluator_clear(sch_evaluator *evaluator);

/* Works all of them out in a cell. row: the state of its persons. Cost: O(expressions). Errors: SCH_BAD_PEER,
 * SCH_BAD_INPUT where kinds of values do not go together, SCH_NO_MEMORY. */
sch_err sch_evaluator_run(sch_evaluator *evaluator, uint32_t cell, sch_cell_state row);

/* The value of an output, of HAVING or of ORDER BY in the last cell; borrowed until the next run. */
const sch_value *sch_evaluator_value(const sch_evaluator *evaluator, uint32_t expression);

/* The key that an expression is, or -1. */
int sch_evaluator_key(const sch_evaluator *evaluator, uint32_t expression);

#endif
