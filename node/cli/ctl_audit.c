/* schakelctl audit verify and audit export: the audit log in a copy of a node's state. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "node/base/clock.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/cli/ctl_copy.h"

/* ---- verify ---- */

enum { MOST_GIVEN = 64 }; /* files of heads, and keys */

typedef struct verify_given {
    const char *path;
    const char *heads[MOST_GIVEN];
    size_t heads_count;
    uint8_t key[MOST_GIVEN][32];
    size_t key_count;
} verify_given;

static void take_key(verify_given *out, const char *text, struct argp_state *state)
{
    if (out->key_count == MOST_GIVEN ||
        sch_failed(sch_base64_decode(out->key[out->key_count], 32, text, strlen(text)))) {
        argp_error(state, "--key takes an identity key as on a card: 44 characters of base64");
    }
    out->key_count++;
}

static error_t parse_verify(int key, char *argument, struct argp_state *state)
{
    verify_given *out = state->input;
    switch (key) {
    case 'p':
        if (out->heads_count == MOST_GIVEN) {
            argp_error(state, "at most %d files of heads", MOST_GIVEN);
        }
        out->heads[out->heads_count++] = argument;
        return 0;
    case 'k':
        take_key(out, argument, state);
        return 0;
    case ARGP_KEY_ARG:
        if (out->path != NULL) {
            argp_error(state, "one copy is enough; each file of heads wants a --peer-head of its own");
        }
        out->path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a copy of a node's state is needed");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static sch_err verify(sch_audit_verdict *verdict, sch_ctl_copy *copy, const verify_given *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_ctl_copy_open(copy, given->path, detail));
    if (given->key_count > 0) {
        copy->identity_count = 0; /* an auditor who brings the keys does not take them from what is audited */
    }
    for (size_t i = 0; i < given->key_count; i++) {
        SCH_TRY(sch_ctl_copy_add_key(copy, given->key[i]));
    }
    for (size_t i = 0; i < given->heads_count; i++) {
        SCH_TRY(sch_ctl_copy_add_heads(copy, given->heads[i], detail));
    }
    SCH_TRY(sch_ctl_copy_verify(copy, verdict));
out:
    return err;
}

int sch_ctl_audit_verify(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"peer-head", 'p', "FILE", 0, "Heads of this node that another one kept (schakelctl audit heads, there)", 0},
        {"key", 'k', "BASE64", 0, "A key of this node; then those in the copy's own agreements do not count", 0},
        {0}};
    static const struct argp argp = {.options = options,
                                     .parser = parse_verify,
                                     .args_doc = "STATE.DB",
                                     .doc = "Tells whether the audit log in a copy of a node's state (schakelctl "
                                            "backup) is the one that was written, or "
                                            "which record is the first that was edited, removed, moved or written "
                                            "anew. Without heads from another node, "
                                            "who has this one's keys could have written all of it anew."};
    sch_detail detail = {{0}};
    sch_ctl_copy copy = {0};
    sch_audit_verdict verdict = {0};
    verify_given given = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0 || given.path == NULL) {
        return SCH_EXIT_USAGE;
    }
    sch_err err = verify(&verdict, &copy, &given, &detail);
    if (!sch_failed(err)) {
        (void)printf("%s: %s\n", sch_store_node(copy.store), verdict.text.text);
    }
    sch_ctl_copy_close(&copy);
    if (sch_failed(err)) {
        return (int)sch_cli_report(err, &detail);
    }
    if (verdict.fault == SCH_AUDIT_BAD_HEAD) {
        sch_cli_say("give the node's identity key with --key, where it is on no agreement in this copy");
    }
    return verdict.fault == SCH_AUDIT_INTACT ? SCH_EXIT_OK : SCH_EXIT_FAILED;
}

/* ---- export ---- */

typedef struct export_given {
    const char *path;
    sch_time_ms since;
} export_given;

static error_t parse_export(int key, char *argument, struct argp_state *state)
{
    export_given *out = state->input;
    switch (key) {
    case 'f':
        if (strcmp(argument, "jsonl") != 0) {
            argp_error(state, "there is one format: jsonl");
        }
        return 0;
    case 's':
        if (!sch_time_from_text(&out->since, argument)) {
            argp_error(state, "--since takes a day, 2027-01-31, or a moment in UTC, 2027-01-31T12:00:00Z");
        }
        return 0;
    case ARGP_KEY_ARG:
        if (out->path != NULL) {
            argp_error(state, "one copy is enough");
        }
        out->path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a copy of a node's state is needed");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct export
{
    sch_ctl_copy copy;
    sch_time_ms since;
    sch_buf line;
    uint64_t seq; /* of the record at hand */
}
export;

/* The agreement that a record belongs to: by its request, whose id is its trace, or by its object,
 * "agreement:id/version". NULL where there is none. */
static sch_err find_party(const sch_ctl_own_party **out, const export *e, const sch_audit_record *record)
{
    sch_stored_request request;
    sch_request_id id;
    bool found = false;
    char object[SCH_AUDIT_OBJECT_BYTES];
    *out = NULL;
    _Static_assert(sizeof id.byte == SCH_TRACE_BYTES, "the trace of a request is its id");
    memcpy(id.byte, record->trace, sizeof id.byte);
    sch_err err = sch_store_get_request(e->copy.store, &found, &request, &id);
    for (size_t i = 0; !sch_failed(err) && *out == NULL && i < e->copy.party_count; i++) {
        const sch_ctl_own_party *party = &e->copy.party[i];
        (void)snprintf(object, sizeof object, "agreement:%s/%u", party->agreement, party->version);
        bool is_of_request = found && memcmp(request.agreement_hash, party->agreement_hash, SCH_HASH_BYTES) == 0;
        if (is_of_request || (!found && strcmp(object, record->object) == 0)) {
            *out = party;
        }
    }
    sch_stored_request_clear(&request);
    return err;
}

static sch_err print_record(void *context, uint64_t seq, const uint8_t *bytes, size_t count,
                            const uint8_t hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    export *e = context;
    sch_audit_record record;
    const sch_ctl_own_party *party = NULL;
    e->seq = seq;
    SCH_TRY(sch_audit_record_decode(&record, bytes, count));
    if (record.time.value < e->since.value) {
        return SCH_NONE;
    }
    SCH_TRY(find_party(&party, e, &record));
    e->line.bytes = 0;
    SCH_TRY(sch_audit_export_line(&e->line, sch_store_node(e->copy.store),
                                  party == NULL ? NULL : party->processing_activity, bytes, count, hash));
    SCH_TRY(sch_check(fwrite(e->line.data, 1, e->line.bytes, stdout) == e->line.bytes, SCH_IO,
                      "the output could not be written"));
out:
    return err;
}

int sch_ctl_audit_export(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"format", 'f', "FORMAT", 0, "jsonl: one JSON object a line; the default, and the only one", 0},
        {"since", 's', "TIME", 0, "Leave out what was before this day or moment, in UTC", 0},
        {0}};
    static const struct argp argp = {.options = options,
                                     .parser = parse_export,
                                     .args_doc = "STATE.DB",
                                     .doc = "Prints the audit log in a copy of a node's state under the field names of "
                                            "the Logboek Dataverwerkingen. It does not "
                                            "tell whether the log is sound: that is schakelctl audit verify."};
    sch_detail detail = {{0}};
    export e = {0};
    export_given given = {.since = {INT64_MIN}};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0 || given.path == NULL) {
        return SCH_EXIT_USAGE;
    }
    e.since = given.since;
    sch_err err = sch_ctl_copy_open(&e.copy, given.path, &detail);
    if (!sch_failed(err)) {
        err = sch_store_each_audit(e.copy.store, 0, print_record, &e);
        if (err.code == SCH_BAD_INPUT) {
            sch_detail_set(&detail, "%s: record %llu cannot be read; see schakelctl audit verify", given.path,
                           (unsigned long long)e.seq);
        }
    }
    sch_ctl_copy_close(&e.copy);
    sch_buf_clear(&e.line);
    return (int)sch_cli_report(err, &detail);
}
