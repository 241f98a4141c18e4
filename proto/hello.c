#include "proto/hello.h"

#include <string.h>

#include "proto/bounded.h"
#include "proto/hello.pb-c.h"
#include "proto/text.h"

/* Calls and acceptances prove who speaks; a refusal says nothing that needs proof. */
static bool is_signed(sch_hello_answer answer)
{
    return answer == SCH_HELLO_CALL || answer == SCH_HELLO_ACCEPTED;
}

static bool kind_ok(uint32_t kind)
{
    return kind >= SCH_CONNECTION_CONTROL && kind <= SCH_CONNECTION_ANALYST;
}

sch_err sch_hello_encode(sch_buf *out, const sch_hello *hello)
{
    sch_err err = SCH_NONE;
    Schakel__Hello message;
    schakel__hello__init(&message);
    SCH_TRY(sch_check(sch_text_is_name(hello->from) && sch_text_is_name(hello->to) && kind_ok((uint32_t)hello->kind) &&
                          (uint32_t)hello->answer < SCH_HELLO_ANSWERS,
                      SCH_BUG, "a field of the greeting is out of range"));
    message.version = hello->version;
    message.kind = (uint32_t)hello->kind;
    message.answer = (uint32_t)hello->answer;
    message.from = sch_bounded_text(hello->from);
    message.to = sch_bounded_text(hello->to);
    if (hello->has_psk_check) {
        message.psk_check = sch_bounded_bytes(hello->psk_check, SCH_PSK_CHECK_BYTES);
    }
    if (is_signed(hello->answer)) {
        message.signature = sch_bounded_bytes(hello->signature, SCH_HELLO_SIGNATURE_BYTES);
    }
    SCH_TRY(sch_bounded_pack(out, &message.base, SCH_MAX_HELLO_BYTES));
out:
    return err;
}

/* A byte field is absent or has exactly its size. */
static bool size_ok(const ProtobufCBinaryData *field, bool present, size_t bytes)
{
    return field->len == (present ? bytes : 0);
}

static sch_err take_fields(sch_hello *out, const Schakel__Hello *message)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(kind_ok(message->kind), SCH_BAD_PEER, "a greeting names an unknown kind of connection"));
    SCH_TRY(sch_check(message->answer < SCH_HELLO_ANSWERS, SCH_BAD_PEER, "a greeting has an unknown answer"));
    SCH_TRY(sch_check(sch_text_is_name(message->from) && sch_text_is_name(message->to), SCH_BAD_PEER,
                      "a greeting has a malformed name"));
    out->version = message->version;
    out->kind = (sch_connection_kind)message->kind;
    out->answer = (sch_hello_answer)message->answer;
    memcpy(out->from, message->from, strlen(message->from) + 1);
    memcpy(out->to, message->to, strlen(message->to) + 1);
    out->has_psk_check = message->psk_check.len > 0;
    SCH_TRY(sch_check(size_ok(&message->psk_check, out->has_psk_check, SCH_PSK_CHECK_BYTES), SCH_BAD_PEER,
                      "a greeting has a check of the wrong size"));
    SCH_TRY(sch_check(size_ok(&message->signature, is_signed(out->answer), SCH_HELLO_SIGNATURE_BYTES), SCH_BAD_PEER,
                      "a greeting has a signature of the wrong size"));
    if (out->has_psk_check) {
        memcpy(out->psk_check, message->psk_check.data, SCH_PSK_CHECK_BYTES);
    }
    if (is_signed(out->answer)) {
        memcpy(out->signature, message->signature.data, SCH_HELLO_SIGNATURE_BYTES);
    }
out:
    return err;
}

sch_err sch_hello_decode(sch_hello *out, const uint8_t *data, size_t bytes)
{
    static const sch_bounded_rules rules = {
        .message = &schakel__hello__descriptor,
        .max_bytes = SCH_MAX_HELLO_BYTES,
    };
    sch_err err = SCH_NONE;
    ProtobufCMessage *message = NULL;
    memset(out, 0, sizeof *out);
    err = sch_bounded_unpack(&message, &rules, data, bytes);
    if (err.code == SCH_BAD_INPUT) {
        err = sch_fail(SCH_BAD_PEER, "a greeting is malformed");
    }
    SCH_TRY(err);
    SCH_TRY(take_fields(out, (const Schakel__Hello *)message));
out:
    sch_bounded_free(message);
    if (sch_failed(err)) {
        memset(out, 0, sizeof *out);
    }
    return err;
}
