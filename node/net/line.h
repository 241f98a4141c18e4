/* line.h - the state of a mesh, shared by the files that make it.
 *
 * DESIGN
 *
 * A line is a connection that is authenticated: control or bulk with a node, or an analyst's session. It has a thread
 * that reads; one that carries control messages has a queue and a thread that writes too, so that a reader that answers
 * never waits for the network. A peer is up while it has both its lines.
 *
 *     mesh.c    opening, closing, and the functions of mesh.h
 *     line.c    a line's threads and queue
 *     peers.c   which line is a peer's, who calls whom, and telling the handlers
 *     accept.c  the listener, and connections that are not authenticated yet
 *     keeper.c  heartbeats and dead lines
 *
 * Locks: peer.handler_lock (held while a handler runs), then mesh.lock, then line.queue_lock. The links' locks are
 * taken with none of these. Nothing waits for the network under mesh.lock.
 *
 * Internal to node/net. */
#ifndef SCH_NODE_NET_LINE_H
#define SCH_NODE_NET_LINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <nng/nng.h>

#include "node/net/auth.h"
#include "node/net/conn.h"
#include "node/net/job.h"
#include "node/net/mesh.h"
#include "node/net/packet.h"
#include "node/net/threads.h"

#define SCH_MS UINT64_C(1000000) /* in ns */

enum {
    SCH_LINE_HEARTBEAT_MS = 5000,
    SCH_LINE_DEAD_MS = 15000,
    SCH_LINE_DEAD_ANALYST_MS = 60000, /* a client without a call to receive sends no heartbeats */
    SCH_LINE_ENDING_MS = 5000,        /* an ended session has this long to go by itself */
    SCH_KEEPER_TICK_MS = 250,
    SCH_GREETING_MS = 5000, /* a half-open connection's time */
    SCH_MAX_HALF_OPEN = 32,
    SCH_MAX_SESSIONS = 64,
    SCH_QUEUE_BYTES = 8 << 20,       /* control messages that wait to go out */
    SCH_QUEUE_HARD_BYTES = 64 << 20, /* the same where the sender is a handler, which must not wait */
    SCH_QUEUE_WAIT_MS = 15000,
    SCH_BACKOFF_FIRST_MS = 200,
    SCH_BACKOFF_LAST_MS = 5000,
    SCH_STAND_BACK_MS = 1000,     /* how long the higher name leaves calling to the lower */
    SCH_STRANGER_EVENT_MS = 1000, /* at most one line in the log in this time for callers nobody knows */
};

#define SCH_FIRST_SESSION UINT32_C(0x80000000) /* ids below are nodes' */

typedef struct sch_queued {
    struct sch_queued *next;
    size_t bytes; /* 0: a heartbeat */
    uint8_t data[];
} sch_queued;

typedef struct sch_line {
    struct sch_line *next; /* in mesh.line; under mesh.lock */
    sch_mesh *mesh;
    sch_conn *conn; /* a reference */
    sch_connection_kind kind;
    size_t number; /* of the peer or the analyst */
    sch_peer_id id;
    atomic_uint references;
    _Atomic(const char *) fault; /* why this end ended it; NULL: the connection says why */

    pthread_mutex_t queue_lock;
    pthread_cond_t queue_changed;
    sch_queued *first, *last; /* owned */
    size_t queued_bytes;
    bool stopped;       /* nothing is queued or sent any more */
    bool ending;        /* a session: it ends when the queue is empty */
    uint64_t end_by_ns; /* then by this time; 0 where it does not end */
} sch_line;

enum { SCH_SLOT_CONTROL = 0, SCH_SLOT_BULK = 1, SCH_SLOTS = 2 };

typedef struct sch_peer {
    const sch_mesh_peer *known; /* in mesh.peer_book */
    sch_mesh *mesh;
    size_t number;
    sch_line *slot[SCH_SLOTS]; /* under mesh.lock; borrowed: a line leaves before it is freed */
    bool up;                   /* both slots are filled */
    uint64_t generation;       /* counts how often it came up */
    uint64_t down_since_ns;
    const char *why;    /* a literal: why it is not up */
    const char *logged; /* the last reason that was logged */
    sch_conn *calling;  /* borrowed; the connection that is being made to it */
    pthread_mutex_t handler_lock;
    bool announced_up; /* under handler_lock: what on_peer said last */
    uint64_t announced_generation;
} sch_peer;

typedef struct sch_half_open {
    sch_conn *conn; /* borrowed; NULL where the place is free */
    uint64_t since_ns;
} sch_half_open;

struct sch_mesh {
    char name[SCH_NAME_BYTES];
    sch_mesh_handlers handlers;
    sch_mesh_peer *peer_book, *analyst_book; /* owned, with their addresses */
    sch_auth_self self;
    sch_auth_book book;
    sch_tls tls;
    sch_links links;
    sch_threads threads;
    nng_stream_listener *listener; /* owned */
    nng_aio *accept_aio;           /* owned */

    pthread_mutex_t lock;
    pthread_cond_t changed; /* on the clock of sch_clock_ns */
    bool closing;
    sch_peer *peer; /* owned; book.peer_count */
    sch_line *line; /* all that live */
    size_t line_count, session_count;
    uint32_t next_session;
    sch_half_open half_open[SCH_MAX_HALF_OPEN];
    uint64_t stranger_ns; /* when a stranger's call was last logged */
};

/* ---- line.c ---- */

/* A line with one reference, the caller's. Takes conn, also on failure. */
sch_err sch_line_new(sch_line **out, sch_mesh *mesh, sch_conn *conn, sch_connection_kind kind, size_t number);
sch_line *sch_line_hold(sch_line *line);
void sch_line_release(sch_line *line); /* accepts NULL */

/* Runs the line to its end in this thread, which has put it in its place before (sch_peers_install or
 * sch_mesh_install_session); takes the reference. */
void sch_line_run(sch_line *line);

/* Queues a message or, of no bytes, a heartbeat. Waits where the queue is full. Errors: SCH_TRY_AGAIN,
 * SCH_NO_MEMORY. */
sch_err sch_line_queue(sch_line *line, const uint8_t *data, size_t bytes);

/* Ends a line from this side; why: a literal. */
void sch_line_end(sch_line *line, const char *why);

/* ---- peers.c ---- */

/* Puts a node's line in its slot; the one that was there ends. False where the mesh is closing. */
bool sch_peers_install(sch_line *line);
/* Takes it out again, where it still is; jobs that use it stop. why: a literal. */
void sch_peers_remove(sch_line *line, const char *why);
/* Tells the handler whether the peer is up, where that changed. */
void sch_peers_announce(sch_peer *peer);
/* Brings a control message to the handler, once the peer was announced as up. False where the line is not in its
 * slot. */
bool sch_peers_deliver(sch_line *line, const uint8_t *data, size_t bytes);
/* Why a peer is not up, for the log and for people; logged where it differs from the last. */
void sch_peers_note(sch_peer *peer, const char *why);
/* The thread that calls one peer; context: sch_peer. */
void sch_peers_call_main(void *context);

/* ---- accept.c ---- */

/* The thread that accepts; context: sch_mesh. */
void sch_accept_main(void *context);

/* ---- keeper.c ---- */

/* The thread that keeps lines alive, or ends them; context: sch_mesh. */
void sch_keeper_main(void *context);
/* All lines, each held, in an array that the caller frees; NULL without memory. */
sch_line **sch_keeper_hold_lines(sch_mesh *mesh, size_t *count);

/* ---- mesh.c ---- */

/* Under mesh.lock: waits for a change, at most so long. */
void sch_mesh_wait(sch_mesh *mesh, uint64_t ms);
void sch_mesh_event(sch_mesh *mesh, const char *peer, const char *text);
/* Adds a line to mesh.line, or takes it out. Add: false where the mesh is closing. Under mesh.lock. */
bool sch_mesh_add_line(sch_mesh *mesh, sch_line *line);
void sch_mesh_drop_line(sch_mesh *mesh, sch_line *line);

#endif
