/* schakel_query.c - schakel query: from SQL to the table. */
#include <argp.h>
#include <string.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/cli/ask.h"
#include "node/query/sql.h"

typedef struct arguments {
    const char *sql;
    const char *sql_file;
    sch_ask ask;
} arguments;

enum { LINKAGE = 1100 };

static const struct argp_option OPTIONS[] = {
    {"file", 'f', "FILE", 0, "Read the query from FILE (- for standard input)", 0},
    {"linkage", LINKAGE, NULL, 0,
     "Report how many persons of the first data set have a record in each of the others, by the keys of the GROUP BY",
     0},
    SCH_ASK_OPTIONS,
    SCH_PRINT_OPTIONS,
    SCH_PRINT_TABLE_OPTIONS,
    {0},
};

static const char DOC[] =
    "Asks a query, waits until it has been approved and computed, and prints the table.\v"
    "Example:\n"
    "  schakel query \"SELECT b.buurt, COUNT(DISTINCT b.bsn) AS personen, AVG(c.loon) AS loon FROM bijstand b "
    "JOIN banen c USING (bsn) WHERE c.jaar = 2025 GROUP BY b.buurt\" --purpose \"evaluation of the 2027 programme\"\n"
    "\n"
    "How many persons link, and whether some groups link less than others:\n"
    "  schakel query --linkage \"SELECT b.buurt FROM bijstand b JOIN banen c USING (bsn) GROUP BY b.buurt\"\n"
    "\n"
    "The data sets belong to several organisations; nodes help each other. Cells of too few persons come as "
    "suppressed. "
    "Ctrl-C cancels the request at all nodes; with --no-wait it lives on, and 'schakel wait' and 'schakel result' take "
    "it "
    "up again.";

/* ---- options ---- */

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case 'f':
        given->sql_file = argument;
        return 0;
    case LINKAGE:
        given->ask.linkage = true;
        return 0;
    case ARGP_KEY_ARG:
        if (given->sql != NULL) {
            argp_error(state, "one query at a time; put it in quotes");
        }
        given->sql = argument;
        return 0;
    case ARGP_KEY_END:
        if ((given->sql == NULL) == (given->sql_file == NULL)) {
            argp_error(state, "give one query, as an argument in quotes or with -f FILE");
        }
        if (given->ask.linkage && given->ask.print.analysis != SCH_ANALYSIS_NONE) {
            argp_error(state, "--linkage and --chi-square do not go together");
        }
        sch_print_check_options(&given->ask.print, state);
        return 0;
    default:
        return sch_ask_option(&given->ask, key, argument, state);
    }
}

/* ---- the query's text ---- */

static sch_err read_stdin(sch_buf *out)
{
    sch_err err = SCH_NONE;
    char piece[4096];
    ssize_t got;
    while ((got = read(STDIN_FILENO, piece, sizeof piece)) > 0) {
        SCH_TRY(sch_buf_append(out, piece, (size_t)got));
        SCH_TRY(sch_check(out->bytes <= SCH_MAX_SQL_BYTES, SCH_BAD_INPUT, "the query is longer than 64 KiB"));
    }
    SCH_TRY(sch_check(got == 0, SCH_IO, "standard input cannot be read"));
out:
    return err;
}

static sch_err read_sql(sch_buf *out, const arguments *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    if (given->sql != NULL) {
        SCH_TRY(sch_buf_append_text(out, given->sql));
    } else if (strcmp(given->sql_file, "-") == 0) {
        SCH_TRY(read_stdin(out));
    } else {
        SCH_TRY(sch_file_read(out, given->sql_file, SCH_MAX_SQL_BYTES, SCH_FILE_PUBLIC, detail));
    }
    SCH_TRY(sch_check(memchr(out->data, 0, out->bytes) == NULL || out->bytes == 0, SCH_BAD_INPUT,
                      "the query holds a zero byte"));
    SCH_TRY(sch_check(sch_buf_text(out) != NULL, SCH_NO_MEMORY, "out of memory"));
out:
    return err;
}

/* ---- the command ---- */

sch_exit sch_schakel_query(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    arguments given = {.ask.patience_s = SCH_PATIENCE_S};
    sch_buf sql = {0};
    size_t position = SCH_SQL_NO_POSITION;
    const struct argp argp = {.options = OPTIONS, .parser = parse_option, .args_doc = "[SQL]", .doc = DOC};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    SCH_TRY(read_sql(&sql, &given, &detail));
    SCH_TRY(sch_ask_run(&given.ask, profile, sch_buf_text(&sql), &position, &detail));
out:;
    sch_exit code = sch_cli_report(err, &detail);
    if (sch_failed(err) && sql.bytes > 0) {
        sch_ask_point_at(sch_buf_text(&sql), position);
    }
    sch_buf_clear(&sql);
    return code;
}
