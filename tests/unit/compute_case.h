/* compute_case.h - the secure part of a job at several nodes in one process: their mesh, keys and threads. The plan and
 * the rows are the test's. Every function fails the test where it cannot do its work. */
#ifndef SCH_TESTS_UNIT_COMPUTE_CASE_H
#define SCH_TESTS_UNIT_COMPUTE_CASE_H

#include "node/job/compute.h"
#include "tests/support/test_mesh.h"
#include "tests/support/unit.h"

enum { COMPUTE_NODES = 5 };

typedef struct compute_node {
    size_t party;
    sch_compute compute;
    sch_rows *rows; /* owned; NULL where it has no part */
    sch_job_keys keys;
    sch_mesh_job *job;
    sch_err err; /* of the run */
    unsigned progress;
} compute_node;

extern sch_test_net compute_net;
extern sch_plan compute_plan;
extern compute_node compute_at[COMPUTE_NODES];

/* Rows with a node's base key and without any yet; on the heap, for compute_node.rows. */
sch_rows *compute_new_rows(const compute_node *node, const sch_row_shape *shape);

/* Opens the nodes of compute_plan.party_count parties. make_rows: gives each node that has a part its rows, context
 * handed on. */
void compute_open(void (*make_rows)(compute_node *node, size_t part, const void *context), const void *context);
void compute_close(void);

/* A thread's function with a compute_node: as a node does; where it fails, the others hear of it. All of them at
 * once. */
void *compute_work(void *node);
void compute_run_all(void);

/* Fails the test where a node failed, or where not just two of them hold the table. */
void compute_assert_ran(void);

/* A word of the table, both holders' shares together: column `j` of a cell; its state. */
uint64_t compute_value(size_t j, uint32_t cell);
uint64_t compute_state(size_t j, uint32_t cell);

#endif
