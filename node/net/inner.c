#include "node/net/inner.h"

#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/prim/kdf.h"

enum { NONCE_BYTES = 12 };

sch_err sch_inner_init(sch_inner *inner, const uint8_t exporter[static SCH_KEY_BYTES],
                       const uint8_t psk[static SCH_KEY_BYTES], const char *info, bool seal)
{
    sch_err err = SCH_NONE;
    uint8_t key[SCH_KEY_BYTES] = {0};
    memset(inner, 0, sizeof *inner);
    SCH_TRY(sch_kdf_derive(key, sizeof key, exporter, SCH_KEY_BYTES, psk, SCH_KEY_BYTES, info, strlen(info)));
    inner->cipher = EVP_CIPHER_CTX_new();
    SCH_TRY(sch_check(inner->cipher != NULL, SCH_NO_MEMORY, "no memory for the inner layer"));
    SCH_TRY(sch_check(EVP_CipherInit_ex(inner->cipher, EVP_aes_256_gcm(), NULL, key, NULL, seal ? 1 : 0) == 1, SCH_BUG,
                      "AES-256-GCM cannot start"));
out:
    sch_secret_wipe(key, sizeof key);
    return err;
}

static void make_nonce(uint8_t nonce[static NONCE_BYTES], uint64_t number)
{
    memset(nonce, 0, NONCE_BYTES);
    sch_put_u64(nonce + 4, number);
}

sch_err sch_inner_seal(sch_inner *inner, uint8_t *out, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    uint8_t nonce[NONCE_BYTES];
    int made = 0;
    int last = 0;
    SCH_TRY(sch_check(bytes > 0 && bytes <= SCH_INNER_MAX_BYTES, SCH_BUG, "an inner record of the wrong size"));
    make_nonce(nonce, inner->number);
    inner->number++;
    sch_put_u16(out, (uint16_t)(bytes + SCH_INNER_TAG_BYTES));
    SCH_TRY(sch_check(
        EVP_EncryptInit_ex(inner->cipher, NULL, NULL, NULL, nonce) == 1 &&
            EVP_EncryptUpdate(inner->cipher, NULL, &made, out, 2) == 1 &&
            EVP_EncryptUpdate(inner->cipher, out + 2, &made, data, (int)bytes) == 1 &&
            EVP_EncryptFinal_ex(inner->cipher, out + 2 + bytes, &last) == 1 &&
            EVP_CIPHER_CTX_ctrl(inner->cipher, EVP_CTRL_GCM_GET_TAG, SCH_INNER_TAG_BYTES, out + 2 + bytes) == 1,
        SCH_BUG, "AES-256-GCM failed"));
out:
    return err;
}

sch_err sch_inner_open(sch_inner *inner, uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    uint8_t nonce[NONCE_BYTES];
    uint8_t length[2];
    int made = 0;
    int last = 0;
    SCH_TRY(sch_check(bytes > SCH_INNER_TAG_BYTES && bytes <= SCH_INNER_MAX_BYTES + SCH_INNER_TAG_BYTES, SCH_BAD_PEER,
                      "an inner record of the wrong size"));
    size_t plain = bytes - SCH_INNER_TAG_BYTES;
    make_nonce(nonce, inner->number);
    inner->number++;
    sch_put_u16(length, (uint16_t)bytes);
    SCH_TRY(sch_check(EVP_DecryptInit_ex(inner->cipher, NULL, NULL, NULL, nonce) == 1 &&
                          EVP_DecryptUpdate(inner->cipher, NULL, &made, length, 2) == 1 &&
                          EVP_DecryptUpdate(inner->cipher, data, &made, data, (int)plain) == 1 &&
                          EVP_CIPHER_CTX_ctrl(inner->cipher, EVP_CTRL_GCM_SET_TAG, SCH_INNER_TAG_BYTES, data + plain) ==
                              1 &&
                          EVP_DecryptFinal_ex(inner->cipher, data + plain, &last) == 1,
                      SCH_BAD_PEER, "the inner layer does not open: the pre-shared keys differ or bytes were altered"));
out:
    return err;
}

void sch_inner_clear(sch_inner *inner)
{
    EVP_CIPHER_CTX_free(inner->cipher);
    memset(inner, 0, sizeof *inner);
}
