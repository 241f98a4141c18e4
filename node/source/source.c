#include "node/source/source.h"

#include <string.h>

#include "crypto/base/buf.h"
#include "node/source/child.h"
#include "node/source/chunk.h"
#include "node/source/fault.h"
#include "node/source/job.h"

/* One run, from its start to its last frame. Everything but body is borrowed. */
typedef struct source_run {
    const sch_source_relation *relation;
    size_t relation_count;
    const _Atomic bool *cancel;
    sch_chunk_shape shape;
    sch_child child;
    sch_frame_header header;
    sch_buf body; /* of the frame; personal data, so wiped at the end */
    sch_detail *detail;
} source_run;

static sch_err start(source_run *run, const sch_source_options *options, const sch_source_query *query)
{
    sch_buf job = {0};
    sch_err err = SCH_NONE;
    SCH_TRY(sch_job_encode(&job, options, run->relation, run->relation_count, query));
    SCH_TRY(sch_check(job.bytes <= SCH_MAX_JOB_BYTES, SCH_BAD_INPUT,
                      "the schemas of a local part are too large for its engine"));
    SCH_TRY(sch_child_start(&run->child, options->program));
    SCH_TRY(sch_child_send(&run->child, job.data, job.bytes, run->cancel));
out:
    sch_buf_clear(&job);
    return err;
}

static sch_err receive_bytes(source_run *run, uint8_t *out, size_t bytes)
{
    sch_err err = sch_child_receive(&run->child, out, bytes, run->cancel);
    if (err.code != SCH_IO) {
        return err;
    }
    char place[SCH_FAULT_PLACE_BYTES];
    sch_fault_place(place, run->relation, run->relation_count, SCH_NO_RELATION);
    return sch_child_explain(&run->child, place, run->detail);
}

/* Reads one frame; a fault is returned as its error. */
static sch_err receive(source_run *run)
{
    uint8_t head[SCH_CHUNK_HEADER_BYTES];
    sch_err err = SCH_NONE;
    SCH_TRY(receive_bytes(run, head, sizeof head));
    SCH_TRY(sch_frame_get_header(&run->header, head, &run->shape));
    run->body.bytes = 0;
    SCH_TRY(sch_buf_reserve(&run->body, run->header.body_bytes > 0 ? run->header.body_bytes : 1));
    SCH_TRY(receive_bytes(run, run->body.data, run->header.body_bytes));
    run->body.bytes = run->header.body_bytes;
    if (run->header.kind == SCH_FRAME_FAULT) {
        sch_fault fault;
        SCH_TRY(sch_fault_decode(&fault, run->body.data, run->body.bytes, run->relation, run->relation_count));
        SCH_TRY(sch_fault_error(&fault, run->relation, run->relation_count, run->detail));
    }
out:
    return err;
}

static void finish(source_run *run)
{
    sch_child_end(&run->child);
    sch_buf_clear(&run->body);
}

/* Runs the statement once; *chunks: how many the sink got. */
static sch_err execute(source_run *run, const sch_source_options *options, const sch_source_query *query,
                       sch_source_sink sink, void *context, size_t *chunks, sch_source_totals *totals)
{
    const uint32_t *key[SCH_JOB_KEYS];
    const uint64_t *value[SCH_JOB_VALUES];
    uint64_t rows = 0;
    uint64_t said = 0;
    sch_source_totals got;
    sch_err err = SCH_NONE;
    SCH_TRY(start(run, options, query));
    for (;;) {
        SCH_TRY(receive(run));
        if (run->header.kind != SCH_FRAME_ROWS) {
            break;
        }
        sch_source_chunk chunk;
        SCH_TRY(sch_chunk_decode(&chunk, key, value, &run->header, run->body.data, &run->shape));
        ++*chunks;
        SCH_TRY(sink(context, &chunk));
        rows += chunk.rows;
    }
    SCH_TRY(sch_check(run->header.kind == SCH_FRAME_END, SCH_IO, "schakel-source sent something else than rows"));
    sch_end_decode(&said, &got, run->body.data, run->relation_count);
    SCH_TRY(sch_check(said == rows, SCH_IO, "schakel-source sent another number of rows than it says"));
    if (totals != NULL) {
        *totals = got;
    }
out:
    finish(run);
    return err;
}

sch_err sch_source_execute(const sch_source_options *options, const sch_source_relation *relation,
                           size_t relation_count, const sch_source_query *query, sch_source_sink sink, void *context,
                           const _Atomic bool *cancel, sch_source_totals *totals, sch_detail *detail)
{
    source_run run = {.relation = relation, .relation_count = relation_count, .cancel = cancel, .detail = detail};
    run.child = (sch_child){.job_fd = -1, .chunk_fd = -1};
    size_t chunks = 0;
    sch_err err = SCH_NONE;
    if (totals != NULL) {
        *totals = (sch_source_totals){0};
    }
    SCH_TRY(sch_chunk_shape_make(&run.shape, relation_count, query->key, query->key_count, query->value_count));
    err = execute(&run, options, query, sink, context, &chunks, totals);
    if (err.code == SCH_NO_MEMORY && chunks == 0 && options->threads > 1) {
        /* Each thread of the engine groups in a table of its own: one alone takes longer and less. */
        sch_source_options alone = *options;
        alone.threads = 1;
        if (detail != NULL) {
            detail->text[0] = '\0';
        }
        err = execute(&run, &alone, query, sink, context, &chunks, totals);
    }
out:
    return err;
}

sch_err sch_source_check(const sch_source_options *options, const sch_data_set *data_set, const sch_source_file *file,
                         sch_source_report *report, sch_detail *detail)
{
    memset(report, 0, sizeof *report);
    const sch_source_relation relation = {.data_set = data_set, .file = file};
    source_run run = {.relation = &relation, .relation_count = 1, .detail = detail};
    run.child = (sch_child){.job_fd = -1, .chunk_fd = -1};
    sch_err err = SCH_NONE;
    SCH_TRY(start(&run, options, NULL));
    SCH_TRY(receive(&run));
    SCH_TRY(sch_check(run.header.kind == SCH_FRAME_REPORT, SCH_IO, "schakel-source sent no report"));
    SCH_TRY(sch_report_decode(report, run.body.data, run.body.bytes, data_set->column_count, data_set->link_key_count));
out:
    finish(&run);
    return err;
}
