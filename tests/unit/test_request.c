#include "proto/request.h"

#include "tests/support/unit.h"

/* ---- a request to start from:
 * SELECT b.buurt, COUNT(DISTINCT b.bsn) AS personen, AVG(c.loon) FROM bijstand b JOIN banen c USING (bsn)
 * WHERE b.jaar IN (2023, NULL) AND b.naam LIKE 'A%' AND SUBSTRING(b.naam, 1, 2) = '' GROUP BY b.buurt ---- */

enum {
    BUURT,
    BSN,
    PERSONS,
    LOON,
    AVG,
    JAAR,
    YEAR,
    NONE,
    IN,
    NAAM,
    PATTERN,
    LIKE,
    FROM,
    LENGTH,
    CUT,
    EMPTY,
    EQUAL,
    AND,
    COUNT
};

static uint32_t add(sch_request *r, sch_op op, size_t arguments, const uint32_t *argument)
{
    r->expression = realloc(r->expression, (r->expression_count + 1) * sizeof *r->expression);
    assert_non_null(r->expression);
    sch_expression *e = &r->expression[r->expression_count];
    *e = (sch_expression){.op = op, .position = (uint32_t)r->expression_count * 10, .argument_count = arguments};
    if (arguments > 0) {
        e->argument = malloc(arguments * sizeof *argument);
        assert_non_null(e->argument);
        memcpy(e->argument, argument, arguments * sizeof *argument);
    }
    return (uint32_t)r->expression_count++;
}

static void add_number(sch_request *r, int64_t number)
{
    uint32_t e = add(r, SCH_OP_NUMBER, 0, NULL);
    r->expression[e].number = number;
}

static void add_text(sch_request *r, sch_op op, uint8_t data_set, const char *text)
{
    uint32_t e = add(r, op, 0, NULL);
    r->expression[e].text = strdup(text);
    r->expression[e].data_set = data_set;
}

static void set_from(sch_request *r, size_t i, const char *node, const char *data_set, const char *alias)
{
    snprintf(r->from[i].node, SCH_NAME_BYTES, "%s", node);
    snprintf(r->from[i].data_set, SCH_NAME_BYTES, "%s", data_set);
    snprintf(r->from[i].alias, SCH_NAME_BYTES, "%s", alias);
    snprintf(r->join_column[i], SCH_NAME_BYTES, "bsn");
    memset(r->from[i].schema_hash, (int)i, SCH_HASH_BYTES);
}

static void set_output(sch_request *r, const char *name, bool grouped, uint32_t expression)
{
    sch_output *output = &r->output[r->output_count++];
    snprintf(output->name, SCH_NAME_BYTES, "%s", name);
    output->grouped = grouped;
    output->expression = expression;
}

#define ARGUMENTS(...)                                                                                                 \
    sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), (uint32_t[])                                                 \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static void make_request(sch_request *r)
{
    memset(r, 0, sizeof *r);
    memset(r->id.byte, 7, sizeof r->id.byte);
    snprintf(r->analyst, SCH_NAME_BYTES, "onderzoeker");
    snprintf(r->agreement, SCH_NAME_BYTES, "lv_cbs");
    memset(r->agreement_hash, 9, sizeof r->agreement_hash);
    snprintf(r->purpose, sizeof r->purpose, "Hoeveel mensen met bijstand werken? Één cijfer per buurt.");
    snprintf(r->recipient[0], SCH_NAME_BYTES, "onderzoeker");
    snprintf(r->recipient[1], SCH_NAME_BYTES, "collega");
    r->recipient_count = 2;
    r->created.value = 1764220000000;
    r->not_before.value = 1764220100000;
    r->not_after.value = 1764223600000;
    r->from_count = 2;
    set_from(r, 0, "gemeente", "bijstand", "b");
    set_from(r, 1, "cbs", "banen", "c");
    add_text(r, SCH_OP_COLUMN, 0, "buurt");
    add_text(r, SCH_OP_COLUMN, 0, "bsn");
    add(r, SCH_OP_COUNT_PERSONS, ARGUMENTS(BSN));
    add_text(r, SCH_OP_COLUMN, 1, "loon");
    add(r, SCH_OP_AVG, ARGUMENTS(LOON));
    add_text(r, SCH_OP_COLUMN, 0, "jaar");
    add_number(r, -2023);
    add(r, SCH_OP_NULL, 0, NULL);
    add(r, SCH_OP_IN, ARGUMENTS(JAAR, YEAR, NONE));
    add_text(r, SCH_OP_COLUMN, 0, "naam");
    add_text(r, SCH_OP_TEXT, 0, "A%");
    add(r, SCH_OP_LIKE, ARGUMENTS(NAAM, PATTERN));
    add_number(r, 1);
    add_number(r, 2);
    add(r, SCH_OP_SUBSTRING, ARGUMENTS(NAAM, FROM, LENGTH));
    add_text(r, SCH_OP_TEXT, 0, "");
    add(r, SCH_OP_EQUAL, ARGUMENTS(CUT, EMPTY));
    add(r, SCH_OP_AND, ARGUMENTS(IN, LIKE, EQUAL));
    r->has_where = true;
    r->where = AND;
    r->group_by_count = 1;
    r->group_by[0] = BUURT;
    set_output(r, "buurt", true, BUURT);
    set_output(r, "personen", false, PERSONS);
    set_output(r, "gemiddeld loon €", false, AVG);
}

/* ---- rules ---- */

typedef void (*breaker)(sch_request *r);

#define BREAK(name, statement)                                                                                         \
    static void name(sch_request *r)                                                                                   \
    {                                                                                                                  \
        sch_expression *e = r->expression;                                                                             \
        (void)e;                                                                                                       \
        statement;                                                                                                     \
    }

static void drop_text(sch_expression *e)
{
    free(e->text);
    e->text = NULL;
}

static void set_text(sch_expression *e, const char *text)
{
    free(e->text);
    e->text = strdup(text);
}

static void long_text(sch_expression *e, size_t bytes)
{
    free(e->text);
    e->text = malloc(bytes + 1);
    assert_non_null(e->text);
    memset(e->text, 'x', bytes);
    e->text[bytes] = '\0';
}

BREAK(no_id, memset(r->id.byte, 0, sizeof r->id.byte))
BREAK(analyst_name, r->analyst[0] = 'O')
BREAK(agreement_name, r->agreement[2] = '-')
BREAK(agreement_hash_none, memset(r->agreement_hash, 0, sizeof r->agreement_hash))
BREAK(purpose_none, r->purpose[0] = '\0')
BREAK(purpose_lines, r->purpose[3] = '\n')
BREAK(purpose_utf8, r->purpose[0] = '\xC3')
BREAK(purpose_end, memset(r->purpose, 'x', sizeof r->purpose))
BREAK(recipient_none, r->recipient_count = 0)
BREAK(recipient_many, r->recipient_count = SCH_MAX_RECIPIENTS + 1)
BREAK(recipient_name, r->recipient[1][0] = '\0')
BREAK(recipient_twice, memcpy(r->recipient[1], r->recipient[0], SCH_NAME_BYTES))
BREAK(created_zero, r->created.value = 0)
BREAK(created_late, r->created.value = r->not_before.value + 1)
BREAK(times_swapped, r->not_after.value = r->not_before.value)
BREAK(time_late, r->not_after.value = SCH_MAX_TIME_MS + 1)
BREAK(from_one, r->from_count = 1)
BREAK(from_node, r->from[1].node[0] = '\0')
BREAK(from_set, r->from[1].data_set[0] = '"')
BREAK(from_alias, snprintf(r->from[1].alias, SCH_NAME_BYTES, "b"))
BREAK(from_join, r->join_column[0][0] = ' ')
BREAK(op_zero, e[YEAR].op = (sch_op)0)
BREAK(op_gap, e[YEAR].op = (sch_op)30)
BREAK(op_past, e[YEAR].op = (sch_op)(SCH_OP_AVG + 1))
BREAK(op_negative, e[YEAR].op = (sch_op)-1)
BREAK(argument_later, e[IN].argument[0] = IN)
BREAK(argument_missing, e[LIKE].argument_count = 1)
BREAK(argument_in, e[IN].argument_count = 1)
BREAK(argument_leaf, e[AND].op = SCH_OP_NULL)
BREAK(aggregate_inside, e[EQUAL].argument[0] = AVG)
BREAK(text_missing, drop_text(&e[PATTERN]))
BREAK(text_extra, set_text(&e[YEAR], "x"))
BREAK(text_long, long_text(&e[PATTERN], SCH_MAX_LITERAL_BYTES + 1))
BREAK(text_control, set_text(&e[PATTERN], "\x1B[2J"))
BREAK(text_utf8, set_text(&e[PATTERN], "\x80"))
BREAK(column_name, set_text(&e[JAAR], "jaar; DROP"))
BREAK(column_set, e[JAAR].data_set = 2)
BREAK(number_extra, e[AND].number = 1)
BREAK(number_decimals, e[YEAR].decimals = SCH_MAX_NUMBER_DECIMALS + 1)
BREAK(decimals_extra, e[NONE].decimals = 1)
BREAK(data_set_extra, e[YEAR].data_set = 1)
BREAK(boolean_two, e[YEAR].op = SCH_OP_BOOLEAN; e[YEAR].number = 2)
BREAK(date_far, e[YEAR].op = SCH_OP_DATE; e[YEAR].number = SCH_MAX_DATE + 1)
BREAK(date_early, e[YEAR].op = SCH_OP_DATE; e[YEAR].number = SCH_MIN_DATE - 1)
BREAK(in_column, e[IN].argument[1] = JAAR)
BREAK(like_column, e[LIKE].argument[1] = BUURT)
BREAK(substring_zero, e[FROM].number = 0)
BREAK(substring_negative, e[LENGTH].number = -1)
BREAK(substring_decimal, e[LENGTH].decimals = 1)
BREAK(case_even, add(r, SCH_OP_CASE, ARGUMENTS(IN, YEAR, LIKE, YEAR)))
BREAK(persons_number, e[PERSONS].op = SCH_OP_COUNT; e[AVG].op = SCH_OP_COUNT_PERSONS; e[LOON].op = SCH_OP_NULL;
      drop_text(&e[LOON]); e[LOON].data_set = 0)
BREAK(where_past, r->where = COUNT)
BREAK(where_aggregate, r->where = AVG)
BREAK(where_unmarked, r->has_where = false)
BREAK(group_past, r->group_by[0] = COUNT)
BREAK(group_expression, r->group_by[0] = CUT)
BREAK(group_twice, r->group_by[1] = BUURT; r->group_by_count = 2)
BREAK(group_many, r->group_by_count = SCH_MAX_OUTPUTS + 1)
BREAK(output_none, r->output_count = 0)
BREAK(output_many, r->output_count = SCH_MAX_OUTPUTS + 1)
BREAK(output_name, r->output[0].name[0] = '\0')
BREAK(output_name_utf8, r->output[0].name[0] = '\xC3')
BREAK(output_name_end, memset(r->output[0].name, 'x', SCH_NAME_BYTES))
BREAK(output_past, r->output[1].expression = COUNT)
BREAK(output_grouped, r->output[1].grouped = true)
BREAK(output_not_grouped, r->output[0].grouped = false)

static const struct {
    breaker apply;
    const char *says;
} BREAKERS[] = {
    {no_id, "no id"},
    {analyst_name, "analyst"},
    {agreement_name, "agreement's id"},
    {agreement_hash_none, "agreement's hash"},
    {purpose_none, "no purpose"},
    {purpose_lines, "purpose is longer than 500 bytes or not printable"},
    {purpose_utf8, "purpose is longer than 500 bytes or not printable"},
    {purpose_end, "purpose is longer than 500 bytes or not printable"},
    {recipient_none, "no recipient"},
    {recipient_many, "no recipient, or more than 8"},
    {recipient_name, "recipient's name"},
    {recipient_twice, "a recipient twice"},
    {created_zero, "times"},
    {created_late, "times"},
    {times_swapped, "times"},
    {time_late, "times"},
    {from_one, "links two data sets"},
    {from_node, "is not a name"},
    {from_set, "is not a name"},
    {from_alias, "one alias"},
    {from_join, "is not a name"},
    {op_zero, "expression 6: its kind"},
    {op_gap, "its kind"},
    {op_past, "its kind"},
    {op_negative, "its kind"},
    {argument_later, "comes after"},
    {argument_missing, "expression 11: it has too few"},
    {argument_in, "too few or too many"},
    {argument_leaf, "too few or too many"},
    {aggregate_inside, "an aggregate stands within"},
    {text_missing, "a text too many or lacks one"},
    {text_extra, "a text too many or lacks one"},
    {text_long, "longer than 256"},
    {text_control, "not printable"},
    {text_utf8, "not printable"},
    {column_name, "column's name"},
    {column_set, "not in FROM"},
    {number_extra, "a number too many"},
    {number_decimals, "18 decimals"},
    {decimals_extra, "decimals too many"},
    {data_set_extra, "a data set too many"},
    {boolean_two, "neither true nor false"},
    {date_far, "years 1 to 9999"},
    {date_early, "years 1 to 9999"},
    {in_column, "list of an IN"},
    {like_column, "pattern of a LIKE"},
    {substring_zero, "start of a SUBSTRING"},
    {substring_negative, "length of a SUBSTRING"},
    {substring_decimal, "length of a SUBSTRING"},
    {case_even, "a CASE has"},
    {persons_number, "COUNT(DISTINCT ...) is not a column"},
    {where_past, "WHERE refers"},
    {where_aggregate, "aggregate stands in WHERE"},
    {where_unmarked, "not marked"},
    {group_past, "GROUP BY refers"},
    {group_expression, "something else than columns"},
    {group_twice, "a column twice"},
    {group_many, "more than 64 columns"},
    {output_none, "no output"},
    {output_many, "no output, or more than 64"},
    {output_name, "heading"},
    {output_name_utf8, "heading"},
    {output_name_end, "heading"},
    {output_past, "an output refers"},
    {output_grouped, "is not in GROUP BY"},
    {output_not_grouped, "neither a column of the GROUP BY nor an aggregate"},
};

enum { BREAKER_COUNT = sizeof BREAKERS / sizeof BREAKERS[0] };

static void test_check_valid_request_passes(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    assert_int_equal(r.expression_count, COUNT);
    sch_detail detail = {{0}};
    sch_err err = sch_request_check(&r, &detail);
    assert_string_equal(detail.text, "");
    unit_assert_ok(err);
    sch_request_clear(&r);
    assert_int_equal(sch_request_check(&r, &detail).code, SCH_BAD_INPUT);
    sch_request_clear(&r);
}

static void test_check_query_without_envelope_passes(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    memset(&r.id, 0, sizeof r.id);
    r.analyst[0] = r.agreement[0] = r.purpose[0] = '\0';
    memset(r.agreement_hash, 0, sizeof r.agreement_hash);
    r.created.value = r.not_before.value = r.not_after.value = 0;
    r.recipient_count = 0;
    unit_assert_ok(sch_request_check_query(&r, NULL));
    unit_assert_code(sch_request_check(&r, NULL), SCH_BAD_INPUT);
    sch_request_clear(&r);
}

static void test_check_each_broken_rule_is_refused_by_name(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < BREAKER_COUNT; i++) {
        sch_request r;
        make_request(&r);
        BREAKERS[i].apply(&r);
        sch_detail detail = {{0}};
        sch_err err = sch_request_check(&r, &detail);
        if (err.code != SCH_BAD_INPUT || strstr(detail.text, BREAKERS[i].says) == NULL) {
            fail_msg("breaker %zu: code %d, \"%s\" lacks \"%s\"", i, (int)err.code, detail.text, BREAKERS[i].says);
        }
        refused++;
        sch_request_clear(&r);
    }
    assert_int_equal(refused, BREAKER_COUNT);
}

/* A chain of NOTs over a leaf. */
static void add_chain(sch_request *r, unsigned length)
{
    uint32_t last = add(r, SCH_OP_NULL, 0, NULL);
    for (unsigned i = 0; i < length; i++) {
        last = add(r, SCH_OP_NOT, ARGUMENTS(last));
    }
}

static void test_check_depth_at_the_bound_passes_and_one_more_is_refused(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    add_chain(&r, SCH_MAX_DEPTH - 1);
    unit_assert_ok(sch_request_check(&r, NULL));
    add_chain(&r, SCH_MAX_DEPTH);
    sch_detail detail = {{0}};
    unit_assert_code(sch_request_check(&r, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "deeper than 50"));
    sch_request_clear(&r);
}

static void test_check_sizes_at_the_bound_pass_and_one_more_is_refused(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    uint32_t many[SCH_MAX_ARGUMENTS + 1];
    for (size_t i = 0; i <= SCH_MAX_ARGUMENTS; i++) {
        many[i] = i == 0 ? JAAR : YEAR;
    }
    add(&r, SCH_OP_IN, SCH_MAX_ARGUMENTS, many);
    while (r.expression_count < SCH_MAX_EXPRESSIONS) {
        add(&r, SCH_OP_NULL, 0, NULL);
    }
    sch_buf bytes = {0};
    sch_request back;
    unit_assert_ok(sch_request_encode(&bytes, &r));
    unit_assert_ok(sch_request_decode(&back, bytes.data, bytes.bytes, NULL));
    assert_int_equal(back.expression_count, SCH_MAX_EXPRESSIONS);
    sch_request_clear(&back);
    add(&r, SCH_OP_NULL, 0, NULL);
    unit_assert_code(sch_request_check(&r, NULL), SCH_BAD_INPUT);
    sch_buf_clear(&bytes);
    unit_assert_ok(sch_request_encode(&bytes, &r));
    sch_err err = sch_request_decode(&back, bytes.data, bytes.bytes, NULL);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message has too many entries");
    r.expression_count--;
    free(r.expression[COUNT].argument);
    r.expression[COUNT].argument = malloc(sizeof many);
    assert_non_null(r.expression[COUNT].argument);
    memcpy(r.expression[COUNT].argument, many, sizeof many);
    r.expression[COUNT].argument_count = SCH_MAX_ARGUMENTS + 1;
    unit_assert_code(sch_request_check(&r, NULL), SCH_BAD_INPUT);
    sch_buf_clear(&bytes);
    sch_request_clear(&r);
}

static void test_check_envelope_at_its_bounds_passes(void **state)
{
    (void)state;
    sch_request r, back;
    make_request(&r);
    memset(r.purpose, 'x', SCH_MAX_PURPOSE_BYTES);
    r.purpose[SCH_MAX_PURPOSE_BYTES] = '\0';
    memset(r.recipient, 0, sizeof r.recipient);
    for (size_t i = 0; i < SCH_MAX_RECIPIENTS; i++) {
        snprintf(r.recipient[i], SCH_NAME_BYTES, "collega_%zu", i);
    }
    r.recipient_count = SCH_MAX_RECIPIENTS;
    r.created.value = r.not_before.value = SCH_MAX_TIME_MS - 1;
    r.not_after.value = SCH_MAX_TIME_MS;
    unit_assert_ok(sch_request_check(&r, NULL));
    sch_buf bytes = {0};
    unit_assert_ok(sch_request_encode(&bytes, &r));
    unit_assert_ok(sch_request_decode(&back, bytes.data, bytes.bytes, NULL));
    assert_string_equal(back.purpose, r.purpose);
    assert_memory_equal(back.recipient, r.recipient, sizeof r.recipient);
    sch_request_clear(&back);
    sch_buf_clear(&bytes);
    sch_request_clear(&r);
}

/* ---- encoding ---- */

static void check_same_envelope(const sch_request *a, const sch_request *b)
{
    assert_memory_equal(&a->id, &b->id, sizeof a->id);
    assert_string_equal(a->analyst, b->analyst);
    assert_string_equal(a->agreement, b->agreement);
    assert_memory_equal(a->agreement_hash, b->agreement_hash, SCH_HASH_BYTES);
    assert_string_equal(a->purpose, b->purpose);
    assert_int_equal(a->created.value, b->created.value);
    assert_int_equal(a->not_before.value, b->not_before.value);
    assert_int_equal(a->not_after.value, b->not_after.value);
    assert_int_equal(a->recipient_count, b->recipient_count);
    assert_memory_equal(a->recipient, b->recipient, sizeof a->recipient);
}

static void check_same_expression(const sch_expression *a, const sch_expression *b)
{
    assert_int_equal(a->op, b->op);
    assert_int_equal(a->position, b->position);
    assert_int_equal(a->argument_count, b->argument_count);
    for (size_t i = 0; i < a->argument_count; i++) {
        assert_int_equal(a->argument[i], b->argument[i]);
    }
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->decimals, b->decimals);
    assert_int_equal(a->data_set, b->data_set);
    assert_int_equal(a->text == NULL, b->text == NULL);
    if (a->text != NULL) {
        assert_string_equal(a->text, b->text);
    }
}

static void test_decode_encoded_request_gives_it_back(void **state)
{
    (void)state;
    sch_request r, back;
    make_request(&r);
    r.expression[YEAR].number = INT64_MIN;
    r.expression[YEAR].decimals = SCH_MAX_NUMBER_DECIMALS;
    sch_buf bytes = {0}, again = {0};
    unit_assert_ok(sch_request_encode(&bytes, &r));
    unit_assert_ok(sch_request_decode(&back, bytes.data, bytes.bytes, NULL));
    check_same_envelope(&back, &r);
    assert_int_equal(back.recipient_count, 2);
    assert_memory_equal(back.from, r.from, sizeof r.from);
    assert_memory_equal(back.join_column, r.join_column, sizeof r.join_column);
    assert_true(back.has_where);
    assert_int_equal(back.where, AND);
    assert_int_equal(back.group_by_count, 1);
    assert_int_equal(back.group_by[0], BUURT);
    assert_int_equal(back.output_count, 3);
    assert_string_equal(back.output[2].name, "gemiddeld loon €");
    assert_true(back.output[0].grouped);
    assert_int_equal(back.output[2].expression, AVG);
    assert_int_equal(back.expression_count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        check_same_expression(&back.expression[i], &r.expression[i]);
    }
    unit_assert_ok(sch_request_encode(&again, &back));
    assert_int_equal(again.bytes, bytes.bytes);
    assert_memory_equal(again.data, bytes.data, bytes.bytes);
    sch_buf_clear(&bytes);
    sch_buf_clear(&again);
    sch_request_clear(&r);
    sch_request_clear(&back);
}

/* Decodes; what is accepted must be the one encoding of what it means. Gives whether it was accepted. */
static bool accepts_canonical_only(const uint8_t *data, size_t bytes)
{
    sch_request request;
    sch_buf again = {0};
    sch_err err = sch_request_decode(&request, data, bytes, NULL);
    if (sch_failed(err)) {
        assert_int_equal(err.code, SCH_BAD_INPUT);
        assert_null(request.expression);
        assert_int_equal(request.from_count, 0);
        return false;
    }
    unit_assert_ok(sch_request_encode(&again, &request));
    assert_int_equal(again.bytes, bytes);
    assert_memory_equal(again.data, data, bytes);
    sch_buf_clear(&again);
    sch_request_clear(&request);
    return true;
}

static void test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    sch_buf bytes = {0};
    unit_assert_ok(sch_request_encode(&bytes, &r));
    size_t prefixes = 0, accepted = 0, changed = 0;
    for (size_t length = 0; length < bytes.bytes; length++) {
        uint8_t *cut = malloc(length + 1);
        assert_non_null(cut);
        memcpy(cut, bytes.data, length);
        prefixes += accepts_canonical_only(cut, length);
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * bytes.bytes; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        accepted += accepts_canonical_only(bytes.data, bytes.bytes);
        changed++;
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    assert_int_equal(prefixes, 2); /* with the first output, with the first two */
    assert_int_equal(changed, 8 * bytes.bytes);
    assert_in_range(accepted, 1, changed * 3 / 4);
    sch_buf_clear(&bytes);
    sch_request_clear(&r);
}

static void test_encode_over_the_bound_is_refused_and_appends_nothing(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    char text[SCH_MAX_LITERAL_BYTES + 1];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 200; i++) {
        add_text(&r, SCH_OP_TEXT, 0, text);
    }
    unit_assert_ok(sch_request_check(&r, NULL));
    sch_buf bytes = {0};
    unit_assert_code(sch_request_encode(&bytes, &r), SCH_BAD_INPUT);
    assert_int_equal(bytes.bytes, 0);
    sch_buf_clear(&bytes);
    sch_request_clear(&r);
}

static void test_decode_more_than_the_bound_is_refused(void **state)
{
    (void)state;
    uint8_t *data = calloc(1, SCH_MAX_REQUEST_BYTES + 1);
    assert_non_null(data);
    sch_request request;
    sch_err err = sch_request_decode(&request, data, SCH_MAX_REQUEST_BYTES + 1, NULL);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message is too large");
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_valid_request_passes),
        cmocka_unit_test(test_check_query_without_envelope_passes),
        cmocka_unit_test(test_check_each_broken_rule_is_refused_by_name),
        cmocka_unit_test(test_check_depth_at_the_bound_passes_and_one_more_is_refused),
        cmocka_unit_test(test_check_sizes_at_the_bound_pass_and_one_more_is_refused),
        cmocka_unit_test(test_check_envelope_at_its_bounds_passes),
        cmocka_unit_test(test_decode_encoded_request_gives_it_back),
        cmocka_unit_test(test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
        cmocka_unit_test(test_encode_over_the_bound_is_refused_and_appends_nothing),
        cmocka_unit_test(test_decode_more_than_the_bound_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
