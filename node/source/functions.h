/* functions.h - the scalar functions of the engine's own.
 *
 * By these it reads fields: column_R_N gives the value of column N of relation R and ends the statement at a fault,
 * state_R_N gives its sch_field_state and ends nothing. person_R gives relation R's identifier where it is valid, as
 * column_R_N does but in relation 0. The first of person_R and of column_R_N of an identifier to run counts the file's
 * rows, against max_rows too; so with several relations they are volatile for the engine, which then calls them once a
 * row. sch_text_number and sch_link_text are for statements (source.h). */
#ifndef SCH_NODE_SOURCE_FUNCTIONS_H
#define SCH_NODE_SOURCE_FUNCTIONS_H

#include "node/source/engine.h"

/* Makes them for every relation, state_R_N where the job is a check. False where the engine does not take one. */
bool sch_functions_register(sch_engine *engine);

#endif
