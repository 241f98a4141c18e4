#include "node/net/frame.h"

#include <string.h>

#include "crypto/base/buf.h"

void sch_frame_encode(uint8_t out[static SCH_FRAME_HEADER_BYTES], const sch_frame *frame)
{
    out[0] = (uint8_t)frame->kind;
    out[1] = 0;
    sch_put_u16(out + 2, frame->step);
    sch_put_u32(out + 4, frame->shard);
    memcpy(out + 8, frame->job.byte, SCH_REQUEST_ID_BYTES);
    sch_put_u32(out + 24, frame->sequence);
    sch_put_u32(out + 28, frame->length);
    sch_put_u64(out + 32, frame->total);
}

static bool is_zero(const uint8_t *data, size_t bytes)
{
    uint8_t any = 0;
    for (size_t i = 0; i < bytes; i++) {
        any |= data[i];
    }
    return any == 0;
}

static bool fields_ok(const sch_frame *frame, const uint8_t in[static SCH_FRAME_HEADER_BYTES])
{
    switch (frame->kind) {
    case SCH_FRAME_DATA:
        return frame->length > 0 && frame->length <= SCH_MAX_FRAME_BYTES && frame->total >= frame->length;
    case SCH_FRAME_CREDIT:
        return frame->step == 0 && frame->sequence == 0 && frame->length == 0 && frame->total > 0;
    case SCH_FRAME_END:
        return frame->step == 0 && frame->length == SCH_FRAME_MAC_BYTES && frame->total == 0;
    case SCH_FRAME_HEARTBEAT:
        return is_zero(in + 1, SCH_FRAME_HEADER_BYTES - 1);
    default:
        return false;
    }
}

sch_err sch_frame_decode(sch_frame *out, const uint8_t in[static SCH_FRAME_HEADER_BYTES])
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(in[0] >= SCH_FRAME_DATA && in[0] <= SCH_FRAME_HEARTBEAT && in[1] == 0, SCH_BAD_PEER,
                      "it sent a frame of an unknown kind"));
    out->kind = (sch_frame_kind)in[0];
    out->step = sch_get_u16(in + 2);
    out->shard = sch_get_u32(in + 4);
    memcpy(out->job.byte, in + 8, SCH_REQUEST_ID_BYTES);
    out->sequence = sch_get_u32(in + 24);
    out->length = sch_get_u32(in + 28);
    out->total = sch_get_u64(in + 32);
    SCH_TRY(sch_check(fields_ok(out, in), SCH_BAD_PEER, "it sent a frame with a field out of range"));
out:
    return err;
}

static sch_err feed_header(sch_frame_parser *parser, const sch_frame_sink *sink, const uint8_t **data, size_t *bytes)
{
    sch_err err = SCH_NONE;
    size_t want = SCH_FRAME_HEADER_BYTES - parser->header_bytes;
    size_t take = *bytes < want ? *bytes : want;
    memcpy(parser->header + parser->header_bytes, *data, take);
    parser->header_bytes += take;
    *data += take;
    *bytes -= take;
    if (parser->header_bytes == SCH_FRAME_HEADER_BYTES) {
        parser->header_bytes = 0;
        SCH_TRY(sch_frame_decode(&parser->frame, parser->header));
        parser->left = parser->frame.length;
        SCH_TRY(sink->begin(sink->context, &parser->frame));
    }
out:
    return err;
}

sch_err sch_frame_feed(sch_frame_parser *parser, const sch_frame_sink *sink, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    while (bytes > 0) {
        if (parser->left == 0) {
            SCH_TRY(feed_header(parser, sink, &data, &bytes));
            continue;
        }
        size_t take = bytes < parser->left ? bytes : parser->left;
        size_t offset = parser->frame.length - parser->left;
        parser->left -= take;
        SCH_TRY(sink->piece(sink->context, &parser->frame, offset, data, take));
        data += take;
        bytes -= take;
    }
out:
    return err;
}
