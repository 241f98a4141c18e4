/* reshare.h - RESHARE: what one party knows or holds passes to two holders.
 *
 * Input: x, `count` words, known to C. Output: y_A + x - m at A and y_B + m at B, in place of y_A and y_B, where m
 * comes from stream(BC): so the y that A and B held grows by x. With y_A = y_B = 0 what C knows becomes shared;
 * where C held a share of x beside B, and B's share is y_B, x passes from B and C to A and B; where two parties in turn
 * play C, x passes from any two to any two. A sees uniformly random words, B and C see nothing.
 * Cost: one message of 8 bytes a word from C to A.
 * Shares are added; with `exclusive` words are added bit by bit (XOR), as those of codes are shared.
 * Errors of all: SCH_NO_MEMORY, SCH_BUG, and the link's.
 * Source: computation.md step 3; resharing: Laur, Willemson, Zhang 2011 (as PERMUTE). */
#ifndef SCH_CRYPTO_PROTOCOL_RESHARE_H
#define SCH_CRYPTO_PROTOCOL_RESHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"

enum { SCH_RESHARE_STEPS = 1 };

sch_err sch_reshare_a(const sch_run *run, uint64_t *y, size_t count, bool exclusive);
sch_err sch_reshare_b(const sch_run *run, uint64_t *y, size_t count, bool exclusive);
sch_err sch_reshare_c(const sch_run *run, const uint64_t *x, size_t count, bool exclusive);

#endif
