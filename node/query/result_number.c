/* Exact numbers as text. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/result.h"

enum {
    DOUBLE_BITS = 53,
    MOST_DIGITS = 17,        /* of a double: enough to read back the same one */
    PLAIN_EXPONENT_LOW = -7, /* the powers of ten that are written without an exponent */
    PLAIN_EXPONENT_HIGH = 20,
};

static const char ZEROS[] = "00000000000000000000"; /* PLAIN_EXPONENT_HIGH of them */

/* Long division in base 2, to 53 bits and one to round by; the rest tells whether that one decides alone. The divisor is
 * below 2^63 x 10^18 < 2^123, so no step passes 128 bits. */
double sch_value_double(const sch_value *value)
{
    unsigned __int128 divisor = value->denominator > 0 ? value->denominator : 1;
    uint64_t magnitude = value->numerator < 0 ? -(uint64_t)value->numerator : (uint64_t)value->numerator;
    for (unsigned i = 0; i < value->decimals; i++) {
        divisor *= 10;
    }
    if (magnitude == 0) {
        return 0;
    }
    uint64_t quotient = (uint64_t)(magnitude / divisor);
    unsigned __int128 rest = magnitude % divisor;
    int exponent = 0;
    bool sticky = false;
    while (quotient >> (DOUBLE_BITS + 1) != 0) {
        sticky = sticky || (quotient & 1) != 0;
        quotient >>= 1;
        exponent++;
    }
    while (quotient >> DOUBLE_BITS == 0) {
        rest *= 2;
        quotient = quotient * 2 + (rest >= divisor ? 1 : 0);
        rest -= rest >= divisor ? divisor : 0;
        exponent--;
    }
    sticky = sticky || rest != 0;
    bool half = (quotient & 1) != 0;
    quotient >>= 1;
    quotient += half && (sticky || (quotient & 1) != 0) ? 1 : 0;
    double result = ldexp((double)quotient, exponent + 1);
    return value->numerator < 0 ? -result : result;
}

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

static sch_err print_average(sch_buf *out, const sch_value *value)
{
    double x = sch_value_double(value);
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

static sch_err print_exactly(sch_buf *out, const sch_value *value)
{
    uint64_t magnitude = value->numerator < 0 ? -(uint64_t)value->numerator : (uint64_t)value->numerator;
    const char *sign = value->numerator < 0 ? "-" : "";
    uint64_t one = 1;
    for (unsigned i = 0; i < value->decimals; i++) {
        one *= 10;
    }
    if (value->decimals == 0) {
        return sch_buf_printf(out, "%s%" PRIu64, sign, magnitude);
    }
    return sch_buf_printf(out, "%s%" PRIu64 ".%0*" PRIu64, sign, magnitude / one, value->decimals, magnitude % one);
}

sch_err sch_value_print(sch_buf *out, const sch_value *value)
{
    if (value->state != SCH_STATE_NUMBER) {
        return SCH_NONE;
    }
    return value->denominator > 0 ? print_average(out, value) : print_exactly(out, value);
}
