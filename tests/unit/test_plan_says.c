/* What is said of a plan: its hash, what it sends and in how many shards, the text of --explain. */
#include <stddef.h>

#include "crypto/stats/cells.h"
#include "node/query/plan.h"
#include "tests/support/random_request.h"
#include "tests/unit/plan_case.h"

/* ---- the hash ---- */

/* A plan with something everywhere: two owners' keys, bins, margins, limbs, a percentile, a program. */
static void rich(plan_case *f)
{
    sch_request *r = &f->request;
    plan_again(f);
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t p = plan_join(f, CBS, "personen", "p");
    uint8_t u = plan_join(f, UWV, "perioden", "u");
    build_key(r, b, "traject");
    build_bin_key(r, p, "inkomen");
    build_key(r, u, "wet");
    build_set(r, 7);
    build_set(r, 3);
    build_set(r, 0);
    build_aggregate2(r, SCH_OP_CORR, build_col(r, b, "bedrag"), build_col(r, p, "inkomen"));
    build_aggregate2(r, SCH_OP_PERCENTILE_CONT, build_col(r, p, "inkomen"), build_number(r, 5, 1));
    build_where(r, build_op2(r, SCH_OP_GREATER, build_col(r, u, "daguitkering"), build_col(r, b, "bedrag")));
    plan_make(f);
    assert_int_equal(f->plan.part_count, 3);
    assert_true(f->plan.local[0].occurrences > 1 && f->plan.shape.steps > 5 && f->plan.cell.set_count == 2);
    assert_true(f->plan.cell_steps > 0 && f->plan.summed > 3);
}

static void test_plan_hash_is_the_same_for_the_same_request(void **state)
{
    plan_case *f = *state;
    uint8_t first[SCH_HASH_BYTES], other[SCH_HASH_BYTES];
    rich(f);
    unit_assert_ok(sch_plan_hash(first, &f->plan));
    rich(f);
    unit_assert_ok(sch_plan_hash(other, &f->plan));
    assert_memory_equal(first, other, sizeof first);
}

typedef struct place {
    const char *name;
    size_t offset, bytes;
} place;

#define PLACE(field)                                                                                                   \
    {                                                                                                                  \
#field, offsetof(sch_plan, field), sizeof((sch_plan *)NULL)->field                                             \
    }

/* One word of each kind that a plan has. */
static const place PLACES[] = {
    PLACE(party[1][0]),
    PLACE(party_count),
    PLACE(member_count),
    PLACE(member[0].spine),
    PLACE(member[0].data[1]),
    PLACE(member[0].helper[1]),
    PLACE(member[0].second),
    PLACE(member[0].third),
    PLACE(local[1].from[0]),
    PLACE(local[1].from_count),
    PLACE(local[1].value_count),
    PLACE(local[0].key_count),
    PLACE(local[0].occurrences),
    PLACE(local[0].codes),
    PLACE(local[2].max_rows),
    PLACE(local[0].key[0].relation),
    PLACE(local[0].key[0].bin),
    PLACE(local[0].key[0].stride),
    PLACE(local[0].key[0].column),
    PLACE(key_count),
    PLACE(key[1].place),
    PLACE(key[1].part),
    PLACE(key[1].bin),
    PLACE(key[1].codes),
    PLACE(key[1].domain),
    PLACE(key[1].stride),
    PLACE(key[1].inner),
    PLACE(key[1].column),
    PLACE(wide),
    PLACE(part_stride[1]),
    PLACE(shape.spine_groups),
    PLACE(shape.groups),
    PLACE(shape.spine_columns),
    PLACE(shape.data_owners),
    PLACE(shape.data[1].columns),
    PLACE(shape.data[0].codes),
    PLACE(shape.steps),
    PLACE(shape.step[2].op),
    PLACE(shape.step[2].a),
    PLACE(shape.step[2].b),
    PLACE(shape.step[2].factor_a),
    PLACE(shape.step[2].factor_b),
    PLACE(shape.step[2].constant),
    PLACE(shape.columns),
    PLACE(shape.column[1]),
    PLACE(cell.base),
    PLACE(cell.cells),
    PLACE(cell.shows_base),
    PLACE(cell.columns),
    PLACE(cell.key_count),
    PLACE(cell.domain[1]),
    PLACE(cell.stride[1]),
    PLACE(cell.set_count),
    PLACE(cell.set[1]),
    PLACE(cell.set_first[1]),
    PLACE(cell.rule_count[1]),
    PLACE(cell.rule[1][0].count),
    PLACE(cell.rule[1][0].less),
    PLACE(cell.rule[1][0].times),
    PLACE(cell.rule[1][0].zero),
    PLACE(summed),
    PLACE(cell_steps),
    PLACE(cell_step[1].out),
    PLACE(cell_step[1].a),
    PLACE(cell_step[1].b),
    PLACE(cell_step[1].factor_a),
    PLACE(cell_step[1].factor_b),
    PLACE(cell_step[1].constant),
    PLACE(scratch[1]),
    PLACE(hidden[1]),
    PLACE(persons),
    PLACE(aggregate_count),
    PLACE(aggregate[0].expression),
    PLACE(aggregate[0].op),
    PLACE(aggregate[0].decimals_x),
    PLACE(aggregate[0].decimals_y),
    PLACE(aggregate[0].count.limbs),
    PLACE(aggregate[0].x.column[0]),
    PLACE(aggregate[0].y.column[0]),
    PLACE(aggregate[0].xx.shift[0]),
    PLACE(aggregate[0].yy.limbs),
    PLACE(aggregate[0].xy.column[0]),
    PLACE(aggregate[1].bins),
    PLACE(aggregate[1].first_above),
    PLACE(aggregate[1].first_above_next),
    PLACE(aggregate[1].bin_column),
    PLACE(rules.min_persons),
    PLACE(rules.show_zero),
    PLACE(grouping),
    PLACE(wide_bytes),
    PLACE(sorted_bytes),
};
enum { PLACE_COUNT = sizeof PLACES / sizeof PLACES[0] };

/* Changes a field by one, a boolean to the other, a column to another one. */
static void change(sch_plan *plan, const place *at, const sch_column *column)
{
    uint8_t *byte = (uint8_t *)plan + at->offset;
    if (strstr(at->name, "column") != NULL && at->bytes == sizeof column) {
        memcpy(byte, &column, sizeof column);
    } else {
        byte[0] ^= 1;
    }
}

static void test_plan_hash_differs_where_anything_differs(void **state)
{
    plan_case *f = *state;
    uint8_t first[SCH_HASH_BYTES], other[SCH_HASH_BYTES];
    rich(f);
    sch_plan *changed = malloc(sizeof *changed);
    assert_non_null(changed);
    unit_assert_ok(sch_plan_hash(first, &f->plan));
    size_t different = 0;
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        *changed = f->plan;
        change(changed, &PLACES[i], fixed_column(&f->fixed, PARTNER, "jeugdhulp", "soort"));
        unit_assert_ok(sch_plan_hash(other, changed));
        if (memcmp(first, other, sizeof first) == 0) {
            print_message("%s is not in the hash\n", PLACES[i].name);
        } else {
            different++;
        }
    }
    char sql[] = "SELECT 1";
    *changed = f->plan;
    changed->local[1].sql = sql;
    unit_assert_ok(sch_plan_hash(other, changed));
    assert_memory_not_equal(first, other, sizeof first);
    free(changed);
    assert_int_equal(different, PLACE_COUNT);
}

/* What a column is, too: nodes may have been given other schemas. */
static void test_plan_hash_differs_where_a_keys_column_does(void **state)
{
    plan_case *f = *state;
    uint8_t first[SCH_HASH_BYTES], other[SCH_HASH_BYTES];
    rich(f);
    unit_assert_ok(sch_plan_hash(first, &f->plan));
    sch_column *income = fixed_column(&f->fixed, CBS, "personen", "inkomen");
    sch_column *path = fixed_column(&f->fixed, GEMEENTE, "bijstand", "traject");
    const sch_column whole = *income;
    const struct {
        sch_column *column;
        size_t offset;
    } field[] = {{income, offsetof(sch_column, name)},     {income, offsetof(sch_column, type)},
                 {income, offsetof(sch_column, decimals)}, {income, offsetof(sch_column, required)},
                 {income, offsetof(sch_column, minimum)},  {income, offsetof(sch_column, maximum)}};
    size_t different = 0;
    for (size_t i = 0; i < sizeof field / sizeof field[0]; i++) {
        ((uint8_t *)field[i].column)[field[i].offset] ^= 1;
        unit_assert_ok(sch_plan_hash(other, &f->plan));
        *income = whole;
        if (memcmp(first, other, sizeof first) == 0) {
            print_message("field %zu of a column is not in the hash\n", i);
        } else {
            different++;
        }
    }
    income->bin_edge[1]++;
    unit_assert_ok(sch_plan_hash(other, &f->plan));
    income->bin_edge[1]--;
    different += memcmp(first, other, sizeof first) != 0;
    path->code[1][0] ^= 1;
    unit_assert_ok(sch_plan_hash(other, &f->plan));
    path->code[1][0] ^= 1;
    different += memcmp(first, other, sizeof first) != 0;
    assert_int_equal(different, 6 + 2);
}

/* Different random requests have different plans' hashes, but for those that come to the same. */
static void test_plan_hash_of_random_plans_is_that_of_each_node(void **state)
{
    plan_case *f = *state;
    random_source source = {.state = UINT64_C(0x2545F4914F6CDD1D)};
    const sch_catalog *turned[FIXED_CATALOGS];
    for (size_t i = 0; i < FIXED_CATALOGS; i++) {
        turned[i] = f->fixed.list[(i + 3) % FIXED_CATALOGS];
    }
    size_t planned = 0;
    for (size_t i = 0; i < 600; i++) {
        uint8_t first[SCH_HASH_BYTES], other[SCH_HASH_BYTES];
        sch_request_clear(&f->request);
        random_request(&f->request, &source, &f->fixed);
        sch_err err = sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, NULL);
        if (!sch_failed(err)) {
            unit_assert_ok(sch_plan_hash(first, &f->plan));
            sch_plan_clear(&f->plan);
            unit_assert_ok(sch_plan_make(&f->plan, &f->request, turned, FIXED_CATALOGS, NULL));
            unit_assert_ok(sch_plan_hash(other, &f->plan));
            assert_memory_equal(first, other, sizeof first);
            planned++;
        }
        sch_plan_clear(&f->plan);
    }
    assert_true(planned > 100);
}

/* ---- shards and bytes ---- */

static void test_plan_shards_are_powers_of_two_for_2_17_rows_each(void **state)
{
    plan_case *f = *state;
    plan_join(f, GEMEENTE, "bijstand", "b");
    plan_join(f, CBS, "banen", "c");
    build_count_rows(&f->request);
    plan_make(f);
    static const struct {
        uint64_t spine, data;
        uint32_t shards;
    } size[] = {{0, 0, 1},
                {1, 1, 1},
                {1 << 16, 1 << 16, 1},
                {1 << 16, (1 << 16) + 1, 2},
                {1 << 20, 1 << 20, 16},
                {1, 1 << 20, 16}, /* 8 shards hold 2^20 rows, and there is one more */
                {1000000, 10000000, 128},
                {UINT64_MAX, UINT64_MAX, 1 << 20}};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
        const uint64_t rows[] = {size[i].spine, size[i].data};
        assert_int_equal(sch_plan_shards(&f->plan, rows), size[i].shards);
        checked++;
    }
    assert_int_equal(checked, 8);
}

static void test_plan_shards_are_larger_with_many_groups_and_more_with_occurrences(void **state)
{
    plan_case *f = *state;
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t w = plan_join(f, STAD, "wonen", "w");
    fixed_column(&f->fixed, GEMEENTE, "bijstand", "instroomjaar")->minimum = 1026; /* 1000 years */
    build_key(&f->request, b, "instroomjaar");
    build_key(&f->request, w, "wijk"); /* 40,000 groups: each shard has 160,000 rows */
    build_count_rows(&f->request);
    plan_make(f);
    const uint64_t rows[] = {160000, 0}, more[] = {160000, 1};
    assert_int_equal(f->plan.shape.groups, 40000);
    assert_int_equal(sch_plan_shards(&f->plan, rows), 1);
    assert_int_equal(sch_plan_shards(&f->plan, more), 2);
    plan_again(f);
    uint8_t u = plan_join(f, UWV, "perioden", "u");
    b = plan_left_join(f, GEMEENTE, "bijstand", "b");
    build_key(&f->request, u, "wet");
    build_count_rows(&f->request);
    plan_make(f);
    assert_int_equal(f->plan.local[0].occurrences, 3);
    const uint64_t few[] = {2, 43690}, three[] = {3, 43690}; /* 3 x 43690 + 2 is 2^17 */
    assert_int_equal(sch_plan_shards(&f->plan, few), 1);
    assert_int_equal(sch_plan_shards(&f->plan, three), 2);
}

static void test_plan_bytes_are_those_of_table_cells_and_release(void **state)
{
    plan_case *f = *state;
    plan_union(f, "b");
    plan_join(f, CBS, "banen", "c");
    build_key(&f->request, 0, "buurt");
    build_sum(&f->request, 0, "dagen");
    plan_make(f);
    const sch_plan *plan = &f->plan;
    uint64_t rows[SCH_MAX_PARTIES] = {70000, 500, 80000}; /* two shards, and one */
    const uint64_t half[] = {40001}, all[] = {80001};
    uint64_t words = (uint64_t)plan->shape.columns * plan->shape.groups;
    uint64_t expected = 2 * sch_table_bytes(&plan->shape, &plan->member[0], 35001, half) +
                        sch_table_bytes(&plan->shape, &plan->member[1], 501, all) + 16 * words +
                        sch_cells_bytes(&plan->cell, &plan->rules) + 32 * (uint64_t)plan->cell.columns * 5;
    assert_int_equal(sch_plan_bytes(plan, rows), expected);
    assert_true(sch_table_bytes(&plan->shape, &plan->member[0], 35001, half) > 35001 * 24);
}

static void test_plan_bytes_saturate(void **state)
{
    plan_case *f = *state;
    uint64_t rows[SCH_MAX_PARTIES];
    memset(rows, 0xff, sizeof rows);
    rich(f);
    assert_true(sch_plan_bytes(&f->plan, rows) == UINT64_MAX);
}

/* ---- explain ---- */

static void assert_says(const char *text, const char *const *part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strstr(text, part[i]) == NULL) {
            fail_msg("%s is not in\n%s", part[i], text);
        }
    }
}

static void test_plan_explain_names_nodes_rules_and_sql(void **state)
{
    plan_case *f = *state;
    sch_buf out = {0};
    uint8_t b = plan_join(f, GEMEENTE, "bijstand", "b");
    uint8_t c = plan_left_join(f, CBS, "banen", "c");
    build_key(&f->request, b, "buurt");
    build_key(&f->request, c, "sector");
    build_sum(&f->request, c, "loon");
    plan_make(f);
    unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
    const char *const part[] = {
        "gemeente (spine)",
        "cbs (data owner)",
        "partner (helper)\n      reads nothing",
        "partner helps link cbs to gemeente",
        "reads bijstand (r0, b in the query), at most 1000000 rows, as",
        "reads banen (r0, c in the query, left joined), at most 10000000 rows, as",
        f->plan.local[0].sql,
        f->plan.local[1].sql,
        "gemeente and partner end with shares of the table, which only the analyst can add up",
        "20 cells: b.buurt (5, known to the spine) x c.sector (4, in columns)",
        "made by a column for each combination",
        "fewer than 15 linked persons",
        "how many rows each local part gives, and how many link of gemeente and cbs; no identifier, "
        "no value, no cell",
        "MB over the wire",
        "the analyst",
        "a cell with nobody in it is shown as empty"};
    assert_says(sch_buf_text(&out), part, sizeof part / sizeof part[0]);
    sch_buf_clear(&out);
}

static void test_plan_explain_tells_occurrences_sorting_and_margins(void **state)
{
    plan_case *f = *state;
    sch_buf out = {0};
    rich(f);
    unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
    const char *const part[] = {"uwv (spine)",
                                "a person has up to 4 rows here: each data owner sends its rows once for each",
                                "gemeente helps link cbs to uwv",
                                "cbs helps link gemeente to uwv",
                                "b.traject (2,",
                                "p.inkomen (4,",
                                "u.wet (3, known to the spine)",
                                "9 margins",
                                "a person may stand in a cell up to 4 times: it takes 60 rows"};
    assert_says(sch_buf_text(&out), part, sizeof part / sizeof part[0]);
    sch_buf_clear(&out);
}

static void test_plan_explain_tells_members_and_missing_thresholds(void **state)
{
    plan_case *f = *state;
    sch_buf out = {0};
    uint8_t b = plan_union(f, "b");
    plan_join(f, UWV, "perioden", "u");
    for (size_t i = 0; i < FIXED_CATALOGS; i++) {
        f->fixed.catalog[i].min_persons = 0;
        f->fixed.catalog[i].show_zero = false;
    }
    build_organisation_key(&f->request, b);
    build_count_rows(&f->request);
    plan_make(f);
    unit_assert_ok(sch_plan_explain(&out, &f->plan, &f->request));
    const char *const part[] = {"gemeente (spine of its own rows)",
                                "stad (spine of its own rows)\n      reads the same of its own as gemeente",
                                "uwv (data owner)",
                                "stad helps link uwv to gemeente",
                                "gemeente helps link uwv to stad",
                                "b.organisation (2, by organisation)",
                                "no threshold: every cell that counts anybody is released",
                                "a cell with nobody in it is suppressed like any small one"};
    assert_says(sch_buf_text(&out), part, sizeof part / sizeof part[0]);
    sch_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(test_plan_hash_is_the_same_for_the_same_request),
        PLAN_TEST(test_plan_hash_differs_where_anything_differs),
        PLAN_TEST(test_plan_hash_differs_where_a_keys_column_does),
        PLAN_TEST(test_plan_hash_of_random_plans_is_that_of_each_node),
        PLAN_TEST(test_plan_shards_are_powers_of_two_for_2_17_rows_each),
        PLAN_TEST(test_plan_shards_are_larger_with_many_groups_and_more_with_occurrences),
        PLAN_TEST(test_plan_bytes_are_those_of_table_cells_and_release),
        PLAN_TEST(test_plan_bytes_saturate),
        PLAN_TEST(test_plan_explain_names_nodes_rules_and_sql),
        PLAN_TEST(test_plan_explain_tells_occurrences_sorting_and_margins),
        PLAN_TEST(test_plan_explain_tells_members_and_missing_thresholds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
