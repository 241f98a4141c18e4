/* DESIGN. DuckDB's chunks of up to 2048 rows are gathered into one frame of SCH_CHUNK_ROWS, column by column, and
 * written with one call. */
#include "node/source/rows.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

typedef struct sender {
    sch_engine *engine; /* borrowed */
    int fd;
    sch_chunk_shape shape;
    sch_source_key key_of[SCH_JOB_KEYS];
    size_t most;             /* rows of a frame */
    size_t rows;             /* gathered */
    size_t identifier_bytes; /* gathered */
    uint8_t *memory;         /* owned; what follows points into it */
    uint64_t *value;         /* column j at j * most */
    uint32_t *key;           /* likewise */
    uint8_t *length;
    uint8_t *identifiers;
    duckdb_type value_type[SCH_JOB_VALUES];
} sender;

static sch_err write_all(int fd, struct iovec *part, size_t parts)
{
    while (parts > 0) {
        ssize_t wrote = writev(fd, part, parts < IOV_MAX ? (int)parts : IOV_MAX);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            return sch_fail(SCH_IO, "the node does not take the rows");
        }
        size_t left = (size_t)wrote;
        while (parts > 0 && left >= part->iov_len) {
            left -= part->iov_len;
            part++;
            parts--;
        }
        if (parts > 0) {
            part->iov_base = (uint8_t *)part->iov_base + left;
            part->iov_len -= left;
        }
    }
    return SCH_NONE;
}

sch_err sch_rows_send_frame(int fd, sch_frame_kind kind, const sch_buf *body)
{
    uint8_t head[SCH_CHUNK_HEADER_BYTES];
    sch_frame_put_header(head, &(sch_frame_header){.kind = kind, .body_bytes = body->bytes});
    struct iovec part[2] = {{head, sizeof head}, {body->data, body->bytes}};
    return write_all(fd, part, 2);
}

static sch_err flush(sender *s)
{
    if (s->rows == 0) {
        return SCH_NONE;
    }
    uint8_t head[SCH_CHUNK_HEADER_BYTES];
    struct iovec part[SCH_JOB_VALUES + SCH_JOB_KEYS + 3];
    size_t parts = 1;
    size_t bytes = 0;
    for (size_t j = 0; j < s->shape.value_count; j++) {
        part[parts++] = (struct iovec){s->value + j * s->most, 8 * s->rows};
    }
    for (size_t j = 0; j < s->shape.key_count; j++) {
        part[parts++] = (struct iovec){s->key + j * s->most, 4 * s->rows};
    }
    part[parts++] = (struct iovec){s->length, s->rows};
    part[parts++] = (struct iovec){s->identifiers, s->identifier_bytes};
    for (size_t i = 1; i < parts; i++) {
        bytes += part[i].iov_len;
    }
    sch_frame_put_header(head, &(sch_frame_header){SCH_FRAME_ROWS, s->rows, s->identifier_bytes, bytes});
    part[0] = (struct iovec){head, sizeof head};
    s->rows = 0;
    s->identifier_bytes = 0;
    return write_all(s->fd, part, parts);
}

/* ---- the statement's columns ---- */

static bool is_value_type(duckdb_type type)
{
    return type == DUCKDB_TYPE_BIGINT || type == DUCKDB_TYPE_INTEGER || type == DUCKDB_TYPE_HUGEINT;
}

static duckdb_type type_of_key(const sch_source_key *key)
{
    return key->bin                                ? DUCKDB_TYPE_BIGINT
           : key->column->type == SCH_TYPE_TEXT    ? DUCKDB_TYPE_VARCHAR
           : key->column->type == SCH_TYPE_BOOLEAN ? DUCKDB_TYPE_BOOLEAN
                                                   : DUCKDB_TYPE_BIGINT;
}

/* Whether the statement gives the identifier, the keys and the values, in their types. */
static bool take_types(sender *s, duckdb_result *result)
{
    size_t keys = s->shape.key_count;
    bool holds = duckdb_column_count(result) == 1 + keys + s->shape.value_count &&
                 duckdb_column_type(result, 0) == DUCKDB_TYPE_VARCHAR;
    for (size_t j = 0; j < keys && holds; j++) {
        holds = duckdb_column_type(result, 1 + j) == type_of_key(&s->key_of[j]);
    }
    for (size_t j = 0; j < s->shape.value_count && holds; j++) {
        s->value_type[j] = duckdb_column_type(result, 1 + keys + j);
        holds = is_value_type(s->value_type[j]);
    }
    return holds;
}

/* Some rows of one column of a chunk. */
typedef struct span {
    const void *data;
    const uint64_t *validity;
    idx_t from, rows;
} span;

static span span_of(duckdb_data_chunk chunk, size_t column, idx_t from, idx_t rows)
{
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, column);
    return (span){duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector), from, rows};
}

static bool has_value(const span *s, idx_t row)
{
    return sch_engine_is_valid(s->validity, row);
}

static bool add_identifiers(sender *s, const span *in)
{
    const duckdb_string_t *string = (const duckdb_string_t *)in->data + in->from;
    for (idx_t i = 0; i < in->rows; i++) {
        size_t bytes = 0;
        if (has_value(in, in->from + i)) {
            const char *text = sch_engine_string(&string[i], &bytes);
            if (bytes > SCH_FIELD_IDENTIFIER_MAX) {
                return false; /* not what column_N gives */
            }
            if (bytes <= sizeof string->value.inlined.inlined) {
                /* A copy of fixed size takes no call; what is too much is overwritten by the next, or by nobody. */
                memcpy(s->identifiers + s->identifier_bytes, text, sizeof string->value.inlined.inlined);
            } else {
                memcpy(s->identifiers + s->identifier_bytes, text, bytes);
            }
        }
        s->length[s->rows + i] = (uint8_t)bytes;
        s->identifier_bytes += bytes;
    }
    return true;
}

/* The code of a key's value; false where it has none. codes: of the key's column, where it has a list. */
static bool code_of(const sch_source_key *key, const sch_codes *codes, uint32_t *code, const span *in, idx_t row)
{
    const sch_column *c = key->column;
    if (key->bin) {
        int64_t number = ((const int64_t *)in->data)[row];
        *code = (uint32_t)number;
        return number >= 0 && number < (int64_t)c->bin_count;
    }
    if (c->type == SCH_TYPE_BOOLEAN) {
        *code = ((const bool *)in->data)[row] ? 1 : 0;
        return true;
    }
    if (c->type == SCH_TYPE_INTEGER) {
        int64_t number = ((const int64_t *)in->data)[row];
        *code = (uint32_t)((uint64_t)number - (uint64_t)c->minimum);
        return number >= c->minimum && number <= c->maximum;
    }
    size_t bytes;
    const char *text = sch_engine_string((const duckdb_string_t *)in->data + row, &bytes);
    return sch_codes_find(codes, code, text, bytes);
}

static bool add_key(sender *s, size_t j, const span *in)
{
    const sch_job_key *key = &s->engine->job->key[j];
    const sch_codes *codes = &s->engine->relation[key->relation].column[key->column].reader.codes;
    uint32_t *out = s->key + j * s->most + s->rows;
    for (idx_t i = 0; i < in->rows; i++) {
        if (!has_value(in, in->from + i)) {
            out[i] = s->shape.domain[j] - 1; /* a required column's, too: an outer join leaves it empty */
        } else if (!code_of(&s->key_of[j], codes, &out[i], in, in->from + i)) {
            if (!key->bin) { /* a bin that is none is the statement's fault, not a value's */
                sch_engine_note(s->engine, SCH_FAULT_OUTSIDE, key->relation, key->column);
            }
            return false;
        }
    }
    return true;
}

/* False where a value is NULL, which no local part gives, or does not fit 64 bits. */
static bool add_value(sender *s, size_t j, const span *in)
{
    uint64_t *out = s->value + j * s->most + s->rows;
    for (idx_t i = 0; i < in->rows; i++) {
        idx_t row = in->from + i;
        if (!has_value(in, row)) {
            return false;
        }
        if (s->value_type[j] == DUCKDB_TYPE_BIGINT) {
            out[i] = (uint64_t)((const int64_t *)in->data)[row];
        } else if (s->value_type[j] == DUCKDB_TYPE_INTEGER) {
            out[i] = (uint64_t)(int64_t)((const int32_t *)in->data)[row];
        } else {
            duckdb_hugeint value = ((const duckdb_hugeint *)in->data)[row];
            out[i] = value.lower;
            if (value.upper != (value.lower >> 63 != 0 ? -1 : 0)) {
                sch_engine_note(s->engine, SCH_FAULT_ARITHMETIC, SCH_NO_RELATION, SCH_NO_COLUMN);
                return false;
            }
        }
    }
    return true;
}

/* Adds a chunk's rows, writing frames as they fill. */
static sch_err add_chunk(sender *s, sch_fault *fault, duckdb_data_chunk chunk)
{
    idx_t all = duckdb_data_chunk_get_size(chunk);
    sch_err err = SCH_NONE;
    for (idx_t from = 0; from < all;) {
        idx_t rows = all - from < s->most - s->rows ? all - from : s->most - s->rows;
        span in = span_of(chunk, 0, from, rows);
        bool done = add_identifiers(s, &in);
        for (size_t j = 0; j < s->shape.key_count && done; j++) {
            in = span_of(chunk, 1 + j, from, rows);
            done = add_key(s, j, &in);
        }
        for (size_t j = 0; j < s->shape.value_count && done; j++) {
            in = span_of(chunk, 1 + s->shape.key_count + j, from, rows);
            done = add_value(s, j, &in);
        }
        if (!done) {
            if (!sch_engine_noted(s->engine, fault)) {
                fault->kind = SCH_FAULT_RESULT;
            }
            return SCH_NONE;
        }
        s->rows += rows;
        from += rows;
        if (s->rows == s->most) {
            SCH_TRY(flush(s));
        }
    }
out:
    return err;
}

static sch_err make_room(sender *s)
{
    size_t words = s->most * s->shape.value_count;
    size_t codes = s->most * s->shape.key_count;
    s->memory = malloc(8 * words + 4 * codes + s->most * (1 + SCH_FIELD_IDENTIFIER_MAX));
    if (s->memory == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a chunk");
    }
    s->value = (uint64_t *)(void *)s->memory;
    s->key = (uint32_t *)(void *)(s->value + words);
    s->length = (uint8_t *)(s->key + codes);
    s->identifiers = s->length + s->most;
    return SCH_NONE;
}

sch_err sch_rows_send(sch_engine *engine, uint64_t *rows, sch_fault *fault, int fd)
{
    const sch_source_job *job = engine->job;
    sender s = {.engine = engine, .fd = fd};
    sch_engine_result result = {0};
    duckdb_data_chunk chunk = NULL;
    sch_err err = SCH_NONE;
    *rows = 0;
    sch_job_keys(s.key_of, job);
    SCH_TRY(sch_chunk_shape_make(&s.shape, job->relation_count, s.key_of, job->key_count, job->value_count));
    s.most = sch_chunk_rows_most(&s.shape);
    SCH_TRY(make_room(&s));
    if (!sch_engine_start(engine, &result, fault, job->sql, true)) {
        goto out;
    }
    if (!take_types(&s, &result.result)) {
        fault->kind = SCH_FAULT_RESULT;
        goto out;
    }
    while ((chunk = sch_engine_next(engine, &result, fault)) != NULL) {
        *rows += duckdb_data_chunk_get_size(chunk);
        SCH_TRY(add_chunk(&s, fault, chunk));
        if (fault->kind != 0) {
            goto out;
        }
        duckdb_destroy_data_chunk(&chunk);
    }
    if (fault->kind == 0) {
        SCH_TRY(flush(&s));
    }
out:
    duckdb_destroy_data_chunk(&chunk);
    sch_engine_result_clear(&result);
    free(s.memory);
    return err;
}
