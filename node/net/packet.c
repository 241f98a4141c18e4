#include "node/net/packet.h"

#include <string.h>

#include "node/net/mesh.h"

sch_err sch_packet_take(sch_packet *packet, bool *complete, const uint8_t **data, size_t *bytes)
{
    sch_err err = SCH_NONE;
    *complete = false;
    if (packet->head_bytes < SCH_PACKET_HEAD_BYTES) {
        size_t want = SCH_PACKET_HEAD_BYTES - packet->head_bytes;
        size_t take = *bytes < want ? *bytes : want;
        memcpy(packet->head + packet->head_bytes, *data, take);
        packet->head_bytes += take;
        *data += take;
        *bytes -= take;
        if (packet->head_bytes < SCH_PACKET_HEAD_BYTES) {
            goto out;
        }
        packet->size = sch_get_u32(packet->head);
        packet->body.bytes = 0;
        SCH_TRY(sch_check(packet->size <= SCH_MAX_CONTROL_BYTES, SCH_BAD_PEER,
                          "it sent a control message that is too large"));
    }
    size_t want = packet->size - packet->body.bytes;
    size_t take = *bytes < want ? *bytes : want;
    SCH_TRY(sch_buf_append(&packet->body, *data, take));
    *data += take;
    *bytes -= take;
    if (packet->body.bytes == packet->size) {
        packet->head_bytes = 0;
        *complete = true;
    }
out:
    return err;
}

void sch_packet_clear(sch_packet *packet)
{
    sch_buf_clear(&packet->body);
    memset(packet, 0, sizeof *packet);
}
