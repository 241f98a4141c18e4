#include "node/cli/ask.h"

#include <stdlib.h>
#include <string.h>

#include "node/cli/absent.h"
#include "node/cli/compose.h"
#include "node/cli/explain.h"
#include "node/cli/follow.h"
#include "node/cli/offers.h"
#include "node/query/sql.h"

/* ---- asking ---- */

/* What a command line makes of itself before anything is sent. */
typedef struct question {
    sch_session session;
    sch_offers offers;
    const sch_offer *offer;
    sch_request request;
    sch_plan *plan;
} question;

static sch_err explain(question *q, const sch_ask *given, sch_detail *detail)
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

static sch_err ask(question *q, const sch_ask *given, sch_detail *detail)
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

/* Link keys are no part of SQL, so that they are put into the request beside it. */
static sch_err fill_passes(sch_request *request, const sch_ask *given)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < given->pass_count; i++) {
        SCH_TRY(sch_text_copy(request->pass[i], sizeof request->pass[i], given->pass[i]));
    }
    request->pass_count = given->pass_count;
out:
    return err;
}

static sch_err prepare(question *q, const sch_ask *given, const char *profile, const char *sql, size_t *position,
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
    sch_absent_parse parse = given->linkage ? sch_sql_parse_linkage : sch_sql_parse;
    err = parse(&q->request, position, sql, q->offer->view.catalog, q->offer->view.count, detail);
    SCH_TRY(sch_offer_explain(q->offer, &q->session, err, sql, *position, detail));
    SCH_TRY(sch_absent_check(&q->request, sql, parse, q->offer, &q->session, detail));
    SCH_TRY(sch_print_check(&given->print, &q->request, detail));
    SCH_TRY(fill_passes(&q->request, given));
    SCH_TRY(sch_offer_plan(q->plan, q->offer, &q->request, detail));
    SCH_TRY(sch_compose_fill(&q->request, &compose, &q->session, q->offer, detail));
    SCH_TRY(sch_offer_check_keys(q->offer, &q->session, q->plan, detail));
    if (!given->explain && !given->no_check) {
        SCH_TRY(sch_compose_check(&q->request, q->offer, q->plan, detail));
    }
out:
    return err;
}

sch_err sch_ask_run(const sch_ask *given, const char *profile, const char *sql, size_t *position, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    question q = {0};
    SCH_TRY(prepare(&q, given, profile, sql, position, detail));
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

/* ---- messages ---- */

void sch_ask_point_at(const char *sql, size_t position)
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
