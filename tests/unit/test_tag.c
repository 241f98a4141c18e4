/* Tags against NIST SP 800-38B's examples and against OpenSSL's own CMAC. */
#include "tests/support/unit.h"

#include "crypto/ident/tag.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

static const char nist_key[] = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
static const char nist_message[] =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc119"
    "1a0a52eff69f2445df4f9b17ad2b417be66c3710";

static sch_tagger new_tagger(const char *hex)
{
    uint8_t key[SCH_KEY_BYTES];
    sch_tagger tagger = {0};
    (void)unit_hex(key, sizeof key, hex);
    unit_assert_ok(sch_tagger_init(&tagger, key));
    return tagger;
}

static void test_hash_nist_examples_agree(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes;
        const char *tag;
    } example[] = {{16, "28a7023f452e8f82bd4bf28d8c37c35c"},
                   {40, "aaf3d8f1de5640c232f5b169b9c911e6"},
                   {64, "e1992190549f6ed5696a2c056c315410"}};
    uint8_t message[64];
    assert_int_equal(unit_hex(message, sizeof message, nist_message), 64);
    sch_tagger tagger = new_tagger(nist_key);
    unit_assert_hex(tagger.subkey[0], SCH_TAG_BYTES, "cad1ed03299eedac2e9a99808621502f");
    unit_assert_hex(tagger.subkey[1], SCH_TAG_BYTES, "95a3da06533ddb585d3533010c42a0d9");
    size_t done = 0;
    for (size_t i = 0; i < sizeof example / sizeof example[0]; i++, done++) {
        sch_tag tag;
        unit_assert_ok(sch_tagger_hash(&tagger, &tag, message, &example[i].bytes, 1));
        unit_assert_hex(tag.byte, SCH_TAG_BYTES, example[i].tag);
    }
    assert_int_equal(done, 3);
    sch_tagger_clear(&tagger);
}

static void openssl_cmac(uint8_t out[SCH_TAG_BYTES], const uint8_t *key, const uint8_t *message, size_t bytes)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    char cipher[] = "AES-256-CBC";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
                                     OSSL_PARAM_construct_end()};
    size_t written = 0;
    assert_int_equal(EVP_MAC_init(context, key, SCH_KEY_BYTES, parameters), 1);
    assert_int_equal(EVP_MAC_update(context, message, bytes), 1);
    assert_int_equal(EVP_MAC_final(context, out, &written, SCH_TAG_BYTES), 1);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
}

/* A column whose lengths run through 1 to `longest`, over more than one chunk, against one CMAC a row. */
static void check_column(size_t rows, size_t longest)
{
    uint8_t key[SCH_KEY_BYTES];
    (void)unit_hex(key, sizeof key, nist_key);
    sch_tagger tagger = new_tagger(nist_key);
    uint8_t *length = malloc(rows);
    uint8_t *bytes = malloc(rows * longest);
    sch_tag *tag = malloc(rows * sizeof *tag);
    assert_true(length != NULL && bytes != NULL && tag != NULL);
    size_t total = 0;
    for (size_t i = 0; i < rows; i++) {
        length[i] = (uint8_t)(1 + (i * 37) % longest);
        for (size_t j = 0; j < length[i]; j++) {
            bytes[total++] = (uint8_t)(i * 131 + j * 17);
        }
    }
    uint8_t *exact = realloc(bytes, total); /* so that a read behind the column shows under the sanitizer */
    assert_non_null(exact);
    unit_assert_ok(sch_tagger_hash(&tagger, tag, exact, length, rows));
    size_t at = 0, same = 0;
    for (size_t i = 0; i < rows; at += length[i], i++) {
        uint8_t want[SCH_TAG_BYTES];
        openssl_cmac(want, key, exact + at, length[i]);
        same += memcmp(want, tag[i].byte, SCH_TAG_BYTES) == 0;
    }
    assert_int_equal(same, rows);
    free(length);
    free(exact);
    free(tag);
    sch_tagger_clear(&tagger);
}

static void test_hash_columns_of_short_and_long_identifiers_agree_with_openssl(void **state)
{
    (void)state;
    check_column(1, 9);
    check_column(1024, 9);
    check_column(2500, 16);
    check_column(2500, 17);
    check_column(2500, 64);
}

static void test_hash_length_out_of_range_is_bad_input(void **state)
{
    (void)state;
    sch_tagger tagger = new_tagger(nist_key);
    const uint8_t bytes[80] = {0};
    const uint8_t empty[2] = {9, 0}, large[2] = {9, 65};
    sch_tag tag[2];
    unit_assert_code(sch_tagger_hash(&tagger, tag, bytes, empty, 2), SCH_BAD_INPUT);
    unit_assert_code(sch_tagger_hash(&tagger, tag, bytes, large, 2), SCH_BAD_INPUT);
    unit_assert_ok(sch_tagger_hash(&tagger, tag, bytes, large, 1));
    unit_assert_ok(sch_tagger_hash(&tagger, tag, bytes, empty, 0));
    sch_tagger_clear(&tagger);
    unit_assert_code(sch_tagger_hash(&tagger, tag, bytes, large, 1), SCH_BUG);
    sch_tagger_clear(&tagger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_nist_examples_agree),
        cmocka_unit_test(test_hash_columns_of_short_and_long_identifiers_agree_with_openssl),
        cmocka_unit_test(test_hash_length_out_of_range_is_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
