#include "node/net/mac.h"

#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/prim/kdf.h"

#define LABEL "schakel end 1"

enum { UPDATE_BYTES = 1 << 30 }; /* OpenSSL counts in int */

sch_err sch_mac_init(sch_mac *mac, const uint8_t end_key[static SCH_KEY_BYTES], const sch_request_id *job,
                     uint32_t shard, sch_party from, sch_party to)
{
    sch_err err = SCH_NONE;
    static const uint8_t zero_nonce[12];
    uint8_t key[SCH_KEY_BYTES] = {0};
    uint8_t info[sizeof LABEL - 1 + SCH_REQUEST_ID_BYTES + 6];
    uint8_t *end = info + sizeof LABEL - 1;
    memset(mac, 0, sizeof *mac);
    memcpy(info, LABEL, sizeof LABEL - 1);
    memcpy(end, job->byte, SCH_REQUEST_ID_BYTES);
    sch_put_u32(end + SCH_REQUEST_ID_BYTES, shard);
    end[SCH_REQUEST_ID_BYTES + 4] = (uint8_t)from;
    end[SCH_REQUEST_ID_BYTES + 5] = (uint8_t)to;
    SCH_TRY(sch_kdf_derive(key, sizeof key, end_key, SCH_KEY_BYTES, NULL, 0, info, sizeof info));
    mac->cipher = EVP_CIPHER_CTX_new();
    SCH_TRY(sch_check(mac->cipher != NULL, SCH_NO_MEMORY, "no memory for a link"));
    SCH_TRY(sch_check(EVP_EncryptInit_ex(mac->cipher, EVP_aes_256_gcm(), NULL, key, zero_nonce) == 1, SCH_BUG,
                      "AES-256-GMAC cannot start"));
out:
    sch_secret_wipe(key, sizeof key);
    return err;
}

sch_err sch_mac_begin_message(sch_mac *mac, uint16_t step, uint64_t total)
{
    uint8_t prefix[16] = {0};
    sch_put_u16(prefix, step);
    sch_put_u64(prefix + 8, total);
    return sch_mac_update(mac, prefix, sizeof prefix);
}

sch_err sch_mac_update(sch_mac *mac, const void *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    const uint8_t *next = data;
    while (bytes > 0) {
        int take = bytes < UPDATE_BYTES ? (int)bytes : UPDATE_BYTES;
        int made = 0;
        SCH_TRY(
            sch_check(EVP_EncryptUpdate(mac->cipher, NULL, &made, next, take) == 1, SCH_BUG, "AES-256-GMAC failed"));
        next += take;
        bytes -= (size_t)take;
    }
out:
    return err;
}

sch_err sch_mac_finish(sch_mac *mac, uint8_t out[static SCH_FRAME_MAC_BYTES])
{
    sch_err err = SCH_NONE;
    int made = 0;
    SCH_TRY(sch_check(EVP_EncryptFinal_ex(mac->cipher, out, &made) == 1 &&
                          EVP_CIPHER_CTX_ctrl(mac->cipher, EVP_CTRL_GCM_GET_TAG, SCH_FRAME_MAC_BYTES, out) == 1,
                      SCH_BUG, "AES-256-GMAC failed"));
out:
    return err;
}

void sch_mac_clear(sch_mac *mac)
{
    EVP_CIPHER_CTX_free(mac->cipher);
    memset(mac, 0, sizeof *mac);
}
