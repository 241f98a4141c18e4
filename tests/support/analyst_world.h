/* analyst_world.h - an analyst, an agreement that all parties signed, what they offer under it, and a request with
 * its plan: for tests of the analyst's program. gemeente owns bijstand, cbs owns banen, partner helps. */
#ifndef SCH_TESTS_SUPPORT_ANALYST_WORLD_H
#define SCH_TESTS_SUPPORT_ANALYST_WORLD_H

#include "node/cli/session.h"
#include "node/query/plan.h"
#include "proto/agreement.h"

enum { WORLD_PARTIES = 3, WORLD_MIN_PERSONS = 10 };

typedef struct analyst_world {
    sch_session session; /* connected to the fake node gemeente; its profile has the cards of all parties */
    sch_agreement agreement;
    sch_bundle bundle;
    sch_buf encoded; /* the bundle */
    sch_catalog catalog[WORLD_PARTIES];
    const sch_catalog *list[WORLD_PARTIES];
    sch_request request; /* complete; by anna, for anna */
    sch_plan *plan;
} analyst_world;

extern analyst_world world;

/* A test's setup and teardown for cmocka: everything new, the fake client reset. */
int world_make(void **state);
int world_clear(void **state);

/* Signs the agreement as it stands now by the parties of a bit set, into world.bundle and world.encoded. */
void world_sign(unsigned signers);

/* Puts the answer to a question for agreements and catalogues in line: the bundle, the catalogues of the parties of
 * a bit set, the end. */
void world_put_offer(unsigned catalogs);
void world_put_catalog(const sch_catalog *catalog);
void world_put_end_of_offers(void);

/* A STATUS of world.request, signed by anna. */
void world_put_status(sch_request_state state, const char *text);
void world_make_status(sch_control *out, sch_request_state state, const char *text);

/* A party's identity secret key. */
void world_secret(uint8_t secret[static SCH_SIGN_SECRET_BYTES], size_t party);

#endif
