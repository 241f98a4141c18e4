/* The hash of a plan: over everything in it, so that nodes that plan for themselves notice any difference. */
#include <string.h>

#include "crypto/prim/hash.h"
#include "node/query/plan.h"

static sch_err put_word(sch_buf *out, uint64_t word)
{
    uint8_t bytes[8];
    sch_put_u64(bytes, word);
    return sch_buf_append(out, bytes, sizeof bytes);
}

/* With its length before it, so that two texts cannot be read as two others. */
static sch_err put_text(sch_buf *out, const char *text)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, strlen(text)));
    SCH_TRY(sch_buf_append_text(out, text));
out:
    return err;
}

static sch_err put_column(sch_buf *out, const sch_column *column)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, column != NULL));
    if (column == NULL) {
        return SCH_NONE;
    }
    SCH_TRY(put_text(out, column->name));
    SCH_TRY(put_word(out, column->type));
    SCH_TRY(put_word(out, column->role));
    SCH_TRY(put_word(out, column->identifier));
    SCH_TRY(put_word(out, column->decimals));
    SCH_TRY(put_word(out, column->required));
    SCH_TRY(put_word(out, column->bounded));
    SCH_TRY(put_word(out, (uint64_t)column->minimum));
    SCH_TRY(put_word(out, (uint64_t)column->maximum));
    SCH_TRY(put_word(out, column->code_count));
    for (uint32_t i = 0; i < column->code_count; i++) {
        SCH_TRY(put_text(out, column->code[i]));
    }
    SCH_TRY(put_word(out, column->bin_count));
    for (uint32_t i = 0; column->bin_count > 0 && i <= column->bin_count; i++) {
        SCH_TRY(put_word(out, (uint64_t)column->bin_edge[i]));
    }
out:
    return err;
}

static sch_err put_parties(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, plan->party_count));
    for (size_t i = 0; i < plan->party_count; i++) {
        SCH_TRY(put_text(out, plan->party[i]));
    }
    SCH_TRY(put_word(out, plan->member_count));
    for (size_t m = 0; m < plan->member_count; m++) {
        const sch_cast *cast = &plan->member[m];
        SCH_TRY(put_word(out, cast->spine));
        SCH_TRY(put_word(out, cast->second));
        SCH_TRY(put_word(out, cast->third));
        for (size_t d = 0; d + 1 < plan->part_count; d++) {
            SCH_TRY(put_word(out, cast->data[d]));
            SCH_TRY(put_word(out, cast->helper[d]));
        }
    }
out:
    return err;
}

static sch_err put_part(sch_buf *out, const sch_local *local)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, local->from_count));
    for (size_t i = 0; i < local->from_count; i++) {
        SCH_TRY(put_word(out, local->from[i]));
    }
    SCH_TRY(put_text(out, local->sql));
    SCH_TRY(put_word(out, local->key_count));
    for (size_t k = 0; k < local->key_count; k++) {
        SCH_TRY(put_word(out, local->key[k].relation));
        SCH_TRY(put_word(out, local->key[k].bin));
        SCH_TRY(put_word(out, local->key[k].stride));
        SCH_TRY(put_column(out, local->key[k].column));
    }
    SCH_TRY(put_word(out, local->value_count));
    SCH_TRY(put_word(out, local->occurrences));
    SCH_TRY(put_word(out, local->codes));
    SCH_TRY(put_word(out, local->max_rows));
    SCH_TRY(put_word(out, local->most_records));
    SCH_TRY(put_word(out, local->passes));
out:
    return err;
}

static sch_err put_link_key(sch_buf *out, const sch_link_key *key)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, key != NULL));
    if (key == NULL) {
        return SCH_NONE;
    }
    SCH_TRY(put_text(out, key->name));
    SCH_TRY(put_word(out, key->part_count));
    for (size_t i = 0; i < key->part_count; i++) {
        SCH_TRY(put_text(out, key->part[i].column));
        SCH_TRY(put_word(out, key->part[i].first));
    }
out:
    return err;
}

static sch_err put_passes(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, plan->pass_count));
    for (size_t i = 0; i < plan->pass_count; i++) {
        SCH_TRY(put_text(out, plan->pass[i]));
        for (size_t k = 0; k < SCH_MAX_FROM; k++) {
            SCH_TRY(put_link_key(out, plan->link_key[i][k]));
        }
    }
out:
    return err;
}

static sch_err put_keys(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, plan->key_count));
    for (size_t i = 0; i < plan->key_count; i++) {
        const sch_plan_key *key = &plan->key[i];
        SCH_TRY(put_word(out, key->place));
        SCH_TRY(put_word(out, key->part));
        SCH_TRY(put_word(out, key->bin));
        SCH_TRY(put_word(out, key->codes));
        SCH_TRY(put_word(out, key->domain));
        SCH_TRY(put_word(out, key->stride));
        SCH_TRY(put_word(out, key->inner));
        SCH_TRY(put_column(out, key->column));
    }
    SCH_TRY(put_word(out, plan->wide));
    for (size_t p = 0; p < plan->part_count; p++) {
        SCH_TRY(put_word(out, plan->part_stride[p]));
    }
out:
    return err;
}

static sch_err put_shape(sch_buf *out, const sch_table_shape *shape)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, shape->spine_groups));
    SCH_TRY(put_word(out, shape->groups));
    SCH_TRY(put_word(out, shape->spine_columns));
    SCH_TRY(put_word(out, shape->data_owners));
    SCH_TRY(put_word(out, shape->passes));
    for (size_t d = 0; d < shape->data_owners; d++) {
        SCH_TRY(put_word(out, shape->data[d].columns));
        SCH_TRY(put_word(out, shape->data[d].indicators));
        SCH_TRY(put_word(out, shape->data[d].ones));
        SCH_TRY(put_word(out, shape->data[d].codes));
    }
    SCH_TRY(put_word(out, shape->steps));
    for (size_t i = 0; i < shape->steps; i++) {
        const sch_row_step *step = &shape->step[i];
        SCH_TRY(put_word(out, step->op));
        SCH_TRY(put_word(out, step->a));
        SCH_TRY(put_word(out, step->b));
        SCH_TRY(put_word(out, (uint64_t)step->factor_a));
        SCH_TRY(put_word(out, (uint64_t)step->factor_b));
        SCH_TRY(put_word(out, (uint64_t)step->constant));
    }
    SCH_TRY(put_word(out, shape->columns));
    for (size_t i = 0; i < shape->columns; i++) {
        SCH_TRY(put_word(out, shape->column[i]));
    }
out:
    return err;
}

static sch_err put_cells(sch_buf *out, const sch_cell_shape *cell)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, cell->base));
    SCH_TRY(put_word(out, cell->cells));
    SCH_TRY(put_word(out, cell->shows_base));
    SCH_TRY(put_word(out, cell->key_count));
    for (size_t k = 0; k < cell->key_count; k++) {
        SCH_TRY(put_word(out, cell->domain[k]));
        SCH_TRY(put_word(out, cell->stride[k]));
    }
    SCH_TRY(put_word(out, cell->set_count));
    for (size_t i = 0; i < cell->set_count; i++) {
        SCH_TRY(put_word(out, cell->set[i]));
        SCH_TRY(put_word(out, cell->set_first[i]));
    }
    SCH_TRY(put_word(out, cell->columns));
    for (size_t j = 0; j < cell->columns; j++) {
        SCH_TRY(put_word(out, cell->shown_with[j]));
        SCH_TRY(put_word(out, cell->rule_count[j]));
        for (size_t r = 0; r < cell->rule_count[j]; r++) {
            const sch_cell_rule *rule = &cell->rule[j][r];
            SCH_TRY(put_word(out, rule->count));
            SCH_TRY(put_word(out, rule->less));
            SCH_TRY(put_word(out, rule->times));
            SCH_TRY(put_word(out, rule->zero));
        }
    }
out:
    return err;
}

static sch_err put_sum(sch_buf *out, const sch_plan_sum *sum)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, sum->limbs));
    for (size_t i = 0; i < sum->limbs; i++) {
        SCH_TRY(put_word(out, sum->column[i]));
        SCH_TRY(put_word(out, sum->shift[i]));
    }
out:
    return err;
}

static sch_err put_aggregates(sch_buf *out, const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    SCH_TRY(put_word(out, plan->summed));
    SCH_TRY(put_word(out, plan->cell_steps));
    for (size_t i = 0; i < plan->cell_steps; i++) {
        const sch_cell_step *step = &plan->cell_step[i];
        SCH_TRY(put_word(out, step->out));
        SCH_TRY(put_word(out, step->a));
        SCH_TRY(put_word(out, step->b));
        SCH_TRY(put_word(out, (uint64_t)step->factor_a));
        SCH_TRY(put_word(out, (uint64_t)step->factor_b));
        SCH_TRY(put_word(out, (uint64_t)step->constant));
    }
    for (size_t j = 0; j < plan->cell.columns; j++) {
        SCH_TRY(put_word(out, plan->scratch[j]));
        SCH_TRY(put_word(out, plan->hidden[j]));
    }
    SCH_TRY(put_word(out, plan->persons));
    SCH_TRY(put_word(out, plan->aggregate_count));
    for (size_t i = 0; i < plan->aggregate_count; i++) {
        const sch_plan_aggregate *a = &plan->aggregate[i];
        const sch_plan_sum *sum[] = {&a->count, &a->x, &a->y, &a->xx, &a->yy, &a->xy};
        SCH_TRY(put_word(out, a->expression));
        SCH_TRY(put_word(out, a->op));
        SCH_TRY(put_word(out, a->decimals_x));
        SCH_TRY(put_word(out, a->decimals_y));
        SCH_TRY(put_column(out, a->bin_column));
        SCH_TRY(put_word(out, a->bins));
        SCH_TRY(put_word(out, a->first_above));
        SCH_TRY(put_word(out, a->first_above_next));
        for (size_t s = 0; s < sizeof sum / sizeof sum[0]; s++) {
            SCH_TRY(put_sum(out, sum[s]));
        }
    }
out:
    return err;
}

sch_err sch_plan_hash(uint8_t out[static SCH_HASH_BYTES], const sch_plan *plan)
{
    sch_err err = SCH_NONE;
    sch_buf bytes = {0};
    SCH_TRY(put_text(&bytes, "schakel plan 3"));
    SCH_TRY(put_parties(&bytes, plan));
    for (size_t p = 0; p < plan->part_count; p++) {
        SCH_TRY(put_part(&bytes, &plan->local[p]));
    }
    SCH_TRY(put_passes(&bytes, plan));
    SCH_TRY(put_keys(&bytes, plan));
    SCH_TRY(put_shape(&bytes, &plan->shape));
    SCH_TRY(put_cells(&bytes, &plan->cell));
    SCH_TRY(put_aggregates(&bytes, plan));
    SCH_TRY(put_word(&bytes, plan->rules.min_persons));
    SCH_TRY(put_word(&bytes, plan->rules.show_zero));
    SCH_TRY(put_word(&bytes, plan->grouping));
    SCH_TRY(put_word(&bytes, plan->wide_bytes));
    SCH_TRY(put_word(&bytes, plan->sorted_bytes));
    SCH_TRY(sch_hash_bytes(out, bytes.data, bytes.bytes));
out:
    sch_buf_clear(&bytes);
    return err;
}
