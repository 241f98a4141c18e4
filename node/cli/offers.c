#include "node/cli/offers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/parts.h"

/* ---- keys ---- */

static bool has_keys(const sch_agreement_party *party, const sch_card *card)
{
    return memcmp(party->identity, card->identity, sizeof party->identity) == 0 &&
           memcmp(party->exchange, card->exchange, sizeof party->exchange) == 0 &&
           memcmp(party->tls_pin, card->tls_pin, sizeof party->tls_pin) == 0;
}

static sch_err fail_no_party(const sch_agreement *agreement, const char *node, sch_detail *detail)
{
    sch_detail_set(detail, "node %s is no party of agreement %s", node, agreement->id);
    return sch_fail(SCH_DENIED, "a node is no party of the agreement");
}

/* Every party that the profile has a card of bears its keys, and the called node is one. */
static sch_err check_cards(const sch_agreement *agreement, const sch_session *session, sch_detail *detail)
{
    for (size_t p = 0; p < agreement->party_count; p++) {
        const sch_agreement_party *party = &agreement->party[p];
        const sch_card *card = sch_session_card(session, party->name);
        if (card != NULL && !has_keys(party, card)) {
            sch_detail_set(
                detail,
                "agreement %s gives node %s other keys than the card in your profile; ask its operator which are "
                "right, and compare fingerprints",
                agreement->id, party->name);
            return sch_fail(SCH_DENIED, "the agreement and the profile disagree on a node's keys");
        }
    }
    return sch_agreement_find_party(agreement, sch_session_node(session)) == NULL
               ? fail_no_party(agreement, sch_session_node(session), detail)
               : SCH_NONE;
}

/* ---- what comes in ---- */

/* An agreement or a catalogue of which parts come in. */
typedef struct incoming {
    sch_parts parts;
    sch_control_kind kind;
    uint8_t hash[SCH_HASH_BYTES]; /* of the agreement */
    char node[SCH_NAME_BYTES];    /* whose catalogue */
    sch_offer *offer;             /* of a catalogue */
} incoming;

static sch_err add_offer(sch_offers *offers, const sch_session *session, const incoming *in, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_detail why = {{0}};
    sch_offer *offer = calloc(1, sizeof *offer);
    SCH_TRY(sch_check(offer != NULL, SCH_NO_MEMORY, "out of memory"));
    offers->offer[offers->count++] = offer;
    err = sch_bundle_decode(&offer->bundle, in->parts.bytes.data, in->parts.bytes.bytes, &why);
    if (!sch_failed(err) && memcmp(offer->bundle.hash, in->hash, SCH_HASH_BYTES) != 0) {
        err = sch_fail(SCH_BAD_PEER, "it bears another hash than its bytes have");
    }
    if (!sch_failed(err) && !sch_bundle_is_complete(&offer->bundle, &why)) {
        err = sch_fail(SCH_BAD_PEER, "not all parties have signed it");
    }
    if (sch_failed(err) && err.code != SCH_NO_MEMORY) {
        sch_detail_set(detail, "an agreement that the node sent is not valid: %s", sch_detail_or_text(&why, err));
        err.code = SCH_BAD_PEER;
    }
    SCH_TRY(err);
    for (size_t i = 0; i + 1 < offers->count; i++) {
        SCH_TRY(sch_check(strcmp(offers->offer[i]->bundle.agreement.id, offer->bundle.agreement.id) != 0, SCH_BAD_PEER,
                          "the node sent two versions of one agreement"));
    }
    SCH_TRY(check_cards(&offer->bundle.agreement, session, detail));
out:
    return err;
}

static sch_err add_catalog(const incoming *in, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_offer *offer = in->offer;
    sch_catalog *catalog = &offer->catalog[offer->catalog_count];
    SCH_TRY(sch_catalog_decode(catalog, in->parts.bytes.data, in->parts.bytes.bytes, detail));
    offer->catalog_count++;
    SCH_TRY(sch_check(strcmp(catalog->node, in->node) == 0, SCH_BAD_PEER, "a catalogue bears another node's name"));
    SCH_TRY(sch_view_check(catalog, &offer->bundle.agreement, detail));
out:
    return err;
}

/* Whether there is room for what the first part announces: so many agreements, and under each one catalogue of each of
 * its parties. Nothing of it is kept before that. */
static sch_err begin(const sch_offers *offers, incoming *in, const sch_control *control)
{
    sch_err err = SCH_NONE;
    *in = (incoming){.kind = control->kind};
    memcpy(in->hash, control->hash, sizeof in->hash);
    memcpy(in->node, control->node, sizeof in->node);
    if (control->kind == SCH_CONTROL_AGREEMENT) {
        return sch_check(offers->count < SCH_MAX_OFFERS, SCH_BAD_PEER, "the node sent too many agreements");
    }
    for (size_t i = 0; i < offers->count; i++) {
        if (memcmp(offers->offer[i]->bundle.hash, in->hash, SCH_HASH_BYTES) == 0) {
            in->offer = offers->offer[i];
        }
    }
    SCH_TRY(sch_check(in->offer != NULL, SCH_BAD_PEER, "the node sent a catalogue without its agreement"));
    SCH_TRY(sch_check(sch_agreement_find_party(&in->offer->bundle.agreement, in->node) != NULL, SCH_BAD_PEER,
                      "the node sent a catalogue of one who is no party of the agreement"));
    SCH_TRY(sch_check(!sch_offer_has_catalog(in->offer, in->node), SCH_BAD_PEER,
                      "the node sent two catalogues of one party"));
out:
    return err;
}

/* Takes one message; *done where it was the last. */
static sch_err take(sch_offers *offers, const sch_session *session, incoming *in, const sch_control *control,
                    bool *done, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    bool agreement = control->kind == SCH_CONTROL_AGREEMENT;
    *done = agreement && control->bytes.bytes == 0;
    if (*done) {
        return sch_check(in->parts.next == 0, SCH_BAD_PEER, "an agreement or a catalogue is not complete");
    }
    SCH_TRY(sch_check(agreement || control->kind == SCH_CONTROL_CATALOG, SCH_BAD_PEER,
                      "the node answered with another message than its agreements and catalogues"));
    if (in->parts.next == 0) {
        SCH_TRY(begin(offers, in, control));
    }
    SCH_TRY(sch_check(control->kind == in->kind && memcmp(control->hash, in->hash, sizeof in->hash) == 0 &&
                          strcmp(control->node, in->node) == 0,
                      SCH_BAD_PEER, "the node sent one thing before another was complete"));
    SCH_TRY(
        sch_parts_take(&in->parts, control, agreement ? (size_t)SCH_MAX_BUNDLE_BYTES : (size_t)SCH_MAX_CATALOG_BYTES));
    if (!sch_parts_complete(&in->parts)) {
        return SCH_NONE;
    }
    SCH_TRY(agreement ? add_offer(offers, session, in, detail) : add_catalog(in, detail));
    sch_parts_clear(&in->parts);
out:
    return err;
}

static void make_views(sch_offers *offers)
{
    for (size_t i = 0; i < offers->count; i++) {
        sch_offer *offer = offers->offer[i];
        const sch_catalog *known[SCH_MAX_AGREEMENT_PARTIES];
        for (size_t c = 0; c < offer->catalog_count; c++) {
            known[c] = &offer->catalog[c];
        }
        sch_view_make(&offer->view, &offer->bundle.agreement, known, offer->catalog_count);
    }
}

sch_err sch_offers_fetch(sch_offers *offers, sch_session *session, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_control ask = {.kind = SCH_CONTROL_CATALOG_ASK};
    sch_control control = {0};
    incoming in = {0};
    bool done = false;
    *offers = (sch_offers){0};
    SCH_TRY(sch_session_explain(session, sch_session_send(session, &ask), detail));
    while (!done) {
        sch_control_clear(&control);
        SCH_TRY(sch_session_explain(session, sch_session_receive(session, &control, SCH_ANSWER_MS), detail));
        SCH_TRY(take(offers, session, &in, &control, &done, detail));
    }
    make_views(offers);
out:
    sch_control_clear(&control);
    sch_parts_clear(&in.parts);
    return err;
}

void sch_offers_clear(sch_offers *offers)
{
    for (size_t i = 0; i < offers->count; i++) {
        sch_offer *offer = offers->offer[i];
        for (size_t c = 0; c < SCH_MAX_AGREEMENT_PARTIES; c++) {
            sch_catalog_clear(&offer->catalog[c]);
        }
        sch_bundle_clear(&offer->bundle);
        free(offer);
    }
    *offers = (sch_offers){0};
}

/* ---- which one ---- */

const sch_offer *sch_offers_find(const sch_offers *offers, const char *id)
{
    for (size_t i = 0; i < offers->count; i++) {
        if (strcmp(offers->offer[i]->bundle.agreement.id, id) == 0) {
            return offers->offer[i];
        }
    }
    return NULL;
}

const sch_offer *sch_offers_find_hash(const sch_offers *offers, const uint8_t hash[static SCH_HASH_BYTES])
{
    for (size_t i = 0; i < offers->count; i++) {
        if (memcmp(offers->offer[i]->bundle.hash, hash, SCH_HASH_BYTES) == 0) {
            return offers->offer[i];
        }
    }
    return NULL;
}

bool sch_offer_has_catalog(const sch_offer *offer, const char *party)
{
    bool known = false;
    for (size_t c = 0; c < offer->catalog_count; c++) {
        known = known || strcmp(offer->catalog[c].node, party) == 0;
    }
    return known;
}

/* "a, b, c". */
static void list_ids(sch_detail *out, const sch_offers *offers)
{
    size_t used = 0;
    out->text[0] = '\0';
    for (size_t i = 0; i < offers->count && used + SCH_NAME_BYTES + 2 < sizeof out->text; i++) {
        used += (size_t)snprintf(out->text + used, sizeof out->text - used, "%s%s", i == 0 ? "" : ", ",
                                 offers->offer[i]->bundle.agreement.id);
    }
}

sch_err sch_offers_choose(const sch_offer **out, const sch_offers *offers, const sch_session *session, const char *id,
                          sch_detail *detail)
{
    sch_detail ids;
    *out = NULL;
    if (offers->count == 0) {
        sch_detail_set(detail, "no agreement that is in force at node %s lists you, %s", sch_session_node(session),
                       session->profile.analyst);
        return sch_fail(SCH_DENIED, "no agreement lists the analyst");
    }
    list_ids(&ids, offers);
    if (id == NULL && session->profile.agreement[0] != '\0') {
        id = session->profile.agreement;
    }
    if (id == NULL && offers->count > 1) {
        sch_detail_set(detail, "which agreement? Say --agreement with one of: %.400s", ids.text);
        return sch_fail(SCH_BAD_INPUT, "there are several agreements");
    }
    *out = id == NULL ? offers->offer[0] : sch_offers_find(offers, id);
    if (*out == NULL) {
        sch_detail_set(detail, "no agreement %.63s that lists you is in force at node %s; there is: %.300s", id,
                       sch_session_node(session), ids.text);
        return sch_fail(SCH_BAD_INPUT, "there is no such agreement");
    }
    return SCH_NONE;
}

/* ---- what is made of it ---- */

/* Copies the name that stands at a place: the last one of several with dots between them, without quotes. "" where
 * there is none. */
static void read_name(char out[static SCH_NAME_BYTES], const char *text)
{
    size_t length = 0;
    for (; isalnum((unsigned char)*text) || *text == '_' || *text == '.' || *text == '"'; text++) {
        if (*text == '.') {
            length = 0;
        } else if (*text != '"' && length + 1 < SCH_NAME_BYTES) {
            out[length++] = (char)tolower((unsigned char)*text);
        }
    }
    out[length] = '\0';
}

sch_err sch_offer_explain(const sch_offer *offer, const sch_session *session, sch_err err, const char *sql,
                          size_t position, sch_detail *detail)
{
    char name[SCH_NAME_BYTES];
    const sch_agreement *agreement = &offer->bundle.agreement;
    if (err.code != SCH_BAD_INPUT || position >= strlen(sql)) {
        return err;
    }
    read_name(name, sql + position);
    for (size_t d = 0; d < agreement->data_set_count; d++) {
        const sch_agreement_data_set *set = &agreement->data_set[d];
        if (strcmp(set->name, name) == 0 && !sch_offer_has_catalog(offer, set->party)) {
            sch_detail_set(detail, "node %s, whose data set %s is, is not connected to node %s now", set->party,
                           set->name, sch_session_node(session));
            return sch_fail(SCH_TRY_AGAIN, "a node is not connected");
        }
    }
    return err;
}

sch_err sch_offer_plan(sch_plan *plan, const sch_offer *offer, const sch_request *request, sch_detail *detail)
{
    return sch_plan_make(plan, request, offer->view.catalog, offer->view.count, detail);
}

static sch_err check_holder(const sch_offer *offer, const sch_session *session, const char *node, sch_detail *detail)
{
    const sch_agreement *agreement = &offer->bundle.agreement;
    if (sch_agreement_find_party(agreement, node) == NULL) {
        return fail_no_party(agreement, node, detail);
    }
    if (sch_session_card(session, node) == NULL) {
        sch_detail_set(detail,
                       "node %s would hold a share of the result, but your profile does not list it; add its card "
                       "under nodes",
                       node);
        return sch_fail(SCH_BAD_INPUT, "a node is missing in the profile");
    }
    return SCH_NONE;
}

sch_err sch_offer_check_keys(const sch_offer *offer, const sch_session *session, const sch_plan *plan,
                             sch_detail *detail)
{
    const sch_party holders[] = {plan->member[0].spine, plan->member[0].second};
    sch_err err = SCH_NONE;
    SCH_TRY(check_cards(&offer->bundle.agreement, session, detail));
    for (size_t h = 0; h < sizeof holders / sizeof holders[0]; h++) {
        SCH_TRY(check_holder(offer, session, plan->party[holders[h]], detail));
    }
out:
    return err;
}
