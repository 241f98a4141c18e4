#include "node/cli/ctl_preview.h"

#include <stdio.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "node/base/clock.h"
#include "node/cli/common.h"
#include "node/cli/ctl_client.h"
#include "node/query/request_text.h"
#include "proto/sealed.h"

/* ---- what was signed ---- */

/* Reads base64 whose length says how many bytes there are. */
static sch_err read_base64(sch_buf *out, const char *text)
{
    sch_err err = SCH_NONE;
    size_t chars = strlen(text);
    SCH_TRY(sch_check(chars >= 4 && chars % 4 == 0, SCH_BAD_PEER, "the node's answer holds no request"));
    size_t bytes = chars / 4 * 3 - (text[chars - 1] == '=') - (text[chars - 2] == '=');
    SCH_TRY(sch_buf_reserve(out, bytes));
    SCH_TRY(sch_base64_decode(out->data, bytes, text, chars));
    out->bytes = bytes;
out:
    return err;
}

static sch_err check_hash(const sch_ctl_preview *preview)
{
    uint8_t claimed[SCH_HASH_BYTES];
    const char *text = sch_ctl_text(preview->answer, "request_hash");
    sch_err err = sch_base64_decode(claimed, sizeof claimed, text, strlen(text));
    return sch_check(!sch_failed(err) && memcmp(claimed, preview->hash, sizeof claimed) == 0, SCH_BAD_PEER,
                     "the request that the node shows is not the one that its hash names; nothing is signed");
}

sch_err sch_ctl_preview_read(sch_ctl_preview *out, const json_t *answer, const sch_request_id *id, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    *out = (sch_ctl_preview){.answer = answer};
    const char *text = sch_ctl_text(answer, "bytes");
    if (text[0] == '\0') {
        goto out;
    }
    SCH_TRY(read_base64(&bytes, text));
    SCH_TRY(sch_request_decode(&out->request, bytes.data, bytes.bytes, detail));
    SCH_TRY(sch_check(memcmp(&out->request.id, id, sizeof *id) == 0, SCH_BAD_PEER,
                      "the request that the node shows is another one; nothing is signed"));
    SCH_TRY(sch_request_bytes_hash(out->hash, bytes.data, bytes.bytes));
    SCH_TRY(check_hash(out));
    SCH_TRY(sch_request_text(&out->query, &out->request));
    SCH_TRY(sch_check(sch_buf_text(&out->query) != NULL, SCH_NO_MEMORY, "out of memory"));
    out->has_request = true;
out:
    sch_buf_clear(&bytes);
    return err;
}

void sch_ctl_preview_clear(sch_ctl_preview *preview)
{
    sch_request_clear(&preview->request);
    sch_buf_clear(&preview->query);
    *preview = (sch_ctl_preview){0};
}

/* ---- printing ---- */

static void print_line(const char *label, const char *text)
{
    if (text[0] != '\0') {
        (void)printf("%-12s %s\n", label, text);
    }
}

static void print_heading(const char *text)
{
    const sch_cli_style style = sch_cli_style_of(stdout);
    (void)printf("\n%s%s%s\n", style.bold, text, style.plain);
}

/* A text of several lines, each behind blanks. */
static void print_indented(const char *text)
{
    while (*text != '\0') {
        size_t bytes = strcspn(text, "\n");
        (void)printf("    %.*s\n", (int)bytes, text);
        text += bytes + (text[bytes] == '\n');
    }
}

static void print_valid(const sch_request *request)
{
    char text[SCH_TIME_TEXT_BYTES], from[SCH_CTL_TIME_BYTES], until[SCH_CTL_TIME_BYTES];
    sch_time_text(text, request->not_before);
    (void)sch_ctl_time(from, text);
    sch_time_text(text, request->not_after);
    (void)printf("%-12s from %s until %s UTC\n", "valid", from, sch_ctl_time(until, text));
}

/* Who asks what of whom, and why: from what was signed. */
static void print_signed(const sch_ctl_preview *preview)
{
    const sch_request *request = &preview->request;
    const char *organisation = sch_ctl_text(preview->answer, "organisation");
    (void)printf("%-12s %s%s%s\n", "analyst", request->analyst, organisation[0] == '\0' ? "" : ", ", organisation);
    (void)printf("%-12s %s, version %lld\n", "agreement", request->agreement,
                 sch_ctl_number(preview->answer, "version"));
    (void)printf("%-12s %s\n", "purpose", request->purpose);
    print_valid(request);
    (void)printf("%-12s ", "for");
    for (size_t r = 0; r < request->recipient_count; r++) {
        (void)printf("%s%s", r == 0 ? "" : ", ", request->recipient[r]);
    }
    (void)printf("\n%-12s ", "hash");
    for (size_t i = 0; i < sizeof preview->hash; i++) {
        (void)printf("%02x", preview->hash[i]);
    }
    (void)printf("\n");
    print_heading("The query, as it is computed");
    print_indented((const char *)preview->query.data);
}

static void print_node_says(const json_t *answer)
{
    char time[SCH_CTL_TIME_BYTES];
    (void)printf("%-12s %s", "state", sch_ctl_text(answer, "state"));
    (void)printf(", since %s UTC\n", sch_ctl_time(time, sch_ctl_text(answer, "changed")));
    print_line("awaits", sch_ctl_text(answer, "awaits"));
    print_line("why", sch_ctl_text(answer, "text"));
    print_line("coordinator", sch_ctl_text(answer, "coordinator"));
    print_line("approval", sch_ctl_text(answer, "approval"));
}

/* A list of objects as a table. keys: of its columns; a key that ends in "time" or is "created" is a moment. */
static sch_err print_list(const json_t *answer, const char *name, const char *heading, const char *const *headings,
                          const char *const *keys, size_t columns)
{
    sch_err err = SCH_NONE;
    const json_t *list = json_object_get(answer, name);
    sch_ctl_table table = {.columns = columns};
    sch_buf text = {0};
    if (json_array_size(list) == 0) {
        return SCH_NONE;
    }
    print_heading(heading);
    for (size_t c = 0; c < columns; c++) {
        sch_ctl_table_add(&table, headings[c]);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        for (size_t c = 0; c < columns; c++) {
            char time[SCH_CTL_TIME_BYTES], number[24];
            const json_t *value = json_object_get(entry, keys[c]);
            sch_buf_clear(&text);
            SCH_TRY(sch_ctl_append_texts(&text, entry, keys[c]));
            const char *shown = sch_buf_text(&text);
            SCH_TRY(sch_check(shown != NULL, SCH_NO_MEMORY, "out of memory"));
            if (json_is_boolean(value)) {
                shown = json_is_true(value) ? "yes" : "no";
            } else if (json_is_integer(value)) {
                (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
                shown = number;
            } else if (strcmp(keys[c], "time") == 0 || strcmp(keys[c], "created") == 0) {
                shown = sch_ctl_time(time, shown);
            }
            sch_ctl_table_add(&table, shown);
        }
    }
out:
    sch_buf_clear(&text);
    sch_err printed = sch_ctl_table_print(&table, 4);
    return sch_failed(err) ? err : printed;
}

static void print_cost(const json_t *answer)
{
    if (json_object_get(answer, "expected_bytes") == NULL) {
        return;
    }
    double seconds = json_number_value(json_object_get(answer, "expected_seconds"));
    print_heading("The table, and what it costs at most");
    print_line("    table", sch_ctl_text(answer, "table"));
    (void)printf("    traffic  %.1f MB, about %.1f s\n",
                 json_number_value(json_object_get(answer, "expected_bytes")) / 1e6, seconds);
}

sch_err sch_ctl_preview_print(const sch_ctl_preview *preview)
{
    static const char *const parties[] = {"NODE", "PART", "ROWS AT MOST"}, *const party_keys[] = {"node", "role",
                                                                                                  "max_rows"};
    static const char *const learns[] = {"WHO", "LEARNS"}, *const learns_keys[] = {"who", "what"};
    static const char *const columns[] = {"DATA SET", "COLUMN", "USED TO"}, *const column_keys[] = {"data_set",
                                                                                                    "column", "uses"};
    static const char *const passes[] = {"LINK KEY", "COLUMNS"}, *const pass_keys[] = {"pass", "columns"};
    static const char *const earlier[] = {"REQUEST",        "STATE",     "CREATED (UTC)",
                                          "SAME CONDITION", "LINKED BY", "CONDITION"},
                             *const earlier_keys[] = {"id", "state", "created", "same", "links", "where"};
    static const char *const words[] = {"OPERATOR", "APPROVES", "TIME (UTC)", "REASON"}, *const word_keys[] = {
                                                                                             "operator", "approve",
                                                                                             "time", "reason"};
    static const char *const consents[] = {"NODE", "TIME (UTC)"}, *const consent_keys[] = {"node", "time"};
    sch_err err = SCH_NONE;
    const json_t *answer = preview->answer;
    (void)printf("%-12s %s\n", "request", sch_ctl_text(answer, "id"));
    print_node_says(answer);
    if (!preview->has_request) {
        print_line("analyst", sch_ctl_text(answer, "analyst"));
        print_line("agreement", sch_ctl_text(answer, "agreement"));
        (void)printf("What was asked is past its retention and is not kept any more.\n");
        return SCH_NONE;
    }
    print_signed(preview);
    SCH_TRY(print_list(answer, "passes", "Link keys, all of whose columns have to be alike", passes, pass_keys, 2));
    SCH_TRY(print_list(answer, "columns", "Columns that it touches", columns, column_keys, 3));
    SCH_TRY(print_list(answer, "parties", "Parties", parties, party_keys, 3));
    SCH_TRY(print_list(answer, "learns", "Who learns what", learns, learns_keys, 2));
    print_cost(answer);
    SCH_TRY(print_list(answer, "earlier", "Earlier requests of this analyst with the same columns", earlier,
                       earlier_keys, 6));
    SCH_TRY(print_list(answer, "words", "Words of this node's operators", words, word_keys, 4));
    SCH_TRY(print_list(answer, "consents", "Parties that consent", consents, consent_keys, 2));
out:
    return err;
}
