/* ask.h - a query from its SQL to its table: what the commands share that ask one. */
#ifndef SCH_NODE_CLI_ASK_H
#define SCH_NODE_CLI_ASK_H

#include "node/cli/print.h"
#include "node/cli/schakel.h"
#include "node/cli/session.h"
#include "proto/request.h"

typedef struct sch_ask {
    const char *agreement;
    const char *purpose;
    const char *recipient[SCH_MAX_RECIPIENTS];
    size_t recipient_count;
    const char *pass[SCH_MAX_PASSES]; /* names of link keys, distinct */
    size_t pass_count;
    int64_t valid_ms; /* 0: not said */
    unsigned patience_s;
    bool no_wait;
    bool explain;
    bool no_check;
    bool linkage; /* the SQL asks for the report of linkage, also where LINKAGE() is not in it */
    sch_print print;
} sch_ask;

/* Asks a query: parses and plans it, sends it, waits for its end, prints the result; or what of that the options ask
 * for. sql: closed by a zero. profile: NULL for the default. position: on failure the byte offset in sql that the
 * message is about, or SCH_SQL_NO_POSITION. Errors: those of sql.h, plan.h, compose.h, follow.h and print.h. */
sch_err sch_ask_run(const sch_ask *ask, const char *profile, const char *sql, size_t *position, sch_detail *detail);

/* Prints the line of a query that an error is about to stderr, and a caret under the place; nothing without a
 * position. */
void sch_ask_point_at(const char *sql, size_t position);

#endif
