#include "node/control/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/control/talk.h"

static uint64_t patience(void)
{
    return sch_clock_ns() + (uint64_t)SCH_CONTROL_PATIENCE_SECONDS * 1000000000U;
}

static sch_err connect_error(int error, const char *path, sch_detail *detail)
{
    char words[128];
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
        sch_detail_set(detail, "%s: no node listens there; is schakeld running?", path);
        return sch_fail(SCH_TRY_AGAIN, "no node listens at the control socket");
    case EAGAIN:
        sch_detail_set(detail, "%s: the node has no time now; try again", path);
        return sch_fail(SCH_TRY_AGAIN, "the node has no time");
    case EACCES:
    case EPERM:
        sch_detail_set(detail, "%s: this account may not use the node's control socket", path);
        return sch_fail(SCH_DENIED, "the control socket is closed to this account");
    default:
        sch_detail_set(detail, "%s: %s", path, strerror_r(error, words, sizeof words));
        return sch_fail(SCH_IO, "the control socket cannot be used");
    }
}

/* *out: a connected, non-blocking socket of the caller's; -1 on failure. Unix sockets connect at once or not at all. */
static sch_err open_socket(int *out, const char *path, sch_detail *detail)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *out = -1;
    if (strlen(path) >= sizeof address.sun_path) {
        sch_detail_set(detail, "socket: %s is longer than the %zu bytes that a socket's path may have", path,
                       sizeof address.sun_path - 1);
        return sch_fail(SCH_BAD_INPUT, "a control socket's path is too long");
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) {
        return connect_error(errno, path, detail);
    }
    if (connect(made, (const struct sockaddr *)&address, sizeof address) != 0) {
        sch_err err = connect_error(errno, path, detail);
        (void)close(made);
        return err;
    }
    *out = made;
    return SCH_NONE;
}

/* Reads a reply. *answer: as sch_protocol_decode_reply. */
static sch_err read_reply(sch_talk *talk, json_t **answer, size_t most, uint64_t deadline_ns, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf line = {0};
    *answer = NULL;
    SCH_TRY(sch_talk_read(talk, &line, most, deadline_ns));
    SCH_TRY(sch_protocol_decode_reply(answer, line.data, line.bytes, detail));
out:
    sch_buf_clear(&line);
    return err;
}

/* Writes a line. Where the node has closed already, it may have said why: that is the better error. */
static sch_err say(sch_talk *talk, const sch_buf *line, sch_detail *detail)
{
    sch_err err = sch_talk_write(talk, line->data, line->bytes, patience());
    if (err.code == SCH_IO) {
        json_t *unused = NULL;
        sch_err told = read_reply(talk, &unused, SCH_MAX_LOGIN_LINE_BYTES, patience(), detail);
        json_decref(unused);
        err = sch_failed(told) && told.code != SCH_IO ? told : err;
    }
    return err;
}

/* The greeting, or the reply that says why there is none. */
static sch_err read_greeting(sch_talk *talk, sch_greeting *greeting, const char *node, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf line = {0};
    json_t *unused = NULL;
    SCH_TRY(sch_talk_read(talk, &line, SCH_MAX_LOGIN_LINE_BYTES, patience()));
    if (sch_failed(sch_protocol_decode_greeting(greeting, line.data, line.bytes, NULL))) {
        SCH_TRY(sch_protocol_decode_reply(&unused, line.data, line.bytes, detail));
        SCH_TRY(sch_fail(SCH_BAD_PEER, "what listens at the control socket is no node of this version"));
    }
    if (strcmp(greeting->node, node) != 0) {
        sch_detail_set(detail, "the node at the control socket is '%s', not '%s'", greeting->node, node);
        SCH_TRY(sch_fail(SCH_BAD_PEER, "another node listens at the control socket"));
    }
out:
    json_decref(unused);
    sch_buf_clear(&line);
    return err;
}

static sch_err log_in(sch_talk *talk, const char *node, const sch_identity *self, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_greeting greeting;
    sch_login login = {{0}, {0}};
    sch_buf line = {0};
    json_t *unused = NULL;
    SCH_TRY(read_greeting(talk, &greeting, node, detail));
    memcpy(login.operator_name, self->card.name, sizeof login.operator_name);
    SCH_TRY(sch_operator_login_sign(login.signature, greeting.node, login.operator_name, greeting.challenge,
                                    self->identity_secret));
    SCH_TRY(sch_protocol_encode_login(&line, &login));
    SCH_TRY(say(talk, &line, detail));
    SCH_TRY(read_reply(talk, &unused, SCH_MAX_LOGIN_LINE_BYTES, patience(), detail));
out:
    json_decref(unused);
    sch_buf_clear(&line);
    return err;
}

sch_err sch_control_client_run(json_t **answer, const char *socket, const char *node, const sch_identity *self,
                               const sch_command *command, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_talk talk = {.socket = -1, .stop = -1};
    sch_buf line = {0};
    *answer = NULL;
    SCH_TRY(sch_protocol_encode_command(&line, command, detail)); /* before anything is asked */
    SCH_TRY(open_socket(&talk.socket, socket, detail));
    SCH_TRY(log_in(&talk, node, self, detail));
    SCH_TRY(say(&talk, &line, detail));
    SCH_TRY(read_reply(&talk, answer, SCH_MAX_ANSWER_LINE_BYTES, SCH_TALK_NO_DEADLINE, detail));
    if (*answer == NULL) {
        SCH_TRY(sch_fail(SCH_BAD_PEER, "the node's reply holds no answer"));
    }
out:
    if (talk.socket >= 0) {
        (void)close(talk.socket);
    }
    sch_talk_clear(&talk);
    sch_buf_clear(&line);
    return err;
}
