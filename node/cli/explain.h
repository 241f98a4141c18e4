/* explain.h - what would happen with a query, in words. */
#ifndef SCH_NODE_CLI_EXPLAIN_H
#define SCH_NODE_CLI_EXPLAIN_H

#include "crypto/base/buf.h"
#include "node/cli/offers.h"
#include "node/query/plan.h"
#include "proto/request.h"

/* Appends who does and learns what (sch_plan_explain), the agreement, who approves how, the budget, and the SQL and the
 * link keys that those who approve would see. refusal: the sentence of a rule that the request breaks; NULL where it
 * keeps them all. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT. */
sch_err sch_explain(sch_buf *out, const sch_offer *offer, const sch_plan *plan, const sch_request *request,
                    const char *refusal);

#endif
