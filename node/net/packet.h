/* packet.h - control messages on a connection: a length (u32, little-endian), then that many bytes. Length 0 is a
 * heartbeat. Internal to node/net. */
#ifndef SCH_NODE_NET_PACKET_H
#define SCH_NODE_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

enum { SCH_PACKET_HEAD_BYTES = 4 };

/* Puts messages together, however their bytes come in. A zeroed one waits for a message. */
typedef struct sch_packet {
    uint8_t head[SCH_PACKET_HEAD_BYTES];
    size_t head_bytes; /* that came */
    size_t size;       /* of the message, once the head is complete */
    sch_buf body;      /* owned */
} sch_packet;

/* Takes bytes from *data, and moves it on, until a message is complete or none are left. *complete: `body` is a message
 * (empty for a heartbeat), borrowed until the next call. Errors: SCH_BAD_PEER over 64 KiB, SCH_NO_MEMORY. */
sch_err sch_packet_take(sch_packet *packet, bool *complete, const uint8_t **data, size_t *bytes);

void sch_packet_clear(sch_packet *packet);

#endif
