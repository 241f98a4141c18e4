/* Arithmetic and functions of numbers. */
#include <math.h>

#include "node/query/evaluate_op.h"

static unsigned more_decimals(const sch_value *a, const sch_value *b)
{
    return a->decimals > b->decimals ? a->decimals : b->decimals; /* SCH_ANY_DECIMALS is the largest */
}

static unsigned sum_of_decimals(const sch_value *a, const sch_value *b)
{
    bool any = a->decimals == SCH_ANY_DECIMALS || b->decimals == SCH_ANY_DECIMALS;
    return any ? SCH_ANY_DECIMALS : (unsigned)a->decimals + b->decimals;
}

/* a - b trunc(a / b) */
static void take_remainder(mpq_t out, const mpq_t a, const mpq_t b)
{
    mpz_t whole;
    mpz_init(whole);
    mpq_div(out, a, b);
    mpz_tdiv_q(whole, mpq_numref(out), mpq_denref(out));
    mpq_set_z(out, whole);
    mpq_mul(out, out, b);
    mpq_sub(out, a, out);
    mpz_clear(whole);
}

static void calculate_exact(sch_value *value, sch_op op, const sch_value *a, const sch_value *b)
{
    mpq_t result;
    unsigned decimals = more_decimals(a, b);
    if ((op == SCH_OP_DIVIDE || op == SCH_OP_MODULO) && mpq_sgn(b->of.exact) == 0) {
        value->kind = SCH_VALUE_NULL;
        return;
    }
    mpq_init(result);
    switch (op) {
    case SCH_OP_ADD:
        mpq_add(result, a->of.exact, b->of.exact);
        break;
    case SCH_OP_SUBTRACT:
        mpq_sub(result, a->of.exact, b->of.exact);
        break;
    case SCH_OP_MULTIPLY:
        mpq_mul(result, a->of.exact, b->of.exact);
        decimals = sum_of_decimals(a, b);
        break;
    case SCH_OP_DIVIDE:
        mpq_div(result, a->of.exact, b->of.exact);
        decimals = SCH_ANY_DECIMALS;
        break;
    default:
        take_remainder(result, a->of.exact, b->of.exact);
        break;
    }
    sch_value_set_exact(value, result, decimals);
    mpq_clear(result);
}

static double calculate_real(sch_op op, double a, double b)
{
    switch (op) {
    case SCH_OP_ADD:
        return a + b;
    case SCH_OP_SUBTRACT:
        return a - b;
    case SCH_OP_MULTIPLY:
        return a * b;
    case SCH_OP_DIVIDE:
        return b == 0 ? NAN : a / b;
    case SCH_OP_MODULO:
        return b == 0 ? NAN : fmod(a, b);
    default:
        return pow(a, b);
    }
}

/* Half away from zero, to a whole number of 10^-decimals. */
static void round_number(sch_value *value, const sch_value *a, unsigned decimals)
{
    mpq_t x;
    mpz_t scale;
    mpz_t doubled;
    mpq_init(x);
    mpz_inits(scale, doubled, NULL);
    if (a->kind == SCH_VALUE_REAL) {
        mpq_set_d(x, a->of.real);
    } else {
        mpq_set(x, a->of.exact);
    }
    int sign = mpq_sgn(x);
    mpz_ui_pow_ui(scale, 10, decimals);
    mpq_abs(x, x);
    mpz_mul(mpq_numref(x), mpq_numref(x), scale); /* x is a plain pair of integers from here on */
    mpz_mul_2exp(doubled, mpq_numref(x), 1);
    mpz_add(doubled, doubled, mpq_denref(x));
    mpz_mul_2exp(mpq_denref(x), mpq_denref(x), 1);
    mpz_fdiv_q(doubled, doubled, mpq_denref(x)); /* floor(x + 1/2) */
    if (sign < 0) {
        mpz_neg(doubled, doubled);
    }
    sch_value_set_quotient(value, doubled, scale, decimals);
    mpz_clears(scale, doubled, NULL);
    mpq_clear(x);
}

static sch_err apply_function(sch_value *value, sch_op op, const sch_value *a)
{
    mpq_t x;
    if (op == SCH_OP_NEGATE || op == SCH_OP_ABS) {
        if (a->kind == SCH_VALUE_REAL) {
            sch_value_set_real(value, op == SCH_OP_NEGATE ? -a->of.real : fabs(a->of.real));
            return SCH_NONE;
        }
        mpq_init(x);
        if (op == SCH_OP_NEGATE) {
            mpq_neg(x, a->of.exact);
        } else {
            mpq_abs(x, a->of.exact);
        }
        sch_value_set_exact(value, x, a->decimals);
        mpq_clear(x);
        return SCH_NONE;
    }
    if (op == SCH_OP_SQRT && a->kind == SCH_VALUE_EXACT) {
        sch_value_set_real(value, mpq_sgn(a->of.exact) < 0 ? NAN : sch_quotient_root(a->of.exact));
        return SCH_NONE;
    }
    double argument = sch_value_double(a);
    switch (op) {
    case SCH_OP_SQRT:
        sch_value_set_real(value, sqrt(argument));
        return SCH_NONE;
    case SCH_OP_LN:
        sch_value_set_real(value, log(argument));
        return SCH_NONE;
    default:
        sch_value_set_real(value, exp(argument));
        return SCH_NONE;
    }
}

sch_err sch_evaluate_number(sch_value *value, sch_op op, const sch_value *const *argument, size_t count)
{
    bool suppressed = false;
    bool null = false;
    for (size_t i = 0; i < count; i++) {
        suppressed = suppressed || argument[i]->kind == SCH_VALUE_SUPPRESSED;
        null = null || argument[i]->kind == SCH_VALUE_NULL;
    }
    if (suppressed || null) {
        value->kind = suppressed ? SCH_VALUE_SUPPRESSED : SCH_VALUE_NULL;
        return SCH_NONE;
    }
    for (size_t i = 0; i < count; i++) {
        if (!sch_value_is_number(argument[i])) {
            return sch_fail(SCH_BAD_INPUT, "the query calculates with something else than numbers");
        }
    }
    if (op == SCH_OP_ROUND) {
        double decimals = count > 1 ? sch_value_double(argument[1]) : 0;
        bool possible = decimals >= 0 && decimals <= SCH_MAX_NUMBER_DECIMALS && decimals == floor(decimals);
        round_number(value, argument[0], possible ? (unsigned)decimals : 0);
        return sch_check(possible, SCH_BAD_INPUT, "the query rounds to other than 0 to 18 decimals");
    }
    if (count == 1) {
        return apply_function(value, op, argument[0]);
    }
    bool exact = argument[0]->kind == SCH_VALUE_EXACT && argument[1]->kind == SCH_VALUE_EXACT;
    if (exact && op != SCH_OP_POWER) {
        calculate_exact(value, op, argument[0], argument[1]);
    } else {
        sch_value_set_real(value, calculate_real(op, sch_value_double(argument[0]), sch_value_double(argument[1])));
    }
    return SCH_NONE;
}
