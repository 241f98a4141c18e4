/* parties.h - runs the parties of a job on threads of their own, over local links. */
#ifndef SCH_TESTS_SUPPORT_PARTIES_H
#define SCH_TESTS_SUPPORT_PARTIES_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/ident/tag.h"
#include "crypto/protocol/seat.h"
#include "tests/support/local_link.h"

/* The part of one party; what the parties work on is behind `context`, which they share. */
typedef sch_err parties_part(const sch_seat *seat, void *context);

typedef struct test_parties {
    local_net *net; /* borrowed */
    size_t count;
    uint8_t key[SCH_MAX_PARTIES][SCH_MAX_PARTIES][SCH_KEY_BYTES]; /* key[p][q]: of p and q, p > q */
    sch_seat seat[SCH_MAX_PARTIES];
    sch_err err[SCH_MAX_PARTIES]; /* how each party ended */
} test_parties;

/* The parties 0 to count - 1 of a net of `count`; keys from a seed, one for each pair. shard as in a seat; now_ns may
 * be NULL. Seats point into *parties, which stays where it is. */
void parties_init(test_parties *parties, local_net *net, size_t count, uint64_t seed, uint32_t shard,
                  uint64_t (*now_ns)(void));

/* Runs part(&seat[p], context) for each party p at the same time and waits for all. Results in err. Gives the first
 * error by its weight: what a party found itself before what it suffered from another's end (SCH_TRY_AGAIN). */
sch_err parties_run(test_parties *parties, parties_part *part, void *context);

/* A small generator for test data (splitmix64); never for keys. */
uint64_t parties_random(uint64_t *state);

/* A tag for test data, one for each name. */
sch_tag parties_tag(uint64_t name);

#endif
