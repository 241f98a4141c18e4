/* regression.h - a linear regression from the table of a query as formula.h writes it. */
#ifndef SCH_NODE_QUERY_REGRESSION_H
#define SCH_NODE_QUERY_REGRESSION_H

#include "node/query/least_squares.h"
#include "node/query/result.h"

typedef struct sch_regression {
    const char *term[SCH_MAX_TERMS]; /* names, borrowed from the request: first "(constant)" */
    const char *dependent;           /* y's */
    sch_least_squares fit;
} sch_regression;

/* Whether a request asks for COUNT(*), the sums of two or more variables, and all their variances and covariances,
 * in the order of formula.h and for all records together. Errors: SCH_BAD_INPUT. */
sch_err sch_regression_check(const sch_request *request, sch_detail *detail);

/* Makes the regression; it borrows from result->request. Errors: SCH_BAD_INPUT as above, for collinear columns (the
 * detail names them), and for no more records than coefficients; SCH_DENIED where a sum is suppressed; SCH_BAD_PEER;
 * SCH_NO_MEMORY. */
sch_err sch_regression_make(sch_regression *regression, const sch_result *result, sch_detail *detail);

/* Append it: as a table for a terminal, with 7 digits; as CSV, a line a term and what belongs to all of them
 * repeated; as JSON. The latter two have every number as the shortest text that reads back as the nearest double,
 * and nothing (null) for what a perfect fit or a y that does not vary has not. Errors: SCH_NO_MEMORY. */
sch_err sch_regression_print_table(sch_buf *out, const sch_regression *regression);
sch_err sch_regression_print_csv(sch_buf *out, const sch_regression *regression);
sch_err sch_regression_print_json(sch_buf *out, const sch_regression *regression);

#endif
