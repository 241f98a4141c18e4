/* Requests at one node before they are computed: what all parties have to say and show first, and what may be over by
 * then. Nothing is sent: only what the node keeps can be looked at. */
#include "node/base/clock.h"
#include "proto/decision.h"
#include "tests/unit/job_case.h"

/* ---- keys and sizes ---- */

/* All but the size and the word of one party, then that too: only then it goes. */
static void test_job_handle_ready_and_sizes_of_all_parties_let_it_go(void **state)
{
    (void)state;
    unsigned gone = 0;
    for (size_t last = 1; last < quiet_parties; last++, gone++) {
        bool owner = last + 1 < quiet_parties;
        quiet_node *node = quiet_node_new();
        sch_job *job = quiet_node_add(node, ID, &(quiet_job)HERE(PREPARING));
        for (size_t p = 1; p < quiet_parties; p++) {
            if (p != last) {
                quiet_node_tell(node, quiet_party(p), SCH_CONTROL_READY, ID);
                quiet_node_tell(node, quiet_party(p), SCH_CONTROL_SIZE, ID);
            }
        }
        quiet_node_tell(node, UINT32_MAX, SCH_CONTROL_SIZE, ID); /* the node's own */
        assert_false(job->go);
        quiet_node_tell(node, quiet_party(last), SCH_CONTROL_READY, ID);
        assert_int_equal(job->go, !owner);
        quiet_node_tell(node, quiet_party(last), SCH_CONTROL_SIZE, ID);
        assert_true(job->go);
        assert_int_equal(job->phase, SCH_JOB_COMPUTING);
        assert_false(job->has_rows[quiet_parties - 1]); /* a helper has none */
        quiet_node_free(node);
    }
    assert_int_equal(gone, quiet_parties - 1);
}

static void test_job_handle_ready_with_other_keys_ends_it(void **state)
{
    (void)state;
    static uint8_t key[SCH_KEY_BYTES];
    unsigned ended = 0;
    for (size_t p = 1; p < quiet_parties; p++) {
        for (unsigned tag = 0; tag < 2; tag++, ended++) {
            quiet_node *node = quiet_node_new();
            sch_job *job = quiet_node_add(node, ID, &(quiet_job)HERE(PREPARING));
            job->keys.tag[p] = tag == 1 ? key : NULL; /* their rows are aligned */
            sch_event *event = quiet_node_event(quiet_party(p), SCH_CONTROL_READY, ID);
            event->control.tag_check[3] = 1; /* does not count where there is no alignment */
            event->control.pair_check[3] = tag == 0;
            sch_job_handle(&node->jobs, event);
            assert_null(node->jobs.first);
            quiet_node_assert_stored(node, ID, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT);
            quiet_node_free(node);
        }
    }
    assert_int_equal(ended, 2 * (quiet_parties - 1));
}

static void test_job_handle_impossible_size_ends_a_job_without_a_thread(void **state)
{
    (void)state;
    unsigned ended = 0;
    for (size_t p = 1; p + 1 < quiet_parties; p++, ended++) {
        quiet_node *node = quiet_node_new();
        (void)quiet_node_add(node, ID, &(quiet_job)HERE(PREPARING));
        sch_event *event = quiet_node_event(quiet_party(p), SCH_CONTROL_SIZE, ID);
        event->control.rows = 1; /* a data owner's declared bound is 0 */
        sch_job_handle(&node->jobs, event);
        assert_null(node->jobs.first);
        quiet_node_assert_stored(node, ID, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT);
        quiet_node_free(node);
    }
    assert_int_equal(ended, quiet_parties - 2);
}

/* ---- consents ---- */

/* name: in whose name it is; signed by the sender. */
static sch_event *consent_in_name(const quiet_node *node, const sch_job *job, uint32_t from, uint64_t counter,
                                  uint32_t name)
{
    sch_event *event = quiet_node_event(from, SCH_CONTROL_CONSENT, ID);
    sch_consent consent = {.counter = counter, .time = sch_clock_now()};
    memcpy(consent.request_hash, job->row.request_hash, sizeof consent.request_hash);
    memcpy(consent.plan_hash, job->row.plan_hash, sizeof consent.plan_hash);
    memcpy(consent.node, node->peer[name].name, sizeof consent.node);
    unit_assert_ok(sch_consent_sign(&consent, node->peer_secret[from]));
    memcpy(event->control.node, consent.node, sizeof event->control.node);
    memcpy(event->control.signature, consent.signature, sizeof event->control.signature);
    event->control.counter = counter;
    event->control.time = consent.time;
    return event;
}

static sch_event *consent_of(const quiet_node *node, const sch_job *job, uint32_t from, uint64_t counter)
{
    return consent_in_name(node, job, from, counter, from);
}

static uint64_t counter_of(quiet_node *node, uint32_t peer)
{
    uint64_t counter = 0;
    unit_assert_ok(sch_store_get_peer_counter(node->jobs.options.store, &counter, node->peer[peer].name));
    return counter;
}

static void test_job_handle_consents_of_all_parties_approve(void **state)
{
    (void)state;
    quiet_node *node = quiet_node_new();
    sch_job *job = quiet_node_add(node, ID, &(quiet_job){.phase = SCH_JOB_WAITING, .outside = true});
    sch_job_handle(&node->jobs, consent_of(node, job, QUIET_SPINE, 7));
    sch_job_handle(&node->jobs, consent_of(node, job, QUIET_SPINE, 8)); /* again: the first one counts */
    for (size_t p = 1; p + 1 < quiet_parties; p++) {
        assert_true(job->consented[p - 1] && !job->consented[p]);
        sch_job_handle(&node->jobs, consent_of(node, job, quiet_party(p), INT64_MAX));
        quiet_node_assert_stored(node, ID, SCH_REQUEST_WAITING, 0);
    }
    assert_false(job->consented[quiet_parties - 1]);
    sch_job_handle(&node->jobs, consent_of(node, job, QUIET_HELPER, 0));
    assert_int_equal(job->phase, SCH_JOB_APPROVED);
    quiet_node_assert_stored(node, ID, SCH_REQUEST_APPROVED, 0);
    assert_int_equal(counter_of(node, QUIET_SPINE), 7);
    assert_true(counter_of(node, QUIET_DATA) == INT64_MAX);
    quiet_node_free(node);
}

static void forge_signature(sch_event *event)
{
    event->control.signature[5] ^= 1;
}
static void forge_plan(sch_event *event)
{
    event->control.plan_hash[0] ^= 1;
}
static void forge_time(sch_event *event)
{
    event->control.time.value++;
}
static void forge_counter(sch_event *event)
{
    event->control.counter++;
}

static void test_job_handle_forged_consent_ends_the_request_and_is_not_kept(void **state)
{
    (void)state;
    static void (*const FORGE[])(sch_event *) = {forge_signature, forge_plan, forge_time, forge_counter, NULL};
    sch_consent consent;
    unsigned forged = 0;
    for (; forged < sizeof FORGE / sizeof FORGE[0]; forged++) {
        quiet_node *node = quiet_node_new();
        sch_job *job = quiet_node_add(node, ID, &(quiet_job)HERE(WAITING));
        bool another = FORGE[forged] == NULL; /* well signed, in another node's name */
        sch_event *event = consent_in_name(node, job, QUIET_DATA, 7, another ? QUIET_HELPER : QUIET_DATA);
        bool kept = true;
        if (!another) {
            FORGE[forged](event);
        }
        sch_job_handle(&node->jobs, event);
        assert_null(node->jobs.first);
        quiet_node_assert_stored(node, ID, SCH_REQUEST_REFUSED, SCH_LEDGER_RETURNED);
        for (unsigned p = QUIET_DATA; p <= QUIET_HELPER; p++) {
            unit_assert_ok(sch_store_get_consent(node->jobs.options.store, &kept, &consent, &(sch_request_id){{ID}},
                                                 node->peer[p].name));
            assert_false(kept);
        }
        assert_int_equal(counter_of(node, QUIET_DATA), 0);
        quiet_node_free(node);
    }
    assert_int_equal(forged, 5);
}

/* The decoder takes no such number; where it did, the store would not: the request ends, and the node goes on. */
static void test_job_handle_consent_with_a_huge_counter_does_not_end_the_node(void **state)
{
    (void)state;
    static const uint64_t HUGE[] = {UINT64_MAX, (uint64_t)INT64_MAX + 1};
    for (unsigned i = 0; i < 2; i++) {
        quiet_node *node = quiet_node_new();
        sch_job *job = quiet_node_add(node, ID, &(quiet_job)HERE(WAITING));
        sch_event *event = consent_of(node, job, QUIET_DATA, HUGE[i]);
        sch_buf encoded = {0};
        unit_assert_code(sch_control_encode(&encoded, &event->control), SCH_BUG);
        sch_job_handle(&node->jobs, event);
        assert_null(node->jobs.first);
        quiet_node_assert_stored(node, ID, SCH_REQUEST_REFUSED, SCH_LEDGER_RETURNED);
        assert_int_equal(counter_of(node, QUIET_DATA), 0);
        sch_buf_clear(&encoded);
        quiet_node_free(node);
    }
}

/* ---- whose time, or whose agreement, is over while a request waits ---- */

enum over { OVER_ANALYST, OVER_RECIPIENT, OVER_AGREEMENT, OVER_REPLACED, OVER_REVOKED, OVER_PEER, OVER_COUNT };

static void be_over(quiet_node *node, sch_job *job, enum over what)
{
    switch (what) {
    case OVER_ANALYST:
        node->listed[0].valid_until.value = sch_clock_now().value;
        break;
    case OVER_RECIPIENT:
        (void)snprintf(job->request.recipient[0], SCH_NAME_BYTES, "bram");
        node->listed[1].valid_until.value = sch_clock_now().value;
        break;
    case OVER_AGREEMENT:
        node->agreement.bundle.agreement.valid_until = sch_clock_now();
        break;
    case OVER_REPLACED:
        node->agreement.state = SCH_BOOK_REPLACED;
        break;
    case OVER_REVOKED:
        node->agreement.state = SCH_BOOK_REVOKED;
        break;
    default:
        sch_detail_set(&node->state[QUIET_DATA].refused, "it was restored");
        break;
    }
}

static void test_job_begin_where_something_is_over_refuses_and_returns_the_budget(void **state)
{
    (void)state;
    unsigned refused = 0;
    for (enum over what = OVER_ANALYST; what < OVER_COUNT; what++) {
        quiet_node *node = quiet_node_new();
        sch_job *job = quiet_node_add(node, ID, &(quiet_job)HERE(APPROVED));
        job->has_plan = true; /* so that nothing is looked up for one */
        be_over(node, job, what);
        sch_job_begin(job);
        assert_null(node->jobs.first);
        quiet_node_assert_stored(node, ID, SCH_REQUEST_REFUSED, SCH_LEDGER_RETURNED);
        quiet_node_free(node);
        refused++;
    }
    assert_int_equal(refused, 6);
}

static void test_job_consent_where_due_after_the_last_day_is_denied_and_reserves_nothing(void **state)
{
    (void)state;
    unsigned denied = 0;
    for (enum over what = OVER_ANALYST; what <= OVER_AGREEMENT; what++) {
        quiet_node *node = quiet_node_new();
        sch_detail detail = {{0}};
        bool consents = true;
        sch_job *job = quiet_node_add(node, ID, &(quiet_job){.phase = SCH_JOB_WAITING});
        be_over(node, job, what);
        sch_jobs_begin(&node->jobs);
        unit_assert_code(sch_job_consent_where_due(job, &consents, &detail), SCH_DENIED);
        sch_store_rollback(node->jobs.options.store);
        assert_false(consents);
        assert_non_null(strstr(detail.text, what == OVER_AGREEMENT ? "was valid until" : "is listed in agreement"));
        quiet_node_assert_stored(node, ID, SCH_REQUEST_WAITING, 0);
        quiet_node_free(node);
        denied++;
    }
    assert_int_equal(denied, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_handle_ready_and_sizes_of_all_parties_let_it_go),
        cmocka_unit_test(test_job_handle_ready_with_other_keys_ends_it),
        cmocka_unit_test(test_job_handle_impossible_size_ends_a_job_without_a_thread),
        cmocka_unit_test(test_job_handle_consents_of_all_parties_approve),
        cmocka_unit_test(test_job_handle_forged_consent_ends_the_request_and_is_not_kept),
        cmocka_unit_test(test_job_handle_consent_with_a_huge_counter_does_not_end_the_node),
        cmocka_unit_test(test_job_begin_where_something_is_over_refuses_and_returns_the_budget),
        cmocka_unit_test(test_job_consent_where_due_after_the_last_day_is_denied_and_reserves_nothing),
    };
    int failed = cmocka_run_group_tests_name("three parties", tests, job_setup, NULL);
    quiet_parties = 5;
    return failed + cmocka_run_group_tests_name("five parties", tests, job_setup, NULL);
}
