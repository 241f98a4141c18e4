#include "crypto/ident/identifier.h"

#include <stdbool.h>
#include <string.h>

#include "crypto/ident/plain_text.h"

/* A normaliser writes the normalised identifier and gives its length, 0 where it is invalid: what was written then does
 * not count, but stays within the room of the row. The text has no blanks around it. */
typedef uint8_t (*normaliser)(uint8_t *out, const uint8_t *in, size_t length);

const char *sch_identifier_word(sch_identifier_kind kind)
{
    static const char *const words[SCH_IDENTIFIER_KINDS] = {"bsn", "text", "a-nummer", "kvk", "rsin", "bag"};
    int number = (int)kind;
    return number >= 1 && number <= SCH_IDENTIFIER_KINDS ? words[number - 1] : NULL;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* In a column of numbers that nobody checked ten of eleven are invalid at random, so the test has no branch on it.
 * 999999999 needs no rule of its own: 9 (9 + 8 + ... + 2) - 9 = 387 leaves 2 when divided by 11. */
static inline uint8_t normalise_bsn(uint8_t *out, const uint8_t *in, size_t length)
{
    if (length != SCH_BSN_BYTES && length != SCH_BSN_BYTES - 1) {
        return 0;
    }
    uint8_t text[SCH_BSN_BYTES];
    if (length == SCH_BSN_BYTES) {
        memcpy(text, in, SCH_BSN_BYTES);
    } else {
        text[0] = '0';
        memcpy(text + 1, in, SCH_BSN_BYTES - 1);
    }
    memcpy(out, text, SCH_BSN_BYTES);
    int sum = 0;
    unsigned any = 0;
    bool digits = true;
    for (int i = 0; i < SCH_BSN_BYTES; i++) {
        unsigned digit = (unsigned)text[i] - '0'; /* wraps to a large number below '0' */
        digits &= digit <= 9;
        any |= digit;
        int weight = i == SCH_BSN_BYTES - 1 ? -1 : SCH_BSN_BYTES - i;
        sum += weight * (int)(digit & 0xff);
    }
    bool valid = digits & (any != 0) & (sum % 11 == 0);
    return (uint8_t)(SCH_BSN_BYTES * valid);
}

/* Writes `want` digits, with zeros in front of at least `least` ones. Gives whether there are so many and they are
 * digits, not all of them zero. */
static inline bool take_digits(uint8_t *out, const uint8_t *in, size_t length, size_t least, size_t want)
{
    if (length < least || length > want) {
        return false;
    }
    memset(out, '0', want - length);
    memcpy(out + want - length, in, length);
    bool digits = true, any = false;
    for (size_t i = 0; i < want; i++) {
        digits &= out[i] >= '0' && out[i] <= '9';
        any |= out[i] != '0';
    }
    return digits && any;
}

static inline uint8_t normalise_a_number(uint8_t *out, const uint8_t *in, size_t length)
{
    if (!take_digits(out, in, length, SCH_A_NUMBER_BYTES, SCH_A_NUMBER_BYTES) || out[0] == '0') {
        return 0;
    }
    unsigned sum = 0, weighted = 0;
    bool differ = true;
    for (size_t i = 0; i < SCH_A_NUMBER_BYTES; i++) {
        unsigned digit = (unsigned)out[i] - '0';
        sum += digit;
        weighted += digit << i;
        differ &= i == 0 || out[i] != out[i - 1];
    }
    bool valid = differ && (sum % 11 == 0 || sum % 11 == 5) && weighted % 11 == 0;
    return valid ? SCH_A_NUMBER_BYTES : 0;
}

static inline uint8_t normalise_kvk(uint8_t *out, const uint8_t *in, size_t length)
{
    return take_digits(out, in, length, SCH_KVK_BYTES - 1, SCH_KVK_BYTES) ? SCH_KVK_BYTES : 0;
}

static inline uint8_t normalise_bag(uint8_t *out, const uint8_t *in, size_t length)
{
    static const char types[][3] = {"01", "02", "03", "10", "20", "30"};
    const size_t least =
        SCH_BAG_BYTES - SCH_IDENTIFIER_GROWTH_BYTES; /* no municipality's code begins with four zeros */
    if (!take_digits(out, in, length, least, SCH_BAG_BYTES) || memcmp(out, "0000", 4) == 0) {
        return 0;
    }
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        known |= memcmp(out + 4, types[i], 2) == 0;
    }
    return known ? SCH_BAG_BYTES : 0;
}

static inline uint8_t normalise_text(uint8_t *out, const uint8_t *in, size_t length)
{
    return (uint8_t)sch_plain_text_1(out, in, length);
}

/* Inlined for each kind, so that its normaliser is too. */
__attribute__((always_inline)) static inline void normalise_column(normaliser one, uint8_t *out, uint8_t *out_length,
                                                                   size_t *out_bytes, size_t *valid, const uint8_t *in,
                                                                   const uint8_t *in_length, size_t rows)
{
    size_t written = 0, good = 0;
    for (size_t i = 0; i < rows; i++) {
        const uint8_t *from = in;
        size_t length = in_length[i];
        in += length;
        while (length > 0 && is_blank(*from)) {
            from++;
            length--;
        }
        while (length > 0 && is_blank(from[length - 1])) {
            length--;
        }
        out_length[i] = one(out + written, from, length);
        written += out_length[i];
        good += out_length[i] > 0;
    }
    *out_bytes = written;
    *valid = good;
}

sch_err sch_identifier_normalise(sch_identifier_kind kind, uint8_t *out, uint8_t *out_length, size_t *out_bytes,
                                 size_t *valid, const uint8_t *in, const uint8_t *in_length, size_t rows)
{
    size_t bytes = 0, good = 0;
    switch (kind) {
    case SCH_IDENTIFIER_BSN:
    case SCH_IDENTIFIER_RSIN:
        normalise_column(normalise_bsn, out, out_length, &bytes, &good, in, in_length, rows);
        break;
    case SCH_IDENTIFIER_TEXT:
        normalise_column(normalise_text, out, out_length, &bytes, &good, in, in_length, rows);
        break;
    case SCH_IDENTIFIER_A_NUMBER:
        normalise_column(normalise_a_number, out, out_length, &bytes, &good, in, in_length, rows);
        break;
    case SCH_IDENTIFIER_KVK:
        normalise_column(normalise_kvk, out, out_length, &bytes, &good, in, in_length, rows);
        break;
    case SCH_IDENTIFIER_BAG:
        normalise_column(normalise_bag, out, out_length, &bytes, &good, in, in_length, rows);
        break;
    default:
        return sch_fail(SCH_BUG, "an identifier is of an unknown kind");
    }
    if (out_bytes != NULL) {
        *out_bytes = bytes;
    }
    if (valid != NULL) {
        *valid = good;
    }
    return SCH_NONE;
}
