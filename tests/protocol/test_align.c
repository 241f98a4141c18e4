/* ALIGN, in one pass and in several, against what it computes in clear text, with every casting of three parties and
 * some among five. */
#include "crypto/protocol/align.h"

#include "crypto/protocol/join.h"
#include "tests/protocol/protocol_case.h"
#include "tests/support/unit.h"

static uint64_t opened(const protocol_case *c, size_t i)
{
    return c->out[0].word[i] + c->out[2].word[i];
}

/* ---- align ---- */

/* Tags of the spine and the data owner: the first `links` of both are the same, the others differ. */
static void draw_tags(protocol_case *c, size_t links, uint64_t *seed)
{
    protocol_fill(&c->known, c->picked, 2, seed);
    unit_assert_ok(sch_ring_init(&c->y[0], c->rows, 2));
    for (size_t i = 0; i < c->y[0].count; i++) {
        c->y[0].word[i] = i / 2 < links ? c->known.word[i] : parties_random(seed);
    }
}

/* Gives the number of rows that link and are as they should be. */
static size_t assert_aligned(const protocol_case *c, size_t links)
{
    size_t linked = 0;
    for (size_t j = 0; j < c->picked; j++) {
        for (size_t k = 0; k < c->columns; k++) {
            size_t at = c->perm.to[j] * c->columns + k;
            bool is_code = c->codes > 0 && k + 1 == c->columns;
            uint64_t word = is_code ? c->out[0].word[at] ^ c->out[2].word[at] : opened(c, at);
            assert_true(word == (j < links ? c->x[1].word[k * c->rows + j] : 0));
        }
        linked += j < links;
    }
    return linked;
}

static void test_align_of_random_rows_puts_them_in_the_spine_s_order(void **state)
{
    (void)state;
    static const size_t SPINE[] = {0, 1, 2, 50, 300, 3};
    static const size_t DATA[] = {5, 0, 2, 70, 200, 1000};
    uint64_t seed = 19;
    size_t runs = 0;
    size_t linked = 0;
    for (size_t s = 0; s < 6; s++) {
        for (size_t casting = 0; casting < PROTOCOL_CASTINGS; casting++) {
            for (size_t codes = 0; codes < 2; codes++, runs++) {
                protocol_case c = {.picked = SPINE[s], .rows = DATA[s], .columns = 1 + casting % 5, .codes = codes};
                size_t most = c.picked < c.rows ? c.picked : c.rows;
                size_t links = casting == 0 ? most : (size_t)(parties_random(&seed) % (most + 1));
                draw_tags(&c, links, &seed);
                protocol_fill(&c.x[1], c.rows, c.columns, &seed);
                unit_assert_ok(sch_perm_init_random(&c.perm, c.picked));
                protocol_case_run(&c, protocol_align, c.picked * c.columns, casting, &seed);
                assert_int_equal(c.links[0], links);
                linked += assert_aligned(&c, links);
                protocol_case_clear(&c);
            }
        }
    }
    assert_int_equal(runs, 6 * PROTOCOL_CASTINGS * 2);
    assert_true(linked > 1000);
}

/* A tag for a pass of three twice on one side, at two rows that do not link: nobody can tell, whatever matches. */
static void check_duplicate(bool in_data, size_t pass)
{
    uint64_t seed = 20;
    protocol_case c = {
        .picked = 3, .rows = 3, .columns = 1, .passes = 3, .casting = &PROTOCOL_CASTING[8], .part = protocol_align};
    protocol_fill(&c.known, 9, 2, &seed);
    protocol_fill(&c.y[0], 9, 2, &seed);
    memcpy(c.y[0].word, c.known.word, SCH_TAG_BYTES); /* the first rows link */
    uint64_t *tag = (in_data ? c.y[0].word : c.known.word) + 6 * pass;
    tag[4] = tag[2];
    tag[5] = tag[3];
    protocol_fill(&c.x[1], 3, 1, &seed);
    unit_assert_ok(sch_perm_init_random(&c.perm, 3));
    for (size_t role = 0; role < PROTOCOL_ROLES; role++) {
        unit_assert_ok(sch_ring_init(&c.out[role], 3, 1));
    }
    local_net *net = local_net_new(1 << 20, 5);
    assert_non_null(net);
    test_parties parties;
    unit_assert_ok(protocol_case_play(&c, &parties, net, 1));
    assert_int_equal(c.links[0], 1);
    assert_int_equal(c.links[1] + c.links[2], 0);
    local_net_free(net);
    protocol_case_clear(&c);
}

static void test_align_of_a_tag_that_occurs_twice_goes_on(void **state)
{
    (void)state;
    for (size_t pass = 0; pass < 3; pass++) {
        check_duplicate(false, pass);
        check_duplicate(true, pass);
    }
}

/* ---- align in passes ---- */

enum { PASS_MAX_ROWS = 40 };

/* Numbers below 2 PASS_MAX_ROWS, all different, as names of one side's rows in one pass; row i's is kept from the pass
 * before where nothing else has it and a coin says so. */
static void draw_names(uint64_t *name, size_t rows, const uint64_t *before, uint64_t *seed)
{
    uint64_t all[2 * PASS_MAX_ROWS];
    for (size_t i = 0; i < 2 * PASS_MAX_ROWS; i++) {
        size_t other = (size_t)(parties_random(seed) % (i + 1));
        all[i] = all[other];
        all[other] = i;
    }
    for (size_t i = 0; before != NULL && i < rows; i++) {
        for (size_t k = 0; parties_random(seed) % 2 == 0 && k < 2 * PASS_MAX_ROWS; k++) {
            if (all[k] == before[i]) {
                all[k] = all[i];
                all[i] = before[i];
            }
        }
    }
    memcpy(name, all, rows * sizeof *name);
}

/* Every row with every other one, pass after pass. */
static void match_names(uint32_t *match, uint8_t *pass, size_t *links, const protocol_case *c, const uint64_t *spine,
                        const uint64_t *data)
{
    bool taken[PASS_MAX_ROWS] = {false};
    for (size_t i = 0; i < c->picked; i++) {
        match[i] = SCH_JOIN_NONE;
        pass[i] = 0;
    }
    for (size_t p = 0; p < c->passes; p++) {
        links[p] = 0;
        for (size_t i = 0; i < c->picked; i++) {
            for (size_t j = 0; match[i] == SCH_JOIN_NONE && j < c->rows; j++) {
                if (!taken[j] && spine[p * c->picked + i] == data[p * c->rows + j]) {
                    match[i] = (uint32_t)j;
                    pass[i] = (uint8_t)(p + 1);
                    taken[j] = true;
                    links[p]++;
                }
            }
        }
    }
}

static void fill_tags(sch_ring *tags, const uint64_t *name, size_t rows, size_t passes)
{
    unit_assert_ok(sch_ring_init(tags, passes * rows, 2));
    for (size_t p = 0; p < passes; p++) {
        for (size_t i = p * rows; i < (p + 1) * rows; i++) {
            const sch_tag tag = parties_tag(p << 32 | name[i]); /* another key for each pass */
            memcpy(tags->word + 2 * i, &tag, sizeof tag);
        }
    }
}

/* Adds the links of each pass to `all`. */
static void check_passes(const protocol_case *drawn, size_t casting, size_t *all, uint64_t *seed)
{
    protocol_case c = *drawn;
    uint64_t name[2][SCH_MAX_LINK_PASSES * PASS_MAX_ROWS];
    uint32_t match[PASS_MAX_ROWS];
    uint8_t pass[PASS_MAX_ROWS];
    size_t links[SCH_MAX_LINK_PASSES];
    for (size_t p = 0; p < c.passes; p++) {
        uint64_t *spine = name[0] + p * c.picked;
        uint64_t *data = name[1] + p * c.rows;
        draw_names(spine, c.picked, p == 0 ? NULL : spine - c.picked, seed);
        draw_names(data, c.rows, p == 0 ? NULL : data - c.rows, seed);
    }
    match_names(match, pass, links, &c, name[0], name[1]);
    fill_tags(&c.known, name[0], c.picked, c.passes);
    fill_tags(&c.y[0], name[1], c.rows, c.passes);
    protocol_fill(&c.x[1], c.rows, c.columns, seed);
    unit_assert_ok(sch_perm_init_random(&c.perm, c.picked));
    c.pass = casting % 3 == 0 ? NULL : calloc(c.picked + 1, 1);
    protocol_case_run(&c, protocol_align, c.picked * c.columns, casting, seed);
    for (size_t p = 0; p < c.passes; p++) {
        assert_int_equal(c.links[p], links[p]);
        all[p] += links[p];
    }
    for (size_t i = 0; i < c.picked; i++) {
        size_t at = c.perm.to[i];
        assert_true(c.pass == NULL || c.pass[at] == pass[i]);
        for (size_t k = 0; k < c.columns; k++) {
            uint64_t expected = match[i] == SCH_JOIN_NONE ? 0 : c.x[1].word[k * c.rows + match[i]];
            assert_true(opened(&c, at * c.columns + k) == expected);
        }
    }
    protocol_case_clear(&c);
}

static void test_align_in_passes_matches_rows_pass_by_pass(void **state)
{
    (void)state;
    uint64_t seed = 23;
    size_t runs = 0;
    size_t all[SCH_MAX_LINK_PASSES] = {0};
    for (size_t casting = 0; casting < 10 * PROTOCOL_CASTINGS; casting++) {
        for (size_t passes = 1; passes <= SCH_MAX_LINK_PASSES; passes++, runs++) {
            const protocol_case c = {.picked = casting % 7 == 0 ? 0 : (size_t)(parties_random(&seed) % PASS_MAX_ROWS),
                                     .rows = casting % 8 == 0 ? 0 : (size_t)(parties_random(&seed) % PASS_MAX_ROWS),
                                     .columns = 1 + casting % 3,
                                     .passes = passes};
            check_passes(&c, casting, all, &seed);
        }
    }
    assert_int_equal(runs, 10 * PROTOCOL_CASTINGS * SCH_MAX_LINK_PASSES);
    for (size_t p = 0; p < SCH_MAX_LINK_PASSES; p++) {
        assert_true(all[p] > 50);
    }
}

static void test_align_with_too_many_rows_or_passes_or_another_order_fails(void **state)
{
    (void)state;
    const sch_run run = {.a = 0, .b = 1, .c = 2};
    const sch_align_size size = {UINT32_MAX / 2 + 1, UINT32_MAX / 2, 1, false, 1};
    const sch_perm order = {0};
    size_t links = 0;
    uint64_t join_ns = 0;
    unit_assert_code(sch_align_spine(&run, NULL, &order, &size, NULL), SCH_BAD_INPUT);
    unit_assert_code(sch_align_data(&run, &size, NULL, NULL), SCH_BAD_INPUT);
    unit_assert_code(sch_align_helper(&run, NULL, &links, NULL, &join_ns, &size), SCH_BAD_INPUT);
    const sch_align_size small = {1, 0, 1, false, 1};
    unit_assert_code(sch_align_spine(&run, NULL, &order, &small, NULL), SCH_BUG);
    for (size_t passes = 0; passes <= SCH_MAX_LINK_PASSES + 1; passes += SCH_MAX_LINK_PASSES + 1) {
        const sch_align_size none = {0, 0, 1, false, passes};
        unit_assert_code(sch_align_spine(&run, NULL, &order, &none, NULL), SCH_BUG);
        unit_assert_code(sch_align_data(&run, &none, NULL, NULL), SCH_BUG);
        unit_assert_code(sch_align_helper(&run, NULL, &links, NULL, &join_ns, &none), SCH_BUG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_align_of_random_rows_puts_them_in_the_spine_s_order),
        cmocka_unit_test(test_align_of_a_tag_that_occurs_twice_goes_on),
        cmocka_unit_test(test_align_in_passes_matches_rows_pass_by_pass),
        cmocka_unit_test(test_align_with_too_many_rows_or_passes_or_another_order_fails),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
