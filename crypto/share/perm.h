/* perm.h - permutations of rows.
 *
 * A permutation p, applied to rows, puts row j at position p(j): out[p(j)] = in[j]. "kappa after rho" is
 * j -> kappa(rho(j)). Positions are 32-bit words, in memory and on the wire (little-endian). Permutations are secret,
 * and wiped when cleared; where they are drawn at random they are exactly uniform, since the protocols' proofs need
 * that. */
#ifndef SCH_CRYPTO_SHARE_PERM_H
#define SCH_CRYPTO_SHARE_PERM_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/prim/stream.h"

typedef struct sch_perm {
    uint32_t *to; /* to[j] = p(j); owned; secret; NULL where rows is 0 */
    size_t rows;
} sch_perm;

enum { SCH_PERM_ITEM_BYTES = 4 };

/* Room for a permutation of `rows` rows, its contents undefined. perm is zeroed or cleared before, the caller clears
 * it. It also serves for lists of positions. Errors: SCH_BAD_INPUT for 2^32 - 1 rows or more, SCH_NO_MEMORY; perm is
 * then empty. */
sch_err sch_perm_init(sch_perm *perm, size_t rows);

/* A uniformly random permutation from a stream: two parties with the same stream at the same place get the same one,
 * and their streams stay level. Reads the stream in blocks, so that what follows in it is not for other use.
 * Cost: about 4 bytes of the stream and 3 ns a row. Errors: as sch_perm_init, SCH_BUG where the cipher fails.
 * Source: Fisher-Yates (Knuth, TAOCP 2, 3.4.2, algorithm P); bounded numbers without bias by multiplication and
 * rejection (Lemire 2019, "Fast random integer generation in an interval", algorithm 5). */
sch_err sch_perm_init_stream(sch_perm *perm, size_t rows, sch_stream *stream);

/* A uniformly random permutation that nobody else can make: from a stream under a fresh random key.
 * Errors: as above. */
sch_err sch_perm_init_random(sch_perm *perm, size_t rows);

/* Wipes and frees; perm is then empty. Accepts a zeroed one. */
void sch_perm_clear(sch_perm *perm);

/* out = the permutation that undoes p: out[p(j)] = j. out is initialised to p's rows and is not p. */
void sch_perm_invert(sch_perm *out, const sch_perm *p);

/* out = kappa after rho: out[j] = kappa(rho(j)). All three have the same rows; out may be rho. */
void sch_perm_compose(sch_perm *out, const sch_perm *kappa, const sch_perm *rho);

/* out = the kappa for which psi = kappa after rho: out[rho(j)] = psi(j). Same rows; out is neither of the others. */
void sch_perm_divide(sch_perm *out, const sch_perm *psi, const sch_perm *rho);

/* Positions from a peer: every one of `count` is below `range`, and no two are equal. With count = range this says that
 * they are a permutation. Cost: range / 8 bytes of memory. Errors: SCH_BAD_PEER, SCH_NO_MEMORY. */
sch_err sch_perm_check_distinct(const uint32_t *position, size_t count, size_t range);

/* The permutation psi that sorts rows by group (counting sort), where each group is given one row more at its end, so
 * that no group is empty. Row j of group[j], 0 <= j < rows, stands at place order(j) of psi's domain; the row added for
 * group g stands at place rows + g. psi and last are initialised here, the caller clears them: psi of rows + groups,
 * last of `groups`: the position of each group's last row, ascending. Source: computation.md step 4.1.
 * Errors: SCH_BAD_INPUT for a group out of range, as sch_perm_init. */
sch_err sch_perm_init_by_group(sch_perm *psi, sch_perm *last, const sch_perm *order, const uint32_t *group, size_t rows,
                               size_t groups);

#endif
