/* intake.c - a request is taken up: by the node that the analyst called, and by those that it hands the request to.
 * Runs in the event thread alone. */
#include <stdio.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/govern/terms.h"
#include "node/job/job.h"

sch_request_state sch_end_state_of(sch_err err)
{
    return err.code == SCH_TRY_AGAIN || err.code == SCH_NO_MEMORY || err.code == SCH_IO ? SCH_REQUEST_FAILED
                                                                                        : SCH_REQUEST_REFUSED;
}

/* Whether one more refusal of this analyst is stored: an analyst who is refused without end fills no disk. */
static bool counts_refusal(sch_job *job)
{
    sch_jobs *jobs = job->jobs;
    size_t analyst = sch_book_find_analyst(&jobs->book, job->request.analyst);
    if (analyst == SIZE_MAX || jobs->refusals == NULL) {
        return false;
    }
    sch_refusals *refusals = &jobs->refusals[analyst];
    uint64_t now = sch_clock_ns();
    if (refusals->since_ns == 0 || now - refusals->since_ns > UINT64_C(3600000000000)) {
        *refusals = (sch_refusals){.since_ns = now};
    }
    refusals->count++;
    return refusals->count <= SCH_MAX_REFUSALS;
}

/* Stores a request that is not taken up, so that its id is not taken twice. It is kept for a month, whatever times it
 * names. */
static void store_refusal(sch_job *job, const char *actor, sch_err why, const sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = job->jobs;
    if (!counts_refusal(job)) {
        return;
    }
    job->row.expires.value = sch_clock_now().value + 30 * SCH_DAY_MS;
    sch_jobs_begin(jobs);
    SCH_TRY(sch_job_set_state(job, SCH_REQUEST_SUBMITTED, actor));
    job->row.code = why.code;
    sch_detail_set(&job->row.text, "node %s: %s", jobs->options.conf->node, sch_detail_or_text(detail, why));
    SCH_TRY(sch_job_set_state(job, sch_end_state_of(why), NULL));
out:
    err = sch_jobs_commit(jobs, err, true);
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", job->id_text, "a refusal could not be recorded", err, NULL);
    }
}

/* Stores a request that keeps every rule, with this node's consent where that needs nobody. */
static sch_err store_intake(sch_job *job, const char *actor, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    bool consents = false;
    SCH_TRY(sch_job_make_preview(job));
    sch_jobs_begin(job->jobs);
    err = sch_job_set_state(job, SCH_REQUEST_SUBMITTED, actor);
    if (!sch_failed(err)) {
        err = sch_job_set_state(job, SCH_REQUEST_CHECKED, NULL);
    }
    if (!sch_failed(err)) {
        err = sch_job_set_state(job, SCH_REQUEST_WAITING, NULL);
    }
    if (!sch_failed(err)) {
        err = sch_job_consent_where_due(job, &consents, detail);
    }
    SCH_TRY(sch_jobs_commit(job->jobs, err, true));
    if (consents) {
        job->consented[job->self] = true;
    }
out:
    return err;
}

static void log_refusal(const sch_job *job, const char *rule, sch_err err, const sch_detail *detail)
{
    sch_log_error(SCH_LOG_WARNING, "job", job == NULL ? NULL : job->id_text,
                  rule[0] == '\0' ? "a request was refused" : "a request was refused by a rule of the agreement", err,
                  detail);
}

/* A request that the store knows: the same one gets what is stored, another one under its id is refused. */
static sch_err answer_repeat(sch_jobs *jobs, const sch_event *event, const sch_stored_request *row)
{
    sch_err err = SCH_NONE;
    const sch_control *control = &event->control;
    size_t analyst = sch_jobs_session_analyst(jobs, event->from);
    bool same = row->bytes.bytes == control->bytes.bytes && row->bytes.bytes > 0 &&
                memcmp(row->bytes.data, control->bytes.data, row->bytes.bytes) == 0 &&
                memcmp(row->signature, control->signature, sizeof row->signature) == 0;
    bool theirs = analyst != SIZE_MAX && strcmp(jobs->book.analyst[analyst].name, row->analyst) == 0;
    SCH_TRY(sch_check(same && theirs, SCH_DENIED, "another request was sent under this id before; each gets its own"));
    sch_jobs_on_watch(jobs, event);
out:
    return err;
}

void sch_job_on_submit(sch_jobs *jobs, sch_event *event)
{
    sch_err err = SCH_NONE;
    sch_job *job = NULL;
    sch_detail detail = {{0}};
    sch_stored_request known = {0};
    const char *rule = "";
    char actor[SCH_AUDIT_OBJECT_BYTES];
    bool found = false;
    SCH_TRY(sch_store_get_request(jobs->options.store, &found, &known, &event->control.id));
    if (found) {
        SCH_TRY(answer_repeat(jobs, event, &known));
        goto out;
    }
    size_t analyst = sch_jobs_session_analyst(jobs, event->from);
    SCH_TRY(
        sch_check(analyst != SIZE_MAX, SCH_TRY_AGAIN, "too many sessions of this analyst are open; end one of them"));
    SCH_TRY(sch_job_read(jobs, &job, &event->control, analyst, &detail));
    (void)snprintf(actor, sizeof actor, "analyst:%s", job->request.analyst);
    memcpy(job->row.coordinator, jobs->options.conf->node, sizeof job->row.coordinator);
    err = sch_job_check(job, &rule, &detail);
    if (sch_failed(err)) {
        store_refusal(job, actor, err, &detail);
        goto out;
    }
    SCH_TRY(store_intake(job, actor, &detail));
    sch_job *taken = job;
    job = NULL;
    sch_job_add(jobs, taken);
    sch_job_party_names(taken, &detail);
    sch_log(SCH_LOG_INFO, "job", taken->id_text, "taken up analyst=%s parties=%s", taken->request.analyst, detail.text);
    sch_job_watch(taken, event->from);
    sch_job_tell_party(taken, SCH_SELF);
    if (taken->is_party && taken->consented[taken->self]) {
        sch_job_send_consent(taken, SCH_SELF);
    }
    sch_job_replay_early(jobs, &event->control.id);
out:
    if (sch_failed(err)) {
        log_refusal(job, rule, err, &detail);
        sch_control control =
            sch_fail_message(&event->control.id, jobs->options.conf->node, sch_end_state_of(err), err, &detail);
        sch_jobs_tell_session(jobs, event->from, &control);
    }
    sch_stored_request_clear(&known);
    sch_job_free(job);
}

/* A node hands on, again, what is known here: it hears how it stands. */
static void answer_prepare_again(sch_jobs *jobs, const sch_event *event, const sch_stored_request *row)
{
    sch_job *job = sch_jobs_find_open(jobs, &row->id);
    sch_detail detail = {{0}};
    bool theirs = strcmp(row->coordinator, sch_jobs_peer_name(jobs, event->from)) == 0;
    bool same = row->bytes.bytes == event->control.bytes.bytes &&
                memcmp(row->bytes.data, event->control.bytes.data, row->bytes.bytes) == 0;
    if (!same) {
        sch_control control = sch_fail_message(
            &row->id, jobs->options.conf->node, SCH_REQUEST_REFUSED,
            sch_fail(SCH_DENIED, "another request was sent under this id before; each gets its own"), NULL);
        sch_jobs_tell(jobs, event->from, &control);
    } else if (!theirs) {
        sch_detail_set(&detail, "node %s took this request; it runs there, or has ended", row->coordinator);
        sch_control control = sch_fail_message(&row->id, jobs->options.conf->node, SCH_REQUEST_REFUSED,
                                               sch_fail(SCH_DENIED, "another node took the request"), &detail);
        sch_jobs_tell(jobs, event->from, &control);
    } else if (job == NULL && (sch_request_state_is_end(row->state) || sch_jobs_find(jobs, &row->id) != NULL)) {
        sch_jobs_tell_end(jobs, event->from, row);
    } else if (job != NULL && job->is_party && job->consented[job->self]) {
        sch_job_send_consent(job, SCH_SELF);
    }
}

/* Reads and checks what another node hands on. *wait: whether it cannot be told yet. */
static sch_err check_prepare(sch_jobs *jobs, sch_job **out, const sch_event *event, const char **rule, bool *wait,
                             sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_job_read(jobs, out, &event->control, SIZE_MAX, detail));
    sch_job *job = *out;
    const char *sender = sch_jobs_peer_name(jobs, event->from);
    SCH_TRY(sch_check(sch_agreement_find_party(&job->agreement->bundle.agreement, sender) != NULL, SCH_DENIED,
                      "the node that hands a request on is no party of its agreement"));
    job->coordinator = event->from;
    (void)snprintf(job->row.coordinator, sizeof job->row.coordinator, "%s", sch_jobs_peer_name(jobs, event->from));
    err = sch_job_check_owners(job, detail);
    *wait = err.code == SCH_TRY_AGAIN;
    SCH_TRY(err);
    SCH_TRY(sch_job_check(job, rule, detail));
    SCH_TRY(sch_check(memcmp(job->row.plan_hash, event->control.plan_hash, SCH_HASH_BYTES) == 0, SCH_TRY_AGAIN,
                      "the node that was called plans this request otherwise; they may run different versions"));
    SCH_TRY(sch_check(job->is_party, SCH_BAD_PEER, "a node that has no part in a request was asked to prepare it"));
out:
    return err;
}

/* Keeps a PREPARE until the owners' catalogues are here: nodes come back one after the other. */
static bool defer(sch_jobs *jobs, sch_event *event)
{
    sch_event **at = &jobs->deferred;
    if (jobs->deferred_count >= SCH_MAX_DEFERRED) {
        return false;
    }
    while (*at != NULL) {
        if (sch_peer_is((*at)->from, event->from) &&
            memcmp(&(*at)->control.id, &event->control.id, sizeof event->control.id) == 0) {
            sch_event_free(event); /* the same, again */
            return true;
        }
        at = &(*at)->next;
    }
    event->next = NULL;
    *at = event;
    jobs->deferred_count++;
    return true;
}

void sch_jobs_replay_deferred(sch_jobs *jobs)
{
    sch_event *event = jobs->deferred;
    jobs->deferred = NULL;
    jobs->deferred_count = 0;
    while (event != NULL) {
        sch_event *next = event->next;
        sch_job_handle(jobs, event);
        event = next;
    }
}

void sch_jobs_drop_deferred(sch_jobs *jobs, const sch_request_id *id, sch_peer_id from)
{
    sch_event **at = &jobs->deferred;
    while (*at != NULL) {
        sch_event *event = *at;
        if (id == NULL || (memcmp(&event->control.id, id, sizeof *id) == 0 && sch_peer_is(event->from, from))) {
            *at = event->next;
            jobs->deferred_count--;
            sch_event_free(event);
        } else {
            at = &event->next;
        }
    }
}

bool sch_job_on_prepare(sch_jobs *jobs, sch_event *event)
{
    sch_err err = SCH_NONE;
    sch_job *job = NULL;
    sch_detail detail = {{0}};
    sch_stored_request known = {0};
    const char *rule = "";
    char actor[SCH_AUDIT_OBJECT_BYTES];
    bool found = false, wait = false;
    SCH_TRY(sch_store_get_request(jobs->options.store, &found, &known, &event->control.id));
    if (found) {
        answer_prepare_again(jobs, event, &known);
        goto out;
    }
    err = check_prepare(jobs, &job, event, &rule, &wait, &detail);
    if (wait && defer(jobs, event)) {
        sch_job_free(job);
        return true;
    }
    if (job != NULL) {
        (void)snprintf(actor, sizeof actor, "analyst:%s", job->request.analyst);
    }
    if (sch_failed(err)) {
        if (job != NULL) {
            store_refusal(job, actor, err, &detail);
        }
        goto out;
    }
    SCH_TRY(store_intake(job, actor, &detail));
    sch_job *taken = job;
    job = NULL;
    sch_job_add(jobs, taken);
    if (taken->consented[taken->self]) {
        sch_job_send_consent(taken, SCH_SELF);
    } else {
        sch_log(SCH_LOG_INFO, "job", taken->id_text, "waits for an operator: schakelctl requests show %s",
                taken->id_text);
    }
    sch_job_replay_early(jobs, &event->control.id);
out:
    if (sch_failed(err)) {
        log_refusal(job, rule, err, &detail);
        sch_control control =
            sch_fail_message(&event->control.id, jobs->options.conf->node, sch_end_state_of(err), err, &detail);
        sch_jobs_tell(jobs, event->from, &control);
    }
    sch_stored_request_clear(&known);
    sch_job_free(job);
    return false;
}

void sch_job_tell_party(sch_job *job, sch_peer_id to)
{
    sch_control prepare = {.kind = SCH_CONTROL_PREPARE, .id = job->request.id};
    memcpy(prepare.signature, job->row.signature, sizeof prepare.signature);
    memcpy(prepare.plan_hash, job->row.plan_hash, sizeof prepare.plan_hash);
    prepare.bytes = job->row.bytes; /* borrowed */
    for (size_t p = 0; p < job->row.party_count; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF) && (sch_peer_is(to, SCH_SELF) || sch_peer_is(to, job->party[p]))) {
            sch_jobs_tell(job->jobs, job->party[p], &prepare);
        }
    }
}
