/* local_case.h - what the tests of local statements share: a plan's parts on DuckDB, over tables that stand for the
 * nodes' data sets. */
#ifndef SCH_TESTS_UNIT_LOCAL_CASE_H
#define SCH_TESTS_UNIT_LOCAL_CASE_H

#include "tests/unit/duck.h"
#include "tests/unit/plan_case.h"

typedef struct local_case {
    plan_case *plan;
    duck *db; /* with sch_text_number as a node's engine has it, and a sch_link_text of ASCII without points */
} local_case;

int local_setup(void **state);
int local_teardown(void **state);

#define LOCAL_TEST(test) cmocka_unit_test_setup_teardown(test, local_setup, local_teardown)

/* Makes a table of a data set, in the place of one that was there; rows as in VALUES, or nothing. A data set of banen
 * is the table banen. */
void local_table(local_case *f, size_t node, const char *set, const char *rows);

/* Runs the part that has a data set of FROM, over the tables of its data sets, by identifier and then by its other
 * columns. Fails the test where it gives other than keys of their types and BIGINT values that are never NULL. The
 * table is the caller's to clear. */
void local_run(local_case *f, duck_table *table, uint8_t from);

void local_assert_row(const duck_table *table, size_t row, size_t count, const char *const *expected);
#define LOCAL_ROW(table, row, ...)                                                                                     \
    local_assert_row(table, row, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                          \
                     (const char *const[]){__VA_ARGS__})

/* A value of a row by the text that the statement has for it. */
int64_t local_value(local_case *f, const duck_table *table, size_t row, uint8_t from, const char *text);

/* Puts a row's values of a data set's part into the row that plan_run works on. */
void local_put(local_case *f, const duck_table *table, size_t row, uint8_t from);

#endif
