/* Agreements: rules, bytes, hash and signatures. */
#include "crypto/prim/hash.h"
#include "tests/support/unit.h"
#include "tests/support/wire_walk.h"
#include "tests/unit/agreement_fixture.h"

/* ---- rules ---- */

typedef void (*breaker)(sch_agreement *a);

#define BREAK(name, statement)                                                                                         \
    static void name(sch_agreement *a)                                                                                 \
    {                                                                                                                  \
        sch_agreement_party *p = a->party;                                                                             \
        sch_agreement_data_set *d = a->data_set;                                                                       \
        sch_agreement_analyst *n = a->analyst;                                                                         \
        (void)p;                                                                                                       \
        (void)d;                                                                                                       \
        (void)n;                                                                                                       \
        statement;                                                                                                     \
    }

static void set_text(char **text, const char *to)
{
    free(*text);
    *text = to == NULL ? NULL : strdup(to);
}

static void long_text(char **text)
{
    free(*text);
    *text = calloc(1, SCH_MAX_TEXT_BYTES + 2);
    assert_non_null(*text);
    memset(*text, 'x', SCH_MAX_TEXT_BYTES + 1);
}

#define ZERO(array) memset(array, 0, sizeof(array))
#define SAME(array, from) memcpy(array, from, sizeof(array))

BREAK(id_name, a->id[2] = '-')
BREAK(id_end, memset(a->id, 'x', sizeof a->id))
BREAK(version_zero, a->version = 0)
BREAK(title_none, set_text(&a->title, NULL))
BREAK(purpose_empty, set_text(&a->purpose, ""))
BREAK(basis_long, long_text(&a->legal_basis))
BREAK(dpia_control, set_text(&a->dpia, "a\033[2J"))
BREAK(authorisation_utf8, set_text(&a->authorisation, "\xC3"))
BREAK(project_none, set_text(&a->project, NULL))
BREAK(dates_equal, a->valid_until.value = a->valid_from.value)
BREAK(dates_negative, a->valid_from.value = -1)
BREAK(dates_late, a->valid_until.value = SCH_MAX_TIME_MS + 1)
BREAK(retention_zero, a->retention_days = 0)
BREAK(retention_long, a->retention_days = SCH_MAX_RETENTION_DAYS + 1)
BREAK(epoch_zero, a->epoch = 0)
BREAK(normalisation_none, a->normalisation = 0)
BREAK(normalisation_later, a->normalisation = SCH_NORMALISATION_VERSION + 1)
BREAK(budget_zero, a->budget = 0)
BREAK(budget_large, a->budget = SCH_MAX_BUDGET + 1)
BREAK(period_none, a->budget_period = (sch_period)0)
BREAK(period_past, a->budget_period = (sch_period)(SCH_PERIOD_YEAR + 1))
BREAK(case_none, a->case_rule = (sch_case_rule)0)
BREAK(case_past, a->case_rule = (sch_case_rule)(SCH_CASE_FREE + 1))
BREAK(cells_zero, a->max_cells = 0)
BREAK(cells_many, a->max_cells = SCH_MAX_AGREEMENT_CELLS + 1)
BREAK(parties_two, a->party_count = 2)
BREAK(parties_many, a->party_count = SCH_MAX_AGREEMENT_PARTIES + 1)
BREAK(sets_none, a->data_set_count = 0)
BREAK(sets_many, a->data_set_count = SCH_MAX_AGREEMENT_DATA_SETS + 1)
BREAK(analysts_none, a->analyst_count = 0)
BREAK(analysts_many, a->analyst_count = SCH_MAX_AGREEMENT_ANALYSTS + 1)
BREAK(owner_one, p[1].role = SCH_AGREEMENT_HELPER; p[1].approval = SCH_APPROVAL_AUTOMATIC; p[1].min_persons = 0;
      p[1].show_zero = false)

BREAK(party_name, p[1].name[0] = 'C')
BREAK(party_organisation, set_text(&p[1].organisation, ""))
BREAK(party_oin_short, p[1].oin[19] = '\0')
BREAK(party_oin_sign, p[1].oin[3] = '-')
BREAK(party_oin_end, p[1].oin[20] = '1')
BREAK(party_address_none, p[1].address[0] = '\0')
BREAK(party_address_port, snprintf(p[1].address, sizeof p[1].address, "cbs.example"))
BREAK(party_address_blank, snprintf(p[1].address, sizeof p[1].address, "cbs example:7300"))
BREAK(party_address_end, memset(p[1].address, '1', sizeof p[1].address))
BREAK(party_identity, ZERO(p[1].identity))
BREAK(party_exchange, ZERO(p[1].exchange))
BREAK(party_pin, ZERO(p[1].tls_pin))
BREAK(party_role, p[1].role = (sch_agreement_role)0)
BREAK(party_role_past, p[1].role = (sch_agreement_role)3)
BREAK(party_approval, p[1].approval = (sch_approval)0)
BREAK(party_approval_past, p[1].approval = (sch_approval)4)
BREAK(party_persons_zero, p[1].min_persons = 0)
BREAK(party_persons_many, p[1].min_persons = SCH_MAX_MIN_PERSONS + 1)
BREAK(helper_approval, p[2].approval = SCH_APPROVAL_OPERATOR)
BREAK(helper_persons, p[2].min_persons = 10)
BREAK(helper_zero, p[2].show_zero = true)
BREAK(party_activity_none, set_text(&p[1].processing_activity, NULL))
BREAK(party_activity_scheme, set_text(&p[1].processing_activity, "register"))
BREAK(party_activity_digit, set_text(&p[1].processing_activity, "1a:b"))
BREAK(party_activity_sign, set_text(&p[1].processing_activity, "a_b:c"))
BREAK(party_activity_bare, set_text(&p[1].processing_activity, "https:"))
BREAK(party_activity_blank, set_text(&p[1].processing_activity, "https://a b"))
BREAK(party_activity_letter, set_text(&p[1].processing_activity, "https://é"))
BREAK(party_twice, SAME(p[1].name, p[0].name))
BREAK(party_same_identity, SAME(p[1].identity, p[0].identity))
BREAK(party_same_pin, SAME(p[2].tls_pin, p[0].tls_pin))

BREAK(analyst_name, n[1].name[0] = '\0')
BREAK(analyst_organisation, set_text(&n[1].organisation, NULL))
BREAK(analyst_oin, n[1].oin[0] = '\0')
BREAK(analyst_identity, ZERO(n[1].identity))
BREAK(analyst_exchange, ZERO(n[1].exchange))
BREAK(analyst_pin, ZERO(n[1].tls_pin))
BREAK(analyst_until_none, n[1].valid_until.value = 0)
BREAK(analyst_until_late, n[1].valid_until.value = SCH_MAX_TIME_MS + 1)
BREAK(analyst_twice, SAME(n[1].name, n[0].name))
BREAK(analyst_same_identity, SAME(n[1].identity, n[0].identity))
BREAK(analyst_same_exchange, SAME(n[1].exchange, n[0].exchange))
BREAK(analyst_same_pin, SAME(n[1].tls_pin, n[0].tls_pin))
BREAK(analyst_party_name, SAME(n[1].name, p[2].name))
BREAK(analyst_party_identity, SAME(n[1].identity, p[2].identity))
BREAK(analyst_party_exchange, SAME(n[1].exchange, p[2].exchange))
BREAK(analyst_party_pin, SAME(n[1].tls_pin, p[2].tls_pin))

BREAK(set_name, d[1].name[0] = '"')
BREAK(set_party_name, d[1].party[0] = '\0')
BREAK(set_party, snprintf(d[1].party, SCH_NAME_BYTES, "nobody"))
BREAK(set_helper, snprintf(d[1].party, SCH_NAME_BYTES, "partner"))
BREAK(set_twice, SAME(d[1].party, d[0].party); SAME(d[1].name, d[0].name))
BREAK(set_columns_none, d[1].column_count = 0)
BREAK(set_columns_many, d[1].column_count = SCH_MAX_COLUMNS + 1)
BREAK(set_no_link, d[1].column[0].uses = SCH_USE_FILTER)
BREAK(column_name, d[1].column[2].name[0] = '1')
BREAK(column_uses, d[1].column[2].uses = SCH_USE_ALL + 1)
BREAK(column_twice, SAME(d[1].column[2].name, d[1].column[0].name))
BREAK(column_analysts_many, d[1].column[2].analyst_count = SCH_MAX_AGREEMENT_ANALYSTS + 1)
BREAK(column_analyst_name, d[1].column[2].analyst[0][0] = '\0')
BREAK(column_analyst, snprintf(d[1].column[2].analyst[0], SCH_NAME_BYTES, "carla"))
BREAK(column_analyst_twice, SAME(d[1].column[2].analyst[1], d[1].column[2].analyst[0]);
      d[1].column[2].analyst_count = 2)

static const struct {
    breaker apply;
    const char *says;
} BREAKERS[] = {
    {id_name, "the agreement: its id is not a name"},
    {id_end, "its id is not a name"},
    {version_zero, "its version"},
    {title_none, "its title is missing"},
    {purpose_empty, "its purpose is missing"},
    {basis_long, "its legal basis is missing, longer than 1000 bytes"},
    {dpia_control, "DPIA's reference is missing, longer than 1000 bytes, or not printable"},
    {authorisation_utf8, "its authorisation"},
    {project_none, "its project"},
    {dates_equal, "until a later one"},
    {dates_negative, "until a later one"},
    {dates_late, "until a later one"},
    {retention_zero, "1 to 3650 days"},
    {retention_long, "1 to 3650 days"},
    {epoch_zero, "its epoch"},
    {normalisation_none, "its normalisation"},
    {normalisation_later, "its normalisation"},
    {budget_zero, "its budget is not"},
    {budget_large, "its budget is not"},
    {period_none, "its budget's period"},
    {period_past, "its budget's period"},
    {case_none, "its rule for CASE"},
    {case_past, "its rule for CASE"},
    {cells_zero, "its max_cells"},
    {cells_many, "its max_cells"},
    {parties_two, "fewer than 3 parties"},
    {parties_many, "or over 16"},
    {sets_none, "no data sets"},
    {sets_many, "more than 64"},
    {analysts_none, "no analysts"},
    {analysts_many, "more than 200"},
    {owner_one, "the agreement: it has fewer than 2 owners"},
    {party_name, "party 2: its name is not a name"},
    {party_organisation, "party cbs: its organisation"},
    {party_oin_short, "party cbs: its OIN"},
    {party_oin_sign, "its OIN"},
    {party_oin_end, "its OIN"},
    {party_address_none, "party cbs: its address is not host:port"},
    {party_address_port, "its address"},
    {party_address_blank, "its address"},
    {party_address_end, "its address"},
    {party_identity, "party cbs: one of its keys is missing"},
    {party_exchange, "one of its keys is missing"},
    {party_pin, "one of its keys is missing"},
    {party_role, "its role"},
    {party_role_past, "its role"},
    {party_approval, "its approval"},
    {party_approval_past, "its approval"},
    {party_persons_zero, "its min_persons is not 1 to 1,000,000"},
    {party_persons_many, "its min_persons is not 1 to 1,000,000"},
    {helper_approval, "party partner: a helper's approval is automatic"},
    {helper_persons, "a helper has no min_persons"},
    {helper_zero, "empty cells"},
    {party_activity_none, "processing activity"},
    {party_activity_scheme, "processing activity"},
    {party_activity_digit, "processing activity"},
    {party_activity_sign, "processing activity"},
    {party_activity_bare, "processing activity"},
    {party_activity_blank, "processing activity"},
    {party_activity_letter, "processing activity"},
    {party_twice, "party gemeente: there are two parties"},
    {party_same_identity, "party cbs: an earlier party has the same identity"},
    {party_same_pin, "party partner: an earlier party has the same TLS pin"},
    {analyst_name, "analyst 2: its name is not a name"},
    {analyst_organisation, "analyst bram: the organisation"},
    {analyst_oin, "the OIN"},
    {analyst_identity, "analyst bram: one of the keys is missing"},
    {analyst_exchange, "one of the keys is missing"},
    {analyst_pin, "one of the keys is missing"},
    {analyst_until_none, "valid_until"},
    {analyst_until_late, "valid_until"},
    {analyst_twice, "analyst anna: there are two analysts"},
    {analyst_same_identity, "an earlier analyst has one of the same keys"},
    {analyst_same_exchange, "an earlier analyst has one of the same keys"},
    {analyst_same_pin, "an earlier analyst has one of the same keys"},
    {analyst_party_name, "analyst partner: a party has this name too"},
    {analyst_party_identity, "a party has one of the same keys"},
    {analyst_party_exchange, "a party has one of the same keys"},
    {analyst_party_pin, "a party has one of the same keys"},
    {set_name, "data set 2: its name is not a name"},
    {set_party_name, "data set 2: its party's name"},
    {set_party, "data set nobody.banen: its party is not in the agreement"},
    {set_helper, "data set partner.banen: its party is not an owner"},
    {set_twice, "data set gemeente.bijstand: the party has two"},
    {set_columns_none, "data set cbs.banen: it has no columns"},
    {set_columns_many, "more than 256"},
    {set_no_link, "data set cbs.banen: none of its columns may be used to link"},
    {column_name, "data set cbs.banen, column 3: its name is not a name"},
    {column_uses, "data set cbs.banen, column loon: it has a use"},
    {column_twice, "data set cbs.banen, column bsn: there are two columns"},
    {column_analysts_many, "column loon: it lists more than 200"},
    {column_analyst_name, "names is not a name"},
    {column_analyst, "an analyst who is not in the agreement"},
    {column_analyst_twice, "an analyst twice"},
};

enum { BREAKER_COUNT = sizeof BREAKERS / sizeof BREAKERS[0] };

static void test_check_valid_agreement_passes(void **state)
{
    (void)state;
    sch_agreement a;
    sch_detail detail = {""};
    fixture_agreement(&a);
    sch_err err = sch_agreement_check(&a, &detail);
    assert_string_equal(detail.text, "");
    unit_assert_ok(err);
    sch_agreement_clear(&a);
    unit_assert_code(sch_agreement_check(&a, &detail), SCH_BAD_INPUT);
    sch_agreement_clear(&a);
}

/* Keys of order 1, 2, 4 and 8, reduced and not, each with the bit that RFC 7748 leaves out too. */
static void test_check_exchange_key_of_low_order_is_refused(void **state)
{
    (void)state;
    static const char *const low[] = {"0100000000000000000000000000000000000000000000000000000000000000",
                                      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                      "0000000000000000000000000000000000000000000000000000000000000000"};
    size_t refused = 0;
    for (size_t i = 0; i < 4 * sizeof low / sizeof low[0]; i++, refused++) {
        sch_agreement a;
        sch_detail detail = {""};
        fixture_agreement(&a);
        uint8_t *key = i % 2 == 0 ? a.party[1].exchange : a.analyst[1].exchange;
        (void)unit_hex(key, SCH_AGREEMENT_KEY_BYTES, low[i / 4]);
        key[31] |= i / 2 % 2 == 0 ? 0 : 0x80;
        unit_assert_code(sch_agreement_check(&a, &detail), SCH_BAD_INPUT);
        assert_non_null(strstr(detail.text, i % 2 == 0 ? "party cbs: " : "analyst bram: "));
        assert_non_null(strstr(detail.text, i / 2 == 12 ? "keys is missing" : "its exchange key is of low order"));
        sch_agreement_clear(&a);
    }
    assert_int_equal(refused, 28);
}

static void test_check_each_broken_rule_is_refused_with_its_place(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < BREAKER_COUNT; i++) {
        sch_agreement a;
        sch_buf bytes = {0};
        sch_detail detail = {""};
        fixture_agreement(&a);
        size_t parties = a.party_count, sets = a.data_set_count, analysts = a.analyst_count;
        BREAKERS[i].apply(&a);
        sch_err err = sch_agreement_check(&a, &detail);
        if (err.code != SCH_BAD_INPUT || strstr(detail.text, BREAKERS[i].says) == NULL) {
            fail_msg("breaker %zu: code %d, \"%s\" lacks \"%s\"", i, (int)err.code, detail.text, BREAKERS[i].says);
        }
        unit_assert_code(sch_agreement_encode(&bytes, &a), SCH_BAD_INPUT);
        assert_int_equal(bytes.bytes, 0);
        a.party_count = parties;
        a.data_set_count = sets;
        a.analyst_count = analysts;
        a.data_set[1].column_count = FIXTURE_COLUMNS;
        sch_agreement_clear(&a);
        refused++;
    }
    assert_int_equal(refused, BREAKER_COUNT);
}

static void test_check_values_at_the_bounds_pass(void **state)
{
    (void)state;
    sch_agreement a;
    fixture_agreement(&a);
    a.valid_from.value = 0;
    a.valid_until.value = a.analyst[0].valid_until.value = SCH_MAX_TIME_MS;
    a.retention_days = SCH_MAX_RETENTION_DAYS;
    a.version = a.epoch = UINT32_MAX;
    a.budget = SCH_MAX_BUDGET;
    a.max_cells = SCH_MAX_AGREEMENT_CELLS;
    a.case_rule = SCH_CASE_FREE;
    a.party[0].min_persons = 1;
    a.party[1].min_persons = SCH_MAX_MIN_PERSONS;
    a.party[1].approval = SCH_APPROVAL_TWO_OPERATORS;
    a.data_set[0].column[1].uses = SCH_USE_ALL;
    SAME(a.party[1].exchange, a.party[0].exchange); /* only identities and pins have to differ between parties */
    snprintf(a.party[0].address, sizeof a.party[0].address, "[2001:db8::1]:65535");
    snprintf(a.party[1].address, sizeof a.party[1].address, "127.0.0.1:1");
    set_text(&a.party[0].processing_activity, "urn:x-lv+2.0:42");
    long_text(&a.title);
    a.title[SCH_MAX_TEXT_BYTES] = '\0';
    unit_assert_ok(sch_agreement_check(&a, NULL));
    sch_agreement_clear(&a);
}

static void test_find_gives_what_has_the_name_or_null(void **state)
{
    (void)state;
    sch_agreement a;
    fixture_agreement(&a);
    assert_ptr_equal(sch_agreement_find_party(&a, "cbs"), &a.party[1]);
    assert_null(sch_agreement_find_party(&a, "anna"));
    assert_ptr_equal(sch_agreement_find_analyst(&a, "bram"), &a.analyst[1]);
    assert_null(sch_agreement_find_analyst(&a, "cbs"));
    assert_ptr_equal(sch_agreement_find_data_set(&a, "cbs", "banen"), &a.data_set[1]);
    assert_null(sch_agreement_find_data_set(&a, "gemeente", "banen"));
    assert_ptr_equal(sch_agreement_find_column(&a.data_set[1], "loon"), &a.data_set[1].column[2]);
    assert_null(sch_agreement_find_column(&a.data_set[1], "geheim"));
    sch_agreement_clear(&a);
}

static void test_unlinkable_is_the_first_column_of_a_key_without_the_use(void **state)
{
    (void)state;
    sch_agreement a;
    fixture_agreement(&a);
    sch_agreement_data_set *set = &a.data_set[1];
    sch_link_key key = {.part = {{.column = "buurt"}, {.column = "loon"}, {.column = "geheim"}}, .part_count = 2};
    assert_ptr_equal(sch_agreement_unlinkable(set, &key), key.part[0].column);
    set->column[1].uses = SCH_USE_LINK;
    assert_ptr_equal(sch_agreement_unlinkable(set, &key), key.part[1].column);
    set->column[2].uses = SCH_USE_ALL;
    assert_null(sch_agreement_unlinkable(set, &key));
    key.part_count = 3; /* one that the agreement does not have */
    assert_ptr_equal(sch_agreement_unlinkable(set, &key), key.part[2].column);
    sch_agreement_clear(&a);
}

/* ---- bytes ---- */

static void check_same_terms(const sch_agreement *a, const sch_agreement *b)
{
    assert_string_equal(a->id, b->id);
    assert_int_equal(a->version, b->version);
    assert_string_equal(a->title, b->title);
    assert_string_equal(a->purpose, b->purpose);
    assert_string_equal(a->legal_basis, b->legal_basis);
    assert_string_equal(a->dpia, b->dpia);
    assert_string_equal(a->authorisation, b->authorisation);
    assert_string_equal(a->project, b->project);
    assert_int_equal(a->valid_from.value, b->valid_from.value);
    assert_int_equal(a->valid_until.value, b->valid_until.value);
    assert_int_equal(a->retention_days, b->retention_days);
    assert_int_equal(a->epoch, b->epoch);
    assert_int_equal(a->normalisation, b->normalisation);
    assert_int_equal(a->budget, b->budget);
    assert_int_equal(a->budget_period, b->budget_period);
    assert_int_equal(a->case_rule, b->case_rule);
    assert_int_equal(a->max_cells, b->max_cells);
}

static void check_same_party(const sch_agreement_party *a, const sch_agreement_party *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->organisation, b->organisation);
    assert_string_equal(a->oin, b->oin);
    assert_string_equal(a->address, b->address);
    assert_memory_equal(a->identity, b->identity, SCH_AGREEMENT_KEY_BYTES);
    assert_memory_equal(a->exchange, b->exchange, SCH_AGREEMENT_KEY_BYTES);
    assert_memory_equal(a->tls_pin, b->tls_pin, SCH_AGREEMENT_KEY_BYTES);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->approval, b->approval);
    assert_int_equal(a->min_persons, b->min_persons);
    assert_int_equal(a->show_zero, b->show_zero);
    assert_string_equal(a->processing_activity, b->processing_activity);
}

static void check_same_set(const sch_agreement_data_set *a, const sch_agreement_data_set *b)
{
    assert_string_equal(a->party, b->party);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->column_count, b->column_count);
    for (size_t i = 0; i < a->column_count; i++) {
        assert_string_equal(a->column[i].name, b->column[i].name);
        assert_int_equal(a->column[i].uses, b->column[i].uses);
        assert_int_equal(a->column[i].analyst_count, b->column[i].analyst_count);
        for (size_t j = 0; j < a->column[i].analyst_count; j++) {
            assert_string_equal(a->column[i].analyst[j], b->column[i].analyst[j]);
        }
    }
}

static void check_same_analyst(const sch_agreement_analyst *a, const sch_agreement_analyst *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->organisation, b->organisation);
    assert_string_equal(a->oin, b->oin);
    assert_memory_equal(a->identity, b->identity, SCH_AGREEMENT_KEY_BYTES);
    assert_memory_equal(a->exchange, b->exchange, SCH_AGREEMENT_KEY_BYTES);
    assert_memory_equal(a->tls_pin, b->tls_pin, SCH_AGREEMENT_KEY_BYTES);
    assert_int_equal(a->valid_until.value, b->valid_until.value);
}

static void test_decode_encoded_agreement_gives_it_back(void **state)
{
    (void)state;
    sch_agreement a, back;
    sch_buf bytes = {0};
    fixture_agreement(&a);
    unit_assert_ok(sch_agreement_encode(&bytes, &a));
    unit_assert_ok(sch_agreement_decode(&back, bytes.data, bytes.bytes, NULL));
    check_same_terms(&back, &a);
    assert_int_equal(back.party_count, FIXTURE_PARTIES);
    assert_int_equal(back.data_set_count, FIXTURE_SETS);
    assert_int_equal(back.analyst_count, FIXTURE_ANALYSTS);
    for (size_t i = 0; i < FIXTURE_PARTIES; i++) {
        check_same_party(&back.party[i], &a.party[i]);
    }
    for (size_t i = 0; i < FIXTURE_SETS; i++) {
        check_same_set(&back.data_set[i], &a.data_set[i]);
    }
    for (size_t i = 0; i < FIXTURE_ANALYSTS; i++) {
        check_same_analyst(&back.analyst[i], &a.analyst[i]);
    }
    sch_agreement_clear(&back);
    sch_agreement_clear(&a);
    sch_buf_clear(&bytes);
}

/* The version stands in the bytes, though there is one only: field 20, a number. Without it the bytes are refused. */
static void test_encode_normalisation_is_written_out(void **state)
{
    (void)state;
    sch_agreement a, back;
    sch_buf bytes = {0};
    fixture_agreement(&a);
    unit_assert_ok(sch_agreement_encode(&bytes, &a));
    assert_true(bytes.bytes > 3);
    unit_assert_hex(bytes.data + bytes.bytes - 3, 3, "a00101");
    unit_assert_code(sch_agreement_decode(&back, bytes.data, bytes.bytes - 3, NULL), SCH_BAD_INPUT);
    bytes.data[bytes.bytes - 1] = SCH_NORMALISATION_VERSION + 1;
    unit_assert_code(sch_agreement_decode(&back, bytes.data, bytes.bytes, NULL), SCH_BAD_INPUT);
    sch_agreement_clear(&a);
    sch_buf_clear(&bytes);
}

/* Decodes; what is accepted must be the one encoding of what it means. Gives whether it was accepted. */
static bool accepts_canonical_only(const uint8_t *data, size_t bytes)
{
    sch_agreement agreement;
    sch_buf again = {0};
    sch_err err = sch_agreement_decode(&agreement, data, bytes, NULL);
    if (sch_failed(err)) {
        assert_int_equal(err.code, SCH_BAD_INPUT);
        assert_null(agreement.party);
        assert_null(agreement.title);
        assert_int_equal(agreement.party_count, 0);
        return false;
    }
    unit_assert_ok(sch_agreement_encode(&again, &agreement));
    wire_assert_canonical(&again, data, bytes);
    sch_agreement_clear(&agreement);
    return true;
}

static void test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    sch_agreement a;
    sch_buf bytes = {0};
    fixture_agreement(&a);
    unit_assert_ok(sch_agreement_encode(&bytes, &a));
    sch_agreement_clear(&a);
    const wire_walk walk = wire_walk_bytes(&bytes, accepts_canonical_only);
    assert_int_equal(walk.accepted_prefixes, 0); /* the last field is the normalisation, which has to be there */
    assert_in_range(walk.accepted_changes, walk.changes / 4, walk.changes * 9 / 10);
    sch_buf_clear(&bytes);
}

/* As many data sets and columns as there may be, with short names. */
static void make_large(sch_agreement *a)
{
    fixture_agreement(a);
    a->data_set = realloc(a->data_set, SCH_MAX_AGREEMENT_DATA_SETS * sizeof *a->data_set);
    assert_non_null(a->data_set);
    while (a->data_set_count < SCH_MAX_AGREEMENT_DATA_SETS) {
        sch_agreement_data_set *set = &a->data_set[a->data_set_count];
        *set = (sch_agreement_data_set){.column = calloc(SCH_MAX_COLUMNS, sizeof *set->column),
                                        .column_count = SCH_MAX_COLUMNS};
        assert_non_null(set->column);
        snprintf(set->party, SCH_NAME_BYTES, "cbs");
        snprintf(set->name, SCH_NAME_BYTES, "set_%zu", a->data_set_count++);
        for (size_t i = 0; i < SCH_MAX_COLUMNS; i++) {
            snprintf(set->column[i].name, SCH_NAME_BYTES, "column_%03zu", i);
            set->column[i].uses = SCH_USE_LINK;
        }
    }
}

/* Lengthens one data set's names after the other until the agreement is too large. */
static void test_encode_over_the_bound_is_refused_and_appends_nothing(void **state)
{
    (void)state;
    enum { SHORT = 10, LONG = 30, GROWTH = SCH_MAX_COLUMNS * (LONG - SHORT) };
    sch_agreement a;
    sch_buf bytes = {0};
    size_t last = 0, accepted = 0;
    sch_err err = SCH_NONE;
    make_large(&a);
    for (size_t s = FIXTURE_SETS; s < SCH_MAX_AGREEMENT_DATA_SETS && !sch_failed(err); s++) {
        last = bytes.bytes;
        bytes.bytes = 0;
        for (size_t i = 0; i < SCH_MAX_COLUMNS; i++) {
            snprintf(a.data_set[s].column[i].name, SCH_NAME_BYTES, "column_of_quite_a_long_name%03zu", i);
            assert_int_equal(strlen(a.data_set[s].column[i].name), LONG);
        }
        err = sch_agreement_encode(&bytes, &a);
        if (!sch_failed(err)) {
            assert_true(s > FIXTURE_SETS || accepts_canonical_only(bytes.data, bytes.bytes));
            accepted++;
        }
    }
    unit_assert_code(err, SCH_BAD_INPUT);
    assert_int_equal(bytes.bytes, 0);
    assert_in_range(accepted, 1, SCH_MAX_AGREEMENT_DATA_SETS - FIXTURE_SETS - 1);
    assert_in_range(last, SCH_MAX_AGREEMENT_BYTES - GROWTH - 16, SCH_MAX_AGREEMENT_BYTES);
    sch_agreement_clear(&a);
    sch_buf_clear(&bytes);
}

static void test_decode_more_than_the_bound_is_refused(void **state)
{
    (void)state;
    sch_agreement a;
    uint8_t *data = calloc(1, SCH_MAX_AGREEMENT_BYTES + 1);
    assert_non_null(data);
    sch_err err = sch_agreement_decode(&a, data, SCH_MAX_AGREEMENT_BYTES + 1, NULL);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message is too large");
    free(data);
}

/* ---- hash and signatures ---- */

static void test_hash_is_sha256_of_context_and_bytes(void **state)
{
    (void)state;
    static const char message[] = "schakel agreement 1\0the bytes";
    uint8_t got[SCH_HASH_BYTES], want[SCH_HASH_BYTES];
    unit_assert_ok(sch_hash_bytes(want, message, sizeof message - 1));
    unit_assert_ok(sch_agreement_hash(got, (const uint8_t *)"the bytes", 9));
    assert_memory_equal(got, want, sizeof got);
}

static void test_verify_any_bit_changed_is_denied(void **state)
{
    (void)state;
    uint8_t secret_key[SCH_SIGN_SECRET_BYTES], signature[SCH_SIGN_BYTES], bytes[] = "an agreement's bytes";
    unsigned tried = 0;
    fixture_secret(secret_key, 1);
    const uint8_t *public_key = secret_key + SCH_SIGN_SEED_BYTES;
    unit_assert_ok(sch_agreement_sign(signature, bytes, sizeof bytes, secret_key));
    unit_assert_ok(sch_agreement_verify(signature, bytes, sizeof bytes, public_key));
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        unit_assert_code(sch_agreement_verify(signature, bytes, sizeof bytes, public_key), SCH_DENIED);
        bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        tried++;
    }
    assert_int_equal(tried, 168);
    /* A signature on the bare bytes is none on an agreement. */
    unit_assert_ok(sch_sign_message(signature, bytes, sizeof bytes, secret_key));
    unit_assert_code(sch_agreement_verify(signature, bytes, sizeof bytes, public_key), SCH_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_valid_agreement_passes),
        cmocka_unit_test(test_check_exchange_key_of_low_order_is_refused),
        cmocka_unit_test(test_check_each_broken_rule_is_refused_with_its_place),
        cmocka_unit_test(test_check_values_at_the_bounds_pass),
        cmocka_unit_test(test_find_gives_what_has_the_name_or_null),
        cmocka_unit_test(test_unlinkable_is_the_first_column_of_a_key_without_the_use),
        cmocka_unit_test(test_decode_encoded_agreement_gives_it_back),
        cmocka_unit_test(test_encode_normalisation_is_written_out),
        cmocka_unit_test(test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
        cmocka_unit_test(test_encode_over_the_bound_is_refused_and_appends_nothing),
        cmocka_unit_test(test_decode_more_than_the_bound_is_refused),
        cmocka_unit_test(test_hash_is_sha256_of_context_and_bytes),
        cmocka_unit_test(test_verify_any_bit_changed_is_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
