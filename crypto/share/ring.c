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

sch_err sch_ring_init(sch_ring *ring, size_t rows, size_t columns)
{
    size_t count = 0;
    size_t bytes = 0;
    *ring = (sch_ring){0};
    if (__builtin_mul_overflow(rows, columns, &count) || __builtin_mul_overflow(count, sizeof(uint64_t), &bytes)) {
        return sch_fail(SCH_NO_MEMORY, "a vector is larger than the address space");
    }
    if (count == 0) {
        return SCH_NONE;
    }
    ring->word = malloc(bytes);
    if (ring->word == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a vector");
    }
    ring->count = count;
    return SCH_NONE;
}

sch_err sch_ring_init_zero(sch_ring *ring, size_t rows, size_t columns)
{
    size_t count = 0;
    *ring = (sch_ring){0};
    if (__builtin_mul_overflow(rows, columns, &count)) {
        return sch_fail(SCH_NO_MEMORY, "a vector is larger than the address space");
    }
    if (count == 0) {
        return SCH_NONE;
    }
    ring->word = calloc(count, sizeof *ring->word);
    if (ring->word == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a vector");
    }
    ring->count = count;
    return SCH_NONE;
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
