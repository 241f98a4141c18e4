/* The chi-square test, against published results. */
#include "node/query/chi_square.h"

#include <math.h>

#include "tests/support/hand_plan.h"

static const char *const CODES[] = {"a", "b", "c", "d", "e"};

/* Quantiles as tables have them: each is exceeded with this probability. */
static void test_chi_square_above_agrees_with_tables(void **state)
{
    (void)state;
    static const struct {
        double x;
        size_t freedom;
        double p;
    } CASES[] = {
        {3.841458820694124, 1, 0.05},   {6.634896601021214, 1, 0.01},    {5.991464547107979, 2, 0.05},
        {7.814727903251179, 3, 0.05},   {9.487729036781154, 4, 0.05},    {18.307038053275146, 10, 0.05},
        {24.995790139728616, 15, 0.05}, {124.34211340400407, 100, 0.05}, {0.003932140000019522, 1, 0.95},
        {0.10258658877510106, 2, 0.95},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        unit_assert_close(sch_chi_square_above(CASES[i].x, CASES[i].freedom), CASES[i].p, 1e-11);
        checked++;
    }
    assert_int_equal(checked, 10);
    assert_true(sch_chi_square_above(0, 3) == 1);
    unit_assert_close(sch_chi_square_above(1400, 2), exp(-700), 1e-12);
    assert_true(sch_chi_square_above(1e9, 5) == 0);
    /* Far out in many degrees of freedom a chi-square variable is normal: half of it is above about its median. */
    unit_assert_close(sch_chi_square_above(99999.33334, 100000), 0.5, 1e-6);
}

/* Whole numbers of degrees of freedom are linked by recurrence: Q(x, k + 2) = Q(x, k) + e^-h h^(k/2) / gamma(k/2 +
 * 1), h = x / 2; and the density integrates to what is between. Here against Simpson's rule. */
static void test_chi_square_above_is_the_integral_of_its_density(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t k = 2; k < 30; k += 3) {
        double low = (double)k / 2;
        double high = 2 * (double)k;
        double sum = 0;
        for (int i = 0; i <= 2000; i++) {
            double x = low + (high - low) * i / 2000;
            double density = exp(((double)k / 2 - 1) * log(x) - x / 2 - (double)k / 2 * log(2) - lgamma((double)k / 2));
            sum += density * (i == 0 || i == 2000 ? 1 : i % 2 == 1 ? 4 : 2);
        }
        sum *= (high - low) / 2000 / 3;
        unit_assert_close(sch_chi_square_above(low, k) - sch_chi_square_above(high, k), sum, 1e-9);
        checked++;
    }
    assert_int_equal(checked, 10);
}

static hand_plan *table(size_t rows, size_t columns, const int64_t *count)
{
    hand_plan *h = hand_new();
    hand_output(h, "k1", hand_key(h, "rij", rows, CODES, true));
    hand_output(h, "k2", hand_key(h, "kolom", columns, CODES, true));
    uint32_t n = hand_aggregate(h, SCH_OP_COUNT_PERSONS, 0, 0);
    hand_output(h, "personen", n);
    h->plan.rules.min_persons = 1;
    hand_lay(h);
    for (uint32_t i = 0; i < rows * columns; i++) {
        hand_fill(h, n, i, count[i], count[i], NULL);
    }
    hand_disclose(h);
    return h;
}

/* Agresti 2007, party by sex (R's ?chisq.test), and Snee 1974, hair by eye (R's HairEyeColor). */
static void test_chi_square_make_agrees_with_r(void **state)
{
    (void)state;
    static const int64_t PARTY[] = {762, 327, 468, 484, 239, 477};
    static const int64_t HAIR[] = {68, 20, 15, 5, 119, 84, 54, 29, 26, 17, 14, 14, 7, 94, 10, 16};
    sch_chi_square test;
    hand_plan *h = table(2, 3, PARTY);
    unit_assert_ok(hand_make(h, false));
    unit_assert_ok(sch_chi_square_make(&test, &h->result, NULL));
    unit_assert_close(test.statistic, 30.070149095754687, 1e-13);
    unit_assert_close(test.p, 2.953589e-07, 1e-6);
    assert_int_equal(test.freedom, 2);
    assert_int_equal(test.few, 0);
    assert_true(test.n == 2757);
    h->out.bytes = 0;
    unit_assert_ok(sch_chi_square_print_text(&h->out, &test));
    assert_string_equal(sch_buf_text(&h->out), "chi-square test of independence of rij and kolom, by personen\n"
                                               "statistic 30.07015, degrees of freedom 2, p-value 2.954e-07\n");
    hand_free(h);
    h = table(4, 4, HAIR);
    unit_assert_ok(hand_make(h, false));
    unit_assert_ok(sch_chi_square_make(&test, &h->result, NULL));
    unit_assert_close(test.statistic, 138.29, 1e-4);
    assert_int_equal(test.freedom, 9);
    hand_free(h);
}

/* A category that nobody is in changes nothing, and expected counts below 5 are told. */
static void test_chi_square_make_counts_few_and_leaves_empty_ones_out(void **state)
{
    (void)state;
    static const int64_t SMALL[] = {8, 0, 2, 1, 0, 5, 0, 0, 0};
    sch_chi_square test;
    hand_plan *h = table(3, 3, SMALL);
    unit_assert_ok(hand_make(h, false));
    unit_assert_ok(sch_chi_square_make(&test, &h->result, NULL));
    assert_int_equal(test.freedom, 1);
    assert_int_equal(test.categories[0] * test.categories[1], 4);
    unit_assert_close(test.statistic, 16.0 * (8 * 5 - 2 * 1) * (8 * 5 - 2 * 1) / (10.0 * 6 * 9 * 7), 1e-14);
    assert_int_equal(test.few, 3); /* 5.625, 4.375, 3.375, 2.625 */
    h->out.bytes = 0;
    unit_assert_ok(sch_chi_square_print_text(&h->out, &test));
    assert_non_null(strstr(sch_buf_text(&h->out), "\n3 of 4 cells expect fewer than 5: the p-value is not exact\n"));
    h->out.bytes = 0;
    unit_assert_ok(sch_chi_square_print_csv(&h->out, &test));
    assert_non_null(strstr(sch_buf_text(&h->out), "\r\n6.1121693121693"));
    assert_non_null(strstr(sch_buf_text(&h->out), ",16,4,3\r\n"));
    h->out.bytes = 0;
    unit_assert_ok(sch_chi_square_print_json(&h->out, &test));
    assert_non_null(strstr(sch_buf_text(&h->out), "\"degrees_of_freedom\": 1, \"p_value\": 0.0134"));
    hand_free(h);
}

static void test_chi_square_make_suppressed_cells_are_denied(void **state)
{
    (void)state;
    static const int64_t COUNT[] = {20, 30, 9, 40};
    sch_chi_square test;
    sch_detail detail = {{0}};
    hand_plan *h = table(2, 2, COUNT);
    h->plan.rules.min_persons = 10;
    hand_disclose(h);
    unit_assert_ok(hand_make(h, false));
    unit_assert_code(sch_chi_square_make(&test, &h->result, &detail), SCH_DENIED);
    assert_string_equal(detail.text,
                        "no chi-square test: 1 of 4 cells are suppressed (fewer than 10 persons), and it takes all "
                        "counts; group more coarsely");
    hand_free(h);
}

static void test_chi_square_make_other_tables_are_refused(void **state)
{
    (void)state;
    static const int64_t COUNT[] = {20, 30, 15, 40};
    static const int64_t ONE[] = {20, 30, 0, 0};
    size_t checked = 0;
    for (int i = 0; i < 6; i++) {
        hand_plan *h = table(2, 2, i == 5 ? ONE : COUNT);
        sch_chi_square test;
        sch_detail detail = {{0}};
        unit_assert_ok(hand_make(h, false));
        h->request.group_by_count = i == 0 ? 1 : 2;
        h->request.set_count = i == 1 ? 1 : 0;
        h->request.output_count = i == 2 ? 2 : 3;
        h->request.has_having = i == 3;
        h->request.has_limit = i == 4;
        unit_assert_code(sch_chi_square_make(&test, &h->result, &detail), SCH_BAD_INPUT);
        assert_non_null(strstr(detail.text, "no chi-square test: "));
        hand_free(h);
        checked++;
    }
    assert_int_equal(checked, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chi_square_above_agrees_with_tables),
        cmocka_unit_test(test_chi_square_above_is_the_integral_of_its_density),
        cmocka_unit_test(test_chi_square_make_agrees_with_r),
        cmocka_unit_test(test_chi_square_make_counts_few_and_leaves_empty_ones_out),
        cmocka_unit_test(test_chi_square_make_suppressed_cells_are_denied),
        cmocka_unit_test(test_chi_square_make_other_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
