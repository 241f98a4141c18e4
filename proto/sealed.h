/* sealed.h - what is signed by an analyst, and what a holder seals for one.
 *
 * A request is signed as "schakel request 1", a zero byte, and its encoded bytes; its hash is SHA-256 over the same. A
 * holder of shares seals them to the analyst's X25519 key and signs "schakel result 1", a zero byte, the request's hash
 * and SHA-256 of the sealed bytes with its identity key (computation.md step 8).
 *
 * Sealed contents, little-endian: "SCHSHR01", request hash (32), plan hash (32), holder (1), show_zero (1), columns
 * (2), cells (4), min_persons (4), zero (4), then columns x cells values and as many states, 8 bytes each. */
#ifndef SCH_PROTO_SEALED_H
#define SCH_PROTO_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "crypto/prim/exchange.h"
#include "crypto/prim/sign.h"
#include "proto/catalog.h"

/* The hash that names a request. Errors: SCH_BUG, SCH_NO_MEMORY. */
sch_err sch_request_bytes_hash(uint8_t out[static SCH_HASH_BYTES], const uint8_t *bytes, size_t count);

/* Signs a request's bytes with the analyst's secret key. Errors: SCH_BUG, SCH_NO_MEMORY. */
sch_err sch_request_bytes_sign(uint8_t signature[static SCH_SIGN_BYTES], const uint8_t *bytes, size_t count,
                               const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);

/* Checks it. Errors: SCH_DENIED where it is not the key's signature. */
sch_err sch_request_bytes_verify(const uint8_t signature[static SCH_SIGN_BYTES], const uint8_t *bytes, size_t count,
                                 const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES]);

/* One holder's shares of a released table. */
typedef struct sch_shares {
    uint8_t request_hash[SCH_HASH_BYTES];
    uint8_t plan_hash[SCH_HASH_BYTES];
    uint8_t holder; /* which of the two: 0 the first member's spine, 1 its second */
    bool show_zero;
    uint32_t min_persons;
    uint16_t columns;
    uint32_t cells;
    uint64_t *values; /* columns x cells words; owned after open, borrowed by seal; secret */
    uint64_t *states; /* likewise */
} sch_shares;

/* The bytes that a holder's sealed shares of such a table take. */
size_t sch_shares_bytes(size_t columns, size_t cells);

/* Seals and signs. sealed: appended to. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT where the analyst's key is not a key,
 * SCH_BUG. */
sch_err sch_shares_seal(sch_buf *sealed, uint8_t signature[static SCH_SIGN_BYTES], const sch_shares *shares,
                        const uint8_t analyst_exchange[static SCH_EXCHANGE_PUBLIC_BYTES],
                        const uint8_t holder_secret[static SCH_SIGN_SECRET_BYTES]);

/* Checks the signature for this request, opens and reads. The shares are the caller's to clear, also on failure.
 * Errors: SCH_BAD_PEER (signature, seal, format, another request's hash), SCH_NO_MEMORY. */
sch_err sch_shares_open(sch_shares *out, const uint8_t *sealed, size_t sealed_bytes,
                        const uint8_t signature[static SCH_SIGN_BYTES],
                        const uint8_t request_hash[static SCH_HASH_BYTES],
                        const uint8_t holder_identity[static SCH_SIGN_PUBLIC_BYTES],
                        const uint8_t exchange_public[static SCH_EXCHANGE_PUBLIC_BYTES],
                        const uint8_t exchange_secret[static SCH_EXCHANGE_SECRET_BYTES]);

/* Reads the opened contents: the bounded decoder behind sch_shares_open, for tests. Errors: as above. */
sch_err sch_shares_decode(sch_shares *out, const uint8_t *data, size_t bytes);

void sch_shares_clear(sch_shares *shares);

#endif
