/* follow.h - a request from being sent to its end, also where the connection is lost on the way. */
#ifndef SCH_NODE_CLI_FOLLOW_H
#define SCH_NODE_CLI_FOLLOW_H

#include "node/cli/common.h"
#include "node/cli/session.h"
#include "node/cli/status.h"

enum { SCH_FOLLOW_PARTIES = 3 };

/* What one of the computing nodes said last. */
typedef struct sch_follow_party {
    char node[SCH_NAME_BYTES];
    sch_phase phase;
    unsigned per_mille;
} sch_follow_party;

typedef struct sch_follow {
    sch_session *session; /* borrowed */
    sch_request_id id;
    const sch_control *submit; /* borrowed: what to send; NULL to watch a request that was sent before */
    bool first_only;           /* return as soon as the node has said anything, not at the end */
    sch_progress line;
    sch_follow_party party[SCH_FOLLOW_PARTIES];
    size_t party_count;
    bool told; /* that it waits for people */
} sch_follow;

/* Sends or watches, shows on stderr what is awaited from whom and how far it is, and gives the last status: an end
 * state, but where first_only is set. The status is the caller's to clear, also on failure. Where the connection is
 * lost it connects again and watches on. Errors: SCH_TRY_AGAIN where *stop was set (nothing is cancelled by that) or
 * the node stays away, SCH_BAD_PEER, SCH_DENIED, SCH_NO_MEMORY. */
sch_err sch_follow_run(sch_follow *follow, sch_status *status, sch_detail *detail);

/* Cancels a request and waits a few seconds for its end, whatever *stop says. status: the last one that came; state
 * 0 where none did. It is the caller's to clear. Errors: those of the session. */
sch_err sch_follow_cancel(sch_session *session, sch_status *status, const sch_request_id *id, sch_detail *detail);

#endif
