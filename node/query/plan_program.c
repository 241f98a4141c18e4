/* Values, terms and steps in the making, each once, and their numbering. */
#include <stdlib.h>
#include <string.h>

#include "node/query/plan_draft.h"

sch_err sch_draft_refuse(const sch_draft *draft, uint32_t expression, const char *rest)
{
    char what[SCH_DESCRIPTION_BYTES];
    sch_detail_set(draft->detail, "%s %s", sch_typing_describe(what, draft->request, expression), rest);
    return sch_fail(SCH_BAD_INPUT, "the query asks for what cannot be planned");
}

static sch_err too_many(const sch_draft *draft)
{
    sch_detail_set(
        draft->detail,
        "the query needs too many table columns (%u combinations of GROUP BY columns are columns of their own); "
        "ask for fewer aggregates at a time",
        draft->plan->wide);
    return sch_fail(SCH_BAD_INPUT, "the query needs too many table columns");
}

/* ---- values ---- */

static sch_part_value equal_value(const sch_part *part, sch_part_value v)
{
    bool of_term = v.kind != SCH_VALUE_LINKED && v.kind != SCH_VALUE_RECORDS;
    if (of_term && !part->term[v.term].nullable) {
        v.kind = v.kind == SCH_VALUE_PRESENT ? SCH_VALUE_RECORDS : v.kind;
        v.kind = v.kind == SCH_VALUE_PERSONS ? SCH_VALUE_LINKED : v.kind;
    }
    if (!part->grouped) {
        v.kind = v.kind == SCH_VALUE_RECORDS ? SCH_VALUE_LINKED : v.kind;
        v.kind = v.kind == SCH_VALUE_PERSONS ? SCH_VALUE_PRESENT : v.kind;
    }
    if (v.kind == SCH_VALUE_LINKED || v.kind == SCH_VALUE_RECORDS) {
        v.term = 0;
    }
    if (v.limbs < 2) {
        v.limb = 0;
        v.limbs = 1;
        v.bits = 0;
    }
    return v;
}

static bool is_same_value(const sch_part_value *a, const sch_part_value *b)
{
    return a->kind == b->kind && a->term == b->term && a->combination == b->combination && a->limb == b->limb &&
           a->limbs == b->limbs && a->bits == b->bits;
}

sch_err sch_draft_value(sch_draft *draft, sch_ref *out, size_t number, sch_part_value value)
{
    sch_part *part = &draft->part[number];
    if (part->wide == 1) {
        value.combination = 0;
    }
    value = equal_value(part, value);
    if (value.kind == SCH_VALUE_LINKED && number == 0) {
        *out = sch_ref_constant(1); /* a row of the spine is there */
        return SCH_NONE;
    }
    size_t i = 0;
    while (i < part->value_count && !is_same_value(&part->value[i], &value)) {
        i++;
    }
    if (i == SCH_MAX_PART_VALUES) {
        return too_many(draft);
    }
    if (i == part->value_count) {
        part->value[part->value_count++] = value;
    }
    *out = (sch_ref){SCH_REF_VALUE, (uint8_t)number, (uint16_t)i, 0};
    return SCH_NONE;
}

sch_err sch_draft_term(sch_draft *draft, uint16_t *out, size_t number, char *sql, bool nullable)
{
    sch_part *part = &draft->part[number];
    size_t i = 0;
    if (sql == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a part of the query");
    }
    while (i < part->term_count && strcmp(part->term[i].sql, sql) != 0) {
        i++;
    }
    if (i == SCH_MAX_PART_TERMS) {
        free(sql);
        return too_many(draft);
    }
    if (i < part->term_count) {
        free(sql);
    } else if (part->term_bytes + strlen(sql) > SCH_MAX_LOCAL_SQL_BYTES) {
        free(sql);
        sch_detail_set(
            draft->detail,
            "the query is too long when written out for an owner's engine; use fewer or shorter expressions");
        return sch_fail(SCH_BAD_INPUT, "the query is too long when written out");
    } else {
        part->term_bytes += strlen(sql);
        part->term[part->term_count++] = (sch_part_term){sql, nullable};
    }
    *out = (uint16_t)i;
    return SCH_NONE;
}

sch_ref sch_draft_indicator(sch_draft *draft, size_t part, size_t pass)
{
    draft->indicates[part] = true;
    return (sch_ref){SCH_REF_INDICATOR, (uint8_t)part, (uint16_t)pass, 0};
}

/* ---- steps ---- */

static bool is_same_ref(sch_ref a, sch_ref b)
{
    return a.kind == b.kind && a.part == b.part && a.number == b.number;
}

static bool is_before(sch_ref a, sch_ref b)
{
    if (a.kind != b.kind) {
        return a.kind < b.kind;
    }
    return a.part != b.part ? a.part < b.part : a.number < b.number;
}

static sch_err add_step(sch_draft *draft, sch_ref *out, const sch_draft_step *step)
{
    size_t i = 0;
    while (i < draft->step_count &&
           !(draft->step[i].op == step->op && is_same_ref(draft->step[i].a, step->a) &&
             is_same_ref(draft->step[i].b, step->b) && draft->step[i].factor_a == step->factor_a &&
             draft->step[i].factor_b == step->factor_b && draft->step[i].constant == step->constant)) {
        i++;
    }
    if (i == SCH_MAX_ROW_STEPS) {
        sch_detail_set(draft->detail, "the query takes more than %d steps for each row; ask for less at a time",
                       SCH_MAX_ROW_STEPS);
        return sch_fail(SCH_BAD_INPUT, "the query takes too many steps for each row");
    }
    if (i == draft->step_count) {
        draft->step[draft->step_count++] = *step;
    }
    *out = (sch_ref){SCH_REF_STEP, 0, (uint16_t)i, 0};
    return SCH_NONE;
}

/* ---- products ---- */

/* The value that a ref is; NULL where it is none. */
static const sch_part_value *value_of(const sch_draft *draft, sch_ref ref)
{
    return ref.kind == SCH_REF_VALUE ? &draft->part[ref.part].value[ref.number] : NULL;
}

static bool is_linked(const sch_draft *draft, sch_ref ref)
{
    const sch_part_value *value = value_of(draft, ref);
    return value != NULL && ref.part > 0 && value->kind == SCH_VALUE_LINKED;
}

/* 0 or 1 in every row, so that its square is itself. */
static bool is_bit(const sch_draft *draft, sch_ref ref)
{
    const sch_part_value *value = value_of(draft, ref);
    if (value == NULL) {
        return ref.kind == SCH_REF_INDICATOR ||
               (ref.kind == SCH_REF_STEP && draft->step[ref.number].op == SCH_ROW_NEGATIVE);
    }
    bool single = !draft->part[ref.part].grouped;
    return value->kind == SCH_VALUE_LINKED || value->kind == SCH_VALUE_PERSONS || value->kind == SCH_VALUE_NONZERO ||
           (value->kind == SCH_VALUE_PRESENT && single);
}

/* Whether b is 0 wherever the linked-column a is: it is of the same part, in the same combination or in any. */
static bool is_absorbed(const sch_draft *draft, sch_ref a, sch_ref b)
{
    const sch_part_value *linked = value_of(draft, a), *other = value_of(draft, b);
    return other != NULL && a.part == b.part && !is_same_ref(a, b) &&
           (linked->combination == other->combination || linked->combination == SCH_ANY_COMBINATION);
}

/* Adds a ref's factors. */
static void collect(const sch_draft *draft, sch_factors *out, sch_ref ref, bool *known)
{
    const sch_factors *of = ref.kind == SCH_REF_STEP && draft->step[ref.number].op == SCH_ROW_PRODUCT
                                ? &draft->factors[ref.number]
                                : &(sch_factors){1, {ref}};
    *known = *known && of->count > 0 && out->count + of->count <= SCH_MAX_FACTORS;
    for (size_t i = 0; *known && i < of->count; i++) {
        size_t at = out->count++;
        while (at > 0 && is_before(of->ref[i], out->ref[at - 1])) {
            out->ref[at] = out->ref[at - 1];
            at--;
        }
        out->ref[at] = of->ref[i];
    }
}

/* Drops factors that say nothing more: a bit that stands there twice, and that a row is there beside a value of the
 * row. */
static void reduce(const sch_draft *draft, sch_factors *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        bool idle = kept > 0 && is_bit(draft, f->ref[i]) && is_same_ref(f->ref[i], f->ref[kept - 1]);
        for (size_t k = 0; k < f->count && is_linked(draft, f->ref[i]); k++) {
            idle = idle || (k != i && is_absorbed(draft, f->ref[i], f->ref[k]));
        }
        if (!idle) {
            f->ref[kept++] = f->ref[i];
        }
    }
    f->count = kept;
}

static bool are_same_factors(const sch_factors *a, const sch_factors *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = is_same_ref(a->ref[i], b->ref[i]);
    }
    return same;
}

sch_err sch_draft_product(sch_draft *draft, sch_ref *out, sch_ref a, sch_ref b)
{
    sch_err err = SCH_NONE;
    sch_factors factors = {0};
    bool known = true;
    if (a.kind == SCH_REF_CONSTANT) {
        return sch_draft_linear(draft, out, b, a.constant, sch_ref_constant(0), 0, 0);
    }
    if (b.kind == SCH_REF_CONSTANT) {
        return sch_draft_linear(draft, out, a, b.constant, sch_ref_constant(0), 0, 0);
    }
    collect(draft, &factors, a, &known);
    collect(draft, &factors, b, &known);
    if (known) {
        reduce(draft, &factors);
    }
    if (known && factors.count == 1) {
        *out = factors.ref[0];
        return SCH_NONE;
    }
    for (size_t i = 0; known && i < draft->step_count; i++) {
        if (draft->step[i].op == SCH_ROW_PRODUCT && are_same_factors(&draft->factors[i], &factors)) {
            *out = (sch_ref){SCH_REF_STEP, 0, (uint16_t)i, 0};
            return SCH_NONE;
        }
    }
    sch_draft_step step = {.op = SCH_ROW_PRODUCT, .a = is_before(a, b) ? a : b, .b = is_before(a, b) ? b : a};
    SCH_TRY(add_step(draft, out, &step));
    factors.count = known ? factors.count : 0;
    draft->factors[out->number] = factors;
out:
    return err;
}

/* ---- the other steps ---- */

/* Constants go into the constant; what is left has its smaller register first. False where no register is left. */
static bool fold(sch_draft_step *step)
{
    sch_ref *ref[2] = {&step->a, &step->b};
    int64_t *factor[2] = {&step->factor_a, &step->factor_b};
    for (size_t i = 0; i < 2; i++) {
        if (ref[i]->kind == SCH_REF_CONSTANT) {
            step->constant += *factor[i] * ref[i]->constant;
            *factor[i] = 0;
        }
    }
    if (step->factor_a == 0 || (step->factor_b != 0 && is_before(step->b, step->a))) {
        sch_ref a = step->a;
        int64_t factor_a = step->factor_a;
        step->a = step->b;
        step->factor_a = step->factor_b;
        step->b = a;
        step->factor_b = factor_a;
    }
    if (step->factor_b != 0 && is_same_ref(step->a, step->b)) {
        step->factor_a += step->factor_b;
        step->factor_b = 0;
    }
    if (step->factor_b == 0) {
        step->b = step->a;
    }
    return step->factor_a != 0;
}

sch_err sch_draft_linear(sch_draft *draft, sch_ref *out, sch_ref a, int64_t factor_a, sch_ref b, int64_t factor_b,
                         int64_t constant)
{
    sch_draft_step step = {SCH_ROW_LINEAR, a, b, factor_a, factor_b, constant};
    if (!fold(&step)) {
        *out = sch_ref_constant(step.constant);
        return SCH_NONE;
    }
    if (step.factor_a == 1 && step.factor_b == 0 && step.constant == 0) {
        *out = step.a;
        return SCH_NONE;
    }
    return add_step(draft, out, &step);
}

sch_err sch_draft_negative(sch_draft *draft, sch_ref *out, sch_ref a, int64_t factor_a, sch_ref b, int64_t factor_b,
                           int64_t constant)
{
    sch_draft_step step = {SCH_ROW_NEGATIVE, a, b, factor_a, factor_b, constant};
    if (!fold(&step)) {
        *out = sch_ref_constant(step.constant < 0 ? 1 : 0);
        return SCH_NONE;
    }
    return add_step(draft, out, &step);
}

sch_err sch_draft_not(sch_draft *draft, sch_ref *out, sch_ref a)
{
    return sch_draft_linear(draft, out, a, -1, sch_ref_constant(0), 0, 1);
}

/* ---- numbers ---- */

/* The register of a ref; a constant is none. */
static uint16_t number_of(const sch_table_shape *shape, sch_ref ref)
{
    if (ref.kind == SCH_REF_STEP) {
        return (uint16_t)(sch_table_register(shape, shape->data_owners) + ref.number);
    }
    if (ref.kind == SCH_REF_INDICATOR) {
        size_t d = ref.part - 1U;
        return (uint16_t)(sch_table_register(shape, d) + shape->data[d].columns + ref.number);
    }
    if (ref.kind == SCH_REF_VALUE) {
        return (uint16_t)((ref.part == 0 ? 0 : sch_table_register(shape, ref.part - 1U)) + ref.number);
    }
    return 0;
}

/* A column has to be a register: constants become one, of no register, times 0. */
static sch_err make_column(sch_draft *draft, sch_ref *ref)
{
    sch_draft_step step = {SCH_ROW_LINEAR, sch_ref_constant(0), sch_ref_constant(0), 0, 0, ref->constant};
    return ref->kind == SCH_REF_CONSTANT ? add_step(draft, ref, &step) : SCH_NONE;
}

static void rename_step(sch_ref *ref, const uint16_t *name)
{
    if (ref->kind == SCH_REF_STEP) {
        ref->number = name[ref->number];
    }
}

/* Steps that no column needs go; those that stay keep their order. */
static void drop_unused(sch_draft *draft, sch_ref *column, size_t column_count)
{
    bool used[SCH_MAX_ROW_STEPS] = {false};
    uint16_t name[SCH_MAX_ROW_STEPS];
    size_t kept = 0;
    for (size_t j = 0; j < column_count; j++) {
        if (column[j].kind == SCH_REF_STEP) {
            used[column[j].number] = true;
        }
    }
    for (size_t i = draft->step_count; i-- > 0;) {
        const sch_ref *ref[2] = {&draft->step[i].a, &draft->step[i].b};
        for (size_t k = 0; k < 2 && used[i]; k++) {
            if (ref[k]->kind == SCH_REF_STEP) {
                used[ref[k]->number] = true;
            }
        }
    }
    for (size_t i = 0; i < draft->step_count; i++) {
        if (used[i]) {
            name[i] = (uint16_t)kept;
            draft->step[kept] = draft->step[i];
            rename_step(&draft->step[kept].a, name);
            rename_step(&draft->step[kept].b, name);
            kept++;
        }
    }
    for (size_t j = 0; j < column_count; j++) {
        rename_step(&column[j], name);
    }
    draft->step_count = kept;
}

/* 1 + the first value that is 1 in each row, or 0 where there is none, or nothing else to send. */
static uint16_t find_ones(const sch_part *part, bool has_code)
{
    size_t j = 0;
    while (j < part->value_count && !sch_part_value_is_one(part, &part->value[j])) {
        j++;
    }
    return (uint16_t)(j < part->value_count && part->value_count + has_code > 1 ? j + 1 : 0);
}

sch_err sch_draft_finish_program(sch_draft *draft, const sch_ref *column, size_t column_count)
{
    sch_err err = SCH_NONE;
    sch_plan *plan = draft->plan;
    sch_table_shape *shape = &plan->shape;
    sch_ref made[SCH_MAX_TABLE_COLUMNS];
    if (column_count > SCH_MAX_TABLE_COLUMNS) {
        return too_many(draft);
    }
    for (size_t j = 0; j < column_count; j++) {
        made[j] = column[j];
        SCH_TRY(make_column(draft, &made[j]));
    }
    drop_unused(draft, made, column_count);
    size_t registers = draft->step_count;
    shape->data_owners = (uint16_t)(plan->part_count - 1);
    shape->passes = (uint16_t)(1 + plan->pass_count);
    shape->spine_columns = (uint16_t)draft->part[0].value_count;
    for (size_t p = 0; p < plan->part_count; p++) {
        registers += draft->part[p].value_count;
        if (p > 0) {
            shape->data[p - 1].columns = (uint16_t)draft->part[p].value_count;
            shape->data[p - 1].ones = find_ones(&draft->part[p], shape->data[p - 1].codes > 1);
            shape->data[p - 1].indicators = draft->indicates[p] ? shape->passes : 0;
            registers += shape->data[p - 1].indicators;
        }
    }
    if (registers > SCH_MAX_REGISTERS) {
        return too_many(draft);
    }
    shape->steps = (uint16_t)draft->step_count;
    for (size_t i = 0; i < draft->step_count; i++) {
        const sch_draft_step *from = &draft->step[i];
        shape->step[i] = (sch_row_step){.op = from->op,
                                        .a = number_of(shape, from->a),
                                        .b = number_of(shape, from->b),
                                        .factor_a = from->factor_a,
                                        .factor_b = from->factor_b,
                                        .constant = from->constant};
    }
    shape->columns = (uint16_t)column_count;
    for (size_t j = 0; j < column_count; j++) {
        shape->column[j] = number_of(shape, made[j]);
    }
out:
    return err;
}
