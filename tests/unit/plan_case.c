#include "tests/unit/plan_case.h"

#include "tests/support/plan_check.h"

enum { CHECKED_CELLS = 20000, TEXT_BYTES = 4000 };

int plan_setup(void **state)
{
    plan_case *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fixed_init(&f->fixed);
    build_request(&f->request);
    *state = f;
    return 0;
}

int plan_teardown(void **state)
{
    plan_case *f = *state;
    sch_plan_clear(&f->plan);
    sch_request_clear(&f->request);
    fixed_clear(&f->fixed);
    free(f);
    return 0;
}

void plan_again(plan_case *f)
{
    sch_request_clear(&f->request);
    build_request(&f->request);
}

uint8_t plan_join(plan_case *f, size_t node, const char *set, const char *alias)
{
    return build_from(&f->request, &f->fixed.catalog[node], set, alias, SCH_JOIN_INNER);
}

uint8_t plan_left_join(plan_case *f, size_t node, const char *set, const char *alias)
{
    return build_from(&f->request, &f->fixed.catalog[node], set, alias, SCH_JOIN_LEFT);
}

uint8_t plan_union(plan_case *f, const char *alias)
{
    uint8_t from = plan_join(f, GEMEENTE, "bijstand", alias);
    build_member(&f->request, from, &f->fixed.catalog[STAD]);
    return from;
}

void plan_make(plan_case *f)
{
    sch_plan_clear(&f->plan);
    f->detail.text[0] = '\0';
    build_hashes(&f->request, &f->fixed);
    sch_err err = sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, &f->detail);
    if (sch_failed(err)) {
        fail_msg("%s: %s", err.text, f->detail.text);
    }
    const char *broken = plan_check(&f->plan, &f->request, CHECKED_CELLS);
    if (broken != NULL) {
        fail_msg("%s", broken);
    }
}

void plan_refused(plan_case *f, sch_code code, const char *text, const char *text2)
{
    static const sch_plan empty;
    sch_plan_clear(&f->plan);
    f->detail.text[0] = '\0';
    build_hashes(&f->request, &f->fixed);
    unit_assert_code(sch_plan_make(&f->plan, &f->request, f->fixed.list, FIXED_CATALOGS, &f->detail), code);
    if (strstr(f->detail.text, text) == NULL || strstr(f->detail.text, text2) == NULL) {
        fail_msg("%s", f->detail.text);
    }
    assert_memory_equal(&f->plan, &empty, sizeof empty);
}

size_t plan_part_of(const plan_case *f, uint8_t from)
{
    for (size_t p = 0; p < f->plan.part_count; p++) {
        for (size_t i = 0; i < f->plan.local[p].from_count; i++) {
            if (f->plan.local[p].from[i] == from) {
                return p;
            }
        }
    }
    fail_msg("data set %u is in no part", from);
    return 0;
}

const char *plan_sql(const plan_case *f, uint8_t from)
{
    return f->plan.local[plan_part_of(f, from)].sql;
}

void plan_assert_node(const plan_case *f, sch_party party, const char *node)
{
    assert_true(party < f->plan.party_count);
    assert_string_equal(f->plan.party[party], node);
}

const sch_plan_aggregate *plan_aggregate_of(const plan_case *f, uint32_t expression)
{
    for (size_t i = 0; i < f->plan.aggregate_count; i++) {
        if (f->plan.aggregate[i].expression == expression) {
            return &f->plan.aggregate[i];
        }
    }
    fail_msg("an aggregate is not planned");
    return NULL;
}

/* ---- one row of the join ---- */

static uint16_t first_register(const plan_case *f, size_t part)
{
    return part == 0 ? 0 : sch_table_register(&f->plan.shape, part - 1);
}

void plan_row(plan_case *f)
{
    memset(f->reg, 0, sizeof f->reg);
    memset(f->put, 0, sizeof f->put);
}

void plan_put_none(plan_case *f, uint8_t from)
{
    size_t part = plan_part_of(f, from);
    for (size_t v = 0; v < f->plan.local[part].value_count; v++) {
        f->put[first_register(f, part) + v] = true;
    }
}

/* Puts a value where the statement has one of this text. */
static bool put_where(plan_case *f, uint8_t from, const char *text, int64_t value)
{
    size_t part = plan_part_of(f, from);
    const sch_local *local = &f->plan.local[part];
    for (size_t v = 0; v < local->value_count; v++) {
        char item[TEXT_BYTES];
        assert_true(plan_check_item(item, sizeof item, local->sql, 1 + local->key_count + v));
        if (strcmp(item, text) == 0) {
            size_t number = first_register(f, part) + v;
            f->reg[number] = (uint64_t)value;
            f->put[number] = true;
            return true;
        }
    }
    return false;
}

void plan_put_text(plan_case *f, uint8_t from, const char *text, int64_t value)
{
    if (!put_where(f, from, text, value)) {
        fail_msg("%s is not in %s", text, plan_sql(f, from));
    }
}

bool plan_put_if(plan_case *f, uint8_t from, const char *term, const int64_t *value)
{
    char text[TEXT_BYTES];
    bool any = false;
    snprintf(text, sizeof text, "CAST(COALESCE(%s, 0) AS BIGINT)", term);
    any = put_where(f, from, text, value != NULL ? *value : 0) || any;
    snprintf(text, sizeof text, "CAST(CAST((%s IS NOT NULL) AS BIGINT) AS BIGINT)", term);
    any = put_where(f, from, text, value != NULL) || any;
    snprintf(text, sizeof text, "CAST(CAST(COALESCE(%s <> 0, FALSE) AS BIGINT) AS BIGINT)", term);
    any = put_where(f, from, text, value != NULL && *value != 0) || any;
    (void)put_where(f, from, "CAST(1 AS BIGINT)", 1);
    return any;
}

void plan_put(plan_case *f, uint8_t from, const char *term, const int64_t *value)
{
    if (!plan_put_if(f, from, term, value)) {
        fail_msg("%s is not in %s", term, plan_sql(f, from));
    }
}

void plan_put_records(plan_case *f, uint8_t from, const char *term, int64_t records, int64_t present, int64_t sum,
                      bool nonzero)
{
    char text[TEXT_BYTES];
    bool any = false;
    snprintf(text, sizeof text, "CAST(COALESCE(SUM(%s), 0) AS BIGINT)", term);
    any = put_where(f, from, text, sum) || any;
    snprintf(text, sizeof text, "COUNT(%s)", term);
    any = put_where(f, from, text, present) || any;
    snprintf(text, sizeof text, "CAST((COUNT(%s)) > 0 AS BIGINT)", term);
    any = put_where(f, from, text, present > 0) || any;
    snprintf(text, sizeof text, "CAST((COUNT(NULLIF(%s, 0))) > 0 AS BIGINT)", term);
    any = put_where(f, from, text, nonzero) || any;
    (void)put_where(f, from, "CAST(1 AS BIGINT)", 1);
    (void)put_where(f, from, "COUNT(*)", records);
    if (!any) {
        fail_msg("%s is not in %s", term, plan_sql(f, from));
    }
}

static void assert_all_put(const plan_case *f)
{
    for (size_t p = 0; p < f->plan.part_count; p++) {
        const sch_local *local = &f->plan.local[p];
        for (size_t v = 0; v < local->value_count; v++) {
            if (!f->put[first_register(f, p) + v]) {
                fail_msg("value %zu was not put: %s", v, local->sql);
            }
        }
    }
}

void plan_run(plan_case *f)
{
    const sch_table_shape *shape = &f->plan.shape;
    uint16_t first = sch_table_register(shape, shape->data_owners);
    assert_all_put(f);
    for (size_t i = 0; i < shape->steps; i++) {
        const sch_row_step *step = &shape->step[i];
        uint64_t a = f->reg[step->a], b = f->reg[step->b];
        uint64_t linear = (uint64_t)step->factor_a * a + (uint64_t)step->factor_b * b + (uint64_t)step->constant;
        uint64_t *out = &f->reg[first + i];
        if (step->op == SCH_ROW_PRODUCT) {
            *out = a * b;
        } else if (step->op == SCH_ROW_LINEAR) {
            *out = linear;
        } else {
            assert_int_equal(step->op, SCH_ROW_NEGATIVE);
            assert_true((int64_t)linear < INT64_C(1) << 62 && (int64_t)linear > -(INT64_C(1) << 62));
            *out = (int64_t)linear < 0;
        }
    }
}

int64_t plan_column_of(const plan_case *f, uint32_t wide, uint16_t column)
{
    assert_true(wide < f->plan.wide && column < f->plan.summed);
    return (int64_t)f->reg[f->plan.shape.column[(size_t)wide * f->plan.summed + column]];
}

int64_t plan_column(const plan_case *f, uint16_t column)
{
    return plan_column_of(f, 0, column);
}

__int128 plan_sum_of(const plan_case *f, const sch_plan_sum *sum)
{
    __int128 total = 0;
    for (uint8_t i = 0; i < sum->limbs; i++) {
        total += (__int128)plan_column(f, sum->column[i]) * ((__int128)1 << sum->shift[i]);
    }
    return total;
}

int64_t plan_count_of(const plan_case *f, const sch_plan_sum *sum)
{
    assert_int_equal(sum->limbs, 1);
    return plan_column(f, sum->column[0]);
}

void plan_assert_guards(const plan_case *f, const sch_plan_sum *sum, size_t count, const plan_guard *guard)
{
    assert_true(sum->limbs > 0);
    for (uint8_t i = 0; i < sum->limbs; i++) {
        uint16_t column = sum->column[i];
        bool met[SCH_MAX_COLUMN_RULES] = {false};
        char found[400] = "";
        size_t used = 0;
        for (uint8_t r = 0; r < f->plan.cell.rule_count[column]; r++) {
            const sch_cell_rule *rule = &f->plan.cell.rule[column][r];
            int64_t n = plan_column(f, rule->count) - (rule->less == SCH_NO_COLUMN ? 0 : plan_column(f, rule->less));
            used += (size_t)snprintf(found + used, sizeof found - used, " %lld%s", (long long)n, rule->zero ? "z" : "");
            size_t g = 0;
            while (g < count && (met[g] || guard[g].n != n || guard[g].zero != rule->zero)) {
                g++;
            }
            if (g < count) {
                met[g] = true;
            } else {
                fail_msg("column %u has other rules:%s", column, found);
            }
        }
        if (f->plan.cell.rule_count[column] != count) {
            fail_msg("column %u has too few rules:%s", column, found);
        }
    }
}
