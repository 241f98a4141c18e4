/* session.h - an analyst's dealings with one node: catalogues, a request, the answer. Used by one thread. */
#ifndef SCH_NODE_CLI_SESSION_H
#define SCH_NODE_CLI_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/base/err.h"
#include "node/conf/conf.h"
#include "node/identity/identity.h"
#include "node/net/client.h"
#include "node/query/plan.h"
#include "proto/catalog.h"
#include "proto/control.h"
#include "proto/request.h"

typedef struct sch_session {
    sch_profile profile;
    sch_identity identity;
    sch_client *client;
    sch_catalog catalog[SCH_MAX_NODES]; /* what the called node knows: its own last */
    const sch_catalog *view[SCH_MAX_NODES];
    size_t catalog_count;
} sch_session;

/* Reads the profile and the keys, connects to the profile's node, fetches the catalogues. path: NULL for the default profile. The
 * session is the caller's to close, also on failure. Errors: those of conf.h, identity.h and client.h; the detail says what to do. */
sch_err sch_session_open(sch_session *session, const char *path, const _Atomic bool *stop, sch_detail *detail);
void sch_session_close(sch_session *session);

/* What is seen while waiting; may be called often. node: whose progress. */
typedef void (*sch_session_progress)(void *context, const char *node, sch_phase phase, unsigned per_mille);

/* The two holders' shares, added. */
typedef struct sch_answer {
    uint64_t *values, *states; /* owned; table columns x groups words; one holder's share alone until both came */
    size_t words;              /* of each */
    char node[SCH_NAME_BYTES]; /* on failure: at which node; "" where it was here */
} sch_answer;

/* Signs and sends a request whose query is filled in (id, analyst and times are set here), waits for the answer, checks both
 * holders' signatures, plan and rules, and adds up. *stop ends the wait and cancels the request at the nodes.
 * The answer is the caller's to clear, also on failure. Errors: SCH_TRY_AGAIN, SCH_DENIED, SCH_BAD_INPUT, SCH_BAD_PEER, SCH_IO. */
sch_err sch_session_ask(sch_session *session, sch_answer *answer, sch_request *request, const sch_plan *plan,
                        const _Atomic bool *stop, sch_session_progress progress, void *context, sch_detail *detail);
void sch_answer_clear(sch_answer *answer);

#endif
