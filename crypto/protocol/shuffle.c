/* SHUFFLE and UNSHUFFLE (computation.md step 5).
 *
 *   x = x_A + x_B        rows x columns; the first columns, of codes, x_A ^ x_B
 *   pi_1, pi_2, pi_3     random permutations, from stream(AB), stream(BC), stream(AC) of pi's own run
 *   pi                   pi_3 after pi_2 after pi_1
 *   m_1, m_2             masks, from stream(AB) and stream(BC) of this run
 *
 *   0  A -> C            u = pi_1(x_A - m_1)
 *   1  B -> A            v = pi_2(pi_1(x_B + m_1)) - m_2
 *      A keeps           y_A = pi_3(v)
 *      C keeps           y_C = pi_3(pi_2(u) + m_2)
 *
 * Each mask is taken where the one who has more to do meets its rows one after the other. UNSHUFFLE is the same with C
 * in B's part and B in C's: y is held by A and C, and the inverse of pi is that of pi_1 after that of pi_2 after that
 * of pi_3. */
#include "crypto/protocol/shuffle.h"

#include "crypto/protocol/masked.h"
#include "crypto/share/ring.h"
#include "crypto/share/rows.h"

enum { MESSAGE_FIRST, MESSAGE_SECOND };

static const char STREAM_FIRST[] = "shuffle.first";
static const char STREAM_SECOND[] = "shuffle.second";
static const char STREAM_THIRD[] = "shuffle.third";
static const char STREAM_MASK[] = "shuffle.mask";

/* ---- pi ---- */

static sch_err draw(sch_perm *perm, const sch_run *run, sch_party other, const char *label, size_t rows)
{
    sch_err err = SCH_NONE;
    sch_stream stream = {0};
    SCH_TRY(sch_run_stream(run, &stream, other, label));
    SCH_TRY(sch_perm_init_stream(perm, rows, &stream));
out:
    sch_stream_clear(&stream);
    return err;
}

sch_err sch_shuffle_init(sch_shuffle *shuffle, const sch_run *run, size_t rows)
{
    sch_err err = SCH_NONE;
    sch_party self = run->seat->link->self;
    *shuffle = (sch_shuffle){.rows = rows};
    if (self != run->c) {
        SCH_TRY(draw(&shuffle->first, run, self == run->a ? run->b : run->a, STREAM_FIRST, rows));
    }
    if (self != run->a) {
        SCH_TRY(draw(&shuffle->second, run, self == run->b ? run->c : run->b, STREAM_SECOND, rows));
    }
    if (self != run->b) {
        SCH_TRY(draw(&shuffle->third, run, self == run->a ? run->c : run->a, STREAM_THIRD, rows));
    }
out:
    return err;
}

void sch_shuffle_clear(sch_shuffle *shuffle)
{
    sch_perm_clear(&shuffle->first);
    sch_perm_clear(&shuffle->second);
    sch_perm_clear(&shuffle->third);
    shuffle->rows = 0;
}

/* The inverse of pi, as UNSHUFFLE's run has it. inverse is the caller's to clear, also on failure. */
static sch_err invert(sch_shuffle *inverse, const sch_shuffle *shuffle)
{
    sch_err err = SCH_NONE;
    inverse->rows = shuffle->rows;
    SCH_TRY(sch_perm_init(&inverse->first, shuffle->third.rows));
    sch_perm_invert(&inverse->first, &shuffle->third);
    SCH_TRY(sch_perm_init(&inverse->second, shuffle->second.rows));
    sch_perm_invert(&inverse->second, &shuffle->second);
    SCH_TRY(sch_perm_init(&inverse->third, shuffle->first.rows));
    sch_perm_invert(&inverse->third, &shuffle->first);
out:
    return err;
}

/* ---- A ---- */

sch_err sch_shuffle_a(const sch_run *run, const sch_shuffle *shuffle, uint64_t *y, const uint64_t *x, size_t columns,
                      size_t codes)
{
    sch_err err = SCH_NONE;
    sch_ring table = {0}; /* u, then v */
    sch_stream mask_ab = {0};
    SCH_TRY(sch_check(columns > 0 && codes <= columns, SCH_BUG, "a table without columns"));
    /* 0  A -> C  u = pi_1(x_A - m_1) */
    SCH_TRY(sch_ring_init(&table, shuffle->rows, columns));
    SCH_TRY(sch_run_stream(run, &mask_ab, run->b, STREAM_MASK));
    SCH_TRY(sch_masked_place_difference(table.word, &shuffle->first, x, columns, codes, &mask_ab));
    SCH_TRY(sch_run_send(run, run->c, MESSAGE_FIRST, table.word, sch_ring_bytes(&table)));
    /* 1  B -> A  v */
    SCH_TRY(sch_run_receive(run, run->b, MESSAGE_SECOND, table.word, sch_ring_bytes(&table)));
    /* y_A = pi_3(v) */
    sch_rows_place(y, shuffle->third.to, table.word, shuffle->rows, columns);
out:
    sch_stream_clear(&mask_ab);
    sch_ring_clear(&table);
    return err;
}

/* ---- B ---- */

sch_err sch_shuffle_b(const sch_run *run, const sch_shuffle *shuffle, const uint64_t *x, size_t columns, size_t codes)
{
    sch_err err = SCH_NONE;
    sch_perm both = {0};
    sch_ring v = {0};
    sch_stream mask_ab = {0};
    sch_stream mask_bc = {0};
    SCH_TRY(sch_check(columns > 0 && codes <= columns, SCH_BUG, "a table without columns"));
    /* 1  B -> A  v = pi_2(pi_1(x_B + m_1)) - m_2 */
    SCH_TRY(sch_perm_init(&both, shuffle->rows));
    sch_perm_compose(&both, &shuffle->second, &shuffle->first);
    SCH_TRY(sch_ring_init(&v, shuffle->rows, columns));
    SCH_TRY(sch_run_stream(run, &mask_ab, run->a, STREAM_MASK));
    SCH_TRY(sch_masked_place_sum(v.word, &both, x, columns, codes, &mask_ab));
    SCH_TRY(sch_run_stream(run, &mask_bc, run->c, STREAM_MASK));
    SCH_TRY(sch_masked_subtract(v.word, shuffle->rows, columns, codes, &mask_bc));
    SCH_TRY(sch_run_send(run, run->a, MESSAGE_SECOND, v.word, sch_ring_bytes(&v)));
out:
    sch_stream_clear(&mask_bc);
    sch_stream_clear(&mask_ab);
    sch_ring_clear(&v);
    sch_perm_clear(&both);
    return err;
}

/* ---- C ---- */

sch_err sch_shuffle_c(const sch_run *run, const sch_shuffle *shuffle, uint64_t *y, size_t columns, size_t codes)
{
    sch_err err = SCH_NONE;
    sch_ring u = {0};
    sch_ring turned = {0};
    sch_stream mask_bc = {0};
    SCH_TRY(sch_check(columns > 0 && codes <= columns, SCH_BUG, "a table without columns"));
    SCH_TRY(sch_ring_init(&u, shuffle->rows, columns));
    SCH_TRY(sch_ring_init(&turned, shuffle->rows, columns));
    /* 0  A -> C  u */
    SCH_TRY(sch_run_receive(run, run->a, MESSAGE_FIRST, u.word, sch_ring_bytes(&u)));
    /* y_C = pi_3(pi_2(u) + m_2) */
    sch_rows_place(turned.word, shuffle->second.to, u.word, shuffle->rows, columns);
    SCH_TRY(sch_run_stream(run, &mask_bc, run->b, STREAM_MASK));
    SCH_TRY(sch_masked_place_sum(y, &shuffle->third, turned.word, columns, codes, &mask_bc));
out:
    sch_stream_clear(&mask_bc);
    sch_ring_clear(&turned);
    sch_ring_clear(&u);
    return err;
}

/* ---- back again ---- */

static sch_run swap_b_and_c(const sch_run *run)
{
    return (sch_run){run->seat, run->a, run->c, run->b, run->step};
}

sch_err sch_unshuffle_a(const sch_run *run, const sch_shuffle *shuffle, uint64_t *x, const uint64_t *y, size_t columns,
                        size_t codes)
{
    sch_err err = SCH_NONE;
    const sch_run back = swap_b_and_c(run);
    sch_shuffle inverse = {0};
    SCH_TRY(invert(&inverse, shuffle));
    SCH_TRY(sch_shuffle_a(&back, &inverse, x, y, columns, codes));
out:
    sch_shuffle_clear(&inverse);
    return err;
}

sch_err sch_unshuffle_b(const sch_run *run, const sch_shuffle *shuffle, uint64_t *x, size_t columns, size_t codes)
{
    sch_err err = SCH_NONE;
    const sch_run back = swap_b_and_c(run);
    sch_shuffle inverse = {0};
    SCH_TRY(invert(&inverse, shuffle));
    SCH_TRY(sch_shuffle_c(&back, &inverse, x, columns, codes));
out:
    sch_shuffle_clear(&inverse);
    return err;
}

sch_err sch_unshuffle_c(const sch_run *run, const sch_shuffle *shuffle, const uint64_t *y, size_t columns, size_t codes)
{
    sch_err err = SCH_NONE;
    const sch_run back = swap_b_and_c(run);
    sch_shuffle inverse = {0};
    SCH_TRY(invert(&inverse, shuffle));
    SCH_TRY(sch_shuffle_b(&back, &inverse, y, columns, codes));
out:
    sch_shuffle_clear(&inverse);
    return err;
}
