/* Regression against published results. */
#include "node/query/least_squares.h"

#include <math.h>

#include "tests/support/unit.h"

enum { MOST_ROWS = 40 };

/* Rows of whole numbers: first y, then the explanatory columns, each scaled by 10^decimals. */
typedef struct data {
    size_t rows, columns;
    const int64_t *value;
    const unsigned *decimals;
} data;

static void scaled(mpq_t out, const data *d, size_t row, size_t column)
{
    mpq_set_si(out, d->value[row * d->columns + column], 1);
    mpz_ui_pow_ui(mpq_denref(out), 10, d->decimals[column]);
    mpq_canonicalize(out);
}

/* The moments of the constant, the explanatory columns and y. */
static sch_err solve(sch_least_squares *fit, sch_collinear *collinear, const data *d)
{
    size_t size = d->columns + 1;
    mpq_t moments[(SCH_MAX_TERMS + 2) * (SCH_MAX_TERMS + 2)];
    mpq_t x[SCH_MAX_TERMS + 2];
    mpq_t t;
    mpq_init(t);
    for (size_t i = 0; i < size; i++) {
        mpq_init(x[i]);
    }
    for (size_t i = 0; i < size * size; i++) {
        mpq_init(moments[i]);
    }
    for (size_t row = 0; row < d->rows; row++) {
        mpq_set_ui(x[0], 1, 1);
        for (size_t i = 1; i < d->columns; i++) {
            scaled(x[i], d, row, i);
        }
        scaled(x[d->columns], d, row, 0);
        for (size_t i = 0; i < size * size; i++) {
            mpq_mul(t, x[i / size], x[i % size]);
            mpq_add(moments[i], moments[i], t);
        }
    }
    sch_err err = sch_least_squares_solve(fit, collinear, moments, d->columns);
    for (size_t i = 0; i < size * size; i++) {
        mpq_clear(moments[i]);
    }
    for (size_t i = 0; i < size; i++) {
        mpq_clear(x[i]);
    }
    mpq_clear(t);
    return err;
}

/* Longley 1967, as the Statistical Reference Datasets of NIST have it, with their certified values: 15 digits. */
static void test_least_squares_longley_has_all_certified_digits(void **state)
{
    (void)state;
    static const int64_t LONGLEY[16 * 7] = {
        60323, 830,  234289, 2356, 1590, 107608, 1947, 61122, 885,  259426, 2325, 1456, 108632, 1948,
        60171, 882,  258054, 3682, 1616, 109773, 1949, 61187, 895,  284599, 3351, 1650, 110929, 1950,
        63221, 962,  328975, 2099, 3099, 112075, 1951, 63639, 981,  346999, 1932, 3594, 113270, 1952,
        64989, 990,  365385, 1870, 3547, 115094, 1953, 63761, 1000, 363112, 3578, 3350, 116219, 1954,
        66019, 1012, 397469, 2904, 3048, 117388, 1955, 67857, 1046, 419180, 2822, 2857, 118734, 1956,
        68169, 1084, 442769, 2936, 2798, 120445, 1957, 66513, 1108, 444546, 4681, 2637, 121950, 1958,
        68655, 1126, 482704, 3813, 2552, 123366, 1959, 69564, 1142, 502601, 3931, 2514, 125368, 1960,
        69331, 1157, 518173, 4806, 2572, 127852, 1961, 70551, 1169, 554894, 4007, 2827, 130081, 1962,
    };
    static const unsigned DECIMALS[7] = {0, 1, 0, 0, 0, 0, 0};
    static const double CERTIFIED[7][2] = {
        {-3482258.63459582, 890420.383607373},
        {15.0618722713733, 84.9149257747669},
        {-0.358191792925910E-01, 0.334910077722432E-01},
        {-2.02022980381683, 0.488399681651699},
        {-1.03322686717359, 0.214274163161675},
        {-0.511041056535807E-01, 0.226073200069370},
        {1829.15146461355, 455.478499142212},
    };
    sch_least_squares fit;
    sch_collinear collinear;
    unit_assert_ok(solve(&fit, &collinear, &(data){16, 7, LONGLEY, DECIMALS}));
    size_t checked = 0;
    for (size_t j = 0; j < 7; j++) {
        unit_assert_close(fit.coefficient[j], CERTIFIED[j][0], 5e-15);
        unit_assert_close(fit.error[j], CERTIFIED[j][1], 5e-15);
        unit_assert_close(fit.t[j], CERTIFIED[j][0] / CERTIFIED[j][1], 1e-14);
        checked++;
    }
    assert_int_equal(checked, 7);
    unit_assert_close(fit.residual_error, 304.854073561965, 5e-15);
    unit_assert_close(fit.r2, 0.995479004577296, 5e-15);
    unit_assert_close(fit.adjusted_r2, 1 - (1 - 0.995479004577296) * 15 / 9, 1e-14);
    assert_true(fit.n == 16 && fit.freedom == 9 && fit.varies && !fit.perfect);
    assert_int_equal(collinear.term, 0);
}

/* mtcars (Henderson and Velleman 1981): mpg ~ wt + hp, as R's lm prints it. */
static void test_least_squares_mtcars_agrees_with_r(void **state)
{
    (void)state;
    static const int64_t MTCARS[32 * 3] = {
        210, 2620, 110, 210, 2875, 110, 228, 2320, 93,  214, 3215, 110, 187, 3440, 175, 181, 3460, 105, 143, 3570, 245,
        244, 3190, 62,  228, 3150, 95,  192, 3440, 123, 178, 3440, 123, 164, 4070, 180, 173, 3730, 180, 152, 3780, 180,
        104, 5250, 205, 104, 5424, 215, 147, 5345, 230, 324, 2200, 66,  304, 1615, 52,  339, 1835, 65,  215, 2465, 97,
        155, 3520, 150, 152, 3435, 150, 133, 3840, 245, 192, 3845, 175, 273, 1935, 66,  260, 2140, 91,  304, 1513, 113,
        158, 3170, 264, 197, 2770, 175, 150, 3570, 335, 214, 2780, 109,
    };
    static const unsigned DECIMALS[3] = {1, 3, 0};
    sch_least_squares fit;
    sch_collinear collinear;
    unit_assert_ok(solve(&fit, &collinear, &(data){32, 3, MTCARS, DECIMALS}));
    unit_assert_close(fit.coefficient[0], 37.22727, 2e-7);
    unit_assert_close(fit.coefficient[1], -3.87783, 1e-6);
    unit_assert_close(fit.coefficient[2], -0.03177, 1e-4);
    unit_assert_close(fit.error[0], 1.59879, 2e-6);
    unit_assert_close(fit.error[1], 0.63273, 1e-5);
    unit_assert_close(fit.error[2], 0.00903, 1e-3);
    unit_assert_close(fit.t[1], -6.129, 1e-4);
    unit_assert_close(fit.residual_error, 2.593, 2e-4);
    unit_assert_close(fit.r2, 0.8268, 1e-4);
    unit_assert_close(fit.adjusted_r2, 0.8148, 1e-4);
}

static void test_least_squares_collinear_columns_are_named(void **state)
{
    (void)state;
    /* x3 = 2 x1 + 7 but in nothing of x2. */
    static const int64_t DEPENDENT[5 * 4] = {1, 1, 5, 9, 2, 2, 3, 11, 4, 3, 8, 13, 3, 4, 1, 15, 5, 5, 2, 17};
    static const unsigned DECIMALS[4] = {0};
    sch_least_squares fit;
    sch_collinear collinear;
    unit_assert_code(solve(&fit, &collinear, &(data){5, 4, DEPENDENT, DECIMALS}), SCH_BAD_INPUT);
    assert_int_equal(collinear.term, 3);
    assert_true(collinear.with[0] && collinear.with[1] && !collinear.with[2]);
    static const int64_t CONSTANT[4 * 2] = {1, 7, 2, 7, 4, 7, 9, 7};
    unit_assert_code(solve(&fit, &collinear, &(data){4, 2, CONSTANT, DECIMALS}), SCH_BAD_INPUT);
    assert_int_equal(collinear.term, 1);
    /* A last digit of twelve keeps them apart. */
    static const int64_t NEARLY[4 * 3] = {1, 1, 1000000000002, 2, 2, 2000000000000,
                                          4, 3, 3000000000000, 9, 4, 4000000000000};
    unit_assert_ok(solve(&fit, &collinear, &(data){4, 3, NEARLY, DECIMALS}));
}

static void test_least_squares_too_few_records_are_refused(void **state)
{
    (void)state;
    static const int64_t TWO[2 * 2] = {1, 1, 2, 3};
    static const unsigned DECIMALS[2] = {0};
    sch_least_squares fit;
    sch_collinear collinear;
    unit_assert_code(solve(&fit, &collinear, &(data){2, 2, TWO, DECIMALS}), SCH_BAD_INPUT);
    assert_int_equal(collinear.term, 0);
    unit_assert_code(solve(&fit, &collinear, &(data){0, 2, TWO, DECIMALS}), SCH_BAD_INPUT);
}

static void test_least_squares_perfect_and_flat_fits_are_told(void **state)
{
    (void)state;
    static const int64_t PERFECT[4 * 2] = {5, 1, 7, 2, 9, 3, 11, 4};
    static const int64_t FLAT[4 * 2] = {5, 1, 5, 2, 5, 3, 5, 9};
    static const unsigned DECIMALS[2] = {0};
    sch_least_squares fit;
    sch_collinear collinear;
    unit_assert_ok(solve(&fit, &collinear, &(data){4, 2, PERFECT, DECIMALS}));
    assert_true(fit.perfect && fit.varies && fit.r2 == 1 && fit.adjusted_r2 == 1 && fit.residual_error == 0);
    assert_true(fit.coefficient[0] == 3 && fit.coefficient[1] == 2 && fit.error[1] == 0);
    unit_assert_ok(solve(&fit, &collinear, &(data){4, 2, FLAT, DECIMALS}));
    assert_true(fit.perfect && !fit.varies && fit.coefficient[1] == 0);
}

static void set(mpq_t *m, const long *value, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mpq_init(m[i]);
        mpq_set_si(m[i], value[i], 1);
    }
}

static void test_least_squares_impossible_moments_are_bad_peer(void **state)
{
    (void)state;
    static const long NEGATIVE[9] = {4, 10, 1, 10, 20, 1, 1, 1, 9};   /* 4 x 20 < 10^2 */
    static const long RESIDUAL[9] = {4, 10, 9, 10, 30, 30, 9, 30, 1}; /* y's square is too small */
    const long *const all[] = {NEGATIVE, RESIDUAL};
    for (size_t i = 0; i < 2; i++) {
        mpq_t m[9];
        sch_least_squares fit;
        sch_collinear collinear;
        set(m, all[i], 9);
        unit_assert_code(sch_least_squares_solve(&fit, &collinear, m, 2), SCH_BAD_PEER);
        unit_assert_code(sch_least_squares_solve(&fit, &collinear, m, SCH_MAX_TERMS + 1), SCH_BUG);
        for (size_t j = 0; j < 9; j++) {
            mpq_clear(m[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_least_squares_longley_has_all_certified_digits),
        cmocka_unit_test(test_least_squares_mtcars_agrees_with_r),
        cmocka_unit_test(test_least_squares_collinear_columns_are_named),
        cmocka_unit_test(test_least_squares_too_few_records_are_refused),
        cmocka_unit_test(test_least_squares_perfect_and_flat_fits_are_told),
        cmocka_unit_test(test_least_squares_impossible_moments_are_bad_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
