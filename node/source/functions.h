/* functions.h - the scalar functions by which the engine reads fields: column_N gives column N's value and ends the
 * statement at a fault, state_N gives its sch_field_state and ends nothing. column_N of the identifier counts the file's
 * rows against max_rows; again_N is the same without counting, for a statement that reads the file twice. */
#ifndef SCH_NODE_SOURCE_FUNCTIONS_H
#define SCH_NODE_SOURCE_FUNCTIONS_H

#include "node/source/engine.h"

/* Makes column_N for every column, again_N for the identifier, and state_N where the job is a check. False where the engine does not take one. */
bool sch_functions_register(sch_engine *engine);

#endif
