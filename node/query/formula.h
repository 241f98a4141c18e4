/* formula.h - "y ~ x1 + x2" as a query for what a regression needs.
 *
 * The terms are columns, or expressions of them; a plus sign that belongs to a term stands between parentheses. AS
 * gives a term a name: "c.loon ~ b.leeftijd + CASE WHEN b.traject = 'werk' THEN 1 ELSE 0 END AS werk". With the
 * variables v_0 = y, v_1 = x1, ... the query asks for
 *
 *     COUNT(*), SUM(v_0), SUM(v_1), ..., VAR_POP(v_0), COVAR_POP(v_0, v_1), ..., VAR_POP(v_1), COVAR_POP(v_1, v_2), ...
 *
 * over the records in which none of them is NULL, each v as COALESCE(v, 0); the sums are named as the variables are.
 * The sums of products follow from these exactly; unlike SUM(v_0 * v_1) a covariance of two organisations' columns
 * needs no records, and has as many limbs as it takes. */
#ifndef SCH_NODE_QUERY_FORMULA_H
#define SCH_NODE_QUERY_FORMULA_H

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

/* With y, and in place of it the constant: SCH_MAX_TERMS. The sums of more would pass SCH_MAX_OUTPUTS. */
enum { SCH_MAX_VARIABLES = 9 };

/* Appends the SQL. from: what stands behind FROM, with or without that word: data sets and joins, and a WHERE;
 * where: a further condition, or NULL. Each text is the analyst's and is put between the query's own words as it is,
 * so that the parser's messages are about it. Errors: SCH_BAD_INPUT, the detail says what a formula looks like;
 * SCH_NO_MEMORY. */
sch_err sch_formula_sql(sch_buf *out, const char *formula, const char *from, const char *where, sch_detail *detail);

#endif
