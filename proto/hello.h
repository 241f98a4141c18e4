/* hello.h - HELLO and ACK: the first message in each direction of a connection.
 *
 * They are the only messages that are read from a caller who is not authenticated yet: flat, at most
 * SCH_MAX_HELLO_BYTES, decoded within bounds, and every field is checked. A decoded one has valid names and known
 * numbers; its signature is not checked here (node/net/auth.h). */
#ifndef SCH_PROTO_HELLO_H
#define SCH_PROTO_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/catalog.h"

enum {
    SCH_CHANNEL_VERSION = 1,
    SCH_MAX_HELLO_BYTES = 512, /* encoded */
    SCH_PSK_CHECK_BYTES = 32,
    SCH_HELLO_SIGNATURE_BYTES = 64,
};

typedef enum sch_connection_kind {
    SCH_CONNECTION_CONTROL = 1, /* between nodes: control messages */
    SCH_CONNECTION_BULK,        /* between nodes: frames */
    SCH_CONNECTION_ANALYST,     /* an analyst's session: control messages */
} sch_connection_kind;

typedef enum sch_hello_answer {
    SCH_HELLO_CALL = 0,      /* not an answer: a HELLO */
    SCH_HELLO_ACCEPTED,      /* an ACK */
    SCH_HELLO_REFUSED,       /* the caller is not known here, or is not who it says */
    SCH_HELLO_OTHER_VERSION, /* the caller speaks another version */
    SCH_HELLO_OTHER_PSK,     /* the pre-shared keys differ, or only one side has one */
    SCH_HELLO_BUSY,          /* no room for another session */
    SCH_HELLO_ANSWERS        /* their number */
} sch_hello_answer;

typedef struct sch_hello {
    uint32_t version; /* any number: the receiver compares it */
    sch_connection_kind kind;
    sch_hello_answer answer;
    char from[SCH_NAME_BYTES];
    char to[SCH_NAME_BYTES];
    bool has_psk_check;
    uint8_t psk_check[SCH_PSK_CHECK_BYTES];
    uint8_t signature[SCH_HELLO_SIGNATURE_BYTES]; /* of a call and of an acceptance; else zero */
} sch_hello;

/* Appends the message. Errors: SCH_BUG where a field is out of range, SCH_NO_MEMORY. */
sch_err sch_hello_encode(sch_buf *out, const sch_hello *hello);

/* Reads bytes that anyone may have made. On failure *out is zero. Errors: SCH_BAD_PEER, SCH_NO_MEMORY. */
sch_err sch_hello_decode(sch_hello *out, const uint8_t *data, size_t bytes);

#endif
