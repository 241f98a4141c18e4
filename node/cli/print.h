/* print.h - a result, or another text, to where the analyst wants it. */
#ifndef SCH_NODE_CLI_PRINT_H
#define SCH_NODE_CLI_PRINT_H

#include <argp.h>

#include "node/cli/fetch.h"
#include "node/query/plan.h"

typedef enum sch_print_format {
    SCH_PRINT_TABLE = 0,
    SCH_PRINT_CSV,
    SCH_PRINT_JSON_STAT, /* of tables only */
    SCH_PRINT_JSON,      /* of analyses only */
} sch_print_format;

/* What is made of a released table. */
typedef enum sch_analysis { SCH_ANALYSIS_NONE = 0, SCH_ANALYSIS_CHI_SQUARE, SCH_ANALYSIS_REGRESSION } sch_analysis;

typedef struct sch_print {
    sch_print_format format;
    const char *path; /* NULL: standard output */
    bool empty;       /* empty cells too */
    sch_analysis analysis;
} sch_print;

enum { SCH_PRINT_KEY_EMPTY = 1000, SCH_PRINT_KEY_CHI_SQUARE, SCH_PRINT_KEY_REGRESSION };

/* For a command's tables of options; their keys are handed to sch_print_option. */
#define SCH_PRINT_OPTIONS                                                                                              \
    {"format", 'F', "FORMAT", 0, "table (default), csv, json-stat; json of an analysis", 0},                           \
    {                                                                                                                  \
        "output", 'o', "FILE", 0, "Write the result to FILE instead of standard output", 0                             \
    }
#define SCH_PRINT_TABLE_OPTIONS                                                                                        \
    {"chi-square", SCH_PRINT_KEY_CHI_SQUARE, NULL, 0, "Test whether the two columns of GROUP BY are independent", 0},  \
        {"regression", SCH_PRINT_KEY_REGRESSION, NULL, 0, "Print the coefficients of a 'schakel regress'", 0},         \
    {                                                                                                                  \
        "empty", SCH_PRINT_KEY_EMPTY, NULL, 0, "Show cells that are known to be empty as well", 0                      \
    }

/* Takes an option, or says ARGP_ERR_UNKNOWN. */
error_t sch_print_option(sch_print *print, int key, char *argument, const struct argp_state *state);

/* Ends the program with a sentence where the format is none of what is to be printed. To be called when all options
 * are read. */
void sch_print_check_options(const sch_print *print, const struct argp_state *state);

/* Whether a request's table can be analysed as the options want. Errors: SCH_BAD_INPUT. */
sch_err sch_print_check(const sch_print *print, const sch_request *request, sch_detail *detail);

/* Writes a text. Errors: SCH_IO, SCH_DENIED. */
sch_err sch_print_text(const sch_print *print, const sch_buf *text, sch_detail *detail);

/* Fetches a released request's answer and writes it. plan: that of the request. Errors: those of fetch.h, result.h,
 * chi_square.h, regression.h and SCH_IO. */
sch_err sch_print_answer(const sch_print *print, sch_session *session, const sch_status *status, const sch_plan *plan,
                         sch_detail *detail);

#endif
