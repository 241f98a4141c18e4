/* outbox.h - messages to analysts, sent by a thread of each session: an analyst who does not read holds up neither jobs
 * nor other analysts. */
#ifndef SCH_NODE_JOB_OUTBOX_H
#define SCH_NODE_JOB_OUTBOX_H

#include "crypto/base/err.h"
#include "node/net/mesh.h"
#include "proto/control.h"

typedef struct sch_outbox sch_outbox;

enum {
    /* What may wait for all analysts together; beyond it, messages are refused. */
    SCH_OUTBOX_BYTES = 256 << 20,
    /* The same for catalogues, which an analyst may ask for without end: results keep the rest. */
    SCH_OUTBOX_CATALOG_BYTES = 64 << 20,
};

/* mesh is borrowed. Errors: SCH_NO_MEMORY. */
sch_err sch_outbox_open(sch_outbox **out, sch_mesh *mesh);

/* Encodes and queues. Errors: SCH_TRY_AGAIN where too much is waiting, SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_outbox_send(sch_outbox *outbox, sch_peer_id session, const sch_control *control);

/* Sends what is queued for at most two seconds, ends the sessions that do not take theirs in that time, ends the
 * threads, frees. Accepts NULL. */
void sch_outbox_close(sch_outbox *outbox);

#endif
