/* Percentiles by bins. For a fraction q = a / b of n records with a value, C_e of which lie below the end of bin e, the value number k = floor(q (n - 1)), counted from 0, lies at or
 * above that end where C_e <= k, that is where a (n - 1) - b C_e >= 0; the one after it, number k + 1, where a (n - 1) - b C_e + b >= 0. PERCENTILE_CONT lies between these two.
 * PERCENTILE_DISC is the first value with C / n >= q: it lies at or above the end where b C_e < a n, that is where a n - b C_e - 1 >= 0. */
#include "node/query/plan_draft.h"

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
    *column = cell->columns++;
    plan->cell_step[plan->cell_steps++] = (sch_cell_step){*column, count, below, q.a, -q.b, constant};
    cell->rule_count[*column] = cell->rule_count[count];
    for (size_t r = 0; r < cell->rule_count[count]; r++) {
        cell->rule[*column][r] = cell->rule[count][r];
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

sch_err sch_draft_quantile_steps(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < draft->quantile_count; i++) {
        SCH_TRY(make_steps(draft, &draft->quantile[i]));
    }
out:
    return err;
}
