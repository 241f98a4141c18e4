/* What an analyst can work out from released cells: linear systems over all columns of a table, and tables by hand in
 * which a margin would give a cell away that another rule than its column's first one suppresses. */
#include "tests/protocol/cell_case.h"
#include "tests/support/unit.h"

enum { WINDOW = 4 << 20, LEAST = 10 };

/* The columns of a table over a measure x of some persons, and over a boolean one of the same. */
enum {
    PERSONS,
    HAS,          /* a value */
    CONTRIBUTORS, /* a value of x that is not 0 */
    SUM,          /* of x */
    UPPER,        /* those for whom the boolean is true */
    COLUMNS
};

static void set_rules(sch_cell_shape *shape)
{
    static const sch_cell_rule PERSONS_RULE = {PERSONS, SCH_NO_COLUMN, 1, true};
    static const sch_cell_rule HAS_RULE = {HAS, SCH_NO_COLUMN, 1, false};
    static const sch_cell_rule CONTRIBUTORS_RULE = {CONTRIBUTORS, SCH_NO_COLUMN, 1, true};
    static const sch_cell_rule UPPER_RULE = {UPPER, SCH_NO_COLUMN, 1, true};
    static const sch_cell_rule LOWER_RULE = {HAS, UPPER, 1, true};
    const uint8_t rule_count[COLUMNS] = {1, 1, 1, 2, 3};
    const sch_cell_rule rule[COLUMNS][3] = {
        {PERSONS_RULE}, {HAS_RULE}, {HAS_RULE}, {HAS_RULE, CONTRIBUTORS_RULE}, {HAS_RULE, UPPER_RULE, LOWER_RULE}};
    shape->columns = COLUMNS;
    for (size_t j = 0; j < COLUMNS; j++) {
        shape->rule_count[j] = rule_count[j];
        memcpy(shape->rule[j], rule[j], sizeof rule[j]);
    }
}

/* ---- tables by hand ---- */

enum { CODES = 3, MARGIN = CODES };

/* One key of three codes and their total; cells by column. */
static void disclose(cell_case *c, const uint64_t base[COLUMNS][CODES], bool show_zero)
{
    static const uint32_t DOMAIN[] = {CODES};
    uint64_t seed = 60;
    sch_cell_shape shape;
    cell_case_draw_shape(&shape, DOMAIN, 1, CELLS_ROLLUP, &seed);
    set_rules(&shape);
    cell_case_init(c, &shape, (sch_disclosure){LEAST, show_zero}, 1, &seed);
    cell_case_set(c, base[0], &seed);
    unit_assert_ok(cell_case_run(c, 0, 1));
    cell_case_assert_disclosed(c);
}

static sch_cell_state opened(const cell_case *c, size_t column, size_t cell)
{
    size_t at = column * c->shape.cells + cell;
    return (sch_cell_state)(c->states[0].word[at] + c->states[1].word[at]);
}

static void test_margin_over_a_cell_of_few_contributors_is_suppressed(void **state)
{
    (void)state;
    static const uint64_t BASE[COLUMNS][CODES] = {
        {40, 50, 30}, {40, 50, 30}, {20, 3, 15}, {5000, 700, 4000}, {20, 25, 15}};
    cell_case c;
    disclose(&c, BASE, true);
    assert_int_equal(opened(&c, SUM, 0), SCH_CELL_RELEASED);
    assert_int_equal(opened(&c, SUM, 1), SCH_CELL_SUPPRESSED); /* 3 contribute, of 50 */
    assert_int_equal(opened(&c, SUM, 2), SCH_CELL_RELEASED);
    assert_int_equal(opened(&c, SUM, MARGIN), SCH_CELL_SUPPRESSED); /* less the released ones it is the 700 */
    assert_int_equal(opened(&c, HAS, MARGIN), SCH_CELL_RELEASED);
    assert_int_equal(opened(&c, UPPER, MARGIN), SCH_CELL_RELEASED);
    assert_int_equal(c.by_later_rules, 1);
    cell_case_clear(&c);
}

static void test_margin_over_two_cells_of_few_contributors_is_released_where_they_are_enough(void **state)
{
    (void)state;
    static const uint64_t BASE[COLUMNS][CODES] = {
        {40, 50, 30}, {40, 50, 30}, {20, 3, 7}, {5000, 700, 4000}, {20, 25, 15}};
    cell_case c;
    disclose(&c, BASE, true);
    assert_int_equal(opened(&c, SUM, 1), SCH_CELL_SUPPRESSED);
    assert_int_equal(opened(&c, SUM, 2), SCH_CELL_SUPPRESSED);
    assert_int_equal(opened(&c, SUM, MARGIN), SCH_CELL_RELEASED);
    cell_case_clear(&c);
}

/* 47 of 50 have the upper one of two values: 3 have the other. */
static void test_margin_over_a_cell_of_few_with_the_other_value_is_suppressed(void **state)
{
    (void)state;
    static const uint64_t BASE[COLUMNS][CODES] = {
        {40, 50, 30}, {40, 50, 30}, {20, 25, 15}, {5000, 700, 4000}, {20, 47, 15}};
    cell_case c;
    disclose(&c, BASE, true);
    assert_int_equal(opened(&c, UPPER, 1), SCH_CELL_SUPPRESSED);
    assert_int_equal(opened(&c, UPPER, MARGIN), SCH_CELL_SUPPRESSED);
    assert_int_equal(opened(&c, SUM, MARGIN), SCH_CELL_RELEASED);
    cell_case_clear(&c);
}

/* That nobody contributes is told or not; where it is not, the margin would tell it. */
static void test_margin_over_a_cell_without_contributors_is_released_where_zeros_are_told(void **state)
{
    (void)state;
    static const uint64_t BASE[COLUMNS][CODES] = {
        {40, 50, 30}, {40, 50, 30}, {20, 0, 15}, {5000, 0, 4000}, {20, 25, 15}};
    for (size_t show = 0; show < 2; show++) {
        cell_case c;
        disclose(&c, BASE, show == 1);
        sch_cell_state expected = show == 1 ? SCH_CELL_RELEASED : SCH_CELL_SUPPRESSED;
        assert_int_equal(opened(&c, SUM, 1), expected);
        assert_int_equal(opened(&c, SUM, MARGIN), expected);
        assert_int_equal(opened(&c, UPPER, MARGIN), SCH_CELL_RELEASED);
        cell_case_clear(&c);
    }
}

/* That nobody of some persons has a value is never told; that nobody of nobody has one is no news. */
static void test_margin_over_a_cell_without_values_is_released_where_the_cell_is_known_to_be_empty(void **state)
{
    (void)state;
    uint64_t base[COLUMNS][CODES] = {{40, 0, 30}, {40, 0, 30}, {20, 0, 15}, {5000, 0, 4000}, {20, 0, 15}};
    for (size_t n = 0; n < 4; n++) {
        cell_case c;
        bool empty = n / 2 == 1;
        bool show = n % 2 == 1;
        base[PERSONS][1] = empty ? 0 : 50;
        disclose(&c, base, show);
        assert_int_equal(opened(&c, SUM, 1), SCH_CELL_SUPPRESSED);
        assert_int_equal(opened(&c, SUM, MARGIN), empty && show ? SCH_CELL_RELEASED : SCH_CELL_SUPPRESSED);
        assert_int_equal(opened(&c, HAS, MARGIN), empty && show ? SCH_CELL_RELEASED : SCH_CELL_SUPPRESSED);
        assert_int_equal(opened(&c, PERSONS, MARGIN), empty && !show ? SCH_CELL_SUPPRESSED : SCH_CELL_RELEASED);
        cell_case_clear(&c);
    }
}

/* ---- systems of equations ---- */

enum { MAX_BASE = 36, MAX_UNKNOWN = COLUMNS * MAX_BASE };
#define FIELD UINT64_C(2305843009213693951) /* 2^61 - 1, a prime */

static uint64_t times(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    uint64_t sum = (uint64_t)(product & FIELD) + (uint64_t)(product >> 61);
    return sum >= FIELD ? sum - FIELD : sum;
}

static uint64_t inverse(uint64_t a)
{
    uint64_t power = 1;
    for (uint64_t e = FIELD - 2; e > 0; e /= 2, a = times(a, a)) {
        power = e % 2 == 1 ? times(power, a) : power;
    }
    return power;
}

/* Linear combinations of the base cells of all columns that are known: rows with a leading 1 that is the only one in
 * its place. */
typedef struct known {
    size_t unknown;
    bool has[MAX_UNKNOWN];
    uint64_t row[MAX_UNKNOWN][MAX_UNKNOWN];
} known;

/* row = row - factor x other */
static void take_out(uint64_t *row, uint64_t factor, const uint64_t *other, size_t count)
{
    for (size_t j = 0; factor > 0 && j < count; j++) {
        row[j] = other[j] == 0 ? row[j] : (row[j] + FIELD - times(factor, other[j])) % FIELD;
    }
}

/* Takes what is known out of a combination; gives what leads in the rest, `unknown` where nothing is left. */
static size_t reduce(const known *k, uint64_t *row)
{
    size_t leading = 0;
    for (size_t i = 0; i < k->unknown; i++) {
        if (k->has[i]) {
            take_out(row, row[i], k->row[i], k->unknown);
        }
    }
    while (leading < k->unknown && row[leading] == 0) {
        leading++;
    }
    return leading;
}

static void learn(known *k, uint64_t *row)
{
    size_t leading = reduce(k, row);
    if (leading == k->unknown) {
        return;
    }
    uint64_t factor = inverse(row[leading]);
    for (size_t j = 0; j < k->unknown; j++) {
        k->row[leading][j] = times(row[j], factor);
    }
    for (size_t i = 0; i < k->unknown; i++) {
        if (k->has[i]) {
            take_out(k->row[i], k->row[i][leading], k->row[leading], k->unknown);
        }
    }
    k->has[leading] = true;
}

/* The base cells of a column that a cell of the table sums. */
static void combination_of(uint64_t *row, const sch_cell_shape *shape, size_t column, uint32_t cell)
{
    size_t set = shape->set_count;
    for (size_t i = 0; i < shape->set_count; i++) {
        set = cell >= shape->set_first[i] ? i : set;
    }
    set = cell < shape->base ? shape->set_count : set;
    cell -= set < shape->set_count ? shape->set_first[set] : 0;
    memset(row, 0, (size_t)shape->columns * shape->base * sizeof *row);
    for (uint32_t base = 0; base < shape->base; base++) {
        uint32_t margin = 0;
        for (size_t k = 0; set < shape->set_count && k < shape->key_count; k++) {
            if ((shape->set[set] >> k & 1) == 1) {
                margin = margin * shape->domain[k] + base / shape->stride[k] % shape->domain[k];
            }
        }
        row[column * shape->base + base] = set < shape->set_count ? margin == cell : base == cell;
    }
}

static uint64_t counted(const cell_case *c, const sch_cell_rule *rule, size_t cell)
{
    const uint64_t *clear = c->clear.word;
    size_t cells = c->shape.cells;
    return clear[rule->count * cells + cell] - (rule->less == SCH_NO_COLUMN ? 0 : clear[rule->less * cells + cell]);
}

static bool is_too_few(const cell_case *c, const sch_cell_rule *rule, uint64_t persons)
{
    return persons < c->rules.min_persons && !(persons == 0 && rule->zero && c->rules.show_zero);
}

static bool is_known_empty(const cell_case *c, size_t cell)
{
    return opened(c, PERSONS, cell) == SCH_CELL_ZERO;
}

/* All that was opened. */
static void learn_released(known *k, const cell_case *c)
{
    uint64_t row[MAX_UNKNOWN];
    *k = (known){.unknown = (size_t)c->shape.columns * c->shape.base};
    for (size_t i = 0; i < c->clear.count; i++) {
        size_t column = i / c->shape.cells;
        uint32_t cell = (uint32_t)(i % c->shape.cells);
        if (opened(c, column, cell) != SCH_CELL_SUPPRESSED || is_known_empty(c, cell)) {
            combination_of(row, &c->shape, column, cell);
            learn(k, row);
        }
    }
}

/* Cells of the table that break a rule and follow from what was opened. */
static size_t count_exposed(const known *k, const cell_case *c)
{
    uint64_t row[MAX_UNKNOWN];
    size_t exposed = 0;
    for (size_t i = 0; i < c->clear.count; i++) {
        size_t column = i / c->shape.cells;
        uint32_t cell = (uint32_t)(i % c->shape.cells);
        bool breaks = false;
        for (size_t r = 0; r < c->shape.rule_count[column] && !is_known_empty(c, cell); r++) {
            const sch_cell_rule *rule = &c->shape.rule[column][r];
            breaks = breaks || is_too_few(c, rule, counted(c, rule, cell));
        }
        if (breaks) {
            combination_of(row, &c->shape, column, cell);
            exposed += reduce(k, row) == k->unknown;
        }
    }
    return exposed;
}

/* Of sets of which each is part of the one before, what is known comes down to sums of base cells that have none in
 * common: whether each of these counts enough by each rule. Gives how many do not; adds to *checked. */
static size_t count_few_sums(const known *k, const cell_case *c, size_t *checked)
{
    size_t few = 0;
    for (size_t i = 0; i < k->unknown; i++) {
        size_t column = i / c->shape.base;
        const uint64_t *row = k->row[i] + column * c->shape.base;
        for (size_t r = 0; k->has[i] && r < c->shape.rule_count[column]; r++, ++*checked) {
            const sch_cell_rule *rule = &c->shape.rule[column][r];
            uint64_t persons = 0;
            bool empty = true;
            for (uint32_t cell = 0; cell < c->shape.base; cell++) {
                assert_true(row[cell] <= 1);
                persons += row[cell] * counted(c, rule, cell);
                empty = empty && (row[cell] == 0 || is_known_empty(c, cell));
            }
            few += !empty && is_too_few(c, rule, persons);
        }
    }
    return few;
}

static void draw_base(uint64_t *base, uint32_t cells, uint64_t most, uint64_t *seed)
{
    for (uint32_t i = 0; i < cells; i++) {
        uint64_t persons = parties_random(seed) % 5 == 0 ? 0 : parties_random(seed) % (most + 1);
        uint64_t has = parties_random(seed) % 3 == 0 ? persons : parties_random(seed) % (persons + 1);
        base[PERSONS * cells + i] = persons;
        base[HAS * cells + i] = has;
        for (size_t n = 0; n < 2; n++) { /* often nobody, or all */
            uint64_t some = parties_random(seed) % (has + 1);
            uint64_t kind = parties_random(seed) % 5;
            base[(n == 0 ? CONTRIBUTORS : UPPER) * cells + i] = kind == 0 ? 0 : kind == 1 ? has : some;
        }
        base[SUM * cells + i] = base[CONTRIBUTORS * cells + i] * (parties_random(seed) % 1000);
    }
}

/* Draws a shape of a kind that is small enough. */
static void draw_shape(sch_cell_shape *shape, cell_sets sets, uint64_t *seed)
{
    do {
        uint32_t domain[4];
        size_t keys = 1 + (size_t)(parties_random(seed) % 4);
        for (size_t k = 0; k < keys; k++) {
            domain[k] = (uint32_t)(2 + parties_random(seed) % (keys > 2 ? 2 : 5));
        }
        cell_case_draw_shape(shape, domain, keys, sets, seed);
    } while (shape->base > MAX_BASE);
    set_rules(shape);
}

static void test_cells_that_are_suppressed_do_not_follow_from_those_released(void **state)
{
    (void)state;
    enum { RUNS = 1200 };
    static known k;
    uint64_t seed = 58;
    size_t runs = 0;
    size_t exposed[4] = {0}, suppressed = 0, seen = 0, by_later = 0, sums = 0;
    for (; runs < RUNS; runs++) {
        static sch_cell_shape shape;
        static uint64_t base[COLUMNS * MAX_BASE];
        cell_case c;
        cell_sets sets = (cell_sets)(runs % 4);
        draw_shape(&shape, sets, &seed);
        uint64_t most = LEAST + parties_random(&seed) % (5 * LEAST);
        cell_case_init(&c, &shape, (sch_disclosure){LEAST, runs / 4 % 2 == 0}, 1, &seed);
        draw_base(base, shape.base, most, &seed);
        cell_case_set(&c, base, &seed);
        unit_assert_ok(cell_case_run(&c, WINDOW, runs));
        cell_case_assert_disclosed(&c);
        learn_released(&k, &c);
        exposed[sets] += count_exposed(&k, &c);
        if (sets == CELLS_ROLLUP) {
            assert_int_equal(count_few_sums(&k, &c, &sums), 0);
        }
        suppressed += c.suppressed;
        seen += c.seen;
        by_later += c.by_later_rules;
        cell_case_clear(&c);
    }
    assert_int_equal(runs, RUNS);
    assert_int_equal(exposed[CELLS_ALONE], 0);
    assert_int_equal(exposed[CELLS_ROLLUP], 0);
    /* Sets that cross in more ways than are looked for: they are rare. */
    assert_true(exposed[CELLS_CUBE] + exposed[CELLS_ANY_SETS] < suppressed / 300);
    assert_true(suppressed > 10 * RUNS && seen > 10 * RUNS && by_later > RUNS / 2 && sums > 10 * RUNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_margin_over_a_cell_of_few_contributors_is_suppressed),
        cmocka_unit_test(test_margin_over_two_cells_of_few_contributors_is_released_where_they_are_enough),
        cmocka_unit_test(test_margin_over_a_cell_of_few_with_the_other_value_is_suppressed),
        cmocka_unit_test(test_margin_over_a_cell_without_contributors_is_released_where_zeros_are_told),
        cmocka_unit_test(test_margin_over_a_cell_without_values_is_released_where_the_cell_is_known_to_be_empty),
        cmocka_unit_test(test_cells_that_are_suppressed_do_not_follow_from_those_released),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
