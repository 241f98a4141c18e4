/* schakel_query.c - schakel query: from SQL to the table. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/cli/compose.h"
#include "node/cli/explain.h"
#include "node/cli/follow.h"
#include "node/cli/offers.h"
#include "node/cli/print.h"
#include "node/cli/schakel.h"
#include "node/query/sql.h"

enum { DAY_MS = 86400000, MAX_VALID_DAYS = 3650 };

typedef struct arguments {
    const char *sql;
    const char *sql_file;
    const char *agreement;
    const char *purpose;
    const char *recipient[SCH_MAX_RECIPIENTS];
    size_t recipient_count;
    int64_t valid_ms; /* 0: not said */
    unsigned patience_s;
    bool no_wait;
    bool explain;
    bool no_check;
    sch_print print;
} arguments;

enum { OPTION_EXPLAIN = 256, OPTION_AGREEMENT, OPTION_RECIPIENT, OPTION_VALID, OPTION_NO_WAIT, OPTION_NO_CHECK };

static const struct argp_option OPTIONS[] = {
    {"file", 'f', "FILE", 0, "Read the query from FILE (- for standard input)", 0},
    {"agreement", OPTION_AGREEMENT, "ID", 0, "The agreement to ask under", 0},
    {"purpose", 'P', "TEXT", 0, "Why you ask; those who approve read it", 0},
    {"recipient", OPTION_RECIPIENT, "NAME", 0, "Who may have the result; more than once for several. Default: you", 0},
    {"valid", OPTION_VALID, "TIME", 0, "How long the request may wait: 7d, 12h, 30m, 90s. Default: 1d", 0},
    {"no-wait", OPTION_NO_WAIT, NULL, 0, "Print the request's id and end", 0},
    SCH_PRINT_OPTIONS,
    {"explain", OPTION_EXPLAIN, NULL, 0, "Say who would do and learn what, and send nothing", 0},
    {"no-check", OPTION_NO_CHECK, NULL, OPTION_HIDDEN, "Send what the agreement forbids too", 0},
    {"patience", SCH_SCHAKEL_PATIENCE, "SECONDS", OPTION_HIDDEN, "How long to try to connect again", 0},
    {0},
};

static const char DOC[] =
    "Asks a query, waits until it has been approved and computed, and prints the table.\v"
    "Example:\n"
    "  schakel query \"SELECT b.buurt, COUNT(DISTINCT b.bsn) AS personen, AVG(c.loon) AS loon FROM bijstand b "
    "JOIN banen c USING (bsn) WHERE c.jaar = 2025 GROUP BY b.buurt\" --purpose \"evaluation of the 2027 programme\"\n"
    "\n"
    "The two data sets belong to two organisations; a third node helps. Cells of too few persons come as suppressed. "
    "Ctrl-C cancels the request at all nodes; with --no-wait it lives on, and 'schakel wait' and 'schakel result' take "
    "it "
    "up again.";

/* ---- options ---- */

/* Reads 7d, 12h, 30m or 90s. */
static int64_t read_duration(const char *text, const struct argp_state *state)
{
    static const struct {
        char unit;
        int64_t ms;
    } UNITS[] = {{'d', DAY_MS}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};
    char *end = NULL;
    errno = 0;
    long long count = strtoll(text, &end, 10);
    bool number = errno == 0 && end != text && text[0] >= '0' && text[0] <= '9' && count > 0;
    for (size_t i = 0; number && i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (end[0] == UNITS[i].unit && end[1] == '\0' && count <= (int64_t)MAX_VALID_DAYS * DAY_MS / UNITS[i].ms) {
            return count * UNITS[i].ms;
        }
    }
    argp_error(state, "--valid takes a time such as 7d, 12h or 30m, at most %dd", MAX_VALID_DAYS);
    return 0;
}

static void add_recipient(arguments *given, const char *name, const struct argp_state *state)
{
    if (given->recipient_count == SCH_MAX_RECIPIENTS) {
        argp_error(state, "at most %d recipients", SCH_MAX_RECIPIENTS);
    }
    if (!sch_text_is_name(name)) {
        argp_error(state, "%s is no name of an analyst", name);
    }
    given->recipient[given->recipient_count++] = name;
}

static error_t parse_text(arguments *given, int key, char *argument, const struct argp_state *state)
{
    switch (key) {
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
        return sch_print_option(&given->print, key, argument, state);
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case 'f':
        given->sql_file = argument;
        return 0;
    case OPTION_AGREEMENT:
        given->agreement = argument;
        return 0;
    case 'P':
        given->purpose = argument;
        return 0;
    case OPTION_RECIPIENT:
        add_recipient(given, argument, state);
        return 0;
    case OPTION_VALID:
        given->valid_ms = read_duration(argument, state);
        return 0;
    case OPTION_NO_WAIT:
        given->no_wait = true;
        return 0;
    case OPTION_EXPLAIN:
        given->explain = true;
        return 0;
    case OPTION_NO_CHECK:
        given->no_check = true;
        return 0;
    case SCH_SCHAKEL_PATIENCE:
        given->patience_s = (unsigned)strtoul(argument, NULL, 10);
        return 0;
    default:
        return parse_text(given, key, argument, state);
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

/* ---- asking ---- */

/* What a command line makes of itself before anything is sent. */
typedef struct question {
    sch_session session;
    sch_offers offers;
    const sch_offer *offer;
    sch_request request;
    sch_plan *plan;
} question;

static sch_err explain(question *q, const arguments *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    sch_detail why = {{0}};
    sch_err refusal = sch_compose_check(&q->request, q->offer, q->plan, &why);
    SCH_TRY(sch_explain(&text, q->offer, q->plan, &q->request,
                        sch_failed(refusal) ? sch_detail_or_text(&why, refusal) : NULL));
    SCH_TRY(sch_print_text(&given->print, &text, detail));
out:
    sch_buf_clear(&text);
    return err;
}

static bool is_recipient(const question *q)
{
    bool found = false;
    for (size_t i = 0; i < q->request.recipient_count; i++) {
        found = found || strcmp(q->request.recipient[i], q->session.profile.analyst) == 0;
    }
    return found;
}

/* Ctrl-C: the request is ended at the nodes as well. The error is what the analyst hears. */
static sch_err cancel(question *q, sch_detail *detail)
{
    sch_status status = {0};
    sch_detail ignored = {{0}};
    char id[SCH_ID_TEXT_BYTES];
    sch_id_to_text(id, q->request.id);
    sch_err err = sch_follow_cancel(&q->session, &status, &q->request.id, &ignored);
    if (!sch_failed(err) && status.state == SCH_REQUEST_CANCELLED) {
        sch_detail_set(detail, "cancelled");
    } else if (!sch_failed(err) && sch_request_state_is_end(status.state)) {
        sch_detail_set(detail, "request %s could not be cancelled: it is %s", id, sch_request_state_name(status.state));
    } else {
        sch_detail_set(detail, "node %s has not confirmed that request %s is cancelled; 'schakel status %s' says",
                       sch_session_node(&q->session), id, id);
    }
    sch_status_clear(&status);
    return sch_fail(SCH_TRY_AGAIN, "cancelled");
}

static sch_err ask(question *q, const arguments *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_control submit = {0};
    sch_status status = {0};
    sch_follow follow = {.session = &q->session, .id = q->request.id, .submit = &submit, .first_only = given->no_wait};
    char id[SCH_ID_TEXT_BYTES];
    sch_id_to_text(id, q->request.id);
    SCH_TRY(sch_compose_sign(&submit, &q->request, &q->session, detail));
    err = sch_follow_run(&follow, &status, detail);
    if (err.code == SCH_TRY_AGAIN && sch_session_is_stopped(&q->session)) {
        err = cancel(q, detail);
    }
    SCH_TRY(err);
    if (sch_request_state_is_end(status.state)) {
        SCH_TRY(sch_status_as_error(&status, detail));
    }
    if (given->no_wait) {
        (void)printf("%s\n", id);
    } else if (!is_recipient(q)) {
        sch_cli_say("the result is there for its recipients: 'schakel result %s' gives it to them", id);
    } else {
        SCH_TRY(sch_print_answer(&given->print, &q->session, &status, q->plan, detail));
    }
out:
    sch_status_clear(&status);
    sch_control_clear(&submit);
    return err;
}

static sch_err prepare(question *q, const arguments *given, const char *profile, const char *sql, size_t *position,
                       sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_compose compose = {
        .purpose = given->purpose, .recipient_count = given->recipient_count, .valid_ms = given->valid_ms};
    memcpy(compose.recipient, given->recipient, sizeof compose.recipient);
    q->plan = calloc(1, sizeof *q->plan);
    SCH_TRY(sch_check(q->plan != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_session_open(&q->session, profile, &sch_schakel_stop, detail));
    q->session.patience_s = given->patience_s;
    if (given->explain && compose.purpose == NULL && q->session.profile.purpose == NULL) {
        compose.purpose = "-"; /* nothing is sent */
    }
    SCH_TRY(sch_offers_fetch(&q->offers, &q->session, detail));
    SCH_TRY(sch_offers_choose(&q->offer, &q->offers, &q->session, given->agreement, detail));
    err = sch_sql_parse(&q->request, position, sql, q->offer->view.catalog, q->offer->view.count, detail);
    SCH_TRY(sch_offer_explain(q->offer, &q->session, err, sql, *position, detail));
    SCH_TRY(sch_offer_plan(q->plan, q->offer, &q->request, detail));
    SCH_TRY(sch_compose_fill(&q->request, &compose, &q->session, q->offer, detail));
    SCH_TRY(sch_offer_check_keys(q->offer, &q->session, q->plan, detail));
    if (!given->explain && !given->no_check) {
        SCH_TRY(sch_compose_check(&q->request, q->offer, q->plan, detail));
    }
out:
    return err;
}

static sch_err run(const arguments *given, const char *profile, sch_buf *sql, size_t *position, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    question q = {0};
    SCH_TRY(read_sql(sql, given, detail));
    SCH_TRY(prepare(&q, given, profile, sch_buf_text(sql), position, detail));
    SCH_TRY(given->explain ? explain(&q, given, detail) : ask(&q, given, detail));
out:
    if (q.plan != NULL) {
        sch_plan_clear(q.plan);
    }
    free(q.plan);
    sch_request_clear(&q.request);
    sch_offers_clear(&q.offers);
    sch_session_close(&q.session);
    return err;
}

sch_exit sch_schakel_query(int argc, char **argv, const char *profile)
{
    sch_detail detail = {{0}};
    arguments given = {.patience_s = SCH_PATIENCE_S};
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
