#include "crypto/share/perm.h"
#include "crypto/share/ring.h"
#include "crypto/share/rows.h"
#include "tests/support/chi_square.h"
#include "tests/support/parties.h"
#include "tests/support/unit.h"

enum { MAX_ROWS = 64 };

/* ---- ring ---- */

static void test_ring_arithmetic_wraps_modulo_2_64(void **state)
{
    (void)state;
    const uint64_t a[3] = {UINT64_MAX, 5, 0};
    const uint64_t b[3] = {1, 7, 1};
    uint64_t out[3];
    sch_ring_add(out, a, b, 3);
    assert_true(out[0] == 0 && out[1] == 12 && out[2] == 1);
    sch_ring_sub(out, a, b, 3);
    assert_true(out[0] == UINT64_MAX - 1 && out[1] == (uint64_t)-2 && out[2] == UINT64_MAX);
    sch_ring_scale(out, a, 3, 3);
    assert_true(out[0] == (uint64_t)-3 && out[1] == 15 && out[2] == 0);
    sch_ring_negate(out, a, 3);
    assert_true(out[0] == 1 && out[1] == (uint64_t)-5 && out[2] == 0);
    sch_ring_prefix_sums(out, a, 3);
    assert_true(out[0] == UINT64_MAX && out[1] == 4 && out[2] == 4);
    assert_true(sch_ring_sum(a, 3) == 4);
    assert_true(sch_ring_sum(a, 0) == 0);
}

static void test_ring_init_with_too_many_words_fails(void **state)
{
    (void)state;
    sch_ring ring;
    unit_assert_code(sch_ring_init(&ring, SIZE_MAX / 4, 8), SCH_NO_MEMORY);
    assert_true(ring.word == NULL && ring.count == 0);
    unit_assert_code(sch_ring_init(&ring, SIZE_MAX / 4, 1), SCH_NO_MEMORY);
    unit_assert_code(sch_ring_init_zero(&ring, SIZE_MAX / 4, 8), SCH_NO_MEMORY);
    unit_assert_code(sch_ring_init_zero(&ring, SIZE_MAX / 4, 1), SCH_NO_MEMORY);
    assert_true(ring.word == NULL && ring.count == 0);
}

static void test_ring_init_of_nothing_is_empty(void **state)
{
    (void)state;
    sch_ring ring;
    unit_assert_ok(sch_ring_init(&ring, 0, 8));
    assert_true(ring.word == NULL && ring.count == 0);
    unit_assert_ok(sch_ring_init_zero(&ring, 3, 2));
    assert_true(ring.count == 6 && sch_ring_sum(ring.word, 6) == 0);
    sch_ring_clear(&ring);
    sch_ring_clear(&ring);
    assert_true(ring.word == NULL && ring.count == 0);
}

/* ---- permutations: uniform ---- */

/* The number of a permutation of n <= 5 among all n!, by Lehmer's code. */
static size_t number_of(const uint32_t *to, size_t n)
{
    size_t number = 0;
    for (size_t i = 0; i < n; i++) {
        size_t smaller = 0;
        for (size_t j = i + 1; j < n; j++) {
            smaller += to[j] < to[i];
        }
        number = number * (n - i) + smaller;
    }
    return number;
}

static void check_uniform(size_t n, size_t categories, bool from_stream)
{
    size_t count[120] = {0};
    size_t draws = 500 * categories;
    uint64_t seed = n;
    for (size_t draw = 0; draw < draws; draw++) {
        sch_perm perm = {0};
        if (from_stream) {
            uint8_t key[SCH_KEY_BYTES] = {0};
            sch_put_u64(key, parties_random(&seed));
            sch_stream stream = {0};
            unit_assert_ok(sch_stream_init(&stream, key));
            unit_assert_ok(sch_perm_init_stream(&perm, n, &stream));
            sch_stream_clear(&stream);
        } else {
            unit_assert_ok(sch_perm_init_random(&perm, n));
        }
        count[number_of(perm.to, n)]++;
        sch_perm_clear(&perm);
    }
    assert_true(chi_square_is_uniform(count, categories));
}

static void test_perm_init_stream_of_few_rows_is_uniform(void **state)
{
    (void)state;
    check_uniform(4, 24, true);
    check_uniform(5, 120, true);
}

static void test_perm_init_random_of_few_rows_is_uniform(void **state)
{
    (void)state;
    check_uniform(4, 24, false);
    check_uniform(5, 120, false);
}

/* The check itself has to see the bias of the well-known wrong shuffle, which draws from all rows each time. */
static void test_chi_square_of_a_biased_shuffle_fails(void **state)
{
    (void)state;
    size_t count[24] = {0};
    uint64_t seed = 4;
    for (size_t draw = 0; draw < 12000; draw++) {
        uint32_t to[4] = {0, 1, 2, 3};
        for (size_t i = 0; i < 4; i++) {
            size_t chosen = (size_t)(parties_random(&seed) % 4);
            uint32_t kept = to[i];
            to[i] = to[chosen];
            to[chosen] = kept;
        }
        count[number_of(to, 4)]++;
    }
    assert_false(chi_square_is_uniform(count, 24));
}

/* Where each row of many goes: 256 bands of rows by 256 bands of places would need too much, so one row is followed. */
static void test_perm_init_stream_of_many_rows_places_a_row_uniformly(void **state)
{
    (void)state;
    enum { ROWS = 3000, BANDS = 30, DRAWS = 3000 }; /* more rows than one block of the stream serves */
    size_t count[3][BANDS] = {{0}};
    uint64_t seed = 77;
    for (size_t draw = 0; draw < DRAWS; draw++) {
        uint8_t key[SCH_KEY_BYTES] = {0};
        sch_put_u64(key, parties_random(&seed));
        sch_stream stream = {0};
        sch_perm perm = {0};
        unit_assert_ok(sch_stream_init(&stream, key));
        unit_assert_ok(sch_perm_init_stream(&perm, ROWS, &stream));
        unit_assert_ok(sch_perm_check_distinct(perm.to, ROWS, ROWS));
        count[0][perm.to[0] / (ROWS / BANDS)]++;
        count[1][perm.to[ROWS / 2] / (ROWS / BANDS)]++;
        count[2][perm.to[ROWS - 1] / (ROWS / BANDS)]++;
        sch_perm_clear(&perm);
        sch_stream_clear(&stream);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(chi_square_is_uniform(count[i], BANDS));
    }
}

static void test_perm_init_stream_of_level_streams_is_equal_and_leaves_them_level(void **state)
{
    (void)state;
    const uint8_t key[SCH_KEY_BYTES] = {9};
    sch_stream stream[2] = {{0}};
    sch_perm perm[2] = {{0}};
    uint64_t next[2];
    for (size_t i = 0; i < 2; i++) {
        unit_assert_ok(sch_stream_init(&stream[i], key));
        unit_assert_ok(sch_perm_init_stream(&perm[i], 10000, &stream[i]));
        unit_assert_ok(sch_stream_read(&stream[i], &next[i], sizeof next[i]));
    }
    assert_memory_equal(perm[0].to, perm[1].to, 10000 * SCH_PERM_ITEM_BYTES);
    assert_true(next[0] == next[1]);
    for (size_t i = 0; i < 2; i++) {
        sch_perm_clear(&perm[i]);
        sch_stream_clear(&stream[i]);
    }
}

static void test_perm_init_with_too_many_rows_fails(void **state)
{
    (void)state;
    sch_perm perm;
    unit_assert_code(sch_perm_init(&perm, UINT32_MAX), SCH_BAD_INPUT);
    unit_assert_code(sch_perm_init(&perm, SIZE_MAX), SCH_BAD_INPUT);
    unit_assert_code(sch_perm_init_random(&perm, UINT32_MAX), SCH_BAD_INPUT);
    assert_true(perm.to == NULL && perm.rows == 0);
    unit_assert_ok(sch_perm_init_random(&perm, 0));
    sch_perm_clear(&perm);
}

static void test_perm_init_stream_of_a_stream_not_begun_fails(void **state)
{
    (void)state;
    sch_stream stream = {0};
    sch_perm perm;
    unit_assert_code(sch_perm_init_stream(&perm, 10, &stream), SCH_BUG);
    assert_true(perm.to == NULL && perm.rows == 0);
}

/* ---- permutations: algebra ---- */

static void test_perm_invert_compose_divide_agree_with_their_definitions(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t rows = 0; rows <= MAX_ROWS; rows++) {
        sch_perm p = {0};
        sch_perm q = {0};
        sch_perm out = {0};
        unit_assert_ok(sch_perm_init_random(&p, rows));
        unit_assert_ok(sch_perm_init_random(&q, rows));
        unit_assert_ok(sch_perm_init(&out, rows));
        sch_perm_invert(&out, &p);
        for (size_t j = 0; j < rows; j++, checked++) {
            assert_int_equal(out.to[p.to[j]], j);
        }
        sch_perm_compose(&out, &q, &p);
        for (size_t j = 0; j < rows; j++) {
            assert_int_equal(out.to[j], q.to[p.to[j]]);
        }
        sch_perm_divide(&out, &q, &p);
        for (size_t j = 0; j < rows; j++) {
            assert_int_equal(out.to[p.to[j]], q.to[j]);
        }
        sch_perm_clear(&p);
        sch_perm_clear(&q);
        sch_perm_clear(&out);
    }
    assert_int_equal(checked, MAX_ROWS * (MAX_ROWS + 1) / 2);
}

static void test_perm_check_distinct_of_hostile_positions_fails(void **state)
{
    (void)state;
    const uint32_t good[4] = {3, 0, 2, 1};
    const uint32_t twice[4] = {3, 0, 3, 1};
    const uint32_t beyond[4] = {3, 0, 4, 1};
    const uint32_t far[1] = {UINT32_MAX};
    unit_assert_ok(sch_perm_check_distinct(good, 4, 4));
    unit_assert_ok(sch_perm_check_distinct(good, 4, 1000));
    unit_assert_ok(sch_perm_check_distinct(good, 0, 0));
    unit_assert_code(sch_perm_check_distinct(twice, 4, 4), SCH_BAD_PEER);
    unit_assert_code(sch_perm_check_distinct(beyond, 4, 4), SCH_BAD_PEER);
    unit_assert_code(sch_perm_check_distinct(far, 1, 64), SCH_BAD_PEER);
    unit_assert_code(sch_perm_check_distinct(far, 1, 0), SCH_BAD_PEER);
}

static void test_perm_init_by_group_sorts_and_gives_each_group_a_row(void **state)
{
    (void)state;
    uint64_t seed = 3;
    size_t runs = 0;
    for (size_t rows = 0; rows <= MAX_ROWS; rows += 4) {
        for (size_t groups = 1; groups <= 9; groups += 4, runs++) {
            uint32_t group[MAX_ROWS];
            uint32_t sorted[MAX_ROWS + 9];
            for (size_t j = 0; j < rows; j++) {
                group[j] = (uint32_t)(parties_random(&seed) % groups);
            }
            sch_perm order = {0};
            sch_perm psi = {0};
            sch_perm last = {0};
            unit_assert_ok(sch_perm_init_random(&order, rows));
            unit_assert_ok(sch_perm_init_by_group(&psi, &last, &order, group, rows, groups));
            assert_int_equal(psi.rows, rows + groups);
            unit_assert_ok(sch_perm_check_distinct(psi.to, psi.rows, rows + groups));
            for (size_t j = 0; j < rows; j++) {
                sorted[psi.to[order.to[j]]] = group[j];
            }
            for (size_t g = 0; g < groups; g++) {
                sorted[psi.to[rows + g]] = (uint32_t)g;
                assert_int_equal(last.to[g], psi.to[rows + g]);
            }
            for (size_t i = 0; i + 1 < psi.rows; i++) {
                assert_true(sorted[i] <= sorted[i + 1]);
            }
            for (size_t g = 0; g < groups; g++) {
                assert_int_equal(sorted[last.to[g]], g);
                assert_true(last.to[g] + 1 == psi.rows || sorted[last.to[g] + 1] == g + 1);
            }
            sch_perm_clear(&order);
            sch_perm_clear(&psi);
            sch_perm_clear(&last);
        }
    }
    assert_int_equal(runs, 17 * 3);
}

static void test_perm_init_by_group_of_a_group_out_of_range_fails(void **state)
{
    (void)state;
    const uint32_t group[2] = {0, 3};
    sch_perm order = {0};
    sch_perm psi;
    sch_perm last;
    unit_assert_ok(sch_perm_init_random(&order, 2));
    unit_assert_code(sch_perm_init_by_group(&psi, &last, &order, group, 2, 3), SCH_BAD_INPUT);
    assert_true(psi.to == NULL && last.to == NULL);
    sch_perm_clear(&order);
}

/* ---- rows ---- */

static void test_rows_moves_of_any_columns_agree_with_their_definitions(void **state)
{
    (void)state;
    enum { COLUMNS = 7, ROWS = 50 };
    uint64_t seed = 8;
    size_t runs = 0;
    for (size_t columns = 1; columns <= COLUMNS; columns++, runs++) {
        uint64_t a[ROWS * COLUMNS];
        uint64_t b[ROWS * COLUMNS];
        uint64_t out[5][ROWS * COLUMNS];
        const uint64_t *column[COLUMNS];
        for (size_t i = 0; i < ROWS * COLUMNS; i++) {
            a[i] = parties_random(&seed);
            b[i] = parties_random(&seed);
        }
        for (size_t k = 0; k < columns; k++) {
            column[k] = a + k * ROWS;
        }
        sch_perm to = {0};
        unit_assert_ok(sch_perm_init_random(&to, ROWS));
        sch_rows_place_sum(out[0], to.to, a, b, ROWS, columns);
        sch_rows_place_difference(out[1], to.to, a, b, ROWS, columns);
        sch_rows_place(out[2], to.to, a, ROWS, columns);
        sch_rows_pick(out[3], a, to.to, ROWS, columns);
        memcpy(out[4], b, sizeof b);
        sch_rows_add_columns(out[4], to.to, column, ROWS, columns);
        for (size_t j = 0; j < ROWS; j++) {
            for (size_t k = 0; k < columns; k++) {
                size_t here = j * columns + k;
                size_t there = to.to[j] * columns + k;
                assert_true(out[0][there] == a[here] + b[here]);
                assert_true(out[1][there] == a[here] - b[here]);
                assert_true(out[2][there] == a[here]);
                assert_true(out[3][here] == a[there]);
                assert_true(out[4][there] == b[there] + column[k][j]);
            }
        }
        memcpy(b, a, sizeof b);
        sch_rows_prefix_sums(b, ROWS, columns);
        for (size_t j = 0; j < ROWS; j++) {
            for (size_t k = 0; k < columns; k++) {
                assert_true(b[j * columns + k] == a[j * columns + k] + (j > 0 ? b[(j - 1) * columns + k] : 0));
            }
        }
        sch_perm_clear(&to);
    }
    assert_int_equal(runs, COLUMNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring_arithmetic_wraps_modulo_2_64),
        cmocka_unit_test(test_ring_init_with_too_many_words_fails),
        cmocka_unit_test(test_ring_init_of_nothing_is_empty),
        cmocka_unit_test(test_perm_init_stream_of_few_rows_is_uniform),
        cmocka_unit_test(test_perm_init_random_of_few_rows_is_uniform),
        cmocka_unit_test(test_chi_square_of_a_biased_shuffle_fails),
        cmocka_unit_test(test_perm_init_stream_of_many_rows_places_a_row_uniformly),
        cmocka_unit_test(test_perm_init_stream_of_level_streams_is_equal_and_leaves_them_level),
        cmocka_unit_test(test_perm_init_with_too_many_rows_fails),
        cmocka_unit_test(test_perm_init_stream_of_a_stream_not_begun_fails),
        cmocka_unit_test(test_perm_invert_compose_divide_agree_with_their_definitions),
        cmocka_unit_test(test_perm_check_distinct_of_hostile_positions_fails),
        cmocka_unit_test(test_perm_init_by_group_sorts_and_gives_each_group_a_row),
        cmocka_unit_test(test_perm_init_by_group_of_a_group_out_of_range_fails),
        cmocka_unit_test(test_rows_moves_of_any_columns_agree_with_their_definitions),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
