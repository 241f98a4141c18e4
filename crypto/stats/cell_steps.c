/* Comparisons on cells: all steps' cells end to end, in pieces of a fixed number, which bounds memory. The assistant
 * goes the same way without words, and so does the one who counts bytes. */
#include "crypto/stats/cell_steps.h"

#include <string.h>

#include "crypto/share/ring.h"
#include "crypto/stats/player.h"

enum { PIECE_CELLS = 1 << 15, FIRST_STEP = 1 };

typedef struct step_run {
    const sch_cell_shape *shape;
    const sch_cell_step *step;
    size_t all; /* steps x cells */
    sch_player player;
} step_run;

static sch_err check_numbers(const sch_cell_shape *shape, size_t step_count)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_cell_shape_check(shape));
    SCH_TRY(sch_check(step_count <= SCH_MAX_CELL_STEPS, SCH_BUG, "there are more cell steps than there can be"));
out:
    return err;
}

static sch_err check_steps(const sch_cell_shape *shape, const sch_cell_step *step, size_t step_count)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < step_count; i++) {
        SCH_TRY(sch_check(step[i].out < shape->columns && step[i].a < shape->columns && step[i].b < shape->columns,
                          SCH_BUG, "a cell step's column is out of range"));
        for (size_t k = 0; k < step_count; k++) {
            SCH_TRY(sch_check(step[k].out != step[i].a && step[k].out != step[i].b, SCH_BUG,
                              "a cell step reads what another makes"));
        }
    }
out:
    return err;
}

/* This holder's share of what is compared: the spine's has the constants. */
static void fill(const step_run *r, uint64_t *x, const uint64_t *values, size_t first, size_t count)
{
    size_t cells = r->shape->cells;
    for (size_t i = 0; i < count; i++) {
        const sch_cell_step *step = &r->step[(first + i) / cells];
        size_t cell = (first + i) % cells;
        x[i] = (uint64_t)step->factor_a * values[step->a * cells + cell] +
               (uint64_t)step->factor_b * values[step->b * cells + cell] +
               (uint64_t)step->constant * sch_player_one(&r->player);
    }
}

/* 1 - [x < 0] */
static void place(const step_run *r, uint64_t *values, const uint64_t *x, size_t first, size_t count)
{
    size_t cells = r->shape->cells;
    for (size_t i = 0; i < count; i++) {
        values[r->step[(first + i) / cells].out * cells + (first + i) % cells] = sch_player_one(&r->player) - x[i];
    }
}

static sch_err compare(step_run *r, uint64_t *values)
{
    sch_err err = SCH_NONE;
    bool holds = sch_player_holds(&r->player);
    size_t room = r->all < PIECE_CELLS ? r->all : PIECE_CELLS;
    sch_ring x = {0};
    sch_ring bound = {0};
    if (holds) {
        SCH_TRY(sch_ring_init(&x, room, 1));
        SCH_TRY(sch_ring_init_zero(&bound, room, 1));
    }
    for (size_t first = 0; first < r->all; first += PIECE_CELLS) {
        size_t count = r->all - first < PIECE_CELLS ? r->all - first : PIECE_CELLS;
        if (holds) {
            fill(r, x.word, values, first, count);
        }
        SCH_TRY(sch_player_less(&r->player, x.word, x.word, bound.word, count));
        if (holds) {
            place(r, values, x.word, first, count);
        }
    }
out:
    sch_ring_clear(&x);
    sch_ring_clear(&bound);
    return err;
}

sch_err sch_cell_steps_run(const sch_seat *seat, uint64_t *values, const sch_cell_shape *shape,
                           const sch_cell_step *step, size_t step_count, const bool *scratch, const sch_cast *cast)
{
    sch_err err = SCH_NONE;
    const sch_run run = {seat, cast->spine, cast->second, cast->third, FIRST_STEP};
    SCH_TRY(check_numbers(shape, step_count));
    SCH_TRY(check_steps(shape, step, step_count));
    step_run r = {.shape = shape, .step = step, .all = step_count * shape->cells};
    SCH_TRY(sch_player_init(&r.player, &run));
    bool holds = sch_player_holds(&r.player);
    SCH_TRY(sch_check(!holds || values != NULL, SCH_BUG, "a holder's cells are missing"));
    SCH_TRY(compare(&r, values));
    for (size_t j = 0; j < shape->columns && holds; j++) {
        if (scratch[j]) {
            memset(values + j * shape->cells, 0, shape->cells * sizeof *values);
        }
    }
out:
    return err;
}

uint64_t sch_cell_steps_bytes(const sch_cell_shape *shape, size_t step_count)
{
    if (sch_failed(check_numbers(shape, step_count))) {
        return 0;
    }
    step_run r = {.shape = shape, .all = step_count * shape->cells, .player = {.part = SCH_PLAYS_NONE}};
    return sch_failed(compare(&r, NULL)) ? 0 : r.player.bytes;
}
