/* request_text.h - what people are shown of a query: its SQL, and how records are linked, of which SQL says nothing. */
#ifndef SCH_NODE_QUERY_REQUEST_TEXT_H
#define SCH_NODE_QUERY_REQUEST_TEXT_H

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/request.h"

/* Appends sch_request_sql's text and, where the request has passes, a line of sch_request_text_passes; without a last
 * line feed. Errors: those of sch_request_sql; nothing is appended then. */
sch_err sch_request_text(sch_buf *out, const sch_request *request);

/* Appends "bsn, then by adres6, then by adres4": the first data set's identifier and the link keys, in the order in
 * which they are tried. Nothing where there is one data set. Errors: SCH_NO_MEMORY; nothing is appended then. */
sch_err sch_request_text_links(sch_buf *out, const sch_request *request);

/* The same with "linked by " in front, where there are passes; else nothing. */
sch_err sch_request_text_passes(sch_buf *out, const sch_request *request);

#endif
