/* plan_builder.h - requests and catalogues by hand, for the tests of planning. Every function fails the test where it
 * cannot do its work. */
#ifndef SCH_TESTS_SUPPORT_PLAN_BUILDER_H
#define SCH_TESTS_SUPPORT_PLAN_BUILDER_H

#include "node/query/plan.h"
#include "proto/catalog.h"
#include "proto/request.h"
#include "tests/support/unit.h"

/* ---- catalogues ---- */

/* A node with room for four data sets of 32 columns, which the functions below add. */
void build_catalog(sch_catalog *catalog, const char *node, uint32_t min_persons, bool show_zero);
/* With several rows a person: how many at most is not declared. */
sch_data_set *build_data_set(sch_catalog *catalog, const char *name, sch_rows_per_person rows, uint64_t max_rows);
sch_column *build_column(sch_data_set *set, const char *name, sch_column_role role, sch_type type, bool required);
sch_column *build_bounded(sch_data_set *set, const char *name, sch_column_role role, bool required, int64_t minimum,
                          int64_t maximum, uint8_t decimals);
sch_column *build_coded(sch_data_set *set, const char *name, bool required, const char *const *code, size_t count);
sch_column *build_identifier(sch_data_set *set, const char *name);
/* A link key of columns that are there; first: of each, characters of a text. */
void build_link_key(sch_data_set *set, const char *name, size_t parts, const char *const *column, const uint8_t *first);
/* edges: bins + 1. */
void build_bins(sch_column *column, size_t bins, const int64_t *edge);

/* Five nodes and their data sets, linked by bsn:
 *
 *     gemeente    bijstand (one row a person)
 *     cbs         banen (several, not declared how many), personen (one; with bins)
 *     partner     jeugdhulp (one)
 *     stad        bijstand (as gemeente's), wonen (one; with bins)
 *     uwv         perioden (at most 4 a person)
 *
 * Those with one row a person have the link key tekst, of one text; bijstand and personen also geboorte, of a date and
 * the first four characters of that text. */
enum { GEMEENTE, CBS, PARTNER, STAD, UWV, FIXED_CATALOGS };
typedef struct fixed_catalogs {
    sch_catalog catalog[FIXED_CATALOGS];
    const sch_catalog *list[FIXED_CATALOGS];
} fixed_catalogs;

void fixed_init(fixed_catalogs *fixed);
void fixed_clear(fixed_catalogs *fixed);
/* A data set, and a column of it, to change it: give the requests their hashes anew afterwards. */
sch_data_set *fixed_set(fixed_catalogs *fixed, size_t node, const char *name);
sch_column *fixed_column(fixed_catalogs *fixed, size_t node, const char *name, const char *column);

/* ---- requests ---- */

/* A request with nothing in it. */
void build_request(sch_request *request);
/* Adds a data set to FROM, joined on its identifier; gives its number. */
uint8_t build_from(sch_request *request, const sch_catalog *catalog, const char *name, const char *alias,
                   sch_join join);
/* Makes it a union with the same data set of another node. */
void build_member(sch_request *request, uint8_t from, const sch_catalog *catalog);
/* A pass of linking, after the ones that are there. */
void build_pass(sch_request *request, const char *link_key);
/* Fills in the schema hashes. */
void build_hashes(sch_request *request, const fixed_catalogs *fixed);

uint32_t build_col(sch_request *request, uint8_t data_set, const char *name);
uint32_t build_number(sch_request *request, int64_t number, uint8_t decimals);
uint32_t build_text(sch_request *request, const char *text);
uint32_t build_boolean(sch_request *request, bool value);
uint32_t build_date(sch_request *request, int64_t days);
uint32_t build_null(sch_request *request);
uint32_t build_organisation(sch_request *request, uint8_t data_set);
uint32_t build_op(sch_request *request, sch_op op, size_t argument_count, const uint32_t *argument);
uint32_t build_op1(sch_request *request, sch_op op, uint32_t a);
uint32_t build_op2(sch_request *request, sch_op op, uint32_t a, uint32_t b);
uint32_t build_op3(sch_request *request, sch_op op, uint32_t a, uint32_t b, uint32_t c);

void build_where(sch_request *request, uint32_t condition);
/* Groups on a column, on BIN of a column, on ORGANISATION, and puts it among the outputs. */
void build_key(sch_request *request, uint8_t data_set, const char *name);
void build_bin_key(sch_request *request, uint8_t data_set, const char *name);
void build_organisation_key(sch_request *request, uint8_t data_set);
/* A grouping set; bit i keeps key i. */
void build_set(sch_request *request, uint32_t keys);
void build_output(sch_request *request, const char *name, uint32_t expression);
void build_count_rows(sch_request *request);
void build_count_persons(sch_request *request, uint8_t data_set);
/* Aggregates of columns among the outputs; give their expression. */
uint32_t build_sum(sch_request *request, uint8_t data_set, const char *column);
uint32_t build_aggregate(sch_request *request, sch_op op, uint32_t argument);
uint32_t build_aggregate2(sch_request *request, sch_op op, uint32_t y, uint32_t x);

#endif
