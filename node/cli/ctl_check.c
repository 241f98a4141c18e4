/* schakelctl check-config: reads all that schakeld would read at its start, but the data. */
#include <argp.h>
#include <pwd.h>
#include <string.h>
#include <sys/un.h>

#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/conf/conf.h"
#include "node/source/schema.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **out = state->input;
    if (key == ARGP_KEY_ARG && *out == NULL) {
        *out = argument;
        return 0;
    }
    if (key == ARGP_KEY_ARG || key == ARGP_KEY_NO_ARGS) {
        argp_error(state, "one configuration is needed");
    }
    return ARGP_ERR_UNKNOWN;
}

/* Each check prints its own faults and gives their number. */
static unsigned check_keys(const sch_conf *conf)
{
    sch_detail detail = {{0}};
    sch_identity identity;
    const sch_passphrase passphrase = sch_cli_passphrase();
    sch_err err = sch_identity_load(&identity, conf->keys, &passphrase, &detail);
    unsigned faults = 0;
    if (sch_failed(err)) {
        (void)sch_cli_report(err, &detail);
        return 1;
    }
    if (strcmp(identity.card.name, conf->node) != 0) {
        sch_cli_say("the keys in %s are those of '%s', not of '%s'", conf->keys, identity.card.name, conf->node);
        faults++;
    }
    for (size_t i = 0; i < conf->operator_count; i++) {
        if (memcmp(conf->operator_[i].identity, identity.card.identity, SCH_CARD_KEY_BYTES) == 0) {
            sch_cli_say("the operator '%s' has this node's own key", conf->operator_[i].name);
            faults++;
        }
    }
    sch_identity_clear(&identity);
    return faults;
}

/* Whether the control socket can be opened by this name, and the accounts are there. */
static unsigned check_socket(const sch_conf *conf)
{
    struct sockaddr_un address;
    unsigned faults = 0;
    if (strlen(conf->socket) >= sizeof address.sun_path) {
        sch_cli_say("socket: %s is longer than the %zu bytes that a socket's path may have", conf->socket,
                    sizeof address.sun_path - 1);
        faults++;
    }
    for (size_t i = 0; i < conf->operator_count; i++) {
        const char *user = conf->operator_[i].user;
        if (user != NULL && getpwnam(user) == NULL) {
            sch_cli_say("the operator '%s' has the account '%s', which this machine does not know",
                        conf->operator_[i].name, user);
            faults++;
        }
    }
    return faults;
}

static unsigned check_schemas(const sch_conf *conf)
{
    unsigned faults = 0;
    for (size_t i = 0; i < conf->data_set_count; i++) {
        sch_detail detail = {{0}};
        sch_data_set data_set = {0};
        sch_source_file file = {0};
        sch_err err = sch_schema_load(&data_set, &file, conf->data_set[i], &detail);
        if (sch_failed(err)) {
            (void)sch_cli_report(err, &detail);
            faults++;
        } else if (!sch_file_exists(file.path)) {
            sch_cli_say("%s: names the file %s, which does not exist", conf->data_set[i], file.path);
            faults++;
        }
        sch_data_set_clear(&data_set);
        sch_source_file_clear(&file);
    }
    return faults;
}

static void print_summary(const sch_conf *conf, const char *path)
{
    sch_cli_style style = sch_cli_style_of(stdout);
    (void)printf("%s%s is well%s: node %s at %s, %zu data sets, %zu operators, %zu pre-shared keys\n", style.green,
                 path, style.plain, conf->node, conf->address, conf->data_set_count, conf->operator_count,
                 conf->psk_count);
    if (conf->operator_count == 0) {
        (void)printf("%snobody may give this node orders: it has no operators (schakelctl operator new)%s\n",
                     style.yellow, style.plain);
    }
}

int sch_ctl_check_config(int argc, char **argv)
{
    const struct argp argp = {
        .parser = parse,
        .args_doc = "CONFIGURATION",
        .doc = "Reads a node's configuration with the keys, pre-shared keys and schemas that it names, and tells every "
               "fault it finds. Data sets are not read; schakelctl dataset check does that.",
    };
    sch_detail detail = {{0}};
    sch_conf conf;
    const char *path = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &path) != 0 || path == NULL) {
        return SCH_EXIT_USAGE;
    }
    sch_err err = sch_conf_load(&conf, path, &detail);
    if (sch_failed(err)) {
        return (int)sch_cli_report(err, &detail);
    }
    unsigned faults = check_keys(&conf) + check_socket(&conf) + check_schemas(&conf);
    if (faults == 0) {
        print_summary(&conf, path);
    }
    sch_conf_clear(&conf);
    return faults == 0 ? SCH_EXIT_OK : SCH_EXIT_FAILED;
}
