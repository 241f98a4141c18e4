/* sort.h - SORT: the order of rows by a secret code, as shares.
 *
 * Input: x, one word a row, shared bit by bit (XOR) by A and B: the low half is the row's code, of which the lowest
 * `bits` bits are sorted by (0 to 32), the high half is carried along (a row's number, say). Output: the same words in
 * the stable order of their codes, shared likewise: by A and C where bits is odd, by A and B where it is even. One pass
 * a bit, the lowest first:
 *     b        the bit, turned into a shared number    (C deals a random bit in both forms)
 *     place    s0 + b (s1 - s0): s0 counts the zeros before the row, s1 all zeros and the ones before it (one product a
 *              row)
 *     shuffle  words and places go through an order of A and B and one of B and C, as in SHUFFLE; A and C, who each
 *              lack one of them, open the places and put the words there
 * and A, B, C become A, C, B. Nobody learns anything: who receives sees uniformly random words and permutations.
 * Cost: a bit and row, all parties together: 8 bytes from C to B, 8 bytes and 2 bits between A and B, 24 bytes for the
 * shuffle, 8 bytes for the places; SCH_SORT_PASS_STEPS messages in sequence a bit. Memory: about 50 bytes a row.
 * Errors of all: SCH_BAD_PEER (places that are no permutation), SCH_BAD_INPUT for 2^32 - 1 rows or more or more than 32
 * bits, SCH_NO_MEMORY, SCH_BUG, and the link's.
 * Source: computation.md step 5; one-bit sorts: Asharov, Hamada, Ikarashi, Kikuchi, Nof, Pinkas, Takahashi, Tomida 2022
 * ("Efficient secure three-party sorting with applications to data analysis and heavy hitters"); Beaver 1991. */
#ifndef SCH_CRYPTO_PROTOCOL_SORT_H
#define SCH_CRYPTO_PROTOCOL_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"

enum { SCH_SORT_PASS_STEPS = 6, SCH_MAX_SORT_BITS = 32 };

/* x: rows words, this party's share, replaced. At b where bits is odd it is undefined afterwards; at c it is undefined
 * before, and afterwards where bits is even. run: the first pass; the following ones take the steps after it. */
sch_err sch_sort_a(const sch_run *run, uint64_t *x, size_t rows, unsigned bits);
sch_err sch_sort_b(const sch_run *run, uint64_t *x, size_t rows, unsigned bits);
sch_err sch_sort_c(const sch_run *run, uint64_t *x, size_t rows, unsigned bits);

#endif
