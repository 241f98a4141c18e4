/* The printed forms of a result. */
#include <jansson.h>

#include "tests/support/hand_plan.h"

static const char *const TRAJECT[] = {"werk", "zorg"};

/* traject, records, SUM(loon), AVG(loon): 20 persons in "werk", 15 of whom have a wage; then `zorg` persons in
 * "zorg", `values` of whom have one. */
static hand_plan *example(int64_t zorg, int64_t values, bool margin)
{
    hand_plan *h = hand_new();
    hand_output(h, "traject", hand_key(h, "traject", 2, TRAJECT, true));
    uint32_t count = hand_aggregate(h, SCH_OP_COUNT_ROWS, 0, 0);
    uint32_t sum = hand_aggregate(h, SCH_OP_SUM, 2, 0);
    uint32_t average = hand_aggregate(h, SCH_OP_AVG, 2, 0);
    hand_output(h, "records", count);
    hand_output(h, "loon", sum);
    hand_output(h, "gemiddeld", average);
    if (margin) {
        hand_set(h, 1);
        hand_set(h, 0);
    }
    hand_lay(h);
    hand_fill(h, count, 0, 20, 30, NULL);
    hand_fill(h, count, 1, zorg, 2 * zorg, NULL);
    for (uint32_t cell = 0; cell < 2; cell++) {
        int64_t persons = cell == 0 ? 20 : zorg;
        int64_t with = cell == 0 ? 24 : values;
        hand_fill(h, sum, cell, persons, with, (const int64_t[]){-100001, 0, 0, 0, 0});
        hand_fill(h, average, cell, persons, with, (const int64_t[]){-100001, 0, 0, 0, 0});
    }
    hand_disclose(h);
    return h;
}

static const char *table_of(hand_plan *h, bool show_empty)
{
    h->out.bytes = 0;
    unit_assert_ok(hand_make(h, show_empty));
    unit_assert_ok(sch_result_print_table(&h->out, &h->result));
    return sch_buf_text(&h->out);
}

static const char *csv_of(hand_plan *h)
{
    h->out.bytes = 0;
    unit_assert_ok(hand_make(h, false));
    unit_assert_ok(sch_result_print_csv(&h->out, &h->result));
    return sch_buf_text(&h->out);
}

static void recode(hand_plan *h, size_t column, size_t code, const char *text)
{
    free(h->column[column].code[code]);
    h->column[column].code[code] = strdup(text);
}

/* By bsn, then by adres6, then by adres4. */
static void link_in_passes(hand_plan *h)
{
    unit_assert_ok(sch_text_copy(h->request.from[0].join_column, SCH_NAME_BYTES, "bsn"));
    unit_assert_ok(sch_text_copy(h->request.pass[0], SCH_NAME_BYTES, "adres6"));
    unit_assert_ok(sch_text_copy(h->request.pass[1], SCH_NAME_BYTES, "adres4"));
    h->request.pass_count = 2;
}

/* ---- table ---- */

static void test_result_print_table_aligns_and_explains(void **state)
{
    (void)state;
    hand_plan *h = example(9, 9, false);
    assert_string_equal(table_of(h, false), "traject  records      loon           gemiddeld\n"
                                            "-------  -------  --------  ------------------\n"
                                            "werk          30  -1000.01  -41.66708333333333\n"
                                            "zorg           .         .                   .\n"
                                            "\n. = suppressed: fewer than 10 persons (1 row)\n");
    hand_free(h);
}

static void test_result_print_table_hides_empty_rows_unless_asked(void **state)
{
    (void)state;
    hand_plan *h = example(0, 0, false);
    assert_null(strstr(table_of(h, false), "zorg"));
    assert_non_null(strstr(table_of(h, false), "\n1 row without persons not shown\n"));
    assert_non_null(strstr(table_of(h, true), "zorg           0      NULL                NULL\n"));
    assert_null(strstr(table_of(h, true), "not shown"));
    hand_free(h);
}

static void test_result_print_table_counts_partly_suppressed_values(void **state)
{
    (void)state;
    hand_plan *h = example(16, 3, false);
    assert_non_null(strstr(table_of(h, false), "fewer than 10 persons behind a value (2 more values)"));
    hand_free(h);
}

static void test_result_print_table_names_margins(void **state)
{
    (void)state;
    hand_plan *h = example(16, 12, true);
    assert_non_null(strstr(table_of(h, false), "\n(all)         62  -2000.02"));
    hand_free(h);
    h = example(9, 9, true);
    assert_non_null(strstr(table_of(h, false), "fewer than 10 persons, or a margin that would give them away (1 row)"));
    hand_free(h);
}

/* Last below the table; CSV has no place for it. */
static void test_result_print_table_with_passes_says_how_records_are_linked(void **state)
{
    (void)state;
    static const char line[] = "\n\nlinked by bsn, then by adres6, then by adres4\n";
    hand_plan *h = example(9, 9, false);
    assert_null(strstr(table_of(h, false), "linked"));
    link_in_passes(h);
    const char *text = table_of(h, false);
    assert_true(strlen(text) > sizeof line);
    assert_string_equal(text + strlen(text) - (sizeof line - 1), line);
    assert_null(strstr(csv_of(h), "linked"));
    hand_free(h);
}

static void test_result_print_table_says_what_having_and_limit_left_out(void **state)
{
    (void)state;
    hand_plan *h = example(9, 9, false);
    h->request.has_having = true;
    h->request.having = HAND_OP(h, SCH_OP_GREATER, h->request.output[1].expression, hand_number(h, 0, 0));
    assert_non_null(strstr(table_of(h, false), "\n1 row not shown: HAVING rests on suppressed values there\n"));
    h->request.has_limit = true;
    h->request.limit = 0;
    assert_non_null(strstr(table_of(h, false), "\n1 row beyond LIMIT not shown\n"));
    hand_free(h);
}

static void test_result_print_table_measures_characters_and_disarms_controls(void **state)
{
    (void)state;
    hand_plan *h = example(16, 12, false);
    recode(h, 0, 0, "w\xC3\xA9rk\xE6\xBC\xA2"); /* four letters and one wide one */
    recode(h, 0, 1, "\x1B[2Jx\xFF");
    const char *text = table_of(h, false);
    assert_non_null(strstr(text, "\nw\xC3\xA9rk\xE6\xBC\xA2        30"));
    assert_non_null(strstr(text, "\n\xEF\xBF\xBD[2Jx\xEF\xBF\xBD"));
    assert_null(strchr(text, '\x1B'));
    hand_free(h);
}

static void test_result_print_table_texts_stand_left(void **state)
{
    (void)state;
    hand_plan *h = example(16, 12, false);
    uint32_t many = HAND_OP(h, SCH_OP_GREATER, h->request.output[1].expression, hand_number(h, 31, 0));
    hand_output(h, "hoeveel", HAND_OP(h, SCH_OP_CASE, many, hand_text(h, "veel"), hand_text(h, "te weinig")));
    hand_output(h, "meer", many);
    const char *text = table_of(h, false);
    assert_non_null(strstr(text, "  te weinig  false\n"));
    assert_non_null(strstr(text, "  veel        true\n"));
    hand_free(h);
}

/* ---- CSV ---- */

static void test_result_print_csv_quotes_and_gives_reasons(void **state)
{
    (void)state;
    hand_plan *h = example(9, 9, false);
    recode(h, 0, 0, "=a,\"b\"");
    assert_string_equal(csv_of(h), "traject,records,loon,gemiddeld,suppressed\r\n"
                                   "\"=a,\"\"b\"\"\",30,-1000.01,-41.66708333333333,\r\n"
                                   "zorg,,,,fewer than 10 persons\r\n");
    hand_free(h);
}

static void test_result_print_csv_says_with_a_value_where_only_some_are_suppressed(void **state)
{
    (void)state;
    hand_plan *h = example(16, 3, false);
    assert_non_null(strstr(csv_of(h), "zorg,32,,,fewer than 10 persons behind a value\r\n"));
    hand_free(h);
}

static void test_result_print_csv_leaves_margins_empty(void **state)
{
    (void)state;
    hand_plan *h = example(16, 12, true);
    hand_output(h, "g", HAND_OP(h, SCH_OP_GROUPING, h->request.group_by[0]));
    assert_non_null(strstr(csv_of(h), "\r\n,62,-2000.02,-55.556111111111115,1,\r\n"));
    uint16_t sum = h->plan.aggregate[1].x.column[0];
    h->states[(size_t)sum * h->plan.cell.cells + 2] = SCH_CELL_SUPPRESSED; /* to protect a cell */
    assert_non_null(strstr(
        csv_of(h), "\r\n,62,,-55.556111111111115,1,fewer than 10 persons behind a value or would give them away\r\n"));
    hand_free(h);
}

/* ---- JSON-stat ---- */

static json_t *json_of(hand_plan *h, bool show_empty)
{
    json_error_t error;
    h->out.bytes = 0;
    unit_assert_ok(hand_make(h, show_empty));
    unit_assert_ok(sch_result_print_json_stat(&h->out, &h->result));
    json_t *root = json_loads(sch_buf_text(&h->out), JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fail_msg("%s\n%s", error.text, sch_buf_text(&h->out));
    }
    return root;
}

/* The rules of JSON-stat 2.0 for a dataset: id, size and dimension agree, each dimension's categories are as many as
 * its size, and the values as many as the product of the sizes. */
static void assert_json_stat(const json_t *root)
{
    size_t cells = 1;
    const json_t *id = json_object_get(root, "id");
    const json_t *size = json_object_get(root, "size");
    const json_t *dimension = json_object_get(root, "dimension");
    assert_string_equal(json_string_value(json_object_get(root, "version")), "2.0");
    assert_string_equal(json_string_value(json_object_get(root, "class")), "dataset");
    assert_int_equal(json_array_size(id), json_array_size(size));
    assert_int_equal(json_array_size(id), json_object_size(dimension));
    for (size_t i = 0; i < json_array_size(id); i++) {
        const json_t *d = json_object_get(dimension, json_string_value(json_array_get(id, i)));
        const json_t *index = json_object_get(json_object_get(d, "category"), "index");
        size_t count = (size_t)json_integer_value(json_array_get(size, i));
        assert_true(count > 0);
        assert_int_equal(json_array_size(index), count);
        cells *= count;
    }
    assert_int_equal(json_array_size(json_object_get(root, "value")), cells);
    const char *key = NULL;
    json_t *status = NULL;
    json_t *all = json_object_get(root, "status");
    json_object_foreach(all, key, status)
    {
        assert_true(strtoull(key, NULL, 10) < cells);
        assert_true(json_is_string(status));
    }
}

static void test_result_print_json_stat_is_a_dataset(void **state)
{
    (void)state;
    hand_plan *h = example(9, 9, false);
    json_t *root = json_of(h, false);
    const char *text = sch_buf_text(&h->out);
    assert_json_stat(root);
    assert_non_null(strstr(text, "\"value\": [30, -1000.01, -41.66708333333333, null, null, null]"));
    assert_non_null(strstr(text, "\"status\": {\"3\": \"c\", \"4\": \"c\", \"5\": \"c\"}"));
    assert_non_null(strstr(text, "\"role\": {\"metric\": [\"measure\"]}"));
    assert_non_null(strstr(text, "\"label\": \"bijstand linked with banen\""));
    assert_non_null(strstr(text, "\"source\": \"gemeente (bijstand), cbs (banen)\""));
    assert_non_null(strstr(text, "Cells with fewer than 10 persons are suppressed"));
    assert_non_null(strstr(text, "\"loon\": {\"decimals\": 2}"));
    assert_null(strstr(text, "\"gemiddeld\": {\"decimals\""));
    json_decref(root);
    hand_free(h);
}

static void test_result_print_json_stat_with_passes_notes_them(void **state)
{
    (void)state;
    hand_plan *h = example(16, 12, false);
    json_t *root = json_of(h, false);
    assert_null(strstr(sch_buf_text(&h->out), "inked by"));
    json_decref(root);
    link_in_passes(h);
    root = json_of(h, false);
    assert_json_stat(root);
    assert_non_null(strstr(sch_buf_text(&h->out), "\"Linked by bsn, then by adres6, then by adres4.\""));
    json_decref(root);
    hand_free(h);
}

static void test_result_print_json_stat_empty_rows_have_a_status(void **state)
{
    (void)state;
    hand_plan *h = example(0, 0, false);
    for (int show = 0; show < 2; show++) {
        json_t *root = json_of(h, show == 1);
        assert_json_stat(root);
        const json_t *value = json_object_get(root, "value");
        assert_string_equal(json_string_value(json_object_get(json_object_get(root, "status"), "3")), "z");
        assert_int_equal(json_is_null(json_array_get(value, 3)), show == 0);
        assert_true(json_is_null(json_array_get(value, 4)));
        json_decref(root);
    }
    hand_free(h);
}

/* A cube has its own order, and a place for what HAVING left out. */
static void test_result_print_json_stat_margins_are_categories(void **state)
{
    (void)state;
    hand_plan *h = example(16, 12, true);
    h->request.output_count = 2; /* traject, records */
    h->request.order[0] = (sch_order){.expression = h->request.output[1].expression, .descending = true};
    h->request.order_count = 1;
    json_t *root = json_of(h, false);
    assert_json_stat(root);
    assert_non_null(strstr(sch_buf_text(&h->out), "\"index\": [\"werk\", \"zorg\", \"(all)\"]"));
    assert_non_null(strstr(sch_buf_text(&h->out), "\"value\": [30, 32, 62]"));
    json_decref(root);
    h->request.has_having = true;
    h->request.having = HAND_OP(h, SCH_OP_GREATER, h->request.output[1].expression, hand_number(h, 30, 0));
    root = json_of(h, false);
    assert_json_stat(root);
    assert_non_null(strstr(sch_buf_text(&h->out), "\"value\": [null, 32, 62]"));
    assert_null(strstr(sch_buf_text(&h->out), "\"status\""));
    json_decref(root);
    hand_free(h);
}

static void test_result_print_json_stat_keeps_ids_apart(void **state)
{
    (void)state;
    static const char *const BUURT[] = {"Centrum", "(empty)"};
    hand_plan *h = hand_new();
    hand_output(h, "measure", hand_key(h, "buurt", 2, BUURT, false));
    uint32_t count = hand_aggregate(h, SCH_OP_COUNT_ROWS, 0, 0);
    hand_output(h, "records", count);
    hand_output(h, "records", count); /* the same heading twice */
    hand_lay(h);
    hand_disclose(h);
    json_t *root = json_of(h, false);
    assert_json_stat(root);
    const char *text = sch_buf_text(&h->out);
    assert_non_null(strstr(text, "\"id\": [\"measure\", \"measure_2\"]"));
    assert_non_null(strstr(text, "[\"records\", \"records_2\"]"));
    assert_non_null(strstr(text, "[\"Centrum\", \"(empty)\", \"(empty)_2\"]"));
    json_decref(root);
    hand_free(h);
}

static void test_result_print_json_stat_without_aggregates_shows_rows(void **state)
{
    (void)state;
    hand_plan *h = example(2, 0, false);
    h->request.output_count = 1;
    json_t *root = json_of(h, false);
    assert_json_stat(root);
    assert_non_null(strstr(sch_buf_text(&h->out), "\"value\": [1, null]"));
    json_decref(root);
    hand_free(h);
}

static void test_result_print_json_stat_refuses_texts_and_giants(void **state)
{
    (void)state;
    hand_plan *h = example(16, 12, false);
    hand_output(h, "tekst", hand_text(h, "x"));
    unit_assert_ok(hand_make(h, false));
    unit_assert_code(sch_result_print_json_stat(&h->out, &h->result), SCH_BAD_INPUT);
    assert_int_equal(h->out.bytes, 0);
    h->request.output_count--;
    unit_assert_ok(hand_make(h, false));
    h->plan.key[0].domain = SCH_MAX_CUBE;
    unit_assert_code(sch_result_print_json_stat(&h->out, &h->result), SCH_BAD_INPUT);
    hand_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_print_table_aligns_and_explains),
        cmocka_unit_test(test_result_print_table_hides_empty_rows_unless_asked),
        cmocka_unit_test(test_result_print_table_counts_partly_suppressed_values),
        cmocka_unit_test(test_result_print_table_names_margins),
        cmocka_unit_test(test_result_print_table_with_passes_says_how_records_are_linked),
        cmocka_unit_test(test_result_print_table_says_what_having_and_limit_left_out),
        cmocka_unit_test(test_result_print_table_measures_characters_and_disarms_controls),
        cmocka_unit_test(test_result_print_table_texts_stand_left),
        cmocka_unit_test(test_result_print_csv_quotes_and_gives_reasons),
        cmocka_unit_test(test_result_print_csv_says_with_a_value_where_only_some_are_suppressed),
        cmocka_unit_test(test_result_print_csv_leaves_margins_empty),
        cmocka_unit_test(test_result_print_json_stat_is_a_dataset),
        cmocka_unit_test(test_result_print_json_stat_with_passes_notes_them),
        cmocka_unit_test(test_result_print_json_stat_empty_rows_have_a_status),
        cmocka_unit_test(test_result_print_json_stat_margins_are_categories),
        cmocka_unit_test(test_result_print_json_stat_keeps_ids_apart),
        cmocka_unit_test(test_result_print_json_stat_without_aggregates_shows_rows),
        cmocka_unit_test(test_result_print_json_stat_refuses_texts_and_giants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
