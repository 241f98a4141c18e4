/* What the node and schakel-source tell each other: jobs, chunks of rows, ends, faults, reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/source/chunk.h"
#include "node/source/fault.h"
#include "node/source/job.h"

/* ---- jobs ---- */

typedef struct job_fixture {
    sch_column column[3];
    char *code[2];
    int64_t edge[3];
    char *header[3];
    sch_link_key link_key[2];
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
    j->data_set.link_key = j->link_key;
    j->data_set.link_key_count = 2;
    j->link_key[0] = (sch_link_key){.name = "eerste", .part = {{.column = "loon"}}, .part_count = 1};
    j->link_key[1] = (sch_link_key){
        .name = "tweede", .part = {{.column = "loon"}, {.column = "buurt", .first = 4}}, .part_count = 2};
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
        assert_int_equal(data_set->link_key_count, 2);
        assert_int_equal(data_set->link_key[0].part_count, 1);
        assert_int_equal(data_set->link_key[1].part_count, 2);
        assert_string_equal(data_set->link_key[1].part[0].column, "loon");
        assert_int_equal(data_set->link_key[1].part[0].first, 0);
        assert_string_equal(data_set->link_key[1].part[1].column, "buurt");
        assert_int_equal(data_set->link_key[1].part[1].first, 4);
        assert_string_equal(file->header[1], "Buurt");
        assert_int_equal(file->decimal_separator, ',');
        assert_string_equal(file->empty_text, ".");
    }
    assert_string_equal(job.sql, "SELECT");
    sch_source_key key[SCH_JOB_KEYS];
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
    j.query.value_count = SCH_JOB_VALUES + 1;
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
    j.link_key[1].part[1].column[0] = 'x';
    assert_int_equal(sch_job_encode(&bytes, &j.options, j.relation, 2, &j.query).code, SCH_BUG);
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
    const uint32_t *key[SCH_JOB_KEYS];
    const uint64_t *value[SCH_JOB_VALUES];
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
    sent.link_key[2] = (sch_source_link_report){5, 6, UINT64_MAX};
    assert_false(sch_failed(sch_report_encode(&bytes, &sent, 2, 3)));
    assert_int_equal(bytes.bytes, 8 * (7 + 2 * 4 + 3 * 3));
    assert_false(sch_failed(sch_report_decode(&got, bytes.data, bytes.bytes, 2, 3)));
    assert_memory_equal(&got, &sent, sizeof sent);
    assert_int_equal(sch_report_decode(&got, bytes.data, bytes.bytes, 3, 3).code, SCH_IO);
    assert_int_equal(sch_report_decode(&got, bytes.data, bytes.bytes, 2, 2).code, SCH_IO);
    assert_int_equal(sch_report_decode(&got, bytes.data, bytes.bytes - 1, 2, 3).code, SCH_IO);
    assert_int_equal(
        sch_report_decode(&got, bytes.data, 8 * (7 + 3 * (SCH_MAX_LINK_KEYS + 1)), 0, SCH_MAX_LINK_KEYS + 1).code,
        SCH_IO);
    sch_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
