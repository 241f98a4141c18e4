/* DESIGN. One pass. Each character comes to at most as many bytes as it takes, so that the result never outgrows the
 * text; a blank is written only before the next thing, which merges runs and drops the last one. */
#include "crypto/ident/plain_text.h"

#include <stdbool.h>

#include "crypto/ident/tag.h"

enum {
    DROPPED = 1, /* in place of a character: comes to nothing */
    BLANK = ' ',
    FIRST_PRINTABLE = 0x20,
    LAST_PRINTABLE = 0x7E,
    FIRST_LATIN = 0xC0,
    LAST_LATIN = 0x24F,
    FIRST_ADDITIONAL = 0x1E00,
    LAST_ADDITIONAL = 0x1EFF,
};

/* What U+0020 to U+007E come to. */
static const uint8_t PRINTABLE[LAST_PRINTABLE - FIRST_PRINTABLE + 2] = " !\"#$%&\001()*+, \001/0123456789:;<=>?"
                                                                       "@abcdefghijklmnopqrstuvwxyz[\\]^_"
                                                                       "\001abcdefghijklmnopqrstuvwxyz{|}~";

/* clang-format off */
/* Two places a code point: the letters that it comes to; blank where it is outside the repertoire. */
static const uint8_t LATIN[2 * (LAST_LATIN - FIRST_LATIN + 1) + 1] =
    "a a a a a a aec e e e e i i i i " /* U+00C0 */
    "d n o o o o o   o u u u u y thss" /* U+00D0 */
    "a a a a a a aec e e e e i i i i " /* U+00E0 */
    "d n o o o o o   o u u u u y thy " /* U+00F0 */
    "a a a a a a c c c c c c c c d d " /* U+0100 */
    "d d e e e e e e e e e e g g g g " /* U+0110 */
    "g g g g h h h h i i i i i i i i " /* U+0120 */
    "i i ijijj j k k q l l l l l l l " /* U+0130 */
    "l l l n n n n n n n n n o o o o " /* U+0140 */
    "o o oeoer r r r r r s s s s s s " /* U+0150 */
    "s s t t t t t t u u u u u u u u " /* U+0160 */
    "u u u u w w y y y z z z z z z s " /* U+0170 */
    "                                " /* U+0180 */
    "                                " /* U+0190 */
    "o o                           u " /* U+01A0 */
    "u                               " /* U+01B0 */
    "        dzdzdzljljljnjnjnja a i " /* U+01C0 */
    "i o o u u u u u u u u u u   a a " /* U+01D0 */
    "a a aeae    g g k k o o o o     " /* U+01E0 */
    "j dzdzdzg g     n n a a aeaeo o " /* U+01F0 */
    "a a a a e e e e i i i i o o o o " /* U+0200 */
    "r r r r u u u u s s t t     h h " /* U+0210 */
    "            a a e e o o o o o o " /* U+0220 */
    "o o y y                         " /* U+0230 */
    "                                "; /* U+0240 */

static const uint8_t ADDITIONAL[2 * (LAST_ADDITIONAL - FIRST_ADDITIONAL + 1) + 1] =
    "a a b b b b b b c c d d d d d d " /* U+1E00 */
    "d d d d e e e e e e e e e e f f " /* U+1E10 */
    "g g h h h h h h h h h h i i i i " /* U+1E20 */
    "k k k k k k l l l l l l l l m m " /* U+1E30 */
    "m m m m n n n n n n n n o o o o " /* U+1E40 */
    "o o o o p p p p r r r r r r r r " /* U+1E50 */
    "s s s s s s s s s s t t t t t t " /* U+1E60 */
    "t t u u u u u u u u u u v v v v " /* U+1E70 */
    "w w w w w w w w w w x x x x y y " /* U+1E80 */
    "z z z z z z h t w y   s     ss  " /* U+1E90 */
    "a a a a a a a a a a a a a a a a " /* U+1EA0 */
    "a a a a a a a a e e e e e e e e " /* U+1EB0 */
    "e e e e e e e e i i i i o o o o " /* U+1EC0 */
    "o o o o o o o o o o o o o o o o " /* U+1ED0 */
    "o o o o u u u u u u u u u u u u " /* U+1EE0 */
    "u u y y y y y y y y             "; /* U+1EF0 */
/* clang-format on */

/* Reads the character of several bytes at the front; gives its bytes, 0 where it is not one of U+0080 to U+FFFF. No
 * code point of four bytes is in the repertoire; nor is a surrogate, whatever it is told as. */
static size_t read_character(uint32_t *point, const uint8_t *at, size_t left)
{
    if (at[0] >= 0xC2 && at[0] <= 0xDF && left >= 2 && (at[1] & 0xC0) == 0x80) {
        *point = (uint32_t)(at[0] & 0x1F) << 6 | (at[1] & 0x3F);
        return 2;
    }
    if ((at[0] & 0xF0) == 0xE0 && left >= 3 && (at[1] & 0xC0) == 0x80 && (at[2] & 0xC0) == 0x80) {
        *point = (uint32_t)(at[0] & 0x0F) << 12 | (uint32_t)(at[1] & 0x3F) << 6 | (at[2] & 0x3F);
        return *point >= 0x800 ? 3 : 0; /* shorter ones are overlong */
    }
    return 0;
}

/* What a code point beyond ASCII that is no letter comes to: BLANK, DROPPED, or 0 outside the repertoire. */
static uint8_t sign_of(uint32_t point)
{
    switch (point) {
    case 0x00A0: /* no-break space */
    case 0x202F: /* narrow no-break space */
    case 0x2212: /* minus */
        return BLANK;
    case 0x00B4: /* acute accent */
    case 0x00B7: /* middle dot */
    case 0x02BC: /* modifier letter apostrophe */
    case 0x2018: /* quotation marks */
    case 0x2019:
    case 0x201B:
    case 0x2032: /* prime */
        return DROPPED;
    case 0x0345: /* folds to a Greek letter */
    case 0x034F: /* is no mark that anyone sees */
        return 0;
    default:
        break;
    }
    if ((point >= 0x2000 && point <= 0x200A) || (point >= 0x2010 && point <= 0x2014)) {
        return BLANK; /* spaces of all widths; hyphens and dashes */
    }
    return point >= 0x0300 && point <= 0x036F ? DROPPED : 0;
}

/* What a code point beyond ASCII comes to: two places as in the tables, the first one 0 where it is outside the
 * repertoire. */
static void look_up(uint8_t to[static 2], uint32_t point)
{
    const uint8_t *letters = NULL;
    if (point >= FIRST_LATIN && point <= LAST_LATIN) {
        letters = LATIN + 2 * (point - FIRST_LATIN);
    } else if (point >= FIRST_ADDITIONAL && point <= LAST_ADDITIONAL) {
        letters = ADDITIONAL + 2 * (point - FIRST_ADDITIONAL);
    }
    to[0] = letters == NULL ? sign_of(point) : letters[0] == BLANK ? 0 : letters[0];
    to[1] = letters == NULL ? BLANK : letters[1];
}

/* The result so far. */
typedef struct plain {
    uint8_t *out;
    size_t bytes;
    bool blank; /* one is to come before the next thing */
} plain;

static inline void put(plain *p, uint8_t to)
{
    if (to == BLANK) {
        p->blank = p->bytes > 0;
    } else if (to != DROPPED) {
        if (p->blank) {
            p->out[p->bytes++] = BLANK;
            p->blank = false;
        }
        p->out[p->bytes++] = to;
    }
}

size_t sch_plain_text_1(uint8_t *out, const uint8_t *in, size_t bytes)
{
    plain p = {out, 0, false};
    for (size_t at = 0; at < bytes;) {
        uint8_t byte = in[at];
        if ((uint8_t)(byte - FIRST_PRINTABLE) <= LAST_PRINTABLE - FIRST_PRINTABLE) {
            put(&p, PRINTABLE[byte - FIRST_PRINTABLE]);
            at++;
            continue;
        }
        if (byte == '\t') {
            put(&p, BLANK);
            at++;
            continue;
        }
        uint32_t point = 0;
        uint8_t to[2];
        size_t step = read_character(&point, in + at, bytes - at);
        look_up(to, point);
        if (step == 0 || to[0] == 0) {
            return 0;
        }
        put(&p, to[0]);
        if (to[1] != BLANK) {
            put(&p, to[1]);
        }
        at += step;
    }
    return p.bytes <= SCH_MAX_IDENTIFIER_BYTES ? p.bytes : 0;
}
