/* talk.h - lines of text over a socket, each with a deadline: nobody who is silent, slow or endless keeps a thread. For
 * server.c and client.c alone. */
#ifndef SCH_NODE_CONTROL_TALK_H
#define SCH_NODE_CONTROL_TALK_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

#define SCH_TALK_NO_DEADLINE UINT64_MAX

typedef struct sch_talk {
    int socket;    /* non-blocking; borrowed */
    int stop;      /* ends all waiting when it becomes readable; borrowed; -1: nothing does */
    sch_buf ahead; /* owned; what was read behind the last line */
} sch_talk;

/* Puts the next line, without its end, in *out (emptied first). most: bytes that it may have. deadline_ns: by
 * sch_clock_ns. Errors: SCH_TRY_AGAIN (the deadline passed, or waiting was ended), SCH_BAD_INPUT (longer than most),
 * SCH_IO (the other end is closed; also in the middle of a line), SCH_NO_MEMORY. */
sch_err sch_talk_read(sch_talk *talk, sch_buf *out, size_t most, uint64_t deadline_ns);

/* Writes bytes. Errors: SCH_TRY_AGAIN, SCH_IO, as above. */
sch_err sch_talk_write(const sch_talk *talk, const void *data, size_t bytes, uint64_t deadline_ns);

/* Wipes and frees what was read ahead; the descriptors stay open. */
void sch_talk_clear(sch_talk *talk);

#endif
