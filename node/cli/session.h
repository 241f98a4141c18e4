/* session.h - an analyst's connection to one node: profile, keys, messages. Used by one thread. */
#ifndef SCH_NODE_CLI_SESSION_H
#define SCH_NODE_CLI_SESSION_H

#include <stdbool.h>

#include "crypto/base/err.h"
#include "node/base/id.h"
#include "node/conf/conf.h"
#include "node/identity/identity.h"
#include "node/net/client.h"
#include "proto/control.h"

enum { SCH_ANSWER_MS = 30000 }; /* that a node has for an answer which needs no computation */

typedef struct sch_session {
    sch_profile profile;
    sch_identity identity;
    sch_client *client;       /* NULL after the connection was lost */
    const _Atomic bool *stop; /* borrowed; set by Ctrl-C */
    unsigned patience_s;      /* how long to try to connect again */
} sch_session;

enum { SCH_PATIENCE_S = 180 };

/* Reads the profile and the keys and connects to the profile's node. path: NULL for the default profile. The session
 * is the caller's to close, also on failure. Errors: those of conf.h, identity.h and client.h; the detail says what
 * to do. */
sch_err sch_session_open(sch_session *session, const char *path, const _Atomic bool *stop, sch_detail *detail);
void sch_session_close(sch_session *session);

/* The called node's name. */
const char *sch_session_node(const sch_session *session);

/* The card in the profile of a node; NULL where it has none. */
const sch_card *sch_session_card(const sch_session *session, const char *node);

/* Sends a message. Errors: SCH_IO where the connection ended, SCH_BUG, SCH_NO_MEMORY. */
sch_err sch_session_send(sch_session *session, const sch_control *control);

/* The next message; the caller's to clear first and afterwards. Errors: SCH_TRY_AGAIN for a time-out and where *stop
 * is set, SCH_IO where the connection ended, SCH_BAD_PEER, SCH_NO_MEMORY. */
sch_err sch_session_receive(sch_session *session, sch_control *control, int timeout_ms);

/* Gives an error of send or receive with a sentence that names the node. */
sch_err sch_session_explain(const sch_session *session, sch_err err, sch_detail *detail);

/* Connects again after the connection was lost, with pauses of 1 to 15 seconds, until the session's patience ends;
 * says so on stderr. id: the request that it is about. Errors: SCH_TRY_AGAIN where it stays away, or where *stop is
 * set: the detail says that the request lives on and what to do; SCH_BAD_PEER, SCH_DENIED. */
sch_err sch_session_reconnect(sch_session *session, const sch_request_id *id, sch_detail *detail);

/* Whether *stop is set. */
bool sch_session_is_stopped(const sch_session *session);

/* Reads a request's id as a person gave it. Errors: SCH_BAD_INPUT; the detail says what it looks like. */
sch_err sch_session_read_id(sch_request_id *out, const char *text, sch_detail *detail);

#endif
