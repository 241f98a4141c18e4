/* What stands behind an argument of an aggregate, and the rules that follow. For an argument x:
 *
 *     its counts    enough persons with a value; where whether there is one is the analyst's doing (CASE, FILTER) or a
 *                   left join's, also enough without, or none
 *     its sums      that, and enough persons who contribute, or none: whose core is not 0
 *
 * The core of x is x without what is added to it, multiplied with it or its sign, all constants: SUM(x + 1) says what
 * SUM(x) says. A core of two neighbouring values, such as 0 and 1, is counted one by one: enough with the upper one, or
 * none, and enough with the lower one, or none.
 *
 * So a sum over few says no more than the count of these few, which is suppressed. */
#include <stdlib.h>

#include "node/query/plan_sums.h"

const sch_limb SCH_WHOLE = {0, 1, 0};

static sch_rule_list none(void)
{
    return (sch_rule_list){0};
}

sch_err sch_draft_put_guard(sch_draft *draft, uint16_t *column, sch_ref ref, sch_ref weight)
{
    sch_err err = SCH_NONE;
    sch_plan_sum sum = {0};
    const sch_rule_list rules = none();
    SCH_TRY(sch_draft_put_count(draft, &sum, ref, weight, &rules));
    *column = sum.column[0];
out:
    return err;
}

/* ---- persons with a value ---- */

/* Whether a condition other than IS NOT NULL of it alone names a column: then WHERE can choose whose value is
 * missing. */
static bool is_chosen_by_where(const sch_draft *draft, uint32_t column)
{
    const sch_request *request = draft->request;
    for (size_t c = 0; c < draft->condition_count; c++) {
        uint32_t condition = draft->condition[c].expression;
        const sch_expression *top = &request->expression[condition];
        bool alone = top->op == SCH_OP_IS_NOT_NULL && request->expression[top->argument[0]].op == SCH_OP_COLUMN;
        if (!alone && sch_draft_names(draft, condition, column)) {
            return true;
        }
    }
    return false;
}

/* Whether an expression is a column as it stands in its file, whose missing values are nobody's choice. */
static bool is_plain(const sch_draft *draft, uint32_t expression)
{
    return draft->request->expression[expression].op == SCH_OP_COLUMN && !is_chosen_by_where(draft, expression);
}

/* The persons with a value of what a CASE gives, whoever it gives it to: those whom it leaves out of them are enough,
 * or none. */
static sch_err branch_rules(sch_draft *draft, sch_rule_list *rules, const sch_measure *m, uint16_t has)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[m->expression];
    for (size_t i = 1; e->op == SCH_OP_CASE && i < e->argument_count; i += 2) {
        sch_measure branch;
        sch_ref who, persons;
        uint16_t column;
        if (draft->typed[e->argument[i]].parts == 0 || !draft->typed[e->argument[i]].nullable) {
            continue; /* everybody has it: the persons' own complement says it */
        }
        SCH_TRY(sch_draft_measure(draft, &branch, e->argument[i]));
        SCH_TRY(sch_draft_weight(draft, &persons, false, branch.parts));
        SCH_TRY(sch_measure_value(draft, &who, &branch, SCH_VALUE_PERSONS, SCH_WHOLE));
        SCH_TRY(sch_draft_put_guard(draft, &column, who, persons));
        if (column != has) {
            sch_rules_push(rules, column, has, true);
        }
    }
out:
    return err;
}

/* Of several records a person: those with a record that has no value are enough, or none. */
static sch_err record_rules(sch_draft *draft, sch_rule_list *rules, const sch_measure *m, sch_ref persons)
{
    sch_err err = SCH_NONE;
    sch_measure missing;
    sch_ref who;
    uint16_t column;
    if (m->typed->identifier || !m->local || !draft->part[m->part].grouped ||
        !draft->part[m->part].term[m->term].nullable) {
        return SCH_NONE;
    }
    SCH_TRY(sch_draft_missing(draft, &missing, m));
    SCH_TRY(sch_measure_value(draft, &who, &missing, SCH_VALUE_NONZERO, SCH_WHOLE));
    SCH_TRY(sch_draft_put_guard(draft, &column, who, persons));
    sch_rules_push(rules, column, SCH_NO_COLUMN, true);
out:
    return err;
}

sch_err sch_draft_complement(sch_draft *draft, sch_rule_list *rules, const sch_measure *m, uint16_t has,
                             sch_ref persons)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[m->expression];
    bool plain = is_plain(draft, m->expression);
    if (draft->plan->rules.min_persons <= 1 || (plain && draft->request->from[e->data_set].join == SCH_JOIN_INNER)) {
        return SCH_NONE;
    }
    if (has != draft->plan->persons) {
        sch_rules_push(rules, draft->plan->persons, has, true);
    }
    if (!plain) {
        SCH_TRY(branch_rules(draft, rules, m, has));
        SCH_TRY(record_rules(draft, rules, m, persons));
    }
out:
    return err;
}

sch_err sch_argument_open(sch_draft *draft, sch_argument *a, uint32_t expression)
{
    sch_err err = SCH_NONE;
    sch_ref has;
    *a = (sch_argument){0};
    SCH_TRY(sch_draft_measure(draft, &a->m, expression));
    SCH_TRY(sch_draft_weight(draft, &a->records, true, a->m.parts));
    SCH_TRY(sch_draft_weight(draft, &a->persons, false, a->m.parts));
    SCH_TRY(sch_measure_value(draft, &has, &a->m, SCH_VALUE_PERSONS, SCH_WHOLE));
    SCH_TRY(sch_draft_put_guard(draft, &a->has, has, a->persons));
    sch_rules_push(&a->of_counts, a->has, SCH_NO_COLUMN, false);
    SCH_TRY(sch_draft_complement(draft, &a->of_counts, &a->m, a->has, a->persons));
    for (size_t i = 0; i < a->of_counts.count && draft->combination == 0; i++) {
        SCH_TRY(sch_draft_add_rule(draft, a->has, a->of_counts.rule[i]));
    }
    a->of_sums = a->of_counts;
out:
    return err;
}

/* ---- contributors ---- */

static bool is_constant(const sch_draft *draft, uint32_t expression)
{
    return draft->typed[expression].parts == 0;
}

static bool is_number(const sch_draft *draft, uint32_t expression)
{
    sch_type type = draft->typed[expression].type;
    return type == SCH_TYPE_INTEGER || type == SCH_TYPE_DECIMAL;
}

/* x of x + 5, 5 - x, 3 * x, -x and what these are made of; a date less a date is its own core. */
static uint32_t core_of(const sch_draft *draft, uint32_t expression)
{
    for (;;) {
        const sch_expression *e = &draft->request->expression[expression];
        bool affine = e->op == SCH_OP_ADD || e->op == SCH_OP_SUBTRACT || e->op == SCH_OP_MULTIPLY;
        uint32_t next = expression;
        if (e->op == SCH_OP_NEGATE) {
            next = e->argument[0];
        } else if (affine && is_constant(draft, e->argument[0]) != is_constant(draft, e->argument[1])) {
            next = e->argument[is_constant(draft, e->argument[0]) ? 1 : 0];
        }
        if (next == expression || !is_number(draft, next)) {
            return expression;
        }
        expression = next;
    }
}

static bool is_of_two(const sch_measure *m)
{
    return m->typed->bounded && m->typed->maximum - m->typed->minimum == 1;
}

static bool is_never_zero(const sch_measure *m)
{
    return m->typed->bounded && (m->typed->minimum > 0 || m->typed->maximum < 0);
}

/* 1 where the value of a row, one record, is the upper one of two. */
static sch_err is_upper(sch_draft *draft, sch_ref *out, const sch_measure *m)
{
    sch_err err = SCH_NONE;
    sch_ref present;
    SCH_TRY(sch_measure_value(draft, out, m, SCH_VALUE_SUM, SCH_WHOLE));
    SCH_TRY(sch_measure_value(draft, &present, m, SCH_VALUE_PRESENT, SCH_WHOLE));
    SCH_TRY(sch_draft_linear(draft, out, *out, 1, present, -m->typed->minimum, 0));
out:
    return err;
}

/* 1 where a record of the row has the value's lower one of two (upper: the upper one); rows are several records. */
static sch_err has_one_of_two(sch_draft *draft, sch_ref *out, const sch_measure *m, bool upper)
{
    sch_err err = SCH_NONE;
    sch_measure differs;
    SCH_TRY(sch_draft_differs(draft, &differs, m, upper ? m->typed->minimum : m->typed->maximum));
    SCH_TRY(sch_measure_value(draft, out, &differs, SCH_VALUE_NONZERO, SCH_WHOLE));
out:
    return err;
}

static sch_err push_guard(sch_draft *draft, sch_rule_list *rules, uint16_t *column, sch_ref who, sch_ref factor,
                          sch_ref persons)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_draft_product(draft, &who, who, factor));
    SCH_TRY(sch_draft_put_guard(draft, column, who, persons));
    sch_rules_push(rules, *column, SCH_NO_COLUMN, true);
out:
    return err;
}

sch_err sch_draft_guard(sch_draft *draft, sch_rule_list *rules, sch_ref who, sch_ref persons)
{
    uint16_t column;
    return push_guard(draft, rules, &column, who, sch_ref_constant(1), persons);
}

/* The rules of one core. */
static sch_err core_rules(sch_draft *draft, sch_rule_list *rules, const sch_measure *core, sch_ref factor,
                          sch_ref persons, uint16_t has)
{
    sch_err err = SCH_NONE;
    sch_ref who;
    uint16_t column;
    bool several = core->local && draft->part[core->part].grouped;
    if (is_of_two(core) && several) {
        for (unsigned upper = 0; upper < 2; upper++) {
            SCH_TRY(has_one_of_two(draft, &who, core, upper == 1));
            SCH_TRY(push_guard(draft, rules, &column, who, factor, persons));
        }
    } else if (is_of_two(core)) {
        SCH_TRY(is_upper(draft, &who, core));
        SCH_TRY(push_guard(draft, rules, &column, who, factor, persons));
        sch_rules_push(rules, has, column, true);
    } else if (!is_never_zero(core)) {
        SCH_TRY(sch_measure_value(draft, &who, core, SCH_VALUE_NONZERO, SCH_WHOLE));
        SCH_TRY(push_guard(draft, rules, &column, who, factor, persons));
    }
out:
    return err;
}

enum { MAX_CORES = 2 * SCH_MAX_COLUMN_RULES };

/* What rules are asked of: the core of an expression; below sums, of each addend; below products, of each factor that
 * is one of two values. */
typedef struct core_list {
    size_t count;
    uint32_t expression[MAX_CORES]; /* distinct; count may be more: then there are too many */
} core_list;

static void list_cores(const sch_draft *draft, core_list *list, uint32_t expression, bool is_factor, unsigned depth)
{
    uint32_t core = core_of(draft, expression);
    const sch_expression *e = &draft->request->expression[core];
    const sch_typed *typed = &draft->typed[core];
    bool sum = e->op == SCH_OP_ADD || e->op == SCH_OP_SUBTRACT;
    bool product = e->op == SCH_OP_MULTIPLY;
    bool of_two = typed->bounded && typed->maximum - typed->minimum == 1;
    sum = sum && is_number(draft, e->argument[0]) && is_number(draft, e->argument[1]);
    for (size_t i = 0; (sum || product) && i < e->argument_count && depth < SCH_MAX_DEPTH; i++) {
        if (list->count <= MAX_CORES) {
            list_cores(draft, list, e->argument[i], is_factor || product, depth + 1);
        }
    }
    if (sum || (is_factor && !of_two)) {
        return;
    }
    for (size_t i = 0; i < list->count && i < MAX_CORES; i++) {
        if (list->expression[i] == core) {
            return;
        }
    }
    if (list->count < MAX_CORES) {
        list->expression[list->count] = core;
    }
    list->count++;
}

sch_err sch_draft_contributors(sch_draft *draft, sch_rule_list *rules, const sch_contribution *c)
{
    sch_err err = SCH_NONE;
    core_list list = {0};
    if (draft->plan->rules.min_persons <= 1) {
        return SCH_NONE; /* whoever has a value is enough */
    }
    list_cores(draft, &list, c->expression, false, 0);
    if (list.count > MAX_CORES) {
        return sch_draft_refuse(draft, c->expression,
                                "is over so many parts that nobody could say how few are behind each; give each part "
                                "an aggregate of its own");
    }
    for (size_t i = 0; i < list.count; i++) {
        sch_measure core, other, product;
        SCH_TRY(sch_draft_measure(draft, &core, list.expression[i]));
        if (c->beside != NULL && core.local && core.part == c->beside->part) { /* over the records with both */
            other = *c->beside;
            SCH_TRY(sch_draft_pair(draft, &core, &other, &product));
        }
        SCH_TRY(core_rules(draft, rules, &core, c->factor, c->persons, c->has));
    }
out:
    return err;
}

/* ---- powers ---- */

#define SCH_ANY_COLUMN UINT32_MAX

enum { MAX_PRODUCT_COLUMNS = 16 };

/* The most that one column, or all of them, are multiplied with each other in an expression: its degree. */
static unsigned degree_of(const sch_draft *draft, uint8_t *degree, uint32_t expression, uint32_t column)
{
    const sch_expression *all = draft->request->expression;
    for (uint32_t i = 0; i <= expression; i++) {
        const sch_expression *e = &all[i];
        unsigned d = 0;
        for (size_t k = 0; k < e->argument_count; k++) {
            unsigned of = degree[e->argument[k]];
            d = e->op == SCH_OP_MULTIPLY ? d + of : of > d ? of : d;
        }
        bool asked = column == SCH_ANY_COLUMN ||
                     (e->data_set == all[column].data_set && draft->typed[i].column == draft->typed[column].column);
        if (e->op == SCH_OP_COLUMN && asked) {
            d = 1;
        }
        degree[i] = (uint8_t)(d < UINT8_MAX ? d : UINT8_MAX);
    }
    return degree[expression];
}

/* Below an expression, bit i of below[i]. */
static void mark_below(const sch_draft *draft, bool *below, uint32_t expression)
{
    below[expression] = true;
    for (uint32_t i = expression + 1; i-- > 0;) {
        const sch_expression *e = &draft->request->expression[i];
        for (size_t k = 0; below[i] && k < e->argument_count; k++) {
            below[e->argument[k]] = true;
        }
    }
}

sch_err sch_draft_check_power(const sch_draft *draft, uint32_t expression, unsigned most)
{
    sch_err err = SCH_NONE;
    const sch_expression *all = draft->request->expression;
    uint8_t *degree = calloc(expression + 1, sizeof *degree);
    bool *below = calloc(expression + 1, sizeof *below);
    SCH_TRY(sch_check(degree != NULL && below != NULL, SCH_NO_MEMORY, "no memory for a part of the query"));
    mark_below(draft, below, expression);
    unsigned asked = 0;
    bool products = degree_of(draft, degree, expression, SCH_ANY_COLUMN) > most;
    for (uint32_t i = 0; products && i <= expression; i++) {
        if (!below[i] || all[i].op != SCH_OP_COLUMN) {
            continue;
        }
        if (++asked > MAX_PRODUCT_COLUMNS || degree_of(draft, degree, expression, i) > most) {
            err = sch_draft_refuse(
                draft, i,
                "is multiplied with itself too often: sums of high powers tell the values of single persons; SUM and "
                "AVG take squares, VAR, STDDEV, CORR, COVAR and REGR the column itself");
            break;
        }
    }
out:
    free(degree);
    free(below);
    return err;
}
