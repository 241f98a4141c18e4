/* Requests' signatures and holders' sealed shares. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/base/secret.h"
#include "proto/parts.h"
#include "proto/sealed.h"

typedef struct keys {
    uint8_t sign_public[SCH_SIGN_PUBLIC_BYTES], sign_secret[SCH_SIGN_SECRET_BYTES];
    uint8_t box_public[SCH_EXCHANGE_PUBLIC_BYTES], box_secret[SCH_EXCHANGE_SECRET_BYTES];
} keys;

static keys KEYS;

static int setup(void **state)
{
    (void)state;
    assert_int_equal(sch_secret_start().code, SCH_OK);
    assert_int_equal(sch_sign_keypair(KEYS.sign_public, KEYS.sign_secret).code, SCH_OK);
    assert_int_equal(sch_exchange_keypair(KEYS.box_public, KEYS.box_secret).code, SCH_OK);
    return 0;
}

static void test_request_bytes_verify_any_bit_changed_is_denied(void **state)
{
    (void)state;
    uint8_t bytes[40];
    uint8_t signature[SCH_SIGN_BYTES];
    unsigned tried = 0;
    sch_random_fill(bytes, sizeof bytes);
    assert_int_equal(sch_request_bytes_sign(signature, bytes, sizeof bytes, KEYS.sign_secret).code, SCH_OK);
    assert_int_equal(sch_request_bytes_verify(signature, bytes, sizeof bytes, KEYS.sign_public).code, SCH_OK);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(sch_request_bytes_verify(signature, bytes, sizeof bytes, KEYS.sign_public).code, SCH_DENIED);
        bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        tried++;
    }
    assert_int_equal(tried, 320);
    /* A signature on the bare bytes is none on a request. */
    assert_int_equal(sch_sign_message(signature, bytes, sizeof bytes, KEYS.sign_secret).code, SCH_OK);
    assert_int_equal(sch_request_bytes_verify(signature, bytes, sizeof bytes, KEYS.sign_public).code, SCH_DENIED);
}

enum { COLUMNS = 3, CELLS = 5, WORDS = COLUMNS * CELLS };

static void seal(sch_buf *sealed, uint8_t signature[SCH_SIGN_BYTES], uint64_t values[WORDS], uint64_t states[WORDS])
{
    sch_shares shares = {.holder = 1,
                         .show_zero = true,
                         .min_persons = 10,
                         .columns = COLUMNS,
                         .cells = CELLS,
                         .values = values,
                         .states = states};
    memset(shares.request_hash, 1, SCH_HASH_BYTES);
    memset(shares.plan_hash, 2, SCH_HASH_BYTES);
    sch_random_fill(values, WORDS * 8);
    sch_random_fill(states, WORDS * 8);
    assert_int_equal(sch_shares_seal(sealed, signature, &shares, KEYS.box_public, KEYS.sign_secret).code, SCH_OK);
}

static sch_code open_with(sch_shares *out, const sch_buf *sealed, const uint8_t *signature, uint8_t request_byte)
{
    uint8_t request_hash[SCH_HASH_BYTES];
    memset(request_hash, request_byte, sizeof request_hash);
    return sch_shares_open(out, sealed->data, sealed->bytes, signature, request_hash, KEYS.sign_public, KEYS.box_public,
                           KEYS.box_secret)
        .code;
}

static void test_shares_open_sealed_gives_what_was_sealed(void **state)
{
    (void)state;
    sch_buf sealed = {0};
    uint8_t signature[SCH_SIGN_BYTES];
    uint64_t values[WORDS], states[WORDS];
    sch_shares out = {0};
    seal(&sealed, signature, values, states);
    assert_int_equal(sealed.bytes, sch_shares_bytes(COLUMNS, CELLS));
    assert_int_equal(open_with(&out, &sealed, signature, 1), SCH_OK);
    assert_int_equal(out.holder, 1);
    assert_int_equal(out.min_persons, 10);
    assert_true(out.show_zero);
    assert_int_equal(out.columns, COLUMNS);
    assert_int_equal(out.cells, CELLS);
    assert_memory_equal(out.values, values, sizeof values);
    assert_memory_equal(out.states, states, sizeof states);
    sch_shares_clear(&out);
    sch_buf_clear(&sealed);
}

static void test_shares_open_altered_or_of_another_request_is_refused(void **state)
{
    (void)state;
    sch_buf sealed = {0};
    uint8_t signature[SCH_SIGN_BYTES];
    uint64_t values[WORDS], states[WORDS];
    sch_shares out = {0};
    unsigned tried = 0;
    seal(&sealed, signature, values, states);
    assert_int_equal(open_with(&out, &sealed, signature, 9), SCH_BAD_PEER);
    for (size_t at = 0; at < sealed.bytes; at += 7) {
        sealed.data[at] ^= 0x10;
        assert_int_equal(open_with(&out, &sealed, signature, 1), SCH_BAD_PEER);
        assert_null(out.values);
        sealed.data[at] ^= 0x10;
        tried++;
    }
    assert_true(tried > 40);
    signature[3] ^= 1;
    assert_int_equal(open_with(&out, &sealed, signature, 1), SCH_BAD_PEER);
    sch_buf_clear(&sealed);
}

static void test_shares_decode_every_cut_is_refused(void **state)
{
    (void)state;
    uint8_t data[88 + 16] = "SCHSHR01";
    sch_shares out = {0};
    data[74] = 1; /* one column, */
    data[76] = 1; /* one cell */
    assert_int_equal(sch_shares_decode(&out, data, sizeof data).code, SCH_OK);
    sch_shares_clear(&out);
    for (size_t bytes = 0; bytes < sizeof data; bytes++) {
        assert_int_equal(sch_shares_decode(&out, data, bytes).code, SCH_BAD_PEER);
        sch_shares_clear(&out);
    }
    data[72] = 1;
    assert_int_equal(sch_shares_decode(&out, data, sizeof data).code, SCH_OK);
    sch_shares_clear(&out);
    data[72] = 2; /* there are two holders */
    assert_int_equal(sch_shares_decode(&out, data, sizeof data).code, SCH_BAD_PEER);
    sch_shares_clear(&out);
}

/* Cuts `bytes` random bytes and puts them together again. */
static void cut_and_join(size_t bytes)
{
    sch_buf whole = {0};
    sch_parts parts = {0};
    sch_control control = {0};
    assert_int_equal(sch_buf_reserve(&whole, bytes).code, SCH_OK);
    sch_random_fill(whole.data, bytes);
    whole.bytes = bytes;
    control.parts = sch_parts_count(bytes);
    for (; control.part < control.parts; control.part++) {
        assert_false(sch_parts_complete(&parts));
        assert_int_equal(sch_parts_cut(&control, &whole).code, SCH_OK);
        assert_in_range(control.bytes.bytes, 1, SCH_PART_BYTES);
        assert_int_equal(sch_parts_take(&parts, &control, bytes).code, SCH_OK);
    }
    assert_true(sch_parts_complete(&parts));
    assert_int_equal(parts.bytes.bytes, bytes);
    assert_memory_equal(parts.bytes.data, whole.data, bytes);
    sch_control_clear(&control);
    sch_parts_clear(&parts);
    assert_false(sch_parts_complete(&parts));
    sch_buf_clear(&whole);
}

static void test_parts_take_what_was_cut_gives_the_whole(void **state)
{
    (void)state;
    cut_and_join(1);
    cut_and_join(SCH_PART_BYTES);
    cut_and_join(SCH_PART_BYTES + 1);
    cut_and_join(5 * SCH_PART_BYTES - 7);
}

static void test_parts_take_out_of_order_or_too_much_is_bad_peer(void **state)
{
    (void)state;
    sch_parts parts = {0};
    sch_control control = {.part = 1, .parts = 3};
    assert_int_equal(sch_buf_append(&control.bytes, "12345678", 8).code, SCH_OK);
    assert_int_equal(sch_parts_take(&parts, &control, 100).code, SCH_BAD_PEER); /* not the first */
    control.part = 0;
    assert_int_equal(sch_parts_take(&parts, &control, 7).code, SCH_BAD_PEER); /* too much */
    assert_int_equal(sch_parts_take(&parts, &control, 15).code, SCH_OK);
    assert_int_equal(sch_parts_take(&parts, &control, 15).code, SCH_BAD_PEER); /* again */
    control.part = 1;
    assert_int_equal(sch_parts_take(&parts, &control, 15).code, SCH_BAD_PEER); /* too much in all */
    control.parts = 2;
    assert_int_equal(sch_parts_take(&parts, &control, 100).code, SCH_BAD_PEER); /* another number of parts */
    control.parts = 3;
    assert_int_equal(sch_parts_take(&parts, &control, 16).code, SCH_OK);
    assert_false(sch_parts_complete(&parts));
    sch_control_clear(&control);
    sch_parts_clear(&parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_bytes_verify_any_bit_changed_is_denied),
        cmocka_unit_test(test_shares_open_sealed_gives_what_was_sealed),
        cmocka_unit_test(test_shares_open_altered_or_of_another_request_is_refused),
        cmocka_unit_test(test_shares_decode_every_cut_is_refused),
        cmocka_unit_test(test_parts_take_what_was_cut_gives_the_whole),
        cmocka_unit_test(test_parts_take_out_of_order_or_too_much_is_bad_peer),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
