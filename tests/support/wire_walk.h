/* wire_walk.h - a message's encoding cut short at each byte, and changed in each bit: what decoders are shown. */
#ifndef SCH_TESTS_SUPPORT_WIRE_WALK_H
#define SCH_TESTS_SUPPORT_WIRE_WALK_H

#include <stdbool.h>

#include "crypto/base/buf.h"
#include "tests/support/unit.h"

/* How many were looked at, and how many of these a decoder accepted. */
typedef struct wire_walk {
    size_t prefixes, accepted_prefixes;
    size_t changes, accepted_changes;
} wire_walk;

/* accepts: whether it decodes; fails the test where it does wrongly. The bytes are as before afterwards. */
static inline wire_walk wire_walk_bytes(sch_buf *bytes, bool (*accepts)(const uint8_t *data, size_t bytes))
{
    wire_walk walk = {0};
    for (size_t length = 0; length < bytes->bytes; length++, walk.prefixes++) {
        uint8_t *cut = malloc(length + 1); /* of its own, so that a sanitizer sees a read past the end */
        assert_non_null(cut);
        memcpy(cut, bytes->data, length);
        walk.accepted_prefixes += accepts(cut, length);
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * bytes->bytes; bit++, walk.changes++) {
        bytes->data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        walk.accepted_changes += accepts(bytes->data, bytes->bytes);
        bytes->data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    assert_true(walk.prefixes > 0);
    assert_int_equal(walk.changes, 8 * walk.prefixes);
    return walk;
}

/* That what was accepted is the one encoding of what it means. again: cleared. */
static inline void wire_assert_canonical(sch_buf *again, const uint8_t *data, size_t bytes)
{
    assert_int_equal(again->bytes, bytes);
    assert_memory_equal(again->data, data, bytes);
    sch_buf_clear(again);
}

#endif
