/* schakel_result.c - schakel result: the table of a request that was released, as often as wanted. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli/offers.h"
#include "node/cli/print.h"
#include "node/cli/schakel.h"
#include "node/cli/status.h"

typedef struct arguments {
    const char *id;
    sch_print print;
} arguments;

static const struct argp_option OPTIONS[] = {SCH_PRINT_OPTIONS, SCH_PRINT_TABLE_OPTIONS, {0}};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (given->id != NULL) {
            argp_error(state, "one request at a time");
        }
        given->id = argument;
        return 0;
    case ARGP_KEY_END:
        if (given->id == NULL) {
            argp_error(state, "which request? 'schakel history' lists yours");
        }
        sch_print_check_options(&given->print, state);
        return 0;
    default:
        return sch_print_option(&given->print, key, argument, state);
    }
}

/* Whoever asked has signed it: this analyst, or another one of the agreement who named this one as recipient. */
static sch_err check_signature(const sch_status *status, const sch_session *session, const sch_offer *offer,
                               sch_detail *detail)
{
    const sch_request *request = &status->request;
    const uint8_t *key = session->identity.card.identity;
    if (strcmp(request->analyst, session->profile.analyst) != 0) {
        const sch_agreement_analyst *asker = sch_agreement_find_analyst(&offer->bundle.agreement, request->analyst);
        key = asker == NULL ? NULL : asker->identity;
    }
    if (key == NULL || sch_failed(sch_status_verify(status, key))) {
        sch_detail_set(detail, "what the node calls this request is not signed by analyst %s", request->analyst);
        return sch_fail(SCH_BAD_PEER, "the request is not the analyst's");
    }
    return SCH_NONE;
}

static sch_err fetch(sch_session *session, const arguments *given, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_request_id id;
    sch_status status = {0};
    sch_offers offers = {0};
    const sch_offer *offer = NULL;
    sch_plan *plan = calloc(1, sizeof *plan);
    SCH_TRY(sch_check(plan != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_session_read_id(&id, given->id, detail));
    SCH_TRY(sch_status_ask(&status, session, &id, false, detail));
    if (!sch_request_state_is_end(status.state)) {
        sch_detail_set(detail, "there is no result yet: the request is %s; 'schakel wait %s' waits for its end",
                       sch_request_state_name(status.state), given->id);
        SCH_TRY(sch_fail(SCH_TRY_AGAIN, "there is no result yet"));
    }
    SCH_TRY(sch_status_as_error(&status, detail));
    SCH_TRY(sch_print_check(&given->print, &status.request, detail));
    SCH_TRY(sch_offers_fetch(&offers, session, detail));
    SCH_TRY(sch_fetch_plan(plan, &offer, &offers, &status, detail));
    SCH_TRY(check_signature(&status, session, offer, detail));
    SCH_TRY(sch_offer_check_keys(offer, session, plan, detail));
    SCH_TRY(sch_print_answer(&given->print, session, &status, plan, detail));
out:
    if (plan != NULL) {
        sch_plan_clear(plan);
    }
    free(plan);
    sch_offers_clear(&offers);
    sch_status_clear(&status);
    return err;
}

sch_exit sch_schakel_result(int argc, char **argv, const char *profile)
{
    sch_err err = SCH_NONE;
    sch_detail detail = {{0}};
    sch_session session = {0};
    arguments given = {0};
    const struct argp argp = {.options = OPTIONS,
                              .parser = parse_option,
                              .args_doc = "ID",
                              .doc = "Fetches the result of a released request and prints it: the same again until its "
                                     "retention ends."};
    (void)argp_parse(&argp, argc, argv, 0, NULL, &given);
    SCH_TRY(sch_session_open(&session, profile, &sch_schakel_stop, &detail));
    SCH_TRY(fetch(&session, &given, &detail));
out:
    sch_session_close(&session);
    return sch_cli_report(err, &detail);
}
