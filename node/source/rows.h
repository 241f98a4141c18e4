/* rows.h - sends a statement's rows as chunks. */
#ifndef SCH_NODE_SOURCE_ROWS_H
#define SCH_NODE_SOURCE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/source/engine.h"

/* Runs the job's statement and writes ROWS frames to fd. rows: how many in all. fault->kind is 0 where all is well.
 * Errors: SCH_IO where the node does not read on, SCH_NO_MEMORY. */
sch_err sch_rows_send(sch_engine *engine, uint64_t *rows, sch_fault *fault, int fd);

/* Writes one frame other than ROWS. Errors: SCH_IO. */
sch_err sch_rows_send_frame(int fd, sch_frame_kind kind, const sch_buf *body);

#endif
