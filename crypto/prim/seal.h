/* seal.h - bytes that only the holder of an X25519 key can read, and whose sender is not proved.
 *
 * libsodium's sealed box: an ephemeral X25519 key, XSalsa20-Poly1305, the nonce a BLAKE2b hash of both public keys.
 * Whoever needs to know the sender signs the sealed bytes. Cost: about 2 ns a byte, 50 us a call. */
#ifndef SCH_CRYPTO_PRIM_SEAL_H
#define SCH_CRYPTO_PRIM_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "crypto/prim/exchange.h"

enum { SCH_SEAL_EXTRA_BYTES = 48 }; /* ephemeral key and authenticator */

/* Appends the sealed message: bytes + SCH_SEAL_EXTRA_BYTES bytes. message may be NULL where bytes is 0.
 * Errors: SCH_NO_MEMORY, SCH_BAD_PEER where the key is of low order; nothing is appended then. */
sch_err sch_seal_message(sch_buf *out, const void *message, size_t bytes,
                         const uint8_t public_key[static SCH_EXCHANGE_PUBLIC_BYTES]);

/* Appends the message that was sealed to this key pair. sealed: bytes that anyone may have made.
 * Errors: SCH_BAD_PEER where it was not sealed to these keys or was altered, SCH_NO_MEMORY; nothing is appended
 * then. */
sch_err sch_seal_open(sch_buf *out, const uint8_t *sealed, size_t sealed_bytes,
                      const uint8_t public_key[static SCH_EXCHANGE_PUBLIC_BYTES],
                      const uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES]);

#endif
