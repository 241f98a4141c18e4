/* Schema files: what the examples mean, and what is refused at which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/source/schema.h"

#define HEAD "name: d\nrows: one per person\nfile: {path: d.csv}\ncolumns:\n"
#define ID "  - {name: bsn, role: identifier, identifier: bsn}\n"

typedef struct loaded {
    sch_data_set data_set;
    sch_source_file file;
    sch_detail detail;
    sch_err err;
} loaded;

static void load_path(loaded *l, const char *path)
{
    *l = (loaded){0};
    l->err = sch_schema_load(&l->data_set, &l->file, path, &l->detail);
}

static void load_bytes(loaded *l, const void *data, size_t bytes)
{
    char path[] = "/tmp/sch_schema_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, bytes), bytes);
    close(fd);
    load_path(l, path);
    assert_int_equal(unlink(path), 0);
}

static void load_text(loaded *l, const char *yaml)
{
    load_bytes(l, yaml, strlen(yaml));
}

static void clear(loaded *l)
{
    sch_data_set_clear(&l->data_set);
    sch_source_file_clear(&l->file);
}

static void test_load_example_gives_every_key(void **state)
{
    (void)state;
    loaded l;
    load_path(&l, SCH_CONFIG_DIR "/data_sets/bijstand.yaml");
    assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
    const sch_data_set *d = &l.data_set;
    assert_string_equal(d->name, "bijstand");
    assert_string_equal(d->unit, "person");
    assert_int_equal(d->rows_per_person, SCH_ONE_PER_PERSON);
    assert_int_equal(d->max_rows, 100000);
    assert_int_equal(d->column_count, 9);
    assert_int_equal(d->column[0].role, SCH_ROLE_IDENTIFIER);
    assert_int_equal(d->column[0].identifier, SCH_IDENTIFIER_BSN);
    assert_int_equal(d->column[0].type, SCH_TYPE_TEXT);
    assert_int_equal(d->column[1].code_count, 4);
    assert_string_equal(d->column[1].description, "Buurt volgens CBS");
    assert_int_equal(d->column[2].code_count, 6);
    assert_string_equal(d->column[2].code[5], "werkfit");
    assert_true(d->column[2].required);
    assert_false(d->column[1].required);
    assert_int_equal(d->column[3].minimum, 2018);
    assert_int_equal(d->column[5].minimum, -12550);
    assert_int_equal(d->column[5].maximum, 250000);
    assert_int_equal(d->column[5].decimals, 2);
    assert_int_equal(d->column[5].bin_count, 11);
    assert_int_equal(d->column[6].type, SCH_TYPE_DATE);
    assert_true(d->column[6].bounded);
    assert_int_equal(d->link_key_count, 2);
    assert_int_equal(sch_data_set_link_key(d, "adres6")->part_count, 2);
    assert_int_equal(sch_data_set_link_key(d, "adres6")->part[1].first, 0);
    assert_string_equal(sch_data_set_link_key(d, "adres4")->part[1].column, "postcode");
    assert_int_equal(sch_data_set_link_key(d, "adres4")->part[1].first, 4);
    assert_int_equal(l.file.duplicates, SCH_DUPLICATES_LEAVE_OUT);
    assert_string_equal(l.file.path, SCH_CONFIG_DIR "/data_sets/bijstand.csv");
    assert_string_equal(l.file.header[0], "Burgerservicenummer");
    assert_string_equal(l.file.header[1], "buurt");
    assert_string_equal(l.file.date_format, "%d-%m-%Y");
    assert_string_equal(l.file.true_text, "J");
    assert_string_equal(l.file.empty_text, ".");
    clear(&l);
}

static void test_load_other_examples_are_well_formed(void **state)
{
    (void)state;
    loaded l;
    load_path(&l, SCH_CONFIG_DIR "/data_sets/banen.yaml");
    assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
    assert_int_equal(l.file.format, SCH_FILE_PARQUET);
    assert_int_equal(l.data_set.rows_per_person, SCH_MANY_PER_PERSON);
    assert_int_equal(l.data_set.max_rows_a_person, 12);
    assert_int_equal(l.data_set.column[4].bin_count, 15);
    clear(&l);
    load_path(&l, SCH_CONFIG_DIR "/data_sets/jeugdhulp.yaml");
    assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
    assert_int_equal(l.file.delimiter, '\t');
    assert_int_equal(l.file.quote, '\0');
    assert_string_equal(l.file.encoding, "latin-1");
    assert_int_equal(l.data_set.column[2].minimum, 16436);
    assert_string_equal(l.file.header[3], "Duur (dagen)");
    clear(&l);
}

static void test_load_short_schema_gets_the_defaults(void **state)
{
    (void)state;
    loaded l;
    load_text(&l, HEAD ID);
    assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
    assert_int_equal(l.data_set.max_rows, SCH_DEFAULT_MAX_ROWS);
    assert_int_equal(l.data_set.max_rows_a_person, 1);
    assert_string_equal(l.data_set.unit, "person");
    assert_null(l.data_set.description);
    assert_int_equal(l.data_set.link_key_count, 0);
    assert_null(l.data_set.link_key);
    assert_int_equal(l.file.format, SCH_FILE_CSV);
    assert_int_equal(l.file.delimiter, ';');
    assert_int_equal(l.file.quote, '"');
    assert_int_equal(l.file.decimal_separator, ',');
    assert_string_equal(l.file.encoding, "utf-8");
    assert_string_equal(l.file.date_format, "%Y-%m-%d");
    assert_string_equal(l.file.true_text, "true");
    assert_string_equal(l.file.false_text, "false");
    assert_string_equal(l.file.empty_text, "");
    assert_int_equal(l.file.duplicates, SCH_DUPLICATES_REFUSE);
    assert_string_equal(l.file.path, "/tmp/d.csv");
    clear(&l);
}

#define MEASURE                                                                                                        \
    "  - name: a\n    type: decimal\n    decimals: 2\n    role: measure\n    minimum: -1\n    maximum: 2.00\n"

static void test_load_bins_as_edges_or_width(void **state)
{
    (void)state;
    static const struct {
        const char *bins;
        uint32_t count;
        int64_t edge[6];
    } cases[] = {
        {"[-1, 0.5, 2.01]", 2, {-100, 50, 201}},
        {"[\"-1.00\", 0, \"1\", +2, 3]", 4, {-100, 0, 100, 200, 300}},
        {"\n      - -1\n      - 0\n      - 2.01", 2, {-100, 0, 201}},
        {"{width: 2}", 2, {-100, 100, 300}},
        {"{\"width\": 1.5}", 3, {-100, 50, 200, 350}},
        {"{width: 0.75}", 5, {-100, -25, 50, 125, 200, 275}},
        {"{width: 3}", 2, {-100, 200, 500}}, /* the maximum alone in the last */
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        char yaml[1024];
        loaded l;
        (void)snprintf(yaml, sizeof yaml, HEAD ID MEASURE "    bins: %s\n", cases[i].bins);
        load_text(&l, yaml);
        assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
        assert_null(l.data_set.column[0].bin_edge);
        assert_int_equal(l.data_set.column[1].bin_count, cases[i].count);
        for (uint32_t b = 0; b <= cases[i].count; b++) {
            assert_int_equal(l.data_set.column[1].bin_edge[b], cases[i].edge[b]);
        }
        clear(&l);
    }
    assert_int_equal(checked, 7);
}

static void test_load_most_bins_and_one_more(void **state)
{
    (void)state;
    char yaml[4096];
    loaded l;
    for (int bins = SCH_MAX_BINS; bins <= SCH_MAX_BINS + 1; bins++) {
        size_t at = (size_t)snprintf(yaml, sizeof yaml,
                                     HEAD ID "  - {name: a, type: integer, role: measure, minimum: 0, maximum: %d, "
                                             "bins: [0",
                                     bins - 1);
        for (int i = 1; i <= bins; i++) {
            at += (size_t)snprintf(yaml + at, sizeof yaml - at, ", %d", i);
        }
        (void)snprintf(yaml + at, sizeof yaml - at, "]}\n");
        load_text(&l, yaml);
        assert_int_equal(l.err.code, bins == SCH_MAX_BINS ? SCH_OK : SCH_BAD_INPUT);
        clear(&l);
        (void)snprintf(yaml, sizeof yaml,
                       HEAD ID "  - {name: a, type: integer, role: measure, minimum: 0, maximum: %d, "
                               "bins: {width: 1}}\n",
                       bins - 1);
        load_text(&l, yaml);
        assert_int_equal(l.err.code, bins == SCH_MAX_BINS ? SCH_OK : SCH_BAD_INPUT);
        clear(&l);
    }
}

static void test_load_every_kind_of_identifier_and_rows_per_person(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        sch_identifier_kind kind;
    } kinds[] = {{"bsn", SCH_IDENTIFIER_BSN},   {"a-nummer", SCH_IDENTIFIER_A_NUMBER}, {"kvk", SCH_IDENTIFIER_KVK},
                 {"rsin", SCH_IDENTIFIER_RSIN}, {"bag", SCH_IDENTIFIER_BAG},           {"text", SCH_IDENTIFIER_TEXT}};
    size_t checked = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++, checked++) {
        char yaml[256];
        loaded l;
        (void)snprintf(yaml, sizeof yaml,
                       "name: d\nrows: many per person\nmax_rows_per_person: %zu\nfile: {path: d.csv}\ncolumns:\n"
                       "  - {name: id, role: identifier, identifier: %s}\n",
                       i == 0 ? SCH_MAX_ROWS_A_PERSON : i + 1, kinds[i].word);
        load_text(&l, yaml);
        assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
        assert_int_equal(l.data_set.column[0].identifier, kinds[i].kind);
        assert_int_equal(l.data_set.max_rows_a_person, i == 0 ? SCH_MAX_ROWS_A_PERSON : i + 1);
        clear(&l);
    }
    assert_int_equal(checked, SCH_IDENTIFIER_KINDS);
}

/* ---- link keys ---- */

/* Lines 6 to 8 of a schema; its link keys begin on line 9. */
#define PLACE                                                                                                          \
    "  - {name: geboren, role: attribute, type: date}\n"                                                               \
    "  - {name: postcode, role: attribute, type: text}\n"                                                              \
    "  - {name: nummer, role: measure, type: integer, minimum: 1, maximum: 9}\n"
#define KEY(columns) HEAD ID PLACE "link_keys:\n  - name: adres\n    columns:\n" columns

static void test_load_link_keys_in_their_order(void **state)
{
    (void)state;
    loaded l;
    load_text(&l, KEY("      - {column: nummer}\n"
                      "      - {column: postcode, first: 32}\n"
                      "  - {name: b, columns: [{column: postcode, first: 1}, {column: geboren}]}\n"));
    assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
    assert_int_equal(l.data_set.link_key_count, 2);
    const sch_link_key *key = l.data_set.link_key;
    assert_string_equal(key[0].name, "adres");
    assert_int_equal(key[0].part_count, 2);
    assert_string_equal(key[0].part[0].column, "nummer");
    assert_int_equal(key[0].part[0].first, 0);
    assert_string_equal(key[0].part[1].column, "postcode");
    assert_int_equal(key[0].part[1].first, SCH_MAX_LINK_FIRST);
    assert_string_equal(key[1].name, "b");
    assert_int_equal(key[1].part[0].first, 1);
    assert_string_equal(key[1].part[1].column, "geboren");
    clear(&l);
    load_text(&l, HEAD ID PLACE "link_keys: []\n");
    assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
    assert_int_equal(l.data_set.link_key_count, 0);
    clear(&l);
}

/* As many keys and columns as there may be, and one more. */
static void test_load_most_link_keys_and_columns_and_one_more(void **state)
{
    (void)state;
    size_t checked = 0;
    for (int keys = SCH_MAX_LINK_KEYS; keys <= SCH_MAX_LINK_KEYS + 1; keys++) {
        for (int parts = SCH_MAX_LINK_PARTS; parts <= SCH_MAX_LINK_PARTS + 1; parts++, checked++) {
            char yaml[8192] = HEAD ID;
            size_t at = strlen(yaml);
            for (int i = 0; i < parts; i++) {
                at +=
                    (size_t)snprintf(yaml + at, sizeof yaml - at, "  - {name: c%d, role: attribute, type: text}\n", i);
            }
            at += (size_t)snprintf(yaml + at, sizeof yaml - at, "link_keys:\n");
            for (int k = 0; k < keys; k++) {
                at += (size_t)snprintf(yaml + at, sizeof yaml - at, "  - name: k%d\n    columns:\n", k);
                for (int i = 0; i < parts; i++) {
                    at += (size_t)snprintf(yaml + at, sizeof yaml - at, "      - {column: c%d}\n", i);
                }
            }
            loaded l;
            load_text(&l, yaml);
            bool fits = keys == SCH_MAX_LINK_KEYS && parts == SCH_MAX_LINK_PARTS;
            assert_int_equal(l.err.code, fits ? SCH_OK : SCH_BAD_INPUT);
            assert_true(fits || strstr(l.detail.text, "is one entry too many") != NULL);
            clear(&l);
        }
    }
    assert_int_equal(checked, 4);
}

typedef struct bad_schema {
    const char *yaml, *part; /* of the sentence that refuses it */
} bad_schema;

static void assert_all_refused(const bad_schema *schema, size_t count, size_t expected_count)
{
    size_t checked = 0;
    for (size_t i = 0; i < count; i++, checked++) {
        loaded l;
        load_text(&l, schema[i].yaml);
        if (l.err.code != SCH_BAD_INPUT || strstr(l.detail.text, schema[i].part) == NULL) {
            fail_msg("%s\ngave %s: %s", schema[i].yaml, sch_code_name(l.err.code),
                     sch_detail_or_text(&l.detail, l.err));
        }
        clear(&l);
    }
    assert_int_equal(checked, expected_count);
}

static void test_load_bad_link_key_names_line_and_key(void **state)
{
    (void)state;
    static const bad_schema cases[] = {
        {KEY("      - {column: nummer, last: 4}\n"), "line 12: link_keys[1].columns[1].last is an unknown key"},
        {KEY("      - nummer\n"), "line 12: link_keys[1].columns[1] has to hold keys of its own"},
        {KEY("      - {first: 4}\n"), "line 12: link_keys[1].columns[1] lacks the key 'column'"},
        {KEY("      - {column: nergens}\n"),
         "line 12: link_keys[1].columns[1].column has to be one of the columns of this schema"},
        {KEY("      - {column: nummer}\n      - {column: bsn}\n"),
         "line 13: link_keys[1].columns[2].column is the identifier"},
        {KEY("      - {column: nummer, first: 1}\n"),
         "line 12: link_keys[1].columns[1].first is for columns of the type text only"},
        {KEY("      - {column: postcode, first: 0}\n"),
         "line 12: link_keys[1].columns[1].first has to be a whole number from 1 to 32"},
        {KEY("      - {column: postcode, first: 33}\n"), "has to be a whole number from 1 to 32"},
        {KEY("      - {column: postcode, first: vier}\n"), "has to be a whole number from 1 to 32"},
        {KEY("      - {column: nummer}\n      - {column: nummer}\n"), "line 10: link_keys[1] it has a column twice"},
        {KEY("      - {column: nummer}\n  - {name: adres, columns: [{column: postcode}]}\n"),
         "line 13: link_keys[2] there are two link keys of this name"},
        {KEY("      - {column: nummer}\n  - name: bsn\n    columns: [{column: postcode}]\n"),
         "line 13: link_keys[2] the identifier has this name"},
        {KEY("      - {column: nummer}\n  - name: Adres\n    columns: [{column: postcode}]\n"),
         "line 13: link_keys[2].name has to be a name"},
        {HEAD ID PLACE "link_keys:\n  - {name: adres, columns: []}\n",
         "line 10: link_keys[1].columns has too few entries"},
        {HEAD ID PLACE "link_keys:\n  - {name: adres}\n", "line 10: link_keys[1] lacks the key 'columns'"},
        {HEAD ID PLACE "link_keys:\n  - {columns: [{column: nummer}]}\n", "line 10: link_keys[1] lacks the key 'name'"},
        {HEAD ID PLACE "link_keys: adres\n", "line 9: link_keys has to be a list"},
        {"name: d\nrows: many per person\nfile: {path: x}\nlink_keys:\n  - {name: k, columns: [{column: "
         "a}]}\ncolumns:\n" ID "  - {name: a, role: attribute, type: text}\n",
         "line 4: link_keys is for data sets of one row per person only"},
    };
    assert_all_refused(cases, sizeof cases / sizeof *cases, 18);
}

static void test_load_bad_data_set_names_line_and_key(void **state)
{
    (void)state;
    static const bad_schema cases[] = {
        {"", "is empty"},
        {"name: d\n\trows: x\n", "line 2: "},
        {HEAD ID "colour: red\n", "line 6: colour is an unknown key"},
        {"name: d\nname: e\n", "name is given twice"},
        {"name: d\nrows: one per person\ncolumns:\n" ID, "lacks the key 'file'"},
        {"name: d\nrows: one per person\nfile: {path: x}\ncolumns: []\n", "has too few entries"},
        {"name: d\nrows: some\nfile: {path: x}\ncolumns:\n" ID,
         "line 2: rows has to be one of: one per person, many per person"},
        {"name: d\nrows: one per person\nunit: cow\nfile: {path: x}\ncolumns:\n" ID, "line 3: unit has to be person"},
        {"name: d\nrows: one per person\nmax_rows: 0\nfile: {path: x}\ncolumns:\n" ID,
         "line 3: max_rows has to be a whole"},
        {"name: d\nrows: one per person\nmax_rows: 1e3\nfile: {path: x}\ncolumns:\n" ID,
         "line 3: max_rows has to be a whole"},
        {"name: d\nrows: one per person\nduplicates: keep\nfile: {path: x}\ncolumns:\n" ID,
         "line 3: duplicates has to be one of"},
        {"name: d\nrows: one per person\nfile:\n  path: x\n  format: xls\ncolumns:\n" ID,
         "line 5: file.format has to be one of: csv, parquet"},
        {"name: d\nrows: one per person\nfile:\n  path: x\n  delimiter: ;;\ncolumns:\n" ID,
         "line 5: file.delimiter has to be one of"},
        {"name: d\nrows: one per person\nfile:\n  path: x\n  quote: x\ncolumns:\n" ID, "line 5: file.quote has to be"},
        {"name: d\nrows: one per person\nfile:\n  path: x\n  decimal_separator: \"'\"\ncolumns:\n" ID,
         "line 5: file.decimal_separator"},
        {"name: d\nrows: one per person\nfile:\n  path: x\n  encoding: ebcdic\ncolumns:\n" ID,
         "line 5: file.encoding has to be one of"},
        {"name: d\nrows: one per person\nfile:\n  path: x\n  date_format: \"%d-%m\"\ncolumns:\n" ID,
         "line 5: file.date_format has to hold"},
        {"name: d\nrows: one per person\nfile:\n  path: x\n  true: N\n  false: N\ncolumns:\n" ID,
         "line 5: file.true has to differ"},
        {"name: d\nrows: one per person\nmax_rows_per_person: 2\nfile: {path: x}\ncolumns:\n" ID,
         "line 3: max_rows_per_person is for data sets of many rows"},
        {"name: d\nrows: many per person\nmax_rows_per_person: 1\nfile: {path: x}\ncolumns:\n" ID,
         "line 3: max_rows_per_person has to be a whole number from 2 to 1000"},
        {"name: d\nrows: many per person\nmax_rows_per_person: 1001\nfile: {path: x}\ncolumns:\n" ID,
         "line 3: max_rows_per_person has to be a whole number from 2 to 1000"},
    };
    assert_all_refused(cases, sizeof cases / sizeof *cases, 21);
}

static void test_load_bad_column_names_line_and_key(void **state)
{
    (void)state;
    static const bad_schema cases[] = {
        {HEAD ID "    colour: red\n", "line 6: "},
        {HEAD "  - {name: bsn, role: identifier, identifier: bsn, colour: red}\n",
         "line 5: columns[1].colour is an unknown key"},
        {HEAD ID "  - {name: a, role: measure}\n", "line 6: columns[2] lacks the key 'type'"},
        {HEAD ID "  - {name: a, role: x, type: text}\n", "line 6: columns[2].role has to be one of"},
        {HEAD ID "  - {name: a, role: attribute, type: real}\n", "line 6: columns[2].type has to be one of"},
        {HEAD ID "  - {name: a, role: attribute, type: text, identifier: bsn}\n",
         "columns[2].identifier is for the role identifier"},
        {HEAD "  - {name: a, role: identifier}\n", "line 5: columns[1] lacks the key 'identifier'"},
        {HEAD ID "  - {name: a, role: attribute, type: text, required: ja}\n",
         "columns[2].required has to be one of: false, true"},
        {HEAD ID "  - {name: a, role: measure, type: decimal, decimals: 10, minimum: 0, maximum: 1}\n",
         "columns[2].decimals has to be a whole number from 0 to 9"},
        {HEAD ID "  - {name: a, role: measure, type: decimal, decimals: 2, minimum: 0.001, maximum: 1}\n",
         "columns[2].minimum has to be a number with a point"},
        {HEAD ID "  - {name: a, role: measure, type: decimal, decimals: 2, minimum: \"0,01\", maximum: 1}\n",
         "columns[2].minimum has to be a number"},
        {HEAD ID "  - {name: a, role: measure, type: integer, minimum: 0}\n",
         "columns[2].minimum needs the other bound"},
        {HEAD ID "  - {name: a, role: attribute, type: date, minimum: 1-1-2020, maximum: 2021-01-01}\n",
         "columns[2].minimum has to be a date as 2025-12-31"},
        {HEAD "  - {name: a, role: identifier, identifier: sofi}\n",
         "line 5: columns[1].identifier has to be one of: bsn, text, a-nummer, kvk, rsin, bag"},
        {HEAD ID "  - name: a\n    role: dimension\n    type: text\n    codes: [x]\n    codes_file: y\n",
         "line 10: columns[2].codes_file cannot stand beside codes"},
        {HEAD ID "  - name: a\n    role: measure\n    type: integer\n",
         "line 6: columns[2] a measure needs a minimum and maximum"},
        {HEAD ID "  - {name: a, role: dimension, type: text}\n",
         "line 6: columns[2] a text dimension needs its list of codes"},
        {HEAD ID "  - {name: a, role: dimension, type: text, codes: [x, x]}\n",
         "line 6: columns[2] one of its codes occurs twice"},
        {HEAD ID ID, "it has no identifier, or more than one"},
        {HEAD ID "  - {name: bsn, role: attribute, type: text}\n",
         "line 6: columns[2] there are two columns of this name"},
        {HEAD "  - {name: a, role: attribute, type: text}\n", "it has no identifier"},
        {HEAD ID "  - {name: A, role: attribute, type: text}\n", "is not a name"},
        {HEAD ID "  - {name: a, role: attribute, type: text, description: \"\\e[1m\"}\n", "is not printable UTF-8"},
    };
    assert_all_refused(cases, sizeof cases / sizeof *cases, 23);
}

static void test_load_bad_bins_name_line_and_key(void **state)
{
    (void)state;
    static const bad_schema cases[] = {
        {HEAD ID MEASURE "    bins: 5\n", "line 12: columns[2].bins has to be a list of edges, or {width: ...}"},
        {HEAD ID MEASURE "    bins:\n", "line 12: columns[2].bins has to be a list of edges, or {width: ...}"},
        {HEAD ID MEASURE "    bins: []\n", "line 12: columns[2].bins has to be a list of 3 to 101 edges"},
        {HEAD ID MEASURE "    bins: [-1, 3]\n", "line 12: columns[2].bins has to be a list of 3 to 101 edges"},
        {HEAD ID MEASURE "    bins: [-1, \"0,5\", 3]\n", "line 12: columns[2].bins[2] has to be a number with a point"},
        {HEAD ID MEASURE "    bins: [-1, 0.125, 3]\n",
         "columns[2].bins[2] has to be a number with a point and no more"},
        {HEAD ID MEASURE "    bins: [-1, [0], 3]\n", "columns[2].bins[2] has to be a number"},
        {HEAD ID MEASURE "    bins:\n      - -1\n      - 1\n      - 1.00\n",
         "line 15: columns[2].bins[3] has to be above the edge before it"},
        {HEAD ID MEASURE "    bins: [-1, 0, 2]\n",
         "line 6: columns[2] its bins have to end above its maximum, which is not in the last one"},
        {HEAD ID MEASURE "    bins: [-0.99, 0, 3]\n", "line 6: columns[2] its bins begin above its minimum"},
        {HEAD ID MEASURE "    bins: [-3, -2, 3]\n", "line 6: columns[2] its first bin lies below its minimum"},
        {HEAD ID MEASURE "    bins: [-1, 0, 2.01, 3]\n", "line 6: columns[2] its last bin lies above its maximum"},
        {HEAD ID MEASURE "    bins: {width: 0}\n", "line 12: columns[2].bins.width has to be larger than 0"},
        {HEAD ID MEASURE "    bins: {width: -1}\n", "columns[2].bins.width has to be larger than 0"},
        {HEAD ID MEASURE "    bins: {width: 0.02}\n", "columns[2].bins.width makes more than 100 bins"},
        {HEAD ID MEASURE "    bins: {width: 3.01}\n", "columns[2].bins.width makes one bin of all"},
        {HEAD ID MEASURE "    bins: {width: wide}\n", "columns[2].bins.width has to be a number"},
        {HEAD ID MEASURE "    bins: {width: [1]}\n", "columns[2].bins.width has to be a number"},
        {HEAD ID MEASURE "    bins: {}\n",
         "columns[2].bins has to be a list of edges, or {width: ...} and nothing else"},
        {HEAD ID MEASURE "    bins: {count: 4}\n", "columns[2].bins has to be a list of edges, or {width: ...}"},
        {HEAD ID MEASURE "    bins: {width: 1, count: 4}\n",
         "columns[2].bins has to be a list of edges, or {width: ...}"},
        {HEAD ID MEASURE "    bins: {width: 1}\n    bins: {width: 2}\n", "bins is given twice"},
        {HEAD ID "  - {name: a, role: attribute, type: integer, minimum: 0, maximum: 9, bins: [0, 5, 10]}\n",
         "line 6: columns[2].bins is for the role measure only"},
        {HEAD ID "  - {name: a, role: measure, type: integer, bins: {width: 1}}\n",
         "a measure needs a minimum and maximum"},
        {HEAD ID "  - {name: a, role: measure, type: integer, minimum: 9, maximum: 0, bins: {width: 1}}\n",
         "minimum is larger than its maximum"},
        {HEAD ID
         "  - {name: a, role: measure, type: integer, minimum: -9223372036854775807, maximum: 9223372036854775807, "
         "bins: {width: 1}}\n",
         "between -2^53 and 2^53"},
    };
    assert_all_refused(cases, sizeof cases / sizeof *cases, 26);
}

static void test_load_codes_file_drops_blanks_and_is_checked(void **state)
{
    (void)state;
    char folder[] = "/tmp/sch_codes_XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/codes", folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("\xEF\xBB\xBF"
          "een\r\n\n  twee drie \nvier",
          out);
    assert_int_equal(fclose(out), 0);
    char yaml[512];
    loaded l;
    (void)snprintf(yaml, sizeof yaml, HEAD ID "  - {name: a, role: dimension, type: text, codes_file: %s}\n", path);
    load_text(&l, yaml);
    assert_string_equal(sch_detail_or_text(&l.detail, l.err), "no error");
    assert_int_equal(l.data_set.column[1].code_count, 3);
    assert_string_equal(l.data_set.column[1].code[0], "een");
    assert_string_equal(l.data_set.column[1].code[1], "twee drie");
    assert_string_equal(l.data_set.column[1].code[2], "vier");
    clear(&l);
    out = fopen(path, "w");
    assert_non_null(out);
    fputs("\xFF\n", out);
    assert_int_equal(fclose(out), 0);
    load_text(&l, yaml);
    assert_int_equal(l.err.code, SCH_BAD_INPUT);
    assert_non_null(strstr(l.detail.text, "columns[2].codes_file names a file that is not UTF-8"));
    clear(&l);
    assert_int_equal(unlink(path), 0);
    load_text(&l, yaml);
    assert_int_equal(l.err.code, SCH_IO);
    clear(&l);
    assert_int_equal(rmdir(folder), 0);
}

static void test_load_missing_file_is_an_io_error(void **state)
{
    (void)state;
    loaded l;
    load_path(&l, "/no/such/schema.yaml");
    assert_int_equal(l.err.code, SCH_IO);
    assert_non_null(strstr(l.detail.text, "/no/such/schema.yaml"));
    clear(&l);
    /* Zero bytes, and what is not UTF-8. */
    load_bytes(&l, "name: a\0b\n", 10);
    assert_int_equal(l.err.code, SCH_BAD_INPUT);
    clear(&l);
    load_text(&l, HEAD "  - {name: \"\xFF\", role: identifier, identifier: bsn}\n");
    assert_int_equal(l.err.code, SCH_BAD_INPUT);
    clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_example_gives_every_key),
        cmocka_unit_test(test_load_other_examples_are_well_formed),
        cmocka_unit_test(test_load_short_schema_gets_the_defaults),
        cmocka_unit_test(test_load_bins_as_edges_or_width),
        cmocka_unit_test(test_load_most_bins_and_one_more),
        cmocka_unit_test(test_load_every_kind_of_identifier_and_rows_per_person),
        cmocka_unit_test(test_load_link_keys_in_their_order),
        cmocka_unit_test(test_load_most_link_keys_and_columns_and_one_more),
        cmocka_unit_test(test_load_bad_link_key_names_line_and_key),
        cmocka_unit_test(test_load_bad_data_set_names_line_and_key),
        cmocka_unit_test(test_load_bad_column_names_line_and_key),
        cmocka_unit_test(test_load_bad_bins_name_line_and_key),
        cmocka_unit_test(test_load_codes_file_drops_blanks_and_is_checked),
        cmocka_unit_test(test_load_missing_file_is_an_io_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
