/* run.c - this node's part of a job, from beginning to end, in the job's own thread:
 *
 *     local part (owners) -> size to the others -> wait for everybody -> shards and threshold -> sealed shares
 *     (holders) */
#include <malloc.h>
#include <stdio.h>
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
    for (size_t p = 0; p < job->row.party_count; p++) {
        if (p != job->self) {
            SCH_TRY(sch_jobs_send(job->jobs, job->party[p], control));
        }
    }
out:
    return err;
}

/* ---- the local part ---- */

/* This owner's part of the query, and what its engine takes. */
typedef struct local_part {
    size_t number; /* of the part: 0 the spine's */
    const sch_local *local;
    sch_source_relation relation[SCH_MAX_FROM];
    sch_source_key key[SCH_MAX_GROUP_BY];
    uint32_t stride[SCH_MAX_GROUP_BY];
    sch_source_totals totals;
} local_part;

/* Data sets by their names in this node's configuration: in a union each member has its own of that name. */
static sch_err find_relations(const sch_job *job, local_part *part)
{
    sch_err err = SCH_NONE;
    const sch_jobs_options *options = &job->jobs->options;
    for (size_t i = 0; i < part->local->from_count; i++) {
        const char *name = job->request.from[part->local->from[i]].data_set;
        size_t set = 0;
        while (set < options->conf->data_set_count && strcmp(options->data_set[set].name, name) != 0) {
            set++;
        }
        SCH_TRY(sch_check(set < options->conf->data_set_count, SCH_BUG, "the plan names a data set that is not here"));
        part->relation[i] = (sch_source_relation){&options->data_set[set], &options->file[set]};
    }
    SCH_TRY(sch_check(part->local->from_count > 0, SCH_BUG, "a local part has no data set"));
out:
    return err;
}

/* That the statement gives what the secure part takes. */
static sch_err check_local(const sch_job *job, const local_part *part)
{
    const sch_table_shape *shape = &job->plan.shape;
    const sch_local *local = part->local;
    const sch_data_shape *data = &shape->data[part->number == 0 ? 0 : part->number - 1];
    bool spine = part->number == 0;
    size_t values = spine ? shape->spine_columns : data->columns;
    uint32_t codes = spine ? shape->spine_groups : data->codes;
    bool passes = local->passes == job->plan.pass_count && shape->passes == 1 + job->plan.pass_count;
    return sch_check(local->value_count == values && local->codes == codes && passes, SCH_BUG,
                     "a local part gives other columns than the table takes");
}

static sch_err find_part(const sch_job *job, local_part *part)
{
    sch_err err = SCH_NONE;
    part->local = &job->plan.local[part->number];
    for (size_t k = 0; k < part->local->key_count; k++) {
        const sch_local_key *key = &part->local->key[k];
        part->key[k] = (sch_source_key){.relation = key->relation, .column = key->column, .bin = key->bin};
        part->stride[k] = key->stride;
    }
    SCH_TRY(find_relations(job, part));
    SCH_TRY(check_local(job, part));
out:
    return err;
}

/* How rows come out of the engine, and what becomes of them. */
static sch_err init_rows(const sch_job *job, sch_rows *rows, const local_part *part)
{
    const sch_row_shape shape = {.kind = sch_data_set_identifier(part->relation[0].data_set)->identifier,
                                 .stride = part->stride,
                                 .key_count = part->local->key_count,
                                 .value_count = part->local->value_count,
                                 .is_spine = part->number == 0,
                                 .codes = part->local->codes,
                                 .occurrences = job->plan.local[0].occurrences,
                                 .most_records = part->local->most_records,
                                 .passes = part->local->passes};
    return sch_rows_init(rows, job->keys.base, &shape);
}

static sch_err execute_source(sch_job *job, sch_rows *rows, local_part *part, sch_detail *detail)
{
    const sch_jobs_options *options = &job->jobs->options;
    const sch_conf *conf = options->conf;
    sch_source_options source = {.program = options->source_program,
                                 .memory_mb = conf->memory_mb,
                                 .threads = conf->threads,
                                 .spill_dir = conf->spill_dir};
    sch_source_query query = {.sql = part->local->sql,
                              .key = part->key,
                              .key_count = part->local->key_count,
                              .value_count = sch_row_shape_values(&rows->shape)};
    return sch_source_execute(&source, part->relation, part->local->from_count, &query, sch_rows_take, rows,
                              &job->cancelled, &part->totals, detail);
}

/* A person who occurs twice where that is refused: the engine sees to it where it joins several data sets
 * (source.h). */
static sch_err check_doubles(sch_rows *rows, const local_part *part, sch_detail *detail)
{
    const sch_data_set *data_set = part->relation[0].data_set;
    bool refused = part->relation[0].file->duplicates != SCH_DUPLICATES_LEAVE_OUT;
    if (part->local->from_count > 1 || data_set->rows_per_person != SCH_ONE_PER_PERSON || !refused) {
        return SCH_NONE;
    }
    sch_err err = sch_rows_check_doubles(rows);
    if (err.code == SCH_BAD_INPUT) {
        sch_detail_set(detail,
                       "data set %s is declared to have one row a person, but an identifier occurs more than once; its "
                       "owner can see how many with schakelctl dataset check",
                       data_set->name);
    }
    return err;
}

/* Which file breaks what its schema says of a person's rows. Of several data sets, all that say it. */
static void tell_too_many(const local_part *part, sch_detail *detail)
{
    char names[SCH_DETAIL_BYTES / 2] = "";
    for (size_t i = 0; i < part->local->from_count; i++) {
        const sch_data_set *data_set = part->relation[i].data_set;
        size_t at = strlen(names);
        if (data_set->rows_per_person != SCH_ONE_PER_PERSON) {
            (void)snprintf(names + at, sizeof names - at, "%s%s", at > 0 ? ", " : "", data_set->name);
        }
    }
    sch_detail_set(detail, "data set %s has more rows of a person than its schema's max_rows_per_person says", names);
}

static void log_local(const sch_job *job, const sch_rows *rows, const local_part *part)
{
    for (size_t i = 0; i < part->local->from_count; i++) {
        const sch_source_counts *counts = &part->totals.relation[i];
        bool first = i == 0; /* whose rows come out and are looked at here */
        sch_log(SCH_LOG_INFO, "job", job->id_text,
                "local part read data_set=%s rows=%llu empty_identifiers=%llu invalid_identifiers=%llu doubles=%llu",
                part->relation[i].data_set->name,
                first ? (unsigned long long)rows->rows : (unsigned long long)counts->rows,
                first ? (unsigned long long)rows->left_out_empty : (unsigned long long)counts->left_out_empty,
                first ? (unsigned long long)rows->left_out_invalid : (unsigned long long)counts->left_out_invalid,
                (unsigned long long)counts->left_out_double);
    }
}

/* With passes, of the rows counted above: how many a link key cannot link. */
static void log_passes(const sch_job *job, const sch_rows *rows, const local_part *part)
{
    for (size_t p = 0; p < job->plan.pass_count; p++) {
        sch_log(SCH_LOG_INFO, "job", job->id_text,
                "local part pass=%zu by=%s data_set=%s without_key=%llu with_shared_key=%llu", 2 + p, job->plan.pass[p],
                part->relation[0].data_set->name, (unsigned long long)rows->pass_missing[p],
                (unsigned long long)rows->pass_shared[p]);
    }
}

static sch_err read_local_part(sch_job *job, sch_rows *rows, local_part *part, job_spans *spans, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t start = sch_clock_ns();
    err = execute_source(job, rows, part, detail);
    if (rows->too_many) {
        tell_too_many(part, detail);
    }
    SCH_TRY(err);
    if (rows->rows > part->local->max_rows) {
        sch_detail_set(detail, "data set %s has more rows than its schema's max_rows",
                       part->relation[0].data_set->name);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a data set has more rows than declared"));
    }
    SCH_TRY(check_doubles(rows, part, detail));
    SCH_TRY(sch_rows_settle_passes(rows));
    spans->child_peak_kb = part->totals.child_peak_kb;
    spans->hash_ns = rows->hash_ns;
    spans->read_ns = sch_clock_ns() - start - rows->hash_ns;
    log_local(job, rows, part);
    log_passes(job, rows, part);
out:
    return err;
}

/* Reads, and tells all parties how many rows there are. */
static sch_err run_local_part(sch_job *job, sch_rows *rows, local_part *part, job_spans *spans, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    tell_progress(job, SCH_PHASE_READ, 0);
    SCH_TRY(read_local_part(job, rows, part, spans, detail));
    sch_control size = {.kind = SCH_CONTROL_SIZE, .id = job->request.id, .rows = rows->rows};
    SCH_TRY(send_to_others(job, &size));
    (void)pthread_mutex_lock(&job->lock);
    job->rows[job->self] = rows->rows;
    job->has_rows[job->self] = true;
    (void)pthread_mutex_unlock(&job->lock);
    SCH_TRY(sch_jobs_send(job->jobs, SCH_SELF, &size)); /* so that the event thread sees whether all sizes are known */
    tell_progress(job, SCH_PHASE_READ, 1000);
out:
    return err;
}

/* ---- the secure part ---- */

/* Until all parties are ready and all owners' sizes are known. */
static sch_err wait_for_everybody(sch_job *job, uint64_t rows[static SCH_MAX_PARTIES])
{
    (void)pthread_mutex_lock(&job->lock);
    while (!job->go && !atomic_load(&job->cancelled)) {
        (void)pthread_cond_wait(&job->changed, &job->lock);
    }
    bool go = job->go;
    memcpy(rows, job->rows, sizeof job->rows);
    (void)pthread_mutex_unlock(&job->lock);
    return sch_check(go, SCH_TRY_AGAIN, "the job was cancelled");
}

/* Seals this holder's shares to each recipient; the event thread keeps them (release.c). */
static sch_err seal(sch_job *job, const sch_compute *compute, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_agreement *agreement = &job->agreement->bundle.agreement;
    sch_shares shares = {.holder = job->self == job->plan.member[0].spine ? 0 : 1,
                         .show_zero = job->plan.rules.show_zero,
                         .min_persons = job->plan.rules.min_persons,
                         .columns = job->plan.cell.columns,
                         .cells = job->plan.cell.cells,
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

/* What a node does in a job, for the log; a member of a union, the spine of its own run, may help in others' too. */
static const char *role_name(const sch_job *job)
{
    size_t part = 0;
    bool owner = sch_plan_part(&job->plan, job->self, &part);
    return !owner ? "helper" : part == 0 ? "spine" : "data";
}

/* spine: of all members; else of all data owners. */
static uint64_t count_rows(const sch_job *job, const sch_compute *compute, bool spine)
{
    uint64_t rows = 0;
    for (sch_party p = 0; p < job->row.party_count; p++) {
        size_t part = 0;
        rows += sch_plan_part(&job->plan, p, &part) && (part == 0) == spine ? compute->party_rows[p] : 0;
    }
    return rows;
}

static void log_spans(const sch_job *job, const sch_compute *compute, const job_spans *spans)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    sch_mesh_traffic traffic = sch_mesh_job_traffic(job->mesh_job);
    sch_log(
        SCH_LOG_INFO, "job", job->id_text,
        "job_done role=%s parties=%zu spine_rows=%llu data_rows=%llu read_ns=%llu hash_ns=%llu wait_ns=%llu "
        "compute_ns=%llu join_ns=%llu align_ns=%llu product_ns=%llu group_ns=%llu network_ns=%llu threshold_ns=%llu "
        "seal_ns=%llu total_ns=%llu sent_bytes=%llu received_bytes=%llu peak_kb=%ld child_peak_kb=%llu",
        role_name(job), job->row.party_count, (unsigned long long)count_rows(job, compute, true),
        (unsigned long long)count_rows(job, compute, false), (unsigned long long)spans->read_ns,
        (unsigned long long)spans->hash_ns, (unsigned long long)spans->wait_ns, (unsigned long long)spans->compute_ns,
        (unsigned long long)compute->times.join_ns, (unsigned long long)compute->times.align_ns,
        (unsigned long long)compute->times.program_ns, (unsigned long long)compute->times.group_ns,
        (unsigned long long)traffic.wait_ns, (unsigned long long)compute->times.release_ns,
        (unsigned long long)spans->seal_ns, (unsigned long long)(sch_clock_ns() - job->started_ns),
        (unsigned long long)traffic.sent_bytes, (unsigned long long)traffic.received_bytes, usage.ru_maxrss,
        (unsigned long long)spans->child_peak_kb);
}

/* With passes, where this node helps: how many rows each has linked, of all alignments that it helps. */
static void log_links(const sch_job *job, const sch_compute *compute)
{
    const sch_plan *plan = &job->plan;
    bool helps = false;
    for (size_t i = 0; i < plan->member_count * plan->shape.data_owners; i++) {
        const sch_cast *cast = &plan->member[i / plan->shape.data_owners];
        helps = helps || cast->helper[i % plan->shape.data_owners] == job->self;
    }
    for (size_t p = 0; helps && plan->pass_count > 0 && p <= plan->pass_count; p++) {
        sch_log(SCH_LOG_INFO, "job", job->id_text, "linked pass=%zu by=%s links=%zu", 1 + p,
                p == 0 ? "the identifier" : plan->pass[p - 1], compute->links[p]);
    }
}

static sch_err compute_and_seal(sch_job *job, sch_rows *rows, job_spans *spans, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_compute compute = {.mesh_job = job->mesh_job,
                           .keys = &job->keys,
                           .plan = &job->plan,
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
    if (sch_plan_is_holder(&job->plan, job->self)) {
        tell_progress(job, SCH_PHASE_RELEASE, 0);
        SCH_TRY(seal(job, &compute, detail));
    }
    spans->seal_ns = sch_clock_ns() - start;
    log_links(job, &compute);
    log_spans(job, &compute, spans);
out:
    sch_compute_clear(&compute);
    return err;
}

static sch_err run(sch_job *job, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    job_spans spans = {0};
    local_part part = {0};
    sch_rows *rows = NULL;
    if (sch_plan_part(&job->plan, job->self, &part.number)) {
        SCH_TRY(find_part(job, &part));
        rows = calloc(1, sizeof *rows);
        SCH_TRY(sch_check(rows != NULL, SCH_NO_MEMORY, "out of memory"));
        SCH_TRY(init_rows(job, rows, &part));
        SCH_TRY(run_local_part(job, rows, &part, &spans, detail));
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
    /* While a job runs, freed memory is kept for its next vectors (ring.h); until the next job it is not. About 10
     * ms. */
    (void)malloc_trim(0);
    if (event != NULL) {
        event->control.id = job->request.id;
        event->err = err;
        event->detail = detail;
        (void)sch_queue_put(&job->jobs->queue, event, true);
    }
    return NULL;
}
