/* least_squares.h - linear regression from sums of products, exactly.
 *
 * The normal equations are solved in rational numbers, so that collinear columns are told from nearly collinear
 * ones, and every number that comes out is the nearest double to the true one. With X the columns (the first one is
 * 1), b = (X'X)^-1 X'y, RSS = y'y - b'X'y and d = n - terms degrees of freedom:
 *
 *     standard error of b_j     sqrt((X'X)^-1_jj RSS / d)
 *     residual standard error   sqrt(RSS / d)
 *     R2                        1 - RSS / TSS, with TSS = y'y - n mean(y)^2
 *     adjusted R2               1 - (RSS / d) / (TSS / (n - 1))
 *
 * Source: Goodnight 1979 ("A Tutorial on the SWEEP Operator"). */
#ifndef SCH_NODE_QUERY_LEAST_SQUARES_H
#define SCH_NODE_QUERY_LEAST_SQUARES_H

#include <gmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"

enum { SCH_MAX_TERMS = 9 }; /* with the constant */

typedef struct sch_least_squares {
    size_t terms; /* with the constant, which is the first */
    double coefficient[SCH_MAX_TERMS];
    double error[SCH_MAX_TERMS]; /* standard error */
    double t[SCH_MAX_TERMS];     /* coefficient / error; means nothing where the fit is perfect */
    double n, freedom;
    double residual_error;
    double r2, adjusted_r2; /* mean nothing where y does not vary */
    bool perfect, varies;
} sch_least_squares;

/* Where one column is a combination of those before it. */
typedef struct sch_collinear {
    size_t term;              /* its number; 0: there is none */
    bool with[SCH_MAX_TERMS]; /* those that it is made of */
} sch_collinear;

/* Solves. moments: (terms + 1) x (terms + 1) sums of products of the columns, row by row: first of the constant (so
 * that the first is n), then of the explanatory columns, last of y; symmetric; used up. collinear: filled where
 * columns are, and the error is SCH_BAD_INPUT then. Errors: SCH_BAD_INPUT where columns are collinear or there are
 * no more records than terms; SCH_BAD_PEER where no records have such sums; SCH_BUG for more than SCH_MAX_TERMS.
 * Cost: terms^3 operations on rational numbers. */
sch_err sch_least_squares_solve(sch_least_squares *out, sch_collinear *collinear, mpq_t *moments, size_t terms);

#endif
