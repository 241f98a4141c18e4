/* less.h - LESS: which cells are below a public bound.
 *
 * Input: x, `cells` words, held by A and B, each -2^62 < x < 2^62 as a signed number; bounds t, public, 0 <= t < 2^62.
 * Output: y = 1 where x < t and 0 elsewhere, held by A and B as ring elements. Nobody learns anything: A and B see
 * uniformly random words, C sees nothing.
 * Cost: SCH_LESS_STEPS messages in sequence: 32 bytes a cell from C to B, then exchanges between A and B of 8 bytes a
 * cell, six of together 23 bytes a cell, and of 1 bit a cell. Cells are taken 64 at a time. Memory: about 150 bytes a
 * cell.
 * Errors of all: SCH_NO_MEMORY, SCH_BUG, and the link's.
 * Source: computation.md step 6; opening x - t + r and comparing with the shared bits of r: Damgard, Fitzi, Kiltz,
 * Nielsen, Toft 2006 ("Unconditionally secure constant-rounds multi-party computation for equality, comparison, bits
 * and exponentiation"); the tree of borrows: Brent and Kung 1982 ("A regular layout for parallel adders"); triples:
 * Beaver 1991. */
#ifndef SCH_CRYPTO_PROTOCOL_LESS_H
#define SCH_CRYPTO_PROTOCOL_LESS_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"

enum { SCH_LESS_STEPS = 9 };

/* t: `cells` bounds. y may be x. */
sch_err sch_less_a(const sch_run *run, uint64_t *y, const uint64_t *x, const uint64_t *t, size_t cells);
sch_err sch_less_b(const sch_run *run, uint64_t *y, const uint64_t *x, size_t cells);
sch_err sch_less_c(const sch_run *run, size_t cells);

#endif
