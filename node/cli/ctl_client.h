/* ctl_client.h - what the commands to a running node share: their arguments, the configuration and the operator's keys,
 * the way to the node, and answers as people read them. */
#ifndef SCH_NODE_CLI_CTL_CLIENT_H
#define SCH_NODE_CLI_CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "crypto/base/err.h"
#include "node/conf/conf.h"
#include "node/identity/identity.h"
#include "node/job/command.h"

/* ---- arguments ---- */

enum {
    SCH_CTL_TAKES_ARGUMENT = 1, /* one, needed */
    SCH_CTL_MAY_ARGUMENT = 2,   /* one, or none */
    SCH_CTL_TAKES_REASON = 4,   /* --reason, needed */
    SCH_CTL_TAKES_OUTPUT = 8,   /* -o, needed */
    SCH_CTL_MAY_OUTPUT = 16,
    SCH_CTL_MAY_ALL = 32, /* --all */
    SCH_CTL_MAY_YES = 64, /* --yes */
};

/* What was given; NULL where it was not. Borrowed from argv. */
typedef struct sch_ctl_given {
    const char *config, *operator_folder; /* every command takes these */
    const char *argument, *reason, *output;
    bool all, yes;
    unsigned takes;
} sch_ctl_given;

/* Reads a command's arguments; ends the program on a wrong command line and for --help. takes: SCH_CTL_... . doc: what
 * the command does. False where the command cannot go on. */
bool sch_ctl_parse(sch_ctl_given *out, int argc, char **argv, unsigned takes, const char *args_doc, const char *doc);

/* Asks "QUESTION [y/N] " at the terminal. no_terminal: literal; why, and what to do, where there is none to ask at.
 * declined: literal; what has not been done where the answer is another than yes. Errors: SCH_DENIED with one of the
 * two. */
sch_err sch_ctl_ask(const char *question, const char *no_terminal, const char *declined);

/* ---- the node ---- */

typedef struct sch_ctl_client {
    sch_conf conf;         /* without pre-shared keys, which may be nobody's but the node's */
    sch_identity identity; /* the operator's */
} sch_ctl_client;

/* Reads the configuration (--config, else $SCHAKEL_CONFIG, else /etc/schakel/schakel.yaml) and the operator's keys
 * (--operator, else $SCHAKEL_OPERATOR, else ~/.config/schakel/operator). The client is the caller's to close, also on
 * failure. Errors: those of conf.h and identity.h, the detail says what to do. */
sch_err sch_ctl_client_open(sch_ctl_client *client, const sch_ctl_given *given, sch_detail *detail);
void sch_ctl_client_close(sch_ctl_client *client);

/* Runs a command: sch_control_client_run. */
sch_err sch_ctl_client_run(const sch_ctl_client *client, json_t **answer, const sch_command *command,
                           sch_detail *detail);

/* Opens, runs one command, closes. */
sch_err sch_ctl_run(json_t **answer, const sch_ctl_given *given, const sch_command *command, sch_detail *detail);

/* ---- answers ---- */

/* A text of an object: "" where there is none, "?" where a terminal should not see it. Borrowed. */
const char *sch_ctl_text(const json_t *object, const char *key);

/* Appends a text, or a list of texts with ", " between. Errors: SCH_NO_MEMORY. */
sch_err sch_ctl_append_texts(sch_buf *out, const json_t *object, const char *key);

/* A whole number, or 0. */
long long sch_ctl_number(const json_t *object, const char *key);

/* A moment without seconds: 2026-03-01 12:00, in UTC. */
enum { SCH_CTL_TIME_BYTES = 17 };
const char *sch_ctl_time(char out[static SCH_CTL_TIME_BYTES], const char *text);

/* Cells that are printed as aligned columns. A zeroed table with its number of columns is empty. */
typedef struct sch_ctl_table {
    size_t columns;
    char **cell; /* owned, with the texts */
    size_t count;
    bool failed; /* memory was lacking */
} sch_ctl_table;

/* Appends the next cell, copied; the first `columns` of them are the headings. */
void sch_ctl_table_add(sch_ctl_table *table, const char *text);

/* Prints with `indent` blanks before each line, frees, and gives SCH_NO_MEMORY where a cell was lost. */
sch_err sch_ctl_table_print(sch_ctl_table *table, unsigned indent);

#endif
