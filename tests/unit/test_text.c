/* What a printable text is, over all of Unicode. */
#include "tests/support/unit.h"

#include "proto/text.h"

/* One character between two letters; RFC 3629. */
static bool is_printable(uint32_t c)
{
    uint8_t text[6] = {'a'};
    size_t bytes = 1;
    if (c < 0x80) {
        text[bytes++] = (uint8_t)c;
    } else if (c < 0x800) {
        text[bytes++] = (uint8_t)(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        text[bytes++] = (uint8_t)(0xE0 | c >> 12);
        text[bytes++] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    } else {
        text[bytes++] = (uint8_t)(0xF0 | c >> 18);
        text[bytes++] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
        text[bytes++] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    }
    if (c >= 0x80) {
        text[bytes++] = (uint8_t)(0x80 | (c & 0x3F));
    }
    text[bytes++] = 'b';
    return sch_text_is_printable(text, bytes);
}

static void test_is_printable_format_characters_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t first, last;
    } refused[] = {{0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},
                   {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},     {0x180E, 0x180E},
                   {0x200B, 0x200F},   {0x2028, 0x2029},   {0x202A, 0x202E},   {0x2060, 0x2064},   {0x2066, 0x206F},
                   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F},
                   {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F}};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        for (uint32_t c = refused[i].first; c <= refused[i].last; c++, checked++) {
            if (is_printable(c)) {
                fail_msg("U+%04X is printable", c);
            }
        }
    }
    assert_int_equal(checked, 65 + 2 + 170); /* Cc; Zl and Zp; Cf in Unicode 15 */
}

static void test_is_printable_nothing_else_is_refused(void **state)
{
    (void)state;
    size_t refused = 0, asked = 0;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (c < 0xD800 || c > 0xDFFF) {
            refused += !is_printable(c);
            asked++;
        }
    }
    assert_int_equal(asked, 0x110000 - 0x800);
    assert_int_equal(refused, 65 + 2 + 170 + 32); /* and what is reserved between format characters */
    static const uint32_t shown[] = {' ',    '~',    0xA0,    0xAC,    0xAE,    0xE9,    0x5D0,   0x606,   0x61B,
                                     0x61D,  0x200A, 0x2010,  0x2027,  0x202F,  0x205F,  0x2070,  0x20AC,  0xFF01,
                                     0xFFFC, 0xFE0F, 0x1342F, 0x13440, 0x1F600, 0xE0080, 0xE0100, 0x10FFFF};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        assert_true(is_printable(shown[i]));
    }
}

static void test_is_printable_what_is_not_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\x80",      "\xC2", "\xC0\xAF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80",
        "a\xE2\x82", "\xFF"};
    size_t refused = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, refused++) {
        assert_false(sch_text_is_printable(wrong[i], strlen(wrong[i])));
        assert_false(sch_text_is_utf8(wrong[i], strlen(wrong[i])));
    }
    assert_int_equal(refused, 9);
    assert_true(sch_text_is_printable("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_printable_format_characters_are_refused),
        cmocka_unit_test(test_is_printable_nothing_else_is_refused),
        cmocka_unit_test(test_is_printable_what_is_not_utf8_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
