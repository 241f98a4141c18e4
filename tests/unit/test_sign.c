/* Ed25519 against RFC 8032, 7.1. */
#include "tests/support/unit.h"

#include "crypto/base/secret.h"
#include "crypto/prim/sign.h"

typedef struct vector {
    const char *seed, *public_key, *message, *signature;
} vector;

static const vector vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
     "655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
     "b00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
     "c027beceea1ec40a"},
};

static void test_sign_message_rfc8032_vectors_agree(void **state)
{
    (void)state;
    size_t done = 0;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++, done++) {
        uint8_t seed[32], public_key[SCH_SIGN_PUBLIC_BYTES], secret_key[SCH_SIGN_SECRET_BYTES], message[8];
        uint8_t signature[SCH_SIGN_BYTES];
        (void)unit_hex(seed, sizeof seed, vectors[i].seed);
        size_t bytes = unit_hex(message, sizeof message, vectors[i].message);
        unit_assert_ok(sch_sign_keypair_from_seed(public_key, secret_key, seed));
        unit_assert_hex(public_key, sizeof public_key, vectors[i].public_key);
        unit_assert_ok(sch_sign_message(signature, message, bytes, secret_key));
        unit_assert_hex(signature, sizeof signature, vectors[i].signature);
        unit_assert_ok(sch_sign_verify(signature, message, bytes, public_key));
    }
    assert_int_equal(done, 3);
}

static void test_verify_any_altered_bit_is_refused(void **state)
{
    (void)state;
    uint8_t public_key[SCH_SIGN_PUBLIC_BYTES], secret_key[SCH_SIGN_SECRET_BYTES], signature[SCH_SIGN_BYTES];
    uint8_t message[5] = "hello";
    unit_assert_ok(sch_sign_keypair(public_key, secret_key));
    unit_assert_ok(sch_sign_message(signature, message, sizeof message, secret_key));
    unit_assert_ok(sch_sign_verify(signature, message, sizeof message, public_key));
    size_t refused = 0;
    for (size_t bit = 0; bit < 8 * SCH_SIGN_BYTES; bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        unit_assert_code(sch_sign_verify(signature, message, sizeof message, public_key), SCH_BAD_PEER);
        signature[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        refused++;
    }
    for (size_t bit = 0; bit < 8 * sizeof message; bit++) {
        message[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        unit_assert_code(sch_sign_verify(signature, message, sizeof message, public_key), SCH_BAD_PEER);
        message[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        refused++;
    }
    assert_int_equal(refused, 512 + 40);
    unit_assert_code(sch_sign_verify(signature, message, sizeof message - 1, public_key), SCH_BAD_PEER);
}

/* With a key of small order (the neutral element) and R likewise, S = 0, a lax check accepts every message. */
static void test_verify_small_order_key_is_refused(void **state)
{
    (void)state;
    const uint8_t public_key[SCH_SIGN_PUBLIC_BYTES] = {1};
    const uint8_t signature[SCH_SIGN_BYTES] = {1};
    unit_assert_code(sch_sign_verify(signature, "any", 3, public_key), SCH_BAD_PEER);
}

static int start(void **state)
{
    (void)state;
    return sch_failed(sch_secret_start()) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_message_rfc8032_vectors_agree),
        cmocka_unit_test(test_verify_any_altered_bit_is_refused),
        cmocka_unit_test(test_verify_small_order_key_is_refused),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
