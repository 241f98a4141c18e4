/* Links over the mesh: messages of all sizes, several shards at once, what wakes blocked calls, and END. */
#include <time.h>

#include "node/base/clock.h"
#include "node/net/link.h"
#include "tests/support/test_mesh.h"
#include "tests/support/unit.h"

enum { SHARDS = 6 };
enum { SPINE, DATA, HELPER, ALL = 7 }; /* parties; the set of them */

static sch_test_net net;
static sch_mesh_job *job[3];

static int open_jobs(void **state)
{
    (void)state;
    sch_test_net_open(&net);
    for (size_t i = 0; i < 3; i++) {
        unit_assert_code(sch_test_job_open(&net, i, &job[i], 1), SCH_OK);
    }
    return 0;
}

static int close_jobs(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sch_mesh_job_close(job[i]);
        job[i] = NULL;
    }
    sch_test_net_clear(&net);
    return 0;
}

/* A byte that depends on all that names it. */
static uint8_t pattern(uint32_t shard, sch_party from, uint16_t step, size_t i)
{
    return (uint8_t)(shard * 131 + (unsigned)from * 31 + step * 17U + i + (i >> 8) + (i >> 16));
}

static void *blocked_receive(void *context)
{
    static uint8_t out[1000];
    sch_link *link = context;
    sch_err *err = malloc(sizeof *err);
    assert_non_null(err);
    *err = sch_link_receive(link, SPINE, 1, out, sizeof out);
    return err;
}

static void *blocked_send(void *context)
{
    static uint8_t data[20 << 20]; /* more than the window, and nobody receives */
    sch_link *link = context;
    sch_err *err = malloc(sizeof *err);
    assert_non_null(err);
    *err = sch_link_send(link, DATA, 1, data, sizeof data);
    return err;
}

static void pause_ms(long ms)
{
    struct timespec pause = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Joins a thread of the two above, within two seconds of `since`, and takes its result. */
static sch_err join_blocked(pthread_t thread, uint64_t since)
{
    void *result = NULL;
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_true(sch_clock_ns() - since < UINT64_C(2000000000));
    sch_err err = *(sch_err *)result;
    free(result);
    return err;
}

/* ---- messages ---- */

typedef struct script {
    sch_link link;
    uint32_t shard;
    bool ok;
} script;

static const size_t sizes[] = {1, 7, 39, 16384, 16345, 65536, 262144, 262145, (1 << 20) + 13, 20 << 20, 3};
enum { STEPS = sizeof sizes / sizeof sizes[0] };

static bool send_step(const script *s, sch_party to, uint16_t step, uint8_t *buffer)
{
    for (size_t i = 0; i < sizes[step]; i++) {
        buffer[i] = pattern(s->shard, s->link.self, step, i);
    }
    return !sch_failed(sch_link_send(&s->link, to, step, buffer, sizes[step]));
}

static bool receive_step(const script *s, sch_party from, uint16_t step, uint8_t *buffer)
{
    memset(buffer, 0, sizes[step]);
    if (sch_failed(sch_link_receive(&s->link, from, step, buffer, sizes[step]))) {
        return false;
    }
    size_t good = 0;
    for (size_t i = 0; i < sizes[step]; i++) {
        good += buffer[i] == pattern(s->shard, from, step, i) ? 1 : 0;
    }
    return good == sizes[step];
}

/* Each step: S to D, D to H, H to S, then D to S, H to D, S to H. All in one total order, so nobody waits for ever. */
static void *run_script(void *context)
{
    static const sch_party from[] = {SPINE, DATA, HELPER, DATA, HELPER, SPINE};
    static const sch_party to[] = {DATA, HELPER, SPINE, SPINE, DATA, HELPER};
    script *s = context;
    uint8_t *buffer = malloc(20 << 20);
    bool ok = buffer != NULL;
    for (uint16_t step = 0; step < STEPS && ok; step++) {
        for (size_t m = 0; m < 6 && ok; m++) {
            if (from[m] == s->link.self) {
                ok = send_step(s, to[m], step, buffer);
            } else if (to[m] == s->link.self) {
                ok = receive_step(s, from[m], step, buffer);
            }
        }
    }
    free(buffer);
    s->ok = ok && !sch_failed(sch_mesh_link_finish(&s->link));
    return NULL;
}

static void test_link_messages_of_all_sizes_in_several_shards_arrive(void **state)
{
    (void)state;
    script scripts[SHARDS][3];
    pthread_t thread[SHARDS][3];
    memset(scripts, 0, sizeof scripts);
    for (uint32_t s = 0; s < SHARDS; s++) {
        for (size_t p = 0; p < 3; p++) {
            scripts[s][p].shard = s == 5 ? UINT32_C(0xffffffff) : s * 64; /* the same bucket */
            unit_assert_code(sch_mesh_link_open(job[p], &scripts[s][p].link, scripts[s][p].shard, ALL), SCH_OK);
            assert_int_equal(pthread_create(&thread[s][p], NULL, run_script, &scripts[s][p]), 0);
        }
    }
    unsigned good = 0;
    for (uint32_t s = 0; s < SHARDS; s++) {
        for (size_t p = 0; p < 3; p++) {
            assert_int_equal(pthread_join(thread[s][p], NULL), 0);
            good += scripts[s][p].ok ? 1 : 0;
            sch_mesh_link_close(&scripts[s][p].link);
        }
    }
    assert_int_equal(good, SHARDS * 3);
    uint64_t plain = 0;
    for (size_t i = 0; i < STEPS; i++) {
        plain += sizes[i];
    }
    plain *= 2ULL * SHARDS;
    for (size_t p = 0; p < 3; p++) {
        sch_mesh_traffic traffic = sch_mesh_job_traffic(job[p]);
        assert_true(traffic.sent_bytes > plain && traffic.sent_bytes < plain + plain / 100);
        assert_true(traffic.received_bytes > plain && traffic.received_bytes < plain + plain / 100);
        assert_true(traffic.wait_ns > 0);
    }
    assert_int_equal(sch_test_count(&net.node[0], &net.node[0].downs), 0);
}

/* The sender is done before the receiver has opened the shard's link. */
static void test_link_receive_frames_before_link_opens_are_kept(void **state)
{
    (void)state;
    sch_link spine = {0};
    sch_link data = {0};
    static uint8_t sent[3 << 20];
    static uint8_t got[3 << 20];
    sch_random_fill(sent, sizeof sent);
    unit_assert_code(sch_mesh_link_open(job[0], &spine, 9, ALL), SCH_OK);
    unit_assert_code(sch_link_send(&spine, DATA, 4, sent, sizeof sent), SCH_OK);
    pause_ms(100);
    unit_assert_code(sch_mesh_link_open(job[1], &data, 9, ALL), SCH_OK);
    unit_assert_code(sch_link_receive(&data, SPINE, 4, got, sizeof got), SCH_OK);
    assert_memory_equal(sent, got, sizeof sent);
    sch_mesh_link_close(&spine);
    sch_mesh_link_close(&data);
}

static void test_link_open_twice_is_bug(void **state)
{
    (void)state;
    sch_link one = {0};
    sch_link two = {0};
    unit_assert_code(sch_mesh_link_open(job[0], &one, 1, ALL), SCH_OK);
    unit_assert_code(sch_mesh_link_open(job[0], &two, 1, ALL), SCH_BUG);
    uint8_t byte = 0;
    unit_assert_code(sch_link_send(&one, SPINE, 1, &byte, 1), SCH_BUG); /* to itself */
    unit_assert_code(sch_link_receive(&one, SPINE, 1, &byte, 1), SCH_BUG);
    sch_mesh_link_close(&one);
    sch_mesh_link_close(&two);
}

static void expect_bad_receive(uint16_t step, size_t bytes)
{
    sch_link spine = {0};
    sch_link data = {0};
    uint8_t sent[100] = {0};
    uint8_t got[200];
    unit_assert_code(sch_mesh_link_open(job[0], &spine, 1, ALL), SCH_OK);
    unit_assert_code(sch_mesh_link_open(job[1], &data, 1, ALL), SCH_OK);
    unit_assert_code(sch_link_send(&spine, DATA, 4, sent, sizeof sent), SCH_OK);
    unit_assert_code(sch_link_receive(&data, SPINE, step, got, bytes), SCH_BAD_PEER);
    sch_mesh_link_close(&spine);
    sch_mesh_link_close(&data);
}

static void test_link_receive_other_step_is_bad_peer(void **state)
{
    (void)state;
    expect_bad_receive(5, 100);
}

static void test_link_receive_longer_than_sent_is_bad_peer(void **state)
{
    (void)state;
    expect_bad_receive(4, 101);
}

static void test_link_receive_shorter_than_sent_is_bad_peer(void **state)
{
    (void)state;
    expect_bad_receive(4, 99);
}

/* ---- the end of a shard ---- */

/* All three finish; gives each one's result and closes. */
static void finish_all(sch_test_ending e[static 3])
{
    pthread_t thread[3];
    for (size_t p = 0; p < 3; p++) {
        assert_int_equal(pthread_create(&thread[p], NULL, sch_test_ending_finish, &e[p]), 0);
    }
    for (size_t p = 0; p < 3; p++) {
        assert_int_equal(pthread_join(thread[p], NULL), 0);
        sch_mesh_link_close(&e[p].link);
    }
}

static void open_endings(sch_test_ending e[static 3])
{
    memset(e, 0, 3 * sizeof e[0]);
    for (size_t p = 0; p < 3; p++) {
        unit_assert_code(sch_mesh_link_open(job[p], &e[p].link, 1, ALL), SCH_OK);
    }
}

static void test_link_finish_without_messages_succeeds(void **state)
{
    (void)state;
    sch_test_ending e[3];
    open_endings(e);
    finish_all(e);
    for (size_t p = 0; p < 3; p++) {
        unit_assert_code(e[p].err, SCH_OK);
    }
}

static void test_link_finish_missing_frame_is_bad_peer(void **state)
{
    (void)state;
    sch_test_ending e[3];
    open_endings(e);
    sch_link_test_skip_frame(&e[0].link, DATA);
    finish_all(e);
    unit_assert_code(e[0].err, SCH_OK);
    unit_assert_code(e[1].err, SCH_BAD_PEER);
    unit_assert_code(e[2].err, SCH_OK);
}

static void test_link_finish_unexpected_message_is_bad_peer(void **state)
{
    (void)state;
    sch_test_ending e[3];
    open_endings(e);
    uint8_t byte = 1;
    unit_assert_code(sch_link_send(&e[0].link, DATA, 1, &byte, 1), SCH_OK);
    finish_all(e);
    unit_assert_code(e[1].err, SCH_BAD_PEER);
}

static void test_link_finish_other_end_key_is_bad_peer(void **state)
{
    (void)state;
    sch_test_ending e[3];
    sch_mesh_job_close(job[1]);
    net.end_key[1][0][0] ^= 1;
    unit_assert_code(sch_test_job_open(&net, 1, &job[1], 1), SCH_OK);
    open_endings(e);
    finish_all(e);
    unit_assert_code(e[0].err, SCH_BAD_PEER);
    unit_assert_code(e[1].err, SCH_BAD_PEER);
    unit_assert_code(e[2].err, SCH_OK);
}

static void test_link_finish_twice_is_bug(void **state)
{
    (void)state;
    sch_test_ending e[3];
    pthread_t thread[3];
    open_endings(e);
    for (size_t p = 0; p < 3; p++) {
        assert_int_equal(pthread_create(&thread[p], NULL, sch_test_ending_finish, &e[p]), 0);
    }
    for (size_t p = 0; p < 3; p++) {
        assert_int_equal(pthread_join(thread[p], NULL), 0);
    }
    uint8_t byte = 0;
    unit_assert_code(sch_mesh_link_finish(&e[0].link), SCH_BUG);
    unit_assert_code(sch_link_send(&e[0].link, DATA, 1, &byte, 1), SCH_BUG);
    unit_assert_code(sch_link_receive(&e[0].link, DATA, 1, &byte, 1), SCH_BUG);
    for (size_t p = 0; p < 3; p++) {
        sch_mesh_link_close(&e[p].link);
    }
}

static void test_link_receive_after_peers_end_is_bad_peer(void **state)
{
    (void)state;
    sch_test_ending e[3];
    pthread_t thread;
    open_endings(e);
    assert_int_equal(pthread_create(&thread, NULL, sch_test_ending_finish, &e[0]), 0);
    uint8_t byte;
    unit_assert_code(sch_link_receive(&e[1].link, SPINE, 1, &byte, 1), SCH_BAD_PEER);
    sch_mesh_job_cancel(job[0]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    unit_assert_code(e[0].err, SCH_TRY_AGAIN);
    for (size_t p = 0; p < 3; p++) {
        sch_mesh_link_close(&e[p].link);
    }
}

/* ---- blocked calls ---- */

static void test_job_cancel_wakes_blocked_calls(void **state)
{
    (void)state;
    sch_link spine = {0};
    sch_link data = {0};
    pthread_t sender;
    pthread_t receiver;
    unit_assert_code(sch_mesh_link_open(job[0], &spine, 1, ALL), SCH_OK);
    unit_assert_code(sch_mesh_link_open(job[1], &data, 2, ALL), SCH_OK);
    assert_int_equal(pthread_create(&sender, NULL, blocked_send, &spine), 0);
    assert_int_equal(pthread_create(&receiver, NULL, blocked_receive, &data), 0);
    pause_ms(300);
    uint64_t since = sch_clock_ns();
    sch_mesh_job_cancel(job[0]);
    sch_mesh_job_cancel(job[0]);
    sch_mesh_job_cancel(job[1]);
    unit_assert_code(join_blocked(sender, since), SCH_TRY_AGAIN);
    unit_assert_code(join_blocked(receiver, since), SCH_TRY_AGAIN);
    uint8_t byte = 0;
    unit_assert_code(sch_link_send(&spine, DATA, 1, &byte, 1), SCH_TRY_AGAIN);
    unit_assert_code(sch_link_receive(&data, SPINE, 1, &byte, 1), SCH_TRY_AGAIN);
    unit_assert_code(sch_mesh_link_finish(&data), SCH_TRY_AGAIN);
    sch_mesh_link_close(&spine);
    sch_mesh_link_close(&data);
    assert_true(sch_mesh_is_up(net.node[0].mesh, sch_test_peer(0, 1))); /* the nodes go on */
    assert_int_equal(sch_test_count(&net.node[1], &net.node[1].downs), 0);
}

static void test_job_peer_closes_wakes_blocked_calls(void **state)
{
    (void)state;
    sch_link spine = {0};
    sch_link data = {0};
    pthread_t sender;
    pthread_t receiver;
    unit_assert_code(sch_mesh_link_open(job[0], &spine, 1, ALL), SCH_OK);
    unit_assert_code(sch_mesh_link_open(job[1], &data, 2, ALL), SCH_OK);
    assert_int_equal(pthread_create(&sender, NULL, blocked_send, &spine), 0);
    assert_int_equal(pthread_create(&receiver, NULL, blocked_receive, &data), 0);
    pause_ms(300);
    sch_mesh_job_close(job[2]);
    job[2] = NULL;
    uint64_t since = sch_clock_ns();
    sch_test_node_close(&net, 2); /* a party that neither of the two calls waits for */
    unit_assert_code(join_blocked(sender, since), SCH_TRY_AGAIN);
    unit_assert_code(join_blocked(receiver, since), SCH_TRY_AGAIN);
    sch_mesh_link_close(&spine);
    sch_mesh_link_close(&data);
    sch_mesh_job *other = NULL;
    unit_assert_code(sch_test_job_open(&net, 0, &other, 9), SCH_TRY_AGAIN);
    assert_null(other);
}

static void test_job_open_twice_is_bug(void **state)
{
    (void)state;
    sch_mesh_job *again = NULL;
    unit_assert_code(sch_test_job_open(&net, 0, &again, 1), SCH_BUG);
    assert_null(again);
}

static void test_job_closed_late_frames_are_dropped(void **state)
{
    (void)state;
    sch_link spine = {0};
    sch_link data = {0};
    static uint8_t buffer[2 << 20];
    unit_assert_code(sch_mesh_link_open(job[0], &spine, 1, ALL), SCH_OK);
    sch_mesh_job_close(job[1]);
    job[1] = NULL;
    unit_assert_code(sch_link_send(&spine, DATA, 1, buffer, sizeof buffer), SCH_OK);
    sch_mesh_link_close(&spine);
    sch_mesh_job *next[3];
    for (size_t p = 0; p < 3; p++) {
        unit_assert_code(sch_test_job_open(&net, p, &next[p], 2), SCH_OK);
    }
    unit_assert_code(sch_mesh_link_open(next[0], &spine, 1, ALL), SCH_OK);
    unit_assert_code(sch_mesh_link_open(next[1], &data, 1, ALL), SCH_OK);
    unit_assert_code(sch_link_send(&spine, DATA, 1, buffer, sizeof buffer), SCH_OK);
    unit_assert_code(sch_link_receive(&data, SPINE, 1, buffer, sizeof buffer), SCH_OK);
    assert_int_equal(sch_test_count(&net.node[1], &net.node[1].downs), 0);
    sch_mesh_link_close(&spine);
    sch_mesh_link_close(&data);
    for (size_t p = 0; p < 3; p++) {
        sch_mesh_job_close(next[p]);
    }
}

/* A shard whose receiver sleeps fills its window and no more; another shard goes on. */
static void test_link_slow_shard_does_not_hold_up_another(void **state)
{
    (void)state;
    sch_link slow = {0};
    sch_link fast[2] = {{0}, {0}};
    pthread_t sender;
    static uint8_t buffer[8 << 20];
    unit_assert_code(sch_mesh_link_open(job[0], &slow, 1, ALL), SCH_OK);
    assert_int_equal(pthread_create(&sender, NULL, blocked_send, &slow), 0);
    pause_ms(200);
    unit_assert_code(sch_mesh_link_open(job[0], &fast[0], 2, ALL), SCH_OK);
    unit_assert_code(sch_mesh_link_open(job[1], &fast[1], 2, ALL), SCH_OK);
    for (uint16_t step = 0; step < 8; step++) {
        unit_assert_code(sch_link_send(&fast[0], DATA, step, buffer, 1 << 20), SCH_OK);
        unit_assert_code(sch_link_receive(&fast[1], SPINE, step, buffer, 1 << 20), SCH_OK);
    }
    sch_mesh_traffic traffic = sch_mesh_job_traffic(job[1]);
    assert_true(traffic.received_bytes < (8 << 20) + (4 << 20) + (1 << 20));
    uint64_t since = sch_clock_ns();
    sch_mesh_job_cancel(job[0]);
    unit_assert_code(join_blocked(sender, since), SCH_TRY_AGAIN);
    sch_mesh_link_close(&slow);
    sch_mesh_link_close(&fast[0]);
    sch_mesh_link_close(&fast[1]);
}

/* Two large messages that cross. */
static void *run_exchange(void *context)
{
    script *s = context;
    enum { BYTES = 12 << 20 };
    uint8_t *mine = malloc(BYTES);
    uint8_t *theirs = malloc(BYTES);
    sch_party peer = s->link.self == SPINE ? DATA : SPINE;
    if (mine != NULL && theirs != NULL) {
        memset(mine, (int)s->link.self + 1, BYTES);
        memset(theirs, 0, BYTES);
        s->ok = !sch_failed(sch_link_exchange(&s->link, peer, 3, mine, theirs, BYTES)) && theirs[0] == peer + 1 &&
                theirs[BYTES - 1] == peer + 1;
    }
    free(mine);
    free(theirs);
    return NULL;
}

static void test_link_exchange_larger_than_window_arrives(void **state)
{
    (void)state;
    script s[2];
    pthread_t thread[2];
    memset(s, 0, sizeof s);
    for (size_t p = 0; p < 2; p++) {
        unit_assert_code(sch_mesh_link_open(job[p], &s[p].link, 1, ALL), SCH_OK);
        assert_int_equal(pthread_create(&thread[p], NULL, run_exchange, &s[p]), 0);
    }
    for (size_t p = 0; p < 2; p++) {
        assert_int_equal(pthread_join(thread[p], NULL), 0);
        assert_true(s[p].ok);
        sch_mesh_link_close(&s[p].link);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_link_messages_of_all_sizes_in_several_shards_arrive, open_jobs,
                                        close_jobs),
        cmocka_unit_test_setup_teardown(test_link_receive_frames_before_link_opens_are_kept, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_open_twice_is_bug, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_receive_other_step_is_bad_peer, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_receive_longer_than_sent_is_bad_peer, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_receive_shorter_than_sent_is_bad_peer, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_finish_without_messages_succeeds, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_finish_missing_frame_is_bad_peer, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_finish_unexpected_message_is_bad_peer, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_finish_other_end_key_is_bad_peer, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_finish_twice_is_bug, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_receive_after_peers_end_is_bad_peer, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_job_cancel_wakes_blocked_calls, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_job_peer_closes_wakes_blocked_calls, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_job_open_twice_is_bug, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_job_closed_late_frames_are_dropped, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_slow_shard_does_not_hold_up_another, open_jobs, close_jobs),
        cmocka_unit_test_setup_teardown(test_link_exchange_larger_than_window_arrives, open_jobs, close_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
