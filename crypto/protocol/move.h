/* move.h - MOVE: a shared vector passes from A and B to A and C.
 *
 * Input: x, `count` words, held by A and B. Output: the same x, held by A and C. C sees uniformly random words, nobody
 * learns anything. Cost: one message of 8 bytes a word from B to C.
 * Errors of all: SCH_NO_MEMORY, SCH_BUG, and the link's.
 * Source: computation.md step 6; resharing: Laur, Willemson, Zhang 2011 (as PERMUTE). */
#ifndef SCH_CRYPTO_PROTOCOL_MOVE_H
#define SCH_CRYPTO_PROTOCOL_MOVE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/trio.h"

enum { SCH_MOVE_STEPS = 1 };

/* y may be x. */
sch_err sch_move_a(const sch_run *run, uint64_t *y, const uint64_t *x, size_t count);
sch_err sch_move_b(const sch_run *run, const uint64_t *x, size_t count);
sch_err sch_move_c(const sch_run *run, uint64_t *y, size_t count);

#endif
