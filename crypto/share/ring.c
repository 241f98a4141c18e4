#include "crypto/share/ring.h"

#include <malloc.h>
#include <stdlib.h>

#include "crypto/base/secret.h"

enum { LARGEST_FROM_HEAP_BYTES = 32 << 20, KEPT_BYTES = 128 << 20 }; /* the first is the most that glibc allows */

void sch_ring_reuse_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, LARGEST_FROM_HEAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

/* count = rows x columns, where so many words can be addressed. */
static sch_err count_words(size_t *count, size_t rows, size_t columns)
{
    size_t bytes = 0;
    bool too_many = __builtin_mul_overflow(rows, columns, count) ||
                    __builtin_mul_overflow(*count, sizeof(uint64_t), &bytes) || bytes > PTRDIFF_MAX;
    return sch_check(!too_many, SCH_NO_MEMORY, "a vector is larger than memory can be");
}

/* Takes memory that was allocated for `count` words. */
static sch_err take_words(sch_ring *ring, uint64_t *word, size_t count)
{
    if (word == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a vector");
    }
    *ring = (sch_ring){word, count};
    return SCH_NONE;
}

sch_err sch_ring_init(sch_ring *ring, size_t rows, size_t columns)
{
    size_t count = 0;
    *ring = (sch_ring){0};
    sch_err err = count_words(&count, rows, columns);
    if (sch_failed(err) || count == 0) {
        return err;
    }
    return take_words(ring, malloc(count * sizeof *ring->word), count);
}

sch_err sch_ring_init_zero(sch_ring *ring, size_t rows, size_t columns)
{
    size_t count = 0;
    *ring = (sch_ring){0};
    sch_err err = count_words(&count, rows, columns);
    if (sch_failed(err) || count == 0) {
        return err;
    }
    return take_words(ring, calloc(count, sizeof *ring->word), count);
}

void sch_ring_clear(sch_ring *ring)
{
    if (ring->word != NULL) {
        sch_secret_wipe(ring->word, sch_ring_bytes(ring));
        free(ring->word);
    }
    *ring = (sch_ring){0};
}

void sch_ring_add(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = a[i] + b[i];
    }
}

void sch_ring_sub(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = a[i] - b[i];
    }
}

void sch_ring_scale(uint64_t *out, const uint64_t *a, uint64_t factor, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = a[i] * factor;
    }
}

void sch_ring_negate(uint64_t *out, const uint64_t *a, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = 0 - a[i];
    }
}

uint64_t sch_ring_sum(const uint64_t *a, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += a[i];
    }
    return sum;
}

void sch_ring_prefix_sums(uint64_t *out, const uint64_t *a, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += a[i];
        out[i] = sum;
    }
}
