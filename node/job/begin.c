/* begin.c - a request is taken up: by the node that the analyst called, and by those that it hands the request to. Runs in the
 * event thread alone. */
#include <string.h>

#include "crypto/base/secret.h"
#include "node/base/log.h"
#include "node/job/job.h"

static sch_err send_ready(sch_job *job)
{
    sch_err err = SCH_NONE;
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        if (p == (unsigned)job->self) {
            continue;
        }
        sch_control ready = {.kind = SCH_CONTROL_READY, .id = job->request.id};
        memcpy(ready.plan_hash, job->plan_hash, SCH_HASH_BYTES);
        memcpy(ready.pair_check, job->keys.pair_check[p], SCH_CHECK_BYTES);
        if (job->self != SCH_HELPER && p != SCH_HELPER) {
            memcpy(ready.tag_check, job->keys.tag_check, SCH_CHECK_BYTES);
        }
        SCH_TRY(sch_jobs_send(job->jobs, job->party[p], &ready));
    }
out:
    return err;
}

/* Says which party is missing, where one is. */
static sch_err check_connected(sch_job *job, sch_detail *detail)
{
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        sch_detail why = {{0}};
        if (sch_peer_is(job->party[p], SCH_SELF) || sch_mesh_is_up(job->jobs->mesh, job->party[p])) {
            continue;
        }
        sch_mesh_why_down(job->jobs->mesh, job->party[p], &why);
        sch_detail_set(detail, "node %s is not connected to node %s: %s", job->plan.node[p],
                       sch_jobs_peer_name(job->jobs, SCH_SELF), why.text);
        return sch_fail(SCH_TRY_AGAIN, "a node is not connected");
    }
    return SCH_NONE;
}

static sch_err make_keys(sch_job *job)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = job->jobs;
    const uint8_t *standing[SCH_PARTIES] = {NULL};
    uint8_t exporter[SCH_KEY_BYTES] = {0};
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        if (p != (unsigned)job->self) {
            standing[p] = jobs->peer[job->party[p].value].standing;
        }
    }
    if (job->self != SCH_HELPER) {
        SCH_TRY(sch_mesh_exporter(jobs->mesh, job->party[job->self == SCH_SPINE ? SCH_DATA : SCH_SPINE], exporter));
    }
    SCH_TRY(sch_job_keys_make(&job->keys, job->self, standing, job->self == SCH_HELPER ? NULL : exporter,
                              job->request_hash));
out:
    sch_secret_wipe(exporter, sizeof exporter);
    return err;
}

/* Takes up this node's part: keys, links, READY, and the thread. */
static sch_err begin_part(sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = job->jobs;
    SCH_TRY(check_connected(job, detail));
    if (!job->is_party) {
        return SCH_NONE;
    }
    SCH_TRY(make_keys(job));
    SCH_TRY(sch_mesh_job_open(jobs->mesh, &job->mesh_job, job->request.id, job->self, job->party,
                              (const uint8_t *const *)job->keys.end));
    SCH_TRY(send_ready(job));
    SCH_TRY(sch_check(pthread_create(&job->thread, NULL, sch_job_run, job) == 0, SCH_NO_MEMORY,
                      "no thread could be started for the job"));
    job->has_thread = true;
    sch_log(SCH_LOG_INFO, "job", job->id_text, "begins analyst=%s spine=%s data=%s helper=%s", job->request.analyst,
            job->plan.node[SCH_SPINE], job->plan.node[SCH_DATA], job->plan.node[SCH_HELPER]);
out:
    return err;
}

static sch_err tell_parties(sch_job *job)
{
    sch_err err = SCH_NONE;
    sch_control prepare = {.kind = SCH_CONTROL_PREPARE, .id = job->request.id};
    memcpy(prepare.signature, job->signature, sizeof prepare.signature);
    memcpy(prepare.plan_hash, job->plan_hash, sizeof prepare.plan_hash);
    SCH_TRY(sch_buf_append(&prepare.bytes, job->bytes.data, job->bytes.bytes));
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF)) {
            SCH_TRY(sch_jobs_send(job->jobs, job->party[p], &prepare));
        }
    }
out:
    sch_buf_clear(&prepare.bytes);
    return err;
}

/* An analyst hands in a request: this node coordinates it. */
void sch_job_on_submit(sch_jobs *jobs, sch_event *event)
{
    sch_job *job = NULL;
    sch_detail detail = {{0}};
    const char *node = jobs->options.conf->node;
    sch_err err = sch_job_admit(jobs, &job, &event->control, event->analyst, &detail);
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_WARNING, "job", NULL, "a request was refused", err, &detail);
        sch_control control = sch_job_fail_message(&event->control.id, node, err, &detail);
        sch_jobs_tell_last(jobs, event->from, &control);
        return;
    }
    job->coordinator = SCH_SELF;
    job->session = event->from;
    sch_job_add(jobs, job);
    SCH_TRY(check_connected(job, &detail));
    SCH_TRY(tell_parties(job));
    SCH_TRY(begin_part(job, &detail));
    sch_job_replay_early(jobs, &event->control.id);
out:
    if (sch_failed(err)) {
        sch_job_settle(job, node, err, &detail);
    }
}

/* A node hands on what an analyst signed. */
void sch_job_on_prepare(sch_jobs *jobs, sch_event *event)
{
    sch_job *job = NULL;
    sch_detail detail = {{0}};
    const char *node = jobs->options.conf->node;
    sch_err err = sch_job_admit(jobs, &job, &event->control, SIZE_MAX, &detail);
    if (!sch_failed(err) && memcmp(job->plan_hash, event->control.plan_hash, SCH_HASH_BYTES) != 0) {
        err = sch_fail(SCH_TRY_AGAIN,
                       "the node that was called plans this request otherwise; they may run different versions");
    }
    if (!sch_failed(err) && !job->is_party) {
        err = sch_fail(SCH_BAD_PEER, "a node that has no part in a request was asked to prepare it");
    }
    if (sch_failed(err)) {
        sch_job_free(job);
        sch_log_error(SCH_LOG_WARNING, "job", NULL, "a request was refused", err, &detail);
        sch_control control = sch_job_fail_message(&event->control.id, node, err, &detail);
        sch_err sent = sch_jobs_send(jobs, event->from, &control);
        (void)sent;
        return;
    }
    job->coordinator = event->from;
    sch_job_add(jobs, job);
    err = begin_part(job, &detail);
    if (sch_failed(err)) {
        sch_job_settle(job, node, err, &detail);
        return;
    }
    sch_job_replay_early(jobs, &event->control.id);
}
