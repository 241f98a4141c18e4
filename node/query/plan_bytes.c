/* How much a plan sends, and in how many shards. */
#include "node/query/plan.h"

enum {
    SHARD_ROWS = 1 << 17, /* computation.md step 2 */
    GROUP_ROWS = 4,       /* a shard has so many rows for each group: each adds a row to every shard */
};

uint32_t sch_plan_shards(const sch_plan *plan, const uint64_t *part_rows)
{
    unsigned __int128 rows = 0;
    uint64_t each = SHARD_ROWS;
    if (plan->pass_count > 0) {
        return 1;
    }
    for (size_t p = 0; p < plan->part_count; p++) {
        rows += (unsigned __int128)part_rows[p] * (p > 0 ? plan->local[0].occurrences : 1);
    }
    if (each < (uint64_t)GROUP_ROWS * plan->shape.groups) {
        each = (uint64_t)GROUP_ROWS * plan->shape.groups;
    }
    uint32_t shards = 1;
    while (shards < UINT32_C(1) << 20 && (unsigned __int128)shards * each < rows) {
        shards *= 2;
    }
    return shards;
}

uint64_t sch_plan_bytes(const sch_plan *plan, const uint64_t rows[static SCH_MAX_PARTIES])
{
    typedef unsigned __int128 wide;
    wide bytes = 0;
    uint64_t words = (uint64_t)plan->shape.columns * plan->shape.groups;
    for (size_t m = 0; m < plan->member_count; m++) {
        const sch_cast *cast = &plan->member[m];
        uint64_t part_rows[SCH_MAX_FROM] = {rows[cast->spine]};
        uint64_t data_rows[SCH_MAX_DATA_OWNERS] = {0};
        for (size_t d = 0; d + 1 < plan->part_count; d++) {
            part_rows[d + 1] = rows[cast->data[d]];
        }
        uint32_t shards = sch_plan_shards(plan, part_rows);
        for (size_t d = 0; d + 1 < plan->part_count; d++) {
            data_rows[d] = (part_rows[d + 1] / shards + 1) * plan->local[0].occurrences;
        }
        bytes += (wide)sch_table_bytes(&plan->shape, cast, part_rows[0] / shards + 1, data_rows) * shards;
        bytes += m > 0 ? (wide)16 * words : 0; /* moved to the first member's holders */
    }
    bytes += sch_cells_bytes(&plan->cell, &plan->rules);
    bytes += sch_cell_steps_bytes(&plan->cell, plan->cell_steps);
    bytes += (wide)32 * plan->cell.columns * plan->cell.cells; /* two holders' values and states */
    return bytes > UINT64_MAX ? UINT64_MAX : (uint64_t)bytes;
}
