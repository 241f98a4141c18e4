/* status.h - what the called node says of a request, checked against the analyst's own signature. */
#ifndef SCH_NODE_CLI_STATUS_H
#define SCH_NODE_CLI_STATUS_H

#include "crypto/base/buf.h"
#include "node/cli/session.h"
#include "proto/control.h"
#include "proto/request.h"

/* Who a request comes from, as far as this analyst's own key says. */
typedef enum sch_status_origin {
    SCH_ORIGIN_UNKNOWN = 0, /* it bears this analyst's name, but not the signature of their present key */
    SCH_ORIGIN_OWN,         /* this analyst signed it */
    SCH_ORIGIN_OTHER,       /* another analyst's, who named this one as recipient; their signature is not checked */
} sch_status_origin;

typedef struct sch_status {
    sch_request request; /* owned; what was signed */
    uint8_t request_hash[SCH_HASH_BYTES];
    uint8_t plan_hash[SCH_HASH_BYTES]; /* zero before there is a plan */
    sch_buf bytes;                     /* owned; of the request */
    uint8_t signature[SCH_SIGNATURE_BYTES];
    sch_request_state state;
    sch_code code; /* of the end */
    sch_time_ms changed;
    sch_detail text;           /* what is awaited from whom, or why it ended; may be empty */
    char node[SCH_NAME_BYTES]; /* of a FAIL: where; else "" */
    sch_status_origin origin;  /* as sch_status_ask and sch_status_each find it */
} sch_status;

/* Reads a STATUS. The signature is not checked yet. The status is the caller's to clear, also on failure. Errors:
 * SCH_BAD_PEER for what is no request or bears another id, SCH_NO_MEMORY. */
sch_err sch_status_read(sch_status *out, const sch_control *control);

/* Checks that an analyst signed it. Errors: SCH_DENIED. */
sch_err sch_status_verify(const sch_status *status, const uint8_t identity[static SCH_SIGN_PUBLIC_BYTES]);

void sch_status_clear(sch_status *status);

/* The status of one request now. own: it has to be of SCH_ORIGIN_OWN. Errors: those of the session; SCH_DENIED
 * where the node knows no such request of this analyst (the detail has the node's words); SCH_BAD_PEER. */
sch_err sch_status_ask(sch_status *out, sch_session *session, const sch_request_id *id, bool own, sch_detail *detail);

/* Calls for each request that the node took from the analyst, or that names them as recipient, in the order of the
 * node (newest first). An error of the sink ends the walk. Errors: those of the session; SCH_BAD_PEER. */
typedef sch_err (*sch_status_sink)(void *context, const sch_status *status);
sch_err sch_status_each(sch_session *session, sch_status_sink sink, void *context, sch_detail *detail);

/* What an end state means as an error: SCH_NONE for released; refused and expired are SCH_DENIED, the others have
 * the node's code. The detail is the node's sentence. */
sch_err sch_status_as_error(const sch_status *status, sch_detail *detail);

/* Takes a FAIL over, with state, code and sentence; or makes it an error, as above. */
void sch_status_take_fail(sch_status *status, const sch_control *control);
sch_err sch_status_fail(const sch_control *control, sch_detail *detail);

#endif
