#include "crypto/ident/identifier.h"

#include <stdbool.h>
#include <string.h>

/* Both functions write the normalised identifier and give its length, 0 where it is invalid: what was written then does
 * not count.
 *
 * In a column of numbers that nobody checked ten of eleven are invalid at random, so the test has no branch on it.
 * 999999999 needs no rule of its own: 9 (9 + 8 + ... + 2) - 9 = 387 leaves 2 when divided by 11. */
static inline uint8_t normalise_bsn(uint8_t *out, const uint8_t *in, uint8_t length)
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

/* The length in bytes of the UTF-8 character at the front, 0 where there is none: RFC 3629, 4, without the controls
 * U+0080 to U+009F. */
static size_t character_bytes(const uint8_t *at, size_t left)
{
    uint8_t first = at[0];
    size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || left < bytes) {
        return 0;
    }
    for (size_t i = 1; i < bytes; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (first == 0xe0 && at[1] < 0xa0) || (first == 0xf0 && at[1] < 0x90);
    bool surrogate = first == 0xed && at[1] >= 0xa0;
    bool too_large = first == 0xf4 && at[1] >= 0x90;
    bool control = first == 0xc2 && at[1] < 0xa0;
    return overlong || surrogate || too_large || control ? 0 : bytes;
}

/* Copies, and tells whether all is printable ASCII, as nearly every identifier is. */
static inline bool copy_plain(uint8_t *restrict out, const uint8_t *restrict text, size_t bytes)
{
    bool plain = true;
    for (size_t i = 0; i < bytes; i++) {
        out[i] = text[i];
        plain &= (uint8_t)(text[i] - 0x20) < 0x7f - 0x20;
    }
    return plain;
}

static bool is_clean_text(const uint8_t *text, size_t bytes)
{
    size_t at = 0;
    while (at < bytes) {
        if (text[at] >= 0x20 && text[at] < 0x7f) {
            at++;
            continue;
        }
        size_t step = text[at] < 0x80 ? 0 : character_bytes(text + at, bytes - at);
        if (step == 0) {
            return false;
        }
        at += step;
    }
    return true;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static inline uint8_t normalise_text(uint8_t *out, const uint8_t *in, uint8_t length)
{
    size_t begin = 0, end = length;
    while (begin < end && is_blank(in[begin])) {
        begin++;
    }
    while (begin < end && is_blank(in[end - 1])) {
        end--;
    }
    size_t bytes = end - begin;
    if (bytes == 0 || bytes > SCH_MAX_IDENTIFIER_BYTES) {
        return 0;
    }
    bool valid = copy_plain(out, in + begin, bytes) || is_clean_text(in + begin, bytes);
    return valid ? (uint8_t)bytes : 0;
}

sch_err sch_identifier_normalise(sch_identifier_kind kind, uint8_t *out, uint8_t *out_length, size_t *out_bytes,
                                 size_t *valid, const uint8_t *in, const uint8_t *in_length, size_t rows)
{
    if (kind != SCH_IDENTIFIER_BSN && kind != SCH_IDENTIFIER_TEXT) {
        return sch_fail(SCH_BUG, "an identifier is of an unknown kind");
    }
    size_t read = 0, written = 0, good = 0;
    for (size_t i = 0; i < rows; i++) {
        uint8_t length = kind == SCH_IDENTIFIER_BSN ? normalise_bsn(out + written, in + read, in_length[i])
                                                    : normalise_text(out + written, in + read, in_length[i]);
        out_length[i] = length;
        read += in_length[i];
        written += length;
        good += length > 0;
    }
    if (out_bytes != NULL) {
        *out_bytes = written;
    }
    if (valid != NULL) {
        *valid = good;
    }
    return SCH_NONE;
}
