/* schakelctl status, reload, backup, peer accept and audit heads: a running node as a whole. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/cli/ctl_client.h"
#include "proto/control.h"

/* ---- status ---- */

static sch_err print_agreements(const json_t *answer)
{
    const json_t *list = json_object_get(answer, "agreements");
    sch_ctl_table table = {.columns = 3};
    if (json_array_size(list) == 0) {
        (void)printf("no agreement is active, so the node has no peers and answers no requests\n");
        return SCH_NONE;
    }
    sch_ctl_table_add(&table, "AGREEMENT");
    sch_ctl_table_add(&table, "VERSION");
    sch_ctl_table_add(&table, "STATE");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        char version[24];
        (void)snprintf(version, sizeof version, "%lld", sch_ctl_number(entry, "version"));
        sch_ctl_table_add(&table, sch_ctl_text(entry, "id"));
        sch_ctl_table_add(&table, version);
        sch_ctl_table_add(&table, sch_ctl_text(entry, "state"));
    }
    return sch_ctl_table_print(&table, 0);
}

/* What the node does not offer, though its schemas have it. */
static void print_withheld(const json_t *answer)
{
    const json_t *list = json_object_get(answer, "agreements");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const json_t *withheld = json_object_get(entry, "withheld");
        for (size_t k = 0; k < json_array_size(withheld); k++) {
            (void)printf("%s: %s\n", sch_ctl_text(entry, "id"), sch_ctl_text(json_array_get(withheld, k), "text"));
        }
    }
}

/* What is to say of a peer: why it is refused, else why it is away. */
static sch_err print_peers(const json_t *answer)
{
    const json_t *list = json_object_get(answer, "peers");
    sch_ctl_table table = {.columns = 3};
    if (json_array_size(list) == 0) {
        (void)printf("the node has no peers\n");
        return SCH_NONE;
    }
    sch_ctl_table_add(&table, "PEER");
    sch_ctl_table_add(&table, "STATE");
    sch_ctl_table_add(&table, "");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *peer = json_array_get(list, i);
        const char *refused = sch_ctl_text(peer, "refused");
        bool up = json_is_true(json_object_get(peer, "up"));
        sch_ctl_table_add(&table, sch_ctl_text(peer, "name"));
        sch_ctl_table_add(&table, refused[0] != '\0' ? "refused" : up ? "connected" : "away");
        sch_ctl_table_add(&table, refused[0] != '\0' ? refused : sch_ctl_text(peer, "why"));
    }
    return sch_ctl_table_print(&table, 0);
}

static void print_counts(const json_t *answer)
{
    const json_t *counts = json_object_get(answer, "requests");
    const char *between = "requests: ";
    for (int s = SCH_REQUEST_SUBMITTED; s <= SCH_REQUEST_CANCELLED; s++) {
        const char *name = sch_request_state_name((sch_request_state)s);
        long long count = sch_ctl_number(counts, name);
        if (count > 0) {
            (void)printf("%s%lld %s", between, count, name);
            between = ", ";
        }
    }
    (void)printf("%s\n", between[0] == 'r' ? "no request has been made" : "");
    (void)printf("audit log: %lld records; ledger: %lld entries\n", sch_ctl_number(answer, "audit_seq"),
                 sch_ctl_number(answer, "ledger_counter"));
}

int sch_ctl_status(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    const sch_command command = {.kind = SCH_COMMAND_STATUS};
    char started[SCH_CTL_TIME_BYTES];
    if (!sch_ctl_parse(&given, argc, argv, 0, NULL,
                       "Tells how a running node is: agreements, peers, requests, audit log and ledger.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    (void)printf("node %s, version %s, started %s UTC\n\n", sch_ctl_text(answer, "node"),
                 sch_ctl_text(answer, "version"), sch_ctl_time(started, sch_ctl_text(answer, "started")));
    SCH_TRY(print_agreements(answer));
    print_withheld(answer);
    (void)printf("\n");
    SCH_TRY(print_peers(answer));
    (void)printf("\n");
    print_counts(answer);
out:
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

/* ---- reload, backup, peer accept ---- */

int sch_ctl_reload(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    const sch_command command = {.kind = SCH_COMMAND_RELOAD};
    if (!sch_ctl_parse(
            &given, argc, argv, 0, NULL,
            "Has a running node read its configuration, schemas and keys again, as soon as nothing is computed.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    (void)printf("the node reads its configuration again as soon as nothing is computed\n");
out:
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

/* The node has a working folder of its own: what is meant here is said in full. */
static sch_err absolute(char **out, const char *path)
{
    char *here = path[0] == '/' ? strdup("/") : getcwd(NULL, 0);
    *out = here == NULL ? NULL : sch_file_join(here, path);
    free(here);
    return sch_check(*out != NULL, SCH_IO, "the working folder has no path");
}

int sch_ctl_backup(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    char *path = NULL;
    if (!sch_ctl_parse(
            &given, argc, argv, SCH_CTL_TAKES_ARGUMENT, "FILE",
            "Has a running node write a whole copy of its state to FILE, which must not exist, under the node's own "
            "account. Keys are not in it: keep a copy of the keys folder beside it.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(absolute(&path, given.argument));
    const sch_command command = {.kind = SCH_COMMAND_BACKUP, .text = path};
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    (void)printf("the node's state was copied to %s\n", sch_ctl_text(answer, "path"));
out:
    free(path);
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

int sch_ctl_peer_accept(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    if (!sch_ctl_parse(
            &given, argc, argv, SCH_CTL_TAKES_ARGUMENT | SCH_CTL_TAKES_REASON, "NAME",
            "Accepts a peer that shows an older state than before, as after a restored backup. Ask its operators "
            "first: a cloned node looks the same.")) {
        return SCH_EXIT_USAGE;
    }
    if (!sch_card_name_is_valid(given.argument)) {
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the peer's name has to be a name"));
    }
    const sch_command command = {.kind = SCH_COMMAND_PEER_ACCEPT, .text2 = given.argument, .text = given.reason};
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    (void)printf("the state that %s shows is accepted from now on\n", sch_ctl_text(answer, "peer"));
out:
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

/* ---- audit heads ---- */

int sch_ctl_audit_heads(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    if (!sch_ctl_parse(
            &given, argc, argv, SCH_CTL_MAY_ARGUMENT | SCH_CTL_MAY_OUTPUT, "[NODE]",
            "Prints the signed heads of audit logs that a running node keeps: its own and those of others, or of "
            "NODE alone. They go to whoever verifies NODE's log (schakelctl audit verify --peer-head FILE).")) {
        return SCH_EXIT_USAGE;
    }
    if (given.argument != NULL && !sch_card_name_is_valid(given.argument)) {
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the node's name has to be a name"));
    }
    const sch_command command = {.kind = SCH_COMMAND_HEADS, .text = given.argument == NULL ? "" : given.argument};
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    const char *heads = json_string_value(json_object_get(answer, "heads")); /* lines of JSON */
    SCH_TRY(sch_check(heads != NULL, SCH_BAD_PEER, "the node's reply holds no heads"));
    if (heads[0] == '\0') {
        sch_cli_say("no head is kept%s%s yet", given.argument == NULL ? "" : " of ",
                    given.argument == NULL ? "" : given.argument);
    }
    if (given.output != NULL) {
        SCH_TRY(sch_file_write(given.output, heads, strlen(heads), SCH_FILE_PUBLIC, false, &detail));
    } else {
        (void)fputs(heads, stdout);
    }
out:
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}
