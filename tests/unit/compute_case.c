#include "tests/unit/compute_case.h"

#include <pthread.h>

#include "crypto/base/secret.h"

enum { WORKERS = 2 };

sch_test_net compute_net;
sch_plan compute_plan;
compute_node compute_at[COMPUTE_NODES];

sch_rows *compute_new_rows(const compute_node *node, const sch_row_shape *shape)
{
    sch_rows *rows = calloc(1, sizeof *rows);
    assert_non_null(rows);
    unit_assert_ok(sch_rows_init(rows, node->keys.base, shape));
    return rows;
}

static void on_progress(void *context, unsigned per_mille)
{
    compute_node *node = context;
    node->progress = per_mille;
}

/* Secrets that depend on the pair alone. */
static void make_keys(compute_node *node)
{
    static uint8_t secret[COMPUTE_NODES][COMPUTE_NODES][SCH_KEY_BYTES];
    sch_job_secrets secrets = {.linkage_epoch = 1};
    static const uint8_t HASH[SCH_HASH_BYTES] = {4};
    for (size_t p = 0; p < compute_plan.party_count; p++) {
        memset(secret[node->party][p], (int)(1 + node->party + p + 10 * node->party * p), SCH_KEY_BYTES);
        secrets.standing[p] = secrets.exporter[p] = secrets.epoch[p] = secret[node->party][p];
    }
    unit_assert_ok(sch_job_keys_make(&node->keys, (sch_party)node->party, &compute_plan, &secrets, HASH));
}

void compute_open(void (*make_rows)(compute_node *node, size_t part, const void *context), const void *context)
{
    uint64_t rows[SCH_MAX_PARTIES] = {0};
    unit_assert_ok(sch_secret_start());
    sch_test_net_open_count(&compute_net, compute_plan.party_count);
    for (size_t p = 0; p < compute_plan.party_count; p++) {
        compute_node *node = &compute_at[p];
        size_t part = 0;
        *node = (compute_node){.party = p};
        make_keys(node);
        if (sch_plan_part(&compute_plan, (sch_party)p, &part)) {
            make_rows(node, part, context);
        }
        rows[p] = node->rows == NULL ? 0 : node->rows->rows;
        unit_assert_ok(sch_test_job_open(&compute_net, p, &node->job, 1));
    }
    for (size_t p = 0; p < compute_plan.party_count; p++) {
        compute_node *node = &compute_at[p];
        node->compute = (sch_compute){.mesh_job = node->job,
                                      .keys = &node->keys,
                                      .plan = &compute_plan,
                                      .self = (sch_party)p,
                                      .rows = node->rows,
                                      .workers = WORKERS,
                                      .on_progress = on_progress,
                                      .progress_context = node};
        memcpy(node->compute.party_rows, rows, sizeof rows);
    }
}

void compute_close(void)
{
    for (size_t p = 0; p < compute_plan.party_count; p++) {
        compute_node *node = &compute_at[p];
        sch_compute_clear(&node->compute);
        sch_mesh_job_close(node->job);
        sch_job_keys_clear(&node->keys);
        if (node->rows != NULL) {
            sch_rows_clear(node->rows);
        }
        free(node->rows);
    }
    sch_test_net_clear(&compute_net);
}

void *compute_work(void *context)
{
    compute_node *node = context;
    sch_detail detail = {{0}};
    node->err = sch_compute_run(&node->compute, &detail);
    for (size_t p = 0; sch_failed(node->err) && p < compute_net.count; p++) {
        if (compute_at[p].job != NULL) {
            sch_mesh_job_cancel(compute_at[p].job);
        }
    }
    return NULL;
}

void compute_run_all(void)
{
    pthread_t thread[COMPUTE_NODES];
    for (size_t p = 0; p < compute_plan.party_count; p++) {
        assert_int_equal(pthread_create(&thread[p], NULL, compute_work, &compute_at[p]), 0);
    }
    for (size_t p = 0; p < compute_plan.party_count; p++) {
        assert_int_equal(pthread_join(thread[p], NULL), 0);
    }
}

void compute_assert_ran(void)
{
    unsigned holders = 0;
    for (size_t p = 0; p < compute_plan.party_count; p++) {
        const compute_node *node = &compute_at[p];
        if (sch_failed(node->err)) {
            fail_msg("party %zu: %s", p, node->err.text);
        }
        assert_int_equal(node->progress, 1000);
        holders += node->compute.values != NULL && node->compute.states != NULL ? 1 : 0;
    }
    assert_int_equal(holders, 2);
}

uint64_t compute_value(size_t j, uint32_t cell)
{
    const sch_cast *cast = &compute_plan.member[0];
    size_t at = j * compute_plan.cell.cells + cell;
    return compute_at[cast->spine].compute.values[at] + compute_at[cast->second].compute.values[at];
}

uint64_t compute_state(size_t j, uint32_t cell)
{
    const sch_cast *cast = &compute_plan.member[0];
    size_t at = j * compute_plan.cell.cells + cell;
    return compute_at[cast->spine].compute.states[at] + compute_at[cast->second].compute.states[at];
}
