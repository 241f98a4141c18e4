/* typing_rules.h - what the parts of the typing pass share, and its rules: typing_rules.c has arithmetic, conditions,
 * CASE and COALESCE, typing_functions.c the functions before aggregation, typing_aggregate.c aggregates and
 * typing_after.c what is for released cells alone. For node/query/typing*.c. */
#ifndef SCH_NODE_QUERY_TYPING_RULES_H
#define SCH_NODE_QUERY_TYPING_RULES_H

#include <stdbool.h>

#include "node/query/typing.h"

/* What a rule needs. */
typedef struct sch_scope {
    sch_typed *typed;
    const sch_request *request;
    const sch_data_set *const *data_set;
    sch_detail *detail;
    uint32_t self; /* the expression that is being typed */
} sch_scope;

typedef struct sch_range {
    __int128 minimum, maximum;
} sch_range;

static inline const sch_expression *sch_scope_self_of(const sch_scope *s)
{
    return &s->request->expression[s->self];
}

static inline uint32_t sch_scope_argument_of(const sch_scope *s, size_t i)
{
    return sch_scope_self_of(s)->argument[i];
}

static inline const sch_typed *sch_scope_typed_argument(const sch_scope *s, size_t i)
{
    return &s->typed[sch_scope_argument_of(s, i)];
}

static inline sch_typed *sch_scope_own(const sch_scope *s)
{
    return &s->typed[s->self];
}

static inline bool sch_scope_is_number(sch_type type)
{
    return type == SCH_TYPE_INTEGER || type == SCH_TYPE_DECIMAL;
}

/* Fails with "<construct> <rest>". Errors: SCH_BAD_INPUT, always. */
sch_err sch_scope_refuse(const sch_scope *s, uint32_t expression, const char *rest);

/* Sets the bounds of self. Errors: SCH_BAD_INPUT where they pass SCH_MAX_VALUE. */
sch_err sch_scope_set_range(const sch_scope *s, sch_range r);
void sch_scope_set_unbounded(sch_typed *typed);

/* An argument's range at more decimals; 0 to 0 of NULL. */
sch_range sch_scope_range_of(const sch_typed *typed, unsigned decimals);

/* That argument i is of a type (or NULL), that it is a number with bounds (or NULL). Errors: SCH_BAD_INPUT. */
sch_err sch_scope_need_type(const sch_scope *s, size_t i, sch_type type, const char *rest);
sch_err sch_scope_need_bounded_number(const sch_scope *s, size_t i);

/* That argument i, a number or a date, has bounds. Errors: SCH_BAD_INPUT. */
sch_err sch_scope_need_bounds(const sch_scope *s, size_t i);

/* That the columns in self are of one node; rest says what to write instead. Errors: SCH_BAD_INPUT. */
sch_err sch_scope_need_one_node(const sch_scope *s, const char *rest);

/* Finds the operand type and decimals of arguments first, first + step, ... Errors: SCH_BAD_INPUT where they do not go
 * together. */
sch_err sch_scope_unify(const sch_scope *s, size_t first, size_t step);

/* The rules, for self; those of arithmetic are for what is before aggregation. Errors: SCH_BAD_INPUT. */
sch_err sch_rule_arithmetic(const sch_scope *s);
sch_err sch_rule_comparison(const sch_scope *s);
sch_err sch_rule_logic(const sch_scope *s);
sch_err sch_rule_case(const sch_scope *s);
sch_err sch_rule_coalesce(const sch_scope *s);
sch_err sch_rule_date_arithmetic(const sch_scope *s);
sch_err sch_rule_date_part(const sch_scope *s);
sch_err sch_rule_text_function(const sch_scope *s);
sch_err sch_rule_bin(const sch_scope *s);
sch_err sch_rule_organisation(const sch_scope *s);
sch_err sch_rule_aggregate(const sch_scope *s);
sch_err sch_rule_after(const sch_scope *s);

/* What may not stand on released cells, where self stands there. Errors: SCH_BAD_INPUT. */
sch_err sch_rule_check_after(const sch_scope *s);

#endif
