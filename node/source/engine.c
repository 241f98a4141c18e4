#include "node/source/engine.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/source/functions.h"

void sch_engine_note(sch_engine *engine, sch_fault_kind kind, uint32_t column)
{
    uint64_t none = 0;
    (void)atomic_compare_exchange_strong(&engine->fault, &none, (uint64_t)column << 32 | (uint64_t)kind);
}

bool sch_engine_noted(sch_engine *engine, sch_fault *fault)
{
    uint64_t noted = atomic_load(&engine->fault);
    *fault = (sch_fault){.column = SCH_NO_COLUMN};
    if (noted != 0) {
        *fault = (sch_fault){.kind = (sch_fault_kind)(noted & 0xFFFFFFFFU), .column = (uint32_t)(noted >> 32)};
    }
    return noted != 0;
}

/* ---- DuckDB's failures as faults ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The line of a message that begins "Invalid Input Error: CSV Error on Line: 12"; 0 where it does not. */
static bool csv_line(const char *message, uint64_t *line)
{
    static const char before_line[] = "Invalid Input Error: CSV Error on Line: ";
    *line = 0;
    if (begins(message, before_line)) {
        *line = strtoull(message + strlen(before_line), NULL, 10);
        return true;
    }
    return begins(message, "Invalid Input Error: The CSV Parser state machine") ||
           begins(message, "Invalid Input Error: Maximum line size");
}

static sch_fault_kind kind_of(duckdb_error_type type, const char *message, bool spills)
{
    switch (type) {
    case DUCKDB_ERROR_OUT_OF_MEMORY:
        return SCH_FAULT_MEMORY;
    case DUCKDB_ERROR_IO:
        return spills && strstr(message, "rite") != NULL ? SCH_FAULT_SPILL : SCH_FAULT_FILE_READ;
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_DIVIDE_BY_ZERO:
    case DUCKDB_ERROR_CONVERSION:
        return SCH_FAULT_ARITHMETIC;
    default:
        return SCH_FAULT_ENGINE;
    }
}

/* What a failed run was about. message: DuckDB's, read here and shown to nobody. */
static sch_fault fault_of(sch_engine *engine, duckdb_error_type type, const char *message)
{
    sch_fault fault;
    if (sch_engine_noted(engine, &fault)) {
        return fault;
    }
    message = message != NULL ? message : "";
    if (csv_line(message, &fault.line)) {
        fault.kind = SCH_FAULT_LINE;
        return fault;
    }
    fault.kind = kind_of(type, message, engine->job->spill_dir[0] != '\0');
    fault.engine = fault.kind == SCH_FAULT_ENGINE ? (uint32_t)type : 0;
    return fault;
}

/* The type of a failure to prepare, for which DuckDB has a text only. */
static uint32_t type_of_refusal(const char *message)
{
    static const struct {
        const char *begins;
        duckdb_error_type type;
    } known[] = {
        {"Parser Error", DUCKDB_ERROR_PARSER},
        {"Binder Error", DUCKDB_ERROR_BINDER},
        {"Catalog Error", DUCKDB_ERROR_CATALOG},
        {"Permission Error", DUCKDB_ERROR_PERMISSION},
        {"IO Error", DUCKDB_ERROR_IO},
        {"Invalid Input Error", DUCKDB_ERROR_INVALID_INPUT},
        {"Conversion Error", DUCKDB_ERROR_CONVERSION},
        {"Not implemented Error", DUCKDB_ERROR_NOT_IMPLEMENTED},
    };
    for (size_t i = 0; message != NULL && i < sizeof known / sizeof *known; i++) {
        if (begins(message, known[i].begins)) {
            return known[i].type;
        }
    }
    return DUCKDB_ERROR_INVALID;
}

/* ---- opening ---- */

static bool set_text(duckdb_config config, const char *name, const char *value)
{
    return duckdb_set_config(config, name, value) == DuckDBSuccess;
}

/* How many threads. Where persons have many rows the statement groups by person, and each thread keeps a table of its
 * own with almost all of them: about as many bytes as the file has (measured: 10 million rows of a million persons, 214
 * MB). */
static unsigned choose_threads(const sch_source_job *job, int file_fd)
{
    struct stat about;
    unsigned threads = job->threads > 0 ? job->threads : 1;
    if (job->data_set.rows_per_person == SCH_ONE_PER_PERSON || fstat(file_fd, &about) != 0 || about.st_size <= 0) {
        return threads;
    }
    uint64_t tables = ((uint64_t)job->memory_mb << 20) / (uint64_t)about.st_size;
    return tables < 1 ? 1 : tables < threads ? (unsigned)tables : threads;
}

static bool open_database(sch_engine *engine, int file_fd)
{
    char threads[16];
    char memory[24];
    snprintf(threads, sizeof threads, "%u", choose_threads(engine->job, file_fd));
    snprintf(memory, sizeof memory, "%uMB", engine->job->memory_mb);
    duckdb_config config = NULL;
    bool done = duckdb_create_config(&config) == DuckDBSuccess && set_text(config, "threads", threads) &&
                set_text(config, "memory_limit", memory) &&
                set_text(config, "temp_directory", engine->job->spill_dir) &&
                set_text(config, "preserve_insertion_order", "false") &&
                set_text(config, "allow_community_extensions", "false") &&
                set_text(config, "autoinstall_known_extensions", "false") &&
                set_text(config, "autoload_known_extensions", "false") &&
                duckdb_open_ext(NULL, &engine->database, config, NULL) == DuckDBSuccess &&
                duckdb_connect(engine->database, &engine->connection) == DuckDBSuccess;
    duckdb_destroy_config(&config);
    return done;
}

static bool run_setting(sch_engine *engine, const char *sql)
{
    return duckdb_query(engine->connection, sql, NULL) == DuckDBSuccess;
}

/* A larger buffer than DuckDB's 1 MB between the threads that read and the one that takes rows: measured on a million
 * rows, 0.15 s instead of 0.19 s on two cores, for which they wait less on each other. */
static bool set_buffer(sch_engine *engine)
{
    char sql[64];
    uint32_t eighth = engine->job->memory_mb / 8;
    snprintf(sql, sizeof sql, "SET streaming_buffer_size='%uMB'", eighth < 1 ? 1 : eighth > 16 ? 16 : eighth);
    return run_setting(engine, sql);
}

/* From here on the engine opens nothing but the one file (and its own files below the spill folder). */
static bool close_doors(sch_engine *engine)
{
    char allow[80];
    snprintf(allow, sizeof allow, "SET allowed_paths=['%s']", engine->path);
    return run_setting(engine, allow) && run_setting(engine, "SET enable_external_access=false");
}

/* ---- columns of a Parquet file ---- */

static bool is_integer(duckdb_type type)
{
    return type == DUCKDB_TYPE_TINYINT || type == DUCKDB_TYPE_SMALLINT || type == DUCKDB_TYPE_INTEGER ||
           type == DUCKDB_TYPE_BIGINT || type == DUCKDB_TYPE_UTINYINT || type == DUCKDB_TYPE_USMALLINT ||
           type == DUCKDB_TYPE_UINTEGER;
}

static bool is_text(duckdb_type type)
{
    return type == DUCKDB_TYPE_VARCHAR || type == DUCKDB_TYPE_ENUM;
}

/* Whether a column of the file's type can have the declared one: numbers from numbers, dates from dates, and all of
 * them from texts, which are read as those of a CSV file are. */
static bool fits(const sch_column *column, duckdb_type type)
{
    bool other_integer = type == DUCKDB_TYPE_UBIGINT || type == DUCKDB_TYPE_HUGEINT;
    bool fraction = type == DUCKDB_TYPE_DECIMAL || type == DUCKDB_TYPE_DOUBLE || type == DUCKDB_TYPE_FLOAT;
    if (is_text(type)) {
        return true;
    }
    if (column->role == SCH_ROLE_IDENTIFIER || column->type == SCH_TYPE_TEXT) {
        return is_integer(type) || other_integer;
    }
    switch (column->type) {
    case SCH_TYPE_BOOLEAN:
        return type == DUCKDB_TYPE_BOOLEAN;
    case SCH_TYPE_DATE:
        return type == DUCKDB_TYPE_DATE;
    default:
        return is_integer(type) || other_integer || fraction;
    }
}

static const char *result_name(void *context, size_t number, size_t *bytes)
{
    const char *name = duckdb_column_name(context, number);
    *bytes = strlen(name);
    return name;
}

static void take_types(sch_engine *engine, sch_fault *fault, duckdb_result *result)
{
    const sch_data_set *data_set = &engine->job->data_set;
    for (size_t i = 0; i < data_set->column_count; i++) {
        const sch_column *column = &data_set->column[i];
        sch_view_column *view = &engine->view.column[i];
        duckdb_type type = duckdb_column_type(result, view->position);
        if (!fits(column, type)) {
            *fault = (sch_fault){.kind = SCH_FAULT_COLUMN_TYPE, .column = (uint32_t)i};
            return;
        }
        bool number = column->type == SCH_TYPE_INTEGER || column->type == SCH_TYPE_DECIMAL;
        bool direct = is_integer(type) && number && column->role != SCH_ROLE_IDENTIFIER;
        view->input = direct ? SCH_VIEW_INTEGER : SCH_VIEW_TEXT;
        view->origin = is_text(type) ? SCH_FIELD_FROM_FILE : SCH_FIELD_FROM_ENGINE;
    }
}

static void read_parquet_columns(sch_engine *engine, sch_fault *fault)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT * FROM read_parquet('%s') LIMIT 0", engine->path);
    duckdb_result result;
    if (duckdb_query(engine->connection, sql, &result) != DuckDBSuccess) {
        *fault = (sch_fault){.kind = SCH_FAULT_FILE_FORMAT, .column = SCH_NO_COLUMN};
    } else if (sch_view_find_columns(&engine->view, fault, duckdb_column_count(&result), result_name, &result)) {
        take_types(engine, fault, &result);
    }
    duckdb_destroy_result(&result);
}

/* ---- */

static sch_err ready_readers(sch_engine *engine)
{
    const sch_source_job *job = engine->job;
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < job->data_set.column_count; i++) {
        sch_engine_column *column = &engine->column[i];
        column->engine = engine;
        column->number = (uint32_t)i;
        SCH_TRY(sch_field_reader_init(&column->reader, &job->data_set.column[i], &job->file,
                                      engine->view.column[i].origin));
    }
    for (size_t i = 0; i < job->key_count; i++) {
        engine->column[job->key[i]].reader.check_codes = false; /* rows.c looks every key up */
    }
out:
    return err;
}

sch_err sch_engine_open(sch_engine *engine, sch_fault *fault, const sch_source_job *job, int file_fd)
{
    sch_buf sql = {0};
    sch_err err = SCH_NONE;
    memset(engine, 0, sizeof *engine);
    *fault = (sch_fault){.column = SCH_NO_COLUMN};
    engine->job = job;
    /* By number, so that it is the very file that was checked, whatever its path has become, and no pattern of
     * names. */
    snprintf(engine->path, sizeof engine->path, "/proc/self/fd/%d", file_fd);
    sch_view_init(&engine->view, &job->data_set, &job->file);
    if (job->file.format == SCH_FILE_CSV) {
        SCH_TRY(sch_view_read_header(&engine->view, fault, file_fd));
        if (fault->kind != 0) {
            goto out;
        }
    }
    bool open = open_database(engine, file_fd) && set_buffer(engine) && close_doors(engine);
    if (open && job->file.format == SCH_FILE_PARQUET) {
        read_parquet_columns(engine, fault);
        if (fault->kind != 0) {
            goto out;
        }
    }
    SCH_TRY(ready_readers(engine));
    SCH_TRY(sch_view_print(&sql, &engine->view, engine->path));
    const char *text = sch_buf_text(&sql);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for a view"));
    if (!open || !sch_functions_register(engine) || !run_setting(engine, text) ||
        !run_setting(engine, "SET lock_configuration=true")) {
        fault->kind = SCH_FAULT_ENGINE;
    }
out:
    sch_buf_clear(&sql);
    return err;
}

/* ---- statements ---- */

bool sch_engine_start(sch_engine *engine, sch_engine_result *result, sch_fault *fault, const char *sql, bool streaming)
{
    memset(result, 0, sizeof *result);
    *fault = (sch_fault){.column = SCH_NO_COLUMN};
    const char *refusal = NULL;
    if (duckdb_extract_statements(engine->connection, sql, &result->extracted) != 1) {
        refusal = duckdb_extract_statements_error(result->extracted);
        refusal = refusal != NULL ? refusal : "";
    } else if (duckdb_prepare_extracted_statement(engine->connection, result->extracted, 0, &result->prepared) !=
               DuckDBSuccess) {
        refusal = duckdb_prepare_error(result->prepared);
        refusal = refusal != NULL ? refusal : "";
    } else if (duckdb_prepared_statement_type(result->prepared) != DUCKDB_STATEMENT_TYPE_SELECT ||
               duckdb_nparams(result->prepared) != 0) {
        refusal = "";
    }
    if (refusal != NULL) {
        *fault = (sch_fault){.kind = SCH_FAULT_STATEMENT, .column = SCH_NO_COLUMN, .engine = type_of_refusal(refusal)};
        return false;
    }
    duckdb_state made = streaming ? duckdb_pending_prepared_streaming(result->prepared, &result->pending)
                                  : duckdb_pending_prepared(result->prepared, &result->pending);
    if (made != DuckDBSuccess) {
        *fault = fault_of(engine, DUCKDB_ERROR_INVALID, duckdb_pending_error(result->pending));
        return false;
    }
    result->has_result = true;
    if (duckdb_execute_pending(result->pending, &result->result) != DuckDBSuccess) {
        *fault = fault_of(engine, duckdb_result_error_type(&result->result), duckdb_result_error(&result->result));
        return false;
    }
    return true;
}

duckdb_data_chunk sch_engine_next(sch_engine *engine, sch_engine_result *result, sch_fault *fault)
{
    *fault = (sch_fault){.column = SCH_NO_COLUMN};
    duckdb_data_chunk chunk = duckdb_fetch_chunk(result->result);
    /* A failure in the middle looks like the end: only the result's error tells them apart. */
    const char *message = chunk == NULL ? duckdb_result_error(&result->result) : NULL;
    if (message != NULL || atomic_load(&engine->fault) != 0) {
        *fault = fault_of(engine, duckdb_result_error_type(&result->result), message);
        duckdb_destroy_data_chunk(&chunk);
        return NULL;
    }
    return chunk;
}

void sch_engine_result_clear(sch_engine_result *result)
{
    if (result->has_result) {
        duckdb_destroy_result(&result->result);
    }
    duckdb_destroy_pending(&result->pending);
    duckdb_destroy_prepare(&result->prepared);
    duckdb_destroy_extracted(&result->extracted);
    memset(result, 0, sizeof *result);
}
