/* multiply.h - MULTIPLY: products of two shared vectors.
 *
 * Input: x and y, `count` words each, held by A and B. Output: z = x y, word by word, held by A and B. Nobody learns
 * anything: A and B see uniformly random words, C sees nothing.
 * Cost: one message of 8 bytes a word from C to B, one exchange of 16 bytes a word between A and B.
 * Errors of all: SCH_NO_MEMORY, SCH_BUG, and the link's.
 * Source: computation.md step 6; Beaver 1991 ("Efficient multiparty protocols using circuit randomization"). */
#ifndef SCH_CRYPTO_PROTOCOL_MULTIPLY_H
#define SCH_CRYPTO_PROTOCOL_MULTIPLY_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"

enum { SCH_MULTIPLY_STEPS = 2 };

/* z may be x or y. */
sch_err sch_multiply_a(const sch_run *run, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count);
sch_err sch_multiply_b(const sch_run *run, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count);
sch_err sch_multiply_c(const sch_run *run, size_t count);

#endif
