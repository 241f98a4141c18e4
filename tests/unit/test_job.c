/* The parts of node/job that need no network: rows, keys, the queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/base/secret.h"
#include "node/job/keys.h"
#include "node/job/queue.h"
#include "node/job/rows.h"

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
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
