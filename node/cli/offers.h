/* offers.h - the agreements that list an analyst, as the called node hands them on, with what the nodes offer under
 * each. */
#ifndef SCH_NODE_CLI_OFFERS_H
#define SCH_NODE_CLI_OFFERS_H

#include "node/cli/session.h"
#include "node/govern/view.h"
#include "node/query/plan.h"
#include "proto/agreement.h"

enum { SCH_MAX_OFFERS = 16 };

/* One agreement: complete, all its parties' signatures verified, with the keys of the cards in the profile. */
typedef struct sch_offer {
    sch_bundle bundle;
    sch_catalog catalog[SCH_MAX_AGREEMENT_PARTIES]; /* at most one of a party; each checked against the agreement */
    size_t catalog_count;
    sch_view view; /* borrows from the above */
} sch_offer;

typedef struct sch_offers {
    sch_offer *offer[SCH_MAX_OFFERS]; /* owned */
    size_t count;
} sch_offers;

/* Asks the node. Nothing is taken under an agreement before it is known to mean the nodes that the analyst knows: it
 * has the called node as a party, and every party that the profile has a card of bears the card's keys. The offers are
 * the caller's to clear, also on failure. Errors: SCH_IO; SCH_BAD_PEER where what came is not signed by all parties,
 * offers something else than was agreed, or is more than one catalogue of each party; SCH_DENIED for other keys: the
 * detail says whose; SCH_TRY_AGAIN for no answer; SCH_NO_MEMORY. */
sch_err sch_offers_fetch(sch_offers *offers, sch_session *session, sch_detail *detail);
void sch_offers_clear(sch_offers *offers);

/* By the agreement's id, or by the hash of its bytes; NULL where there is none. */
const sch_offer *sch_offers_find(const sch_offers *offers, const char *id);
const sch_offer *sch_offers_find_hash(const sch_offers *offers, const uint8_t hash[static SCH_HASH_BYTES]);

/* Whether what a party offers is known: the called node is connected to it. */
bool sch_offer_has_catalog(const sch_offer *offer, const char *party);

/* The agreement to ask under: of this id; else, where id is NULL, the profile's; else the only one that there is.
 * Errors: SCH_BAD_INPUT, SCH_DENIED where no agreement lists the analyst; the detail names those that there are. */
sch_err sch_offers_choose(const sch_offer **out, const sch_offers *offers, const sch_session *session, const char *id,
                          sch_detail *detail);

/* What it means that reading a query failed at a place: where a data set's name stands there that a party would
 * offer which is not connected now, another error than that there is none. err: of sch_sql_parse; is given back in
 * all other cases. */
sch_err sch_offer_explain(const sch_offer *offer, const sch_session *session, sch_err err, const char *sql,
                          size_t position, sch_detail *detail);

/* Plans as each node does. Errors: those of sch_plan_make. */
sch_err sch_offer_plan(sch_plan *plan, const sch_offer *offer, const sch_request *request, sch_detail *detail);

/* Whether the agreement means the nodes that the analyst knows: every party that the profile has a card of bears the
 * card's keys, and the called node and those who would hold a share are among them. Errors: SCH_DENIED for other
 * keys, SCH_BAD_INPUT for a missing card; the detail says which. */
sch_err sch_offer_check_keys(const sch_offer *offer, const sch_session *session, const sch_plan *plan,
                             sch_detail *detail);

#endif
