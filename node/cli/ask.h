/* ask.h - a query from its SQL to its table: what the commands share that ask one, with their options. */
#ifndef SCH_NODE_CLI_ASK_H
#define SCH_NODE_CLI_ASK_H

#include <argp.h>

#include "node/cli/print.h"
#include "node/cli/schakel.h"
#include "node/cli/session.h"
#include "proto/request.h"

typedef struct sch_ask {
    const char *agreement;
    const char *purpose;
    const char *recipient[SCH_MAX_RECIPIENTS];
    size_t recipient_count;
    int64_t valid_ms; /* 0: not said */
    unsigned patience_s;
    bool no_wait;
    bool explain;
    bool no_check;
    bool linkage; /* the SQL asks for the report of linkage, also where LINKAGE() is not in it */
    sch_print print;
} sch_ask;

enum { SCH_ASK_EXPLAIN = 800, SCH_ASK_AGREEMENT, SCH_ASK_RECIPIENT, SCH_ASK_VALID, SCH_ASK_NO_WAIT, SCH_ASK_NO_CHECK };

/* For a command's table of options; their keys are handed to sch_ask_option. */
#define SCH_ASK_OPTIONS                                                                                                \
    {"agreement", SCH_ASK_AGREEMENT, "ID", 0, "The agreement to ask under", 0},                                        \
        {"purpose", 'P', "TEXT", 0, "Why you ask; those who approve read it", 0},                                      \
        {"recipient",                                                                                                  \
         SCH_ASK_RECIPIENT,                                                                                            \
         "NAME",                                                                                                       \
         0,                                                                                                            \
         "Who may have the result; more than once for several. Default: you",                                          \
         0},                                                                                                           \
        {"valid", SCH_ASK_VALID, "TIME", 0, "How long the request may wait: 7d, 12h, 30m, 90s. Default: 1d", 0},       \
        {"no-wait", SCH_ASK_NO_WAIT, NULL, 0, "Print the request's id and end", 0},                                    \
        {"explain", SCH_ASK_EXPLAIN, NULL, 0, "Say who would do and learn what, and send nothing", 0},                 \
        {"no-check", SCH_ASK_NO_CHECK, NULL, OPTION_HIDDEN, "Send what the agreement forbids too", 0},                 \
    {                                                                                                                  \
        "patience", SCH_SCHAKEL_PATIENCE, "SECONDS", OPTION_HIDDEN, "How long to try to connect again", 0              \
    }

/* Takes an option, also those of print.h, or says ARGP_ERR_UNKNOWN. */
error_t sch_ask_option(sch_ask *ask, int key, char *argument, const struct argp_state *state);

/* Asks a query: parses and plans it, sends it, waits for its end, prints the result; or what of that the options ask
 * for. sql: closed by a zero. profile: NULL for the default. position: on failure the byte offset in sql that the
 * message is about, or SCH_SQL_NO_POSITION. Errors: those of sql.h, plan.h, compose.h, follow.h and print.h. */
sch_err sch_ask_run(const sch_ask *ask, const char *profile, const char *sql, size_t *position, sch_detail *detail);

/* Prints the line of a query that an error is about to stderr, and a caret under the place; nothing without a
 * position. */
void sch_ask_point_at(const char *sql, size_t position);

#endif
