/* sch_source_execute over well-formed files: types, keys, dialects, sizes. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/source/job.h"
#include "tests/unit/test_source_fixture.h"

#define ALL_COLUMNS                                                                                                    \
    "SELECT bsn, buurt, jaar, werkt, coalesce(loon, 0), (loon IS NOT NULL)::BIGINT, "                                  \
    "coalesce(start - DATE '1970-01-01', 0)::BIGINT, coalesce(length(tekst), -1)::BIGINT FROM r0"

/* Of an engine that may use 100 MB; a sanitizer keeps books besides. */
#ifdef SCH_SANITIZED
enum { PEAK_KB = 800000 };
#else
enum { PEAK_KB = 250000 };
#endif

static const char *const keys[] = {"buurt", "jaar", "werkt"};

static void assert_row(const fixture_row *row, const char *identifier, const uint32_t *key, const int64_t *value)
{
    assert_string_equal(row->identifier, identifier);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(row->key[i], key[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal((int64_t)row->value[i], value[i]);
    }
}

static void test_execute_all_types_gives_codes_and_ring_elements(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person",
                    FIXTURE_HEADER "111222333;A;2020;J;1234,56;01-02-2024;een tekst\n"
                                   "123456782;C;2025;N;-0,50;31-12-1969;\n"
                                   "99999990;;;N;;;. \n"
                                   "niet;B;.;J;.;.;\"x;\"\"y\"\"\"\n"
                                   ";A;2021;N;7;29-02-2024;\xC3\xA9\xC3\xA9n\n");
    sch_err err = fixture_run(&f, ALL_COLUMNS, keys, 3, 4);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.rows, 5);
    assert_row(&f.row[0], "", (uint32_t[]){0, 1, 0}, (int64_t[]){700, 1, 19782, 3});
    assert_row(&f.row[1], "099999990", (uint32_t[]){3, 6, 0}, (int64_t[]){0, 0, 0, -1});
    assert_row(&f.row[2], "111222333", (uint32_t[]){0, 0, 1}, (int64_t[]){123456, 1, 19754, 9});
    assert_row(&f.row[3], "123456782", (uint32_t[]){2, 5, 0}, (int64_t[]){-50, 1, -1, -1});
    assert_row(&f.row[4], "niet", (uint32_t[]){1, 6, 1}, (int64_t[]){0, 0, 0, 5});
    assert_in_range(f.totals.child_peak_kb, 10000, 400000);
    fixture_close(&f);
}

static void test_execute_dialects_give_the_same_rows(void **state)
{
    (void)state;
    static const char *const files[] = {
        /* byte-order mark and CRLF */
        ("\xEF\xBB\xBF"
         "bsn;waarde;extra\r\n111222333;1,5;\"a;b\"\r\n123456782;-2;c\r\n"),
        /* other order, quoted names, quoted line ends, no line end at the end */
        "\"extra\";\"waarde\";\"bsn\"\n\"a\nb\";\"1,5\";\"111222333\"\n;\"-2\"; 123456782 ",
        /* blank lines */
        "bsn;waarde\n\n111222333;1,50\n\n123456782;-2,0\n\n",
    };
    fixture f;
    fixture_open(&f);
    size_t checked = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++, checked++) {
        fixture_schema(&f, "name: d\nrows: one per person\nfile: {path: data.csv}\ncolumns:\n"
                           "  - {name: bsn, role: identifier, identifier: bsn}\n"
                           "  - {name: w, header: waarde, type: decimal, decimals: 1, role: measure, minimum: -9, "
                           "maximum: 9}\n");
        fixture_write_text(&f, "data.csv", files[i]);
        sch_err err = fixture_run(&f, "SELECT bsn, w FROM r0", NULL, 0, 1);
        assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
        assert_int_equal(f.rows, 2);
        assert_string_equal(f.row[0].identifier, "111222333");
        assert_int_equal(f.row[0].value[0], 15);
        assert_string_equal(f.row[1].identifier, "123456782");
        assert_int_equal((int64_t)f.row[1].value[0], -20);
    }
    assert_int_equal(checked, 3);
    fixture_close(&f);
}

static void test_execute_latin_1_with_other_delimiters(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_schema(&f, "name: d\nrows: one per person\n"
                       "file: {path: data.csv, delimiter: \"\\t\", quote: \"'\", encoding: latin-1, "
                       "decimal_separator: \".\"}\ncolumns:\n"
                       "  - {name: id, role: identifier, identifier: text}\n"
                       "  - {name: plaats, header: \"pl\xC3\xA4\xC3\xA4ts\", type: text, role: dimension, "
                       "codes: [\"C\xC3\xB4te\", Oost]}\n"
                       "  - {name: w, type: decimal, decimals: 3, role: measure, minimum: -9, maximum: 9}\n");
    fixture_write_text(&f, "data.csv", "id\tpl\xE4\xE4ts\tw\n'Andr\xE9'\tC\xF4te\t1.001\n'b\tc'\tOost\t-1\n");
    const char *const plaats[] = {"plaats"};
    sch_err err = fixture_run(&f, "SELECT id, plaats, w FROM r0", plaats, 1, 1);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.rows, 2);
    assert_string_equal(f.row[0].identifier, "andre");
    assert_int_equal(f.row[0].key[0], 0);
    assert_int_equal(f.row[0].value[0], 1001);
    assert_string_equal(f.row[1].identifier, "b c");
    assert_int_equal(f.row[1].key[0], 1);
    assert_int_equal((int64_t)f.row[1].value[0], -1000);
    fixture_close(&f);
}

/* The decoder works by the buffer: letters of two bytes have to survive the seams, on any number of threads. */
static void test_execute_large_latin_1_file_loses_nothing(void **state)
{
    (void)state;
    enum { ROWS = 300000 };
    fixture f;
    fixture_open(&f);
    fixture_schema(&f, "name: d\nrows: one per person\nfile: {path: data.csv, encoding: latin-1}\ncolumns:\n"
                       "  - {name: id, role: identifier, identifier: text}\n"
                       "  - {name: tekst, type: text, role: attribute}\n");
    FILE *out = fopen(fixture_path(&f, "data.csv"), "wb");
    assert_non_null(out);
    fputs("id;tekst\n", out);
    for (size_t i = 0; i < ROWS; i++) {
        fprintf(out, "%06zu\xE9;%.*s\xEF\n", i, (int)(i % 90),
                "\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9"
                "\xE8\xEA\xEB"
                "\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9"
                "\xE8\xEA\xEB"
                "\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB\xE9"
                "\xE8\xEA\xEB"
                "\xE9\xE8\xEA\xEB\xE9\xE8\xEA\xEB");
    }
    assert_int_equal(fclose(out), 0);
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        f.options.threads = threads;
        sch_err err = fixture_run(&f, "SELECT id, length(tekst) FROM r0", NULL, 0, 1);
        assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
        assert_int_equal(f.rows, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            char identifier[16];
            (void)snprintf(identifier, sizeof identifier, "%06zue", i);
            assert_string_equal(f.row[i].identifier, identifier);
            assert_int_equal(f.row[i].value[0], i % 90 + 1);
        }
    }
    fixture_close(&f);
}

static void test_execute_without_rows_gives_none(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER);
    assert_false(sch_failed(fixture_run(&f, ALL_COLUMNS, keys, 3, 4)));
    assert_int_equal(f.rows, 0);
    fixture_persons(&f, "one per person", "bsn;buurt;jaar;werkt;loon;start;tekst");
    assert_false(sch_failed(fixture_run(&f, ALL_COLUMNS, keys, 3, 4)));
    assert_int_equal(f.rows, 0);
    fixture_close(&f);
}

static sch_err add_up(void *context, const sch_source_chunk *chunk)
{
    uint64_t *sum = context;
    for (size_t j = 0; j < SCH_JOB_VALUES; j++) {
        for (size_t i = 0; i < chunk->rows; i++) {
            sum[j] += chunk->value[j][i];
        }
    }
    return SCH_NONE;
}

static void test_execute_most_values_come_through_one_more_is_a_bug(void **state)
{
    (void)state;
    enum { ROWS = 3000 };
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", "");
    FILE *out = fopen(fixture_path(&f, "data.csv"), "wb");
    assert_non_null(out);
    fputs(FIXTURE_HEADER, out);
    for (size_t i = 0; i < ROWS; i++) {
        fprintf(out, "%09zu;A;2020;J;%zu,00;;\n", i, i % 10);
    }
    assert_int_equal(fclose(out), 0);
    static uint64_t sum[SCH_JOB_VALUES];
    static char sql[32 + 20 * SCH_JOB_VALUES];
    size_t at = (size_t)snprintf(sql, sizeof sql, "SELECT bsn");
    for (size_t j = 0; j < SCH_JOB_VALUES; j++) {
        at += (size_t)snprintf(sql + at, sizeof sql - at, ", loon + %zu", j);
    }
    (void)snprintf(sql + at, sizeof sql - at, " FROM r0");
    const sch_source_relation relation = {&f.data_set, &f.file};
    sch_source_query query = {.sql = sql, .value_count = SCH_JOB_VALUES};
    fixture_assert_ok(&f, sch_source_execute(&f.options, &relation, 1, &query, add_up, sum, NULL, NULL, &f.detail));
    for (size_t j = 0; j < SCH_JOB_VALUES; j++) {
        assert_int_equal(sum[j], ROWS * (450 + j));
    }
    query.value_count++;
    assert_int_equal(sch_source_execute(&f.options, &relation, 1, &query, add_up, sum, NULL, NULL, &f.detail).code,
                     SCH_BUG);
    fixture_close(&f);
}

/* `persons` persons of `records` rows each; loon of person p's record r is ((7 p + r) mod 1000) cents. */
static void write_many(const fixture *f, size_t persons, size_t records)
{
    FILE *out = fopen(fixture_path(f, "data.csv"), "wb");
    assert_non_null(out);
    fputs(FIXTURE_HEADER, out);
    for (size_t r = 0; r < records; r++) {
        for (size_t p = 0; p < persons; p++) {
            unsigned cents = (unsigned)((7 * p + r) % 1000);
            fprintf(out, "%09zu;%c;%zu;%c;%u,%02u;;een langere tekst van deze regel\n", 100000000 + p,
                    (int)('A' + p % 3), 2020 + p % 6, p % 2 == 0 ? 'J' : 'N', cents / 100, cents % 100);
        }
    }
    assert_int_equal(fclose(out), 0);
}

static void test_execute_many_rows_come_in_bounded_chunks(void **state)
{
    (void)state;
    enum { PERSONS = 100000 };
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", "");
    write_many(&f, PERSONS, 1);
    assert_false(sch_failed(fixture_run(&f, "SELECT bsn, buurt, jaar, werkt, loon FROM r0", keys, 3, 1)));
    assert_int_equal(f.rows, PERSONS);
    assert_in_range(f.chunks, PERSONS / 16384, PERSONS);
    for (size_t p = 0; p < PERSONS; p++) {
        char identifier[16];
        (void)snprintf(identifier, sizeof identifier, "%09zu", 100000000 + p);
        assert_string_equal(f.row[p].identifier, identifier);
        assert_int_equal(f.row[p].key[0], p % 3);
        assert_int_equal(f.row[p].key[1], p % 6);
        assert_int_equal(f.row[p].key[2], p % 2 == 0);
        assert_int_equal(f.row[p].value[0], 7 * p % 1000);
    }
    fixture_close(&f);
}

static void test_execute_group_by_gives_one_row_a_person(void **state)
{
    (void)state;
    enum { PERSONS = 20000, RECORDS = 9 };
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "many per person", "");
    write_many(&f, PERSONS, RECORDS);
    /* Exactly as many rows as the schema allows: the file's rows are counted once. */
    f.data_set.max_rows = PERSONS * RECORDS;
    sch_err err = fixture_run(
        &f, "SELECT bsn, count(*), coalesce(sum(loon), 0) FROM r0 WHERE jaar >= 2020 GROUP BY bsn", NULL, 0, 2);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.rows, PERSONS);
    for (size_t p = 0; p < PERSONS; p++) {
        uint64_t sum = 0;
        for (size_t r = 0; r < RECORDS; r++) {
            sum += (7 * p + r) % 1000;
        }
        assert_int_equal(f.row[p].value[0], RECORDS);
        assert_int_equal(f.row[p].value[1], sum);
    }
    f.data_set.max_rows--;
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "more rows than max_rows");
    fixture_expect(&f, "SELECT bsn FROM r0 GROUP BY bsn", SCH_BAD_INPUT, "more rows than max_rows");
    fixture_close(&f);
}

/* Sorting takes all rows at once. */
#define SORTED "SELECT bsn, loon FROM r0 ORDER BY tekst || tekst || tekst || bsn DESC"

static void test_execute_more_than_memory_spills_or_fails(void **state)
{
    (void)state;
    enum { PERSONS = 400000, RECORDS = 3 };
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "many per person", "");
    write_many(&f, PERSONS, RECORDS);
    f.options.memory_mb = 100;
    sch_err err = fixture_run(&f, SORTED, NULL, 0, 1);
    assert_int_equal(err.code, SCH_NO_MEMORY);
    assert_non_null(strstr(f.detail.text, "raise the engine's memory"));
    f.options.spill_dir = f.folder;
    err = fixture_run(&f, SORTED, NULL, 0, 1);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.rows, PERSONS * RECORDS);
    assert_in_range(f.totals.child_peak_kb, 1, PEAK_KB);
    f.options.spill_dir = "/tmp/sch_source_no_such_folder";
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "folder for what does not fit");
    fixture_close(&f);
}

static void test_execute_group_by_with_little_memory_uses_one_thread(void **state)
{
    (void)state;
    enum { PERSONS = 400000, RECORDS = 3 };
    fixture f;
    fixture_open(&f);
    /* Declared as one row a person, so that the engine does not foresee it. */
    fixture_persons(&f, "one per person", "");
    write_many(&f, PERSONS, RECORDS);
    f.options.memory_mb = 100;
    f.options.threads = 4;
    sch_err err = fixture_run(&f, "SELECT bsn || ' en een lange staart', count(*) FROM r0 GROUP BY 1", NULL, 0, 1);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.rows, PERSONS);
    fixture_close(&f);
}

static sch_err stop_at_second(void *context, const sch_source_chunk *chunk)
{
    (void)chunk;
    size_t *count = context;
    return sch_check(++*count < 2, SCH_DENIED, "enough");
}

static void test_execute_sink_error_ends_the_run(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", "");
    write_many(&f, 100000, 1);
    const sch_source_query query = {.sql = "SELECT bsn FROM r0"};
    size_t count = 0;
    const sch_source_relation relation = {&f.data_set, &f.file};
    sch_err err = sch_source_execute(&f.options, &relation, 1, &query, stop_at_second, &count, NULL, NULL, &f.detail);
    assert_int_equal(err.code, SCH_DENIED);
    assert_int_equal(count, 2);
    fixture_close(&f);
}

typedef struct switch_off {
    _Atomic bool cancel;
} switch_off;

static void *set_soon(void *context)
{
    switch_off *off = context;
    const struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
    nanosleep(&moment, NULL);
    atomic_store(&off->cancel, true);
    return NULL;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_execute_cancel_ends_within_200_ms(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "many per person", "");
    write_many(&f, 1000, 3);
    /* Work for minutes, and nothing to send meanwhile. */
    const sch_source_query query = {.sql = "SELECT max(a.bsn || b.bsn || c.bsn) FROM r0 a, r0 b, r0 c"};
    switch_off off = {false};
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, set_soon, &off), 0);
    size_t count = 0;
    int64_t start = now_ms();
    const sch_source_relation relation = {&f.data_set, &f.file};
    sch_err err =
        sch_source_execute(&f.options, &relation, 1, &query, stop_at_second, &count, &off.cancel, NULL, &f.detail);
    int64_t took = now_ms() - start;
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(err.code, SCH_TRY_AGAIN);
    assert_in_range(took, 40, 250);
    fixture_close(&f);
}

/* Open descriptors of this process. */
static size_t count_fds(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void test_execute_duplicates_are_left_out_before_conditions(void **state)
{
    (void)state;
    fixture f;
    const char *const sql = "SELECT bsn FROM r0 WHERE jaar = 2024";
    fixture_open(&f);
    fixture_persons(&f, "one per person",
                    FIXTURE_HEADER "111222333;A;2024;J;1,00;;\n" /* twice, once in 2024 */
                                   "111222333;A;2023;J;1,00;;\n"
                                   "123456782;A;2024;J;1,00;;\n" /* once */
                                   "12345672;A;2024;J;1,00;;\n"  /* twice, written otherwise */
                                   "012345672;A;2022;J;1,00;;\n"
                                   ";A;2024;J;1,00;;\n"); /* nobody: counted elsewhere */
    assert_false(sch_failed(fixture_run(&f, sql, NULL, 0, 0)));
    assert_int_equal(f.rows, 4);
    f.file.duplicates = SCH_DUPLICATES_LEAVE_OUT;
    assert_false(sch_failed(fixture_run(&f, sql, NULL, 0, 0)));
    assert_int_equal(f.rows, 2);
    assert_string_equal(f.row[0].identifier, "");
    assert_string_equal(f.row[1].identifier, "123456782");
    f.data_set.max_rows = 6; /* the file is read twice; its rows count once */
    assert_false(sch_failed(fixture_run(&f, sql, NULL, 0, 0)));
    f.data_set.max_rows = 5;
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "more rows than max_rows");
    fixture_close(&f);
}

static void test_execute_leaves_no_descriptor_open(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER "111222333;A;2020;J;1;;\n");
    size_t before = count_fds();
    for (size_t i = 0; i < 3; i++) {
        assert_false(sch_failed(fixture_run(&f, "SELECT bsn FROM r0", NULL, 0, 0)));
        fixture_expect(&f, "SELECT bsn, loon FROM r0 WHERE nowhere", SCH_BUG, "does not accept");
    }
    f.options.program = "/no/such/program";
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "cannot be started");
    assert_int_equal(count_fds(), before);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_execute_all_types_gives_codes_and_ring_elements),
        cmocka_unit_test(test_execute_dialects_give_the_same_rows),
        cmocka_unit_test(test_execute_latin_1_with_other_delimiters),
        cmocka_unit_test(test_execute_large_latin_1_file_loses_nothing),
        cmocka_unit_test(test_execute_without_rows_gives_none),
        cmocka_unit_test(test_execute_most_values_come_through_one_more_is_a_bug),
        cmocka_unit_test(test_execute_many_rows_come_in_bounded_chunks),
        cmocka_unit_test(test_execute_group_by_gives_one_row_a_person),
        cmocka_unit_test(test_execute_more_than_memory_spills_or_fails),
        cmocka_unit_test(test_execute_group_by_with_little_memory_uses_one_thread),
        cmocka_unit_test(test_execute_sink_error_ends_the_run),
        cmocka_unit_test(test_execute_cancel_ends_within_200_ms),
        cmocka_unit_test(test_execute_duplicates_are_left_out_before_conditions),
        cmocka_unit_test(test_execute_leaves_no_descriptor_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
