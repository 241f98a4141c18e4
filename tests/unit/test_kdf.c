/* HKDF-SHA-256 against RFC 5869, appendix A. */
#include "tests/support/unit.h"

#include "crypto/prim/kdf.h"

static void check_vector(const char *input, const char *salt, const char *info, const char *output)
{
    uint8_t input_bytes[80], salt_bytes[80], info_bytes[80], out[82];
    size_t input_size = unit_hex(input_bytes, sizeof input_bytes, input);
    size_t salt_size = unit_hex(salt_bytes, sizeof salt_bytes, salt);
    size_t info_size = unit_hex(info_bytes, sizeof info_bytes, info);
    size_t out_size = strlen(output) / 2;
    assert_true(out_size <= sizeof out);
    unit_assert_ok(sch_kdf_derive(out, out_size, input_bytes, input_size, salt_size > 0 ? salt_bytes : NULL, salt_size,
                                  info_size > 0 ? info_bytes : NULL, info_size));
    unit_assert_hex(out, out_size, output);
}

static void test_derive_rfc5869_case1_agrees(void **state)
{
    (void)state;
    check_vector("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
                 "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

static void test_derive_rfc5869_case2_agrees(void **state)
{
    (void)state;
    char input[161], salt[161], info[161];
    for (unsigned i = 0; i < 80; i++) {
        (void)snprintf(input + 2 * i, 3, "%02x", i);
        (void)snprintf(salt + 2 * i, 3, "%02x", 0x60 + i);
        (void)snprintf(info + 2 * i, 3, "%02x", 0xb0 + i);
    }
    check_vector(input, salt, info,
                 "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da32"
                 "75600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

static void test_derive_rfc5869_case3_without_salt_and_info_agrees(void **state)
{
    (void)state;
    check_vector("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
                 "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

static void test_derive_sizes_at_the_bounds_are_kept(void **state)
{
    (void)state;
    static uint8_t out[8161];
    const uint8_t input[4] = {1, 2, 3, 4};
    unit_assert_ok(sch_kdf_derive(out, 1, input, sizeof input, NULL, 0, NULL, 0));
    unit_assert_ok(sch_kdf_derive(out, 8160, input, sizeof input, NULL, 0, NULL, 0));
    unit_assert_code(sch_kdf_derive(out, 0, input, sizeof input, NULL, 0, NULL, 0), SCH_BUG);
    unit_assert_code(sch_kdf_derive(out, 8161, input, sizeof input, NULL, 0, NULL, 0), SCH_BUG);
    unit_assert_code(sch_kdf_derive(out, 32, input, 0, NULL, 0, NULL, 0), SCH_BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derive_rfc5869_case1_agrees),
        cmocka_unit_test(test_derive_rfc5869_case2_agrees),
        cmocka_unit_test(test_derive_rfc5869_case3_without_salt_and_info_agrees),
        cmocka_unit_test(test_derive_sizes_at_the_bounds_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
