/* The parts of node/job that need no network: rows and the queue. Rows with passes are test_row_passes.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/base/secret.h"
#include "node/job/queue.h"
#include "node/job/rows.h"

static const uint8_t KEY[SCH_KEY_BYTES] = {7};

static int setup(void **state)
{
    (void)state;
    assert_int_equal(sch_secret_start().code, SCH_OK);
    return 0;
}

/* ---- rows ---- */

enum { CHUNK_ROWS = 50000, VALUES = 2 };

/* A chunk of text identifiers "p<number>", with two keys and a value made from the number; the last value is its
 * occurrence. */
typedef struct chunk_store {
    uint8_t identifiers[CHUNK_ROWS * 8];
    uint8_t length[CHUNK_ROWS];
    uint32_t key[2][CHUNK_ROWS];
    uint64_t value[VALUES][CHUNK_ROWS];
} chunk_store;

static const uint32_t STRIDE[2] = {2, 1};
static const sch_row_shape SPINE = {SCH_IDENTIFIER_TEXT, STRIDE, 2, 1, true, 6, 1, 0, 0};
static const sch_row_shape NUMBERED = {SCH_IDENTIFIER_TEXT, STRIDE, 2, 1, true, 6, 3, 0, 0};
static const sch_row_shape DATA = {SCH_IDENTIFIER_TEXT, STRIDE, 0, 1, false, 1, 1, 0, 0};
static const sch_row_shape CODED = {SCH_IDENTIFIER_TEXT, STRIDE, 2, 1, false, 6, 1, 0, 0};
static const sch_row_shape REPEATED = {SCH_IDENTIFIER_TEXT, STRIDE, 2, 1, false, 6, 3, 0, 0};

static uint32_t group_of(uint64_t number)
{
    return (uint32_t)(2 * (number % 3) + number % 2);
}

static sch_err take_numbered(sch_rows *rows, const uint32_t *number, size_t count, uint64_t occurrence)
{
    chunk_store *store = calloc(1, sizeof *store);
    size_t at = 0;
    assert_non_null(store);
    for (size_t i = 0; i < count; i++) {
        int bytes = number[i] == UINT32_MAX ? 0 : sprintf((char *)store->identifiers + at, "p%u", number[i] % 1000000U);
        store->length[i] = (uint8_t)bytes;
        at += (size_t)bytes;
        store->key[0][i] = number[i] % 3;
        store->key[1][i] = number[i] % 2;
        store->value[0][i] = number[i];
        store->value[1][i] = occurrence;
    }
    const uint32_t *key[2] = {store->key[0], store->key[1]};
    const uint64_t *value[VALUES] = {store->value[0], store->value[1]};
    sch_source_chunk chunk = {count, store->identifiers, store->length, key, value};
    sch_err err = sch_rows_take(rows, &chunk);
    free(store);
    return err;
}

static sch_rows *start(const sch_row_shape *shape)
{
    sch_rows *rows = calloc(1, sizeof *rows);
    assert_non_null(rows);
    assert_int_equal(sch_rows_init(rows, KEY, shape).code, SCH_OK);
    return rows;
}

/* Rows of the numbers from 0 on, each once; with occurrences, each as the first and the second of its person. */
static sch_rows *start_with(const sch_row_shape *shape, uint32_t count)
{
    sch_rows *rows = start(shape);
    uint32_t *number = malloc(CHUNK_ROWS * sizeof *number);
    assert_non_null(number);
    for (uint32_t from = 0; from < count;) {
        size_t n = 0;
        for (; n < CHUNK_ROWS && from < count; n++) {
            number[n] = from++;
        }
        assert_int_equal(take_numbered(rows, number, n, 0).code, SCH_OK);
        if (shape->is_spine && shape->occurrences > 1) {
            assert_int_equal(take_numbered(rows, number, n, 1).code, SCH_OK);
        }
    }
    free(number);
    return rows;
}

static void finish(sch_rows *rows)
{
    sch_rows_clear(rows);
    free(rows);
}

static void test_rows_open_shard_keeps_every_row_whole_and_cuts_alike(void **state)
{
    (void)state;
    enum { COUNT = 300000, SHARDS = 8 };
    sch_rows *spine = start_with(&SPINE, COUNT), *coded = start_with(&CODED, COUNT);
    uint8_t *seen = calloc(COUNT, 1);
    static const uint8_t TAG_KEY[SCH_KEY_BYTES] = {9};
    const uint8_t *key[1] = {TAG_KEY};
    size_t checked = 0;
    assert_int_equal(spine->rows, COUNT);
    assert_int_equal(sch_rows_cut(spine, SHARDS, 1).code, SCH_OK);
    assert_int_equal(sch_rows_cut(coded, SHARDS, 1).code, SCH_OK);
    for (uint32_t s = 0; s < SHARDS; s++) {
        sch_shard_rows mine, theirs;
        assert_int_equal(sch_rows_open_shard(spine, &mine, s, SHARDS, key, 1).code, SCH_OK);
        assert_int_equal(sch_rows_open_shard(coded, &theirs, s, SHARDS, key, 1).code, SCH_OK);
        assert_in_range(mine.rows, COUNT / SHARDS - 2000, COUNT / SHARDS + 2000);
        assert_int_equal(mine.rows, theirs.rows);
        assert_memory_equal(mine.tag[0], theirs.tag[0],
                            mine.rows * sizeof(sch_tag)); /* as they came in the same order */
        assert_null(mine.tag[1]);
        for (size_t i = 0; i < mine.rows; i++) {
            uint64_t n = mine.column[0][i];
            assert_int_equal(mine.group[i], group_of(n));
            assert_int_equal(theirs.group[i], (group_of(n) + 1) % 6);
            assert_int_equal(theirs.column[0][i], n);
            assert_int_equal(seen[n]++, 0);
            checked++;
        }
        sch_rows_close_shard(spine, &mine);
        sch_rows_close_shard(coded, &theirs);
    }
    assert_int_equal(checked, COUNT);
    finish(spine);
    finish(coded);
    free(seen);
}

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(sch_tag));
}

static void test_rows_open_shard_of_each_alignment_has_other_tags(void **state)
{
    (void)state;
    static const uint8_t KEYS[3][SCH_KEY_BYTES] = {{1}, {2}, {3}};
    const uint8_t *key[3] = {KEYS[0], NULL, KEYS[2]};
    sch_shard_rows shard;
    sch_rows *rows = start_with(&DATA, 5000);
    assert_int_equal(sch_rows_cut(rows, 1, 1).code, SCH_OK);
    assert_int_equal(sch_rows_open_shard(rows, &shard, 0, 1, key, 3).code, SCH_OK);
    assert_int_equal(shard.rows, 5000);
    assert_null(shard.tag[1]);
    assert_null(shard.group);
    sch_tag *all = malloc(3 * 5000 * sizeof *all);
    memcpy(all, shard.tag[0], 5000 * sizeof *all);
    memcpy(all + 5000, shard.tag[2], 5000 * sizeof *all);
    memcpy(all + 10000, rows->block[0].tag, 5000 * sizeof *all); /* base tags, which nobody else gets */
    qsort(all, 15000, sizeof *all, compare_tags);
    size_t distinct = 1;
    for (size_t i = 1; i < 15000; i++) {
        distinct += compare_tags(&all[i - 1], &all[i]) != 0;
    }
    assert_int_equal(distinct, 15000);
    free(all);
    sch_rows_close_shard(rows, &shard);
    finish(rows);
}

/* Each row of a spine with occurrences matches one of a data owner's, which gives all of its rows three times. */
static void test_rows_open_shard_with_occurrences_matches_row_by_row(void **state)
{
    (void)state;
    enum { COUNT = 3000, CUTS = 4 };
    static const uint8_t TAG_KEY[SCH_KEY_BYTES] = {5};
    const uint8_t *key[1] = {TAG_KEY};
    sch_rows *spine = start_with(&NUMBERED, COUNT), *data = start_with(&REPEATED, COUNT);
    size_t matched = 0, theirs_in_all = 0;
    assert_int_equal(spine->rows, 2 * COUNT);
    assert_int_equal(data->rows, COUNT);
    assert_int_equal(sch_rows_cut(spine, CUTS, 1).code, SCH_OK);
    assert_int_equal(sch_rows_cut(data, CUTS, 1).code, SCH_OK);
    for (uint32_t s = 0; s < 2; s++) { /* of two cuts each */
        sch_shard_rows mine, theirs;
        assert_int_equal(sch_rows_open_shard(spine, &mine, s, 2, key, 1).code, SCH_OK);
        assert_int_equal(sch_rows_open_shard(data, &theirs, s, 2, key, 1).code, SCH_OK);
        theirs_in_all += theirs.rows;
        for (size_t i = 0; i < mine.rows; i++) {
            size_t found = 0;
            for (size_t j = 0; j < theirs.rows; j++) {
                if (compare_tags(&mine.tag[0][i], &theirs.tag[0][j]) == 0) {
                    assert_int_equal(mine.column[0][i], theirs.column[0][j]);
                    assert_int_equal(theirs.group[j], (group_of(theirs.column[0][j]) + 1) % 6);
                    found++;
                }
            }
            assert_int_equal(found, 1);
            matched++;
        }
        sch_rows_close_shard(spine, &mine);
        sch_rows_close_shard(data, &theirs);
    }
    assert_int_equal(matched, 2 * COUNT);
    assert_int_equal(theirs_in_all, 3 * COUNT);
    finish(spine);
    finish(data);
}

/* Three runs of a union, with other numbers of shards: the last one that needs a cut ends it. */
static void test_rows_close_shard_keeps_cuts_until_the_last_run(void **state)
{
    (void)state;
    enum { COUNT = 20000, CUTS = 8 };
    static const uint32_t SHARDS[] = {2, 8, 1};
    static const uint8_t TAG_KEY[SCH_KEY_BYTES] = {5};
    const uint8_t *key[1] = {TAG_KEY};
    sch_rows *rows = start_with(&CODED, COUNT);
    unsigned runs = 0;
    assert_int_equal(sch_rows_cut(rows, CUTS, 3).code, SCH_OK);
    for (; runs < 3; runs++) {
        size_t all = 0;
        uint64_t sum = 0;
        for (uint32_t s = 0; s < SHARDS[runs]; s++) {
            sch_shard_rows shard;
            assert_int_equal(sch_rows_open_shard(rows, &shard, s, SHARDS[runs], key, 1).code, SCH_OK);
            for (size_t i = 0; i < shard.rows; i++) {
                sum += shard.column[0][i];
                assert_int_equal(shard.group[i], (group_of(shard.column[0][i]) + 1) % 6);
            }
            all += shard.rows;
            sch_rows_close_shard(rows, &shard);
        }
        assert_int_equal(all, COUNT);
        assert_int_equal(sum, (uint64_t)COUNT * (COUNT - 1) / 2);
    }
    for (uint32_t c = 0; c < CUTS; c++) {
        assert_null(rows->block[c].tag);
        assert_null(rows->block[c].value);
    }
    sch_shard_rows shard = {0};
    assert_int_equal(sch_rows_open_shard(rows, &shard, 0, 16, key, 1).code, SCH_BUG); /* finer than the cuts */
    sch_rows_close_shard(rows, &shard);
    assert_int_equal(sch_rows_open_shard(rows, &shard, 8, 8, key, 1).code, SCH_BUG);
    finish(rows);
}

static void test_rows_take_counts_what_is_left_out(void **state)
{
    (void)state;
    const uint32_t number[] = {1, 2, UINT32_MAX, 3};
    sch_rows *rows = start(&SPINE);
    assert_int_equal(take_numbered(rows, number, 4, 0).code, SCH_OK);
    assert_int_equal(rows->rows, 3);
    assert_int_equal(rows->left_out_empty, 1);
    assert_int_equal(rows->left_out_invalid, 0);
    finish(rows);
}

static void test_rows_take_more_rows_a_person_than_declared_is_bad_input(void **state)
{
    (void)state;
    const uint32_t number[] = {1, 2};
    sch_rows *rows = start(&NUMBERED);
    assert_int_equal(take_numbered(rows, number, 2, 2).code, SCH_OK);
    assert_int_equal(take_numbered(rows, number, 2, 3).code, SCH_BAD_INPUT);
    finish(rows);
}

/* Of a row that is several records their number comes last; who has no valid identifier may have as many as there are.
 * */
static void test_rows_take_more_records_in_a_row_than_declared_is_bad_input(void **state)
{
    (void)state;
    sch_row_shape counted = DATA;
    const uint32_t number[] = {1, 2}, nobody[] = {UINT32_MAX, UINT32_MAX};
    counted.most_records = 2;
    sch_rows *rows = start(&counted);
    assert_int_equal(take_numbered(rows, number, 2, 2).code, SCH_OK);
    assert_int_equal(take_numbered(rows, nobody, 2, 3).code, SCH_OK);
    assert_false(rows->too_many);
    assert_int_equal(take_numbered(rows, number, 2, 3).code, SCH_BAD_INPUT);
    assert_true(rows->too_many);
    finish(rows);
}

static void test_rows_take_group_out_of_range_is_a_bug(void **state)
{
    (void)state;
    sch_row_shape narrow[2] = {SPINE, CODED};
    const uint32_t number[] = {5}; /* group 5 */
    unsigned refused = 0;
    for (; refused < 2; refused++) {
        narrow[refused].codes = 5;
        sch_rows *rows = start(&narrow[refused]);
        assert_int_equal(take_numbered(rows, number, 1, 0).code, SCH_BUG);
        finish(rows);
    }
    assert_int_equal(refused, 2);
}

static void test_rows_check_doubles_refuses_a_second_row(void **state)
{
    (void)state;
    const uint32_t number[] = {1, 2, 3, 2};
    sch_rows *rows = start_with(&DATA, 200000);
    assert_int_equal(sch_rows_check_doubles(rows).code, SCH_OK);
    assert_int_equal(rows->rows, 200000);
    finish(rows);
    rows = start(&DATA);
    assert_int_equal(take_numbered(rows, number, 3, 0).code, SCH_OK);
    assert_int_equal(sch_rows_check_doubles(rows).code, SCH_OK);
    finish(rows);
    rows = start(&DATA);
    assert_int_equal(take_numbered(rows, number, 4, 0).code, SCH_OK);
    assert_int_equal(sch_rows_check_doubles(rows).code, SCH_BAD_INPUT);
    finish(rows);
}

/* ---- the queue ---- */

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
        cmocka_unit_test(test_rows_open_shard_keeps_every_row_whole_and_cuts_alike),
        cmocka_unit_test(test_rows_open_shard_of_each_alignment_has_other_tags),
        cmocka_unit_test(test_rows_open_shard_with_occurrences_matches_row_by_row),
        cmocka_unit_test(test_rows_close_shard_keeps_cuts_until_the_last_run),
        cmocka_unit_test(test_rows_take_counts_what_is_left_out),
        cmocka_unit_test(test_rows_take_more_rows_a_person_than_declared_is_bad_input),
        cmocka_unit_test(test_rows_take_more_records_in_a_row_than_declared_is_bad_input),
        cmocka_unit_test(test_rows_take_group_out_of_range_is_a_bug),
        cmocka_unit_test(test_rows_check_doubles_refuses_a_second_row),
        cmocka_unit_test(test_queue_put_full_refuses_without_waiting),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
