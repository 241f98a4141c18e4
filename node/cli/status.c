#include "node/cli/status.h"

#include <string.h>

#include "proto/sealed.h"

sch_err sch_status_read(sch_status *out, const sch_control *control)
{
    sch_err err = SCH_NONE;
    *out =
        (sch_status){.state = control->state, .code = control->code, .changed = control->time, .text = control->text};
    memcpy(out->plan_hash, control->plan_hash, sizeof out->plan_hash);
    memcpy(out->signature, control->signature, sizeof out->signature);
    SCH_TRY(sch_buf_append(&out->bytes, control->bytes.data, control->bytes.bytes));
    err = sch_request_decode(&out->request, out->bytes.data, out->bytes.bytes, NULL);
    if (sch_failed(err) && err.code != SCH_NO_MEMORY) {
        err = sch_fail(SCH_BAD_PEER, "the node sent a status of what is no request");
    }
    SCH_TRY(err);
    SCH_TRY(sch_check(memcmp(&out->request.id, &control->id, sizeof control->id) == 0, SCH_BAD_PEER,
                      "the node sent a status with another request's id"));
    SCH_TRY(sch_request_bytes_hash(out->request_hash, out->bytes.data, out->bytes.bytes));
out:
    return err;
}

sch_err sch_status_verify(const sch_status *status, const uint8_t identity[static SCH_SIGN_PUBLIC_BYTES])
{
    return sch_request_bytes_verify(status->signature, status->bytes.data, status->bytes.bytes, identity);
}

void sch_status_clear(sch_status *status)
{
    sch_request_clear(&status->request);
    sch_buf_clear(&status->bytes);
    *status = (sch_status){0};
}

static sch_status_origin origin_of(const sch_status *status, const sch_session *session)
{
    if (strcmp(status->request.analyst, session->profile.analyst) != 0) {
        return SCH_ORIGIN_OTHER;
    }
    return sch_failed(sch_status_verify(status, session->identity.card.identity)) ? SCH_ORIGIN_UNKNOWN : SCH_ORIGIN_OWN;
}

sch_err sch_status_ask(sch_status *out, sch_session *session, const sch_request_id *id, bool own, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_control watch = {.kind = SCH_CONTROL_WATCH, .id = *id};
    sch_control control = {0};
    *out = (sch_status){0};
    SCH_TRY(sch_session_explain(session, sch_session_send(session, &watch), detail));
    do {
        sch_control_clear(&control);
        SCH_TRY(sch_session_explain(session, sch_session_receive(session, &control, SCH_ANSWER_MS), detail));
    } while (memcmp(&control.id, id, sizeof *id) != 0 || control.kind == SCH_CONTROL_PROGRESS);
    if (control.kind == SCH_CONTROL_FAIL) {
        SCH_TRY(sch_status_fail(&control, detail));
    }
    SCH_TRY(sch_check(control.kind == SCH_CONTROL_STATUS, SCH_BAD_PEER, "the node sent another message than a status"));
    SCH_TRY(sch_status_read(out, &control));
    out->origin = origin_of(out, session);
    SCH_TRY(sch_check(!own || out->origin == SCH_ORIGIN_OWN, SCH_DENIED, "this is no request that you signed"));
out:
    sch_control_clear(&control);
    return err;
}

sch_err sch_status_each(sch_session *session, sch_status_sink sink, void *context, sch_detail *detail)
{
    static const sch_request_id END = {{0}};
    sch_err err = SCH_NONE;
    sch_control ask = {.kind = SCH_CONTROL_STATUS_ASK};
    sch_control control = {0};
    sch_status status = {0};
    SCH_TRY(sch_session_explain(session, sch_session_send(session, &ask), detail));
    for (;;) {
        sch_control_clear(&control);
        sch_status_clear(&status);
        SCH_TRY(sch_session_explain(session, sch_session_receive(session, &control, SCH_ANSWER_MS), detail));
        SCH_TRY(
            sch_check(control.kind == SCH_CONTROL_STATUS, SCH_BAD_PEER, "the node sent another message than a status"));
        if (memcmp(&control.id, &END, sizeof END) == 0) {
            break;
        }
        SCH_TRY(sch_status_read(&status, &control));
        status.origin = origin_of(&status, session);
        SCH_TRY(sink(context, &status));
    }
out:
    sch_status_clear(&status);
    sch_control_clear(&control);
    return err;
}

sch_err sch_status_as_error(const sch_status *status, sch_detail *detail)
{
    const char *text = status->text.text;
    if (status->state == SCH_REQUEST_RELEASED) {
        return SCH_NONE;
    }
    if (text[0] == '\0') {
        sch_detail_set(detail, "the request is %s", sch_request_state_name(status->state));
    } else if (status->node[0] != '\0' && strncmp(text, "node ", 5) != 0) {
        sch_detail_set(detail, "node %s: %s", status->node, text);
    } else {
        sch_detail_set(detail, "%s", text);
    }
    if (status->state == SCH_REQUEST_REFUSED || status->state == SCH_REQUEST_EXPIRED) {
        return sch_fail(SCH_DENIED, "the request was refused");
    }
    return sch_fail(status->code == SCH_OK ? SCH_TRY_AGAIN : status->code, "the request did not come to its end");
}

void sch_status_take_fail(sch_status *status, const sch_control *control)
{
    status->state = control->state;
    status->code = control->code;
    status->text = control->text;
    memcpy(status->node, control->node, sizeof status->node);
}

sch_err sch_status_fail(const sch_control *control, sch_detail *detail)
{
    sch_status status = {0};
    sch_status_take_fail(&status, control);
    return sch_status_as_error(&status, detail);
}
