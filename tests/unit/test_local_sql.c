/* The printed statements: their exact form, that nothing escapes a literal, and what DuckDB makes of them. */
#include <duckdb.h>

#include "node/query/local_sql.h"
#include "node/query/plan.h"
#include "tests/support/plan_builder.h"
#include "tests/unit/duck.h"

enum { B = 0, C = 1 };

typedef struct fixture {
    fixed_catalogs fixed;
    sch_request request;
    sch_typed typed[SCH_MAX_EXPRESSIONS];
    sch_buf out;
    duck *db;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fixed_init(&f->fixed);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    f->db = duck_open();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    sch_request_clear(&f->request);
    fixed_clear(&f->fixed);
    sch_buf_clear(&f->out);
    duck_close(f->db);
    free(f);
    return 0;
}

static const char *print(fixture *f, uint32_t e)
{
    const sch_data_set *const set[SCH_MAX_FROM] = {sch_catalog_find(&f->fixed.catalog[0], "bijstand"),
                                                   sch_catalog_find(&f->fixed.catalog[1], "banen")};
    unit_assert_ok(sch_typing_make(f->typed, &f->request, set, NULL));
    sch_buf_clear(&f->out);
    unit_assert_ok(sch_local_sql_expression(&f->out, &f->request, f->typed, e, f->typed[e].type, f->typed[e].decimals));
    return sch_buf_text(&f->out);
}

static void assert_prints(fixture *f, uint32_t e, const char *expected)
{
    assert_string_equal(print(f, e), expected);
}

static void test_local_sql_operations_stand_in_parentheses(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    uint32_t days = build_col(r, B, "dagen");
    uint32_t active = build_col(r, B, "actief");
    uint32_t two = build_number(r, 2, 0);
    assert_prints(f, build_op2(r, SCH_OP_SUBTRACT, days, build_op2(r, SCH_OP_SUBTRACT, days, two)),
                  "(\"dagen\" - (\"dagen\" - CAST(2 AS BIGINT)))");
    assert_prints(f, build_op1(r, SCH_OP_NEGATE, build_number(r, -2, 0)), "(-CAST(-2 AS BIGINT))");
    uint32_t more = build_op2(r, SCH_OP_GREATER, days, two);
    assert_prints(f, build_op1(r, SCH_OP_NOT, build_op3(r, SCH_OP_OR, active, more, build_null(r))),
                  "(NOT (\"actief\" OR (\"dagen\" > CAST(2 AS BIGINT)) OR CAST(NULL AS BOOLEAN)))");
    assert_prints(f, build_op3(r, SCH_OP_NOT_BETWEEN, days, two, build_null(r)),
                  "(\"dagen\" NOT BETWEEN CAST(2 AS BIGINT) AND CAST(NULL AS BIGINT))");
    assert_prints(f, build_op3(r, SCH_OP_NOT_IN, build_col(r, B, "buurt"), build_text(r, "a"), build_null(r)),
                  "(\"buurt\" NOT IN ('a', CAST(NULL AS VARCHAR)))");
    assert_prints(f, build_op3(r, SCH_OP_CASE, active, days, build_null(r)),
                  "(CASE WHEN \"actief\" THEN \"dagen\" ELSE CAST(NULL AS BIGINT) END)");
    assert_prints(f, build_op2(r, SCH_OP_MODULO, days, two), "(\"dagen\" % CAST(2 AS BIGINT))");
}

static void test_local_sql_numbers_are_brought_to_one_scale(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    uint32_t amount = build_col(r, B, "bedrag"); /* 2 decimals */
    uint32_t days = build_col(r, B, "dagen");
    assert_prints(f, build_op2(r, SCH_OP_ADD, amount, days), "(\"bedrag\" + (\"dagen\" * CAST(100 AS BIGINT)))");
    assert_prints(f, build_op2(r, SCH_OP_LESS, amount, build_number(r, 15, 1)), "(\"bedrag\" < CAST(150 AS BIGINT))");
    assert_prints(f, build_op2(r, SCH_OP_MULTIPLY, amount, build_number(r, 15, 1)),
                  "(\"bedrag\" * CAST(15 AS BIGINT))");
    assert_prints(f, build_op2(r, SCH_OP_EQUAL, build_col(r, B, "nummer"), build_number(r, 15, 1)),
                  "((CAST(\"nummer\" AS HUGEINT) * CAST(10 AS BIGINT)) = CAST(15 AS BIGINT))");
    assert_prints(f, build_op2(r, SCH_OP_EQUAL, build_number(r, SCH_MAX_VALUE, 0), build_number(r, 1, 18)),
                  "(CAST(4611686018427387904000000000000000000 AS HUGEINT) = CAST(1 AS BIGINT))");
}

static void test_local_sql_dates_are_proleptic_gregorian(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    const struct {
        int64_t days;
        const char *text;
    } date[] = {{0, "DATE '1970-01-01'"},
                {-1, "DATE '1969-12-31'"},
                {11016, "DATE '2000-02-29'"},
                {18321, "DATE '2020-02-29'"},
                {19782, "DATE '2024-02-29'"},
                {-25508, "DATE '1900-03-01'"},
                {SCH_MIN_DATE, "DATE '0001-01-01'"},
                {SCH_MAX_DATE, "DATE '9999-12-31'"}};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof date / sizeof date[0]; i++) {
        assert_prints(f, build_date(r, date[i].days), date[i].text);
        checked++;
    }
    assert_int_equal(checked, 8);
    for (int64_t days = SCH_MIN_DATE; days < SCH_MAX_DATE; days += 9973) {
        char sql[200];
        duck_table table;
        snprintf(sql, sizeof sql, "SELECT %s - DATE '1970-01-01'", print(f, build_date(r, days)));
        duck_query(f->db, &table, sql);
        assert_int_equal(strtoll(duck_text(&table, 0, 0), NULL, 10), days);
        duck_table_clear(&table);
        checked++;
    }
    assert_true(checked > 300);
}

static void test_local_sql_text_stays_in_its_literal(void **state)
{
    fixture *f = *state;
    static const char *const hostile[] = {"'",
                                          "''",
                                          "'; DROP TABLE data; --",
                                          "\\'",
                                          "\\",
                                          "a\"b",
                                          "$$x$$",
                                          "E'\\x41'",
                                          "%_",
                                          "/* ' */",
                                          "--",
                                          "\xE2\x80\x99",
                                          "' OR TRUE OR '",
                                          "'||(SELECT 1)||'",
                                          "U&'\\0027'"};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        sch_buf sql = {0};
        duck_table table;
        unit_assert_ok(sch_buf_append_text(&sql, "SELECT "));
        unit_assert_ok(sch_local_sql_text(&sql, hostile[i]));
        duck_query(f->db, &table, sch_buf_text(&sql));
        assert_int_equal(table.rows, 1);
        assert_int_equal(table.columns, 1);
        assert_string_equal(duck_text(&table, 0, 0), hostile[i]);
        duck_table_clear(&table);
        sch_buf_clear(&sql);
        checked++;
    }
    assert_int_equal(checked, 15);
}

static const char *const MAKE_DATA =
    "CREATE OR REPLACE TABLE data (bsn VARCHAR, jaar BIGINT, sector VARCHAR, loon BIGINT, werkt BIGINT, uren BIGINT,"
    " groot BIGINT, vast BOOLEAN);"
    "INSERT INTO data VALUES ('1', 2024, 'A', 100, 1, 10, 5, TRUE), ('1', 2025, NULL, NULL, 0, 20, 6, FALSE),"
    " ('1', 2025, 'C', -50, 1, 30, 7, TRUE), ('2', 2024, 'B', NULL, 1, 40, 8, TRUE)";

/* Makes a plan and runs the data owner's part on MAKE_DATA, by identifier. */
static void run_data(fixture *f, duck_table *table)
{
    sch_plan plan;
    sch_detail detail = {""};
    sch_err err = sch_plan_make(&plan, &f->request, f->fixed.list, FIXED_CATALOGS, &detail);
    if (sch_failed(err)) {
        fail_msg("%s: %s", err.text, detail.text);
    }
    sch_buf sql = {0};
    unit_assert_ok(sch_buf_printf(&sql, "%s ORDER BY 1", plan.local[SCH_DATA].sql));
    duck_run(f->db, MAKE_DATA);
    duck_query(f->db, table, sch_buf_text(&sql));
    for (size_t i = 1; i < table->columns; i++) {
        assert_int_equal(duck_column_type(f->db, plan.local[SCH_DATA].sql, i), DUCKDB_TYPE_BIGINT);
    }
    sch_buf_clear(&sql);
    sch_plan_clear(&plan);
}

static void assert_row(const duck_table *table, size_t row, size_t count, const char *const *expected)
{
    assert_int_equal(table->columns, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(duck_text(table, row, i), expected[i]);
    }
}

static void test_local_sql_records_become_one_row_a_person(void **state)
{
    fixture *f = *state;
    duck_table table;
    build_count_rows(&f->request);
    build_output(&f->request, "x", build_op1(&f->request, SCH_OP_AVG, build_col(&f->request, C, "loon")));
    run_data(f, &table);
    assert_int_equal(table.rows, 2);
    /* linked, records, sum, persons with a wage, records with a wage */
    assert_row(&table, 0, 6, (const char *const[]){"1", "1", "3", "50", "1", "2"});
    assert_row(&table, 1, 6, (const char *const[]){"2", "1", "1", "0", "0", "0"});
    duck_table_clear(&table);
}

static void test_local_sql_wide_form_splits_by_combination(void **state)
{
    fixture *f = *state;
    duck_table table;
    build_key(&f->request, C, "sector");
    build_output(&f->request, "x", build_op1(&f->request, SCH_OP_SUM, build_col(&f->request, C, "uren")));
    run_data(f, &table);
    assert_int_equal(table.rows, 2);
    /* linked for A, B, C, empty; then hours for the same */
    assert_row(&table, 0, 9, (const char *const[]){"1", "1", "0", "1", "1", "10", "0", "30", "20"});
    assert_row(&table, 1, 9, (const char *const[]){"2", "0", "1", "0", "0", "0", "40", "0", "0"});
    duck_table_clear(&table);
}

static void test_local_sql_wide_form_of_one_row_has_no_group_by(void **state)
{
    fixture *f = *state;
    sch_plan plan;
    f->fixed.catalog[0].data_set[0].rows_per_person = SCH_ONE_PER_PERSON;
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[2], "jeugdhulp", "j");
    build_key(&f->request, 0, "buurt"); /* 5 codes: the spine is bijstand */
    build_key(&f->request, 1, "soort");
    build_count_rows(&f->request);
    unit_assert_ok(sch_plan_make(&plan, &f->request, f->fixed.list, FIXED_CATALOGS, NULL));
    assert_string_equal(
        plan.local[SCH_DATA].sql,
        "SELECT \"#id\", CAST(CASE WHEN \"#combination\" = 0 THEN 1 ELSE 0 END AS BIGINT), CAST(CASE WHEN "
        "\"#combination\" = 1 THEN 1 ELSE 0 END AS BIGINT), CAST(CASE WHEN \"#combination\" = 2 THEN 1 ELSE 0 "
        "END AS BIGINT) FROM (SELECT \"bsn\" AS \"#id\", (CASE WHEN (\"soort\" = 'licht') THEN 0 WHEN "
        "(\"soort\" = 'middel') THEN 1 WHEN (\"soort\" = 'zwaar') THEN 2 END) AS \"#combination\" FROM data)");
    sch_plan_clear(&plan);
}

static void test_local_sql_statement_too_long_is_refused(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    char text[SCH_MAX_LITERAL_BYTES + 1];
    memset(text, '\'', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    uint32_t same = build_op2(r, SCH_OP_EQUAL, build_col(r, B, "buurt"), build_text(r, text));
    uint32_t argument[SCH_MAX_ARGUMENTS];
    for (size_t i = 0; i < SCH_MAX_ARGUMENTS; i++) {
        argument[i] = same;
    }
    uint32_t any = build_op(r, SCH_OP_OR, SCH_MAX_ARGUMENTS, argument); /* 500 x 512 bytes */
    uint32_t all = any;
    for (int i = 0; i < 4; i++) {
        all = build_op2(r, SCH_OP_OR, all, any);
    }
    build_where(r, all);
    build_count_rows(r);
    sch_plan plan;
    unit_assert_code(sch_plan_make(&plan, r, f->fixed.list, FIXED_CATALOGS, NULL), SCH_BAD_INPUT);
    build_where(r, any);
    unit_assert_ok(sch_plan_make(&plan, r, f->fixed.list, FIXED_CATALOGS, NULL));
    sch_plan_clear(&plan);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_local_sql_operations_stand_in_parentheses),
        WITH(test_local_sql_numbers_are_brought_to_one_scale),
        WITH(test_local_sql_dates_are_proleptic_gregorian),
        WITH(test_local_sql_text_stays_in_its_literal),
        WITH(test_local_sql_records_become_one_row_a_person),
        WITH(test_local_sql_wide_form_splits_by_combination),
        WITH(test_local_sql_wide_form_of_one_row_has_no_group_by),
        WITH(test_local_sql_statement_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
