/* queue.h - the events that a node's one event thread handles, in order. */
#ifndef SCH_NODE_JOB_QUEUE_H
#define SCH_NODE_JOB_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "crypto/base/err.h"
#include "node/net/mesh.h"
#include "proto/control.h"

/* This node itself, where a sch_peer_id stands. */
#define SCH_SELF ((sch_peer_id){UINT32_MAX})

static inline bool sch_peer_is(sch_peer_id a, sch_peer_id b)
{
    return a.value == b.value;
}

typedef enum sch_event_kind {
    SCH_EVENT_CONTROL = 1, /* from, control */
    SCH_EVENT_PEER,        /* from, up */
    SCH_EVENT_SESSION,     /* from, analyst, up */
    SCH_EVENT_THREAD,      /* control.id: its job's thread has ended with err and detail */
    SCH_EVENT_COMMAND,     /* call: an operator's command waits for its answer */
    SCH_EVENT_STOP
} sch_event_kind;

/* An operator's command on its way, and whoever waits for it (command.c). Freeing its event without an answer is an
 * answer too: that the node stops. */
typedef struct sch_call sch_call;
void sch_call_drop(sch_call *call);

typedef struct sch_event sch_event;
struct sch_event {
    sch_event *next;
    sch_event_kind kind;
    sch_peer_id from;
    size_t analyst;
    bool up;
    sch_control control;
    sch_err err;
    sch_detail detail;
    sch_call *call; /* borrowed; NULL once answered */
    uint64_t arrived_ns;
};

/* NULL where memory is lacking. */
sch_event *sch_event_new(sch_event_kind kind, sch_peer_id from);
void sch_event_free(sch_event *event);

typedef struct sch_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled, drained;
    sch_event *first, *last;
    size_t count;
    bool closed;
} sch_queue;

enum { SCH_QUEUE_EVENTS = 2048 };

void sch_queue_init(sch_queue *queue);

/* Puts an event at the end and owns it then. wait: waits while the queue is full; without, a full queue refuses and
 * frees the event. False where it was refused or the queue is closed. */
bool sch_queue_put(sch_queue *queue, sch_event *event, bool wait);

/* The first event, the caller's; NULL after timeout_ms. */
sch_event *sch_queue_take(sch_queue *queue, unsigned timeout_ms);

/* Refuses further events and frees what is left. */
void sch_queue_close(sch_queue *queue);

#endif
