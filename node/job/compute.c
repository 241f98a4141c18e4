#include "node/job/compute.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/base/secret.h"
#include "crypto/share/ring.h"
#include "node/base/clock.h"
#include "node/job/compute_cells.h"
#include "node/store/seam.h"

enum {
    STEP_SIZE = 0xff00, /* the step numbers of messages with a shard's sizes: apart from the protocols' own */
    MAX_WORKERS = 64,
    MOST_ROWS =
        1 << 21, /* in a shard, beyond 16 times an even part: what a peer announces is bounded before memory is taken */
};

typedef struct shard_pool {
    sch_compute *compute;
    uint32_t shards[SCH_MAX_MEMBERS]; /* of each member's run */
    uint32_t own;                     /* shards in which this node has a part */
    pthread_mutex_t lock;
    size_t member;        /* under lock, as what follows: whose shard comes next, */
    uint32_t next, first; /* which of them, and the number of that member's first */
    uint32_t finished;
    uint64_t *sums[SCH_MAX_MEMBERS]; /* owned; where this node holds them; secret */
    sch_err err;
} shard_pool;

typedef struct shard_id {
    size_t member;
    uint32_t index;  /* in the member's run */
    uint32_t number; /* of all */
} shard_id;

/* A worker's own. */
typedef struct worker {
    shard_pool *pool;
    uint64_t *sums; /* owned; of one member's shards since they were last given to the pool; secret */
    size_t member;  /* whose they are */
    sch_shard_facts facts;
    sch_shard_times times;
} worker;

size_t sch_compute_sum_words(const sch_compute *compute)
{
    return (size_t)compute->plan->shape.columns * compute->plan->shape.groups;
}

/* Whether this node ends a member's run with shares of its sums. */
static bool holds_sums(const sch_compute *compute, size_t member)
{
    const sch_cast *cast = &compute->plan->member[member];
    return cast->spine == compute->self || cast->second == compute->self;
}

sch_seat sch_compute_seat(const sch_compute *compute, const sch_link *link, uint32_t shard)
{
    sch_seat seat = {.link = sch_seam_link(link, shard), .shard = shard, .now_ns = sch_clock_ns};
    for (unsigned p = 0; p < SCH_MAX_PARTIES; p++) {
        seat.pair_key[p] = compute->keys->pair[p];
    }
    return seat;
}

static bool takes_part(const sch_compute *compute, size_t member)
{
    return sch_cast_has(&compute->plan->member[member], &compute->plan->shape, compute->self);
}

/* Whether this node gives rows to a run: in a union, a member helps in others' runs. */
static bool gives_rows(const sch_compute *compute, size_t member)
{
    const sch_cast *cast = &compute->plan->member[member];
    bool gives = cast->spine == compute->self;
    for (size_t d = 0; d < compute->plan->shape.data_owners; d++) {
        gives = gives || cast->data[d] == compute->self;
    }
    return gives && compute->rows != NULL;
}

static sch_party_set cast_set(const sch_compute *compute, size_t member)
{
    sch_party_set set = 0;
    for (sch_party p = 0; p < compute->plan->party_count; p++) {
        bool has = sch_cast_has(&compute->plan->member[member], &compute->plan->shape, p);
        set |= has ? UINT32_C(1) << p : 0;
    }
    return set;
}

/* Rows of an owner in a run, which a data owner may give several times. */
static uint64_t rows_in_run(const sch_compute *compute, sch_party owner, bool is_spine)
{
    return compute->party_rows[owner] * (is_spine ? 1 : compute->plan->local[0].occurrences);
}

/* ---- sizes ---- */

typedef struct size_round {
    const sch_link *link;
    sch_party_set set;
    uint32_t shards;
} size_round;

/* One owner tells all others of the cast. number: 0 the spine, then the data owners; all_rows: of the owner in the
 * run. */
static sch_err tell_size(const size_round *round, sch_party owner, size_t number, uint64_t all_rows, size_t *rows)
{
    sch_err err = SCH_NONE;
    uint8_t word[8];
    uint16_t step = (uint16_t)(STEP_SIZE + number);
    if (round->link->self != owner) {
        SCH_TRY(sch_link_receive(round->link, owner, step, word, sizeof word));
        uint64_t told = sch_get_u64(word);
        SCH_TRY(sch_check(told <= all_rows && told <= 16 * (all_rows / round->shards) + MOST_ROWS, SCH_BAD_PEER,
                          "a peer announced an impossible shard"));
        *rows = (size_t)told;
        goto out;
    }
    sch_put_u64(word, *rows);
    for (sch_party p = 0; p < SCH_MAX_PARTIES; p++) {
        if (p != owner && (round->set >> p & 1) != 0) {
            SCH_TRY(sch_link_send(round->link, p, step, word, sizeof word));
        }
    }
out:
    return err;
}

/* The spine tells all others of the cast, then each data owner does. own_rows: of this node, where it is an owner. */
static sch_err exchange_sizes(const sch_compute *compute, sch_shard_size *size, const size_round *round, size_t member,
                              size_t own_rows)
{
    sch_err err = SCH_NONE;
    const sch_cast *cast = &compute->plan->member[member];
    *size = (sch_shard_size){.spine_rows = own_rows};
    SCH_TRY(tell_size(round, cast->spine, 0, rows_in_run(compute, cast->spine, true), &size->spine_rows));
    for (size_t d = 0; d < compute->plan->shape.data_owners; d++) {
        size->data_rows[d] = own_rows;
        SCH_TRY(
            tell_size(round, cast->data[d], d + 1, rows_in_run(compute, cast->data[d], false), &size->data_rows[d]));
    }
out:
    return err;
}

/* ---- one shard ---- */

/* The keys of this owner's tags in a run, by data owner: of each those of all passes, in a row. */
static void find_keys(const sch_compute *compute, const uint8_t *key[static SCH_MAX_DATA_OWNERS], size_t member)
{
    const sch_cast *cast = &compute->plan->member[member];
    for (size_t d = 0; d < compute->plan->shape.data_owners; d++) {
        bool own = cast->spine == compute->self || cast->data[d] == compute->self;
        key[d] = own ? compute->keys->tag[cast->spine == compute->self ? cast->data[d] : cast->spine] : NULL;
    }
}

static sch_table_rows table_rows(const sch_shard_rows *own)
{
    sch_table_rows rows = {.rows = own->rows, .group = own->group, .column = own->column};
    for (size_t d = 0; d < SCH_MAX_DATA_OWNERS; d++) {
        rows.tag[d] = own->tag[d];
    }
    return rows;
}

static sch_err run_shard(worker *w, const shard_id *id)
{
    sch_err err = SCH_NONE;
    sch_compute *compute = w->pool->compute;
    const sch_plan *plan = compute->plan;
    sch_shard_rows own = {0};
    sch_shard_size size;
    sch_link link = {0};
    const uint8_t *key[SCH_MAX_DATA_OWNERS] = {NULL};
    size_round round = {.set = cast_set(compute, id->member), .shards = w->pool->shards[id->member]};
    bool is_owner = gives_rows(compute, id->member);
    SCH_TRY(sch_mesh_link_open(compute->mesh_job, &link, id->number, round.set));
    sch_seat seat = sch_compute_seat(compute, &link, id->number);
    round.link = seat.link;
    find_keys(compute, key, id->member);
    if (is_owner) {
        SCH_TRY(sch_rows_open_shard(compute->rows, &own, id->index, round.shards, key, plan->shape.data_owners));
    }
    SCH_TRY(exchange_sizes(compute, &size, &round, id->member, own.rows));
    sch_table_rows rows = table_rows(&own);
    SCH_TRY(sch_linked_table_run(&seat, w->sums, &w->facts, &w->times, &plan->shape, &plan->member[id->member], &size,
                                 is_owner ? &rows : NULL));
    SCH_TRY(sch_mesh_link_finish(&link));
out:
    sch_mesh_link_close(&link);
    if (is_owner) {
        sch_rows_close_shard(compute->rows, &own);
    }
    return err;
}

/* ---- workers ---- */

/* Gives a worker's sums to the pool. */
static void give_sums(worker *w)
{
    size_t words = sch_compute_sum_words(w->pool->compute);
    if (w->sums == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&w->pool->lock);
    sch_ring_add(w->pool->sums[w->member], w->pool->sums[w->member], w->sums, words);
    (void)pthread_mutex_unlock(&w->pool->lock);
    sch_secret_wipe(w->sums, words * sizeof *w->sums);
    free(w->sums);
    w->sums = NULL;
}

/* Sums for the next shard: of its member, and none where this node does not hold them. */
static sch_err ready_sums(worker *w, size_t member)
{
    sch_err err = SCH_NONE;
    if (w->member != member) {
        give_sums(w);
    }
    w->member = member;
    if (w->sums == NULL && holds_sums(w->pool->compute, member)) {
        w->sums = calloc(sch_compute_sum_words(w->pool->compute), sizeof *w->sums);
        SCH_TRY(sch_check(w->sums != NULL, SCH_NO_MEMORY, "out of memory for the table"));
    }
out:
    return err;
}

/* The next shard in which this node has a part, or false where there is none left or the job has failed. */
static bool take_shard(shard_pool *pool, shard_id *id)
{
    const sch_compute *compute = pool->compute;
    size_t members = compute->plan->member_count;
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->member < members && (pool->next == pool->shards[pool->member] || !takes_part(compute, pool->member))) {
        pool->first += pool->shards[pool->member];
        pool->next = 0;
        pool->member++;
    }
    bool some = !sch_failed(pool->err) && pool->member < members;
    *id = (shard_id){pool->member, pool->next, pool->first + pool->next};
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
                                   (unsigned)((uint64_t)pool->finished * 1000 / pool->own));
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

/* Adds what a worker learned and spent; under no lock of its own. */
static void add_results(const worker *w)
{
    sch_compute *compute = w->pool->compute;
    (void)pthread_mutex_lock(&w->pool->lock);
    for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
        compute->links[p] += w->facts.links[p];
    }
    compute->times.join_ns += w->times.join_ns;
    compute->times.align_ns += w->times.align_ns;
    compute->times.program_ns += w->times.program_ns;
    compute->times.group_ns += w->times.group_ns;
    (void)pthread_mutex_unlock(&w->pool->lock);
}

static void *work(void *argument)
{
    worker w = {.pool = argument};
    shard_id id;
    while (take_shard(w.pool, &id)) {
        sch_err err = ready_sums(&w, id.member);
        if (!sch_failed(err)) {
            err = run_shard(&w, &id);
        }
        end_shard(w.pool, err);
    }
    give_sums(&w);
    add_results(&w);
    return NULL;
}

static sch_err run_workers(shard_pool *pool)
{
    sch_err err = SCH_NONE;
    pthread_t thread[MAX_WORKERS];
    unsigned wanted = pool->compute->workers;
    wanted = wanted > MAX_WORKERS ? MAX_WORKERS : wanted;
    wanted = wanted > pool->own ? pool->own : wanted;
    unsigned started = 0;
    while (started < wanted && pthread_create(&thread[started], NULL, work, pool) == 0) {
        started++;
    }
    for (unsigned i = 0; i < started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    SCH_TRY(sch_check(started > 0 || wanted == 0, SCH_NO_MEMORY, "no thread could be started for the computation"));
    err = pool->err;
out:
    return err;
}

/* ---- all of it ---- */

static sch_err count_shards(shard_pool *pool)
{
    sch_err err = SCH_NONE;
    const sch_compute *compute = pool->compute;
    const sch_plan *plan = compute->plan;
    uint64_t all = 0;
    for (size_t m = 0; m < plan->member_count; m++) {
        const sch_cast *cast = &plan->member[m];
        uint64_t part_rows[SCH_MAX_FROM] = {compute->party_rows[cast->spine]};
        for (size_t d = 0; d < plan->shape.data_owners; d++) {
            part_rows[1 + d] = compute->party_rows[cast->data[d]];
        }
        pool->shards[m] = sch_plan_shards(plan, part_rows);
        pool->own += takes_part(compute, m) ? pool->shards[m] : 0;
        all += pool->shards[m];
    }
    SCH_TRY(sch_check(all < SCH_SHARD_CELLS - SCH_MAX_MEMBERS - 1, SCH_BAD_INPUT, "the owners have too many rows"));
out:
    return err;
}

/* As finely as the run with most shards needs, of those in which this owner takes part. */
static sch_err cut_rows(shard_pool *pool)
{
    uint32_t most = 1;
    unsigned runs = 0;
    for (size_t m = 0; m < pool->compute->plan->member_count; m++) {
        if (gives_rows(pool->compute, m)) {
            most = pool->shards[m] > most ? pool->shards[m] : most;
            runs++;
        }
    }
    return sch_rows_cut(pool->compute->rows, most, runs);
}

static sch_err make_sums(shard_pool *pool)
{
    sch_err err = SCH_NONE;
    for (size_t m = 0; m < pool->compute->plan->member_count; m++) {
        if (holds_sums(pool->compute, m)) {
            pool->sums[m] = calloc(sch_compute_sum_words(pool->compute), sizeof *pool->sums[m]);
            SCH_TRY(sch_check(pool->sums[m] != NULL, SCH_NO_MEMORY, "out of memory for the table"));
        }
    }
out:
    return err;
}

static void clear_pool(shard_pool *pool)
{
    size_t bytes = sch_compute_sum_words(pool->compute) * sizeof(uint64_t);
    for (size_t m = 0; m < SCH_MAX_MEMBERS; m++) {
        if (pool->sums[m] != NULL) {
            sch_secret_wipe(pool->sums[m], bytes);
        }
        free(pool->sums[m]);
    }
    (void)pthread_mutex_destroy(&pool->lock);
}

sch_err sch_compute_run(sch_compute *compute, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    shard_pool pool = {.compute = compute, .lock = PTHREAD_MUTEX_INITIALIZER};
    SCH_TRY(sch_table_shape_check(&compute->plan->shape));
    for (size_t m = 0; m < compute->plan->member_count; m++) {
        SCH_TRY(sch_cast_check(&compute->plan->member[m], &compute->plan->shape));
    }
    SCH_TRY(count_shards(&pool));
    SCH_TRY(make_sums(&pool));
    SCH_TRY(compute->rows == NULL ? SCH_NONE : cut_rows(&pool));
    SCH_TRY(run_workers(&pool));
    SCH_TRY(sch_compute_cells(compute, pool.sums));
out:
    if (sch_failed(err)) {
        sch_detail_set(detail, "%s", err.text);
        sch_mesh_job_cancel(compute->mesh_job);
    }
    clear_pool(&pool);
    return err;
}
