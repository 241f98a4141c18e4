/* random_request.h - random queries that pass sch_request_check_query, for test_request_sql.c alone: it has parse(). */
#ifndef SCH_TESTS_UNIT_RANDOM_REQUEST_H
#define SCH_TESTS_UNIT_RANDOM_REQUEST_H

#include "proto/request.h"
#include "tests/support/unit.h"
#include "tests/unit/sql_accepted.h"

/* Reads SQL that is accepted. */
static void parse(sch_request *out, const char *sql);

static uint64_t g_random;

/* Where the next expression stands: below aggregates or in WHERE, or above. */
static bool g_after;

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

static uint32_t add_aggregate(sch_request *r, unsigned depth);

/* Above aggregates: a key, an aggregate, a constant, or the mark of a margin. */
static uint32_t add_leaf_after(sch_request *r, unsigned depth)
{
    uint32_t key = r->group_by_count == 0 ? 0 : r->group_by[pick((uint32_t)r->group_by_count)];
    switch (pick(4)) {
    case 0:
        return add_constant(r);
    case 1:
        return r->group_by_count == 0 ? add_constant(r) : key;
    case 2:
        return r->group_by_count == 0 ? add_constant(r) : add(r, SCH_OP_GROUPING, &key, 1);
    default:
        return r->linkage ? add_constant(r) : add_aggregate(r, depth);
    }
}

static uint32_t add_leaf(sch_request *r, unsigned depth)
{
    if (g_after) {
        return add_leaf_after(r, depth);
    }
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
    case SCH_OP_ROUND:
        argument[count++] = add_number(r, SCH_OP_NUMBER, pick(SCH_MAX_NUMBER_DECIMALS + 1), 0);
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
        {SCH_OP_ADD, 2, 2},
        {SCH_OP_SUBTRACT, 2, 2},
        {SCH_OP_MULTIPLY, 2, 2},
        {SCH_OP_NEGATE, 1, 1},
        {SCH_OP_MODULO, 2, 2},
        {SCH_OP_EQUAL, 2, 2},
        {SCH_OP_NOT_EQUAL, 2, 2},
        {SCH_OP_LESS, 2, 2},
        {SCH_OP_LESS_EQUAL, 2, 2},
        {SCH_OP_GREATER, 2, 2},
        {SCH_OP_GREATER_EQUAL, 2, 2},
        {SCH_OP_IN, 0, 0},
        {SCH_OP_NOT_IN, 0, 0},
        {SCH_OP_BETWEEN, 3, 3},
        {SCH_OP_NOT_BETWEEN, 3, 3},
        {SCH_OP_IS_NULL, 1, 1},
        {SCH_OP_IS_NOT_NULL, 1, 1},
        {SCH_OP_LIKE, 0, 0},
        {SCH_OP_NOT_LIKE, 0, 0},
        {SCH_OP_AND, 2, 4},
        {SCH_OP_OR, 2, 4},
        {SCH_OP_NOT, 1, 1},
        {SCH_OP_CASE, 0, 0},
        {SCH_OP_ABS, 1, 1},
        {SCH_OP_COALESCE, 1, 4},
        {SCH_OP_LOWER, 1, 1},
        {SCH_OP_UPPER, 1, 1},
        {SCH_OP_LENGTH, 1, 1},
        {SCH_OP_SUBSTRING, 0, 0},
        {SCH_OP_YEAR, 1, 1},
        {SCH_OP_MONTH, 1, 1},
        {SCH_OP_DIVIDE, 2, 2},
        {SCH_OP_ROUND, 0, 0},
        {SCH_OP_SQRT, 1, 1},
        {SCH_OP_LN, 1, 1},
        {SCH_OP_EXP, 1, 1},
        {SCH_OP_POWER, 2, 2},
        {SCH_OP_NULLIF, 2, 2},
    };
    enum { AFTER = 7 }; /* of these the last are for above aggregates alone */
    if (depth == 0 || pick(5) == 0 || r->expression_count > SCH_MAX_EXPRESSIONS / 4) {
        return add_leaf(r, depth);
    }
    size_t i = pick((uint32_t)(SQL_COUNT(OPS) - (g_after ? 0 : AFTER)));
    if (OPS[i].most == 0) {
        return add_special(r, OPS[i].op, depth);
    }
    return add_over(r, OPS[i].op, OPS[i].least + pick((uint32_t)(OPS[i].most - OPS[i].least + 1)), depth);
}

static uint32_t add_fraction(sch_request *r)
{
    uint8_t decimals = (uint8_t)pick(5);
    uint32_t one = 1;
    for (unsigned i = 0; i < decimals; i++) {
        one *= 10;
    }
    return add_number(r, SCH_OP_NUMBER, pick(one + 1), decimals);
}

static uint32_t add_aggregate(sch_request *r, unsigned depth)
{
    sch_op op = (sch_op)(SCH_OP_COUNT_ROWS + pick(SCH_OP_PERCENTILE_DISC - SCH_OP_COUNT_ROWS + 1));
    uint32_t argument[2] = {0};
    size_t count = 1;
    unsigned below = depth > 0 ? depth - 1 : 0;
    g_after = false;
    switch (op) {
    case SCH_OP_COUNT_ROWS:
        count = 0;
        break;
    case SCH_OP_COUNT_PERSONS:
        argument[0] = add_column(r, pick(2), "bsn");
        break;
    default:
        argument[0] = add_tree(r, below);
        break;
    }
    if (op >= SCH_OP_COVAR_SAMP) {
        argument[count++] = op >= SCH_OP_PERCENTILE_CONT ? add_fraction(r) : add_tree(r, below);
    }
    g_after = true;
    return add(r, op, argument, count);
}

static uint32_t add_key(sch_request *r)
{
    static const char *const SPINE[] = {"schuld", "buurt", "jaar"};
    switch (pick(3)) {
    case 0:
        return add_column(r, 1, "sector");
    case 1: {
        uint32_t column = add_column(r, pick(2), "jaar");
        return add(r, SCH_OP_BIN, &column, 1);
    }
    default:
        return add_column(r, 0, SPINE[pick(SQL_COUNT(SPINE))]);
    }
}

/* Keys, and in half of them grouping sets as the parser numbers them. */
static void add_groups(sch_request *r)
{
    size_t key = 0;
    for (size_t i = pick(5); i > 0; i--) {
        uint32_t expression = add_key(r);
        if (!sch_request_find_key(r, &key, expression)) {
            r->group_by[r->group_by_count++] = expression;
        }
    }
    for (size_t i = 0; i < r->from_count; i++) {
        if (r->from[i].node_count > 1) {
            r->group_by[r->group_by_count] = add(r, SCH_OP_ORGANISATION, NULL, 0);
            r->expression[r->group_by[r->group_by_count++]].data_set = (uint8_t)i;
        }
    }
    uint32_t all = (UINT32_C(1) << r->group_by_count) - 1, kept = 0;
    for (size_t i = 0; r->group_by_count > 0 && pick(2) == 0 && i < 40; i++) {
        uint32_t set = pick(3) == 0 ? all >> pick((uint32_t)r->group_by_count + 1) : pick(all + 1);
        bool fits = ((kept | set) & ((kept | set) + 1)) == 0 && r->set_count < SCH_MAX_SETS;
        for (size_t j = 0; j < r->set_count; j++) {
            fits = fits && r->set[j] != set;
        }
        kept |= fits ? set : 0;
        r->set[r->set_count] = fits ? set : r->set[r->set_count];
        r->set_count += fits;
    }
    r->set_count = kept == all && r->set_count > 1 ? r->set_count : 0;
}

/* HAVING, ORDER BY and LIMIT. */
static void add_rows(sch_request *r, unsigned depth)
{
    r->has_having = pick(2) == 0;
    r->having = r->has_having ? add_tree(r, depth) : 0;
    for (size_t i = pick(4); i > 0; i--) {
        sch_order *order = &r->order[r->order_count];
        *order = (sch_order){.descending = pick(2) == 0, .nulls_first = pick(2) == 0};
        order->expression = pick(2) == 0 && r->output_count > 0 ? r->output[0].expression : add_tree(r, depth);
        r->order_count++;
    }
    r->has_limit = pick(2) == 0;
    r->limit = r->has_limit ? pick(1000) : 0;
}

static void add_outputs(sch_request *r, unsigned depth)
{
    for (size_t i = pick(4) + !r->linkage; i > 0; i--) {
        sch_output *output = &r->output[r->output_count];
        if (r->linkage && r->group_by_count == 0) {
            return;
        }
        output->expression = r->linkage || (r->group_by_count > 0 && pick(3) == 0)
                                 ? r->group_by[pick((uint32_t)r->group_by_count)]
                                 : add_tree(r, depth);
        random_text(output->name, 1 + pick(8));
        const sch_expression *e = &r->expression[output->expression];
        if (e->op == SCH_OP_COLUMN && pick(2) == 0) {
            snprintf(output->name, sizeof output->name, "%s", e->text);
        }
        r->output_count++;
    }
}

/* A query has an aggregate. */
static void add_last_output(sch_request *r)
{
    if (!r->linkage) {
        r->output[r->output_count] = (sch_output){.name = "n", .expression = add(r, SCH_OP_COUNT_ROWS, NULL, 0)};
        r->output_count++;
    }
}

static void random_aliases(sch_request *r)
{
    static const char *const ALIASES[] = {"b", "c", "bijstand", "left", "select", "year", "data", "x_1", "natural"};
    uint32_t first = pick(SQL_COUNT(ALIASES));
    for (size_t i = 0; i < r->from_count; i++) {
        snprintf(r->from[i].alias, SCH_NAME_BYTES, "%s", ALIASES[(first + i) % SQL_COUNT(ALIASES)]);
    }
}

/* FROM with its hashes. Columns are of the first two. */
static const char *const FROMS[] = {
    "SELECT COUNT(*)" FROM_BC,
    "SELECT COUNT(*) FROM bijstand b LEFT JOIN banen c USING (bsn) JOIN ALL(wmo) w USING (bsn)",
    "SELECT COUNT(*) FROM bijstand b JOIN banen c USING (bsn) LEFT JOIN jeugdhulp j ON j.burgernummer = c.bsn JOIN "
    "cbs.personen p "
    "ON p.bsn = b.bsn",
};

static void make_random(sch_request *r)
{
    unsigned depth = 1 + pick(7);
    memset(r, 0, sizeof *r);
    parse(r, FROMS[pick(SQL_COUNT(FROMS))]);
    assert_int_equal(r->expression_count, 1);
    r->expression_count = r->output_count = 0;
    memset(r->expression, 0, sizeof *r->expression);
    random_aliases(r);
    r->linkage = pick(8) == 0;
    g_after = false;
    r->has_where = pick(4) != 0;
    r->where = r->has_where ? add_tree(r, depth) : 0;
    add_groups(r);
    g_after = true;
    add_outputs(r, depth);
    add_rows(r, depth);
    add_last_output(r);
    sch_detail detail = {{0}};
    sch_err err = sch_request_check_query(r, &detail);
    if (sch_failed(err)) {
        fail_msg("the test made a query that is none: %s", detail.text);
    }
}

#endif
