/* HELLO and ACK as bytes: what is encoded comes back, and nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/hello.h"

static void assert_err(sch_err err, sch_code code)
{
    if (err.code != code) {
        fail_msg("expected %s, got %s (%s)", sch_code_name(code), sch_code_name(err.code), err.text);
    }
}

static sch_hello example(void)
{
    sch_hello hello = {.version = 1, .kind = SCH_CONNECTION_BULK, .from = "alpha", .to = "beta"};
    memset(hello.signature, 5, sizeof hello.signature);
    return hello;
}

static void encode(sch_buf *out, const sch_hello *hello)
{
    out->bytes = 0;
    assert_err(sch_hello_encode(out, hello), SCH_OK);
}

static void test_hello_decode_what_was_encoded_is_equal(void **state)
{
    (void)state;
    sch_buf bytes = {0};
    unsigned rounds = 0;
    for (uint32_t answer = 0; answer < SCH_HELLO_ANSWERS; answer++) {
        for (uint32_t kind = 1; kind <= 3; kind++) {
            sch_hello hello = example();
            sch_hello back;
            hello.kind = (sch_connection_kind)kind;
            hello.answer = (sch_hello_answer)answer;
            hello.has_psk_check = answer == SCH_HELLO_ACCEPTED;
            memset(hello.psk_check, hello.has_psk_check ? 3 : 0, sizeof hello.psk_check);
            if (answer > SCH_HELLO_ACCEPTED) {
                memset(hello.signature, 0, sizeof hello.signature);
            }
            encode(&bytes, &hello);
            assert_err(sch_hello_decode(&back, bytes.data, bytes.bytes), SCH_OK);
            assert_int_equal(back.version, 1);
            assert_int_equal(back.kind, kind);
            assert_int_equal(back.answer, answer);
            assert_string_equal(back.from, "alpha");
            assert_string_equal(back.to, "beta");
            assert_int_equal(back.has_psk_check, hello.has_psk_check);
            assert_memory_equal(back.psk_check, hello.psk_check, sizeof back.psk_check);
            assert_memory_equal(back.signature, hello.signature, sizeof back.signature);
            rounds++;
        }
    }
    assert_int_equal(rounds, 18);
    sch_buf_clear(&bytes);
}

static void test_hello_encode_field_out_of_range_is_bug(void **state)
{
    (void)state;
    sch_buf bytes = {0};
    sch_hello hello = example();
    (void)snprintf(hello.from, sizeof hello.from, "Alpha");
    assert_err(sch_hello_encode(&bytes, &hello), SCH_BUG);
    hello = example();
    hello.to[0] = 0;
    assert_err(sch_hello_encode(&bytes, &hello), SCH_BUG);
    hello = example();
    hello.kind = (sch_connection_kind)9;
    assert_err(sch_hello_encode(&bytes, &hello), SCH_BUG);
    hello = example();
    hello.answer = SCH_HELLO_ANSWERS;
    assert_err(sch_hello_encode(&bytes, &hello), SCH_BUG);
    assert_int_equal(bytes.bytes, 0);
    sch_buf_clear(&bytes);
}

static void test_hello_decode_every_cut_is_bad_peer(void **state)
{
    (void)state;
    sch_buf bytes = {0};
    sch_hello hello = example();
    sch_hello back;
    encode(&bytes, &hello);
    unsigned refused = 0;
    for (size_t cut = 0; cut < bytes.bytes; cut++) {
        assert_err(sch_hello_decode(&back, bytes.data, cut), SCH_BAD_PEER);
        assert_int_equal(back.version, 0);
        refused++;
    }
    assert_int_equal(refused, bytes.bytes);
    sch_buf_clear(&bytes);
}

/* Each is a change to the example's bytes that has to be refused. */
static void test_hello_decode_altered_fields_are_bad_peer(void **state)
{
    (void)state;
    sch_buf bytes = {0};
    sch_hello hello = example();
    sch_hello back;
    encode(&bytes, &hello);
    /* 08 01  10 02  22 05 alpha  2a 04 beta  3a 40 signature: the answer, 0, is not written */
    assert_int_equal(bytes.data[3], 2);
    bytes.data[3] = 4; /* kind */
    assert_err(sch_hello_decode(&back, bytes.data, bytes.bytes), SCH_BAD_PEER);
    bytes.data[3] = 2;
    assert_int_equal(bytes.data[6], 'a');
    bytes.data[6] = 'A'; /* a name */
    assert_err(sch_hello_decode(&back, bytes.data, bytes.bytes), SCH_BAD_PEER);
    bytes.data[6] = 0;
    assert_err(sch_hello_decode(&back, bytes.data, bytes.bytes), SCH_BAD_PEER);
    bytes.data[6] = 'a';
    assert_err(sch_hello_decode(&back, bytes.data, bytes.bytes), SCH_OK);
    static const uint8_t unknown[] = {0x40, 0x01};
    assert_err(sch_buf_append(&bytes, unknown, sizeof unknown), SCH_OK);
    assert_err(sch_hello_decode(&back, bytes.data, bytes.bytes), SCH_BAD_PEER);
    sch_buf_clear(&bytes);
}

static void test_hello_decode_sizes_of_byte_fields_are_checked(void **state)
{
    (void)state;
    static const uint8_t start[] = {0x08, 1, 0x10, 2, 0x22, 1, 'a', 0x2a, 1, 'b'};
    static const uint8_t zero[600];
    sch_hello back;
    sch_buf bytes = {0};
    unsigned refused = 0;
    for (uint8_t size = 1; size < 100; size++) {
        bytes.bytes = 0;
        uint8_t head[2] = {0x3a, size};
        assert_err(sch_buf_append(&bytes, start, sizeof start), SCH_OK);
        assert_err(sch_buf_append(&bytes, head, sizeof head), SCH_OK);
        assert_err(sch_buf_append(&bytes, zero, size), SCH_OK);
        assert_err(sch_hello_decode(&back, bytes.data, bytes.bytes), size == 64 ? SCH_OK : SCH_BAD_PEER);
        refused++;
    }
    assert_int_equal(refused, 99);
    /* a call without a signature, a check of 31 bytes, a refusal that is signed */
    assert_err(sch_hello_decode(&back, start, sizeof start), SCH_BAD_PEER);
    static const uint8_t check[] = {0x32, 31};
    bytes.bytes = sizeof start;
    assert_err(sch_buf_append(&bytes, check, sizeof check), SCH_OK);
    assert_err(sch_buf_append(&bytes, zero, 31), SCH_OK);
    assert_err(sch_buf_append(&bytes, (const uint8_t[]){0x3a, 64}, 2), SCH_OK);
    assert_err(sch_buf_append(&bytes, zero, 64), SCH_OK);
    assert_err(sch_hello_decode(&back, bytes.data, bytes.bytes), SCH_BAD_PEER);
    assert_err(sch_hello_decode(&back, zero, sizeof zero), SCH_BAD_PEER);
    sch_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_decode_what_was_encoded_is_equal),
        cmocka_unit_test(test_hello_encode_field_out_of_range_is_bug),
        cmocka_unit_test(test_hello_decode_every_cut_is_bad_peer),
        cmocka_unit_test(test_hello_decode_altered_fields_are_bad_peer),
        cmocka_unit_test(test_hello_decode_sizes_of_byte_fields_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
