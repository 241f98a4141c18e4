/* job_case.h - how requests stand in the tests of their life. */
#ifndef SCH_TESTS_UNIT_JOB_CASE_H
#define SCH_TESTS_UNIT_JOB_CASE_H

#include "crypto/base/secret.h"
#include "tests/support/unit.h"
#include "tests/unit/quiet_node.h"

enum { ID = 9 };

/* A request that the node itself took, and one that CALLER did; in the node's ledger. */
#define HERE(PHASE)                                                                                                    \
    {                                                                                                                  \
        .phase = SCH_JOB_##PHASE, .reserved = true                                                                     \
    }
#define ELSEWHERE(PHASE)                                                                                               \
    {                                                                                                                  \
        .phase = SCH_JOB_##PHASE, .elsewhere = true, .reserved = true                                                  \
    }

static inline int job_setup(void **state)
{
    (void)state;
    unit_assert_ok(sch_secret_start());
    return 0;
}

#endif
