/* Tables of SQL texts: what is accepted with the request that it becomes, written as a text, and what is refused with
 * the message and the place, which a ` marks in the text. */
#include "node/query/sql.h"

#include <ctype.h>
#include <dlfcn.h>
#include <unistd.h>

#include <protobuf-c/protobuf-c.h>

#include "node/query/op_name.h"
#include "tests/support/requests.h"
#include "tests/support/sql_catalogs.h"
#include "tests/support/unit.h"
#include "tests/unit/sql_accepted.h"
#include "tests/unit/sql_refused.h"

enum { SQL_BYTES = 4096 };

/* ---- a request as a text ---- */

/* Those whose name is not that of sch_op_name in small letters. */
static const struct {
    sch_op op;
    const char *sign;
} SIGNS[] = {
    {SCH_OP_NEGATE, "neg"},
    {SCH_OP_NOT_IN, "not-in"},
    {SCH_OP_NOT_BETWEEN, "not-between"},
    {SCH_OP_IS_NULL, "null?"},
    {SCH_OP_IS_NOT_NULL, "value?"},
    {SCH_OP_NOT_LIKE, "not-like"},
    {SCH_OP_COUNT_ROWS, "rows"},
    {SCH_OP_COUNT_PERSONS, "persons"},
    {SCH_OP_PERCENTILE_CONT, "percentile"},
    {SCH_OP_PERCENTILE_DISC, "value-at"},
};

static void write_sign(sch_buf *out, sch_op op)
{
    for (size_t i = 0; i < SQL_COUNT(SIGNS); i++) {
        if (SIGNS[i].op == op) {
            unit_assert_ok(sch_buf_append_text(out, SIGNS[i].sign));
            return;
        }
    }
    for (const char *c = sch_op_name(op); *c != '\0'; c++) {
        unit_assert_ok(sch_buf_printf(out, "%c", tolower(*c)));
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
    case SCH_OP_ORGANISATION:
        unit_assert_ok(sch_buf_printf(out, "(organisation %s)", r->from[e->data_set].alias));
        return;
    default:
        break;
    }
    unit_assert_ok(sch_buf_append_text(out, "("));
    write_sign(out, e->op);
    for (size_t i = 0; i < e->argument_count; i++) {
        unit_assert_ok(sch_buf_append_text(out, " "));
        write_expression(out, r, e->argument[i]);
    }
    unit_assert_ok(sch_buf_append_text(out, ")"));
}

static void write_from(sch_buf *out, const sch_request *r)
{
    for (size_t i = 0; i < r->from_count; i++) {
        const sch_from *from = &r->from[i];
        unit_assert_ok(
            sch_buf_printf(out, "%s%s%s", i == 0 ? "" : " ", from->alias, from->join == SCH_JOIN_LEFT ? "?=" : "="));
        for (size_t j = 0; j < from->node_count; j++) {
            unit_assert_ok(sch_buf_printf(out, "%s%s", j == 0 ? "" : "+", from->node[j]));
        }
        unit_assert_ok(sch_buf_printf(out, ".%s.%s", from->data_set, from->join_column));
    }
}

/* "{01, 0, -}": the keys that each set keeps. */
static void write_sets(sch_buf *out, const sch_request *r)
{
    for (size_t i = 0; i < r->set_count; i++) {
        unit_assert_ok(sch_buf_append_text(out, i == 0 ? " {" : ", "));
        for (unsigned key = 0; key < r->group_by_count; key++) {
            if ((r->set[i] >> key & 1U) != 0) {
                unit_assert_ok(sch_buf_printf(out, "%u", key));
            }
        }
        unit_assert_ok(sch_buf_append_text(out, r->set[i] == 0 ? "-" : ""));
        unit_assert_ok(sch_buf_append_text(out, i + 1 == r->set_count ? "}" : ""));
    }
}

/* " | having | order, order | limit", without what is not there at the end. */
static void write_rows(sch_buf *out, const sch_request *r)
{
    bool more = r->has_having || r->order_count > 0 || r->has_limit;
    unit_assert_ok(sch_buf_append_text(out, more ? " | " : ""));
    if (r->has_having) {
        write_expression(out, r, r->having);
    }
    unit_assert_ok(sch_buf_append_text(out, r->order_count > 0 || r->has_limit ? " | " : ""));
    for (size_t i = 0; i < r->order_count; i++) {
        unit_assert_ok(sch_buf_append_text(out, i == 0 ? "" : ", "));
        write_expression(out, r, r->order[i].expression);
        unit_assert_ok(sch_buf_printf(out, " %s%s", r->order[i].nulls_first ? "null-" : "",
                                      r->order[i].descending ? "down" : "up"));
    }
    if (r->has_limit) {
        unit_assert_ok(sch_buf_printf(out, " | %llu", (unsigned long long)r->limit));
    }
}

/* "b=gemeente.bijstand.bsn c?=cbs.banen.bsn | where | group, group {sets} | name: output, ..." and then the rows. */
static void write_request(sch_buf *out, const sch_request *r)
{
    write_from(out, r);
    unit_assert_ok(sch_buf_append_text(out, " | "));
    if (r->has_where) {
        write_expression(out, r, r->where);
    }
    unit_assert_ok(sch_buf_append_text(out, " | "));
    for (size_t i = 0; i < r->group_by_count; i++) {
        unit_assert_ok(sch_buf_append_text(out, i == 0 ? "" : ", "));
        write_expression(out, r, r->group_by[i]);
    }
    write_sets(out, r);
    unit_assert_ok(sch_buf_append_text(out, r->linkage ? " | linkage" : " | "));
    for (size_t i = 0; i < r->output_count; i++) {
        unit_assert_ok(sch_buf_printf(out, "%s%s: ", i > 0 || r->linkage ? ", " : "", r->output[i].name));
        write_expression(out, r, r->output[i].expression);
    }
    write_rows(out, r);
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

static bool check_accepted(const char *sql, const char *expected)
{
    sch_buf text = {0};
    parse_to_text(&text, sql);
    bool same = strcmp(sch_buf_text(&text), expected) == 0;
    if (!same) {
        print_error("%s\ngives   %s\nwanted  %s\n", sql, sch_buf_text(&text), expected);
    }
    sch_buf_clear(&text);
    return same;
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

/* Gives false, having said why, where a text is not refused as it should be. */
static bool check_refused(const char *marked, const char *says)
{
    char sql[SQL_BYTES];
    size_t expected = unmark(sql, marked);
    sch_request request;
    sch_detail detail = {{0}};
    size_t position = 0;
    sch_err err = sch_sql_parse(&request, &position, sql, sql_catalogs, SQL_CATALOGS, &detail);
    if (err.code != SCH_BAD_INPUT || strstr(detail.text, says) == NULL) {
        print_error("%s\ncode %d, says  %s\nwanted  %s\n", sql, (int)err.code, detail.text, says);
        sch_request_clear(&request);
        return false;
    }
    if (position != expected) {
        print_error("%s\n%s\nat %zd instead of %zd\n", sql, detail.text, (ssize_t)position, (ssize_t)expected);
        return false;
    }
    assert_int_equal(strncmp(detail.text, "line ", 5) == 0, expected != SCH_SQL_NO_POSITION);
    assert_null(request.expression);
    assert_int_equal(request.from_count, 0);
    return true;
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
        checked += check_accepted(sql, expected);
    }
    assert_int_equal(checked, SQL_COUNT(CONDITIONS));
}

static void test_parse_accepted_statements_become_their_requests(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(STATEMENTS); i++) {
        checked += check_accepted(STATEMENTS[i].sql, STATEMENTS[i].request);
    }
    assert_int_equal(checked, SQL_COUNT(STATEMENTS));
}

/* With and without LINKAGE() in it, and without any output, a query for the report is the same request. */
static void test_parse_linkage_needs_no_call_in_the_text(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *same;
    } CASES[] = {
        {"SELECT buurt" FROM_BC "GROUP BY buurt", "SELECT buurt, LINKAGE()" FROM_BC "GROUP BY buurt"},
        {"SELECT buurt, LINKAGE()" FROM_BC "GROUP BY buurt", "SELECT buurt, LINKAGE()" FROM_BC "GROUP BY buurt"},
        {"SELECT" FROM_BC "GROUP BY buurt", "SELECT LINKAGE()" FROM_BC "GROUP BY buurt"},
        {"SELECT" FROM_BC, "SELECT LINKAGE()" FROM_BC},
    };
    for (size_t i = 0; i < SQL_COUNT(CASES); i++) {
        sch_request a, b;
        size_t position = 0;
        unit_assert_ok(sch_sql_parse_linkage(&a, &position, CASES[i].asked, sql_catalogs, SQL_CATALOGS, NULL));
        unit_assert_ok(sch_sql_parse(&b, NULL, CASES[i].same, sql_catalogs, SQL_CATALOGS, NULL));
        assert_true(a.linkage && request_same_query(&a, &b));
        assert_int_equal(position, SCH_SQL_NO_POSITION);
        sch_request_clear(&a);
        sch_request_clear(&b);
    }
}

static void test_parse_linkage_beside_aggregates_is_refused(void **state)
{
    (void)state;
    sch_request request;
    sch_detail detail = {{0}};
    size_t position = SCH_SQL_NO_POSITION;
    const char *sql = "SELECT buurt, AVG(loon)" FROM_BC "GROUP BY buurt";
    unit_assert_code(sch_sql_parse_linkage(&request, &position, sql, sql_catalogs, SQL_CATALOGS, &detail),
                     SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "LINKAGE() stands beside keys of the GROUP BY alone"));
    assert_int_equal(position, 0);
    assert_null(request.expression);
}

/* ---- refused ---- */

static void test_parse_refused_conditions_say_why_and_where(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(REFUSED_CONDITIONS); i++) {
        char sql[SQL_BYTES];
        snprintf(sql, sizeof sql, "SELECT COUNT(*)" FROM_BC "WHERE %s", REFUSED_CONDITIONS[i].sql);
        checked += check_refused(sql, REFUSED_CONDITIONS[i].says);
    }
    assert_int_equal(checked, SQL_COUNT(REFUSED_CONDITIONS));
}

static void test_parse_refused_statements_say_why_and_where(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < SQL_COUNT(REFUSED_STATEMENTS); i++) {
        checked += check_refused(REFUSED_STATEMENTS[i].sql, REFUSED_STATEMENTS[i].says);
    }
    assert_int_equal(checked, SQL_COUNT(REFUSED_STATEMENTS));
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
    assert_true(check_refused("SELECT '`\xFF'", "not UTF-8"));
    assert_true(check_refused("SELECT 'é' `\xE2\x82", "not UTF-8"));
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
        cmocka_unit_test(test_parse_linkage_needs_no_call_in_the_text),
        cmocka_unit_test(test_parse_linkage_beside_aggregates_is_refused),
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
