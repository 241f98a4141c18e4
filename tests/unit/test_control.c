#include "proto/agreement.h"
#include "proto/control.h"

#include "tests/support/unit.h"

enum { KINDS = SCH_CONTROL_HEAD_AT };

/* A message of a kind with every field set, whether the kind has it or not. */
static void make_control(sch_control *c, sch_control_kind kind)
{
    memset(c, 0, sizeof *c);
    c->kind = kind;
    memset(c->id.byte, 1, sizeof c->id.byte);
    snprintf(c->node, sizeof c->node, "cbs");
    snprintf(c->recipient, sizeof c->recipient, "anna");
    c->part = 3;
    c->parts = 4;
    unit_assert_ok(sch_buf_append(&c->bytes, "the bytes\0of it, in full 32 bytes", SCH_AGREEMENT_KEY_BYTES));
    memset(c->hash, 6, sizeof c->hash);
    memset(c->signature, 2, sizeof c->signature);
    memset(c->plan_hash, 3, sizeof c->plan_hash);
    memset(c->pair_check, 4, sizeof c->pair_check);
    memset(c->tag_check, 5, sizeof c->tag_check);
    c->rows = 1 << 20;
    c->counter = INT64_MAX;
    c->seq = UINT64_C(1) << 40;
    c->time.value = 1764220000000;
    c->phase = SCH_PHASE_COMPUTE;
    c->per_mille = 500;
    c->state = SCH_REQUEST_EXPIRED;
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

/* One line a kind: which fields come back. The letters: i id, n node, r recipient, p part, b bytes, h hash, s
 * signature, l plan hash, k pair check, t tag check, w rows, c counter, q seq, m time, g progress, e state, x code and
 * text. */
static const struct {
    sch_control_kind kind;
    const char *fields;
} FIELDS[KINDS] = {
    {SCH_CONTROL_CATALOG_ASK, ""},   {SCH_CONTROL_CATALOG, "npbh"}, {SCH_CONTROL_SUBMIT, "ibs"},
    {SCH_CONTROL_PREPARE, "ibsl"},   {SCH_CONTROL_READY, "ilkt"},   {SCH_CONTROL_SIZE, "iw"},
    {SCH_CONTROL_PROGRESS, "ing"},   {SCH_CONTROL_FAIL, "inex"},    {SCH_CONTROL_CANCEL, "i"},
    {SCH_CONTROL_RESULT, "inrpbs"},  {SCH_CONTROL_DONE, "in"},      {SCH_CONTROL_AGREEMENT, "pbh"},
    {SCH_CONTROL_CONSENT, "inslcm"}, {SCH_CONTROL_START, "i"},      {SCH_CONTROL_RELEASED, "i"},
    {SCH_CONTROL_HEAD, "nhscqm"},    {SCH_CONTROL_EPOCH, "bh"},     {SCH_CONTROL_REVOKE, "b"},
    {SCH_CONTROL_FETCH, "ir"},       {SCH_CONTROL_STATUS_ASK, ""},  {SCH_CONTROL_WATCH, "i"},
    {SCH_CONTROL_STATUS, "ibslmex"}, {SCH_CONTROL_HEAD_ASK, "q"},   {SCH_CONTROL_HEAD_AT, "hq"},
};

static bool has(size_t line, char field)
{
    return strchr(FIELDS[line].fields, field) != NULL;
}

static void check_array(const uint8_t *got, size_t bytes, uint8_t value, bool present)
{
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(got[i], present ? value : 0);
    }
}

static void check_arrays(const sch_control *c, size_t i)
{
    check_array(c->id.byte, sizeof c->id.byte, 1, has(i, 'i'));
    check_array(c->hash, sizeof c->hash, 6, has(i, 'h'));
    check_array(c->signature, sizeof c->signature, 2, has(i, 's'));
    check_array(c->plan_hash, sizeof c->plan_hash, 3, has(i, 'l'));
    check_array(c->pair_check, sizeof c->pair_check, 4, has(i, 'k'));
    check_array(c->tag_check, sizeof c->tag_check, 5, has(i, 't'));
    assert_int_equal(c->bytes.bytes, has(i, 'b') ? SCH_AGREEMENT_KEY_BYTES : 0);
    if (has(i, 'b')) {
        assert_memory_equal(c->bytes.data, "the bytes\0of it, in full 32 bytes", SCH_AGREEMENT_KEY_BYTES);
    }
}

static void check_rest(const sch_control *c, size_t i)
{
    assert_string_equal(c->node, has(i, 'n') ? "cbs" : "");
    assert_string_equal(c->recipient, has(i, 'r') ? "anna" : "");
    assert_int_equal(c->part, has(i, 'p') ? 3 : 0);
    assert_int_equal(c->parts, has(i, 'p') ? 4 : 0);
    assert_int_equal(c->rows, has(i, 'w') ? 1 << 20 : 0);
    assert_true(c->counter == (has(i, 'c') ? (uint64_t)INT64_MAX : 0));
    assert_int_equal(c->seq, has(i, 'q') ? INT64_C(1) << 40 : 0);
    assert_int_equal(c->time.value, has(i, 'm') ? INT64_C(1764220000000) : 0);
    assert_int_equal(c->phase, has(i, 'g') ? SCH_PHASE_COMPUTE : 0);
    assert_int_equal(c->per_mille, has(i, 'g') ? 500 : 0);
    assert_int_equal(c->state, has(i, 'e') ? SCH_REQUEST_EXPIRED : 0);
    assert_int_equal(c->code, has(i, 'x') ? SCH_TRY_AGAIN : SCH_OK);
    assert_string_equal(c->text.text, has(i, 'x') ? "node cbs is down; één keer opnieuw" : "");
}

static void test_decode_encoded_message_gives_back_the_fields_of_its_kind(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < KINDS; i++) {
        sch_buf bytes = {0};
        sch_control c;
        assert_int_equal(FIELDS[i].kind, i + 1);
        encode(&bytes, FIELDS[i].kind);
        unit_assert_ok(sch_control_decode(&c, bytes.data, bytes.bytes));
        assert_int_equal(c.kind, FIELDS[i].kind);
        check_arrays(&c, i);
        check_rest(&c, i);
        sch_control_clear(&c);
        sch_buf_clear(&bytes);
        checked++;
    }
    assert_int_equal(checked, KINDS);
}

/* Encodes and decodes; what it was is freed. */
static void go_round(sch_control *back, sch_control *c)
{
    sch_buf bytes = {0};
    unit_assert_ok(sch_control_encode(&bytes, c));
    assert_true(bytes.bytes <= SCH_MAX_CONTROL_BYTES);
    unit_assert_ok(sch_control_decode(back, bytes.data, bytes.bytes));
    sch_buf_clear(&bytes);
    sch_control_clear(c);
}

static void test_ready_without_tag_check_goes_round(void **state)
{
    (void)state;
    sch_control c, back;
    make_control(&c, SCH_CONTROL_READY);
    memset(c.tag_check, 0, sizeof c.tag_check);
    go_round(&back, &c);
    check_array(back.tag_check, sizeof back.tag_check, 0, true);
    sch_control_clear(&back);
}

static void test_values_at_the_bounds_go_round(void **state)
{
    (void)state;
    sch_control c, back;
    make_control(&c, SCH_CONTROL_RESULT);
    c.part = SCH_MAX_PARTS - 1;
    c.parts = SCH_MAX_PARTS;
    memset(c.node, 'n', sizeof c.node - 1);
    memset(c.recipient, 'r', sizeof c.recipient - 1);
    unit_assert_ok(sch_buf_reserve(&c.bytes, SCH_PART_BYTES));
    memset(c.bytes.data, 0, SCH_PART_BYTES);
    c.bytes.bytes = SCH_PART_BYTES;
    go_round(&back, &c);
    assert_int_equal(back.bytes.bytes, SCH_PART_BYTES);
    assert_int_equal(strlen(back.node), SCH_NAME_BYTES - 1);
    assert_int_equal(strlen(back.recipient), SCH_NAME_BYTES - 1);
    sch_control_clear(&back);
    make_control(&c, SCH_CONTROL_SIZE);
    c.rows = 0;
    go_round(&back, &c);
    assert_int_equal(back.rows, 0);
    sch_control_clear(&back);
    make_control(&c, SCH_CONTROL_HEAD);
    c.counter = 0;
    c.time.value = SCH_MAX_TIME_MS;
    c.seq = 1;
    go_round(&back, &c);
    assert_int_equal(back.counter, 0);
    assert_int_equal(back.time.value, SCH_MAX_TIME_MS);
    assert_int_equal(back.seq, 1);
    sch_control_clear(&back);
}

static void test_agreement_end_of_answer_goes_round(void **state)
{
    (void)state;
    sch_control c = {.kind = SCH_CONTROL_AGREEMENT, .part = 0, .parts = 1}, back;
    go_round(&back, &c);
    assert_int_equal(back.kind, SCH_CONTROL_AGREEMENT);
    assert_int_equal(back.parts, 1);
    assert_int_equal(back.bytes.bytes, 0);
    check_array(back.hash, sizeof back.hash, 0, true);
    sch_control_clear(&back);
}

static void test_status_end_of_list_goes_round(void **state)
{
    (void)state;
    sch_control c = {.kind = SCH_CONTROL_STATUS}, back;
    go_round(&back, &c);
    assert_int_equal(back.kind, SCH_CONTROL_STATUS);
    assert_int_equal(back.state, 0);
    check_array(back.id.byte, sizeof back.id.byte, 0, true);
    sch_control_clear(&back);
}

static void test_status_of_a_new_request_goes_round(void **state)
{
    (void)state;
    sch_control c, back;
    make_control(&c, SCH_CONTROL_STATUS);
    memset(c.plan_hash, 0, sizeof c.plan_hash);
    c.state = SCH_REQUEST_SUBMITTED;
    c.code = SCH_OK;
    c.text.text[0] = '\0';
    go_round(&back, &c);
    check_array(back.plan_hash, sizeof back.plan_hash, 0, true);
    check_array(back.id.byte, sizeof back.id.byte, 1, true);
    assert_int_equal(back.state, SCH_REQUEST_SUBMITTED);
    assert_int_equal(back.code, SCH_OK);
    assert_string_equal(back.text.text, "");
    sch_control_clear(&back);
}

static void test_request_state_name_each_state_has_its_own(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"submitted", "checked", "waiting", "approved", "running",
                                        "released",  "refused", "expired", "failed",   "cancelled"};
    unsigned named = 0;
    for (int i = 0; i < 10; i++) {
        sch_request_state of = (sch_request_state)(SCH_REQUEST_SUBMITTED + i);
        assert_string_equal(sch_request_state_name(of), NAMES[i]);
        assert_int_equal(sch_request_state_is_end(of), i >= 5);
        named++;
    }
    assert_int_equal(named, SCH_REQUEST_CANCELLED);
    assert_string_equal(sch_request_state_name((sch_request_state)0), "unknown");
    assert_string_equal(sch_request_state_name((sch_request_state)11), "unknown");
    assert_string_equal(sch_request_state_name((sch_request_state)-1), "unknown");
}

/* ---- refusals ---- */

typedef void (*breaker)(sch_control *c);

#define BREAK(name, statement)                                                                                         \
    static void name(sch_control *c)                                                                                   \
    {                                                                                                                  \
        statement;                                                                                                     \
    }

static void set_bytes(sch_control *c, size_t bytes)
{
    unit_assert_ok(sch_buf_reserve(&c->bytes, bytes));
    memset(c->bytes.data, 1, bytes);
    c->bytes.bytes = bytes;
}

BREAK(kind_none, c->kind = (sch_control_kind)0)
BREAK(kind_past, c->kind = (sch_control_kind)(SCH_CONTROL_HEAD_AT + 1))
BREAK(node_empty, c->node[0] = '\0')
BREAK(node_end, memset(c->node, 'x', sizeof c->node))
BREAK(recipient_empty, c->recipient[0] = '\0')
BREAK(recipient_end, memset(c->recipient, 'x', sizeof c->recipient))
BREAK(part_past, c->part = c->parts)
BREAK(parts_none, c->part = c->parts = 0)
BREAK(parts_many, c->parts = SCH_MAX_PARTS + 1)
BREAK(bytes_none, c->bytes.bytes = 0)
BREAK(bytes_many, set_bytes(c, SCH_PART_BYTES + 1))
BREAK(bytes_31, c->bytes.bytes = 31)
BREAK(bytes_33, set_bytes(c, 33))
BREAK(bytes_2049, set_bytes(c, SCH_MAX_REVOCATION_BYTES + 1))
BREAK(hash_none, memset(c->hash, 0, sizeof c->hash))
BREAK(end_of_two, hash_none(c); c->bytes.bytes = 0; c->part = 0; c->parts = 2)
BREAK(rows_many, c->rows = (uint64_t)SCH_MAX_ROWS + 1)
BREAK(seq_none, c->seq = 0)
BREAK(seq_many, c->seq = UINT64_C(1) << 63)
BREAK(counter_many, c->counter = UINT64_MAX)
BREAK(time_negative, c->time.value = -1)
BREAK(time_late, c->time.value = SCH_MAX_TIME_MS + 1)
BREAK(phase_none, c->phase = (sch_phase)0)
BREAK(phase_past, c->phase = (sch_phase)4)
BREAK(per_mille_past, c->per_mille = 1001)
BREAK(state_none, c->state = (sch_request_state)0)
BREAK(state_past, c->state = (sch_request_state)(SCH_REQUEST_CANCELLED + 1))
BREAK(state_released, c->state = SCH_REQUEST_RELEASED)
BREAK(state_running, c->state = SCH_REQUEST_RUNNING)
BREAK(code_ok, c->code = SCH_OK)
BREAK(code_past, c->code = (sch_code)(SCH_BUG + 1))
BREAK(text_empty, c->text.text[0] = '\0')
BREAK(text_lines, c->text.text[3] = '\n')
BREAK(text_utf8, c->text.text[0] = '\xFF')
BREAK(text_end, memset(c->text.text, 'x', sizeof c->text.text))
BREAK(signature_none, memset(c->signature, 0, sizeof c->signature))
BREAK(id_none, memset(c->id.byte, 0, sizeof c->id.byte))

/* The end of a list, with one field too many. */
#define END(name, statement)                                                                                           \
    static void name(sch_control *c)                                                                                   \
    {                                                                                                                  \
        sch_control_clear(c);                                                                                          \
        c->kind = SCH_CONTROL_STATUS;                                                                                  \
        statement;                                                                                                     \
    }

END(end_bytes, set_bytes(c, 1))
END(end_signature, c->signature[0] = 1)
END(end_plan_hash, c->plan_hash[0] = 1)
END(end_time, c->time.value = 1)
END(end_state, c->state = SCH_REQUEST_FAILED)
END(end_code, c->code = SCH_BUG)
END(end_text, c->text.text[0] = 'x')

static const struct {
    sch_control_kind kind;
    breaker apply;
} BREAKERS[] = {
    {SCH_CONTROL_CANCEL, kind_none},        {SCH_CONTROL_CANCEL, kind_past},       {SCH_CONTROL_CATALOG, node_empty},
    {SCH_CONTROL_DONE, node_end},           {SCH_CONTROL_RESULT, recipient_empty}, {SCH_CONTROL_FETCH, recipient_empty},
    {SCH_CONTROL_FETCH, recipient_end},     {SCH_CONTROL_RESULT, part_past},       {SCH_CONTROL_CATALOG, parts_none},
    {SCH_CONTROL_CATALOG, parts_many},      {SCH_CONTROL_AGREEMENT, part_past},    {SCH_CONTROL_SUBMIT, bytes_none},
    {SCH_CONTROL_PREPARE, bytes_many},      {SCH_CONTROL_AGREEMENT, bytes_none},   {SCH_CONTROL_AGREEMENT, bytes_many},
    {SCH_CONTROL_AGREEMENT, hash_none},     {SCH_CONTROL_AGREEMENT, end_of_two},   {SCH_CONTROL_EPOCH, bytes_31},
    {SCH_CONTROL_EPOCH, bytes_33},          {SCH_CONTROL_REVOKE, bytes_none},      {SCH_CONTROL_REVOKE, bytes_2049},
    {SCH_CONTROL_SIZE, rows_many},          {SCH_CONTROL_HEAD, seq_none},          {SCH_CONTROL_HEAD, seq_many},
    {SCH_CONTROL_HEAD, counter_many},       {SCH_CONTROL_CONSENT, counter_many},   {SCH_CONTROL_HEAD, time_negative},
    {SCH_CONTROL_CONSENT, time_late},       {SCH_CONTROL_PROGRESS, phase_none},    {SCH_CONTROL_PROGRESS, phase_past},
    {SCH_CONTROL_PROGRESS, per_mille_past}, {SCH_CONTROL_FAIL, state_none},        {SCH_CONTROL_FAIL, state_past},
    {SCH_CONTROL_FAIL, state_released},     {SCH_CONTROL_FAIL, state_running},     {SCH_CONTROL_FAIL, code_ok},
    {SCH_CONTROL_FAIL, code_past},          {SCH_CONTROL_FAIL, text_empty},        {SCH_CONTROL_FAIL, text_lines},
    {SCH_CONTROL_FAIL, text_utf8},          {SCH_CONTROL_FAIL, text_end},          {SCH_CONTROL_STATUS, bytes_none},
    {SCH_CONTROL_STATUS, bytes_many},       {SCH_CONTROL_STATUS, signature_none},  {SCH_CONTROL_STATUS, id_none},
    {SCH_CONTROL_STATUS, state_none},       {SCH_CONTROL_STATUS, state_past},      {SCH_CONTROL_STATUS, code_past},
    {SCH_CONTROL_STATUS, text_lines},       {SCH_CONTROL_STATUS, time_late},       {SCH_CONTROL_STATUS, end_bytes},
    {SCH_CONTROL_STATUS, end_signature},    {SCH_CONTROL_STATUS, end_plan_hash},   {SCH_CONTROL_STATUS, end_time},
    {SCH_CONTROL_STATUS, end_state},        {SCH_CONTROL_STATUS, end_code},        {SCH_CONTROL_STATUS, end_text},
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

/* Whether a message of kind `other` says all that one of kind `kind` has to say, and nothing else: no field of other is
 * missing in kind, and those that are missing in other may be left out. */
static bool passes_as(size_t kind, size_t other)
{
    static const struct {
        sch_control_kind kind, other;
    } SAME[] = {
        {SCH_CONTROL_CATALOG_ASK, SCH_CONTROL_STATUS_ASK},
        {SCH_CONTROL_STATUS_ASK, SCH_CONTROL_CATALOG_ASK},
        {SCH_CONTROL_STATUS, SCH_CONTROL_CATALOG_ASK},
        {SCH_CONTROL_STATUS, SCH_CONTROL_STATUS_ASK},
    };
    static const sch_control_kind ID_ALONE[] = {SCH_CONTROL_CANCEL, SCH_CONTROL_START, SCH_CONTROL_RELEASED,
                                                SCH_CONTROL_WATCH};
    bool to = kind == SCH_CONTROL_SIZE, from = false; /* a SIZE of no rows is an id alone too */
    for (size_t i = 0; i < 4; i++) {
        if (SAME[i].kind == (sch_control_kind)kind && SAME[i].other == (sch_control_kind)other) {
            return true;
        }
        to = to || ID_ALONE[i] == (sch_control_kind)kind;
        from = from || ID_ALONE[i] == (sch_control_kind)other;
    }
    return kind == other || (to && from);
}

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
            if (ok != passes_as(kind, other)) {
                fail_msg("kind %zu as %zu", other, kind);
            }
            refused += !ok;
            accepted += ok;
            sch_buf_clear(&bytes);
        }
    }
    assert_int_equal(accepted, KINDS + 4 * 3 + 4 + 4);
    assert_int_equal(refused, KINDS * KINDS - accepted);
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
    {"unknown field", "\x08\x09" ID "\xB0\x01\x01", 23},
    {"unknown kind", "\x08\x17" ID, 20},
    {"kind by itself", "\x08\x09", 2},
    {"rows past 10^12", "\x08\x06" ID "h\x81\xA0\x94\xA5\x8D\x1D", 27},
    {"rows zero spelled out", "\x08\x06" ID "h\x00", 22},
    {"per mille 1001",
     "\x08\x07" ID "\x1A\x01"
     "a\x88\x01\x01\x90\x01\xE9\x07",
     30},
    {"per mille past 16 bits",
     "\x08\x07" ID "\x1A\x01"
     "a\x88\x01\x01\x90\x01\x80\x80\x04",
     31},
    {"failure without a text",
     "\x08\x08" ID "\x1A\x01"
     "a\x98\x01\x09\xA0\x01\x01",
     29},
    {"state past cancelled",
     "\x08\x08" ID "\x1A\x01"
     "a\x98\x01\x0B\xA0\x01\x01\xAA\x01\x01x",
     33},
    {"zero hash spelled out",
     "\x08\x0C"
     "0\x01"
     "B\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
     "\x00\x00\x00\x00\x00",
     38},
    {"zero id spelled out", "\x08\x16\x12\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20},
    {"end of an answer as part 1",
     "\x08\x0C(\x01"
     "0\x02",
     6},
};

static const struct {
    const char *what, *bytes;
    size_t count;
} ACCEPTED[] = {
    {"cancel", "\x08\x09" ID, 20},
    {"size", "\x08\x06" ID "h\x80\xA0\x94\xA5\x8D\x1D", 27},
    {"failure",
     "\x08\x08" ID "\x1A\x01"
     "a\x98\x01\x09\xA0\x01\x01\xAA\x01\x01x",
     33},
    {"progress",
     "\x08\x07" ID "\x1A\x01"
     "a\x88\x01\x01\x90\x01\xE8\x07",
     30},
    {"agreement end",
     "\x08\x0C"
     "0\x01",
     4},
    {"status end", "\x08\x16", 2},
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
    assert_int_equal(refused, 14);
    size_t accepted = 0;
    for (size_t i = 0; i < sizeof ACCEPTED / sizeof ACCEPTED[0]; i++) {
        if (!accepts_canonical_only((const uint8_t *)ACCEPTED[i].bytes, ACCEPTED[i].count)) {
            fail_msg("refused: %s", ACCEPTED[i].what);
        }
        accepted++;
    }
    assert_int_equal(accepted, 6);
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
        cmocka_unit_test(test_agreement_end_of_answer_goes_round),
        cmocka_unit_test(test_status_end_of_list_goes_round),
        cmocka_unit_test(test_status_of_a_new_request_goes_round),
        cmocka_unit_test(test_request_state_name_each_state_has_its_own),
        cmocka_unit_test(test_encode_field_out_of_range_is_a_bug_and_appends_nothing),
        cmocka_unit_test(test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
        cmocka_unit_test(test_decode_fields_of_another_kind_is_refused),
        cmocka_unit_test(test_decode_malformed_bytes_is_refused),
        cmocka_unit_test(test_decode_more_than_64_kib_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
