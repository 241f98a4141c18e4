/* keep.h - KEEP: of a table that spine and helper hold, the rows that the spine says.
 *
 * Input: x, rows x columns, held by S and H, in an order that S alone knows; the positions e_g of the rows that go on,
 * ascending (S). Output: row g is x's row e_g, held by S and H, whichever way it is shared. S sends positions in the
 * order of ALIGN (align.h), which is uniformly random to H: so these are a uniformly random choice of all, and H learns
 * nothing of which of S's rows go on. But H knows by ALIGN at which positions there is a match, and in which pass: so
 * it learns how many of the rows that go on have one. The run plays with a = S, c = H; b takes no part.
 * Cost: one message of 4 bytes a row that goes on from S to H.
 * Source: computation.md step 3. */
#ifndef SCH_CRYPTO_PROTOCOL_KEEP_H
#define SCH_CRYPTO_PROTOCOL_KEEP_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"
#include "crypto/share/perm.h"

enum { SCH_KEEP_STEPS = 1 };

/* S. x: rows x columns words, row-major, S's share; what is kept closes ranks at its beginning. e: the positions, each
 * below the number of rows and above the one before it; secret. Errors: the link's. */
sch_err sch_keep_spine(const sch_run *run, uint64_t *x, const sch_perm *e, size_t columns);

/* H. x: likewise, H's share. e: initialised by the caller to as many positions as S has said; filled. Errors:
 * SCH_BAD_PEER where they are not ascending or one is not below `rows`, and the link's. */
sch_err sch_keep_helper(const sch_run *run, sch_perm *e, uint64_t *x, size_t rows, size_t columns);

#endif
