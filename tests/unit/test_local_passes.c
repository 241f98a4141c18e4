/* Statements with passes: all rows come out, with 0 or a mark where the conditions do not hold, and link keys are the
 * same numbers where persons are alike. */
#include "tests/unit/local_case.h"

#define LINK(text) "COALESCE(sch_text_number(" text "), -1), COALESCE(sch_text_number('2' || " text "), -1)"

/* personen, the spine, and bijstand, by date of birth and four characters, then by the whole text. */
static void two_owners(plan_case *p)
{
    plan_join(p, CBS, "personen", "p");
    plan_join(p, GEMEENTE, "bijstand", "b");
    build_pass(&p->request, "geboorte");
    build_pass(&p->request, "tekst");
}

/* bsn, geslacht, inkomen, punten, geboren, woonbuurt */
static void make_persons(local_case *f, const char *rows)
{
    local_table(f, CBS, "personen", rows);
}

/* bsn, buurt, traject, instroomjaar, actief, bedrag, dagen, leeftijd, toelichting, nummer, geboren */
static void make_support(local_case *f, const char *rows)
{
    local_table(f, GEMEENTE, "bijstand", rows);
}

static int64_t number(const duck_table *table, size_t row, size_t column)
{
    const char *text = duck_text(table, row, column);
    assert_non_null(text);
    return strtoll(text, NULL, 10);
}

/* ---- texts ---- */

static void test_local_statement_of_passes_has_conditions_and_keys_beside_the_columns(void **state)
{
    local_case *f = *state;
    plan_case *p = f->plan;
    sch_request *r = &p->request;
    two_owners(p);
    build_sum(r, 1, "dagen");
    uint32_t points = build_col(r, 0, "punten");
    points = build_op2(r, SCH_OP_LESS, points, build_number(r, 5, 0));
    uint32_t age = build_col(r, 1, "leeftijd");
    age = build_op2(r, SCH_OP_GREATER, age, build_number(r, 27, 0));
    uint32_t active = build_col(r, 1, "actief");
    build_where(r, build_op3(r, SCH_OP_AND, points, age, active));
    plan_make(p);
    assert_string_equal(
        plan_sql(p, 0),
        "SELECT r0.\"bsn\", CAST(r0.\"#kept\" AS BIGINT), " LINK("r0.\"#link_0\"") ", " LINK(
            "r0.\"#link_1\"") " FROM (SELECT *, COALESCE((r0.\"punten\" < CAST(5 AS BIGINT)), FALSE) AS \"#kept\", "
                              "CAST(r0.\"geboren\" AS VARCHAR) || chr(10) || "
                              "(CASE WHEN LENGTH(sch_link_text(r0.\"woonbuurt\")) >= 4 "
                              "THEN LEFT(sch_link_text(r0.\"woonbuurt\"), 4) END) AS \"#link_0\", "
                              "sch_link_text(r0.\"woonbuurt\") AS \"#link_1\" FROM r0) AS r0");
    const char *owner = plan_sql(p, 1);
    assert_non_null(strstr(owner, "CAST(CASE WHEN r0.\"#kept\" THEN 1 ELSE 0 END AS BIGINT)"));
    assert_non_null(strstr(owner, "CAST(CASE WHEN r0.\"#kept\" THEN COALESCE(r0.\"dagen\", 0) ELSE 0 END AS BIGINT)"));
    assert_non_null(strstr(owner, "FROM (SELECT *, COALESCE((r0.\"leeftijd\" > CAST(27 AS BIGINT)) AND r0.\"actief\", "
                                  "FALSE) AS \"#kept\", CAST(r0.\"geboren\""));
    assert_null(strstr(owner, "WHERE"));
}

static void test_local_statement_of_passes_without_conditions_keeps_all(void **state)
{
    local_case *f = *state;
    plan_case *p = f->plan;
    two_owners(p);
    build_sum(&p->request, 1, "dagen");
    plan_make(p);
    assert_non_null(strstr(plan_sql(p, 0), "SELECT r0.\"bsn\", CAST(1 AS BIGINT), COALESCE(sch_text_number("));
    assert_non_null(strstr(plan_sql(p, 1), "SELECT r0.\"bsn\", CAST(1 AS BIGINT), "));
    assert_non_null(strstr(plan_sql(p, 1), ", CAST(COALESCE(r0.\"dagen\", 0) AS BIGINT), COALESCE(sch_text_number("));
    for (uint8_t from = 0; from < 2; from++) {
        assert_null(strstr(plan_sql(p, from), "#kept"));
    }
}

/* ---- rows ---- */

static void test_local_statement_of_passes_gives_all_rows_of_a_data_owner(void **state)
{
    local_case *f = *state;
    plan_case *p = f->plan;
    sch_request *r = &p->request;
    duck_table table;
    two_owners(p);
    build_sum(r, 1, "dagen");
    uint32_t age = build_col(r, 1, "leeftijd");
    age = build_op2(r, SCH_OP_GREATER, age, build_number(r, 27, 0));
    build_where(r, build_op2(r, SCH_OP_AND, age, build_col(r, 1, "actief")));
    plan_make(p);
    make_support(f, "('1', NULL, 'werk', 2024, TRUE, 7, 30, 40, 'a', NULL, NULL),"
                    "('2', NULL, 'werk', 2024, TRUE, 7, 31, 20, 'b', NULL, NULL),"
                    "('3', NULL, 'werk', 2024, NULL, 7, 32, 40, 'c', NULL, NULL),"
                    "('4', NULL, 'werk', 2024, FALSE, 7, 33, 40, 'd', NULL, NULL),"
                    "(NULL, NULL, 'werk', 2024, TRUE, 7, 34, 40, 'e', NULL, NULL),"
                    "(NULL, NULL, 'zorg', 2024, TRUE, 7, 35, 10, 'f', NULL, NULL)");
    local_run(f, &table, 1);
    assert_int_equal(table.rows, 6);
    int64_t days = 0, linked = 0, unidentified = 0;
    for (size_t i = 0; i < table.rows; i++) {
        const char *days_text = "CAST(CASE WHEN r0.\"#kept\" THEN COALESCE(r0.\"dagen\", 0) ELSE 0 END AS BIGINT)";
        days += local_value(f, &table, i, 1, days_text);
        linked += local_value(f, &table, i, 1, "CAST(CASE WHEN r0.\"#kept\" THEN 1 ELSE 0 END AS BIGINT)");
        unidentified += duck_text(&table, i, 0) == NULL;
    }
    assert_int_equal(days, 30 + 34);
    assert_int_equal(linked, 2);
    assert_int_equal(unidentified, 2);
    duck_table_clear(&table);
}

static void test_local_statement_of_passes_says_in_which_rows_of_the_spine_conditions_hold(void **state)
{
    local_case *f = *state;
    plan_case *p = f->plan;
    sch_request *r = &p->request;
    duck_table table;
    two_owners(p);
    build_sum(r, 0, "punten");
    uint32_t income = build_col(r, 0, "inkomen");
    build_where(r, build_op2(r, SCH_OP_GREATER, income, build_number(r, 100, 0)));
    plan_make(p);
    make_persons(f, "('1', 'man', 20000, 4, '1980-01-01', 'a'), ('2', 'man', 5, 3, '1980-01-01', 'b'),"
                    "('3', 'vrouw', NULL, 2, '1980-01-01', 'c'), (NULL, 'vrouw', 30000, 1, '1980-01-01', 'd')");
    local_run(f, &table, 0);
    assert_int_equal(table.rows, 4);
    size_t kept = 1 + p->plan.local[0].value_count;
    assert_int_equal(table.columns, kept + 1 + 4);
    int64_t sum = 0, points = 0;
    for (size_t i = 0; i < table.rows; i++) {
        int64_t own = local_value(f, &table, i, 0, "CAST(COALESCE(r0.\"punten\", 0) AS BIGINT)");
        points += own; /* as they are, in all rows */
        sum += own * number(&table, i, kept);
    }
    assert_int_equal(points, 10);
    assert_int_equal(sum, 4 + 1);
    duck_table_clear(&table);
}

/* ---- keys ---- */

/* The two numbers of a pass of the person with this BSN; of passes from 0. */
static void key_of(const plan_case *p, const duck_table *table, uint8_t from, const char *bsn, size_t pass,
                   int64_t out[static 2])
{
    const sch_local *local = &p->plan.local[plan_part_of(p, from)];
    size_t first = 1 + local->key_count + local->value_count + (plan_part_of(p, from) == 0 ? 1 : 0) + 2 * pass;
    for (size_t i = 0; i < table->rows; i++) {
        if (strcmp(duck_text(table, i, 0), bsn) == 0) {
            out[0] = number(table, i, first);
            out[1] = number(table, i, first + 1);
            return;
        }
    }
    fail_msg("nobody has the number %s", bsn);
}

static void assert_keys(const plan_case *p, const duck_table table[static 2], const char *spine, const char *owner,
                        size_t pass, bool equal)
{
    int64_t a[2], b[2];
    key_of(p, &table[0], 0, spine, pass, a);
    key_of(p, &table[1], 1, owner, pass, b);
    assert_true(a[0] >= 0 && a[1] >= 0 && b[0] >= 0 && b[1] >= 0);
    assert_true(a[0] != a[1] && a[0] < INT64_C(1) << 61 && a[1] < INT64_C(1) << 61);
    assert_int_equal(a[0] == b[0], equal);
    assert_int_equal(a[1] == b[1], equal);
}

static void assert_no_key(const plan_case *p, const duck_table *table, uint8_t from, const char *bsn, size_t pass)
{
    int64_t key[2];
    key_of(p, table, from, bsn, pass, key);
    assert_int_equal(key[0], -1);
    assert_int_equal(key[1], -1);
}

/* The rows of both data sets' parts. */
static void run_both(local_case *f, duck_table table[static 2])
{
    for (uint8_t i = 0; i < 2; i++) {
        local_run(f, &table[i], i);
    }
}

static void clear_both(duck_table table[static 2])
{
    for (size_t i = 0; i < 2; i++) {
        duck_table_clear(&table[i]);
    }
}

static void test_local_statement_link_keys_are_alike_where_their_parts_are(void **state)
{
    local_case *f = *state;
    plan_case *p = f->plan;
    duck_table table[2];
    two_owners(p);
    build_count_rows(&p->request);
    plan_make(p);
    make_persons(f, "('1', 'man', 1, 1, '1980-01-02', '2513 AA'), ('2', 'man', 1, 1, '1980-01-03', '2513aa'),"
                    "('3', 'man', 1, 1, '1980-01-02', '251'), ('4', 'man', 1, 1, '1980-01-02', NULL)");
    make_support(f, "('a', NULL, 'werk', 2024, TRUE, 7, 30, 40, '2513-aa', NULL, '1980-01-02'),"
                    "('b', NULL, 'werk', 2024, TRUE, 7, 30, 40, '2513 BB', NULL, '1980-01-02'),"
                    "('c', NULL, 'werk', 2024, TRUE, 7, 30, 40, '2513AA', NULL, NULL),"
                    "('d', NULL, 'werk', 2024, TRUE, 7, 30, 40, ' - ', NULL, '1980-01-02')");
    run_both(f, table);
    assert_keys(p, table, "1", "a", 0, true); /* the date, and 2513 */
    assert_keys(p, table, "1", "b", 0, true);
    assert_keys(p, table, "2", "a", 0, false); /* another date */
    assert_keys(p, table, "1", "a", 1, true);  /* the whole text */
    assert_keys(p, table, "2", "a", 1, true);
    assert_keys(p, table, "1", "c", 1, true);
    assert_keys(p, table, "1", "b", 1, false);
    assert_keys(p, table, "3", "a", 1, false);
    assert_no_key(p, &table[0], 0, "3", 0); /* too short */
    assert_no_key(p, &table[0], 0, "4", 0);
    assert_no_key(p, &table[0], 0, "4", 1);
    assert_no_key(p, &table[1], 1, "c", 0); /* without a date */
    assert_no_key(p, &table[1], 1, "d", 0);
    assert_no_key(p, &table[1], 1, "d", 1);
    clear_both(table);
}

/* Numbers and booleans too; where one part ends and the next one begins shows. */
static void test_local_statement_link_keys_of_all_types_keep_their_parts_apart(void **state)
{
    local_case *f = *state;
    plan_case *p = f->plan;
    duck_table table[2];
    const uint8_t whole[] = {0, 0, 0};
    sch_data_set *persons = fixed_set(&p->fixed, CBS, "personen"),
                 *support = fixed_set(&p->fixed, GEMEENTE, "bijstand");
    build_link_key(persons, "alles", 3, (const char *const[]){"punten", "inkomen", "woonbuurt"}, whole);
    build_link_key(support, "alles", 3, (const char *const[]){"dagen", "bedrag", "toelichting"}, whole);
    plan_join(p, CBS, "personen", "p");
    plan_join(p, GEMEENTE, "bijstand", "b");
    build_pass(&p->request, "alles");
    build_count_rows(&p->request);
    plan_make(p);
    make_persons(f, "('1', 'man', 21, 1, '1980-01-02', 'x'), ('2', 'man', 1, 12, '1980-01-02', 'x'),"
                    "('3', 'man', NULL, 1, '1980-01-02', '21x')");
    make_support(f, "('a', NULL, 'werk', 2024, TRUE, 21, 1, 40, 'X', NULL, NULL),"
                    "('b', NULL, 'werk', 2024, TRUE, 1, 12, 40, 'x', NULL, NULL),"
                    "('c', NULL, 'werk', 2024, TRUE, 2, 1, 40, '1x', NULL, NULL)");
    run_both(f, table);
    size_t pairs = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 3; k++, pairs++) {
            const char spine[] = {(char)('1' + i), '\0'}, owner[] = {(char)('a' + k), '\0'};
            assert_keys(p, table, spine, owner, 0, i == k);
        }
    }
    assert_int_equal(pairs, 6);
    assert_no_key(p, &table[0], 0, "3", 0);
    clear_both(table);
}

/* ---- the wide form ---- */

static void test_local_statement_of_passes_in_the_wide_form_carries_keys_and_conditions(void **state)
{
    local_case *f = *state;
    plan_case *p = f->plan;
    sch_request *r = &p->request;
    duck_table table;
    two_owners(p);
    build_key(r, 1, "traject");
    build_sum(r, 1, "dagen");
    uint32_t age = build_col(r, 1, "leeftijd");
    build_where(r, build_op2(r, SCH_OP_GREATER, age, build_number(r, 27, 0)));
    plan_make(p);
    assert_int_equal(p->plan.grouping, SCH_GROUPING_WIDE);
    make_support(f, "('1', NULL, 'werk', 2024, TRUE, 7, 30, 40, 'aaaa', NULL, '1980-01-02'),"
                    "('2', NULL, 'zorg', 2024, TRUE, 7, 31, 50, 'a-a aa', NULL, '1980-01-02'),"
                    "('3', NULL, 'zorg', 2024, TRUE, 7, 32, 20, NULL, NULL, '1980-01-02')");
    local_run(f, &table, 1);
    assert_int_equal(table.rows, 3);
    static const struct {
        const char *format;
        int64_t of_row[3];
    } value[] = {{"CAST(CASE WHEN \"#kept\" AND \"#combination\" = 0 THEN 1 ELSE 0 END AS BIGINT)", {1, 0, 0}},
                 {"CAST(CASE WHEN \"#kept\" AND \"#combination\" = 1 THEN 1 ELSE 0 END AS BIGINT)", {0, 1, 0}},
                 {"CAST(CASE WHEN \"#kept\" AND \"#combination\" = 1 THEN COALESCE(\"#term_0\", 0) ELSE 0 END AS "
                  "BIGINT)",
                  {0, 31, 0}}};
    size_t values = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t v = 0; v < sizeof value / sizeof value[0]; v++, values++) {
            assert_int_equal(local_value(f, &table, i, 1, value[v].format), value[v].of_row[i]);
        }
    }
    assert_int_equal(values, 9);
    int64_t a[2], b[2];
    key_of(p, &table, 1, "1", 0, a);
    key_of(p, &table, 1, "2", 0, b);
    assert_true(a[0] >= 0 && a[0] == b[0] && a[1] == b[1]);
    key_of(p, &table, 1, "1", 1, b);
    assert_true(b[0] >= 0 && a[0] != b[0]);
    assert_no_key(p, &table, 1, "3", 0);
    assert_no_key(p, &table, 1, "3", 1);
    duck_table_clear(&table);
}

/* The spine of a wide plan is not itself wide; one whose own keys are is the spine's group. */
static void test_local_statement_of_passes_with_keys_of_both_owners_gives_the_spines_as_they_are(void **state)
{
    local_case *f = *state;
    plan_case *p = f->plan;
    duck_table table;
    two_owners(p);
    build_key(&p->request, 0, "geslacht");
    build_key(&p->request, 1, "traject");
    build_count_rows(&p->request);
    plan_make(p);
    make_persons(f, "('1', 'man', 21, 1, '1980-01-02', 'x'), (NULL, 'vrouw', 1, 12, '1980-01-02', 'x')");
    local_run(f, &table, 0);
    assert_int_equal(table.rows, 2);
    assert_string_equal(duck_text(&table, 0, 1), "man");
    assert_string_equal(duck_text(&table, 1, 1), "vrouw");
    duck_table_clear(&table);
}

/* ---- keys of rows that break conditions ---- */

/* The code that a row of the engine's has for a key: the number of its text, or one more for NULL. */
static uint32_t code_of(const sch_plan_key *key, const char *text)
{
    char code[SCH_MAX_CODE_BYTES + 1];
    for (uint32_t c = 0; text != NULL && c < key->codes; c++) {
        if (key->bin) {
            snprintf(code, sizeof code, "%u", c);
        } else {
            assert_true(sch_column_code_text(key->column, c, code, sizeof code));
        }
        if (strcmp(code, text) == 0) {
            return c;
        }
    }
    assert_null(text);
    return key->codes;
}

/* Fails the test unless the rows of a part whose conditions demand a value of all keys have these codes, two a row; and
 * unless no key has a code for empty, so that one would be out of range. */
static void assert_codes(local_case *f, uint8_t from, size_t rows, const uint32_t (*expected)[2])
{
    const plan_case *p = f->plan;
    const sch_local *local = &p->plan.local[plan_part_of(p, from)];
    duck_table table;
    local_run(f, &table, from);
    assert_int_equal(table.rows, rows);
    assert_int_equal(local->key_count, p->plan.key_count);
    for (size_t i = 0; i < rows; i++) {
        uint64_t group = 0, wanted = 0;
        for (size_t k = 0; k < local->key_count; k++) {
            size_t number = 0; /* of the key in GROUP BY: the engine has them in an order of its own */
            while (p->plan.key[number].column != local->key[k].column) {
                number++;
            }
            const sch_plan_key *key = &p->plan.key[number];
            assert_int_equal(key->domain, key->codes);
            assert_int_equal(key->inner, local->key[k].stride);
            group += (uint64_t)code_of(key, duck_text(&table, i, 1 + k)) * local->key[k].stride;
            wanted += (uint64_t)expected[i][number] * local->key[k].stride;
        }
        assert_int_equal(group, wanted);
        assert_true(group < local->codes);
    }
    duck_table_clear(&table);
}

static uint32_t is_there(sch_request *r, uint8_t from, const char *column)
{
    return build_op1(r, SCH_OP_IS_NOT_NULL, build_col(r, from, column));
}

/* bijstand, the spine here, and personen. */
static void support_first(plan_case *p)
{
    plan_join(p, GEMEENTE, "bijstand", "b");
    plan_join(p, CBS, "personen", "p");
    build_pass(&p->request, "tekst");
    build_count_rows(&p->request);
}

static const char *const SUPPORT = "('1', 'Noord', 'werk', 2024, TRUE, 7, 30, 40, 'a', NULL, NULL),"
                                   "('2', NULL, 'werk', 2025, TRUE, 7, 30, 40, 'b', NULL, NULL),"
                                   "('3', 'Zuid', 'zorg', 2023, FALSE, 7, 30, 40, 'c', NULL, NULL),"
                                   "('4', 'Zuid', 'zorg', 2022, NULL, 7, 30, 40, 'd', NULL, NULL),"
                                   "('5', NULL, 'zorg', 2021, NULL, 7, 30, 40, 'e', NULL, NULL)";

static void test_local_statement_of_passes_rows_of_the_spine_without_a_demanded_key_have_the_first_code(void **state)
{
    local_case *f = *state;
    support_first(f->plan);
    build_key(&f->plan->request, 0, "buurt");
    build_where(&f->plan->request, is_there(&f->plan->request, 0, "buurt"));
    plan_make(f->plan);
    assert_int_equal(f->plan->plan.grouping, SCH_GROUPING_KNOWN);
    make_support(f, SUPPORT);
    assert_codes(f, 0, 5, (const uint32_t[][2]){{1}, {0}, {3}, {3}, {0}});
}

/* The bins' numbers are not the measure's own values. */
static void test_local_statement_of_passes_rows_of_the_spine_without_a_demanded_bin_have_the_first_one(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    two_owners(f->plan);
    build_bin_key(r, 0, "inkomen");
    build_key(r, 0, "geslacht");
    build_count_rows(r);
    uint32_t points = build_op2(r, SCH_OP_LESS, build_col(r, 0, "punten"), build_number(r, 5, 0));
    build_where(r, build_op2(r, SCH_OP_AND, is_there(r, 0, "inkomen"), points));
    plan_make(f->plan);
    make_persons(f, "('1', 'vrouw', 2000000, 4, '1980-01-01', 'a'), ('2', 'vrouw', NULL, 3, '1980-01-01', 'b'),"
                    "('3', 'vrouw', 9999999, 7, '1980-01-01', 'c'), ('4', 'man', 9999999, 1, '1980-01-01', 'd')");
    assert_codes(f, 0, 4, (const uint32_t[][2]){{1, 1}, {0, 0}, {0, 0}, {2, 0}});
}

static void test_local_statement_of_passes_rows_of_an_owner_without_a_demanded_key_have_the_first_codes(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    two_owners(f->plan);
    build_key(r, 1, "buurt");
    build_key(r, 1, "instroomjaar");
    build_count_rows(r);
    build_where(r, build_op2(r, SCH_OP_AND, is_there(r, 1, "buurt"), build_col(r, 1, "actief")));
    plan_make(f->plan);
    assert_int_equal(f->plan->plan.grouping, SCH_GROUPING_SORTED);
    make_support(f, SUPPORT);
    assert_codes(f, 1, 5, (const uint32_t[][2]){{1, 4}, {0, 0}, {0, 0}, {0, 0}, {0, 0}});
}

static void
test_local_statement_of_passes_with_grouping_sets_rows_without_demanded_keys_have_the_first_codes(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    support_first(f->plan);
    build_key(r, 0, "buurt");
    build_key(r, 0, "actief");
    build_set(r, 3);
    build_set(r, 2);
    build_set(r, 0);
    build_where(r, build_op2(r, SCH_OP_AND, is_there(r, 0, "buurt"), is_there(r, 0, "actief")));
    plan_make(f->plan);
    assert_int_equal(f->plan->plan.cell.set_count, 2);
    make_support(f, SUPPORT);
    assert_codes(f, 0, 5, (const uint32_t[][2]){{1, 1}, {0, 0}, {3, 0}, {0, 0}, {0, 0}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(test_local_statement_of_passes_has_conditions_and_keys_beside_the_columns),
        LOCAL_TEST(test_local_statement_of_passes_without_conditions_keeps_all),
        LOCAL_TEST(test_local_statement_of_passes_gives_all_rows_of_a_data_owner),
        LOCAL_TEST(test_local_statement_of_passes_says_in_which_rows_of_the_spine_conditions_hold),
        LOCAL_TEST(test_local_statement_link_keys_are_alike_where_their_parts_are),
        LOCAL_TEST(test_local_statement_link_keys_of_all_types_keep_their_parts_apart),
        LOCAL_TEST(test_local_statement_of_passes_in_the_wide_form_carries_keys_and_conditions),
        LOCAL_TEST(test_local_statement_of_passes_with_keys_of_both_owners_gives_the_spines_as_they_are),
        LOCAL_TEST(test_local_statement_of_passes_rows_of_the_spine_without_a_demanded_key_have_the_first_code),
        LOCAL_TEST(test_local_statement_of_passes_rows_of_the_spine_without_a_demanded_bin_have_the_first_one),
        LOCAL_TEST(test_local_statement_of_passes_rows_of_an_owner_without_a_demanded_key_have_the_first_codes),
        LOCAL_TEST(test_local_statement_of_passes_with_grouping_sets_rows_without_demanded_keys_have_the_first_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
