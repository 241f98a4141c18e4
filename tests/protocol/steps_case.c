#include "tests/protocol/steps_case.h"

#include "tests/support/unit.h"

enum { PARTIES = 3 };

void steps_case_init(steps_case *c, const sch_cell_shape *shape)
{
    *c = (steps_case){.shape = *shape, .cast = {.spine = 0, .second = 1, .third = 2}};
    sch_ring *rings[] = {&c->clear, &c->values[0], &c->values[1], &c->values[2], &c->expected};
    for (size_t i = 0; i < sizeof rings / sizeof *rings; i++) {
        unit_assert_ok(sch_ring_init_zero(rings[i], shape->columns, shape->cells));
    }
}

void steps_case_clear(steps_case *c)
{
    for (size_t p = 0; p < PARTIES; p++) {
        sch_ring_clear(&c->values[p]);
    }
    sch_ring_clear(&c->clear);
    sch_ring_clear(&c->expected);
    *c = (steps_case){0};
}

static void expect(steps_case *c)
{
    typedef __int128 wide;
    size_t cells = c->shape.cells;
    const wide bound = (wide)1 << 62;
    memcpy(c->expected.word, c->clear.word, sch_ring_bytes(&c->clear));
    c->ones = c->zeros = 0;
    for (size_t s = 0; s < c->steps; s++) {
        const sch_cell_step *step = &c->step[s];
        for (size_t cell = 0; cell < cells; cell++) {
            wide sum = (wide)step->factor_a * (int64_t)c->clear.word[step->a * cells + cell] +
                       (wide)step->factor_b * (int64_t)c->clear.word[step->b * cells + cell] + step->constant;
            assert_true(-bound < sum && sum < bound);
            c->expected.word[step->out * cells + cell] = sum >= 0;
            c->ones += sum >= 0;
            c->zeros += sum < 0;
        }
    }
    for (size_t i = 0; i < c->expected.count; i++) {
        c->expected.word[i] = c->scratch[i / cells] ? 0 : c->expected.word[i];
    }
}

void steps_case_set(steps_case *c, const uint64_t *words, bool hidden, uint64_t *seed)
{
    for (size_t i = 0; i < c->clear.count; i++) {
        uint64_t mask = hidden ? parties_random(seed) : 0;
        c->clear.word[i] = words[i];
        c->values[c->cast.spine].word[i] = words[i] - mask;
        c->values[c->cast.second].word[i] = mask;
    }
    expect(c);
}

sch_err steps_case_play(const sch_seat *seat, void *context)
{
    steps_case *c = context;
    sch_party self = seat->link->self;
    if (self >= PARTIES) {
        return SCH_NONE;
    }
    return sch_cell_steps_run(seat, self == c->cast.third ? NULL : c->values[self].word, &c->shape, c->step, c->steps,
                              c->scratch, &c->cast);
}

sch_err steps_case_run(steps_case *c, size_t window, uint64_t seed)
{
    local_net *net = local_net_new(window, PARTIES);
    assert_non_null(net);
    test_parties parties;
    parties_init(&parties, net, PARTIES, seed, 5, NULL);
    sch_err err = parties_run(&parties, steps_case_play, c);
    c->bytes_sent = 0;
    for (sch_party p = 0; p < PARTIES; p++) {
        c->bytes_sent += local_net_bytes_sent(net, p);
    }
    local_net_free(net);
    return err;
}

void steps_case_assert(const steps_case *c)
{
    size_t wrong = 0;
    for (size_t i = 0; i < c->clear.count; i++) {
        wrong += c->values[c->cast.spine].word[i] + c->values[c->cast.second].word[i] != c->expected.word[i];
    }
    assert_int_equal(wrong, 0);
}
