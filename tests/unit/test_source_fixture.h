/* test_source_fixture.h - data sets in a temporary folder, and what schakel-source makes of them. */
#ifndef SCH_TESTS_UNIT_TEST_SOURCE_FIXTURE_H
#define SCH_TESTS_UNIT_TEST_SOURCE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "node/source/schema.h"
#include "node/source/source.h"

enum { FIXTURE_KEYS = 4, FIXTURE_VALUES = 6, FIXTURE_OTHERS = 2 };

typedef struct fixture_row {
    char identifier[80];
    uint32_t key[FIXTURE_KEYS];
    uint64_t value[FIXTURE_VALUES];
} fixture_row;

typedef struct fixture {
    char folder[32];
    sch_data_set data_set; /* r0 */
    sch_source_file file;
    sch_data_set other_set[FIXTURE_OTHERS]; /* r1, r2 */
    sch_source_file other_file[FIXTURE_OTHERS];
    size_t others;
    sch_source_relation relation[1 + FIXTURE_OTHERS]; /* of the last run */
    sch_source_options options;
    fixture_row *row; /* of the last run, ordered by identifier */
    size_t rows, room, chunks, keys, values;
    sch_source_totals totals;
    sch_detail detail;
    sch_source_report report; /* of the last check */
} fixture;

/* Makes the folder. */
void fixture_open(fixture *f);
void fixture_close(fixture *f);

/* Writes a file of the folder. */
void fixture_write(fixture *f, const char *name, const void *data, size_t bytes);
void fixture_write_text(fixture *f, const char *name, const char *text);

/* The path of a file of the folder; one at a time. */
const char *fixture_path(const fixture *f, const char *name);

/* Writes and loads a schema of r0; yaml is the whole text. */
void fixture_schema(fixture *f, const char *yaml);

/* Writes and loads the schema of one more relation and writes its file, name. */
void fixture_other(fixture *f, const char *yaml, const char *name, const char *csv);

/* A data file data.csv with the schema of persons: bsn (identifier of kind bsn), buurt (text dimension of codes A, B
 * and C), jaar (integer dimension 2020 to 2025), werkt (boolean dimension J/N, required), loon (decimal, two decimals,
 * -100.00 to 5000.00), start (date of %d-%m-%Y), tekst (text attribute). rows: "one per person" or "many per
 * person". */
void fixture_persons(fixture *f, const char *rows, const char *csv);
#define FIXTURE_HEADER "bsn;buurt;jaar;werkt;loon;start;tekst\n"

/* Jobs of persons, several rows a person, in a file of another making than r0's. */
#define FIXTURE_BANEN                                                                                                  \
    "name: banen\nrows: many per person\nmax_rows: 100000\n"                                                           \
    "file: {path: banen.csv, delimiter: \",\", decimal_separator: \".\"}\ncolumns:\n"                                  \
    "  - {name: id, header: Nummer, role: identifier, identifier: bsn}\n"                                              \
    "  - {name: sector, type: text, role: dimension, required: true, codes: [bouw, zorg]}\n"                           \
    "  - {name: uren, type: decimal, decimals: 1, role: measure, required: true, minimum: 0, maximum: 100, "           \
    "bins: [0, 10.5, 40, 100.1]}\n"                                                                                    \
    "  - {name: einde, type: date, role: attribute}\n"

/* Addresses, one row a person. extra: more keys of the schema; file: of its file. */
#define FIXTURE_ADRESSEN(extra, file)                                                                                  \
    "name: adressen\nrows: one per person\n" extra "file: {path: adressen" file "}\ncolumns:\n"                        \
    "  - {name: bsn, role: identifier, identifier: bsn}\n"                                                             \
    "  - {name: f1, type: integer, role: dimension, required: true, minimum: 5, maximum: 7}\n"                         \
    "  - {name: straat, type: text, role: attribute}\n"

/* Runs a statement over r0 and the others; key: names of columns, "1.buurt" of r1, "loon:bin" for its bin. The rows
 * come into f->row. */
sch_err fixture_run(fixture *f, const char *sql, const char *const *key, size_t keys, size_t values);

/* Runs a statement that gives identifiers only and asserts its code and a part of its detail. */
void fixture_expect(fixture *f, const char *sql, sch_code code, const char *part);

/* Fails the test where the last run failed, with what it said. */
void fixture_assert_ok(const fixture *f, sch_err err);

/* Compares the rows of the last run: "identifier key key | value value;" for each, keys and values by their number. */
void fixture_assert_rows(const fixture *f, const char *expected);

sch_err fixture_check(fixture *f);

#endif
