/* resume.c - what was in progress when the node stopped, and what two nodes tell each other when they meet again. Runs
 * before the event thread begins, then in it alone. */
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"

static sch_err count_denial(void *context, const sch_stored_word *word)
{
    bool *denied = context;
    *denied = *denied || !word->approve;
    return SCH_NONE;
}

/* Whether a request that ran is still worth waiting for: this node's part is kept, and another node has the last
 * word. */
static bool is_kept_part(const sch_jobs *jobs, const sch_stored_request *row)
{
    return row->state == SCH_REQUEST_RUNNING && row->part_done &&
           strcmp(row->coordinator, jobs->options.conf->node) != 0;
}

/* Ends a stored request that cannot go on. */
static sch_err end_stored(sch_jobs *jobs, const sch_stored_request *row, sch_request_state state, sch_code code,
                          const char *why)
{
    sch_err err = SCH_NONE;
    sch_store *store = jobs->options.store;
    sch_stored_request ended = *row; /* borrows its buffers */
    sch_ledger_state ledger = SCH_LEDGER_SPENT;
    bool reserved = false;
    char object[SCH_AUDIT_OBJECT_BYTES] = "request:", action[SCH_AUDIT_WORD_BYTES] = "request.";
    sch_id_to_text(object + strlen(object), row->id);
    strncat(action, sch_request_state_name(state), sizeof action - strlen(action) - 1);
    ended.state = state;
    ended.code = code;
    ended.changed = sch_clock_now();
    sch_detail_set(&ended.text, "node %s: %s", jobs->options.conf->node, why);
    sch_log(SCH_LOG_WARNING, "job", object + strlen("request:"), "the request ended as %s: %s",
            sch_request_state_name(state), why);
    SCH_TRY(sch_store_put_request(store, &ended));
    SCH_TRY(sch_store_get_ledger_state(store, &reserved, &ledger, &row->id));
    if (reserved && ledger == SCH_LEDGER_RESERVED) {
        SCH_TRY(sch_store_settle(store, &row->id, SCH_LEDGER_RETURNED));
        SCH_TRY(sch_record(jobs, "system", "budget.return", object, "ok", &row->id, row->request_hash));
    }
    SCH_TRY(sch_store_drop_results(store, &row->id));
    SCH_TRY(sch_record(jobs, "system", action, object, sch_code_name(code), &row->id, row->request_hash));
out:
    return err;
}

/* Reads back who has consented. */
static sch_err read_consents(sch_job *job)
{
    sch_err err = SCH_NONE;
    sch_consent consent;
    for (size_t p = 0; p < job->row.party_count; p++) {
        SCH_TRY(sch_store_get_consent(job->jobs->options.store, &job->consented[p], &consent, &job->request.id,
                                      job->row.party[p]));
    }
out:
    return err;
}

static sch_err resume_one(void *context, const sch_stored_request *row)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = context;
    sch_job *job = NULL;
    bool denied = false;
    sch_detail why = {{0}};
    SCH_TRY(sch_store_each_word(jobs->options.store, &row->id, count_denial, &denied));
    if (denied) {
        SCH_TRY(end_stored(jobs, row, SCH_REQUEST_REFUSED, SCH_DENIED, "denied by an operator"));
        goto out;
    }
    if (row->state == SCH_REQUEST_RUNNING && !is_kept_part(jobs, row)) {
        SCH_TRY(end_stored(jobs, row, SCH_REQUEST_FAILED, SCH_TRY_AGAIN,
                           "the node was stopped while the request ran; its budget is spent, send it anew"));
        goto out;
    }
    err = sch_job_restore(jobs, &job, row, &why);
    if (err.code == SCH_TRY_AGAIN && row->part_done && row->expires.value > sch_clock_now().value) {
        err = SCH_NONE; /* a kept part stays as it is, until its coordinator is known here again */
        goto out;
    }
    if (sch_failed(err)) {
        SCH_TRY(err.code == SCH_NO_MEMORY ? err : SCH_NONE);
        SCH_TRY(end_stored(jobs, row, sch_end_state_of(err), err.code, sch_detail_or_text(&why, err)));
        goto out;
    }
    SCH_TRY(read_consents(job));
    if (row->state == SCH_REQUEST_WAITING) {
        SCH_TRY(sch_job_approve_where_complete(job, &denied));
    }
    job->phase = job->row.state == SCH_REQUEST_RUNNING    ? SCH_JOB_FINISHED
                 : job->row.state == SCH_REQUEST_APPROVED ? SCH_JOB_APPROVED
                                                          : SCH_JOB_WAITING;
    job->started_ns = sch_clock_ns();
    sch_job_add(jobs, job);
    job = NULL;
out:
    sch_job_free(job);
    return err;
}

sch_err sch_jobs_resume(sch_jobs *jobs)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_store_begin(jobs->options.store));
    err = sch_store_each_request(jobs->options.store, NULL, true, SIZE_MAX, resume_one, jobs);
    for (size_t a = 0; a < jobs->book.agreement_count && !sch_failed(err); a++) {
        if (jobs->book.agreement[a].state == SCH_BOOK_IN_FORCE) {
            err = sch_jobs_make_epoch(jobs, &jobs->book.agreement[a].bundle.agreement);
        }
    }
    if (!sch_failed(err)) {
        err = sch_record(jobs, "system", "conf.load", "conf", "ok", NULL, jobs->options.conf_hash);
    }
    if (!sch_failed(err)) {
        err = sch_record(jobs, "system", "node.start", jobs->options.conf->node, "ok", NULL, NULL);
    }
    if (sch_failed(err)) {
        sch_store_rollback(jobs->options.store);
        goto out;
    }
    SCH_TRY(sch_store_commit(jobs->options.store));
    if (jobs->first != NULL) {
        sch_log(SCH_LOG_INFO, "job", NULL, "%zu requests go on", jobs->job_count);
    }
out:
    return err;
}

/* Tells a peer how a job stands here, and asks how it stands there. */
static void meet_over(sch_job *job, sch_peer_id peer)
{
    sch_jobs *jobs = job->jobs;
    bool waits = job->phase == SCH_JOB_WAITING || job->phase == SCH_JOB_APPROVED;
    bool is_party = sch_job_party_of(job, peer) < job->row.party_count;
    if (sch_job_coordinates(job) && waits && is_party) {
        sch_job_tell_party(job, peer);
    }
    if (waits && job->is_party && job->consented[job->self] && (is_party || sch_peer_is(job->coordinator, peer))) {
        sch_job_send_consent(job, peer);
    }
    if (!sch_job_coordinates(job) && sch_peer_is(job->coordinator, peer)) {
        sch_control control = {.kind = SCH_CONTROL_WATCH, .id = job->request.id};
        if (job->phase == SCH_JOB_FINISHED) {
            control.kind = SCH_CONTROL_DONE;
            memcpy(control.node, jobs->options.conf->node, sizeof control.node);
        }
        sch_jobs_tell(jobs, peer, &control);
    }
}

/* Oldest first: the list has the newest in front. */
static void meet_over_all(sch_jobs *jobs, sch_peer_id peer)
{
    size_t count = 0;
    sch_job **order = calloc(jobs->job_count + 1, sizeof(sch_job *));
    if (order == NULL) {
        sch_log(SCH_LOG_WARNING, "job", NULL, "out of memory; a peer hears of open requests when it connects again");
        return;
    }
    for (sch_job *job = jobs->first; job != NULL; job = job->next) {
        order[count++] = job;
    }
    while (count > 0) {
        meet_over(order[--count], peer);
    }
    free(order);
}

void sch_jobs_meet_peer(sch_jobs *jobs, sch_peer_id peer)
{
    sch_stored_head head;
    sch_jobs_send_offers(jobs, peer);
    sch_jobs_send_epochs(jobs, peer);
    sch_jobs_send_revocations(jobs, peer);
    sch_jobs_begin(jobs);
    sch_err err = sch_jobs_commit(jobs, sch_jobs_make_head(jobs, &head), true);
    if (!sch_failed(err)) {
        sch_jobs_send_head(jobs, peer, &head);
    }
    meet_over_all(jobs, peer);
}
