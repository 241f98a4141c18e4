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
    SCH_MAX_FROM = 2,
    SCH_MAX_LITERAL_BYTES = 256,
    SCH_MAX_NUMBER_DECIMALS = 18, /* of a constant */
    SCH_MAX_PURPOSE_BYTES = 500,  /* without closing zero */
    SCH_MAX_RECIPIENTS = 8,
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
    /* arithmetic */
    SCH_OP_ADD = 20,
    SCH_OP_SUBTRACT,
    SCH_OP_MULTIPLY,
    SCH_OP_NEGATE,
    SCH_OP_MODULO,
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
    /* aggregates; only as an output's expression */
    SCH_OP_COUNT_ROWS = 100, /* COUNT(*) */
    SCH_OP_COUNT,            /* COUNT(expression) */
    SCH_OP_COUNT_PERSONS,    /* COUNT(DISTINCT identifier): argument is the identifier's column */
    SCH_OP_SUM,
    SCH_OP_AVG,
} sch_op;

typedef struct sch_expression {
    sch_op op;
    uint32_t position;  /* byte offset in the analyst's text, for messages about it */
    uint32_t *argument; /* owned; numbers of earlier expressions */
    size_t argument_count;
    int64_t number;
    uint8_t decimals; /* of a number, at most SCH_MAX_NUMBER_DECIMALS */
    uint8_t data_set; /* of a column */
    char *text;       /* owned; of a column or a text (which may be empty); else NULL */
} sch_expression;     /* what an op does not use is 0 */

typedef struct sch_from {
    char node[SCH_NAME_BYTES];
    char data_set[SCH_NAME_BYTES];
    char alias[SCH_NAME_BYTES];
    uint8_t schema_hash[SCH_HASH_BYTES]; /* sch_data_set_hash of what the analyst saw */
} sch_from;

typedef struct sch_output {
    char name[SCH_NAME_BYTES]; /* the column's heading; printable UTF-8, not empty */
    bool grouped;              /* true: expression is one of group_by; false: it is an aggregate */
    uint32_t expression;
} sch_output;

typedef struct sch_request {
    sch_request_id id;
    char analyst[SCH_NAME_BYTES];
    char agreement[SCH_NAME_BYTES];                     /* the agreement's id */
    uint8_t agreement_hash[SCH_HASH_BYTES];             /* and its version: sch_agreement_hash */
    char purpose[SCH_MAX_PURPOSE_BYTES + 1];            /* why, in the analyst's words; printable UTF-8, not empty */
    sch_time_ms created, not_before, not_after;         /* created <= not_before < not_after */
    char recipient[SCH_MAX_RECIPIENTS][SCH_NAME_BYTES]; /* analysts who may have the result; distinct */
    size_t recipient_count;                             /* 1 or more */
    sch_from from[SCH_MAX_FROM];                        /* all joined on the identifier; aliases distinct */
    size_t from_count;                                  /* 2: what one request links */
    char join_column[SCH_MAX_FROM][SCH_NAME_BYTES];     /* the identifier's name in each */
    sch_expression *expression;                         /* owned */
    size_t expression_count;
    bool has_where;
    uint32_t where;
    uint32_t group_by[SCH_MAX_OUTPUTS]; /* distinct columns */
    size_t group_by_count;
    sch_output output[SCH_MAX_OUTPUTS];
    size_t output_count; /* 1 or more */
} sch_request;

/* Structure only: sizes, depth, argument counts, order, texts, names, that an aggregate stands only at an output's top.
 * Names, types and rules are checked against catalogues by node/query. Errors: SCH_BAD_INPUT. */
sch_err sch_request_check(const sch_request *request, sch_detail *detail);

/* The same but for what is not part of the query: id (not all zero), analyst and agreement (names), the agreement's hash (not all
 * zero), purpose, recipients, times (0 < created <= not_before < not_after <= SCH_MAX_TIME_MS). Errors: SCH_BAD_INPUT. */
sch_err sch_request_check_query(const sch_request *request, sch_detail *detail);

/* Appends the request as protobuf bytes (proto/request.proto): what the analyst signs; always the same for the same
 * request. It has passed sch_request_check. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT over the bound; nothing is appended
 * then. */
sch_err sch_request_encode(sch_buf *out, const sch_request *request);

/* Reads and checks bytes that anyone may have made. The request is the caller's to clear, also on failure (empty then).
 * Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_request_decode(sch_request *out, const uint8_t *data, size_t bytes, sch_detail *detail);

/* Frees what it owns; accepts a zeroed request. */
void sch_request_clear(sch_request *request);

#endif
