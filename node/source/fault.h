/* fault.h - from what ended a run to an error and a sentence for a person. */
#ifndef SCH_NODE_SOURCE_FAULT_H
#define SCH_NODE_SOURCE_FAULT_H

#include "crypto/base/err.h"
#include "node/source/chunk.h"
#include "node/source/schema.h"

/* The error of a fault. The detail names the data set, the column and the line where they are known; never a value. */
sch_err sch_fault_error(const sch_fault *fault, const sch_data_set *data_set, const sch_source_file *file,
                        sch_detail *detail);

#endif
