/* Comparisons on cells: all steps' cells end to end, in pieces of a fixed number, which bounds memory. */
#include "crypto/stats/cell_steps.h"

#include <string.h>

#include "crypto/protocol/less.h"
#include "crypto/share/ring.h"

enum { PIECE_CELLS = 1 << 15, FIRST_STEP = 1 };

typedef struct step_run {
    const sch_seat *seat;
    const sch_cell_shape *shape;
    const sch_cell_step *step;
    const sch_cast *cast;
    size_t all; /* steps x cells */
} step_run;

static sch_err check(const step_run *r, size_t step_count)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < step_count; i++) {
        const sch_cell_step *step = &r->step[i];
        SCH_TRY(sch_check(step->out < r->shape->columns && step->a < r->shape->columns && step->b < r->shape->columns,
                          SCH_BUG, "a cell step's column is out of range"));
        for (size_t k = 0; k < step_count; k++) {
            SCH_TRY(sch_check(r->step[k].out != step->a && r->step[k].out != step->b, SCH_BUG,
                              "a cell step reads what another makes"));
        }
    }
    SCH_TRY(sch_check(r->all / PIECE_CELLS < UINT16_MAX / SCH_LESS_STEPS - FIRST_STEP, SCH_BUG,
                      "there are more cells to compare than messages can be numbered"));
out:
    return err;
}

/* This holder's share of what is compared: the spine's has the constants. */
static void fill(const step_run *r, uint64_t *x, const uint64_t *values, size_t first, size_t count, bool is_spine)
{
    size_t cells = r->shape->cells;
    for (size_t i = 0; i < count; i++) {
        const sch_cell_step *step = &r->step[(first + i) / cells];
        size_t cell = (first + i) % cells;
        x[i] = (uint64_t)step->factor_a * values[step->a * cells + cell] +
               (uint64_t)step->factor_b * values[step->b * cells + cell] + (is_spine ? (uint64_t)step->constant : 0);
    }
}

static sch_err hold(const step_run *r, uint64_t *values, bool is_spine)
{
    sch_err err = SCH_NONE;
    size_t cells = r->shape->cells;
    size_t piece = r->all < PIECE_CELLS ? r->all : PIECE_CELLS;
    sch_ring x = {0}, bound = {0};
    uint16_t number = FIRST_STEP;
    SCH_TRY(sch_ring_init(&x, piece, 1));
    SCH_TRY(sch_ring_init_zero(&bound, piece, 1));
    for (size_t first = 0; first < r->all; first += PIECE_CELLS, number = (uint16_t)(number + SCH_LESS_STEPS)) {
        size_t count = r->all - first < PIECE_CELLS ? r->all - first : PIECE_CELLS;
        const sch_run run = {r->seat, r->cast->spine, r->cast->second, r->cast->third, number};
        fill(r, x.word, values, first, count, is_spine);
        SCH_TRY(is_spine ? sch_less_a(&run, x.word, x.word, bound.word, count)
                         : sch_less_b(&run, x.word, x.word, count));
        for (size_t i = 0; i < count; i++) {
            values[r->step[(first + i) / cells].out * cells + (first + i) % cells] = (is_spine ? 1 : 0) - x.word[i];
        }
    }
out:
    sch_ring_clear(&x);
    sch_ring_clear(&bound);
    return err;
}

static sch_err assist(const step_run *r)
{
    sch_err err = SCH_NONE;
    uint16_t number = FIRST_STEP;
    for (size_t first = 0; first < r->all; first += PIECE_CELLS, number = (uint16_t)(number + SCH_LESS_STEPS)) {
        size_t count = r->all - first < PIECE_CELLS ? r->all - first : PIECE_CELLS;
        const sch_run run = {r->seat, r->cast->spine, r->cast->second, r->cast->third, number};
        SCH_TRY(sch_less_c(&run, count));
    }
out:
    return err;
}

sch_err sch_cell_steps_run(const sch_seat *seat, uint64_t *values, const sch_cell_shape *shape,
                           const sch_cell_step *step, size_t step_count, const bool *scratch, const sch_cast *cast)
{
    sch_err err = SCH_NONE;
    const step_run r = {seat, shape, step, cast, step_count * shape->cells};
    SCH_TRY(check(&r, step_count));
    if (seat->link->self == cast->third) {
        return assist(&r);
    }
    SCH_TRY(sch_check(values != NULL, SCH_BUG, "a holder's cells are missing"));
    SCH_TRY(hold(&r, values, seat->link->self == cast->spine));
    for (size_t j = 0; j < shape->columns; j++) {
        if (scratch[j]) {
            memset(values + j * shape->cells, 0, shape->cells * sizeof *values);
        }
    }
out:
    return err;
}
