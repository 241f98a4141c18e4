/* frame.h - frames on a bulk connection: a fixed header, then a payload.
 *
 * All numbers are little-endian. What each kind uses is in docs/channel.md; the other fields are zero, and a header
 * that has anything else is refused. Internal to node/net. */
#ifndef SCH_NODE_NET_FRAME_H
#define SCH_NODE_NET_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "node/net/mesh.h"

enum {
    SCH_FRAME_HEADER_BYTES = 40,
    SCH_FRAME_MAC_BYTES = 16,
};

typedef enum sch_frame_kind {
    SCH_FRAME_DATA = 1,  /* a piece of a message */
    SCH_FRAME_CREDIT,    /* `total` bytes of the window are free again */
    SCH_FRAME_END,       /* the shard's last: `sequence` frames went before; the payload is their MAC */
    SCH_FRAME_HEARTBEAT, /* all else zero */
} sch_frame_kind;

/*     offset bytes
 *          0     1  kind
 *          1     1  zero
 *          2     2  step
 *          4     4  shard
 *          8    16  job
 *         24     4  sequence
 *         28     4  length of the payload
 *         32     8  total: length of the message (DATA), bytes returned (CREDIT) */
typedef struct sch_frame {
    sch_frame_kind kind;
    uint16_t step;
    uint32_t shard;
    sch_request_id job;
    uint32_t sequence; /* DATA: number of the frame in its shard and direction, from 0 */
    uint32_t length;   /* DATA: 1 to SCH_MAX_FRAME_BYTES; END: SCH_FRAME_MAC_BYTES; else 0 */
    uint64_t total;    /* DATA: at least length; CREDIT: at least 1 */
} sch_frame;

void sch_frame_encode(uint8_t out[static SCH_FRAME_HEADER_BYTES], const sch_frame *frame);

/* Reads a header that anyone may have made. Errors: SCH_BAD_PEER. */
sch_err sch_frame_decode(sch_frame *out, const uint8_t in[static SCH_FRAME_HEADER_BYTES]);

/* Where a parser's frames go. Both return SCH_BAD_PEER for what ends the connection. */
typedef struct sch_frame_sink {
    void *context;
    /* A header came. */
    sch_err (*begin)(void *context, const sch_frame *frame);
    /* `bytes` bytes of its payload came, in order; offset: how many before. */
    sch_err (*piece)(void *context, const sch_frame *frame, size_t offset, const uint8_t *data, size_t bytes);
} sch_frame_sink;

/* Cuts a run of bytes into frames, however they come in. A zeroed one waits for a header. */
typedef struct sch_frame_parser {
    uint8_t header[SCH_FRAME_HEADER_BYTES];
    size_t header_bytes; /* that came */
    sch_frame frame;     /* the one whose payload comes, where left > 0 */
    size_t left;         /* of its payload */
} sch_frame_parser;

/* Takes the next bytes. Errors: SCH_BAD_PEER, and those of the sink; the parser is then of no more use. */
sch_err sch_frame_feed(sch_frame_parser *parser, const sch_frame_sink *sink, const uint8_t *data, size_t bytes);

#endif
