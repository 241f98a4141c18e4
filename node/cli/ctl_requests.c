/* schakelctl requests, requests show, approve and deny: what analysts ask, and an operator's word on it. */
#include <stdlib.h>
#include <string.h>

#include "node/base/id.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/cli/ctl_client.h"
#include "node/cli/ctl_preview.h"
#include "proto/agreement.h"
#include "proto/decision.h"
#include "proto/text.h"

/* ---- the list ---- */

/* What is to say of a request in one line: what it waits for, else why it ended. */
static const char *remark_of(const json_t *entry)
{
    const char *awaits = sch_ctl_text(entry, "awaits");
    return awaits[0] != '\0' ? awaits : sch_ctl_text(entry, "text");
}

static sch_err print_list(const json_t *list)
{
    static const char *const headings[] = {"REQUEST",   "STATE",  "CREATED (UTC)", "ANALYST",
                                           "AGREEMENT", "REMARK", "PURPOSE"};
    sch_ctl_table table = {.columns = sizeof headings / sizeof headings[0]};
    for (size_t i = 0; i < table.columns; i++) {
        sch_ctl_table_add(&table, headings[i]);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        char time[SCH_CTL_TIME_BYTES];
        sch_ctl_table_add(&table, sch_ctl_text(entry, "id"));
        sch_ctl_table_add(&table, sch_ctl_text(entry, "state"));
        sch_ctl_table_add(&table, sch_ctl_time(time, sch_ctl_text(entry, "created")));
        sch_ctl_table_add(&table, sch_ctl_text(entry, "analyst"));
        sch_ctl_table_add(&table, sch_ctl_text(entry, "agreement"));
        sch_ctl_table_add(&table, remark_of(entry));
        sch_ctl_table_add(&table, sch_ctl_text(entry, "purpose"));
    }
    return sch_ctl_table_print(&table, 0);
}

int sch_ctl_requests(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_ctl_given given;
    json_t *answer = NULL;
    if (!sch_ctl_parse(
            &given, argc, argv, SCH_CTL_MAY_ALL, NULL,
            "Lists the requests that wait or run at a running node; with --all also those that have ended.")) {
        return SCH_EXIT_USAGE;
    }
    const sch_command command = {.kind = SCH_COMMAND_REQUESTS, .all = given.all};
    SCH_TRY(sch_ctl_run(&answer, &given, &command, &detail));
    const json_t *list = json_object_get(answer, "requests");
    if (json_array_size(list) == 0) {
        (void)printf(given.all ? "no request has been made\n" : "no request waits\n");
    } else {
        SCH_TRY(print_list(list));
    }
out:
    json_decref(answer);
    return (int)sch_cli_report(err, &detail);
}

/* ---- one request ---- */

/* One request at a running node. */
typedef struct subject {
    sch_ctl_given given;
    sch_ctl_client client;
    sch_request_id id;
    json_t *answer; /* owned */
    sch_ctl_preview preview;
} subject;

/* Fetches the request that the arguments name. The subject is the caller's to clear, also on failure. */
static sch_err fetch(subject *s, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(sch_id_from_text(&s->id, s->given.argument) && sch_id_is_valid(s->id), SCH_BAD_INPUT,
                      "a request's id looks like 01890a5d-ac96-774b-bcce-b302099a8057"));
    SCH_TRY(sch_ctl_client_open(&s->client, &s->given, detail));
    const sch_command command = {.kind = SCH_COMMAND_REQUEST, .id = s->id};
    SCH_TRY(sch_ctl_client_run(&s->client, &s->answer, &command, detail));
    SCH_TRY(sch_ctl_preview_read(&s->preview, s->answer, &s->id, detail));
out:
    return err;
}

static void clear(subject *s)
{
    sch_ctl_preview_clear(&s->preview);
    json_decref(s->answer);
    sch_ctl_client_close(&s->client);
}

int sch_ctl_requests_show(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    subject s = {0};
    if (!sch_ctl_parse(
            &s.given, argc, argv, SCH_CTL_TAKES_ARGUMENT, "ID",
            "Shows a request: what is asked, as SQL that is made from what the analyst signed, who learns what, what "
            "it costs, what was asked before, and who has approved.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(fetch(&s, &detail));
    SCH_TRY(sch_ctl_preview_print(&s.preview));
out:
    clear(&s);
    return (int)sch_cli_report(err, &detail);
}

/* Signs an operator's word on the request's hash, as it was computed here, and gives it to the node. */
static sch_err give_word(subject *s, bool approve, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    json_t *answer = NULL;
    sch_operator_word word = {.approve = approve, .reason = approve ? "" : s->given.reason};
    sch_command command = {
        .kind = approve ? SCH_COMMAND_APPROVE : SCH_COMMAND_DENY, .id = s->id, .text = s->given.reason};
    SCH_TRY(
        sch_check(s->preview.has_request, SCH_BAD_INPUT, "what was asked is past its retention: nothing is to decide"));
    memcpy(word.request_hash, s->preview.hash, sizeof word.request_hash);
    memcpy(word.node, s->client.conf.node, sizeof word.node);
    memcpy(word.operator_name, s->client.identity.card.name, sizeof word.operator_name);
    SCH_TRY(sch_operator_word_sign(&word, s->client.identity.identity_secret));
    memcpy(command.signature, word.signature, sizeof command.signature);
    SCH_TRY(sch_ctl_client_run(&s->client, &answer, &command, detail));
    (void)printf("%s %s request %s\n", word.operator_name, approve ? "approves" : "denies", s->given.argument);
out:
    json_decref(answer);
    return err;
}

int sch_ctl_approve(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    subject s = {0};
    if (!sch_ctl_parse(
            &s.given, argc, argv, SCH_CTL_TAKES_ARGUMENT | SCH_CTL_MAY_YES, "ID",
            "Shows a request, asks, and approves it in the operator's name: what is signed is the request as it is "
            "shown. It is computed when all parties consent.")) {
        return SCH_EXIT_USAGE;
    }
    SCH_TRY(fetch(&s, &detail));
    SCH_TRY(sch_ctl_preview_print(&s.preview));
    if (!s.given.yes) {
        SCH_TRY(sch_ctl_ask("approve?",
                            "there is no terminal to ask at: look at the request with schakelctl requests show, and "
                            "give --yes to approve it",
                            "the request was not approved"));
    }
    SCH_TRY(give_word(&s, true, &detail));
out:
    clear(&s);
    return (int)sch_cli_report(err, &detail);
}

int sch_ctl_deny(int argc, char **argv)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    subject s = {0};
    if (!sch_ctl_parse(
            &s.given, argc, argv, SCH_CTL_TAKES_ARGUMENT | SCH_CTL_TAKES_REASON, "ID",
            "Denies a request in the operator's name: it ends at all parties, and the analyst reads the reason.")) {
        return SCH_EXIT_USAGE;
    }
    if (strlen(s.given.reason) > SCH_MAX_REASON_BYTES ||
        !sch_text_is_printable(s.given.reason, strlen(s.given.reason))) {
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a reason has to be a text on one line of at most 500 bytes"));
    }
    SCH_TRY(fetch(&s, &detail));
    SCH_TRY(give_word(&s, false, &detail));
out:
    clear(&s);
    return (int)sch_cli_report(err, &detail);
}
