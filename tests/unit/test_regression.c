/* From a formula to SQL, and from the table of its query to the regression. */
#include <jansson.h>

#include "node/query/formula.h"
#include "node/query/regression.h"
#include "tests/support/hand_plan.h"

/* ---- formulas ---- */

static void assert_sql(const char *formula, const char *from, const char *where, const char *expected)
{
    sch_buf out = {0};
    sch_detail detail = {{0}};
    sch_err err = sch_formula_sql(&out, formula, from, where, &detail);
    if (sch_failed(err)) {
        fail_msg("%s", detail.text);
    }
    assert_string_equal(sch_buf_text(&out), expected);
    sch_buf_clear(&out);
}

static void test_formula_sql_asks_for_all_covariances(void **state)
{
    (void)state;
    assert_sql("loon ~ dagen + (a + b) AS samen", "from bijstand b JOIN banen c USING (bsn)", NULL,
               "SELECT COUNT(*) AS n,\n"
               "  SUM(loon) AS \"loon\",\n"
               "  SUM(dagen) AS \"dagen\",\n"
               "  SUM((a + b)) AS \"samen\",\n"
               "  VAR_POP(loon), COVAR_POP(loon, dagen), COVAR_POP(loon, "
               "(a + b)),\n"
               "  VAR_POP(dagen), COVAR_POP(dagen, (a + b)),\n"
               "  VAR_POP((a + b))\n"
               "FROM bijstand b JOIN banen c USING (bsn)\n"
               "WHERE (loon) IS NOT NULL\n"
               "  AND (dagen) IS NOT NULL\n"
               "  AND ((a + b)) IS NOT NULL");
}

static void test_formula_sql_keeps_conditions_apart(void **state)
{
    (void)state;
    assert_sql("y ~ x", "t WHERE a = 1 OR b = 2 -- \xC3\xA9\xC3\xA9n", "c = 'WHERE' OR d",
               "SELECT COUNT(*) AS n,\n"
               "  SUM(y) AS \"y\",\n"
               "  SUM(x) AS \"x\",\n"
               "  VAR_POP(y), COVAR_POP(y, x),\n"
               "  VAR_POP(x)\n"
               "FROM t \n"
               "WHERE (a = 1 OR b = 2 -- \xC3\xA9\xC3\xA9n\n)\n"
               "  AND (c = 'WHERE' OR d\n)\n"
               "  AND (y) IS NOT NULL\n"
               "  AND (x) IS NOT NULL");
}

static void test_formula_sql_reads_past_quotes_and_case(void **state)
{
    (void)state;
    sch_buf out = {0};
    unit_assert_ok(sch_formula_sql(&out,
                                   "\"a~b\" ~ CASE WHEN w = '+ AS ~' THEN p + q ELSE 0 END AS \"zo \"\"n\" + whereas",
                                   "(SELECT 1 WHERE 2) s JOIN \"WHERE\" USING (id)", NULL, NULL));
    const char *text = sch_buf_text(&out);
    assert_non_null(strstr(text, "SUM(\"a~b\") AS \"a~b\""));
    assert_non_null(strstr(text, "SUM(CASE WHEN w = '+ AS ~' THEN p + q ELSE 0 END) AS \"zo \"\"\"\"n\""));
    assert_non_null(strstr(text, "SUM(whereas) AS \"whereas\""));
    assert_non_null(strstr(text, "FROM (SELECT 1 WHERE 2) s JOIN \"WHERE\" USING (id)\nWHERE (\"a~b\") IS NOT NULL"));
    sch_buf_clear(&out);
}

static void test_formula_sql_unreadable_formulas_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *formula, *from, *why;
    } CASES[] = {
        {"y x", "t", "no ~"},
        {"y ~", "t", "lacks a column"},
        {"~ x", "t", "lacks a column"},
        {"y ~ x +", "t", "lacks a column"},
        {"y ~ + x", "t", "lacks a column"},
        {"y ~ x AS", "t", "lacks a column"},
        {"y ~ x", "  ", "no data sets"},
        {"y ~ x", "FROM ", "no data sets"},
        {"y ~ a+b+c+d+e+f+g+h+i", "t", "at most 8"},
        {"y ~ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "t", "AS"},
        {"y ~ x\nAS \"a\nb\"", "t", "several lines"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        sch_buf out = {0};
        sch_detail detail = {{0}};
        unit_assert_code(sch_formula_sql(&out, CASES[i].formula, CASES[i].from, NULL, &detail), SCH_BAD_INPUT);
        assert_non_null(strstr(detail.text, CASES[i].why));
        sch_buf_clear(&out);
        checked++;
    }
    assert_int_equal(checked, 11);
}

/* ---- regressions ---- */

enum { ROWS = 20 };

static const char *const NAME[] = {"y", "x", "z"};
static const uint8_t DECIMALS[] = {2, 1, 0};

/* An aggregate of one or two variables, by expressions that are nobody else's, as a parser makes them. */
static uint32_t add_aggregate(hand_plan *h, sch_op op, size_t i, size_t j)
{
    uint32_t e = hand_aggregate(h, op, DECIMALS[j], DECIMALS[i]);
    uint32_t first = hand_column(h, NAME[i]);
    uint32_t aggregate =
        op == SCH_OP_COVAR_POP ? HAND_OP(h, op, first, hand_column(h, NAME[j])) : HAND_OP(h, op, first);
    hand_find(h, e)->expression = aggregate; /* an argument comes before what uses it */
    hand_output(h, op == SCH_OP_SUM ? NAME[i] : "moment", aggregate);
    return aggregate;
}

/* What z is: a column of its own, twice x, or the same in all records. */
typedef enum z_kind { Z_FREE, Z_TWICE, Z_SAME } z_kind;

/* Row `row` of y, x and z; y = 1.50 - 3 x + 4 z, and a little unless the fit is perfect. */
static void make_row(int64_t *v, int64_t row, z_kind z, bool perfect)
{
    v[1] = row * 7 % 13 + 5;
    v[2] = z == Z_FREE ? row * row % 11 : z == Z_TWICE ? 2 * v[1] : 6;
    v[0] = 150 - 30 * v[1] + 400 * v[2] + (perfect ? 0 : row % 3);
}

/* y (2 decimals) on x (1 decimal) and z, of 20 records. */
static hand_plan *example(z_kind z, bool perfect)
{
    hand_plan *h = hand_new();
    uint32_t aggregate[9];
    int64_t sums[9][5] = {{0}}; /* S_x, S_y, S_xx, S_yy, S_xy; x is the second variable */
    size_t count = 0;
    uint32_t n = hand_aggregate(h, SCH_OP_COUNT_ROWS, 0, 0);
    hand_output(h, "n", n);
    for (size_t i = 0; i < 3; i++) {
        aggregate[count++] = add_aggregate(h, SCH_OP_SUM, i, i);
    }
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = i; j < 3; j++) {
            aggregate[count++] = add_aggregate(h, i == j ? SCH_OP_VAR_POP : SCH_OP_COVAR_POP, i, j);
        }
    }
    for (int64_t row = 0; row < ROWS; row++) {
        int64_t v[3];
        size_t at = 3;
        make_row(v, row, z, perfect);
        for (size_t i = 0; i < 3; i++) {
            sums[i][0] += v[i];
            for (size_t j = i; j < 3; j++, at++) {
                const int64_t more[] = {v[j], v[i], v[j] * v[j], v[i] * v[i], v[i] * v[j]};
                for (size_t k = 0; k < 5; k++) {
                    sums[at][k] += more[k];
                }
            }
        }
    }
    hand_lay(h);
    hand_fill(h, n, 0, ROWS, ROWS, NULL);
    for (size_t i = 0; i < 9; i++) {
        hand_fill(h, aggregate[i], 0, ROWS, ROWS, sums[i]);
    }
    hand_disclose(h);
    unit_assert_ok(hand_make(h, false));
    return h;
}

static void test_regression_make_takes_decimals_and_order_right(void **state)
{
    (void)state;
    hand_plan *h = example(Z_FREE, true);
    sch_regression r;
    unit_assert_ok(sch_regression_make(&r, &h->result, NULL));
    assert_int_equal(r.fit.terms, 3);
    assert_string_equal(r.dependent, "y");
    assert_string_equal(r.term[0], "(constant)");
    assert_string_equal(r.term[1], "x");
    assert_string_equal(r.term[2], "z");
    assert_true(r.fit.perfect && r.fit.n == ROWS);
    assert_true(r.fit.coefficient[0] == 1.5 && r.fit.coefficient[1] == -3 && r.fit.coefficient[2] == 4);
    hand_free(h);
}

static void test_regression_make_names_collinear_columns(void **state)
{
    (void)state;
    hand_plan *h = example(Z_TWICE, false);
    sch_regression r;
    sch_detail detail = {{0}};
    unit_assert_code(sch_regression_make(&r, &h->result, &detail), SCH_BAD_INPUT);
    assert_string_equal(detail.text, "z is a combination of x; leave one of these columns out");
    hand_free(h);
    h = example(Z_SAME, false);
    unit_assert_code(sch_regression_make(&r, &h->result, &detail), SCH_BAD_INPUT);
    assert_string_equal(detail.text, "z is the same in all records; leave it out");
    hand_free(h);
}

static void test_regression_make_suppressed_sums_are_denied(void **state)
{
    (void)state;
    hand_plan *h = example(Z_FREE, false);
    sch_regression r;
    sch_detail detail = {{0}};
    h->states[hand_find(h, h->request.output[5].expression)->x.column[0]] = SCH_CELL_SUPPRESSED;
    unit_assert_ok(hand_make(h, false));
    unit_assert_code(sch_regression_make(&r, &h->result, &detail), SCH_DENIED);
    assert_non_null(strstr(detail.text, "fewer than 10 persons"));
    hand_free(h);
    h = example(Z_FREE, false);
    for (uint16_t j = 0; j < h->plan.cell.columns; j++) {
        h->states[j] = SCH_CELL_ZERO;
    }
    unit_assert_ok(hand_make(h, false));
    unit_assert_code(sch_regression_make(&r, &h->result, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "no records"));
    hand_free(h);
}

static void test_regression_check_refuses_other_requests(void **state)
{
    (void)state;
    size_t checked = 0;
    for (int i = 0; i < 7; i++) {
        hand_plan *h = example(Z_FREE, false);
        sch_request *r = &h->request;
        unit_assert_ok(sch_regression_check(r, NULL));
        switch (i) {
        case 0:
            r->output_count--;
            break;
        case 1:
            r->group_by_count = 1;
            break;
        case 2:
            r->has_having = true;
            break;
        case 3:
            r->has_limit = true;
            break;
        case 4:
            r->output[0].expression = r->output[1].expression;
            break;
        case 5: /* covariances in another order */
            r->output[4].expression = r->output[5].expression;
            break;
        default: /* the sum of another column */
            r->expression[r->expression[r->output[2].expression].argument[0]].data_set = 1;
            break;
        }
        sch_detail detail = {{0}};
        unit_assert_code(sch_regression_check(r, &detail), SCH_BAD_INPUT);
        assert_non_null(strstr(detail.text, "schakel regress"));
        hand_free(h);
        checked++;
    }
    assert_int_equal(checked, 7);
}

static void test_regression_print_forms(void **state)
{
    (void)state;
    hand_plan *h = example(Z_FREE, false);
    sch_regression r;
    memcpy(h->request.output[2].name, "\"x\\", 4);
    unit_assert_ok(sch_regression_make(&r, &h->result, NULL));
    h->out.bytes = 0;
    unit_assert_ok(sch_regression_print_table(&h->out, &r));
    const char *text = sch_buf_text(&h->out);
    assert_non_null(strstr(text, "y              coefficient      std. error               t\n----------  "
                                 "--------------  --------------  --------------\n(constant)  "));
    assert_non_null(strstr(text, "\n20 records, 17 degrees of freedom\nresidual standard error 0.00"));
    assert_non_null(strstr(text, "\nR2 0.99999"));
    h->out.bytes = 0;
    unit_assert_ok(sch_regression_print_csv(&h->out, &r));
    text = sch_buf_text(&h->out);
    assert_non_null(strstr(text, "dependent,term,coefficient,standard_error,t,n,degrees_of_freedom,residual_standard_"
                                 "error,r2,adjusted_r2\r\n\"y\",\"(constant)\",1.5"));
    assert_non_null(strstr(text, "\r\n\"y\",\"\"\"x\\\",-"));
    h->out.bytes = 0;
    unit_assert_ok(sch_regression_print_json(&h->out, &r));
    json_t *root = json_loads(sch_buf_text(&h->out), 0, NULL);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "n")), 20);
    const json_t *term = json_array_get(json_object_get(root, "terms"), 1);
    assert_string_equal(json_string_value(json_object_get(term, "term")), "\"x\\");
    assert_true(json_real_value(json_object_get(term, "coefficient")) == r.fit.coefficient[1]);
    assert_true(json_real_value(json_object_get(term, "standard_error")) == r.fit.error[1]);
    assert_true(json_real_value(json_object_get(term, "t")) == r.fit.t[1]);
    assert_true(json_real_value(json_object_get(root, "r2")) == r.fit.r2);
    json_decref(root);
    r.fit.perfect = true;
    r.fit.varies = false;
    h->out.bytes = 0;
    unit_assert_ok(sch_regression_print_json(&h->out, &r));
    assert_non_null(strstr(sch_buf_text(&h->out), "\"r2\": null, \"adjusted_r2\": null"));
    assert_non_null(strstr(sch_buf_text(&h->out), "\"t\": null"));
    hand_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formula_sql_asks_for_all_covariances),
        cmocka_unit_test(test_formula_sql_keeps_conditions_apart),
        cmocka_unit_test(test_formula_sql_reads_past_quotes_and_case),
        cmocka_unit_test(test_formula_sql_unreadable_formulas_are_refused),
        cmocka_unit_test(test_regression_make_takes_decimals_and_order_right),
        cmocka_unit_test(test_regression_make_names_collinear_columns),
        cmocka_unit_test(test_regression_make_suppressed_sums_are_denied),
        cmocka_unit_test(test_regression_check_refuses_other_requests),
        cmocka_unit_test(test_regression_print_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
