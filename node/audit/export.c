/* Records as the Logboek Dataverwerkingen names them: Logius, standard of that name, version 1.0.0 of 9 April 2026
 * (gitdocumentatie.logius.nl/publicatie/logboek/dataverwerkingen/1.0.0), "Component: Logboek, Interface".
 *
 *     trace_id, span_id     as recorded, in hexadecimal; one trace a request, the same at all nodes
 *     status                Ok, or Error where the outcome is a failure of the system; Unset for all else, a refusal
 *                           above all: the standard keeps Error for faults within the system
 *     name                  the action
 *     start_time, end_time  both the record's moment, in milliseconds since 1970: a record is of one moment
 *     resource.attributes   the program and the node
 *     attributes            dpl.core.processing_activity_id where it is known. dpl.core.data_subject_id is left out: a
 *                           line may name no data subject, and this log knows none
 *
 * Attributes of namespaces that no extension of the standard has defined may not be used. What else a record says
 * therefore stands beside them, under "schakel". */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "node/audit/verify.h"

static void hexadecimal(char *out, const uint8_t *data, size_t bytes)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes; i++) {
        out[2 * i] = digit[data[i] >> 4];
        out[2 * i + 1] = digit[data[i] & 15];
    }
    out[2 * bytes] = '\0';
}

static const char *status_of(const char *outcome)
{
    static const char *const failures[] = {"failed", "error", "io", "bug", "no_memory"};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (strcmp(outcome, failures[i]) == 0) {
            return "Error";
        }
    }
    return strcmp(outcome, "ok") == 0 ? "Ok" : "Unset";
}

static bool is_zero(const uint8_t hash[static SCH_HASH_BYTES])
{
    static const uint8_t zeros[SCH_HASH_BYTES];
    return memcmp(hash, zeros, sizeof zeros) == 0;
}

/* The whole line; NULL where memory is lacking. */
static json_t *make_line(const sch_audit_record *r, const char *node, const char *processing_activity,
                         const uint8_t hash[static SCH_HASH_BYTES])
{
    char trace[2 * SCH_TRACE_BYTES + 1], span[2 * SCH_SPAN_BYTES + 1];
    char decided_on[2 * SCH_HASH_BYTES + 1], record_hash[2 * SCH_HASH_BYTES + 1];
    hexadecimal(trace, r->trace, sizeof r->trace);
    hexadecimal(span, r->span, sizeof r->span);
    hexadecimal(decided_on, r->decided_on, sizeof r->decided_on);
    hexadecimal(record_hash, hash, SCH_HASH_BYTES);
    /* "s*": left out where it is NULL. */
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:{s:{s:s, s:s, s:s}}, s:{s:s*},"
                     " s:{s:I, s:s, s:s, s:s, s:s*, s:s}}",
                     "trace_id", trace, "span_id", span, "status", status_of(r->outcome), "name", r->action,
                     "start_time", (json_int_t)r->time.value, "end_time", (json_int_t)r->time.value, "resource",
                     "attributes", "service.name", "schakel", "service.version", SCH_VERSION, "service.instance.id",
                     node, "attributes", "dpl.core.processing_activity_id", processing_activity, "schakel", "seq",
                     (json_int_t)r->seq, "actor", r->actor, "object", r->object, "outcome", r->outcome, "decided_on",
                     is_zero(r->decided_on) ? NULL : decided_on, "record_hash", record_hash);
}

sch_err sch_audit_export_line(sch_buf *out, const char *node, const char *processing_activity, const uint8_t *bytes,
                              size_t count, const uint8_t hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    sch_audit_record record;
    json_t *line = NULL;
    char *text = NULL;
    size_t before = out->bytes;
    SCH_TRY(sch_audit_record_decode(&record, bytes, count));
    SCH_TRY(sch_check(record.seq <= INT64_MAX, SCH_BAD_INPUT, "a record's number is too large for JSON"));
    line = make_line(&record, node, processing_activity, hash);
    text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for the JSON text"));
    SCH_TRY(sch_buf_append_text(out, text));
    SCH_TRY(sch_buf_append(out, "\n", 1));
out:
    if (sch_failed(err)) {
        out->bytes = before;
    }
    free(text);
    json_decref(line);
    return err;
}
