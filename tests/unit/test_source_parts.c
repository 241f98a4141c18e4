/* The parts of node/source that need no engine: codes, fields, CSV records, the view, jobs and frames. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/source/chunk.h"
#include "node/source/codes.h"
#include "node/source/csv.h"
#include "node/source/fault.h"
#include "node/source/field.h"
#include "node/source/job.h"
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

/* ---- jobs ---- */

typedef struct job_fixture {
    sch_column column[3];
    char *code[2];
    int64_t edge[3];
    char *header[3];
    sch_data_set data_set;
    sch_source_file file;
    sch_source_options options;
    sch_source_relation relation[2];
    sch_source_key key[2];
    sch_source_query query;
} job_fixture;

static void make_job(job_fixture *j)
{
    *j = (job_fixture){
        .column =
            {{.name = "bsn", .role = SCH_ROLE_IDENTIFIER, .type = SCH_TYPE_TEXT, .identifier = SCH_IDENTIFIER_BSN},
             {.name = "buurt", .role = SCH_ROLE_DIMENSION, .type = SCH_TYPE_TEXT, .required = true, .code_count = 2},
             {.name = "loon",
              .role = SCH_ROLE_MEASURE,
              .type = SCH_TYPE_DECIMAL,
              .decimals = 2,
              .bounded = true,
              .minimum = -5,
              .maximum = 700}},
        .code = {"A", "B b"},
        .edge = {-5, 100, 701},
        .header = {"bsn", "Buurt", "loon"},
        .data_set = {.name = "d", .max_rows = 12, .rows_per_person = SCH_MANY_PER_PERSON, .column_count = 3},
        .file = {.path = "/x",
                 .format = SCH_FILE_CSV,
                 .delimiter = ';',
                 .quote = '"',
                 .decimal_separator = ',',
                 .encoding = "utf-8",
                 .date_format = "%Y-%m-%d",
                 .true_text = "J",
                 .false_text = "N",
                 .empty_text = ".",
                 .header_count = 3},
        .options = {.memory_mb = 100, .threads = 3, .spill_dir = "/tmp"},
        .query = {.sql = "SELECT", .key_count = 2, .value_count = 2},
    };
    j->column[1].code = j->code;
    j->data_set.column = j->column;
    j->file.header = j->header;
    j->column[2].bin_edge = j->edge;
    j->column[2].bin_count = 2;
    j->relation[0] = j->relation[1] = (sch_source_relation){&j->data_set, &j->file};
    j->key[0] = (sch_source_key){.relation = 0, .column = &j->column[1]};
    j->key[1] = (sch_source_key){.relation = 1, .column = &j->column[2], .bin = true};
    j->query.key = j->key;
}

static void test_job_decode_gives_what_was_encoded(void **state)
{
    (void)state;
    job_fixture j;
    sch_buf bytes = {0};
    sch_source_job job;
    make_job(&j);
    assert_false(sch_failed(sch_job_encode(&bytes, &j.options, j.relation, 2, &j.query)));
    assert_false(sch_failed(sch_job_decode(&job, bytes.data, bytes.bytes)));
    assert_int_equal(job.kind, SCH_JOB_EXECUTE);
    assert_int_equal(job.memory_mb, 100);
    assert_int_equal(job.threads, 3);
    assert_string_equal(job.spill_dir, "/tmp");
    assert_int_equal(job.relation_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const sch_data_set *data_set = &job.relation[i].data_set;
        const sch_source_file *file = &job.relation[i].file;
        assert_int_equal(data_set->max_rows, 12);
        assert_int_equal(data_set->rows_per_person, SCH_MANY_PER_PERSON);
        assert_string_equal(data_set->column[1].code[1], "B b");
        assert_int_equal(data_set->column[2].minimum, -5);
        assert_int_equal(data_set->column[2].maximum, 700);
        assert_int_equal(data_set->column[2].bin_count, 2);
        assert_true(data_set->column[1].required);
        assert_string_equal(file->header[1], "Buurt");
        assert_int_equal(file->decimal_separator, ',');
        assert_string_equal(file->empty_text, ".");
    }
    assert_string_equal(job.sql, "SELECT");
    sch_source_key key[SCH_MAX_KEYS];
    assert_int_equal(job.key_count, 2);
    sch_job_keys(key, &job);
    assert_int_equal(key[0].relation, 0);
    assert_ptr_equal(key[0].column, &job.relation[0].data_set.column[1]);
    assert_false(key[0].bin);
    assert_int_equal(sch_source_key_codes(&key[0]), 2);
    assert_int_equal(key[1].relation, 1);
    assert_ptr_equal(key[1].column, &job.relation[1].data_set.column[2]);
    assert_true(key[1].bin);
    assert_int_equal(sch_source_key_codes(&key[1]), 2);
    assert_int_equal(job.value_count, 2);
    sch_job_clear(&job);
    /* Every shorter one is refused. */
    size_t refused = 0;
    for (size_t i = 0; i < bytes.bytes; i++) {
        refused += sch_job_decode(&job, bytes.data, i).code == SCH_BAD_INPUT;
        sch_job_clear(&job);
    }
    assert_int_equal(refused, bytes.bytes);
    sch_buf_clear(&bytes);
}

static void test_job_encode_wrong_keys_are_a_bug(void **state)
{
    (void)state;
    job_fixture j;
    sch_buf bytes = {0};
    make_job(&j);
    j.key[0].column = &j.column[2]; /* a measure, without its bins */
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, 2, &j.query).code, SCH_BUG);
    make_job(&j);
    j.query.value_count = SCH_MAX_VALUES + 1;
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, 2, &j.query).code, SCH_BUG);
    make_job(&j);
    j.column[2].bin_count = 0;
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, 2, &j.query).code, SCH_BUG);
    make_job(&j);
    j.key[1].relation = 2;
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, 2, &j.query).code, SCH_BUG);
    make_job(&j);
    const sch_column stranger = {.name = "nergens", .role = SCH_ROLE_DIMENSION, .type = SCH_TYPE_BOOLEAN};
    j.key[0].column = &stranger;
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, 2, &j.query).code, SCH_BUG);
    make_job(&j);
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, 0, &j.query).code, SCH_BUG);
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, SCH_MAX_FROM + 1, &j.query).code, SCH_BUG);
    make_job(&j);
    j.file.header_count = 2;
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, 2, &j.query).code, SCH_BUG);
    sch_buf_clear(&bytes);
}

/* ---- frames ---- */

static const sch_chunk_shape shape = {.relation_count = 2, .key_count = 1, .value_count = 1, .domain = {3}};

static void test_frame_get_header_refuses_what_does_not_add_up(void **state)
{
    (void)state;
    static const uint32_t refused[][4] = {
        {0, 0, 0, 0},
        {5, 0, 0, 0},
        {SCH_FRAME_ROWS, 0, 0, 0},
        {SCH_FRAME_ROWS, 1, 9, 21},
        {SCH_FRAME_ROWS, 1, 69, 82},
        {SCH_FRAME_ROWS, 16385, 0, 16385 * 13},
        {SCH_FRAME_ROWS, 0xFFFFFFFF, 0xFFFFFFFF, 12},
        {SCH_FRAME_END, 0, 0, 16},
        {SCH_FRAME_END, 0, 0, 79},
        {SCH_FRAME_END, 1, 0, 80},
        {SCH_FRAME_FAULT, 0, 1, 20},
        {SCH_FRAME_REPORT, 0, 0, SCH_CHUNK_BODY_BYTES + 1},
    };
    uint8_t bytes[SCH_CHUNK_HEADER_BYTES];
    sch_frame_header header;
    size_t checked = 0;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++, checked++) {
        for (size_t j = 0; j < 4; j++) {
            sch_put_u32(bytes + 4 * j, refused[i][j]);
        }
        assert_int_equal(sch_frame_get_header(&header, bytes, &shape).code, SCH_IO);
    }
    assert_int_equal(checked, 12);
    sch_frame_put_header(bytes, &(sch_frame_header){SCH_FRAME_ROWS, 2, 9, 35});
    assert_false(sch_failed(sch_frame_get_header(&header, bytes, &shape)));
    assert_int_equal(header.rows, 2);
    assert_int_equal(header.identifier_bytes, 9);
}

static void test_chunk_decode_checks_keys_and_lengths(void **state)
{
    (void)state;
    _Alignas(8) uint8_t body[35];
    const uint64_t values[2] = {7, UINT64_MAX};
    const uint32_t keys[2] = {2, 0};
    memcpy(body, values, 16);
    memcpy(body + 16, keys, 8);
    body[24] = 9;
    body[25] = 0;
    memcpy(body + 26, "123456789", 9);
    const sch_frame_header header = {SCH_FRAME_ROWS, 2, 9, 35};
    sch_source_chunk chunk;
    const uint32_t *key[SCH_MAX_KEYS];
    const uint64_t *value[SCH_MAX_VALUES];
    assert_false(sch_failed(sch_chunk_decode(&chunk, key, value, &header, body, &shape)));
    assert_int_equal(chunk.rows, 2);
    assert_int_equal(chunk.value[0][1], UINT64_MAX);
    assert_int_equal(chunk.key[0][0], 2);
    assert_memory_equal(chunk.identifiers, "123456789", 9);
    body[25] = 1;
    assert_int_equal(sch_chunk_decode(&chunk, key, value, &header, body, &shape).code, SCH_IO);
    body[25] = 0;
    body[16] = 3;
    assert_int_equal(sch_chunk_decode(&chunk, key, value, &header, body, &shape).code, SCH_IO);
}

static void test_fault_decode_takes_only_faults(void **state)
{
    (void)state;
    sch_buf bytes = {0};
    sch_fault fault;
    job_fixture j;
    make_job(&j);
    const sch_fault sent = {.kind = SCH_FAULT_NO_COLUMN, .relation = 1, .column = 2, .line = 12, .name = "Loon"};
    assert_false(sch_failed(sch_fault_encode(&bytes, &sent)));
    assert_false(sch_failed(sch_fault_decode(&fault, bytes.data, bytes.bytes, j.relation, 2)));
    assert_memory_equal(&fault, &sent, sizeof sent);
    assert_int_equal(sch_fault_decode(&fault, bytes.data, bytes.bytes, j.relation, 1).code, SCH_IO);
    assert_int_equal(sch_fault_decode(&fault, bytes.data, 23, j.relation, 2).code, SCH_IO);
    j.data_set.column_count = 2;
    assert_int_equal(sch_fault_decode(&fault, bytes.data, bytes.bytes, j.relation, 2).code, SCH_IO);
    j.data_set.column_count = 3;
    bytes.data[4] = SCH_NO_RELATION; /* whose column? */
    assert_int_equal(sch_fault_decode(&fault, bytes.data, bytes.bytes, j.relation, 2).code, SCH_IO);
    memset(bytes.data + 8, 0xFF, 4);
    assert_false(sch_failed(sch_fault_decode(&fault, bytes.data, bytes.bytes, j.relation, 2)));
    bytes.data[24] = '\033';
    assert_int_equal(sch_fault_decode(&fault, bytes.data, bytes.bytes, j.relation, 2).code, SCH_IO);
    bytes.data[24] = 'L';
    bytes.data[0] = SCH_FAULT_LAST + 1;
    assert_int_equal(sch_fault_decode(&fault, bytes.data, bytes.bytes, j.relation, 2).code, SCH_IO);
    sch_buf_clear(&bytes);
}

static void test_fault_error_has_a_sentence_for_every_kind(void **state)
{
    (void)state;
    job_fixture j;
    make_job(&j);
    size_t checked = 0;
    for (int kind = 1; kind <= SCH_FAULT_LAST; kind++, checked++) {
        const sch_fault fault = {.kind = (sch_fault_kind)kind, .column = 2, .line = 9, .name = "lonen"};
        sch_detail detail = {{0}};
        sch_err err = sch_fault_error(&fault, j.relation, 2, &detail);
        assert_true(sch_failed(err));
        assert_non_null(err.text);
        assert_non_null(strstr(detail.text, "data set d, column loon, line 9: "));
        assert_true(strlen(detail.text) < SCH_DETAIL_BYTES - 1);
    }
    assert_int_equal(checked, 22);
    /* Of no relation in particular. */
    const sch_fault fault = sch_fault_of(SCH_FAULT_MEMORY);
    sch_detail detail = {{0}};
    assert_int_equal(sch_fault_error(&fault, j.relation, 2, &detail).code, SCH_NO_MEMORY);
    assert_non_null(strstr(detail.text, "data sets d and 1 more: reading it takes"));
    assert_int_equal(sch_fault_error(&fault, j.relation, 1, &detail).code, SCH_NO_MEMORY);
    assert_non_null(strstr(detail.text, "data set d: reading it takes"));
}

static void test_end_decode_gives_what_was_encoded(void **state)
{
    (void)state;
    sch_buf bytes = {0};
    sch_source_totals got;
    uint64_t rows = 0;
    const sch_source_totals sent = {.child_peak_kb = 5, .relation = {{1, 2, 3, 4}, {6, 7, 8, UINT64_MAX}}};
    assert_false(sch_failed(sch_end_encode(&bytes, 9, &sent, 2)));
    assert_int_equal(bytes.bytes, 80);
    sch_end_decode(&rows, &got, bytes.data, 2);
    assert_int_equal(rows, 9);
    assert_memory_equal(&got, &sent, sizeof sent);
    sch_buf_clear(&bytes);
}

static void test_report_decode_gives_what_was_encoded(void **state)
{
    (void)state;
    static sch_source_report sent, got;
    sch_buf bytes = {0};
    sent.rows = 1;
    sent.first_malformed_line = 7;
    sent.column[1] = (sch_source_column_report){1, 2, 3, 4};
    assert_false(sch_failed(sch_report_encode(&bytes, &sent, 2)));
    assert_false(sch_failed(sch_report_decode(&got, bytes.data, bytes.bytes, 2)));
    assert_memory_equal(&got, &sent, sizeof sent);
    assert_int_equal(sch_report_decode(&got, bytes.data, bytes.bytes, 3).code, SCH_IO);
    assert_int_equal(sch_report_decode(&got, bytes.data, bytes.bytes - 1, 2).code, SCH_IO);
    sch_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_find_finds_each_and_nothing_else),
        cmocka_unit_test(test_codes_init_bad_lists_are_refused),
        cmocka_unit_test(test_parse_number_is_exact_and_strict),
        cmocka_unit_test(test_parse_date_takes_dates_that_exist),
        cmocka_unit_test(test_csv_next_reads_records_and_lines),
        cmocka_unit_test(test_csv_next_too_much_is_malformed_and_goes_on),
        cmocka_unit_test(test_view_print_states_dialect_and_quotes_all),
        cmocka_unit_test(test_job_decode_gives_what_was_encoded),
        cmocka_unit_test(test_job_encode_wrong_keys_are_a_bug),
        cmocka_unit_test(test_frame_get_header_refuses_what_does_not_add_up),
        cmocka_unit_test(test_chunk_decode_checks_keys_and_lengths),
        cmocka_unit_test(test_end_decode_gives_what_was_encoded),
        cmocka_unit_test(test_fault_decode_takes_only_faults),
        cmocka_unit_test(test_fault_error_has_a_sentence_for_every_kind),
        cmocka_unit_test(test_report_decode_gives_what_was_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
