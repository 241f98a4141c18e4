/* begin.c - a request that all have consented to begins: when there is room, and all parties are connected. Runs in the
 * event thread alone. */
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

enum { RELOAD_SECONDS = 60 }; /* that a node which wants to reload still begins what others start */

static sch_err send_ready(sch_job *job)
{
    sch_err err = SCH_NONE;
    for (size_t p = 0; p < job->row.party_count; p++) {
        if (p == job->self) {
            continue;
        }
        sch_control ready = {.kind = SCH_CONTROL_READY, .id = job->request.id};
        memcpy(ready.plan_hash, job->row.plan_hash, SCH_HASH_BYTES);
        memcpy(ready.pair_check, job->keys.pair_check[p], SCH_CHECK_BYTES);
        memcpy(ready.tag_check, job->keys.tag_check[p], SCH_CHECK_BYTES);
        SCH_TRY(sch_jobs_send(job->jobs, job->party[p], &ready));
    }
out:
    return err;
}

/* Says which party is missing, where one is. */
static sch_err check_connected(const sch_job *job, sch_detail *detail)
{
    for (size_t p = 0; p < job->row.party_count; p++) {
        sch_detail why = {{0}};
        if (sch_peer_is(job->party[p], SCH_SELF) || sch_mesh_is_up(job->jobs->mesh, job->party[p])) {
            continue;
        }
        sch_mesh_why_down(job->jobs->mesh, job->party[p], &why);
        sch_detail_set(detail, "node %s is not connected to node %s: %s", job->row.party[p],
                       sch_jobs_peer_name(job->jobs, SCH_SELF), why.text);
        return sch_fail(SCH_TRY_AGAIN, "a node is not connected");
    }
    return sch_check(sch_peer_is(job->coordinator, SCH_SELF) || sch_mesh_is_up(job->jobs->mesh, job->coordinator),
                     SCH_TRY_AGAIN, "the node that took the request is not connected");
}

/* The secrets of the connections to those with whom this node's rows are aligned. */
typedef struct owner_secrets {
    uint8_t exporter[SCH_MAX_PARTIES][SCH_KEY_BYTES], epoch[SCH_MAX_PARTIES][SCH_KEY_BYTES];
} owner_secrets;

static sch_err find_secrets(const sch_job *job, sch_job_secrets *secrets, owner_secrets *owners)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = job->jobs;
    const sch_agreement *agreement = &job->agreement->bundle.agreement;
    secrets->linkage_epoch = agreement->epoch;
    for (sch_party p = 0; p < job->row.party_count; p++) {
        if (p == job->self) {
            continue;
        }
        secrets->standing[p] = jobs->peer[job->party[p].value].standing;
        if (sch_job_keys_align(&job->plan, job->self, p, NULL, NULL)) {
            SCH_TRY(sch_mesh_exporter(jobs->mesh, job->party[p], owners->exporter[p]));
            SCH_TRY(sch_jobs_epoch_secret(jobs, owners->epoch[p], agreement, job->party[p]));
            secrets->exporter[p] = owners->exporter[p];
            secrets->epoch[p] = owners->epoch[p];
        }
    }
out:
    return err;
}

static sch_err make_keys(sch_job *job)
{
    sch_err err = SCH_NONE;
    sch_job_secrets secrets = {.linkage_epoch = 0};
    owner_secrets owners = {.epoch = {{0}}};
    SCH_TRY(find_secrets(job, &secrets, &owners));
    SCH_TRY(sch_job_keys_make(&job->keys, job->self, &job->plan, &secrets, job->row.request_hash));
out:
    sch_secret_wipe(&owners, sizeof owners);
    return err;
}

/* This node's part: keys, links, READY, and the thread. */
static sch_err begin_part(sch_job *job)
{
    sch_err err = SCH_NONE;
    SCH_TRY(make_keys(job));
    SCH_TRY(sch_mesh_job_open(job->jobs->mesh, &job->mesh_job, job->request.id, job->self, job->row.party_count,
                              job->party, (const uint8_t *const *)job->keys.end));
    SCH_TRY(send_ready(job));
    SCH_TRY(sch_check(pthread_create(&job->thread, NULL, sch_job_run, job) == 0, SCH_NO_MEMORY,
                      "no thread could be started for the job"));
    job->has_thread = true;
out:
    return err;
}

/* Room for one more: each node that coordinates sees to its own, so that two of them do not wait for each other. */
static sch_err check_room(const sch_jobs *jobs, sch_peer_id coordinator, sch_detail *detail)
{
    size_t running = sch_jobs_running(jobs, coordinator);
    if (running >= jobs->options.conf->max_jobs) {
        sch_detail_set(detail, "this node is at work on %zu requests, as many as it may; try again in a moment",
                       running);
        return sch_fail(SCH_TRY_AGAIN, "the node is busy");
    }
    return SCH_NONE;
}

/* Under the agreement as it is now; and not while the node waits for a quiet moment to take a new one up. */
static sch_err check_in_force(const sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    if (job->agreement->state != SCH_BOOK_IN_FORCE) {
        sch_detail_set(detail, "agreement: this version of agreement %s is in force no longer; ask again",
                       job->request.agreement);
        SCH_TRY(sch_fail(SCH_DENIED, "the agreement is not in force here"));
    }
    /* What others start goes on for a while; then the quiet moment has to come. */
    uint64_t since = job->jobs->reload_wanted_ns;
    SCH_TRY(sch_check(since == 0 || sch_clock_ns() - since < (uint64_t)RELOAD_SECONDS * 1000000000U, SCH_TRY_AGAIN,
                      "the node is about to take up a new agreement or configuration; send the request again"));
out:
    return err;
}

/* From here on the budget is spent, whatever comes. */
static void set_running(sch_job *job)
{
    sch_jobs *jobs = job->jobs;
    sch_jobs_begin(jobs);
    sch_err err = sch_store_settle(jobs->options.store, &job->request.id, SCH_LEDGER_SPENT);
    if (!sch_failed(err)) {
        err = sch_job_set_state(job, SCH_REQUEST_RUNNING, NULL);
    }
    err = sch_jobs_commit(jobs, err, false);
    job->phase = SCH_JOB_PREPARING;
    job->started_ns = sch_clock_ns();
}

void sch_job_begin(sch_job *job)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = job->jobs;
    sch_detail detail = {{0}}, names;
    const char *rule = "";
    sch_request_id id = job->request.id;
    SCH_TRY(check_in_force(job, &detail));
    SCH_TRY(sch_job_check_peers(job, &detail));
    SCH_TRY(sch_job_make_plan(job, &detail));
    SCH_TRY(sch_job_check_policy(job, &rule, &detail));
    SCH_TRY(check_connected(job, &detail));
    set_running(job);
    if (sch_job_coordinates(job)) {
        sch_control start = {.kind = SCH_CONTROL_START, .id = id};
        for (size_t p = 0; p < job->row.party_count; p++) {
            if (!sch_peer_is(job->party[p], SCH_SELF)) {
                SCH_TRY(sch_jobs_send(jobs, job->party[p], &start));
            }
        }
    }
    sch_job_party_names(job, &names);
    sch_log(SCH_LOG_INFO, "job", job->id_text, "begins analyst=%s parties=%s", job->request.analyst, names.text);
    if (job->is_party) {
        SCH_TRY(begin_part(job));
    }
    sch_job_tell_watchers(job);
    sch_job_replay_early(jobs, &id);
out:
    if (sch_failed(err)) {
        if (err.code == SCH_TRY_AGAIN && detail.text[0] == '\0') {
            (void)check_connected(job, &detail); /* who has gone since it was asked */
        }
        sch_job_end(job, sch_end_state_of(err), jobs->options.conf->node, NULL, err, &detail);
    }
}

/* Whether what this node needs from others is there at this moment. */
static sch_err check_others(const sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(check_connected(job, detail));
    SCH_TRY(job->has_plan ? SCH_NONE : sch_job_check_owners(job, detail));
    SCH_TRY(sch_job_check_peers(job, detail));
out:
    return err;
}

void sch_job_begin_where_due(sch_job *job)
{
    sch_detail detail = {{0}};
    if (!job->start_came || job->phase != SCH_JOB_APPROVED) {
        return;
    }
    sch_err err = check_room(job->jobs, job->coordinator, &detail);
    if (!sch_failed(err)) {
        err = check_others(job, &detail);
    }
    if (!sch_failed(err)) {
        sch_job_begin(job);
    } else if (sch_clock_ns() - job->start_came_ns > (uint64_t)(SCH_PREPARE_SECONDS - 5) * 1000000000U) {
        sch_job_end(job, sch_end_state_of(err), job->jobs->options.conf->node, NULL, err, &detail);
    }
}

void sch_job_on_start(sch_job *job, sch_event *event)
{
    if (!sch_peer_is(event->from, job->coordinator) || job->start_came) {
        return;
    }
    job->start_came = true;
    job->start_came_ns = sch_clock_ns();
    sch_job_begin_where_due(job);
}

/* The oldest request that this node may start now; NULL where there is none. */
static sch_job *next_to_start(sch_jobs *jobs)
{
    sch_job *oldest = NULL;
    sch_detail ignored;
    if (sch_failed(check_room(jobs, SCH_SELF, &ignored))) {
        return NULL;
    }
    for (sch_job *job = jobs->first; job != NULL; job = job->next) {
        if (job->phase != SCH_JOB_APPROVED || !sch_job_coordinates(job) || sch_failed(check_others(job, &ignored))) {
            continue;
        }
        if (oldest == NULL || memcmp(&job->request.id, &oldest->request.id, sizeof job->request.id) < 0) {
            oldest = job;
        }
    }
    return oldest;
}

void sch_jobs_start_approved(sch_jobs *jobs)
{
    sch_job *job = jobs->reload_wanted ? NULL : next_to_start(jobs);
    while (job != NULL) {
        sch_job_begin(job); /* it runs or has ended now, so this comes to an end */
        job = next_to_start(jobs);
    }
}
