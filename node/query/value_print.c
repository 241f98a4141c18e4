/* Values as text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/value.h"

enum {
    MOST_DIGITS = 17,        /* of a double: enough to read back the same one */
    PLAIN_EXPONENT_LOW = -7, /* the powers of ten that are written without an exponent */
    PLAIN_EXPONENT_HIGH = 20,
};

static const char ZEROS[] = "00000000000000000000"; /* PLAIN_EXPONENT_HIGH of them */

/* The fewest digits that read back as x > 0, and the power of ten of the first. */
static int shortest_digits(char digits[static MOST_DIGITS + 1], double x)
{
    char text[MOST_DIGITS + 16];
    int low = 0; /* where a number of digits is enough, every larger one is */
    int high = MOST_DIGITS - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        snprintf(text, sizeof text, "%.*e", middle, x);
        bool enough = strtod(text, NULL) == x;
        low = enough ? low : middle + 1;
        high = enough ? middle : high;
    }
    snprintf(text, sizeof text, "%.*e", low, x);
    size_t count = 0;
    char *c = text;
    for (; *c != '\0' && *c != 'e'; c++) {
        if (*c >= '0' && *c <= '9' && count < MOST_DIGITS) { /* whatever the locale puts between them */
            digits[count++] = *c;
        }
    }
    digits[count] = '\0';
    return *c == 'e' ? atoi(c + 1) : 0;
}

sch_err sch_double_print(sch_buf *out, double x)
{
    char digits[MOST_DIGITS + 1];
    const char *sign = x < 0 ? "-" : "";
    if (x == 0) {
        return sch_buf_append_text(out, "0");
    }
    int exponent = shortest_digits(digits, fabs(x));
    int count = (int)strlen(digits);
    if (exponent < PLAIN_EXPONENT_LOW || exponent > PLAIN_EXPONENT_HIGH) {
        return sch_buf_printf(out, "%s%c%s%se%d", sign, digits[0], count > 1 ? "." : "", digits + 1, exponent);
    }
    if (exponent < 0) {
        return sch_buf_printf(out, "%s0.%.*s%s", sign, -exponent - 1, ZEROS, digits);
    }
    if (count <= exponent + 1) {
        return sch_buf_printf(out, "%s%s%.*s", sign, digits, exponent + 1 - count, ZEROS);
    }
    return sch_buf_printf(out, "%s%.*s.%s", sign, exponent + 1, digits, digits + exponent + 1);
}

/* A whole number of 10^-decimals. */
static sch_err print_decimal(sch_buf *out, const mpq_t exact, unsigned decimals)
{
    sch_err err = SCH_NONE;
    char *digits = NULL;
    mpz_t scaled;
    mpz_init(scaled);
    mpz_ui_pow_ui(scaled, 10, decimals);
    mpz_mul(scaled, scaled, mpq_numref(exact));
    mpz_tdiv_q(scaled, scaled, mpq_denref(exact));
    bool negative = mpz_sgn(scaled) < 0;
    mpz_abs(scaled, scaled);
    digits = malloc(mpz_sizeinbase(scaled, 10) + 2);
    SCH_TRY(sch_check(digits != NULL, SCH_NO_MEMORY, "no memory for a number's digits"));
    (void)mpz_get_str(digits, 10, scaled);
    size_t count = strlen(digits);
    size_t whole = count > decimals ? count - decimals : 0;
    SCH_TRY(sch_buf_printf(out, "%s%.*s", negative ? "-" : "", whole > 0 ? (int)whole : 1, whole > 0 ? digits : "0"));
    if (decimals > 0) {
        SCH_TRY(sch_buf_append_text(out, "."));
        for (size_t i = count - whole; i < decimals; i++) {
            SCH_TRY(sch_buf_append_text(out, "0"));
        }
        SCH_TRY(sch_buf_append_text(out, digits + whole));
    }
out:
    free(digits);
    mpz_clear(scaled);
    return err;
}

/* Of a double beyond the largest one, which only a quotient can be. */
static sch_err print_number(sch_buf *out, const sch_value *value)
{
    double x = sch_value_double(value);
    return isfinite(x) ? sch_double_print(out, x) : SCH_NONE;
}

sch_err sch_value_print(sch_buf *out, const sch_value *value)
{
    switch (value->kind) {
    case SCH_VALUE_EXACT:
        return value->decimals == SCH_ANY_DECIMALS ? print_number(out, value)
                                                   : print_decimal(out, value->of.exact, value->decimals);
    case SCH_VALUE_REAL:
        return sch_double_print(out, value->of.real);
    case SCH_VALUE_BOOLEAN:
        return sch_buf_append_text(out, value->of.truth ? "true" : "false");
    case SCH_VALUE_TEXT:
        return sch_buf_append_text(out, value->of.text);
    default:
        return SCH_NONE;
    }
}
