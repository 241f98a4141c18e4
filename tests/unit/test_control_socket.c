/* The control socket with a run function of the test's own: who gets in, what is run and recorded, and who cannot stand in
 * the way. */
#include "tests/support/unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/control/client.h"
#include "node/control/server.h"
#include "proto/agreement.h"

enum { MAX_SEEN = 64, LINE_BYTES = 8192 };

static char folder[] = "/tmp/schakel-test-XXXXXX";
static sch_identity jan, piet;
static char own_account[64];

/* ---- a run function that remembers ---- */

typedef struct seen {
    sch_command_kind kind;
    char operator_name[SCH_NAME_BYTES];
    char text[64];
} seen;

typedef struct fake {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    seen seen[MAX_SEEN];
    size_t count;
    unsigned running;   /* commands that wait for each other */
    unsigned wait_for;  /* RELOAD waits until so many run */
    sch_code login_err; /* what a login's record gives */
    sch_buf bytes;      /* of the last command */
} fake;

static sch_err fake_run(void *context, json_t **answer, const sch_command *command, sch_detail *detail)
{
    fake *f = context;
    sch_err err = SCH_NONE;
    (void)pthread_mutex_lock(&f->lock);
    seen *s = &f->seen[f->count < MAX_SEEN ? f->count++ : MAX_SEEN - 1];
    s->kind = command->kind;
    (void)snprintf(s->operator_name, sizeof s->operator_name, "%s", command->operator_name);
    (void)snprintf(s->text, sizeof s->text, "%s", command->text == NULL ? "" : command->text);
    if (command->kind == SCH_COMMAND_LOGIN) {
        err = f->login_err == SCH_OK ? SCH_NONE : sch_fail(f->login_err, "the audit log cannot be written");
    } else if (command->kind == SCH_COMMAND_BACKUP) {
        sch_detail_set(detail, "%s: exists already", command->text);
        err = sch_fail(SCH_DENIED, "a file exists already");
    } else if (command->kind == SCH_COMMAND_RELOAD) {
        f->running++;
        (void)pthread_cond_broadcast(&f->changed);
        while (f->running < f->wait_for) {
            (void)pthread_cond_wait(&f->changed, &f->lock);
        }
    }
    sch_buf_clear(&f->bytes);
    (void)sch_buf_append(&f->bytes, command->bytes, command->byte_count).code;
    (void)pthread_mutex_unlock(&f->lock);
    *answer = command->kind == SCH_COMMAND_LOGIN || sch_failed(err)
                  ? NULL
                  : json_pack("{s:i, s:s}", "kind", (int)command->kind, "by", command->operator_name);
    return err;
}

static void assert_seen(const fake *f, size_t at, sch_command_kind kind, const char *name, const char *text)
{
    assert_true(at < f->count);
    assert_int_equal(f->seen[at].kind, kind);
    assert_string_equal(f->seen[at].operator_name, name);
    assert_string_equal(f->seen[at].text, text);
}

/* ---- a node with two operators ---- */

typedef struct node {
    fake fake;
    sch_conf_operator operator_[2];
    sch_conf conf;
    char path[128];
    sch_control_server *server;
} node;

static void node_init(node *n)
{
    *n = (node){.conf = {.node = "cbs", .operator_ = n->operator_, .operator_count = 2, .socket = n->path}};
    (void)pthread_mutex_init(&n->fake.lock, NULL);
    (void)pthread_cond_init(&n->fake.changed, NULL);
    (void)snprintf(n->path, sizeof n->path, "%s/control.sock", folder);
    memcpy(n->operator_[0].name, "jan", 4);
    memcpy(n->operator_[0].identity, jan.card.identity, SCH_CARD_KEY_BYTES);
    n->operator_[0].user = own_account;
    memcpy(n->operator_[1].name, "piet", 5);
    memcpy(n->operator_[1].identity, piet.card.identity, SCH_CARD_KEY_BYTES);
}

static void node_open(node *n)
{
    sch_detail detail = {{0}};
    node_init(n);
    unit_assert_ok(sch_control_server_open(&n->server, &n->conf, fake_run, &n->fake, &detail));
}

static void node_close(node *n)
{
    sch_control_server_close(n->server);
    assert_int_equal(access(n->path, F_OK), -1);
    sch_buf_clear(&n->fake.bytes);
    (void)pthread_cond_destroy(&n->fake.changed);
    (void)pthread_mutex_destroy(&n->fake.lock);
}

static sch_err run(const node *n, json_t **answer, const sch_identity *self, sch_command_kind kind, sch_detail *detail)
{
    const sch_command command = {.kind = kind, .text = "/x/backup"};
    *detail = (sch_detail){{0}};
    return sch_control_client_run(answer, n->path, "cbs", self, &command, detail);
}

/* ---- a client by hand ---- */

static int call(const node *n)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 30};
    memcpy(address.sun_path, n->path, strlen(n->path) + 1);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(made >= 0);
    assert_int_equal(setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(made, (const struct sockaddr *)&address, sizeof address), 0);
    return made;
}

/* Reads a line; "" where the node closed. */
static const char *hear(int socket)
{
    static char line[LINE_BYTES];
    size_t bytes = 0;
    while (bytes < sizeof line - 1 && recv(socket, line + bytes, 1, 0) == 1 && line[bytes] != '\n') {
        bytes++;
    }
    line[bytes] = '\0';
    return line;
}

static void say(int socket, const char *text)
{
    assert_int_equal(send(socket, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static sch_greeting greeting_of(int socket)
{
    sch_greeting greeting;
    const char *line = hear(socket);
    unit_assert_ok(sch_protocol_decode_greeting(&greeting, (const uint8_t *)line, strlen(line), NULL));
    assert_string_equal(greeting.node, "cbs");
    return greeting;
}

/* A login line for a challenge. */
static sch_login login_for(const sch_greeting *greeting, const sch_identity *self)
{
    sch_login login = {{0}, {0}};
    memcpy(login.operator_name, self->card.name, SCH_NAME_BYTES);
    unit_assert_ok(sch_operator_login_sign(login.signature, "cbs", login.operator_name, greeting->challenge,
                                           self->identity_secret));
    return login;
}

static void say_login(int socket, const sch_login *login)
{
    sch_buf line = {0};
    unit_assert_ok(sch_protocol_encode_login(&line, login));
    assert_int_equal(send(socket, line.data, line.bytes, MSG_NOSIGNAL), line.bytes);
    sch_buf_clear(&line);
}

/* ---- logins ---- */

static void test_run_a_command_is_answered_and_both_it_and_the_login_are_seen(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    struct stat status;
    node_open(&n);
    assert_int_equal(stat(n.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    unit_assert_ok(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail));
    assert_int_equal(json_integer_value(json_object_get(answer, "kind")), SCH_COMMAND_STATUS);
    assert_string_equal(json_string_value(json_object_get(answer, "by")), "jan");
    json_decref(answer);
    unit_assert_ok(run(&n, &answer, &piet, SCH_COMMAND_AGREEMENTS, &detail));
    json_decref(answer);
    assert_int_equal(n.fake.count, 4);
    assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "jan", "ok");
    assert_seen(&n.fake, 1, SCH_COMMAND_STATUS, "jan", "");
    assert_seen(&n.fake, 2, SCH_COMMAND_LOGIN, "piet", "ok");
    assert_seen(&n.fake, 3, SCH_COMMAND_AGREEMENTS, "piet", "");
    node_close(&n);
}

static void test_run_an_error_of_the_command_comes_with_code_and_sentence(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    node_open(&n);
    unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_BACKUP, &detail), SCH_DENIED);
    assert_null(answer);
    assert_string_equal(detail.text, "/x/backup: exists already");
    node_close(&n);
}

static void test_run_wrong_key_unknown_operator_or_wrong_account_is_denied_and_recorded(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    sch_identity stranger = piet;
    node_open(&n);
    memcpy(stranger.card.name, "jan", 4); /* piet's key under jan's name */
    unit_assert_code(run(&n, &answer, &stranger, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "not known to this node, or this is not their key"));
    memcpy(stranger.card.name, "klaas", 6);
    unit_assert_code(run(&n, &answer, &stranger, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "not known to this node, or this is not their key"));
    n.operator_[0].user = getuid() == 0 ? (char[]){"nobody"} : (char[]){"root"};
    unit_assert_ok(sch_control_server_set_operators(n.server, &n.conf));
    unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "gives orders from the account"));
    n.operator_[0].user = (char[]){"no-such-account"};
    unit_assert_ok(sch_control_server_set_operators(n.server, &n.conf));
    unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    assert_int_equal(n.fake.count, 4); /* and no command */
    assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "jan", "refused");
    assert_seen(&n.fake, 1, SCH_COMMAND_LOGIN, "klaas", "refused");
    assert_seen(&n.fake, 2, SCH_COMMAND_LOGIN, "jan", "refused");
    assert_seen(&n.fake, 3, SCH_COMMAND_LOGIN, "jan", "refused");
    node_close(&n);
}

static void test_set_operators_one_who_was_taken_out_is_denied(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    node_open(&n);
    n.conf.operator_count = 1;
    unit_assert_ok(sch_control_server_set_operators(n.server, &n.conf));
    unit_assert_code(run(&n, &answer, &piet, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    unit_assert_ok(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail));
    json_decref(answer);
    node_close(&n);
}

static void test_login_a_signature_of_another_connection_is_denied(void **state)
{
    (void)state;
    node n;
    node_open(&n);
    int first = call(&n), second = call(&n);
    const sch_greeting one = greeting_of(first), other = greeting_of(second);
    assert_memory_not_equal(one.challenge, other.challenge, sizeof one.challenge);
    const sch_login login = login_for(&one, &jan);
    say_login(first, &login);
    assert_string_equal(hear(first), "{\"ok\":true}");
    say_login(second, &login);
    assert_non_null(strstr(hear(second), "\"denied\""));
    assert_string_equal(hear(second), ""); /* closed */
    say(first, "{\"command\":\"status\"}\n");
    assert_non_null(strstr(hear(first), "\"ok\":true"));
    (void)close(first);
    (void)close(second);
    assert_int_equal(n.fake.count, 3);
    assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "jan", "ok");
    assert_seen(&n.fake, 1, SCH_COMMAND_LOGIN, "jan", "refused");
    assert_seen(&n.fake, 2, SCH_COMMAND_STATUS, "jan", "");
    node_close(&n);
}

static void test_login_that_cannot_be_recorded_runs_nothing(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    node_open(&n);
    n.fake.login_err = SCH_TRY_AGAIN;
    unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail), SCH_TRY_AGAIN);
    assert_string_equal(detail.text, "the audit log cannot be written");
    assert_int_equal(n.fake.count, 1);
    assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "jan", "ok");
    node_close(&n);
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
    node n;
    size_t told = 0;
    node_open(&n);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++, told++) {
        int client = call(&n);
        (void)greeting_of(client);
        say(client, lines[i].line);
        assert_non_null(strstr(hear(client), "\"ok\":false,\"code\":\"bad_input\""));
        assert_string_equal(hear(client), "");
        (void)close(client);
        assert_int_equal(n.fake.count, i + 1);
        assert_seen(&n.fake, i, SCH_COMMAND_LOGIN, lines[i].name, "refused");
    }
    assert_int_equal(told, 11);
    node_close(&n);
}

static void test_login_closing_without_a_word_is_not_recorded(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    node_open(&n);
    for (int i = 0; i < 40; i++) { /* more than there are places: each is given back */
        int client = call(&n);
        (void)greeting_of(client);
        (void)close(client);
    }
    sch_err err = run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail);
    for (int i = 0; i < 100 && err.code == SCH_TRY_AGAIN; i++) { /* the last ones' threads may still be ending */
        (void)usleep(10000);
        err = run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail);
    }
    unit_assert_ok(err);
    json_decref(answer);
    assert_int_equal(n.fake.count, 2);
    node_close(&n);
}

/* ---- lines ---- */

static void test_line_longer_than_its_bound_is_bad_input(void **state)
{
    (void)state;
    node n;
    char *line = malloc(SCH_MAX_COMMAND_LINE_BYTES + 3);
    assert_non_null(line);
    node_open(&n);
    memset(line, ' ', SCH_MAX_COMMAND_LINE_BYTES + 2);
    line[SCH_MAX_COMMAND_LINE_BYTES + 2] = '\0';
    int client = call(&n);
    (void)greeting_of(client);
    line[SCH_MAX_LOGIN_LINE_BYTES + 1] = '\0';
    say(client, line); /* one byte too many, and no end */
    assert_non_null(strstr(hear(client), "a line is too long"));
    (void)close(client);
    assert_seen(&n.fake, 0, SCH_COMMAND_LOGIN, "", "refused");

    for (size_t more = 0; more <= 1; more++) { /* a command of exactly the bound is taken, one byte more is not */
        client = call(&n);
        const sch_greeting greeting = greeting_of(client);
        const sch_login login = login_for(&greeting, &jan);
        say_login(client, &login);
        assert_string_equal(hear(client), "{\"ok\":true}");
        memset(line, ' ', SCH_MAX_COMMAND_LINE_BYTES + 1);
        memcpy(line, "{\"command\":\"status\"}", 20);
        memcpy(line + SCH_MAX_COMMAND_LINE_BYTES + more, "\n", 2);
        say(client, line);
        assert_non_null(strstr(hear(client), more == 0 ? "\"ok\":true,\"answer\"" : "a line is too long"));
        (void)close(client);
    }
    assert_int_equal(n.fake.count, 4); /* three logins, one command */
    free(line);
    node_close(&n);
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
    node n;
    size_t told = 0;
    node_open(&n);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++, told++) {
        int client = call(&n);
        const sch_greeting greeting = greeting_of(client);
        const sch_login login = login_for(&greeting, &jan);
        say_login(client, &login);
        assert_string_equal(hear(client), "{\"ok\":true}");
        say(client, lines[i]);
        say(client, "\n");
        if (strstr(hear(client), "\"code\":\"bad_input\"") == NULL) {
            fail_msg("was taken: %s", lines[i]);
        }
        (void)close(client);
        assert_int_equal(n.fake.count, i + 1);
        assert_seen(&n.fake, i, SCH_COMMAND_LOGIN, "jan", "ok");
    }
    assert_int_equal(told, 21);
    node_close(&n);
}

/* ---- several at a time ---- */

typedef struct parallel {
    const node *n;
    const sch_identity *self;
    sch_err err;
} parallel;

static void *parallel_main(void *argument)
{
    parallel *p = argument;
    sch_detail detail;
    json_t *answer = NULL;
    p->err = run(p->n, &answer, p->self, SCH_COMMAND_RELOAD, &detail);
    json_decref(answer);
    return NULL;
}

static void test_run_two_clients_at_once_are_both_answered(void **state)
{
    (void)state;
    node n;
    pthread_t thread[2];
    node_open(&n);
    n.fake.wait_for = 2; /* each command ends only while the other one runs too */
    parallel p[2] = {{.n = &n, .self = &jan}, {.n = &n, .self = &piet}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, parallel_main, &p[i]), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(thread[i], NULL);
        unit_assert_ok(p[i].err);
    }
    assert_int_equal(n.fake.running, 2);
    node_close(&n);
}

static void test_idle_clients_hold_up_nobody_and_are_sent_away_in_time(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    int idle[SCH_MAX_CONTROL_CONNECTIONS];
    node_open(&n);
    uint64_t began = sch_clock_ns();
    for (size_t i = 0; i < SCH_MAX_CONTROL_CONNECTIONS - 1; i++) {
        idle[i] = call(&n);
        (void)greeting_of(idle[i]);
        say(idle[i], "{"); /* has begun, and goes no further */
    }
    unit_assert_ok(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail));
    json_decref(answer);
    assert_true(sch_clock_ns() - began < 5000000000U);
    int last = call(&n);
    const char *first = hear(last);
    for (int i = 0; i < 100 && strstr(first, "challenge") == NULL; i++) { /* the place of before is about to be free */
        (void)close(last);
        (void)usleep(10000);
        last = call(&n);
        first = hear(last);
    }
    idle[SCH_MAX_CONTROL_CONNECTIONS - 1] = last;
    unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(detail.text, "as many operators as it can"));
    for (size_t i = 0; i < SCH_MAX_CONTROL_CONNECTIONS; i++) {
        assert_non_null(strstr(hear(idle[i]), "\"code\":\"try_again\""));
        assert_string_equal(hear(idle[i]), "");
        (void)close(idle[i]);
    }
    uint64_t took = sch_clock_ns() - began;
    assert_true(took > 9000000000U && took < 20000000000U);
    assert_int_equal(n.fake.count, 2); /* silence is no login */
    node_close(&n);
}

static void test_close_ends_waiting_clients_at_once(void **state)
{
    (void)state;
    node n;
    node_open(&n);
    int client = call(&n);
    (void)greeting_of(client);
    uint64_t began = sch_clock_ns();
    node_close(&n);
    assert_true(sch_clock_ns() - began < 2000000000U);
    assert_non_null(strstr(hear(client), "the node stops"));
    (void)close(client);
}

/* ---- the socket ---- */

static void test_open_a_stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    (void)state;
    node n, second;
    sch_detail detail = {{0}};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    json_t *answer = NULL;
    node_init(&n);
    memcpy(address.sun_path, n.path, strlen(n.path) + 1);
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(stale, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(stale, 1), 0);
    (void)close(stale); /* as a process that was killed leaves it */
    assert_int_equal(access(n.path, F_OK), 0);
    unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(detail.text, "is schakeld running?"));
    unit_assert_ok(sch_control_server_open(&n.server, &n.conf, fake_run, &n.fake, &detail));
    node_init(&second);
    unit_assert_code(sch_control_server_open(&second.server, &second.conf, fake_run, &second.fake, &detail),
                     SCH_TRY_AGAIN);
    assert_null(second.server);
    assert_non_null(strstr(detail.text, "another process listens there"));
    unit_assert_ok(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail));
    json_decref(answer);
    node_close(&n);
}

static void test_open_what_is_no_socket_is_denied_and_left(void **state)
{
    (void)state;
    node n;
    sch_detail detail = {{0}};
    node_init(&n);
    FILE *file = fopen(n.path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    unit_assert_code(sch_control_server_open(&n.server, &n.conf, fake_run, &n.fake, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "is not a socket"));
    assert_int_equal(unlink(n.path), 0);
}

static void test_open_path_longer_than_a_socket_may_have_is_bad_input(void **state)
{
    (void)state;
    node n;
    sch_detail detail = {{0}};
    sch_command command = {.kind = SCH_COMMAND_STATUS};
    json_t *answer = NULL;
    char path[200];
    struct sockaddr_un address;
    node_init(&n);
    memset(path, 'x', sizeof path);
    memcpy(path, folder, strlen(folder));
    path[strlen(folder)] = '/';
    path[sizeof address.sun_path] = '\0';
    n.conf.socket = path;
    unit_assert_code(sch_control_server_open(&n.server, &n.conf, fake_run, &n.fake, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "longer than the 107 bytes"));
    unit_assert_code(sch_control_client_run(&answer, path, "cbs", &jan, &command, &detail), SCH_BAD_INPUT);
    path[sizeof address.sun_path - 1] = '\0'; /* one less is well */
    unit_assert_ok(sch_control_server_open(&n.server, &n.conf, fake_run, &n.fake, &detail));
    sch_control_server_close(n.server);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_open_folder_that_is_missing_is_made_for_this_account_alone(void **state)
{
    (void)state;
    node n;
    sch_detail detail = {{0}};
    struct stat status;
    char below[128];
    node_init(&n);
    (void)snprintf(below, sizeof below, "%s/run", folder);
    (void)snprintf(n.path, sizeof n.path, "%s/run/control.sock", folder);
    unit_assert_ok(sch_control_server_open(&n.server, &n.conf, fake_run, &n.fake, &detail));
    assert_int_equal(stat(below, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    node_close(&n);
    assert_int_equal(rmdir(below), 0);
}

static void test_close_leaves_a_socket_that_another_put_there(void **state)
{
    (void)state;
    node n, second;
    sch_detail detail = {{0}};
    json_t *answer = NULL;
    node_open(&n);
    assert_int_equal(unlink(n.path), 0);
    node_open(&second);
    sch_control_server_close(n.server);
    unit_assert_ok(run(&second, &answer, &jan, SCH_COMMAND_STATUS, &detail));
    json_decref(answer);
    node_close(&second);
    sch_buf_clear(&n.fake.bytes);
}

/* ---- the client ---- */

static void test_run_another_node_at_the_socket_is_bad_peer(void **state)
{
    (void)state;
    node n;
    sch_detail detail = {{0}};
    json_t *answer = NULL;
    const sch_command command = {.kind = SCH_COMMAND_STATUS};
    node_open(&n);
    unit_assert_code(sch_control_client_run(&answer, n.path, "lv", &jan, &command, &detail), SCH_BAD_PEER);
    assert_string_equal(detail.text, "the node at the control socket is 'cbs', not 'lv'");
    assert_int_equal(n.fake.count, 0); /* nothing was signed for it */
    node_close(&n);
}

static void test_run_nobody_at_the_path_is_try_again(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    node_init(&n);
    unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(detail.text, "is schakeld running?"));
}

static void test_run_socket_closed_to_this_account_is_denied(void **state)
{
    (void)state;
    node n;
    sch_detail detail;
    json_t *answer = NULL;
    if (getuid() == 0) {
        skip(); /* nothing is closed to root */
    }
    node_open(&n);
    assert_int_equal(chmod(n.path, 0), 0);
    unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail), SCH_DENIED);
    node_close(&n);
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
        node n;
        sch_detail detail;
        json_t *answer = NULL;
        pthread_t thread;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        node_init(&n);
        memcpy(address.sun_path, n.path, strlen(n.path) + 1);
        liar l = {.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), .says = lies[i].says};
        assert_int_equal(bind(l.listener, (const struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(l.listener, 1), 0);
        assert_int_equal(pthread_create(&thread, NULL, liar_main, &l), 0);
        unit_assert_code(run(&n, &answer, &jan, SCH_COMMAND_STATUS, &detail), lies[i].code);
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

static int start(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    char path[2][128];
    const struct passwd *account = getpwuid(getuid());
    if (sch_failed(sch_secret_start()) || mkdtemp(folder) == NULL || account == NULL) {
        return -1;
    }
    (void)snprintf(own_account, sizeof own_account, "%s", account->pw_name);
    (void)snprintf(path[0], sizeof path[0], "%s/jan", folder);
    (void)snprintf(path[1], sizeof path[1], "%s/piet", folder);
    unit_assert_ok(sch_identity_create(path[0], "jan", NULL, NULL, &detail));
    unit_assert_ok(sch_identity_create(path[1], "piet", NULL, NULL, &detail));
    unit_assert_ok(sch_identity_load(&jan, path[0], NULL, &detail));
    unit_assert_ok(sch_identity_load(&piet, path[1], NULL, &detail));
    return 0;
}

static int finish(void **state)
{
    (void)state;
    static const char *const names[] = {"identity.key", "tls.key", "tls.crt", "card.yaml", ""};
    for (size_t i = 0; i < 5; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/jan/%s", folder, names[i]);
        (void)remove(path);
        (void)snprintf(path, sizeof path, "%s/piet/%s", folder, names[i]);
        (void)remove(path);
    }
    sch_identity_clear(&jan);
    sch_identity_clear(&piet);
    return rmdir(folder);
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
        cmocka_unit_test(test_run_another_node_at_the_socket_is_bad_peer),
        cmocka_unit_test(test_run_nobody_at_the_path_is_try_again),
        cmocka_unit_test(test_run_socket_closed_to_this_account_is_denied),
        cmocka_unit_test(test_run_what_is_no_node_is_bad_peer_or_io),
        cmocka_unit_test(test_encode_command_every_kind_arrives_as_it_was_sent),
        cmocka_unit_test(test_encode_command_what_decoding_would_refuse_is_bad_input),
        cmocka_unit_test(test_encode_reply_a_sentence_that_is_no_text_gives_way_to_the_literal),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
