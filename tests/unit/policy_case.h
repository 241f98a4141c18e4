/* policy_case.h - what the tests of the policy share: the sample agreement, and requests under it. */
#ifndef SCH_TESTS_UNIT_POLICY_CASE_H
#define SCH_TESTS_UNIT_POLICY_CASE_H

#include "node/govern/policy.h"
#include "tests/support/unit.h"

#define POLICY_NOW INT64_C(1811851200000) /* 2027-06-01T12:00:00Z */

extern sch_agreement policy_agreement; /* sample_agreement.h */
extern const uint8_t policy_hash[SCH_HASH_BYTES];

enum { POLICY_OFFERED = 3 };

/* What nodes offer, for the two checks below; none, which stands for not known yet, unless a test says so. */
extern const sch_catalog *policy_offered[POLICY_OFFERED];
extern size_t policy_offered_count;

/* A group's setup and teardown for cmocka: the agreement and the catalogues of sql_catalogs.h. */
int policy_setup(void **state);
int policy_teardown(void **state);

void policy_copy_name(char out[static SCH_NAME_BYTES], const char *name);

/* A request of anna, made now, for herself, that keeps every rule which is not about its SQL. */
void policy_make_request(sch_request *request, const char *sql);

/* Fails the test where the request does not keep the agreement at a moment in ms. */
void policy_assert_kept(const sch_request *request, const sch_agreement *agreement, int64_t now, uint64_t cells);

/* Fails the test unless it breaks this rule and the detail is this sentence, which begins with the rule's name. */
void policy_assert_broken(const sch_request *request, const sch_agreement *agreement, int64_t now, uint64_t cells,
                          const char *expected_rule, const char *sentence);

#endif
