#include "node/query/typing_rules.h"

#include <string.h>

#include "node/query/op_name.h"

sch_err sch_scope_refuse(const sch_scope *s, uint32_t expression, const char *rest)
{
    char what[SCH_DESCRIPTION_BYTES];
    sch_detail_set(s->detail, "%s %s", sch_typing_describe(what, s->request, expression), rest);
    return sch_fail(SCH_BAD_INPUT, "an expression of the request is not possible");
}

void sch_scope_set_unbounded(sch_typed *typed)
{
    typed->bounded = false;
    typed->minimum = INT64_MIN;
    typed->maximum = INT64_MAX;
}

sch_err sch_scope_set_range(const sch_scope *s, sch_range r)
{
    sch_typed *own = &s->typed[s->self];
    if (r.minimum < -(__int128)SCH_MAX_VALUE || r.maximum > (__int128)SCH_MAX_VALUE) {
        return sch_scope_refuse(
            s, s->self,
            "could exceed 2^62 within the declared ranges; calculate with fewer decimals or smaller factors");
    }
    own->bounded = true;
    own->minimum = (int64_t)r.minimum;
    own->maximum = (int64_t)r.maximum;
    return SCH_NONE;
}

sch_range sch_scope_range_of(const sch_typed *typed, unsigned decimals)
{
    if (typed->type == SCH_TYPE_NONE) {
        return (sch_range){0, 0};
    }
    __int128 factor = sch_power_of_ten(decimals - typed->decimals);
    return (sch_range){typed->minimum * factor, typed->maximum * factor};
}

sch_err sch_scope_need_type(const sch_scope *s, size_t i, sch_type type, const char *rest)
{
    const sch_typed *argument = sch_scope_typed_argument(s, i);
    bool fits = argument->type == type || argument->type == SCH_TYPE_NONE ||
                (sch_scope_is_number(type) && sch_scope_is_number(argument->type));
    return fits ? SCH_NONE : sch_scope_refuse(s, s->self, rest);
}

sch_err sch_scope_need_bounded_number(const sch_scope *s, size_t i)
{
    const sch_typed *argument = sch_scope_typed_argument(s, i);
    if (argument->type != SCH_TYPE_NONE && !sch_scope_is_number(argument->type)) {
        return sch_scope_refuse(s, s->self,
                                "calculates with numbers only; use CASE WHEN ... THEN 1 ELSE 0 END for anything else");
    }
    return sch_scope_need_bounds(s, i);
}

sch_err sch_scope_need_bounds(const sch_scope *s, size_t i)
{
    const sch_typed *argument = sch_scope_typed_argument(s, i);
    if (argument->bounded || (argument->type != SCH_TYPE_DATE && !sch_scope_is_number(argument->type))) {
        return SCH_NONE;
    }
    return sch_scope_refuse(s, sch_scope_argument_of(s, i),
                            argument->type == SCH_TYPE_DATE
                                ? "has no declared range, so it can only be compared with dates of its own node; ask "
                                  "its owner to declare minimum and maximum"
                                : "has no declared range that excludes overflow, so it can only be compared with "
                                  "numbers of its own node; ask its owner to declare minimum and maximum");
}

static bool is_of_one_node(const sch_scope *s)
{
    return __builtin_popcount(sch_scope_own(s)->parts) <= 1;
}

sch_err sch_scope_need_one_node(const sch_scope *s, const char *rest)
{
    return is_of_one_node(s) ? SCH_NONE : sch_scope_refuse(s, s->self, rest);
}

/* ---- like types ---- */

static const char *hint_for(sch_type a, sch_type b)
{
    bool text = a == SCH_TYPE_TEXT || b == SCH_TYPE_TEXT;
    if (a == SCH_TYPE_BOOLEAN || b == SCH_TYPE_BOOLEAN) {
        return "write TRUE or FALSE beside a boolean";
    }
    if (a == SCH_TYPE_DATE || b == SCH_TYPE_DATE) {
        return "write dates as DATE '2025-12-31', and YEAR(...) beside a number";
    }
    return text ? "put text constants in quotes, and numbers not" : "give them one type";
}

/* Folds argument i into the operand type of self. */
static sch_err unify(const sch_scope *s, size_t i)
{
    sch_typed *own = &s->typed[s->self];
    const sch_typed *argument = sch_scope_typed_argument(s, i);
    if (argument->type == SCH_TYPE_NONE) {
        return SCH_NONE;
    }
    if (own->operand_type == SCH_TYPE_NONE) {
        own->operand_type = argument->type;
    } else if (own->operand_type != argument->type) {
        if (!sch_scope_is_number(own->operand_type) || !sch_scope_is_number(argument->type)) {
            char what[SCH_DESCRIPTION_BYTES];
            sch_detail_set(s->detail, "%s brings %s and %s together; %s",
                           sch_typing_describe(what, s->request, s->self), sch_type_name(own->operand_type),
                           sch_type_name(argument->type), hint_for(own->operand_type, argument->type));
            return sch_fail(SCH_BAD_INPUT, "an expression of the request mixes types");
        }
        own->operand_type = SCH_TYPE_DECIMAL;
    }
    if (argument->decimals > own->operand_decimals) {
        own->operand_decimals = argument->decimals;
    }
    own->real = own->real || argument->real;
    return SCH_NONE;
}

sch_err sch_scope_unify(const sch_scope *s, size_t first, size_t step)
{
    sch_err err = SCH_NONE;
    for (size_t i = first; i < sch_scope_self_of(s)->argument_count; i += step) {
        SCH_TRY(unify(s, i));
    }
out:
    return err;
}

/* ---- arithmetic ---- */

static sch_err type_add(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = &s->typed[s->self];
    SCH_TRY(sch_scope_unify(s, 0, 1));
    sch_range a = sch_scope_range_of(sch_scope_typed_argument(s, 0), own->operand_decimals);
    sch_range b = sch_scope_range_of(sch_scope_typed_argument(s, 1), own->operand_decimals);
    own->decimals = own->operand_decimals;
    /* The scaled terms are calculated too. */
    SCH_TRY(sch_scope_set_range(s, a));
    SCH_TRY(sch_scope_set_range(s, b));
    if (sch_scope_self_of(s)->op == SCH_OP_ADD) {
        SCH_TRY(sch_scope_set_range(s, (sch_range){a.minimum + b.minimum, a.maximum + b.maximum}));
    } else {
        SCH_TRY(sch_scope_set_range(s, (sch_range){a.minimum - b.maximum, a.maximum - b.minimum}));
    }
out:
    return err;
}

static sch_err type_multiply(const sch_scope *s)
{
    sch_typed *own = &s->typed[s->self];
    const sch_typed *a = sch_scope_typed_argument(s, 0);
    const sch_typed *b = sch_scope_typed_argument(s, 1);
    if (a->decimals + b->decimals > SCH_MAX_SCALE) {
        return sch_scope_refuse(s, s->self, "would have more than 18 decimals; multiply numbers with fewer");
    }
    own->decimals = (uint8_t)(a->decimals + b->decimals);
    const __int128 corner[4] = {(__int128)a->minimum * b->minimum, (__int128)a->minimum * b->maximum,
                                (__int128)a->maximum * b->minimum, (__int128)a->maximum * b->maximum};
    sch_range r = {corner[0], corner[0]};
    for (int i = 1; i < 4; i++) {
        r.minimum = corner[i] < r.minimum ? corner[i] : r.minimum;
        r.maximum = corner[i] > r.maximum ? corner[i] : r.maximum;
    }
    return sch_scope_set_range(s, r);
}

/* The remainder has the sign of the dividend and is smaller than the divisor. */
static sch_err type_modulo(const sch_scope *s)
{
    const sch_typed *a = sch_scope_typed_argument(s, 0);
    const sch_typed *b = sch_scope_typed_argument(s, 1);
    if (a->type == SCH_TYPE_DECIMAL || b->type == SCH_TYPE_DECIMAL) {
        return sch_scope_refuse(s, s->self, "takes whole numbers only");
    }
    if (!is_of_one_node(s)) {
        return sch_scope_refuse(s, s->self, "takes columns of one node; use +, - and * for those of several");
    }
    if (b->type == SCH_TYPE_NONE || (b->minimum <= 0 && b->maximum >= 0)) {
        return sch_scope_refuse(s, s->self,
                                "could divide by 0 within the declared ranges; use a divisor that cannot be 0");
    }
    int64_t most = (int64_t)sch_typed_magnitude(b) - 1;
    sch_range r = {0, 0};
    if (a->minimum < 0) {
        r.minimum = a->minimum > -most ? a->minimum : -most;
    }
    if (a->maximum > 0) {
        r.maximum = a->maximum < most ? a->maximum : most;
    }
    return sch_scope_set_range(s, r);
}

static sch_err type_negate_or_abs(const sch_scope *s)
{
    sch_typed *own = &s->typed[s->self];
    const sch_typed *a = sch_scope_typed_argument(s, 0);
    own->decimals = a->decimals;
    if (sch_scope_self_of(s)->op == SCH_OP_NEGATE) {
        return sch_scope_set_range(s, (sch_range){-(__int128)a->maximum, -(__int128)a->minimum});
    }
    __int128 low = 0;
    if (a->minimum > 0) {
        low = a->minimum;
    } else if (a->maximum < 0) {
        low = -(__int128)a->maximum;
    }
    return sch_scope_set_range(s, (sch_range){low, (__int128)sch_typed_magnitude(a)});
}

sch_err sch_rule_arithmetic(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = &s->typed[s->self];
    const sch_expression *e = sch_scope_self_of(s);
    bool date = false;
    for (size_t i = 0; i < e->argument_count; i++) {
        date = date || sch_scope_typed_argument(s, i)->type == SCH_TYPE_DATE;
    }
    if (date && (e->op == SCH_OP_ADD || e->op == SCH_OP_SUBTRACT)) {
        return sch_rule_date_arithmetic(s);
    }
    for (size_t i = 0; i < e->argument_count; i++) {
        SCH_TRY(sch_scope_need_bounded_number(s, i));
    }
    switch (e->op) {
    case SCH_OP_ADD:
    case SCH_OP_SUBTRACT:
        SCH_TRY(type_add(s));
        break;
    case SCH_OP_MULTIPLY:
        SCH_TRY(type_multiply(s));
        break;
    case SCH_OP_MODULO:
        SCH_TRY(type_modulo(s));
        break;
    default:
        SCH_TRY(type_negate_or_abs(s));
        break;
    }
    own->type = own->decimals > 0 ? SCH_TYPE_DECIMAL : SCH_TYPE_INTEGER;
out:
    return err;
}

/* ---- conditions ---- */

static bool is_order(sch_op op)
{
    return (op >= SCH_OP_LESS && op <= SCH_OP_GREATER_EQUAL) || op == SCH_OP_BETWEEN || op == SCH_OP_NOT_BETWEEN;
}

/* Columns of several nodes are compared on shares, by the sign of a difference. */
static sch_err check_across_nodes(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = sch_scope_self_of(s);
    const sch_typed *own = sch_scope_own(s);
    if (own->operand_type == SCH_TYPE_TEXT) {
        return is_order(e->op)
                   ? sch_scope_refuse(s, s->self, "puts texts of several nodes in order; compare them with = or <>")
                   : SCH_NONE;
    }
    if (own->operand_type != SCH_TYPE_DATE && !sch_scope_is_number(own->operand_type)) {
        return SCH_NONE;
    }
    for (size_t i = 0; i < e->argument_count; i++) {
        SCH_TRY(sch_scope_need_bounds(s, i));
    }
    sch_range a = sch_scope_range_of(sch_scope_typed_argument(s, 0), own->operand_decimals);
    for (size_t i = 1; i < e->argument_count; i++) {
        sch_range b = sch_scope_range_of(sch_scope_typed_argument(s, i), own->operand_decimals);
        if (b.maximum - a.minimum > (__int128)SCH_MAX_VALUE || a.maximum - b.minimum > (__int128)SCH_MAX_VALUE) {
            return sch_scope_refuse(s, s->self,
                                    "compares numbers of several nodes whose difference could exceed 2^62 within the "
                                    "declared ranges; compare numbers with fewer decimals or smaller ranges");
        }
    }
out:
    return err;
}

static sch_err type_like(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    const char *pattern = s->request->expression[sch_scope_argument_of(s, 1)].text;
    sch_scope_own(s)->operand_type = SCH_TYPE_TEXT;
    SCH_TRY(sch_scope_need_type(s, 0, SCH_TYPE_TEXT, "takes text on its left side"));
    if (strchr(pattern, '\\') != NULL) {
        err = sch_scope_refuse(s, s->self,
                               "has a backslash in its pattern, which databases read in different ways; use _ for it");
    }
out:
    return err;
}

sch_err sch_rule_comparison(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_op op = sch_scope_self_of(s)->op;
    sch_typed *own = sch_scope_own(s);
    own->type = SCH_TYPE_BOOLEAN;
    if (op == SCH_OP_LIKE || op == SCH_OP_NOT_LIKE) {
        return type_like(s);
    }
    SCH_TRY(sch_scope_unify(s, 0, 1));
    own->real = false;
    if (op == SCH_OP_IS_NULL || op == SCH_OP_IS_NOT_NULL) {
        own->nullable = false;
        own->own_nullable = false;
    } else if (!own->after && !is_of_one_node(s)) {
        SCH_TRY(check_across_nodes(s));
    }
out:
    return err;
}

sch_err sch_rule_logic(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    s->typed[s->self].type = SCH_TYPE_BOOLEAN;
    s->typed[s->self].operand_type = SCH_TYPE_BOOLEAN;
    for (size_t i = 0; i < sch_scope_self_of(s)->argument_count; i++) {
        SCH_TRY(sch_scope_need_type(s, i, SCH_TYPE_BOOLEAN,
                                    "takes conditions; write a comparison, such as x > 0 or x = 'a'"));
    }
out:
    return err;
}

/* ---- CASE and COALESCE ---- */

/* Where columns of several nodes are in it, each result is shared between nodes, and texts cannot be. */
static sch_err check_result(const sch_scope *s, size_t i)
{
    const sch_typed *own = sch_scope_own(s);
    const sch_typed *result = sch_scope_typed_argument(s, i);
    if (own->after || result->type == SCH_TYPE_NONE) {
        return SCH_NONE;
    }
    if (is_of_one_node(s)) {
        return result->decimals < own->operand_decimals ? sch_scope_need_bounded_number(s, i) : SCH_NONE;
    }
    if (result->type == SCH_TYPE_TEXT) {
        return sch_scope_refuse(
            s, s->self, "gives texts and has columns of several nodes; give a number or a condition instead of a text");
    }
    return sch_scope_need_bounds(s, i);
}

/* Fills self with what the results have in common: of ranges the hull, each scaled to the common decimals. */
static sch_err take_results(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = sch_scope_own(s);
    const sch_expression *e = sch_scope_self_of(s);
    bool any = false, bounded = !own->after;
    sch_range all = {0, 0};
    own->type = own->operand_type;
    own->decimals = own->real ? 0 : own->operand_decimals;
    own->characters = 0;
    for (size_t i = 0; i < e->argument_count; i++) {
        const sch_typed *result = sch_scope_typed_argument(s, i);
        bool condition = e->op == SCH_OP_CASE && i % 2 == 0 && i + 1 < e->argument_count;
        if (condition || result->type == SCH_TYPE_NONE) {
            continue;
        }
        own->characters = result->characters > own->characters ? result->characters : own->characters;
        SCH_TRY(check_result(s, i));
        if (own->after || !result->bounded) {
            bounded = false;
            continue;
        }
        sch_range r = sch_scope_range_of(result, own->decimals);
        all.minimum = !any || r.minimum < all.minimum ? r.minimum : all.minimum;
        all.maximum = !any || r.maximum > all.maximum ? r.maximum : all.maximum;
        any = true;
    }
    if (any) {
        SCH_TRY(sch_scope_set_range(s, all));
    }
    if (!any || !bounded) {
        sch_scope_set_unbounded(own);
    }
out:
    return err;
}

sch_err sch_rule_case(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = sch_scope_own(s);
    size_t count = sch_scope_self_of(s)->argument_count;
    own->nullable = sch_scope_typed_argument(s, count - 1)->nullable;
    own->own_nullable = sch_scope_typed_argument(s, count - 1)->own_nullable;
    for (size_t i = 0; i + 1 < count; i += 2) {
        SCH_TRY(sch_scope_need_type(s, i, SCH_TYPE_BOOLEAN, "takes conditions after WHEN; write a comparison there"));
        own->nullable = own->nullable || sch_scope_typed_argument(s, i + 1)->nullable;
        own->own_nullable = own->own_nullable || sch_scope_typed_argument(s, i + 1)->own_nullable;
    }
    SCH_TRY(sch_scope_unify(s, 1, 2));
    SCH_TRY(sch_scope_unify(s, count - 1, 1));
    SCH_TRY(take_results(s));
out:
    return err;
}

sch_err sch_rule_coalesce(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = sch_scope_own(s);
    own->nullable = true;
    own->own_nullable = true;
    for (size_t i = 0; i < sch_scope_self_of(s)->argument_count; i++) {
        own->nullable = own->nullable && sch_scope_typed_argument(s, i)->nullable;
        own->own_nullable = own->own_nullable && sch_scope_typed_argument(s, i)->own_nullable;
    }
    SCH_TRY(sch_scope_unify(s, 0, 1));
    SCH_TRY(take_results(s));
out:
    return err;
}
