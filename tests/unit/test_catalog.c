/* Catalogues: domains, lookups, every rule, hashes. */
#include "proto/catalog.h"

#include "tests/support/unit.h"
#include "tests/unit/catalog_faults.h"
#include "tests/unit/catalog_fixture.h"

/* ---- domains ---- */

static void test_domain_each_kind_counts_codes_and_empty(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    const sch_column *column = catalog.data_set[0].column;
    assert_int_equal(sch_column_domain(&column[BSN]), 0);
    assert_int_equal(sch_column_domain(&column[BUURT]), 4);
    assert_int_equal(sch_column_domain(&column[JAAR]), 6);
    assert_int_equal(sch_column_domain(&column[ACTIEF]), 3);
    assert_int_equal(sch_column_domain(&column[BEDRAG]), 0);
    assert_int_equal(sch_column_domain(&column[INSTROOM]), 0);
    assert_int_equal(sch_column_codes(&column[BUURT]), 3);
    assert_int_equal(sch_column_codes(&column[JAAR]), 6);
    assert_int_equal(sch_column_codes(&column[ACTIEF]), 2);
    assert_int_equal(sch_column_codes(&column[BEDRAG]), 0);
    sch_catalog_clear(&catalog);
}

static void test_domain_bounds_at_the_ends_of_int64_is_zero(void **state)
{
    (void)state;
    sch_column column = {.role = SCH_ROLE_DIMENSION, .type = SCH_TYPE_INTEGER, .bounded = true};
    column.minimum = INT64_MIN;
    column.maximum = INT64_MAX;
    assert_int_equal(sch_column_domain(&column), 0);
    column.minimum = INT64_MAX;
    assert_int_equal(sch_column_domain(&column), 2);
    column.minimum = 0;
    column.maximum = SCH_MAX_CODES - 1;
    assert_int_equal(sch_column_domain(&column), SCH_MAX_CODES + 1);
    column.maximum = SCH_MAX_CODES;
    assert_int_equal(sch_column_domain(&column), 0);
}

static void check_text(const sch_column *column, uint32_t index, const char *expected)
{
    char text[SCH_MAX_CODE_BYTES + 1];
    bool found = sch_column_code_text(column, index, text, sizeof text);
    assert_int_equal(found, expected != NULL);
    assert_string_equal(text, expected == NULL ? "" : expected);
}

static void test_code_text_each_kind_gives_text_or_empty(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    const sch_column *column = catalog.data_set[0].column;
    check_text(&column[BUURT], 0, "BU19160102");
    check_text(&column[BUURT], 2, "Prinsenhof é");
    check_text(&column[BUURT], 3, NULL);
    check_text(&column[BUURT], 4, NULL);
    check_text(&column[JAAR], 0, "-2");
    check_text(&column[JAAR], 5, "3");
    check_text(&column[JAAR], 6, NULL);
    check_text(&column[ACTIEF], 0, "false");
    check_text(&column[ACTIEF], 1, "true");
    check_text(&column[ACTIEF], 2, NULL);
    check_text(&column[BEDRAG], 0, NULL);
    sch_catalog_clear(&catalog);
}

static void test_find_known_and_unknown_names(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    const sch_data_set *set = sch_catalog_find(&catalog, "bijstand");
    assert_ptr_equal(set, &catalog.data_set[0]);
    assert_null(sch_catalog_find(&catalog, "bijstnd"));
    assert_ptr_equal(sch_data_set_find(set, "bedrag"), &set->column[BEDRAG]);
    assert_null(sch_data_set_find(set, "loon"));
    assert_ptr_equal(sch_data_set_identifier(set), &set->column[BSN]);
    assert_ptr_equal(sch_data_set_link_key(set, "begin"), &set->link_key[BEGIN]);
    assert_null(sch_data_set_link_key(set, "bedrag"));
    assert_null(sch_data_set_link_key(&catalog.data_set[1], "begin"));
    sch_catalog_clear(&catalog);
    assert_null(sch_catalog_find(&catalog, "bijstand"));
    assert_null(sch_data_set_identifier(&(sch_data_set){0}));
    sch_catalog_clear(&catalog);
}

static void test_check_bins_and_rows_at_their_ends_pass(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    sch_column *column = &catalog.data_set[0].column[BEDRAG];
    fixture_bins(column, (const int64_t[]){-SCH_MAX_BOUND, -99999, SCH_MAX_BOUND}, 2);
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    int64_t edge[SCH_MAX_BINS + 1];
    for (int64_t i = 0; i < SCH_MAX_BINS + 1; i++) {
        edge[i] = -100000 + 51001 * i;
    }
    fixture_bins(column, edge, SCH_MAX_BINS);
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    fixture_bins(column, NULL, 0);
    free(column->bin_edge);
    column->bin_edge = NULL;
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    static const uint32_t rows[] = {0, 2, SCH_MAX_ROWS_A_PERSON};
    for (size_t i = 0; i < 3; i++) {
        catalog.data_set[1].max_rows_a_person = rows[i];
        unit_assert_ok(sch_catalog_check(&catalog, NULL));
    }
    sch_catalog_clear(&catalog);
}

static void test_type_word_names_each_type_and_no_other(void **state)
{
    (void)state;
    static const char *const WORD[SCH_TYPES] = {"integer", "decimal", "text", "boolean", "date"};
    for (int type = SCH_TYPE_INTEGER; type <= SCH_TYPE_DATE; type++) {
        assert_string_equal(sch_type_word((sch_type)type), WORD[type - 1]);
    }
    assert_null(sch_type_word((sch_type)0));
    assert_null(sch_type_word((sch_type)(SCH_TYPE_DATE + 1)));
}

/* ---- link keys ---- */

static void check_key_text(const sch_link_key *key, const char *expected)
{
    char text[SCH_LINK_KEY_TEXT_BYTES];
    sch_link_key_text(text, key);
    assert_string_equal(text, expected);
}

static void test_link_key_text_lists_columns_and_first_characters(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    check_key_text(&catalog.data_set[0].link_key[ADRES], "instroom, buurt (first 4), bedrag");
    check_key_text(&catalog.data_set[0].link_key[BEGIN], "instroomjaar, actief");
    sch_catalog_clear(&catalog);
}

/* The most columns, of the longest names, with the most characters: the text still ends with the last. */
static void test_link_key_text_of_longest_names_fits(void **state)
{
    (void)state;
    sch_link_key key = {.part_count = 0};
    char text[SCH_LINK_KEY_TEXT_BYTES], last[SCH_NAME_BYTES];
    for (size_t i = 0; i < SCH_MAX_LINK_PARTS; i++) {
        memset(last, 'a' + (int)i, sizeof last - 1);
        last[sizeof last - 1] = '\0';
        fixture_link_part(&key, last, SCH_MAX_LINK_FIRST);
    }
    sch_link_key_text(text, &key);
    assert_int_equal(strlen(text), 8 * (63 + sizeof " (first 32)" - 1) + 7 * 2);
    assert_string_equal(text + strlen(text) - sizeof "h (first 32)" + 1, "h (first 32)");
}

static void test_check_link_keys_at_their_ends_pass(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    sch_data_set *set = &catalog.data_set[0];
    fixture_column(set, "postcode", SCH_ROLE_ATTRIBUTE, SCH_TYPE_TEXT);
    fixture_column(set, "nummer", SCH_ROLE_ATTRIBUTE, SCH_TYPE_INTEGER);
    fixture_column(set, "gehuwd", SCH_ROLE_ATTRIBUTE, SCH_TYPE_BOOLEAN);
    while (set->link_key_count < SCH_MAX_LINK_KEYS) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "buurt%zu", set->link_key_count);
        sch_link_key *key = fixture_link_key(set, name);
        for (size_t i = BUURT; i < set->column_count; i++) {
            fixture_link_part(key, set->column[i].name, set->column[i].type == SCH_TYPE_TEXT ? SCH_MAX_LINK_FIRST : 0);
        }
        assert_int_equal(key->part_count, SCH_MAX_LINK_PARTS);
    }
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    set->link_key_count = 0;
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    sch_catalog_clear(&catalog);
}

/* ---- rules ---- */

static void test_check_valid_catalog_passes(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    sch_detail detail = {{0}};
    unit_assert_ok(sch_catalog_check(&catalog, &detail));
    sch_catalog_clear(&catalog);
    sch_catalog empty = {.node = "leeg"};
    unit_assert_ok(sch_catalog_check(&empty, NULL));
}

static void test_check_each_broken_rule_is_refused_by_name(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t i = 0; i < BREAKER_COUNT; i++) {
        sch_catalog catalog;
        fixture_catalog(&catalog);
        BREAKERS[i].apply(&catalog);
        sch_detail detail = {{0}};
        sch_err err = sch_catalog_check(&catalog, &detail);
        if (err.code != SCH_BAD_INPUT || strstr(detail.text, BREAKERS[i].says) == NULL) {
            fail_msg("breaker %zu: code %d, \"%s\" lacks \"%s\"", i, (int)err.code, detail.text, BREAKERS[i].says);
        }
        refused++;
        sch_catalog_clear(&catalog);
    }
    assert_int_equal(refused, BREAKER_COUNT);
}

static void test_check_too_many_columns_and_data_sets_is_refused(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    sch_data_set *set = &catalog.data_set[1];
    for (size_t i = 1; i < SCH_MAX_COLUMNS; i++) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "c%zu", i);
        fixture_column(set, name, SCH_ROLE_ATTRIBUTE, SCH_TYPE_BOOLEAN);
    }
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    fixture_column(set, "last", SCH_ROLE_ATTRIBUTE, SCH_TYPE_BOOLEAN);
    sch_detail detail = {{0}};
    unit_assert_code(sch_data_set_check(set, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "256"));
    size_t had = catalog.data_set_count;
    catalog.data_set_count = SCH_MAX_DATA_SETS + 1;
    unit_assert_code(sch_catalog_check(&catalog, &detail), SCH_BAD_INPUT);
    assert_non_null(strstr(detail.text, "64"));
    catalog.data_set_count = had;
    sch_catalog_clear(&catalog);
}

/* ---- hash ---- */

static void test_hash_equal_for_equal_and_other_for_any_change(void **state)
{
    (void)state;
    sch_catalog a, b;
    fixture_catalog(&a);
    fixture_catalog(&b);
    uint8_t first[SCH_HASH_BYTES], second[SCH_HASH_BYTES];
    unit_assert_ok(sch_data_set_hash(first, &a.data_set[0]));
    unit_assert_ok(sch_data_set_hash(second, &b.data_set[0]));
    assert_memory_equal(first, second, sizeof first);
    b.data_set[0].column[BEDRAG].maximum++;
    unit_assert_ok(sch_data_set_hash(second, &b.data_set[0]));
    assert_memory_not_equal(first, second, sizeof first);
    b.data_set[0].column[BEDRAG].maximum--;
    b.data_set[0].column[BEDRAG].bin_edge[1]++;
    unit_assert_ok(sch_data_set_hash(second, &b.data_set[0]));
    assert_memory_not_equal(first, second, sizeof first);
    b.data_set[0].column[BEDRAG].bin_edge[1]--;
    b.data_set[0].max_rows_a_person++;
    unit_assert_ok(sch_data_set_hash(second, &b.data_set[0]));
    assert_memory_not_equal(first, second, sizeof first);
    b.data_set[0].max_rows_a_person--;
    unit_assert_ok(sch_data_set_hash(second, &b.data_set[0]));
    assert_memory_equal(first, second, sizeof first);
    b.data_set[0].column[BUURT].code[1][0] = 'b';
    unit_assert_ok(sch_data_set_hash(second, &b.data_set[0]));
    assert_memory_not_equal(first, second, sizeof first);
    sch_catalog_clear(&a);
    sch_catalog_clear(&b);
}

/* Whether both hashes of a data set are other ones than before. */
static void assert_other_hashes(const sch_data_set *set, const uint8_t hash[static SCH_HASH_BYTES],
                                const uint8_t form[static SCH_HASH_BYTES])
{
    uint8_t now[SCH_HASH_BYTES];
    unit_assert_ok(sch_data_set_hash(now, set));
    assert_memory_not_equal(now, hash, sizeof now);
    unit_assert_ok(sch_data_set_form_hash(now, set));
    assert_memory_not_equal(now, form, sizeof now);
}

static void test_hash_of_other_link_keys_is_another(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    sch_data_set *set = &catalog.data_set[0];
    sch_link_key *key = set->link_key;
    uint8_t hash[SCH_HASH_BYTES], form[SCH_HASH_BYTES], again[SCH_HASH_BYTES];
    unit_assert_ok(sch_data_set_hash(hash, set));
    unit_assert_ok(sch_data_set_form_hash(form, set));
    assert_memory_not_equal(hash, form, sizeof hash);
    key[BEGIN].name[0] = 'd';
    assert_other_hashes(set, hash, form);
    key[BEGIN].name[0] = 'b';
    key[ADRES].part[1].first = 5;
    assert_other_hashes(set, hash, form);
    key[ADRES].part[1].first = 4;
    key[ADRES].part_count--;
    assert_other_hashes(set, hash, form);
    key[ADRES].part_count++;
    sch_link_part part = key[ADRES].part[0];
    key[ADRES].part[0] = key[ADRES].part[2];
    key[ADRES].part[2] = part;
    assert_other_hashes(set, hash, form);
    key[ADRES].part[2] = key[ADRES].part[0];
    key[ADRES].part[0] = part;
    set->link_key_count = 1;
    assert_other_hashes(set, hash, form);
    set->link_key_count = 0;
    assert_other_hashes(set, hash, form);
    set->link_key_count = LINK_KEYS;
    unit_assert_ok(sch_data_set_hash(again, set));
    assert_memory_equal(again, hash, sizeof hash);
    unit_assert_ok(sch_data_set_form_hash(again, set));
    assert_memory_equal(again, form, sizeof form);
    sch_catalog_clear(&catalog);
}

static void test_form_hash_leaves_out_rows_and_descriptions_alone(void **state)
{
    (void)state;
    sch_catalog catalog;
    fixture_catalog(&catalog);
    sch_data_set *set = &catalog.data_set[0];
    uint8_t form[SCH_HASH_BYTES], again[SCH_HASH_BYTES];
    unit_assert_ok(sch_data_set_form_hash(form, set));
    set->max_rows++;
    set->description[0] = 'B';
    set->column[JAAR].description = strdup("instroom");
    unit_assert_ok(sch_data_set_form_hash(again, set));
    assert_memory_equal(again, form, sizeof form);
    set->column[JAAR].maximum++;
    unit_assert_ok(sch_data_set_form_hash(again, set));
    assert_memory_not_equal(again, form, sizeof form);
    sch_catalog_clear(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain_each_kind_counts_codes_and_empty),
        cmocka_unit_test(test_domain_bounds_at_the_ends_of_int64_is_zero),
        cmocka_unit_test(test_code_text_each_kind_gives_text_or_empty),
        cmocka_unit_test(test_find_known_and_unknown_names),
        cmocka_unit_test(test_check_bins_and_rows_at_their_ends_pass),
        cmocka_unit_test(test_type_word_names_each_type_and_no_other),
        cmocka_unit_test(test_link_key_text_lists_columns_and_first_characters),
        cmocka_unit_test(test_link_key_text_of_longest_names_fits),
        cmocka_unit_test(test_check_link_keys_at_their_ends_pass),
        cmocka_unit_test(test_check_valid_catalog_passes),
        cmocka_unit_test(test_check_each_broken_rule_is_refused_by_name),
        cmocka_unit_test(test_check_too_many_columns_and_data_sets_is_refused),
        cmocka_unit_test(test_hash_equal_for_equal_and_other_for_any_change),
        cmocka_unit_test(test_hash_of_other_link_keys_is_another),
        cmocka_unit_test(test_form_hash_leaves_out_rows_and_descriptions_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
