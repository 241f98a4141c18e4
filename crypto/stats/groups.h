/* groups.h - sums of a table's rows by group: two ways, for linked_table.c.
 *
 * Tables lie row-major, sums column by column: column j is shape->groups consecutive words. */
#ifndef SCH_CRYPTO_STATS_GROUPS_H
#define SCH_CRYPTO_STATS_GROUPS_H

#include "crypto/protocol/seat.h"
#include "crypto/share/perm.h"
#include "crypto/share/ring.h"
#include "crypto/stats/table_shape.h"

typedef struct sch_group_task {
    const sch_seat *seat;
    const sch_table_shape *shape;
    const sch_cast *cast;
    size_t rows;   /* of the spine; the table has one row of zeros more for each group, at its end */
    uint16_t step; /* the first message's number */
    /* Spine and second: the table's share, (rows + groups) x columns. Cleared as soon as it is not needed any more. */
    sch_ring *table;
    /* Spine and sch_group_keeper, where codes are sorted by: rows + groups words of which the first `rows` are the
     * share (XOR) of each row's codes, one behind the other, the first owner's lowest, and the others 0. Changed. */
    sch_ring *codes;
    /* Spine: row j of group[j] stands at row order(j) of the table. */
    const sch_perm *order;
    const uint32_t *group;
} sch_group_task;

/* Each adds the sums' shares to `sums` at spine and second (NULL elsewhere), and is called by spine, second and third.
 * Errors: SCH_BAD_INPUT at the spine for a group out of range, else the protocols'. */
sch_err sch_group_known(const sch_group_task *task, uint64_t *sums);
sch_err sch_group_sorted(const sch_group_task *task, uint64_t *sums);

/* Which of second and third holds the codes beside the spine before they are sorted. */
sch_party sch_group_keeper(const sch_table_shape *shape, const sch_cast *cast);

/* Bytes that all parties send, messages only. */
uint64_t sch_group_known_bytes(const sch_table_shape *shape, uint64_t rows);
uint64_t sch_group_sorted_bytes(const sch_table_shape *shape, uint64_t rows);

/* Adds the differences of neighbouring groups' prefix sums, `groups` x columns words, row-major, to the sums. */
void sch_group_add_differences(uint64_t *sums, const uint64_t *prefix, const sch_table_shape *shape);

#endif
