/* agreement_fixture.h - an agreement that is valid: three parties (gemeente and cbs own data, partner helps), two data
 * sets, two analysts, in memory of its own that a test may change. */
#ifndef SCH_TESTS_UNIT_AGREEMENT_FIXTURE_H
#define SCH_TESTS_UNIT_AGREEMENT_FIXTURE_H

#include "proto/agreement.h"

enum { FIXTURE_PARTIES = 3, FIXTURE_SETS = 2, FIXTURE_COLUMNS = 4, FIXTURE_ANALYSTS = 2 };

/* The identity's secret key of party number `party`; the same in every run. */
void fixture_secret(uint8_t secret_key[static SCH_SIGN_SECRET_BYTES], size_t party);

/* Makes it; clear with sch_agreement_clear. */
void fixture_agreement(sch_agreement *agreement);

/* Makes its bundle, signed by the parties of a bit set (bit 0: gemeente). */
void fixture_bundle(sch_bundle *bundle, unsigned signers);

#endif
