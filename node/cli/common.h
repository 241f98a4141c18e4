/* common.h - what the programs at the terminal share: exit codes, sentences on stderr, colour, passphrases, a line of
 * progress. */
#ifndef SCH_NODE_CLI_COMMON_H
#define SCH_NODE_CLI_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "crypto/base/err.h"
#include "node/identity/identity.h"

typedef enum sch_exit {
    SCH_EXIT_OK = 0,
    SCH_EXIT_FAILED = 1,
    SCH_EXIT_USAGE = 2,    /* the command line is wrong */
    SCH_EXIT_REFUSED = 3,  /* a rule, a permission or a key forbids it */
    SCH_EXIT_TRY_AGAIN = 4 /* a passing condition */
} sch_exit;

/* Readies a program: its name for sentences (a literal), randomness, no core dumps, a umask that keeps new files
 * private, and no death by SIGPIPE. Returns false, with a sentence on stderr, where the system does not allow that. */
bool sch_cli_start(const char *program);

/* The exit code that goes with an error. */
sch_exit sch_cli_exit_code(sch_err err);

/* Prints "<program>: <sentence>" to stderr. */
void sch_cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints an error's sentence, and gives its exit code. Says nothing where there is no error. */
sch_exit sch_cli_report(sch_err err, const sch_detail *detail);

/* Whether colours and moving lines are welcome on a stream: a terminal, TERM not "dumb", NO_COLOR not set. */
bool sch_cli_has_colour(FILE *stream);

/* The escape sequences, or "" where colour is not welcome. */
typedef struct sch_cli_style {
    const char *bold, *dim, *red, *green, *yellow, *plain;
} sch_cli_style;
sch_cli_style sch_cli_style_of(FILE *stream);

/* A passphrase for existing keys: from the file that $SCHAKEL_PASSPHRASE_FILE names (mode 0600, first line), else asked
 * for at the terminal without echo. Hand &source to sch_identity_load. Errors: SCH_DENIED where there is neither,
 * SCH_IO, SCH_BAD_INPUT. */
sch_passphrase sch_cli_passphrase(void);

/* A new passphrase: from the same file, else asked for twice. out: guarded memory of SCH_MAX_PASSPHRASE_BYTES, which
 * the caller gives to sch_secret_free; NULL on failure. Errors: as above; SCH_BAD_INPUT where the two differ or are too
 * short. */
sch_err sch_cli_new_passphrase(char **out, sch_detail *detail);

/* The path of a program that stands in the same folder as this one. Owned by the caller, who frees it; NULL where that
 * folder cannot be told. */
char *sch_cli_sibling_program(const char *name);

/* One line on stderr that is written over; nothing at all where stderr is not a terminal. A zeroed sch_progress is
 * off. */
typedef struct sch_progress {
    bool on;
    bool shown;       /* a line stands there now */
    uint64_t last_ns; /* when it was written */
} sch_progress;

void sch_progress_init(sch_progress *progress);

/* Shows a text of at most 200 bytes, cut to the terminal's width; at most ten times a second, the rest is left out. */
void sch_progress_show(sch_progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shows "<label> [=====     ] 42%". per_mille: 0 to 1000. */
void sch_progress_bar(sch_progress *progress, const char *label, unsigned per_mille);

/* Takes the line away; to be called before anything else is printed, and at the end. */
void sch_progress_clear(sch_progress *progress);

#endif
