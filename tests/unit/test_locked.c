/* What protects bytes on disk: XChaCha20-Poly1305, Argon2id, and base64 for keys as text. */
#include "tests/support/unit.h"

#include "crypto/base/secret.h"
#include "crypto/prim/aead.h"
#include "crypto/prim/base64.h"
#include "crypto/prim/pwhash.h"

/* draft-irtf-cfrg-xchacha-03, A.3.1. */
static void test_decrypt_known_vector_agrees(void **state)
{
    (void)state;
    static const char text[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
                               "future, sunscreen would be it.";
    uint8_t key[SCH_KEY_BYTES], sealed[256], header[16], out[128];
    (void)unit_hex(key, sizeof key, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    size_t header_bytes = unit_hex(header, sizeof header, "50515253c0c1c2c3c4c5c6c7");
    size_t bytes = unit_hex(sealed, sizeof sealed,
                            "404142434445464748494a4b4c4d4e4f5051525354555657"
                            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f"
                            "4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f"
                            "76b2383565d3fff921f9664c97637da9768812f615c68b13b52e"
                            "c0875924c1c7987947deafd8780acf49");
    unit_assert_ok(sch_aead_decrypt(out, sealed, bytes, header, header_bytes, key));
    assert_int_equal(bytes - SCH_AEAD_EXTRA_BYTES, strlen(text));
    assert_memory_equal(out, text, strlen(text));
}

static void test_decrypt_altered_bytes_header_or_key_are_denied(void **state)
{
    (void)state;
    uint8_t key[SCH_KEY_BYTES] = {1}, sealed[16 + SCH_AEAD_EXTRA_BYTES], again[sizeof sealed], out[16];
    const uint8_t message[16] = "sixteen letters";
    unit_assert_ok(sch_aead_encrypt(sealed, message, sizeof message, "head", 4, key));
    unit_assert_ok(sch_aead_encrypt(again, message, sizeof message, "head", 4, key));
    assert_memory_not_equal(sealed, again, SCH_AEAD_NONCE_BYTES);
    unit_assert_ok(sch_aead_decrypt(out, sealed, sizeof sealed, "head", 4, key));
    assert_memory_equal(out, message, sizeof message);
    size_t refused = 0;
    for (size_t i = 0; i < sizeof sealed; i++, refused++) {
        sealed[i] ^= 0x80;
        unit_assert_code(sch_aead_decrypt(out, sealed, sizeof sealed, "head", 4, key), SCH_DENIED);
        sealed[i] ^= 0x80;
    }
    assert_int_equal(refused, 56);
    unit_assert_code(sch_aead_decrypt(out, sealed, sizeof sealed, "heat", 4, key), SCH_DENIED);
    unit_assert_code(sch_aead_decrypt(out, sealed, sizeof sealed - 1, "head", 4, key), SCH_DENIED);
    unit_assert_code(sch_aead_decrypt(out, sealed, SCH_AEAD_EXTRA_BYTES - 1, "head", 4, key), SCH_BAD_INPUT);
    key[0] ^= 1;
    unit_assert_code(sch_aead_decrypt(out, sealed, sizeof sealed, "head", 4, key), SCH_DENIED);
}

/* The value was made with another implementation of RFC 9106. */
static void test_derive_argon2id_agrees_with_another_implementation(void **state)
{
    (void)state;
    uint8_t salt[SCH_PWHASH_SALT_BYTES], out[SCH_KEY_BYTES];
    for (size_t i = 0; i < sizeof salt; i++) {
        salt[i] = (uint8_t)i;
    }
    unit_assert_ok(sch_pwhash_derive(out, "schakel vector", 14, salt, (sch_pwhash_cost){3, 1024}));
    unit_assert_hex(out, sizeof out, "a06bfc3d484ac9c5501268d37671fbc51a343a8a2b268022cdf6dc4e9aa7c4e4");
}

static void test_derive_cost_out_of_range_is_bad_input(void **state)
{
    (void)state;
    static const sch_pwhash_cost costs[] = {
        {0, 1024}, {SCH_PWHASH_MAX_PASSES + 1, 1024}, {1, 7}, {1, SCH_PWHASH_MAX_MEMORY_KB + 1}, {1, UINT32_MAX}};
    const uint8_t salt[SCH_PWHASH_SALT_BYTES] = {0};
    uint8_t out[SCH_KEY_BYTES];
    size_t refused = 0;
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++, refused++) {
        unit_assert_code(sch_pwhash_derive(out, "words", 5, salt, costs[i]), SCH_BAD_INPUT);
    }
    assert_int_equal(refused, 5);
    unit_assert_code(sch_pwhash_derive(out, "", 0, salt, (sch_pwhash_cost){1, 8}), SCH_BAD_INPUT);
    unit_assert_ok(sch_pwhash_derive(out, "words", 5, salt, (sch_pwhash_cost){1, 8}));
    assert_true(sch_pwhash_default_cost().passes >= 3 && sch_pwhash_default_cost().memory_kb >= 262144);
}

static void test_base64_key_goes_there_and_back(void **state)
{
    (void)state;
    uint8_t key[SCH_KEY_BYTES], out[SCH_KEY_BYTES];
    char text[SCH_BASE64_KEY_CHARS + 1];
    sch_random_fill(key, sizeof key);
    unit_assert_ok(sch_base64_encode(text, sizeof text, key, sizeof key));
    assert_int_equal(strlen(text), SCH_BASE64_KEY_CHARS);
    unit_assert_ok(sch_base64_decode(out, sizeof out, text, strlen(text)));
    assert_memory_equal(out, key, sizeof key);
    unit_assert_code(sch_base64_encode(text, sizeof text - 1, key, sizeof key), SCH_BUG);
    unit_assert_ok(sch_base64_encode(text, sizeof text, (const uint8_t *)"foob", 4));
    assert_string_equal(text, "Zm9vYg=="); /* RFC 4648, 10 */
}

static void test_base64_decode_wrong_texts_are_bad_input(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Zm9vYg=", "Zm9vYg", "Zm9vYg==\n", " Zm9vYg==", "Zm9vY_==", "Zm9v", "Zm9vYmE=", "Zm9vYh==", "", "===="};
    uint8_t out[4];
    size_t refused = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, refused++) {
        unit_assert_code(sch_base64_decode(out, sizeof out, wrong[i], strlen(wrong[i])), SCH_BAD_INPUT);
    }
    assert_int_equal(refused, 10);
}

static int start(void **state)
{
    (void)state;
    return sch_failed(sch_secret_start()) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decrypt_known_vector_agrees),
        cmocka_unit_test(test_decrypt_altered_bytes_header_or_key_are_denied),
        cmocka_unit_test(test_derive_argon2id_agrees_with_another_implementation),
        cmocka_unit_test(test_derive_cost_out_of_range_is_bad_input),
        cmocka_unit_test(test_base64_key_goes_there_and_back),
        cmocka_unit_test(test_base64_decode_wrong_texts_are_bad_input),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
