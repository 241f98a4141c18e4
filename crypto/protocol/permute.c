/* PERMUTE (computation.md step 4.2).
 *
 *   x = x_A + x_B   rows x columns; where they are codes + and - are XOR
 *   psi             the wanted permutation, known to A
 *   rho, b          a random permutation and a mask, from stream(AB)
 *   kappa           psi = kappa after rho
 *
 *   0  A -> C       kappa
 *   1  B -> C       m = rho(x_B + b)
 *      C keeps      y_C = kappa(m) = psi(x_B + b)
 *      A keeps      y_A = psi(x_A - b)
 *
 * The mask is added, and before rho instead of after it: a uniformly random b is that in any order, and so A has one
 * permutation to apply and nobody stores b. */
#include "crypto/protocol/permute.h"

#include "crypto/protocol/masked.h"
#include "crypto/share/ring.h"
#include "crypto/share/rows.h"

enum { MESSAGE_KAPPA, MESSAGE_TABLE };

static const char STREAM_RHO[] = "permute.rho";
static const char STREAM_MASK[] = "permute.mask";

/* ---- A ---- */

/* The first `codes` columns are shared bit by bit. */
static sch_err permute_a(const sch_run *run, uint64_t *y, const sch_perm *psi, const uint64_t *x, size_t columns,
                         size_t codes)
{
    sch_err err = SCH_NONE;
    sch_perm rho = {0};
    sch_perm kappa = {0};
    sch_stream rho_ab = {0};
    sch_stream mask_ab = {0};
    SCH_TRY(sch_check(columns > 0, SCH_BUG, "a table without columns"));
    /* 0  A -> C  kappa */
    SCH_TRY(sch_run_stream(run, &rho_ab, run->b, STREAM_RHO));
    SCH_TRY(sch_perm_init_stream(&rho, psi->rows, &rho_ab));
    SCH_TRY(sch_perm_init(&kappa, psi->rows));
    sch_perm_divide(&kappa, psi, &rho);
    SCH_TRY(sch_run_send(run, run->c, MESSAGE_KAPPA, kappa.to, kappa.rows * SCH_PERM_ITEM_BYTES));
    /* y_A = psi(x_A - b) */
    SCH_TRY(sch_run_stream(run, &mask_ab, run->b, STREAM_MASK));
    SCH_TRY(sch_masked_place_difference(y, psi, x, columns, codes, &mask_ab));
out:
    sch_stream_clear(&mask_ab);
    sch_stream_clear(&rho_ab);
    sch_perm_clear(&kappa);
    sch_perm_clear(&rho);
    return err;
}

sch_err sch_permute_a(const sch_run *run, uint64_t *y, const sch_perm *psi, const uint64_t *x, size_t columns)
{
    return permute_a(run, y, psi, x, columns, 0);
}

sch_err sch_permute_codes_a(const sch_run *run, uint64_t *y, const sch_perm *psi, const uint64_t *x, size_t columns)
{
    return permute_a(run, y, psi, x, columns, columns);
}

/* ---- B ---- */

static sch_err permute_b(const sch_run *run, const uint64_t *x, size_t rows, size_t columns, size_t codes)
{
    sch_err err = SCH_NONE;
    sch_perm rho = {0};
    sch_ring m = {0};
    sch_stream rho_ab = {0};
    sch_stream mask_ab = {0};
    SCH_TRY(sch_check(columns > 0, SCH_BUG, "a table without columns"));
    /* 1  B -> C  m = rho(x_B + b) */
    SCH_TRY(sch_run_stream(run, &rho_ab, run->a, STREAM_RHO));
    SCH_TRY(sch_run_stream(run, &mask_ab, run->a, STREAM_MASK));
    SCH_TRY(sch_perm_init_stream(&rho, rows, &rho_ab));
    SCH_TRY(sch_ring_init(&m, rows, columns));
    SCH_TRY(sch_masked_place_sum(m.word, &rho, x, columns, codes, &mask_ab));
    SCH_TRY(sch_run_send(run, run->c, MESSAGE_TABLE, m.word, sch_ring_bytes(&m)));
out:
    sch_stream_clear(&mask_ab);
    sch_stream_clear(&rho_ab);
    sch_ring_clear(&m);
    sch_perm_clear(&rho);
    return err;
}

sch_err sch_permute_b(const sch_run *run, const uint64_t *x, size_t rows, size_t columns)
{
    return permute_b(run, x, rows, columns, 0);
}

sch_err sch_permute_codes_b(const sch_run *run, const uint64_t *x, size_t rows, size_t columns)
{
    return permute_b(run, x, rows, columns, columns);
}

/* ---- C ---- */

sch_err sch_permute_c(const sch_run *run, uint64_t *y, size_t rows, size_t columns)
{
    sch_err err = SCH_NONE;
    sch_perm kappa = {0};
    sch_ring m = {0};
    SCH_TRY(sch_perm_init(&kappa, rows));
    SCH_TRY(sch_ring_init(&m, rows, columns));
    /* 0  A -> C  kappa */
    SCH_TRY(sch_run_receive(run, run->a, MESSAGE_KAPPA, kappa.to, rows * SCH_PERM_ITEM_BYTES));
    SCH_TRY(sch_perm_check_distinct(kappa.to, rows, rows));
    /* 1  B -> C  m */
    SCH_TRY(sch_run_receive(run, run->b, MESSAGE_TABLE, m.word, sch_ring_bytes(&m)));
    /* y_C = kappa(m) */
    sch_rows_place(y, kappa.to, m.word, rows, columns);
out:
    sch_ring_clear(&m);
    sch_perm_clear(&kappa);
    return err;
}
