/* Comparisons on finished cells against clear text. */
#include "tests/protocol/cell_case.h"
#include "tests/protocol/steps_case.h"
#include "tests/support/unit.h"

enum { WINDOW = 4 << 20, MAX_COLUMNS = 12, SMALL_VALUE = 1000 };
#define LARGEST ((INT64_C(1) << 62) - 1)

static size_t below(uint64_t *seed, size_t bound)
{
    return (size_t)(parties_random(seed) % bound);
}

/* -most to most */
static int64_t around_zero(uint64_t *seed, int64_t most)
{
    return (int64_t)(parties_random(seed) % (2 * (uint64_t)most + 1)) - most;
}

static const sch_cast CASTS[] = {{.spine = 0, .second = 1, .third = 2}, {.spine = 0, .second = 2, .third = 1},
                                 {.spine = 1, .second = 0, .third = 2}, {.spine = 1, .second = 2, .third = 0},
                                 {.spine = 2, .second = 0, .third = 1}, {.spine = 2, .second = 1, .third = 0}};
enum { CAST_COUNT = sizeof CASTS / sizeof *CASTS };

/* One key of so many codes and their total, the rules left aside. */
static void draw_shape(sch_cell_shape *shape, uint32_t codes, uint16_t columns, uint64_t *seed)
{
    cell_case_draw_shape(shape, &codes, 1, CELLS_ROLLUP, seed);
    cell_case_draw_rules(shape, columns, seed);
}

/* Runs a case whose cells are set, and checks what comes out and what was sent. */
static void check_run(steps_case *c, size_t window, uint64_t seed)
{
    unit_assert_ok(steps_case_run(c, window, seed));
    steps_case_assert(c);
    assert_true(c->bytes_sent == sch_cell_steps_bytes(&c->shape, c->steps));
    assert_true((c->bytes_sent == 0) == (c->steps == 0));
}

/* The first half of the columns is read, the others are made or neither; any may be scratch. */
static void draw_steps(steps_case *c, size_t steps, uint64_t *seed)
{
    size_t read = (size_t)c->shape.columns / 2;
    c->steps = steps;
    for (size_t i = 0; i < steps; i++) {
        c->step[i] = (sch_cell_step){.out = (uint16_t)(read + below(seed, c->shape.columns - read)),
                                     .a = (uint16_t)below(seed, read),
                                     .b = (uint16_t)below(seed, read),
                                     .factor_a = around_zero(seed, 5),
                                     .factor_b = around_zero(seed, 5),
                                     .constant = around_zero(seed, 2 * SMALL_VALUE)};
    }
    for (size_t j = 0; j < c->shape.columns; j++) {
        c->scratch[j] = below(seed, 3) == 0;
    }
}

static void test_steps_on_random_cells_compare_as_in_clear_text(void **state)
{
    (void)state;
    enum { RUNS = 300, MOST_CODES = 70 };
    uint64_t seed = 71;
    size_t runs = 0, ones = 0, zeros = 0, none = 0;
    for (; runs < RUNS; runs++) {
        static sch_cell_shape shape;
        static steps_case c;
        uint64_t words[MAX_COLUMNS * (MOST_CODES + 1)];
        draw_shape(&shape, (uint32_t)(1 + below(&seed, MOST_CODES)), (uint16_t)(2 + below(&seed, MAX_COLUMNS - 1)),
                   &seed);
        steps_case_init(&c, &shape);
        c.cast = CASTS[runs % CAST_COUNT];
        draw_steps(&c, below(&seed, 8), &seed);
        for (size_t i = 0; i < c.clear.count; i++) {
            words[i] = (uint64_t)around_zero(&seed, SMALL_VALUE);
        }
        steps_case_set(&c, words, true, &seed);
        check_run(&c, runs % 2 == 0 ? 0 : WINDOW, runs);
        ones += c.ones;
        zeros += c.zeros;
        none += c.steps == 0;
        steps_case_clear(&c);
    }
    assert_int_equal(runs, RUNS);
    assert_true(ones > 10000 && zeros > 10000 && none > 10);
}

/* Sums at and beside 0 and at the ends of the range, of columns, factors and constants that are large themselves. */
static void test_steps_at_the_bounds_compare_exactly(void **state)
{
    (void)state;
    static const int64_t SUM[] = {-LARGEST, 1 - LARGEST, -2, -1, 0, 1, 2, LARGEST - 1, LARGEST};
    enum { CODES = sizeof SUM / sizeof *SUM, READ = 2, STEPS = 6 };
    /* what a step makes of the first column, which holds the sum, less 0 or LARGEST, and the second, which holds 1 */
    static const sch_cell_step STEP[STEPS] = {
        {2, 0, 0, 1, 0, 0},  {3, 0, 1, 1, 0, 0},  {4, 1, 0, LARGEST, 1, -LARGEST}, {5, 0, 1, 1, -LARGEST, LARGEST},
        {6, 0, 0, 3, -2, 0}, {7, 0, 1, -1, 0, 0},
    };
    uint64_t seed = 72;
    static sch_cell_shape shape;
    static steps_case c;
    draw_shape(&shape, CODES, READ + STEPS, &seed);
    steps_case_init(&c, &shape);
    c.steps = STEPS;
    memcpy(c.step, STEP, sizeof STEP);
    uint64_t words[(READ + STEPS) * (CODES + 1)] = {0};
    for (size_t i = 0; i < CODES; i++) {
        words[i] = (uint64_t)SUM[i];
        words[CODES + 1 + i] = 1;
    }
    steps_case_set(&c, words, true, &seed);
    check_run(&c, WINDOW, 1);
    size_t compared = 0;
    for (size_t s = 0; s < STEPS; s++) {
        for (size_t i = 0; i < CODES; i++, compared++) {
            size_t at = STEP[s].out * (size_t)shape.cells + i;
            uint64_t expected = s + 1 < STEPS ? SUM[i] >= 0 : SUM[i] <= 0;
            assert_true(c.values[0].word[at] + c.values[1].word[at] == expected);
        }
    }
    assert_int_equal(compared, STEPS * CODES);
    steps_case_clear(&c);
}

/* More cells than several pieces take, so that a step ends within one. */
static void test_steps_on_many_cells_compare_all(void **state)
{
    (void)state;
    enum { CODES = 40000, COLUMNS = 6, STEPS = 3 };
    uint64_t seed = 73;
    static sch_cell_shape shape;
    static steps_case c;
    sch_ring words = {0};
    draw_shape(&shape, CODES, COLUMNS, &seed);
    steps_case_init(&c, &shape);
    draw_steps(&c, STEPS, &seed);
    for (size_t s = 0; s < STEPS; s++) {
        c.step[s].out = (uint16_t)(COLUMNS / 2 + s);
    }
    memset(c.scratch, 0, sizeof c.scratch);
    unit_assert_ok(sch_ring_init(&words, COLUMNS, shape.cells));
    for (size_t i = 0; i < words.count; i++) {
        words.word[i] = (uint64_t)around_zero(&seed, SMALL_VALUE);
    }
    steps_case_set(&c, words.word, true, &seed);
    check_run(&c, WINDOW, 1);
    assert_int_equal(c.ones + c.zeros, (size_t)STEPS * (CODES + 1));
    assert_true(c.ones > CODES / 2 && c.zeros > CODES / 2);
    sch_ring_clear(&words);
    steps_case_clear(&c);
}

static void test_steps_of_none_clear_scratch_columns_without_a_message(void **state)
{
    (void)state;
    enum { CODES = 5, COLUMNS = 3 };
    uint64_t seed = 74;
    static sch_cell_shape shape;
    static steps_case c;
    uint64_t words[COLUMNS * (CODES + 1)];
    draw_shape(&shape, CODES, COLUMNS, &seed);
    steps_case_init(&c, &shape);
    c.scratch[1] = true;
    for (size_t i = 0; i < c.clear.count; i++) {
        words[i] = parties_random(&seed);
    }
    steps_case_set(&c, words, true, &seed);
    check_run(&c, WINDOW, 1);
    for (size_t i = 0; i < shape.cells; i++) { /* each share is 0, not only their sum */
        assert_true(c.values[0].word[shape.cells + i] == 0 && c.values[1].word[shape.cells + i] == 0);
        assert_true(c.values[0].word[i] != 0);
    }
    steps_case_clear(&c);
}

/* The two holders each keep shares of their own: 0 where a column is scratch, whatever a step made there. */
static void test_steps_into_scratch_columns_leave_nothing(void **state)
{
    (void)state;
    enum { CODES = 7, COLUMNS = 3 };
    uint64_t seed = 75;
    static sch_cell_shape shape;
    static steps_case c;
    uint64_t words[COLUMNS * (CODES + 1)] = {0};
    draw_shape(&shape, CODES, COLUMNS, &seed);
    steps_case_init(&c, &shape);
    c.steps = 1;
    c.step[0] = (sch_cell_step){.out = 2, .factor_a = 1};
    c.scratch[0] = c.scratch[2] = true;
    steps_case_set(&c, words, true, &seed);
    check_run(&c, WINDOW, 1);
    size_t checked = 0;
    for (size_t i = 0; i < shape.cells; i++) {
        for (size_t p = 0; p < 2; p++, checked++) {
            assert_true(c.values[p].word[i] == 0 && c.values[p].word[2 * shape.cells + i] == 0);
        }
    }
    assert_int_equal(checked, 2 * (CODES + 1));
    steps_case_clear(&c);
}

static sch_err run_alone(sch_party self, uint64_t *values, const steps_case *c)
{
    const sch_link link = {.self = self};
    const sch_seat seat = {.link = &link};
    return sch_cell_steps_run(&seat, values, &c->shape, c->step, c->steps, c->scratch, &c->cast);
}

static void test_steps_out_of_range_fail(void **state)
{
    (void)state;
    enum { COLUMNS = 4, BAD = 7 };
    static const sch_cell_step GOOD = {3, 0, 1, 1, 1, 0};
    static const sch_cell_step STEP[BAD] = {
        {COLUMNS, 0, 1, 1, 1, 0}, {3, COLUMNS, 1, 1, 1, 0},
        {3, 0, COLUMNS, 1, 1, 0}, {2, 3, 1, 1, 1, 0}, /* reads what the good one makes */
        {2, 0, 3, 1, 1, 0},       {0, 1, 1, 1, 1, 0}, /* makes what the good one reads */
        {2, 2, 1, 1, 1, 0}};
    uint64_t seed = 76;
    static sch_cell_shape shape;
    static steps_case c;
    draw_shape(&shape, 3, COLUMNS, &seed);
    steps_case_init(&c, &shape);
    c.steps = 2;
    size_t checked = 0;
    for (size_t i = 0; i < BAD; i++) {
        for (sch_party self = 0; self < 3; self++, checked++) {
            c.step[i % 2] = GOOD;
            c.step[1 - i % 2] = STEP[i];
            unit_assert_code(run_alone(self, self == 2 ? NULL : c.values[self].word, &c), SCH_BUG);
        }
    }
    assert_int_equal(checked, 3 * BAD);
    steps_case_clear(&c);
}

static void test_steps_of_a_shape_or_number_that_cannot_be_fail(void **state)
{
    (void)state;
    uint64_t seed = 77;
    static sch_cell_shape shape;
    static steps_case c;
    draw_shape(&shape, 3, 2, &seed);
    steps_case_init(&c, &shape);
    for (size_t i = 0; i < SCH_MAX_CELL_STEPS; i++) {
        c.step[i] = (sch_cell_step){.out = 1};
    }
    assert_true(sch_cell_steps_bytes(&shape, SCH_MAX_CELL_STEPS) > 0);
    c.steps = SCH_MAX_CELL_STEPS + 1;
    unit_assert_code(run_alone(0, c.values[0].word, &c), SCH_BUG);
    assert_true(sch_cell_steps_bytes(&shape, c.steps) == 0);
    c.steps = 1;
    c.shape.cells = 0;
    unit_assert_code(run_alone(0, c.values[0].word, &c), SCH_BUG);
    assert_true(sch_cell_steps_bytes(&c.shape, 1) == 0);
    steps_case_clear(&c);
}

static void test_steps_by_a_party_without_part_or_share_fail(void **state)
{
    (void)state;
    uint64_t seed = 78;
    static sch_cell_shape shape;
    static steps_case c;
    draw_shape(&shape, 3, 2, &seed);
    steps_case_init(&c, &shape);
    c.steps = 1;
    c.step[0] = (sch_cell_step){.out = 1};
    unit_assert_code(run_alone(0, NULL, &c), SCH_BUG);
    unit_assert_code(run_alone(1, NULL, &c), SCH_BUG);
    unit_assert_code(run_alone(3, c.values[0].word, &c), SCH_BUG);
    steps_case_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_on_random_cells_compare_as_in_clear_text),
        cmocka_unit_test(test_steps_at_the_bounds_compare_exactly),
        cmocka_unit_test(test_steps_on_many_cells_compare_all),
        cmocka_unit_test(test_steps_of_none_clear_scratch_columns_without_a_message),
        cmocka_unit_test(test_steps_into_scratch_columns_leave_nothing),
        cmocka_unit_test(test_steps_out_of_range_fail),
        cmocka_unit_test(test_steps_of_a_shape_or_number_that_cannot_be_fail),
        cmocka_unit_test(test_steps_by_a_party_without_part_or_share_fail),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
