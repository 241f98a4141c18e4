/* A party's end of an agreement. */
#include <string.h>

#include "proto/agreement.h"
#include "proto/agreement.pb-c.h"
#include "proto/bounded.h"

static const char CONTEXT[] = "schakel revocation 1";

static const sch_bounded_rules RULES = {&schakel__revocation__descriptor, SCH_MAX_REVOCATION_BYTES, NULL, 0};

static sch_err check_revocation(const sch_revocation *r)
{
    size_t reason_bytes = strnlen(r->reason, sizeof r->reason);
    bool reason = reason_bytes > 0 && reason_bytes < sizeof r->reason && sch_text_is_printable(r->reason, reason_bytes);
    bool time = r->time.value > 0 && r->time.value <= SCH_MAX_TIME_MS;
    if (!sch_text_is_name(r->party)) {
        return sch_fail(SCH_BAD_INPUT, "the revocation's party is not a name");
    }
    if (!time) {
        return sch_fail(SCH_BAD_INPUT, "the revocation's moment is out of range");
    }
    return sch_check(reason, SCH_BAD_INPUT,
                     "the revocation's reason is empty, longer than 500 bytes, or not printable UTF-8");
}

/* Appends the encoding, with or without the signature. */
static sch_err pack(sch_buf *out, const sch_revocation *r, bool with_signature)
{
    sch_err err = SCH_NONE;
    Schakel__Revocation message;
    SCH_TRY(check_revocation(r));
    schakel__revocation__init(&message);
    message.agreement_hash = sch_bounded_bytes(r->agreement_hash, SCH_HASH_BYTES);
    message.party = sch_bounded_text(r->party);
    message.time_ms = r->time.value;
    message.reason = sch_bounded_text(r->reason);
    if (with_signature) {
        message.signature = sch_bounded_bytes(r->signature, SCH_SIGN_BYTES);
    }
    SCH_TRY(sch_bounded_pack(out, &message.base, SCH_MAX_REVOCATION_BYTES));
out:
    return err;
}

/* What is signed. */
static sch_err make_message(sch_buf *out, const sch_revocation *r)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append(out, CONTEXT, sizeof CONTEXT));
    SCH_TRY(pack(out, r, false));
out:
    return err;
}

sch_err sch_revocation_sign(sch_revocation *revocation, const uint8_t identity_secret[static SCH_SIGN_SECRET_BYTES])
{
    sch_err err = SCH_NONE;
    sch_buf message = {0};
    SCH_TRY(make_message(&message, revocation));
    SCH_TRY(sch_sign_message(revocation->signature, message.data, message.bytes, identity_secret));
out:
    sch_buf_clear(&message);
    return err;
}

sch_err sch_revocation_encode(sch_buf *out, const sch_revocation *revocation)
{
    return pack(out, revocation, true);
}

static sch_err read_revocation(sch_revocation *r, const Schakel__Revocation *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(message->agreement_hash.len == SCH_HASH_BYTES && message->signature.len == SCH_SIGN_BYTES,
                      SCH_BAD_INPUT, "the revocation has a hash or a signature of the wrong size"));
    memcpy(r->agreement_hash, message->agreement_hash.data, SCH_HASH_BYTES);
    memcpy(r->signature, message->signature.data, SCH_SIGN_BYTES);
    SCH_TRY(sch_text_copy(r->party, sizeof r->party, message->party));
    r->time.value = message->time_ms;
    SCH_TRY(
        sch_check(strlen(message->reason) < sizeof r->reason, SCH_BAD_INPUT, "the revocation's reason is too long"));
    SCH_TRY(sch_text_copy(r->reason, sizeof r->reason, message->reason));
    SCH_TRY(check_revocation(r));
out:
    return err;
}

sch_err sch_revocation_decode(sch_revocation *out, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    ProtobufCMessage *message = NULL;
    memset(out, 0, sizeof *out);
    SCH_TRY(sch_bounded_unpack(&message, &RULES, data, bytes));
    SCH_TRY(read_revocation(out, (const Schakel__Revocation *)message));
out:
    sch_bounded_free(message);
    if (sch_failed(err)) {
        memset(out, 0, sizeof *out);
    }
    return err;
}

sch_err sch_revocation_verify(const sch_revocation *revocation, const sch_agreement *agreement)
{
    sch_err err = SCH_NONE;
    sch_buf message = {0};
    SCH_TRY(make_message(&message, revocation));
    const sch_agreement_party *party = sch_agreement_find_party(agreement, revocation->party);
    SCH_TRY(sch_check(party != NULL, SCH_DENIED, "the revocation is of none of the agreement's parties"));
    if (sch_failed(sch_sign_verify(revocation->signature, message.data, message.bytes, party->identity))) {
        err = sch_fail(SCH_DENIED, "the revocation's signature is not the party's");
    }
out:
    sch_buf_clear(&message);
    return err;
}
