/* Expressions over the cells of a finished table. */
#include "node/query/evaluate.h"

#include <math.h>

#include "tests/support/hand_plan.h"

static const char *const CODES[] = {"noord", "zuid"};

/* One cell a code: "noord" has 20 persons, count 20 and sum 50 with one decimal (5.0); "zuid" 5 persons, which is
 * suppressed. */
typedef struct fixture {
    hand_plan *h;
    uint32_t key, count, sum, null, yes, no, hidden;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->h = hand_new();
    f->key = hand_key(f->h, "wijk", 2, CODES, true);
    f->count = hand_aggregate(f->h, SCH_OP_COUNT, 0, 0);
    f->sum = hand_aggregate(f->h, SCH_OP_SUM, 1, 0);
    f->hidden = hand_aggregate(f->h, SCH_OP_SUM, 0, 0); /* of 3 persons who have a value */
    f->null = hand_op(f->h, SCH_OP_NULL, 0, NULL);
    f->yes = hand_op(f->h, SCH_OP_BOOLEAN, 0, NULL);
    f->h->request.expression[f->yes].number = 1;
    f->no = hand_op(f->h, SCH_OP_BOOLEAN, 0, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    hand_free(f->h);
    free(f);
    return 0;
}

static sch_err make(fixture *f, uint32_t expression)
{
    hand_plan *h = f->h;
    free(h->values);
    free(h->states);
    sch_result_clear(&h->result);
    h->plan.cell.set_count = 0;
    h->request.output_count = 0;
    hand_output(h, "o", expression);
    hand_lay(h);
    hand_fill(h, f->count, 0, 20, 20, NULL);
    hand_fill(h, f->sum, 0, 20, 20, (const int64_t[]){50, 0, 200, 0, 0});
    hand_fill(h, f->hidden, 0, 20, 3, (const int64_t[]){7, 0, 50, 0, 0});
    hand_fill(h, f->count, 1, 5, 5, NULL);
    hand_disclose(h);
    return hand_make(h, false);
}

static void assert_gives(fixture *f, uint32_t expression, const char *expected)
{
    unit_assert_ok(make(f, expression));
    assert_string_equal(hand_shown(f->h, 0, 0), expected);
}

#define NUMBER(n, d) hand_number(h, n, d)
#define OP(op, ...) HAND_OP(h, SCH_OP_##op, __VA_ARGS__)

static void test_evaluate_arithmetic_is_exact(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    assert_gives(f, f->count, "20");
    assert_gives(f, f->sum, "5.0");
    assert_gives(f, OP(ADD, f->count, f->sum), "25.0");
    assert_gives(f, OP(SUBTRACT, f->count, NUMBER(125, 2)), "18.75");
    assert_gives(f, OP(MULTIPLY, f->sum, NUMBER(125, 2)), "6.250");
    assert_gives(f, OP(NEGATE, f->sum), "-5.0");
    assert_gives(f, OP(ABS, OP(NEGATE, f->sum)), "5.0");
    assert_gives(f, OP(DIVIDE, f->sum, f->count), "0.25");
    assert_gives(f, OP(DIVIDE, NUMBER(1, 0), NUMBER(3, 0)), "0.3333333333333333");
    /* (1/3) * 3 is 1, which doubles give too, and (1/49) * 49, which they do not. */
    assert_gives(f, OP(MULTIPLY, OP(DIVIDE, NUMBER(1, 0), NUMBER(49, 0)), NUMBER(49, 0)), "1");
    assert_gives(f, OP(EQUAL, OP(MULTIPLY, OP(DIVIDE, NUMBER(1, 0), NUMBER(49, 0)), NUMBER(49, 0)), NUMBER(1, 0)),
                 "true");
    assert_gives(f, OP(MODULO, NUMBER(-7, 0), NUMBER(3, 0)), "-1");
    assert_gives(f, OP(MODULO, NUMBER(75, 1), NUMBER(-2, 0)), "1.5");
}

static void test_evaluate_by_zero_is_null(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    uint32_t zero = OP(SUBTRACT, f->count, f->count);
    assert_gives(f, OP(DIVIDE, f->sum, zero), "NULL");
    assert_gives(f, OP(MODULO, f->sum, zero), "NULL");
    assert_gives(f, OP(DIVIDE, OP(SQRT, f->sum), zero), "NULL");
    assert_gives(f, OP(MODULO, OP(SQRT, f->sum), zero), "NULL");
    assert_gives(f, OP(DIVIDE, zero, f->sum), "0");
}

static void test_evaluate_round_goes_half_away_from_zero(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    static const struct {
        int64_t number;
        uint8_t decimals;
        int64_t kept;
        const char *expected;
    } CASES[] = {
        {25, 1, 0, "3"},        {-25, 1, 0, "-3"},  {24, 1, 0, "2"},        {2675, 3, 2, "2.68"},
        {-2675, 3, 2, "-2.68"}, {5, 0, 3, "5.000"}, {999999, 6, 2, "1.00"}, {-4, 1, 0, "0"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_gives(f, OP(ROUND, NUMBER(CASES[i].number, CASES[i].decimals), NUMBER(CASES[i].kept, 0)),
                     CASES[i].expected);
        checked++;
    }
    assert_int_equal(checked, 8);
    assert_gives(f, OP(ROUND, OP(DIVIDE, NUMBER(2, 0), NUMBER(3, 0)), NUMBER(4, 0)), "0.6667");
    assert_gives(f, OP(ROUND, OP(SQRT, NUMBER(2, 0)), NUMBER(3, 0)), "1.414");
    assert_gives(f, OP(ROUND, f->null, NUMBER(3, 0)), "NULL");
}

static void test_evaluate_functions_are_doubles(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    assert_gives(f, OP(SQRT, NUMBER(2, 0)), "1.4142135623730951");
    assert_gives(f, OP(SQRT, OP(SQRT, NUMBER(16, 0))), "2");
    assert_gives(f, OP(LN, NUMBER(1, 0)), "0");
    assert_gives(f, OP(EXP, NUMBER(1, 0)), "2.718281828459045");
    assert_gives(f, OP(POWER, NUMBER(2, 0), NUMBER(-3, 0)), "0.125");
    assert_gives(f, OP(NEGATE, OP(SQRT, NUMBER(4, 0))), "-2");
    assert_gives(f, OP(ABS, OP(LN, NUMBER(1, 1))), "2.3025850929940455");
    assert_gives(f, OP(SQRT, NUMBER(-1, 0)), "NULL");
    assert_gives(f, OP(LN, NUMBER(0, 0)), "NULL");
    assert_gives(f, OP(LN, NUMBER(-1, 0)), "NULL");
    assert_gives(f, OP(EXP, NUMBER(1000, 0)), "NULL");
    assert_gives(f, OP(POWER, NUMBER(-1, 0), NUMBER(5, 1)), "NULL");
}

/* Shared squares double in size at each step, until they are doubles and then beyond the largest one. */
static void test_evaluate_shared_squares_stay_small(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    uint32_t e = NUMBER(3, 0);
    for (int i = 0; i < 45; i++) {
        e = OP(MULTIPLY, e, e);
    }
    assert_gives(f, e, "NULL");
    e = OP(DIVIDE, NUMBER(100000007, 0), NUMBER(100000006, 0));
    for (int i = 0; i < 20; i++) {
        e = OP(MULTIPLY, e, e);
    }
    unit_assert_ok(make(f, e));
    assert_int_equal(h->result.row[0].value[0].kind, SCH_VALUE_REAL);
    assert_true(fabs(h->result.row[0].value[0].of.real - exp(1048576 * log1p(1 / 100000006.0))) < 1e-8);
}

static void test_evaluate_logic_has_three_values_and_suppressed(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    uint32_t s = OP(GREATER, f->hidden, NUMBER(0, 0));
    assert_gives(f, s, ".");
    const uint32_t value[] = {f->no, f->null, s, f->yes};
    /* Rows and columns: false, NULL, suppressed, true. */
    static const char *const AND[4][4] = {{"false", "false", "false", "false"},
                                          {"false", "NULL", ".", "NULL"},
                                          {"false", ".", ".", "."},
                                          {"false", "NULL", ".", "true"}};
    static const char *const OR[4][4] = {{"false", "NULL", ".", "true"},
                                         {"NULL", "NULL", ".", "true"},
                                         {".", ".", ".", "true"},
                                         {"true", "true", "true", "true"}};
    static const char *const NOT[4] = {"true", "NULL", ".", "false"};
    size_t checked = 0;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            assert_gives(f, OP(AND, value[i], value[j]), AND[i][j]);
            assert_gives(f, OP(OR, value[i], value[j]), OR[i][j]);
            checked++;
        }
        assert_gives(f, OP(NOT, value[i]), NOT[i]);
    }
    assert_int_equal(checked, 16);
}

static void test_evaluate_comparisons(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    uint32_t four = NUMBER(4, 0);
    uint32_t five = NUMBER(50, 1);
    assert_gives(f, OP(EQUAL, f->sum, five), "true");
    assert_gives(f, OP(NOT_EQUAL, f->sum, five), "false");
    assert_gives(f, OP(LESS, four, five), "true");
    assert_gives(f, OP(LESS_EQUAL, five, five), "true");
    assert_gives(f, OP(GREATER, four, five), "false");
    assert_gives(f, OP(GREATER_EQUAL, four, five), "false");
    assert_gives(f, OP(EQUAL, f->null, f->null), "NULL");
    assert_gives(f, OP(EQUAL, f->hidden, f->null), ".");
    assert_gives(f, OP(BETWEEN, f->sum, four, five), "true");
    assert_gives(f, OP(NOT_BETWEEN, f->sum, four, five), "false");
    assert_gives(f, OP(BETWEEN, four, five, f->null), "false");
    assert_gives(f, OP(BETWEEN, five, four, f->null), "NULL");
    assert_gives(f, OP(IN, f->sum, four, five), "true");
    assert_gives(f, OP(IN, f->sum, four, f->null), "NULL");
    assert_gives(f, OP(IN, f->sum, f->null, five), "true");
    assert_gives(f, OP(NOT_IN, f->sum, four, f->null), "NULL");
    assert_gives(f, OP(NOT_IN, f->sum, four, four), "true");
    assert_gives(f, OP(IN, f->null, four), "NULL");
    assert_gives(f, OP(IS_NULL, f->null), "true");
    assert_gives(f, OP(IS_NOT_NULL, f->null), "false");
    assert_gives(f, OP(IS_NULL, f->sum), "false");
    assert_gives(f, OP(IS_NULL, f->hidden), ".");
    assert_gives(f, OP(EQUAL, f->key, hand_text(h, "noord")), "true");
    assert_gives(f, OP(EQUAL, f->yes, f->no), "false");
}

static void test_evaluate_choices_take_what_they_choose(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    uint32_t one = NUMBER(1, 0);
    uint32_t s = OP(GREATER, f->hidden, one);
    assert_gives(f, OP(CASE, f->no, one, f->yes, f->sum, f->null), "5.0");
    assert_gives(f, OP(CASE, f->null, one, f->no, one, f->null), "NULL");
    assert_gives(f, OP(CASE, f->yes, f->hidden, one), ".");
    assert_gives(f, OP(CASE, f->yes, one, f->hidden), "1");
    assert_gives(f, OP(CASE, f->yes, one, s, one, one), "1");
    assert_gives(f, OP(CASE, s, one, one), ".");
    assert_gives(f, OP(CASE, f->yes, hand_text(h, "veel"), f->null), "veel");
    assert_gives(f, OP(COALESCE, f->null, f->null, f->sum), "5.0");
    assert_gives(f, OP(COALESCE, f->null, f->null), "NULL");
    assert_gives(f, OP(COALESCE, f->null, f->hidden, one), ".");
    assert_gives(f, OP(COALESCE, one, f->hidden), "1");
    assert_gives(f, OP(NULLIF, one, one), "NULL");
    assert_gives(f, OP(NULLIF, f->sum, one), "5.0");
    assert_gives(f, OP(NULLIF, f->sum, f->null), "5.0");
    assert_gives(f, OP(NULLIF, f->null, one), "NULL");
    assert_gives(f, OP(NULLIF, f->hidden, one), ".");
}

static void test_evaluate_numbers_of_suppressed_and_null(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    assert_gives(f, f->hidden, ".");
    assert_gives(f, OP(ADD, f->hidden, f->sum), ".");
    assert_gives(f, OP(ADD, f->hidden, f->null), ".");
    assert_gives(f, OP(ADD, f->null, f->sum), "NULL");
    assert_gives(f, OP(SQRT, f->hidden), ".");
    /* The row of "zuid" is suppressed as a whole, but for what its key says. */
    unit_assert_ok(make(f, f->count));
    assert_string_equal(hand_shown(h, 1, 0), ".");
    unit_assert_ok(make(f, OP(EQUAL, f->key, hand_text(h, "zuid"))));
    assert_string_equal(hand_shown(h, 1, 0), "true");
}

static void test_evaluate_keys_have_their_own_kinds(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    int64_t edges[] = {0, 10, 20};
    sch_column column = {.type = SCH_TYPE_INTEGER, .required = true, .bounded = true, .minimum = 2020, .maximum = 2021};
    h->plan.key[0].column = &column;
    assert_gives(f, OP(ADD, f->key, NUMBER(1, 0)), "2021");
    column = (sch_column){.type = SCH_TYPE_BOOLEAN, .required = true};
    assert_gives(f, OP(NOT, f->key), "true");
    column = (sch_column){.type = SCH_TYPE_INTEGER, .bin_edge = edges, .bin_count = 2};
    h->plan.key[0].bin = true;
    assert_gives(f, OP(MULTIPLY, f->key, NUMBER(3, 0)), "0");
    h->plan.key[0] = (sch_plan_key){.place = SCH_KEY_MEMBER, .codes = 2, .domain = 2};
    sch_expression *key = &h->request.expression[f->key];
    free(key->text);
    *key = (sch_expression){.op = SCH_OP_ORGANISATION};
    h->request.from[0].node_count = 2;
    assert_gives(f, OP(COALESCE, f->key, f->null), "gemeente");
}

/* The same key by other expressions. */
static void test_evaluate_finds_keys_by_what_they_are(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    assert_gives(f, OP(COALESCE, hand_column(h, "wijk"), f->null), "noord");
    assert_gives(f, OP(GROUPING, hand_column(h, "wijk")), "0");
    uint32_t other = hand_column(h, "wijk");
    h->request.expression[other].data_set = 1;
    unit_assert_code(make(f, OP(COALESCE, other, f->null)), SCH_BAD_INPUT);
    unit_assert_code(make(f, OP(GROUPING, other)), SCH_BAD_INPUT);
    uint32_t bin = OP(BIN, hand_column(h, "loon"));
    h->request.group_by[0] = bin;
    h->plan.key[0].bin = true;
    assert_gives(f, OP(ADD, OP(BIN, hand_column(h, "loon")), NUMBER(1, 0)), "1");
    unit_assert_code(make(f, hand_column(h, "loon")), SCH_BAD_INPUT);
}

static void test_evaluate_what_cannot_be_done_is_refused(void **state)
{
    fixture *f = *state;
    hand_plan *h = f->h;
    uint32_t text = hand_text(h, "x");
    uint32_t one = NUMBER(1, 0);
    const uint32_t refused[] = {
        OP(LIKE, f->key, text),
        OP(LOWER, f->key),
        hand_op(h, SCH_OP_DATE, 0, NULL),
        OP(ADD, text, one),
        OP(EQUAL, text, one),
        OP(LESS, f->yes, one),
        OP(AND, one, f->yes),
        OP(ROUND, one, NUMBER(19, 0)),
        OP(ROUND, one, NUMBER(-1, 0)),
        OP(IN, text, one),
        OP(BETWEEN, one, text, one),
        OP(NULLIF, one, text),
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        unit_assert_code(make(f, refused[i]), SCH_BAD_INPUT);
        checked++;
    }
    assert_int_equal(checked, 12);
    uint32_t unknown = OP(SUM, one);
    unit_assert_code(make(f, unknown), SCH_BUG); /* an aggregate that the plan lacks */
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_evaluate_arithmetic_is_exact),
        WITH(test_evaluate_by_zero_is_null),
        WITH(test_evaluate_round_goes_half_away_from_zero),
        WITH(test_evaluate_functions_are_doubles),
        WITH(test_evaluate_shared_squares_stay_small),
        WITH(test_evaluate_logic_has_three_values_and_suppressed),
        WITH(test_evaluate_comparisons),
        WITH(test_evaluate_choices_take_what_they_choose),
        WITH(test_evaluate_numbers_of_suppressed_and_null),
        WITH(test_evaluate_keys_have_their_own_kinds),
        WITH(test_evaluate_finds_keys_by_what_they_are),
        WITH(test_evaluate_what_cannot_be_done_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
