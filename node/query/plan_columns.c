/* Aggregates to cell columns. An aggregate rests on counts and sums over the records of the join (plan_measure.c has
 * their weights), each a cell column, or a few of them where a sum could pass 2^62; plan_argument.c has their rules. */
#include "node/query/plan_sums.h"

/* ---- one argument ---- */

/* COUNT, SUM, AVG, VAR, STDDEV. */
static sch_err plan_single(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[out->expression];
    sch_argument a;
    sch_sum_draft sum;
    sch_ref present;
    sch_measure square;
    bool spread = out->op >= SCH_OP_VAR_SAMP;
    SCH_TRY(sch_argument_open(draft, &a, e->argument[0]));
    out->decimals_x = a.m.typed->decimals;
    if (out->op == SCH_OP_SUM) {
        out->count = (sch_plan_sum){.limbs = 1, .column = {a.has}};
    } else {
        SCH_TRY(sch_measure_value(draft, &present, &a.m, SCH_VALUE_PRESENT, SCH_WHOLE));
        SCH_TRY(sch_draft_put_count(draft, &out->count, present, a.records, &a.of_counts));
    }
    if (out->op == SCH_OP_COUNT) {
        return SCH_NONE;
    }
    SCH_TRY(sch_draft_check_power(draft, e->argument[0], spread ? 1 : 2));
    const sch_contribution own = {e->argument[0], NULL, sch_ref_constant(1), a.persons, a.has};
    SCH_TRY(sch_draft_contributors(draft, &a.of_sums, &own));
    SCH_TRY(sch_draft_measure_sum(draft, &sum, &a.m, 1, out->expression));
    SCH_TRY(sch_draft_put_sum(draft, &out->x, &sum, a.records, &a.of_sums));
    if (!spread) {
        return SCH_NONE;
    }
    SCH_TRY(sch_draft_square(draft, &square, &a.m));
    SCH_TRY(sch_draft_measure_sum(draft, &sum, &square, a.m.local ? 2 : 1, out->expression));
    SCH_TRY(sch_draft_put_sum(draft, &out->xx, &sum, a.records, &a.of_sums));
out:
    return err;
}

/* ---- all ---- */

static sch_err plan_rows(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    sch_ref records;
    sch_rule_list rules = {0};
    sch_rules_push(&rules, draft->plan->persons, SCH_NO_COLUMN, true);
    SCH_TRY(sch_draft_weight(draft, &records, true, 0));
    SCH_TRY(sch_draft_put_count(draft, &out->count, records, sch_ref_constant(1), &rules));
out:
    return err;
}

/* Of a report of linkage: those whom one pass linked. The counts of all passes have one another's rules, and add up to
 * all who link: so they are shown together or not at all, and only where the count of all is; so none of them follows
 * from the others, and that of all not from them. */
static sch_err plan_pass(sch_draft *draft, sch_plan_aggregate *out, size_t from, size_t pass)
{
    sch_err err = SCH_NONE;
    const sch_plan *plan = draft->plan;
    size_t part = draft->site_part[draft->site_of[from]];
    sch_argument a;
    if (part == 0) {
        return sch_draft_refuse(draft, out->expression, "is of a pass, and all others are linked to this data set");
    }
    SCH_TRY(sch_argument_open(draft, &a, draft->request->expression[out->expression].argument[0]));
    for (size_t p = 0; p <= plan->pass_count; p++) {
        uint16_t column;
        SCH_TRY(sch_draft_put_guard(draft, &column, sch_draft_indicator(draft, part, p), a.persons));
        if (plan->rules.min_persons > 1) {
            sch_rules_push(&a.of_counts, column, SCH_NO_COLUMN, true);
        }
    }
    SCH_TRY(sch_draft_put_count(draft, &out->count, sch_draft_indicator(draft, part, pass), a.persons, &a.of_counts));
    draft->plan->cell.shown_with[out->count.column[0]] = a.has;
out:
    return err;
}

/* COUNT(DISTINCT identifier): linked persons; of a left joined data set those whom it knows. */
static sch_err plan_persons(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[out->expression];
    size_t from = draft->request->expression[e->argument[0]].data_set;
    sch_argument a;
    if (draft->rows_a_person > 1) {
        return sch_draft_refuse(draft, out->expression,
                                "cannot count each person once, since a person may stand in several rows of a cell "
                                "here; write COUNT(*), or "
                                "leave margins and conditions over several owners' columns out");
    }
    if (e->number > 0) {
        return plan_pass(draft, out, from, (size_t)e->number - 1);
    }
    if (draft->request->from[from].join == SCH_JOIN_LEFT) {
        SCH_TRY(sch_argument_open(draft, &a, e->argument[0]));
        out->count = (sch_plan_sum){.limbs = 1, .column = {a.has}};
    } else {
        out->count = (sch_plan_sum){.limbs = 1, .column = {draft->plan->persons}};
    }
out:
    return err;
}

static sch_err plan_aggregate(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_op op = out->op;
    if (op == SCH_OP_COUNT_ROWS) {
        return plan_rows(draft, out);
    }
    if (op == SCH_OP_COUNT_PERSONS) {
        return plan_persons(draft, out);
    }
    if (op == SCH_OP_PERCENTILE_CONT || op == SCH_OP_PERCENTILE_DISC) {
        return sch_draft_quantile(draft, out);
    }
    return op >= SCH_OP_COVAR_SAMP ? sch_draft_pair_aggregate(draft, out) : plan_single(draft, out);
}

/* The aggregates of outputs, HAVING and ORDER BY, each once. */
static sch_err list_aggregates(sch_draft *draft)
{
    const sch_request *request = draft->request;
    sch_plan *plan = draft->plan;
    for (uint32_t i = 0; i < request->expression_count; i++) {
        if (!sch_op_is_aggregate(request->expression[i].op) || (draft->typed[i].stands & SCH_STANDS_AFTER) == 0) {
            continue;
        }
        if (plan->aggregate_count == SCH_MAX_AGGREGATES) {
            return sch_draft_too_many(draft);
        }
        plan->aggregate[plan->aggregate_count++] =
            (sch_plan_aggregate){.expression = i, .op = request->expression[i].op};
    }
    return SCH_NONE;
}

static sch_err plan_combination(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    sch_plan *plan = draft->plan;
    sch_ref persons;
    draft->asked_count = 0;
    draft->has_condition_weight = false;
    SCH_TRY(sch_draft_weight(draft, &persons, false, 0));
    SCH_TRY(sch_draft_ask(draft, &plan->persons, persons, &(sch_rule_list){0}));
    if (draft->combination == 0) {
        SCH_TRY(
            sch_draft_add_rule(draft, plan->persons, (sch_cell_rule){.count = plan->persons, .less = SCH_NO_COLUMN}));
    }
    for (size_t i = 0; i < plan->aggregate_count; i++) {
        SCH_TRY(plan_aggregate(draft, &plan->aggregate[i]));
    }
out:
    return err;
}

/* Each data owner gives a column at least: the one that says that a row is there. */
static sch_err fill_parts(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    sch_ref ignored;
    for (size_t p = 1; p < draft->plan->part_count; p++) {
        if (draft->part[p].value_count == 0) {
            SCH_TRY(sch_draft_value(draft, &ignored, p,
                                    (sch_part_value){.kind = SCH_VALUE_LINKED, .combination = SCH_ANY_COMBINATION}));
        }
    }
out:
    return err;
}

static void show_sum(sch_plan *plan, const sch_plan_sum *sum)
{
    for (size_t i = 0; i < sum->limbs; i++) {
        plan->hidden[sum->column[i]] = false;
    }
}

/* Columns that no aggregate rests on are there for rules and steps alone. */
static void hide_others(sch_plan *plan)
{
    for (size_t j = 0; j < plan->cell.columns; j++) {
        plan->hidden[j] = j != plan->persons;
    }
    for (size_t i = 0; i < plan->aggregate_count; i++) {
        const sch_plan_aggregate *a = &plan->aggregate[i];
        const sch_plan_sum *const sum[] = {&a->count, &a->x, &a->y, &a->xx, &a->yy, &a->xy};
        for (size_t s = 0; s < sizeof sum / sizeof sum[0]; s++) {
            show_sum(plan, sum[s]);
        }
        for (uint16_t b = 0; b + 1 < a->bins; b++) {
            plan->hidden[a->first_above + b] = false;
            plan->hidden[a->first_above_next + b] =
                a->op == SCH_OP_PERCENTILE_DISC && plan->hidden[a->first_above_next + b];
        }
    }
}

sch_err sch_draft_columns(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    sch_plan *plan = draft->plan;
    SCH_TRY(list_aggregates(draft));
    for (draft->combination = 0; draft->combination < plan->wide; draft->combination++) {
        SCH_TRY(plan_combination(draft));
    }
    SCH_TRY(fill_parts(draft));
    SCH_TRY(sch_draft_finish_program(draft, draft->column, (size_t)plan->wide * plan->cell.columns));
    plan->summed = plan->cell.columns;
    draft->combination = 0;
    for (uint16_t j = 0; j < plan->summed; j++) {
        if (plan->cell.rule_count[j] == 0) { /* for others' rules alone */
            SCH_TRY(sch_draft_add_rule(draft, j, (sch_cell_rule){.count = j, .less = SCH_NO_COLUMN}));
        }
    }
    SCH_TRY(sch_draft_quantile_steps(draft));
    hide_others(plan);
out:
    return err;
}
