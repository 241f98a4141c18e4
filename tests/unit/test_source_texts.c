/* sch_source_execute: sch_link_text, by which statements make link keys of texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/unit.h"
#include "tests/unit/test_source_fixture.h"

enum { PERSONS = 5000 };

/* One person, without whom a statement has no row. */
static void open_one(fixture *f)
{
    fixture_open(f);
    fixture_persons(f, "one per person", FIXTURE_HEADER "111222333;A;2020;J;1,00;;\n");
}

/* The first value of a statement's only row. */
static uint64_t value_of(fixture *f, const char *value)
{
    char sql[1024];
    (void)snprintf(sql, sizeof sql, "SELECT bsn, (%s)::BIGINT FROM r0", value);
    fixture_assert_ok(f, fixture_run(f, sql, NULL, 0, 1));
    assert_int_equal(f->rows, 1);
    return f->row[0].value[0];
}

/* ---- the vectors ---- */

/* Whether bytes are UTF-8 as RFC 3629 has it: what a text of the engine's can be. */
static bool is_utf_8(const char *text, size_t bytes)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + bytes;
    while (at < end) {
        size_t more = *at < 0x80                  ? 0
                      : *at >= 0xC2 && *at < 0xE0 ? 1
                      : *at >= 0xE0 && *at < 0xF0 ? 2
                      : *at >= 0xF0 && *at < 0xF5 ? 3
                                                  : 4;
        if (more == 4 || (size_t)(end - at) <= more || (more == 2 && *at == 0xE0 && at[1] < 0xA0) ||
            (more == 2 && *at == 0xED && at[1] >= 0xA0) || (more == 3 && *at == 0xF0 && at[1] < 0x90) ||
            (more == 3 && *at == 0xF4 && at[1] >= 0x90)) {
            return false;
        }
        for (size_t i = 1; i <= more; i++) {
            if ((at[i] & 0xC0) != 0x80) {
                return false;
            }
        }
        at += more + 1;
    }
    return true;
}

/* Appends 'text', with or without its blanks. */
static void put_literal(sch_buf *out, const char *text, size_t bytes, bool blanks)
{
    assert_false(sch_failed(sch_buf_append(out, "'", 1)));
    for (size_t i = 0; i < bytes; i++) {
        if (blanks || text[i] != ' ') {
            assert_false(sch_failed(sch_buf_append(out, text[i] == '\'' ? "''" : &text[i], text[i] == '\'' ? 2 : 1)));
        }
    }
    assert_false(sch_failed(sch_buf_append(out, "'", 1)));
}

/* Appends a vector as a row of VALUES; false for one that no text of the engine's can be. */
static bool put_vector(sch_buf *out, char *line, bool first)
{
    char *rest = line;
    char *in = strsep(&rest, "\t"), *want = strsep(&rest, "\t");
    assert_true(in != NULL && want != NULL && rest != NULL);
    bool invalid = strcmp(want, "invalid") == 0;
    size_t bytes = unit_unescape(in);
    if (memchr(in, '\0', bytes) != NULL || !is_utf_8(in, bytes)) {
        assert_true(invalid);
        return false;
    }
    assert_false(sch_failed(sch_buf_append_text(out, first ? "(" : ", (")));
    put_literal(out, in, bytes, true);
    assert_false(sch_failed(sch_buf_append_text(out, ", ")));
    if (invalid) {
        assert_false(sch_failed(sch_buf_append_text(out, "NULL::VARCHAR")));
    } else {
        put_literal(out, want, unit_unescape(want), false);
    }
    assert_false(sch_failed(sch_buf_append_text(out, ")")));
    return true;
}

static void test_link_text_of_published_vectors_is_their_plain_form_without_blanks(void **state)
{
    (void)state;
    fixture f;
    sch_buf sql = {0};
    char line[2048];
    size_t vectors = 0, outside = 0;
    FILE *file = fopen(SCH_VECTORS_FOLDER "/normalisation_1.tsv", "r");
    assert_non_null(file);
    open_one(&f);
    /* Three values: how many there are, how many differ, and the number of the first that does. */
    assert_false(
        sch_failed(sch_buf_append_text(&sql, "SELECT bsn, n, wrong, first FROM r0, (SELECT count(*) AS n, count(*) "
                                             "FILTER (differs) AS wrong, coalesce(min(i) FILTER (differs), 0) AS first "
                                             "FROM (SELECT row_number() OVER () AS i, sch_link_text(t) IS DISTINCT "
                                             "FROM w AS differs FROM (VALUES ")));
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '#') {
            bool put = put_vector(&sql, line, vectors == 0);
            vectors += put;
            outside += !put;
        }
    }
    assert_int_equal(fclose(file), 0);
    assert_false(sch_failed(sch_buf_append_text(&sql, ") AS v(t, w)))")));
    fixture_assert_ok(&f, fixture_run(&f, sch_buf_text(&sql), NULL, 0, 3));
    assert_int_equal(f.rows, 1);
    assert_int_equal(vectors + outside, 213);
    assert_int_equal(outside, 24); /* bytes that are no UTF-8 */
    assert_int_equal(f.row[0].value[0], vectors);
    assert_int_equal(f.row[0].value[2], 0);
    assert_int_equal(f.row[0].value[1], 0);
    sch_buf_clear(&sql);
    fixture_close(&f);
}

/* ---- what has none, and what is long ---- */

static void test_link_text_of_what_has_no_plain_form_is_null(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "NULL::VARCHAR",
        "''",
        "' '",
        "'- -'",
        "'.'''",
        "chr(20013)",           /* another script */
        "chr(8203)",            /* a blank without width */
        "chr(128512)",          /* four bytes */
        "'a' || chr(0) || 'b'", /* no text of a file's */
        "'straat' || chr(1)",
        "repeat('a', 65)",
        "repeat('a ', 33)", /* of 65 characters with its blanks */
        "repeat('a', 100000)",
        "repeat(' ', 100000)",
    };
    fixture f;
    size_t checked = 0;
    open_one(&f);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++, checked++) {
        char value[128];
        (void)snprintf(value, sizeof value, "sch_link_text(%s) IS NULL", texts[i]);
        if (value_of(&f, value) != 1) {
            fail_msg("%s has a link text", texts[i]);
        }
    }
    assert_int_equal(checked, 14);
    fixture_close(&f);
}

static void test_link_text_of_long_texts_is_what_is_left_of_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *link;
    } cases[] = {
        {"repeat('A', 64)", "repeat('a', 64)"},
        {"repeat('a ', 32)", "repeat('a', 32)"},
        {"repeat(' ', 255) || 'B'", "'b'"},
        {"repeat(' ', 256) || 'B'", "'b'"},
        {"repeat('.', 100000) || '12' || repeat(chr(769), 50000) || ' bis'", "'12bis'"},
        {"repeat(chr(307), 32)", "repeat('ij', 32)"},
    };
    fixture f;
    size_t checked = 0;
    open_one(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        char value[256];
        (void)snprintf(value, sizeof value, "sch_link_text(%s) = %s", cases[i].text, cases[i].link);
        if (value_of(&f, value) != 1) {
            fail_msg("%s comes to something else", cases[i].text);
        }
    }
    assert_int_equal(checked, 6);
    fixture_close(&f);
}

/* The engine has no text that is not UTF-8: what would be one ends the run before the function sees it. */
static void test_link_text_of_bytes_that_are_no_utf_8_is_refused_before(void **state)
{
    (void)state;
    fixture f;
    open_one(&f);
    fixture_expect(&f, "SELECT bsn FROM r0 WHERE sch_link_text('\xC3') IS NULL", SCH_BUG, "does not accept");
    fixture_expect(&f, "SELECT bsn FROM r0 WHERE sch_link_text(decode('\\xC3'::BLOB)) IS NULL", SCH_BAD_INPUT, "");
    fixture_close(&f);
}

/* ---- columns ---- */

/* Of a file's texts: with and without one, short and long in turn, in vectors of many rows. */
static void test_link_text_of_a_column_stays_with_its_row(void **state)
{
    (void)state;
    fixture f;
    sch_buf csv = {0};
    size_t wrong = 0, without = 0;
    fixture_open(&f);
    assert_false(sch_failed(sch_buf_append_text(&csv, FIXTURE_HEADER)));
    for (unsigned i = 0; i < PERSONS; i++) {
        static const char *const before[] = {"", "", "Weg ", "Laan-van-", "\xE4\xB8\xAD"};
        static const char *const behind[] = {"", "", "", "'s \xC3\xA9\xC3\xA9n", ""};
        char number[16] = "";
        if (i % 5 != 0) {
            (void)snprintf(number, sizeof number, "%u", i);
        }
        assert_false(
            sch_failed(sch_buf_printf(&csv, "%09u;A;2020;J;1,00;;%s%s%s\n", i, before[i % 5], number, behind[i % 5])));
    }
    fixture_persons(&f, "one per person", sch_buf_text(&csv));
    fixture_assert_ok(
        &f, fixture_run(&f,
                        "SELECT bsn, (sch_link_text(tekst || repeat(' ', 100 * (bsn::INT % 7))) IS NOT DISTINCT FROM "
                        "CASE bsn::INT % 5 WHEN 1 THEN (bsn::INT)::VARCHAR WHEN 2 THEN 'weg' || bsn::INT "
                        "WHEN 3 THEN 'laanvan' || bsn::INT || 'seen' END)::INT, (tekst IS NULL)::INT FROM r0",
                        NULL, 0, 2));
    assert_int_equal(f.rows, PERSONS);
    for (size_t i = 0; i < f.rows; i++) {
        wrong += f.row[i].value[0] != 1;
        without += f.row[i].value[1];
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(without, PERSONS / 5);
    sch_buf_clear(&csv);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_text_of_published_vectors_is_their_plain_form_without_blanks),
        cmocka_unit_test(test_link_text_of_what_has_no_plain_form_is_null),
        cmocka_unit_test(test_link_text_of_long_texts_is_what_is_left_of_them),
        cmocka_unit_test(test_link_text_of_bytes_that_are_no_utf_8_is_refused_before),
        cmocka_unit_test(test_link_text_of_a_column_stays_with_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
