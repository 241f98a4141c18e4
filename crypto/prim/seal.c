#include "crypto/prim/seal.h"

#include <assert.h>
#include <sodium.h>

static_assert(SCH_SEAL_EXTRA_BYTES == crypto_box_SEALBYTES, "seal.h states libsodium's sizes");

sch_err sch_seal_message(sch_buf *out, const void *message, size_t bytes,
                         const uint8_t public_key[static SCH_EXCHANGE_PUBLIC_BYTES])
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(bytes <= SIZE_MAX / 4, SCH_NO_MEMORY, "a message is too large to seal"));
    SCH_TRY(sch_buf_reserve(out, bytes + SCH_SEAL_EXTRA_BYTES));
    SCH_TRY(sch_check(crypto_box_seal(out->data + out->bytes, message, bytes, public_key) == 0, SCH_BAD_PEER,
                      "an X25519 public key is of low order"));
    out->bytes += bytes + SCH_SEAL_EXTRA_BYTES;
out:
    return err;
}

sch_err sch_seal_open(sch_buf *out, const uint8_t *sealed, size_t sealed_bytes,
                      const uint8_t public_key[static SCH_EXCHANGE_PUBLIC_BYTES],
                      const uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES])
{
    static const char text[] = "a sealed message was made for another key, or altered";
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(sealed_bytes >= SCH_SEAL_EXTRA_BYTES, SCH_BAD_PEER, text));
    SCH_TRY(sch_buf_reserve(out, sealed_bytes)); /* one byte at least, so that there is a place for an empty message */
    SCH_TRY(sch_check(crypto_box_seal_open(out->data + out->bytes, sealed, sealed_bytes, public_key, secret_key) == 0,
                      SCH_BAD_PEER, text));
    out->bytes += sealed_bytes - SCH_SEAL_EXTRA_BYTES;
out:
    return err;
}
