/* schakel_query.c - schakel query: from SQL to the table. */
#include <argp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/cli/schakel.h"
#include "node/cli/session.h"
#include "node/query/result.h"
#include "node/query/sql.h"

typedef enum format { FORMAT_TABLE = 0, FORMAT_CSV, FORMAT_JSON_STAT } format;

typedef struct arguments {
    const char *sql;
    const char *sql_file;
    const char *output;
    format format;
    bool explain;
    bool empty;
} arguments;

enum { OPTION_EXPLAIN = 256, OPTION_EMPTY };

static const struct argp_option OPTIONS[] = {
    {"file", 'f', "FILE", 0, "Read the query from FILE (- for standard input)", 0},
    {"format", 'F', "FORMAT", 0, "table (default), csv or json-stat", 0},
    {"output", 'o', "FILE", 0, "Write the result to FILE instead of standard output", 0},
    {"explain", OPTION_EXPLAIN, NULL, 0, "Say who would do and learn what, and compute nothing", 0},
    {"empty", OPTION_EMPTY, NULL, 0, "Show cells that are known to be empty as well", 0},
    {0},
};

static const char DOC[] =
    "Asks a query and prints the table.\v"
    "Example:\n"
    "  schakel query \"SELECT b.buurt, COUNT(DISTINCT b.bsn) AS personen, AVG(c.loon) AS loon FROM bijstand b "
    "JOIN banen c USING (bsn) WHERE c.jaar = 2025 GROUP BY b.buurt\"\n"
    "\n"
    "The two data sets belong to two organisations; a third node helps. Cells of too few persons come as suppressed. "
    "Ctrl-C cancels "
    "the request at all nodes.";

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    static const char *const FORMATS[] = {"table", "csv", "json-stat"};
    arguments *given = state->input;
    switch (key) {
    case 'f':
        given->sql_file = argument;
        return 0;
    case 'o':
        given->output = argument;
        return 0;
    case 'F':
        for (unsigned i = 0; i < 3; i++) {
            if (strcmp(argument, FORMATS[i]) == 0) {
                given->format = (format)i;
                return 0;
            }
        }
        argp_error(state, "there is no format %s; use table, csv or json-stat", argument);
        return 0;
    case OPTION_EXPLAIN:
        given->explain = true;
        return 0;
    case OPTION_EMPTY:
        given->empty = true;
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
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

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

/* The line of the query that an error is about, and a caret under the place. */
static void point_at(const char *sql, size_t position)
{
    if (position == SCH_SQL_NO_POSITION || position > strlen(sql)) {
        return;
    }
    size_t from = position;
    while (from > 0 && sql[from - 1] != '\n') {
        from--;
    }
    size_t to = position + strcspn(sql + position, "\n");
    size_t shown_from = position - from > 60 ? position - 60 : from;
    size_t shown_to = to - position > 60 ? position + 60 : to;
    while (shown_from > from && ((unsigned char)sql[shown_from] & 0xC0U) == 0x80U) {
        shown_from--;
    }
    while (shown_to < to && ((unsigned char)sql[shown_to] & 0xC0U) == 0x80U) {
        shown_to++;
    }
    (void)fputs("  ", stderr);
    int column = 0;
    for (size_t i = shown_from; i < shown_to; i++) {
        unsigned char byte = (unsigned char)sql[i];
        (void)fputc(byte < 0x20 || byte == 0x7f ? ' ' : byte, stderr);
        column += i < position && (byte & 0xC0U) != 0x80U ? 1 : 0;
    }
    (void)fprintf(stderr, "\n  %*s^\n", column, "");
}

/* ---- progress ---- */

typedef struct progress_watch {
    sch_progress line;
    const sch_plan *plan;
    unsigned read[SCH_PARTIES], computed[SCH_PARTIES]; /* per mille */
} progress_watch;

static void on_progress(void *context, const char *node, sch_phase phase, unsigned per_mille)
{
    progress_watch *watch = context;
    unsigned slowest = 1000;
    for (unsigned p = 0; p < SCH_PARTIES; p++) {
        if (strcmp(node, watch->plan->node[p]) == 0) {
            watch->read[p] = phase == SCH_PHASE_READ ? per_mille : 1000;
            watch->computed[p] = phase == SCH_PHASE_COMPUTE ? per_mille : watch->computed[p];
        }
        slowest = watch->computed[p] < slowest ? watch->computed[p] : slowest;
    }
    if (slowest == 0 && watch->read[SCH_SPINE] < 1000) {
        sch_progress_show(&watch->line, "%s reads its data set", watch->plan->node[SCH_SPINE]);
    } else if (slowest == 0 && watch->read[SCH_DATA] < 1000) {
        sch_progress_show(&watch->line, "%s reads its data set", watch->plan->node[SCH_DATA]);
    } else if (phase == SCH_PHASE_RELEASE) {
        sch_progress_show(&watch->line, "the threshold is applied, shares are sealed");
    } else {
        sch_progress_bar(&watch->line, "computing", slowest);
    }
}

/* ---- output ---- */

static sch_err print_result(sch_buf *out, const sch_result *result, const arguments *given)
{
    sch_result_options options = {.show_empty = given->empty};
    switch (given->format) {
    case FORMAT_CSV:
        return sch_result_print_csv(out, result, &options);
    case FORMAT_JSON_STAT:
        return sch_result_print_json_stat(out, result, &options);
    default:
        return sch_result_print_table(out, result, &options);
    }
}

static sch_err write_out(const sch_buf *text, const arguments *given, sch_detail *detail)
{
    if (given->output != NULL) {
        return sch_file_write(given->output, text->data, text->bytes, SCH_FILE_SECRET, true, detail);
    }
    bool whole = fwrite(text->data, 1, text->bytes, stdout) == text->bytes && fflush(stdout) == 0;
    return sch_check(whole, SCH_IO, "the result could not be written to standard output");
}

static sch_err ask(sch_session *session, sch_buf *text, sch_request *request, const sch_plan *plan,
                   const arguments *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_answer answer = {0};
    sch_result result = {0};
    progress_watch watch = {.plan = plan};
    sch_progress_init(&watch.line);
    err = sch_session_ask(session, &answer, request, plan, &sch_schakel_stop, on_progress, &watch, detail);
    sch_progress_clear(&watch.line);
    if (sch_failed(err) && answer.node[0] != '\0') {
        sch_detail sentence = *detail;
        sch_detail_set(detail, "node %s: %s", answer.node, sentence.text);
    }
    SCH_TRY(err);
    SCH_TRY(sch_result_make(&result, plan, request, answer.values, answer.states));
    SCH_TRY(print_result(text, &result, given));
out:
    sch_result_clear(&result);
    sch_answer_clear(&answer);
    return err;
}

static sch_err run(const arguments *given, const char *profile, sch_buf *sql, size_t *position, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_session session = {0};
    sch_request request = {0};
    sch_plan *plan = calloc(1, sizeof *plan);
    sch_buf text = {0};
    SCH_TRY(sch_check(plan != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(read_sql(sql, given, detail));
    SCH_TRY(sch_session_open(&session, profile, &sch_schakel_stop, detail));
    SCH_TRY(sch_sql_parse(&request, position, sch_buf_text(sql), session.view, session.catalog_count, detail));
    SCH_TRY(sch_plan_make(plan, &request, session.view, session.catalog_count, detail));
    if (given->explain) {
        SCH_TRY(sch_plan_explain(&text, plan, &request));
    } else {
        SCH_TRY(ask(&session, &text, &request, plan, given, detail));
    }
    SCH_TRY(write_out(&text, given, detail));
out:
    sch_buf_clear(&text);
    if (plan != NULL) {
        sch_plan_clear(plan);
    }
    free(plan);
    sch_request_clear(&request);
    sch_session_close(&session);
    return err;
}

sch_exit sch_schakel_query(int argc, char **argv, const char *profile)
{
    sch_detail detail = {{0}};
    arguments given = {0};
    sch_buf sql = {0};
    size_t position = SCH_SQL_NO_POSITION;
    const struct argp argp = {.options = OPTIONS, .parser = parse_option, .args_doc = "[SQL]", .doc = DOC};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    sch_err err = run(&given, profile, &sql, &position, &detail);
    sch_exit code = sch_cli_report(err, &detail);
    if (sch_failed(err) && sql.bytes > 0) {
        point_at(sch_buf_text(&sql), position);
    }
    sch_buf_clear(&sql);
    return code;
}
