#include "node/cli/compose.h"

#include <string.h>

#include "node/base/clock.h"
#include "node/govern/policy.h"
#include "node/query/request_sql.h"
#include "proto/sealed.h"

static sch_err fill_purpose(sch_request *request, const char *purpose, sch_detail *detail)
{
    size_t bytes = purpose == NULL ? 0 : strlen(purpose);
    if (bytes == 0) {
        sch_detail_set(detail,
                       "say what the query is for, with --purpose or as purpose in your profile: those who approve "
                       "it have to know");
        return sch_fail(SCH_BAD_INPUT, "the query has no purpose");
    }
    if (bytes > SCH_MAX_PURPOSE_BYTES || !sch_text_is_printable(purpose, bytes)) {
        sch_detail_set(detail, "the purpose is one line of at most %d bytes", SCH_MAX_PURPOSE_BYTES);
        return sch_fail(SCH_BAD_INPUT, "the purpose is too long, or not one line");
    }
    memcpy(request->purpose, purpose, bytes + 1);
    return SCH_NONE;
}

static sch_err fill_recipients(sch_request *request, const sch_compose *compose)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < compose->recipient_count; i++) {
        SCH_TRY(sch_text_copy(request->recipient[i], SCH_NAME_BYTES, compose->recipient[i]));
    }
    request->recipient_count = compose->recipient_count;
    if (compose->recipient_count == 0) {
        memcpy(request->recipient[0], request->analyst, SCH_NAME_BYTES);
        request->recipient_count = 1;
    }
out:
    return err;
}

/* What was said holds, and may be refused; what was not said fits the agreement. */
static void fill_times(sch_request *request, const sch_compose *compose, const sch_agreement *agreement)
{
    int64_t created = sch_clock_now().value;
    int64_t end = created + (compose->valid_ms > 0 ? compose->valid_ms : SCH_VALID_MS);
    if (compose->valid_ms == 0 && end > agreement->valid_until.value && created < agreement->valid_until.value) {
        end = agreement->valid_until.value;
    }
    request->created.value = created;
    request->not_before.value = created;
    request->not_after.value = end < SCH_MAX_TIME_MS ? end : SCH_MAX_TIME_MS;
}

sch_err sch_compose_fill(sch_request *request, const sch_compose *compose, const sch_session *session,
                         const sch_offer *offer, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_agreement *agreement = &offer->bundle.agreement;
    memcpy(request->analyst, session->profile.analyst, sizeof request->analyst);
    memcpy(request->agreement, agreement->id, sizeof request->agreement);
    memcpy(request->agreement_hash, offer->bundle.hash, sizeof request->agreement_hash);
    SCH_TRY(fill_purpose(request, compose->purpose != NULL ? compose->purpose : session->profile.purpose, detail));
    SCH_TRY(fill_recipients(request, compose));
    fill_times(request, compose, agreement);
    request->id = sch_id_new(request->created);
    SCH_TRY(sch_request_check(request, detail));
out:
    return err;
}

sch_err sch_compose_check(const sch_request *request, const sch_offer *offer, const sch_plan *plan, sch_detail *detail)
{
    uint64_t numbers = sch_plan_numbers(plan, request);
    return sch_policy_check(NULL, request, &offer->bundle.agreement, offer->bundle.hash, offer->view.catalog,
                            offer->view.count, sch_clock_now(), numbers, detail);
}

sch_err sch_compose_sign(sch_control *submit, const sch_request *request, const sch_session *session,
                         sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf sql = {0};
    *submit = (sch_control){.kind = SCH_CONTROL_SUBMIT, .id = request->id};
    SCH_TRY(sch_request_check(request, detail));
    SCH_TRY(sch_request_sql(&sql, request)); /* what cannot be shown to those who approve is not worth sending */
    SCH_TRY(sch_request_encode(&submit->bytes, request));
    SCH_TRY(sch_request_bytes_sign(submit->signature, submit->bytes.data, submit->bytes.bytes,
                                   session->identity.identity_secret));
out:
    sch_buf_clear(&sql);
    return err;
}
