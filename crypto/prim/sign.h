/* sign.h - Ed25519 signatures (RFC 8032).
 *
 * What is signed begins with a literal that names its kind ("schakel request 1"), so that a signature on one kind of
 * message never passes for another; that is the caller's to do. */
#ifndef SCH_CRYPTO_PRIM_SIGN_H
#define SCH_CRYPTO_PRIM_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

enum {
    SCH_SIGN_PUBLIC_BYTES = 32,
    SCH_SIGN_SECRET_BYTES = 64, /* RFC 8032's 32-byte secret key, then the public key */
    SCH_SIGN_SEED_BYTES = 32,
    SCH_SIGN_BYTES = 64,
};

/* A new pair of keys. secret_key: secret, in memory of the caller's from secret.h. Errors: SCH_BUG. */
sch_err sch_sign_keypair(uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES],
                         uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);

/* The pair of keys that belongs to a secret seed. Errors: SCH_BUG. */
sch_err sch_sign_keypair_from_seed(uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES],
                                   uint8_t secret_key[static SCH_SIGN_SECRET_BYTES],
                                   const uint8_t seed[static SCH_SIGN_SEED_BYTES]);

/* Signs `bytes` bytes; message may be NULL where bytes is 0. Errors: SCH_BUG. */
sch_err sch_sign_message(uint8_t signature[static SCH_SIGN_BYTES], const void *message, size_t bytes,
                         const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);

/* Checks a signature that anyone may have made, strictly: small-order keys and non-canonical values fail.
 * Errors: SCH_BAD_PEER where it is not the key's signature on the message. */
sch_err sch_sign_verify(const uint8_t signature[static SCH_SIGN_BYTES], const void *message, size_t bytes,
                        const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES]);

#endif
