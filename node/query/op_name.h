/* op_name.h - how operations are written in SQL, for messages. */
#ifndef SCH_NODE_QUERY_OP_NAME_H
#define SCH_NODE_QUERY_OP_NAME_H

#include "proto/request.h"

/* Such as "+", "NOT IN", "CASE", "COUNT(DISTINCT)"; of leaves "column", "number", ... A literal. */
const char *sch_op_name(sch_op op);

/* Such as "a number", "text", "a date". A literal. */
const char *sch_type_name(sch_type type);

#endif
