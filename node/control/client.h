/* client.h - an operator's side of the control socket: connect, log in, give one command, take the answer. */
#ifndef SCH_NODE_CONTROL_CLIENT_H
#define SCH_NODE_CONTROL_CLIENT_H

#include "crypto/base/err.h"
#include "node/control/protocol.h"
#include "node/identity/identity.h"

/* Runs one command at the node that listens at a socket. node: the name that the node has to have, as this operator's
 * configuration says. self: the operator's keys; its card's name is the operator's name. command: operator_name is not
 * used. *answer: a JSON object, the caller's (json_decref); NULL on failure. The answer takes as long as it takes; all
 * else at most SCH_CONTROL_PATIENCE_SECONDS. Errors: SCH_TRY_AGAIN (nobody listens, or the node has no time),
 * SCH_DENIED (the system or the node refuses), SCH_BAD_PEER (another node, or none at all, is there), SCH_BAD_INPUT
 * (the path is too long), SCH_IO, SCH_NO_MEMORY, SCH_BUG, and the command's own; the detail says what to do. */
enum { SCH_CONTROL_PATIENCE_SECONDS = 20 };
sch_err sch_control_client_run(json_t **answer, const char *socket, const char *node, const sch_identity *self,
                               const sch_command *command, sch_detail *detail);

#endif
