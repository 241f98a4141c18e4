/* engine.h - DuckDB inside schakel-source: opened with nothing allowed but the relations' files, and read through
 * functions of our own.
 *
 * DuckDB's messages quote lines and values of the file. None leaves this module: a failure becomes a sch_fault. */
#ifndef SCH_NODE_SOURCE_ENGINE_H
#define SCH_NODE_SOURCE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <duckdb.h>

#include "crypto/base/err.h"
#include "node/source/chunk.h"
#include "node/source/field.h"
#include "node/source/job.h"
#include "node/source/view.h"

typedef struct sch_engine sch_engine;
typedef struct sch_engine_relation sch_engine_relation;

/* What a function of the engine's knows: which column it reads. */
typedef struct sch_engine_column {
    sch_engine_relation *relation;
    uint32_t number;
    sch_field_reader reader;
} sch_engine_column;

struct sch_engine_relation {
    sch_engine *engine;
    const sch_job_relation *job; /* borrowed */
    int file_fd;
    char path[32]; /* the data file's, as the engine opens it */
    sch_view view;
    sch_engine_column column[SCH_MAX_COLUMNS];
    sch_engine_column person;              /* the identifier's again, checked also where column[] does not */
    bool counted;                          /* the look for doubles has counted the rows */
    uint64_t doubles;                      /* rows of identifiers that stand more than once */
    _Atomic uint64_t rows, empty, invalid; /* as the identifier's function saw them */
};

struct sch_engine {
    const sch_source_job *job; /* borrowed */
    duckdb_database database;
    duckdb_connection connection;
    sch_engine_relation relation[SCH_MAX_FROM]; /* job->relation_count */
    _Atomic uint64_t fault; /* the first that a function found: column (32 bits), relation (8), kind (8); 0: none */
};

/* A statement that is being run. */
typedef struct sch_engine_result {
    duckdb_extracted_statements extracted;
    duckdb_prepared_statement prepared;
    duckdb_pending_result pending;
    duckdb_result result;
    bool has_result;
} sch_engine_result;

/* Opens the engine over the open files file_fd, one a relation, finds the declared columns in them, makes the
 * functions, looks for doubles where the job asks for that, makes the views, and locks the settings. fault->kind is 0
 * where all is well. The process ends with the engine, so there is no close. Errors: SCH_NO_MEMORY. */
sch_err sch_engine_open(sch_engine *engine, sch_fault *fault, const sch_source_job *job, const int *file_fd);

/* Notes a fault of a relation's column, unless there is one already. Called by functions on any thread. */
void sch_engine_note(sch_engine *engine, sch_fault_kind kind, uint32_t relation, uint32_t column);

/* The fault that was noted; false where there is none. */
bool sch_engine_noted(sch_engine *engine, sch_fault *fault);

/* What a failed run was about. message: DuckDB's, read here and shown to nobody; may be NULL. */
sch_fault sch_engine_fault(sch_engine *engine, duckdb_error_type type, const char *message);

/* Starts a statement, which has to be one SELECT. streaming: chunks come as they are made. False with a fault. */
bool sch_engine_start(sch_engine *engine, sch_engine_result *result, sch_fault *fault, const char *sql, bool streaming);

/* The next chunk, which the caller destroys; NULL at the end, or after a failure: then fault->kind is not 0. */
duckdb_data_chunk sch_engine_next(sch_engine *engine, sch_engine_result *result, sch_fault *fault);

void sch_engine_result_clear(sch_engine_result *result);

/* A string of a vector, where it lies: up to 12 bytes are in the struct itself. */
static inline const char *sch_engine_string(const duckdb_string_t *string, size_t *bytes)
{
    *bytes = string->value.inlined.length;
    return *bytes <= sizeof string->value.inlined.inlined ? string->value.inlined.inlined : string->value.pointer.ptr;
}

/* Whether a row of a vector has a value. */
static inline bool sch_engine_is_valid(const uint64_t *validity, idx_t row)
{
    return validity == NULL || (validity[row / 64] >> (row % 64) & 1) != 0;
}

#endif
