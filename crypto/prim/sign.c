#include "crypto/prim/sign.h"

#include <assert.h>
#include <sodium.h>

static_assert(SCH_SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "sign.h states libsodium's sizes");
static_assert(SCH_SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "sign.h states libsodium's sizes");
static_assert(SCH_SIGN_SEED_BYTES == crypto_sign_SEEDBYTES, "sign.h states libsodium's sizes");
static_assert(SCH_SIGN_BYTES == crypto_sign_BYTES, "sign.h states libsodium's sizes");

sch_err sch_sign_keypair(uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES],
                         uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    return sch_check(crypto_sign_keypair(public_key, secret_key) == 0, SCH_BUG, "Ed25519 keys could not be made");
}

sch_err sch_sign_keypair_from_seed(uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES],
                                   uint8_t secret_key[static SCH_SIGN_SECRET_BYTES],
                                   const uint8_t seed[static SCH_SIGN_SEED_BYTES])
{
    return sch_check(crypto_sign_seed_keypair(public_key, secret_key, seed) == 0, SCH_BUG,
                     "Ed25519 keys could not be made");
}

sch_err sch_sign_message(uint8_t signature[static SCH_SIGN_BYTES], const void *message, size_t bytes,
                         const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES])
{
    return sch_check(crypto_sign_detached(signature, NULL, message, bytes, secret_key) == 0, SCH_BUG,
                     "Ed25519 could not sign");
}

sch_err sch_sign_verify(const uint8_t signature[static SCH_SIGN_BYTES], const void *message, size_t bytes,
                        const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES])
{
    return sch_check(crypto_sign_verify_detached(signature, message, bytes, public_key) == 0, SCH_BAD_PEER,
                     "a signature is not that of the key that should have made it");
}
