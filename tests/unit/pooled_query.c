#include "tests/unit/pooled_query.h"

#include "crypto/base/buf.h"
#include "tests/support/plan_builder.h"

/* xorshift64* (Vigna 2016). */
uint64_t pooled_draw(pooled_random *random, uint64_t bound)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (random->state * UINT64_C(2685821657736338717) >> 16) % bound;
}

/* ---- schema and data ---- */

static const char *const CODE[] = {"a", "b'c", "D"};
static const char *const TEXT[] = {"", "a", "ab", "A%", "b'c", "\xC3\xA9", "Zz_", "a\"b"};

void pooled_catalogs(sch_catalog catalog[3], bool many, uint32_t min_persons, bool show_zero)
{
    static const char *const node[] = {"noord", "oost", "west"};
    for (size_t i = 0; i < 3; i++) {
        build_catalog(&catalog[i], node[i], i == 1 ? min_persons : 0, show_zero);
    }
    for (size_t side = 0; side < POOLED_SIDES; side++) {
        bool is_many = side == 1 && many;
        sch_data_set *set = build_data_set(&catalog[side], side == 0 ? "s" : "d",
                                           is_many ? SCH_MANY_PER_PERSON : SCH_ONE_PER_PERSON, 1000);
        build_identifier(set, "id");
        build_coded(set, "kt", false, CODE, 3);
        build_bounded(set, "ki", SCH_ROLE_DIMENSION, true, 1, 2, 0);
        build_column(set, "kb", SCH_ROLE_DIMENSION, SCH_TYPE_BOOLEAN, false);
        build_bounded(set, "md", SCH_ROLE_MEASURE, false, -5000, 20000, 2);
        build_bounded(set, "mi", SCH_ROLE_MEASURE, true, -5, 5, 0);
        build_bounded(set, "mn", SCH_ROLE_MEASURE, false, 0, 100, 0);
        build_column(set, "au", SCH_ROLE_ATTRIBUTE, SCH_TYPE_INTEGER, false);
        build_column(set, "at", SCH_ROLE_ATTRIBUTE, SCH_TYPE_TEXT, false);
        sch_column *date = build_column(set, "ad", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE, false);
        date->bounded = true;
        date->minimum = 18262; /* 2020-01-01 */
        date->maximum = 20453; /* 2025-12-31 */
        build_column(set, "af", SCH_ROLE_ATTRIBUTE, SCH_TYPE_BOOLEAN, true);
    }
}

const char *pooled_view(size_t side)
{
    return side == 0 ? "CREATE OR REPLACE VIEW data AS SELECT * REPLACE (CAST(md * 100 AS BIGINT) AS md) FROM s"
                     : "CREATE OR REPLACE VIEW data AS SELECT * REPLACE (CAST(md * 100 AS BIGINT) AS md) FROM d";
}

static void literal(sch_buf *out, const char *text)
{
    unit_assert_ok(sch_buf_append_text(out, "'"));
    for (const char *c = text; *c != '\0'; c++) {
        unit_assert_ok(sch_buf_append_text(out, *c == '\'' ? "'" : ""));
        unit_assert_ok(sch_buf_append(out, c, 1));
    }
    unit_assert_ok(sch_buf_append_text(out, "'"));
}

static bool is_null(sch_buf *out, pooled_random *random)
{
    bool null = pooled_draw(random, 4) == 0;
    unit_assert_ok(sch_buf_append_text(out, null ? ", NULL" : ", "));
    return null;
}

/* One row, its identifier apart. */
static void append_row(sch_buf *out, pooled_random *random)
{
    if (!is_null(out, random)) {
        literal(out, CODE[pooled_draw(random, 3)]);
    }
    unit_assert_ok(sch_buf_printf(out, ", %d", (int)pooled_draw(random, 2) + 1));
    if (!is_null(out, random)) {
        unit_assert_ok(sch_buf_append_text(out, pooled_draw(random, 2) == 0 ? "TRUE" : "FALSE"));
    }
    if (!is_null(out, random)) {
        int cents = (int)pooled_draw(random, 25001) - 5000;
        unit_assert_ok(sch_buf_printf(out, "%s%d.%02d", cents < 0 ? "-" : "", abs(cents) / 100, abs(cents) % 100));
    }
    unit_assert_ok(sch_buf_printf(out, ", %d", (int)pooled_draw(random, 11) - 5));
    if (!is_null(out, random)) {
        unit_assert_ok(sch_buf_printf(out, "%d", (int)pooled_draw(random, 101)));
    }
    if (!is_null(out, random)) {
        static const char *const number[] = {"0", "1", "-3", "7", "9223372036854775807", "-9223372036854775808"};
        unit_assert_ok(sch_buf_append_text(out, number[pooled_draw(random, 6)]));
    }
    if (!is_null(out, random)) {
        literal(out, TEXT[pooled_draw(random, 8)]);
    }
    if (!is_null(out, random)) {
        unit_assert_ok(sch_buf_printf(out, "DATE '2020-01-01' + %d", (int)pooled_draw(random, 2192)));
    }
    unit_assert_ok(sch_buf_append_text(out, pooled_draw(random, 2) == 0 ? ", TRUE)" : ", FALSE)"));
}

void pooled_fill(duck *db, pooled_random *random, bool many)
{
    static const char columns[] =
        "(id VARCHAR, kt VARCHAR, ki BIGINT, kb BOOLEAN, md DECIMAL(9, 2), mi BIGINT, mn BIGINT,"
        " au BIGINT, \"at\" VARCHAR, ad DATE, af BOOLEAN)";
    size_t persons = pooled_draw(random, 8) == 0 ? 3 : 20 + pooled_draw(random, 60);
    for (size_t side = 0; side < POOLED_SIDES; side++) {
        sch_buf sql = {0};
        unit_assert_ok(sch_buf_printf(&sql, "CREATE OR REPLACE TABLE %s %s; INSERT INTO %s VALUES ",
                                      side == 0 ? "s" : "d", columns, side == 0 ? "s" : "d"));
        unit_assert_ok(sch_buf_append_text(&sql, "(NULL"));
        append_row(&sql, random);
        for (size_t person = 0; person < persons; person++) {
            size_t rows = pooled_draw(random, 5) > 0 ? 1 : 0;
            rows = side == 1 && many ? pooled_draw(random, 6) : rows;
            for (size_t i = 0; i < rows; i++) {
                /* Some identifiers stand on one side only. */
                bool alone = pooled_draw(random, 8) == 0 && !(side == 1 && many);
                unit_assert_ok(sch_buf_printf(&sql, ", ('%s%zu'", alone ? (side == 0 ? "x" : "y") : "p", person));
                append_row(&sql, random);
            }
        }
        duck_run(db, sch_buf_text(&sql));
        sch_buf_clear(&sql);
    }
    if (many) {
        duck_run(db, "INSERT INTO d SELECT NULL, * EXCLUDE (id) FROM d LIMIT 2");
    }
}

/* ---- expressions ---- */

/* An expression in both forms. Texts live until the query is made. */
typedef struct made {
    uint32_t expression;
    const char *sql;
} made;

enum { ARENA = 20000 };

typedef struct maker {
    pooled_random *random;
    sch_request *request;
    uint8_t from[POOLED_SIDES]; /* of a side: its place in FROM */
    char *text[ARENA];
    size_t text_count;
} maker;

static uint64_t draw(maker *m, uint64_t bound)
{
    return pooled_draw(m->random, bound);
}

__attribute__((format(printf, 2, 3))) static const char *format(maker *m, const char *pattern, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, pattern);
    assert_true(vasprintf(&text, pattern, arguments) >= 0);
    va_end(arguments);
    assert_true(m->text_count < ARENA);
    m->text[m->text_count++] = text;
    return text;
}

static made column(maker *m, size_t side, const char *name)
{
    return (made){build_col(m->request, m->from[side], name), format(m, "%s.\"%s\"", side == 0 ? "s" : "d", name)};
}

static made whole(maker *m, int64_t number)
{
    return (made){build_number(m->request, number, 0), format(m, "CAST(%lld AS BIGINT)", (long long)number)};
}

static made fraction(maker *m)
{
    static const char *const text[] = {"1.5", "-0.25", "100.0", "12.345", "0.1", "-7.50"};
    static const int64_t number[] = {15, -25, 1000, 12345, 1, -750};
    static const uint8_t decimals[] = {1, 2, 1, 3, 1, 2};
    size_t i = draw(m, 6);
    return (made){build_number(m->request, number[i], decimals[i]), format(m, "(%s)", text[i])};
}

static made text_constant(maker *m)
{
    const char *text = TEXT[draw(m, 8)];
    sch_buf out = {0};
    literal(&out, text);
    made result = {build_text(m->request, text), format(m, "%s", sch_buf_text(&out))};
    sch_buf_clear(&out);
    return result;
}

static made date_constant(maker *m)
{
    static const char *const text[] = {"2020-02-29", "2023-01-01", "2024-12-31", "1899-12-31"};
    static const int64_t days[] = {18321, 19358, 20088, -25568};
    size_t i = draw(m, 4);
    return (made){build_date(m->request, days[i]), format(m, "DATE '%s'", text[i])};
}

static made op1(maker *m, sch_op op, const char *pattern_before, made a, const char *after)
{
    return (made){build_op1(m->request, op, a.expression), format(m, "%s%s%s", pattern_before, a.sql, after)};
}

static made op2(maker *m, sch_op op, made a, const char *between, made b)
{
    return (made){build_op2(m->request, op, a.expression, b.expression), format(m, "(%s%s%s)", a.sql, between, b.sql)};
}

static made condition(maker *m, size_t side, unsigned depth);
static made number(maker *m, size_t side, unsigned depth);
static made text(maker *m, size_t side, unsigned depth);

/* A CASE over results of one kind; sometimes with two branches, sometimes without ELSE. */
static made choice(maker *m, size_t side, unsigned depth, made (*kind)(maker *, size_t, unsigned))
{
    made c = condition(m, side, depth);
    made a = kind(m, side, depth);
    bool no_else = draw(m, 3) == 0;
    made z = no_else ? (made){build_null(m->request), "NULL"} : kind(m, side, depth);
    if (draw(m, 3) > 0) {
        const uint32_t argument[] = {c.expression, a.expression, z.expression};
        return (made){build_op(m->request, SCH_OP_CASE, 3, argument),
                      format(m, "(CASE WHEN %s THEN %s ELSE %s END)", c.sql, a.sql, z.sql)};
    }
    made c2 = condition(m, side, depth);
    made b = kind(m, side, depth);
    const uint32_t argument[] = {c.expression, a.expression, c2.expression, b.expression, z.expression};
    return (made){build_op(m->request, SCH_OP_CASE, 5, argument),
                  format(m, "(CASE WHEN %s THEN %s WHEN %s THEN %s ELSE %s END)", c.sql, a.sql, c2.sql, b.sql, z.sql)};
}

static made coalesce(maker *m, size_t side, unsigned depth, made (*kind)(maker *, size_t, unsigned))
{
    made a = kind(m, side, depth);
    made b = kind(m, side, depth);
    return (made){build_op2(m->request, SCH_OP_COALESCE, a.expression, b.expression),
                  format(m, "COALESCE(%s, %s)", a.sql, b.sql)};
}

static made integer(maker *m, size_t side, unsigned depth)
{
    uint64_t kind = draw(m, depth == 0 ? 5 : 12);
    switch (kind) {
    case 0:
    case 1:
        return column(m, side, "mi");
    case 2:
    case 3:
        return column(m, side, "mn");
    case 4:
        return whole(m, (int64_t)draw(m, 41) - 20);
    case 5:
        return op2(m, SCH_OP_ADD, integer(m, side, depth - 1), " + ", integer(m, side, depth - 1));
    case 6:
        return op2(m, SCH_OP_MULTIPLY, integer(m, side, depth - 1), " * ", integer(m, side, depth - 1));
    case 7:
        return op2(m, SCH_OP_MODULO, integer(m, side, depth - 1), " % ", whole(m, draw(m, 2) == 0 ? 7 : -3));
    case 8:
        return op1(m, SCH_OP_LENGTH, "LENGTH(", text(m, side, depth - 1), ")");
    case 9:
        return op1(m, SCH_OP_YEAR, "YEAR(", column(m, side, "ad"), ")");
    case 10:
        return op1(m, SCH_OP_MONTH, "MONTH(", column(m, side, "ad"), ")");
    default:
        return choice(m, side, depth - 1, integer);
    }
}

static made number(maker *m, size_t side, unsigned depth)
{
    uint64_t kind = draw(m, depth == 0 ? 4 : 11);
    switch (kind) {
    case 0:
    case 1:
        return column(m, side, "md");
    case 2:
        return fraction(m);
    case 3:
        return integer(m, side, depth);
    case 4:
        return op2(m, SCH_OP_ADD, number(m, side, depth - 1), " + ", number(m, side, depth - 1));
    case 5:
        return op2(m, SCH_OP_SUBTRACT, number(m, side, depth - 1), " - ", number(m, side, depth - 1));
    case 6:
        return op2(m, SCH_OP_MULTIPLY, number(m, side, depth - 1), " * ", number(m, side, depth - 1));
    case 7:
        return op1(m, SCH_OP_NEGATE, "(-", number(m, side, depth - 1), ")");
    case 8:
        return op1(m, SCH_OP_ABS, "ABS(", number(m, side, depth - 1), ")");
    case 9:
        return coalesce(m, side, depth - 1, number);
    default:
        return choice(m, side, depth - 1, number);
    }
}

static made text(maker *m, size_t side, unsigned depth)
{
    uint64_t kind = draw(m, depth == 0 ? 4 : 9);
    switch (kind) {
    case 0:
    case 1:
        return column(m, side, "at");
    case 2:
        return column(m, side, "kt");
    case 3:
        return text_constant(m);
    case 4:
        return op1(m, SCH_OP_LOWER, "LOWER(", text(m, side, depth - 1), ")");
    case 5:
        return op1(m, SCH_OP_UPPER, "UPPER(", text(m, side, depth - 1), ")");
    case 6:
        return coalesce(m, side, depth - 1, text);
    case 7:
        return choice(m, side, depth - 1, text);
    default: {
        made a = text(m, side, depth - 1);
        uint64_t from = draw(m, 3) + 1;
        uint64_t length = draw(m, 3);
        uint32_t expression =
            build_op3(m->request, SCH_OP_SUBSTRING, a.expression, build_number(m->request, (int64_t)from, 0),
                      build_number(m->request, (int64_t)length, 0));
        return (made){expression, format(m, "SUBSTRING(%s, %d, %d)", a.sql, (int)from, (int)length)};
    }
    }
}

static made compare(maker *m, made a, made b)
{
    static const sch_op op[] = {SCH_OP_EQUAL,      SCH_OP_NOT_EQUAL, SCH_OP_LESS,
                                SCH_OP_LESS_EQUAL, SCH_OP_GREATER,   SCH_OP_GREATER_EQUAL};
    static const char *const sign[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
    size_t i = draw(m, 6);
    return op2(m, op[i], a, sign[i], b);
}

/* value [NOT] BETWEEN low AND high, value [NOT] IN (x, y). */
static made membership(maker *m, made value, made x, made y)
{
    bool negated = draw(m, 2) == 0;
    const char *no = negated ? "NOT " : "";
    const uint32_t argument[] = {value.expression, x.expression, y.expression};
    const sch_expression *e = &m->request->expression[x.expression];
    bool constants = e->argument_count == 0 && e->op != SCH_OP_COLUMN;
    e = &m->request->expression[y.expression];
    constants = constants && e->argument_count == 0 && e->op != SCH_OP_COLUMN;
    if (constants) {
        return (made){build_op(m->request, negated ? SCH_OP_NOT_IN : SCH_OP_IN, 3, argument),
                      format(m, "(%s %sIN (%s, %s))", value.sql, no, x.sql, y.sql)};
    }
    return (made){build_op(m->request, negated ? SCH_OP_NOT_BETWEEN : SCH_OP_BETWEEN, 3, argument),
                  format(m, "(%s %sBETWEEN %s AND %s)", value.sql, no, x.sql, y.sql)};
}

static made null_or(maker *m, made other)
{
    return draw(m, 4) == 0 ? (made){build_null(m->request), "NULL"} : other;
}

static made like(maker *m, made value)
{
    static const char *const pattern[] = {"a%", "%b%", "_", "%'c", "A%", "", "%"};
    static const char *const escaped[] = {"a%", "%b%", "_", "%''c", "A%", "", "%"};
    bool negated = draw(m, 2) == 0;
    size_t i = draw(m, 7);
    uint32_t expression = build_op2(m->request, negated ? SCH_OP_NOT_LIKE : SCH_OP_LIKE, value.expression,
                                    build_text(m->request, pattern[i]));
    return (made){expression, format(m, "(%s %sLIKE '%s')", value.sql, negated ? "NOT " : "", escaped[i])};
}

static made simple_condition(maker *m, size_t side, unsigned depth)
{
    switch (draw(m, 12)) {
    case 0:
        return column(m, side, "af");
    case 1:
        return column(m, side, "kb");
    case 2:
        return compare(m, number(m, side, depth), number(m, side, depth));
    case 3:
        return compare(m, column(m, side, "au"), draw(m, 2) == 0 ? fraction(m) : number(m, side, 0));
    case 4:
        return membership(m, number(m, side, depth), null_or(m, fraction(m)), whole(m, 3));
    case 5:
        return membership(m, column(m, side, "au"), number(m, side, depth), number(m, side, 0));
    case 6:
        return compare(m, text(m, side, depth), text(m, side, depth));
    case 7:
        return membership(m, text(m, side, depth), text_constant(m), null_or(m, text_constant(m)));
    case 8:
        return like(m, text(m, side, depth));
    case 9:
        return compare(m, column(m, side, "ad"), date_constant(m));
    case 10:
        return membership(m, column(m, side, "ad"), date_constant(m), date_constant(m));
    default:
        return compare(m, column(m, side, "ki"), whole(m, (int64_t)draw(m, 3)));
    }
}

static made condition(maker *m, size_t side, unsigned depth)
{
    if (depth == 0) {
        return simple_condition(m, side, 0);
    }
    switch (draw(m, 9)) {
    case 0:
        return op2(m, SCH_OP_AND, condition(m, side, depth - 1), " AND ", condition(m, side, depth - 1));
    case 1:
        return op2(m, SCH_OP_OR, condition(m, side, depth - 1), " OR ", condition(m, side, depth - 1));
    case 2:
        return op1(m, SCH_OP_NOT, "(NOT ", condition(m, side, depth - 1), ")");
    case 3:
        return op1(m, SCH_OP_IS_NULL, "(", condition(m, side, depth - 1), " IS NULL)");
    case 4:
        return op1(m, SCH_OP_IS_NOT_NULL, "(", number(m, side, depth - 1), " IS NOT NULL)");
    case 5:
        return compare(m, condition(m, side, depth - 1), condition(m, side, depth - 1));
    case 6: {
        bool value = draw(m, 2) == 0;
        made constant = {build_boolean(m->request, value), value ? "TRUE" : "FALSE"};
        return op2(m, SCH_OP_OR, null_or(m, constant), " OR ", condition(m, side, depth - 1));
    }
    default:
        return simple_condition(m, side, depth - 1);
    }
}

/* ---- the query ---- */

static void append(sch_buf *out, const char *text_)
{
    unit_assert_ok(sch_buf_append_text(out, text_));
}

static void make_aggregate(maker *m, sch_buf *sql, size_t index)
{
    size_t side = draw(m, 2);
    uint64_t kind = draw(m, 10);
    char name[24];
    snprintf(name, sizeof name, "x%zu", index);
    if (kind == 0) {
        build_output(m->request, name, build_op(m->request, SCH_OP_COUNT_ROWS, 0, NULL));
        append(sql, ", COUNT(*), COUNT(DISTINCT id), NULL, NULL");
        return;
    }
    if (kind == 1) {
        made id = column(m, side, "id");
        build_output(m->request, name, build_op1(m->request, SCH_OP_COUNT_PERSONS, id.expression));
        append(sql, ", COUNT(DISTINCT id), COUNT(DISTINCT id), NULL, NULL");
        return;
    }
    unsigned depth = (unsigned)draw(m, 3);
    made argument = kind == 2 ? condition(m, side, depth) : kind == 3 ? text(m, side, depth) : number(m, side, depth);
    sch_op op = kind < 5 ? SCH_OP_COUNT : kind < 8 ? SCH_OP_SUM : SCH_OP_AVG;
    build_output(m->request, name, build_op1(m->request, op, argument.expression));
    const char *a = argument.sql;
    const char *function = op == SCH_OP_COUNT ? "COUNT" : op == SCH_OP_SUM ? "SUM" : "AVG";
    append(sql, format(m, ", %s(%s), COUNT(DISTINCT CASE WHEN (%s) IS NOT NULL THEN id END)", function, a, a));
    append(sql, op == SCH_OP_AVG ? format(m, ", SUM(%s), COUNT(%s)", a, a) : ", NULL, NULL");
}

static void make_keys(maker *m, sch_buf *keys)
{
    static const char *const name[] = {"kt", "ki", "kb"};
    size_t start = draw(m, 6);
    size_t count = draw(m, 4);
    for (size_t i = 0; i < count; i++) {
        size_t at = (start + i * (draw(m, 2) == 0 ? 1 : 5)) % 6;
        bool again = false;
        for (size_t j = 0; j < m->request->group_by_count; j++) {
            const sch_expression *e = &m->request->expression[m->request->group_by[j]];
            again = again || (e->data_set == m->from[at / 3] && strcmp(e->text, name[at % 3]) == 0);
        }
        if (!again) {
            append(keys, format(m, "%s%s.%s", keys->bytes > 0 ? ", " : "", at / 3 == 0 ? "s" : "d", name[at % 3]));
            build_key(m->request, m->from[at / 3], name[at % 3]);
        }
    }
}

static void make_where(maker *m, sch_buf *sql)
{
    size_t count = draw(m, 4);
    made where = {0, NULL};
    for (size_t i = 0; i < count; i++) {
        made next = condition(m, draw(m, 2), (unsigned)draw(m, 3));
        where = where.sql == NULL ? next : op2(m, SCH_OP_AND, where, " AND ", next);
    }
    if (where.sql != NULL) {
        build_where(m->request, where.expression);
        append(sql, format(m, " WHERE %s", where.sql));
    }
}

void pooled_make(pooled_query *query, pooled_random *random, const sch_catalog catalog[3])
{
    maker *m = calloc(1, sizeof *m);
    assert_non_null(m);
    sch_buf keys = {0};
    sch_buf sql = {0};
    *query = (pooled_query){.aggregate_count = 1 + pooled_draw(random, POOLED_MAX_AGGREGATES)};
    m->random = random;
    m->request = &query->request;
    m->from[0] = (uint8_t)draw(m, 2);
    m->from[1] = (uint8_t)(1 - m->from[0]);
    if (m->from[0] == 0) {
        build_request(&query->request, &catalog[0], "s", "s", &catalog[1], "d", "d");
    } else {
        build_request(&query->request, &catalog[1], "d", "d", &catalog[0], "s", "s");
    }
    make_keys(m, &keys);
    query->key_count = query->request.group_by_count;
    append(&sql, "SELECT ");
    append(&sql, keys.bytes > 0 ? format(m, "%s, ", sch_buf_text(&keys)) : "");
    append(&sql, "COUNT(*), COUNT(DISTINCT id)");
    for (size_t i = 0; i < query->aggregate_count; i++) {
        make_aggregate(m, &sql, i);
    }
    append(&sql, " FROM s JOIN d USING (id)");
    make_where(m, &sql);
    append(&sql, keys.bytes > 0 ? format(m, " GROUP BY %s", sch_buf_text(&keys)) : "");
    query->sql = strdup(sch_buf_text(&sql));
    assert_non_null(query->sql);
    for (size_t i = 0; i < m->text_count; i++) {
        free(m->text[i]);
    }
    free(m);
    sch_buf_clear(&keys);
    sch_buf_clear(&sql);
}

void pooled_clear(pooled_query *query)
{
    sch_request_clear(&query->request);
    free(query->sql);
    *query = (pooled_query){0};
}
