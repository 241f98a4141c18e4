/* Arithmetic, dates and texts of several owners, and what is left joined: the row program on hand-made rows against
 * what SQL says. */
#include "node/query/plan.h"
#include "tests/unit/plan_cross_case.h"

static bool is_null(cross_row r)
{
    return r.x == NULL || r.y == NULL;
}

static uint32_t make_less(const makings *m)
{
    return build_op2(m->r, SCH_OP_LESS, m->x, m->y);
}

typedef struct answer {
    bool is;
    int64_t value;
} answer;

static const answer NOTHING = {false, 0};

static uint32_t column_z(const makings *m)
{
    return build_col(m->r, J, "kosten");
}

static uint32_t make_sum(const makings *m)
{
    return build_op2(m->r, SCH_OP_ADD, m->x, m->y);
}

static uint32_t make_difference(const makings *m)
{
    return build_op2(m->r, SCH_OP_SUBTRACT, m->x, m->y);
}

static uint32_t make_product(const makings *m)
{
    return build_op2(m->r, SCH_OP_MULTIPLY, m->x, build_op2(m->r, SCH_OP_ADD, m->y, build_number(m->r, 150, 2)));
}

static uint32_t make_negated(const makings *m)
{
    return build_op1(m->r, SCH_OP_NEGATE, make_difference(m));
}

static uint32_t make_absolute(const makings *m)
{
    return build_op1(m->r, SCH_OP_ABS, make_difference(m));
}

static uint32_t make_first(const makings *m)
{
    return build_op3(m->r, SCH_OP_COALESCE, make_sum(m), m->x, column_z(m));
}

static uint32_t make_smaller(const makings *m)
{
    return build_op3(m->r, SCH_OP_CASE, make_less(m), m->x, m->y);
}

static uint32_t make_some(const makings *m)
{
    return build_op3(m->r, SCH_OP_CASE, make_less(m), column_z(m), m->null);
}

static uint32_t make_scaled(const makings *m)
{
    return build_op2(m->r, SCH_OP_ADD, make_sum(m), build_number(m->r, 12345, 4));
}

static answer sum_is(cross_row r)
{
    return is_null(r) ? NOTHING : (answer){true, *r.x + *r.y};
}

static answer difference_is(cross_row r)
{
    return is_null(r) ? NOTHING : (answer){true, *r.x - *r.y};
}

static answer product_is(cross_row r)
{
    return is_null(r) ? NOTHING : (answer){true, *r.x * (*r.y + 150)};
}

static answer negated_is(cross_row r)
{
    return is_null(r) ? NOTHING : (answer){true, *r.y - *r.x};
}

static answer absolute_is(cross_row r)
{
    return is_null(r) ? NOTHING : (answer){true, *r.x < *r.y ? *r.y - *r.x : *r.x - *r.y};
}

static answer first_is(cross_row r)
{
    return !is_null(r) ? sum_is(r) : (answer){true, r.x != NULL ? *r.x : *r.z};
}

static answer smaller_is(cross_row r)
{
    if (less3(r.x, r.y) == T) {
        return (answer){true, *r.x};
    }
    return r.y != NULL ? (answer){true, *r.y} : NOTHING;
}

static answer some_is(cross_row r)
{
    return less3(r.x, r.y) == T ? (answer){true, *r.z} : NOTHING;
}

static answer scaled_is(cross_row r)
{
    return is_null(r) ? NOTHING : (answer){true, (*r.x + *r.y) * 100 + 12345};
}

static const struct {
    const char *name;
    uint32_t (*make)(const makings *m);
    answer (*is)(cross_row r);
    uint8_t decimals;
} VALUE_OF[] = {
    {"x + y", make_sum, sum_is, 2},
    {"x - y", make_difference, difference_is, 2},
    {"x * (y + 1.50)", make_product, product_is, 4},
    {"-(x - y)", make_negated, negated_is, 2},
    {"ABS(x - y)", make_absolute, absolute_is, 2},
    {"COALESCE(x + y, x, z)", make_first, first_is, 2},
    {"CASE WHEN x < y THEN x ELSE y END", make_smaller, smaller_is, 2},
    {"CASE WHEN x < y THEN z END", make_some, some_is, 2},
    {"x + y + 1.2345", make_scaled, scaled_is, 4},
};

static void test_plan_arithmetic_over_two_owners_is_that_of_sql(void **state)
{
    plan_case *f = *state;
    size_t checked = 0;
    for (size_t c = 0; c < sizeof VALUE_OF / sizeof VALUE_OF[0]; c++) {
        cross_join(f);
        makings m = cross_begin(f);
        uint32_t average = build_aggregate(&f->request, SCH_OP_AVG, VALUE_OF[c].make(&m));
        plan_make(f);
        const sch_plan_aggregate *a = plan_aggregate_of(f, average);
        assert_int_equal(a->decimals_x, VALUE_OF[c].decimals);
        for (size_t i = 0; i <= CROSS_VALUES; i++) {
            for (size_t k = 0; k <= CROSS_VALUES; k++) {
                const cross_row r = {cross_value(i), cross_value(k), cross_value(4)};
                answer expected = VALUE_OF[c].is(r);
                cross_put(f, r);
                if (plan_count_of(f, &a->count) != expected.is || plan_sum_of(f, &a->x) != expected.value) {
                    fail_msg("%s: values %zu and %zu", VALUE_OF[c].name, i, k);
                }
                uint16_t column = a->x.column[0]; /* the persons with a value are the first rule */
                assert_int_equal(plan_column(f, f->plan.cell.rule[column][0].count), expected.is);
                checked++;
            }
        }
    }
    assert_int_equal(checked, 9 * 81);
}

static void test_plan_variances_over_two_owners_are_exact(void **state)
{
    plan_case *f = *state;
    cross_join(f);
    makings m = cross_begin(f);
    uint32_t variance = build_aggregate(&f->request, SCH_OP_VAR_POP, make_difference(&m));
    plan_make(f);
    const sch_plan_aggregate *a = plan_aggregate_of(f, variance);
    size_t checked = 0;
    for (size_t i = 0; i <= CROSS_VALUES; i++) {
        for (size_t k = 0; k <= CROSS_VALUES; k++) {
            const cross_row r = {cross_value(i), cross_value(k), &CROSS_ZERO};
            cross_put(f, r);
            answer d = difference_is(r);
            assert_true(plan_sum_of(f, &a->xx) == d.value * d.value);
            bool x_counts = r.x != NULL && *r.x != 0, y_counts = r.y != NULL && *r.y != 0;
            PLAN_GUARDS(f, &a->xx, {d.is, false}, {!d.is, true}, {x_counts, true}, {y_counts, true});
            checked++;
        }
    }
    assert_int_equal(checked, 81);
}

/* ---- dates and texts ---- */

static void test_plan_durations_between_owners_are_in_days(void **state)
{
    plan_case *f = *state;
    cross_join(f);
    sch_request *r = &f->request;
    uint32_t days = build_op2(r, SCH_OP_SUBTRACT, build_col(r, P, "geboren"), build_col(r, B, "geboren"));
    uint32_t average = build_aggregate(r, SCH_OP_AVG, days);
    build_where(r, build_op2(r, SCH_OP_LESS_EQUAL, build_col(r, B, "geboren"), build_col(r, P, "geboren")));
    plan_make(f);
    const sch_plan_aggregate *a = plan_aggregate_of(f, average);
    static const char *const term = "CAST((r0.\"geboren\" - DATE '1970-01-01') AS BIGINT)";
    const int64_t day[] = {-25567, -1, 0, 1, 20453};
    size_t checked = 0;
    for (size_t i = 0; i <= 5; i++) {
        for (size_t k = 0; k < 5; k++) {
            const int64_t *x = i < 5 ? &day[i] : NULL;
            bool holds = x != NULL && *x <= day[k];
            plan_row(f);
            (void)plan_put_if(f, J, "nothing", NULL);
            plan_put(f, B, term, x);
            plan_put(f, P, term, &day[k]);
            plan_run(f);
            assert_int_equal(plan_count_of(f, &a->count), holds);
            assert_true(plan_sum_of(f, &a->x) == (holds ? day[k] - *x : 0));
            checked++;
        }
    }
    assert_int_equal(checked, 30);
}

static void test_plan_texts_of_two_owners_are_equal_by_number(void **state)
{
    plan_case *f = *state;
    cross_join(f);
    sch_request *r = &f->request;
    build_where(r, build_op2(r, SCH_OP_NOT_EQUAL, build_col(r, B, "buurt"), build_col(r, P, "woonbuurt")));
    build_count_rows(r);
    plan_make(f);
    const int64_t text[] = {0, 1, INT64_C(0x174f02d7f1e039fd), (INT64_C(1) << 61) - 1};
    size_t checked = 0;
    for (size_t i = 0; i <= 4; i++) {
        for (size_t k = 0; k <= 4; k++) {
            const int64_t *x = i < 4 ? &text[i] : NULL, *y = k < 4 ? &text[k] : NULL;
            plan_row(f);
            (void)plan_put_if(f, J, "nothing", NULL);
            plan_put(f, B, "sch_text_number(r0.\"buurt\")", x);
            plan_put(f, P, "sch_text_number(r0.\"woonbuurt\")", y);
            plan_run(f);
            assert_int_equal(plan_column(f, f->plan.persons), equal3(x, y) == F);
            checked++;
        }
    }
    assert_int_equal(checked, 25);
}

/* A text in the request gets the number that the engine's function gives: the first 61 bits of SHA-256. */
static void test_plan_number_of_a_text_is_that_of_its_hash(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_left_join(f, PARTNER, "jeugdhulp", "j");
    uint32_t kind = build_op2(r, SCH_OP_COALESCE, build_col(r, j, "soort"), build_text(r, "abc"));
    build_where(r, build_op2(r, SCH_OP_EQUAL, build_col(r, b, "buurt"), kind));
    build_count_rows(r);
    plan_make(f);
    const int64_t abc = (int64_t)(UINT64_C(0xba7816bf8f01cfea) >> 3); /* FIPS 180-4's example */
    size_t checked = 0;
    for (int64_t off = -1; off <= 1; off++) {
        const int64_t there = abc + off;
        plan_row(f);
        plan_put(f, b, "sch_text_number(r0.\"buurt\")", &there);
        plan_put_none(f, j);
        plan_run(f);
        assert_int_equal(plan_column(f, f->plan.persons), off == 0);
        checked++;
    }
    assert_int_equal(checked, 3);
}

/* ---- left joins ---- */

static void test_plan_conditions_that_absent_rows_pass_are_on_shares(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_left_join(f, PARTNER, "jeugdhulp", "j");
    build_where(r, build_op1(r, SCH_OP_IS_NULL, build_col(r, j, "gesprekken")));
    build_count_rows(r);
    plan_make(f);
    assert_null(strstr(plan_sql(f, j), "WHERE"));
    plan_row(f); /* no record */
    plan_put_none(f, j);
    plan_run(f);
    assert_int_equal(plan_column(f, f->plan.persons), 1);
    const int64_t *const talks[] = {NULL, &CROSS_ZERO, &CROSS_HUNDRED};
    for (size_t i = 0; i < 3; i++) {
        plan_row(f);
        plan_put(f, j, "r0.\"gesprekken\"", talks[i]);
        plan_run(f);
        assert_int_equal(plan_column(f, f->plan.persons), i == 0);
    }
}

static void test_plan_conditions_on_left_joined_values_know_which_are_there(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_left_join(f, PARTNER, "jeugdhulp", "j");
    uint32_t cost = build_op2(r, SCH_OP_COALESCE, build_col(r, j, "kosten"), build_number(r, 100, 2));
    build_where(r, build_op2(r, SCH_OP_LESS, build_col(r, b, "bedrag"), cost));
    build_count_rows(r);
    plan_make(f);
    size_t checked = 0;
    for (size_t i = 0; i <= CROSS_VALUES; i++) {
        for (size_t k = 3; k <= CROSS_VALUES; k++) { /* costs are 0 or more, or there is no record */
            const int64_t *amount = cross_value(i), *costs = cross_value(k);
            plan_row(f);
            plan_put(f, b, "r0.\"bedrag\"", amount);
            plan_put_none(f, j);
            if (costs != NULL) {
                plan_put(f, j, "r0.\"kosten\"", costs);
            }
            plan_run(f);
            assert_int_equal(plan_column(f, f->plan.persons),
                             less3(amount, costs != NULL ? costs : &CROSS_HUNDRED) == T);
            checked++;
        }
    }
    assert_int_equal(checked, 9 * 6);
}

/* ---- refusals ---- */

static void test_plan_make_ranges_too_wide_for_shares_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t j = plan_join(f, PARTNER, "jeugdhulp", "j");
    fixed_column(&f->fixed, STAD, "wonen", "huur")->maximum = (INT64_C(1) << 53) - 1;
    uint32_t large = build_op2(r, SCH_OP_MULTIPLY, build_col(r, w, "huur"), build_number(r, 500, 0)); /* 2^61.9 */
    build_where(r, build_op2(r, SCH_OP_GREATER, large, build_col(r, j, "kosten")));
    build_count_rows(r);
    plan_refused(f, SCH_BAD_INPUT, "* (position 3) stands beside columns of another owner",
                 "ask its owner to declare a minimum and a maximum, or use fewer decimals");
}

static void test_plan_make_values_that_an_owner_cannot_know_are_refused(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    static const char *const why = "has a value even where the left joined data set has no row";
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_left_join(f, PARTNER, "jeugdhulp", "j");
    uint32_t kind = build_op2(r, SCH_OP_COALESCE, build_col(r, j, "soort"), build_text(r, "x"));
    build_count_rows(r);
    build_where(r, build_op2(r, SCH_OP_LIKE, kind, build_text(r, "x%")));
    plan_refused(f, SCH_BAD_INPUT, "LIKE (position 6)", why);
    build_where(r, build_op2(r, SCH_OP_NOT_LIKE, kind, build_text(r, "x%")));
    plan_refused(f, SCH_BAD_INPUT, "NOT LIKE (position 8)", why);
    build_where(r, build_op2(r, SCH_OP_EQUAL, build_op1(r, SCH_OP_LOWER, kind), build_text(r, "x")));
    plan_refused(f, SCH_BAD_INPUT, "LOWER (position", "use the column itself, without COALESCE, CASE or IS NULL");
    build_where(r, build_op2(r, SCH_OP_LESS, kind, build_text(r, "x")));
    plan_refused(f, SCH_BAD_INPUT, "COALESCE (position 3)", why);
    build_where(r, build_op2(r, SCH_OP_EQUAL, kind, build_text(r, "x"))); /* by number */
    plan_make(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_arithmetic_over_two_owners_is_that_of_sql),
        PLAN_TEST(test_plan_variances_over_two_owners_are_exact),
        PLAN_TEST(test_plan_durations_between_owners_are_in_days),
        PLAN_TEST(test_plan_texts_of_two_owners_are_equal_by_number),
        PLAN_TEST(test_plan_number_of_a_text_is_that_of_its_hash),
        PLAN_TEST(test_plan_conditions_that_absent_rows_pass_are_on_shares),
        PLAN_TEST(test_plan_conditions_on_left_joined_values_know_which_are_there),
        PLAN_TEST(test_plan_make_ranges_too_wide_for_shares_are_refused),
        PLAN_TEST(test_plan_make_values_that_an_owner_cannot_know_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
