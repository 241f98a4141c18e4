/* Agreements as files: what each key gives, each key wrong once with its line, and the example in config/. */
#include "node/govern/agreement_file.h"

#include <unistd.h>

#include "node/base/file.h"
#include "tests/support/sample_agreement.h"
#include "tests/support/unit.h"
#include "tests/unit/agreement_faults.h"

enum { DAY_MS = 86400000 };

static sch_err parse(sch_agreement *out, const char *text, sch_detail *detail)
{
    *detail = (sch_detail){{0}};
    return sch_agreement_file_parse(out, (const uint8_t *)text, strlen(text), "a.yaml", detail);
}

/* ---- what it gives ---- */

static void test_parse_sample_gives_every_value_of_the_head(void **state)
{
    (void)state;
    sch_agreement a;
    sample_agreement_read(&a, NULL, NULL);
    assert_string_equal(a.id, "lv_2027");
    assert_int_equal(a.version, 3);
    assert_string_equal(a.title, "Koppeling bijstand en banen");
    assert_string_equal(a.purpose, "Evaluatie van beleid");
    assert_string_equal(a.legal_basis, "AVG artikel 6");
    assert_string_equal(a.dpia, "DPIA-1");
    assert_string_equal(a.authorisation, "Besluit 12");
    assert_string_equal(a.project, "9412");
    assert_int_equal(a.valid_from.value, INT64_C(1798761600000));  /* 2027-01-01T00:00Z */
    assert_int_equal(a.valid_until.value, INT64_C(1830297600000)); /* 2028-01-01T00:00Z: the day after the last */
    assert_int_equal(a.retention_days, 90);
    assert_int_equal(a.epoch, 4);
    assert_int_equal(a.normalisation, 1); /* left out */
    assert_int_equal(a.budget, 40);
    assert_int_equal(a.budget_period, SCH_PERIOD_MONTH);
    assert_int_equal(a.case_rule, SCH_CASE_GUARDED);
    assert_int_equal(a.max_cells, 500);
    assert_int_equal(a.party_count, 4);
    assert_int_equal(a.data_set_count, 4);
    assert_int_equal(a.analyst_count, 2);
    sch_agreement_clear(&a);
}

static void test_parse_sample_gives_every_value_of_its_entries(void **state)
{
    (void)state;
    sch_agreement a;
    sample_agreement_read(&a, NULL, NULL);
    assert_string_equal(a.party[0].name, "gemeente");
    assert_string_equal(a.party[0].organisation, "Gemeente Voorbeeld");
    assert_string_equal(a.party[0].oin, "00000000000000000001");
    assert_string_equal(a.party[0].address, "lv.example:7300");
    unit_assert_hex(a.party[0].identity, 3, "040102");
    unit_assert_hex(a.party[0].exchange, 3, "080102");
    unit_assert_hex(a.party[0].tls_pin, 3, "0c0102");
    assert_string_equal(a.party[0].processing_activity, "https://lv.example/register/1");
    assert_int_equal(a.party[0].role, SCH_AGREEMENT_OWNER);
    assert_int_equal(a.party[0].approval, SCH_APPROVAL_OPERATOR);
    assert_int_equal(a.party[0].min_persons, 10);
    assert_true(a.party[0].show_zero);
    assert_int_equal(a.party[1].approval, SCH_APPROVAL_TWO_OPERATORS);
    assert_false(a.party[1].show_zero);
    assert_int_equal(a.party[2].approval, SCH_APPROVAL_AUTOMATIC);
    assert_int_equal(a.party[3].role, SCH_AGREEMENT_HELPER);
    assert_int_equal(a.party[3].approval, SCH_APPROVAL_AUTOMATIC);
    assert_int_equal(a.party[3].min_persons, 0);
    assert_string_equal(a.data_set[1].party, "cbs");
    assert_string_equal(a.data_set[1].name, "banen");
    assert_int_equal(a.data_set[0].column_count, 9);
    assert_int_equal(a.data_set[0].column[1].uses, SCH_USE_GROUP | SCH_USE_FILTER | SCH_USE_COUNT);
    assert_int_equal(a.data_set[0].column[5].uses, 0);
    assert_int_equal(a.data_set[0].column[6].uses, SCH_USE_COUNT | SCH_USE_SUM | SCH_USE_AVG);
    assert_int_equal(a.data_set[0].column[0].uses, SCH_USE_LINK);
    assert_int_equal(a.data_set[0].column[0].analyst_count, 0);
    assert_int_equal(a.data_set[2].column[0].analyst_count, 2);
    assert_string_equal(a.data_set[2].column[0].analyst[1], "anna");
    assert_string_equal(a.analyst[1].name, "bram");
    assert_string_equal(a.analyst[1].organisation, "Bureau Voorbeeld, team Beleid");
    assert_string_equal(a.analyst[1].oin, "00000000000000000006");
    unit_assert_hex(a.analyst[1].identity, 3, "400102");
    unit_assert_hex(a.analyst[1].exchange, 3, "440102");
    unit_assert_hex(a.analyst[1].tls_pin, 3, "480102");
    assert_int_equal(a.analyst[1].valid_until.value, INT64_C(1814400000000)); /* 2027-07-01T00:00Z */
    sch_agreement_clear(&a);
}

/* Each word that a key may have besides those in the sample. */
static void test_parse_other_words_gives_their_values(void **state)
{
    (void)state;
    static const struct {
        const char *find, *put;
        sch_period period;
        sch_case_rule case_rule;
    } cases[] = {{"period: month", "period: day", SCH_PERIOD_DAY, SCH_CASE_GUARDED},
                 {"period: month", "period: week", SCH_PERIOD_WEEK, SCH_CASE_GUARDED},
                 {"period: month", "period: year", SCH_PERIOD_YEAR, SCH_CASE_GUARDED},
                 {"case: guarded", "case: free", SCH_PERIOD_MONTH, SCH_CASE_FREE}};
    size_t ran = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++, ran++) {
        sch_agreement a;
        sample_agreement_read(&a, cases[i].find, cases[i].put);
        assert_int_equal(a.budget_period, cases[i].period);
        assert_int_equal(a.case_rule, cases[i].case_rule);
        sch_agreement_clear(&a);
    }
    assert_int_equal(ran, 4);
}

static void test_parse_new_uses_give_their_bits(void **state)
{
    (void)state;
    sch_agreement a;
    sample_agreement_read(&a, "{name: loon, uses: [sum]}", "{name: loon, uses: [quantile, spread]}");
    const sch_agreement_column *loon = sch_agreement_find_column(&a.data_set[1], "loon");
    assert_non_null(loon);
    assert_int_equal(loon->uses, SCH_USE_SPREAD | SCH_USE_QUANTILE);
    sch_agreement_clear(&a);
    sample_agreement_read(&a, "{name: loon, uses: [sum]}",
                          "{name: loon, uses: [link, group, filter, count, sum, avg, spread, quantile]}");
    assert_int_equal(sch_agreement_find_column(&a.data_set[1], "loon")->uses, SCH_USE_ALL);
    sch_agreement_clear(&a);
}

static void test_parse_normalisation_given_or_left_out_is_the_same_agreement(void **state)
{
    (void)state;
    sch_agreement given, left_out;
    sch_buf one = {0}, other = {0};
    sample_agreement_read(&given, "linkage_epoch: 4", "linkage_epoch: 4\nnormalisation: 1");
    sample_agreement_read(&left_out, NULL, NULL);
    assert_int_equal(given.normalisation, 1);
    unit_assert_ok(sch_agreement_encode(&one, &given));
    unit_assert_ok(sch_agreement_encode(&other, &left_out));
    assert_int_equal(one.bytes, other.bytes);
    assert_memory_equal(one.data, other.data, one.bytes);
    sch_buf_clear(&one);
    sch_buf_clear(&other);
    sch_agreement_clear(&given);
    sch_agreement_clear(&left_out);
}

static void test_parse_helper_with_automatic_approval_is_taken(void **state)
{
    (void)state;
    sch_agreement a;
    sample_agreement_read(&a, "role: helper", "role: helper\n    approval: automatic");
    assert_int_equal(a.party[3].approval, SCH_APPROVAL_AUTOMATIC);
    sch_agreement_clear(&a);
}

static void test_parse_folded_text_becomes_one_line(void **state)
{
    (void)state;
    sch_agreement a;
    sample_agreement_read(&a, "purpose: Evaluatie van beleid", "purpose: >-\n  Evaluatie van\n  beleid");
    assert_string_equal(a.purpose, "Evaluatie van beleid");
    sch_agreement_clear(&a);
}

static void test_parse_dates_of_leap_years_are_days(void **state)
{
    (void)state;
    static const struct {
        const char *put;
        int64_t value;
    } cases[] = {{"valid_until: 2028-02-28", INT64_C(1835395200000)},  /* until 29 February begins */
                 {"valid_until: 2028-02-29", INT64_C(1835481600000)},  /* until 1 March begins */
                 {"valid_until: 2099-12-31", INT64_C(4102444800000)}}; /* until 2100 begins */
    size_t ran = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++, ran++) {
        sch_agreement a;
        sample_agreement_read(&a, "valid_until: 2027-12-31", cases[i].put);
        assert_int_equal(a.valid_until.value, cases[i].value);
        assert_int_equal(a.valid_until.value % DAY_MS, 0);
        sch_agreement_clear(&a);
    }
    assert_int_equal(ran, 3);
}

/* ---- faults ---- */

static size_t check_faults(const fault *list, size_t count)
{
    size_t ran = 0;
    for (size_t i = 0; i < count; i++, ran++) {
        sch_agreement a;
        sch_detail detail;
        char *text = sample_agreement_with(list[i].find, list[i].put);
        sch_err err = parse(&a, text, &detail);
        free(text);
        if (err.code != SCH_BAD_INPUT || strcmp(detail.text, list[i].detail) != 0) {
            fail_msg("%s -> %s\n gave %s: %s\n not %s", list[i].find, list[i].put, sch_code_name(err.code), detail.text,
                     list[i].detail);
        }
        assert_null(a.party);
        assert_null(a.title);
        assert_int_equal(a.party_count + a.data_set_count + a.analyst_count, 0);
    }
    return ran;
}

#define CHECK(list) check_faults(list, sizeof(list) / sizeof((list)[0]))

static void test_parse_faults_are_refused_with_line_and_key(void **state)
{
    (void)state;
    assert_int_equal(CHECK(head_faults), 34);
    assert_int_equal(CHECK(party_faults), 26);
    assert_int_equal(CHECK(data_set_faults), 19);
    assert_int_equal(CHECK(analyst_faults), 13);
}

/* Every key that has to be there, taken out with its line. */
static void test_parse_without_a_key_names_it(void **state)
{
    (void)state;
    static const struct {
        const char *line, *key, *where; /* where: begins the sentence */
    } cases[] = {
        {"id: lv_2027\n", "id", "a.yaml: "},
        {"version: 3\n", "version", "a.yaml: "},
        {"title: Koppeling bijstand en banen\n", "title", "a.yaml: "},
        {"purpose: Evaluatie van beleid\n", "purpose", "a.yaml: "},
        {"legal_basis: AVG artikel 6\n", "legal_basis", "a.yaml: "},
        {"dpia: DPIA-1\n", "dpia", "a.yaml: "},
        {"cbs:\n  authorisation: Besluit 12\n  project: '9412'\n", "cbs", "a.yaml: "},
        {"  authorisation: Besluit 12\n", "authorisation", "a.yaml, line 7: cbs "},
        {"  project: '9412'\n", "project", "a.yaml, line 7: cbs "},
        {"valid_from: 2027-01-01\n", "valid_from", "a.yaml: "},
        {"valid_until: 2027-12-31\n", "valid_until", "a.yaml: "},
        {"retention_days: 90\n", "retention_days", "a.yaml: "},
        {"linkage_epoch: 4\n", "linkage_epoch", "a.yaml: "},
        {"budget:\n  requests: 40\n  period: month\n", "budget", "a.yaml: "},
        {"  requests: 40\n", "requests", "a.yaml, line 14: budget "},
        {"  period: month\n", "period", "a.yaml, line 14: budget "},
        {"rules:\n  case: guarded\n  max_cells: 500\n", "rules", "a.yaml: "},
        {"  case: guarded\n", "case", "a.yaml, line 17: rules "},
        {"  max_cells: 500\n", "max_cells", "a.yaml, line 17: rules "},
        {"    organisation: Gemeente Voorbeeld\n", "organisation", "a.yaml, line 21: parties[1] "},
        {"    oin: '00000000000000000001'\n", "oin", "a.yaml, line 21: parties[1] "},
        {"    role: helper\n", "role", "a.yaml, line 57: parties[4] "},
        {"    identity: BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "identity", "a.yaml, line 21: parties[1] "},
        {"    exchange: CAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "exchange", "a.yaml, line 21: parties[1] "},
        {"    tls_pin: DAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "tls_pin", "a.yaml, line 21: parties[1] "},
        {"    processing_activity: https://lv.example/register/1\n", "processing_activity",
         "a.yaml, line 21: parties[1] "},
        {"    name: banen\n", "name", "a.yaml, line 81: data_sets[2] "},
        {"        uses: [group, filter]\n", "uses", "a.yaml, line 78: data_sets[1].columns[9] "},
        {"    oin: '00000000000000000006'\n", "oin", "a.yaml, line 107: analysts[2] "},
        {"    organisation: Bureau Voorbeeld, team Beleid\n", "organisation", "a.yaml, line 107: analysts[2] "},
        {"    valid_until: 2027-06-30\n", "valid_until", "a.yaml, line 107: analysts[2] "},
    };
    size_t ran = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++, ran++) {
        sch_agreement a;
        sch_detail detail;
        char expected[256];
        char *text = sample_agreement_with(cases[i].line, "");
        unit_assert_code(parse(&a, text, &detail), SCH_BAD_INPUT);
        free(text);
        (void)snprintf(expected, sizeof expected, "%slacks the key '%s'", cases[i].where, cases[i].key);
        assert_string_equal(detail.text, expected);
    }
    assert_int_equal(ran, 31);
}

/* The lists have to be there, and to hold enough. */
static void test_parse_too_few_parties_are_refused(void **state)
{
    (void)state;
    sch_agreement a;
    sch_detail detail;
    char text[8192] = "";
    const char *parties = strstr(sample_agreement, "parties:");
    const char *second = strstr(sample_agreement, "  - name: partner");
    const char *data_sets = strstr(sample_agreement, "data_sets:");
    (void)snprintf(text, sizeof text, "%.*s%s", (int)(second - sample_agreement), sample_agreement, data_sets);
    unit_assert_code(parse(&a, text, &detail), SCH_BAD_INPUT);
    assert_string_equal(detail.text, "a.yaml, line 20: parties is not right: it has fewer than 3 parties, or over 16");
    (void)snprintf(text, sizeof text, "%.*s%s", (int)(parties - sample_agreement), sample_agreement, data_sets);
    unit_assert_code(parse(&a, text, &detail), SCH_BAD_INPUT);
    assert_string_equal(detail.text, "a.yaml: lacks the key 'parties'");
}

/* Takes the nearest `what` at or after `from` out of a text, in place. */
static void take_out(char *from, const char *what)
{
    char *at = strstr(from, what);
    assert_non_null(at);
    memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
}

static void test_parse_one_owner_is_refused(void **state)
{
    (void)state;
    sch_agreement a;
    sch_detail detail;
    char text[8192];
    (void)snprintf(text, sizeof text, "%s", sample_agreement);
    char *cbs = strstr(text, "  - name: cbs");
    take_out(cbs, "    approval: two operators\n    min_persons: 15\n    zero_cells: suppress\n");
    take_out(cbs, "    approval: automatic\n    min_persons: 5\n    zero_cells: suppress\n");
    for (int i = 0; i < 2; i++) {
        char *owner = strstr(cbs, "owner");
        assert_non_null(owner);
        memmove(owner + strlen("helper"), owner + strlen("owner"), strlen(owner + strlen("owner")) + 1);
        memcpy(owner, "helper", strlen("helper"));
    }
    unit_assert_code(parse(&a, text, &detail), SCH_BAD_INPUT);
    assert_string_equal(detail.text, "a.yaml, line 20: parties is not right: it has fewer than 2 owners");
}

static void test_parse_too_large_a_file_is_refused(void **state)
{
    (void)state;
    sch_agreement a;
    sch_detail detail = {{0}};
    uint8_t *data = malloc(SCH_MAX_AGREEMENT_FILE_BYTES + 1);
    assert_non_null(data);
    memset(data, '#', SCH_MAX_AGREEMENT_FILE_BYTES + 1);
    unit_assert_code(sch_agreement_file_parse(&a, data, SCH_MAX_AGREEMENT_FILE_BYTES + 1, "a.yaml", &detail),
                     SCH_BAD_INPUT);
    assert_string_equal(detail.text, "a.yaml: is larger than 1048576 bytes");
    free(data);
}

/* ---- files ---- */

typedef struct folder {
    char path[64], yaml[96], bundle[96];
} folder;

static int make_folder(void **state)
{
    static folder f;
    (void)snprintf(f.path, sizeof f.path, "/tmp/schakel-agreement-XXXXXX");
    assert_non_null(mkdtemp(f.path));
    (void)snprintf(f.yaml, sizeof f.yaml, "%s/a.yaml", f.path);
    (void)snprintf(f.bundle, sizeof f.bundle, "%s/a.agreement", f.path);
    *state = &f;
    return 0;
}

static int remove_folder(void **state)
{
    const folder *f = *state;
    (void)unlink(f->yaml);
    (void)unlink(f->bundle);
    return rmdir(f->path);
}

static void write_file(const char *path, const void *data, size_t bytes)
{
    unit_assert_ok(sch_file_write(path, data, bytes, SCH_FILE_PUBLIC, true, NULL));
}

static void test_load_yaml_gives_an_unsigned_bundle(void **state)
{
    const folder *f = *state;
    sch_bundle bundle;
    sch_detail detail = {{0}};
    uint8_t hash[SCH_HASH_BYTES];
    write_file(f->yaml, sample_agreement, strlen(sample_agreement));
    unit_assert_ok(sch_agreement_file_load(&bundle, f->yaml, &detail));
    assert_string_equal(bundle.agreement.id, "lv_2027");
    unit_assert_ok(sch_agreement_hash(hash, bundle.bytes.data, bundle.bytes.bytes));
    assert_memory_equal(hash, bundle.hash, sizeof hash);
    for (size_t i = 0; i < bundle.agreement.party_count; i++) {
        assert_false(bundle.has_signature[i]);
    }
    sch_bundle_clear(&bundle);
}

/* A signed bundle of the sample, for a party whose key the test knows. */
static void make_signed_bundle(sch_buf *out, sch_bundle *bundle)
{
    static const uint8_t seed[SCH_SIGN_SEED_BYTES] = {7};
    uint8_t public_key[SCH_SIGN_PUBLIC_BYTES], secret_key[SCH_SIGN_SECRET_BYTES];
    sch_agreement a;
    sch_buf bytes = {0};
    sch_detail detail = {{0}};
    unit_assert_ok(sch_sign_keypair_from_seed(public_key, secret_key, seed));
    sample_agreement_read(&a, NULL, NULL);
    memcpy(a.party[1].identity, public_key, sizeof public_key);
    unit_assert_ok(sch_agreement_encode(&bytes, &a));
    unit_assert_ok(sch_bundle_make(bundle, bytes.data, bytes.bytes, &detail));
    unit_assert_ok(sch_bundle_sign(bundle, secret_key, &detail));
    unit_assert_ok(sch_bundle_encode(out, bundle));
    sch_buf_clear(&bytes);
    sch_agreement_clear(&a);
}

static void test_load_bundle_gives_its_signatures(void **state)
{
    const folder *f = *state;
    sch_bundle made, read;
    sch_buf data = {0};
    sch_detail detail = {{0}};
    make_signed_bundle(&data, &made);
    assert_true(sch_agreement_file_is_bundle(data.data, data.bytes));
    write_file(f->bundle, data.data, data.bytes);
    unit_assert_ok(sch_agreement_file_load(&read, f->bundle, &detail));
    assert_memory_equal(read.hash, made.hash, SCH_HASH_BYTES);
    assert_false(read.has_signature[0]);
    assert_true(read.has_signature[1]);
    sch_bundle_clear(&read);
    sch_bundle_clear(&made);
    sch_buf_clear(&data);
}

static void test_load_bundle_with_a_wrong_signature_is_denied(void **state)
{
    const folder *f = *state;
    sch_bundle made, read;
    sch_buf data = {0};
    sch_detail detail = {{0}};
    make_signed_bundle(&data, &made);
    data.data[data.bytes - 1] ^= 1; /* the last byte of the only signature */
    write_file(f->bundle, data.data, data.bytes);
    unit_assert_code(sch_agreement_file_load(&read, f->bundle, &detail), SCH_DENIED);
    assert_memory_equal(detail.text, f->bundle, strlen(f->bundle));
    assert_non_null(strstr(detail.text, "cbs"));
    assert_null(read.bytes.data);
    sch_bundle_clear(&made);
    sch_buf_clear(&data);
}

static void test_load_damaged_bundle_is_refused_with_its_name(void **state)
{
    const folder *f = *state;
    sch_bundle made, read;
    sch_buf data = {0};
    sch_detail detail = {{0}};
    make_signed_bundle(&data, &made);
    write_file(f->bundle, data.data, data.bytes / 2);
    unit_assert_code(sch_agreement_file_load(&read, f->bundle, &detail), SCH_BAD_INPUT);
    assert_memory_equal(detail.text, f->bundle, strlen(f->bundle));
    sch_bundle_clear(&made);
    sch_buf_clear(&data);
}

static void test_load_faulty_yaml_names_file_line_and_key(void **state)
{
    const folder *f = *state;
    sch_bundle bundle;
    sch_detail detail = {{0}};
    char expected[256];
    char *text = sample_agreement_with("version: 3", "version: x");
    write_file(f->yaml, text, strlen(text));
    free(text);
    unit_assert_code(sch_agreement_file_load(&bundle, f->yaml, &detail), SCH_BAD_INPUT);
    (void)snprintf(expected, sizeof expected, "%s, line 2: version has to be a whole number from 1 to 4294967295",
                   f->yaml);
    assert_string_equal(detail.text, expected);
}

static void test_load_missing_file_is_an_io_error(void **state)
{
    (void)state;
    sch_bundle bundle;
    sch_detail detail = {{0}};
    unit_assert_code(sch_agreement_file_load(&bundle, "/nonexistent/a.yaml", &detail), SCH_IO);
    assert_non_null(strstr(detail.text, "/nonexistent/a.yaml"));
}

static void test_is_bundle_takes_no_yaml_for_one(void **state)
{
    (void)state;
    static const char *const yaml[] = {"", "\n", "\n\n", "\nid: a", "# x", "id: a", "\xEF\xBB\xBFid: a", "---\n"};
    size_t ran = 0;
    for (size_t i = 0; i < sizeof yaml / sizeof yaml[0]; i++, ran++) {
        assert_false(sch_agreement_file_is_bundle((const uint8_t *)yaml[i], strlen(yaml[i])));
    }
    assert_int_equal(ran, 8);
}

/* The example loads as it is, says what its comments say, and lists every key that there is. */
static void test_load_example_is_well_formed(void **state)
{
    (void)state;
    sch_bundle bundle;
    sch_detail detail = {{0}};
    sch_err err = sch_agreement_file_load(&bundle, SCH_CONFIG_FOLDER "/agreement.yaml", &detail);
    if (sch_failed(err)) {
        fail_msg("%s", sch_detail_or_text(&detail, err));
    }
    const sch_agreement *a = &bundle.agreement;
    assert_string_equal(a->id, "lv_bijstand_werk");
    assert_non_null(sch_agreement_find_party(a, "gemeente_lv"));
    assert_non_null(sch_agreement_find_data_set(a, "cbs", "banen"));
    assert_non_null(sch_agreement_find_data_set(a, "partner", "jeugdhulp"));
    const sch_agreement_data_set *set = sch_agreement_find_data_set(a, "gemeente_lv", "bijstand");
    assert_non_null(set);
    assert_int_equal(sch_agreement_find_column(set, "bsn")->uses, SCH_USE_LINK);
    assert_int_equal(sch_agreement_find_column(set, "postcode")->uses, SCH_USE_LINK);
    assert_int_equal(sch_agreement_find_column(set, "uitkering")->analyst_count, 1);
    assert_int_equal(a->case_rule, SCH_CASE_GUARDED);
    sch_bundle_clear(&bundle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_sample_gives_every_value_of_the_head),
        cmocka_unit_test(test_parse_sample_gives_every_value_of_its_entries),
        cmocka_unit_test(test_parse_other_words_gives_their_values),
        cmocka_unit_test(test_parse_new_uses_give_their_bits),
        cmocka_unit_test(test_parse_normalisation_given_or_left_out_is_the_same_agreement),
        cmocka_unit_test(test_parse_helper_with_automatic_approval_is_taken),
        cmocka_unit_test(test_parse_folded_text_becomes_one_line),
        cmocka_unit_test(test_parse_dates_of_leap_years_are_days),
        cmocka_unit_test(test_parse_faults_are_refused_with_line_and_key),
        cmocka_unit_test(test_parse_without_a_key_names_it),
        cmocka_unit_test(test_parse_too_few_parties_are_refused),
        cmocka_unit_test(test_parse_one_owner_is_refused),
        cmocka_unit_test(test_parse_too_large_a_file_is_refused),
        cmocka_unit_test_setup_teardown(test_load_yaml_gives_an_unsigned_bundle, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_load_bundle_gives_its_signatures, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_load_bundle_with_a_wrong_signature_is_denied, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_load_damaged_bundle_is_refused_with_its_name, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_load_faulty_yaml_names_file_line_and_key, make_folder, remove_folder),
        cmocka_unit_test(test_load_missing_file_is_an_io_error),
        cmocka_unit_test(test_is_bundle_takes_no_yaml_for_one),
        cmocka_unit_test(test_load_example_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
