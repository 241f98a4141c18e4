/* run.c - this node's part of a job, from beginning to end, in the job's own thread:
 *
 *     local part (owners) -> size to the others -> wait for everybody -> shards and threshold -> sealed shares (holders) */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/job/job.h"
#include "proto/sealed.h"

/* What a job cost here, for the operator's log. */
typedef struct job_spans {
    uint64_t read_ns, hash_ns, wait_ns, compute_ns, seal_ns, child_peak_kb;
} job_spans;

static void tell_progress(sch_job *job, sch_phase phase, unsigned per_mille)
{
    sch_control control = {
        .kind = SCH_CONTROL_PROGRESS, .id = job->request.id, .phase = phase, .per_mille = (uint16_t)per_mille};
    memcpy(control.node, job->jobs->options.conf->node, sizeof control.node);
    sch_err err = sch_jobs_send(job->jobs, job->coordinator, &control);
    (void)err; /* a coordinator that has gone ends the job by another way */
}

/* At most ten a second; called by the workers, one at a time. */
static void on_progress(void *context, unsigned per_mille)
{
    sch_job *job = context;
    uint64_t now = sch_clock_ns();
    if (now - job->last_progress_ns >= UINT64_C(100000000) || per_mille == 1000) {
        job->last_progress_ns = now;
        tell_progress(job, SCH_PHASE_COMPUTE, per_mille);
    }
}

static sch_err send_to_others(sch_job *job, const sch_control *control)
{
    sch_err err = SCH_NONE;
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        if (p != (unsigned)job->self) {
            SCH_TRY(sch_jobs_send(job->jobs, job->party[p], control));
        }
    }
out:
    return err;
}

/* The number of the data set in this node's configuration. */
static sch_err find_data_set(const sch_job *job, size_t *number)
{
    sch_err err = SCH_NONE;
    const sch_jobs_options *options = &job->jobs->options;
    const char *name = job->request.from[job->plan.from[job->self]].data_set;
    *number = 0;
    while (*number < options->conf->data_set_count && strcmp(options->data_set[*number].name, name) != 0) {
        (*number)++;
    }
    SCH_TRY(sch_check(*number < options->conf->data_set_count, SCH_BUG, "the plan names a data set that is not here"));
out:
    return err;
}

/* The strides of this owner's keys, in the order of its local part's columns. */
static size_t key_strides(const sch_job *job, uint32_t stride[static SCH_MAX_OUTPUTS])
{
    size_t count = 0;
    for (size_t k = 0; k < job->plan.key_count; k++) {
        if (job->plan.key[k].owner == job->self) {
            stride[count++] = job->plan.key[k].stride;
        }
    }
    return count;
}

/* That the statement gives what the secure part takes. */
static sch_err check_local(const sch_job *job)
{
    const sch_local *local = &job->plan.local[job->self];
    size_t wanted = job->self == SCH_SPINE ? job->plan.shape.spine_columns : job->plan.shape.data_columns;
    return sch_check(local->value_count == wanted && (job->self == SCH_SPINE || local->key_count == 0), SCH_BUG,
                     "a local part gives other columns than the table takes");
}

static sch_err execute_source(sch_job *job, sch_rows *rows, size_t set, job_spans *spans, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_jobs_options *options = &job->jobs->options;
    const sch_conf *conf = options->conf;
    const sch_local *local = &job->plan.local[job->self];
    sch_source_options source = {.program = options->source_program,
                                 .memory_mb = conf->memory_mb,
                                 .threads = conf->threads,
                                 .spill_dir = conf->spill_dir};
    sch_source_query query = {
        .sql = local->sql, .key = local->key, .key_count = local->key_count, .value_count = local->value_count};
    SCH_TRY(sch_source_execute(&source, &options->data_set[set], &options->file[set], &query, sch_rows_take, rows,
                               &job->cancelled, &spans->child_peak_kb, detail));
out:
    return err;
}

static sch_err read_local_part(sch_job *job, sch_rows *rows, size_t set, job_spans *spans, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t start = sch_clock_ns();
    const sch_jobs_options *options = &job->jobs->options;
    SCH_TRY(check_local(job));
    SCH_TRY(execute_source(job, rows, set, spans, detail));
    const sch_data_set *data_set = &options->data_set[set];
    if (data_set->rows_per_person == SCH_ONE_PER_PERSON) {
        err = sch_rows_check_doubles(rows, options->file[set].duplicates == SCH_DUPLICATES_LEAVE_OUT);
        if (err.code == SCH_BAD_INPUT) {
            sch_detail_set(
                detail,
                "data set %s is declared to have one row a person, but an identifier occurs more than once; its "
                "owner can see how many with schakelctl dataset check",
                data_set->name);
        }
        SCH_TRY(err);
    }
    if (rows->rows > data_set->max_rows) {
        sch_detail_set(detail, "data set %s has more rows than its schema's max_rows", data_set->name);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a data set has more rows than declared"));
    }
    spans->hash_ns = rows->hash_ns;
    spans->read_ns = sch_clock_ns() - start - rows->hash_ns;
    sch_log(SCH_LOG_INFO, "job", job->id_text,
            "local part read data_set=%s rows=%zu empty_identifiers=%zu invalid_identifiers=%zu", data_set->name,
            rows->rows, rows->left_out_empty, rows->left_out_invalid);
out:
    return err;
}

static sch_err local_part(sch_job *job, sch_rows *rows, size_t set, job_spans *spans, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    tell_progress(job, SCH_PHASE_READ, 0);
    SCH_TRY(read_local_part(job, rows, set, spans, detail));
    sch_control size = {.kind = SCH_CONTROL_SIZE, .id = job->request.id, .rows = rows->rows};
    SCH_TRY(send_to_others(job, &size));
    (void)pthread_mutex_lock(&job->lock);
    job->rows[job->self] = rows->rows;
    job->has_rows[job->self] = true;
    (void)pthread_mutex_unlock(&job->lock);
    SCH_TRY(sch_jobs_send(job->jobs, SCH_SELF, &size)); /* so that the event thread sees that both sizes are known */
    tell_progress(job, SCH_PHASE_READ, 1000);
out:
    return err;
}

/* Until all parties are ready and both sizes are known. */
static sch_err wait_for_everybody(sch_job *job, uint64_t rows[2])
{
    (void)pthread_mutex_lock(&job->lock);
    while (!job->go && !atomic_load(&job->cancelled)) {
        (void)pthread_cond_wait(&job->changed, &job->lock);
    }
    bool go = job->go;
    rows[0] = job->rows[0];
    rows[1] = job->rows[1];
    (void)pthread_mutex_unlock(&job->lock);
    return sch_check(go, SCH_TRY_AGAIN, "the job was cancelled");
}

/* Seals this holder's shares to each recipient; the event thread keeps them (release.c). */
static sch_err seal(sch_job *job, const sch_compute *compute, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_agreement *agreement = &job->agreement->bundle.agreement;
    sch_shares shares = {.party = job->self,
                         .show_zero = job->plan.rules.show_zero,
                         .min_persons = job->plan.rules.min_persons,
                         .columns = sch_table_columns(&job->plan.shape),
                         .groups = job->plan.shape.groups,
                         .values = compute->values,
                         .states = compute->states};
    memcpy(shares.request_hash, job->row.request_hash, sizeof shares.request_hash);
    memcpy(shares.plan_hash, job->row.plan_hash, sizeof shares.plan_hash);
    for (size_t r = 0; r < job->request.recipient_count; r++) {
        const sch_agreement_analyst *to = sch_agreement_find_analyst(agreement, job->request.recipient[r]);
        if (to == NULL) {
            sch_detail_set(detail, "recipient %s is not listed in the agreement", job->request.recipient[r]);
            SCH_TRY(sch_fail(SCH_DENIED, "a recipient is not listed in the agreement"));
        }
        SCH_TRY(sch_shares_seal(&job->sealed[r].bytes, job->sealed[r].signature, &shares, to->exchange,
                                job->jobs->options.identity->identity_secret));
    }
out:
    return err;
}

static const char *party_name(sch_party party)
{
    return party == SCH_SPINE ? "spine" : party == SCH_DATA ? "data" : "helper";
}

static void log_spans(const sch_job *job, const sch_compute *compute, const job_spans *spans)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    sch_mesh_traffic traffic = sch_mesh_job_traffic(job->mesh_job);
    sch_log(SCH_LOG_INFO, "job", job->id_text,
            "job_done role=%s spine_rows=%llu data_rows=%llu read_ns=%llu hash_ns=%llu wait_ns=%llu compute_ns=%llu "
            "join_ns=%llu align_ns=%llu product_ns=%llu group_ns=%llu network_ns=%llu threshold_ns=%llu seal_ns=%llu "
            "total_ns=%llu sent_bytes=%llu received_bytes=%llu peak_kb=%ld child_peak_kb=%llu",
            party_name(job->self), (unsigned long long)compute->party_rows[0],
            (unsigned long long)compute->party_rows[1], (unsigned long long)spans->read_ns,
            (unsigned long long)spans->hash_ns, (unsigned long long)spans->wait_ns,
            (unsigned long long)spans->compute_ns, (unsigned long long)compute->times.join_ns,
            (unsigned long long)compute->times.align_ns, (unsigned long long)compute->times.product_ns,
            (unsigned long long)compute->times.group_ns, (unsigned long long)traffic.wait_ns,
            (unsigned long long)compute->times.release_ns, (unsigned long long)spans->seal_ns,
            (unsigned long long)(sch_clock_ns() - job->started_ns), (unsigned long long)traffic.sent_bytes,
            (unsigned long long)traffic.received_bytes, usage.ru_maxrss, (unsigned long long)spans->child_peak_kb);
}

static sch_err compute_and_seal(sch_job *job, sch_rows *rows, job_spans *spans, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_compute compute = {.mesh_job = job->mesh_job,
                           .keys = &job->keys,
                           .shape = &job->plan.shape,
                           .rules = &job->plan.rules,
                           .self = job->self,
                           .rows = rows,
                           .workers = job->jobs->options.conf->workers,
                           .on_progress = on_progress,
                           .progress_context = job};
    uint64_t start = sch_clock_ns();
    SCH_TRY(wait_for_everybody(job, compute.party_rows));
    spans->wait_ns = sch_clock_ns() - start;
    start = sch_clock_ns();
    SCH_TRY(sch_compute_run(&compute, detail));
    spans->compute_ns = sch_clock_ns() - start;
    start = sch_clock_ns();
    if (job->self != SCH_DATA) {
        tell_progress(job, SCH_PHASE_RELEASE, 0);
        SCH_TRY(seal(job, &compute, detail));
    }
    spans->seal_ns = sch_clock_ns() - start;
    log_spans(job, &compute, spans);
out:
    sch_compute_clear(&compute);
    return err;
}

static sch_err run(sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    job_spans spans = {0};
    sch_rows *rows = NULL;
    uint32_t stride[SCH_MAX_OUTPUTS]; /* borrowed by rows */
    if (job->self != SCH_HELPER) {
        size_t keys = job->self == SCH_SPINE ? key_strides(job, stride) : 0;
        size_t set = 0;
        SCH_TRY(find_data_set(job, &set));
        const sch_data_set *data_set = &job->jobs->options.data_set[set];
        rows = calloc(1, sizeof *rows);
        SCH_TRY(sch_check(rows != NULL, SCH_NO_MEMORY, "out of memory"));
        SCH_TRY(sch_rows_init(rows, job->keys.tag, sch_data_set_identifier(data_set)->identifier, stride, keys,
                              job->plan.local[job->self].value_count, job->self == SCH_SPINE));
        SCH_TRY(local_part(job, rows, set, &spans, detail));
    }
    SCH_TRY(compute_and_seal(job, rows, &spans, detail));
out:
    if (rows != NULL) {
        sch_rows_clear(rows);
        free(rows);
    }
    return err;
}

void *sch_job_run(void *argument)
{
    sch_job *job = argument;
    sch_event *event = sch_event_new(SCH_EVENT_THREAD, SCH_SELF);
    sch_detail detail = {{0}};
    sch_err err = run(job, &detail);
    if (event != NULL) {
        event->control.id = job->request.id;
        event->err = err;
        event->detail = detail;
        (void)sch_queue_put(&job->jobs->queue, event, true);
    }
    return NULL;
}
