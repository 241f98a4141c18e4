/* The control socket with a run function of the test's own: who gets in, what is run and recorded, and who cannot stand
 * in the way. */
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "tests/support/unit.h"
#include "tests/unit/control_case.h"

/* ---- logins ---- */

static void test_run_a_command_is_answered_and_both_it_and_the_login_are_seen(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    struct stat status;
    control_node_open(&n);
    assert_int_equal(stat(n.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    unit_assert_ok(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail));
    assert_int_equal(json_integer_value(json_object_get(answer, "kind")), SCH_COMMAND_STATUS);
    assert_string_equal(json_string_value(json_object_get(answer, "by")), "jan");
    json_decref(answer);
    unit_assert_ok(control_run(&n, &answer, &control_piet, SCH_COMMAND_AGREEMENTS, &detail));
    json_decref(answer);
    assert_int_equal(n.fake.count, 4);
    control_assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "jan", "ok");
    control_assert_seen(&n.fake, 1, SCH_COMMAND_STATUS, "jan", "");
    control_assert_seen(&n.fake, 2, SCH_COMMAND_LOGIN, "piet", "ok");
    control_assert_seen(&n.fake, 3, SCH_COMMAND_AGREEMENTS, "piet", "");
    control_node_close(&n);
}

static void test_run_an_error_of_the_command_comes_with_code_and_sentence(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    control_node_open(&n);
    unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_BACKUP, &detail), SCH_DENIED);
    assert_null(answer);
    assert_string_equal(detail.text, "/x/backup: exists already");
    control_node_close(&n);
}

static void test_run_wrong_key_unknown_operator_or_wrong_account_is_denied_and_recorded(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    sch_identity stranger = control_piet;
    control_node_open(&n);
    memcpy(stranger.card.name, "jan", 4); /* piet's key under jan's name */
    unit_assert_code(control_run(&n, &answer, &stranger, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "not known to this node, or this is not their key"));
    memcpy(stranger.card.name, "klaas", 6);
    unit_assert_code(control_run(&n, &answer, &stranger, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "not known to this node, or this is not their key"));
    n.operator_[0].user = getuid() == 0 ? (char[]){"nobody"} : (char[]){"root"};
    unit_assert_ok(sch_control_server_set_operators(n.server, &n.conf));
    unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "gives orders from the account"));
    n.operator_[0].user = (char[]){"no-such-account"};
    unit_assert_ok(sch_control_server_set_operators(n.server, &n.conf));
    unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    assert_int_equal(n.fake.count, 4); /* and no command */
    control_assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "jan", "refused");
    control_assert_seen(&n.fake, 1, SCH_COMMAND_LOGIN, "klaas", "refused");
    control_assert_seen(&n.fake, 2, SCH_COMMAND_LOGIN, "jan", "refused");
    control_assert_seen(&n.fake, 3, SCH_COMMAND_LOGIN, "jan", "refused");
    control_node_close(&n);
}

static void test_set_operators_one_who_was_taken_out_is_denied(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    control_node_open(&n);
    n.conf.operator_count = 1;
    unit_assert_ok(sch_control_server_set_operators(n.server, &n.conf));
    unit_assert_code(control_run(&n, &answer, &control_piet, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    unit_assert_ok(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail));
    json_decref(answer);
    control_node_close(&n);
}

static void test_login_a_signature_of_another_connection_is_denied(void **state)
{
    (void)state;
    control_node n;
    control_node_open(&n);
    int first = control_call(&n), second = control_call(&n);
    const sch_greeting one = control_greeting_of(first), other = control_greeting_of(second);
    assert_memory_not_equal(one.challenge, other.challenge, sizeof one.challenge);
    const sch_login login = control_login_for(&one, &control_jan);
    control_say_login(first, &login);
    assert_string_equal(control_hear(first), "{\"ok\":true}");
    control_say_login(second, &login);
    assert_non_null(strstr(control_hear(second), "\"denied\""));
    assert_string_equal(control_hear(second), ""); /* closed */
    control_say(first, "{\"command\":\"status\"}\n");
    assert_non_null(strstr(control_hear(first), "\"ok\":true"));
    (void)close(first);
    (void)close(second);
    assert_int_equal(n.fake.count, 3);
    control_assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "jan", "ok");
    control_assert_seen(&n.fake, 1, SCH_COMMAND_LOGIN, "jan", "refused");
    control_assert_seen(&n.fake, 2, SCH_COMMAND_STATUS, "jan", "");
    control_node_close(&n);
}

static void test_login_that_cannot_be_recorded_runs_nothing(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    control_node_open(&n);
    n.fake.login_err = SCH_TRY_AGAIN;
    unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail), SCH_TRY_AGAIN);
    assert_string_equal(detail.text, "the audit log cannot be written");
    assert_int_equal(n.fake.count, 1);
    control_assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "jan", "ok");
    control_node_close(&n);
}

static void test_login_garbage_is_bad_input_and_recorded_without_a_name_that_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *line, *name;
    } lines[] = {
        {"\n", ""},
        {"hello\n", ""},
        {"[]\n", ""},
        {"{}\n", ""},
        {"{\"operator\":\"JAN\",\"signature\":\"\"}\n", ""},
        {"{\"operator\":\"a\\u0000b\",\"signature\":\"\"}\n", ""},
        {"{\"operator\":7,\"signature\":\"\"}\n", ""},
        {"{\"operator\":\"jan\"}\n", "jan"},
        {"{\"operator\":\"jan\",\"signature\":\"AAAA\"}\n", "jan"},
        {"{\"operator\":\"jan\",\"operator\":\"piet\"}\n", ""},
        {"{\"command\":\"status\"}\n", ""},
    };
    control_node n;
    size_t told = 0;
    control_node_open(&n);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++, told++) {
        int client = control_call(&n);
        (void)control_greeting_of(client);
        control_say(client, lines[i].line);
        assert_non_null(strstr(control_hear(client), "\"ok\":false,\"code\":\"bad_input\""));
        assert_string_equal(control_hear(client), "");
        (void)close(client);
        assert_int_equal(n.fake.count, i + 1);
        control_assert_seen(&n.fake, i, SCH_COMMAND_LOGIN, lines[i].name, "refused");
    }
    assert_int_equal(told, 11);
    control_node_close(&n);
}

static void test_login_closing_without_a_word_is_not_recorded(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    control_node_open(&n);
    for (int i = 0; i < 40; i++) { /* more than there are places: each is given back */
        int client = control_call(&n);
        (void)control_greeting_of(client);
        (void)close(client);
    }
    sch_err err = control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail);
    for (int i = 0; i < 100 && err.code == SCH_TRY_AGAIN; i++) { /* the last ones' threads may still be ending */
        (void)usleep(10000);
        err = control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail);
    }
    unit_assert_ok(err);
    json_decref(answer);
    assert_int_equal(n.fake.count, 2);
    control_node_close(&n);
}

/* ---- lines ---- */

static void test_line_longer_than_its_bound_is_bad_input(void **state)
{
    (void)state;
    control_node n;
    char *line = malloc(SCH_MAX_COMMAND_LINE_BYTES + 3);
    assert_non_null(line);
    control_node_open(&n);
    memset(line, ' ', SCH_MAX_COMMAND_LINE_BYTES + 2);
    line[SCH_MAX_COMMAND_LINE_BYTES + 2] = '\0';
    int client = control_call(&n);
    (void)control_greeting_of(client);
    line[SCH_MAX_LOGIN_LINE_BYTES + 1] = '\0';
    control_say(client, line); /* one byte too many, and no end */
    assert_non_null(strstr(control_hear(client), "a line is too long"));
    (void)close(client);
    control_assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "", "refused");

    for (size_t more = 0; more <= 1; more++) { /* a command of exactly the bound is taken, one byte more is not */
        client = control_call(&n);
        const sch_greeting greeting = control_greeting_of(client);
        const sch_login login = control_login_for(&greeting, &control_jan);
        control_say_login(client, &login);
        assert_string_equal(control_hear(client), "{\"ok\":true}");
        memset(line, ' ', SCH_MAX_COMMAND_LINE_BYTES + 1);
        memcpy(line, "{\"command\":\"status\"}", 20);
        memcpy(line + SCH_MAX_COMMAND_LINE_BYTES + more, "\n", 2);
        control_say(client, line);
        assert_non_null(strstr(control_hear(client), more == 0 ? "\"ok\":true,\"answer\"" : "a line is too long"));
        (void)close(client);
    }
    assert_int_equal(n.fake.count, 4); /* three logins, one command */
    free(line);
    control_node_close(&n);
}

static void test_command_garbage_is_bad_input_and_not_run(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "x",
        "{}",
        "{\"command\":\"dance\"}",
        "{\"command\":\"login\"}",
        "{\"command\":1}",
        "{\"command\":\"status\",\"all\":true}",
        "{\"command\":\"requests\",\"all\":1}",
        "{\"command\":\"request\"}",
        "{\"command\":\"request\",\"id\":\"01890a5d-ac96-474b-bcce-b302099a8057\"}",
        "{\"command\":\"approve\",\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"signature\":\"AA==\"}",
        "{\"command\":\"agreement\",\"agreement\":\"lv/\"}",
        "{\"command\":\"agreement\",\"agreement\":\"lv/12345678901\"}",
        "{\"command\":\"agreement\",\"agreement\":\"../x\"}",
        "{\"command\":\"activate\",\"bundle\":\"\"}",
        "{\"command\":\"activate\",\"bundle\":\"AAA\"}",
        "{\"command\":\"revoke\",\"agreement\":\"lv\",\"reason\":\"\"}",
        "{\"command\":\"revoke\",\"agreement\":\"lv\",\"reason\":\"a\\nb\"}",
        "{\"command\":\"heads\",\"node\":\"\"}",
        "{\"command\":\"backup\",\"path\":\"relative\"}",
        "{\"command\":\"peer_accept\",\"peer\":\"lv\"}",
        "{\"command\":\"reload\",\"reason\":\"x\"}",
    };
    control_node n;
    size_t told = 0;
    control_node_open(&n);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++, told++) {
        int client = control_call(&n);
        const sch_greeting greeting = control_greeting_of(client);
        const sch_login login = control_login_for(&greeting, &control_jan);
        control_say_login(client, &login);
        assert_string_equal(control_hear(client), "{\"ok\":true}");
        control_say(client, lines[i]);
        control_say(client, "\n");
        if (strstr(control_hear(client), "\"code\":\"bad_input\"") == NULL) {
            fail_msg("was taken: %s", lines[i]);
        }
        (void)close(client);
        assert_int_equal(n.fake.count, i + 1);
        control_assert_seen(&n.fake, i, SCH_COMMAND_LOGIN, "jan", "ok");
    }
    assert_int_equal(told, 21);
    control_node_close(&n);
}

/* ---- several at a time ---- */

typedef struct parallel {
    const control_node *n;
    const sch_identity *self;
    sch_err err;
} parallel;

static void *parallel_main(void *argument)
{
    parallel *p = argument;
    sch_detail detail;
    json_t *answer = NULL;
    p->err = control_run(p->n, &answer, p->self, SCH_COMMAND_RELOAD, &detail);
    json_decref(answer);
    return NULL;
}

static void test_run_two_clients_at_once_are_both_answered(void **state)
{
    (void)state;
    control_node n;
    pthread_t thread[2];
    control_node_open(&n);
    n.fake.wait_for = 2; /* each command ends only while the other one runs too */
    parallel p[2] = {{.n = &n, .self = &control_jan}, {.n = &n, .self = &control_piet}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, parallel_main, &p[i]), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(thread[i], NULL);
        unit_assert_ok(p[i].err);
    }
    assert_int_equal(n.fake.running, 2);
    control_node_close(&n);
}

static void test_idle_clients_hold_up_nobody_and_are_sent_away_in_time(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail;
    json_t *answer = NULL;
    int idle[SCH_MAX_CONTROL_CONNECTIONS];
    control_node_open(&n);
    uint64_t began = sch_clock_ns();
    for (size_t i = 0; i < SCH_MAX_CONTROL_CONNECTIONS - 1; i++) {
        idle[i] = control_call(&n);
        (void)control_greeting_of(idle[i]);
        control_say(idle[i], "{"); /* has begun, and goes no further */
    }
    unit_assert_ok(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail));
    json_decref(answer);
    assert_true(sch_clock_ns() - began < 5000000000U);
    int last = control_call(&n);
    const char *first = control_hear(last);
    for (int i = 0; i < 100 && strstr(first, "challenge") == NULL; i++) { /* the place of before is about to be free */
        (void)close(last);
        (void)usleep(10000);
        last = control_call(&n);
        first = control_hear(last);
    }
    idle[SCH_MAX_CONTROL_CONNECTIONS - 1] = last;
    unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(detail.text, "as many operators as it can"));
    for (size_t i = 0; i < SCH_MAX_CONTROL_CONNECTIONS; i++) {
        assert_non_null(strstr(control_hear(idle[i]), "\"code\":\"try_again\""));
        assert_string_equal(control_hear(idle[i]), "");
        (void)close(idle[i]);
    }
    uint64_t took = sch_clock_ns() - began;
    assert_true(took > 9000000000U && took < 20000000000U);
    assert_int_equal(n.fake.count, 2); /* silence is no login */
    control_node_close(&n);
}

static void test_close_ends_waiting_clients_at_once(void **state)
{
    (void)state;
    control_node n;
    control_node_open(&n);
    int client = control_call(&n);
    (void)control_greeting_of(client);
    uint64_t began = sch_clock_ns();
    control_node_close(&n);
    assert_true(sch_clock_ns() - began < 2000000000U);
    assert_non_null(strstr(control_hear(client), "the node stops"));
    (void)close(client);
}

/* ---- the socket ---- */

static void test_open_a_stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    (void)state;
    control_node n, second;
    sch_detail detail = {{0}};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    json_t *answer = NULL;
    control_node_init(&n);
    memcpy(address.sun_path, n.path, strlen(n.path) + 1);
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(stale, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(stale, 1), 0);
    (void)close(stale); /* as a process that was killed leaves it */
    assert_int_equal(access(n.path, F_OK), 0);
    unit_assert_code(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(detail.text, "is schakeld running?"));
    unit_assert_ok(sch_control_server_open(&n.server, &n.conf, control_fake_run, &n.fake, &detail));
    control_node_init(&second);
    unit_assert_code(sch_control_server_open(&second.server, &second.conf, control_fake_run, &second.fake, &detail),
                     SCH_TRY_AGAIN);
    assert_null(second.server);
    assert_non_null(strstr(detail.text, "another process listens there"));
    unit_assert_ok(control_run(&n, &answer, &control_jan, SCH_COMMAND_STATUS, &detail));
    json_decref(answer);
    control_node_close(&n);
}

static void test_open_what_is_no_socket_is_denied_and_left(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail = {{0}};
    control_node_init(&n);
    FILE *file = fopen(n.path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    unit_assert_code(sch_control_server_open(&n.server, &n.conf, control_fake_run, &n.fake, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "is not a socket"));
    assert_int_equal(unlink(n.path), 0);
}

static void test_open_path_longer_than_a_socket_may_have_is_bad_input(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail = {{0}};
    sch_command command = {.kind = SCH_COMMAND_STATUS};
    json_t *answer = NULL;
    char path[200];
    struct sockaddr_un address;
    control_node_init(&n);
    memset(path, 'x', sizeof path);
    memcpy(path, control_folder, strlen(control_folder));
    path[strlen(control_folder)] = '/';
    path[sizeof address.sun_path] = '\0';
    n.conf.socket = path;
    unit_assert_code(sch_control_server_open(&n.server, &n.conf, control_fake_run, &n.fake, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "longer than the 107 bytes"));
    unit_assert_code(sch_control_client_run(&answer, path, "cbs", &control_jan, &command, &detail), SCH_BAD_INPUT);
    path[sizeof address.sun_path - 1] = '\0'; /* one less is well */
    unit_assert_ok(sch_control_server_open(&n.server, &n.conf, control_fake_run, &n.fake, &detail));
    sch_control_server_close(n.server);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_open_folder_that_is_missing_is_made_for_this_account_alone(void **state)
{
    (void)state;
    control_node n;
    sch_detail detail = {{0}};
    struct stat status;
    char below[128];
    control_node_init(&n);
    (void)snprintf(below, sizeof below, "%s/run", control_folder);
    (void)snprintf(n.path, sizeof n.path, "%s/run/control.sock", control_folder);
    unit_assert_ok(sch_control_server_open(&n.server, &n.conf, control_fake_run, &n.fake, &detail));
    assert_int_equal(stat(below, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    control_node_close(&n);
    assert_int_equal(rmdir(below), 0);
}

static void test_close_leaves_a_socket_that_another_put_there(void **state)
{
    (void)state;
    control_node n, second;
    sch_detail detail = {{0}};
    json_t *answer = NULL;
    control_node_open(&n);
    assert_int_equal(unlink(n.path), 0);
    control_node_open(&second);
    sch_control_server_close(n.server);
    unit_assert_ok(control_run(&second, &answer, &control_jan, SCH_COMMAND_STATUS, &detail));
    json_decref(answer);
    control_node_close(&second);
    sch_buf_clear(&n.fake.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_a_command_is_answered_and_both_it_and_the_login_are_seen),
        cmocka_unit_test(test_run_an_error_of_the_command_comes_with_code_and_sentence),
        cmocka_unit_test(test_run_wrong_key_unknown_operator_or_wrong_account_is_denied_and_recorded),
        cmocka_unit_test(test_set_operators_one_who_was_taken_out_is_denied),
        cmocka_unit_test(test_login_a_signature_of_another_connection_is_denied),
        cmocka_unit_test(test_login_that_cannot_be_recorded_runs_nothing),
        cmocka_unit_test(test_login_garbage_is_bad_input_and_recorded_without_a_name_that_is_none),
        cmocka_unit_test(test_login_closing_without_a_word_is_not_recorded),
        cmocka_unit_test(test_line_longer_than_its_bound_is_bad_input),
        cmocka_unit_test(test_command_garbage_is_bad_input_and_not_run),
        cmocka_unit_test(test_run_two_clients_at_once_are_both_answered),
        cmocka_unit_test(test_idle_clients_hold_up_nobody_and_are_sent_away_in_time),
        cmocka_unit_test(test_close_ends_waiting_clients_at_once),
        cmocka_unit_test(test_open_a_stale_socket_is_replaced_and_a_live_one_is_not),
        cmocka_unit_test(test_open_what_is_no_socket_is_denied_and_left),
        cmocka_unit_test(test_open_path_longer_than_a_socket_may_have_is_bad_input),
        cmocka_unit_test(test_open_folder_that_is_missing_is_made_for_this_account_alone),
        cmocka_unit_test(test_close_leaves_a_socket_that_another_put_there),
    };
    return cmocka_run_group_tests(tests, control_setup, control_teardown);
}
