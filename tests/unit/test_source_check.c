/* sch_source_check, and data sets in Parquet files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/duck.h"
#include "tests/unit/test_source_fixture.h"

static void assert_column(const fixture *f, const char *name, sch_source_column_report wanted)
{
    const sch_column *column = sch_data_set_find(&f->data_set, name);
    assert_non_null(column);
    const sch_source_column_report *got = &f->report.column[column - f->data_set.column];
    if (memcmp(got, &wanted, sizeof wanted) != 0) {
        fail_msg("%s: empty %zu outside %zu malformed %zu first %zu", name, (size_t)got->empty, (size_t)got->outside,
                 (size_t)got->malformed, (size_t)got->first_bad_line);
    }
}

static void test_check_counts_every_fault_and_goes_on(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person",
                    FIXTURE_HEADER "111222333;A;2020;J;1,00;01-01-2020;goed\n" /* 2 */
                                   "111222333;B;2021;N;2,00;;\n"               /* the same person */
                                   "123456782;X;2019;?;veel;ooit;\"a\nb\"\n"   /* 4, with 5 */
                                   "12345678;A;2030;;9999;01-01-2020;\n"       /* 6: fails the test */
                                   ";;;J;;;\n"                                 /* 7 */
                                   "te weinig\n"                               /* 8 */
                                   "1;2;3;4;5;6;7;8\n"                         /* 9 */
                                   " 10000008 ;A;.;N;0,001;;\n");              /* 10: valid with a zero in front */
    sch_err err = fixture_check(&f);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.report.rows, 6);
    assert_int_equal(f.report.identifiers_empty, 1);
    assert_int_equal(f.report.identifiers_invalid, 1);
    assert_int_equal(f.report.persons, 3);
    assert_int_equal(f.report.persons_with_several, 1);
    assert_int_equal(f.report.malformed_lines, 2);
    assert_int_equal(f.report.first_malformed_line, 8);
    assert_column(&f, "bsn", (sch_source_column_report){.empty = 1, .malformed = 1, .first_bad_line = 6});
    assert_column(&f, "buurt", (sch_source_column_report){.empty = 1, .outside = 1, .first_bad_line = 4});
    assert_column(&f, "jaar", (sch_source_column_report){.empty = 2, .outside = 2, .first_bad_line = 4});
    assert_column(&f, "werkt", (sch_source_column_report){.empty = 1, .malformed = 1, .first_bad_line = 4});
    assert_column(&f, "loon",
                  (sch_source_column_report){.empty = 1, .outside = 1, .malformed = 2, .first_bad_line = 4});
    assert_column(&f, "start", (sch_source_column_report){.empty = 3, .malformed = 1, .first_bad_line = 4});
    assert_column(&f, "tekst", (sch_source_column_report){.empty = 4});
    fixture_close(&f);
}

static void test_check_good_file_reports_no_fault(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER "111222333;A;2020;J;1,00;01-01-2020;goed\n");
    assert_false(sch_failed(fixture_check(&f)));
    assert_int_equal(f.report.rows, 1);
    assert_int_equal(f.report.persons, 1);
    assert_int_equal(f.report.malformed_lines, 0);
    for (size_t i = 0; i < f.data_set.column_count; i++) {
        assert_int_equal(f.report.column[i].first_bad_line, 0);
    }
    fixture_persons(&f, "one per person", FIXTURE_HEADER);
    assert_false(sch_failed(fixture_check(&f)));
    assert_int_equal(f.report.rows, 0);
    fixture_close(&f);
}

static void test_check_missing_file_or_column_is_an_error(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", "bsn;buurt\n1;A\n");
    assert_int_equal(fixture_check(&f).code, SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "column jaar: its file has no such column"));
    free(f.file.path);
    f.file.path = strdup("/no/such/file.csv");
    assert_non_null(f.file.path);
    assert_int_equal(fixture_check(&f).code, SCH_IO);
    fixture_close(&f);
}

/* ---- link keys ---- */

#define LINK_KEYS                                                                                                      \
    "link_keys:\n"                                                                                                     \
    "  - name: adres6\n"                                                                                               \
    "    columns: [{column: geboren}, {column: geslacht}, {column: postcode}, {column: nummer}]\n"                     \
    "  - {name: adres4, columns: [{column: geboren}, {column: geslacht}, {column: postcode, first: 4}]}\n"             \
    "  - {name: inkomen, columns: [{column: bedrag}, {column: alleen}]}\n"

#define LINK_COLUMNS                                                                                                   \
    "  - {name: geboren, type: date, role: attribute}\n"                                                               \
    "  - {name: geslacht, type: text, role: dimension, codes: [M, V]}\n"                                               \
    "  - {name: postcode, type: text, role: attribute}\n"                                                              \
    "  - {name: nummer, type: integer, role: attribute}\n"                                                             \
    "  - {name: bedrag, type: decimal, decimals: 2, role: attribute}\n"                                                \
    "  - {name: alleen, type: boolean, role: dimension}\n"

static void assert_link_key(const fixture *f, size_t number, uint64_t own, uint64_t shared, uint64_t missing)
{
    const sch_source_link_report *got = &f->report.link_key[number];
    if (got->own != own || got->shared != shared || got->missing != missing) {
        fail_msg("link key %zu: own %zu shared %zu missing %zu", number, (size_t)got->own, (size_t)got->shared,
                 (size_t)got->missing);
    }
}

static void test_check_counts_rows_by_their_link_keys(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_schema(&f,
                   "name: p\nrows: one per person\nfile: {path: data.csv, date_format: '%d-%m-%Y', true: J, false: N}\n"
                   "columns:\n  - {name: bsn, role: identifier, identifier: bsn}\n" LINK_COLUMNS LINK_KEYS);
    fixture_write_text(&f, "data.csv",
                       "bsn;geboren;geslacht;postcode;nummer;bedrag;alleen\n"
                       "111222333;01-01-1980;M;2513 AA;1;1,5;J\n"
                       "123456782;01-01-1980;M;2513aa;01;1,50;J\n"     /* as the one before in all keys */
                       ";02-02-1990;V;2513 AB;7;1,50;N\n"              /* without an identifier */
                       "12345678;02-02-1990;V;2513-Ac;7;2;J\n"         /* with a wrong one; adres4 as the one before */
                       "100000009;03-03-1970;V;;9;;J\n"                /* no postcode, no amount */
                       "100000010;04-04-1960;M;25 1;3;3;\n"            /* three characters; alleen is missing */
                       "100000022;ooit;M;2513 AA;1;1,50;J\n"           /* a fault in geboren */
                       "100000034;05-05-1950;V;1000 AA;x;2,00;N\n"     /* in nummer */
                       "100000046;01-01-1980;X;2513 AA;1;2,001;N\n"    /* in geslacht, bedrag */
                       "100000058;06-06-1940;V;\xE2\x82\xAC;5;4;N\n"); /* a text without a plain form */
    sch_err err = fixture_check(&f);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.report.rows, 10);
    assert_link_key(&f, 0, 3, 2, 5);
    assert_link_key(&f, 1, 1, 4, 5);
    assert_link_key(&f, 2, 4, 3, 3);
    assert_column(&f, "geboren", (sch_source_column_report){.malformed = 1, .first_bad_line = 8});
    assert_column(&f, "nummer", (sch_source_column_report){.malformed = 1, .first_bad_line = 9});
    fixture_write_text(&f, "data.csv", "bsn;geboren;geslacht;postcode;nummer;bedrag;alleen\n");
    assert_false(sch_failed(fixture_check(&f)));
    for (size_t i = 0; i < 3; i++) {
        assert_link_key(&f, i, 0, 0, 0);
    }
    fixture_close(&f);
}

/* As jobs leave them out: rows of a person who has two neither have a key nor take one from others. */
static void test_check_link_keys_leave_out_doubles_where_jobs_do(void **state)
{
    (void)state;
    static const char *const duplicates[] = {"refuse", "leave_out"};
    fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < 2; i++) {
        char yaml[1024];
        (void)snprintf(yaml, sizeof yaml,
                       "name: p\nrows: one per person\nmax_rows: 5\nduplicates: %s\nfile: {path: data.csv}\ncolumns:\n"
                       "  - {name: bsn, role: identifier, identifier: bsn}\n"
                       "  - {name: postcode, type: text, role: attribute}\n"
                       "link_keys: [{name: a, columns: [{column: postcode}]}, {name: b, columns: [{column: postcode, "
                       "first: 1}]}]\n",
                       duplicates[i]);
        fixture_schema(&f, yaml);
        fixture_write_text(&f, "data.csv",
                           "bsn;postcode\n111222333;1A\n111222333;2B\n;1A\n123456782;2 c\n12345678;2 c\n");
        sch_err err = fixture_check(&f);
        assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
        assert_int_equal(f.report.persons_with_several, 1);
        /* 1A and 2 c are of two rows each; without doubles 1A is of one, 2 c still of two. */
        assert_link_key(&f, 0, 1, i == 0 ? 4 : 2, 0);
        assert_link_key(&f, 1, i == 0 ? 0 : 1, i == 0 ? 5 : 2, 0);
    }
    fixture_close(&f);
}

/* ---- Parquet ---- */

/* Writes the rows of a SELECT to data.parquet of the folder, with a schema of one identifier and columns as in yaml. */
static void parquet(fixture *f, const char *select, const char *columns)
{
    char text[2048];
    duck *db = duck_open();
    (void)snprintf(text, sizeof text, "COPY (%s) TO '%s/data.parquet' (FORMAT parquet)", select, f->folder);
    duck_run(db, text);
    duck_close(db);
    (void)snprintf(text, sizeof text,
                   "name: p\nrows: one per person\nfile: {path: data.parquet, format: parquet}\ncolumns:\n"
                   "  - {name: bsn, role: identifier, identifier: bsn}\n%s",
                   columns);
    fixture_schema(f, text);
}

static void test_execute_parquet_follows_the_declared_types(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    parquet(&f,
            "SELECT * FROM (VALUES (12345678, 'A', 2020::SMALLINT, true, 12.5::DECIMAL(9, 3), DATE '2024-02-29', "
            "7.0::DOUBLE), "
            "(111222333, NULL, NULL, false, -0.25, NULL, NULL)) t(bsn, buurt, jaar, werkt, loon, start, uren)",
            "  - {name: buurt, type: text, role: dimension, codes: [A, B]}\n"
            "  - {name: jaar, type: integer, role: dimension, minimum: 2020, maximum: 2021}\n"
            "  - {name: werkt, type: boolean, role: dimension, required: true}\n"
            "  - {name: loon, type: decimal, decimals: 2, role: measure, minimum: -10, maximum: 100}\n"
            "  - {name: start, type: date, role: attribute}\n"
            "  - {name: uren, type: integer, role: measure, minimum: 0, maximum: 60}\n");
    static const char *const keys[] = {"buurt", "jaar", "werkt"};
    sch_err err = fixture_run(&f,
                              "SELECT bsn, buurt, jaar, werkt, loon, coalesce(start - DATE '1970-01-01', 0)::BIGINT, "
                              "coalesce(uren, -1) FROM r0",
                              keys, 3, 3);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.rows, 2);
    assert_string_equal(f.row[0].identifier, "012345678");
    assert_int_equal(f.row[0].key[0], 0);
    assert_int_equal(f.row[0].key[1], 0);
    assert_int_equal(f.row[0].key[2], 1);
    assert_int_equal(f.row[0].value[0], 1250);
    assert_int_equal(f.row[0].value[1], 19782);
    assert_int_equal(f.row[0].value[2], 7);
    assert_string_equal(f.row[1].identifier, "111222333");
    assert_int_equal(f.row[1].key[0], 2);
    assert_int_equal(f.row[1].key[1], 2);
    assert_int_equal(f.row[1].key[2], 0);
    assert_int_equal((int64_t)f.row[1].value[0], -25);
    assert_int_equal((int64_t)f.row[1].value[2], -1);
    fixture_close(&f);
}

typedef struct parquet_case {
    const char *select, *columns, *part;
} parquet_case;

static void test_execute_parquet_faults_name_the_column(void **state)
{
    (void)state;
    static const parquet_case cases[] = {
        {"SELECT 1 AS bsn, 7531 AS w", "  - {name: w, type: integer, role: measure, minimum: 0, maximum: 9}\n",
         "column w: it has a value outside"},
        {"SELECT 1 AS bsn, 75.311::DECIMAL(9, 3) AS w",
         "  - {name: w, type: decimal, decimals: 2, role: measure, minimum: 0, maximum: 900}\n",
         "column w: it has a field that is not of its declared type (a decimal of at most 2 decimals after '.')"},
        {"SELECT 1 AS bsn, 'x' AS w", "  - {name: w, type: boolean, role: attribute}\n", "column w: it has a field"},
        {"SELECT 1 AS bsn, 12 AS w", "  - {name: w, type: date, role: attribute}\n",
         "column w: its type in the Parquet file does not fit"},
        {"SELECT 1 AS bsn, [1] AS w", "  - {name: w, type: integer, role: measure, minimum: 0, maximum: 9}\n",
         "column w: its type in the Parquet file does not fit"},
        {"SELECT 1 AS bsn, 1 AS v", "  - {name: w, type: integer, role: measure, minimum: 0, maximum: 9}\n",
         "column w: its file has no such column"},
    };
    fixture f;
    fixture_open(&f);
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        parquet(&f, cases[i].select, cases[i].columns);
        fixture_expect(&f, "SELECT bsn FROM r0 WHERE w IS NOT NULL", SCH_BAD_INPUT, cases[i].part);
        assert_null(strstr(f.detail.text, "7531"));
    }
    assert_int_equal(checked, 6);
    fixture_write_text(&f, "data.parquet", "bsn;w\n1;2\n");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "is not a Parquet file, or is damaged");
    fixture_close(&f);
}

static void test_check_parquet_counts_rows_by_their_link_keys(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    parquet(&f,
            "SELECT 111222333 AS bsn, DATE '1980-01-01' + (i // 2)::INTEGER AS geboren, 'M' AS geslacht, CASE WHEN i < "
            "5 THEN "
            "'2513 A' || i::VARCHAR END AS postcode, 7::SMALLINT AS nummer, i / 4 AS bedrag, i > 2 AS alleen FROM "
            "range(6) t(i)",
            LINK_COLUMNS LINK_KEYS);
    sch_err err = fixture_check(&f);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_link_key(&f, 0, 5, 0, 1);
    assert_link_key(&f, 1, 1, 4, 1);
    assert_link_key(&f, 2, 6, 0, 0);
    fixture_close(&f);
}

static void test_check_parquet_counts_rows_for_lines(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    parquet(&f, "SELECT CASE WHEN i = 3 THEN 1 ELSE 111222333 END AS bsn, i AS w FROM range(5) t(i)",
            "  - {name: w, type: integer, role: measure, minimum: 0, maximum: 2}\n");
    sch_err err = fixture_check(&f);
    assert_string_equal(sch_detail_or_text(&f.detail, err), "no error");
    assert_int_equal(f.report.rows, 5);
    assert_int_equal(f.report.persons, 1);
    assert_int_equal(f.report.persons_with_several, 1);
    assert_column(&f, "bsn", (sch_source_column_report){.malformed = 1, .first_bad_line = 4});
    assert_column(&f, "w", (sch_source_column_report){.outside = 2, .first_bad_line = 4});
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_counts_every_fault_and_goes_on),
        cmocka_unit_test(test_check_good_file_reports_no_fault),
        cmocka_unit_test(test_check_missing_file_or_column_is_an_error),
        cmocka_unit_test(test_check_counts_rows_by_their_link_keys),
        cmocka_unit_test(test_check_link_keys_leave_out_doubles_where_jobs_do),
        cmocka_unit_test(test_check_parquet_counts_rows_by_their_link_keys),
        cmocka_unit_test(test_execute_parquet_follows_the_declared_types),
        cmocka_unit_test(test_execute_parquet_faults_name_the_column),
        cmocka_unit_test(test_check_parquet_counts_rows_for_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
