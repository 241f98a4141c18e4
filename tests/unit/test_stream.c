/* The stream against NIST's values of AES-256, and against itself however it is cut. */
#include "tests/support/unit.h"

#include "crypto/prim/stream.h"

#include <openssl/evp.h>

/* E(0, 0), E(0, 1) and E(0, 2) of AES-256 as NIST's GCM test cases 13 and 14 show them (hash key, tag, ciphertext). */
static void test_read_zero_key_gives_the_known_blocks(void **state)
{
    (void)state;
    const uint8_t key[SCH_KEY_BYTES] = {0};
    uint8_t out[48];
    sch_stream stream = {0};
    unit_assert_ok(sch_stream_init(&stream, key));
    unit_assert_ok(sch_stream_read(&stream, out, sizeof out));
    unit_assert_hex(out, sizeof out,
                    "dc95c078a2408989ad48a21492842087530f8afbc74536b9a963b4f1c4cb738bcea7403d4d606b6e074ec5d3baf39d18");
    sch_stream_clear(&stream);
}

/* The counter blocks 0, 1, 2, ... encrypted one by one: SP 800-38A, 6.5, with big-endian counters. */
static void test_read_long_stream_equals_encrypted_counters(void **state)
{
    (void)state;
    enum { BYTES = 3 * 65536 + 32 };
    uint8_t key[SCH_KEY_BYTES];
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(i * 7 + 1);
    }
    uint8_t *got = malloc(BYTES), *want = calloc(1, BYTES);
    assert_true(got != NULL && want != NULL);
    for (uint32_t block = 0; block < BYTES / 16; block++) {
        uint8_t *counter = want + 16 * (size_t)block + 12;
        counter[0] = (uint8_t)(block >> 24);
        counter[1] = (uint8_t)(block >> 16);
        counter[2] = (uint8_t)(block >> 8);
        counter[3] = (uint8_t)block;
    }
    EVP_CIPHER_CTX *ecb = EVP_CIPHER_CTX_new();
    int written = 0;
    assert_int_equal(EVP_EncryptInit_ex(ecb, EVP_aes_256_ecb(), NULL, key, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(ecb, want, &written, want, BYTES), 1);
    assert_int_equal(written, BYTES);
    EVP_CIPHER_CTX_free(ecb);

    sch_stream stream = {0};
    unit_assert_ok(sch_stream_init(&stream, key));
    unit_assert_ok(sch_stream_read(&stream, got, BYTES));
    assert_memory_equal(got, want, BYTES);
    sch_stream_clear(&stream);
    free(got);
    free(want);
}

static void test_read_in_pieces_of_any_size_gives_the_same_bytes(void **state)
{
    (void)state;
    enum { BYTES = 200000 };
    const uint8_t key[SCH_KEY_BYTES] = {9, 8, 7};
    static uint8_t whole[BYTES], pieces[BYTES];
    static const size_t sizes[] = {0, 1, 3, 8, 15, 16, 17, 100, 4080, 4095, 4096, 4097, 5000, 16384, 20001};
    sch_stream stream = {0};
    unit_assert_ok(sch_stream_init(&stream, key));
    unit_assert_ok(sch_stream_read(&stream, whole, BYTES));
    sch_stream_clear(&stream);

    unit_assert_ok(sch_stream_init(&stream, key));
    size_t at = 0, turn = 0;
    while (at < BYTES) {
        size_t size = sizes[(turn * 7) % (sizeof sizes / sizeof sizes[0])];
        size = size < BYTES - at ? size : BYTES - at;
        unit_assert_ok(sch_stream_read(&stream, pieces + at, size));
        at += size;
        turn++;
    }
    assert_true(turn > 30);
    assert_memory_equal(whole, pieces, BYTES);
    sch_stream_clear(&stream);
}

static void test_read_cleared_stream_is_a_bug(void **state)
{
    (void)state;
    uint8_t out[4];
    sch_stream stream = {0};
    sch_stream_clear(&stream);
    unit_assert_code(sch_stream_read(&stream, out, sizeof out), SCH_BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_zero_key_gives_the_known_blocks),
        cmocka_unit_test(test_read_long_stream_equals_encrypted_counters),
        cmocka_unit_test(test_read_in_pieces_of_any_size_gives_the_same_bytes),
        cmocka_unit_test(test_read_cleared_stream_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
