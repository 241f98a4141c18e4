/* What people are shown of a query. */
#include "node/query/request_text.h"

#include "node/query/request_sql.h"
#include "tests/support/hand_plan.h"

/* COUNT(*) of two data sets, linked by bsn and these link keys. */
static hand_plan *example(size_t count, const char *const *pass)
{
    hand_plan *h = hand_new();
    hand_output(h, "records", hand_aggregate(h, SCH_OP_COUNT_ROWS, 0, 0));
    for (size_t i = 0; i < h->request.from_count; i++) {
        h->request.from[i].join = SCH_JOIN_INNER;
        unit_assert_ok(sch_text_copy(h->request.from[i].join_column, SCH_NAME_BYTES, "bsn"));
    }
    for (size_t i = 0; i < count; i++) {
        unit_assert_ok(sch_text_copy(h->request.pass[i], SCH_NAME_BYTES, pass[i]));
    }
    h->request.pass_count = count;
    return h;
}

static const char *const KEYS[] = {"adres6", "adres4"};

static void test_request_text_passes_names_them_in_their_order(void **state)
{
    (void)state;
    hand_plan *h = example(2, KEYS);
    unit_assert_ok(sch_request_text_passes(&h->out, &h->request));
    assert_string_equal(sch_buf_text(&h->out), "linked by bsn, then by adres6, then by adres4");
    hand_free(h);
}

static void test_request_text_links_begin_with_the_identifier(void **state)
{
    (void)state;
    static const char *const expected[] = {"bsn", "bsn, then by adres6", "bsn, then by adres6, then by adres4"};
    for (size_t count = 0; count < 3; count++) {
        hand_plan *h = example(count, KEYS);
        unit_assert_ok(sch_request_text_links(&h->out, &h->request));
        assert_string_equal(sch_buf_text(&h->out), expected[count]);
        hand_free(h);
    }
    hand_plan *h = example(0, NULL);
    h->request.from_count = 1;
    unit_assert_ok(sch_request_text_links(&h->out, &h->request));
    assert_int_equal(h->out.bytes, 0);
    hand_free(h);
}

static void test_request_text_without_passes_is_the_sql(void **state)
{
    (void)state;
    hand_plan *h = example(0, NULL);
    sch_buf sql = {0};
    unit_assert_ok(sch_request_text_passes(&h->out, &h->request));
    assert_int_equal(h->out.bytes, 0);
    unit_assert_ok(sch_request_text(&h->out, &h->request));
    unit_assert_ok(sch_request_sql(&sql, &h->request));
    assert_true(sql.bytes > 0);
    assert_string_equal(sch_buf_text(&h->out), sch_buf_text(&sql));
    sch_buf_clear(&sql);
    hand_free(h);
}

static void test_request_text_with_passes_has_them_on_a_line_below_the_sql(void **state)
{
    (void)state;
    hand_plan *h = example(1, KEYS);
    sch_buf expected = {0};
    unit_assert_ok(sch_request_sql(&expected, &h->request));
    unit_assert_ok(sch_buf_append_text(&expected, "\nlinked by bsn, then by adres6"));
    unit_assert_ok(sch_request_text(&h->out, &h->request));
    assert_string_equal(sch_buf_text(&h->out), sch_buf_text(&expected));
    sch_buf_clear(&expected);
    hand_free(h);
}

/* A query that is too long to be written out: what stood before stays, and nothing else. */
static void test_request_text_that_is_too_long_leaves_nothing(void **state)
{
    (void)state;
    hand_plan *h = example(1, KEYS);
    uint32_t e = hand_column(h, "x");
    for (size_t i = 0; i < 20; i++) {
        e = HAND_OP(h, SCH_OP_ADD, e, e);
    }
    hand_output(h, "long", e);
    unit_assert_ok(sch_buf_append_text(&h->out, "before"));
    unit_assert_code(sch_request_text(&h->out, &h->request), SCH_BAD_INPUT);
    assert_string_equal(sch_buf_text(&h->out), "before");
    hand_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_text_passes_names_them_in_their_order),
        cmocka_unit_test(test_request_text_links_begin_with_the_identifier),
        cmocka_unit_test(test_request_text_without_passes_is_the_sql),
        cmocka_unit_test(test_request_text_with_passes_has_them_on_a_line_below_the_sql),
        cmocka_unit_test(test_request_text_that_is_too_long_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
