/* times.h - TIMES: products of a vector that one holder knows and a shared one.
 *
 * Input: x, known to A; y, held by A and B; `count` words each. Output: z = x y, word by word, held by A and B. Nobody
 * learns anything: A and B see uniformly random words, C sees nothing.
 * Cost: one message of 8 bytes a word from C to B, one exchange of 8 bytes a word between A and B.
 * Errors of all: SCH_NO_MEMORY, SCH_BUG, and the link's.
 * Source: computation.md step 6, "known times held"; Beaver 1991 (as MULTIPLY), for one cross term. */
#ifndef SCH_CRYPTO_PROTOCOL_TIMES_H
#define SCH_CRYPTO_PROTOCOL_TIMES_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"

enum { SCH_TIMES_STEPS = 2 };

/* z may be x or y. */
sch_err sch_times_a(const sch_run *run, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count);
sch_err sch_times_b(const sch_run *run, uint64_t *z, const uint64_t *y, size_t count);
sch_err sch_times_c(const sch_run *run, size_t count);

#endif
