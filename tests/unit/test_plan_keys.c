/* Keys of GROUP BY: whose they are, how they are numbered, what it costs to group by others' columns, and margins. */
#include "node/query/plan.h"
#include "tests/support/plan_check.h"
#include "tests/support/random_request.h"
#include "tests/unit/plan_case.h"

static void assert_key(const plan_case *f, size_t k, sch_key_place place, uint32_t domain, uint32_t stride,
                       uint32_t inner)
{
    const sch_plan_key *key = &f->plan.key[k];
    if (key->place != place || key->domain != domain || key->stride != stride || key->inner != inner) {
        fail_msg("key %zu: place %d, domain %u, stride %u, inner %u", k, (int)key->place, key->domain, key->stride,
                 key->inner);
    }
}

static const char *code_text(const plan_case *f, size_t key, uint32_t code)
{
    static char text[SCH_MAX_CODE_BYTES + 700];
    return sch_plan_code_text(&f->plan, &f->request, key, code, text, sizeof text) ? text : NULL;
}

/* ---- places ---- */

static void test_plan_keys_number_cells_with_the_last_fastest(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    build_key(&f->request, b, "buurt");   /* 4 and empty */
    build_key(&f->request, c, "sector");  /* 3 and empty */
    build_key(&f->request, b, "traject"); /* 2 */
    build_key(&f->request, c, "jaar");    /* 2 */
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.cell.base, 80);
    assert_int_equal(f->plan.shape.spine_groups, 10);
    assert_int_equal(f->plan.shape.groups, 10);
    assert_int_equal(f->plan.wide, 8);
    assert_key(f, 0, SCH_KEY_SPINE, 5, 16, 2);
    assert_key(f, 1, SCH_KEY_WIDE, 4, 4, 2); /* several rows a person: never sorted */
    assert_key(f, 2, SCH_KEY_SPINE, 2, 2, 1);
    assert_key(f, 3, SCH_KEY_WIDE, 2, 1, 1);
    const sch_local *spine = &f->plan.local[0];
    assert_int_equal(spine->key_count, 2);
    assert_string_equal(spine->key[0].column->name, "traject"); /* the last one first: of stride 1 */
    assert_int_equal(spine->key[0].stride, 1);
    assert_string_equal(spine->key[1].column->name, "buurt");
    assert_int_equal(spine->key[1].stride, 2);
    assert_int_equal(spine->codes, 10);
    assert_int_equal(f->plan.local[1].key_count, 0);
    assert_string_equal(code_text(f, 0, 2), "'t Zand");
    assert_null(code_text(f, 0, 4));
    assert_string_equal(code_text(f, 3, 1), "2025");
}

static void test_plan_keys_of_several_owners_are_sorted_by_their_codes(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    build_key(&f->request, w, "wijk");         /* 40 */
    build_key(&f->request, b, "instroomjaar"); /* 6 */
    build_key(&f->request, w, "bezit");        /* 2 */
    build_bin_key(&f->request, p, "inkomen");  /* 3 and empty */
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.grouping, SCH_GROUPING_SORTED);
    assert_int_equal(f->plan.cell.base, 40 * 6 * 2 * 4);
    assert_int_equal(f->plan.shape.groups, f->plan.cell.base);
    assert_int_equal(f->plan.wide, 1);
    assert_int_equal(f->plan.wide_bytes, 0); /* 80 combinations are too many for columns */
    assert_true(f->plan.sorted_bytes > 0);
    size_t own = plan_part_of(f, b), living = plan_part_of(f, w), persons = plan_part_of(f, p);
    assert_key(f, 0, living == 0 ? SCH_KEY_SPINE : SCH_KEY_CODE, 40, 48, 2);
    assert_key(f, 1, own == 0 ? SCH_KEY_SPINE : SCH_KEY_CODE, 6, 8, 1);
    assert_key(f, 2, living == 0 ? SCH_KEY_SPINE : SCH_KEY_CODE, 2, 4, 1);
    assert_key(f, 3, persons == 0 ? SCH_KEY_SPINE : SCH_KEY_CODE, 4, 1, 1);
    assert_int_equal(f->plan.local[living].codes, 80);
    assert_int_equal(f->plan.local[own].codes, 6);
    assert_int_equal(f->plan.local[persons].codes, 4);
}

/* What rows without a match get, code 0, stands for all keys empty. */
static void test_plan_cell_of_rows_without_a_match_is_that_of_empty_keys(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t w = plan_left_join(f, STAD, "wonen", "w");
    build_key(&f->request, b, "traject");
    build_key(&f->request, w, "bezit");
    build_key(&f->request, w, "wijk");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.grouping, SCH_GROUPING_SORTED);
    assert_int_equal(f->plan.shape.data[0].codes, 3 * 41);
    size_t checked = 0;
    for (uint32_t s = 0; s < 2; s++) {
        uint32_t none = sch_plan_cell(&f->plan, 0, 0, s);
        assert_int_equal(sch_plan_code(&f->plan, none, 0), s);
        assert_null(code_text(f, 1, sch_plan_code(&f->plan, none, 1)));
        assert_null(code_text(f, 2, sch_plan_code(&f->plan, none, 2)));
        for (uint32_t c = 0; c < 3 * 41; c++) { /* a row of code c has group (c + 1) mod 123 */
            uint32_t cell = sch_plan_cell(&f->plan, 0, 0, s + 2 * ((c + 1) % 123));
            assert_int_equal(sch_plan_code(&f->plan, cell, 1), c / 41);
            assert_int_equal(sch_plan_code(&f->plan, cell, 2), c % 41);
            checked++;
        }
    }
    assert_int_equal(checked, 246);
}

static void test_plan_cell_of_combinations_of_two_owners(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    uint8_t u = plan_join(f, UWV, "perioden", "u");
    fixed_set(&f->fixed, CBS, "banen")->max_rows_a_person = 5;
    build_key(&f->request, u, "wet");
    build_key(&f->request, b, "traject");
    build_key(&f->request, c, "jaar");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(plan_part_of(f, b), 0);
    assert_int_equal(f->plan.wide, 6);
    size_t uwv = plan_part_of(f, u), cbs = plan_part_of(f, c), checked = 0;
    for (uint32_t law = 0; law < 3; law++) {
        for (uint32_t year = 0; year < 2; year++) {
            uint32_t w = law * f->plan.part_stride[uwv] + year * f->plan.part_stride[cbs];
            for (uint32_t g = 0; g < 2; g++) {
                uint32_t cell = sch_plan_cell(&f->plan, 0, w, g);
                assert_int_equal(sch_plan_code(&f->plan, cell, 0), law);
                assert_int_equal(sch_plan_code(&f->plan, cell, 1), g);
                assert_int_equal(sch_plan_code(&f->plan, cell, 2), year);
                checked++;
            }
        }
    }
    assert_int_equal(checked, 12);
}

static void test_plan_keys_of_one_code_are_no_columns(void **state)
{
    plan_case *f = *state;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    fixed_column(&f->fixed, CBS, "banen", "jaar")->minimum = 2025;
    build_key(&f->request, c, "jaar");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.wide, 1);
    assert_int_equal(f->plan.cell.base, 1);
    assert_int_equal(f->plan.shape.groups, 1);
}

static void test_plan_keys_bins_have_their_edges_as_texts(void **state)
{
    plan_case *f = *state;
    uint8_t p = plan_join(f, CBS, "personen", "p");
    plan_join(f, STAD, "wonen", "w");
    fixed_set(&f->fixed, CBS, "personen")->max_rows = 1000;
    build_bin_key(&f->request, p, "inkomen");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(plan_part_of(f, p), 0);
    assert_key(f, 0, SCH_KEY_SPINE, 4, 1, 1);
    assert_true(f->plan.key[0].bin && f->plan.local[0].key[0].bin);
    assert_int_equal(f->plan.key[0].codes, 3);
    assert_string_equal(code_text(f, 0, 0), "[0.00, 20000.00)");
    assert_string_equal(code_text(f, 0, 2), "[40000.00, 100000.00)");
    assert_null(code_text(f, 0, 3));
    assert_non_null(strstr(f->plan.local[0].sql, "SELECT r0.\"bsn\", (CASE WHEN r0.\"inkomen\" < CAST(2000000 AS "
                                                 "BIGINT) THEN CAST(0 AS BIGINT) WHEN"));
}

static void test_plan_code_text_of_a_negative_bin_has_its_sign(void **state)
{
    plan_case *f = *state;
    sch_column *wage = fixed_column(&f->fixed, CBS, "banen", "loon");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    plan_join(f, GEMEENTE, "bijstand", "b");
    build_bins(wage, 2, (const int64_t[]){-100050, -5, 20000001});
    build_bin_key(&f->request, c, "loon");
    build_count_rows(&f->request);
    plan_make(f);
    assert_string_equal(code_text(f, 0, 0), "[-1000.50, -0.05)");
    assert_string_equal(code_text(f, 0, 1), "[-0.05, 200000.01)");
}

static void test_plan_keys_organisation_is_the_members_number(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_union(f, "b");
    uint8_t c = plan_join(f, CBS, "banen", "c");
    build_key(&f->request, b, "traject");
    build_organisation_key(&f->request, b);
    build_key(&f->request, c, "jaar");
    build_count_rows(&f->request);
    build_count_persons(&f->request, b);
    plan_make(f);
    assert_key(f, 1, SCH_KEY_MEMBER, 2, 2, 1);
    assert_int_equal(f->plan.cell.base, 8);
    assert_int_equal(f->plan.shape.groups, 2);
    assert_string_equal(code_text(f, 1, 0), "gemeente");
    assert_string_equal(code_text(f, 1, 1), "stad");
    assert_null(code_text(f, 1, 2));
    for (uint32_t m = 0; m < 2; m++) {
        assert_int_equal(sch_plan_code(&f->plan, sch_plan_cell(&f->plan, m, 1, 1), 1), m);
    }
    plan_again(f); /* without it their cells are added up */
    b = plan_union(f, "b");
    plan_join(f, CBS, "banen", "c");
    build_key(&f->request, b, "traject");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(sch_plan_cell(&f->plan, 0, 0, 1), sch_plan_cell(&f->plan, 1, 0, 1));
}

/* ---- what grouping costs ---- */

/* Of the two ways the one that sends less is taken, and the other's bytes are said. */
static void test_plan_make_takes_the_cheaper_way_to_group(void **state)
{
    plan_case *f = *state;
    size_t wide = 0, sorted = 0;
    fixed_set(&f->fixed, CBS, "personen")->max_rows = 200000; /* as wonen */
    for (size_t aggregates = 0; aggregates <= 8; aggregates += 8) {
        plan_again(f);
        uint8_t w = plan_join(f, STAD, "wonen", "w");
        uint8_t p = plan_join(f, CBS, "personen", "p");
        build_key(&f->request, w, "wijk");
        build_key(&f->request, p, "geslacht");
        build_count_rows(&f->request);
        for (size_t i = 0; i < aggregates; i++) {
            sch_request *r = &f->request;
            build_aggregate(r, SCH_OP_VAR_POP,
                            build_op2(r, SCH_OP_ADD, build_col(r, p, "punten"), build_number(r, (int64_t)i, 0)));
        }
        plan_make(f);
        assert_true(f->plan.wide_bytes > 0 && f->plan.sorted_bytes > 0);
        bool is_wide = f->plan.wide_bytes <= f->plan.sorted_bytes;
        assert_int_equal(f->plan.grouping, is_wide ? SCH_GROUPING_WIDE : SCH_GROUPING_SORTED);
        assert_int_equal(f->plan.key[1].place, is_wide ? SCH_KEY_WIDE : SCH_KEY_CODE);
        assert_int_equal(f->plan.wide, is_wide ? 2 : 1);
        assert_true(sch_table_is_sorted(&f->plan.shape) == !is_wide);
        sch_buf out = {0};
        char other[64];
        snprintf(other, sizeof other, "%s would send %.1f MB",
                 is_wide ? "sorting in secret" : "columns for each combination",
                 (double)(is_wide ? f->plan.sorted_bytes : f->plan.wide_bytes) / 1e6);
        unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
        assert_non_null(strstr(sch_buf_text(&out), other));
        sch_buf_clear(&out);
        wide += is_wide;
        sorted += !is_wide;
    }
    assert_int_equal(wide, 1);
    assert_int_equal(sorted, 1);
}

static void test_plan_explain_says_that_there_is_no_other_way(void **state)
{
    plan_case *f = *state;
    sch_buf out = {0};
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    build_key(&f->request, w, "wijk");
    build_key(&f->request, b, "buurt");
    build_key(&f->request, b, "instroomjaar");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.grouping, SCH_GROUPING_SORTED);
    unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
    assert_non_null(strstr(sch_buf_text(&out), "sorting rows in secret; the other way is not possible here"));
    sch_buf_clear(&out);
}

/* ---- margins ---- */

static void test_plan_keys_sets_stand_the_finest_first(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    build_key(&f->request, b, "traject"); /* 2 */
    build_key(&f->request, b, "buurt");   /* 5 */
    build_key(&f->request, w, "bezit");   /* 2 */
    build_set(&f->request, 1);
    build_set(&f->request, 3);
    build_set(&f->request, 0);
    build_set(&f->request, 6);
    build_count_rows(&f->request);
    plan_make(f);
    const sch_cell_shape *cell = &f->plan.cell;
    assert_false(cell->shows_base);
    assert_int_equal(cell->base, 20);
    assert_int_equal(cell->set_count, 4);
    const uint32_t set[] = {3, 6, 1, 0}, first[] = {20, 30, 40, 42};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(cell->set[i], set[i]);
        assert_int_equal(cell->set_first[i], first[i]);
    }
    assert_int_equal(cell->cells, 43);
    assert_int_equal(sch_plan_numbers(&f->plan, &f->request), 23); /* base cells are not shown */
    assert_int_equal(sch_plan_code(&f->plan, 33, 0), SCH_CODE_ALL);
    assert_int_equal(sch_plan_code(&f->plan, 33, 1), 1);
    assert_int_equal(sch_plan_code(&f->plan, 33, 2), 1);
    assert_int_equal(sch_plan_code(&f->plan, 42, 0), SCH_CODE_ALL);
}

static void test_plan_keys_set_of_all_keys_shows_the_base(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, STAD, "wonen", "w");
    build_key(&f->request, b, "traject");
    build_key(&f->request, b, "buurt");
    build_count_rows(&f->request);
    plan_make(f);
    assert_true(f->plan.cell.shows_base);
    assert_int_equal(f->plan.cell.set_count, 0);
    assert_int_equal(f->plan.cell.cells, 10);
    build_set(&f->request, 3); /* ROLLUP */
    build_set(&f->request, 1);
    build_set(&f->request, 0);
    plan_make(f);
    assert_true(f->plan.cell.shows_base);
    assert_int_equal(f->plan.cell.set_count, 2);
    assert_int_equal(f->plan.cell.cells, 13);
    assert_int_equal(sch_plan_numbers(&f->plan, &f->request), 13);
}

/* ---- rows of a person ---- */

static uint32_t times_of(const plan_case *f)
{
    return f->plan.cell.rule[f->plan.persons][0].times;
}

static void test_plan_keys_of_a_spine_with_several_rows_give_occurrences(void **state)
{
    plan_case *f = *state;
    uint8_t u = plan_join(f, UWV, "perioden", "u");
    uint8_t b = plan_left_join(f, GEMEENTE, "bijstand", "b"); /* so that u is the spine */
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.local[0].occurrences, 1); /* one row for all records of a person */
    build_key(&f->request, u, "wet");                  /* 3 codes, at most 4 records */
    plan_make(f);
    assert_int_equal(f->plan.local[0].occurrences, 3);
    assert_int_equal(times_of(f), 1); /* one in each cell */
    assert_non_null(strstr(f->plan.local[0].sql,
                           ", ROW_NUMBER() OVER (PARTITION BY r0.\"bsn\") - 1, COUNT(*) FROM r0 GROUP BY "
                           "r0.\"bsn\", r0.\"wet\""));
    build_count_persons(&f->request, u);
    plan_make(f);
    build_set(&f->request, 1); /* the margin has a person's three rows */
    build_set(&f->request, 0);
    plan_refused(f, SCH_BAD_INPUT, "COUNT(DISTINCT) (position 4) cannot count each person once", "write COUNT(*)");
    f->request.output_count--;
    plan_make(f);
    assert_int_equal(times_of(f), 3);
    fixed_set(&f->fixed, UWV, "perioden")->max_rows_a_person = 2;
    plan_make(f);
    assert_int_equal(f->plan.local[0].occurrences, 2);
    assert_int_equal(times_of(f), 2);
    assert_int_equal(plan_part_of(f, b), 1);
}

static void test_plan_keys_of_a_data_owner_with_several_rows_count_in_margins(void **state)
{
    plan_case *f = *state;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t u = plan_left_join(f, UWV, "perioden", "u");
    build_key(&f->request, u, "wet");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.wide, 4); /* and none */
    assert_int_equal(times_of(f), 1);
    build_set(&f->request, 1);
    build_set(&f->request, 0);
    plan_make(f);
    assert_int_equal(times_of(f), 4);
}

static void test_plan_rules_count_all_records_of_a_person_where_records_are_rows(void **state)
{
    plan_case *f = *state;
    sch_request *r = &f->request;
    uint8_t u = plan_join(f, UWV, "perioden", "u");
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    build_count_rows(r);
    build_sum(r, b, "dagen");
    build_where(r, build_op2(r, SCH_OP_LESS, build_col(r, u, "begin"), build_col(r, b, "geboren")));
    plan_make(f);
    size_t checked = 0;
    for (uint16_t j = 0; j < f->plan.cell.columns; j++) {
        for (uint8_t i = 0; i < f->plan.cell.rule_count[j]; i++) {
            assert_int_equal(f->plan.cell.rule[j][i].times, 4);
            checked++;
        }
    }
    assert_true(checked >= 3);
    build_count_persons(r, b);
    plan_refused(f, SCH_BAD_INPUT, "cannot count each person once", "write COUNT(*)");
}

/* ---- refusals ---- */

static void test_plan_make_group_by_measure_is_refused(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    build_key(&f->request, b, "dagen");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "b.dagen (position 1) is no dimension, and GROUP BY takes these",
                 "group on BIN(...) of a measure with bins");
}

static void test_plan_make_too_many_cells_are_refused(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    sch_column *year = fixed_column(&f->fixed, GEMEENTE, "bijstand", "instroomjaar");
    year->minimum = -20000;
    build_key(&f->request, b, "buurt");
    build_key(&f->request, b, "instroomjaar");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "GROUP BY gives 110130 cells",
                 "at most 100000 are possible: group on fewer columns");
    year->minimum = 2025 - 17999; /* 5 x 18000 cells */
    plan_make(f);
    build_set(&f->request, 1);
    build_set(&f->request, 2);
    plan_refused(f, SCH_BAD_INPUT, "GROUP BY gives 108005 cells", "at most 100000"); /* with the margins */
}

static void test_plan_make_too_many_combinations_are_refused(void **state)
{
    plan_case *f = *state;
    plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_left_join(f, CBS, "banen", "c");
    fixed_column(&f->fixed, CBS, "banen", "jaar")->minimum = 2022; /* 4 years and empty, 4 sectors with empty */
    build_key(&f->request, c, "sector");
    build_key(&f->request, c, "jaar");
    build_count_rows(&f->request);
    plan_refused(f, SCH_BAD_INPUT, "grouping on c.sector (position 1), c.jaar (position 2) gives 20 combinations",
                 "at most 8 are possible for a data set with several rows a person");
}

static void test_plan_make_persons_of_a_union_in_total_are_refused(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_union(f, "b");
    plan_join(f, CBS, "banen", "c");
    build_count_persons(&f->request, b);
    plan_refused(f, SCH_BAD_INPUT, "cannot tell that a person at two organisations of the union is one",
                 "group by ORGANISATION in every grouping set");
}

/* ---- random plans ---- */

/* plan_check looks at every cell. */
static void test_plan_cell_and_code_are_inverse_over_random_plans(void **state)
{
    plan_case *f = *state;
    const char *seed = getenv("SCH_TEST_SEED");
    random_source source = {.state = seed != NULL ? strtoull(seed, NULL, 10) | 1 : UINT64_C(0x9E3779B97F4A7C15)};
    size_t planned = 0, keys = 0, margins = 0, sorted = 0, wide = 0, members = 0;
    print_message("seed %llu\n", (unsigned long long)source.state);
    for (size_t i = 0; i < 4000; i++) {
        sch_request_clear(&f->request);
        random_request(&f->request, &source, &f->fixed);
        sch_err err = sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, &f->detail);
        assert_int_not_equal(err.code, SCH_BUG);
        if (!sch_failed(err)) {
            const char *broken = plan_check(&f->plan, &f->request, SCH_MAX_GROUPS);
            if (broken != NULL) {
                fail_msg("request %zu: %s", i, broken);
            }
            planned++;
            keys += f->plan.key_count;
            margins += f->plan.cell.set_count;
            sorted += f->plan.grouping == SCH_GROUPING_SORTED;
            wide += f->plan.wide > 1;
            members += f->plan.member_count > 1;
        } else {
            assert_true(f->detail.text[0] != '\0');
        }
        sch_plan_clear(&f->plan);
    }
    assert_true(planned > 1000 && keys > 1000 && margins > 200 && sorted > 50 && wide > 50 && members > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_keys_number_cells_with_the_last_fastest),
        PLAN_TEST(test_plan_keys_of_several_owners_are_sorted_by_their_codes),
        PLAN_TEST(test_plan_cell_of_rows_without_a_match_is_that_of_empty_keys),
        PLAN_TEST(test_plan_cell_of_combinations_of_two_owners),
        PLAN_TEST(test_plan_keys_of_one_code_are_no_columns),
        PLAN_TEST(test_plan_keys_bins_have_their_edges_as_texts),
        PLAN_TEST(test_plan_code_text_of_a_negative_bin_has_its_sign),
        PLAN_TEST(test_plan_keys_organisation_is_the_members_number),
        PLAN_TEST(test_plan_make_takes_the_cheaper_way_to_group),
        PLAN_TEST(test_plan_explain_says_that_there_is_no_other_way),
        PLAN_TEST(test_plan_keys_sets_stand_the_finest_first),
        PLAN_TEST(test_plan_keys_set_of_all_keys_shows_the_base),
        PLAN_TEST(test_plan_keys_of_a_spine_with_several_rows_give_occurrences),
        PLAN_TEST(test_plan_keys_of_a_data_owner_with_several_rows_count_in_margins),
        PLAN_TEST(test_plan_rules_count_all_records_of_a_person_where_records_are_rows),
        PLAN_TEST(test_plan_make_group_by_measure_is_refused),
        PLAN_TEST(test_plan_make_too_many_cells_are_refused),
        PLAN_TEST(test_plan_make_too_many_combinations_are_refused),
        PLAN_TEST(test_plan_make_persons_of_a_union_in_total_are_refused),
        PLAN_TEST(test_plan_cell_and_code_are_inverse_over_random_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
