/* DESIGN. One function a column, told by its extra info which; called with vectors of up to 2048 rows on any of the
 * engine's threads. A fault is noted in the engine (kind and column, no value) before the statement is failed with a
 * text that says nothing, so that the column is known however DuckDB words the failure. */
#include "node/source/functions.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ident/plain_text.h"
#include "crypto/prim/hash.h"

enum { SHORT_TEXT_BYTES = 256 }; /* as most texts of link keys are: they need no memory of their own */

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

static void put_null(call *c, idx_t row)
{
    if (c->out_validity == NULL) {
        duckdb_vector_ensure_validity_writable(c->out);
        c->out_validity = duckdb_vector_get_validity(c->out);
    }
    duckdb_validity_set_row_invalid(c->out_validity, row);
}

/* Notes a fault and ends the statement. */
static void end_statement(const call *c, duckdb_function_info info, sch_fault_kind kind, uint32_t column)
{
    const sch_engine_relation *relation = c->column->relation;
    sch_engine_note(relation->engine, kind, relation->view.number, column);
    duckdb_scalar_function_set_error(info, "fault");
}

/* Deals with a row that has no value: false where that ends the statement. */
static bool put_empty(call *c, duckdb_function_info info, idx_t row, sch_field_state state)
{
    if (sch_field_is_fault(c->column->reader.column, state)) {
        end_statement(c, info, fault_of(state), c->column->number);
        return false;
    }
    put_null(c, row);
    return true;
}

/* Counts the file's rows by those of its identifier. False where there are too many. */
static bool count_rows(const call *c, duckdb_function_info info)
{
    sch_engine_relation *relation = c->column->relation;
    if (relation->counted || atomic_fetch_add(&relation->rows, c->rows) + c->rows <= relation->job->data_set.max_rows) {
        return true;
    }
    end_statement(c, info, SCH_FAULT_TOO_MANY_ROWS, SCH_NO_COLUMN);
    return false;
}

/* in: the field that the value was read from. */
static inline void put_text(const call *c, idx_t row, const duckdb_string_t *in, const sch_field_value *value)
{
    duckdb_string_t *out = (duckdb_string_t *)c->out_data + row;
    if (value->bytes > sizeof out->value.inlined.inlined) {
        duckdb_vector_assign_string_element_len(c->out, row, value->text, value->bytes);
    } else if (value->text != value->own && value->bytes == in->value.inlined.length) {
        *out = *in; /* the usual case: it stands as it was and lies in the struct itself */
    } else {
        duckdb_string_t string = {.value.inlined.length = (uint32_t)value->bytes};
        memcpy(string.value.inlined.inlined, value->text, value->bytes);
        *out = string;
    }
}

static void read_texts(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    const duckdb_string_t *in = c.in_data;
    for (idx_t row = 0; row < c.rows; row++) {
        sch_field_value value;
        sch_field_state state = read_row(&c, row, &value);
        if (state == SCH_FIELD_OK) {
            put_text(&c, row, &in[row], &value);
        } else if (!put_empty(&c, info, row, state)) {
            return;
        }
    }
}

static void read_identifiers(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    const duckdb_string_t *in = c.in_data;
    sch_engine_relation *relation = c.column->relation;
    uint64_t empty = 0;
    uint64_t invalid = 0;
    if (!count_rows(&c, info)) {
        return;
    }
    for (idx_t row = 0; row < c.rows; row++) {
        sch_field_value value;
        sch_field_state state = read_row(&c, row, &value);
        if (state == SCH_FIELD_OK) {
            put_text(&c, row, &in[row], &value);
        } else {
            put_null(&c, row);
            empty += state == SCH_FIELD_EMPTY;
            invalid += state != SCH_FIELD_EMPTY;
        }
    }
    if (relation->view.number > 0 && !relation->counted) {
        atomic_fetch_add(&relation->empty, empty);
        atomic_fetch_add(&relation->invalid, invalid);
    }
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
    bool numbers = c.column->relation->view.column[c.column->number].input == SCH_VIEW_INTEGER;
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

/* ---- of statements ---- */

static void number_texts(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    for (idx_t row = 0; row < c.rows; row++) {
        if (!sch_engine_is_valid(c.in_validity, row)) {
            put_null(&c, row);
            continue;
        }
        size_t bytes;
        const char *text = sch_engine_string((const duckdb_string_t *)c.in_data + row, &bytes);
        uint8_t hash[SCH_SHA256_BYTES];
        if (sch_failed(sch_hash_bytes(hash, text, bytes))) {
            duckdb_scalar_function_set_error(info, "SHA-256 failed");
            return;
        }
        uint64_t first = 0;
        for (size_t i = 0; i < 8; i++) {
            first = first << 8 | hash[i];
        }
        ((int64_t *)c.out_data)[row] = (int64_t)(first >> 3);
    }
}

/* The plain form without its blanks, in place of it; its bytes. */
static size_t drop_blanks(uint8_t *text, size_t bytes)
{
    size_t kept = 0;
    for (size_t i = 0; i < bytes; i++) {
        text[kept] = text[i];
        kept += text[i] != ' ';
    }
    return kept;
}

static void make_link_texts(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    call c = call_init(info, input, output);
    uint8_t own[SHORT_TEXT_BYTES], *longer = NULL;
    size_t longer_bytes = 0;
    for (idx_t row = 0; row < c.rows; row++) {
        if (!sch_engine_is_valid(c.in_validity, row)) {
            put_null(&c, row);
            continue;
        }
        size_t bytes;
        const char *text = sch_engine_string((const duckdb_string_t *)c.in_data + row, &bytes);
        if (bytes > sizeof own && bytes > longer_bytes) {
            free(longer);
            longer = malloc(bytes);
            longer_bytes = bytes;
            if (longer == NULL) {
                duckdb_scalar_function_set_error(info, "no memory for a text");
                return;
            }
        }
        uint8_t *plain = bytes > sizeof own ? longer : own;
        size_t length = drop_blanks(plain, sch_plain_text_1(plain, (const uint8_t *)text, bytes));
        if (length > 0) {
            duckdb_vector_assign_string_element_len(output, row, (const char *)plain, length);
        } else {
            put_null(&c, row);
        }
    }
    free(longer);
}

/* ---- making them ---- */

typedef struct function {
    char name[32];
    duckdb_type in, out;
    duckdb_scalar_function_t body;
    sch_engine_column *column; /* borrowed; NULL for none */
    bool is_volatile;
} function;

static bool add(sch_engine *engine, const function *f)
{
    duckdb_logical_type in = duckdb_create_logical_type(f->in);
    duckdb_logical_type out = duckdb_create_logical_type(f->out);
    duckdb_scalar_function made = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(made, f->name);
    duckdb_scalar_function_add_parameter(made, in);
    duckdb_scalar_function_set_return_type(made, out);
    duckdb_scalar_function_set_special_handling(made); /* empty fields are ours to judge */
    duckdb_scalar_function_set_extra_info(made, f->column, NULL);
    duckdb_scalar_function_set_function(made, f->body);
    if (f->is_volatile) {
        duckdb_scalar_function_set_volatile(made);
    }
    bool done = duckdb_register_scalar_function(engine->connection, made) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&made);
    duckdb_destroy_logical_type(&in);
    duckdb_destroy_logical_type(&out);
    return done;
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

static bool add_column(sch_engine_relation *relation, size_t number)
{
    sch_engine *engine = relation->engine;
    const sch_column *column = &relation->job->data_set.column[number];
    bool integers = relation->view.column[number].input == SCH_VIEW_INTEGER;
    bool identifier = column->role == SCH_ROLE_IDENTIFIER;
    function f = {.in = integers ? DUCKDB_TYPE_BIGINT : DUCKDB_TYPE_VARCHAR,
                  .out = type_of(column),
                  .column = &relation->column[number],
                  .is_volatile = identifier && engine->job->relation_count > 1};
    f.body = integers                       ? scale_numbers
             : identifier                   ? read_identifiers
             : f.out == DUCKDB_TYPE_VARCHAR ? read_texts
                                            : read_numbers;
    snprintf(f.name, sizeof f.name, "column_%u_%zu", relation->view.number, number);
    bool done = add(engine, &f);
    if (done && identifier) {
        f.column = &relation->person;
        f.is_volatile = true;
        snprintf(f.name, sizeof f.name, "person_%u", relation->view.number);
        done = add(engine, &f);
    }
    if (done && engine->job->kind == SCH_JOB_CHECK) {
        f.column = &relation->column[number];
        f.is_volatile = false;
        f.out = DUCKDB_TYPE_TINYINT;
        f.body = tell_states;
        snprintf(f.name, sizeof f.name, "state_%u_%zu", relation->view.number, number);
        done = add(engine, &f);
    }
    return done;
}

bool sch_functions_register(sch_engine *engine)
{
    const function number = {
        .name = "sch_text_number", .in = DUCKDB_TYPE_VARCHAR, .out = DUCKDB_TYPE_BIGINT, .body = number_texts};
    const function link = {
        .name = "sch_link_text", .in = DUCKDB_TYPE_VARCHAR, .out = DUCKDB_TYPE_VARCHAR, .body = make_link_texts};
    bool done = add(engine, &number) && add(engine, &link);
    for (size_t i = 0; i < engine->job->relation_count; i++) {
        for (size_t j = 0; j < engine->job->relation[i].data_set.column_count && done; j++) {
            done = add_column(&engine->relation[i], j);
        }
    }
    return done;
}
