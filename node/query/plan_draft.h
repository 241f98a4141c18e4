/* plan_draft.h - what planning keeps while it works. For node/query/plan*.c alone. */
#ifndef SCH_NODE_QUERY_PLAN_DRAFT_H
#define SCH_NODE_QUERY_PLAN_DRAFT_H

#include <stdint.h>

#include "node/query/local_sql.h"
#include "node/query/plan.h"
#include "node/query/typing.h"

typedef struct sch_draft {
    sch_plan *plan;
    const sch_request *request;
    sch_detail *detail;
    const sch_catalog *catalog[SCH_MAX_FROM];   /* of from[i] */
    const sch_data_set *data_set[SCH_MAX_FROM]; /* of from[i] */
    sch_typed *typed;                           /* owned */
    uint32_t *conjunct[2];                      /* owned; of spine and data owner, expression_count entries */
    sch_part part[2];                           /* of spine and data owner */
    uint64_t max_joined;                        /* bound on joined records */
    uint16_t product_guard[SCH_MAX_TABLE_COLUMNS];
    uint16_t data_guard[SCH_MAX_TABLE_COLUMNS];
} sch_draft;

/* From the outputs to the columns of both owners, the products, the guards and the shape. The parts know their data set,
 * conditions and keys. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_draft_columns(sch_draft *draft);

#endif
