/* What an analyst's program believes of the agreements and catalogues that a node hands it, and what it makes of
 * them. */
#include "node/cli/offers.h"

#include "node/base/clock.h"
#include "node/cli/compose.h"
#include "node/cli/explain.h"
#include "tests/support/analyst_world.h"
#include "tests/support/fake_client.h"
#include "tests/support/unit.h"

enum { ALL = (1U << WORLD_PARTIES) - 1 };

static sch_offers g_offers;
static sch_detail g_detail;

static int make(void **state)
{
    g_offers = (sch_offers){0};
    g_detail = (sch_detail){{0}};
    return world_make(state);
}

static int clear(void **state)
{
    sch_offers_clear(&g_offers);
    return world_clear(state);
}

static sch_err fetch(void)
{
    return sch_offers_fetch(&g_offers, &world.session, &g_detail);
}

static void fetch_refused(const char *says)
{
    sch_err err = fetch();
    unit_assert_code(err, SCH_BAD_PEER);
    if (strstr(sch_detail_or_text(&g_detail, err), says) == NULL) {
        fail_msg("says \"%s\", not \"%s\"", sch_detail_or_text(&g_detail, err), says);
    }
}

/* ---- what comes in ---- */

static void test_fetch_complete_answer_gives_agreement_and_view(void **state)
{
    (void)state;
    world_put_offer(1U);
    unit_assert_ok(fetch());
    assert_int_equal(g_offers.count, 1);
    const sch_offer *offer = sch_offers_find(&g_offers, "proef");
    assert_ptr_equal(offer, g_offers.offer[0]);
    assert_ptr_equal(sch_offers_find_hash(&g_offers, world.bundle.hash), offer);
    assert_null(sch_offers_find(&g_offers, "ander"));
    assert_int_equal(offer->catalog_count, 1);
    assert_int_equal(offer->view.count, WORLD_PARTIES);
    assert_string_equal(offer->view.catalog[0]->data_set[0].name, "bijstand");
    assert_int_equal(offer->view.catalog[1]->data_set_count, 0);
    assert_string_equal(offer->view.catalog[2]->node, "partner");
}

static void test_fetch_no_agreement_gives_none(void **state)
{
    (void)state;
    world_put_end_of_offers();
    unit_assert_ok(fetch());
    assert_int_equal(g_offers.count, 0);
}

static void test_fetch_unsigned_agreement_is_refused(void **state)
{
    (void)state;
    world_sign(5U);
    world_put_offer(0);
    fetch_refused("cbs");
}

static void test_fetch_agreement_with_another_hash_is_refused(void **state)
{
    (void)state;
    world.bundle.hash[0] ^= 1;
    world_put_offer(0);
    fetch_refused("another hash");
}

static void test_fetch_two_versions_of_one_agreement_are_refused(void **state)
{
    (void)state;
    sch_control control = {.kind = SCH_CONTROL_AGREEMENT};
    memcpy(control.hash, world.bundle.hash, sizeof control.hash);
    fake_put_parts(&control, &world.encoded);
    world.agreement.version++;
    world_sign(ALL);
    world_put_offer(0);
    fetch_refused("two versions");
}

static void test_fetch_too_many_agreements_are_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= SCH_MAX_OFFERS; i++) {
        sch_control control = {.kind = SCH_CONTROL_AGREEMENT};
        snprintf(world.agreement.id, sizeof world.agreement.id, "proef_%u", i);
        world_sign(ALL);
        memcpy(control.hash, world.bundle.hash, sizeof control.hash);
        fake_put_parts(&control, &world.encoded);
    }
    world_put_end_of_offers();
    fetch_refused("too many agreements");
    assert_int_equal(g_offers.count, SCH_MAX_OFFERS);
}

static void begin_offer(void)
{
    sch_control control = {.kind = SCH_CONTROL_AGREEMENT};
    memcpy(control.hash, world.bundle.hash, sizeof control.hash);
    fake_put_parts(&control, &world.encoded);
}

static void test_fetch_catalogue_that_was_not_agreed_is_refused(void **state)
{
    (void)state;
    sch_catalog *cbs = &world.catalog[1];
    begin_offer();
    snprintf(cbs->data_set[0].column[1].name, SCH_NAME_BYTES, "inkomen");
    world_put_catalog(cbs);
    fetch_refused("column inkomen");
}

static void test_fetch_catalogue_with_another_threshold_is_refused(void **state)
{
    (void)state;
    begin_offer();
    world.catalog[1].min_persons = WORLD_MIN_PERSONS - 1;
    world_put_catalog(&world.catalog[1]);
    fetch_refused("disclosure rules");
}

static void test_fetch_catalogue_of_a_stranger_is_refused(void **state)
{
    (void)state;
    begin_offer();
    snprintf(world.catalog[1].node, SCH_NAME_BYTES, "vreemde");
    world_put_catalog(&world.catalog[1]);
    fetch_refused("no party");
}

static void test_fetch_catalogue_twice_is_refused(void **state)
{
    (void)state;
    begin_offer();
    world_put_catalog(&world.catalog[1]);
    world_put_catalog(&world.catalog[1]);
    fetch_refused("two catalogues");
}

static void test_fetch_catalogue_without_its_agreement_is_refused(void **state)
{
    (void)state;
    world_put_catalog(&world.catalog[1]);
    fetch_refused("without its agreement");
}

static void test_fetch_catalogue_under_another_name_is_refused(void **state)
{
    (void)state;
    sch_control control = {.kind = SCH_CONTROL_CATALOG, .node = "gemeente"};
    sch_buf whole = {0};
    begin_offer();
    memcpy(control.hash, world.bundle.hash, sizeof control.hash);
    unit_assert_ok(sch_catalog_encode(&whole, &world.catalog[1]));
    fake_put_parts(&control, &whole);
    sch_buf_clear(&whole);
    fetch_refused("another node's name");
}

static void test_fetch_answer_that_ends_within_a_catalogue_is_refused(void **state)
{
    (void)state;
    sch_control control = {.kind = SCH_CONTROL_CATALOG, .node = "cbs", .part = 0, .parts = 2};
    begin_offer();
    memcpy(control.hash, world.bundle.hash, sizeof control.hash);
    unit_assert_ok(sch_buf_append_text(&control.bytes, "x"));
    fake_put(&control);
    sch_control_clear(&control);
    world_put_end_of_offers();
    fetch_refused("not complete");
}

static void test_fetch_another_message_is_refused(void **state)
{
    (void)state;
    world_put_status(SCH_REQUEST_WAITING, "");
    fetch_refused("another message");
}

static void test_fetch_lost_connection_is_named(void **state)
{
    (void)state;
    fake_put_end();
    unit_assert_code(fetch(), SCH_IO);
    assert_string_equal(g_detail.text, "the connection to node gemeente ended; it may have been stopped");
}

static void test_fetch_without_an_answer_is_to_be_tried_again(void **state)
{
    (void)state;
    unit_assert_code(fetch(), SCH_TRY_AGAIN);
    assert_string_equal(g_detail.text, "node gemeente does not answer");
}

/* ---- which one ---- */

static void fetch_two(void)
{
    world_put_offer(0);
    unit_assert_ok(fetch());
    snprintf(world.agreement.id, sizeof world.agreement.id, "tweede");
    sch_offers first = g_offers;
    world_sign(ALL);
    world_put_offer(0);
    unit_assert_ok(fetch());
    first.offer[first.count++] = g_offers.offer[0];
    g_offers = first;
}

static void test_choose_takes_the_only_agreement(void **state)
{
    (void)state;
    const sch_offer *offer = NULL;
    world_put_offer(0);
    unit_assert_ok(fetch());
    unit_assert_ok(sch_offers_choose(&offer, &g_offers, &world.session, NULL, &g_detail));
    assert_string_equal(offer->bundle.agreement.id, "proef");
}

static void test_choose_of_several_asks_which(void **state)
{
    (void)state;
    const sch_offer *offer = NULL;
    fetch_two();
    unit_assert_code(sch_offers_choose(&offer, &g_offers, &world.session, NULL, &g_detail), SCH_BAD_INPUT);
    assert_string_equal(g_detail.text, "which agreement? Say --agreement with one of: proef, tweede");
    unit_assert_ok(sch_offers_choose(&offer, &g_offers, &world.session, "tweede", &g_detail));
    assert_string_equal(offer->bundle.agreement.id, "tweede");
    snprintf(world.session.profile.agreement, SCH_NAME_BYTES, "proef");
    unit_assert_ok(sch_offers_choose(&offer, &g_offers, &world.session, NULL, &g_detail));
    assert_string_equal(offer->bundle.agreement.id, "proef");
    unit_assert_ok(sch_offers_choose(&offer, &g_offers, &world.session, "tweede", &g_detail));
    assert_string_equal(offer->bundle.agreement.id, "tweede");
}

static void test_choose_of_none_or_an_unknown_one_is_refused(void **state)
{
    (void)state;
    const sch_offer *offer = NULL;
    unit_assert_code(sch_offers_choose(&offer, &g_offers, &world.session, NULL, &g_detail), SCH_DENIED);
    assert_non_null(strstr(g_detail.text, "lists you, anna"));
    world_put_offer(0);
    unit_assert_ok(fetch());
    unit_assert_code(sch_offers_choose(&offer, &g_offers, &world.session, "ander", &g_detail), SCH_BAD_INPUT);
    assert_non_null(strstr(g_detail.text, "there is: proef"));
    assert_null(offer);
}

/* ---- an owner that is away ---- */

static void test_explain_name_of_a_data_set_whose_owner_is_away_is_to_be_tried_again(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        size_t position;
        sch_code code;
    } PLACES[] = {
        {"FROM banen b", 5, SCH_TRY_AGAIN},           {"FROM cbs.banen b", 5, SCH_TRY_AGAIN},
        {"FROM \"cbs\".\"Banen\"", 5, SCH_TRY_AGAIN}, {"FROM banen", 5, SCH_TRY_AGAIN},
        {"FROM bijstand b", 5, SCH_BAD_INPUT},        {"FROM bane b", 5, SCH_BAD_INPUT},
        {"FROM banen b", 4, SCH_BAD_INPUT},           {"FROM banen b", SIZE_MAX, SCH_BAD_INPUT},
    };
    const sch_err unknown = sch_fail(SCH_BAD_INPUT, "the SQL is not accepted");
    size_t checked = 0;
    world_put_offer(1U);
    unit_assert_ok(fetch());
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        unit_assert_code(
            sch_offer_explain(g_offers.offer[0], &world.session, unknown, PLACES[i].sql, PLACES[i].position, &g_detail),
            PLACES[i].code);
        checked++;
    }
    assert_int_equal(checked, 8);
    assert_string_equal(g_detail.text, "node cbs, whose data set banen is, is not connected to node gemeente now");
    unit_assert_ok(sch_offer_explain(g_offers.offer[0], &world.session, SCH_NONE, "FROM banen", 5, &g_detail));
}

static void test_explain_name_of_a_data_set_that_is_known_stays_an_error_of_the_query(void **state)
{
    (void)state;
    const sch_err unknown = sch_fail(SCH_BAD_INPUT, "the SQL is not accepted");
    world_put_offer(ALL);
    unit_assert_ok(fetch());
    unit_assert_code(sch_offer_explain(g_offers.offer[0], &world.session, unknown, "FROM banen", 5, &g_detail),
                     SCH_BAD_INPUT);
}

/* ---- keys ---- */

static sch_err check_keys(void)
{
    world_put_offer(ALL);
    unit_assert_ok(fetch());
    return sch_offer_check_keys(g_offers.offer[0], &world.session, world.plan, &g_detail);
}

static void test_check_keys_of_the_cards_is_accepted(void **state)
{
    (void)state;
    assert_string_equal(world.plan->party[world.plan->member[0].spine], "gemeente");
    assert_string_equal(world.plan->party[world.plan->member[0].second], "partner");
    unit_assert_ok(check_keys());
}

static void test_check_keys_other_than_a_cards_is_denied(void **state)
{
    (void)state;
    const size_t offsets[] = {offsetof(sch_card, identity), offsetof(sch_card, exchange), offsetof(sch_card, tls_pin)};
    size_t checked = 0;
    world_put_offer(ALL);
    unit_assert_ok(fetch());
    for (size_t node = 0; node < WORLD_PARTIES; node++) {
        for (size_t k = 0; k < sizeof offsets / sizeof offsets[0]; k++) {
            uint8_t *key = (uint8_t *)&world.session.profile.node[node].card + offsets[k];
            key[31] ^= 1;
            unit_assert_code(sch_offer_check_keys(g_offers.offer[0], &world.session, world.plan, &g_detail),
                             SCH_DENIED);
            assert_non_null(strstr(g_detail.text, world.session.profile.node[node].card.name));
            key[31] ^= 1;
            checked++;
        }
    }
    assert_int_equal(checked, 9);
}

/* Takes a party's card out of the profile. */
static void forget_card(size_t party)
{
    snprintf(world.session.profile.node[party].card.name, SCH_NAME_BYTES, "ander");
}

static void test_check_keys_without_a_holders_card_is_refused(void **state)
{
    (void)state;
    forget_card(2);
    unit_assert_code(check_keys(), SCH_BAD_INPUT);
    assert_non_null(strstr(g_detail.text, "node partner would hold a share of the result"));
}

static void test_check_keys_without_the_data_owners_card_is_accepted(void **state)
{
    (void)state;
    assert_string_equal(world.plan->party[world.plan->member[0].data[0]], "cbs");
    forget_card(1);
    unit_assert_ok(check_keys());
}

static void test_fetch_agreement_that_the_called_node_is_no_party_of_is_denied(void **state)
{
    (void)state;
    world.session.profile.call = 1;
    forget_card(1);
    world_put_offer(ALL);
    unit_assert_code(fetch(), SCH_DENIED);
    assert_int_equal(g_offers.offer[0]->catalog_count, 0);
    assert_non_null(strstr(g_detail.text, "node ander is no party of agreement proef"));
}

/* ---- requests ---- */

static sch_err fill(sch_request *request, const sch_compose *compose)
{
    if (g_offers.count == 0) {
        world_put_offer(ALL);
        unit_assert_ok(fetch());
    }
    return sch_compose_fill(request, compose, &world.session, g_offers.offer[0], &g_detail);
}

static void test_compose_fills_in_what_stands_around_the_query(void **state)
{
    (void)state;
    const sch_compose compose = {
        .purpose = "waarom", .recipient = {"bram", "anna"}, .recipient_count = 2, .valid_ms = 60000};
    sch_request *r = &world.request;
    sch_request_id before = r->id;
    unit_assert_ok(fill(r, &compose));
    assert_string_equal(r->analyst, "anna");
    assert_string_equal(r->agreement, "proef");
    assert_memory_equal(r->agreement_hash, world.bundle.hash, SCH_HASH_BYTES);
    assert_string_equal(r->purpose, "waarom");
    assert_int_equal(r->recipient_count, 2);
    assert_string_equal(r->recipient[0], "bram");
    assert_int_equal(r->not_after.value - r->created.value, 60000);
    assert_int_equal(r->not_before.value, r->created.value);
    assert_memory_not_equal(&before, &r->id, sizeof before);
    unit_assert_ok(sch_compose_check(r, g_offers.offer[0], world.plan, &g_detail));
}

static void test_compose_without_options_takes_the_profiles_purpose_and_the_analyst(void **state)
{
    (void)state;
    const sch_compose compose = {0};
    unit_assert_code(fill(&world.request, &compose), SCH_BAD_INPUT);
    assert_non_null(strstr(g_detail.text, "--purpose"));
    world.session.profile.purpose = strdup("uit het profiel");
    unit_assert_ok(fill(&world.request, &compose));
    assert_string_equal(world.request.purpose, "uit het profiel");
    assert_int_equal(world.request.recipient_count, 1);
    assert_string_equal(world.request.recipient[0], "anna");
    assert_int_equal(world.request.not_after.value - world.request.created.value, SCH_VALID_MS);
}

static void test_compose_purpose_that_is_no_line_is_refused(void **state)
{
    (void)state;
    char purpose[SCH_MAX_PURPOSE_BYTES + 2];
    memset(purpose, 'x', sizeof purpose - 1);
    purpose[sizeof purpose - 1] = '\0';
    sch_compose compose = {.purpose = purpose};
    unit_assert_code(fill(&world.request, &compose), SCH_BAD_INPUT);
    purpose[SCH_MAX_PURPOSE_BYTES] = '\0';
    unit_assert_ok(fill(&world.request, &compose));
    purpose[5] = '\n';
    unit_assert_code(fill(&world.request, &compose), SCH_BAD_INPUT);
}

/* What was not said fits; what was said is refused. */
static void test_compose_time_beyond_the_agreement(void **state)
{
    (void)state;
    sch_compose compose = {.purpose = "waarom"};
    world.agreement.valid_until.value = sch_clock_now().value + 60000;
    world.agreement.analyst[0].valid_until = world.agreement.valid_until;
    world_sign(ALL);
    unit_assert_ok(fill(&world.request, &compose));
    assert_int_equal(world.request.not_after.value, world.agreement.valid_until.value);
    unit_assert_ok(sch_compose_check(&world.request, g_offers.offer[0], world.plan, &g_detail));
    compose.valid_ms = SCH_VALID_MS;
    unit_assert_ok(fill(&world.request, &compose));
    unit_assert_code(sch_compose_check(&world.request, g_offers.offer[0], world.plan, &g_detail), SCH_DENIED);
    assert_int_equal(strncmp(g_detail.text, "validity", 8), 0);
}

static void test_compose_recipient_twice_or_unknown_is_refused(void **state)
{
    (void)state;
    sch_compose compose = {.purpose = "waarom", .recipient = {"anna", "anna"}, .recipient_count = 2};
    unit_assert_code(fill(&world.request, &compose), SCH_BAD_INPUT);
    compose.recipient[1] = "cees";
    unit_assert_ok(fill(&world.request, &compose));
    unit_assert_code(sch_compose_check(&world.request, g_offers.offer[0], world.plan, &g_detail), SCH_DENIED);
    assert_non_null(strstr(g_detail.text, "cees"));
}

static void test_compose_check_of_a_use_that_was_not_agreed_is_denied(void **state)
{
    (void)state;
    const sch_compose compose = {.purpose = "waarom"};
    world.agreement.data_set[1].column[1].uses = SCH_USE_COUNT;
    world_sign(ALL);
    unit_assert_ok(fill(&world.request, &compose));
    unit_assert_code(sch_compose_check(&world.request, g_offers.offer[0], world.plan, &g_detail), SCH_DENIED);
    assert_non_null(strstr(g_detail.text, "loon"));
}

static void test_compose_sign_makes_a_submit_that_verifies(void **state)
{
    (void)state;
    sch_control submit;
    sch_request back;
    unit_assert_ok(sch_compose_sign(&submit, &world.request, &world.session, &g_detail));
    assert_int_equal(submit.kind, SCH_CONTROL_SUBMIT);
    unit_assert_ok(sch_request_decode(&back, submit.bytes.data, submit.bytes.bytes, &g_detail));
    assert_memory_equal(&back.id, &submit.id, sizeof back.id);
    sch_request_clear(&back);
    sch_control_clear(&submit);
}

/* ---- in words ---- */

static void test_explain_names_agreement_approval_budget_and_refusal(void **state)
{
    (void)state;
    sch_buf text = {0};
    world_put_offer(ALL);
    unit_assert_ok(fetch());
    unit_assert_ok(sch_explain(&text, g_offers.offer[0], world.plan, &world.request, NULL));
    const char *const parts[] = {"proef, version 3: Samenwerking", "at most 100 requests per analyst and month",
                                 "one of its operators has to approve", "approves by itself what keeps the rules",
                                 "  SELECT b.buurt,\n         COUNT(DISTINCT b.bsn) AS personen,"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strstr(sch_buf_text(&text), parts[i]) == NULL) {
            fail_msg("\"%s\" is missing in\n%s", parts[i], sch_buf_text(&text));
        }
    }
    assert_null(strstr(sch_buf_text(&text), "refused"));
    unit_assert_ok(sch_explain(&text, g_offers.offer[0], world.plan, &world.request, "de regel"));
    assert_non_null(strstr(sch_buf_text(&text), "It would be refused\n  de regel\n"));
    sch_buf_clear(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fetch_complete_answer_gives_agreement_and_view),
        TEST(test_fetch_no_agreement_gives_none),
        TEST(test_fetch_unsigned_agreement_is_refused),
        TEST(test_fetch_agreement_with_another_hash_is_refused),
        TEST(test_fetch_two_versions_of_one_agreement_are_refused),
        TEST(test_fetch_too_many_agreements_are_refused),
        TEST(test_fetch_catalogue_that_was_not_agreed_is_refused),
        TEST(test_fetch_catalogue_with_another_threshold_is_refused),
        TEST(test_fetch_catalogue_of_a_stranger_is_refused),
        TEST(test_fetch_catalogue_twice_is_refused),
        TEST(test_fetch_catalogue_without_its_agreement_is_refused),
        TEST(test_fetch_catalogue_under_another_name_is_refused),
        TEST(test_fetch_answer_that_ends_within_a_catalogue_is_refused),
        TEST(test_fetch_another_message_is_refused),
        TEST(test_fetch_lost_connection_is_named),
        TEST(test_fetch_without_an_answer_is_to_be_tried_again),
        TEST(test_choose_takes_the_only_agreement),
        TEST(test_choose_of_several_asks_which),
        TEST(test_choose_of_none_or_an_unknown_one_is_refused),
        TEST(test_explain_name_of_a_data_set_whose_owner_is_away_is_to_be_tried_again),
        TEST(test_explain_name_of_a_data_set_that_is_known_stays_an_error_of_the_query),
        TEST(test_check_keys_of_the_cards_is_accepted),
        TEST(test_check_keys_other_than_a_cards_is_denied),
        TEST(test_check_keys_without_a_holders_card_is_refused),
        TEST(test_check_keys_without_the_data_owners_card_is_accepted),
        TEST(test_fetch_agreement_that_the_called_node_is_no_party_of_is_denied),
        TEST(test_compose_fills_in_what_stands_around_the_query),
        TEST(test_compose_without_options_takes_the_profiles_purpose_and_the_analyst),
        TEST(test_compose_purpose_that_is_no_line_is_refused),
        TEST(test_compose_time_beyond_the_agreement),
        TEST(test_compose_recipient_twice_or_unknown_is_refused),
        TEST(test_compose_check_of_a_use_that_was_not_agreed_is_denied),
        TEST(test_compose_sign_makes_a_submit_that_verifies),
        TEST(test_explain_names_agreement_approval_budget_and_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
