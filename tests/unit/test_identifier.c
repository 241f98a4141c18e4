/* Identifiers of all kinds: the 11-test and the tests of A-numbers by counting many numbers, and the published vectors.
 * No real person's number is here: tests count, they do not list. */
#include "tests/support/unit.h"

#include <stdbool.h>

#include "crypto/ident/identifier.h"

/* Normalises one identifier in rooms of exactly their sizes; gives its length, 0 where it is invalid. What comes out
 * has to come to itself. */
static uint8_t normalise_bytes(sch_identifier_kind kind, char out[256], const void *in, uint8_t in_length)
{
    uint8_t out_length = 99, again = 99;
    size_t bytes = 99, valid = 99, room = sch_identifier_room(in_length, 1);
    uint8_t *from = malloc(in_length + 1U), *to = malloc(room + SCH_IDENTIFIER_GROWTH_BYTES);
    assert_true(from != NULL && to != NULL);
    uint8_t *exact = realloc(to, room); /* so that what is written behind it shows under the sanitizer */
    assert_non_null(exact);
    memcpy(from, in, in_length);
    unit_assert_ok(sch_identifier_normalise(kind, exact, &out_length, &bytes, &valid, from, &in_length, 1));
    assert_int_equal(bytes, out_length);
    assert_int_equal(valid, out_length > 0);
    memcpy(out, exact, out_length);
    out[out_length] = '\0';
    if (out_length > 0) {
        uint8_t twice[256];
        unit_assert_ok(sch_identifier_normalise(kind, twice, &again, NULL, NULL, (uint8_t *)out, &out_length, 1));
        assert_int_equal(again, out_length);
        assert_memory_equal(twice, out, out_length);
    }
    free(from);
    free(exact);
    return out_length;
}

static uint8_t normalise(sch_identifier_kind kind, char out[256], const char *in)
{
    return normalise_bytes(kind, out, in, (uint8_t)strlen(in));
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
    static uint8_t in[ROWS * 9], out[ROWS * 12], in_length[ROWS], out_length[ROWS];
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

/* ---- A-numbers ---- */

/* The rule, written down again in another way: from the last digit to the first, the weights modulo 11. */
static bool is_a_number(uint64_t number)
{
    unsigned sum = 0, weighted = 0, before = 10, weight = 6; /* 512 modulo 11 */
    bool differ = true;
    for (int i = 0; i < 10; i++, number /= 10, weight = weight * 6 % 11) { /* 6 is the half of 1 modulo 11 */
        unsigned digit = (unsigned)(number % 10);
        differ = differ && digit != before;
        before = digit;
        sum += digit;
        weighted += weight * digit;
    }
    return differ && before != 0 && (sum % 11 == 0 || (sum + 6) % 11 == 0) && weighted % 11 == 0;
}

static void test_normalise_a_number_many_numbers_follow_the_rules(void **state)
{
    (void)state;
    enum { ROWS = 100000 };
    static const uint64_t starts[] = {0, 999950000, 1010100000, 3141500000, 9898900000, 9999900000};
    size_t tried = 0, good = 0;
    char out[256], text[32];
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        for (uint64_t i = 0; i < ROWS; i++, tried++) {
            (void)snprintf(text, sizeof text, "%010llu", (unsigned long long)(starts[s] + i));
            bool valid = is_a_number(starts[s] + i);
            assert_int_equal(normalise(SCH_IDENTIFIER_A_NUMBER, out, text), valid ? 10 : 0);
            assert_string_equal(out, valid ? text : "");
            good += valid;
        }
    }
    assert_int_equal(tried, 6 * ROWS);
    assert_in_range(good, 1000, 6 * ROWS / 60); /* two of 121 pass both sums; fewer have neighbours that differ */
}

/* Of all numbers that differ in one digit from a good one none passes: the second sum sees it. */
static void test_normalise_a_number_one_wrong_digit_is_invalid(void **state)
{
    (void)state;
    char out[256], text[] = "1010101025";
    size_t tried = 0;
    assert_int_equal(normalise(SCH_IDENTIFIER_A_NUMBER, out, text), 10);
    for (size_t i = 0; i < 10; i++) {
        char kept = text[i];
        for (char digit = '0'; digit <= '9'; digit++) {
            text[i] = digit;
            if (digit != kept) {
                assert_int_equal(normalise(SCH_IDENTIFIER_A_NUMBER, out, text), 0);
                tried++;
            }
        }
        text[i] = kept;
    }
    assert_int_equal(tried, 90);
}

/* ---- the other numbers ---- */

static void test_normalise_rsin_is_as_bsn(void **state)
{
    (void)state;
    char as_bsn[256], as_rsin[256], text[16];
    size_t good = 0;
    for (unsigned number = 0; number < 200000; number++) {
        (void)snprintf(text, sizeof text, number % 2 == 0 ? "%09u" : "%08u", number * 4999);
        assert_int_equal(normalise(SCH_IDENTIFIER_RSIN, as_rsin, text), normalise(SCH_IDENTIFIER_BSN, as_bsn, text));
        assert_string_equal(as_rsin, as_bsn);
        good += as_rsin[0] != '\0';
    }
    assert_in_range(good, 200000 / 11 - 200, 200000 / 11 + 200);
}

static void test_normalise_bag_only_the_six_types_of_object_are_taken(void **state)
{
    (void)state;
    char out[256], text[32];
    size_t taken = 0;
    for (unsigned type = 0; type < 100; type++) {
        bool known = (type >= 1 && type <= 3) || type == 10 || type == 20 || type == 30;
        (void)snprintf(text, sizeof text, "0003%02u0000000001", type);
        assert_int_equal(normalise(SCH_IDENTIFIER_BAG, out, text), known ? 16 : 0);
        for (size_t lost = 1; lost <= 3; lost++) { /* zeros in front */
            char again[256];
            assert_int_equal(normalise(SCH_IDENTIFIER_BAG, again, text + lost), known ? 16 : 0);
            assert_string_equal(again, out);
        }
        taken += known;
    }
    assert_int_equal(taken, 6);
}

/* Every kind of number in columns where each row could grow: what is written stays within the room. */
static void test_normalise_shortest_numbers_fill_no_more_than_the_room(void **state)
{
    (void)state;
    enum { ROWS = 1000 };
    static const struct {
        sch_identifier_kind kind;
        const char *text;
        size_t bytes;
    } cases[] = {{SCH_IDENTIFIER_BSN, "00000012", 9},
                 {SCH_IDENTIFIER_RSIN, "00000012", 9},
                 {SCH_IDENTIFIER_A_NUMBER, "1010101025", 10},
                 {SCH_IDENTIFIER_KVK, "1234567", 8},
                 {SCH_IDENTIFIER_BAG, "3200000000001", 16}};
    size_t ran = 0;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++, ran++) {
        size_t length = strlen(cases[c].text), bytes = 0, valid = 0;
        uint8_t *in = malloc(ROWS * length), *out = malloc(sch_identifier_room(ROWS * length, ROWS));
        uint8_t in_length[ROWS], out_length[ROWS];
        assert_true(in != NULL && out != NULL);
        memset(in_length, (int)length, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            memcpy(in + i * length, cases[c].text, length);
        }
        unit_assert_ok(sch_identifier_normalise(cases[c].kind, out, out_length, &bytes, &valid, in, in_length, ROWS));
        assert_int_equal(valid, ROWS);
        assert_int_equal(bytes, ROWS * cases[c].bytes);
        assert_true(bytes <= sch_identifier_room(ROWS * length, ROWS));
        free(in);
        free(out);
    }
    assert_int_equal(ran, 5);
}

/* ---- vectors ---- */

static sch_identifier_kind kind_of(const char *word)
{
    for (int kind = 1; kind <= SCH_IDENTIFIER_KINDS; kind++) {
        if (strcmp(sch_identifier_word((sch_identifier_kind)kind), word) == 0) {
            return (sch_identifier_kind)kind;
        }
    }
    fail_msg("there is no kind %s", word);
    return 0;
}

/* Compares one line: [kind,] input, output or "invalid", remark. Gives whether it is a vector. */
static bool check_line(char *line, bool has_kind)
{
    if (line[0] == '#') {
        return false;
    }
    char *rest = line, out[256];
    sch_identifier_kind kind = has_kind ? kind_of(strsep(&rest, "\t")) : SCH_IDENTIFIER_TEXT;
    char *in = strsep(&rest, "\t"), *want = strsep(&rest, "\t");
    assert_true(in != NULL && want != NULL && rest != NULL);
    bool invalid = strcmp(want, "invalid") == 0;
    size_t bytes = unit_unescape(in);
    assert_in_range(bytes, 0, SCH_MAX_RAW_IDENTIFIER_BYTES);
    uint8_t got = normalise_bytes(kind, out, in, (uint8_t)bytes);
    if (got != (invalid ? 0 : unit_unescape(want)) || (!invalid && strcmp(out, want) != 0)) {
        fail_msg("%s comes to %s, not to %s", in, got > 0 ? out : "nothing", want);
    }
    return true;
}

static size_t check_file(const char *path, bool has_kind)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[2048];
    size_t vectors = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        assert_non_null(strchr(line, '\n'));
        line[strcspn(line, "\n")] = '\0';
        vectors += check_line(line, has_kind);
    }
    assert_int_equal(fclose(file), 0);
    return vectors;
}

static void test_normalise_published_vectors_agree(void **state)
{
    (void)state;
    assert_int_equal(check_file(SCH_VECTORS_FOLDER "/normalisation_1.tsv", false), 213);
    assert_int_equal(check_file(SCH_VECTORS_FOLDER "/identifiers_1.tsv", true), 79);
}

/* ---- the whole ---- */

static void test_normalise_column_of_texts_keeps_their_order(void **state)
{
    (void)state;
    static const char in[] = " Jansen-.'t Hooft\xC3\xBF\xFF"
                             "de  Vries";
    static const uint8_t in_length[] = {7, 0, 1, 1, 8, 2, 1, 9};
    static const uint8_t want[] = {6, 0, 0, 0, 7, 1, 0, 8};
    uint8_t out[sizeof in + 8 * SCH_IDENTIFIER_GROWTH_BYTES], out_length[8];
    size_t bytes = 0, valid = 0;
    unit_assert_ok(sch_identifier_normalise(SCH_IDENTIFIER_TEXT, out, out_length, &bytes, &valid, (const uint8_t *)in,
                                            in_length, 8));
    assert_memory_equal(out_length, want, sizeof want);
    assert_int_equal(valid, 4);
    assert_int_equal(bytes, 22);
    assert_memory_equal(out, "jansent hooftyde vries", 22);
}

static void test_normalise_unknown_kind_is_a_bug(void **state)
{
    (void)state;
    static const int kinds[] = {-1, 0, SCH_IDENTIFIER_KINDS + 1, 1000};
    size_t tried = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++, tried++) {
        uint8_t out[4] = {0}, in[1] = {0}, out_length = 1, in_length = 1;
        sch_identifier_kind kind = (sch_identifier_kind)kinds[i];
        unit_assert_code(sch_identifier_normalise(kind, out, &out_length, NULL, NULL, in, &in_length, 1), SCH_BUG);
        assert_null(sch_identifier_word(kind));
    }
    assert_int_equal(tried, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalise_bsn_every_number_of_a_range_follows_the_11_test),
        cmocka_unit_test(test_normalise_bsn_eight_digits_get_a_zero),
        cmocka_unit_test(test_normalise_bsn_anything_else_is_invalid),
        cmocka_unit_test(test_normalise_a_number_many_numbers_follow_the_rules),
        cmocka_unit_test(test_normalise_a_number_one_wrong_digit_is_invalid),
        cmocka_unit_test(test_normalise_rsin_is_as_bsn),
        cmocka_unit_test(test_normalise_bag_only_the_six_types_of_object_are_taken),
        cmocka_unit_test(test_normalise_shortest_numbers_fill_no_more_than_the_room),
        cmocka_unit_test(test_normalise_published_vectors_agree),
        cmocka_unit_test(test_normalise_column_of_texts_keeps_their_order),
        cmocka_unit_test(test_normalise_unknown_kind_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
