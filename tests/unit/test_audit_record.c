#include "crypto/prim/hash.h"
#include "proto/audit.h"
#include "tests/support/unit.h"
#include "tests/support/wire_walk.h"

static void make_record(sch_audit_record *r)
{
    *r = (sch_audit_record){.seq = 1000, .time = {1770000000000}};
    memset(r->previous, 1, sizeof r->previous);
    snprintf(r->actor, sizeof r->actor, "operator:jan");
    snprintf(r->action, sizeof r->action, "request.waiting");
    snprintf(r->object, sizeof r->object, "request:01890a5d-ac96-774b-bcce-b302099a8057");
    snprintf(r->outcome, sizeof r->outcome, "ok");
    memset(r->trace, 2, sizeof r->trace);
    memset(r->span, 3, sizeof r->span);
    memset(r->decided_on, 4, sizeof r->decided_on);
}

static void check_same(const sch_audit_record *a, const sch_audit_record *b)
{
    assert_true(a->seq == b->seq);
    assert_memory_equal(a->previous, b->previous, sizeof a->previous);
    assert_int_equal(a->time.value, b->time.value);
    assert_string_equal(a->actor, b->actor);
    assert_string_equal(a->action, b->action);
    assert_string_equal(a->object, b->object);
    assert_string_equal(a->outcome, b->outcome);
    assert_memory_equal(a->trace, b->trace, sizeof a->trace);
    assert_memory_equal(a->span, b->span, sizeof a->span);
    assert_memory_equal(a->decided_on, b->decided_on, sizeof a->decided_on);
}

static void go_round(const sch_audit_record *r)
{
    sch_audit_record back;
    sch_buf bytes = {0};
    unit_assert_ok(sch_audit_record_encode(&bytes, r));
    assert_in_range(bytes.bytes, 1, SCH_MAX_AUDIT_BYTES);
    unit_assert_ok(sch_audit_record_decode(&back, bytes.data, bytes.bytes));
    check_same(&back, r);
    sch_buf_clear(&bytes);
}

static void test_record_decode_encoded_record_gives_it_back(void **state)
{
    (void)state;
    sch_audit_record r;
    make_record(&r);
    go_round(&r);
    /* The first of a chain, decided on nothing. */
    r.seq = 1;
    memset(r.previous, 0, sizeof r.previous);
    memset(r.decided_on, 0, sizeof r.decided_on);
    go_round(&r);
}

static void test_record_values_at_the_bounds_go_round(void **state)
{
    (void)state;
    sch_audit_record r;
    make_record(&r);
    r.seq = UINT64_MAX;
    r.time.value = SCH_MAX_TIME_MS;
    memset(r.actor, '~', sizeof r.actor - 1);
    memset(r.object, ' ', sizeof r.object - 1);
    memset(r.action, '-', sizeof r.action - 1);
    memset(r.outcome, '_', sizeof r.outcome - 1);
    go_round(&r);
    r.time.value = 0;
    go_round(&r);
}

typedef void (*breaker)(sch_audit_record *r);

#define BREAK(name, statement)                                                                                         \
    static void name(sch_audit_record *r)                                                                              \
    {                                                                                                                  \
        statement;                                                                                                     \
    }

BREAK(seq_zero, r->seq = 0)
BREAK(time_negative, r->time.value = -1)
BREAK(time_late, r->time.value = SCH_MAX_TIME_MS + 1)
BREAK(actor_empty, r->actor[0] = '\0')
BREAK(actor_lines, r->actor[3] = '\n')
BREAK(actor_letter, snprintf(r->actor, sizeof r->actor, "operator:andré"))
BREAK(actor_end, memset(r->actor, 'x', sizeof r->actor))
BREAK(action_empty, r->action[0] = '\0')
BREAK(action_upper, r->action[0] = 'R')
BREAK(action_blank, r->action[0] = ' ')
BREAK(action_end, memset(r->action, 'x', sizeof r->action))
BREAK(object_empty, r->object[0] = '\0')
BREAK(object_delete, r->object[0] = '\x7F')
BREAK(object_end, memset(r->object, 'x', sizeof r->object))
BREAK(outcome_empty, r->outcome[0] = '\0')
BREAK(outcome_colon, r->outcome[0] = ':')
BREAK(outcome_end, memset(r->outcome, 'x', sizeof r->outcome))
BREAK(trace_none, memset(r->trace, 0, sizeof r->trace))
BREAK(span_none, memset(r->span, 0, sizeof r->span))

static const breaker BREAKERS[] = {
    seq_zero,      time_negative, time_late,    actor_empty, actor_lines,  actor_letter,  actor_end,
    action_empty,  action_upper,  action_blank, action_end,  object_empty, object_delete, object_end,
    outcome_empty, outcome_colon, outcome_end,  trace_none,  span_none,
};

enum { BREAKER_COUNT = sizeof BREAKERS / sizeof BREAKERS[0] };

static void test_record_encode_field_out_of_range_is_a_bug_and_appends_nothing(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < BREAKER_COUNT; i++) {
        sch_audit_record r;
        sch_buf bytes = {0};
        make_record(&r);
        BREAKERS[i](&r);
        sch_err err = sch_audit_record_encode(&bytes, &r);
        if (err.code != SCH_BUG || bytes.bytes != 0) {
            fail_msg("breaker %zu: code %d", i, (int)err.code);
        }
        sch_buf_clear(&bytes);
        refused++;
    }
    assert_int_equal(refused, BREAKER_COUNT);
}

/* Decodes; what is accepted must be the one encoding of what it means. Gives whether it was accepted. */
static bool accepts_canonical_only(const uint8_t *data, size_t bytes)
{
    static const sch_audit_record nothing;
    sch_audit_record r;
    sch_buf again = {0};
    sch_err err = sch_audit_record_decode(&r, data, bytes);
    if (sch_failed(err)) {
        assert_int_equal(err.code, SCH_BAD_INPUT);
        check_same(&r, &nothing);
        return false;
    }
    unit_assert_ok(sch_audit_record_encode(&again, &r));
    wire_assert_canonical(&again, data, bytes);
    return true;
}

static void test_record_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    sch_audit_record r;
    sch_buf bytes = {0};
    make_record(&r);
    unit_assert_ok(sch_audit_record_encode(&bytes, &r));
    const wire_walk walk = wire_walk_bytes(&bytes, accepts_canonical_only);
    assert_int_equal(walk.accepted_prefixes, 0);
    assert_in_range(walk.accepted_changes, 8 * 88, walk.changes - 100); /* hashes and ids at least */
    sch_buf_clear(&bytes);
}

static void test_record_decode_more_than_the_bound_is_refused(void **state)
{
    (void)state;
    static const uint8_t data[SCH_MAX_AUDIT_BYTES + 1] = {0};
    sch_audit_record r;
    sch_err err = sch_audit_record_decode(&r, data, sizeof data);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message is too large");
}

/* Expected: Python, hashlib.blake2b(b"schakel audit 1\0the bytes", digest_size=32). */
static void test_record_hash_is_blake2b_of_context_and_bytes(void **state)
{
    (void)state;
    uint8_t hash[SCH_HASH_BYTES];
    unit_assert_ok(sch_audit_record_hash(hash, (const uint8_t *)"the bytes", 9));
    unit_assert_hex(hash, sizeof hash, "3c250ca723b24310e72f5d43cffc33d6f06ab47bf65703d291752517a9537c9e");
    unit_assert_ok(sch_audit_record_hash(hash, NULL, 0));
    unit_assert_hex(hash, sizeof hash, "0b625f8d3cd82f6de5e8cd702258fdfc91534c4ca0a45d11cd859f4506abd7b0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_decode_encoded_record_gives_it_back),
        cmocka_unit_test(test_record_values_at_the_bounds_go_round),
        cmocka_unit_test(test_record_encode_field_out_of_range_is_a_bug_and_appends_nothing),
        cmocka_unit_test(test_record_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
        cmocka_unit_test(test_record_decode_more_than_the_bound_is_refused),
        cmocka_unit_test(test_record_hash_is_blake2b_of_context_and_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
