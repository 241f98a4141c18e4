/* One thread accepts; each connection has a thread and a slot. All wait on the socket and on an event that ends
 * everything. */
#include "node/control/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/base/file.h"
#include "node/base/log.h"
#include "node/control/talk.h"

enum { SOCKET_MODE = 0660, BACKLOG = 16, ACCOUNT_BYTES = 16384 };

/* What is known of the operators at a moment. */
typedef struct operators {
    sch_conf_operator *operator_; /* owned, with their users */
    size_t count;
} operators;

typedef struct slot {
    pthread_t thread;
    bool used; /* has a thread that was not joined yet */
    bool done; /* it has ended; under the server's lock */
    int socket;
    struct sch_control_server *server;
} slot;

struct sch_control_server {
    char node[SCH_NAME_BYTES];
    char *path;          /* owned */
    dev_t device;        /* of the socket's file, so that another's is not removed */
    ino_t inode;         /* likewise */
    int listener, event; /* owned */
    sch_control_run run;
    void *context;
    pthread_mutex_t lock;
    operators operators; /* under the lock */
    slot slot[SCH_MAX_CONTROL_CONNECTIONS];
    pthread_t thread; /* that accepts */
    bool started;
};

/* ---- operators ---- */

static void clear_operators(operators *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->operator_[i].user);
    }
    free(list->operator_);
    *list = (operators){0};
}

static sch_err copy_operators(operators *out, const sch_conf *conf)
{
    sch_err err = SCH_NONE;
    *out = (operators){.operator_ = calloc(conf->operator_count + 1, sizeof *out->operator_)};
    SCH_TRY(sch_check(out->operator_ != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t i = 0; i < conf->operator_count; i++) {
        out->operator_[i] = conf->operator_[i];
        out->operator_[i].user = NULL;
        out->count = i + 1;
        if (conf->operator_[i].user != NULL) {
            out->operator_[i].user = strdup(conf->operator_[i].user);
            SCH_TRY(sch_check(out->operator_[i].user != NULL, SCH_NO_MEMORY, "out of memory"));
        }
    }
out:
    if (sch_failed(err)) {
        clear_operators(out);
    }
    return err;
}

sch_err sch_control_server_set_operators(sch_control_server *server, const sch_conf *conf)
{
    operators fresh = {0};
    sch_err err = copy_operators(&fresh, conf);
    if (!sch_failed(err)) {
        (void)pthread_mutex_lock(&server->lock);
        operators old = server->operators;
        server->operators = fresh;
        (void)pthread_mutex_unlock(&server->lock);
        clear_operators(&old);
    }
    return err;
}

/* Finds an operator by name. user: the account's name, owned by the caller; NULL for any. */
static sch_err find_operator(sch_control_server *server, const char *name, uint8_t identity[static SCH_CARD_KEY_BYTES],
                             char **user)
{
    sch_err err = sch_fail(SCH_DENIED, "the operator is not known to this node, or this is not their key");
    *user = NULL;
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->operators.count; i++) {
        const sch_conf_operator *known = &server->operators.operator_[i];
        if (strcmp(known->name, name) == 0) {
            memcpy(identity, known->identity, SCH_CARD_KEY_BYTES);
            *user = known->user == NULL ? NULL : strdup(known->user);
            err = sch_check(known->user == NULL || *user != NULL, SCH_NO_MEMORY, "out of memory");
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
    return err;
}

/* Whether the process at the other end runs under an account. */
static sch_err check_account(int socket, const char *operator_name, const char *user, sch_detail *detail)
{
    struct ucred other;
    socklen_t bytes = sizeof other;
    struct passwd entry, *found = NULL;
    char *work = malloc(ACCOUNT_BYTES);
    if (work == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    bool same = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &bytes) == 0 &&
                getpwnam_r(user, &entry, work, ACCOUNT_BYTES, &found) == 0 && found != NULL &&
                entry.pw_uid == other.uid;
    free(work);
    if (same) {
        return SCH_NONE;
    }
    sch_detail_set(detail, "the operator '%s' gives orders from the account '%s' only", operator_name, user);
    return sch_fail(SCH_DENIED, "an operator uses another account than their own");
}

/* ---- one connection ---- */

static uint64_t in_seconds(unsigned seconds)
{
    return sch_clock_ns() + (uint64_t)seconds * 1000000000U;
}

/* A reply; one that cannot be delivered is lost, as its reader is. */
static void reply(const sch_talk *talk, sch_err failure, const sch_detail *detail, json_t *answer)
{
    sch_buf line = {0};
    sch_err err = sch_protocol_encode_reply(&line, failure, detail, answer);
    if (!sch_failed(err) && line.bytes > SCH_MAX_ANSWER_LINE_BYTES) {
        sch_buf_clear(&line);
        err =
            sch_protocol_encode_reply(&line, sch_fail(SCH_BAD_INPUT, "the answer is too large to be sent"), NULL, NULL);
    }
    if (!sch_failed(err)) {
        err = sch_talk_write(talk, line.data, line.bytes, in_seconds(SCH_ANSWER_SECONDS));
    }
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_INFO, "control", NULL, "a reply was not delivered", err, NULL);
    }
    sch_buf_clear(&line);
}

/* Whether what was sent is the operator's answer to this challenge. */
static sch_err check_login(slot *s, const sch_login *login, const sch_greeting *greeting, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint8_t identity[SCH_CARD_KEY_BYTES];
    char *user = NULL;
    SCH_TRY(find_operator(s->server, login->operator_name, identity, &user));
    if (sch_failed(sch_operator_login_verify(login->signature, s->server->node, login->operator_name,
                                             greeting->challenge, identity))) {
        SCH_TRY(sch_fail(SCH_DENIED, "the operator is not known to this node, or this is not their key"));
    }
    if (user != NULL) {
        SCH_TRY(check_account(s->socket, login->operator_name, user, detail));
    }
out:
    free(user);
    return err;
}

/* Greets, reads the login and checks it. name: whose it is, for all that follows; "" where nobody's. *said: a login
 * came, well or not. */
static sch_err take_login(slot *s, sch_talk *talk, char name[static SCH_NAME_BYTES], bool *said, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const uint64_t deadline = in_seconds(SCH_LOGIN_SECONDS);
    sch_greeting greeting = {{0}, {0}};
    sch_login login = {{0}, {0}};
    sch_buf line = {0};
    memcpy(greeting.node, s->server->node, sizeof greeting.node);
    sch_random_fill(greeting.challenge, sizeof greeting.challenge);
    SCH_TRY(sch_protocol_encode_greeting(&line, &greeting));
    SCH_TRY(sch_talk_write(talk, line.data, line.bytes, deadline));
    err = sch_talk_read(talk, &line, SCH_MAX_LOGIN_LINE_BYTES, deadline);
    *said = !sch_failed(err) || err.code == SCH_BAD_INPUT; /* too long a line is something, silence is not */
    SCH_TRY(err);
    err = sch_protocol_decode_login(&login, line.data, line.bytes, detail);
    memcpy(name, login.operator_name, SCH_NAME_BYTES);
    SCH_TRY(err);
    SCH_TRY(check_login(s, &login, &greeting, detail));
out:
    sch_buf_clear(&line);
    return err;
}

/* Has a login recorded. */
static sch_err record_login(sch_control_server *server, const char *name, bool well, sch_detail *detail)
{
    json_t *answer = NULL;
    const sch_command login = {
        .kind = SCH_COMMAND_LOGIN, .operator_name = name, .text = well ? "ok" : "refused", .text2 = ""};
    sch_err err = server->run(server->context, &answer, &login, detail);
    json_decref(answer);
    return err;
}

/* Reads one command and runs it. */
static void take_command(slot *s, sch_talk *talk, const char *name)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_command_line command = {0};
    json_t *answer = NULL;
    sch_buf line = {0};
    SCH_TRY(sch_talk_read(talk, &line, SCH_MAX_COMMAND_LINE_BYTES, in_seconds(SCH_LOGIN_SECONDS)));
    SCH_TRY(sch_protocol_decode_command(&command, line.data, line.bytes, &detail));
    command.command.operator_name = name;
    SCH_TRY(s->server->run(s->server->context, &answer, &command.command, &detail));
out:
    reply(talk, err, &detail, answer);
    json_decref(answer);
    sch_command_line_clear(&command);
    sch_buf_clear(&line);
}

static void serve(slot *s)
{
    sch_detail detail = {{0}}, unrecorded = {{0}};
    char name[SCH_NAME_BYTES] = {0};
    bool said = false;
    sch_talk talk = {.socket = s->socket, .stop = s->server->event};
    sch_err err = take_login(s, &talk, name, &said, &detail);
    bool well = !sch_failed(err);
    if (said) {
        sch_err recorded = record_login(s->server, name, well, &unrecorded);
        if (sch_failed(recorded) && well) {
            err = recorded;
            detail = unrecorded;
        }
    }
    if (well || said || err.code == SCH_TRY_AGAIN) {
        reply(&talk, err, &detail, NULL);
    }
    if (!sch_failed(err)) {
        take_command(s, &talk, name);
    }
    sch_talk_clear(&talk);
}

static void *connection_main(void *argument)
{
    slot *s = argument;
    serve(s);
    (void)pthread_mutex_lock(&s->server->lock);
    (void)close(s->socket);
    s->done = true;
    (void)pthread_mutex_unlock(&s->server->lock);
    return NULL;
}

/* ---- all connections ---- */

/* Joins the threads that have ended, or all of them. */
static void join_slots(sch_control_server *server, bool all)
{
    for (size_t i = 0; i < SCH_MAX_CONTROL_CONNECTIONS; i++) {
        slot *s = &server->slot[i];
        (void)pthread_mutex_lock(&server->lock);
        bool join = s->used && (s->done || all);
        (void)pthread_mutex_unlock(&server->lock);
        if (join) {
            (void)pthread_join(s->thread, NULL);
            s->used = false;
        }
    }
}

static slot *free_slot(sch_control_server *server)
{
    for (size_t i = 0; i < SCH_MAX_CONTROL_CONNECTIONS; i++) {
        if (!server->slot[i].used) {
            return &server->slot[i];
        }
    }
    return NULL;
}

/* Tells a client that nobody has time for it, without waiting. */
static void turn_away(int socket)
{
    const sch_talk talk = {.socket = socket, .stop = -1};
    sch_buf line = {0};
    sch_err err = sch_protocol_encode_reply(
        &line, sch_fail(SCH_TRY_AGAIN, "the node talks with as many operators as it can; try again"), NULL, NULL);
    if (!sch_failed(err)) {
        err = sch_talk_write(&talk, line.data, line.bytes, sch_clock_ns());
    }
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_DEBUG, "control", NULL, "a client was turned away without a word", err, NULL);
    }
    sch_buf_clear(&line);
    (void)close(socket);
}

static void take_connection(sch_control_server *server)
{
    int socket = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            sch_log(SCH_LOG_WARNING, "control", NULL, "a connection cannot be taken: errno=%d", errno);
            (void)poll(NULL, 0, 100); /* descriptors have run out, for instance: not in a tight loop */
        }
        return;
    }
    join_slots(server, false);
    slot *s = free_slot(server);
    if (s == NULL) {
        turn_away(socket);
        return;
    }
    *s = (slot){.socket = socket, .server = server};
    if (pthread_create(&s->thread, NULL, connection_main, s) != 0) {
        turn_away(socket);
        return;
    }
    s->used = true;
}

static void *accept_main(void *argument)
{
    sch_control_server *server = argument;
    for (;;) {
        struct pollfd set[2] = {{.fd = server->listener, .events = POLLIN}, {.fd = server->event, .events = POLLIN}};
        int ready = poll(set, 2, -1);
        if (ready > 0 && set[1].revents != 0) {
            return NULL;
        }
        if (ready > 0) {
            take_connection(server);
        }
    }
}

/* ---- the socket ---- */

static sch_err io_error(const char *path, const char *text, sch_detail *detail)
{
    char words[128];
    sch_detail_set(detail, "%s: %s: %s", path, text, strerror_r(errno, words, sizeof words));
    return sch_fail(SCH_IO, "a control socket cannot be opened");
}

/* Removes a socket that is left over. Where somebody listens, it is theirs. */
static sch_err remove_stale(const struct sockaddr_un *address, sch_detail *detail)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0) {
        return errno == ENOENT ? SCH_NONE : io_error(address->sun_path, "cannot be looked at", detail);
    }
    if (!S_ISSOCK(status.st_mode)) {
        sch_detail_set(detail, "%s: is not a socket, and is left as it is", address->sun_path);
        return sch_fail(SCH_DENIED, "a control socket's path is taken");
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) {
        return io_error(address->sun_path, "cannot be tried", detail);
    }
    bool refused = connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    (void)close(probe);
    if (!refused) {
        sch_detail_set(detail, "%s: another process listens there", address->sun_path);
        return sch_fail(SCH_TRY_AGAIN, "another process listens at the control socket");
    }
    return unlink(address->sun_path) == 0 ? SCH_NONE : io_error(address->sun_path, "cannot be replaced", detail);
}

/* The mode is set before the name exists and again after (a umask may have narrowed it): at no moment may more people
 * connect. The umask itself belongs to the whole process, and is left alone. */
static sch_err listen_at(sch_control_server *server, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    struct stat status;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *folder = sch_file_folder(server->path);
    SCH_TRY(sch_check(folder != NULL, SCH_NO_MEMORY, "out of memory"));
    if (strlen(server->path) >= sizeof address.sun_path) {
        sch_detail_set(detail, "socket: %s is longer than the %zu bytes that a socket's path may have", server->path,
                       sizeof address.sun_path - 1);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a control socket's path is too long"));
    }
    memcpy(address.sun_path, server->path, strlen(server->path) + 1);
    SCH_TRY(sch_file_make_folder(folder, detail));
    SCH_TRY(remove_stale(&address, detail));
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listener < 0 || fchmod(server->listener, SOCKET_MODE) != 0 ||
        bind(server->listener, (const struct sockaddr *)&address, sizeof address) != 0) {
        SCH_TRY(io_error(server->path, "a socket cannot be made", detail));
    }
    if (lstat(server->path, &status) != 0) {
        SCH_TRY(io_error(server->path, "the socket is gone", detail));
    }
    server->device = status.st_dev;
    server->inode = status.st_ino;
    if (chmod(server->path, SOCKET_MODE) != 0 || listen(server->listener, BACKLOG) != 0) {
        SCH_TRY(io_error(server->path, "the socket cannot be opened for others", detail));
    }
out:
    free(folder);
    return err;
}

static void remove_socket(const sch_control_server *server)
{
    struct stat status;
    if (server->inode != 0 && lstat(server->path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        status.st_dev == server->device && status.st_ino == server->inode) {
        (void)unlink(server->path);
    }
}

sch_err sch_control_server_open(sch_control_server **out, const sch_conf *conf, sch_control_run run, void *context,
                                sch_detail *detail)
{
    sch_err err = SCH_NONE;
    *out = NULL;
    sch_control_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    (void)pthread_mutex_init(&server->lock, NULL);
    server->listener = -1;
    server->run = run;
    server->context = context;
    memcpy(server->node, conf->node, sizeof server->node);
    server->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->path = strdup(conf->socket);
    SCH_TRY(sch_check(server->path != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_check(server->event >= 0, SCH_IO, "no event can be made"));
    SCH_TRY(copy_operators(&server->operators, conf));
    SCH_TRY(listen_at(server, detail));
    SCH_TRY(
        sch_check(pthread_create(&server->thread, NULL, accept_main, server) == 0, SCH_IO, "no thread can be started"));
    server->started = true;
    *out = server;
    server = NULL;
out:
    sch_control_server_close(server);
    return err;
}

void sch_control_server_close(sch_control_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->started) {
        (void)eventfd_write(server->event, 1); /* stays readable: every wait ends */
        (void)pthread_join(server->thread, NULL);
    }
    join_slots(server, true);
    remove_socket(server);
    if (server->listener >= 0) {
        (void)close(server->listener);
    }
    if (server->event >= 0) {
        (void)close(server->event);
    }
    (void)pthread_mutex_destroy(&server->lock);
    clear_operators(&server->operators);
    free(server->path);
    free(server);
}
