/* schakeld.c - the node's program: reads the configuration, opens the state and the keys, serves until it is told to
 * stop. When agreements or keys have changed it reads all of that anew, without a new process.
 *
 * Exit codes as in node/cli/common.h. SIGTERM and SIGINT end it: jobs in progress are ended with a sentence for their
 * analysts. */
#include <argp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "crypto/prim/hash.h"
#include "crypto/share/ring.h"
#include "node/base/clock.h"
#include "node/base/file.h"
#include "node/base/log.h"
#include "node/cli/common.h"
#include "node/conf/conf.h"
#include "node/control/server.h"
#include "node/identity/identity.h"
#include "node/job/book.h"
#include "node/job/command.h"
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
    uint8_t conf_hash[SCH_HASH_BYTES];
    sch_identity identity;
    sch_data_set *data_set; /* owned; conf.data_set_count */
    sch_source_file *file;
    char *source_program; /* owned */
} this_node;

/* What lives as long as the process: the store, the control socket, and whoever answers it now. */
typedef struct service {
    const char *config;
    sch_store *store;
    sch_control_server *control;
    pthread_rwlock_t lock; /* guards jobs against being replaced while a command runs */
    sch_jobs *jobs;        /* NULL while the node starts, reloads or stops */
} service;

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

static sch_err hash_conf(this_node *node, const char *config, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    SCH_TRY(sch_file_read(&bytes, config, SCH_MAX_CONF_BYTES, SCH_FILE_PUBLIC, detail));
    SCH_TRY(sch_hash_bytes(node->conf_hash, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}

/* New keys take the place of the old ones when an agreement in force names them. The record comes first: what cannot be
 * recorded does not happen. */
static sch_err rotate_keys(const this_node *node, sch_store *store, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_card next = {.name = {0}};
    sch_audit_record record = {.time = sch_clock_now()};
    bool found = false, wants = false;
    SCH_TRY(sch_identity_next_card(&next, &found, node->conf.keys, detail));
    if (found) {
        SCH_TRY(sch_book_wants_keys(&wants, record.decided_on, store, &next));
    }
    if (!wants) {
        goto out;
    }
    (void)snprintf(record.actor, sizeof record.actor, "system");
    (void)snprintf(record.action, sizeof record.action, "key.rotate");
    (void)snprintf(record.object, sizeof record.object, "node:%s", node->conf.node);
    (void)snprintf(record.outcome, sizeof record.outcome, "ok");
    sch_random_fill(record.trace, sizeof record.trace);
    sch_random_fill(record.span, sizeof record.span);
    SCH_TRY(sch_store_begin(store));
    err = sch_store_append_audit(store, &record);
    if (sch_failed(err)) {
        sch_store_rollback(store);
        goto out;
    }
    SCH_TRY(sch_store_commit(store));
    SCH_TRY(sch_identity_rotate_in(node->conf.keys, sch_clock_now(), detail));
    sch_log(SCH_LOG_INFO, "daemon", NULL, "node %s has its new keys", node->conf.node);
out:
    return err;
}

/* Reads everything that the configuration names. The store is opened the first time. */
static sch_err load(this_node *node, service *s, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_conf_load(&node->conf, s->config, detail));
    SCH_TRY(hash_conf(node, s->config, detail));
    sch_log_setup(node->conf.log_format, node->conf.log_level);
    if (s->store == NULL) {
        SCH_TRY(sch_store_open(&s->store, node->conf.state, node->conf.node, detail));
    }
    SCH_TRY(load_data_sets(node, detail));
    node->source_program = sch_cli_sibling_program("schakel-source");
    SCH_TRY(sch_check(node->conf.data_set_count == 0 || node->source_program != NULL, SCH_IO,
                      "schakel-source is not where schakeld is; install both together"));
    SCH_TRY(rotate_keys(node, s->store, detail)); /* when nothing else can fail but the keys themselves */
    sch_passphrase passphrase = sch_cli_passphrase();
    SCH_TRY(sch_identity_load(&node->identity, node->conf.keys, &passphrase, detail));
    if (strcmp(node->identity.card.name, node->conf.node) != 0) {
        sch_detail_set(detail, "the keys in %s are those of %s, but the configuration is of node %s", node->conf.keys,
                       node->identity.card.name, node->conf.node);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the keys are another node's"));
    }
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
    *node = (this_node){.data_set = NULL};
}

/* An operator's command, answered by the jobs that serve now. */
static sch_err run_command(void *context, json_t **answer, const sch_command *command, sch_detail *detail)
{
    service *s = context;
    sch_err err = sch_fail(SCH_TRY_AGAIN, "the node starts, reloads or stops at this moment; try again");
    *answer = NULL;
    (void)pthread_rwlock_rdlock(&s->lock);
    if (s->jobs != NULL) {
        err = sch_jobs_command(s->jobs, answer, command, detail);
    }
    (void)pthread_rwlock_unlock(&s->lock);
    return err;
}

static void set_jobs(service *s, sch_jobs *jobs)
{
    (void)pthread_rwlock_wrlock(&s->lock); /* commands that run have been answered then */
    s->jobs = jobs;
    (void)pthread_rwlock_unlock(&s->lock);
}

/* Called by the event thread; the main thread takes the signal. */
static void on_reload(void *context)
{
    (void)context;
    (void)kill(getpid(), SIGUSR1);
}

/* Serves until a signal, which every thread blocks and this one takes. *reload: whether it was the one that asks to
 * start anew. */
static sch_err serve(service *s, const this_node *node, const sigset_t *signals, bool *reload, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_jobs *jobs = NULL;
    int taken = 0;
    sch_jobs_options options = {.conf = &node->conf,
                                .identity = &node->identity,
                                .store = s->store,
                                .data_set = node->data_set,
                                .file = node->file,
                                .source_program = node->source_program,
                                .on_reload = on_reload};
    memcpy(options.conf_hash, node->conf_hash, sizeof options.conf_hash);
    SCH_TRY(sch_jobs_start(&jobs, &options, detail));
    set_jobs(s, jobs);
    if (s->control == NULL) {
        SCH_TRY(sch_control_server_open(&s->control, &node->conf, run_command, s, detail));
    }
    sch_log(SCH_LOG_INFO, "daemon", NULL, "node %s serves at %s: data_sets=%zu operators=%zu pid=%ld", node->conf.node,
            node->conf.listen, node->conf.data_set_count, node->conf.operator_count, (long)getpid());
    (void)sigwait(signals, &taken);
    *reload = taken == SIGUSR1;
    sch_log(SCH_LOG_INFO, "daemon", NULL, "node %s %s", node->conf.node, *reload ? "reloads" : "stops");
    if (!*reload) {
        sch_control_server_close(s->control);
        s->control = NULL;
    }
out:
    set_jobs(s, NULL);
    sch_jobs_stop(jobs);
    return err;
}

/* Reads everything anew; what is wrong in it is said, and the node goes on as it was. */
static void load_anew(this_node *node, service *s)
{
    this_node fresh = {.data_set = NULL};
    sch_detail detail = {{0}};
    sch_err err = load(&fresh, s, &detail);
    if (!sch_failed(err) &&
        (strcmp(fresh.conf.node, node->conf.node) != 0 || strcmp(fresh.conf.state, node->conf.state) != 0)) {
        err = sch_fail(SCH_BAD_INPUT, "the node's name and its state folder change with a restart only");
    }
    if (!sch_failed(err)) {
        err = sch_control_server_set_operators(s->control, &fresh.conf);
    }
    if (sch_failed(err)) {
        sch_log_error(SCH_LOG_ERROR, "daemon", NULL, "the configuration could not be read again", err, &detail);
        clear(&fresh);
        return;
    }
    clear(node);
    *node = fresh;
}

static sch_err run(service *s, const sigset_t *signals, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    this_node node = {.data_set = NULL};
    bool reload = false;
    SCH_TRY(load(&node, s, detail));
    SCH_TRY(serve(s, &node, signals, &reload, detail));
    while (reload) {
        load_anew(&node, s);
        SCH_TRY(serve(s, &node, signals, &reload, detail));
    }
out:
    sch_control_server_close(s->control);
    sch_store_close(s->store);
    clear(&node);
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
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    service s = {.config = given.config};
    sch_detail detail = {{0}};
    pthread_rwlockattr_t writers_first; /* commands without end do not hold up a reload */
    (void)pthread_rwlockattr_init(&writers_first);
    (void)pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(&s.lock, &writers_first);
    (void)pthread_rwlockattr_destroy(&writers_first);
    sch_err err = run(&s, &signals, &detail);
    (void)pthread_rwlock_destroy(&s.lock);
    return (int)sch_cli_report(err, &detail);
}
