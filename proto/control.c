/* DESIGN. FIELDS says which fields a kind has, and which of them it may have: those are left out where they are zero.
 * Encoding fills in just those; decoding refuses a message that has others or lacks one, then copies. One function,
 * check_control, holds the ranges and serves both directions. */
#include "proto/control.h"

#include <string.h>

#include "proto/agreement.h"
#include "proto/bounded.h"
#include "proto/control.pb-c.h"

enum {
    ID = 1 << 0,
    NODE = 1 << 1,
    RECIPIENT = 1 << 2,
    PART = 1 << 3, /* and parts */
    BYTES = 1 << 4,
    HASH = 1 << 5,
    SIGNATURE = 1 << 6,
    PLAN_HASH = 1 << 7,
    PAIR_CHECK = 1 << 8,
    TAG_CHECK = 1 << 9,
    ROWS = 1 << 10,
    COUNTER = 1 << 11,
    SEQ = 1 << 12,
    TIME = 1 << 13,
    PROGRESS = 1 << 14, /* phase, per_mille */
    STATE = 1 << 15,
    REASON = 1 << 16, /* code, text */
};

typedef struct field_set {
    uint32_t all; /* of them: */
    uint32_t optional;
} field_set;

static const field_set FIELDS[SCH_CONTROL_HEAD_AT + 1] = {
    [SCH_CONTROL_CATALOG_ASK] = {0, 0},
    [SCH_CONTROL_CATALOG] = {NODE | PART | BYTES | HASH, 0},
    [SCH_CONTROL_SUBMIT] = {ID | BYTES | SIGNATURE, 0},
    [SCH_CONTROL_PREPARE] = {ID | BYTES | SIGNATURE | PLAN_HASH, 0},
    [SCH_CONTROL_READY] = {ID | PLAN_HASH | PAIR_CHECK | TAG_CHECK, TAG_CHECK},
    [SCH_CONTROL_SIZE] = {ID | ROWS, 0},
    [SCH_CONTROL_PROGRESS] = {ID | NODE | PROGRESS, 0},
    [SCH_CONTROL_FAIL] = {ID | NODE | STATE | REASON, 0},
    [SCH_CONTROL_CANCEL] = {ID, 0},
    [SCH_CONTROL_RESULT] = {ID | NODE | RECIPIENT | PART | BYTES | SIGNATURE, 0},
    [SCH_CONTROL_DONE] = {ID | NODE, 0},
    [SCH_CONTROL_AGREEMENT] = {PART | BYTES | HASH, BYTES | HASH},
    [SCH_CONTROL_CONSENT] = {ID | NODE | SIGNATURE | PLAN_HASH | COUNTER | TIME, 0},
    [SCH_CONTROL_START] = {ID, 0},
    [SCH_CONTROL_RELEASED] = {ID, 0},
    [SCH_CONTROL_HEAD] = {NODE | HASH | SIGNATURE | COUNTER | SEQ | TIME, 0},
    [SCH_CONTROL_EPOCH] = {BYTES | HASH, 0},
    [SCH_CONTROL_REVOKE] = {BYTES, 0},
    [SCH_CONTROL_FETCH] = {ID | RECIPIENT, 0},
    [SCH_CONTROL_STATUS_ASK] = {0, 0},
    [SCH_CONTROL_WATCH] = {ID, 0},
    [SCH_CONTROL_STATUS] = {ID | BYTES | SIGNATURE | PLAN_HASH | TIME | STATE | REASON,
                            ID | BYTES | SIGNATURE | PLAN_HASH},
    [SCH_CONTROL_HEAD_ASK] = {SEQ, 0},
    [SCH_CONTROL_HEAD_AT] = {HASH | SEQ, 0},
};

static const sch_bounded_rules RULES = {&schakel__control__descriptor, SCH_MAX_CONTROL_BYTES, NULL, 0};

_Static_assert((int)SCHAKEL__CONTROL_KIND__CONTROL_HEAD_AT == SCH_CONTROL_HEAD_AT,
               "the schema and the header number the kinds");
_Static_assert((int)SCHAKEL__REQUEST_STATE__REQUEST_CANCELLED == SCH_REQUEST_CANCELLED, "... the states");
_Static_assert((int)SCHAKEL__CODE__CODE_BUG == SCH_BUG, "... the codes");
_Static_assert((int)SCHAKEL__PHASE__PHASE_RELEASE == SCH_PHASE_RELEASE, "... the phases");
_Static_assert((int)SCH_MAX_REQUEST_BYTES <= (int)SCH_PART_BYTES, "a request fits in a message");
_Static_assert((int)SCH_MAX_REVOCATION_BYTES <= (int)SCH_PART_BYTES, "... and a revocation");

const char *sch_request_state_name(sch_request_state state)
{
    static const char *const NAME[SCH_REQUEST_CANCELLED + 1] = {
        [SCH_REQUEST_SUBMITTED] = "submitted", [SCH_REQUEST_CHECKED] = "checked", [SCH_REQUEST_WAITING] = "waiting",
        [SCH_REQUEST_APPROVED] = "approved",   [SCH_REQUEST_RUNNING] = "running", [SCH_REQUEST_RELEASED] = "released",
        [SCH_REQUEST_REFUSED] = "refused",     [SCH_REQUEST_EXPIRED] = "expired", [SCH_REQUEST_FAILED] = "failed",
        [SCH_REQUEST_CANCELLED] = "cancelled",
    };
    bool known = (int)state >= SCH_REQUEST_SUBMITTED && state <= SCH_REQUEST_CANCELLED;
    return known ? NAME[state] : "unknown";
}

/* ---- ranges ---- */

static bool all_zero(const uint8_t *data, size_t bytes)
{
    uint8_t any = 0;
    for (size_t i = 0; i < bytes; i++) {
        any |= data[i];
    }
    return any == 0;
}

static bool check_bytes(const sch_control *c)
{
    size_t bytes = c->bytes.bytes;
    switch (c->kind) {
    case SCH_CONTROL_EPOCH:
        return bytes == SCH_AGREEMENT_KEY_BYTES;
    case SCH_CONTROL_REVOKE:
        return bytes >= 1 && bytes <= SCH_MAX_REVOCATION_BYTES;
    case SCH_CONTROL_AGREEMENT: /* none, in one part, at the end of an answer */
        return all_zero(c->hash, SCH_HASH_BYTES) ? bytes == 0 && c->parts == 1 : bytes >= 1 && bytes <= SCH_PART_BYTES;
    case SCH_CONTROL_STATUS:
        return bytes <= SCH_PART_BYTES;
    default:
        return bytes >= 1 && bytes <= SCH_PART_BYTES;
    }
}

/* What a node counts fits its store. */
static bool check_counts(const sch_control *c)
{
    return c->counter <= (uint64_t)INT64_MAX && c->seq <= (uint64_t)INT64_MAX;
}

static bool check_state(const sch_control *c)
{
    bool known = (int)c->state >= SCH_REQUEST_SUBMITTED && c->state <= SCH_REQUEST_CANCELLED;
    switch (c->kind) {
    case SCH_CONTROL_FAIL:
        return known && c->state >= SCH_REQUEST_REFUSED;
    default:
        return known || c->state == 0;
    }
}

static bool check_reason(const sch_control *c)
{
    bool needed = c->kind == SCH_CONTROL_FAIL;
    size_t text_bytes = strnlen(c->text.text, sizeof c->text.text);
    return (int)c->code >= (needed ? SCH_OK + 1 : SCH_OK) && c->code <= SCH_BUG && (text_bytes > 0 || !needed) &&
           text_bytes < sizeof c->text.text && sch_text_is_printable(c->text.text, text_bytes);
}

/* A STATUS is about a request, or ends the list and is empty. */
static bool check_status(const sch_control *c)
{
    if (!all_zero(c->id.byte, SCH_REQUEST_ID_BYTES)) {
        return c->bytes.bytes > 0 && !all_zero(c->signature, SCH_SIGNATURE_BYTES) && c->state != 0;
    }
    return c->bytes.bytes == 0 && all_zero(c->signature, SCH_SIGNATURE_BYTES) &&
           all_zero(c->plan_hash, SCH_HASH_BYTES) && c->time.value == 0 && c->state == 0 && c->code == SCH_OK &&
           c->text.text[0] == '\0';
}

/* The ranges of the fields that a known kind has. */
static bool check_control(const sch_control *c)
{
    uint32_t all = FIELDS[c->kind].all;
    bool node = (all & NODE) == 0 || sch_text_is_name(c->node);
    bool recipient = (all & RECIPIENT) == 0 || sch_text_is_name(c->recipient);
    bool part = (all & PART) == 0 || (c->part < c->parts && c->parts <= SCH_MAX_PARTS);
    bool bytes = (all & BYTES) == 0 || check_bytes(c);
    bool rows = (all & ROWS) == 0 || c->rows <= (uint64_t)SCH_MAX_ROWS;
    bool seq = (all & SEQ) == 0 || c->seq >= 1;
    bool time = (all & TIME) == 0 || (c->time.value >= 0 && c->time.value <= SCH_MAX_TIME_MS);
    bool progress =
        (all & PROGRESS) == 0 || (c->phase >= SCH_PHASE_READ && c->phase <= SCH_PHASE_RELEASE && c->per_mille <= 1000);
    bool state = (all & STATE) == 0 || check_state(c);
    bool reason = (all & REASON) == 0 || check_reason(c);
    bool status = c->kind != SCH_CONTROL_STATUS || check_status(c);
    return check_counts(c) && node && recipient && part && bytes && rows && seq && time && progress && state &&
           reason && status;
}

/* ---- encoding ---- */

/* Bytes of a fixed size: left out where the kind does not have them, and where it may have them and they are zero. */
static void fill_bytes(ProtobufCBinaryData *out, const sch_control *c, uint32_t field, const uint8_t *data,
                       size_t bytes)
{
    const field_set *fields = &FIELDS[c->kind];
    bool zero = (fields->optional & field) != 0 && all_zero(data, bytes);
    if ((fields->all & field) != 0 && !zero) {
        *out = sch_bounded_bytes(data, bytes);
    }
}

/* Everything is borrowed. */
static void fill(Schakel__Control *message, const sch_control *c)
{
    uint32_t all = FIELDS[c->kind].all;
    message->kind = (Schakel__ControlKind)c->kind;
    fill_bytes(&message->id, c, ID, c->id.byte, SCH_REQUEST_ID_BYTES);
    fill_bytes(&message->hash, c, HASH, c->hash, SCH_HASH_BYTES);
    fill_bytes(&message->signature, c, SIGNATURE, c->signature, SCH_SIGNATURE_BYTES);
    fill_bytes(&message->plan_hash, c, PLAN_HASH, c->plan_hash, SCH_HASH_BYTES);
    fill_bytes(&message->pair_check, c, PAIR_CHECK, c->pair_check, SCH_CHECK_BYTES);
    fill_bytes(&message->tag_check, c, TAG_CHECK, c->tag_check, SCH_CHECK_BYTES);
    if ((all & BYTES) != 0) {
        message->bytes = sch_bounded_bytes(c->bytes.data, c->bytes.bytes);
    }
    message->node = sch_bounded_text((all & NODE) != 0 ? c->node : "");
    message->recipient = sch_bounded_text((all & RECIPIENT) != 0 ? c->recipient : "");
    message->part = (all & PART) != 0 ? c->part : 0;
    message->parts = (all & PART) != 0 ? c->parts : 0;
    message->rows = (all & ROWS) != 0 ? c->rows : 0;
    message->counter = (all & COUNTER) != 0 ? c->counter : 0;
    message->seq = (all & SEQ) != 0 ? c->seq : 0;
    message->time_ms = (all & TIME) != 0 ? c->time.value : 0;
    message->phase = (all & PROGRESS) != 0 ? (Schakel__Phase)c->phase : SCHAKEL__PHASE__PHASE_NONE;
    message->per_mille = (all & PROGRESS) != 0 ? c->per_mille : 0;
    message->state = (all & STATE) != 0 ? (Schakel__RequestState)c->state : SCHAKEL__REQUEST_STATE__REQUEST_NONE;
    message->code = (all & REASON) != 0 ? (Schakel__Code)c->code : SCHAKEL__CODE__CODE_OK;
    message->text = sch_bounded_text((all & REASON) != 0 ? c->text.text : "");
}

sch_err sch_control_encode(sch_buf *out, const sch_control *control)
{
    bool known = (int)control->kind >= SCH_CONTROL_CATALOG_ASK && control->kind <= SCH_CONTROL_HEAD_AT;
    if (!known || !check_control(control)) {
        return sch_fail(SCH_BUG, "a control message has a field out of range");
    }
    Schakel__Control message;
    schakel__control__init(&message);
    fill(&message, control);
    return sch_bounded_pack(out, &message.base, SCH_MAX_CONTROL_BYTES);
}

/* ---- decoding ---- */

/* Bytes of a fixed size; optional ones are never spelled out as zero: a message has one encoding. */
static bool fits(const ProtobufCBinaryData *data, const field_set *fields, uint32_t field, size_t bytes)
{
    if ((fields->all & field) == 0) {
        return data->len == 0;
    }
    if ((fields->optional & field) == 0) {
        return data->len == bytes;
    }
    return data->len == 0 || (data->len == bytes && !all_zero(data->data, bytes));
}

/* That no field is there which the kind does not have, and that none of those of fixed size is missing. */
static bool check_fields(const Schakel__Control *m, const field_set *fields)
{
    uint32_t all = fields->all;
    bool id = fits(&m->id, fields, ID, SCH_REQUEST_ID_BYTES);
    bool hash = fits(&m->hash, fields, HASH, SCH_HASH_BYTES);
    bool signature = fits(&m->signature, fields, SIGNATURE, SCH_SIGNATURE_BYTES);
    bool plan_hash = fits(&m->plan_hash, fields, PLAN_HASH, SCH_HASH_BYTES);
    bool pair_check = fits(&m->pair_check, fields, PAIR_CHECK, SCH_CHECK_BYTES);
    bool tag_check = fits(&m->tag_check, fields, TAG_CHECK, SCH_CHECK_BYTES);
    bool bytes = (all & BYTES) != 0 || m->bytes.len == 0;
    bool node = (all & NODE) != 0 || m->node[0] == '\0';
    bool recipient = (all & RECIPIENT) != 0 || m->recipient[0] == '\0';
    bool part = (all & PART) != 0 || (m->part == 0 && m->parts == 0);
    bool rows = (all & ROWS) != 0 || m->rows == 0;
    bool counter = (all & COUNTER) != 0 || m->counter == 0;
    bool seq = (all & SEQ) != 0 || m->seq == 0;
    bool time = (all & TIME) != 0 || m->time_ms == 0;
    bool progress = (all & PROGRESS) != 0 || (m->phase == 0 && m->per_mille == 0);
    bool state = (all & STATE) != 0 || m->state == 0;
    bool reason = (all & REASON) != 0 || (m->code == 0 && m->text[0] == '\0');
    return id && hash && signature && plan_hash && pair_check && tag_check && bytes && node && recipient && part &&
           rows && counter && seq && time && progress && state && reason;
}

/* Copies what is there; an absent field of fixed size stays zero. */
static void copy_bytes(uint8_t *out, const ProtobufCBinaryData *data)
{
    if (data->len > 0) {
        memcpy(out, data->data, data->len);
    }
}

static sch_err read_control(sch_control *c, const Schakel__Control *m)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(m->kind > 0 && check_fields(m, &FIELDS[m->kind]), SCH_BAD_PEER,
                      "a control message has fields too many, or lacks one"));
    SCH_TRY(sch_text_copy(c->node, sizeof c->node, m->node));
    SCH_TRY(sch_text_copy(c->recipient, sizeof c->recipient, m->recipient));
    SCH_TRY(sch_text_copy(c->text.text, sizeof c->text.text, m->text));
    SCH_TRY(sch_check(m->per_mille <= 1000, SCH_BAD_PEER, "a control message has a field out of range"));
    SCH_TRY(sch_check(m->bytes.len <= SCH_PART_BYTES, SCH_BAD_PEER, "a control message has a part that is too large"));
    c->kind = (sch_control_kind)m->kind;
    copy_bytes(c->id.byte, &m->id);
    copy_bytes(c->hash, &m->hash);
    copy_bytes(c->signature, &m->signature);
    copy_bytes(c->plan_hash, &m->plan_hash);
    copy_bytes(c->pair_check, &m->pair_check);
    copy_bytes(c->tag_check, &m->tag_check);
    c->part = m->part;
    c->parts = m->parts;
    c->rows = m->rows;
    c->counter = m->counter;
    c->seq = m->seq;
    c->time.value = m->time_ms;
    c->phase = (sch_phase)m->phase;
    c->per_mille = (uint16_t)m->per_mille;
    c->state = (sch_request_state)m->state;
    c->code = (sch_code)m->code;
    SCH_TRY(sch_buf_append(&c->bytes, m->bytes.data, m->bytes.len));
    SCH_TRY(sch_check(check_control(c), SCH_BAD_PEER, "a control message has a field out of range"));
out:
    return err;
}

sch_err sch_control_decode(sch_control *out, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    ProtobufCMessage *message = NULL;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_bounded_unpack(&message, &RULES, data, bytes));
    SCH_TRY(read_control(out, (const Schakel__Control *)message));
out:
    sch_bounded_free(message);
    if (sch_failed(err)) {
        sch_control_clear(out);
        /* Whoever sends such bytes is a peer that breaks the protocol. */
        err.code = err.code == SCH_BAD_INPUT ? SCH_BAD_PEER : err.code;
    }
    return err;
}

void sch_control_clear(sch_control *control)
{
    sch_buf_clear(&control->bytes);
    memset(control, 0, sizeof *control);
}
