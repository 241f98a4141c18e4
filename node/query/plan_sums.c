/* Cell columns in the making, their rules, and sums in limbs. */
#include "node/query/plan_sums.h"

enum { MAX_SUM_BITS = 62 };

/* ---- columns ---- */

sch_err sch_draft_too_many(const sch_draft *draft)
{
    sch_detail_set(draft->detail,
                   "the query needs more than %d table columns (%u for each combination of GROUP BY columns of a data "
                   "set with several rows a "
                   "person); ask for fewer aggregates at a time",
                   SCH_MAX_TABLE_COLUMNS, draft->plan->wide);
    return sch_fail(SCH_BAD_INPUT, "the query needs too many table columns");
}

static bool is_same(sch_ref a, sch_ref b)
{
    return a.kind == b.kind && a.part == b.part && a.number == b.number && a.constant == b.constant;
}

/* Whether a column can take these rules beside those that it has. */
static bool has_room(const sch_draft *draft, uint16_t column, const sch_rule_list *rules)
{
    const sch_cell_shape *cell = &draft->plan->cell;
    size_t count = cell->rule_count[column];
    for (size_t i = 0; i < rules->count; i++) {
        bool there = false;
        for (size_t k = 0; k < cell->rule_count[column]; k++) {
            there = there || (cell->rule[column][k].count == rules->rule[i].count &&
                              cell->rule[column][k].less == rules->rule[i].less);
        }
        count += there ? 0 : 1;
    }
    return count <= SCH_MAX_COLUMN_RULES;
}

/* The cell column of a register, one of its own where the rules of others leave no room for these. Each combination
 * asks for the same ones in the same order. */
sch_err sch_draft_ask(sch_draft *draft, uint16_t *column, sch_ref ref, const sch_rule_list *rules)
{
    sch_cell_shape *cell = &draft->plan->cell;
    size_t number = draft->asked_count++;
    if (number == sizeof draft->asked / sizeof draft->asked[0]) {
        return sch_draft_too_many(draft);
    }
    if (draft->combination == 0) {
        uint16_t j = 0;
        while (j < cell->columns && !(is_same(draft->column[j], ref) && has_room(draft, j, rules))) {
            j++;
        }
        if ((uint32_t)(j + 1) * draft->plan->wide > SCH_MAX_TABLE_COLUMNS) {
            return sch_draft_too_many(draft);
        }
        cell->columns = j == cell->columns ? (uint16_t)(j + 1) : cell->columns;
        draft->asked[number] = j;
    }
    *column = draft->asked[number];
    draft->column[(size_t)draft->combination * cell->columns + *column] = ref;
    return SCH_NONE;
}

/* In the first combination alone the number of columns still grows, and only then do these stand at their place. */
sch_err sch_draft_add_rule(sch_draft *draft, uint16_t column, sch_cell_rule rule)
{
    sch_cell_shape *cell = &draft->plan->cell;
    uint8_t *count = &cell->rule_count[column];
    rule.times = draft->plan->rules.min_persons > 1 ? draft->rows_a_person : 1; /* one row is somebody */
    rule.zero = rule.zero || (rule.count == draft->plan->persons && rule.less == SCH_NO_COLUMN);
    for (uint8_t i = 0; i < *count; i++) {
        const sch_cell_rule *there = &cell->rule[column][i];
        if (there->count == rule.count && there->less == rule.less) {
            return SCH_NONE;
        }
    }
    if (*count == SCH_MAX_COLUMN_RULES) {
        return sch_draft_too_many(draft);
    }
    cell->rule[column][(*count)++] = rule;
    return SCH_NONE;
}

/* ---- sums ---- */

sch_err sch_sum_push(sch_sum_draft *sum, sch_ref ref, unsigned shift)
{
    if (sum->limbs >= SCH_MAX_LIMBS) {
        return sch_fail(SCH_BUG, "a sum has too many limbs");
    }
    sum->limb[sum->limbs] = ref;
    sum->shift[sum->limbs++] = (uint8_t)shift;
    return SCH_NONE;
}

void sch_rules_push(sch_rule_list *rules, uint16_t count, uint16_t less, bool zero)
{
    for (size_t i = 0; i < rules->count && i < SCH_MAX_COLUMN_RULES; i++) {
        if (rules->rule[i].count == count && rules->rule[i].less == less) {
            return;
        }
    }
    if (rules->count < SCH_MAX_COLUMN_RULES) {
        rules->rule[rules->count] = (sch_cell_rule){.count = count, .less = less, .zero = zero};
    }
    rules->count++;
}

/* That a list has not more rules than a column can have. */
static sch_err check_rules(const sch_draft *draft, const sch_rule_list *rules)
{
    if (rules->count <= SCH_MAX_COLUMN_RULES) {
        return SCH_NONE;
    }
    sch_detail_set(draft->detail, "an aggregate is over so many parts that nobody could say how few are behind it; "
                                  "give each part an aggregate of its own");
    return sch_fail(SCH_BAD_INPUT, "an aggregate has too many parts");
}

sch_err sch_draft_put_sum(sch_draft *draft, sch_plan_sum *out, const sch_sum_draft *sum, sch_ref weight,
                          const sch_rule_list *rules)
{
    sch_err err = SCH_NONE;
    SCH_TRY(check_rules(draft, rules));
    out->limbs = (uint8_t)sum->limbs;
    for (size_t i = 0; i < sum->limbs; i++) {
        sch_ref ref;
        SCH_TRY(sch_draft_product(draft, &ref, sum->limb[i], weight));
        SCH_TRY(sch_draft_ask(draft, &out->column[i], ref, rules));
        out->shift[i] = sum->shift[i];
        for (size_t r = 0; r < rules->count && draft->combination == 0; r++) {
            SCH_TRY(sch_draft_add_rule(draft, out->column[i], rules->rule[r]));
        }
    }
out:
    return err;
}

sch_err sch_draft_put_count(sch_draft *draft, sch_plan_sum *out, sch_ref ref, sch_ref weight,
                            const sch_rule_list *rules)
{
    const sch_sum_draft sum = {.limbs = 1, .limb = {ref}};
    return sch_draft_put_sum(draft, out, &sum, weight, rules);
}

/* ---- limbs ---- */

unsigned sch_bits_of(unsigned __int128 x)
{
    unsigned bits = 0;
    for (; x > 0; x >>= 1) {
        bits++;
    }
    return bits;
}

sch_err sch_draft_refuse_magnitude(const sch_draft *draft, uint32_t aggregate)
{
    return sch_draft_refuse(
        draft, aggregate,
        "could pass what sums can hold: too many records are declared at most, or the range of what it adds up is too "
        "wide; use fewer decimals or smaller factors, or ask the owner to declare narrower ones");
}

/* Limbs for a value of at most `bits` bits in each row: how many, and of how many bits, so that each one's sum stays
 * below 2^62. */
sch_err sch_draft_limbs(const sch_draft *draft, uint8_t *limbs, uint8_t *limb_bits, unsigned bits, uint32_t aggregate)
{
    unsigned rows = sch_bits_of(draft->max_joined);
    *limbs = 1;
    *limb_bits = 0;
    if (bits + rows <= MAX_SUM_BITS) {
        return SCH_NONE;
    }
    if (rows + 8 > MAX_SUM_BITS) {
        return sch_draft_refuse_magnitude(draft, aggregate);
    }
    unsigned each = MAX_SUM_BITS - rows;
    unsigned count = (bits + each - 1) / each;
    if (count > SCH_MAX_LIMBS || each * (count - 1) > SCH_MAX_LIMB_SOURCE_BITS) {
        return sch_draft_refuse_magnitude(draft, aggregate);
    }
    *limbs = (uint8_t)count;
    *limb_bits = (uint8_t)each;
    return SCH_NONE;
}

/* The bits of a value of a measure in one row of its part: several records are added up there. */
static sch_err row_bits(const sch_draft *draft, unsigned *bits, const sch_measure *m, unsigned power,
                        uint32_t aggregate)
{
    *bits = power * sch_bits_of(sch_typed_magnitude(m->typed));
    if (m->local && draft->part[m->part].grouped) {
        *bits += sch_bits_of(draft->site[draft->part_site[m->part]].max_a_person);
    }
    return *bits > SCH_MAX_LIMB_SOURCE_BITS ? sch_draft_refuse_magnitude(draft, aggregate) : SCH_NONE;
}

/* SUM of a measure in limbs. */
sch_err sch_draft_measure_sum(sch_draft *draft, sch_sum_draft *sum, const sch_measure *m, unsigned power,
                              uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    uint8_t limbs, bits;
    unsigned magnitude;
    SCH_TRY(row_bits(draft, &magnitude, m, power, aggregate));
    /* what several records of one person add up to is within the bound on all records' sum, so that the records are not
     * counted twice */
    SCH_TRY(sch_draft_limbs(draft, &limbs, &bits, power * sch_bits_of(sch_typed_magnitude(m->typed)), aggregate));
    if (limbs > 1 && !m->local) {
        SCH_TRY(sch_draft_refuse_magnitude(draft, aggregate));
    }
    *sum = (sch_sum_draft){0};
    for (uint8_t i = 0; i < limbs; i++) {
        sch_ref limb;
        SCH_TRY(sch_measure_value(draft, &limb, m, SCH_VALUE_SUM, (sch_limb){i, limbs, bits}));
        SCH_TRY(sch_sum_push(sum, limb, (unsigned)i * bits));
    }
out:
    return err;
}

/* The product of two measures of different parts, in limbs of both where one word is too small. */
sch_err sch_draft_product_sum(sch_draft *draft, sch_sum_draft *sum, const sch_measure *x, const sch_measure *y,
                              uint32_t aggregate)
{
    sch_err err = SCH_NONE;
    const sch_measure *m[2] = {x, y};
    unsigned bits[2];
    uint8_t limbs[2] = {1, 1}, each[2] = {0, 0};
    unsigned rows = sch_bits_of(draft->max_joined);
    for (size_t i = 0; i < 2; i++) {
        SCH_TRY(row_bits(draft, &bits[i], m[i], 1, aggregate));
    }
    /* cut the larger one, then the other, until a product of limbs fits; the uppermost limbs are whole */
    while ((bits[0] + limbs[0] - 1) / limbs[0] + (bits[1] + limbs[1] - 1) / limbs[1] + rows > MAX_SUM_BITS) {
        size_t i = (bits[0] + limbs[0] - 1) / limbs[0] >= (bits[1] + limbs[1] - 1) / limbs[1] ? 0 : 1;
        i = m[i]->local ? i : 1 - i;
        limbs[i]++;
        if (!m[i]->local || limbs[0] * limbs[1] > SCH_MAX_LIMBS) {
            SCH_TRY(sch_draft_refuse_magnitude(draft, aggregate));
        }
    }
    *sum = (sch_sum_draft){0};
    for (size_t i = 0; i < 2; i++) {
        each[i] = (uint8_t)(limbs[i] > 1 ? (bits[i] + limbs[i] - 1) / limbs[i] : 0);
    }
    for (uint8_t i = 0; i < limbs[0]; i++) {
        for (uint8_t j = 0; j < limbs[1]; j++) {
            sch_ref a, b;
            SCH_TRY(sch_measure_value(draft, &a, x, SCH_VALUE_SUM, (sch_limb){i, limbs[0], each[0]}));
            SCH_TRY(sch_measure_value(draft, &b, y, SCH_VALUE_SUM, (sch_limb){j, limbs[1], each[1]}));
            SCH_TRY(sch_draft_product(draft, &a, a, b));
            SCH_TRY(sch_sum_push(sum, a, (unsigned)i * each[0] + (unsigned)j * each[1]));
        }
    }
out:
    return err;
}
