/* One connection: TLS 1.3 with AES-256-GCM, keys that change, the inner layer, and the bound before the greeting. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/base/clock.h"
#include "node/net/auth.h"
#include "node/net/conn.h"
#include "node/net/inner.h"
#include "tests/support/test_mesh.h"

static sch_test_net net;

/* A pair of connected ends. The answerer's part runs in a thread. */
typedef struct pair {
    sch_tls caller_tls, answerer_tls;
    nng_stream_listener *listener;
    nng_aio *aio;
    sch_conn *caller, *answerer;
    sch_err answerer_err;
} pair;

static pair ends;

static uint64_t deadline(void)
{
    return sch_clock_ns() + UINT64_C(10000000000);
}

static void assert_err(sch_err err, sch_code code)
{
    if (err.code != code) {
        fail_msg("expected %s, got %s (%s)", sch_code_name(code), sch_code_name(err.code), err.text);
    }
}

static void *answer(void *context)
{
    pair *p = context;
    nng_stream_listener_accept(p->listener, p->aio);
    nng_aio_wait(p->aio);
    p->answerer_err = nng_aio_result(p->aio) == 0
                          ? sch_conn_new_answerer(&p->answerer, &p->answerer_tls, nng_aio_get_output(p->aio, 0))
                          : sch_fail(SCH_IO, "accept");
    if (!sch_failed(p->answerer_err)) {
        p->answerer_err = sch_conn_open(p->answerer, deadline());
    }
    return NULL;
}

/* rekey: after how many records the keys change. */
static void open_pair(uint64_t rekey)
{
    sch_detail detail = {0};
    pthread_t thread;
    char url[64];
    memset(&ends, 0, sizeof ends);
    sch_test_keys *one = &net.node[0].keys;
    sch_test_keys *two = &net.node[1].keys;
    assert_err(sch_tls_init(&ends.caller_tls, one->certificate_file, one->tls_key_file, &detail), SCH_OK);
    assert_err(sch_tls_init(&ends.answerer_tls, two->certificate_file, two->tls_key_file, &detail), SCH_OK);
    ends.caller_tls.rekey_records = rekey;
    (void)snprintf(url, sizeof url, "tcp://%s", net.node[1].address);
    assert_int_equal(nng_stream_listener_alloc(&ends.listener, url), 0);
    assert_int_equal(nng_stream_listener_listen(ends.listener), 0);
    assert_int_equal(nng_aio_alloc(&ends.aio, NULL, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, answer, &ends), 0);
    assert_err(sch_conn_new_caller(&ends.caller, &ends.caller_tls, net.node[1].address), SCH_OK);
    assert_err(sch_conn_open(ends.caller, deadline()), SCH_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_err(ends.answerer_err, SCH_OK);
}

static int prepare(void **state)
{
    (void)state;
    sch_test_net_prepare(&net);
    open_pair(SCH_TLS_REKEY_RECORDS);
    return 0;
}

static int prepare_rekeying(void **state)
{
    (void)state;
    sch_test_net_prepare(&net);
    open_pair(3);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    sch_conn_release(ends.caller);
    sch_conn_release(ends.answerer);
    nng_stream_listener_close(ends.listener);
    nng_aio_free(ends.aio);
    nng_stream_listener_free(ends.listener);
    sch_tls_clear(&ends.caller_tls);
    sch_tls_clear(&ends.answerer_tls);
    sch_test_net_clear(&net);
    return 0;
}

static void test_conn_open_uses_tls_1_3_and_gives_the_pins(void **state)
{
    (void)state;
    uint8_t pin[SCH_PIN_BYTES];
    assert_string_equal(sch_conn_cipher(ends.caller), "TLS_AES_256_GCM_SHA384");
    assert_err(sch_conn_peer_pin(ends.caller, pin), SCH_OK);
    assert_memory_equal(pin, net.node[1].keys.pin, sizeof pin);
    assert_err(sch_conn_peer_pin(ends.answerer, pin), SCH_OK);
    assert_memory_equal(pin, net.node[0].keys.pin, sizeof pin);
}

static void test_conn_export_is_equal_at_both_ends_and_differs_by_label(void **state)
{
    (void)state;
    uint8_t one[SCH_KEY_BYTES];
    uint8_t two[SCH_KEY_BYTES];
    assert_err(sch_conn_export(ends.caller, one, "EXPORTER-schakel-test-1"), SCH_OK);
    assert_err(sch_conn_export(ends.answerer, two, "EXPORTER-schakel-test-1"), SCH_OK);
    assert_memory_equal(one, two, sizeof one);
    assert_err(sch_conn_export(ends.answerer, two, "EXPORTER-schakel-test-2"), SCH_OK);
    assert_memory_not_equal(one, two, sizeof one);
}

/* ---- bytes through a pair ---- */

enum { TRANSFER_BYTES = 5 << 20 };

static void *write_all(void *context)
{
    const uint8_t *data = context;
    static const uint8_t head[3] = {1, 2, 3};
    size_t sizes[] = {0, 1, 16381, 16382, 100000, 1 << 20};
    size_t done = 0;
    bool ok = true;
    for (size_t i = 0; ok && done < TRANSFER_BYTES; i++) {
        size_t size = sizes[i % 6] < TRANSFER_BYTES - done ? sizes[i % 6] : TRANSFER_BYTES - done;
        ok = !sch_failed(sch_conn_write(ends.caller, head, sizeof head, data + done, size));
        done += size;
    }
    return ok ? context : NULL;
}

static void transfer(void)
{
    static uint8_t data[TRANSFER_BYTES];
    static uint8_t got[1 << 20];
    static const uint8_t head[3] = {1, 2, 3};
    size_t sizes[] = {0, 1, 16381, 16382, 100000, 1 << 20};
    pthread_t thread;
    void *result = NULL;
    sch_random_fill(data, sizeof data);
    assert_int_equal(pthread_create(&thread, NULL, write_all, data), 0);
    size_t done = 0;
    for (size_t i = 0; done < TRANSFER_BYTES; i++) {
        size_t size = sizes[i % 6] < TRANSFER_BYTES - done ? sizes[i % 6] : TRANSFER_BYTES - done;
        assert_err(sch_conn_read_exactly(ends.answerer, got, sizeof head, deadline()), SCH_OK);
        assert_memory_equal(got, head, sizeof head);
        assert_err(sch_conn_read_exactly(ends.answerer, got, size, deadline()), SCH_OK);
        assert_memory_equal(got, data + done, size);
        done += size;
    }
    assert_int_equal(done, TRANSFER_BYTES);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_non_null(result);
}

static void test_conn_write_arrives(void **state)
{
    (void)state;
    assert_err(sch_conn_authenticated(ends.caller, NULL, true), SCH_OK);
    assert_err(sch_conn_authenticated(ends.answerer, NULL, true), SCH_OK);
    transfer();
    assert_true(sch_conn_wire_bytes(ends.caller, 16384) == 16384 + 22);
    assert_true(sch_conn_wire_bytes(ends.caller, 16385) == 16385 + 44);
}

static void test_conn_write_with_psk_arrives(void **state)
{
    (void)state;
    static const uint8_t psk[SCH_KEY_BYTES] = {9};
    assert_err(sch_conn_authenticated(ends.caller, psk, true), SCH_OK);
    assert_err(sch_conn_authenticated(ends.answerer, psk, true), SCH_OK);
    transfer();
    assert_true(sch_conn_wire_bytes(ends.caller, 10) == 10 + 22 + SCH_INNER_EXTRA_BYTES);
}

static void test_conn_read_other_psk_is_bad_peer(void **state)
{
    (void)state;
    static const uint8_t one[SCH_KEY_BYTES] = {1};
    static const uint8_t two[SCH_KEY_BYTES] = {2};
    const uint8_t *data = NULL;
    size_t bytes = 0;
    assert_err(sch_conn_authenticated(ends.caller, one, false), SCH_OK);
    assert_err(sch_conn_authenticated(ends.answerer, two, false), SCH_OK);
    assert_err(sch_conn_write(ends.caller, one, 4, NULL, 0), SCH_OK);
    assert_err(sch_conn_read(ends.answerer, &data, &bytes, 5000), SCH_BAD_PEER);
}

static void test_conn_read_without_inner_layer_of_the_other_is_bad_peer(void **state)
{
    (void)state;
    static const uint8_t psk[SCH_KEY_BYTES] = {1};
    static const uint8_t noise[64] = {40, 0, 1, 2, 3};
    const uint8_t *data = NULL;
    size_t bytes = 0;
    assert_err(sch_conn_authenticated(ends.caller, NULL, false), SCH_OK);
    assert_err(sch_conn_authenticated(ends.answerer, psk, false), SCH_OK);
    assert_err(sch_conn_write(ends.caller, noise, sizeof noise, NULL, 0), SCH_OK);
    assert_err(sch_conn_read(ends.answerer, &data, &bytes, 5000), SCH_BAD_PEER);
}

/* The keys change every three records, thousands of times, and nothing is lost. */
static void test_conn_write_keys_change(void **state)
{
    (void)state;
    assert_err(sch_conn_authenticated(ends.caller, NULL, true), SCH_OK);
    assert_err(sch_conn_authenticated(ends.answerer, NULL, true), SCH_OK);
    transfer();
}

static void test_conn_read_too_much_before_authentication_is_bad_peer(void **state)
{
    (void)state;
    static uint8_t data[128 << 10];
    static const uint8_t head[1] = {0};
    assert_err(sch_conn_write(ends.caller, head, 1, data, sizeof data), SCH_OK);
    sch_err err = SCH_NONE;
    size_t total = 0;
    while (!sch_failed(err)) {
        const uint8_t *view = NULL;
        size_t bytes = 0;
        err = sch_conn_read(ends.answerer, &view, &bytes, 5000);
        total += sch_failed(err) ? 0 : bytes;
    }
    assert_err(err, SCH_BAD_PEER);
    assert_true(total > 0 && total < SCH_CONN_GREETING_BYTES);
}

static void test_conn_read_nothing_in_time_is_try_again_and_goes_on(void **state)
{
    (void)state;
    static const uint8_t head[4] = {1, 2, 3, 4};
    const uint8_t *data = NULL;
    size_t bytes = 0;
    assert_err(sch_conn_read(ends.answerer, &data, &bytes, 50), SCH_TRY_AGAIN);
    assert_err(sch_conn_write_if_idle(ends.caller, head, sizeof head), SCH_OK);
    assert_err(sch_conn_read(ends.answerer, &data, &bytes, 5000), SCH_OK);
    assert_int_equal(bytes, sizeof head);
    assert_memory_equal(data, head, sizeof head);
}

static void test_conn_read_after_farewell_is_io(void **state)
{
    (void)state;
    const uint8_t *data = NULL;
    size_t bytes = 0;
    sch_conn_farewell(ends.caller);
    sch_conn_shut(ends.caller);
    sch_conn_shut(ends.caller);
    assert_true(sch_conn_is_shut(ends.caller));
    sch_err err = sch_conn_read(ends.answerer, &data, &bytes, 5000);
    assert_err(err, SCH_IO);
    assert_string_equal(err.text, "the peer ended the connection");
    static const uint8_t head[1] = {0};
    assert_err(sch_conn_write(ends.caller, head, 1, NULL, 0), SCH_IO);
    assert_err(sch_conn_read(ends.caller, &data, &bytes, SCH_CONN_FOREVER), SCH_IO);
}

static void *read_forever(void *context)
{
    const uint8_t *data = NULL;
    size_t bytes = 0;
    sch_err err = sch_conn_read(ends.answerer, &data, &bytes, SCH_CONN_FOREVER);
    return err.code == SCH_IO ? context : NULL;
}

static void test_conn_shut_wakes_a_reader(void **state)
{
    (void)state;
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, read_forever, &ends), 0);
    struct timespec pause = {.tv_nsec = 50000000};
    (void)nanosleep(&pause, NULL);
    sch_conn_shut(ends.answerer);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_non_null(result);
}

/* ---- greetings ---- */

static void *hear(void *context)
{
    sch_auth_self self = {"beta", net.node[1].keys.identity_secret};
    sch_auth_book book = {.peer = net.node[1].peer, .peer_count = 2};
    sch_auth_caller caller;
    pair *p = context;
    p->answerer_err = sch_auth_hear(p->answerer, &self, &book, deadline(), &caller);
    if (!sch_failed(p->answerer_err)) {
        p->answerer_err = sch_auth_reply(p->answerer, &self, &caller, SCH_HELLO_ACCEPTED);
    }
    return NULL;
}

/* Sends a HELLO of the test's own making and gives what came back. */
static void greet_raw(sch_hello *hello, sch_hello *ack)
{
    pthread_t thread;
    sch_buf bytes = {0};
    uint8_t length[4];
    uint8_t answer_bytes[SCH_MAX_HELLO_BYTES];
    assert_err(sch_hello_encode(&bytes, hello), SCH_OK);
    sch_put_u32(length, (uint32_t)bytes.bytes);
    assert_int_equal(pthread_create(&thread, NULL, hear, &ends), 0);
    assert_err(sch_conn_write(ends.caller, length, 4, bytes.data, bytes.bytes), SCH_OK);
    assert_err(sch_conn_read_exactly(ends.caller, length, 4, deadline()), SCH_OK);
    size_t size = sch_get_u32(length);
    assert_true(size <= sizeof answer_bytes);
    assert_err(sch_conn_read_exactly(ends.caller, answer_bytes, size, deadline()), SCH_OK);
    assert_err(sch_hello_decode(ack, answer_bytes, size), SCH_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    sch_buf_clear(&bytes);
}

static void test_auth_call_and_hear_accept_each_other(void **state)
{
    (void)state;
    pthread_t thread;
    sch_auth_self self = {"alpha", net.node[0].keys.identity_secret};
    assert_int_equal(pthread_create(&thread, NULL, hear, &ends), 0);
    assert_err(sch_auth_call(ends.caller, &self, &net.node[0].peer[0], SCH_CONNECTION_BULK, deadline()), SCH_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_err(ends.answerer_err, SCH_OK);
}

static void test_auth_hear_other_version_is_answered_so(void **state)
{
    (void)state;
    sch_hello ack;
    sch_hello hello = {.version = 2, .kind = SCH_CONNECTION_CONTROL, .from = "alpha", .to = "beta"};
    greet_raw(&hello, &ack);
    assert_int_equal(ack.answer, SCH_HELLO_OTHER_VERSION);
    assert_err(ends.answerer_err, SCH_BAD_PEER);
}

static void test_auth_hear_signature_of_zeros_is_refused(void **state)
{
    (void)state;
    sch_hello ack;
    sch_hello hello = {.version = 1, .kind = SCH_CONNECTION_CONTROL, .from = "alpha", .to = "beta"};
    greet_raw(&hello, &ack);
    assert_int_equal(ack.answer, SCH_HELLO_REFUSED);
    assert_string_equal(ends.answerer_err.text, "its greeting is not signed with its identity key");
}

static void test_auth_hear_an_ack_instead_of_a_hello_is_refused(void **state)
{
    (void)state;
    sch_hello ack;
    sch_hello hello = {
        .version = 1, .kind = SCH_CONNECTION_CONTROL, .answer = SCH_HELLO_ACCEPTED, .from = "alpha", .to = "beta"};
    greet_raw(&hello, &ack);
    assert_int_equal(ack.answer, SCH_HELLO_REFUSED);
}

/* Answers with an ACK of the test's own making. */
static void *reply_raw(void *context)
{
    sch_hello *ack = context;
    uint8_t length[4];
    uint8_t bytes[SCH_MAX_HELLO_BYTES];
    sch_buf out = {0};
    bool ok = !sch_failed(sch_conn_read_exactly(ends.answerer, length, 4, deadline()));
    ok = ok && !sch_failed(sch_conn_read_exactly(ends.answerer, bytes, sch_get_u32(length), deadline()));
    ok = ok && !sch_failed(sch_hello_encode(&out, ack));
    sch_put_u32(length, (uint32_t)out.bytes);
    ok = ok && !sch_failed(sch_conn_write(ends.answerer, length, 4, out.data, out.bytes));
    sch_buf_clear(&out);
    return ok ? context : NULL;
}

static void expect_call(sch_hello *ack, sch_code code, const char *text)
{
    pthread_t thread;
    void *result = NULL;
    sch_auth_self self = {"alpha", net.node[0].keys.identity_secret};
    assert_int_equal(pthread_create(&thread, NULL, reply_raw, ack), 0);
    sch_err err = sch_auth_call(ends.caller, &self, &net.node[0].peer[0], SCH_CONNECTION_CONTROL, deadline());
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_non_null(result);
    assert_err(err, code);
    assert_string_equal(err.text, text);
}

static void test_auth_call_forged_ack_is_bad_peer(void **state)
{
    (void)state;
    sch_hello ack = {
        .version = 1, .kind = SCH_CONNECTION_CONTROL, .answer = SCH_HELLO_ACCEPTED, .from = "beta", .to = "alpha"};
    expect_call(&ack, SCH_BAD_PEER, "its greeting is not signed with its identity key");
    ack.kind = SCH_CONNECTION_BULK;
    expect_call(&ack, SCH_BAD_PEER, "its greeting is not an answer to ours");
}

static void test_auth_call_refusals_say_why(void **state)
{
    (void)state;
    sch_hello ack = {.version = 1, .kind = SCH_CONNECTION_CONTROL, .from = "beta", .to = "alpha"};
    ack.answer = SCH_HELLO_OTHER_VERSION;
    expect_call(&ack, SCH_BAD_PEER, "it speaks another version of the protocol");
    ack.answer = SCH_HELLO_OTHER_PSK;
    expect_call(&ack, SCH_DENIED, "the pre-shared keys differ");
    ack.answer = SCH_HELLO_BUSY;
    expect_call(&ack, SCH_TRY_AGAIN, "it has no room for another session");
    ack.answer = SCH_HELLO_CALL;
    expect_call(&ack, SCH_BAD_PEER, "its greeting answers nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_conn_open_uses_tls_1_3_and_gives_the_pins, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_export_is_equal_at_both_ends_and_differs_by_label, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_write_arrives, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_write_with_psk_arrives, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_read_other_psk_is_bad_peer, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_read_without_inner_layer_of_the_other_is_bad_peer, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_write_keys_change, prepare_rekeying, clear),
        cmocka_unit_test_setup_teardown(test_conn_read_too_much_before_authentication_is_bad_peer, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_read_nothing_in_time_is_try_again_and_goes_on, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_read_after_farewell_is_io, prepare, clear),
        cmocka_unit_test_setup_teardown(test_conn_shut_wakes_a_reader, prepare, clear),
        cmocka_unit_test_setup_teardown(test_auth_call_and_hear_accept_each_other, prepare, clear),
        cmocka_unit_test_setup_teardown(test_auth_hear_other_version_is_answered_so, prepare, clear),
        cmocka_unit_test_setup_teardown(test_auth_hear_signature_of_zeros_is_refused, prepare, clear),
        cmocka_unit_test_setup_teardown(test_auth_hear_an_ack_instead_of_a_hello_is_refused, prepare, clear),
        cmocka_unit_test_setup_teardown(test_auth_call_forged_ack_is_bad_peer, prepare, clear),
        cmocka_unit_test_setup_teardown(test_auth_call_refusals_say_why, prepare, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
