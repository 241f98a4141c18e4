/* inner.h - the inner layer of a connection whose ends share a pre-shared key: AES-256-GCM inside TLS.
 *
 * Each direction has a key of its own, new with each connection: HKDF-SHA-256 of the TLS exporter with the pre-shared
 * key as salt and the direction as info. So what was recorded stays closed to whoever later breaks the key exchange of
 * TLS (X25519 and a quantum computer) without the pre-shared key, and the other way round.
 *
 * A record is: bytes that follow (u16), ciphertext, authenticator (16). The nonce is the record's number in its
 * direction. A record fills at most one TLS record. Internal to node/net. */
#ifndef SCH_NODE_NET_INNER_H
#define SCH_NODE_NET_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "node/net/tls.h"

enum {
    SCH_INNER_TAG_BYTES = 16,
    SCH_INNER_EXTRA_BYTES = 2 + SCH_INNER_TAG_BYTES,
    SCH_INNER_MAX_BYTES = SCH_TLS_RECORD_BYTES - SCH_INNER_EXTRA_BYTES, /* plain bytes of one record */
};

/* One direction. */
typedef struct sch_inner {
    EVP_CIPHER_CTX *cipher; /* owned; secret */
    uint64_t number;        /* of the next record */
} sch_inner;

/* info: a literal that names the direction; seal: whether this end sends. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_inner_init(sch_inner *inner, const uint8_t exporter[static SCH_KEY_BYTES],
                       const uint8_t psk[static SCH_KEY_BYTES], const char *info, bool seal);

/* Makes the next record of 1 to SCH_INNER_MAX_BYTES bytes. out: bytes + SCH_INNER_EXTRA_BYTES bytes. Errors:
 * SCH_BUG. */
sch_err sch_inner_seal(sch_inner *inner, uint8_t *out, const uint8_t *data, size_t bytes);

/* Opens what followed a record's length in place: `bytes` bytes become bytes - SCH_INNER_TAG_BYTES. Errors:
 * SCH_BAD_PEER. */
sch_err sch_inner_open(sch_inner *inner, uint8_t *data, size_t bytes);

/* Wipes and frees; accepts a zeroed one. */
void sch_inner_clear(sch_inner *inner);

#endif
