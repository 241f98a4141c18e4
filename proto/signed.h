/* signed.h - bytes that are hashed and signed under a context: "schakel request 1", a zero byte, and the bytes. The
 * context keeps a signature on one kind of message from passing for another.
 *
 * Internal to proto/. context: a literal. Errors: SCH_BUG, SCH_NO_MEMORY. */
#ifndef SCH_PROTO_SIGNED_H
#define SCH_PROTO_SIGNED_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/prim/hash.h"
#include "crypto/prim/sign.h"

sch_err sch_signed_hash(uint8_t out[static SCH_SHA256_BYTES], const char *context, const uint8_t *bytes, size_t count);

sch_err sch_signed_sign(uint8_t signature[static SCH_SIGN_BYTES], const char *context, const uint8_t *bytes,
                        size_t count, const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);

/* Errors: also SCH_DENIED with this text, a literal, where it is not the key's signature. */
sch_err sch_signed_verify(const uint8_t signature[static SCH_SIGN_BYTES], const char *context, const uint8_t *bytes,
                          size_t count, const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES], const char *text);

#endif
