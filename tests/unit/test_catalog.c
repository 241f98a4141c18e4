#include "proto/catalog.h"

#include "tests/support/unit.h"

/* ---- a catalogue to start from ---- */

static sch_column *add_column(sch_data_set *set, const char *name, sch_column_role role, sch_type type)
{
    set->column = realloc(set->column, (set->column_count + 1) * sizeof *set->column);
    assert_non_null(set->column);
    sch_column *column = &set->column[set->column_count++];
    *column = (sch_column){.role = role, .type = type};
    snprintf(column->name, sizeof column->name, "%s", name);
    return column;
}

static void add_code(sch_column *column, const char *code)
{
    column->code = realloc(column->code, (column->code_count + 1) * sizeof *column->code);
    assert_non_null(column->code);
    column->code[column->code_count++] = strdup(code);
}

static void set_bins(sch_column *column, const int64_t *edge, uint32_t bins)
{
    free(column->bin_edge);
    column->bin_edge = calloc(bins + 1, sizeof *column->bin_edge);
    assert_non_null(column->bin_edge);
    for (uint32_t i = 0; i <= bins && bins > 0; i++) {
        column->bin_edge[i] = edge[i];
    }
    column->bin_count = bins;
}

/* Columns of bijstand by number. */
enum { BSN, BUURT, JAAR, ACTIEF, BEDRAG, INSTROOM, COLUMNS };

static void make_catalog(sch_catalog *catalog)
{
    *catalog = (sch_catalog){.min_persons = 10, .show_zero = true, .data_set_count = 2};
    snprintf(catalog->node, sizeof catalog->node, "gemeente");
    catalog->data_set = calloc(2, sizeof *catalog->data_set);
    sch_data_set *set = &catalog->data_set[0];
    snprintf(set->name, sizeof set->name, "bijstand");
    snprintf(set->unit, sizeof set->unit, "person");
    set->description = strdup("bijstandsuitkeringen, één rij per persoon");
    set->rows_per_person = SCH_ONE_PER_PERSON;
    set->max_rows = 100000;
    set->max_rows_a_person = 1;
    sch_column *column = add_column(set, "bsn", SCH_ROLE_IDENTIFIER, SCH_TYPE_TEXT);
    column->identifier = SCH_IDENTIFIER_BSN;
    column->required = true;
    column = add_column(set, "buurt", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT);
    add_code(column, "BU19160102");
    add_code(column, "BU19160101");
    add_code(column, "Prinsenhof é");
    column = add_column(set, "instroomjaar", SCH_ROLE_DIMENSION, SCH_TYPE_INTEGER);
    column->bounded = true;
    column->minimum = -2;
    column->maximum = 3;
    column->required = true;
    add_column(set, "actief", SCH_ROLE_DIMENSION, SCH_TYPE_BOOLEAN);
    column = add_column(set, "bedrag", SCH_ROLE_MEASURE, SCH_TYPE_DECIMAL);
    column->bounded = true;
    column->minimum = -100000;
    column->maximum = 5000000;
    column->decimals = 2;
    set_bins(column, (const int64_t[]){-100000, 0, 250000, 5000001}, 3);
    add_column(set, "instroom", SCH_ROLE_ATTRIBUTE, SCH_TYPE_DATE);
    set = &catalog->data_set[1];
    snprintf(set->name, sizeof set->name, "leeg");
    snprintf(set->unit, sizeof set->unit, "person");
    set->rows_per_person = SCH_MANY_PER_PERSON;
    set->max_rows = 1;
    set->max_rows_a_person = 12;
    column = add_column(set, "id", SCH_ROLE_IDENTIFIER, SCH_TYPE_INTEGER);
    column->identifier = SCH_IDENTIFIER_TEXT;
}

/* ---- domains ---- */

static void test_domain_each_kind_counts_codes_and_empty(void **state)
{
    (void)state;
    sch_catalog catalog;
    make_catalog(&catalog);
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
    make_catalog(&catalog);
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
    make_catalog(&catalog);
    const sch_data_set *set = sch_catalog_find(&catalog, "bijstand");
    assert_ptr_equal(set, &catalog.data_set[0]);
    assert_null(sch_catalog_find(&catalog, "bijstnd"));
    assert_ptr_equal(sch_data_set_find(set, "bedrag"), &set->column[BEDRAG]);
    assert_null(sch_data_set_find(set, "loon"));
    assert_ptr_equal(sch_data_set_identifier(set), &set->column[BSN]);
    sch_catalog_clear(&catalog);
    assert_null(sch_catalog_find(&catalog, "bijstand"));
    assert_null(sch_data_set_identifier(&(sch_data_set){0}));
    sch_catalog_clear(&catalog);
}

static void test_check_bins_and_rows_at_their_ends_pass(void **state)
{
    (void)state;
    sch_catalog catalog;
    make_catalog(&catalog);
    sch_column *column = &catalog.data_set[0].column[BEDRAG];
    set_bins(column, (const int64_t[]){-SCH_MAX_BOUND, -99999, SCH_MAX_BOUND}, 2);
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    int64_t edge[SCH_MAX_BINS + 1];
    for (int64_t i = 0; i < SCH_MAX_BINS + 1; i++) {
        edge[i] = -100000 + 51001 * i;
    }
    set_bins(column, edge, SCH_MAX_BINS);
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    set_bins(column, NULL, 0);
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
    make_catalog(&catalog);
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

/* ---- rules: each breaks one thing of a valid catalogue ---- */

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
BREAK(identifier_codes, add_code(&column[BSN], "x"))
BREAK(dimension_decimal, column[JAAR].type = SCH_TYPE_DECIMAL)
BREAK(dimension_no_codes, column[ACTIEF].type = SCH_TYPE_TEXT)
BREAK(dimension_no_bounds, column[JAAR].bounded = false; column[JAAR].minimum = column[JAAR].maximum = 0)
BREAK(dimension_wide, column[JAAR].maximum = column[JAAR].minimum + SCH_MAX_CODES)
BREAK(dimension_codes_integer, add_code(&column[JAAR], "x"))
BREAK(bounds_swapped, column[BEDRAG].minimum = column[BEDRAG].maximum + 1)
BREAK(bounds_large, column[BEDRAG].maximum = SCH_MAX_BOUND)
BREAK(bounds_small, column[BEDRAG].minimum = -SCH_MAX_BOUND)
BREAK(bounds_unmarked, column[BEDRAG].bounded = false)
BREAK(bounds_text, column[BUURT].bounded = true)
BREAK(bounds_boolean, column[ACTIEF].bounded = true)
BREAK(bounds_date, column[INSTROOM].bounded = true; column[INSTROOM].maximum = SCH_MAX_DATE + 1)
BREAK(measure_unbounded, column[BEDRAG].bounded = false; column[BEDRAG].minimum = column[BEDRAG].maximum = 0)
BREAK(measure_date, column[BEDRAG].type = SCH_TYPE_DATE; column[BEDRAG].decimals = 0; column[BEDRAG].maximum = 1)
BREAK(measure_codes, add_code(&column[BEDRAG], "x"))
BREAK(code_empty, set_code(&column[BUURT], ""))
BREAK(code_twice, set_code(&column[BUURT], "Prinsenhof é"))
BREAK(code_control, set_code(&column[BUURT], "a\tb"))
BREAK(code_utf8, set_code(&column[BUURT], "\xED\xA0\x80"))
BREAK(code_direction, set_code(&column[BUURT], "\xE2\x80\xAE"))
BREAK(code_long, fill_description(&column[BUURT].code[0], SCH_MAX_CODE_BYTES + 1))
BREAK(bins_of_dimension, set_bins(&column[JAAR], (const int64_t[]){-2, 0, 4}, 2))
BREAK(bins_one, set_bins(&column[BEDRAG], (const int64_t[]){-100000, 5000001}, 1))
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
    set_bins(&catalog->data_set[0].column[BEDRAG], edge, SCH_MAX_BINS + 1);
}

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
};

enum { BREAKER_COUNT = sizeof BREAKERS / sizeof BREAKERS[0] };

static void test_check_valid_catalog_passes(void **state)
{
    (void)state;
    sch_catalog catalog;
    make_catalog(&catalog);
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
        make_catalog(&catalog);
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
    make_catalog(&catalog);
    sch_data_set *set = &catalog.data_set[1];
    for (size_t i = 1; i < SCH_MAX_COLUMNS; i++) {
        char name[SCH_NAME_BYTES];
        snprintf(name, sizeof name, "c%zu", i);
        add_column(set, name, SCH_ROLE_ATTRIBUTE, SCH_TYPE_BOOLEAN);
    }
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    add_column(set, "last", SCH_ROLE_ATTRIBUTE, SCH_TYPE_BOOLEAN);
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

/* ---- encoding ---- */

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

static void test_decode_encoded_catalog_gives_it_back(void **state)
{
    (void)state;
    sch_catalog catalog, back;
    make_catalog(&catalog);
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
    assert_int_equal(again.bytes, bytes);
    assert_memory_equal(again.data, data, bytes);
    sch_buf_clear(&again);
    sch_catalog_clear(&catalog);
    return true;
}

static void test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    sch_catalog catalog;
    make_catalog(&catalog);
    sch_buf bytes = {0};
    unit_assert_ok(sch_catalog_encode(&bytes, &catalog));
    size_t prefixes = 0, accepted = 0, changed = 0;
    for (size_t length = 0; length < bytes.bytes; length++) {
        uint8_t *cut = malloc(length + 1); /* of its own, so that a sanitizer sees a read past the end */
        assert_non_null(cut);
        memcpy(cut, bytes.data, length);
        prefixes += accepts_canonical_only(cut, length);
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * bytes.bytes; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        accepted += accepts_canonical_only(bytes.data, bytes.bytes);
        changed++;
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    assert_in_range(prefixes, 2, 4); /* the node alone, with min_persons, with show_zero, with the first data set */
    assert_int_equal(changed, 8 * bytes.bytes);
    assert_in_range(accepted, 1, changed / 2);
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
    make_catalog(&catalog);
    sch_buf bytes = {0};
    sch_column *column = add_column(&catalog.data_set[1], "postcode", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT);
    add_many_codes(column, SCH_MAX_CODES, 5);
    unit_assert_ok(sch_catalog_encode(&bytes, &catalog));
    unit_assert_ok(sch_catalog_decode(&back, bytes.data, bytes.bytes, NULL));
    assert_int_equal(back.data_set[1].column[1].code_count, SCH_MAX_CODES);
    assert_string_equal(back.data_set[1].column[1].code[99999], "99999");
    sch_catalog_clear(&back);
    add_code(column, "one more");
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
    make_catalog(&catalog);
    sch_buf bytes = {0};
    add_many_codes(add_column(&catalog.data_set[1], "lang", SCH_ROLE_DIMENSION, SCH_TYPE_TEXT), SCH_MAX_CODES, 60);
    unit_assert_ok(sch_catalog_check(&catalog, NULL));
    unit_assert_code(sch_catalog_encode(&bytes, &catalog), SCH_BAD_INPUT);
    assert_int_equal(bytes.bytes, 0);
    sch_buf_clear(&bytes);
    sch_catalog_clear(&catalog);
}

/* ---- hash ---- */

static void test_hash_equal_for_equal_and_other_for_any_change(void **state)
{
    (void)state;
    sch_catalog a, b;
    make_catalog(&a);
    make_catalog(&b);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain_each_kind_counts_codes_and_empty),
        cmocka_unit_test(test_domain_bounds_at_the_ends_of_int64_is_zero),
        cmocka_unit_test(test_code_text_each_kind_gives_text_or_empty),
        cmocka_unit_test(test_find_known_and_unknown_names),
        cmocka_unit_test(test_check_bins_and_rows_at_their_ends_pass),
        cmocka_unit_test(test_decode_bins_of_one_edge_or_too_many_is_refused),
        cmocka_unit_test(test_decode_every_kind_of_identifier_goes_round),
        cmocka_unit_test(test_check_valid_catalog_passes),
        cmocka_unit_test(test_check_each_broken_rule_is_refused_by_name),
        cmocka_unit_test(test_check_too_many_columns_and_data_sets_is_refused),
        cmocka_unit_test(test_decode_encoded_catalog_gives_it_back),
        cmocka_unit_test(test_decode_each_prefix_and_each_changed_bit_is_refused_or_canonical),
        cmocka_unit_test(test_decode_malformed_bytes_is_refused),
        cmocka_unit_test(test_decode_too_many_entries_is_refused_before_unpacking),
        cmocka_unit_test(test_decode_entries_that_swell_in_memory_is_refused),
        cmocka_unit_test(test_decode_more_than_the_bound_is_refused),
        cmocka_unit_test(test_catalog_of_most_codes_goes_round_and_of_one_more_is_refused),
        cmocka_unit_test(test_encode_over_the_bound_is_refused_and_appends_nothing),
        cmocka_unit_test(test_hash_equal_for_equal_and_other_for_any_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
