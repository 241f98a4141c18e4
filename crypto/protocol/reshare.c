/* RESHARE (computation.md step 3).
 *
 *   x               `count` words, known to C
 *   y = y_A + y_B   `count` words, held by A and B
 *   m               a mask, from stream(BC)
 *
 *   0  C -> A       d = x - m
 *      A keeps      y_A + d
 *      B keeps      y_B + m
 *
 * With `exclusive` both + and - are XOR. */
#include "crypto/protocol/reshare.h"

#include "crypto/share/ring.h"

enum { MESSAGE_DIFFERENCE };

static const char STREAM_MASK[] = "reshare.mask";

/* The pair's mask. m is initialised here. */
static sch_err read_mask(const sch_run *run, sch_ring *m, sch_party other, size_t count)
{
    sch_err err = SCH_NONE;
    sch_stream mask_bc = {0};
    SCH_TRY(sch_run_stream(run, &mask_bc, other, STREAM_MASK));
    SCH_TRY(sch_ring_init(m, count, 1));
    SCH_TRY(sch_stream_read(&mask_bc, m->word, sch_ring_bytes(m)));
out:
    sch_stream_clear(&mask_bc);
    return err;
}

static void add_words(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t count, bool exclusive)
{
    if (!exclusive) {
        sch_ring_add(out, a, b, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = a[i] ^ b[i];
    }
}

/* ---- A ---- */

sch_err sch_reshare_a(const sch_run *run, uint64_t *y, size_t count, bool exclusive)
{
    sch_err err = SCH_NONE;
    sch_ring d = {0};
    SCH_TRY(sch_ring_init(&d, count, 1));
    /* 0  C -> A  d */
    SCH_TRY(sch_run_receive(run, run->c, MESSAGE_DIFFERENCE, d.word, sch_ring_bytes(&d)));
    /* y_A + d */
    add_words(y, y, d.word, count, exclusive);
out:
    sch_ring_clear(&d);
    return err;
}

/* ---- B ---- */

sch_err sch_reshare_b(const sch_run *run, uint64_t *y, size_t count, bool exclusive)
{
    sch_err err = SCH_NONE;
    sch_ring m = {0};
    SCH_TRY(read_mask(run, &m, run->c, count));
    /* y_B + m */
    add_words(y, y, m.word, count, exclusive);
out:
    sch_ring_clear(&m);
    return err;
}

/* ---- C ---- */

sch_err sch_reshare_c(const sch_run *run, const uint64_t *x, size_t count, bool exclusive)
{
    sch_err err = SCH_NONE;
    sch_ring m = {0};
    SCH_TRY(read_mask(run, &m, run->b, count));
    /* 0  C -> A  d = x - m, written over m */
    if (!exclusive) {
        sch_ring_negate(m.word, m.word, count);
    }
    add_words(m.word, x, m.word, count, exclusive);
    SCH_TRY(sch_run_send(run, run->a, MESSAGE_DIFFERENCE, m.word, sch_ring_bytes(&m)));
out:
    sch_ring_clear(&m);
    return err;
}
