/* job.h - one request in progress, and the node's table of them; shared by the files of this folder. */
#ifndef SCH_NODE_JOB_JOB_H
#define SCH_NODE_JOB_JOB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/base/id.h"
#include "node/job/book.h"
#include "node/job/command.h"
#include "node/job/compute.h"
#include "node/job/jobs.h"
#include "node/job/keys.h"
#include "node/job/outbox.h"
#include "node/job/queue.h"
#include "node/net/mesh.h"
#include "node/query/plan.h"
#include "node/store/store.h"
#include "proto/control.h"
#include "proto/decision.h"
#include "proto/parts.h"
#include "proto/request.h"

enum {
    SCH_PREPARE_SECONDS = 30, /* others have to say READY within this */
    SCH_MAX_DEFERRED = 1000,  /* requests of others that wait for a catalogue before they can be looked at */
    SCH_MAX_OPEN = 2000,      /* requests in progress at a node, waiting ones included */
    SCH_MAX_EARLY = 64,     /* messages of one node for jobs that this one has not been told of yet, or has not begun */
    SCH_MAX_WATCHERS = 8,   /* sessions that follow one request */
    SCH_MAX_REFUSALS = 100, /* of one analyst in an hour; beyond that nothing is stored of them */
    SCH_MAX_ANALYST_SESSIONS = 16, /* of one analyst */
    SCH_MAX_POSTING = 16,          /* results that are being sent at a time */
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

/* Where a job stands at this node: the durable state, finer while it runs. */
typedef enum sch_job_phase {
    SCH_JOB_WAITING = 0, /* durable state waiting: for consents */
    SCH_JOB_APPROVED,    /* approved: for START, or for room */
    SCH_JOB_PREPARING,   /* running: for READY of the others and the owners' sizes */
    SCH_JOB_COMPUTING,   /* running */
    SCH_JOB_FINISHED,    /* running: its own part is kept; for the others */
    SCH_JOB_ENDING,      /* an end state: its thread has yet to stop */
    SCH_JOB_PHASES
} sch_job_phase;

/* What a holder sealed for one recipient. */
typedef struct sch_sealed {
    sch_buf bytes;
    uint8_t signature[SCH_SIGN_BYTES];
} sch_sealed;

typedef struct sch_job sch_job;
struct sch_job {
    sch_jobs *jobs; /* borrowed */
    sch_job *next;
    sch_job_phase phase;

    /* what is asked; constant once admitted */
    sch_request request;
    char id_text[SCH_ID_TEXT_BYTES];
    sch_stored_request row;               /* as it stands in the store; row.bytes are those that were signed */
    sch_book_agreement *agreement;        /* borrowed from the book */
    const sch_agreement_analyst *analyst; /* borrowed from the agreement */

    /* how it is done; a job that was read back from the store gets its plan when it begins */
    bool has_plan;
    sch_plan plan;
    sch_catalog_ref *catalog[SCH_MAX_NODES]; /* users of what the plan borrows */
    size_t catalog_count;
    bool is_party;
    sch_party self;                     /* where is_party */
    sch_peer_id party[SCH_MAX_PARTIES]; /* row.party_count; SCH_SELF for the node itself */
    sch_peer_id coordinator;            /* SCH_SELF where this node is it */
    sch_peer_id watcher[SCH_MAX_WATCHERS];
    size_t watcher_count;
    bool consented[SCH_MAX_PARTIES]; /* each verified */
    bool start_came;                 /* START, before this node could begin */
    uint64_t start_came_ns;
    uint64_t started_ns; /* when the computation began */

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
    bool has_rows[SCH_MAX_PARTIES]; /* of owners */
    uint64_t rows[SCH_MAX_PARTIES];
    sch_sealed sealed[SCH_MAX_RECIPIENTS]; /* the job's thread makes them, the event thread keeps them; per recipient */

    /* the event thread's */
    bool ready[SCH_MAX_PARTIES];
    bool done[SCH_MAX_PARTIES];
    uint64_t ended_ns;         /* when its thread ended without a reason known yet; 0 otherwise */
    uint64_t last_progress_ns; /* the job thread's workers', under their lock */
};

typedef struct sch_peer_state {
    bool up;
    uint8_t *standing;                                   /* owned, guarded: the pair's standing secret */
    sch_catalog_ref *catalog[SCH_MAX_ACTIVE_AGREEMENTS]; /* by agreement's number in the book; NULL before it came */
    sch_parts parts;                                     /* a catalogue that is coming in */
    uint8_t parts_hash[SCH_HASH_BYTES];                  /* of its agreement */
    bool has_pending; /* a head that goes on from the newest one, if the peer still has that record as it was */
    sch_stored_head pending;
    uint64_t pending_since_ns;
    sch_detail refused; /* why this peer is not trusted with requests: it showed an older state; "" where it is */
    size_t early_count; /* of its messages in sch_jobs.early */
} sch_peer_state;

/* What an analyst was refused in the hour that began at since_ns: so that refusals do not fill the disk. */
typedef struct sch_refusals {
    uint64_t since_ns;
    unsigned count;
} sch_refusals;

typedef struct sch_session_state sch_session_state;
struct sch_session_state {
    sch_session_state *next;
    sch_peer_id id;
    size_t analyst; /* number in the book */
};

/* A result on its way from the holders to a session. */
typedef struct sch_fetch sch_fetch;
struct sch_fetch {
    sch_fetch *next;
    sch_request_id id;
    char recipient[SCH_NAME_BYTES];
    sch_peer_id session;
    sch_peer_id holder[2];
    bool complete[2];
    uint64_t since_ns;
};

struct sch_jobs {
    sch_jobs_options options;
    sch_book book;
    sch_mesh *mesh;
    sch_queue queue;
    sch_outbox *outbox;
    pthread_t thread;
    bool has_thread;
    sch_time_ms started;
    sch_catalog_ref *own[SCH_MAX_ACTIVE_AGREEMENTS]; /* by agreement's number in the book */
    sch_peer_state *peer;                            /* book.peer_count */
    sch_session_state *sessions;
    sch_refusals *refusals; /* book.analyst_count: what each analyst was refused of late */
    uint64_t refused_logins, refused_since_ns;
    sch_fetch *fetches;
    sch_job *first;
    size_t job_count;
    sch_event *early;    /* list */
    sch_event *deferred; /* list: PREPARE that came before the catalogues that it needs; in order of arrival */
    size_t deferred_count;
    bool reload_wanted, reload_told;
    uint64_t reload_wanted_ns; /* since when */
    atomic_size_t posting;     /* results that are being sent */
    _Atomic bool stopping;     /* ... and are not sent to their end */
    uint64_t last_expiry_ns;
};

/* ---- admit.c: a signed request is checked and planned, by each node for itself ---- */

/* Makes a job of a message that an analyst or a peer sent, as far as who asks is certain: form, analyst, signature.
 * session_analyst: the analyst whose session it came by, SIZE_MAX where a peer hands it on. Nothing is stored yet.
 * Errors: SCH_DENIED, SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_job_read(sch_jobs *jobs, sch_job **out, const sch_control *control, size_t session_analyst,
                     sch_detail *detail);

/* Checks it against the agreement and the ledger, plans it, finds the parties. *rule: the broken rule's word. Errors:
 * SCH_DENIED, SCH_BAD_INPUT, SCH_TRY_AGAIN, SCH_NO_MEMORY. */
sch_err sch_job_check(sch_job *job, const char **rule, sch_detail *detail);

/* Whether all other parties may take part (heads.c). */
sch_err sch_job_check_peers(const sch_job *job, sch_detail *detail);

/* The rules of the agreement alone, now: again before this node consents and before it computes. */
sch_err sch_job_check_policy(const sch_job *job, const char **rule, sch_detail *detail);

/* Whether the catalogues of all owners are here, so that it can be planned. The detail says whose is missing. */
sch_err sch_job_check_owners(const sch_job *job, sch_detail *detail);

/* Makes the plan, where there is none; a job that was approved under another plan is refused. Errors: as check. */
sch_err sch_job_make_plan(sch_job *job, sch_detail *detail);

/* Makes a job of what the store holds. Errors: SCH_BAD_INPUT where its agreement is in force no longer,
 * SCH_NO_MEMORY. */
sch_err sch_job_restore(sch_jobs *jobs, sch_job **out, const sch_stored_request *row, sch_detail *detail);
void sch_job_free(sch_job *job);

/* ---- record.c: state and audit log, durable together ---- */

/* One audit record in the open transaction. request: whose trace it belongs to, NULL for none. decided_on: NULL for
 * none. */
sch_err sch_record(sch_jobs *jobs, const char *actor, const char *action, const char *object, const char *outcome,
                   const sch_request_id *request, const uint8_t *decided_on);

/* The same for a job: its id, trace and hash. */
sch_err sch_job_record(sch_job *job, const char *actor, const char *action, const char *outcome);

/* A record that stands alone, in a transaction of its own; SCH_TRY_AGAIN where the disk is full. */
sch_err sch_record_alone(sch_jobs *jobs, const char *actor, const char *action, const char *object, const char *outcome,
                         const sch_request_id *request, const uint8_t *decided_on);

/* Begins; commits. What cannot be made durable ends the process, but for a full disk where `may_refuse`: then the
 * transaction is rolled back and SCH_TRY_AGAIN is returned. */
void sch_jobs_begin(sch_jobs *jobs);
sch_err sch_jobs_commit(sch_jobs *jobs, sch_err so_far, bool may_refuse);

/* Ends the process: the store does not take what has to be kept. */
_Noreturn void sch_jobs_die(sch_err err);

/* Changes a job's durable state with its audit record, in the open transaction. */
sch_err sch_job_set_state(sch_job *job, sch_request_state state, const char *actor);

/* The head of the audit log now, signed and kept, in the open transaction. */
sch_err sch_jobs_make_head(sch_jobs *jobs, sch_stored_head *head);

/* ---- consent.c ---- */

/* Whether this node has consented, or may: reserves in the ledger and records, in the open transaction. *consents:
 * whether it does. */
sch_err sch_job_consent_where_due(sch_job *job, bool *consents, sch_detail *detail);

/* Sends this node's consent to the other parties and the coordinator, signed anew with the ledger's counter of now. */
void sch_job_send_consent(sch_job *job, sch_peer_id to); /* SCH_SELF: to all who need it */

void sch_job_on_consent(sch_job *job, sch_event *event);

/* Goes on to approved where all parties consented: in the open transaction, so that no crash comes between. *approved:
 * whether it did; then the caller calls sch_job_approved after the commit. */
sch_err sch_job_approve_where_complete(sch_job *job, bool *approved);
void sch_job_approved(sch_job *job);

/* An operator's approval or denial. Errors: SCH_DENIED, SCH_BAD_INPUT, SCH_TRY_AGAIN. */
sch_err sch_job_take_word(sch_job *job, const sch_command *command, sch_detail *detail);

/* ---- intake.c: a request is taken up ---- */

void sch_job_on_submit(sch_jobs *jobs, sch_event *event);
bool sch_job_on_prepare(sch_jobs *jobs, sch_event *event); /* true where it is kept for later, and owned */

/* Looks again at what could not be prepared: when a peer or its catalogue has come. */
void sch_jobs_replay_deferred(sch_jobs *jobs);
void sch_jobs_drop_deferred(sch_jobs *jobs, const sch_request_id *id, sch_peer_id from); /* id NULL: all */

/* Sends PREPARE to a party, or to all where to is SCH_SELF. */
void sch_job_tell_party(sch_job *job, sch_peer_id to);

/* What a refusal is called: passing conditions are failures, which the same request sent anew may not meet. */
sch_request_state sch_end_state_of(sch_err err);

/* ---- begin.c: from approved to running ---- */

void sch_job_on_start(sch_job *job, sch_event *event);

/* The coordinator starts what is approved, as far as there is room and all parties are connected. */
void sch_jobs_start_approved(sch_jobs *jobs);

/* Takes this node's part up: plan, keys, links, READY, thread. */
void sch_job_begin(sch_job *job);

/* Begins what START came for, where this node can; what it cannot within 30 seconds fails. */
void sch_job_begin_where_due(sch_job *job);

/* ---- run.c: this node's part, from the local part to the sealed shares; a thread's function with a sch_job ---- */
void *sch_job_run(void *job);

/* ---- table.c: the life of requests ---- */

void sch_job_handle(sch_jobs *jobs, sch_event *event);

/* Ends a job in an end state, durably, here and at the others: at the coordinator for everybody, elsewhere at this
 * node, which tells the coordinator. node: where it failed. actor: for the audit log, NULL for this node. The job may
 * be gone afterwards. */
void sch_job_end(sch_job *job, sch_request_state state, const char *node, const char *actor, sch_err err,
                 const sch_detail *detail);

sch_job *sch_jobs_find(sch_jobs *jobs, const sch_request_id *id);
sch_job *sch_jobs_find_open(sch_jobs *jobs, const sch_request_id *id); /* one that has not ended */

/* Puts an admitted job into the node's list, which owns it then. */
void sch_job_add(sch_jobs *jobs, sch_job *job);

/* Takes it out and frees it; its thread has ended or is about to. */
void sch_job_remove(sch_job *job);

/* Which party a peer is, row.party_count where it is none. */
size_t sch_job_party_of(const sch_job *job, sch_peer_id peer);

static inline bool sch_job_coordinates(const sch_job *job)
{
    return sch_peer_is(job->coordinator, SCH_SELF);
}

/* How many jobs compute here that a node coordinates; and whether none does at all. */
size_t sch_jobs_running(const sch_jobs *jobs, sch_peer_id coordinator);
bool sch_jobs_are_quiet(const sch_jobs *jobs);

/* ---- early.c: messages about requests that are not in progress here ---- */

/* CONSENT, READY and SIZE of a node that is ahead of this one are kept a little; each node has its own room, so that
 * none takes another's. Takes the event over where true. */
bool sch_jobs_keep_early(sch_jobs *jobs, sch_event *event);

/* Handles messages about a request that came before it could be handled. */
void sch_job_replay_early(sch_jobs *jobs, const sch_request_id *id);

/* A message about a request that is not in progress here: one that has ended is said to have, one that is not known yet
 * is kept. Takes the event over where true. */
bool sch_jobs_handle_unknown(sch_jobs *jobs, sch_event *event);

/* Tells a node how a stored request has ended. */
void sch_jobs_tell_end(sch_jobs *jobs, sch_peer_id to, const sch_stored_request *row);

/* ---- deadlines.c: called several times a second ---- */
void sch_job_tick(sch_jobs *jobs);

/* ---- watch.c: what analysts are told ---- */

/* The status of a stored request as a message; awaits: what is waited for, may be NULL. The message is the caller's to
 * clear. */
sch_err sch_status_message(sch_control *out, const sch_stored_request *row, const char *awaits);

/* What a job waits for, in words; "" where nothing. */
void sch_job_awaits(const sch_job *job, sch_detail *out);

void sch_job_tell_watchers(sch_job *job);
void sch_job_watch(sch_job *job, sch_peer_id session);
void sch_jobs_on_session(sch_jobs *jobs, const sch_event *event);
size_t sch_jobs_session_analyst(const sch_jobs *jobs, sch_peer_id session); /* SIZE_MAX where unknown */
void sch_jobs_on_watch(sch_jobs *jobs, const sch_event *event);
void sch_jobs_on_status_ask(sch_jobs *jobs, const sch_event *event);

/* ---- release.c: sealed shares, from the store to the analyst ---- */

/* This node's part is finished: keeps what it sealed, says DONE. */
void sch_job_keep_part(sch_job *job);
void sch_job_release(sch_job *job); /* the coordinator: all are done */
void sch_job_on_released(sch_job *job, sch_event *event);
void sch_job_on_released_early(sch_job *job, sch_event *event); /* in a phase that this node should have left */
void sch_jobs_on_fetch(sch_jobs *jobs, const sch_event *event);
void sch_jobs_on_result(sch_jobs *jobs, const sch_event *event);
void sch_jobs_drop_fetches(sch_jobs *jobs, sch_peer_id who, uint64_t now_ns);
void sch_jobs_expire_results(sch_jobs *jobs);

/* ---- resume.c: what a node finds when it starts, and when a peer comes back ---- */
sch_err sch_jobs_resume(sch_jobs *jobs);
void sch_jobs_meet_peer(sch_jobs *jobs, sch_peer_id peer);

/* ---- heads.c ---- */
void sch_jobs_send_head(sch_jobs *jobs, sch_peer_id to, const sch_stored_head *head);
void sch_jobs_on_head(sch_jobs *jobs, const sch_event *event);
void sch_jobs_on_head_ask(sch_jobs *jobs, const sch_event *event);
void sch_jobs_on_head_at(sch_jobs *jobs, const sch_event *event);
/* Whether a peer may take part: it has shown no older state, and has answered for the records that were seen of its
 * log. */
sch_err sch_jobs_check_peer(sch_jobs *jobs, sch_peer_id peer, sch_detail *detail);
/* The same, and that a counter which it shows is not lower than before. */
sch_err sch_jobs_check_counter(sch_jobs *jobs, sch_peer_id peer, uint64_t counter, sch_detail *detail);
sch_err sch_jobs_accept_peer(sch_jobs *jobs, const sch_command *command, sch_detail *detail);

/* ---- offer.c: catalogues ---- */
/* What this node offers under one agreement. Errors: SCH_BAD_INPUT where its schemas do not fit, SCH_NO_MEMORY. */
sch_err sch_jobs_make_offer(sch_jobs *jobs, sch_catalog_ref **out, const sch_agreement *agreement, sch_detail *detail);

/* A list of {"text": sentence}, one for each link key of this node's data sets that is not offered under an agreement,
 * since that does not let all its columns be linked on. The caller's to drop; NULL where memory is lacking. */
json_t *sch_jobs_withheld_keys(const sch_jobs *jobs, const sch_agreement *agreement);

/* Under all in force; those that do not fit are unusable from here on. */
sch_err sch_jobs_make_offers(sch_jobs *jobs);
void sch_jobs_send_offers(sch_jobs *jobs, sch_peer_id peer);
/* Those that are here under an agreement of the book, this node's among them, borrowed; their number. entry: may be
 * NULL, which has none. */
size_t sch_jobs_list_offers(const sch_jobs *jobs, const sch_catalog *out[static SCH_MAX_NODES],
                            const sch_book_agreement *entry);
void sch_jobs_on_catalog(sch_jobs *jobs, const sch_event *event);
void sch_jobs_answer_catalog_ask(sch_jobs *jobs, sch_peer_id session);

/* ---- epoch.c: the linkage epoch's keys ---- */
sch_err sch_jobs_make_epoch(sch_jobs *jobs,
                            const sch_agreement *agreement); /* in the open transaction, where there is none */
void sch_jobs_send_epochs(sch_jobs *jobs, sch_peer_id peer);
void sch_jobs_on_epoch(sch_jobs *jobs, const sch_event *event);
/* The secret of two owners under an agreement's epoch; out: secret. Errors: SCH_TRY_AGAIN where the peer's key is not
 * here yet. */
sch_err sch_jobs_epoch_secret(sch_jobs *jobs, uint8_t out[static SCH_KEY_BYTES], const sch_agreement *agreement,
                              sch_peer_id peer);

/* ---- govern.c: agreements come and go ---- */
sch_err sch_jobs_activate(sch_jobs *jobs, json_t **answer, const sch_command *command, sch_detail *detail);
sch_err sch_jobs_revoke(sch_jobs *jobs, json_t **answer, const sch_command *command, sch_detail *detail);
void sch_jobs_on_revoke(sch_jobs *jobs, const sch_event *event);
void sch_jobs_send_revocations(sch_jobs *jobs, sch_peer_id peer);

/* ---- preview.c: what operators see of a request ---- */

/* Bytes as a JSON text in base64; NULL where memory is lacking. */
json_t *sch_json_base64(const uint8_t *data, size_t bytes);
sch_err sch_job_make_preview(sch_job *job);
sch_err sch_request_to_json(sch_jobs *jobs, json_t **out, const sch_stored_request *row, sch_detail *detail);
sch_err sch_request_to_line(sch_jobs *jobs, json_t **out, const sch_stored_request *row);

/* ---- command.c ---- */
void sch_jobs_on_command(sch_jobs *jobs, sch_event *event);

/* ---- jobs.c ---- */

/* The name of a node or "" . */
const char *sch_jobs_peer_name(const sch_jobs *jobs, sch_peer_id peer);

/* The names of a job's parties, for the log: "a,b,c". */
void sch_job_party_names(const sch_job *job, sch_detail *out);

/* Sends a control message to a node, this one included (then it comes back as an event). Errors: those of the mesh. */
sch_err sch_jobs_send(sch_jobs *jobs, sch_peer_id to, const sch_control *control);

/* The same where a failure needs no more than that: whoever cannot be told has gone, and hears when it is back. */
void sch_jobs_tell(sch_jobs *jobs, sch_peer_id to, const sch_control *control);

/* To an analyst's session; where that cannot be done the session ends: who waits for an answer hears that there is
 * none. */
void sch_jobs_tell_session(sch_jobs *jobs, sch_peer_id session, const sch_control *control);

/* The message that tells of an end. */
sch_control sch_fail_message(const sch_request_id *id, const char *node, sch_request_state state, sch_err err,
                             const sch_detail *detail);

#endif
