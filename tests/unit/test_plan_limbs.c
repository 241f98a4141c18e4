/* Sums past 64 bits, in limbs: exact at the extremes, within 2^62 over all records, refused beyond. Percentiles by
 * bins. What a query has too much of. */
#include "node/query/plan.h"
#include "tests/support/plan_check.h"
#include "tests/unit/plan_case.h"

enum { TEXT_BYTES = 4000 };

typedef __int128 wide;

static uint32_t column(plan_case *f, uint8_t from, const char *name)
{
    return build_col(&f->request, from, name);
}

static uint32_t number(plan_case *f, int64_t value)
{
    return build_number(&f->request, value, 0);
}

/* A power of two as the statement has it after `before`; 1 where there is none. */
static wide read_power(const char *text, const char *before, wide otherwise)
{
    const char *at = strstr(text, before);
    if (at == NULL) {
        return otherwise;
    }
    wide power = 0;
    for (at += strlen(before); *at >= '0' && *at <= '9'; at++) {
        power = 10 * power + (*at - '0');
    }
    assert_true(power > 0);
    return power;
}

/* Puts what the statement gives of a sum, in limbs or whole: (sum // 2^a) % 2^b, cut towards zero. */
static size_t put_limbs(plan_case *f, uint8_t from, const char *sum, wide value)
{
    size_t part = plan_part_of(f, from), limbs = 0;
    const sch_local *local = &f->plan.local[part];
    for (size_t v = 0; v < local->value_count; v++) {
        char item[TEXT_BYTES];
        assert_true(plan_check_item(item, sizeof item, local->sql, 1 + local->key_count + v));
        const char *at = strstr(item, sum);
        if (at == NULL || strstr(item, "COUNT") != NULL) {
            continue;
        }
        const wide no_modulus = (wide)1 << 126;
        wide limb = value / read_power(at, "// CAST(", 1) % read_power(at, "% CAST(", no_modulus);
        assert_true(limb == (int64_t)limb);
        plan_put_text(f, from, item, (int64_t)limb);
        limbs++;
    }
    assert_true(limbs > 0);
    return limbs;
}

/* All records together, each as large as this row: no column may pass 2^62. */
static void assert_within(const plan_case *f, const sch_plan_sum *sum, wide records)
{
    for (uint8_t i = 0; i < sum->limbs; i++) {
        wide all = (wide)plan_column(f, sum->column[i]) * records;
        assert_true(all <= (wide)1 << 62 && all >= -((wide)1 << 62));
    }
}

/* ---- one argument ---- */

static void test_plan_sums_that_pass_64_bits_are_exact_in_limbs(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    sch_column *large = fixed_column(&f->fixed, CBS, "banen", "groot");
    large->minimum = -(INT64_C(1) << 53) + 1;
    large->maximum = (INT64_C(1) << 53) - 1;
    uint32_t sum = build_sum(r, c, "groot");
    plan_make(f);
    const sch_plan_sum *x = &plan_aggregate_of(f, sum)->x;
    assert_int_equal(x->limbs, 2); /* 53 bits and 10^7 records: 77 bits */
    const wide most = ((wide)1 << 53) - 1;
    const wide value[] = {
        0, 1, -1, most, -most, 1000 * most, -1000 * most, most / 3, -((wide)1 << 38), 10000000 * most};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++) {
        plan_row(f);
        plan_put_records(f, c, "r0.\"groot\"", 1, 1, 0, true);
        assert_int_equal(put_limbs(f, c, "COALESCE(SUM(r0.\"groot\"), 0)", value[i]), 2);
        plan_run(f);
        assert_true(plan_sum_of(f, x) == value[i]);
        assert_within(f, x, value[i] <= most && value[i] >= -most ? 10000000 : 1);
        checked++;
    }
    assert_int_equal(checked, 10);
}

static void test_plan_sums_have_limbs_only_where_they_need_them(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    fixed_set(&f->fixed, CBS, "banen")->max_rows = 2047; /* 11 bits, and 51 of the value: below 2^62 */
    fixed_set(&f->fixed, GEMEENTE, "bijstand")->max_rows = 2047;
    uint32_t sum = build_sum(r, c, "groot");
    plan_make(f);
    assert_int_equal(plan_aggregate_of(f, sum)->x.limbs, 1);
    assert_null(strstr(plan_sql(f, c), "HUGEINT"));
    fixed_set(&f->fixed, CBS, "banen")->max_rows = 2048;
    plan_make(f);
    assert_int_equal(plan_aggregate_of(f, sum)->x.limbs, 2);
    assert_int_equal(plan_part_of(f, b), 0);
}

static void test_plan_variances_of_large_numbers_are_exact_in_limbs(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    plan_join(f, PARTNER, "jeugdhulp", "j");
    sch_column *rent = fixed_column(&f->fixed, STAD, "wonen", "huur");
    rent->minimum = -(INT64_C(1) << 53) + 1;
    rent->maximum = (INT64_C(1) << 53) - 1;
    uint32_t variance = build_aggregate(r, SCH_OP_VAR_SAMP, column(f, w, "huur"));
    plan_make(f);
    const sch_plan_aggregate *a = plan_aggregate_of(f, variance);
    assert_int_equal(a->xx.limbs, 3); /* 106 bits, of which 44 go with 200,000 records */
    const wide most = ((wide)1 << 53) - 1;
    const wide value[] = {0, 1, -1, most, -most, 94906265, most - 1};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++) {
        int64_t v = (int64_t)value[i];
        plan_row(f);
        plan_put_none(f, 1);
        plan_put_text(f, 1, "CAST(1 AS BIGINT)", 1);
        plan_put_text(f, w, "CAST(CAST(COALESCE(r0.\"huur\" <> 0, FALSE) AS BIGINT) AS BIGINT)", v != 0);
        put_limbs(f, w, "COALESCE(r0.\"huur\", 0)", value[i]);
        put_limbs(f, w, "(CAST(r0.\"huur\" AS HUGEINT) * CAST(r0.\"huur\" AS HUGEINT))", value[i] * value[i]);
        plan_run(f);
        assert_true(plan_sum_of(f, &a->x) == value[i]);
        assert_true(plan_sum_of(f, &a->xx) == value[i] * value[i]);
        assert_within(f, &a->x, 200000);
        assert_within(f, &a->xx, 200000);
        checked++;
    }
    assert_int_equal(checked, 7);
}

/* ---- two arguments ---- */

static void test_plan_products_of_two_owners_are_exact_in_limbs(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    sch_column *rent = fixed_column(&f->fixed, STAD, "wonen", "huur");
    sch_column *cost = fixed_column(&f->fixed, PARTNER, "jeugdhulp", "kosten");
    rent->minimum = -(INT64_C(1) << 42);
    rent->maximum = (INT64_C(1) << 42);
    cost->minimum = -(INT64_C(1) << 40);
    cost->maximum = (INT64_C(1) << 40);
    uint32_t corr = build_aggregate2(r, SCH_OP_CORR, column(f, w, "huur"), column(f, j, "kosten"));
    plan_make(f);
    const sch_plan_aggregate *a = plan_aggregate_of(f, corr);
    assert_int_equal(a->xy.limbs, 4);
    const wide x[] = {0, 1, -1, (wide)1 << 40, -((wide)1 << 40), 1048577, -999999999999};
    const wide y[] = {0, 1, -1, (wide)1 << 42, -((wide)1 << 42), 4194303, 3999999999999};
    size_t checked = 0;
    for (size_t i = 0; i < 7; i++) {
        for (size_t k = 0; k < 7; k++) {
            plan_row(f);
            plan_put_text(f, w, "CAST(CAST(COALESCE(r0.\"huur\" <> 0, FALSE) AS BIGINT) AS BIGINT)", y[k] != 0);
            plan_put_text(f, j, "CAST(CAST(COALESCE(r0.\"kosten\" <> 0, FALSE) AS BIGINT) AS BIGINT)", x[i] != 0);
            plan_put_text(f, plan_part_of(f, w) == 0 ? j : w, "CAST(1 AS BIGINT)", 1);
            put_limbs(f, w, "COALESCE(r0.\"huur\", 0)", y[k]);
            put_limbs(f, j, "COALESCE(r0.\"kosten\", 0)", x[i]);
            put_limbs(f, w, "(CAST(r0.\"huur\" AS HUGEINT) * CAST(r0.\"huur\" AS HUGEINT))", y[k] * y[k]);
            put_limbs(f, j, "(CAST(r0.\"kosten\" AS HUGEINT) * CAST(r0.\"kosten\" AS HUGEINT))", x[i] * x[i]);
            plan_run(f);
            assert_true(plan_sum_of(f, &a->x) == x[i] && plan_sum_of(f, &a->y) == y[k]);
            assert_true(plan_sum_of(f, &a->xy) == x[i] * y[k]);
            assert_true(plan_sum_of(f, &a->xx) == x[i] * x[i] && plan_sum_of(f, &a->yy) == y[k] * y[k]);
            assert_within(f, &a->xy, 200000);
            assert_within(f, &a->xx, 200000);
            assert_within(f, &a->yy, 200000);
            checked++;
        }
    }
    assert_int_equal(checked, 49);
}

/* One owner that has both makes the products itself, over its records with both. */
static void test_plan_products_of_one_owner_are_its_own_terms(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    uint32_t covar = build_aggregate2(r, SCH_OP_COVAR_POP, column(f, c, "uren"), column(f, c, "loon"));
    plan_make(f);
    const sch_plan_aggregate *a = plan_aggregate_of(f, covar);
    static const char *const product = "(CAST(r0.\"loon\" AS HUGEINT) * CAST(r0.\"uren\" AS HUGEINT))";
    static const char *const hours = "(CASE WHEN r0.\"loon\" IS NOT NULL THEN r0.\"uren\" END)";
    plan_row(f);
    plan_put_none(f, b);
    plan_put_none(f, c); /* and then the values that there are: three records, of which two have a wage */
    plan_put_records(f, c, product, 3, 2, -5000, true);
    plan_put_records(f, c, hours, 3, 2, 50, true);
    plan_put_records(f, c, "r0.\"loon\"", 3, 2, -100, true);
    plan_run(f);
    assert_int_equal(plan_count_of(f, &a->count), 2);
    assert_true(plan_sum_of(f, &a->x) == -100 && plan_sum_of(f, &a->y) == 50 && plan_sum_of(f, &a->xy) == -5000);
}

/* ---- refusals ---- */

static const char *const TOO_LARGE = "could pass what sums can hold";
static const char *const NARROWER = "use fewer decimals or smaller factors, or ask the owner to declare narrower ones";

static void test_plan_make_sums_beyond_the_limbs_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    fixed_column(&f->fixed, CBS, "banen", "groot")->maximum = (INT64_C(1) << 53) - 1;
    fixed_set(&f->fixed, CBS, "banen")->max_rows = 1000000000000; /* 40 bits: 22 are left for each limb */
    build_sum(r, c, "groot");
    plan_make(f);
    r->output_count = 0;
    build_aggregate(r, SCH_OP_VAR_POP, column(f, c, "groot")); /* 106 bits and those of a person's records */
    plan_refused(f, SCH_BAD_INPUT, "VAR_POP (position 4) could pass what sums can hold", NARROWER);
    r->output_count = 0;
    build_aggregate2(r, SCH_OP_COVAR_POP, column(f, b, "bedrag"), column(f, c, "groot"));
    plan_refused(f, SCH_BAD_INPUT, TOO_LARGE, NARROWER);
}

static void test_plan_make_sums_over_too_many_records_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t c = plan_join(f, CBS, "banen", "c");
    plan_join(f, UWV, "perioden", "u");
    fixed_set(&f->fixed, CBS, "banen")->max_rows = 1000000000000;
    fixed_set(&f->fixed, UWV, "perioden")->max_rows_a_person = 0;
    fixed_set(&f->fixed, UWV, "perioden")->max_rows = 1000000; /* 10^18: just below 2^60 */
    build_count_rows(r);
    plan_make(f);
    build_sum(r, c, "uren"); /* 6 bits more */
    plan_refused(f, SCH_BAD_INPUT, "SUM (position 3) could pass what sums can hold: too many records are declared",
                 NARROWER);
}

static void test_plan_make_sums_on_shares_beyond_one_word_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    fixed_column(&f->fixed, STAD, "wonen", "huur")->maximum = INT64_C(1) << 50;
    build_aggregate(r, SCH_OP_SUM, build_op2(r, SCH_OP_ADD, column(f, w, "huur"), column(f, j, "kosten")));
    plan_refused(f, SCH_BAD_INPUT, "SUM (position 4) could pass what sums can hold", NARROWER);
    fixed_column(&f->fixed, STAD, "wonen", "huur")->maximum = INT64_C(1) << 40;
    plan_make(f);
    r->output_count = 0;
    build_aggregate(r, SCH_OP_VAR_POP, build_op2(r, SCH_OP_ADD, column(f, w, "huur"), column(f, j, "kosten")));
    plan_refused(f, SCH_BAD_INPUT, "+ (position 7) is made of several owners' columns",
                 "its square could pass 2^62; use fewer decimals");
}

static void test_plan_make_high_powers_of_a_column_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint32_t x = column(f, p, "punten"), again = column(f, p, "punten");
    uint32_t square = build_op2(r, SCH_OP_MULTIPLY, x, again);
    build_aggregate(r, SCH_OP_SUM, square);
    plan_make(f);
    r->output_count = 0;
    build_aggregate(r, SCH_OP_SUM, build_op2(r, SCH_OP_MULTIPLY, square, build_op2(r, SCH_OP_ADD, x, number(f, 1))));
    plan_refused(f, SCH_BAD_INPUT, "p.punten (position 1) is multiplied with itself too often",
                 "sums of high powers tell the values of single persons");
    r->output_count = 0;
    build_aggregate(r, SCH_OP_VAR_POP, square);
    plan_refused(f, SCH_BAD_INPUT, "is multiplied with itself too often", "REGR the column itself");
    r->output_count = 0;
    build_aggregate2(r, SCH_OP_CORR, x, square);
    plan_refused(f, SCH_BAD_INPUT, "is multiplied with itself too often", "");
}

/* ---- percentiles ---- */

static void test_plan_percentiles_compare_counts_below_each_bin(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint32_t median = build_aggregate2(r, SCH_OP_PERCENTILE_CONT, column(f, p, "inkomen"), build_number(r, 50, 2));
    uint32_t tenth = build_aggregate2(r, SCH_OP_PERCENTILE_DISC, column(f, p, "inkomen"), build_number(r, 1, 1));
    plan_make(f);
    const sch_plan_aggregate *m = plan_aggregate_of(f, median), *t = plan_aggregate_of(f, tenth);
    assert_int_equal(m->bins, 3);
    assert_int_equal(f->plan.cell_steps, 2 * 2 + 2); /* two ends of bins, twice for the value after it */
    const int64_t value[] = {0, 1999999, 2000000, 3999999, 4000000, 9999999};
    size_t checked = 0;
    for (size_t i = 0; i < 6; i++) { /* one record in a cell: it is every quantile */
        plan_row(f);
        plan_put_none(f, b);
        plan_put_text(f, p, "CAST(1 AS BIGINT)", 1);
        plan_put_text(f, p, "CAST(CAST((r0.\"inkomen\" IS NOT NULL) AS BIGINT) AS BIGINT)", 1);
        plan_put_text(f, p, "CAST(COALESCE(CAST((r0.\"inkomen\" < CAST(2000000 AS BIGINT)) AS BIGINT), 0) AS BIGINT)",
                      value[i] < 2000000);
        plan_put_text(f, p, "CAST(COALESCE(CAST((r0.\"inkomen\" < CAST(4000000 AS BIGINT)) AS BIGINT), 0) AS BIGINT)",
                      value[i] < 4000000);
        plan_run(f);
        const uint16_t first[] = {m->first_above, t->first_above};
        for (size_t q = 0; q < 2; q++) {
            int64_t bin = 0;
            for (uint16_t e = 0; e < 2; e++) {
                const sch_cell_step *step = &f->plan.cell_step[first[q] + e - f->plan.summed];
                int64_t n = plan_column(f, step->a), below = plan_column(f, step->b);
                assert_int_equal(step->a, m->count.column[0]);
                bin += step->factor_a * n + step->factor_b * below + step->constant >= 0;
                assert_true(f->plan.scratch[step->b] && f->plan.hidden[step->b] && !f->plan.hidden[step->out]);
                checked++;
            }
            assert_int_equal(bin, i / 2);
        }
    }
    assert_int_equal(checked, 24);
    /* enough on either side: twice and ten times the persons */
    uint32_t times = f->plan.cell.rule[f->plan.persons][0].times;
    assert_int_equal(f->plan.cell.rule[m->first_above][0].times, 2 * times);
    assert_int_equal(f->plan.cell.rule[t->first_above][0].times, 10 * times);
}

static void test_plan_make_percentiles_that_are_too_fine_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    build_aggregate2(r, SCH_OP_PERCENTILE_CONT, column(f, p, "inkomen"), build_number(r, 12345, 5));
    plan_refused(f, SCH_BAD_INPUT, "has more than four decimals", "a quantile by bins is not as fine as that");
    r->output_count = 0;
    build_aggregate2(r, SCH_OP_PERCENTILE_CONT, column(f, p, "inkomen"), build_number(r, 50000000, 8));
    plan_make(f); /* 0.5 */
    r->output_count = 0;
    build_aggregate2(r, SCH_OP_PERCENTILE_CONT, column(f, b, "bedrag"), build_number(r, 5, 1));
    plan_refused(f, SCH_BAD_INPUT, "takes a column with declared bins", "");
}

static void test_plan_make_percentiles_over_too_many_records_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t c = plan_join(f, CBS, "banen", "c");
    plan_join(f, UWV, "perioden", "u");
    build_bins(fixed_column(&f->fixed, CBS, "banen", "uren"), 2, (const int64_t[]){0, 30, 61});
    fixed_set(&f->fixed, CBS, "banen")->max_rows = 1000000000000;
    fixed_set(&f->fixed, UWV, "perioden")->max_rows_a_person = 0;
    fixed_set(&f->fixed, UWV, "perioden")->max_rows = 1000;
    build_aggregate2(r, SCH_OP_PERCENTILE_DISC, column(f, c, "uren"), build_number(r, 5, 1));
    plan_make(f);
    build_aggregate2(r, SCH_OP_PERCENTILE_DISC, column(f, c, "uren"), build_number(r, 1234, 4));
    plan_refused(f, SCH_BAD_INPUT, "is a part of too many records", "write it with fewer decimals");
}

static void test_plan_make_percentiles_over_too_many_bins_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    enum { BINS = 60 };
    int64_t edge[BINS + 1];
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    for (int64_t i = 0; i <= BINS; i++) {
        edge[i] = 200000 * i;
    }
    build_bins(fixed_column(&f->fixed, PARTNER, "jeugdhulp", "kosten"), BINS, edge);
    build_aggregate2(r, SCH_OP_PERCENTILE_DISC, column(f, j, "kosten"), build_number(r, 5, 1));
    build_aggregate2(r, SCH_OP_PERCENTILE_DISC, column(f, j, "kosten"), build_number(r, 25, 2));
    build_aggregate2(r, SCH_OP_PERCENTILE_DISC, column(f, j, "kosten"), build_number(r, 75, 2));
    plan_make(f); /* 59 counts, 3 x 59 comparisons */
    build_aggregate2(r, SCH_OP_PERCENTILE_DISC, column(f, j, "kosten"), build_number(r, 9, 1));
    plan_refused(f, SCH_BAD_INPUT, "the query asks for quantiles over too many bins at a time", "ask for fewer");
}

static void test_plan_make_too_many_percentiles_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    for (int64_t i = 1; i <= 17; i++) {
        build_aggregate2(r, SCH_OP_PERCENTILE_DISC, column(f, p, "inkomen"), build_number(r, 5 * i, 2));
    }
    plan_refused(f, SCH_BAD_INPUT, "ask for fewer", "");
    r->output_count = 16;
    plan_make(f);
}

/* ---- too much ---- */

static void test_plan_make_too_many_table_columns_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_left_join(f, CBS, "banen", "c"); /* so that it is not the spine */
    build_key(r, c, "sector");                        /* 4 combinations */
    for (int64_t i = 1; i <= 40; i++) {
        build_aggregate(r, SCH_OP_VAR_POP, build_op2(r, SCH_OP_MULTIPLY, column(f, c, "uren"), number(f, i)));
    }
    plan_refused(f, SCH_BAD_INPUT, "the query needs more than 256 table columns", "4 for each combination");
    r->output_count = 12;
    plan_make(f);
}

static void test_plan_make_too_many_aggregates_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    uint32_t condition[SCH_MAX_AGGREGATES + 1];
    for (size_t i = 0; i <= SCH_MAX_AGGREGATES; i++) {
        condition[i] = build_op2(r, SCH_OP_GREATER, build_op(r, SCH_OP_COUNT_ROWS, 0, NULL), number(f, (int64_t)i));
    }
    build_output(r, "x", number(f, 1));
    r->has_having = true;
    r->having = build_op(r, SCH_OP_OR, SCH_MAX_AGGREGATES, condition);
    plan_make(f);
    assert_int_equal(f->plan.aggregate_count, SCH_MAX_AGGREGATES);
    r->having = build_op(r, SCH_OP_OR, SCH_MAX_AGGREGATES + 1, condition);
    plan_refused(f, SCH_BAD_INPUT, "ask for fewer aggregates at a time", "");
}

/* The sum of terms of several owners, each owner's own different: (b.dagen + i) + (j.gesprekken + i) + ... */
static uint32_t many_terms(plan_case *f, size_t owners, const uint32_t *of, size_t count)
{
    sch_request *r = &f->request;
    uint32_t level[512];
    assert_true(count <= 512);
    for (size_t i = 0; i < count; i++) {
        level[i] = build_op2(r, SCH_OP_ADD, of[0], number(f, (int64_t)i + 1));
        for (size_t o = 1; o < owners; o++) {
            uint32_t own =
                o + 1 < owners || owners == 2 ? build_op2(r, SCH_OP_ADD, of[o], number(f, (int64_t)i + 1)) : of[o];
            level[i] = build_op2(r, SCH_OP_ADD, level[i], own);
        }
    }
    for (; count > 1; count = (count + 1) / 2) {
        for (size_t i = 0; i < count / 2; i++) {
            level[i] = build_op2(r, SCH_OP_ADD, level[2 * i], level[2 * i + 1]);
        }
        if (count % 2 == 1) {
            level[count / 2] = level[count - 1];
        }
    }
    return level[0];
}

static void test_plan_make_too_many_values_of_a_part_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    const uint32_t of[] = {column(f, w, "wijk"), column(f, p, "punten")};
    build_aggregate(r, SCH_OP_AVG, many_terms(f, 2, of, 200));
    plan_make(f);
    plan_again(f);
    plan_join(f, STAD, "wonen", "w");
    plan_join(f, CBS, "personen", "p");
    const uint32_t again[] = {column(f, w, "wijk"), column(f, p, "punten")};
    build_aggregate(r, SCH_OP_AVG, many_terms(f, 2, again, 255));
    plan_refused(f, SCH_BAD_INPUT, "the query needs too many table columns (1 combinations",
                 "ask for fewer aggregates");
}

static void test_plan_make_too_many_registers_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    uint32_t kind = build_op3(r, SCH_OP_CASE, build_op2(r, SCH_OP_EQUAL, column(f, j, "soort"), build_text(r, "licht")),
                              number(f, 1), number(f, 2));
    const uint32_t of[] = {column(f, w, "wijk"), column(f, p, "punten"), kind};
    build_aggregate(r, SCH_OP_AVG, many_terms(f, 3, of, 205)); /* 615 steps, 411 values */
    plan_refused(f, SCH_BAD_INPUT, "the query needs too many table columns", "ask for fewer aggregates");
}

static void test_plan_make_too_many_steps_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint32_t argument[201] = {build_op2(r, SCH_OP_SUBTRACT, column(f, w, "wijk"), column(f, p, "punten"))};
    for (int64_t i = 1; i <= 200; i++) {
        argument[i] = number(f, i);
    }
    build_count_rows(r);
    build_where(r, build_op(r, SCH_OP_IN, 60, argument));
    plan_make(f);
    build_where(r, build_op(r, SCH_OP_IN, 201, argument));
    plan_refused(f, SCH_BAD_INPUT, "the query takes more than 640 steps for each row", "ask for less at a time");
}

static void test_plan_make_statement_too_long_is_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    char text[SCH_MAX_LITERAL_BYTES + 1];
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    memset(text, '\'', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    uint32_t same = build_op2(r, SCH_OP_EQUAL, column(f, b, "buurt"), build_text(r, text));
    uint32_t argument[SCH_MAX_ARGUMENTS];
    for (size_t i = 0; i < SCH_MAX_ARGUMENTS; i++) {
        argument[i] = same;
    }
    uint32_t any = build_op(r, SCH_OP_OR, SCH_MAX_ARGUMENTS, argument); /* 500 x 512 bytes */
    uint32_t all = any;
    for (int i = 0; i < 4; i++) {
        all = build_op2(r, SCH_OP_OR, all, any);
    }
    build_count_rows(r);
    build_where(r, any);
    plan_make(f);
    build_where(r, all);
    plan_refused(f, SCH_BAD_INPUT, "the query is too long when written out for an owner's engine",
                 "use fewer or shorter expressions");
}

/* No single statement, but what stands behind the values of one. */
static void test_plan_make_terms_too_long_together_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    char text[SCH_MAX_LITERAL_BYTES + 1];
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    memset(text, '\'', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    uint32_t same = build_op2(r, SCH_OP_EQUAL, column(f, b, "buurt"), build_text(r, text));
    uint32_t argument[SCH_MAX_ARGUMENTS];
    for (size_t i = 0; i < SCH_MAX_ARGUMENTS; i++) {
        argument[i] = same;
    }
    uint32_t any = build_op(r, SCH_OP_OR, SCH_MAX_ARGUMENTS, argument); /* 500 x 530 bytes */
    for (int64_t i = 0; i < 4; i++) {
        uint32_t value = number(f, i);
        build_aggregate(r, SCH_OP_COUNT, build_op3(r, SCH_OP_CASE, any, value, build_null(r)));
    }
    plan_refused(f, SCH_BAD_INPUT, "the query is too long when written out for an owner's engine",
                 "use fewer or shorter expressions");
    r->output_count = 1;
    plan_make(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_sums_that_pass_64_bits_are_exact_in_limbs),
        PLAN_TEST(test_plan_sums_have_limbs_only_where_they_need_them),
        PLAN_TEST(test_plan_variances_of_large_numbers_are_exact_in_limbs),
        PLAN_TEST(test_plan_products_of_two_owners_are_exact_in_limbs),
        PLAN_TEST(test_plan_products_of_one_owner_are_its_own_terms),
        PLAN_TEST(test_plan_make_sums_beyond_the_limbs_are_refused),
        PLAN_TEST(test_plan_make_sums_over_too_many_records_are_refused),
        PLAN_TEST(test_plan_make_sums_on_shares_beyond_one_word_are_refused),
        PLAN_TEST(test_plan_make_high_powers_of_a_column_are_refused),
        PLAN_TEST(test_plan_percentiles_compare_counts_below_each_bin),
        PLAN_TEST(test_plan_make_percentiles_that_are_too_fine_are_refused),
        PLAN_TEST(test_plan_make_percentiles_over_too_many_records_are_refused),
        PLAN_TEST(test_plan_make_percentiles_over_too_many_bins_are_refused),
        PLAN_TEST(test_plan_make_too_many_percentiles_are_refused),
        PLAN_TEST(test_plan_make_too_many_table_columns_are_refused),
        PLAN_TEST(test_plan_make_too_many_aggregates_are_refused),
        PLAN_TEST(test_plan_make_too_many_values_of_a_part_are_refused),
        PLAN_TEST(test_plan_make_too_many_registers_are_refused),
        PLAN_TEST(test_plan_make_too_many_steps_are_refused),
        PLAN_TEST(test_plan_make_statement_too_long_is_refused),
        PLAN_TEST(test_plan_make_terms_too_long_together_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
