/* Plain texts: the frozen tables against utf8proc, for every code point that there is. The vectors are read by
 * test_identifier.c. */
#include "tests/support/unit.h"

#include <stdbool.h>

#include <utf8proc.h>

#include "crypto/ident/plain_text.h"

enum { LAST_POINT = 0x10FFFF, MARKED = 16 };

/* The rules of the header, written down again: what a code point comes to, false where it makes a text invalid. */

static bool is_blank(int32_t point)
{
    return point == '\t' || point == ' ' || point == '-' || point == 0xA0 || (point >= 0x2000 && point <= 0x200A) ||
           point == 0x202F || (point >= 0x2010 && point <= 0x2014) || point == 0x2212;
}

static bool is_dropped(int32_t point)
{
    static const int32_t signs[] = {0x27, 0x60, 0xB4, 0x2BC, 0x2018, 0x2019, 0x201B, 0x2032, 0x2E, 0xB7};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (point == signs[i]) {
            return true;
        }
    }
    return point >= 0x300 && point <= 0x36F && point != 0x345 && point != 0x34F;
}

static bool append_letter(char out[MARKED], int32_t point)
{
    static const struct {
        int32_t point;
        const char *letters;
    } own[] = {{0xE6, "ae"}, {0x153, "oe"}, {0xF8, "o"},  {0x142, "l"}, {0x111, "d"}, {0xF0, "d"},
               {0xFE, "th"}, {0x127, "h"},  {0x131, "i"}, {0x138, "q"}, {0x14B, "n"}, {0x167, "t"}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (own[i].point == point) {
            strcat(out, own[i].letters);
            return true;
        }
    }
    if (point < 'a' || point > 'z') {
        return false;
    }
    char letter[2] = {(char)point, '\0'};
    strcat(out, letter);
    return true;
}

static bool expected_letter(char out[MARKED], int32_t point)
{
    enum { ROOM = 8 };
    const utf8proc_option_t options = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK;
    utf8proc_int32_t part[ROOM];
    int last_class = 0;
    utf8proc_ssize_t parts = utf8proc_decompose_char(point, part, ROOM, options, &last_class);
    assert_in_range(parts, 0, ROOM);
    bool good = true;
    for (utf8proc_ssize_t i = 0; i < parts; i++) {
        good = good && (is_dropped(part[i]) || append_letter(out, part[i]));
    }
    return good && out[0] != '\0';
}

static bool expected(char out[MARKED], int32_t point)
{
    out[0] = '\0';
    if (is_blank(point)) {
        strcpy(out, " ");
        return true;
    }
    if (is_dropped(point)) {
        return true;
    }
    if (point > ' ' && point < 0x7F) {
        out[0] = (char)(point >= 'A' && point <= 'Z' ? point + 'a' - 'A' : point);
        out[1] = '\0';
        return true;
    }
    bool latin = (point >= 0xC0 && point <= 0x24F) || (point >= 0x1E00 && point <= 0x1EFF);
    return latin && expected_letter(out, point);
}

/* UTF-8 of any number up to 21 bits, surrogates too. */
static size_t encode(uint8_t out[4], uint32_t point)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    size_t bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = bytes; i-- > 1; point >>= 6) {
        out[i] = (uint8_t)(0x80 | (point & 0x3F));
    }
    out[0] = (uint8_t)(lead[bytes] | point);
    return bytes;
}

static void test_plain_text_every_code_point_is_as_utf8proc_says(void **state)
{
    (void)state;
    size_t tried = 0, taken = 0;
    for (int32_t point = 0; point <= LAST_POINT; point++, tried++) {
        uint8_t in[8] = "x", out[8];
        char want[2 * MARKED], letters[MARKED];
        size_t bytes = 1 + encode(in + 1, (uint32_t)point);
        in[bytes++] = 'y';
        size_t got = sch_plain_text_1(out, in, bytes);
        bool good = expected(letters, point);
        (void)snprintf(want, sizeof want, "x%sy", letters);
        if (got != (good ? strlen(want) : 0) || memcmp(out, want, got) != 0) {
            fail_msg("U+%04X comes to %.*s, not to %s", (unsigned)point, (int)got, (const char *)out,
                     good ? want : "nothing");
        }
        taken += good;
    }
    assert_int_equal(tried, LAST_POINT + 1);
    /* ASCII with the tab; blanks and hyphens beyond it; what is dropped beyond it; letters of the two ranges. */
    assert_int_equal(taken, 96 + 19 + 7 + 110 + 291 + 246);
}

/* Everything of three bytes at most, whether UTF-8 or not, in a room of its own size: nothing is written beyond it, and
 * what comes out comes to itself. */
static void test_plain_text_all_short_inputs_stay_within_their_room(void **state)
{
    (void)state;
    size_t tried = 0, valid = 0;
    for (size_t bytes = 1; bytes <= 3; bytes++) {
        for (uint32_t number = 0; number < 1U << (8 * bytes); number += bytes == 3 ? 7 : 1, tried++) {
            uint8_t in[3] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16)};
            uint8_t out[8], again[8];
            memset(out, 0xEE, sizeof out);
            size_t got = sch_plain_text_1(out, in, bytes);
            assert_in_range(got, 0, bytes);
            assert_int_equal(out[bytes], 0xEE);
            if (got > 0) {
                assert_int_equal(sch_plain_text_1(again, out, got), got);
                assert_memory_equal(again, out, got);
                valid++;
            }
        }
    }
    assert_int_equal(tried, 256 + 65536 + 2396746);
    assert_in_range(valid, 100000, 1000000);
}

static void test_plain_text_length_is_1_to_64(void **state)
{
    (void)state;
    uint8_t in[255], out[255];
    memset(in, 'X', sizeof in);
    size_t tried = 0;
    for (size_t bytes = 0; bytes <= sizeof in; bytes++, tried++) {
        assert_int_equal(sch_plain_text_1(out, in, bytes), bytes <= 64 ? bytes : 0);
    }
    assert_int_equal(tried, 256);
    memset(in, '.', sizeof in);
    assert_int_equal(sch_plain_text_1(out, in, sizeof in), 0);
    in[254] = 'x';
    assert_int_equal(sch_plain_text_1(out, in, sizeof in), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_every_code_point_is_as_utf8proc_says),
        cmocka_unit_test(test_plain_text_all_short_inputs_stay_within_their_room),
        cmocka_unit_test(test_plain_text_length_is_1_to_64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
