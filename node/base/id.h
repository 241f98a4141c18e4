/* id.h - ids of requests: UUID version 7 (RFC 9562, 5.7), in order of time. */
#ifndef SCH_NODE_BASE_ID_H
#define SCH_NODE_BASE_ID_H

#include <stdbool.h>

#include "proto/request.h"

enum { SCH_ID_TEXT_BYTES = 37 }; /* with the closing zero */

/* A new id: 48 bits of the moment in milliseconds, 74 random bits. */
sch_request_id sch_id_new(sch_time_ms now);

/* The moment in an id. */
sch_time_ms sch_id_time(sch_request_id id);

/* Whether version and variant are those of RFC 9562's version 7. */
bool sch_id_is_valid(sch_request_id id);

/* Lower case, with hyphens, and a closing zero. */
void sch_id_to_text(char out[static SCH_ID_TEXT_BYTES], sch_request_id id);

/* Reads 36 characters of either case with hyphens, and nothing after. False, and out zeroed, where it is not a UUID. */
bool sch_id_from_text(sch_request_id *out, const char *text);

#endif
