/* KEEP (computation.md step 3).
 *
 *   x = x_S + x_H       rows x columns, in S's random order; where they are codes + is XOR
 *   e_0 < e_1 < ...     the positions of the rows that go on, known to S
 *
 *   0  S -> H           e
 *      S keeps          y_S = x_S[e_g]
 *      H keeps          y_H = x_H[e_g] */
#include "crypto/protocol/keep.h"

enum { MESSAGE_POSITIONS };

/* y = x[e_g], in place of x: no row moves down, since e ascends. */
static void keep_rows(uint64_t *x, const sch_perm *e, size_t columns)
{
    for (size_t g = 0; g < e->rows; g++) {
        const uint64_t *row = x + e->to[g] * columns;
        for (size_t k = 0; k < columns; k++) {
            x[g * columns + k] = row[k];
        }
    }
}

/* ---- S ---- */

sch_err sch_keep_spine(const sch_run *run, uint64_t *x, const sch_perm *e, size_t columns)
{
    sch_err err = SCH_NONE;
    /* 0  S -> H  e */
    SCH_TRY(sch_run_send(run, run->c, MESSAGE_POSITIONS, e->to, e->rows * SCH_PERM_ITEM_BYTES));
    /* y_S = x_S[e_g] */
    keep_rows(x, e, columns);
out:
    return err;
}

/* ---- H ---- */

static sch_err check_positions(const sch_perm *e, size_t rows)
{
    sch_err err = SCH_NONE;
    for (size_t g = 0; g < e->rows; g++) {
        SCH_TRY(sch_check(e->to[g] < rows, SCH_BAD_PEER, "a row to keep is out of range"));
        SCH_TRY(sch_check(g == 0 || e->to[g - 1] < e->to[g], SCH_BAD_PEER, "rows to keep are not in their order"));
    }
out:
    return err;
}

sch_err sch_keep_helper(const sch_run *run, sch_perm *e, uint64_t *x, size_t rows, size_t columns)
{
    sch_err err = SCH_NONE;
    /* 0  S -> H  e */
    SCH_TRY(sch_run_receive(run, run->a, MESSAGE_POSITIONS, e->to, e->rows * SCH_PERM_ITEM_BYTES));
    SCH_TRY(check_positions(e, rows));
    /* y_H = x_H[e_g] */
    keep_rows(x, e, columns);
out:
    return err;
}
