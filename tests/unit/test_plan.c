/* Who is who, what is refused, which columns a plan has, and what is said of it. */
#include "node/query/plan.h"
#include "tests/support/plan_builder.h"

enum { B = 0, C = 1 }; /* bijstand b (one row a person), banen c (several) */

typedef struct fixture {
    fixed_catalogs fixed;
    sch_request request;
    sch_plan plan;
    sch_detail detail;
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
    sch_plan_clear(&f->plan);
    sch_request_clear(&f->request);
    fixed_clear(&f->fixed);
    free(f);
    return 0;
}

static void join_one_to_one(fixture *f)
{
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[2], "jeugdhulp", "j");
}

static void make(fixture *f)
{
    sch_plan_clear(&f->plan);
    f->detail.text[0] = '\0';
    sch_err err = sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, &f->detail);
    if (sch_failed(err)) {
        fail_msg("%s: %s", err.text, f->detail.text);
    }
}

static void assert_refused(fixture *f, sch_code code, const char *part, const char *part2)
{
    unit_assert_code(sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, &f->detail), code);
    if (strstr(f->detail.text, part) == NULL || strstr(f->detail.text, part2) == NULL) {
        fail_msg("%s", f->detail.text);
    }
    assert_null(f->plan.local[0].sql);
    assert_int_equal(f->plan.output_count, 0);
}

static uint32_t sum_of(fixture *f, uint8_t side, const char *column)
{
    return build_op1(&f->request, SCH_OP_SUM, build_col(&f->request, side, column));
}

/* ---- parties ---- */

static void test_plan_one_side_with_one_row_is_spine(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    make(f);
    assert_string_equal(f->plan.node[SCH_SPINE], "gemeente");
    assert_string_equal(f->plan.node[SCH_DATA], "cbs");
    assert_string_equal(f->plan.node[SCH_HELPER], "partner");
    assert_int_equal(f->plan.from[SCH_SPINE], 0);
    assert_int_equal(f->plan.max_rows[SCH_SPINE], 1000000);
    assert_int_equal(f->plan.max_rows[SCH_DATA], 10000000);
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[1], "banen", "c", &f->fixed.catalog[0], "bijstand", "b");
    build_count_rows(&f->request);
    make(f);
    assert_string_equal(f->plan.node[SCH_SPINE], "gemeente");
    assert_int_equal(f->plan.from[SCH_SPINE], 1);
    assert_int_equal(f->plan.from[SCH_DATA], 0);
}

static void test_plan_of_two_spines_more_codes_win_then_first(void **state)
{
    fixture *f = *state;
    join_one_to_one(f);
    build_count_rows(&f->request);
    make(f);
    assert_string_equal(f->plan.node[SCH_SPINE], "gemeente"); /* no codes on either side */
    build_key(&f->request, 1, "soort");
    make(f);
    assert_string_equal(f->plan.node[SCH_SPINE], "partner"); /* 3 codes against none */
    assert_string_equal(f->plan.node[SCH_HELPER], "cbs");
    build_key(&f->request, 0, "buurt");
    make(f);
    assert_string_equal(f->plan.node[SCH_SPINE], "gemeente"); /* 5 codes against 3 */
    assert_int_equal(f->plan.wide, 3);
}

static void test_plan_rules_are_the_strictest_of_the_owners(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    make(f);
    assert_int_equal(f->plan.rules.min_persons, 15); /* cbs */
    assert_true(f->plan.rules.show_zero);            /* both owners; the helper's setting does not count */
    join_one_to_one(f);
    build_count_rows(&f->request);
    make(f);
    assert_int_equal(f->plan.rules.min_persons, 10); /* gemeente; cbs is the helper now */
    assert_false(f->plan.rules.show_zero);           /* partner does not */
}

static void test_plan_two_data_sets_of_many_rows_are_refused(void **state)
{
    fixture *f = *state;
    f->fixed.catalog[0].data_set[0].rows_per_person = SCH_MANY_PER_PERSON;
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_count_rows(&f->request);
    assert_refused(f, SCH_BAD_INPUT, "neither data set has one row a person", "b and c");
}

static void test_plan_two_data_sets_of_one_node_are_refused(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    memcpy(f->request.from[1].node, "gemeente", sizeof "gemeente");
    assert_refused(f, SCH_BAD_INPUT, "FROM names two data sets of gemeente", "different nodes");
}

static void test_plan_without_third_node_says_try_again(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    unit_assert_code(sch_plan_make(&f->plan, &f->request, f->fixed.list, 2, &f->detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(f->detail.text, "three nodes are needed; besides gemeente and cbs none is connected"));
}

static void test_plan_with_absent_owner_says_try_again(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    unit_assert_code(sch_plan_make(&f->plan, &f->request, f->fixed.list, 1, &f->detail), SCH_TRY_AGAIN);
    assert_non_null(strstr(f->detail.text, "the node cbs, which holds banen, is not connected"));
}

static void test_plan_unknown_data_set_names_the_nearest(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    memcpy(f->request.from[1].data_set, "bannen", sizeof "bannen");
    assert_refused(f, SCH_TRY_AGAIN, "cbs offers no data set bannen", "did you mean banen");
}

static void test_plan_changed_schema_says_try_again(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    f->fixed.catalog[1].data_set[0].column[4].maximum = 2;
    assert_refused(f, SCH_TRY_AGAIN, "the data set banen of cbs changed", "fetch the catalogue again");
}

static void test_plan_join_on_other_column_is_refused(void **state)
{
    fixture *f = *state;
    build_count_rows(&f->request);
    memcpy(f->request.join_column[1], "jaar", sizeof "jaar");
    assert_refused(f, SCH_BAD_INPUT, "JOIN links c by jaar", "join on bsn");
}

static void test_plan_identifiers_of_two_kinds_are_refused(void **state)
{
    fixture *f = *state;
    f->fixed.catalog[1].data_set[0].column[0].identifier = SCH_IDENTIFIER_TEXT;
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_count_rows(&f->request);
    assert_refused(f, SCH_BAD_INPUT, "JOIN cannot link b and c", "different kinds");
}

static void test_plan_data_sets_about_other_units_are_refused(void **state)
{
    fixture *f = *state;
    memcpy(f->fixed.catalog[1].data_set[0].unit, "household", sizeof "household");
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_count_rows(&f->request);
    assert_refused(f, SCH_BAD_INPUT, "JOIN cannot link b and c", "household");
}

static void test_plan_request_with_broken_structure_is_refused(void **state)
{
    fixture *f = *state;
    unit_assert_code(sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, NULL), SCH_BAD_INPUT);
}

/* ---- GROUP BY ---- */

static void test_plan_keys_number_cells_with_the_last_fastest(void **state)
{
    fixture *f = *state;
    build_key(&f->request, B, "buurt");   /* 4 and empty */
    build_key(&f->request, C, "sector");  /* 3 and empty */
    build_key(&f->request, B, "traject"); /* 2 */
    build_key(&f->request, C, "jaar");    /* 2 */
    build_count_rows(&f->request);
    make(f);
    assert_int_equal(f->plan.shape.groups, 10);
    assert_int_equal(f->plan.wide, 8);
    const uint32_t stride[] = {2, 2, 1, 1};
    const uint32_t domain[] = {5, 4, 2, 2};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(f->plan.key[i].stride, stride[i]);
        assert_int_equal(f->plan.key[i].domain, domain[i]);
        assert_int_equal(f->plan.key[i].owner, i % 2 == 0 ? SCH_SPINE : SCH_DATA);
    }
    assert_int_equal(f->plan.local[SCH_SPINE].key_count, 2);
    assert_string_equal(f->plan.local[SCH_SPINE].key[1]->name, "traject");
    assert_int_equal(f->plan.local[SCH_DATA].key_count, 0);
}

static void test_plan_too_many_combinations_are_refused(void **state)
{
    fixture *f = *state;
    f->fixed.catalog[1].data_set[0].column[1].minimum = 2022; /* 4 years and 4 sectors with empty */
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_key(&f->request, C, "sector");
    build_key(&f->request, C, "jaar");
    build_count_rows(&f->request);
    assert_refused(f, SCH_BAD_INPUT, "grouping on c.sector, c.jaar gives 16 combinations at the other owner",
                   "at most 8 are possible when its data set has several rows a person");
}

static void test_plan_too_many_cells_are_refused(void **state)
{
    fixture *f = *state;
    f->fixed.catalog[0].data_set[0].column[3].minimum = -20000; /* instroomjaar */
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_key(&f->request, B, "buurt");
    build_key(&f->request, B, "instroomjaar");
    build_count_rows(&f->request);
    assert_refused(f, SCH_BAD_INPUT, "GROUP BY gives 110130 cells", "at most 100000");
}

static void test_plan_group_by_measure_is_refused(void **state)
{
    fixture *f = *state;
    build_key(&f->request, B, "dagen");
    build_count_rows(&f->request);
    assert_refused(f, SCH_BAD_INPUT, "GROUP BY takes dimensions, and b.dagen (position 1) is none", "WHERE");
}

static void test_plan_too_many_table_columns_are_refused(void **state)
{
    fixture *f = *state;
    build_key(&f->request, C, "sector");
    build_key(&f->request, C, "jaar"); /* 8 combinations */
    for (int i = 0; i < 16; i++) {
        uint32_t scaled = build_op2(&f->request, SCH_OP_MULTIPLY, build_col(&f->request, C, "loon"),
                                    build_number(&f->request, i + 1, 0));
        build_output(&f->request, "x", build_op1(&f->request, SCH_OP_AVG, scaled));
    }
    assert_refused(f, SCH_BAD_INPUT, "more than 256 table columns", "8 for each combination");
}

/* ---- conditions and aggregates ---- */

static void test_plan_conditions_go_to_their_owners(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    uint32_t b1 = build_op2(r, SCH_OP_GREATER_EQUAL, build_col(r, B, "instroomjaar"), build_number(r, 2023, 0));
    uint32_t c1 = build_op2(r, SCH_OP_EQUAL, build_col(r, C, "jaar"), build_number(r, 2025, 0));
    uint32_t b2 = build_op1(r, SCH_OP_NOT, build_col(r, B, "actief"));
    uint32_t constant = build_boolean(r, true);
    build_where(r,
                build_op2(r, SCH_OP_AND, build_op3(r, SCH_OP_AND, b1, c1, constant), build_op2(r, SCH_OP_AND, b2, b1)));
    build_count_rows(r);
    make(f);
    assert_string_equal(
        f->plan.local[SCH_SPINE].sql,
        "SELECT \"bsn\" FROM data WHERE (\"instroomjaar\" >= CAST(2023 AS BIGINT)) AND (NOT \"actief\")");
    assert_string_equal(
        f->plan.local[SCH_DATA].sql,
        "SELECT \"bsn\", CAST(1 AS BIGINT), COUNT(*) FROM data WHERE (\"jaar\" = CAST(2025 AS BIGINT)) AND "
        "TRUE GROUP BY \"bsn\"");
}

static void test_plan_condition_over_both_owners_is_refused(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    build_where(r, build_op2(r, SCH_OP_OR, build_col(r, B, "actief"), build_col(r, C, "vast")));
    build_count_rows(r);
    assert_refused(f, SCH_BAD_INPUT, "OR (position 3) uses columns of both b and c", "joined by AND");
}

static void test_plan_where_that_is_no_condition_is_refused(void **state)
{
    fixture *f = *state;
    build_where(&f->request, build_col(&f->request, B, "dagen"));
    build_count_rows(&f->request);
    assert_refused(f, SCH_BAD_INPUT, "WHERE takes a condition, and b.dagen (position 1) is a number", "comparison");
}

static void test_plan_aggregate_over_both_owners_is_refused(void **state)
{
    fixture *f = *state;
    sch_request *r = &f->request;
    uint32_t both = build_op2(r, SCH_OP_ADD, build_col(r, B, "dagen"), build_col(r, C, "uren"));
    build_output(r, "x", build_op1(r, SCH_OP_SUM, both));
    assert_refused(f, SCH_BAD_INPUT, "SUM (position 4) uses columns of both b and c", "each aggregate");
}

static void test_plan_sum_that_could_overflow_is_refused(void **state)
{
    fixture *f = *state;
    build_output(&f->request, "x", sum_of(f, C, "groot")); /* 10^7 records of 2^50 */
    assert_refused(f, SCH_BAD_INPUT, "SUM (position 2) could reach 2^62", "10000000 records");
}

/* Bounds count joined records: with one row a person on both sides that is the smaller file. */
static void test_plan_sum_just_below_the_bound_is_planned(void **state)
{
    fixture *f = *state;
    f->fixed.catalog[0].data_set[0].max_rows = 4096;
    f->fixed.catalog[1].data_set[0].max_rows = 4096;
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_output(&f->request, "x", sum_of(f, C, "groot"));
    assert_refused(f, SCH_BAD_INPUT, "could reach 2^62", "4096 records"); /* 2^12 x 2^50 = 2^62 */
    f->fixed.catalog[1].data_set[0].max_rows = 4095;
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_output(&f->request, "x", sum_of(f, C, "groot"));
    make(f);
}

/* ---- columns ---- */

static void test_plan_required_columns_of_one_row_share_linked(void **state)
{
    fixture *f = *state;
    f->fixed.catalog[1].data_set[0].rows_per_person = SCH_ONE_PER_PERSON;
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_key(&f->request, B, "buurt");
    build_key(&f->request, B, "traject");
    build_count_rows(&f->request);
    build_count_persons(&f->request, B);
    build_count_persons(&f->request, C);
    build_output(&f->request, "uren", sum_of(f, C, "uren"));
    build_output(&f->request, "werkt", sum_of(f, C, "werkt"));
    make(f);
    const sch_table_shape *shape = &f->plan.shape;
    assert_int_equal(shape->data_columns, 3);
    assert_int_equal(shape->products, 0);
    assert_int_equal(shape->spine_columns, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(shape->guard[i], 0);
        assert_int_equal(f->plan.output[2 + i].sum[0], 0);
    }
    assert_int_equal(f->plan.output[5].present[0], 0);
    assert_string_equal(f->plan.local[SCH_DATA].sql,
                        "SELECT \"bsn\", CAST(1 AS BIGINT), CAST(COALESCE(\"uren\", 0) AS BIGINT), "
                        "CAST(COALESCE(\"werkt\", 0) AS BIGINT) FROM data");
}

static void test_plan_nullable_average_of_many_rows_has_own_guard(void **state)
{
    fixture *f = *state;
    build_output(&f->request, "loon", build_op1(&f->request, SCH_OP_AVG, build_col(&f->request, C, "loon")));
    build_output(&f->request, "met", build_op1(&f->request, SCH_OP_COUNT, build_col(&f->request, C, "loon")));
    make(f);
    const sch_table_shape *shape = &f->plan.shape;
    const sch_plan_output *average = &f->plan.output[0];
    assert_int_equal(shape->data_columns, 4); /* linked, sum, persons with a wage, records with a wage */
    assert_int_equal(average->kind, SCH_OUTPUT_AVG);
    assert_int_equal(average->decimals, 2);
    assert_int_equal(f->plan.output[1].sum[0], average->present[0]);
    uint16_t guard = shape->guard[average->sum[0]];
    assert_int_not_equal(guard, 0);
    assert_int_equal(shape->guard[guard], guard);
    assert_int_equal(shape->guard[average->present[0]], guard);
    assert_int_equal(shape->guard[0], 0);
}

static void test_plan_spine_columns_become_products(void **state)
{
    fixture *f = *state;
    build_output(&f->request, "bedrag", sum_of(f, B, "bedrag"));
    build_output(&f->request, "dagen", sum_of(f, B, "dagen"));
    build_output(&f->request, "nogmaals", sum_of(f, B, "dagen"));
    make(f);
    const sch_table_shape *shape = &f->plan.shape;
    assert_int_equal(shape->data_columns, 2);  /* linked, records */
    assert_int_equal(shape->spine_columns, 3); /* bedrag, whether there is one, dagen */
    assert_int_equal(shape->products, 3);      /* bedrag x records, is x linked, dagen x records */
    uint16_t amount = f->plan.output[0].sum[0];
    assert_true(amount >= shape->data_columns);
    assert_true(shape->guard[amount] >= shape->data_columns);
    assert_int_equal(shape->product[shape->guard[amount] - shape->data_columns].data_column, 0);
    assert_int_equal(f->plan.output[0].present[0], shape->guard[amount]);
    assert_int_equal(shape->guard[f->plan.output[1].sum[0]], 0);
    assert_int_equal(f->plan.output[2].sum[0], f->plan.output[1].sum[0]);
    unit_assert_ok(sch_table_shape_check(shape));
}

static void test_plan_wide_form_has_each_column_per_combination(void **state)
{
    fixture *f = *state;
    build_key(&f->request, C, "jaar");
    build_count_rows(&f->request);
    build_output(&f->request, "dagen", sum_of(f, B, "dagen"));
    make(f);
    assert_int_equal(f->plan.wide, 2);
    assert_int_equal(f->plan.shape.data_columns, 4); /* linked and records, twice */
    assert_int_equal(f->plan.shape.products, 2);
    assert_int_equal(f->plan.persons[0], 0);
    assert_int_equal(f->plan.persons[1], 1);
    assert_int_equal(f->plan.shape.guard[f->plan.output[2].sum[1]], 1);
}

static void test_plan_key_with_one_code_is_not_wide(void **state)
{
    fixture *f = *state;
    f->fixed.catalog[1].data_set[0].column[1].minimum = 2025;
    sch_request_clear(&f->request);
    build_request(&f->request, &f->fixed.catalog[0], "bijstand", "b", &f->fixed.catalog[1], "banen", "c");
    build_key(&f->request, C, "jaar");
    build_count_rows(&f->request);
    make(f);
    assert_int_equal(f->plan.wide, 1);
    assert_int_equal(f->plan.local[SCH_DATA].key_count, 0);
    assert_int_equal(f->plan.shape.groups, 1);
}

/* ---- what is said of a plan ---- */

static void test_plan_hash_is_stable_and_sees_every_change(void **state)
{
    fixture *f = *state;
    uint8_t first[SCH_HASH_BYTES];
    uint8_t other[SCH_HASH_BYTES];
    build_key(&f->request, B, "buurt");
    build_count_rows(&f->request);
    make(f);
    unit_assert_ok(sch_plan_hash(first, &f->plan));
    make(f);
    unit_assert_ok(sch_plan_hash(other, &f->plan));
    assert_memory_equal(first, other, sizeof first);
    sch_plan changed = f->plan;
    size_t different = 0;
    for (int i = 0; i < 9; i++) {
        changed = f->plan;
        changed.rules.min_persons += i == 0;
        changed.rules.show_zero = changed.rules.show_zero != (i == 1);
        changed.node[SCH_HELPER][0] = i == 2 ? 'x' : changed.node[SCH_HELPER][0];
        changed.shape.guard[1] = i == 3 ? 1 : changed.shape.guard[1];
        changed.from[0] = i == 4 ? 1 : changed.from[0];
        changed.output[1].decimals = i == 5 ? 2 : changed.output[1].decimals;
        changed.key[0].domain += i == 6;
        changed.max_rows[1] += i == 7;
        changed.shape.tells_zero[0] = changed.shape.tells_zero[0] != (i == 8);
        unit_assert_ok(sch_plan_hash(other, &changed));
        different += memcmp(first, other, sizeof first) != 0;
    }
    assert_int_equal(different, 9);
}

static void test_plan_bytes_follow_the_formula(void **state)
{
    fixture *f = *state;
    build_output(&f->request, "dagen", sum_of(f, B, "dagen"));
    make(f);
    assert_int_equal(f->plan.shape.data_columns, 2);
    assert_int_equal(f->plan.shape.products, 1);
    /* k = 2, p = 1, m = 3, g = 1, q = 1, z = 1, zeros told apart. */
    uint64_t expected = 1000 * (24 + 8 * (9 - 2) + 24) + 2000 * (16 + 16) + (8 + 48) + (96 * 2 + 120) + 96;
    assert_int_equal(sch_plan_bytes(&f->plan, 1000, 2000), expected);
    assert_true(sch_plan_bytes(&f->plan, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    assert_int_equal(sch_plan_bytes(&f->plan, 0, 0), (96 * 2 + 120) + 96);
}

static void test_plan_explain_names_nodes_rules_and_sql(void **state)
{
    fixture *f = *state;
    sch_buf out = {0};
    build_key(&f->request, B, "buurt");
    build_key(&f->request, C, "jaar");
    build_output(&f->request, "loon", sum_of(f, C, "loon"));
    make(f);
    unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
    const char *text = sch_buf_text(&out);
    const char *const part[] = {"gemeente (spine",         "cbs (data owner)",   "partner (helper)",
                                f->plan.local[0].sql,      f->plan.local[1].sql, "at most 1000000 rows",
                                "10 cells: b.buurt (5 of", "c.jaar (2 of cbs)",  "fewer than 15",
                                "how many link",           "MB over the wire",   "the analyst"};
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        if (strstr(text, part[i]) == NULL) {
            fail_msg("%s is not in\n%s", part[i], text);
        }
    }
    sch_buf_clear(&out);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_plan_one_side_with_one_row_is_spine),
        WITH(test_plan_of_two_spines_more_codes_win_then_first),
        WITH(test_plan_rules_are_the_strictest_of_the_owners),
        WITH(test_plan_two_data_sets_of_many_rows_are_refused),
        WITH(test_plan_two_data_sets_of_one_node_are_refused),
        WITH(test_plan_without_third_node_says_try_again),
        WITH(test_plan_with_absent_owner_says_try_again),
        WITH(test_plan_unknown_data_set_names_the_nearest),
        WITH(test_plan_changed_schema_says_try_again),
        WITH(test_plan_join_on_other_column_is_refused),
        WITH(test_plan_identifiers_of_two_kinds_are_refused),
        WITH(test_plan_data_sets_about_other_units_are_refused),
        WITH(test_plan_request_with_broken_structure_is_refused),
        WITH(test_plan_keys_number_cells_with_the_last_fastest),
        WITH(test_plan_too_many_combinations_are_refused),
        WITH(test_plan_too_many_cells_are_refused),
        WITH(test_plan_group_by_measure_is_refused),
        WITH(test_plan_too_many_table_columns_are_refused),
        WITH(test_plan_conditions_go_to_their_owners),
        WITH(test_plan_condition_over_both_owners_is_refused),
        WITH(test_plan_where_that_is_no_condition_is_refused),
        WITH(test_plan_aggregate_over_both_owners_is_refused),
        WITH(test_plan_sum_that_could_overflow_is_refused),
        WITH(test_plan_sum_just_below_the_bound_is_planned),
        WITH(test_plan_required_columns_of_one_row_share_linked),
        WITH(test_plan_nullable_average_of_many_rows_has_own_guard),
        WITH(test_plan_spine_columns_become_products),
        WITH(test_plan_wide_form_has_each_column_per_combination),
        WITH(test_plan_key_with_one_code_is_not_wide),
        WITH(test_plan_hash_is_stable_and_sees_every_change),
        WITH(test_plan_bytes_follow_the_formula),
        WITH(test_plan_explain_names_nodes_rules_and_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
