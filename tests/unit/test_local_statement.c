/* Local statements on DuckDB: joins of relations, rows a person, the wide form, bins, occurrences, limbs; and with
 * the row program, what the join comes to. */
#include "node/query/local_sql.h"
#include "tests/unit/local_case.h"

typedef __int128 wide;

static const char *const BANEN = "('1', 2024, 'A', 100, 1, 10, 5, TRUE), ('1', 2025, NULL, NULL, 0, 20, 6, FALSE), "
                                 "('1', 2025, 'C', -50, 1, 30, 7, TRUE), "
                                 "('2', 2024, 'B', NULL, 1, 40, 8, TRUE)";
static const char *const PERSONEN = "('1', 'man', 2000000, 3, DATE '1980-01-01', 'Noord'), "
                                    "('3', 'vrouw', NULL, 4, DATE '1990-01-01', NULL)";

static uint32_t column(local_case *f, uint8_t from, const char *name)
{
    return build_col(&f->plan->request, from, name);
}

/* ---- one relation ---- */

static void test_local_statement_records_become_one_row_a_person(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    plan_join(f->plan, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f->plan, CBS, "banen", "c");
    build_count_rows(r);
    build_aggregate(r, SCH_OP_AVG, column(f, c, "loon"));
    plan_make(f->plan);
    local_table(f, CBS, "banen", BANEN);
    local_run(f, &table, c);
    assert_int_equal(table.rows, 2);
    static const struct {
        const char *text;
        int64_t first, second;
    } value[] = {{"CAST(1 AS BIGINT)", 1, 1},
                 {"COUNT(*)", 3, 1},
                 {"COUNT(r0.\"loon\")", 2, 0},
                 {"CAST((COUNT(r0.\"loon\")) > 0 AS BIGINT)", 1, 0},
                 {"CAST((COUNT(NULLIF(r0.\"loon\", 0))) > 0 AS BIGINT)", 1, 0},
                 {"CAST(COALESCE(SUM(r0.\"loon\"), 0) AS BIGINT)", 50, 0}};
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++) {
        assert_int_equal(local_value(f, &table, 0, c, value[i].text), value[i].first);
        assert_int_equal(local_value(f, &table, 1, c, value[i].text), value[i].second);
    }
    assert_int_equal(table.columns, 1 + sizeof value / sizeof value[0]);
    duck_table_clear(&table);
}

static void test_local_statement_of_one_record_a_person_has_no_group_by(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    uint8_t b = plan_join(f->plan, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f->plan, CBS, "personen", "p");
    build_key(r, b, "buurt");
    build_sum(r, b, "bedrag");
    build_sum(r, p, "punten");
    build_where(r, build_op2(r, SCH_OP_GREATER, column(f, p, "punten"), build_number(r, 2, 0)));
    plan_make(f->plan);
    assert_null(strstr(plan_sql(f->plan, p), "GROUP BY"));
    local_table(f, GEMEENTE, "bijstand",
                "('1', '''t Zand', 'werk', 2023, TRUE, 1250, 200, 44, NULL, 7, NULL), "
                "('2', NULL, 'zorg', 2023, NULL, NULL, 0, 44, NULL, 7, NULL), "
                "('3', 'Noord', 'zorg', 2023, NULL, 0, 0, 44, NULL, 7, NULL)");
    local_table(f, CBS, "personen",
                "('1', 'man', 5, 1, DATE '1980-01-01', NULL), ('2', 'man', 5, 3, DATE '1980-01-01', NULL)");
    local_run(f, &table, b);
    assert_int_equal(table.rows, 3);
    LOCAL_ROW(&table, 0, "1", "'t Zand", "1", "1", "1250"); /* has a value, one that is not 0, the value */
    LOCAL_ROW(&table, 1, "2", "NULL", "0", "0", "0");
    LOCAL_ROW(&table, 2, "3", "Noord", "1", "0", "0");
    duck_table_clear(&table);
    local_run(f, &table, p);
    assert_int_equal(table.rows, 1);
    LOCAL_ROW(&table, 0, "2", "1", "3");
    duck_table_clear(&table);
}

/* ---- keys ---- */

static void test_local_statement_bins_hold_their_lower_edge(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    uint8_t p = plan_join(f->plan, CBS, "personen", "p");
    plan_join(f->plan, GEMEENTE, "bijstand", "b");
    fixed_set(&f->plan->fixed, CBS, "personen")->max_rows = 1000; /* the spine */
    build_bin_key(r, p, "inkomen");
    build_count_rows(r);
    plan_make(f->plan);
    local_table(f, CBS, "personen",
                "('1', 'man', 0, 3, DATE '1980-01-01', NULL), ('2', 'man', 1999999, 3, DATE '1980-01-01', NULL), "
                "('3', 'man', 2000000, 3, DATE '1980-01-01', NULL), ('4', 'man', 3999999, 3, DATE '1980-01-01', NULL), "
                "('5', 'man', 4000000, 3, DATE '1980-01-01', NULL), ('6', 'man', 9999999, 3, DATE '1980-01-01', NULL), "
                "('7', 'man', NULL, 3, DATE '1980-01-01', NULL)");
    local_run(f, &table, p);
    static const char *const bin[] = {"0", "0", "1", "1", "2", "2", "NULL"};
    assert_int_equal(table.rows, 7);
    for (size_t i = 0; i < 7; i++) {
        const char *text = duck_text(&table, i, 1);
        assert_string_equal(text != NULL ? text : "NULL", bin[i]);
    }
    duck_table_clear(&table);
}

static void test_local_statement_occurrences_number_the_rows_of_a_person(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    uint8_t u = plan_join(f->plan, UWV, "perioden", "u");
    plan_left_join(f->plan, GEMEENTE, "bijstand", "b");
    build_key(r, u, "wet");
    build_sum(r, u, "maanden");
    plan_make(f->plan);
    local_table(f, UWV, "perioden",
                "('1', 'WW', 3, 200, DATE '2020-01-01', NULL), ('1', 'WW', 4, 200, DATE '2021-01-01', NULL), "
                "('1', 'ZW', NULL, 200, DATE '2020-01-01', NULL), ('2', 'WIA', 60, 200, DATE '2020-01-01', NULL)");
    local_run(f, &table, u);
    assert_int_equal(table.rows, 3); /* a row for each person and law */
    size_t last = table.columns - 2, seen = 0;
    assert_string_equal(duck_text(&table, 0, table.columns - 1), "2"); /* and how many records each is */
    assert_string_equal(duck_text(&table, 2, table.columns - 1), "1");
    for (size_t i = 0; i < 2; i++) {
        seen |= (size_t)1 << strtoul(duck_text(&table, i, last), NULL, 10);
    }
    assert_int_equal(seen, 3); /* 0 and 1 */
    assert_string_equal(duck_text(&table, 2, last), "0");
    assert_string_equal(duck_text(&table, 0, 1), "WW");
    assert_int_equal(local_value(f, &table, 0, u, "CAST(COALESCE(SUM(r0.\"maanden\"), 0) AS BIGINT)"), 7);
    duck_table_clear(&table);
}

/* With records as rows each has its own number. */
static void test_local_statement_records_as_rows_have_occurrences(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    uint8_t u = plan_join(f->plan, UWV, "perioden", "u");
    uint8_t b = plan_join(f->plan, GEMEENTE, "bijstand", "b");
    build_count_rows(r);
    build_where(r, build_op2(r, SCH_OP_GREATER, column(f, u, "maanden"), column(f, b, "dagen")));
    plan_make(f->plan);
    local_table(f, UWV, "perioden",
                "('1', 'WW', 3, 200, DATE '2020-01-01', NULL), ('1', 'WW', 4, 200, DATE '2021-01-01', NULL), "
                "('1', 'ZW', NULL, 200, DATE '2020-01-01', NULL), ('2', 'WIA', 60, 200, DATE '2020-01-01', NULL)");
    local_run(f, &table, u);
    assert_int_equal(table.rows, 4);
    size_t seen = 0;
    for (size_t i = 0; i < 3; i++) {
        seen |= (size_t)1 << strtoul(duck_text(&table, i, table.columns - 1), NULL, 10);
    }
    assert_int_equal(seen, 7);
    duck_table_clear(&table);
}

/* ---- the wide form ---- */

static void test_local_statement_wide_form_splits_by_combination(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    plan_join(f->plan, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_left_join(f->plan, CBS, "banen", "c");
    build_key(r, c, "sector");
    build_sum(r, c, "uren");
    plan_make(f->plan);
    local_table(f, CBS, "banen", BANEN);
    local_run(f, &table, c);
    assert_int_equal(table.rows, 2);
    static const int64_t hours[2][4] = {{10, 0, 30, 20}, {0, 40, 0, 0}}; /* A, B, C, empty */
    size_t checked = 0;
    for (size_t row = 0; row < 2; row++) {
        for (unsigned w = 0; w < 4; w++) {
            char text[160];
            snprintf(text, sizeof text,
                     "CAST(COALESCE(SUM(\"#term_0\") FILTER (WHERE \"#combination\" = %u), 0) AS BIGINT)", w);
            assert_int_equal(local_value(f, &table, row, c, text), hours[row][w]);
            snprintf(text, sizeof text, "CAST((COUNT(*) FILTER (WHERE \"#combination\" = %u)) > 0 AS BIGINT)", w);
            assert_int_equal(local_value(f, &table, row, c, text), hours[row][w] > 0);
            checked++;
        }
    }
    assert_int_equal(checked, 8);
    duck_table_clear(&table);
}

/* Codes of all types: whole numbers, texts with quotes, booleans, bins; empty is the last one. */
static void test_local_statement_wide_form_knows_every_code(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    static const struct {
        const char *key;
        bool bin;
        const char *value[5]; /* by code; NULL is empty */
        size_t codes;
    } of[] = {{"jaar", false, {"2024", "2025", "NULL"}, 3},
              {"sector", false, {"'A'", "'''B'''", "'C'", "NULL"}, 4},
              {"vlag", false, {"FALSE", "TRUE", "NULL"}, 3},
              {"uren", true, {"29", "30", "NULL"}, 3}};
    size_t checked = 0;
    sch_data_set *banen = fixed_set(&f->plan->fixed, CBS, "banen");
    build_column(banen, "vlag", SCH_ROLE_DIMENSION, SCH_TYPE_BOOLEAN, false);
    char **code = fixed_column(&f->plan->fixed, CBS, "banen", "sector")->code;
    free(code[1]);
    code[1] = strdup("'B'");
    assert_non_null(code[1]);
    build_bins(fixed_column(&f->plan->fixed, CBS, "banen", "uren"), 2, (const int64_t[]){0, 30, 61});
    for (size_t k = 0; k < sizeof of / sizeof of[0]; k++) {
        plan_again(f->plan);
        r = &f->plan->request;
        plan_join(f->plan, GEMEENTE, "bijstand", "b");
        uint8_t c = plan_left_join(f->plan, CBS, "banen", "c");
        if (of[k].bin) {
            build_bin_key(r, c, of[k].key);
        } else {
            build_key(r, c, of[k].key);
        }
        build_count_rows(r);
        plan_make(f->plan);
        assert_int_equal(f->plan->plan.wide, of[k].codes);
        for (unsigned w = 0; w < of[k].codes; w++) {
            char sql[400], text[120];
            duck_table table;
            local_table(f, CBS, "banen", NULL);
            snprintf(sql, sizeof sql, "INSERT INTO banen (bsn, \"%s\") VALUES ('9', %s)", of[k].key, of[k].value[w]);
            duck_run(f->db, sql);
            local_run(f, &table, c);
            for (unsigned v = 0; v < of[k].codes; v++) {
                snprintf(text, sizeof text, "COUNT(*) FILTER (WHERE \"#combination\" = %u)", v);
                assert_int_equal(local_value(f, &table, 0, c, text), v == w);
                checked++;
            }
            duck_table_clear(&table);
        }
    }
    assert_int_equal(checked, 9 + 16 + 9 + 9);
}

static void test_local_statement_wide_form_of_one_record_has_no_group_by(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    fixed_set(&f->plan->fixed, CBS, "personen")->max_rows = 200000; /* as wonen, so that wide is the cheaper way */
    uint8_t w = plan_join(f->plan, STAD, "wonen", "w");
    uint8_t p = plan_join(f->plan, CBS, "personen", "p");
    build_key(r, w, "wijk");
    build_key(r, p, "geslacht");
    build_count_rows(r);
    plan_make(f->plan);
    assert_int_equal(f->plan->plan.grouping, SCH_GROUPING_WIDE);
    assert_string_equal(
        plan_sql(f->plan, p),
        "SELECT \"#id\", CAST(CASE WHEN \"#combination\" = 0 THEN 1 ELSE 0 END AS BIGINT), CAST(CASE WHEN "
        "\"#combination\" = 1 THEN 1 ELSE 0 END AS BIGINT) FROM (SELECT r0.\"bsn\" AS \"#id\", (CASE "
        "WHEN (r0.\"geslacht\" = 'man') THEN 0 WHEN (r0.\"geslacht\" = 'vrouw') THEN 1 END) AS "
        "\"#combination\" FROM r0)");
    duck_table table;
    local_table(f, CBS, "personen", PERSONEN);
    local_run(f, &table, p);
    LOCAL_ROW(&table, 0, "1", "1", "0");
    LOCAL_ROW(&table, 1, "3", "0", "1");
    duck_table_clear(&table);
}

/* ---- several relations ---- */

static void test_local_statement_relations_are_joined_by_person(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    plan_join(f->plan, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f->plan, CBS, "banen", "c");
    uint8_t p = plan_join(f->plan, CBS, "personen", "p");
    build_sum(r, c, "uren");
    build_sum(r, p, "punten");
    plan_make(f->plan);
    local_table(f, CBS, "banen", BANEN);
    local_table(f, CBS, "personen", PERSONEN);
    local_run(f, &table, c);
    assert_int_equal(table.rows, 1); /* person 1 is in both */
    assert_string_equal(duck_text(&table, 0, 0), "1");
    assert_int_equal(local_value(f, &table, 0, c, "CAST(COALESCE(SUM(r0.\"uren\"), 0) AS BIGINT)"), 60);
    assert_int_equal(local_value(f, &table, 0, c, "CAST(COALESCE(SUM(r1.\"punten\"), 0) AS BIGINT)"), 9);
    duck_table_clear(&table);
}

static void test_local_statement_left_joined_relation_adds_no_person(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    plan_join(f->plan, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_left_join(f->plan, CBS, "banen", "c"); /* stands before the one that is there for sure */
    uint8_t p = plan_join(f->plan, CBS, "personen", "p");
    build_sum(r, c, "uren");
    build_sum(r, p, "punten");
    plan_make(f->plan);
    assert_non_null(strstr(plan_sql(f->plan, c), "FROM r1 LEFT JOIN r0 ON r1.\"bsn\" = r0.\"bsn\""));
    local_table(f, CBS, "banen", BANEN);
    local_table(f, CBS, "personen", PERSONEN);
    local_run(f, &table, c);
    assert_int_equal(table.rows, 2);
    assert_string_equal(duck_text(&table, 0, 0), "1");
    assert_string_equal(duck_text(&table, 1, 0), "3"); /* without work */
    assert_int_equal(local_value(f, &table, 1, c, "CAST((COUNT(r0.\"uren\")) > 0 AS BIGINT)"), 0);
    assert_int_equal(local_value(f, &table, 1, c, "CAST(COALESCE(SUM(r1.\"punten\"), 0) AS BIGINT)"), 4);
    duck_table_clear(&table);
}

static void test_local_statement_left_joined_relations_alone_are_a_full_join(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    sch_data_set *cars = build_data_set(&f->plan->fixed.catalog[CBS], "autos", SCH_ONE_PER_PERSON, 1000);
    build_identifier(cars, "bsn");
    build_bounded(cars, "waarde", SCH_ROLE_MEASURE, true, 0, 1000, 0);
    plan_join(f->plan, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_left_join(f->plan, CBS, "banen", "c");
    uint8_t p = plan_left_join(f->plan, CBS, "personen", "p");
    uint8_t a = plan_left_join(f->plan, CBS, "autos", "a");
    build_sum(r, c, "uren");
    build_sum(r, p, "punten");
    build_sum(r, a, "waarde");
    plan_make(f->plan);
    local_table(f, CBS, "banen", BANEN);       /* 1, 2 */
    local_table(f, CBS, "personen", PERSONEN); /* 1, 3 */
    local_table(f, CBS, "autos", "('3', 30), ('4', 40), (NULL, 50)");
    local_run(f, &table, c);
    assert_int_equal(table.rows, 4); /* 1 to 4; who has no identifier is not there */
    static const int64_t hours[] = {60, 40, 0, 0}, points[] = {9, 0, 4, 0}, value[] = {0, 0, 30, 40};
    for (size_t i = 0; i < 4; i++) {
        const char name[] = {(char)('1' + (char)i), '\0'};
        assert_string_equal(duck_text(&table, i, 0), name);
        assert_int_equal(local_value(f, &table, i, c, "CAST(COALESCE(SUM(r0.\"uren\"), 0) AS BIGINT)"), hours[i]);
        assert_int_equal(local_value(f, &table, i, c, "CAST(COALESCE(SUM(r1.\"punten\"), 0) AS BIGINT)"), points[i]);
        assert_int_equal(local_value(f, &table, i, c, "CAST(COALESCE(SUM(r2.\"waarde\"), 0) AS BIGINT)"), value[i]);
    }
    duck_table_clear(&table);
}

/* A key of a relation with one record a person, and one of a relation with several: the first is a code of the
 * person's row, the second a combination. */
static void test_local_statement_keys_of_relations_go_together(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table table;
    uint8_t w = plan_join(f->plan, STAD, "wonen", "w");
    uint8_t c = plan_join(f->plan, CBS, "banen", "c");
    uint8_t p = plan_join(f->plan, CBS, "personen", "p");
    sch_column *income = fixed_column(&f->plan->fixed, CBS, "personen", "inkomen");
    free(income->bin_edge); /* eleven bins and empty are too many for columns */
    build_bins(income, 11,
               (const int64_t[]){0, 1000000, 2000000, 3000000, 4000000, 5000000, 6000000, 7000000, 8000000, 9000000,
                                 9500000, 10000000});
    build_key(r, w, "wijk");
    build_key(r, c, "jaar");
    build_bin_key(r, p, "inkomen");
    build_sum(r, c, "uren");
    fixed_set(&f->plan->fixed, STAD, "wonen")->max_rows = 100; /* the spine */
    plan_make(f->plan);
    assert_int_equal(plan_part_of(f->plan, w), 0);
    assert_int_equal(f->plan->plan.key[1].place, SCH_KEY_WIDE);
    assert_int_equal(f->plan->plan.key[2].place, SCH_KEY_CODE);
    local_table(f, CBS, "banen", BANEN);
    local_table(f, CBS, "personen",
                "('1', 'man', 2000000, 3, DATE '1980-01-01', 'Noord'), ('2', 'man', NULL, 3, DATE '1980-01-01', NULL)");
    local_run(f, &table, c);
    assert_int_equal(table.rows, 2); /* persons */
    assert_string_equal(duck_text(&table, 0, 1), "2");
    assert_null(duck_text(&table, 1, 1));
    static const int64_t hours[2][2] = {{10, 50}, {40, 0}}; /* 2024, 2025 */
    for (size_t row = 0; row < 2; row++) {
        for (unsigned year = 0; year < 2; year++) {
            char text[160];
            snprintf(text, sizeof text,
                     "CAST(COALESCE(SUM(\"#term_0\") FILTER (WHERE \"#combination\" = %u), 0) AS BIGINT)", year);
            assert_int_equal(local_value(f, &table, row, c, text), hours[row][year]);
        }
    }
    duck_table_clear(&table);
}

/* ---- limbs ---- */

static void test_local_statement_limbs_are_cut_towards_zero(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    uint8_t w = plan_join(f->plan, STAD, "wonen", "w");
    uint8_t j = plan_join(f->plan, PARTNER, "jeugdhulp", "j");
    sch_column *rent = fixed_column(&f->plan->fixed, STAD, "wonen", "huur");
    rent->minimum = -(INT64_C(1) << 53) + 1;
    rent->maximum = (INT64_C(1) << 53) - 1;
    uint32_t variance = build_aggregate(r, SCH_OP_VAR_POP, column(f, w, "huur"));
    plan_make(f->plan);
    const sch_plan_aggregate *a = plan_aggregate_of(f->plan, variance);
    assert_int_equal(a->xx.limbs, 3);
    const int64_t most = (INT64_C(1) << 53) - 1;
    const int64_t value[] = {
        0, 1, -1, most, -most, 94906265, -94906267, most / 3, -(INT64_C(1) << 44), -(INT64_C(1) << 43) - 1};
    size_t checked = 0;
    local_table(f, PARTNER, "jeugdhulp", "('1', 'licht', 0, NULL)");
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++) {
        char rows[120];
        duck_table table, other;
        snprintf(rows, sizeof rows, "('1', 'huur', 1, %lld, NULL)", (long long)value[i]);
        local_table(f, STAD, "wonen", rows);
        local_run(f, &table, w);
        local_run(f, &other, j);
        plan_row(f->plan);
        local_put(f, &table, 0, w);
        local_put(f, &other, 0, j);
        plan_run(f->plan);
        assert_true(plan_sum_of(f->plan, &a->x) == value[i]);
        assert_true(plan_sum_of(f->plan, &a->xx) == (wide)value[i] * value[i]);
        duck_table_clear(&table);
        duck_table_clear(&other);
        checked++;
    }
    assert_int_equal(checked, 10);
}

/* Many records of a person, added up past 64 bits within the engine. */
static void test_local_statement_limbs_of_several_records_are_of_their_sum(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    uint8_t b = plan_join(f->plan, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f->plan, CBS, "banen", "c");
    fixed_column(&f->plan->fixed, CBS, "banen", "groot")->maximum = (INT64_C(1) << 53) - 1;
    fixed_column(&f->plan->fixed, CBS, "banen", "groot")->minimum = -(INT64_C(1) << 53) + 1;
    fixed_set(&f->plan->fixed, CBS, "banen")->max_rows = 20000;
    fixed_set(&f->plan->fixed, GEMEENTE, "bijstand")->max_rows = 10; /* the spine */
    uint32_t variance = build_aggregate(r, SCH_OP_VAR_POP, column(f, c, "groot"));
    plan_make(f->plan);
    const sch_plan_aggregate *a = plan_aggregate_of(f->plan, variance);
    const wide most = ((wide)1 << 53) - 1;
    size_t checked = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
        char sql[300];
        duck_table table;
        local_table(f, CBS, "banen", NULL);
        snprintf(sql, sizeof sql, "INSERT INTO banen (bsn, groot) SELECT '1', %d * %lld FROM range(20000)", sign,
                 (long long)most);
        duck_run(f->db, sql);
        local_run(f, &table, c);
        assert_int_equal(table.rows, 1);
        plan_row(f->plan);
        local_put(f, &table, 0, c);
        plan_put_none(f->plan, b);
        plan_run(f->plan);
        assert_int_equal(plan_count_of(f->plan, &a->count), 20000);
        assert_true(plan_sum_of(f->plan, &a->x) == sign * most * 20000);
        assert_true(plan_sum_of(f->plan, &a->xx) == most * most * 20000);
        duck_table_clear(&table);
        checked++;
    }
    assert_int_equal(checked, 2);
}

static void test_local_statement_limbs_of_products_are_exact(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    uint8_t w = plan_join(f->plan, STAD, "wonen", "w");
    uint8_t j = plan_join(f->plan, PARTNER, "jeugdhulp", "j");
    sch_column *rent = fixed_column(&f->plan->fixed, STAD, "wonen", "huur");
    sch_column *cost = fixed_column(&f->plan->fixed, PARTNER, "jeugdhulp", "kosten");
    rent->minimum = -(INT64_C(1) << 42);
    rent->maximum = INT64_C(1) << 42;
    cost->minimum = -(INT64_C(1) << 40);
    cost->maximum = INT64_C(1) << 40;
    uint32_t corr = build_aggregate2(r, SCH_OP_CORR, column(f, w, "huur"), column(f, j, "kosten"));
    plan_make(f->plan);
    const sch_plan_aggregate *a = plan_aggregate_of(f->plan, corr);
    const int64_t x[] = {-(INT64_C(1) << 40), -1, 1048575, INT64_C(1) << 40};
    const int64_t y[] = {-(INT64_C(1) << 42), 0, 4194303, (INT64_C(1) << 42) - 1};
    size_t checked = 0;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            char rows[120];
            duck_table of_w, of_j;
            snprintf(rows, sizeof rows, "('1', 'huur', 1, %lld, NULL)", (long long)y[k]);
            local_table(f, STAD, "wonen", rows);
            snprintf(rows, sizeof rows, "('1', 'licht', %lld, NULL)", (long long)x[i]);
            local_table(f, PARTNER, "jeugdhulp", rows);
            local_run(f, &of_w, w);
            local_run(f, &of_j, j);
            plan_row(f->plan);
            local_put(f, &of_w, 0, w);
            local_put(f, &of_j, 0, j);
            plan_run(f->plan);
            assert_true(plan_sum_of(f->plan, &a->xy) == (wide)x[i] * y[k]);
            assert_true(plan_sum_of(f->plan, &a->xx) == (wide)x[i] * x[i]);
            assert_true(plan_sum_of(f->plan, &a->yy) == (wide)y[k] * y[k]);
            duck_table_clear(&of_w);
            duck_table_clear(&of_j);
            checked++;
        }
    }
    assert_int_equal(checked, 16);
}

/* ---- texts on shares ---- */

static void test_local_statement_texts_have_the_number_that_constants_have(void **state)
{
    local_case *f = *state;
    sch_request *r = &f->plan->request;
    duck_table of_b;
    uint8_t b = plan_join(f->plan, GEMEENTE, "bijstand", "b");
    uint8_t j = plan_left_join(f->plan, PARTNER, "jeugdhulp", "j");
    uint32_t kind = build_op2(r, SCH_OP_COALESCE, column(f, j, "soort"), build_text(r, "'t Zand"));
    build_where(r, build_op2(r, SCH_OP_EQUAL, column(f, b, "buurt"), kind));
    build_count_rows(r);
    plan_make(f->plan);
    local_table(f, GEMEENTE, "bijstand",
                "('1', '''t Zand', 'werk', 2023, TRUE, 1250, 200, 44, NULL, 7, NULL), "
                "('2', 'Noord', 'zorg', 2023, NULL, NULL, 0, 44, NULL, 7, NULL), "
                "('3', NULL, 'zorg', 2023, NULL, NULL, 0, 44, NULL, 7, NULL)");
    local_run(f, &of_b, b);
    assert_int_equal(of_b.rows, 3);
    for (size_t row = 0; row < 3; row++) {
        plan_row(f->plan);
        local_put(f, &of_b, row, b);
        plan_put_none(f->plan, j); /* no youth care */
        plan_run(f->plan);
        assert_int_equal(plan_column(f->plan, f->plan->plan.persons), row == 0);
    }
    duck_table_clear(&of_b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(test_local_statement_records_become_one_row_a_person),
        LOCAL_TEST(test_local_statement_of_one_record_a_person_has_no_group_by),
        LOCAL_TEST(test_local_statement_bins_hold_their_lower_edge),
        LOCAL_TEST(test_local_statement_occurrences_number_the_rows_of_a_person),
        LOCAL_TEST(test_local_statement_records_as_rows_have_occurrences),
        LOCAL_TEST(test_local_statement_wide_form_splits_by_combination),
        LOCAL_TEST(test_local_statement_wide_form_knows_every_code),
        LOCAL_TEST(test_local_statement_wide_form_of_one_record_has_no_group_by),
        LOCAL_TEST(test_local_statement_relations_are_joined_by_person),
        LOCAL_TEST(test_local_statement_left_joined_relation_adds_no_person),
        LOCAL_TEST(test_local_statement_left_joined_relations_alone_are_a_full_join),
        LOCAL_TEST(test_local_statement_keys_of_relations_go_together),
        LOCAL_TEST(test_local_statement_limbs_are_cut_towards_zero),
        LOCAL_TEST(test_local_statement_limbs_of_several_records_are_of_their_sum),
        LOCAL_TEST(test_local_statement_limbs_of_products_are_exact),
        LOCAL_TEST(test_local_statement_texts_have_the_number_that_constants_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
