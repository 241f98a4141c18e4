#include "tests/unit/test_source_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void fixture_open(fixture *f)
{
    *f = (fixture){0};
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/sch_source_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->options = (sch_source_options){.program = SCH_SOURCE_PROGRAM, .memory_mb = 256, .threads = 2};
}

void fixture_close(fixture *f)
{
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    sch_data_set_clear(&f->data_set);
    sch_source_file_clear(&f->file);
    for (size_t i = 0; i < f->others; i++) {
        sch_data_set_clear(&f->other_set[i]);
        sch_source_file_clear(&f->other_file[i]);
    }
    free(f->row);
}

const char *fixture_path(const fixture *f, const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    return path;
}

void fixture_write(fixture *f, const char *name, const void *data, size_t bytes)
{
    FILE *out = fopen(fixture_path(f, name), "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, bytes, out), bytes);
    assert_int_equal(fclose(out), 0);
}

void fixture_write_text(fixture *f, const char *name, const char *text)
{
    fixture_write(f, name, text, strlen(text));
}

static void load(fixture *f, sch_data_set *data_set, sch_source_file *file, const char *yaml)
{
    fixture_write_text(f, "schema.yaml", yaml);
    sch_err err = sch_schema_load(data_set, file, fixture_path(f, "schema.yaml"), &f->detail);
    if (sch_failed(err)) {
        fail_msg("%s", sch_detail_or_text(&f->detail, err));
    }
}

void fixture_schema(fixture *f, const char *yaml)
{
    sch_data_set_clear(&f->data_set);
    sch_source_file_clear(&f->file);
    load(f, &f->data_set, &f->file, yaml);
}

void fixture_other(fixture *f, const char *yaml, const char *name, const char *csv)
{
    assert_true(f->others < FIXTURE_OTHERS);
    load(f, &f->other_set[f->others], &f->other_file[f->others], yaml);
    fixture_write_text(f, name, csv);
    f->others++;
}

void fixture_persons(fixture *f, const char *rows, const char *csv)
{
    char yaml[2048];
    (void)snprintf(yaml, sizeof yaml,
                   "name: personen\n"
                   "rows: %s\n"
                   "max_rows: 2000000\n"
                   "file: {path: data.csv, date_format: \"%%d-%%m-%%Y\", true: J, false: N, empty: \".\"}\n"
                   "columns:\n"
                   "  - {name: bsn, role: identifier, identifier: bsn}\n"
                   "  - {name: buurt, type: text, role: dimension, codes: [A, B, C]}\n"
                   "  - {name: jaar, type: integer, role: dimension, minimum: 2020, maximum: 2025}\n"
                   "  - {name: werkt, type: boolean, role: dimension, required: true}\n"
                   "  - {name: loon, type: decimal, decimals: 2, role: measure, minimum: -100.00, maximum: 5000}\n"
                   "  - {name: start, type: date, role: attribute}\n"
                   "  - {name: tekst, type: text, role: attribute}\n",
                   rows);
    fixture_schema(f, yaml);
    fixture_write_text(f, "data.csv", csv);
}

static sch_err collect(void *context, const sch_source_chunk *chunk)
{
    fixture *f = context;
    f->chunks++;
    if (f->rows + chunk->rows > f->room) {
        f->room = 2 * (f->rows + chunk->rows);
        f->row = realloc(f->row, f->room * sizeof *f->row);
        assert_non_null(f->row);
    }
    const uint8_t *identifier = chunk->identifiers;
    for (size_t i = 0; i < chunk->rows; i++) {
        fixture_row *row = &f->row[f->rows++];
        *row = (fixture_row){0};
        assert_true(chunk->identifier_bytes[i] < sizeof row->identifier);
        memcpy(row->identifier, identifier, chunk->identifier_bytes[i]);
        identifier += chunk->identifier_bytes[i];
        for (size_t j = 0; j < f->keys; j++) {
            row->key[j] = chunk->key[j][i];
        }
        for (size_t j = 0; j < f->values; j++) {
            row->value[j] = chunk->value[j][i];
        }
    }
    return SCH_NONE;
}

static int compare_rows(const void *a, const void *b)
{
    const fixture_row *left = a;
    const fixture_row *right = b;
    return strcmp(left->identifier, right->identifier);
}

static sch_source_key find_key(const fixture *f, const char *text)
{
    char name[SCH_NAME_BYTES];
    sch_source_key key = {0};
    if (text[0] >= '0' && text[0] <= '9' && text[1] == '.') {
        key.relation = (uint8_t)(text[0] - '0');
        text += 2;
    }
    (void)snprintf(name, sizeof name, "%s", text);
    char *suffix = strstr(name, ":bin");
    key.bin = suffix != NULL;
    if (suffix != NULL) {
        *suffix = '\0';
    }
    key.column = sch_data_set_find(f->relation[key.relation].data_set, name);
    assert_non_null(key.column);
    return key;
}

sch_err fixture_run(fixture *f, const char *sql, const char *const *key, size_t keys, size_t values)
{
    sch_source_key found[FIXTURE_KEYS];
    assert_true(keys <= FIXTURE_KEYS && values <= FIXTURE_VALUES);
    f->relation[0] = (sch_source_relation){&f->data_set, &f->file};
    for (size_t i = 0; i < f->others; i++) {
        f->relation[1 + i] = (sch_source_relation){&f->other_set[i], &f->other_file[i]};
    }
    for (size_t i = 0; i < keys; i++) {
        found[i] = find_key(f, key[i]);
    }
    const sch_source_query query = {.sql = sql, .key = found, .key_count = keys, .value_count = values};
    f->keys = keys;
    f->values = values;
    f->rows = 0;
    f->chunks = 0;
    f->detail.text[0] = '\0';
    sch_err err =
        sch_source_execute(&f->options, f->relation, 1 + f->others, &query, collect, f, NULL, &f->totals, &f->detail);
    if (f->rows > 0) {
        qsort(f->row, f->rows, sizeof *f->row, compare_rows);
    }
    return err;
}

void fixture_expect(fixture *f, const char *sql, sch_code code, const char *part)
{
    sch_err err = fixture_run(f, sql, NULL, 0, 0);
    if (err.code != code || strstr(sch_detail_or_text(&f->detail, err), part) == NULL) {
        fail_msg("expected %s with '%s', got %s: %s", sch_code_name(code), part, sch_code_name(err.code),
                 sch_detail_or_text(&f->detail, err));
    }
}

void fixture_assert_ok(const fixture *f, sch_err err)
{
    if (sch_failed(err)) {
        fail_msg("%s", sch_detail_or_text(&f->detail, err));
    }
}

void fixture_assert_rows(const fixture *f, const char *expected)
{
    char text[2048] = "";
    size_t at = 0;
    for (size_t i = 0; i < f->rows; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s", f->row[i].identifier);
        for (size_t j = 0; j < f->keys; j++) {
            at += (size_t)snprintf(text + at, sizeof text - at, " %u", f->row[i].key[j]);
        }
        at += (size_t)snprintf(text + at, sizeof text - at, " |");
        for (size_t j = 0; j < f->values; j++) {
            at += (size_t)snprintf(text + at, sizeof text - at, " %lld", (long long)f->row[i].value[j]);
        }
        at += (size_t)snprintf(text + at, sizeof text - at, ";");
    }
    assert_string_equal(text, expected);
}

sch_err fixture_check(fixture *f)
{
    f->detail.text[0] = '\0';
    return sch_source_check(&f->options, &f->data_set, &f->file, &f->report, &f->detail);
}
