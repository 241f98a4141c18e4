/* typing_rules.h - what the parts of the typing pass share, and its rules for arithmetic, conditions, CASE and COALESCE.
 * For node/query/typing.c alone. */
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

static inline bool sch_scope_is_number(sch_type type)
{
    return type == SCH_TYPE_INTEGER || type == SCH_TYPE_DECIMAL;
}

/* Fails with "<construct> <rest>". Errors: SCH_BAD_INPUT, always. */
sch_err sch_scope_refuse(const sch_scope *s, uint32_t expression, const char *rest);

/* Sets the bounds of self. Errors: SCH_BAD_INPUT where they pass SCH_MAX_VALUE. */
sch_err sch_scope_set_range(const sch_scope *s, sch_range r);
void sch_scope_set_unbounded(sch_typed *typed);

/* That argument i is of a type (or NULL), that it is a number with bounds (or NULL). Errors: SCH_BAD_INPUT. */
sch_err sch_scope_need_type(const sch_scope *s, size_t i, sch_type type, const char *rest);
sch_err sch_scope_need_bounded_number(const sch_scope *s, size_t i);

/* The rules. Errors: SCH_BAD_INPUT. */
sch_err sch_rule_arithmetic(const sch_scope *s);
sch_err sch_rule_comparison(const sch_scope *s);
sch_err sch_rule_logic(const sch_scope *s);
sch_err sch_rule_case(const sch_scope *s);
sch_err sch_rule_coalesce(const sch_scope *s);

#endif
