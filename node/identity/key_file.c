/* The format of identity.key, as identity.h describes it. */
#include <assert.h>
#include <string.h>

#include "crypto/prim/aead.h"
#include "crypto/prim/hash.h"
#include "crypto/prim/pwhash.h"
#include "node/identity/identity.h"

static const uint8_t magic[8] = {'S', 'C', 'H', 'A', 'K', 'E', 'Y', '1'};

enum {
    AT_PROTECTION = 8,
    AT_ZERO = 9,
    AT_PASSES = 12,
    AT_MEMORY = 16,
    AT_SALT = 20,
    HEADER_BYTES = 36,
    PLAIN_BYTES = HEADER_BYTES + SCH_IDENTITY_SECRETS_BYTES + SCH_SHA256_BYTES,
    LOCKED_BYTES = HEADER_BYTES + SCH_IDENTITY_SECRETS_BYTES + SCH_AEAD_EXTRA_BYTES,
    PROTECTION_NONE = 0,
    PROTECTION_PASSPHRASE = 1,
};

static_assert((int)AT_SALT + SCH_PWHASH_SALT_BYTES == (int)HEADER_BYTES, "the salt ends the header");
static_assert((int)LOCKED_BYTES == (int)SCH_MAX_KEY_FILE_BYTES, "identity.h states the largest size");

static sch_err encode_plain(uint8_t file[static PLAIN_BYTES], const uint8_t *secrets)
{
    memcpy(file + HEADER_BYTES, secrets, SCH_IDENTITY_SECRETS_BYTES);
    return sch_hash_bytes(file + PLAIN_BYTES - SCH_SHA256_BYTES, file, PLAIN_BYTES - SCH_SHA256_BYTES);
}

static sch_err encode_locked(uint8_t file[static LOCKED_BYTES], const uint8_t *secrets, const char *passphrase)
{
    sch_err err = SCH_NONE;
    uint8_t key[SCH_KEY_BYTES] = {0};
    sch_pwhash_cost cost = sch_pwhash_default_cost();
    file[AT_PROTECTION] = PROTECTION_PASSPHRASE;
    sch_put_u32(file + AT_PASSES, cost.passes);
    sch_put_u32(file + AT_MEMORY, cost.memory_kb);
    sch_random_fill(file + AT_SALT, SCH_PWHASH_SALT_BYTES);
    SCH_TRY(sch_pwhash_derive(key, passphrase, strlen(passphrase), file + AT_SALT, cost));
    SCH_TRY(sch_aead_encrypt(file + HEADER_BYTES, secrets, SCH_IDENTITY_SECRETS_BYTES, file, HEADER_BYTES, key));
out:
    sch_secret_wipe(key, sizeof key);
    return err;
}

sch_err sch_identity_encode_key_file(sch_buf *out, const uint8_t secrets[static SCH_IDENTITY_SECRETS_BYTES],
                                     const char *passphrase)
{
    sch_err err = SCH_NONE;
    uint8_t file[LOCKED_BYTES] = {0};
    memcpy(file, magic, sizeof magic);
    if (passphrase == NULL) {
        SCH_TRY(encode_plain(file, secrets));
    } else {
        SCH_TRY(encode_locked(file, secrets, passphrase));
    }
    SCH_TRY(sch_buf_append(out, file, passphrase == NULL ? PLAIN_BYTES : LOCKED_BYTES));
out:
    sch_secret_wipe(file, sizeof file);
    return err;
}

static sch_err decode_plain(uint8_t *secrets, const uint8_t *data, size_t bytes)
{
    sch_err err = SCH_NONE;
    static const uint8_t zero[HEADER_BYTES - AT_PASSES];
    uint8_t hash[SCH_SHA256_BYTES];
    SCH_TRY(sch_check(bytes == PLAIN_BYTES, SCH_BAD_INPUT, "a key file has the wrong size"));
    SCH_TRY(sch_check(memcmp(data + AT_PASSES, zero, sizeof zero) == 0, SCH_BAD_INPUT, "a key file is damaged"));
    SCH_TRY(sch_hash_bytes(hash, data, PLAIN_BYTES - SCH_SHA256_BYTES));
    SCH_TRY(sch_check(sch_secret_equal(hash, data + PLAIN_BYTES - SCH_SHA256_BYTES, sizeof hash), SCH_BAD_INPUT,
                      "a key file is damaged"));
    memcpy(secrets, data + HEADER_BYTES, SCH_IDENTITY_SECRETS_BYTES);
out:
    return err;
}

static sch_err decode_locked(uint8_t *secrets, const uint8_t *data, size_t bytes, const sch_passphrase *passphrase,
                             sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint8_t key[SCH_KEY_BYTES] = {0};
    char *words = NULL;
    const sch_pwhash_cost cost = {sch_get_u32(data + AT_PASSES), sch_get_u32(data + AT_MEMORY)};
    SCH_TRY(sch_check(bytes == LOCKED_BYTES, SCH_BAD_INPUT, "a key file has the wrong size"));
    SCH_TRY(sch_check(passphrase != NULL, SCH_DENIED, "a key file wants a passphrase and none can be asked for"));
    words = sch_secret_new(SCH_MAX_PASSPHRASE_BYTES);
    SCH_TRY(sch_check(words != NULL, SCH_NO_MEMORY, "no memory for a passphrase"));
    SCH_TRY(passphrase->ask(passphrase->context, words, SCH_MAX_PASSPHRASE_BYTES, detail));
    SCH_TRY(sch_check(words[0] != '\0', SCH_DENIED, "the passphrase is wrong"));
    SCH_TRY(sch_pwhash_derive(key, words, strnlen(words, SCH_MAX_PASSPHRASE_BYTES), data + AT_SALT, cost));
    err = sch_aead_decrypt(secrets, data + HEADER_BYTES, LOCKED_BYTES - HEADER_BYTES, data, HEADER_BYTES, key);
    if (err.code == SCH_DENIED) {
        err.text = "the passphrase is wrong";
    }
out:
    sch_secret_wipe(key, sizeof key);
    sch_secret_free(words);
    return err;
}

sch_err sch_identity_decode_key_file(uint8_t secrets[static SCH_IDENTITY_SECRETS_BYTES], const uint8_t *data,
                                     size_t bytes, const sch_passphrase *passphrase, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    static const uint8_t zero[AT_PASSES - AT_ZERO];
    SCH_TRY(sch_check(bytes >= HEADER_BYTES && memcmp(data, magic, sizeof magic) == 0, SCH_BAD_INPUT,
                      "a file is not a key file of version 1"));
    SCH_TRY(sch_check(memcmp(data + AT_ZERO, zero, sizeof zero) == 0 && data[AT_PROTECTION] <= PROTECTION_PASSPHRASE,
                      SCH_BAD_INPUT, "a key file is damaged"));
    if (data[AT_PROTECTION] == PROTECTION_NONE) {
        SCH_TRY(decode_plain(secrets, data, bytes));
    } else {
        SCH_TRY(decode_locked(secrets, data, bytes, passphrase, detail));
    }
out:
    if (sch_failed(err)) {
        sch_secret_wipe(secrets, SCH_IDENTITY_SECRETS_BYTES);
    }
    return err;
}
