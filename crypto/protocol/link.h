/* link.h - what a protocol sees of the network: the parties of a job, and messages between two of them.
 *
 * One link belongs to one shard of one job, at one node. Sends and receives block. A message is a run of bytes whose
 * length both sides know beforehand (it depends on public sizes only); its step number says which message it is, and a
 * receiver that finds another step or another length fails with SCH_BAD_PEER. A message of no bytes is not sent: both
 * sides know that it would be empty.
 *
 * Deadlock: a send may block until the other side receives. Each protocol therefore puts its messages in one total
 * order and each party handles its own in that order. Two messages that cross go through sch_link_exchange.
 *
 * Implementations: the TLS mesh (node/net) and queues in one process (tests/support). */
#ifndef SCH_CRYPTO_PROTOCOL_LINK_H
#define SCH_CRYPTO_PROTOCOL_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

/* A party of a job: its number, 0 to SCH_MAX_PARTIES - 1. Which part a party plays is said by each run (seat.h). */
typedef uint8_t sch_party;

enum { SCH_MAX_PARTIES = 16 };

enum { SCH_LINK_PIECE_BYTES = 1 << 20 };

typedef struct sch_link_ops {
    /* Sends one message of `bytes` > 0 bytes; data is borrowed for the time of the call.
     * Errors: SCH_TRY_AGAIN where the peer is gone or the job was cancelled, SCH_IO. */
    sch_err (*send)(void *context, sch_party to, uint16_t step, const void *data, size_t bytes);
    /* Receives one message of exactly `bytes` > 0 bytes.
     * Errors: as send, and SCH_BAD_PEER for another step or length. */
    sch_err (*receive)(void *context, sch_party from, uint16_t step, void *out, size_t bytes);
} sch_link_ops;

typedef struct sch_link {
    const sch_link_ops *ops;
    void *context; /* the implementation's */
    sch_party self;
} sch_link;

static inline sch_err sch_link_send(const sch_link *link, sch_party to, uint16_t step, const void *data, size_t bytes)
{
    return bytes == 0 ? SCH_NONE : link->ops->send(link->context, to, step, data, bytes);
}

static inline sch_err sch_link_receive(const sch_link *link, sch_party from, uint16_t step, void *out, size_t bytes)
{
    return bytes == 0 ? SCH_NONE : link->ops->receive(link->context, from, step, out, bytes);
}

/* Sends `mine` and receives `theirs`, `bytes` each, with the peer doing the same: the lower party sends first, in
 * pieces of SCH_LINK_PIECE_BYTES, so that neither waits for the other for ever. The pieces are messages of their own,
 * all of the same step. Errors: as send and receive. */
sch_err sch_link_exchange(const sch_link *link, sch_party peer, uint16_t step, const void *mine, void *theirs,
                          size_t bytes);

#endif
