/* Opening the engine: its settings, where columns stand in the files, the functions' readers, doubles, the views. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "node/source/engine.h"
#include "node/source/functions.h"

/* ---- the database ---- */

static bool set_text(duckdb_config config, const char *name, const char *value)
{
    return duckdb_set_config(config, name, value) == DuckDBSuccess;
}

/* How many threads. Where persons have many rows the statement groups by person, and each thread keeps a table of its
 * own with almost all of them: about as many bytes as the file has (measured: 10 million rows of a million persons, 214
 * MB). */
static unsigned choose_threads(const sch_engine *engine)
{
    const sch_source_job *job = engine->job;
    unsigned threads = job->threads > 0 ? job->threads : 1;
    uint64_t bytes = 0;
    for (size_t i = 0; i < job->relation_count; i++) {
        struct stat about;
        bool grouped = job->relation[i].data_set.rows_per_person != SCH_ONE_PER_PERSON;
        if (grouped && fstat(engine->relation[i].file_fd, &about) == 0 && about.st_size > 0) {
            bytes += (uint64_t)about.st_size;
        }
    }
    uint64_t tables = bytes == 0 ? threads : ((uint64_t)job->memory_mb << 20) / bytes;
    return tables < 1 ? 1 : tables < threads ? (unsigned)tables : threads;
}

static bool open_database(sch_engine *engine)
{
    char threads[16];
    char memory[24];
    snprintf(threads, sizeof threads, "%u", choose_threads(engine));
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

/* From here on the engine opens nothing but the relations' files (and its own files below the spill folder). */
static bool close_doors(sch_engine *engine)
{
    char allow[48 + SCH_MAX_FROM * (sizeof engine->relation[0].path + 4)] = "SET allowed_paths=[";
    size_t at = strlen(allow);
    for (size_t i = 0; i < engine->job->relation_count; i++) {
        at += (size_t)snprintf(allow + at, sizeof allow - at, "%s'%s'", i == 0 ? "" : ", ", engine->relation[i].path);
    }
    snprintf(allow + at, sizeof allow - at, "]");
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

static void take_types(sch_engine_relation *relation, sch_fault *fault, duckdb_result *result)
{
    const sch_data_set *data_set = &relation->job->data_set;
    for (size_t i = 0; i < data_set->column_count; i++) {
        const sch_column *column = &data_set->column[i];
        sch_view_column *view = &relation->view.column[i];
        duckdb_type type = duckdb_column_type(result, view->position);
        if (!fits(column, type)) {
            *fault = sch_fault_of(SCH_FAULT_COLUMN_TYPE);
            fault->column = (uint32_t)i;
            return;
        }
        bool number = column->type == SCH_TYPE_INTEGER || column->type == SCH_TYPE_DECIMAL;
        bool direct = is_integer(type) && number && column->role != SCH_ROLE_IDENTIFIER;
        view->input = direct ? SCH_VIEW_INTEGER : SCH_VIEW_TEXT;
        view->origin = is_text(type) ? SCH_FIELD_FROM_FILE : SCH_FIELD_FROM_ENGINE;
    }
}

static void read_parquet_columns(sch_engine_relation *relation, sch_fault *fault)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT * FROM read_parquet('%s') LIMIT 0", relation->path);
    duckdb_result result;
    if (duckdb_query(relation->engine->connection, sql, &result) != DuckDBSuccess) {
        *fault = sch_fault_of(SCH_FAULT_FILE_FORMAT);
    } else if (sch_view_find_columns(&relation->view, fault, duckdb_column_count(&result), result_name, &result)) {
        take_types(relation, fault, &result);
    }
    duckdb_destroy_result(&result);
}

/* ---- relations ---- */

static void init_relation(sch_engine *engine, uint32_t number, int file_fd)
{
    sch_engine_relation *relation = &engine->relation[number];
    relation->engine = engine;
    relation->job = &engine->job->relation[number];
    relation->file_fd = file_fd;
    /* By number, so that it is the very file that was checked, whatever its path has become, and no pattern of
     * names. */
    snprintf(relation->path, sizeof relation->path, "/proc/self/fd/%d", file_fd);
    sch_view_init(&relation->view, number, &relation->job->data_set, &relation->job->file);
}

/* Finds the declared columns in the relations' files. A fault gets the number of its relation. */
static sch_err find_columns(sch_engine *engine, sch_fault *fault, sch_file_format format)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < engine->job->relation_count && fault->kind == 0; i++) {
        sch_engine_relation *relation = &engine->relation[i];
        if (relation->job->file.format != format) {
            continue;
        }
        if (format == SCH_FILE_CSV) {
            SCH_TRY(sch_view_read_header(&relation->view, fault, relation->file_fd));
        } else {
            read_parquet_columns(relation, fault);
        }
        fault->relation = fault->kind != 0 ? (uint32_t)i : SCH_NO_RELATION;
    }
out:
    return err;
}

static sch_err ready_readers(sch_engine_relation *relation)
{
    const sch_data_set *data_set = &relation->job->data_set;
    size_t identifier = sch_view_identifier(&relation->view);
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < data_set->column_count; i++) {
        sch_engine_column *column = &relation->column[i];
        column->relation = relation;
        column->number = (uint32_t)i;
        SCH_TRY(sch_field_reader_init(&column->reader, &data_set->column[i], &relation->job->file,
                                      relation->view.column[i].origin));
    }
    relation->column[identifier].reader.check_identifier = relation->view.number > 0;
    relation->person = relation->column[identifier]; /* without codes, so that nothing is shared */
    relation->person.reader.check_identifier = true;
out:
    return err;
}

/* Whether rows of a person who occurs more than once are left out of a relation. */
static bool leaves_out_doubles(const sch_engine_relation *relation)
{
    return relation->engine->job->kind == SCH_JOB_EXECUTE &&
           relation->job->data_set.rows_per_person == SCH_ONE_PER_PERSON &&
           relation->job->file.duplicates == SCH_DUPLICATES_LEAVE_OUT;
}

/* Whether the file is to be read for persons who occur more than once. Where it is the only one and they are to be
 * refused, the node sees them among the rows. */
static bool looks_for_doubles(const sch_engine_relation *relation)
{
    bool several = relation->engine->job->relation_count > 1;
    return leaves_out_doubles(relation) || (several && relation->job->data_set.rows_per_person == SCH_ONE_PER_PERSON);
}

/* Runs a statement of our own; *number: of its result's first row and column. False with a fault. */
static bool run(sch_engine *engine, sch_fault *fault, const char *sql, uint64_t *number)
{
    duckdb_result result;
    bool done = duckdb_query(engine->connection, sql, &result) == DuckDBSuccess;
    if (!done) {
        *fault = sch_engine_fault(engine, duckdb_result_error_type(&result), duckdb_result_error(&result));
    }
    duckdb_data_chunk chunk = done ? duckdb_fetch_chunk(result) : NULL;
    *number = 0;
    if (chunk != NULL && duckdb_data_chunk_get_size(chunk) > 0) {
        *number = *(const uint64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    }
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
    return done;
}

static sch_err find_doubles(sch_engine_relation *relation, sch_fault *fault)
{
    sch_buf sql = {0};
    uint64_t created = 0;
    sch_err err = SCH_NONE;
    SCH_TRY(sch_view_print_doubles(&sql, &relation->view, relation->path));
    const char *text = sch_buf_text(&sql);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for a statement"));
    char sum[64];
    snprintf(sum, sizeof sum, "SELECT coalesce(sum(n), 0)::BIGINT FROM doubles_%u", relation->view.number);
    if (!run(relation->engine, fault, text, &created) || !run(relation->engine, fault, sum, &relation->doubles)) {
        goto out;
    }
    relation->counted = true;
    if (relation->doubles > 0 && !leaves_out_doubles(relation)) {
        *fault = sch_fault_of(SCH_FAULT_DOUBLES);
        fault->relation = relation->view.number;
    }
out:
    sch_buf_clear(&sql);
    return err;
}

static sch_err make_view(sch_engine_relation *relation, sch_fault *fault)
{
    sch_buf sql = {0};
    sch_err err = SCH_NONE;
    if (looks_for_doubles(relation)) {
        SCH_TRY(find_doubles(relation, fault));
    }
    if (fault->kind != 0) {
        goto out;
    }
    SCH_TRY(sch_view_print(&sql, &relation->view, relation->path, relation->doubles > 0));
    const char *text = sch_buf_text(&sql);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for a view"));
    if (!run_setting(relation->engine, text)) {
        fault->kind = SCH_FAULT_ENGINE;
    }
out:
    sch_buf_clear(&sql);
    return err;
}

sch_err sch_engine_open(sch_engine *engine, sch_fault *fault, const sch_source_job *job, const int *file_fd)
{
    sch_err err = SCH_NONE;
    memset(engine, 0, sizeof *engine);
    *fault = sch_fault_of(0);
    engine->job = job;
    for (size_t i = 0; i < job->relation_count; i++) {
        init_relation(engine, (uint32_t)i, file_fd[i]);
    }
    SCH_TRY(find_columns(engine, fault, SCH_FILE_CSV));
    if (fault->kind != 0) {
        goto out;
    }
    bool open = open_database(engine) && set_buffer(engine) && close_doors(engine);
    if (open) {
        SCH_TRY(find_columns(engine, fault, SCH_FILE_PARQUET));
    }
    for (size_t i = 0; i < job->relation_count; i++) {
        SCH_TRY(ready_readers(&engine->relation[i]));
    }
    for (size_t i = 0; i < job->key_count; i++) {
        /* rows.c looks every key up */
        engine->relation[job->key[i].relation].column[job->key[i].column].reader.check_codes = false;
    }
    open = open && (fault->kind != 0 || sch_functions_register(engine));
    for (size_t i = 0; i < job->relation_count && open && fault->kind == 0; i++) {
        SCH_TRY(make_view(&engine->relation[i], fault));
    }
    if (fault->kind == 0 && (!open || !run_setting(engine, "SET lock_configuration=true"))) {
        fault->kind = SCH_FAULT_ENGINE;
    }
out:
    return err;
}
