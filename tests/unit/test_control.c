#include "proto/control.h"

#include "tests/support/unit.h"

enum { KINDS = SCH_CONTROL_DONE };

/* A message of a kind with every field set, whether the kind has it or not. */
static void make_control(sch_control *c, sch_control_kind kind)
{
    memset(c, 0, sizeof *c);
    c->kind = kind;
    memset(c->id.byte, 1, sizeof c->id.byte);
    snprintf(c->node, sizeof c->node, "cbs");
    c->part = 3;
    c->parts = 4;
    unit_assert_ok(sch_buf_append(&c->bytes, "the bytes\0of it", 15));
    memset(c->signature, 2, sizeof c->signature);
    memset(c->plan_hash, 3, sizeof c->plan_hash);
    memset(c->pair_check, 4, sizeof c->pair_check);
    memset(c->tag_check, 5, sizeof c->tag_check);
    c->rows = 1 << 20;
    c->phase = SCH_PHASE_COMPUTE;
    c->per_mille = 500;
    c->code = SCH_TRY_AGAIN;
    snprintf(c->text.text, sizeof c->text.text, "node cbs is down; één keer opnieuw");
}

static void encode(sch_buf *bytes, sch_control_kind kind)
{
    sch_control c;
    make_control(&c, kind);
    unit_assert_ok(sch_control_encode(bytes, &c));
    sch_control_clear(&c);
}

/* ---- round trips ---- */

/* One line a kind: which fields come back. */
static const struct {
    sch_control_kind kind;
    bool id, node, part, bytes, signature, plan_hash, checks, rows, progress, failure;
} FIELDS[KINDS] = {
    {SCH_CONTROL_CATALOG_ASK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {SCH_CONTROL_CATALOG, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    {SCH_CONTROL_SUBMIT, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0},      {SCH_CONTROL_PREPARE, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0},
    {SCH_CONTROL_READY, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0},       {SCH_CONTROL_SIZE, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0},
    {SCH_CONTROL_PROGRESS, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0},    {SCH_CONTROL_FAIL, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1},
    {SCH_CONTROL_CANCEL, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0},      {SCH_CONTROL_RESULT, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0},
    {SCH_CONTROL_DONE, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0},
};

static void check_array(const uint8_t *got, size_t bytes, uint8_t value, bool present)
{
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(got[i], present ? value : 0);
    }
}

static void test_decode_encoded_message_gives_back_the_fields_of_its_kind(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < KINDS; i++) {
        sch_buf bytes = {0};
        sch_control c;
        encode(&bytes, FIELDS[i].kind);
        unit_assert_ok(sch_control_decode(&c, bytes.data, bytes.bytes));
        assert_int_equal(c.kind, FIELDS[i].kind);
        check_array(c.id.byte, sizeof c.id.byte, 1, FIELDS[i].id);
        assert_string_equal(c.node, FIELDS[i].node ? "cbs" : "");
        assert_int_equal(c.part, FIELDS[i].part ? 3 : 0);
        assert_int_equal(c.parts, FIELDS[i].part ? 4 : 0);
        assert_int_equal(c.bytes.bytes, FIELDS[i].bytes ? 15 : 0);
        if (FIELDS[i].bytes) {
            assert_memory_equal(c.bytes.data, "the bytes\0of it", 15);
        }
        check_array(c.signature, sizeof c.signature, 2, FIELDS[i].signature);
        check_array(c.plan_hash, sizeof c.plan_hash, 3, FIELDS[i].plan_hash);
        check_array(c.pair_check, sizeof c.pair_check, 4, FIELDS[i].checks);
        check_array(c.tag_check, sizeof c.tag_check, 5, FIELDS[i].checks);
        assert_int_equal(c.rows, FIELDS[i].rows ? 1 << 20 : 0);
        assert_int_equal(c.phase, FIELDS[i].progress ? SCH_PHASE_COMPUTE : 0);
        assert_int_equal(c.per_mille, FIELDS[i].progress ? 500 : 0);
        assert_int_equal(c.code, FIELDS[i].failure ? SCH_TRY_AGAIN : SCH_OK);
        assert_string_equal(c.text.text, FIELDS[i].failure ? "node cbs is down; één keer opnieuw" : "");
        sch_control_clear(&c);
        sch_buf_clear(&bytes);
        checked++;
    }
    assert_int_equal(checked, KINDS);
}

static void test_ready_without_tag_check_goes_round(void **state)
{
    (void)state;
    sch_control c, back;
    sch_buf bytes = {0};
    make_control(&c, SCH_CONTROL_READY);
    memset(c.tag_check, 0, sizeof c.tag_check);
    unit_assert_ok(sch_control_encode(&bytes, &c));
    unit_assert_ok(sch_control_decode(&back, bytes.data, bytes.bytes));
    check_array(back.tag_check, sizeof back.tag_check, 0, true);
    sch_control_clear(&c);
    sch_control_clear(&back);
    sch_buf_clear(&bytes);
}

static void test_values_at_the_bounds_go_round(void **state)
{
    (void)state;
    sch_control c, back;
    sch_buf bytes = {0};
    make_control(&c, SCH_CONTROL_RESULT);
    c.part = SCH_MAX_PARTS - 1;
    c.parts = SCH_MAX_PARTS;
    memset(c.node, 'n', sizeof c.node - 1);
    unit_assert_ok(sch_buf_reserve(&c.bytes, SCH_PART_BYTES));
    memset(c.bytes.data, 0, SCH_PART_BYTES);
    c.bytes.bytes = SCH_PART_BYTES;
    unit_assert_ok(sch_control_encode(&bytes, &c));
    assert_true(bytes.bytes <= SCH_MAX_CONTROL_BYTES);
    unit_assert_ok(sch_control_decode(&back, bytes.data, bytes.bytes));
    assert_int_equal(back.bytes.bytes, SCH_PART_BYTES);
    assert_int_equal(strlen(back.node), SCH_NAME_BYTES - 1);
    sch_control_clear(&back);
    sch_buf_clear(&bytes);
    sch_control_clear(&c);
    make_control(&c, SCH_CONTROL_SIZE);
    c.rows = 0;
    unit_assert_ok(sch_control_encode(&bytes, &c));
    unit_assert_ok(sch_control_decode(&back, bytes.data, bytes.bytes));
    assert_int_equal(back.rows, 0);
    sch_control_clear(&back);
    sch_buf_clear(&bytes);
    sch_control_clear(&c);
}

/* ---- refusals ---- */

typedef void (*breaker)(sch_control *c);

#define BREAK(name, statement)                                                                                         \
    static void name(sch_control *c)                                                                                   \
    {                                                                                                                  \
        statement;                                                                                                     \
    }

BREAK(kind_none, c->kind = (sch_control_kind)0)
BREAK(kind_past, c->kind = (sch_control_kind)(SCH_CONTROL_DONE + 1))
BREAK(node_empty, c->node[0] = '\0')
BREAK(node_end, memset(c->node, 'x', sizeof c->node))
BREAK(part_past, c->part = c->parts)
BREAK(parts_none, c->part = c->parts = 0)
BREAK(parts_many, c->parts = SCH_MAX_PARTS + 1)
BREAK(bytes_none, c->bytes.bytes = 0)
BREAK(bytes_many, unit_assert_ok(sch_buf_reserve(&c->bytes, SCH_PART_BYTES + 1)); c->bytes.bytes = SCH_PART_BYTES + 1)
BREAK(rows_many, c->rows = (uint64_t)SCH_MAX_ROWS + 1)
BREAK(phase_none, c->phase = (sch_phase)0)
BREAK(phase_past, c->phase = (sch_phase)4)
BREAK(per_mille_past, c->per_mille = 1001)
BREAK(code_ok, c->code = SCH_OK)
BREAK(code_past, c->code = (sch_code)(SCH_BUG + 1))
BREAK(text_empty, c->text.text[0] = '\0')
BREAK(text_lines, c->text.text[3] = '\n')
BREAK(text_utf8, c->text.text[0] = '\xFF')
BREAK(text_end, memset(c->text.text, 'x', sizeof c->text.text))

static const struct {
    sch_control_kind kind;
    breaker apply;
} BREAKERS[] = {
    {SCH_CONTROL_CANCEL, kind_none},        {SCH_CONTROL_CANCEL, kind_past},    {SCH_CONTROL_CATALOG, node_empty},
    {SCH_CONTROL_DONE, node_end},           {SCH_CONTROL_RESULT, part_past},    {SCH_CONTROL_CATALOG, parts_none},
    {SCH_CONTROL_CATALOG, parts_many},      {SCH_CONTROL_SUBMIT, bytes_none},   {SCH_CONTROL_PREPARE, bytes_many},
    {SCH_CONTROL_SIZE, rows_many},          {SCH_CONTROL_PROGRESS, phase_none}, {SCH_CONTROL_PROGRESS, phase_past},
    {SCH_CONTROL_PROGRESS, per_mille_past}, {SCH_CONTROL_FAIL, code_ok},        {SCH_CONTROL_FAIL, code_past},
    {SCH_CONTROL_FAIL, text_empty},         {SCH_CONTROL_FAIL, text_lines},     {SCH_CONTROL_FAIL, text_utf8},
    {SCH_CONTROL_FAIL, text_end},
};

enum { BREAKER_COUNT = sizeof BREAKERS / sizeof BREAKERS[0] };

static void test_encode_field_out_of_range_is_a_bug_and_appends_nothing(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < BREAKER_COUNT; i++) {
        sch_control c;
        sch_buf bytes = {0};
        make_control(&c, BREAKERS[i].kind);
        BREAKERS[i].apply(&c);
        sch_err err = sch_control_encode(&bytes, &c);
        if (err.code != SCH_BUG || bytes.bytes != 0) {
            fail_msg("breaker %zu: code %d", i, (int)err.code);
        }
        refused++;
        sch_control_clear(&c);
        sch_buf_clear(&bytes);
    }
    assert_int_equal(refused, BREAKER_COUNT);
}

/* Decodes; what is accepted must be the one encoding of what it means. Gives whether it was accepted. */
static bool accepts_canonical_only(const uint8_t *data, size_t bytes)
{
    sch_control c;
    sch_buf again = {0};
    sch_err err = sch_control_decode(&c, data, bytes);
    if (sch_failed(err)) {
        assert_int_equal(err.code, SCH_BAD_PEER);
        assert_int_equal(c.kind, 0);
        assert_null(c.bytes.data);
        return false;
    }
    unit_assert_ok(sch_control_encode(&again, &c));
    assert_int_equal(again.bytes, bytes);
    assert_memory_equal(again.data, data, bytes);
    sch_buf_clear(&again);
    sch_control_clear(&c);
    return true;
}

static void test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    size_t changed = 0, accepted = 0;
    for (size_t kind = 1; kind <= KINDS; kind++) {
        sch_buf bytes = {0};
        encode(&bytes, (sch_control_kind)kind);
        for (size_t length = 0; length < bytes.bytes; length++) {
            uint8_t *cut = malloc(length + 1);
            assert_non_null(cut);
            memcpy(cut, bytes.data, length);
            accepts_canonical_only(cut, length);
            free(cut);
        }
        for (size_t bit = 0; bit < 8 * bytes.bytes; bit++) {
            bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            accepted += accepts_canonical_only(bytes.data, bytes.bytes);
            changed++;
            bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        sch_buf_clear(&bytes);
    }
    assert_in_range(changed, 2000, 20000);
    assert_in_range(accepted, 1000, changed - 100);
}

/* A message of kind `other` that says it is of kind `kind`. Only one passes: a CANCEL says as much as a SIZE of 0
 * rows. */
static void test_decode_fields_of_another_kind_is_refused(void **state)
{
    (void)state;
    size_t refused = 0, accepted = 0;
    for (size_t kind = 1; kind <= KINDS; kind++) {
        for (size_t other = 1; other <= KINDS; other++) {
            sch_buf bytes = {0};
            encode(&bytes, (sch_control_kind)other);
            assert_int_equal(bytes.data[0], 8); /* field 1, a varint */
            bytes.data[1] = (uint8_t)kind;
            bool ok = accepts_canonical_only(bytes.data, bytes.bytes);
            assert_int_equal(ok, kind == other || (kind == SCH_CONTROL_SIZE && other == SCH_CONTROL_CANCEL));
            refused += !ok;
            accepted += ok;
            sch_buf_clear(&bytes);
        }
    }
    assert_int_equal(accepted, KINDS + 1);
    assert_int_equal(refused, KINDS * (KINDS - 1) - 1);
}

#define ID                                                                                                             \
    "\x12\x10"                                                                                                         \
    "0123456789abcdef"

static const struct {
    const char *what, *bytes;
    size_t count;
} REFUSED[] = {
    {"empty", "", 0},
    {"id of 15 bytes",
     "\x08\x09\x12\x0F"
     "0123456789abcde",
     19},
    {"unknown field", "\x08\x09" ID "\x80\x01\x01", 23},
    {"unknown kind", "\x08\x0C" ID, 20},
    {"kind by itself", "\x08\x09", 2},
    {"rows past 10^12", "\x08\x06" ID "\x58\x81\xA0\x94\xA5\x8D\x1D", 27},
    {"rows zero spelled out", "\x08\x06" ID "\x58\x00", 22},
    {"per mille 1001",
     "\x08\x07" ID "\x1A\x01"
     "a\x60\x01\x68\xE9\x07",
     28},
    {"per mille past 16 bits",
     "\x08\x07" ID "\x1A\x01"
     "a\x60\x01\x68\x80\x80\x04",
     29},
    {"failure without a text",
     "\x08\x08" ID "\x1A\x01"
     "a\x70\x01",
     25},
};

static void test_decode_malformed_bytes_is_refused(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        if (accepts_canonical_only((const uint8_t *)REFUSED[i].bytes, REFUSED[i].count)) {
            fail_msg("accepted: %s", REFUSED[i].what);
        }
        refused++;
    }
    assert_int_equal(refused, 10);
    assert_true(accepts_canonical_only((const uint8_t *)"\x08\x09" ID, 20));
    assert_true(accepts_canonical_only((const uint8_t *)"\x08\x06" ID "\x58\x80\xA0\x94\xA5\x8D\x1D", 27));
}

static void test_decode_more_than_64_kib_is_refused(void **state)
{
    (void)state;
    static const uint8_t data[SCH_MAX_CONTROL_BYTES + 1] = {0};
    sch_control c;
    sch_err err = sch_control_decode(&c, data, sizeof data);
    assert_int_equal(err.code, SCH_BAD_PEER);
    assert_string_equal(err.text, "the message is too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_encoded_message_gives_back_the_fields_of_its_kind),
        cmocka_unit_test(test_ready_without_tag_check_goes_round),
        cmocka_unit_test(test_values_at_the_bounds_go_round),
        cmocka_unit_test(test_encode_field_out_of_range_is_a_bug_and_appends_nothing),
        cmocka_unit_test(test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
        cmocka_unit_test(test_decode_fields_of_another_kind_is_refused),
        cmocka_unit_test(test_decode_malformed_bytes_is_refused),
        cmocka_unit_test(test_decode_more_than_64_kib_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
