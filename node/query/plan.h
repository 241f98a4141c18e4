/* plan.h - from a request and the catalogues of two owners to what each party does.
 *
 * The meaning is that of the SQL on the pooled tables: the spine's rows joined with the data owner's records on the
 * identifier. So COUNT(*) counts joined records, COUNT(DISTINCT identifier) linked persons, and an aggregate over a column
 * of the spine weighs each person by the number of their matching records (a product with the data owner's "records"
 * column). What differs is the threshold, which is stricter: an aggregate over an expression that can be empty is
 * guarded by the persons who have a value, not by all linked persons.
 *
 * Each table column is made once, however many aggregates rest on it; the analyst's software gets all of them, each under
 * its own guard: with an average also its sum and its count.
 *
 * Planning is a function of its arguments alone: each node makes the plan for itself and the nodes compare
 * sch_plan_hash, so that nobody has to trust another's plan. */
#ifndef SCH_NODE_QUERY_PLAN_H
#define SCH_NODE_QUERY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "crypto/protocol/link.h"
#include "crypto/stats/linked_table.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum { SCH_MAX_WIDE = 8, SCH_MAX_NODES = 16 };

/* One column of the GROUP BY. A cell's number on the spine is the sum of code x stride over the spine's keys; the data
 * owner's keys number the combinations of the wide form in the same way. */
typedef struct sch_plan_key {
    sch_party owner;
    const sch_column *column; /* borrowed from the catalogue */
    uint32_t domain;          /* codes, with one for empty where the column is not required */
    uint32_t stride;
} sch_plan_key;

/* The local part of one owner, for its own engine. The statement reads from a relation called data, whose columns are the
 * data set's under their own names and types (integers and scaled decimals BIGINT, text VARCHAR, BOOLEAN, DATE), and
 * gives one row a person where persons hold several records: first the identifier (VARCHAR), then the keys (the
 * columns' own types), then the values (BIGINT). */
typedef struct sch_local {
    char *sql; /* owned */
    const sch_column *key[SCH_MAX_OUTPUTS];
    size_t key_count;
    size_t value_count;
} sch_local;

typedef enum sch_output_kind {
    SCH_OUTPUT_KEY = 1, /* the text of a code */
    SCH_OUTPUT_COUNT,   /* a table column */
    SCH_OUTPUT_SUM,     /* a table column; NULL where its present column (persons with a value) is 0 */
    SCH_OUTPUT_AVG,     /* one table column over its present column (records with a value); NULL where that is 0 */
} sch_output_kind;

/* For a wide combination w, the table columns are sum[w] and present[w]; both have the same guard. */
typedef struct sch_plan_output {
    sch_output_kind kind;
    size_t key;       /* of a key: its number in key[] */
    uint8_t decimals; /* of a sum or an average's numerator */
    uint16_t sum[SCH_MAX_WIDE];
    uint16_t present[SCH_MAX_WIDE];
} sch_plan_output;

typedef struct sch_plan {
    char node[SCH_PARTIES][SCH_NAME_BYTES]; /* who is spine, data owner, helper */
    uint8_t from[2];                        /* which of request->from: the spine's, the data owner's */
    sch_plan_key key[SCH_MAX_OUTPUTS];
    size_t key_count;
    uint32_t wide; /* combinations of the data owner's keys; 1 without */
    sch_table_shape shape;
    sch_local local[2]; /* spine, data owner */
    sch_plan_output output[SCH_MAX_OUTPUTS];
    size_t output_count;
    uint16_t persons[SCH_MAX_WIDE]; /* the table column that counts linked persons, per combination */
    sch_disclosure rules;           /* the strictest of the owners' */
    uint64_t max_rows[2];           /* declared bounds on the files' rows */
} sch_plan;

/* Plans. request: is checked here too (sch_request_check_query). The spine is the owner with one row a person; where both
 * have that, the one whose GROUP BY columns have more codes, and of two alike the first in FROM. The helper is the first
 * other node by name. catalog: those of all nodes of the mesh that are up, own one included, borrowed for the plan's life.
 * Checks names (an unknown one is answered with the nearest known one), roles and types of columns, that
 * conditions can each be decided by one owner, that every sum stays below 2^62, that cells and columns are within bounds.
 * Errors: SCH_BAD_INPUT (detail names the construct and what to write instead), SCH_TRY_AGAIN where a node or data set
 * is missing or has another schema than the analyst saw, SCH_NO_MEMORY. The plan is the caller's to clear, also on
 * failure. */
sch_err sch_plan_make(sch_plan *plan, const sch_request *request, const sch_catalog *const *catalog,
                      size_t catalog_count, sch_detail *detail);

/* The numbers in the table that the analyst gets: cells times aggregates, which is what an agreement's max_cells bounds. */
uint64_t sch_plan_numbers(const sch_plan *plan, const sch_request *request);

/* SHA-256 over everything in a plan. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_plan_hash(uint8_t out[static SCH_HASH_BYTES], const sch_plan *plan);

void sch_plan_clear(sch_plan *plan);

/* Bytes that the job is expected to send over the wire in all, for given numbers of rows, without framing. With n_S and n_D
 * rows, k data columns, p products, m = k + p table columns of which q are guards, g groups, z = ceil((n_S + n_D) / 2^17)
 * shards, and c = 2 comparisons where zeros are told apart from small counts, else 1:
 *     align, products, permute, select   n_S (24 + 8 (3 m - 2 p) + 24 p) + n_D (16 + 8 k) + z g (8 + 16 m)
 *     threshold                          g (96 q c + 40 m)
 *     release                            32 m g: two holders' values and states
 * (computation.md steps 2 to 4 and 6 to 8; crypto/stats/linked_table.h). Saturates at 2^64 - 1. */
uint64_t sch_plan_bytes(const sch_plan *plan, uint64_t spine_rows, uint64_t data_rows);

/* Writes the text of --explain: who is spine, data owner and helper, each one's local part as SQL, who learns what, rows and
 * bytes expected at most, the table's shape, the rules. Errors: SCH_NO_MEMORY. */
sch_err sch_plan_explain(sch_buf *out, const sch_plan *plan, const sch_request *request);

#endif
