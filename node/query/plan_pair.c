/* Aggregates of two arguments: COVAR, CORR, REGR. Their rules, beside those for persons with both: each sum has those
 * of the arguments in it, and the products' sum that enough persons have a product other than 0, or none. */
#include "node/query/plan_sums.h"

/* What the sums of two arguments rest on. One part that holds both makes them itself, over its records with both;
 * otherwise each is weighed with the other's presence. */
typedef struct argument_pair {
    sch_measure x, y;
    bool together; /* x and y are over the records with both already, and product is theirs */
    sch_measure product;
    sch_ref x_is, y_is;   /* records with a value, in a row */
    sch_ref x_has, y_has; /* 1 where there is one */
    sch_ref records, persons;
    uint16_t has;
    sch_rule_list of_counts, of_x, of_y, of_xy;
} argument_pair;

static sch_err open_pair(sch_draft *draft, argument_pair *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    *p = (argument_pair){0};
    SCH_TRY(sch_draft_check_power(draft, e->argument[0], 1));
    SCH_TRY(sch_draft_check_power(draft, e->argument[1], 1));
    SCH_TRY(sch_draft_measure(draft, &p->y, e->argument[0]));
    SCH_TRY(sch_draft_measure(draft, &p->x, e->argument[1]));
    p->together = p->x.local && p->y.local && p->x.part == p->y.part;
    if (p->together) {
        SCH_TRY(sch_draft_pair(draft, &p->x, &p->y, &p->product));
    }
    uint16_t parts = (uint16_t)(p->x.parts | p->y.parts);
    SCH_TRY(sch_draft_weight(draft, &p->records, true, parts));
    SCH_TRY(sch_draft_weight(draft, &p->persons, false, parts));
    const sch_measure *of = p->together ? &p->product : &p->x;
    SCH_TRY(sch_measure_value(draft, &p->x_is, of, SCH_VALUE_PRESENT, SCH_WHOLE));
    SCH_TRY(sch_measure_value(draft, &p->x_has, of, SCH_VALUE_PERSONS, SCH_WHOLE));
    p->y_is = p->y_has = sch_ref_constant(1);
    if (!p->together) {
        SCH_TRY(sch_measure_value(draft, &p->y_is, &p->y, SCH_VALUE_PRESENT, SCH_WHOLE));
        SCH_TRY(sch_measure_value(draft, &p->y_has, &p->y, SCH_VALUE_PERSONS, SCH_WHOLE));
    }
out:
    return err;
}

/* The rules for the contributors of one of the two. */
static sch_err contributors(sch_draft *draft, sch_rule_list *rules, const argument_pair *p, bool of_x)
{
    sch_err err = SCH_NONE;
    sch_measure other;
    sch_contribution c = {(of_x ? &p->x : &p->y)->expression, NULL, sch_ref_constant(1), p->persons, p->has};
    if (p->together) { /* over the records with both */
        SCH_TRY(sch_draft_measure(draft, &other, (of_x ? &p->y : &p->x)->expression));
        c.beside = &other;
    } else {
        c.factor = of_x ? p->y_has : p->x_has;
    }
    SCH_TRY(sch_draft_contributors(draft, rules, &c));
out:
    return err;
}

static sch_err product_rules(sch_draft *draft, argument_pair *p)
{
    sch_err err = SCH_NONE;
    sch_ref x, y = sch_ref_constant(1);
    const sch_measure *of = p->together ? &p->product : &p->x;
    p->of_xy = p->of_x;
    if (draft->plan->rules.min_persons <= 1) {
        return SCH_NONE;
    }
    for (size_t i = p->of_counts.count; i < p->of_y.count && i < SCH_MAX_COLUMN_RULES; i++) {
        sch_rules_push(&p->of_xy, p->of_y.rule[i].count, p->of_y.rule[i].less, p->of_y.rule[i].zero);
    }
    SCH_TRY(sch_measure_value(draft, &x, of, SCH_VALUE_NONZERO, SCH_WHOLE));
    if (!p->together) {
        SCH_TRY(sch_measure_value(draft, &y, &p->y, SCH_VALUE_NONZERO, SCH_WHOLE));
    }
    SCH_TRY(sch_draft_product(draft, &x, x, y));
    SCH_TRY(sch_draft_guard(draft, &p->of_xy, x, p->persons));
out:
    return err;
}

static sch_err pair_rules(sch_draft *draft, argument_pair *p, bool with_product)
{
    sch_err err = SCH_NONE;
    sch_ref has;
    SCH_TRY(sch_draft_product(draft, &has, p->x_has, p->y_has));
    SCH_TRY(sch_draft_put_guard(draft, &p->has, has, p->persons));
    sch_rules_push(&p->of_counts, p->has, SCH_NO_COLUMN, false);
    if (draft->plan->rules.min_persons > 1 && p->has != draft->plan->persons) {
        sch_rules_push(&p->of_counts, draft->plan->persons, p->has, true);
    }
    SCH_TRY(sch_draft_complement(draft, &p->of_counts, &p->x, p->has, p->persons));
    SCH_TRY(sch_draft_complement(draft, &p->of_counts, &p->y, p->has, p->persons));
    p->of_x = p->of_y = p->of_counts;
    SCH_TRY(contributors(draft, &p->of_x, p, true));
    SCH_TRY(contributors(draft, &p->of_y, p, false));
    if (with_product) {
        SCH_TRY(product_rules(draft, p));
    }
out:
    return err;
}

static sch_err put_power(sch_draft *draft, sch_plan_sum *out, const argument_pair *p, bool of_x, unsigned power,
                         uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    sch_sum_draft sum;
    sch_measure m = of_x ? p->x : p->y;
    sch_ref weight, other = p->together ? sch_ref_constant(1) : of_x ? p->y_is : p->x_is;
    if (power == 2) {
        const sch_measure base = m;
        SCH_TRY(sch_draft_square(draft, &m, &base));
    }
    SCH_TRY(sch_draft_measure_sum(draft, &sum, &m, m.local ? power : 1, aggregate));
    SCH_TRY(sch_draft_product(draft, &weight, other, p->records));
    SCH_TRY(sch_draft_put_sum(draft, out, &sum, weight, of_x ? &p->of_x : &p->of_y));
out:
    return err;
}

static sch_err put_product(sch_draft *draft, sch_plan_sum *out, const argument_pair *p, uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    sch_sum_draft sum = {0};
    if (p->together) {
        unsigned bits = sch_bits_of(sch_typed_magnitude(p->x.typed)) + sch_bits_of(sch_typed_magnitude(p->y.typed));
        uint8_t limbs, each;
        bool several = draft->part[p->x.part].grouped;
        unsigned records = several ? sch_bits_of(draft->site[draft->part_site[p->x.part]].max_a_person) : 0;
        SCH_TRY(bits + records > SCH_MAX_LIMB_SOURCE_BITS ? sch_draft_refuse_magnitude(draft, aggregate) : SCH_NONE);
        SCH_TRY(sch_draft_limbs(draft, &limbs, &each, bits, aggregate));
        for (uint8_t i = 0; i < limbs; i++) {
            sch_ref limb;
            SCH_TRY(sch_measure_value(draft, &limb, &p->product, SCH_VALUE_SUM, (sch_limb){i, limbs, each}));
            SCH_TRY(sch_sum_push(&sum, limb, (unsigned)i * each));
        }
    } else {
        SCH_TRY(sch_draft_product_sum(draft, &sum, &p->x, &p->y, aggregate));
    }
    SCH_TRY(sch_draft_put_sum(draft, out, &sum, p->records, &p->of_xy));
out:
    return err;
}

sch_err sch_draft_pair_aggregate(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    argument_pair p;
    sch_ref count;
    sch_op op = out->op;
    bool line = op == SCH_OP_REGR_SLOPE || op == SCH_OP_REGR_INTERCEPT || op == SCH_OP_REGR_R2 || op == SCH_OP_CORR;
    bool both = line || op == SCH_OP_COVAR_POP || op == SCH_OP_COVAR_SAMP;
    SCH_TRY(open_pair(draft, &p, &draft->request->expression[out->expression]));
    SCH_TRY(pair_rules(draft, &p, both));
    out->decimals_x = p.x.typed->decimals;
    out->decimals_y = p.y.typed->decimals;
    SCH_TRY(sch_draft_product(draft, &count, p.x_is, p.y_is));
    SCH_TRY(sch_draft_put_count(draft, &out->count, count, p.records, &p.of_counts));
    if (both || op == SCH_OP_REGR_AVGX) {
        SCH_TRY(put_power(draft, &out->x, &p, true, 1, out->expression));
    }
    if (both || op == SCH_OP_REGR_AVGY) {
        SCH_TRY(put_power(draft, &out->y, &p, false, 1, out->expression));
    }
    if (both) {
        SCH_TRY(put_product(draft, &out->xy, &p, out->expression));
    }
    if (line) {
        SCH_TRY(put_power(draft, &out->xx, &p, true, 2, out->expression));
    }
    if (op == SCH_OP_CORR || op == SCH_OP_REGR_R2) {
        SCH_TRY(put_power(draft, &out->yy, &p, false, 2, out->expression));
    }
out:
    return err;
}
