/* request_sql.h - a request's tree as canonical SQL: what operators approve, what the history shows. It is made from what was
 * signed, never from the analyst's text, and parsing it again gives the same tree but for positions. */
#ifndef SCH_NODE_QUERY_REQUEST_SQL_H
#define SCH_NODE_QUERY_REQUEST_SQL_H

#include <stdbool.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/request.h"

/* Appends SELECT ... FROM ... JOIN ... ON ... WHERE ... GROUP BY ..., on several lines. Data sets are named node.data_set, with
 * their aliases; identifiers are quoted where SQL needs it; text constants are quoted, and characters that a terminal would obey
 * cannot occur in them (proto/text.h). request has passed sch_request_check_query. Errors: SCH_NO_MEMORY. */
sch_err sch_request_sql(sch_buf *out, const sch_request *request);

/* Appends only the condition, "TRUE" where there is none. Errors: SCH_NO_MEMORY. */
sch_err sch_request_sql_where(sch_buf *out, const sch_request *request);

/* Whether two requests touch the same columns of the same data sets, whatever they do with them. */
bool sch_request_same_columns(const sch_request *a, const sch_request *b);

#endif
