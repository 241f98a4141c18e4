/* sch_source_execute: that the same person is found in several relations however identifiers are written, by kinds of
 * identifiers and in files made at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/test_source_fixture.h"

/* ---- other kinds of identifiers ---- */

/* Writes r0 and r1 with identifiers of a kind, in the same order, one that is nobody's in both, and joins them. */
static void join_kind(fixture *f, const char *kind, const char *const first[static 3],
                      const char *const second[static 3])
{
    char yaml[512];
    char csv[1024];
    fixture_open(f);
    (void)snprintf(yaml, sizeof yaml,
                   "name: een\nrows: one per person\nfile: {path: een.csv}\ncolumns:\n"
                   "  - {name: id, role: identifier, identifier: %s}\n",
                   kind);
    fixture_schema(f, yaml);
    (void)snprintf(csv, sizeof csv, "id\n%s\n%s\n%s\n", first[0], first[1], first[2]);
    fixture_write_text(f, "een.csv", csv);
    (void)snprintf(yaml, sizeof yaml,
                   "name: twee\nrows: one per person\nfile: {path: twee.csv}\ncolumns:\n"
                   "  - {name: id, role: identifier, identifier: %s}\n"
                   "  - {name: nummer, type: integer, role: measure, minimum: 0, maximum: 9}\n",
                   kind);
    (void)snprintf(csv, sizeof csv, "nummer;id\n0;%s\n1;%s\n2;%s\n", second[0], second[1], second[2]);
    fixture_other(f, yaml, "twee.csv", csv);
    fixture_assert_ok(f, fixture_run(f,
                                     "SELECT r0.id, coalesce(nummer, -1), count(*) OVER (PARTITION BY r0.id) "
                                     "FROM r0 LEFT JOIN r1 ON r0.id = r1.id",
                                     NULL, 0, 2));
}

static void test_execute_every_kind_of_identifier_joins_in_its_normal_form(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        const char *first[3], *second[3]; /* the last is nobody's */
        const char *rows;
    } cases[] = {
        {"bsn",
         {"10000008", "123456782", "123456789"},
         {"010000008", " 123456782", "123456789"},
         "010000008 | 0 1;123456782 | 1 1;123456789 | -1 1;"},
        {"rsin",
         {"10000008", "123456782", "123456789"},
         {"010000008", " 123456782", "123456789"},
         "010000008 | 0 1;123456782 | 1 1;123456789 | -1 1;"},
        {"kvk",
         {"1234567", "12345678", "00000000"},
         {"01234567", "12345678", "00000000"},
         "00000000 | -1 1;01234567 | 0 1;12345678 | 1 1;"},
        {"bag",
         {"363200000000001", "1916010000000007", "1916990000000007"},
         {"0363200000000001", "1916010000000007", "1916990000000007"},
         "0363200000000001 | 0 1;1916010000000007 | 1 1;1916990000000007 | -1 1;"},
        {"text",
         {"De Vries", "\"Andr\xC3\xA9\"", "\xE4\xB8\xAD"},
         {"DE  VRIES", "andre\xCC\x81", "\xE4\xB8\xAD"},
         "andre | 1 1;de vries | 0 1;\xE4\xB8\xAD | -1 1;"},
    };
    size_t checked = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++, checked++) {
        fixture f;
        join_kind(&f, cases[i].kind, cases[i].first, cases[i].second);
        fixture_assert_rows(&f, cases[i].rows);
        assert_int_equal(f.totals.relation[1].left_out_invalid, 1);
        fixture_close(&f);
    }
    assert_int_equal(checked, 5);
}

/* Rows of nobody come out of r0, alike ones too: whatever is done about persons who occur twice, these are none. */
static void test_execute_rows_of_nobody_come_out_and_are_nobodys_doubles(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *valid, *invalid;
    } kinds[] = {{"bsn", "123456782", "111111111"},
                 {"a-nummer", "1010101025", "1234567890"},
                 {"kvk", "12345678", "00000000"},
                 {"text", "De Vries", "\xE4\xB8\xAD"}};
    size_t checked = 0;
    for (size_t i = 0; i < 4 * sizeof kinds / sizeof *kinds; i++, checked++) {
        bool leave_out = i % 2 == 1, several = i / 2 % 2 == 1;
        fixture f;
        char yaml[512], csv[256];
        fixture_open(&f);
        (void)snprintf(yaml, sizeof yaml,
                       "name: een\nrows: one per person\nduplicates: %s\nfile: {path: een.csv}\ncolumns:\n"
                       "  - {name: id, role: identifier, identifier: %s}\n"
                       "  - {name: nummer, type: integer, role: measure, minimum: 0, maximum: 9}\n",
                       leave_out ? "leave_out" : "refuse", kinds[i / 4].kind);
        fixture_schema(&f, yaml);
        /* Of one person twice too, where that does not end the run. */
        (void)snprintf(csv, sizeof csv, "id;nummer\n%s;1\n%s;2\n%s;3\n;4\n;5\n%s;6\n", kinds[i / 4].invalid,
                       kinds[i / 4].valid, kinds[i / 4].invalid, leave_out ? kinds[i / 4].valid : "");
        fixture_write_text(&f, "een.csv", csv);
        if (several) {
            fixture_other(&f, FIXTURE_ADRESSEN("", ".csv"), "adressen.csv", "bsn;f1;straat\n");
        }
        fixture_assert_ok(&f, fixture_run(&f,
                                          several ? "SELECT r0.id, nummer FROM r0 LEFT JOIN r1 ON r0.id = r1.bsn"
                                                  : "SELECT id, nummer FROM r0",
                                          NULL, 0, 1));
        unsigned seen = 0;
        for (size_t row = 0; row < f.rows; row++) {
            seen |= 1U << f.row[row].value[0];
        }
        assert_int_equal(f.rows, leave_out ? 4 : 6);
        assert_int_equal(seen, leave_out ? 0x3A : 0x7E);
        assert_int_equal(f.totals.relation[0].left_out_double, leave_out ? 2 : 0);
        fixture_close(&f);
    }
    assert_int_equal(checked, 16);
}

/* Without its mark in front, the part that is kept of the second would be a valid identifier: that of the third. */
static void test_execute_long_text_identifiers_are_normalised_before_they_are_cut(void **state)
{
    (void)state;
    char many[128] = "";
    char more[256] = "";
    for (size_t i = 0; i < 30; i++) {
        strcat(many, "e\xCC\x81"); /* 90 bytes for 30 letters */
    }
    for (size_t i = 0; i < 66; i++) {
        strcat(more, "e\xCC\x81");
    }
    const char *const ids[3] = {many, more, "eeeeeeeeeeeeeeeeeeeeee"};
    fixture f;
    join_kind(&f, "text", ids, ids);
    assert_int_equal(f.rows, 3);
    assert_int_equal(f.row[0].identifier[0], '\x01');
    assert_in_range(strlen(f.row[0].identifier), 65, 68);
    assert_int_equal((int64_t)f.row[0].value[0], -1);
    assert_string_equal(f.row[1].identifier, ids[2]);
    assert_int_equal(f.row[1].value[0], 2);
    assert_string_equal(f.row[2].identifier, "eeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    assert_int_equal(f.row[2].value[0], 0);
    fixture_close(&f);
}

/* ---- at random, against a reckoning of our own ---- */

enum { PERSONS = 3000, MOST_JOBS = 5 };

/* What the files say of a person. */
typedef struct person {
    char bsn[10];
    unsigned times; /* rows in r0: 0, 1, or 2: left out */
    int64_t loon;   /* cents; -1: empty */
    unsigned jobs;
    uint64_t uren; /* tenths, of all jobs */
    unsigned zorg; /* jobs there */
    int address;   /* code of f1; -1: no address */
} person;

static void make_bsn(char out[static 10], unsigned number)
{
    unsigned digits = number;
    unsigned sum = 0;
    for (int i = 7; i >= 0; i--, digits /= 10) {
        out[i] = (char)('0' + digits % 10);
        sum += (unsigned)(9 - i) * (digits % 10);
    }
    out[8] = (char)(sum % 11 == 10 ? 'x' : '0' + sum % 11);
    out[9] = '\0';
}

/* An identifier as one of several hands would write it. */
static const char *written(char out[static 32], const char *bsn)
{
    static const char *const ways[][2] = {{"", ""}, {" ", ""}, {"", " "}, {"\"", "\""}, {"\t", ""}};
    const char *const *around = ways[rand() % 5];
    const char *digits = bsn[0] == '0' && rand() % 2 == 0 ? bsn + 1 : bsn;
    (void)snprintf(out, 32, "%s%.9s%s", around[0], digits, around[1]);
    return out;
}

static void make_persons(person *all)
{
    unsigned number = 1000000;
    for (size_t i = 0; i < PERSONS; i++) {
        do {
            number += 1U + (unsigned)rand() % 20000U;
            make_bsn(all[i].bsn, number);
        } while (all[i].bsn[8] == 'x');
        unsigned chance = (unsigned)rand() % 10;
        all[i].times = chance < 3 ? 0 : chance < 9 ? 1 : 2;
        all[i].address = rand() % 3 == 0 ? -1 : rand() % 3;
    }
}

static FILE *open_file(const fixture *f, const char *name, const char *header)
{
    FILE *out = fopen(fixture_path(f, name), "wb");
    assert_non_null(out);
    fputs(header, out);
    return out;
}

/* A row of nobody. */
static const char *nobody(void)
{
    static const char *const ids[] = {"", "  ", "000000000", "111111111", "1234", "onbekend"};
    return ids[rand() % 6];
}

/* Writes all three files; gives the number of r0's rows of nobody. */
static size_t write_files(const fixture *f, person *all)
{
    char id[32];
    size_t nobodies = 0;
    FILE *out = open_file(f, "data.csv", "\xEF\xBB\xBF" FIXTURE_HEADER);
    for (size_t i = 0; i < PERSONS; i++) {
        all[i].loon = rand() % 5 == 0 ? -1 : rand() % 500001;
        for (unsigned t = 0; t < all[i].times; t++) {
            fprintf(out, "%s;A;2020;J;", written(id, all[i].bsn));
            if (all[i].loon >= 0) {
                fprintf(out, "%d,%02d", (int)all[i].loon / 100, (int)all[i].loon % 100);
            }
            fputs(rand() % 2 == 0 ? ";;\n" : ";.;\"een;\"\"tekst\"\"\"\n", out);
        }
        for (; rand() % 20 == 0; nobodies++) {
            fprintf(out, "%s;B;2021;N;1,00;;\n", nobody());
        }
    }
    assert_int_equal(fclose(out), 0);
    out = open_file(f, "banen.csv", "uren,Nummer,einde,sector\n");
    for (size_t j = 0; j < MOST_JOBS; j++) {
        for (size_t i = PERSONS; i-- > 0;) {
            if (rand() % 3 == 0) {
                unsigned uren = (unsigned)rand() % 1001;
                bool zorg = rand() % 2 == 0;
                fprintf(out, "%u.%u,%s,,%s\n", uren / 10, uren % 10, written(id, all[i].bsn), zorg ? "zorg" : "bouw");
                all[i].jobs++;
                all[i].uren += uren;
                all[i].zorg += zorg;
            }
            if (rand() % 10 == 0) {
                fprintf(out, "1,%s,,zorg\n", nobody());
            }
        }
    }
    assert_int_equal(fclose(out), 0);
    out = open_file(f, "adressen.csv", "bsn;f1;straat\n");
    for (size_t i = 0; i < PERSONS; i++) {
        if (all[i].address >= 0) {
            fprintf(out, "%s;%d;\n", written(id, all[i].bsn), 5 + all[i].address);
        }
        if (rand() % 10 == 0) {
            fprintf(out, "%s;7;\n", nobody());
        }
    }
    assert_int_equal(fclose(out), 0);
    return nobodies;
}

/* Checks the rows of a join from r0, or (full) also of persons with jobs only. Gives how many were persons'. */
static size_t check_persons(const fixture *f, const person *all, bool full)
{
    size_t at = 0;
    size_t checked = 0;
    for (size_t i = 0; i < PERSONS; i++) {
        const person *p = &all[i];
        bool in_r0 = p->times == 1;
        if (!in_r0 && !(full && p->jobs > 0)) {
            continue;
        }
        while (at < f->rows && strcmp(f->row[at].identifier, p->bsn) < 0) {
            at++;
        }
        assert_true(at < f->rows);
        const fixture_row *row = &f->row[at++];
        assert_string_equal(row->identifier, p->bsn);
        assert_int_equal(row->key[0], p->address < 0 ? 3 : p->address);
        assert_int_equal(row->key[1], in_r0 ? 0 : 3);
        assert_int_equal((int64_t)row->value[0], in_r0 ? p->loon : -1);
        assert_int_equal(row->value[1], p->jobs);
        assert_int_equal(row->value[2], p->uren);
        assert_int_equal(row->value[3], p->zorg);
        checked++;
    }
    return checked;
}

#define JOIN_OF(kind)                                                                                                  \
    "SELECT j.bsn, r2.f1, j.buurt, j.loon, j.n, j.uren, j.zorg FROM (SELECT coalesce(r0.bsn, b.id) AS bsn, r0.buurt, " \
    "coalesce(r0.loon, -1) AS loon, coalesce(b.n, 0) AS n, coalesce(b.uren, 0) AS uren, coalesce(b.zorg, 0) AS zorg "  \
    "FROM r0 " kind " JOIN (SELECT id, count(*) AS n, sum(uren) AS uren, count(*) FILTER (sector = 'zorg') AS zorg "   \
    "FROM r1 GROUP BY id) AS b ON r0.bsn = b.id) AS j LEFT JOIN r2 ON j.bsn = r2.bsn"

static void test_execute_random_files_join_as_reckoned(void **state)
{
    (void)state;
    static person all[PERSONS];
    static const char *const keys[] = {"2.f1", "buurt"};
    const char *given = getenv("SCH_TEST_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)getpid();
    print_message("seed %u (SCH_TEST_SEED)\n", seed);
    srand(seed);
    fixture f;
    fixture_open(&f);
    fixture_persons(&f, "one per person", "");
    f.file.duplicates = SCH_DUPLICATES_LEAVE_OUT;
    fixture_other(&f, FIXTURE_BANEN, "banen.csv", "");
    fixture_other(&f, FIXTURE_ADRESSEN("", ".csv"), "adressen.csv", "");
    make_persons(all);
    size_t nobodies = write_files(&f, all);
    size_t singles = 0;
    size_t doubles = 0;
    for (size_t i = 0; i < PERSONS; i++) {
        singles += all[i].times == 1;
        doubles += all[i].times == 2 ? 2 : 0;
    }
    fixture_assert_ok(&f, fixture_run(&f, JOIN_OF("LEFT"), keys, 2, 4));
    assert_int_equal(check_persons(&f, all, false), singles);
    assert_int_equal(f.rows, singles + nobodies);
    assert_int_equal(f.totals.relation[0].left_out_double, doubles);
    fixture_assert_ok(&f, fixture_run(&f, JOIN_OF("FULL OUTER"), keys, 2, 4));
    size_t both = check_persons(&f, all, true);
    assert_true(both > singles + 100);
    assert_int_equal(f.rows, both + nobodies);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_execute_every_kind_of_identifier_joins_in_its_normal_form),
        cmocka_unit_test(test_execute_rows_of_nobody_come_out_and_are_nobodys_doubles),
        cmocka_unit_test(test_execute_long_text_identifiers_are_normalised_before_they_are_cut),
        cmocka_unit_test(test_execute_random_files_join_as_reckoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
