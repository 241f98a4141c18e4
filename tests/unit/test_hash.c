/* SHA-256 against the examples of FIPS 180-4; BLAKE2b-256 against Python's hashlib. */
#include "tests/support/unit.h"

#include "crypto/prim/hash.h"

static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char two_blocks[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
static const char two_blocks_text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static void test_bytes_known_messages_agree(void **state)
{
    (void)state;
    uint8_t out[SCH_SHA256_BYTES];
    unit_assert_ok(sch_hash_bytes(out, NULL, 0));
    unit_assert_hex(out, sizeof out, empty);
    unit_assert_ok(sch_hash_bytes(out, "abc", 3));
    unit_assert_hex(out, sizeof out, abc);
    unit_assert_ok(sch_hash_bytes(out, two_blocks_text, strlen(two_blocks_text)));
    unit_assert_hex(out, sizeof out, two_blocks);
}

static void test_update_in_pieces_equals_the_whole(void **state)
{
    (void)state;
    uint8_t out[SCH_SHA256_BYTES];
    size_t cuts = 0;
    for (size_t cut = 0; cut <= strlen(two_blocks_text); cut++, cuts++) {
        sch_hash hash = {0};
        unit_assert_ok(sch_hash_init(&hash));
        unit_assert_ok(sch_hash_update(&hash, two_blocks_text, cut));
        unit_assert_ok(sch_hash_update(&hash, two_blocks_text + cut, strlen(two_blocks_text) - cut));
        unit_assert_ok(sch_hash_finish(&hash, out));
        unit_assert_hex(out, sizeof out, two_blocks);
        sch_hash_clear(&hash);
    }
    assert_int_equal(cuts, 57);
}

static void test_update_outside_start_and_end_is_a_bug(void **state)
{
    (void)state;
    uint8_t out[SCH_SHA256_BYTES];
    sch_hash hash = {0};
    unit_assert_code(sch_hash_update(&hash, "a", 1), SCH_BUG);
    unit_assert_code(sch_hash_finish(&hash, out), SCH_BUG);
    unit_assert_ok(sch_hash_init(&hash));
    unit_assert_ok(sch_hash_finish(&hash, out));
    unit_assert_hex(out, sizeof out, empty);
    unit_assert_code(sch_hash_update(&hash, "a", 1), SCH_BUG);
    unit_assert_code(sch_hash_finish(&hash, out), SCH_BUG);
    sch_hash_clear(&hash);
}

/* ---- BLAKE2b-256 ---- */

static void test_blake2b_known_messages_agree(void **state)
{
    (void)state;
    uint8_t out[SCH_BLAKE2B_BYTES];
    unit_assert_ok(sch_hash_blake2b(out, NULL, 0, NULL, 0));
    unit_assert_hex(out, sizeof out, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    unit_assert_ok(sch_hash_blake2b(out, NULL, 0, "abc", 3));
    unit_assert_hex(out, sizeof out, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

/* RFC 7693, appendix E: a sequence of bytes that looks random. */
static void fill_sequence(uint8_t *out, size_t bytes, uint32_t seed)
{
    uint32_t a = 0xDEAD4BAD * seed, b = 1;
    for (size_t i = 0; i < bytes; i++) {
        uint32_t t = a + b;
        a = b;
        b = t;
        out[i] = (uint8_t)(t >> 24);
    }
}

/* The self-test of RFC 7693, appendix E, for hashes of 32 bytes without a key: the hash of the hashes of its messages,
 * each cut in two at every 7th place. */
static void test_blake2b_self_test_agrees_however_it_is_cut(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 3, 128, 129, 255, 1024};
    uint8_t message[1024], hashes[6 * SCH_BLAKE2B_BYTES], out[SCH_BLAKE2B_BYTES];
    size_t cuts = 0;
    for (size_t i = 0; i < 6; i++) {
        uint8_t *hash = hashes + i * SCH_BLAKE2B_BYTES;
        fill_sequence(message, sizes[i], (uint32_t)sizes[i]);
        unit_assert_ok(sch_hash_blake2b(hash, NULL, 0, message, sizes[i]));
        for (size_t cut = 0; cut <= sizes[i]; cut += 7, cuts++) {
            unit_assert_ok(sch_hash_blake2b(out, message, cut, message + cut, sizes[i] - cut));
            assert_memory_equal(out, hash, sizeof out);
        }
    }
    assert_int_equal(cuts, 1 + 1 + 19 + 19 + 37 + 147);
    unit_assert_ok(sch_hash_blake2b(out, NULL, 0, hashes, sizeof hashes));
    unit_assert_hex(out, sizeof out, "4f115497d72f1ccb3d237329babe50880012733139e76a227f62b1ee64cd03e4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_known_messages_agree),
        cmocka_unit_test(test_update_in_pieces_equals_the_whole),
        cmocka_unit_test(test_update_outside_start_and_end_is_a_bug),
        cmocka_unit_test(test_blake2b_known_messages_agree),
        cmocka_unit_test(test_blake2b_self_test_agrees_however_it_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
