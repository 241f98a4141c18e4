/* Every message of a run dropped, cut, moved, repeated or garbled, one at a time: the run ends, with an error where
 * what is wrong can be seen, and no party crashes or waits for ever. */
#include "tests/protocol/table_case.h"
#include "tests/support/unit.h"

enum { WINDOW = 4 << 20 };

typedef struct outcome {
    size_t runs, failed, as_bad_peer;
} outcome;

static void make_case(table_case *c)
{
    uint64_t seed = 41;
    table_case_init(c, (table_size){30, 40, 20, 5, 3, 2, 2, 100}, &seed);
    c->rules = (sch_disclosure){3, true};
}

/* One run with one fault. is_last: no later message goes the same way. */
static void run_with_fault(outcome *result, local_fault fault, bool is_last)
{
    table_case c;
    make_case(&c);
    local_net *net = local_net_new(WINDOW);
    assert_non_null(net);
    local_net_set_fault(net, fault);
    three_parties parties;
    three_init(&parties, net, 7, 0, NULL);
    sch_err err = three_run(&parties, table_case_play, &c);
    result->runs++;
    result->failed += sch_failed(err);
    result->as_bad_peer += err.code == SCH_BAD_PEER;
    if (sch_failed(err)) {
        assert_true(err.code == SCH_BAD_PEER || err.code == SCH_TRY_AGAIN);
    }
    switch (fault.kind) {
    case LOCAL_FAULT_NONE:
        unit_assert_ok(err);
        break;
    case LOCAL_FAULT_DROP: /* the receiver finds the next message in its place, or waits until all do */
    case LOCAL_FAULT_REORDER:
        assert_true(sch_failed(parties.err[fault.to]));
        break;
    case LOCAL_FAULT_TRUNCATE:
        unit_assert_code(parties.err[fault.to], SCH_BAD_PEER);
        break;
    case LOCAL_FAULT_REPEAT: /* a repeated last message is never read */
        unit_assert_code(parties.err[fault.to], is_last ? SCH_OK : SCH_BAD_PEER);
        break;
    default: /* garbled words are as good as any; garbled positions are out of range */
        break;
    }
    if (!sch_failed(err) && fault.kind != LOCAL_FAULT_GARBLE) {
        table_case_assert_disclosed(&c);
    }
    local_net_free(net);
    table_case_clear(&c);
}

static void count_messages(size_t messages[SCH_PARTIES][SCH_PARTIES])
{
    table_case c;
    make_case(&c);
    local_net *net = local_net_new(WINDOW);
    assert_non_null(net);
    three_parties parties;
    three_init(&parties, net, 7, 0, NULL);
    unit_assert_ok(three_run(&parties, table_case_play, &c));
    for (sch_party from = SCH_SPINE; from < SCH_PARTIES; from++) {
        for (sch_party to = SCH_SPINE; to < SCH_PARTIES; to++) {
            messages[from][to] = local_net_messages(net, from, to);
        }
    }
    assert_false(local_net_was_stuck(net));
    local_net_free(net);
    table_case_clear(&c);
}

static void check_fault(local_fault_kind kind, outcome *result)
{
    size_t messages[SCH_PARTIES][SCH_PARTIES];
    count_messages(messages);
    for (sch_party from = SCH_SPINE; from < SCH_PARTIES; from++) {
        for (sch_party to = SCH_SPINE; to < SCH_PARTIES; to++) {
            for (size_t index = 0; index < messages[from][to]; index++) {
                run_with_fault(result, (local_fault){kind, from, to, index}, index + 1 == messages[from][to]);
            }
        }
    }
    /* 11 of the table; 1 + 2 x 8 of LESS and 1 + 2 of MULTIPLY */
    assert_int_equal(result->runs, 31);
}

static void test_run_with_a_dropped_message_fails(void **state)
{
    (void)state;
    outcome result = {0};
    check_fault(LOCAL_FAULT_DROP, &result);
    assert_int_equal(result.failed, result.runs);
    assert_true(result.as_bad_peer > 0 && result.as_bad_peer < result.runs);
}

static void test_run_with_a_truncated_message_fails_as_bad_peer(void **state)
{
    (void)state;
    outcome result = {0};
    check_fault(LOCAL_FAULT_TRUNCATE, &result);
    assert_int_equal(result.as_bad_peer, result.runs);
}

static void test_run_with_reordered_messages_fails(void **state)
{
    (void)state;
    outcome result = {0};
    check_fault(LOCAL_FAULT_REORDER, &result);
    assert_int_equal(result.failed, result.runs);
    assert_true(result.as_bad_peer > 0 && result.as_bad_peer < result.runs);
}

static void test_run_with_a_repeated_message_fails_or_never_reads_it(void **state)
{
    (void)state;
    outcome result = {0};
    check_fault(LOCAL_FAULT_REPEAT, &result);
    assert_int_equal(result.runs - result.failed, 6); /* the last message of each ordered pair */
}

static void test_run_with_a_garbled_message_ends(void **state)
{
    (void)state;
    outcome result = {0};
    check_fault(LOCAL_FAULT_GARBLE, &result);
    assert_int_equal(result.as_bad_peer, 3); /* tau, kappa, and the selected positions */
}

/* A party that is not there at all. */
static void check_absent(sch_party absent)
{
    table_case c;
    make_case(&c);
    local_net *net = local_net_new(0);
    assert_non_null(net);
    three_parties parties;
    three_init(&parties, net, 7, 0, NULL);
    parties.trio[absent].pair_key[0] = NULL; /* it fails at its first stream, at the latest */
    parties.trio[absent].pair_key[1] = NULL;
    parties.trio[absent].pair_key[2] = NULL;
    assert_true(sch_failed(three_run(&parties, table_case_play, &c)));
    for (size_t p = 0; p < SCH_PARTIES; p++) {
        unit_assert_code(parties.err[p], p == absent ? SCH_BUG : SCH_TRY_AGAIN);
    }
    local_net_free(net);
    table_case_clear(&c);
}

static void test_run_with_a_party_that_fails_ends_the_others(void **state)
{
    (void)state;
    check_absent(SCH_SPINE);
    check_absent(SCH_DATA);
    check_absent(SCH_HELPER);
}

static void test_run_that_is_cancelled_ends(void **state)
{
    (void)state;
    table_case c;
    make_case(&c);
    local_net *net = local_net_new(WINDOW);
    assert_non_null(net);
    three_parties parties;
    three_init(&parties, net, 7, 0, NULL);
    local_net_cancel(net);
    unit_assert_code(three_run(&parties, table_case_play, &c), SCH_TRY_AGAIN);
    for (size_t p = 0; p < SCH_PARTIES; p++) {
        unit_assert_code(parties.err[p], SCH_TRY_AGAIN);
    }
    local_net_free(net);
    table_case_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_with_a_dropped_message_fails),
        cmocka_unit_test(test_run_with_a_truncated_message_fails_as_bad_peer),
        cmocka_unit_test(test_run_with_reordered_messages_fails),
        cmocka_unit_test(test_run_with_a_repeated_message_fails_or_never_reads_it),
        cmocka_unit_test(test_run_with_a_garbled_message_ends),
        cmocka_unit_test(test_run_with_a_party_that_fails_ends_the_others),
        cmocka_unit_test(test_run_that_is_cancelled_ends),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
