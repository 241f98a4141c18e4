/* Which columns a request needs. Notation, for a person p of the spine, a combination w of the wide form, and an
 * expression x:
 *
 *     linked_w(p)      1 where p has a record                        data column
 *     records_w(p)     p's records                                   data column
 *     sum_w(p)         of x over p's records          x of the data owner: data column
 *     present_w(p)     p's records with a value of x                    data column
 *     persons_w(p)     1 where p has such a record                      data column
 *     x(p), is(p)      the value and 1 where there is one   x of the spine: spine columns
 *
 * Over the records of a cell:   x of the data owner        x of the spine
 *     SUM(x)                    sum_w                      x * records_w
 *     COUNT(x)                  present_w                  is * records_w
 *     persons with a value      persons_w                  is * linked_w
 *
 * With one row a person records_w = linked_w and persons_w = present_w; where x is never empty present_w = records_w,
 * persons_w = linked_w and is = 1. So equal columns get equal names here, and each name is made once. */
#include <stdlib.h>
#include <string.h>

#include "node/query/op_name.h"
#include "node/query/plan_draft.h"

/* A table column's number while it is not known how many data columns come before the products. */
enum { PRODUCT = 0x8000 };

static bool is_nullable(const sch_part *part, uint16_t term)
{
    return part->typed[part->term[term].expression].nullable;
}

static sch_value_kind equal_kind(const sch_part *part, sch_value_kind kind, uint16_t term)
{
    if (kind == SCH_VALUE_PRESENT && !is_nullable(part, term)) {
        kind = SCH_VALUE_RECORDS;
    }
    if (kind == SCH_VALUE_PERSONS && !is_nullable(part, term)) {
        kind = SCH_VALUE_LINKED;
    }
    if (kind == SCH_VALUE_RECORDS && !part->grouped) {
        kind = SCH_VALUE_LINKED;
    }
    if (kind == SCH_VALUE_PERSONS && !part->grouped) {
        kind = SCH_VALUE_PRESENT;
    }
    return kind;
}

static sch_err too_many(const sch_draft *draft)
{
    sch_detail_set(
        draft->detail,
        "the query needs more than %d table columns (%u for each combination of the joined data set's GROUP BY "
        "columns); ask for fewer aggregates at a time",
        SCH_MAX_TABLE_COLUMNS, draft->plan->wide);
    return sch_fail(SCH_BAD_INPUT, "the query needs too many table columns");
}

/* The number of a part's value, made where it is not there yet. */
static sch_err find_value(sch_draft *draft, sch_party party, uint16_t *out, sch_part_value wanted)
{
    sch_part *part = &draft->part[party];
    if (wanted.kind == SCH_VALUE_LINKED || wanted.kind == SCH_VALUE_RECORDS) {
        wanted.term = 0;
    }
    for (size_t i = 0; i < part->value_count; i++) {
        const sch_part_value *value = &part->value[i];
        if (value->kind == wanted.kind && value->term == wanted.term && value->combination == wanted.combination) {
            *out = (uint16_t)i;
            return SCH_NONE;
        }
    }
    if (part->value_count == SCH_MAX_TABLE_COLUMNS) {
        return too_many(draft);
    }
    part->value[part->value_count] = wanted;
    *out = (uint16_t)part->value_count++;
    return SCH_NONE;
}

static sch_err data_column(sch_draft *draft, uint16_t *out, sch_value_kind kind, uint16_t term, uint16_t w)
{
    sch_err err = SCH_NONE;
    const sch_part *part = &draft->part[SCH_DATA];
    kind = equal_kind(part, kind, term);
    SCH_TRY(find_value(draft, SCH_DATA, out, (sch_part_value){kind, term, w}));
    bool of_term = kind != SCH_VALUE_LINKED && kind != SCH_VALUE_RECORDS;
    sch_value_kind guard = equal_kind(part, of_term ? SCH_VALUE_PERSONS : SCH_VALUE_LINKED, term);
    uint16_t guard_column = *out;
    if (guard != kind) {
        SCH_TRY(find_value(draft, SCH_DATA, &guard_column, (sch_part_value){guard, term, w}));
        draft->data_guard[guard_column] = guard_column;
    }
    draft->data_guard[*out] = guard_column;
out:
    return err;
}

static sch_err find_product(sch_draft *draft, uint16_t *out, uint16_t spine, uint16_t data)
{
    sch_table_shape *shape = &draft->plan->shape;
    for (uint16_t i = 0; i < shape->products; i++) {
        if (shape->product[i].spine_column == spine && shape->product[i].data_column == data) {
            *out = (uint16_t)(PRODUCT | i);
            return SCH_NONE;
        }
    }
    if (shape->products == SCH_MAX_TABLE_COLUMNS) {
        return too_many(draft);
    }
    shape->product[shape->products] = (sch_product){spine, data};
    *out = (uint16_t)(PRODUCT | shape->products++);
    return SCH_NONE;
}

/* kind: sum (x * records_w), present (is * records_w) or persons (is * linked_w) of a term of the spine. */
static sch_err spine_column(sch_draft *draft, uint16_t *out, sch_value_kind kind, uint16_t term, uint16_t w)
{
    sch_err err = SCH_NONE;
    bool nullable = is_nullable(&draft->part[SCH_SPINE], term);
    uint16_t factor = 0;
    uint16_t own = 0;
    uint16_t linked = 0;
    uint16_t guard = 0;
    SCH_TRY(data_column(draft, &linked, SCH_VALUE_LINKED, 0, w));
    SCH_TRY(data_column(draft, &factor, kind == SCH_VALUE_PERSONS ? SCH_VALUE_LINKED : SCH_VALUE_RECORDS, 0, w));
    if (kind != SCH_VALUE_SUM && !nullable) {
        *out = factor;
        return SCH_NONE;
    }
    if (nullable) {
        uint16_t is = 0;
        SCH_TRY(find_value(draft, SCH_SPINE, &is, (sch_part_value){SCH_VALUE_PRESENT, term, 0}));
        SCH_TRY(find_product(draft, &guard, is, linked));
        draft->product_guard[guard & ~PRODUCT] = guard;
    } else {
        guard = linked;
    }
    sch_value_kind own_kind = kind == SCH_VALUE_SUM ? SCH_VALUE_SUM : SCH_VALUE_PRESENT;
    SCH_TRY(find_value(draft, SCH_SPINE, &own, (sch_part_value){own_kind, term, 0}));
    SCH_TRY(find_product(draft, out, own, factor));
    draft->product_guard[*out & ~PRODUCT] = guard;
out:
    return err;
}

/* ---- outputs ---- */

static sch_err find_term(sch_draft *draft, sch_party party, uint16_t *out, uint32_t expression)
{
    sch_err err = SCH_NONE;
    sch_part *part = &draft->part[party];
    const sch_typed *typed = &draft->typed[expression];
    sch_buf sql = {0};
    SCH_TRY(sch_local_sql_expression(&sql, draft->request, draft->typed, expression, typed->type, typed->decimals));
    const char *text = sch_buf_text(&sql);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "no memory for a part of the query"));
    size_t i = 0;
    while (i < part->term_count && strcmp(part->term[i].sql, text) != 0) {
        i++;
    }
    if (i == part->term_count) {
        char *copy = strdup(text);
        SCH_TRY(sch_check(copy != NULL, SCH_NO_MEMORY, "no memory for a part of the query"));
        part->term[part->term_count++] = (sch_part_term){expression, copy};
    }
    *out = (uint16_t)i;
out:
    sch_buf_clear(&sql);
    return err;
}

static sch_err check_sum(const sch_draft *draft, uint32_t aggregate, const sch_typed *argument)
{
    unsigned __int128 most = (unsigned __int128)draft->max_joined * sch_typed_magnitude(argument);
    if (most < (unsigned __int128)SCH_MAX_VALUE) {
        return SCH_NONE;
    }
    char what[SCH_DESCRIPTION_BYTES];
    sch_detail_set(
        draft->detail,
        "%s could reach 2^62: %llu records are declared at most and the range of what it adds up is too wide "
        "for that; use fewer decimals or smaller factors, or ask the owner to declare a narrower range",
        sch_typing_describe(what, draft->request, aggregate), (unsigned long long)draft->max_joined);
    return sch_fail(SCH_BAD_INPUT, "a sum could overflow");
}

typedef sch_err (*column_maker)(sch_draft *draft, uint16_t *out, sch_value_kind kind, uint16_t term, uint16_t w);

/* An aggregate over an expression: its owner's columns for each combination. */
static sch_err plan_aggregate(sch_draft *draft, sch_plan_output *output, uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[aggregate];
    const sch_typed *argument = &draft->typed[e->argument[0]];
    uint16_t term = 0;
    if (argument->owners == 3) {
        char what[SCH_DESCRIPTION_BYTES];
        sch_detail_set(draft->detail,
                       "%s uses columns of both %s and %s; give each aggregate the columns of one of them",
                       sch_typing_describe(what, draft->request, aggregate), draft->request->from[0].alias,
                       draft->request->from[1].alias);
        return sch_fail(SCH_BAD_INPUT, "an aggregate uses columns of both owners");
    }
    /* Constants are the data owner's: they count records. */
    bool of_spine = argument->owners == 1U << draft->plan->from[SCH_SPINE];
    column_maker make = of_spine ? spine_column : data_column;
    SCH_TRY(find_term(draft, of_spine ? SCH_SPINE : SCH_DATA, &term, e->argument[0]));
    if (e->op != SCH_OP_COUNT) {
        SCH_TRY(check_sum(draft, aggregate, argument));
    }
    for (uint16_t w = 0; w < draft->plan->wide; w++) {
        if (e->op == SCH_OP_COUNT) {
            SCH_TRY(make(draft, &output->sum[w], SCH_VALUE_PRESENT, term, w));
            continue;
        }
        sch_value_kind present = e->op == SCH_OP_AVG ? SCH_VALUE_PRESENT : SCH_VALUE_PERSONS;
        SCH_TRY(make(draft, &output->sum[w], SCH_VALUE_SUM, term, w));
        SCH_TRY(make(draft, &output->present[w], present, term, w));
    }
    output->kind = SCH_OUTPUT_COUNT;
    if (e->op != SCH_OP_COUNT) {
        output->kind = e->op == SCH_OP_AVG ? SCH_OUTPUT_AVG : SCH_OUTPUT_SUM;
        output->decimals = argument->decimals;
    }
out:
    return err;
}

static sch_err plan_output(sch_draft *draft, sch_plan_output *output, const sch_output *asked)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &draft->request->expression[asked->expression];
    if (asked->grouped) {
        output->kind = SCH_OUTPUT_KEY;
        const sch_typed *typed = &draft->typed[asked->expression];
        while (output->key < draft->plan->key_count && draft->plan->key[output->key].column != typed->column) {
            output->key++;
        }
        return sch_check(output->key < draft->plan->key_count, SCH_BAD_INPUT,
                         "a column stands outside the aggregates but not in GROUP BY");
    }
    if (e->op != SCH_OP_COUNT_ROWS && e->op != SCH_OP_COUNT_PERSONS) {
        return plan_aggregate(draft, output, asked->expression);
    }
    output->kind = SCH_OUTPUT_COUNT;
    for (uint16_t w = 0; w < draft->plan->wide; w++) {
        sch_value_kind kind = e->op == SCH_OP_COUNT_ROWS ? SCH_VALUE_RECORDS : SCH_VALUE_LINKED;
        SCH_TRY(data_column(draft, &output->sum[w], kind, 0, w));
    }
out:
    return err;
}

/* ---- the shape ---- */

static uint16_t table_column(const sch_table_shape *shape, uint16_t column)
{
    return (column & PRODUCT) != 0 ? (uint16_t)(shape->data_columns + (column & ~PRODUCT)) : column;
}

static sch_err finish_shape(sch_draft *draft)
{
    sch_plan *plan = draft->plan;
    sch_table_shape *shape = &plan->shape;
    shape->data_columns = (uint16_t)draft->part[SCH_DATA].value_count;
    shape->spine_columns = (uint16_t)draft->part[SCH_SPINE].value_count;
    if (shape->data_columns + shape->products > SCH_MAX_TABLE_COLUMNS) {
        return too_many(draft);
    }
    for (uint16_t i = 0; i < shape->data_columns; i++) {
        shape->guard[i] = draft->data_guard[i];
    }
    for (uint16_t i = 0; i < shape->products; i++) {
        shape->guard[shape->data_columns + i] = table_column(shape, draft->product_guard[i]);
    }
    for (uint32_t w = 0; w < plan->wide; w++) {
        shape->tells_zero[plan->persons[w]] = true;
    }
    for (size_t i = 0; i < plan->output_count; i++) {
        for (uint32_t w = 0; w < plan->wide; w++) {
            plan->output[i].sum[w] = table_column(shape, plan->output[i].sum[w]);
            plan->output[i].present[w] = table_column(shape, plan->output[i].present[w]);
        }
    }
    return SCH_NONE;
}

sch_err sch_draft_columns(sch_draft *draft)
{
    sch_err err = SCH_NONE;
    sch_plan *plan = draft->plan;
    for (uint16_t w = 0; w < plan->wide; w++) {
        SCH_TRY(data_column(draft, &plan->persons[w], SCH_VALUE_LINKED, 0, w));
    }
    for (size_t i = 0; i < draft->request->output_count; i++) {
        SCH_TRY(plan_output(draft, &plan->output[i], &draft->request->output[i]));
        plan->output_count = i + 1;
    }
    SCH_TRY(finish_shape(draft));
out:
    return err;
}
