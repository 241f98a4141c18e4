#include "node/job/compute.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/base/secret.h"
#include "crypto/share/ring.h"
#include "node/base/clock.h"

/* The step number of the message with a shard's size: apart from the protocols' own. */
enum { STEP_SIZE = 0xff00, MAX_WORKERS = 64 };

typedef struct shard_pool {
    sch_compute *compute;
    sch_row_block *shard; /* the owner's; NULL at the helper */
    uint32_t shards;
    pthread_mutex_t lock;
    uint32_t next, finished; /* under lock, as what follows */
    sch_err err;
} shard_pool;

static size_t table_words(const sch_compute *compute)
{
    return (size_t)sch_table_columns(compute->shape) * compute->shape->groups;
}

static sch_trio trio_of(const sch_compute *compute, const sch_link *link, uint32_t shard)
{
    sch_trio trio = {.link = link, .shard = shard, .now_ns = sch_clock_ns};
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        trio.pair_key[p] = compute->keys->pair[p];
    }
    return trio;
}

/* Sizes of a shard: the spine tells both others, then the data owner does. rows[own] is set; fills in the others. */
static sch_err exchange_sizes(const sch_link *link, size_t rows[2])
{
    sch_err err = SCH_NONE;
    uint8_t word[8];
    for (unsigned owner = SCH_SPINE; owner <= SCH_DATA; owner++) {
        if ((unsigned)link->self == owner) {
            sch_put_u64(word, rows[owner]);
            for (unsigned p = 0; p < SCH_PARTIES; p++) {
                if (p != owner) {
                    SCH_TRY(sch_link_send(link, (sch_party)p, (uint16_t)(STEP_SIZE + owner), word, sizeof word));
                }
            }
            continue;
        }
        SCH_TRY(sch_link_receive(link, (sch_party)owner, (uint16_t)(STEP_SIZE + owner), word, sizeof word));
        uint64_t told = sch_get_u64(word);
        SCH_TRY(sch_check(told <= 16 * (uint64_t)SCH_SHARD_ROWS, SCH_BAD_PEER, "a peer announced an impossible shard"));
        rows[owner] = (size_t)told;
    }
out:
    return err;
}

static sch_err run_party(const sch_compute *compute, const sch_trio *trio, uint64_t *sums, const sch_row_block *own,
                         const size_t rows[2], size_t *links, sch_shard_times *times)
{
    switch (compute->self) {
    case SCH_SPINE: {
        sch_spine_rows spine = {
            .rows = own->rows, .tag = own->tag, .group = own->group, .column = (const uint64_t *const *)own->value};
        return sch_linked_table_spine(trio, sums, compute->shape, &spine, rows[SCH_DATA], times);
    }
    case SCH_DATA: {
        sch_data_rows data = {.rows = own->rows, .tag = own->tag, .column = (const uint64_t *const *)own->value};
        return sch_linked_table_data(trio, compute->shape, &data, rows[SCH_SPINE], times);
    }
    default: {
        sch_shard_facts facts = {0};
        sch_err err =
            sch_linked_table_helper(trio, sums, &facts, compute->shape, rows[SCH_SPINE], rows[SCH_DATA], times);
        *links += facts.links;
        return err;
    }
    }
}

static sch_err run_shard(shard_pool *pool, uint64_t *sums, uint32_t number, size_t *links, sch_shard_times *times)
{
    sch_err err = SCH_NONE;
    const sch_compute *compute = pool->compute;
    sch_link link = {0};
    sch_row_block *own = pool->shard == NULL ? NULL : &pool->shard[number];
    size_t rows[2] = {0, 0};
    SCH_TRY(sch_mesh_link_open(compute->mesh_job, &link, number));
    if (own != NULL) {
        rows[compute->self] = own->rows;
    }
    SCH_TRY(exchange_sizes(&link, rows));
    sch_trio trio = trio_of(compute, &link, number);
    SCH_TRY(run_party(compute, &trio, sums, own, rows, links, times));
    SCH_TRY(sch_mesh_link_finish(&link));
out:
    sch_mesh_link_close(&link);
    if (own != NULL) {
        sch_row_block_clear(own, compute->rows->value_count);
    }
    return err;
}

/* Adds a worker's results to the job's; under the pool's lock. */
static void add_results(shard_pool *pool, const uint64_t *sums, size_t links, const sch_shard_times *times)
{
    sch_compute *compute = pool->compute;
    if (sums != NULL) {
        sch_ring_add(compute->values, compute->values, sums, table_words(compute));
    }
    compute->links += links;
    compute->times.join_ns += times->join_ns;
    compute->times.align_ns += times->align_ns;
    compute->times.product_ns += times->product_ns;
    compute->times.group_ns += times->group_ns;
}

/* The next shard, or false where there is none left or the job has failed. */
static bool take_shard(shard_pool *pool, uint32_t *number)
{
    (void)pthread_mutex_lock(&pool->lock);
    bool some = !sch_failed(pool->err) && pool->next < pool->shards;
    *number = pool->next;
    pool->next += some ? 1 : 0;
    (void)pthread_mutex_unlock(&pool->lock);
    return some;
}

static void end_shard(shard_pool *pool, sch_err err)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->finished++;
    if (sch_failed(err) && !sch_failed(pool->err)) {
        pool->err = err;
        sch_mesh_job_cancel(pool->compute->mesh_job);
    } else if (!sch_failed(err)) {
        pool->compute->on_progress(pool->compute->progress_context,
                                   (unsigned)((uint64_t)pool->finished * 1000 / pool->shards));
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

static void *work(void *argument)
{
    shard_pool *pool = argument;
    uint64_t *sums = NULL;
    size_t words = table_words(pool->compute);
    size_t links = 0;
    sch_shard_times times = {0};
    uint32_t number;
    bool holder = pool->compute->self != SCH_DATA;
    if (holder) {
        sums = calloc(words, sizeof *sums);
    }
    while (take_shard(pool, &number)) {
        sch_err err = holder && sums == NULL ? sch_fail(SCH_NO_MEMORY, "out of memory for the table")
                                             : run_shard(pool, sums, number, &links, &times);
        end_shard(pool, err);
    }
    (void)pthread_mutex_lock(&pool->lock);
    add_results(pool, sums, links, &times);
    (void)pthread_mutex_unlock(&pool->lock);
    if (sums != NULL) {
        sch_secret_wipe(sums, words * sizeof *sums);
    }
    free(sums);
    return NULL;
}

static sch_err run_workers(shard_pool *pool)
{
    sch_err err = SCH_NONE;
    pthread_t thread[MAX_WORKERS];
    unsigned wanted = pool->compute->workers;
    wanted = wanted > MAX_WORKERS ? MAX_WORKERS : wanted;
    wanted = wanted > pool->shards ? pool->shards : wanted;
    unsigned started = 0;
    while (started < wanted && pthread_create(&thread[started], NULL, work, pool) == 0) {
        started++;
    }
    for (unsigned i = 0; i < started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    SCH_TRY(sch_check(started > 0, SCH_NO_MEMORY, "no thread could be started for the computation"));
    err = pool->err;
out:
    return err;
}

/* The threshold on the finished sums, under a link of its own. */
static sch_err run_disclosure(sch_compute *compute)
{
    sch_err err = SCH_NONE;
    sch_link link = {0};
    uint64_t start = sch_clock_ns();
    SCH_TRY(sch_mesh_link_open(compute->mesh_job, &link, SCH_SHARD_CELLS));
    sch_trio trio = trio_of(compute, &link, SCH_SHARD_CELLS);
    if (compute->self == SCH_DATA) {
        SCH_TRY(sch_disclosure_data(&trio, compute->shape, compute->rules));
    } else {
        compute->states = calloc(table_words(compute), sizeof *compute->states);
        SCH_TRY(sch_check(compute->states != NULL, SCH_NO_MEMORY, "out of memory for the table"));
        if (compute->self == SCH_SPINE) {
            SCH_TRY(sch_disclosure_spine(&trio, compute->values, compute->states, compute->shape, compute->rules));
        } else {
            SCH_TRY(sch_disclosure_helper(&trio, compute->values, compute->states, compute->shape, compute->rules));
        }
    }
    SCH_TRY(sch_mesh_link_finish(&link));
    compute->times.release_ns = sch_clock_ns() - start;
out:
    sch_mesh_link_close(&link);
    return err;
}

sch_err sch_compute_run(sch_compute *compute, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    shard_pool pool = {.compute = compute, .lock = PTHREAD_MUTEX_INITIALIZER};
    pool.shards = sch_shard_count(compute->party_rows[SCH_SPINE], compute->party_rows[SCH_DATA]);
    SCH_TRY(sch_table_shape_check(compute->shape));
    if (compute->self != SCH_DATA) {
        compute->values = calloc(table_words(compute), sizeof *compute->values);
        SCH_TRY(sch_check(compute->values != NULL, SCH_NO_MEMORY, "out of memory for the table"));
    }
    if (compute->rows != NULL) {
        pool.shard = calloc(pool.shards, sizeof *pool.shard);
        SCH_TRY(sch_check(pool.shard != NULL, SCH_NO_MEMORY, "out of memory for shards"));
        SCH_TRY(sch_rows_divide(compute->rows, pool.shard, pool.shards));
    }
    SCH_TRY(run_workers(&pool));
    SCH_TRY(run_disclosure(compute));
out:
    if (sch_failed(err)) {
        sch_detail_set(detail, "%s", err.text);
        sch_mesh_job_cancel(compute->mesh_job);
    }
    for (uint32_t s = 0; pool.shard != NULL && s < pool.shards; s++) {
        sch_row_block_clear(&pool.shard[s], compute->rows->value_count);
    }
    free(pool.shard);
    (void)pthread_mutex_destroy(&pool.lock);
    return err;
}

void sch_compute_clear(sch_compute *compute)
{
    size_t bytes = compute->shape == NULL ? 0 : table_words(compute) * sizeof(uint64_t);
    if (compute->values != NULL) {
        sch_secret_wipe(compute->values, bytes);
    }
    if (compute->states != NULL) {
        sch_secret_wipe(compute->states, bytes);
    }
    free(compute->values);
    free(compute->states);
    compute->values = NULL;
    compute->states = NULL;
}
