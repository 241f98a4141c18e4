/* Percentiles by bins. For a fraction q = a / b of n records with a value, C_e of which lie below the end of bin e, the
 * value number k = floor(q (n - 1)), counted from 0, lies at or above that end where C_e <= k, that is where a (n - 1)
 * - b C_e >= 0; the one after it, number k + 1, where a (n - 1) - b C_e + b >= 0. PERCENTILE_CONT lies between these
 * two. PERCENTILE_DISC is the first value with C / n >= q: it lies at or above the end where b C_e < a n, that is where
 * a n - b C_e - 1 >= 0. */
#include "node/query/plan_sums.h"

enum { MAX_FRACTION_DECIMALS = 4 };

typedef struct fraction {
    int64_t a, b;
} fraction;

static sch_err read_fraction(const sch_draft *draft, fraction *out, uint32_t expression)
{
    const sch_expression *e = &draft->request->expression[expression];
    *out = (fraction){e->number, sch_power_of_ten(e->decimals)};
    while (out->b > 1 && out->a % 10 == 0) {
        out->a /= 10;
        out->b /= 10;
    }
    if (out->b > sch_power_of_ten(MAX_FRACTION_DECIMALS)) {
        return sch_draft_refuse(draft, expression,
                                "has more than four decimals; a quantile by bins is not as fine as that");
    }
    if ((unsigned __int128)draft->max_joined * (uint64_t)out->b >= (unsigned __int128)1 << 60) {
        return sch_draft_refuse(draft, expression, "is a part of too many records; write it with fewer decimals");
    }
    return SCH_NONE;
}

static sch_err add_step(sch_draft *draft, uint16_t *column, uint16_t count, uint16_t below, fraction q,
                        int64_t constant)
{
    sch_plan *plan = draft->plan;
    sch_cell_shape *cell = &plan->cell;
    if (cell->columns == SCH_MAX_TABLE_COLUMNS || plan->cell_steps == SCH_MAX_CELL_STEPS) {
        sch_detail_set(draft->detail, "the query asks for quantiles over too many bins at a time; ask for fewer");
        return sch_fail(SCH_BAD_INPUT, "too many bins");
    }
    int64_t side = q.a < q.b - q.a ? q.a : q.b - q.a;
    uint32_t sides = plan->rules.min_persons > 1 ? (uint32_t)((q.b + side - 1) / side) : 1;
    *column = cell->columns++;
    plan->cell_step[plan->cell_steps++] = (sch_cell_step){*column, count, below, q.a, -q.b, constant};
    cell->rule_count[*column] = cell->rule_count[count];
    for (size_t r = 0; r < cell->rule_count[count]; r++) {
        cell->rule[*column][r] = cell->rule[count][r];
        cell->rule[*column][r].times *= sides; /* so many that enough are on either side of the quantile */
    }
    return SCH_NONE;
}

static sch_err make_steps(sch_draft *draft, const sch_quantile *quantile)
{
    sch_err err = SCH_NONE;
    sch_plan_aggregate *out = &draft->plan->aggregate[quantile->aggregate];
    fraction q;
    uint16_t column;
    bool between = out->op == SCH_OP_PERCENTILE_CONT;
    SCH_TRY(read_fraction(draft, &q, draft->request->expression[out->expression].argument[1]));
    for (unsigned next = 0; next < (between ? 2U : 1U); next++) {
        int64_t constant = between ? -q.a + (next == 1 ? q.b : 0) : -1;
        for (uint16_t e = 0; e + 1 < out->bins; e++) {
            SCH_TRY(add_step(draft, &column, out->count.column[0], quantile->below[e], q, constant));
            if (e == 0) {
                *(next == 0 ? &out->first_above : &out->first_above_next) = column;
            }
            draft->plan->scratch[quantile->below[e]] = true;
        }
    }
out:
    return err;
}

/* Of this combination: the counts below each bin's end. They are for the steps alone, and stand in columns that nothing
 * else uses. */
sch_err sch_draft_quantile(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    sch_argument a;
    sch_ref ref;
    size_t number = (size_t)(out - draft->plan->aggregate);
    const sch_expression *e = &draft->request->expression[out->expression];
    SCH_TRY(sch_argument_open(draft, &a, e->argument[0]));
    out->bin_column = a.m.typed->column;
    out->bins = (uint16_t)out->bin_column->bin_count;
    out->decimals_x = a.m.typed->decimals;
    SCH_TRY(sch_measure_value(draft, &ref, &a.m, SCH_VALUE_PRESENT, SCH_WHOLE));
    SCH_TRY(sch_draft_put_count(draft, &out->count, ref, a.records, &a.of_counts));
    if (draft->combination == 0) {
        if (draft->quantile_count == SCH_MAX_QUANTILES) {
            return sch_draft_too_many(draft);
        }
        draft->quantile[draft->quantile_count++] = (sch_quantile){.aggregate = number};
    }
    size_t q = 0;
    while (draft->quantile[q].aggregate != number) {
        q++;
    }
    for (uint16_t b = 0; b + 1 < out->bins; b++) {
        sch_measure below;
        sch_plan_sum column = {0};
        SCH_TRY(sch_draft_below(draft, &below, &a.m, out->bin_column->bin_edge[b + 1]));
        SCH_TRY(sch_measure_value(draft, &ref, &below, SCH_VALUE_SUM, SCH_WHOLE));
        SCH_TRY(sch_draft_put_count(draft, &column, ref, a.records, &a.of_counts));
        draft->quantile[q].below[b] = column.column[0];
    }
out:
    return err;
}

sch_err sch_draft_quantile_steps(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < draft->quantile_count; i++) {
        SCH_TRY(make_steps(draft, &draft->quantile[i]));
    }
out:
    return err;
}
