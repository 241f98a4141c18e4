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
    assert_int_equal(checked, 61 + 22);
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

static uint64_t g_random;

static uint32_t pick(uint32_t below)
{
    g_random = g_random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(g_random >> 33) % below;
}

static uint32_t add(sch_request *r, sch_op op, const uint32_t *argument, size_t count)
{
    assert_true(r->expression_count < SCH_MAX_EXPRESSIONS);
    sch_expression *e = &r->expression[r->expression_count];
    *e = (sch_expression){.op = op, .position = pick(1000), .argument_count = count};
    if (count > 0) {
        e->argument = malloc(count * sizeof *e->argument);
        assert_non_null(e->argument);
        memcpy(e->argument, argument, count * sizeof *e->argument);
    }
    return (uint32_t)r->expression_count++;
}

static uint32_t add_column(sch_request *r, size_t data_set, const char *name)
{
    uint32_t number = add(r, SCH_OP_COLUMN, NULL, 0);
    r->expression[number].data_set = (uint8_t)data_set;
    r->expression[number].text = strdup(name);
    return number;
}

/* Text with what has a meaning in SQL, or on a terminal. */
static void random_text(char *out, size_t pieces)
{
    static const char *const PIECES[] = {"'", "\"", "\\", "--", "/*", "*/", ";",  "$1", "%", "_",   "é", "€", "😀", "a",
                                         "Z", " ",  "0",  "''", "U&", "E'", "$$", ":x", "?", "\\n", "(", ")", ",", "."};
    out[0] = '\0';
    for (size_t i = 0; i < pieces; i++) {
        strcat(out, PIECES[pick(SQL_COUNT(PIECES))]);
    }
}

static uint32_t add_text(sch_request *r)
{
    char text[SCH_MAX_LITERAL_BYTES];
    random_text(text, pick(8));
    uint32_t number = add(r, SCH_OP_TEXT, NULL, 0);
    r->expression[number].text = strdup(text);
    return number;
}

static uint32_t add_number(sch_request *r, sch_op op, int64_t value, uint8_t decimals)
{
    uint32_t number = add(r, op, NULL, 0);
    r->expression[number].number = value;
    r->expression[number].decimals = decimals;
    return number;
}

static uint32_t add_constant(sch_request *r)
{
    static const int64_t NUMBERS[] = {0, 1, -1, 5, 10, -120, 2147483647, INT32_MIN, INT64_MAX, INT64_MIN};
    switch (pick(6)) {
    case 0:
        return add_text(r);
    case 1:
        return add_number(r, SCH_OP_BOOLEAN, pick(2), 0);
    case 2:
        return add_number(r, SCH_OP_DATE, SCH_MIN_DATE + pick((uint32_t)(SCH_MAX_DATE - SCH_MIN_DATE + 1)), 0);
    case 3:
        return add(r, SCH_OP_NULL, NULL, 0);
    default:
        return add_number(r, SCH_OP_NUMBER, NUMBERS[pick(SQL_COUNT(NUMBERS))],
                          (uint8_t)(pick(2) == 0 ? 0 : pick(SCH_MAX_NUMBER_DECIMALS + 1)));
    }
}

static uint32_t add_leaf(sch_request *r)
{
    static const char *const SPINE[] = {"schuld", "naam", "actief", "bsn"};
    static const char *const DATA[] = {"loon", "sector", "jaar"};
    switch (pick(4)) {
    case 0:
        return add_column(r, 0, SPINE[pick(SQL_COUNT(SPINE))]);
    case 1:
        return add_column(r, 1, DATA[pick(SQL_COUNT(DATA))]);
    default:
        return add_constant(r);
    }
}

static uint32_t add_tree(sch_request *r, unsigned depth);

/* count arguments after `first`. */
static uint32_t add_over(sch_request *r, sch_op op, size_t count, unsigned depth)
{
    uint32_t argument[8];
    for (size_t i = 0; i < count; i++) {
        argument[i] = add_tree(r, depth - 1);
    }
    return add(r, op, argument, count);
}

static uint32_t add_special(sch_request *r, sch_op op, unsigned depth)
{
    uint32_t argument[9] = {add_tree(r, depth - 1)};
    size_t count = 1;
    switch (op) {
    case SCH_OP_IN:
    case SCH_OP_NOT_IN:
        while (count < 2 + pick(4)) {
            argument[count++] = add_constant(r);
        }
        break;
    case SCH_OP_LIKE:
    case SCH_OP_NOT_LIKE:
        argument[count++] = add_text(r);
        break;
    case SCH_OP_SUBSTRING:
        argument[count++] = add_number(r, SCH_OP_NUMBER, 1 + pick(9), 0);
        argument[count++] = add_number(r, SCH_OP_NUMBER, pick(9), 0);
        break;
    default: { /* CASE, in half of them with one expression that all conditions compare */
        bool shared = pick(2) == 0;
        uint32_t subject = argument[0];
        count = 0;
        for (size_t whens = 1 + pick(3); whens > 0; whens--) {
            uint32_t pair[2] = {subject, add_tree(r, depth > 1 ? depth - 2 : 0)};
            argument[count++] = shared ? add(r, SCH_OP_EQUAL, pair, 2) : add_tree(r, depth - 1);
            argument[count++] = add_tree(r, depth - 1);
        }
        argument[count++] = pick(2) == 0 ? add(r, SCH_OP_NULL, NULL, 0) : add_tree(r, depth - 1);
        break;
    }
    }
    return add(r, op, argument, count);
}

static uint32_t add_tree(sch_request *r, unsigned depth)
{
    static const struct {
        sch_op op;
        size_t least, most; /* arguments that are any tree; 0: of a form of its own */
    } OPS[] = {
        {SCH_OP_ADD, 2, 2},         {SCH_OP_SUBTRACT, 2, 2}, {SCH_OP_MULTIPLY, 2, 2},      {SCH_OP_NEGATE, 1, 1},
        {SCH_OP_MODULO, 2, 2},      {SCH_OP_EQUAL, 2, 2},    {SCH_OP_NOT_EQUAL, 2, 2},     {SCH_OP_LESS, 2, 2},
        {SCH_OP_LESS_EQUAL, 2, 2},  {SCH_OP_GREATER, 2, 2},  {SCH_OP_GREATER_EQUAL, 2, 2}, {SCH_OP_IN, 0, 0},
        {SCH_OP_NOT_IN, 0, 0},      {SCH_OP_BETWEEN, 3, 3},  {SCH_OP_NOT_BETWEEN, 3, 3},   {SCH_OP_IS_NULL, 1, 1},
        {SCH_OP_IS_NOT_NULL, 1, 1}, {SCH_OP_LIKE, 0, 0},     {SCH_OP_NOT_LIKE, 0, 0},      {SCH_OP_AND, 2, 4},
        {SCH_OP_OR, 2, 4},          {SCH_OP_NOT, 1, 1},      {SCH_OP_CASE, 0, 0},          {SCH_OP_ABS, 1, 1},
        {SCH_OP_COALESCE, 1, 4},    {SCH_OP_LOWER, 1, 1},    {SCH_OP_UPPER, 1, 1},         {SCH_OP_LENGTH, 1, 1},
        {SCH_OP_SUBSTRING, 0, 0},   {SCH_OP_YEAR, 1, 1},     {SCH_OP_MONTH, 1, 1},
    };
    if (depth == 0 || pick(5) == 0 || r->expression_count > SCH_MAX_EXPRESSIONS / 4) {
        return add_leaf(r);
    }
    size_t i = pick(SQL_COUNT(OPS));
    if (OPS[i].most == 0) {
        return add_special(r, OPS[i].op, depth);
    }
    return add_over(r, OPS[i].op, OPS[i].least + pick((uint32_t)(OPS[i].most - OPS[i].least + 1)), depth);
}

static void add_aggregate(sch_request *r, unsigned depth)
{
    static const sch_op AGGREGATES[] = {SCH_OP_COUNT, SCH_OP_SUM, SCH_OP_AVG};
    uint32_t argument = 0;
    sch_output *output = &r->output[r->output_count++];
    random_text(output->name, 1 + pick(8));
    switch (pick(3)) {
    case 0:
        output->expression = add(r, SCH_OP_COUNT_ROWS, NULL, 0);
        return;
    case 1:
        argument = add_column(r, pick(2), "bsn");
        output->expression = add(r, SCH_OP_COUNT_PERSONS, &argument, 1);
        return;
    default:
        argument = add_tree(r, depth);
        output->expression = add(r, AGGREGATES[pick(SQL_COUNT(AGGREGATES))], &argument, 1);
    }
}

static void make_random(sch_request *r)
{
    static const char *const ALIASES[] = {"b", "c", "bijstand", "left", "select", "year", "data", "x_1", "natural"};
    unsigned depth = 1 + pick(7);
    memset(r, 0, sizeof *r);
    parse(r, "SELECT COUNT(*)" FROM_BC); /* FROM with its hashes */
    sch_expression *expression = r->expression;
    assert_int_equal(r->expression_count, 1);
    r->expression_count = r->output_count = 0;
    memset(expression, 0, sizeof *expression);
    size_t alias = pick(SQL_COUNT(ALIASES));
    snprintf(r->from[0].alias, SCH_NAME_BYTES, "%s", ALIASES[alias]);
    snprintf(r->from[1].alias, SCH_NAME_BYTES, "%s",
             ALIASES[(alias + 1 + pick(SQL_COUNT(ALIASES) - 1)) % SQL_COUNT(ALIASES)]);
    r->has_where = pick(4) != 0;
    r->where = r->has_where ? add_tree(r, depth) : 0;
    if (pick(2) == 0) {
        r->group_by[r->group_by_count++] = add_column(r, 0, "buurt");
        sch_output *output = &r->output[r->output_count++];
        *output = (sch_output){.grouped = true, .expression = r->group_by[0]};
        snprintf(output->name, sizeof output->name, "%s", pick(2) == 0 ? "buurt" : "de buurt");
    }
    if (pick(2) == 0) {
        r->group_by[r->group_by_count++] = add_column(r, 1, "sector");
    }
    for (size_t i = 1 + pick(3); i > 0; i--) {
        add_aggregate(r, depth);
    }
    sch_detail detail = {{0}};
    sch_err err = sch_request_check_query(r, &detail);
    if (sch_failed(err)) {
        fail_msg("the test made a query that is none: %s", detail.text);
    }
}

static void test_request_sql_of_random_queries_gives_them_again(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)time(NULL);
    const char *given = getenv("SCH_TEST_SEED");
    g_random = seed = given != NULL ? strtoull(given, NULL, 10) : seed;
    print_message("seed %llu (SCH_TEST_SEED)\n", (unsigned long long)seed);
    size_t checked = 0, largest = 0;
    bool used[SCH_OP_AVG + 1] = {false};
    for (size_t i = 0; i < RANDOM_REQUESTS; i++) {
        sch_request request;
        make_random(&request);
        check_back(&request);
        for (size_t e = 0; e < request.expression_count; e++) {
            used[request.expression[e].op] = true;
        }
        largest = request.expression_count > largest ? request.expression_count : largest;
        sch_request_clear(&request);
        checked++;
    }
    size_t ops = 0;
    for (size_t op = 0; op <= SCH_OP_AVG; op++) {
        ops += used[op];
    }
    assert_int_equal(checked, RANDOM_REQUESTS);
    assert_int_equal(ops, 42);
    assert_true(largest > 100);
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
    assert_int_equal(checked, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_sql_of_a_query_is_laid_out_clause_by_clause),
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
