/* server.h - the control socket: where this node's operators give it orders, each known by a key of their own.
 *
 * A Unix stream socket of mode 0660 (protocol.h says what is spoken), so the system decides who may speak at all: a
 * folder that only this node's account may enter keeps operators with other accounts out. Each connection has a thread
 * of its own, which gives one command to `run`, and deadlines, so that a silent, slow or endless client is in nobody's
 * way:
 *     login      a challenge of 32 random bytes is signed by the operator's key; where the operator has a `user`, the
 *                process at the other end runs under that account (SO_PEERCRED); SCH_LOGIN_SECONDS at most
 *     audit      every login is given to `run` first, as SCH_COMMAND_LOGIN with the operator's name ("" where what was
 *                claimed is no name) and text "ok" or "refused"; where that fails, the command is not run */
#ifndef SCH_NODE_CONTROL_SERVER_H
#define SCH_NODE_CONTROL_SERVER_H

#include "crypto/base/err.h"
#include "node/conf/conf.h"
#include "node/control/protocol.h"

enum {
    SCH_MAX_CONTROL_CONNECTIONS = 16, /* more are told to come back */
    SCH_LOGIN_SECONDS = 10,           /* from the connection to the login's last byte; and again for the command */
    SCH_ANSWER_SECONDS = 60,          /* for the client to take an answer */
};

typedef struct sch_control_server sch_control_server;

/* Runs a command: sch_jobs_command, or a test's own. Called by several threads at a time. *answer: the caller's; may
 * be NULL. */
typedef sch_err (*sch_control_run)(void *context, json_t **answer, const sch_command *command, sch_detail *detail);

/* Opens conf's socket and listens; its folder is made (mode 0700) where it is missing. A socket that is left there,
 * where nobody listens, is replaced. conf is copied; context is borrowed. Errors: SCH_BAD_INPUT (the path is longer
 * than a socket's may be), SCH_TRY_AGAIN (another process listens there), SCH_DENIED (what is there is no socket),
 * SCH_IO, SCH_NO_MEMORY. */
sch_err sch_control_server_open(sch_control_server **out, const sch_conf *conf, sch_control_run run, void *context,
                                sch_detail *detail);

/* Takes the operators of a configuration that was read again; the socket stays. Any thread, also in `run`. Errors:
 * SCH_NO_MEMORY (the old ones stay). */
sch_err sch_control_server_set_operators(sch_control_server *server, const sch_conf *conf);

/* Takes no more connections, ends those that wait for their client, waits for commands that run, and removes the
 * socket. Not from within `run`. Accepts NULL. */
void sch_control_server_close(sch_control_server *server);

#endif
