/* MULTIPLY (computation.md step 6).
 *
 *   x, y            `count` words each, held by A and B
 *   a, b, c = a b   a triple: a_A, b_A, c_A from stream(AC), a_B, b_B from stream(BC), which leaves c_B to be sent
 *
 *   0  C -> B       c_B = (a_A + a_B)(b_A + b_B) - c_A
 *   1  A <-> B      d = x - a, e = y - b, opened
 *      A keeps      z_A = c_A + d b_A + e a_A + d e
 *      B keeps      z_B = c_B + d b_B + e a_B */
#include "crypto/protocol/multiply.h"

#include "crypto/share/ring.h"

enum { MESSAGE_TRIPLE, MESSAGE_OPEN };

static const char STREAM_TRIPLE[] = "multiply.triple";

/* 1  A <-> B  d and e opened, and z's share. triple: a, b, c, one after the other. */
static sch_err open_and_combine(const sch_run *run, sch_party peer, uint64_t *z, const uint64_t *x, const uint64_t *y,
                                const uint64_t *triple, size_t count)
{
    sch_err err = SCH_NONE;
    const uint64_t *a = triple;
    const uint64_t *b = triple + count;
    const uint64_t *c = triple + 2 * count;
    sch_ring mine = {0};
    sch_ring theirs = {0};
    SCH_TRY(sch_ring_init(&mine, count, 2));
    SCH_TRY(sch_ring_init(&theirs, count, 2));
    sch_ring_sub(mine.word, x, a, count);
    sch_ring_sub(mine.word + count, y, b, count);
    SCH_TRY(sch_run_exchange(run, peer, MESSAGE_OPEN, mine.word, theirs.word, sch_ring_bytes(&mine)));
    sch_ring_add(mine.word, mine.word, theirs.word, mine.count);
    uint64_t once = peer == run->b; /* d e goes to A alone */
    for (size_t i = 0; i < count; i++) {
        uint64_t d = mine.word[i];
        uint64_t e = mine.word[count + i];
        z[i] = c[i] + d * b[i] + e * a[i] + once * d * e;
    }
out:
    sch_ring_clear(&theirs);
    sch_ring_clear(&mine);
    return err;
}

/* ---- A ---- */

sch_err sch_multiply_a(const sch_run *run, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count)
{
    sch_err err = SCH_NONE;
    sch_ring triple = {0};
    sch_stream triple_ac = {0};
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_run_stream(run, &triple_ac, run->c, STREAM_TRIPLE));
    SCH_TRY(sch_ring_init(&triple, count, 3));
    SCH_TRY(sch_stream_read(&triple_ac, triple.word, sch_ring_bytes(&triple)));
    SCH_TRY(open_and_combine(run, run->b, z, x, y, triple.word, count));
out:
    sch_stream_clear(&triple_ac);
    sch_ring_clear(&triple);
    return err;
}

/* ---- B ---- */

sch_err sch_multiply_b(const sch_run *run, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count)
{
    sch_err err = SCH_NONE;
    sch_ring triple = {0};
    sch_stream triple_bc = {0};
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_run_stream(run, &triple_bc, run->c, STREAM_TRIPLE));
    SCH_TRY(sch_ring_init(&triple, count, 3));
    SCH_TRY(sch_stream_read(&triple_bc, triple.word, 2 * count * sizeof *triple.word));
    /* 0  C -> B  c_B */
    SCH_TRY(sch_run_receive(run, run->c, MESSAGE_TRIPLE, triple.word + 2 * count, count * sizeof *triple.word));
    SCH_TRY(open_and_combine(run, run->a, z, x, y, triple.word, count));
out:
    sch_stream_clear(&triple_bc);
    sch_ring_clear(&triple);
    return err;
}

/* ---- C ---- */

sch_err sch_multiply_c(const sch_run *run, size_t count)
{
    sch_err err = SCH_NONE;
    sch_ring of_a = {0};
    sch_ring of_b = {0};
    sch_stream triple_ac = {0};
    sch_stream triple_bc = {0};
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_run_stream(run, &triple_ac, run->a, STREAM_TRIPLE));
    SCH_TRY(sch_run_stream(run, &triple_bc, run->b, STREAM_TRIPLE));
    SCH_TRY(sch_ring_init(&of_a, count, 3));
    SCH_TRY(sch_ring_init(&of_b, count, 2));
    SCH_TRY(sch_stream_read(&triple_ac, of_a.word, sch_ring_bytes(&of_a)));
    SCH_TRY(sch_stream_read(&triple_bc, of_b.word, sch_ring_bytes(&of_b)));
    /* 0  C -> B  c_B = (a_A + a_B)(b_A + b_B) - c_A, written over a_B */
    for (size_t i = 0; i < count; i++) {
        uint64_t a = of_a.word[i] + of_b.word[i];
        uint64_t b = of_a.word[count + i] + of_b.word[count + i];
        of_b.word[i] = a * b - of_a.word[2 * count + i];
    }
    SCH_TRY(sch_run_send(run, run->b, MESSAGE_TRIPLE, of_b.word, count * sizeof *of_b.word));
out:
    sch_stream_clear(&triple_bc);
    sch_stream_clear(&triple_ac);
    sch_ring_clear(&of_b);
    sch_ring_clear(&of_a);
    return err;
}
