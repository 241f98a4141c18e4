/* three.h - runs the three parties of a protocol on threads of their own, over local links. */
#ifndef SCH_TESTS_SUPPORT_THREE_H
#define SCH_TESTS_SUPPORT_THREE_H

#include <stdint.h>

#include "crypto/protocol/trio.h"
#include "tests/support/local_link.h"

/* The part of one party; what the parties work on is behind `context`, which they share. */
typedef sch_err three_part(const sch_trio *trio, void *context);

typedef struct three_parties {
    local_net *net;                          /* borrowed */
    uint8_t key[SCH_PARTIES][SCH_KEY_BYTES]; /* key[p]: of the pair without p */
    sch_trio trio[SCH_PARTIES];
    sch_err err[SCH_PARTIES]; /* how each party ended */
} three_parties;

/* Keys from a seed, one for each pair. shard as in a trio; now_ns may be NULL. */
void three_init(three_parties *three, local_net *net, uint64_t seed, uint32_t shard, uint64_t (*now_ns)(void));

/* Runs part(&trio[p], context) for each party p at the same time and waits for all. Results in err. Gives the first
 * error by its weight: what a party found itself before what it suffered from another's end (SCH_TRY_AGAIN). */
sch_err three_run(three_parties *three, three_part *part, void *context);

/* A small generator for test data (splitmix64); never for keys. */
uint64_t three_random(uint64_t *state);

#endif
