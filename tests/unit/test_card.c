/* Cards and the strict YAML reader under them. */
#include "tests/support/unit.h"

#include <stdbool.h>

#include "crypto/base/secret.h"
#include "node/base/card.h"

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static sch_err parse(sch_card *card, const char *text, sch_detail *detail)
{
    *detail = (sch_detail){{0}};
    return sch_card_parse(card, (const uint8_t *)text, strlen(text), "card.yaml", detail);
}

static void test_parse_printed_card_comes_back(void **state)
{
    (void)state;
    sch_card card = {.name = "gemeente_lv", .address = "schakel.lv.example:7300"}, back;
    sch_random_fill(card.identity, sizeof card.identity);
    sch_random_fill(card.exchange, sizeof card.exchange);
    sch_random_fill(card.tls_pin, sizeof card.tls_pin);
    sch_buf text = {0};
    sch_detail detail;
    unit_assert_ok(sch_card_print(&text, &card, 0, false));
    unit_assert_ok(parse(&back, sch_buf_text(&text), &detail));
    assert_memory_equal(&back, &card, sizeof card);
    card.address[0] = '\0';
    memset(card.address, 0, sizeof card.address);
    sch_buf_clear(&text);
    unit_assert_ok(sch_card_print(&text, &card, 0, false));
    unit_assert_ok(parse(&back, sch_buf_text(&text), &detail));
    assert_memory_equal(&back, &card, sizeof card);
    sch_buf_clear(&text);
}

static void test_print_as_item_indents_every_line(void **state)
{
    (void)state;
    sch_card card = {.name = "cbs", .address = "h:1"};
    sch_buf text = {0};
    unit_assert_ok(sch_card_print(&text, &card, 2, true));
    static const char zero[] = "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n";
    char want[512];
    (void)snprintf(want, sizeof want,
                   "  - name: cbs\n    address: \"h:1\"\n    identity: %s    exchange: %s    tls_pin: %s", zero, zero,
                   zero);
    assert_string_equal(sch_buf_text(&text), want);
    sch_buf_clear(&text);
}

typedef struct fault {
    const char *text, *detail;
} fault;

#define KEYS "identity: " KEY "\nexchange: " KEY "\ntls_pin: " KEY "\n"

static const fault faults[] = {
    {"name: a\ncolour: red\n" KEYS, "card.yaml, line 2: colour is an unknown key"},
    {"name: a\n" KEYS "name: b\n", "card.yaml, line 1: name is given twice"},
    {KEYS, "card.yaml: lacks the key 'name'"},
    {"name: a\nidentity: " KEY "\nexchange: " KEY "\n", "card.yaml: lacks the key 'tls_pin'"},
    {"name: A\n" KEYS, "card.yaml, line 1: name has to be a name: a small letter, then small letters, digits and _"},
    {"name:\n" KEYS, "card.yaml, line 1: name has to be a name: a small letter, then small letters, digits and _"},
    {KEYS "\nname: a\naddress: nowhere\n", "card.yaml, line 6: address has to be an address: host:port"},
    {"name: a\nidentity: AAAA\nexchange: " KEY "\ntls_pin: " KEY "\n",
     "card.yaml, line 2: identity has to be 32 bytes in base64: 44 characters as the card shows them"},
    {"name: [a]\n" KEYS, "card.yaml, line 1: name has to be one text"},
    {"- name\n", "card.yaml: has to hold keys of its own"},
    {"name: &n a\n" KEYS, "card.yaml, line 1: anchors, aliases and tags are not taken"},
    {"name: *n\n" KEYS, "card.yaml, line 1: anchors, aliases and tags are not taken"},
    {"name: !!str a\n" KEYS, "card.yaml, line 1: anchors, aliases and tags are not taken"},
    {"name: a\n" KEYS "---\nname: b\n", "card.yaml, line 5: a second document begins"},
    {"? [name]\n: a\n" KEYS, "card.yaml, line 1: a key has to be a plain text"},
    {"name: \"a\\0b\"\n" KEYS, "card.yaml, line 1: a text holds a zero byte"},
    {"name: [[[[[[[[[[[[[[[[[[a\n", "card.yaml, line 1: is nested too deep"},
    {"", "card.yaml: is empty"},
    {"# nothing\n", "card.yaml: is empty"},
};

static void test_parse_faults_are_told_with_line_and_key(void **state)
{
    (void)state;
    size_t told = 0;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++, told++) {
        sch_card card;
        sch_detail detail;
        unit_assert_code(parse(&card, faults[i].text, &detail), SCH_BAD_INPUT);
        assert_string_equal(detail.text, faults[i].detail);
    }
    assert_int_equal(told, 19);
    sch_card card;
    sch_detail detail;
    unit_assert_code(parse(&card, "name: \"a\n", &detail), SCH_BAD_INPUT); /* the words are libyaml's */
    assert_non_null(strstr(detail.text, "line 2"));
    unit_assert_code(parse(&card, "name: \x01\n", &detail), SCH_BAD_INPUT);
    unit_assert_code(parse(&card, "name: \xff\n", &detail), SCH_BAD_INPUT);
}

static void test_read_missing_file_is_io(void **state)
{
    (void)state;
    sch_card card;
    sch_detail detail = {{0}};
    unit_assert_code(sch_card_read(&card, "/nonexistent/card.yaml", &detail), SCH_IO);
    assert_non_null(strstr(detail.text, "/nonexistent/card.yaml"));
}

static void test_address_forms_are_told_apart(void **state)
{
    (void)state;
    static const char *const good[] = {"localhost:7300", "127.0.0.1:1", "[::1]:65535", "a-b.example:80"};
    static const char *const wrong[] = {"",        ":",    "host",   "host:",   "host:0", "host:65536",  "host:1x",
                                        "ho st:1", "[]:1", "[::1:1", "host:-1", "::1:80", "host:000080", "a/b:1"};
    size_t taken = 0, refused = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++, taken++) {
        assert_true(sch_card_address_is_valid(good[i], false));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++, refused++) {
        assert_false(sch_card_address_is_valid(wrong[i], false));
    }
    assert_int_equal(taken, 4);
    assert_int_equal(refused, 14);
    assert_true(sch_card_address_is_valid(":7300", true) && sch_card_address_is_valid("*:7300", true));
    assert_false(sch_card_address_is_valid(":7300", false) || sch_card_address_is_valid("*:7300", false));
    char longest[SCH_ADDRESS_BYTES + 8];
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 254, ":80", 4);
    assert_false(sch_card_address_is_valid(longest, false));
    memcpy(longest + 253, ":80", 4);
    assert_true(sch_card_address_is_valid(longest, false));
}

static void test_name_forms_are_told_apart(void **state)
{
    (void)state;
    char longest[66];
    memset(longest, 'a', sizeof longest);
    longest[63] = '\0';
    assert_true(sch_card_name_is_valid("a") && sch_card_name_is_valid("gemeente_lv2") &&
                sch_card_name_is_valid(longest));
    longest[63] = 'a';
    longest[64] = '\0';
    assert_false(sch_card_name_is_valid("") || sch_card_name_is_valid("1a") || sch_card_name_is_valid("_a") ||
                 sch_card_name_is_valid("a-b") || sch_card_name_is_valid("A") || sch_card_name_is_valid(longest));
}

static void test_fingerprint_follows_the_keys_alone(void **state)
{
    (void)state;
    sch_card card = {.name = "cbs"};
    char first[SCH_FINGERPRINT_TEXT_BYTES], other[SCH_FINGERPRINT_TEXT_BYTES];
    unit_assert_ok(sch_card_fingerprint(first, &card));
    assert_int_equal(strlen(first), SCH_FINGERPRINT_TEXT_BYTES - 1);
    /* The first 160 bits of SHA-256 of "schakel fingerprint 1" and 97 zero bytes, by sha256sum. */
    assert_string_equal(first, "dd3c 89dc 8abc 8e3e e237 6ada 826b 3030 eb83 cd08");
    memcpy(card.name, "dif", 4);
    unit_assert_ok(sch_card_fingerprint(other, &card));
    assert_string_equal(first, other);
    uint8_t *const keys[] = {card.identity, card.exchange, card.tls_pin};
    size_t differ = 0;
    for (size_t i = 0; i < 3; i++) {
        keys[i][31] ^= 1;
        unit_assert_ok(sch_card_fingerprint(other, &card));
        differ += strcmp(first, other) != 0;
        keys[i][31] ^= 1;
    }
    assert_int_equal(differ, 3);
}

static int start(void **state)
{
    (void)state;
    return sch_failed(sch_secret_start()) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_printed_card_comes_back),
        cmocka_unit_test(test_print_as_item_indents_every_line),
        cmocka_unit_test(test_parse_faults_are_told_with_line_and_key),
        cmocka_unit_test(test_read_missing_file_is_io),
        cmocka_unit_test(test_address_forms_are_told_apart),
        cmocka_unit_test(test_name_forms_are_told_apart),
        cmocka_unit_test(test_fingerprint_follows_the_keys_alone),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
