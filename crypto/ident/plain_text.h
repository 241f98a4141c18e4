/* plain_text.h - texts in a form in which spellings of one name are alike: normalisation version 1, frozen.
 *
 * Every code point of the text comes to what the tables of plain_text.c say, by these rules, the first that fits:
 *
 *     1  blanks: U+0009, U+0020, U+00A0, U+2000..U+200A, U+202F; hyphens: U+002D, U+2010..U+2014, U+2212   a blank
 *     2  apostrophes: U+0027, U+0060, U+00B4, U+02BC, U+2018, U+2019, U+201B, U+2032; full stops: U+002E, U+00B7
 *        nothing
 *     3  marks: U+0300..U+036F without U+0345 and U+034F                                                  nothing
 *     4  a..z, 0..9 and the other ASCII signs U+0021..U+007E   themselves; A..Z   a..z
 *     5  letters of U+00C0..U+024F and U+1E00..U+1EFF: decomposed (NFKD), case-folded, marks (Mn) taken off, then
 *        ae oe o l for U+00E6 U+0153 U+00F8 U+0142; d for U+0111 and U+00F0; th for U+00FE; h i q n t for U+0127
 *        U+0131 U+0138 U+014B U+0167; rule 2 for what came out. The one or two letters a..z that this gives; where it
 *        gives anything else, the text is invalid
 *     6  any other code point, and what is not UTF-8 (RFC 3629)   the text is invalid
 *
 * Then runs of blanks become one, and blanks at both ends go. What is left has 1 to 64 characters; else the text is
 * invalid. So the ij of one code point is "ij", sharp s "ss", y with diaeresis "y", a with ring "a", o with diaeresis
 * "o".
 *
 * The tables are the rule: no library is asked, so that its version of Unicode cannot matter. They agree with utf8proc,
 * which the unit test asks for each code point. Another rule is another version, and does not change this one. */
#ifndef SCH_CRYPTO_IDENT_PLAIN_TEXT_H
#define SCH_CRYPTO_IDENT_PLAIN_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Writes the plain form of `bytes` bytes that anyone may have made; gives its length, 1 to 64, or 0 where it is
 * invalid: what was written then does not count. out: room for `bytes` bytes; may not overlap in. */
size_t sch_plain_text_1(uint8_t *out, const uint8_t *in, size_t bytes);

#endif
