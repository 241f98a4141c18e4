/* The client of the control socket, against a node and against what is none; and commands and replies as lines. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "proto/agreement.h"
#include "tests/support/unit.h"
#include "tests/unit/control_case.h"

/* ---- the client ---- */

static void test_run_another_node_at_the_socket_is_bad_peer(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail = {{0}};
    json_t *answer = NULL;
    const sch_command command = {.kind = SCH_COMMAND_STATUS};
    control_node_open(&n);
    unit_assert_code(sch_control_client_run(&answer, n.path, "lv", &control_jan, &command, &detail), SCH_BAD_PEER);
    assert_string_equal(detail.text, "the node at the control socket is 'cbs', not 'lv'");
    assert_int_equal(n.fake.count, 0); /* nothing was signed for it */
    control_node_close(&n);
}

static void test_run_nobody_at_the_path_is_try_again(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    control_node_init(&n);
    unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(detail.text, "is schakeld running?"));
}

static void test_run_socket_closed_to_this_account_is_denied(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    if (getuid() == 0) {
        skip(); /* nothing is closed to root */
    }
    control_node_open(&n);
    assert_int_equal(chmod(n.path, 0), 0);
    unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    control_node_close(&n);
}

/* A server that says one thing and closes. */
typedef struct liar {
    int listener;
    const char *says;
} liar;

static void *liar_main(void *argument)
{
    const liar *l = argument;
    int client = accept(l->listener, NULL, NULL);
    (void)send(client, l->says, strlen(l->says), MSG_NOSIGNAL);
    (void)shutdown(client, SHUT_WR);
    (void)close(client);
    return NULL;
}

static void test_run_what_is_no_node_is_bad_peer_or_io(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        sch_code code;
    } lies[] = {
        {"", SCH_IO},
        {"{\"schakel\":1", SCH_IO},
        {"220 mail.example ESMTP\n", SCH_BAD_PEER},
        {"{\"schakel\":2,\"node\":\"cbs\",\"challenge\":\"AA==\"}\n", SCH_BAD_PEER},
        {"{\"ok\":true}\n", SCH_BAD_PEER},
        {"{\"ok\":false,\"code\":\"wild\",\"text\":\"x\"}\n", SCH_BAD_PEER},
        {"{\"ok\":false,\"code\":\"denied\",\"text\":\"\\u001b[2J\"}\n", SCH_BAD_PEER},
        {"{\"ok\":false,\"code\":\"denied\",\"text\":\"no\"}\n", SCH_DENIED},
    };
    size_t told = 0;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++, told++) {
        control_node n;
        sch_detail detail;
        json_t *answer = NULL;
        pthread_t thread;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        control_node_init(&n);
        memcpy(address.sun_path, n.path, strlen(n.path) + 1);
        liar l = {.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), .says = lies[i].says};
        assert_int_equal(bind(l.listener, (const struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(l.listener, 1), 0);
        assert_int_equal(pthread_create(&thread, NULL, liar_main, &l), 0);
        unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail), lies[i].code);
        assert_null(answer);
        (void)pthread_join(thread, NULL);
        (void)close(l.listener);
        assert_int_equal(unlink(n.path), 0);
    }
    assert_int_equal(told, 8);
}

/* ---- commands over the wire ---- */

static void test_encode_command_every_kind_arrives_as_it_was_sent(void **state)
{
    (void)state;
    static uint8_t bundle[SCH_MAX_BUNDLE_BYTES];
    const sch_request_id id = sch_id_new(sch_clock_now());
    sch_random_fill(bundle, sizeof bundle);
    const sch_command commands[] = {
        {.kind = SCH_COMMAND_STATUS},
        {.kind = SCH_COMMAND_REQUESTS, .all = true},
        {.kind = SCH_COMMAND_REQUESTS},
        {.kind = SCH_COMMAND_REQUEST, .id = id},
        {.kind = SCH_COMMAND_APPROVE, .id = id, .signature = {1, 2, 3}},
        {.kind = SCH_COMMAND_DENY, .id = id, .signature = {4}, .text = "niet voor dit do\xc3\xa9l"},
        {.kind = SCH_COMMAND_AGREEMENTS},
        {.kind = SCH_COMMAND_AGREEMENT, .text = "lv_cbs/4294967295"},
        {.kind = SCH_COMMAND_AGREEMENT, .text = "lv_cbs"},
        {.kind = SCH_COMMAND_ACTIVATE, .bytes = bundle, .byte_count = sizeof bundle},
        {.kind = SCH_COMMAND_ACTIVATE, .bytes = bundle, .byte_count = 1},
        {.kind = SCH_COMMAND_REVOKE, .text2 = "lv_cbs", .text = "ended"},
        {.kind = SCH_COMMAND_HEADS, .text = ""},
        {.kind = SCH_COMMAND_HEADS, .text = "lv"},
        {.kind = SCH_COMMAND_BACKUP, .text = "/var/backups/state.db"},
        {.kind = SCH_COMMAND_PEER_ACCEPT, .text2 = "lv", .text = "restored"},
        {.kind = SCH_COMMAND_RELOAD},
    };
    size_t arrived = 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++, arrived++) {
        const sch_command *sent = &commands[i];
        sch_command_line got;
        sch_buf line = {0};
        unit_assert_ok(sch_protocol_encode_command(&line, sent, NULL));
        assert_true(line.bytes <= SCH_MAX_COMMAND_LINE_BYTES);
        assert_ptr_equal(memchr(line.data, '\n', line.bytes), line.data + line.bytes - 1);
        unit_assert_ok(sch_protocol_decode_command(&got, line.data, line.bytes - 1, NULL));
        assert_int_equal(got.command.kind, sent->kind);
        assert_int_equal(got.command.all, sent->all);
        assert_memory_equal(&got.command.id, &sent->id, sizeof sent->id);
        assert_memory_equal(got.command.signature, sent->signature, sizeof sent->signature);
        assert_string_equal(got.command.text == NULL ? "" : got.command.text, sent->text == NULL ? "" : sent->text);
        assert_string_equal(got.command.text2 == NULL ? "" : got.command.text2, sent->text2 == NULL ? "" : sent->text2);
        assert_int_equal(got.command.byte_count, sent->byte_count);
        if (sent->byte_count > 0) {
            assert_memory_equal(got.command.bytes, sent->bytes, sent->byte_count);
        }
        sch_command_line_clear(&got);
        sch_buf_clear(&line);
    }
    assert_int_equal(arrived, 17);
}

static void test_encode_command_what_decoding_would_refuse_is_bad_input(void **state)
{
    (void)state;
    static uint8_t bundle[SCH_MAX_BUNDLE_BYTES + 1];
    static char reason[502];
    memset(reason, 'x', 501);
    const struct {
        sch_command command;
        const char *detail;
    } cases[] = {
        {{.kind = SCH_COMMAND_REQUEST}, "the command lacks the id of a request"},
        {{.kind = SCH_COMMAND_REVOKE, .text = "no id"}, "the command lacks the id of an agreement"},
        {{.kind = SCH_COMMAND_REVOKE, .text2 = "lv", .text = reason},
         "the command lacks a reason on one line of at most 500 bytes"},
        {{.kind = SCH_COMMAND_BACKUP, .text = "here"}, "the command lacks a path that begins with /"},
        {{.kind = SCH_COMMAND_BACKUP, .text = "/\xff"}, "the command lacks a path that begins with /"},
        {{.kind = SCH_COMMAND_ACTIVATE, .bytes = bundle, .byte_count = sizeof bundle},
         "the command lacks an agreement's bundle in base64"},
    };
    sch_buf line = {0};
    sch_detail detail;
    size_t refused = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++, refused++) {
        unit_assert_code(sch_protocol_encode_command(&line, &cases[i].command, &detail), SCH_BAD_INPUT);
        assert_string_equal(detail.text, cases[i].detail);
        assert_int_equal(line.bytes, 0);
    }
    assert_int_equal(refused, 6);
    const sch_command none[] = {{.kind = SCH_COMMAND_LOGIN, .text = "ok"}, {.kind = (sch_command_kind)99}};
    unit_assert_code(sch_protocol_encode_command(&line, &none[0], &detail), SCH_BUG);
    unit_assert_code(sch_protocol_encode_command(&line, &none[1], &detail), SCH_BUG);
    sch_buf_clear(&line);
}

static void test_encode_reply_a_sentence_that_is_no_text_gives_way_to_the_literal(void **state)
{
    (void)state;
    sch_buf line = {0};
    sch_detail detail = {"\xff\xfe"}, told = {{0}};
    json_t *answer = NULL;
    unit_assert_ok(sch_protocol_encode_reply(&line, sch_fail(SCH_IO, "a literal"), &detail, NULL));
    unit_assert_code(sch_protocol_decode_reply(&answer, line.data, line.bytes - 1, &told), SCH_IO);
    assert_string_equal(told.text, "a literal");
    sch_buf_clear(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_another_node_at_the_socket_is_bad_peer),
        cmocka_unit_test(test_run_nobody_at_the_path_is_try_again),
        cmocka_unit_test(test_run_socket_closed_to_this_account_is_denied),
        cmocka_unit_test(test_run_what_is_no_node_is_bad_peer_or_io),
        cmocka_unit_test(test_encode_command_every_kind_arrives_as_it_was_sent),
        cmocka_unit_test(test_encode_command_what_decoding_would_refuse_is_bad_input),
        cmocka_unit_test(test_encode_reply_a_sentence_that_is_no_text_gives_way_to_the_literal),
    };
    return cmocka_run_group_tests(tests, control_setup, control_teardown);
}
