/* sch_source_execute over several relations: joins, persons who occur twice, keys, and whose fault it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/duck.h"
#include "tests/unit/test_source_fixture.h"

/* r0 with an invalid and an empty identifier; r1 with them, too, and written in other ways. */
static void open_two(fixture *f)
{
    fixture_open(f);
    fixture_persons(f, "one per person",
                    FIXTURE_HEADER "111222333;A;2020;J;1,00;01-01-2020;\n"
                                   " 123456782 ;B;2021;N;2,50;;\n"
                                   "12345672;;2022;J;3,00;;\n"
                                   "111111111;C;2023;J;4,00;;\n"
                                   ";A;2024;J;5,00;;\n");
    fixture_other(f, FIXTURE_BANEN, "banen.csv",
                  "\xEF\xBB\xBFNummer,sector,uren,einde\r\n"
                  "111222333,bouw,10.5,2020-02-01\r\n"
                  "\"111222333\",zorg,4,\r\n"
                  "012345672,zorg,40.0,\r\n"
                  "10000008,bouw,100,\r\n"
                  "111111111,bouw,1,\r\n"
                  "niets,bouw,2,\r\n"
                  ",bouw,3,\r\n"
                  ",zorg,7,\r\n");
}

static void test_execute_left_join_matches_valid_identifiers_only(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    static const char *const keys[] = {"buurt", "1.sector"};
    fixture_assert_ok(
        &f, fixture_run(&f,
                        "SELECT r0.\"bsn\", r0.\"buurt\", r1.\"sector\", r0.\"loon\", coalesce(r1.\"uren\", -1) "
                        "FROM r0 LEFT JOIN r1 ON r0.\"bsn\" = r1.\"id\" ORDER BY r1.\"uren\"",
                        keys, 2, 2));
    /* A required column that the join leaves empty has the number after its codes. */
    assert_int_equal(f.rows, 6);
    size_t found[2] = {0, 0};
    for (size_t i = 0; i < f.rows; i++) {
        if (strcmp(f.row[i].identifier, "111222333") == 0) {
            assert_int_equal(f.row[i].key[0], 0);
            bool bouw = f.row[i].key[1] == 0;
            assert_int_equal(f.row[i].value[1], bouw ? 105 : 40);
            found[bouw ? 0 : 1]++;
            f.row[i].key[1] = 9;
            f.row[i].value[1] = 9;
        }
    }
    assert_int_equal(found[0], 1);
    assert_int_equal(found[1], 1);
    fixture_assert_rows(&f, " 0 2 | 500 -1;012345672 3 1 | 300 400;111111111 2 2 | 400 -1;111222333 0 9 | 100 9;"
                            "111222333 0 9 | 100 9;123456782 1 2 | 250 -1;");
    assert_int_equal(f.totals.relation[0].left_out_empty, 0);
    assert_int_equal(f.totals.relation[0].left_out_invalid, 0);
    assert_int_equal(f.totals.relation[1].rows, 8);
    assert_int_equal(f.totals.relation[1].left_out_empty, 2);
    assert_int_equal(f.totals.relation[1].left_out_invalid, 2);
    assert_int_equal(f.totals.relation[1].left_out_double, 0);
    fixture_close(&f);
}

static void test_execute_full_join_gives_no_rows_of_nobody_in_others(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    fixture_assert_ok(
        &f, fixture_run(&f,
                        "SELECT coalesce(r0.bsn, j.id), coalesce(r0.loon, 0), coalesce(j.n, 0), "
                        "coalesce(j.uren, 0), coalesce(j.zorg, 0) FROM r0 FULL OUTER JOIN "
                        "(SELECT id, count(*) AS n, sum(uren) AS uren, count(*) FILTER (sector = 'zorg') AS zorg "
                        "FROM r1 GROUP BY id) AS j ON r0.bsn = j.id",
                        NULL, 0, 4));
    fixture_assert_rows(&f, " | 500 0 0 0;010000008 | 0 1 1000 0;012345672 | 300 1 400 1;111111111 | 400 0 0 0;"
                            "111222333 | 100 2 145 1;123456782 | 250 0 0 0;");
    fixture_close(&f);
}

static void test_execute_what_local_parts_use_works(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    /* 128-bit arithmetic that comes back into 64 bits, division towards zero, occurrences, days between two owners'
     * dates. */
    fixture_assert_ok(&f, fixture_run(&f,
                                      "SELECT r0.bsn, ((loon::HUGEINT * 4000000000000000000) // 1000000000000000000), "
                                      "(-(loon::HUGEINT) * 7) % 1000, CASE WHEN loon > uren THEN 1::BIGINT ELSE 0 END, "
                                      "coalesce(einde - start, -1)::BIGINT, "
                                      "row_number() OVER (PARTITION BY r0.bsn ORDER BY uren) - 1 "
                                      "FROM r0 JOIN r1 ON r0.bsn = r1.id WHERE r0.bsn = '111222333'",
                                      NULL, 0, 5));
    assert_int_equal(f.rows, 2);
    size_t first = f.row[0].value[4] == 0 ? 0 : 1;
    const int64_t expected[2][5] = {{400, -700, 1, -1, 0}, {400, -700, 0, 31, 1}};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < 5; j++) {
            assert_int_equal((int64_t)f.row[i == 0 ? first : 1 - first].value[j], expected[i][j]);
        }
    }
    fixture_close(&f);
}

/* The bin of an amount that lies within the outer edges. */
#define BIN_OF_UREN "CASE WHEN uren < 105 THEN 0 WHEN uren < 400 THEN 1 ELSE 2 END"

static void test_execute_bins_are_keys_with_one_for_empty(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    static const char *const keys[] = {"1.uren:bin"};
    fixture_assert_ok(&f, fixture_run(&f, "SELECT id, CAST(" BIN_OF_UREN " AS BIGINT), uren FROM r1", keys, 1, 1));
    assert_int_equal(f.rows, 4);
    size_t checked = 0;
    for (size_t i = 0; i < f.rows; i++, checked++) {
        uint64_t uren = f.row[i].value[0];
        assert_int_equal(f.row[i].key[0], uren < 105 ? 0 : uren < 400 ? 1 : 2);
    }
    assert_int_equal(checked, 4);
    fixture_assert_ok(&f, fixture_run(&f,
                                      "SELECT bsn, CASE WHEN uren IS NULL THEN NULL ELSE CAST(" BIN_OF_UREN
                                      " AS BIGINT) END "
                                      "FROM r0 LEFT JOIN r1 ON bsn = id WHERE bsn = '123456782'",
                                      keys, 1, 0));
    fixture_assert_rows(&f, "123456782 3 |;");
    /* A number that is no bin, and a type that is none's. */
    static const char *const wrong[] = {"3::BIGINT", "-1::BIGINT", "4294967296::BIGINT", "'0'", "0::HUGEINT"};
    checked = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++, checked++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "SELECT id, %s FROM r1", wrong[i]);
        assert_int_equal(fixture_run(&f, sql, keys, 1, 0).code, SCH_BUG);
    }
    assert_int_equal(checked, 5);
    fixture_close(&f);
}

static void test_execute_three_relations_of_three_kinds_of_file(void **state)
{
    (void)state;
    fixture f;
    char text[512];
    open_two(&f);
    fixture_other(&f, FIXTURE_ADRESSEN("", ".parquet, format: parquet"), "adressen.parquet", "");
    duck *db = duck_open();
    (void)snprintf(text, sizeof text,
                   "COPY (SELECT * FROM (VALUES (123456782, 5, 'a'), (12345672, 7, NULL), (1, 6, 'b'), (NULL, 6, 'c')) "
                   "t(bsn, f1, straat)) TO '%s' (FORMAT parquet)",
                   fixture_path(&f, "adressen.parquet"));
    duck_run(db, text);
    duck_close(db);
    static const char *const keys[] = {"2.f1", "buurt"};
    fixture_assert_ok(
        &f, fixture_run(&f,
                        "SELECT r0.bsn, r2.f1, r0.buurt, coalesce(j.n, 0), coalesce(length(r2.straat), 0) FROM r0 "
                        "LEFT JOIN (SELECT id, count(*) AS n FROM r1 GROUP BY id) AS j ON r0.bsn = j.id "
                        "LEFT JOIN r2 ON r0.bsn = r2.bsn",
                        keys, 2, 2));
    fixture_assert_rows(&f,
                        " 3 0 | 0 0;012345672 2 3 | 1 0;111111111 3 2 | 0 0;111222333 3 0 | 2 0;123456782 0 1 | 0 1;");
    assert_int_equal(f.totals.relation[2].rows, 4);
    assert_int_equal(f.totals.relation[2].left_out_empty, 1);
    assert_int_equal(f.totals.relation[2].left_out_invalid, 1);
    fixture_close(&f);
}

/* ---- persons who occur twice ---- */

#define ADRESSEN_CSV                                                                                                   \
    "bsn;f1;straat\n"                                                                                                  \
    "111222333;5;a\n"                                                                                                  \
    "12345672;5;b\n" /* twice, written in two ways */                                                                  \
    "012345672;6;c\n"                                                                                                  \
    "123456782;7;d\n"                                                                                                  \
    "111111111;7;e\n" /* invalid, which is nobody */                                                                   \
    "111111111;7;f\n"                                                                                                  \
    ";7;g\n;7;h\n"

#define WITH_ADRESSEN "SELECT r0.bsn, r2.f1, coalesce(length(r2.straat), 0) FROM r0 LEFT JOIN r2 ON r0.bsn = r2.bsn "

static void test_execute_person_twice_in_another_relation_is_refused(void **state)
{
    (void)state;
    fixture f;
    static const char *const keys[] = {"2.f1"};
    open_two(&f);
    fixture_other(&f, FIXTURE_ADRESSEN("", ".csv"), "adressen.csv", ADRESSEN_CSV);
    /* Also where no row of that person would come out. */
    sch_err err = fixture_run(&f, WITH_ADRESSEN "WHERE r0.bsn = '111222333' AND r2.f1 = 5", keys, 1, 1);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "data set adressen: it is declared to have one row a person, but an "
                                          "identifier occurs more than once"));
    /* Rows of nobody are no person's. */
    fixture_write_text(&f, "adressen.csv", "bsn;f1;straat\n111222333;5;a\n111111111;7;e\n111111111;7;f\n;7;g\n;7;h\n");
    fixture_assert_ok(&f, fixture_run(&f, WITH_ADRESSEN, keys, 1, 1));
    fixture_assert_rows(&f, " 3 | 0;012345672 3 | 0;111111111 3 | 0;111222333 0 | 1;123456782 3 | 0;");
    fixture_close(&f);
}

static void test_execute_person_twice_in_another_relation_is_left_out(void **state)
{
    (void)state;
    fixture f;
    static const char *const keys[] = {"2.f1"};
    open_two(&f);
    fixture_other(&f, FIXTURE_ADRESSEN("duplicates: leave_out\nmax_rows: 8\n", ".csv"), "adressen.csv", ADRESSEN_CSV);
    fixture_assert_ok(&f, fixture_run(&f, WITH_ADRESSEN, keys, 1, 1));
    fixture_assert_rows(&f, " 3 | 0;012345672 3 | 0;111111111 3 | 0;111222333 0 | 1;123456782 2 | 1;");
    /* Before any condition: neither row is ever the only one. */
    fixture_assert_ok(&f, fixture_run(&f, "SELECT r2.bsn, r2.f1, 0 FROM r2 WHERE f1 = 5", keys, 1, 1));
    fixture_assert_rows(&f, "111222333 0 | 0;");
    const sch_source_counts *counts = &f.totals.relation[2];
    assert_int_equal(counts->rows, 8);
    assert_int_equal(counts->left_out_double, 2);
    assert_int_equal(counts->left_out_invalid, 2);
    assert_int_equal(counts->left_out_empty, 2);
    f.other_set[1].max_rows = 7;
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_BAD_INPUT, "data set adressen: its file has more rows than max_rows");
    fixture_close(&f);
}

static void test_execute_person_twice_in_the_first_of_several_relations(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    fixture_write_text(&f, "data.csv",
                       FIXTURE_HEADER "111222333;A;2020;J;1,00;;\n12345672;A;2020;J;2,00;;\n012345672;A;2020;J;3,00;;\n"
                                      "111111111;A;2020;J;4,00;;\n111111111;A;2020;J;4,00;;\n");
    fixture_expect(&f, "SELECT r0.bsn FROM r0 LEFT JOIN r1 ON bsn = id", SCH_BAD_INPUT,
                   "data set personen: it is declared to have one row a person");
    f.file.duplicates = SCH_DUPLICATES_LEAVE_OUT;
    fixture_assert_ok(
        &f,
        fixture_run(&f, "SELECT bsn, loon, count(id) FROM r0 LEFT JOIN r1 ON bsn = id GROUP BY bsn, loon", NULL, 0, 2));
    /* Rows of nobody come out, for who receives them to count. */
    fixture_assert_rows(&f, "111111111 | 400 0;111222333 | 100 2;");
    assert_int_equal(f.totals.relation[0].rows, 5);
    assert_int_equal(f.totals.relation[0].left_out_double, 2);
    assert_int_equal(f.totals.relation[0].left_out_invalid, 0);
    fixture_close(&f);
}

/* ---- whose fault ---- */

#define BANEN_HEADER "Nummer,sector,uren,einde\n"

static void test_execute_fault_in_another_relation_names_it(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *sql, *part;
    } cases[] = {
        {BANEN_HEADER "111222333,bouw,10.5,\n123456782,bouw,veel,\n", "sum(uren)",
         "data set banen, column uren, line 3: it has a field that is not of its declared type (a decimal of at most 1 "
         "decimals after '.')"},
        {BANEN_HEADER "\n111222333,sloop,10.5,\n", "count(*) FILTER (sector = 'zorg')",
         "data set banen, column sector, line 3: it has a value outside"},
        {BANEN_HEADER "111222333,,10.5,\n", "count(sector)",
         "data set banen, column sector, line 2: it is declared as required"},
        {BANEN_HEADER "111222333,bouw,100.1,\n", "sum(uren)", "data set banen, column uren, line 2: it has a value"},
        {BANEN_HEADER "111222333,bouw,1,2020-02-30\n", "count(einde)", "(a date like %Y-%m-%d)"},
        {BANEN_HEADER "111222333,bouw,1,\n123456782,bouw\n", "count(*)",
         "data set banen, line 3: its file has a malformed line"},
        {BANEN_HEADER "111222333,bouw,\"1,\n", "count(*)", "data set banen, line 2: its file has a malformed line"},
        {BANEN_HEADER "111222333,bouw,\xFF,\n", "count(uren)", "data set banen, line 2: its file has a malformed line"},
        {"Nummer,sektor,uren,einde\n", "count(*)",
         "data set banen, column sector: its file has no such column (sector); did you mean sektor?"},
        {"", "count(*)", "data set banen: its file does not begin with a line of column names"},
    };
    fixture f;
    open_two(&f);
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        char sql[256];
        (void)snprintf(sql, sizeof sql,
                       "SELECT r0.bsn FROM r0 LEFT JOIN (SELECT id, %s AS x FROM r1 GROUP BY id) AS j ON bsn = id "
                       "WHERE x IS NULL OR x > 0 OR loon > 0",
                       cases[i].sql);
        fixture_write_text(&f, "banen.csv", cases[i].csv);
        fixture_expect(&f, sql, SCH_BAD_INPUT, cases[i].part);
        /* What a statement does not use is not looked at. */
        if (strstr(cases[i].part, "column uren, line") != NULL) {
            fixture_assert_ok(
                &f, fixture_run(&f, "SELECT bsn FROM r0 JOIN r1 ON bsn = id WHERE sector <> 'x'", NULL, 0, 0));
            assert_true(f.rows > 0);
        }
    }
    assert_int_equal(checked, 10);
    fixture_close(&f);
}

static void test_execute_fault_beside_relations_without_one_names_the_right_one(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    /* In the first, with the same column number as a sound one of the second. */
    fixture_write_text(&f, "data.csv", FIXTURE_HEADER "111222333;A;2019;J;1,00;;\n");
    fixture_expect(&f, "SELECT bsn FROM r0 JOIN r1 ON bsn = id WHERE jaar > 0 AND uren > 0", SCH_BAD_INPUT,
                   "data set personen, column jaar, line 2: it has a value outside");
    fixture_write_text(&f, "data.csv", FIXTURE_HEADER "111222333;A;2020;J\n");
    fixture_expect(&f, "SELECT bsn FROM r1 JOIN r0 ON bsn = id WHERE uren > 0", SCH_BAD_INPUT,
                   "data set personen, line 2: its file has a malformed line");
    fixture_write_text(&f, "data.csv", FIXTURE_HEADER "111222333;A;2020;J;1,00;;\n");
    f.other_set[0].max_rows = 7;
    fixture_expect(&f, "SELECT bsn FROM r0 JOIN r1 ON bsn = id", SCH_BAD_INPUT,
                   "data set banen: its file has more rows than max_rows");
    f.other_set[0].max_rows = 8;
    fixture_assert_ok(&f, fixture_run(&f, "SELECT bsn FROM r0 JOIN r1 ON bsn = id", NULL, 0, 0));
    assert_int_equal(unlink(fixture_path(&f, "banen.csv")), 0);
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "data set banen: its file does not exist");
    fixture_write_text(&f, "banen.csv", BANEN_HEADER);
    fixture_expect(&f, "SELECT nergens FROM r0", SCH_BUG,
                   "data sets personen and 1 more: the engine does not accept the local part's statement");
    sch_err err =
        fixture_run(&f, "SELECT bsn, loon * 9000000000000000000 FROM r0 LEFT JOIN r1 ON bsn = id", NULL, 0, 1);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_non_null(strstr(f.detail.text, "data sets personen and 1 more: a calculation of the query overflows"));
    f.options.program = "/bin/true";
    fixture_expect(&f, "SELECT bsn FROM r0", SCH_IO, "data sets personen and 1 more: schakel-source ended before");
    fixture_close(&f);
}

static void test_execute_wrong_numbers_of_relations_are_a_bug(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    const sch_source_query query = {.sql = "SELECT bsn FROM r0"};
    sch_source_relation relation[SCH_MAX_FROM + 1];
    for (size_t i = 0; i < SCH_MAX_FROM + 1; i++) {
        relation[i] = (sch_source_relation){&f.other_set[0], &f.other_file[0]};
    }
    static const size_t counts[] = {0, SCH_MAX_FROM + 1};
    for (size_t i = 0; i < 2; i++) {
        sch_err err = sch_source_execute(&f.options, relation, counts[i], &query, NULL, NULL, NULL, NULL, &f.detail);
        assert_int_equal(err.code, SCH_BUG);
    }
    fixture_expect(&f, "SELECT id FROM r2", SCH_BUG, "does not accept");
    fixture_close(&f);
}

static sch_err ignore(void *context, const sch_source_chunk *chunk)
{
    *(size_t *)context += chunk->rows;
    return SCH_NONE;
}

static void test_execute_most_relations_work(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    char sql[1024] = "SELECT r0.id FROM r0";
    size_t at = strlen(sql);
    sch_source_relation relation[SCH_MAX_FROM];
    for (size_t i = 0; i < SCH_MAX_FROM; i++) {
        relation[i] = (sch_source_relation){&f.other_set[0], &f.other_file[0]};
        if (i > 0) {
            at += (size_t)snprintf(sql + at, sizeof sql - at, " JOIN r%zu ON r0.id = r%zu.id", i, i);
        }
    }
    sch_source_totals totals;
    size_t rows = 0;
    const sch_source_query query = {.sql = sql};
    fixture_assert_ok(
        &f, sch_source_execute(&f.options, relation, SCH_MAX_FROM, &query, ignore, &rows, NULL, &totals, &f.detail));
    /* One person twice in each of twelve files; two once. */
    assert_int_equal(rows, 4096 + 2);
    for (size_t i = 0; i < SCH_MAX_FROM; i++) {
        assert_int_equal(totals.relation[i].rows, 8);
    }
    fixture_close(&f);
}

static void test_execute_reads_no_file_but_the_relations(void **state)
{
    (void)state;
    fixture f;
    open_two(&f);
    fixture_write_text(&f, "geheim.csv", "root: geheim\n");
    static const char *const statements[] = {
        "SELECT content FROM read_text('%s/geheim.csv')",
        "SELECT content FROM read_text('%s/banen.csv')",
        "SELECT content FROM read_text('/etc/passwd')",
        "SELECT file FROM glob('%s/*')",
        "COPY (SELECT bsn FROM r0) TO '%s/banen.csv'",
        "DROP VIEW r1",
        "DELETE FROM r1",
        "SET allowed_paths=['/etc/passwd']",
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++, checked++) {
        char sql[256];
        const char *place = strstr(statements[i], "%s");
        int before = place == NULL ? (int)strlen(statements[i]) : (int)(place - statements[i]);
        (void)snprintf(sql, sizeof sql, "%.*s%s%s", before, statements[i], place == NULL ? "" : f.folder,
                       place == NULL ? "" : place + 2);
        sch_err err = fixture_run(&f, sql, NULL, 0, 0);
        assert_true(sch_failed(err));
        assert_int_equal(f.rows, 0);
        assert_null(strstr(f.detail.text, "root:"));
    }
    assert_int_equal(checked, 8);
    fixture_close(&f);
}

/* ---- sch_text_number ---- */

static void test_text_number_is_the_beginning_of_sha_256(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        int64_t number;
    } cases[] = {
        /* The first is FIPS 180-4's example; all from another implementation. */
        {"'abc'", 1679564312531712509},
        {"''", 2050853654103032706},
        {"'0'", 864019794464673255},
        {"'Hoofdstraat 12-14 bis'", 1207808707093148345},
        {"'caf\xC3\xA9'", 1198502551677444081},
        {"repeat('a', 200)", 1753344030616043312},
        {"NULL::VARCHAR", -1},
    };
    fixture f;
    open_two(&f);
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        char sql[256];
        (void)snprintf(sql, sizeof sql, "SELECT bsn, coalesce(sch_text_number(%s), -1) FROM r0", cases[i].sql);
        fixture_assert_ok(&f, fixture_run(&f, sql, NULL, 0, 1));
        assert_int_equal(f.rows, 5);
        for (size_t j = 0; j < f.rows; j++) {
            assert_int_equal((int64_t)f.row[j].value[0], cases[i].number);
        }
    }
    assert_int_equal(checked, 7);
    /* Of columns: rows with and without a text. */
    fixture_assert_ok(
        &f, fixture_run(&f, "SELECT bsn, coalesce(sch_text_number(buurt), -1) FROM r0 WHERE bsn > '1'", NULL, 0, 1));
    fixture_assert_rows(
        &f, "111111111 | 965028276423336802;111222333 | 771062602612382383;123456782 | 2013054180801030302;");
    fixture_assert_ok(
        &f, fixture_run(&f, "SELECT bsn, coalesce(sch_text_number(buurt), -1) FROM r0 WHERE bsn < '1'", NULL, 0, 1));
    fixture_assert_rows(&f, "012345672 | -1;");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_execute_left_join_matches_valid_identifiers_only),
        cmocka_unit_test(test_execute_full_join_gives_no_rows_of_nobody_in_others),
        cmocka_unit_test(test_execute_what_local_parts_use_works),
        cmocka_unit_test(test_execute_bins_are_keys_with_one_for_empty),
        cmocka_unit_test(test_execute_three_relations_of_three_kinds_of_file),
        cmocka_unit_test(test_execute_person_twice_in_another_relation_is_refused),
        cmocka_unit_test(test_execute_person_twice_in_another_relation_is_left_out),
        cmocka_unit_test(test_execute_person_twice_in_the_first_of_several_relations),
        cmocka_unit_test(test_execute_fault_in_another_relation_names_it),
        cmocka_unit_test(test_execute_fault_beside_relations_without_one_names_the_right_one),
        cmocka_unit_test(test_execute_wrong_numbers_of_relations_are_a_bug),
        cmocka_unit_test(test_execute_most_relations_work),
        cmocka_unit_test(test_execute_reads_no_file_but_the_relations),
        cmocka_unit_test(test_text_number_is_the_beginning_of_sha_256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
