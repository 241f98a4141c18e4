#include "tests/support/unit.h"

#include "crypto/base/secret.h"
#include "crypto/prim/seal.h"

static void test_open_sealed_message_of_any_size_comes_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 47, 48, 1000, 3 << 20};
    uint8_t public_key[32], secret_key[32];
    unit_assert_ok(sch_exchange_keypair(public_key, secret_key));
    size_t done = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++, done++) {
        sch_buf message = {0}, sealed = {0}, opened = {0};
        unit_assert_ok(sch_buf_reserve(&message, sizes[i] + 1));
        sch_random_fill(message.data, sizes[i]);
        message.bytes = sizes[i];
        unit_assert_ok(sch_buf_append_text(&sealed, "front"));
        unit_assert_ok(sch_seal_message(&sealed, message.data, message.bytes, public_key));
        assert_int_equal(sealed.bytes, 5 + sizes[i] + SCH_SEAL_EXTRA_BYTES);
        unit_assert_ok(sch_seal_open(&opened, sealed.data + 5, sealed.bytes - 5, public_key, secret_key));
        assert_int_equal(opened.bytes, sizes[i]);
        if (sizes[i] > 0) {
            assert_memory_equal(opened.data, message.data, sizes[i]);
        }
        sch_buf_clear(&message);
        sch_buf_clear(&sealed);
        sch_buf_clear(&opened);
    }
    assert_int_equal(done, 6);
}

static void test_open_altered_cut_or_for_another_is_a_bad_peer(void **state)
{
    (void)state;
    uint8_t public_key[2][32], secret_key[2][32];
    unit_assert_ok(sch_exchange_keypair(public_key[0], secret_key[0]));
    unit_assert_ok(sch_exchange_keypair(public_key[1], secret_key[1]));
    sch_buf sealed = {0}, opened = {0};
    unit_assert_ok(sch_seal_message(&sealed, "shares", 6, public_key[0]));
    size_t refused = 0;
    for (size_t i = 0; i < sealed.bytes; i++, refused++) {
        sealed.data[i] ^= 1;
        unit_assert_code(sch_seal_open(&opened, sealed.data, sealed.bytes, public_key[0], secret_key[0]), SCH_BAD_PEER);
        sealed.data[i] ^= 1;
        unit_assert_code(sch_seal_open(&opened, sealed.data, i, public_key[0], secret_key[0]), SCH_BAD_PEER);
    }
    assert_int_equal(refused, 54);
    unit_assert_code(sch_seal_open(&opened, sealed.data, sealed.bytes, public_key[1], secret_key[1]), SCH_BAD_PEER);
    assert_int_equal(opened.bytes, 0);
    sch_buf_clear(&sealed);
    sch_buf_clear(&opened);
}

static void test_message_low_order_key_is_a_bad_peer(void **state)
{
    (void)state;
    const uint8_t public_key[32] = {0};
    sch_buf sealed = {0};
    unit_assert_code(sch_seal_message(&sealed, "shares", 6, public_key), SCH_BAD_PEER);
    assert_int_equal(sealed.bytes, 0);
    sch_buf_clear(&sealed);
}

static int start(void **state)
{
    (void)state;
    return sch_failed(sch_secret_start()) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_sealed_message_of_any_size_comes_back),
        cmocka_unit_test(test_open_altered_cut_or_for_another_is_a_bad_peer),
        cmocka_unit_test(test_message_low_order_key_is_a_bad_peer),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
