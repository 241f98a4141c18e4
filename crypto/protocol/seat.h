/* seat.h - what one node needs to take part in the protocols of one shard of one job, and in one run of a protocol.
 *
 * A job has any number of parties; each protocol is played by three of them. "Two hold, one helps": it starts with two
 * holders A and B and an assistant C. Which party plays which part, and from which number on the run counts its steps,
 * is said by a sch_run. */
#ifndef SCH_CRYPTO_PROTOCOL_SEAT_H
#define SCH_CRYPTO_PROTOCOL_SEAT_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "crypto/prim/stream.h"
#include "crypto/protocol/link.h"

/* The shard number under which the protocols on finished cells run. */
#define SCH_SHARD_CELLS UINT32_C(0xffffffff)

typedef struct sch_seat {
    const sch_link *link; /* borrowed */
    /* pair_key[p]: the key of this job that this party and p share and all others lack; secret; borrowed; NULL for the
     * party itself and where there is no such party. */
    const uint8_t *pair_key[SCH_MAX_PARTIES];
    uint32_t shard;
    /* The node's clock in nanoseconds, for the times of steps; NULL: nothing is measured. */
    uint64_t (*now_ns)(void);
} sch_seat;

/* The time on the seat's clock; 0 where it has none. */
static inline uint64_t sch_seat_now(const sch_seat *seat)
{
    return seat->now_ns == NULL ? 0 : seat->now_ns();
}

/* stream(AB, label): the pseudo-random bytes that this party and `other` can make, for a label and this shard. The key
 * is HKDF-SHA-256 of the pair key with the label and the shard as info. A label (a literal such as "align.rho") is used
 * once in a shard. stream is the caller's to clear. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_seat_stream(const sch_seat *seat, sch_stream *stream, sch_party other, const char *label);

/* One run of one protocol in a shard; equal at the three parties but for the seat. */
typedef struct sch_run {
    const sch_seat *seat; /* borrowed */
    sch_party a, b, c;    /* all different */
    uint16_t step;        /* number of the run's first message; runs of one shard have disjoint step numbers */
} sch_run;

/* stream(AB, label) of one run: as sch_seat_stream, with the run's first step number made part of the label, so that a
 * protocol can run more than once in a shard. Errors: as above. */
sch_err sch_run_stream(const sch_run *run, sch_stream *stream, sch_party other, const char *label);

/* Message number `message` (0, 1, ...) of the run, to or from a party. Errors: as the link's. */
static inline sch_err sch_run_send(const sch_run *run, sch_party to, unsigned message, const void *data, size_t bytes)
{
    return sch_link_send(run->seat->link, to, (uint16_t)(run->step + message), data, bytes);
}

static inline sch_err sch_run_receive(const sch_run *run, sch_party from, unsigned message, void *out, size_t bytes)
{
    return sch_link_receive(run->seat->link, from, (uint16_t)(run->step + message), out, bytes);
}

static inline sch_err sch_run_exchange(const sch_run *run, sch_party peer, unsigned message, const void *mine,
                                       void *theirs, size_t bytes)
{
    return sch_link_exchange(run->seat->link, peer, (uint16_t)(run->step + message), mine, theirs, bytes);
}

#endif
