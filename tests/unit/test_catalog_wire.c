/* Catalogues as bytes: what is encoded comes back, and of what anyone may send only the one encoding is taken. */
#include "proto/catalog.h"

#include "tests/support/unit.h"
#include "tests/support/wire_walk.h"
#include "tests/unit/catalog_fixture.h"

static void check_same_column(const sch_column *a, const sch_column *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->description == NULL, b->description == NULL);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->identifier, b->identifier);
    assert_int_equal(a->decimals, b->decimals);
    assert_int_equal(a->required, b->required);
    assert_int_equal(a->bounded, b->bounded);
    assert_int_equal(a->minimum, b->minimum);
    assert_int_equal(a->maximum, b->maximum);
    assert_int_equal(a->code_count, b->code_count);
    for (uint32_t i = 0; i < a->code_count; i++) {
        assert_string_equal(a->code[i], b->code[i]);
    }
    assert_int_equal(a->bin_count, b->bin_count);
    for (uint32_t i = 0; a->bin_count > 0 && i <= a->bin_count; i++) {
        assert_int_equal(a->bin_edge[i], b->bin_edge[i]);
    }
}

static void check_same_link_keys(const sch_data_set *a, const sch_data_set *b)
{
    assert_int_equal(a->link_key_count, b->link_key_count);
    for (size_t k = 0; k < a->link_key_count; k++) {
        assert_string_equal(a->link_key[k].name, b->link_key[k].name);
        assert_int_equal(a->link_key[k].part_count, b->link_key[k].part_count);
        for (size_t i = 0; i < a->link_key[k].part_count; i++) {
            assert_string_equal(a->link_key[k].part[i].column, b->link_key[k].part[i].column);
            assert_int_equal(a->link_key[k].part[i].first, b->link_key[k].part[i].first);
        }
    }
}

static void test_decode_encoded_catalog_gives_it_back(void **state)
{
    (void)state;
    sch_catalog catalog, back;
    fixture_catalog(&catalog);
    sch_buf bytes = {0}, again = {0};
    unit_assert_ok(sch_catalog_encode(&bytes, &catalog));
    unit_assert_ok(sch_catalog_decode(&back, bytes.data, bytes.bytes, NULL));
    assert_string_equal(back.node, catalog.node);
    assert_int_equal(back.min_persons, 10);
    assert_true(back.show_zero);
    assert_int_equal(back.data_set_count, 2);
    assert_string_equal(back.data_set[0].description, catalog.data_set[0].description);
    assert_null(back.data_set[1].description);
    assert_int_equal(back.data_set[0].max_rows, 100000);
    assert_int_equal(back.data_set[1].rows_per_person, SCH_MANY_PER_PERSON);
    assert_int_equal(back.data_set[0].max_rows_a_person, 1);
    assert_int_equal(back.data_set[1].max_rows_a_person, 12);
    assert_int_equal(back.data_set[0].column[BEDRAG].bin_count, 3);
    check_same_link_keys(&back.data_set[0], &catalog.data_set[0]);
    assert_int_equal(back.data_set[1].link_key_count, 0);
    assert_null(back.data_set[1].link_key);
    assert_int_equal(back.data_set[0].column_count, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        check_same_column(&back.data_set[0].column[i], &catalog.data_set[0].column[i]);
    }
    unit_assert_ok(sch_catalog_encode(&again, &back));
    assert_int_equal(again.bytes, bytes.bytes);
    assert_memory_equal(again.data, bytes.data, bytes.bytes);
    sch_buf_clear(&bytes);
    sch_buf_clear(&again);
    sch_catalog_clear(&catalog);
    sch_catalog_clear(&back);
}

/* Decodes; what is accepted must be the one encoding of what it means. Gives whether it was accepted. */
static bool accepts_canonical_only(const uint8_t *data, size_t bytes)
{
    sch_catalog catalog;
    sch_buf again = {0};
    sch_detail detail = {{0}};
    sch_err err = sch_catalog_decode(&catalog, data, bytes, &detail);
    if (sch_failed(err)) {
        assert_int_equal(err.code, SCH_BAD_INPUT);
        assert_null(catalog.data_set);
        return false;
    }
    unit_assert_ok(sch_catalog_encode(&again, &catalog));
    wire_assert_canonical(&again, data, bytes);
    sch_catalog_clear(&catalog);
    return true;
}

static void test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    sch_buf bytes = {0};
    unit_assert_ok(sch_catalog_encode(&bytes, &catalog));
    const wire_walk walk = wire_walk_bytes(&bytes, accepts_canonical_only);
    assert_in_range(walk.accepted_prefixes, 2,
                    4); /* the node alone, with min_persons, with show_zero, with the first data set */
    assert_in_range(walk.accepted_changes, 1, walk.changes / 2);
    sch_buf_clear(&bytes);
    sch_catalog_clear(&catalog);
}

typedef struct raw {
    const char *what;
    const char *bytes;
    size_t count;
} raw;

#define RAW(what, bytes)                                                                                               \
    {                                                                                                                  \
        what, bytes, sizeof(bytes) - 1                                                                                 \
    }

/* The catalogue of node "a" without data sets is 0A 01 61. */
static const raw REFUSED[] = {
    RAW("unknown field", "\x0A\x01"
                         "a\x2A\x00"),
    RAW("wrong wire type", "\x08\x01"),
    RAW("64-bit wire type", "\x09\x01\x02\x03\x04\x05\x06\x07\x08"),
    RAW("group", "\x0B\x0C"),
    RAW("field twice", "\x0A\x01"
                       "a\x0A\x01"
                       "b"),
    RAW("fields out of order", "\x10\x01\x0A\x01"
                               "a"),
    RAW("default value", "\x0A\x01"
                         "a\x10\x00"),
    RAW("empty text", "\x0A\x00"),
    RAW("long varint for 1", "\x0A\x01"
                             "a\x10\x81\x00"),
    RAW("long varint for a length", "\x0A\x81\x00"
                                    "a"),
    RAW("32 bits exceeded", "\x0A\x01"
                            "a\x10\x80\x80\x80\x80\x10"),
    RAW("boolean 2", "\x0A\x01"
                     "a\x18\x02"),
    RAW("varint without end", "\x0A\x01"
                              "a\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
    RAW("zero byte in a text", "\x0A\x02"
                               "a\x00"),
    RAW("text that is not UTF-8", "\x0A\x02"
                                  "a\xFF"),
    RAW("length past the end", "\x0A\x05"
                               "a"),
    RAW("key 0", "\x00\x01"),
    RAW("enumerator that is not there", "\x0A\x01"
                                        "a\x22\x02\x20\x07"),
};

static void test_decode_malformed_bytes_is_refused(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        if (accepts_canonical_only((const uint8_t *)REFUSED[i].bytes, REFUSED[i].count)) {
            fail_msg("accepted: %s", REFUSED[i].what);
        }
        refused++;
    }
    assert_int_equal(refused, 18);
    assert_true(accepts_canonical_only((const uint8_t *)"\x0A\x01"
                                                        "a",
                                       3));
    assert_false(accepts_canonical_only(NULL, 0));
}

static void test_decode_too_many_entries_is_refused_before_unpacking(void **state)
{
    (void)state;
    sch_buf bytes = {0};
    sch_catalog catalog;
    sch_detail detail = {{0}};
    unit_assert_ok(sch_buf_append(&bytes, "\x0A\x01\x61", 3));
    for (int i = 0; i < SCH_MAX_DATA_SETS + 1; i++) {
        unit_assert_ok(sch_buf_append(&bytes, "\x22\x00", 2));
    }
    sch_err err = sch_catalog_decode(&catalog, bytes.data, bytes.bytes, &detail);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message has too many entries");
    err = sch_catalog_decode(&catalog, bytes.data, bytes.bytes - 2, &detail);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_not_equal(err.text, "the message has too many entries");
    sch_buf_clear(&bytes);
}

/* Two bytes a code on the wire stand for tens of bytes in memory, many times over. */
static void test_decode_entries_that_swell_in_memory_is_refused(void **state)
{
    (void)state;
    enum { CODES = SCH_MAX_CODES, COLUMN_BYTES = 2 * CODES, MANY = 20 };
    sch_buf column = {0}, set = {0}, bytes = {0};
    unit_assert_ok(sch_buf_reserve(&column, COLUMN_BYTES));
    for (size_t i = 0; i < CODES; i++) {
        unit_assert_ok(sch_buf_append(&column, "\x5A\x00", 2));
    }
    /* 200,000 = 0xC0 0x9A 0x0C as a varint; twenty such columns are 4,000,080 = 0xD0 0x92 0xF4 0x01. */
    for (size_t i = 0; i < MANY; i++) {
        unit_assert_ok(sch_buf_append(&set, "\x32\xC0\x9A\x0C", 4));
        unit_assert_ok(sch_buf_append(&set, column.data, column.bytes));
    }
    assert_int_equal(set.bytes, 4000080);
    unit_assert_ok(sch_buf_append(&bytes, "\x22\xD0\x92\xF4\x01", 5));
    unit_assert_ok(sch_buf_append(&bytes, set.data, set.bytes));
    sch_catalog catalog;
    sch_err err = sch_catalog_decode(&catalog, bytes.data, bytes.bytes, NULL);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message takes too much memory");
    sch_buf_clear(&column);
    sch_buf_clear(&set);
    sch_buf_clear(&bytes);
}

static void test_decode_more_than_the_bound_is_refused(void **state)
{
    (void)state;
    uint8_t *data = calloc(1, SCH_MAX_CATALOG_BYTES + 1);
    assert_non_null(data);
    sch_catalog catalog;
    sch_err err = sch_catalog_decode(&catalog, data, SCH_MAX_CATALOG_BYTES + 1, NULL);
    assert_int_equal(err.code, SCH_BAD_INPUT);
    assert_string_equal(err.text, "the message is too large");
    free(data);
}

static void add_many_codes(sch_column *column, uint32_t count, int digits)
{
    column->code = calloc(count, sizeof *column->code);
    assert_non_null(column->code);
    for (uint32_t i = 0; i < count; i++) {
        char code[SCH_MAX_CODE_BYTES + 1];
        snprintf(code, sizeof code, "%0*u", digits, (unsigned)i);
        column->code[column->code_count++] = strdup(code);
    }
}

static void test_catalog_of_most_codes_goes_round_and_of_one_more_is_refused(void **state)
{
    (void)state;
    sch_catalog catalog, back;
    fixture_catalog(&catalog);
    sch_buf bytes = {0};
    sch_column *column = fixture_column(&catalog.data_set[1], "postcode", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT);
    add_many_codes(column, SCH_MAX_CODES, 5);
    unit_assert_ok(sch_catalog_encode(&bytes, &catalog));
    unit_assert_ok(sch_catalog_decode(&back, bytes.data, bytes.bytes, NULL));
    assert_int_equal(back.data_set[1].column[1].code_count, SCH_MAX_CODES);
    assert_string_equal(back.data_set[1].column[1].code[99999], "99999");
    sch_catalog_clear(&back);
    fixture_code(column, "one more");
    sch_buf_clear(&bytes);
    unit_assert_code(sch_catalog_check(&catalog, NULL), SCH_BAD_INPUT);
    unit_assert_ok(sch_catalog_encode(&bytes, &catalog));
    unit_assert_code(sch_catalog_decode(&back, bytes.data, bytes.bytes, NULL), SCH_BAD_INPUT);
    sch_buf_clear(&bytes);
    sch_catalog_clear(&catalog);
}

static void test_encode_over_the_bound_is_refused_and_appends_nothing(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    sch_buf bytes = {0};
    add_many_codes(fixture_column(&catalog.data_set[1], "lang", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT), SCH_MAX_CODES, 60);
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    unit_assert_code(sch_catalog_encode(&bytes, &catalog), SCH_BAD_INPUT);
    assert_int_equal(bytes.bytes, 0);
    sch_buf_clear(&bytes);
    sch_catalog_clear(&catalog);
}

/* Adds keys and parts until there are as many as there may be. */
static void fill_link_keys(sch_data_set *set)
{
    for (size_t i = set->column_count; i <= SCH_MAX_LINK_PARTS; i++) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "t%zu", i);
        fixture_column(set, name, SCH_ROLE_ATTRIBUTE, SCH_TYPE_TEXT);
    }
    while (set->link_key_count < SCH_MAX_LINK_KEYS) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "k%zu", set->link_key_count);
        fixture_link_key(set, name);
    }
    for (size_t k = 0; k < SCH_MAX_LINK_KEYS; k++) {
        sch_link_key *key = &set->link_key[k];
        for (key->part_count = 0; key->part_count < SCH_MAX_LINK_PARTS;) {
            const sch_column *column = &set->column[1 + key->part_count];
            fixture_link_part(key, column->name, column->type == SCH_TYPE_TEXT ? SCH_MAX_LINK_FIRST : 0);
        }
    }
}

static void test_catalog_of_most_link_keys_goes_round_and_of_one_more_is_refused(void **state)
{
    (void)state;
    sch_catalog catalog, back;
    fixture_catalog(&catalog);
    sch_data_set *set = &catalog.data_set[0];
    fill_link_keys(set);
    sch_buf bytes = {0};
    unit_assert_ok(sch_catalog_encode(&bytes, &catalog));
    unit_assert_ok(sch_catalog_decode(&back, bytes.data, bytes.bytes, NULL));
    assert_int_equal(back.data_set[0].link_key_count, SCH_MAX_LINK_KEYS);
    check_same_link_keys(&back.data_set[0], set);
    sch_catalog_clear(&back);
    bytes.bytes = 0;
    set->link_key[1].part_count++;
    unit_assert_code(sch_catalog_encode(&bytes, &catalog), SCH_BAD_INPUT);
    set->link_key[1].part_count--;
    fixture_link_key(set, "meer");
    unit_assert_code(sch_catalog_encode(&bytes, &catalog), SCH_BAD_INPUT);
    assert_int_equal(bytes.bytes, 0);
    uint8_t hash[SCH_HASH_BYTES];
    unit_assert_code(sch_data_set_hash(hash, set), SCH_BAD_INPUT);
    sch_buf_clear(&bytes);
    sch_catalog_clear(&catalog);
}

/* node a, one data set with link keys: 42 is the key of field 8; in a link key 12 that of its parts, in a part 0A the
 * column and 10 the first characters. */
static void test_decode_too_many_link_keys_parts_or_characters_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t keys, parts;
        uint8_t first[2];
        const char *text;
    } cases[] = {
        {SCH_MAX_LINK_KEYS, 1, {0x20, 0}, "a data set's name is not a name"},
        {SCH_MAX_LINK_KEYS + 1, 1, {0x20, 0}, "the message has too many entries"},
        {1, SCH_MAX_LINK_PARTS, {0x20, 0}, "a data set's name is not a name"},
        {1, SCH_MAX_LINK_PARTS + 1, {0x20, 0}, "the message has too many entries"},
        {1, 1, {0x21, 0}, "a link key takes more than 32 characters of a column"},
        {1, 1, {0x84, 2}, "a link key takes more than 32 characters of a column"}, /* 4 + 256 */
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++, checked++) {
        uint8_t part[8] = {0x12, 0, 0x0A, 1, 'b', 0x10, cases[i].first[0], cases[i].first[1]};
        size_t part_bytes = cases[i].first[1] == 0 ? 7 : 8;
        part[1] = (uint8_t)(part_bytes - 2);
        sch_buf key = {0}, set = {0}, bytes = {0};
        for (size_t p = 0; p < cases[i].parts; p++) {
            unit_assert_ok(sch_buf_append(&key, part, part_bytes));
        }
        for (size_t k = 0; k < cases[i].keys; k++) {
            const uint8_t head[2] = {0x42, (uint8_t)key.bytes};
            unit_assert_ok(sch_buf_append(&set, head, 2));
            unit_assert_ok(sch_buf_append(&set, key.data, key.bytes));
        }
        assert_in_range(set.bytes, 1, 127);
        const uint8_t head[5] = {0x0A, 1, 'a', 0x22, (uint8_t)set.bytes};
        unit_assert_ok(sch_buf_append(&bytes, head, 5));
        unit_assert_ok(sch_buf_append(&bytes, set.data, set.bytes));
        sch_catalog catalog;
        sch_err err = sch_catalog_decode(&catalog, bytes.data, bytes.bytes, NULL);
        assert_int_equal(err.code, SCH_BAD_INPUT);
        assert_string_equal(err.text, cases[i].text);
        sch_buf_clear(&key);
        sch_buf_clear(&set);
        sch_buf_clear(&bytes);
    }
    assert_int_equal(checked, 6);
}

static void test_decode_bins_of_one_edge_or_too_many_is_refused(void **state)
{
    (void)state;
    /* node a, one data set, one column: 62 is the key of field 12 as a run of bytes. */
    uint8_t bytes[3 + 3 + 3 + 2 + SCH_MAX_BINS + 2] = {0x0A, 1, 'a', 0x22, 0, 0x32, 0, 0x62, 0};
    sch_catalog catalog;
    for (uint8_t edges = 0; edges <= SCH_MAX_BINS + 2; edges++) {
        bytes[4] = (uint8_t)(edges + 4);
        bytes[6] = (uint8_t)(edges + 2);
        bytes[8] = edges;
        sch_err err = sch_catalog_decode(&catalog, bytes, 9U + edges, NULL);
        assert_int_equal(err.code, SCH_BAD_INPUT);
        const char *text = edges == 0                  ? "the message has a field without entries"
                           : edges == 1                ? "a column's bins have one edge only"
                           : edges == SCH_MAX_BINS + 2 ? "the message has too many entries"
                                                       : "a data set's name is not a name";
        assert_string_equal(err.text, text);
    }
}

static void test_decode_every_kind_of_identifier_goes_round(void **state)
{
    (void)state;
    sch_catalog catalog, back;
    fixture_catalog(&catalog);
    size_t kinds = 0;
    for (int kind = SCH_IDENTIFIER_BSN; kind <= SCH_IDENTIFIER_BAG; kind++, kinds++) {
        sch_buf bytes = {0};
        catalog.data_set[0].column[BSN].identifier = (sch_identifier_kind)kind;
        unit_assert_ok(sch_catalog_encode(&bytes, &catalog));
        unit_assert_ok(sch_catalog_decode(&back, bytes.data, bytes.bytes, NULL));
        assert_int_equal(back.data_set[0].column[BSN].identifier, kind);
        sch_catalog_clear(&back);
        sch_buf_clear(&bytes);
    }
    assert_int_equal(kinds, 6);
    sch_catalog_clear(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_encoded_catalog_gives_it_back),
        cmocka_unit_test(test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
        cmocka_unit_test(test_decode_malformed_bytes_is_refused),
        cmocka_unit_test(test_decode_too_many_entries_is_refused_before_unpacking),
        cmocka_unit_test(test_decode_entries_that_swell_in_memory_is_refused),
        cmocka_unit_test(test_decode_more_than_the_bound_is_refused),
        cmocka_unit_test(test_catalog_of_most_codes_goes_round_and_of_one_more_is_refused),
        cmocka_unit_test(test_encode_over_the_bound_is_refused_and_appends_nothing),
        cmocka_unit_test(test_catalog_of_most_link_keys_goes_round_and_of_one_more_is_refused),
        cmocka_unit_test(test_decode_too_many_link_keys_parts_or_characters_is_refused),
        cmocka_unit_test(test_decode_bins_of_one_edge_or_too_many_is_refused),
        cmocka_unit_test(test_decode_every_kind_of_identifier_goes_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
