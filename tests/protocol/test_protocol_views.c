/* What each party of each protocol sees: words that are uniform whatever the data, positions that are uniform, and
 * messages whose order and length depend on sizes alone. Inputs are fixed, and so are the keys of the party that looks:
 * only the key that it lacks is new in each run, so that what it sees is uniform beside all that it knows. */
#include "crypto/protocol/sort.h"
#include "tests/protocol/protocol_scenario.h"
#include "tests/support/chi_square.h"
#include "tests/support/unit.h"

enum {
    RUNS = 400,
    COMPARED_RUNS = 24, /* chance keeps no pair of words alike in as many runs, be it by opened places of few rows */
    MAX_STEPS = 20,
    MAX_WORDS = 1400,
    BYTE_VALUES = 256
};

/* All words, of 32 bits, that one party saw in one run. */
typedef struct words {
    size_t count;
    uint32_t word[MAX_WORDS];
} words;

typedef struct tally {
    size_t byte[3][MAX_STEPS][BYTE_VALUES];
    size_t messages[3][MAX_STEPS];
    size_t share[2][BYTE_VALUES]; /* of the output */
    size_t position[24];          /* by the number of the choice */
    size_t tags[2][2];            /* of S, D: which of two came first */
    words first[3];               /* of the first run */
    /* alike[p][i][j]: words i and j of party p have had the same sum, difference or parity in every run so far;
     * alike[p][i][i]: word i has been the same. */
    bool alike[3][MAX_WORDS][MAX_WORDS];
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

static void add_positions(tally *t, const protocol_case *c, const local_message *message, const uint8_t *content)
{
    size_t index = message->step - PROTOCOL_STEP;
    if (c->part == protocol_align && index < 2) {
        const uint64_t *tag = index == 0 ? c->known.word : c->y[0].word;
        size_t passes = c->passes == 0 ? 1 : c->passes;
        assert_int_equal(message->bytes, 2 * passes * SCH_SENT_TAG_BYTES);
        bool swapped = memcmp(content, tag + 2, SCH_SENT_TAG_BYTES) == 0;
        for (size_t p = 0; p < passes;
             p++, tag += 4, content += 2 * SCH_SENT_TAG_BYTES) { /* one order for all passes */
            assert_memory_equal(content, tag + 2 * swapped, SCH_SENT_TAG_BYTES);
            assert_memory_equal(content + SCH_SENT_TAG_BYTES, tag + 2 * !swapped, SCH_SENT_TAG_BYTES);
        }
        t->tags[index][swapped]++;
        return;
    }
    t->position[number_of_choice(content, message->bytes / 4)]++;
}

static void compare_with_first(tally *t, size_t party, const words *now)
{
    const words *first = &t->first[party];
    assert_int_equal(now->count, first->count);
    for (size_t i = 0; i < now->count; i++) {
        uint32_t a = now->word[i];
        uint32_t a1 = first->word[i];
        t->alike[party][i][i] = t->alike[party][i][i] && a == a1;
        for (size_t j = 0; j < i; j++) {
            uint32_t b = now->word[j];
            uint32_t b1 = first->word[j];
            bool same = a - b == a1 - b1 || a + b == a1 + b1 || (a ^ b) == (a1 ^ b1);
            t->alike[party][i][j] = t->alike[party][i][j] && same;
        }
    }
}

static void add_view(tally *t, size_t party, const local_view *view, const protocol_scenario *scenario,
                     const protocol_case *c, size_t run)
{
    static words now;
    now.count = 0;
    const uint8_t *content = view->content.data;
    for (size_t m = 0; m < view->messages; m++) {
        const local_message *message = &view->message[m];
        size_t index = message->step - PROTOCOL_STEP;
        assert_true(index < MAX_STEPS);
        t->messages[party][index]++;
        if (scenario->positions >> index & 1) {
            add_positions(t, c, message, content);
        } else {
            for (size_t i = 0; i < message->bytes; i++) {
                t->byte[party][index][content[i]]++;
            }
            for (size_t i = 0; i + 4 <= message->bytes; i += 4) {
                assert_true(now.count < MAX_WORDS);
                now.word[now.count++] = sch_get_u32(content + i);
            }
        }
        content += message->bytes;
    }
    if (run == 0) {
        t->first[party] = now;
        memset(t->alike[party], true, sizeof t->alike[party]);
    } else if (run < COMPARED_RUNS) {
        compare_with_first(t, party, &now);
    }
}

/* The words of an output that are in use. */
static size_t output_words(const protocol_case *c)
{
    bool picks = c->part == protocol_select || c->part == protocol_align;
    return (picks ? c->picked : c->rows) * c->columns;
}

static void add_shares(tally *t, const protocol_scenario *scenario, const protocol_case *c)
{
    for (size_t p = 0; p < 2; p++) {
        const uint64_t *share = c->out[p == 0 ? 0 : scenario->second].word;
        for (size_t i = 0; i < 8 * output_words(c); i++) {
            t->share[p][share[i / 8] >> (8 * (i % 8)) & 0xff]++;
        }
    }
}

/* Who looks: a party, or nobody in particular at what the holders end with. */
enum { LOOKERS = 4, NOBODY = 3 };

/* The two other parties' key is of this run; where nobody looks all keys are. */
static void draw_keys(test_parties *parties, local_net *net, size_t looker, uint64_t seed)
{
    if (looker == NOBODY) {
        parties_init(parties, net, 3, seed, 0, NULL);
        return;
    }
    parties_init(parties, net, 3, 1, 0, NULL);
    uint8_t *key = parties->key[looker == 2 ? 1 : 2][looker == 0 ? 1 : 0];
    for (size_t i = 0; i < SCH_KEY_BYTES; i += 8) {
        sch_put_u64(key + i, parties_random(&seed));
    }
}

/* Plays a scenario once and looks at what was seen. */
static void tally_run(tally *t, const protocol_scenario *scenario, bool all_different, size_t looker, size_t run)
{
    protocol_case c;
    protocol_scenario_init(&c, scenario, all_different);
    local_net *net = local_net_new(1 << 20, 3);
    assert_non_null(net);
    local_net_keep_views(net);
    test_parties parties;
    draw_keys(&parties, net, looker, run + (all_different ? 1000000 : 0));
    unit_assert_ok(parties_run(&parties, protocol_case_part, &c));
    if (looker == NOBODY) {
        add_shares(t, scenario, &c);
    } else {
        add_view(t, looker, local_net_view(net, (sch_party)looker), scenario, &c, run);
    }
    local_net_free(net);
    protocol_case_clear(&c);
}

/* Gives how many messages of words were seen by a party or another in a run. */
static size_t assert_words_uniform(const tally *t, const protocol_scenario *scenario, size_t runs)
{
    size_t checked = 0;
    for (size_t p = 0; p < 3; p++) {
        for (size_t index = 0; index < MAX_STEPS; index++) {
            assert_true(t->messages[p][index] == 0 || t->messages[p][index] == runs);
            if (t->messages[p][index] > 0 && !(scenario->positions >> index & 1)) {
                assert_true(chi_square_is_uniform(t->byte[p][index], BYTE_VALUES));
                checked++;
            }
        }
        for (size_t i = 0; i < t->first[p].count; i++) {
            for (size_t j = 0; j <= i; j++) {
                assert_false(t->alike[p][i][j]);
            }
        }
    }
    return checked;
}

static bool is_permute(const protocol_scenario *scenario)
{
    return scenario->part == protocol_permute || scenario->part == protocol_permute_codes;
}

static void check_scenario(const protocol_scenario *scenario, bool all_different)
{
    static tally t;
    memset(&t, 0, sizeof t);
    for (size_t looker = 0; looker < LOOKERS; looker++) {
        for (size_t run = 0; run < RUNS; run++) {
            tally_run(&t, scenario, all_different, looker, run);
        }
    }
    size_t of_positions = (size_t)__builtin_popcount(scenario->positions);
    assert_int_equal(assert_words_uniform(&t, scenario, RUNS), scenario->messages - of_positions);
    for (size_t p = 0; p < 2; p++) {
        assert_true(chi_square_is_uniform(t.share[p], BYTE_VALUES));
    }
    if (scenario->positions != 0) {
        size_t choices = is_permute(scenario) ? 24 : 12;
        assert_true(chi_square_is_uniform(t.position, choices));
    }
    if (scenario->part == protocol_align) {
        for (size_t side = 0; side < 2; side++) {
            assert_int_equal(t.tags[side][0] + t.tags[side][1], RUNS);
            assert_true(chi_square_is_uniform(t.tags[side], 2));
        }
    }
}

static void test_views_of_equal_rows_are_uniform(void **state)
{
    (void)state;
    for (size_t s = 0; s < PROTOCOL_SCENARIOS; s++) {
        check_scenario(&PROTOCOL_SCENARIO[s], false);
    }
}

static void test_views_of_different_rows_are_uniform(void **state)
{
    (void)state;
    for (size_t s = 0; s < PROTOCOL_SCENARIOS; s++) {
        check_scenario(&PROTOCOL_SCENARIO[s], true);
    }
}

/* ---- order and length ---- */

/* The messages that a party received, in its order; gives how many. */
static size_t messages_of(local_message *message, size_t room, const protocol_scenario *scenario, sch_party party,
                          bool all_different, uint64_t seed)
{
    protocol_case c;
    protocol_scenario_init(&c, scenario, all_different);
    local_net *net = local_net_new(0, 3);
    assert_non_null(net);
    local_net_keep_views(net);
    test_parties parties;
    unit_assert_ok(protocol_case_play(&c, &parties, net, seed));
    const local_view *view = local_net_view(net, party);
    size_t count = view->messages;
    assert_true(count <= room);
    memcpy(message, view->message, count * sizeof *message);
    local_net_free(net);
    protocol_case_clear(&c);
    return count;
}

static void test_messages_of_other_data_are_alike_in_order_and_length(void **state)
{
    (void)state;
    enum { ROOM = 64 };
    local_message equal[ROOM];
    local_message different[ROOM];
    size_t compared = 0;
    size_t messages = 0;
    for (size_t s = 0; s < PROTOCOL_SCENARIOS; s++) {
        for (sch_party p = 0; p < 3; p++) {
            size_t count = messages_of(equal, ROOM, &PROTOCOL_SCENARIO[s], p, false, 1);
            assert_int_equal(messages_of(different, ROOM, &PROTOCOL_SCENARIO[s], p, true, 2), count);
            for (size_t m = 0; m < count; m++, compared++) {
                assert_int_equal(equal[m].from, different[m].from);
                assert_int_equal(equal[m].step, different[m].step);
                assert_int_equal(equal[m].bytes, different[m].bytes);
            }
        }
        messages += PROTOCOL_SCENARIO[s].messages;
    }
    assert_int_equal(compared, messages);
}

/* ---- the places that SORT opens ---- */

enum { PLACED_ROWS = 3, ORDERS = 6, SORTED_BITS = 2, PLACE_RUNS = 1000 };

static size_t number_of_order(const uint32_t place[static PLACED_ROWS])
{
    return 2 * place[0] + (place[1] > place[2]);
}

/* The message of a step in a view, of `bytes` bytes. */
static const uint8_t *find_message(const local_view *view, size_t step, size_t bytes)
{
    const uint8_t *content = view->content.data;
    for (size_t m = 0; m < view->messages; m++) {
        if (view->message[m].step == step) {
            assert_int_equal(view->message[m].bytes, bytes);
            return content;
        }
        content += view->message[m].bytes;
    }
    fail_msg("a message was not seen");
    return NULL;
}

/* What A saw opened in a pass: the places in its rows, message 4, and C's shares of them, message 5. */
static void read_places(uint32_t place[static PLACED_ROWS], const local_view *view, size_t first_step)
{
    const uint8_t *own = find_message(view, first_step + 4, (size_t)12 * PLACED_ROWS);
    const uint8_t *others = find_message(view, first_step + 5, (size_t)4 * PLACED_ROWS);
    for (size_t i = 0; i < PLACED_ROWS; i++) {
        place[i] = sch_get_u32(own + 12 * i + 8) + sch_get_u32(others + 4 * i);
        assert_true(place[i] < PLACED_ROWS);
    }
}

static void draw_order(sch_perm *order, const sch_seat *seat, sch_party other, size_t step)
{
    sch_stream stream = {0};
    const sch_run run = {.seat = seat, .step = (uint16_t)step};
    unit_assert_ok(sch_run_stream(&run, &stream, other, "sort.order"));
    unit_assert_ok(sch_perm_init_stream(order, PLACED_ROWS, &stream));
    sch_stream_clear(&stream);
}

/* Counts a pass's places beside the order that A knows, and beside the one that C knows. expected: each row's place. */
static void add_places(size_t count[2][ORDERS * ORDERS], const test_parties *parties, const local_view *view,
                       unsigned pass, const uint32_t expected[static PLACED_ROWS])
{
    size_t step = PROTOCOL_STEP + (size_t)pass * SCH_SORT_PASS_STEPS;
    sch_party b = pass == 0 ? 1 : 2;
    sch_party c = pass == 0 ? 2 : 1;
    sch_perm rho = {0};
    sch_perm sigma = {0};
    uint32_t place[PLACED_ROWS];
    read_places(place, view, step);
    draw_order(&rho, &parties->seat[0], b, step);
    draw_order(&sigma, &parties->seat[c], b, step);
    for (size_t j = 0; j < PLACED_ROWS; j++) {
        assert_int_equal(place[sigma.to[rho.to[j]]], expected[j]);
    }
    count[0][ORDERS * number_of_order(rho.to) + number_of_order(place)]++;
    count[1][ORDERS * number_of_order(sigma.to) + number_of_order(place)]++;
    sch_perm_clear(&sigma);
    sch_perm_clear(&rho);
}

/* code: of each row; expected: each row's place in each pass, rows numbered as they stand before it. */
static void check_places(const uint64_t code[static PLACED_ROWS], const uint32_t expected[SORTED_BITS][PLACED_ROWS])
{
    static const protocol_scenario scenario = {.part = protocol_sort,
                                               .size = {.rows = PLACED_ROWS, .columns = 1, .bits = SORTED_BITS}};
    size_t count[SORTED_BITS][2][ORDERS * ORDERS] = {{{0}}};
    for (size_t run = 0; run < PLACE_RUNS; run++) {
        protocol_case c;
        protocol_scenario_init(&c, &scenario, false);
        memcpy(c.x[0].word, code, PLACED_ROWS * sizeof *code);
        local_net *net = local_net_new(1 << 20, 3);
        assert_non_null(net);
        local_net_keep_views(net);
        test_parties parties;
        unit_assert_ok(protocol_case_play(&c, &parties, net, run));
        for (unsigned pass = 0; pass < SORTED_BITS; pass++) {
            add_places(count[pass], &parties, local_net_view(net, 0), pass, expected[pass]);
        }
        local_net_free(net);
        protocol_case_clear(&c);
    }
    for (unsigned pass = 0; pass < SORTED_BITS; pass++) {
        assert_true(chi_square_is_uniform(count[pass][0], ORDERS * ORDERS));
        assert_true(chi_square_is_uniform(count[pass][1], ORDERS * ORDERS));
    }
}

static void test_sort_places_of_equal_codes_are_uniform_to_a_and_to_c(void **state)
{
    (void)state;
    check_places((const uint64_t[]){2, 2, 2}, (const uint32_t[SORTED_BITS][PLACED_ROWS]){{0, 1, 2}, {0, 1, 2}});
}

/* Rows 3 2 1: by the low bit 2 3 1, by the high bit 1 2 3. */
static void test_sort_places_of_different_codes_are_uniform_to_a_and_to_c(void **state)
{
    (void)state;
    check_places((const uint64_t[]){3, 2, 1}, (const uint32_t[SORTED_BITS][PLACED_ROWS]){{1, 0, 2}, {1, 2, 0}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views_of_equal_rows_are_uniform),
        cmocka_unit_test(test_views_of_different_rows_are_uniform),
        cmocka_unit_test(test_messages_of_other_data_are_alike_in_order_and_length),
        cmocka_unit_test(test_sort_places_of_equal_codes_are_uniform_to_a_and_to_c),
        cmocka_unit_test(test_sort_places_of_different_codes_are_uniform_to_a_and_to_c),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
