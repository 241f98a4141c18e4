#include "node/cli/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base/secret.h"
#include "proto/parts.h"
#include "proto/sealed.h"

enum { HOLDERS = 2, MAX_AGAIN = 5 };

/* ---- the plan ---- */

static bool misses_owner(const sch_offer *offer, const sch_request *request)
{
    bool missing = false;
    for (size_t f = 0; f < request->from_count; f++) {
        for (size_t n = 0; n < request->from[f].node_count; n++) {
            missing = missing || !sch_offer_has_catalog(offer, request->from[f].node[n]);
        }
    }
    return missing;
}

sch_err sch_fetch_plan(sch_plan *plan, const sch_offer **offer, const sch_offers *offers, const sch_status *status,
                       sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_detail why = {{0}};
    uint8_t hash[SCH_HASH_BYTES];
    const sch_request *request = &status->request;
    bool same_version = true;
    *offer = sch_offers_find_hash(offers, request->agreement_hash);
    if (*offer == NULL) {
        same_version = false;
        *offer = sch_offers_find(offers, request->agreement);
    }
    if (*offer == NULL) {
        sch_detail_set(detail,
                       "agreement %s, under which this was computed, is not in force any more, or does not list you",
                       request->agreement);
        return sch_fail(SCH_DENIED, "the agreement is gone");
    }
    err = sch_offer_plan(plan, *offer, request, &why);
    if (!sch_failed(err)) {
        SCH_TRY(sch_plan_hash(hash, plan));
        if (memcmp(hash, status->plan_hash, sizeof hash) == 0) {
            return SCH_NONE;
        }
        err = sch_fail(SCH_BAD_INPUT, "the plan is another one now");
    }
    if (err.code == SCH_NO_MEMORY) {
        return err;
    }
    if (err.code == SCH_TRY_AGAIN && misses_owner(*offer, request)) {
        sch_detail_set(detail, "the result cannot be read now: %s", sch_detail_or_text(&why, err));
        return err;
    }
    sch_detail_set(detail, "the result cannot be read any more: %s since it was computed; ask again",
                   same_version ? "a data set's schema has changed" : "the agreement has another version");
    err = sch_fail(SCH_BAD_INPUT, "the plan is another one now");
out:
    return err;
}

/* ---- what comes in ---- */

/* One holder's sealed shares. */
typedef struct share_holder {
    const char *node;        /* borrowed from the plan */
    const uint8_t *identity; /* borrowed from the profile */
    sch_parts sealed;
    uint8_t signature[SCH_SIGN_BYTES];
} share_holder;

/* sealed_bytes: that each holder's come to. */
static sch_err take_part(share_holder holders[HOLDERS], const sch_control *control, size_t sealed_bytes)
{
    for (size_t h = 0; h < HOLDERS; h++) {
        if (strcmp(control->node, holders[h].node) != 0) {
            continue;
        }
        if (holders[h].sealed.next == 0) {
            memcpy(holders[h].signature, control->signature, sizeof holders[h].signature);
        }
        return sch_parts_take(&holders[h].sealed, control, sealed_bytes);
    }
    return sch_fail(SCH_BAD_PEER, "shares came from a node that holds none");
}

static bool is_complete(const share_holder holders[HOLDERS])
{
    return sch_parts_complete(&holders[0].sealed) && sch_parts_complete(&holders[1].sealed);
}

static void forget_parts(share_holder holders[HOLDERS])
{
    for (size_t h = 0; h < HOLDERS; h++) {
        sch_parts_clear(&holders[h].sealed);
    }
}

/* One attempt over one connection; *lost where that ended. Other messages than the result's may come: the request is
 * watched. */
static sch_err receive_parts(sch_session *session, share_holder holders[HOLDERS], bool *lost, const sch_request_id *id,
                             size_t sealed_bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_control control = {0};
    sch_control fetch = {.kind = SCH_CONTROL_FETCH, .id = *id};
    memcpy(fetch.recipient, session->profile.analyst, sizeof fetch.recipient);
    forget_parts(holders);
    *lost = false;
    err = sch_session_send(session, &fetch);
    while (!sch_failed(err) && !is_complete(holders)) {
        sch_control_clear(&control);
        err = sch_session_receive(session, &control, SCH_ANSWER_MS);
        if (sch_failed(err) || memcmp(&control.id, id, sizeof *id) != 0) {
            continue;
        }
        if (control.kind == SCH_CONTROL_FAIL) {
            SCH_TRY(sch_status_fail(&control, detail));
        } else if (control.kind == SCH_CONTROL_RESULT) {
            SCH_TRY(sch_check(strcmp(control.recipient, fetch.recipient) == 0, SCH_BAD_PEER,
                              "the node sent another recipient's result"));
            SCH_TRY(take_part(holders, &control, sealed_bytes));
        }
    }
    *lost = err.code == SCH_IO;
    err = sch_session_explain(session, err, detail);
out:
    sch_control_clear(&control);
    return err;
}

/* ---- what is made of it ---- */

/* Checks one holder's shares against what was asked. */
static sch_err check_shares(const sch_shares *shares, size_t holder, const sch_plan *plan,
                            const uint8_t plan_hash[static SCH_HASH_BYTES])
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(shares->holder == holder && memcmp(shares->plan_hash, plan_hash, SCH_HASH_BYTES) == 0,
                      SCH_BAD_PEER, "a holder computed another plan than the one that was asked for"));
    SCH_TRY(sch_check(shares->min_persons == plan->rules.min_persons && shares->show_zero == plan->rules.show_zero,
                      SCH_BAD_PEER, "a holder applied other rules than the agreement says"));
    SCH_TRY(sch_check(shares->columns == plan->cell.columns && shares->cells == plan->cell.cells, SCH_BAD_PEER,
                      "a holder's table is of another shape"));
out:
    return err;
}

static sch_err add_up(sch_answer *answer, const sch_session *session, share_holder holders[HOLDERS],
                      const sch_plan *plan, const uint8_t request_hash[static SCH_HASH_BYTES], sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_shares shares = {0};
    uint8_t plan_hash[SCH_HASH_BYTES];
    size_t words = (size_t)plan->cell.columns * plan->cell.cells;
    SCH_TRY(sch_plan_hash(plan_hash, plan));
    answer->words = words;
    answer->values = calloc(words, sizeof *answer->values);
    answer->states = calloc(words, sizeof *answer->states);
    SCH_TRY(sch_check(answer->values != NULL && answer->states != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t h = 0; h < HOLDERS; h++) {
        err = sch_shares_open(&shares, holders[h].sealed.bytes.data, holders[h].sealed.bytes.bytes,
                              holders[h].signature, request_hash, holders[h].identity, session->identity.card.exchange,
                              session->identity.exchange_secret);
        if (!sch_failed(err)) {
            err = check_shares(&shares, h, plan, plan_hash);
        }
        if (sch_failed(err)) {
            sch_detail_set(detail, "the result of node %s cannot be trusted: %s", holders[h].node, err.text);
        }
        SCH_TRY(err);
        for (size_t i = 0; i < words; i++) {
            answer->values[i] += shares.values[i];
            answer->states[i] += shares.states[i];
        }
        sch_shares_clear(&shares);
    }
out:
    sch_shares_clear(&shares);
    return err;
}

/* The key of a node that holds shares, from the profile: the analyst's own word on who that is. */
static sch_err find_holder(const sch_session *session, share_holder *holder, const sch_plan *plan, sch_party party,
                           sch_detail *detail)
{
    const sch_card *card = sch_session_card(session, plan->party[party]);
    holder->node = plan->party[party];
    if (card == NULL) {
        sch_detail_set(
            detail, "node %s holds a share of the result, but your profile does not list it; add its card under nodes",
            holder->node);
        return sch_fail(SCH_BAD_INPUT, "a node is missing in the profile");
    }
    holder->identity = card->identity;
    return SCH_NONE;
}

sch_err sch_fetch_answer(sch_answer *answer, sch_session *session, const sch_status *status, const sch_plan *plan,
                         sch_detail *detail)
{
    sch_err err = SCH_NONE;
    share_holder holders[HOLDERS] = {{0}};
    const sch_request_id *id = &status->request.id;
    const size_t sealed_bytes = sch_shares_bytes(plan->cell.columns, plan->cell.cells);
    bool lost = false;
    *answer = (sch_answer){0};
    SCH_TRY(find_holder(session, &holders[0], plan, plan->member[0].spine, detail));
    SCH_TRY(find_holder(session, &holders[1], plan, plan->member[0].second, detail));
    err = receive_parts(session, holders, &lost, id, sealed_bytes, detail);
    for (unsigned again = 0; lost && again < MAX_AGAIN; again++) {
        SCH_TRY(sch_session_reconnect(session, id, detail));
        err = receive_parts(session, holders, &lost, id, sealed_bytes, detail);
    }
    SCH_TRY(err);
    SCH_TRY(add_up(answer, session, holders, plan, status->request_hash, detail));
out:
    forget_parts(holders);
    return err;
}

void sch_answer_clear(sch_answer *answer)
{
    if (answer->values != NULL) {
        sch_secret_wipe(answer->values, answer->words * sizeof *answer->values);
    }
    if (answer->states != NULL) {
        sch_secret_wipe(answer->states, answer->words * sizeof *answer->states);
    }
    free(answer->values);
    free(answer->states);
    *answer = (sch_answer){0};
}
