/* schakel.c - the analyst's program: global options, then a command. */
#include "node/cli/schakel.h"

#include <argp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "schakel " SCH_VERSION;

_Atomic bool sch_schakel_stop;

static const char DOC[] = "Asks linked statistics of organisations that keep their records to themselves.\v"
                          "Commands:\n"
                          "  keygen     make your keys and a profile\n"
                          "  card       print your public card, for the operators of the nodes\n"
                          "  datasets   what you may ask of: data sets, columns, codes and uses; never values\n"
                          "  query      ask a query, wait for approvals, print or write the table\n"
                          "  regress    ask for a linear regression\n"
                          "  status     your requests that have not ended, and what they wait for\n"
                          "  wait       wait until a request has ended\n"
                          "  cancel     end a request at all nodes\n"
                          "  result     the table of a request that was released\n"
                          "  history    your requests, newest first\n"
                          "\n"
                          "'schakel COMMAND --help' tells more of each.\n"
                          "\n"
                          "Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 try again.";

static const struct argp_option OPTIONS[] = {
    {"profile", 'p', "FILE", 0, "Your profile (default ~/.config/schakel/schakel.yaml)", 0},
    {0},
};

typedef struct arguments {
    const char *profile;
    int argc;
    char **argv;
} arguments;

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case 'p':
        given->profile = argument;
        return 0;
    case ARGP_KEY_ARG:
        given->argc = state->argc - state->next + 1;
        given->argv = state->argv + state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which command? For example: schakel datasets");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct command {
    const char *name;
    sch_exit (*run)(int argc, char **argv, const char *profile);
} command;

static const command COMMANDS[] = {
    {"keygen", sch_schakel_keygen},   {"card", sch_schakel_card},       {"datasets", sch_schakel_datasets},
    {"query", sch_schakel_query},     {"regress", sch_schakel_regress}, {"status", sch_schakel_status},
    {"wait", sch_schakel_wait},       {"cancel", sch_schakel_cancel},   {"result", sch_schakel_result},
    {"history", sch_schakel_history},
};

static void on_signal(int number)
{
    (void)number;
    atomic_store(&sch_schakel_stop, true);
}

int main(int argc, char **argv)
{
    arguments given = {0};
    const struct argp argp = {
        .options = OPTIONS, .parser = parse_option, .args_doc = "COMMAND [ARGUMENTS]", .doc = DOC};
    argp_err_exit_status = SCH_EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &given);
    if (!sch_cli_start("schakel")) {
        return SCH_EXIT_FAILED;
    }
    struct sigaction act = {.sa_handler = on_signal};
    act.sa_flags = (int)SA_RESETHAND; /* a second Ctrl-C ends the program at once */
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (strcmp(given.argv[0], COMMANDS[i].name) == 0) {
            return (int)COMMANDS[i].run(given.argc, given.argv, given.profile);
        }
    }
    sch_cli_say("there is no command %s; 'schakel --help' lists them", given.argv[0]);
    return SCH_EXIT_USAGE;
}
