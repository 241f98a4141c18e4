/* The parts of node/source that read fields and need no engine: codes, fields, CSV records, the view. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/source/codes.h"
#include "node/source/csv.h"
#include "node/source/field.h"
#include "node/source/view.h"

/* ---- codes ---- */

static void test_codes_find_finds_each_and_nothing_else(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static char text[COUNT][16];
    static char *code[COUNT];
    for (int i = 0; i < COUNT; i++) {
        /* Lengths 1 to 12, with long common beginnings. */
        (void)snprintf(text[i], sizeof text[i], i % 2 == 0 ? "%d" : "GM1916%05d", i);
        code[i] = text[i];
    }
    sch_codes codes;
    assert_false(sch_failed(sch_codes_init(&codes, code, COUNT)));
    size_t found = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t number = COUNT;
        found += sch_codes_find(&codes, &number, code[i], strlen(code[i])) && number == i;
        assert_false(sch_codes_find(&codes, &number, code[i], strlen(code[i]) - 1) && number == i);
    }
    assert_int_equal(found, COUNT);
    uint32_t number;
    assert_false(sch_codes_find(&codes, &number, "", 0));
    assert_false(sch_codes_find(&codes, &number, "GM1916", 6));
    sch_codes_clear(&codes);
}

static void test_codes_init_bad_lists_are_refused(void **state)
{
    (void)state;
    char long_code[300];
    memset(long_code, 'x', sizeof long_code - 1);
    long_code[sizeof long_code - 1] = '\0';
    char *twice[] = {"a", "b", "a"};
    char *longer[] = {long_code};
    sch_codes codes;
    assert_int_equal(sch_codes_init(&codes, twice, 3).code, SCH_BAD_INPUT);
    sch_codes_clear(&codes);
    assert_int_equal(sch_codes_init(&codes, longer, 1).code, SCH_BAD_INPUT);
    sch_codes_clear(&codes);
    assert_false(sch_failed(sch_codes_init(&codes, NULL, 0)));
    uint32_t number;
    assert_false(sch_codes_find(&codes, &number, "a", 1));
    sch_codes_clear(&codes);
}

/* ---- fields ---- */

static void test_parse_number_is_exact_and_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t decimals;
        bool taken;
        int64_t number;
    } cases[] = {
        {"0", 0, true, 0},
        {"-0", 0, true, 0},
        {"+7", 0, true, 7},
        {"007", 0, true, 7},
        {"12,5", 2, true, 1250},
        {"12,50", 1, true, 125},
        {"12,000", 0, true, 12},
        {"-125,50", 2, true, -12550},
        {"9223372036854775807", 0, true, INT64_MAX},
        {"-9223372036854775807", 0, true, -INT64_MAX},
        {"9223372036854775808", 0, false, 0},
        {"92233720368547758,08", 2, false, 0},
        {"18446744073709551617", 0, false, 0},
        {"99999999999999999999999999", 9, false, 0},
        {"12,51", 1, false, 0},
        {"12,", 2, false, 0},
        {",5", 2, false, 0},
        {"", 2, false, 0},
        {"-", 2, false, 0},
        {"--1", 2, false, 0},
        {"1 000", 2, false, 0},
        {"1.000,00", 2, false, 0},
        {"1.5", 2, false, 0},
        {"1e3", 2, false, 0},
        {"0x10", 0, false, 0},
        {"nan", 0, false, 0},
        {"1,5,5", 2, false, 0},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        int64_t number = 0;
        bool taken = sch_field_parse_number(&number, cases[i].text, strlen(cases[i].text), ',', cases[i].decimals);
        if (taken != cases[i].taken || (taken && number != cases[i].number)) {
            fail_msg("%s with %u decimals", cases[i].text, cases[i].decimals);
        }
    }
    assert_int_equal(checked, 27);
}

static void test_parse_date_takes_dates_that_exist(void **state)
{
    (void)state;
    static const struct {
        const char *text, *format;
        bool taken;
        int64_t days;
    } cases[] = {
        {"1970-01-01", "%Y-%m-%d", true, 0},
        {"1969-12-31", "%Y-%m-%d", true, -1},
        {"2000-02-29", "%Y-%m-%d", true, 11016},
        {"0001-01-01", "%Y-%m-%d", true, SCH_MIN_DATE},
        {"9999-12-31", "%Y-%m-%d", true, SCH_MAX_DATE},
        {"1-3-2024", "%d-%m-%Y", true, 19783},
        {"20240301", "%Y%m%d", true, 19783},
        {"1900-02-29", "%Y-%m-%d", false, 0},
        {"2023-02-29", "%Y-%m-%d", false, 0},
        {"2024-00-10", "%Y-%m-%d", false, 0},
        {"2024-13-10", "%Y-%m-%d", false, 0},
        {"2024-04-31", "%Y-%m-%d", false, 0},
        {"24-04-30", "%Y-%m-%d", false, 0},
        {"2024-04-30 ", "%Y-%m-%d", false, 0},
        {"2024-04-30T00", "%Y-%m-%d", false, 0},
        {"2024/04/30", "%Y-%m-%d", false, 0},
        {"2024-04-", "%Y-%m-%d", false, 0},
        {"0000-01-01", "%Y-%m-%d", false, 0},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        int64_t days = 0;
        bool taken = sch_field_parse_date(&days, cases[i].text, strlen(cases[i].text), cases[i].format);
        if (taken != cases[i].taken || (taken && days != cases[i].days)) {
            fail_msg("%s by %s: %d", cases[i].text, cases[i].format, (int)days);
        }
    }
    assert_int_equal(checked, 18);
    assert_true(sch_field_date_format_is_valid("%d-%m-%Y"));
    assert_false(sch_field_date_format_is_valid("%d-%m"));
    assert_false(sch_field_date_format_is_valid("%d-%m-%Y %H"));
    assert_false(sch_field_date_format_is_valid("%d-%m-%Y-%d"));
    assert_false(sch_field_date_format_is_valid("%"));
}

static void test_field_read_identifiers_as_their_kinds_have_it(void **state)
{
    (void)state;
    static const struct {
        sch_identifier_kind kind;
        const char *text, *as_it_is, *checked; /* NULL: malformed */
    } cases[] = {
        {SCH_IDENTIFIER_BSN, " 10000008", "010000008", "010000008"},
        {SCH_IDENTIFIER_BSN, "111222333", "111222333", "111222333"},
        {SCH_IDENTIFIER_BSN, "11111111", "011111111", NULL},
        {SCH_IDENTIFIER_BSN, "1111111a", "1111111a", NULL},
        {SCH_IDENTIFIER_RSIN, "10000008", "010000008", "010000008"},
        {SCH_IDENTIFIER_RSIN, "1.0", "1.0", NULL},
        {SCH_IDENTIFIER_KVK, "1234567", "01234567", "01234567"},
        {SCH_IDENTIFIER_KVK, "123", "123", NULL},
        {SCH_IDENTIFIER_BAG, "363200000000001", "0363200000000001", "0363200000000001"},
        {SCH_IDENTIFIER_BAG, "363", "363", NULL},
        {SCH_IDENTIFIER_TEXT, " Van  d\xC3\xBCren ", "van duren", "van duren"},
        {SCH_IDENTIFIER_TEXT, "a\x02", "a\x02", NULL},
    };
    const sch_source_file file = {.decimal_separator = ','};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        const sch_column column = {.role = SCH_ROLE_IDENTIFIER, .type = SCH_TYPE_TEXT, .identifier = cases[i].kind};
        sch_field_reader reader;
        sch_field_value value;
        assert_false(sch_failed(sch_field_reader_init(&reader, &column, &file, SCH_FIELD_FROM_FILE)));
        size_t bytes = strlen(cases[i].text);
        assert_int_equal(sch_field_read(&reader, &value, cases[i].text, bytes), SCH_FIELD_OK);
        assert_int_equal(value.bytes, strlen(cases[i].as_it_is));
        assert_memory_equal(value.text, cases[i].as_it_is, value.bytes);
        bool valid = cases[i].checked != NULL;
        assert_int_equal(sch_field_check_identifier(&column, &value), valid ? SCH_FIELD_OK : SCH_FIELD_MALFORMED);
        reader.check_identifier = true;
        sch_field_state is = sch_field_read(&reader, &value, cases[i].text, bytes);
        assert_int_equal(is, valid ? SCH_FIELD_OK : SCH_FIELD_MALFORMED);
        if (valid) {
            assert_int_equal(value.bytes, strlen(cases[i].checked));
            assert_memory_equal(value.text, cases[i].checked, value.bytes);
        }
        sch_field_reader_clear(&reader);
    }
    assert_int_equal(checked, 12);
}

static void test_field_read_long_identifiers_stay_invalid(void **state)
{
    (void)state;
    const sch_column column = {.role = SCH_ROLE_IDENTIFIER, .type = SCH_TYPE_TEXT, .identifier = SCH_IDENTIFIER_TEXT};
    const sch_source_file file = {.decimal_separator = ','};
    sch_field_reader reader;
    sch_field_value value;
    char text[1024];
    assert_false(sch_failed(sch_field_reader_init(&reader, &column, &file, SCH_FIELD_FROM_FILE)));
    size_t valid = 0;
    size_t checked = 0;
    for (size_t length = 1; length <= 400; length++, checked++) {
        /* Letters with a mark of their own, which takes three bytes and comes to one; cut anywhere. */
        memset(text, 0, sizeof text);
        for (size_t i = 0; i < length; i++) {
            memcpy(text + 3 * (i / 2) + (i % 2), i % 2 == 0 ? "e" : "\xCC\x81", i % 2 == 0 ? 1 : 2);
        }
        assert_int_equal(sch_field_read(&reader, &value, text, strlen(text)), SCH_FIELD_OK);
        bool fits = (length + 1) / 2 <= 64 && strlen(text) <= 255;
        assert_int_equal(sch_field_check_identifier(&column, &value), fits ? SCH_FIELD_OK : SCH_FIELD_MALFORMED);
        assert_true(value.bytes <= SCH_FIELD_IDENTIFIER_MAX);
        if (fits) {
            assert_int_equal(value.bytes, (length + 1) / 2);
        } else {
            assert_int_equal(value.text[0], '\x01');
            assert_memory_equal(value.text + 1, text, value.bytes - 1);
            assert_int_not_equal((uint8_t)text[value.bytes - 1] & 0xC0, 0x80); /* a character's end */
        }
        valid += fits;
    }
    assert_int_equal(checked, 400);
    assert_in_range(valid, 100, 200);
    sch_field_reader_clear(&reader);
}

/* ---- CSV ---- */

/* Prints what the scanner makes of bytes: each record as line:[field|field], ! for malformed. */
static void scan(char *out, size_t room, const char *data, size_t bytes, const sch_source_file *file)
{
    FILE *in = tmpfile();
    assert_non_null(in);
    assert_int_equal(fwrite(data, 1, bytes, in), bytes);
    assert_int_equal(fflush(in), 0);
    sch_csv csv;
    assert_false(sch_failed(sch_csv_init(&csv, fileno(in), file)));
    size_t at = 0;
    out[0] = '\0';
    for (size_t records = 0; records < 100; records++) {
        sch_csv_state state;
        assert_false(sch_failed(sch_csv_next(&csv, &state)));
        if (state == SCH_CSV_END) {
            break;
        }
        at += (size_t)snprintf(out + at, room - at, "%zu:%s[", (size_t)csv.record_line,
                               state == SCH_CSV_MALFORMED ? "!" : "");
        for (size_t i = 0; i < csv.fields; i++) {
            size_t length;
            const char *text = sch_csv_field(&csv, i, &length);
            at += (size_t)snprintf(out + at, room - at, "%s%.*s", i == 0 ? "" : "|", (int)length, text);
        }
        at += (size_t)snprintf(out + at, room - at, "]");
    }
    sch_csv_clear(&csv);
    assert_int_equal(fclose(in), 0);
}

static void test_csv_next_reads_records_and_lines(void **state)
{
    (void)state;
    static const struct {
        const char *data, *records;
    } cases[] = {
        {"", ""},
        {"\n\n", ""},
        {"a;b", "1:[a|b]"},
        {"\xEF\xBB\xBF"
         "a;b\r\n1;2\r\n",
         "1:[a|b]2:[1|2]"},
        {"a;;\n;\n", "1:[a||]2:[|]"},
        {"\"a;b\";\"c\"\"d\"\n", "1:[a;b|c\"d]"},
        {"\"a\nb\";c\nd;e\n", "1:[a\nb|c]3:[d|e]"},
        {"\"\"\n", "1:[]"},
        {"a\n\nb\n", "1:[a]3:[b]"},
        {"\"a\"x;b\nc\n", "1:![ax|b]2:[c]"},
        {"a;\"b\nc\n", "1:![a|b\nc\n]"},
        {"a\r\nb\nc\r\n", "1:[a]2:![b]3:![c]"},
        {"a\rb\n", "1:![a]1:[b]"},
        {"a;\xFF\n", "1:![a|\xFF]"},
        {"a'b;c\"d\n", "1:[a'b|c\"d]"},
    };
    const sch_source_file file = {.delimiter = ';', .quote = '"', .encoding = "utf-8"};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        char out[512];
        scan(out, sizeof out, cases[i].data, strlen(cases[i].data), &file);
        assert_string_equal(out, cases[i].records);
    }
    assert_int_equal(checked, 15);
    const sch_source_file other = {.delimiter = ',', .quote = '\0', .encoding = "latin-1"};
    char out[512];
    scan(out, sizeof out, "\"a\",\xE9\n", 6, &other);
    assert_string_equal(out, "1:[\"a\"|\xC3\xA9]");
}

static void test_csv_next_too_much_is_malformed_and_goes_on(void **state)
{
    (void)state;
    const sch_source_file file = {.delimiter = ';', .quote = '"', .encoding = "utf-8"};
    enum { BYTES = SCH_CSV_RECORD_BYTES + 10 };
    char *data = malloc(BYTES + 2);
    assert_non_null(data);
    memset(data, ';', BYTES);
    memcpy(data + BYTES, "\na", 2);
    FILE *in = tmpfile();
    assert_non_null(in);
    assert_int_equal(fwrite(data, 1, BYTES + 2, in), BYTES + 2);
    assert_int_equal(fflush(in), 0);
    sch_csv csv;
    sch_csv_state is;
    assert_false(sch_failed(sch_csv_init(&csv, fileno(in), &file)));
    assert_false(sch_failed(sch_csv_next(&csv, &is)));
    assert_int_equal(is, SCH_CSV_MALFORMED);
    assert_false(sch_failed(sch_csv_next(&csv, &is)));
    assert_int_equal(is, SCH_CSV_RECORD);
    assert_int_equal(csv.record_line, 2);
    sch_csv_clear(&csv);
    assert_int_equal(fclose(in), 0);
    /* A descriptor that cannot be read. */
    assert_false(sch_failed(sch_csv_init(&csv, -1, &file)));
    assert_int_equal(sch_csv_next(&csv, &is).code, SCH_IO);
    sch_csv_clear(&csv);
    free(data);
}

/* ---- the view ---- */

static void test_view_print_states_dialect_and_quotes_all(void **state)
{
    (void)state;
    sch_column column[] = {
        {.name = "bsn", .role = SCH_ROLE_IDENTIFIER, .type = SCH_TYPE_TEXT},
        {.name = "loon", .role = SCH_ROLE_MEASURE, .type = SCH_TYPE_DECIMAL},
    };
    char *header[] = {"id", "w'1"};
    const sch_data_set data_set = {.name = "d", .column = column, .column_count = 2};
    const sch_source_file file = {.format = SCH_FILE_CSV,
                                  .delimiter = ';',
                                  .quote = '\'',
                                  .encoding = "utf-8",
                                  .header = header,
                                  .header_count = 2};
    FILE *in = tmpfile();
    assert_non_null(in);
    fputs("x;'w''1';id\n", in);
    assert_int_equal(fflush(in), 0);
    sch_view view;
    sch_fault fault;
    sch_buf sql = {0};
    sch_view_init(&view, 0, &data_set, &file);
    assert_false(sch_failed(sch_view_read_header(&view, &fault, fileno(in))));
    assert_int_equal(fault.kind, 0);
    assert_false(sch_failed(sch_view_print(&sql, &view, "/a'b", false)));
    assert_string_equal(
        sch_buf_text(&sql),
        "CREATE VIEW r0 AS SELECT column_0_0(f2) AS \"bsn\", column_0_1(f1) AS \"loon\" FROM "
        "read_csv('/a''b', auto_detect=false, header=true, compression='none', strict_mode=true, delim=';', "
        "quote='''', escape='''', encoding='utf-8', max_line_size=2000000, buffer_size=8388608, "
        "columns={f0: 'VARCHAR', f1: 'VARCHAR', f2: 'VARCHAR'})");
    sch_buf_clear(&sql);
    assert_int_equal(fclose(in), 0);
}

static void test_view_print_of_another_relation_leaves_out_nobodies_and_doubles(void **state)
{
    (void)state;
    sch_column column[] = {
        {.name = "loon", .role = SCH_ROLE_MEASURE, .type = SCH_TYPE_DECIMAL},
        {.name = "f1", .role = SCH_ROLE_IDENTIFIER, .type = SCH_TYPE_TEXT},
    };
    char *header[] = {"loon", "f1"};
    const sch_data_set data_set = {.name = "d", .column = column, .column_count = 2};
    const sch_source_file file = {.format = SCH_FILE_PARQUET, .header = header, .header_count = 2};
    sch_view view;
    sch_buf sql = {0};
    sch_view_init(&view, 7, &data_set, &file);
    view.file_columns = 2;
    view.column[0] = (sch_view_column){.position = 0, .input = SCH_VIEW_INTEGER};
    view.column[1] = (sch_view_column){.position = 1, .input = SCH_VIEW_TEXT};
    assert_int_equal(sch_view_identifier(&view), 1);
    assert_false(sch_failed(sch_view_print(&sql, &view, "/a", true)));
    assert_string_equal(sch_buf_text(&sql),
                        "CREATE VIEW r7 AS SELECT column_7_0(CAST(f0 AS BIGINT)) AS \"loon\", s.id AS \"f1\" FROM "
                        "(SELECT *, column_7_1(CAST(f1 AS VARCHAR)) AS id FROM read_parquet('/a') AS t(f0, f1)) AS s "
                        "ANTI JOIN doubles_7 AS d ON s.id = d.id WHERE s.id IS NOT NULL");
    sql.bytes = 0;
    assert_false(sch_failed(sch_view_print_doubles(&sql, &view, "/a")));
    assert_string_equal(sch_buf_text(&sql),
                        "CREATE TABLE doubles_7 AS SELECT id, count(*) AS n FROM (SELECT person_7(CAST(f1 AS VARCHAR)) "
                        "AS id FROM read_parquet('/a') AS t(f0, f1)) WHERE id IS NOT NULL GROUP BY id "
                        "HAVING count(*) > 1");
    sch_buf_clear(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_find_finds_each_and_nothing_else),
        cmocka_unit_test(test_codes_init_bad_lists_are_refused),
        cmocka_unit_test(test_parse_number_is_exact_and_strict),
        cmocka_unit_test(test_parse_date_takes_dates_that_exist),
        cmocka_unit_test(test_field_read_identifiers_as_their_kinds_have_it),
        cmocka_unit_test(test_field_read_long_identifiers_stay_invalid),
        cmocka_unit_test(test_csv_next_reads_records_and_lines),
        cmocka_unit_test(test_csv_next_too_much_is_malformed_and_goes_on),
        cmocka_unit_test(test_view_print_states_dialect_and_quotes_all),
        cmocka_unit_test(test_view_print_of_another_relation_leaves_out_nobodies_and_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
