/* schakelctl dataset check: reads a whole data set and tells its faults, with counts and lines, never a value. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/cli/common.h"
#include "node/cli/ctl.h"
#include "node/source/schema.h"
#include "node/source/source.h"

typedef struct arguments {
    const char *schema, *program;
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *out = state->input;
    switch (key) {
    case 'p':
        out->program = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (out->schema != NULL) {
            argp_error(state, "one schema is enough");
        }
        out->schema = argument;
        return 0;
    case ARGP_KEY_END:
        if (out->schema == NULL) {
            argp_error(state, "a schema is needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One line of the report: a count, what it counts, and where the first is. */
static void print_fault(const sch_cli_style *style, uint64_t count, const char *what, const char *column,
                        uint64_t first_line)
{
    (void)printf("  %s%12" PRIu64 "%s %s", style->red, count, style->plain, what);
    if (column != NULL) {
        (void)printf(" in %s%s%s", style->bold, column, style->plain);
    }
    if (first_line > 0) {
        (void)printf(", first on line %" PRIu64, first_line);
    }
    (void)putchar('\n');
}

static void print_count(uint64_t count, const char *what)
{
    (void)printf("  %12" PRIu64 " %s\n", count, what);
}

/* Faults of the columns; gives their number. */
static uint64_t print_columns(const sch_cli_style *style, const sch_data_set *data_set, const sch_source_report *report)
{
    uint64_t faults = 0;
    for (size_t i = 0; i < data_set->column_count && i < SCH_MAX_COLUMNS; i++) {
        const sch_column *column = &data_set->column[i];
        const sch_source_column_report *found = &report->column[i];
        if (column->role == SCH_ROLE_IDENTIFIER) {
            continue; /* told with the identifiers */
        }
        /* One line is known for both kinds: with both there, it is told with neither. */
        uint64_t line = found->malformed > 0 && found->outside > 0 ? 0 : found->first_bad_line;
        const struct {
            uint64_t count;
            const char *what;
            uint64_t line;
        } fault[] = {
            {found->malformed, "values of another type", line},
            {found->outside, "values outside the declared codes or range", line},
            {column->required ? found->empty : 0, "empty values where none may be", 0},
        };
        for (size_t j = 0; j < sizeof fault / sizeof fault[0]; j++) {
            if (fault[j].count > 0) {
                print_fault(style, fault[j].count, fault[j].what, column->name, fault[j].line);
            }
            faults += fault[j].count;
        }
    }
    return faults;
}

/* What keeps a job from running; identifiers that are left out do not. */
static uint64_t print_faults(const sch_cli_style *style, const sch_data_set *data_set, const sch_source_file *file,
                             const sch_source_report *report)
{
    uint64_t faults = report->malformed_lines;
    if (report->malformed_lines > 0) {
        print_fault(style, report->malformed_lines, "malformed lines", NULL, report->first_malformed_line);
    }
    if (report->rows > data_set->max_rows) {
        print_fault(style, report->rows - data_set->max_rows, "rows more than max_rows", NULL, 0);
        faults++;
    }
    bool one = data_set->rows_per_person == SCH_ONE_PER_PERSON;
    if (one && report->persons_with_several > 0 && file->duplicates == SCH_DUPLICATES_REFUSE) {
        print_fault(style, report->persons_with_several,
                    "persons with more than one row, in a data set of one a person", NULL, 0);
        faults += report->persons_with_several;
    }
    return faults + print_columns(style, data_set, report);
}

/* What becomes of rows by whose identifier nobody is linked. */
static void print_unusable(const sch_data_set *data_set, uint64_t count, const char *what)
{
    if (count > 0) {
        (void)printf("  %12" PRIu64 " rows %s: %s\n", count, what,
                     data_set->link_key_count > 0 ? "linked by passes alone" : "left out of every job");
    }
}

static void print_identifiers(const sch_data_set *data_set, const sch_source_file *file,
                              const sch_source_report *report)
{
    print_count(report->rows, "rows");
    print_count(report->persons, "persons");
    print_unusable(data_set, report->identifiers_empty, "without an identifier");
    print_unusable(data_set, report->identifiers_invalid, "with an invalid identifier");
    if (data_set->rows_per_person == SCH_MANY_PER_PERSON) {
        print_count(report->persons_with_several, "persons with more than one row");
    } else if (report->persons_with_several > 0 && file->duplicates == SCH_DUPLICATES_LEAVE_OUT) {
        print_count(report->persons_with_several, "persons with more than one row: left out of every job");
    }
}

/* Each row counts in one of the lines. */
static void print_link_keys(const sch_cli_style *style, const sch_data_set *data_set, const sch_source_report *report)
{
    for (size_t i = 0; i < data_set->link_key_count && i < SCH_MAX_LINK_KEYS; i++) {
        const sch_link_key *key = &data_set->link_key[i];
        const sch_source_link_report *found = &report->link_key[i];
        char columns[SCH_LINK_KEY_TEXT_BYTES];
        sch_link_key_text(columns, key);
        (void)printf("  link key %s%s%s: %s\n", style->bold, key->name, style->plain, columns);
        print_count(found->own, "rows that have one of their own");
        print_count(found->shared, "rows that share theirs with another row: not linked by it");
        print_count(found->missing, "rows without one: a part is empty or at fault, or has too few characters");
        uint64_t counted = found->own + found->shared + found->missing;
        if (report->rows > counted) {
            print_count(report->rows - counted, "rows of persons with more than one row: left out of every job");
        }
    }
}

static uint64_t print_report(const sch_data_set *data_set, const sch_source_file *file, const sch_source_report *report,
                             uint64_t took_ns)
{
    sch_cli_style style = sch_cli_style_of(stdout);
    (void)printf("%s%s%s (%s), read in %.1f s\n", style.bold, data_set->name, style.plain, file->path,
                 (double)took_ns / 1e9);
    print_identifiers(data_set, file, report);
    print_link_keys(&style, data_set, report);
    uint64_t faults = print_faults(&style, data_set, file, report);
    if (faults == 0) {
        (void)printf("%sno faults%s\n", style.green, style.plain);
    } else {
        (void)printf("%sjobs that use these values will end with an error%s\n", style.red, style.plain);
    }
    return faults;
}

static sch_err check(const arguments *given, uint64_t *faults, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_data_set data_set = {0};
    sch_source_file file = {0};
    char *beside = NULL;
    sch_progress progress;
    sch_source_report *report = calloc(1, sizeof *report);
    sch_progress_init(&progress);
    SCH_TRY(sch_check(report != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_schema_load(&data_set, &file, given->schema, detail));
    if (given->program == NULL) {
        beside = sch_cli_sibling_program("schakel-source");
        SCH_TRY(sch_check(beside != NULL, SCH_IO, "schakel-source is not beside schakelctl: name it with --program"));
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const sch_source_options options = {.program = given->program != NULL ? given->program : beside,
                                        .memory_mb = 1024,
                                        .threads = cores < 1    ? 1
                                                   : cores > 16 ? 16
                                                                : (uint32_t)cores};
    uint64_t began = sch_clock_ns();
    sch_progress_show(&progress, "reading %s", file.path);
    SCH_TRY(sch_source_check(&options, &data_set, &file, report, detail));
    sch_progress_clear(&progress);
    *faults = print_report(&data_set, &file, report, sch_clock_ns() - began);
out:
    sch_progress_clear(&progress);
    sch_data_set_clear(&data_set);
    sch_source_file_clear(&file);
    free(beside);
    free(report);
    return err;
}

int sch_ctl_dataset(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"program", 'p', "PATH", 0, "The engine, where schakel-source is not beside schakelctl", 0},
        {0},
    };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "SCHEMA",
        .doc = "Reads the whole data set that a schema describes and reports rows, persons, identifiers that are left "
               "out, rows by each link key, and every kind of fault. Values are never shown. The exit code is 1 where "
               "there are faults.",
    };
    sch_detail detail = {{0}};
    arguments given = {0};
    uint64_t faults = 0;
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0) {
        return SCH_EXIT_USAGE;
    }
    sch_err err = check(&given, &faults, &detail);
    if (sch_failed(err)) {
        return (int)sch_cli_report(err, &detail);
    }
    return faults == 0 ? SCH_EXIT_OK : SCH_EXIT_FAILED;
}
