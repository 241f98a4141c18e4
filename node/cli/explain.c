#include "node/cli/explain.h"

#include <inttypes.h>

#include "node/govern/terms.h"
#include "node/query/request_text.h"

static sch_err explain_agreement(sch_buf *out, const sch_agreement *agreement)
{
    sch_err err = SCH_NONE;
    char until[SCH_TERMS_TIME_BYTES];
    sch_terms_last(until, agreement->valid_until);
    SCH_TRY(sch_buf_printf(out, "\nThe agreement\n  %s, version %" PRIu32 ": %s\n  for: %s\n  valid until %s\n",
                           agreement->id, agreement->version, agreement->title, agreement->purpose, until));
    SCH_TRY(sch_buf_printf(out, "  at most %" PRIu32 " request%s per analyst and %s\n\n", agreement->budget,
                           agreement->budget == 1 ? "" : "s", sch_terms_period[agreement->budget_period - 1]));
out:
    return err;
}

static sch_err explain_approval(sch_buf *out, const sch_agreement *agreement, const sch_plan *plan)
{
    static const char *const HOW[] = {
        [SCH_APPROVAL_AUTOMATIC] = "approves by itself what keeps the rules",
        [SCH_APPROVAL_OPERATOR] = "one of its operators has to approve",
        [SCH_APPROVAL_TWO_OPERATORS] = "two of its operators have to approve",
    };
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "Who approves\n"));
    for (size_t i = 0; i < plan->party_count; i++) {
        const sch_agreement_party *party = sch_agreement_find_party(agreement, plan->party[i]);
        SCH_TRY(sch_check(party != NULL, SCH_BUG, "the plan names a node that is no party"));
        SCH_TRY(sch_buf_printf(out, "  %-16s %s\n", party->name, HOW[party->approval]));
    }
    SCH_TRY(sch_buf_append_text(out, "\n"));
out:
    return err;
}

/* The query, each line further to the right, and what its link keys are. */
static sch_err explain_query(sch_buf *out, const sch_plan *plan, const sch_request *request)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    SCH_TRY(sch_request_text(&text, request));
    SCH_TRY(sch_buf_append_text(out, "What they would see\n  "));
    for (size_t i = 0; i < text.bytes; i++) {
        SCH_TRY(sch_buf_append(out, &text.data[i], 1));
        SCH_TRY(sch_buf_append_text(out, text.data[i] == '\n' ? "  " : ""));
    }
    for (size_t i = 0; i < plan->pass_count; i++) {
        SCH_TRY(sch_buf_printf(out, "\n    %s: ", plan->pass[i]));
        SCH_TRY(sch_plan_text_key(out, plan, request, i));
    }
    SCH_TRY(sch_buf_append_text(out, "\n"));
out:
    sch_buf_clear(&text);
    return err;
}

sch_err sch_explain(sch_buf *out, const sch_offer *offer, const sch_plan *plan, const sch_request *request,
                    const char *refusal)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_plan_explain(out, plan, request));
    SCH_TRY(explain_agreement(out, &offer->bundle.agreement));
    SCH_TRY(explain_approval(out, &offer->bundle.agreement, plan));
    SCH_TRY(explain_query(out, plan, request));
    if (refusal != NULL) {
        SCH_TRY(sch_buf_printf(out, "\nIt would be refused\n  %s\n", refusal));
    }
out:
    return err;
}
