/* What each party sees: words that are uniform whatever the data, positions that are uniform, and messages whose order
 * and length depend on sizes alone. Inputs are fixed, keys and permutations new in each run. */
#include "tests/protocol/table_case.h"
#include "tests/support/chi_square.h"
#include "tests/support/unit.h"

enum { RUNS = 3000, COMPARED_RUNS = 4, MAX_STEPS = 16, MAX_WORDS = 520, BYTE_VALUES = 256 };

/* The steps of linked_table.c whose messages hold positions or tags instead of words. */
enum { STEP_SPINE_TAGS = 1, STEP_DATA_TAGS = 2, STEP_TAU = 4, STEP_KAPPA = 7, STEP_SELECTED = 10 };

static bool holds_words(bool disclosure, uint16_t step)
{
    return disclosure || (step != STEP_SPINE_TAGS && step != STEP_DATA_TAGS && step != STEP_TAU && step != STEP_KAPPA &&
                          step != STEP_SELECTED);
}

/* All words that one party saw in one run. */
typedef struct words {
    size_t count;
    uint64_t word[MAX_WORDS];
} words;

typedef struct tally {
    size_t byte[SCH_PARTIES][MAX_STEPS][BYTE_VALUES];
    size_t messages[SCH_PARTIES][MAX_STEPS];
    size_t tau[12], kappa[24], selected[12];
    size_t first_tag[2][2];   /* of the spine, the data owner: which of their two rows came first */
    words first[SCH_PARTIES]; /* of the first run */
    /* alike[p][i][j]: words i and j of party p have differed by the same amount in every run so far */
    bool alike[SCH_PARTIES][MAX_WORDS][MAX_WORDS];
    bool fixed[SCH_PARTIES][MAX_WORDS]; /* a word that has been the same in every run so far */
} tally;

/* The number of an ordered choice of `chosen` of 4 positions. */
static size_t number_of_choice(const uint8_t *content, size_t chosen)
{
    size_t number = 0;
    for (size_t i = 0; i < chosen; i++) {
        size_t rank = sch_get_u32(content + 4 * i);
        assert_true(rank < 4);
        for (size_t j = 0; j < i; j++) {
            rank -= sch_get_u32(content + 4 * j) < sch_get_u32(content + 4 * i);
        }
        number = number * (4 - i) + rank;
    }
    return number;
}

static void add_positions(tally *t, const local_message *message, const uint8_t *content, const table_case *c)
{
    if (message->step == STEP_SPINE_TAGS || message->step == STEP_DATA_TAGS) {
        size_t side = message->step == STEP_DATA_TAGS;
        assert_int_equal(message->bytes, 2 * SCH_TAG_BYTES);
        bool swapped = memcmp(content, &c->tag[side][1], SCH_TAG_BYTES) == 0;
        assert_memory_equal(content, &c->tag[side][swapped], SCH_TAG_BYTES);
        assert_memory_equal(content + SCH_TAG_BYTES, &c->tag[side][!swapped], SCH_TAG_BYTES);
        t->first_tag[side][swapped]++;
    } else if (message->step == STEP_TAU) {
        assert_int_equal(message->bytes, 8);
        t->tau[number_of_choice(content, 2)]++;
    } else if (message->step == STEP_KAPPA) {
        assert_int_equal(message->bytes, 16);
        t->kappa[number_of_choice(content, 4)]++;
    } else if (message->step == STEP_SELECTED) {
        assert_int_equal(message->bytes, 8);
        t->selected[number_of_choice(content, 2)]++;
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

static void add_view(tally *t, size_t party, const local_view *view, const table_case *c, size_t run)
{
    words now = {0};
    const uint8_t *content = view->content.data;
    for (size_t m = 0; m < view->messages; m++) {
        const local_message *message = &view->message[m];
        assert_true(message->step < MAX_STEPS);
        t->messages[party][message->step]++;
        if (holds_words(c->with_disclosure, message->step)) {
            for (size_t i = 0; i < message->bytes; i++) {
                t->byte[party][message->step][content[i]]++;
            }
            for (size_t i = 0; i + 8 <= message->bytes; i += 8) {
                assert_true(now.count < MAX_WORDS);
                now.word[now.count++] = sch_get_u64(content + i);
            }
        } else {
            add_positions(t, message, content, c);
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

/* Runs the case with new keys. The sums that a party has are put back each time. */
static void tally_runs(tally *t, table_case *c, const sch_ring start[2], size_t runs)
{
    for (size_t run = 0; run < runs; run++) {
        for (size_t p = 0; p < 2; p++) {
            memcpy(c->values[p].word, start[p].word, sch_ring_bytes(&start[p]));
        }
        local_net *net = local_net_new(1 << 20);
        assert_non_null(net);
        local_net_keep_views(net);
        three_parties parties;
        three_init(&parties, net, run, c->shard, NULL);
        unit_assert_ok(three_run(&parties, table_case_play, c));
        for (sch_party p = SCH_SPINE; p < SCH_PARTIES; p++) {
            add_view(t, p, local_net_view(net, p), c, run);
        }
        local_net_free(net);
    }
}

/* Gives how many messages of words a party or another has seen. */
static size_t assert_words_uniform(const tally *t, bool disclosure, size_t runs)
{
    size_t checked = 0;
    for (size_t p = 0; p < SCH_PARTIES; p++) {
        for (uint16_t step = 0; step < MAX_STEPS; step++) {
            assert_true(t->messages[p][step] == 0 || t->messages[p][step] == runs);
            if (t->messages[p][step] > 0 && holds_words(disclosure, step)) {
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

static void test_view_of_the_linked_table_is_uniform_for_fixed_rows(void **state)
{
    (void)state;
    uint64_t seed = 31;
    static tally t;
    table_case c;
    table_case_init(&c, (table_size){2, 2, 1, 2, 3, 1, 1, 1}, &seed);
    c.with_disclosure = false;
    sch_ring start[2] = {{0}};
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init_zero(&start[p], c.values[p].count, 1));
    }
    tally_runs(&t, &c, start, RUNS);
    /* S: M, e. H: c_B, d, and the table to select from. D: the table to permute. */
    assert_int_equal(assert_words_uniform(&t, false, RUNS), 6);
    assert_true(chi_square_is_uniform(t.tau, 12));
    assert_true(chi_square_is_uniform(t.kappa, 24));
    assert_true(chi_square_is_uniform(t.first_tag[0], 2));
    assert_true(chi_square_is_uniform(t.first_tag[1], 2));
    assert_int_equal(t.first_tag[0][0] + t.first_tag[0][1], RUNS);
    assert_int_equal(t.first_tag[1][0] + t.first_tag[1][1], RUNS);
    assert_true(chi_square_is_uniform(t.selected, 12));
    assert_int_equal(t.messages[SCH_SPINE][STEP_TAU], RUNS);
    assert_int_equal(t.messages[SCH_DATA][STEP_KAPPA], RUNS);
    assert_int_equal(t.messages[SCH_HELPER][STEP_SELECTED], RUNS);
    for (size_t p = 0; p < 2; p++) {
        sch_ring_clear(&start[p]);
    }
    table_case_clear(&c);
}

static void test_view_of_disclosure_is_uniform_for_fixed_shares(void **state)
{
    (void)state;
    uint64_t seed = 32;
    static tally t;
    table_case c;
    table_case_init(&c, (table_size){0, 0, 0, 1, 2, 1, 0, 1}, &seed);
    c.with_table = false;
    c.rules = (sch_disclosure){10, true};
    sch_ring start[2] = {{0}};
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init_zero(&start[p], c.values[p].count, 1));
        start[p].word[0] = 9 * p; /* shares that hide nothing, so that all has to come from the masks */
        start[p].word[1] = 12 * p;
    }
    tally_runs(&t, &c, start, RUNS);
    /* S: eight exchanges of LESS, one of MULTIPLY. H: these, and what D deals for both. D: nothing. */
    assert_int_equal(assert_words_uniform(&t, true, RUNS), 9 + 11);
    assert_int_equal(t.first[SCH_DATA].count, 0);
    for (size_t p = 0; p < 2; p++) {
        sch_ring_clear(&start[p]);
    }
    table_case_clear(&c);
}

/* What the two holders end with is uniform too, each alone. */
static void test_shares_of_the_sums_are_uniform_for_fixed_rows(void **state)
{
    (void)state;
    uint64_t seed = 33;
    size_t count[2][2][BYTE_VALUES] = {{{0}}};
    table_case c;
    table_case_init(&c, (table_size){3, 3, 2, 2, 2, 1, 1, 5}, &seed);
    c.rules = (sch_disclosure){2, true};
    for (size_t run = 0; run < RUNS; run++) {
        for (size_t p = 0; p < 2; p++) {
            memset(c.values[p].word, 0, sch_ring_bytes(&c.values[p]));
        }
        unit_assert_ok(table_case_run(&c, 1 << 20, run));
        table_case_assert_disclosed(&c);
        for (size_t p = 0; p < 2; p++) {
            for (size_t i = 0; i < 8 * c.values[p].count; i++) {
                count[p][0][(c.values[p].word[i / 8] >> (8 * (i % 8))) & 0xff]++;
            }
            /* The states of the columns of one guard are the same share by intent: one of each is counted. */
            for (size_t i = 0; i < 8 * c.size.groups; i++) {
                count[p][1][(c.states[p].word[i / 8] >> (8 * (i % 8))) & 0xff]++;
            }
        }
    }
    for (size_t p = 0; p < 2; p++) {
        assert_true(chi_square_is_uniform(count[p][0], BYTE_VALUES));
        assert_true(chi_square_is_uniform(count[p][1], BYTE_VALUES));
    }
    table_case_clear(&c);
}

static void test_messages_of_other_data_of_equal_sizes_are_alike_in_order_and_length(void **state)
{
    (void)state;
    uint64_t seed = 34;
    static const size_t LINKS[] = {0, 1, 20, 40};
    static local_message expected[SCH_PARTIES][64];
    size_t count[SCH_PARTIES] = {0};
    size_t compared = 0;
    sch_table_shape shape = {0};
    for (size_t run = 0; run < 12; run++) {
        table_case c;
        table_case_init(&c, (table_size){40, 50, LINKS[run % 4], 1 + 30, 3, 2, 2, run < 6 ? 0 : 9}, &seed);
        if (run == 0) {
            shape = c.shape;
        }
        c.shape = shape;
        c.rules = (sch_disclosure){5, true};
        local_net *net = local_net_new(0);
        assert_non_null(net);
        local_net_keep_views(net);
        three_parties parties;
        three_init(&parties, net, run, 0, NULL);
        unit_assert_ok(three_run(&parties, table_case_play, &c));
        for (sch_party p = SCH_SPINE; p < SCH_PARTIES; p++) {
            const local_view *view = local_net_view(net, p);
            assert_true(view->messages > 0 && view->messages <= 64);
            if (run == 0) {
                count[p] = view->messages;
                memcpy(expected[p], view->message, count[p] * sizeof *view->message);
            }
            assert_int_equal(view->messages, count[p]);
            for (size_t m = 0; m < count[p]; m++, compared++) {
                assert_int_equal(view->message[m].from, expected[p][m].from);
                assert_int_equal(view->message[m].step, expected[p][m].step);
                assert_int_equal(view->message[m].bytes, expected[p][m].bytes);
            }
        }
        local_net_free(net);
        table_case_clear(&c);
    }
    assert_true(compared == 12 * (count[0] + count[1] + count[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_of_the_linked_table_is_uniform_for_fixed_rows),
        cmocka_unit_test(test_view_of_disclosure_is_uniform_for_fixed_shares),
        cmocka_unit_test(test_shares_of_the_sums_are_uniform_for_fixed_rows),
        cmocka_unit_test(test_messages_of_other_data_of_equal_sizes_are_alike_in_order_and_length),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
