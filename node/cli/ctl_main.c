/* schakelctl: all that is done at a node's side, by hand. Commands stand in files of their own; this one chooses. */
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
    {"operator new", "schakelctl operator new", sch_ctl_operator_new},
    {"key rotate", "schakelctl key rotate", sch_ctl_key_rotate},
    {"check-config", "schakelctl check-config", sch_ctl_check_config},
    {"dataset check", "schakelctl dataset check", sch_ctl_dataset},
    {"agreement check", "schakelctl agreement check", sch_ctl_agreement_check},
    {"agreement sign", "schakelctl agreement sign", sch_ctl_agreement_sign},
    {"agreement show", "schakelctl agreement show", sch_ctl_agreement_show},
    {"agreement diff", "schakelctl agreement diff", sch_ctl_agreement_diff},
    {"agreement activate", "schakelctl agreement activate", sch_ctl_agreement_activate},
    {"agreement revoke", "schakelctl agreement revoke", sch_ctl_agreement_revoke},
    {"agreement list", "schakelctl agreement list", sch_ctl_agreement_list},
    {"agreement get", "schakelctl agreement get", sch_ctl_agreement_get},
    {"requests show", "schakelctl requests show", sch_ctl_requests_show}, /* before its first word alone */
    {"requests", "schakelctl requests", sch_ctl_requests},
    {"approve", "schakelctl approve", sch_ctl_approve},
    {"deny", "schakelctl deny", sch_ctl_deny},
    {"status", "schakelctl status", sch_ctl_status},
    {"reload", "schakelctl reload", sch_ctl_reload},
    {"peer accept", "schakelctl peer accept", sch_ctl_peer_accept},
    {"backup", "schakelctl backup", sch_ctl_backup},
    {"restore", "schakelctl restore", sch_ctl_restore},
    {"audit heads", "schakelctl audit heads", sch_ctl_audit_heads},
    {"audit verify", "schakelctl audit verify", sch_ctl_audit_verify},
    {"audit export", "schakelctl audit export", sch_ctl_audit_export},
};

static const char help[] = "Sets up a node of Schakel, checks what it is given, and gives a running one orders.\v"
                           "A node and its keys:\n"
                           "  init DIR --name NAME --address HOST:PORT   make keys and a configuration\n"
                           "  card DIR                 print the public card, for others to paste\n"
                           "  fingerprint DIR|FILE     print fingerprints, to compare by telephone\n"
                           "  psk new FILE             make a pre-shared key for a pair of nodes\n"
                           "  operator new DIR --name NAME   make an operator's keys\n"
                           "  key rotate DIR           make the keys that follow a node's own\n"
                           "  check-config FILE        read a configuration and the keys it names\n"
                           "  dataset check SCHEMA     read a whole data set and report its faults\n"
                           "\n"
                           "Agreements, as files:\n"
                           "  agreement check FILE     read an agreement and report its faults\n"
                           "  agreement sign FILE --keys DIR   sign it in a party's name\n"
                           "  agreement show FILE      print it, with who has signed\n"
                           "  agreement diff OLD NEW   tell in words what changed\n"
                           "\n"
                           "A running node; these take -c CONFIGURATION and -k OPERATOR'S KEYS:\n"
                           "  status                   tell how it is\n"
                           "  agreement activate FILE  give it an agreement that all have signed\n"
                           "  agreement revoke ID --reason TEXT   end one, at once and everywhere\n"
                           "  agreement list           list those that it has had\n"
                           "  agreement get ID[/VERSION] -o FILE  write one to a file\n"
                           "  requests [--all]         list what analysts ask\n"
                           "  requests show ID         show one, with what it costs and who learns what\n"
                           "  approve ID [--yes]       show it, ask, and approve it\n"
                           "  deny ID --reason TEXT    deny it\n"
                           "  peer accept NAME --reason TEXT   accept a peer with an older state\n"
                           "  audit heads [NODE] [-o FILE]     print signed heads of audit logs\n"
                           "  backup FILE              copy its state\n"
                           "  reload                   have it read its configuration again\n"
                           "\n"
                           "A node's state, as a file:\n"
                           "  audit verify STATE.DB    tell whether an audit log was tampered with\n"
                           "  audit export STATE.DB    print an audit log as JSON\n"
                           "  restore FILE -c CONFIGURATION   put a backup in a stopped node's place\n"
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
