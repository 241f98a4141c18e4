/* kdf.h - HKDF-SHA-256 (RFC 5869).
 *
 * Every key in Schakel that is not drawn at random comes from here. */
#ifndef SCH_CRYPTO_PRIM_KDF_H
#define SCH_CRYPTO_PRIM_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"

/* Extract and expand. `input` is secret keying material; salt may be NULL with salt_bytes 0; info is public context.
 * out: 1 to 8160 bytes, secret, the caller's. Errors: SCH_BUG for sizes out of range, SCH_NO_MEMORY. */
sch_err sch_kdf_derive(uint8_t *out, size_t out_bytes, const uint8_t *input, size_t input_bytes, const uint8_t *salt,
                       size_t salt_bytes, const void *info, size_t info_bytes);

#endif
