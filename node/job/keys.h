/* keys.h - the keys of one job at one node.
 *
 * From the standing secret of each pair of nodes (node/identity) and the request's hash:
 *     pair    what stream(AB, label) is made from: HKDF(standing, salt request hash, "schakel pair 1")
 *     end     authenticates the END frames of shards: "... end 1"
 *     check   shown to the other node, so that two nodes with different secrets notice before they compute: "... check 1"
 * and for the two owners the tag key K, which the helper must not have (computation.md step 1):
 *     tag     HKDF(epoch secret, exporter of their TLS session; salt request hash, "schakel tag 2 pass 1"), and its check
 * The epoch secret is that of both owners' keys for the agreement's linkage epoch and of their standing secret (epoch.c).
 */
#ifndef SCH_NODE_JOB_KEYS_H
#define SCH_NODE_JOB_KEYS_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "crypto/protocol/link.h"
#include "proto/catalog.h"
#include "proto/control.h"

typedef struct sch_job_keys {
    uint8_t *memory;            /* owned, guarded: all secret keys below stand in it */
    uint8_t *pair[SCH_PARTIES]; /* NULL for the node itself */
    uint8_t *end[SCH_PARTIES];
    uint8_t *tag; /* NULL at the helper */
    uint8_t pair_check[SCH_PARTIES][SCH_CHECK_BYTES];
    uint8_t tag_check[SCH_CHECK_BYTES];
} sch_job_keys;

/* standing: per other party the pair's standing secret, 32 bytes. exporter: of the control connection between the two owners, 32
 * bytes; epoch: the owners' epoch secret, 32 bytes; both NULL at the helper. The keys are the caller's to clear, also on failure. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_job_keys_make(sch_job_keys *keys, sch_party self, const uint8_t *const standing[static SCH_PARTIES],
                          const uint8_t *exporter, const uint8_t *epoch,
                          const uint8_t request_hash[static SCH_HASH_BYTES]);

/* Wipes and frees; accepts zeroed keys. */
void sch_job_keys_clear(sch_job_keys *keys);

#endif
