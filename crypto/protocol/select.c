/* SELECT (computation.md step 4.4).
 *
 *   x = x_A + x_C   rows x columns
 *   e_0, e_1, ...   the wanted rows, known to A, ascending
 *   rho, c          a random permutation and a mask, from stream(AC)
 *
 *   0  C -> B       m = rho(x_C + c)
 *   1  A -> B       the positions p_g = rho(e_g)
 *      B keeps      y_B = m[p_g] = (x_C + c)[e_g]
 *      A keeps      y_A = (x_A - c)[e_g]
 *
 * As in PERMUTE the mask is added, and before rho: A then meets the rows e_g of c one after the other as the stream
 * goes by. */
#include "crypto/protocol/select.h"

#include "crypto/protocol/masked.h"
#include "crypto/share/ring.h"
#include "crypto/share/rows.h"

enum { MESSAGE_TABLE, MESSAGE_POSITIONS };

static const char STREAM_RHO[] = "select.rho";
static const char STREAM_MASK[] = "select.mask";

/* ---- A ---- */

/* y_A = (x_A - c)[e_g] */
static sch_err keep_rows(uint64_t *y, const sch_perm *e, const uint64_t *x, size_t rows, size_t columns,
                         sch_stream *mask_ac)
{
    sch_err err = SCH_NONE;
    sch_ring c = {0};
    size_t piece_rows = sch_masked_piece_rows(columns);
    size_t g = 0;
    SCH_TRY(sch_ring_init(&c, piece_rows, columns));
    for (size_t first = 0; first < rows && g < e->rows; first += piece_rows) {
        size_t piece = rows - first < piece_rows ? rows - first : piece_rows;
        SCH_TRY(sch_stream_read(mask_ac, c.word, piece * columns * sizeof *c.word));
        for (; g < e->rows && e->to[g] < first + piece; g++) {
            size_t at = e->to[g];
            SCH_TRY(sch_check(at >= first, SCH_BUG, "rows to select are not in ascending order"));
            sch_ring_sub(y + g * columns, x + at * columns, c.word + (at - first) * columns, columns);
        }
    }
    SCH_TRY(sch_check(g == e->rows, SCH_BUG, "a row to select is out of range"));
out:
    sch_ring_clear(&c);
    return err;
}

sch_err sch_select_a(const sch_run *run, uint64_t *y, const sch_perm *e, const uint64_t *x, size_t rows, size_t columns)
{
    sch_err err = SCH_NONE;
    sch_perm rho = {0};
    sch_perm p = {0};
    sch_stream rho_ac = {0};
    sch_stream mask_ac = {0};
    SCH_TRY(sch_check(columns > 0, SCH_BUG, "a table without columns"));
    /* y_A = (x_A - c)[e_g]; first, since it also finds an e_g that is out of range */
    SCH_TRY(sch_run_stream(run, &mask_ac, run->c, STREAM_MASK));
    SCH_TRY(keep_rows(y, e, x, rows, columns, &mask_ac));
    /* 1  A -> B  p_g = rho(e_g) */
    SCH_TRY(sch_run_stream(run, &rho_ac, run->c, STREAM_RHO));
    SCH_TRY(sch_perm_init_stream(&rho, rows, &rho_ac));
    SCH_TRY(sch_perm_init(&p, e->rows));
    sch_perm_compose(&p, &rho, e);
    SCH_TRY(sch_run_send(run, run->b, MESSAGE_POSITIONS, p.to, p.rows * SCH_PERM_ITEM_BYTES));
out:
    sch_stream_clear(&mask_ac);
    sch_stream_clear(&rho_ac);
    sch_perm_clear(&p);
    sch_perm_clear(&rho);
    return err;
}

/* ---- B ---- */

sch_err sch_select_b(const sch_run *run, uint64_t *y, size_t picked, size_t rows, size_t columns)
{
    sch_err err = SCH_NONE;
    sch_ring m = {0};
    sch_perm p = {0};
    SCH_TRY(sch_ring_init(&m, rows, columns));
    SCH_TRY(sch_perm_init(&p, picked));
    /* 0  C -> B  m */
    SCH_TRY(sch_run_receive(run, run->c, MESSAGE_TABLE, m.word, sch_ring_bytes(&m)));
    /* 1  A -> B  p_g */
    SCH_TRY(sch_run_receive(run, run->a, MESSAGE_POSITIONS, p.to, p.rows * SCH_PERM_ITEM_BYTES));
    SCH_TRY(sch_perm_check_distinct(p.to, p.rows, rows));
    /* y_B = m[p_g] */
    sch_rows_pick(y, m.word, p.to, p.rows, columns);
out:
    sch_perm_clear(&p);
    sch_ring_clear(&m);
    return err;
}

/* ---- C ---- */

sch_err sch_select_c(const sch_run *run, const uint64_t *x, size_t rows, size_t columns)
{
    sch_err err = SCH_NONE;
    sch_ring m = {0};
    sch_perm rho = {0};
    sch_stream rho_ac = {0};
    sch_stream mask_ac = {0};
    SCH_TRY(sch_check(columns > 0, SCH_BUG, "a table without columns"));
    /* 0  C -> B  m = rho(x_C + c) */
    SCH_TRY(sch_run_stream(run, &rho_ac, run->a, STREAM_RHO));
    SCH_TRY(sch_run_stream(run, &mask_ac, run->a, STREAM_MASK));
    SCH_TRY(sch_perm_init_stream(&rho, rows, &rho_ac));
    SCH_TRY(sch_ring_init(&m, rows, columns));
    SCH_TRY(sch_masked_place_sum(m.word, &rho, x, columns, 0, &mask_ac));
    SCH_TRY(sch_run_send(run, run->b, MESSAGE_TABLE, m.word, sch_ring_bytes(&m)));
out:
    sch_stream_clear(&mask_ac);
    sch_stream_clear(&rho_ac);
    sch_perm_clear(&rho);
    sch_ring_clear(&m);
    return err;
}
