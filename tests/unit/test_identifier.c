/* Identifiers: the 11-test by counting every number, and texts. No real person's number is here: tests count, they do
 * not list. */
#include "tests/support/unit.h"

#include <stdbool.h>

#include "crypto/ident/identifier.h"

/* Normalises one identifier; gives its length, 0 where it is invalid. */
static uint8_t normalise(sch_identifier_kind kind, char out[256], const char *in)
{
    uint8_t in_length = (uint8_t)strlen(in), out_length = 99;
    size_t bytes = 99, valid = 99;
    uint8_t room[256];
    unit_assert_ok(
        sch_identifier_normalise(kind, room, &out_length, &bytes, &valid, (const uint8_t *)in, &in_length, 1));
    assert_int_equal(bytes, out_length);
    assert_int_equal(valid, out_length > 0);
    memcpy(out, room, out_length);
    out[out_length] = '\0';
    return out_length;
}

/* The rule, written down again in another way. */
static bool passes_eleven_test(uint32_t number)
{
    int sum = -(int)(number % 10);
    uint32_t rest = number / 10;
    for (int weight = 2; weight <= 9; weight++, rest /= 10) {
        sum += weight * (int)(rest % 10);
    }
    return number != 0 && sum % 11 == 0;
}

static void test_normalise_bsn_every_number_of_a_range_follows_the_11_test(void **state)
{
    (void)state;
    enum { ROWS = 100000 };
    static uint8_t in[ROWS * 9], out[ROWS * 10], in_length[ROWS], out_length[ROWS];
    static const uint32_t starts[] = {0, 99950000, 100000000, 999900000};
    size_t checked = 0, good = 0;
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        for (uint32_t i = 0; i < ROWS; i++) {
            char text[16];
            (void)snprintf(text, sizeof text, "%09u", starts[s] + i);
            memcpy(in + 9 * i, text, 9);
            in_length[i] = 9;
        }
        size_t bytes = 0, valid = 0;
        unit_assert_ok(
            sch_identifier_normalise(SCH_IDENTIFIER_BSN, out, out_length, &bytes, &valid, in, in_length, ROWS));
        size_t at = 0;
        for (uint32_t i = 0; i < ROWS; at += out_length[i], i++, checked++) {
            assert_int_equal(out_length[i], passes_eleven_test(starts[s] + i) ? 9 : 0);
            assert_memory_equal(out + at, in + 9 * i, out_length[i]);
        }
        assert_int_equal(at, bytes);
        assert_int_equal(bytes, 9 * valid);
        good += valid;
    }
    assert_int_equal(checked, 4 * ROWS);
    assert_in_range(good, 4 * ROWS / 11 - 20, 4 * ROWS / 11 + 20); /* one of eleven passes */
}

static void test_normalise_bsn_eight_digits_get_a_zero(void **state)
{
    (void)state;
    char out[256], eight[16], nine[16];
    size_t tried = 0;
    for (uint32_t number = 10000000; number < 10002000; number++, tried++) {
        (void)snprintf(eight, sizeof eight, "%u", number);
        (void)snprintf(nine, sizeof nine, "0%u", number);
        assert_int_equal(normalise(SCH_IDENTIFIER_BSN, out, eight), passes_eleven_test(number) ? 9 : 0);
        if (out[0] != '\0') {
            assert_string_equal(out, nine);
        }
    }
    assert_int_equal(tried, 2000);
}

static void test_normalise_bsn_anything_else_is_invalid(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",           "0",
                                        "000000000",  "00000000",
                                        "999999999",  "1000000",
                                        "0111222333", "11122233a",
                                        "1112 2333",  " 11222333",
                                        "11122233/",  "11122233:",
                                        "-11222333",  "\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
    char out[256];
    size_t refused = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, refused++) {
        assert_int_equal(normalise(SCH_IDENTIFIER_BSN, out, wrong[i]), 0);
    }
    assert_int_equal(refused, 14);
    assert_int_equal(normalise(SCH_IDENTIFIER_BSN, out, "111222333"), 9); /* the usual made-up example passes */
}

static void test_normalise_text_blanks_at_the_ends_go(void **state)
{
    (void)state;
    char out[256], longest[256], too_long[256];
    assert_int_equal(normalise(SCH_IDENTIFIER_TEXT, out, " \tA b-c\t "), 5);
    assert_string_equal(out, "A b-c");
    assert_int_equal(normalise(SCH_IDENTIFIER_TEXT, out, "x"), 1);
    memset(longest, ' ', 100);
    memset(longest + 20, 'x', 64);
    longest[100] = '\0';
    assert_int_equal(normalise(SCH_IDENTIFIER_TEXT, out, longest), 64);
    memset(too_long, 'x', 65);
    too_long[65] = '\0';
    assert_int_equal(normalise(SCH_IDENTIFIER_TEXT, out, too_long), 0);
    assert_int_equal(normalise(SCH_IDENTIFIER_TEXT, out, ""), 0);
    assert_int_equal(normalise(SCH_IDENTIFIER_TEXT, out, " \t "), 0);
}

static void test_normalise_text_takes_utf8_and_refuses_the_rest(void **state)
{
    (void)state;
    static const char *const good[] = {"\xc3\xa9",     "\xe2\x82\xac 1", "\xf0\x9f\x99\x82", "\xf4\x8f\xbf\xbf",
                                       "\xed\x9f\xbf", "\xee\x80\x80",   "\xc2\xa0x"};
    static const char *const wrong[] = {
        "a\nb",
        "a\tb",
        "a\x7f",
        "\x01",
        "\xc2\x85",
        "\xc2",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\x80",
        "\xe2\x82",
        "\xe2\x28\xa1",
        "\xff",
    };
    char out[256];
    size_t taken = 0, refused = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++, taken++) {
        assert_int_equal(normalise(SCH_IDENTIFIER_TEXT, out, good[i]), strlen(good[i]));
        assert_string_equal(out, good[i]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, refused++) {
        assert_int_equal(normalise(SCH_IDENTIFIER_TEXT, out, wrong[i]), 0);
    }
    assert_int_equal(taken, 7);
    assert_int_equal(refused, 17);
}

static void test_normalise_unknown_kind_is_a_bug(void **state)
{
    (void)state;
    uint8_t out[4] = {0}, length = 1;
    unit_assert_code(sch_identifier_normalise((sch_identifier_kind)3, out, &length, NULL, NULL, out, &length, 1),
                     SCH_BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalise_bsn_every_number_of_a_range_follows_the_11_test),
        cmocka_unit_test(test_normalise_bsn_eight_digits_get_a_zero),
        cmocka_unit_test(test_normalise_bsn_anything_else_is_invalid),
        cmocka_unit_test(test_normalise_text_blanks_at_the_ends_go),
        cmocka_unit_test(test_normalise_text_takes_utf8_and_refuses_the_rest),
        cmocka_unit_test(test_normalise_unknown_kind_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
