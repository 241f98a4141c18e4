/* random_request.h - requests over the fixed catalogues of plan_builder.h, from a seed or from bytes that anyone may
 * have made. Most are of sound structure; many are refused for what they ask. */
#ifndef SCH_TESTS_SUPPORT_RANDOM_REQUEST_H
#define SCH_TESTS_SUPPORT_RANDOM_REQUEST_H

#include "tests/support/plan_builder.h"

/* Numbers from bytes, zeros behind their end; or, where data is NULL, from a state that is not 0. */
typedef struct random_source {
    const uint8_t *data;
    size_t bytes;
    uint64_t state;
} random_source;

/* 0 to bound - 1; bound is at most 2^16. */
uint32_t random_draw(random_source *source, uint32_t bound);

/* The request is the caller's to clear. */
void random_request(sch_request *request, random_source *source, const fixed_catalogs *fixed);

#endif
