/* DESIGN. A status is kept when it says something new; what is shown rests on the last status and on what each
 * computing node said of itself. Receiving waits a second at most, so that there is a moment to look at the clock. A
 * lost connection is no event in the request's life: it is opened again, and the request is watched on, or sent
 * again where no answer had come: the node takes the same bytes for the same request. */
#include "node/cli/follow.h"

#include <string.h>

#include "node/base/clock.h"

enum { SLICE_MS = 1000, TOLD_AFTER_S = 3, CANCEL_MS = 5000 };

#define NS_PER_S UINT64_C(1000000000)

/* ---- what is shown ---- */

static void note_progress(sch_follow *follow, const sch_control *control)
{
    size_t p = 0;
    while (p < follow->party_count && strcmp(follow->party[p].node, control->node) != 0) {
        p++;
    }
    if (p == SCH_FOLLOW_PARTIES) {
        return;
    }
    follow->party_count += p == follow->party_count;
    memcpy(follow->party[p].node, control->node, sizeof follow->party[p].node);
    follow->party[p].phase = control->phase;
    follow->party[p].per_mille = control->per_mille;
}

/* The node that is furthest behind says where the computation is. */
static void show_progress(sch_follow *follow)
{
    const sch_follow_party *slowest = &follow->party[0];
    for (size_t p = 1; p < follow->party_count; p++) {
        const sch_follow_party *other = &follow->party[p];
        bool behind =
            other->phase < slowest->phase || (other->phase == slowest->phase && other->per_mille < slowest->per_mille);
        slowest = behind ? other : slowest;
    }
    if (follow->party_count == 0) {
        sch_progress_show(&follow->line, "approved by all; it begins");
    } else if (slowest->phase == SCH_PHASE_READ) {
        sch_progress_show(&follow->line, "%s reads its data set", slowest->node);
    } else if (slowest->phase == SCH_PHASE_COMPUTE) {
        sch_progress_bar(&follow->line, "computing", slowest->per_mille);
    } else {
        sch_progress_show(&follow->line, "the threshold is applied, shares are sealed");
    }
}

static void show(sch_follow *follow, const sch_status *status)
{
    if (status->state == SCH_REQUEST_RUNNING || status->state == SCH_REQUEST_APPROVED) {
        show_progress(follow);
    } else if (status->text.text[0] != '\0') {
        sch_progress_show(&follow->line, "%s", status->text.text);
    } else {
        sch_progress_show(&follow->line, "%s", sch_request_state_name(status->state));
    }
}

/* People take their time: whoever waits for them is told once that they need not stay. */
static void tell_where_it_takes_long(sch_follow *follow, const sch_status *status, uint64_t since_ns)
{
    char id[SCH_ID_TEXT_BYTES];
    bool waits = status->state == SCH_REQUEST_WAITING && sch_clock_ns() - since_ns >= TOLD_AFTER_S * NS_PER_S;
    if (follow->told || !waits || follow->submit == NULL) {
        return;
    }
    follow->told = true;
    sch_id_to_text(id, follow->id);
    sch_progress_clear(&follow->line);
    sch_cli_say("request %s: %s", id, status->text.text[0] == '\0' ? "it waits" : status->text.text);
}

/* ---- what comes in ---- */

static sch_err take_status(sch_follow *follow, sch_status *status, const sch_control *control)
{
    sch_err err = SCH_NONE;
    sch_status next = {0};
    const sch_control *submit = follow->submit;
    SCH_TRY(sch_status_read(&next, control));
    bool same = submit == NULL || (next.bytes.bytes == submit->bytes.bytes &&
                                   memcmp(next.bytes.data, submit->bytes.data, next.bytes.bytes) == 0);
    SCH_TRY(sch_check(same, SCH_BAD_PEER, "the node holds another request under this id than the one that was sent"));
    sch_status_clear(status);
    *status = next;
    next = (sch_status){0};
out:
    sch_status_clear(&next);
    return err;
}

static sch_err take(sch_follow *follow, sch_status *status, const sch_control *control)
{
    if (memcmp(&control->id, &follow->id, sizeof control->id) != 0) {
        return SCH_NONE;
    }
    switch (control->kind) {
    case SCH_CONTROL_PROGRESS:
        note_progress(follow, control);
        return SCH_NONE;
    case SCH_CONTROL_STATUS:
        return take_status(follow, status, control);
    case SCH_CONTROL_FAIL:
        sch_status_take_fail(status, control); /* a refusal before anything was stored, or an end */
        return SCH_NONE;
    default:
        return sch_fail(SCH_BAD_PEER, "the node sent a message that does not belong here");
    }
}

/* Sends what was not answered yet, and asks how it stands and to be told of changes. */
static sch_err begin(sch_follow *follow, const sch_status *status)
{
    sch_err err = SCH_NONE;
    sch_control watch = {.kind = SCH_CONTROL_WATCH, .id = follow->id};
    if (follow->submit != NULL && status->state == 0) {
        SCH_TRY(sch_session_send(follow->session, follow->submit));
    }
    SCH_TRY(sch_session_send(follow->session, &watch));
out:
    return err;
}

static bool is_over(const sch_follow *follow, const sch_status *status)
{
    return sch_request_state_is_end(status->state) || (follow->first_only && status->state != 0);
}

sch_err sch_follow_run(sch_follow *follow, sch_status *status, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_control control = {0};
    uint64_t since_ns = sch_clock_ns();
    sch_session *session = follow->session;
    *status = (sch_status){0};
    sch_progress_init(&follow->line);
    err = begin(follow, status);
    while (!sch_failed(err) || err.code == SCH_IO) {
        if (err.code == SCH_IO) {
            sch_progress_clear(&follow->line);
            SCH_TRY(sch_session_reconnect(session, &follow->id, detail));
            err = begin(follow, status);
            continue;
        }
        sch_control_clear(&control);
        err = sch_session_receive(session, &control, SLICE_MS);
        if (err.code == SCH_TRY_AGAIN && !sch_session_is_stopped(session)) {
            err = SCH_NONE;
        } else if (!sch_failed(err)) {
            SCH_TRY(take(follow, status, &control));
        }
        if (is_over(follow, status)) {
            goto out;
        }
        show(follow, status);
        tell_where_it_takes_long(follow, status, since_ns);
    }
    err = sch_session_explain(session, err, detail);
out:
    sch_progress_clear(&follow->line);
    sch_control_clear(&control);
    return err;
}

sch_err sch_follow_cancel(sch_session *session, sch_status *status, const sch_request_id *id, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const _Atomic bool *stop = session->stop;
    sch_control cancel = {.kind = SCH_CONTROL_CANCEL, .id = *id};
    sch_control control = {0};
    sch_follow follow = {.session = session, .id = *id};
    uint64_t deadline = sch_clock_ns() + CANCEL_MS * UINT64_C(1000000);
    *status = (sch_status){0};
    session->stop = NULL; /* it was set already where Ctrl-C is what cancels */
    SCH_TRY(sch_session_explain(session, sch_session_send(session, &cancel), detail));
    while (!sch_request_state_is_end(status->state) && sch_clock_ns() < deadline) {
        sch_control_clear(&control);
        err = sch_session_receive(session, &control, SLICE_MS);
        if (err.code == SCH_TRY_AGAIN) {
            err = SCH_NONE;
            continue;
        }
        SCH_TRY(sch_session_explain(session, err, detail));
        SCH_TRY(take(&follow, status, &control));
    }
out:
    session->stop = stop;
    sch_control_clear(&control);
    return err;
}
