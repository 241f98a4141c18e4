/* The rows of an owner with passes of linking: what is taken in, whose keys are random, and what shards get. */
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/base/secret.h"
#include "node/job/rows.h"

enum { CHUNK = 10000, PASSES = 2, VALUES = 2 + 2 * PASSES, MANY = 200000 };

static const uint8_t KEY[SCH_KEY_BYTES] = {7};
static const uint32_t STRIDE[1] = {1};
static const sch_row_shape SPINE = {SCH_IDENTIFIER_BSN, STRIDE, 1, 1, true, 6, 1, 0, PASSES};
static const sch_row_shape DATA = {SCH_IDENTIFIER_BSN, STRIDE, 1, 1, false, 6, 1, 0, PASSES};
static const uint64_t NONE = UINT64_MAX;

static int setup(void **state)
{
    (void)state;
    unit_assert_ok(sch_secret_start());
    return 0;
}

/* A row as the engine gives it. */
typedef struct row {
    char identifier[12];
    uint64_t value, kept;
    uint64_t number[PASSES][2];
} row;

typedef struct chunk_store {
    uint8_t identifiers[CHUNK * 9], length[CHUNK];
    uint32_t key[CHUNK];
    uint64_t value[VALUES][CHUNK];
} chunk_store;

static uint32_t key_of(uint64_t value)
{
    return (uint32_t)(value % 5);
}

static sch_err take(sch_rows *rows, const row *in, size_t count)
{
    chunk_store *store = calloc(1, sizeof *store);
    const uint64_t *value[VALUES];
    size_t bytes = 0;
    assert_non_null(store);
    assert_true(count <= CHUNK);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(in[i].identifier), v = 0;
        memcpy(store->identifiers + bytes, in[i].identifier, length);
        store->length[i] = (uint8_t)length;
        bytes += length;
        store->key[i] = key_of(in[i].value);
        store->value[v++][i] = in[i].value;
        if (rows->shape.is_spine) {
            store->value[v++][i] = in[i].kept;
        }
        for (size_t p = 0; p < rows->shape.passes; p++) {
            store->value[v++][i] = in[i].number[p][0];
            store->value[v++][i] = in[i].number[p][1];
        }
        assert_true(v >= sch_row_shape_values(&rows->shape));
    }
    for (size_t v = 0; v < VALUES; v++) {
        value[v] = store->value[v];
    }
    const uint32_t *key[1] = {store->key};
    sch_source_chunk chunk = {count, store->identifiers, store->length, key, value};
    sch_err err = sch_rows_take(rows, &chunk);
    free(store);
    return err;
}

static sch_rows *start(const sch_row_shape *shape)
{
    sch_rows *rows = calloc(1, sizeof *rows);
    assert_non_null(rows);
    unit_assert_ok(sch_rows_init(rows, KEY, shape));
    return rows;
}

static void finish(sch_rows *rows)
{
    sch_rows_clear(rows);
    free(rows);
}

/* Of a row of the spine: the one behind all others where its conditions do not hold. */
static uint32_t group_of(uint64_t value, uint64_t kept)
{
    return kept == 0 ? SPINE.codes : key_of(value);
}

/* The base tag of two numbers, reckoned by itself. */
static sch_tag tag_of(uint64_t first, uint64_t second)
{
    uint8_t message[16], length = sizeof message;
    sch_tagger tagger;
    sch_tag tag;
    sch_put_u64(message, first);
    sch_put_u64(message + 8, second);
    unit_assert_ok(sch_tagger_init(&tagger, KEY));
    unit_assert_ok(sch_tagger_hash(&tagger, &tag, message, &length, 1));
    sch_tagger_clear(&tagger);
    return tag;
}

static bool alike(const sch_tag *a, const sch_tag *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(sch_tag));
}

/* How many different tags there are. */
static size_t count_distinct(const sch_tag *tag, size_t count)
{
    sch_tag *sorted = malloc(count * sizeof *sorted);
    size_t distinct = count > 0;
    assert_non_null(sorted);
    memcpy(sorted, tag, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_tags);
    for (size_t i = 1; i < count; i++) {
        distinct += !alike(&sorted[i - 1], &sorted[i]);
    }
    free(sorted);
    return distinct;
}

/* Two persons, two empty identifiers, and two times the same one that is nobody's. */
static const row MIXED[] = {
    {"", 10, 1, {{1, 2}, {3, 4}}},           {"123456782", 11, 0, {{5, 6}, {UINT64_MAX, UINT64_MAX}}},
    {"111111111", 12, 1, {{7, 8}, {9, 10}}}, {"111222333", 13, 1, {{UINT64_MAX, UINT64_MAX}, {11, 12}}},
    {"", 14, 0, {{13, 14}, {15, 16}}},       {"111111111", 15, 1, {{17, 18}, {19, 20}}},
};
enum { MIXED_ROWS = sizeof MIXED / sizeof MIXED[0] };

/* ---- taking in ---- */

static void test_rows_take_with_passes_keeps_rows_without_a_valid_identifier(void **state)
{
    (void)state;
    static const bool VALID[MIXED_ROWS] = {false, true, false, true, false, false};
    sch_row_shape without = SPINE;
    without.passes = 0;
    sch_rows *rows = start(&SPINE), *valid = start(&without);
    size_t compared = 0;
    unit_assert_ok(take(rows, MIXED, MIXED_ROWS));
    unit_assert_ok(take(valid, MIXED, MIXED_ROWS));
    assert_int_equal(valid->rows, 2);
    assert_int_equal(rows->rows, MIXED_ROWS);
    assert_int_equal(rows->left_out_empty, 2);
    assert_int_equal(rows->left_out_invalid, 2);
    const sch_row_block *block = &rows->block[0];
    for (size_t i = 0; i < MIXED_ROWS; i++) {
        assert_int_equal(block->value[0][i], MIXED[i].value);
        assert_int_equal(block->group[i], group_of(MIXED[i].value, MIXED[i].kept));
        if (VALID[i]) {
            assert_memory_equal(&block->tag[i], &valid->block[0].tag[compared], sizeof(sch_tag));
            compared++;
        }
    }
    assert_int_equal(compared, 2);
    assert_int_equal(count_distinct(block->tag, MIXED_ROWS), MIXED_ROWS);
    finish(rows);
    finish(valid);
}

static void test_rows_take_with_passes_gives_rows_of_the_spine_that_break_conditions_a_group_of_their_own(void **state)
{
    (void)state;
    row in[10];
    size_t broken = 0, held = 0;
    sch_rows *rows = start(&SPINE);
    for (size_t i = 0; i < 10; i++) {
        in[i] = (row){.value = i % 5, .kept = i / 5, .number = {{i, i}, {i, i}}};
    }
    unit_assert_ok(take(rows, in, 10));
    unit_assert_ok(take(rows, in, 10)); /* behind those that are there */
    assert_int_equal(rows->rows, 20);
    for (size_t i = 0; i < 20; i++) {
        uint32_t group = rows->block[0].group[i];
        assert_int_equal(group, in[i % 10].kept == 0 ? 6 : in[i % 10].value);
        broken += group == 6;
        held += group < 6;
    }
    assert_int_equal(broken, 10);
    assert_int_equal(held, 10);
    finish(rows);
}

static void test_rows_take_with_passes_and_no_valid_identifier_takes_all(void **state)
{
    (void)state;
    sch_rows *rows = start(&DATA);
    unit_assert_ok(take(rows, MIXED + 4, 2));
    assert_int_equal(rows->rows, 2);
    assert_int_equal(rows->block[0].group[1], (key_of(15) + 1) % 6);
    assert_int_equal(count_distinct(rows->block[0].tag, 2), 2);
    finish(rows);
}

static void test_rows_take_pass_tags_are_of_both_numbers_and_random_without(void **state)
{
    (void)state;
    sch_rows *spine = start(&SPINE), *data = start(&DATA);
    size_t compared = 0, random = 0;
    unit_assert_ok(take(spine, MIXED, MIXED_ROWS));
    unit_assert_ok(take(data, MIXED, MIXED_ROWS));
    for (size_t p = 0; p < PASSES; p++) {
        for (size_t i = 0; i < MIXED_ROWS; i++) {
            const sch_tag *mine = &spine->block[0].pass_tag[p][i], *theirs = &data->block[0].pass_tag[p][i];
            sch_tag want = tag_of(MIXED[i].number[p][0], MIXED[i].number[p][1]);
            bool none = MIXED[i].number[p][0] == NONE;
            assert_int_equal(alike(mine, &want), !none);
            assert_int_equal(alike(mine, theirs), !none);
            random += none;
            compared++;
        }
        assert_int_equal(count_distinct(spine->block[0].pass_tag[p], MIXED_ROWS), MIXED_ROWS);
        assert_int_equal(spine->pass_missing[p], 1);
        assert_int_equal(data->pass_missing[p], 1);
    }
    assert_int_equal(compared, PASSES * MIXED_ROWS);
    assert_int_equal(random, 2);
    finish(spine);
    finish(data);
}

static void test_rows_take_numbers_out_of_range_are_a_bug(void **state)
{
    (void)state;
    static const row WRONG[] = {
        {"123456782", 1, 2, {{1, 2}, {3, 4}}},
        {"123456782", 1, UINT64_MAX, {{1, 2}, {3, 4}}},
        {"123456782", 1, 1, {{1, UINT64_MAX}, {3, 4}}},
        {"123456782", 1, 1, {{1, 2}, {UINT64_MAX, 4}}},
        {"123456782", 1, 1, {{1, 2}, {(uint64_t)INT64_MAX + 1, 4}}},
        {"", 1, 1, {{UINT64_MAX - 1, UINT64_MAX - 1}, {3, 4}}},
    };
    size_t refused = 0;
    for (; refused < sizeof WRONG / sizeof WRONG[0]; refused++) {
        sch_rows *rows = start(&SPINE);
        unit_assert_code(take(rows, &WRONG[refused], 1), SCH_BUG);
        finish(rows);
    }
    assert_int_equal(refused, 6);
}

static void test_rows_init_passes_beside_several_rows_of_a_person_are_a_bug(void **state)
{
    (void)state;
    sch_row_shape wrong[] = {SPINE, SPINE, SPINE};
    size_t refused = 0;
    wrong[0].occurrences = 2;
    wrong[1].most_records = 1;
    wrong[2].passes = SCH_MAX_PASSES + 1;
    for (; refused < 3; refused++) {
        sch_rows *rows = calloc(1, sizeof *rows);
        assert_non_null(rows);
        unit_assert_code(sch_rows_init(rows, KEY, &wrong[refused]), SCH_BUG);
        finish(rows);
    }
    assert_int_equal(refused, 3);
}

static void test_row_shape_values_counts_what_the_engine_gives(void **state)
{
    (void)state;
    sch_row_shape several = SPINE;
    assert_int_equal(sch_row_shape_values(&SPINE), 1 + 1 + 2 * PASSES);
    assert_int_equal(sch_row_shape_values(&DATA), 1 + 2 * PASSES);
    several.passes = 0;
    assert_int_equal(sch_row_shape_values(&several), 1);
    several.occurrences = 3;
    assert_int_equal(sch_row_shape_values(&several), 2);
    several.most_records = 2;
    assert_int_equal(sch_row_shape_values(&several), 3);
    several.is_spine = false;
    assert_int_equal(sch_row_shape_values(&several), 2);
}

/* ---- keys that several rows have ---- */

/* Of MANY rows each third has no key for the first pass; of the others some have a neighbour's. In the second pass two
 * rows far from each other share each key, but for two rows that are alone. */
static uint64_t number_of(size_t p, size_t i)
{
    if (p == 1) {
        return i == MANY - 1 ? MANY : i % (MANY / 2);
    }
    return i % 3 == 0 ? NONE : i % 7 == 1 ? i / 5 * 5 : i;
}

static void fill_many(sch_rows *rows)
{
    row *in = calloc(CHUNK, sizeof *in);
    assert_non_null(in);
    for (size_t from = 0; from < MANY; from += CHUNK) {
        for (size_t i = 0; i < CHUNK; i++) {
            in[i] = (row){.value = from + i, .kept = i % 2};
            for (size_t p = 0; p < PASSES; p++) {
                uint64_t number = number_of(p, from + i);
                in[i].number[p][0] = number;
                in[i].number[p][1] = number == NONE ? NONE : 5;
            }
        }
        unit_assert_ok(take(rows, in, CHUNK));
    }
    free(in);
}

/* Rows by number: how many rows of the pass have the row's key. */
static uint32_t *count_keys(size_t p)
{
    uint32_t *count = calloc(2 * MANY, sizeof *count);
    assert_non_null(count);
    for (size_t i = 0; i < MANY; i++) {
        if (number_of(p, i) != NONE) {
            count[number_of(p, i)]++;
        }
    }
    return count;
}

/* Compares the settled tags of a pass with what they have to be; gives how many are random for being shared. */
static size_t check_settled(const sch_rows *rows, size_t p)
{
    uint32_t *count = count_keys(p);
    sch_tag *all = malloc(MANY * sizeof *all);
    size_t seen = 0, shared = 0;
    assert_non_null(all);
    for (size_t b = 0; b < rows->block_count; b++) {
        const sch_row_block *block = &rows->block[b];
        for (size_t i = 0; i < block->rows; i++, seen++) {
            uint64_t number = number_of(p, block->value[0][i]);
            all[seen] = block->pass_tag[p][i];
            if (number == NONE) {
                continue;
            }
            sch_tag own = tag_of(number, 5);
            assert_int_equal(alike(&all[seen], &own), count[number] == 1);
            shared += count[number] > 1;
        }
    }
    assert_int_equal(seen, MANY);
    assert_int_equal(count_distinct(all, MANY), MANY);
    free(all);
    free(count);
    return shared;
}

static void test_rows_settle_passes_makes_every_shared_key_random(void **state)
{
    (void)state;
    sch_rows *rows = start(&SPINE);
    fill_many(rows);
    assert_true(rows->block_count > 1);
    assert_int_equal(rows->pass_missing[0], (MANY + 2) / 3);
    assert_int_equal(rows->pass_missing[1], 0);
    unit_assert_ok(sch_rows_settle_passes(rows));
    for (size_t p = 0; p < PASSES; p++) {
        size_t shared = check_settled(rows, p);
        assert_true(shared > 1000 && shared < MANY);
        assert_int_equal(rows->pass_shared[p], shared);
    }
    assert_int_equal(rows->pass_shared[1], MANY - 2);
    finish(rows);
}

static void test_rows_settle_passes_one_key_for_all_links_nobody(void **state)
{
    (void)state;
    row in[3];
    sch_rows *rows = start(&DATA);
    for (size_t i = 0; i < 3; i++) {
        in[i] = (row){.value = i, .number = {{4, 4}, {i, i}}};
    }
    for (size_t i = 0; i < 1000; i++) {
        unit_assert_ok(take(rows, in, 3));
    }
    unit_assert_ok(sch_rows_settle_passes(rows));
    for (size_t p = 0; p < PASSES; p++) {
        assert_int_equal(rows->pass_shared[p], 3000);
        assert_int_equal(count_distinct(rows->block[0].pass_tag[p], 3000), 3000);
    }
    finish(rows);
}

/* The same numbers in two passes are two keys. */
static void test_rows_settle_passes_looks_at_each_pass_alone(void **state)
{
    (void)state;
    static const row IN[] = {{"", 0, 1, {{1, 2}, {3, 4}}}, {"", 1, 1, {{3, 4}, {1, 2}}}, {"", 2, 1, {{1, 3}, {2, 4}}}};
    sch_rows *rows = start(&SPINE);
    unit_assert_ok(take(rows, IN, 3));
    unit_assert_ok(sch_rows_settle_passes(rows));
    for (size_t p = 0; p < PASSES; p++) {
        assert_int_equal(rows->pass_shared[p], 0);
        sch_tag want = tag_of(IN[1].number[p][0], IN[1].number[p][1]);
        assert_true(alike(&rows->block[0].pass_tag[p][1], &want));
    }
    finish(rows);
}

static void test_rows_settle_passes_without_rows_or_passes_does_nothing(void **state)
{
    (void)state;
    sch_row_shape without = DATA;
    without.passes = 0;
    sch_rows *rows = start(&SPINE), *plain = start(&without);
    unit_assert_ok(sch_rows_settle_passes(rows));
    unit_assert_ok(take(plain, MIXED, MIXED_ROWS));
    unit_assert_ok(sch_rows_settle_passes(plain));
    assert_null(plain->block[0].pass_tag[0]);
    finish(rows);
    finish(plain);
}

/* Each of the 128 bits of random tags is 1 in about half of them: six standard deviations are 424 of 20000. */
static void test_rows_random_tags_have_uniform_bits(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    row *in = calloc(CHUNK, sizeof *in);
    sch_rows *rows = start(&DATA);
    size_t checked = 0;
    assert_non_null(in);
    for (size_t i = 0; i < CHUNK; i++) {
        in[i] = (row){.number = {{NONE, NONE}, {3, 3}}};
    }
    unit_assert_ok(take(rows, in, CHUNK));
    unit_assert_ok(take(rows, in, CHUNK));
    unit_assert_ok(sch_rows_settle_passes(rows));
    const sch_tag *const tags[] = {rows->block[0].tag, rows->block[0].pass_tag[0], rows->block[0].pass_tag[1]};
    for (size_t t = 0; t < 3; t++) {
        for (size_t bit = 0; bit < 128; bit++, checked++) {
            size_t ones = 0;
            for (size_t i = 0; i < COUNT; i++) {
                ones += tags[t][i].byte[bit / 8] >> bit % 8 & 1;
            }
            assert_in_range(ones, COUNT / 2 - 424, COUNT / 2 + 424);
        }
    }
    assert_int_equal(checked, 3 * 128);
    free(in);
    finish(rows);
}

/* ---- doubles, cuts and shards ---- */

/* Rows are moved about, each with all that it has. */
static void test_rows_check_doubles_with_passes_keeps_rows_whole(void **state)
{
    (void)state;
    sch_rows *rows = start(&SPINE);
    size_t seen = 0;
    fill_many(rows);
    unit_assert_ok(sch_rows_check_doubles(rows)); /* all of them nobody's */
    assert_true(rows->block_count > 1);
    unit_assert_ok(sch_rows_settle_passes(rows));
    for (size_t p = 0; p < PASSES; p++) {
        assert_int_equal(check_settled(rows, p), rows->pass_shared[p]);
    }
    for (size_t b = 0; b < rows->block_count; b++) {
        for (size_t i = 0; i < rows->block[b].rows; i++, seen++) {
            uint64_t value = rows->block[b].value[0][i];
            assert_int_equal(rows->block[b].group[i], group_of(value, value % 2));
        }
    }
    assert_int_equal(seen, MANY);
    finish(rows);
}

static void test_rows_check_doubles_with_passes_finds_persons_and_no_others(void **state)
{
    (void)state;
    sch_rows *rows = start(&SPINE);
    unit_assert_ok(take(rows, MIXED, MIXED_ROWS)); /* with an invalid identifier twice */
    unit_assert_ok(sch_rows_check_doubles(rows));
    unit_assert_ok(take(rows, &MIXED[1], 1));
    unit_assert_code(sch_rows_check_doubles(rows), SCH_BAD_INPUT);
    finish(rows);
}

static void test_rows_open_shard_gives_tags_pass_after_pass_each_under_its_key(void **state)
{
    (void)state;
    static uint8_t keys[2][SCH_MAX_LINK_PASSES][SCH_KEY_BYTES];
    const uint8_t *key[3] = {keys[0][0], NULL, keys[1][0]};
    sch_rows *rows = start(&SPINE);
    sch_shard_rows shard;
    size_t compared = 0;
    sch_random_fill(keys, sizeof keys);
    unit_assert_ok(take(rows, MIXED, MIXED_ROWS));
    unit_assert_ok(sch_rows_settle_passes(rows));
    unit_assert_ok(sch_rows_cut(rows, 1, 1));
    unit_assert_ok(sch_rows_open_shard(rows, &shard, 0, 1, key, 3));
    assert_int_equal(shard.rows, MIXED_ROWS);
    assert_ptr_equal(shard.group, rows->block[0].group);
    assert_null(shard.tag[1]);
    for (size_t k = 0; k < 2; k++) {
        for (size_t p = 0; p <= PASSES; p++) {
            const sch_tag *base = p == 0 ? rows->block[0].tag : rows->block[0].pass_tag[p - 1];
            uint8_t length[MIXED_ROWS];
            sch_tag want[MIXED_ROWS];
            sch_tagger tagger;
            memset(length, SCH_TAG_BYTES, sizeof length);
            unit_assert_ok(sch_tagger_init(&tagger, keys[k][p]));
            unit_assert_ok(sch_tagger_hash(&tagger, want, base[0].byte, length, MIXED_ROWS));
            sch_tagger_clear(&tagger);
            assert_memory_equal(shard.tag[2 * k] + p * MIXED_ROWS, want, sizeof want);
            compared++;
        }
    }
    assert_int_equal(compared, 2 * (1 + PASSES));
    sch_rows_close_shard(rows, &shard);
    assert_null(rows->block[0].group);
    assert_null(rows->block[0].pass_tag[0]);
    finish(rows);
}

static void test_rows_open_shard_of_several_cuts_with_passes_is_a_bug(void **state)
{
    (void)state;
    const uint8_t *key[1] = {NULL};
    sch_rows *rows = start(&SPINE);
    unit_assert_ok(take(rows, MIXED, MIXED_ROWS));
    unit_assert_ok(sch_rows_cut(rows, 2, 1));
    for (uint32_t shards = 1; shards <= 2; shards++) {
        sch_shard_rows shard;
        unit_assert_code(sch_rows_open_shard(rows, &shard, 0, shards, key, 1), SCH_BUG);
        sch_rows_close_shard(rows, &shard);
    }
    finish(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_take_with_passes_keeps_rows_without_a_valid_identifier),
        cmocka_unit_test(test_rows_take_with_passes_gives_rows_of_the_spine_that_break_conditions_a_group_of_their_own),
        cmocka_unit_test(test_rows_take_with_passes_and_no_valid_identifier_takes_all),
        cmocka_unit_test(test_rows_take_pass_tags_are_of_both_numbers_and_random_without),
        cmocka_unit_test(test_rows_take_numbers_out_of_range_are_a_bug),
        cmocka_unit_test(test_rows_init_passes_beside_several_rows_of_a_person_are_a_bug),
        cmocka_unit_test(test_row_shape_values_counts_what_the_engine_gives),
        cmocka_unit_test(test_rows_settle_passes_makes_every_shared_key_random),
        cmocka_unit_test(test_rows_settle_passes_one_key_for_all_links_nobody),
        cmocka_unit_test(test_rows_settle_passes_looks_at_each_pass_alone),
        cmocka_unit_test(test_rows_settle_passes_without_rows_or_passes_does_nothing),
        cmocka_unit_test(test_rows_random_tags_have_uniform_bits),
        cmocka_unit_test(test_rows_check_doubles_with_passes_keeps_rows_whole),
        cmocka_unit_test(test_rows_check_doubles_with_passes_finds_persons_and_no_others),
        cmocka_unit_test(test_rows_open_shard_gives_tags_pass_after_pass_each_under_its_key),
        cmocka_unit_test(test_rows_open_shard_of_several_cuts_with_passes_is_a_bug),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
