/* compose.h - from a query to a signed request: what stands around it, checked before anything is sent. */
#ifndef SCH_NODE_CLI_COMPOSE_H
#define SCH_NODE_CLI_COMPOSE_H

#include "node/cli/offers.h"
#include "node/cli/session.h"
#include "node/query/plan.h"
#include "proto/control.h"
#include "proto/request.h"

enum { SCH_VALID_MS = 86400000 }; /* how long a request may wait where nothing else is said */

/* What the analyst says of a request beside the query. */
typedef struct sch_compose {
    const char *purpose; /* NULL: the profile's */
    const char *recipient[SCH_MAX_RECIPIENTS];
    size_t recipient_count; /* 0: the analyst alone */
    int64_t valid_ms;       /* 0: SCH_VALID_MS, or until the agreement ends */
} sch_compose;

/* Fills in all but the query: id, analyst, agreement, purpose, recipients, times. Errors: SCH_BAD_INPUT; the detail
 * says what is missing. */
sch_err sch_compose_fill(sch_request *request, const sch_compose *compose, const sch_session *session,
                         const sch_offer *offer, sch_detail *detail);

/* Checks it against the agreement as each node does, so that a refusal comes at once, with the same sentence.
 * Errors: SCH_DENIED. */
sch_err sch_compose_check(const sch_request *request, const sch_offer *offer, const sch_plan *plan, sch_detail *detail);

/* The signed message. It is the caller's to clear, also on failure. Errors: SCH_BAD_INPUT where the request is no
 * valid one or too large, SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_compose_sign(sch_control *submit, const sch_request *request, const sch_session *session,
                         sch_detail *detail);

#endif
