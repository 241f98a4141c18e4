#include "node/cli/absent.h"

#include <stdlib.h>
#include <string.h>

/* A data set of the query by its name, as a node that is connected offers it; NULL where the query has none. */
static const sch_data_set *find_asked(const sch_request *request, const sch_offer *offer, const char *name)
{
    for (size_t i = 0; i < request->from_count; i++) {
        const sch_from *from = &request->from[i];
        for (size_t c = 0; c < offer->view.count && strcmp(from->data_set, name) == 0; c++) {
            if (strcmp(offer->view.catalog[c]->node, from->node[0]) == 0) {
                return sch_catalog_find(offer->view.catalog[c], name);
            }
        }
    }
    return NULL;
}

/* What an absent party would offer of the query's data sets, taken to be as the others have them. data_set: room for
 * SCH_MAX_FROM; borrows all that they own. */
static sch_catalog imagine(const sch_request *request, const sch_offer *offer, const char *party,
                           sch_data_set *data_set)
{
    const sch_agreement *agreement = &offer->bundle.agreement;
    sch_catalog found = {.data_set = data_set};
    memcpy(found.node, party, strlen(party) + 1);
    for (size_t d = 0; d < agreement->data_set_count && found.data_set_count < SCH_MAX_FROM; d++) {
        const sch_agreement_data_set *agreed = &agreement->data_set[d];
        const sch_data_set *asked = strcmp(agreed->party, party) == 0 ? find_asked(request, offer, agreed->name) : NULL;
        if (asked != NULL) {
            data_set[found.data_set_count++] = *asked;
        }
    }
    return found;
}

static bool same_nodes(const sch_request *a, const sch_request *b)
{
    bool same = a->from_count == b->from_count;
    for (size_t i = 0; same && i < a->from_count; i++) {
        same = a->from[i].node_count == b->from[i].node_count;
    }
    return same;
}

/* One absent party: the query is read again as if it were there. */
static sch_err check_party(const sch_request *request, const char *sql, sch_absent_parse parse, const sch_offer *offer,
                           const sch_session *session, size_t party, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const char *name = offer->bundle.agreement.party[party].name;
    const sch_catalog *catalog[SCH_MAX_AGREEMENT_PARTIES];
    sch_request with = {0};
    sch_detail ignored = {{0}};
    sch_data_set *data_set = calloc(SCH_MAX_FROM, sizeof *data_set);
    SCH_TRY(sch_check(data_set != NULL, SCH_NO_MEMORY, "out of memory"));
    sch_catalog there = imagine(request, offer, name, data_set);
    for (size_t c = 0; c < offer->view.count; c++) {
        catalog[c] = strcmp(offer->view.catalog[c]->node, name) == 0 ? &there : offer->view.catalog[c];
    }
    if (there.data_set_count > 0) {
        err = parse(&with, NULL, sql, catalog, offer->view.count, &ignored);
        if (err.code == SCH_BAD_INPUT || (!sch_failed(err) && !same_nodes(request, &with))) {
            sch_detail_set(detail, "node %s, whose data set %s is, is not connected to node %s now", name,
                           there.data_set[0].name, sch_session_node(session));
            err = sch_fail(SCH_TRY_AGAIN, "a node is not connected");
        }
    }
out:
    sch_request_clear(&with);
    free(data_set);
    return err;
}

sch_err sch_absent_check(const sch_request *request, const char *sql, sch_absent_parse parse, const sch_offer *offer,
                         const sch_session *session, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const sch_agreement *agreement = &offer->bundle.agreement;
    for (size_t p = 0; p < agreement->party_count; p++) {
        if (!sch_offer_has_catalog(offer, agreement->party[p].name)) {
            SCH_TRY(check_party(request, sql, parse, offer, session, p, detail));
        }
    }
out:
    return err;
}
