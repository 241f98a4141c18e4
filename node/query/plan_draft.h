/* plan_draft.h - what planning keeps while it works. For node/query/plan*.c alone.
 *
 * Planning has two halves. The analysis (plan.c, plan_sources.c, plan_passes.c, plan_where.c) is the same whoever is
 * the spine: data sets, types, sites (the nodes of FROM), conditions. Then an attempt for each candidate for the spine
 * and each way of grouping makes a whole plan (plan_keys.c, plan_columns.c with plan_program.c, plan_measure.c and
 * plan_cross.c), and the cheapest one is taken. */
#ifndef SCH_NODE_QUERY_PLAN_DRAFT_H
#define SCH_NODE_QUERY_PLAN_DRAFT_H

#include <stdint.h>

#include "node/query/local_sql.h"
#include "node/query/plan.h"
#include "node/query/typing.h"

/* ---- the analysis ---- */

/* The data sets of one node, or of a union; parts before it is known who is the spine. */
typedef struct sch_site {
    uint8_t from[SCH_MAX_FROM];
    size_t from_count;
    bool is_union;
    bool left; /* all its data sets are left joined: a person of the spine may have no record here and still counts */
    bool many; /* a person may have several records */
    bool records;                       /* an expression needs its records one by one, beside columns of other sites */
    uint64_t max_records, max_a_person; /* bounds; max_a_person is max_records where nothing is declared */
    bool declares_a_person;
} sch_site;

/* A condition of the top-level AND. */
typedef struct sch_condition {
    uint32_t expression;
    uint16_t sites;
    /* decided on shares: it has columns of several sites, or may hold where a left joined site has no record */
    bool cross;
} sch_condition;

/* ---- an attempt ---- */

/* A register before the numbers are known: whose value it is, or a step's; or a constant. */
typedef struct sch_ref {
    uint8_t kind;
    uint8_t part;     /* of a value, an indicator */
    uint16_t number;  /* of a value or a step; the pass of an indicator */
    int64_t constant; /* of a constant */
} sch_ref;

enum { SCH_REF_CONSTANT = 0, SCH_REF_VALUE, SCH_REF_STEP, SCH_REF_INDICATOR };

/* A step of the row program in the making; as sch_row_step. */
typedef struct sch_draft_step {
    sch_row_op op;
    sch_ref a, b;
    int64_t factor_a, factor_b, constant;
} sch_draft_step;

enum { SCH_MAX_FACTORS = 16 };

/* What a product is made of, in order: equal lists are one product, whatever the order in which it is asked for. */
typedef struct sch_factors {
    size_t count; /* 0: not known, there are too many */
    sch_ref ref[SCH_MAX_FACTORS];
} sch_factors;

enum { SCH_MAX_QUANTILES = 16 };

/* A percentile: its aggregate, and the sum columns that count the records below the end of each bin but the last. */
typedef struct sch_quantile {
    size_t aggregate;
    uint16_t below[SCH_MAX_BINS];
} sch_quantile;

typedef struct sch_draft {
    /* for all attempts */
    sch_request *request; /* owned copy, with joins that turned out to be inner ones; borrows the expressions */
    sch_detail *detail;
    const sch_catalog *const *all_catalogs; /* borrowed */
    size_t all_catalog_count;
    const sch_catalog *catalog[SCH_MAX_FROM][SCH_MAX_MEMBERS]; /* of from[i].node[m] */
    const sch_data_set *data_set[SCH_MAX_FROM];                /* of a union the first member's */
    uint64_t max_rows[SCH_MAX_FROM];                           /* of a union the largest */
    sch_typed *typed;                                          /* owned */
    sch_site site[SCH_MAX_FROM];
    size_t site_count;
    uint8_t site_of[SCH_MAX_FROM]; /* sites are numbered as typing numbers nodes: typed.parts has a bit for each */
    sch_condition *condition;      /* owned */
    size_t condition_count;
    /* of this attempt */
    sch_plan *plan;
    uint8_t part_site[SCH_MAX_FROM], site_part[SCH_MAX_FROM];
    sch_part part[SCH_MAX_FROM];
    uint32_t *conjunct[SCH_MAX_FROM]; /* owned; condition_count each */
    uint32_t all_empty[SCH_MAX_FROM]; /* a part's combination in which all its wide keys are empty; UINT32_MAX: none */
    uint64_t max_joined;              /* bound on records of the join */
    uint32_t rows_a_person;           /* rows of the spine that one person may have in a cell */
    bool indicates[SCH_MAX_FROM];     /* parts of which it is asked in which pass a row was linked */
    sch_draft_step step[SCH_MAX_ROW_STEPS];
    sch_factors factors[SCH_MAX_ROW_STEPS]; /* of products */
    size_t step_count;
    uint32_t combination;     /* of the wide form, for which columns are made at the moment */
    sch_ref condition_weight; /* 1 where all cross conditions hold; of this combination */
    bool has_condition_weight;
    sch_ref column[SCH_MAX_TABLE_COLUMNS]; /* of all combinations so far: cell.columns each */
    /* Columns are asked for in the same order in each combination: which cell column the first one's requests came
     * to. */
    uint16_t asked[4 * SCH_MAX_TABLE_COLUMNS];
    size_t asked_count;
    sch_quantile quantile[SCH_MAX_QUANTILES];
    size_t quantile_count;
} sch_draft;

/* The name that the query gives a data set of FROM. */
static inline const char *sch_draft_alias(const sch_draft *draft, size_t from)
{
    return draft->request->from[from].alias;
}

/* plan_sources.c: finds the data sets of FROM and checks that they can be joined. Errors: SCH_BAD_INPUT, SCH_TRY_AGAIN,
 * SCH_NO_MEMORY. */
sch_err sch_draft_sources(sch_draft *draft);

/* plan_sources.c: the strictest of the owners' rules. */
void sch_draft_rules(const sch_draft *draft, sch_disclosure *rules);

/* plan_passes.c: that the data sets of FROM can be linked in the request's passes, if it has any. Errors:
 * SCH_BAD_INPUT. */
sch_err sch_draft_passes(const sch_draft *draft);

/* plan_where.c: splits WHERE, turns left joins whose absent rows no condition would let through into inner ones (types
 * again), and finds the sites whose records are needed. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_draft_where(sch_draft *draft);

/* The alias of a site's data set that has several rows a person; of its last one where none has. */
const char *sch_draft_several(const sch_draft *draft, const sch_site *site);

/* Whether a column, by any expression that names it, stands in an expression. */
bool sch_draft_names(const sch_draft *draft, uint32_t expression, uint32_t column);

/* Whether an expression over one site can be left to it: its value where the site has no record, NULL, is what a
 * missing row gives. */
bool sch_draft_is_local(const sch_draft *draft, uint32_t expression);

/* plan_keys.c: places and numbers the keys of GROUP BY, and the margins. Errors: SCH_BAD_INPUT. */
sch_err sch_draft_keys(sch_draft *draft, sch_grouping grouping);

/* plan_quantile.c: the steps of PERCENTILE_CONT and _DISC, when all sum columns are there. Errors: SCH_BAD_INPUT. */
sch_err sch_draft_quantile_steps(sch_draft *draft);

/* plan_columns.c: conditions, outputs, HAVING and ORDER BY to aggregates, columns and rules; the shape of the table.
 * Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_draft_columns(sch_draft *draft);

/* ---- plan_program.c ---- */

static inline sch_ref sch_ref_constant(int64_t constant)
{
    return (sch_ref){SCH_REF_CONSTANT, 0, 0, constant};
}

static inline bool sch_ref_is(sch_ref ref, int64_t constant)
{
    return ref.kind == SCH_REF_CONSTANT && ref.constant == constant;
}

/* a * b; factor_a * a + factor_b * b + constant; 1 where that is negative. Steps that are there already are used again,
 * products with 0 and 1 are none. Errors: SCH_BAD_INPUT where there are too many. */
sch_err sch_draft_product(sch_draft *draft, sch_ref *out, sch_ref a, sch_ref b);
sch_err sch_draft_linear(sch_draft *draft, sch_ref *out, sch_ref a, int64_t factor_a, sch_ref b, int64_t factor_b,
                         int64_t constant);
sch_err sch_draft_negative(sch_draft *draft, sch_ref *out, sch_ref a, int64_t factor_a, sch_ref b, int64_t factor_b,
                           int64_t constant);

/* 1 - a. */
sch_err sch_draft_not(sch_draft *draft, sch_ref *out, sch_ref a);

/* The value of a part, made where it is not there yet: what persons and records come to is found out (one record a
 * person, never empty), so that equal values are made once. Errors: SCH_BAD_INPUT where there are too many. */
sch_err sch_draft_value(sch_draft *draft, sch_ref *out, size_t part, sch_part_value value);

/* 1 where a row was linked to a row of this part in this pass, else 0; of a data owner. */
sch_ref sch_draft_indicator(sch_draft *draft, size_t part, size_t pass);

/* The number of a term of a part; sql is taken. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_draft_term(sch_draft *draft, uint16_t *out, size_t part, char *sql, bool nullable);

/* Drops the steps that no column needs, numbers the rest and fills the shape, but for groups. Errors: SCH_BAD_INPUT
 * where there is too much of it. */
sch_err sch_draft_finish_program(sch_draft *draft, const sch_ref *column, size_t column_count);

/* Refuses with "<construct> <rest>"; SCH_BAD_INPUT always. */
sch_err sch_draft_refuse(const sch_draft *draft, uint32_t expression, const char *rest);

/* ---- plan_measure.c ---- */

/* The product over all parts but those in `without` (bits): of records, or of linked, times the cross conditions'. */
sch_err sch_draft_weight(sch_draft *draft, sch_ref *out, bool records, uint16_t without);

/* An argument of an aggregate: a term of one part, or a value made on shares (v, and p: 1 where there is one). */
typedef struct sch_measure {
    bool local;
    uint16_t part, term; /* local */
    uint16_t parts;      /* bits: that it stands for; their records are in it */
    sch_ref value, present;
    uint32_t expression;
    const sch_typed *typed;
} sch_measure;

sch_err sch_draft_measure(sch_draft *draft, sch_measure *out, uint32_t expression);

/* One limb of a sum: 0 of 1 where it is whole. */
typedef struct sch_limb {
    uint8_t limb, limbs, bits;
} sch_limb;

/* SUM (0 where there is none), PRESENT, PERSONS or NONZERO of an argument in a row, in the combination at work. limb:
 * of SUM, of a local measure. */
sch_err sch_measure_value(sch_draft *draft, sch_ref *out, const sch_measure *m, sch_part_value_kind kind,
                          sch_limb limb);

/* x * x of an argument; and, of two arguments of one part, both over the records that have both, with their product.
 * Local ones are terms of up to 126 bits; on shares the product of two words (refused where it could pass 2^62). */
sch_err sch_draft_square(sch_draft *draft, sch_measure *out, const sch_measure *m);
sch_err sch_draft_pair(sch_draft *draft, sch_measure *x, sch_measure *y, sch_measure *product);

/* 1 where a local measure is another number than that, 0 where it is it, NULL where it is. */
sch_err sch_draft_differs(sch_draft *draft, sch_measure *out, const sch_measure *m, int64_t number);

/* 1 where a record has no value of a local measure, else 0. */
sch_err sch_draft_missing(sch_draft *draft, sch_measure *out, const sch_measure *m);

/* 1 where a local measure is below a bound, 0 where it is not, NULL where it is. */
sch_err sch_draft_below(sch_draft *draft, sch_measure *out, const sch_measure *m, int64_t bound);

/* ---- plan_cross.c ---- */

/* An expression over several parts, on shares, in a record: value and present (1 where it is not NULL). */
sch_err sch_draft_cross_value(sch_draft *draft, sch_ref *value, sch_ref *present, uint32_t expression,
                              uint8_t want_decimals);

/* A condition: 1 where it is true. */
sch_err sch_draft_cross_condition(sch_draft *draft, sch_ref *holds, uint32_t expression);

/* 1 where an expression has a value other than 0. */
sch_err sch_draft_cross_nonzero(sch_draft *draft, sch_ref *out, uint32_t expression);

#endif
