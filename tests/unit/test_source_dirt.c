/* Files with faults: the right error, the right line, the right column, and never a value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/test_source_fixture.h"

#define ALL                                                                                                            \
    "SELECT bsn FROM r0 WHERE loon > -1000 AND jaar > 0 AND werkt IS NOT NULL AND start IS NOT NULL OR tekst <> '' "   \
    "OR buurt <> ''"
#define GOOD "111222333;A;2020;J;1,00;01-01-2020;goed\n"

/* Stands in every faulty field, and nowhere in an error. */
#define CANARY "Kanarie7531"

typedef struct dirt_case {
    const char *name;
    const char *csv; /* after the header */
    const char *sql;
    const char *part; /* of the detail */
} dirt_case;

#define READ(column) "SELECT bsn FROM r0 WHERE " column " IS NOT NULL"

static const dirt_case cases[] = {
    {"text for a decimal", GOOD GOOD "1;A;2020;J;" CANARY ";;\n" GOOD, READ("loon"),
     "column loon, line 4: it has a field that is not of its declared type (a decimal of at most 2 decimals after "
     "',')"},
    {"point for a comma", GOOD "1;A;2020;J;7531.50;;\n", READ("loon"), "column loon, line 3: it has a field"},
    {"thousands", GOOD "1;A;2020;J;7.531,50;;\n", READ("loon"), "column loon, line 3: it has a field"},
    {"too many decimals", GOOD "1;A;2020;J;1,7531;;\n", READ("loon"), "column loon, line 3: it has a field"},
    {"exponent", GOOD "1;A;2020;J;1e7531;;\n", READ("loon"), "column loon, line 3: it has a field"},
    {"above the range", GOOD "1;A;2020;J;7531,00;;\n", READ("loon"),
     "column loon, line 3: it has a value outside its declared range"},
    {"below the range", "1;A;2020;J;-100,01;;\n", READ("loon"), "column loon, line 2: it has a value outside"},
    {"beyond 64 bits", GOOD "1;A;2020;J;753199999999999999999999;;\n", READ("loon"),
     "column loon, line 3: it has a value"},
    {"year outside", GOOD GOOD GOOD "1;A;7531;J;;;\n", READ("jaar"), "column jaar, line 5: it has a value outside"},
    {"unknown code", GOOD "1;" CANARY ";2020;J;;;\n", READ("buurt"), "column buurt, line 3: it has a value outside"},
    {"code in small letters", GOOD "1;a;2020;J;;;\n", READ("buurt"), "column buurt, line 3: it has a value outside"},
    {"boolean", GOOD "1;A;2020;" CANARY ";;;\n", READ("werkt"), "column werkt, line 3: it has a field"},
    {"required", GOOD "1;A;2020;;;;\n", READ("werkt"), "column werkt, line 3: it is declared as required"},
    {"required blanks", GOOD "1;A;2020;  ;;;\n", READ("werkt"), "column werkt, line 3: it is declared as required"},
    {"required text that means empty", GOOD "1;A;2020;.;;;\n", READ("werkt"), "column werkt, line 3: it is declared"},
    {"date of another form", GOOD "1;A;2020;J;;2020-75-31;\n", READ("start"), "column start, line 3: it has a field"},
    {"day that is none", GOOD "1;A;2020;J;;30-02-2024;\n", READ("start"), "(a date like %d-%m-%Y)"},
    {"too few fields", GOOD GOOD "1;A;" CANARY "\n" GOOD, READ("loon"), "line 4: its file has a malformed line"},
    {"too many fields", GOOD "1;A;2020;J;;;" CANARY ";x\n" GOOD, "SELECT bsn FROM r0",
     "line 3: its file has a malformed line"},
    {"quote that stays open", GOOD "1;A;2020;J;;;\"" CANARY "\n" GOOD, "SELECT bsn FROM r0", "line 3: its file has"},
    {"text after a quote", GOOD "1;A;2020;J;;;\"" CANARY "\"x\n" GOOD, "SELECT bsn FROM r0", "line 3: its file has"},
    {"not UTF-8", GOOD "1;A;2020;J;;;" CANARY "\xE9\n" GOOD, READ("tekst"), "line 3: its file has a malformed line"},
    {"after a quoted line end", "1;A;2020;J;;;\"a\nb\nc\"\n" GOOD "1;A;" CANARY "\n", "SELECT bsn FROM r0",
     "line 6: its file has"},
    {"value after a quoted line end", "1;A;2020;J;;;\"a\nb\nc\"\n" GOOD "1;A;7531;J;;;\n", READ("jaar"),
     "column jaar, line 6: it has a value"},
    {"after blank lines", "\n\n" GOOD "\n1;A;7531;J;;;\n", READ("jaar"), "column jaar, line 6: it has a value"},
    {"both kinds of line ends", GOOD "1;A;2020;J;;;" CANARY "\r\n" GOOD, "SELECT bsn FROM r0",
     "line 3: its file has a malformed line"},
    {"quote in the middle", GOOD "1;A;2020;J;;;a\"b\n1;A;" CANARY "\n", "SELECT bsn FROM r0",
     "line 4: its file has a malformed line"},
};

static void assert_clean(const fixture *f)
{
    assert_null(strstr(f->detail.text, CANARY));
    assert_null(strstr(f->detail.text, "7531"));
    assert_null(strstr(f->detail.text, "Error"));
    assert_null(strstr(f->detail.text, "CSV"));
}

static void test_execute_faulty_field_names_column_and_line(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        char csv[1024];
        (void)snprintf(csv, sizeof csv, "%s%s", FIXTURE_HEADER, cases[i].csv);
        fixture_persons(&f, "one per person", csv);
        sch_err err = fixture_run(&f, cases[i].sql, NULL, 0, 0);
        if (err.code != SCH_BAD_INPUT || strstr(f.detail.text, cases[i].part) == NULL) {
            fail_msg("%s: %s: %s", cases[i].name, sch_code_name(err.code), sch_detail_or_text(&f.detail, err));
        }
        assert_clean(&f);
    }
    assert_int_equal(checked, 27);
    fixture_close(&f);
}

static void test_execute_fault_in_an_unused_column_does_not_matter(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER "1;X;1;?;veel;ooit;\n" GOOD);
    assert_false(sch_failed(fixture_run(&f, "SELECT bsn FROM r0", NULL, 0, 0)));
    assert_int_equal(f.rows, 2);
    fixture_close(&f);
}

static void test_execute_unknown_code_as_key_names_column_and_line(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER GOOD "1;" CANARY ";2020;J;;;\n");
    const char *const buurt[] = {"buurt"};
    sch_err err = fixture_run(&f, "SELECT bsn, buurt FROM r0", buurt, 1, 0);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "column buurt, line 3: it has a value outside"));
    assert_clean(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER GOOD "1;;2020;J;;;\n");
    f.data_set.column[1].required = true;
    err = fixture_run(&f, "SELECT bsn, buurt FROM r0", buurt, 1, 0);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "column buurt, line 3: it is declared as required"));
    fixture_close(&f);
}

/* A file of `rows` good rows in which row number `bad` (from 0) is `line`. */
static void write_with_fault(fixture *f, size_t rows, size_t bad, const char *line)
{
    FILE *out = fopen(fixture_path(f, "data.csv"), "wb");
    assert_non_null(out);
    fputs(FIXTURE_HEADER, out);
    for (size_t i = 0; i < rows; i++) {
        if (i == bad) {
            fputs(line, out);
        } else {
            fprintf(out, "%09zu;A;2020;J;1,00;01-01-2020;goed\n", i);
        }
    }
    assert_int_equal(fclose(out), 0);
}

static void test_execute_late_faults_are_never_taken_for_the_end(void **state)
{
    (void)state;
    enum { ROWS = 600000 };
    static const size_t places[] = {ROWS - 1, ROWS / 2, 250000, 5000};
    fixture f;
    fixture_open(&f);
    size_t checked = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++, checked++) {
        char part[64];
        fixture_persons(&f, "one per person", "");
        write_with_fault(&f, ROWS, places[i], "1;A;" CANARY "\n");
        (void)snprintf(part, sizeof part, ", line %zu: its file has a malformed line", places[i] + 2);
        fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, part);
        assert_clean(&f);
        write_with_fault(&f, ROWS, places[i], "1;A;2020;J;7531,00;;\n");
        (void)snprintf(part, sizeof part, ", column loon, line %zu: it has a value outside", places[i] + 2);
        fixture_expect(&f, READ("loon"), SCH_BAD_INPUT, part);
        assert_clean(&f);
    }
    assert_int_equal(checked, 4);
    fixture_close(&f);
}

static void test_execute_zero_bytes_are_faults_of_texts_only(void **state)
{
    (void)state;
    static const char csv[] = FIXTURE_HEADER GOOD "12\0"
                                                  "4;A;2020;J;;;een\0twee\n";
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", "");
    fixture_write(&f, "data.csv", csv, sizeof csv - 1);
    /* The node rejects the identifier. */
    assert_false(sch_failed(fixture_run(&f, "SELECT bsn FROM r0", NULL, 0, 0)));
    assert_int_equal(f.rows, 2);
    fixture_expect(&f, READ("tekst"), SCH_BAD_INPUT, "column tekst, line 3: it has a field that is not of");
    fixture_close(&f);
}

static void test_execute_long_identifier_stays_invalid(void **state)
{
    (void)state;
    char csv[1024] = FIXTURE_HEADER;
    fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < 60; i++) {
        strcat(csv, "\xC3\xA9\xC3\xA9x");
    }
    strcat(csv, ";A;2020;J;;;\n");
    fixture_persons(&f, "one per person", csv);
    assert_false(sch_failed(fixture_run(&f, "SELECT bsn FROM r0", NULL, 0, 0)));
    assert_int_equal(f.rows, 1);
    assert_in_range(strlen(f.row[0].identifier), 65, 68);
    fixture_close(&f);
}

static void test_execute_very_long_line_is_a_malformed_line(void **state)
{
    (void)state;
    enum { BYTES = 5000000 };
    char *csv = malloc(BYTES + 256);
    assert_non_null(csv);
    strcpy(csv, FIXTURE_HEADER GOOD "1;A;2020;J;;;");
    size_t start = strlen(csv);
    memset(csv + start, 'x', BYTES);
    strcpy(csv + start + BYTES, "\n" GOOD);
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", csv);
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "line 3: its file has a malformed line");
    free(csv);
    fixture_close(&f);
}

static void test_execute_header_faults_name_the_column(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", "bsn;buurt;jaar;werkt;lonen;start;tekst\n");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "column loon: its file has no such column (loon)");
    fixture_persons(&f, "one per person", "bsn;buurt;jaar;werkt;Loon;start;tekst\n");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "(loon); did you mean Loon?");
    fixture_persons(&f, "one per person", "bsn;buurt;jaar;werkt;loon;start;tekst;loon\n");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "column loon: its file has two columns of this name");
    /* Without a header the first line has values, which are not shown. */
    fixture_persons(&f, "one per person", CANARY ";A;7531;J;75,31;;" CANARY "\n");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "column bsn: its file has no such column (bsn)");
    assert_clean(&f);
    fixture_persons(&f, "one per person", "");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "does not begin with a line of column names");
    fixture_persons(&f, "one per person", "bsn;\"buurt");
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "does not begin with a line of column names");
    fixture_close(&f);
}

static void test_execute_what_is_no_file_is_an_io_error(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER);
    assert_int_equal(unlink(fixture_path(&f, "data.csv")), 0);
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "its file does not exist");
    assert_int_equal(mkfifo(fixture_path(&f, "data.csv"), 0600), 0);
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "is not a regular file");
    assert_int_equal(unlink(fixture_path(&f, "data.csv")), 0);
    assert_int_equal(mkdir(fixture_path(&f, "data.csv"), 0700), 0);
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "is not a regular file");
    fixture_close(&f);
}

static void test_execute_odd_path_is_taken_as_it_is(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER);
    free(f.file.path);
    f.file.path = strdup(fixture_path(&f, "a'b [1]*.gz"));
    assert_non_null(f.file.path);
    fixture_write_text(&f, "a'b [1]*.gz", FIXTURE_HEADER GOOD);
    assert_false(sch_failed(fixture_run(&f, "SELECT bsn FROM r0", NULL, 0, 0)));
    assert_int_equal(f.rows, 1);
    fixture_close(&f);
}

static void test_execute_arithmetic_beyond_64_bits_is_bad_input(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", FIXTURE_HEADER GOOD);
    sch_err err = fixture_run(&f, "SELECT bsn, loon * 9000000000000000000 FROM r0", NULL, 0, 1);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "a calculation of the query overflows"));
    err = fixture_run(&f, "SELECT bsn, loon::HUGEINT * 9000000000000000000 FROM r0", NULL, 0, 1);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "a calculation of the query overflows"));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_execute_faulty_field_names_column_and_line),
        cmocka_unit_test(test_execute_fault_in_an_unused_column_does_not_matter),
        cmocka_unit_test(test_execute_unknown_code_as_key_names_column_and_line),
        cmocka_unit_test(test_execute_late_faults_are_never_taken_for_the_end),
        cmocka_unit_test(test_execute_zero_bytes_are_faults_of_texts_only),
        cmocka_unit_test(test_execute_long_identifier_stays_invalid),
        cmocka_unit_test(test_execute_very_long_line_is_a_malformed_line),
        cmocka_unit_test(test_execute_header_faults_name_the_column),
        cmocka_unit_test(test_execute_what_is_no_file_is_an_io_error),
        cmocka_unit_test(test_execute_odd_path_is_taken_as_it_is),
        cmocka_unit_test(test_execute_arithmetic_beyond_64_bits_is_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
