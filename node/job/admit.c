/* admit.c - a signed request is checked, remembered and planned, by each node for itself. */
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/job/job.h"
#include "proto/sealed.h"

sch_catalog_ref *sch_catalog_ref_new(void)
{
    sch_catalog_ref *ref = calloc(1, sizeof *ref);
    if (ref != NULL) {
        atomic_store(&ref->users, 1);
    }
    return ref;
}

sch_catalog_ref *sch_catalog_ref_take(sch_catalog_ref *ref)
{
    atomic_fetch_add(&ref->users, 1);
    return ref;
}

void sch_catalog_ref_drop(sch_catalog_ref *ref)
{
    if (ref != NULL && atomic_fetch_sub(&ref->users, 1) == 1) {
        sch_catalog_clear(&ref->catalog);
        sch_buf_clear(&ref->encoded);
        free(ref);
    }
}

void sch_job_free(sch_job *job)
{
    if (job == NULL) {
        return;
    }
    sch_mesh_job_close(job->mesh_job);
    sch_job_keys_clear(&job->keys);
    sch_plan_clear(&job->plan);
    for (size_t i = 0; i < job->catalog_count; i++) {
        sch_catalog_ref_drop(job->catalog[i]);
    }
    sch_request_clear(&job->request);
    sch_buf_clear(&job->bytes);
    (void)pthread_mutex_destroy(&job->lock);
    (void)pthread_cond_destroy(&job->changed);
    free(job);
}

/* Who asks, and whether it is they who signed. */
static sch_err check_analyst(const sch_jobs *jobs, sch_job *job, size_t session_analyst, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_conf *conf = jobs->options.conf;
    size_t a = 0;
    while (a < conf->analyst_count && strcmp(conf->analyst[a].name, job->request.analyst) != 0) {
        a++;
    }
    if (a == conf->analyst_count) {
        sch_detail_set(detail,
                       "no analyst called %s is known here; the operator adds one under analysts in the configuration",
                       job->request.analyst);
        return sch_fail(SCH_DENIED, "the analyst is not known at this node");
    }
    SCH_TRY(sch_check(session_analyst == SIZE_MAX || session_analyst == a, SCH_DENIED,
                      "the request is another analyst's than the one who is connected"));
    SCH_TRY(sch_request_bytes_verify(job->signature, job->bytes.data, job->bytes.bytes, conf->analyst[a].identity));
    job->analyst = a;
out:
    return err;
}

static sch_err check_time(const sch_jobs *jobs, const sch_request *request, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    int64_t now = sch_clock_now().value;
    int64_t ahead = request->created.value - now;
    if (ahead > SCH_CLOCK_SKEW_MS) {
        sch_detail_set(detail, "the request was made %lld seconds in this node's future; set the clocks right",
                       (long long)(ahead / 1000));
        return sch_fail(SCH_DENIED, "the request's clock is ahead of this node's");
    }
    SCH_TRY(sch_check(request->not_after.value > request->created.value &&
                          request->not_after.value - request->created.value <= SCH_MAX_REQUEST_LIFE_MS,
                      SCH_DENIED, "the request is valid for longer than 15 minutes"));
    if (now > request->not_after.value) {
        sch_detail_set(detail,
                       "the request expired %lld seconds ago; send it again, and compare the clocks if this goes on",
                       (long long)((now - request->not_after.value) / 1000));
        return sch_fail(SCH_DENIED, "the request has expired");
    }
    /* What ran before this node's start is not remembered, so nothing signed before it runs now. */
    SCH_TRY(sch_check(request->created.value >= jobs->started.value, SCH_TRY_AGAIN,
                      "the request was signed before this node was started; send it again"));
out:
    return err;
}

/* Refuses an id that was seen, and remembers it. */
static sch_err check_repeat(sch_jobs *jobs, const sch_request *request)
{
    sch_err err = SCH_NONE;
    int64_t now = sch_clock_now().value;
    size_t kept = 0;
    for (size_t i = 0; i < jobs->seen_count; i++) {
        SCH_TRY(sch_check(memcmp(&jobs->seen[i].id, &request->id, sizeof request->id) != 0, SCH_DENIED,
                          "this request was sent before; a request runs once"));
    }
    if (jobs->seen_count == SCH_MAX_SEEN) {
        for (size_t i = 0; i < jobs->seen_count; i++) {
            if (jobs->seen[i].until.value >= now) {
                jobs->seen[kept++] = jobs->seen[i];
            }
        }
        jobs->seen_count = kept;
    }
    SCH_TRY(sch_check(jobs->seen_count < SCH_MAX_SEEN, SCH_TRY_AGAIN, "too many requests were sent in a short time"));
    jobs->seen[jobs->seen_count++] = (sch_seen){request->id, {request->not_after.value + SCH_CLOCK_SKEW_MS}};
out:
    return err;
}

static sch_err make_plan(sch_jobs *jobs, sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_catalog *catalog[SCH_MAX_NODES];
    job->catalog[job->catalog_count++] = sch_catalog_ref_take(jobs->own);
    for (size_t p = 0; p < jobs->options.conf->peer_count && job->catalog_count < SCH_MAX_NODES; p++) {
        if (jobs->peer[p].up && jobs->peer[p].catalog != NULL) {
            job->catalog[job->catalog_count++] = sch_catalog_ref_take(jobs->peer[p].catalog);
        }
    }
    for (size_t i = 0; i < job->catalog_count; i++) {
        catalog[i] = &job->catalog[i]->catalog;
    }
    SCH_TRY(sch_plan_make(&job->plan, &job->request, catalog, job->catalog_count, detail));
    SCH_TRY(sch_plan_hash(job->plan_hash, &job->plan));
    SCH_TRY(sch_check(sch_shares_bytes(sch_table_columns(&job->plan.shape), job->plan.shape.groups) <=
                          (size_t)SCH_MAX_PARTS * SCH_PART_BYTES,
                      SCH_BAD_INPUT, "the table is too large to be sent; ask for fewer cells or fewer columns"));
out:
    return err;
}

/* Which peers are the parties, and which party is this node. */
static sch_err find_parties(const sch_jobs *jobs, sch_job *job)
{
    sch_err err = SCH_NONE;
    const sch_conf *conf = jobs->options.conf;
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        if (strcmp(job->plan.node[p], conf->node) == 0) {
            job->party[p] = SCH_SELF;
            job->self = (sch_party)p;
            job->is_party = true;
            continue;
        }
        size_t i = 0;
        while (i < conf->peer_count && strcmp(job->plan.node[p], conf->peer[i].card.name) != 0) {
            i++;
        }
        SCH_TRY(sch_check(i < conf->peer_count, SCH_BUG, "the plan names a node that is no peer"));
        job->party[p] = (sch_peer_id){(uint32_t)i};
    }
out:
    return err;
}

sch_err sch_job_admit(sch_jobs *jobs, sch_job **out, const sch_control *control, size_t analyst, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_job *job = calloc(1, sizeof *job);
    *out = NULL;
    SCH_TRY(sch_check(job != NULL, SCH_NO_MEMORY, "out of memory"));
    (void)pthread_mutex_init(&job->lock, NULL);
    (void)pthread_cond_init(&job->changed, NULL);
    job->jobs = jobs;
    job->session = SCH_SELF;
    job->started_ns = sch_clock_ns();
    SCH_TRY(sch_buf_append(&job->bytes, control->bytes.data, control->bytes.bytes));
    memcpy(job->signature, control->signature, sizeof job->signature);
    SCH_TRY(sch_request_decode(&job->request, job->bytes.data, job->bytes.bytes, detail));
    SCH_TRY(sch_check(memcmp(&job->request.id, &control->id, sizeof control->id) == 0, SCH_BAD_INPUT,
                      "the request and its message bear different ids"));
    sch_id_to_text(job->id_text, job->request.id);
    SCH_TRY(check_analyst(jobs, job, analyst, detail));
    SCH_TRY(check_time(jobs, &job->request, detail));
    SCH_TRY(check_repeat(jobs, &job->request));
    if (jobs->job_count >= jobs->options.conf->max_jobs) {
        sch_detail_set(detail, "this node is at work on %zu requests, as many as it may; try again in a moment",
                       jobs->job_count);
        SCH_TRY(sch_fail(SCH_TRY_AGAIN, "the node is busy"));
    }
    SCH_TRY(sch_request_bytes_hash(job->request_hash, job->bytes.data, job->bytes.bytes));
    SCH_TRY(make_plan(jobs, job, detail));
    SCH_TRY(find_parties(jobs, job));
    *out = job;
    job = NULL;
out:
    sch_job_free(job);
    return err;
}
