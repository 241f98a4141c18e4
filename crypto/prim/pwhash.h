/* pwhash.h - a key from a passphrase: Argon2id (RFC 9106), made slow and large on purpose.
 *
 * What it cost is stored beside what it protects, so that the defaults can grow with the years. */
#ifndef SCH_CRYPTO_PRIM_PWHASH_H
#define SCH_CRYPTO_PRIM_PWHASH_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"

enum {
    SCH_PWHASH_SALT_BYTES = 16,
    SCH_PWHASH_MAX_PASSES = 10,
    SCH_PWHASH_MIN_MEMORY_KB = 8,
    SCH_PWHASH_MAX_MEMORY_KB = 1 << 20,
};

typedef struct sch_pwhash_cost {
    uint32_t passes;    /* 1 to SCH_PWHASH_MAX_PASSES */
    uint32_t memory_kb; /* SCH_PWHASH_MIN_MEMORY_KB to SCH_PWHASH_MAX_MEMORY_KB */
} sch_pwhash_cost;

/* The cost for new keys: 3 passes over 256 MB, about 0.7 s (libsodium's "moderate"). */
sch_pwhash_cost sch_pwhash_default_cost(void);

/* Derives a key. passphrase: secret, any bytes, at least one. out: secret. Errors: SCH_BAD_INPUT for a cost out of
 * range (it may come from a file) or an empty passphrase, SCH_NO_MEMORY where the memory is not to be had. */
sch_err sch_pwhash_derive(uint8_t out[static SCH_KEY_BYTES], const char *passphrase, size_t passphrase_bytes,
                          const uint8_t salt[static SCH_PWHASH_SALT_BYTES], sch_pwhash_cost cost);

#endif
