#include "node/job/compute_cells.h"

#include <stdlib.h>

#include "crypto/base/secret.h"
#include "node/base/clock.h"

/* Shard numbers of the moves: below those of the cells, one a member; shards of rows never come so far. */
#define SHARD_MOVE(member) (SCH_SHARD_CELLS - 2 - (uint32_t)(member))
#define SHARD_STEPS (SCH_SHARD_CELLS - 1)

static const sch_cast *first_cast(const sch_compute *compute)
{
    return &compute->plan->member[0];
}

static bool holds_table(const sch_compute *compute)
{
    return sch_plan_is_holder(compute->plan, compute->self);
}

static size_t table_words(const sch_compute *compute)
{
    return (size_t)compute->plan->cell.columns * compute->plan->cell.cells;
}

static sch_party_set set_of(sch_party a, sch_party b)
{
    return UINT32_C(1) << a | UINT32_C(1) << b;
}

static void wipe_sums(const sch_compute *compute, uint64_t **sums)
{
    if (*sums != NULL) {
        sch_secret_wipe(*sums, sch_compute_sum_words(compute) * sizeof **sums);
    }
    free(*sums);
    *sums = NULL;
}

static sch_err make_words(uint64_t **out, size_t words)
{
    *out = calloc(words, sizeof **out);
    return sch_check(*out != NULL, SCH_NO_MEMORY, "out of memory for the table");
}

/* Adds a member's sums where they belong. */
static sch_err place(sch_compute *compute, const uint64_t *sums, size_t member)
{
    sch_err err = SCH_NONE;
    const sch_plan *plan = compute->plan;
    uint32_t groups = plan->shape.groups;
    SCH_TRY(sch_check(plan->shape.columns == plan->wide * plan->summed, SCH_BUG,
                      "the table has other columns than its cells take"));
    for (uint32_t w = 0; w < plan->wide; w++) {
        for (uint32_t g = 0; g < groups; g++) {
            uint32_t cell = sch_plan_cell(plan, member, w, g);
            SCH_TRY(sch_check(cell < plan->cell.base, SCH_BUG, "a group has no cell"));
            for (size_t j = 0; j < plan->summed; j++) {
                compute->values[j * plan->cell.cells + cell] += sums[((size_t)w * plan->summed + j) * groups + g];
            }
        }
    }
out:
    return err;
}

/* One member's sums to the table's holders, where this node has a part in that. */
static sch_err move(sch_compute *compute, uint64_t **sums, size_t member)
{
    sch_err err = SCH_NONE;
    const sch_cast *from = &compute->plan->member[member], *to = first_cast(compute);
    sch_party_set set = set_of(from->spine, from->second) | set_of(to->spine, to->second);
    uint64_t *total = NULL;
    sch_link link = {0};
    if ((set >> compute->self & 1) == 0) {
        return SCH_NONE;
    }
    if (holds_table(compute)) {
        SCH_TRY(make_words(&total, sch_compute_sum_words(compute)));
    }
    SCH_TRY(sch_mesh_link_open(compute->mesh_job, &link, SHARD_MOVE(member), set));
    sch_seat seat = sch_compute_seat(compute, &link, SHARD_MOVE(member));
    SCH_TRY(sch_cells_move(&seat, total, *sums, sch_compute_sum_words(compute), from, to));
    SCH_TRY(sch_mesh_link_finish(&link));
    wipe_sums(compute, sums);
    if (total != NULL) {
        SCH_TRY(place(compute, total, member));
    }
out:
    sch_mesh_link_close(&link);
    wipe_sums(compute, &total);
    return err;
}

static sch_err gather(sch_compute *compute, uint64_t *sums[static SCH_MAX_MEMBERS])
{
    sch_err err = SCH_NONE;
    if (holds_table(compute)) { /* who holds the table holds the first member's sums */
        SCH_TRY(make_words(&compute->values, table_words(compute)));
        SCH_TRY(place(compute, sums[0], 0));
        wipe_sums(compute, &sums[0]);
    }
    for (size_t m = 1; m < compute->plan->member_count; m++) {
        SCH_TRY(move(compute, &sums[m], m));
    }
out:
    return err;
}

/* Comparisons on the cells, where the plan has any. */
static sch_err compare(sch_compute *compute, sch_party_set set)
{
    sch_err err = SCH_NONE;
    const sch_plan *plan = compute->plan;
    sch_link link = {0};
    if (plan->cell_steps == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_mesh_link_open(compute->mesh_job, &link, SHARD_STEPS, set));
    sch_seat seat = sch_compute_seat(compute, &link, SHARD_STEPS);
    SCH_TRY(sch_cell_steps_run(&seat, compute->values, &plan->cell, plan->cell_step, plan->cell_steps, plan->scratch,
                               first_cast(compute)));
    SCH_TRY(sch_mesh_link_finish(&link));
out:
    sch_mesh_link_close(&link);
    return err;
}

/* What is for rules and steps alone goes to nobody. */
static void hide(sch_compute *compute)
{
    size_t cells = compute->plan->cell.cells;
    for (size_t j = 0; holds_table(compute) && j < compute->plan->cell.columns; j++) {
        if (compute->plan->hidden[j]) {
            sch_secret_wipe(compute->values + j * cells, cells * sizeof *compute->values);
            sch_secret_wipe(compute->states + j * cells, cells * sizeof *compute->states);
        }
    }
}

static sch_err disclose(sch_compute *compute)
{
    sch_err err = SCH_NONE;
    const sch_plan *plan = compute->plan;
    const sch_cast *cast = first_cast(compute);
    sch_party_set set = set_of(cast->spine, cast->second) | UINT32_C(1) << cast->third;
    sch_link link = {0};
    if ((set >> compute->self & 1) == 0) {
        return SCH_NONE;
    }
    if (holds_table(compute)) {
        SCH_TRY(make_words(&compute->states, table_words(compute)));
        sch_cells_add_margins(compute->values, &plan->cell);
    }
    SCH_TRY(compare(compute, set));
    SCH_TRY(sch_mesh_link_open(compute->mesh_job, &link, SCH_SHARD_CELLS, set));
    sch_seat seat = sch_compute_seat(compute, &link, SCH_SHARD_CELLS);
    SCH_TRY(sch_cells_disclose(&seat, compute->values, compute->states, &plan->cell, &plan->rules, cast));
    hide(compute);
    SCH_TRY(sch_mesh_link_finish(&link));
out:
    sch_mesh_link_close(&link);
    return err;
}

sch_err sch_compute_cells(sch_compute *compute, uint64_t *sums[static SCH_MAX_MEMBERS])
{
    sch_err err = SCH_NONE;
    uint64_t start = sch_clock_ns();
    SCH_TRY(sch_cell_shape_check(&compute->plan->cell));
    SCH_TRY(gather(compute, sums));
    SCH_TRY(disclose(compute));
    compute->times.release_ns = sch_clock_ns() - start;
out:
    return err;
}

void sch_compute_clear(sch_compute *compute)
{
    uint64_t **const words[] = {&compute->values, &compute->states};
    for (size_t i = 0; i < 2; i++) {
        if (*words[i] != NULL) {
            sch_secret_wipe(*words[i], table_words(compute) * sizeof **words[i]);
        }
        free(*words[i]);
        *words[i] = NULL;
    }
}
