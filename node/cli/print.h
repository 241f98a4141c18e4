/* print.h - a result, or another text, to where the analyst wants it. */
#ifndef SCH_NODE_CLI_PRINT_H
#define SCH_NODE_CLI_PRINT_H

#include <argp.h>

#include "node/cli/fetch.h"
#include "node/query/plan.h"

typedef enum sch_print_format { SCH_PRINT_TABLE = 0, SCH_PRINT_CSV, SCH_PRINT_JSON_STAT } sch_print_format;

typedef struct sch_print {
    sch_print_format format;
    const char *path; /* NULL: standard output */
    bool empty;       /* empty cells too */
} sch_print;

enum { SCH_PRINT_KEY_EMPTY = 1000 };

/* For a command's table of options; their keys are handed to sch_print_option. */
#define SCH_PRINT_OPTIONS                                                                                              \
    {"format", 'F', "FORMAT", 0, "table (default), csv or json-stat", 0},                                              \
        {"output", 'o', "FILE", 0, "Write the result to FILE instead of standard output", 0},                          \
    {                                                                                                                  \
        "empty", SCH_PRINT_KEY_EMPTY, NULL, 0, "Show cells that are known to be empty as well", 0                      \
    }

/* Takes an option, or says ARGP_ERR_UNKNOWN. */
error_t sch_print_option(sch_print *print, int key, char *argument, const struct argp_state *state);

/* Writes a text. Errors: SCH_IO, SCH_DENIED. */
sch_err sch_print_text(const sch_print *print, const sch_buf *text, sch_detail *detail);

/* Fetches a released request's answer and writes it. plan: that of the request. Errors: those of fetch.h, result.h
 * and SCH_IO. */
sch_err sch_print_answer(const sch_print *print, sch_session *session, const sch_status *status, const sch_plan *plan,
                         sch_detail *detail);

#endif
