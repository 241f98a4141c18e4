/* select.h - SELECT: some rows of a shared table, at positions that one holder knows.
 *
 * Input: x, rows x columns, held by A and C; positions e_0, e_1, ..., all different, known to A; their number is
 * public. Output: y[g] = x[e_g], held by A and B. What each learns: C nothing; B distinct random positions and
 * uniformly random words. Cost: two messages, one after the other: C sends 8 bytes a word of x, A 4 bytes a position.
 * Errors of all: SCH_BAD_PEER (B: positions out of range or equal), SCH_BUG (A: e out of range or
 * order; no columns), SCH_BAD_INPUT for 2^32 - 1 rows or more, SCH_NO_MEMORY, and the link's.
 * Source: computation.md step 4.4; as PERMUTE. */
#ifndef SCH_CRYPTO_PROTOCOL_SELECT_H
#define SCH_CRYPTO_PROTOCOL_SELECT_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"
#include "crypto/share/perm.h"

enum { SCH_SELECT_STEPS = 2 };

/* Tables are row-major. A: e ascending, each below rows; y: e->rows x columns words; x: rows x columns. */
sch_err sch_select_a(const sch_run *run, uint64_t *y, const sch_perm *e, const uint64_t *x, size_t rows,
                     size_t columns);
/* B: y: picked x columns words. */
sch_err sch_select_b(const sch_run *run, uint64_t *y, size_t picked, size_t rows, size_t columns);
sch_err sch_select_c(const sch_run *run, const uint64_t *x, size_t rows, size_t columns);

#endif
