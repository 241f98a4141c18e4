#include "crypto/protocol/join.h"
#include "tests/support/parties.h"
#include "tests/support/unit.h"

enum { MAX_ROWS = 300 };

/* Tags that differ in high bits alone hash alike in their low bits, so that tags themselves have to be compared. */
static void test_join_tags_of_tags_that_differ_in_high_bits_tells_them_apart(void **state)
{
    (void)state;
    for (size_t word = 0; word < 2; word++) {
        sch_tag spine[MAX_ROWS] = {{{0}}};
        sch_tag data[MAX_ROWS] = {{{0}}};
        uint32_t match[MAX_ROWS];
        size_t links = 0;
        for (size_t i = 0; i < MAX_ROWS; i++) {
            uint64_t name[2] = {i, i + MAX_ROWS - 7}; /* seven of each side link */
            sch_put_u64(spine[i].byte + 8 * word, parties_random(&name[0]) << 32);
            sch_put_u64(data[i].byte + 8 * word, parties_random(&name[1]) << 32);
        }
        unit_assert_ok(sch_join_tags(match, &links, spine, MAX_ROWS, data, MAX_ROWS));
        assert_int_equal(links, 7);
        for (size_t i = 0; i < MAX_ROWS; i++) {
            assert_int_equal(match[i], i < MAX_ROWS - 7 ? SCH_JOIN_NONE : (uint32_t)(i - (MAX_ROWS - 7)));
        }
    }
}

static void shuffle(uint64_t *name, size_t rows, uint64_t *seed)
{
    for (size_t i = rows; i > 1; i--) {
        size_t chosen = (size_t)(parties_random(seed) % i);
        uint64_t kept = name[i - 1];
        name[i - 1] = name[chosen];
        name[chosen] = kept;
    }
}

/* Different names 0 .. 2 rows - 1, some on both sides. */
static void draw_names(uint64_t *name, size_t rows, uint64_t *seed)
{
    uint64_t all[2 * MAX_ROWS];
    for (size_t i = 0; i < 2 * MAX_ROWS; i++) {
        all[i] = i;
    }
    shuffle(all, 2 * MAX_ROWS, seed);
    memcpy(name, all, rows * sizeof *name);
}

static void test_join_tags_of_random_rows_agrees_with_nested_loops(void **state)
{
    (void)state;
    uint64_t seed = 5;
    size_t linked = 0;
    size_t runs = 0;
    for (; runs < 60; runs++) {
        size_t rows[2];
        uint64_t name[2][MAX_ROWS];
        sch_tag tag[2][MAX_ROWS];
        for (size_t side = 0; side < 2; side++) {
            rows[side] = runs % 10 == side ? 0 : (size_t)(parties_random(&seed) % MAX_ROWS);
            draw_names(name[side], rows[side], &seed);
            for (size_t i = 0; i < rows[side]; i++) {
                tag[side][i] = parties_tag(name[side][i]);
            }
        }
        uint32_t match[MAX_ROWS];
        size_t links = 0;
        size_t expected_links = 0;
        unit_assert_ok(sch_join_tags(match, &links, tag[0], rows[0], tag[1], rows[1]));
        for (size_t i = 0; i < rows[0]; i++) {
            uint32_t expected = SCH_JOIN_NONE;
            for (size_t j = 0; j < rows[1]; j++) {
                expected = name[0][i] == name[1][j] ? (uint32_t)j : expected;
            }
            assert_int_equal(match[i], expected);
            expected_links += expected != SCH_JOIN_NONE;
        }
        assert_int_equal(links, expected_links);
        linked += links;
    }
    assert_int_equal(runs, 60);
    assert_true(linked > 500);
}

/* Tags that differ in one word only, or are a row of numbers, must not be taken for each other. */
static void test_join_tags_of_alike_tags_tells_them_apart(void **state)
{
    (void)state;
    sch_tag spine[MAX_ROWS];
    sch_tag data[MAX_ROWS];
    uint32_t match[MAX_ROWS];
    size_t links = 0;
    for (size_t i = 0; i < MAX_ROWS; i++) {
        memset(&spine[i], 0, sizeof spine[i]);
        memset(&data[i], 0, sizeof data[i]);
        sch_put_u64(spine[i].byte, i);
        sch_put_u64(data[i].byte + 8, i);
    }
    unit_assert_ok(sch_join_tags(match, &links, spine, MAX_ROWS, data, MAX_ROWS));
    assert_int_equal(links, 1);
    assert_int_equal(match[0], 0);
    for (size_t i = 1; i < MAX_ROWS; i++) {
        assert_int_equal(match[i], SCH_JOIN_NONE);
    }
}

/* The later half of the spine's rows links with the earlier half of the data owner's. */
static void check_duplicate(size_t side, size_t original, size_t copy, const char *word)
{
    sch_tag tag[2][MAX_ROWS];
    uint32_t match[MAX_ROWS];
    size_t links = 0;
    for (size_t i = 0; i < MAX_ROWS; i++) {
        tag[0][i] = parties_tag(i);
        tag[1][i] = parties_tag(i + MAX_ROWS / 2);
    }
    tag[side][copy] = tag[side][original];
    sch_err err = sch_join_tags(match, &links, tag[0], MAX_ROWS, tag[1], MAX_ROWS);
    unit_assert_code(err, SCH_BAD_INPUT);
    assert_non_null(strstr(err.text, word));
}

static void test_join_tags_with_a_duplicate_names_the_side(void **state)
{
    (void)state;
    check_duplicate(0, MAX_ROWS - 1, 0, "spine"); /* a row that links */
    check_duplicate(0, 0, 1, "spine");            /* one that does not */
    check_duplicate(1, 0, MAX_ROWS - 1, "data owner");
    check_duplicate(1, MAX_ROWS - 1, MAX_ROWS - 2, "data owner");
}

static void test_join_tags_with_too_many_rows_fails(void **state)
{
    (void)state;
    size_t links = 0;
    unit_assert_code(sch_join_tags(NULL, &links, NULL, UINT32_MAX, NULL, 0), SCH_BAD_INPUT);
    unit_assert_code(sch_join_tags(NULL, &links, NULL, UINT32_MAX / 2 + 1, NULL, UINT32_MAX / 2), SCH_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join_tags_of_random_rows_agrees_with_nested_loops),
        cmocka_unit_test(test_join_tags_of_alike_tags_tells_them_apart),
        cmocka_unit_test(test_join_tags_of_tags_that_differ_in_high_bits_tells_them_apart),
        cmocka_unit_test(test_join_tags_with_a_duplicate_names_the_side),
        cmocka_unit_test(test_join_tags_with_too_many_rows_fails),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
