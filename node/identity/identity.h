/* identity.h - the keys of this node or analyst, in one folder:
 *
 *     identity.key   both secret keys, mode 0600, optionally under a passphrase
 *     tls.key        the TLS key (P-256, PEM), mode 0600, never under a passphrase: alone it authenticates nobody,
 *                    since each connection is also signed with the identity key
 *     tls.crt        a self-signed certificate for it; only its key counts
 *     card.yaml      the public card (node/base/card.h)
 *
 * identity.key, version 1, all numbers little-endian:
 *
 *     offset bytes
 *          0     8  "SCHAKEY1"
 *          8     1  protection: 0 none, 1 passphrase
 *          9     3  zero
 *         12     4  Argon2id passes (0 without passphrase)
 *         16     4  Argon2id memory in KB (0 without passphrase)
 *         20    16  Argon2id salt (zero without passphrase)
 *         36        without passphrase: Ed25519 seed (32), X25519 secret (32), SHA-256 of all before (32);
 *                   132 bytes in all.
 *                   With: nonce (24), the two keys encrypted by XChaCha20-Poly1305 with bytes 0 to 35 as header (64),
 *                   authenticator (16); 140 bytes in all. */
#ifndef SCH_NODE_IDENTITY_IDENTITY_H
#define SCH_NODE_IDENTITY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"
#include "crypto/prim/exchange.h"
#include "crypto/prim/sign.h"
#include "node/base/card.h"
#include "proto/request.h"

enum {
    SCH_MAX_PASSPHRASE_BYTES = 1024, /* with a closing zero */
    SCH_MIN_PASSPHRASE_BYTES = 12,   /* of a new one */
    SCH_MAX_KEY_FILE_BYTES = 140,
};

typedef struct sch_identity {
    sch_card card;            /* name, address and the three public keys */
    uint8_t *identity_secret; /* owned, guarded; SCH_SIGN_SECRET_BYTES */
    uint8_t *exchange_secret; /* owned, guarded; SCH_EXCHANGE_SECRET_BYTES */
    char *certificate_file;   /* owned; path of tls.crt */
    char *tls_key_file;       /* owned; path of tls.key */
} sch_identity;

/* Asks for a passphrase: writes it with a closing zero to `out` (guarded memory of SCH_MAX_PASSPHRASE_BYTES bytes).
 * Called only where the key file wants one. Its errors are returned by load. */
typedef struct sch_passphrase {
    sch_err (*ask)(void *context, char *out, size_t room, sch_detail *detail);
    void *context;
} sch_passphrase;

/* Makes new keys in a folder, which is made where it is missing. address: NULL for an analyst. passphrase: NULL for
 * none; secret. Errors: SCH_BAD_INPUT (name, address, a passphrase shorter than SCH_MIN_PASSPHRASE_BYTES), SCH_DENIED
 * where any of the four files exists, SCH_IO, SCH_NO_MEMORY. On failure the files that this call made are removed. */
sch_err sch_identity_create(const char *folder, const char *name, const char *address, const char *passphrase,
                            sch_detail *detail);

/* Reads a folder and checks that keys, certificate and card belong together. passphrase: NULL where none can be asked
 * for. The identity is the caller's to clear, also on failure. Errors: SCH_IO (a file is missing), SCH_DENIED (a secret
 * file that others may read, a wrong passphrase, or none to be had), SCH_BAD_INPUT (a file is damaged or does not
 * belong to the others), SCH_NO_MEMORY. */
sch_err sch_identity_load(sch_identity *identity, const char *folder, const sch_passphrase *passphrase,
                          sch_detail *detail);

/* Wipes and frees; accepts a zeroed identity. */
void sch_identity_clear(sch_identity *identity);

/* The standing secret of this identity and another one: sch_exchange_pair_secret with this identity's keys. psk: 32
 * bytes, secret, or NULL. out: secret. Errors: SCH_BAD_PEER (a key of low order, or one's own), SCH_NO_MEMORY,
 * SCH_BUG. */
sch_err sch_identity_pair_secret(uint8_t out[static SCH_KEY_BYTES], const sch_identity *self,
                                 const uint8_t other_exchange[static SCH_EXCHANGE_PUBLIC_BYTES], const uint8_t *psk);

/* The pin of a certificate: SHA-256 of its SubjectPublicKeyInfo in DER. pem: bytes that anyone may have made.
 * Errors: SCH_BAD_INPUT, SCH_BUG. */
sch_err sch_identity_tls_pin(uint8_t out[static SCH_CARD_KEY_BYTES], const uint8_t *pem, size_t bytes);

/* ---- changing keys ----
 *
 * FOLDER's successor is FOLDER.next, which schakelctl key rotate makes as sch_identity_create does. When the others
 * know its card, it takes the folder's place, and the old keys stay as FOLDER.old-<YYYYMMDDThhmmssZ>. The two renames
 * are in an order in which a crash between them leaves FOLDER.next alone: then, too, sch_identity_rotate_in ends what
 * was begun, so a program that starts and finds no FOLDER but a FOLDER.next calls it before it loads. */

/* The card of the keys that come next. *found: false, and *out zeroed, where there are none. Errors: SCH_IO,
 * SCH_BAD_INPUT (the card of FOLDER.next cannot be read), SCH_NO_MEMORY. */
sch_err sch_identity_next_card(sch_card *out, bool *found, const char *folder, sch_detail *detail);

/* Puts FOLDER.next in the place of FOLDER. Where there is no FOLDER.next, but a FOLDER, nothing happens: it was done
 * before. Nothing is renamed unless FOLDER.next holds all four files and both cards have the same name; that they
 * belong together is for load to say. Errors: SCH_BAD_INPUT (not as said), SCH_IO (also where there is neither
 * folder), SCH_TRY_AGAIN (keys were put aside in this very second), SCH_NO_MEMORY. */
sch_err sch_identity_rotate_in(const char *folder, sch_time_ms now, sch_detail *detail);

/* The two halves of the key file's format, apart from files; for the functions above and for tests. secrets: the
 * Ed25519 seed, then the X25519 secret key, 64 bytes, secret. decode takes bytes that anyone may have made; its errors:
 * SCH_BAD_INPUT, SCH_DENIED, SCH_NO_MEMORY, and those of the passphrase. */
enum { SCH_IDENTITY_SECRETS_BYTES = 64 };
sch_err sch_identity_encode_key_file(sch_buf *out, const uint8_t secrets[static SCH_IDENTITY_SECRETS_BYTES],
                                     const char *passphrase);
sch_err sch_identity_decode_key_file(uint8_t secrets[static SCH_IDENTITY_SECRETS_BYTES], const uint8_t *data,
                                     size_t bytes, const sch_passphrase *passphrase, sch_detail *detail);

#endif
