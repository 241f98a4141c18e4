/* Sums by groups that the spine knows (computation.md step 4).
 *
 *   T               the table, under it G rows of zeros: one for each group
 *   psi             the order by group
 *   U = psi(T)      the rows by group                             PERMUTE: held by spine and third
 *   P               U's prefix sums                               each holder alone
 *   Q[g] = P[e_g]   e_g is the position of group g's last row     SELECT: held by spine and second
 *   Q[g] - Q[g-1]   the sums of group g                           each holder alone */
#include "crypto/protocol/permute.h"
#include "crypto/protocol/select.h"
#include "crypto/share/rows.h"
#include "crypto/stats/groups.h"

void sch_group_add_differences(uint64_t *sums, const uint64_t *prefix, const sch_table_shape *shape)
{
    for (size_t j = 0; j < shape->columns; j++) {
        uint64_t before = 0;
        for (size_t g = 0; g < shape->groups; g++) {
            uint64_t now = prefix[g * shape->columns + j];
            sums[j * shape->groups + g] += now - before;
            before = now;
        }
    }
}

static sch_err sum_spine(const sch_group_task *task, uint64_t *sums, const sch_run *permute, const sch_run *select)
{
    sch_err err = SCH_NONE;
    const sch_table_shape *shape = task->shape;
    size_t rows = task->rows + shape->groups;
    sch_perm psi = {0};
    sch_perm e = {0};
    sch_ring u = {0};
    sch_ring q = {0};
    SCH_TRY(sch_perm_init_by_group(&psi, &e, task->order, task->group, task->rows, shape->groups));
    SCH_TRY(sch_ring_init(&u, rows, shape->columns));
    SCH_TRY(sch_permute_a(permute, u.word, &psi, task->table->word, shape->columns));
    sch_rows_prefix_sums(u.word, rows, shape->columns);
    SCH_TRY(sch_ring_init(&q, shape->groups, shape->columns));
    SCH_TRY(sch_select_a(select, q.word, &e, u.word, rows, shape->columns));
    sch_group_add_differences(sums, q.word, shape);
out:
    sch_ring_clear(&q);
    sch_ring_clear(&u);
    sch_perm_clear(&e);
    sch_perm_clear(&psi);
    return err;
}

static sch_err sum_second(const sch_group_task *task, uint64_t *sums, const sch_run *permute, const sch_run *select)
{
    sch_err err = SCH_NONE;
    const sch_table_shape *shape = task->shape;
    size_t rows = task->rows + shape->groups;
    sch_ring q = {0};
    SCH_TRY(sch_permute_b(permute, task->table->word, rows, shape->columns));
    sch_ring_clear(task->table);
    SCH_TRY(sch_ring_init(&q, shape->groups, shape->columns));
    SCH_TRY(sch_select_b(select, q.word, shape->groups, rows, shape->columns));
    sch_group_add_differences(sums, q.word, shape);
out:
    sch_ring_clear(&q);
    return err;
}

static sch_err sum_third(const sch_group_task *task, const sch_run *permute, const sch_run *select)
{
    sch_err err = SCH_NONE;
    size_t columns = task->shape->columns;
    size_t rows = task->rows + task->shape->groups;
    sch_ring u = {0};
    SCH_TRY(sch_ring_init(&u, rows, columns));
    SCH_TRY(sch_permute_c(permute, u.word, rows, columns));
    sch_rows_prefix_sums(u.word, rows, columns);
    SCH_TRY(sch_select_c(select, u.word, rows, columns));
out:
    sch_ring_clear(&u);
    return err;
}

sch_err sch_group_known(const sch_group_task *task, uint64_t *sums)
{
    const sch_cast *cast = task->cast;
    const sch_run permute = {task->seat, cast->spine, cast->second, cast->third, task->step};
    const sch_run select = {task->seat, cast->spine, cast->second, cast->third,
                            (uint16_t)(task->step + SCH_PERMUTE_STEPS)};
    sch_party self = task->seat->link->self;
    if (self == cast->spine) {
        return sum_spine(task, sums, &permute, &select);
    }
    return self == cast->second ? sum_second(task, sums, &permute, &select) : sum_third(task, &permute, &select);
}

uint64_t sch_group_known_bytes(const sch_table_shape *shape, uint64_t rows)
{
    uint64_t all_rows = rows + shape->groups;
    uint64_t table_bytes = all_rows * shape->columns * sizeof(uint64_t);
    return all_rows * SCH_PERM_ITEM_BYTES + table_bytes                   /* PERMUTE */
           + table_bytes + (uint64_t)shape->groups * SCH_PERM_ITEM_BYTES; /* SELECT */
}
