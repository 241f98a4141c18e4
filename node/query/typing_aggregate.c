/* Aggregates: their arguments are of before aggregation, what they give stands after it. */
#include "node/query/typing_rules.h"

static bool is_union(const sch_request *request)
{
    for (size_t i = 0; i < request->from_count; i++) {
        if (request->from[i].node_count > 1) {
            return true;
        }
    }
    return false;
}

/* Whether no row of the table brings organisations together. */
static bool keeps_organisations_apart(const sch_request *request)
{
    uint32_t key = 0;
    for (size_t i = 0; i < request->group_by_count; i++) {
        key |= request->expression[request->group_by[i]].op == SCH_OP_ORGANISATION ? 1U << i : 0;
    }
    bool apart = key != 0;
    for (size_t i = 0; i < request->set_count; i++) {
        apart = apart && (request->set[i] & key) != 0;
    }
    return apart;
}

static sch_err type_count_persons(const sch_scope *s)
{
    if (!sch_scope_typed_argument(s, 0)->identifier) {
        return sch_scope_refuse(s, s->self, "counts persons only; write COUNT(DISTINCT ...) of the column that links");
    }
    if (is_union(s->request) && !keeps_organisations_apart(s->request)) {
        return sch_scope_refuse(
            s, s->self,
            "cannot tell that a person at two organisations of the union is one; write COUNT(*), or group by "
            "ORGANISATION in every grouping set: then such a person counts at each of them");
    }
    return SCH_NONE;
}

/* A constant of 0.01 to 0.99, whatever its decimals. */
static bool is_fraction(const sch_expression *e)
{
    if (e->op != SCH_OP_NUMBER || e->decimals > SCH_MAX_SCALE) {
        return false;
    }
    __int128 hundredfold = (__int128)e->number * 100;
    __int128 one = sch_power_of_ten(e->decimals);
    return hundredfold >= one && hundredfold <= 99 * one;
}

static sch_err type_percentile(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    const sch_typed *value = sch_scope_typed_argument(s, 0);
    if (value->column == NULL || value->column->bin_count == 0) {
        return sch_scope_refuse(s, s->self,
                                value->column == NULL
                                    ? "takes a column with declared bins, and no expression of columns"
                                    : "takes a column with declared bins; ask its owner for the key bins of that "
                                      "column in the schema");
    }
    if (!is_fraction(&s->request->expression[sch_scope_argument_of(s, 1)])) {
        return sch_scope_refuse(s, s->self, "takes a constant fraction of 0.01 to 0.99, such as 0.5");
    }
    own->type = value->type;
    own->decimals = value->decimals;
    if (sch_scope_self_of(s)->op == SCH_OP_PERCENTILE_CONT) {
        own->type = SCH_TYPE_DECIMAL;
        own->decimals = 0;
        own->real = true;
    }
    return SCH_NONE;
}

/* Sums and what is made of them: of one argument, or of two. */
static sch_err check_numbers(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < sch_scope_self_of(s)->argument_count; i++) {
        const sch_typed *argument = sch_scope_typed_argument(s, i);
        if (argument->type == SCH_TYPE_NONE) {
            return sch_scope_refuse(s, s->self, "has nothing but NULL to work on; name a column");
        }
        if (!sch_scope_is_number(argument->type)) {
            return sch_scope_refuse(s, s->self,
                                    "adds up numbers only; write CASE WHEN ... THEN 1 ELSE 0 END inside it to count");
        }
        SCH_TRY(sch_scope_need_bounded_number(s, i));
    }
out:
    return err;
}

static sch_err type_numbers(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_op op = sch_scope_self_of(s)->op;
    sch_typed *own = sch_scope_own(s);
    SCH_TRY(check_numbers(s));
    if (op == SCH_OP_REGR_COUNT) {
        return SCH_NONE;
    }
    own->nullable = true;
    own->own_nullable = true;
    own->type = SCH_TYPE_DECIMAL;
    own->real = op != SCH_OP_SUM;
    if (op == SCH_OP_SUM) {
        own->type = sch_scope_typed_argument(s, 0)->type;
        own->decimals = sch_scope_typed_argument(s, 0)->decimals;
    }
out:
    return err;
}

sch_err sch_rule_aggregate(const sch_scope *s)
{
    sch_typed *own = sch_scope_own(s);
    own->type = SCH_TYPE_INTEGER;
    own->nullable = false;
    own->own_nullable = false;
    sch_scope_set_unbounded(own);
    switch (sch_scope_self_of(s)->op) {
    case SCH_OP_COUNT_ROWS:
        return SCH_NONE;
    case SCH_OP_COUNT_PERSONS:
        return type_count_persons(s);
    case SCH_OP_COUNT:
        return sch_scope_typed_argument(s, 0)->type == SCH_TYPE_NONE
                   ? sch_scope_refuse(s, s->self, "has nothing but NULL to work on; name a column")
                   : SCH_NONE;
    case SCH_OP_PERCENTILE_CONT:
    case SCH_OP_PERCENTILE_DISC:
        own->nullable = true;
        own->own_nullable = true;
        return type_percentile(s);
    default:
        return type_numbers(s);
    }
}
