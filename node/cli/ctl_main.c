/* schakelctl: keys, configuration and data sets of a node. One command a file; this one chooses. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli/common.h"
#include "node/cli/ctl.h"

typedef struct command {
    const char *name;  /* one word, or two */
    const char *shown; /* as help shows it */
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"init", "schakelctl init", sch_ctl_init},
    {"card", "schakelctl card", sch_ctl_card},
    {"fingerprint", "schakelctl fingerprint", sch_ctl_fingerprint},
    {"psk new", "schakelctl psk new", sch_ctl_psk},
    {"check-config", "schakelctl check-config", sch_ctl_check_config},
    {"dataset check", "schakelctl dataset check", sch_ctl_dataset},
};

static const char help[] = "Sets up a node of Schakel and checks what it is given.\v"
                           "Commands:\n"
                           "  init DIR --name NAME --address HOST:PORT   make keys and a configuration\n"
                           "  card DIR                 print the public card, for others to paste\n"
                           "  fingerprint DIR|FILE     print fingerprints, to compare by telephone\n"
                           "  psk new FILE             make a pre-shared key for a pair of nodes\n"
                           "  check-config FILE        read a configuration and the keys it names\n"
                           "  dataset check SCHEMA     read a whole data set and report its faults\n"
                           "\n"
                           "schakelctl COMMAND --help tells more.\n"
                           "Exit codes: 0 well, 1 failed or faults found, 2 usage, 3 refused, 4 try again.";

typedef struct choice {
    const command *chosen;
    int begin; /* where its arguments begin in argv */
} choice;

/* Whether the words from argv[at] on are the command's; gives their number, else 0. */
static int words_of(const command *c, int argc, char **argv, int at)
{
    const char *blank = strchr(c->name, ' ');
    size_t first = blank == NULL ? strlen(c->name) : (size_t)(blank - c->name);
    if (strlen(argv[at]) != first || strncmp(argv[at], c->name, first) != 0) {
        return 0;
    }
    if (blank == NULL) {
        return 1;
    }
    return at + 1 < argc && strcmp(argv[at + 1], blank + 1) == 0 ? 2 : 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    choice *out = state->input;
    if (key == ARGP_KEY_NO_ARGS) {
        argp_error(state, "a command is needed");
    }
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    int at = state->next - 1;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        int words = words_of(&commands[i], state->argc, state->argv, at);
        if (words > 0) {
            out->chosen = &commands[i];
            out->begin = at + words - 1;
            state->next = state->argc; /* the rest is the command's */
            return 0;
        }
    }
    argp_error(state, "there is no command '%s'", argument);
    return EINVAL;
}

int main(int argc, char **argv)
{
    argp_program_version = "schakelctl " SCH_VERSION;
    argp_err_exit_status = SCH_EXIT_USAGE;
    const struct argp argp = {.parser = parse, .args_doc = "COMMAND [ARGUMENT...]", .doc = help};
    choice made = {0};
    if (!sch_cli_start("schakelctl")) {
        return SCH_EXIT_FAILED;
    }
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &made) != 0 || made.chosen == NULL) {
        return SCH_EXIT_USAGE;
    }
    char *shown = strdup(made.chosen->shown); /* argp wants it writable */
    if (shown == NULL) {
        return SCH_EXIT_FAILED;
    }
    argv[made.begin] = shown;
    int code = made.chosen->run(argc - made.begin, argv + made.begin);
    free(shown);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        sch_cli_say("the output could not be written");
        return SCH_EXIT_FAILED;
    }
    return code;
}
