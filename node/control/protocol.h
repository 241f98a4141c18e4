/* protocol.h - what is said over the control socket: one JSON object a line, UTF-8.
 *
 *     node   -> {"schakel":1,"node":NAME,"challenge":B64}                                 greeting
 *     client -> {"operator":NAME,"signature":B64}                                         login (proto/decision.h)
 *     node   -> {"ok":true}, or {"ok":false,"code":CODE_NAME,"text":SENTENCE} and closes
 *     client -> {"command":WORD, ...}                                                     command
 *     node   -> {"ok":true,"answer":{...}}, or {"ok":false,...}; and closes
 * Where the node takes no more connections, the second form of the reply comes in place of the greeting.
 *
 * Commands and their keys; a key that is not listed, is missing or given twice is refused:
 *     status, agreements, reload    none
 *     requests                      all (true or false; may be left out: false)
 *     request                       id (UUIDv7)
 *     approve                       id, signature (B64, 64 bytes)
 *     deny                          id, signature, reason (1 to SCH_MAX_REASON_BYTES bytes, printable)
 *     agreement                     agreement (ID or ID/VERSION)
 *     activate                      bundle (B64, 1 to SCH_MAX_BUNDLE_BYTES bytes)
 *     revoke                        agreement (ID), reason
 *     heads                         node (NAME; may be left out: all)
 *     backup                        path (absolute, printable)
 *     peer_accept                   peer (NAME), reason */
#ifndef SCH_NODE_CONTROL_PROTOCOL_H
#define SCH_NODE_CONTROL_PROTOCOL_H

#include <jansson.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "crypto/prim/sign.h"
#include "node/job/command.h"
#include "proto/decision.h"

enum {
    SCH_PROTOCOL_VERSION = 1,
    SCH_MAX_LOGIN_LINE_BYTES = 4096,      /* a greeting, a login: what is read before anybody is known */
    SCH_MAX_COMMAND_LINE_BYTES = 1 << 20, /* a command */
    SCH_MAX_ANSWER_LINE_BYTES = 64 << 20, /* a reply, which comes from the own node */
    SCH_MAX_CONTROL_PATH_BYTES = 4095,    /* of a backup, without closing zero */
};

typedef struct sch_greeting {
    char node[SCH_NAME_BYTES];
    uint8_t challenge[SCH_CHALLENGE_BYTES];
} sch_greeting;

typedef struct sch_login {
    char operator_name[SCH_NAME_BYTES];
    uint8_t signature[SCH_SIGN_BYTES];
} sch_login;

/* A command with what it borrows. operator_name is not on the wire: NULL after decoding. */
typedef struct sch_command_line {
    sch_command command;
    json_t *json;  /* owned; holds the texts */
    sch_buf bytes; /* owned */
} sch_command_line;

/* Each encode function appends a line with its end; each decode function reads a line without its end, which anyone
 * may have made. Errors of encoding: SCH_NO_MEMORY. Errors of decoding:
 * SCH_BAD_INPUT, the detail says what; SCH_NO_MEMORY. */
sch_err sch_protocol_encode_greeting(sch_buf *out, const sch_greeting *greeting);
sch_err sch_protocol_decode_greeting(sch_greeting *out, const uint8_t *line, size_t bytes, sch_detail *detail);

/* On failure out->operator_name holds the name that was claimed, where it is one, else "": for the audit log. */
sch_err sch_protocol_encode_login(sch_buf *out, const sch_login *login);
sch_err sch_protocol_decode_login(sch_login *out, const uint8_t *line, size_t bytes, sch_detail *detail);

/* out is the caller's to clear, also on failure (empty then). What decoding would refuse is not encoded: SCH_BAD_INPUT
 * with the same detail. SCH_COMMAND_LOGIN is no command that can be sent: SCH_BUG. */
sch_err sch_protocol_encode_command(sch_buf *out, const sch_command *command, sch_detail *detail);
sch_err sch_protocol_decode_command(sch_command_line *out, const uint8_t *line, size_t bytes, sch_detail *detail);
void sch_command_line_clear(sch_command_line *line);

/* A reply: failure with the sentence, else success; answer: borrowed, NULL for none. */
sch_err sch_protocol_encode_reply(sch_buf *out, sch_err failure, const sch_detail *detail, json_t *answer);

/* Reads a reply. One that says no is the error that it carries, with its sentence in the detail. *answer: an object,
 * the caller's (json_decref), NULL on failure and where there is none. Further errors: SCH_BAD_PEER where it is no
 * reply. */
sch_err sch_protocol_decode_reply(json_t **answer, const uint8_t *line, size_t bytes, sch_detail *detail);

#endif
