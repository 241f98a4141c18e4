/* mesh.h - the connections of one node: to its peers, and from analysts.
 *
 * Each pair of nodes keeps two TLS connections, one for control messages and one for bulk frames; the mesh dials,
 * accepts, authenticates, reconnects and replaces them (docs/channel.md). Links of many shards of many jobs share a
 * bulk connection; a window per link and direction bounds what is in flight, so that a slow shard holds up nobody else.
 *
 * Threads: every function may be called from any thread. Handlers are called on the mesh's own threads, one at a time
 * per connection; they return soon and do not call sch_mesh_close. */
#ifndef SCH_NODE_NET_MESH_H
#define SCH_NODE_NET_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "crypto/protocol/link.h"
#include "node/base/card.h"
#include "proto/catalog.h"
#include "proto/control.h"
#include "proto/request.h"

enum {
    SCH_MAX_FRAME_BYTES = 1 << 20, /* one bulk frame's payload */
    SCH_PIN_BYTES = 32,            /* SHA-256 of SubjectPublicKeyInfo */
};

typedef struct sch_mesh sch_mesh;

/* A node (by its number in the options) or one session of an analyst. */
typedef struct sch_peer_id {
    uint32_t value;
} sch_peer_id;

typedef struct sch_mesh_peer {
    char name[SCH_NAME_BYTES];
    const char *address; /* host:port; NULL where this node only waits for the peer to dial */
    uint8_t tls_pin[SCH_PIN_BYTES];
    uint8_t identity[32]; /* Ed25519 public key: signs HELLO over the TLS exporter */
    const uint8_t *psk;   /* 32 bytes, secret, borrowed; NULL where none is agreed */
} sch_mesh_peer;

/* A peer or an analyst as its card says. psk: borrowed; NULL for none. The result borrows the card's address. */
sch_mesh_peer sch_mesh_peer_of_card(const sch_card *card, const uint8_t *psk);

typedef struct sch_mesh_handlers {
    void *context;
    /* A node is up, which is that both its connections are, or down. Up and down take turns; a connection that was
     * replaced is a down and an up. Control messages of a node come only while it is up, and one at a time with
     * this. */
    void (*on_peer)(void *context, sch_peer_id peer, bool up);
    /* An analyst's session began or ended; analyst: number in the options. */
    void (*on_session)(void *context, sch_peer_id session, size_t analyst, bool open);
    /* A control message, not yet decoded, of 1 to SCH_MAX_CONTROL_BYTES bytes; borrowed. */
    void (*on_control)(void *context, sch_peer_id from, const uint8_t *data, size_t bytes);
    /* One line for the operator's log; literal text plus a peer's name ("" where none is known). */
    void (*on_event)(void *context, const char *peer, const char *text);
} sch_mesh_handlers;

typedef struct sch_mesh_options {
    char name[SCH_NAME_BYTES];
    const char *listen;             /* host:port */
    const char *certificate_file;   /* PEM; any certificate for the TLS key: only its key counts */
    const char *tls_key_file;       /* PEM, mode 0600 */
    const uint8_t *identity_secret; /* 64 bytes, Ed25519, secret; borrowed while the mesh is open */
    const sch_mesh_peer *peer;      /* nodes; copied */
    size_t peer_count;
    const sch_mesh_peer *analyst; /* analysts' names, pins and identities; copied */
    size_t analyst_count;
    sch_mesh_handlers handlers;
} sch_mesh_options;

/* Listens and starts dialling. Errors: SCH_IO (address in use, files), SCH_BAD_INPUT (address, certificate),
 * SCH_NO_MEMORY. */
sch_err sch_mesh_open(sch_mesh **out, const sch_mesh_options *options, sch_detail *detail);

/* Ends every connection and thread; links must have been closed. Accepts NULL. */
void sch_mesh_close(sch_mesh *mesh);

/* Whether both connections to a node are there. */
bool sch_mesh_is_up(sch_mesh *mesh, sch_peer_id peer);

/* Why a peer is not up, in words for a person ("connection refused", "its TLS key is not the pinned one", "it does not
 * accept us", ...; docs/channel.md has all). Empty where it is up. */
void sch_mesh_why_down(sch_mesh *mesh, sch_peer_id peer, sch_detail *detail);

/* Sends one control message: puts it in the connection's queue, which its own thread empties, in order. Where the queue
 * is full (8 MiB) it waits up to 15 seconds, a handler not at all (64 MiB); a peer that takes nothing for so long is
 * disconnected. Errors: SCH_TRY_AGAIN where the peer is not up or the session has ended, SCH_BUG for a size out of
 * range, SCH_NO_MEMORY. */
sch_err sch_mesh_send_control(sch_mesh *mesh, sch_peer_id to, const uint8_t *data, size_t bytes);

/* Ends an analyst's session after what was sent has gone out; a client that then does not go is disconnected after 5
 * seconds. */
void sch_mesh_end_session(sch_mesh *mesh, sch_peer_id session);

/* The TLS exporter secret of the control connection to a peer: equal at both ends of the same connection, and new with
 * each connection. out: secret. Errors: SCH_TRY_AGAIN where the peer is not connected. */
sch_err sch_mesh_exporter(sch_mesh *mesh, sch_peer_id peer, uint8_t out[static SCH_KEY_BYTES]);

/* One job's use of the mesh. Frames for a job that is not open are dropped. */
typedef struct sch_mesh_job sch_mesh_job;

/* Opens a job of `parties` parties, 2 to SCH_MAX_PARTIES. party: the peers that these are (the entry of this node
 * itself is ignored); end_key: per party a secret key that authenticates the END frame of each shard (count of frames
 * and a MAC of all payloads, AES-256-GMAC). Errors: SCH_TRY_AGAIN where a peer is not connected, SCH_BUG where the job
 * is open or a number is out of range, SCH_NO_MEMORY. */
sch_err sch_mesh_job_open(sch_mesh *mesh, sch_mesh_job **out, sch_request_id id, sch_party self, size_t parties,
                          const sch_peer_id *party, const uint8_t *const *end_key);

/* Makes every blocked and later call on the job's links fail with SCH_TRY_AGAIN. May be called at any time while open,
 * also more than once. A lost connection to a party, control or bulk, does the same by itself. A send that the network
 * does not take is the exception: it returns when the network does, or when the peer has been silent for 15 seconds. */
void sch_mesh_job_cancel(sch_mesh_job *job);

/* Cancels, waits until all links are closed, frees. Accepts NULL. */
void sch_mesh_job_close(sch_mesh_job *job);

/* A set of parties: bit p stands for party p. */
typedef uint32_t sch_party_set;

/* The link of one shard. Used by one thread at a time. A message may be of any size; 4 MiB a party may be on their way
 * before the receiver asks for them. parties: who takes part in this shard, the same set at all of them, whether or not
 * with this node's own bit; a message from another party ends the connection to it. Errors: SCH_NO_MEMORY, SCH_BUG
 * where the shard's link is open or the set names a party that is none, SCH_BAD_PEER where a message of another party
 * has come already. */
sch_err sch_mesh_link_open(sch_mesh_job *job, sch_link *out, uint32_t shard, sch_party_set parties);

/* Ends a shard that went well: sends END to its parties, waits for theirs and compares count and MAC. Once; then the
 * link is of no more use. Errors: SCH_BAD_PEER (also where a message came that nobody received), SCH_TRY_AGAIN, SCH_BUG
 * for a second time. */
sch_err sch_mesh_link_finish(sch_link *link);

/* Frees the link, finished or not. Accepts a zeroed link. */
void sch_mesh_link_close(sch_link *link);

/* Bytes given to and taken from the network for this job by this node, framing and TLS records included (not TCP's
 * headers). */
typedef struct sch_mesh_traffic {
    uint64_t sent_bytes, received_bytes, wait_ns; /* wait_ns: time links stood still, summed over them */
} sch_mesh_traffic;

sch_mesh_traffic sch_mesh_job_traffic(const sch_mesh_job *job);

#endif
