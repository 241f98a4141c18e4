/* schakel_query.c - schakel query: from SQL to the table. */
#include <argp.h>
#include <string.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/cli/ask_command.h"
#include "node/query/sql.h"

static const struct argp_option OPTIONS[] = {
    {"file", 'f', "FILE", 0, "Read the query from FILE (- for standard input)", 0},
    {"linkage", SCH_ASK_LINKAGE, NULL, 0,
     "Report how many persons of the first data set have a record in each of the others, by the keys of the GROUP BY",
     0},
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
    "suppressed. Ctrl-C cancels the request at all nodes; with --no-wait it lives on, and 'schakel wait' and 'schakel "
    "result' take it up again.\n"
    "\n" SCH_ASK_PASSES_DOC;

static void check(sch_ask_given *given, const struct argp_state *state)
{
    if ((given->text == NULL) == (given->source == NULL)) {
        argp_error(state, "give one query, as an argument in quotes or with -f FILE");
    }
    if (given->ask.linkage && given->ask.print.analysis != SCH_ANALYSIS_NONE) {
        argp_error(state, "--linkage and --chi-square do not go together");
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

static sch_err write_sql(sch_buf *out, const sch_ask_given *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    if (given->text != NULL) {
        SCH_TRY(sch_buf_append_text(out, given->text));
    } else if (strcmp(given->source, "-") == 0) {
        SCH_TRY(read_stdin(out));
    } else {
        SCH_TRY(sch_file_read(out, given->source, SCH_MAX_SQL_BYTES, SCH_FILE_PUBLIC, detail));
    }
    SCH_TRY(sch_check(memchr(out->data, 0, out->bytes) == NULL || out->bytes == 0, SCH_BAD_INPUT,
                      "the query holds a zero byte"));
out:
    return err;
}

/* ---- the command ---- */

sch_exit sch_schakel_query(int argc, char **argv, const char *profile)
{
    static const sch_ask_command COMMAND = {.options = OPTIONS,
                                            .args_doc = "[SQL]",
                                            .doc = DOC,
                                            .one = "one query at a time; put it in quotes",
                                            .check = check,
                                            .write_sql = write_sql};
    return sch_ask_command_run(&COMMAND, argc, argv, profile);
}
