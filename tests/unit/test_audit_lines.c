/* Heads as a file, and the export's lines. */
#include "tests/support/unit.h"

#include <jansson.h>

#include "crypto/base/secret.h"
#include "node/audit/verify.h"

#define NODE "gemeente_lv"

/* A record as it lies in the store. */
typedef struct row {
    uint8_t bytes[SCH_MAX_AUDIT_BYTES];
    size_t count;
    uint8_t hash[SCH_HASH_BYTES];
} row;

static uint8_t public_key[2][32];
static uint8_t secret_key[2][SCH_SIGN_SECRET_BYTES];

static int set_up_group(void **state)
{
    (void)state;
    unit_assert_ok(sch_secret_start());
    for (size_t i = 0; i < 2; i++) {
        unit_assert_ok(sch_sign_keypair(public_key[i], secret_key[i]));
    }
    return 0;
}

static void make_record(sch_audit_record *out)
{
    *out = (sch_audit_record){.seq = 42,
                              .time = {1800000000042},
                              .actor = "operator:jan",
                              .action = "request.waiting",
                              .object = "request:42",
                              .outcome = "ok",
                              .trace = {1},
                              .span = {2}};
    memset(out->decided_on, 42, sizeof out->decided_on);
}

static void put_record(row *out, const sch_audit_record *record)
{
    sch_buf bytes = {0};
    unit_assert_ok(sch_audit_record_encode(&bytes, record));
    out->count = bytes.bytes;
    memcpy(out->bytes, bytes.data, bytes.bytes);
    unit_assert_ok(sch_audit_record_hash(out->hash, out->bytes, out->count));
    sch_buf_clear(&bytes);
}

static sch_audit_head make_head(uint64_t seq, size_t key)
{
    sch_audit_head head = {.node = NODE, .seq = seq, .counter = 5, .time = {1800000000000}};
    memset(head.hash, (int)seq, sizeof head.hash);
    unit_assert_ok(sch_audit_head_sign(&head, secret_key[key]));
    return head;
}

/* ---- heads as a file ---- */

static void test_heads_file_reads_back_what_was_printed(void **state)
{
    (void)state;
    sch_buf file = {0};
    sch_audit_head *heads = NULL;
    uint8_t(*identity)[32] = NULL;
    size_t count = 0;
    sch_detail detail;
    for (uint64_t i = 1; i <= 40; i++) {
        const sch_audit_head head = make_head(i, i % 2);
        unit_assert_ok(sch_audit_heads_print(&file, &head, public_key[i % 2]));
    }
    unit_assert_ok(sch_buf_append_text(&file, "\n")); /* an empty line is none */
    unit_assert_ok(sch_audit_heads_parse(&heads, &identity, &count, file.data, file.bytes, &detail));
    assert_int_equal(count, 40);
    for (size_t i = 0; i < count; i++) {
        const sch_audit_head want = make_head(i + 1, (i + 1) % 2);
        assert_memory_equal(&heads[i], &want, sizeof want);
        assert_memory_equal(identity[i], public_key[(i + 1) % 2], 32);
    }
    free(heads);
    free(identity);
    unit_assert_ok(sch_audit_heads_parse(&heads, &identity, &count, NULL, 0, &detail));
    assert_int_equal(count, 0);
    sch_buf_clear(&file);
}

static void test_heads_print_out_of_range_is_bad_input(void **state)
{
    (void)state;
    sch_buf out = {0};
    sch_audit_head head = make_head(5, 0);
    head.seq = UINT64_MAX;
    unit_assert_code(sch_audit_heads_print(&out, &head, public_key[0]), SCH_BAD_INPUT);
    head = make_head(5, 0);
    (void)snprintf(head.node, sizeof head.node, "\"");
    unit_assert_code(sch_audit_heads_print(&out, &head, public_key[0]), SCH_BAD_INPUT);
    assert_int_equal(out.bytes, 0);
}

#define KEY_TEXT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SIGNATURE_TEXT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
#define LINE(node, seq, time, more)                                                                                    \
    "{\"node\":" node ",\"seq\":" seq ",\"hash\":\"" KEY_TEXT "\",\"counter\":0,\"time\":" time                        \
    ",\"identity\":\"" KEY_TEXT "\",\"signature\":\"" SIGNATURE_TEXT "\"" more "}\n"
#define GOOD LINE("\"cbs\"", "1", "\"2027-01-31T12:00:00.000Z\"", "")

static void test_heads_parse_what_is_no_head_is_bad_input_with_its_line(void **state)
{
    (void)state;
    static const char *const bad[] = {"x",
                                      "{}",
                                      "[]",
                                      "null",
                                      GOOD "{",
                                      GOOD GOOD "7",
                                      GOOD "\xff\xfe",
                                      LINE("\"Cbs\"", "1", "\"2027-01-31T12:00:00.000Z\"", ""),
                                      LINE("7", "1", "\"2027-01-31T12:00:00.000Z\"", ""),
                                      LINE("\"cbs\"", "0", "\"2027-01-31T12:00:00.000Z\"", ""),
                                      LINE("\"cbs\"", "-1", "\"2027-01-31T12:00:00.000Z\"", ""),
                                      LINE("\"cbs\"", "1.0", "\"2027-01-31T12:00:00.000Z\"", ""),
                                      LINE("\"cbs\"", "9223372036854775808", "\"2027-01-31T12:00:00.000Z\"", ""),
                                      LINE("\"cbs\"", "1", "\"2027-01-31\"", ""),
                                      LINE("\"cbs\"", "1", "\"1969-12-31T12:00:00.000Z\"", ""),
                                      LINE("\"cbs\"", "1", "1800000000000", ""),
                                      LINE("\"cbs\"", "1", "\"2027-01-31T12:00:00.000Z\"", ",\"more\":1"),
                                      LINE("\"cbs\"", "1", "\"2027-01-31T12:00:00.000Z\"", ",\"seq\":1"),
                                      "{\"node\":\"cbs\",\"seq\":1,\"hash\":\"AAEC\",\"counter\":0,\"time\":"
                                      "\"2027-01-31T12:00:00.000Z\",\"identity\":\"" KEY_TEXT "\",\"signature\":\"\"}"};
    sch_audit_head *heads = NULL;
    uint8_t(*identity)[32] = NULL;
    size_t count = 0, refused = 0;
    sch_detail detail;
    unit_assert_ok(sch_audit_heads_parse(&heads, &identity, &count, (const uint8_t *)GOOD, strlen(GOOD), &detail));
    assert_int_equal(count, 1);
    free(heads);
    free(identity);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++, refused++) {
        char line[32];
        unit_assert_code(
            sch_audit_heads_parse(&heads, &identity, &count, (const uint8_t *)bad[i], strlen(bad[i]), &detail),
            SCH_BAD_INPUT);
        assert_true(heads == NULL && identity == NULL && count == 0);
        (void)snprintf(line, sizeof line, "line %d: ", i == 4 || i == 6 ? 2 : i == 5 ? 3 : 1);
        assert_memory_equal(detail.text, line, strlen(line));
    }
    assert_int_equal(refused, 19);
    static uint8_t large[2000];
    memset(large, ' ', sizeof large);
    unit_assert_code(sch_audit_heads_parse(&heads, &identity, &count, large, sizeof large, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "longer than a head is"));
}

/* ---- export ---- */

static void assert_text(const json_t *object, const char *key, const char *want)
{
    const char *got = json_string_value(json_object_get(object, key));
    assert_non_null(got);
    assert_string_equal(got, want);
}

static json_t *export(const row *r, const char *activity)
{
    sch_buf out = {0};
    unit_assert_ok(sch_buf_append_text(&out, "before\n"));
    unit_assert_ok(sch_audit_export_line(&out, NODE, activity, r->bytes, r->count, r->hash));
    assert_memory_equal(out.data, "before\n", 7);
    assert_int_equal(out.data[out.bytes - 1], '\n');
    assert_ptr_equal(memchr(out.data + 7, '\n', out.bytes - 7), out.data + out.bytes - 1);
    json_t *line = json_loadb((const char *)out.data + 7, out.bytes - 7, 0, NULL);
    assert_non_null(line);
    sch_buf_clear(&out);
    return line;
}

static void test_export_line_has_the_standards_names(void **state)
{
    (void)state;
    row r;
    sch_audit_record record;
    make_record(&record);
    put_record(&r, &record);
    json_t *line = export(&r, "https://register.lv.example/verwerking/7");
    assert_text(line, "trace_id", "01000000000000000000000000000000");
    assert_text(line, "span_id", "0200000000000000");
    assert_text(line, "status", "Ok");
    assert_text(line, "name", "request.waiting");
    assert_int_equal(json_integer_value(json_object_get(line, "start_time")), 1800000000042);
    assert_int_equal(json_integer_value(json_object_get(line, "end_time")), 1800000000042);
    const json_t *resource = json_object_get(json_object_get(line, "resource"), "attributes");
    assert_text(resource, "service.name", "schakel");
    assert_text(resource, "service.version", SCH_VERSION);
    assert_text(resource, "service.instance.id", NODE);
    const json_t *attributes = json_object_get(line, "attributes");
    assert_int_equal(json_object_size(attributes), 1);
    assert_text(attributes, "dpl.core.processing_activity_id", "https://register.lv.example/verwerking/7");
    const json_t *own = json_object_get(line, "schakel");
    assert_int_equal(json_integer_value(json_object_get(own, "seq")), 42);
    assert_text(own, "actor", "operator:jan");
    assert_text(own, "object", "request:42");
    assert_text(own, "outcome", "ok");
    assert_text(own, "decided_on", "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a");
    assert_int_equal(strlen(json_string_value(json_object_get(own, "record_hash"))), 64);
    json_decref(line);
}

static void test_export_line_status_and_what_is_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *outcome, *status;
    } known[] = {{"ok", "Ok"}, {"refused", "Unset"}, {"failed", "Error"}, {"error", "Error"}, {"denied", "Unset"}};
    size_t done = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++, done++) {
        row r;
        sch_audit_record record;
        make_record(&record);
        (void)snprintf(record.outcome, sizeof record.outcome, "%s", known[i].outcome);
        (void)snprintf(record.actor, sizeof record.actor, "operator:\"\\jan");
        memset(record.decided_on, 0, sizeof record.decided_on);
        put_record(&r, &record);
        json_t *line = export(&r, NULL);
        assert_text(line, "status", known[i].status);
        assert_int_equal(json_object_size(json_object_get(line, "attributes")), 0);
        assert_null(json_object_get(json_object_get(line, "schakel"), "decided_on"));
        assert_text(json_object_get(line, "schakel"), "actor", "operator:\"\\jan");
        json_decref(line);
    }
    assert_int_equal(done, 5);
}

static void test_export_line_unreadable_record_is_bad_input(void **state)
{
    (void)state;
    sch_buf out = {0};
    const uint8_t bytes[] = {1, 2, 3};
    unit_assert_code(sch_audit_export_line(&out, NODE, NULL, bytes, 3, public_key[0]), SCH_BAD_INPUT);
    assert_int_equal(out.bytes, 0);
    sch_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_file_reads_back_what_was_printed),
        cmocka_unit_test(test_heads_print_out_of_range_is_bad_input),
        cmocka_unit_test(test_heads_parse_what_is_no_head_is_bad_input_with_its_line),
        cmocka_unit_test(test_export_line_has_the_standards_names),
        cmocka_unit_test(test_export_line_status_and_what_is_left_out),
        cmocka_unit_test(test_export_line_unreadable_record_is_bad_input),
    };
    return cmocka_run_group_tests(tests, set_up_group, NULL);
}
