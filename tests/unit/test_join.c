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

/* ---- passes ---- */

enum { PASSES = 5 };

typedef struct pass_rows {
    size_t rows[2];
    uint64_t name[2][PASSES][MAX_ROWS];
    sch_tag tag[2][PASSES * MAX_ROWS];
} pass_rows;

static void draw_passes(pass_rows *c, uint64_t *seed, size_t run)
{
    for (size_t side = 0; side < 2; side++) {
        c->rows[side] = run % 10 == side ? 0 : (size_t)(parties_random(seed) % MAX_ROWS);
        for (size_t p = 0; p < PASSES; p++) {
            draw_names(c->name[side][p], c->rows[side], seed);
            for (size_t i = 0; i < c->rows[side]; i++) {
                c->tag[side][p * c->rows[side] + i] = parties_tag(c->name[side][p][i] + p * 10000);
            }
        }
    }
}

static void test_join_passes_of_random_rows_agrees_with_nested_loops(void **state)
{
    (void)state;
    static pass_rows c;
    uint64_t seed = 6;
    size_t runs = 0;
    size_t linked[PASSES] = {0};
    for (; runs < 60; runs++) {
        size_t passes = 1 + runs % PASSES;
        uint32_t match[MAX_ROWS];
        uint32_t expected[MAX_ROWS];
        uint8_t pass[MAX_ROWS];
        uint8_t expected_pass[MAX_ROWS] = {0};
        bool taken[MAX_ROWS] = {false};
        size_t links[PASSES] = {0};
        draw_passes(&c, &seed, runs);
        bool asks = runs % 3 > 0;
        unit_assert_ok(
            sch_join_passes(match, asks ? pass : NULL, links, c.tag[0], c.rows[0], c.tag[1], c.rows[1], passes));
        for (size_t p = 0; p < passes; p++) {
            size_t expected_links = 0;
            for (size_t i = 0; i < c.rows[0]; i++) {
                for (size_t j = 0; expected_pass[i] == 0 && j < c.rows[1]; j++) {
                    if (!taken[j] && c.name[0][p][i] == c.name[1][p][j]) {
                        expected[i] = (uint32_t)j;
                        expected_pass[i] = (uint8_t)(p + 1);
                        taken[j] = true;
                        expected_links++;
                    }
                }
            }
            assert_int_equal(links[p], expected_links);
            linked[p] += links[p];
        }
        for (size_t i = 0; i < c.rows[0]; i++) {
            assert_int_equal(match[i], expected_pass[i] == 0 ? SCH_JOIN_NONE : expected[i]);
            assert_true(!asks || pass[i] == expected_pass[i]);
        }
    }
    assert_int_equal(runs, 60);
    for (size_t p = 0; p < PASSES; p++) {
        assert_true(linked[p] > 30);
    }
}

/* Three rows on either side, of which the first two link in the first pass. */
static void draw_few(sch_tag tag[2][6])
{
    for (size_t i = 0; i < 6; i++) {
        tag[0][i] = parties_tag(i);
        tag[1][i] = parties_tag(i < 2 ? i : 100 + i);
    }
}

static void test_join_passes_with_a_duplicate_among_those_left_takes_the_first(void **state)
{
    (void)state;
    sch_tag tag[2][6];
    uint32_t match[3];
    size_t links[2];
    for (size_t side = 0; side < 2; side++) {
        draw_few(tag);
        tag[side][1] = parties_tag(200); /* the second row is left too */
        tag[side][5] = tag[side][4];
        tag[1 - side][5] = tag[side][4]; /* the other side's third row has it once */
        unit_assert_ok(sch_join_passes(match, NULL, links, tag[0], 3, tag[1], 3, 2));
        assert_int_equal(match[0], 0);
        assert_int_equal(match[1], side == 0 ? 2 : SCH_JOIN_NONE);
        assert_int_equal(match[2], side == 0 ? SCH_JOIN_NONE : 1);
        assert_int_equal(links[0], 1);
        assert_int_equal(links[1], 1);
    }
}

static void test_join_passes_with_a_duplicate_of_a_matched_row_does_not_see_it(void **state)
{
    (void)state;
    sch_tag tag[2][6];
    uint32_t match[3];
    uint8_t pass[3];
    size_t links[2];
    draw_few(tag);
    for (size_t side = 0; side < 2; side++) { /* rows 0 and 2 have one tag for the second pass, on either side */
        tag[side][3] = parties_tag(300);
        tag[side][5] = parties_tag(300);
    }
    unit_assert_ok(sch_join_passes(match, pass, links, tag[0], 3, tag[1], 3, 2));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(match[i], i);
        assert_int_equal(pass[i], i < 2 ? 1 : 2);
    }
    assert_int_equal(links[0], 2);
    assert_int_equal(links[1], 1);
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
static void check_duplicate(size_t side, size_t original, size_t copy)
{
    sch_tag tag[2][MAX_ROWS];
    uint32_t match[MAX_ROWS];
    size_t links = 0;
    for (size_t i = 0; i < MAX_ROWS; i++) {
        tag[0][i] = parties_tag(i);
        tag[1][i] = parties_tag(i + MAX_ROWS / 2);
    }
    tag[side][copy] = tag[side][original];
    unit_assert_ok(sch_join_tags(match, &links, tag[0], MAX_ROWS, tag[1], MAX_ROWS));
    size_t matched = 0;
    for (size_t i = 0; i < MAX_ROWS; i++) {
        size_t j = 0; /* the first row of the data owner with the tag, for the first of the spine */
        while (j < MAX_ROWS && memcmp(&tag[1][j], &tag[0][i], sizeof tag[0][i]) != 0) {
            j++;
        }
        bool again = side == 0 && i > 0 && (i == copy || i == original) && i > (copy < original ? copy : original);
        assert_int_equal(match[i], j == MAX_ROWS || again ? SCH_JOIN_NONE : (uint32_t)j);
        matched += match[i] != SCH_JOIN_NONE;
    }
    assert_int_equal(links, matched);
}

static void test_join_tags_with_a_duplicate_takes_the_first(void **state)
{
    (void)state;
    check_duplicate(0, MAX_ROWS - 1, 0); /* a row that links */
    check_duplicate(0, 0, 1);            /* one that does not */
    check_duplicate(1, 0, MAX_ROWS - 1);
    check_duplicate(1, MAX_ROWS - 1, MAX_ROWS - 2);
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
        cmocka_unit_test(test_join_tags_with_a_duplicate_takes_the_first),
        cmocka_unit_test(test_join_tags_with_too_many_rows_fails),
        cmocka_unit_test(test_join_passes_of_random_rows_agrees_with_nested_loops),
        cmocka_unit_test(test_join_passes_with_a_duplicate_among_those_left_takes_the_first),
        cmocka_unit_test(test_join_passes_with_a_duplicate_of_a_matched_row_does_not_see_it),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
