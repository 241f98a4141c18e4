/* aggregate.h - from opened sums to the aggregates of a cell: counts, sums, means, variances, regressions of two
 * columns, quantiles.
 *
 * Everything is worked out exactly from integers. With n the records that have a value (or both values), S.. their
 * sums, and
 *
 *     C_xx = n S_xx - S_x^2     C_yy = n S_yy - S_y^2     C_xy = n S_xy - S_x S_y
 *
 *     AVG              S_x / n                        REGR_SLOPE      C_xy / C_xx; NULL where C_xx = 0
 *     VAR_POP, _SAMP   C_xx / n^2, C_xx / (n (n-1))   REGR_INTERCEPT  AVG(y) - slope AVG(x)
 *     COVAR_POP, _SAMP C_xy the same                  REGR_R2         C_xy^2 / (C_xx C_yy); NULL where C_xx = 0, else 1
 *                                                                     where C_yy = 0
 *     STDDEV_...       the root of VAR_...            CORR            C_xy / sqrt(C_xx C_yy); NULL where either is 0
 *
 * in units of the columns. ..._SAMP of one record is NULL; all but counts are NULL where n = 0. Those are SQL's
 * rules (ISO/IEC 9075-2, 10.9) as PostgreSQL 15 has them. */
#ifndef SCH_NODE_QUERY_AGGREGATE_H
#define SCH_NODE_QUERY_AGGREGATE_H

#include <gmp.h>

#include "node/query/opened.h"
#include "node/query/value.h"

/* The aggregate in a cell whose persons are in the state `row`: suppressed rows have no values at all, rows of
 * nobody have counts of 0. value is zeroed before. Errors: SCH_BAD_PEER where no records have the opened sums, or a
 * quantile lies in no bin; SCH_BUG where the plan lacks a sum or bins that the op needs. */
sch_err sch_aggregate_make(sch_value *value, const sch_opened *opened, const sch_plan_aggregate *aggregate,
                           uint32_t cell, sch_cell_state row);

/* A quantile from bins. bin and next: those of the values of rank floor(q (n - 1)) and the one after it (both from
 * 0); of PERCENTILE_DISC only bin counts. fraction: q. DISC is the middle of the bin, CONT lies between the middles
 * of the two as q (n - 1) lies between the two ranks. The true quantile is within half of the bin's width of the
 * former, and within the wider one's width of the latter. bin, next < column->bin_count. */
void sch_quantile_make(sch_value *value, sch_op op, const sch_column *column, uint32_t bin, uint32_t next,
                       const mpz_t n, const mpq_t fraction);

/* How far from the true quantile any of a column may be: half of the widest bin's width, or all of it; a number with
 * decimals. */
void sch_quantile_reach(sch_value *value, sch_op op, const sch_column *column);

#endif
