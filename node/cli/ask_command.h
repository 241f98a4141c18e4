/* ask_command.h - the command line of those commands that ask a query: what their lines share, and how the query is
 * made of them and asked. */
#ifndef SCH_NODE_CLI_ASK_COMMAND_H
#define SCH_NODE_CLI_ASK_COMMAND_H

#include <argp.h>

#include "node/cli/ask.h"

/* What was given. Which of the options there are is the command's table to say. */
typedef struct sch_ask_given {
    const char *text;   /* the argument: SQL, or a formula; NULL: none */
    const char *source; /* -f: the file of the SQL, or the data sets of a regression */
    const char *where;  /* -w */
    sch_ask ask;
} sch_ask_given;

/* The keys of what else a table may have, beside those of print.h. */
enum { SCH_ASK_LINKAGE = 1100 };

/* For the end of a command's doc. */
#define SCH_ASK_PASSES_DOC                                                                                             \
    "A pass (--pass) links records that the identifier does not link: those that are alike in all columns of a link "  \
    "key, such as birth date, sex and postcode, where each file has one such record and no more. A record is linked "  \
    "once, by the identifier or the first pass that can; docs/linking.md tells more."

typedef struct sch_ask_command {
    const struct argp_option *options; /* the command's own, closed by {0} */
    const char *args_doc, *doc;        /* as argp has them */
    const char *one;                   /* said where there are two arguments */
    /* Sees to what was given when all of it is read: ends the program with a sentence where something lacks or does not
     * go together. */
    void (*check)(sch_ask_given *given, const struct argp_state *state);
    /* Appends the query. Errors are the command's own. */
    sch_err (*write_sql)(sch_buf *out, const sch_ask_given *given, sch_detail *detail);
} sch_ask_command;

/* Runs a command: reads its line, asks, prints the result, or a sentence with the place in the query that it is about.
 * argv[0] is the command; profile: NULL for the default. Gives the program's exit code. */
sch_exit sch_ask_command_run(const sch_ask_command *command, int argc, char **argv, const char *profile);

#endif
