/* Aggregates and their rules: what they rest on in a row of the join, and how many persons each rule counts there. */
#include "node/query/plan.h"
#include "tests/unit/plan_case.h"

static const int64_t ZERO = 0, SEVEN = 7, TEN = 10, HUNDRED = 100;

static uint32_t column(plan_case *f, uint8_t from, const char *name)
{
    return build_col(&f->request, from, name);
}

static uint32_t number(plan_case *f, int64_t value)
{
    return build_number(&f->request, value, 0);
}

/* ---- counts ---- */

static void test_plan_counts_weigh_a_person_with_the_others_records(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    build_count_rows(r);
    build_count_persons(r, b);
    uint32_t amounts = build_aggregate(r, SCH_OP_COUNT, column(f, b, "bedrag"));
    uint32_t wages = build_aggregate(r, SCH_OP_COUNT, column(f, c, "loon"));
    uint32_t amount = build_sum(r, b, "bedrag"), wage = build_sum(r, c, "loon");
    plan_make(f);
    plan_row(f);
    plan_put(f, b, "r0.\"bedrag\"", &HUNDRED);
    plan_put_records(f, c, "r0.\"loon\"", 3, 2, 50, true);
    plan_run(f);
    assert_int_equal(plan_count_of(f, &f->plan.aggregate[0].count), 3); /* one of b and three of c: three records */
    assert_int_equal(plan_count_of(f, &f->plan.aggregate[1].count), 1);
    assert_int_equal(f->plan.aggregate[1].count.column[0], f->plan.persons);
    assert_int_equal(plan_count_of(f, &plan_aggregate_of(f, amounts)->count), 3);
    assert_int_equal(plan_count_of(f, &plan_aggregate_of(f, wages)->count), 2);
    assert_true(plan_sum_of(f, &plan_aggregate_of(f, amount)->x) == 300); /* SQL adds it up once for each record */
    assert_true(plan_sum_of(f, &plan_aggregate_of(f, wage)->x) == 50);
    PLAN_GUARDS(f, &f->plan.aggregate[0].count, {1, true});
    PLAN_GUARDS(f, &plan_aggregate_of(f, wages)->count, {1, false});
    plan_row(f); /* no wage, no amount: the person still counts */
    plan_put(f, b, "r0.\"bedrag\"", NULL);
    plan_put_records(f, c, "r0.\"loon\"", 1, 0, 0, false);
    plan_run(f);
    assert_int_equal(plan_count_of(f, &f->plan.aggregate[0].count), 1);
    assert_int_equal(plan_count_of(f, &plan_aggregate_of(f, amounts)->count), 0);
    PLAN_GUARDS(f, &plan_aggregate_of(f, wages)->count, {0, false});
    PLAN_GUARDS(f, &plan_aggregate_of(f, wage)->x, {0, false}, {0, true});
    plan_row(f); /* not linked */
    plan_put(f, b, "r0.\"bedrag\"", &HUNDRED);
    plan_put_none(f, c);
    plan_run(f);
    for (uint16_t j = 0; j < f->plan.summed; j++) {
        assert_int_equal(plan_column(f, j), 0);
    }
}

static void test_plan_required_columns_share_the_persons(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    build_count_rows(r);
    uint32_t cost = build_sum(r, j, "kosten");
    uint32_t count = build_aggregate(r, SCH_OP_COUNT, column(f, w, "huur"));
    plan_make(f);
    assert_int_equal(f->plan.aggregate[0].count.column[0], f->plan.persons); /* one record a person */
    assert_int_equal(plan_aggregate_of(f, count)->count.column[0], f->plan.persons);
    assert_int_equal(plan_aggregate_of(f, cost)->count.column[0], f->plan.persons);
    assert_int_equal(f->plan.shape.steps, 0);
    assert_int_equal(f->plan.cell.columns, 3); /* persons, costs, persons with costs */
    assert_false(f->plan.hidden[plan_aggregate_of(f, cost)->x.column[0]]);
}

static void test_plan_average_has_count_sum_and_persons(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    uint32_t average = build_aggregate(r, SCH_OP_AVG, column(f, c, "loon"));
    uint32_t count = build_aggregate(r, SCH_OP_COUNT, column(f, c, "loon"));
    plan_make(f);
    const sch_plan_aggregate *a = plan_aggregate_of(f, average);
    assert_int_equal(a->decimals_x, 2);
    assert_int_equal(a->count.column[0], plan_aggregate_of(f, count)->count.column[0]);
    assert_int_equal(a->xx.limbs, 0);
    plan_row(f);
    plan_put_none(f, b); /* nothing is asked of it */
    plan_put_records(f, c, "r0.\"loon\"", 4, 3, 0, true);
    plan_run(f);
    assert_int_equal(plan_count_of(f, &a->count), 3);
    PLAN_GUARDS(f, &a->count, {1, false});
    PLAN_GUARDS(f, &a->x, {1, false}, {1, true}); /* wages that add up to 0 are contributions */
}

/* WHERE leaves only those with a value: these are the persons, and no key is empty. */
static void test_plan_columns_that_where_requires_share_the_persons(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint32_t income = build_aggregate(r, SCH_OP_AVG, column(f, p, "inkomen"));
    uint32_t doubled =
        build_aggregate(r, SCH_OP_AVG, build_op2(r, SCH_OP_MULTIPLY, column(f, p, "inkomen"), number(f, 2)));
    uint32_t amount = build_aggregate(r, SCH_OP_AVG, column(f, b, "bedrag"));
    build_bin_key(r, p, "inkomen");
    plan_make(f);
    assert_int_not_equal(plan_aggregate_of(f, income)->count.column[0], f->plan.persons);
    assert_int_equal(f->plan.key[0].domain, 4);
    build_where(r, build_op1(r, SCH_OP_IS_NOT_NULL, column(f, p, "inkomen")));
    plan_make(f);
    assert_int_equal(f->plan.key[0].domain, 3);
    assert_int_equal(plan_aggregate_of(f, income)->count.column[0], f->plan.persons);
    assert_int_equal(plan_aggregate_of(f, doubled)->count.column[0], f->plan.persons);
    assert_int_not_equal(plan_aggregate_of(f, amount)->count.column[0], f->plan.persons);
    assert_non_null(strstr(plan_sql(f, p), " WHERE (r0.\"inkomen\" IS NOT NULL)"));
}

/* ---- left joins ---- */

static void test_plan_left_joined_records_are_one_at_least(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_left_join(f, CBS, "banen", "c");
    build_count_rows(r);
    uint32_t days = build_sum(r, b, "dagen"), hours = build_sum(r, c, "uren");
    uint32_t known = build_op1(r, SCH_OP_COUNT_PERSONS, column(f, c, "bsn"));
    build_output(r, "bekend", known);
    build_count_persons(r, b);
    plan_make(f);
    size_t checked = 0;
    for (int64_t records = 0; records < 4; records++) {
        int64_t joined = records > 0 ? records : 1;
        plan_row(f);
        plan_put(f, b, "r0.\"dagen\"", &TEN);
        if (records > 0) {
            plan_put_records(f, c, "r0.\"uren\"", records, records, 8 * records, true);
            plan_put_records(f, c, "r0.\"bsn\"", records, records, 0, true);
        } else {
            plan_put_none(f, c);
        }
        plan_run(f);
        assert_int_equal(plan_count_of(f, &f->plan.aggregate[0].count), joined);
        assert_true(plan_sum_of(f, &plan_aggregate_of(f, days)->x) == 10 * joined);
        assert_true(plan_sum_of(f, &plan_aggregate_of(f, hours)->x) == 8 * records);
        assert_int_equal(plan_count_of(f, &plan_aggregate_of(f, known)->count), records > 0);
        assert_int_equal(plan_column(f, f->plan.persons), 1);
        /* with a value, without one, with hours */
        PLAN_GUARDS(f, &plan_aggregate_of(f, hours)->x, {records > 0, false}, {records == 0, true},
                    {records > 0, true});
        checked++;
    }
    assert_int_equal(checked, 4);
}

/* ---- contributors ---- */

static void test_plan_values_of_0_and_1_are_guarded_on_both_sides(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    sch_column *points = fixed_column(&f->fixed, CBS, "personen", "punten");
    points->minimum = 0;
    points->maximum = 1;
    uint32_t sum = build_sum(r, p, "punten");
    /* the same, in other words */
    uint32_t shifted = build_aggregate(r, SCH_OP_SUM, build_op2(r, SCH_OP_ADD, column(f, p, "punten"), number(f, 1)));
    uint32_t scaled =
        build_aggregate(r, SCH_OP_SUM, build_op2(r, SCH_OP_MULTIPLY, number(f, 3), column(f, p, "punten")));
    uint32_t turned =
        build_aggregate(r, SCH_OP_SUM, build_op2(r, SCH_OP_SUBTRACT, number(f, 1), column(f, p, "punten")));
    plan_make(f);
    const uint32_t all[] = {sum, shifted, scaled, turned};
    size_t checked = 0;
    for (int64_t value = 0; value < 2; value++) {
        const int64_t more = value + 1, three = 3 * value, less = 1 - value;
        plan_row(f);
        plan_put_none(f, w);
        plan_put(f, p, "r0.\"punten\"", &value);
        plan_put(f, p, "(r0.\"punten\" + CAST(1 AS BIGINT))", &more);
        plan_put(f, p, "(CAST(3 AS BIGINT) * r0.\"punten\")", &three);
        plan_put(f, p, "(CAST(1 AS BIGINT) - r0.\"punten\")", &less);
        plan_run(f);
        for (size_t i = 0; i < 4; i++) { /* with a value, with a 1, with a 0 */
            PLAN_GUARDS(f, &plan_aggregate_of(f, all[i])->x, {1, true}, {value, true}, {1 - value, true});
            checked++;
        }
    }
    assert_int_equal(checked, 8);
}

/* Of several records a person may have both. */
static void test_plan_values_of_0_and_1_in_several_records_are_counted_by_person(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    uint32_t works = build_sum(r, c, "werkt");
    plan_make(f);
    plan_row(f);
    plan_put_none(f, b);
    plan_put_records(f, c, "r0.\"werkt\"", 3, 3, 2, true);
    plan_put_records(f, c, "CAST((r0.\"werkt\" <> CAST(0 AS BIGINT)) AS BIGINT)", 3, 3, 2, true);
    plan_put_records(f, c, "CAST((r0.\"werkt\" <> CAST(1 AS BIGINT)) AS BIGINT)", 3, 3, 1, true);
    plan_run(f);
    PLAN_GUARDS(f, &plan_aggregate_of(f, works)->x, {1, true}, {1, true}, {1, true});
    plan_row(f);
    plan_put_none(f, b);
    plan_put_records(f, c, "r0.\"werkt\"", 2, 2, 2, true);
    plan_put_records(f, c, "CAST((r0.\"werkt\" <> CAST(0 AS BIGINT)) AS BIGINT)", 2, 2, 2, true);
    plan_put_records(f, c, "CAST((r0.\"werkt\" <> CAST(1 AS BIGINT)) AS BIGINT)", 2, 2, 0, false);
    plan_run(f);
    PLAN_GUARDS(f, &plan_aggregate_of(f, works)->x, {1, true}, {1, true}, {0, true});
}

static void test_plan_values_that_are_never_0_need_no_contributors(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint32_t points = build_sum(r, p, "punten");  /* 1 to 10 */
    uint32_t rooms = build_sum(r, w, "kamers");   /* 1 to 20, or empty */
    uint32_t income = build_sum(r, p, "inkomen"); /* 0 and more */
    plan_make(f);
    plan_row(f);
    plan_put(f, w, "r0.\"kamers\"", NULL);
    plan_put(f, p, "r0.\"punten\"", &SEVEN);
    plan_put(f, p, "r0.\"inkomen\"", &ZERO);
    plan_run(f);
    PLAN_GUARDS(f, &plan_aggregate_of(f, points)->x, {1, true});
    PLAN_GUARDS(f, &plan_aggregate_of(f, rooms)->x, {0, false});
    PLAN_GUARDS(f, &plan_aggregate_of(f, income)->x, {1, false}, {0, true});
}

static void test_plan_without_a_threshold_whoever_has_a_value_is_enough(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t j = plan_left_join(f, PARTNER, "jeugdhulp", "j");
    f->fixed.catalog[STAD].min_persons = 1;
    f->fixed.catalog[PARTNER].min_persons = 0;
    uint32_t rent = build_sum(r, w, "huur"), cost = build_sum(r, j, "kosten");
    plan_make(f);
    assert_int_equal(f->plan.rules.min_persons, 1);
    plan_row(f);
    plan_put(f, w, "r0.\"huur\"", &ZERO);
    plan_put(f, j, "r0.\"kosten\"", &ZERO);
    plan_run(f);
    PLAN_GUARDS(f, &plan_aggregate_of(f, rent)->x, {1, true});
    PLAN_GUARDS(f, &plan_aggregate_of(f, cost)->x, {1, false});
}

/* Who is in and who is not is the analyst's doing: both are to be enough. */
static void test_plan_values_for_some_are_guarded_by_the_others(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint32_t some = build_op3(r, SCH_OP_CASE, column(f, b, "actief"), column(f, b, "dagen"), build_null(r));
    uint32_t count = build_aggregate(r, SCH_OP_COUNT, some), sum = build_aggregate(r, SCH_OP_SUM, some);
    plan_make(f);
    static const char *const term = "(CASE WHEN r0.\"actief\" THEN r0.\"dagen\" ELSE CAST(NULL AS BIGINT) END)";
    const int64_t *const value[] = {NULL, &ZERO, &SEVEN};
    size_t checked = 0;
    for (size_t i = 0; i < 3; i++) {
        plan_row(f);
        plan_put(f, b, term, value[i]);
        plan_put_text(f, p, "CAST(1 AS BIGINT)", 1);
        plan_run(f);
        PLAN_GUARDS(f, &plan_aggregate_of(f, count)->count, {i > 0, false}, {i == 0, true});
        PLAN_GUARDS(f, &plan_aggregate_of(f, sum)->x, {i > 0, false}, {i == 0, true}, {i == 2, true});
        checked++;
    }
    assert_int_equal(checked, 3);
}

/* ---- two arguments ---- */

static void test_plan_pairs_of_two_owners_count_those_with_both(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    uint32_t corr = build_aggregate2(r, SCH_OP_CORR, column(f, b, "bedrag"), column(f, j, "gesprekken"));
    plan_make(f);
    const sch_plan_aggregate *a = plan_aggregate_of(f, corr);
    assert_int_equal(a->decimals_y, 2);
    assert_int_equal(a->decimals_x, 0);
    const int64_t *const value[] = {NULL, &ZERO, &TEN};
    size_t checked = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            bool has = i > 0 && k > 0;
            int64_t y = has ? *value[i] : 0, x = has ? *value[k] : 0;
            plan_row(f);
            plan_put(f, b, "r0.\"bedrag\"", value[i]);
            plan_put(f, j, "r0.\"gesprekken\"", value[k]);
            plan_put_text(
                f, b, "CAST(COALESCE((CAST(r0.\"bedrag\" AS HUGEINT) * CAST(r0.\"bedrag\" AS HUGEINT)), 0) AS BIGINT)",
                i > 0 ? *value[i] * *value[i] : 0);
            plan_put_text(f, j,
                          "CAST(COALESCE((CAST(r0.\"gesprekken\" AS HUGEINT) * CAST(r0.\"gesprekken\" AS HUGEINT)), 0) "
                          "AS BIGINT)",
                          k > 0 ? *value[k] * *value[k] : 0);
            plan_run(f);
            assert_int_equal(plan_count_of(f, &a->count), has);
            assert_true(plan_sum_of(f, &a->x) == x && plan_sum_of(f, &a->y) == y && plan_sum_of(f, &a->xy) == x * y);
            assert_true(plan_sum_of(f, &a->xx) == x * x && plan_sum_of(f, &a->yy) == y * y);
            PLAN_GUARDS(f, &a->count, {has, false}, {!has, true});
            PLAN_GUARDS(f, &a->x, {has, false}, {!has, true}, {x != 0, true});
            PLAN_GUARDS(f, &a->yy, {has, false}, {!has, true}, {y != 0, true});
            PLAN_GUARDS(f, &a->xy, {has, false}, {!has, true}, {x != 0, true}, {y != 0, true}, {x * y != 0, true});
            checked++;
        }
    }
    assert_int_equal(checked, 9);
}

/* Which sums each of them has. */
static void test_plan_aggregates_have_the_sums_that_they_need(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    enum { X = 1, Y = 2, XX = 4, YY = 8, XY = 16 };
    static const struct {
        sch_op op;
        unsigned sums;
    } kind[] = {{SCH_OP_COUNT, 0},
                {SCH_OP_SUM, X},
                {SCH_OP_AVG, X},
                {SCH_OP_VAR_SAMP, X | XX},
                {SCH_OP_VAR_POP, X | XX},
                {SCH_OP_STDDEV_SAMP, X | XX},
                {SCH_OP_STDDEV_POP, X | XX},
                {SCH_OP_COVAR_SAMP, X | Y | XY},
                {SCH_OP_COVAR_POP, X | Y | XY},
                {SCH_OP_CORR, X | Y | XX | YY | XY},
                {SCH_OP_REGR_COUNT, 0},
                {SCH_OP_REGR_SLOPE, X | Y | XX | XY},
                {SCH_OP_REGR_INTERCEPT, X | Y | XX | XY},
                {SCH_OP_REGR_R2, X | Y | XX | YY | XY},
                {SCH_OP_REGR_AVGX, X},
                {SCH_OP_REGR_AVGY, Y}};
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint32_t made[sizeof kind / sizeof kind[0]];
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++) {
        uint32_t y = column(f, b, "bedrag");
        made[i] = kind[i].op < SCH_OP_COVAR_SAMP ? build_aggregate(r, kind[i].op, y)
                                                 : build_aggregate2(r, kind[i].op, y, column(f, p, "inkomen"));
    }
    plan_make(f);
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++) {
        const sch_plan_aggregate *a = plan_aggregate_of(f, made[i]);
        unsigned sums = (a->x.limbs > 0 ? X : 0U) | (a->y.limbs > 0 ? Y : 0U) | (a->xx.limbs > 0 ? XX : 0U) |
                        (a->yy.limbs > 0 ? YY : 0U) | (a->xy.limbs > 0 ? XY : 0U);
        assert_int_equal(a->op, kind[i].op);
        assert_int_equal(sums, kind[i].sums);
    }
}

/* Over HAVING and ORDER BY too, and each once. */
static void test_plan_aggregates_of_having_and_order_are_planned(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "personen", "p");
    uint32_t sum = build_sum(r, b, "dagen");
    uint32_t average = build_op1(r, SCH_OP_AVG, column(f, b, "bedrag"));
    uint32_t unused = build_op1(r, SCH_OP_AVG, column(f, b, "leeftijd"));
    r->has_having = true;
    r->having = build_op2(r, SCH_OP_GREATER, build_op2(r, SCH_OP_DIVIDE, average, sum), number(f, 2));
    r->order[r->order_count++].expression = sum;
    plan_make(f);
    assert_int_equal(f->plan.aggregate_count, 2);
    assert_int_equal(plan_aggregate_of(f, sum)->op, SCH_OP_SUM);
    assert_int_equal(plan_aggregate_of(f, average)->op, SCH_OP_AVG);
    assert_int_equal(sch_plan_numbers(&f->plan, r), 2);
    (void)unused;
}

/* ---- the wide form ---- */

static void test_plan_wide_form_has_each_column_per_combination(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    build_key(r, c, "jaar");
    build_count_rows(r);
    uint32_t days = build_sum(r, b, "dagen");
    plan_make(f);
    const sch_plan_sum *count = &f->plan.aggregate[0].count;
    const sch_plan_sum *sum = &plan_aggregate_of(f, days)->x;
    assert_int_equal(f->plan.wide, 2);
    assert_int_equal(f->plan.shape.columns, 2 * f->plan.summed);
    plan_row(f);
    plan_put(f, b, "r0.\"dagen\"", &TEN);
    for (unsigned w = 0; w < 2; w++) { /* two records in 2024, none in 2025 */
        char text[120];
        snprintf(text, sizeof text, "CAST((COUNT(*) FILTER (WHERE \"#combination\" = %u)) > 0 AS BIGINT)", w);
        plan_put_text(f, c, text, w == 0);
        snprintf(text, sizeof text, "COUNT(*) FILTER (WHERE \"#combination\" = %u)", w);
        plan_put_text(f, c, text, w == 0 ? 2 : 0);
    }
    plan_run(f);
    assert_int_equal(plan_column_of(f, 0, f->plan.persons), 1);
    assert_int_equal(plan_column_of(f, 1, f->plan.persons), 0);
    assert_int_equal(plan_column_of(f, 0, count->column[0]), 2);
    assert_int_equal(plan_column_of(f, 1, count->column[0]), 0);
    assert_int_equal(plan_column_of(f, 0, sum->column[0]), 20);
    assert_int_equal(plan_column_of(f, 1, sum->column[0]), 0);
}

/* A person without a record stands in the combination of empty keys, once. */
static void test_plan_wide_form_of_a_left_join_has_those_without_a_record(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t u = plan_left_join(f, UWV, "perioden", "u");
    build_key(r, u, "wet");
    build_count_rows(r);
    plan_make(f);
    const sch_plan_sum *count = &f->plan.aggregate[0].count;
    assert_int_equal(f->plan.wide, 4);
    plan_row(f);
    plan_put_none(f, u);
    plan_run(f);
    for (uint32_t w = 0; w < 4; w++) {
        assert_int_equal(plan_column_of(f, w, f->plan.persons), w == 3);
        assert_int_equal(plan_column_of(f, w, count->column[0]), w == 3);
    }
    plan_row(f);
    plan_put_none(f, u);
    plan_put_text(f, u, "CAST(1 AS BIGINT)", 1); /* a record under the second law */
    plan_put_text(f, u, "CAST((COUNT(*) FILTER (WHERE \"#combination\" = 1)) > 0 AS BIGINT)", 1);
    plan_put_text(f, u, "COUNT(*) FILTER (WHERE \"#combination\" = 1)", 3);
    plan_run(f);
    for (uint32_t w = 0; w < 4; w++) {
        assert_int_equal(plan_column_of(f, w, f->plan.persons), w == 1);
        assert_int_equal(plan_column_of(f, w, count->column[0]), w == 1 ? 3 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_counts_weigh_a_person_with_the_others_records),
        PLAN_TEST(test_plan_required_columns_share_the_persons),
        PLAN_TEST(test_plan_average_has_count_sum_and_persons),
        PLAN_TEST(test_plan_columns_that_where_requires_share_the_persons),
        PLAN_TEST(test_plan_left_joined_records_are_one_at_least),
        PLAN_TEST(test_plan_values_of_0_and_1_are_guarded_on_both_sides),
        PLAN_TEST(test_plan_values_of_0_and_1_in_several_records_are_counted_by_person),
        PLAN_TEST(test_plan_values_that_are_never_0_need_no_contributors),
        PLAN_TEST(test_plan_without_a_threshold_whoever_has_a_value_is_enough),
        PLAN_TEST(test_plan_values_for_some_are_guarded_by_the_others),
        PLAN_TEST(test_plan_pairs_of_two_owners_count_those_with_both),
        PLAN_TEST(test_plan_aggregates_have_the_sums_that_they_need),
        PLAN_TEST(test_plan_aggregates_of_having_and_order_are_planned),
        PLAN_TEST(test_plan_wide_form_has_each_column_per_combination),
        PLAN_TEST(test_plan_wide_form_of_a_left_join_has_those_without_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
