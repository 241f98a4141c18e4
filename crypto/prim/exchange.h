/* exchange.h - a secret of two X25519 key pairs (RFC 7748, 6.1).
 *
 * The secret is HKDF-SHA-256 over the curve's shared point and both public keys, the smaller key first: so both ends
 * get the same 32 bytes, and these belong to this pair of keys alone. It lasts as long as the keys do; keys for a job
 * are derived from it together with something fresh. */
#ifndef SCH_CRYPTO_PRIM_EXCHANGE_H
#define SCH_CRYPTO_PRIM_EXCHANGE_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"

enum { SCH_EXCHANGE_PUBLIC_BYTES = 32, SCH_EXCHANGE_SECRET_BYTES = 32 };

/* A new pair of keys. secret_key: secret, in memory of the caller's from secret.h. Errors: SCH_BUG. */
sch_err sch_exchange_keypair(uint8_t public_key[static SCH_EXCHANGE_PUBLIC_BYTES],
                             uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES]);

/* The public key of a secret key. Errors: SCH_BUG. */
sch_err sch_exchange_public(uint8_t public_key[static SCH_EXCHANGE_PUBLIC_BYTES],
                            const uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES]);

/* The shared point itself, RFC 7748's X25519 function: secret, and not uniform; wanted by tests and by the function
 * below. Errors: SCH_BAD_PEER where the other's key is of low order, so that the point does not depend on the secret
 * key. */
sch_err sch_exchange_point(uint8_t out[static 32], const uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES],
                           const uint8_t other_public[static SCH_EXCHANGE_PUBLIC_BYTES]);

/* The pair's secret. out: secret, the same at both ends. psk: a further 32 bytes that both ends hold, secret, which go
 * in as HKDF's salt; NULL where none is agreed. Errors: SCH_BAD_PEER as above, or where the other's key is the own one;
 * SCH_NO_MEMORY; SCH_BUG. */
sch_err sch_exchange_pair_secret(uint8_t out[static SCH_KEY_BYTES],
                                 const uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES],
                                 const uint8_t own_public[static SCH_EXCHANGE_PUBLIC_BYTES],
                                 const uint8_t other_public[static SCH_EXCHANGE_PUBLIC_BYTES], const uint8_t *psk);

#endif
