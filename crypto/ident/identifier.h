/* identifier.h - identifiers of persons: normalised to one form, so that equal persons have equal bytes, and checked.
 *
 * Kinds. BSN: eight or nine digits; eight get a zero in front. The digits d1..d9 must pass the 11-test
 * (9 d1 + 8 d2 + ... + 2 d8 - d9 divisible by 11), not all be zero, and not be 999999999. TEXT: blanks (space, tab) at
 * both ends are dropped; what is left is 1 to 64 bytes of UTF-8 without control characters and is taken as it stands:
 * upper case and lower case differ, and so do composed and decomposed letters.
 *
 * Secrecy: identifiers are personal data. Whether one is valid decides branches here, which is fine on its owner's own
 * machine; nothing of it is logged.
 *
 * Source: the 11-test is the one that the Dutch population register (BRP) and its suppliers use for the
 * burgerservicenummer, Logisch Ontwerp BSN; RFC 3629 for UTF-8. */
#ifndef SCH_CRYPTO_IDENT_IDENTIFIER_H
#define SCH_CRYPTO_IDENT_IDENTIFIER_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/ident/tag.h"

typedef enum sch_identifier_kind { SCH_IDENTIFIER_BSN = 1, SCH_IDENTIFIER_TEXT } sch_identifier_kind;

enum { SCH_BSN_BYTES = 9 };

/* Room that the normalised identifiers of `rows` rows with `bytes` bytes together can take: a BSN may grow by one. */
static inline size_t sch_identifier_room(size_t bytes, size_t rows)
{
    return bytes + rows;
}

/* Normalises and checks a column. in: `rows` identifiers end to end, identifier i taking in_length[i] bytes (0 to 255;
 * 0 is an empty one and invalid). out: the valid ones, normalised, end to end, in order; room: sch_identifier_room of
 * the input. out may not overlap in. out_length: rows lengths, 0 where the identifier is invalid. out_bytes, valid:
 * bytes and identifiers written, may be NULL. Cost: about 10 ns a row. Errors: SCH_BUG for an unknown kind. */
sch_err sch_identifier_normalise(sch_identifier_kind kind, uint8_t *out, uint8_t *out_length, size_t *out_bytes,
                                 size_t *valid, const uint8_t *in, const uint8_t *in_length, size_t rows);

#endif
