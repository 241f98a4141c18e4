/* The analyst's whole way without nodes: a formula or SQL, parsed, planned, and the table of its plan. */
#include "node/query/chi_square.h"
#include "node/query/formula.h"
#include "node/query/regression.h"
#include "node/query/sql.h"
#include "tests/support/plan_builder.h"

typedef struct fixture {
    fixed_catalogs fixed;
    sch_request request;
    sch_plan plan;
    sch_result result;
    uint64_t *values, *states;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fixed_init(&f->fixed);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    sch_result_clear(&f->result);
    sch_plan_clear(&f->plan);
    sch_request_clear(&f->request);
    fixed_clear(&f->fixed);
    free(f->values);
    free(f->states);
    free(f);
    return 0;
}

/* The plan of a query, and its table with every word as it is given. */
static void make_table(fixture *f, const char *sql, sch_cell_state state, uint64_t value)
{
    sch_detail detail = {{0}};
    sch_err err = sch_sql_parse(&f->request, NULL, sql, f->fixed.list, FIXED_CATALOGS, &detail);
    if (!sch_failed(err)) {
        err = sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, &detail);
    }
    if (sch_failed(err)) {
        fail_msg("%s\n%s", detail.text, sql);
    }
    size_t words = (size_t)f->plan.cell.columns * f->plan.cell.cells;
    f->values = calloc(words, sizeof *f->values);
    f->states = calloc(words, sizeof *f->states);
    assert_true(f->values != NULL && f->states != NULL);
    for (size_t i = 0; i < words; i++) {
        f->states[i] = f->plan.hidden[i / f->plan.cell.cells] ? SCH_CELL_SUPPRESSED : state;
        f->values[i] = value;
    }
}

static sch_err make_result(fixture *f)
{
    return sch_result_make(&f->result, &f->plan, &f->request, f->values, f->states, &(sch_result_options){true});
}

static void test_regression_of_a_parsed_formula_finds_its_sums(void **state)
{
    fixture *f = *state;
    sch_buf sql = {0};
    sch_regression regression;
    unit_assert_ok(
        sch_formula_sql(&sql, "c.loon ~ b.dagen + b.bedrag + CASE WHEN b.traject = 'werk' THEN 1 ELSE 0 END AS werk",
                        "gemeente.bijstand b JOIN banen c USING (bsn) WHERE c.jaar = 2025", "b.actief", NULL));
    make_table(f, sch_buf_text(&sql), SCH_CELL_SUPPRESSED, 0);
    unit_assert_ok(sch_regression_check(&f->request, NULL));
    assert_string_equal(f->request.output[1].name, "c.loon");
    assert_string_equal(f->request.output[4].name, "werk");
    unit_assert_ok(make_result(f));
    unit_assert_code(sch_regression_make(&regression, &f->result, NULL), SCH_DENIED);
    sch_buf_clear(&sql);
}

/* Limbs but the lowest are 0 where the sums of 1000 records are wanted in which everything is 1. */
static void clear_upper_limbs(fixture *f)
{
    for (size_t i = 0; i < f->plan.aggregate_count; i++) {
        const sch_plan_aggregate *a = &f->plan.aggregate[i];
        const sch_plan_sum *const sum[] = {&a->count, &a->x, &a->y, &a->xx, &a->yy, &a->xy};
        for (size_t j = 0; j < sizeof sum / sizeof sum[0]; j++) {
            for (size_t k = 0; k < sum[j]->limbs; k++) {
                for (size_t cell = 0; sum[j]->shift[k] > 0 && cell < f->plan.cell.cells; cell++) {
                    f->values[(size_t)sum[j]->column[k] * f->plan.cell.cells + cell] = 0;
                }
            }
        }
    }
}

/* Whatever the planner plans can be worked out. */
static void test_result_of_each_aggregate_finds_its_sums(void **state)
{
    fixture *f = *state;
    make_table(f,
               "SELECT b.traject, COUNT(*) AS a, COUNT(c.loon) AS b, COUNT(DISTINCT b.bsn) AS d, SUM(b.dagen) AS e, "
               "AVG(b.dagen) AS f, VAR_SAMP(b.dagen) AS g, STDDEV_POP(b.dagen) AS h, COVAR_POP(b.dagen, c.uren) AS i, "
               "CORR(b.dagen, c.uren) AS j, REGR_COUNT(b.dagen, c.uren) AS k, REGR_SLOPE(b.dagen, c.uren) AS l, "
               "REGR_R2(b.dagen, c.uren) AS m, SUM(b.dagen) / COUNT(*) + GROUPING(b.traject) AS n "
               "FROM gemeente.bijstand b JOIN banen c USING (bsn) GROUP BY ROLLUP (b.traject) "
               "HAVING COUNT(*) > 10 ORDER BY AVG(c.uren) DESC LIMIT 10",
               SCH_CELL_RELEASED, 1000);
    f->plan.rules.min_persons = 1;
    clear_upper_limbs(f);
    for (size_t j = 0; j < f->plan.cell.columns; j++) { /* rules that take one count from another say nothing here */
        for (size_t i = 0; i < f->plan.cell.rule_count[j]; i++) {
            f->plan.cell.rule[j][i].less = SCH_NO_COLUMN;
        }
    }
    unit_assert_ok(make_result(f));
    assert_int_equal(f->result.printed_count, 3);
    static const double EXPECTED[] = {1000, 1000, 1000, 1000, 1, 0, 0, 0, -1, 1000, -1, -1, 1};
    for (size_t i = 1; i <= 13; i++) {
        const sch_value *value = &f->result.row[0].value[i];
        if (EXPECTED[i - 1] < 0) {
            assert_int_equal(value->kind, SCH_VALUE_NULL); /* nothing varies */
        } else {
            assert_true(sch_value_is_number(value) && sch_value_double(value) == EXPECTED[i - 1]);
        }
    }
    assert_true(sch_value_double(&f->result.row[2].value[13]) == 2); /* the margin, by GROUPING */
    assert_true(f->plan.aggregate_count >= 13);
}

static void test_result_of_percentiles_finds_their_bins(void **state)
{
    fixture *f = *state;
    make_table(f,
               "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY w.huur) AS a, PERCENTILE_DISC(0.5) WITHIN GROUP "
               "(ORDER BY w.huur) AS b FROM wonen w JOIN banen c USING (bsn)",
               SCH_CELL_RELEASED, 1000);
    assert_int_equal(f->plan.aggregate_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const sch_plan_aggregate *a = &f->plan.aggregate[i];
        for (uint16_t b = 0; b + 1 < a->bins; b++) {
            f->values[a->first_above + b] = 0;
            f->values[a->op == SCH_OP_PERCENTILE_CONT ? a->first_above_next + b : a->first_above] = 0;
        }
    }
    unit_assert_ok(make_result(f));
    const sch_column *rent = f->plan.aggregate[0].bin_column;
    double middle = (double)(rent->bin_edge[0] + rent->bin_edge[1]) / 200;
    assert_true(sch_value_double(&f->result.row[0].value[0]) == middle);
    assert_true(sch_value_double(&f->result.row[0].value[1]) == middle);
}

static void test_chi_square_of_a_parsed_query_counts(void **state)
{
    fixture *f = *state;
    sch_chi_square test;
    sch_detail detail = {{0}};
    make_table(
        f,
        "SELECT b.traject, c.jaar, COUNT(DISTINCT b.bsn) AS personen FROM gemeente.bijstand b JOIN banen c USING (bsn) "
        "GROUP BY b.traject, c.jaar",
        SCH_CELL_RELEASED, 100);
    f->values[(size_t)f->plan.aggregate[0].count.column[0] * f->plan.cell.cells] = 200;
    unit_assert_ok(make_result(f));
    sch_err err = sch_chi_square_make(&test, &f->result, &detail);
    if (sch_failed(err)) {
        fail_msg("%s", detail.text);
    }
    assert_int_equal(test.freedom, 1);
    assert_true(test.n == 500);
    assert_true(test.statistic > 13.88 && test.statistic < 13.89); /* 500 x (200 x 100 - 100 x 100)^2 / (300 x 200)^2 */
}

/* Every cell: 100 persons, of whom 25 have a record in the second data set and nobody knows how many in the third. */
static void make_report(fixture *f)
{
    make_table(
        f,
        "SELECT b.traject, LINKAGE() FROM gemeente.bijstand b JOIN banen c USING (bsn) JOIN jeugdhulp j USING (bsn) "
        "GROUP BY b.traject ORDER BY b.traject DESC",
        SCH_CELL_RELEASED, 100);
    size_t cells = f->plan.cell.cells;
    assert_int_equal(f->plan.aggregate_count, 3);
    for (size_t i = 1; i < 3; i++) {
        size_t first = f->plan.aggregate[i].count.column[0] * cells;
        for (size_t cell = 0; cell < cells; cell++) {
            f->values[first + cell] = i == 1 ? 25 : 0;
            f->states[first + cell] = i == 1 ? SCH_CELL_RELEASED : SCH_CELL_SUPPRESSED;
        }
    }
    for (size_t j = 0; j < f->plan.cell.columns; j++) { /* what is there for rules alone */
        for (size_t cell = 0; cell < cells && f->plan.hidden[j]; cell++) {
            f->values[j * cells + cell] = 0;
            f->states[j * cells + cell] = SCH_CELL_SUPPRESSED;
        }
    }
    unit_assert_ok(make_result(f));
}

static void test_result_of_a_report_of_linkage_has_numbers_and_shares(void **state)
{
    fixture *f = *state;
    make_report(f);
    assert_int_equal(f->result.printed_count, f->plan.cell.cells);
    assert_int_equal(f->result.request->output_count, 6);
    for (size_t i = 0; i < f->result.row_count; i++) {
        const sch_value *value = f->result.row[i].value;
        assert_true(sch_value_double(&value[1]) == 100 && sch_value_double(&value[2]) == 25);
        assert_true(sch_value_double(&value[3]) == 0.25);
        assert_int_equal(value[4].kind, SCH_VALUE_SUPPRESSED);
        assert_int_equal(value[5].kind, SCH_VALUE_SUPPRESSED); /* with the number that it is made of */
    }
}

static void test_result_of_a_report_of_linkage_is_printed_in_each_format(void **state)
{
    fixture *f = *state;
    sch_buf out = {0};
    make_report(f);
    unit_assert_ok(sch_result_print_csv(&out, &f->result));
    assert_non_null(strstr(sch_buf_text(&out), "traject,persons,c_linked,c_share,j_linked,j_share,suppressed\r\n"));
    assert_non_null(strstr(sch_buf_text(&out), ",100,25,0.25,,,fewer than"));
    sch_buf_clear(&out);
    unit_assert_ok(sch_result_print_table(&out, &f->result));
    assert_non_null(strstr(sch_buf_text(&out), "c_share"));
    sch_buf_clear(&out);
    unit_assert_ok(sch_result_print_json_stat(&out, &f->result));
    assert_non_null(strstr(sch_buf_text(&out), "\"j_share\""));
    sch_buf_clear(&out);
}

/* A plan that lacks the counts of the report is none of it. */
static void test_result_of_a_report_of_linkage_with_another_plan_is_refused(void **state)
{
    fixture *f = *state;
    make_report(f);
    sch_result_clear(&f->result);
    f->plan.aggregate_count = 1;
    unit_assert_code(make_result(f), SCH_BUG);
    assert_null(f->result.report);
}

static void test_chi_square_of_a_report_of_linkage_is_refused(void **state)
{
    fixture *f = *state;
    sch_detail detail = {{0}};
    make_report(f);
    unit_assert_code(sch_chi_square_check(&f->request, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "no chi-square test"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_regression_of_a_parsed_formula_finds_its_sums),
        WITH(test_result_of_each_aggregate_finds_its_sums),
        WITH(test_result_of_percentiles_finds_their_bins),
        WITH(test_chi_square_of_a_parsed_query_counts),
        WITH(test_result_of_a_report_of_linkage_has_numbers_and_shares),
        WITH(test_result_of_a_report_of_linkage_is_printed_in_each_format),
        WITH(test_result_of_a_report_of_linkage_with_another_plan_is_refused),
        WITH(test_chi_square_of_a_report_of_linkage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
