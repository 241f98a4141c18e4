/* Conditions over columns of several owners: the row program on hand-made rows, with and without values, against
 * SQL's logic. */
#include "node/query/plan.h"
#include "tests/unit/plan_cross_case.h"

static uint32_t make_equal(const makings *m)
{
    return build_op2(m->r, SCH_OP_EQUAL, m->x, m->y);
}

static uint32_t make_not_equal(const makings *m)
{
    return build_op2(m->r, SCH_OP_NOT_EQUAL, m->x, m->y);
}

static uint32_t make_less(const makings *m)
{
    return build_op2(m->r, SCH_OP_LESS, m->x, m->y);
}

static uint32_t make_less_equal(const makings *m)
{
    return build_op2(m->r, SCH_OP_LESS_EQUAL, m->x, m->y);
}

static uint32_t make_greater(const makings *m)
{
    return build_op2(m->r, SCH_OP_GREATER, m->x, m->y);
}

static uint32_t make_greater_equal(const makings *m)
{
    return build_op2(m->r, SCH_OP_GREATER_EQUAL, m->x, m->y);
}

static uint32_t make_in(const makings *m)
{
    return build_op3(m->r, SCH_OP_IN, build_op2(m->r, SCH_OP_SUBTRACT, m->x, m->y), m->zero, m->hundred);
}

static uint32_t make_not_in_with_null(const makings *m)
{
    return build_op3(m->r, SCH_OP_NOT_IN, build_op2(m->r, SCH_OP_SUBTRACT, m->x, m->y), m->zero, m->null);
}

static uint32_t make_between(const makings *m)
{
    return build_op3(m->r, SCH_OP_BETWEEN, m->x, m->below, m->y);
}

static uint32_t make_not_between(const makings *m)
{
    return build_op3(m->r, SCH_OP_NOT_BETWEEN, m->x, m->y, m->hundred);
}

static uint32_t make_and(const makings *m)
{
    uint32_t positive = cross_positive(m);
    return build_op2(m->r, SCH_OP_OR, build_op2(m->r, SCH_OP_AND, make_less(m), positive), make_equal(m));
}

static uint32_t make_or(const makings *m)
{
    uint32_t positive = cross_positive(m);
    return build_op2(m->r, SCH_OP_OR, make_less(m), positive);
}

static uint32_t make_not(const makings *m)
{
    return build_op1(m->r, SCH_OP_NOT, make_or(m));
}

static uint32_t make_is_null(const makings *m)
{
    return build_op1(m->r, SCH_OP_IS_NULL, build_op2(m->r, SCH_OP_ADD, m->x, m->y));
}

static uint32_t make_is_not_null(const makings *m)
{
    return build_op1(m->r, SCH_OP_IS_NOT_NULL, build_op2(m->r, SCH_OP_COALESCE, m->x, m->y));
}

static uint32_t make_condition_is_null(const makings *m)
{
    return build_op1(m->r, SCH_OP_IS_NULL, make_less(m));
}

static uint32_t make_case(const makings *m)
{
    const uint32_t argument[] = {make_less(m), build_boolean(m->r, true), make_equal(m), build_boolean(m->r, false),
                                 cross_positive(m)};
    return build_op(m->r, SCH_OP_CASE, 5, argument);
}

static uint32_t make_coalesce(const makings *m)
{
    return build_op2(m->r, SCH_OP_COALESCE, make_less(m), cross_positive(m));
}

static uint32_t make_equal_conditions(const makings *m)
{
    return build_op2(m->r, SCH_OP_EQUAL, make_less(m), cross_positive(m));
}

static int is_equal(cross_row r)
{
    return equal3(r.x, r.y);
}

static int is_not_equal(cross_row r)
{
    return not3(equal3(r.x, r.y));
}

static int is_less(cross_row r)
{
    return less3(r.x, r.y);
}

static int is_less_equal(cross_row r)
{
    return not3(less3(r.y, r.x));
}

static int is_greater(cross_row r)
{
    return less3(r.y, r.x);
}

static int is_greater_equal(cross_row r)
{
    return not3(less3(r.x, r.y));
}

static int is_in(cross_row r)
{
    int64_t difference = r.x != NULL && r.y != NULL ? *r.x - *r.y : 0;
    const int64_t *d = r.x != NULL && r.y != NULL ? &difference : NULL;
    return or3(equal3(d, &CROSS_ZERO), equal3(d, &CROSS_HUNDRED));
}

static int is_not_in_with_null(cross_row r)
{
    return and3(not3(equal3(r.x, r.y)), N);
}

static int is_between(cross_row r)
{
    return and3(not3(less3(r.x, &CROSS_BELOW)), not3(less3(r.y, r.x)));
}

static int is_not_between(cross_row r)
{
    return or3(less3(r.x, r.y), less3(&CROSS_HUNDRED, r.x));
}

static int is_and(cross_row r)
{
    return or3(and3(less3(r.x, r.y), less3(&CROSS_ZERO, r.y)), equal3(r.x, r.y));
}

static int is_or(cross_row r)
{
    return or3(less3(r.x, r.y), less3(&CROSS_ZERO, r.y));
}

static int is_not(cross_row r)
{
    return not3(is_or(r));
}

static int is_null(cross_row r)
{
    return r.x == NULL || r.y == NULL;
}

static int is_not_null(cross_row r)
{
    return r.x != NULL || r.y != NULL;
}

static int is_case(cross_row r)
{
    return less3(r.x, r.y) == T ? T : equal3(r.x, r.y) == T ? F : less3(&CROSS_ZERO, r.y);
}

static int is_coalesce(cross_row r)
{
    return less3(r.x, r.y) != N ? less3(r.x, r.y) : less3(&CROSS_ZERO, r.y);
}

static int is_equal_conditions(cross_row r)
{
    int a = less3(r.x, r.y), b = less3(&CROSS_ZERO, r.y);
    return a == N || b == N ? N : a == b;
}

static const struct {
    const char *name;
    uint32_t (*make)(const makings *m);
    int (*is)(cross_row r);
} CONDITION[] = {
    {"x = y", make_equal, is_equal},
    {"x <> y", make_not_equal, is_not_equal},
    {"x < y", make_less, is_less},
    {"x <= y", make_less_equal, is_less_equal},
    {"x > y", make_greater, is_greater},
    {"x >= y", make_greater_equal, is_greater_equal},
    {"x - y IN (0, 1)", make_in, is_in},
    {"x - y NOT IN (0, NULL)", make_not_in_with_null, is_not_in_with_null},
    {"x BETWEEN -1 AND y", make_between, is_between},
    {"x NOT BETWEEN y AND 1", make_not_between, is_not_between},
    {"x < y AND y > 0 OR x = y", make_and, is_and},
    {"x < y OR y > 0", make_or, is_or},
    {"NOT (x < y OR y > 0)", make_not, is_not},
    {"x + y IS NULL", make_is_null, is_null},
    {"COALESCE(x, y) IS NOT NULL", make_is_not_null, is_not_null},
    {"(x < y) IS NULL", make_condition_is_null, is_null},
    {"CASE WHEN x < y THEN TRUE WHEN x = y THEN FALSE ELSE y > 0 END", make_case, is_case},
    {"COALESCE(x < y, y > 0)", make_coalesce, is_coalesce},
    {"(x < y) = (y > 0)", make_equal_conditions, is_equal_conditions},
};

static void test_plan_conditions_over_two_owners_are_those_of_sql(void **state)
{
    plan_case *f = *state;
    size_t checked = 0, held = 0;
    for (size_t c = 0; c < sizeof CONDITION / sizeof CONDITION[0]; c++) {
        cross_join(f);
        makings m = cross_begin(f);
        build_where(&f->request, CONDITION[c].make(&m));
        build_count_rows(&f->request);
        plan_make(f);
        for (size_t i = 0; i <= CROSS_VALUES; i++) {
            for (size_t k = 0; k <= CROSS_VALUES; k++) {
                const cross_row r = {cross_value(i), cross_value(k), &CROSS_ZERO};
                cross_put(f, r);
                int64_t counted = plan_count_of(f, &f->plan.aggregate[0].count);
                if (counted != (CONDITION[c].is(r) == T)) {
                    fail_msg("%s: values %zu and %zu: %lld", CONDITION[c].name, i, k, (long long)counted);
                }
                checked++;
                held += counted == 1;
            }
        }
    }
    assert_int_equal(checked, 19 * 81);
    assert_true(held > 300);
}

/* As a value in CASE they are NULL where they are neither, and what is not true falls through. */
static void test_plan_conditions_within_aggregates_are_those_of_sql(void **state)
{
    plan_case *f = *state;
    size_t checked = 0;
    for (size_t c = 0; c < sizeof CONDITION / sizeof CONDITION[0]; c++) {
        cross_join(f);
        makings m = cross_begin(f);
        sch_request *r = &f->request;
        uint32_t condition = CONDITION[c].make(&m);
        uint32_t known = build_aggregate(r, SCH_OP_COUNT, condition);
        uint32_t choice = build_op3(r, SCH_OP_CASE, condition, build_number(r, 7, 0), build_number(r, -3, 0));
        uint32_t sum = build_aggregate(r, SCH_OP_SUM, choice);
        plan_make(f);
        for (size_t i = 0; i <= CROSS_VALUES; i++) {
            for (size_t k = 0; k <= CROSS_VALUES; k++) {
                const cross_row values = {cross_value(i), cross_value(k), &CROSS_ZERO};
                cross_put(f, values);
                int is = CONDITION[c].is(values);
                assert_int_equal(plan_count_of(f, &plan_aggregate_of(f, known)->count), is != N);
                assert_true(plan_sum_of(f, &plan_aggregate_of(f, sum)->x) == (is == T ? 7 : -3));
                checked++;
            }
        }
    }
    assert_int_equal(checked, 19 * 81);
}

static void test_plan_conditions_are_joined_by_and(void **state)
{
    plan_case *f = *state;
    cross_join(f);
    makings m = cross_begin(f);
    uint32_t cost = build_op2(&f->request, SCH_OP_GREATER, build_col(&f->request, J, "kosten"), m.x);
    uint32_t both = build_op2(&f->request, SCH_OP_AND, make_less(&m), cost);
    build_where(&f->request,
                build_op2(&f->request, SCH_OP_AND, both, build_op2(&f->request, SCH_OP_GREATER, m.y, m.zero)));
    build_count_rows(&f->request);
    plan_make(f);
    assert_non_null(strstr(plan_sql(f, P), " WHERE (r0.\"inkomen\" > CAST(0 AS BIGINT))")); /* its owner's */
    size_t checked = 0;
    for (size_t i = 0; i <= CROSS_VALUES; i++) {
        for (size_t k = 0; k <= CROSS_VALUES; k++) {
            const cross_row r = {cross_value(i), cross_value(k), &CROSS_HUNDRED};
            cross_put(f, r);
            bool holds = less3(r.x, r.y) == T && less3(r.x, &CROSS_HUNDRED) == T;
            assert_int_equal(plan_column(f, f->plan.persons), holds);
            checked++;
        }
    }
    assert_int_equal(checked, 81);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_conditions_over_two_owners_are_those_of_sql),
        PLAN_TEST(test_plan_conditions_within_aggregates_are_those_of_sql),
        PLAN_TEST(test_plan_conditions_are_joined_by_and),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
