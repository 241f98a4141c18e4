/* DESIGN. HAS says which fields a kind has. Encoding fills in just those; decoding refuses a message that has others or
 * lacks one, then copies. One function, check_control, holds the ranges and serves both directions. */
#include "proto/control.h"

#include <string.h>

#include "proto/bounded.h"
#include "proto/control.pb-c.h"

enum {
    HAS_ID = 1,
    HAS_NODE = 2,
    HAS_PART = 4,
    HAS_BYTES = 8,
    HAS_SIGNATURE = 16,
    HAS_PLAN_HASH = 32,
    HAS_CHECKS = 64,
    HAS_ROWS = 128,
    HAS_PROGRESS = 256,
    HAS_FAILURE = 512,
};

static const uint16_t HAS[SCH_CONTROL_DONE + 1] = {
    [SCH_CONTROL_CATALOG_ASK] = 0,
    [SCH_CONTROL_CATALOG] = HAS_NODE | HAS_PART | HAS_BYTES,
    [SCH_CONTROL_SUBMIT] = HAS_ID | HAS_BYTES | HAS_SIGNATURE,
    [SCH_CONTROL_PREPARE] = HAS_ID | HAS_BYTES | HAS_SIGNATURE | HAS_PLAN_HASH,
    [SCH_CONTROL_READY] = HAS_ID | HAS_PLAN_HASH | HAS_CHECKS,
    [SCH_CONTROL_SIZE] = HAS_ID | HAS_ROWS,
    [SCH_CONTROL_PROGRESS] = HAS_ID | HAS_NODE | HAS_PROGRESS,
    [SCH_CONTROL_FAIL] = HAS_ID | HAS_NODE | HAS_FAILURE,
    [SCH_CONTROL_CANCEL] = HAS_ID,
    [SCH_CONTROL_RESULT] = HAS_ID | HAS_NODE | HAS_PART | HAS_BYTES | HAS_SIGNATURE,
    [SCH_CONTROL_DONE] = HAS_ID | HAS_NODE,
};

static const sch_bounded_rules RULES = {&schakel__control__descriptor, SCH_MAX_CONTROL_BYTES, NULL, 0};

_Static_assert((int)SCHAKEL__CONTROL_KIND__CONTROL_DONE == SCH_CONTROL_DONE,
               "the schema and the header number the kinds");
_Static_assert((int)SCHAKEL__CODE__CODE_BUG == SCH_BUG, "... the codes");
_Static_assert((int)SCHAKEL__PHASE__PHASE_RELEASE == SCH_PHASE_RELEASE, "... the phases");
_Static_assert((int)SCH_MAX_REQUEST_BYTES <= (int)SCH_PART_BYTES, "a request fits in a message");

/* The ranges of the fields that a known kind has. */
static bool check_control(const sch_control *c)
{
    uint16_t has = HAS[c->kind];
    size_t text_bytes = strnlen(c->text.text, sizeof c->text.text);
    bool node = (has & HAS_NODE) == 0 || sch_text_is_name(c->node);
    bool part = (has & HAS_PART) == 0 || (c->part < c->parts && c->parts <= SCH_MAX_PARTS);
    bool bytes = (has & HAS_BYTES) == 0 || (c->bytes.bytes >= 1 && c->bytes.bytes <= SCH_PART_BYTES);
    bool rows = (has & HAS_ROWS) == 0 || c->rows <= (uint64_t)SCH_MAX_ROWS;
    bool progress = (has & HAS_PROGRESS) == 0 ||
                    (c->phase >= SCH_PHASE_READ && c->phase <= SCH_PHASE_RELEASE && c->per_mille <= 1000);
    bool failure = (has & HAS_FAILURE) == 0 ||
                   (c->code > SCH_OK && c->code <= SCH_BUG && text_bytes > 0 && text_bytes < sizeof c->text.text &&
                    sch_text_is_printable(c->text.text, text_bytes));
    return node && part && bytes && rows && progress && failure;
}

static bool all_zero(const uint8_t *data, size_t bytes)
{
    uint8_t any = 0;
    for (size_t i = 0; i < bytes; i++) {
        any |= data[i];
    }
    return any == 0;
}

/* ---- encoding ---- */

/* Everything is borrowed. */
static void fill(Schakel__Control *message, const sch_control *c)
{
    uint16_t has = HAS[c->kind];
    message->kind = (Schakel__ControlKind)c->kind;
    if ((has & HAS_ID) != 0) {
        message->id = sch_bounded_bytes(c->id.byte, SCH_REQUEST_ID_BYTES);
    }
    if ((has & HAS_NODE) != 0) {
        message->node = sch_bounded_text(c->node);
    }
    if ((has & HAS_PART) != 0) {
        message->part = c->part;
        message->parts = c->parts;
    }
    if ((has & HAS_BYTES) != 0) {
        message->bytes = sch_bounded_bytes(c->bytes.data, c->bytes.bytes);
    }
    if ((has & HAS_SIGNATURE) != 0) {
        message->signature = sch_bounded_bytes(c->signature, SCH_SIGNATURE_BYTES);
    }
    if ((has & HAS_PLAN_HASH) != 0) {
        message->plan_hash = sch_bounded_bytes(c->plan_hash, SCH_HASH_BYTES);
    }
    if ((has & HAS_CHECKS) != 0) {
        message->pair_check = sch_bounded_bytes(c->pair_check, SCH_CHECK_BYTES);
        if (!all_zero(c->tag_check, SCH_CHECK_BYTES)) {
            message->tag_check = sch_bounded_bytes(c->tag_check, SCH_CHECK_BYTES);
        }
    }
    message->rows = (has & HAS_ROWS) != 0 ? c->rows : 0;
    if ((has & HAS_PROGRESS) != 0) {
        message->phase = (Schakel__Phase)c->phase;
        message->per_mille = c->per_mille;
    }
    if ((has & HAS_FAILURE) != 0) {
        message->code = (Schakel__Code)c->code;
        message->text = sch_bounded_text(c->text.text);
    }
}

sch_err sch_control_encode(sch_buf *out, const sch_control *control)
{
    bool known = (int)control->kind >= SCH_CONTROL_CATALOG_ASK && control->kind <= SCH_CONTROL_DONE;
    if (!known || !check_control(control)) {
        return sch_fail(SCH_BUG, "a control message has a field out of range");
    }
    Schakel__Control message;
    schakel__control__init(&message);
    fill(&message, control);
    return sch_bounded_pack(out, &message.base, SCH_MAX_CONTROL_BYTES);
}

/* ---- decoding ---- */

/* Bytes of a fixed size that a kind has or has not. */
static bool fits(const ProtobufCBinaryData *data, bool present, size_t bytes)
{
    return data->len == (present ? bytes : 0);
}

/* That no field is there which the kind does not have, and that none of those of fixed size is missing. */
static bool check_fields(const Schakel__Control *m, uint16_t has)
{
    bool id = fits(&m->id, (has & HAS_ID) != 0, SCH_REQUEST_ID_BYTES);
    bool node = (has & HAS_NODE) != 0 || m->node[0] == '\0';
    bool part = (has & HAS_PART) != 0 || (m->part == 0 && m->parts == 0);
    bool bytes = (has & HAS_BYTES) != 0 || m->bytes.len == 0;
    bool signature = fits(&m->signature, (has & HAS_SIGNATURE) != 0, SCH_SIGNATURE_BYTES);
    bool plan_hash = fits(&m->plan_hash, (has & HAS_PLAN_HASH) != 0, SCH_HASH_BYTES);
    bool pair_check = fits(&m->pair_check, (has & HAS_CHECKS) != 0, SCH_CHECK_BYTES);
    /* Left out where it is zero, and so never spelled out as zero: a message has one encoding. */
    bool tag_check = m->tag_check.len == 0 || ((has & HAS_CHECKS) != 0 && m->tag_check.len == SCH_CHECK_BYTES &&
                                               !all_zero(m->tag_check.data, SCH_CHECK_BYTES));
    bool rows = (has & HAS_ROWS) != 0 || m->rows == 0;
    bool progress = (has & HAS_PROGRESS) != 0 || (m->phase == 0 && m->per_mille == 0);
    bool failure = (has & HAS_FAILURE) != 0 || (m->code == 0 && m->text[0] == '\0');
    return id && node && part && bytes && signature && plan_hash && pair_check && tag_check && rows && progress &&
           failure;
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
    SCH_TRY(sch_check(m->kind > 0 && check_fields(m, HAS[m->kind]), SCH_BAD_PEER,
                      "a control message has fields too many, or lacks one"));
    SCH_TRY(sch_text_copy(c->node, sizeof c->node, m->node));
    SCH_TRY(sch_text_copy(c->text.text, sizeof c->text.text, m->text));
    SCH_TRY(sch_check(m->per_mille <= 1000, SCH_BAD_PEER, "a control message has a field out of range"));
    SCH_TRY(sch_check(m->bytes.len <= SCH_PART_BYTES, SCH_BAD_PEER, "a control message has a part that is too large"));
    c->kind = (sch_control_kind)m->kind;
    copy_bytes(c->id.byte, &m->id);
    copy_bytes(c->signature, &m->signature);
    copy_bytes(c->plan_hash, &m->plan_hash);
    copy_bytes(c->pair_check, &m->pair_check);
    copy_bytes(c->tag_check, &m->tag_check);
    c->part = m->part;
    c->parts = m->parts;
    c->rows = m->rows;
    c->phase = (sch_phase)m->phase;
    c->per_mille = (uint16_t)m->per_mille;
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
