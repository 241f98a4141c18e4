/* plan.h - from a request and the owners' catalogues to what each party does.
 *
 * The meaning is that of the SQL on the pooled tables. What differs are the thresholds, which are stricter: an
 * aggregate over an expression that can be empty is guarded by the persons who have a value, not by all linked persons,
 * and a sum by those whose value is not zero, too.
 *
 * Parts. A part is what one node does alone: all data sets of that node in FROM, joined in its own engine. Part 0 is
 * the spine (of a union: each member's), part 1 + d is data owner d. Parts other than the spine give one row a person;
 * the spine gives one for each person and combination of its keys, or for each record where a condition or an
 * expression needs records. A record of the result is a combination of one record of each part; so COUNT(*) multiplies
 * the parts' records per person, and an aggregate over a column of one part weighs it with the others' records.
 *
 * Aggregates rest on sums, each a table column or a few of them (limbs); the analyst's software gets all of these, each
 * under its own rules: with an average also its sum and its count, with a correlation the sums of squares and products.
 *
 * Passes. Where the request has passes, rows that the identifier does not link are linked by link keys, one after the
 * other; a row is linked once, and only by keys that one row of each file has. The spine is from[0] then, to which the
 * others are linked whatever sends least. Linking is over whole files: what conditions of one part leave is seen to
 * afterwards. So a data owner gives all its rows, with every value 0 where its conditions do not hold; the spine all
 * its rows, and says of each whether they hold.
 *
 * A report of linkage is planned as the query that it stands for (linkage.h): expressions are numbered as in that one.
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
#include "crypto/stats/cell_steps.h"
#include "crypto/stats/cells.h"
#include "crypto/stats/linked_table.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum {
    SCH_MAX_WIDE = 8,
    SCH_MAX_NODES = 16, /* that are looked at */
    SCH_MAX_LIMBS = 4,  /* of a sum */
    SCH_MAX_AGGREGATES = 128,
};

/* Where a key's codes come from. */
typedef enum sch_key_place {
    SCH_KEY_SPINE = 1, /* a column of the spine: the group that it knows */
    SCH_KEY_CODE,      /* a column of a data owner: part of its secret code */
    SCH_KEY_WIDE,      /* a column of a data owner: table columns for each combination */
    SCH_KEY_MEMBER,    /* ORGANISATION of a union */
} sch_key_place;

/* One key of GROUP BY; its number is that in request->group_by. A base cell's number is the sum of code x stride. */
typedef struct sch_plan_key {
    sch_key_place place;
    uint16_t part;            /* whose column; 0 of an organisation */
    const sch_column *column; /* borrowed from the catalogue; NULL of an organisation */
    bool bin;                 /* codes are the column's bins */
    /* without empty: as the column's (catalog.h), bins, or members in the order of request->from[].node */
    uint32_t codes;
    uint32_t domain; /* codes, and one more, the last, for empty where rows can have none */
    uint32_t stride;
    uint32_t inner; /* stride within its place: the spine's group, its owner's code, the combination, the member */
} sch_plan_key;

/* A key as the owner's engine gives it: the column's own type, or of a bin its number (BIGINT). */
typedef struct sch_local_key {
    uint8_t relation; /* r0, r1, ... */
    const sch_column *column;
    bool bin;
    uint32_t stride; /* of the group or the code that its rows get */
} sch_local_key;

/* The local part of one owner, for its own engine. The statement reads from relations r0, r1, ..., one a data set of
 * the part in the order of from[], whose columns are the data set's under their own names and types (integers and
 * scaled decimals BIGINT, text VARCHAR, BOOLEAN, DATE; the identifier VARCHAR, normalised). It gives first the
 * identifier (VARCHAR), then the keys, then the values (BIGINT, never NULL), then, where it has occurrences, which of
 * the person's rows this is, from 0 (BIGINT). With passes there are neither occurrences nor most_records, and what
 * comes last is: of the spine 1 where its conditions hold, else 0; and for each pass two numbers, at least 0, that
 * stand for the link key (122 bits of a hash of it), or -1 twice where a row has none. */
typedef struct sch_local {
    uint8_t from[SCH_MAX_FROM]; /* numbers of request->from */
    size_t from_count;
    char *sql; /* owned */
    sch_local_key key[SCH_MAX_GROUP_BY];
    size_t key_count;
    size_t value_count; /* without the occurrence */
    /* spine: 1 + the most rows that a person has in the statement's result, where that is more than one; each data
     * owner sends its rows once for each. 1 elsewhere: no occurrences */
    uint32_t occurrences;
    /* data owner with keys of place CODE: its codes; a row's code is (sum of code x stride + 1) mod codes, so that 0 is
     * the one with all keys empty, which is what rows without a match get. Spine: its groups, the plain sum. 1 without
     * keys. */
    uint32_t codes;
    uint64_t max_rows; /* declared bound on the rows of the statement's result */
    /* Where a row is several records of a person, and their number is declared: the most that there may be. The
     * statement then gives their number, last of all; bounds of sums rest on it. 0: not so. */
    uint64_t most_records;
    uint8_t passes; /* of the request: beside the one by the identifier */
} sch_local;

/* A sum in limbs: the signed values of the table's cell columns, each times 2^shift, added up. No limbs: not used. */
typedef struct sch_plan_sum {
    uint8_t limbs;
    uint16_t column[SCH_MAX_LIMBS];
    uint8_t shift[SCH_MAX_LIMBS];
} sch_plan_sum;

/* One aggregate of the request, wherever it stands in it. count: records (pairs, for two arguments) with a value, or
 * what COUNT asks for. Sums are over these records; x is the (second) argument, y the first of two; scaled by
 * 10^decimals. */
typedef struct sch_plan_aggregate {
    uint32_t expression;
    sch_op op;
    uint8_t decimals_x, decimals_y;
    sch_plan_sum count, x, y, xx, yy, xy;
    /* Of a percentile: column[b], b < bins - 1 of above: 1 where the quantile lies at or above bin b's end, else 0; so
     * that the bin is their sum. The upper ones for the value after it where PERCENTILE_CONT lies between two. */
    uint16_t bins;
    uint16_t first_above, first_above_next;
    const sch_column *bin_column; /* borrowed */
} sch_plan_aggregate;

typedef enum sch_grouping { SCH_GROUPING_KNOWN = 1, SCH_GROUPING_WIDE, SCH_GROUPING_SORTED } sch_grouping;

typedef struct sch_plan {
    /* nodes; first the spine (in a union all members in order), then data owners, then helpers */
    char party[SCH_MAX_PARTIES][SCH_NAME_BYTES];
    size_t party_count;
    /* one cast a member of the union; one without. All their sums go to member[0]'s holders */
    sch_cast member[SCH_MAX_MEMBERS];
    size_t member_count;
    sch_local local[SCH_MAX_FROM]; /* per part */
    size_t part_count;             /* 1 + data owners */
    sch_plan_key key[SCH_MAX_GROUP_BY];
    size_t key_count;
    uint32_t wide;                      /* combinations of the keys of place WIDE; 1 without */
    uint32_t part_stride[SCH_MAX_FROM]; /* of a part's own combinations among them */
    sch_table_shape shape; /* of one member's run: table column w x summed + j is cell column j of combination w */
    sch_cell_shape cell;   /* of the finished table */
    uint16_t summed;       /* the first of cell.columns are sums; the rest is made of them by the steps */
    uint16_t cell_steps;
    sch_cell_step cell_step[SCH_MAX_CELL_STEPS];
    bool scratch[SCH_MAX_TABLE_COLUMNS]; /* of cell columns: sums that are for the steps alone, and 0 afterwards */
    /* of cell columns: for rules and steps alone; 0 and suppressed after the rules were applied */
    bool hidden[SCH_MAX_TABLE_COLUMNS];
    uint16_t persons; /* the cell column that counts linked persons (or their rows, where a person may have several) */
    sch_plan_aggregate aggregate[SCH_MAX_AGGREGATES];
    size_t aggregate_count;
    char pass[SCH_MAX_PASSES][SCH_NAME_BYTES]; /* link keys, as in the request */
    /* Those of these names of each data set in FROM, of a union the first member's; NULL beyond; borrowed from the
     * catalogues. */
    const sch_link_key *link_key[SCH_MAX_PASSES][SCH_MAX_FROM];
    size_t pass_count;
    sch_disclosure rules; /* the strictest of the owners' */
    /* How it was chosen to group by data owners' keys, and what the other way would send at the declared sizes; 0: not
     * possible. */
    sch_grouping grouping;
    uint64_t wide_bytes, sorted_bytes;
} sch_plan;

/* Plans. request: is checked here too (sch_request_check_query). catalog: those of all nodes of the mesh that are up,
 * own one included, borrowed for the plan's life. The spine is the union where there is one; else a part that needs
 * records; else of the parts that are not left joined the one with which least is sent at the declared sizes, of alike
 * ones the first in FROM. Data owners help each other in a ring; one alone is helped by the first other node by name
 * (in a union each member's by the next member). With passes the spine is from[0], every data set has one row a person
 * and the link keys, and each node holds one data set of the query.
 * Checks names (an unknown one is answered with the nearest known one), roles and types of columns, that every sum
 * stays within its limbs, that cells and columns are within bounds. Errors: SCH_BAD_INPUT (detail names the construct
 * and what to write instead), SCH_TRY_AGAIN where a node or data set is missing or has another schema than the analyst
 * saw, SCH_NO_MEMORY. The plan is the caller's to clear, also on failure. */
sch_err sch_plan_make(sch_plan *plan, const sch_request *request, const sch_catalog *const *catalog,
                      size_t catalog_count, sch_detail *detail);

/* The part that a party has; false for a helper. */
bool sch_plan_part(const sch_plan *plan, sch_party party, size_t *part);

/* Whether a party ends with shares of the table: member[0]'s spine and second. */
static inline bool sch_plan_is_holder(const sch_plan *plan, sch_party party)
{
    return party == plan->member[0].spine || party == plan->member[0].second;
}

/* The base cell of a group of a member's run in a combination of the wide form: where it stands when sums become
 * cells. */
uint32_t sch_plan_cell(const sch_plan *plan, size_t member, uint32_t wide, uint32_t group);

#define SCH_CODE_ALL UINT32_MAX

/* The code of a key in a cell, margins included; SCH_CODE_ALL where the margin sums over the key. */
uint32_t sch_plan_code(const sch_plan *plan, uint32_t cell, size_t key);

/* The text of a key's code as results show it; false for empty. As sch_column_code_text. A bin is "[low, high)". */
bool sch_plan_code_text(const sch_plan *plan, const sch_request *request, size_t key, uint32_t code, char *text,
                        size_t text_bytes);

/* The numbers in the table that the analyst gets: shown cells times aggregates, which is what an agreement's max_cells
 * bounds. */
uint64_t sch_plan_numbers(const sch_plan *plan, const sch_request *request);

/* SHA-256 over everything in a plan. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_plan_hash(uint8_t out[static SCH_HASH_BYTES], const sch_plan *plan);

void sch_plan_clear(sch_plan *plan);

/* Bytes that the job is expected to send over the wire in all, for given numbers of rows of each party's local part (0
 * for helpers), without framing (sch_table_bytes, sch_cells_bytes, release: 32 a cell and column). Saturates at
 * 2^64 - 1. */
uint64_t sch_plan_bytes(const sch_plan *plan, const uint64_t rows[static SCH_MAX_PARTIES]);

/* The number of shards of a member's run for these numbers of rows, spine first, then data owners: a power of two. With
 * passes 1, since a row has another tag for each. */
uint32_t sch_plan_shards(const sch_plan *plan, const uint64_t *part_rows);

/* What those learn who get the result. */
#define SCH_PLAN_RESULT_LEARNS "the released cells, and the sums and counts that they rest on"

/* Appends what a party learns beside its own file, for people: "how many rows each local part gives, and how many link
 * of a and b; no identifier, no value, no cell". Errors: SCH_NO_MEMORY. */
sch_err sch_plan_text_learns(sch_buf *out, const sch_plan *plan, sch_party party);

/* Appends the columns of a pass's link key, for people: those of the first data set in FROM, and of others where they
 * differ: "geboren, postcode (first 4); in p: geboortedatum, postcode (first 4)". Errors: SCH_NO_MEMORY. */
sch_err sch_plan_text_key(sch_buf *out, const sch_plan *plan, const sch_request *request, size_t pass);

/* Writes the text of --explain: who is spine, data owner and helper of whom, each one's local part as SQL, who learns
 * what, rows and bytes expected at most, how it groups and what the other way would cost, the table's shape, the rules.
 * Errors: SCH_NO_MEMORY. */
sch_err sch_plan_explain(sch_buf *out, const sch_plan *plan, const sch_request *request);

#endif
