/* Expressions printed for an owner's engine: their exact form, that nothing escapes a literal, and what DuckDB makes
 * of them. */
#include "node/query/local_sql.h"
#include "tests/unit/local_case.h"

enum { B = 0, C = 1, U = 2 };

/* FROM bijstand b, banen c, perioden u, all as relations of one part: r0, r1, r2. */
static const char *print(local_case *f, uint32_t e)
{
    static char text[4000];
    plan_case *p = f->plan;
    const sch_data_set *const set[SCH_MAX_FROM] = {fixed_set(&p->fixed, GEMEENTE, "bijstand"),
                                                   fixed_set(&p->fixed, CBS, "banen"),
                                                   fixed_set(&p->fixed, UWV, "perioden")};
    sch_typed *typed = calloc(p->request.expression_count, sizeof *typed);
    sch_buf out = {0};
    const sch_part part = {.request = &p->request, .typed = typed, .from_count = 3, .from = {B, C, U}};
    assert_non_null(typed);
    unit_assert_ok(sch_typing_make(typed, &p->request, set, NULL));
    unit_assert_ok(sch_local_sql_expression(&out, &part, e, typed[e].type, typed[e].decimals));
    assert_true(out.bytes < sizeof text);
    memcpy(text, sch_buf_text(&out), out.bytes + 1);
    sch_buf_clear(&out);
    free(typed);
    return text;
}

static sch_request *begin(local_case *f)
{
    plan_join(f->plan, GEMEENTE, "bijstand", "b");
    plan_join(f->plan, CBS, "banen", "c");
    plan_join(f->plan, UWV, "perioden", "u");
    return &f->plan->request;
}

static void assert_prints(local_case *f, uint32_t e, const char *expected)
{
    assert_string_equal(print(f, e), expected);
}

/* What the engine makes of an expression over one row each. */
static void assert_gives(local_case *f, uint32_t e, const char *expected)
{
    sch_buf sql = {0};
    duck_table table;
    unit_assert_ok(sch_buf_printf(&sql, "SELECT %s FROM bijstand AS r0, banen AS r1, perioden AS r2", print(f, e)));
    duck_query(f->db, &table, sch_buf_text(&sql));
    assert_int_equal(table.rows, 1);
    const char *text = duck_text(&table, 0, 0);
    if (strcmp(text != NULL ? text : "NULL", expected) != 0) {
        fail_msg("%s instead of %s: %s", text, expected, sch_buf_text(&sql));
    }
    duck_table_clear(&table);
    sch_buf_clear(&sql);
}

/* buurt 't Zand, actief empty, bedrag 12.50, dagen 200, nummer 7, geboren 1980-02-29; sector empty, loon -3.00, uren
 * 36; begin 2024-01-31. */
static void fill(local_case *f)
{
    local_table(f, GEMEENTE, "bijstand",
                "('1', '''t Zand', 'werk', 2023, NULL, 1250, 200, 44, 'een', 7, DATE '1980-02-29')");
    local_table(f, CBS, "banen", "('1', 2025, NULL, -300, 1, 36, 5, TRUE)");
    local_table(f, UWV, "perioden", "('1', 'WW', NULL, 10000, DATE '2024-01-31', FALSE)");
}

static void test_local_sql_expression_operations_stand_in_parentheses(void **state)
{
    local_case *f = *state;
    sch_request *r = begin(f);
    uint32_t days = build_col(r, B, "dagen"), active = build_col(r, B, "actief"), two = build_number(r, 2, 0);
    assert_prints(f, build_op2(r, SCH_OP_SUBTRACT, days, build_op2(r, SCH_OP_SUBTRACT, days, two)),
                  "(r0.\"dagen\" - (r0.\"dagen\" - CAST(2 AS BIGINT)))");
    assert_prints(f, build_op1(r, SCH_OP_NEGATE, build_number(r, -2, 0)), "(-CAST(-2 AS BIGINT))");
    uint32_t more = build_op2(r, SCH_OP_GREATER, days, two);
    assert_prints(f, build_op1(r, SCH_OP_NOT, build_op3(r, SCH_OP_OR, active, more, build_null(r))),
                  "(NOT (r0.\"actief\" OR (r0.\"dagen\" > CAST(2 AS BIGINT)) OR CAST(NULL AS BOOLEAN)))");
    assert_prints(f, build_op3(r, SCH_OP_NOT_BETWEEN, days, two, build_null(r)),
                  "(r0.\"dagen\" NOT BETWEEN CAST(2 AS BIGINT) AND CAST(NULL AS BIGINT))");
    uint32_t a = build_text(r, "a");
    assert_prints(f, build_op3(r, SCH_OP_NOT_IN, build_col(r, B, "buurt"), a, build_null(r)),
                  "(r0.\"buurt\" NOT IN ('a', CAST(NULL AS VARCHAR)))");
    assert_prints(f, build_op3(r, SCH_OP_CASE, active, days, build_null(r)),
                  "(CASE WHEN r0.\"actief\" THEN r0.\"dagen\" ELSE CAST(NULL AS BIGINT) END)");
    assert_prints(f, build_op2(r, SCH_OP_MODULO, days, two), "(r0.\"dagen\" % CAST(2 AS BIGINT))");
}

static void test_local_sql_expression_columns_are_their_relations(void **state)
{
    local_case *f = *state;
    sch_request *r = begin(f);
    assert_prints(f, build_col(r, B, "dagen"), "r0.\"dagen\"");
    assert_prints(f, build_col(r, C, "uren"), "r1.\"uren\"");
    uint32_t months = build_col(r, U, "maanden");
    assert_prints(f, build_op1(r, SCH_OP_IS_NULL, months), "(r2.\"maanden\" IS NULL)");
}

static void test_local_sql_expression_numbers_are_brought_to_one_scale(void **state)
{
    local_case *f = *state;
    sch_request *r = begin(f);
    uint32_t amount = build_col(r, B, "bedrag"), days = build_col(r, B, "dagen"); /* 2 decimals, and none */
    uint32_t plain = build_col(r, B, "nummer"), half = build_number(r, 15, 1);
    assert_prints(f, build_op2(r, SCH_OP_ADD, amount, days), "(r0.\"bedrag\" + (r0.\"dagen\" * CAST(100 AS BIGINT)))");
    assert_prints(f, build_op2(r, SCH_OP_LESS, amount, half), "(r0.\"bedrag\" < CAST(150 AS BIGINT))");
    assert_prints(f, build_op2(r, SCH_OP_MULTIPLY, amount, half), "(r0.\"bedrag\" * CAST(15 AS BIGINT))");
    assert_prints(f, build_op2(r, SCH_OP_EQUAL, plain, half),
                  "((CAST(r0.\"nummer\" AS HUGEINT) * CAST(10 AS BIGINT)) = CAST(15 AS BIGINT))");
    uint32_t most = build_number(r, SCH_MAX_VALUE, 0), least = build_number(r, 1, 18);
    assert_prints(f, build_op2(r, SCH_OP_EQUAL, most, least),
                  "(CAST(4611686018427387904000000000000000000 AS HUGEINT) = CAST(1 AS BIGINT))");
    fill(f);
    assert_gives(f, build_op2(r, SCH_OP_ADD, amount, days), "21250");
    assert_gives(f, build_op2(r, SCH_OP_MULTIPLY, amount, half), "18750");
    assert_gives(f, build_op2(r, SCH_OP_LESS, plain, half), "false");
    assert_gives(f, build_op1(r, SCH_OP_ABS, build_col(r, C, "loon")), "300");
    assert_gives(f, build_op2(r, SCH_OP_COALESCE, build_col(r, U, "maanden"), amount), "1250");
    assert_gives(f, build_op2(r, SCH_OP_MODULO, build_op1(r, SCH_OP_NEGATE, days), build_number(r, 7, 0)), "-4");
}

static void test_local_sql_expression_texts_and_dates_have_their_functions(void **state)
{
    local_case *f = *state;
    sch_request *r = begin(f);
    fill(f);
    uint32_t area = build_col(r, B, "buurt"), born = build_col(r, B, "geboren");
    uint32_t two = build_number(r, 2, 0), three = build_number(r, 3, 0);
    assert_gives(f, build_op1(r, SCH_OP_LOWER, area), "'t zand");
    assert_gives(f, build_op1(r, SCH_OP_UPPER, area), "'T ZAND");
    assert_gives(f, build_op1(r, SCH_OP_LENGTH, area), "7");
    assert_gives(f, build_op3(r, SCH_OP_SUBSTRING, area, two, three), "t Z");
    assert_gives(f, build_op1(r, SCH_OP_YEAR, born), "1980");
    assert_gives(f, build_op1(r, SCH_OP_MONTH, born), "2");
    uint32_t pattern = build_text(r, "'_ Z%");
    assert_gives(f, build_op2(r, SCH_OP_LIKE, area, pattern), "true");
    assert_gives(f, build_op2(r, SCH_OP_NOT_LIKE, area, pattern), "false");
}

static void test_local_sql_expression_dates_move_by_days(void **state)
{
    local_case *f = *state;
    sch_request *r = begin(f);
    uint32_t start = build_col(r, U, "begin"), born = build_col(r, B, "geboren");
    uint32_t month = build_number(r, 30, 0), day = build_date(r, 19782); /* 2024-02-29 */
    uint32_t later = build_op2(r, SCH_OP_ADD, start, month);
    assert_prints(f, later, "(r2.\"begin\" + CAST(CAST(30 AS BIGINT) AS INTEGER))");
    assert_prints(f, build_op2(r, SCH_OP_SUBTRACT, start, born), "(r2.\"begin\" - r0.\"geboren\")");
    fill(f);
    assert_gives(f, later, "2024-03-01");
    assert_gives(f, build_op2(r, SCH_OP_ADD, month, start), "2024-03-01");
    assert_gives(f, build_op2(r, SCH_OP_SUBTRACT, start, month), "2024-01-01");
    assert_gives(f, build_op2(r, SCH_OP_SUBTRACT, start, born), "16042");
    assert_gives(f, build_op2(r, SCH_OP_SUBTRACT, day, start), "29");
    assert_gives(f, build_op2(r, SCH_OP_GREATER, later, day), "true");
    assert_gives(f, build_op1(r, SCH_OP_YEAR, later), "2024");
    uint32_t days = build_op2(r, SCH_OP_SUBTRACT, start, born);
    assert_gives(f, build_op2(r, SCH_OP_MULTIPLY, days, build_number(r, 2, 0)), "32084"); /* whole numbers as others */
}

static void test_local_sql_date_is_proleptic_gregorian(void **state)
{
    local_case *f = *state;
    sch_request *r = begin(f);
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
    local_case *f = *state;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(test_local_sql_expression_operations_stand_in_parentheses),
        LOCAL_TEST(test_local_sql_expression_columns_are_their_relations),
        LOCAL_TEST(test_local_sql_expression_numbers_are_brought_to_one_scale),
        LOCAL_TEST(test_local_sql_expression_texts_and_dates_have_their_functions),
        LOCAL_TEST(test_local_sql_expression_dates_move_by_days),
        LOCAL_TEST(test_local_sql_date_is_proleptic_gregorian),
        LOCAL_TEST(test_local_sql_text_stays_in_its_literal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
