/* result.h - from opened words to the analyst's table, and its printed forms.
 *
 * One row for each cell that is shown, margins included. A row is
 *     shown       its persons are released;
 *     suppressed  fewer than min_persons linked persons are in it (or, in a margin, in what it would give away): all
 *                 its aggregates are suppressed, whatever was sent of them;
 *     empty       nobody is in it, and the owners let that be known. SQL has no such row, so it is not printed unless
 *                 asked for (the one without any key is SQL's, and shown: counts 0, the rest NULL).
 *
 * A value in a shown row may itself be suppressed: sums have thresholds of their own, on the persons who have a
 * value, and on those whose value is not 0.
 *
 * Then, as in SQL: HAVING (a row for which it rests on something suppressed is not printed, and counted), ORDER BY
 * (what is suppressed comes last), LIMIT (of the rows that are printed, suppressed ones among them). Without ORDER
 * BY, rows stand in the order of the keys' codes, the last key's changing fastest: each margin behind the cells that
 * it sums over where the grouping sets are those of a ROLLUP, else all margins behind the cells, set by set. */
#ifndef SCH_NODE_QUERY_RESULT_H
#define SCH_NODE_QUERY_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/query/opened.h"
#include "node/query/value.h"

typedef enum sch_row_state { SCH_ROW_SUPPRESSED = 0, SCH_ROW_SHOWN, SCH_ROW_EMPTY } sch_row_state;

typedef struct sch_row {
    uint32_t cell;
    sch_row_state state;
    bool printed;     /* left by HAVING and LIMIT, and not an empty one that is not asked for */
    sch_value *value; /* one for each output; within the result's */
    sch_value *order; /* one for each expression of ORDER BY; the same */
    uint32_t *code;   /* one for each key; SCH_CODE_ALL where a margin sums over it */
} sch_row;

typedef struct sch_result {
    const sch_plan *plan;       /* borrowed */
    const sch_request *request; /* borrowed; of a report of linkage `report` */
    sch_request *report;        /* owned; the query that a report of linkage stands for (linkage.h), else NULL */
    sch_row *row;               /* owned; in the order of printing, also those that are not printed */
    size_t row_count;
    sch_value *value; /* owned */
    size_t value_count;
    uint32_t *code;                         /* owned */
    bool is_key[SCH_MAX_OUTPUTS];           /* the output is a key itself */
    uint8_t key[SCH_MAX_OUTPUTS];           /* its number then */
    size_t printed_count, suppressed_count; /* rows that are printed; suppressed ones among them */
    size_t empty_count, withheld_count,
        cut_count; /* not printed: empty; since HAVING rests on something suppressed; beyond LIMIT */
} sch_result;

typedef struct sch_result_options {
    bool show_empty;
} sch_result_options;

/* Makes the result; of a report of linkage that of the query that it stands for. values, states: plan->cell.columns x
 * plan->cell.cells words, column by column, after the two holders' shares are added; not needed afterwards. The result
 * is the caller's to clear, also on failure, and borrows plan and request. Errors: SCH_BAD_PEER where the words are no
 * possible result of the plan (opened.h, aggregate.h), SCH_BAD_INPUT for expressions that cannot be worked out,
 * SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_result_make(sch_result *result, const sch_plan *plan, const sch_request *request, const uint64_t *values,
                        const uint64_t *states, const sch_result_options *options);

void sch_result_clear(sch_result *result);

enum { SCH_REASON_BYTES = 96 };

/* Why a row is suppressed: "fewer than 10 persons". Returns out. */
const char *sch_result_reason(char out[static SCH_REASON_BYTES], const sch_result *result);

/* The text of a key in a row as it is printed; false where it is empty, or summed over (its code is SCH_CODE_ALL).
 * text: SCH_MAX_CODE_BYTES + 1 bytes. */
bool sch_result_key_text(const sch_result *result, const sch_row *row, size_t key, char *text, size_t text_bytes);

/* Appends a sentence, closed by a line feed, for each column of which quantiles are printed: how far the true ones
 * may be. Errors: SCH_NO_MEMORY. */
sch_err sch_result_print_reach(sch_buf *out, const sch_result *result);

/* Appends a line on how records are linked (sch_request_text_passes), after an empty one; nothing without passes.
 * Errors: SCH_NO_MEMORY. */
sch_err sch_result_print_links(sch_buf *out, const sch_result *result);

/* Appends an aligned table for a terminal, UTF-8: numbers to the right, suppressed values as a dot, explained below the
 * table, as are rows that are not printed, how far quantiles reach, and passes. A key that is summed over is "(all)",
 * an empty one "(empty)". Characters that a terminal would obey are replaced. Errors: SCH_NO_MEMORY. */
sch_err sch_result_print_table(sch_buf *out, const sch_result *result);

/* Appends CSV (RFC 4180): comma, header, CRLF, UTF-8. NULL, suppressed values and keys that are summed over are
 * empty (GROUPING tells the latter from keys that are empty); a last column "suppressed" gives the reason where a
 * row has suppressed values, and says whether only single ones are. Texts go out as they are, also those that begin
 * with = + - or @: this is statistical data to be read by programs, and a spreadsheet has to import such columns as
 * text. Errors: SCH_NO_MEMORY. */
sch_err sch_result_print_csv(sch_buf *out, const sch_result *result);

enum { SCH_MAX_CUBE = 8000000 };

/* Appends a JSON-stat 2.0 dataset (https://json-stat.org/full/): the keys are dimensions, the other outputs are the
 * categories of a metric dimension. A cube has a place for every combination, in the order of codes; what is not
 * printed is null there, and show_empty only decides whether counts of empty rows are given as 0 or null. status is
 * "c" at suppressed values and "z" in empty rows; notes tell the threshold and, where there are passes, how records are
 * linked. An empty code's category is "(empty)", that of margins "(all)". Booleans are 1 and 0. A query without other
 * outputs gets a category "shown", 1 for each row that there is. Errors: SCH_BAD_INPUT where the cube has more than
 * SCH_MAX_CUBE values or a text has to be in it, SCH_NO_MEMORY. */
sch_err sch_result_print_json_stat(sch_buf *out, const sch_result *result);

#endif
