/* hash.h - SHA-256 (FIPS 180-4), at once or in pieces; BLAKE2b-256 (RFC 7693), at once. Cost: SHA-256 about 0.5 ns a
 * byte where the processor has SHA instructions, BLAKE2b about 1 ns. */
#ifndef SCH_CRYPTO_PRIM_HASH_H
#define SCH_CRYPTO_PRIM_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

enum { SCH_SHA256_BYTES = 32, SCH_BLAKE2B_BYTES = 32 };

/* A hash in the making. A zeroed one is not started. */
typedef struct sch_hash {
    void *context; /* owned */
} sch_hash;

/* The hash of `bytes` bytes; data may be NULL where bytes is 0. Errors: SCH_BUG. */
sch_err sch_hash_bytes(uint8_t out[static SCH_SHA256_BYTES], const void *data, size_t bytes);

/* Starts a hash; the caller clears it. Errors: SCH_NO_MEMORY. */
sch_err sch_hash_init(sch_hash *hash);

/* Takes the next `bytes` bytes in. Errors: SCH_BUG where it was not started, or has been finished. */
sch_err sch_hash_update(sch_hash *hash, const void *data, size_t bytes);

/* The hash of all that was taken in; the hash is then cleared. Errors: SCH_BUG where it was not started. */
sch_err sch_hash_finish(sch_hash *hash, uint8_t out[static SCH_SHA256_BYTES]);

/* Wipes and frees; accepts a zeroed hash. */
void sch_hash_clear(sch_hash *hash);

/* BLAKE2b without a key, 32 bytes long, over a context and then `bytes` bytes; each may be NULL where it has no bytes.
 * Errors: SCH_BUG. */
sch_err sch_hash_blake2b(uint8_t out[static SCH_BLAKE2B_BYTES], const void *context, size_t context_bytes,
                         const void *data, size_t bytes);

#endif
