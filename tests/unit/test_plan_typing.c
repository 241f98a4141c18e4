/* Types, bounds and refusals of expressions; names. */
#include "node/query/nearest.h"
#include "node/query/op_name.h"
#include "tests/unit/typing_case.h"

static void test_typing_arithmetic_bounds_are_exact(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t amount = build_col(r, B, "bedrag"); /* 0 to 5000.00, may be empty */
    uint32_t days = build_col(r, B, "dagen");    /* 0 to 366 */
    uint32_t wage = build_col(r, C, "loon");     /* -1000.00 to 200000.00, may be empty */
    uint32_t works = build_col(r, C, "werkt");   /* 0 to 1 */
    uint32_t minus = build_number(r, -25, 1);    /* -2.5 */
    uint32_t seven = build_number(r, 7, 0);
    typing_assert_number(f, build_op2(r, SCH_OP_ADD, amount, days), 0, 536600, 2, true);
    typing_assert_number(f, build_op2(r, SCH_OP_SUBTRACT, days, amount), -500000, 36600, 2, true);
    typing_assert_number(f, build_op2(r, SCH_OP_MULTIPLY, wage, minus), -500000000, 2500000, 3, true);
    typing_assert_number(f, build_op2(r, SCH_OP_MULTIPLY, days, works), 0, 366, 0, false);
    typing_assert_number(f, build_op1(r, SCH_OP_NEGATE, wage), -20000000, 100000, 2, true);
    typing_assert_number(f, build_op1(r, SCH_OP_ABS, wage), 0, 20000000, 2, true);
    typing_assert_number(f, build_op1(r, SCH_OP_ABS, minus), 25, 25, 1, false);
    typing_assert_number(f, build_op2(r, SCH_OP_MODULO, days, seven), 0, 6, 0, false);
    uint32_t below = build_op2(r, SCH_OP_SUBTRACT, works, build_col(r, C, "uren"));
    typing_assert_number(f, build_op2(r, SCH_OP_MODULO, below, seven), -6, 1, 0, false);
    typing_assert_number(f, build_op2(r, SCH_OP_ADD, days, build_null(r)), 0, 366, 0, true);
}

static void test_typing_case_and_coalesce_unify_and_take_hulls(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t fixed_job = build_col(r, C, "vast");
    uint32_t wage = build_col(r, C, "loon");
    uint32_t hours = build_col(r, C, "uren");
    typing_assert_number(f, build_op3(r, SCH_OP_CASE, fixed_job, build_number(r, 1, 0), build_number(r, 0, 0)), 0, 1, 0,
                         false);
    typing_assert_number(f, build_op3(r, SCH_OP_CASE, fixed_job, wage, hours), -100000, 20000000, 2, true);
    typing_assert_number(f, build_op3(r, SCH_OP_CASE, fixed_job, hours, build_null(r)), 0, 60, 0, true);
    typing_assert_number(f, build_op2(r, SCH_OP_COALESCE, wage, build_number(r, -1500, 0)), -150000, 20000000, 2,
                         false);
    const uint32_t argument[] = {fixed_job, build_text(r, "a"), fixed_job, build_null(r), build_text(r, "lang")};
    const sch_typed *t = typing_of(f, build_op(r, SCH_OP_CASE, 5, argument));
    assert_int_equal(t->type, SCH_TYPE_TEXT);
    assert_int_equal(t->characters, 4);
    assert_true(t->nullable);
}

static void test_typing_functions_have_bounds(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t born = build_col(r, B, "geboren"); /* 1900-01-01 to 2025-12-31 */
    typing_assert_number(f, build_op1(r, SCH_OP_YEAR, born), 1900, 2025, 0, true);
    typing_assert_number(f, build_op1(r, SCH_OP_MONTH, born), 1, 12, 0, true);
    typing_assert_number(f, build_op1(r, SCH_OP_YEAR, build_date(r, -1)), 1969, 1969, 0, false);
    typing_assert_number(f, build_op1(r, SCH_OP_YEAR, build_date(r, SCH_MIN_DATE)), 1, 1, 0, false);
    typing_assert_number(f, build_op1(r, SCH_OP_YEAR, build_date(r, 11016)), 2000, 2000, 0, false); /* 2000-02-29 */
    uint32_t area = build_col(r, B, "buurt");
    typing_assert_number(f, build_op1(r, SCH_OP_LENGTH, area), 0, 7, 0, true);
    uint32_t note = build_col(r, B, "toelichting");
    typing_assert_number(f, build_op1(r, SCH_OP_LENGTH, note), 0, UINT32_MAX, 0, true);
    uint32_t start = build_op3(r, SCH_OP_SUBSTRING, note, build_number(r, 2, 0), build_number(r, 3, 0));
    typing_assert_number(f, build_op1(r, SCH_OP_LENGTH, start), 0, 3, 0, true);
}

static void test_typing_conditions_are_booleans_that_know_null(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t number = build_col(r, B, "nummer");
    uint32_t compared = build_op2(r, SCH_OP_LESS, number, build_number(r, 15, 1));
    assert_int_equal(typing_of(f, compared)->type, SCH_TYPE_BOOLEAN);
    assert_true(f->typed[compared].nullable);
    assert_int_equal(f->typed[compared].operand_decimals, 1);
    assert_int_equal(f->typed[compared].owners, 1);
    uint32_t is_null = build_op1(r, SCH_OP_IS_NULL, number);
    assert_false(typing_of(f, is_null)->nullable);
    uint32_t both = build_op2(r, SCH_OP_OR, compared, build_col(r, C, "vast"));
    assert_int_equal(typing_of(f, both)->owners, 3);
    assert_true(f->typed[both].nullable);
}

static void test_typing_overflow_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t large = build_col(r, C, "groot"); /* to 2^50 */
    uint32_t sum = build_op2(r, SCH_OP_MULTIPLY, large, build_number(r, 4096, 0));
    typing_assert_number(f, sum, 0, INT64_C(1) << 62, 0, false);
    build_op2(r, SCH_OP_ADD, sum, build_number(r, 1, 0));
    typing_assert_refused(f, "+ (position", "2^62");
}

static void test_typing_scaling_that_overflows_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op2(r, SCH_OP_ADD, build_col(r, C, "groot"), build_number(r, 1, 9));
    typing_assert_refused(f, "+ (position", "2^62");
}

static void test_typing_too_many_decimals_are_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op2(r, SCH_OP_MULTIPLY, build_number(r, 1, 10), build_number(r, 1, 9));
    typing_assert_refused(f, "* (position", "18 decimals");
}

static void test_typing_number_beyond_bound_is_refused(void **state)
{
    typing_case *f = *state;
    build_number(&f->request, INT64_MAX, 0);
    typing_assert_refused(f, "number (position", "too many digits");
}

static void test_typing_unbounded_number_in_arithmetic_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op2(r, SCH_OP_ADD, build_col(r, B, "nummer"), build_number(r, 1, 0));
    typing_assert_refused(f, "b.nummer (position", "declared range");
}

static void test_typing_unbounded_number_in_sum_is_refused(void **state)
{
    typing_case *f = *state;
    build_op1(&f->request, SCH_OP_SUM, build_col(&f->request, B, "nummer"));
    typing_assert_refused(f, "b.nummer (position", "declared range");
}

static void test_typing_unbounded_number_scaled_by_case_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op2(r, SCH_OP_COALESCE, build_col(r, B, "nummer"), build_number(r, 15, 1));
    typing_assert_refused(f, "b.nummer (position", "declared range");
}

static void test_typing_divisor_that_may_be_zero_is_refused(void **state)
{
    typing_case *f = *state;
    build_op2(&f->request, SCH_OP_MODULO, build_col(&f->request, B, "dagen"), build_col(&f->request, B, "leeftijd"));
    typing_assert_refused(f, "% (position", "divide by 0");
}

static void test_typing_remainder_of_decimals_is_refused(void **state)
{
    typing_case *f = *state;
    build_op2(&f->request, SCH_OP_MODULO, build_col(&f->request, B, "bedrag"), build_number(&f->request, 7, 0));
    typing_assert_refused(f, "% (position", "whole numbers");
}

static void test_typing_unlike_types_are_refused_with_a_hint(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    size_t start = r->expression_count;
    build_op2(r, SCH_OP_EQUAL, build_col(r, C, "vast"), build_number(r, 1, 0));
    typing_assert_refused(f, "= (position", "TRUE or FALSE");
    r->expression[start + 2].op = SCH_OP_IS_NOT_NULL; /* made harmless for what follows */
    r->expression[start + 2].argument_count = 1;
    build_op2(r, SCH_OP_LESS, build_col(r, B, "geboren"), build_text(r, "2000-01-01"));
    typing_assert_refused(f, "< (position", "DATE '");
    r->expression[start + 5].op = SCH_OP_IS_NOT_NULL;
    r->expression[start + 5].argument_count = 1;
    build_op2(r, SCH_OP_EQUAL, build_col(r, B, "buurt"), build_number(r, 3, 0));
    typing_assert_refused(f, "= (position", "in quotes");
}

static void test_typing_wrong_operands_are_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    const struct {
        sch_op op;
        const char *column;
        const char *text;
    } wrong[] = {
        {SCH_OP_NEGATE, "buurt", "numbers only"}, {SCH_OP_NOT, "dagen", "takes conditions"},
        {SCH_OP_YEAR, "dagen", "takes a date"},   {SCH_OP_LOWER, "dagen", "takes text"},
        {SCH_OP_SUM, "actief", "numbers only"},   {SCH_OP_AVG, "toelichting", "numbers only"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t e = build_op1(r, wrong[i].op, build_col(r, B, wrong[i].column));
        typing_assert_refused(f, sch_op_name(wrong[i].op), wrong[i].text);
        r->expression[e].op = SCH_OP_IS_NULL;
        checked++;
    }
    assert_int_equal(checked, 6);
    build_op2(r, SCH_OP_LIKE, build_col(r, B, "dagen"), build_text(r, "a%"));
    typing_assert_refused(f, "LIKE (position", "takes text");
}

static void test_typing_pattern_with_backslash_is_refused(void **state)
{
    typing_case *f = *state;
    build_op2(&f->request, SCH_OP_LIKE, build_col(&f->request, B, "buurt"), build_text(&f->request, "a\\%"));
    typing_assert_refused(f, "LIKE (position", "backslash");
}

static void test_typing_substring_of_huge_length_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op3(r, SCH_OP_SUBSTRING, build_col(r, B, "buurt"), build_number(r, 1, 0), build_number(r, 1LL << 40, 0));
    typing_assert_refused(f, "SUBSTRING (position", "2^31");
}

static void test_typing_case_with_number_as_condition_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op3(r, SCH_OP_CASE, build_col(r, B, "dagen"), build_number(r, 1, 0), build_number(r, 0, 0));
    typing_assert_refused(f, "CASE (position", "WHEN");
}

static void test_typing_aggregate_of_null_is_refused(void **state)
{
    typing_case *f = *state;
    build_op1(&f->request, SCH_OP_COUNT, build_null(&f->request));
    typing_assert_refused(f, "COUNT (position", "NULL");
}

static void test_typing_identifier_outside_count_distinct_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    const sch_op op[] = {SCH_OP_IS_NULL, SCH_OP_COUNT, SCH_OP_LENGTH};
    size_t checked = 0;
    unit_assert_ok(typing_run(f));
    for (size_t i = 0; i < 3; i++) {
        uint32_t e = build_op1(r, op[i], build_col(r, B, "bsn"));
        typing_assert_refused(f, "b.bsn (position", "COUNT(DISTINCT ...)");
        r->expression[e].op = SCH_OP_COUNT_PERSONS;
        unit_assert_ok(typing_run(f));
        checked++;
    }
    assert_int_equal(checked, 3);
}

static void test_typing_count_distinct_of_other_column_is_refused(void **state)
{
    typing_case *f = *state;
    build_op1(&f->request, SCH_OP_COUNT_PERSONS, build_col(&f->request, B, "buurt"));
    typing_assert_refused(f, "COUNT(DISTINCT) (position", "the column that links");
}

static void test_typing_unknown_column_names_the_nearest(void **state)
{
    typing_case *f = *state;
    build_col(&f->request, C, "lnoo");
    typing_assert_refused(f, "c.lnoo (position 1)", "did you mean c.loon?");
}

static void test_typing_unknown_column_without_near_one_lists_columns(void **state)
{
    typing_case *f = *state;
    build_col(&f->request, C, "x");
    typing_assert_refused(f, "c has bsn, jaar, sector", "vast");
}

static void test_typing_shared_expressions_without_end_are_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t e = build_col(r, C, "vast");
    for (int i = 0; i < 40; i++) {
        e = build_op2(r, SCH_OP_AND, e, e); /* doubles what is written each time */
    }
    build_where(r, e);
    typing_assert_refused(f, "the query is too long", "8000");
}

static void test_nearest_distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(sch_nearest_distance("loon", "loon"), 0);
    assert_int_equal(sch_nearest_distance("loon", "LOON"), 0);
    assert_int_equal(sch_nearest_distance("loon", "lon"), 1);
    assert_int_equal(sch_nearest_distance("loon", "lono"), 1);
    assert_int_equal(sch_nearest_distance("kitten", "sitting"), 3);
    assert_int_equal(sch_nearest_distance("", "abc"), 3);
    char a[200];
    memset(a, 'a', sizeof a);
    a[sizeof a - 1] = '\0';
    assert_int_equal(sch_nearest_distance(a, ""), SCH_NAME_BYTES - 1);
}

static void test_nearest_name_far_from_all_is_null(void **state)
{
    (void)state;
    static const char *const known[] = {"buurt", "traject", "instroomjaar"};
    assert_string_equal(sch_nearest_name("burt", known, 3), "buurt");
    assert_string_equal(sch_nearest_name("instroomjr", known, 3), "instroomjaar");
    assert_null(sch_nearest_name("wxyz", known, 3));
    assert_null(sch_nearest_name("a", known, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TYPING_TEST(test_typing_arithmetic_bounds_are_exact),
        TYPING_TEST(test_typing_case_and_coalesce_unify_and_take_hulls),
        TYPING_TEST(test_typing_functions_have_bounds),
        TYPING_TEST(test_typing_conditions_are_booleans_that_know_null),
        TYPING_TEST(test_typing_overflow_is_refused),
        TYPING_TEST(test_typing_scaling_that_overflows_is_refused),
        TYPING_TEST(test_typing_too_many_decimals_are_refused),
        TYPING_TEST(test_typing_number_beyond_bound_is_refused),
        TYPING_TEST(test_typing_unbounded_number_in_arithmetic_is_refused),
        TYPING_TEST(test_typing_unbounded_number_in_sum_is_refused),
        TYPING_TEST(test_typing_unbounded_number_scaled_by_case_is_refused),
        TYPING_TEST(test_typing_divisor_that_may_be_zero_is_refused),
        TYPING_TEST(test_typing_remainder_of_decimals_is_refused),
        TYPING_TEST(test_typing_unlike_types_are_refused_with_a_hint),
        TYPING_TEST(test_typing_wrong_operands_are_refused),
        TYPING_TEST(test_typing_pattern_with_backslash_is_refused),
        TYPING_TEST(test_typing_substring_of_huge_length_is_refused),
        TYPING_TEST(test_typing_case_with_number_as_condition_is_refused),
        TYPING_TEST(test_typing_aggregate_of_null_is_refused),
        TYPING_TEST(test_typing_identifier_outside_count_distinct_is_refused),
        TYPING_TEST(test_typing_count_distinct_of_other_column_is_refused),
        TYPING_TEST(test_typing_unknown_column_names_the_nearest),
        TYPING_TEST(test_typing_unknown_column_without_near_one_lists_columns),
        TYPING_TEST(test_typing_shared_expressions_without_end_are_refused),
        cmocka_unit_test(test_nearest_distance_counts_edits),
        cmocka_unit_test(test_nearest_name_far_from_all_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
