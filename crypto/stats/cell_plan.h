/* cell_plan.h - what disclosure control does, as all parties know it beforehand: which counts are compared with what,
 * and which columns have the same rules. */
#ifndef SCH_CRYPTO_STATS_CELL_PLAN_H
#define SCH_CRYPTO_STATS_CELL_PLAN_H

#include "crypto/stats/cells.h"

enum {
    SCH_CELL_MAX_COMPARISONS = 2 * SCH_MAX_COLUMN_RULES * SCH_MAX_TABLE_COLUMNS,
    SCH_CELL_NO_COMPARISON = UINT16_MAX,
    SCH_CELL_COMPARISON_HEADS = 1024,
};

/* [count - less < bound]. */
typedef struct sch_cell_comparison {
    uint16_t count, less; /* columns, as in a rule */
    uint16_t next;        /* one with the same head, or SCH_CELL_NO_COMPARISON */
    uint64_t bound;
} sch_cell_comparison;

typedef struct sch_cell_list {
    size_t rules;
    sch_cell_rule rule[SCH_MAX_COLUMN_RULES];
    uint16_t below[SCH_MAX_COLUMN_RULES]; /* the comparisons u_r */
    uint16_t none[SCH_MAX_COLUMN_RULES];  /* o_r, or SCH_CELL_NO_COMPARISON */
    uint64_t bound[SCH_MAX_COLUMN_RULES]; /* t_r */
    uint16_t shown_with;                  /* the column, or 0 */
} sch_cell_list;

typedef struct sch_cell_plan {
    const sch_cell_shape *shape;
    size_t first, shown; /* the cells that are shown: from the first to the last of the table */
    uint64_t min_persons;
    bool show_zero;
    size_t comparisons;
    sch_cell_comparison comparison[SCH_CELL_MAX_COMPARISONS];
    uint16_t comparison_head[SCH_CELL_COMPARISON_HEADS]; /* the last one of each, to find equal ones by */
    size_t lists;                                        /* those of most rules stand first */
    size_t with[SCH_MAX_COLUMN_RULES + 1];               /* with[n]: lists of n rules or more */
    sch_cell_list list[SCH_MAX_TABLE_COLUMNS];
    uint16_t list_of[SCH_MAX_TABLE_COLUMNS]; /* by column */
    bool tells_zero;                         /* some list's first rule does */
    size_t shown_with_others;                /* lists of columns that are shown with another one */
    size_t guarded;                          /* lists with some t_r > 1 */
    uint16_t guarded_list[SCH_MAX_TABLE_COLUMNS];
} sch_cell_plan;

/* Errors: SCH_BUG for a shape that cannot be. The plan points to the shape. */
sch_err sch_cell_plan_init(sch_cell_plan *plan, const sch_cell_shape *shape, const sch_disclosure *rules);

#endif
