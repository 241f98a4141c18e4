/* An analyst's session: who is let in, messages both ways, how it ends, and how many there may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "node/base/clock.h"
#include "tests/support/test_mesh.h"

static sch_test_net net;

static int open_node(void **state)
{
    (void)state;
    sch_test_net_prepare(&net);
    sch_test_node_open(&net, 0);
    return 0;
}

static int clear_net(void **state)
{
    (void)state;
    sch_test_net_clear(&net);
    return 0;
}

static void assert_err(sch_err err, sch_code code)
{
    if (err.code != code) {
        fail_msg("expected %s, got %s (%s)", sch_code_name(code), sch_code_name(err.code), err.text);
    }
}

static sch_client *open_client(void)
{
    sch_client *client = NULL;
    sch_detail detail = {0};
    sch_err err = sch_test_client_open(&net, 0, &client, &detail);
    if (sch_failed(err)) {
        fail_msg("%s", detail.text);
    }
    return client;
}

static void assert_open_fails(const sch_client_options *options, sch_code code, const char *reason)
{
    sch_client *client = NULL;
    sch_detail detail = {0};
    assert_err(sch_client_open(&client, options, &detail), code);
    assert_null(client);
    assert_non_null(strstr(detail.text, reason));
}

static void test_client_send_and_receive_messages_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 16380, 16384, SCH_MAX_CONTROL_BYTES};
    static uint8_t data[SCH_MAX_CONTROL_BYTES];
    net.node[0].echo = true; /* before a session is open */
    sch_client *client = open_client();
    unsigned rounds = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        sch_buf got = {0};
        sch_random_fill(data, sizes[i]);
        assert_err(sch_client_send(client, data, sizes[i]), SCH_OK);
        assert_err(sch_client_receive(client, &got, 5000, NULL), SCH_OK);
        assert_int_equal(got.bytes, sizes[i]);
        assert_memory_equal(got.data, data, sizes[i]);
        sch_buf_clear(&got);
        rounds++;
    }
    assert_int_equal(rounds, 5);
    assert_int_equal(sch_test_count(&net.node[0], &net.node[0].opened), 1);
    sch_client_close(client);
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].closed, 1));
}

static void test_client_send_size_out_of_range_is_bug(void **state)
{
    (void)state;
    static uint8_t data[SCH_MAX_CONTROL_BYTES + 1];
    sch_client *client = open_client();
    assert_err(sch_client_send(client, data, sizeof data), SCH_BUG);
    assert_err(sch_client_send(client, data, 0), SCH_BUG);
    sch_client_close(client);
    sch_client_close(NULL);
}

static void test_client_receive_nothing_in_time_is_try_again(void **state)
{
    (void)state;
    sch_client *client = open_client();
    sch_buf got = {0};
    uint64_t start = sch_clock_ns();
    assert_err(sch_client_receive(client, &got, 300, NULL), SCH_TRY_AGAIN);
    uint64_t took = sch_clock_ns() - start;
    assert_int_equal(got.bytes, 0);
    assert_true(took >= UINT64_C(290000000) && took < UINT64_C(3000000000));
    atomic_bool stop;
    atomic_init(&stop, true);
    assert_err(sch_client_receive(client, &got, 10000, &stop), SCH_TRY_AGAIN);
    assert_int_equal(got.bytes, 0);
    sch_client_close(client);
}

static void test_client_end_session_after_what_was_sent(void **state)
{
    (void)state;
    enum { PAGES = 100 };
    static uint8_t page[48 << 10];
    sch_client *client = open_client();
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].opened, 1));
    sch_peer_id session = net.node[0].session;
    for (int i = 0; i < PAGES; i++) {
        assert_err(sch_mesh_send_control(net.node[0].mesh, session, page, sizeof page), SCH_OK);
    }
    sch_mesh_end_session(net.node[0].mesh, session);
    sch_mesh_end_session(net.node[0].mesh, session);
    assert_err(sch_mesh_send_control(net.node[0].mesh, session, page, 1), SCH_TRY_AGAIN);
    sch_buf got = {0};
    unsigned pages = 0;
    sch_err err = SCH_NONE;
    while (!sch_failed(err)) {
        got.bytes = 0;
        err = sch_client_receive(client, &got, 5000, NULL);
        pages += sch_failed(err) ? 0 : 1;
    }
    assert_int_equal(pages, PAGES);
    assert_err(err, SCH_IO);
    sch_buf_clear(&got);
    sch_client_close(client);
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].closed, 1));
    assert_err(sch_mesh_send_control(net.node[0].mesh, session, page, 1), SCH_TRY_AGAIN);
}

/* A client that does not go by itself is ended after a few seconds. */
static void test_client_ended_session_that_stays_is_closed(void **state)
{
    (void)state;
    sch_client *client = open_client();
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].opened, 1));
    sch_mesh_end_session(net.node[0].mesh, net.node[0].session);
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].closed, 1));
    sch_client_close(client);
}

static void test_client_receive_node_closed_is_io(void **state)
{
    (void)state;
    sch_client *client = open_client();
    sch_test_node_close(&net, 0);
    sch_buf got = {0};
    assert_err(sch_client_receive(client, &got, 5000, NULL), SCH_IO);
    sch_client_close(client);
}

static void test_client_open_unknown_analyst_is_denied(void **state)
{
    (void)state;
    sch_client_options options = sch_test_client_options(&net, 0);
    (void)snprintf(options.name, sizeof options.name, "bert");
    assert_open_fails(&options, SCH_DENIED, "it does not accept us");
    assert_true(sch_test_wait_event(&net.node[0], "", "a caller's name is not known here"));
}

static void test_client_open_node_name_as_analyst_is_denied(void **state)
{
    (void)state;
    sch_client_options options = sch_test_client_options(&net, 0);
    (void)snprintf(options.name, sizeof options.name, "beta"); /* a node, but no analyst */
    assert_open_fails(&options, SCH_DENIED, "it does not accept us");
}

static void test_client_open_other_identity_is_denied(void **state)
{
    (void)state;
    sch_client_options options = sch_test_client_options(&net, 0);
    options.identity_secret = net.node[1].keys.identity_secret;
    assert_open_fails(&options, SCH_DENIED, "it does not accept us");
    assert_true(sch_test_wait_event(&net.node[0], "anna", "its greeting is not signed with its identity key"));
}

static void test_client_open_other_tls_key_is_denied(void **state)
{
    (void)state;
    sch_client_options options = sch_test_client_options(&net, 0);
    options.certificate_file = net.node[1].keys.certificate_file;
    options.tls_key_file = net.node[1].keys.tls_key_file;
    assert_open_fails(&options, SCH_DENIED, "it does not accept us");
    assert_true(sch_test_wait_event(&net.node[0], "anna", "its TLS key is not the pinned one"));
}

static void test_client_open_node_with_other_pin_is_bad_peer(void **state)
{
    (void)state;
    sch_client_options options = sch_test_client_options(&net, 0);
    options.node.tls_pin[31] ^= 1;
    assert_open_fails(&options, SCH_BAD_PEER, "its TLS key is not the pinned one");
}

static void test_client_open_nobody_listens_is_io(void **state)
{
    (void)state;
    sch_client_options options = sch_test_client_options(&net, 1);
    assert_open_fails(&options, SCH_IO, "connection refused");
}

static void test_client_open_bad_files_or_address_is_refused(void **state)
{
    (void)state;
    sch_client_options options = sch_test_client_options(&net, 0);
    options.tls_key_file = "/nonexistent/tls.key";
    assert_open_fails(&options, SCH_IO, "/nonexistent/tls.key");
    options = sch_test_client_options(&net, 0);
    options.node.address = "no port";
    assert_open_fails(&options, SCH_BAD_INPUT, "host:port");
    options.node.address = NULL;
    assert_open_fails(&options, SCH_BAD_INPUT, "address");
}

static void test_client_open_too_many_sessions_is_refused(void **state)
{
    (void)state;
    enum { MOST = 64 };
    sch_client *client[MOST];
    for (size_t i = 0; i < MOST; i++) {
        client[i] = open_client();
    }
    sch_client_options options = sch_test_client_options(&net, 0);
    assert_open_fails(&options, SCH_IO, "no room for another session");
    for (size_t i = 0; i < MOST; i++) {
        sch_client_close(client[i]);
    }
    assert_true(sch_test_wait_count(&net.node[0], &net.node[0].closed, MOST));
    sch_client_close(open_client());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_client_send_and_receive_messages_of_all_sizes, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_send_size_out_of_range_is_bug, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_receive_nothing_in_time_is_try_again, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_end_session_after_what_was_sent, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_ended_session_that_stays_is_closed, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_receive_node_closed_is_io, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_open_unknown_analyst_is_denied, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_open_node_name_as_analyst_is_denied, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_open_other_identity_is_denied, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_open_other_tls_key_is_denied, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_open_node_with_other_pin_is_bad_peer, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_open_nobody_listens_is_io, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_open_bad_files_or_address_is_refused, open_node, clear_net),
        cmocka_unit_test_setup_teardown(test_client_open_too_many_sessions_is_refused, open_node, clear_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
