#include "node/source/job.h"

#include <stdlib.h>
#include <string.h>

#include "proto/text.h"

/* ---- writing: an error stays in the writer until the end ---- */

typedef struct writer {
    sch_buf *out; /* borrowed */
    sch_err err;
} writer;

static void put_word(writer *w, uint64_t value)
{
    uint8_t word[8];
    sch_put_u64(word, value);
    if (!sch_failed(w->err)) {
        w->err = sch_buf_append(w->out, word, sizeof word);
    }
}

static void put_text(writer *w, const char *text)
{
    size_t bytes = text == NULL ? 0 : strlen(text);
    put_word(w, bytes);
    if (!sch_failed(w->err)) {
        w->err = sch_buf_append(w->out, text, bytes);
    }
}

static void put_column(writer *w, const sch_column *column)
{
    put_text(w, column->name);
    put_word(w, column->role);
    put_word(w, column->type);
    put_word(w, column->identifier);
    put_word(w, column->decimals);
    put_word(w, column->required);
    put_word(w, column->bounded);
    put_word(w, (uint64_t)column->minimum);
    put_word(w, (uint64_t)column->maximum);
    put_word(w, column->code_count);
    for (uint32_t i = 0; i < column->code_count; i++) {
        put_text(w, column->code[i]);
    }
}

static void put_file(writer *w, const sch_source_file *file)
{
    put_text(w, file->path);
    put_word(w, file->format);
    put_word(w, (uint8_t)file->delimiter);
    put_word(w, (uint8_t)file->quote);
    put_word(w, (uint8_t)file->decimal_separator);
    put_text(w, file->encoding);
    put_text(w, file->date_format);
    put_text(w, file->true_text);
    put_text(w, file->false_text);
    put_text(w, file->empty_text);
    put_word(w, file->duplicates);
    put_word(w, file->header_count);
    for (size_t i = 0; i < file->header_count; i++) {
        put_text(w, file->header[i]);
    }
}

static void put_query(writer *w, const sch_data_set *data_set, const sch_source_query *query)
{
    put_text(w, query->sql);
    put_word(w, query->key_count);
    for (size_t i = 0; i < query->key_count; i++) {
        size_t number = 0;
        while (number < data_set->column_count && strcmp(data_set->column[number].name, query->key[i]->name) != 0) {
            number++;
        }
        put_word(w, number);
        if (number == data_set->column_count || sch_column_domain(&data_set->column[number]) == 0) {
            w->err = sch_fail(SCH_BUG, "a key of a local part is no dimension of its data set");
        }
    }
    put_word(w, query->value_count);
}

sch_err sch_job_encode(sch_buf *out, const sch_source_options *options, const sch_data_set *data_set,
                       const sch_source_file *file, const sch_source_query *query)
{
    if (query != NULL && (query->key_count > SCH_MAX_KEYS || query->value_count > SCH_MAX_VALUES)) {
        return sch_fail(SCH_BUG, "a local part has too many keys or values");
    }
    if (file->header_count != data_set->column_count) {
        return sch_fail(SCH_BUG, "a data set and its file differ in columns");
    }
    writer w = {.out = out, .err = SCH_NONE};
    put_word(&w, query != NULL ? SCH_JOB_EXECUTE : SCH_JOB_CHECK);
    put_word(&w, options->memory_mb);
    put_word(&w, options->threads);
    put_text(&w, options->spill_dir);
    put_word(&w, data_set->rows_per_person);
    put_word(&w, data_set->max_rows);
    put_word(&w, data_set->column_count);
    for (size_t i = 0; i < data_set->column_count; i++) {
        put_column(&w, &data_set->column[i]);
    }
    put_file(&w, file);
    const sch_source_query none = {.sql = ""};
    put_query(&w, data_set, query != NULL ? query : &none);
    return w.err;
}

/* ---- reading: likewise ---- */

typedef struct reader {
    const uint8_t *data;
    size_t bytes;
    sch_err err;
} reader;

static void fail(reader *r, const char *text)
{
    if (!sch_failed(r->err)) {
        r->err = sch_fail(SCH_BAD_INPUT, text);
    }
    r->bytes = 0;
}

/* The next word, at most `most`; 0 after a failure. */
static uint64_t get_word(reader *r, uint64_t most)
{
    if (r->bytes < 8) {
        fail(r, "a job ends too early");
        return 0;
    }
    uint64_t value = sch_get_u64(r->data);
    r->data += 8;
    r->bytes -= 8;
    if (value > most) {
        fail(r, "a number of a job is out of range");
        return 0;
    }
    return value;
}

/* A copy of the next text, owned by the caller; NULL after a failure. */
static char *get_text(reader *r)
{
    size_t bytes = (size_t)get_word(r, r->bytes >= 8 ? r->bytes - 8 : 0);
    if (sch_failed(r->err)) {
        return NULL;
    }
    if (bytes > 0 && memchr(r->data, '\0', bytes) != NULL) {
        fail(r, "a text of a job has a zero byte");
        return NULL;
    }
    char *text = malloc(bytes + 1);
    if (text == NULL) {
        r->err = sch_fail(SCH_NO_MEMORY, "no memory for a job");
        r->bytes = 0;
        return NULL;
    }
    memcpy(text, r->data, bytes);
    text[bytes] = '\0';
    r->data += bytes;
    r->bytes -= bytes;
    return text;
}

static void get_array(reader *r, char *out, size_t out_bytes)
{
    char *text = get_text(r);
    if (text != NULL && sch_failed(sch_text_copy(out, out_bytes, text))) {
        fail(r, "a text of a job is too long");
    }
    free(text);
}

/* Room for `count` zeroed things; NULL after a failure. */
static void *get_room(reader *r, size_t count, size_t bytes)
{
    void *room = sch_failed(r->err) ? NULL : calloc(count > 0 ? count : 1, bytes);
    if (room == NULL && !sch_failed(r->err)) {
        r->err = sch_fail(SCH_NO_MEMORY, "no memory for a job");
        r->bytes = 0;
    }
    return room;
}

static void get_column(reader *r, sch_column *column)
{
    get_array(r, column->name, sizeof column->name);
    column->role = (sch_column_role)get_word(r, SCH_ROLE_ATTRIBUTE);
    column->type = (sch_type)get_word(r, SCH_TYPE_DATE);
    column->identifier = (sch_identifier_kind)get_word(r, SCH_IDENTIFIER_TEXT);
    column->decimals = (uint8_t)get_word(r, SCH_MAX_DECIMALS);
    column->required = get_word(r, 1) != 0;
    column->bounded = get_word(r, 1) != 0;
    column->minimum = (int64_t)get_word(r, UINT64_MAX);
    column->maximum = (int64_t)get_word(r, UINT64_MAX);
    uint32_t codes = (uint32_t)get_word(r, SCH_MAX_CODES);
    column->code = get_room(r, codes, sizeof *column->code);
    column->code_count = column->code == NULL ? 0 : codes;
    for (uint32_t i = 0; i < column->code_count; i++) {
        column->code[i] = get_text(r);
    }
}

static void get_file(reader *r, sch_source_file *file)
{
    file->path = get_text(r);
    file->format = (sch_file_format)get_word(r, SCH_FILE_PARQUET);
    file->delimiter = (char)get_word(r, INT8_MAX);
    file->quote = (char)get_word(r, INT8_MAX);
    file->decimal_separator = (char)get_word(r, INT8_MAX);
    get_array(r, file->encoding, sizeof file->encoding);
    get_array(r, file->date_format, sizeof file->date_format);
    get_array(r, file->true_text, sizeof file->true_text);
    get_array(r, file->false_text, sizeof file->false_text);
    get_array(r, file->empty_text, sizeof file->empty_text);
    file->duplicates = (sch_duplicates)get_word(r, SCH_DUPLICATES_LEAVE_OUT);
    size_t headers = (size_t)get_word(r, SCH_MAX_COLUMNS);
    file->header = get_room(r, headers, sizeof *file->header);
    file->header_count = file->header == NULL ? 0 : headers;
    for (size_t i = 0; i < file->header_count; i++) {
        file->header[i] = get_text(r);
    }
}

sch_err sch_job_decode(sch_source_job *job, const uint8_t *data, size_t bytes)
{
    *job = (sch_source_job){0};
    reader r = {.data = data, .bytes = bytes, .err = SCH_NONE};
    job->kind = (sch_job_kind)get_word(&r, SCH_JOB_CHECK);
    job->memory_mb = (uint32_t)get_word(&r, UINT32_MAX);
    job->threads = (uint32_t)get_word(&r, UINT32_MAX);
    job->spill_dir = get_text(&r);
    job->data_set.rows_per_person = (sch_rows_per_person)get_word(&r, SCH_MANY_PER_PERSON);
    job->data_set.max_rows = get_word(&r, UINT64_MAX);
    size_t columns = (size_t)get_word(&r, SCH_MAX_COLUMNS);
    job->data_set.column = get_room(&r, columns, sizeof *job->data_set.column);
    job->data_set.column_count = job->data_set.column == NULL ? 0 : columns;
    for (size_t i = 0; i < job->data_set.column_count; i++) {
        get_column(&r, &job->data_set.column[i]);
    }
    get_file(&r, &job->file);
    job->sql = get_text(&r);
    job->key_count = (size_t)get_word(&r, SCH_MAX_KEYS);
    for (size_t i = 0; i < job->key_count; i++) {
        job->key[i] = (uint32_t)get_word(&r, columns > 0 ? columns - 1 : 0);
    }
    job->value_count = (size_t)get_word(&r, SCH_MAX_VALUES);
    if (r.bytes > 0 || job->kind == 0 || columns == 0 || job->file.header_count != columns) {
        fail(&r, "a job is not well formed");
    }
    return r.err;
}

void sch_job_clear(sch_source_job *job)
{
    free(job->spill_dir);
    free(job->sql);
    sch_data_set_clear(&job->data_set);
    sch_source_file_clear(&job->file);
    *job = (sch_source_job){0};
}
