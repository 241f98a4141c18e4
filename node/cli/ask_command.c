#include "node/cli/ask_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/sql.h"
#include "proto/text.h"

enum { DAY_MS = 86400000, MAX_VALID_DAYS = 3650 };
enum { EXPLAIN = 800, AGREEMENT, RECIPIENT, VALID, NO_WAIT, NO_CHECK, PASS };

_Static_assert(SCH_MAX_PASSES == 4, "--help and the manual say how often --pass may be given");

static const struct argp_option OPTIONS[] = {
    {"agreement", AGREEMENT, "ID", 0, "The agreement to ask under", 0},
    {"purpose", 'P', "TEXT", 0, "Why you ask; those who approve read it", 0},
    {"recipient", RECIPIENT, "NAME", 0, "Who may have the result; more than once for several. Default: you", 0},
    {"pass", PASS, "NAME", 0,
     "Link those whom the identifier does not link by this link key, to the first data set of FROM; at most 4 times, "
     "for several that are tried in this order",
     0},
    {"valid", VALID, "TIME", 0, "How long the request may wait: 7d, 12h, 30m, 90s. Default: 1d", 0},
    {"no-wait", NO_WAIT, NULL, 0, "Print the request's id and end", 0},
    {"explain", EXPLAIN, NULL, 0, "Say who would do and learn what, and send nothing", 0},
    {"no-check", NO_CHECK, NULL, OPTION_HIDDEN, "Send what the agreement forbids too", 0},
    {"patience", SCH_SCHAKEL_PATIENCE, "SECONDS", OPTION_HIDDEN, "How long to try to connect again", 0},
    {0},
};

/* ---- options that take more than to be kept ---- */

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

static void add_recipient(sch_ask *ask, const char *name, const struct argp_state *state)
{
    if (ask->recipient_count == SCH_MAX_RECIPIENTS) {
        argp_error(state, "at most %d recipients", SCH_MAX_RECIPIENTS);
    }
    if (!sch_text_is_name(name)) {
        argp_error(state, "%s is no name of an analyst", name);
    }
    ask->recipient[ask->recipient_count++] = name;
}

static void add_pass(sch_ask *ask, const char *name, const struct argp_state *state)
{
    if (!sch_text_is_name(name)) {
        argp_error(state,
                   "--pass takes the name of a link key, such as adres6; 'schakel datasets NAME' shows those of a "
                   "data set");
    }
    for (size_t i = 0; i < ask->pass_count; i++) {
        if (strcmp(ask->pass[i], name) == 0) {
            argp_error(state,
                       "--pass %s stands there twice; give each link key once, in the order in which they are tried",
                       name);
        }
    }
    if (ask->pass_count == SCH_MAX_PASSES) {
        argp_error(state, "at most %d link keys may be given with --pass", SCH_MAX_PASSES);
    }
    ask->pass[ask->pass_count++] = name;
}

/* ---- the line ---- */

static error_t parse_ask(sch_ask *ask, int key, char *argument, const struct argp_state *state)
{
    switch (key) {
    case AGREEMENT:
        ask->agreement = argument;
        return 0;
    case 'P':
        ask->purpose = argument;
        return 0;
    case RECIPIENT:
        add_recipient(ask, argument, state);
        return 0;
    case PASS:
        add_pass(ask, argument, state);
        return 0;
    case VALID:
        ask->valid_ms = read_duration(argument, state);
        return 0;
    case NO_WAIT:
        ask->no_wait = true;
        return 0;
    case EXPLAIN:
        ask->explain = true;
        return 0;
    case NO_CHECK:
        ask->no_check = true;
        return 0;
    case SCH_ASK_LINKAGE:
        ask->linkage = true;
        return 0;
    case SCH_SCHAKEL_PATIENCE:
        ask->patience_s = (unsigned)strtoul(argument, NULL, 10);
        return 0;
    default:
        return sch_print_option(&ask->print, key, argument, state);
    }
}

typedef struct line {
    const sch_ask_command *command;
    sch_ask_given given;
} line;

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    line *l = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = l;
        return 0;
    case 'f':
        l->given.source = argument;
        return 0;
    case 'w':
        l->given.where = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (l->given.text != NULL) {
            argp_error(state, "%s", l->command->one);
        }
        l->given.text = argument;
        return 0;
    case ARGP_KEY_END:
        l->command->check(&l->given, state);
        sch_print_check_options(&l->given.ask.print, state);
        return 0;
    default:
        return parse_ask(&l->given.ask, key, argument, state);
    }
}

/* Of the options that all commands have. */
static error_t parse_shared(int key, char *argument, struct argp_state *state)
{
    line *l = state->input;
    return parse_ask(&l->given.ask, key, argument, state);
}

static void read_line(line *l, int argc, char **argv)
{
    static const struct argp SHARED = {.options = OPTIONS, .parser = parse_shared};
    static const struct argp_child CHILDREN[] = {{.argp = &SHARED}, {0}};
    const struct argp argp = {.options = l->command->options,
                              .parser = parse_option,
                              .args_doc = l->command->args_doc,
                              .doc = l->command->doc,
                              .children = CHILDREN};
    (void)argp_parse(&argp, argc, argv, 0, NULL, l);
}

sch_exit sch_ask_command_run(const sch_ask_command *command, int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    line l = {.command = command, .given.ask.patience_s = SCH_PATIENCE_S};
    sch_buf sql = {0};
    size_t position = SCH_SQL_NO_POSITION;
    read_line(&l, argc, argv);
    SCH_TRY(command->write_sql(&sql, &l.given, &detail));
    SCH_TRY(sch_check(sch_buf_text(&sql) != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_ask_run(&l.given.ask, profile, sch_buf_text(&sql), &position, &detail));
out:;
    sch_exit code = sch_cli_report(err, &detail);
    if (sch_failed(err) && sql.bytes > 0) {
        sch_ask_point_at(sch_buf_text(&sql), position);
    }
    sch_buf_clear(&sql);
    return code;
}
