/* local_sql.h - one owner's part of a plan, printed as SQL for its own engine (the dialect of DuckDB 1.4).
 *
 * The statement reads from relations called r0, r1, ..., one a data set of the part. Their columns have the data sets'
 * names; integers are BIGINT, decimals BIGINT scaled by 10^decimals, the rest VARCHAR, BOOLEAN and DATE; the identifier
 * is VARCHAR, already normalised, so that JOIN and GROUP BY on it bring a person's records together. A record of the
 * part is a row of the relations' join that satisfies the conditions. The statement gives the identifier, the keys, the
 * values, and what plan.h names behind them (sch_local).
 *
 * Nothing of a request reaches the statement as it came: names are [a-z][a-z0-9_]* and quoted, numbers are printed from
 * integers, texts are literals whose quotes are doubled, and every operation stands in parentheses. */
#ifndef SCH_NODE_QUERY_LOCAL_SQL_H
#define SCH_NODE_QUERY_LOCAL_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/query/plan.h"
#include "node/query/typing.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum {
    SCH_MAX_LOCAL_SQL_BYTES = 1 << 20,
    SCH_MAX_PART_VALUES = 250, /* with the occurrence within what a source gives */
    SCH_MAX_PART_TERMS = 250,
    SCH_ANY_COMBINATION = 0xffff, /* of the wide form: all of them together */
};

/* What a value of a row is. It is over the row's records: those of its person (and group), in the wide form of the
 * value's combination. */
typedef enum sch_part_value_kind {
    SCH_VALUE_LINKED = 1, /* 1 where there is a record */
    SCH_VALUE_RECORDS,    /* the number of records */
    SCH_VALUE_SUM,        /* the sum of a term over the records that have one; 0 where none has. Or one limb of it */
    SCH_VALUE_PRESENT,    /* the number of records that have a value of the term */
    SCH_VALUE_PERSONS,    /* 1 where at least one record has a value of the term */
    SCH_VALUE_NONZERO,    /* 1 where at least one record has a value other than 0 */
} sch_part_value_kind;

/* A sum S in limbs of `bits` bits: limb i is the sign of S times (|S| / 2^(bits i)) mod 2^bits, the last one not
 * reduced. */
typedef struct sch_part_value {
    sch_part_value_kind kind;
    uint16_t term;        /* of the last four kinds: its number in term[] */
    uint16_t combination; /* of the wide form; 0 without */
    uint8_t limb, limbs;  /* of a sum; 0 and 1 where it is whole */
    uint8_t bits;
} sch_part_value;

/* An expression under an aggregate: a whole number for each record (BIGINT or HUGEINT), or NULL. Terms that print to
 * the same SQL are one. */
typedef struct sch_part_term {
    char *sql; /* owned */
    bool nullable;
} sch_part_term;

/* A key of the wide form. */
typedef struct sch_wide_key {
    uint8_t relation;
    const sch_column *column; /* borrowed */
    bool bin;
    uint32_t codes, domain, inner;
} sch_wide_key;

/* One owner's part before it is printed. Everything but terms is borrowed. */
typedef struct sch_part {
    const sch_request *request;
    const sch_typed *typed;
    size_t from_count; /* relations */
    uint8_t from[SCH_MAX_FROM];
    const sch_data_set *data_set[SCH_MAX_FROM];
    sch_join join[SCH_MAX_FROM];
    /* Several records are one row: GROUP BY the identifier and the keys. A data owner's keys are those of relations
     * with one row a person, so that its rows are persons. */
    bool grouped;
    uint64_t most_records; /* of a grouped row, as declared: the statement counts them, last; 0: not declared */
    bool has_occurrence;
    /* Of linking, after the one by the identifier. Where there are any, the part has one relation with one row a
     * person, is not grouped, and all its rows are in the result. */
    const sch_link_key *link_key[SCH_MAX_PASSES];
    size_t pass_count;
    bool is_spine;
    const uint32_t *conjunct; /* conditions that all hold */
    size_t conjunct_count;
    sch_local_key key[SCH_MAX_GROUP_BY];
    size_t key_count;
    sch_wide_key wide_key[SCH_MAX_GROUP_BY];
    size_t wide_key_count;
    uint32_t wide; /* its own combinations; 1 without */
    sch_part_term term[SCH_MAX_PART_TERMS];
    size_t term_count;
    size_t term_bytes; /* of all */
    sch_part_value value[SCH_MAX_PART_VALUES];
    size_t value_count;
} sch_part;

/* Appends one expression over the part's columns. want_type and want_decimals say what its context takes (a number is
 * scaled up to that). Errors: SCH_NO_MEMORY; SCH_BAD_INPUT where out passes SCH_MAX_LOCAL_SQL_BYTES. */
sch_err sch_local_sql_expression(sch_buf *out, const sch_part *part, uint32_t expression, sch_type want_type,
                                 uint8_t want_decimals);

/* That what is written so far is not too long. Errors: SCH_BAD_INPUT. */
sch_err sch_local_sql_check(const sch_buf *out);

/* Appends a text as a literal. Errors: SCH_NO_MEMORY. */
sch_err sch_local_sql_text(sch_buf *out, const char *text);

/* Appends days since 1970-01-01, SCH_MIN_DATE to SCH_MAX_DATE, as DATE 'YYYY-MM-DD'. Errors: SCH_NO_MEMORY. */
sch_err sch_local_sql_date(sch_buf *out, int64_t days);

/* Appends the statement. Errors: SCH_NO_MEMORY; SCH_BAD_INPUT where it passes SCH_MAX_LOCAL_SQL_BYTES. */
sch_err sch_local_sql_statement(sch_buf *out, const sch_part *part);

/* Whether a value is 1 in each row of the statement's result. */
bool sch_part_value_is_one(const sch_part *part, const sch_part_value *value);

/* Frees the terms' texts. */
void sch_part_clear(sch_part *part);

#endif
