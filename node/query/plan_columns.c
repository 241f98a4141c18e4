/* Aggregates to cell columns, and the rules of each.
 *
 * An aggregate rests on counts and sums over the records of the join (plan_measure.c has their weights), each a cell column, or a few of them where a sum could pass
 * 2^62. Rules, for an argument x:
 *
 *     counts of records          enough persons in the cell
 *     counts of x                enough persons with a value of x
 *     sums of x                  that, and enough persons whose x is not 0, or none; where x is one of two neighbours, such as 0 and 1,
 *                                enough with the one, or none, and enough with the other, or none
 *     of x and y                 enough persons with both, and the sums' second rule for each that is in them
 *
 * so that a sum over few says no more than the count of these few, which is suppressed. */
#include <stdlib.h>
#include <string.h>

#include "node/query/plan_draft.h"

enum { MAX_SUM_BITS = 62, MAX_LIMB_SOURCE_BITS = 126 };

/* ---- columns ---- */

static sch_err too_many_columns(const sch_draft *draft)
{
    sch_detail_set(draft->detail,
                   "the query needs more than %d table columns (%u for each combination of GROUP BY columns of a data "
                   "set with several rows a "
                   "person); ask for fewer aggregates at a time",
                   SCH_MAX_TABLE_COLUMNS, draft->plan->wide);
    return sch_fail(SCH_BAD_INPUT, "the query needs too many table columns");
}

typedef struct rule_list {
    size_t count;
    sch_cell_rule rule[SCH_MAX_COLUMN_RULES + 2];
} rule_list;

static bool is_same(sch_ref a, sch_ref b)
{
    return a.kind == b.kind && a.part == b.part && a.number == b.number && a.constant == b.constant;
}

/* Whether a column can take these rules beside those that it has. */
static bool has_room(const sch_draft *draft, uint16_t column, const rule_list *rules)
{
    const sch_cell_shape *cell = &draft->plan->cell;
    size_t count = cell->rule_count[column];
    for (size_t i = 0; i < rules->count; i++) {
        bool there = false;
        for (size_t k = 0; k < cell->rule_count[column]; k++) {
            there = there || (cell->rule[column][k].count == rules->rule[i].count &&
                              cell->rule[column][k].less == rules->rule[i].less);
        }
        count += there ? 0 : 1;
    }
    return count <= SCH_MAX_COLUMN_RULES;
}

/* The cell column of a register, one of its own where the rules of others leave no room for these. Each combination asks for the same ones in the same order. */
static sch_err ask(sch_draft *draft, uint16_t *column, sch_ref ref, const rule_list *rules)
{
    sch_cell_shape *cell = &draft->plan->cell;
    size_t number = draft->asked_count++;
    if (number == sizeof draft->asked / sizeof draft->asked[0]) {
        return too_many_columns(draft);
    }
    if (draft->combination == 0) {
        uint16_t j = 0;
        while (j < cell->columns && !(is_same(draft->column[j], ref) && has_room(draft, j, rules))) {
            j++;
        }
        if ((uint32_t)(j + 1) * draft->plan->wide > SCH_MAX_TABLE_COLUMNS) {
            return too_many_columns(draft);
        }
        cell->columns = j == cell->columns ? (uint16_t)(j + 1) : cell->columns;
        draft->asked[number] = j;
    }
    *column = draft->asked[number];
    draft->column[(size_t)draft->combination * cell->columns + *column] = ref;
    return SCH_NONE;
}

/* In the first combination alone the number of columns still grows, and only then do these stand at their place. */
static sch_err add_rule(sch_draft *draft, uint16_t column, sch_cell_rule rule)
{
    sch_cell_shape *cell = &draft->plan->cell;
    uint8_t *count = &cell->rule_count[column];
    rule.times = draft->plan->rules.min_persons > 1 ? draft->rows_a_person : 1; /* one row is somebody */
    rule.zero = rule.zero || (rule.count == draft->plan->persons && rule.less == SCH_NO_COLUMN);
    for (uint8_t i = 0; i < *count; i++) {
        const sch_cell_rule *there = &cell->rule[column][i];
        if (there->count == rule.count && there->less == rule.less) {
            return SCH_NONE;
        }
    }
    if (*count == SCH_MAX_COLUMN_RULES) {
        return too_many_columns(draft);
    }
    cell->rule[column][(*count)++] = rule;
    return SCH_NONE;
}

/* ---- sums ---- */

/* A sum of refs, each times 2^shift; and its rules. */
typedef struct sum_draft {
    size_t limbs;
    sch_ref limb[SCH_MAX_LIMBS];
    uint8_t shift[SCH_MAX_LIMBS];
} sum_draft;

static sch_err push_limb(sum_draft *sum, sch_ref ref, unsigned shift)
{
    if (sum->limbs >= SCH_MAX_LIMBS) {
        return sch_fail(SCH_BUG, "a sum has too many limbs");
    }
    sum->limb[sum->limbs] = ref;
    sum->shift[sum->limbs++] = (uint8_t)shift;
    return SCH_NONE;
}

static void push_rule(rule_list *rules, uint16_t count, uint16_t less, bool zero)
{
    rules->rule[rules->count++] = (sch_cell_rule){.count = count, .less = less, .zero = zero};
}

static sch_err put_sum(sch_draft *draft, sch_plan_sum *out, const sum_draft *sum, sch_ref weight,
                       const rule_list *rules)
{
    sch_err err = SCH_NONE;
    out->limbs = (uint8_t)sum->limbs;
    for (size_t i = 0; i < sum->limbs; i++) {
        sch_ref ref;
        SCH_TRY(sch_draft_product(draft, &ref, sum->limb[i], weight));
        SCH_TRY(ask(draft, &out->column[i], ref, rules));
        out->shift[i] = sum->shift[i];
        for (size_t r = 0; r < rules->count && draft->combination == 0; r++) {
            SCH_TRY(add_rule(draft, out->column[i], rules->rule[r]));
        }
    }
out:
    return err;
}

static sch_err put_count(sch_draft *draft, sch_plan_sum *out, sch_ref ref, sch_ref weight, const rule_list *rules)
{
    const sum_draft sum = {.limbs = 1, .limb = {ref}};
    return put_sum(draft, out, &sum, weight, rules);
}

/* ---- limbs ---- */

static unsigned bits_of(unsigned __int128 x)
{
    unsigned bits = 0;
    for (; x > 0; x >>= 1) {
        bits++;
    }
    return bits;
}

static sch_err refuse_magnitude(const sch_draft *draft, uint32_t aggregate)
{
    return sch_draft_refuse(
        draft, aggregate,
        "could pass what sums can hold: too many records are declared at most, or the range of what it adds up is too "
        "wide; use fewer decimals or smaller factors, or ask the owner to declare narrower ones");
}

/* Limbs for a value of at most `bits` bits in each row: how many, and of how many bits, so that each one's sum stays below 2^62. */
static sch_err choose_limbs(const sch_draft *draft, uint8_t *limbs, uint8_t *limb_bits, unsigned bits,
                            uint32_t aggregate)
{
    unsigned rows = bits_of(draft->max_joined);
    *limbs = 1;
    *limb_bits = 0;
    if (bits + rows <= MAX_SUM_BITS) {
        return SCH_NONE;
    }
    if (rows + 8 > MAX_SUM_BITS) {
        return refuse_magnitude(draft, aggregate);
    }
    unsigned each = MAX_SUM_BITS - rows;
    unsigned count = (bits + each - 1) / each;
    if (count > SCH_MAX_LIMBS || each * (count - 1) > MAX_LIMB_SOURCE_BITS) {
        return refuse_magnitude(draft, aggregate);
    }
    *limbs = (uint8_t)count;
    *limb_bits = (uint8_t)each;
    return SCH_NONE;
}

/* The bits of a value of a measure in one row of its part: several records are added up there. */
static sch_err row_bits(const sch_draft *draft, unsigned *bits, const sch_measure *m, unsigned power,
                        uint32_t aggregate)
{
    *bits = power * bits_of(sch_typed_magnitude(m->typed));
    if (m->local && draft->part[m->part].grouped) {
        *bits += bits_of(draft->site[draft->part_site[m->part]].max_a_person);
    }
    return *bits > MAX_LIMB_SOURCE_BITS ? refuse_magnitude(draft, aggregate) : SCH_NONE;
}

/* SUM of a measure in limbs. */
static sch_err measure_sum(sch_draft *draft, sum_draft *sum, const sch_measure *m, unsigned power, uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    uint8_t limbs, bits;
    unsigned magnitude;
    SCH_TRY(row_bits(draft, &magnitude, m, power, aggregate));
    /* what several records of one person add up to is within the bound on all records' sum, so that the records are not counted twice */
    SCH_TRY(choose_limbs(draft, &limbs, &bits, power * bits_of(sch_typed_magnitude(m->typed)), aggregate));
    if (limbs > 1 && !m->local) {
        SCH_TRY(refuse_magnitude(draft, aggregate));
    }
    *sum = (sum_draft){0};
    for (uint8_t i = 0; i < limbs; i++) {
        sch_ref limb;
        SCH_TRY(sch_measure_value(draft, &limb, m, SCH_VALUE_SUM, (sch_limb){i, limbs, bits}));
        SCH_TRY(push_limb(sum, limb, (unsigned)i * bits));
    }
out:
    return err;
}

/* The product of two measures of different parts, in limbs of both where one word is too small. */
static sch_err product_sum(sch_draft *draft, sum_draft *sum, const sch_measure *x, const sch_measure *y,
                           uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    const sch_measure *m[2] = {x, y};
    unsigned bits[2];
    uint8_t limbs[2] = {1, 1}, each[2] = {0, 0};
    unsigned rows = bits_of(draft->max_joined);
    for (size_t i = 0; i < 2; i++) {
        SCH_TRY(row_bits(draft, &bits[i], m[i], 1, aggregate));
    }
    /* cut the larger one, then the other, until a product of limbs fits; the uppermost limbs are whole */
    while ((bits[0] + limbs[0] - 1) / limbs[0] + (bits[1] + limbs[1] - 1) / limbs[1] + rows > MAX_SUM_BITS) {
        size_t i = (bits[0] + limbs[0] - 1) / limbs[0] >= (bits[1] + limbs[1] - 1) / limbs[1] ? 0 : 1;
        i = m[i]->local ? i : 1 - i;
        limbs[i]++;
        if (!m[i]->local || limbs[0] * limbs[1] > SCH_MAX_LIMBS) {
            SCH_TRY(refuse_magnitude(draft, aggregate));
        }
    }
    *sum = (sum_draft){0};
    for (size_t i = 0; i < 2; i++) {
        each[i] = (uint8_t)(limbs[i] > 1 ? (bits[i] + limbs[i] - 1) / limbs[i] : 0);
    }
    for (uint8_t i = 0; i < limbs[0]; i++) {
        for (uint8_t j = 0; j < limbs[1]; j++) {
            sch_ref a, b;
            SCH_TRY(sch_measure_value(draft, &a, x, SCH_VALUE_SUM, (sch_limb){i, limbs[0], each[0]}));
            SCH_TRY(sch_measure_value(draft, &b, y, SCH_VALUE_SUM, (sch_limb){j, limbs[1], each[1]}));
            SCH_TRY(sch_draft_product(draft, &a, a, b));
            SCH_TRY(push_limb(sum, a, (unsigned)i * each[0] + (unsigned)j * each[1]));
        }
    }
out:
    return err;
}

/* ---- one argument ---- */

static const sch_limb WHOLE = {0, 1, 0};

/* What stands behind an argument: the weights of its records and persons, the column of persons with a value, and the rules of its counts and sums. */
typedef struct argument {
    sch_measure m;
    sch_ref records, persons; /* weights */
    uint16_t has;             /* cell column: persons with a value */
    rule_list of_counts, of_sums;
} argument;

/* Whether a value in a row is one of two neighbours: then two counts say all that the values could. */
static bool is_one_of_two(const sch_draft *draft, const sch_measure *m)
{
    bool single = !m->local || !draft->part[m->part].grouped;
    return single && m->typed->bounded && m->typed->maximum - m->typed->minimum == 1;
}

static bool is_never_zero(const sch_measure *m)
{
    return m->typed->bounded && (m->typed->minimum > 0 || m->typed->maximum < 0);
}

/* 1 where a record's value contributes: is not 0, or of two neighbours is the upper one. */
static sch_err contributes(sch_draft *draft, sch_ref *out, const sch_measure *m)
{
    sch_err err = SCH_NONE;
    sch_ref present;
    if (!is_one_of_two(draft, m)) {
        return sch_measure_value(draft, out, m, SCH_VALUE_NONZERO, WHOLE);
    }
    SCH_TRY(sch_measure_value(draft, out, m, SCH_VALUE_SUM, WHOLE));
    SCH_TRY(sch_measure_value(draft, &present, m, SCH_VALUE_PRESENT, WHOLE));
    SCH_TRY(sch_draft_linear(draft, out, *out, 1, present, -m->typed->minimum, 0));
out:
    return err;
}

/* Adds the rules for contributors. persons: the weight; has: the column of all that could. */
static sch_err contributor_rules(sch_draft *draft, rule_list *rules, const sch_measure *m, sch_ref factor,
                                 sch_ref persons, uint16_t has)
{
    sch_err err = SCH_NONE;
    sch_ref who;
    sch_plan_sum column = {0};
    rule_list own = {0};
    bool two = is_one_of_two(draft, m);
    if (is_never_zero(m) && !two) {
        return SCH_NONE;
    }
    SCH_TRY(contributes(draft, &who, m));
    SCH_TRY(sch_draft_product(draft, &who, who, factor));
    push_rule(&own, has, SCH_NO_COLUMN, false);
    SCH_TRY(put_count(draft, &column, who, persons, &own));
    push_rule(rules, column.column[0], SCH_NO_COLUMN, true);
    if (two) {
        push_rule(rules, has, column.column[0], true);
    }
out:
    return err;
}

static sch_err open_argument(sch_draft *draft, argument *a, uint32_t expression)
{
    sch_err err = SCH_NONE;
    sch_ref has;
    sch_plan_sum column = {0};
    *a = (argument){0};
    SCH_TRY(sch_draft_measure(draft, &a->m, expression));
    SCH_TRY(sch_draft_weight(draft, &a->records, true, a->m.parts));
    SCH_TRY(sch_draft_weight(draft, &a->persons, false, a->m.parts));
    SCH_TRY(sch_measure_value(draft, &has, &a->m, SCH_VALUE_PERSONS, WHOLE));
    SCH_TRY(put_count(draft, &column, has, a->persons, &(rule_list){0}));
    a->has = column.column[0];
    push_rule(&a->of_counts, a->has, SCH_NO_COLUMN, false);
    if (draft->combination == 0) {
        SCH_TRY(add_rule(draft, a->has, a->of_counts.rule[0]));
    }
    a->of_sums = a->of_counts;
out:
    return err;
}

/* COUNT, SUM, AVG, VAR, STDDEV. */
static sch_err plan_single(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[out->expression];
    argument a;
    sum_draft sum;
    sch_ref present;
    SCH_TRY(open_argument(draft, &a, e->argument[0]));
    out->decimals_x = a.m.typed->decimals;
    if (out->op == SCH_OP_SUM) {
        out->count = (sch_plan_sum){.limbs = 1, .column = {a.has}};
    } else {
        SCH_TRY(sch_measure_value(draft, &present, &a.m, SCH_VALUE_PRESENT, WHOLE));
        SCH_TRY(put_count(draft, &out->count, present, a.records, &a.of_counts));
    }
    if (out->op == SCH_OP_COUNT) {
        return SCH_NONE;
    }
    SCH_TRY(contributor_rules(draft, &a.of_sums, &a.m, sch_ref_constant(1), a.persons, a.has));
    SCH_TRY(measure_sum(draft, &sum, &a.m, 1, out->expression));
    SCH_TRY(put_sum(draft, &out->x, &sum, a.records, &a.of_sums));
    if (out->op == SCH_OP_SUM || out->op == SCH_OP_AVG) {
        return SCH_NONE;
    }
    sch_measure square;
    SCH_TRY(sch_draft_square(draft, &square, &a.m));
    SCH_TRY(measure_sum(draft, &sum, &square, a.m.local ? 2 : 1, out->expression));
    SCH_TRY(put_sum(draft, &out->xx, &sum, a.records, &a.of_sums));
out:
    return err;
}

/* ---- two arguments ---- */

/* What the sums of two arguments rest on. One part that holds both makes them itself, over its records with both; otherwise each is weighed with the other's
 * presence. */
typedef struct argument_pair {
    sch_measure x, y;
    bool together; /* x and y are over the records with both already, and product is theirs */
    sch_measure product;
    sch_ref x_is, y_is;   /* records with a value, in a row */
    sch_ref x_has, y_has; /* 1 where there is one */
    sch_ref records, persons;
    uint16_t has;
    rule_list of_counts, of_x, of_y, of_xy;
} argument_pair;

static sch_err open_pair(sch_draft *draft, argument_pair *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    *p = (argument_pair){0};
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
    SCH_TRY(sch_measure_value(draft, &p->x_is, of, SCH_VALUE_PRESENT, WHOLE));
    SCH_TRY(sch_measure_value(draft, &p->x_has, of, SCH_VALUE_PERSONS, WHOLE));
    p->y_is = p->y_has = sch_ref_constant(1);
    if (!p->together) {
        SCH_TRY(sch_measure_value(draft, &p->y_is, &p->y, SCH_VALUE_PRESENT, WHOLE));
        SCH_TRY(sch_measure_value(draft, &p->y_has, &p->y, SCH_VALUE_PERSONS, WHOLE));
    }
out:
    return err;
}

static sch_err pair_rules(sch_draft *draft, argument_pair *p)
{
    sch_err err = SCH_NONE;
    sch_ref has;
    sch_plan_sum column = {0};
    SCH_TRY(sch_draft_product(draft, &has, p->x_has, p->y_has));
    SCH_TRY(put_count(draft, &column, has, p->persons, &(rule_list){0}));
    p->has = column.column[0];
    push_rule(&p->of_counts, p->has, SCH_NO_COLUMN, false);
    if (draft->combination == 0) {
        SCH_TRY(add_rule(draft, p->has, p->of_counts.rule[0]));
    }
    p->of_x = p->of_y = p->of_counts;
    SCH_TRY(
        contributor_rules(draft, &p->of_x, &p->x, p->together ? sch_ref_constant(1) : p->y_has, p->persons, p->has));
    SCH_TRY(
        contributor_rules(draft, &p->of_y, &p->y, p->together ? sch_ref_constant(1) : p->x_has, p->persons, p->has));
    p->of_xy = p->of_x; /* and the first of y's own; a column has no room for more */
    if (p->of_xy.count < SCH_MAX_COLUMN_RULES && p->of_y.count > 1) {
        p->of_xy.rule[p->of_xy.count++] = p->of_y.rule[1];
    }
out:
    return err;
}

static sch_err put_power(sch_draft *draft, sch_plan_sum *out, const argument_pair *p, bool of_x, unsigned power,
                         uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    sum_draft sum;
    sch_measure m = of_x ? p->x : p->y;
    sch_ref weight, other = p->together ? sch_ref_constant(1) : of_x ? p->y_is : p->x_is;
    if (power == 2) {
        const sch_measure base = m;
        SCH_TRY(sch_draft_square(draft, &m, &base));
    }
    SCH_TRY(measure_sum(draft, &sum, &m, m.local ? power : 1, aggregate));
    SCH_TRY(sch_draft_product(draft, &weight, other, p->records));
    SCH_TRY(put_sum(draft, out, &sum, weight, of_x ? &p->of_x : &p->of_y));
out:
    return err;
}

static sch_err put_product(sch_draft *draft, sch_plan_sum *out, const argument_pair *p, uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    sum_draft sum;
    if (p->together) {
        unsigned bits = bits_of(sch_typed_magnitude(p->x.typed)) + bits_of(sch_typed_magnitude(p->y.typed));
        uint8_t limbs, each;
        SCH_TRY(choose_limbs(draft, &limbs, &each, bits, aggregate));
        sum = (sum_draft){0};
        for (uint8_t i = 0; i < limbs; i++) {
            sch_ref limb;
            SCH_TRY(sch_measure_value(draft, &limb, &p->product, SCH_VALUE_SUM, (sch_limb){i, limbs, each}));
            SCH_TRY(push_limb(&sum, limb, (unsigned)i * each));
        }
    } else {
        SCH_TRY(product_sum(draft, &sum, &p->x, &p->y, aggregate));
    }
    SCH_TRY(put_sum(draft, out, &sum, p->records, &p->of_xy));
out:
    return err;
}

/* COVAR, CORR, REGR. */
static sch_err plan_double(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    argument_pair p;
    sch_ref count;
    sch_op op = out->op;
    bool line = op == SCH_OP_REGR_SLOPE || op == SCH_OP_REGR_INTERCEPT || op == SCH_OP_REGR_R2 || op == SCH_OP_CORR;
    bool both = line || op == SCH_OP_COVAR_POP || op == SCH_OP_COVAR_SAMP;
    SCH_TRY(open_pair(draft, &p, &draft->request->expression[out->expression]));
    SCH_TRY(pair_rules(draft, &p));
    out->decimals_x = p.x.typed->decimals;
    out->decimals_y = p.y.typed->decimals;
    SCH_TRY(sch_draft_product(draft, &count, p.x_is, p.y_is));
    SCH_TRY(put_count(draft, &out->count, count, p.records, &p.of_counts));
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

/* ---- quantiles ---- */

/* Of this combination: the counts below each bin's end. They are for the steps alone, and stand in columns that nothing else uses. */
static sch_err plan_quantile(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    argument a;
    sch_ref ref;
    size_t number = (size_t)(out - draft->plan->aggregate);
    const sch_expression *e = &draft->request->expression[out->expression];
    SCH_TRY(open_argument(draft, &a, e->argument[0]));
    out->bin_column = a.m.typed->column;
    out->bins = (uint16_t)out->bin_column->bin_count;
    out->decimals_x = a.m.typed->decimals;
    SCH_TRY(sch_measure_value(draft, &ref, &a.m, SCH_VALUE_PRESENT, WHOLE));
    SCH_TRY(put_count(draft, &out->count, ref, a.records, &a.of_counts));
    if (draft->combination == 0) {
        if (draft->quantile_count == SCH_MAX_QUANTILES) {
            return too_many_columns(draft);
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
        SCH_TRY(sch_measure_value(draft, &ref, &below, SCH_VALUE_SUM, WHOLE));
        SCH_TRY(put_count(draft, &column, ref, a.records, &a.of_counts));
        draft->quantile[q].below[b] = column.column[0];
    }
out:
    return err;
}

/* ---- all ---- */

static sch_err plan_rows(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    sch_ref records;
    rule_list rules = {0};
    push_rule(&rules, draft->plan->persons, SCH_NO_COLUMN, true);
    SCH_TRY(sch_draft_weight(draft, &records, true, 0));
    SCH_TRY(put_count(draft, &out->count, records, sch_ref_constant(1), &rules));
out:
    return err;
}

/* COUNT(DISTINCT identifier): linked persons; of a left joined data set those whom it knows. */
static sch_err plan_persons(sch_draft *draft, sch_plan_aggregate *out)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[out->expression];
    size_t from = draft->request->expression[e->argument[0]].data_set;
    argument a;
    if (draft->rows_a_person > 1) {
        return sch_draft_refuse(draft, out->expression,
                                "cannot count each person once, since a person may stand in several rows of a cell "
                                "here; write COUNT(*), or "
                                "leave margins and conditions over several owners' columns out");
    }
    if (draft->request->from[from].join == SCH_JOIN_LEFT) {
        SCH_TRY(open_argument(draft, &a, e->argument[0]));
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
        return plan_quantile(draft, out);
    }
    return op >= SCH_OP_COVAR_SAMP ? plan_double(draft, out) : plan_single(draft, out);
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
            return too_many_columns(draft);
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
    SCH_TRY(ask(draft, &plan->persons, persons, &(rule_list){0}));
    if (draft->combination == 0) {
        SCH_TRY(add_rule(draft, plan->persons, (sch_cell_rule){.count = plan->persons, .less = SCH_NO_COLUMN}));
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
    SCH_TRY(sch_draft_quantile_steps(draft));
out:
    return err;
}
