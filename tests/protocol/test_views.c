/* What each party sees: words that are uniform whatever the data, positions that are uniform, and messages whose order
 * and length depend on sizes alone. Inputs are fixed, keys and permutations new in each run. */
#include "crypto/stats/linked_table.h"
#include "tests/protocol/cell_case.h"
#include "tests/protocol/table_case.h"
#include "tests/support/chi_square.h"
#include "tests/support/unit.h"

enum { RUNS = 3000, COMPARED_RUNS = 4, MAX_STEPS = 160, MAX_WORDS = 3000, BYTE_VALUES = 256, PARTIES = 3, NO_STEP = 0 };

/* Spine, data owner, helper: in the cast of all tables here. */
enum { SPINE, DATA, HELPER };

/* The steps of a table whose messages hold something else than words that are uniform each by itself; NO_STEP where it
 * has none. Of places and order both sides' messages together are a permutation. */
typedef struct special_steps {
    uint16_t spine_tags, data_tags, tau, kappa, selected;
    uint16_t places[2]; /* SORT, at most two passes: sums modulo 2^32 */
    uint16_t order;     /* the opened row numbers: XOR */
} special_steps;

/* All words that one party saw in one run. */
typedef struct words {
    size_t count;
    uint64_t word[MAX_WORDS];
} words;

typedef struct tally {
    special_steps special;
    size_t byte[PARTIES][MAX_STEPS][BYTE_VALUES];
    size_t messages[PARTIES][MAX_STEPS];
    size_t tau[12], kappa[24], selected[12], places[2][24], order[24];
    size_t first_tag[2][2]; /* of the spine, the data owner: which of their two rows came first */
    uint32_t opened[3][4];  /* places and order of this run, from the first side's message */
    bool half[3];
    words first[PARTIES]; /* of the first run */
    /* alike[p][i][j]: words i and j of party p have differed by the same amount in every run so far */
    bool alike[PARTIES][MAX_WORDS][MAX_WORDS];
    bool fixed[PARTIES][MAX_WORDS]; /* a word that has been the same in every run so far */
} tally;

static bool holds_positions(const special_steps *special, uint16_t step)
{
    return step == special->spine_tags || step == special->data_tags || step == special->tau ||
           step == special->kappa || step == special->selected;
}

/* The number of an ordered choice of `chosen` of 4 positions. */
static size_t number_of_choice(const uint32_t *position, size_t chosen)
{
    size_t number = 0;
    for (size_t i = 0; i < chosen; i++) {
        size_t rank = position[i];
        assert_true(rank < 4);
        for (size_t j = 0; j < i; j++) {
            rank -= position[j] < position[i];
        }
        number = number * (4 - i) + rank;
    }
    return number;
}

static void read_positions(uint32_t position[static 4], const uint8_t *content, size_t bytes, size_t count)
{
    assert_int_equal(bytes, 4 * count);
    for (size_t i = 0; i < count; i++) {
        position[i] = sch_get_u32(content + 4 * i);
    }
}

static void add_positions(tally *t, const local_message *message, const uint8_t *content, const table_case *c)
{
    uint32_t position[4];
    if (message->step == t->special.spine_tags || message->step == t->special.data_tags) {
        size_t side = message->step == t->special.data_tags;
        const sch_tag *tag = c->tag[side][0];
        assert_int_equal(message->bytes, 2 * SCH_TAG_BYTES);
        bool swapped = memcmp(content, &tag[1], SCH_TAG_BYTES) == 0;
        assert_memory_equal(content, &tag[swapped], SCH_TAG_BYTES);
        assert_memory_equal(content + SCH_TAG_BYTES, &tag[!swapped], SCH_TAG_BYTES);
        t->first_tag[side][swapped]++;
    } else if (message->step == t->special.tau) {
        read_positions(position, content, message->bytes, 2);
        t->tau[number_of_choice(position, 2)]++;
    } else if (message->step == t->special.kappa) {
        read_positions(position, content, message->bytes, 4);
        t->kappa[number_of_choice(position, 4)]++;
    } else {
        read_positions(position, content, message->bytes, 2);
        t->selected[number_of_choice(position, 2)]++;
    }
}

/* Puts the two sides' messages of an opened permutation together. */
static void add_opened(tally *t, const local_message *message, const uint8_t *content)
{
    const uint16_t step[3] = {t->special.places[0], t->special.places[1], t->special.order};
    size_t *const count[3] = {t->places[0], t->places[1], t->order};
    uint32_t theirs[4];
    for (size_t i = 0; i < 3; i++) {
        if (step[i] == NO_STEP || message->step != step[i]) {
            continue;
        }
        read_positions(theirs, content, message->bytes, 4);
        for (size_t k = 0; k < 4; k++) {
            uint32_t mine = t->half[i] ? t->opened[i][k] : 0;
            t->opened[i][k] = i == 2 ? mine ^ theirs[k] : mine + theirs[k];
        }
        if (t->half[i]) {
            count[i][number_of_choice(t->opened[i], 4)]++;
        }
        t->half[i] = !t->half[i];
    }
}

/* Words that hide each other's masks would keep their difference (or their sum) from run to run. */
static void compare_with_first(tally *t, size_t party, const words *now)
{
    const words *first = &t->first[party];
    assert_int_equal(now->count, first->count);
    for (size_t i = 0; i < now->count; i++) {
        t->fixed[party][i] = t->fixed[party][i] && now->word[i] == first->word[i];
        for (size_t j = 0; j < i; j++) {
            bool difference = now->word[i] - now->word[j] == first->word[i] - first->word[j];
            bool sum = now->word[i] + now->word[j] == first->word[i] + first->word[j];
            bool parity = (now->word[i] ^ now->word[j]) == (first->word[i] ^ first->word[j]);
            t->alike[party][i][j] = t->alike[party][i][j] && (difference || sum || parity);
        }
    }
}

/* c: NULL where the view is one of cells. */
static void add_view(tally *t, size_t party, const local_view *view, const table_case *c, size_t run)
{
    static words now;
    const uint8_t *content = view->content.data;
    now.count = 0;
    for (size_t m = 0; m < view->messages; m++) {
        const local_message *message = &view->message[m];
        assert_true(message->step < MAX_STEPS);
        t->messages[party][message->step]++;
        if (c != NULL && holds_positions(&t->special, message->step)) {
            add_positions(t, message, content, c);
        } else {
            add_opened(t, message, content);
            for (size_t i = 0; i < message->bytes; i++) {
                t->byte[party][message->step][content[i]]++;
            }
            for (size_t i = 0; i + 8 <= message->bytes; i += 8) {
                assert_true(now.count < MAX_WORDS);
                now.word[now.count++] = sch_get_u64(content + i);
            }
        }
        content += message->bytes;
    }
    if (run == 0) {
        t->first[party] = now;
        memset(t->alike[party], true, sizeof t->alike[party]);
        memset(t->fixed[party], true, sizeof t->fixed[party]);
    } else if (run < COMPARED_RUNS) { /* chance keeps no pair alike in as many runs */
        compare_with_first(t, party, &now);
    }
}

/* One run with new keys, of a table or of cells; its views are added. */
static void tally_run(tally *t, table_case *table, cell_case *cells, size_t run)
{
    local_net *net = local_net_new(1 << 20, PARTIES);
    assert_non_null(net);
    local_net_keep_views(net);
    test_parties parties;
    parties_init(&parties, net, PARTIES, run, table == NULL ? SCH_SHARD_CELLS : table->shard, NULL);
    unit_assert_ok(table == NULL ? parties_run(&parties, cell_case_play, cells)
                                 : parties_run(&parties, table_case_play, table));
    for (sch_party p = 0; p < PARTIES; p++) {
        add_view(t, p, local_net_view(net, p), table, run);
    }
    local_net_free(net);
}

/* Gives how many messages of words a party or another has seen. */
static size_t assert_words_uniform(const tally *t, size_t runs)
{
    size_t checked = 0;
    for (size_t p = 0; p < PARTIES; p++) {
        for (uint16_t step = 0; step < MAX_STEPS; step++) {
            assert_true(t->messages[p][step] == 0 || t->messages[p][step] == runs);
            bool positions = step > NO_STEP && holds_positions(&t->special, step);
            if (t->messages[p][step] > 0 && !positions) {
                assert_true(chi_square_is_uniform(t->byte[p][step], BYTE_VALUES));
                checked++;
            }
        }
        for (size_t i = 0; i < t->first[p].count; i++) {
            assert_false(t->fixed[p][i]);
            for (size_t j = 0; j < i; j++) {
                assert_false(t->alike[p][i][j]);
            }
        }
    }
    return checked;
}

/* Counts that come to the number of runs and are uniform. */
static void assert_counts(const size_t *count, size_t categories, size_t runs)
{
    size_t all = 0;
    for (size_t i = 0; i < categories; i++) {
        all += count[i];
    }
    assert_int_equal(all, runs);
    assert_true(chi_square_is_uniform(count, categories));
}

static void assert_alignment(const tally *t)
{
    assert_counts(t->first_tag[0], 2, RUNS);
    assert_counts(t->first_tag[1], 2, RUNS);
    assert_counts(t->tau, 12, RUNS);
    assert_int_equal(t->messages[SPINE][t->special.tau], RUNS);
}

/* An empty one; it is large, and there is one at a time. */
static tally *new_tally(void)
{
    static tally one;
    memset(&one, 0, sizeof one);
    return &one;
}

/* ---- tables ---- */

/* Two rows on either side, one link; the parties are spine, data owner and helper. */
static void make_small(table_case *c, const table_size *size, uint64_t *seed)
{
    table_case_init(c, size, seed);
    c->cast = (sch_cast){.spine = SPINE, .data = {DATA}, .helper = {HELPER}, .second = HELPER, .third = DATA};
    unit_assert_ok(sch_cast_check(&c->cast, &c->shape));
}

static const table_size KNOWN = {.parties = PARTIES,
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
    tally *const t = new_tally();
    table_case c;
    make_small(&c, &KNOWN, &seed);
    set_program(&c);
    /* ALIGN 1 to 4, TIMES, MULTIPLY, LESS 5 to 17, PERMUTE 18 and 19, SELECT 20 and 21 */
    t->special = (special_steps){.spine_tags = 1, .data_tags = 2, .tau = 4, .kappa = 18, .selected = 21};
    for (size_t run = 0; run < RUNS; run++) {
        tally_run(t, &c, NULL, run);
    }
    /* Spine: M, and exchanges: one of TIMES, one of MULTIPLY, eight of LESS. Helper: these, three deals, the table to
     * select from. Data owner: the table to permute. */
    assert_int_equal(assert_words_uniform(t, RUNS), 11 + 14 + 1);
    assert_alignment(t);
    assert_counts(t->kappa, 24, RUNS);
    assert_counts(t->selected, 12, RUNS);
    assert_int_equal(t->messages[DATA][18], RUNS);
    assert_int_equal(t->messages[HELPER][21], RUNS);
    table_case_clear(&c);
}

static const table_size SORTED = {.parties = PARTIES,
                                  .spine_rows = 2,
                                  .spine_groups = 1,
                                  .owners = 1,
                                  .owner = {{2, 1, 2, 2}},
                                  .columns = 2,
                                  .largest = 1};

/* Codes of one bit; both rows have the same one, or not. */
static void check_sorted_view(bool equal_codes, uint64_t seed)
{
    tally *const t = new_tally();
    table_case c;
    make_small(&c, &SORTED, &seed);
    c.group[1][0] = 1;
    c.group[1][1] = equal_codes;
    table_case_sum(&c);
    /* ALIGN 1 to 4, RESHARE of codes 5, PERMUTE 6 and 7, SORT 8 to 13, SHUFFLE 14 and 15, order 16, UNSHUFFLE 17 and
     * 18, SHUFFLE 19 and 20 */
    t->special = (special_steps){.spine_tags = 1, .data_tags = 2, .tau = 4, .kappa = 6, .places = {13}, .order = 16};
    for (size_t run = 0; run < RUNS; run++) {
        tally_run(t, &c, NULL, run);
    }
    /* Spine: M; bits, factors and V of SORT, places; v of SHUFFLE, order, v of UNSHUFFLE and of SHUFFLE. Data owner:
     * codes; U of SORT, places; u of UNSHUFFLE. Helper: the codes to permute; the deal, bits, factors of SORT; u of
     * SHUFFLE, order, u of SHUFFLE; from UNSHUFFLE nothing. */
    assert_int_equal(assert_words_uniform(t, RUNS), 9 + 4 + 7);
    assert_alignment(t);
    assert_counts(t->kappa, 24, RUNS);
    assert_counts(t->places[0], 24, RUNS);
    assert_counts(t->order, 24, RUNS);
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
    static size_t count[2][BYTE_VALUES];
    table_case c;
    table_case_init(&c, size, &seed);
    memset(count, 0, sizeof count);
    for (size_t run = 0; run < RUNS; run++) {
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
        assert_true(chi_square_is_uniform(count[p], BYTE_VALUES));
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
}

/* ---- cells ---- */

static void test_view_of_cells_is_uniform_for_fixed_shares(void **state)
{
    (void)state;
    uint64_t seed = 36;
    tally *const t = new_tally();
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
    for (size_t run = 0; run < RUNS; run++) {
        cell_case_set(&c, BASE, &seed);
        for (size_t p = 0; p < 2; p++) { /* shares that hide nothing, so that all has to come from the masks */
            memset(c.values[p].word, 0, sch_ring_bytes(&c.values[p]));
            for (size_t i = 0; p == 0 && i < 4; i++) {
                c.values[p].word[i / 2 * shape.cells + i % 2] = BASE[i];
            }
        }
        tally_run(t, NULL, &c, run);
        cell_case_assert_disclosed(&c);
    }
    /* Either holder: eight exchanges of each of three LESS, one of each of nine MULTIPLY; second also what third
     * deals. */
    assert_int_equal(assert_words_uniform(t, RUNS), 3 * (8 + 9) + 9 * (1 + 2));
    assert_int_equal(t->first[2].count, 0); /* who assists receives nothing */
    cell_case_clear(&c);
}

static void test_shares_of_released_cells_are_uniform_for_fixed_cells(void **state)
{
    (void)state;
    uint64_t seed = 37;
    static size_t count[2][2][BYTE_VALUES];
    static const uint32_t DOMAIN[] = {3};
    sch_cell_shape shape;
    cell_case c;
    cell_case_draw_shape(&shape, DOMAIN, 1, CELLS_ROLLUP, &seed);
    shape.columns = 1; /* columns with equal rules have the same shares of states, by intent */
    shape.rule_count[0] = 1;
    shape.rule[0][0] = (sch_cell_rule){.count = 0, .less = SCH_NO_COLUMN, .times = 1, .zero = true};
    cell_case_init(&c, &shape, (sch_disclosure){4, true}, 1, &seed);
    static const uint64_t BASE[] = {0, 3, 7};
    for (size_t run = 0; run < RUNS; run++) {
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
        assert_true(chi_square_is_uniform(count[i / 2][i % 2], BYTE_VALUES));
    }
    cell_case_clear(&c);
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
        table_case_init(&c, &size, &seed);
        if (run == 0) {
            shape = c.shape;
            cast = c.cast;
        }
        c.shape = shape;
        c.cast = cast;
        for (size_t i = 0; i < size.spine_rows && run % 3 == 0; i++) {
            c.group[0][i] = 0;
        }
        table_case_sum(&c);
        local_net *net = local_net_new(0, size.parties);
        assert_non_null(net);
        local_net_keep_views(net);
        test_parties parties;
        parties_init(&parties, net, size.parties, run, 0, NULL);
        unit_assert_ok(parties_run(&parties, table_case_play, &c));
        table_case_assert_sums(&c);
        compare_messages(&expected, net, size.parties, run == 0);
        local_net_free(net);
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
    size.owner[0].codes = 3;
    size.owner[1].codes = 2;
    check_messages(size, 39);
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
        local_net *net = local_net_new(0, PARTIES);
        assert_non_null(net);
        local_net_keep_views(net);
        test_parties parties;
        parties_init(&parties, net, PARTIES, run, SCH_SHARD_CELLS, NULL);
        unit_assert_ok(parties_run(&parties, cell_case_play, &c));
        cell_case_assert_disclosed(&c);
        compare_messages(&expected, net, PARTIES, run == 0);
        local_net_free(net);
        cell_case_clear(&c);
    }
    size_t all = expected.count[0] + expected.count[1] + expected.count[2];
    assert_true(all > 60 && expected.compared == OTHER_RUNS * all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_of_known_groups_and_a_program_is_uniform_for_fixed_rows),
        cmocka_unit_test(test_view_of_sorted_groups_is_uniform_for_fixed_rows),
        cmocka_unit_test(test_shares_of_the_sums_are_uniform_for_fixed_rows),
        cmocka_unit_test(test_view_of_cells_is_uniform_for_fixed_shares),
        cmocka_unit_test(test_shares_of_released_cells_are_uniform_for_fixed_cells),
        cmocka_unit_test(test_messages_of_tables_of_equal_sizes_are_alike_in_order_and_length),
        cmocka_unit_test(test_messages_of_cells_of_equal_shapes_are_alike_in_order_and_length),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
