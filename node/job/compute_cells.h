/* compute_cells.h - the second half of compute.h: from members' sums to released cells. Internal to compute.c and
 * compute_cells.c. */
#ifndef SCH_NODE_JOB_COMPUTE_CELLS_H
#define SCH_NODE_JOB_COMPUTE_CELLS_H

#include "node/job/compute.h"

/* Words of one member's sums. */
size_t sch_compute_sum_words(const sch_compute *compute);

sch_seat sch_compute_seat(const sch_compute *compute, const sch_link *link, uint32_t shard);

/* Moves, places, margins, rules; compute->values and ->states at the table's holders. sums: of each member where this
 * node holds them, else NULL; wiped and freed, and NULL then, as they are used. Errors: those of cells.h and mesh.h. */
sch_err sch_compute_cells(sch_compute *compute, uint64_t *sums[static SCH_MAX_MEMBERS]);

#endif
