/* local_link.h - parties in one process: links over queues, for the tests of protocols and their benchmark.
 *
 * Each pair of parties has a queue in each direction. A send copies its message into the queue and returns once at most
 * `window` bytes of that queue are unread; with a window of 0 it waits until the message was received, which is the
 * strictest order that a real network could impose. A net can keep what each party received (its view), count, and
 * damage one chosen message. Where every party waits for something that cannot come any more, the net cancels itself,
 * so no test needs a time limit. */
#ifndef SCH_TESTS_SUPPORT_LOCAL_LINK_H
#define SCH_TESTS_SUPPORT_LOCAL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/protocol/link.h"

typedef enum local_fault_kind {
    LOCAL_FAULT_NONE = 0,
    LOCAL_FAULT_DROP,
    LOCAL_FAULT_TRUNCATE, /* the last byte is cut off */
    LOCAL_FAULT_REORDER, /* it changes places with the next message between the two parties; lost where there is none */
    LOCAL_FAULT_REPEAT,
    LOCAL_FAULT_GARBLE, /* every bit is turned */
    LOCAL_FAULT_KINDS
} local_fault_kind;

/* Damages message number `index` (from 0) that `from` sends to `to`. */
typedef struct local_fault {
    local_fault_kind kind;
    sch_party from, to;
    size_t index;
} local_fault;

/* One message of a view; its bytes follow those of the one before it in the view's buffer. */
typedef struct local_message {
    sch_party from;
    uint16_t step;
    size_t bytes;
} local_message;

enum { LOCAL_MAX_MESSAGES = 4096 };

typedef struct local_view {
    size_t messages;
    local_message message[LOCAL_MAX_MESSAGES];
    sch_buf content;
} local_view;

typedef struct local_net local_net;

/* A net of `count` parties, SCH_MAX_PARTIES at most, without faults, that keeps no views. NULL where memory is
 * lacking. */
local_net *local_net_new(size_t window_bytes, size_t count);
void local_net_free(local_net *net);

/* The link of a party, borrowed from the net. */
const sch_link *local_net_link(local_net *net, sch_party party);

/* Before the parties start. */
void local_net_set_fault(local_net *net, local_fault fault);
void local_net_keep_views(local_net *net);

/* The party takes no further part: those that wait for it get SCH_TRY_AGAIN. */
void local_net_finish(local_net *net, sch_party party);

/* All sends and receives, waiting ones and later ones, end with SCH_TRY_AGAIN. */
void local_net_cancel(local_net *net);

/* After the parties have ended. */
const local_view *local_net_view(const local_net *net, sch_party party);
size_t local_net_messages(const local_net *net, sch_party from, sch_party to);
size_t local_net_bytes_sent(const local_net *net, sch_party party);
/* Time that a party spent in the link without waiting: what the copies cost. Nanoseconds of its thread. */
uint64_t local_net_link_ns(const local_net *net, sch_party party);
/* Whether the net cancelled itself because all waited for each other. */
bool local_net_was_stuck(const local_net *net);

/* The processor time of the calling thread, for a seat's clock. */
uint64_t local_thread_ns(void);

#endif
