/* player.h - products and comparisons of shared words, whichever part this party plays in them.
 *
 * A composition that runs many of them is written once: a player does what its party has to do and numbers the
 * messages, and one that only counts goes the same way without a party and adds up what all of them would send. */
#ifndef SCH_CRYPTO_STATS_PLAYER_H
#define SCH_CRYPTO_STATS_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/seat.h"

typedef enum sch_player_part { SCH_PLAYS_A, SCH_PLAYS_B, SCH_PLAYS_C, SCH_PLAYS_NONE } sch_player_part;

typedef struct sch_player {
    sch_run run;
    sch_player_part part;
    uint32_t step;  /* number of the next message */
    uint64_t bytes; /* that all parties together have sent, messages only */
} sch_player;

/* run: who plays what, and the first message's number; seat NULL: a player that counts. Errors: SCH_BUG where the
 * seat's party plays no part. */
sch_err sch_player_init(sch_player *player, const sch_run *run);

/* Whether this party holds shares. */
static inline bool sch_player_holds(const sch_player *player)
{
    return player->part == SCH_PLAYS_A || player->part == SCH_PLAYS_B;
}

/* The share of the number 1 that this holder has. */
static inline uint64_t sch_player_one(const sch_player *player)
{
    return player->part == SCH_PLAYS_A;
}

/* One run each: MULTIPLY z = x y; TIMES z = x y with x known to A (NULL at B); LESS y = [x < t] with t NULL at B. Words
 * are NULL where this party does not hold. Nothing is sent for no words. Errors: as the protocols', SCH_BUG where
 * messages cannot be numbered any more. */
sch_err sch_player_multiply(sch_player *player, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count);
sch_err sch_player_times(sch_player *player, uint64_t *z, const uint64_t *x, const uint64_t *y, size_t count);
sch_err sch_player_less(sch_player *player, uint64_t *y, const uint64_t *x, const uint64_t *t, size_t count);

#endif
