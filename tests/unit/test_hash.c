/* SHA-256 against the examples of FIPS 180-4. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_known_messages_agree),
        cmocka_unit_test(test_update_in_pieces_equals_the_whole),
        cmocka_unit_test(test_update_outside_start_and_end_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
