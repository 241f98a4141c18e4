/* table_shape.h - what a linked table is made of: public to all parties of a job, and equal at all of them.
 *
 * Registers. A row of the spine has registers, ring elements each: first the spine's own columns (known to the spine),
 * then the columns of each data owner in turn (shared; 0 where the row has no match with that owner) and behind them
 * its indicators of passes where there are any (1 where the row was matched in that pass, else 0; the owner's helper
 * knows them), then what the steps of the row program make, one register each, from registers before it. A table column
 * is a register, summed over the rows of each group.
 *
 * Groups. A row's group is s + spine_groups (w_1 + codes_1 (w_2 + codes_2 (...))): s < spine_groups is known to the
 * spine, w_d < codes_d is the code that data owner d gave its row, 0 where the row has no match; an owner without codes
 * has codes_d = 1.
 *
 * Cast. Who plays which part; in a union each member casts its own run. The spine and `second` hold what is shared
 * after the alignments, `third` assists. All three are different; each data
 * owner and its helper differ from each other and from the spine; nobody gives or helps twice. */
#ifndef SCH_CRYPTO_STATS_TABLE_SHAPE_H
#define SCH_CRYPTO_STATS_TABLE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/protocol/align.h"
#include "crypto/protocol/link.h"

enum {
    SCH_MAX_GROUPS = 100000,
    SCH_MAX_TABLE_COLUMNS = 256,
    SCH_MAX_DATA_OWNERS = SCH_MAX_PARTIES - 1,
    SCH_MAX_ROW_STEPS = 640,
    SCH_MAX_REGISTERS = 1024,
    SCH_MAX_CODE_BITS = 32, /* of all data owners together */
};

typedef enum sch_row_op {
    SCH_ROW_PRODUCT = 1, /* a * b */
    SCH_ROW_LINEAR,      /* factor_a * a + factor_b * b + constant */
    SCH_ROW_NEGATIVE,    /* 1 where factor_a * a + factor_b * b + constant is below 0, else 0; -2^62 < it < 2^62 */
} sch_row_op;

/* Numbers are ring elements, negative ones in two's complement; what an op does not use is 0. */
typedef struct sch_row_step {
    sch_row_op op;
    uint16_t a, b; /* registers with lower numbers; b is a's where only one is used */
    int64_t factor_a, factor_b, constant;
} sch_row_step;

typedef struct sch_data_shape {
    /* 1 or more; column 0 is 1 for each of its rows (with several passes, whose conditions hold, else 0), or counts
     * them */
    uint16_t columns;
    uint32_t codes;      /* 1: it gives none */
    uint16_t indicators; /* 0, or the number of passes: registers behind its columns */
    /* 0, or 1 + the number of a column that is 1 in each of its rows. It is not sent: its helper, who knows where rows
     * match, has it as its share, and the spine 0. Not the only thing that there is to send. */
    uint16_t ones;
} sch_data_shape;

typedef struct sch_table_shape {
    uint32_t spine_groups; /* 1 or more */
    uint32_t groups;       /* spine_groups times all codes; at most SCH_MAX_GROUPS */
    uint16_t spine_columns;
    uint16_t data_owners; /* 1 or more */
    /* Of linking: 1 to SCH_MAX_LINK_PASSES. Where there are several, each row has a tag for each, and a row of the
     * spine may be in no group: its number is spine_groups then. */
    uint16_t passes;
    sch_data_shape data[SCH_MAX_DATA_OWNERS];
    uint16_t steps;
    sch_row_step step[SCH_MAX_ROW_STEPS];
    uint16_t columns; /* 1 or more */
    uint16_t column[SCH_MAX_TABLE_COLUMNS];
} sch_table_shape;

/* Columns that data owner d sends, without codes. */
size_t sch_table_sent_columns(const sch_table_shape *shape, size_t d);

/* Whether groups depend on a data owner's codes, so that rows have to be sorted in secret. */
bool sch_table_is_sorted(const sch_table_shape *shape);

/* Bits of data owner d's codes; of all. */
unsigned sch_table_code_bits(const sch_table_shape *shape, size_t d);
unsigned sch_table_all_code_bits(const sch_table_shape *shape);

/* The first register of data owner d; of the steps (d = data_owners). */
uint16_t sch_table_register(const sch_table_shape *shape, size_t d);

/* Checks that every number in a shape is within its range. Errors: SCH_BUG. */
sch_err sch_table_shape_check(const sch_table_shape *shape);

typedef struct sch_cast {
    sch_party spine;
    sch_party data[SCH_MAX_DATA_OWNERS], helper[SCH_MAX_DATA_OWNERS];
    sch_party second, third;
} sch_cast;

/* Errors: SCH_BUG where parties coincide that must not, or one helps twice. */
sch_err sch_cast_check(const sch_cast *cast, const sch_table_shape *shape);

/* Whether a party has any part in a cast. */
bool sch_cast_has(const sch_cast *cast, const sch_table_shape *shape, sch_party party);

/* The shape by which rows are put into groups: with several passes one group more of the spine's, of rows that are in
 * none of them. shape has passed the check below. */
sch_table_shape sch_table_grouped_shape(const sch_table_shape *shape);

/* Bytes that all parties together send for one shard of `spine_rows` rows of the spine and `data_rows[d]` of each data
 * owner, messages only. Shapes that cannot be are 0. */
uint64_t sch_table_bytes(const sch_table_shape *shape, const sch_cast *cast, uint64_t spine_rows,
                         const uint64_t *data_rows);

#endif
