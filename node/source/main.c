/* schakel-source: the engine's process. Reads its job from descriptor 3, writes frames to descriptor 4, and ends.
 *
 * It has no arguments, no environment and no keys. Whatever goes wrong is a FAULT frame; its exit status says
 * nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/source/check.h"
#include "node/source/chunk.h"
#include "node/source/engine.h"
#include "node/source/job.h"
#include "node/source/locate.h"
#include "node/source/restrict.h"
#include "node/source/rows.h"

static sch_err read_job(sch_source_job *job)
{
    sch_buf bytes = {0};
    sch_err err = SCH_NONE;
    for (;;) {
        SCH_TRY(sch_check(bytes.bytes <= SCH_MAX_JOB_BYTES, SCH_BAD_INPUT, "the job is too large"));
        SCH_TRY(sch_buf_reserve(&bytes, 64 << 10));
        ssize_t got = read(SCH_JOB_FD, bytes.data + bytes.bytes, 64 << 10);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        SCH_TRY(sch_check(got >= 0, SCH_IO, "the job cannot be read"));
        if (got == 0) {
            break;
        }
        bytes.bytes += (size_t)got;
    }
    SCH_TRY(sch_job_decode(job, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* Opens the data file; -1 with a fault. */
static int open_file(sch_fault *fault, const char *path)
{
    /* A FIFO would let open wait for a writer. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        fault->kind = missing                             ? SCH_FAULT_FILE_MISSING
                      : errno == EACCES || errno == EPERM ? SCH_FAULT_FILE_DENIED
                                                          : SCH_FAULT_FILE_READ;
        return -1;
    }
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        fault->kind = SCH_FAULT_FILE_KIND;
        close(fd);
        return -1;
    }
    return fd;
}

static bool can_spill(const char *folder)
{
    struct stat about;
    return folder[0] == '\0' || (stat(folder, &about) == 0 && S_ISDIR(about.st_mode) && access(folder, W_OK) == 0);
}

/* The most memory that the process had, in kB, from an open /proc/self/status. */
static uint64_t peak_kb(int status_fd)
{
    char text[4096];
    ssize_t got = status_fd < 0 ? 0 : pread(status_fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    const char *line = strstr(text, "VmHWM:");
    return line == NULL ? 0 : strtoull(line + strlen("VmHWM:"), NULL, 10);
}

static const sch_field_reader *reader_of(void *context, size_t column)
{
    sch_engine_relation *relation = context;
    relation->column[column].reader.check_codes = true;
    return &relation->column[column].reader;
}

/* The first line of a relation's file that has the fault, from 1; 0 where there is none. */
static sch_err find_line_of(uint64_t *line, sch_engine_relation *relation, uint32_t column)
{
    static sch_lines lines;
    *line = 0;
    if (relation->job->file.format != SCH_FILE_CSV) {
        return SCH_NONE;
    }
    sch_err err = sch_locate_lines(&lines, &relation->view, reader_of, relation, relation->file_fd, column);
    if (!sch_failed(err)) {
        *line = column == SCH_NO_COLUMN ? lines.malformed : lines.column[column];
    }
    return err;
}

/* Adds the line where a person can look it up, and the relation where that is not known. DuckDB's own count, if any,
 * stays where there is nothing better. An error of the engine's own over a malformed line is taken for what it is:
 * DuckDB 1.4 fails so on some bytes that are not UTF-8. */
static sch_err find_line(sch_engine *engine, sch_fault *fault)
{
    bool of_column =
        fault->column != SCH_NO_COLUMN && fault->kind >= SCH_FAULT_EMPTY && fault->kind <= SCH_FAULT_OUTSIDE;
    bool of_line = fault->kind == SCH_FAULT_LINE || fault->kind == SCH_FAULT_ENGINE;
    uint64_t line = 0;
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < engine->job->relation_count && (of_column || of_line) && line == 0; i++) {
        if (fault->relation != SCH_NO_RELATION && fault->relation != i) {
            continue;
        }
        SCH_TRY(find_line_of(&line, &engine->relation[i], of_column ? fault->column : SCH_NO_COLUMN));
        if (line != 0) {
            fault->line = line;
            fault->relation = (uint32_t)i;
            fault->kind = of_column ? fault->kind : SCH_FAULT_LINE;
            fault->engine = 0;
        }
    }
out:
    return err;
}

static void count(sch_source_totals *totals, sch_engine *engine)
{
    for (size_t i = 0; i < engine->job->relation_count; i++) {
        sch_engine_relation *relation = &engine->relation[i];
        totals->relation[i] = (sch_source_counts){.rows = atomic_load(&relation->rows),
                                                  .left_out_empty = atomic_load(&relation->empty),
                                                  .left_out_invalid = atomic_load(&relation->invalid),
                                                  .left_out_double = relation->doubles};
    }
}

/* Does the job on a confined process; fault->kind is 0 where all is well. */
static sch_err work(const sch_source_job *job, sch_fault *fault, const int *file_fd, int status_fd)
{
    static sch_engine engine;
    static sch_source_report report;
    sch_source_totals totals = {0};
    sch_buf body = {0};
    uint64_t rows = 0;
    sch_err err = SCH_NONE;
    SCH_TRY(sch_engine_open(&engine, fault, job, file_fd));
    if (fault->kind == 0 && job->kind == SCH_JOB_CHECK) {
        SCH_TRY(sch_check_run(&engine, &report, fault));
    } else if (fault->kind == 0) {
        SCH_TRY(sch_rows_send(&engine, &rows, fault, SCH_CHUNK_FD));
    }
    if (fault->kind != 0) {
        SCH_TRY(find_line(&engine, fault));
    } else if (job->kind == SCH_JOB_CHECK) {
        const sch_data_set *data_set = &job->relation[0].data_set;
        SCH_TRY(sch_report_encode(&body, &report, data_set->column_count, data_set->link_key_count));
        SCH_TRY(sch_rows_send_frame(SCH_CHUNK_FD, SCH_FRAME_REPORT, &body));
    } else {
        totals.child_peak_kb = peak_kb(status_fd);
        count(&totals, &engine);
        SCH_TRY(sch_end_encode(&body, rows, &totals, job->relation_count));
        SCH_TRY(sch_rows_send_frame(SCH_CHUNK_FD, SCH_FRAME_END, &body));
    }
out:
    sch_buf_clear(&body);
    return err;
}

static void send_fault(const sch_fault *fault)
{
    sch_buf body = {0};
    sch_err err = sch_fault_encode(&body, fault);
    if (!sch_failed(err)) {
        err = sch_rows_send_frame(SCH_CHUNK_FD, SCH_FRAME_FAULT, &body);
    }
    (void)err; /* the node is gone, or sees a stream that ends too early */
    sch_buf_clear(&body);
}

int main(void)
{
    sch_source_job job = {0};
    sch_fault fault = sch_fault_of(SCH_FAULT_JOB);
    int file_fd[SCH_MAX_FROM];
    int status_fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    sch_err err = SCH_NONE;
    SCH_TRY(sch_restrict_start());
    SCH_TRY(read_job(&job));
    for (size_t i = 0; i < job.relation_count; i++) {
        fault.relation = (uint32_t)i;
        file_fd[i] = open_file(&fault, job.relation[i].file.path);
        SCH_TRY(sch_check(file_fd[i] >= 0, SCH_IO, "a data file cannot be opened"));
    }
    fault = sch_fault_of(SCH_FAULT_SPILL);
    SCH_TRY(sch_check(can_spill(job.spill_dir), SCH_IO, "the folder to spill to cannot be written"));
    fault.kind = SCH_FAULT_JOB;
    SCH_TRY(sch_restrict_engine(file_fd, job.relation_count, job.spill_dir));
    fault.kind = 0;
    err = work(&job, &fault, file_fd, status_fd);
    if (sch_failed(err)) {
        fault = sch_fault_of(err.code == SCH_NO_MEMORY ? SCH_FAULT_MEMORY : SCH_FAULT_FILE_READ);
    }
out:
    if (fault.kind != 0) {
        send_fault(&fault);
    }
    /* Without destructors: the engine's threads may still be busy with what nobody wants any more. */
    _exit(fault.kind == 0 ? 0 : 1);
}
