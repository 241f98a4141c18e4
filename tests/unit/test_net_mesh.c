/* The mesh: three nodes in one process come up, talk, refuse whom they do not know, and survive what strangers send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/ssl.h>

#include <cmocka.h>

#include "node/base/clock.h"
#include "node/net/auth.h"
#include "node/net/conn.h"
#include "tests/support/test_mesh.h"

static sch_test_net net;

static int open_net(void **state)
{
    *state = &net;
    sch_test_net_open(&net);
    return 0;
}

static int prepare_net(void **state)
{
    *state = &net;
    sch_test_net_prepare(&net);
    return 0;
}

static int clear_net(void **state)
{
    (void)state;
    sch_test_net_clear(&net);
    return 0;
}

static void pause_ms(unsigned ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&pause, NULL);
}

static void assert_err(sch_err err, sch_code code)
{
    if (err.code != code) {
        fail_msg("expected %s, got %s (%s)", sch_code_name(code), sch_code_name(err.code), err.text);
    }
}

/* ---- up and talking ---- */

static void test_mesh_open_three_nodes_talk_both_ways(void **state)
{
    (void)state;
    static uint8_t large[SCH_MAX_CONTROL_BYTES];
    memset(large, 7, sizeof large);
    unsigned sent = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            if (i != j) {
                assert_err(sch_mesh_send_control(net.node[i].mesh, sch_test_peer(i, j), large, 1), SCH_OK);
                assert_err(sch_mesh_send_control(net.node[i].mesh, sch_test_peer(i, j), large, sizeof large), SCH_OK);
                sent++;
            }
        }
    }
    assert_int_equal(sent, 6);
    for (size_t i = 0; i < 3; i++) {
        assert_true(sch_test_wait_messages(&net.node[i], 4));
        assert_int_equal(sch_test_message_bytes(&net.node[i]), 2 * (1 + SCH_MAX_CONTROL_BYTES));
        assert_int_equal(sch_test_count(&net.node[i], &net.node[i].ups), 2);
    }
}

static void test_mesh_send_control_size_out_of_range_is_bug(void **state)
{
    (void)state;
    static uint8_t large[SCH_MAX_CONTROL_BYTES + 1];
    assert_err(sch_mesh_send_control(net.node[0].mesh, sch_test_peer(0, 1), large, sizeof large), SCH_BUG);
    assert_err(sch_mesh_send_control(net.node[0].mesh, sch_test_peer(0, 1), large, 0), SCH_BUG);
}

static void test_mesh_send_control_unknown_peer_is_try_again(void **state)
{
    (void)state;
    uint8_t byte = 1;
    assert_err(sch_mesh_send_control(net.node[0].mesh, (sch_peer_id){77}, &byte, 1), SCH_TRY_AGAIN);
    assert_err(sch_mesh_send_control(net.node[0].mesh, (sch_peer_id){UINT32_C(0x80001234)}, &byte, 1), SCH_TRY_AGAIN);
    assert_false(sch_mesh_is_up(net.node[0].mesh, (sch_peer_id){77}));
    sch_detail why = {0};
    sch_mesh_why_down(net.node[0].mesh, (sch_peer_id){77}, &why);
    assert_string_equal(why.text, "there is no such node");
    sch_mesh_why_down(net.node[0].mesh, sch_test_peer(0, 1), &why);
    assert_string_equal(why.text, "");
}

static void test_mesh_exporter_is_equal_at_both_ends_and_differs_between_pairs(void **state)
{
    (void)state;
    uint8_t secret[3][3][SCH_KEY_BYTES] = {0};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            if (i != j) {
                assert_err(sch_mesh_exporter(net.node[i].mesh, sch_test_peer(i, j), secret[i][j]), SCH_OK);
            }
        }
    }
    assert_memory_equal(secret[0][1], secret[1][0], SCH_KEY_BYTES);
    assert_memory_equal(secret[0][2], secret[2][0], SCH_KEY_BYTES);
    assert_memory_equal(secret[1][2], secret[2][1], SCH_KEY_BYTES);
    assert_memory_not_equal(secret[0][1], secret[0][2], SCH_KEY_BYTES);
    assert_memory_not_equal(secret[0][1], secret[1][2], SCH_KEY_BYTES);
    assert_err(sch_mesh_exporter(net.node[0].mesh, (sch_peer_id){9}, secret[0][0]), SCH_TRY_AGAIN);
}

static void test_mesh_reopened_peer_comes_up_again_with_new_exporter(void **state)
{
    (void)state;
    uint8_t before[SCH_KEY_BYTES];
    uint8_t after[SCH_KEY_BYTES];
    assert_err(sch_mesh_exporter(net.node[0].mesh, sch_test_peer(0, 1), before), SCH_OK);
    sch_test_node_close(&net, 1);
    assert_true(sch_test_wait_up(&net, 0, 1, false));
    assert_true(sch_test_wait_up(&net, 2, 1, false));
    assert_true(sch_test_wait_why(&net, 0, 1, "connection refused"));
    uint8_t byte = 1;
    assert_err(sch_mesh_send_control(net.node[0].mesh, sch_test_peer(0, 1), &byte, 1), SCH_TRY_AGAIN);
    assert_err(sch_mesh_exporter(net.node[0].mesh, sch_test_peer(0, 1), after), SCH_TRY_AGAIN);
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_up(&net, 0, 1, true));
    assert_true(sch_test_wait_up(&net, 2, 1, true));
    assert_true(sch_test_wait_up(&net, 1, 0, true));
    assert_err(sch_mesh_exporter(net.node[0].mesh, sch_test_peer(0, 1), after), SCH_OK);
    assert_memory_not_equal(before, after, SCH_KEY_BYTES);
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].ups, 3));
    assert_int_equal(sch_test_count(&net.node[0], &net.node[0].downs), 1);
}

/* Both send more than the network holds from their handlers: none may wait for the other. */
static void test_mesh_handlers_that_send_much_do_not_block_each_other(void **state)
{
    (void)state;
    enum { PAGES = 400 };
    for (size_t i = 0; i < 3; i++) {
        net.node[i].greet_messages = PAGES;
    }
    for (size_t i = 0; i < 3; i++) {
        sch_test_node_open(&net, i);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(sch_test_wait_count(&net.node[i], &net.node[i].ups, 2));
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(sch_test_wait_messages(&net.node[i], 2 * PAGES));
        assert_int_equal(sch_test_message_bytes(&net.node[i]), 2ULL * PAGES * (48 << 10));
    }
    (void)pthread_mutex_lock(&net.node[1].lock);
    net.node[1].echo = true;
    (void)pthread_mutex_unlock(&net.node[1].lock);
    static uint8_t page[48 << 10];
    unsigned sent = 0;
    for (int i = 0; i < PAGES; i++) {
        sent += sch_failed(sch_mesh_send_control(net.node[0].mesh, sch_test_peer(0, 1), page, sizeof page)) ? 0 : 1;
    }
    assert_int_equal(sent, PAGES);
    assert_true(sch_test_wait_messages(&net.node[0], 3 * PAGES));
}

static void test_mesh_only_higher_name_has_address_comes_up(void **state)
{
    (void)state;
    net.node[0].peer[0].address = NULL; /* alpha waits for beta */
    sch_test_node_open(&net, 0);
    sch_detail why = {0};
    sch_mesh_why_down(net.node[0].mesh, sch_test_peer(0, 1), &why);
    assert_string_equal(why.text, "it has not called yet");
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_up(&net, 0, 1, true));
    assert_true(sch_test_wait_up(&net, 1, 0, true));
}

/* ---- refusing ---- */

static void test_mesh_open_other_pin_is_refused(void **state)
{
    (void)state;
    net.node[0].peer[0].tls_pin[0] ^= 1; /* alpha expects another key of beta */
    sch_test_node_open(&net, 0);
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_why(&net, 0, 1, "its TLS key is not the pinned one"));
    assert_true(sch_test_wait_event(&net.node[0], "beta", "its TLS key is not the pinned one"));
    assert_false(sch_mesh_is_up(net.node[0].mesh, sch_test_peer(0, 1)));
    assert_false(sch_mesh_is_up(net.node[1].mesh, sch_test_peer(1, 0)));
}

static void test_mesh_open_pin_of_caller_differs_is_refused(void **state)
{
    (void)state;
    net.node[1].peer[0].tls_pin[0] ^= 1; /* beta expects another key of alpha, who calls */
    net.node[1].peer[0].address = NULL;
    sch_test_node_open(&net, 0);
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_why(&net, 0, 1, "it does not accept us"));
    assert_true(sch_test_wait_why(&net, 1, 0, "its TLS key is not the pinned one"));
}

static void test_mesh_open_other_identity_is_refused(void **state)
{
    (void)state;
    memcpy(net.node[1].peer[0].identity, net.node[2].keys.identity, 32);
    net.node[1].peer[0].address = NULL;
    sch_test_node_open(&net, 0);
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_why(&net, 0, 1, "it does not accept us"));
    assert_true(sch_test_wait_why(&net, 1, 0, "its greeting is not signed with its identity key"));
}

static void test_mesh_open_identity_of_answerer_differs_is_refused(void **state)
{
    (void)state;
    memcpy(net.node[0].peer[0].identity, net.node[2].keys.identity, 32);
    sch_test_node_open(&net, 0);
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_why(&net, 0, 1, "its greeting is not signed with its identity key"));
    assert_false(sch_mesh_is_up(net.node[0].mesh, sch_test_peer(0, 1)));
}

static void test_mesh_open_unknown_name_is_refused(void **state)
{
    (void)state;
    net.node[1].peer_count = 0;
    sch_test_node_open(&net, 0);
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_why(&net, 0, 1, "it does not accept us"));
    assert_true(sch_test_wait_event(&net.node[1], "", "a caller's name is not known here"));
}

static void test_mesh_open_address_of_another_node_is_refused(void **state)
{
    (void)state;
    net.node[0].peer[0].address = net.node[2].address; /* calls gamma as beta */
    memcpy(net.node[0].peer[0].tls_pin, net.node[2].keys.pin, SCH_PIN_BYTES);
    net.node[0].peer_count = 1;
    net.node[2].peer[0].address = NULL;
    sch_test_node_open(&net, 0);
    sch_test_node_open(&net, 2);
    assert_true(sch_test_wait_why(&net, 0, 1, "it does not accept us"));
    assert_true(sch_test_wait_event(&net.node[2], "alpha", "it means to call another node"));
}

static void test_mesh_open_psk_differs_is_refused(void **state)
{
    (void)state;
    static const uint8_t one[SCH_KEY_BYTES] = {1};
    static const uint8_t two[SCH_KEY_BYTES] = {2};
    net.node[0].peer[0].psk = one;
    net.node[1].peer[0].psk = two;
    net.node[0].peer[1].psk = one; /* only at alpha, not at gamma */
    for (size_t i = 0; i < 3; i++) {
        sch_test_node_open(&net, i);
    }
    assert_true(sch_test_wait_why(&net, 0, 1, "the pre-shared keys differ"));
    assert_true(sch_test_wait_event(&net.node[1], "alpha", "the pre-shared keys differ"));
    assert_true(sch_test_wait_event(&net.node[2], "alpha", "only one side has a pre-shared key"));
    assert_false(sch_mesh_is_up(net.node[0].mesh, sch_test_peer(0, 1)));
    assert_true(sch_test_wait_up(&net, 1, 2, true));
}

static void test_mesh_open_psk_equal_comes_up_and_talks(void **state)
{
    (void)state;
    static const uint8_t psk[SCH_KEY_BYTES] = {1, 2, 3};
    net.node[0].peer[0].psk = psk;
    net.node[1].peer[0].psk = psk;
    sch_test_node_open(&net, 0);
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_up(&net, 0, 1, true));
    assert_true(sch_test_wait_up(&net, 1, 0, true));
    static uint8_t page[SCH_MAX_CONTROL_BYTES];
    assert_err(sch_mesh_send_control(net.node[0].mesh, sch_test_peer(0, 1), page, sizeof page), SCH_OK);
    assert_true(sch_test_wait_messages(&net.node[1], 1));
    assert_int_equal(sch_test_message_bytes(&net.node[1]), sizeof page);
}

/* ---- what open refuses ---- */

static sch_mesh_options options_of(size_t i)
{
    sch_test_node *node = &net.node[i];
    sch_mesh_options options = {
        .listen = node->address,
        .certificate_file = node->keys.certificate_file,
        .tls_key_file = node->keys.tls_key_file,
        .identity_secret = node->keys.identity_secret,
        .peer = node->peer,
        .peer_count = node->peer_count,
    };
    memcpy(options.name, node->name, sizeof options.name);
    return options;
}

static void assert_open_fails(const sch_mesh_options *options, sch_code code)
{
    sch_mesh *mesh = NULL;
    sch_detail detail = {0};
    assert_err(sch_mesh_open(&mesh, options, &detail), code);
    assert_null(mesh);
    assert_true(strlen(detail.text) > 0);
}

static void test_mesh_open_bad_options_are_refused(void **state)
{
    (void)state;
    sch_mesh_options options = options_of(0);
    options.listen = "nowhere";
    assert_open_fails(&options, SCH_BAD_INPUT);
    options = options_of(0);
    memcpy(options.name, "No Name", 8);
    assert_open_fails(&options, SCH_BAD_INPUT);
    options = options_of(0);
    options.certificate_file = "/nonexistent/tls.crt";
    assert_open_fails(&options, SCH_IO);
    options = options_of(0);
    options.certificate_file = options.tls_key_file;
    assert_open_fails(&options, SCH_BAD_INPUT);
    options = options_of(0);
    options.tls_key_file = net.node[1].keys.tls_key_file;
    assert_open_fails(&options, SCH_BAD_INPUT);
    net.node[0].peer[0].address = "no port here";
    options = options_of(0);
    assert_open_fails(&options, SCH_BAD_INPUT);
}

static void test_mesh_open_key_file_open_to_others_is_refused(void **state)
{
    (void)state;
    sch_mesh_options options = options_of(0);
    assert_int_equal(chmod(options.tls_key_file, S_IRUSR | S_IWUSR | S_IRGRP), 0);
    assert_open_fails(&options, SCH_BAD_INPUT);
}

static void test_mesh_open_address_in_use_is_io(void **state)
{
    (void)state;
    sch_test_node_open(&net, 0);
    sch_mesh_options options = options_of(1);
    options.listen = net.node[0].address;
    assert_open_fails(&options, SCH_IO);
}

static void test_mesh_open_and_close_fifty_rounds(void **state)
{
    (void)state;
    unsigned rounds = 0;
    for (unsigned round = 0; round < 50; round++) {
        for (size_t i = 0; i < 3; i++) {
            sch_test_node_open(&net, i);
        }
        if (round % 5 == 0) { /* else it closes in the middle of greetings */
            assert_true(sch_test_wait_up(&net, 0, 1, true) && sch_test_wait_up(&net, 1, 2, true));
        }
        for (size_t i = 0; i < 3; i++) {
            sch_test_node_close(&net, (i + round) % 3);
        }
        rounds++;
    }
    assert_int_equal(rounds, 50);
}

/* ---- strangers ---- */

static int connect_to(const char *address)
{
    unsigned port = (unsigned)strtoul(strchr(address, ':') + 1, NULL, 10);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&to, sizeof to), 0);
    return descriptor;
}

static void close_with_reset(int descriptor)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    (void)close(descriptor);
}

static void assert_serves(size_t i)
{
    sch_client *client = NULL;
    sch_detail detail = {0};
    sch_err err = sch_test_client_open(&net, i, &client, &detail);
    if (sch_failed(err)) {
        fail_msg("%s", detail.text);
    }
    sch_client_close(client);
}

static void test_mesh_garbage_from_strangers_does_not_stop_the_listener(void **state)
{
    (void)state;
    enum { CALLS = 500 };
    sch_test_node_open(&net, 0);
    unsigned calls = 0;
    for (unsigned i = 0; i < CALLS; i++) {
        int descriptor = connect_to(net.node[0].address);
        uint8_t noise[600];
        sch_random_fill(noise, sizeof noise);
        if (i % 4 == 1) { /* looks like a TLS record */
            memcpy(noise, "\x16\x03\x01\x02\x00\x01", 6);
        }
        if (i % 4 != 3) {
            (void)send(descriptor, noise, sizeof noise, MSG_NOSIGNAL);
        }
        if (i % 3 == 0) {
            (void)shutdown(descriptor, SHUT_WR); /* FIN, then RST */
        }
        if (i % 2 == 0) {
            close_with_reset(descriptor);
        } else {
            (void)close(descriptor);
        }
        calls++;
    }
    assert_int_equal(calls, CALLS);
    assert_serves(0);
    sch_test_node_open(&net, 1);
    assert_true(sch_test_wait_up(&net, 0, 1, true));
}

static void test_mesh_idle_strangers_are_evicted_and_the_listener_serves(void **state)
{
    (void)state;
    enum { IDLE = 100 };
    int descriptor[IDLE];
    sch_test_node_open(&net, 0);
    for (size_t i = 0; i < IDLE; i++) {
        descriptor[i] = connect_to(net.node[0].address);
    }
    uint64_t start = sch_clock_ns();
    assert_serves(0);
    assert_true(sch_clock_ns() - start < UINT64_C(4500) * 1000000); /* not by waiting for their five seconds */
    unsigned ended = 0;
    for (size_t i = 0; i < IDLE; i++) {
        struct timeval limit = {.tv_sec = 8};
        (void)setsockopt(descriptor[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        uint8_t byte;
        ended += recv(descriptor[i], &byte, 1, 0) == 0 ? 1 : 0;
        (void)close(descriptor[i]);
    }
    assert_int_equal(ended, IDLE);
}

static void test_mesh_tls_client_without_certificate_is_refused(void **state)
{
    (void)state;
    sch_test_node_open(&net, 0);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    int descriptor = connect_to(net.node[0].address);
    assert_int_equal(SSL_set_fd(ssl, descriptor), 1);
    assert_int_equal(SSL_connect(ssl), 1); /* as far as the client can see */
    uint8_t byte = 0;
    assert_true(SSL_read(ssl, &byte, 1) <= 0);
    assert_true(sch_test_wait_event(&net.node[0], "", "it showed no TLS certificate"));
    SSL_free(ssl);
    SSL_CTX_free(context);
    (void)close(descriptor);
    assert_serves(0);
}

static void test_mesh_tls_1_2_client_is_refused(void **state)
{
    (void)state;
    sch_test_node_open(&net, 0);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_int_equal(SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION), 1);
    SSL *ssl = SSL_new(context);
    int descriptor = connect_to(net.node[0].address);
    assert_int_equal(SSL_set_fd(ssl, descriptor), 1);
    assert_true(SSL_connect(ssl) <= 0);
    assert_true(sch_test_wait_event(&net.node[0], "", "it does not speak TLS 1.3"));
    SSL_free(ssl);
    SSL_CTX_free(context);
    (void)close(descriptor);
}

/* Two idle nodes keep their lines by heartbeats, while one who is authenticated and then silent is ended. */
static void test_mesh_silent_line_is_ended_and_idle_one_stays(void **state)
{
    (void)state;
    sch_tls tls;
    sch_conn *conn = NULL;
    sch_detail detail = {0};
    sch_test_node *beta = &net.node[1];
    sch_auth_self self = {beta->name, beta->keys.identity_secret};
    uint64_t deadline = sch_clock_ns() + UINT64_C(5000000000);
    net.node[0].peer[0].address = NULL; /* alpha does not call beta */
    sch_test_node_open(&net, 0);
    sch_test_node_open(&net, 2);
    assert_true(sch_test_wait_up(&net, 0, 2, true) && sch_test_wait_up(&net, 2, 0, true));
    assert_err(sch_tls_init(&tls, beta->keys.certificate_file, beta->keys.tls_key_file, &detail), SCH_OK);
    assert_err(sch_conn_new_caller(&conn, &tls, net.node[0].address), SCH_OK);
    assert_err(sch_conn_open(conn, deadline), SCH_OK);
    assert_err(sch_auth_call(conn, &self, &beta->peer[0], SCH_CONNECTION_CONTROL, deadline), SCH_OK);
    uint64_t start = sch_clock_ns();
    assert_true(sch_test_wait_why(&net, 0, 1, "it has been silent for too long"));
    assert_true(sch_clock_ns() - start > UINT64_C(14000000000));
    pause_ms(2000); /* longer than a silent line lives */
    assert_int_equal(sch_test_count(&net.node[0], &net.node[0].downs), 0);
    assert_int_equal(sch_test_count(&net.node[2], &net.node[2].downs), 0);
    sch_conn_shut(conn);
    sch_conn_release(conn);
    sch_tls_clear(&tls);
}

/* A node that the other one already has a line with calls again: the newer one counts. */
static void test_mesh_newest_connection_replaces_the_old(void **state)
{
    (void)state;
    sch_tls tls;
    sch_conn *conn = NULL;
    sch_detail detail = {0};
    sch_test_node *beta = &net.node[1];
    sch_auth_self self = {beta->name, beta->keys.identity_secret};
    uint64_t deadline = sch_clock_ns() + UINT64_C(5000000000);
    assert_err(sch_tls_init(&tls, beta->keys.certificate_file, beta->keys.tls_key_file, &detail), SCH_OK);
    assert_err(sch_conn_new_caller(&conn, &tls, net.node[0].address), SCH_OK);
    assert_err(sch_conn_open(conn, deadline), SCH_OK);
    assert_err(sch_auth_call(conn, &self, &beta->peer[0], SCH_CONNECTION_CONTROL, deadline), SCH_OK);
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].downs, 1));
    assert_true(sch_test_wait_event(&net.node[0], "beta", "it connected anew"));
    sch_conn_shut(conn); /* and beta itself comes back */
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].downs, 2));
    assert_true(sch_test_wait_up(&net, 0, 1, true));
    assert_true(sch_test_wait_up(&net, 1, 0, true));
    sch_conn_release(conn);
    sch_tls_clear(&tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mesh_open_three_nodes_talk_both_ways, open_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_send_control_size_out_of_range_is_bug, open_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_send_control_unknown_peer_is_try_again, open_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_exporter_is_equal_at_both_ends_and_differs_between_pairs, open_net,
                                        clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_reopened_peer_comes_up_again_with_new_exporter, open_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_handlers_that_send_much_do_not_block_each_other, prepare_net,
                                        clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_only_higher_name_has_address_comes_up, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_other_pin_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_pin_of_caller_differs_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_other_identity_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_identity_of_answerer_differs_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_unknown_name_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_address_of_another_node_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_psk_differs_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_psk_equal_comes_up_and_talks, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_bad_options_are_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_key_file_open_to_others_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_address_in_use_is_io, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_open_and_close_fifty_rounds, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_garbage_from_strangers_does_not_stop_the_listener, prepare_net,
                                        clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_idle_strangers_are_evicted_and_the_listener_serves, prepare_net,
                                        clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_tls_client_without_certificate_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_tls_1_2_client_is_refused, prepare_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_newest_connection_replaces_the_old, open_net, clear_net),
        cmocka_unit_test_setup_teardown(test_mesh_silent_line_is_ended_and_idle_one_stays, prepare_net, clear_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
