/* Conditions, in SQL's three values and a fourth, suppressed; and what chooses by them. */
#include "node/query/evaluate_op.h"

static bool is_missing(const sch_value *v)
{
    return v->kind == SCH_VALUE_SUPPRESSED || v->kind == SCH_VALUE_NULL;
}

/* Suppressed where one of two is, else NULL. */
static void set_missing(sch_value *value, const sch_value *a, const sch_value *b)
{
    bool suppressed = a->kind == SCH_VALUE_SUPPRESSED || b->kind == SCH_VALUE_SUPPRESSED;
    value->kind = suppressed ? SCH_VALUE_SUPPRESSED : SCH_VALUE_NULL;
}

static bool is_true(const sch_value *v)
{
    return v->kind == SCH_VALUE_BOOLEAN && v->of.truth;
}

static sch_err compare(int *order, const sch_value *a, const sch_value *b)
{
    bool alike = (sch_value_is_number(a) && sch_value_is_number(b)) ||
                 (a->kind == b->kind && (a->kind == SCH_VALUE_BOOLEAN || a->kind == SCH_VALUE_TEXT));
    if (!alike) {
        return sch_fail(SCH_BAD_INPUT, "the query compares values of different kinds");
    }
    *order = sch_value_compare(a, b);
    return SCH_NONE;
}

static sch_err evaluate_comparison(sch_value *value, sch_op op, const sch_value *a, const sch_value *b)
{
    int order = 0;
    if (is_missing(a) || is_missing(b)) {
        set_missing(value, a, b);
        return SCH_NONE;
    }
    sch_err err = compare(&order, a, b);
    const bool truth[] = {order == 0, order != 0, order<0, order <= 0, order> 0, order >= 0};
    sch_value_set_truth(value, truth[op - SCH_OP_EQUAL]);
    return err;
}

/* The end of all: FALSE of AND, TRUE of OR; else what is suppressed, else what is NULL. */
static sch_err evaluate_logic(sch_value *value, bool end, const sch_value *const *argument, size_t count)
{
    sch_value_set_truth(value, !end);
    for (size_t i = 0; i < count; i++) {
        const sch_value *a = argument[i];
        if (a->kind == SCH_VALUE_BOOLEAN && a->of.truth == end) {
            sch_value_set_truth(value, end);
            return SCH_NONE;
        }
        if (!is_missing(a) && a->kind != SCH_VALUE_BOOLEAN) {
            return sch_fail(SCH_BAD_INPUT, "the query takes something else than a condition for one");
        }
        if (a->kind == SCH_VALUE_SUPPRESSED || (a->kind == SCH_VALUE_NULL && value->kind == SCH_VALUE_BOOLEAN)) {
            value->kind = a->kind;
        }
    }
    return SCH_NONE;
}

static void negate(sch_value *value)
{
    if (value->kind == SCH_VALUE_BOOLEAN) {
        value->of.truth = !value->of.truth;
    }
}

static sch_err evaluate_in(sch_value *value, const sch_value *const *argument, size_t count)
{
    sch_err err = SCH_NONE;
    sch_value_set_truth(value, false);
    for (size_t i = 1; i < count && !is_true(value); i++) {
        sch_value equal = {0};
        SCH_TRY(evaluate_comparison(&equal, SCH_OP_EQUAL, argument[0], argument[i]));
        const sch_value *const both[] = {value, &equal};
        sch_value either = {0};
        SCH_TRY(evaluate_logic(&either, true, both, 2));
        *value = either; /* none of these owns anything */
    }
out:
    return err;
}

static sch_err evaluate_between(sch_value *value, const sch_value *const *argument)
{
    sch_err err = SCH_NONE;
    sch_value low = {0};
    sch_value high = {0};
    const sch_value *const both[] = {&low, &high};
    SCH_TRY(evaluate_comparison(&low, SCH_OP_GREATER_EQUAL, argument[0], argument[1]));
    SCH_TRY(evaluate_comparison(&high, SCH_OP_LESS_EQUAL, argument[0], argument[2]));
    SCH_TRY(evaluate_logic(value, false, both, 2));
out:
    return err;
}

sch_err sch_evaluate_condition(sch_value *value, sch_op op, const sch_value *const *argument, size_t count)
{
    sch_err err = SCH_NONE;
    switch (op) {
    case SCH_OP_IS_NULL:
    case SCH_OP_IS_NOT_NULL:
        if (argument[0]->kind != SCH_VALUE_SUPPRESSED) {
            sch_value_set_truth(value, (argument[0]->kind == SCH_VALUE_NULL) == (op == SCH_OP_IS_NULL));
        }
        return SCH_NONE;
    case SCH_OP_IN:
    case SCH_OP_NOT_IN:
        err = evaluate_in(value, argument, count);
        break;
    case SCH_OP_BETWEEN:
    case SCH_OP_NOT_BETWEEN:
        err = evaluate_between(value, argument);
        break;
    case SCH_OP_AND:
    case SCH_OP_OR:
    case SCH_OP_NOT:
        err = evaluate_logic(value, op == SCH_OP_OR, argument, count);
        break;
    default:
        return evaluate_comparison(value, op, argument[0], argument[1]);
    }
    if (op == SCH_OP_NOT_IN || op == SCH_OP_NOT_BETWEEN || op == SCH_OP_NOT) {
        negate(value);
    }
    return err;
}

/* ---- choices ---- */

static sch_err evaluate_case(sch_value *value, const sch_value *const *argument, size_t count)
{
    size_t i = 0;
    for (; i + 1 < count; i += 2) {
        if (argument[i]->kind == SCH_VALUE_SUPPRESSED) {
            return SCH_NONE; /* suppressed: which branch cannot be told */
        }
        if (is_true(argument[i])) {
            return sch_value_copy(value, argument[i + 1]);
        }
    }
    return sch_value_copy(value, argument[i]);
}

sch_err sch_evaluate_choice(sch_value *value, sch_op op, const sch_value *const *argument, size_t count)
{
    if (op == SCH_OP_CASE) {
        return evaluate_case(value, argument, count);
    }
    if (op == SCH_OP_COALESCE) {
        size_t i = 0;
        while (i + 1 < count && argument[i]->kind == SCH_VALUE_NULL) {
            i++;
        }
        return sch_value_copy(value, argument[i]);
    }
    sch_err err = SCH_NONE;
    sch_value equal = {0};
    SCH_TRY(evaluate_comparison(&equal, SCH_OP_EQUAL, argument[0], argument[1]));
    if (equal.kind == SCH_VALUE_SUPPRESSED) {
        return SCH_NONE;
    }
    if (is_true(&equal)) {
        value->kind = SCH_VALUE_NULL;
        return SCH_NONE;
    }
    SCH_TRY(sch_value_copy(value, argument[0]));
out:
    return err;
}
