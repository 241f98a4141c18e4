/* What each party sees: words that are uniform whatever the data, positions that are uniform, and messages whose order
 * and length depend on sizes alone. Inputs are fixed, keys and permutations new in each run. */
#include "crypto/stats/linked_table.h"
#include "tests/protocol/cell_case.h"
#include "tests/protocol/steps_case.h"
#include "tests/protocol/table_case.h"
#include "tests/protocol/view_tally.h"
#include "tests/support/chi_square.h"
#include "tests/support/unit.h"

/* ---- tables ---- */

/* Two rows on either side, one link; the parties are spine, data owner and helper. */
static void make_small(table_case *c, const table_size *size, uint64_t *seed)
{
    table_case_init(c, size, seed);
    c->cast = (sch_cast){
        .spine = VIEW_SPINE, .data = {VIEW_DATA}, .helper = {VIEW_HELPER}, .second = VIEW_HELPER, .third = VIEW_DATA};
    unit_assert_ok(sch_cast_check(&c->cast, &c->shape));
}

static const table_size KNOWN = {.parties = VIEW_PARTIES,
                                 .spine_rows = 2,
                                 .spine_groups = 2,
                                 .spine_columns = 1,
                                 .owners = 1,
                                 .owner = {{2, 1, 3, 1}},
                                 .steps = 3,
                                 .columns = 4,
                                 .largest = 1};

/* A product with the spine's column, one of the data owner's, and a comparison. */
static void set_program(table_case *c)
{
    c->shape.step[0] = (sch_row_step){SCH_ROW_PRODUCT, 0, 2, 0, 0, 0};
    c->shape.step[1] = (sch_row_step){SCH_ROW_PRODUCT, 2, 3, 0, 0, 0};
    c->shape.step[2] = (sch_row_step){SCH_ROW_NEGATIVE, 2, 3, 1, -1, 0};
    for (size_t j = 0; j < 3; j++) {
        c->shape.column[j] = (uint16_t)(4 + j);
    }
    c->shape.column[3] = 1;
    unit_assert_ok(sch_table_shape_check(&c->shape));
    table_case_sum(c);
}

static void test_view_of_known_groups_and_a_program_is_uniform_for_fixed_rows(void **state)
{
    (void)state;
    uint64_t seed = 31;
    view_tally *const t = view_tally_new();
    table_case c;
    make_small(&c, &KNOWN, &seed);
    set_program(&c);
    /* ALIGN 1 to 4, TIMES, MULTIPLY, LESS 5 to 17, PERMUTE 18 and 19, SELECT 20 and 21 */
    t->special = (view_special){.spine_tags = 1, .data_tags = 2, .tau = 4, .kappa = 18, .selected = 21};
    for (size_t run = 0; run < VIEW_RUNS; run++) {
        view_tally_run(t, c.shard, table_case_play, &c, &c, run);
    }
    /* Spine: M, and exchanges: one of TIMES, one of MULTIPLY, eight of LESS. Helper: these, three deals, the table to
     * select from. Data owner: the table to permute. */
    assert_int_equal(view_tally_assert_words(t, VIEW_RUNS), 11 + 14 + 1);
    view_tally_assert_alignment(t);
    view_assert_counts(t->kappa, 24, VIEW_RUNS);
    view_assert_counts(t->selected, 12, VIEW_RUNS);
    assert_int_equal(t->messages[VIEW_DATA][18], VIEW_RUNS);
    assert_int_equal(t->messages[VIEW_HELPER][21], VIEW_RUNS);
    table_case_clear(&c);
}

static const table_size IN_PASSES = {.parties = VIEW_PARTIES,
                                     .spine_rows = 2,
                                     .spine_groups = 1,
                                     .spine_columns = 1,
                                     .owners = 1,
                                     .owner = {{2, 0, 3, 1}},
                                     .steps = 3,
                                     .columns = 4,
                                     .largest = 1,
                                     .passes = 2,
                                     .indicators = {true}};

/* The first row of the spine links in the second pass, or none does. outside: bit i, row i of the spine is in no
 * group. */
static void link_in_second_pass(table_case *c, bool links, unsigned outside)
{
    for (size_t j = 0; j < VIEW_ROWS; j++) {
        c->tag[1][0][VIEW_ROWS + j] = links && j == 0 ? c->tag[0][0][VIEW_ROWS] : parties_tag(1 + j);
        c->match[0][j] = links && j == 0 ? 0 : SIZE_MAX;
        c->pass[0][j] = links && j == 0 ? 2 : 0;
        c->group[0][j] = outside >> j & 1;
    }
}

/* Indicators in all that a table does with a column: the helper knows them, and where it is second the spine's share is
 * 0. */
static void check_view_in_passes(bool links, bool helper_is_second, unsigned outside, uint64_t seed)
{
    view_tally *const t = view_tally_new();
    table_case c;
    make_small(&c, &IN_PASSES, &seed);
    if (!helper_is_second) {
        c.cast.second = VIEW_DATA;
        c.cast.third = VIEW_HELPER;
    }
    link_in_second_pass(&c, links, outside);
    c.shape.step[0] = (sch_row_step){SCH_ROW_PRODUCT, 0, 5, 0, 0, 0};
    c.shape.step[1] = (sch_row_step){SCH_ROW_PRODUCT, 5, 2, 0, 0, 0};
    c.shape.step[2] = (sch_row_step){SCH_ROW_NEGATIVE, 4, 5, 1, -1, 0};
    for (size_t j = 0; j < 3; j++) {
        c.shape.column[j] = (uint16_t)(6 + j);
    }
    c.shape.column[3] = 5;
    unit_assert_ok(sch_table_shape_check(&c.shape));
    table_case_sum(&c);
    /* ALIGN 1 to 4, RESHARE 5 where columns move, then TIMES, MULTIPLY, LESS, PERMUTE, SELECT as above */
    uint16_t later = helper_is_second ? 0 : 1;
    t->special = (view_special){
        .spine_tags = 1, .data_tags = 2, .tau = 4, .kappa = (uint16_t)(18 + later), .selected = (uint16_t)(21 + later)};
    for (size_t run = 0; run < VIEW_RUNS; run++) {
        view_tally_run(t, c.shard, table_case_play, &c, &c, run);
    }
    assert_int_equal(view_tally_assert_words(t, VIEW_RUNS), 11 + 14 + 1 + !helper_is_second);
    view_tally_assert_alignment(t);
    view_assert_counts(t->kappa, 24, VIEW_RUNS);
    view_assert_counts(t->selected, 12, VIEW_RUNS);
    assert_int_equal(t->messages[c.cast.third][t->special.kappa], VIEW_RUNS);
    memset(c.sums[0].word, 0, sch_ring_bytes(&c.sums[0]));
    memset(c.sums[1].word, 0, sch_ring_bytes(&c.sums[1]));
    unit_assert_ok(table_case_run(&c, 1 << 20, 1));
    table_case_assert_sums(&c);
    table_case_clear(&c);
}

static void test_view_in_passes_is_uniform_for_fixed_rows(void **state)
{
    (void)state;
    static const unsigned OUTSIDE[] = {0, 1, 2, 3};
    for (size_t i = 0; i < 4; i++) { /* none, either or both of the spine's rows in no group */
        check_view_in_passes(i % 2 == 0, i < 2, OUTSIDE[i], 44 + i);
    }
}

static const table_size SORTED = {.parties = VIEW_PARTIES,
                                  .spine_rows = 2,
                                  .spine_groups = 1,
                                  .owners = 1,
                                  .owner = {{2, 1, 2, 2}},
                                  .columns = 2,
                                  .largest = 1};

/* Codes of one bit; both rows have the same one, or not. */
static void check_sorted_view(bool equal_codes, uint64_t seed)
{
    view_tally *const t = view_tally_new();
    table_case c;
    make_small(&c, &SORTED, &seed);
    c.group[1][0] = 1;
    c.group[1][1] = equal_codes;
    table_case_sum(&c);
    /* ALIGN 1 to 4, RESHARE of codes 5, PERMUTE 6 and 7, SORT 8 to 13, SHUFFLE 14 and 15, order 16, UNSHUFFLE 17 and
     * 18, SHUFFLE 19 and 20 */
    t->special = (view_special){.spine_tags = 1, .data_tags = 2, .tau = 4, .kappa = 6, .places = {13}, .order = 16};
    for (size_t run = 0; run < VIEW_RUNS; run++) {
        view_tally_run(t, c.shard, table_case_play, &c, &c, run);
    }
    /* Spine: M; bits, factors and V of SORT, places; v of SHUFFLE, order, v of UNSHUFFLE and of SHUFFLE. Data owner:
     * codes; U of SORT, places; u of UNSHUFFLE. Helper: the codes to permute; the deal, bits, factors of SORT; u of
     * SHUFFLE, order, u of SHUFFLE; from UNSHUFFLE nothing. */
    assert_int_equal(view_tally_assert_words(t, VIEW_RUNS), 9 + 4 + 7);
    view_tally_assert_alignment(t);
    view_assert_counts(t->kappa, 24, VIEW_RUNS);
    view_assert_counts(t->places[0], 24, VIEW_RUNS);
    view_assert_counts(t->order, 24, VIEW_RUNS);
    assert_false(t->half[0] || t->half[2]);
    table_case_clear(&c);
}

static void test_view_of_sorted_groups_is_uniform_for_fixed_rows(void **state)
{
    (void)state;
    check_sorted_view(true, 32);
    check_sorted_view(false, 33);
}

/* What the two holders end with is uniform too, each alone. */
static void check_shares(const table_size *size, uint64_t seed)
{
    static size_t count[2][VIEW_BYTE_VALUES];
    table_case c;
    table_case_init(&c, size, &seed);
    memset(count, 0, sizeof count);
    for (size_t run = 0; run < VIEW_RUNS; run++) {
        for (size_t p = 0; p < 2; p++) {
            memset(c.sums[p].word, 0, sch_ring_bytes(&c.sums[p]));
        }
        unit_assert_ok(table_case_run(&c, 1 << 20, run));
        table_case_assert_sums(&c);
        for (size_t i = 0; i < 2 * 8 * c.sums[0].count; i++) {
            size_t byte = i / 2;
            count[i % 2][(c.sums[i % 2].word[byte / 8] >> (8 * (byte % 8))) & 0xff]++;
        }
    }
    for (size_t p = 0; p < 2; p++) {
        assert_true(chi_square_is_uniform(count[p], VIEW_BYTE_VALUES));
    }
    table_case_clear(&c);
}

static void test_shares_of_the_sums_are_uniform_for_fixed_rows(void **state)
{
    (void)state;
    const table_size plain = {
        .parties = 4, .spine_rows = 3, .spine_groups = 2, .owners = 1, .owner = {{3, 2, 2, 1}}, .largest = 5};
    check_shares(&plain, 34);
    check_shares(&SORTED, 35);
    table_size indicators = {.parties = 4,
                             .spine_rows = 3,
                             .spine_groups = 2,
                             .owners = 1,
                             .owner = {{3, 1, 1, 1}},
                             .columns = 8,
                             .largest = 1,
                             .passes = 2,
                             .outside = 1,
                             .indicators = {true}};
    check_shares(&indicators, 36);
    indicators.owner[0].codes = 2;
    indicators.outside = 3;
    check_shares(&indicators, 37);
    indicators.ones[0] = true;
    check_shares(&indicators, 38);
}

/* ---- cells ---- */

static void test_view_of_cells_is_uniform_for_fixed_shares(void **state)
{
    (void)state;
    uint64_t seed = 36;
    view_tally *const t = view_tally_new();
    cell_case c;
    static const uint32_t DOMAIN[] = {1, 2};
    sch_cell_shape shape;
    cell_case_draw_shape(&shape, DOMAIN, 2, CELLS_ROLLUP, &seed);
    shape.columns = 2;
    for (size_t j = 0; j < 2; j++) {
        shape.rule_count[j] = (uint8_t)(1 + j);
        shape.rule[j][0] = (sch_cell_rule){.count = 0, .less = SCH_NO_COLUMN, .times = 1, .zero = true};
        shape.rule[j][1] = (sch_cell_rule){.count = 1, .less = SCH_NO_COLUMN, .times = 1, .zero = false};
    }
    cell_case_init(&c, &shape, (sch_disclosure){10, true}, 1, &seed);
    static const uint64_t BASE[] = {9, 12, 5, 3};
    for (size_t run = 0; run < VIEW_RUNS; run++) {
        cell_case_set(&c, BASE, &seed);
        for (size_t p = 0; p < 2; p++) { /* shares that hide nothing, so that all has to come from the masks */
            memset(c.values[p].word, 0, sch_ring_bytes(&c.values[p]));
            for (size_t i = 0; p == 0 && i < 4; i++) {
                c.values[p].word[i / 2 * shape.cells + i % 2] = BASE[i];
            }
        }
        view_tally_run(t, SCH_SHARD_CELLS, cell_case_play, &c, NULL, run);
        cell_case_assert_disclosed(&c);
    }
    /* Either holder: eight exchanges of each of three LESS, one of each of nine MULTIPLY; second also what third
     * deals. */
    assert_int_equal(view_tally_assert_words(t, VIEW_RUNS), 3 * (8 + 9) + 9 * (1 + 2));
    assert_int_equal(t->first[2].count, 0); /* who assists receives nothing */
    cell_case_clear(&c);
}

static void test_shares_of_released_cells_are_uniform_for_fixed_cells(void **state)
{
    (void)state;
    uint64_t seed = 37;
    static size_t count[2][2][VIEW_BYTE_VALUES];
    static const uint32_t DOMAIN[] = {3};
    sch_cell_shape shape;
    cell_case c;
    cell_case_draw_shape(&shape, DOMAIN, 1, CELLS_ROLLUP, &seed);
    shape.columns = 1; /* columns with equal rules have the same shares of states, by intent */
    shape.rule_count[0] = 1;
    shape.rule[0][0] = (sch_cell_rule){.count = 0, .less = SCH_NO_COLUMN, .times = 1, .zero = true};
    cell_case_init(&c, &shape, (sch_disclosure){4, true}, 1, &seed);
    static const uint64_t BASE[] = {0, 3, 7};
    for (size_t run = 0; run < VIEW_RUNS; run++) {
        cell_case_set(&c, BASE, &seed);
        unit_assert_ok(cell_case_run(&c, 1 << 20, run));
        cell_case_assert_disclosed(&c);
        for (size_t i = 0; i < 2 * 8 * c.clear.count; i++) {
            size_t p = i % 2;
            size_t byte = i / 2;
            count[p][0][(c.values[p].word[byte / 8] >> (8 * (byte % 8))) & 0xff]++;
            count[p][1][(c.states[p].word[byte / 8] >> (8 * (byte % 8))) & 0xff]++;
        }
    }
    for (size_t i = 0; i < 4; i++) {
        assert_true(chi_square_is_uniform(count[i / 2][i % 2], VIEW_BYTE_VALUES));
    }
    cell_case_clear(&c);
}

/* ---- steps ---- */

/* Two cells and their total, of values that the steps tell apart or not; a holder has all of them, so that what the
 * others see is uniform by the masks alone. */
static void check_steps_view(const uint64_t words[static 9], uint64_t seed)
{
    static const uint32_t DOMAIN[] = {2};
    static steps_case c;
    static sch_cell_shape shape;
    static size_t share[2][VIEW_BYTE_VALUES];
    view_tally *const t = view_tally_new();
    cell_case_draw_shape(&shape, DOMAIN, 1, CELLS_ROLLUP, &seed);
    cell_case_draw_rules(&shape, 3, &seed);
    steps_case_init(&c, &shape);
    c.steps = 1;
    c.step[0] = (sch_cell_step){.out = 2, .a = 0, .b = 1, .factor_a = 2, .factor_b = -1, .constant = -3};
    c.scratch[1] = true;
    memset(share, 0, sizeof share);
    for (size_t run = 0; run < VIEW_RUNS; run++) {
        steps_case_set(&c, words, false, &seed);
        view_tally_run(t, 5, steps_case_play, &c, NULL, run);
        steps_case_assert(&c);
        for (size_t i = 0; i < 2 * 8 * (size_t)shape.cells; i++) { /* of the column that the step makes */
            uint64_t word = c.values[i % 2].word[2 * shape.cells + i / 2 / 8];
            share[i % 2][word >> (8 * (i / 2 % 8)) & 0xff]++;
        }
    }
    /* Either holder: eight exchanges of LESS; second also what third deals, who receives nothing. */
    assert_int_equal(view_tally_assert_words(t, VIEW_RUNS), 8 + 9);
    assert_int_equal(t->first[2].count, 0);
    assert_true(chi_square_is_uniform(share[0], VIEW_BYTE_VALUES));
    assert_true(chi_square_is_uniform(share[1], VIEW_BYTE_VALUES));
    steps_case_clear(&c);
}

static void test_view_of_steps_is_uniform_for_fixed_cells(void **state)
{
    (void)state;
    check_steps_view((const uint64_t[9]){0}, 41);
    check_steps_view((const uint64_t[9]){5, 90, 95, 20, 1, 21}, 42);
}

/* ---- messages of other data ---- */

enum { MOST_MESSAGES = 800, OTHER_RUNS = 12, MOST_PARTIES = 5 };

/* The messages of the first run, and how many have been compared with them. */
typedef struct pattern {
    size_t count[MOST_PARTIES], compared;
    local_message message[MOST_PARTIES][MOST_MESSAGES];
} pattern;

static void compare_messages(pattern *expected, const local_net *net, size_t parties, bool first)
{
    for (sch_party p = 0; p < parties; p++) {
        const local_view *view = local_net_view(net, p);
        assert_true(view->messages <= MOST_MESSAGES);
        if (first) {
            expected->count[p] = view->messages;
            memcpy(expected->message[p], view->message, view->messages * sizeof *view->message);
        }
        assert_int_equal(view->messages, expected->count[p]);
        for (size_t m = 0; m < view->messages; m++, expected->compared++) {
            assert_int_equal(view->message[m].from, expected->message[p][m].from);
            assert_int_equal(view->message[m].step, expected->message[p][m].step);
            assert_int_equal(view->message[m].bytes, expected->message[p][m].bytes);
        }
    }
}

static void compare_run(pattern *expected, table_case *c, size_t run)
{
    local_net *net = local_net_new(0, c->size.parties);
    assert_non_null(net);
    local_net_keep_views(net);
    test_parties parties;
    parties_init(&parties, net, c->size.parties, run, 0, NULL);
    unit_assert_ok(parties_run(&parties, table_case_play, c));
    table_case_assert_sums(c);
    compare_messages(expected, net, c->size.parties, run == 0);
    local_net_free(net);
}

static void check_messages(table_size size, uint64_t seed)
{
    static pattern expected;
    static const size_t LINKS[] = {0, 1, 20, 40};
    sch_table_shape shape;
    sch_cast cast;
    size_t all = 0;
    expected = (pattern){0};
    for (size_t run = 0; run < OTHER_RUNS; run++) {
        table_case c;
        size.owner[0].links = LINKS[run % 4];
        size.owner[1].links = LINKS[run / 2 % 4];
        size.largest = run < 6 ? 1 : 9;
        size.outside = run / 3 * 13 % 41;
        table_case_init(&c, &size, &seed);
        if (run == 0) {
            shape = c.shape;
            cast = c.cast;
        }
        c.shape = shape;
        c.cast = cast;
        for (size_t i = 0; i < size.spine_rows && run % 3 == 0; i++) {
            c.group[0][i] = table_case_is_grouped(&c, i) ? 0 : c.group[0][i];
        }
        table_case_sum(&c);
        compare_run(&expected, &c, run);
        table_case_clear(&c);
    }
    for (size_t p = 0; p < size.parties; p++) {
        all += expected.count[p];
    }
    assert_true(all > 20 && expected.compared == OTHER_RUNS * all);
}

static void test_messages_of_tables_of_equal_sizes_are_alike_in_order_and_length(void **state)
{
    (void)state;
    table_size size = {.parties = MOST_PARTIES,
                       .spine_rows = 40,
                       .spine_groups = 31,
                       .spine_columns = 2,
                       .owners = 2,
                       .owner = {{50, 0, 3, 1}, {40, 0, 2, 1}},
                       .steps = 8,
                       .columns = 4,
                       .largest = 1};
    check_messages(size, 38);
    size.passes = 3;
    size.indicators[0] = true;
    check_messages(size, 37);
    size.owner[0].codes = 3;
    size.owner[1].codes = 2;
    check_messages(size, 38);
    size.passes = 1;
    check_messages(size, 39);
}

/* One table, of which from none to all of the spine's rows are in no group; nothing else changes. */
static void check_messages_of_rows_in_no_group(uint32_t codes, uint64_t seed)
{
    static pattern expected;
    const table_size size = {.parties = MOST_PARTIES,
                             .spine_rows = 40,
                             .spine_groups = 7,
                             .spine_columns = 2,
                             .owners = 2,
                             .owner = {{50, 10, 3, codes}, {40, 20, 2, 1}},
                             .steps = 8,
                             .columns = 4,
                             .largest = 9,
                             .passes = 2,
                             .indicators = {true, false}};
    table_case c;
    size_t all = 0, runs = 0;
    expected = (pattern){0};
    table_case_init(&c, &size, &seed);
    const uint64_t bytes = table_case_bytes(&c);
    for (size_t outside = 0; outside <= size.spine_rows; outside += 8, runs++) {
        for (size_t i = 0; i < outside; i++) {
            c.group[0][i] = size.spine_groups;
        }
        for (size_t p = 0; p < 2; p++) {
            memset(c.sums[p].word, 0, sch_ring_bytes(&c.sums[p]));
        }
        table_case_sum(&c);
        compare_run(&expected, &c, runs);
        assert_true(table_case_bytes(&c) == bytes);
    }
    for (size_t p = 0; p < size.parties; p++) {
        all += expected.count[p];
    }
    assert_int_equal(runs, 6);
    assert_true(all > 20 && expected.compared == runs * all);
    table_case_clear(&c);
}

static void test_messages_of_tables_are_alike_however_many_rows_are_in_no_group(void **state)
{
    (void)state;
    check_messages_of_rows_in_no_group(1, 48);
    check_messages_of_rows_in_no_group(3, 49);
}

static void test_messages_of_cells_of_equal_shapes_are_alike_in_order_and_length(void **state)
{
    (void)state;
    static pattern expected;
    static const uint32_t DOMAIN[] = {3, 4};
    uint64_t seed = 40;
    sch_cell_shape shape;
    cell_case_draw_shape(&shape, DOMAIN, 2, CELLS_CUBE, &seed);
    cell_case_draw_rules(&shape, 5, &seed);
    for (size_t run = 0; run < OTHER_RUNS; run++) {
        cell_case c;
        cell_case_init(&c, &shape, (sch_disclosure){5, true}, run * run, &seed);
        local_net *net = local_net_new(0, VIEW_PARTIES);
        assert_non_null(net);
        local_net_keep_views(net);
        test_parties parties;
        parties_init(&parties, net, VIEW_PARTIES, run, SCH_SHARD_CELLS, NULL);
        unit_assert_ok(parties_run(&parties, cell_case_play, &c));
        cell_case_assert_disclosed(&c);
        compare_messages(&expected, net, VIEW_PARTIES, run == 0);
        local_net_free(net);
        cell_case_clear(&c);
    }
    size_t all = expected.count[0] + expected.count[1] + expected.count[2];
    assert_true(all > 60 && expected.compared == OTHER_RUNS * all);
}

static void test_messages_of_steps_on_cells_of_equal_shapes_are_alike_in_order_and_length(void **state)
{
    (void)state;
    enum { COLUMNS = 4, STEPS = 3 };
    static pattern expected;
    static const uint32_t DOMAIN[] = {70};
    static sch_cell_shape shape;
    static steps_case c;
    uint64_t words[COLUMNS * 71];
    uint64_t seed = 43;
    cell_case_draw_shape(&shape, DOMAIN, 1, CELLS_ROLLUP, &seed);
    cell_case_draw_rules(&shape, COLUMNS, &seed);
    for (size_t run = 0; run < OTHER_RUNS; run++) {
        steps_case_init(&c, &shape);
        c.steps = STEPS;
        for (size_t s = 0; s < STEPS; s++) { /* numbers that differ, too: only how many is in the messages */
            int64_t factor = (int64_t)(parties_random(&seed) % 9) - 4;
            c.step[s] = (sch_cell_step){(uint16_t)(2 + s % 2), 0, 1, factor, 1, (int64_t)run};
        }
        for (size_t i = 0; i < c.clear.count; i++) {
            words[i] = run == 0 ? 0 : parties_random(&seed) % (run * run);
        }
        steps_case_set(&c, words, true, &seed);
        local_net *net = local_net_new(0, VIEW_PARTIES);
        assert_non_null(net);
        local_net_keep_views(net);
        test_parties parties;
        parties_init(&parties, net, VIEW_PARTIES, run, 5, NULL);
        unit_assert_ok(parties_run(&parties, steps_case_play, &c));
        steps_case_assert(&c);
        compare_messages(&expected, net, VIEW_PARTIES, run == 0);
        local_net_free(net);
        steps_case_clear(&c);
    }
    size_t all = expected.count[0] + expected.count[1] + expected.count[2];
    assert_true(all >= 17 && expected.compared == OTHER_RUNS * all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_of_known_groups_and_a_program_is_uniform_for_fixed_rows),
        cmocka_unit_test(test_view_in_passes_is_uniform_for_fixed_rows),
        cmocka_unit_test(test_view_of_sorted_groups_is_uniform_for_fixed_rows),
        cmocka_unit_test(test_shares_of_the_sums_are_uniform_for_fixed_rows),
        cmocka_unit_test(test_view_of_cells_is_uniform_for_fixed_shares),
        cmocka_unit_test(test_shares_of_released_cells_are_uniform_for_fixed_cells),
        cmocka_unit_test(test_view_of_steps_is_uniform_for_fixed_cells),
        cmocka_unit_test(test_messages_of_tables_of_equal_sizes_are_alike_in_order_and_length),
        cmocka_unit_test(test_messages_of_tables_are_alike_however_many_rows_are_in_no_group),
        cmocka_unit_test(test_messages_of_cells_of_equal_shapes_are_alike_in_order_and_length),
        cmocka_unit_test(test_messages_of_steps_on_cells_of_equal_shapes_are_alike_in_order_and_length),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
