/* plan_builder.h - requests and catalogues by hand, for the tests of planning. Every function fails the test where it
 * cannot do its work. */
#ifndef SCH_TESTS_SUPPORT_PLAN_BUILDER_H
#define SCH_TESTS_SUPPORT_PLAN_BUILDER_H

#include "node/query/plan.h"
#include "proto/catalog.h"
#include "proto/request.h"
#include "tests/support/unit.h"

/* ---- catalogues ---- */

/* A node with room for data sets and columns, which the functions below add. */
void build_catalog(sch_catalog *catalog, const char *node, uint32_t min_persons, bool show_zero);
sch_data_set *build_data_set(sch_catalog *catalog, const char *name, sch_rows_per_person rows, uint64_t max_rows);
sch_column *build_column(sch_data_set *set, const char *name, sch_column_role role, sch_type type, bool required);
sch_column *build_bounded(sch_data_set *set, const char *name, sch_column_role role, bool required, int64_t minimum,
                          int64_t maximum, uint8_t decimals);
sch_column *build_coded(sch_data_set *set, const char *name, bool required, const char *const *code, size_t count);
sch_column *build_identifier(sch_data_set *set, const char *name);

/* Three nodes: gemeente offers bijstand (one row a person), cbs banen (many rows), partner jeugdhulp (one row). */
enum { FIXED_CATALOGS = 3 };
typedef struct fixed_catalogs {
    sch_catalog catalog[FIXED_CATALOGS];
    const sch_catalog *list[FIXED_CATALOGS];
} fixed_catalogs;

void fixed_init(fixed_catalogs *fixed);
void fixed_clear(fixed_catalogs *fixed);

/* ---- requests ---- */

/* A request over two data sets; their schema hashes are those of the catalogues. */
void build_request(sch_request *request, const sch_catalog *first, const char *first_set, const char *first_alias,
                   const sch_catalog *second, const char *second_set, const char *second_alias);

uint32_t build_col(sch_request *request, uint8_t data_set, const char *name);
uint32_t build_number(sch_request *request, int64_t number, uint8_t decimals);
uint32_t build_text(sch_request *request, const char *text);
uint32_t build_boolean(sch_request *request, bool value);
uint32_t build_date(sch_request *request, int64_t days);
uint32_t build_null(sch_request *request);
uint32_t build_op(sch_request *request, sch_op op, size_t argument_count, const uint32_t *argument);
uint32_t build_op1(sch_request *request, sch_op op, uint32_t a);
uint32_t build_op2(sch_request *request, sch_op op, uint32_t a, uint32_t b);
uint32_t build_op3(sch_request *request, sch_op op, uint32_t a, uint32_t b, uint32_t c);

void build_where(sch_request *request, uint32_t condition);
/* Groups on a column and puts it among the outputs under its name. */
void build_key(sch_request *request, uint8_t data_set, const char *name);
void build_output(sch_request *request, const char *name, uint32_t aggregate);
void build_count_rows(sch_request *request);
void build_count_persons(sch_request *request, uint8_t data_set);

#endif
