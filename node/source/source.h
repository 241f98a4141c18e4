/* source.h - an owner's own engine: runs a local part over a data set's file and hands out columns.
 *
 * DuckDB works in a child process of its own small executable (schakel-source), started with posix_spawn, without keys,
 * environment or network, with only the declared file readable. It streams chunks of rows over a pipe; the node reads
 * and checks them as it would a peer's bytes. */
#ifndef SCH_NODE_SOURCE_SOURCE_H
#define SCH_NODE_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "node/source/schema.h"
#include "proto/catalog.h"

typedef struct sch_source_options {
    const char *program; /* path of schakel-source */
    uint32_t memory_mb;  /* DuckDB's limit */
    uint32_t threads;
    const char *spill_dir; /* where DuckDB may write what does not fit in memory; NULL: nowhere */
} sch_source_options;

/* What to compute: as sch_local in node/query/plan.h. Borrowed. */
typedef struct sch_source_query {
    const char *sql;
    const sch_column *const *key;
    size_t key_count;
    size_t value_count;
} sch_source_query;

/* A chunk of rows; borrowed for the time of the call. Identifiers are trimmed and stand end to end; a BSN of eight
 * digits has its zero in front, so that GROUP BY brings a person's rows together. Invalid ones come as they are (cut to
 * 65 bytes or a few more, which stays invalid), empty ones with a length of 0. Keys are codes, 0 <= code <
 * sch_column_domain; empty is the last one. Values are ring elements. */
typedef struct sch_source_chunk {
    size_t rows; /* 1 to 16384 */
    const uint8_t *identifiers;
    const uint8_t *identifier_bytes; /* rows lengths */
    const uint32_t *const *key;      /* key_count columns */
    const uint64_t *const *value;    /* value_count columns */
} sch_source_chunk;

/* Receives chunks in turn; an error ends the run and is what sch_source_execute returns. */
typedef sch_err (*sch_source_sink)(void *context, const sch_source_chunk *chunk);

/* Runs a query to its end: one SELECT that gives the identifier, the keys, and values that are never NULL (BIGINT,
 * INTEGER or HUGEINT). Only columns that it uses are checked; the file's rows are counted against max_rows. cancel:
 * NULL, or a flag that another thread sets to end the run early (SCH_TRY_AGAIN within 200 ms). Memory: a few chunks
 * here; DuckDB's limit and about 30 MB in the child. Where it is too small for several threads, the run is made again
 * with one, if no chunk has come yet. child_peak_kb (may be NULL): the child's peak memory.
 * Errors: SCH_IO (file missing or unreadable, child died: the detail says which data set and what to check),
 * SCH_BAD_INPUT (malformed line, field of another type, value outside its declared domain or range, empty field of a
 * required column: the detail names the line of a CSV file and the column; no value is ever in an error),
 * SCH_NO_MEMORY, SCH_BUG (a statement that the engine does not take, or with other columns than said), and the sink's.
 * The child never outlives the call. Call it from a thread that lives as long: the child is killed when that thread
 * ends. */
sch_err sch_source_execute(const sch_source_options *options, const sch_data_set *data_set, const sch_source_file *file,
                           const sch_source_query *query, sch_source_sink sink, void *context,
                           const _Atomic bool *cancel, uint64_t *child_peak_kb, sch_detail *detail);

/* What `schakelctl dataset check` reports. */
typedef struct sch_source_column_report {
    uint64_t empty;          /* rows without a value */
    uint64_t outside;        /* rows with a value outside the declared domain or range */
    uint64_t malformed;      /* rows whose value is not of the declared type; of an identifier: that fails its check */
    uint64_t first_bad_line; /* of the last two, and of empty ones where the column is required; 0 where there is none.
                                Lines count from 1, the header's; in a Parquet file rows do */
} sch_source_column_report;

typedef struct sch_source_report {
    uint64_t rows;
    uint64_t identifiers_empty;
    uint64_t identifiers_invalid;
    uint64_t persons;              /* distinct valid identifiers */
    uint64_t persons_with_several; /* of which with more than one row */
    uint64_t malformed_lines;      /* wrong number of fields, broken quotes or encoding */
    uint64_t first_malformed_line;
    sch_source_column_report column[SCH_MAX_COLUMNS];
} sch_source_report;

/* Reads a whole data set and reports, where execute would stop at the first fault. Errors: as above, but faults in the
 * data are counted, not errors. */
sch_err sch_source_check(const sch_source_options *options, const sch_data_set *data_set, const sch_source_file *file,
                         sch_source_report *report, sch_detail *detail);

#endif
