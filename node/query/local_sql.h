/* local_sql.h - one owner's part of a plan, printed as SQL for its own engine (the dialect of DuckDB 1.4).
 *
 * The statement reads from a relation called data. Its columns have the data set's names; integers are BIGINT, decimals
 * BIGINT scaled by 10^decimals, the rest VARCHAR, BOOLEAN and DATE; the identifier is VARCHAR, already normalised, so that
 * GROUP BY on it brings a person's records together. It gives the identifier, the keys, the values.
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
#include "crypto/stats/linked_table.h"
#include "node/query/typing.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum { SCH_MAX_LOCAL_SQL_BYTES = 1 << 20 };

/* What a value of a person is. A record is a row that satisfies the conditions and, in the wide form, belongs to the
 * value's combination. */
typedef enum sch_value_kind {
    SCH_VALUE_LINKED = 1, /* 1 where the person has a record */
    SCH_VALUE_RECORDS,    /* the number of records */
    SCH_VALUE_SUM,        /* the sum of a term over the records that have one; 0 where none has */
    SCH_VALUE_PRESENT,    /* the number of records that have a value of the term */
    SCH_VALUE_PERSONS,    /* 1 where at least one record has a value of the term */
} sch_value_kind;

typedef struct sch_part_value {
    sch_value_kind kind;
    uint16_t term;        /* of the last three kinds: its number in term[] */
    uint16_t combination; /* of the wide form; 0 without */
} sch_part_value;

/* An expression under an aggregate. Terms that print to the same SQL are one term. */
typedef struct sch_part_term {
    uint32_t expression;
    char *sql; /* owned */
} sch_part_term;

/* One owner's part before it is printed. Everything but sql is borrowed. */
typedef struct sch_part {
    const sch_request *request;
    const sch_typed *typed;
    const sch_data_set *data_set;
    bool grouped;             /* persons hold several records: one row a person by GROUP BY */
    const uint32_t *conjunct; /* conditions that all hold */
    size_t conjunct_count;
    const sch_column *key[SCH_MAX_OUTPUTS]; /* given as columns, or numbering the combinations of the wide form */
    uint32_t stride[SCH_MAX_OUTPUTS];       /* of the wide form's keys */
    size_t key_count;
    uint32_t wide; /* 1: keys are given as columns. More: they are not, and number this many combinations */
    sch_part_term term[SCH_MAX_OUTPUTS];
    size_t term_count;
    sch_part_value value[SCH_MAX_TABLE_COLUMNS];
    size_t value_count;
} sch_part;

/* Appends one expression. want_type and want_decimals say what its context takes (a number is scaled up to that). Errors:
 * SCH_NO_MEMORY. */
sch_err sch_local_sql_expression(sch_buf *out, const sch_request *request, const sch_typed *typed, uint32_t expression,
                                 sch_type want_type, uint8_t want_decimals);

/* Appends a text as a literal. Errors: SCH_NO_MEMORY. */
sch_err sch_local_sql_text(sch_buf *out, const char *text);

/* Appends days since 1970-01-01, SCH_MIN_DATE to SCH_MAX_DATE, as DATE 'YYYY-MM-DD'. Errors: SCH_NO_MEMORY. */
sch_err sch_local_sql_date(sch_buf *out, int64_t days);

/* Appends the statement. Errors: SCH_NO_MEMORY; SCH_BAD_INPUT where it passes SCH_MAX_LOCAL_SQL_BYTES. */
sch_err sch_local_sql_statement(sch_buf *out, const sch_part *part);

/* Frees the terms' texts. */
void sch_part_clear(sch_part *part);

#endif
