/* auth.h - who is at the other end: HELLO and ACK, the first message in each direction inside TLS.
 *
 *     C, A        caller and answerer; K_C, K_A their identity keys (Ed25519)
 *     x           TLS exporter, label "EXPORTER-schakel-hello-1": differs for each TLS connection, equal at its ends
 *     s(d, K)     signature by K over "schakel channel 1", d, version, kind, x, from, to; d: 0 from C, 1 from A
 *     k(d)        HKDF-SHA-256(salt psk, x, "schakel psk check 1", d), where a pre-shared key is agreed
 *
 *     C           compares the pin of A's TLS key
 *     C -> A      HELLO: version, kind, C, A, k(0), s(0, K_C)
 *     A           finds C by name, compares its pin, checks s(0, K_C), then k(0)
 *     A -> C      ACK: answer, version, kind, A, C, k(1), s(1, K_A)
 *     C           checks s(1, K_A) and k(1)
 *
 * In TLS 1.3 a caller's handshake succeeds before the answerer has looked at its certificate; ACK is what tells the
 * caller that it was accepted. Internal to node/net. */
#ifndef SCH_NODE_NET_AUTH_H
#define SCH_NODE_NET_AUTH_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "node/net/conn.h"
#include "node/net/mesh.h"
#include "proto/hello.h"

typedef struct sch_auth_self {
    const char *name;
    const uint8_t *identity_secret; /* 64 bytes, secret */
} sch_auth_self;

/* Whom an answerer knows. All borrowed. */
typedef struct sch_auth_book {
    const sch_mesh_peer *peer;
    size_t peer_count;
    const sch_mesh_peer *analyst;
    size_t analyst_count;
} sch_auth_book;

typedef struct sch_auth_caller {
    const sch_mesh_peer *who; /* in the book; NULL where its name is in it under no kind that it asked for */
    size_t number;            /* its place in peer or analyst */
    sch_connection_kind kind;
} sch_auth_caller;

/* The caller's part on an open connection. Errors: SCH_BAD_PEER (its TLS key is not the pinned one; it is not signed
 * with its identity key; it speaks another version), SCH_DENIED (it does not accept us; the pre-shared keys differ),
 * SCH_TRY_AGAIN (it is busy, time is up), SCH_IO. */
sch_err sch_auth_call(sch_conn *conn, const sch_auth_self *self, const sch_mesh_peer *peer, sch_connection_kind kind,
                      uint64_t deadline_ns);

/* The answerer's first part: reads HELLO and checks it; where that fails it also sends the refusal. *caller says who it
 * claims to be, also on failure. Errors: SCH_BAD_PEER, SCH_DENIED, SCH_TRY_AGAIN (time is up), SCH_IO. */
sch_err sch_auth_hear(sch_conn *conn, const sch_auth_self *self, const sch_auth_book *book, uint64_t deadline_ns,
                      sch_auth_caller *caller);

/* The second part: sends ACK, SCH_HELLO_ACCEPTED or SCH_HELLO_BUSY. Errors: SCH_IO. */
sch_err sch_auth_reply(sch_conn *conn, const sch_auth_self *self, const sch_auth_caller *caller,
                       sch_hello_answer answer);

#endif
