/* aead.h - authenticated encryption under one key for what lies on disk: XChaCha20-Poly1305 (IETF
 * draft-irtf-cfrg-xchacha).
 *
 * The nonce has 192 bits and is drawn at random by each call, so that a key may be used any number of times. It stands
 * in front of the encrypted bytes. */
#ifndef SCH_CRYPTO_PRIM_AEAD_H
#define SCH_CRYPTO_PRIM_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"

enum {
    SCH_AEAD_NONCE_BYTES = 24,
    SCH_AEAD_EXTRA_BYTES = 40, /* nonce and authenticator */
};

/* Encrypts `bytes` bytes. out: bytes + SCH_AEAD_EXTRA_BYTES bytes, not overlapping the message. header: public bytes
 * that are authenticated along, not stored; may be NULL where header_bytes is 0. Errors: SCH_BUG. */
sch_err sch_aead_encrypt(uint8_t *out, const void *message, size_t bytes, const void *header, size_t header_bytes,
                         const uint8_t key[static SCH_KEY_BYTES]);

/* Decrypts. out: sealed_bytes - SCH_AEAD_EXTRA_BYTES bytes, secret; wiped on failure. Errors: SCH_DENIED where the key
 * or the header is another, or a byte was altered; SCH_BAD_INPUT where it is too short. */
sch_err sch_aead_decrypt(uint8_t *out, const uint8_t *sealed, size_t sealed_bytes, const void *header,
                         size_t header_bytes, const uint8_t key[static SCH_KEY_BYTES]);

#endif
