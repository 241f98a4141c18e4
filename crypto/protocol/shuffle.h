/* shuffle.h - SHUFFLE: shared rows in an order that nobody knows, and back again.
 *
 * Input: x, rows x columns, held by A and B. Output: y = pi(x), held by A and C, where pi is the composition of three
 * uniformly random permutations: of A and B, then of B and C, then of A and C. Each party lacks one of them, so that pi
 * is uniformly random to each. UNSHUFFLE undoes it: from y held by A and C to x held by A and B. The same pi is used
 * for as many tables as wanted, in both directions: it belongs to a sch_shuffle, whose permutations come from the
 * pairs' streams; masks are new in each run. Nobody learns anything: who receives sees uniformly random words.
 * Cost: two messages, one after the other, of 8 bytes a word each.
 * The first `codes` columns are shared bit by bit (XOR), the others are added.
 * Errors of all: SCH_BAD_INPUT for 2^32 - 1 rows or more, SCH_NO_MEMORY, SCH_BUG (no columns), and the link's.
 * Source: computation.md step 5; shuffling by pairs: Laur, Willemson, Zhang 2011 ("Round-efficient oblivious database
 * manipulation"). */
#ifndef SCH_CRYPTO_PROTOCOL_SHUFFLE_H
#define SCH_CRYPTO_PROTOCOL_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"
#include "crypto/share/perm.h"

enum { SCH_SHUFFLE_STEPS = 2 };

/* What one party knows of pi: two of first (A and B), second (B and C), third (A and C); the one that it lacks is
 * empty. Secret. */
typedef struct sch_shuffle {
    size_t rows;
    sch_perm first, second, third;
} sch_shuffle;

/* Draws this party's permutations from the streams of run (labels "shuffle.first", ...), whose step number makes pi's
 * label; each party of the run calls it. The shuffle is the caller's to clear, also on failure. */
sch_err sch_shuffle_init(sch_shuffle *shuffle, const sch_run *run, size_t rows);
void sch_shuffle_clear(sch_shuffle *shuffle);

/* Tables are row-major, shuffle->rows x columns words; codes <= columns. run: a, b, c as pi's, with steps of its own.
 * y overlaps nothing. */
sch_err sch_shuffle_a(const sch_run *run, const sch_shuffle *shuffle, uint64_t *y, const uint64_t *x, size_t columns,
                      size_t codes);
sch_err sch_shuffle_b(const sch_run *run, const sch_shuffle *shuffle, const uint64_t *x, size_t columns, size_t codes);
sch_err sch_shuffle_c(const sch_run *run, const sch_shuffle *shuffle, uint64_t *y, size_t columns, size_t codes);

/* From y, held by A and C, to x, held by A and B. */
sch_err sch_unshuffle_a(const sch_run *run, const sch_shuffle *shuffle, uint64_t *x, const uint64_t *y, size_t columns,
                        size_t codes);
sch_err sch_unshuffle_b(const sch_run *run, const sch_shuffle *shuffle, uint64_t *x, size_t columns, size_t codes);
sch_err sch_unshuffle_c(const sch_run *run, const sch_shuffle *shuffle, const uint64_t *y, size_t columns,
                        size_t codes);

#endif
