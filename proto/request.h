/* request.h - an analyst's request: what is asked, as a flat syntax tree.
 *
 * schakel makes it from SQL; nodes never parse SQL. Nodes of the tree stand in one array; an argument always has a
 * lower number than the node that uses it, so the tree has no cycles, its depth is known in one pass, and the message
 * has no recursive type. A decoded request has passed sch_request_check. */
#ifndef SCH_PROTO_REQUEST_H
#define SCH_PROTO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/catalog.h"

enum {
    SCH_REQUEST_ID_BYTES = 16,        /* UUIDv7 */
    SCH_MAX_REQUEST_BYTES = 48 << 10, /* encoded */
    SCH_MAX_EXPRESSIONS = 2000,
    SCH_MAX_DEPTH = 50,
    SCH_MAX_ARGUMENTS = 500, /* of one expression */
    SCH_MAX_OUTPUTS = 64,
    SCH_MAX_GROUP_BY = 16,
    SCH_MAX_FROM = 12,
    SCH_MAX_MEMBERS = 12, /* nodes of a union */
    SCH_MAX_SETS = 32,    /* grouping sets */
    SCH_MAX_ORDER = 16,
    SCH_MAX_LITERAL_BYTES = 256,
    SCH_MAX_NUMBER_DECIMALS = 18, /* of a constant */
    SCH_MAX_PURPOSE_BYTES = 500,  /* without closing zero */
    SCH_MAX_RECIPIENTS = 8,
    SCH_MAX_PASSES = 4, /* of linking, after the one by the identifier */
};

#define SCH_MAX_TIME_MS INT64_C(253402300799999) /* 9999-12-31 */

typedef struct sch_request_id {
    uint8_t byte[SCH_REQUEST_ID_BYTES];
} sch_request_id;

typedef struct sch_time_ms {
    int64_t value; /* since 1970-01-01 UTC */
} sch_time_ms;

typedef enum sch_op {
    /* leaves */
    SCH_OP_COLUMN = 1, /* text: the column's name; data_set: index in from[] */
    SCH_OP_NUMBER,     /* number x 10^-decimals; negative ones too, -5 is one constant */
    SCH_OP_TEXT,       /* text */
    SCH_OP_BOOLEAN,    /* number: 0 or 1 */
    SCH_OP_DATE,       /* number: days since 1970-01-01, SCH_MIN_DATE to SCH_MAX_DATE */
    SCH_OP_NULL,
    SCH_OP_ORGANISATION, /* ORGANISATION(alias), a key: which node holds the row, by name; data_set: of the union */
    /* arithmetic */
    SCH_OP_ADD = 20,
    SCH_OP_SUBTRACT,
    SCH_OP_MULTIPLY,
    SCH_OP_NEGATE,
    SCH_OP_MODULO,
    SCH_OP_DIVIDE, /* after aggregation only */
    /* comparison: 2 arguments */
    SCH_OP_EQUAL = 40,
    SCH_OP_NOT_EQUAL,
    SCH_OP_LESS,
    SCH_OP_LESS_EQUAL,
    SCH_OP_GREATER,
    SCH_OP_GREATER_EQUAL,
    SCH_OP_IN, /* value, then at least one constant (a leaf that is no column) */
    SCH_OP_NOT_IN,
    SCH_OP_BETWEEN, /* value, low, high */
    SCH_OP_NOT_BETWEEN,
    SCH_OP_IS_NULL,     /* 1 */
    SCH_OP_IS_NOT_NULL, /* 1 */
    SCH_OP_LIKE,        /* value, pattern (a text constant) */
    SCH_OP_NOT_LIKE,
    /* logic */
    SCH_OP_AND = 60, /* 2 or more */
    SCH_OP_OR,
    SCH_OP_NOT,
    SCH_OP_CASE, /* condition, result, condition, result, ..., and last the ELSE (a SCH_OP_NULL where there is none) */
    /* functions */
    SCH_OP_ABS = 80,
    SCH_OP_COALESCE,
    SCH_OP_LOWER,
    SCH_OP_UPPER,
    SCH_OP_LENGTH,
    SCH_OP_SUBSTRING, /* text, from (a whole constant, 1 or more), length (a whole constant, 0 or more) */
    SCH_OP_YEAR,
    SCH_OP_MONTH,
    SCH_OP_BIN, /* a column, of a measure: the number, from 0, of its declared bin (proto/catalog.h); a key */
    /* functions after aggregation only */
    SCH_OP_ROUND = 90, /* number, and decimals (a whole constant, 0 to 18) */
    SCH_OP_SQRT,
    SCH_OP_LN,
    SCH_OP_EXP,
    SCH_OP_POWER,    /* 2 */
    SCH_OP_NULLIF,   /* 2 */
    SCH_OP_GROUPING, /* 1, a key: 1 where the row is a margin that sums over it, else 0 */
    /* aggregates */
    SCH_OP_COUNT_ROWS = 100, /* COUNT(*) */
    SCH_OP_COUNT,            /* COUNT(expression) */
    /* COUNT(DISTINCT identifier): argument is the identifier's column. number: 0; where a report of linkage is written
     * out, with passes, 1 + a pass: those alone who linked in that one */
    SCH_OP_COUNT_PERSONS,
    SCH_OP_SUM,
    SCH_OP_AVG,
    SCH_OP_VAR_SAMP, /* and the three that follow: 1 */
    SCH_OP_VAR_POP,
    SCH_OP_STDDEV_SAMP,
    SCH_OP_STDDEV_POP,
    SCH_OP_COVAR_SAMP, /* and the seven that follow: 2, first the dependent one (y), as in SQL */
    SCH_OP_COVAR_POP,
    SCH_OP_CORR,
    SCH_OP_REGR_COUNT,
    SCH_OP_REGR_SLOPE,
    SCH_OP_REGR_INTERCEPT,
    SCH_OP_REGR_R2,
    SCH_OP_REGR_AVGX,
    SCH_OP_REGR_AVGY,
    SCH_OP_PERCENTILE_CONT, /* value, and the fraction (a constant, 0 to 1) */
    SCH_OP_PERCENTILE_DISC,
} sch_op;

static inline bool sch_op_is_aggregate(sch_op op)
{
    return op >= SCH_OP_COUNT_ROWS;
}

static inline bool sch_op_is_after(sch_op op)
{
    return op == SCH_OP_DIVIDE || (op >= SCH_OP_ROUND && op <= SCH_OP_GROUPING);
}

typedef struct sch_expression {
    sch_op op;
    uint32_t position;  /* byte offset in the analyst's text, for messages about it */
    uint32_t *argument; /* owned; numbers of earlier expressions */
    size_t argument_count;
    int64_t number;
    uint8_t decimals; /* of a number, at most SCH_MAX_NUMBER_DECIMALS */
    uint8_t data_set; /* of a column, an organisation */
    char *text;       /* owned; of a column or a text (which may be empty); else NULL */
} sch_expression;     /* what an op does not use is 0 */

typedef enum sch_join { SCH_JOIN_INNER = 1, SCH_JOIN_LEFT } sch_join;

/* A data set of one node, or a union: the same data set, of one schema, at several nodes (FROM ALL(name), or a list).
 * At most one of from[] is a union. */
typedef struct sch_from {
    char node[SCH_MAX_MEMBERS][SCH_NAME_BYTES]; /* distinct */
    size_t node_count;                          /* 1; a union has 2 or more */
    char data_set[SCH_NAME_BYTES];
    char alias[SCH_NAME_BYTES];
    uint8_t schema_hash[SCH_HASH_BYTES]; /* sch_data_set_hash of what the analyst saw; of a union
                                            sch_data_set_form_hash, of all nodes alike */
    char join_column[SCH_NAME_BYTES];    /* the identifier's name */
    sch_join join;                       /* how it is joined with those before it; of from[0] and of a union INNER */
} sch_from;

typedef struct sch_output {
    char name[SCH_NAME_BYTES]; /* the column's heading; printable UTF-8, not empty */
    uint32_t expression;       /* keys, aggregates, and what is made of them after aggregation */
} sch_output;

typedef struct sch_order {
    uint32_t expression; /* as an output's */
    bool descending, nulls_first;
} sch_order;

/* What is asked. Outputs, HAVING, ORDER BY and LIMIT are worked out by the analyst's program on released cells; the
 * nodes see the keys and aggregates in them, and release those for every cell. */
typedef struct sch_request {
    sch_request_id id;
    char analyst[SCH_NAME_BYTES];
    char agreement[SCH_NAME_BYTES];                     /* the agreement's id */
    uint8_t agreement_hash[SCH_HASH_BYTES];             /* and its version: sch_agreement_hash */
    char purpose[SCH_MAX_PURPOSE_BYTES + 1];            /* why, in the analyst's words; printable UTF-8, not empty */
    sch_time_ms created, not_before, not_after;         /* created <= not_before < not_after */
    char recipient[SCH_MAX_RECIPIENTS][SCH_NAME_BYTES]; /* analysts who may have the result; distinct */
    size_t recipient_count;                             /* 1 or more */
    sch_from from[SCH_MAX_FROM]; /* all joined on the identifier; aliases distinct; no node holds a data set twice */
    size_t from_count;           /* 2 or more */
    /* Link keys by which those are linked to from[0] whom the identifier does not link, in this order; distinct; each
     * data set of from[] has them all. */
    char pass[SCH_MAX_PASSES][SCH_NAME_BYTES];
    size_t pass_count;          /* 0: by the identifier alone */
    sch_expression *expression; /* owned */
    size_t expression_count;
    bool has_where;
    uint32_t where;
    uint32_t group_by[SCH_MAX_GROUP_BY]; /* distinct keys: columns, BIN of a column, ORGANISATION */
    size_t group_by_count;
    /* Grouping sets, of ROLLUP, CUBE and GROUPING SETS; distinct; bit i keeps group_by[i]. Each key is kept by one at
     * least, and keys stand in the order in which the sets first keep them. */
    uint32_t set[SCH_MAX_SETS];
    size_t set_count; /* 0: the one that keeps all; else 2 or more */
    sch_output output[SCH_MAX_OUTPUTS];
    size_t output_count; /* 1 or more; of a report of linkage 0 or more */
    bool has_having;
    uint32_t having;
    sch_order order[SCH_MAX_ORDER];
    size_t order_count;
    bool has_limit;
    uint64_t limit; /* rows; at most SCH_MAX_ROWS */
    bool linkage;   /* the report of linkage in place of aggregates: outputs are keys, no aggregate stands anywhere */
} sch_request;

/* Structure only: sizes, depth, argument counts, order, texts, names; that aggregates stand in outputs, HAVING and
 * ORDER BY alone and not in one another, and that there is one unless linkage is asked for; that what is for after
 * aggregation, BIN and ORGANISATION do not stand below an aggregate or in WHERE; that above aggregates columns, BIN and
 * ORGANISATION stand only as keys; that COUNT_PERSONS has no number. Names, types and rules are checked against
 * catalogues by node/query. Errors: SCH_BAD_INPUT. */
sch_err sch_request_check(const sch_request *request, sch_detail *detail);

/* The same but for what is not part of the query: id (not all zero), analyst and agreement (names), the agreement's
 * hash (not all zero), purpose, recipients, times (0 < created <= not_before < not_after <= SCH_MAX_TIME_MS), and
 * COUNT_PERSONS may have a number up to 1 + pass_count where there are passes. Errors: SCH_BAD_INPUT. */
sch_err sch_request_check_query(const sch_request *request, sch_detail *detail);

/* Appends the request as protobuf bytes (proto/request.proto): what the analyst signs; always the same for the same
 * request. It has passed sch_request_check. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT over the bound; nothing is appended
 * then. */
sch_err sch_request_encode(sch_buf *out, const sch_request *request);

/* Reads and checks bytes that anyone may have made. The request is the caller's to clear, also on failure (empty then).
 * Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_request_decode(sch_request *out, const uint8_t *data, size_t bytes, sch_detail *detail);

/* Finds the key of the GROUP BY that an expression is: a column, BIN of a column or ORGANISATION that is equal to
 * group_by[*key]. false where it is none. request has passed sch_request_check_query. */
bool sch_request_find_key(const sch_request *request, size_t *key, uint32_t expression);

/* Whether two expressions of a request are one and the same column, BIN of a column, or ORGANISATION. */
bool sch_request_same_key(const sch_request *request, uint32_t a, uint32_t b);

/* Frees what it owns; accepts a zeroed request. */
void sch_request_clear(sch_request *request);

#endif
