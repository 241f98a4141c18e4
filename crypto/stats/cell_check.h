/* cell_check.h - a party's state while the rules for cells are applied. cells_disclose.c sets it up and takes the
 * result from it; cell_margins.c suppresses the margins that would give away other cells. */
#ifndef SCH_CRYPTO_STATS_CELL_CHECK_H
#define SCH_CRYPTO_STATS_CELL_CHECK_H

#include "crypto/share/ring.h"
#include "crypto/stats/cell_plan.h"
#include "crypto/stats/player.h"

typedef struct sch_cell_check {
    const sch_cell_plan *plan;
    sch_player player;
    bool holds;
    uint64_t one;           /* this holder's share of 1 */
    const uint64_t *values; /* columns x cells, at the holders */
    sch_ring below;         /* comparisons x shown */
    sch_ring keep, zero;    /* K, Z: lists x shown; zero is empty where no list tells zeros */
} sch_cell_check;

/* Room at a holder; empty elsewhere. Errors: SCH_NO_MEMORY. */
sch_err sch_cell_check_room(const sch_cell_check *c, sch_ring *ring, size_t rows, size_t columns);

/* x = [x < bound] over `spans` runs of `span` words, each with its own bound. Words are taken in pieces of a fixed
 * number, which bounds what the protocol takes of memory. Errors: LESS's. */
sch_err sch_cell_check_compare(sch_cell_check *c, sch_ring *x, const uint64_t *bound, size_t spans, size_t span);

/* The first `count` words: x = x y. Pieces as above. Errors: MULTIPLY's. */
sch_err sch_cell_check_multiply(sch_cell_check *c, sch_ring *x, const sch_ring *y, size_t count);

/* At a holder: N = value[count] - value[less] of `cells` cells of the table from `first` on. */
void sch_cell_check_count(uint64_t *out, const sch_cell_check *c, uint16_t count, uint16_t less, size_t first,
                          size_t cells);

/* Suppresses margins that would give away what is suppressed: K changes. Errors: as above. */
sch_err sch_cell_check_margins(sch_cell_check *c);

#endif
