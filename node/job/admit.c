/* admit.c - a signed request is checked and planned, by each node for itself. */
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/govern/policy.h"
#include "node/govern/terms.h"
#include "node/govern/view.h"
#include "node/job/job.h"
#include "node/query/request_sql.h"
#include "node/store/seam.h"
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

static void forget_plan(sch_job *job)
{
    sch_plan_clear(&job->plan);
    job->has_plan = false;
    for (size_t i = 0; i < job->catalog_count; i++) {
        sch_catalog_ref_drop(job->catalog[i]);
    }
    job->catalog_count = 0;
}

void sch_job_free(sch_job *job)
{
    if (job == NULL) {
        return;
    }
    sch_mesh_job_close(job->mesh_job);
    sch_job_keys_clear(&job->keys);
    forget_plan(job);
    for (size_t r = 0; r < SCH_MAX_RECIPIENTS; r++) {
        sch_buf_clear(&job->sealed[r].bytes);
    }
    sch_request_clear(&job->request);
    sch_stored_request_clear(&job->row);
    (void)pthread_mutex_destroy(&job->lock);
    (void)pthread_cond_destroy(&job->changed);
    free(job);
}

static sch_job *new_job(sch_jobs *jobs)
{
    sch_job *job = calloc(1, sizeof *job);
    if (job != NULL) {
        (void)pthread_mutex_init(&job->lock, NULL);
        (void)pthread_cond_init(&job->changed, NULL);
        job->jobs = jobs;
        job->coordinator = SCH_SELF;
        for (size_t p = 0; p < SCH_MAX_PARTIES; p++) {
            job->party[p] = SCH_SELF;
        }
    }
    return job;
}

/* The agreement that a request names: this version of it, in force here. Whom it does not list hears no more than
 * that. */
static sch_err find_agreement(sch_job *job, sch_detail *detail)
{
    const sch_book *book = &job->jobs->book;
    const char *node = job->jobs->options.conf->node, *id = job->request.agreement;
    const sch_book_agreement *entry = sch_book_find_id(book, id);
    job->agreement = sch_book_find_hash(book, job->request.agreement_hash);
    if (job->agreement != NULL && job->agreement->state == SCH_BOOK_IN_FORCE) {
        return SCH_NONE;
    }
    bool listed = entry != NULL && sch_agreement_find_analyst(&entry->bundle.agreement, job->request.analyst) != NULL;
    if (listed && entry->state == SCH_BOOK_REVOKED) {
        sch_detail_set(detail, "agreement: agreement %s was revoked", id);
    } else if (listed && entry->state == SCH_BOOK_UNUSABLE) {
        sch_detail_set(detail, "agreement: node %s cannot serve under agreement %s now; ask its operator", node, id);
    } else if (listed) {
        sch_detail_set(detail,
                       "agreement: the request is made under another version of agreement %s than the one in force at "
                       "node %s; ask again",
                       id, node);
    } else {
        sch_detail_set(detail, "agreement: no agreement %s that lists you is in force at node %s", id, node);
    }
    bool passing = entry != NULL && (entry->state == SCH_BOOK_UNUSABLE || entry->state == SCH_BOOK_REPLACED);
    return sch_fail(passing ? SCH_TRY_AGAIN : SCH_DENIED, "the agreement is not in force here");
}

/* Who asks, and whether it is they who signed. */
static sch_err check_analyst(sch_job *job, size_t session_analyst, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t known = sch_book_find_analyst(&job->jobs->book, job->request.analyst);
    SCH_TRY(sch_check(session_analyst == SIZE_MAX || (known != SIZE_MAX && session_analyst == known), SCH_DENIED,
                      "the request is another analyst's than the one who is connected"));
    const sch_agreement *agreement = &job->agreement->bundle.agreement;
    job->row.expires.value = job->row.not_after.value + (int64_t)agreement->retention_days * SCH_DAY_MS;
    job->analyst = sch_agreement_find_analyst(agreement, job->request.analyst);
    if (job->analyst == NULL) {
        sch_detail_set(detail, "analyst: agreement %s does not list analyst %s", job->request.agreement,
                       job->request.analyst);
        SCH_TRY(sch_fail(SCH_DENIED, "the agreement does not list the analyst"));
    }
    SCH_TRY(sch_request_bytes_verify(job->row.signature, job->row.bytes.data, job->row.bytes.bytes,
                                     job->analyst->identity));
out:
    return err;
}

/* What the store keeps of a request. */
static sch_err fill_row(sch_job *job)
{
    sch_err err = SCH_NONE;
    sch_stored_request *row = &job->row;
    const sch_request *request = &job->request;
    row->id = request->id;
    memcpy(row->agreement, request->agreement, sizeof row->agreement);
    memcpy(row->agreement_hash, request->agreement_hash, sizeof row->agreement_hash);
    memcpy(row->analyst, request->analyst, sizeof row->analyst);
    row->created = request->created;
    row->not_after = request->not_after;
    row->changed = sch_clock_now();
    row->state = SCH_REQUEST_SUBMITTED;
    SCH_TRY(sch_request_bytes_hash(row->request_hash, row->bytes.data, row->bytes.bytes));
    sch_id_to_text(job->id_text, request->id);
out:
    return err;
}

sch_err sch_job_read(sch_jobs *jobs, sch_job **out, const sch_control *control, size_t session_analyst,
                     sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_job *job = new_job(jobs);
    *out = NULL;
    SCH_TRY(sch_check(job != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_buf_append(&job->row.bytes, control->bytes.data, control->bytes.bytes));
    memcpy(job->row.signature, control->signature, sizeof job->row.signature);
    SCH_TRY(sch_request_decode(&job->request, job->row.bytes.data, job->row.bytes.bytes, detail));
    SCH_TRY(sch_check(memcmp(&job->request.id, &control->id, sizeof control->id) == 0, SCH_BAD_INPUT,
                      "the request and its message bear different ids"));
    SCH_TRY(sch_check(sch_id_is_valid(job->request.id), SCH_BAD_INPUT, "the request's id is no UUID of version 7"));
    SCH_TRY(fill_row(job));
    SCH_TRY(find_agreement(job, detail));
    SCH_TRY(check_analyst(job, session_analyst, detail));
    *out = job;
    job = NULL;
out:
    sch_job_free(job);
    return err;
}

/* Which peers are the parties, and which party is this node. */
static sch_err find_parties(sch_job *job)
{
    sch_err err = SCH_NONE;
    const sch_jobs *jobs = job->jobs;
    job->is_party = false;
    for (size_t p = 0; p < job->row.party_count; p++) {
        const char *name = job->row.party[p];
        if (strcmp(name, jobs->options.conf->node) == 0) {
            job->party[p] = SCH_SELF;
            job->self = (sch_party)p;
            job->is_party = true;
            continue;
        }
        size_t peer = sch_book_find_peer(&jobs->book, name);
        SCH_TRY(sch_check(peer != SIZE_MAX, SCH_BUG, "the plan names a node that is no peer"));
        job->party[p] = (sch_peer_id){(uint32_t)peer};
    }
out:
    return err;
}

/* The catalogues under the job's agreement; parties whose own is not here yet count without data sets. */
static void take_catalogs(sch_job *job, sch_view *view)
{
    sch_jobs *jobs = job->jobs;
    size_t number = (size_t)(job->agreement - jobs->book.agreement);
    const sch_catalog *known[SCH_MAX_NODES];
    if (jobs->own[number] != NULL) {
        job->catalog[job->catalog_count++] = sch_catalog_ref_take(jobs->own[number]);
    }
    for (size_t p = 0; p < jobs->book.peer_count && job->catalog_count < SCH_MAX_NODES; p++) {
        if (jobs->peer[p].catalog[number] != NULL) {
            job->catalog[job->catalog_count++] = sch_catalog_ref_take(jobs->peer[p].catalog[number]);
        }
    }
    for (size_t i = 0; i < job->catalog_count; i++) {
        known[i] = &job->catalog[i]->catalog;
    }
    sch_view_make(view, &job->agreement->bundle.agreement, known, job->catalog_count);
}

static sch_err check_owner(const sch_jobs *jobs, size_t agreement, const char *name, sch_detail *detail)
{
    size_t peer = sch_book_find_peer(&jobs->book, name);
    if (peer == SIZE_MAX || (jobs->peer[peer].up && jobs->peer[peer].catalog[agreement] != NULL)) {
        return SCH_NONE;
    }
    sch_detail why = {{0}};
    sch_mesh_why_down(jobs->mesh, (sch_peer_id){(uint32_t)peer}, &why);
    sch_detail_set(detail, "node %s is not connected to node %s%s%s", name, jobs->options.conf->node,
                   why.text[0] == '\0' ? "" : ": ", why.text);
    return sch_fail(SCH_TRY_AGAIN, "a node is not connected");
}

/* Says which owner is missing, which is more than the planner knows. */
sch_err sch_job_check_owners(const sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_jobs *jobs = job->jobs;
    size_t number = (size_t)(job->agreement - jobs->book.agreement);
    for (size_t f = 0; f < job->request.from_count; f++) {
        for (size_t n = 0; n < job->request.from[f].node_count; n++) {
            SCH_TRY(check_owner(jobs, number, job->request.from[f].node[n], detail));
        }
    }
out:
    return err;
}

sch_err sch_job_make_plan(sch_job *job, sch_detail *detail)
{
    static const uint8_t NO_HASH[SCH_HASH_BYTES] = {0};
    sch_err err = SCH_NONE;
    uint8_t hash[SCH_HASH_BYTES];
    sch_view *view = NULL;
    if (job->has_plan) {
        return SCH_NONE;
    }
    SCH_TRY(sch_job_check_owners(job, detail));
    view = malloc(sizeof *view);
    SCH_TRY(sch_check(view != NULL, SCH_NO_MEMORY, "out of memory"));
    take_catalogs(job, view);
    job->has_plan = true; /* also after a failure there is something to clear */
    SCH_TRY(sch_plan_make(&job->plan, &job->request, view->catalog, view->count, detail));
    SCH_TRY(sch_plan_hash(hash, &job->plan));
    SCH_TRY(sch_check(sch_shares_bytes(job->plan.cell.columns, job->plan.cell.cells) <=
                          (size_t)SCH_MAX_PARTS * SCH_PART_BYTES,
                      SCH_BAD_INPUT, "the table is too large to be sent; ask for fewer cells or fewer columns"));
    SCH_TRY(sch_check(
        memcmp(job->row.plan_hash, NO_HASH, sizeof hash) == 0 || memcmp(job->row.plan_hash, hash, sizeof hash) == 0,
        SCH_DENIED,
        "a data set's schema has changed since the request was approved; send it anew, as another request"));
    memcpy(job->row.plan_hash, hash, sizeof hash);
    memcpy(job->row.party, job->plan.party, sizeof job->row.party);
    job->row.party_count = job->plan.party_count;
    job->row.holder[0] = job->plan.member[0].spine;
    job->row.holder[1] = job->plan.member[0].second;
    SCH_TRY(find_parties(job));
out:
    free(view);
    if (sch_failed(err)) {
        forget_plan(job);
    }
    return err;
}

static sch_err check_budget(sch_job *job, sch_time_ms now, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t used = 0;
    const sch_agreement *agreement = &job->agreement->bundle.agreement;
    SCH_TRY(sch_store_get_used(job->jobs->options.store, &used, agreement->id, job->request.analyst,
                               sch_policy_period_start(agreement->budget_period, now)));
    SCH_TRY(sch_policy_check_budget(agreement, used, now, detail));
out:
    return err;
}

sch_err sch_job_check_peers(const sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    for (size_t p = 0; p < job->row.party_count; p++) {
        if (!sch_peer_is(job->party[p], SCH_SELF)) {
            SCH_TRY(sch_jobs_check_peer(job->jobs, job->party[p], detail));
        }
    }
out:
    return err;
}

sch_err sch_job_check_policy(const sch_job *job, const char **rule, sch_detail *detail)
{
    if (sch_seam_agrees()) {
        return SCH_NONE;
    }
    const sch_catalog *offered[SCH_MAX_NODES];
    for (size_t i = 0; i < job->catalog_count; i++) {
        offered[i] = &job->catalog[i]->catalog;
    }
    sch_err err = sch_policy_check(rule, &job->request, &job->agreement->bundle.agreement, job->agreement->bundle.hash,
                                   job->has_plan ? offered : NULL, job->catalog_count, sch_clock_now(),
                                   job->has_plan ? sch_plan_numbers(&job->plan, &job->request) : 0, detail);
    if (!sch_failed(err)) {
        *rule = "";
    }
    return err;
}

/* That it can be shown as SQL: what nobody could read, nobody can approve. */
static sch_err check_readable(const sch_job *job)
{
    sch_buf text = {0};
    sch_err err = sch_request_sql(&text, &job->request);
    sch_buf_clear(&text);
    return err;
}

sch_err sch_job_check(sch_job *job, const char **rule, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    *rule = "";
    SCH_TRY(sch_job_check_policy(job, rule, detail));
    if (!sch_seam_agrees()) {
        *rule = "budget";
        SCH_TRY(check_budget(job, sch_clock_now(), detail));
        *rule = "";
    }
    SCH_TRY(sch_check(job->jobs->job_count < SCH_MAX_OPEN, SCH_TRY_AGAIN,
                      "this node holds as many open requests as it may; wait until some have ended"));
    SCH_TRY(sch_job_make_plan(job, detail));
    SCH_TRY(sch_job_check_peers(job, detail));
    SCH_TRY(check_readable(job));
    SCH_TRY(sch_job_check_policy(job, rule, detail));
out:
    return err;
}

static sch_err copy_row(sch_stored_request *out, const sch_stored_request *row)
{
    sch_err err = SCH_NONE;
    *out = *row;
    out->bytes = (sch_buf){0};
    out->preview = (sch_buf){0};
    SCH_TRY(sch_buf_append(&out->bytes, row->bytes.data, row->bytes.bytes));
    SCH_TRY(sch_buf_append(&out->preview, row->preview.data, row->preview.bytes));
out:
    return err;
}

/* A part that is kept needs no agreement any more: only the coordinator's word. */
static sch_err restore_kept_part(sch_job *job)
{
    const sch_book *book = &job->jobs->book;
    job->agreement = sch_book_find_hash(book, job->request.agreement_hash);
    for (size_t p = 0; p < job->row.party_count; p++) {
        size_t peer = sch_book_find_peer(book, job->row.party[p]);
        bool self = strcmp(job->row.party[p], job->jobs->options.conf->node) == 0;
        job->party[p] = self ? SCH_SELF : (sch_peer_id){peer == SIZE_MAX ? UINT32_MAX - 1 : (uint32_t)peer};
        job->is_party = job->is_party || self;
        job->self = self ? (sch_party)p : job->self;
    }
    return SCH_NONE;
}

static sch_err restore_waiting(sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(find_agreement(job, detail));
    job->analyst = sch_agreement_find_analyst(&job->agreement->bundle.agreement, job->request.analyst);
    SCH_TRY(sch_check(job->analyst != NULL, SCH_BUG, "a stored request is of no analyst of its agreement"));
    SCH_TRY(find_parties(job));
out:
    return err;
}

sch_err sch_job_restore(sch_jobs *jobs, sch_job **out, const sch_stored_request *row, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_job *job = new_job(jobs);
    *out = NULL;
    SCH_TRY(sch_check(job != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(copy_row(&job->row, row));
    sch_id_to_text(job->id_text, row->id);
    SCH_TRY(sch_request_decode(&job->request, row->bytes.data, row->bytes.bytes, detail));
    SCH_TRY(row->part_done ? restore_kept_part(job) : restore_waiting(job, detail));
    if (strcmp(row->coordinator, jobs->options.conf->node) != 0) {
        size_t peer = sch_book_find_peer(&jobs->book, row->coordinator);
        SCH_TRY(sch_check(peer != SIZE_MAX, SCH_TRY_AGAIN, "the node that took the request is known here no longer"));
        job->coordinator = (sch_peer_id){(uint32_t)peer};
    }
    *out = job;
    job = NULL;
out:
    sch_job_free(job);
    return err;
}
