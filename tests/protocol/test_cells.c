/* Margins, rules and disclosure of finished cells against clear text, and sums that move. */
#include "tests/protocol/cell_case.h"
#include "tests/support/unit.h"

enum { WINDOW = 4 << 20, SEVERAL_KEYS = 5 };

static size_t between(uint64_t *seed, size_t low, size_t high)
{
    return low + (size_t)(parties_random(seed) % (high - low + 1));
}

static void draw_random_shape(sch_cell_shape *shape, cell_sets sets, uint64_t *seed)
{
    uint32_t domain[SEVERAL_KEYS];
    size_t keys = between(seed, 0, sets == CELLS_CUBE ? 4 : SEVERAL_KEYS);
    for (size_t k = 0; k < keys; k++) {
        domain[k] = (uint32_t)between(seed, 1, keys > 3 ? 3 : 6);
    }
    cell_case_draw_shape(shape, domain, keys, sets, seed);
    cell_case_draw_rules(shape, (uint16_t)between(seed, 1, 7), seed);
}

static void test_cells_of_random_tables_are_disclosed_as_in_clear_text(void **state)
{
    (void)state;
    enum { RUNS = 600 };
    static const uint32_t THRESHOLD[] = {0, 1, 3, 10};
    uint64_t seed = 51;
    size_t runs = 0;
    size_t seen = 0, zeros = 0, suppressed = 0, given_away = 0, by_later = 0, hidden = 0, by_other = 0;
    for (; runs < RUNS; runs++) {
        sch_cell_shape shape;
        cell_case c;
        draw_random_shape(&shape, (cell_sets)(runs % 4), &seed);
        const sch_disclosure rules = {THRESHOLD[runs / 4 % 4], runs / 16 % 2 == 0};
        cell_case_init(&c, &shape, rules, between(&seed, 1, 3) * rules.min_persons + 1, &seed);
        unit_assert_ok(cell_case_run(&c, runs % 3 == 0 ? 0 : WINDOW, runs));
        cell_case_assert_disclosed(&c);
        assert_true(c.bytes_sent > 0 && c.bytes_sent == sch_cells_bytes(&c.shape, &c.rules));
        seen += c.seen;
        zeros += c.zeros;
        suppressed += c.suppressed;
        given_away += c.given_away;
        by_later += c.by_later_rules;
        by_other += c.by_other_columns;
        hidden += !c.shape.shows_base;
        cell_case_clear(&c);
    }
    assert_int_equal(runs, RUNS);
    assert_true(seen > 15000 && zeros > 2000 && suppressed > 20000 && hidden > 20);
    assert_true(given_away > 3000 && by_later > 1000 && by_other > 500);
}

/* Counts at and beside every bound, for each pair of two rules. */
static void test_cells_at_the_threshold_s_edges_are_disclosed_exactly(void **state)
{
    (void)state;
    static const uint32_t THRESHOLD[] = {0, 1, 2, 3, 10, 11, 4294967295U};
    enum { CELLS = 36, COLUMNS = 4 };
    uint64_t seed = 52;
    size_t runs = 0;
    for (size_t t = 0; t < sizeof THRESHOLD / sizeof *THRESHOLD; t++) {
        for (size_t zero = 0; zero < 4; zero++, runs++) {
            uint64_t above = (uint64_t)THRESHOLD[t] + 1;
            const uint64_t edge[6] = {above < 2 ? 0 : above - 2, above - 1, above, 0, 1, UINT64_C(1) << 61};
            uint64_t base[COLUMNS * CELLS];
            for (size_t i = 0; i < CELLS; i++) {
                base[i] = edge[i / 6];
                base[CELLS + i] = edge[i % 6];
                base[2 * CELLS + i] = parties_random(&seed);
                base[3 * CELLS + i] = parties_random(&seed);
            }
            sch_cell_shape shape = {.base = CELLS,
                                    .cells = CELLS,
                                    .shows_base = true,
                                    .columns = COLUMNS,
                                    .key_count = 1,
                                    .domain = {CELLS},
                                    .stride = {1},
                                    .rule_count = {1, 1, 2, 2},
                                    .rule = {{{0, SCH_NO_COLUMN, 1, true}},
                                             {{1, SCH_NO_COLUMN, 1, false}},
                                             {{0, SCH_NO_COLUMN, 1, zero / 2 == 1}, {1, SCH_NO_COLUMN, 1, true}},
                                             {{1, SCH_NO_COLUMN, 1, true}, {0, SCH_NO_COLUMN, 1, zero / 2 == 1}}}};
            cell_case c;
            cell_case_init(&c, &shape, (sch_disclosure){THRESHOLD[t], zero % 2 == 1}, 1, &seed);
            cell_case_set(&c, base, &seed);
            unit_assert_ok(cell_case_run(&c, 0, runs));
            cell_case_assert_disclosed(&c);
            cell_case_clear(&c);
        }
    }
    assert_int_equal(runs, 28);
}

/* More cells than one piece of the comparison and one of the product take. */
static void test_cells_of_a_large_table_are_disclosed_exactly(void **state)
{
    (void)state;
    static const uint32_t DOMAIN[] = {250, 150};
    uint64_t seed = 53;
    sch_cell_shape shape;
    cell_case c;
    cell_case_draw_shape(&shape, DOMAIN, 2, CELLS_ROLLUP, &seed);
    cell_case_draw_rules(&shape, 3, &seed);
    cell_case_init(&c, &shape, (sch_disclosure){10, true}, 30, &seed);
    unit_assert_ok(cell_case_run(&c, WINDOW, 1));
    cell_case_assert_disclosed(&c);
    assert_true(c.bytes_sent == sch_cells_bytes(&c.shape, &c.rules));
    cell_case_clear(&c);
}

/* A table by hand: two keys of 2 and 3 codes, all margins, at least 10 persons. */
static void test_cells_of_a_small_cube_suppress_what_margins_would_give_away(void **state)
{
    (void)state;
    static const uint32_t DOMAIN[] = {2, 3};
    /*            20 15 |  4  (the 4 is too few: its row's margin would give it away)
     *            30 12 | 11  */
    static const uint64_t COUNT[2][3] = {{20, 15, 4}, {30, 12, 11}};
    uint64_t seed = 54;
    sch_cell_shape shape;
    cell_case c;
    cell_case_draw_shape(&shape, DOMAIN, 2, CELLS_CUBE, &seed);
    shape.columns = 1;
    shape.rule_count[0] = 1;
    shape.rule[0][0] = (sch_cell_rule){.count = 0, .less = SCH_NO_COLUMN, .times = 1};
    uint64_t base[6];
    for (size_t a = 0; a < 2; a++) {
        for (size_t b = 0; b < 3; b++) {
            base[a * shape.stride[0] + b * shape.stride[1]] = COUNT[a][b];
        }
    }
    cell_case_init(&c, &shape, (sch_disclosure){10, false}, 1, &seed);
    cell_case_set(&c, base, &seed);
    unit_assert_ok(cell_case_run(&c, 0, 1));
    cell_case_assert_disclosed(&c);
    /* By the first key: 39 gives the 4 away, 53 nothing. By the second: 50, 27, and 15 that gives the 4 away. In all:
     * 92, which less 53, 20 and 15 is the 4 again. */
    static const uint64_t MARGIN[] = {0, 53, 50, 27, 0, 0};
    size_t compared = 0;
    for (; compared < 6; compared++) {
        size_t cell = 6 + compared;
        assert_true(c.values[0].word[cell] + c.values[1].word[cell] == MARGIN[compared]);
    }
    assert_int_equal(compared, c.shape.cells - 6);
    cell_case_clear(&c);
}

/* Two parts of a count, and of one cell the count is suppressed: where the margin showed the parts, it would show the
 * margin's count, and that less the other cell's is the count. */
static void test_cells_of_parts_are_suppressed_with_the_count_that_they_add_up_to(void **state)
{
    (void)state;
    static const uint32_t DOMAIN[] = {2};
    static const uint64_t BASE[] = {61, 54, 51, 46, 50, 32, 1, 14}; /* persons, linked, by either of two passes */
    static const sch_cell_rule RULE[5] = {{0, SCH_NO_COLUMN, 1, true},
                                          {1, SCH_NO_COLUMN, 1, true},
                                          {0, 1, 1, true},
                                          {2, SCH_NO_COLUMN, 1, true},
                                          {3, SCH_NO_COLUMN, 1, true}};
    static const uint8_t RULES[4] = {1, 3, 5, 5};
    static const uint64_t SHOWN[2][4] = {{115, 0, 82, 15}, {115, 0, 0, 0}};
    uint64_t seed = 56;
    for (size_t together = 0; together < 2; together++) {
        sch_cell_shape shape;
        cell_case c;
        cell_case_draw_shape(&shape, DOMAIN, 1, CELLS_ROLLUP, &seed);
        shape.columns = 4;
        memcpy(shape.rule_count, RULES, sizeof RULES);
        for (size_t j = 0; j < 4; j++) {
            memcpy(shape.rule[j], RULE, sizeof RULE);
            shape.shown_with[j] = together == 1 && j >= 2 ? 1 : 0;
        }
        cell_case_init(&c, &shape, (sch_disclosure){10, false}, 1, &seed);
        cell_case_set(&c, BASE, &seed);
        unit_assert_ok(cell_case_run(&c, 0, 1));
        cell_case_assert_disclosed(&c);
        for (size_t j = 0; j < 4; j++) { /* the margin */
            assert_true(c.values[0].word[3 * j + 2] + c.values[1].word[3 * j + 2] == SHOWN[together][j]);
        }
        assert_int_equal(c.by_other_columns, 2 * together);
        cell_case_clear(&c);
    }
}

static void test_cells_bytes_of_a_table_without_counts_to_tell_apart_are_fewest(void **state)
{
    (void)state;
    uint64_t seed = 55;
    const uint32_t domain[] = {100};
    sch_cell_shape shape;
    cell_case_draw_shape(&shape, domain, 1, CELLS_ROLLUP, &seed);
    shape.columns = 2;
    shape.rule_count[0] = shape.rule_count[1] = 1;
    shape.rule[0][0] = shape.rule[1][0] = (sch_cell_rule){.count = 0, .less = SCH_NO_COLUMN, .times = 1, .zero = true};
    uint64_t alone = sch_cells_bytes(&shape, &(sch_disclosure){1, true});
    uint64_t with_zeros = sch_cells_bytes(&shape, &(sch_disclosure){10, true});
    uint64_t without = sch_cells_bytes(&shape, &(sch_disclosure){10, false});
    assert_true(alone > 0 && alone < without && without < with_zeros);
    shape.columns = 0;
    assert_true(sch_cells_bytes(&shape, &(sch_disclosure){1, true}) == 0);
}

/* ---- shapes ---- */

static void test_cell_shape_check_of_numbers_out_of_range_fails(void **state)
{
    (void)state;
    const sch_cell_shape good = {.base = 12,
                                 .cells = 12 + 3 + 4 + 1,
                                 .shows_base = true,
                                 .columns = 2,
                                 .key_count = 3,
                                 .domain = {3, 4, 1},
                                 .stride = {4, 1, 7},
                                 .set_count = 3,
                                 .set = {1, 2, 0},
                                 .set_first = {12, 15, 19},
                                 .rule_count = {1, 2},
                                 .rule = {{{0, SCH_NO_COLUMN, 1, true}}, {{0, 1, 2, false}, {1, 0, 1, true}}}};
    enum { BAD = 29 };
    static sch_cell_shape bad[BAD];
    for (size_t i = 0; i < BAD; i++) {
        bad[i] = good;
    }
    bad[0].columns = 0;
    bad[1].columns = SCH_MAX_TABLE_COLUMNS + 1;
    bad[2].key_count = SCH_MAX_KEYS + 1;
    bad[3].domain[0] = 0;
    bad[4].stride[0] = 0;
    bad[5].stride[0] = 3;
    bad[6].stride[0] = 1;
    bad[7].domain[1] = 5;
    bad[8].base = 13;
    bad[9].cells = 21;
    bad[10].set_count = SCH_MAX_GROUPING_SETS + 1;
    bad[11].set[0] = 8;
    bad[12].set[0] = 7; /* all keys */
    bad[13].set[1] = 1; /* twice */
    bad[14].set[0] = 0; /* before one that keeps more */
    bad[14].set[2] = 1;
    bad[15].set_first[1] = 16;
    bad[16].rule_count[0] = 0;
    bad[17].rule_count[1] = SCH_MAX_COLUMN_RULES + 1;
    bad[18].rule[0][0].count = 2;
    bad[19].rule[1][0].less = 2;
    bad[20].rule[1][1].times = 0;
    bad[21].shows_base = false;
    bad[21].set_count = 0;
    bad[21].cells = 12;
    bad[22].domain[0] = UINT32_MAX;
    bad[26].shown_with[1] = 2;
    bad[27].shown_with[1] = 1; /* with itself */
    bad[28].columns = 3;
    bad[28].rule_count[2] = 1;
    bad[28].rule[2][0] = good.rule[0][0];
    bad[28].shown_with[1] = 2;
    bad[28].shown_with[2] = 1;
    bad[23].domain[0] = 25001; /* 100,004 cells */
    bad[23].base = 100004;
    bad[24].domain[0] = 25000; /* 100,000 cells and margins */
    bad[24].base = 100000;
    bad[25].set_first[2] = 0;
    unit_assert_ok(sch_cell_shape_check(&good));
    const sch_disclosure rules = {10, true};
    const sch_link link = {.self = 2};
    const sch_seat seat = {.link = &link};
    const sch_cast cast = {.spine = 0, .second = 1, .third = 2};
    assert_true(sch_cells_bytes(&good, &rules) > 0);
    for (size_t i = 0; i < BAD; i++) {
        unit_assert_code(sch_cell_shape_check(&bad[i]), SCH_BUG);
        unit_assert_code(sch_cells_disclose(&seat, NULL, NULL, &bad[i], &rules, &cast), SCH_BUG);
        assert_true(sch_cells_bytes(&bad[i], &rules) == 0);
    }
}

static void test_cells_disclose_by_a_party_without_part_or_share_fails(void **state)
{
    (void)state;
    uint64_t seed = 56;
    sch_cell_shape shape;
    const uint32_t domain[] = {3};
    cell_case_draw_shape(&shape, domain, 1, CELLS_ALONE, &seed);
    cell_case_draw_rules(&shape, 2, &seed);
    const sch_cast cast = {.spine = 0, .second = 1, .third = 2};
    const sch_disclosure rules = {10, true};
    for (sch_party self = 0; self < 4; self++) {
        const sch_link link = {.self = self};
        const sch_seat seat = {.link = &link};
        if (self != 2) {
            unit_assert_code(sch_cells_disclose(&seat, NULL, NULL, &shape, &rules, &cast), SCH_BUG);
        }
    }
}

/* ---- sums that move ---- */

enum { MOVED_WORDS = 70, MOVERS = 5 };

typedef struct move_case {
    sch_cast from, to;
    uint64_t sums[MOVERS][MOVED_WORDS], total[MOVERS][MOVED_WORDS];
} move_case;

static bool holds(const sch_cast *cast, sch_party party)
{
    return party == cast->spine || party == cast->second;
}

static sch_err play_move(const sch_seat *seat, void *context)
{
    move_case *c = context;
    sch_party self = seat->link->self;
    return sch_cells_move(seat, holds(&c->to, self) ? c->total[self] : NULL,
                          holds(&c->from, self) ? c->sums[self] : NULL, MOVED_WORDS, &c->from, &c->to);
}

/* Moves from one pair of parties to another, and what their shares come to. Gives the bytes sent. */
static size_t check_move(const sch_party pair[4], uint64_t *seed)
{
    static move_case c;
    uint64_t expected[MOVED_WORDS];
    size_t bytes = 0;
    c.from = (sch_cast){.spine = pair[0], .second = pair[1]};
    c.to = (sch_cast){.spine = pair[2], .second = pair[3]};
    for (size_t i = 0; i < MOVED_WORDS; i++) {
        for (size_t p = 0; p < MOVERS; p++) {
            c.sums[p][i] = parties_random(seed);
            c.total[p][i] = parties_random(seed);
        }
        expected[i] = c.sums[pair[0]][i] + c.sums[pair[1]][i] + c.total[pair[2]][i] + c.total[pair[3]][i];
    }
    local_net *net = local_net_new(0, MOVERS);
    assert_non_null(net);
    test_parties parties;
    parties_init(&parties, net, MOVERS, parties_random(seed), 3, NULL);
    unit_assert_ok(parties_run(&parties, play_move, &c));
    for (sch_party p = 0; p < MOVERS; p++) {
        bytes += local_net_bytes_sent(net, p);
    }
    local_net_free(net);
    for (size_t i = 0; i < MOVED_WORDS; i++) {
        assert_true(c.total[pair[2]][i] + c.total[pair[3]][i] == expected[i]);
    }
    return bytes;
}

static void test_cells_move_between_any_pairs_adds_the_sums(void **state)
{
    (void)state;
    uint64_t seed = 57;
    size_t runs = 0;
    size_t moves[3] = {0};
    for (size_t n = 0; n < MOVERS * MOVERS * MOVERS * MOVERS; n++) {
        const sch_party pair[4] = {(sch_party)(n % MOVERS), (sch_party)(n / MOVERS % MOVERS),
                                   (sch_party)(n / MOVERS / MOVERS % MOVERS),
                                   (sch_party)(n / MOVERS / MOVERS / MOVERS)};
        if (pair[0] == pair[1] || pair[2] == pair[3]) {
            continue;
        }
        size_t messages = 0;
        for (size_t h = 0; h < 2; h++) {
            messages += pair[h] != pair[2] && pair[h] != pair[3];
        }
        assert_int_equal(check_move(pair, &seed), messages * MOVED_WORDS * 8);
        moves[messages]++;
        runs++;
    }
    assert_int_equal(runs, 400);
    assert_true(moves[0] == 40 && moves[1] == 240 && moves[2] == 120);
}

static void test_cells_move_without_a_share_or_a_second_holder_fails(void **state)
{
    (void)state;
    const sch_link link = {.self = 0};
    const sch_seat seat = {.link = &link};
    const sch_cast here = {.spine = 0, .second = 1};
    const sch_cast there = {.spine = 2, .second = 3};
    const sch_cast alone = {.spine = 2, .second = 2};
    uint64_t word = 1;
    unit_assert_code(sch_cells_move(&seat, NULL, NULL, 1, &here, &there), SCH_BUG);
    unit_assert_code(sch_cells_move(&seat, NULL, NULL, 1, &there, &here), SCH_BUG);
    unit_assert_code(sch_cells_move(&seat, NULL, &word, 1, &here, &alone), SCH_BUG);
    unit_assert_code(sch_cells_move(&seat, &word, NULL, 1, &alone, &here), SCH_BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_of_random_tables_are_disclosed_as_in_clear_text),
        cmocka_unit_test(test_cells_at_the_threshold_s_edges_are_disclosed_exactly),
        cmocka_unit_test(test_cells_of_a_large_table_are_disclosed_exactly),
        cmocka_unit_test(test_cells_of_a_small_cube_suppress_what_margins_would_give_away),
        cmocka_unit_test(test_cells_of_parts_are_suppressed_with_the_count_that_they_add_up_to),
        cmocka_unit_test(test_cells_bytes_of_a_table_without_counts_to_tell_apart_are_fewest),
        cmocka_unit_test(test_cell_shape_check_of_numbers_out_of_range_fails),
        cmocka_unit_test(test_cells_disclose_by_a_party_without_part_or_share_fails),
        cmocka_unit_test(test_cells_move_between_any_pairs_adds_the_sums),
        cmocka_unit_test(test_cells_move_without_a_share_or_a_second_holder_fails),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
