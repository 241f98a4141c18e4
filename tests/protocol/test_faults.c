/* Every message of a run dropped, cut, moved, repeated or garbled, one at a time: the run ends, with an error where
 * what is wrong can be seen, and no party crashes or waits for ever. */
#include "tests/protocol/cell_case.h"
#include "tests/protocol/steps_case.h"
#include "tests/protocol/table_case.h"
#include "tests/support/unit.h"

enum { WINDOW = 4 << 20, MOST_PARTIES = 5 };

/* What is run: a table by known groups with a program, the same linked in passes, one by secret codes, the rules of
 * cells, or steps on them. */
typedef enum case_kind { KNOWN_GROUPS, PASSES, SECRET_CODES, CELLS, STEPS, CASE_KINDS } case_kind;

typedef struct fault_case {
    case_kind kind;
    size_t parties;
    table_case table;
    cell_case cells;
    steps_case steps;
} fault_case;

static void make_steps(steps_case *c, uint64_t *seed)
{
    static const uint32_t DOMAIN[] = {2};
    static const uint64_t WORDS[] = {5, 90, 95, 20, 1, 21, 0, 0, 0};
    sch_cell_shape shape;
    cell_case_draw_shape(&shape, DOMAIN, 1, CELLS_ROLLUP, seed);
    cell_case_draw_rules(&shape, 3, seed);
    steps_case_init(c, &shape);
    c->steps = 2;
    c->step[0] = c->step[1] = (sch_cell_step){.out = 2, .a = 0, .b = 1, .factor_a = 1, .factor_b = -1};
    steps_case_set(c, WORDS, true, seed);
}

static void make_case(fault_case *f, case_kind kind)
{
    uint64_t seed = 41;
    *f = (fault_case){.kind = kind};
    f->parties = kind == CELLS || kind == STEPS ? 3 : MOST_PARTIES;
    if (kind == STEPS) {
        make_steps(&f->steps, &seed);
        return;
    }
    if (kind == CELLS) {
        static const uint32_t DOMAIN[] = {2, 2};
        sch_cell_shape shape;
        cell_case_draw_shape(&shape, DOMAIN, 2, CELLS_CUBE, &seed);
        cell_case_draw_rules(&shape, 2, &seed);
        shape.rule_count[0] = 3;
        shape.rule[0][1] = shape.rule[0][2] = shape.rule[0][0];
        cell_case_init(&f->cells, &shape, (sch_disclosure){3, true}, 9, &seed);
        return;
    }
    bool sorted = kind == SECRET_CODES;
    bool passes = kind == PASSES;
    const table_size size = {.parties = MOST_PARTIES,
                             .spine_rows = 30,
                             .spine_groups = 5,
                             .spine_columns = 2,
                             .owners = 2,
                             .owner = {{40, 20, 2, sorted ? 3 : 1}, {20, 10, 2, sorted ? 2 : 1}},
                             .steps = 4,
                             .columns = 3,
                             .largest = 100,
                             .passes = passes ? 3 : 1,
                             .outside = 10,
                             .indicators = {passes}};
    table_case_init(&f->table, &size, &seed);
    f->table.cast = (sch_cast){.spine = 0, .data = {1, 2}, .helper = {2, 3}, .second = 4, .third = 3};
    uint16_t last = (uint16_t)(sch_table_register(&f->table.shape, 1) + 1); /* of the second data owner */
    uint16_t steps = sch_table_register(&f->table.shape, 2);
    f->table.shape.step[0] = (sch_row_step){SCH_ROW_PRODUCT, 0, 2, 0, 0, 0};
    f->table.shape.step[1] = (sch_row_step){SCH_ROW_PRODUCT, 3, last, 0, 0, 0};
    f->table.shape.step[2] = (sch_row_step){SCH_ROW_NEGATIVE, 3, last, 1, -1, 0};
    f->table.shape.step[3] = (sch_row_step){SCH_ROW_LINEAR, (uint16_t)(steps + 1), (uint16_t)(steps + 2), 1, 1, 1};
    f->table.shape.column[0] = steps;
    f->table.shape.column[1] = (uint16_t)(steps + 3);
    f->table.shape.column[2] = passes ? 4 : 2; /* 4: an indicator */
    unit_assert_ok(sch_cast_check(&f->table.cast, &f->table.shape));
    table_case_sum(&f->table);
}

static void clear_case(fault_case *f)
{
    if (f->kind == CELLS) {
        cell_case_clear(&f->cells);
    } else if (f->kind == STEPS) {
        steps_case_clear(&f->steps);
    } else {
        table_case_clear(&f->table);
    }
}

static sch_err play_case(const sch_seat *seat, void *context)
{
    fault_case *f = context;
    return f->kind == CELLS   ? cell_case_play(seat, &f->cells)
           : f->kind == STEPS ? steps_case_play(seat, &f->steps)
                              : table_case_play(seat, &f->table);
}

static void assert_result(const fault_case *f)
{
    if (f->kind == CELLS) {
        cell_case_assert_disclosed(&f->cells);
    } else if (f->kind == STEPS) {
        steps_case_assert(&f->steps);
    } else {
        table_case_assert_sums(&f->table);
    }
}

typedef struct outcome {
    size_t runs, failed, as_bad_peer, last;
} outcome;

/* One run with one fault. is_last: no later message goes the same way. */
static void run_with_fault(outcome *result, case_kind kind, local_fault fault, bool is_last)
{
    fault_case f;
    make_case(&f, kind);
    local_net *net = local_net_new(WINDOW, f.parties);
    assert_non_null(net);
    local_net_set_fault(net, fault);
    test_parties parties;
    parties_init(&parties, net, f.parties, 7, 0, NULL);
    sch_err err = parties_run(&parties, play_case, &f);
    result->runs++;
    result->failed += sch_failed(err);
    result->as_bad_peer += err.code == SCH_BAD_PEER;
    result->last += is_last;
    if (sch_failed(err)) {
        assert_true(err.code == SCH_BAD_PEER || err.code == SCH_TRY_AGAIN);
    }
    switch (fault.kind) {
    case LOCAL_FAULT_NONE:
        unit_assert_ok(err);
        break;
    case LOCAL_FAULT_DROP: /* the receiver finds the next message in its place, or waits until all do */
    case LOCAL_FAULT_REORDER:
        assert_true(sch_failed(parties.err[fault.to]));
        break;
    case LOCAL_FAULT_TRUNCATE:
        unit_assert_code(parties.err[fault.to], SCH_BAD_PEER);
        break;
    case LOCAL_FAULT_REPEAT: /* a repeated last message is never read */
        unit_assert_code(parties.err[fault.to], is_last ? SCH_OK : SCH_BAD_PEER);
        break;
    default: /* garbled words are as good as any; garbled positions are out of range */
        break;
    }
    if (!sch_failed(err) && fault.kind != LOCAL_FAULT_GARBLE) {
        assert_result(&f);
    }
    local_net_free(net);
    clear_case(&f);
}

static size_t count_messages(size_t messages[MOST_PARTIES][MOST_PARTIES], case_kind kind)
{
    size_t all = 0;
    fault_case f;
    make_case(&f, kind);
    local_net *net = local_net_new(WINDOW, f.parties);
    assert_non_null(net);
    test_parties parties;
    parties_init(&parties, net, f.parties, 7, 0, NULL);
    unit_assert_ok(parties_run(&parties, play_case, &f));
    assert_result(&f);
    for (sch_party from = 0; from < f.parties; from++) {
        for (sch_party to = 0; to < f.parties; to++) {
            messages[from][to] = local_net_messages(net, from, to);
            all += messages[from][to];
        }
    }
    assert_false(local_net_was_stuck(net));
    local_net_free(net);
    clear_case(&f);
    return all;
}

static void check_fault(outcome *result, local_fault_kind fault, case_kind kind)
{
    size_t messages[MOST_PARTIES][MOST_PARTIES] = {{0}};
    size_t all = count_messages(messages, kind);
    for (sch_party from = 0; from < MOST_PARTIES; from++) {
        for (sch_party to = 0; to < MOST_PARTIES; to++) {
            for (size_t index = 0; index < messages[from][to]; index++) {
                run_with_fault(result, kind, (local_fault){fault, from, to, index}, index + 1 == messages[from][to]);
            }
        }
    }
    assert_int_equal(result->runs, all);
    /* Two alignments of 4 messages, two of columns moved, TIMES and MULTIPLY of 3, LESS of 17, PERMUTE and SELECT of 2;
     * or, after the first of these but for the last two, two of codes moved, PERMUTE of 2, three passes of SORT of 9
     * messages, SHUFFLE of 2, an order of 2, UNSHUFFLE and SHUFFLE of 2; or LESS of 17 alone. */
    static const size_t FEWEST[] = {8 + 2 + 3 + 3 + 17 + 4, 8 + 2 + 3 + 3 + 17 + 4, 8 + 2 + 3 + 3 + 17 + 1 + 2 + 27 + 8,
                                    60, 17};
    assert_true(all >= FEWEST[kind]);
}

static void test_run_with_a_dropped_message_fails(void **state)
{
    (void)state;
    for (case_kind kind = 0; kind < CASE_KINDS; kind++) {
        outcome result = {0};
        check_fault(&result, LOCAL_FAULT_DROP, kind);
        assert_int_equal(result.failed, result.runs);
        /* in a single LESS nothing else comes in the place of what is missing */
        assert_true(kind == STEPS || result.as_bad_peer > 0);
        assert_true(result.as_bad_peer < result.runs);
    }
}

static void test_run_with_a_truncated_message_fails_as_bad_peer(void **state)
{
    (void)state;
    for (case_kind kind = 0; kind < CASE_KINDS; kind++) {
        outcome result = {0};
        check_fault(&result, LOCAL_FAULT_TRUNCATE, kind);
        assert_int_equal(result.as_bad_peer, result.runs);
    }
}

static void test_run_with_reordered_messages_fails(void **state)
{
    (void)state;
    for (case_kind kind = 0; kind < CASE_KINDS; kind++) {
        outcome result = {0};
        check_fault(&result, LOCAL_FAULT_REORDER, kind);
        assert_int_equal(result.failed, result.runs);
        assert_true(kind == STEPS || result.as_bad_peer > 0);
        assert_true(result.as_bad_peer < result.runs);
    }
}

static void test_run_with_a_repeated_message_fails_or_never_reads_it(void **state)
{
    (void)state;
    for (case_kind kind = 0; kind < CASE_KINDS; kind++) {
        outcome result = {0};
        check_fault(&result, LOCAL_FAULT_REPEAT, kind);
        assert_true(result.last > 0);
        assert_int_equal(result.runs - result.failed, result.last); /* the last message of each ordered pair */
    }
}

static void test_run_with_a_garbled_message_ends(void **state)
{
    (void)state;
    /* Positions: two tau, kappa and the selected rows; or two tau, kappa, places of three passes and the order from
     * either side, and what makes places in each pass. */
    static const size_t FEWEST[] = {4, 4, 2 + 1 + 6 + 2, 0, 0};
    for (case_kind kind = 0; kind < CASE_KINDS; kind++) {
        outcome result = {0};
        check_fault(&result, LOCAL_FAULT_GARBLE, kind);
        assert_true(kind == SECRET_CODES ? result.as_bad_peer >= FEWEST[kind] : result.as_bad_peer == FEWEST[kind]);
        assert_true(result.as_bad_peer < result.runs);
    }
}

/* A party that is not there at all. */
static void check_absent(case_kind kind, sch_party absent)
{
    fault_case f;
    make_case(&f, kind);
    local_net *net = local_net_new(0, f.parties);
    assert_non_null(net);
    test_parties parties;
    parties_init(&parties, net, f.parties, 7, 0, NULL);
    memset(parties.seat[absent].pair_key, 0, sizeof parties.seat[absent].pair_key); /* it fails at its first stream */
    assert_true(sch_failed(parties_run(&parties, play_case, &f)));
    for (size_t p = 0; p < f.parties; p++) {
        sch_code code = parties.err[p].code;
        assert_true(p == absent ? code == SCH_BUG : code == SCH_TRY_AGAIN || code == SCH_OK);
    }
    if (absent != 0) {
        unit_assert_code(parties.err[0], SCH_TRY_AGAIN); /* the spine works to the end, and needs all the others */
    }
    local_net_free(net);
    clear_case(&f);
}

static void test_run_with_a_party_that_fails_ends_the_others(void **state)
{
    (void)state;
    size_t checked = 0;
    for (case_kind kind = 0; kind < CASE_KINDS; kind++) {
        for (sch_party absent = 0; absent < (kind == CELLS || kind == STEPS ? 3 : MOST_PARTIES); absent++, checked++) {
            check_absent(kind, absent);
        }
    }
    assert_int_equal(checked, 21);
}

static void test_run_that_is_cancelled_ends(void **state)
{
    (void)state;
    for (case_kind kind = 0; kind < CASE_KINDS; kind++) {
        fault_case f;
        make_case(&f, kind);
        local_net *net = local_net_new(WINDOW, f.parties);
        assert_non_null(net);
        test_parties parties;
        parties_init(&parties, net, f.parties, 7, 0, NULL);
        local_net_cancel(net);
        unit_assert_code(parties_run(&parties, play_case, &f), SCH_TRY_AGAIN);
        for (size_t p = 0; p < f.parties; p++) {
            unit_assert_code(parties.err[p], SCH_TRY_AGAIN);
        }
        local_net_free(net);
        clear_case(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_with_a_dropped_message_fails),
        cmocka_unit_test(test_run_with_a_truncated_message_fails_as_bad_peer),
        cmocka_unit_test(test_run_with_reordered_messages_fails),
        cmocka_unit_test(test_run_with_a_repeated_message_fails_or_never_reads_it),
        cmocka_unit_test(test_run_with_a_garbled_message_ends),
        cmocka_unit_test(test_run_with_a_party_that_fails_ends_the_others),
        cmocka_unit_test(test_run_that_is_cancelled_ends),
    };
    return sch_failed(sch_secret_start()) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
