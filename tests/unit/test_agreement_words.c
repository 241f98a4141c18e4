/* Agreements in words: for every field a change is reported, alone and exactly; and what the whole looks like. */
#include "node/govern/agreement_words.h"

#include "node/govern/agreement_file.h"
#include "node/govern/terms.h"
#include "tests/support/sample_agreement.h"
#include "tests/support/unit.h"

/* ---- what changes ---- */

typedef struct change {
    const char *find, *put, *words;
} change;

static const change changes[] = {
    {"id: lv_2027", "id: lv_2028", "id is now \"lv_2028\" (was \"lv_2027\")\n"},
    {"version: 3", "version: 4", "version is now 4 (was 3)\n"},
    {"title: Koppeling bijstand en banen", "title: Koppeling",
     "title is now \"Koppeling\" (was \"Koppeling bijstand en banen\")\n"},
    {"purpose: Evaluatie van beleid", "purpose: Onderzoek",
     "purpose is now \"Onderzoek\" (was \"Evaluatie van beleid\")\n"},
    {"legal_basis: AVG artikel 6", "legal_basis: AVG artikel 9",
     "legal basis is now \"AVG artikel 9\" (was \"AVG artikel 6\")\n"},
    {"dpia: DPIA-1", "dpia: DPIA-2", "DPIA is now \"DPIA-2\" (was \"DPIA-1\")\n"},
    {"authorisation: Besluit 12", "authorisation: Besluit 13",
     "CBS authorisation is now \"Besluit 13\" (was \"Besluit 12\")\n"},
    {"project: '9412'", "project: '9413'", "CBS project is now \"9413\" (was \"9412\")\n"},
    {"valid_from: 2027-01-01", "valid_from: 2027-02-01",
     "the agreement is now valid from 2027-02-01 on (was 2027-01-01)\n"},
    {"valid_until: 2027-12-31", "valid_until: 2028-02-29",
     "the agreement is now valid until 2028-02-29 (was 2027-12-31)\n"},
    {"retention_days: 90", "retention_days: 30", "retention of results in days is now 30 (was 90)\n"},
    {"linkage_epoch: 4", "linkage_epoch: 5", "epoch of the linkage key is now 5 (was 4)\n"},
    {"requests: 40", "requests: 41", "budget of requests is now 41 (was 40)\n"},
    {"period: month", "period: week", "period of the budget is now week (was month)\n"},
    {"case: guarded", "case: free", "CASE in aggregates is now free (was guarded)\n"},
    {"max_cells: 500", "max_cells: 501", "most cells of a table is now 501 (was 500)\n"},
    /* parties */
    {"organisation: Bureau Voorbeeld\n", "organisation: Bureau\n",
     "party cbs: organisation is now \"Bureau\" (was \"Bureau Voorbeeld\")\n"},
    {"oin: '00000000000000000002'", "oin: '0000000000000000000B'",
     "party cbs: OIN is now \"0000000000000000000B\" (was \"00000000000000000002\")\n"},
    {"cbs.example:7300", "cbs.example:7301",
     "party cbs: address is now \"cbs.example:7301\" (was \"cbs.example:7300\")\n"},
    {"identity: EAE", "identity: ZAE", "party cbs: identity key is another one\n"},
    {"exchange: FAE", "exchange: ZAE", "party cbs: exchange key is another one\n"},
    {"tls_pin: GAE", "tls_pin: ZAE", "party cbs: TLS pin is another one\n"},
    {"https://cbs.example/register/1", "https://cbs.example/register/2",
     "party cbs: processing activity is now \"https://cbs.example/register/2\" (was "
     "\"https://cbs.example/register/1\")\n"},
    {"approval: two operators", "approval: automatic", "party cbs: approval is now automatic (was by two operators)\n"},
    {"min_persons: 15", "min_persons: 14", "party cbs: smallest group in persons is now 14 (was 15)\n"},
    {"zero_cells: show", "zero_cells: suppress", "party gemeente: empty cells are now suppressed\n"},
    {"role: helper", "role: owner\n    approval: automatic\n    min_persons: 1\n    zero_cells: suppress",
     "party rekenhulp: role is now owner (was helper)\nparty rekenhulp: smallest group in persons is now 1 (was 0)\n"},
    {"- name: rekenhulp", "- name: hulp", "party rekenhulp leaves\nparty hulp joins as helper\n"},
    /* data sets */
    {"name: banen", "name: lonen",
     "data set cbs.banen leaves\ndata set cbs.lonen joins\n"
     "data set cbs.lonen: column bsn joins; it may be used to link and count\n"
     "data set cbs.lonen: column jaar joins; it may be used to group and filter\n"
     "data set cbs.lonen: column loon joins; it may be used to sum\n"
     "data set cbs.lonen: column werkt joins; it may be used to filter, count and sum\n"
     "data set cbs.lonen: column sector joins; it may be used to filter, count and average\n"},
    {"{name: loon,", "{name: inkomen,",
     "data set cbs.banen: column loon leaves\ndata set cbs.banen: column inkomen joins; it may be used to sum\n"},
    {"{name: naam,", "{name: adres,",
     "data set gemeente.bijstand: column naam leaves\ndata set gemeente.bijstand: column adres joins; it may never be "
     "used\n"},
    {"{name: loon, uses: [sum]}", "{name: loon, uses: [sum, avg]}", "column cbs.banen.loon: may now be averaged\n"},
    {"{name: loon, uses: [sum]}", "{name: loon, uses: [sum, link]}", "column cbs.banen.loon: may now be linked on\n"},
    {"{name: loon, uses: [sum]}", "{name: loon, uses: [sum, group]}", "column cbs.banen.loon: may now be grouped on\n"},
    {"{name: loon, uses: [sum]}", "{name: loon, uses: [sum, filter]}",
     "column cbs.banen.loon: may now be filtered on\n"},
    {"{name: loon, uses: [sum]}", "{name: loon, uses: [sum, count]}", "column cbs.banen.loon: may now be counted\n"},
    {"{name: loon, uses: [sum]}", "{name: loon, uses: [sum, spread]}",
     "column cbs.banen.loon: may now be used for spread\n"},
    {"{name: loon, uses: [sum]}", "{name: loon, uses: [sum, quantile]}",
     "column cbs.banen.loon: may now be used for quantiles\n"},
    {"{name: loon, uses: [sum]}", "{name: loon, uses: [never]}", "column cbs.banen.loon: may no longer be summed\n"},
    {"        analysts: [anna]\n", "", "column gemeente.bijstand.jaar: may now be used by all analysts\n"},
    {"analysts: [anna]", "analysts: [bram]", "column gemeente.bijstand.jaar: may now be used by bram only\n"},
    {"[bram, anna]", "[anna, bram]", "column cbs.personen.bsn: may now be used by anna, bram only\n"},
    /* analysts */
    {"organisation: Bureau Voorbeeld, team Beleid", "organisation: Bureau",
     "analyst bram: organisation is now \"Bureau\" (was \"Bureau Voorbeeld, team Beleid\")\n"},
    {"oin: '00000000000000000006'", "oin: '00000000000000000007'",
     "analyst bram: OIN is now \"00000000000000000007\" (was \"00000000000000000006\")\n"},
    {"identity: QAE", "identity: ZAE", "analyst bram: identity key is another one\n"},
    {"exchange: RAE", "exchange: ZAE", "analyst bram: exchange key is another one\n"},
    {"tls_pin: SAE", "tls_pin: ZAE", "analyst bram: TLS pin is another one\n"},
    {"valid_until: 2027-06-30", "valid_until: 2027-07-31",
     "analyst bram: is now valid until 2027-07-31 (was 2027-06-30)\n"},
    /* order */
    {"      - {name: buurt, uses: [group, filter, count]}\n      - {name: traject, uses: [group]}\n",
     "      - {name: traject, uses: [group]}\n      - {name: buurt, uses: [group, filter, count]}\n",
     "data set gemeente.bijstand: columns are listed in another order\n"},
};

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; text++) {
        lines += *text == '\n';
    }
    return lines;
}

static void test_diff_every_field_is_reported(void **state)
{
    (void)state;
    sch_agreement before;
    size_t ran = 0;
    sample_agreement_read(&before, NULL, NULL);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++, ran++) {
        sch_agreement after;
        sch_buf text = {0};
        size_t count = 0;
        sample_agreement_read(&after, changes[i].find, changes[i].put);
        unit_assert_ok(sch_agreement_diff(&text, &count, &before, &after));
        assert_string_equal(sch_buf_text(&text), changes[i].words);
        assert_int_equal(count, lines_of(changes[i].words));
        sch_buf_clear(&text);
        sch_agreement_clear(&after);
    }
    assert_int_equal(ran, 49);
    sch_agreement_clear(&before);
}

static void test_diff_same_agreement_is_no_difference(void **state)
{
    (void)state;
    sch_agreement a;
    sch_buf text = {0};
    size_t count = 1;
    sample_agreement_read(&a, NULL, NULL);
    unit_assert_ok(sch_agreement_diff(&text, &count, &a, &a));
    assert_string_equal(sch_buf_text(&text), "no difference\n");
    assert_int_equal(count, 0);
    sch_buf_clear(&text);
    sch_agreement_clear(&a);
}

/* The encoding is what counts: whatever changes it is told, though the words of the file cannot say it. */
static void test_diff_moments_within_a_day_are_reported(void **state)
{
    (void)state;
    sch_agreement before, after;
    sch_buf text = {0};
    size_t count = 0;
    sample_agreement_read(&before, NULL, NULL);
    sample_agreement_read(&after, NULL, NULL);
    after.valid_from.value += 1;
    after.valid_until.value -= 1;
    unit_assert_ok(sch_agreement_diff(&text, &count, &before, &after));
    assert_string_equal(sch_buf_text(&text),
                        "the agreement is now valid from 2027-01-01T00:00:00.001Z on (was 2027-01-01)\n"
                        "the agreement is now valid until 2027-12-31T23:59:59.999Z (was 2027-12-31)\n");
    assert_int_equal(count, 2);
    sch_buf_clear(&text);
    sch_agreement_clear(&before);
    sch_agreement_clear(&after);
}

/* There is one version, so that no file can say another. */
static void test_diff_another_normalisation_is_reported(void **state)
{
    (void)state;
    sch_agreement before, after;
    sch_buf text = {0};
    size_t count = 0;
    sample_agreement_read(&before, NULL, NULL);
    sample_agreement_read(&after, NULL, NULL);
    after.normalisation = 2;
    unit_assert_ok(sch_agreement_diff(&text, &count, &before, &after));
    assert_string_equal(sch_buf_text(&text), "normalisation of identifiers is now 2 (was 1)\n");
    assert_int_equal(count, 1);
    sch_buf_clear(&text);
    sch_agreement_clear(&before);
    sch_agreement_clear(&after);
}

static void swap_parties(sch_agreement *a, size_t i, size_t j)
{
    sch_agreement_party kept = a->party[i];
    a->party[i] = a->party[j];
    a->party[j] = kept;
}

static void test_diff_order_of_lists_is_reported(void **state)
{
    (void)state;
    sch_agreement before, after;
    sch_buf text = {0};
    size_t count = 0;
    sample_agreement_read(&before, NULL, NULL);
    sample_agreement_read(&after, NULL, NULL);
    swap_parties(&after, 1, 3);
    sch_agreement_analyst analyst = after.analyst[0];
    after.analyst[0] = after.analyst[1];
    after.analyst[1] = analyst;
    sch_agreement_data_set set = after.data_set[0];
    after.data_set[0] = after.data_set[2];
    after.data_set[2] = set;
    unit_assert_ok(sch_agreement_check(&after, NULL));
    unit_assert_ok(sch_agreement_diff(&text, &count, &before, &after));
    assert_string_equal(sch_buf_text(&text), "parties are listed in another order\n"
                                             "data sets are listed in another order\n"
                                             "analysts are listed in another order\n");
    assert_int_equal(count, 3);
    sch_buf_clear(&text);
    sch_agreement_clear(&before);
    sch_agreement_clear(&after);
}

/* One who leaves in the middle is no change of order. */
static void test_diff_who_leaves_and_joins_changes_no_order(void **state)
{
    (void)state;
    sch_agreement before, after;
    sch_buf text = {0};
    size_t count = 0;
    sample_agreement_read(&before, NULL, NULL);
    sample_agreement_read(&after, "  - name: anna\n",
                          "  - name: carla\n"
                          "    organisation: X\n    oin: '00000000000000000009'\n"
                          "    identity: TAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                          "    exchange: UAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                          "    tls_pin: VAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                          "    valid_until: 2027-12-31\n"
                          "  - name: anna\n");
    unit_assert_ok(sch_agreement_diff(&text, &count, &before, &after));
    assert_string_equal(sch_buf_text(&text), "analyst carla joins\n");
    sch_buf_clear(&text);
    unit_assert_ok(sch_agreement_diff(&text, &count, &after, &before));
    assert_string_equal(sch_buf_text(&text), "analyst carla leaves\n");
    assert_int_equal(count, 1);
    sch_buf_clear(&text);
    sch_agreement_clear(&before);
    sch_agreement_clear(&after);
}

/* ---- the whole ---- */

static void make_bundle(sch_bundle *out, const char *find, const char *put)
{
    sch_agreement a;
    sch_buf bytes = {0};
    sample_agreement_read(&a, find, put);
    unit_assert_ok(sch_agreement_encode(&bytes, &a));
    unit_assert_ok(sch_bundle_make(out, bytes.data, bytes.bytes, NULL));
    sch_buf_clear(&bytes);
    sch_agreement_clear(&a);
}

static void assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("does not hold: %s\nin:\n%s", part, text);
    }
}

static void test_show_sample_holds_every_value(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "Agreement lv_2027, version 3\n",
        "  title                Koppeling bijstand en banen\n",
        "  purpose              Evaluatie van beleid\n",
        "  legal basis          AVG artikel 6\n",
        "  DPIA                 DPIA-1\n",
        "  CBS authorisation    Besluit 12\n",
        "  CBS project          9412\n",
        "  valid                from 2027-01-01 until 2027-12-31, both included, in UTC\n",
        "  results are kept     90 days\n",
        "  linkage key          epoch 4\n  identifiers          normalised by version 1 of the rules\n",
        "  budget               40 requests a month for each analyst\n",
        "  CASE in aggregates   guarded: one WHEN, no ELSE, no COALESCE, ABS or %\n",
        "  cells of a table     500 at most\n",
        "\n  gemeente\n    organisation         Gemeente Voorbeeld\n    OIN                  00000000000000000001\n"
        "    role                 owner of data\n    requests approved    by one operator\n"
        "    smallest group       10 persons\n    empty cells          are shown\n"
        "    processing activity  https://lv.example/register/1\n    address              lv.example:7300\n"
        "    identity             BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
        "    exchange             CAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
        "    TLS pin              DAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
        "    signature            NOT SIGNED YET\n",
        "    requests approved    by two operators\n",
        "    requests approved    automatic, within the rules\n",
        "    empty cells          are suppressed\n",
        "    role                 helper only, without data\n    processing activity  "
        "https://hulp.example/register/1\n",
        "\n  gemeente.bijstand\n    bsn           link\n    buurt         group, filter, count\n",
        "    naam          never\n    bedrag        count, sum, avg\n",
        "    jaar          group, filter; only by anna\n",
        "\n  cbs.personen\n    bsn     link; only by bram, anna\n    sector  group\n",
        "\n  bram\n    organisation         Bureau Voorbeeld, team Beleid\n    OIN                  "
        "00000000000000000006\n"
        "    valid                until 2027-06-30, included\n"
        "    identity             QAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
        "    exchange             RAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
        "    TLS pin              SAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "\n0 of 4 parties have signed; missing: gemeente, cbs, partner, rekenhulp\n",
    };
    sch_bundle bundle;
    sch_buf out = {0};
    char hash[2 * SCH_HASH_BYTES + 32] = "  hash                 ";
    size_t ran = 0;
    make_bundle(&bundle, NULL, NULL);
    unit_assert_ok(sch_agreement_show(&out, &bundle));
    const char *text = sch_buf_text(&out);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++, ran++) {
        assert_holds(text, parts[i]);
    }
    assert_int_equal(ran, 24);
    for (size_t i = 0; i < SCH_HASH_BYTES; i++) {
        (void)snprintf(hash + strlen(hash), 3, "%02x", bundle.hash[i]);
    }
    assert_holds(text, hash);
    sch_buf_clear(&out);
    sch_bundle_clear(&bundle);
}

static void test_show_signed_bundle_says_who_signed(void **state)
{
    (void)state;
    sch_bundle bundle;
    sch_buf out = {0};
    make_bundle(&bundle, NULL, NULL);
    bundle.has_signature[0] = bundle.has_signature[2] = true;
    unit_assert_ok(sch_agreement_show(&out, &bundle));
    assert_holds(sch_buf_text(&out), "\n2 of 4 parties have signed; missing: cbs, rekenhulp\n");
    assert_holds(sch_buf_text(&out), "    signature            signed\n");
    sch_buf_clear(&out);
    bundle.has_signature[1] = bundle.has_signature[3] = true;
    unit_assert_ok(sch_agreement_show(&out, &bundle));
    assert_holds(sch_buf_text(&out), "\n4 of 4 parties have signed\n");
    assert_null(strstr(sch_buf_text(&out), "NOT SIGNED"));
    sch_buf_clear(&out);
    sch_bundle_clear(&bundle);
}

static void test_show_long_text_is_broken_at_blanks(void **state)
{
    (void)state;
    sch_bundle bundle;
    sch_buf out = {0};
    char put[1200] = "purpose: begin";
    for (int i = 0; i < 60; i++) {
        (void)snprintf(put + strlen(put), sizeof put - strlen(put), " w\xC3\xB6rd%d", i);
    }
    make_bundle(&bundle, "purpose: Evaluatie van beleid", put);
    unit_assert_ok(sch_agreement_show(&out, &bundle));
    const char *line = strstr(sch_buf_text(&out), "  purpose              begin w\xC3\xB6rd0 ");
    assert_non_null(line);
    size_t lines = 0;
    for (; strncmp(line, "  legal basis", 13) != 0; lines++) {
        size_t bytes = strcspn(line, "\n"), characters = 0;
        for (size_t i = 0; i < bytes; i++) {
            characters += ((unsigned char)line[i] & 0xC0U) != 0x80U;
        }
        assert_true(characters <= 110);
        assert_int_not_equal(line[bytes - 1], ' ');
        assert_true(lines == 0 || strncmp(line, "                       w\xC3\xB6rd", 28) == 0);
        line += bytes + 1;
    }
    assert_int_equal(lines, 5);
    sch_buf_clear(&out);
    sch_bundle_clear(&bundle);
}

/* The longest names and texts that there can be fit. */
static void test_show_and_diff_longest_values_fit(void **state)
{
    (void)state;
    sch_bundle bundle;
    sch_agreement other;
    sch_buf out = {0};
    size_t count = 0;
    char name[SCH_NAME_BYTES], put[1200];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)snprintf(put, sizeof put, "  - name: %s\n    organisation: ", name);
    size_t bytes = strlen(put);
    memset(put + bytes, 'x', SCH_MAX_TEXT_BYTES);
    put[bytes + SCH_MAX_TEXT_BYTES] = '\n';
    put[bytes + SCH_MAX_TEXT_BYTES + 1] = '\0';
    make_bundle(&bundle, "  - name: rekenhulp\n    organisation: Rekencentrum Voorbeeld\n", put);
    put[bytes] = 'y';
    sample_agreement_read(&other, "  - name: rekenhulp\n    organisation: Rekencentrum Voorbeeld\n", put);
    unit_assert_ok(sch_agreement_show(&out, &bundle));
    unit_assert_ok(sch_agreement_diff(&out, &count, &bundle.agreement, &other));
    assert_int_equal(count, 1);
    sch_buf_clear(&out);
    sch_agreement_clear(&other);
    sch_bundle_clear(&bundle);
}

/* ---- terms ---- */

static void test_list_uses_joins_words(void **state)
{
    (void)state;
    char text[SCH_TERMS_LIST_BYTES];
    sch_terms_list_uses(text, 0);
    assert_string_equal(text, "nothing");
    sch_terms_list_uses(text, SCH_USE_AVG);
    assert_string_equal(text, "average");
    sch_terms_list_uses(text, SCH_USE_FILTER | SCH_USE_COUNT);
    assert_string_equal(text, "filter and count");
    sch_terms_list_uses(text, SCH_USE_ALL);
    assert_string_equal(text, "link, group, filter, count, sum, average, measure spread and take quantiles");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diff_every_field_is_reported),
        cmocka_unit_test(test_diff_same_agreement_is_no_difference),
        cmocka_unit_test(test_diff_moments_within_a_day_are_reported),
        cmocka_unit_test(test_diff_another_normalisation_is_reported),
        cmocka_unit_test(test_diff_order_of_lists_is_reported),
        cmocka_unit_test(test_diff_who_leaves_and_joins_changes_no_order),
        cmocka_unit_test(test_show_sample_holds_every_value),
        cmocka_unit_test(test_show_signed_bundle_says_who_signed),
        cmocka_unit_test(test_show_long_text_is_broken_at_blanks),
        cmocka_unit_test(test_show_and_diff_longest_values_fit),
        cmocka_unit_test(test_list_uses_joins_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
