#include "node/query/aggregate.h"

/* ---- sums ---- */

/* The exact sums of an aggregate in a cell; those that its op does not use are 0. */
typedef struct cell_sums {
    mpz_t n, x, y, xx, yy, xy;
} cell_sums;

enum { USES_X = 1, USES_Y = 2, USES_XX = 4, USES_YY = 8, USES_XY = 16 };

/* What an aggregate needs beside its count. */
static unsigned uses(sch_op op)
{
    switch (op) {
    case SCH_OP_SUM:
    case SCH_OP_AVG:
    case SCH_OP_REGR_AVGX:
        return USES_X;
    case SCH_OP_REGR_AVGY:
        return USES_Y;
    case SCH_OP_VAR_SAMP:
    case SCH_OP_VAR_POP:
    case SCH_OP_STDDEV_SAMP:
    case SCH_OP_STDDEV_POP:
        return USES_X | USES_XX;
    case SCH_OP_COVAR_SAMP:
    case SCH_OP_COVAR_POP:
        return USES_X | USES_Y | USES_XY;
    case SCH_OP_REGR_SLOPE:
    case SCH_OP_REGR_INTERCEPT:
        return USES_X | USES_Y | USES_XX | USES_XY;
    case SCH_OP_CORR:
    case SCH_OP_REGR_R2:
        return USES_X | USES_Y | USES_XX | USES_YY | USES_XY;
    default:
        return 0;
    }
}

static sch_err read_sum(mpz_t out, bool *suppressed, const sch_opened *opened, const sch_plan_sum *sum, uint32_t cell)
{
    mpz_t limb;
    if (sum->limbs == 0 || sum->limbs > SCH_MAX_LIMBS) {
        return sch_fail(SCH_BUG, "the plan lacks a sum that an aggregate needs");
    }
    mpz_init(limb);
    mpz_set_ui(out, 0);
    for (size_t i = 0; i < sum->limbs; i++) {
        *suppressed = *suppressed || sch_opened_state(opened, sum->column[i], cell) == SCH_CELL_SUPPRESSED;
        mpz_set_si(limb, sch_opened_value(opened, sum->column[i], cell));
        mpz_mul_2exp(limb, limb, sum->shift[i]);
        mpz_add(out, out, limb);
    }
    mpz_clear(limb);
    return SCH_NONE;
}

/* n S_ab - S_a S_b */
static void cross(mpz_t out, const mpz_t n, const mpz_t ab, const mpz_t a, const mpz_t b)
{
    mpz_mul(out, n, ab);
    mpz_submul(out, a, b);
}

static void cross_all(mpz_t xx, mpz_t yy, mpz_t xy, const cell_sums *s)
{
    cross(xx, s->n, s->xx, s->x, s->x);
    cross(yy, s->n, s->yy, s->y, s->y);
    cross(xy, s->n, s->xy, s->x, s->y);
}

/* Cauchy and Schwarz: no records have a negative variance, or a covariance that passes their variances. */
static sch_err check_sums(const cell_sums *s, unsigned used)
{
    sch_err err = SCH_NONE;
    mpz_t xx;
    mpz_t yy;
    mpz_t xy;
    mpz_inits(xx, yy, xy, NULL);
    cross_all(xx, yy, xy, s);
    bool possible = ((used & USES_XX) == 0 || mpz_sgn(xx) >= 0) && ((used & USES_YY) == 0 || mpz_sgn(yy) >= 0);
    if (possible && (used & USES_XX) != 0 && (used & USES_YY) != 0) {
        mpz_mul(xx, xx, yy);
        mpz_mul(xy, xy, xy);
        possible = mpz_cmp(xy, xx) <= 0;
    }
    err = sch_check(possible, SCH_BAD_PEER, "the result holds sums that no records have");
    mpz_clears(xx, yy, xy, NULL);
    return err;
}

/* Adds the limbs up. state: suppressed where one of the sums is; else zero where n is 0; else released. */
static sch_err read_sums(cell_sums *s, sch_cell_state *state, const sch_opened *opened, const sch_plan_aggregate *a,
                         uint32_t cell)
{
    sch_err err = SCH_NONE;
    unsigned used = uses(a->op);
    bool suppressed = false;
    *state = SCH_CELL_SUPPRESSED;
    SCH_TRY(read_sum(s->n, &suppressed, opened, &a->count, cell));
    if (suppressed) {
        return SCH_NONE;
    }
    SCH_TRY(sch_check(mpz_sgn(s->n) >= 0, SCH_BAD_PEER, "the result holds a negative count"));
    if (mpz_sgn(s->n) == 0) {
        *state = SCH_CELL_ZERO;
        return SCH_NONE;
    }
    const sch_plan_sum *const sum[] = {&a->x, &a->y, &a->xx, &a->yy, &a->xy};
    mpz_t *const to[] = {&s->x, &s->y, &s->xx, &s->yy, &s->xy};
    for (size_t i = 0; i < sizeof sum / sizeof sum[0]; i++) {
        if ((used >> i & 1U) != 0) {
            SCH_TRY(read_sum(*to[i], &suppressed, opened, sum[i], cell));
        }
    }
    if (!suppressed) {
        *state = SCH_CELL_RELEASED;
        SCH_TRY(check_sums(s, used));
    }
out:
    return err;
}

/* ---- statistics ---- */

/* value = numerator / (denominator 10^decimals); where the denominator is 0: NULL. */
static void set_scaled(sch_value *value, const mpz_t numerator, const mpz_t denominator, unsigned decimals)
{
    mpz_t scale;
    if (mpz_sgn(denominator) == 0) {
        value->kind = SCH_VALUE_NULL;
        return;
    }
    mpz_init(scale);
    mpz_ui_pow_ui(scale, 10, decimals);
    mpz_mul(scale, scale, denominator);
    sch_value_set_quotient(value, numerator, scale, SCH_ANY_DECIMALS);
    mpz_clear(scale);
}

/* The mean product of deviations: c / n^2, or c / (n (n - 1)) of a sample. */
static void set_mean_product(sch_value *value, const mpz_t c, const mpz_t n, bool sample, unsigned decimals)
{
    mpz_t divisor;
    mpz_init_set(divisor, n);
    mpz_sub_ui(divisor, divisor, sample ? 1 : 0);
    mpz_mul(divisor, divisor, n);
    set_scaled(value, c, divisor, decimals);
    mpz_clear(divisor);
}

static void make_variance(sch_value *value, const cell_sums *s, const sch_plan_aggregate *a)
{
    bool sample = a->op == SCH_OP_VAR_SAMP || a->op == SCH_OP_STDDEV_SAMP;
    bool root = a->op == SCH_OP_STDDEV_SAMP || a->op == SCH_OP_STDDEV_POP;
    mpz_t c;
    mpz_init(c);
    cross(c, s->n, s->xx, s->x, s->x);
    set_mean_product(value, c, s->n, sample, 2U * a->decimals_x);
    mpz_clear(c);
    if (root && value->kind == SCH_VALUE_EXACT) {
        double deviation = sch_quotient_root(value->of.exact);
        sch_value_clear(value);
        sch_value_set_real(value, deviation);
    }
}

static void make_covariance(sch_value *value, const cell_sums *s, const sch_plan_aggregate *a)
{
    mpz_t c;
    mpz_init(c);
    cross(c, s->n, s->xy, s->x, s->y);
    set_mean_product(value, c, s->n, a->op == SCH_OP_COVAR_SAMP, (unsigned)a->decimals_x + a->decimals_y);
    mpz_clear(c);
}

/* R2 where the root is not asked for; CORR has the sign of C_xy. */
static void make_correlation(sch_value *value, const cell_sums *s, bool root)
{
    mpz_t xx;
    mpz_t yy;
    mpz_t xy;
    mpz_inits(xx, yy, xy, NULL);
    cross_all(xx, yy, xy, s);
    int sign = mpz_sgn(xy);
    if (!root && mpz_sgn(xx) != 0 && mpz_sgn(yy) == 0) {
        mpz_set_ui(xy, 1);
        mpz_set_ui(xx, 1);
    } else {
        mpz_mul(xx, xx, yy);
        mpz_mul(xy, xy, xy);
    }
    set_scaled(value, xy, xx, 0);
    mpz_clears(xx, yy, xy, NULL);
    if (root && value->kind == SCH_VALUE_EXACT) {
        double r = sch_quotient_root(value->of.exact);
        sch_value_clear(value);
        sch_value_set_real(value, sign < 0 ? -r : r);
    }
}

/* The intercept is (S_y C_xx - C_xy S_x) / (n C_xx), and its decimals are y's alone: slope times x has y's unit. */
static void make_line(sch_value *value, const cell_sums *s, const sch_plan_aggregate *a)
{
    mpz_t xx;
    mpz_t xy;
    mpz_t t;
    mpz_inits(xx, xy, t, NULL);
    cross(xx, s->n, s->xx, s->x, s->x);
    cross(xy, s->n, s->xy, s->x, s->y);
    if (a->op == SCH_OP_REGR_SLOPE) {
        mpz_ui_pow_ui(t, 10, a->decimals_x);
        mpz_mul(xy, xy, t);
        set_scaled(value, xy, xx, a->decimals_y);
    } else {
        mpz_mul(t, s->y, xx);
        mpz_submul(t, xy, s->x);
        mpz_mul(xx, xx, s->n);
        set_scaled(value, t, xx, a->decimals_y);
    }
    mpz_clears(xx, xy, t, NULL);
}

/* n is at least 1. */
static void make_statistic(sch_value *value, const cell_sums *s, const sch_plan_aggregate *a)
{
    mpz_t one;
    switch (a->op) {
    case SCH_OP_SUM:
        mpz_init(one);
        mpz_ui_pow_ui(one, 10, a->decimals_x);
        sch_value_set_quotient(value, s->x, one, a->decimals_x);
        mpz_clear(one);
        break;
    case SCH_OP_AVG:
    case SCH_OP_REGR_AVGX:
        set_scaled(value, s->x, s->n, a->decimals_x);
        break;
    case SCH_OP_REGR_AVGY:
        set_scaled(value, s->y, s->n, a->decimals_y);
        break;
    case SCH_OP_COVAR_SAMP:
    case SCH_OP_COVAR_POP:
        make_covariance(value, s, a);
        break;
    case SCH_OP_CORR:
    case SCH_OP_REGR_R2:
        make_correlation(value, s, a->op == SCH_OP_CORR);
        break;
    case SCH_OP_REGR_SLOPE:
    case SCH_OP_REGR_INTERCEPT:
        make_line(value, s, a);
        break;
    default:
        make_variance(value, s, a);
        break;
    }
}

/* ---- quantiles ---- */

static void set_middle(mpq_t out, const sch_column *column, uint32_t bin)
{
    mpz_set_si(mpq_numref(out), column->bin_edge[bin]);
    mpz_t high;
    mpz_init_set_si(high, column->bin_edge[bin + 1]);
    mpz_add(mpq_numref(out), mpq_numref(out), high);
    mpz_ui_pow_ui(mpq_denref(out), 10, column->decimals);
    mpz_mul_2exp(mpq_denref(out), mpq_denref(out), 1);
    mpz_clear(high);
    mpq_canonicalize(out);
}

/* The part of q (n - 1) behind its point. */
static void set_weight(mpq_t out, const mpz_t n, const mpq_t fraction)
{
    mpz_t whole;
    mpz_init(whole);
    mpz_sub_ui(whole, n, 1);
    mpq_set_z(out, whole);
    mpq_mul(out, out, fraction);
    mpz_fdiv_q(whole, mpq_numref(out), mpq_denref(out));
    mpz_submul(mpq_numref(out), whole, mpq_denref(out));
    mpz_clear(whole);
}

void sch_quantile_make(sch_value *value, sch_op op, const sch_column *column, uint32_t bin, uint32_t next,
                       const mpz_t n, const mpq_t fraction)
{
    mpq_t middle;
    mpq_t step;
    mpq_t weight;
    mpq_inits(middle, step, weight, NULL);
    set_middle(middle, column, bin);
    if (op == SCH_OP_PERCENTILE_CONT) {
        set_middle(step, column, next);
        set_weight(weight, n, fraction);
        mpq_sub(step, step, middle);
        mpq_mul(step, step, weight);
        mpq_add(middle, middle, step);
    }
    sch_value_set_exact(value, middle, SCH_ANY_DECIMALS);
    mpq_clears(middle, step, weight, NULL);
}

void sch_quantile_reach(sch_value *value, sch_op op, const sch_column *column)
{
    int64_t widest = 0;
    for (uint32_t b = 0; b < column->bin_count; b++) {
        int64_t width = column->bin_edge[b + 1] - column->bin_edge[b];
        widest = width > widest ? width : widest;
    }
    if (op == SCH_OP_PERCENTILE_CONT) {
        sch_value_set_integer(value, widest, column->decimals);
    } else if (widest % 2 == 0) {
        sch_value_set_integer(value, widest / 2, column->decimals);
    } else {
        sch_value_set_integer(value, 5 * widest, column->decimals + 1U); /* a half needs one digit more */
    }
}

/* The number of the bin that the quantile lies in: marks fall from 1 to 0 once. */
static sch_err read_bin(uint32_t *bin, bool *suppressed, const sch_opened *opened, uint16_t first, uint32_t bins,
                        uint32_t cell)
{
    int64_t before = 1;
    *bin = 0;
    for (uint32_t b = 0; b + 1 < bins; b++) {
        uint16_t column = (uint16_t)(first + b);
        if (sch_opened_state(opened, column, cell) == SCH_CELL_SUPPRESSED) {
            *suppressed = true;
            return SCH_NONE;
        }
        int64_t mark = sch_opened_value(opened, column, cell);
        if (mark < 0 || mark > before) {
            return sch_fail(SCH_BAD_PEER, "the result holds a quantile that lies in no bin");
        }
        before = mark;
        *bin += (uint32_t)mark;
    }
    return SCH_NONE;
}

/* The fraction of a percentile: a constant, from 0 to 1. */
static void set_fraction(mpq_t out, const sch_request *request, const sch_plan_aggregate *a)
{
    const sch_expression *number = &request->expression[request->expression[a->expression].argument[1]];
    mpz_set_si(mpq_numref(out), number->number);
    mpz_ui_pow_ui(mpq_denref(out), 10, number->decimals);
    mpq_canonicalize(out);
}

static sch_err make_quantile(sch_value *value, const cell_sums *s, const sch_opened *opened,
                             const sch_plan_aggregate *a, uint32_t cell)
{
    sch_err err = SCH_NONE;
    bool suppressed = false;
    uint32_t bin = 0;
    uint32_t next = 0;
    if (a->bins == 0 || a->bin_column == NULL || a->bins != a->bin_column->bin_count) {
        return sch_fail(SCH_BUG, "the plan lacks the bins of a percentile");
    }
    SCH_TRY(read_bin(&bin, &suppressed, opened, a->first_above, a->bins, cell));
    next = bin;
    if (a->op == SCH_OP_PERCENTILE_CONT) {
        SCH_TRY(read_bin(&next, &suppressed, opened, a->first_above_next, a->bins, cell));
    }
    if (!suppressed) {
        SCH_TRY(sch_check(next >= bin, SCH_BAD_PEER, "the result holds a quantile that lies in no bin"));
        mpq_t fraction;
        mpq_init(fraction);
        set_fraction(fraction, opened->request, a);
        sch_quantile_make(value, a->op, a->bin_column, bin, next, s->n, fraction);
        mpq_clear(fraction);
    }
out:
    return err;
}

/* ---- one aggregate ---- */

static bool is_count(sch_op op)
{
    return op == SCH_OP_COUNT_ROWS || op == SCH_OP_COUNT || op == SCH_OP_COUNT_PERSONS || op == SCH_OP_REGR_COUNT;
}

static void set_nobody(sch_value *value, sch_op op)
{
    if (is_count(op)) {
        sch_value_set_integer(value, 0, 0);
    } else {
        value->kind = SCH_VALUE_NULL;
    }
}

sch_err sch_aggregate_make(sch_value *value, const sch_opened *opened, const sch_plan_aggregate *a, uint32_t cell,
                           sch_cell_state row)
{
    sch_err err = SCH_NONE;
    cell_sums s;
    sch_cell_state state = row;
    mpz_inits(s.n, s.x, s.y, s.xx, s.yy, s.xy, NULL);
    if (row == SCH_CELL_RELEASED) {
        SCH_TRY(read_sums(&s, &state, opened, a, cell));
    }
    if (state == SCH_CELL_ZERO) {
        set_nobody(value, a->op);
    } else if (state == SCH_CELL_RELEASED && is_count(a->op)) {
        mpz_set_ui(s.x, 1);
        sch_value_set_quotient(value, s.n, s.x, 0);
    } else if (state == SCH_CELL_RELEASED && a->op >= SCH_OP_PERCENTILE_CONT) {
        SCH_TRY(make_quantile(value, &s, opened, a, cell));
    } else if (state == SCH_CELL_RELEASED) {
        make_statistic(value, &s, a);
    }
out:
    mpz_clears(s.n, s.x, s.y, s.xx, s.yy, s.xy, NULL);
    return err;
}
