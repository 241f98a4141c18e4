/* trio.h - what one node needs to take part in the protocols of one shard of one job. */
#ifndef SCH_CRYPTO_PROTOCOL_TRIO_H
#define SCH_CRYPTO_PROTOCOL_TRIO_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "crypto/prim/stream.h"
#include "crypto/protocol/link.h"

/* The shard number under which the protocols on finished cells run. */
#define SCH_SHARD_CELLS UINT32_C(0xffffffff)

typedef struct sch_trio {
    const sch_link *link; /* borrowed */
    /* pair_key[p]: the key of this job that this party and p share and the third lacks; secret; borrowed;
     * NULL for the party itself. */
    const uint8_t *pair_key[SCH_PARTIES];
    uint32_t shard;
} sch_trio;

/* stream(AB, label): the pseudo-random bytes that this party and `other` can make, for a label and this shard. The key is
 * HKDF-SHA-256 of the pair key with the label and the shard as info. A label (a literal such as "align.rho") is used
 * once in a shard. stream is the caller's to clear. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_trio_stream(const sch_trio *trio, sch_stream *stream, sch_party other, const char *label);

#endif
