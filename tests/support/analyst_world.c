#include "tests/support/analyst_world.h"

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/query/sql.h"
#include "proto/sealed.h"
#include "tests/support/fake_client.h"
#include "tests/support/unit.h"

analyst_world world;

#define DAY_MS INT64_C(86400000)

static const char *const NAMES[WORLD_PARTIES] = {"gemeente", "cbs", "partner"};

static char *own(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

static void *zeroed(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    assert_non_null(memory);
    return memory;
}

static void make_keys(uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES], uint8_t secret[static SCH_SIGN_SECRET_BYTES],
                      int number)
{
    uint8_t seed[SCH_SIGN_SEED_BYTES];
    memset(seed, number + 1, sizeof seed);
    unit_assert_ok(sch_sign_keypair_from_seed(public_key, secret, seed));
}

void world_secret(uint8_t secret[static SCH_SIGN_SECRET_BYTES], size_t party)
{
    uint8_t public_key[SCH_SIGN_PUBLIC_BYTES];
    make_keys(public_key, secret, (int)party);
}

/* ---- the agreement ---- */

static void make_party(size_t p)
{
    uint8_t secret[SCH_SIGN_SECRET_BYTES];
    sch_agreement_party *party = &world.agreement.party[p];
    bool helper = p == 2;
    snprintf(party->name, sizeof party->name, "%s", NAMES[p]);
    snprintf(party->oin, sizeof party->oin, "%020zu", p);
    snprintf(party->address, sizeof party->address, "127.0.0.1:730%zu", p);
    party->organisation = own(NAMES[p]);
    party->processing_activity = own("https://register.example/1");
    make_keys(party->identity, secret, (int)p);
    memset(party->exchange, 0x20 + (int)p, sizeof party->exchange);
    memset(party->tls_pin, 0x30 + (int)p, sizeof party->tls_pin);
    party->role = helper ? SCH_AGREEMENT_HELPER : SCH_AGREEMENT_OWNER;
    party->approval = helper ? SCH_APPROVAL_AUTOMATIC : SCH_APPROVAL_OPERATOR;
    party->min_persons = helper ? 0 : WORLD_MIN_PERSONS;
    party->show_zero = !helper;
}

static void make_agreed_set(sch_agreement_data_set *set, const char *party, const char *name, const char *column,
                            uint32_t uses)
{
    snprintf(set->party, sizeof set->party, "%s", party);
    snprintf(set->name, sizeof set->name, "%s", name);
    set->column = zeroed(2, sizeof *set->column);
    set->column_count = 2;
    snprintf(set->column[0].name, SCH_NAME_BYTES, "bsn");
    set->column[0].uses = SCH_USE_LINK;
    snprintf(set->column[1].name, SCH_NAME_BYTES, "%s", column);
    set->column[1].uses = uses;
}

static void make_analyst(size_t number, const char *name, const sch_identity *identity)
{
    sch_agreement_analyst *analyst = &world.agreement.analyst[number];
    snprintf(analyst->name, sizeof analyst->name, "%s", name);
    snprintf(analyst->oin, sizeof analyst->oin, "%020zu", 100 + number);
    analyst->organisation = own("Onderzoek");
    memset(analyst->identity, 0x40 + (int)number, sizeof analyst->identity);
    memset(analyst->exchange, 0x50 + (int)number, sizeof analyst->exchange);
    memset(analyst->tls_pin, 0x60 + (int)number, sizeof analyst->tls_pin);
    if (identity != NULL) {
        memcpy(analyst->identity, identity->card.identity, sizeof analyst->identity);
        memcpy(analyst->exchange, identity->card.exchange, sizeof analyst->exchange);
    }
    analyst->valid_until = world.agreement.valid_until;
}

static void make_agreement(void)
{
    sch_agreement *a = &world.agreement;
    int64_t today = sch_clock_now().value / DAY_MS * DAY_MS;
    snprintf(a->id, sizeof a->id, "proef");
    a->version = 3;
    a->title = own("Samenwerking");
    a->purpose = own("Statistiek");
    a->legal_basis = own("AVG 6");
    a->dpia = own("DPIA-1");
    a->authorisation = own("CBS-1");
    a->project = own("1");
    a->valid_from.value = today - DAY_MS;
    a->valid_until.value = today + 30 * DAY_MS;
    a->retention_days = 30;
    a->epoch = 1;
    a->normalisation = SCH_NORMALISATION_VERSION;
    a->budget = 100;
    a->budget_period = SCH_PERIOD_MONTH;
    a->case_rule = SCH_CASE_GUARDED;
    a->max_cells = 5000;
    a->party = zeroed(WORLD_PARTIES, sizeof *a->party);
    a->party_count = WORLD_PARTIES;
    for (size_t p = 0; p < WORLD_PARTIES; p++) {
        make_party(p);
    }
    a->data_set = zeroed(2, sizeof *a->data_set);
    a->data_set_count = 2;
    make_agreed_set(&a->data_set[0], NAMES[0], "bijstand", "buurt", SCH_USE_GROUP);
    make_agreed_set(&a->data_set[1], NAMES[1], "banen", "loon", SCH_USE_SUM);
    a->analyst = zeroed(2, sizeof *a->analyst);
    a->analyst_count = 2;
    make_analyst(0, "anna", &world.session.identity);
    make_analyst(1, "bram", NULL);
}

void world_sign(unsigned signers)
{
    sch_buf bytes = {0};
    sch_detail detail = {{0}};
    sch_bundle_clear(&world.bundle);
    world.encoded.bytes = 0;
    unit_assert_ok(sch_agreement_encode(&bytes, &world.agreement));
    unit_assert_ok(sch_bundle_make(&world.bundle, bytes.data, bytes.bytes, &detail));
    for (size_t p = 0; p < WORLD_PARTIES; p++) {
        uint8_t secret[SCH_SIGN_SECRET_BYTES];
        world_secret(secret, p);
        if ((signers >> p & 1U) != 0) {
            unit_assert_ok(sch_bundle_sign(&world.bundle, secret, &detail));
        }
    }
    unit_assert_ok(sch_bundle_encode(&world.encoded, &world.bundle));
    sch_buf_clear(&bytes);
}

/* ---- what is offered ---- */

static void make_data_set(sch_data_set *set, const char *name, sch_rows_per_person rows)
{
    snprintf(set->name, sizeof set->name, "%s", name);
    snprintf(set->unit, sizeof set->unit, "person");
    set->rows_per_person = rows;
    set->max_rows_a_person = rows == SCH_ONE_PER_PERSON ? 1 : 0;
    set->max_rows = 1000;
    set->column = zeroed(2, sizeof *set->column);
    set->column_count = 2;
    set->column[0] = (sch_column){.name = "bsn",
                                  .role = SCH_ROLE_IDENTIFIER,
                                  .type = SCH_TYPE_TEXT,
                                  .identifier = SCH_IDENTIFIER_BSN,
                                  .required = true};
}

static void make_catalogs(void)
{
    for (size_t p = 0; p < WORLD_PARTIES; p++) {
        sch_catalog *catalog = &world.catalog[p];
        snprintf(catalog->node, sizeof catalog->node, "%s", NAMES[p]);
        catalog->min_persons = p == 2 ? 0 : WORLD_MIN_PERSONS;
        catalog->show_zero = p != 2;
        catalog->data_set = p == 2 ? NULL : zeroed(1, sizeof *catalog->data_set);
        catalog->data_set_count = p == 2 ? 0 : 1;
        world.list[p] = catalog;
    }
    sch_data_set *bijstand = &world.catalog[0].data_set[0], *banen = &world.catalog[1].data_set[0];
    make_data_set(bijstand, "bijstand", SCH_ONE_PER_PERSON);
    bijstand->column[1] =
        (sch_column){.name = "buurt", .role = SCH_ROLE_DIMENSION, .type = SCH_TYPE_TEXT, .required = true};
    bijstand->column[1].code = zeroed(2, sizeof *bijstand->column[1].code);
    bijstand->column[1].code_count = 2;
    bijstand->column[1].code[0] = own("noord");
    bijstand->column[1].code[1] = own("zuid");
    make_data_set(banen, "banen", SCH_MANY_PER_PERSON);
    banen->column[1] = (sch_column){.name = "loon",
                                    .role = SCH_ROLE_MEASURE,
                                    .type = SCH_TYPE_INTEGER,
                                    .required = true,
                                    .bounded = true,
                                    .maximum = 1000};
}

void world_put_catalog(const sch_catalog *catalog)
{
    sch_control control = {.kind = SCH_CONTROL_CATALOG};
    sch_buf whole = {0};
    memcpy(control.node, catalog->node, sizeof control.node);
    memcpy(control.hash, world.bundle.hash, sizeof control.hash);
    unit_assert_ok(sch_catalog_encode(&whole, catalog));
    fake_put_parts(&control, &whole);
    sch_buf_clear(&whole);
}

void world_put_end_of_offers(void)
{
    const sch_control last = {.kind = SCH_CONTROL_AGREEMENT, .parts = 1};
    fake_put(&last);
}

void world_put_offer(unsigned catalogs)
{
    sch_control control = {.kind = SCH_CONTROL_AGREEMENT};
    memcpy(control.hash, world.bundle.hash, sizeof control.hash);
    fake_put_parts(&control, &world.encoded);
    for (size_t p = 0; p < WORLD_PARTIES; p++) {
        if ((catalogs >> p & 1U) != 0) {
            world_put_catalog(&world.catalog[p]);
        }
    }
    world_put_end_of_offers();
}

/* ---- the analyst and the request ---- */

static void make_identity(void)
{
    sch_identity *identity = &world.session.identity;
    identity->identity_secret = sch_secret_new(SCH_SIGN_SECRET_BYTES);
    identity->exchange_secret = sch_secret_new(SCH_EXCHANGE_SECRET_BYTES);
    assert_true(identity->identity_secret != NULL && identity->exchange_secret != NULL);
    make_keys(identity->card.identity, identity->identity_secret, 50);
    unit_assert_ok(sch_exchange_keypair(identity->card.exchange, identity->exchange_secret));
    snprintf(identity->card.name, sizeof identity->card.name, "anna");
}

/* The cards that the agreement has the keys of. */
static void make_profile(void)
{
    sch_profile *profile = &world.session.profile;
    snprintf(profile->analyst, sizeof profile->analyst, "anna");
    profile->node = zeroed(WORLD_PARTIES, sizeof *profile->node);
    profile->node_count = WORLD_PARTIES;
    for (size_t p = 0; p < WORLD_PARTIES; p++) {
        const sch_agreement_party *party = &world.agreement.party[p];
        sch_card *card = &profile->node[p].card;
        memcpy(card->name, party->name, sizeof card->name);
        snprintf(card->address, sizeof card->address, "%s", party->address);
        memcpy(card->identity, party->identity, sizeof card->identity);
        memcpy(card->exchange, party->exchange, sizeof card->exchange);
        memcpy(card->tls_pin, party->tls_pin, sizeof card->tls_pin);
    }
    world.session.client = fake.client;
    world.session.patience_s = 2;
}

static void make_request(void)
{
    sch_detail detail = {{0}};
    sch_request *request = &world.request;
    unit_assert_ok(sch_sql_parse(request, NULL,
                                 "SELECT b.buurt, COUNT(DISTINCT b.bsn) AS personen, SUM(c.loon) AS loon "
                                 "FROM bijstand b JOIN banen c USING (bsn) GROUP BY b.buurt",
                                 world.list, WORLD_PARTIES, &detail));
    request->created = request->not_before = sch_clock_now();
    request->not_after.value = request->created.value + DAY_MS;
    request->id = sch_id_new(request->created);
    snprintf(request->analyst, sizeof request->analyst, "anna");
    snprintf(request->agreement, sizeof request->agreement, "proef");
    memcpy(request->agreement_hash, world.bundle.hash, sizeof request->agreement_hash);
    snprintf(request->purpose, sizeof request->purpose, "een proef");
    snprintf(request->recipient[0], SCH_NAME_BYTES, "anna");
    request->recipient_count = 1;
    unit_assert_ok(sch_request_check(request, &detail));
    world.plan = zeroed(1, sizeof *world.plan);
    unit_assert_ok(sch_plan_make(world.plan, request, world.list, WORLD_PARTIES, &detail));
}

void world_make_status(sch_control *out, sch_request_state state, const char *text)
{
    *out = (sch_control){
        .kind = SCH_CONTROL_STATUS, .id = world.request.id, .state = state, .time = world.request.created};
    if (sch_request_state_is_end(state) && state != SCH_REQUEST_RELEASED) {
        out->code = SCH_DENIED;
    }
    sch_detail_set(&out->text, "%s", text);
    unit_assert_ok(sch_request_encode(&out->bytes, &world.request));
    unit_assert_ok(sch_request_bytes_sign(out->signature, out->bytes.data, out->bytes.bytes,
                                          world.session.identity.identity_secret));
    unit_assert_ok(sch_plan_hash(out->plan_hash, world.plan));
}

void world_put_status(sch_request_state state, const char *text)
{
    sch_control control;
    world_make_status(&control, state, text);
    fake_put(&control);
    sch_control_clear(&control);
}

int world_make(void **state)
{
    (void)state;
    world = (analyst_world){0};
    fake_reset();
    unit_assert_ok(sch_secret_start());
    make_identity();
    make_agreement();
    make_profile();
    make_catalogs();
    world_sign((1U << WORLD_PARTIES) - 1);
    make_request();
    return 0;
}

int world_clear(void **state)
{
    (void)state;
    fake_reset();
    sch_plan_clear(world.plan);
    free(world.plan);
    sch_request_clear(&world.request);
    for (size_t p = 0; p < WORLD_PARTIES; p++) {
        sch_catalog_clear(&world.catalog[p]);
    }
    sch_bundle_clear(&world.bundle);
    sch_buf_clear(&world.encoded);
    sch_agreement_clear(&world.agreement);
    sch_session_close(&world.session);
    return 0;
}
