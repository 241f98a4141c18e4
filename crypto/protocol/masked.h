/* masked.h - rows that move to new places under a mask; what PERMUTE, SELECT and SHUFFLE have in common.
 *
 * A table is row-major, rows x columns words. Its first `codes` columns are shared bit by bit: there + and - are
 * XOR. */
#ifndef SCH_CRYPTO_PROTOCOL_MASKED_H
#define SCH_CRYPTO_PROTOCOL_MASKED_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/prim/stream.h"
#include "crypto/share/perm.h"

/* Rows of a mask that are read at a time: few enough to stay in the nearest cache. At least 1. */
size_t sch_masked_piece_rows(size_t columns);

/* out = to(x + mask), out = to(x - mask): row j of x and row j of the mask, which is read from the stream row by row,
 * make row to(j) of out. to->rows x columns words; out and x do not overlap. columns > 0.
 * Errors: SCH_NO_MEMORY, SCH_BUG where the cipher fails. */
sch_err sch_masked_place_sum(uint64_t *out, const sch_perm *to, const uint64_t *x, size_t columns, size_t codes,
                             sch_stream *mask);
sch_err sch_masked_place_difference(uint64_t *out, const sch_perm *to, const uint64_t *x, size_t columns, size_t codes,
                                    sch_stream *mask);

/* x = x - mask, the rows where they are. Errors: as above. */
sch_err sch_masked_subtract(uint64_t *x, size_t rows, size_t columns, size_t codes, sch_stream *mask);

#endif
