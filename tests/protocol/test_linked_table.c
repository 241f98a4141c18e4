/* The linked table against clear text. */
#include "tests/protocol/table_case.h"
#include "tests/support/unit.h"

enum { WINDOW = 4 << 20 };

static size_t between(uint64_t *seed, size_t low, size_t high)
{
    return low + (size_t)(parties_random(seed) % (high - low + 1));
}

/* Codes for up to three owners, whose groups stay few enough to be worth filling. */
static void draw_codes(table_size *size, uint64_t *seed)
{
    size_t groups = size->spine_groups;
    for (size_t d = 0, with_codes = 0; d < size->owners && with_codes < 3; d++) {
        uint32_t codes = (uint32_t)between(seed, 1, with_codes == 0 ? 9 : 4);
        if (groups * codes <= 400 && codes > 1) {
            size->owner[d].codes = codes;
            groups *= codes;
            with_codes++;
        }
    }
}

static table_size draw_size(bool sorted, uint64_t *seed)
{
    table_size size = {
        .parties = between(seed, 3, 6),
        .spine_rows = between(seed, 0, 8) == 0 ? 0 : between(seed, 1, 150),
        .spine_groups = (uint32_t)(between(seed, 0, 2) == 0 ? 1 : between(seed, 1, 40)),
        .spine_columns = (uint16_t)between(seed, 0, 4),
        .steps = (uint16_t)(between(seed, 0, 3) == 0 ? 0 : between(seed, 1, 14)),
        .columns = (uint16_t)between(seed, 1, 7),
        .largest = between(seed, 0, 3) == 0   ? 0
                   : between(seed, 1, 3) == 1 ? 1
                                              : 1000,
    };
    size_t most = size.parties - 1 < 4 ? size.parties - 1 : 4;
    size.owners = between(seed, 1, most);
    for (size_t d = 0; d < size.owners; d++) {
        size_t rows = between(seed, 0, 8) == 0 ? 0 : between(seed, 1, 150);
        size_t smaller = rows < size.spine_rows ? rows : size.spine_rows;
        size_t part = between(seed, 0, 4);
        size.owner[d].rows = rows;
        size.owner[d].links = part == 0 ? 0 : part == 1 ? smaller : between(seed, 0, smaller);
        size.owner[d].columns = (uint16_t)between(seed, 1, 4);
        size.owner[d].codes = 1;
        size.indicators[d] = between(seed, 0, 2) == 0;
    }
    size.passes = (uint16_t)(between(seed, 0, 2) == 0 ? 1 : between(seed, 2, SCH_MAX_LINK_PASSES));
    size_t part = between(seed, 0, 4);
    size.outside = part == 0 ? 0 : part == 1 ? size.spine_rows : between(seed, 0, size.spine_rows);
    if (sorted) {
        draw_codes(&size, seed);
    } else if (size.owners == 1 && size.steps == 0 && between(seed, 0, 1) == 0) {
        size.columns = 0; /* the plain table */
    }
    for (size_t d = 0; d < size.owners; d++) {
        size.ones[d] = size.owner[d].columns + (size.owner[d].codes > 1) > 1 && between(seed, 0, 1) == 0;
    }
    return size;
}

/* What a number of runs met. */
typedef struct met {
    size_t runs, sorted, plain, moved, links, bits[SCH_MAX_CODE_BITS + 1], op[4], owners[TABLE_MAX_OWNERS + 1];
    size_t parties[7];
    size_t pass_links[SCH_MAX_LINK_PASSES], agree, clash, indicators[2], ones[2];
    size_t outside[3]; /* with passes: none of the spine's rows in no group, some, all */
} met;

static void note(met *m, const table_case *c)
{
    m->runs++;
    m->sorted += sch_table_is_sorted(&c->shape);
    m->plain += c->size.columns == 0;
    m->bits[sch_table_all_code_bits(&c->shape)]++;
    m->owners[c->size.owners]++;
    m->parties[c->size.parties]++;
    for (size_t d = 0; d < c->size.owners; d++) {
        m->links += c->size.owner[d].links;
        bool moves = c->cast.helper[d] != c->cast.second;
        m->moved += moves;
        m->agree += c->agree[d];
        m->clash += c->clash[d];
        m->indicators[moves] += c->size.indicators[d];
        m->ones[c->size.columns == 0] += c->size.ones[d];
        for (size_t p = 0; p < c->shape.passes; p++) {
            m->pass_links[p] += c->links[d][p];
        }
    }
    if (c->shape.passes > 1 && c->size.spine_rows > 0) {
        m->outside[c->size.outside == 0 ? 0 : c->size.outside < c->size.spine_rows ? 1 : 2]++;
    }
    for (size_t s = 0; s < c->shape.steps; s++) {
        m->op[c->shape.step[s].op]++;
    }
}

static void run_random(met *m, bool sorted, size_t runs, uint64_t seed)
{
    for (size_t run = 0; run < runs; run++) {
        table_case c;
        const table_size size = draw_size(sorted, &seed);
        table_case_init(&c, &size, &seed);
        unit_assert_ok(table_case_run(&c, run % 2 == 0 ? 0 : WINDOW, run));
        table_case_assert_sums(&c);
        table_case_assert_links(&c);
        assert_true(c.bytes_sent > 0 && c.bytes_sent == table_case_bytes(&c));
        note(m, &c);
        table_case_clear(&c);
    }
    assert_int_equal(m->runs, runs);
    assert_true(m->op[SCH_ROW_PRODUCT] > runs / 4 && m->op[SCH_ROW_LINEAR] > runs / 4 &&
                m->op[SCH_ROW_NEGATIVE] > runs / 4);
    for (size_t owners = 1; owners <= 4; owners++) {
        assert_true(m->owners[owners] > runs / 20 && m->parties[2 + owners] > runs / 20);
    }
    assert_true(m->links > 10 * runs && m->moved > runs / 4);
    for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
        assert_true(m->pass_links[p] > runs / 4);
    }
    assert_true(m->agree > 10 * runs && m->clash > 10 * runs);
    assert_true(m->outside[0] > runs / 20 && m->outside[1] > runs / 4 && m->outside[2] > runs / 20);
    assert_true(m->indicators[0] > runs / 10 && m->indicators[1] > runs / 10);
    assert_true(m->ones[0] > runs / 10 && (sorted || m->ones[1] > runs / 100));
}

static void test_linked_table_of_random_rows_by_known_groups_equals_clear_text(void **state)
{
    (void)state;
    enum { RUNS = 500 };
    met m = {0};
    run_random(&m, false, RUNS, 21);
    assert_int_equal(m.sorted, 0);
    assert_true(m.plain > 10);
}

static void test_linked_table_of_random_rows_by_secret_codes_equals_clear_text(void **state)
{
    (void)state;
    enum { RUNS = 400 };
    met m = {0};
    run_random(&m, true, RUNS, 22);
    assert_true(m.sorted > RUNS * 3 / 4);
    for (size_t bits = 1; bits <= 7; bits++) {
        assert_true(m.bits[bits] > 0);
    }
}

/* Every combination of no rows on a side, a single row, all rows linked or none, one group. */
static void test_linked_table_at_the_edges_of_sizes_equals_clear_text(void **state)
{
    (void)state;
    static const size_t ROWS[] = {0, 1, 2, 33};
    uint64_t seed = 23;
    size_t runs = 0;
    for (size_t i = 0; i < 4 * 4 * 2 * 3 * 2; i++, runs++) {
        size_t spine_rows = ROWS[i % 4];
        size_t data_rows = ROWS[i / 4 % 4];
        size_t smaller = spine_rows < data_rows ? spine_rows : data_rows;
        const table_size size = {.parties = 3,
                                 .spine_rows = spine_rows,
                                 .spine_groups = i / 16 % 2 == 0 ? 1 : 65,
                                 .spine_columns = 1,
                                 .owners = 1,
                                 .owner = {{data_rows, i / 96 == 0 ? smaller : 0, 3, (uint32_t)(1 + i / 32 % 3)}},
                                 .steps = (uint16_t)(i % 3),
                                 .columns = 3,
                                 .largest = 50};
        table_case c;
        table_case_init(&c, &size, &seed);
        unit_assert_ok(table_case_run(&c, 0, i));
        table_case_assert_sums(&c);
        table_case_assert_links(&c);
        assert_true(c.bytes_sent == table_case_bytes(&c));
        table_case_clear(&c);
    }
    assert_int_equal(runs, 192);
}

/* Codes of 17 bits and the most groups that a table can have; with passes twice as many are made. */
static void check_most_groups(uint16_t passes)
{
    uint64_t seed = 24;
    const table_size size = {.parties = 4,
                             .spine_rows = 3000,
                             .spine_groups = 1,
                             .owners = 2,
                             .owner = {{3000, 2000, 1, 250}, {3000, 2500, 2, 400}},
                             .columns = 3,
                             .largest = 100,
                             .passes = passes,
                             .outside = 700};
    table_case c;
    table_case_init(&c, &size, &seed);
    assert_int_equal(c.shape.groups, SCH_MAX_GROUPS);
    assert_int_equal(sch_table_all_code_bits(&c.shape), 17);
    unit_assert_ok(table_case_run(&c, WINDOW, 1));
    table_case_assert_sums(&c);
    assert_true(c.bytes_sent == table_case_bytes(&c));
    table_case_clear(&c);
}

static void test_linked_table_of_most_groups_equals_clear_text(void **state)
{
    (void)state;
    check_most_groups(1);
    check_most_groups(2);
}

/* Passes with no rows on a side, a single row, all, half or none of the spine's in groups. */
static void test_linked_table_in_passes_at_the_edges_of_sizes_equals_clear_text(void **state)
{
    (void)state;
    static const size_t ROWS[] = {0, 1, 2, 33};
    uint64_t seed = 34;
    size_t runs = 0;
    for (size_t i = 0; i < 4 * 4 * 3 * 2 * 2; i++, runs++) {
        size_t spine_rows = ROWS[i % 4];
        size_t data_rows = ROWS[i / 4 % 4];
        size_t smaller = spine_rows < data_rows ? spine_rows : data_rows;
        size_t part = i / 16 % 3;
        const table_size size = {.parties = 4,
                                 .spine_rows = spine_rows,
                                 .spine_groups = 3,
                                 .spine_columns = 1,
                                 .owners = 2,
                                 .owner = {{data_rows, smaller / 2, 2, (uint32_t)(1 + 2 * (i / 48 % 2))},
                                           {spine_rows, spine_rows / 3, 1, 1}},
                                 .steps = (uint16_t)(i % 3),
                                 .columns = 5,
                                 .largest = 50,
                                 .passes = (uint16_t)(2 + i % 4),
                                 .outside = part == 0   ? 0
                                            : part == 1 ? (spine_rows + 1) / 2
                                                        : spine_rows,
                                 .indicators = {i / 96 == 0, i / 96 == 1}};
        table_case c;
        table_case_init(&c, &size, &seed);
        unit_assert_ok(table_case_run(&c, 0, i));
        table_case_assert_sums(&c);
        table_case_assert_links(&c);
        assert_true(c.bytes_sent == table_case_bytes(&c));
        table_case_clear(&c);
    }
    assert_int_equal(runs, 192);
}

/* Indicators alone, summed, are the links of the rows that are in a group. */
static void test_linked_table_of_indicators_counts_the_links_of_each_pass(void **state)
{
    (void)state;
    uint64_t seed = 35;
    const table_size size = {.parties = 4,
                             .spine_rows = 90,
                             .spine_groups = 1,
                             .owners = 1,
                             .owner = {{80, 20, 1, 1}},
                             .columns = SCH_MAX_LINK_PASSES + 1,
                             .largest = 1,
                             .passes = SCH_MAX_LINK_PASSES,
                             .outside = 30,
                             .indicators = {true}};
    table_case c;
    table_case_init(&c, &size, &seed);
    for (uint16_t j = 0; j <= SCH_MAX_LINK_PASSES; j++) {
        c.shape.column[j] = j;
    }
    table_case_sum(&c);
    unit_assert_ok(table_case_run(&c, 0, 1));
    table_case_assert_sums(&c);
    size_t linked = 0;
    for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
        size_t expected = 0;
        for (size_t i = 0; i < size.spine_rows; i++) {
            expected += table_case_is_grouped(&c, i) && c.pass[0][i] == p + 1;
        }
        assert_true(c.sums[0].word[p + 1] + c.sums[1].word[p + 1] == expected);
        linked += expected;
    }
    assert_true(linked > 20 && c.sums[0].word[0] + c.sums[1].word[0] == linked);
    table_case_clear(&c);
}

static void check_several_shards(uint16_t passes)
{
    uint64_t seed = 25;
    const table_size size = {.parties = 4,
                             .spine_rows = 50,
                             .spine_groups = 7,
                             .spine_columns = 2,
                             .owners = 2,
                             .owner = {{60, 30, 3, 3}, {40, 40, 2, 1}},
                             .steps = 5,
                             .columns = 4,
                             .largest = 100,
                             .passes = passes,
                             .outside = 20};
    table_case c;
    sch_ring first = {0};
    table_case_init(&c, &size, &seed);
    unit_assert_ok(table_case_run(&c, 0, 1));
    unit_assert_ok(sch_ring_init(&first, c.expected.count, 1));
    memcpy(first.word, c.expected.word, sch_ring_bytes(&first));
    table_case_draw(&c, &seed);
    c.shard = 1;
    unit_assert_ok(table_case_run(&c, 0, 1));
    sch_ring_add(c.expected.word, c.expected.word, first.word, first.count);
    table_case_assert_sums(&c);
    sch_ring_clear(&first);
    table_case_clear(&c);
}

static void test_linked_table_of_several_shards_adds_up(void **state)
{
    (void)state;
    check_several_shards(1);
    check_several_shards(3);
}

/* Shards as large as real ones are made, and larger than a link's window, with pieces in the exchanges and several runs
 * on a level of the row program. */
static void check_large_shard(uint32_t codes, uint16_t passes)
{
    uint64_t seed = 26;
    const table_size size = {.parties = 4,
                             .spine_rows = 150000,
                             .spine_groups = 100,
                             .spine_columns = 2,
                             .owners = 2,
                             .owner = {{140000, 90000, 3, codes}, {30000, 25000, 2, 1}},
                             .steps = 12,
                             .columns = 4,
                             .largest = 1000,
                             .passes = passes,
                             .outside = 50000};
    table_case c;
    table_case_init(&c, &size, &seed);
    unit_assert_ok(table_case_run(&c, WINDOW, 1));
    table_case_assert_sums(&c);
    table_case_assert_links(&c);
    assert_true(c.bytes_sent == table_case_bytes(&c));
    for (size_t d = 0; d < 2; d++) {
        const sch_shard_times *helper = &c.times[c.cast.helper[d]];
        assert_true(helper->join_ns > 0 && helper->align_ns > 0);
    }
    const sch_shard_times *spine = &c.times[c.cast.spine];
    assert_true(spine->join_ns == 0 && spine->program_ns > 0 && spine->group_ns > 0);
    table_case_clear(&c);
}

static void test_linked_table_of_a_large_shard_equals_clear_text(void **state)
{
    (void)state;
    check_large_shard(1, 1);
    check_large_shard(6, 1);
    check_large_shard(6, 2);
}

/* A program as long as it can be; each step needs the one before it. */
static void test_linked_table_of_a_deep_program_equals_clear_text(void **state)
{
    (void)state;
    uint64_t seed = 27;
    const table_size size = {.parties = 3,
                             .spine_rows = 9,
                             .spine_groups = 3,
                             .spine_columns = 1,
                             .owners = 1,
                             .owner = {{9, 7, 2, 1}},
                             .steps = SCH_MAX_ROW_STEPS,
                             .columns = 2,
                             .largest = 100};
    table_case c;
    table_case_init(&c, &size, &seed);
    size_t first = sch_table_register(&c.shape, 1);
    for (size_t s = 0; s < SCH_MAX_ROW_STEPS; s++) {
        uint16_t before = (uint16_t)(first + s - 1);
        c.shape.step[s] = s % 3 == 2 ? (sch_row_step){SCH_ROW_NEGATIVE, before, before, 1, 0, -2}
                          : s % 3 == 1
                              ? (sch_row_step){SCH_ROW_LINEAR, before, 0, 2, 1, 1}
                              : (sch_row_step){SCH_ROW_PRODUCT, before, (uint16_t)(s % 2 == 0 ? 1 : before), 0, 0, 0};
    }
    c.shape.column[0] = (uint16_t)(first + SCH_MAX_ROW_STEPS - 1);
    c.shape.column[1] = (uint16_t)(first + SCH_MAX_ROW_STEPS - 2);
    unit_assert_ok(sch_table_shape_check(&c.shape));
    table_case_sum(&c);
    unit_assert_ok(table_case_run(&c, 0, 1));
    table_case_assert_sums(&c);
    assert_true(c.bytes_sent == table_case_bytes(&c));
    table_case_clear(&c);
}

/* ---- what costs nothing ---- */

static void test_row_program_of_known_registers_sends_nothing(void **state)
{
    (void)state;
    uint64_t seed = 28;
    const table_size size = {.parties = 3,
                             .spine_rows = 40,
                             .spine_groups = 3,
                             .spine_columns = 2,
                             .owners = 1,
                             .owner = {{50, 30, 1, 1}},
                             .steps = 5,
                             .columns = 4,
                             .largest = 100};
    table_case c;
    table_case_init(&c, &size, &seed);
    c.shape.step[0] = (sch_row_step){SCH_ROW_PRODUCT, 0, 1, 0, 0, 0};   /* 3 */
    c.shape.step[1] = (sch_row_step){SCH_ROW_LINEAR, 3, 0, 2, -5, 7};   /* 4 */
    c.shape.step[2] = (sch_row_step){SCH_ROW_NEGATIVE, 4, 1, 1, 1, -3}; /* 5 */
    c.shape.step[3] = (sch_row_step){SCH_ROW_LINEAR, 2, 5, 3, 1, -1};   /* 6: shared, and needs no message either */
    c.shape.step[4] = (sch_row_step){SCH_ROW_PRODUCT, 2, 2, 0, 0, 0};   /* 7: which nothing needs */
    for (size_t j = 0; j < 4; j++) {
        c.shape.column[j] = (uint16_t)(3 + j);
    }
    table_case_sum(&c);
    unit_assert_ok(table_case_run(&c, 0, 1));
    table_case_assert_sums(&c);
    uint64_t with_steps = c.bytes_sent;
    c.shape.steps = 0;
    for (size_t j = 0; j < 4; j++) {
        c.shape.column[j] = (uint16_t)(j % 3);
    }
    memset(c.sums[0].word, 0, sch_ring_bytes(&c.sums[0]));
    memset(c.sums[1].word, 0, sch_ring_bytes(&c.sums[1]));
    table_case_sum(&c);
    unit_assert_ok(table_case_run(&c, 0, 1));
    table_case_assert_sums(&c);
    assert_true(c.bytes_sent == with_steps);
    table_case_clear(&c);
}

/* ---- errors ---- */

static const table_size SMALL = {.parties = 4,
                                 .spine_rows = 20,
                                 .spine_groups = 3,
                                 .spine_columns = 1,
                                 .owners = 2,
                                 .owner = {{30, 10, 2, 3}, {30, 20, 2, 1}},
                                 .steps = 2,
                                 .columns = 2,
                                 .largest = 10};

/* Runs a case; the party given fails so, and the others as it makes them. */
static const char *check_failure(table_case *c, sch_party party, sch_code code)
{
    static const char *text;
    local_net *net = local_net_new(WINDOW, c->size.parties);
    assert_non_null(net);
    test_parties parties;
    parties_init(&parties, net, c->size.parties, 1, 0, NULL);
    unit_assert_code(parties_run(&parties, table_case_play, c), code);
    unit_assert_code(parties.err[party], code);
    text = parties.err[party].text;
    for (size_t p = 0; p < c->size.parties; p++) {
        assert_true(p == party || parties.err[p].code == SCH_TRY_AGAIN || parties.err[p].code == SCH_OK);
    }
    unit_assert_code(parties.err[party == c->cast.spine ? c->cast.second : c->cast.spine], SCH_TRY_AGAIN);
    local_net_free(net);
    return text;
}

/* SMALL in so many passes, of which the last row of the spine has this group: by either way of grouping. */
static void check_group_out_of_range(uint16_t passes, uint32_t group)
{
    uint64_t seed = 30;
    table_size size = SMALL;
    size.passes = passes;
    size.outside = 5;
    for (uint32_t codes = 1; codes <= 3; codes += 2) {
        table_case c;
        size.owner[0].codes = codes;
        table_case_init(&c, &size, &seed);
        assert_int_equal(sch_table_is_sorted(&c.shape), codes > 1);
        c.group[0][19] = group;
        check_failure(&c, c.cast.spine, SCH_BAD_INPUT);
        table_case_clear(&c);
    }
}

static void test_linked_table_with_a_group_out_of_range_fails_at_the_spine(void **state)
{
    (void)state;
    static const uint32_t GROUP[] = {4, UINT32_MAX};
    check_group_out_of_range(1, 3); /* without passes every row is in a group */
    for (size_t i = 0; i < 2; i++) {
        check_group_out_of_range(1, GROUP[i]);
        check_group_out_of_range(2, GROUP[i]);
        check_group_out_of_range(SCH_MAX_LINK_PASSES, GROUP[i]);
    }
}

static void test_linked_table_with_a_code_out_of_range_fails_at_its_owner(void **state)
{
    (void)state;
    uint64_t seed = 30;
    for (uint16_t passes = 1; passes <= 2; passes++) {
        table_size size = SMALL;
        size.passes = passes;
        table_case c;
        table_case_init(&c, &size, &seed);
        c.group[1][29] = 3;
        check_failure(&c, c.cast.data[0], SCH_BAD_INPUT);
        table_case_clear(&c);
    }
}

static void test_linked_table_with_too_many_rows_fails(void **state)
{
    (void)state;
    uint64_t seed = 31;
    table_case c;
    table_case_init(&c, &SMALL, &seed);
    const sch_link link = {.self = c.cast.helper[0]};
    const sch_seat seat = {.link = &link};
    sch_shard_size size = c.shard_size;
    const sch_table_rows rows = {.rows = UINT32_MAX / 2};
    size.data_rows[1] = UINT32_MAX / 2;
    size.data_rows[0] = UINT32_MAX / 2;
    unit_assert_code(sch_linked_table_run(&seat, NULL, NULL, NULL, &c.shape, &c.cast, &size, &rows), SCH_BAD_INPUT);
    size = (sch_shard_size){.spine_rows = SIZE_MAX};
    const sch_link spine_link = {.self = c.cast.spine};
    const sch_seat spine = {.link = &spine_link};
    const sch_table_rows most = {.rows = SIZE_MAX};
    unit_assert_code(sch_linked_table_run(&spine, NULL, NULL, NULL, &c.shape, &c.cast, &size, &most), SCH_BAD_INPUT);
    table_case_clear(&c);
}

static void test_linked_table_with_rows_of_another_number_fails(void **state)
{
    (void)state;
    uint64_t seed = 32;
    table_case c;
    table_case_init(&c, &SMALL, &seed);
    c.rows[0].rows = 19;
    check_failure(&c, c.cast.spine, SCH_BUG);
    table_case_clear(&c);
    table_case_init(&c, &SMALL, &seed);
    c.rows[1].rows = 31;
    check_failure(&c, c.cast.data[0], SCH_BUG);
    table_case_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linked_table_of_random_rows_by_known_groups_equals_clear_text),
        cmocka_unit_test(test_linked_table_of_random_rows_by_secret_codes_equals_clear_text),
        cmocka_unit_test(test_linked_table_at_the_edges_of_sizes_equals_clear_text),
        cmocka_unit_test(test_linked_table_of_most_groups_equals_clear_text),
        cmocka_unit_test(test_linked_table_in_passes_at_the_edges_of_sizes_equals_clear_text),
        cmocka_unit_test(test_linked_table_of_indicators_counts_the_links_of_each_pass),
        cmocka_unit_test(test_linked_table_of_several_shards_adds_up),
        cmocka_unit_test(test_linked_table_of_a_large_shard_equals_clear_text),
        cmocka_unit_test(test_linked_table_of_a_deep_program_equals_clear_text),
        cmocka_unit_test(test_row_program_of_known_registers_sends_nothing),
        cmocka_unit_test(test_linked_table_with_a_group_out_of_range_fails_at_the_spine),
        cmocka_unit_test(test_linked_table_with_a_code_out_of_range_fails_at_its_owner),
        cmocka_unit_test(test_linked_table_with_too_many_rows_fails),
        cmocka_unit_test(test_linked_table_with_rows_of_another_number_fails),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
