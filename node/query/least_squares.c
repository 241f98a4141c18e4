#include "node/query/least_squares.h"

#include "node/query/value.h"

/* The matrix: rows and columns of terms + 1. */
typedef struct square {
    mpq_t *at;
    size_t size;
} square;

static mpq_t *entry(const square *m, size_t row, size_t column)
{
    return &m->at[row * m->size + column];
}

/* Sweeps on k: what stands before k becomes the inverse, and the columns behind k the coefficients on those before
 * it. */
static void sweep(const square *m, size_t k)
{
    mpq_t pivot;
    mpq_t t;
    mpq_inits(pivot, t, NULL);
    mpq_inv(pivot, *entry(m, k, k));
    for (size_t j = 0; j < m->size; j++) {
        if (j != k) {
            mpq_mul(*entry(m, k, j), *entry(m, k, j), pivot);
        }
    }
    for (size_t i = 0; i < m->size; i++) {
        for (size_t j = 0; j < m->size && i != k; j++) {
            if (j != k) {
                mpq_mul(t, *entry(m, i, k), *entry(m, k, j));
                mpq_sub(*entry(m, i, j), *entry(m, i, j), t);
            }
        }
        if (i != k) {
            mpq_mul(*entry(m, i, k), *entry(m, i, k), pivot);
            mpq_neg(*entry(m, i, k), *entry(m, i, k));
        }
    }
    mpq_set(*entry(m, k, k), pivot);
    mpq_clears(pivot, t, NULL);
}

static sch_err sweep_all(sch_collinear *collinear, const square *m, size_t terms)
{
    for (size_t k = 0; k < terms; k++) {
        int sign = mpq_sgn(*entry(m, k, k)); /* of what is left of column k's square after those before it */
        if (sign < 0) {
            return sch_fail(SCH_BAD_PEER, "the result holds sums that no records have");
        }
        if (sign == 0) {
            collinear->term = k;
            for (size_t j = 0; j < k; j++) {
                collinear->with[j] = mpq_sgn(*entry(m, j, k)) != 0;
            }
            return sch_fail(SCH_BAD_INPUT, "the columns are collinear");
        }
        sweep(m, k);
    }
    return sch_check(mpq_sgn(*entry(m, terms, terms)) >= 0, SCH_BAD_PEER, "the result holds sums that no records have");
}

/* variance: RSS / d. */
static void set_terms(sch_least_squares *out, const square *m, const mpq_t variance)
{
    mpq_t square_of;
    mpq_init(square_of);
    for (size_t j = 0; j < out->terms; j++) {
        const mpq_t *b = (const mpq_t *)entry(m, j, out->terms);
        out->coefficient[j] = sch_quotient_double(*b);
        mpq_mul(square_of, *entry(m, j, j), variance);
        out->error[j] = sch_quotient_root(square_of);
        if (mpq_sgn(square_of) != 0) {
            mpq_inv(square_of, square_of);
            mpq_mul(square_of, square_of, *b);
            mpq_mul(square_of, square_of, *b);
            double t = sch_quotient_root(square_of);
            out->t[j] = mpq_sgn(*b) < 0 ? -t : t;
        }
    }
    mpq_clear(square_of);
}

/* 1 - a / b */
static double one_less(const mpq_t a, const mpq_t b)
{
    mpq_t r;
    mpq_t one;
    mpq_inits(r, one, NULL);
    mpq_set_ui(one, 1, 1);
    mpq_div(r, a, b);
    mpq_sub(r, one, r);
    double x = sch_quotient_double(r);
    mpq_clears(r, one, NULL);
    return x;
}

/* total: TSS, n and d. */
static void set_fit(sch_least_squares *out, const mpq_t residual, const mpq_t total, const mpq_t variance,
                    const mpq_t n)
{
    mpq_t spread;
    mpq_t one;
    mpq_inits(spread, one, NULL);
    out->perfect = mpq_sgn(residual) == 0;
    out->varies = mpq_sgn(total) > 0;
    out->residual_error = sch_quotient_root(variance);
    if (out->varies) {
        mpq_set_ui(one, 1, 1);
        mpq_sub(spread, n, one);
        mpq_div(spread, total, spread);
        out->r2 = one_less(residual, total);
        out->adjusted_r2 = one_less(variance, spread);
    }
    mpq_clears(spread, one, NULL);
}

sch_err sch_least_squares_solve(sch_least_squares *out, sch_collinear *collinear, mpq_t *moments, size_t terms)
{
    sch_err err = SCH_NONE;
    const square m = {moments, terms + 1};
    mpq_t n;
    mpq_t freedom;
    mpq_t total;
    mpq_t variance;
    *out = (sch_least_squares){.terms = terms};
    *collinear = (sch_collinear){0};
    if (terms == 0 || terms > SCH_MAX_TERMS) {
        return sch_fail(SCH_BUG, "a regression has too many terms");
    }
    mpq_inits(n, freedom, total, variance, NULL);
    mpq_set(n, *entry(&m, 0, 0));
    mpq_set_ui(freedom, terms, 1);
    mpq_sub(freedom, n, freedom);
    SCH_TRY(sch_check(mpq_sgn(freedom) > 0, SCH_BAD_INPUT, "there are no more records than coefficients"));
    mpq_mul(total, *entry(&m, 0, terms), *entry(&m, 0, terms));
    mpq_div(total, total, n);
    mpq_sub(total, *entry(&m, terms, terms), total);
    SCH_TRY(sweep_all(collinear, &m, terms));
    out->n = sch_quotient_double(n);
    out->freedom = sch_quotient_double(freedom);
    mpq_div(variance, *entry(&m, terms, terms), freedom);
    set_terms(out, &m, variance);
    set_fit(out, *entry(&m, terms, terms), total, variance, n);
out:
    mpq_clears(n, freedom, total, variance, NULL);
    return err;
}
