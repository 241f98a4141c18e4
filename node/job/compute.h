/* compute.h - the secure part of a job at one node: all shards of all members, several at once; then the cells.
 *
 * The one place where protocol meets net. Members of a union have their runs one after the other, each as many shards
 * as its rows make, and shards are numbered through over all of them. Every worker opens the link of the next shard in
 * which this node has a part, tells the others of that cast how many rows it has there, plays its part
 * (crypto/stats/linked_table.h), ends the link and adds the shard's sums to its member's. All nodes take shards in the
 * order of their numbers, so that no node waits for a shard that another has put behind.
 *
 * Then each member's sums are moved to the first member's holders and put where they belong in the table
 * (sch_plan_cell): side by side where it is grouped by organisation, else added. Margins and rules follow at these two
 * and their third (crypto/stats/cells.h). */
#ifndef SCH_NODE_JOB_COMPUTE_H
#define SCH_NODE_JOB_COMPUTE_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/stats/linked_table.h"
#include "node/job/keys.h"
#include "node/job/rows.h"
#include "node/net/mesh.h"
#include "node/query/plan.h"

typedef struct sch_compute_times {
    uint64_t join_ns, align_ns, program_ns, group_ns; /* summed over shards, waiting for others included */
    uint64_t release_ns;
} sch_compute_times;

typedef struct sch_compute {
    /* set by the caller; borrowed */
    sch_mesh_job *mesh_job;
    const sch_job_keys *keys;
    const sch_plan *plan;
    sch_party self;
    sch_rows *rows;                       /* an owner's; NULL at a helper; goes empty */
    uint64_t party_rows[SCH_MAX_PARTIES]; /* of each party's local part; 0 of helpers */
    unsigned workers;
    void (*on_progress)(void *context, unsigned per_mille); /* called by workers, one at a time */
    void *progress_context;
    /* results */
    uint64_t *values, *states; /* owned; columns x cells words at a holder of the table, else NULL; secret shares */
    size_t links[SCH_MAX_LINK_PASSES]; /* in each pass of the alignments that this node helps; for its own log */
    sch_compute_times times;
} sch_compute;

/* Runs to the end, or until the job is cancelled. Results are the caller's to clear, also on failure.
 * Errors: those of linked_table.h, cells.h and mesh.h. */
sch_err sch_compute_run(sch_compute *compute, sch_detail *detail);

/* Wipes and frees the results; accepts a zeroed object. */
void sch_compute_clear(sch_compute *compute);

#endif
