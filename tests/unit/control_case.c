#include "tests/unit/control_case.h"

#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "tests/support/unit.h"

enum { LINE_BYTES = 8192 };

char control_folder[] = "/tmp/schakel-test-XXXXXX";
sch_identity control_jan, control_piet;
static char own_account[64];

/* ---- a run function that remembers ---- */

sch_err control_fake_run(void *context, json_t **answer, const sch_command *command, sch_detail *detail)
{
    control_fake *f = context;
    sch_err err = SCH_NONE;
    (void)pthread_mutex_lock(&f->lock);
    control_seen *s = &f->seen[f->count < CONTROL_MAX_SEEN ? f->count++ : CONTROL_MAX_SEEN - 1];
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

void control_assert_seen(const control_fake *f, size_t at, sch_command_kind kind, const char *name, const char *text)
{
    assert_true(at < f->count);
    assert_int_equal(f->seen[at].kind, kind);
    assert_string_equal(f->seen[at].operator_name, name);
    assert_string_equal(f->seen[at].text, text);
}

/* ---- a node with two operators ---- */

void control_node_init(control_node *n)
{
    *n = (control_node){.conf = {.node = "cbs", .operator_ = n->operator_, .operator_count = 2, .socket = n->path}};
    (void)pthread_mutex_init(&n->fake.lock, NULL);
    (void)pthread_cond_init(&n->fake.changed, NULL);
    (void)snprintf(n->path, sizeof n->path, "%s/control.sock", control_folder);
    memcpy(n->operator_[0].name, "jan", 4);
    memcpy(n->operator_[0].identity, control_jan.card.identity, SCH_CARD_KEY_BYTES);
    n->operator_[0].user = own_account;
    memcpy(n->operator_[1].name, "piet", 5);
    memcpy(n->operator_[1].identity, control_piet.card.identity, SCH_CARD_KEY_BYTES);
}

void control_node_open(control_node *n)
{
    sch_detail detail = {{0}};
    control_node_init(n);
    unit_assert_ok(sch_control_server_open(&n->server, &n->conf, control_fake_run, &n->fake, &detail));
}

void control_node_close(control_node *n)
{
    sch_control_server_close(n->server);
    assert_int_equal(access(n->path, F_OK), -1);
    sch_buf_clear(&n->fake.bytes);
    (void)pthread_cond_destroy(&n->fake.changed);
    (void)pthread_mutex_destroy(&n->fake.lock);
}

sch_err control_run(const control_node *n, json_t **answer, const sch_identity *self, sch_command_kind kind,
                    sch_detail *detail)
{
    const sch_command command = {.kind = kind, .text = "/x/backup"};
    *detail = (sch_detail){{0}};
    return sch_control_client_run(answer, n->path, "cbs", self, &command, detail);
}

/* ---- a client by hand ---- */

int control_call(const control_node *n)
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
const char *control_hear(int socket)
{
    static char line[LINE_BYTES];
    size_t bytes = 0;
    while (bytes < sizeof line - 1 && recv(socket, line + bytes, 1, 0) == 1 && line[bytes] != '\n') {
        bytes++;
    }
    line[bytes] = '\0';
    return line;
}

void control_say(int socket, const char *text)
{
    assert_int_equal(send(socket, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

sch_greeting control_greeting_of(int socket)
{
    sch_greeting greeting;
    const char *line = control_hear(socket);
    unit_assert_ok(sch_protocol_decode_greeting(&greeting, (const uint8_t *)line, strlen(line), NULL));
    assert_string_equal(greeting.node, "cbs");
    return greeting;
}

/* A login line for a challenge. */
sch_login control_login_for(const sch_greeting *greeting, const sch_identity *self)
{
    sch_login login = {{0}, {0}};
    memcpy(login.operator_name, self->card.name, SCH_NAME_BYTES);
    unit_assert_ok(sch_operator_login_sign(login.signature, "cbs", login.operator_name, greeting->challenge,
                                           self->identity_secret));
    return login;
}

void control_say_login(int socket, const sch_login *login)
{
    sch_buf line = {0};
    unit_assert_ok(sch_protocol_encode_login(&line, login));
    assert_int_equal(send(socket, line.data, line.bytes, MSG_NOSIGNAL), line.bytes);
    sch_buf_clear(&line);
}

int control_setup(void **state)
{
    (void)state;
    sch_detail detail = {{0}};
    char path[2][128];
    const struct passwd *account = getpwuid(getuid());
    if (sch_failed(sch_secret_start()) || mkdtemp(control_folder) == NULL || account == NULL) {
        return -1;
    }
    (void)snprintf(own_account, sizeof own_account, "%s", account->pw_name);
    (void)snprintf(path[0], sizeof path[0], "%s/jan", control_folder);
    (void)snprintf(path[1], sizeof path[1], "%s/piet", control_folder);
    unit_assert_ok(sch_identity_create(path[0], "jan", NULL, NULL, &detail));
    unit_assert_ok(sch_identity_create(path[1], "piet", NULL, NULL, &detail));
    unit_assert_ok(sch_identity_load(&control_jan, path[0], NULL, &detail));
    unit_assert_ok(sch_identity_load(&control_piet, path[1], NULL, &detail));
    return 0;
}

int control_teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"identity.key", "tls.key", "tls.crt", "card.yaml", ""};
    for (size_t i = 0; i < 5; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/jan/%s", control_folder, names[i]);
        (void)remove(path);
        (void)snprintf(path, sizeof path, "%s/piet/%s", control_folder, names[i]);
        (void)remove(path);
    }
    sch_identity_clear(&control_jan);
    sch_identity_clear(&control_piet);
    return rmdir(control_folder);
}
