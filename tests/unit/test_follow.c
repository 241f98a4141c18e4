/* A request from the analyst's side: sent, watched, cancelled, fetched, with a node that answers as the tests say. */
#include "node/cli/follow.h"

#include "node/cli/fetch.h"
#include "node/cli/status.h"
#include "proto/sealed.h"
#include "tests/support/analyst_world.h"
#include "tests/support/fake_client.h"
#include "tests/support/unit.h"

enum { ALL = (1U << WORLD_PARTIES) - 1 };

static sch_status g_status;
static sch_control g_submit;
static sch_detail g_detail;

static int make(void **state)
{
    int failed = world_make(state);
    g_status = (sch_status){0};
    g_detail = (sch_detail){{0}};
    world_make_status(&g_submit, SCH_REQUEST_SUBMITTED, "");
    g_submit.kind = SCH_CONTROL_SUBMIT;
    return failed;
}

static int clear(void **state)
{
    sch_status_clear(&g_status);
    sch_control_clear(&g_submit);
    return world_clear(state);
}

static sch_err follow(bool submit, bool first_only)
{
    sch_follow f = {.session = &world.session,
                    .id = world.request.id,
                    .submit = submit ? &g_submit : NULL,
                    .first_only = first_only};
    return sch_follow_run(&f, &g_status, &g_detail);
}

static void put_fail(sch_request_state state, sch_code code, const char *text)
{
    sch_control control = {
        .kind = SCH_CONTROL_FAIL, .id = world.request.id, .node = "cbs", .state = state, .code = code};
    sch_detail_set(&control.text, "%s", text);
    fake_put(&control);
}

static void put_progress(const char *node, sch_phase phase, uint16_t per_mille)
{
    sch_control control = {
        .kind = SCH_CONTROL_PROGRESS, .id = world.request.id, .phase = phase, .per_mille = per_mille};
    snprintf(control.node, sizeof control.node, "%s", node);
    fake_put(&control);
}

/* ---- to the end ---- */

static void test_follow_sends_and_watches_until_the_end(void **state)
{
    (void)state;
    world_put_status(SCH_REQUEST_WAITING, "waits for approval by cbs (an operator)");
    world_put_status(SCH_REQUEST_RUNNING, "");
    put_progress("gemeente", SCH_PHASE_READ, 500);
    put_progress("cbs", SCH_PHASE_COMPUTE, 1000);
    put_progress("vierde", SCH_PHASE_RELEASE, 0);
    put_progress("vijfde", SCH_PHASE_RELEASE, 0);
    world_put_status(SCH_REQUEST_RELEASED, "");
    unit_assert_ok(follow(true, false));
    assert_int_equal(g_status.state, SCH_REQUEST_RELEASED);
    assert_int_equal(fake.sent_count, 2);
    assert_int_equal(fake.sent[0], SCH_CONTROL_SUBMIT);
    assert_int_equal(fake.sent[1], SCH_CONTROL_WATCH);
    unit_assert_ok(sch_status_as_error(&g_status, &g_detail));
    unit_assert_ok(sch_status_verify(&g_status, world.session.identity.card.identity));
}

static void test_follow_first_only_returns_at_the_first_word(void **state)
{
    (void)state;
    world_put_status(SCH_REQUEST_WAITING, "waits");
    unit_assert_ok(follow(true, true));
    assert_int_equal(g_status.state, SCH_REQUEST_WAITING);
}

static void test_follow_what_was_sent_before_is_watched_only(void **state)
{
    (void)state;
    world_put_status(SCH_REQUEST_RELEASED, "");
    unit_assert_ok(follow(false, false));
    assert_int_equal(fake_count(SCH_CONTROL_SUBMIT), 0);
    assert_int_equal(fake_count(SCH_CONTROL_WATCH), 1);
}

static void test_follow_messages_about_other_requests_change_nothing(void **state)
{
    (void)state;
    sch_control other;
    world_make_status(&other, SCH_REQUEST_RELEASED, "");
    other.id.byte[3] ^= 1;
    fake_put(&other);
    sch_control_clear(&other);
    world_put_status(SCH_REQUEST_REFUSED, "nee");
    unit_assert_ok(follow(true, false));
    assert_int_equal(g_status.state, SCH_REQUEST_REFUSED);
}

static void test_follow_end_states_have_their_errors(void **state)
{
    (void)state;
    static const struct {
        sch_request_state state;
        sch_code code, as_error;
    } ENDS[] = {
        {SCH_REQUEST_REFUSED, SCH_DENIED, SCH_DENIED},      {SCH_REQUEST_REFUSED, SCH_BAD_INPUT, SCH_DENIED},
        {SCH_REQUEST_EXPIRED, SCH_TRY_AGAIN, SCH_DENIED},   {SCH_REQUEST_FAILED, SCH_IO, SCH_IO},
        {SCH_REQUEST_FAILED, SCH_TRY_AGAIN, SCH_TRY_AGAIN}, {SCH_REQUEST_CANCELLED, SCH_TRY_AGAIN, SCH_TRY_AGAIN},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        put_fail(ENDS[i].state, ENDS[i].code, "daarom");
        unit_assert_ok(follow(true, false));
        unit_assert_code(sch_status_as_error(&g_status, &g_detail), ENDS[i].as_error);
        assert_string_equal(g_detail.text, "node cbs: daarom");
        sch_status_clear(&g_status);
        checked++;
    }
    assert_int_equal(checked, 6);
}

static void test_follow_another_request_under_the_id_is_refused(void **state)
{
    (void)state;
    world.request.not_after.value++;
    world_put_status(SCH_REQUEST_WAITING, "");
    unit_assert_code(follow(true, false), SCH_BAD_PEER);
}

static void test_follow_message_that_does_not_belong_here_is_refused(void **state)
{
    (void)state;
    const sch_control start = {.kind = SCH_CONTROL_START, .id = world.request.id};
    fake_put(&start);
    unit_assert_code(follow(true, false), SCH_BAD_PEER);
}

/* ---- a lost connection ---- */

static void test_follow_connection_lost_before_an_answer_sends_again(void **state)
{
    (void)state;
    fake_put_end();
    world_put_status(SCH_REQUEST_RELEASED, "");
    unit_assert_ok(follow(true, false));
    assert_int_equal(fake.opened, 1);
    assert_int_equal(fake_count(SCH_CONTROL_SUBMIT), 2);
    assert_int_equal(g_status.state, SCH_REQUEST_RELEASED);
}

static void test_follow_connection_lost_later_watches_on(void **state)
{
    (void)state;
    world_put_status(SCH_REQUEST_WAITING, "");
    fake_put_end();
    world_put_status(SCH_REQUEST_RUNNING, "");
    world_put_status(SCH_REQUEST_RELEASED, "");
    fake.refuse_opens = 1;
    unit_assert_ok(follow(true, false));
    assert_int_equal(fake.opened, 1);
    assert_int_equal(fake_count(SCH_CONTROL_SUBMIT), 1);
    assert_int_equal(fake_count(SCH_CONTROL_WATCH), 2);
    assert_string_equal(g_detail.text, "");
}

static void test_follow_node_that_stays_away_is_to_be_tried_again(void **state)
{
    (void)state;
    char id[SCH_ID_TEXT_BYTES];
    sch_id_to_text(id, world.request.id);
    world_put_status(SCH_REQUEST_WAITING, "");
    fake_put_end();
    fake.refuse_opens = 100;
    world.session.patience_s = 1;
    unit_assert_code(follow(true, false), SCH_TRY_AGAIN);
    assert_non_null(strstr(g_detail.text, id));
    assert_non_null(strstr(g_detail.text, "lives on"));
    assert_non_null(strstr(g_detail.text, "schakel wait"));
}

/* ---- stopping ---- */

static void test_follow_stopped_cancels_nothing_by_itself(void **state)
{
    (void)state;
    const _Atomic bool stop = true;
    world.session.stop = &stop;
    unit_assert_code(follow(true, false), SCH_TRY_AGAIN);
    assert_int_equal(fake_count(SCH_CONTROL_CANCEL), 0);
    world.session.stop = NULL;
}

static void test_cancel_waits_for_the_end_whatever_stop_says(void **state)
{
    (void)state;
    const _Atomic bool stop = true;
    world.session.stop = &stop;
    world_put_status(SCH_REQUEST_RUNNING, "");
    put_fail(SCH_REQUEST_CANCELLED, SCH_TRY_AGAIN, "cancelled");
    unit_assert_ok(sch_follow_cancel(&world.session, &g_status, &world.request.id, &g_detail));
    assert_int_equal(g_status.state, SCH_REQUEST_CANCELLED);
    assert_int_equal(fake_count(SCH_CONTROL_CANCEL), 1);
    assert_ptr_equal(world.session.stop, &stop);
    world.session.stop = NULL;
}

static void test_cancel_lost_connection_is_an_error(void **state)
{
    (void)state;
    fake_put_end();
    unit_assert_code(sch_follow_cancel(&world.session, &g_status, &world.request.id, &g_detail), SCH_IO);
}

/* ---- status ---- */

static void test_status_ask_gives_the_request_and_whose_it_is(void **state)
{
    (void)state;
    world_put_status(SCH_REQUEST_WAITING, "waits");
    unit_assert_ok(sch_status_ask(&g_status, &world.session, &world.request.id, true, &g_detail));
    assert_int_equal(g_status.origin, SCH_ORIGIN_OWN);
    assert_string_equal(g_status.request.purpose, "een proef");
}

static void test_status_ask_of_what_was_not_signed_is_denied(void **state)
{
    (void)state;
    sch_control forged;
    world_make_status(&forged, SCH_REQUEST_WAITING, "");
    forged.signature[0] ^= 1;
    fake_put(&forged);
    fake_put(&forged);
    sch_control_clear(&forged);
    unit_assert_code(sch_status_ask(&g_status, &world.session, &world.request.id, true, &g_detail), SCH_DENIED);
    sch_status_clear(&g_status);
    unit_assert_ok(sch_status_ask(&g_status, &world.session, &world.request.id, false, &g_detail));
    assert_int_equal(g_status.origin, SCH_ORIGIN_UNKNOWN);
}

static void test_status_ask_of_an_unknown_request_is_denied(void **state)
{
    (void)state;
    put_fail(SCH_REQUEST_REFUSED, SCH_DENIED, "onbekend");
    unit_assert_code(sch_status_ask(&g_status, &world.session, &world.request.id, true, &g_detail), SCH_DENIED);
    assert_string_equal(g_detail.text, "node cbs: onbekend");
}

static void test_status_read_of_another_request_is_refused(void **state)
{
    (void)state;
    sch_control control;
    world_make_status(&control, SCH_REQUEST_WAITING, "");
    control.id.byte[0] ^= 1;
    unit_assert_code(sch_status_read(&g_status, &control), SCH_BAD_PEER);
    sch_status_clear(&g_status);
    control.id.byte[0] ^= 1;
    control.bytes.data[0] ^= 0xFF;
    unit_assert_code(sch_status_read(&g_status, &control), SCH_BAD_PEER);
    sch_control_clear(&control);
}

static sch_err count_origin(void *context, const sch_status *status)
{
    unsigned *count = context;
    count[status->origin]++;
    return SCH_NONE;
}

static void test_status_each_tells_own_requests_from_those_of_others(void **state)
{
    (void)state;
    const sch_control last = {.kind = SCH_CONTROL_STATUS};
    unsigned count[3] = {0};
    world_put_status(SCH_REQUEST_WAITING, "");
    world_put_status(SCH_REQUEST_RELEASED, "");
    snprintf(world.request.analyst, SCH_NAME_BYTES, "bram");
    world_put_status(SCH_REQUEST_RELEASED, "");
    fake_put(&last);
    unit_assert_ok(sch_status_each(&world.session, count_origin, count, &g_detail));
    assert_int_equal(count[SCH_ORIGIN_OWN], 2);
    assert_int_equal(count[SCH_ORIGIN_OTHER], 1);
    assert_int_equal(count[SCH_ORIGIN_UNKNOWN], 0);
}

/* ---- the result ---- */

typedef struct shares_case {
    uint8_t holder;
    size_t signer; /* whose key */
    uint32_t min_persons;
    uint8_t spoil_plan, spoil_request; /* xored */
    const char *recipient;
} shares_case;

static const shares_case FIRST = {0, 0, WORLD_MIN_PERSONS, 0, 0, "anna"};
static const shares_case SECOND = {1, 2, WORLD_MIN_PERSONS, 0, 0, "anna"};

/* A holder's shares, all words 3. */
static void put_shares(const char *node, const shares_case *c)
{
    uint64_t words[2][64];
    uint8_t secret[SCH_SIGN_SECRET_BYTES];
    sch_control control = {.kind = SCH_CONTROL_RESULT, .id = world.request.id};
    sch_buf sealed = {0};
    size_t count = (size_t)world.plan->cell.columns * world.plan->cell.cells;
    assert_true(count <= 64);
    for (size_t i = 0; i < count; i++) {
        words[0][i] = words[1][i] = 3;
    }
    sch_shares shares = {.holder = c->holder,
                         .show_zero = true,
                         .min_persons = c->min_persons,
                         .columns = world.plan->cell.columns,
                         .cells = world.plan->cell.cells,
                         .values = words[0],
                         .states = words[1]};
    unit_assert_ok(sch_request_bytes_hash(shares.request_hash, g_submit.bytes.data, g_submit.bytes.bytes));
    unit_assert_ok(sch_plan_hash(shares.plan_hash, world.plan));
    shares.request_hash[0] ^= c->spoil_request;
    shares.plan_hash[0] ^= c->spoil_plan;
    world_secret(secret, c->signer);
    unit_assert_ok(sch_shares_seal(&sealed, control.signature, &shares, world.session.identity.card.exchange, secret));
    snprintf(control.node, sizeof control.node, "%s", node);
    snprintf(control.recipient, sizeof control.recipient, "%s", c->recipient);
    fake_put_parts(&control, &sealed);
    sch_buf_clear(&sealed);
}

static sch_err fetch(sch_answer *answer)
{
    sch_control control;
    if (g_status.state == 0) {
        world_make_status(&control, SCH_REQUEST_RELEASED, "");
        unit_assert_ok(sch_status_read(&g_status, &control));
        sch_control_clear(&control);
    }
    sch_err err = sch_fetch_answer(answer, &world.session, &g_status, world.plan, &g_detail);
    return err;
}

static void check_fetched(void)
{
    sch_answer answer;
    unit_assert_ok(fetch(&answer));
    assert_int_equal(answer.words, (size_t)world.plan->cell.columns * world.plan->cell.cells);
    for (size_t i = 0; i < answer.words; i++) {
        assert_int_equal(answer.values[i], 6);
        assert_int_equal(answer.states[i], 6);
    }
    sch_answer_clear(&answer);
}

static void test_fetch_adds_both_holders_shares(void **state)
{
    (void)state;
    put_shares("partner", &SECOND);
    world_put_status(SCH_REQUEST_RELEASED, "");
    put_shares("gemeente", &FIRST);
    check_fetched();
    assert_string_equal(fake.last[SCH_CONTROL_FETCH].recipient, "anna");
}

static void test_fetch_lost_connection_fetches_again_from_the_start(void **state)
{
    (void)state;
    put_shares("partner", &SECOND);
    fake_put_end();
    put_shares("partner", &SECOND);
    put_shares("gemeente", &FIRST);
    check_fetched();
    assert_int_equal(fake_count(SCH_CONTROL_FETCH), 2);
}

static void check_untrusted(const shares_case *spine, const char *says)
{
    sch_answer answer;
    put_shares("partner", &SECOND);
    put_shares("gemeente", spine);
    unit_assert_code(fetch(&answer), SCH_BAD_PEER);
    if (strstr(g_detail.text, says) == NULL) {
        fail_msg("says \"%s\", not \"%s\"", g_detail.text, says);
    }
    sch_answer_clear(&answer);
}

static void test_fetch_shares_that_cannot_be_trusted_are_refused(void **state)
{
    (void)state;
    const shares_case other_key = {0, 1, WORLD_MIN_PERSONS, 0, 0, "anna"};
    const shares_case other_plan = {0, 0, WORLD_MIN_PERSONS, 1, 0, "anna"};
    const shares_case other_request = {0, 0, WORLD_MIN_PERSONS, 0, 1, "anna"};
    const shares_case other_rules = {0, 0, WORLD_MIN_PERSONS - 1, 0, 0, "anna"};
    const shares_case other_holder = {1, 0, WORLD_MIN_PERSONS, 0, 0, "anna"};
    check_untrusted(&other_key, "node gemeente cannot be trusted");
    check_untrusted(&other_plan, "another plan");
    check_untrusted(&other_request, "node gemeente cannot be trusted");
    check_untrusted(&other_rules, "other rules than the agreement");
    check_untrusted(&other_holder, "another plan");
}

static void test_fetch_shares_of_another_node_or_recipient_are_refused(void **state)
{
    (void)state;
    sch_answer answer;
    const shares_case others = {0, 0, WORLD_MIN_PERSONS, 0, 0, "bram"};
    put_shares("cbs", &FIRST);
    unit_assert_code(fetch(&answer), SCH_BAD_PEER);
    sch_answer_clear(&answer);
    put_shares("gemeente", &others);
    unit_assert_code(fetch(&answer), SCH_BAD_PEER);
    sch_answer_clear(&answer);
}

/* Bytes in the name of a holder: as many as its share of the table takes, and one more. */
static void test_fetch_more_than_the_plans_table_takes_is_refused(void **state)
{
    (void)state;
    size_t most = sch_shares_bytes(world.plan->cell.columns, world.plan->cell.cells);
    sch_control control = {.kind = SCH_CONTROL_RESULT, .id = world.request.id, .node = "partner", .recipient = "anna"};
    sch_buf bytes = {0};
    sch_answer answer;
    unit_assert_ok(sch_buf_reserve(&bytes, most + 1));
    memset(bytes.data, 'x', most + 1);
    for (bytes.bytes = most; bytes.bytes <= most + 1; bytes.bytes++) {
        bool more = bytes.bytes > most;
        fake_put_parts(&control, &bytes);
        put_shares("gemeente", &FIRST);
        sch_err err = fetch(&answer);
        unit_assert_code(err, SCH_BAD_PEER);
        assert_non_null(strstr(sch_detail_or_text(more ? NULL : &g_detail, err),
                               more ? "more than they may" : "node partner cannot be trusted"));
        sch_answer_clear(&answer);
        fake_reset();
        world.session.client = fake.client;
    }
    sch_buf_clear(&bytes);
}

static void test_fetch_refused_by_the_node_says_why(void **state)
{
    (void)state;
    sch_answer answer;
    put_fail(SCH_REQUEST_REFUSED, SCH_DENIED, "de bewaartermijn is voorbij");
    unit_assert_code(fetch(&answer), SCH_DENIED);
    assert_string_equal(g_detail.text, "node cbs: de bewaartermijn is voorbij");
    sch_answer_clear(&answer);
}

static void test_fetch_without_a_holders_card_is_refused(void **state)
{
    (void)state;
    sch_answer answer;
    snprintf(world.session.profile.node[2].card.name, SCH_NAME_BYTES, "ander");
    unit_assert_code(fetch(&answer), SCH_BAD_INPUT);
    assert_non_null(strstr(g_detail.text, "node partner holds a share"));
    sch_answer_clear(&answer);
}

/* ---- the plan of then ---- */

static sch_err plan_again(sch_offers *offers)
{
    const sch_offer *offer = NULL;
    sch_plan *plan = calloc(1, sizeof *plan);
    sch_control control;
    assert_non_null(plan);
    world_make_status(&control, SCH_REQUEST_RELEASED, ""); /* with the plan and agreement of then */
    unit_assert_ok(sch_status_read(&g_status, &control));
    sch_control_clear(&control);
    unit_assert_ok(sch_offers_fetch(offers, &world.session, &g_detail));
    sch_err err = sch_fetch_plan(plan, &offer, offers, &g_status, &g_detail);
    sch_plan_clear(plan);
    free(plan);
    return err;
}

static void test_fetch_plan_of_what_is_offered_now_is_that_of_then(void **state)
{
    (void)state;
    sch_offers offers = {0};
    world_put_offer(ALL);
    unit_assert_ok(plan_again(&offers));
    sch_offers_clear(&offers);
}

static void test_fetch_plan_under_another_version_that_plans_alike_is_accepted(void **state)
{
    (void)state;
    sch_offers offers = {0};
    world.agreement.version++;
    world_sign(ALL);
    world_put_offer(ALL);
    unit_assert_ok(plan_again(&offers));
    sch_offers_clear(&offers);
}

static void test_fetch_plan_that_changed_is_named(void **state)
{
    (void)state;
    sch_offers offers = {0};
    world.catalog[1].data_set[0].max_rows++;
    world_put_offer(ALL);
    unit_assert_code(plan_again(&offers), SCH_BAD_INPUT);
    assert_non_null(strstr(g_detail.text, "a data set's schema has changed"));
    sch_offers_clear(&offers);
    sch_status_clear(&g_status);
    world.agreement.version++;
    world_sign(ALL);
    world_put_offer(ALL);
    unit_assert_code(plan_again(&offers), SCH_BAD_INPUT);
    assert_non_null(strstr(g_detail.text, "the agreement has another version"));
    sch_offers_clear(&offers);
}

static void test_fetch_plan_of_an_owner_that_is_away_is_to_be_tried_again(void **state)
{
    (void)state;
    sch_offers offers = {0};
    world_put_offer(1U);
    unit_assert_code(plan_again(&offers), SCH_TRY_AGAIN);
    sch_offers_clear(&offers);
}

static void test_fetch_plan_without_its_agreement_is_denied(void **state)
{
    (void)state;
    sch_offers offers = {0};
    world_put_end_of_offers();
    unit_assert_code(plan_again(&offers), SCH_DENIED);
    assert_non_null(strstr(g_detail.text, "agreement proef"));
    sch_offers_clear(&offers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_follow_sends_and_watches_until_the_end),
        TEST(test_follow_first_only_returns_at_the_first_word),
        TEST(test_follow_what_was_sent_before_is_watched_only),
        TEST(test_follow_messages_about_other_requests_change_nothing),
        TEST(test_follow_end_states_have_their_errors),
        TEST(test_follow_another_request_under_the_id_is_refused),
        TEST(test_follow_message_that_does_not_belong_here_is_refused),
        TEST(test_follow_connection_lost_before_an_answer_sends_again),
        TEST(test_follow_connection_lost_later_watches_on),
        TEST(test_follow_node_that_stays_away_is_to_be_tried_again),
        TEST(test_follow_stopped_cancels_nothing_by_itself),
        TEST(test_cancel_waits_for_the_end_whatever_stop_says),
        TEST(test_cancel_lost_connection_is_an_error),
        TEST(test_status_ask_gives_the_request_and_whose_it_is),
        TEST(test_status_ask_of_what_was_not_signed_is_denied),
        TEST(test_status_ask_of_an_unknown_request_is_denied),
        TEST(test_status_read_of_another_request_is_refused),
        TEST(test_status_each_tells_own_requests_from_those_of_others),
        TEST(test_fetch_adds_both_holders_shares),
        TEST(test_fetch_lost_connection_fetches_again_from_the_start),
        TEST(test_fetch_shares_that_cannot_be_trusted_are_refused),
        TEST(test_fetch_shares_of_another_node_or_recipient_are_refused),
        TEST(test_fetch_more_than_the_plans_table_takes_is_refused),
        TEST(test_fetch_refused_by_the_node_says_why),
        TEST(test_fetch_without_a_holders_card_is_refused),
        TEST(test_fetch_plan_of_what_is_offered_now_is_that_of_then),
        TEST(test_fetch_plan_under_another_version_that_plans_alike_is_accepted),
        TEST(test_fetch_plan_that_changed_is_named),
        TEST(test_fetch_plan_of_an_owner_that_is_away_is_to_be_tried_again),
        TEST(test_fetch_plan_without_its_agreement_is_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
