/* plan_case.h - what the tests of the planner share: a request over the fixed catalogues, its plan, and one row of
 * the join worked out by the plan's row program. */
#ifndef SCH_TESTS_UNIT_PLAN_CASE_H
#define SCH_TESTS_UNIT_PLAN_CASE_H

#include "tests/support/plan_builder.h"

typedef struct plan_case {
    fixed_catalogs fixed;
    sch_request request;
    sch_plan plan;
    sch_detail detail;
    uint64_t reg[SCH_MAX_REGISTERS]; /* of the row */
    bool put[SCH_MAX_REGISTERS];
} plan_case;

/* A test's setup and teardown for cmocka. The request is empty. */
int plan_setup(void **state);
int plan_teardown(void **state);

#define PLAN_TEST(test) cmocka_unit_test_setup_teardown(test, plan_setup, plan_teardown)

/* Empties the request, to begin another one. */
void plan_again(plan_case *f);
/* Adds a data set of a node (GEMEENTE, ...) to FROM under an alias; gives its number. */
uint8_t plan_join(plan_case *f, size_t node, const char *set, const char *alias);
uint8_t plan_left_join(plan_case *f, size_t node, const char *set, const char *alias);
/* FROM ALL(bijstand): gemeente and stad. */
uint8_t plan_union(plan_case *f, const char *alias);

/* Plans with the catalogues as they are; fails the test where that is refused or plan_check finds something. */
void plan_make(plan_case *f);
/* The same, refused with a sentence that has both parts. Nothing is left in the plan. */
void plan_refused(plan_case *f, sch_code code, const char *text, const char *text2);
/* The part that has a data set of FROM. */
size_t plan_part_of(const plan_case *f, uint8_t from);
const char *plan_sql(const plan_case *f, uint8_t from);
void plan_assert_node(const plan_case *f, sch_party party, const char *node);
/* The aggregate of an expression. */
const sch_plan_aggregate *plan_aggregate_of(const plan_case *f, uint32_t expression);

/* ---- one row of the join ---- */

/* Begins a row: nothing is known of it. */
void plan_row(plan_case *f);
/* All values of a part are 0: it has no record of this person. */
void plan_put_none(plan_case *f, uint8_t from);
/* A record of a data set without GROUP BY: gives what its statement's values about `term` are (an expression of the
 * engine, such as r0."bedrag"), and that there is a record. NULL where value is. */
void plan_put(plan_case *f, uint8_t from, const char *term, const int64_t *value);
/* The same where the statement has any value about it; whether it has. */
bool plan_put_if(plan_case *f, uint8_t from, const char *term, const int64_t *value);
/* The same of a data set with GROUP BY: records in all, and what those with a value come to. */
void plan_put_records(plan_case *f, uint8_t from, const char *term, int64_t records, int64_t present, int64_t sum,
                      bool nonzero);
/* The value that the statement gives under this very text. */
void plan_put_text(plan_case *f, uint8_t from, const char *text, int64_t value);
/* Runs the program. Fails the test where a value was not put, or where what is compared leaves its range. */
void plan_run(plan_case *f);
/* A table column of the row. */
int64_t plan_column(const plan_case *f, uint16_t column);
int64_t plan_column_of(const plan_case *f, uint32_t wide, uint16_t column);
/* A sum of the row put together from its limbs; a count. */
__int128 plan_sum_of(const plan_case *f, const sch_plan_sum *sum);
int64_t plan_count_of(const plan_case *f, const sch_plan_sum *sum);

/* A rule as it counts the row: N, and whether it may be told where it is 0. */
typedef struct plan_guard {
    int64_t n;
    bool zero;
} plan_guard;

/* Each limb of a sum has these rules, in any order. */
void plan_assert_guards(const plan_case *f, const sch_plan_sum *sum, size_t count, const plan_guard *guard);
#define PLAN_GUARDS(f, sum, ...)                                                                                       \
    plan_assert_guards(f, sum, sizeof((const plan_guard[]){__VA_ARGS__}) / sizeof(plan_guard),                         \
                       (const plan_guard[]){__VA_ARGS__})

#endif
