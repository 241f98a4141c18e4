/* Each protocol against what it computes in clear text, with every casting of three parties and some among five. */
#include "crypto/protocol/align.h"
#include "crypto/protocol/less.h"
#include "crypto/protocol/multiply.h"
#include "crypto/protocol/permute.h"
#include "crypto/protocol/select.h"
#include "crypto/protocol/times.h"
#include "tests/protocol/protocol_case.h"
#include "tests/support/unit.h"

static uint64_t opened(const protocol_case *c, size_t second, size_t i)
{
    return c->out[0].word[i] + c->out[second].word[i];
}

static const size_t SIZES[] = {0, 1, 2, 3, 17, 64, 65, 200, 3000};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

/* ---- permute ---- */

/* codes: words are shared by XOR. */
static void check_permute(bool codes, uint64_t seed)
{
    size_t runs = 0;
    for (size_t s = 0; s < SIZE_COUNT; s++) {
        for (size_t casting = 0; casting < PROTOCOL_CASTINGS; casting++, runs++) {
            protocol_case c = {.rows = SIZES[s], .columns = 1 + casting};
            sch_ring x = {0};
            protocol_fill(&x, c.rows, c.columns, &seed);
            protocol_share(c.x, &x, 1, codes, &seed);
            unit_assert_ok(sch_perm_init_random(&c.perm, c.rows));
            protocol_case_run(&c, codes ? protocol_permute_codes : protocol_permute, x.count, casting, &seed);
            for (size_t i = 0; i < x.count; i++) {
                size_t there = c.perm.to[i / c.columns] * c.columns + i % c.columns;
                uint64_t word = codes ? c.out[0].word[there] ^ c.out[2].word[there] : opened(&c, 2, there);
                assert_true(word == x.word[i]);
            }
            sch_ring_clear(&x);
            protocol_case_clear(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * PROTOCOL_CASTINGS);
}

static void test_permute_of_random_rows_puts_row_j_at_psi_j(void **state)
{
    (void)state;
    check_permute(false, 11);
}

static void test_permute_codes_of_random_rows_puts_row_j_at_psi_j(void **state)
{
    (void)state;
    check_permute(true, 21);
}

/* ---- select ---- */

static void test_select_of_random_rows_gives_rows_e_g(void **state)
{
    (void)state;
    uint64_t seed = 12;
    size_t runs = 0;
    size_t picked = 0;
    for (size_t s = 0; s < SIZE_COUNT; s++) {
        for (size_t casting = 0; casting < PROTOCOL_CASTINGS; casting++, runs++) {
            protocol_case c = {.rows = SIZES[s], .columns = 1 + casting};
            sch_ring x = {0};
            protocol_fill(&x, c.rows, c.columns, &seed);
            protocol_share(c.x, &x, 1, 0, &seed);
            unit_assert_ok(sch_perm_init(&c.perm, c.rows));
            for (size_t i = 0; i < c.rows; i++) {
                bool wanted = casting == 0 || (casting > 1 && parties_random(&seed) % casting == 0);
                if (wanted) {
                    c.perm.to[c.picked++] = (uint32_t)i;
                }
            }
            c.perm.rows = c.picked;
            protocol_case_run(&c, protocol_select, c.picked * c.columns, casting, &seed);
            for (size_t i = 0; i < c.picked * c.columns; i++) {
                size_t from = c.perm.to[i / c.columns] * c.columns + i % c.columns;
                assert_true(opened(&c, 1, i) == x.word[from]);
            }
            picked += c.picked;
            sch_ring_clear(&x);
            protocol_case_clear(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * PROTOCOL_CASTINGS);
    assert_true(picked > 4000);
}

static void check_bad_selection(uint32_t first, uint32_t second)
{
    uint64_t seed = 13;
    protocol_case c = {.rows = 4, .columns = 1, .picked = 2, .casting = &PROTOCOL_CASTING[0], .part = protocol_select};
    sch_ring x = {0};
    protocol_fill(&x, 4, 1, &seed);
    protocol_share(c.x, &x, 1, 0, &seed);
    unit_assert_ok(sch_perm_init(&c.perm, 2));
    c.perm.to[0] = first;
    c.perm.to[1] = second;
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init(&c.out[p], 2, 1));
    }
    local_net *net = local_net_new(1 << 20, 3);
    assert_non_null(net);
    test_parties parties;
    unit_assert_code(protocol_case_play(&c, &parties, net, 1), SCH_BUG);
    unit_assert_code(parties.err[0], SCH_BUG);
    local_net_free(net);
    sch_ring_clear(&x);
    protocol_case_clear(&c);
}

static void test_select_of_rows_out_of_range_or_order_fails(void **state)
{
    (void)state;
    check_bad_selection(0, 4);
    check_bad_selection(1, UINT32_MAX);
}

/* ---- multiply, times ---- */

static void check_products(protocol_part *part)
{
    uint64_t seed = 14;
    size_t runs = 0;
    for (size_t s = 0; s < SIZE_COUNT; s++) {
        for (size_t casting = 0; casting < PROTOCOL_CASTINGS; casting++, runs++) {
            protocol_case c = {.rows = SIZES[s]};
            sch_ring y = {0};
            protocol_fill(&c.known, c.rows, 1, &seed);
            protocol_fill(&y, c.rows, 1, &seed);
            protocol_share(c.x, &c.known, 1, 0, &seed);
            protocol_share(c.y, &y, 1, 0, &seed);
            protocol_case_run(&c, part, c.rows, casting, &seed);
            for (size_t i = 0; i < c.rows; i++) {
                assert_true(opened(&c, 1, i) == c.known.word[i] * y.word[i]);
            }
            sch_ring_clear(&y);
            protocol_case_clear(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * PROTOCOL_CASTINGS);
}

static void test_multiply_of_random_words_gives_their_products(void **state)
{
    (void)state;
    check_products(protocol_multiply);
}

static void test_times_of_random_words_gives_their_products(void **state)
{
    (void)state;
    check_products(protocol_times);
}

/* More than one piece of an exchange, and more than a link's window. */
static void test_multiply_of_more_than_a_window_does_not_block(void **state)
{
    (void)state;
    enum { WORDS = 300001 };
    uint64_t seed = 15;
    for (size_t casting = 0; casting < 2; casting++) {
        protocol_case c = {.rows = WORDS};
        sch_ring x = {0};
        sch_ring y = {0};
        protocol_fill(&x, WORDS, 1, &seed);
        protocol_fill(&y, WORDS, 1, &seed);
        protocol_share(c.x, &x, 1, 0, &seed);
        protocol_share(c.y, &y, 1, 0, &seed);
        protocol_case_run(&c, protocol_multiply, WORDS, casting, &seed);
        size_t wrong = 0;
        for (size_t i = 0; i < WORDS; i++) {
            wrong += opened(&c, 1, i) != x.word[i] * y.word[i];
        }
        assert_int_equal(wrong, 0);
        sch_ring_clear(&x);
        sch_ring_clear(&y);
        protocol_case_clear(&c);
    }
}

/* ---- reshare ---- */

static void check_reshare(bool exclusive)
{
    uint64_t seed = 18;
    size_t runs = 0;
    for (size_t s = 0; s < SIZE_COUNT; s++) {
        for (size_t casting = 0; casting < PROTOCOL_CASTINGS; casting++, runs++) {
            protocol_case c = {.rows = SIZES[s], .exclusive = exclusive};
            sch_ring y = {0};
            protocol_fill(&c.known, c.rows, 1, &seed);
            protocol_fill(&y, c.rows, 1, &seed);
            protocol_share(c.y, &y, 1, exclusive, &seed);
            protocol_case_run(&c, protocol_reshare, c.rows, casting, &seed);
            for (size_t i = 0; i < c.rows; i++) {
                const uint64_t *share[2] = {c.out[0].word, c.out[1].word};
                assert_true(exclusive ? (share[0][i] ^ share[1][i]) == (c.known.word[i] ^ y.word[i])
                                      : share[0][i] + share[1][i] == c.known.word[i] + y.word[i]);
            }
            sch_ring_clear(&y);
            protocol_case_clear(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * PROTOCOL_CASTINGS);
}

static void test_reshare_of_random_words_adds_them(void **state)
{
    (void)state;
    check_reshare(false);
}

static void test_reshare_of_random_codes_xors_them(void **state)
{
    (void)state;
    check_reshare(true);
}

/* ---- less ---- */

/* Bounds, and values that lie close to them or far away on either side. */
static void draw_cell(uint64_t *x, uint64_t *t, uint64_t *seed)
{
    static const uint64_t BOUND[] = {0, 1, 2, 10, 11, 255, 256, UINT64_C(1) << 32, (UINT64_C(1) << 62) - 1};
    *t = BOUND[parties_random(seed) % (sizeof BOUND / sizeof *BOUND)];
    switch (parties_random(seed) % 6) {
    case 0:
        *x = *t + parties_random(seed) % 3 - 1;
        break;
    case 1:
        *x = parties_random(seed) % 20;
        break;
    case 2:
        *x = parties_random(seed) >> 2;
        break;
    case 3:
        *x = 0 - (parties_random(seed) >> 2);
        break;
    case 4:
        *x = (UINT64_C(1) << (parties_random(seed) % 62)) + parties_random(seed) % 3 - 1;
        break;
    default:
        *x = 0;
        break;
    }
    if ((int64_t)*x >= INT64_C(1) << 62) {
        *x = (UINT64_C(1) << 62) - 1;
    }
}

static void test_less_of_cells_around_their_bounds_is_exact(void **state)
{
    (void)state;
    uint64_t seed = 16;
    size_t runs = 0;
    size_t below = 0;
    size_t cells = 0;
    for (size_t s = 0; s < SIZE_COUNT; s++) {
        for (size_t casting = 0; casting < PROTOCOL_CASTINGS; casting++, runs++) {
            protocol_case c = {.rows = SIZES[s]};
            sch_ring x = {0};
            protocol_fill(&x, c.rows, 1, &seed);
            protocol_fill(&c.known, c.rows, 1, &seed);
            for (size_t i = 0; i < c.rows; i++) {
                draw_cell(&x.word[i], &c.known.word[i], &seed);
            }
            protocol_share(c.x, &x, 1, 0, &seed);
            protocol_case_run(&c, protocol_less, c.rows, casting, &seed);
            for (size_t i = 0; i < c.rows; i++) {
                uint64_t expected = (int64_t)x.word[i] < (int64_t)c.known.word[i];
                assert_true(opened(&c, 1, i) == expected);
                below += (size_t)expected;
            }
            cells += c.rows;
            sch_ring_clear(&x);
            protocol_case_clear(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * PROTOCOL_CASTINGS);
    assert_true(below > cells / 4 && below < cells * 3 / 4);
}

/* ---- the frame ---- */

/* A peer that sends the same position twice, or one out of range. */
static sch_err part_hostile_permute_codes(const sch_run *run, size_t role, protocol_case *c)
{
    if (role == 0) {
        return sch_run_send(run, run->c, 0, c->perm.to, c->rows * SCH_PERM_ITEM_BYTES);
    }
    return protocol_permute_codes(run, role, c);
}

static sch_err part_hostile_permute(const sch_run *run, size_t role, protocol_case *c)
{
    if (role == 0) {
        return sch_run_send(run, run->c, 0, c->perm.to, c->rows * SCH_PERM_ITEM_BYTES);
    }
    return protocol_permute(run, role, c);
}

static sch_err part_hostile_select(const sch_run *run, size_t role, protocol_case *c)
{
    if (role == 0) {
        return sch_run_send(run, run->b, 1, c->perm.to, c->picked * SCH_PERM_ITEM_BYTES);
    }
    return protocol_select(run, role, c);
}

static sch_err part_hostile_align(const sch_run *run, size_t role, protocol_case *c)
{
    const sch_align_size size = {c->picked, c->rows - c->picked, 1, false, 1};
    const sch_tag *tag = (const void *)c->known.word;
    const uint64_t *column = c->x[1].word;
    switch (role) {
    case 0:
        return sch_align_spine(run, c->out[0].word, &(sch_perm){(uint32_t[]){2, 0, 1}, 3}, &size, tag);
    case 1:
        return sch_align_data(run, &size, tag, &column);
    default:
        return sch_run_send(run, run->a, 3, c->perm.to, c->picked * SCH_PERM_ITEM_BYTES);
    }
}

static void check_hostile(protocol_part *part, size_t victim, uint32_t position)
{
    uint64_t seed = 17;
    protocol_case c = {.rows = 4, .columns = 1, .picked = 3, .casting = &PROTOCOL_CASTING[0], .part = part};
    unit_assert_ok(sch_perm_init_random(&c.perm, 4));
    c.perm.to[2] = position == 0 ? c.perm.to[0] : position;
    protocol_fill(&c.known, 8, 1, &seed);
    for (size_t p = 0; p < 2; p++) {
        protocol_fill(&c.x[p], 4, 1, &seed);
        protocol_fill(&c.out[p], 4, 1, &seed);
    }
    local_net *net = local_net_new(1 << 20, 3);
    assert_non_null(net);
    test_parties parties;
    unit_assert_code(protocol_case_play(&c, &parties, net, 1), SCH_BAD_PEER);
    unit_assert_code(parties.err[victim], SCH_BAD_PEER);
    local_net_free(net);
    protocol_case_clear(&c);
}

static void test_permute_select_align_from_hostile_positions_fail(void **state)
{
    (void)state;
    static const uint32_t POSITION[] = {0 /* one that occurs already */, 4, 1000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof POSITION / sizeof *POSITION; i++) {
        check_hostile(part_hostile_permute, 2, POSITION[i]);
        check_hostile(part_hostile_permute_codes, 2, POSITION[i]);
        check_hostile(part_hostile_select, 1, POSITION[i]);
        check_hostile(part_hostile_align, 0, POSITION[i]);
    }
}

static void test_permute_select_without_columns_fail(void **state)
{
    (void)state;
    const sch_run run = {.a = 0, .b = 1, .c = 2};
    const sch_perm none = {0};
    unit_assert_code(sch_permute_a(&run, NULL, &none, NULL, 0), SCH_BUG);
    unit_assert_code(sch_permute_b(&run, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_permute_codes_a(&run, NULL, &none, NULL, 0), SCH_BUG);
    unit_assert_code(sch_permute_codes_b(&run, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_select_a(&run, NULL, &none, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_select_c(&run, NULL, 0, 0), SCH_BUG);
}

static uint64_t first_word(const sch_seat *seat, sch_party other, const char *label, int step)
{
    sch_stream stream = {0};
    uint64_t word = 0;
    const sch_run run = {.seat = seat, .step = (uint16_t)step};
    unit_assert_ok(step < 0 ? sch_seat_stream(seat, &stream, other, label)
                            : sch_run_stream(&run, &stream, other, label));
    unit_assert_ok(sch_stream_read(&stream, &word, sizeof word));
    sch_stream_clear(&stream);
    return word;
}

static void test_seat_stream_is_the_pair_s_and_its_labels_differ(void **state)
{
    (void)state;
    local_net *net = local_net_new(0, SCH_MAX_PARTIES);
    assert_non_null(net);
    test_parties parties[2];
    parties_init(&parties[0], net, SCH_MAX_PARTIES, 1, 0, NULL);
    parties_init(&parties[1], net, SCH_MAX_PARTIES, 1, 1, NULL);
    const sch_seat *seat = parties[0].seat;
    uint64_t word = first_word(&seat[0], 1, "a", -1);
    assert_true(word == first_word(&seat[1], 0, "a", -1));
    for (sch_party p = 2; p < SCH_MAX_PARTIES; p++) {
        assert_true(word != first_word(&seat[0], p, "a", -1));
        assert_true(word != first_word(&seat[p], 1, "a", -1));
    }
    assert_true(word != first_word(&seat[0], 1, "b", -1));
    assert_true(word != first_word(&parties[1].seat[0], 1, "a", -1));
    uint64_t stepped = first_word(&seat[0], 1, "a", 0);
    assert_true(stepped != word && stepped == first_word(&seat[1], 0, "a", 0));
    assert_true(stepped != first_word(&seat[0], 1, "a", 1));
    sch_stream stream;
    unit_assert_code(sch_seat_stream(&seat[0], &stream, 0, "a"), SCH_BUG);
    unit_assert_code(sch_seat_stream(&seat[0], &stream, SCH_MAX_PARTIES, "a"), SCH_BUG);
    static const char LONG[] = "a label of more bytes than the sixty-four that a label may have at most";
    unit_assert_code(sch_seat_stream(&seat[0], &stream, 1, LONG), SCH_BUG);
    local_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permute_of_random_rows_puts_row_j_at_psi_j),
        cmocka_unit_test(test_permute_codes_of_random_rows_puts_row_j_at_psi_j),
        cmocka_unit_test(test_select_of_random_rows_gives_rows_e_g),
        cmocka_unit_test(test_select_of_rows_out_of_range_or_order_fails),
        cmocka_unit_test(test_multiply_of_random_words_gives_their_products),
        cmocka_unit_test(test_times_of_random_words_gives_their_products),
        cmocka_unit_test(test_reshare_of_random_words_adds_them),
        cmocka_unit_test(test_reshare_of_random_codes_xors_them),
        cmocka_unit_test(test_multiply_of_more_than_a_window_does_not_block),
        cmocka_unit_test(test_less_of_cells_around_their_bounds_is_exact),
        cmocka_unit_test(test_permute_select_align_from_hostile_positions_fail),
        cmocka_unit_test(test_permute_select_without_columns_fail),
        cmocka_unit_test(test_seat_stream_is_the_pair_s_and_its_labels_differ),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
