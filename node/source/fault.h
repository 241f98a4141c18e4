/* fault.h - from what ended a run to an error and a sentence for a person. */
#ifndef SCH_NODE_SOURCE_FAULT_H
#define SCH_NODE_SOURCE_FAULT_H

#include "crypto/base/err.h"
#include "node/source/chunk.h"
#include "node/source/source.h"

enum { SCH_FAULT_PLACE_BYTES = SCH_NAME_BYTES + 48 };

/* Writes what a fault of a relation is about: "data set a", or of no relation among three "data sets a and 2 more". */
void sch_fault_place(char out[static SCH_FAULT_PLACE_BYTES], const sch_source_relation *relation, size_t relation_count,
                     uint32_t number);

/* The error of a fault. The detail names the data set, the column and the line where they are known; never a value. */
sch_err sch_fault_error(const sch_fault *fault, const sch_source_relation *relation, size_t relation_count,
                        sch_detail *detail);

#endif
