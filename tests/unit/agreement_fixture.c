#include "tests/unit/agreement_fixture.h"

#include "tests/support/unit.h"

static char *own(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

static void *need(void *memory)
{
    assert_non_null(memory);
    return memory;
}

static void keypair(uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES], uint8_t secret_key[static SCH_SIGN_SECRET_BYTES],
                    size_t party)
{
    uint8_t seed[SCH_SIGN_SEED_BYTES];
    memset(seed, (int)party + 1, sizeof seed);
    unit_assert_ok(sch_sign_keypair_from_seed(public_key, secret_key, seed));
}

void fixture_secret(uint8_t secret_key[static SCH_SIGN_SECRET_BYTES], size_t party)
{
    uint8_t public_key[SCH_SIGN_PUBLIC_BYTES];
    keypair(public_key, secret_key, party);
}

/* Exchange keys and pins only have to differ. */
static void make_party(sch_agreement_party *party, size_t number, const char *name, const char *organisation)
{
    uint8_t secret_key[SCH_SIGN_SECRET_BYTES];
    snprintf(party->name, sizeof party->name, "%s", name);
    party->organisation = own(organisation);
    snprintf(party->oin, sizeof party->oin, "0000000123456789%04zu", number);
    snprintf(party->address, sizeof party->address, "schakel.%s.example:7300", name);
    keypair(party->identity, secret_key, number);
    memset(party->exchange, 0x20 + (int)number, sizeof party->exchange);
    memset(party->tls_pin, 0x30 + (int)number, sizeof party->tls_pin);
    party->role = SCH_AGREEMENT_OWNER;
    party->approval = SCH_APPROVAL_OPERATOR;
    party->min_persons = 10;
    party->show_zero = true;
    party->processing_activity = own("https://register.example/activiteit/42");
}

static void make_column(sch_agreement_data_set *set, const char *name, uint32_t uses)
{
    sch_agreement_column *column = &set->column[set->column_count++];
    snprintf(column->name, sizeof column->name, "%s", name);
    column->uses = uses;
}

static void make_set(sch_agreement_data_set *set, const char *party, const char *name)
{
    snprintf(set->party, sizeof set->party, "%s", party);
    snprintf(set->name, sizeof set->name, "%s", name);
    set->column = need(calloc(FIXTURE_COLUMNS, sizeof *set->column));
    make_column(set, "bsn", SCH_USE_LINK);
    make_column(set, "buurt", SCH_USE_GROUP | SCH_USE_FILTER);
    make_column(set, "loon", SCH_USE_SUM | SCH_USE_AVG | SCH_USE_COUNT);
    make_column(set, "naam", 0);
}

static void make_analyst(sch_agreement_analyst *analyst, int number, const char *name)
{
    snprintf(analyst->name, sizeof analyst->name, "%s", name);
    analyst->organisation = own("Gemeente Leidschendam-Voorburg");
    snprintf(analyst->oin, sizeof analyst->oin, "00000001234567890000");
    memset(analyst->identity, 0x40 + number, sizeof analyst->identity);
    memset(analyst->exchange, 0x50 + number, sizeof analyst->exchange);
    memset(analyst->tls_pin, 0x60 + number, sizeof analyst->tls_pin);
    analyst->valid_until.value = 1830297600000;
}

static void make_terms(sch_agreement *a)
{
    snprintf(a->id, sizeof a->id, "lv_cbs");
    a->version = 3;
    a->title = own("Samenwerking bijstand en werk");
    a->purpose = own("Statistiek over mensen met bijstand die werken; één doel");
    a->legal_basis = own("AVG art. 6 lid 1 onder e; CBS-wet art. 37");
    a->dpia = own("DPIA-2026-014");
    a->authorisation = own("CBS-2026-77");
    a->project = own("CBS 9876");
    a->valid_from.value = 1767225600000;
    a->valid_until.value = 1830297600000;
    a->retention_days = 30;
    a->epoch = 1;
    a->normalisation = SCH_NORMALISATION_VERSION;
    a->budget = 100;
    a->budget_period = SCH_PERIOD_MONTH;
    a->case_rule = SCH_CASE_GUARDED;
    a->max_cells = 5000;
}

void fixture_agreement(sch_agreement *agreement)
{
    *agreement = (sch_agreement){0};
    make_terms(agreement);
    agreement->party = need(calloc(FIXTURE_PARTIES, sizeof *agreement->party));
    agreement->party_count = FIXTURE_PARTIES;
    make_party(&agreement->party[0], 0, "gemeente", "Gemeente Leidschendam-Voorburg");
    make_party(&agreement->party[1], 1, "cbs", "Centraal Bureau voor de Statistiek");
    make_party(&agreement->party[2], 2, "partner", "Stichting Partner");
    agreement->party[2].role = SCH_AGREEMENT_HELPER;
    agreement->party[2].approval = SCH_APPROVAL_AUTOMATIC;
    agreement->party[2].min_persons = 0;
    agreement->party[2].show_zero = false;
    agreement->data_set = need(calloc(FIXTURE_SETS, sizeof *agreement->data_set));
    agreement->data_set_count = FIXTURE_SETS;
    make_set(&agreement->data_set[0], "gemeente", "bijstand");
    make_set(&agreement->data_set[1], "cbs", "banen");
    agreement->analyst = need(calloc(FIXTURE_ANALYSTS, sizeof *agreement->analyst));
    agreement->analyst_count = FIXTURE_ANALYSTS;
    make_analyst(&agreement->analyst[0], 0, "anna");
    make_analyst(&agreement->analyst[1], 1, "bram");
    sch_agreement_column *loon = &agreement->data_set[1].column[2];
    loon->analyst = need(calloc(FIXTURE_ANALYSTS, sizeof *loon->analyst));
    snprintf(loon->analyst[0], SCH_NAME_BYTES, "bram");
    loon->analyst_count = 1;
}

void fixture_bundle(sch_bundle *bundle, unsigned signers)
{
    sch_agreement agreement;
    sch_buf bytes = {0};
    fixture_agreement(&agreement);
    unit_assert_ok(sch_agreement_encode(&bytes, &agreement));
    unit_assert_ok(sch_bundle_make(bundle, bytes.data, bytes.bytes, NULL));
    for (size_t i = 0; i < FIXTURE_PARTIES; i++) {
        uint8_t secret_key[SCH_SIGN_SECRET_BYTES];
        fixture_secret(secret_key, i);
        if ((signers >> i & 1U) != 0) {
            unit_assert_ok(sch_bundle_sign(bundle, secret_key, NULL));
        }
    }
    sch_buf_clear(&bytes);
    sch_agreement_clear(&agreement);
}
