/* job.h - the open jobs of a mesh, their shards, and what arrived for them.
 *
 * DESIGN
 *
 * A shard's traffic with one party is two lanes, each a run of DATA frames closed by END. The sender may have
 * SCH_WINDOW_BYTES on their way and not yet consumed; each frame costs its length and SCH_FRAME_COST_BYTES, so that
 * small frames cannot fill memory with their bookkeeping. The receiver returns what it consumed by CREDIT frames.
 *
 * The thread that reads a bulk connection puts each piece of a frame where it belongs and never waits: straight into
 * the memory of a receiver that already waits for this very message, else into a stored frame. Whatever does not fit
 * the rules ends the connection. Frames for a job that is not open, was stopped, or belongs to another connection are
 * dropped: a job that was just cancelled leaves some behind.
 *
 * A peer may be ahead: its first frames of a shard can come before this node has opened that shard's link. They make
 * the shard, at most SCH_MAX_EARLY_SHARDS a party; opening the link takes it over.
 *
 * Locks: links.lock, then job.lock, never the other way round; neither is held while anything is written to the
 * network.
 *
 * Internal to node/net. */
#ifndef SCH_NODE_NET_JOB_H
#define SCH_NODE_NET_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/net/frame.h"
#include "node/net/mac.h"

enum {
    SCH_WINDOW_BYTES = 4 << 20,
    SCH_FRAME_COST_BYTES = 64,
    SCH_CREDIT_BYTES = 1 << 20, /* consumed: time to return credit */
    SCH_MAX_EARLY_SHARDS = 64,
    SCH_SHARD_BUCKETS = 64,
    /* How this program cuts messages: header and payload fill 16 TLS records. Frames of others take the room they
     * need. */
    SCH_STORED_ROOM_BYTES = (256 << 10) - SCH_FRAME_HEADER_BYTES,
    SCH_MAX_SPARE = 16,
};

/* How a job reaches a party: its connections, behind functions, so that tests need no network. */
typedef struct sch_route_ops {
    sch_err (*write)(void *bulk, const uint8_t *head, size_t head_bytes, const uint8_t *body, size_t body_bytes);
    uint64_t (*wire_bytes)(const void *bulk, size_t bytes);
    void (*release)(void *connection); /* bulk and control each, when the job is closed */
} sch_route_ops;

typedef struct sch_route {
    const sch_route_ops *ops;
    void *bulk;    /* frames for this party go, and come, here and nowhere else */
    void *control; /* lost: the job stops */
} sch_route;

/* A frame that came before somebody waited for it. */
typedef struct sch_stored {
    struct sch_stored *next;
    uint16_t step;
    uint64_t total, offset; /* of its message; where in it */
    size_t bytes;
    size_t room;
    uint8_t data[];
} sch_stored;

/* What comes from one party. */
typedef struct sch_inbox {
    sch_stored *first, *last; /* owned; in order; the last may be incomplete: filling */
    sch_stored *filling;
    size_t fill_left;     /* bytes of the frame that is coming in */
    bool fill_direct;     /* it goes to `out` */
    uint64_t window_left; /* what the peer may still send */
    uint64_t consumed;    /* not returned yet */
    uint32_t sequence;    /* frames that began */
    uint16_t step;        /* of the message that is coming in */
    uint64_t total, left; /* its length, and what has not begun to come */
    bool waiting;         /* somebody is in receive: */
    uint16_t want_step;
    uint8_t *out;                       /* borrowed */
    size_t want_bytes, reserved, ready; /* of out: given away to frames; arrived */
    bool ended;
    uint32_t end_sequence;
    uint8_t end_mac[SCH_FRAME_MAC_BYTES];
    sch_mac mac; /* the receiving thread's */
} sch_inbox;

/* What goes to one party. */
typedef struct sch_outbox {
    uint64_t credit;
    uint32_t sequence;
    sch_mac mac; /* the sending thread's */
} sch_outbox;

typedef struct sch_shard {
    struct sch_shard *next;
    sch_mesh_job *job;
    uint32_t number;
    bool open; /* has a link; else it was made by early frames */
    bool finished;
    sch_party early_from;
    pthread_cond_t changed;
    sch_party_set parties; /* of an open one: who takes part, this node left out */
    sch_inbox in[SCH_MAX_PARTIES];
    sch_outbox out[SCH_MAX_PARTIES];
} sch_shard;

typedef struct sch_links {
    pthread_mutex_t lock;
    sch_mesh_job *first;
} sch_links;

struct sch_mesh_job {
    sch_links *links;
    sch_mesh_job *next;
    sch_request_id id;
    sch_party self;
    size_t parties;
    sch_route route[SCH_MAX_PARTIES]; /* not of self */
    uint8_t *end_key;                 /* a key a party; secret memory */
    pthread_mutex_t lock;
    pthread_cond_t closed; /* a link was closed */
    sch_err stopped;       /* SCH_NONE while it runs */
    size_t open_links;
    size_t early_shards[SCH_MAX_PARTIES];
    sch_shard *bucket[SCH_SHARD_BUCKETS];
    sch_stored
        *spare; /* owned; of SCH_STORED_ROOM_BYTES, for the next frames: new memory of that size costs page faults */
    size_t spare_count;
    _Atomic uint64_t sent_bytes, received_bytes, wait_ns;
};

void sch_links_init(sch_links *links);
void sch_links_clear(sch_links *links);

/* Opens a job of `parties` parties; takes the routes' connections, also on failure. Errors: SCH_BUG where the job is
 * open or a number is out of range, SCH_NO_MEMORY. */
sch_err sch_links_open_job(sch_links *links, sch_mesh_job **out, sch_request_id id, sch_party self, size_t parties,
                           const sch_route *route, const uint8_t *const *end_key);

/* A connection, bulk or control, is gone: jobs that use it stop. */
void sch_links_lose(sch_links *links, const void *connection);

/* The sink of a bulk connection's frames; they never wait. Errors: SCH_BAD_PEER, SCH_NO_MEMORY: end the connection. */
sch_err sch_links_begin(sch_links *links, const void *bulk, const sch_frame *frame);
sch_err sch_links_piece(sch_links *links, const void *bulk, const sch_frame *frame, size_t offset, const uint8_t *data,
                        size_t bytes);

/* Under job.lock: the shard, or NULL; makes one; takes it out and frees it. make errors: SCH_NO_MEMORY. */
sch_shard *sch_job_find_shard(sch_mesh_job *job, uint32_t number);
sch_err sch_job_make_shard(sch_mesh_job *job, sch_shard **out, uint32_t number);
void sch_job_drop_shard(sch_mesh_job *job, sch_shard *shard);

/* Under job.lock: a stored frame is of no more use. */
void sch_job_drop_stored(sch_mesh_job *job, sch_stored *stored);

#endif
