/* Expressions over columns of several parts, on shares. An expression of a record becomes a value v and p, 1 where it
 * is not NULL (v means nothing where p is 0); a condition becomes t, 1 where it is true, and f, 1 where it is false;
 * where it is NULL both are 0:
 *
 *     a + b, a - b       v = v_a + v_b                     p = p_a p_b
 *     a * b              v = v_a v_b                       p = p_a p_b
 *     a < b              t = [v_a - v_b < 0] p             f = p - t
 *     a = b              t = (1 - [v_a < v_b] - [v_b < v_a]) p
 *     a AND b            t = t_a t_b                       f = 1 - (1 - f_a)(1 - f_b)
 *     NOT a              t = f_a                           f = t_a
 *     a IS NULL          t = 1 - p                         f = p
 *     CASE               v = sum of r_i v_i, p = sum of r_i p_i; r_i: the conditions before the i-th one are not true,
 *                        and it is
 *
 * What one part can work out by itself is a value of its own. Texts are compared by number (their hash), dates by
 * day. */
#include <string.h>

#include "crypto/base/buf.h"
#include "crypto/prim/hash.h"
#include "node/query/plan_draft.h"

typedef struct truth {
    sch_ref t, f;
} truth;

static sch_err condition(sch_draft *draft, truth *out, uint32_t expression);
static sch_err value(sch_draft *draft, sch_ref *v, sch_ref *p, uint32_t expression, uint8_t want_decimals);

static const sch_ref ZERO = {SCH_REF_CONSTANT, 0, 0, 0};
static const sch_ref ONE = {SCH_REF_CONSTANT, 0, 0, 1};

/* ---- ranges ---- */

typedef struct range {
    __int128 low, high;
} range;

static range range_of(const sch_typed *typed, uint8_t decimals)
{
    __int128 factor = sch_power_of_ten(decimals > typed->decimals ? (unsigned)(decimals - typed->decimals) : 0);
    if (typed->type == SCH_TYPE_BOOLEAN || typed->type == SCH_TYPE_NONE) {
        return (range){0, 1};
    }
    if (typed->type == SCH_TYPE_TEXT) {
        return (range){0, (__int128)1 << 61};
    }
    return (range){typed->minimum * factor, typed->maximum * factor};
}

/* That values, and differences of two, stay below 2^62. */
static sch_err check_range(const sch_draft *draft, uint32_t expression, uint8_t decimals)
{
    const sch_typed *typed = &draft->typed[expression];
    range r = range_of(typed, decimals);
    bool wide = (typed->type == SCH_TYPE_INTEGER || typed->type == SCH_TYPE_DECIMAL || typed->type == SCH_TYPE_DATE) &&
                (!typed->bounded || r.low <= -((__int128)1 << 61) || r.high >= (__int128)1 << 61);
    return wide ? sch_draft_refuse(
                      draft, expression,
                      "stands beside columns of another owner, and its declared range is too wide for that; "
                      "ask its owner to declare a minimum and a maximum, or use fewer decimals")
                : SCH_NONE;
}

/* ---- leaves ---- */

/* As the engine's sch_text_number: the first 61 bits of SHA-256. */
static sch_err text_number(int64_t *out, const char *text)
{
    sch_err err = SCH_NONE;
    uint8_t hash[SCH_HASH_BYTES];
    SCH_TRY(sch_hash_bytes(hash, (const uint8_t *)text, strlen(text)));
    uint64_t word = 0;
    for (size_t i = 0; i < 8; i++) {
        word = word << 8 | hash[i];
    }
    *out = (int64_t)(word >> 3);
out:
    return err;
}

static sch_err constant(sch_draft *draft, sch_ref *v, sch_ref *p, uint32_t expression, uint8_t want_decimals)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    int64_t number = e->number;
    *p = ONE;
    switch (e->op) {
    case SCH_OP_NULL:
        *p = ZERO;
        number = 0;
        break;
    case SCH_OP_TEXT:
        SCH_TRY(text_number(&number, e->text));
        break;
    case SCH_OP_NUMBER:
        SCH_TRY(check_range(draft, expression, want_decimals));
        number *= sch_power_of_ten(want_decimals > e->decimals ? (unsigned)(want_decimals - e->decimals) : 0);
        break;
    default:
        break;
    }
    *v = sch_ref_constant(number);
out:
    return err;
}

/* A term of one part: before and after stand around the expression. */
static sch_err part_term(sch_draft *draft, uint16_t *term, size_t part, uint32_t expression, const char *before,
                         const char *after, uint8_t want_decimals, bool nullable)
{
    sch_err err = SCH_NONE;
    const sch_typed *typed = &draft->typed[expression];
    sch_buf sql = {0};
    SCH_TRY(sch_buf_append_text(&sql, before));
    SCH_TRY(sch_local_sql_expression(&sql, &draft->part[part], expression, typed->type, want_decimals));
    SCH_TRY(sch_buf_append_text(&sql, after));
    const char *text = sch_buf_text(&sql);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for a part of the query"));
    SCH_TRY(sch_draft_term(draft, term, part, strdup(text), nullable));
out:
    sch_buf_clear(&sql);
    return err;
}

static sch_err part_value(sch_draft *draft, sch_ref *out, size_t part, uint16_t term, sch_part_value_kind kind)
{
    const sch_part *p = &draft->part[part];
    uint32_t w = p->wide == 1 ? 0 : draft->combination / draft->plan->part_stride[part] % p->wide;
    return sch_draft_value(draft, out, part,
                           (sch_part_value){.kind = kind, .term = term, .combination = (uint16_t)w, .limbs = 1});
}

/* 1 where the part has a record that its value can come from; 1 too where a missing record weighs 0 anyway. */
static sch_err there(sch_draft *draft, sch_ref *out, size_t part)
{
    if (part == 0 || !draft->site[draft->part_site[part]].left) {
        *out = ONE;
        return SCH_NONE;
    }
    return part_value(draft, out, part, 0, SCH_VALUE_LINKED);
}

static sch_err local_value(sch_draft *draft, sch_ref *v, sch_ref *p, size_t part, uint32_t expression,
                           uint8_t want_decimals)
{
    sch_err err = SCH_NONE;
    const sch_typed *typed = &draft->typed[expression];
    const char *before = "";
    const char *after = "";
    uint16_t term = 0;
    switch (typed->type) {
    case SCH_TYPE_TEXT:
        before = "sch_text_number(";
        after = ")";
        break;
    case SCH_TYPE_DATE:
        before = "CAST((";
        after = " - DATE '1970-01-01') AS BIGINT)";
        break;
    case SCH_TYPE_BOOLEAN:
        before = "CAST(";
        after = " AS BIGINT)";
        break;
    default:
        break;
    }
    SCH_TRY(check_range(draft, expression, want_decimals));
    SCH_TRY(part_term(draft, &term, part, expression, before, after, want_decimals, typed->nullable));
    SCH_TRY(part_value(draft, v, part, term, SCH_VALUE_SUM));
    SCH_TRY(typed->nullable ? part_value(draft, p, part, term, SCH_VALUE_PRESENT) : there(draft, p, part));
out:
    return err;
}

static sch_err local_condition(sch_draft *draft, truth *out, size_t part, uint32_t expression)
{
    sch_err err = SCH_NONE;
    uint16_t term = 0;
    sch_ref here;
    SCH_TRY(part_term(draft, &term, part, expression, "CAST(COALESCE(", ", FALSE) AS BIGINT)", 0, false));
    SCH_TRY(part_value(draft, &out->t, part, term, SCH_VALUE_SUM));
    if (!draft->typed[expression].nullable) {
        SCH_TRY(there(draft, &here, part));
        return sch_draft_linear(draft, &out->f, here, 1, out->t, -1, 0);
    }
    SCH_TRY(part_term(draft, &term, part, expression, "CAST(COALESCE(NOT ", ", FALSE) AS BIGINT)", 0, false));
    SCH_TRY(part_value(draft, &out->f, part, term, SCH_VALUE_SUM));
out:
    return err;
}

/* The part that an expression can be left to; false where there is none. */
static bool find_part(const sch_draft *draft, size_t *part, uint32_t expression)
{
    uint16_t sites = draft->typed[expression].parts;
    size_t site = 0;
    if (sites == 0 || (sites & (sites - 1)) != 0 || !sch_draft_is_local(draft, expression)) {
        return false;
    }
    while (sites >> site != 1) {
        site++;
    }
    *part = draft->site_part[site];
    return true;
}

/* What only an owner can work out, but not here. */
static sch_err cannot_share(const sch_draft *draft, uint32_t expression)
{
    uint16_t parts = draft->typed[expression].parts;
    bool one = (parts & (parts - 1)) == 0;
    return sch_draft_refuse(
        draft, expression,
        one ? "has a value even where the left joined data set has no row, which its owner cannot know; use the column "
              "itself, without COALESCE, CASE or IS NULL below it"
            : "takes columns of one owner only");
}

/* ---- conditions ---- */

static sch_err both(sch_draft *draft, truth *out, truth a, truth b)
{
    sch_err err = SCH_NONE;
    sch_ref not_a, not_b, neither;
    SCH_TRY(sch_draft_product(draft, &out->t, a.t, b.t));
    SCH_TRY(sch_draft_not(draft, &not_a, a.f));
    SCH_TRY(sch_draft_not(draft, &not_b, b.f));
    SCH_TRY(sch_draft_product(draft, &neither, not_a, not_b));
    SCH_TRY(sch_draft_not(draft, &out->f, neither));
out:
    return err;
}

static truth turned(truth a)
{
    return (truth){a.f, a.t};
}

/* op: EQUAL or LESS, of values with p. */
static sch_err compare(sch_draft *draft, truth *out, sch_op op, sch_ref a, sch_ref b, sch_ref p)
{
    sch_err err = SCH_NONE;
    sch_ref less, more;
    SCH_TRY(sch_draft_negative(draft, &less, a, 1, b, -1, 0));
    if (op == SCH_OP_EQUAL) {
        SCH_TRY(sch_draft_negative(draft, &more, a, -1, b, 1, 0));
        SCH_TRY(sch_draft_linear(draft, &less, less, -1, more, -1, 1));
    }
    SCH_TRY(sch_draft_product(draft, &out->t, less, p));
    SCH_TRY(sch_draft_linear(draft, &out->f, p, 1, out->t, -1, 0));
out:
    return err;
}

static sch_err compare_arguments(sch_draft *draft, truth *out, sch_op op, uint32_t left, uint32_t right,
                                 uint8_t decimals)
{
    sch_err err = SCH_NONE;
    sch_ref a, b, p_a, p_b;
    if (op == SCH_OP_LESS && (draft->typed[left].type == SCH_TYPE_TEXT || draft->typed[right].type == SCH_TYPE_TEXT)) {
        return cannot_share(draft, left); /* numbers of texts have another order than texts */
    }
    SCH_TRY(value(draft, &a, &p_a, left, decimals));
    SCH_TRY(value(draft, &b, &p_b, right, decimals));
    SCH_TRY(sch_draft_product(draft, &p_a, p_a, p_b));
    SCH_TRY(compare(draft, out, op, a, b, p_a));
out:
    return err;
}

static sch_err comparison(sch_draft *draft, truth *out, uint32_t expression)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    uint8_t decimals = draft->typed[expression].operand_decimals;
    uint32_t a = e->argument[0], b = e->argument[1];
    switch (e->op) {
    case SCH_OP_EQUAL:
    case SCH_OP_NOT_EQUAL:
        SCH_TRY(compare_arguments(draft, out, SCH_OP_EQUAL, a, b, decimals));
        break;
    case SCH_OP_LESS:
    case SCH_OP_GREATER_EQUAL:
        SCH_TRY(compare_arguments(draft, out, SCH_OP_LESS, a, b, decimals));
        break;
    default:
        SCH_TRY(compare_arguments(draft, out, SCH_OP_LESS, b, a, decimals));
        break;
    }
    if (e->op == SCH_OP_NOT_EQUAL || e->op == SCH_OP_GREATER_EQUAL || e->op == SCH_OP_LESS_EQUAL) {
        *out = turned(*out);
    }
out:
    return err;
}

/* x IN (a, b): x = a OR x = b. x BETWEEN a AND b: NOT x < a AND NOT b < x. */
static sch_err membership(sch_draft *draft, truth *out, uint32_t expression)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    uint8_t decimals = draft->typed[expression].operand_decimals;
    truth one;
    bool between = e->op == SCH_OP_BETWEEN || e->op == SCH_OP_NOT_BETWEEN;
    *out = (truth){ONE, ZERO};
    for (size_t i = 1; i < e->argument_count; i++) {
        uint32_t a = between && i == 2 ? e->argument[i] : e->argument[0];
        uint32_t b = between && i == 2 ? e->argument[0] : e->argument[i];
        SCH_TRY(compare_arguments(draft, &one, between ? SCH_OP_LESS : SCH_OP_EQUAL, a, b, decimals));
        SCH_TRY(both(draft, out, *out, turned(one)));
    }
    if (e->op == SCH_OP_IN || e->op == SCH_OP_NOT_BETWEEN) {
        *out = turned(*out);
    }
out:
    return err;
}

static sch_err logic(sch_draft *draft, truth *out, uint32_t expression)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    truth one;
    *out = (truth){ONE, ZERO};
    for (size_t i = 0; i < e->argument_count; i++) {
        SCH_TRY(condition(draft, &one, e->argument[i]));
        SCH_TRY(both(draft, out, *out, e->op == SCH_OP_AND ? one : turned(one)));
    }
    if (e->op == SCH_OP_OR) { /* NOT (NOT a AND NOT b) */
        *out = turned(*out);
    }
out:
    return err;
}

static sch_err condition(sch_draft *draft, truth *out, uint32_t expression)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    size_t part;
    sch_ref v, p;
    if (find_part(draft, &part, expression)) {
        return local_condition(draft, out, part, expression);
    }
    switch (e->op) {
    case SCH_OP_EQUAL:
    case SCH_OP_NOT_EQUAL:
    case SCH_OP_LESS:
    case SCH_OP_LESS_EQUAL:
    case SCH_OP_GREATER:
    case SCH_OP_GREATER_EQUAL:
        return comparison(draft, out, expression);
    case SCH_OP_IN:
    case SCH_OP_NOT_IN:
    case SCH_OP_BETWEEN:
    case SCH_OP_NOT_BETWEEN:
        return membership(draft, out, expression);
    case SCH_OP_AND:
    case SCH_OP_OR:
    case SCH_OP_NOT:
        return logic(draft, out, expression);
    case SCH_OP_IS_NULL:
    case SCH_OP_IS_NOT_NULL:
        SCH_TRY(value(draft, &v, &p, e->argument[0], draft->typed[e->argument[0]].decimals));
        SCH_TRY(sch_draft_not(draft, &v, p));
        *out = e->op == SCH_OP_IS_NULL ? (truth){v, p} : (truth){p, v};
        break;
    case SCH_OP_LIKE:
    case SCH_OP_NOT_LIKE:
        return cannot_share(draft, expression);
    default: /* a boolean value: CASE, COALESCE, a constant */
        SCH_TRY(value(draft, &v, &p, expression, 0));
        SCH_TRY(sch_draft_product(draft, &out->t, v, p));
        SCH_TRY(sch_draft_linear(draft, &out->f, p, 1, out->t, -1, 0));
        break;
    }
out:
    return err;
}

/* ---- values ---- */

/* *v, *p += take x (the argument's). */
static sch_err add_choice(sch_draft *draft, sch_ref *v, sch_ref *p, sch_ref take, sch_ref its_v, sch_ref its_p)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_draft_product(draft, &its_v, take, its_v));
    SCH_TRY(sch_draft_product(draft, &its_p, take, its_p));
    SCH_TRY(sch_draft_linear(draft, v, *v, 1, its_v, 1, 0));
    SCH_TRY(sch_draft_linear(draft, p, *p, 1, its_p, 1, 0));
out:
    return err;
}

/* CASE and COALESCE: the first that applies. */
static sch_err choice(sch_draft *draft, sch_ref *v, sch_ref *p, uint32_t expression)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    uint8_t decimals = draft->typed[expression].operand_decimals;
    bool is_case = e->op == SCH_OP_CASE;
    sch_ref rest = ONE;
    *v = ZERO;
    *p = ZERO;
    for (size_t i = 0; i < e->argument_count; i += is_case ? 2 : 1) {
        bool last = is_case && i + 1 == e->argument_count;
        sch_ref its_v, its_p, take;
        truth when = {ONE, ZERO};
        if (is_case && !last) {
            SCH_TRY(condition(draft, &when, e->argument[i]));
        }
        SCH_TRY(value(draft, &its_v, &its_p, e->argument[is_case && !last ? i + 1 : i], decimals));
        SCH_TRY(sch_draft_product(draft, &take, rest, is_case ? when.t : its_p));
        SCH_TRY(add_choice(draft, v, p, take, its_v, is_case ? its_p : ONE));
        SCH_TRY(sch_draft_linear(draft, &rest, rest, 1, take, -1, 0));
    }
out:
    return err;
}

static sch_err arithmetic(sch_draft *draft, sch_ref *v, sch_ref *p, uint32_t expression)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    const sch_typed *typed = &draft->typed[expression];
    sch_ref a, b = ZERO, p_b = ONE;
    bool product = e->op == SCH_OP_MULTIPLY;
    uint8_t decimals = typed->decimals;
    SCH_TRY(value(draft, &a, p, e->argument[0], product ? draft->typed[e->argument[0]].decimals : decimals));
    if (e->argument_count > 1) {
        SCH_TRY(value(draft, &b, &p_b, e->argument[1], product ? draft->typed[e->argument[1]].decimals : decimals));
    }
    SCH_TRY(sch_draft_product(draft, p, *p, p_b));
    switch (e->op) {
    case SCH_OP_ADD:
        return sch_draft_linear(draft, v, a, 1, b, 1, 0);
    case SCH_OP_SUBTRACT:
        return sch_draft_linear(draft, v, a, 1, b, -1, 0);
    case SCH_OP_MULTIPLY:
        return sch_draft_product(draft, v, a, b);
    case SCH_OP_NEGATE:
        return sch_draft_linear(draft, v, a, -1, b, 0, 0);
    default: /* ABS: a - 2 [a < 0] a */
        SCH_TRY(sch_draft_negative(draft, &b, a, 1, ZERO, 0, 0));
        SCH_TRY(sch_draft_product(draft, &b, b, a));
        return sch_draft_linear(draft, v, a, 1, b, -2, 0);
    }
out:
    return err;
}

static sch_err own_value(sch_draft *draft, sch_ref *v, sch_ref *p, uint32_t expression)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    truth as_condition;
    switch (e->op) {
    case SCH_OP_ADD:
    case SCH_OP_SUBTRACT:
    case SCH_OP_MULTIPLY:
    case SCH_OP_NEGATE:
    case SCH_OP_ABS:
        return arithmetic(draft, v, p, expression);
    case SCH_OP_CASE:
    case SCH_OP_COALESCE:
        return choice(draft, v, p, expression);
    default:
        break;
    }
    if (draft->typed[expression].type == SCH_TYPE_BOOLEAN) {
        SCH_TRY(condition(draft, &as_condition, expression));
        *v = as_condition.t;
        return sch_draft_linear(draft, p, as_condition.t, 1, as_condition.f, 1, 0);
    }
    err = cannot_share(draft, expression);
out:
    return err;
}

static sch_err value(sch_draft *draft, sch_ref *v, sch_ref *p, uint32_t expression, uint8_t want_decimals)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    const sch_typed *typed = &draft->typed[expression];
    size_t part;
    if (e->op >= SCH_OP_NUMBER && e->op <= SCH_OP_NULL) {
        return constant(draft, v, p, expression, want_decimals);
    }
    if (find_part(draft, &part, expression)) {
        return local_value(draft, v, p, part, expression, want_decimals);
    }
    SCH_TRY(check_range(draft, expression, want_decimals));
    SCH_TRY(own_value(draft, v, p, expression));
    /* CASE and COALESCE have brought their arguments to these decimals, the rest is in its own */
    uint8_t made = e->op == SCH_OP_CASE || e->op == SCH_OP_COALESCE ? typed->operand_decimals : typed->decimals;
    if (want_decimals > made && typed->type != SCH_TYPE_BOOLEAN) {
        SCH_TRY(sch_draft_linear(draft, v, *v, sch_power_of_ten((unsigned)(want_decimals - made)), ZERO, 0, 0));
    }
out:
    return err;
}

sch_err sch_draft_cross_value(sch_draft *draft, sch_ref *v, sch_ref *present, uint32_t expression,
                              uint8_t want_decimals)
{
    return value(draft, v, present, expression, want_decimals);
}

sch_err sch_draft_cross_condition(sch_draft *draft, sch_ref *holds, uint32_t expression)
{
    truth all = {ZERO, ZERO};
    sch_err err = condition(draft, &all, expression);
    *holds = all.t;
    return err;
}

sch_err sch_draft_cross_nonzero(sch_draft *draft, sch_ref *out, uint32_t expression)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[expression];
    const sch_typed *typed = &draft->typed[expression];
    sch_ref v, p, other;
    if (e->op == SCH_OP_NEGATE || e->op == SCH_OP_ABS) {
        return sch_draft_cross_nonzero(draft, out, e->argument[0]);
    }
    if (e->op == SCH_OP_MULTIPLY) {
        SCH_TRY(sch_draft_cross_nonzero(draft, out, e->argument[0]));
        SCH_TRY(sch_draft_cross_nonzero(draft, &other, e->argument[1]));
        return sch_draft_product(draft, out, *out, other);
    }
    SCH_TRY(value(draft, &v, &p, expression, typed->decimals));
    if (typed->bounded && typed->minimum >= 0 && typed->maximum <= 1) {
        *out = v;
        return SCH_NONE;
    }
    SCH_TRY(sch_draft_negative(draft, out, v, 1, ZERO, 0, 0));
    SCH_TRY(sch_draft_negative(draft, &other, v, -1, ZERO, 0, 0));
    SCH_TRY(sch_draft_linear(draft, out, *out, 1, other, 1, 0));
out:
    return err;
}
