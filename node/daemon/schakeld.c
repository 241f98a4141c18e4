/* schakeld.c - the node's program: reads the configuration, opens the keys, serves until it is told to stop.
 *
 * Exit codes as in node/cli/common.h. SIGTERM and SIGINT end it: jobs in progress are ended with a sentence for their analysts. */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/share/ring.h"
#include "node/base/log.h"
#include "node/cli/common.h"
#include "node/conf/conf.h"
#include "node/identity/identity.h"
#include "node/job/jobs.h"
#include "node/source/schema.h"

const char *argp_program_version = "schakeld " SCH_VERSION;

static const char DOC[] =
    "Runs a Schakel node in the foreground.\v"
    "CONFIG is the node's configuration; schakelctl init makes one with comments, and schakelctl "
    "check-config reads it without starting anything. The log goes to stderr. SIGTERM or Ctrl-C ends the node.\n"
    "\n"
    "Keys under a passphrase: it is asked for at the terminal, or read from the file that "
    "SCHAKEL_PASSPHRASE_FILE names.\n"
    "\n"
    "Exit codes: 0 ended as asked, 1 failed, 2 usage, 3 refused (keys, permissions), 4 try again.";

typedef struct arguments {
    const char *config;
} arguments;

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (given->config != NULL) {
            argp_error(state, "one configuration at a time");
        }
        given->config = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which configuration? For example: schakeld /etc/schakel/schakel.yaml");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct this_node {
    sch_conf conf;
    sch_identity identity;
    sch_data_set *data_set; /* owned; conf.data_set_count */
    sch_source_file *file;
    char *source_program; /* owned */
} this_node;

static sch_err load_data_sets(this_node *node, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t count = node->conf.data_set_count;
    node->data_set = calloc(count + 1, sizeof *node->data_set);
    node->file = calloc(count + 1, sizeof *node->file);
    SCH_TRY(sch_check(node->data_set != NULL && node->file != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t i = 0; i < count; i++) {
        SCH_TRY(sch_schema_load(&node->data_set[i], &node->file[i], node->conf.data_set[i], detail));
    }
out:
    return err;
}

static sch_err load(this_node *node, const char *config, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_conf_load(&node->conf, config, detail));
    sch_log_setup(node->conf.log_format, node->conf.log_level);
    sch_passphrase passphrase = sch_cli_passphrase();
    SCH_TRY(sch_identity_load(&node->identity, node->conf.keys, &passphrase, detail));
    if (strcmp(node->identity.card.name, node->conf.node) != 0) {
        sch_detail_set(detail, "the keys in %s are those of %s, but the configuration is of node %s", node->conf.keys,
                       node->identity.card.name, node->conf.node);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the keys are another node's"));
    }
    SCH_TRY(load_data_sets(node, detail));
    node->source_program = sch_cli_sibling_program("schakel-source");
    SCH_TRY(sch_check(node->conf.data_set_count == 0 || node->source_program != NULL, SCH_IO,
                      "schakel-source is not where schakeld is; install both together"));
out:
    return err;
}

static void clear(this_node *node)
{
    for (size_t i = 0; i < node->conf.data_set_count; i++) {
        if (node->data_set != NULL) {
            sch_data_set_clear(&node->data_set[i]);
        }
        if (node->file != NULL) {
            sch_source_file_clear(&node->file[i]);
        }
    }
    free(node->data_set);
    free(node->file);
    free(node->source_program);
    sch_identity_clear(&node->identity);
    sch_conf_clear(&node->conf);
}

/* Runs until SIGTERM or SIGINT, which every thread blocks and this one takes. */
static sch_err serve(const this_node *node, const sigset_t *ends, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = NULL;
    int taken = 0;
    sch_jobs_options options = {.conf = &node->conf,
                                .identity = &node->identity,
                                .data_set = node->data_set,
                                .file = node->file,
                                .source_program = node->source_program};
    SCH_TRY(sch_jobs_start(&jobs, &options, detail));
    sch_log(SCH_LOG_INFO, "daemon", NULL, "node %s serves at %s: data_sets=%zu peers=%zu analysts=%zu pid=%ld",
            node->conf.node, node->conf.listen, node->conf.data_set_count, node->conf.peer_count,
            node->conf.analyst_count, (long)getpid());
    (void)sigwait(ends, &taken);
    sch_log(SCH_LOG_INFO, "daemon", NULL, "node %s stops", node->conf.node);
out:
    sch_jobs_stop(jobs);
    return err;
}

int main(int argc, char **argv)
{
    arguments given = {0};
    const struct argp argp = {.parser = parse_option, .args_doc = "CONFIG", .doc = DOC};
    argp_err_exit_status = SCH_EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    if (!sch_cli_start("schakeld")) {
        return SCH_EXIT_FAILED;
    }
    sch_ring_reuse_memory();
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    this_node node = {0};
    sch_detail detail = {{0}};
    sch_err err = load(&node, given.config, &detail);
    if (!sch_failed(err)) {
        err = serve(&node, &ends, &detail);
    }
    clear(&node);
    return (int)sch_cli_report(err, &detail);
}
