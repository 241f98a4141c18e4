/* Agreements with signatures, and their revocation. */
#include "tests/support/unit.h"
#include "tests/unit/agreement_fixture.h"

enum { ALL = 7 };

/* ---- bundles ---- */

static void encode(sch_buf *bytes, unsigned signers)
{
    sch_bundle bundle;
    fixture_bundle(&bundle, signers);
    unit_assert_ok(sch_bundle_encode(bytes, &bundle));
    sch_bundle_clear(&bundle);
}

static void test_make_of_an_agreements_bytes_has_them_and_their_hash(void **state)
{
    (void)state;
    sch_bundle bundle, again;
    uint8_t hash[SCH_HASH_BYTES];
    fixture_bundle(&bundle, 0);
    unit_assert_ok(sch_agreement_hash(hash, bundle.bytes.data, bundle.bytes.bytes));
    assert_memory_equal(bundle.hash, hash, sizeof hash);
    assert_string_equal(bundle.agreement.id, "lv_cbs");
    bundle.bytes.data[0] ^= 1;
    unit_assert_code(sch_bundle_make(&again, bundle.bytes.data, bundle.bytes.bytes, NULL), SCH_BAD_INPUT);
    assert_null(again.bytes.data);
    assert_null(again.agreement.party);
    unit_assert_code(sch_bundle_make(&again, NULL, 0, NULL), SCH_BAD_INPUT);
    sch_bundle_clear(&bundle);
}

static void test_sign_with_a_partys_key_marks_that_party(void **state)
{
    (void)state;
    sch_bundle bundle;
    sch_detail detail = {""};
    fixture_bundle(&bundle, 2);
    assert_false(bundle.has_signature[0]);
    assert_true(bundle.has_signature[1]);
    assert_false(bundle.has_signature[2]);
    unit_assert_ok(sch_agreement_verify(bundle.signature[1], bundle.bytes.data, bundle.bytes.bytes,
                                        bundle.agreement.party[1].identity));
    assert_false(sch_bundle_is_complete(&bundle, &detail));
    assert_string_equal(detail.text, "signatures are still wanted of gemeente, partner");
    assert_false(sch_bundle_is_complete(&bundle, NULL));
    sch_bundle_clear(&bundle);
    assert_false(sch_bundle_is_complete(&bundle, NULL));
}

static void test_sign_with_anothers_key_is_refused_and_says_whose_are_wanted(void **state)
{
    (void)state;
    sch_bundle bundle;
    sch_detail detail = {""};
    uint8_t secret_key[SCH_SIGN_SECRET_BYTES];
    fixture_bundle(&bundle, 2);
    fixture_secret(secret_key, 9);
    unit_assert_code(sch_bundle_sign(&bundle, secret_key, &detail), SCH_BAD_INPUT);
    assert_string_equal(detail.text, "these keys are no party's; those are still wanted of gemeente, partner");
    assert_false(bundle.has_signature[0] || bundle.has_signature[2]);
    /* The first half of one key with the second of another. */
    uint8_t other[SCH_SIGN_SECRET_BYTES];
    fixture_secret(other, 0);
    memcpy(secret_key + SCH_SIGN_SEED_BYTES, other + SCH_SIGN_SEED_BYTES, SCH_SIGN_PUBLIC_BYTES);
    unit_assert_code(sch_bundle_sign(&bundle, secret_key, &detail), SCH_BUG);
    assert_false(bundle.has_signature[0]);
    sch_bundle_clear(&bundle);
    fixture_bundle(&bundle, ALL);
    fixture_secret(secret_key, 9);
    unit_assert_code(sch_bundle_sign(&bundle, secret_key, &detail), SCH_BAD_INPUT);
    assert_string_equal(detail.text, "these keys are no party's; those are still wanted of nobody");
    sch_bundle_clear(&bundle);
}

static void test_decode_encoded_bundle_gives_it_back_whoever_signed(void **state)
{
    (void)state;
    unsigned checked = 0;
    for (unsigned signers = 0; signers <= ALL; signers++) {
        sch_bundle bundle, back;
        sch_buf bytes = {0};
        fixture_bundle(&bundle, signers);
        unit_assert_ok(sch_bundle_encode(&bytes, &bundle));
        unit_assert_ok(sch_bundle_decode(&back, bytes.data, bytes.bytes, NULL));
        assert_int_equal(back.bytes.bytes, bundle.bytes.bytes);
        assert_memory_equal(back.bytes.data, bundle.bytes.data, bundle.bytes.bytes);
        assert_memory_equal(back.hash, bundle.hash, sizeof back.hash);
        assert_memory_equal(back.has_signature, bundle.has_signature, sizeof back.has_signature);
        assert_memory_equal(back.signature, bundle.signature, sizeof back.signature);
        assert_int_equal(sch_bundle_is_complete(&back, NULL), signers == ALL);
        sch_bundle_clear(&back);
        sch_bundle_clear(&bundle);
        sch_buf_clear(&bytes);
        checked++;
    }
    assert_int_equal(checked, 8);
}

static void test_encode_without_an_agreement_is_a_bug(void **state)
{
    (void)state;
    sch_bundle bundle = {0};
    sch_buf bytes = {0};
    unit_assert_code(sch_bundle_encode(&bytes, &bundle), SCH_BUG);
    assert_int_equal(bytes.bytes, 0);
    sch_bundle_clear(&bundle);
}

/* Every bit of the agreement and of the signatures counts. */
static void test_decode_each_prefix_and_each_changed_bit_is_refused(void **state)
{
    (void)state;
    sch_buf bytes = {0};
    encode(&bytes, ALL);
    size_t prefixes = 0, changed = 0, denied = 0;
    for (size_t length = 0; length < bytes.bytes; length++) {
        sch_bundle bundle;
        uint8_t *cut = malloc(length + 1);
        assert_non_null(cut);
        memcpy(cut, bytes.data, length);
        prefixes += !sch_failed(sch_bundle_decode(&bundle, cut, length, NULL));
        sch_bundle_clear(&bundle);
        free(cut);
    }
    assert_int_equal(prefixes, 3); /* with no signature, with the first, with the first two */
    for (size_t bit = 0; bit < 8 * bytes.bytes; bit += 3) {
        sch_bundle bundle;
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        sch_err err = sch_bundle_decode(&bundle, bytes.data, bytes.bytes, NULL);
        assert_true(err.code == SCH_BAD_INPUT || err.code == SCH_DENIED);
        assert_null(bundle.bytes.data);
        assert_null(bundle.agreement.party);
        denied += err.code == SCH_DENIED;
        changed++;
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    assert_in_range(changed, 3000, 8 * bytes.bytes);
    assert_in_range(denied, changed / 4, changed - 100);
    sch_buf_clear(&bytes);
}

static void test_decode_signature_of_another_party_is_denied_by_name(void **state)
{
    (void)state;
    sch_bundle bundle, back;
    sch_buf bytes = {0};
    sch_detail detail = {""};
    fixture_bundle(&bundle, ALL);
    memcpy(bundle.signature[1], bundle.signature[0], SCH_SIGN_BYTES);
    unit_assert_ok(sch_bundle_encode(&bytes, &bundle));
    unit_assert_code(sch_bundle_decode(&back, bytes.data, bytes.bytes, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "the signature of cbs is not made with its key"));
    sch_bundle_clear(&bundle);
    sch_buf_clear(&bytes);
}

/* Appends a signature as it stands in a bundle's bytes. */
static void append_signature(sch_buf *bytes, const char *party, const uint8_t *signature, uint8_t signature_bytes)
{
    uint8_t name_bytes = (uint8_t)strlen(party);
    uint8_t head[] = {0x12, (uint8_t)(2 + name_bytes + 2 + signature_bytes), 0x0A, name_bytes};
    uint8_t middle[] = {0x12, signature_bytes};
    unit_assert_ok(sch_buf_append(bytes, head, sizeof head));
    unit_assert_ok(sch_buf_append(bytes, party, name_bytes));
    unit_assert_ok(sch_buf_append(bytes, middle, sizeof middle));
    unit_assert_ok(sch_buf_append(bytes, signature, signature_bytes));
}

static void test_decode_signatures_in_another_order_twice_or_of_nobody_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        uint8_t bytes;
        sch_code code;
    } CASES[] = {
        {"gemeente", "cbs", 64, SCH_OK},        {"cbs", "gemeente", 64, SCH_BAD_INPUT},
        {"cbs", "cbs", 64, SCH_BAD_INPUT},      {"gemeente", "anna", 64, SCH_BAD_INPUT},
        {"gemeente", "cbs", 63, SCH_BAD_INPUT}, {"", "cbs", 64, SCH_BAD_INPUT},
    };
    unsigned tried = 0;
    sch_bundle bundle;
    fixture_bundle(&bundle, ALL);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        sch_buf bytes = {0};
        sch_bundle back;
        encode(&bytes, 0);
        append_signature(&bytes, CASES[i].first, bundle.signature[strcmp(CASES[i].first, "cbs") == 0], CASES[i].bytes);
        append_signature(&bytes, CASES[i].second, bundle.signature[strcmp(CASES[i].second, "cbs") == 0], 64);
        unit_assert_code(sch_bundle_decode(&back, bytes.data, bytes.bytes, NULL), CASES[i].code);
        sch_bundle_clear(&back);
        sch_buf_clear(&bytes);
        tried++;
    }
    assert_int_equal(tried, 6);
    sch_bundle_clear(&bundle);
}

static void test_decode_more_than_the_bound_is_refused(void **state)
{
    (void)state;
    sch_bundle bundle;
    uint8_t *data = calloc(1, SCH_MAX_BUNDLE_BYTES + 1);
    assert_non_null(data);
    sch_err err = sch_bundle_decode(&bundle, data, SCH_MAX_BUNDLE_BYTES + 1, NULL);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message is too large");
    free(data);
}

/* ---- revocations ---- */

static void make_revocation(sch_revocation *r, size_t party)
{
    uint8_t secret_key[SCH_SIGN_SECRET_BYTES];
    *r = (sch_revocation){.time = {1770000000000}};
    memset(r->agreement_hash, 5, sizeof r->agreement_hash);
    snprintf(r->party, sizeof r->party, "cbs");
    snprintf(r->reason, sizeof r->reason, "De toestemming is ingetrokken; één reden");
    fixture_secret(secret_key, party);
    unit_assert_ok(sch_revocation_sign(r, secret_key));
}

static void test_revocation_verify_signed_by_the_party_passes(void **state)
{
    (void)state;
    sch_agreement a;
    sch_revocation r, back;
    sch_buf bytes = {0};
    fixture_agreement(&a);
    make_revocation(&r, 1);
    unit_assert_ok(sch_revocation_encode(&bytes, &r));
    unit_assert_ok(sch_revocation_decode(&back, bytes.data, bytes.bytes));
    assert_memory_equal(back.agreement_hash, r.agreement_hash, sizeof r.agreement_hash);
    assert_string_equal(back.party, "cbs");
    assert_int_equal(back.time.value, r.time.value);
    assert_string_equal(back.reason, r.reason);
    unit_assert_ok(sch_revocation_verify(&back, &a));
    sch_buf_clear(&bytes);
    sch_agreement_clear(&a);
}

static void test_revocation_verify_anything_changed_is_denied(void **state)
{
    (void)state;
    sch_agreement a;
    sch_revocation r;
    unsigned denied = 0;
    fixture_agreement(&a);
    for (unsigned what = 0; what < 6; what++, denied++) {
        make_revocation(&r, what == 0 ? 0 : 1);
        r.agreement_hash[31] ^= what == 1;
        r.time.value += what == 2;
        r.reason[0] = what == 3 ? 'd' : r.reason[0];
        r.signature[0] ^= what == 4;
        snprintf(r.party, sizeof r.party, "%s", what == 5 ? "anna" : "cbs");
        unit_assert_code(sch_revocation_verify(&r, &a), SCH_DENIED);
    }
    assert_int_equal(denied, 6);
    sch_agreement_clear(&a);
}

static void test_revocation_signature_is_over_the_encoding_without_one(void **state)
{
    (void)state;
    sch_revocation r;
    sch_buf bytes = {0}, message = {0};
    sch_agreement a;
    fixture_agreement(&a);
    make_revocation(&r, 1);
    unit_assert_ok(sch_revocation_encode(&bytes, &r));
    unit_assert_ok(sch_buf_append(&message, "schakel revocation 1", sizeof "schakel revocation 1"));
    unit_assert_ok(sch_buf_append(&message, bytes.data, bytes.bytes - 2 - SCH_SIGN_BYTES));
    unit_assert_ok(sch_sign_verify(r.signature, message.data, message.bytes, a.party[1].identity));
    sch_buf_clear(&bytes);
    sch_buf_clear(&message);
    sch_agreement_clear(&a);
}

static void test_revocation_with_a_field_out_of_range_is_refused(void **state)
{
    (void)state;
    uint8_t secret_key[SCH_SIGN_SECRET_BYTES];
    unsigned refused = 0;
    fixture_secret(secret_key, 1);
    for (unsigned what = 0; what < 7; what++, refused++) {
        sch_revocation r;
        sch_buf bytes = {0};
        make_revocation(&r, 1);
        r.party[0] = what == 0 ? 'C' : r.party[0];
        r.time.value = what == 1 ? 0 : what == 2 ? SCH_MAX_TIME_MS + 1 : r.time.value;
        r.reason[0] = what == 3 ? '\0' : what == 4 ? '\n' : what == 5 ? '\xFF' : r.reason[0];
        if (what == 6) {
            memset(r.reason, 'x', sizeof r.reason);
        }
        unit_assert_code(sch_revocation_encode(&bytes, &r), SCH_BAD_INPUT);
        unit_assert_code(sch_revocation_sign(&r, secret_key), SCH_BAD_INPUT);
        assert_int_equal(bytes.bytes, 0);
        sch_buf_clear(&bytes);
    }
    assert_int_equal(refused, 7);
}

static void test_revocation_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    sch_revocation r;
    sch_buf bytes = {0};
    size_t accepted = 0, changed = 0;
    make_revocation(&r, 1);
    unit_assert_ok(sch_revocation_encode(&bytes, &r));
    for (size_t length = 0; length < bytes.bytes; length++) {
        unit_assert_code(sch_revocation_decode(&r, bytes.data, length), SCH_BAD_INPUT);
        assert_string_equal(r.party, "");
    }
    for (size_t bit = 0; bit < 8 * bytes.bytes; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        sch_err err = sch_revocation_decode(&r, bytes.data, bytes.bytes);
        if (!sch_failed(err)) {
            sch_buf again = {0};
            unit_assert_ok(sch_revocation_encode(&again, &r));
            assert_int_equal(again.bytes, bytes.bytes);
            assert_memory_equal(again.data, bytes.data, bytes.bytes);
            sch_buf_clear(&again);
            accepted++;
        } else {
            assert_int_equal(err.code, SCH_BAD_INPUT);
        }
        changed++;
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    assert_in_range(accepted, 8 * (SCH_HASH_BYTES + SCH_SIGN_BYTES), changed - 50);
    sch_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make_of_an_agreements_bytes_has_them_and_their_hash),
        cmocka_unit_test(test_sign_with_a_partys_key_marks_that_party),
        cmocka_unit_test(test_sign_with_anothers_key_is_refused_and_says_whose_are_wanted),
        cmocka_unit_test(test_decode_encoded_bundle_gives_it_back_whoever_signed),
        cmocka_unit_test(test_encode_without_an_agreement_is_a_bug),
        cmocka_unit_test(test_decode_each_prefix_and_each_changed_bit_is_refused),
        cmocka_unit_test(test_decode_signature_of_another_party_is_denied_by_name),
        cmocka_unit_test(test_decode_signatures_in_another_order_twice_or_of_nobody_is_refused),
        cmocka_unit_test(test_decode_more_than_the_bound_is_refused),
        cmocka_unit_test(test_revocation_verify_signed_by_the_party_passes),
        cmocka_unit_test(test_revocation_verify_anything_changed_is_denied),
        cmocka_unit_test(test_revocation_signature_is_over_the_encoding_without_one),
        cmocka_unit_test(test_revocation_with_a_field_out_of_range_is_refused),
        cmocka_unit_test(test_revocation_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
