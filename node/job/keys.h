/* keys.h - the keys of one job at one node.
 *
 * From the standing secret of each pair of nodes (node/identity) and the request's hash:
 *     pair    what stream(AB, label) is made from: HKDF(standing, salt request hash, "schakel pair 1")
 *     end     authenticates the END frames of shards: "... end 1"
 *     check   shown to the other node, so that two nodes with different secrets notice before they compute:
 *             "... check 1"
 * For each alignment, which is between the spine of member m and data owner d, the tag keys K, one a pass, that these
 * two have and nobody else, the alignment's helper least of all (computation.md step 1):
 *     tag     HKDF(epoch secret, exporter of their TLS session; salt request hash, "schakel tag 3", normalisation
 *             version, linkage pass, m, d); the identifier's is pass 1, link keys have those that follow
 *     check   HKDF(all of these keys; salt request hash, "schakel tag check 4", normalisation version, their number, m,
 *             d), shown to the other owner
 * The epoch secret is that of both owners' keys for the agreement's linkage epoch and of their standing secret
 * (epoch.c). A node has one alignment with another at most, since it is the spine of one member or one data owner; so
 * keys are numbered by the other party.
 * At all owners alike:
 *     base    HKDF(request hash, "schakel base 1", linkage epoch). It only decides into which shard a row goes
 *             (rows.h), which has to be the same at all owners of a run, and nothing that is made with it leaves the
 *             node. It is no secret among the parties: whoever knows a person's identifier can tell in which shard
 *             that person's row would be, and all parties of a run see how many rows each shard has. */
#ifndef SCH_NODE_JOB_KEYS_H
#define SCH_NODE_JOB_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "crypto/protocol/link.h"
#include "node/query/plan.h"
#include "proto/catalog.h"
#include "proto/control.h"

typedef struct sch_job_keys {
    uint8_t *memory;                /* owned, guarded: all secret keys below stand in it */
    uint8_t *base;                  /* NULL where the node has no part in the query */
    uint8_t *pair[SCH_MAX_PARTIES]; /* NULL for the node itself, and above the number of parties */
    uint8_t *end[SCH_MAX_PARTIES];
    /* SCH_MAX_LINK_PASSES keys in a row, one a pass of the plan, the rest zero; NULL where there is no alignment with
     * this party. */
    uint8_t *tag[SCH_MAX_PARTIES];
    uint8_t pair_check[SCH_MAX_PARTIES][SCH_CHECK_BYTES];
    uint8_t tag_check[SCH_MAX_PARTIES][SCH_CHECK_BYTES]; /* zero where there is no key */
} sch_job_keys;

/* What keys are made from; 32 bytes each; borrowed, secret. exporter: of the control connection to a party with which
 * there is an alignment; epoch: the owners' epoch secret of the two; NULL for other parties. */
typedef struct sch_job_secrets {
    const uint8_t *standing[SCH_MAX_PARTIES]; /* of the pair with each other party */
    const uint8_t *exporter[SCH_MAX_PARTIES];
    const uint8_t *epoch[SCH_MAX_PARTIES];
    uint32_t linkage_epoch; /* the agreement's; no secret */
} sch_job_secrets;

/* Whether two parties are spine and data owner of an alignment, one way or the other, and of which member and data
 * owner; both may be NULL. */
bool sch_job_keys_align(const sch_plan *plan, sch_party one, sch_party other, size_t *member, size_t *data_owner);

/* The keys are the caller's to clear, also on failure. Errors: SCH_NO_MEMORY, SCH_BUG where a secret is missing, or
 * the plan has too many passes. */
sch_err sch_job_keys_make(sch_job_keys *keys, sch_party self, const sch_plan *plan, const sch_job_secrets *secrets,
                          const uint8_t request_hash[static SCH_HASH_BYTES]);

/* Wipes and frees; accepts zeroed keys. */
void sch_job_keys_clear(sch_job_keys *keys);

#endif
