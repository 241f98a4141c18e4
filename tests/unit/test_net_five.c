/* Links among five parties: shards that all of them play, shards that some play, and a party that goes. */
#include <time.h>

#include "node/base/clock.h"
#include "tests/support/test_mesh.h"
#include "tests/support/unit.h"

enum { NODES = 5, ALL = 31, MESSAGE_BYTES = 70000 };

static sch_test_net net;
static sch_mesh_job *job[NODES];

static int open_jobs(void **state)
{
    (void)state;
    sch_test_net_open_count(&net, NODES);
    for (size_t i = 0; i < NODES; i++) {
        unit_assert_code(sch_test_job_open(&net, i, &job[i], 1), SCH_OK);
    }
    return 0;
}

static int close_jobs(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++) {
        sch_mesh_job_close(job[i]);
        job[i] = NULL;
    }
    sch_test_net_clear(&net);
    return 0;
}

static bool has(sch_party_set set, size_t party)
{
    return (set >> party & 1) != 0;
}

static uint8_t pattern(uint32_t shard, size_t from, size_t to, size_t i)
{
    return (uint8_t)(shard * 131 + from * 31 + to * 17 + i + (i >> 8));
}

/* One party's part of a shard in which each of the set sends each other one message, in one total order. */
static bool play(size_t self, uint32_t shard, sch_party_set set)
{
    sch_link link = {0};
    uint8_t *buffer = malloc(MESSAGE_BYTES);
    bool ok = buffer != NULL && !sch_failed(sch_mesh_link_open(job[self], &link, shard, set));
    for (size_t from = 0; from < NODES && ok; from++) {
        for (size_t to = 0; to < NODES && ok; to++) {
            if (from == to || !has(set, from) || !has(set, to)) {
                continue;
            }
            if (from == self) {
                for (size_t i = 0; i < MESSAGE_BYTES; i++) {
                    buffer[i] = pattern(shard, from, to, i);
                }
                ok = !sch_failed(sch_link_send(&link, (sch_party)to, 1, buffer, MESSAGE_BYTES));
            } else if (to == self) {
                ok = !sch_failed(sch_link_receive(&link, (sch_party)from, 1, buffer, MESSAGE_BYTES));
                for (size_t i = 0; i < MESSAGE_BYTES && ok; i++) {
                    ok = buffer[i] == pattern(shard, from, to, i);
                }
            }
        }
    }
    ok = ok && !sch_failed(sch_mesh_link_finish(&link));
    sch_mesh_link_close(&link);
    free(buffer);
    return ok;
}

/* ---- many shards, not all with everybody ---- */

enum { SETS = 16, ROUNDS = 8, SHARDS = SETS * ROUNDS, WORKERS = 2 };

/* All sets of three or more of the five. */
static size_t make_sets(sch_party_set out[SETS])
{
    size_t count = 0;
    for (sch_party_set set = 0; set <= ALL; set++) {
        if (__builtin_popcount(set) >= 3) {
            out[count++] = set;
        }
    }
    return count;
}

typedef struct player {
    size_t self;
    pthread_mutex_t lock;
    uint32_t next; /* under lock, as what follows */
    unsigned played, failed;
} player;

/* A worker: the next shard in which its party has a part. */
static void *work(void *context)
{
    player *p = context;
    sch_party_set sets[SETS];
    (void)make_sets(sets);
    for (;;) {
        (void)pthread_mutex_lock(&p->lock);
        while (p->next < SHARDS && !has(sets[p->next % SETS], p->self)) {
            p->next++;
        }
        uint32_t shard = p->next++;
        (void)pthread_mutex_unlock(&p->lock);
        if (shard >= SHARDS) {
            return NULL;
        }
        bool ok = play(p->self, shard, sets[shard % SETS]);
        (void)pthread_mutex_lock(&p->lock);
        p->played++;
        p->failed += ok ? 0 : 1;
        (void)pthread_mutex_unlock(&p->lock);
    }
}

static void test_links_shards_of_different_parties_in_one_order_all_end(void **state)
{
    (void)state;
    sch_party_set sets[SETS];
    player players[NODES];
    pthread_t thread[NODES][WORKERS];
    memset(players, 0, sizeof players);
    assert_int_equal(make_sets(sets), SETS);
    for (size_t i = 0; i < NODES; i++) {
        players[i].self = i;
        (void)pthread_mutex_init(&players[i].lock, NULL);
        for (size_t w = 0; w < WORKERS; w++) {
            assert_int_equal(pthread_create(&thread[i][w], NULL, work, &players[i]), 0);
        }
    }
    for (size_t i = 0; i < NODES; i++) {
        for (size_t w = 0; w < WORKERS; w++) {
            assert_int_equal(pthread_join(thread[i][w], NULL), 0);
        }
        assert_int_equal(players[i].failed, 0);
        assert_int_equal(players[i].played, ROUNDS * 11); /* of the 16 sets, 11 have a given party */
        (void)pthread_mutex_destroy(&players[i].lock);
        assert_int_equal(sch_test_count(&net.node[i], &net.node[i].downs), 0);
    }
}

/* ---- the end of a shard ---- */

static void test_link_finish_waits_for_the_parties_of_the_shard_alone(void **state)
{
    (void)state;
    enum { SOME = 1 | 4 | 16 };
    sch_test_ending e[NODES];
    pthread_t thread[NODES];
    unsigned ended = 0;
    memset(e, 0, sizeof e);
    for (size_t i = 0; i < NODES; i += 2) {
        unit_assert_code(sch_mesh_link_open(job[i], &e[i].link, 3, SOME), SCH_OK);
        assert_int_equal(pthread_create(&thread[i], NULL, sch_test_ending_finish, &e[i]), 0);
    }
    for (size_t i = 0; i < NODES; i += 2, ended++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        unit_assert_code(e[i].err, SCH_OK);
        sch_mesh_link_close(&e[i].link);
    }
    assert_int_equal(ended, 3);
}

/* One that thinks otherwise of who plays: the shard ends at nobody, and whoever sees it says so. */
static void test_link_finish_where_a_party_counts_itself_in_is_refused(void **state)
{
    (void)state;
    sch_test_ending e[NODES];
    pthread_t thread[2];
    memset(e, 0, sizeof e);
    unit_assert_code(sch_mesh_link_open(job[0], &e[0].link, 3, 1 | 2), SCH_OK);
    unit_assert_code(sch_mesh_link_open(job[4], &e[4].link, 3, 1 | 2 | 16), SCH_OK);
    assert_int_equal(pthread_create(&thread[0], NULL, sch_test_ending_finish, &e[0]), 0);
    assert_int_equal(pthread_create(&thread[1], NULL, sch_test_ending_finish, &e[4]), 0);
    for (size_t t = 0; t < 2; t++) {
        assert_int_equal(pthread_join(thread[t], NULL), 0);
    }
    unit_assert_code(e[0].err, SCH_TRY_AGAIN); /* the connection to the intruder has ended, and with it the job */
    unit_assert_code(e[4].err, SCH_TRY_AGAIN);
    sch_mesh_link_close(&e[0].link);
    sch_mesh_link_close(&e[4].link);
}

/* ---- a party that goes ---- */

static void *blocked_receive(void *context)
{
    uint8_t out[100];
    sch_test_ending *e = context;
    sch_party from = e->link.self == 0 ? 1 : 0;
    e->err = sch_link_receive(&e->link, from, 1, out, sizeof out);
    return NULL;
}

static void test_job_one_of_five_goes_ends_it_at_all_others(void **state)
{
    (void)state;
    enum { GONE = 3, OTHERS = ALL & ~(1 << GONE) };
    sch_test_ending e[NODES];
    pthread_t thread[NODES];
    struct timespec pause = {.tv_nsec = 300000000};
    unsigned woken = 0;
    memset(e, 0, sizeof e);
    for (size_t i = 0; i < NODES; i++) {
        if (i != GONE) { /* shards in which it has no part end with it too: without it there is no result */
            unit_assert_code(sch_mesh_link_open(job[i], &e[i].link, 1, OTHERS), SCH_OK);
            assert_int_equal(pthread_create(&thread[i], NULL, blocked_receive, &e[i]), 0);
        }
    }
    (void)nanosleep(&pause, NULL);
    sch_mesh_job_close(job[GONE]);
    job[GONE] = NULL;
    uint64_t since = sch_clock_ns();
    sch_test_node_close(&net, GONE);
    for (size_t i = 0; i < NODES; i++) {
        if (i != GONE) {
            assert_int_equal(pthread_join(thread[i], NULL), 0);
            unit_assert_code(e[i].err, SCH_TRY_AGAIN);
            sch_mesh_link_close(&e[i].link);
            woken++;
        }
    }
    assert_true(sch_clock_ns() - since < UINT64_C(3000000000));
    assert_int_equal(woken, NODES - 1);
    sch_mesh_job *other = NULL;
    unit_assert_code(sch_test_job_open(&net, 0, &other, 9), SCH_TRY_AGAIN);
    assert_null(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_links_shards_of_different_parties_in_one_order_all_end, open_jobs,
                                        close_jobs),
        cmocka_unit_test_setup_teardown(test_link_finish_waits_for_the_parties_of_the_shard_alone, open_jobs,
                                        close_jobs),
        cmocka_unit_test_setup_teardown(test_link_finish_where_a_party_counts_itself_in_is_refused, open_jobs,
                                        close_jobs),
        cmocka_unit_test_setup_teardown(test_job_one_of_five_goes_ends_it_at_all_others, open_jobs, close_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
