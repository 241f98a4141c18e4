#include "crypto/prim/pwhash.h"

#include <assert.h>
#include <sodium.h>

static_assert(SCH_PWHASH_SALT_BYTES == crypto_pwhash_SALTBYTES, "pwhash.h states libsodium's sizes");
static_assert(SCH_PWHASH_MIN_MEMORY_KB * 1024 >= crypto_pwhash_MEMLIMIT_MIN, "libsodium takes the least memory");

sch_pwhash_cost sch_pwhash_default_cost(void)
{
    return (sch_pwhash_cost){crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE / 1024};
}

sch_err sch_pwhash_derive(uint8_t out[static SCH_KEY_BYTES], const char *passphrase, size_t passphrase_bytes,
                          const uint8_t salt[static SCH_PWHASH_SALT_BYTES], sch_pwhash_cost cost)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(passphrase_bytes > 0, SCH_BAD_INPUT, "a passphrase is empty"));
    SCH_TRY(sch_check(cost.passes >= 1 && cost.passes <= SCH_PWHASH_MAX_PASSES &&
                          cost.memory_kb >= SCH_PWHASH_MIN_MEMORY_KB && cost.memory_kb <= SCH_PWHASH_MAX_MEMORY_KB,
                      SCH_BAD_INPUT, "the cost of a passphrase is out of range"));
    SCH_TRY(sch_check(crypto_pwhash(out, SCH_KEY_BYTES, passphrase, passphrase_bytes, salt, cost.passes,
                                    (size_t)cost.memory_kb * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0,
                      SCH_NO_MEMORY, "the memory that a passphrase takes is not to be had"));
out:
    return err;
}
