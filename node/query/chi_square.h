/* chi_square.h - Pearson's chi-square test of independence on a released table of counts by two keys.
 *
 * The categories are all codes of the keys, the empty one among them; those that nobody is in do not count. Margins
 * are left aside: the totals are those of the cells. Source: Pearson 1900; Cochran 1954 for expected counts below 5. */
#ifndef SCH_NODE_QUERY_CHI_SQUARE_H
#define SCH_NODE_QUERY_CHI_SQUARE_H

#include "node/query/result.h"

typedef struct sch_chi_square {
    const char *key[2]; /* borrowed from the catalogue, or a literal */
    const char *count;  /* the output's name, borrowed from the request */
    double n, statistic, p;
    size_t categories[2]; /* that anybody is in */
    size_t freedom;       /* (categories - 1) x (categories - 1) */
    size_t few;           /* cells that expect fewer than 5 */
} sch_chi_square;

/* Whether a request is for such a table: two keys, COUNT among the outputs (the first one counts), neither HAVING
 * nor LIMIT, all cells shown. Errors: SCH_BAD_INPUT. */
sch_err sch_chi_square_check(const sch_request *request, sch_detail *detail);

/* Tests. Errors: SCH_BAD_INPUT as above, and where one of the keys has one category only; SCH_DENIED where cells are
 * suppressed; SCH_NO_MEMORY. */
sch_err sch_chi_square_make(sch_chi_square *test, const sch_result *result, sch_detail *detail);

/* The probability that a chi-square variable of so many degrees of freedom (1 or more) exceeds x >= 0: finite series
 * of positive terms. Source: Abramowitz and Stegun 1964, 26.4.4 and 26.4.5. Cost: freedom / 2 exponentials. */
double sch_chi_square_above(double x, size_t freedom);

/* Append it: as lines for a terminal with 7 digits, as CSV, as JSON. Errors: SCH_NO_MEMORY. */
sch_err sch_chi_square_print_text(sch_buf *out, const sch_chi_square *test);
sch_err sch_chi_square_print_csv(sch_buf *out, const sch_chi_square *test);
sch_err sch_chi_square_print_json(sch_buf *out, const sch_chi_square *test);

#endif
