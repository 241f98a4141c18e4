/* MOVE (computation.md step 6).
 *
 *   x = x_A + x_B   `count` words
 *   m               a mask, from stream(AB)
 *
 *   0  B -> C       y_C = x_B - m
 *      A keeps      y_A = x_A + m */
#include "crypto/protocol/move.h"

#include "crypto/share/ring.h"

enum { MESSAGE_SHARE };

static const char STREAM_MASK[] = "move.mask";

/* The pair's mask. m is initialised here. */
static sch_err read_mask(const sch_run *run, sch_ring *m, sch_party other, size_t count)
{
    sch_err err = SCH_NONE;
    sch_stream mask_ab = {0};
    SCH_TRY(sch_run_stream(run, &mask_ab, other, STREAM_MASK));
    SCH_TRY(sch_ring_init(m, count, 1));
    SCH_TRY(sch_stream_read(&mask_ab, m->word, sch_ring_bytes(m)));
out:
    sch_stream_clear(&mask_ab);
    return err;
}

/* ---- A ---- */

sch_err sch_move_a(const sch_run *run, uint64_t *y, const uint64_t *x, size_t count)
{
    sch_err err = SCH_NONE;
    sch_ring m = {0};
    SCH_TRY(read_mask(run, &m, run->b, count));
    /* y_A = x_A + m */
    sch_ring_add(y, x, m.word, count);
out:
    sch_ring_clear(&m);
    return err;
}

/* ---- B ---- */

sch_err sch_move_b(const sch_run *run, const uint64_t *x, size_t count)
{
    sch_err err = SCH_NONE;
    sch_ring m = {0};
    SCH_TRY(read_mask(run, &m, run->a, count));
    /* 0  B -> C  y_C = x_B - m, written over m */
    sch_ring_sub(m.word, x, m.word, count);
    SCH_TRY(sch_run_send(run, run->c, MESSAGE_SHARE, m.word, sch_ring_bytes(&m)));
out:
    sch_ring_clear(&m);
    return err;
}

/* ---- C ---- */

sch_err sch_move_c(const sch_run *run, uint64_t *y, size_t count)
{
    return sch_run_receive(run, run->b, MESSAGE_SHARE, y, count * sizeof *y);
}
