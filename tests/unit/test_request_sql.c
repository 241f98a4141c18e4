/* Canonical SQL: its exact text for a few queries, and for many that reading it gives the same query again. */
#include "node/query/request_sql.h"

#include <ctype.h>
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <time.h>

#include "node/query/sql.h"
#include "node/query/sql_word.h"
#include "tests/support/requests.h"
#include "tests/support/sql_catalogs.h"
#include "tests/support/unit.h"
#include "tests/unit/random_request.h"
#include "tests/unit/sql_accepted.h"

enum { SQL_BYTES = 4096, RANDOM_REQUESTS = 600 };

static void parse(sch_request *out, const char *sql)
{
    sch_detail detail = {{0}};
    sch_err err = sch_sql_parse(out, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail);
    if (sch_failed(err)) {
        fail_msg("refused: %s\n%s", sql, sch_detail_or_text(&detail, err));
    }
}

/* Writes a request, reads what was written, and writes that again. */
static void check_back(const sch_request *request)
{
    sch_buf text = {0}, again = {0};
    sch_request back;
    unit_assert_ok(sch_request_sql(&text, request));
    parse(&back, sch_buf_text(&text));
    if (!request_same_query(request, &back)) {
        fail_msg("another query comes back from\n%s", sch_buf_text(&text));
    }
    unit_assert_ok(sch_request_sql(&again, &back));
    assert_string_equal(sch_buf_text(&again), sch_buf_text(&text));
    sch_request_clear(&back);
    sch_buf_clear(&again);
    sch_buf_clear(&text);
}

static void check_text(const char *sql, const char *expected)
{
    sch_buf text = {0};
    sch_request request;
    parse(&request, sql);
    unit_assert_ok(sch_request_sql(&text, &request));
    assert_string_equal(sch_buf_text(&text), expected);
    check_back(&request);
    sch_request_clear(&request);
    sch_buf_clear(&text);
}

/* ---- texts ---- */

static void test_request_sql_of_a_query_is_laid_out_clause_by_clause(void **state)
{
    (void)state;
    check_text(
        "select b.buurt as wijk, sector, count(distinct bsn) as personen, avg(loon), sum(case when actief then 1 end) "
        "n "
        "from bijstand b join banen c using (bsn) "
        "where instroomjaar >= 2023 and c.jaar = 2025 and (actief or naam like 'A%' and schuld <> 0) group by 1, 2",
        "SELECT b.buurt AS wijk,\n"
        "       c.sector,\n"
        "       COUNT(DISTINCT b.bsn) AS personen,\n"
        "       AVG(c.loon) AS avg,\n"
        "       SUM(CASE WHEN b.actief THEN 1 END) AS n\n"
        "FROM gemeente.bijstand b\n"
        "JOIN cbs.banen c ON b.bsn = c.bsn\n"
        "WHERE b.instroomjaar >= 2023\n"
        "  AND c.jaar = 2025\n"
        "  AND (b.actief OR (b.naam LIKE 'A%' AND b.schuld <> 0))\n"
        "GROUP BY b.buurt, c.sector");
    check_text(
        "SELECT COUNT(*) AS \"Aantal \"\"x\"\"\" FROM cbs.personen a JOIN bijstand \"left\" ON a.bsn = \"left\".bsn",
        "SELECT COUNT(*) AS \"Aantal \"\"x\"\"\"\n"
        "FROM cbs.personen a\n"
        "JOIN gemeente.bijstand \"left\" ON a.bsn = \"left\".bsn");
}

static void test_request_sql_of_many_owners_names_each_node_and_set(void **state)
{
    (void)state;
    check_text(
        "select organisation(w) as gemeente, gebied, bin(uren), grouping(gebied) g, round(100.0 * sum(loon) / "
        "nullif(count(*), "
        "0), 1) as x, median(loon) "
        "from all(wmo) w join banen c using (bsn) left join jeugdhulp j on j.burgernummer = c.bsn where c.loon > "
        "w.uren "
        "group by organisation(w), rollup(gebied, bin(uren)) having count(*) > 10 and corr(loon, uren) is not null "
        "order by x desc nulls last, 1, g nulls first limit 20",
        "SELECT ORGANISATION(w) AS gemeente,\n"
        "       w.gebied,\n"
        "       BIN(w.uren) AS bin,\n"
        "       GROUPING(w.gebied) AS g,\n"
        "       ROUND(100.0 * SUM(c.loon) / NULLIF(COUNT(*), 0), 1) AS x,\n"
        "       PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY c.loon) AS median\n"
        "FROM ALL(noord.wmo, zuid.wmo) w\n"
        "JOIN cbs.banen c ON w.bsn = c.bsn\n"
        "LEFT JOIN partner.jeugdhulp j ON w.bsn = j.burgernummer\n"
        "WHERE c.loon > w.uren\n"
        "GROUP BY ORGANISATION(w), ROLLUP (w.gebied, BIN(w.uren))\n"
        "HAVING COUNT(*) > 10\n"
        "   AND CORR(c.loon, w.uren) IS NOT NULL\n"
        "ORDER BY ROUND(100.0 * SUM(c.loon) / NULLIF(COUNT(*), 0), 1) DESC NULLS LAST, ORGANISATION(w), "
        "GROUPING(w.gebied) "
        "NULLS FIRST\n"
        "LIMIT 20");
    check_text("SELECT LINKAGE()" FROM_BC, "SELECT LINKAGE()\n"
                                           "FROM gemeente.bijstand b\n"
                                           "JOIN cbs.banen c ON b.bsn = c.bsn");
    check_text("SELECT sector, LINKAGE()" FROM_BC "GROUP BY sector ORDER BY +1, + (-2), +NULL",
               "SELECT c.sector,\n"
               "       LINKAGE()\n"
               "FROM gemeente.bijstand b\n"
               "JOIN cbs.banen c ON b.bsn = c.bsn\n"
               "GROUP BY c.sector\n"
               "ORDER BY +1, +(-2), +NULL");
}

/* GROUP BY as it is written and as it comes out. */
static const struct {
    const char *sql, *canonical;
} GROUPS_TEXT[] = {
    {"buurt, sector", "b.buurt, c.sector"},
    {"ROLLUP (buurt, sector)", "ROLLUP (b.buurt, c.sector)"},
    {"CUBE (buurt, sector)", "CUBE (b.buurt, c.sector)"},
    {"CUBE (buurt)", "ROLLUP (b.buurt)"},
    {"GROUPING SETS ((buurt, sector), (buurt), ())", "ROLLUP (b.buurt, c.sector)"},
    {"GROUPING SETS ((buurt, sector), (buurt))", "b.buurt, ROLLUP (c.sector)"},
    {"b.jaar, CUBE (buurt, sector)", "b.jaar, CUBE (b.buurt, c.sector)"},
    {"CUBE (buurt, sector, traject)", "CUBE (b.buurt, c.sector, b.traject)"},
    {"GROUPING SETS ((buurt), (sector), ())", "GROUPING SETS ((b.buurt), (c.sector), ())"},
    {"GROUPING SETS ((), (buurt))", "GROUPING SETS ((), (b.buurt))"},
    {"GROUPING SETS ((buurt), (sector)), traject", "GROUPING SETS ((b.buurt, b.traject), (b.traject, c.sector))"},
    {"()", ""},
};

static void test_request_sql_of_grouping_sets_is_the_shortest_form(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(GROUPS_TEXT); i++) {
        char sql[SQL_BYTES], expected[SQL_BYTES];
        bool none = GROUPS_TEXT[i].canonical[0] == '\0';
        snprintf(sql, sizeof sql, "SELECT COUNT(*)" FROM_BC "GROUP BY %s", GROUPS_TEXT[i].sql);
        snprintf(expected, sizeof expected,
                 "SELECT COUNT(*) AS count\nFROM gemeente.bijstand b\nJOIN cbs.banen c ON b.bsn = c.bsn%s%s",
                 none ? "" : "\nGROUP BY ", GROUPS_TEXT[i].canonical);
        check_text(sql, expected);
        checked++;
    }
    assert_int_equal(checked, 12);
}

/* Conditions as they are written and as they come out, on one line. */
static const struct {
    const char *sql, *canonical;
} CONDITIONS_TEXT[] = {
    {"schuld = -5", "b.schuld = -5"},
    {"schuld - -5 = 1 - (2 - 3)", "b.schuld - -5 = 1 - (2 - 3)"},
    {"-(+5) = - (+ (-5))", "-(+5) = -(+(-5))"},
    {"- (-schuld) = 0", "-(-b.schuld) = 0"},
    {"-(schuld * 2) % 3 = 0", "-(b.schuld * 2) % 3 = 0"},
    {"(schuld + 1) * (schuld % (2 * 3)) = 0", "(b.schuld + 1) * (b.schuld % (2 * 3)) = 0"},
    {"bedrag = 12.50", "b.bedrag = 12.50"},
    {"bedrag = -.05", "b.bedrag = -0.05"},
    {"naam = 'O''Brien \\ é --'", "b.naam = 'O''Brien \\ é --'"},
    {"NOT actief AND NOT (schuld = 1)", "NOT b.actief AND NOT (b.schuld = 1)"},
    {"(actief = (schuld = 1)) = TRUE", "(b.actief = (b.schuld = 1)) = TRUE"},
    {"(actief AND TRUE) AND FALSE", "b.actief AND TRUE AND FALSE"},
    {"+(actief AND TRUE) AND FALSE", "+(b.actief AND TRUE) AND FALSE"},
    {"actief AND (TRUE AND FALSE)", "b.actief AND (TRUE AND FALSE)"},
    {"(schuld = 1) IS NULL", "(b.schuld = 1) IS NULL"},
    {"schuld + 1 NOT BETWEEN 1 AND 2 * 3", "b.schuld + 1 NOT BETWEEN 1 AND 2 * 3"},
    {"buurt NOT IN ('a', NULL)", "b.buurt NOT IN ('a', NULL)"},
    {"instroom > '1970-01-01'::date", "b.instroom > DATE '1970-01-01'"},
    {"EXTRACT(YEAR FROM instroom) = 1", "YEAR(b.instroom) = 1"},
    {"CASE buurt WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE 3 END = 1",
     "CASE b.buurt WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE 3 END = 1"},
    {"CASE buurt WHEN 'a' THEN 1 END = 1", "CASE WHEN b.buurt = 'a' THEN 1 END = 1"},
    {"CASE WHEN actief THEN NULL ELSE NULL END IS NULL", "CASE WHEN b.actief THEN NULL END IS NULL"},
};

static void test_request_sql_where_has_parentheses_where_a_reader_needs_them(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(CONDITIONS_TEXT); i++) {
        char sql[SQL_BYTES];
        sch_buf text = {0};
        sch_request request;
        snprintf(sql, sizeof sql, "SELECT COUNT(*)" FROM_BC "WHERE %s", CONDITIONS_TEXT[i].sql);
        parse(&request, sql);
        unit_assert_ok(sch_request_sql_where(&text, &request));
        assert_string_equal(sch_buf_text(&text), CONDITIONS_TEXT[i].canonical);
        check_back(&request);
        sch_request_clear(&request);
        sch_buf_clear(&text);
        checked++;
    }
    assert_int_equal(checked, 22);
}

static void test_request_sql_where_without_a_condition_is_true(void **state)
{
    (void)state;
    sch_buf text = {0};
    sch_request request;
    parse(&request, "SELECT COUNT(*)" FROM_BC);
    unit_assert_ok(sch_request_sql_where(&text, &request));
    assert_string_equal(sch_buf_text(&text), "TRUE");
    sch_request_clear(&request);
    sch_buf_clear(&text);
}

/* ---- there and back ---- */

static void test_request_sql_of_every_accepted_query_gives_it_again(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(CONDITIONS) + SQL_COUNT(STATEMENTS); i++) {
        bool condition = i < SQL_COUNT(CONDITIONS);
        char sql[SQL_BYTES];
        sch_request request;
        snprintf(sql, sizeof sql, "%s%s", condition ? "SELECT COUNT(*)" FROM_BC "WHERE " : "",
                 condition ? CONDITIONS[i].sql : STATEMENTS[i - SQL_COUNT(CONDITIONS)].sql);
        parse(&request, sql);
        check_back(&request);
        sch_request_clear(&request);
        checked++;
    }
    assert_int_equal(checked, SQL_COUNT(CONDITIONS) + SQL_COUNT(STATEMENTS));
}

/* Whether a word is one of the grammar's keywords, and whether it needs quotes: as PostgreSQL's own scanner says. */
static bool is_keyword(const char *word, bool *reserved)
{
    PgQueryScanResult scan = pg_query_scan(word);
    assert_null(scan.error);
    PgQuery__ScanResult *tokens = pg_query__scan_result__unpack(NULL, scan.pbuf.len, (const uint8_t *)scan.pbuf.data);
    assert_non_null(tokens);
    PgQuery__KeywordKind kind =
        tokens->n_tokens == 1 ? tokens->tokens[0]->keyword_kind : PG_QUERY__KEYWORD_KIND__NO_KEYWORD;
    *reserved = kind > PG_QUERY__KEYWORD_KIND__UNRESERVED_KEYWORD;
    pg_query__scan_result__free_unpacked(tokens, NULL);
    pg_query_free_scan_result(scan);
    return kind != PG_QUERY__KEYWORD_KIND__NO_KEYWORD;
}

/* The grammar's tokens bear the names of its keywords in capitals, some with _P or _LA at the end. */
static void test_request_sql_with_each_keyword_as_alias_and_heading_gives_it_again(void **state)
{
    (void)state;
    size_t checked = 0, quoted = 0;
    for (unsigned i = 0; i < pg_query__token__descriptor.n_values; i++) {
        char word[SCH_NAME_BYTES];
        size_t length = strlen(pg_query__token__descriptor.values[i].name);
        assert_true(length < sizeof word);
        for (size_t c = 0; c <= length; c++) {
            word[c] = (char)tolower(pg_query__token__descriptor.values[i].name[c]);
        }
        if (length > 2 && strcmp(word + length - 2, "_p") == 0) {
            word[length - 2] = '\0';
        }
        bool reserved = false;
        if (!is_keyword(word, &reserved)) {
            continue;
        }
        assert_int_equal(sch_sql_is_keyword(word), reserved);
        char sql[SQL_BYTES];
        sch_request request;
        snprintf(sql, sizeof sql,
                 "SELECT \"%s\".sector AS \"%s\", COUNT(*) AS \"%s\" FROM bijstand b JOIN banen \"%s\" USING (bsn) "
                 "GROUP BY 1",
                 word, word, word, word);
        parse(&request, sql);
        check_back(&request);
        sch_request_clear(&request);
        checked++;
        quoted += reserved;
    }
    assert_int_equal(checked, 460);
    assert_int_equal(quoted, 151);
}

/* ---- random queries ---- */

static void test_request_sql_of_random_queries_gives_them_again(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)time(NULL);
    const char *given = getenv("SCH_TEST_SEED");
    g_random = seed = given != NULL ? strtoull(given, NULL, 10) : seed;
    print_message("seed %llu (SCH_TEST_SEED)\n", (unsigned long long)seed);
    size_t checked = 0, largest = 0, sets = 0, linkage = 0;
    bool used[SCH_OP_PERCENTILE_DISC + 1] = {false};
    for (size_t i = 0; i < RANDOM_REQUESTS; i++) {
        sch_request request;
        make_random(&request);
        check_back(&request);
        for (size_t e = 0; e < request.expression_count; e++) {
            used[request.expression[e].op] = true;
        }
        sets += request.set_count > 1;
        linkage += request.linkage;
        largest = request.expression_count > largest ? request.expression_count : largest;
        sch_request_clear(&request);
        checked++;
    }
    size_t ops = 0;
    for (size_t op = 0; op <= SCH_OP_PERCENTILE_DISC; op++) {
        ops += used[op];
    }
    assert_int_equal(checked, RANDOM_REQUESTS);
    assert_int_equal(ops, 42 + 25);
    assert_true(largest > 100);
    assert_true(sets > 20 && linkage > 20);
}

/* ---- bounds ---- */

static void test_request_sql_of_a_tree_without_end_is_refused(void **state)
{
    (void)state;
    sch_request request;
    sch_buf text = {0};
    parse(&request, "SELECT COUNT(*)" FROM_BC);
    uint32_t at = add_column(&request, 0, "schuld");
    for (unsigned i = 0; i < SCH_MAX_DEPTH - 2; i++) {
        at = add(&request, SCH_OP_ADD, (const uint32_t[]){at, at}, 2);
    }
    request.has_where = true;
    request.where = at;
    unit_assert_ok(sch_request_check_query(&request, NULL));
    unit_assert_ok(sch_buf_append_text(&text, "before"));
    unit_assert_code(sch_request_sql(&text, &request), SCH_BAD_INPUT);
    assert_string_equal(sch_buf_text(&text), "before");
    unit_assert_code(sch_request_sql_where(&text, &request), SCH_BAD_INPUT);
    assert_string_equal(sch_buf_text(&text), "before");
    sch_request_clear(&request);
    sch_buf_clear(&text);
}

/* ---- which columns ---- */

static const struct {
    const char *a, *b;
    bool overlap;
} COLUMNS[] = {
    /* no column but identifiers */
    {"SELECT COUNT(*)" FROM_BC, "SELECT COUNT(DISTINCT bsn) FROM banen x JOIN bijstand y USING (bsn)", true},
    {"SELECT COUNT(*)" FROM_BC, "SELECT COUNT(*) FROM bijstand b JOIN cbs.personen c USING (bsn)", true},
    {"SELECT COUNT(*)" FROM_BC, "SELECT COUNT(*)" FROM_BC "WHERE schuld > 1", true},
    /* the same ones */
    {"SELECT COUNT(*)" FROM_BC "WHERE schuld > 1 AND loon > 2", "SELECT SUM(schuld), AVG(loon * schuld)" FROM_BC, true},
    {"SELECT buurt, COUNT(*)" FROM_BC "GROUP BY buurt", "SELECT COUNT(*)" FROM_BC "WHERE buurt IN ('a', 'b')", true},
    /* more of them */
    {"SELECT COUNT(*)" FROM_BC "WHERE schuld > 1", "SELECT COUNT(*)" FROM_BC "WHERE schuld > 1 AND loon > 1", true},
    {"SELECT buurt, SUM(loon)" FROM_BC "WHERE schuld > 1 AND b.jaar = 1 GROUP BY buurt",
     "SELECT SUM(loon)" FROM_BC "WHERE schuld > 2", true},
    {"SELECT COUNT(DISTINCT bsn)" FROM_BC "WHERE schuld > 1",
     "SELECT COUNT(*) FROM bijstand b JOIN cbs.personen c USING (bsn) WHERE schuld > 1", true},
    /* others */
    {"SELECT COUNT(*)" FROM_BC "WHERE schuld > 1", "SELECT COUNT(*)" FROM_BC "WHERE loon > 1", false},
    {"SELECT COUNT(*)" FROM_BC "WHERE schuld > 1 AND buurt = 'a'", "SELECT COUNT(*)" FROM_BC "WHERE schuld > loon",
     false},
    {"SELECT COUNT(*)" FROM_BC "WHERE b.jaar = 1", "SELECT COUNT(*)" FROM_BC "WHERE c.jaar = 1", false},
    /* unions: a node in common */
    {"SELECT SUM(uren) FROM ALL(wmo) w JOIN banen c USING (bsn)",
     "SELECT AVG(uren) FROM noord.wmo x JOIN banen c USING (bsn)", true},
    {"SELECT SUM(uren) FROM zuid.wmo w JOIN banen c USING (bsn)",
     "SELECT AVG(uren) FROM noord.wmo x JOIN banen c USING (bsn)", false},
    {"SELECT SUM(w.uren) FROM zuid.wmo w JOIN noord.wmo v USING (bsn)",
     "SELECT SUM(v.uren) FROM zuid.wmo w JOIN noord.wmo v USING (bsn)", false},
    {"SELECT SUM(w.uren) FROM zuid.wmo w JOIN noord.wmo v USING (bsn)",
     "SELECT SUM(w.uren) FROM ALL(wmo) w JOIN banen c USING (bsn)", true},
    /* keys, HAVING and ORDER BY touch columns as well */
    {"SELECT COUNT(*)" FROM_BC "GROUP BY BIN(loon)", "SELECT COUNT(*)" FROM_BC "HAVING SUM(schuld) > 1", false},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY BIN(loon)", "SELECT COUNT(*)" FROM_BC "ORDER BY SUM(loon)", true},
};

static void test_columns_overlap_where_one_touches_all_of_the_others(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(COLUMNS); i++) {
        sch_request a, b;
        parse(&a, COLUMNS[i].a);
        parse(&b, COLUMNS[i].b);
        if (sch_request_columns_overlap(&a, &b) != COLUMNS[i].overlap ||
            sch_request_columns_overlap(&b, &a) != COLUMNS[i].overlap) {
            fail_msg("%s | %s: not %d", COLUMNS[i].a, COLUMNS[i].b, COLUMNS[i].overlap);
        }
        assert_true(sch_request_columns_overlap(&a, &a));
        assert_true(sch_request_columns_overlap(&b, &b));
        sch_request_clear(&a);
        sch_request_clear(&b);
        checked++;
    }
    assert_int_equal(checked, SQL_COUNT(COLUMNS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_sql_of_a_query_is_laid_out_clause_by_clause),
        cmocka_unit_test(test_request_sql_of_many_owners_names_each_node_and_set),
        cmocka_unit_test(test_request_sql_of_grouping_sets_is_the_shortest_form),
        cmocka_unit_test(test_request_sql_where_has_parentheses_where_a_reader_needs_them),
        cmocka_unit_test(test_request_sql_where_without_a_condition_is_true),
        cmocka_unit_test(test_request_sql_of_every_accepted_query_gives_it_again),
        cmocka_unit_test(test_request_sql_with_each_keyword_as_alias_and_heading_gives_it_again),
        cmocka_unit_test(test_request_sql_of_random_queries_gives_them_again),
        cmocka_unit_test(test_request_sql_of_a_tree_without_end_is_refused),
        cmocka_unit_test(test_columns_overlap_where_one_touches_all_of_the_others),
    };
    return cmocka_run_group_tests(tests, sql_catalogs_make, sql_catalogs_clear);
}
