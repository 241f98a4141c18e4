/* conn.h - one connection: an nng stream with TLS on it, and where a pre-shared key is agreed an inner layer.
 *
 * OpenSSL never sees a socket: it reads from and writes to memory of the connection (a BIO of our own), and nng carries
 * the bytes. One thread reads. Any thread writes: a write is encrypted in the writer's thread and goes out whole before
 * the next. Two locks: one for the writers, held while the network takes their bytes, and one around each call of
 * OpenSSL, never held while anything waits; so a reader never waits for the network's other direction.
 *
 * Internal to node/net. */
#ifndef SCH_NODE_NET_CONN_H
#define SCH_NODE_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nng/nng.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "node/net/tls.h"

enum {
    SCH_CONN_GREETING_BYTES = 64 << 10, /* the most that is read from a peer that is not authenticated */
    SCH_CONN_HEAD_BYTES = 64,           /* the longest head of a write */
    SCH_CONN_FOREVER = -1,
};

typedef struct sch_conn sch_conn;

/* A connection that will call an address "host:port". tls is borrowed. Errors: SCH_BAD_INPUT (address), SCH_NO_MEMORY.
 * Connections are counted: new gives one reference, hold adds one, release drops one and the last one frees. */
sch_err sch_conn_new_caller(sch_conn **out, const sch_tls *tls, const char *address);

/* A connection that a listener accepted; takes the stream, also on failure. Errors: SCH_NO_MEMORY. */
sch_err sch_conn_new_answerer(sch_conn **out, const sch_tls *tls, nng_stream *stream);

sch_conn *sch_conn_hold(sch_conn *conn);
void sch_conn_release(sch_conn *conn); /* accepts NULL */

/* Connects (a caller) and does the TLS handshake, until deadline_ns of sch_clock_ns. Errors: SCH_IO with a reason for
 * people ("connection refused"), SCH_BAD_PEER where TLS fails, SCH_TRY_AGAIN where time is up. */
sch_err sch_conn_open(sch_conn *conn, uint64_t deadline_ns);

/* The pin of the peer's TLS key, after open. Errors: SCH_BAD_PEER, SCH_BUG. */
sch_err sch_conn_peer_pin(sch_conn *conn, uint8_t out[static SCH_PIN_BYTES]);

/* A secret that only the two ends of this TLS connection can make, one per label (RFC 8446, 7.5). out: secret. Errors:
 * SCH_BUG. */
sch_err sch_conn_export(sch_conn *conn, uint8_t out[static SCH_KEY_BYTES], const char *label);

/* The peer is authenticated: lifts the bound on what is read, and turns on the inner layer where psk is not NULL. bulk:
 * makes room for large reads. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_conn_authenticated(sch_conn *conn, const uint8_t *psk, bool bulk);

/* Waits for bytes from the peer; *data is borrowed until the next read. By one thread. timeout_ms: SCH_CONN_FOREVER for
 * none. Errors: SCH_TRY_AGAIN where time is up (the connection is as before), SCH_IO where the connection ended,
 * SCH_BAD_PEER where TLS or the inner layer fails. */
sch_err sch_conn_read(sch_conn *conn, const uint8_t **data, size_t *bytes, int timeout_ms);

/* Reads exactly `bytes` bytes, until deadline_ns. For the greeting. Errors: as read. */
sch_err sch_conn_read_exactly(sch_conn *conn, void *out, size_t bytes, uint64_t deadline_ns);

/* Sends head (1 to SCH_CONN_HEAD_BYTES bytes) and body (may be empty), one after the other. Blocks while the network is
 * full. A write that fails shuts the connection. Errors: SCH_IO. */
sch_err sch_conn_write(sch_conn *conn, const uint8_t *head, size_t head_bytes, const uint8_t *body, size_t body_bytes);

/* Sends a head alone where no other write is under way, waiting two seconds at most. For heartbeats. */
sch_err sch_conn_write_if_idle(sch_conn *conn, const uint8_t *head, size_t head_bytes);

/* Tells the peer that nothing more comes (TLS close_notify), where that takes no waiting. */
void sch_conn_farewell(sch_conn *conn);

/* Ends the connection: every blocked and later call on it fails. From any thread, any number of times. */
void sch_conn_shut(sch_conn *conn);
bool sch_conn_is_shut(const sch_conn *conn);

/* When bytes last came and went, in sch_clock_ns. */
uint64_t sch_conn_last_received_ns(const sch_conn *conn);
uint64_t sch_conn_last_sent_ns(const sch_conn *conn);

/* Bytes on the network of a write of `bytes` bytes, head and body together: TLS and the inner layer add to each
 * record. */
uint64_t sch_conn_wire_bytes(const sch_conn *conn, size_t bytes);

/* The cipher suite in use, for tests. */
const char *sch_conn_cipher(sch_conn *conn);

#endif
