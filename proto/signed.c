#include "proto/signed.h"

#include <string.h>

#include "crypto/base/buf.h"

static sch_err make_message(sch_buf *out, const char *context, const uint8_t *bytes, size_t count)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append(out, context, strlen(context) + 1));
    SCH_TRY(sch_buf_append(out, bytes, count));
out:
    return err;
}

sch_err sch_signed_hash(uint8_t out[static SCH_SHA256_BYTES], const char *context, const uint8_t *bytes, size_t count)
{
    sch_err err = SCH_NONE;
    sch_buf message = {0};
    SCH_TRY(make_message(&message, context, bytes, count));
    SCH_TRY(sch_hash_bytes(out, message.data, message.bytes));
out:
    sch_buf_clear(&message);
    return err;
}

sch_err sch_signed_sign(uint8_t signature[static SCH_SIGN_BYTES], const char *context, const uint8_t *bytes,
                        size_t count, const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    sch_err err = SCH_NONE;
    sch_buf message = {0};
    SCH_TRY(make_message(&message, context, bytes, count));
    SCH_TRY(sch_sign_message(signature, message.data, message.bytes, secret_key));
out:
    sch_buf_clear(&message);
    return err;
}

sch_err sch_signed_verify(const uint8_t signature[static SCH_SIGN_BYTES], const char *context, const uint8_t *bytes,
                          size_t count, const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES], const char *text)
{
    sch_err err = SCH_NONE;
    sch_buf message = {0};
    SCH_TRY(make_message(&message, context, bytes, count));
    if (sch_failed(sch_sign_verify(signature, message.data, message.bytes, public_key))) {
        err = sch_fail(SCH_DENIED, text);
    }
out:
    sch_buf_clear(&message);
    return err;
}
