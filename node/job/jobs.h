/* jobs.h - a node at work: it keeps the mesh, answers analysts and operators, and carries requests through their lives.
 *
 * A request's life at a node (docs/governance.md has it as a picture; table.c holds it, one row a phase):
 *
 *     submitted   its signature is right, its id is taken                            \
 *     checked     it keeps the agreement, the budget has room, it is planned          > one transaction
 *     waiting     for the consent of all its parties, this node's own included       /
 *     approved    all of them consented
 *     running     the coordinator said START; parties compute; each keeps its sealed shares
 *     released    all parts are kept; recipients may fetch
 *     refused, expired, failed, cancelled: the other ends
 *
 * Each change stands in the store, with its audit record, before anything that follows from it is sent. After a crash a
 * request that waited waits on; one that ran has failed, unless this node's part was kept and the coordinator says that
 * all are done.
 *
 * The node that the analyst called coordinates: it hands the signed request on, says when to start, collects progress
 * and failures, and passes sealed shares on. It is trusted with none of it: each node checks and plans for itself, and
 * verifies the signed consent of the others before it computes.
 *
 * Threads: one thread handles all events, in order, and alone touches jobs' states and the store; each job has a thread
 * of its own that runs its part from beginning to end (run.c); a thread of each session sends to its analyst, so that a
 * slow one holds up nobody else. */
#ifndef SCH_NODE_JOB_JOBS_H
#define SCH_NODE_JOB_JOBS_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "node/conf/conf.h"
#include "node/identity/identity.h"
#include "node/source/schema.h"
#include "node/store/store.h"
#include "proto/catalog.h"

typedef struct sch_jobs sch_jobs;

typedef struct sch_jobs_options {
    const sch_conf *conf; /* borrowed while the node runs, as all here */
    const sch_identity *identity;
    sch_store *store;             /* this node's alone while it runs */
    const sch_data_set *data_set; /* conf->data_set_count of them, with their files */
    const sch_source_file *file;
    const char *source_program;        /* path of schakel-source */
    uint8_t conf_hash[SCH_HASH_BYTES]; /* of the configuration's bytes, for the audit log */
    /* Called once by the event thread when agreements or keys have changed and no job runs: the owner stops and starts
     * anew. */
    void (*on_reload)(void *context);
    void *context;
} sch_jobs_options;

/* Reads the active agreements, takes up what was in progress, opens the mesh and starts. Errors: SCH_IO, SCH_BAD_INPUT,
 * SCH_NO_MEMORY, SCH_BAD_PEER for a peer's key that is no key. */
sch_err sch_jobs_start(sch_jobs **out, const sch_jobs_options *options, sch_detail *detail);

/* Ends jobs in progress with a sentence for their analysts, then all connections and threads; requests that wait stay
 * in the store. Accepts NULL. */
void sch_jobs_stop(sch_jobs *jobs);

#endif
