/* Typing over several nodes: what may bring their columns together, left joins, dates. */
#include "tests/unit/typing_case.h"

/* Two dates, two texts, two numbers: of b (gemeente) and of p (cbs). */
static uint32_t born(typing_case *f)
{
    return build_col(&f->request, B, "geboren"); /* 1900-01-01 (-25567) to 2025-12-31 (20453) */
}

static uint32_t start(typing_case *f)
{
    return build_col(&f->request, P, "start"); /* 0 to 18262 */
}

static uint32_t wage(typing_case *f)
{
    return build_col(&f->request, C, "loon"); /* -1000.00 to 200000.00, may be empty */
}

static uint32_t amount(typing_case *f)
{
    return build_col(&f->request, B, "bedrag"); /* 0 to 5000.00, may be empty */
}

/* ---- nodes ---- */

static void test_node_of_relations_of_one_node_is_one_number(void **state)
{
    typing_case *f = *state;
    typing_with_union(f);
    const unsigned expected[] = {0, 1, 2, 1, 3};
    size_t checked = 0;
    for (size_t i = 0; i < f->request.from_count; i++, checked++) {
        assert_int_equal(sch_typing_node_of(&f->request, i), expected[i]);
    }
    assert_int_equal(checked, 5);
}

static void test_node_of_union_differs_from_its_members(void **state)
{
    typing_case *f = *state;
    typing_with_union(f);
    memcpy(f->request.from[J].node[0], "stad_a", sizeof "stad_a");
    assert_int_equal(sch_typing_node_of(&f->request, J), 2);
    assert_int_equal(sch_typing_node_of(&f->request, W), 3);
}

static void test_typing_owners_and_parts_have_a_bit_each(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    typing_with_union(f);
    uint32_t sum = build_op2(r, SCH_OP_ADD, wage(f), build_col(r, P, "inkomen"));
    assert_int_equal(typing_of(f, sum)->owners, 1U << C | 1U << P);
    assert_int_equal(f->typed[sum].parts, 2);
    sum = build_op2(r, SCH_OP_ADD, sum, build_op2(r, SCH_OP_ADD, amount(f), build_col(r, W, "huur")));
    assert_int_equal(typing_of(f, sum)->owners, 1U << B | 1U << C | 1U << P | 1U << W);
    assert_int_equal(f->typed[sum].parts, 1U << 0 | 1U << 1 | 1U << 3);
}

/* ---- left joins ---- */

static void test_typing_left_joined_column_is_nullable(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t costs = build_col(r, J, "kosten"); /* never empty */
    assert_true(typing_of(f, costs)->nullable);
    assert_false(f->typed[costs].own_nullable);
    uint32_t talks = build_col(r, J, "gesprekken"); /* may be empty */
    assert_true(typing_of(f, talks)->own_nullable);
    uint32_t days = build_col(r, B, "dagen"); /* of an inner join, never empty */
    assert_false(typing_of(f, days)->nullable);
    assert_false(f->typed[days].own_nullable);
}

static void test_typing_left_joins_nulls_pass_through_expressions(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t costs = build_col(r, J, "kosten");
    uint32_t days = build_col(r, B, "dagen");
    uint32_t more = build_op2(r, SCH_OP_GREATER, costs, days);
    const struct {
        uint32_t expression;
        bool nullable, own;
    } expected[] = {
        {more, true, false},
        {build_op2(r, SCH_OP_ADD, costs, days), true, false},
        {build_op1(r, SCH_OP_IS_NULL, costs), false, false},
        {build_op2(r, SCH_OP_COALESCE, costs, days), false, false},
        {build_op2(r, SCH_OP_COALESCE, costs, build_null(r)), true, false},
        {build_op3(r, SCH_OP_CASE, more, days, days), false, false}, /* whoever is missing gets ELSE */
        {build_op3(r, SCH_OP_CASE, more, costs, days), true, false},
        {build_op3(r, SCH_OP_CASE, more, days, build_null(r)), true, true},
        {build_op2(r, SCH_OP_AND, more, build_col(r, C, "vast")), true, false},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++, checked++) {
        assert_int_equal(typing_of(f, expected[i].expression)->nullable, expected[i].nullable);
        assert_int_equal(f->typed[expected[i].expression].own_nullable, expected[i].own);
    }
    assert_int_equal(checked, 9);
}

/* ---- several nodes in one expression ---- */

static void test_typing_numbers_of_several_nodes_meet(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t compared = build_op2(r, SCH_OP_GREATER, wage(f), amount(f));
    assert_int_equal(typing_of(f, compared)->type, SCH_TYPE_BOOLEAN);
    assert_int_equal(f->typed[compared].parts, 3);
    typing_assert_number(f, build_op2(r, SCH_OP_SUBTRACT, wage(f), amount(f)), -600000, 20000000, 2, true);
    typing_assert_number(f, build_op3(r, SCH_OP_CASE, compared, build_col(r, J, "kosten"), build_number(r, 0, 0)), 0,
                         9000000, 2, true);
    typing_assert_number(f, build_op2(r, SCH_OP_COALESCE, amount(f), build_col(r, C, "uren")), 0, 500000, 2, false);
    build_op3(r, SCH_OP_BETWEEN, wage(f), amount(f), build_col(r, J, "kosten"));
    build_op2(r, SCH_OP_NOT_EQUAL, build_col(r, B, "actief"), build_col(r, C, "vast"));
    build_op2(r, SCH_OP_IN, build_op2(r, SCH_OP_ADD, wage(f), amount(f)), build_number(r, 5, 0));
    unit_assert_ok(typing_run(f));
}

static void test_typing_texts_of_several_nodes_are_compared_by_equality(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t area = build_col(r, B, "buurt"), sector = build_col(r, C, "sector"), name = build_col(r, P, "naam");
    build_op2(r, SCH_OP_EQUAL, area, sector);
    build_op2(r, SCH_OP_NOT_EQUAL, build_op1(r, SCH_OP_LOWER, area), sector);
    build_op2(r, SCH_OP_LESS, sector, name); /* of one node */
    build_op2(r, SCH_OP_COALESCE, sector, name);
    unit_assert_ok(typing_run(f));
    build_op2(r, SCH_OP_LESS, area, sector);
    typing_assert_refused(f, "< (position", "= or <>");
}

static void test_typing_between_texts_of_several_nodes_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op3(r, SCH_OP_BETWEEN, build_col(r, B, "buurt"), build_col(r, C, "sector"), build_text(r, "z"));
    typing_assert_refused(f, "BETWEEN (position", "= or <>");
}

static void test_typing_case_of_texts_of_several_nodes_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op3(r, SCH_OP_CASE, build_col(r, C, "vast"), build_col(r, B, "buurt"), build_null(r));
    typing_assert_refused(f, "CASE (position", "a number or a condition");
}

static void test_typing_coalesce_of_texts_of_several_nodes_is_refused(void **state)
{
    typing_case *f = *state;
    build_op2(&f->request, SCH_OP_COALESCE, build_col(&f->request, B, "buurt"), build_col(&f->request, C, "sector"));
    typing_assert_refused(f, "COALESCE (position", "a number or a condition");
}

static void test_typing_remainder_of_several_nodes_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t hours = build_col(r, C, "uren");
    build_op2(r, SCH_OP_MODULO, hours, build_number(r, 7, 0));
    unit_assert_ok(typing_run(f));
    build_op2(r, SCH_OP_MODULO, build_op2(r, SCH_OP_ADD, hours, build_col(r, B, "dagen")), build_number(r, 7, 0));
    typing_assert_refused(f, "% (position", "one node");
}

static void test_typing_year_of_several_nodes_is_refused(void **state)
{
    typing_case *f = *state;
    build_op1(&f->request, SCH_OP_YEAR, build_op2(&f->request, SCH_OP_COALESCE, born(f), start(f)));
    typing_assert_refused(f, "YEAR (position", "one node");
}

static void test_typing_unbounded_number_beside_another_nodes_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t own = build_col(r, P, "nummer");
    build_op2(r, SCH_OP_LESS, own, build_col(r, C, "uren")); /* of one node */
    unit_assert_ok(typing_run(f));
    build_op2(r, SCH_OP_EQUAL, own, build_col(r, B, "nummer"));
    typing_assert_refused(f, "p.nummer (position 1)", "declare minimum and maximum");
}

static void test_typing_unbounded_result_of_case_over_several_nodes_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t own = build_col(r, P, "nummer");
    build_op3(r, SCH_OP_CASE, build_col(r, C, "vast"), own, build_null(r)); /* of one node */
    unit_assert_ok(typing_run(f));
    build_op3(r, SCH_OP_CASE, build_col(r, B, "actief"), own, build_null(r));
    typing_assert_refused(f, "p.nummer (position 1)", "declare minimum and maximum");
}

static void test_typing_difference_beyond_bound_is_not_compared_across_nodes(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t large = build_op2(r, SCH_OP_MULTIPLY, build_col(r, C, "groot"), build_number(r, 4096, 0)); /* to 2^62 */
    build_op2(r, SCH_OP_LESS, large, build_op1(r, SCH_OP_ABS, build_col(r, B, "dagen")));
    build_op2(r, SCH_OP_LESS, large, build_op1(r, SCH_OP_NEGATE, build_col(r, C, "uren"))); /* of one node */
    unit_assert_ok(typing_run(f));
    build_op2(r, SCH_OP_LESS, build_op1(r, SCH_OP_NEGATE, build_col(r, B, "dagen")), large);
    typing_assert_refused(f, "< (position", "difference could exceed 2^62");
}

/* ---- dates ---- */

static void test_typing_dates_apart_are_days(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t days = build_op2(r, SCH_OP_SUBTRACT, start(f), born(f));
    typing_assert_number(f, days, 0 - 20453, 18262 + 25567, 0, true);
    assert_int_equal(f->typed[days].operand_type, SCH_TYPE_DATE);
    assert_int_equal(f->typed[days].parts, 3);
    typing_assert_number(f, build_op2(r, SCH_OP_SUBTRACT, build_date(r, 30), build_date(r, 10)), 20, 20, 0, false);
}

static void test_typing_date_moved_by_days_is_a_date(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    const struct {
        uint32_t expression;
        int64_t minimum, maximum;
    } expected[] = {
        {build_op2(r, SCH_OP_ADD, start(f), build_number(r, 30, 0)), 30, 18292},
        {build_op2(r, SCH_OP_ADD, build_number(r, 30, 0), start(f)), 30, 18292},
        {build_op2(r, SCH_OP_SUBTRACT, start(f), build_col(r, B, "dagen")), -366, 18262},
        {build_op2(r, SCH_OP_ADD, start(f), build_null(r)), 0, 18262},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++, checked++) {
        const sch_typed *t = typing_of(f, expected[i].expression);
        assert_int_equal(t->type, SCH_TYPE_DATE);
        assert_true(t->bounded);
        assert_int_equal(t->minimum, expected[i].minimum);
        assert_int_equal(t->maximum, expected[i].maximum);
    }
    assert_int_equal(checked, 4);
    build_op2(r, SCH_OP_LESS_EQUAL, expected[2].expression, born(f));
    unit_assert_ok(typing_run(f));
}

static void test_typing_unbounded_date_is_compared_within_its_node_only(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t end = build_col(r, P, "einde");
    build_op2(r, SCH_OP_GREATER, end, build_date(r, 18000));
    build_op2(r, SCH_OP_GREATER, end, start(f));
    unit_assert_ok(typing_run(f));
    build_op2(r, SCH_OP_GREATER, end, born(f));
    typing_assert_refused(f, "p.einde (position 1)", "declare minimum and maximum");
}

static void test_typing_unbounded_date_is_not_subtracted(void **state)
{
    typing_case *f = *state;
    uint32_t end = build_col(&f->request, P, "einde");
    build_op2(&f->request, SCH_OP_SUBTRACT, end, start(f));
    typing_assert_refused(f, "p.einde (position 1)", "declare minimum and maximum");
}

static void test_typing_wrong_date_arithmetic_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    const struct {
        sch_op op;
        uint32_t a, b;
        const char *text;
    } wrong[] = {
        {SCH_OP_ADD, start(f), born(f), "adds a date to a date"},
        {SCH_OP_SUBTRACT, build_number(r, 3, 0), start(f), "write the date first"},
        {SCH_OP_ADD, start(f), build_number(r, 15, 1), "whole number of days"},
        {SCH_OP_ADD, start(f), build_text(r, "a"), "whole number of days"},
        {SCH_OP_ADD, start(f), build_number(r, 3000000, 0), "years 1 to 9999"},
        {SCH_OP_SUBTRACT, start(f), build_number(r, 800000, 0), "years 1 to 9999"},
        {SCH_OP_MULTIPLY, start(f), build_number(r, 2, 0), "numbers only"},
        {SCH_OP_ADD, start(f), build_col(r, P, "nummer"), "declare minimum and maximum"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, checked++) {
        uint32_t e = build_op2(r, wrong[i].op, wrong[i].a, wrong[i].b);
        typing_assert_refused(f, "(position", wrong[i].text);
        r->expression[e].op = SCH_OP_IS_NULL; /* made harmless for what follows */
        r->expression[e].argument_count = 1;
    }
    assert_int_equal(checked, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TYPING_TEST(test_node_of_relations_of_one_node_is_one_number),
        TYPING_TEST(test_node_of_union_differs_from_its_members),
        TYPING_TEST(test_typing_owners_and_parts_have_a_bit_each),
        TYPING_TEST(test_typing_left_joined_column_is_nullable),
        TYPING_TEST(test_typing_left_joins_nulls_pass_through_expressions),
        TYPING_TEST(test_typing_numbers_of_several_nodes_meet),
        TYPING_TEST(test_typing_texts_of_several_nodes_are_compared_by_equality),
        TYPING_TEST(test_typing_between_texts_of_several_nodes_is_refused),
        TYPING_TEST(test_typing_case_of_texts_of_several_nodes_is_refused),
        TYPING_TEST(test_typing_coalesce_of_texts_of_several_nodes_is_refused),
        TYPING_TEST(test_typing_remainder_of_several_nodes_is_refused),
        TYPING_TEST(test_typing_year_of_several_nodes_is_refused),
        TYPING_TEST(test_typing_unbounded_number_beside_another_nodes_is_refused),
        TYPING_TEST(test_typing_unbounded_result_of_case_over_several_nodes_is_refused),
        TYPING_TEST(test_typing_difference_beyond_bound_is_not_compared_across_nodes),
        TYPING_TEST(test_typing_dates_apart_are_days),
        TYPING_TEST(test_typing_date_moved_by_days_is_a_date),
        TYPING_TEST(test_typing_unbounded_date_is_compared_within_its_node_only),
        TYPING_TEST(test_typing_unbounded_date_is_not_subtracted),
        TYPING_TEST(test_typing_wrong_date_arithmetic_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
