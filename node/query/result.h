/* result.h - from opened table columns to the analyst's table, and its printed forms.
 *
 * One row for each combination of the GROUP BY columns' codes, in their order, the last column's codes changing fastest;
 * one row in all without GROUP BY. A row is
 *     shown       its persons are released;
 *     suppressed  fewer than min_persons linked persons are in it: all its values are suppressed, whatever was sent of them;
 *     empty       nobody is in it, and the owners let that be known. SQL has no such row, so it is hidden unless asked for
 *                 (without GROUP BY it is SQL's one row, and shown: counts 0, the rest NULL).
 * Under a threshold of 0 or 1 a suppressed cell can only be one with nobody in it, and is taken as such.
 * A value in a shown row may itself be suppressed: an aggregate over a column that can be empty has its own threshold, on
 * the persons who have a value.
 *
 * All values are exact: sums are integers with a number of decimals, averages quotients. */
#ifndef SCH_NODE_QUERY_RESULT_H
#define SCH_NODE_QUERY_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/query/plan.h"
#include "proto/request.h"

typedef enum sch_value_state {
    SCH_STATE_SUPPRESSED = 0,
    SCH_STATE_NUMBER,
    SCH_STATE_NULL, /* no record of the cell has a value */
} sch_value_state;

/* A count or a sum: numerator / 10^decimals. An average: numerator / (denominator x 10^decimals). */
typedef struct sch_value {
    sch_value_state state;
    uint8_t decimals;
    int64_t numerator;
    uint64_t denominator; /* 0 of counts and sums; the records with a value, at least 1, of averages */
} sch_value;

typedef enum sch_row_state { SCH_ROW_SUPPRESSED = 0, SCH_ROW_SHOWN, SCH_ROW_EMPTY } sch_row_state;

typedef struct sch_result {
    const sch_plan *plan;       /* borrowed */
    const sch_request *request; /* borrowed */
    size_t row_count;
    sch_row_state *row; /* owned */
    sch_value *value;   /* owned; row_count x plan->output_count, by row; of keys not used */
    size_t shown_count; /* rows in each state */
    size_t suppressed_count;
    size_t empty_count;
} sch_result;

typedef struct sch_result_options {
    bool show_empty;
} sch_result_options;

/* Makes the result. values, states: table columns x groups words, column-major, after the two holders' shares are added.
 * The result is the caller's to clear, also on failure, and borrows plan and request. Errors: SCH_BAD_PEER where the words
 * are no possible result of the plan (an unknown state, columns of one guard in two states, a released cell with fewer
 * persons than the rules allow, a negative count), SCH_NO_MEMORY. */
sch_err sch_result_make(sch_result *result, const sch_plan *plan, const sch_request *request, const uint64_t *values,
                        const uint64_t *states);

void sch_result_clear(sch_result *result);

/* The code of a key (its number in plan->key[]) in a row. */
uint32_t sch_result_code(const sch_result *result, size_t row, size_t key);

/* Appends a number as decimal text, "." as separator: a count or a sum exactly, with all its decimals; an average as the
 * shortest text that reads back as the double nearest to the quotient. Appends nothing for other states. Errors:
 * SCH_NO_MEMORY. */
sch_err sch_value_print(sch_buf *out, const sch_value *value);

/* The double nearest to the quotient (ties to even). state is SCH_STATE_NUMBER. */
double sch_value_double(const sch_value *value);

enum { SCH_REASON_BYTES = 64 };

/* Why values are suppressed: "fewer than 10 persons". Returns out. */
const char *sch_result_reason(char out[static SCH_REASON_BYTES], const sch_result *result);

/* Whether a row is printed: all but empty ones, and those too where asked for. */
bool sch_result_row_is_visible(const sch_result *result, size_t row, const sch_result_options *options);

/* Appends an aligned table for a terminal, UTF-8: numbers to the right, suppressed values as a dot, explained below the
 * table, as are hidden rows. Characters that a terminal would obey are replaced. Errors: SCH_NO_MEMORY. */
sch_err sch_result_print_table(sch_buf *out, const sch_result *result, const sch_result_options *options);

/* Appends CSV (RFC 4180): comma, header, CRLF, UTF-8. NULL and suppressed values are empty; a last column "suppressed" gives
 * the reason where a row has suppressed values, and says whether only those of a column that can be empty are. Texts go out as they are, also those that begin with = + - or @: this is
 * statistical data to be read by programs, and a spreadsheet has to import such columns as text. Errors: SCH_NO_MEMORY. */
sch_err sch_result_print_csv(sch_buf *out, const sch_result *result, const sch_result_options *options);

/* Appends a JSON-stat 2.0 dataset (https://json-stat.org/full/): the GROUP BY columns are dimensions, the aggregates are
 * the categories of a metric dimension. A cube has a place for every combination, so show_empty only decides whether
 * counts of empty rows are given as 0 or null. status is "c" at suppressed values and "z" in empty rows. An empty
 * code's category is "(empty)". A query without aggregates gets a category "shown", 1 for each row that there is. Errors: SCH_NO_MEMORY. */
sch_err sch_result_print_json_stat(sch_buf *out, const sch_result *result, const sch_result_options *options);

#endif
