/* typing.h - the type and the exact bounds of every expression of a request.
 *
 * Before aggregation (WHERE, keys, arguments of aggregates) numbers are integers scaled by 10^decimals. The scale of a
 * sum is the larger one of its terms', of a product the sum of its factors', at most SCH_MAX_SCALE. Bounds follow from
 * the columns' declared ranges by interval arithmetic, so that an expression whose value could pass 2^62 is refused
 * here and no engine can overflow later. A number or a date without declared bounds can be compared within its node,
 * but neither calculated with, added up, nor brought together with columns of another node.
 *
 * What may have columns of several nodes in it: comparisons, arithmetic, CASE and COALESCE of numbers, dates and
 * booleans, and = and <> of texts. LIKE, an order of texts, a CASE or COALESCE that gives text, LOWER, UPPER, LENGTH,
 * SUBSTRING, YEAR, MONTH and % keep to the columns of one node.
 *
 * After aggregation (above aggregates, and what outputs, HAVING and ORDER BY make of keys) numbers may have any size
 * and have no bounds; there are no functions of texts and dates, and no LIKE. */
#ifndef SCH_NODE_QUERY_TYPING_H
#define SCH_NODE_QUERY_TYPING_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "proto/catalog.h"
#include "proto/request.h"

/* The type of the constant NULL, which goes with every other. */
#define SCH_TYPE_NONE ((sch_type)0)

/* No value of an expression before aggregation exceeds this. */
#define SCH_MAX_VALUE (INT64_C(1) << 62)

enum {
    SCH_MAX_SCALE = 18,
    /* Expressions of all outputs, conditions and of ORDER BY, written out in full: they may be shared, so that a small
     * request could otherwise stand for a statement without end. */
    SCH_MAX_WRITTEN_NODES = 4 * SCH_MAX_EXPRESSIONS,
    SCH_DESCRIPTION_BYTES = 2 * SCH_NAME_BYTES + 32,
};

/* Where an expression stands: a set, since expressions may be shared. Empty where nothing refers to it. */
enum {
    SCH_STANDS_BEFORE = 1, /* in WHERE, below an aggregate, or below BIN */
    SCH_STANDS_KEY = 2,    /* in GROUP BY */
    SCH_STANDS_AFTER = 4,  /* in an output, HAVING or ORDER BY, and not below an aggregate */
};

typedef struct sch_typed {
    sch_type type;     /* SCH_TYPE_NONE of NULL */
    uint8_t decimals;  /* 0 to SCH_MAX_SCALE */
    bool real;         /* a number in floating point, after aggregation only (AVG, /); decimal with 0 decimals */
    bool after;        /* it stands on released cells: has an aggregate in it, or stands after aggregation alone */
    bool nullable;     /* a column of a data set that is LEFT joined always is */
    bool own_nullable; /* the same if every join were INNER: what its data sets' schemas say */
    bool bounded;      /* minimum and maximum hold: a number's scaled, a date's in days; after aggregation GROUPING's */
    int64_t minimum, maximum; /* the whole range of 64 bits where not bounded */
    uint32_t characters;      /* a text's most */
    uint8_t stands;           /* SCH_STANDS_... */
    uint16_t owners;          /* bit i: a column of from[i] is in it, also below an aggregate */
    uint16_t parts;           /* the same by node: bit sch_typing_node_of */
    bool identifier;          /* it is an identifier's column, which only COUNT(DISTINCT ...) takes */
    const sch_column *column; /* of a column: borrowed from the data set */
    /* What the arguments are brought to before a comparison, IN, BETWEEN, CASE, COALESCE, NULLIF, + and - work on them.
     * Of + and - with a date in them: SCH_TYPE_DATE (days). */
    sch_type operand_type;
    uint8_t operand_decimals;
    uint32_t nodes; /* expressions in it, written out in full */
} sch_typed;

/* The number of the node that holds from[from]: nodes are numbered from 0 in the order in which they first appear in
 * from[], and a union is one of its own, whatever nodes it has. These are not the planner's parts, but two relations
 * have one number exactly where they are of one part. from < request->from_count. */
unsigned sch_typing_node_of(const sch_request *request, size_t from);

/* Types all expressions, and looks that WHERE and HAVING are conditions. typed: request->expression_count entries.
 * data_set[i], i < request->from_count, is from[i]'s (of a union any member's: they have one schema), borrowed. The
 * request has passed sch_request_check_query.
 *
 * Of aggregates: COUNT takes anything but NULL; COUNT(DISTINCT ...) an identifier, and over a union only where every
 * grouping set keeps ORGANISATION; PERCENTILE a column with declared bins and a fraction of 0.01 to 0.99; all others
 * bounded numbers. Their arguments stay within SCH_MAX_VALUE; sums, squares and products of these may need more than 64
 * bits, which is for the planner to split. BIN and ORGANISATION (of a union's alias) are keys only.
 *
 * Errors: SCH_BAD_INPUT; the detail names the construct, its position, and what to write. */
sch_err sch_typing_make(sch_typed *typed, const sch_request *request, const sch_data_set *const data_set[SCH_MAX_FROM],
                        sch_detail *detail);

/* How messages call an expression: its construct and its position in the analyst's text, such as "b.buurt (position
 * 8)", "OR (position 120)", "SUM (position 31)", "ORGANISATION(b) (position 8)". Positions count bytes from 1. Returns
 * out. */
const char *sch_typing_describe(char out[static SCH_DESCRIPTION_BYTES], const sch_request *request,
                                uint32_t expression);

/* The largest absolute value within the bounds; of what is before aggregation and bounded at most SCH_MAX_VALUE. */
uint64_t sch_typed_magnitude(const sch_typed *typed);

/* 10 to the power 0 to 18. */
int64_t sch_power_of_ten(unsigned exponent);

#endif
