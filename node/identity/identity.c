#include "node/identity/identity.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/identity/tls_key.h"

enum { MAX_PEM_BYTES = 16384, FILES = 4 };

/* What a folder holds. Secrets are wiped with the buffers. */
typedef struct folder_files {
    sch_buf content[FILES];
    char *path[FILES]; /* owned */
} folder_files;

enum { IDENTITY_KEY, TLS_KEY, TLS_CERTIFICATE, CARD };
static const char *const file_names[FILES] = {"identity.key", "tls.key", "tls.crt", "card.yaml"};
static const sch_file_secrecy secrecy[FILES] = {SCH_FILE_SECRET, SCH_FILE_SECRET, SCH_FILE_PUBLIC, SCH_FILE_PUBLIC};
static const size_t max_bytes[FILES] = {SCH_MAX_KEY_FILE_BYTES, MAX_PEM_BYTES, MAX_PEM_BYTES, SCH_MAX_CARD_BYTES};

static sch_err name_files(folder_files *files, const char *folder)
{
    for (size_t i = 0; i < FILES; i++) {
        files->path[i] = sch_file_join(folder, file_names[i]);
        if (files->path[i] == NULL) {
            return sch_fail(SCH_NO_MEMORY, "out of memory");
        }
    }
    return SCH_NONE;
}

static void clear_files(folder_files *files)
{
    for (size_t i = 0; i < FILES; i++) {
        sch_buf_clear(&files->content[i]);
        free(files->path[i]);
    }
    *files = (folder_files){0};
}

static sch_err check_new(const char *name, const char *address, const char *passphrase)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(sch_card_name_is_valid(name), SCH_BAD_INPUT,
                      "a name has to be a small letter, then small letters, digits and _, 63 at most"));
    SCH_TRY(sch_check(address == NULL || sch_card_address_is_valid(address, false), SCH_BAD_INPUT,
                      "an address has to be host:port"));
    SCH_TRY(sch_check(passphrase == NULL || (strlen(passphrase) >= SCH_MIN_PASSPHRASE_BYTES &&
                                             strlen(passphrase) < SCH_MAX_PASSPHRASE_BYTES),
                      SCH_BAD_INPUT, "a passphrase has to have 12 to 1023 characters"));
out:
    return err;
}

/* Draws the two secret keys and enters their public ones in the card. secrets: as sch_identity_encode_key_file takes
 * them. */
static sch_err draw_keys(uint8_t secrets[static SCH_IDENTITY_SECRETS_BYTES], sch_card *card)
{
    sch_err err = SCH_NONE;
    uint8_t signing[SCH_SIGN_SECRET_BYTES] = {0};
    sch_random_fill(secrets, SCH_SIGN_SEED_BYTES);
    SCH_TRY(sch_sign_keypair_from_seed(card->identity, signing, secrets));
    SCH_TRY(sch_exchange_keypair(card->exchange, secrets + SCH_SIGN_SEED_BYTES));
out:
    sch_secret_wipe(signing, sizeof signing);
    return err;
}

static sch_err write_files(folder_files *files, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t written = 0;
    while (written < FILES) {
        const sch_buf *content = &files->content[written];
        SCH_TRY(sch_file_write(files->path[written], content->data, content->bytes, secrecy[written], false, detail));
        written++;
    }
out:
    while (sch_failed(err) && written > 0) {
        (void)unlink(files->path[--written]);
    }
    return err;
}

sch_err sch_identity_create(const char *folder, const char *name, const char *address, const char *passphrase,
                            sch_detail *detail)
{
    sch_err err = SCH_NONE;
    folder_files files = {0};
    sch_card card = {0};
    uint8_t *secrets = sch_secret_new(SCH_IDENTITY_SECRETS_BYTES);
    SCH_TRY(sch_check(secrets != NULL, SCH_NO_MEMORY, "no memory for keys"));
    SCH_TRY(check_new(name, address, passphrase));
    memcpy(card.name, name, strlen(name));
    if (address != NULL) {
        memcpy(card.address, address, strlen(address));
    }
    SCH_TRY(name_files(&files, folder));
    SCH_TRY(sch_file_make_folder(folder, detail));
    SCH_TRY(draw_keys(secrets, &card));
    SCH_TRY(sch_identity_encode_key_file(&files.content[IDENTITY_KEY], secrets, passphrase));
    sch_buf *certificate = &files.content[TLS_CERTIFICATE];
    SCH_TRY(sch_tls_key_make(&files.content[TLS_KEY], certificate, name));
    SCH_TRY(sch_identity_tls_pin(card.tls_pin, certificate->data, certificate->bytes));
    SCH_TRY(sch_card_print(&files.content[CARD], &card, 0, false));
    SCH_TRY(write_files(&files, detail));
out:
    clear_files(&files);
    sch_secret_free(secrets);
    return err;
}

static sch_err read_files(folder_files *files, const char *folder, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    SCH_TRY(name_files(files, folder));
    for (size_t i = 0; i < FILES; i++) {
        SCH_TRY(sch_file_read(&files->content[i], files->path[i], max_bytes[i], secrecy[i], detail));
    }
out:
    return err;
}

/* Puts both secret keys into guarded memory of the identity. */
static sch_err load_secrets(sch_identity *identity, const folder_files *files, const sch_passphrase *passphrase,
                            sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint8_t public_key[SCH_SIGN_PUBLIC_BYTES];
    const sch_buf *file = &files->content[IDENTITY_KEY];
    uint8_t *secrets = sch_secret_new(SCH_IDENTITY_SECRETS_BYTES);
    identity->identity_secret = sch_secret_new(SCH_SIGN_SECRET_BYTES);
    identity->exchange_secret = sch_secret_new(SCH_EXCHANGE_SECRET_BYTES);
    SCH_TRY(sch_check(secrets != NULL && identity->identity_secret != NULL && identity->exchange_secret != NULL,
                      SCH_NO_MEMORY, "no memory for keys"));
    err = sch_identity_decode_key_file(secrets, file->data, file->bytes, passphrase, detail);
    if (sch_failed(err) && detail != NULL && detail->text[0] == '\0') {
        sch_detail_set(detail, "%s: %s", files->path[IDENTITY_KEY], err.text);
    }
    SCH_TRY(err);
    SCH_TRY(sch_sign_keypair_from_seed(public_key, identity->identity_secret, secrets));
    memcpy(identity->exchange_secret, secrets + SCH_SIGN_SEED_BYTES, SCH_EXCHANGE_SECRET_BYTES);
out:
    sch_secret_free(secrets);
    return err;
}

/* Files of different folders, or of different times, may have been mixed. */
static sch_err check_together(const sch_identity *identity, const folder_files *files, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint8_t exchange[SCH_EXCHANGE_PUBLIC_BYTES], pin[SCH_CARD_KEY_BYTES];
    const sch_card *card = &identity->card;
    const sch_buf *certificate = &files->content[TLS_CERTIFICATE];
    size_t wrong = IDENTITY_KEY;
    SCH_TRY(sch_exchange_public(exchange, identity->exchange_secret));
    bool own = memcmp(card->identity, identity->identity_secret + SCH_SIGN_SEED_BYTES, sizeof card->identity) == 0 &&
               memcmp(card->exchange, exchange, sizeof exchange) == 0;
    SCH_TRY(sch_check(own, SCH_BAD_INPUT, "a card does not belong to its keys"));
    wrong = TLS_CERTIFICATE;
    SCH_TRY(sch_identity_tls_pin(pin, certificate->data, certificate->bytes));
    SCH_TRY(sch_check(memcmp(card->tls_pin, pin, sizeof pin) == 0, SCH_BAD_INPUT,
                      "a card does not belong to its certificate"));
    wrong = TLS_KEY;
    SCH_TRY(sch_tls_key_check(&files->content[TLS_KEY], certificate));
out:
    if (sch_failed(err)) {
        sch_detail_set(detail, "%s and %s: %s", files->path[CARD], files->path[wrong], err.text);
    }
    return err;
}

sch_err sch_identity_load(sch_identity *identity, const char *folder, const sch_passphrase *passphrase,
                          sch_detail *detail)
{
    sch_err err = SCH_NONE;
    folder_files files = {0};
    *identity = (sch_identity){0};
    SCH_TRY(read_files(&files, folder, detail));
    const sch_buf *card = &files.content[CARD];
    SCH_TRY(sch_card_parse(&identity->card, card->data, card->bytes, files.path[CARD], detail));
    SCH_TRY(load_secrets(identity, &files, passphrase, detail));
    SCH_TRY(check_together(identity, &files, detail));
    identity->certificate_file = files.path[TLS_CERTIFICATE];
    identity->tls_key_file = files.path[TLS_KEY];
    files.path[TLS_CERTIFICATE] = NULL;
    files.path[TLS_KEY] = NULL;
out:
    clear_files(&files);
    if (sch_failed(err)) {
        sch_identity_clear(identity);
    }
    return err;
}

void sch_identity_clear(sch_identity *identity)
{
    sch_secret_free(identity->identity_secret);
    sch_secret_free(identity->exchange_secret);
    free(identity->certificate_file);
    free(identity->tls_key_file);
    *identity = (sch_identity){0};
}

sch_err sch_identity_pair_secret(uint8_t out[static SCH_KEY_BYTES], const sch_identity *self,
                                 const uint8_t other_exchange[static SCH_EXCHANGE_PUBLIC_BYTES], const uint8_t *psk)
{
    if (self->exchange_secret == NULL) {
        return sch_fail(SCH_BUG, "an identity is used before it is loaded");
    }
    return sch_exchange_pair_secret(out, self->exchange_secret, self->card.exchange, other_exchange, psk);
}
