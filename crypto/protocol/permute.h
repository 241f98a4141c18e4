/* permute.h - PERMUTE: shared rows in an order that one holder knows.
 *
 * Input: x, rows x columns, held by A and B; the permutation psi, known to A. Output: y = psi(x), y[psi(j)] = x[j],
 * held by A and C. What each learns: B nothing; C a uniformly random permutation and uniformly random words.
 * Cost: two messages, one after the other: A sends 4 bytes a row, B 8 bytes a word.
 * Errors of all: SCH_BAD_PEER (C: what A sent is no permutation), SCH_BAD_INPUT for 2^32 - 1 rows or more,
 * SCH_NO_MEMORY, SCH_BUG (no columns), and the link's.
 * Source: computation.md step 4.2; permutation known to one party with a third one's help: Mohassel, Rindal, Rosulek
 * 2020 (as ALIGN); Laur, Willemson, Zhang 2011 ("Round-efficient oblivious database manipulation"). */
#ifndef SCH_CRYPTO_PROTOCOL_PERMUTE_H
#define SCH_CRYPTO_PROTOCOL_PERMUTE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"
#include "crypto/share/perm.h"

enum { SCH_PERMUTE_STEPS = 2 };

/* Tables are row-major, psi->rows x columns words. y overlaps nothing else. */
sch_err sch_permute_a(const sch_run *run, uint64_t *y, const sch_perm *psi, const uint64_t *x, size_t columns);
sch_err sch_permute_b(const sch_run *run, const uint64_t *x, size_t rows, size_t columns);
sch_err sch_permute_c(const sch_run *run, uint64_t *y, size_t rows, size_t columns);

/* The same where x is shared bit by bit (XOR), and so y; C's part does not differ. */
sch_err sch_permute_codes_a(const sch_run *run, uint64_t *y, const sch_perm *psi, const uint64_t *x, size_t columns);
sch_err sch_permute_codes_b(const sch_run *run, const uint64_t *x, size_t rows, size_t columns);

#endif
