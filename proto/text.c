#include "proto/text.h"

#include <stdlib.h>
#include <string.h>

bool sch_text_is_name(const char *text)
{
    if (text[0] < 'a' || text[0] > 'z') {
        return false;
    }
    for (size_t i = 1; i < SCH_NAME_BYTES; i++) {
        char c = text[i];
        if (c == 0) {
            return true;
        }
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return false;
}

/* Reads one character of RFC 3629; gives its number of bytes, or 0 where it is not well formed. */
static size_t read_character(const uint8_t *data, size_t bytes, uint32_t *character)
{
    uint8_t first = data[0];
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    size_t length = first >= 0xC2 && first <= 0xDF ? 2 : first >= 0xE0 && first <= 0xEF ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || length > bytes) {
        return 0;
    }
    uint32_t value = first & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((data[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (data[i] & 0x3FU);
    }
    bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *character = value;
    return length;
}

bool sch_text_is_utf8(const void *data, size_t bytes)
{
    const uint8_t *at = data;
    while (bytes > 0) {
        uint32_t character = 0;
        size_t length = read_character(at, bytes, &character);
        if (length == 0 || character == 0) {
            return false;
        }
        at += length;
        bytes -= length;
    }
    return true;
}

/* Format characters and separators of lines and paragraphs: general categories Cf, Zl and Zp in Unicode 15.0
 * (https://www.unicode.org/Public/15.0.0/ucd/extracted/DerivedGeneralCategory.txt). With what is not assigned between
 * those of a block (U+2065, U+E0000, U+E0002 to U+E001F), which the standard reserves for more of them
 * (Default_Ignorable_Code_Point). */
static const struct {
    uint32_t first, last;
} INVISIBLE[] = {
    {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},
    {0x890, 0x891},     {0x8E2, 0x8E2},     {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F},
};

static bool character_is_printable(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
    for (size_t i = 0; !control && i < sizeof INVISIBLE / sizeof INVISIBLE[0] && INVISIBLE[i].first <= c; i++) {
        control = c <= INVISIBLE[i].last;
    }
    return !control;
}

bool sch_text_is_printable(const void *data, size_t bytes)
{
    const uint8_t *at = data;
    while (bytes > 0) {
        uint32_t character = 0;
        size_t length = read_character(at, bytes, &character);
        if (length == 0 || !character_is_printable(character)) {
            return false;
        }
        at += length;
        bytes -= length;
    }
    return true;
}

bool sch_text_is_address(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    const char *colon = strrchr(text, ':');
    size_t digits = colon == NULL ? 0 : strspn(colon + 1, "0123456789");
    long port = digits > 0 && digits <= 5 && colon[1 + digits] == '\0' ? strtol(colon + 1, NULL, 10) : 0;
    if (port < 1 || port > 65535) {
        return false;
    }
    size_t host = (size_t)(colon - text);
    if (text[0] == '[') {
        return host > 3 && text[host - 1] == ']' && strspn(text + 1, "0123456789abcdefABCDEF:.") == host - 2;
    }
    return host > 0 && host <= 253 && strspn(text, letters) == host;
}

sch_err sch_text_copy(char *out, size_t out_bytes, const char *text)
{
    size_t length = strlen(text);
    if (length >= out_bytes) {
        return sch_fail(SCH_BAD_INPUT, "a name is too long");
    }
    memcpy(out, text, length + 1);
    return SCH_NONE;
}
