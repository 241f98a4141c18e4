/* release.c - sealed shares: kept by the holders until they are fetched or expire, and passed on by the coordinator.
 * Runs in the event thread, but for the sending of shares, which may take long and has threads of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/govern/terms.h"
#include "node/job/job.h"

enum { FETCH_SECONDS = 120 }; /* holders have to give what is fetched within this */

/* ---- keeping ---- */

static sch_err put_results(sch_job *job)
{
    sch_err err = SCH_NONE;
    int64_t days = job->agreement->bundle.agreement.retention_days;
    sch_time_ms expires = {sch_clock_now().value + days * SCH_DAY_MS};
    for (size_t r = 0; r < job->request.recipient_count && sch_plan_is_holder(&job->plan, job->self); r++) {
        const sch_sealed *sealed = &job->sealed[r];
        SCH_TRY(sch_store_put_result(job->jobs->options.store, &job->request.id, job->request.recipient[r],
                                     sealed->bytes.data, sealed->bytes.bytes, sealed->signature, expires));
    }
out:
    return err;
}

void sch_job_keep_part(sch_job *job)
{
    sch_jobs *jobs = job->jobs;
    sch_jobs_begin(jobs);
    job->row.part_done = true;
    sch_err err = put_results(job);
    if (!sch_failed(err)) {
        err = sch_store_put_request(jobs->options.store, &job->row);
    }
    if (!sch_failed(err)) {
        err = sch_job_record(job, NULL, "request.part_kept", "ok");
    }
    err = sch_jobs_commit(jobs, err, false);
    for (size_t r = 0; r < SCH_MAX_RECIPIENTS; r++) {
        sch_buf_clear(&job->sealed[r].bytes);
    }
    if (!sch_job_coordinates(job)) {
        sch_control done = {.kind = SCH_CONTROL_DONE, .id = job->request.id};
        memcpy(done.node, jobs->options.conf->node, sizeof done.node);
        sch_jobs_tell(jobs, job->coordinator, &done);
    }
}

/* The end that was wished for: durable, with the head of the audit log for the others. */
static void store_released(sch_job *job, const char *actor, sch_stored_head *head)
{
    sch_jobs *jobs = job->jobs;
    sch_jobs_begin(jobs);
    sch_err err = sch_job_set_state(job, SCH_REQUEST_RELEASED, actor);
    if (!sch_failed(err)) {
        err = sch_jobs_make_head(jobs, head);
    }
    err = sch_jobs_commit(jobs, err, false);
    (void)err;
}

static void send_head_to_parties(sch_job *job, const sch_stored_head *head)
{
    for (size_t p = 0; p < job->row.party_count; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF)) {
            sch_jobs_send_head(job->jobs, job->party[p], head);
        }
    }
}

void sch_job_release(sch_job *job)
{
    sch_jobs *jobs = job->jobs;
    sch_stored_head head;
    sch_control released = {.kind = SCH_CONTROL_RELEASED, .id = job->request.id};
    store_released(job, NULL, &head);
    for (size_t p = 0; p < job->row.party_count; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF)) {
            sch_jobs_tell(jobs, job->party[p], &released);
        }
    }
    sch_log(SCH_LOG_INFO, "job", job->id_text, "the result is released");
    sch_job_tell_watchers(job);
    send_head_to_parties(job, &head);
    sch_job_remove(job);
}

void sch_job_on_released(sch_job *job, sch_event *event)
{
    sch_stored_head head;
    char actor[SCH_AUDIT_OBJECT_BYTES];
    if (!sch_peer_is(event->from, job->coordinator) || sch_job_coordinates(job)) {
        return;
    }
    (void)snprintf(actor, sizeof actor, "node:%s", job->row.coordinator);
    store_released(job, actor, &head);
    sch_log(SCH_LOG_INFO, "job", job->id_text, "the result is released");
    send_head_to_parties(job, &head);
    sch_job_remove(job);
}

void sch_job_on_released_early(sch_job *job, sch_event *event)
{
    sch_jobs *jobs = job->jobs;
    if (!sch_peer_is(event->from, job->coordinator) || sch_job_coordinates(job)) {
        return;
    }
    /* This node was restored to a state from before it took part. The budget was spent. */
    sch_jobs_begin(jobs);
    sch_err err = sch_store_settle(jobs->options.store, &job->request.id, SCH_LEDGER_SPENT);
    err = sch_jobs_commit(jobs, err, false);
    (void)err;
    sch_job_end(job, SCH_REQUEST_FAILED, jobs->options.conf->node, NULL,
                sch_fail(SCH_TRY_AGAIN, "the request was computed, but this node's state is from before that"), NULL);
}

/* ---- fetching ---- */

/* Shares on their way out. */
typedef struct posting {
    sch_jobs *jobs;
    sch_peer_id to;
    bool session; /* to an analyst's session */
    sch_control control;
    sch_buf sealed;
} posting;

static void *post(void *argument)
{
    posting *p = argument;
    sch_err err = SCH_NONE;
    p->control.parts = sch_parts_count(p->sealed.bytes);
    for (; p->control.part < p->control.parts && !atomic_load(&p->jobs->stopping); p->control.part++) {
        SCH_TRY(sch_parts_cut(&p->control, &p->sealed));
        SCH_TRY(p->session ? sch_outbox_send(p->jobs->outbox, p->to, &p->control)
                           : sch_jobs_send(p->jobs, p->to, &p->control));
    }
out:
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, "a result could not be passed on", err, NULL);
        if (p->session) {
            sch_mesh_end_session(p->jobs->mesh, p->to);
        }
    }
    sch_control_clear(&p->control);
    sch_buf_clear(&p->sealed);
    atomic_fetch_sub(&p->jobs->posting, 1);
    free(p);
    return NULL;
}

/* Sends what this node keeps for a recipient. Errors: SCH_BAD_INPUT where it keeps nothing, SCH_NO_MEMORY. */
static sch_err send_own(sch_jobs *jobs, const sch_request_id *id, const char *recipient, sch_peer_id to, bool session)
{
    sch_err err = SCH_NONE;
    bool found = false;
    pthread_t thread;
    posting *p = NULL;
    SCH_TRY(sch_check(atomic_load(&jobs->posting) < SCH_MAX_POSTING, SCH_TRY_AGAIN,
                      "many results are being fetched at this moment; try again when that has ended"));
    p = calloc(1, sizeof *p);
    SCH_TRY(sch_check(p != NULL, SCH_NO_MEMORY, "out of memory"));
    *p = (posting){.jobs = jobs, .to = to, .session = session, .control = {.kind = SCH_CONTROL_RESULT, .id = *id}};
    (void)snprintf(p->control.node, sizeof p->control.node, "%s", jobs->options.conf->node);
    (void)snprintf(p->control.recipient, sizeof p->control.recipient, "%s", recipient);
    SCH_TRY(sch_store_get_result(jobs->options.store, &found, id, recipient, &p->sealed, p->control.signature));
    SCH_TRY(sch_check(found, SCH_BAD_INPUT,
                      "the result is kept no longer: its retention has ended, or its agreement was revoked"));
    atomic_fetch_add(&jobs->posting, 1);
    if (pthread_create(&thread, NULL, post, p) != 0) {
        atomic_fetch_sub(&jobs->posting, 1);
        SCH_TRY(sch_fail(SCH_NO_MEMORY, "no thread could be started to send a result"));
    }
    (void)pthread_detach(thread);
    p = NULL;
out:
    if (p != NULL) {
        sch_buf_clear(&p->sealed);
        free(p);
    }
    return err;
}

static bool is_recipient(const sch_stored_request *row, const char *analyst)
{
    sch_request request = {0};
    bool found = false;
    if (row->bytes.bytes > 0 && !sch_failed(sch_request_decode(&request, row->bytes.data, row->bytes.bytes, NULL))) {
        for (size_t r = 0; r < request.recipient_count; r++) {
            found = found || strcmp(request.recipient[r], analyst) == 0;
        }
    }
    sch_request_clear(&request);
    return found;
}

/* Whether this node may give or pass on a result now. */
static sch_err check_fetch(const sch_jobs *jobs, const sch_stored_request *row, bool found, const char *recipient,
                           sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_book_agreement *agreement = found ? sch_book_find_id(&jobs->book, row->agreement) : NULL;
    const sch_agreement_analyst *analyst =
        agreement == NULL ? NULL : sch_agreement_find_analyst(&agreement->bundle.agreement, recipient);
    SCH_TRY(sch_check(found && is_recipient(row, recipient), SCH_DENIED,
                      "this node took no request whose result is for you with this id"));
    if (agreement == NULL || agreement->state == SCH_BOOK_REVOKED) {
        sch_detail_set(detail, "agreement %s is in force no longer; its results are given to nobody", row->agreement);
        SCH_TRY(sch_fail(SCH_DENIED, "the agreement is not in force here"));
    }
    if (analyst == NULL || analyst->valid_until.value <= sch_clock_now().value) {
        sch_detail_set(detail, "agreement %s lists %s no longer, so there is no result for them", row->agreement,
                       recipient);
        SCH_TRY(sch_fail(SCH_DENIED, "the recipient is listed no longer"));
    }
    if (row->state != SCH_REQUEST_RELEASED) {
        sch_detail_set(detail, "there is no result: the request is %s", sch_request_state_name(row->state));
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the request has no result"));
    }
out:
    return err;
}

/* An analyst fetches: asks both holders, of which this node may be one. */
static sch_err begin_fetch(sch_jobs *jobs, const sch_event *event, const sch_stored_request *row)
{
    sch_err err = SCH_NONE;
    const char *recipient = event->control.recipient;
    char actor[SCH_AUDIT_OBJECT_BYTES], object[SCH_AUDIT_OBJECT_BYTES], id_text[SCH_ID_TEXT_BYTES];
    sch_fetch *fetch = calloc(1, sizeof *fetch);
    SCH_TRY(sch_check(fetch != NULL, SCH_NO_MEMORY, "out of memory"));
    *fetch = (sch_fetch){.id = row->id, .session = event->from, .since_ns = sch_clock_ns()};
    (void)snprintf(fetch->recipient, sizeof fetch->recipient, "%s", recipient);
    sch_id_to_text(id_text, row->id);
    (void)snprintf(actor, sizeof actor, "analyst:%s", recipient);
    (void)snprintf(object, sizeof object, "request:%s", id_text);
    SCH_TRY(sch_record_alone(jobs, actor, "result.fetch", object, "ok", &row->id, row->request_hash));
    for (size_t h = 0; h < 2; h++) {
        const char *name = row->party[row->holder[h]];
        size_t peer = sch_book_find_peer(&jobs->book, name);
        fetch->holder[h] = SCH_SELF;
        if (strcmp(name, jobs->options.conf->node) == 0) {
            SCH_TRY(send_own(jobs, &row->id, recipient, event->from, true));
            fetch->complete[h] = true;
            continue;
        }
        sch_control ask = {.kind = SCH_CONTROL_FETCH, .id = row->id};
        memcpy(ask.recipient, fetch->recipient, sizeof ask.recipient);
        SCH_TRY(sch_check(peer != SIZE_MAX, SCH_BAD_INPUT, "a holder of the result is known here no longer"));
        fetch->holder[h] = (sch_peer_id){(uint32_t)peer};
        err = sch_jobs_send(jobs, fetch->holder[h], &ask);
        SCH_TRY(sch_failed(err)
                    ? sch_fail(SCH_TRY_AGAIN, "a holder of the result is not connected now; try again later")
                    : err);
    }
    fetch->next = jobs->fetches;
    jobs->fetches = fetch;
    fetch = NULL;
out:
    free(fetch);
    return err;
}

/* One at a time for each result: parts of two would mix. */
static bool is_being_fetched(const sch_jobs *jobs, const sch_request_id *id, const char *recipient)
{
    for (const sch_fetch *f = jobs->fetches; f != NULL; f = f->next) {
        if (memcmp(&f->id, id, sizeof *id) == 0 && strcmp(f->recipient, recipient) == 0) {
            return true;
        }
    }
    return false;
}

/* A peer that coordinates, or the recipient's own session. */
static sch_err answer_fetch(sch_jobs *jobs, const sch_event *event, const sch_stored_request *row, bool found,
                            sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_control *control = &event->control;
    bool from_peer = event->from.value < jobs->book.peer_count;
    SCH_TRY(check_fetch(jobs, row, found, control->recipient, detail));
    if (from_peer) {
        SCH_TRY(sch_check(strcmp(sch_jobs_peer_name(jobs, event->from), row->coordinator) == 0, SCH_DENIED,
                          "the node that fetches a result did not take the request"));
        SCH_TRY(send_own(jobs, &row->id, control->recipient, event->from, false));
        goto out;
    }
    size_t analyst = sch_jobs_session_analyst(jobs, event->from);
    SCH_TRY(sch_check(analyst != SIZE_MAX && strcmp(jobs->book.analyst[analyst].name, control->recipient) == 0,
                      SCH_DENIED, "a result is fetched by the one for whom it was sealed"));
    if (strcmp(row->coordinator, jobs->options.conf->node) != 0) {
        sch_detail_set(detail, "node %s took the request; fetch its result there", row->coordinator);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "another node took the request"));
    }
    SCH_TRY(sch_check(!is_being_fetched(jobs, &row->id, control->recipient), SCH_TRY_AGAIN,
                      "the result is being fetched at this moment; try again when that has ended"));
    SCH_TRY(begin_fetch(jobs, event, row));
out:
    return err;
}

void sch_jobs_on_fetch(sch_jobs *jobs, const sch_event *event)
{
    sch_stored_request row = {0};
    sch_detail detail = {{0}};
    bool found = false;
    bool from_peer = event->from.value < jobs->book.peer_count;
    sch_err err = sch_store_get_request(jobs->options.store, &found, &row, &event->control.id);
    if (sch_failed(err)) {
        sch_jobs_die(err);
    }
    err = answer_fetch(jobs, event, &row, found, &detail);
    if (sch_failed(err)) {
        sch_control control =
            sch_fail_message(&event->control.id, jobs->options.conf->node, SCH_REQUEST_FAILED, err, &detail);
        if (from_peer) {
            sch_jobs_tell(jobs, event->from, &control);
        } else {
            sch_jobs_tell_session(jobs, event->from, &control);
        }
    }
    sch_stored_request_clear(&row);
}

/* A part from a holder, or its word that there is none: which names no recipient, and ends all fetches of the
 * request. */
void sch_jobs_on_result(sch_jobs *jobs, const sch_event *event)
{
    const sch_control *control = &event->control;
    bool fails = control->kind == SCH_CONTROL_FAIL;
    sch_fetch **at = &jobs->fetches;
    while (*at != NULL) {
        sch_fetch *f = *at;
        bool same =
            memcmp(&f->id, &control->id, sizeof f->id) == 0 && (fails || strcmp(f->recipient, control->recipient) == 0);
        size_t h = sch_peer_is(f->holder[0], event->from) ? 0 : sch_peer_is(f->holder[1], event->from) ? 1 : 2;
        if (!same || h == 2) {
            at = &f->next;
            continue;
        }
        sch_jobs_tell_session(jobs, f->session, control);
        f->complete[h] = f->complete[h] || control->part + 1 == control->parts;
        if (!fails && !(f->complete[0] && f->complete[1])) {
            return;
        }
        *at = f->next;
        free(f);
    }
}

void sch_jobs_drop_fetches(sch_jobs *jobs, sch_peer_id who, uint64_t now_ns)
{
    sch_fetch **at = &jobs->fetches;
    while (*at != NULL) {
        sch_fetch *f = *at;
        bool gone = sch_peer_is(f->holder[0], who) || sch_peer_is(f->holder[1], who);
        bool late = now_ns != 0 && now_ns - f->since_ns > (uint64_t)FETCH_SECONDS * 1000000000U;
        if (!gone && !late && !sch_peer_is(f->session, who)) {
            at = &f->next;
            continue;
        }
        if (gone || late) {
            sch_control control = sch_fail_message(
                &f->id, jobs->options.conf->node, SCH_REQUEST_FAILED,
                sch_fail(SCH_TRY_AGAIN, "a holder of the result did not give it; try again when it is connected"),
                NULL);
            sch_jobs_tell_session(jobs, f->session, &control);
        }
        *at = f->next;
        free(f);
    }
}

void sch_jobs_expire_results(sch_jobs *jobs)
{
    size_t count = 0;
    sch_jobs_begin(jobs);
    sch_err err = sch_store_expire_results(jobs->options.store, sch_clock_now(), &count);
    if (!sch_failed(err) && count > 0) {
        err = sch_record(jobs, "system", "result.expire", "results", "ok", NULL, NULL);
    }
    err = sch_jobs_commit(jobs, err, true);
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, "expired results could not be deleted", err, NULL);
    }
}
