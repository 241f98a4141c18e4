/* Every message of every protocol dropped, cut, moved, repeated or garbled, one at a time: the run ends, with an error
 * where what is wrong can be seen, and no party crashes or waits for ever. */
#include "tests/protocol/protocol_scenario.h"
#include "tests/support/unit.h"

enum { WINDOW = 4 << 20, ALL_MESSAGES = 2 + 2 + 2 + 3 + 3 + 1 + 1 + 17 + 4 + 4 + 4 + 27 + 18 };

typedef struct outcome {
    size_t runs, failed, as_bad_peer;
} outcome;

static void assert_outcome(const protocol_scenario *scenario, local_fault fault, bool is_last, sch_err err,
                           const test_parties *parties)
{
    if (sch_failed(err)) {
        assert_true(err.code == SCH_BAD_PEER || err.code == SCH_TRY_AGAIN);
    }
    switch (fault.kind) {
    case LOCAL_FAULT_NONE:
        unit_assert_ok(err);
        break;
    case LOCAL_FAULT_DROP: /* the receiver finds the next message in its place, or waits until all do */
    case LOCAL_FAULT_REORDER:
        assert_true(sch_failed(parties->err[fault.to]));
        break;
    case LOCAL_FAULT_TRUNCATE:
        unit_assert_code(parties->err[fault.to], SCH_BAD_PEER);
        break;
    case LOCAL_FAULT_REPEAT: /* a repeated last message is never read */
        unit_assert_code(parties->err[fault.to], is_last ? SCH_OK : SCH_BAD_PEER);
        break;
    default: /* garbled words are as good as any, but places that they lead to are not */
        if (scenario->finds_garbled) {
            unit_assert_code(err, SCH_BAD_PEER);
        }
        break;
    }
}

/* One run with one fault; where messages is not NULL counts what was sent. */
static void run_with_fault(const protocol_scenario *scenario, local_fault fault, bool is_last, outcome *result,
                           size_t messages[3][3])
{
    protocol_case c;
    protocol_scenario_init(&c, scenario, true);
    local_net *net = local_net_new(WINDOW, 3);
    assert_non_null(net);
    local_net_set_fault(net, fault);
    test_parties parties;
    sch_err err = protocol_case_play(&c, &parties, net, 7);
    assert_outcome(scenario, fault, is_last, err, &parties);
    result->runs++;
    result->failed += sch_failed(err);
    result->as_bad_peer += err.code == SCH_BAD_PEER;
    for (sch_party from = 0; messages != NULL && from < 3; from++) {
        for (sch_party to = 0; to < 3; to++) {
            messages[from][to] = local_net_messages(net, from, to);
        }
    }
    local_net_free(net);
    protocol_case_clear(&c);
}

static void check_scenario(const protocol_scenario *scenario, local_fault_kind kind, outcome *result)
{
    size_t messages[3][3] = {{0}};
    size_t sent = 0;
    outcome healthy = {0};
    run_with_fault(scenario, (local_fault){.kind = LOCAL_FAULT_NONE}, false, &healthy, messages);
    for (sch_party from = 0; from < 3; from++) {
        for (sch_party to = 0; to < 3; to++) {
            for (size_t index = 0; index < messages[from][to]; index++, sent++) {
                bool is_last = index + 1 == messages[from][to];
                run_with_fault(scenario, (local_fault){kind, from, to, index}, is_last, result, NULL);
            }
        }
    }
    assert_int_equal(sent, scenario->messages);
}

static outcome check_fault(local_fault_kind kind)
{
    outcome result = {0};
    for (size_t s = 0; s < PROTOCOL_SCENARIOS; s++) {
        check_scenario(&PROTOCOL_SCENARIO[s], kind, &result);
    }
    assert_int_equal(result.runs, ALL_MESSAGES);
    return result;
}

static void test_protocols_with_a_dropped_message_fail(void **state)
{
    (void)state;
    outcome result = check_fault(LOCAL_FAULT_DROP);
    assert_int_equal(result.failed, result.runs);
    assert_true(result.as_bad_peer > 0 && result.as_bad_peer < result.runs);
}

static void test_protocols_with_a_truncated_message_fail_as_bad_peer(void **state)
{
    (void)state;
    outcome result = check_fault(LOCAL_FAULT_TRUNCATE);
    assert_int_equal(result.as_bad_peer, result.runs);
}

static void test_protocols_with_reordered_messages_fail(void **state)
{
    (void)state;
    outcome result = check_fault(LOCAL_FAULT_REORDER);
    assert_int_equal(result.failed, result.runs);
    assert_true(result.as_bad_peer > 0 && result.as_bad_peer < result.runs);
}

static void test_protocols_with_a_repeated_message_fail_or_never_read_it(void **state)
{
    (void)state;
    outcome result = check_fault(LOCAL_FAULT_REPEAT);
    /* The last message of each ordered pair: two of each PERMUTE and of SELECT, three of MULTIPLY, TIMES and LESS each,
     * one of each RESHARE, four of each ALIGN and of SHUFFLE, six of each SORT. */
    assert_int_equal(result.runs - result.failed, 3 * 2 + 3 * 3 + 2 * 1 + 3 * 4 + 2 * 6);
}

static void test_protocols_with_a_garbled_message_end(void **state)
{
    (void)state;
    outcome result = check_fault(LOCAL_FAULT_GARBLE);
    /* Positions of both PERMUTE, SELECT and both ALIGN; all of SORT. */
    assert_int_equal(result.as_bad_peer, 5 + 27 + 18);
    assert_int_equal(result.failed, result.as_bad_peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protocols_with_a_dropped_message_fail),
        cmocka_unit_test(test_protocols_with_a_truncated_message_fail_as_bad_peer),
        cmocka_unit_test(test_protocols_with_reordered_messages_fail),
        cmocka_unit_test(test_protocols_with_a_repeated_message_fail_or_never_read_it),
        cmocka_unit_test(test_protocols_with_a_garbled_message_end),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
