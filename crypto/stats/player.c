#include "crypto/stats/player.h"

#include "crypto/protocol/less.h"
#include "crypto/protocol/multiply.h"
#include "crypto/protocol/times.h"

/* What one run sends, all parties together; less.c has the numbers of planes. */
enum {
    WORD_BYTES = 8,
    MULTIPLY_BYTES = WORD_BYTES + 2 * 2 * WORD_BYTES, /* a word */
    TIMES_BYTES = WORD_BYTES + 2 * WORD_BYTES,        /* a word */
    LESS_CELLS = 64,                                  /* that share their planes */
    LESS_DEALT_PLANES = 64 + 2 * 62 + 64,
    LESS_OPENED_PLANES = 3 * 62 + 1,
    LESS_PLANE_BYTES = (LESS_DEALT_PLANES + 2 * LESS_OPENED_PLANES) * WORD_BYTES, /* 64 cells */
};

sch_err sch_player_init(sch_player *player, const sch_run *run)
{
    *player = (sch_player){.run = *run, .part = SCH_PLAYS_NONE, .step = run->step};
    if (run->seat == NULL) {
        return SCH_NONE;
    }
    sch_party self = run->seat->link->self;
    player->part = self == run->a   ? SCH_PLAYS_A
                   : self == run->b ? SCH_PLAYS_B
                   : self == run->c ? SCH_PLAYS_C
                                    : SCH_PLAYS_NONE;
    return sch_check(player->part != SCH_PLAYS_NONE, SCH_BUG, "a party without a part plays");
}

/* The next run, which takes `steps` numbers and has all parties send `bytes`. */
static sch_err take_run(sch_player *player, sch_run *run, uint32_t steps, uint64_t bytes)
{
    *run = player->run;
    run->step = (uint16_t)player->step;
    player->step += steps;
    player->bytes += bytes;
    return sch_check(player->step <= UINT16_MAX, SCH_BUG, "more messages than can be numbered");
}

sch_err sch_player_multiply(sch_player *player, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count)
{
    sch_err err = SCH_NONE;
    sch_run run;
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(take_run(player, &run, SCH_MULTIPLY_STEPS, (uint64_t)count * MULTIPLY_BYTES));
    if (player->part == SCH_PLAYS_A) {
        SCH_TRY(sch_multiply_a(&run, z, x, y, count));
    } else if (player->part == SCH_PLAYS_B) {
        SCH_TRY(sch_multiply_b(&run, z, x, y, count));
    } else if (player->part == SCH_PLAYS_C) {
        SCH_TRY(sch_multiply_c(&run, count));
    }
out:
    return err;
}

sch_err sch_player_times(sch_player *player, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count)
{
    sch_err err = SCH_NONE;
    sch_run run;
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(take_run(player, &run, SCH_TIMES_STEPS, (uint64_t)count * TIMES_BYTES));
    if (player->part == SCH_PLAYS_A) {
        SCH_TRY(sch_times_a(&run, z, x, y, count));
    } else if (player->part == SCH_PLAYS_B) {
        SCH_TRY(sch_times_b(&run, z, y, count));
    } else if (player->part == SCH_PLAYS_C) {
        SCH_TRY(sch_times_c(&run, count));
    }
out:
    return err;
}

sch_err sch_player_less(sch_player *player, uint64_t *y, const uint64_t *x, const uint64_t *t, size_t count)
{
    sch_err err = SCH_NONE;
    sch_run run;
    uint64_t planes = (uint64_t)count / LESS_CELLS + (count % LESS_CELLS != 0);
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(take_run(player, &run, SCH_LESS_STEPS, planes * LESS_PLANE_BYTES + (uint64_t)count * 2 * WORD_BYTES));
    if (player->part == SCH_PLAYS_A) {
        SCH_TRY(sch_less_a(&run, y, x, t, count));
    } else if (player->part == SCH_PLAYS_B) {
        SCH_TRY(sch_less_b(&run, y, x, count));
    } else if (player->part == SCH_PLAYS_C) {
        SCH_TRY(sch_less_c(&run, count));
    }
out:
    return err;
}
