/* typing_case.h - what the tests of typing share: a request over five relations of four nodes. */
#ifndef SCH_TESTS_UNIT_TYPING_CASE_H
#define SCH_TESTS_UNIT_TYPING_CASE_H

#include "node/query/typing.h"
#include "tests/support/plan_builder.h"

/* from[]: gemeente.bijstand b, cbs.banen c, LEFT JOIN partner.jeugdhulp j, cbs.personen p, and where typing_with_union
 * was called the union wonen w of stad_a and stad_b. */
enum { B = 0, C = 1, J = 2, P = 3, W = 4 };

typedef struct typing_case {
    fixed_catalogs fixed;
    sch_catalog more; /* personen, wonen */
    sch_request request;
    const sch_data_set *set[SCH_MAX_FROM];
    sch_typed typed[SCH_MAX_EXPRESSIONS];
    sch_detail detail;
} typing_case;

/* A test's setup and teardown for cmocka. */
int typing_setup(void **state);
int typing_teardown(void **state);

void typing_with_union(typing_case *f);
sch_err typing_run(typing_case *f);

/* Types all; fails the test where that is refused. */
const sch_typed *typing_of(typing_case *f, uint32_t expression);
void typing_assert_number(typing_case *f, uint32_t e, int64_t minimum, int64_t maximum, unsigned decimals,
                          bool nullable);

/* The request is refused with a text that has both parts. */
void typing_assert_refused(typing_case *f, const char *part, const char *part2);

#define TYPING_TEST(test) cmocka_unit_test_setup_teardown(test, typing_setup, typing_teardown)

#endif
