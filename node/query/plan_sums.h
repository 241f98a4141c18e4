/* plan_sums.h - cell columns in the making: registers that are summed, their rules, and sums in limbs. For
 * node/query/plan*.c alone. */
#ifndef SCH_NODE_QUERY_PLAN_SUMS_H
#define SCH_NODE_QUERY_PLAN_SUMS_H

#include "node/query/plan_draft.h"

/* Rules for a column; of each count, less and zero alone. */
typedef struct sch_rule_list {
    size_t count;
    sch_cell_rule rule[SCH_MAX_COLUMN_RULES]; /* count may be more: then the list is refused where it is used */
} sch_rule_list;

void sch_rules_push(sch_rule_list *rules, uint16_t count, uint16_t less, bool zero);

/* A sum of refs, each times 2^shift. */
typedef struct sch_sum_draft {
    size_t limbs;
    sch_ref limb[SCH_MAX_LIMBS];
    uint8_t shift[SCH_MAX_LIMBS];
} sch_sum_draft;

sch_err sch_sum_push(sch_sum_draft *sum, sch_ref ref, unsigned shift);

/* What the engine's widest integer holds. */
enum { SCH_MAX_LIMB_SOURCE_BITS = 126 };

/* Refuses an aggregate whose sums could pass what they can hold. Errors: SCH_BAD_INPUT, always. */
sch_err sch_draft_refuse_magnitude(const sch_draft *draft, uint32_t aggregate);

unsigned sch_bits_of(unsigned __int128 x);

/* Fails: there are more columns than a table can have. Errors: SCH_BAD_INPUT, always. */
sch_err sch_draft_too_many(const sch_draft *draft);

/* The cell column of a register, one of its own where the rules of others leave no room for these. Each combination
 * asks for the same ones in the same order. */
sch_err sch_draft_ask(sch_draft *draft, uint16_t *column, sch_ref ref, const sch_rule_list *rules);

/* Adds a rule to a column, in the first combination alone: only then do columns stand at their place. */
sch_err sch_draft_add_rule(sch_draft *draft, uint16_t column, sch_cell_rule rule);

/* A sum, or one whole ref, times a weight, as columns with rules. */
sch_err sch_draft_put_sum(sch_draft *draft, sch_plan_sum *out, const sch_sum_draft *sum, sch_ref weight,
                          const sch_rule_list *rules);
sch_err sch_draft_put_count(sch_draft *draft, sch_plan_sum *out, sch_ref ref, sch_ref weight,
                            const sch_rule_list *rules);

/* Limbs for a value of at most `bits` bits in each row: how many, and of how many bits, so that each one's sum stays
 * below 2^62. */
sch_err sch_draft_limbs(const sch_draft *draft, uint8_t *limbs, uint8_t *limb_bits, unsigned bits, uint32_t aggregate);

/* SUM of a measure (power 2: of its square's term) in limbs; the product of two measures of different parts, in limbs
 * of both where one word is too small. */
sch_err sch_draft_measure_sum(sch_draft *draft, sch_sum_draft *sum, const sch_measure *m, unsigned power,
                              uint32_t aggregate);
sch_err sch_draft_product_sum(sch_draft *draft, sch_sum_draft *sum, const sch_measure *x, const sch_measure *y,
                              uint32_t aggregate);

/* ---- plan_argument.c: what stands behind an argument, and its rules ---- */

extern const sch_limb SCH_WHOLE;

/* The weights of an argument's records and persons, the column of persons with a value, and the rules of its counts and
 * sums. */
typedef struct sch_argument {
    sch_measure m;
    sch_ref records, persons;
    uint16_t has;
    sch_rule_list of_counts, of_sums;
} sch_argument;

/* of_sums are those of counts alone until contributors are added. */
sch_err sch_argument_open(sch_draft *draft, sch_argument *a, uint32_t expression);

/* Whose contribution to a sum is looked at. */
typedef struct sch_contribution {
    uint32_t expression;       /* the argument */
    const sch_measure *beside; /* a measure of the same part, of records with both alone; NULL: none */
    sch_ref factor, persons;   /* weights of a contributor */
    uint16_t has;              /* the column of all that could be one */
} sch_contribution;

/* Adds the rules for contributors. */
sch_err sch_draft_contributors(sch_draft *draft, sch_rule_list *rules, const sch_contribution *c);

/* Adds that those for whom `who` is 1 are enough, or none. */
sch_err sch_draft_guard(sch_draft *draft, sch_rule_list *rules, sch_ref who, sch_ref persons);

/* That no column is multiplied with itself more often than that. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_draft_check_power(const sch_draft *draft, uint32_t expression, unsigned most);

/* Adds that those without a value are enough, or none, where whether there is one is the analyst's doing or a left
 * join's. persons: the weight of m's persons. */
sch_err sch_draft_complement(sch_draft *draft, sch_rule_list *rules, const sch_measure *m, uint16_t has,
                             sch_ref persons);

/* The column of a count that others' rules look at. */
sch_err sch_draft_put_guard(sch_draft *draft, uint16_t *column, sch_ref ref, sch_ref weight);

/* ---- plan_pair.c, plan_quantile.c: aggregates of two arguments, and percentiles, in the combination at work ---- */

sch_err sch_draft_pair_aggregate(sch_draft *draft, sch_plan_aggregate *out);
sch_err sch_draft_quantile(sch_draft *draft, sch_plan_aggregate *out);

#endif
