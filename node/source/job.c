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
    put_word(w, column->bin_count);
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

static void put_link_key(writer *w, const sch_link_key *key, const sch_data_set *data_set)
{
    put_word(w, key->part_count);
    for (size_t i = 0; i < key->part_count; i++) {
        const sch_column *column = sch_data_set_find(data_set, key->part[i].column);
        if (column == NULL) {
            w->err = sch_fail(SCH_BUG, "a link key has a column that its data set lacks");
            return;
        }
        put_word(w, (uint64_t)(column - data_set->column));
        put_word(w, key->part[i].first);
    }
}

static void put_relation(writer *w, const sch_data_set *data_set, const sch_source_file *file)
{
    put_word(w, data_set->rows_per_person);
    put_word(w, data_set->max_rows);
    put_word(w, data_set->column_count);
    for (size_t i = 0; i < data_set->column_count; i++) {
        put_column(w, &data_set->column[i]);
    }
    put_word(w, data_set->link_key_count);
    for (size_t i = 0; i < data_set->link_key_count; i++) {
        put_link_key(w, &data_set->link_key[i], data_set);
    }
    put_file(w, file);
    if (file->header_count != data_set->column_count) {
        w->err = sch_fail(SCH_BUG, "a data set and its file differ in columns");
    }
}

static void put_key(writer *w, const sch_source_key *key, const sch_source_relation *relation, size_t relation_count)
{
    const sch_data_set *data_set = key->relation < relation_count ? relation[key->relation].data_set : NULL;
    const sch_column *column = data_set == NULL ? NULL : sch_data_set_find(data_set, key->column->name);
    if (column == NULL || sch_source_key_codes(key) == 0) {
        w->err = sch_fail(SCH_BUG, "a key of a local part is no column of its relation, or has no codes");
        return;
    }
    put_word(w, key->relation);
    put_word(w, (uint64_t)(column - data_set->column));
    put_word(w, key->bin);
}

sch_err sch_job_encode(sch_buf *out, const sch_source_options *options, const sch_source_relation *relation,
                       size_t relation_count, const sch_source_query *query)
{
    const sch_source_query none = {.sql = ""};
    writer w = {.out = out, .err = SCH_NONE};
    put_word(&w, query != NULL ? SCH_JOB_EXECUTE : SCH_JOB_CHECK);
    query = query != NULL ? query : &none;
    if (relation_count < 1 || relation_count > SCH_MAX_FROM || query->key_count > SCH_JOB_KEYS ||
        query->value_count > SCH_JOB_VALUES) {
        return sch_fail(SCH_BUG, "a local part has no relations, or too many relations, keys or values");
    }
    put_word(&w, options->memory_mb);
    put_word(&w, options->threads);
    put_text(&w, options->spill_dir);
    put_word(&w, relation_count);
    for (size_t i = 0; i < relation_count; i++) {
        put_relation(&w, relation[i].data_set, relation[i].file);
    }
    put_text(&w, query->sql);
    put_word(&w, query->key_count);
    for (size_t i = 0; i < query->key_count; i++) {
        put_key(&w, &query->key[i], relation, relation_count);
    }
    put_word(&w, query->value_count);
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
    column->identifier = (sch_identifier_kind)get_word(r, SCH_IDENTIFIER_KINDS);
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
    column->bin_count = (uint32_t)get_word(r, SCH_MAX_BINS);
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

/* Of a data set that has columns. */
static void get_link_key(reader *r, sch_link_key *key, const sch_data_set *data_set)
{
    key->part_count = (size_t)get_word(r, SCH_MAX_LINK_PARTS);
    for (size_t i = 0; i < key->part_count; i++) {
        const sch_column *column = &data_set->column[get_word(r, data_set->column_count - 1)];
        memcpy(key->part[i].column, column->name, sizeof key->part[i].column);
        key->part[i].first = (uint8_t)get_word(r, SCH_MAX_LINK_FIRST);
    }
    if (key->part_count == 0) {
        fail(r, "a job's link key has no columns");
    }
}

static void get_link_keys(reader *r, sch_data_set *data_set)
{
    size_t keys = data_set->column_count == 0 ? 0 : (size_t)get_word(r, SCH_MAX_LINK_KEYS);
    data_set->link_key = get_room(r, keys, sizeof *data_set->link_key);
    data_set->link_key_count = data_set->link_key == NULL ? 0 : keys;
    for (size_t i = 0; i < data_set->link_key_count; i++) {
        get_link_key(r, &data_set->link_key[i], data_set);
    }
}

static void get_relation(reader *r, sch_job_relation *relation)
{
    sch_data_set *data_set = &relation->data_set;
    data_set->rows_per_person = (sch_rows_per_person)get_word(r, SCH_MANY_PER_PERSON);
    data_set->max_rows = get_word(r, UINT64_MAX);
    size_t columns = (size_t)get_word(r, SCH_MAX_COLUMNS);
    data_set->column = get_room(r, columns, sizeof *data_set->column);
    data_set->column_count = data_set->column == NULL ? 0 : columns;
    for (size_t i = 0; i < data_set->column_count; i++) {
        get_column(r, &data_set->column[i]);
    }
    get_link_keys(r, data_set);
    get_file(r, &relation->file);
    if (relation->file.header_count != columns || sch_data_set_identifier(data_set) == NULL) {
        fail(r, "a job's relation is not well formed");
    }
}

static void get_key(reader *r, sch_job_key *key, const sch_source_job *job)
{
    size_t relations = job->relation_count > 0 ? job->relation_count : 1;
    key->relation = (uint32_t)get_word(r, relations - 1);
    size_t columns = job->relation[key->relation].data_set.column_count;
    key->column = (uint32_t)get_word(r, columns > 0 ? columns - 1 : 0);
    key->bin = get_word(r, 1) != 0;
}

sch_err sch_job_decode(sch_source_job *job, const uint8_t *data, size_t bytes)
{
    *job = (sch_source_job){0};
    reader r = {.data = data, .bytes = bytes, .err = SCH_NONE};
    job->kind = (sch_job_kind)get_word(&r, SCH_JOB_CHECK);
    job->memory_mb = (uint32_t)get_word(&r, UINT32_MAX);
    job->threads = (uint32_t)get_word(&r, UINT32_MAX);
    job->spill_dir = get_text(&r);
    job->relation_count = (size_t)get_word(&r, SCH_MAX_FROM);
    for (size_t i = 0; i < job->relation_count; i++) {
        get_relation(&r, &job->relation[i]);
    }
    job->sql = get_text(&r);
    job->key_count = (size_t)get_word(&r, SCH_JOB_KEYS);
    for (size_t i = 0; i < job->key_count; i++) {
        get_key(&r, &job->key[i], job);
    }
    job->value_count = (size_t)get_word(&r, SCH_JOB_VALUES);
    bool one = job->kind == SCH_JOB_EXECUTE || job->relation_count == 1;
    if (r.bytes > 0 || job->kind == 0 || job->relation_count == 0 || !one) {
        fail(&r, "a job is not well formed");
    }
    return r.err;
}

void sch_job_keys(sch_source_key *out, const sch_source_job *job)
{
    for (size_t i = 0; i < job->key_count; i++) {
        const sch_job_key *key = &job->key[i];
        out[i] = (sch_source_key){.relation = (uint8_t)key->relation,
                                  .column = &job->relation[key->relation].data_set.column[key->column],
                                  .bin = key->bin};
    }
}

void sch_job_clear(sch_source_job *job)
{
    free(job->spill_dir);
    free(job->sql);
    for (size_t i = 0; i < job->relation_count; i++) {
        sch_data_set_clear(&job->relation[i].data_set);
        sch_source_file_clear(&job->relation[i].file);
    }
    *job = (sch_source_job){0};
}
