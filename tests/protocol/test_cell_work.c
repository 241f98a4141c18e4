/* What it takes to count the bytes of disclosure control: planning does so for every request, before anybody has agreed
 * to it. Work is measured in blocks of code, so that neither the machine nor its load has a say: the sources of
 * disclosure control are compiled into this test with a call at the start of each block. */
#include "crypto/stats/cells.h"
#include "tests/support/parties.h"
#include "tests/support/unit.h"

/* A block takes a few instructions: these are some milliseconds where compilers optimize, and leave room for builds
 * that do not, or that check more, and have more blocks. */
enum { MOST_BLOCKS = 10000000, KEYS = 12 };

static uint64_t blocks;

void __sanitizer_cov_trace_pc(void); /* named by compilers */

void __sanitizer_cov_trace_pc(void)
{
    blocks++;
}

/* KEYS keys, of which the first have two codes each and the others one. */
static void put_keys(sch_cell_shape *shape, size_t of_two, bool shows_base)
{
    *shape = (sch_cell_shape){.base = 1, .shows_base = shows_base, .key_count = KEYS};
    for (size_t k = 0; k < KEYS; k++) {
        shape->domain[k] = k < of_two ? 2 : 1;
        shape->stride[k] = shape->base;
        shape->base *= shape->domain[k];
    }
    shape->cells = shape->base;
}

/* Margins that keep `kept` keys, until there are `sets`. */
static void add_sets(sch_cell_shape *shape, int kept, size_t sets)
{
    for (uint32_t keys = (1 << KEYS) - 1; keys-- > 0 && shape->set_count < sets;) {
        if (__builtin_popcount(keys) != kept) {
            continue;
        }
        shape->set[shape->set_count] = keys;
        shape->set_first[shape->set_count++] = shape->cells;
        uint32_t size = 1;
        for (size_t k = 0; k < KEYS; k++) {
            size *= (keys >> k & 1) == 1 ? shape->domain[k] : 1;
        }
        shape->cells += size;
    }
}

/* As many columns and rules as there can be, none like another. */
static void put_rules(sch_cell_shape *shape, bool zero)
{
    shape->columns = SCH_MAX_TABLE_COLUMNS;
    for (uint16_t j = 0; j < SCH_MAX_TABLE_COLUMNS; j++) {
        shape->rule_count[j] = SCH_MAX_COLUMN_RULES;
        for (uint16_t r = 0; r < SCH_MAX_COLUMN_RULES; r++) {
            shape->rule[j][r] = (sch_cell_rule){
                .count = j, .less = r == 0 ? SCH_NO_COLUMN : (uint16_t)(r - 1), .times = 1 + r, .zero = zero && r > 3};
        }
    }
}

/* Gives the bytes that were counted. */
static uint64_t assert_few_blocks(const sch_cell_shape *shape)
{
    unit_assert_ok(sch_cell_shape_check(shape));
    blocks = 0;
    uint64_t bytes = sch_cells_bytes(shape, &(sch_disclosure){10, true});
    assert_true(blocks > SCH_MAX_TABLE_COLUMNS * SCH_MAX_COLUMN_RULES); /* they are counted at all */
    assert_true(blocks < MOST_BLOCKS);
    return bytes;
}

/* No set keeps all keys of another: each two of them cross. */
static void test_cells_bytes_of_sets_that_all_cross_takes_few_blocks(void **state)
{
    (void)state;
    static const size_t SETS[] = {32, SCH_MAX_GROUPING_SETS};
    static sch_cell_shape shape;
    size_t runs = 0;
    for (; runs < 8; runs++) {
        put_keys(&shape, runs % 4 < 2 ? 0 : KEYS, runs / 4 == 1);
        add_sets(&shape, 6, SETS[runs % 2]);
        put_rules(&shape, runs / 4 == 0);
        uint64_t bytes = assert_few_blocks(&shape);
        assert_true(bytes > 0 || runs % 4 >= 2); /* tables too large for their messages to be numbered count too */
    }
    assert_int_equal(runs, 8);
}

/* Every set of a level has those of the level before as its nearest finer ones, many of them. */
static void test_cells_bytes_of_sets_with_many_finer_ones_takes_few_blocks(void **state)
{
    (void)state;
    static const size_t UPPER[] = {20, 44};
    static sch_cell_shape shape;
    size_t runs = 0;
    for (; runs < 4; runs++) {
        put_keys(&shape, 0, runs / 2 == 0);
        add_sets(&shape, 8, UPPER[runs % 2]);
        add_sets(&shape, 1, UPPER[runs % 2] + KEYS);
        add_sets(&shape, 0, UPPER[runs % 2] + KEYS + 1);
        assert_int_equal(shape.set_count, UPPER[runs % 2] + KEYS + 1);
        put_rules(&shape, runs / 2 == 1);
        assert_true(assert_few_blocks(&shape) > 0);
    }
    assert_int_equal(runs, 4);
}

/* Columns of which all rules but the last are the same. */
static void test_cells_bytes_of_columns_with_similar_rules_takes_few_blocks(void **state)
{
    (void)state;
    static sch_cell_shape shape;
    put_keys(&shape, 0, true);
    add_sets(&shape, 6, 32);
    put_rules(&shape, true);
    for (uint16_t j = 1; j < SCH_MAX_TABLE_COLUMNS; j++) {
        for (size_t r = 0; r + 1 < SCH_MAX_COLUMN_RULES; r++) {
            shape.rule[j][r] = shape.rule[0][r];
        }
    }
    assert_true(assert_few_blocks(&shape) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_bytes_of_sets_that_all_cross_takes_few_blocks),
        cmocka_unit_test(test_cells_bytes_of_sets_with_many_finer_ones_takes_few_blocks),
        cmocka_unit_test(test_cells_bytes_of_columns_with_similar_rules_takes_few_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
