/* policy.h - whether a request keeps an agreement. A function of its arguments alone: each owner asks it for itself.
 *
 * Rules, in the order in which they are checked; the first that is broken is named, with the column and what to change:
 *     agreement   the request names this agreement and this version's hash
 *     validity    now is within the agreement's dates, and the request's not_after too
 *     analyst     is listed and still valid; so are all recipients
 *     time        not created more than 2 minutes ahead of this clock (then the clocks are named as the cause), not_before has come,
 *                 not_after has not passed (the same tolerance)
 *     data set    each is in the agreement, of a union each member's; they are of two owners or more
 *     column      each is listed for every use made of it, for this analyst and for all recipients; of a union by each member:
 *                     join column, COUNT(DISTINCT column); columns of a pass's link key
 *                                                             link
 *                     GROUP BY, a grouped output              group
 *                     BIN(column) in GROUP BY                 group and quantile
 *                     WHERE, conditions inside CASE and FILTER; comparisons, AND, OR and NOT in WHERE and inside aggregates
 *                                                             filter
 *                     COUNT(x), SUM(x), AVG(x): columns of x  count, sum, avg
 *                     VAR, STDDEV, COVAR, CORR, REGR          spread: columns of both arguments
 *                     PERCENTILE                              quantile
 *                 What is made of keys and aggregates in outputs, HAVING and ORDER BY needs no more than these do, and so does a
 *                 report of linkage. A column that the request names without using it has to be one that may be used at all.
 *     case        inside aggregates, where the agreement says guarded (agreement.h)
 *     cells       the table has at most max_cells numbers: cells times aggregates (sch_plan_numbers; 0: not known yet)
 * The budget is the ledger's (budget.h). */
#ifndef SCH_NODE_GOVERN_POLICY_H
#define SCH_NODE_GOVERN_POLICY_H

#include "crypto/base/err.h"
#include "proto/agreement.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum { SCH_CLOCK_SKEW_MS = 120000 }; /* that two machines' clocks may differ */

/* Checks. request has passed sch_request_check. agreement_hash: of this agreement's bytes. offered: catalogues of the
 * nodes under this agreement, in any order, in which the passes' link keys are looked up; NULL where they are not known
 * yet, and then nothing is said of passes. cells: the numbers in the planned table (sch_plan_numbers). On failure *rule
 * (may be NULL) is the rule's word above, a literal. Errors: SCH_DENIED; the detail names rule, column, the pass where
 * it is of one, and what to change. */
sch_err sch_policy_check(const char **rule, const sch_request *request, const sch_agreement *agreement,
                         const uint8_t agreement_hash[static SCH_HASH_BYTES], const sch_catalog *const *offered,
                         size_t offered_count, sch_time_ms now, uint64_t cells, sch_detail *detail);

/* The first moment of the budget's period that a moment lies in, in UTC; weeks begin on Monday. A moment outside the
 * years 1970 to 9999 counts as the nearest one inside. */
sch_time_ms sch_policy_period_start(sch_period period, sch_time_ms moment);

/* Whether one more request fits: used is the number that the ledger has for this analyst in this period. Errors:
 * SCH_DENIED; the detail says the budget and when the next period begins. */
sch_err sch_policy_check_budget(const sch_agreement *agreement, uint64_t used, sch_time_ms now, sch_detail *detail);

#endif
