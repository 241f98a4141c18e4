/* The linked table and its disclosure control against clear text. */
#include "tests/protocol/table_case.h"
#include "tests/support/unit.h"

enum { WINDOW = 4 << 20 };

static void test_linked_table_of_random_rows_equals_clear_text(void **state)
{
    (void)state;
    enum { RUNS = 400 };
    uint64_t seed = 21;
    size_t runs = 0;
    size_t links = 0;
    size_t products = 0;
    for (; runs < RUNS; runs++) {
        table_size size = {
            .spine_rows = (size_t)(three_random(&seed) % 120),
            .data_rows = (size_t)(three_random(&seed) % 120),
            .groups = (uint32_t)(1 + three_random(&seed) % (runs % 3 == 0 ? 3 : 40)),
            .data_columns = (uint16_t)(1 + three_random(&seed) % 6),
            .spine_columns = 3,
            .products = (uint16_t)(three_random(&seed) % 4),
            .largest = runs % 2 == 0 ? 0 : 1000,
        };
        size_t smaller = size.spine_rows < size.data_rows ? size.spine_rows : size.data_rows;
        size.links = runs % 5 == 0 ? 0 : runs % 5 == 1 ? smaller : (size_t)(three_random(&seed) % (smaller + 1));
        table_case c;
        table_case_init(&c, size, &seed);
        c.rules = (sch_disclosure){(uint32_t)(three_random(&seed) % 6), three_random(&seed) % 2 == 0};
        c.with_disclosure = false;
        unit_assert_ok(table_case_run(&c, runs % 2 == 0 ? 0 : WINDOW, runs));
        table_case_assert_sums(&c);
        assert_int_equal(c.facts.links, size.links);
        c.with_table = false;
        c.with_disclosure = true;
        unit_assert_ok(table_case_run(&c, runs % 2 == 0 ? 0 : WINDOW, runs));
        table_case_assert_disclosed(&c);
        links += size.links;
        products += size.products;
        table_case_clear(&c);
    }
    assert_int_equal(runs, RUNS);
    assert_true(links > 5000 && products > 400);
}

/* Every combination of no rows on a side, a single row, all rows linked, one group. */
static void test_linked_table_at_the_edges_of_sizes_equals_clear_text(void **state)
{
    (void)state;
    static const size_t ROWS[] = {0, 1, 2, 33};
    uint64_t seed = 22;
    size_t runs = 0;
    for (size_t s = 0; s < 4; s++) {
        for (size_t d = 0; d < 4; d++) {
            for (uint32_t groups = 1; groups <= 65; groups += 64, runs++) {
                table_case c;
                size_t smaller = ROWS[s] < ROWS[d] ? ROWS[s] : ROWS[d];
                const table_size size = {ROWS[s], ROWS[d], smaller, groups, 3, 1, (uint16_t)(runs % 2), 50};
                table_case_init(&c, size, &seed);
                c.with_disclosure = false;
                unit_assert_ok(table_case_run(&c, 0, runs));
                table_case_assert_sums(&c);
                assert_int_equal(c.facts.links, smaller);
                table_case_clear(&c);
            }
        }
    }
    assert_int_equal(runs, 32);
}

static void test_linked_table_of_several_shards_adds_up(void **state)
{
    (void)state;
    uint64_t seed = 23;
    table_case first;
    table_case second;
    const table_size size = {50, 60, 30, 7, 4, 2, 2, 100};
    table_case_init(&first, size, &seed);
    table_case_init(&second, size, &seed);
    second.shape = first.shape;
    first.with_disclosure = false;
    second.with_disclosure = false;
    second.shard = 1;
    /* The second shard's products may have been drawn for another shape. */
    table_case_draw(&second, &seed);
    unit_assert_ok(table_case_run(&first, 0, 1));
    for (size_t p = 0; p < 2; p++) {
        memcpy(second.values[p].word, first.values[p].word, sch_ring_bytes(&first.values[p]));
    }
    unit_assert_ok(table_case_run(&second, 0, 1));
    sch_ring_add(second.expected.word, second.expected.word, first.expected.word, first.expected.count);
    table_case_assert_sums(&second);
    table_case_clear(&first);
    table_case_clear(&second);
}

/* A shard as large as real ones are made, and larger than a link's window, with pieces in its exchanges. */
static void test_linked_table_of_a_large_shard_equals_clear_text(void **state)
{
    (void)state;
    uint64_t seed = 24;
    table_case c;
    const table_size size = {150000, 140000, 90000, 1000, 3, 1, 1, 200000};
    table_case_init(&c, size, &seed);
    c.rules = (sch_disclosure){95, false};
    c.with_disclosure = false;
    unit_assert_ok(table_case_run(&c, WINDOW, 1));
    table_case_assert_sums(&c);
    assert_true(c.times[SCH_HELPER].join_ns > 0 && c.times[SCH_HELPER].align_ns > 0);
    assert_true(c.times[SCH_SPINE].product_ns > 0 && c.times[SCH_SPINE].group_ns > 0);
    c.with_table = false;
    c.with_disclosure = true;
    unit_assert_ok(table_case_run(&c, WINDOW, 1));
    table_case_assert_disclosed(&c);
    table_case_clear(&c);
}

static void check_duplicate_tag(size_t side, const char *word)
{
    uint64_t seed = 25;
    table_case c;
    table_case_init(&c, (table_size){20, 30, 10, 3, 2, 1, 0, 10}, &seed);
    c.tag[side][7] = c.tag[side][3];
    local_net *net = local_net_new(WINDOW);
    assert_non_null(net);
    three_parties parties;
    three_init(&parties, net, 1, 0, NULL);
    unit_assert_code(three_run(&parties, table_case_play, &c), SCH_BAD_INPUT);
    unit_assert_code(parties.err[SCH_HELPER], SCH_BAD_INPUT);
    assert_non_null(strstr(parties.err[SCH_HELPER].text, word));
    unit_assert_code(parties.err[SCH_SPINE], SCH_TRY_AGAIN);
    unit_assert_code(parties.err[SCH_DATA], SCH_TRY_AGAIN);
    local_net_free(net);
    table_case_clear(&c);
}

static void test_linked_table_with_a_duplicate_tag_fails_at_the_helper(void **state)
{
    (void)state;
    check_duplicate_tag(0, "spine");
    check_duplicate_tag(1, "data owner");
}

static void test_linked_table_with_a_group_out_of_range_fails(void **state)
{
    (void)state;
    uint64_t seed = 26;
    table_case c;
    table_case_init(&c, (table_size){20, 30, 10, 3, 2, 1, 0, 10}, &seed);
    c.group[19] = 3;
    unit_assert_code(table_case_run(&c, WINDOW, 1), SCH_BAD_INPUT);
    table_case_clear(&c);
}

static void test_linked_table_with_too_many_rows_fails(void **state)
{
    (void)state;
    sch_table_shape shape = {.groups = 1, .data_columns = 1};
    const sch_trio trio = {0};
    const sch_spine_rows spine = {.rows = UINT32_MAX};
    const sch_data_rows data = {.rows = UINT32_MAX};
    sch_shard_facts facts;
    unit_assert_code(sch_linked_table_spine(&trio, NULL, &shape, &spine, 1, NULL), SCH_BAD_INPUT);
    unit_assert_code(sch_linked_table_data(&trio, &shape, &data, 1, NULL), SCH_BAD_INPUT);
    unit_assert_code(sch_linked_table_helper(&trio, NULL, &facts, &shape, 1, SIZE_MAX, NULL), SCH_BAD_INPUT);
}

static void test_table_shape_check_of_numbers_out_of_range_fails(void **state)
{
    (void)state;
    const sch_table_shape good = {
        .groups = 5, .data_columns = 2, .spine_columns = 1, .products = 1, .product = {{0, 1}}, .guard = {0, 0, 0}};
    sch_table_shape bad[9];
    for (size_t i = 0; i < 9; i++) {
        bad[i] = good;
    }
    bad[0].groups = 0;
    bad[1].groups = SCH_MAX_GROUPS + 1;
    bad[2].data_columns = 0;
    bad[3].data_columns = SCH_MAX_TABLE_COLUMNS + 1;
    bad[4].data_columns = SCH_MAX_TABLE_COLUMNS;
    bad[5].product[0].spine_column = 1;
    bad[6].product[0].data_column = 2;
    bad[7].guard[2] = 3;
    bad[8].guard[1] = 2; /* which is guarded by 0 */
    unit_assert_ok(sch_table_shape_check(&good));
    const sch_trio trio = {0};
    const sch_disclosure rules = {10, true};
    for (size_t i = 0; i < 9; i++) {
        unit_assert_code(sch_table_shape_check(&bad[i]), SCH_BUG);
        unit_assert_code(sch_linked_table_data(&trio, &bad[i], &(sch_data_rows){0}, 0, NULL), SCH_BUG);
        unit_assert_code(sch_disclosure_data(&trio, &bad[i], &rules), SCH_BUG);
        unit_assert_code(sch_disclosure_spine(&trio, NULL, NULL, &bad[i], &rules), SCH_BUG);
    }
}

/* ---- disclosure ---- */

/* Cells whose two guards count what is given; other columns hold any word. */
static void set_counts(table_case *c, const uint64_t *first, const uint64_t *second, uint64_t *seed)
{
    for (size_t i = 0; i < c->expected.count; i++) {
        size_t column = i / c->size.groups;
        size_t g = i % c->size.groups;
        c->expected.word[i] = column == 0 ? first[g] : column == 1 ? second[g] : three_random(seed);
        c->values[0].word[i] = three_random(seed);
        c->values[1].word[i] = c->expected.word[i] - c->values[0].word[i];
    }
}

static void test_disclosure_at_the_threshold_s_edges_is_exact(void **state)
{
    (void)state;
    static const uint32_t THRESHOLD[] = {0, 1, 2, 3, 10, 11, 4294967295U};
    enum { GROUPS = 36 };
    uint64_t seed = 27;
    size_t runs = 0;
    for (size_t t = 0; t < sizeof THRESHOLD / sizeof *THRESHOLD; t++) {
        for (size_t zero = 0; zero < 2; zero++, runs++) {
            table_case c;
            uint64_t above = (uint64_t)THRESHOLD[t] + 1;
            const uint64_t edge[6] = {above < 2 ? 0 : above - 2, above - 1, above, 0, 1, UINT64_C(1) << 61};
            uint64_t count[2][GROUPS];
            for (size_t g = 0; g < GROUPS; g++) { /* every pair of edges */
                count[0][g] = edge[g / 6];
                count[1][g] = edge[g % 6];
            }
            table_case_init(&c, (table_size){0, 0, 0, GROUPS, 5, 1, 2, 0}, &seed);
            set_counts(&c, count[0], count[1], &seed);
            c.rules = (sch_disclosure){THRESHOLD[t], zero == 1};
            c.with_table = false;
            unit_assert_ok(table_case_run(&c, 0, runs));
            table_case_assert_disclosed(&c);
            table_case_clear(&c);
        }
    }
    assert_int_equal(runs, 14);
}

/* More cells than one piece of the comparison and one of the product take. */
static void test_disclosure_of_many_cells_is_exact(void **state)
{
    (void)state;
    enum { GROUPS = 40000 };
    static uint64_t count[2][GROUPS];
    uint64_t seed = 28;
    for (size_t g = 0; g < GROUPS; g++) {
        count[0][g] = three_random(&seed) % 20;
        count[1][g] = three_random(&seed) % 20;
    }
    table_case c;
    table_case_init(&c, (table_size){0, 0, 0, GROUPS, 3, 1, 0, 0}, &seed);
    set_counts(&c, count[0], count[1], &seed);
    c.rules = (sch_disclosure){10, true};
    c.with_table = false;
    unit_assert_ok(table_case_run(&c, WINDOW, 1));
    table_case_assert_disclosed(&c);
    table_case_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linked_table_of_random_rows_equals_clear_text),
        cmocka_unit_test(test_linked_table_at_the_edges_of_sizes_equals_clear_text),
        cmocka_unit_test(test_linked_table_of_several_shards_adds_up),
        cmocka_unit_test(test_linked_table_of_a_large_shard_equals_clear_text),
        cmocka_unit_test(test_linked_table_with_a_duplicate_tag_fails_at_the_helper),
        cmocka_unit_test(test_linked_table_with_a_group_out_of_range_fails),
        cmocka_unit_test(test_linked_table_with_too_many_rows_fails),
        cmocka_unit_test(test_table_shape_check_of_numbers_out_of_range_fails),
        cmocka_unit_test(test_disclosure_at_the_threshold_s_edges_is_exact),
        cmocka_unit_test(test_disclosure_of_many_cells_is_exact),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
