/* What is worked out on released cells: numbers of any size, exact ones with decimals and those in floating point. */
#include "node/query/typing_rules.h"

sch_err sch_rule_check_after(const sch_scope *s)
{
    sch_op op = sch_scope_self_of(s)->op;
    bool like = op == SCH_OP_LIKE || op == SCH_OP_NOT_LIKE;
    bool function = op >= SCH_OP_LOWER && op <= SCH_OP_MONTH;
    if ((sch_scope_own(s)->stands & SCH_STANDS_AFTER) == 0 || (!like && !function)) {
        return SCH_NONE;
    }
    return sch_scope_refuse(
        s, s->self, "works on records, not on the finished table; leave it out of outputs, HAVING and ORDER BY");
}

static sch_err need_numbers(const sch_scope *s)
{
    for (size_t i = 0; i < sch_scope_self_of(s)->argument_count; i++) {
        sch_type type = sch_scope_typed_argument(s, i)->type;
        if (type != SCH_TYPE_NONE && !sch_scope_is_number(type)) {
            return sch_scope_refuse(
                s, s->self, "calculates with numbers only; use CASE WHEN ... THEN 1 ELSE 0 END for anything else");
        }
    }
    return SCH_NONE;
}

static void set_real(sch_typed *own)
{
    own->type = SCH_TYPE_DECIMAL;
    own->decimals = 0;
    own->real = true;
}

static void set_exact(sch_typed *own, unsigned decimals)
{
    own->decimals = (uint8_t)decimals;
    own->type = decimals > 0 ? SCH_TYPE_DECIMAL : SCH_TYPE_INTEGER;
}

static void set_nullable(sch_typed *own)
{
    own->nullable = true;
    own->own_nullable = true;
}

static sch_err type_add(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = sch_scope_own(s);
    SCH_TRY(sch_scope_unify(s, 0, 1));
    if (own->real) {
        set_real(own);
    } else {
        set_exact(own, own->operand_decimals);
    }
out:
    return err;
}

static sch_err type_multiply(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    const sch_typed *a = sch_scope_typed_argument(s, 0);
    const sch_typed *b = sch_scope_typed_argument(s, 1);
    unsigned decimals = (unsigned)a->decimals + b->decimals;
    if (a->real || b->real || decimals > SCH_MAX_SCALE) {
        set_real(own);
    } else {
        set_exact(own, decimals);
    }
    return SCH_NONE;
}

static sch_err type_modulo(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    for (size_t i = 0; i < 2; i++) {
        if (sch_scope_typed_argument(s, i)->type == SCH_TYPE_DECIMAL) {
            return sch_scope_refuse(s, s->self, "takes whole numbers only");
        }
    }
    set_exact(own, 0);
    set_nullable(own); /* by 0 */
    return SCH_NONE;
}

/* The argument's own kind of number; ROUND (its second argument is a whole constant, sch_request_check) takes decimals
 * off. */
static sch_err type_alike(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    const sch_expression *e = sch_scope_self_of(s);
    const sch_typed *a = sch_scope_typed_argument(s, 0);
    unsigned decimals = a->decimals;
    if (e->op == SCH_OP_ROUND) {
        int64_t kept = e->argument_count > 1 ? s->request->expression[e->argument[1]].number : 0;
        decimals = kept >= 0 && kept < a->decimals ? (unsigned)kept : decimals;
    }
    if (a->real) {
        set_real(own);
    } else {
        set_exact(own, decimals);
    }
    return SCH_NONE;
}

/* Its first argument, or NULL where the two are equal. */
static sch_err type_nullif(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = sch_scope_own(s);
    const sch_typed *a = sch_scope_typed_argument(s, 0);
    SCH_TRY(sch_scope_unify(s, 0, 1));
    own->type = a->type;
    own->decimals = a->decimals;
    own->real = a->real;
    own->characters = a->characters;
    set_nullable(own);
out:
    return err;
}

sch_err sch_rule_after(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = sch_scope_own(s);
    sch_op op = sch_scope_self_of(s)->op;
    sch_scope_set_unbounded(own);
    if (op == SCH_OP_NULLIF) {
        return type_nullif(s);
    }
    if (op == SCH_OP_GROUPING) {
        own->type = SCH_TYPE_INTEGER;
        own->nullable = false;
        own->own_nullable = false;
        return sch_scope_set_range(s, (sch_range){0, 1});
    }
    SCH_TRY(need_numbers(s));
    switch (op) {
    case SCH_OP_ADD:
    case SCH_OP_SUBTRACT:
        return type_add(s);
    case SCH_OP_MULTIPLY:
        return type_multiply(s);
    case SCH_OP_MODULO:
        return type_modulo(s);
    case SCH_OP_NEGATE:
    case SCH_OP_ABS:
    case SCH_OP_ROUND:
        return type_alike(s);
    default: /* by 0, of a negative number, or beyond the largest one: NULL */
        set_real(own);
        set_nullable(own);
        break;
    }
out:
    return err;
}
