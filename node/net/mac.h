/* mac.h - AES-256-GMAC (NIST SP 800-38D) over the messages of one shard in one direction.
 *
 * The key is HKDF-SHA-256 of the two parties' end key with job, shard and direction as info, so it is used once and the
 * nonce is zero. Each message counts with its step and length. Cost: about 0.1 ns a byte. Internal to node/net. */
#ifndef SCH_NODE_NET_MAC_H
#define SCH_NODE_NET_MAC_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "crypto/protocol/link.h"
#include "node/net/frame.h"

typedef struct sch_mac {
    EVP_CIPHER_CTX *cipher; /* owned; secret */
} sch_mac;

/* Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_mac_init(sch_mac *mac, const uint8_t end_key[static SCH_KEY_BYTES], const sch_request_id *job,
                     uint32_t shard, sch_party from, sch_party to);

/* A message begins; its bytes follow by update. Errors: SCH_BUG. */
sch_err sch_mac_begin_message(sch_mac *mac, uint16_t step, uint64_t total);
sch_err sch_mac_update(sch_mac *mac, const void *data, size_t bytes);

/* The code of all that came. Once. Errors: SCH_BUG. */
sch_err sch_mac_finish(sch_mac *mac, uint8_t out[static SCH_FRAME_MAC_BYTES]);

/* Wipes and frees; accepts a zeroed one. */
void sch_mac_clear(sch_mac *mac);

#endif
