/* The parts of node/job that need no network: rows, keys, the queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"
#include "node/job/job.h"
#include "node/job/keys.h"
#include "node/job/queue.h"
#include "node/job/rows.h"
#include "node/net/line.h"

static const uint8_t KEY[SCH_KEY_BYTES] = {7};

static int setup(void **state)
{
    (void)state;
    assert_int_equal(sch_secret_start().code, SCH_OK);
    return 0;
}

/* A chunk of text identifiers "p<number>", with two keys and one value made from the number. */
typedef struct chunk_store {
    uint8_t identifiers[65536 * 8];
    uint8_t length[65536];
    uint32_t key[2][65536];
    uint64_t value[65536];
} chunk_store;

static void take(sch_rows *rows, chunk_store *store, const uint32_t *number, size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        int bytes = number[i] == UINT32_MAX ? 0 : sprintf((char *)store->identifiers + at, "p%u", number[i] % 1000000U);
        store->length[i] = (uint8_t)bytes;
        at += (size_t)bytes;
        store->key[0][i] = number[i] % 3;
        store->key[1][i] = number[i] % 2;
        store->value[i] = number[i];
    }
    const uint32_t *key[2] = {store->key[0], store->key[1]};
    const uint64_t *value[1] = {store->value};
    sch_source_chunk chunk = {count, store->identifiers, store->length, key, value};
    assert_int_equal(sch_rows_take(rows, &chunk).code, SCH_OK);
}

static void start(sch_rows *rows)
{
    static const uint32_t STRIDE[2] = {2, 1};
    assert_int_equal(sch_rows_init(rows, KEY, SCH_IDENTIFIER_TEXT, STRIDE, 2, 1, true).code, SCH_OK);
}

static void test_rows_divide_keeps_every_row_whole_and_cuts_by_tag(void **state)
{
    (void)state;
    enum { COUNT = 300000, SHARDS = 8 };
    sch_rows *rows = calloc(1, sizeof *rows);
    chunk_store *store = calloc(1, sizeof *store);
    uint32_t *number = malloc(65536 * sizeof *number);
    uint8_t *seen = calloc(COUNT, 1);
    sch_row_block shard[SHARDS] = {{0}};
    start(rows);
    for (uint32_t from = 0; from < COUNT;) {
        size_t n = 0;
        for (; n < 50000 && from < COUNT; n++) {
            number[n] = from++;
        }
        take(rows, store, number, n);
    }
    assert_int_equal(rows->rows, COUNT);
    assert_int_equal(sch_rows_divide(rows, shard, SHARDS).code, SCH_OK);
    size_t checked = 0;
    for (uint32_t s = 0; s < SHARDS; s++) {
        assert_in_range(shard[s].rows, COUNT / SHARDS - 2000, COUNT / SHARDS + 2000);
        for (size_t i = 0; i < shard[s].rows; i++) {
            uint64_t n = shard[s].value[0][i];
            assert_int_equal(shard[s].tag[i].byte[0] >> 5, s);
            assert_int_equal(shard[s].group[i], 2 * (n % 3) + n % 2);
            assert_int_equal(seen[n]++, 0);
            checked++;
        }
        sch_row_block_clear(&shard[s], 1);
    }
    assert_int_equal(checked, COUNT);
    sch_rows_clear(rows);
    free(rows);
    free(store);
    free(number);
    free(seen);
}

static void test_rows_check_doubles_leaves_out_all_rows_of_a_double(void **state)
{
    (void)state;
    sch_rows *rows = calloc(1, sizeof *rows);
    chunk_store *store = calloc(1, sizeof *store);
    const uint32_t number[] = {1, 2, 3, 2, UINT32_MAX, 4, 1, 1, 5};
    start(rows);
    take(rows, store, number, 9);
    assert_int_equal(rows->rows, 8);
    assert_int_equal(rows->left_out_empty, 1);
    assert_int_equal(rows->left_out_invalid, 0);
    assert_int_equal(sch_rows_check_doubles(rows, true).code, SCH_OK);
    assert_int_equal(rows->rows, 3);
    assert_int_equal(rows->left_out_double, 5);
    uint64_t sum = 0;
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++) {
            sum += rows->block[b].value[0][i];
        }
    }
    assert_int_equal(sum, 3 + 4 + 5);
    sch_rows_clear(rows);
    free(rows);
    free(store);
}

static void test_rows_check_doubles_refuses_where_none_may_be(void **state)
{
    (void)state;
    sch_rows *rows = calloc(1, sizeof *rows);
    chunk_store *store = calloc(1, sizeof *store);
    const uint32_t number[] = {1, 2, 3, 2};
    start(rows);
    take(rows, store, number, 3);
    assert_int_equal(sch_rows_check_doubles(rows, false).code, SCH_OK);
    take(rows, store, number, 1);
    assert_int_equal(sch_rows_check_doubles(rows, false).code, SCH_BAD_INPUT);
    sch_rows_clear(rows);
    free(rows);
    free(store);
}

static void test_shard_count_follows_both_owners_rows(void **state)
{
    (void)state;
    assert_int_equal(sch_shard_count(0, 0), 1);
    assert_int_equal(sch_shard_count(1 << 16, 1 << 16), 1);
    assert_int_equal(sch_shard_count(1 << 16, (1 << 16) + 1), 2);
    assert_int_equal(sch_shard_count(1 << 20, 1 << 20), 16);
}

static void test_job_keys_make_pairs_agree_and_the_helper_has_no_tag_key(void **state)
{
    (void)state;
    uint8_t secret[3][SCH_KEY_BYTES]; /* of the pairs SD, DH, HS */
    uint8_t exporter[SCH_KEY_BYTES], epoch[SCH_KEY_BYTES], hash[SCH_HASH_BYTES];
    sch_random_fill(secret, sizeof secret);
    sch_random_fill(exporter, sizeof exporter);
    sch_random_fill(epoch, sizeof epoch);
    sch_random_fill(hash, sizeof hash);
    const uint8_t *const s[SCH_PARTIES] = {NULL, secret[0], secret[2]};
    const uint8_t *const d[SCH_PARTIES] = {secret[0], NULL, secret[1]};
    const uint8_t *const h[SCH_PARTIES] = {secret[2], secret[1], NULL};
    sch_job_keys spine, data, helper, renewed, other_epoch;
    assert_int_equal(sch_job_keys_make(&spine, SCH_SPINE, s, exporter, epoch, hash).code, SCH_OK);
    assert_int_equal(sch_job_keys_make(&data, SCH_DATA, d, exporter, epoch, hash).code, SCH_OK);
    assert_int_equal(sch_job_keys_make(&helper, SCH_HELPER, h, NULL, NULL, hash).code, SCH_OK);
    assert_memory_equal(spine.pair[SCH_DATA], data.pair[SCH_SPINE], SCH_KEY_BYTES);
    assert_memory_equal(spine.pair[SCH_HELPER], helper.pair[SCH_SPINE], SCH_KEY_BYTES);
    assert_memory_equal(data.end[SCH_HELPER], helper.end[SCH_DATA], SCH_KEY_BYTES);
    assert_memory_equal(spine.tag, data.tag, SCH_KEY_BYTES);
    assert_memory_equal(spine.tag_check, data.tag_check, SCH_CHECK_BYTES);
    assert_memory_equal(spine.pair_check[SCH_DATA], data.pair_check[SCH_SPINE], SCH_CHECK_BYTES);
    assert_memory_not_equal(spine.pair[SCH_DATA], spine.end[SCH_DATA], SCH_KEY_BYTES);
    assert_memory_not_equal(spine.tag, spine.pair[SCH_DATA], SCH_KEY_BYTES);
    assert_null(helper.tag);
    exporter[0] ^= 1;
    assert_int_equal(sch_job_keys_make(&renewed, SCH_DATA, d, exporter, epoch, hash).code, SCH_OK);
    assert_memory_not_equal(renewed.tag_check, spine.tag_check, SCH_CHECK_BYTES);
    exporter[0] ^= 1;
    epoch[0] ^= 1;
    assert_int_equal(sch_job_keys_make(&other_epoch, SCH_DATA, d, exporter, epoch, hash).code, SCH_OK);
    assert_memory_not_equal(other_epoch.tag, spine.tag, SCH_KEY_BYTES);
    assert_memory_equal(other_epoch.pair[SCH_SPINE], data.pair[SCH_SPINE], SCH_KEY_BYTES);
    sch_job_keys_clear(&other_epoch);
    sch_job_keys_clear(&spine);
    sch_job_keys_clear(&data);
    sch_job_keys_clear(&helper);
    sch_job_keys_clear(&renewed);
}

static void test_job_keys_make_owner_without_secrets_is_a_bug(void **state)
{
    (void)state;
    const uint8_t *const standing[SCH_PARTIES] = {NULL, KEY, KEY};
    sch_job_keys keys;
    assert_int_equal(sch_job_keys_make(&keys, SCH_SPINE, standing, NULL, KEY, KEY).code, SCH_BUG);
    sch_job_keys_clear(&keys);
    assert_int_equal(sch_job_keys_make(&keys, SCH_SPINE, standing, KEY, NULL, KEY).code, SCH_BUG);
    sch_job_keys_clear(&keys);
}

static void test_queue_put_full_refuses_without_waiting(void **state)
{
    (void)state;
    sch_queue queue;
    unsigned put = 0;
    sch_queue_init(&queue);
    assert_null(sch_queue_take(&queue, 1));
    while (sch_queue_put(&queue, sch_event_new(SCH_EVENT_STOP, (sch_peer_id){put}), false)) {
        put++;
    }
    assert_int_equal(put, SCH_QUEUE_EVENTS);
    for (uint32_t i = 0; i < 3; i++) {
        sch_event *event = sch_queue_take(&queue, 1);
        assert_int_equal(event->from.value, i);
        sch_event_free(event);
    }
    sch_queue_close(&queue);
    assert_false(sch_queue_put(&queue, sch_event_new(SCH_EVENT_STOP, SCH_SELF), true));
}

/* ---- the table of requests, without a network: a mesh that knows nobody, so that nothing can be sent ---- */

enum { PEERS = 2 };

typedef struct quiet_node {
    sch_conf conf;
    sch_identity identity;
    uint8_t secret[SCH_SIGN_SECRET_BYTES];
    sch_mesh mesh;
    sch_peer_state state[PEERS];
    sch_card peer[PEERS];
    sch_card analyst[1];
    sch_session_state session;
    sch_book_agreement agreement;
    char folder[64];
    sch_jobs jobs;
} quiet_node;

static quiet_node *quiet_node_new(void)
{
    sch_detail detail = {{0}};
    quiet_node *node = calloc(1, sizeof *node);
    assert_non_null(node);
    (void)snprintf(node->folder, sizeof node->folder, "/tmp/test_job.XXXXXX");
    assert_non_null(mkdtemp(node->folder));
    (void)snprintf(node->conf.node, sizeof node->conf.node, "own");
    (void)snprintf(node->peer[0].name, sizeof node->peer[0].name, "other");
    (void)snprintf(node->peer[1].name, sizeof node->peer[1].name, "third");
    (void)snprintf(node->analyst[0].name, sizeof node->analyst[0].name, "anna");
    node->conf.request_minutes = 60;
    node->conf.max_jobs = 4;
    assert_int_equal(sch_sign_keypair(node->identity.card.identity, node->secret).code, SCH_OK);
    node->identity.identity_secret = node->secret;
    (void)pthread_mutex_init(&node->mesh.lock, NULL);
    node->jobs.options.conf = &node->conf;
    node->jobs.options.identity = &node->identity;
    assert_int_equal(sch_store_open(&node->jobs.options.store, node->folder, "own", &detail).code, SCH_OK);
    node->jobs.mesh = &node->mesh;
    node->jobs.peer = node->state;
    node->jobs.book.peer = node->peer;
    node->jobs.book.peer_count = PEERS;
    node->jobs.book.analyst = node->analyst;
    node->jobs.book.analyst_count = 1;
    node->session = (sch_session_state){.id = {77}};
    node->jobs.sessions = &node->session;
    assert_int_equal(sch_outbox_open(&node->jobs.outbox, &node->mesh).code, SCH_OK);
    return node;
}

static void remove_file(const char *folder, const char *name)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
}

static void quiet_node_free(quiet_node *node)
{
    static const char *const FILES[] = {"state.db", "state.db-wal", "state.db-shm", "state.lock"};
    sch_outbox_close(node->jobs.outbox);
    while (node->jobs.early != NULL) {
        sch_event *next = node->jobs.early->next;
        sch_event_free(node->jobs.early);
        node->jobs.early = next;
    }
    sch_store_close(node->jobs.options.store);
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        remove_file(node->folder, FILES[i]);
    }
    assert_int_equal(rmdir(node->folder), 0);
    (void)pthread_mutex_destroy(&node->mesh.lock);
    free(node);
}

/* A running job that this node coordinates without a part in it, and so without a thread. */
static void add_job(quiet_node *node, uint8_t id)
{
    sch_job *job = calloc(1, sizeof *job);
    assert_non_null(job);
    (void)pthread_mutex_init(&job->lock, NULL);
    (void)pthread_cond_init(&job->changed, NULL);
    job->jobs = &node->jobs;
    job->agreement = &node->agreement;
    job->phase = SCH_JOB_PREPARING;
    job->request.id.byte[0] = id;
    (void)snprintf(job->request.analyst, SCH_NAME_BYTES, "anna");
    job->row.id = job->request.id;
    job->row.state = SCH_REQUEST_RUNNING;
    (void)snprintf(job->row.agreement, SCH_NAME_BYTES, "lv");
    (void)snprintf(job->row.analyst, SCH_NAME_BYTES, "anna");
    (void)snprintf(job->row.coordinator, SCH_NAME_BYTES, "own");
    (void)snprintf(job->row.party[SCH_SPINE], SCH_NAME_BYTES, "spine");
    (void)snprintf(job->row.party[SCH_DATA], SCH_NAME_BYTES, "third");
    (void)snprintf(job->row.party[SCH_HELPER], SCH_NAME_BYTES, "helper");
    assert_int_equal(sch_buf_append(&job->row.bytes, "request", 7).code, SCH_OK);
    job->coordinator = SCH_SELF;
    job->party[SCH_SPINE] = (sch_peer_id){UINT32_MAX - 2};
    job->party[SCH_DATA] = (sch_peer_id){1};
    job->party[SCH_HELPER] = (sch_peer_id){UINT32_MAX - 1};
    job->plan.max_rows[SCH_SPINE] = 10;
    job->started_ns = sch_clock_ns();
    sch_jobs_begin(&node->jobs);
    assert_int_equal(
        sch_jobs_commit(&node->jobs, sch_store_put_request(node->jobs.options.store, &job->row), false).code, SCH_OK);
    sch_job_add(&node->jobs, job);
}

static void assert_stored_state(quiet_node *node, uint8_t id, sch_request_state state)
{
    sch_request_id wanted = {{id}};
    sch_stored_request row = {0};
    bool found = false;
    assert_int_equal(sch_store_get_request(node->jobs.options.store, &found, &row, &wanted).code, SCH_OK);
    assert_true(found);
    assert_int_equal(row.state, state);
    sch_stored_request_clear(&row);
}

static void tell(quiet_node *node, uint32_t from, sch_control_kind kind, uint8_t id, uint64_t rows)
{
    sch_event *event = sch_event_new(SCH_EVENT_CONTROL, (sch_peer_id){from});
    assert_non_null(event);
    event->control.kind = kind;
    event->control.id.byte[0] = id;
    event->control.rows = rows;
    sch_job_handle(&node->jobs, event);
}

static void test_job_handle_early_messages_of_one_node_leave_room_for_another(void **state)
{
    (void)state;
    quiet_node *node = quiet_node_new();
    for (unsigned i = 0; i < 2 * SCH_MAX_EARLY; i++) {
        tell(node, 0, SCH_CONTROL_READY, (uint8_t)i, 0);
    }
    assert_int_equal(node->state[0].early_count, SCH_MAX_EARLY);
    tell(node, 1, SCH_CONTROL_SIZE, 5, 1);
    assert_int_equal(node->state[1].early_count, 1);
    sch_request_id id = {{5}};
    sch_job_replay_early(&node->jobs, &id); /* unknown still: all that it handles is kept again */
    assert_int_equal(node->state[0].early_count, SCH_MAX_EARLY);
    assert_int_equal(node->state[1].early_count, 1);
    quiet_node_free(node);
}

static void test_job_handle_late_message_is_not_kept(void **state)
{
    (void)state;
    quiet_node *node = quiet_node_new();
    add_job(node, 5);
    sch_job_end(node->jobs.first, SCH_REQUEST_FAILED, "own", NULL, sch_fail(SCH_TRY_AGAIN, "for a test"), NULL);
    tell(node, 0, SCH_CONTROL_READY, 5, 0);
    tell(node, 0, SCH_CONTROL_SIZE, 5, 1);
    assert_null(node->jobs.early);
    tell(node, 0, SCH_CONTROL_SIZE, 6, 1);
    assert_non_null(node->jobs.early);
    assert_int_equal(node->state[0].early_count, 1);
    quiet_node_free(node);
}

static void test_job_handle_impossible_size_ends_a_job_without_a_thread(void **state)
{
    (void)state;
    quiet_node *node = quiet_node_new();
    add_job(node, 9);
    tell(node, 1, SCH_CONTROL_SIZE, 9, 1); /* the data owner's declared bound is 0 */
    assert_null(node->jobs.first);
    assert_int_equal(node->jobs.job_count, 0);
    assert_stored_state(node, 9, SCH_REQUEST_FAILED);
    quiet_node_free(node);
}

static void test_job_handle_messages_of_others_change_nothing(void **state)
{
    (void)state;
    enum { KINDS = 6, STRANGERS = 2 };
    static const sch_control_kind KIND[KINDS] = {SCH_CONTROL_READY, SCH_CONTROL_SIZE, SCH_CONTROL_RESULT,
                                                 SCH_CONTROL_DONE,  SCH_CONTROL_FAIL, SCH_CONTROL_CANCEL};
    static const uint32_t FROM[STRANGERS] = {1000, 78}; /* sessions that this job is not of */
    quiet_node *node = quiet_node_new();
    unsigned sent = 0;
    add_job(node, 9);
    for (unsigned k = 0; k < KINDS; k++) {
        tell(node, 0, KIND[k], 9, UINT64_MAX); /* a node without a part in it */
        for (unsigned f = 0; f < STRANGERS; f++) {
            tell(node, FROM[f], KIND[k], 9, UINT64_MAX);
            sent++;
        }
    }
    assert_int_equal(sent, KINDS * STRANGERS);
    assert_non_null(node->jobs.first);
    assert_int_equal(node->jobs.first->phase, SCH_JOB_PREPARING);
    assert_false(node->jobs.first->has_rows[SCH_SPINE] || node->jobs.first->has_rows[SCH_DATA]);
    assert_false(node->jobs.first->done[SCH_SPINE] || node->jobs.first->done[SCH_DATA]);
    assert_stored_state(node, 9, SCH_REQUEST_RUNNING);
    tell(node, 77, SCH_CONTROL_CANCEL, 9, 0);
    assert_null(node->jobs.first);
    assert_stored_state(node, 9, SCH_REQUEST_CANCELLED);
    quiet_node_free(node);
}

static void test_outbox_send_catalogues_leave_room_for_answers(void **state)
{
    (void)state;
    enum { MOST = SCH_OUTBOX_CATALOG_BYTES / SCH_PART_BYTES + 2 };
    quiet_node *node = quiet_node_new();
    const sch_peer_id session = {77};
    sch_control part = {.kind = SCH_CONTROL_CATALOG, .node = "own", .parts = 1};
    sch_control done = {.kind = SCH_CONTROL_DONE, .node = "own"};
    unsigned sent = 0;
    uint8_t *bytes = calloc(1, SCH_PART_BYTES);
    assert_non_null(bytes);
    done.id.byte[0] = 1;
    assert_int_equal(sch_buf_append(&part.bytes, bytes, SCH_PART_BYTES).code, SCH_OK);
    (void)pthread_mutex_lock(&node->mesh.lock); /* so that nothing goes out */
    while (sent < MOST && !sch_failed(sch_outbox_send(node->jobs.outbox, session, &part))) {
        sent++;
    }
    assert_in_range(sent, MOST - 8, MOST - 1);
    assert_int_equal(sch_outbox_send(node->jobs.outbox, session, &part).code, SCH_TRY_AGAIN);
    assert_int_equal(sch_outbox_send(node->jobs.outbox, session, &done).code, SCH_OK);
    (void)pthread_mutex_unlock(&node->mesh.lock);
    sch_control_clear(&part);
    free(bytes);
    quiet_node_free(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_divide_keeps_every_row_whole_and_cuts_by_tag),
        cmocka_unit_test(test_rows_check_doubles_leaves_out_all_rows_of_a_double),
        cmocka_unit_test(test_rows_check_doubles_refuses_where_none_may_be),
        cmocka_unit_test(test_shard_count_follows_both_owners_rows),
        cmocka_unit_test(test_job_keys_make_pairs_agree_and_the_helper_has_no_tag_key),
        cmocka_unit_test(test_job_keys_make_owner_without_secrets_is_a_bug),
        cmocka_unit_test(test_queue_put_full_refuses_without_waiting),
        cmocka_unit_test(test_job_handle_early_messages_of_one_node_leave_room_for_another),
        cmocka_unit_test(test_job_handle_late_message_is_not_kept),
        cmocka_unit_test(test_job_handle_impossible_size_ends_a_job_without_a_thread),
        cmocka_unit_test(test_job_handle_messages_of_others_change_nothing),
        cmocka_unit_test(test_outbox_send_catalogues_leave_room_for_answers),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
