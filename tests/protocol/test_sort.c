/* SHUFFLE and SORT against what they compute in clear text. */
#include "crypto/protocol/shuffle.h"
#include "crypto/protocol/sort.h"
#include "tests/protocol/protocol_case.h"
#include "tests/support/chi_square.h"
#include "tests/support/unit.h"

/* ---- shuffle ---- */

static uint64_t opened_word(const sch_ring *a, const sch_ring *b, size_t i, size_t columns, size_t codes)
{
    return i % columns < codes ? a->word[i] ^ b->word[i] : a->word[i] + b->word[i];
}

/* Every row of y is one of x, by its number in the first column; gives how many stand elsewhere. */
static size_t assert_shuffled(const protocol_case *c, const sch_ring *x)
{
    size_t moved = 0;
    bool *seen = calloc(c->rows + 1, sizeof *seen);
    assert_non_null(seen);
    for (size_t i = 0; i < c->rows; i++) {
        size_t from = (size_t)opened_word(&c->out[0], &c->out[2], i * c->columns, c->columns, c->codes);
        assert_true(from < c->rows && !seen[from]);
        seen[from] = true;
        moved += from != i;
        for (size_t k = 0; k < c->columns; k++) {
            uint64_t word = opened_word(&c->out[0], &c->out[2], i * c->columns + k, c->columns, c->codes);
            assert_true(word == x->word[from * c->columns + k]);
        }
    }
    free(seen);
    return moved;
}

static void test_shuffle_and_back_of_random_rows_gives_them_back(void **state)
{
    (void)state;
    static const size_t ROWS[] = {0, 1, 2, 5, 64, 1000, 3000};
    uint64_t seed = 51;
    size_t runs = 0;
    size_t moved = 0;
    for (size_t s = 0; s < sizeof ROWS / sizeof *ROWS; s++) {
        for (size_t columns = 1; columns <= 6; columns++) {
            for (size_t codes = 0; codes <= columns; codes++, runs++) {
                protocol_case c = {.rows = ROWS[s], .columns = columns, .codes = codes};
                sch_ring x = {0};
                protocol_fill(&x, c.rows, columns, &seed);
                for (size_t i = 0; i < c.rows; i++) {
                    x.word[i * columns] = i;
                }
                protocol_share(c.x, &x, columns, codes, &seed);
                protocol_case_run(&c, protocol_shuffle, x.count, runs, &seed);
                moved += assert_shuffled(&c, &x);
                for (size_t i = 0; i < x.count; i++) {
                    assert_true(opened_word(&c.other[0], &c.other[1], i, columns, codes) == x.word[i]);
                }
                sch_ring_clear(&x);
                protocol_case_clear(&c);
            }
        }
    }
    assert_int_equal(runs, 7 * 27);
    assert_true(moved > 27 * 4000);
}

/* The number of an order of three. */
static size_t number_of_order(const size_t place[static 3])
{
    return 2 * place[0] + (place[1] > place[2]);
}

static void test_shuffle_orders_are_uniform(void **state)
{
    (void)state;
    enum { RUNS = 1200 };
    uint64_t seed = 52;
    size_t count[6] = {0};
    for (size_t run = 0; run < RUNS; run++) {
        protocol_case c = {.rows = 3, .columns = 1};
        sch_ring x = {0};
        protocol_fill(&x, 3, 1, &seed);
        for (size_t i = 0; i < 3; i++) {
            x.word[i] = i;
        }
        protocol_share(c.x, &x, 1, 0, &seed);
        protocol_case_run(&c, protocol_shuffle, 3, 2 * run + 1, &seed);
        size_t place[3];
        for (size_t i = 0; i < 3; i++) {
            place[i] = (size_t)(c.out[0].word[i] + c.out[2].word[i]);
        }
        count[number_of_order(place)]++;
        sch_ring_clear(&x);
        protocol_case_clear(&c);
    }
    assert_true(chi_square_is_uniform(count, 6));
}

static void test_shuffle_of_what_cannot_be_shuffled_fails(void **state)
{
    (void)state;
    const sch_run run = {.a = 0, .b = 1, .c = 2};
    const sch_shuffle none = {0};
    unit_assert_code(sch_shuffle_a(&run, &none, NULL, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_shuffle_b(&run, &none, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_shuffle_c(&run, &none, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_shuffle_c(&run, &none, NULL, 1, 2), SCH_BUG);
    unit_assert_code(sch_unshuffle_a(&run, &none, NULL, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_unshuffle_b(&run, &none, NULL, 0, 0), SCH_BUG);
    unit_assert_code(sch_unshuffle_c(&run, &none, NULL, 0, 0), SCH_BUG);
    local_net *net = local_net_new(0, 3);
    assert_non_null(net);
    test_parties parties;
    parties_init(&parties, net, 3, 1, 0, NULL);
    for (size_t p = 0; p < 3; p++) {
        sch_shuffle shuffle;
        const sch_run large = {&parties.seat[p], 0, 1, 2, 1};
        unit_assert_code(sch_shuffle_init(&shuffle, &large, UINT32_MAX), SCH_BAD_INPUT);
        sch_shuffle_clear(&shuffle);
    }
    local_net_free(net);
}

/* ---- sort ---- */

typedef enum code_kind { CODES_RANDOM, CODES_SKEWED, CODES_EQUAL, CODES_DESCENDING, CODE_KINDS } code_kind;

/* Codes with bits above those that are sorted by, and row numbers to carry. */
static void draw_words(sch_ring *x, code_kind kind, uint64_t *seed)
{
    for (size_t i = 0; i < x->count; i++) {
        uint32_t code = (uint32_t)parties_random(seed);
        if (kind == CODES_SKEWED) {
            code = parties_random(seed) % 8 == 0 ? code % 32 : UINT32_MAX - code % 2;
        } else if (kind == CODES_EQUAL) {
            code = UINT32_C(0xa5a5a5a5);
        } else if (kind == CODES_DESCENDING) {
            code = (uint32_t)(x->count - i);
        }
        x->word[i] = (uint64_t)i << 32 | code;
    }
}

static int compare_words(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* sorted: the stable order of the lowest bits of codes: by code, then row. */
static void sort_in_clear(sch_ring *sorted, const sch_ring *x, unsigned bits)
{
    unit_assert_ok(sch_ring_init(sorted, x->count, 1));
    uint32_t kept = bits == 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
    for (size_t i = 0; i < x->count; i++) {
        sorted->word[i] = (x->word[i] & kept) << 32 | i;
    }
    if (sorted->count == 0) {
        return;
    }
    qsort(sorted->word, sorted->count, sizeof *sorted->word, compare_words);
    for (size_t i = 0; i < x->count; i++) {
        sorted->word[i] = x->word[(uint32_t)sorted->word[i]];
    }
}

static void check_sort(size_t rows, unsigned bits, code_kind kind, size_t casting, uint64_t *seed)
{
    protocol_case c = {.rows = rows, .bits = bits};
    sch_ring x = {0};
    sch_ring sorted = {0};
    protocol_fill(&x, rows, 1, seed);
    draw_words(&x, kind, seed);
    sort_in_clear(&sorted, &x, bits);
    protocol_share(c.x, &x, 1, 1, seed);
    protocol_case_run(&c, protocol_sort, rows, casting, seed);
    size_t wrong = 0;
    const sch_ring *second = &c.out[bits % 2 == 0 ? 1 : 2];
    for (size_t i = 0; i < rows; i++) {
        wrong += (c.out[0].word[i] ^ second->word[i]) != sorted.word[i];
    }
    assert_int_equal(wrong, 0);
    sch_ring_clear(&sorted);
    sch_ring_clear(&x);
    protocol_case_clear(&c);
}

static void test_sort_of_few_and_many_rows_is_stable(void **state)
{
    (void)state;
    static const size_t ROWS[] = {0, 1, 2, 63, 64, 65, 1000, 1 << 15};
    enum { MAX_BITS = 17, ROW_COUNTS = sizeof ROWS / sizeof *ROWS };
    uint64_t seed = 53;
    size_t runs = 0;
    for (unsigned bits = 0; bits <= MAX_BITS; bits++) {
        for (size_t s = 0; s < ROW_COUNTS; s++) {
            for (code_kind kind = 0; kind < CODE_KINDS; kind++, runs++) {
                check_sort(ROWS[s], bits, kind, runs, &seed);
            }
        }
    }
    assert_int_equal(runs, (MAX_BITS + 1) * ROW_COUNTS * CODE_KINDS);
}

static void test_sort_by_all_bits_of_a_code_is_stable(void **state)
{
    (void)state;
    uint64_t seed = 54;
    for (size_t casting = 0; casting < PROTOCOL_CASTINGS; casting++) {
        check_sort(500, SCH_MAX_SORT_BITS, CODES_RANDOM, casting, &seed);
    }
}

static void test_sort_of_what_cannot_be_sorted_fails(void **state)
{
    (void)state;
    const sch_run run = {.a = 0, .b = 1, .c = 2};
    unit_assert_code(sch_sort_a(&run, NULL, UINT32_MAX, 1), SCH_BAD_INPUT);
    unit_assert_code(sch_sort_b(&run, NULL, UINT32_MAX, 1), SCH_BAD_INPUT);
    unit_assert_code(sch_sort_c(&run, NULL, UINT32_MAX, 1), SCH_BAD_INPUT);
    unit_assert_code(sch_sort_a(&run, NULL, 1, SCH_MAX_SORT_BITS + 1), SCH_BAD_INPUT);
    unit_assert_code(sch_sort_b(&run, NULL, 1, SCH_MAX_SORT_BITS + 1), SCH_BAD_INPUT);
    unit_assert_code(sch_sort_c(&run, NULL, 1, SCH_MAX_SORT_BITS + 1), SCH_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shuffle_and_back_of_random_rows_gives_them_back),
        cmocka_unit_test(test_shuffle_orders_are_uniform),
        cmocka_unit_test(test_shuffle_of_what_cannot_be_shuffled_fails),
        cmocka_unit_test(test_sort_of_few_and_many_rows_is_stable),
        cmocka_unit_test(test_sort_by_all_bits_of_a_code_is_stable),
        cmocka_unit_test(test_sort_of_what_cannot_be_sorted_fails),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
