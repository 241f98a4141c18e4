/* The shape and the cast of a linked table: what is checked, and what can be worked out from them. */
#include "crypto/stats/linked_table.h"
#include "tests/support/unit.h"

static void test_table_register_counts_columns_and_indicators(void **state)
{
    (void)state;
    const sch_table_shape shape = {
        .spine_columns = 3, .data_owners = 3, .passes = 4, .data = {{2, 1, 4, 0}, {1, 1, 0, 0}, {5, 1, 4, 0}}};
    static const uint16_t FIRST[] = {3, 9, 10, 19};
    for (size_t d = 0; d < 4; d++) {
        assert_int_equal(sch_table_register(&shape, d), FIRST[d]);
    }
}

static void test_table_shape_check_of_numbers_out_of_range_fails(void **state)
{
    (void)state;
    const sch_table_shape good = {.spine_groups = 5,
                                  .groups = 30,
                                  .spine_columns = 1,
                                  .data_owners = 2,
                                  .passes = 1,
                                  .data = {{2, 3, 0, 0}, {1, 2, 0, 1}},
                                  .steps = 2,
                                  .step = {{SCH_ROW_PRODUCT, 0, 3, 0, 0, 0}, {SCH_ROW_LINEAR, 4, 4, 1, 0, 0}},
                                  .columns = 1,
                                  .column = {5}};
    enum { BAD = 27 };
    static sch_table_shape bad[BAD];
    for (size_t i = 0; i < BAD; i++) {
        bad[i] = good;
    }
    bad[0].spine_groups = 0;
    bad[1].groups = 31;
    bad[2].groups = 0;
    bad[3].spine_groups = SCH_MAX_GROUPS;
    bad[3].groups = SCH_MAX_GROUPS * 6U;
    bad[4].data_owners = 0;
    bad[5].data_owners = SCH_MAX_DATA_OWNERS + 1;
    bad[6].data[1].columns = 0;
    bad[7].data[0].codes = 0;
    bad[8].steps = SCH_MAX_ROW_STEPS + 1;
    bad[9].data[0].columns = SCH_MAX_REGISTERS - 3;
    bad[10].step[0].op = 0;
    bad[11].step[0].op = SCH_ROW_NEGATIVE + 1;
    bad[12].step[0].a = 4;
    bad[13].step[1].b = 5;
    bad[14].columns = 0;
    bad[15].columns = SCH_MAX_TABLE_COLUMNS + 1;
    bad[16].column[0] = 6;
    bad[17].data[0].codes = UINT32_MAX; /* whose product with the others is more than 32 bits */
    bad[17].data[1].codes = UINT32_MAX;
    bad[18].spine_groups = UINT32_MAX;
    bad[19].passes = 0;
    bad[20].passes = SCH_MAX_LINK_PASSES + 1;
    bad[21].data[0].indicators = 2;
    bad[22].passes = 3;
    bad[22].data[1].indicators = 1;
    bad[23].data[1].columns = SCH_MAX_REGISTERS - 5; /* with an indicator one register too many */
    bad[23].data[1].indicators = 1;
    bad[24].passes = SCH_MAX_LINK_PASSES + 1;
    bad[24].data[0].indicators = SCH_MAX_LINK_PASSES + 1;
    bad[25].data[0].ones = 3;
    bad[26].data[1].codes = 1; /* and nothing to send */
    bad[26].groups = 15;
    unit_assert_ok(sch_table_shape_check(&good));
    const sch_cast cast = {.spine = 0, .data = {1, 2}, .helper = {2, 1}, .second = 1, .third = 2};
    const uint64_t rows[2] = {10, 10};
    const sch_link link = {.self = 1};
    const sch_seat seat = {.link = &link};
    assert_true(sch_table_bytes(&good, &cast, 10, rows) > 0);
    for (size_t i = 0; i < BAD; i++) {
        unit_assert_code(sch_table_shape_check(&bad[i]), SCH_BUG);
        assert_true(sch_table_bytes(&bad[i], &cast, 10, rows) == 0);
        unit_assert_code(
            sch_linked_table_run(&seat, NULL, NULL, NULL, &bad[i], &cast, &(sch_shard_size){0}, &(sch_table_rows){0}),
            SCH_BUG);
    }
}

static void test_table_code_bits_are_those_of_the_largest_code(void **state)
{
    (void)state;
    static const uint32_t CODES[] = {1, 2, 3, 4, 5, 8, 9, 100000, UINT32_C(1) << 31, UINT32_MAX};
    static const unsigned BITS[] = {0, 1, 2, 2, 3, 3, 4, 17, 31, 32};
    for (size_t i = 0; i < sizeof BITS / sizeof *BITS; i++) {
        const sch_table_shape shape = {.data_owners = 2, .data = {{1, 2, 0, 0}, {1, CODES[i], 0, 0}}};
        assert_int_equal(sch_table_code_bits(&shape, 1), BITS[i]);
        assert_int_equal(sch_table_all_code_bits(&shape), BITS[i] + 1);
    }
}

static void test_cast_check_of_parties_that_coincide_fails(void **state)
{
    (void)state;
    const sch_table_shape shape = {.data_owners = 2};
    const sch_cast good = {.spine = 0, .data = {1, 2}, .helper = {2, 3}, .second = 1, .third = 4};
    enum { BAD = 12 };
    sch_cast bad[BAD];
    for (size_t i = 0; i < BAD; i++) {
        bad[i] = good;
    }
    bad[0].second = 0;
    bad[1].third = 1;
    bad[2].third = 0;
    bad[3].data[0] = 0;
    bad[4].helper[1] = 0;
    bad[5].helper[0] = 1;
    bad[6].helper[1] = 2; /* helps twice, and itself */
    bad[7].data[1] = 1;
    bad[8].spine = SCH_MAX_PARTIES;
    bad[9].data[1] = SCH_MAX_PARTIES;
    bad[10].helper[1] = UINT8_MAX;
    bad[11].helper[0] = 3; /* twice */
    unit_assert_ok(sch_cast_check(&good, &shape));
    for (size_t i = 0; i < BAD; i++) {
        unit_assert_code(sch_cast_check(&bad[i], &shape), SCH_BUG);
    }
    for (sch_party p = 0; p < SCH_MAX_PARTIES; p++) {
        assert_int_equal(sch_cast_has(&good, &shape, p), p <= 4);
    }
}

static void test_table_grouped_shape_in_passes_has_one_group_more_of_the_spine(void **state)
{
    (void)state;
    sch_table_shape shape = {.spine_groups = 5,
                             .groups = 30,
                             .data_owners = 2,
                             .passes = 1,
                             .data = {{1, 3, 0, 0}, {1, 2, 0, 0}},
                             .columns = 1};
    sch_table_shape grouped = sch_table_grouped_shape(&shape);
    assert_memory_equal(&grouped, &shape, sizeof shape);
    for (shape.passes = 2; shape.passes <= SCH_MAX_LINK_PASSES; shape.passes++) {
        grouped = sch_table_grouped_shape(&shape);
        assert_int_equal(grouped.spine_groups, 6);
        assert_int_equal(grouped.groups, 36);
        grouped.spine_groups = 5;
        grouped.groups = 30;
        assert_memory_equal(&grouped, &shape, sizeof shape); /* and nothing else */
    }
}

static void test_table_bytes_in_passes_are_those_of_the_tags_and_of_one_group_more(void **state)
{
    (void)state;
    const sch_table_shape one = {.spine_groups = 2,
                                 .groups = 2,
                                 .data_owners = 2,
                                 .passes = 1,
                                 .data = {{.columns = 2, .codes = 1}, {.columns = 1, .codes = 1}},
                                 .columns = 1};
    const sch_cast cast = {.spine = 0, .data = {1, 2}, .helper = {3, 1}, .second = 3, .third = 1};
    const uint64_t rows[2] = {70, 80};
    const uint64_t tags = 2 * 12 * (170 + 180);
    sch_table_shape three = one;
    three.passes = 3;
    /* a row of PERMUTE, a row of SELECT's table, and one that is selected */
    uint64_t known = sch_table_bytes(&one, &cast, 100, rows);
    assert_true(known > 0 && sch_table_bytes(&three, &cast, 100, rows) == known + tags + (4 + 8) + 8 + 4);
    three.data[1].indicators = 3; /* which go with the column */
    assert_true(sch_table_bytes(&three, &cast, 100, rows) == known + tags + 24 + 100 * 3 * 8);
    sch_table_shape sorted = one, more = one; /* what has a group more by itself costs the same, but for tags */
    sorted.data[0].codes = more.data[0].codes = 5;
    sorted.passes = 3;
    sorted.groups = 10;
    more.spine_groups = 3;
    more.groups = 15;
    assert_true(sch_table_is_sorted(&sorted));
    assert_true(sch_table_bytes(&sorted, &cast, 100, rows) == sch_table_bytes(&more, &cast, 100, rows) + tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_register_counts_columns_and_indicators),
        cmocka_unit_test(test_table_shape_check_of_numbers_out_of_range_fails),
        cmocka_unit_test(test_table_code_bits_are_those_of_the_largest_code),
        cmocka_unit_test(test_cast_check_of_parties_that_coincide_fails),
        cmocka_unit_test(test_table_grouped_shape_in_passes_has_one_group_more_of_the_spine),
        cmocka_unit_test(test_table_bytes_in_passes_are_those_of_the_tags_and_of_one_group_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
