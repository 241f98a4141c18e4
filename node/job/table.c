/* table.c - the life of requests: what each message does in each phase. Runs in the event thread alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

sch_job *sch_jobs_find(sch_jobs *jobs, const sch_request_id *id)
{
    sch_job *job = jobs->first;
    while (job != NULL && memcmp(&job->request.id, id, sizeof *id) != 0) {
        job = job->next;
    }
    return job;
}

sch_job *sch_jobs_find_open(sch_jobs *jobs, const sch_request_id *id)
{
    sch_job *job = sch_jobs_find(jobs, id);
    return job != NULL && job->phase != SCH_JOB_ENDING ? job : NULL;
}

void sch_job_add(sch_jobs *jobs, sch_job *job)
{
    job->next = jobs->first;
    jobs->first = job;
    jobs->job_count++;
}

void sch_job_remove(sch_job *job)
{
    sch_jobs *jobs = job->jobs;
    sch_job **at = &jobs->first;
    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
    jobs->job_count--;
    if (job->has_thread) {
        (void)pthread_join(job->thread, NULL);
    }
    sch_job_free(job);
}

/* Whether a job takes this node's memory and time. */
static bool is_at_work(const sch_job *job)
{
    bool ended = job->phase == SCH_JOB_ENDING && !job->has_thread;
    bool kept = job->phase == SCH_JOB_FINISHED && !sch_job_coordinates(job);
    return job->phase >= SCH_JOB_PREPARING && !ended && !kept;
}

size_t sch_jobs_running(const sch_jobs *jobs, sch_peer_id coordinator)
{
    size_t count = 0;
    for (const sch_job *job = jobs->first; job != NULL; job = job->next) {
        count += is_at_work(job) && sch_peer_is(job->coordinator, coordinator) ? 1 : 0;
    }
    return count;
}

bool sch_jobs_are_quiet(const sch_jobs *jobs)
{
    const sch_job *job = jobs->first;
    while (job != NULL && !is_at_work(job)) {
        job = job->next;
    }
    return job == NULL;
}

size_t sch_job_party_of(const sch_job *job, sch_peer_id peer)
{
    size_t p = 0;
    while (p < job->row.party_count && !sch_peer_is(job->party[p], peer)) {
        p++;
    }
    return p;
}

static const char *own_name(const sch_job *job)
{
    return job->jobs->options.conf->node;
}

/* ---- the end ---- */

static void cancel_own_part(sch_job *job)
{
    atomic_store(&job->cancelled, true);
    if (job->mesh_job != NULL) {
        sch_mesh_job_cancel(job->mesh_job);
    }
    (void)pthread_mutex_lock(&job->lock);
    (void)pthread_cond_broadcast(&job->changed);
    (void)pthread_mutex_unlock(&job->lock);
}

/* The end as it is kept: state, reason, no result, and the budget given back where nothing was computed. */
static void store_end(sch_job *job, sch_request_state state, const char *actor)
{
    sch_jobs *jobs = job->jobs;
    sch_store *store = jobs->options.store;
    sch_ledger_state ledger = SCH_LEDGER_SPENT;
    /* Where the others began without this node, or may have, the budget is spent here as it is there. */
    bool elsewhere =
        job->start_came || (state == SCH_REQUEST_FAILED && job->phase == SCH_JOB_APPROVED && actor != NULL);
    bool reserved = false, began = job->row.state == SCH_REQUEST_RUNNING || elsewhere;
    sch_jobs_begin(jobs);
    sch_err err = sch_job_set_state(job, state, actor);
    if (!sch_failed(err)) {
        err = sch_store_get_ledger_state(store, &reserved, &ledger, &job->request.id);
    }
    if (!sch_failed(err) && began && reserved && ledger == SCH_LEDGER_RESERVED) {
        err = sch_store_settle(store, &job->request.id, SCH_LEDGER_SPENT);
    }
    if (!sch_failed(err) && !began && reserved && ledger == SCH_LEDGER_RESERVED) {
        err = sch_store_settle(store, &job->request.id, SCH_LEDGER_RETURNED);
        if (!sch_failed(err)) {
            err = sch_job_record(job, NULL, "budget.return", "ok");
        }
    }
    if (!sch_failed(err)) {
        err = sch_store_drop_results(store, &job->request.id);
    }
    err = sch_jobs_commit(jobs, err, false);
    (void)err; /* what cannot be kept has ended the process */
}

static void tell_end(sch_job *job, const sch_control *control)
{
    sch_jobs *jobs = job->jobs;
    if (!sch_job_coordinates(job)) {
        sch_jobs_tell(jobs, job->coordinator, control);
    }
    for (size_t p = 0; sch_job_coordinates(job) && p < job->row.party_count; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF)) {
            sch_jobs_tell(jobs, job->party[p], control);
        }
    }
    sch_job_tell_watchers(job);
}

void sch_job_end(sch_job *job, sch_request_state state, const char *node, const char *actor, sch_err err,
                 const sch_detail *detail)
{
    if (job->phase == SCH_JOB_ENDING) {
        return;
    }
    const char *sentence = sch_detail_or_text(detail, err);
    sch_log(SCH_LOG_WARNING, "job", job->id_text, "the request ended as %s: node %s: %s (%s)",
            sch_request_state_name(state), node, sentence, sch_code_name(err.code));
    job->row.code = err.code;
    sch_detail_set(&job->row.text, "node %s: %s", node, sentence);
    store_end(job, state, actor);
    job->phase = SCH_JOB_ENDING;
    cancel_own_part(job);
    sch_control control = sch_fail_message(&job->request.id, node, state, err, detail);
    tell_end(job, &control);
    if (!job->has_thread || job->thread_ended) {
        sch_job_remove(job);
    }
}

/* ---- what each message does; `event` comes in the phase that the table below says ---- */

/* Lets the job's thread go on where everybody is ready and all owners' sizes are known. */
static void go_where_complete(sch_job *job)
{
    bool all = job->is_party;
    for (size_t p = 0; p < job->row.party_count; p++) {
        all = all && (p == job->self || job->ready[p]);
    }
    (void)pthread_mutex_lock(&job->lock);
    for (sch_party p = 0; p < job->row.party_count; p++) {
        size_t part;
        all = all && (job->has_rows[p] || !sch_plan_part(&job->plan, p, &part));
    }
    if (all) {
        job->go = true;
        (void)pthread_cond_broadcast(&job->changed);
    }
    (void)pthread_mutex_unlock(&job->lock);
    if (all && job->phase == SCH_JOB_PREPARING) {
        job->phase = SCH_JOB_COMPUTING;
    }
}

static void fail_here(sch_job *job, sch_err err, const sch_detail *detail)
{
    sch_job_end(job, SCH_REQUEST_FAILED, own_name(job), NULL, err, detail);
}

static void on_ready(sch_job *job, sch_event *event)
{
    size_t p = sch_job_party_of(job, event->from);
    const sch_control *control = &event->control;
    sch_detail detail = {{0}};
    const char *name = sch_jobs_peer_name(job->jobs, event->from);
    if (p == job->row.party_count || !job->is_party || p == job->self) {
        return;
    }
    if (memcmp(control->plan_hash, job->row.plan_hash, SCH_HASH_BYTES) != 0) {
        sch_detail_set(&detail, "node %s plans this request otherwise than node %s; they may run different versions",
                       name, own_name(job));
        fail_here(job, sch_fail(SCH_TRY_AGAIN, "two nodes plan differently"), &detail);
        return;
    }
    if (!sch_secret_equal(control->pair_check, job->keys.pair_check[p], SCH_CHECK_BYTES)) {
        sch_detail_set(
            &detail, "nodes %s and %s hold different keys; their operators should compare the psk files of each other",
            own_name(job), name);
        fail_here(job, sch_fail(SCH_BAD_PEER, "two nodes hold different keys"), &detail);
        return;
    }
    if (job->keys.tag[p] != NULL && !sch_secret_equal(control->tag_check, job->keys.tag_check[p], SCH_CHECK_BYTES)) {
        fail_here(
            job,
            sch_fail(SCH_TRY_AGAIN, "the connection between two owners was renewed while the job began; send it again"),
            NULL);
        return;
    }
    job->ready[p] = true;
    go_where_complete(job);
}

static void on_size(sch_job *job, sch_event *event)
{
    size_t p = sch_job_party_of(job, event->from), part = 0;
    if (p == job->row.party_count || !sch_plan_part(&job->plan, (sch_party)p, &part)) {
        return;
    }
    if (event->control.rows > job->plan.local[part].max_rows) {
        fail_here(job, sch_fail(SCH_BAD_PEER, "an owner told more rows than its schema's max_rows"), NULL);
        return;
    }
    (void)pthread_mutex_lock(&job->lock);
    job->rows[p] = event->control.rows;
    job->has_rows[p] = true;
    (void)pthread_mutex_unlock(&job->lock);
    go_where_complete(job);
}

/* Progress goes on to those who watch, only from a party and under that party's own name. */
static void on_progress(sch_job *job, sch_event *event)
{
    size_t p = sch_job_party_of(job, event->from);
    if (!sch_job_coordinates(job) || p == job->row.party_count || strcmp(event->control.node, job->row.party[p]) != 0) {
        return;
    }
    for (size_t w = 0; w < job->watcher_count; w++) {
        sch_jobs_tell_session(job->jobs, job->watcher[w], &event->control);
    }
}

static void release_where_done(sch_job *job)
{
    bool all = true;
    for (size_t p = 0; p < job->row.party_count; p++) {
        all = all && job->done[p];
    }
    if (all && (!job->is_party || job->phase == SCH_JOB_FINISHED)) {
        sch_job_release(job);
    }
}

static void on_done(sch_job *job, sch_event *event)
{
    size_t p = sch_job_party_of(job, event->from);
    if (sch_job_coordinates(job) && p < job->row.party_count) {
        job->done[p] = true;
        release_where_done(job);
    }
}

/* An end elsewhere: from the coordinator, or to the coordinator from a party. */
static void on_fail(sch_job *job, sch_event *event)
{
    bool from_party = sch_job_party_of(job, event->from) < job->row.party_count;
    if (!sch_peer_is(event->from, job->coordinator) && !(sch_job_coordinates(job) && from_party)) {
        return;
    }
    const char *teller = sch_jobs_peer_name(job->jobs, event->from);
    const char *node = sch_job_coordinates(job) ? teller : event->control.node;
    char actor[SCH_AUDIT_OBJECT_BYTES];
    (void)snprintf(actor, sizeof actor, "node:%s", teller);
    sch_job_end(job, event->control.state, node, actor,
                sch_fail(event->control.code, "the request ended at another node"), &event->control.text);
}

static void on_cancel(sch_job *job, sch_event *event)
{
    size_t analyst = sch_jobs_session_analyst(job->jobs, event->from);
    char actor[SCH_AUDIT_OBJECT_BYTES];
    if (!sch_job_coordinates(job) || analyst == SIZE_MAX ||
        strcmp(job->jobs->book.analyst[analyst].name, job->request.analyst) != 0) {
        return;
    }
    (void)snprintf(actor, sizeof actor, "analyst:%s", job->request.analyst);
    sch_job_watch(job, event->from); /* who cancels hears that it is done */
    sch_job_end(job, SCH_REQUEST_CANCELLED, own_name(job), actor,
                sch_fail(SCH_TRY_AGAIN, "the analyst cancelled the request"), NULL);
}

/* This node's part has ended, well or not. */
static void on_thread(sch_job *job, sch_event *event)
{
    job->thread_ended = true;
    if (job->phase == SCH_JOB_ENDING) {
        sch_job_remove(job);
        return;
    }
    if (!sch_failed(event->err)) {
        job->phase = SCH_JOB_FINISHED;
        sch_job_keep_part(job);
        if (sch_job_coordinates(job)) {
            job->done[job->self] = true;
            release_where_done(job);
        }
        return;
    }
    if (event->err.code == SCH_TRY_AGAIN) {
        /* A link that broke is a consequence; its cause is about to be told by the mesh or by another node. */
        job->ended_ns = sch_clock_ns();
        return;
    }
    sch_job_end(job, SCH_REQUEST_FAILED, own_name(job), NULL, event->err, &event->detail);
}

typedef void (*action)(sch_job *job, sch_event *event);

enum {
    ON_CONSENT,
    ON_START,
    ON_READY,
    ON_SIZE,
    ON_PROGRESS,
    ON_DONE,
    ON_RELEASED,
    ON_FAIL,
    ON_CANCEL,
    ON_THREAD,
    ON_COUNT
};

/* Kept for later: what belongs to a phase that this node has not come to. */
static void too_early(sch_job *job, sch_event *event)
{
    (void)job;
    (void)event;
}

/* NULL: nothing happens; such a message is late, which is normal when a job ends. */
/* clang-format off */
static const action TABLE[SCH_JOB_PHASES][ON_COUNT] = {
    /*                      CONSENT            START            READY      SIZE       PROGRESS     DONE     RELEASED            FAIL     CANCEL     THREAD */
    [SCH_JOB_WAITING]   = { sch_job_on_consent, sch_job_on_start, too_early, too_early, NULL,        NULL,    sch_job_on_released_early,               on_fail, on_cancel, NULL      },
    [SCH_JOB_APPROVED]  = { NULL,               sch_job_on_start, too_early, too_early, NULL,        NULL,    sch_job_on_released_early,               on_fail, on_cancel, NULL      },
    [SCH_JOB_PREPARING] = { NULL,               NULL,             on_ready,  on_size,   on_progress, on_done, NULL,               on_fail, on_cancel, on_thread },
    [SCH_JOB_COMPUTING] = { NULL,               NULL,             NULL,      NULL,      on_progress, on_done, NULL,               on_fail, on_cancel, on_thread },
    [SCH_JOB_FINISHED]  = { NULL,               NULL,             NULL,      NULL,      on_progress, on_done, sch_job_on_released, on_fail, on_cancel, NULL      },
    [SCH_JOB_ENDING]    = { NULL,               NULL,             NULL,      NULL,      NULL,        NULL,    NULL,               NULL,    NULL,      on_thread },
};
/* clang-format on */

/* The column of a message; ON_COUNT for one that is not about a request in progress. */
static unsigned column_of(const sch_event *event)
{
    if (event->kind == SCH_EVENT_THREAD) {
        return ON_THREAD;
    }
    switch (event->control.kind) {
    case SCH_CONTROL_CONSENT:
        return ON_CONSENT;
    case SCH_CONTROL_START:
        return ON_START;
    case SCH_CONTROL_READY:
        return ON_READY;
    case SCH_CONTROL_SIZE:
        return ON_SIZE;
    case SCH_CONTROL_PROGRESS:
        return ON_PROGRESS;
    case SCH_CONTROL_DONE:
        return ON_DONE;
    case SCH_CONTROL_RELEASED:
        return ON_RELEASED;
    case SCH_CONTROL_FAIL:
        return ON_FAIL;
    case SCH_CONTROL_CANCEL:
        return ON_CANCEL;
    default:
        return ON_COUNT;
    }
}

/* Messages between nodes, and from analysts, that are not about the phase of a request. */
static bool handle_other(sch_jobs *jobs, sch_event *event, bool from_peer, bool *kept)
{
    switch (event->control.kind) {
    case SCH_CONTROL_SUBMIT:
        if (!from_peer) {
            sch_job_on_submit(jobs, event);
        }
        return true;
    case SCH_CONTROL_PREPARE:
        *kept = from_peer && sch_job_on_prepare(jobs, event);
        return true;
    case SCH_CONTROL_WATCH:
        if (!from_peer) {
            sch_jobs_on_watch(jobs, event);
        }
        return !from_peer || sch_jobs_find_open(jobs, &event->control.id) != NULL;
    case SCH_CONTROL_STATUS_ASK:
        if (!from_peer) {
            sch_jobs_on_status_ask(jobs, event);
        }
        return true;
    case SCH_CONTROL_FETCH:
        sch_jobs_on_fetch(jobs, event);
        return true;
    case SCH_CONTROL_RESULT:
        if (from_peer) {
            sch_jobs_on_result(jobs, event);
        }
        return true;
    default:
        return false;
    }
}

static void handle_control(sch_jobs *jobs, sch_event *event, bool *kept)
{
    bool from_peer = event->from.value < jobs->book.peer_count || sch_peer_is(event->from, SCH_SELF);
    if (handle_other(jobs, event, from_peer, kept)) {
        return;
    }
    unsigned column = column_of(event);
    sch_job *job = sch_jobs_find(jobs, &event->control.id);
    if (!from_peer && column != ON_CANCEL) {
        return;
    }
    bool ending = job != NULL && job->phase == SCH_JOB_ENDING && column != ON_THREAD;
    if ((job == NULL || ending) && from_peer) {
        if (event->control.kind == SCH_CONTROL_FAIL) {
            sch_jobs_on_result(jobs, event); /* a holder that cannot give what is fetched */
            sch_jobs_drop_deferred(jobs, &event->control.id, event->from);
        }
        *kept = sch_jobs_handle_unknown(jobs, event);
        return;
    }
    if (job == NULL || column == ON_COUNT) {
        return;
    }
    action act = TABLE[job->phase][column];
    if (act == too_early) {
        *kept = sch_jobs_keep_early(jobs, event);
    } else if (act != NULL) {
        act(job, event);
    }
}

/* Whether a job that runs needs a peer that has gone. A party that is done has nothing more to give. */
static bool needs(const sch_job *job, sch_peer_id peer)
{
    size_t p = sch_job_party_of(job, peer);
    bool runs = job->phase == SCH_JOB_PREPARING || job->phase == SCH_JOB_COMPUTING ||
                (job->phase == SCH_JOB_FINISHED && sch_job_coordinates(job));
    return runs && (sch_peer_is(job->coordinator, peer) || (p < job->row.party_count && !job->done[p]));
}

/* A peer has gone: jobs that need it end. Those that wait, wait for its return. */
static void handle_departure(sch_jobs *jobs, sch_peer_id who)
{
    sch_job *next;
    for (sch_job *job = jobs->first; job != NULL; job = next) {
        next = job->next;
        if (!needs(job, who)) {
            continue;
        }
        sch_detail detail = {{0}};
        sch_detail_set(&detail, "node %s is no longer connected to node %s; send the request again when it is back",
                       sch_jobs_peer_name(jobs, who), own_name(job));
        fail_here(job, sch_fail(SCH_TRY_AGAIN, "a node has gone"), &detail);
    }
}

void sch_job_handle(sch_jobs *jobs, sch_event *event)
{
    bool kept = false;
    if (event->kind == SCH_EVENT_CONTROL) {
        handle_control(jobs, event, &kept);
    } else if (event->kind == SCH_EVENT_THREAD) {
        sch_job *job = sch_jobs_find(jobs, &event->control.id);
        if (job != NULL && TABLE[job->phase][ON_THREAD] != NULL) {
            TABLE[job->phase][ON_THREAD](job, event);
        }
    } else if (event->kind == SCH_EVENT_PEER && !event->up) {
        handle_departure(jobs, event->from);
    }
    if (!kept) {
        sch_event_free(event);
    }
}
