/* Each protocol against what it computes in clear text, with every casting of the three parties. */
#include "crypto/protocol/align.h"
#include "crypto/protocol/less.h"
#include "crypto/protocol/move.h"
#include "crypto/protocol/multiply.h"
#include "crypto/protocol/permute.h"
#include "crypto/protocol/select.h"
#include "crypto/protocol/times.h"
#include "crypto/share/ring.h"
#include "tests/support/three.h"
#include "tests/support/unit.h"

enum { CASTINGS = 6, STEP = 40 };

static const sch_party CASTING[CASTINGS][SCH_PARTIES] = {
    {SCH_SPINE, SCH_DATA, SCH_HELPER}, {SCH_SPINE, SCH_HELPER, SCH_DATA}, {SCH_DATA, SCH_SPINE, SCH_HELPER},
    {SCH_DATA, SCH_HELPER, SCH_SPINE}, {SCH_HELPER, SCH_SPINE, SCH_DATA}, {SCH_HELPER, SCH_DATA, SCH_SPINE},
};

typedef struct test_case test_case;
typedef sch_err test_part(const sch_run *run, size_t role, test_case *c);

/* One run: x and z are shared; first[0] is A's share, first[1] that of the other holder. */
struct test_case {
    const sch_party *casting;
    test_part *part;
    size_t rows, columns, picked;
    sch_perm perm;       /* psi, or the rows to select */
    sch_ring known;      /* what A knows */
    sch_ring x[2], y[2]; /* shares of the inputs */
    sch_ring out[2];     /* shares of the output */
};

static sch_err play(const sch_trio *trio, void *context)
{
    test_case *c = context;
    const sch_run run = {trio, c->casting[0], c->casting[1], c->casting[2], STEP};
    for (size_t role = 0; role < SCH_PARTIES; role++) {
        if (c->casting[role] == trio->link->self) {
            return c->part(&run, role, c);
        }
    }
    return sch_fail(SCH_BUG, "a party without a part");
}

/* Splits random (or given) clear text in two shares. */
static void share(sch_ring shares[2], const sch_ring *clear, uint64_t *seed)
{
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init(&shares[p], clear->count, 1));
    }
    for (size_t i = 0; i < clear->count; i++) {
        shares[0].word[i] = three_random(seed);
        shares[1].word[i] = clear->word[i] - shares[0].word[i];
    }
}

static void fill(sch_ring *ring, size_t rows, size_t columns, uint64_t *seed)
{
    unit_assert_ok(sch_ring_init(ring, rows, columns));
    for (size_t i = 0; i < ring->count; i++) {
        ring->word[i] = three_random(seed);
    }
}

static void run_case(test_case *c, test_part *part, size_t out_words, size_t casting, uint64_t *seed)
{
    c->casting = CASTING[casting % CASTINGS];
    c->part = part;
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init(&c->out[p], out_words, 1));
    }
    local_net *net = local_net_new(casting % 2 == 0 ? 0 : (size_t)4 << 20);
    assert_non_null(net);
    three_parties parties;
    three_init(&parties, net, three_random(seed), (uint32_t)casting, NULL);
    unit_assert_ok(three_run(&parties, play, c));
    local_net_free(net);
}

static uint64_t opened(const test_case *c, size_t i)
{
    return c->out[0].word[i] + c->out[1].word[i];
}

static void clear_case(test_case *c)
{
    sch_perm_clear(&c->perm);
    sch_ring_clear(&c->known);
    for (size_t p = 0; p < 2; p++) {
        sch_ring_clear(&c->x[p]);
        sch_ring_clear(&c->y[p]);
        sch_ring_clear(&c->out[p]);
    }
    *c = (test_case){0};
}

static const size_t SIZES[] = {0, 1, 2, 3, 17, 64, 65, 200, 3000};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

/* ---- permute ---- */

static sch_err part_permute(const sch_run *run, size_t role, test_case *c)
{
    switch (role) {
    case 0:
        return sch_permute_a(run, c->out[0].word, &c->perm, c->x[0].word, c->columns);
    case 1:
        return sch_permute_b(run, c->x[1].word, c->rows, c->columns);
    default:
        return sch_permute_c(run, c->out[1].word, c->rows, c->columns);
    }
}

static void test_permute_of_random_rows_puts_row_j_at_psi_j(void **state)
{
    (void)state;
    uint64_t seed = 11;
    size_t runs = 0;
    for (size_t s = 0; s < SIZE_COUNT; s++) {
        for (size_t casting = 0; casting < CASTINGS; casting++, runs++) {
            test_case c = {.rows = SIZES[s], .columns = 1 + casting};
            sch_ring x = {0};
            fill(&x, c.rows, c.columns, &seed);
            share(c.x, &x, &seed);
            unit_assert_ok(sch_perm_init_random(&c.perm, c.rows));
            run_case(&c, part_permute, x.count, casting, &seed);
            for (size_t i = 0; i < x.count; i++) {
                size_t there = c.perm.to[i / c.columns] * c.columns + i % c.columns;
                assert_true(opened(&c, there) == x.word[i]);
            }
            sch_ring_clear(&x);
            clear_case(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * CASTINGS);
}

/* ---- select ---- */

static sch_err part_select(const sch_run *run, size_t role, test_case *c)
{
    switch (role) {
    case 0:
        return sch_select_a(run, c->out[0].word, &c->perm, c->x[0].word, c->rows, c->columns);
    case 1:
        return sch_select_b(run, c->out[1].word, c->picked, c->rows, c->columns);
    default:
        return sch_select_c(run, c->x[1].word, c->rows, c->columns);
    }
}

static void test_select_of_random_rows_gives_rows_e_g(void **state)
{
    (void)state;
    uint64_t seed = 12;
    size_t runs = 0;
    size_t picked = 0;
    for (size_t s = 0; s < SIZE_COUNT; s++) {
        for (size_t casting = 0; casting < CASTINGS; casting++, runs++) {
            test_case c = {.rows = SIZES[s], .columns = 1 + casting};
            sch_ring x = {0};
            fill(&x, c.rows, c.columns, &seed);
            share(c.x, &x, &seed);
            unit_assert_ok(sch_perm_init(&c.perm, c.rows));
            for (size_t i = 0; i < c.rows; i++) {
                bool wanted = casting == 0 || (casting > 1 && three_random(&seed) % casting == 0);
                if (wanted) {
                    c.perm.to[c.picked++] = (uint32_t)i;
                }
            }
            c.perm.rows = c.picked;
            run_case(&c, part_select, c.picked * c.columns, casting, &seed);
            for (size_t i = 0; i < c.picked * c.columns; i++) {
                size_t from = c.perm.to[i / c.columns] * c.columns + i % c.columns;
                assert_true(opened(&c, i) == x.word[from]);
            }
            picked += c.picked;
            sch_ring_clear(&x);
            clear_case(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * CASTINGS);
    assert_true(picked > 4000);
}

static void check_bad_selection(uint32_t first, uint32_t second)
{
    uint64_t seed = 13;
    test_case c = {.rows = 4, .columns = 1, .picked = 2, .casting = CASTING[0], .part = part_select};
    sch_ring x = {0};
    fill(&x, 4, 1, &seed);
    share(c.x, &x, &seed);
    unit_assert_ok(sch_perm_init(&c.perm, 2));
    c.perm.to[0] = first;
    c.perm.to[1] = second;
    for (size_t p = 0; p < 2; p++) {
        unit_assert_ok(sch_ring_init(&c.out[p], 2, 1));
    }
    local_net *net = local_net_new(1 << 20);
    assert_non_null(net);
    three_parties parties;
    three_init(&parties, net, 1, 0, NULL);
    unit_assert_code(three_run(&parties, play, &c), SCH_BUG);
    unit_assert_code(parties.err[CASTING[0][0]], SCH_BUG);
    local_net_free(net);
    sch_ring_clear(&x);
    clear_case(&c);
}

static void test_select_of_rows_out_of_range_or_order_fails(void **state)
{
    (void)state;
    check_bad_selection(0, 4);
    check_bad_selection(1, UINT32_MAX);
}

/* ---- multiply, times, move ---- */

static sch_err part_multiply(const sch_run *run, size_t role, test_case *c)
{
    switch (role) {
    case 0:
        return sch_multiply_a(run, c->out[0].word, c->x[0].word, c->y[0].word, c->rows);
    case 1:
        return sch_multiply_b(run, c->out[1].word, c->x[1].word, c->y[1].word, c->rows);
    default:
        return sch_multiply_c(run, c->rows);
    }
}

static sch_err part_times(const sch_run *run, size_t role, test_case *c)
{
    switch (role) {
    case 0:
        return sch_times_a(run, c->out[0].word, c->known.word, c->y[0].word, c->rows);
    case 1:
        return sch_times_b(run, c->out[1].word, c->y[1].word, c->rows);
    default:
        return sch_times_c(run, c->rows);
    }
}

static sch_err part_move(const sch_run *run, size_t role, test_case *c)
{
    switch (role) {
    case 0:
        return sch_move_a(run, c->out[0].word, c->y[0].word, c->rows);
    case 1:
        return sch_move_b(run, c->y[1].word, c->rows);
    default:
        return sch_move_c(run, c->out[1].word, c->rows);
    }
}

static void check_products(test_part *part)
{
    uint64_t seed = 14;
    size_t runs = 0;
    for (size_t s = 0; s < SIZE_COUNT; s++) {
        for (size_t casting = 0; casting < CASTINGS; casting++, runs++) {
            test_case c = {.rows = SIZES[s]};
            sch_ring y = {0};
            fill(&c.known, c.rows, 1, &seed);
            fill(&y, c.rows, 1, &seed);
            share(c.x, &c.known, &seed);
            share(c.y, &y, &seed);
            run_case(&c, part, c.rows, casting, &seed);
            for (size_t i = 0; i < c.rows; i++) {
                uint64_t expected = part == part_move ? y.word[i] : c.known.word[i] * y.word[i];
                assert_true(opened(&c, i) == expected);
            }
            sch_ring_clear(&y);
            clear_case(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * CASTINGS);
}

static void test_multiply_of_random_words_gives_their_products(void **state)
{
    (void)state;
    check_products(part_multiply);
}

static void test_times_of_random_words_gives_their_products(void **state)
{
    (void)state;
    check_products(part_times);
}

static void test_move_of_random_words_keeps_them(void **state)
{
    (void)state;
    check_products(part_move);
}

/* More than one piece of an exchange, and more than a link's window. */
static void test_multiply_of_more_than_a_window_does_not_block(void **state)
{
    (void)state;
    enum { WORDS = 300001 };
    uint64_t seed = 15;
    for (size_t casting = 0; casting < 2; casting++) {
        test_case c = {.rows = WORDS};
        sch_ring x = {0};
        sch_ring y = {0};
        fill(&x, WORDS, 1, &seed);
        fill(&y, WORDS, 1, &seed);
        share(c.x, &x, &seed);
        share(c.y, &y, &seed);
        run_case(&c, part_multiply, WORDS, casting, &seed);
        size_t wrong = 0;
        for (size_t i = 0; i < WORDS; i++) {
            wrong += opened(&c, i) != x.word[i] * y.word[i];
        }
        assert_int_equal(wrong, 0);
        sch_ring_clear(&x);
        sch_ring_clear(&y);
        clear_case(&c);
    }
}

/* ---- less ---- */

static sch_err part_less(const sch_run *run, size_t role, test_case *c)
{
    switch (role) {
    case 0:
        return sch_less_a(run, c->out[0].word, c->x[0].word, c->known.word, c->rows);
    case 1:
        return sch_less_b(run, c->out[1].word, c->x[1].word, c->rows);
    default:
        return sch_less_c(run, c->rows);
    }
}

/* Bounds, and values that lie close to them or far away on either side. */
static void draw_cell(uint64_t *x, uint64_t *t, uint64_t *seed)
{
    static const uint64_t BOUND[] = {0, 1, 2, 10, 11, 255, 256, UINT64_C(1) << 32, (UINT64_C(1) << 62) - 1};
    *t = BOUND[three_random(seed) % (sizeof BOUND / sizeof *BOUND)];
    switch (three_random(seed) % 6) {
    case 0:
        *x = *t + three_random(seed) % 3 - 1;
        break;
    case 1:
        *x = three_random(seed) % 20;
        break;
    case 2:
        *x = three_random(seed) >> 2;
        break;
    case 3:
        *x = 0 - (three_random(seed) >> 2);
        break;
    case 4:
        *x = (UINT64_C(1) << (three_random(seed) % 62)) + three_random(seed) % 3 - 1;
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
        for (size_t casting = 0; casting < CASTINGS; casting++, runs++) {
            test_case c = {.rows = SIZES[s]};
            sch_ring x = {0};
            fill(&x, c.rows, 1, &seed);
            fill(&c.known, c.rows, 1, &seed);
            for (size_t i = 0; i < c.rows; i++) {
                draw_cell(&x.word[i], &c.known.word[i], &seed);
            }
            share(c.x, &x, &seed);
            run_case(&c, part_less, c.rows, casting, &seed);
            for (size_t i = 0; i < c.rows; i++) {
                uint64_t expected = (int64_t)x.word[i] < (int64_t)c.known.word[i];
                assert_true(opened(&c, i) == expected);
                below += (size_t)expected;
            }
            cells += c.rows;
            sch_ring_clear(&x);
            clear_case(&c);
        }
    }
    assert_int_equal(runs, SIZE_COUNT * CASTINGS);
    assert_true(below > cells / 4 && below < cells * 3 / 4);
}

/* ---- the frame ---- */

/* A peer that sends the same position twice, or one out of range. */
static sch_err part_hostile_permute(const sch_run *run, size_t role, test_case *c)
{
    if (role == 0) {
        return sch_run_send(run, run->c, 0, c->perm.to, c->rows * SCH_PERM_ITEM_BYTES);
    }
    return part_permute(run, role, c);
}

static sch_err part_hostile_select(const sch_run *run, size_t role, test_case *c)
{
    if (role == 0) {
        return sch_run_send(run, run->b, 1, c->perm.to, c->picked * SCH_PERM_ITEM_BYTES);
    }
    return part_select(run, role, c);
}

static sch_err part_hostile_align(const sch_run *run, size_t role, test_case *c)
{
    const sch_align_size size = {c->picked, c->rows - c->picked, 1};
    const sch_tag *tag = (const void *)c->known.word;
    const uint64_t *column = c->x[1].word;
    switch (role) {
    case 0:
        return sch_align_spine(run, c->out[0].word, &(sch_perm){0}, &size, tag);
    case 1:
        return sch_align_data(run, &size, tag, &column);
    default:
        return sch_run_send(run, SCH_SPINE, 3, c->perm.to, c->picked * SCH_PERM_ITEM_BYTES);
    }
}

static void check_hostile(test_part *part, size_t victim, uint32_t position)
{
    uint64_t seed = 17;
    test_case c = {.rows = 4, .columns = 1, .picked = 3, .casting = CASTING[0], .part = part};
    unit_assert_ok(sch_perm_init_random(&c.perm, 4));
    c.perm.to[2] = position == 0 ? c.perm.to[0] : position;
    fill(&c.known, 8, 1, &seed);
    for (size_t p = 0; p < 2; p++) {
        fill(&c.x[p], 4, 1, &seed);
        fill(&c.out[p], 4, 1, &seed);
    }
    local_net *net = local_net_new(1 << 20);
    assert_non_null(net);
    three_parties parties;
    three_init(&parties, net, 1, 0, NULL);
    unit_assert_code(three_run(&parties, play, &c), SCH_BAD_PEER);
    unit_assert_code(parties.err[CASTING[0][victim]], SCH_BAD_PEER);
    local_net_free(net);
    clear_case(&c);
}

static void test_permute_select_align_from_hostile_positions_fail(void **state)
{
    (void)state;
    static const uint32_t POSITION[] = {0 /* one that occurs already */, 4, 1000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof POSITION / sizeof *POSITION; i++) {
        check_hostile(part_hostile_permute, 2, POSITION[i]);
        check_hostile(part_hostile_select, 1, POSITION[i]);
        check_hostile(part_hostile_align, 0, POSITION[i]);
    }
}

static void test_permute_select_without_columns_fail(void **state)
{
    (void)state;
    const sch_run run = {.a = SCH_SPINE, .b = SCH_HELPER, .c = SCH_DATA};
    const sch_perm none = {0};
    unit_assert_code(sch_permute_a(&run, NULL, &none, NULL, 0), SCH_BUG);
    unit_assert_code(sch_permute_b(&run, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_select_a(&run, NULL, &none, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_select_c(&run, NULL, 0, 0), SCH_BUG);
}

static void test_align_with_too_many_rows_fails(void **state)
{
    (void)state;
    const sch_run run = {.a = SCH_SPINE, .b = SCH_DATA, .c = SCH_HELPER};
    const sch_align_size size = {UINT32_MAX / 2 + 1, UINT32_MAX / 2, 1};
    sch_perm order;
    size_t links = 0;
    uint64_t join_ns = 0;
    unit_assert_code(sch_align_spine(&run, NULL, &order, &size, NULL), SCH_BAD_INPUT);
    unit_assert_code(sch_align_data(&run, &size, NULL, NULL), SCH_BAD_INPUT);
    unit_assert_code(sch_align_helper(&run, NULL, &links, &join_ns, &size), SCH_BAD_INPUT);
}

static uint64_t first_word(const sch_trio *trio, sch_party other, const char *label, int step)
{
    sch_stream stream = {0};
    uint64_t word = 0;
    const sch_run run = {.trio = trio, .step = (uint16_t)step};
    unit_assert_ok(step < 0 ? sch_trio_stream(trio, &stream, other, label)
                            : sch_run_stream(&run, &stream, other, label));
    unit_assert_ok(sch_stream_read(&stream, &word, sizeof word));
    sch_stream_clear(&stream);
    return word;
}

static void test_trio_stream_is_the_pair_s_and_its_labels_differ(void **state)
{
    (void)state;
    local_net *net = local_net_new(0);
    assert_non_null(net);
    three_parties parties[2];
    three_init(&parties[0], net, 1, 0, NULL);
    three_init(&parties[1], net, 1, 1, NULL);
    const sch_trio *trio = parties[0].trio;
    uint64_t word = first_word(&trio[SCH_SPINE], SCH_DATA, "a", -1);
    assert_true(word == first_word(&trio[SCH_DATA], SCH_SPINE, "a", -1));
    assert_true(word != first_word(&trio[SCH_SPINE], SCH_HELPER, "a", -1));
    assert_true(word != first_word(&trio[SCH_HELPER], SCH_DATA, "a", -1));
    assert_true(word != first_word(&trio[SCH_SPINE], SCH_DATA, "b", -1));
    assert_true(word != first_word(&parties[1].trio[SCH_SPINE], SCH_DATA, "a", -1));
    uint64_t stepped = first_word(&trio[SCH_SPINE], SCH_DATA, "a", 0);
    assert_true(stepped != word && stepped == first_word(&trio[SCH_DATA], SCH_SPINE, "a", 0));
    assert_true(stepped != first_word(&trio[SCH_SPINE], SCH_DATA, "a", 1));
    sch_stream stream;
    unit_assert_code(sch_trio_stream(&trio[SCH_SPINE], &stream, SCH_SPINE, "a"), SCH_BUG);
    static const char LONG[] = "a label of more bytes than the sixty-four that a label may have at most";
    unit_assert_code(sch_trio_stream(&trio[SCH_SPINE], &stream, SCH_DATA, LONG), SCH_BUG);
    local_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permute_of_random_rows_puts_row_j_at_psi_j),
        cmocka_unit_test(test_select_of_random_rows_gives_rows_e_g),
        cmocka_unit_test(test_select_of_rows_out_of_range_or_order_fails),
        cmocka_unit_test(test_multiply_of_random_words_gives_their_products),
        cmocka_unit_test(test_times_of_random_words_gives_their_products),
        cmocka_unit_test(test_move_of_random_words_keeps_them),
        cmocka_unit_test(test_multiply_of_more_than_a_window_does_not_block),
        cmocka_unit_test(test_less_of_cells_around_their_bounds_is_exact),
        cmocka_unit_test(test_permute_select_align_from_hostile_positions_fail),
        cmocka_unit_test(test_permute_select_without_columns_fail),
        cmocka_unit_test(test_align_with_too_many_rows_fails),
        cmocka_unit_test(test_trio_stream_is_the_pair_s_and_its_labels_differ),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
