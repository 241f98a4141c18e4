/* Exact numbers, their doubles and their texts. */
#include <math.h>

#include "node/query/value.h"
#include "tests/support/unit.h"

static void assert_prints(const sch_value *value, const char *expected)
{
    sch_buf out = {0};
    unit_assert_ok(sch_value_print(&out, value));
    assert_string_equal(out.bytes > 0 ? sch_buf_text(&out) : "", expected);
    sch_buf_clear(&out);
}

static void assert_decimal(const char *number, unsigned decimals, const char *expected)
{
    mpz_t n;
    mpz_t scale;
    sch_value value = {0};
    assert_int_equal(mpz_init_set_str(n, number, 10), 0);
    mpz_init(scale);
    mpz_ui_pow_ui(scale, 10, decimals);
    sch_value_set_quotient(&value, n, scale, decimals);
    assert_prints(&value, expected);
    sch_value_clear(&value);
    mpz_clears(n, scale, NULL);
}

static void test_value_print_decimals_are_exact_at_any_size(void **state)
{
    (void)state;
    assert_decimal("0", 0, "0");
    assert_decimal("0", 2, "0.00");
    assert_decimal("-7", 0, "-7");
    assert_decimal("-7", 2, "-0.07");
    assert_decimal("123456", 2, "1234.56");
    assert_decimal("100", 2, "1.00");
    assert_decimal("-9223372036854775808", 18, "-9.223372036854775808");
    assert_decimal("5", 18, "0.000000000000000005");
    assert_decimal("123456789012345678901234567890123456789", 9, "123456789012345678901234567890.123456789");
    assert_decimal("-1000000000000000000000000000000000000000", 0, "-1000000000000000000000000000000000000000");
}

static void set_ratio(sch_value *value, int64_t n, uint64_t d, unsigned decimals)
{
    mpz_t a;
    mpz_t b;
    mpz_init_set_si(a, n);
    mpz_init(b);
    mpz_ui_pow_ui(b, 10, decimals);
    mpz_mul_ui(b, b, d);
    sch_value_set_quotient(value, a, b, SCH_ANY_DECIMALS);
    mpz_clears(a, b, NULL);
}

static void test_value_print_quotients_are_shortest(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        uint64_t d;
        unsigned decimals;
        const char *text;
    } CASES[] = {
        {0, 3, 2, "0"},
        {1, 1, 0, "1"},
        {250000, 1, 2, "2500"},
        {1, 3, 0, "0.3333333333333333"},
        {2, 3, 0, "0.6666666666666666"},
        {-1, 8, 0, "-0.125"},
        {1, 10, 0, "0.1"},
        {5, 100, 2, "0.0005"},
        {10, 3, 0, "3.3333333333333335"},
        {100000000, 1, 0, "100000000"},
        {INT64_C(1) << 62, 1, 0, "4611686018427388000"},
        {1, 1, 18, "1e-18"},
        {15, 10, 18, "1.5e-18"},
        {1, 10000000, 0, "0.0000001"},
        {1, 100000000, 0, "1e-8"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        sch_value value = {0};
        set_ratio(&value, CASES[i].n, CASES[i].d, CASES[i].decimals);
        assert_prints(&value, CASES[i].text);
        sch_value_clear(&value);
        checked++;
    }
    assert_int_equal(checked, 15);
}

static void test_value_print_other_kinds(void **state)
{
    (void)state;
    sch_value value = {0};
    assert_prints(&value, "");
    value.kind = SCH_VALUE_NULL;
    assert_prints(&value, "");
    value.kind = SCH_VALUE_ALL;
    assert_prints(&value, "");
    sch_value_set_truth(&value, true);
    assert_prints(&value, "true");
    unit_assert_ok(sch_value_set_text(&value, "a,b"));
    assert_prints(&value, "a,b");
    sch_value_clear(&value);
    sch_value_set_real(&value, -0.0);
    assert_prints(&value, "0");
}

/* Both sides are whole numbers up to 2^53, exact as doubles, so the processor divides them and takes roots
 * correctly. */
static void test_quotient_double_equals_correct_division_and_root(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252U;
    size_t checked = 0;
    for (int i = 0; i < 100000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        int64_t n = (int64_t)(seed >> (11 + seed % 40));
        uint64_t d = (seed * 0x9E3779B97F4A7C15U >> (11 + i % 50)) + 1;
        sch_value value = {0};
        set_ratio(&value, n, d, 0);
        assert_true(sch_value_double(&value) == (double)n / (double)d);
        sch_value_clear(&value);
        set_ratio(&value, -n, d, 0);
        assert_true(sch_value_double(&value) == -(double)n / (double)d);
        sch_value_clear(&value);
        set_ratio(&value, n, 1, 0);
        assert_true(sch_quotient_root(value.of.exact) == sqrt((double)n));
        sch_value_clear(&value);
        checked++;
    }
    assert_int_equal(checked, 100000);
}

/* Ties: 2^53 + 1 lies between two doubles, and so does 2^54 + 6 over 2. */
static void test_quotient_double_rounds_ties_to_even(void **state)
{
    (void)state;
    const int64_t p53 = INT64_C(1) << 53;
    const struct {
        int64_t n;
        uint64_t d;
        double expected;
    } cases[] = {
        {p53 + 1, 1, (double)p53},     {p53 + 3, 1, (double)(p53 + 4)}, {2 * p53 + 3, 2, (double)(p53 + 2)},
        {2 * p53 + 2, 2, (double)p53}, {-(p53 + 1), 1, -(double)p53},   {INT64_MAX, 1, 9223372036854775808.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sch_value value = {0};
        set_ratio(&value, cases[i].n, cases[i].d, 0);
        assert_true(sch_value_double(&value) == cases[i].expected);
        sch_value_clear(&value);
    }
}

/* mantissa x 2^exponent, and one more of 2^-2000 where `more` is set. */
static double double_of(uint64_t mantissa, long exponent, bool more)
{
    mpq_t q;
    mpq_t tiny;
    mpq_inits(q, tiny, NULL);
    mpq_set_ui(q, mantissa, 1);
    mpq_set_ui(tiny, more ? 1 : 0, 1);
    mpq_div_2exp(tiny, tiny, 2000);
    if (exponent >= 0) {
        mpq_mul_2exp(q, q, (mp_bitcnt_t)exponent);
    } else {
        mpq_div_2exp(q, q, (mp_bitcnt_t)-exponent);
    }
    mpq_add(q, q, tiny);
    double x = sch_quotient_double(q);
    mpq_clears(q, tiny, NULL);
    return x;
}

static void test_quotient_double_at_the_ends_of_the_range(void **state)
{
    (void)state;
    assert_true(double_of(1, -1074, false) == 0x1p-1074);
    assert_true(double_of(1, -1075, false) == 0); /* a tie, to even */
    assert_true(double_of(1, -1075, true) == 0x1p-1074);
    assert_true(double_of(3, -1075, false) == 0x1p-1073); /* a tie, to even */
    assert_true(double_of(1, -1076, true) == 0);
    assert_true(double_of(1, -1100, false) == 0);
    assert_true(double_of((UINT64_C(1) << 53) + 1, -1075, false) == 0x1p-1022);
    assert_true(double_of((UINT64_C(1) << 53) - 1, 971, false) == 0x1.fffffffffffffp1023);
    assert_true(isinf(double_of(1, 1024, false)));
    assert_true(isinf(double_of(UINT64_MAX, 960, false)));
}

static void test_quotient_root_is_the_nearest_double(void **state)
{
    (void)state;
    size_t checked = 0;
    mpq_t q;
    mpq_t middle;
    mpq_inits(q, middle, NULL);
    for (unsigned long i = 1; i < 2000; i++) {
        mpq_set_ui(q, i * 7919, i * i + 1);
        mpq_canonicalize(q);
        double r = sch_quotient_root(q);
        for (int side = -1; side <= 1; side += 2) { /* the middles to both neighbours enclose the root */
            double next = nextafter(r, side < 0 ? -INFINITY : INFINITY);
            mpq_t other;
            mpq_init(other);
            mpq_set_d(middle, r);
            mpq_set_d(other, next);
            mpq_add(middle, middle, other);
            mpq_div_2exp(middle, middle, 1);
            mpq_mul(middle, middle, middle);
            assert_true(side * mpq_cmp(middle, q) >= 0);
            mpq_clear(other);
            checked++;
        }
    }
    assert_int_equal(checked, 2 * 1999);
    mpq_set_si(q, -4, 1);
    assert_true(sch_quotient_root(q) == 0);
    mpq_clears(q, middle, NULL);
}

static void test_value_set_exact_of_too_many_bits_is_a_double(void **state)
{
    (void)state;
    mpq_t q;
    sch_value value = {0};
    mpq_init(q);
    mpq_set_ui(q, 1, 3);
    mpq_div_2exp(q, q, SCH_MAX_VALUE_BITS);
    mpq_mul_2exp(q, q, SCH_MAX_VALUE_BITS); /* as it was */
    sch_value_set_exact(&value, q, SCH_ANY_DECIMALS);
    assert_int_equal(value.kind, SCH_VALUE_EXACT);
    sch_value_clear(&value);
    mpz_ui_pow_ui(mpq_numref(q), 7, 4000);
    mpz_ui_pow_ui(mpq_denref(q), 3, 6000);
    sch_value_set_exact(&value, q, SCH_ANY_DECIMALS);
    assert_int_equal(value.kind, SCH_VALUE_NULL); /* 10^518 */
    sch_value_clear(&value);
    mpz_ui_pow_ui(mpq_denref(q), 3, 7000);
    sch_value_set_exact(&value, q, SCH_ANY_DECIMALS);
    assert_int_equal(value.kind, SCH_VALUE_REAL); /* 10^41 */
    assert_true(fabs(log10(value.of.real) - (4000 * log10(7) - 7000 * log10(3))) < 1e-9);
    mpq_clear(q);
}

static void test_value_compare_is_exact_across_kinds(void **state)
{
    (void)state;
    sch_value tenth = {0};
    sch_value real = {0};
    set_ratio(&tenth, 1, 10, 0);
    sch_value_set_real(&real, 0.1); /* a little more than a tenth */
    assert_true(sch_value_compare(&tenth, &real) < 0);
    assert_true(sch_value_compare(&real, &tenth) > 0);
    assert_true(sch_value_compare(&real, &real) == 0);
    sch_value_clear(&tenth);
    unit_assert_ok(sch_value_set_text(&tenth, "Zuid"));
    sch_value other = {0};
    unit_assert_ok(sch_value_copy(&other, &tenth));
    assert_true(sch_value_compare(&tenth, &other) == 0);
    other.of.text[0] = 'z';
    assert_true(sch_value_compare(&tenth, &other) < 0);
    sch_value_clear(&tenth);
    sch_value_clear(&other);
    sch_value_set_truth(&tenth, false);
    sch_value_set_truth(&other, true);
    assert_true(sch_value_compare(&tenth, &other) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_print_decimals_are_exact_at_any_size),
        cmocka_unit_test(test_value_print_quotients_are_shortest),
        cmocka_unit_test(test_value_print_other_kinds),
        cmocka_unit_test(test_quotient_double_equals_correct_division_and_root),
        cmocka_unit_test(test_quotient_double_rounds_ties_to_even),
        cmocka_unit_test(test_quotient_double_at_the_ends_of_the_range),
        cmocka_unit_test(test_quotient_root_is_the_nearest_double),
        cmocka_unit_test(test_value_set_exact_of_too_many_bits_is_a_double),
        cmocka_unit_test(test_value_compare_is_exact_across_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
