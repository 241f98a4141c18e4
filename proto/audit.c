#include "proto/audit.h"

#include <string.h>

#include "crypto/prim/hash.h"
#include "proto/audit.pb-c.h"
#include "proto/bounded.h"

static const char CONTEXT[] = "schakel audit 1";

static const sch_bounded_rules RULES = {&schakel__audit_record__descriptor, SCH_MAX_AUDIT_BYTES, NULL, 0};

static bool is_word(const char text[static SCH_AUDIT_WORD_BYTES])
{
    size_t bytes = strnlen(text, SCH_AUDIT_WORD_BYTES);
    return bytes > 0 && bytes < SCH_AUDIT_WORD_BYTES &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == bytes;
}

static bool is_object(const char text[static SCH_AUDIT_OBJECT_BYTES])
{
    size_t bytes = strnlen(text, SCH_AUDIT_OBJECT_BYTES);
    bool printable = bytes > 0 && bytes < SCH_AUDIT_OBJECT_BYTES;
    for (size_t i = 0; i < bytes; i++) {
        printable = printable && text[i] >= ' ' && text[i] <= '~';
    }
    return printable;
}

static bool is_set(const uint8_t *data, size_t bytes)
{
    uint8_t any = 0;
    for (size_t i = 0; i < bytes; i++) {
        any |= data[i];
    }
    return any != 0;
}

static bool check_record(const sch_audit_record *r)
{
    return r->seq >= 1 && r->time.value >= 0 && r->time.value <= SCH_MAX_TIME_MS && is_object(r->actor) &&
           is_word(r->action) && is_object(r->object) && is_word(r->outcome) && is_set(r->trace, SCH_TRACE_BYTES) &&
           is_set(r->span, SCH_SPAN_BYTES);
}

sch_err sch_audit_record_encode(sch_buf *out, const sch_audit_record *record)
{
    sch_err err = SCH_NONE;
    Schakel__AuditRecord message;
    SCH_TRY(sch_check(check_record(record), SCH_BUG, "an audit record has a field out of range"));
    schakel__audit_record__init(&message);
    message.seq = record->seq;
    message.previous = sch_bounded_bytes(record->previous, SCH_HASH_BYTES);
    message.time_ms = record->time.value;
    message.actor = sch_bounded_text(record->actor);
    message.action = sch_bounded_text(record->action);
    message.object = sch_bounded_text(record->object);
    message.outcome = sch_bounded_text(record->outcome);
    message.trace = sch_bounded_bytes(record->trace, SCH_TRACE_BYTES);
    message.span = sch_bounded_bytes(record->span, SCH_SPAN_BYTES);
    message.decided_on = sch_bounded_bytes(record->decided_on, SCH_HASH_BYTES);
    SCH_TRY(sch_bounded_pack(out, &message.base, SCH_MAX_AUDIT_BYTES));
out:
    return err;
}

static sch_err read_bytes(uint8_t *out, size_t bytes, const ProtobufCBinaryData *data)
{
    if (data->len != bytes) {
        return sch_fail(SCH_BAD_INPUT, "the audit record has a hash or an id of the wrong size");
    }
    memcpy(out, data->data, bytes);
    return SCH_NONE;
}

static sch_err read_record(sch_audit_record *r, const Schakel__AuditRecord *message)
{
    sch_err err = SCH_NONE;
    r->seq = message->seq;
    SCH_TRY(read_bytes(r->previous, sizeof r->previous, &message->previous));
    r->time.value = message->time_ms;
    SCH_TRY(sch_text_copy(r->actor, sizeof r->actor, message->actor));
    SCH_TRY(sch_text_copy(r->action, sizeof r->action, message->action));
    SCH_TRY(sch_text_copy(r->object, sizeof r->object, message->object));
    SCH_TRY(sch_text_copy(r->outcome, sizeof r->outcome, message->outcome));
    SCH_TRY(read_bytes(r->trace, sizeof r->trace, &message->trace));
    SCH_TRY(read_bytes(r->span, sizeof r->span, &message->span));
    SCH_TRY(read_bytes(r->decided_on, sizeof r->decided_on, &message->decided_on));
    SCH_TRY(sch_check(check_record(r), SCH_BAD_INPUT, "the audit record has a field out of range"));
out:
    return err;
}

sch_err sch_audit_record_decode(sch_audit_record *out, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    ProtobufCMessage *message = NULL;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_bounded_unpack(&message, &RULES, data, bytes));
    SCH_TRY(read_record(out, (const Schakel__AuditRecord *)message));
out:
    sch_bounded_free(message);
    if (sch_failed(err)) {
        memset(out, 0, sizeof *out);
    }
    return err;
}

sch_err sch_audit_record_hash(uint8_t out[static SCH_HASH_BYTES], const uint8_t *bytes, size_t count)
{
    return sch_hash_blake2b(out, CONTEXT, sizeof CONTEXT, bytes, count);
}
