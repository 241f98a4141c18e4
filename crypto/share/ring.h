/* ring.h - vectors over the ring of integers modulo 2^64.
 *
 * Every value of a computation is such a word; a negative number is its two's complement. A value x is shared by two
 * parties as x = x_A + x_B. Vectors are plain arrays of uint64_t; sch_ring is one with its owner and its size, wiped
 * when it is cleared. A vector travels as little-endian words, which is how this program's machines store them. */
#ifndef SCH_CRYPTO_SHARE_RING_H
#define SCH_CRYPTO_SHARE_RING_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are sent as they lie in memory: little-endian");

typedef struct sch_ring {
    uint64_t *word; /* owned; secret; NULL where count is 0 */
    size_t count;   /* words */
} sch_ring;

/* Has the process keep up to 128 MB of freed memory for its next vectors instead of giving it back to the system and
 * having it zeroed page by page again. Without it page faults double the cost of a shard. Call once at the start of a
 * program that runs protocols; it sets the allocator of the whole process. Source: mallopt(3), M_MMAP_THRESHOLD,
 * M_TRIM_THRESHOLD. */
void sch_ring_reuse_memory(void);

/* Room for rows x columns words, their contents undefined. ring is zeroed or cleared before, the caller clears it.
 * Errors: SCH_NO_MEMORY (also where the size would overflow); the ring is then empty. */
sch_err sch_ring_init(sch_ring *ring, size_t rows, size_t columns);

/* As sch_ring_init, every word 0. */
sch_err sch_ring_init_zero(sch_ring *ring, size_t rows, size_t columns);

/* Wipes and frees; the ring is then empty. Accepts a zeroed ring. */
void sch_ring_clear(sch_ring *ring);

/* Bytes of a ring's words. */
static inline size_t sch_ring_bytes(const sch_ring *ring)
{
    return ring->count * sizeof *ring->word;
}

/* out = a + b, out = a - b, out = factor x a, out = -a, word by word over `count` words. out may be a or b. */
void sch_ring_add(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count);
void sch_ring_sub(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count);
void sch_ring_scale(uint64_t *out, const uint64_t *a, uint64_t factor, size_t count);
void sch_ring_negate(uint64_t *out, const uint64_t *a, size_t count);

/* The sum of `count` words; 0 where there are none. */
uint64_t sch_ring_sum(const uint64_t *a, size_t count);

/* out[i] = a[0] + ... + a[i]. out may be a. */
void sch_ring_prefix_sums(uint64_t *out, const uint64_t *a, size_t count);

#endif
