/* requests.h - what tests of requests share. */
#ifndef SCH_TESTS_SUPPORT_REQUESTS_H
#define SCH_TESTS_SUPPORT_REQUESTS_H

#include <stdbool.h>

#include "proto/request.h"

/* Fills in what is not part of the query, so that the request passes sch_request_check. */
void request_fill_envelope(sch_request *request);

/* Whether two queries are the same but for positions: shared expressions count as written out. */
bool request_same_query(const sch_request *a, const sch_request *b);

#endif
