/* What one shard of a linked table sends: the bytes of each step of linked_table.c, in its order. */
#include "crypto/protocol/align.h"
#include "crypto/share/perm.h"
#include "crypto/stats/groups.h"
#include "crypto/stats/row_program.h"

uint64_t sch_table_bytes(const sch_table_shape *shape, const sch_cast *cast, uint64_t spine_rows,
                         const uint64_t *data_rows)
{
    uint64_t bytes = 0;
    if (sch_failed(sch_table_shape_check(shape)) || sch_failed(sch_cast_check(cast, shape))) {
        return 0;
    }
    for (size_t d = 0; d < shape->data_owners; d++) {
        uint64_t columns = sch_table_sent_columns(shape, d);
        bool has_code = shape->data[d].codes > 1;
        bool moves = cast->helper[d] != cast->second;
        bool moves_codes = has_code && cast->helper[d] != sch_group_keeper(shape, cast);
        uint64_t both = spine_rows + data_rows[d];
        bytes += both * shape->passes * SCH_SENT_TAG_BYTES + both * (columns + has_code) * sizeof(uint64_t) +
                 spine_rows * SCH_PERM_ITEM_BYTES; /* ALIGN */
        uint64_t moved = ((uint64_t)shape->data[d].columns + shape->data[d].indicators) * moves + moves_codes;
        bytes += spine_rows * moved * sizeof(uint64_t); /* RESHARE */
    }
    const sch_table_shape grouped = sch_table_grouped_shape(shape);
    bytes += sch_row_program_bytes(shape, spine_rows);
    return bytes + (sch_table_is_sorted(shape) ? sch_group_sorted_bytes(&grouped, spine_rows)
                                               : sch_group_known_bytes(&grouped, spine_rows));
}
