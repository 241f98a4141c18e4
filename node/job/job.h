/* job.h - one job, and the node's table of them; shared by the files of this folder. */
#ifndef SCH_NODE_JOB_JOB_H
#define SCH_NODE_JOB_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/base/id.h"
#include "node/job/compute.h"
#include "node/job/jobs.h"
#include "node/job/keys.h"
#include "node/job/outbox.h"
#include "node/job/queue.h"
#include "node/net/mesh.h"
#include "node/query/plan.h"
#include "proto/control.h"
#include "proto/parts.h"
#include "proto/request.h"

enum {
    SCH_PREPARE_SECONDS = 30,   /* others have to say READY within this */
    SCH_CLOCK_SKEW_MS = 120000, /* that two machines' clocks may differ */
    SCH_MAX_REQUEST_LIFE_MS = 900000,
    SCH_MAX_SEEN = 100000, /* requests that are remembered so that none runs twice */
    SCH_MAX_EARLY = 64,    /* messages of one node for jobs that this one has not been told of yet */
};

/* A catalogue in use by jobs outlives its replacement. */
typedef struct sch_catalog_ref {
    atomic_uint users;
    sch_catalog catalog;
    sch_buf encoded;
} sch_catalog_ref;

sch_catalog_ref *sch_catalog_ref_new(void); /* one user; NULL where memory is lacking */
sch_catalog_ref *sch_catalog_ref_take(sch_catalog_ref *ref);
void sch_catalog_ref_drop(sch_catalog_ref *ref); /* accepts NULL */

typedef enum sch_job_state {
    SCH_JOB_PREPARING = 0,
    SCH_JOB_RUNNING,
    SCH_JOB_FINISHED,
    SCH_JOB_ENDING,
    SCH_JOB_STATES
} sch_job_state;

typedef struct sch_job sch_job;
struct sch_job {
    sch_jobs *jobs; /* borrowed */
    sch_job *next;
    sch_job_state state;

    /* what is asked and how it is done; constant once admitted */
    sch_request request;
    char id_text[SCH_ID_TEXT_BYTES];
    sch_buf bytes; /* as signed */
    uint8_t signature[SCH_SIGNATURE_BYTES];
    uint8_t request_hash[SCH_HASH_BYTES];
    size_t analyst; /* number in the configuration */
    sch_plan plan;
    uint8_t plan_hash[SCH_HASH_BYTES];
    sch_catalog_ref *catalog[SCH_MAX_NODES]; /* users of what the plan borrows */
    size_t catalog_count;
    bool is_party;
    sch_party self;                 /* where is_party */
    sch_peer_id party[SCH_PARTIES]; /* SCH_SELF for the node itself */
    sch_peer_id coordinator;        /* SCH_SELF where this node is it */
    sch_peer_id session;            /* the coordinator's, with the analyst */
    uint64_t started_ns;

    /* this node's part */
    sch_job_keys keys;
    sch_mesh_job *mesh_job; /* owned; NULL before it is open */
    pthread_t thread;
    bool has_thread;
    bool thread_ended; /* the event thread knows */
    _Atomic bool cancelled;
    pthread_mutex_t lock; /* guards what the event thread tells the job's thread */
    pthread_cond_t changed;
    bool go;
    bool has_rows[2];
    uint64_t rows[2];

    /* the event thread's */
    bool ready[SCH_PARTIES];
    bool done[SCH_PARTIES];
    bool failed;
    uint64_t ended_ns;         /* when its thread ended without a reason known yet; 0 otherwise */
    uint64_t last_progress_ns; /* the job thread's workers', under their lock */
};

typedef struct sch_peer_state {
    bool up;
    uint8_t *standing;        /* owned, guarded: the pair's standing secret */
    sch_catalog_ref *catalog; /* NULL before it came */
    sch_parts parts;          /* a catalogue that is coming in */
    size_t early_count;       /* of its messages in sch_jobs.early */
} sch_peer_state;

typedef struct sch_seen {
    sch_request_id id;
    sch_time_ms until;
} sch_seen;

struct sch_jobs {
    sch_jobs_options options;
    sch_mesh *mesh;
    sch_queue queue;
    sch_outbox *outbox;
    pthread_t thread;
    bool has_thread;
    sch_time_ms started;
    sch_catalog_ref *own;
    sch_peer_state *peer; /* conf->peer_count */
    sch_job *first;
    size_t job_count;
    sch_seen *seen; /* SCH_MAX_SEEN */
    size_t seen_count;
    sch_event *early; /* list */
};

/* admit.c - checks a signed request and plans it. analyst: the one that the session belongs to, or SIZE_MAX where a peer hands it
 * on. On success *out is a job in state PREPARING that is in no list yet. Errors: SCH_DENIED (signature, unknown analyst, expired,
 * repeated), SCH_BAD_INPUT, SCH_TRY_AGAIN, SCH_NO_MEMORY; the detail says why. */
sch_err sch_job_admit(sch_jobs *jobs, sch_job **out, const sch_control *control, size_t analyst, sch_detail *detail);
void sch_job_free(sch_job *job);

/* run.c - this node's part, from the local part to the sealed shares; a thread's function with a sch_job. */
void *sch_job_run(void *job);

/* table.c - the life of requests: one event. */
void sch_job_handle(sch_jobs *jobs, sch_event *event);

/* Ends a job with a reason: at the coordinator for everybody, elsewhere at this node, which tells the coordinator. */
void sch_job_fail(sch_job *job, const char *node, sch_err err, const sch_detail *detail);

/* The same; a job whose thread has ended, or that has none, is gone afterwards. */
void sch_job_settle(sch_job *job, const char *node, sch_err err, const sch_detail *detail);

/* The message that tells of a failure. */
sch_control sch_job_fail_message(const sch_request_id *id, const char *node, sch_err err, const sch_detail *detail);

/* Puts an admitted job into the node's list, which owns it then. */
void sch_job_add(sch_jobs *jobs, sch_job *job);

/* Handles messages about a request that came before the request itself. */
void sch_job_replay_early(sch_jobs *jobs, const sch_request_id *id);

/* begin.c - a request from an analyst (this node coordinates it), and one that another node hands on. */
void sch_job_on_submit(sch_jobs *jobs, sch_event *event);
void sch_job_on_prepare(sch_jobs *jobs, sch_event *event);

/* Looks after deadlines; called several times a second. */
void sch_job_tick(sch_jobs *jobs);

/* The name of a node or "" . */
const char *sch_jobs_peer_name(const sch_jobs *jobs, sch_peer_id peer);

/* Sends a control message to a node, this one included (then it comes back as an event). Errors: those of the mesh. */
sch_err sch_jobs_send(sch_jobs *jobs, sch_peer_id to, const sch_control *control);

/* Queues the last message about a request (FAIL or DONE) for its analyst. Where that cannot be done the session ends: an analyst
 * who waits for an answer hears that there is none. */
void sch_jobs_tell_last(sch_jobs *jobs, sch_peer_id session, const sch_control *control);

#endif
