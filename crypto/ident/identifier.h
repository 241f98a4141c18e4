/* identifier.h - identifiers of persons and objects: normalised to one form, so that equal ones have equal bytes, and
 * checked.
 *
 * Kinds. Blanks (space, tab) around an identifier are dropped. Of numbers nothing else is: one with a sign, a full
 * stop, a blank or a hyphen inside, or with a spreadsheet's ".0" or "E+15", is invalid. Where "may be shorter" is said,
 * zeros are put in front: programs that take the column for a number drop them.
 *
 *     BSN       9 digits, may be 8. The digits d1..d9 pass the 11-test: 9 d1 + 8 d2 + ... + 2 d8 - d9 is divisible by
 *               11. Not 000000000; 999999999 does not pass the test.
 *     RSIN      as BSN.
 *     A_NUMBER  10 digits a0..a9. a0 is not 0; neighbours differ; a0 + a1 + ... + a9 leaves 0 or 5 when divided by 11;
 *               a0 + 2 a1 + 4 a2 + ... + 512 a9 is divisible by 11.
 *     KVK       8 digits, may be 7. Not 00000000. It has no check digit.
 *     BAG       16 digits, may be 13 to 15: municipality (4, not 0000), type of object (2: 01, 02, 03, 10, 20 or 30),
 *               number (10). It has no check digit.
 *     TEXT      what crypto/ident/plain_text.h makes of it: 1 to 64 characters of ASCII.
 *
 * docs/linking.md says the same for those who prepare files; tests/vectors/ has the vectors.
 *
 * Secrecy: identifiers are personal data. Whether one is valid decides branches here, which is fine on its owner's own
 * machine; nothing of it is logged.
 *
 * Sources: 11-test: Logisch Ontwerp BSN. A-number: Logisch Ontwerp BRP, element 01.10, as rule BRAL0001/R1585 of the
 * register's published software (MinBZK/OperatieBRP, ANummerValidator) has it. BAG: Catalogus BAG, objectnummering. */
#ifndef SCH_CRYPTO_IDENT_IDENTIFIER_H
#define SCH_CRYPTO_IDENT_IDENTIFIER_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/ident/tag.h"

typedef enum sch_identifier_kind {
    SCH_IDENTIFIER_BSN = 1,
    SCH_IDENTIFIER_TEXT,
    SCH_IDENTIFIER_A_NUMBER,
    SCH_IDENTIFIER_KVK,
    SCH_IDENTIFIER_RSIN,
    SCH_IDENTIFIER_BAG,
} sch_identifier_kind;

enum {
    SCH_IDENTIFIER_KINDS = 6, /* numbered from 1 */
    /* Of all rules above and of plain_text.h together. Agreements name it and the key of tags depends on it, so that
     * identifiers that were normalised by other rules never match. */
    SCH_NORMALISATION_VERSION = 1,
    SCH_BSN_BYTES = 9,
    SCH_A_NUMBER_BYTES = 10,
    SCH_KVK_BYTES = 8,
    SCH_BAG_BYTES = 16,
    SCH_MAX_RAW_IDENTIFIER_BYTES = 255, /* longer ones are invalid: who cuts one has to say that it is */
    SCH_IDENTIFIER_GROWTH_BYTES = 3,    /* a normalised identifier is at most so much longer than what it is made of */
};

/* The word for a kind in files and sentences: bsn, text, a-nummer, kvk, rsin, bag. NULL where there is no such kind. */
const char *sch_identifier_word(sch_identifier_kind kind);

/* Room that the normalised identifiers of `rows` rows with `bytes` bytes together can take. */
static inline size_t sch_identifier_room(size_t bytes, size_t rows)
{
    return bytes + SCH_IDENTIFIER_GROWTH_BYTES * rows;
}

/* Normalises and checks a column. in: `rows` identifiers end to end, identifier i taking in_length[i] bytes (0 to 255;
 * 0 is an empty one and invalid). out: the valid ones, normalised, end to end, in order; room: sch_identifier_room of
 * the input. out may not overlap in. out_length: rows lengths, 0 where the identifier is invalid. out_bytes, valid:
 * bytes and identifiers written, may be NULL. A normalised identifier normalises to itself. Cost: about 10 ns a row,
 * for texts about 2 ns a byte. Errors: SCH_BUG for an unknown kind. */
sch_err sch_identifier_normalise(sch_identifier_kind kind, uint8_t *out, uint8_t *out_length, size_t *out_bytes,
                                 size_t *valid, const uint8_t *in, const uint8_t *in_length, size_t rows);

#endif
