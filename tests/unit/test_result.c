/* From opened words to rows: states, margins, HAVING, ORDER BY, LIMIT. */
#include "tests/support/hand_plan.h"

static const char *const TRAJECT[] = {"werk", "zorg", "rust"};
static const char *const BUURT[] = {"noord", "zuid"};

/* ---- states ---- */

/* traject, COUNT(*), SUM: 20 persons in werk, `zorg` in zorg, nobody in rust. */
static hand_plan *example(int64_t zorg, int64_t zorg_values)
{
    hand_plan *h = hand_new();
    hand_output(h, "traject", hand_key(h, "traject", 3, TRAJECT, true));
    uint32_t count = hand_aggregate(h, SCH_OP_COUNT_ROWS, 0, 0);
    uint32_t sum = hand_aggregate(h, SCH_OP_SUM, 2, 0);
    hand_output(h, "records", count);
    hand_output(h, "loon", sum);
    hand_lay(h);
    hand_fill(h, count, 0, 20, 30, NULL);
    hand_fill(h, sum, 0, 20, 15, (const int64_t[]){-100001, 0, 1, 0, 0});
    hand_fill(h, count, 1, zorg, 2 * zorg, NULL);
    hand_fill(h, sum, 1, zorg, zorg_values, (const int64_t[]){500, 0, 1, 0, 0});
    hand_disclose(h);
    return h;
}

static void test_result_make_rows_have_states(void **state)
{
    (void)state;
    hand_plan *h = example(16, 3);
    unit_assert_ok(hand_make(h, false));
    assert_int_equal(h->result.row_count, 3);
    assert_int_equal(h->result.row[0].state, SCH_ROW_SHOWN);
    assert_string_equal(hand_shown(h, 0, 1), "30");
    assert_string_equal(hand_shown(h, 0, 2), "-1000.01");
    assert_int_equal(h->result.row[1].state, SCH_ROW_SHOWN);
    assert_string_equal(hand_shown(h, 1, 1), "32");
    assert_string_equal(hand_shown(h, 1, 2), "."); /* 3 persons have a value */
    assert_int_equal(h->result.row[2].state, SCH_ROW_EMPTY);
    assert_false(h->result.row[2].printed);
    assert_int_equal(h->result.printed_count, 2);
    assert_int_equal(h->result.empty_count, 1);
    assert_int_equal(h->result.suppressed_count, 0);
    unit_assert_ok(hand_make(h, true));
    assert_int_equal(h->result.printed_count, 3);
    assert_int_equal(h->result.empty_count, 0);
    assert_string_equal(hand_shown(h, 2, 1), "0");
    assert_string_equal(hand_shown(h, 2, 2), "NULL");
    hand_free(h);
}

static void test_result_make_small_row_is_suppressed_whole(void **state)
{
    (void)state;
    hand_plan *h = example(9, 9);
    /* Whatever was sent of a column: the row's persons decide. */
    uint16_t count = h->plan.aggregate[0].count.column[0];
    hand_put(h, count, 1, 18);
    h->states[(size_t)count * h->plan.cell.cells + 1] = SCH_CELL_RELEASED;
    unit_assert_ok(hand_make(h, false));
    assert_int_equal(h->result.row[1].state, SCH_ROW_SUPPRESSED);
    assert_string_equal(hand_shown(h, 1, 0), "zorg");
    assert_string_equal(hand_shown(h, 1, 1), ".");
    assert_string_equal(hand_shown(h, 1, 2), ".");
    assert_int_equal(h->result.suppressed_count, 1);
    hand_free(h);
}

static void test_result_make_without_keys_shows_its_row_always(void **state)
{
    (void)state;
    hand_plan *h = hand_new();
    hand_output(h, "n", hand_aggregate(h, SCH_OP_COUNT_ROWS, 0, 0));
    hand_output(h, "som", hand_aggregate(h, SCH_OP_SUM, 0, 0));
    hand_lay(h);
    hand_disclose(h);
    unit_assert_ok(hand_make(h, false));
    assert_string_equal(hand_shown(h, 0, 0), "0");
    assert_string_equal(hand_shown(h, 0, 1), "NULL");
    hand_free(h);
}

/* Under a threshold of 0 or 1 only nobody is fewer. */
static void test_result_make_suppressed_under_no_threshold_is_nobody(void **state)
{
    (void)state;
    for (uint32_t least = 0; least <= 2; least++) {
        hand_plan *h = example(16, 0);
        h->plan.rules = (sch_disclosure){.min_persons = least, .show_zero = false};
        for (size_t i = 0; i < (size_t)h->plan.cell.columns * h->plan.cell.cells; i++) {
            h->states[i] = h->states[i] == SCH_CELL_ZERO ? SCH_CELL_SUPPRESSED : h->states[i];
        }
        unit_assert_ok(hand_make(h, false));
        assert_int_equal(h->result.row[2].state, least < 2 ? SCH_ROW_EMPTY : SCH_ROW_SUPPRESSED);
        assert_string_equal(hand_shown(h, 1, 2), least < 2 ? "NULL" : ".");
        /* A column under a second rule may hide for another reason. */
        uint16_t count = h->plan.aggregate[1].count.column[0];
        h->plan.cell.rule_count[count] = 2;
        unit_assert_ok(hand_make(h, false));
        assert_string_equal(hand_shown(h, 1, 2), ".");
        hand_free(h);
    }
}

static void test_result_make_impossible_words_are_bad_peer(void **state)
{
    (void)state;
    size_t checked = 0;
    for (int i = 0; i < 9; i++) {
        hand_plan *h = example(16, 12);
        uint32_t cells = h->plan.cell.cells;
        uint16_t sum = h->plan.aggregate[1].x.column[0];
        uint16_t count = h->plan.aggregate[1].count.column[0];
        switch (i) {
        case 0:
            h->states[0] = 3; /* no such state */
            break;
        case 1:
            h->values[0] = 9; /* persons below the threshold */
            break;
        case 2:
            h->values[0] = UINT64_MAX;
            break;
        case 3:
            h->states[(size_t)count * cells] = SCH_CELL_SUPPRESSED; /* the sum's persons are not told */
            break;
        case 4:
            h->states[(size_t)sum * cells] = SCH_CELL_ZERO; /* there are such persons */
            break;
        case 5:
            h->plan.rules.show_zero = false; /* rust is said to be empty */
            break;
        case 6:
            h->plan.cell.rule[0][0].zero = false;
            break;
        case 7:
            h->plan.cell.rule[sum][0].times = 2; /* 15 records are not enough then */
            break;
        default:
            h->plan.cell.rule[sum][0].less = 0; /* 15 less 20 */
            break;
        }
        unit_assert_code(hand_make(h, false), SCH_BAD_PEER);
        assert_null(h->result.row);
        hand_free(h);
        checked++;
    }
    assert_int_equal(checked, 9);
}

/* ---- margins and order ---- */

/* buurt (noord, zuid, empty) x traject (werk, zorg, rust), COUNT(*); cell i has 100 + i persons and records. */
static hand_plan *crossed(size_t sets, const uint32_t *set)
{
    hand_plan *h = hand_new();
    hand_output(h, "buurt", hand_key(h, "buurt", 2, BUURT, false));
    hand_output(h, "traject", hand_key(h, "traject", 3, TRAJECT, true));
    uint32_t count = hand_aggregate(h, SCH_OP_COUNT_ROWS, 0, 0);
    hand_output(h, "n", count);
    hand_output(h, "g", HAND_OP(h, SCH_OP_GROUPING, h->request.group_by[1]));
    for (size_t i = 0; i < sets; i++) {
        hand_set(h, set[i]);
    }
    hand_lay(h);
    for (uint32_t cell = 0; cell < h->plan.cell.base; cell++) {
        hand_fill(h, count, cell, 100 + cell, 100 + cell, NULL);
    }
    hand_disclose(h);
    return h;
}

static void assert_column(hand_plan *h, size_t output, size_t count, const char *const *expected)
{
    assert_int_equal(h->result.printed_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(hand_shown(h, i, output), expected[i]);
    }
}

static void test_result_make_rollup_has_margins_behind_their_cells(void **state)
{
    (void)state;
    hand_plan *h = crossed(3, (const uint32_t[]){3, 1, 0});
    unit_assert_ok(hand_make(h, false));
    assert_column(h, 2, 13,
                  (const char *const[]){"100", "101", "102", "303", "103", "104", "105", "312", "106", "107", "108",
                                        "321", "936"});
    assert_string_equal(hand_shown(h, 3, 0), "noord");
    assert_string_equal(hand_shown(h, 3, 1), "(all)");
    assert_string_equal(hand_shown(h, 3, 3), "1");
    assert_string_equal(hand_shown(h, 2, 3), "0");
    assert_string_equal(hand_shown(h, 8, 0), "NULL"); /* empty, which is no margin */
    assert_string_equal(hand_shown(h, 12, 0), "(all)");
    hand_free(h);
}

static void test_result_make_other_sets_stand_behind_all_cells(void **state)
{
    (void)state;
    hand_plan *h = crossed(4, (const uint32_t[]){3, 1, 2, 0}); /* CUBE */
    unit_assert_ok(hand_make(h, false));
    assert_column(h, 2, 16,
                  (const char *const[]){"100", "101", "102", "103", "104", "105", "106", "107", "108", "303", "312",
                                        "321", "309", "312", "315", "936"});
    hand_free(h);
    h = crossed(2, (const uint32_t[]){2, 1}); /* GROUPING SETS: cells are not shown */
    unit_assert_ok(hand_make(h, false));
    assert_column(h, 2, 6, (const char *const[]){"309", "312", "315", "303", "312", "321"});
    assert_string_equal(hand_shown(h, 0, 1), "werk");
    hand_free(h);
}

static void test_result_make_hidden_cells_that_are_told_are_bad_peer(void **state)
{
    (void)state;
    hand_plan *h = crossed(2, (const uint32_t[]){2, 1});
    h->states[0] = SCH_CELL_RELEASED;
    h->values[0] = 100;
    unit_assert_code(hand_make(h, false), SCH_BAD_PEER);
    hand_free(h);
}

/* In a margin a count may be suppressed on its own; the values over it hold. */
static void test_result_make_margin_without_its_count_is_taken(void **state)
{
    (void)state;
    hand_plan *h = hand_new();
    hand_output(h, "traject", hand_key(h, "traject", 3, TRAJECT, true));
    uint32_t sum = hand_aggregate(h, SCH_OP_SUM, 0, 0);
    hand_output(h, "som", sum);
    hand_set(h, 1);
    hand_set(h, 0);
    hand_lay(h);
    for (uint32_t cell = 0; cell < 3; cell++) {
        hand_fill(h, sum, cell, 20, 20, (const int64_t[]){40, 0, 400, 0, 0});
    }
    hand_disclose(h);
    uint16_t count = hand_find(h, sum)->count.column[0];
    h->states[(size_t)count * h->plan.cell.cells + 3] = SCH_CELL_SUPPRESSED;
    unit_assert_ok(hand_make(h, false));
    assert_string_equal(hand_shown(h, 3, 1), "."); /* NULL or not cannot be told */
    hand_free(h);
}

static void order_by(hand_plan *h, uint32_t expression, bool descending, bool nulls_first)
{
    h->request.order[h->request.order_count++] =
        (sch_order){.expression = expression, .descending = descending, .nulls_first = nulls_first};
}

static void test_result_make_orders_and_limits(void **state)
{
    (void)state;
    hand_plan *h = crossed(0, NULL);
    uint32_t parity = HAND_OP(h, SCH_OP_MODULO, h->request.output[2].expression, hand_number(h, 2, 0));
    order_by(h, parity, false, false);
    order_by(h, h->request.output[2].expression, true, false);
    unit_assert_ok(hand_make(h, false));
    assert_column(h, 2, 9, (const char *const[]){"108", "106", "104", "102", "100", "107", "105", "103", "101"});
    h->request.has_limit = true;
    h->request.limit = 2;
    unit_assert_ok(hand_make(h, false));
    assert_column(h, 2, 2, (const char *const[]){"108", "106"});
    assert_int_equal(h->result.cut_count, 7);
    h->request.limit = 0;
    unit_assert_ok(hand_make(h, false));
    assert_int_equal(h->result.printed_count, 0);
    hand_free(h);
}

static void test_result_make_orders_nulls_where_asked(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        hand_plan *h = crossed(0, NULL);
        order_by(h, h->request.group_by[0], true, first == 1);
        unit_assert_ok(hand_make(h, false));
        assert_string_equal(hand_shown(h, first == 1 ? 0 : 8, 0), "NULL");
        assert_string_equal(hand_shown(h, first == 1 ? 3 : 0, 0), "zuid"); /* texts, descending */
        hand_free(h);
    }
}

static void test_result_make_orders_suppressed_rows_last(void **state)
{
    (void)state;
    for (int descending = 0; descending < 2; descending++) {
        hand_plan *h = example(9, 9);
        order_by(h, h->request.output[2].expression, descending == 1, true);
        unit_assert_ok(hand_make(h, true));
        assert_string_equal(hand_shown(h, 0, 0), "rust"); /* NULL first */
        assert_string_equal(hand_shown(h, 1, 0), "werk");
        assert_string_equal(hand_shown(h, 2, 0), "zorg");
        hand_free(h);
    }
}

static void test_result_make_having_keeps_what_is_true(void **state)
{
    (void)state;
    hand_plan *h = example(16, 3);
    h->request.has_having = true;
    h->request.having = HAND_OP(h, SCH_OP_GREATER, h->request.output[1].expression, hand_number(h, 31, 0));
    unit_assert_ok(hand_make(h, true));
    assert_column(h, 0, 1, (const char *const[]){"zorg"});
    assert_int_equal(h->result.withheld_count, 0);
    /* loon < 0: false of nobody's NULL, suppressed in zorg. */
    h->request.having = HAND_OP(h, SCH_OP_LESS, h->request.output[2].expression, hand_number(h, 0, 0));
    unit_assert_ok(hand_make(h, true));
    assert_column(h, 0, 1, (const char *const[]){"werk"});
    assert_int_equal(h->result.withheld_count, 1);
    hand_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_make_rows_have_states),
        cmocka_unit_test(test_result_make_small_row_is_suppressed_whole),
        cmocka_unit_test(test_result_make_without_keys_shows_its_row_always),
        cmocka_unit_test(test_result_make_suppressed_under_no_threshold_is_nobody),
        cmocka_unit_test(test_result_make_impossible_words_are_bad_peer),
        cmocka_unit_test(test_result_make_rollup_has_margins_behind_their_cells),
        cmocka_unit_test(test_result_make_other_sets_stand_behind_all_cells),
        cmocka_unit_test(test_result_make_hidden_cells_that_are_told_are_bad_peer),
        cmocka_unit_test(test_result_make_margin_without_its_count_is_taken),
        cmocka_unit_test(test_result_make_orders_and_limits),
        cmocka_unit_test(test_result_make_orders_nulls_where_asked),
        cmocka_unit_test(test_result_make_orders_suppressed_rows_last),
        cmocka_unit_test(test_result_make_having_keeps_what_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
