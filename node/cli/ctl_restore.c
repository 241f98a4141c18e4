/* schakelctl restore: a backup in the place of a stopped node's state. */
#include <argp.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "crypto/prim/hash.h"
#include "node/base/clock.h"
#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/cli/ctl_copy.h"
#include "node/conf/conf.h"

typedef struct restore_given {
    const char *path, *config;
    bool replace;
} restore_given;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    restore_given *out = state->input;
    switch (key) {
    case 'c':
        out->config = argument;
        return 0;
    case 'r':
        out->replace = true;
        return 0;
    case ARGP_KEY_ARG:
        if (out->path != NULL) {
            argp_error(state, "one backup is enough");
        }
        out->path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a backup is needed");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* SHA-256 of a file: what the record says was restored. */
static sch_err hash_file(uint8_t out[static SCH_SHA256_BYTES], const char *path)
{
    sch_err err = SCH_NONE;
    sch_hash hash = {0};
    static uint8_t piece[1 << 16];
    ssize_t got = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    SCH_TRY(sch_check(descriptor >= 0, SCH_IO, "the backup cannot be opened"));
    SCH_TRY(sch_hash_init(&hash));
    while ((got = read(descriptor, piece, sizeof piece)) > 0) {
        SCH_TRY(sch_hash_update(&hash, piece, (size_t)got));
    }
    SCH_TRY(sch_check(got == 0, SCH_IO, "the backup cannot be read"));
    SCH_TRY(sch_hash_finish(&hash, out));
out:
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    sch_hash_clear(&hash);
    return err;
}

/* The node's present key, where its keys are on this machine: heads of a node that has had no agreement yet bear no
 * other. */
static sch_err add_own_key(sch_ctl_copy *copy, const sch_conf *conf)
{
    sch_card card;
    char *path = sch_file_join(conf->keys, "card.yaml");
    if (path == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    sch_err err = sch_card_read(&card, path, NULL);
    free(path);
    return sch_failed(err) ? SCH_NONE : sch_ctl_copy_add_key(copy, card.identity);
}

/* The copy is this node's, and its log is sound. */
static sch_err check_copy(sch_ctl_copy *copy, const sch_conf *conf, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_audit_verdict verdict = {0};
    SCH_TRY(sch_ctl_copy_open(copy, path, detail));
    if (strcmp(sch_store_node(copy->store), conf->node) != 0) {
        sch_detail_set(detail, "%s: is the state of '%s', not of '%s'", path, sch_store_node(copy->store), conf->node);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a backup is another node's"));
    }
    SCH_TRY(add_own_key(copy, conf));
    SCH_TRY(sch_ctl_copy_verify(copy, &verdict));
    if (verdict.fault != SCH_AUDIT_INTACT) {
        sch_detail_set(detail, "%s: is not restored: %.400s", path, verdict.text.text);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a backup's audit log is not intact"));
    }
out:
    return err;
}

static sch_err restore(sch_ctl_copy *copy, const sch_conf *conf, const restore_given *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_audit_record record = {
        .time = sch_clock_now(), .actor = "system", .action = "state.restore", .object = "state", .outcome = "ok"};
    SCH_TRY(check_copy(copy, conf, given->path, detail));
    sch_random_fill(record.trace, sizeof record.trace);
    sch_random_fill(record.span, sizeof record.span);
    record.trace[0] |= 1; /* neither may be zero */
    record.span[0] |= 1;
    SCH_TRY(hash_file(record.decided_on, given->path));
    err = sch_store_restore(copy->store, conf->state, given->replace, &record, detail);
    if (err.code == SCH_DENIED) {
        sch_detail_set(detail, "%s: there is a state already; --replace keeps it as state.db.replaced", conf->state);
    }
    SCH_TRY(err);
    (void)printf("%s is restored to %s; it ends with audit record %llu\n", conf->node, conf->state,
                 (unsigned long long)record.seq);
    (void)printf(
        "The other parties refuse this node where they know a later state of it, until each of them runs: schakelctl "
        "peer accept %s\n",
        conf->node);
out:
    return err;
}

int sch_ctl_restore(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"config", 'c', "FILE", 0, "The node's configuration; default $SCHAKEL_CONFIG, else /etc/schakel/schakel.yaml",
         0},
        {"replace", 'r', NULL, 0, "Where the node has a state, keep that as state.db.replaced", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FILE",
        .doc = "Puts a backup (schakelctl backup) in the place of a stopped node's state, with a record in its audit "
               "log that says so. A "
               "backup of another node, or one with an audit log that is not intact, is refused."};
    sch_detail detail = {{0}};
    sch_ctl_copy copy = {0};
    sch_conf conf = {0};
    restore_given given = {.config = getenv("SCHAKEL_CONFIG")};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0 || given.path == NULL) {
        return SCH_EXIT_USAGE;
    }
    if (given.config == NULL || given.config[0] == '\0') {
        given.config = "/etc/schakel/schakel.yaml";
    }
    sch_err err = sch_conf_load(&conf, given.config, &detail);
    if (!sch_failed(err)) {
        err = restore(&copy, &conf, &given, &detail);
    }
    sch_ctl_copy_close(&copy);
    sch_conf_clear(&conf);
    return (int)sch_cli_report(err, &detail);
}
