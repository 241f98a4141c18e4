/* outbox.h - messages to analysts, sent by a thread of their own: an analyst who does not read holds up nobody's job. */
#ifndef SCH_NODE_JOB_OUTBOX_H
#define SCH_NODE_JOB_OUTBOX_H

#include "crypto/base/err.h"
#include "node/net/mesh.h"
#include "proto/control.h"

typedef struct sch_outbox sch_outbox;

/* What may wait for all analysts together; beyond it, messages are refused. */
enum { SCH_OUTBOX_BYTES = 256 << 20 };

/* Starts the thread. mesh is borrowed. Errors: SCH_NO_MEMORY. */
sch_err sch_outbox_open(sch_outbox **out, sch_mesh *mesh);

/* Encodes and queues. Errors: SCH_TRY_AGAIN where too much is waiting, SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_outbox_send(sch_outbox *outbox, sch_peer_id session, const sch_control *control);

/* Sends what is queued for at most two seconds, ends the thread, frees. Accepts NULL. */
void sch_outbox_close(sch_outbox *outbox);

#endif
