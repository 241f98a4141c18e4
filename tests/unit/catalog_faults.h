/* catalog_faults.h - what breaks the catalogue of catalog_fixture.h, one rule each, with what is said about it; for
 * test_catalog.c alone. */
#ifndef SCH_TESTS_UNIT_CATALOG_FAULTS_H
#define SCH_TESTS_UNIT_CATALOG_FAULTS_H

#include "tests/support/unit.h"
#include "tests/unit/catalog_fixture.h"

typedef void (*breaker)(sch_catalog *catalog);

#define BREAK(name, statement)                                                                                         \
    static void name(sch_catalog *catalog)                                                                             \
    {                                                                                                                  \
        sch_data_set *set = &catalog->data_set[0];                                                                     \
        sch_column *column = set->column;                                                                              \
        (void)column;                                                                                                  \
        statement;                                                                                                     \
    }

static void fill_description(char **out, size_t bytes)
{
    free(*out);
    *out = malloc(bytes + 1);
    assert_non_null(*out);
    memset(*out, 'x', bytes);
    (*out)[bytes] = '\0';
}

static void set_code(sch_column *column, const char *code)
{
    free(column->code[0]);
    column->code[0] = strdup(code);
}

BREAK(node_with_capital, catalog->node[0] = 'G')
BREAK(node_empty, catalog->node[0] = '\0')
BREAK(node_without_end, memset(catalog->node, 'a', sizeof catalog->node))
BREAK(threshold_large, catalog->min_persons = SCH_MAX_MIN_PERSONS + 1)
BREAK(sets_equal, snprintf(catalog->data_set[1].name, SCH_NAME_BYTES, "bijstand"))
BREAK(set_name_digit, set->name[0] = '1')
BREAK(set_unit_none, set->unit[0] = '\0')
BREAK(set_rows_unknown, set->rows_per_person = (sch_rows_per_person)3)
BREAK(set_rows_zero, set->max_rows = 0)
BREAK(set_rows_many, set->max_rows = (uint64_t)SCH_MAX_ROWS + 1)
BREAK(set_rows_a_person_none, set->max_rows_a_person = 0)
BREAK(set_rows_a_person_two, set->max_rows_a_person = 2)
BREAK(set_rows_a_person_one_of_many, catalog->data_set[1].max_rows_a_person = 1)
BREAK(set_rows_a_person_most, catalog->data_set[1].max_rows_a_person = SCH_MAX_ROWS_A_PERSON + 1)
BREAK(set_description_long, fill_description(&set->description, SCH_MAX_TEXT_BYTES + 1))
BREAK(set_description_line, set->description[0] = '\n')
BREAK(set_no_identifier, set->column[BSN].role = SCH_ROLE_ATTRIBUTE; column[BSN].identifier = 0)
BREAK(set_two_identifiers, column[BUURT].role = SCH_ROLE_IDENTIFIER)
BREAK(column_name, column[JAAR].name[1] = '-')
BREAK(column_twice, snprintf(column[JAAR].name, SCH_NAME_BYTES, "buurt"))
BREAK(column_role, column[INSTROOM].role = (sch_column_role)9)
BREAK(column_type, column[INSTROOM].type = (sch_type)9)
BREAK(column_description, column[JAAR].description = strdup("\xC3"))
BREAK(column_kind, column[JAAR].identifier = SCH_IDENTIFIER_BSN)
BREAK(column_decimals, column[BEDRAG].decimals = 10)
BREAK(column_decimals_integer, column[JAAR].decimals = 1)
BREAK(identifier_kind, column[BSN].identifier = 0)
BREAK(identifier_kind_beyond, column[BSN].identifier = (sch_identifier_kind)(SCH_IDENTIFIER_BAG + 1))
BREAK(identifier_type, column[BSN].type = SCH_TYPE_DATE)
BREAK(identifier_bounds, column[BSN].type = SCH_TYPE_INTEGER; column[BSN].bounded = true)
BREAK(identifier_codes, fixture_code(&column[BSN], "x"))
BREAK(dimension_decimal, column[JAAR].type = SCH_TYPE_DECIMAL)
BREAK(dimension_no_codes, column[ACTIEF].type = SCH_TYPE_TEXT)
BREAK(dimension_no_bounds, column[JAAR].bounded = false; column[JAAR].minimum = column[JAAR].maximum = 0)
BREAK(dimension_wide, column[JAAR].maximum = column[JAAR].minimum + SCH_MAX_CODES)
BREAK(dimension_codes_integer, fixture_code(&column[JAAR], "x"))
BREAK(bounds_swapped, column[BEDRAG].minimum = column[BEDRAG].maximum + 1)
BREAK(bounds_large, column[BEDRAG].maximum = SCH_MAX_BOUND)
BREAK(bounds_small, column[BEDRAG].minimum = -SCH_MAX_BOUND)
BREAK(bounds_unmarked, column[BEDRAG].bounded = false)
BREAK(bounds_text, column[BUURT].bounded = true)
BREAK(bounds_boolean, column[ACTIEF].bounded = true)
BREAK(bounds_date, column[INSTROOM].bounded = true; column[INSTROOM].maximum = SCH_MAX_DATE + 1)
BREAK(measure_unbounded, column[BEDRAG].bounded = false; column[BEDRAG].minimum = column[BEDRAG].maximum = 0)
BREAK(measure_date, column[BEDRAG].type = SCH_TYPE_DATE; column[BEDRAG].decimals = 0; column[BEDRAG].maximum = 1)
BREAK(measure_codes, fixture_code(&column[BEDRAG], "x"))
BREAK(code_empty, set_code(&column[BUURT], ""))
BREAK(code_twice, set_code(&column[BUURT], "Prinsenhof é"))
BREAK(code_control, set_code(&column[BUURT], "a\tb"))
BREAK(code_utf8, set_code(&column[BUURT], "\xED\xA0\x80"))
BREAK(code_direction, set_code(&column[BUURT], "\xE2\x80\xAE"))
BREAK(code_long, fill_description(&column[BUURT].code[0], SCH_MAX_CODE_BYTES + 1))
BREAK(bins_of_dimension, fixture_bins(&column[JAAR], (const int64_t[]){-2, 0, 4}, 2))
BREAK(bins_one, fixture_bins(&column[BEDRAG], (const int64_t[]){-100000, 5000001}, 1))
BREAK(bins_without_edges, free(column[BEDRAG].bin_edge); column[BEDRAG].bin_edge = NULL)
BREAK(bins_without_number, column[BEDRAG].bin_count = 0)
BREAK(bins_equal_edges, column[BEDRAG].bin_edge[2] = 0)
BREAK(bins_descending, column[BEDRAG].bin_edge[2] = -1)
BREAK(bins_above_minimum, column[BEDRAG].bin_edge[0] = -99999)
BREAK(bins_below_minimum, column[BEDRAG].minimum = 0)
BREAK(bins_end_at_maximum, column[BEDRAG].bin_edge[3] = 5000000)
BREAK(bins_above_maximum, column[BEDRAG].maximum = 249999)
BREAK(bins_low_edge, column[BEDRAG].bin_edge[0] = -SCH_MAX_BOUND - 1)
BREAK(bins_high_edge, column[BEDRAG].bin_edge[3] = SCH_MAX_BOUND + 1)

static void bins_many(sch_catalog *catalog)
{
    int64_t edge[SCH_MAX_BINS + 2];
    for (int64_t i = 0; i < SCH_MAX_BINS + 2; i++) {
        edge[i] = -100000 + 50500 * i;
    }
    fixture_bins(&catalog->data_set[0].column[BEDRAG], edge, SCH_MAX_BINS + 1);
}

static void keys_of_many(sch_catalog *catalog)
{
    fixture_link_part(fixture_link_key(&catalog->data_set[1], "k"), "id", 0);
}

static void keys_many(sch_catalog *catalog)
{
    for (size_t i = LINK_KEYS; i <= SCH_MAX_LINK_KEYS; i++) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "k%zu", i);
        fixture_link_part(fixture_link_key(&catalog->data_set[0], name), "buurt", 0);
    }
}

BREAK(keys_missing, free(set->link_key); set->link_key = NULL)
BREAK(key_name, set->link_key[BEGIN].name[0] = 'B')
BREAK(key_name_end, memset(set->link_key[BEGIN].name, 'x', SCH_NAME_BYTES))
BREAK(key_twice, snprintf(set->link_key[BEGIN].name, SCH_NAME_BYTES, "adres"))
BREAK(key_identifier, snprintf(set->link_key[BEGIN].name, SCH_NAME_BYTES, "bsn"))
BREAK(key_parts_none, set->link_key[BEGIN].part_count = 0)
BREAK(key_parts_many, set->link_key[BEGIN].part_count = SCH_MAX_LINK_PARTS + 1)
BREAK(part_name, set->link_key[ADRES].part[1].column[0] = ' ')
BREAK(part_unknown, set->link_key[ADRES].part[1].column[0] = 'x')
BREAK(part_identifier, snprintf(set->link_key[ADRES].part[0].column, SCH_NAME_BYTES, "bsn"))
BREAK(part_twice, snprintf(set->link_key[ADRES].part[2].column, SCH_NAME_BYTES, "instroom"))
BREAK(part_first_date, set->link_key[ADRES].part[0].first = 1)
BREAK(part_first_decimal, set->link_key[ADRES].part[2].first = 1)
BREAK(part_first_long, set->link_key[ADRES].part[1].first = SCH_MAX_LINK_FIRST + 1)

static const struct {
    breaker apply;
    const char *says;
} BREAKERS[] = {
    {node_with_capital, "node"},
    {node_empty, "node"},
    {node_without_end, "node"},
    {threshold_large, "min_persons"},
    {sets_equal, "two data sets called bijstand"},
    {set_name_digit, "name of a data set"},
    {set_unit_none, "data set bijstand: its unit"},
    {set_rows_unknown, "rows per person"},
    {set_rows_zero, "number of rows"},
    {set_rows_many, "number of rows"},
    {set_rows_a_person_none, "rows a person is not 1, with one row per person"},
    {set_rows_a_person_two, "rows a person is not 1, with one row per person"},
    {set_rows_a_person_one_of_many, "rows a person is not 2 to 1000"},
    {set_rows_a_person_most, "rows a person is not 2 to 1000"},
    {set_description_long, "description"},
    {set_description_line, "description"},
    {set_no_identifier, "identifier"},
    {set_two_identifiers, "identifier"},
    {column_name, "name of column 3"},
    {column_twice, "column buurt: there are two columns"},
    {column_role, "column instroom: its role"},
    {column_type, "its type"},
    {column_description, "its description"},
    {column_kind, "only an identifier has a kind"},
    {column_decimals, "9 decimals"},
    {column_decimals_integer, "only the type decimal"},
    {identifier_kind, "kind is bsn, a-nummer"},
    {identifier_kind_beyond, "kind is bsn, a-nummer"},
    {identifier_type, "an integer or a text"},
    {identifier_bounds, "an identifier has no minimum"},
    {identifier_codes, "only dimensions and attributes"},
    {dimension_decimal, "a dimension is"},
    {dimension_no_codes, "needs its list of codes"},
    {dimension_no_bounds, "an integer dimension needs"},
    {dimension_wide, "at most 100,000 integers"},
    {dimension_codes_integer, "only texts have a code list"},
    {bounds_swapped, "minimum is larger"},
    {bounds_large, "2^53"},
    {bounds_small, "2^53"},
    {bounds_unmarked, "not marked as bounded"},
    {bounds_text, "only numbers and dates"},
    {bounds_boolean, "only numbers and dates"},
    {bounds_date, "years 1 to 9999"},
    {measure_unbounded, "a measure needs"},
    {measure_date, "a measure is"},
    {measure_codes, "only texts have a code list"},
    {code_empty, "codes is empty"},
    {code_twice, "occurs twice"},
    {code_control, "not printable"},
    {code_utf8, "not printable"},
    {code_direction, "not printable"},
    {code_long, "longer than 128"},
    {bins_of_dimension, "column instroomjaar: only measures have bins"},
    {bins_one, "column bedrag: it has less than 2 bins"},
    {bins_many, "more than 100"},
    {bins_without_edges, "edges of its bins are missing"},
    {bins_without_number, "edges but no number"},
    {bins_equal_edges, "do not ascend"},
    {bins_descending, "do not ascend"},
    {bins_above_minimum, "begin above its minimum"},
    {bins_below_minimum, "first bin lies below its minimum"},
    {bins_end_at_maximum, "have to end above its maximum"},
    {bins_above_maximum, "last bin lies above its maximum"},
    {bins_low_edge, "between -2^53 and 2^53"},
    {bins_high_edge, "between -2^53 and 2^53"},
    {keys_of_many, "data set leeg: it has link keys, which are for data sets of one row"},
    {keys_many, "data set bijstand: it has more than 8 link keys"},
    {keys_missing, "its link keys are missing"},
    {key_name, "data set bijstand: the name of link key 2 is not a name"},
    {key_name_end, "the name of link key 2 is not a name"},
    {key_twice, "data set bijstand, link key adres: there are two link keys of this name"},
    {key_identifier, "data set bijstand, link key bsn: the identifier has this name"},
    {key_parts_none, "link key begin: it has no columns, or more than 8"},
    {key_parts_many, "link key begin: it has no columns, or more than 8"},
    {part_name, "link key adres: one of its columns' names is not a name"},
    {part_unknown, "link key adres: one of its columns is not a column of the data set"},
    {part_identifier, "link key adres: one of its columns is the identifier"},
    {part_twice, "link key adres: it has a column twice"},
    {part_first_date, "link key adres: it takes the first characters of a column that is no text"},
    {part_first_decimal, "link key adres: it takes the first characters of a column that is no text"},
    {part_first_long, "link key adres: it takes more than 32 characters"},
};

enum { BREAKER_COUNT = sizeof BREAKERS / sizeof BREAKERS[0] };

#endif
