/* The meaning of a plan: over random data and random queries, what both local parts give, linked, summed and opened, equals the
 * SQL on the pooled tables; and where a threshold holds, exactly the cells below it are gone. */
#include <inttypes.h>
#include <math.h>

#include "node/query/plan.h"
#include "node/query/result.h"
#include "tests/support/plan_builder.h"
#include "tests/unit/pooled_query.h"
#include "tests/unit/pooled_table.h"

enum {
    QUERIES = 600,
    QUERIES_A_DATA_SET = 10,
    COLUMNS_BEFORE = 2, /* records, persons */
    COLUMNS_EACH = 4,   /* value, persons with a value, sum, count */
};

/* How often things were seen, so that the test knows that it tested. */
typedef struct tally {
    size_t queries, refused, wide, products, cells, suppressed, partly, nulls, averages, empty, links;
} tally;

/* A decimal text as an integer scaled by 10^decimals. */
static __int128 parse(const char *text, unsigned decimals)
{
    bool negative = *text == '-';
    __int128 number = 0;
    unsigned after = 0;
    bool point = false;
    for (const char *c = text + (negative ? 1 : 0); *c != '\0'; c++) {
        if (*c == '.' && !point) {
            point = true;
            continue;
        }
        if (*c < '0' || *c > '9') {
            fail_msg("%s is not exact", text);
        }
        if (point && after == decimals) {
            assert_int_equal(*c, '0');
            continue;
        }
        number = number * 10 + (*c - '0');
        after += point ? 1 : 0;
    }
    for (; after < decimals; after++) {
        number *= 10;
    }
    return negative ? -number : number;
}

static void check_average(const sch_value *value, const char *average, const char *sum, const char *count)
{
    assert_true(parse(sum, value->decimals) == value->numerator);
    assert_true(parse(count, 0) == (__int128)value->denominator);
    double exact = sch_value_double(value);
    double engine = strtod(average, NULL);
    assert_true(fabs(exact - engine) <= 1e-12 * fmax(fabs(exact), 1e-3));
    sch_buf text = {0};
    unit_assert_ok(sch_value_print(&text, value));
    assert_true(strtod(sch_buf_text(&text), NULL) == exact);
    sch_buf_clear(&text);
}

/* One aggregate of a row that the pooled query has. */
static void check_value(const sch_result *result, const sch_value *value, sch_output_kind kind, char *const *expected,
                        bool nobody_in_row, tally *seen)
{
    uint64_t persons = strtoull(expected[1], NULL, 10);
    const sch_disclosure *rules = &result->plan->rules;
    bool nobody_told = persons == 0 && (nobody_in_row || rules->min_persons <= 1);
    if (persons < rules->min_persons && !nobody_told) {
        assert_int_equal(value->state, SCH_STATE_SUPPRESSED);
        assert_int_equal(value->numerator, 0);
        seen->partly++;
    } else if (expected[0] == NULL) {
        assert_int_equal(persons, 0);
        assert_int_equal(value->state, SCH_STATE_NULL);
        seen->nulls++;
    } else if (kind == SCH_OUTPUT_AVG) {
        assert_int_equal(value->state, SCH_STATE_NUMBER);
        check_average(value, expected[0], expected[2], expected[3]);
        seen->averages++;
    } else {
        assert_int_equal(value->state, SCH_STATE_NUMBER);
        assert_true(parse(expected[0], value->decimals) == value->numerator);
    }
    seen->cells++;
}

static void check_row(const sch_result *result, size_t row, char *const *expected, tally *seen)
{
    const sch_plan *plan = result->plan;
    uint64_t persons = strtoull(expected[1], NULL, 10);
    bool nobody_told = persons == 0 && (plan->rules.show_zero || plan->rules.min_persons <= 1);
    if (persons < plan->rules.min_persons && !nobody_told) {
        assert_int_equal(result->row[row], SCH_ROW_SUPPRESSED);
        for (size_t i = 0; i < plan->output_count; i++) {
            assert_int_equal(result->value[row * plan->output_count + i].state, SCH_STATE_SUPPRESSED);
            assert_int_equal(result->value[row * plan->output_count + i].numerator, 0);
        }
        seen->suppressed++;
        return;
    }
    assert_int_equal(result->row[row], SCH_ROW_SHOWN);
    expected += COLUMNS_BEFORE;
    for (size_t i = plan->key_count; i < plan->output_count; i++) {
        check_value(result, &result->value[row * plan->output_count + i], plan->output[i].kind, expected, persons == 0,
                    seen);
        expected += COLUMNS_EACH;
    }
}

/* The row of the result that has the keys of a row of the pooled query. */
static size_t find_row(const sch_result *result, char *const *expected)
{
    for (size_t row = 0; row < result->row_count; row++) {
        bool same = true;
        for (size_t k = 0; k < result->plan->key_count && same; k++) {
            char code[SCH_MAX_CODE_BYTES + 1];
            bool named =
                sch_column_code_text(result->plan->key[k].column, sch_result_code(result, row, k), code, sizeof code);
            same = expected[k] == NULL ? !named : named && strcmp(code, expected[k]) == 0;
        }
        if (same) {
            return row;
        }
    }
    fail_msg("a row of the pooled query is not in the result");
    return 0;
}

static void check_result(const sch_result *result, const duck_table *expected, tally *seen)
{
    bool *found = calloc(result->row_count, sizeof *found);
    assert_non_null(found);
    for (size_t i = 0; i < expected->rows; i++) {
        char *const *row = expected->text + i * expected->columns;
        size_t at = find_row(result, row);
        assert_false(found[at]);
        found[at] = true;
        check_row(result, at, row + result->plan->key_count, seen);
    }
    const sch_disclosure *rules = &result->plan->rules;
    bool told = rules->show_zero || rules->min_persons <= 1;
    for (size_t row = 0; row < result->row_count; row++) {
        if (!found[row]) {
            assert_int_equal(result->row[row], told ? SCH_ROW_EMPTY : SCH_ROW_SUPPRESSED);
            seen->empty++;
        }
    }
    assert_int_equal(result->shown_count + result->suppressed_count + result->empty_count, result->row_count);
    free(found);
}

static void run_plan(const sch_plan *plan, const pooled_query *query, duck *db, const duck_table *expected, tally *seen)
{
    pooled_table table;
    sch_result result;
    const char *view[2];
    for (size_t party = 0; party < 2; party++) {
        bool is_s = strcmp(query->request.from[plan->from[party]].data_set, "s") == 0;
        view[party] = pooled_view(is_s ? 0 : 1);
    }
    pooled_table_make(&table, db, plan, view);
    unit_assert_ok(sch_result_make(&result, plan, &query->request, table.values, table.states));
    check_result(&result, expected, seen);
    seen->wide += plan->wide > 1;
    seen->products += plan->shape.products > 0;
    seen->links += table.links;
    sch_result_clear(&result);
    pooled_table_clear(&table);
}

/* Plans one query under the catalogues' rules; false where the planner refuses it. */
static bool run_query(const pooled_query *query, const sch_catalog *const list[3], duck *db, const duck_table *expected,
                      tally *seen)
{
    sch_plan plan;
    sch_detail detail = {""};
    sch_err err = sch_plan_make(&plan, &query->request, list, 3, &detail);
    if (sch_failed(err)) {
        /* Bounds, scales and combinations are refused with a reason; nothing else may be. */
        assert_int_equal(err.code, SCH_BAD_INPUT);
        bool reason = strstr(detail.text, "2^62") != NULL || strstr(detail.text, "18 decimals") != NULL ||
                      strstr(detail.text, "combinations") != NULL;
        if (!reason) {
            fail_msg("%s: %s\n%s", err.text, detail.text, query->sql);
        }
        return false;
    }
    run_plan(&plan, query, db, expected, seen);
    sch_plan_clear(&plan);
    return true;
}

static void run_data_set(pooled_random *random, bool many, size_t queries, tally *seen)
{
    duck *db = duck_open();
    sch_catalog off[3];
    sch_catalog on[3];
    const sch_catalog *list_off[3];
    const sch_catalog *list_on[3];
    pooled_catalogs(off, many, 0, pooled_draw(random, 2) == 0);
    pooled_catalogs(on, many, 2 + (uint32_t)pooled_draw(random, 6), pooled_draw(random, 2) == 0);
    for (size_t i = 0; i < 3; i++) {
        list_off[i] = &off[i];
        list_on[i] = &on[i];
    }
    pooled_fill(db, random, many);
    for (size_t i = 0; i < queries; i++) {
        pooled_query query;
        duck_table expected;
        pooled_make(&query, random, off);
        duck_query(db, &expected, query.sql);
        if (getenv("SCH_TEST_VERBOSE") != NULL) {
            printf("%zu: %s\n", seen->queries, query.sql);
        }
        if (run_query(&query, list_off, db, &expected, seen)) {
            assert_true(run_query(&query, list_on, db, &expected, seen));
            seen->queries++;
        } else {
            seen->refused++;
        }
        duck_table_clear(&expected);
        pooled_clear(&query);
    }
    for (size_t i = 0; i < 3; i++) {
        sch_catalog_clear(&off[i]);
        sch_catalog_clear(&on[i]);
    }
    duck_close(db);
}

static void test_plan_random_queries_equal_pooled_sql(void **state)
{
    (void)state;
    /* One compiler's queries are not another's: C leaves open in which order a call's arguments are drawn. */
    const char *seed = getenv("SCH_TEST_SEED");
    pooled_random random = {seed != NULL ? strtoull(seed, NULL, 10) | 1 : UINT64_C(0x9E3779B97F4A7C15)};
    tally seen = {0};
    for (size_t i = 0; i < QUERIES / QUERIES_A_DATA_SET; i++) {
        run_data_set(&random, i % 3 != 0, QUERIES_A_DATA_SET, &seen);
    }
    printf(
        "%zu queries (%zu refused), %zu runs wide, %zu with products, %zu cells, %zu averages, %zu NULL, %zu rows and "
        "%zu values suppressed, %zu empty, %zu links\n",
        seen.queries, seen.refused, seen.wide, seen.products, seen.cells, seen.averages, seen.nulls, seen.suppressed,
        seen.partly, seen.empty, seen.links);
    assert_int_equal(seen.queries + seen.refused, QUERIES);
    assert_true(seen.queries >= 400);
    assert_true(seen.refused >= 10);
    assert_true(seen.wide >= 100);
    assert_true(seen.products >= 200);
    assert_true(seen.cells >= 5000);
    assert_true(seen.averages >= 500);
    assert_true(seen.nulls >= 50);
    assert_true(seen.suppressed >= 500);
    assert_true(seen.partly >= 100);
    assert_true(seen.empty >= 500);
    assert_true(seen.links >= 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_random_queries_equal_pooled_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
