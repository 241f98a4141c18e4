/* deadlines.c - what ends because its time is up: requests that nobody approved, jobs that take too long, early
 * messages. Runs in the event thread alone. */
#include "node/base/clock.h"
#include "node/govern/policy.h"
#include "node/job/job.h"

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

/* The first other party that has not said READY; row.party_count where all have. */
static size_t unready_party(const sch_job *job)
{
    size_t p = 0;
    while (p < job->row.party_count && (p == job->self || job->ready[p])) {
        p++;
    }
    return p;
}

/* A request that nobody approved in its time. The coordinator says so; others only where it does not. */
static void tick_waiting(sch_job *job, sch_time_ms now)
{
    int64_t grace = sch_job_coordinates(job) ? 0 : SCH_CLOCK_SKEW_MS;
    sch_detail awaits = {{0}}, detail = {{0}};
    if (now.value <= job->request.not_after.value + grace) {
        return;
    }
    sch_job_awaits(job, &awaits);
    sch_detail_set(&detail, "the request was valid until a moment ago, and still %s", awaits.text);
    sch_job_end(job, SCH_REQUEST_EXPIRED, job->jobs->options.conf->node, NULL,
                sch_fail(SCH_DENIED, "the request has expired"), &detail);
}

static void tick_running(sch_job *job, uint64_t now)
{
    sch_detail detail = {{0}};
    uint64_t age = now - job->started_ns;
    size_t parties = job->row.party_count;
    size_t late = job->phase == SCH_JOB_PREPARING && job->is_party ? unready_party(job) : parties;
    if (job->ended_ns != 0 && now - job->ended_ns > UINT64_C(1000000000)) {
        sch_detail_set(&detail, "the connection to another node was lost; send the request again");
    } else if (late < parties && age > (uint64_t)SCH_PREPARE_SECONDS * 1000000000U) {
        sch_detail_set(&detail, "node %s did not get ready within %d seconds", job->row.party[late],
                       SCH_PREPARE_SECONDS);
    } else if (age > (uint64_t)job->jobs->options.conf->request_minutes * 60U * 1000000000U) {
        sch_detail_set(&detail, "the job took longer than the request_minutes of node %s",
                       job->jobs->options.conf->node);
    } else {
        return;
    }
    sch_job_end(job, SCH_REQUEST_FAILED, job->jobs->options.conf->node, NULL,
                sch_fail(SCH_TRY_AGAIN, "the job took too long"), &detail);
}

void sch_job_tick(sch_jobs *jobs)
{
    uint64_t now = sch_clock_ns();
    sch_time_ms date = sch_clock_now();
    sch_job *next;
    drop_old_early(jobs, now);
    for (sch_job *job = jobs->first; job != NULL; job = next) {
        next = job->next;
        if (job->phase == SCH_JOB_APPROVED && job->start_came) {
            sch_job_begin_where_due(job);
        } else if (job->phase == SCH_JOB_WAITING || job->phase == SCH_JOB_APPROVED) {
            tick_waiting(job, date);
        } else if (job->phase == SCH_JOB_FINISHED && job->row.expires.value < date.value) {
            sch_detail detail = {{0}};
            sch_detail_set(&detail, "node %s, which took the request, was not heard of until its result expired",
                           job->row.coordinator);
            sch_job_end(job, SCH_REQUEST_FAILED, job->jobs->options.conf->node, NULL,
                        sch_fail(SCH_TRY_AGAIN, "the coordinator has gone"), &detail);
        } else if (job->phase != SCH_JOB_ENDING && (job->phase != SCH_JOB_FINISHED || sch_job_coordinates(job))) {
            tick_running(job, now); /* whose own part is kept waits for the coordinator's word, however long */
        }
    }
}
