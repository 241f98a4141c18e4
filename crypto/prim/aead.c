#include "crypto/prim/aead.h"

#include <assert.h>
#include <sodium.h>

static_assert(SCH_AEAD_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "aead.h states libsodium's sizes");
static_assert(SCH_AEAD_EXTRA_BYTES == SCH_AEAD_NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
              "aead.h states libsodium's sizes");

sch_err sch_aead_encrypt(uint8_t *out, const void *message, size_t bytes, const void *header, size_t header_bytes,
                         const uint8_t key[static SCH_KEY_BYTES])
{
    sch_random_fill(out, SCH_AEAD_NONCE_BYTES);
    int status = crypto_aead_xchacha20poly1305_ietf_encrypt(out + SCH_AEAD_NONCE_BYTES, NULL, message, bytes, header,
                                                            header_bytes, NULL, out, key);
    return sch_check(status == 0, SCH_BUG, "XChaCha20-Poly1305 failed");
}

sch_err sch_aead_decrypt(uint8_t *out, const uint8_t *sealed, size_t sealed_bytes, const void *header,
                         size_t header_bytes, const uint8_t key[static SCH_KEY_BYTES])
{
    if (sealed_bytes < SCH_AEAD_EXTRA_BYTES) {
        return sch_fail(SCH_BAD_INPUT, "encrypted bytes are cut off");
    }
    int status = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed + SCH_AEAD_NONCE_BYTES,
                                                            sealed_bytes - SCH_AEAD_NONCE_BYTES, header, header_bytes,
                                                            sealed, key);
    if (status != 0) {
        sch_secret_wipe(out, sealed_bytes - SCH_AEAD_EXTRA_BYTES);
        return sch_fail(SCH_DENIED, "encrypted bytes do not open with this key");
    }
    return SCH_NONE;
}
