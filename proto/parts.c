#include "proto/parts.h"

uint32_t sch_parts_count(size_t bytes)
{
    return (uint32_t)((bytes + SCH_PART_BYTES - 1) / SCH_PART_BYTES);
}

sch_err sch_parts_cut(sch_control *control, const sch_buf *whole)
{
    size_t from = (size_t)control->part * SCH_PART_BYTES;
    size_t bytes = whole->bytes - from < SCH_PART_BYTES ? whole->bytes - from : SCH_PART_BYTES;
    control->bytes.bytes = 0;
    return sch_buf_append(&control->bytes, whole->data + from, bytes);
}

sch_err sch_parts_take(sch_parts *parts, const sch_control *control, size_t max_bytes)
{
    sch_err err = SCH_NONE;
    if (parts->next == 0) {
        parts->parts = control->parts;
    }
    SCH_TRY(sch_check(control->part == parts->next && control->parts == parts->parts, SCH_BAD_PEER,
                      "parts came out of order"));
    SCH_TRY(sch_check(control->bytes.bytes <= max_bytes && parts->bytes.bytes <= max_bytes - control->bytes.bytes,
                      SCH_BAD_PEER, "parts came to more than they may"));
    SCH_TRY(sch_buf_append(&parts->bytes, control->bytes.data, control->bytes.bytes));
    parts->next++;
out:
    return err;
}

void sch_parts_clear(sch_parts *parts)
{
    sch_buf_clear(&parts->bytes);
    *parts = (sch_parts){0};
}
