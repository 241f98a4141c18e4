/* From words to a table, and its printed forms. */
#include <jansson.h>
#include <math.h>

#include "node/query/result.h"
#include "tests/support/plan_builder.h"

enum { B = 0, C = 1, CELLS = 4000 };

typedef struct fixture {
    fixed_catalogs fixed;
    sch_request request;
    sch_plan plan;
    sch_result result;
    uint64_t values[CELLS];
    uint64_t states[CELLS];
    sch_buf out;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fixed_init(&f->fixed);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    sch_result_clear(&f->result);
    sch_plan_clear(&f->plan);
    sch_request_clear(&f->request);
    fixed_clear(&f->fixed);
    sch_buf_clear(&f->out);
    free(f);
    return 0;
}

static void make_plan(fixture *f)
{
    unit_assert_ok(sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, NULL));
    assert_true((size_t)sch_table_columns(&f->plan.shape) * f->plan.shape.groups <= CELLS);
}

static void set_column(fixture *f, uint16_t column, uint32_t group, int64_t value)
{
    f->values[(size_t)column * f->plan.shape.groups + group] = (uint64_t)value;
}

/* Gives every cell the state that its guard's value asks for, as the protocol does. */
static void suppress(fixture *f)
{
    const sch_table_shape *shape = &f->plan.shape;
    size_t cells = (size_t)sch_table_columns(shape) * shape->groups;
    uint64_t least = f->plan.rules.min_persons > 1 ? f->plan.rules.min_persons : 1;
    for (size_t i = 0; i < cells; i++) {
        uint64_t persons = f->values[(size_t)shape->guard[i / shape->groups] * shape->groups + i % shape->groups];
        sch_cell_state small =
            persons == 0 && f->plan.rules.show_zero && shape->tells_zero[shape->guard[i / shape->groups]]
                ? SCH_CELL_ZERO
                : SCH_CELL_SUPPRESSED;
        f->states[i] = persons < least ? small : SCH_CELL_RELEASED;
    }
    for (size_t i = 0; i < cells; i++) {
        f->values[i] *= f->states[i] == SCH_CELL_RELEASED;
    }
}

static sch_err make_result(fixture *f)
{
    return sch_result_make(&f->result, &f->plan, &f->request, f->values, f->states);
}

/* traject, records, SUM(loon), AVG(loon): 20 persons in "werk", 15 of whom have a wage; then `zorg` persons in "zorg". */
static void make_example(fixture *f, int64_t zorg)
{
    build_key(&f->request, B, "traject");
    build_count_rows(&f->request);
    uint32_t wage = build_col(&f->request, C, "loon");
    build_output(&f->request, "loon", build_op1(&f->request, SCH_OP_SUM, wage));
    build_output(&f->request, "gemiddeld", build_op1(&f->request, SCH_OP_AVG, wage));
    make_plan(f);
    const sch_plan_output *sum = &f->plan.output[2];
    const sch_plan_output *average = &f->plan.output[3];
    set_column(f, f->plan.persons[0], 0, 20);
    set_column(f, f->plan.output[1].sum[0], 0, 30);
    set_column(f, sum->sum[0], 0, -100001);
    set_column(f, sum->present[0], 0, 15);
    set_column(f, average->present[0], 0, 24);
    set_column(f, f->plan.persons[0], 1, zorg);
    set_column(f, f->plan.output[1].sum[0], 1, 2 * zorg);
    suppress(f);
}

static const sch_value *value_at(const fixture *f, size_t row, size_t output)
{
    return &f->result.value[row * f->plan.output_count + output];
}

/* ---- numbers ---- */

static void assert_prints(int64_t numerator, uint64_t denominator, uint8_t decimals, const char *expected)
{
    const sch_value value = {SCH_STATE_NUMBER, decimals, numerator, denominator};
    sch_buf out = {0};
    unit_assert_ok(sch_value_print(&out, &value));
    assert_string_equal(out.bytes > 0 ? sch_buf_text(&out) : "", expected);
    sch_buf_clear(&out);
}

static void test_value_print_sums_are_exact(void **state)
{
    (void)state;
    assert_prints(0, 0, 0, "0");
    assert_prints(-7, 0, 0, "-7");
    assert_prints(-7, 0, 2, "-0.07");
    assert_prints(123456, 0, 2, "1234.56");
    assert_prints(100, 0, 2, "1.00");
    assert_prints(INT64_MAX, 0, 0, "9223372036854775807");
    assert_prints(INT64_MIN, 0, 0, "-9223372036854775808");
    assert_prints(INT64_MIN, 0, 18, "-9.223372036854775808");
    assert_prints(5, 0, 18, "0.000000000000000005");
}

static void test_value_print_averages_are_shortest(void **state)
{
    (void)state;
    assert_prints(0, 3, 2, "0");
    assert_prints(1, 1, 0, "1");
    assert_prints(250000, 1, 2, "2500");
    assert_prints(1, 3, 0, "0.3333333333333333");
    assert_prints(2, 3, 0, "0.6666666666666666");
    assert_prints(-1, 8, 0, "-0.125");
    assert_prints(1, 10, 0, "0.1");
    assert_prints(5, 100, 2, "0.0005");
    assert_prints(10, 3, 0, "3.3333333333333335");
    assert_prints(100000000, 1, 0, "100000000");
    assert_prints(INT64_C(1) << 62, 1, 0, "4611686018427388000");
    assert_prints(1, 1, 18, "1e-18");
    assert_prints(15, 10, 18, "1.5e-18");
    assert_prints(1, 10000000, 0, "0.0000001");
    assert_prints(1, 100000000, 0, "1e-8");
}

static void test_value_print_other_states_print_nothing(void **state)
{
    (void)state;
    const sch_value value[] = {{.state = SCH_STATE_SUPPRESSED, .numerator = 5}, {.state = SCH_STATE_NULL}};
    sch_buf out = {0};
    unit_assert_ok(sch_value_print(&out, &value[0]));
    unit_assert_ok(sch_value_print(&out, &value[1]));
    assert_int_equal(out.bytes, 0);
}

/* Ties: 2^53 + 1 lies between two doubles, and so does 2^54 + 6 over 2. */
static void test_value_double_rounds_ties_to_even(void **state)
{
    (void)state;
    const int64_t p53 = INT64_C(1) << 53;
    assert_true(sch_value_double(&(sch_value){SCH_STATE_NUMBER, 0, p53 + 1, 1}) == (double)p53);
    assert_true(sch_value_double(&(sch_value){SCH_STATE_NUMBER, 0, p53 + 3, 1}) == (double)(p53 + 4));
    assert_true(sch_value_double(&(sch_value){SCH_STATE_NUMBER, 0, 2 * p53 + 3, 2}) == (double)(p53 + 2));
    assert_true(sch_value_double(&(sch_value){SCH_STATE_NUMBER, 0, 2 * p53 + 2, 2}) == (double)p53);
    assert_true(sch_value_double(&(sch_value){SCH_STATE_NUMBER, 0, -(p53 + 1), 1}) == -(double)p53);
    assert_true(sch_value_double(&(sch_value){SCH_STATE_NUMBER, 0, INT64_MAX, 1}) == 9223372036854775808.0);
}

/* Both sides are whole numbers up to 2^53, exact as doubles, so the processor divides them correctly. */
static void test_value_double_equals_correct_division(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252U;
    size_t checked = 0;
    for (int i = 0; i < 200000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        int64_t numerator = (int64_t)(seed >> (11 + seed % 40));
        uint64_t denominator = (seed * 0x9E3779B97F4A7C15U >> (11 + i % 50)) + 1;
        double expected = (double)numerator / (double)denominator;
        assert_true(sch_value_double(&(sch_value){SCH_STATE_NUMBER, 0, numerator, denominator}) == expected);
        if (denominator < 1U << 20) {
            expected = (double)numerator / (double)(denominator * 1000000);
            assert_true(sch_value_double(&(sch_value){SCH_STATE_NUMBER, 6, numerator, denominator}) == expected);
            checked++;
        }
    }
    assert_true(checked > 50000);
}

/* ---- states ---- */

static void test_result_released_row_has_sums_and_averages(void **state)
{
    fixture *f = *state;
    make_example(f, 16);
    unit_assert_ok(make_result(f));
    assert_int_equal(f->result.row_count, 2);
    assert_int_equal(f->result.row[0], SCH_ROW_SHOWN);
    assert_int_equal(value_at(f, 0, 1)->numerator, 30);
    assert_int_equal(value_at(f, 0, 2)->numerator, -100001);
    assert_int_equal(value_at(f, 0, 2)->denominator, 0);
    assert_int_equal(value_at(f, 0, 3)->denominator, 24);
    assert_int_equal(value_at(f, 0, 3)->decimals, 2);
    /* Nobody in "zorg" has a wage, which is not told: it would say something of each of them. */
    assert_int_equal(f->result.row[1], SCH_ROW_SHOWN);
    assert_int_equal(value_at(f, 1, 2)->state, SCH_STATE_SUPPRESSED);
    assert_int_equal(f->result.shown_count, 2);
}

static void test_result_small_row_is_suppressed_whole(void **state)
{
    fixture *f = *state;
    make_example(f, 14); /* of 15 */
    unit_assert_ok(make_result(f));
    assert_int_equal(f->result.row[1], SCH_ROW_SUPPRESSED);
    for (size_t i = 1; i < 4; i++) {
        /* also where the words say that nobody has a value */
        assert_int_equal(value_at(f, 1, i)->state, SCH_STATE_SUPPRESSED);
    }
    assert_int_equal(f->result.suppressed_count, 1);
}

static void test_result_row_of_nobody_is_empty(void **state)
{
    fixture *f = *state;
    make_example(f, 0);
    unit_assert_ok(make_result(f));
    assert_int_equal(f->result.row[1], SCH_ROW_EMPTY);
    assert_int_equal(value_at(f, 1, 1)->state, SCH_STATE_NUMBER);
    assert_int_equal(value_at(f, 1, 1)->numerator, 0);
    assert_int_equal(value_at(f, 1, 2)->state, SCH_STATE_NULL);
    assert_false(sch_result_row_is_visible(&f->result, 1, &(sch_result_options){false}));
    assert_true(sch_result_row_is_visible(&f->result, 1, &(sch_result_options){true}));
}

static void test_result_without_group_by_shows_its_row_always(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    build_output(&f->request, "x", build_op1(&f->request, SCH_OP_SUM, build_col(&f->request, C, "uren")));
    make_plan(f);
    suppress(f);
    unit_assert_ok(make_result(f));
    assert_int_equal(f->result.row[0], SCH_ROW_SHOWN);
    assert_int_equal(value_at(f, 0, 0)->state, SCH_STATE_NUMBER);
    assert_int_equal(value_at(f, 0, 1)->state, SCH_STATE_NULL);
}

static void test_result_impossible_words_are_bad_peer(void **state)
{
    fixture *f = *state;
    make_example(f, 16);
    uint64_t values[CELLS];
    uint64_t states[CELLS];
    memcpy(values, f->values, sizeof values);
    memcpy(states, f->states, sizeof states);
    size_t groups = f->plan.shape.groups;
    size_t checked = 0;
    for (int i = 0; i < 7; i++) {
        memcpy(f->values, values, sizeof values);
        memcpy(f->states, states, sizeof states);
        f->plan.rules.show_zero = i != 6;
        f->states[0] = i == 0 ? 3 : f->states[0];                             /* no such state */
        f->states[groups] = i == 1 ? SCH_CELL_SUPPRESSED : f->states[groups]; /* not its guard's */
        f->values[0] = i == 2 ? 14 : f->values[0];                            /* persons below the threshold */
        f->values[0] = i == 3 ? UINT64_MAX : f->values[0];                    /* fewer than none */
        for (size_t j = 0; i == 6 && j < sch_table_columns(&f->plan.shape); j++) {
            f->states[j * groups + 1] = SCH_CELL_ZERO;
            f->values[j * groups + 1] = 0;
        }
        size_t records = f->plan.output[1].sum[0] * groups;
        f->values[records] = i == 4 ? (uint64_t)-1 : f->values[records];
        size_t present = f->plan.output[3].present[0] * groups;
        f->values[present] = i == 5 ? 0 : f->values[present]; /* an average over nothing */
        unit_assert_code(make_result(f), SCH_BAD_PEER);       /* i = 6: zero told where owners do not */
        assert_null(f->result.value);
        checked++;
    }
    assert_int_equal(checked, 7);
    memcpy(f->values, values, sizeof values);
    memcpy(f->states, states, sizeof states);
    f->plan.rules.show_zero = true;
    unit_assert_ok(make_result(f));
}

static void test_result_wide_rows_follow_the_order_of_group_by(void **state)
{
    fixture *f = *state;
    build_key(&f->request, C, "jaar");
    build_key(&f->request, B, "traject");
    build_count_persons(&f->request, B);
    make_plan(f);
    set_column(f, f->plan.persons[0], 0, 100); /* 2024, werk */
    set_column(f, f->plan.persons[0], 1, 101); /* 2024, zorg */
    set_column(f, f->plan.persons[1], 0, 110);
    set_column(f, f->plan.persons[1], 1, 111);
    suppress(f);
    unit_assert_ok(make_result(f));
    assert_int_equal(f->result.row_count, 4);
    const int64_t expected[] = {100, 101, 110, 111};
    for (size_t row = 0; row < 4; row++) {
        assert_int_equal(value_at(f, row, 2)->numerator, expected[row]);
        assert_int_equal(sch_result_code(&f->result, row, 0), row / 2);
        assert_int_equal(sch_result_code(&f->result, row, 1), row % 2);
    }
}

/* ---- printed forms ---- */

static void test_result_print_table_aligns_and_explains(void **state)
{
    fixture *f = *state;
    make_example(f, 14);
    unit_assert_ok(make_result(f));
    unit_assert_ok(sch_result_print_table(&f->out, &f->result, &(sch_result_options){false}));
    assert_string_equal(sch_buf_text(&f->out), "traject  records      loon           gemiddeld\n"
                                               "-------  -------  --------  ------------------\n"
                                               "werk          30  -1000.01  -41.66708333333333\n"
                                               "zorg           .         .                   .\n"
                                               "\n. = suppressed: fewer than 15 persons (1 row)\n");
}

static void test_result_print_table_hides_empty_rows_unless_asked(void **state)
{
    fixture *f = *state;
    make_example(f, 0);
    unit_assert_ok(make_result(f));
    unit_assert_ok(sch_result_print_table(&f->out, &f->result, &(sch_result_options){false}));
    assert_null(strstr(sch_buf_text(&f->out), "zorg"));
    assert_non_null(strstr(sch_buf_text(&f->out), "1 row without persons not shown"));
    sch_buf_clear(&f->out);
    unit_assert_ok(sch_result_print_table(&f->out, &f->result, &(sch_result_options){true}));
    assert_non_null(strstr(sch_buf_text(&f->out), "zorg           0      NULL                NULL\n"));
    assert_null(strstr(sch_buf_text(&f->out), "not shown"));
}

static void test_result_print_table_counts_partly_suppressed_values(void **state)
{
    fixture *f = *state;
    make_example(f, 16);
    set_column(f, f->plan.output[2].present[0], 1, 3); /* 3 of 16 have a wage */
    set_column(f, f->plan.persons[0], 0, 20);
    suppress(f);
    unit_assert_ok(make_result(f));
    unit_assert_ok(sch_result_print_table(&f->out, &f->result, &(sch_result_options){false}));
    assert_non_null(strstr(sch_buf_text(&f->out), "fewer than 15 persons with a value (2 more values)"));
}

static void test_result_print_table_measures_characters_and_disarms_controls(void **state)
{
    fixture *f = *state;
    make_example(f, 16);
    unit_assert_ok(make_result(f));
    char **code = f->fixed.catalog[0].data_set[0].column[2].code;
    free(code[0]);
    free(code[1]);
    code[0] = strdup("w\xC3\xA9rk\xE6\xBC\xA2"); /* four letters and one wide one */
    code[1] = strdup("\x1B[2Jx\xFF");
    unit_assert_ok(sch_result_print_table(&f->out, &f->result, &(sch_result_options){false}));
    const char *text = sch_buf_text(&f->out);
    assert_non_null(strstr(text, "\nw\xC3\xA9rk\xE6\xBC\xA2        30"));
    assert_non_null(strstr(text, "\n\xEF\xBF\xBD[2Jx\xEF\xBF\xBD"));
    assert_null(strchr(text, '\x1B'));
}

static void test_result_print_csv_quotes_and_gives_reasons(void **state)
{
    fixture *f = *state;
    make_example(f, 14);
    char **code = f->fixed.catalog[0].data_set[0].column[2].code;
    free(code[0]);
    code[0] = strdup("=a,\"b\"");
    unit_assert_ok(make_result(f));
    unit_assert_ok(sch_result_print_csv(&f->out, &f->result, &(sch_result_options){false}));
    assert_string_equal(sch_buf_text(&f->out), "traject,records,loon,gemiddeld,suppressed\r\n"
                                               "\"=a,\"\"b\"\"\",30,-1000.01,-41.66708333333333,\r\n"
                                               "zorg,,,,fewer than 15 persons\r\n");
}

static void test_result_print_csv_says_with_a_value_where_only_some_are_suppressed(void **state)
{
    fixture *f = *state;
    make_example(f, 16);
    set_column(f, f->plan.output[2].present[0], 1, 3);
    suppress(f);
    unit_assert_ok(make_result(f));
    unit_assert_ok(sch_result_print_csv(&f->out, &f->result, &(sch_result_options){false}));
    assert_non_null(strstr(sch_buf_text(&f->out), "zorg,32,,,fewer than 15 persons with a value\r\n"));
}

static json_t *json_of(fixture *f, bool show_empty)
{
    sch_buf_clear(&f->out);
    unit_assert_ok(sch_result_print_json_stat(&f->out, &f->result, &(sch_result_options){show_empty}));
    json_error_t error;
    json_t *root = json_loads(sch_buf_text(&f->out), JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fail_msg("%s\n%s", error.text, sch_buf_text(&f->out));
    }
    return root;
}

/* The rules of JSON-stat 2.0 for a dataset: id, size and dimension agree, each dimension's categories are as many as its
 * size, and the values as many as the product of the sizes. */
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
    fixture *f = *state;
    make_example(f, 14);
    unit_assert_ok(make_result(f));
    json_t *root = json_of(f, false);
    assert_json_stat(root);
    const json_t *value = json_object_get(root, "value");
    assert_int_equal(json_integer_value(json_array_get(value, 0)), 30);
    assert_true(json_real_value(json_array_get(value, 1)) == -1000.01);
    assert_true(json_real_value(json_array_get(value, 2)) == -100001.0 / 2400.0);
    for (size_t i = 3; i < 6; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        assert_true(json_is_null(json_array_get(value, i)));
        assert_string_equal(json_string_value(json_object_get(json_object_get(root, "status"), number)), "c");
    }
    assert_int_equal(json_object_size(json_object_get(root, "status")), 3);
    assert_non_null(strstr(sch_buf_text(&f->out), "[30, -1000.01, -41.66708333333333, null, null, null]"));
    assert_non_null(strstr(sch_buf_text(&f->out), "\"role\": {\"metric\": [\"measure\"]}"));
    assert_non_null(strstr(sch_buf_text(&f->out), "\"source\": \"gemeente (bijstand), cbs (banen)\""));
    assert_non_null(strstr(sch_buf_text(&f->out), "Cells with fewer than 15 persons are suppressed"));
    assert_non_null(strstr(sch_buf_text(&f->out), "\"loon\": {\"decimals\": 2}"));
    json_decref(root);
}

static void test_result_print_json_stat_empty_rows_have_a_status(void **state)
{
    fixture *f = *state;
    make_example(f, 0);
    unit_assert_ok(make_result(f));
    for (int show = 0; show < 2; show++) {
        json_t *root = json_of(f, show == 1);
        assert_json_stat(root);
        const json_t *value = json_object_get(root, "value");
        assert_string_equal(json_string_value(json_object_get(json_object_get(root, "status"), "3")), "z");
        assert_int_equal(json_is_null(json_array_get(value, 3)), show == 0);
        assert_true(json_is_null(json_array_get(value, 4)));
        json_decref(root);
    }
}

static void test_result_print_json_stat_keeps_ids_apart(void **state)
{
    fixture *f = *state;
    build_key(&f->request, B, "buurt");
    memcpy(f->request.output[0].name, "measure", sizeof "measure");
    build_count_rows(&f->request);
    build_count_rows(&f->request); /* the same heading twice */
    make_plan(f);
    suppress(f);
    unit_assert_ok(make_result(f));
    char **code = f->fixed.catalog[0].data_set[0].column[1].code;
    free(code[1]);
    code[1] = strdup("(empty)");
    json_t *root = json_of(f, false);
    assert_json_stat(root);
    const char *text = sch_buf_text(&f->out);
    assert_non_null(strstr(text, "\"id\": [\"measure\", \"measure_2\"]"));
    assert_non_null(strstr(text, "[\"records\", \"records_2\"]"));
    assert_non_null(strstr(text, "[\"Centrum\", \"(empty)\", \"'t Zand\", \"Zuid\", \"(empty)_2\"]"));
    json_decref(root);
}

static void test_result_print_json_stat_without_aggregates_shows_rows(void **state)
{
    fixture *f = *state;
    build_key(&f->request, B, "traject");
    make_plan(f);
    set_column(f, f->plan.persons[0], 0, 20);
    set_column(f, f->plan.persons[0], 1, 2);
    suppress(f);
    unit_assert_ok(make_result(f));
    json_t *root = json_of(f, false);
    assert_json_stat(root);
    assert_non_null(strstr(sch_buf_text(&f->out), "\"value\": [1, null]"));
    json_decref(root);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_print_sums_are_exact),
        cmocka_unit_test(test_value_print_averages_are_shortest),
        cmocka_unit_test(test_value_print_other_states_print_nothing),
        cmocka_unit_test(test_value_double_rounds_ties_to_even),
        cmocka_unit_test(test_value_double_equals_correct_division),
        WITH(test_result_released_row_has_sums_and_averages),
        WITH(test_result_small_row_is_suppressed_whole),
        WITH(test_result_row_of_nobody_is_empty),
        WITH(test_result_without_group_by_shows_its_row_always),
        WITH(test_result_impossible_words_are_bad_peer),
        WITH(test_result_wide_rows_follow_the_order_of_group_by),
        WITH(test_result_print_table_aligns_and_explains),
        WITH(test_result_print_table_hides_empty_rows_unless_asked),
        WITH(test_result_print_table_counts_partly_suppressed_values),
        WITH(test_result_print_table_measures_characters_and_disarms_controls),
        WITH(test_result_print_csv_quotes_and_gives_reasons),
        WITH(test_result_print_csv_says_with_a_value_where_only_some_are_suppressed),
        WITH(test_result_print_json_stat_is_a_dataset),
        WITH(test_result_print_json_stat_empty_rows_have_a_status),
        WITH(test_result_print_json_stat_keeps_ids_apart),
        WITH(test_result_print_json_stat_without_aggregates_shows_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
