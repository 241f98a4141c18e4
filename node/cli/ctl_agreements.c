/* schakelctl agreement activate, revoke, list and get: the agreements of a running node. */
#include <stdlib.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/cli/ctl_client.h"
#include "proto/agreement.h"

int sch_ctl_agreement_activate(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    sch_bundle bundle = {0};
    sch_buf bytes = {0};
    json_t *answer = NULL;
    if (!sch_ctl_parse(
            &given, argc, argv, SCH_CTL_TAKES_ARGUMENT, "FILE",
            "Gives a running node an agreement that all parties signed. It holds at once, in place of an older "
            "version of the same; the node then connects to its parties.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(sch_file_read(&bytes, given.argument, SCH_MAX_BUNDLE_BYTES, SCH_FILE_PUBLIC, &detail));
    err = sch_bundle_decode(&bundle, bytes.data, bytes.bytes, &detail);
    if (err.code == SCH_BAD_INPUT && detail.text[0] == '\0') {
        sch_detail_set(&detail, "%s: is not a signed agreement, as schakelctl agreement sign makes it", given.argument);
    }
    SCH_TRY(err);
    if (!sch_bundle_is_complete(&bundle, &detail)) {
        SCH_TRY(sch_fail(SCH_DENIED, "an agreement is not signed by all its parties"));
    }
    const sch_command command = {.kind = SCH_COMMAND_ACTIVATE, .bytes = bytes.data, .byte_count = bytes.bytes};
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    (void)printf("agreement %s, version %lld, is %s\n", sch_ctl_text(answer, "id"), sch_ctl_number(answer, "version"),
                 sch_ctl_text(answer, "state"));
out:
    sch_bundle_clear(&bundle);
    sch_buf_clear(&bytes);
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

int sch_ctl_agreement_revoke(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    if (!sch_ctl_parse(
            &given, argc, argv, SCH_CTL_TAKES_ARGUMENT | SCH_CTL_TAKES_REASON, "ID",
            "Ends an agreement at once and everywhere, in this party's name: requests under it end, also those that "
            "are being computed, and its linkage keys are destroyed. There is no way back but a new version that "
            "all sign.")) {
        return SCH_EXIT_USAGE;
    }
    if (!sch_card_name_is_valid(given.argument)) {
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "an agreement's id has to be a name, without a version"));
    }
    const sch_command command = {.kind = SCH_COMMAND_REVOKE, .text2 = given.argument, .text = given.reason};
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    (void)printf("agreement %s, version %lld, is revoked; the other parties are told\n", sch_ctl_text(answer, "id"),
                 sch_ctl_number(answer, "version"));
out:
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

static sch_err print_list(const json_t *list)
{
    static const char *const headings[] = {"AGREEMENT",  "VERSION", "STATE", "CHANGED (UTC)",
                                           "ENDS (UTC)", "HASH",    "TITLE"};
    sch_ctl_table table = {.columns = sizeof headings / sizeof headings[0]};
    for (size_t i = 0; i < table.columns; i++) {
        sch_ctl_table_add(&table, headings[i]);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        char version[24], time[SCH_CTL_TIME_BYTES], hash[17];
        (void)snprintf(version, sizeof version, "%lld", sch_ctl_number(entry, "version"));
        (void)snprintf(hash, sizeof hash, "%s", sch_ctl_text(entry, "hash")); /* the first 16 digits */
        sch_ctl_table_add(&table, sch_ctl_text(entry, "id"));
        sch_ctl_table_add(&table, version);
        sch_ctl_table_add(&table, sch_ctl_text(entry, "state"));
        sch_ctl_table_add(&table, sch_ctl_time(time, sch_ctl_text(entry, "changed")));
        sch_ctl_table_add(&table, sch_ctl_time(time, sch_ctl_text(entry, "valid_until")));
        sch_ctl_table_add(&table, hash);
        sch_ctl_table_add(&table, sch_ctl_text(entry, "title"));
    }
    return sch_ctl_table_print(&table, 0);
}

int sch_ctl_agreement_list(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    const sch_command command = {.kind = SCH_COMMAND_AGREEMENTS};
    if (!sch_ctl_parse(&given, argc, argv, 0, NULL,
                       "Lists the agreements that a running node has had, with their state.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    const json_t *list = json_object_get(answer, "agreements");
    if (json_array_size(list) == 0) {
        (void)printf("the node has no agreement yet: schakelctl agreement activate FILE\n");
    } else {
        SCH_TRY(print_list(list));
    }
out:
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

/* Reads base64 whose length says how many bytes there are. */
static sch_err read_base64(sch_buf *out, const json_t *value)
{
    sch_err err = SCH_NONE;
    const char *text = json_string_value(value);
    size_t chars = json_string_length(value);
    SCH_TRY(
        sch_check(text != NULL && chars >= 4 && chars % 4 == 0, SCH_BAD_PEER, "the node's reply holds no agreement"));
    size_t bytes = chars / 4 * 3 - (text[chars - 1] == '=') - (text[chars - 2] == '=');
    SCH_TRY(sch_buf_reserve(out, bytes));
    SCH_TRY(sch_base64_decode(out->data, bytes, text, chars));
    out->bytes = bytes;
out:
    return err;
}

int sch_ctl_agreement_get(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    sch_buf bytes = {0};
    json_t *answer = NULL;
    if (!sch_ctl_parse(
            &given, argc, argv, SCH_CTL_TAKES_ARGUMENT | SCH_CTL_TAKES_OUTPUT, "ID[/VERSION]",
            "Writes an agreement of a running node to a file, with all its signatures; without VERSION the newest. "
            "schakelctl agreement show reads it.")) {
        return SCH_EXIT_USAGE;
    }
    const sch_command command = {.kind = SCH_COMMAND_AGREEMENT, .text = given.argument};
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    SCH_TRY(read_base64(&bytes, json_object_get(answer, "bundle")));
    SCH_TRY(sch_file_write(given.output, bytes.data, bytes.bytes, SCH_FILE_PUBLIC, false, &detail));
    (void)printf("written to %s\n", given.output);
out:
    sch_buf_clear(&bytes);
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}
