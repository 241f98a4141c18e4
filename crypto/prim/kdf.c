#include "crypto/prim/kdf.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum { MAX_OUT_BYTES = 255 * 32 }; /* RFC 5869, 2.3: L <= 255 * HashLen */

/* OpenSSL's parameters are not const, but it only reads through them. */
static void *borrow(const void *bytes)
{
    union {
        const void *in;
        void *out;
    } pointer = {.in = bytes};
    return pointer.out;
}

static sch_err derive_with(EVP_KDF_CTX *context, uint8_t *out, size_t out_bytes, const uint8_t *input,
                           size_t input_bytes, const uint8_t *salt, size_t salt_bytes, const void *info,
                           size_t info_bytes)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameter[5];
    size_t count = 0;
    parameter[count++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    parameter[count++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, borrow(input), input_bytes);
    if (salt_bytes > 0) {
        parameter[count++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, borrow(salt), salt_bytes);
    }
    if (info_bytes > 0) {
        parameter[count++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, borrow(info), info_bytes);
    }
    parameter[count] = OSSL_PARAM_construct_end();
    return sch_check(EVP_KDF_derive(context, out, out_bytes, parameter) == 1, SCH_BUG, "HKDF failed");
}

sch_err sch_kdf_derive(uint8_t *out, size_t out_bytes, const uint8_t *input, size_t input_bytes, const uint8_t *salt,
                       size_t salt_bytes, const void *info, size_t info_bytes)
{
    sch_err err = SCH_NONE;
    EVP_KDF *kdf = NULL;
    EVP_KDF_CTX *context = NULL;
    SCH_TRY(sch_check(out_bytes >= 1 && out_bytes <= MAX_OUT_BYTES, SCH_BUG, "a derived key's size is out of range"));
    SCH_TRY(sch_check(input_bytes > 0, SCH_BUG, "a key is derived from nothing"));
    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    SCH_TRY(sch_check(kdf != NULL, SCH_NO_MEMORY, "HKDF is not available"));
    context = EVP_KDF_CTX_new(kdf);
    SCH_TRY(sch_check(context != NULL, SCH_NO_MEMORY, "no memory for HKDF"));
    SCH_TRY(derive_with(context, out, out_bytes, input, input_bytes, salt, salt_bytes, info, info_bytes));
out:
    EVP_KDF_CTX_free(context); /* wipes its copies of key and info */
    EVP_KDF_free(kdf);
    if (sch_failed(err) && out_bytes <= MAX_OUT_BYTES) {
        sch_secret_wipe(out, out_bytes);
    }
    return err;
}
