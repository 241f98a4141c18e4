/* secret.h - memory for keys, constant time, and the only source of randomness.
 *
 * Keys live in memory from sch_secret_new: locked, guarded by inaccessible pages, left out of core dumps, wiped when
 * freed. Short-lived copies on the stack are wiped with sch_secret_wipe at the function's out: label. */
#ifndef SCH_CRYPTO_BASE_SECRET_H
#define SCH_CRYPTO_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

enum { SCH_KEY_BYTES = 32 };

/* Readies the cryptographic library. Call once at the start of a program, before anything else here; further calls do
 * nothing. Errors: SCH_IO where the system gives no randomness. */
sch_err sch_secret_start(void);

/* Ends core dumps of this process and, where the system allows, its being traced by others. Errors: SCH_IO. */
sch_err sch_secret_harden_process(void);

/* Guarded memory of `bytes`, zeroed; NULL where memory or the limit on locked memory is exhausted. Owned by the
 * caller. */
void *sch_secret_new(size_t bytes);

/* Wipes and frees what sch_secret_new gave; accepts NULL. */
void sch_secret_free(void *memory);

/* Overwrites memory in a way that a compiler does not remove. */
void sch_secret_wipe(void *memory, size_t bytes);

/* Compares in time that depends on `bytes` only. */
bool sch_secret_equal(const void *a, const void *b, size_t bytes);

/* Fills with random bytes from the operating system. */
void sch_random_fill(void *out, size_t bytes);

#endif
