/* schakelctl agreement activate, revoke, list and get: the agreements of a running node. */
#include <stdlib.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "node/base/file.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/cli/ctl_client.h"
#include "node/govern/agreement_words.h"
#include "proto/agreement.h"

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

/* ---- activate ---- */

/* Reads an agreement that all parties signed. */
static sch_err read_bundle(sch_bundle *out, sch_buf *bytes, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_file_read(bytes, path, SCH_MAX_BUNDLE_BYTES, SCH_FILE_PUBLIC, detail));
    err = sch_bundle_decode(out, bytes->data, bytes->bytes, detail);
    if (err.code == SCH_BAD_INPUT && detail->text[0] == '\0') {
        sch_detail_set(detail, "%s: is not a signed agreement, as schakelctl agreement sign makes it", path);
    }
    SCH_TRY(err);
    if (!sch_bundle_is_complete(out, detail)) {
        SCH_TRY(sch_fail(SCH_DENIED, "an agreement is not signed by all its parties"));
    }
out:
    return err;
}

/* The version of an agreement that is active at the node; 0 where there is none. */
static sch_err find_active(long long *version, const sch_ctl_client *client, const char *id, sch_detail *detail)
{
    json_t *answer = NULL;
    const sch_command command = {.kind = SCH_COMMAND_AGREEMENTS};
    *version = 0;
    sch_err err = sch_ctl_client_run(client, &answer, &command, detail);
    const json_t *list = json_object_get(answer, "agreements");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        if (strcmp(sch_ctl_text(entry, "id"), id) == 0 && strcmp(sch_ctl_text(entry, "state"), "active") == 0) {
            *version = sch_ctl_number(entry, "version");
        }
    }
    json_decref(answer);
    return err;
}

static sch_err fetch_version(sch_bundle *out, const sch_ctl_client *client, const char *id, long long version,
                             sch_detail *detail)
{
    sch_err err = SCH_NONE;
    json_t *answer = NULL;
    sch_buf bytes = {0};
    char name[SCH_NAME_BYTES + 24];
    (void)snprintf(name, sizeof name, "%s/%lld", id, version);
    const sch_command command = {.kind = SCH_COMMAND_AGREEMENT, .text = name};
    SCH_TRY(sch_ctl_client_run(client, &answer, &command, detail));
    SCH_TRY(read_base64(&bytes, json_object_get(answer, "bundle")));
    SCH_TRY(sch_bundle_decode(out, bytes.data, bytes.bytes, detail));
    SCH_TRY(sch_check(strcmp(out->agreement.id, id) == 0 && out->agreement.version == version, SCH_BAD_PEER,
                      "the node's reply holds another agreement than was asked for"));
out:
    sch_buf_clear(&bytes);
    json_decref(answer);
    return err;
}

/* What changes: in the place of the version that is active now, or the whole where there is none. */
static sch_err print_change(const sch_bundle *after, const sch_ctl_client *client, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_bundle before = {0};
    sch_buf text = {0};
    long long version = 0;
    size_t count = 0;
    SCH_TRY(find_active(&version, client, after->agreement.id, detail));
    if (version == 0) {
        SCH_TRY(sch_agreement_show(&text, after));
    } else {
        SCH_TRY(fetch_version(&before, client, after->agreement.id, version, detail));
        SCH_TRY(sch_buf_printf(&text, "agreement %s, version %u, in the place of version %lld, which is active\nhash ",
                               after->agreement.id, after->agreement.version, version));
        for (size_t i = 0; i < sizeof after->hash; i++) {
            SCH_TRY(sch_buf_printf(&text, "%02x", after->hash[i]));
        }
        SCH_TRY(sch_buf_append_text(&text, "\n\n"));
        SCH_TRY(sch_agreement_diff(&text, &count, &before.agreement, &after->agreement));
    }
    (void)fwrite(text.data, 1, text.bytes, stdout);
out:
    sch_buf_clear(&text);
    sch_bundle_clear(&before);
    return err;
}

int sch_ctl_agreement_activate(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    sch_ctl_client client = {0};
    sch_bundle bundle = {0};
    sch_buf bytes = {0};
    json_t *answer = NULL;
    if (!sch_ctl_parse(&given, argc, argv, SCH_CTL_TAKES_ARGUMENT | SCH_CTL_MAY_YES, "FILE",
                       "Gives a running node an agreement that all parties signed: shows what it changes, or all of "
                       "it where no version is active, and asks. It holds at once, in place of an older version of "
                       "the same; the node then connects to its parties.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(read_bundle(&bundle, &bytes, given.argument, &detail));
    SCH_TRY(sch_ctl_client_open(&client, &given, &detail));
    SCH_TRY(print_change(&bundle, &client, &detail));
    if (!given.yes) {
        SCH_TRY(sch_ctl_ask("activate?",
                            "there is no terminal to ask at: read what the agreement changes, and give --yes to "
                            "activate it",
                            "the agreement was not activated"));
    }
    const sch_command command = {.kind = SCH_COMMAND_ACTIVATE, .bytes = bytes.data, .byte_count = bytes.bytes};
    SCH_TRY(sch_ctl_client_run(&client, &answer, &command, &detail));
    (void)printf("agreement %s, version %lld, is %s\n", sch_ctl_text(answer, "id"), sch_ctl_number(answer, "version"),
                 sch_ctl_text(answer, "state"));
    if (sch_ctl_text(answer, "warning")[0] != '\0') {
        sch_cli_say("%s", sch_ctl_text(answer, "warning"));
    }
    const json_t *withheld = json_object_get(answer, "withheld");
    for (size_t i = 0; i < json_array_size(withheld); i++) {
        sch_cli_say("%s", sch_ctl_text(json_array_get(withheld, i), "text"));
    }
out:
    sch_ctl_client_close(&client);
    sch_bundle_clear(&bundle);
    sch_buf_clear(&bytes);
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

/* ---- revoke, list, get ---- */

int sch_ctl_agreement_revoke(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    if (!sch_ctl_parse(
            &given, argc, argv, SCH_CTL_TAKES_ARGUMENT | SCH_CTL_TAKES_REASON | SCH_CTL_MAY_YES, "ID",
            "Asks, and ends an agreement at once and everywhere, in this party's name: requests under it end, also "
            "those that are being computed, and its linkage keys are destroyed. There is no way back but a new "
            "version that all sign.")) {
        return SCH_EXIT_USAGE;
    }
    if (!sch_card_name_is_valid(given.argument)) {
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "an agreement's id has to be a name, without a version"));
    }
    if (!given.yes) {
        (void)printf("agreement %s ends at once at all parties, with all requests under it; its linkage keys are "
                     "destroyed\n",
                     given.argument);
        SCH_TRY(sch_ctl_ask("revoke?",
                            "there is no terminal to ask at: a revocation cannot be undone; give --yes to revoke the "
                            "agreement",
                            "the agreement was not revoked"));
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
