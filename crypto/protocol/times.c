/* TIMES (computation.md step 6, known times held).
 *
 *   x               `count` words, known to A
 *   y = y_A + y_B   `count` words; x y_A is A's own work, what is left is the cross term x y_B
 *   a, b, c = a b   a from stream(AC), b from stream(BC); c_A from stream(AC), which leaves c_B to be sent
 *
 *   0  C -> B       c_B = a b - c_A
 *   1  A <-> B      A sends d = x - a, B sends e = y_B - b
 *      A keeps      z_A = x y_A + a e + c_A
 *      B keeps      z_B = d y_B + c_B
 *
 * since x y_B = (d + a) y_B = d y_B + a (e + b). */
#include "crypto/protocol/times.h"

#include "crypto/share/ring.h"

enum { MESSAGE_TRIPLE, MESSAGE_OPEN };

static const char STREAM_TRIPLE[] = "times.triple";

/* ---- A ---- */

sch_err sch_times_a(const sch_run *run, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count)
{
    sch_err err = SCH_NONE;
    sch_ring triple = {0}; /* a, c_A */
    sch_ring d = {0};
    sch_ring e = {0};
    sch_stream triple_ac = {0};
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_run_stream(run, &triple_ac, run->c, STREAM_TRIPLE));
    SCH_TRY(sch_ring_init(&triple, count, 2));
    SCH_TRY(sch_ring_init(&d, count, 1));
    SCH_TRY(sch_ring_init(&e, count, 1));
    SCH_TRY(sch_stream_read(&triple_ac, triple.word, sch_ring_bytes(&triple)));
    const uint64_t *a = triple.word;
    const uint64_t *c = triple.word + count;
    /* 1  A <-> B  d = x - a; e */
    sch_ring_sub(d.word, x, a, count);
    SCH_TRY(sch_run_exchange(run, run->b, MESSAGE_OPEN, d.word, e.word, sch_ring_bytes(&d)));
    /* z_A = x y_A + a e + c_A */
    for (size_t i = 0; i < count; i++) {
        z[i] = x[i] * y[i] + a[i] * e.word[i] + c[i];
    }
out:
    sch_stream_clear(&triple_ac);
    sch_ring_clear(&e);
    sch_ring_clear(&d);
    sch_ring_clear(&triple);
    return err;
}

/* ---- B ---- */

sch_err sch_times_b(const sch_run *run, uint64_t *z, const uint64_t *y, size_t count)
{
    sch_err err = SCH_NONE;
    sch_ring c = {0};
    sch_ring d = {0};
    sch_ring e = {0};
    sch_stream triple_bc = {0};
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_run_stream(run, &triple_bc, run->c, STREAM_TRIPLE));
    SCH_TRY(sch_ring_init(&c, count, 1));
    SCH_TRY(sch_ring_init(&d, count, 1));
    SCH_TRY(sch_ring_init(&e, count, 1));
    SCH_TRY(sch_stream_read(&triple_bc, e.word, sch_ring_bytes(&e)));
    /* 0  C -> B  c_B */
    SCH_TRY(sch_run_receive(run, run->c, MESSAGE_TRIPLE, c.word, sch_ring_bytes(&c)));
    /* 1  A <-> B  e = y_B - b, written over b; d */
    sch_ring_sub(e.word, y, e.word, count);
    SCH_TRY(sch_run_exchange(run, run->a, MESSAGE_OPEN, e.word, d.word, sch_ring_bytes(&d)));
    /* z_B = d y_B + c_B */
    for (size_t i = 0; i < count; i++) {
        z[i] = d.word[i] * y[i] + c.word[i];
    }
out:
    sch_stream_clear(&triple_bc);
    sch_ring_clear(&e);
    sch_ring_clear(&d);
    sch_ring_clear(&c);
    return err;
}

/* ---- C ---- */

sch_err sch_times_c(const sch_run *run, size_t count)
{
    sch_err err = SCH_NONE;
    sch_ring of_a = {0}; /* a, c_A */
    sch_ring of_b = {0}; /* b */
    sch_stream triple_ac = {0};
    sch_stream triple_bc = {0};
    if (count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_run_stream(run, &triple_ac, run->a, STREAM_TRIPLE));
    SCH_TRY(sch_run_stream(run, &triple_bc, run->b, STREAM_TRIPLE));
    SCH_TRY(sch_ring_init(&of_a, count, 2));
    SCH_TRY(sch_ring_init(&of_b, count, 1));
    SCH_TRY(sch_stream_read(&triple_ac, of_a.word, sch_ring_bytes(&of_a)));
    SCH_TRY(sch_stream_read(&triple_bc, of_b.word, sch_ring_bytes(&of_b)));
    /* 0  C -> B  c_B = a b - c_A, written over b */
    for (size_t i = 0; i < count; i++) {
        of_b.word[i] = of_a.word[i] * of_b.word[i] - of_a.word[count + i];
    }
    SCH_TRY(sch_run_send(run, run->b, MESSAGE_TRIPLE, of_b.word, sch_ring_bytes(&of_b)));
out:
    sch_stream_clear(&triple_bc);
    sch_stream_clear(&triple_ac);
    sch_ring_clear(&of_b);
    sch_ring_clear(&of_a);
    return err;
}
