/* check.h - reads a whole data set and counts its faults. */
#ifndef SCH_NODE_SOURCE_CHECK_H
#define SCH_NODE_SOURCE_CHECK_H

#include "crypto/base/err.h"
#include "node/source/engine.h"
#include "node/source/source.h"

/* Fills the report by two statements over the file, one more for each link key, and one reading more where there are
 * faults to locate.
 * fault->kind is 0 where all is well. Errors: SCH_IO, SCH_NO_MEMORY. */
sch_err sch_check_run(sch_engine *engine, sch_source_report *report, sch_fault *fault);

#endif
