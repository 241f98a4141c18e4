/* What a row of the join weighs, and what an argument of an aggregate comes to. Notation, for a row of the spine, a
 * part q, and a combination w of the wide form:
 *
 *     records_q      q's records in w                  left joined: at least 1, in the combination of empty keys
 *     linked_q       1 where there is one              left joined: 1, likewise
 *     c              1 where all cross conditions hold
 *     x              of one part p: the sum over p's records; is(x), has(x): how many of them have a value, 1 where
 *                    one has
 *
 * Over the records of the join:     SUM(x) = x * prod(q != p) records_q * c
 *     COUNT(x)                             = is(x) * prod(q != p) records_q * c
 *     persons with a value                 = has(x) * prod(q != p) linked_q * c */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/plan_draft.h"

static const sch_site *site_of_part(const sch_draft *draft, size_t part)
{
    return &draft->site[draft->part_site[part]];
}

/* Part p's own combination in the one at work. */
static uint16_t combination_of(const sch_draft *draft, size_t part)
{
    const sch_part *p = &draft->part[part];
    return (uint16_t)(p->wide == 1 ? 0 : draft->combination / draft->plan->part_stride[part] % p->wide);
}

/* What one part has to do with a row of the join, in the combination at work. kind: RECORDS, its records (left joined:
 * at least 1), or LINKED, 1 where it is there (left joined: always). */
static sch_err part_factor(sch_draft *draft, sch_ref *out, size_t part, sch_part_value_kind kind)
{
    sch_err err = SCH_NONE;
    sch_ref any;
    uint16_t w = combination_of(draft, part);
    SCH_TRY(sch_draft_value(draft, out, part, (sch_part_value){.kind = kind, .combination = w}));
    if (site_of_part(draft, part)->left && w == draft->all_empty[part]) {
        SCH_TRY(sch_draft_value(draft, &any, part,
                                (sch_part_value){.kind = SCH_VALUE_LINKED, .combination = SCH_ANY_COMBINATION}));
        SCH_TRY(sch_draft_linear(draft, out, *out, 1, any, -1, 1));
    }
out:
    return err;
}

static sch_err condition_weight(sch_draft *draft, sch_ref *out)
{
    sch_err err = SCH_NONE;
    if (!draft->has_condition_weight) {
        draft->condition_weight = sch_ref_constant(1);
        for (size_t i = 0; i < draft->condition_count; i++) {
            sch_ref holds;
            if (draft->condition[i].cross) {
                SCH_TRY(sch_draft_cross_condition(draft, &holds, draft->condition[i].expression));
                SCH_TRY(sch_draft_product(draft, &draft->condition_weight, draft->condition_weight, holds));
            }
        }
        draft->has_condition_weight = true;
    }
    *out = draft->condition_weight;
out:
    return err;
}

/* Whether a factor of 0 and 1 that is left out may as well be in: a part's own value is 0 where it is 0. */
static bool is_idle(const sch_draft *draft, size_t part)
{
    return part > 0 && !site_of_part(draft, part)->left && !draft->part[part].grouped;
}

sch_err sch_draft_weight(sch_draft *draft, sch_ref *out, bool records, uint16_t without)
{
    sch_err err = SCH_NONE;
    sch_ref factor[SCH_MAX_FROM];
    size_t others = 0;
    size_t parts = draft->plan->part_count;
    for (size_t p = 0; p < parts; p++) {
        SCH_TRY(part_factor(draft, &factor[p], p, records ? SCH_VALUE_RECORDS : SCH_VALUE_LINKED));
        others += (without >> p & 1) == 0 && factor[p].kind != SCH_REF_CONSTANT;
    }
    SCH_TRY(condition_weight(draft, out));
    for (size_t p = 0; p < parts; p++) {
        /* one product of all, for all aggregates, rather than one for each */
        bool in = (without >> p & 1) == 0 || (others > 1 && is_idle(draft, p));
        if (in) {
            SCH_TRY(sch_draft_product(draft, out, *out, factor[p]));
        }
    }
out:
    return err;
}

/* ---- arguments ---- */

static sch_err local_term(sch_draft *draft, sch_measure *m, size_t part)
{
    sch_err err = SCH_NONE;
    sch_buf sql = {0};
    SCH_TRY(sch_local_sql_expression(&sql, &draft->part[part], m->expression, m->typed->type, m->typed->decimals));
    const char *text = sch_buf_text(&sql);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for a part of the query"));
    m->local = true;
    m->part = (uint16_t)part;
    m->parts = (uint16_t)(1U << part);
    /* whom a later pass links may have no identifier, and is a person all the same */
    bool linked = m->typed->identifier && draft->plan->pass_count > 0;
    SCH_TRY(sch_draft_term(draft, &m->term, part, strdup(text), m->typed->nullable && !linked));
out:
    sch_buf_clear(&sql);
    return err;
}

sch_err sch_draft_measure(sch_draft *draft, sch_measure *out, uint32_t expression)
{
    sch_err err = SCH_NONE;
    uint16_t sites = draft->typed[expression].parts;
    *out = (sch_measure){.expression = expression, .typed = &draft->typed[expression]};
    if (sites != 0 && (sites & (sites - 1)) == 0 && sch_draft_is_local(draft, expression)) {
        size_t site = 0;
        while (sites >> site != 1) {
            site++;
        }
        return local_term(draft, out, draft->site_part[site]);
    }
    SCH_TRY(sch_draft_cross_value(draft, &out->value, &out->present, expression, out->typed->decimals));
    SCH_TRY(sch_draft_product(draft, &out->value, out->value, out->present));
out:
    return err;
}

sch_err sch_measure_value(sch_draft *draft, sch_ref *out, const sch_measure *m, sch_part_value_kind kind, sch_limb limb)
{
    if (m->local) {
        return sch_draft_value(draft, out, m->part,
                               (sch_part_value){.kind = kind,
                                                .term = m->term,
                                                .combination = combination_of(draft, m->part),
                                                .limb = limb.limb,
                                                .limbs = limb.limbs,
                                                .bits = limb.bits});
    }
    switch (kind) {
    case SCH_VALUE_SUM:
        *out = m->value;
        return sch_check(limb.limbs <= 1, SCH_BUG, "a value on shares has no limbs");
    case SCH_VALUE_NONZERO: {
        sch_err err = sch_draft_cross_nonzero(draft, out, m->expression);
        return sch_failed(err) ? err : sch_draft_product(draft, out, *out, m->present);
    }
    default:
        *out = m->present;
        return SCH_NONE;
    }
}

/* ---- squares and products ---- */

/* A term made of the terms of one or two measures: # stands for the first, @ for the second. */
static sch_err derived_term(sch_draft *draft, sch_measure *out, const char *format, const sch_measure *a,
                            const sch_measure *b, bool nullable)
{
    const sch_part *part = &draft->part[out->part];
    char *sql;
    const char *x = part->term[a->term].sql;
    const char *y = b != NULL ? part->term[b->term].sql : "";
    sql = malloc(strlen(format) + 2 * strlen(x) + 2 * strlen(y) + 1);
    if (sql == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a part of the query");
    }
    size_t used = 0;
    for (const char *c = format; *c != '\0'; c++) {
        const char *piece = *c == '#' ? x : *c == '@' ? y : NULL;
        size_t bytes = piece != NULL ? strlen(piece) : 1;
        memcpy(sql + used, piece != NULL ? piece : c, bytes);
        used += bytes;
    }
    sql[used] = '\0';
    return sch_draft_term(draft, &out->term, out->part, sql, nullable);
}

sch_err sch_draft_square(sch_draft *draft, sch_measure *out, const sch_measure *m)
{
    *out = *m;
    if (m->local) {
        return derived_term(draft, out, "(CAST(# AS HUGEINT) * CAST(# AS HUGEINT))", m, NULL,
                            draft->part[m->part].term[m->term].nullable);
    }
    uint64_t magnitude = sch_typed_magnitude(m->typed);
    unsigned __int128 most = (unsigned __int128)magnitude * magnitude;
    if (most * (draft->max_joined + 1) / (draft->max_joined + 1) != most ||
        most * (draft->max_joined + 1) >= (unsigned __int128)SCH_MAX_VALUE) {
        return sch_draft_refuse(
            draft, m->expression,
            "is made of several owners' columns, and its square could pass 2^62; use fewer decimals");
    }
    return sch_draft_product(draft, &out->value, m->value, m->value);
}

sch_err sch_draft_pair(sch_draft *draft, sch_measure *x, sch_measure *y, sch_measure *product)
{
    sch_err err = SCH_NONE;
    const sch_measure a = *x, b = *y;
    const sch_part *part = &draft->part[x->part];
    bool a_nullable = part->term[a.term].nullable, b_nullable = part->term[b.term].nullable;
    *product = *x;
    SCH_TRY(
        derived_term(draft, product, "(CAST(# AS HUGEINT) * CAST(@ AS HUGEINT))", &a, &b, a_nullable || b_nullable));
    if (b_nullable) {
        SCH_TRY(derived_term(draft, x, "(CASE WHEN @ IS NOT NULL THEN # END)", &a, &b, true));
    }
    if (a_nullable) {
        SCH_TRY(derived_term(draft, y, "(CASE WHEN @ IS NOT NULL THEN # END)", &b, &a, true));
    }
out:
    return err;
}

/* A comparison of a local measure with a number: 1, 0 or NULL. */
static sch_err compared_term(sch_draft *draft, sch_measure *out, const sch_measure *m, const char *operator,
                             int64_t number)
{
    char format[80];
    *out = *m;
    if (!m->local) {
        return sch_fail(SCH_BUG, "a term of what is not one owner's");
    }
    (void)snprintf(format, sizeof format, "CAST((# %s CAST(%lld AS BIGINT)) AS BIGINT)", operator,(long long) number);
    return derived_term(draft, out, format, m, NULL, draft->part[m->part].term[m->term].nullable);
}

sch_err sch_draft_missing(sch_draft *draft, sch_measure *out, const sch_measure *m)
{
    *out = *m;
    return derived_term(draft, out, "CAST((# IS NULL) AS BIGINT)", m, NULL, false);
}

sch_err sch_draft_differs(sch_draft *draft, sch_measure *out, const sch_measure *m, int64_t number)
{
    return compared_term(draft, out, m, "<>", number);
}

sch_err sch_draft_below(sch_draft *draft, sch_measure *out, const sch_measure *m, int64_t bound)
{
    return compared_term(draft, out, m, "<", bound);
}
