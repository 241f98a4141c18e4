#include "crypto/prim/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>

/* Looked up once: where EVP_sha256() is given, each digest looks for its implementation, which takes longer than
 * hashing a short text. Lives as long as the process. */
static const EVP_MD *sha256;

static void find_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (sha256 == NULL) {
        sha256 = EVP_sha256();
    }
}

static const EVP_MD *get_sha256(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, find_sha256);
    return sha256;
}

sch_err sch_hash_bytes(uint8_t out[static SCH_SHA256_BYTES], const void *data, size_t bytes)
{
    unsigned written = 0;
    bool done = EVP_Digest(data, bytes, out, &written, get_sha256(), NULL) == 1 && written == SCH_SHA256_BYTES;
    return sch_check(done, SCH_BUG, "SHA-256 failed");
}

sch_err sch_hash_init(sch_hash *hash)
{
    hash->context = EVP_MD_CTX_new();
    if (hash->context == NULL || EVP_DigestInit_ex(hash->context, get_sha256(), NULL) != 1) {
        sch_hash_clear(hash);
        return sch_fail(SCH_NO_MEMORY, "no memory for a hash");
    }
    return SCH_NONE;
}

sch_err sch_hash_update(sch_hash *hash, const void *data, size_t bytes)
{
    if (hash->context == NULL) {
        return sch_fail(SCH_BUG, "a hash is used before its start or after its end");
    }
    return sch_check(EVP_DigestUpdate(hash->context, data, bytes) == 1, SCH_BUG, "SHA-256 failed");
}

sch_err sch_hash_finish(sch_hash *hash, uint8_t out[static SCH_SHA256_BYTES])
{
    if (hash->context == NULL) {
        return sch_fail(SCH_BUG, "a hash is used before its start or after its end");
    }
    unsigned written = 0;
    bool done = EVP_DigestFinal_ex(hash->context, out, &written) == 1 && written == SCH_SHA256_BYTES;
    sch_hash_clear(hash);
    return sch_check(done, SCH_BUG, "SHA-256 failed");
}

void sch_hash_clear(sch_hash *hash)
{
    EVP_MD_CTX_free(hash->context); /* wipes its state */
    hash->context = NULL;
}

sch_err sch_hash_blake2b(uint8_t out[static SCH_BLAKE2B_BYTES], const void *context, size_t context_bytes,
                         const void *data, size_t bytes)
{
    crypto_generichash_blake2b_state state;
    bool done = crypto_generichash_blake2b_init(&state, NULL, 0, SCH_BLAKE2B_BYTES) == 0 &&
                crypto_generichash_blake2b_update(&state, context, context_bytes) == 0 &&
                crypto_generichash_blake2b_update(&state, data, bytes) == 0 &&
                crypto_generichash_blake2b_final(&state, out, SCH_BLAKE2B_BYTES) == 0;
    return sch_check(done, SCH_BUG, "BLAKE2b failed");
}
