/* fetch.h - the two holders' sealed shares of a released table: fetched, checked, added up. */
#ifndef SCH_NODE_CLI_FETCH_H
#define SCH_NODE_CLI_FETCH_H

#include "node/cli/offers.h"
#include "node/cli/session.h"
#include "node/cli/status.h"
#include "node/query/plan.h"

/* The two holders' shares, added. */
typedef struct sch_answer {
    uint64_t *values,
        *states;  /* owned; columns x cells words of the plan's table; one holder's share alone until both came */
    size_t words; /* of each */
} sch_answer;

/* Makes the plan that a released request was computed by, from what the node offers now. offer: whose agreement the
 * request names, or another version of it. Errors: SCH_BAD_INPUT where the plan is another one now: the detail says
 * what has changed; SCH_TRY_AGAIN where an owner is not connected now; SCH_DENIED where the agreement is gone;
 * SCH_NO_MEMORY. */
sch_err sch_fetch_plan(sch_plan *plan, const sch_offer **offer, const sch_offers *offers, const sch_status *status,
                       sch_detail *detail);

/* Fetches, checks both holders' signatures (keys by the profile's cards), request, plan and rules, and adds up.
 * No more is taken of a holder than the plan's table comes to. Where the connection is lost it connects again. The
 * answer is the caller's to clear, also on failure. Errors: SCH_BAD_PEER where a share cannot be trusted, those of the
 * node's words, SCH_TRY_AGAIN, SCH_NO_MEMORY. */
sch_err sch_fetch_answer(sch_answer *answer, sch_session *session, const sch_status *status, const sch_plan *plan,
                         sch_detail *detail);
void sch_answer_clear(sch_answer *answer);

#endif
