/* X25519 against RFC 7748, and the secret of a pair against HKDF computed with another library. */
#include "tests/support/unit.h"

#include "crypto/base/secret.h"
#include "crypto/prim/exchange.h"

/* RFC 7748, 6.1. */
static const char alice_secret_text[] = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
static const char alice_public_text[] = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
static const char bob_secret_text[] = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
static const char bob_public_text[] = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
static const char shared_text[] = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

typedef struct keys {
    uint8_t alice_secret[32], alice_public[32], bob_secret[32], bob_public[32];
} keys;

static keys read_keys(void)
{
    keys k;
    (void)unit_hex(k.alice_secret, 32, alice_secret_text);
    (void)unit_hex(k.alice_public, 32, alice_public_text);
    (void)unit_hex(k.bob_secret, 32, bob_secret_text);
    (void)unit_hex(k.bob_public, 32, bob_public_text);
    return k;
}

static void test_point_rfc7748_vector_agrees(void **state)
{
    (void)state;
    keys k = read_keys();
    uint8_t out[32];
    unit_assert_ok(sch_exchange_public(out, k.alice_secret));
    unit_assert_hex(out, sizeof out, alice_public_text);
    unit_assert_ok(sch_exchange_point(out, k.alice_secret, k.bob_public));
    unit_assert_hex(out, sizeof out, shared_text);
    unit_assert_ok(sch_exchange_point(out, k.bob_secret, k.alice_public));
    unit_assert_hex(out, sizeof out, shared_text);
}

static void test_pair_secret_both_ends_and_the_specification_agree(void **state)
{
    (void)state;
    keys k = read_keys();
    uint8_t psk[SCH_KEY_BYTES], out[SCH_KEY_BYTES];
    for (size_t i = 0; i < sizeof psk; i++) {
        psk[i] = (uint8_t)i;
    }
    static const char plain[] = "16c4a5daf194a775ed80a42bacd441d8498ff2f2755053abde6ad488075467e9";
    static const char with_psk[] = "fb829c94294bf62d222c3f1935f8693db75d25a73d9fc5ef7749ae66d9ad18ed";
    unit_assert_ok(sch_exchange_pair_secret(out, k.alice_secret, k.alice_public, k.bob_public, NULL));
    unit_assert_hex(out, sizeof out, plain);
    unit_assert_ok(sch_exchange_pair_secret(out, k.bob_secret, k.bob_public, k.alice_public, NULL));
    unit_assert_hex(out, sizeof out, plain);
    unit_assert_ok(sch_exchange_pair_secret(out, k.alice_secret, k.alice_public, k.bob_public, psk));
    unit_assert_hex(out, sizeof out, with_psk);
    unit_assert_ok(sch_exchange_pair_secret(out, k.bob_secret, k.bob_public, k.alice_public, psk));
    unit_assert_hex(out, sizeof out, with_psk);
}

/* Points of order 1, 2, 4 and 8 (RFC 7748, section 7; the list is well known), some not reduced. */
static void test_pair_secret_low_order_key_is_a_bad_peer(void **state)
{
    (void)state;
    static const char *const low[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    keys k = read_keys();
    size_t refused = 0;
    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++, refused++) {
        uint8_t other[32], out[SCH_KEY_BYTES];
        (void)unit_hex(other, sizeof other, low[i]);
        unit_assert_code(sch_exchange_pair_secret(out, k.alice_secret, k.alice_public, other, NULL), SCH_BAD_PEER);
        unit_assert_code(sch_exchange_point(out, k.alice_secret, other), SCH_BAD_PEER);
    }
    assert_int_equal(refused, 7);
}

static void test_pair_secret_own_key_is_a_bad_peer(void **state)
{
    (void)state;
    keys k = read_keys();
    uint8_t out[SCH_KEY_BYTES];
    unit_assert_code(sch_exchange_pair_secret(out, k.alice_secret, k.alice_public, k.alice_public, NULL), SCH_BAD_PEER);
}

static void test_keypair_two_pairs_differ_and_agree_on_a_secret(void **state)
{
    (void)state;
    uint8_t public_key[2][32], secret_key[2][32], out[2][SCH_KEY_BYTES];
    unit_assert_ok(sch_exchange_keypair(public_key[0], secret_key[0]));
    unit_assert_ok(sch_exchange_keypair(public_key[1], secret_key[1]));
    assert_memory_not_equal(public_key[0], public_key[1], 32);
    unit_assert_ok(sch_exchange_pair_secret(out[0], secret_key[0], public_key[0], public_key[1], NULL));
    unit_assert_ok(sch_exchange_pair_secret(out[1], secret_key[1], public_key[1], public_key[0], NULL));
    assert_memory_equal(out[0], out[1], SCH_KEY_BYTES);
}

static int start(void **state)
{
    (void)state;
    return sch_failed(sch_secret_start()) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_point_rfc7748_vector_agrees),
        cmocka_unit_test(test_pair_secret_both_ends_and_the_specification_agree),
        cmocka_unit_test(test_pair_secret_low_order_key_is_a_bad_peer),
        cmocka_unit_test(test_pair_secret_own_key_is_a_bad_peer),
        cmocka_unit_test(test_keypair_two_pairs_differ_and_agree_on_a_secret),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
