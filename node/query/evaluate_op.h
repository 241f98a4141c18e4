/* evaluate_op.h - the operations of evaluate.h on values. Inside node/query only.
 *
 * value is zeroed before and is the result; argument[i] are borrowed. Errors: SCH_BAD_INPUT where kinds do not go
 * together, SCH_NO_MEMORY. */
#ifndef SCH_NODE_QUERY_EVALUATE_OP_H
#define SCH_NODE_QUERY_EVALUATE_OP_H

#include "node/query/value.h"
#include "proto/request.h"

/* + - * / % and unary -, ABS, ROUND, SQRT, LN, EXP, POWER. */
sch_err sch_evaluate_number(sch_value *value, sch_op op, const sch_value *const *argument, size_t count);

/* Comparisons, IN, BETWEEN, IS NULL, AND, OR, NOT. */
sch_err sch_evaluate_condition(sch_value *value, sch_op op, const sch_value *const *argument, size_t count);

/* CASE, COALESCE, NULLIF. */
sch_err sch_evaluate_choice(sch_value *value, sch_op op, const sch_value *const *argument, size_t count);

#endif
