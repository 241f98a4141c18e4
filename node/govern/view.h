/* view.h - what an agreement lets a planner see: one catalogue a party. */
#ifndef SCH_NODE_GOVERN_VIEW_H
#define SCH_NODE_GOVERN_VIEW_H

#include <stddef.h>

#include "crypto/base/err.h"
#include "proto/agreement.h"
#include "proto/catalog.h"

typedef struct sch_view {
    sch_catalog
        stub[SCH_MAX_AGREEMENT_PARTIES]; /* of parties whose catalogue is not known: their name and no data set */
    const sch_catalog
        *catalog[SCH_MAX_AGREEMENT_PARTIES]; /* borrowed, or a stub; in the agreement's order of parties */
    size_t count;
} sch_view;

/* known: catalogues of parties under this agreement, in any order; those of others are left out. A party whose
 * catalogue is unknown still counts, so that every node chooses the same helper whoever is connected. The view holds
 * pointers into itself: it stays where it is. */
void sch_view_make(sch_view *view, const sch_agreement *agreement, const sch_catalog *const *known, size_t known_count);

/* Whether a catalogue is one that its node may offer under the agreement: a party's, with the agreed threshold and zero
 * rule, no data set and no column beyond the agreed ones, the agreed identifiers, and link keys of columns that may be
 * linked on alone. The catalogue has passed sch_catalog_check. Errors: SCH_BAD_PEER; the detail names what. */
sch_err sch_view_check(const sch_catalog *catalog, const sch_agreement *agreement, sch_detail *detail);

#endif
