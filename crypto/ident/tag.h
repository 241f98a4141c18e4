/* tag.h - the keyed hash of identifiers (computation.md step 1).
 *
 * tag = AES-256-CMAC(K, normalised identifier), NIST SP 800-38B. Identifiers of at most 16 bytes are one AES block
 * each, so that a column is hashed by batched calls: about 5 ns a row. */
#ifndef SCH_CRYPTO_IDENT_TAG_H
#define SCH_CRYPTO_IDENT_TAG_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/base/secret.h"

enum { SCH_TAG_BYTES = 16, SCH_MAX_IDENTIFIER_BYTES = 64 };

typedef struct sch_tag {
    uint8_t byte[SCH_TAG_BYTES];
} sch_tag;

typedef struct sch_tagger {
    void *cipher;                     /* owned; secret */
    uint8_t subkey[2][SCH_TAG_BYTES]; /* K1 and K2 of SP 800-38B; secret */
} sch_tagger;

/* Readies a tagger for a secret key of the two owners. The caller clears it. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_tagger_init(sch_tagger *tagger, const uint8_t key[static SCH_KEY_BYTES]);

/* Hashes `rows` normalised identifiers, laid end to end in `bytes`, identifier i taking length[i] bytes (1 to
 * SCH_MAX_IDENTIFIER_BYTES). out: rows tags. Errors: SCH_BAD_INPUT for a length out of range, SCH_BUG. */
sch_err sch_tagger_hash(sch_tagger *tagger, sch_tag *out, const uint8_t *bytes, const uint8_t *length, size_t rows);

/* Wipes and frees; accepts a zeroed tagger. */
void sch_tagger_clear(sch_tagger *tagger);

#endif
