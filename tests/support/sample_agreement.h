/* sample_agreement.h - an agreement for tests, as YAML: three owners whose data sets are those of sql_catalogs.h, two
 * analysts. Every line that a test changes occurs once. */
#ifndef SCH_TESTS_SUPPORT_SAMPLE_AGREEMENT_H
#define SCH_TESTS_SUPPORT_SAMPLE_AGREEMENT_H

#include "proto/agreement.h"

extern const char sample_agreement[];

/* The sample with one piece of text replaced: `find` has to occur once. Owned by the caller, who frees it. */
char *sample_agreement_with(const char *find, const char *put);

/* Reads the sample, changed so; find may be NULL. The agreement is the caller's to clear. Fails the test where it is
 * refused. */
void sample_agreement_read(sch_agreement *out, const char *find, const char *put);

#endif
