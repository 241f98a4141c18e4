/* parts.h - what is larger than a control message (a catalogue, sealed shares) travels as numbered parts. */
#ifndef SCH_PROTO_PARTS_H
#define SCH_PROTO_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/control.h"

/* The number of parts that `bytes` bytes make. */
uint32_t sch_parts_count(size_t bytes);

/* Puts part number control->part of `whole` into control->bytes, whose memory is used again. control->part is less than
 * sch_parts_count of the whole. Errors: SCH_NO_MEMORY. */
sch_err sch_parts_cut(sch_control *control, const sch_buf *whole);

/* Parts that come in. A zeroed one waits for part 0. */
typedef struct sch_parts {
    sch_buf bytes;  /* owned; what came */
    uint32_t next;  /* number of the part to come */
    uint32_t parts; /* how many there are, as part 0 said */
} sch_parts;

/* Takes the next part of a message that anyone may have made. The whole is complete when sch_parts_complete says so.
 * Errors: SCH_BAD_PEER for another part than the next, another number of parts than at first, or more than max_bytes in
 * all; SCH_NO_MEMORY. */
sch_err sch_parts_take(sch_parts *parts, const sch_control *control, size_t max_bytes);

static inline bool sch_parts_complete(const sch_parts *parts)
{
    return parts->parts > 0 && parts->next == parts->parts;
}

/* Wipes and frees; it then waits for part 0 again. Accepts a zeroed one. */
void sch_parts_clear(sch_parts *parts);

#endif
