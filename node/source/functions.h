/* functions.h - the scalar functions by which the engine reads fields: column_N gives column N's value and ends the
 * statement at a fault, state_N gives its sch_field_state and ends nothing. */
#ifndef SCH_NODE_SOURCE_FUNCTIONS_H
#define SCH_NODE_SOURCE_FUNCTIONS_H

#include "node/source/engine.h"

/* Makes column_N for every column, and state_N where the job is a check. False where the engine does not take one. */
bool sch_functions_register(sch_engine *engine);

#endif
