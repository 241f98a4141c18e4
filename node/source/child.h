/* child.h - the process that schakel-source runs in, from the node's side. */
#ifndef SCH_NODE_SOURCE_CHILD_H
#define SCH_NODE_SOURCE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "crypto/base/err.h"

typedef struct sch_child {
    pid_t pid;    /* 0: none */
    int job_fd;   /* -1: closed */
    int chunk_fd; /* -1: closed */
} sch_child;

/* Starts a program with an empty environment and no file but its job (3) and its chunks (4), by posix_spawn. The caller
 * ends it, also on failure. Errors: SCH_IO where the program cannot be started. */
sch_err sch_child_start(sch_child *child, const char *program);

/* Writes the whole job and ends its stream. Stops quietly where the child does not read on: it then says why, or is
 * gone. Errors: SCH_TRY_AGAIN where cancel is set (within 100 ms). */
sch_err sch_child_send(sch_child *child, const uint8_t *data, size_t bytes, const _Atomic bool *cancel);

/* Reads exactly `bytes`. Errors: SCH_TRY_AGAIN where cancel is set (within 100 ms), SCH_IO where the child ends before
 * that. */
sch_err sch_child_receive(sch_child *child, uint8_t *out, size_t bytes, const _Atomic bool *cancel);

/* Waits a second at most for a child that has ended its stream and says how it ended: what to check. place: "data set
 * a" (fault.h). */
sch_err sch_child_explain(sch_child *child, const char *place, sch_detail *detail);

/* Kills the child where it still runs, waits for it, closes everything. Accepts an ended one. */
void sch_child_end(sch_child *child);

#endif
