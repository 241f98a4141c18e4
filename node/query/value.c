#include "node/query/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sch_value_clear(sch_value *value)
{
    if (value->kind == SCH_VALUE_EXACT) {
        mpq_clear(value->of.exact);
    } else if (value->kind == SCH_VALUE_TEXT) {
        free(value->of.text);
    }
    *value = (sch_value){0};
}

/* The value's quotient is set; one that is too long becomes a double. */
static void finish_exact(sch_value *value, unsigned decimals)
{
    value->kind = SCH_VALUE_EXACT;
    value->decimals = decimals <= SCH_MAX_VALUE_DECIMALS ? (uint8_t)decimals : SCH_ANY_DECIMALS;
    size_t bits = mpz_sizeinbase(mpq_numref(value->of.exact), 2) + mpz_sizeinbase(mpq_denref(value->of.exact), 2);
    if (bits > SCH_MAX_VALUE_BITS) {
        double real = sch_quotient_double(value->of.exact);
        sch_value_clear(value);
        sch_value_set_real(value, real);
    }
}

void sch_value_set_quotient(sch_value *value, const mpz_t numerator, const mpz_t denominator, unsigned decimals)
{
    mpq_init(value->of.exact);
    mpz_set(mpq_numref(value->of.exact), numerator);
    mpz_set(mpq_denref(value->of.exact), denominator);
    mpq_canonicalize(value->of.exact);
    finish_exact(value, decimals);
}

void sch_value_set_exact(sch_value *value, const mpq_t exact, unsigned decimals)
{
    mpq_init(value->of.exact);
    mpq_set(value->of.exact, exact);
    finish_exact(value, decimals);
}

void sch_value_set_integer(sch_value *value, int64_t number, unsigned decimals)
{
    _Static_assert(sizeof(long) >= sizeof number, "GMP takes numbers of 64 bits");
    mpz_t n;
    mpz_t scale;
    mpz_init_set_si(n, number);
    mpz_init(scale);
    mpz_ui_pow_ui(scale, 10, decimals);
    sch_value_set_quotient(value, n, scale, decimals);
    mpz_clears(n, scale, NULL);
}

void sch_value_set_real(sch_value *value, double real)
{
    value->kind = isfinite(real) ? SCH_VALUE_REAL : SCH_VALUE_NULL;
    value->of.real = isfinite(real) ? real : 0;
}

void sch_value_set_truth(sch_value *value, bool truth)
{
    value->kind = SCH_VALUE_BOOLEAN;
    value->of.truth = truth;
}

sch_err sch_value_set_text(sch_value *value, const char *text)
{
    value->of.text = strdup(text);
    if (value->of.text == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for the result");
    }
    value->kind = SCH_VALUE_TEXT;
    return SCH_NONE;
}

sch_err sch_value_copy(sch_value *value, const sch_value *from)
{
    if (from->kind == SCH_VALUE_TEXT) {
        return sch_value_set_text(value, from->of.text);
    }
    if (from->kind == SCH_VALUE_EXACT) {
        sch_value_set_exact(value, from->of.exact, from->decimals);
    } else {
        *value = *from;
    }
    return SCH_NONE;
}

double sch_value_double(const sch_value *value)
{
    return value->kind == SCH_VALUE_REAL ? value->of.real : sch_quotient_double(value->of.exact);
}

static int compare_mixed(const mpq_t a, double b)
{
    mpq_t exact;
    mpq_init(exact);
    mpq_set_d(exact, b);
    int order = mpq_cmp(a, exact);
    mpq_clear(exact);
    return order;
}

int sch_value_compare(const sch_value *a, const sch_value *b)
{
    if (a->kind == SCH_VALUE_TEXT) {
        return strcmp(a->of.text, b->of.text);
    }
    if (a->kind == SCH_VALUE_BOOLEAN) {
        return (int)a->of.truth - (int)b->of.truth;
    }
    if (a->kind == SCH_VALUE_EXACT) {
        return b->kind == SCH_VALUE_EXACT ? mpq_cmp(a->of.exact, b->of.exact) : compare_mixed(a->of.exact, b->of.real);
    }
    if (b->kind == SCH_VALUE_EXACT) {
        return -compare_mixed(b->of.exact, a->of.real);
    }
    return (a->of.real > b->of.real) - (a->of.real < b->of.real);
}

/* ---- the nearest double ---- */

enum {
    DOUBLE_BITS = 53,
    WORK_BITS = 64,         /* more than DOUBLE_BITS + 1, so that what is cut off only breaks ties */
    LEAST_EXPONENT = -1074, /* of the smallest double above 0 */
};

/* mantissa x 2^exponent, and a little more where `more` is set. mantissa > 0 has at least DOUBLE_BITS + 2 bits, or
 * `more` is false. */
static double round_scaled(const mpz_t mantissa, bool more, long exponent)
{
    mpz_t kept;
    long bits = (long)mpz_sizeinbase(mantissa, 2);
    long precision = bits + exponent - LEAST_EXPONENT; /* of numbers below the normal ones */
    precision = precision > DOUBLE_BITS ? DOUBLE_BITS : precision;
    if (precision < 0) {
        return 0;
    }
    long cut = bits - precision;
    if (cut <= 0) {
        return ldexp(mpz_get_d(mantissa), (int)exponent);
    }
    mpz_init(kept);
    mpz_fdiv_q_2exp(kept, mantissa, (mp_bitcnt_t)cut);
    bool half = mpz_tstbit(mantissa, (mp_bitcnt_t)cut - 1) != 0;
    bool beyond = more || mpz_scan1(mantissa, 0) < (mp_bitcnt_t)cut - 1;
    if (half && (beyond || mpz_odd_p(kept))) {
        mpz_add_ui(kept, kept, 1);
    }
    double x = ldexp(mpz_get_d(kept),
                     (int)(exponent + cut)); /* exact: kept has at most DOUBLE_BITS bits, or is a power of 2 */
    mpz_clear(kept);
    return x;
}

double sch_quotient_double(const mpq_t quotient)
{
    int sign = mpq_sgn(quotient);
    if (sign == 0) {
        return 0;
    }
    mpz_t n;
    mpz_t d;
    mpz_t rest;
    mpz_inits(n, d, rest, NULL);
    mpz_abs(n, mpq_numref(quotient));
    mpz_set(d, mpq_denref(quotient));
    long shift = WORK_BITS + (long)mpz_sizeinbase(d, 2) - (long)mpz_sizeinbase(n, 2);
    if (shift >= 0) {
        mpz_mul_2exp(n, n, (mp_bitcnt_t)shift);
    } else {
        mpz_mul_2exp(d, d, (mp_bitcnt_t)-shift);
    }
    mpz_fdiv_qr(n, rest, n, d);
    double x = round_scaled(n, mpz_sgn(rest) != 0, -shift);
    mpz_clears(n, d, rest, NULL);
    return sign < 0 ? -x : x;
}

/* The root of floor(q 4^k) is floor(sqrt(q) 2^k); k gives it WORK_BITS bits. */
double sch_quotient_root(const mpq_t quotient)
{
    if (mpq_sgn(quotient) <= 0) {
        return 0;
    }
    mpz_t n;
    mpz_t d;
    mpz_t rest;
    mpz_t under;
    mpz_inits(n, d, rest, under, NULL);
    mpz_set(n, mpq_numref(quotient));
    mpz_set(d, mpq_denref(quotient));
    long k = WORK_BITS + ((long)mpz_sizeinbase(d, 2) - (long)mpz_sizeinbase(n, 2)) / 2;
    if (k >= 0) {
        mpz_mul_2exp(n, n, (mp_bitcnt_t)(2 * k));
    } else {
        mpz_mul_2exp(d, d, (mp_bitcnt_t)(-2 * k));
    }
    mpz_fdiv_qr(n, under, n, d);
    bool more = mpz_sgn(under) != 0;
    mpz_sqrtrem(n, rest, n);
    more = more || mpz_sgn(rest) != 0;
    double x = round_scaled(n, more, -k);
    mpz_clears(n, d, rest, under, NULL);
    return x;
}
