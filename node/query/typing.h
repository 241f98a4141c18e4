/* typing.h - the type and the exact bounds of every expression of a request.
 *
 * Numbers are integers scaled by 10^decimals. The scale of a sum is the larger one of its terms', of a product the sum of
 * its factors', at most SCH_MAX_SCALE. Bounds follow from the columns' declared ranges by interval arithmetic, so that an
 * expression whose value could pass 2^62 is refused here and no engine can overflow later. A number without declared
 * bounds can be compared, but neither calculated with nor added up. */
#ifndef SCH_NODE_QUERY_TYPING_H
#define SCH_NODE_QUERY_TYPING_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "proto/catalog.h"
#include "proto/request.h"

/* The type of the constant NULL, which goes with every other. */
#define SCH_TYPE_NONE ((sch_type)0)

/* No value of an expression exceeds this, and no sum over all rows reaches it. */
#define SCH_MAX_VALUE (INT64_C(1) << 62)

enum {
    SCH_MAX_SCALE = 18,
    /* Nodes of all outputs and conditions, written out in full: expressions may be shared, so that a small request could
     * otherwise stand for a statement without end. */
    SCH_MAX_WRITTEN_NODES = 4 * SCH_MAX_EXPRESSIONS,
    SCH_DESCRIPTION_BYTES = 2 * SCH_NAME_BYTES + 32,
};

typedef struct sch_typed {
    sch_type type;    /* of an aggregate: integer, or its argument's for SUM and AVG */
    uint8_t decimals; /* 0 to SCH_MAX_SCALE */
    bool nullable;
    bool bounded;             /* minimum and maximum hold: a number's scaled, a date's in days */
    int64_t minimum, maximum; /* the whole range of 64 bits where not bounded */
    uint32_t characters;      /* a text's most */
    uint8_t owners;           /* bit i: a column of from[i] is in it */
    bool identifier;          /* it is an identifier's column, which only COUNT(DISTINCT ...) takes */
    const sch_column *column; /* of a column: borrowed from the data set */
    /* What the arguments are brought to before a comparison, IN, BETWEEN, CASE, COALESCE, + and - work on them. */
    sch_type operand_type;
    uint8_t operand_decimals;
    uint32_t nodes; /* written out in full */
} sch_typed;

/* Types all expressions. typed: request->expression_count entries. data_set[i] is from[i]'s, borrowed. The request has
 * passed sch_request_check. Errors: SCH_BAD_INPUT; the detail names the construct, its position, and what to write. */
sch_err sch_typing_make(sch_typed *typed, const sch_request *request, const sch_data_set *const data_set[SCH_MAX_FROM],
                        sch_detail *detail);

/* How messages call an expression: its construct and its position in the analyst's text, such as "b.buurt (position 8)",
 * "OR (position 120)", "SUM (position 31)". Positions count bytes from 1. Returns out. */
const char *sch_typing_describe(char out[static SCH_DESCRIPTION_BYTES], const sch_request *request,
                                uint32_t expression);

/* The largest absolute value within the bounds. */
uint64_t sch_typed_magnitude(const sch_typed *typed);

/* 10 to the power 0 to 18. */
int64_t sch_power_of_ten(unsigned exponent);

#endif
