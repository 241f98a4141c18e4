/* table.c - the life of requests: what each message does in each state. Runs in the event thread alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

static sch_job *find_job(sch_jobs *jobs, const sch_request_id *id)
{
    sch_job *job = jobs->first;
    while (job != NULL && memcmp(&job->request.id, id, sizeof *id) != 0) {
        job = job->next;
    }
    return job;
}

void sch_job_add(sch_jobs *jobs, sch_job *job)
{
    job->next = jobs->first;
    jobs->first = job;
    jobs->job_count++;
}

/* Joins the job's thread, which has ended or is about to, and frees the job. */
static void remove_job(sch_jobs *jobs, sch_job *job)
{
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

static bool coordinates(const sch_job *job)
{
    return sch_peer_is(job->coordinator, SCH_SELF);
}

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

sch_control sch_job_fail_message(const sch_request_id *id, const char *node, sch_err err, const sch_detail *detail)
{
    sch_control control = {.kind = SCH_CONTROL_FAIL, .id = *id, .code = err.code};
    sch_detail_set(&control.text, "%s", sch_detail_or_text(detail, err));
    (void)snprintf(control.node, sizeof control.node, "%s", node);
    return control;
}

void sch_job_fail(sch_job *job, const char *node, sch_err err, const sch_detail *detail)
{
    sch_jobs *jobs = job->jobs;
    if (job->failed) {
        return;
    }
    job->failed = true;
    job->state = SCH_JOB_ENDING;
    sch_log(SCH_LOG_WARNING, "job", job->id_text, "the job ended: %s: %s (%s)", node, sch_detail_or_text(detail, err),
            sch_code_name(err.code));
    cancel_own_part(job);
    sch_control control = sch_job_fail_message(&job->request.id, node, err, detail);
    sch_err sent = SCH_NONE;
    if (!coordinates(job)) {
        sent = sch_jobs_send(jobs, job->coordinator, &control);
        return;
    }
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF)) {
            sent = sch_jobs_send(jobs, job->party[p], &control);
        }
    }
    (void)sent; /* whoever cannot be told has gone, and notices by itself */
    sch_jobs_tell_last(jobs, job->session, &control);
}

/* The same; a job whose thread has ended, or that has none, is gone afterwards. */
void sch_job_settle(sch_job *job, const char *node, sch_err err, const sch_detail *detail)
{
    sch_jobs *jobs = job->jobs;
    sch_job_fail(job, node, err, detail);
    if (!job->has_thread || job->thread_ended) {
        remove_job(jobs, job);
    }
}

/* ---- what each message does; `event` is in the state that the table below says ---- */

static const char *own_name(const sch_job *job)
{
    return job->jobs->options.conf->node;
}

/* Which party a peer is, SCH_PARTIES where it is none. */
static unsigned party_of(const sch_job *job, sch_peer_id peer)
{
    unsigned p = 0;
    while (p < SCH_PARTIES && !sch_peer_is(job->party[p], peer)) {
        p++;
    }
    return p;
}

/* Lets the job's thread go on where everybody is ready and both sizes are known. */
static void go_where_complete(sch_job *job)
{
    bool all = job->is_party;
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        all = all && (p == (unsigned)job->self || job->ready[p]);
    }
    (void)pthread_mutex_lock(&job->lock);
    all = all && job->has_rows[SCH_SPINE] && job->has_rows[SCH_DATA];
    if (all) {
        job->go = true;
        (void)pthread_cond_broadcast(&job->changed);
    }
    (void)pthread_mutex_unlock(&job->lock);
    if (all && job->state == SCH_JOB_PREPARING) {
        job->state = SCH_JOB_RUNNING;
    }
}

static void on_ready(sch_job *job, sch_event *event)
{
    unsigned p = party_of(job, event->from);
    const sch_control *control = &event->control;
    sch_detail detail = {{0}};
    const char *name = sch_jobs_peer_name(job->jobs, event->from);
    if (p == SCH_PARTIES || !job->is_party || p == (unsigned)job->self) {
        return;
    }
    if (memcmp(control->plan_hash, job->plan_hash, SCH_HASH_BYTES) != 0) {
        sch_detail_set(&detail, "node %s plans this request otherwise than node %s; they may run different versions",
                       name, own_name(job));
        sch_job_settle(job, own_name(job), sch_fail(SCH_TRY_AGAIN, "two nodes plan differently"), &detail);
        return;
    }
    if (!sch_secret_equal(control->pair_check, job->keys.pair_check[p], SCH_CHECK_BYTES)) {
        sch_detail_set(
            &detail,
            "nodes %s and %s hold different keys; their operators should compare the cards and psk files of each other",
            own_name(job), name);
        sch_job_settle(job, own_name(job), sch_fail(SCH_BAD_PEER, "two nodes hold different keys"), &detail);
        return;
    }
    if (job->self != SCH_HELPER && p != SCH_HELPER &&
        !sch_secret_equal(control->tag_check, job->keys.tag_check, SCH_CHECK_BYTES)) {
        sch_job_settle(job, own_name(job),
                       sch_fail(SCH_TRY_AGAIN,
                                "the connection between the two owners was renewed while the job began; send it again"),
                       NULL);
        return;
    }
    job->ready[p] = true;
    go_where_complete(job);
}

static void on_size(sch_job *job, sch_event *event)
{
    unsigned p = party_of(job, event->from);
    if (p != SCH_SPINE && p != SCH_DATA) {
        return;
    }
    if (event->control.rows > job->plan.max_rows[p]) {
        sch_job_settle(job, own_name(job), sch_fail(SCH_BAD_PEER, "an owner told more rows than its schema's max_rows"),
                       NULL);
        return;
    }
    (void)pthread_mutex_lock(&job->lock);
    job->rows[p] = event->control.rows;
    job->has_rows[p] = true;
    (void)pthread_mutex_unlock(&job->lock);
    go_where_complete(job);
}

/* Progress and sealed shares go on to the analyst, only from a party and under that party's own name. */
static void on_relay(sch_job *job, sch_event *event)
{
    unsigned p = party_of(job, event->from);
    if (!coordinates(job) || p == SCH_PARTIES || strcmp(event->control.node, job->plan.node[p]) != 0) {
        return;
    }
    sch_err err = sch_outbox_send(job->jobs->outbox, job->session, &event->control);
    if (sch_failed(err)) {
        sch_job_settle(job, own_name(job), err, NULL);
    }
}

static void settle_where_done(sch_job *job)
{
    sch_jobs *jobs = job->jobs;
    if (!job->done[SCH_SPINE] || !job->done[SCH_DATA] || !job->done[SCH_HELPER]) {
        return;
    }
    if (job->is_party && job->state != SCH_JOB_FINISHED) {
        return;
    }
    sch_control done = {.kind = SCH_CONTROL_DONE, .id = job->request.id};
    (void)snprintf(done.node, sizeof done.node, "%s", own_name(job));
    sch_jobs_tell_last(jobs, job->session, &done);
    sch_log(SCH_LOG_INFO, "job", job->id_text, "the job is done");
    remove_job(jobs, job);
}

static void on_done(sch_job *job, sch_event *event)
{
    unsigned p = party_of(job, event->from);
    if (coordinates(job) && p < SCH_PARTIES) {
        job->done[p] = true;
        settle_where_done(job);
    }
}

/* A failure elsewhere: from the coordinator, or to the coordinator from a party. */
static void on_fail(sch_job *job, sch_event *event)
{
    bool from_party = party_of(job, event->from) < SCH_PARTIES;
    if (!sch_peer_is(event->from, job->coordinator) && !(coordinates(job) && from_party)) {
        return;
    }
    const char *node = coordinates(job) ? sch_jobs_peer_name(job->jobs, event->from) : event->control.node;
    sch_job_settle(job, node, sch_fail(event->control.code, "the job failed at another node"), &event->control.text);
}

static void on_cancel(sch_job *job, sch_event *event)
{
    if (coordinates(job) && sch_peer_is(event->from, job->session)) {
        sch_job_settle(job, own_name(job), sch_fail(SCH_TRY_AGAIN, "the analyst cancelled the request"), NULL);
    }
}

/* This node's part has ended, well or not. */
static void on_thread(sch_job *job, sch_event *event)
{
    sch_jobs *jobs = job->jobs;
    job->thread_ended = true;
    if (job->failed) {
        remove_job(jobs, job);
        return;
    }
    if (!sch_failed(event->err)) {
        job->state = SCH_JOB_FINISHED;
        if (coordinates(job)) {
            settle_where_done(job);
        } else {
            remove_job(jobs, job);
        }
        return;
    }
    if (event->err.code == SCH_TRY_AGAIN) {
        /* A link that broke is a consequence; its cause is about to be told by the mesh or by another node. */
        job->state = SCH_JOB_ENDING;
        job->ended_ns = sch_clock_ns();
        return;
    }
    sch_job_settle(job, own_name(job), event->err, &event->detail);
}

typedef void (*action)(sch_job *job, sch_event *event);

enum { ON_READY, ON_SIZE, ON_PROGRESS, ON_RESULT, ON_DONE, ON_FAIL, ON_CANCEL, ON_THREAD, ON_COUNT };

/* NULL: nothing happens; such a message is late, which is normal when a job ends. */
/* clang-format off */
static const action TABLE[SCH_JOB_STATES][ON_COUNT] = {
    /*                      READY     SIZE     PROGRESS  RESULT    DONE     FAIL     CANCEL     THREAD */
    [SCH_JOB_PREPARING] = { on_ready, on_size, on_relay, on_relay, on_done, on_fail, on_cancel, on_thread },
    [SCH_JOB_RUNNING]   = { NULL,     NULL,    on_relay, on_relay, on_done, on_fail, on_cancel, on_thread },
    [SCH_JOB_FINISHED]  = { NULL,     NULL,    on_relay, on_relay, on_done, on_fail, on_cancel, NULL      },
    [SCH_JOB_ENDING]    = { NULL,     NULL,    NULL,     NULL,     NULL,    on_fail, on_cancel, on_thread },
};
/* clang-format on */

/* The column of a message; ON_COUNT for one that is not about a job in progress. */
static unsigned column_of(const sch_event *event)
{
    if (event->kind == SCH_EVENT_THREAD) {
        return ON_THREAD;
    }
    switch (event->control.kind) {
    case SCH_CONTROL_READY:
        return ON_READY;
    case SCH_CONTROL_SIZE:
        return ON_SIZE;
    case SCH_CONTROL_PROGRESS:
        return ON_PROGRESS;
    case SCH_CONTROL_RESULT:
        return ON_RESULT;
    case SCH_CONTROL_DONE:
        return ON_DONE;
    case SCH_CONTROL_FAIL:
        return ON_FAIL;
    case SCH_CONTROL_CANCEL:
        return ON_CANCEL;
    default:
        return ON_COUNT;
    }
}

/* Messages that came before the request itself are handled now. */
void sch_job_replay_early(sch_jobs *jobs, const sch_request_id *id)
{
    sch_event **at = &jobs->early;
    sch_event *mine = NULL;
    while (*at != NULL) {
        sch_event *event = *at;
        if (memcmp(&event->control.id, id, sizeof *id) == 0) {
            *at = event->next;
            event->next = mine;
            mine = event;
            jobs->peer[event->from.value].early_count--;
        } else {
            at = &event->next;
        }
    }
    while (mine != NULL) {
        sch_event *next = mine->next;
        sch_job_handle(jobs, mine);
        mine = next;
    }
}

/* Whether a request was taken up or refused here before: what still comes for it is late, not early. */
static bool was_seen(const sch_jobs *jobs, const sch_request_id *id)
{
    size_t i = 0;
    while (i < jobs->seen_count && memcmp(&jobs->seen[i].id, id, sizeof *id) != 0) {
        i++;
    }
    return i < jobs->seen_count;
}

/* READY and SIZE of a node that heard of the request before this one did are kept a little; each node has its own room, so
 * that none takes another's. Takes the event over where true. */
static bool keep_early(sch_jobs *jobs, sch_event *event)
{
    bool kind = event->control.kind == SCH_CONTROL_READY || event->control.kind == SCH_CONTROL_SIZE;
    if (!kind || event->from.value >= jobs->options.conf->peer_count) {
        return false;
    }
    size_t *count = &jobs->peer[event->from.value].early_count;
    if (*count >= SCH_MAX_EARLY || was_seen(jobs, &event->control.id)) {
        return false;
    }
    event->next = jobs->early;
    jobs->early = event;
    (*count)++;
    return true;
}

static void handle_control(sch_jobs *jobs, sch_event *event, bool *kept)
{
    bool from_peer = event->from.value < jobs->options.conf->peer_count || sch_peer_is(event->from, SCH_SELF);
    if (event->control.kind == SCH_CONTROL_SUBMIT && !from_peer) {
        sch_job_on_submit(jobs, event);
        return;
    }
    if (event->control.kind == SCH_CONTROL_PREPARE && from_peer) {
        sch_job_on_prepare(jobs, event);
        return;
    }
    unsigned column = column_of(event);
    if (column == ON_COUNT || (!from_peer && column != ON_CANCEL)) {
        return;
    }
    sch_job *job = find_job(jobs, &event->control.id);
    if (job == NULL) {
        *kept = keep_early(jobs, event);
        return;
    }
    action act = TABLE[job->state][column];
    if (act != NULL) {
        act(job, event);
    }
}

/* Whether a job needs a peer that has gone. A party that is done has nothing more to give. */
static bool needs(const sch_job *job, sch_peer_id peer)
{
    unsigned p = party_of(job, peer);
    return sch_peer_is(job->coordinator, peer) || (p < SCH_PARTIES && !job->done[p]);
}

/* A peer or a session has gone: jobs that need it end. */
static void handle_departure(sch_jobs *jobs, sch_peer_id who, bool session)
{
    sch_job *next;
    for (sch_job *job = jobs->first; job != NULL; job = next) {
        next = job->next;
        if (job->failed || !(session ? sch_peer_is(job->session, who) : needs(job, who))) {
            continue;
        }
        sch_detail detail = {{0}};
        if (session) {
            sch_detail_set(&detail, "the analyst's connection ended, so the request was cancelled");
        } else {
            sch_detail_set(&detail, "node %s is no longer connected to node %s; send the request again when it is back",
                           sch_jobs_peer_name(jobs, who), own_name(job));
        }
        sch_job_settle(job, own_name(job), sch_fail(SCH_TRY_AGAIN, "a node has gone"), &detail);
    }
}

void sch_job_handle(sch_jobs *jobs, sch_event *event)
{
    bool kept = false;
    switch (event->kind) {
    case SCH_EVENT_CONTROL:
        handle_control(jobs, event, &kept);
        break;
    case SCH_EVENT_THREAD: {
        sch_job *job = find_job(jobs, &event->control.id);
        if (job != NULL && TABLE[job->state][ON_THREAD] != NULL) {
            TABLE[job->state][ON_THREAD](job, event);
        }
        break;
    }
    case SCH_EVENT_PEER:
    case SCH_EVENT_SESSION:
        if (!event->up) {
            handle_departure(jobs, event->from, event->kind == SCH_EVENT_SESSION);
        }
        break;
    case SCH_EVENT_STOP:
        break;
    }
    if (!kept) {
        sch_event_free(event);
    }
}

static void drop_old_early(sch_jobs *jobs, uint64_t now)
{
    sch_event **at = &jobs->early;
    while (*at != NULL) {
        sch_event *event = *at;
        if (now - event->arrived_ns > (uint64_t)SCH_PREPARE_SECONDS * 1000000000U) {
            *at = event->next;
            jobs->peer[event->from.value].early_count--;
            sch_event_free(event);
        } else {
            at = &event->next;
        }
    }
}

/* The first other party that has not said READY; SCH_PARTIES where all have. */
static unsigned unready_party(const sch_job *job)
{
    unsigned p = 0;
    while (p < SCH_PARTIES && (p == (unsigned)job->self || job->ready[p])) {
        p++;
    }
    return p;
}

static void tick_job(sch_job *job, uint64_t now)
{
    sch_detail detail = {{0}};
    uint64_t age = now - job->started_ns;
    unsigned late = job->state == SCH_JOB_PREPARING && job->is_party ? unready_party(job) : SCH_PARTIES;
    if (job->ended_ns != 0 && now - job->ended_ns > UINT64_C(1000000000)) {
        sch_detail_set(&detail, "the connection to another node was lost; send the request again");
    } else if (late < SCH_PARTIES && age > (uint64_t)SCH_PREPARE_SECONDS * 1000000000U) {
        sch_detail_set(&detail, "node %s did not get ready within %d seconds", job->plan.node[late],
                       SCH_PREPARE_SECONDS);
    } else if (age > (uint64_t)job->jobs->options.conf->request_minutes * 60U * 1000000000U) {
        sch_detail_set(&detail, "the job took longer than the request_minutes of node %s", own_name(job));
    } else {
        return;
    }
    sch_job_settle(job, own_name(job), sch_fail(SCH_TRY_AGAIN, "the job took too long"), &detail);
}

void sch_job_tick(sch_jobs *jobs)
{
    uint64_t now = sch_clock_ns();
    sch_job *next;
    drop_old_early(jobs, now);
    for (sch_job *job = jobs->first; job != NULL; job = next) {
        next = job->next;
        if (!job->failed) {
            tick_job(job, now);
        }
    }
}
