#include "crypto/prim/exchange.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crypto/prim/kdf.h"

static_assert(SCH_EXCHANGE_PUBLIC_BYTES == crypto_scalarmult_BYTES, "exchange.h states libsodium's sizes");
static_assert(SCH_EXCHANGE_SECRET_BYTES == crypto_scalarmult_SCALARBYTES, "exchange.h states libsodium's sizes");

enum { LABEL_BYTES = 22 };
static const char label[LABEL_BYTES] = "schakel pair secret 1"; /* with its closing zero */

sch_err sch_exchange_keypair(uint8_t public_key[static SCH_EXCHANGE_PUBLIC_BYTES],
                             uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES])
{
    sch_random_fill(secret_key, SCH_EXCHANGE_SECRET_BYTES);
    return sch_exchange_public(public_key, secret_key);
}

sch_err sch_exchange_public(uint8_t public_key[static SCH_EXCHANGE_PUBLIC_BYTES],
                            const uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES])
{
    return sch_check(crypto_scalarmult_base(public_key, secret_key) == 0, SCH_BUG, "an X25519 key could not be made");
}

sch_err sch_exchange_point(uint8_t out[static 32], const uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES],
                           const uint8_t other_public[static SCH_EXCHANGE_PUBLIC_BYTES])
{
    /* libsodium refuses points of low order: it returns -1 where the result is all zero. */
    return sch_check(crypto_scalarmult(out, secret_key, other_public) == 0, SCH_BAD_PEER,
                     "an X25519 public key is of low order");
}

sch_err sch_exchange_pair_secret(uint8_t out[static SCH_KEY_BYTES],
                                 const uint8_t secret_key[static SCH_EXCHANGE_SECRET_BYTES],
                                 const uint8_t own_public[static SCH_EXCHANGE_PUBLIC_BYTES],
                                 const uint8_t other_public[static SCH_EXCHANGE_PUBLIC_BYTES], const uint8_t *psk)
{
    sch_err err = SCH_NONE;
    uint8_t point[32] = {0};
    uint8_t info[LABEL_BYTES + 2 * SCH_EXCHANGE_PUBLIC_BYTES];
    int order = memcmp(own_public, other_public, SCH_EXCHANGE_PUBLIC_BYTES);
    SCH_TRY(sch_check(order != 0, SCH_BAD_PEER, "a pair of nodes has one X25519 key"));
    SCH_TRY(sch_exchange_point(point, secret_key, other_public));
    memcpy(info, label, LABEL_BYTES);
    memcpy(info + LABEL_BYTES, order < 0 ? own_public : other_public, SCH_EXCHANGE_PUBLIC_BYTES);
    memcpy(info + LABEL_BYTES + SCH_EXCHANGE_PUBLIC_BYTES, order < 0 ? other_public : own_public,
           SCH_EXCHANGE_PUBLIC_BYTES);
    SCH_TRY(sch_kdf_derive(out, SCH_KEY_BYTES, point, sizeof point, psk, psk == NULL ? 0 : SCH_KEY_BYTES, info,
                           sizeof info));
out:
    sch_secret_wipe(point, sizeof point);
    if (sch_failed(err)) {
        sch_secret_wipe(out, SCH_KEY_BYTES);
    }
    return err;
}
