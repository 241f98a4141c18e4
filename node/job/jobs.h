/* jobs.h - a node at work: it keeps the mesh, answers analysts, and carries requests through their lives.
 *
 * A request's life at a node, one row a state (job_table.c):
 *
 *     state      entered when                                  left when
 *     preparing  the signed request was checked and planned    both other parties said READY for the same plan and keys,
 *                                                              and both owners told the size of their local part
 *     running    then: shards, threshold, sealing              this node's part is finished
 *     finished   its part is done                              all parties are done (coordinator) or the coordinator ended it
 *     ending     it failed, here or elsewhere                  its thread has stopped
 *
 * The node that the analyst called coordinates: it hands the signed request on, collects progress, sealed shares and failures,
 * and passes them to the analyst. It is trusted with none of it: each node checks and plans for itself.
 *
 * Threads: one thread handles all events, in order, and alone touches jobs' states; each job has a thread of its own that runs
 * its part from beginning to end (run.c); a thread of each session sends to its analyst, so that a slow one holds up nobody else. */
#ifndef SCH_NODE_JOB_JOBS_H
#define SCH_NODE_JOB_JOBS_H

#include <stddef.h>

#include "crypto/base/err.h"
#include "node/conf/conf.h"
#include "node/identity/identity.h"
#include "node/source/schema.h"
#include "proto/catalog.h"

typedef struct sch_jobs sch_jobs;

typedef struct sch_jobs_options {
    const sch_conf *conf; /* borrowed while the node runs, as all here */
    const sch_identity *identity;
    const sch_data_set *data_set; /* conf->data_set_count of them, with their files */
    const sch_source_file *file;
    const char *source_program; /* path of schakel-source */
} sch_jobs_options;

/* Opens the mesh and starts. Errors: SCH_IO, SCH_BAD_INPUT, SCH_NO_MEMORY, SCH_BAD_PEER for a peer's key that is no key. */
sch_err sch_jobs_start(sch_jobs **out, const sch_jobs_options *options, sch_detail *detail);

/* Ends jobs in progress with a sentence for their analysts, then all connections and threads. Accepts NULL. */
void sch_jobs_stop(sch_jobs *jobs);

#endif
