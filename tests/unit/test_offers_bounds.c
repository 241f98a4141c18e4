/* What an analyst's program takes of a node that sends more than it may, or agreements of its own making. */
#include "node/cli/offers.h"

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

static void begin_offer(void)
{
    sch_control control = {.kind = SCH_CONTROL_AGREEMENT};
    memcpy(control.hash, world.bundle.hash, sizeof control.hash);
    fake_put_parts(&control, &world.encoded);
}

/* ---- catalogues ---- */

/* A part of something larger, of a byte. */
static void put_part(sch_control_kind kind, const char *node, uint8_t other_agreement, uint32_t part)
{
    sch_control control = {.kind = kind, .part = part, .parts = 3};
    snprintf(control.node, sizeof control.node, "%s", node);
    memcpy(control.hash, world.bundle.hash, sizeof control.hash);
    control.hash[0] ^= other_agreement;
    unit_assert_ok(sch_buf_append_text(&control.bytes, "x"));
    fake_put(&control);
    sch_control_clear(&control);
}

static void test_fetch_catalogues_there_is_no_room_for_are_refused_at_their_first_part(void **state)
{
    (void)state;
    static const struct {
        const char *node, *says;
        uint8_t other_agreement;
    } first[] = {{"vreemde", "one who is no party", 0},
                 {"gemeente", "two catalogues of one party", 0},
                 {"cbs", "without its agreement", 1}};
    size_t refused = 0;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++, refused++) {
        begin_offer();
        world_put_catalog(&world.catalog[0]);
        put_part(SCH_CONTROL_CATALOG, first[i].node, first[i].other_agreement, 0);
        fetch_refused(first[i].says);
        assert_int_equal(g_offers.offer[0]->catalog_count, 1);
        sch_offers_clear(&g_offers);
    }
    assert_int_equal(refused, 3);
    for (unsigned i = 0; i < SCH_MAX_OFFERS; i++) {
        snprintf(world.agreement.id, sizeof world.agreement.id, "proef_%u", i);
        world_sign(ALL);
        begin_offer();
    }
    put_part(SCH_CONTROL_AGREEMENT, "", 0, 0);
    fetch_refused("too many agreements");
}

static void test_fetch_parts_of_two_things_among_each_other_are_refused(void **state)
{
    (void)state;
    static const struct {
        sch_control_kind kind;
        const char *node;
        uint8_t other_agreement;
    } second[] = {
        {SCH_CONTROL_CATALOG, "gemeente", 0}, {SCH_CONTROL_CATALOG, "cbs", 1}, {SCH_CONTROL_AGREEMENT, "", 0}};
    size_t refused = 0;
    for (size_t i = 0; i < sizeof second / sizeof second[0]; i++, refused++) {
        begin_offer();
        put_part(SCH_CONTROL_CATALOG, "cbs", 0, 0);
        put_part(second[i].kind, second[i].node, second[i].other_agreement, 1);
        fetch_refused("before another was complete");
        sch_offers_clear(&g_offers);
    }
    assert_int_equal(refused, 3);
}

/* ---- keys ---- */

static void test_fetch_agreement_with_other_keys_than_a_cards_takes_no_catalogue(void **state)
{
    (void)state;
    const size_t offsets[] = {offsetof(sch_card, identity), offsetof(sch_card, exchange), offsetof(sch_card, tls_pin)};
    size_t checked = 0;
    for (size_t node = 0; node < WORLD_PARTIES; node++) {
        for (size_t k = 0; k < sizeof offsets / sizeof offsets[0]; k++, checked++) {
            sch_card *card = &world.session.profile.node[node].card;
            uint8_t *key = (uint8_t *)card + offsets[k];
            char says[200];
            fake_reset();
            key[31] ^= 1;
            world_put_offer(ALL);
            unit_assert_code(fetch(), SCH_DENIED);
            snprintf(says, sizeof says, "agreement proef gives node %s other keys than the card", card->name);
            assert_non_null(strstr(g_detail.text, says));
            assert_int_equal(g_offers.count, 1);
            assert_int_equal(g_offers.offer[0]->catalog_count, 0);
            sch_offers_clear(&g_offers);
            key[31] ^= 1;
        }
    }
    assert_int_equal(checked, 9);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)
    const struct CMUnitTest tests[] = {
        TEST(test_fetch_catalogues_there_is_no_room_for_are_refused_at_their_first_part),
        TEST(test_fetch_parts_of_two_things_among_each_other_are_refused),
        TEST(test_fetch_agreement_with_other_keys_than_a_cards_takes_no_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
