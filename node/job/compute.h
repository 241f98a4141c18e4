/* compute.h - the secure part of a job at one node: all shards, several at once, then the threshold on the cells.
 *
 * The one place where protocol meets net. Every worker opens the link of the next shard, tells the others how many rows it has
 * there (sizes are public to the three), runs its party's function of crypto/stats/linked_table.h, ends the link and adds the
 * shard's sums to its own. Shards are taken in the same order at all nodes, so that no node waits for a shard that another has
 * put behind. */
#ifndef SCH_NODE_JOB_COMPUTE_H
#define SCH_NODE_JOB_COMPUTE_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/stats/linked_table.h"
#include "node/job/keys.h"
#include "node/job/rows.h"
#include "node/net/mesh.h"

typedef struct sch_compute_times {
    uint64_t join_ns, align_ns, product_ns, group_ns; /* summed over shards, waiting for others included */
    uint64_t release_ns;
} sch_compute_times;

typedef struct sch_compute {
    /* set by the caller; borrowed */
    sch_mesh_job *mesh_job;
    const sch_job_keys *keys;
    const sch_table_shape *shape;
    const sch_disclosure *rules;
    sch_party self;
    sch_rows *rows;         /* the owner's; NULL at the helper; goes empty */
    uint64_t party_rows[2]; /* all rows of spine and data owner */
    unsigned workers;
    void (*on_progress)(void *context, unsigned per_mille); /* called by workers, one at a time */
    void *progress_context;
    /* results */
    uint64_t *values,
        *states;  /* owned; columns x groups words at spine and helper, NULL at the data owner; secret shares */
    size_t links; /* the helper's number of links, for its own log */
    sch_compute_times times;
} sch_compute;

/* Runs to the end, or until the job is cancelled. Results are the caller's to clear, also on failure.
 * Errors: those of linked_table.h and mesh.h. */
sch_err sch_compute_run(sch_compute *compute, sch_detail *detail);

/* Wipes and frees the results; accepts a zeroed object. */
void sch_compute_clear(sch_compute *compute);

#endif
