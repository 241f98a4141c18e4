/* From opened sums to statistics. */
#include "node/query/aggregate.h"
#include "tests/support/hand_plan.h"

/* The aggregate of one cell of 20 persons as text; borrowed until the next call. sums: S_x, S_y, S_xx, S_yy, S_xy. */
static const char *shown_of(sch_op op, uint8_t decimals_x, uint8_t decimals_y, int64_t count, const int64_t *sums)
{
    static char text[128];
    hand_plan *h = hand_new();
    uint32_t e = hand_aggregate(h, op, decimals_x, decimals_y);
    hand_output(h, "a", e);
    h->plan.rules.min_persons = 1;
    hand_lay(h);
    hand_fill(h, e, 0, 20, count, sums);
    hand_disclose(h);
    unit_assert_ok(hand_make(h, false));
    (void)snprintf(text, sizeof text, "%s", hand_shown(h, 0, 0));
    hand_free(h);
    return text;
}

static sch_err make_of(sch_op op, int64_t count, const int64_t *sums)
{
    hand_plan *h = hand_new();
    uint32_t e = hand_aggregate(h, op, 0, 0);
    hand_output(h, "a", e);
    h->plan.rules.min_persons = 1;
    hand_lay(h);
    hand_fill(h, e, 0, 20, count, sums);
    hand_disclose(h);
    sch_err err = hand_make(h, false);
    hand_free(h);
    return err;
}

/* x = 1.10, 2.50, -3.75, 4.80, 1.25; y = 3, 7, -2, 9, 4. Expected: fractions and integer square roots in Python. */
static void test_aggregate_make_is_the_nearest_double(void **state)
{
    (void)state;
    static const int64_t SUMS[] = {590, 21, 461250, 159, 7650};
    static const struct {
        sch_op op;
        const char *expected;
    } CASES[] = {
        {SCH_OP_COUNT_ROWS, "5"},
        {SCH_OP_COUNT, "5"},
        {SCH_OP_COUNT_PERSONS, "5"},
        {SCH_OP_REGR_COUNT, "5"},
        {SCH_OP_SUM, "5.90"},
        {SCH_OP_AVG, "1.18"},
        {SCH_OP_VAR_SAMP, "9.79075"},
        {SCH_OP_VAR_POP, "7.8326"},
        {SCH_OP_STDDEV_SAMP, "3.1290174176568595"},
        {SCH_OP_STDDEV_POP, "2.7986782594646353"},
        {SCH_OP_COVAR_SAMP, "12.93"},
        {SCH_OP_COVAR_POP, "10.344"},
        {SCH_OP_CORR, "0.9822090040401357"},
        {SCH_OP_REGR_SLOPE, "1.3206342721446263"},
        {SCH_OP_REGR_INTERCEPT, "2.641651558869341"},
        {SCH_OP_REGR_R2, "0.9647345276175151"},
        {SCH_OP_REGR_AVGX, "1.18"},
        {SCH_OP_REGR_AVGY, "4.2"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_string_equal(shown_of(CASES[i].op, 2, 0, 5, SUMS), CASES[i].expected);
        checked++;
    }
    assert_int_equal(checked, 18);
    static const int64_t FALLING[] = {6, 12, 14, 50, 22}; /* x = 1, 2, 3; y = 5, 4, 3 */
    assert_string_equal(shown_of(SCH_OP_CORR, 0, 0, 3, FALLING), "-1");
    assert_string_equal(shown_of(SCH_OP_REGR_SLOPE, 0, 2, 3, FALLING), "-0.01");
    assert_string_equal(shown_of(SCH_OP_REGR_INTERCEPT, 0, 2, 3, FALLING), "0.06");
}

/* 10^9, 10^9 + 1, 10^9 + 2: doubles would have nothing left. */
static void test_aggregate_make_variance_does_not_cancel(void **state)
{
    (void)state;
    static const int64_t SUMS[] = {3000000003, 0, 3000000006000000005, 0, 0};
    assert_string_equal(shown_of(SCH_OP_VAR_SAMP, 0, 0, 3, SUMS), "1");
    assert_string_equal(shown_of(SCH_OP_STDDEV_SAMP, 0, 0, 3, SUMS), "1");
}

static void test_aggregate_make_null_rules_are_sql(void **state)
{
    (void)state;
    static const int64_t ONE[] = {7, 3, 49, 9, 21};
    static const int64_t FLAT_X[] = {21, 6, 147, 14, 42}; /* x = 7, 7, 7; y = 1, 2, 3 */
    static const int64_t FLAT_Y[] = {6, 21, 14, 147, 42};
    static const struct {
        sch_op op;
        const char *one, *flat_x, *flat_y;
    } CASES[] = {
        {SCH_OP_VAR_SAMP, "NULL", "0", "1"},
        {SCH_OP_VAR_POP, "0", "0", "0.6666666666666666"},
        {SCH_OP_STDDEV_SAMP, "NULL", "0", "1"},
        {SCH_OP_STDDEV_POP, "0", "0", "0.816496580927726"},
        {SCH_OP_COVAR_SAMP, "NULL", "0", "0"},
        {SCH_OP_COVAR_POP, "0", "0", "0"},
        {SCH_OP_CORR, "NULL", "NULL", "NULL"},
        {SCH_OP_REGR_SLOPE, "NULL", "NULL", "0"},
        {SCH_OP_REGR_INTERCEPT, "NULL", "NULL", "7"},
        {SCH_OP_REGR_R2, "NULL", "NULL", "1"},
        {SCH_OP_REGR_AVGX, "7", "7", "2"},
        {SCH_OP_REGR_COUNT, "1", "3", "3"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_string_equal(shown_of(CASES[i].op, 0, 0, 1, ONE), CASES[i].one);
        assert_string_equal(shown_of(CASES[i].op, 0, 0, 3, FLAT_X), CASES[i].flat_x);
        assert_string_equal(shown_of(CASES[i].op, 0, 0, 3, FLAT_Y), CASES[i].flat_y);
        checked++;
    }
    assert_int_equal(checked, 12);
}

static void test_aggregate_make_without_values_counts_0_and_is_null(void **state)
{
    (void)state;
    static const int64_t NOTHING[5] = {0};
    size_t checked = 0;
    for (int op = SCH_OP_COUNT_ROWS; op <= SCH_OP_REGR_AVGY; op++) {
        bool count = op <= SCH_OP_COUNT_PERSONS || op == SCH_OP_REGR_COUNT;
        assert_string_equal(shown_of((sch_op)op, 0, 0, 0, NOTHING), count ? "0" : "NULL");
        checked++;
    }
    assert_int_equal(checked, 18);
}

static void test_aggregate_make_suppressed_where_a_sum_is(void **state)
{
    (void)state;
    hand_plan *h = hand_new();
    uint32_t e = hand_aggregate(h, SCH_OP_CORR, 0, 0);
    hand_output(h, "a", e);
    hand_lay(h);
    static const int64_t SUMS[] = {590, 21, 461250, 159, 7650};
    hand_fill(h, e, 0, 20, 20, SUMS);
    hand_disclose(h);
    const sch_plan_aggregate *a = hand_find(h, e);
    const sch_plan_sum *const sum[] = {&a->x, &a->y, &a->xx, &a->yy, &a->xy};
    for (size_t i = 0; i < 5; i++) {
        h->states[sum[i]->column[0]] = SCH_CELL_SUPPRESSED;
        unit_assert_ok(hand_make(h, false));
        assert_string_equal(hand_shown(h, 0, 0), ".");
        h->states[sum[i]->column[0]] = SCH_CELL_RELEASED;
    }
    unit_assert_ok(hand_make(h, false));
    assert_string_not_equal(hand_shown(h, 0, 0), ".");
    hand_free(h);
}

static void test_aggregate_make_impossible_sums_are_bad_peer(void **state)
{
    (void)state;
    static const int64_t NEGATIVE_VARIANCE[] = {30, 0, 299, 0, 0}; /* 3 x 299 < 30^2 */
    static const int64_t TOO_MUCH[] = {0, 0, 10, 10, 11};
    static const int64_t JUST[] = {0, 0, 10, 10, -10};
    unit_assert_code(make_of(SCH_OP_VAR_POP, 3, NEGATIVE_VARIANCE), SCH_BAD_PEER);
    unit_assert_code(make_of(SCH_OP_CORR, 3, TOO_MUCH), SCH_BAD_PEER);
    unit_assert_ok(make_of(SCH_OP_CORR, 3, JUST));
    unit_assert_code(make_of(SCH_OP_COUNT, -3, JUST), SCH_BAD_PEER);
}

static void test_aggregate_make_without_a_sum_is_a_bug(void **state)
{
    (void)state;
    hand_plan *h = hand_new();
    uint32_t e = hand_aggregate(h, SCH_OP_VAR_POP, 0, 0);
    hand_output(h, "a", e);
    hand_lay(h);
    hand_fill(h, e, 0, 20, 20, (const int64_t[5]){0});
    hand_disclose(h);
    hand_find(h, e)->xx.limbs = 0;
    unit_assert_code(hand_make(h, false), SCH_BUG);
    hand_find(h, e)->xx.limbs = SCH_MAX_LIMBS + 1;
    unit_assert_code(hand_make(h, false), SCH_BUG);
    hand_free(h);
}

/* 3 limbs of 30 bits, the middle one negative: 2^60 x (2^40) - 2^30 x 5 + 7. */
static void test_sums_read_adds_limbs_beyond_64_bits(void **state)
{
    (void)state;
    hand_plan *h = hand_new();
    uint32_t e = hand_aggregate(h, SCH_OP_SUM, 2, 0);
    hand_output(h, "a", e);
    sch_plan_sum *sum = &hand_find(h, e)->x;
    sum->limbs = 3;
    for (uint8_t i = 0; i < 3; i++) {
        sum->column[i] = (uint16_t)(h->plan.cell.columns + i);
        sum->shift[i] = (uint8_t)(30 * i);
        h->plan.cell.rule_count[sum->column[i]] = 1;
        h->plan.cell.rule[sum->column[i]][0] = h->plan.cell.rule[hand_find(h, e)->count.column[0]][0];
    }
    h->plan.cell.columns += 3;
    hand_lay(h);
    hand_fill(h, e, 0, 20, 20, NULL);
    hand_put(h, sum->column[0], 0, 7);
    hand_put(h, sum->column[1], 0, -5);
    hand_put(h, sum->column[2], 0, INT64_C(1) << 40);
    hand_disclose(h);
    unit_assert_ok(hand_make(h, false));
    assert_string_equal(hand_shown(h, 0, 0),
                        "12676506002282294014913344962.63"); /* 2^100 - 5 x 2^30 + 7, with 2 decimals */
    hand_free(h);
}

/* ---- quantiles ---- */

/* Edges 0.00, 10.00, 20.00, 50.00. */
static sch_column bins(int64_t *edges)
{
    static const int64_t EDGES[] = {0, 1000, 2000, 5000};
    memcpy(edges, EDGES, sizeof EDGES);
    return (sch_column){.name = "loon", .decimals = 2, .bin_edge = edges, .bin_count = 3};
}

static void test_quantile_make_interpolates_between_middles(void **state)
{
    (void)state;
    int64_t edges[4];
    const sch_column column = bins(edges);
    sch_value value = {0};
    mpz_t n;
    mpq_t half;
    mpz_init_set_si(n, 20);
    mpq_init(half);
    mpq_set_ui(half, 1, 2);
    sch_quantile_make(&value, SCH_OP_PERCENTILE_DISC, &column, 1, 2, n, half);
    assert_true(sch_value_double(&value) == 15);
    sch_value_clear(&value);
    sch_quantile_make(&value, SCH_OP_PERCENTILE_CONT, &column, 1, 2, n, half); /* rank 9.5 */
    assert_true(sch_value_double(&value) == 25);                               /* half way from 15 to 35 */
    sch_value_clear(&value);
    mpz_set_si(n, 21); /* rank 10 */
    sch_quantile_make(&value, SCH_OP_PERCENTILE_CONT, &column, 1, 2, n, half);
    assert_true(sch_value_double(&value) == 15);
    sch_value_clear(&value);
    mpq_set_ui(half, 9, 10); /* rank 18 */
    mpz_set_si(n, 22);       /* rank 18.9 */
    sch_quantile_make(&value, SCH_OP_PERCENTILE_CONT, &column, 0, 1, n, half);
    assert_true(sch_value_double(&value) == 14);
    sch_value_clear(&value);
    mpz_clear(n);
    mpq_clear(half);
}

/* Of every sorted list of values, the quantile that bins give against the one of the values themselves. */
static void test_quantile_make_stays_within_its_reach(void **state)
{
    (void)state;
    int64_t edges[4];
    const sch_column column = bins(edges);
    uint32_t seed = 12345;
    size_t checked = 0;
    for (int round = 0; round < 2000; round++) {
        int64_t x[30];
        size_t count = 1 + (size_t)round % 30;
        for (size_t i = 0; i < count; i++) { /* kept in order */
            seed = seed * 1664525U + 1013904223U;
            int64_t now = seed >> 8 & 0xffff;
            now = now * 4999 / 0xffff;
            size_t at = i;
            for (; at > 0 && x[at - 1] > now; at--) {
                x[at] = x[at - 1];
            }
            x[at] = now;
        }
        double rank = 0.25 * (double)(count - 1);
        size_t low = (size_t)rank;
        size_t high = low + 1 < count ? low + 1 : low;
        double truth = (double)x[low] + (rank - (double)low) * (double)(x[high] - x[low]);
        sch_value value = {0};
        mpz_t n;
        mpq_t quarter;
        mpz_init_set_ui(n, count);
        mpq_init(quarter);
        mpq_set_ui(quarter, 1, 4);
        uint32_t bin = x[low] < 1000 ? 0 : x[low] < 2000 ? 1 : 2;
        uint32_t next = x[high] < 1000 ? 0 : x[high] < 2000 ? 1 : 2;
        sch_quantile_make(&value, SCH_OP_PERCENTILE_CONT, &column, bin, next, n, quarter);
        double off = sch_value_double(&value) * 100 - truth;
        assert_true(off <= 3000 && off >= -3000);
        sch_value_clear(&value);
        sch_quantile_make(&value, SCH_OP_PERCENTILE_DISC, &column, bin, 0, n, quarter);
        off = sch_value_double(&value) * 100 - (double)x[low];
        assert_true(off <= 1500 && off >= -1500);
        sch_value_clear(&value);
        mpz_clear(n);
        mpq_clear(quarter);
        checked++;
    }
    assert_int_equal(checked, 2000);
}

static void assert_reach(sch_op op, const sch_column *column, const char *expected)
{
    sch_value reach = {0};
    sch_buf out = {0};
    sch_quantile_reach(&reach, op, column);
    unit_assert_ok(sch_value_print(&out, &reach));
    assert_string_equal(sch_buf_text(&out), expected);
    sch_buf_clear(&out);
    sch_value_clear(&reach);
}

static void test_quantile_reach_is_that_of_the_widest_bin(void **state)
{
    (void)state;
    int64_t edges[4];
    sch_column column = bins(edges);
    assert_reach(SCH_OP_PERCENTILE_CONT, &column, "30.00");
    assert_reach(SCH_OP_PERCENTILE_DISC, &column, "15.00");
    edges[3] = 5001;
    assert_reach(SCH_OP_PERCENTILE_DISC, &column, "15.005");
}

/* A plan with a percentile: marks of three bins, twice. */
static hand_plan *percentile_plan(sch_op op, sch_column *column)
{
    hand_plan *h = hand_new();
    uint32_t e = hand_aggregate(h, SCH_OP_COUNT, 0, 0);
    sch_plan_aggregate *a = hand_find(h, e);
    uint32_t x = hand_column(h, "loon");
    uint32_t q = hand_number(h, 5, 1);
    a->expression = HAND_OP(h, op, x, q);
    a->op = op;
    a->bins = 3;
    a->bin_column = column;
    a->first_above = h->plan.cell.columns;
    a->first_above_next = (uint16_t)(a->first_above + 2);
    for (uint16_t j = a->first_above; j < a->first_above + 4; j++) {
        h->plan.cell.rule_count[j] = 1;
        h->plan.cell.rule[j][0] = h->plan.cell.rule[a->count.column[0]][0];
    }
    h->plan.cell.columns += 4;
    hand_output(h, "mediaan", a->expression);
    hand_lay(h);
    hand_fill(h, a->expression, 0, 20, 20, NULL);
    return h;
}

static void test_aggregate_make_percentile_counts_marks(void **state)
{
    (void)state;
    int64_t edges[4];
    sch_column column = bins(edges);
    static const sch_op OPS[] = {SCH_OP_PERCENTILE_DISC, SCH_OP_PERCENTILE_CONT};
    static const char *const EXPECTED[] = {"15", "25"};
    for (size_t i = 0; i < 2; i++) {
        hand_plan *h = percentile_plan(OPS[i], &column);
        const sch_plan_aggregate *a = &h->plan.aggregate[0];
        hand_put(h, a->first_above, 0, 1);
        hand_put(h, a->first_above_next, 0, 1);
        hand_put(h, (uint16_t)(a->first_above_next + 1), 0, 1);
        hand_disclose(h);
        unit_assert_ok(hand_make(h, false));
        assert_string_equal(hand_shown(h, 0, 0), EXPECTED[i]);
        h->out.bytes = 0;
        unit_assert_ok(sch_result_print_table(&h->out, &h->result));
        assert_non_null(strstr(sch_buf_text(&h->out),
                               i == 0 ? "\nquantiles of loon come from bins: the true ones lie within 15.00 of these\n"
                                      : "\ninterpolated quantiles of loon come from bins: the true ones lie within "
                                        "30.00 of these\n"));
        hand_free(h);
    }
}

static void test_aggregate_make_percentile_in_no_bin_is_bad_peer(void **state)
{
    (void)state;
    int64_t edges[4];
    sch_column column = bins(edges);
    static const int64_t MARKS[][4] = {{0, 1, 0, 1}, {2, 0, 2, 0}, {-1, 0, 0, 0}, {1, 0, 0, 0}};
    size_t checked = 0;
    for (size_t i = 0; i < 4; i++) {
        hand_plan *h = percentile_plan(SCH_OP_PERCENTILE_CONT, &column);
        for (uint16_t j = 0; j < 4; j++) {
            hand_put(h, (uint16_t)(h->plan.aggregate[0].first_above + j), 0, MARKS[i][j]);
        }
        hand_disclose(h);
        unit_assert_code(hand_make(h, false), SCH_BAD_PEER);
        h->plan.aggregate[0].bins = 2;
        unit_assert_code(hand_make(h, false), SCH_BUG);
        hand_free(h);
        checked++;
    }
    assert_int_equal(checked, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aggregate_make_is_the_nearest_double),
        cmocka_unit_test(test_aggregate_make_variance_does_not_cancel),
        cmocka_unit_test(test_aggregate_make_null_rules_are_sql),
        cmocka_unit_test(test_aggregate_make_without_values_counts_0_and_is_null),
        cmocka_unit_test(test_aggregate_make_suppressed_where_a_sum_is),
        cmocka_unit_test(test_aggregate_make_impossible_sums_are_bad_peer),
        cmocka_unit_test(test_aggregate_make_without_a_sum_is_a_bug),
        cmocka_unit_test(test_sums_read_adds_limbs_beyond_64_bits),
        cmocka_unit_test(test_quantile_make_interpolates_between_middles),
        cmocka_unit_test(test_quantile_make_stays_within_its_reach),
        cmocka_unit_test(test_quantile_reach_is_that_of_the_widest_bin),
        cmocka_unit_test(test_aggregate_make_percentile_counts_marks),
        cmocka_unit_test(test_aggregate_make_percentile_in_no_bin_is_bad_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
