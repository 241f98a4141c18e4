/* The life of requests at one node: who may say what in each phase, what ends a request and what that costs, and what
 * time does. Nothing is sent: only what the node keeps can be looked at. */
#include "node/base/clock.h"
#include "tests/unit/job_case.h"

enum { HOUR_MS = 3600000 };

static const sch_job_phase PHASES[] = {SCH_JOB_WAITING, SCH_JOB_APPROVED, SCH_JOB_PREPARING, SCH_JOB_COMPUTING,
                                       SCH_JOB_FINISHED};
enum { PHASE_COUNT = sizeof PHASES / sizeof PHASES[0] };

static sch_request_state state_of(sch_job_phase phase)
{
    return phase == SCH_JOB_WAITING    ? SCH_REQUEST_WAITING
           : phase == SCH_JOB_APPROVED ? SCH_REQUEST_APPROVED
                                       : SCH_REQUEST_RUNNING;
}

static sch_ledger_state ledger_of(sch_job_phase phase)
{
    return phase < SCH_JOB_PREPARING ? SCH_LEDGER_RESERVED : SCH_LEDGER_SPENT;
}

/* The request is as it was when it was added. */
static void assert_untouched(quiet_node *node, const sch_job *job, sch_job_phase phase)
{
    static const bool NONE[SCH_MAX_PARTIES] = {false};
    assert_ptr_equal(node->jobs.first, job);
    assert_int_equal(node->jobs.job_count, 1);
    assert_int_equal(job->phase, phase);
    assert_memory_equal(job->consented, NONE, sizeof NONE);
    assert_memory_equal(job->ready, NONE, sizeof NONE);
    assert_memory_equal(job->done, NONE, sizeof NONE);
    assert_memory_equal(job->has_rows, NONE, sizeof NONE);
    assert_false(job->start_came || job->go || job->cancelled);
    assert_int_equal(job->watcher_count, 0);
    quiet_node_assert_stored(node, ID, state_of(phase), ledger_of(phase));
}

/* ---- who may say what ---- */

static const sch_control_kind KINDS[] = {
    SCH_CONTROL_SUBMIT,   SCH_CONTROL_PREPARE,  SCH_CONTROL_CONSENT, SCH_CONTROL_START, SCH_CONTROL_READY,
    SCH_CONTROL_SIZE,     SCH_CONTROL_PROGRESS, SCH_CONTROL_DONE,    SCH_CONTROL_FAIL,  SCH_CONTROL_RESULT,
    SCH_CONTROL_RELEASED, SCH_CONTROL_FETCH,    SCH_CONTROL_WATCH,   SCH_CONTROL_CANCEL};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

static void test_job_handle_messages_of_strangers_change_nothing_in_any_phase(void **state)
{
    (void)state;
    static const uint32_t STRANGERS[] = {QUIET_STRANGER, QUIET_BRAM, QUIET_NOBODY};
    enum { STRANGER_COUNT = sizeof STRANGERS / sizeof STRANGERS[0] };
    unsigned sent = 0;
    for (unsigned p = 0; p < PHASE_COUNT; p++) {
        for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
            quiet_node *node = quiet_node_new();
            const sch_job *job = quiet_node_add(
                node, ID, &(quiet_job){.phase = PHASES[p], .elsewhere = elsewhere == 1, .reserved = true});
            for (unsigned k = 0; k < KIND_COUNT * STRANGER_COUNT; k++) {
                quiet_node_tell(node, STRANGERS[k / KIND_COUNT], KINDS[k % KIND_COUNT], ID);
                assert_untouched(node, job, PHASES[p]);
                sent++;
            }
            sch_job_replay_early(&node->jobs, &job->request.id); /* what was kept of them for later */
            assert_untouched(node, job, PHASES[p]);
            quiet_node_free(node);
        }
    }
    assert_int_equal(sent, PHASE_COUNT * 2 * KIND_COUNT * STRANGER_COUNT);
}

/* What belongs to another role: a party says no word of the coordinator's, the coordinator none of a party's, no node
 * an analyst's, and the analyst none of a node's. */
static void test_job_handle_messages_of_another_role_change_nothing_in_any_phase(void **state)
{
    (void)state;
    static const struct {
        uint32_t from;
        sch_control_kind kind;
        bool here, elsewhere; /* where the node itself took the request; where CALLER did */
    } ROWS[] = {
        {QUIET_DATA, SCH_CONTROL_START, true, true},     {QUIET_DATA, SCH_CONTROL_RELEASED, true, true},
        {QUIET_DATA, SCH_CONTROL_CANCEL, true, true},    {QUIET_DATA, SCH_CONTROL_SUBMIT, true, true},
        {QUIET_HELPER, SCH_CONTROL_DONE, false, true},   {QUIET_HELPER, SCH_CONTROL_FAIL, false, true},
        {QUIET_HELPER, SCH_CONTROL_PREPARE, true, true}, {QUIET_CALLER, SCH_CONTROL_CONSENT, true, true},
        {QUIET_CALLER, SCH_CONTROL_READY, true, true},   {QUIET_CALLER, SCH_CONTROL_SIZE, true, true},
        {QUIET_CALLER, SCH_CONTROL_DONE, true, true},    {QUIET_CALLER, SCH_CONTROL_CANCEL, true, true},
        {QUIET_ANNA, SCH_CONTROL_CONSENT, true, true},   {QUIET_ANNA, SCH_CONTROL_START, true, true},
        {QUIET_ANNA, SCH_CONTROL_READY, true, true},     {QUIET_ANNA, SCH_CONTROL_SIZE, true, true},
        {QUIET_ANNA, SCH_CONTROL_DONE, true, true},      {QUIET_ANNA, SCH_CONTROL_RELEASED, true, true},
        {QUIET_ANNA, SCH_CONTROL_FAIL, true, true},      {QUIET_ANNA, SCH_CONTROL_CANCEL, false, true},
    };
    enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0] };
    unsigned sent = 0;
    for (unsigned p = 0; p < PHASE_COUNT; p++) {
        for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
            quiet_node *node = quiet_node_new();
            const sch_job *job = quiet_node_add(
                node, ID, &(quiet_job){.phase = PHASES[p], .elsewhere = elsewhere == 1, .reserved = true});
            for (unsigned r = 0; r < ROW_COUNT; r++) {
                if (elsewhere == 1 ? ROWS[r].elsewhere : ROWS[r].here) {
                    quiet_node_tell(node, ROWS[r].from, ROWS[r].kind, ID);
                    assert_untouched(node, job, PHASES[p]);
                    sent++;
                }
            }
            quiet_node_free(node);
        }
    }
    assert_int_equal(sent, PHASE_COUNT * (2 * ROW_COUNT - 3));
}

/* ---- ends, and what they cost ---- */

typedef struct ending {
    quiet_job job;
    uint32_t from;
    sch_control_kind kind;
    sch_request_state told; /* of a FAIL */
    sch_request_state state;
    sch_ledger_state ledger;
} ending;

static const ending ENDINGS[] = {
    /* While nothing is computed, the budget comes back. */
    {HERE(WAITING), QUIET_ANNA, SCH_CONTROL_CANCEL, 0, SCH_REQUEST_CANCELLED, SCH_LEDGER_RETURNED},
    {HERE(APPROVED), QUIET_ANNA, SCH_CONTROL_CANCEL, 0, SCH_REQUEST_CANCELLED, SCH_LEDGER_RETURNED},
    {HERE(WAITING), QUIET_DATA, SCH_CONTROL_FAIL, SCH_REQUEST_REFUSED, SCH_REQUEST_REFUSED, SCH_LEDGER_RETURNED},
    {HERE(WAITING), QUIET_HELPER, SCH_CONTROL_FAIL, SCH_REQUEST_FAILED, SCH_REQUEST_FAILED, SCH_LEDGER_RETURNED},
    {HERE(APPROVED), QUIET_DATA, SCH_CONTROL_FAIL, SCH_REQUEST_REFUSED, SCH_REQUEST_REFUSED, SCH_LEDGER_RETURNED},
    {ELSEWHERE(WAITING), QUIET_CALLER, SCH_CONTROL_FAIL, SCH_REQUEST_REFUSED, SCH_REQUEST_REFUSED, SCH_LEDGER_RETURNED},
    {ELSEWHERE(WAITING), QUIET_CALLER, SCH_CONTROL_FAIL, SCH_REQUEST_EXPIRED, SCH_REQUEST_EXPIRED, SCH_LEDGER_RETURNED},
    {ELSEWHERE(APPROVED), QUIET_CALLER, SCH_CONTROL_FAIL, SCH_REQUEST_CANCELLED, SCH_REQUEST_CANCELLED,
     SCH_LEDGER_RETURNED},
    {{.phase = SCH_JOB_WAITING}, QUIET_ANNA, SCH_CONTROL_CANCEL, 0, SCH_REQUEST_CANCELLED, 0},
    /* Once it began, here or perhaps elsewhere, it is spent. */
    {ELSEWHERE(APPROVED), QUIET_CALLER, SCH_CONTROL_FAIL, SCH_REQUEST_FAILED, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
    {HERE(PREPARING), QUIET_ANNA, SCH_CONTROL_CANCEL, 0, SCH_REQUEST_CANCELLED, SCH_LEDGER_SPENT},
    {HERE(COMPUTING), QUIET_DATA, SCH_CONTROL_FAIL, SCH_REQUEST_FAILED, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
    {HERE(FINISHED), QUIET_HELPER, SCH_CONTROL_FAIL, SCH_REQUEST_FAILED, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
    {ELSEWHERE(PREPARING), QUIET_CALLER, SCH_CONTROL_FAIL, SCH_REQUEST_CANCELLED, SCH_REQUEST_CANCELLED,
     SCH_LEDGER_SPENT},
    {ELSEWHERE(FINISHED), QUIET_CALLER, SCH_CONTROL_FAIL, SCH_REQUEST_REFUSED, SCH_REQUEST_REFUSED, SCH_LEDGER_SPENT},
    /* RELEASED before this node took part: its state is from before that; elsewhere it was computed. */
    {ELSEWHERE(WAITING), QUIET_CALLER, SCH_CONTROL_RELEASED, 0, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
    {ELSEWHERE(APPROVED), QUIET_CALLER, SCH_CONTROL_RELEASED, 0, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
    {ELSEWHERE(FINISHED), QUIET_CALLER, SCH_CONTROL_RELEASED, 0, SCH_REQUEST_RELEASED, SCH_LEDGER_SPENT},
};
enum { ENDING_COUNT = sizeof ENDINGS / sizeof ENDINGS[0] };

static void test_job_handle_end_returns_the_budget_unless_it_began(void **state)
{
    (void)state;
    unsigned ended = 0;
    for (unsigned i = 0; i < ENDING_COUNT; i++) {
        const ending *e = &ENDINGS[i];
        quiet_node *node = quiet_node_new();
        (void)quiet_node_add(node, ID, &e->job);
        sch_event *event = quiet_node_event(e->from, e->kind, ID);
        event->control.state = e->told != 0 ? e->told : event->control.state;
        sch_job_handle(&node->jobs, event);
        assert_null(node->jobs.first);
        assert_int_equal(node->jobs.job_count, 0);
        quiet_node_assert_stored(node, ID, e->state, e->ledger);
        /* An end is one: what comes after it changes nothing. */
        for (unsigned k = 0; k < KIND_COUNT; k++) {
            quiet_node_tell(node, e->from, KINDS[k], ID);
        }
        quiet_node_assert_stored(node, ID, e->state, e->ledger);
        assert_null(node->jobs.first);
        quiet_node_free(node);
        ended++;
    }
    assert_int_equal(ended, ENDING_COUNT);
}

static void test_job_handle_done_of_every_party_releases_once_all_have_said_so(void **state)
{
    (void)state;
    quiet_node *node = quiet_node_new();
    (void)quiet_node_add(node, ID, &(quiet_job){.phase = SCH_JOB_COMPUTING, .outside = true, .reserved = true});
    for (size_t p = 0; p < quiet_parties; p++) {
        for (unsigned again = 0; again < 2 && (again == 0 || p + 1 < quiet_parties); again++) {
            assert_non_null(node->jobs.first);
            quiet_node_assert_stored(node, ID, SCH_REQUEST_RUNNING, SCH_LEDGER_SPENT);
            quiet_node_tell(node, quiet_party(p), SCH_CONTROL_DONE, ID);
        }
    }
    assert_null(node->jobs.first);
    quiet_node_assert_stored(node, ID, SCH_REQUEST_RELEASED, SCH_LEDGER_SPENT);
    quiet_node_free(node);
}

static void test_job_handle_departure_ends_what_needs_the_peer_and_runs(void **state)
{
    (void)state;
    static const struct {
        quiet_job job;
        uint32_t who;
        bool ends;
    } ROWS[] = {
        {HERE(WAITING), QUIET_DATA, false},         {HERE(APPROVED), QUIET_DATA, false},
        {HERE(PREPARING), QUIET_DATA, true},        {HERE(COMPUTING), QUIET_HELPER, true},
        {HERE(FINISHED), QUIET_HELPER, true},       {HERE(COMPUTING), QUIET_STRANGER, false},
        {ELSEWHERE(WAITING), QUIET_CALLER, false},  {ELSEWHERE(PREPARING), QUIET_CALLER, true},
        {ELSEWHERE(FINISHED), QUIET_CALLER, false}, {ELSEWHERE(COMPUTING), QUIET_DATA, true},
    };
    unsigned checked = 0;
    for (unsigned r = 0; r < sizeof ROWS / sizeof ROWS[0]; r++) {
        quiet_node *node = quiet_node_new();
        const sch_job *job = quiet_node_add(node, ID, &ROWS[r].job);
        sch_event *event = sch_event_new(SCH_EVENT_PEER, (sch_peer_id){ROWS[r].who});
        assert_non_null(event);
        sch_job_handle(&node->jobs, event);
        if (ROWS[r].ends) {
            assert_null(node->jobs.first);
            quiet_node_assert_stored(node, ID, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT);
        } else {
            assert_untouched(node, job, ROWS[r].job.phase);
        }
        quiet_node_free(node);
        checked++;
    }
    assert_int_equal(checked, 10);
}

static void test_job_handle_departure_of_any_party_ends_what_computes(void **state)
{
    (void)state;
    unsigned ended = 0;
    for (size_t p = 1; p < quiet_parties; p++, ended++) {
        quiet_node *node = quiet_node_new();
        (void)quiet_node_add(node, ID, &(quiet_job)HERE(COMPUTING));
        sch_event *event = sch_event_new(SCH_EVENT_PEER, (sch_peer_id){quiet_party(p)});
        assert_non_null(event);
        sch_job_handle(&node->jobs, event);
        assert_null(node->jobs.first);
        quiet_node_assert_stored(node, ID, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT);
        quiet_node_free(node);
    }
    assert_int_equal(ended, quiet_parties - 1);
}

/* ---- time ---- */

static void test_job_tick_ends_what_has_had_its_time(void **state)
{
    (void)state;
    static const struct {
        quiet_job job;
        int64_t over_ms;          /* how long its validity is over */
        unsigned minutes;         /* since when it runs */
        bool start_came, expires; /* START came a moment ago; its result's retention is over */
        sch_request_state state;  /* afterwards; 0: it goes on */
        sch_ledger_state ledger;
    } ROWS[] = {
        {HERE(WAITING), -1000, 0, false, false, 0, 0},
        {HERE(WAITING), 1, 0, false, false, SCH_REQUEST_EXPIRED, SCH_LEDGER_RETURNED},
        {HERE(APPROVED), 1, 0, false, false, SCH_REQUEST_EXPIRED, SCH_LEDGER_RETURNED},
        /* The coordinator says so; others only where it does not. */
        {ELSEWHERE(WAITING), 60000, 0, false, false, 0, 0},
        {ELSEWHERE(WAITING), 2 * 60000 + 1000, 0, false, false, SCH_REQUEST_EXPIRED, SCH_LEDGER_RETURNED},
        {ELSEWHERE(APPROVED), 2 * 60000 + 1000, 0, false, false, SCH_REQUEST_EXPIRED, SCH_LEDGER_RETURNED},
        {ELSEWHERE(APPROVED), HOUR_MS, 0, true, false, 0, 0},
        {HERE(PREPARING), HOUR_MS, 0, false, false, 0, 0},
        {HERE(PREPARING), 0, 1, false, false, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
        {HERE(COMPUTING), 0, 59, false, false, 0, 0},
        {HERE(COMPUTING), 0, 61, false, false, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
        {HERE(FINISHED), 0, 61, false, false, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
        {ELSEWHERE(FINISHED), 0, 61, false, false, 0, 0},
        {ELSEWHERE(FINISHED), 0, 61, false, true, SCH_REQUEST_FAILED, SCH_LEDGER_SPENT},
    };
    unsigned checked = 0;
    for (unsigned r = 0; r < sizeof ROWS / sizeof ROWS[0]; r++) {
        quiet_node *node = quiet_node_new();
        sch_job *job = quiet_node_add(node, ID, &ROWS[r].job);
        sch_job_phase phase = ROWS[r].job.phase;
        job->request.not_after.value = sch_clock_now().value - ROWS[r].over_ms;
        job->started_ns -= (uint64_t)ROWS[r].minutes * 60U * 1000000000U;
        job->start_came = ROWS[r].start_came;
        job->start_came_ns = sch_clock_ns();
        job->row.expires.value = ROWS[r].expires ? 1 : job->row.expires.value;
        sch_job_tick(&node->jobs);
        assert_int_equal(node->jobs.job_count, ROWS[r].state == 0 ? 1 : 0);
        quiet_node_assert_stored(node, ID, ROWS[r].state == 0 ? state_of(phase) : ROWS[r].state,
                                 ROWS[r].state == 0 ? ledger_of(phase) : ROWS[r].ledger);
        quiet_node_free(node);
        checked++;
    }
    assert_int_equal(checked, 14);
}

/* ---- what is not in progress here ---- */

static void test_job_handle_unknown_request_keeps_what_may_be_early_and_nothing_else(void **state)
{
    (void)state;
    unsigned kept = 0;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        quiet_node *node = quiet_node_new();
        bool early = KINDS[k] == SCH_CONTROL_READY || KINDS[k] == SCH_CONTROL_SIZE || KINDS[k] == SCH_CONTROL_CONSENT;
        quiet_node_tell(node, QUIET_DATA, KINDS[k], ID);
        assert_int_equal(node->state[QUIET_DATA].early_count, early ? 1 : 0);
        assert_int_equal(node->jobs.early != NULL, early);
        quiet_node_tell(node, QUIET_BRAM, KINDS[k], ID);
        assert_int_equal(node->state[QUIET_DATA].early_count, early ? 1 : 0);
        assert_null(node->jobs.first);
        assert_null(node->jobs.deferred);
        kept += early ? 1 : 0;
        quiet_node_free(node);
    }
    assert_int_equal(kept, 3);
}

static void test_job_handle_early_messages_of_one_node_leave_room_for_another(void **state)
{
    (void)state;
    quiet_node *node = quiet_node_new();
    for (unsigned i = 0; i < 2 * SCH_MAX_EARLY; i++) {
        quiet_node_tell(node, QUIET_STRANGER, SCH_CONTROL_READY, (uint8_t)i);
    }
    assert_int_equal(node->state[QUIET_STRANGER].early_count, SCH_MAX_EARLY);
    quiet_node_tell(node, QUIET_DATA, SCH_CONTROL_SIZE, 5);
    assert_int_equal(node->state[QUIET_DATA].early_count, 1);
    sch_request_id id = {{5}};
    sch_job_replay_early(&node->jobs, &id); /* unknown still: all that it handles is kept again */
    assert_int_equal(node->state[QUIET_STRANGER].early_count, SCH_MAX_EARLY);
    assert_int_equal(node->state[QUIET_DATA].early_count, 1);
    quiet_node_free(node);
}

static void test_job_handle_late_message_is_not_kept(void **state)
{
    (void)state;
    quiet_node *node = quiet_node_new();
    sch_job *job = quiet_node_add(node, ID, &(quiet_job)HERE(PREPARING));
    sch_job_end(job, SCH_REQUEST_FAILED, "own", NULL, sch_fail(SCH_TRY_AGAIN, "for a test"), NULL);
    quiet_node_tell(node, QUIET_DATA, SCH_CONTROL_READY, ID);
    quiet_node_tell(node, QUIET_DATA, SCH_CONTROL_SIZE, ID);
    assert_null(node->jobs.early);
    quiet_node_tell(node, QUIET_DATA, SCH_CONTROL_SIZE, ID + 1);
    assert_non_null(node->jobs.early);
    assert_int_equal(node->state[QUIET_DATA].early_count, 1);
    quiet_node_free(node);
}

/* ---- sending ---- */

static void test_outbox_send_catalogues_leave_room_for_answers(void **state)
{
    (void)state;
    enum { MOST = SCH_OUTBOX_CATALOG_BYTES / SCH_PART_BYTES + 2 };
    quiet_node *node = quiet_node_new();
    const sch_peer_id session = {QUIET_ANNA};
    sch_control part = {.kind = SCH_CONTROL_CATALOG, .node = "own", .parts = 1};
    sch_control done = {.kind = SCH_CONTROL_DONE, .node = "own"};
    unsigned sent = 0;
    uint8_t *bytes = calloc(1, SCH_PART_BYTES);
    assert_non_null(bytes);
    done.id.byte[0] = 1;
    unit_assert_ok(sch_buf_append(&part.bytes, bytes, SCH_PART_BYTES));
    (void)pthread_mutex_lock(&node->mesh.lock); /* so that nothing goes out */
    while (sent < MOST && !sch_failed(sch_outbox_send(node->jobs.outbox, session, &part))) {
        sent++;
    }
    assert_in_range(sent, MOST - 8, MOST - 1);
    unit_assert_code(sch_outbox_send(node->jobs.outbox, session, &part), SCH_TRY_AGAIN);
    unit_assert_ok(sch_outbox_send(node->jobs.outbox, session, &done));
    (void)pthread_mutex_unlock(&node->mesh.lock);
    sch_control_clear(&part);
    free(bytes);
    quiet_node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_handle_messages_of_strangers_change_nothing_in_any_phase),
        cmocka_unit_test(test_job_handle_messages_of_another_role_change_nothing_in_any_phase),
        cmocka_unit_test(test_job_handle_end_returns_the_budget_unless_it_began),
        cmocka_unit_test(test_job_handle_done_of_every_party_releases_once_all_have_said_so),
        cmocka_unit_test(test_job_handle_departure_ends_what_needs_the_peer_and_runs),
        cmocka_unit_test(test_job_handle_departure_of_any_party_ends_what_computes),
        cmocka_unit_test(test_job_tick_ends_what_has_had_its_time),
        cmocka_unit_test(test_job_handle_unknown_request_keeps_what_may_be_early_and_nothing_else),
        cmocka_unit_test(test_job_handle_early_messages_of_one_node_leave_room_for_another),
        cmocka_unit_test(test_job_handle_late_message_is_not_kept),
        cmocka_unit_test(test_outbox_send_catalogues_leave_room_for_answers),
    };
    int failed = cmocka_run_group_tests_name("three parties", tests, job_setup, NULL);
    quiet_parties = 5;
    return failed + cmocka_run_group_tests_name("five parties", tests, job_setup, NULL);
}
