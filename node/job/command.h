/* command.h - what an operator asks of a running node. The control socket (node/control) has checked who asks; the
 * node's event thread answers, in order with all else, so that nothing changes in between. */
#ifndef SCH_NODE_JOB_COMMAND_H
#define SCH_NODE_JOB_COMMAND_H

#include <jansson.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/job/jobs.h"
#include "proto/request.h"

typedef enum sch_command_kind {
    SCH_COMMAND_STATUS =
        1,             /* -> node, version, agreements, peers (name, up, why), requests by state, audit seq, ledger */
    SCH_COMMAND_LOGIN, /* text: "ok" or "refused": only the audit record */
    SCH_COMMAND_REQUESTS,    /* all: also those that have ended -> list */
    SCH_COMMAND_REQUEST,     /* id -> one, with preview */
    SCH_COMMAND_APPROVE,     /* id, signature */
    SCH_COMMAND_DENY,        /* id, signature, text: reason */
    SCH_COMMAND_AGREEMENTS,  /* -> list */
    SCH_COMMAND_AGREEMENT,   /* text: id, or id/version -> bundle (base64) */
    SCH_COMMAND_ACTIVATE,    /* bytes: a bundle; complete, with this node as a party */
    SCH_COMMAND_REVOKE,      /* text2: agreement's id; text: reason */
    SCH_COMMAND_HEADS,       /* text: a node's name or "" for all -> heads as kept, lines of node/audit/verify.h */
    SCH_COMMAND_BACKUP,      /* text: absolute path of the new file */
    SCH_COMMAND_PEER_ACCEPT, /* text2: peer's name; text: reason: accept a state older than the one that it showed */
    SCH_COMMAND_RELOAD,      /* read configuration and keys again, when no job runs */
} sch_command_kind;

typedef struct sch_command {
    sch_command_kind kind;
    const char *operator_name; /* who was authenticated; borrowed, as all here */
    sch_request_id id;
    bool all;
    const char *text, *text2;
    const uint8_t *bytes;
    size_t byte_count;
    uint8_t signature[64];
} sch_command;

/* Runs a command and waits for the answer. *answer: a JSON object, the caller's (json_decref); NULL on failure. Any
 * thread but the event thread. Errors: those of the command, the detail says what to do; SCH_TRY_AGAIN while the node
 * stops. */
sch_err sch_jobs_command(sch_jobs *jobs, json_t **answer, const sch_command *command, sch_detail *detail);

#endif
