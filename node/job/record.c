/* record.c - state and audit log change together, or not at all. Runs in the event thread alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

_Noreturn void sch_jobs_die(sch_err err)
{
    sch_log_error(SCH_LOG_ERROR, "store", NULL,
                  "the node ends: what happened cannot be recorded; look at the disk, then start it again", err, NULL);
    /* Not exit(): other threads are at work, and nothing more may be sent. Children go with their parent. */
    _exit(1);
}

void sch_jobs_begin(sch_jobs *jobs)
{
    sch_err err = sch_store_begin(jobs->options.store);
    if (sch_failed(err)) {
        sch_jobs_die(err);
    }
}

sch_err sch_jobs_commit(sch_jobs *jobs, sch_err so_far, bool may_refuse)
{
    sch_err err = so_far;
    if (!sch_failed(err)) {
        err = sch_store_commit(jobs->options.store);
    }
    if (!sch_failed(err)) {
        return err;
    }
    if (err.code == SCH_IO || !may_refuse) {
        sch_jobs_die(err);
    }
    sch_store_rollback(jobs->options.store);
    return err;
}

sch_err sch_record(sch_jobs *jobs, const char *actor, const char *action, const char *object, const char *outcome,
                   const sch_request_id *request, const uint8_t *decided_on)
{
    sch_audit_record record = {.time = sch_clock_now()};
    (void)snprintf(record.actor, sizeof record.actor, "%s", actor);
    (void)snprintf(record.action, sizeof record.action, "%s", action);
    (void)snprintf(record.object, sizeof record.object, "%s", object);
    (void)snprintf(record.outcome, sizeof record.outcome, "%s", outcome);
    if (request != NULL) {
        memcpy(record.trace, request->byte, sizeof record.trace);
    } else {
        sch_random_fill(record.trace, sizeof record.trace);
    }
    sch_random_fill(record.span, sizeof record.span);
    if (decided_on != NULL) {
        memcpy(record.decided_on, decided_on, sizeof record.decided_on);
    }
    return sch_store_append_audit(jobs->options.store, &record);
}

sch_err sch_job_record(sch_job *job, const char *actor, const char *action, const char *outcome)
{
    char object[SCH_AUDIT_OBJECT_BYTES], own[SCH_AUDIT_OBJECT_BYTES];
    (void)snprintf(object, sizeof object, "request:%s", job->id_text);
    (void)snprintf(own, sizeof own, "node:%s", job->jobs->options.conf->node);
    return sch_record(job->jobs, actor != NULL ? actor : own, action, object, outcome, &job->request.id,
                      job->row.request_hash);
}

sch_err sch_record_alone(sch_jobs *jobs, const char *actor, const char *action, const char *object, const char *outcome,
                         const sch_request_id *request, const uint8_t *decided_on)
{
    sch_jobs_begin(jobs);
    return sch_jobs_commit(jobs, sch_record(jobs, actor, action, object, outcome, request, decided_on), true);
}

sch_err sch_job_set_state(sch_job *job, sch_request_state state, const char *actor)
{
    sch_err err = SCH_NONE;
    char action[SCH_AUDIT_WORD_BYTES];
    (void)snprintf(action, sizeof action, "request.%s", sch_request_state_name(state));
    job->row.state = state;
    job->row.changed = sch_clock_now();
    SCH_TRY(sch_store_put_request(job->jobs->options.store, &job->row));
    SCH_TRY(sch_job_record(job, actor, action, job->row.code == SCH_OK ? "ok" : sch_code_name(job->row.code)));
out:
    return err;
}

sch_err sch_jobs_make_head(sch_jobs *jobs, sch_stored_head *head)
{
    sch_err err = SCH_NONE;
    const sch_identity *identity = jobs->options.identity;
    *head = (sch_stored_head){.head = {.time = sch_clock_now()}};
    memcpy(head->head.node, jobs->options.conf->node, sizeof head->head.node);
    memcpy(head->identity, identity->card.identity, sizeof head->identity);
    SCH_TRY(sch_store_get_audit_end(jobs->options.store, &head->head.seq, head->head.hash));
    SCH_TRY(sch_store_get_counter(jobs->options.store, &head->head.counter));
    SCH_TRY(sch_audit_head_sign(&head->head, identity->identity_secret));
    SCH_TRY(sch_store_put_head(jobs->options.store, head));
out:
    return err;
}
