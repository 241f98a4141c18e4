/* DESIGN. One function a column, told by its extra info which; called with vectors of up to 2048 rows on any of the
 * engine's threads. A fault is noted in the engine (kind and column, no value) before the statement is failed with a
 * text that says nothing, so that the column is known however DuckDB words the failure. */
#include "node/source/functions.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static sch_fault_kind fault_of(sch_field_state state)
{
    switch (state) {
    case SCH_FIELD_EMPTY:
        return SCH_FAULT_EMPTY;
    case SCH_FIELD_OUTSIDE:
        return SCH_FAULT_OUTSIDE;
    default:
        return SCH_FAULT_MALFORMED;
    }
}

/* A call's input and output. */
typedef struct call {
    const sch_engine_column *column;
    idx_t rows;
    duckdb_vector in, out;
    const void *in_data;
    void *out_data;
    const uint64_t *in_validity;
    uint64_t *out_validity; /* NULL until the first empty value */
} call;

static call call_init(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    duckdb_vector in = duckdb_data_chunk_get_vector(input, 0);
    return (call){
        .column = duckdb_scalar_function_get_extra_info(info),
        .rows = duckdb_data_chunk_get_size(input),
        .in = in,
        .out = output,
        .in_data = duckdb_vector_get_data(in),
        .out_data = duckdb_vector_get_data(output),
        .in_validity = duckdb_vector_get_validity(in),
    };
}

static sch_field_state read_row(const call *c, idx_t row, sch_field_value *value)
{
    if (!sch_engine_is_valid(c->in_validity, row)) {
        return SCH_FIELD_EMPTY;
    }
    size_t bytes;
    const char *text = sch_engine_string((const duckdb_string_t *)c->in_data + row, &bytes);
    return sch_field_read(&c->column->reader, value, text, bytes);
}

/* Deals with a row that has no value: false where that ends the statement. */
static bool put_empty(call *c, duckdb_function_info info, idx_t row, sch_field_state state)
{
    if (sch_field_is_fault(c->column->reader.column, state)) {
        sch_engine_note(c->column->engine, fault_of(state), c->column->number);
        duckdb_scalar_function_set_error(info, "fault");
        return false;
    }
    if (c->out_validity == NULL) {
        duckdb_vector_ensure_validity_writable(c->out);
        c->out_validity = duckdb_vector_get_validity(c->out);
    }
    duckdb_validity_set_row_invalid(c->out_validity, row);
    return true;
}

/* Counts the file's rows by those of its identifier, which every statement reads exactly once. */
static bool count_rows(const call *c, duckdb_function_info info)
{
    sch_engine *engine = c->column->engine;
    if (c->column->reader.column->role != SCH_ROLE_IDENTIFIER) {
        return true;
    }
    if (atomic_fetch_add(&engine->rows, c->rows) + c->rows <= engine->job->data_set.max_rows) {
        return true;
    }
    sch_engine_note(engine, SCH_FAULT_TOO_MANY_ROWS, SCH_NO_COLUMN);
    duckdb_scalar_function_set_error(info, "fault");
    return false;
}

static void put_texts(call *c, duckdb_function_info info, duckdb_vector output)
{
    const duckdb_string_t *in = c->in_data;
    duckdb_string_t *out = c->out_data;
    for (idx_t row = 0; row < c->rows; row++) {
        sch_field_value value;
        sch_field_state state = read_row(c, row, &value);
        if (state != SCH_FIELD_OK) {
            if (!put_empty(c, info, row, state)) {
                return;
            }
        } else if (value.bytes <= sizeof out->value.inlined.inlined && value.bytes == in[row].value.inlined.length) {
            out[row] = in[row]; /* the usual case: it stands as it was and lies in the struct itself */
        } else if (value.bytes <= sizeof out->value.inlined.inlined) {
            duckdb_string_t string = {.value.inlined.length = (uint32_t)value.bytes};
            memcpy(string.value.inlined.inlined, value.text, value.bytes);
            out[row] = string;
        } else {
            duckdb_vector_assign_string_element_len(output, row, value.text, value.bytes);
        }
    }
}

static void read_texts(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    if (count_rows(&c, info)) {
        put_texts(&c, info, output);
    }
}

/* Where a statement reads the identifier more than once: this one does not count. */
static void read_again(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    put_texts(&c, info, output);
}

static void put_number(const call *c, idx_t row, int64_t number)
{
    switch (c->column->reader.column->type) {
    case SCH_TYPE_BOOLEAN:
        ((bool *)c->out_data)[row] = number != 0;
        break;
    case SCH_TYPE_DATE:
        ((duckdb_date *)c->out_data)[row] = (duckdb_date){.days = (int32_t)number};
        break;
    default:
        ((int64_t *)c->out_data)[row] = number;
        break;
    }
}

static void read_numbers(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    for (idx_t row = 0; row < c.rows; row++) {
        sch_field_value value;
        sch_field_state state = read_row(&c, row, &value);
        if (state == SCH_FIELD_OK) {
            put_number(&c, row, value.number);
        } else if (!put_empty(&c, info, row, state)) {
            return;
        }
    }
}

/* Of a Parquet file's integers. */
static void scale_numbers(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    for (idx_t row = 0; row < c.rows; row++) {
        int64_t number = 0;
        sch_field_state state = SCH_FIELD_EMPTY;
        if (sch_engine_is_valid(c.in_validity, row)) {
            state = sch_field_read_number(&c.column->reader, &number, ((const int64_t *)c.in_data)[row]);
        }
        if (state == SCH_FIELD_OK) {
            put_number(&c, row, number);
        } else if (!put_empty(&c, info, row, state)) {
            return;
        }
    }
}

static void tell_states(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    const sch_column *column = c.column->reader.column;
    bool numbers = c.column->engine->view.column[c.column->number].input == SCH_VIEW_INTEGER;
    for (idx_t row = 0; row < c.rows; row++) {
        sch_field_value value;
        sch_field_state state = SCH_FIELD_EMPTY;
        if (!numbers) {
            state = read_row(&c, row, &value);
        } else if (sch_engine_is_valid(c.in_validity, row)) {
            int64_t number;
            state = sch_field_read_number(&c.column->reader, &number, ((const int64_t *)c.in_data)[row]);
        }
        if (state == SCH_FIELD_OK && column->role == SCH_ROLE_IDENTIFIER) {
            state = sch_field_check_identifier(column, &value);
        }
        ((int8_t *)c.out_data)[row] = (int8_t)state;
    }
}

static duckdb_type type_of(const sch_column *column)
{
    if (column->role == SCH_ROLE_IDENTIFIER) {
        return DUCKDB_TYPE_VARCHAR;
    }
    switch (column->type) {
    case SCH_TYPE_TEXT:
        return DUCKDB_TYPE_VARCHAR;
    case SCH_TYPE_BOOLEAN:
        return DUCKDB_TYPE_BOOLEAN;
    case SCH_TYPE_DATE:
        return DUCKDB_TYPE_DATE;
    default:
        return DUCKDB_TYPE_BIGINT;
    }
}

static bool add(sch_engine *engine, size_t number, const char *name, duckdb_type out, duckdb_scalar_function_t body)
{
    char full[32];
    snprintf(full, sizeof full, "%s_%zu", name, number);
    bool integers = engine->view.column[number].input == SCH_VIEW_INTEGER;
    duckdb_logical_type in_type = duckdb_create_logical_type(integers ? DUCKDB_TYPE_BIGINT : DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type out_type = duckdb_create_logical_type(out);
    duckdb_scalar_function function = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(function, full);
    duckdb_scalar_function_add_parameter(function, in_type);
    duckdb_scalar_function_set_return_type(function, out_type);
    duckdb_scalar_function_set_special_handling(function); /* empty fields are ours to judge */
    duckdb_scalar_function_set_extra_info(function, &engine->column[number], NULL);
    duckdb_scalar_function_set_function(function, body);
    bool done = duckdb_register_scalar_function(engine->connection, function) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&function);
    duckdb_destroy_logical_type(&in_type);
    duckdb_destroy_logical_type(&out_type);
    return done;
}

bool sch_functions_register(sch_engine *engine)
{
    const sch_data_set *data_set = &engine->job->data_set;
    bool done = true;
    for (size_t i = 0; i < data_set->column_count && done; i++) {
        duckdb_type type = type_of(&data_set->column[i]);
        duckdb_scalar_function_t body = type == DUCKDB_TYPE_VARCHAR ? read_texts : read_numbers;
        if (engine->view.column[i].input == SCH_VIEW_INTEGER) {
            body = scale_numbers;
        }
        done = add(engine, i, "column", type, body);
        if (data_set->column[i].role == SCH_ROLE_IDENTIFIER) {
            done = done && add(engine, i, "again", type, read_again);
        }
        if (engine->job->kind == SCH_JOB_CHECK) {
            done = done && add(engine, i, "state", DUCKDB_TYPE_TINYINT, tell_states);
        }
    }
    return done;
}
