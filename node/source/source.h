/* source.h - an owner's own engine: runs a local part over the files of data sets and hands out columns.
 *
 * DuckDB works in a child process of its own small executable (schakel-source), started with posix_spawn, without keys,
 * environment or network, with only the declared files readable. It streams chunks of rows over a pipe; the node reads
 * and checks them as it would a peer's bytes.
 *
 * What a statement sees. Relations r0, r1, ...: one a data set, with the data set's columns under their own names and
 * types: integers and scaled decimals BIGINT, text VARCHAR, BOOLEAN, DATE. The identifier is VARCHAR and normalised
 * (crypto/ident), so that equal persons have equal texts and a statement can join on them. Rows whose identifier is
 * empty or fails its check stand in r0 only, where it is NULL or a text that no valid identifier equals: they join with
 * nothing, come out, and are left out and counted by who receives them; from other relations they are left out here.
 *
 * In a data set of one row a person whose duplicates are left out, so are all rows of a person who occurs more than
 * once in the file, before any condition of the statement: else a condition could make one row of two look like the
 * only one. Where duplicates are refused and there are several relations, such a person ends the run; with one relation
 * that is for the caller to see from the tags of the rows, which spares a second reading of the file.
 *
 * Beside DuckDB's functions there is sch_text_number(VARCHAR) -> BIGINT: the first 61 bits of SHA-256 (FIPS 180-4) over
 * the text's UTF-8 bytes as a number, 0 <= number < 2^61, so that two owners' texts can be compared as numbers; NULL of
 * NULL. sch_text_number('abc') is 1679564312531712509: among 10^6 different texts two have one number with a
 * probability of 2.2 x 10^-7. It hides nothing: whoever can list the texts can list the numbers.
 *
 * And sch_link_text(VARCHAR) -> VARCHAR: a text's plain form (crypto/ident/plain_text.h) without its blanks, for link
 * keys; NULL of NULL and of a text that has none. It is printable ASCII. */
#ifndef SCH_NODE_SOURCE_SOURCE_H
#define SCH_NODE_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "node/source/schema.h"
#include "proto/catalog.h"
#include "proto/request.h" /* SCH_MAX_FROM */

typedef struct sch_source_options {
    const char *program; /* path of schakel-source */
    uint32_t memory_mb;  /* DuckDB's limit */
    uint32_t threads;
    const char *spill_dir; /* where DuckDB may write what does not fit in memory; NULL: nowhere */
} sch_source_options;

/* One data set and its file; borrowed. Relation number i of an array is what statements call r<i>. */
typedef struct sch_source_relation {
    const sch_data_set *data_set;
    const sch_source_file *file;
} sch_source_relation;

/* A key of a statement: of its column's own type, or of a bin its number (BIGINT). */
typedef struct sch_source_key {
    uint8_t relation;
    const sch_column *column; /* borrowed; of the relation's data set, by its name */
    bool bin;
} sch_source_key;

/* The codes of a key: bins, or as sch_column_codes; 0 where it is neither a measure with bins nor a dimension. */
uint32_t sch_source_key_codes(const sch_source_key *key);

/* What to compute: as sch_local in node/query/plan.h. Borrowed. */
typedef struct sch_source_query {
    const char *sql;
    const sch_source_key *key;
    size_t key_count;
    size_t value_count;
} sch_source_query;

/* A chunk of rows; borrowed for the time of the call. Identifiers are normalised and stand end to end. Invalid ones
 * come as they are, without the blanks around them (longer ones cut to 68 bytes at most, with a byte 01 in front, so
 * that they stay invalid), empty ones with a length of 0. A BSN's or RSIN's check is left to the receiver. Keys are
 * codes, 0 <= code <= sch_source_key_codes; the last is empty, also where the column is required: an outer join leaves
 * columns empty. Values are ring elements. */
typedef struct sch_source_chunk {
    size_t rows; /* 1 to 16384 */
    const uint8_t *identifiers;
    const uint8_t *identifier_bytes; /* rows lengths */
    const uint32_t *const *key;      /* key_count columns */
    const uint64_t *const *value;    /* value_count columns */
} sch_source_chunk;

/* Receives chunks in turn; an error ends the run and is what sch_source_execute returns. */
typedef sch_err (*sch_source_sink)(void *context, const sch_source_chunk *chunk);

/* What a run read of a relation. The rows of a relation whose duplicates are looked for are all of its file's; of
 * others the engine may have passed over rows that a condition of the statement drops. */
typedef struct sch_source_counts {
    uint64_t rows;
    uint64_t left_out_empty, left_out_invalid; /* for their identifier; 0 of r0, whose rows come out */
    uint64_t left_out_double;                  /* for another row of the same person */
} sch_source_counts;

typedef struct sch_source_totals {
    uint64_t child_peak_kb; /* the child's peak memory */
    sch_source_counts relation[SCH_MAX_FROM];
} sch_source_totals;

/* Runs a query over 1 to SCH_MAX_FROM relations to its end: one SELECT that gives the identifier, the keys, and values
 * that are never NULL (BIGINT, INTEGER, or HUGEINT within 64 bits). It names each relation once: rows that it reads
 * twice count twice. Only columns that it uses are checked; each file's rows are counted against its max_rows. cancel:
 * NULL, or a flag that another thread sets to end the run early (SCH_TRY_AGAIN within 200 ms). Memory: a few chunks
 * here; DuckDB's limit and about 30 MB in the child. Where it is too small for several threads, the run is made again
 * with one, if no chunk has come yet. totals: may be NULL; zeroed, and filled at the end of a run without an error.
 * Cost: files whose duplicates are looked for are read twice. Errors: SCH_IO (file missing or unreadable, child died:
 * the detail says which data set and what to check), SCH_BAD_INPUT (malformed line, field of another type, value
 * outside its declared domain or range, empty field of a required column: the detail names the line of a CSV file and
 * the column; a person with several rows, too many rows; no value is ever in an error), SCH_NO_MEMORY, SCH_BUG (no
 * relations or too many, a statement that the engine does not take, or with other columns than said), and the sink's.
 * The child never outlives the call. Call it from a thread that lives as long: the child is killed when that thread
 * ends. */
sch_err sch_source_execute(const sch_source_options *options, const sch_source_relation *relation,
                           size_t relation_count, const sch_source_query *query, sch_source_sink sink, void *context,
                           const _Atomic bool *cancel, sch_source_totals *totals, sch_detail *detail);

/* What `schakelctl dataset check` reports. */
typedef struct sch_source_column_report {
    uint64_t empty;          /* rows without a value */
    uint64_t outside;        /* rows with a value outside the declared domain or range */
    uint64_t malformed;      /* rows whose value is not of the declared type; of an identifier: that fails its check */
    uint64_t first_bad_line; /* of the last two, and of empty ones where the column is required; 0 where there is none.
                                Lines count from 1, the header's; in a Parquet file rows do */
} sch_source_column_report;

/* Of a link key. Rows that jobs leave out since their person has another row count nowhere. */
typedef struct sch_source_link_report {
    uint64_t own;     /* rows whose key no other row has: these may be linked by it */
    uint64_t shared;  /* rows whose key another row has too */
    uint64_t missing; /* rows without one: a part is empty or has a fault, or has too few characters */
} sch_source_link_report;

typedef struct sch_source_report {
    uint64_t rows;
    uint64_t identifiers_empty;
    uint64_t identifiers_invalid;
    uint64_t persons;              /* distinct valid identifiers */
    uint64_t persons_with_several; /* of which with more than one row */
    uint64_t malformed_lines;      /* wrong number of fields, broken quotes or encoding */
    uint64_t first_malformed_line;
    sch_source_column_report column[SCH_MAX_COLUMNS];
    sch_source_link_report link_key[SCH_MAX_LINK_KEYS];
} sch_source_report;

/* Reads a whole data set and reports, where execute would stop at the first fault. Errors: as above, but faults in the
 * data are counted, not errors. */
sch_err sch_source_check(const sch_source_options *options, const sch_data_set *data_set, const sch_source_file *file,
                         sch_source_report *report, sch_detail *detail);

#endif
