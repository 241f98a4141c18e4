/* Tables of SQL texts: what is accepted with the request that it becomes, written as a text, and what is refused with
 * the message and the place, which a ` marks in the text. */
#include "node/query/sql.h"

#include <dlfcn.h>
#include <unistd.h>

#include <protobuf-c/protobuf-c.h>

#include "tests/support/requests.h"
#include "tests/support/sql_catalogs.h"
#include "tests/support/unit.h"
#include "tests/unit/sql_accepted.h"

enum { SQL_BYTES = 4096 };

/* ---- a request as a text ---- */

static const char *op_sign(sch_op op)
{
    switch (op) {
    case SCH_OP_ADD:
        return "+";
    case SCH_OP_SUBTRACT:
        return "-";
    case SCH_OP_MULTIPLY:
        return "*";
    case SCH_OP_NEGATE:
        return "neg";
    case SCH_OP_MODULO:
        return "%";
    case SCH_OP_EQUAL:
        return "=";
    case SCH_OP_NOT_EQUAL:
        return "<>";
    case SCH_OP_LESS:
        return "<";
    case SCH_OP_LESS_EQUAL:
        return "<=";
    case SCH_OP_GREATER:
        return ">";
    case SCH_OP_GREATER_EQUAL:
        return ">=";
    case SCH_OP_IN:
        return "in";
    case SCH_OP_NOT_IN:
        return "not-in";
    case SCH_OP_BETWEEN:
        return "between";
    case SCH_OP_NOT_BETWEEN:
        return "not-between";
    case SCH_OP_IS_NULL:
        return "null?";
    case SCH_OP_IS_NOT_NULL:
        return "value?";
    case SCH_OP_LIKE:
        return "like";
    case SCH_OP_NOT_LIKE:
        return "not-like";
    case SCH_OP_AND:
        return "and";
    case SCH_OP_OR:
        return "or";
    case SCH_OP_NOT:
        return "not";
    case SCH_OP_CASE:
        return "case";
    case SCH_OP_ABS:
        return "abs";
    case SCH_OP_COALESCE:
        return "coalesce";
    case SCH_OP_LOWER:
        return "lower";
    case SCH_OP_UPPER:
        return "upper";
    case SCH_OP_LENGTH:
        return "length";
    case SCH_OP_SUBSTRING:
        return "substring";
    case SCH_OP_YEAR:
        return "year";
    case SCH_OP_MONTH:
        return "month";
    case SCH_OP_COUNT_ROWS:
        return "rows";
    case SCH_OP_COUNT:
        return "count";
    case SCH_OP_COUNT_PERSONS:
        return "persons";
    case SCH_OP_SUM:
        return "sum";
    case SCH_OP_AVG:
        return "avg";
    default:
        return "?";
    }
}

static void write_expression(sch_buf *out, const sch_request *r, uint32_t number)
{
    const sch_expression *e = &r->expression[number];
    switch (e->op) {
    case SCH_OP_COLUMN:
        unit_assert_ok(sch_buf_printf(out, "%s.%s", r->from[e->data_set].alias, e->text));
        return;
    case SCH_OP_NUMBER:
        unit_assert_ok(sch_buf_printf(out, "%lld", (long long)e->number));
        if (e->decimals > 0) {
            unit_assert_ok(sch_buf_printf(out, "e-%u", e->decimals));
        }
        return;
    case SCH_OP_TEXT:
        unit_assert_ok(sch_buf_printf(out, "'%s'", e->text));
        return;
    case SCH_OP_BOOLEAN:
        unit_assert_ok(sch_buf_append_text(out, e->number == 0 ? "false" : "true"));
        return;
    case SCH_OP_DATE:
        unit_assert_ok(sch_buf_printf(out, "day %lld", (long long)e->number));
        return;
    case SCH_OP_NULL:
        unit_assert_ok(sch_buf_append_text(out, "null"));
        return;
    default:
        break;
    }
    unit_assert_ok(sch_buf_printf(out, "(%s", op_sign(e->op)));
    for (size_t i = 0; i < e->argument_count; i++) {
        unit_assert_ok(sch_buf_append_text(out, " "));
        write_expression(out, r, e->argument[i]);
    }
    unit_assert_ok(sch_buf_append_text(out, ")"));
}

/* "b=gemeente.bijstand.bsn c=cbs.banen.bsn | where | group, group | name: output, ..." */
static void write_request(sch_buf *out, const sch_request *r)
{
    for (size_t i = 0; i < r->from_count; i++) {
        unit_assert_ok(sch_buf_printf(out, "%s%s=%s.%s.%s", i == 0 ? "" : " ", r->from[i].alias, r->from[i].node,
                                      r->from[i].data_set, r->join_column[i]));
    }
    unit_assert_ok(sch_buf_append_text(out, " | "));
    if (r->has_where) {
        write_expression(out, r, r->where);
    }
    unit_assert_ok(sch_buf_append_text(out, " | "));
    for (size_t i = 0; i < r->group_by_count; i++) {
        unit_assert_ok(sch_buf_append_text(out, i == 0 ? "" : ", "));
        write_expression(out, r, r->group_by[i]);
    }
    unit_assert_ok(sch_buf_append_text(out, " | "));
    for (size_t i = 0; i < r->output_count; i++) {
        unit_assert_ok(sch_buf_printf(out, "%s%s: ", i == 0 ? "" : ", ", r->output[i].name));
        write_expression(out, r, r->output[i].expression);
    }
}

/* ---- running a text ---- */

/* Parses an accepted text, and lets the request go through its encoding once. */
static void parse_to_text(sch_buf *out, const char *sql)
{
    sch_request request;
    sch_detail detail = {{0}};
    size_t position = 0;
    sch_err err = sch_sql_parse(&request, &position, sql, sql_catalogs, SQL_CATALOGS, &detail);
    if (sch_failed(err)) {
        fail_msg("refused: %s\n%s", sql, sch_detail_or_text(&detail, err));
    }
    assert_int_equal(position, SCH_SQL_NO_POSITION);
    request_fill_envelope(&request);
    sch_buf bytes = {0};
    sch_request back;
    unit_assert_ok(sch_request_encode(&bytes, &request));
    unit_assert_ok(sch_request_decode(&back, bytes.data, bytes.bytes, NULL));
    write_request(out, &back);
    sch_request_clear(&back);
    sch_request_clear(&request);
    sch_buf_clear(&bytes);
}

static void check_accepted(const char *sql, const char *expected)
{
    sch_buf text = {0};
    parse_to_text(&text, sql);
    if (strcmp(sch_buf_text(&text), expected) != 0) {
        fail_msg("%s\ngives   %s\nwanted  %s", sql, sch_buf_text(&text), expected);
    }
    sch_buf_clear(&text);
}

/* Takes the ` out of a text. Gives its offset, SCH_SQL_NO_POSITION where there is none. */
static size_t unmark(char *out, const char *marked)
{
    const char *mark = strchr(marked, '`');
    assert_true(strlen(marked) < SQL_BYTES);
    if (mark == NULL) {
        snprintf(out, SQL_BYTES, "%s", marked);
        return SCH_SQL_NO_POSITION;
    }
    snprintf(out, SQL_BYTES, "%.*s%s", (int)(mark - marked), marked, mark + 1);
    return (size_t)(mark - marked);
}

static void check_refused(const char *marked, const char *says)
{
    char sql[SQL_BYTES];
    size_t expected = unmark(sql, marked);
    sch_request request;
    sch_detail detail = {{0}};
    size_t position = 0;
    sch_err err = sch_sql_parse(&request, &position, sql, sql_catalogs, SQL_CATALOGS, &detail);
    if (err.code != SCH_BAD_INPUT || strstr(detail.text, says) == NULL) {
        fail_msg("%s\ncode %d, says  %s\nwanted  %s", sql, (int)err.code, detail.text, says);
    }
    if (position != expected) {
        fail_msg("%s\n%s\nat %zd instead of %zd", sql, detail.text, (ssize_t)position, (ssize_t)expected);
    }
    assert_int_equal(strncmp(detail.text, "line ", 5) == 0, expected != SCH_SQL_NO_POSITION);
    assert_null(request.expression);
    assert_int_equal(request.from_count, 0);
}

/* ---- accepted ---- */

static void test_parse_accepted_conditions_become_their_trees(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(CONDITIONS); i++) {
        char sql[SQL_BYTES], expected[SQL_BYTES];
        snprintf(sql, sizeof sql, "SELECT COUNT(*)" FROM_BC "WHERE %s", CONDITIONS[i].sql);
        snprintf(expected, sizeof expected, BC " | %s |  | count: (rows)", CONDITIONS[i].request);
        check_accepted(sql, expected);
        checked++;
    }
    assert_int_equal(checked, 61);
}

static void test_parse_accepted_statements_become_their_requests(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(STATEMENTS); i++) {
        check_accepted(STATEMENTS[i].sql, STATEMENTS[i].request);
        checked++;
    }
    assert_int_equal(checked, 22);
}

/* ---- refused ---- */

typedef struct refused {
    const char *sql, *says;
} refused;

static const refused REFUSED_CONDITIONS[] = {
    {"b.schuld `/ 2 = 1", "division is not supported"},
    {"naam `|| 'x' = 'y'", "|| is not supported"},
    {"schuld `^ 2 = 1", "the operator ^ is not supported"},
    {"schuld `& 2 = 1", "the operator & is not supported"},
    {"`@ schuld = 1", "the operator @ is not supported"},
    {"naam `~ 'x'", "the operator ~ is not supported"},
    {"schuld `OPERATOR(pg_catalog.+) 1 = 2", "OPERATOR(...) is not supported"},
    {"naam `ILIKE 'x'", "write LOWER(x) LIKE 'a%'"},
    {"naam `SIMILAR TO 'x'", "SIMILAR TO"},
    {"naam `LIKE 'x' ESCAPE '!'", "ESCAPE is not supported"},
    {"naam LIKE `buurt", "the pattern of a LIKE"},
    {"naam LIKE `1", "the pattern of a LIKE"},
    {"schuld `IS DISTINCT FROM 1", "IS DISTINCT FROM"},
    {"`NULLIF(schuld, 1) = 1", "NULLIF is not supported"},
    {"`GREATEST(schuld, 1) = 1", "GREATEST and LEAST"},
    {"schuld `= ANY (ARRAY[1])", "ANY and ALL"},
    {"schuld `BETWEEN SYMMETRIC 2 AND 1", "BETWEEN SYMMETRIC"},
    {"actief `IS TRUE", "IS TRUE"},
    {"schuld IN (1, `werkt)", "holds constants only"},
    {"schuld `IN (SELECT 1)", "sub-selects are not supported"},
    {"`EXISTS (SELECT 1)", "sub-selects are not supported"},
    {"schuld = `(SELECT 1)", "sub-selects are not supported"},
    {"schuld = `$1", "parameters ($1) are not supported"},
    {"schuld = `ARRAY[1]", "arrays are not supported"},
    {"`(schuld, werkt) = (1, 2)", "rows are not supported"},
    {"instroom > `CURRENT_DATE", "write the date itself"},
    {"instroom > `now()", "the function NOW is not supported"},
    {"naam `COLLATE \"C\" = 'x'", "COLLATE is not supported"},
    {"schuld`::text = '1'", "conversions to another type"},
    {"`CAST(schuld AS integer) = 1", "conversions to another type"},
    {"instroom = `DATE '2025-02-29'", "this is not a date"},
    {"instroom = `DATE '2025-13-01'", "this is not a date"},
    {"instroom = `DATE '0000-01-01'", "this is not a date"},
    {"instroom = `DATE '1-1-2025'", "this is not a date"},
    {"instroom = `DATE 'yesterday'", "this is not a date"},
    {"instroom = `TIMESTAMP '2025-01-01'", "conversions to another type"},
    {"instroom = instroom + `INTERVAL '1 day'", "conversions to another type"},
    {"schuld = `9223372036854775808", "fits in 64 bits"},
    {"schuld = `-9223372036854775809", "fits in 64 bits"},
    {"bedrag = `1e5", "written in full"},
    {"bedrag = `0.0000000000000000001", "at most 18 decimals"},
    {"schuld = `B'101'", "bit strings"},
    {"naam = `E'a\\nb'", "one line without control characters"},
    {"`TRIM(naam) = 'x'", "the function TRIM is not supported"},
    {"`LOWR(naam) = 'x'", "did you mean lower?"},
    {"`pg_catalog.lower(naam) = 'x'", "is not supported"},
    {"`LOWER(naam, 'x') = 'x'", "write LOWER(x)"},
    {"`SUBSTRING(naam, 2) = 'x'", "write SUBSTRING(x, 1, 4)"},
    {"SUBSTRING(naam, `0, 2) = 'x'", "SUBSTRING takes whole constants"},
    {"SUBSTRING(naam, 1, `schuld) = 'x'", "SUBSTRING takes whole constants"},
    {"SUBSTRING(naam, 1, `1.5) = 'x'", "SUBSTRING takes whole constants"},
    {"`EXTRACT(DAY FROM instroom) = 1", "EXTRACT gives a YEAR or a MONTH"},
    {"`ROUND(bedrag) = 1", "the function ROUND is not supported yet"},
    {"`SUM(schuld) > 3", "SUM stands by itself as an output"},
    {"`b.*", "for all columns"},
    {"`bb.schuld = 1", "nothing in FROM is called 'bb'; did you mean 'b'?"},
    {"`bijstand.schuld = 1", "data set 'bijstand' is called b in this query"},
    {"`gemeente.bijstand.schuld = 1", "at most one name in front"},
    {"`schud = 1", "no column is called 'schud'; did you mean 'schuld'?"},
    {"b.schuld = `b.lonn", "data set 'bijstand' has no column 'lonn'; "},
    {"`b.loon = 1", "'banen' has: write c.loon"},
    {"`c.sectr = 'x'", "data set 'banen' has no column 'sectr'; did you mean 'sector'?"},
    {"`c.qqqqqqqq = 1", "there is: bsn, jaar, loon, werkt, sector"},
    {"`jaar = 2025", "both data sets have a column 'jaar': write b.jaar or c.jaar"},
    {"`\"Schuld\" = 1", "did you mean 'schuld'?"},
    {"schuld = 1 `1", "syntax error"},
    {"naam = 'é' `FORM", "syntax error"},
    {"naam = `'x", "unterminated quoted string"},
    {"schuld = 1 `/* x", "unterminated /* comment"},
};

static const refused REFUSED_STATEMENTS[] = {
    {"", "there is no statement"},
    {" -- nothing", "there is no statement"},
    {"`UPDATE bijstand SET schuld = 1", "UPDATE is not supported: a query is one SELECT"},
    {"`DROP TABLE bijstand", "DROP is not supported"},
    {"`EXPLAIN SELECT 1", "EXPLAIN is not supported"},
    {"SELECT COUNT(*)" FROM_BC "`; SELECT 1", "several statements"},
    {"SELECT `* " FROM_BC, "for all columns"},
    {"SELECT `b.*, COUNT(*)" FROM_BC, "for all columns"},
    {"SELECT `DISTINCT buurt" FROM_BC, "SELECT DISTINCT is not supported"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY buurt `HAVING COUNT(*) > 3", "HAVING comes in a later release"},
    {"SELECT COUNT(*)" FROM_BC "`ORDER BY 1", "ORDER BY comes in a later release"},
    {"SELECT COUNT(*)" FROM_BC "`LIMIT 1", "LIMIT, FETCH and OFFSET"},
    {"SELECT COUNT(*)" FROM_BC "`FETCH FIRST 1 ROWS ONLY", "LIMIT, FETCH and OFFSET"},
    {"SELECT COUNT(*)" FROM_BC "`OFFSET 1", "LIMIT, FETCH and OFFSET"},
    {"SELECT COUNT(*)" FROM_BC "`UNION SELECT 1", "UNION, INTERSECT and EXCEPT"},
    {"SELECT COUNT(*)" FROM_BC "`EXCEPT SELECT 1", "UNION, INTERSECT and EXCEPT"},
    {"SELECT COUNT(*)" FROM_BC "`FOR UPDATE", "FOR UPDATE"},
    {"SELECT COUNT(*) `INTO x" FROM_BC, "INTO is not supported"},
    {"SELECT COUNT(*)" FROM_BC "`WINDOW w AS (ORDER BY 1)", "WINDOW is not supported"},
    {"`WITH x AS (SELECT 1) SELECT COUNT(*)" FROM_BC, "WITH is not supported"},
    {"`VALUES (1)", "VALUES is not supported"},
    {"SELECT `COUNT(*) OVER ()" FROM_BC, "window functions"},
    {"SELECT `ROW_NUMBER() OVER ()" FROM_BC, "window functions"},
    {"SELECT `COUNT(*) FILTER (WHERE actief)" FROM_BC, "FILTER is not supported"},
    {"SELECT `SUM(loon ORDER BY loon)" FROM_BC, "ORDER BY within a function"},
    {"SELECT `SUM(DISTINCT loon)" FROM_BC, "COUNT(DISTINCT identifier) only"},
    {"SELECT `COUNT(DISTINCT buurt)" FROM_BC, "write COUNT(DISTINCT b.bsn)"},
    {"SELECT `COUNT(DISTINCT schuld + 1)" FROM_BC, "write COUNT(DISTINCT b.bsn)"},
    {"SELECT `COUNT()" FROM_BC, "COUNT takes one argument"},
    {"SELECT `SUM(*)" FROM_BC, "SUM takes one argument"},
    {"SELECT `SUM(loon, 1)" FROM_BC, "SUM takes one argument"},
    {"SELECT `MIN(loon)" FROM_BC, "the function MIN is not supported yet"},
    {"SELECT `MAX(loon)" FROM_BC, "it comes in a later release"},
    {"SELECT `STDDEV(loon)" FROM_BC, "the function STDDEV is not supported yet"},
    {"SELECT SUM(`AVG(loon))" FROM_BC, "AVG stands by itself"},
    {"SELECT SUM(loon) `/ 2" FROM_BC, "division is not supported"},
    {"SELECT `SUM(loon) + 2" FROM_BC, "SUM stands by itself"},
    {"SELECT `1" FROM_BC, "an output is a column of the GROUP BY"},
    {"SELECT `LOWER(naam)" FROM_BC, "an output is a column of the GROUP BY"},
    {"SELECT `buurt, COUNT(*)" FROM_BC, "has to stand in GROUP BY"},
    {"SELECT `bsn, COUNT(*)" FROM_BC "GROUP BY buurt", "the identifier cannot be shown"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY `b.bsn", "the identifier cannot be grouped by"},
    {"`SELECT buurt" FROM_BC "GROUP BY buurt", "there is nothing to compute"},
    {"`SELECT" FROM_BC, "there is nothing to compute"},
    {"SELECT buurt, COUNT(*)" FROM_BC "GROUP BY `3", "positions of outputs from 1 to 2"},
    {"SELECT buurt, COUNT(*)" FROM_BC "GROUP BY `0", "positions of outputs from 1 to 2"},
    {"SELECT buurt, COUNT(*)" FROM_BC "GROUP BY `'x'", "GROUP BY takes columns"},
    {"SELECT buurt, COUNT(*)" FROM_BC "GROUP BY `2", "this output is none"},
    {"SELECT COUNT(*) AS n" FROM_BC "GROUP BY `n", "this output is none"},
    {"SELECT buurt AS n, traject AS n, COUNT(*)" FROM_BC "GROUP BY `n", "two outputs are called 'n'"},
    {"SELECT COUNT(*)" FROM_BC "`GROUP BY YEAR(instroom)", "expressions come in a later release"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY `ROLLUP (buurt)", "ROLLUP, CUBE and GROUPING SETS"},
    {"SELECT COUNT(*)" FROM_BC "`GROUP BY DISTINCT buurt", "GROUP BY DISTINCT"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY `burt", "did you mean 'buurt'?"},
    {"SELECT COUNT(*)", "FROM is missing"},
    {"SELECT COUNT(*) `FROM bijstand", "a query links two data sets"},
    {"SELECT COUNT(*) FROM `bijstnd b JOIN banen c USING (bsn)",
     "no data set is called 'bijstnd'; did you mean 'bijstand'?"},
    {"SELECT COUNT(*) FROM `xyzzyxyzzy b JOIN banen c USING (bsn)",
     "there is: bijstand, banen, personen, jeugdhulp, personen"},
    {"SELECT COUNT(*) FROM bijstand b JOIN `personen c USING (bsn)", "write cbs.personen or partner.personen"},
    {"SELECT COUNT(*) FROM `gemente.bijstand b JOIN banen c USING (bsn)",
     "no node is called 'gemente'; did you mean 'gemeente'?"},
    {"SELECT COUNT(*) FROM `cbs.bijstand b JOIN banen c USING (bsn)", "node cbs has no data set called 'bijstand'"},
    {"SELECT COUNT(*) FROM `a.cbs.banen b JOIN banen c USING (bsn)", "at most one name in front"},
    {"SELECT COUNT(*) `FROM bijstand b, banen c WHERE b.bsn = c.bsn", "commas"},
    {"SELECT COUNT(*) FROM bijstand b `LEFT JOIN banen c USING (bsn)", "outer joins"},
    {"SELECT COUNT(*) FROM bijstand b `FULL OUTER JOIN banen c USING (bsn)", "outer joins"},
    {"SELECT COUNT(*) FROM bijstand b `NATURAL JOIN banen c", "NATURAL JOIN"},
    {"SELECT COUNT(*) FROM bijstand b CROSS `JOIN banen c", "CROSS JOIN"},
    {"SELECT COUNT(*) FROM bijstand b `JOIN banen c USING (bsn) JOIN jeugdhulp j ON j.burgernummer = b.bsn",
     "three data sets"},
    {"SELECT COUNT(*) FROM bijstand b `JOIN (SELECT 1) c USING (bsn)", "sub-selects and functions"},
    {"SELECT COUNT(*) FROM bijstand b `JOIN generate_series(1, 2) c ON b.bsn = c.bsn", "sub-selects and functions"},
    {"SELECT COUNT(*) FROM ONLY `bijstand b JOIN banen c USING (bsn)", "ONLY is not supported"},
    {"SELECT COUNT(*) FROM `bijstand b (x) JOIN banen c USING (bsn)", "other names for columns"},
    {"SELECT COUNT(*) FROM `bijstand \"B\" JOIN banen c USING (bsn)", "alias is made of a-z"},
    {"SELECT COUNT(*) FROM bijstand b JOIN `banen b USING (bsn)", "both data sets are called b"},
    {"SELECT COUNT(*) FROM banen a JOIN `cbs.personen p USING (bsn)", "both data sets are cbs's"},
    {"SELECT COUNT(*) FROM bijstand b JOIN banen c `USING (jaar)", "'jaar' is not: write ON b.bsn = c.bsn"},
    {"SELECT COUNT(*) FROM bijstand b JOIN jeugdhulp j `USING (bsn)", "write ON j.burgernummer = b.bsn"},
    {"SELECT COUNT(*) FROM bijstand b JOIN banen c `USING (bsn, jaar)", "USING takes one column"},
    {"SELECT COUNT(*) FROM bijstand b JOIN banen c ON b.bsn `= c.jaar", "'jaar' is not"},
    {"SELECT COUNT(*) FROM bijstand b JOIN banen c ON b.bsn `= b.bsn", "both of these are of b"},
    {"SELECT COUNT(*) FROM bijstand b JOIN banen c `ON b.bsn = c.bsn AND c.jaar = 2025",
     "move other conditions to WHERE"},
    {"SELECT COUNT(*) FROM bijstand b JOIN banen c `ON TRUE", "move other conditions to WHERE"},
    {"SELECT COUNT(*) `FROM (bijstand b JOIN banen c USING (bsn)) j", "an alias for a join"},
    {"SELECT `COUNT(*) AS \"a\tb\"" FROM_BC, "an output's alias is one line"},
};

static void test_parse_refused_conditions_say_why_and_where(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(REFUSED_CONDITIONS); i++) {
        char sql[SQL_BYTES];
        snprintf(sql, sizeof sql, "SELECT COUNT(*)" FROM_BC "WHERE %s", REFUSED_CONDITIONS[i].sql);
        check_refused(sql, REFUSED_CONDITIONS[i].says);
        checked++;
    }
    assert_int_equal(checked, 69);
}

static void test_parse_refused_statements_say_why_and_where(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(REFUSED_STATEMENTS); i++) {
        check_refused(REFUSED_STATEMENTS[i].sql, REFUSED_STATEMENTS[i].says);
        checked++;
    }
    assert_int_equal(checked, 84);
}

static void test_parse_counts_lines_and_characters(void **state)
{
    (void)state;
    sch_request request;
    sch_detail detail = {{0}};
    size_t position = 0;
    const char *sql = "SELECT COUNT(*)\nFROM bijstand b\n  JOIN banen c USING (bsn)\nWHERE naam = 'éé€' AND schud = 1";
    sch_err err = sch_sql_parse(&request, &position, sql, sql_catalogs, SQL_CATALOGS, &detail);
    unit_assert_code(err, SCH_BAD_INPUT);
    assert_string_equal(detail.text, "line 4, column 24: no column is called 'schud'; did you mean 'schuld'?");
    assert_int_equal(strncmp(sql + position, "schud", 5), 0);
}

static void test_parse_keeps_positions_of_the_text(void **state)
{
    (void)state;
    sch_request request;
    const char *sql = "SELECT COUNT(*)" FROM_BC "WHERE naam LIKE 'x'";
    unit_assert_ok(sch_sql_parse(&request, NULL, sql, sql_catalogs, SQL_CATALOGS, NULL));
    assert_int_equal(strncmp(sql + request.expression[request.where].position, "LIKE", 4), 0);
    assert_int_equal(strncmp(sql + request.expression[request.output[0].expression].position, "COUNT", 5), 0);
    uint8_t hash[SCH_HASH_BYTES];
    unit_assert_ok(sch_data_set_hash(hash, &sql_catalogs[1]->data_set[0]));
    assert_memory_equal(hash, request.from[1].schema_hash, sizeof hash);
    sch_request_clear(&request);
}

static void test_parse_without_detail_and_catalogs_is_refused(void **state)
{
    (void)state;
    sch_request request;
    const char *sql = "SELECT COUNT(*)" FROM_BC;
    unit_assert_code(sch_sql_parse(&request, NULL, sql, NULL, 0, NULL), SCH_BAD_INPUT);
    sch_detail detail = {{0}};
    unit_assert_code(sch_sql_parse(&request, NULL, sql, NULL, 0, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "no data set is called 'bijstand'; there is none at all"));
}

static void test_parse_message_about_a_name_with_control_characters_is_printable(void **state)
{
    (void)state;
    sch_request request;
    sch_detail detail = {{0}};
    const char *sql = "SELECT COUNT(*)" FROM_BC "WHERE \"\x1B[2Jx\" = 1";
    unit_assert_code(sch_sql_parse(&request, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "no column is called '?[2Jx'"));
}

static void test_parse_text_that_is_not_utf8_is_refused_at_its_place(void **state)
{
    (void)state;
    check_refused("SELECT '`\xFF'", "not UTF-8");
    check_refused("SELECT 'é' `\xE2\x82", "not UTF-8");
}

/* ---- bounds ---- */

/* SELECT COUNT(*) ... WHERE, then head, `count` times middle, then tail. */
static char *make_long(const char *head, const char *middle, size_t count, const char *tail)
{
    sch_buf text = {0};
    unit_assert_ok(sch_buf_append_text(&text, "SELECT COUNT(*)" FROM_BC "WHERE "));
    unit_assert_ok(sch_buf_append_text(&text, head));
    for (size_t i = 0; i < count; i++) {
        unit_assert_ok(sch_buf_append_text(&text, middle));
    }
    unit_assert_ok(sch_buf_append_text(&text, tail));
    char *copy = strdup(sch_buf_text(&text));
    sch_buf_clear(&text);
    assert_non_null(copy);
    return copy;
}

typedef struct bound {
    const char *head, *middle;
    size_t most; /* accepted; one more is not */
    const char *tail, *says;
} bound;

static const bound BOUNDS[] = {
    {"schuld IN (0", ",1", SCH_MAX_ARGUMENTS - 2, ")", "more than 500 parts"},
    {"actief", " OR actief", SCH_MAX_ARGUMENTS - 1, "", "more than 500 parts"},
    {"schuld", " + 1", SCH_MAX_DEPTH - 2, " = 1", "nested too deep"},
    {"", "NOT ", SCH_MAX_DEPTH - 1, "actief", "nested too deep"},
    {"CASE", " WHEN actief THEN 1", (SCH_MAX_ARGUMENTS - 1) / 2, " END = 1", "at most 249 WHENs"},
    {"COALESCE(schuld", ", 1", SCH_MAX_ARGUMENTS - 1, ") = 1", "more than 500 parts"},
};

static void test_parse_at_each_bound_is_accepted_and_past_it_refused(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(BOUNDS); i++) {
        sch_request request;
        sch_detail detail = {{0}};
        const bound *b = &BOUNDS[i];
        char *sql = make_long(b->head, b->middle, b->most, b->tail);
        sch_err err = sch_sql_parse(&request, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail);
        if (sch_failed(err)) {
            fail_msg("bound %zu: %s", i, detail.text);
        }
        sch_request_clear(&request);
        free(sql);
        sql = make_long(b->head, b->middle, b->most + 1, b->tail);
        err = sch_sql_parse(&request, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail);
        if (err.code != SCH_BAD_INPUT || strstr(detail.text, b->says) == NULL) {
            fail_msg("bound %zu: code %d, %s", i, (int)err.code, detail.text);
        }
        free(sql);
        checked++;
    }
    assert_int_equal(checked, 6);
}

/* What would take the parser, or who reads its tree, deep into the stack. */
static const bound HOSTILE[] = {
    {"", "(", 3000, "", "nested too deep"},
    {"", "NOT ", 3000, "actief", "nested too deep"},
    {"", "- ", 3000, "1", "nested too deep"},
    {"", "CASE WHEN ", 2000, "", "nested too deep"},
    {"", "[", 3000, "", "nested too deep"},
    {"1", "+1", 3900, " = 1", "nested too deep"},
    {"1", "+1", 5000, " = 1", "more than 8000 words"},
    {"naam = 'x'", " COLLATE c", 3900, "", "COLLATE is not supported"},
    {"naam", "::text", 3900, " = 'x'", "conversions"},
    {"", "actief AND (actief OR ", 101, "", "nested too deep"},
    {"schuld IN (1", ",1", 3900, ")", "more than 500 parts"},
    {"(schuld + schuld)", " * (schuld + schuld)", 1000, " = 1", "nested too deep"},
    {"TRUE", " UNION SELECT 1", 2600, "", "UNION"},
};

static void test_parse_hostile_nesting_is_refused(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(HOSTILE); i++) {
        sch_request request;
        sch_detail detail = {{0}};
        const bound *b = &HOSTILE[i];
        char *sql = make_long(b->head, b->middle, b->most, b->tail);
        assert_true(strlen(sql) <= SCH_MAX_SQL_BYTES);
        sch_err err = sch_sql_parse(&request, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail);
        if (err.code != SCH_BAD_INPUT || strstr(detail.text, b->says) == NULL) {
            fail_msg("hostile %zu: code %d, %s", i, (int)err.code, detail.text);
        }
        free(sql);
        checked++;
    }
    assert_int_equal(checked, 13);
}

static void test_parse_too_large_is_refused(void **state)
{
    (void)state;
    sch_request request;
    sch_detail detail = {{0}};
    char *sql = make_long("", " ", SCH_MAX_SQL_BYTES, "actief");
    unit_assert_code(sch_sql_parse(&request, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "longer than 65536 bytes"));
    free(sql);
    char text[SCH_MAX_LITERAL_BYTES + 2];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    sql = make_long("naam = '", text, 1, "'");
    unit_assert_code(sch_sql_parse(&request, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "at most 256 bytes"));
    free(sql);
    sql = make_long("actief", " AND schuld IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20)", 99, "");
    unit_assert_code(sch_sql_parse(&request, NULL, sql, sql_catalogs, SQL_CATALOGS, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "more than 2000 expressions"));
    free(sql);
}

static void test_parse_more_than_64_outputs_and_groups_is_refused(void **state)
{
    (void)state;
    sch_buf sql = {0};
    sch_request request;
    sch_detail detail = {{0}};
    for (unsigned outputs = SCH_MAX_OUTPUTS; outputs <= SCH_MAX_OUTPUTS + 1; outputs++) {
        sql.bytes = 0;
        unit_assert_ok(sch_buf_append_text(&sql, "SELECT COUNT(*)"));
        for (unsigned i = 1; i < outputs; i++) {
            unit_assert_ok(sch_buf_append_text(&sql, ", COUNT(*)"));
        }
        unit_assert_ok(sch_buf_append_text(&sql, FROM_BC));
        sch_err err = sch_sql_parse(&request, NULL, sch_buf_text(&sql), sql_catalogs, SQL_CATALOGS, &detail);
        unit_assert_code(err, outputs == SCH_MAX_OUTPUTS ? SCH_OK : SCH_BAD_INPUT);
        sch_request_clear(&request);
    }
    assert_non_null(strstr(detail.text, "at most 64 outputs"));
    sch_buf_clear(&sql);
}

/* ---- the libraries beneath ---- */

/* libpg_query brings a protobuf-c of its own under the same names. Messages from others are read by the system's, which
 * gets security updates. */
static void test_protobuf_c_is_the_systems_not_libpg_querys(void **state)
{
    (void)state;
    Dl_info info = {0};
    union {
        ProtobufCMessage *(*function)(const ProtobufCMessageDescriptor *, ProtobufCAllocator *, size_t,
                                      const uint8_t *);
        const void *address;
    } unpack = {.function = protobuf_c_message_unpack};
    assert_int_not_equal(dladdr(unpack.address, &info), 0);
    assert_non_null(strstr(info.dli_fname, "libprotobuf-c"));
}

static void test_parse_gives_standard_error_back(void **state)
{
    (void)state;
    int pair[2], kept = dup(STDERR_FILENO);
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
    sch_request request;
    sch_err good = sch_sql_parse(&request, NULL, "SELECT COUNT(*)" FROM_BC, sql_catalogs, SQL_CATALOGS, NULL);
    sch_request_clear(&request);
    sch_err bad = sch_sql_parse(&request, NULL, "SELECT FROM FROM", sql_catalogs, SQL_CATALOGS, NULL);
    ssize_t written = write(STDERR_FILENO, "x", 1);
    dup2(kept, STDERR_FILENO);
    char byte = 0;
    assert_int_equal(written, 1);
    assert_int_equal(read(pair[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    unit_assert_ok(good);
    unit_assert_code(bad, SCH_BAD_INPUT);
    close(kept);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_accepted_conditions_become_their_trees),
        cmocka_unit_test(test_parse_accepted_statements_become_their_requests),
        cmocka_unit_test(test_parse_refused_conditions_say_why_and_where),
        cmocka_unit_test(test_parse_refused_statements_say_why_and_where),
        cmocka_unit_test(test_parse_counts_lines_and_characters),
        cmocka_unit_test(test_parse_keeps_positions_of_the_text),
        cmocka_unit_test(test_parse_without_detail_and_catalogs_is_refused),
        cmocka_unit_test(test_parse_message_about_a_name_with_control_characters_is_printable),
        cmocka_unit_test(test_parse_text_that_is_not_utf8_is_refused_at_its_place),
        cmocka_unit_test(test_parse_at_each_bound_is_accepted_and_past_it_refused),
        cmocka_unit_test(test_parse_hostile_nesting_is_refused),
        cmocka_unit_test(test_parse_too_large_is_refused),
        cmocka_unit_test(test_parse_more_than_64_outputs_and_groups_is_refused),
        cmocka_unit_test(test_protobuf_c_is_the_systems_not_libpg_querys),
        cmocka_unit_test(test_parse_gives_standard_error_back),
    };
    return cmocka_run_group_tests(tests, sql_catalogs_make, sql_catalogs_clear);
}
