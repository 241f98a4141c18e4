/* Typing of aggregates, of keys that are made, and of what stands on released cells. */
#include "node/query/op_name.h"
#include "tests/unit/typing_case.h"

/* Aggregates over numbers of different nodes. */
static uint32_t sum_of(typing_case *f, uint8_t from, const char *column)
{
    return build_op1(&f->request, SCH_OP_SUM, build_col(&f->request, from, column));
}

static void assert_type(typing_case *f, uint32_t e, sch_type type, unsigned decimals, bool real, bool nullable)
{
    const sch_typed *t = typing_of(f, e);
    assert_int_equal(t->type, type);
    assert_int_equal(t->decimals, decimals);
    assert_int_equal(t->real, real);
    assert_int_equal(t->nullable, nullable);
    assert_false(t->bounded);
    assert_true(t->after);
}

/* Puts an expression among the outputs. */
static void add_output(typing_case *f, uint32_t expression)
{
    assert_true(f->request.output_count < SCH_MAX_OUTPUTS);
    f->request.output[f->request.output_count++].expression = expression;
}

static uint32_t add_key(typing_case *f, uint32_t expression)
{
    f->request.group_by[f->request.group_by_count++] = expression;
    return expression;
}

static uint32_t organisation(typing_case *f, uint8_t from)
{
    uint32_t e = build_op(&f->request, SCH_OP_ORGANISATION, 0, NULL);
    f->request.expression[e].data_set = from;
    return e;
}

/* ---- aggregates ---- */

static void test_typing_statistics_have_their_types(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    size_t checked = 0;
    assert_type(f, build_op(r, SCH_OP_COUNT_ROWS, 0, NULL), SCH_TYPE_INTEGER, 0, false, false);
    assert_type(f, build_op1(r, SCH_OP_COUNT, build_col(r, B, "buurt")), SCH_TYPE_INTEGER, 0, false, false);
    assert_type(f, sum_of(f, C, "loon"), SCH_TYPE_DECIMAL, 2, false, true);
    assert_type(f, sum_of(f, C, "uren"), SCH_TYPE_INTEGER, 0, false, true);
    for (int op = SCH_OP_AVG; op <= SCH_OP_STDDEV_POP; op++, checked++) {
        assert_type(f, build_op1(r, (sch_op)op, build_col(r, C, "loon")), SCH_TYPE_DECIMAL, 0, true, true);
    }
    for (int op = SCH_OP_COVAR_SAMP; op <= SCH_OP_REGR_AVGY; op++, checked++) {
        uint32_t e = build_op2(r, (sch_op)op, build_col(r, C, "loon"), build_col(r, J, "kosten"));
        if (op == SCH_OP_REGR_COUNT) {
            assert_type(f, e, SCH_TYPE_INTEGER, 0, false, false);
        } else {
            assert_type(f, e, SCH_TYPE_DECIMAL, 0, true, true);
        }
        assert_int_equal(f->typed[e].parts, 1U << 1 | 1U << 2);
    }
    assert_int_equal(checked, 5 + 9);
}

/* Sums are split by the planner, so that squares and products of the largest arguments are let through. */
static void test_typing_largest_arguments_are_squared_and_multiplied(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t large = build_op2(r, SCH_OP_MULTIPLY, build_col(r, C, "groot"), build_number(r, 4096, 0));
    build_op1(r, SCH_OP_SUM, large);
    build_op1(r, SCH_OP_VAR_POP, large);
    build_op2(r, SCH_OP_CORR, large, build_col(r, B, "bedrag"));
    unit_assert_ok(typing_run(f));
    assert_true(sch_typed_magnitude(&f->typed[large]) == (uint64_t)SCH_MAX_VALUE);
}

static void test_typing_statistics_of_no_numbers_are_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t wage = build_col(r, C, "loon");
    const struct {
        sch_op op;
        uint32_t a, b;
        const char *text;
    } wrong[] = {
        {SCH_OP_COVAR_POP, wage, build_col(r, B, "buurt"), "numbers only"},
        {SCH_OP_CORR, build_col(r, B, "geboren"), wage, "numbers only"},
        {SCH_OP_REGR_SLOPE, wage, build_null(r), "NULL"},
        {SCH_OP_REGR_R2, build_col(r, P, "nummer"), wage, "declare minimum and maximum"},
        {SCH_OP_COVAR_SAMP, wage, build_col(r, B, "bsn"), "links the data sets"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, checked++) {
        uint32_t e = build_op2(r, wrong[i].op, wrong[i].a, wrong[i].b);
        typing_assert_refused(f, "(position", wrong[i].text);
        r->expression[e].op = SCH_OP_CORR; /* made harmless for what follows */
        r->expression[e].argument[0] = wage;
        r->expression[e].argument[1] = wage;
    }
    assert_int_equal(checked, 5);
    build_op1(r, SCH_OP_STDDEV_SAMP, build_col(r, B, "actief"));
    typing_assert_refused(f, "STDDEV_SAMP (position", "numbers only");
}

/* ---- quantiles and bins ---- */

static void test_typing_percentile_of_binned_column_is_a_number(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t income = build_col(r, P, "inkomen");
    const int64_t number[] = {1, 5, 50, 99, 990};
    const uint8_t decimals[] = {2, 1, 2, 2, 3};
    size_t checked = 0;
    for (size_t i = 0; i < 5; i++, checked++) {
        uint32_t fraction = build_number(r, number[i], decimals[i]);
        assert_type(f, build_op2(r, SCH_OP_PERCENTILE_DISC, income, fraction), SCH_TYPE_DECIMAL, 2, false, true);
        assert_type(f, build_op2(r, SCH_OP_PERCENTILE_CONT, income, fraction), SCH_TYPE_DECIMAL, 0, true, true);
    }
    assert_int_equal(checked, 5);
}

static void test_typing_percentile_outside_fractions_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t income = build_col(r, P, "inkomen");
    const uint32_t wrong[] = {build_number(r, 0, 0),   build_number(r, 1, 0),    build_number(r, 9, 3),
                              build_number(r, 991, 3), build_number(r, -5, 1),   build_number(r, 50, 0),
                              build_null(r),           build_col(r, C, "werkt"), build_text(r, "0.5")};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, checked++) {
        uint32_t e = build_op2(r, SCH_OP_PERCENTILE_DISC, income, wrong[i]);
        typing_assert_refused(f, "PERCENTILE_DISC (position", "0.01 to 0.99");
        r->expression[e].op = SCH_OP_REGR_COUNT;
        r->expression[e].argument[1] = income;
    }
    assert_int_equal(checked, 9);
}

static void test_typing_percentile_without_bins_names_the_key(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_op2(r, SCH_OP_PERCENTILE_CONT, build_col(r, C, "loon"), build_number(r, 5, 1));
    typing_assert_refused(f, "PERCENTILE_CONT (position", "the key bins");
}

static void test_typing_percentile_of_expression_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t twice = build_op2(r, SCH_OP_MULTIPLY, build_col(r, P, "inkomen"), build_number(r, 2, 0));
    build_op2(r, SCH_OP_PERCENTILE_CONT, twice, build_number(r, 5, 1));
    typing_assert_refused(f, "PERCENTILE_CONT (position", "no expression");
}

static void test_typing_bin_numbers_the_declared_bins(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t bin = add_key(f, build_op1(r, SCH_OP_BIN, build_col(r, P, "inkomen")));
    add_output(f, bin);
    typing_assert_number(f, bin, 0, 2, 0, false);
    assert_int_equal(f->typed[bin].stands, SCH_STANDS_KEY | SCH_STANDS_AFTER);
}

static void test_typing_bin_without_bins_names_the_key(void **state)
{
    typing_case *f = *state;
    add_key(f, build_op1(&f->request, SCH_OP_BIN, build_col(&f->request, C, "loon")));
    typing_assert_refused(f, "BIN (position", "the key bins");
}

static void test_typing_bin_outside_group_by_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t bin = build_op1(r, SCH_OP_BIN, build_col(r, P, "inkomen"));
    unit_assert_ok(typing_run(f));
    build_op1(r, SCH_OP_SUM, bin);
    typing_assert_refused(f, "BIN (position", "GROUP BY");
}

/* ---- unions ---- */

static void test_typing_organisation_of_union_is_a_text(void **state)
{
    typing_case *f = *state;
    typing_with_union(f);
    uint32_t e = add_key(f, organisation(f, W));
    assert_int_equal(typing_of(f, e)->type, SCH_TYPE_TEXT);
    assert_false(f->typed[e].nullable);
    assert_int_equal(f->typed[e].owners, 1U << W);
    assert_int_equal(f->typed[e].parts, 1U << 3);
}

static void test_typing_organisation_of_one_node_is_refused(void **state)
{
    typing_case *f = *state;
    add_key(f, organisation(f, C));
    typing_assert_refused(f, "ORGANISATION(c) (position 1)", "union");
}

static void test_typing_organisation_in_where_is_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    typing_with_union(f);
    uint32_t member = organisation(f, W);
    build_where(r, build_op2(r, SCH_OP_EQUAL, member, build_text(r, "stad_a")));
    typing_assert_refused(f, "ORGANISATION(w) (position 1)", "GROUP BY");
    r->has_where = false;
    r->has_having = true; /* there it stands on released cells */
    r->having = r->where;
    unit_assert_ok(typing_run(f));
}

static uint32_t count_persons(typing_case *f, uint8_t from)
{
    return build_op1(&f->request, SCH_OP_COUNT_PERSONS, build_col(&f->request, from, "bsn"));
}

static void test_typing_persons_of_any_relation_are_counted(void **state)
{
    typing_case *f = *state;
    size_t checked = 0;
    for (uint8_t from = B; from <= P; from++, checked++) {
        assert_type(f, count_persons(f, from), SCH_TYPE_INTEGER, 0, false, false);
    }
    assert_int_equal(checked, 4);
}

static void test_typing_persons_over_union_need_organisation_as_key(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    typing_with_union(f);
    add_key(f, build_col(r, W, "soort"));
    count_persons(f, B);
    typing_assert_refused(f, "COUNT(DISTINCT) (position", "two organisations");
    add_key(f, organisation(f, W));
    unit_assert_ok(typing_run(f));
    r->set[0] = 3;
    r->set[1] = 2;
    r->set_count = 2;
    unit_assert_ok(typing_run(f));
    r->set[1] = 1; /* sums over the organisations */
    typing_assert_refused(f, "COUNT(DISTINCT) (position", "every grouping set");
}

/* ---- on released cells ---- */

static void test_typing_numbers_after_aggregation_have_any_size(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t sum = sum_of(f, C, "loon"), count = build_op(r, SCH_OP_COUNT_ROWS, 0, NULL);
    uint32_t mean = build_op1(r, SCH_OP_AVG, build_col(r, B, "bedrag"));
    uint32_t large = build_number(r, INT64_C(1) << 61, 0);
    uint32_t fine = build_number(r, 1, 17);
    assert_type(f, build_op2(r, SCH_OP_ADD, sum, count), SCH_TYPE_DECIMAL, 2, false, true);
    assert_type(f, build_op2(r, SCH_OP_SUBTRACT, count, mean), SCH_TYPE_DECIMAL, 0, true, true);
    assert_type(f, build_op2(r, SCH_OP_MULTIPLY, count, large), SCH_TYPE_INTEGER, 0, false, false);
    assert_type(f, build_op2(r, SCH_OP_MULTIPLY, sum, sum), SCH_TYPE_DECIMAL, 4, false, true);
    assert_type(f, build_op2(r, SCH_OP_MULTIPLY, sum, fine), SCH_TYPE_DECIMAL, 0, true, true);
    assert_type(f, build_op2(r, SCH_OP_DIVIDE, sum, count), SCH_TYPE_DECIMAL, 0, true, true);
    assert_type(f, build_op2(r, SCH_OP_MODULO, count, build_number(r, 0, 0)), SCH_TYPE_INTEGER, 0, false, true);
    assert_type(f, build_op1(r, SCH_OP_NEGATE, sum), SCH_TYPE_DECIMAL, 2, false, true);
    assert_type(f, build_op1(r, SCH_OP_ABS, mean), SCH_TYPE_DECIMAL, 0, true, true);
}

static void test_typing_functions_after_aggregation_have_their_types(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    const sch_op real[] = {SCH_OP_SQRT, SCH_OP_LN, SCH_OP_EXP};
    uint32_t sum = sum_of(f, C, "loon"), count = build_op(r, SCH_OP_COUNT_ROWS, 0, NULL);
    size_t checked = 0;
    for (size_t i = 0; i < 3; i++, checked++) {
        assert_type(f, build_op1(r, real[i], count), SCH_TYPE_DECIMAL, 0, true, true);
    }
    assert_int_equal(checked, 3);
    assert_type(f, build_op2(r, SCH_OP_POWER, count, count), SCH_TYPE_DECIMAL, 0, true, true);
    assert_type(f, build_op2(r, SCH_OP_ROUND, sum, build_number(r, 1, 0)), SCH_TYPE_DECIMAL, 1, false, true);
    assert_type(f, build_op2(r, SCH_OP_ROUND, sum, build_number(r, 5, 0)), SCH_TYPE_DECIMAL, 2, false, true);
    assert_type(f, build_op1(r, SCH_OP_ROUND, sum), SCH_TYPE_INTEGER, 0, false, true);
    uint32_t share = build_op2(r, SCH_OP_DIVIDE, sum, build_op2(r, SCH_OP_NULLIF, count, build_number(r, 0, 0)));
    assert_type(f, build_op2(r, SCH_OP_ROUND, share, build_number(r, 1, 0)), SCH_TYPE_DECIMAL, 0, true, true);
    assert_type(f, build_op2(r, SCH_OP_NULLIF, count, sum), SCH_TYPE_INTEGER, 0, false, true);
    uint32_t area = add_key(f, build_col(r, B, "buurt"));
    typing_assert_number(f, build_op1(r, SCH_OP_GROUPING, area), 0, 1, 0, false);
}

static void test_typing_case_after_aggregation_takes_keys_and_aggregates(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t area = add_key(f, build_col(r, B, "buurt")), sector = add_key(f, build_col(r, C, "sector"));
    uint32_t count = build_op(r, SCH_OP_COUNT_ROWS, 0, NULL), sum = sum_of(f, C, "loon");
    uint32_t many = build_op2(r, SCH_OP_GREATER, count, build_number(r, 10, 0));
    assert_type(f, build_op3(r, SCH_OP_CASE, many, sum, count), SCH_TYPE_DECIMAL, 2, false, true);
    assert_type(f, build_op2(r, SCH_OP_COALESCE, sum, build_number(r, 0, 0)), SCH_TYPE_DECIMAL, 2, false, false);
    uint32_t either = build_op3(r, SCH_OP_CASE, many, area, sector); /* texts of two nodes, in a finished table */
    assert_type(f, either, SCH_TYPE_TEXT, 0, false, true);
    add_output(f, either);
    add_output(f, build_op2(r, SCH_OP_LESS, area, sector));
    unit_assert_ok(typing_run(f));
}

static void test_typing_key_arithmetic_after_aggregation_is_unbounded(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t year = add_key(f, build_col(r, C, "jaar"));
    uint32_t huge = build_op2(r, SCH_OP_MULTIPLY, year, build_number(r, INT64_C(1) << 60, 0));
    typing_assert_refused(f, "* (position", "2^62"); /* as long as nothing says that it is for released cells */
    add_output(f, huge);
    assert_type(f, huge, SCH_TYPE_INTEGER, 0, false, false);
    build_op1(r, SCH_OP_SUM, huge); /* within an aggregate as well */
    typing_assert_refused(f, "* (position", "2^62");
}

static void test_typing_text_functions_after_aggregation_are_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t area = add_key(f, build_col(r, B, "buurt"));
    const uint32_t wrong[] = {
        build_op1(r, SCH_OP_LOWER, area),
        build_op1(r, SCH_OP_LENGTH, area),
        build_op3(r, SCH_OP_SUBSTRING, area, build_number(r, 1, 0), build_number(r, 2, 0)),
        build_op2(r, SCH_OP_LIKE, area, build_text(r, "C%")),
        build_op1(r, SCH_OP_YEAR, build_date(r, 1)),
    };
    size_t checked = 0;
    unit_assert_ok(typing_run(f));
    r->output_count = 1;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, checked++) {
        r->output[0].expression = wrong[i];
        typing_assert_refused(f, sch_op_name(r->expression[wrong[i]].op), "not on the finished table");
    }
    assert_int_equal(checked, 5);
    /* shared with WHERE, it is refused all the same */
    build_where(r, wrong[3]);
    r->output[0].expression = wrong[3];
    typing_assert_refused(f, "LIKE", "not on the finished table");
    r->output[0].expression = area;
    unit_assert_ok(typing_run(f));
}

static void test_typing_wrong_operands_after_aggregation_are_refused(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t count = build_op(r, SCH_OP_COUNT_ROWS, 0, NULL), text = build_text(r, "a");
    const struct {
        sch_op op;
        uint32_t a, b;
        const char *text;
    } wrong[] = {
        {SCH_OP_ADD, count, text, "numbers only"},
        {SCH_OP_DIVIDE, text, count, "numbers only"},
        {SCH_OP_MODULO, count, build_number(r, 15, 1), "whole numbers"},
        {SCH_OP_NULLIF, count, text, "together"},
        {SCH_OP_EQUAL, count, text, "together"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, checked++) {
        uint32_t e = build_op2(r, wrong[i].op, wrong[i].a, wrong[i].b);
        typing_assert_refused(f, sch_op_name(wrong[i].op), wrong[i].text);
        r->expression[e].op = SCH_OP_NULLIF;
        r->expression[e].argument[0] = count;
        r->expression[e].argument[1] = count;
    }
    assert_int_equal(checked, 5);
    build_op1(r, SCH_OP_SQRT, text);
    typing_assert_refused(f, "SQRT (position", "numbers only");
}

/* ---- clauses ---- */

static void test_typing_having_has_to_be_a_condition(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t count = build_op(r, SCH_OP_COUNT_ROWS, 0, NULL);
    r->has_having = true;
    r->having = build_op2(r, SCH_OP_GREATER, count, build_number(r, 5, 0));
    unit_assert_ok(typing_run(f));
    r->having = count;
    typing_assert_refused(f, "HAVING takes a condition", "COUNT(*) (position 1) is a number");
}

static void test_typing_where_has_to_be_a_condition(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    build_where(r, build_null(r));
    unit_assert_ok(typing_run(f));
    build_where(r, build_col(r, B, "buurt"));
    typing_assert_refused(f, "WHERE takes a condition", "b.buurt (position 2) is text");
}

/* An expression that is written out in twice the length of the last one, 12 times: 8191 in all. */
static uint32_t doubled(typing_case *f)
{
    uint32_t e = build_op(&f->request, SCH_OP_COUNT_ROWS, 0, NULL);
    for (int i = 0; i < 12; i++) {
        e = build_op2(&f->request, SCH_OP_ADD, e, e);
    }
    return e;
}

static void test_typing_length_counts_having(void **state)
{
    typing_case *f = *state;
    uint32_t e = doubled(f);
    unit_assert_ok(typing_run(f));
    f->request.has_having = true;
    f->request.having = build_op1(&f->request, SCH_OP_IS_NULL, e);
    typing_assert_refused(f, "the query is too long", "8000");
}

static void test_typing_length_counts_order_by(void **state)
{
    typing_case *f = *state;
    sch_request *r = &f->request;
    uint32_t e = doubled(f);
    r->order[0].expression = e - 1; /* 4095 */
    r->order_count = 1;
    unit_assert_ok(typing_run(f));
    r->order[1].expression = e - 1;
    r->order_count = 2;
    typing_assert_refused(f, "the query is too long", "8000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TYPING_TEST(test_typing_statistics_have_their_types),
        TYPING_TEST(test_typing_largest_arguments_are_squared_and_multiplied),
        TYPING_TEST(test_typing_statistics_of_no_numbers_are_refused),
        TYPING_TEST(test_typing_percentile_of_binned_column_is_a_number),
        TYPING_TEST(test_typing_percentile_outside_fractions_is_refused),
        TYPING_TEST(test_typing_percentile_without_bins_names_the_key),
        TYPING_TEST(test_typing_percentile_of_expression_is_refused),
        TYPING_TEST(test_typing_bin_numbers_the_declared_bins),
        TYPING_TEST(test_typing_bin_without_bins_names_the_key),
        TYPING_TEST(test_typing_bin_outside_group_by_is_refused),
        TYPING_TEST(test_typing_organisation_of_union_is_a_text),
        TYPING_TEST(test_typing_organisation_of_one_node_is_refused),
        TYPING_TEST(test_typing_organisation_in_where_is_refused),
        TYPING_TEST(test_typing_persons_of_any_relation_are_counted),
        TYPING_TEST(test_typing_persons_over_union_need_organisation_as_key),
        TYPING_TEST(test_typing_numbers_after_aggregation_have_any_size),
        TYPING_TEST(test_typing_functions_after_aggregation_have_their_types),
        TYPING_TEST(test_typing_case_after_aggregation_takes_keys_and_aggregates),
        TYPING_TEST(test_typing_key_arithmetic_after_aggregation_is_unbounded),
        TYPING_TEST(test_typing_text_functions_after_aggregation_are_refused),
        TYPING_TEST(test_typing_wrong_operands_after_aggregation_are_refused),
        TYPING_TEST(test_typing_having_has_to_be_a_condition),
        TYPING_TEST(test_typing_where_has_to_be_a_condition),
        TYPING_TEST(test_typing_length_counts_having),
        TYPING_TEST(test_typing_length_counts_order_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
