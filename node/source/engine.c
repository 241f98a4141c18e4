#include "node/source/engine.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void sch_engine_note(sch_engine *engine, sch_fault_kind kind, uint32_t relation, uint32_t column)
{
    uint64_t none = 0;
    uint64_t noted = (uint64_t)column << 32 | (uint64_t)(relation & 0xFFU) << 8 | ((uint64_t)kind & 0xFFU);
    (void)atomic_compare_exchange_strong(&engine->fault, &none, noted);
}

bool sch_engine_noted(sch_engine *engine, sch_fault *fault)
{
    uint64_t noted = atomic_load(&engine->fault);
    *fault = sch_fault_of(0);
    if (noted != 0) {
        *fault = (sch_fault){.kind = (sch_fault_kind)(noted & 0xFFU),
                             .relation = (uint32_t)(noted >> 8 & 0xFFU),
                             .column = (uint32_t)(noted >> 32)};
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

/* The relation whose path a message names; SCH_NO_RELATION for none. */
static uint32_t relation_of(const sch_engine *engine, const char *message)
{
    for (size_t i = 0; i < engine->job->relation_count; i++) {
        const char *path = engine->relation[i].path;
        const char *at = strstr(message, path);
        /* The paths differ in the number at their end. */
        if (at != NULL && (at[strlen(path)] < '0' || at[strlen(path)] > '9')) {
            return (uint32_t)i;
        }
    }
    return SCH_NO_RELATION;
}

sch_fault sch_engine_fault(sch_engine *engine, duckdb_error_type type, const char *message)
{
    sch_fault fault;
    if (sch_engine_noted(engine, &fault)) {
        return fault;
    }
    message = message != NULL ? message : "";
    fault.relation = relation_of(engine, message);
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

/* ---- statements ---- */

bool sch_engine_start(sch_engine *engine, sch_engine_result *result, sch_fault *fault, const char *sql, bool streaming)
{
    memset(result, 0, sizeof *result);
    *fault = sch_fault_of(0);
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
        *fault = sch_fault_of(SCH_FAULT_STATEMENT);
        fault->engine = type_of_refusal(refusal);
        return false;
    }
    duckdb_state made = streaming ? duckdb_pending_prepared_streaming(result->prepared, &result->pending)
                                  : duckdb_pending_prepared(result->prepared, &result->pending);
    if (made != DuckDBSuccess) {
        *fault = sch_engine_fault(engine, DUCKDB_ERROR_INVALID, duckdb_pending_error(result->pending));
        return false;
    }
    result->has_result = true;
    if (duckdb_execute_pending(result->pending, &result->result) != DuckDBSuccess) {
        *fault =
            sch_engine_fault(engine, duckdb_result_error_type(&result->result), duckdb_result_error(&result->result));
        return false;
    }
    return true;
}

duckdb_data_chunk sch_engine_next(sch_engine *engine, sch_engine_result *result, sch_fault *fault)
{
    *fault = sch_fault_of(0);
    duckdb_data_chunk chunk = duckdb_fetch_chunk(result->result);
    /* A failure in the middle looks like the end: only the result's error tells them apart. */
    const char *message = chunk == NULL ? duckdb_result_error(&result->result) : NULL;
    if (message != NULL || atomic_load(&engine->fault) != 0) {
        *fault = sch_engine_fault(engine, duckdb_result_error_type(&result->result), message);
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
