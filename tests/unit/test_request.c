#include "proto/request.h"

#include "tests/support/unit.h"
#include "tests/support/wire_walk.h"
#include "tests/unit/request_faults.h"
#include "tests/unit/request_sample.h"

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

/* As node/query writes a report of linkage out; what is signed has none. */
static void test_check_query_counts_of_one_pass_pass_and_are_not_signed(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    size_t counted = 0;
    for (int64_t number = 0; number <= 1 + (int64_t)r.pass_count; number++, counted++) {
        r.expression[PERSONS].number = number;
        unit_assert_ok(sch_request_check_query(&r, NULL));
        unit_assert_code(sch_request_check(&r, NULL), number == 0 ? SCH_OK : SCH_BAD_INPUT);
    }
    assert_int_equal(counted, 4);
    sch_buf bytes = {0};
    sch_request back;
    unit_assert_ok(sch_request_encode(&bytes, &r)); /* by who does not check, as it has to */
    unit_assert_code(sch_request_decode(&back, bytes.data, bytes.bytes, NULL), SCH_BAD_INPUT);
    sch_buf_clear(&bytes);
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

/* HAVING, ORDER BY, LIMIT and linking. */
static void check_same_rows(const sch_request *a, const sch_request *b)
{
    assert_int_equal(a->pass_count, b->pass_count);
    assert_memory_equal(a->pass, b->pass, sizeof a->pass);
    assert_int_equal(a->has_having, b->has_having);
    assert_int_equal(a->having, b->having);
    assert_int_equal(a->order_count, b->order_count);
    for (size_t i = 0; i < a->order_count; i++) {
        assert_int_equal(a->order[i].expression, b->order[i].expression);
        assert_int_equal(a->order[i].descending, b->order[i].descending);
        assert_int_equal(a->order[i].nulls_first, b->order[i].nulls_first);
    }
    assert_int_equal(a->has_limit, b->has_limit);
    assert_int_equal(a->limit, b->limit);
    assert_int_equal(a->linkage, b->linkage);
}

static void fill_to_the_bounds(sch_request *r)
{
    r->from_count = SCH_MAX_FROM;
    for (size_t i = 3; i < SCH_MAX_FROM; i++) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "x%zu", i);
        set_from(r, i, name, name, name, i % 2 == 0 ? SCH_JOIN_LEFT : SCH_JOIN_INNER);
    }
    while (r->from[0].node_count < SCH_MAX_MEMBERS) {
        snprintf(r->from[0].node[r->from[0].node_count], SCH_NAME_BYTES, "lid%zu", r->from[0].node_count);
        r->from[0].node_count++;
    }
    while (r->group_by_count < SCH_MAX_GROUP_BY) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "k%zu", r->group_by_count);
        r->group_by[r->group_by_count++] = (uint32_t)r->expression_count;
        add_text(r, SCH_OP_COLUMN, 1, name);
    }
    r->set[0] = (UINT32_C(1) << SCH_MAX_GROUP_BY) - 1;
    for (r->set_count = 1; r->set_count < SCH_MAX_SETS; r->set_count++) {
        r->set[r->set_count] = (uint32_t)r->set_count;
    }
    while (r->order_count < SCH_MAX_ORDER) {
        r->order[r->order_count++] = (sch_order){.expression = ROWS, .nulls_first = true};
    }
    while (r->output_count < SCH_MAX_OUTPUTS) {
        set_output(r, "n", ROWS);
    }
    r->limit = (uint64_t)SCH_MAX_ROWS;
    while (r->pass_count < SCH_MAX_PASSES) {
        snprintf(r->pass[r->pass_count], SCH_NAME_BYTES, "pas%zu", r->pass_count);
        r->pass_count++;
    }
}

static void test_check_query_at_its_bounds_passes(void **state)
{
    (void)state;
    sch_request r, back;
    make_request(&r);
    fill_to_the_bounds(&r);
    sch_detail detail = {{0}};
    sch_err err = sch_request_check(&r, &detail);
    assert_string_equal(detail.text, "");
    unit_assert_ok(err);
    sch_buf bytes = {0};
    unit_assert_ok(sch_request_encode(&bytes, &r));
    unit_assert_ok(sch_request_decode(&back, bytes.data, bytes.bytes, NULL));
    assert_memory_equal(back.from, r.from, sizeof r.from);
    assert_memory_equal(back.group_by, r.group_by, sizeof r.group_by);
    assert_memory_equal(back.set, r.set, sizeof r.set);
    check_same_rows(&back, &r);
    sch_request_clear(&back);
    sch_buf_clear(&bytes);
    sch_request_clear(&r);
}

static void test_encode_more_entries_than_the_bounds_is_refused(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    size_t *const count[] = {&r.from_count,   &r.from[1].node_count, &r.group_by_count,  &r.set_count,
                             &r.output_count, &r.order_count,        &r.recipient_count, &r.pass_count};
    const size_t most[] = {SCH_MAX_FROM,    SCH_MAX_MEMBERS, SCH_MAX_GROUP_BY,   SCH_MAX_SETS,
                           SCH_MAX_OUTPUTS, SCH_MAX_ORDER,   SCH_MAX_RECIPIENTS, SCH_MAX_PASSES};
    size_t refused = 0;
    for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
        sch_buf bytes = {0};
        size_t kept = *count[i];
        *count[i] = most[i] + 1;
        unit_assert_code(sch_request_encode(&bytes, &r), SCH_BAD_INPUT);
        assert_int_equal(bytes.bytes, 0);
        *count[i] = kept;
        refused++;
    }
    assert_int_equal(refused, 8);
    sch_request_clear(&r);
}

/* The report of linkage: keys, or nothing but the whole. */
static void test_check_linkage_of_keys_alone_passes(void **state)
{
    (void)state;
    sch_request r, back;
    make_request(&r);
    r.expression_count = BUURT + 1; /* what is cut off is freed below */
    r.linkage = true;
    r.has_where = r.has_having = r.has_limit = false;
    r.where = r.having = 0;
    r.limit = 0;
    r.order_count = 1;
    r.order[0].expression = BUURT;
    r.group_by_count = r.output_count = 1;
    r.set_count = 0;
    unit_assert_ok(sch_request_check(&r, NULL));
    r.order_count = r.group_by_count = r.output_count = 0;
    unit_assert_ok(sch_request_check(&r, NULL));
    sch_buf bytes = {0};
    unit_assert_ok(sch_request_encode(&bytes, &r));
    unit_assert_ok(sch_request_decode(&back, bytes.data, bytes.bytes, NULL));
    assert_true(back.linkage);
    sch_request_clear(&back);
    sch_buf_clear(&bytes);
    r.linkage = false;
    unit_assert_code(sch_request_check(&r, NULL), SCH_BAD_INPUT);
    r.expression_count = COUNT;
    sch_request_clear(&r);
}

static void test_find_key_gives_the_key_that_is_equal(void **state)
{
    (void)state;
    sch_request r;
    make_request(&r);
    size_t key = 9;
    add_text(&r, SCH_OP_COLUMN, 0, "buurt");
    add_text(&r, SCH_OP_COLUMN, 1, "buurt");
    add(&r, SCH_OP_BIN, ARGUMENTS(LOON));
    add(&r, SCH_OP_BIN, ARGUMENTS(BUURT));
    add(&r, SCH_OP_ORGANISATION, 0, NULL);
    assert_true(sch_request_find_key(&r, &key, COUNT));
    assert_int_equal(key, 0);
    assert_true(sch_request_find_key(&r, &key, COUNT + 2));
    assert_int_equal(key, 1);
    assert_true(sch_request_find_key(&r, &key, COUNT + 4));
    assert_int_equal(key, 2);
    assert_false(sch_request_find_key(&r, &key, COUNT + 1));
    assert_false(sch_request_find_key(&r, &key, COUNT + 3));
    assert_false(sch_request_find_key(&r, &key, LOON));
    assert_false(sch_request_find_key(&r, &key, ROWS));
    assert_false(sch_request_same_key(&r, ROWS, ROWS));
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
    assert_true(back.has_where);
    assert_int_equal(back.where, AND);
    assert_int_equal(back.group_by_count, 3);
    assert_memory_equal(back.group_by, r.group_by, sizeof r.group_by);
    assert_int_equal(back.set_count, 4);
    assert_memory_equal(back.set, r.set, sizeof r.set);
    assert_int_equal(back.output_count, 5);
    assert_string_equal(back.output[2].name, "gemiddeld loon €");
    assert_int_equal(back.output[2].expression, AVG);
    check_same_rows(&back, &r);
    assert_int_equal(back.pass_count, 2);
    assert_string_equal(back.pass[1], "adres4");
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
    wire_assert_canonical(&again, data, bytes);
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
    const wire_walk walk = wire_walk_bytes(&bytes, accepts_canonical_only);
    /* With the second to the fifth output as the last, the sets, HAVING's mark, HAVING, each of two in ORDER BY,
     * LIMIT's mark, LIMIT, the first pass. */
    assert_int_equal(walk.accepted_prefixes, 12);
    assert_in_range(walk.accepted_changes, 1, walk.changes * 3 / 4);
    sch_buf_clear(&bytes);
    sch_request_clear(&r);
}

static void test_decode_one_pass_too_many_is_refused_before_unpacking(void **state)
{
    (void)state;
    sch_request r, back;
    make_request(&r);
    sch_buf bytes = {0};
    unit_assert_ok(sch_request_encode(&bytes, &r));
    for (size_t i = r.pass_count; i <= SCH_MAX_PASSES; i++) {
        const char pass[] = {'\xBA', '\x01', 1, (char)('a' + i)}; /* field 23, one byte */
        unit_assert_ok(sch_buf_append(&bytes, pass, sizeof pass));
    }
    sch_err err = sch_request_decode(&back, bytes.data, bytes.bytes, NULL);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message has too many entries");
    unit_assert_ok(sch_request_decode(&back, bytes.data, bytes.bytes - 4, NULL));
    assert_int_equal(back.pass_count, SCH_MAX_PASSES);
    assert_string_equal(back.pass[3], "d");
    sch_request_clear(&back);
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
        cmocka_unit_test(test_check_query_counts_of_one_pass_pass_and_are_not_signed),
        cmocka_unit_test(test_check_each_broken_rule_is_refused_by_name),
        cmocka_unit_test(test_check_depth_at_the_bound_passes_and_one_more_is_refused),
        cmocka_unit_test(test_check_sizes_at_the_bound_pass_and_one_more_is_refused),
        cmocka_unit_test(test_check_envelope_at_its_bounds_passes),
        cmocka_unit_test(test_check_query_at_its_bounds_passes),
        cmocka_unit_test(test_encode_more_entries_than_the_bounds_is_refused),
        cmocka_unit_test(test_check_linkage_of_keys_alone_passes),
        cmocka_unit_test(test_find_key_gives_the_key_that_is_equal),
        cmocka_unit_test(test_decode_encoded_request_gives_it_back),
        cmocka_unit_test(test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
        cmocka_unit_test(test_decode_one_pass_too_many_is_refused_before_unpacking),
        cmocka_unit_test(test_encode_over_the_bound_is_refused_and_appends_nothing),
        cmocka_unit_test(test_decode_more_than_the_bound_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
