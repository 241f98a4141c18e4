/* schakel_requests.c - schakel status, wait, cancel, history: requests that were sent before. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/cli/follow.h"
#include "node/cli/schakel.h"
#include "node/cli/status.h"
#include "node/query/request_text.h"

enum { OPTION_LIMIT = 256, MAX_LIMIT = 100000, MINUTES_CHARACTERS = 16 };

typedef struct arguments {
    const char *id;
    bool id_needed;
    size_t limit; /* 0: all */
    unsigned patience_s;
} arguments;

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case OPTION_LIMIT:
        given->limit = strtoul(argument, NULL, 10);
        if (given->limit < 1 || given->limit > MAX_LIMIT) {
            argp_error(state, "--limit takes a number from 1 to %d", MAX_LIMIT);
        }
        return 0;
    case SCH_SCHAKEL_PATIENCE:
        given->patience_s = (unsigned)strtoul(argument, NULL, 10);
        return 0;
    case ARGP_KEY_ARG:
        if (given->id != NULL) {
            argp_error(state, "one request at a time");
        }
        given->id = argument;
        return 0;
    case ARGP_KEY_END:
        if (given->id == NULL && given->id_needed) {
            argp_error(state, "which request? 'schakel history' lists yours");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void parse_no_id(arguments *given, int argc, char **argv, const struct argp_option *options, const char *doc)
{
    const struct argp argp = {.options = options, .parser = parse_option, .doc = doc};
    (void)argp_parse(&argp, argc, argv, 0, NULL, given);
    if (given->id != NULL) {
        sch_cli_say("this command takes no request; 'schakel status %s' shows one", given->id);
        exit(SCH_EXIT_USAGE);
    }
}

/* "2026-03-01 12:00", in UTC. */
static void minute_of(char out[static SCH_TIME_TEXT_BYTES], sch_time_ms time)
{
    sch_time_text(out, time);
    out[10] = ' ';
    out[MINUTES_CHARACTERS] = '\0';
}

/* ---- one request ---- */

static sch_err print_query(const sch_request *request)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    err = sch_request_text(&text, request);
    if (err.code == SCH_BAD_INPUT) {
        (void)printf("    (%s)\n", err.text);
        err = SCH_NONE;
        goto out;
    }
    SCH_TRY(err);
    (void)printf("    ");
    for (size_t i = 0; i < text.bytes; i++) {
        (void)putchar(text.data[i]);
        (void)printf("%s", text.data[i] == '\n' ? "    " : "");
    }
    (void)putchar('\n');
out:
    sch_buf_clear(&text);
    return err;
}

/* Id and state first: programs read this. */
static void print_line(const sch_status *status)
{
    char id[SCH_ID_TEXT_BYTES], when[SCH_TIME_TEXT_BYTES];
    sch_id_to_text(id, status->request.id);
    minute_of(when, status->request.created);
    (void)printf("%s  %-9s  %s%s%s", id, sch_request_state_name(status->state), when,
                 status->text.text[0] == '\0' ? "" : "  ", status->text.text);
    if (status->origin == SCH_ORIGIN_OTHER) {
        (void)printf("  (asked by %s)", status->request.analyst);
    } else if (status->origin == SCH_ORIGIN_UNKNOWN) {
        (void)printf("  (not signed by your present key)");
    }
    (void)putchar('\n');
}

static sch_err print_request(const sch_status *status)
{
    const sch_request *request = &status->request;
    char until[SCH_TIME_TEXT_BYTES];
    print_line(status);
    minute_of(until, request->not_after);
    (void)printf("    under %s, valid until %s UTC, result for", request->agreement, until);
    for (size_t i = 0; i < request->recipient_count; i++) {
        (void)printf("%s %s", i == 0 ? "" : ",", request->recipient[i]);
    }
    (void)printf("\n    purpose: %s\n", request->purpose);
    return print_query(request);
}

static sch_err show_one(sch_session *session, const char *text, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_request_id id;
    sch_status status = {0};
    SCH_TRY(sch_session_read_id(&id, text, detail));
    SCH_TRY(sch_status_ask(&status, session, &id, false, detail));
    SCH_TRY(print_request(&status));
out:
    sch_status_clear(&status);
    return err;
}

/* ---- status ---- */

static sch_err print_open(void *context, const sch_status *status)
{
    size_t *count = context;
    if (!sch_request_state_is_end(status->state)) {
        print_line(status);
        (*count)++;
    }
    return SCH_NONE;
}

sch_exit sch_schakel_status(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_session session = {0};
    arguments given = {0};
    size_t count = 0;
    const struct argp argp = {.parser = parse_option,
                              .args_doc = "[ID]",
                              .doc = "Shows your requests that have not ended, or one request: its state, and what is "
                                     "awaited from whom."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    SCH_TRY(sch_session_open(&session, profile, &sch_schakel_stop, &detail));
    if (given.id != NULL) {
        SCH_TRY(show_one(&session, given.id, &detail));
        goto out;
    }
    SCH_TRY(sch_status_each(&session, print_open, &count, &detail));
    if (count == 0) {
        (void)printf("None of your requests is open; 'schakel history' lists those that have ended.\n");
    }
out:
    sch_session_close(&session);
    return sch_cli_report(err, &detail);
}

/* ---- wait ---- */

sch_exit sch_schakel_wait(int argc, char **argv, const char *profile)
{
    static const struct argp_option OPTIONS[] = {
        {"patience", SCH_SCHAKEL_PATIENCE, "SECONDS", OPTION_HIDDEN, "How long to try to connect again", 0}, {0}};
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_session session = {0};
    sch_status status = {0};
    sch_follow follow = {.session = &session};
    arguments given = {.id_needed = true, .patience_s = SCH_PATIENCE_S};
    const struct argp argp = {.options = OPTIONS,
                              .parser = parse_option,
                              .args_doc = "ID",
                              .doc = "Waits until a request has ended. Ctrl-C stops waiting; the request lives on."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    SCH_TRY(sch_session_read_id(&follow.id, given.id, &detail));
    SCH_TRY(sch_session_open(&session, profile, &sch_schakel_stop, &detail));
    session.patience_s = given.patience_s;
    err = sch_follow_run(&follow, &status, &detail);
    if (err.code == SCH_TRY_AGAIN && sch_session_is_stopped(&session)) {
        sch_detail_set(&detail, "stopped waiting; request %s lives on", given.id);
    }
    SCH_TRY(err);
    SCH_TRY(sch_status_as_error(&status, &detail));
    sch_cli_say("released; 'schakel result %s' gives the table", given.id);
out:
    sch_status_clear(&status);
    sch_session_close(&session);
    return sch_cli_report(err, &detail);
}

/* ---- cancel ---- */

static sch_err cancel(sch_session *session, const char *text, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_request_id id;
    sch_status before = {0}, after = {0};
    SCH_TRY(sch_session_read_id(&id, text, detail));
    SCH_TRY(sch_status_ask(&before, session, &id, true, detail));
    if (sch_request_state_is_end(before.state)) {
        sch_detail_set(detail, "the request has ended already: it is %s", sch_request_state_name(before.state));
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the request has ended already"));
    }
    SCH_TRY(sch_follow_cancel(session, &after, &id, detail));
    if (after.state == SCH_REQUEST_CANCELLED) {
        (void)printf("Request %s is cancelled.\n", text);
    } else if (sch_request_state_is_end(after.state)) {
        sch_detail_set(detail, "the request ended before it could be cancelled: it is %s",
                       sch_request_state_name(after.state));
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the request has ended already"));
    } else {
        sch_detail_set(detail, "node %s has not confirmed it; 'schakel status %s' says how the request stands",
                       sch_session_node(session), text);
        SCH_TRY(sch_fail(SCH_TRY_AGAIN, "the node has not confirmed it"));
    }
out:
    sch_status_clear(&before);
    sch_status_clear(&after);
    return err;
}

sch_exit sch_schakel_cancel(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_session session = {0};
    arguments given = {.id_needed = true};
    const struct argp argp = {.parser = parse_option, .args_doc = "ID", .doc = "Ends a request at all nodes."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    SCH_TRY(sch_session_open(&session, profile, &sch_schakel_stop, &detail));
    SCH_TRY(cancel(&session, given.id, &detail));
out:
    sch_session_close(&session);
    return sch_cli_report(err, &detail);
}

/* ---- history ---- */

typedef struct history {
    size_t left;
    size_t count;
} history;

static sch_err print_past(void *context, const sch_status *status)
{
    history *h = context;
    if (h->left == 0) {
        return SCH_NONE;
    }
    h->left--;
    h->count++;
    return print_request(status);
}

sch_exit sch_schakel_history(int argc, char **argv, const char *profile)
{
    static const struct argp_option OPTIONS[] = {{"limit", OPTION_LIMIT, "N", 0, "At most N requests (default 20)", 0},
                                                 {0}};
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_session session = {0};
    arguments given = {.limit = 20};
    parse_no_id(&given, argc, argv, OPTIONS, "Shows your requests, newest first, as the called node keeps them.");
    history h = {.left = given.limit};
    SCH_TRY(sch_session_open(&session, profile, &sch_schakel_stop, &detail));
    SCH_TRY(sch_status_each(&session, print_past, &h, &detail));
    if (h.count == 0) {
        (void)printf("Node %s has no requests of yours.\n", sch_session_node(&session));
    }
out:
    sch_session_close(&session);
    return sch_cli_report(err, &detail);
}
