/* value.h - the values of a finished table: exact numbers of any size, doubles, booleans and texts.
 *
 * Numbers stay exact as long as they can: sums are integers with decimals, averages and what is calculated from them
 * quotients. A quotient becomes a double where it is printed, or earlier where it would pass SCH_MAX_VALUE_BITS;
 * each such step gives the nearest double.
 *
 * The analyst's side only. GMP ends the program where memory is lacking; that bound is why no request can make it
 * lack. */
#ifndef SCH_NODE_QUERY_VALUE_H
#define SCH_NODE_QUERY_VALUE_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

enum {
    SCH_MAX_VALUE_BITS = 8192,    /* of numerator and denominator together */
    SCH_MAX_VALUE_DECIMALS = 100, /* that an exact number is printed with */
    SCH_ANY_DECIMALS = 255,       /* not a fixed number of them: printed as the nearest double */
};

typedef enum sch_value_kind {
    SCH_VALUE_SUPPRESSED = 0, /* it rests on something suppressed */
    SCH_VALUE_NULL,
    SCH_VALUE_ALL, /* a key, in a margin that sums over it; as an output only */
    SCH_VALUE_EXACT,
    SCH_VALUE_REAL,
    SCH_VALUE_BOOLEAN,
    SCH_VALUE_TEXT,
} sch_value_kind;

typedef struct sch_value {
    sch_value_kind kind;
    uint8_t decimals; /* of an exact one: a whole number of 10^-decimals; or SCH_ANY_DECIMALS */
    union {
        mpq_t exact; /* owned; canonical */
        double real; /* finite */
        bool truth;
        char *text; /* owned; UTF-8 */
    } of;
} sch_value;

/* Frees what it owns and makes it a zeroed one; accepts zeroed values. The setters below expect a zeroed value; a
 * value may be moved by assignment. */
void sch_value_clear(sch_value *value);

/* numerator / denominator, which is not 0. */
void sch_value_set_quotient(sch_value *value, const mpz_t numerator, const mpz_t denominator, unsigned decimals);
void sch_value_set_exact(sch_value *value, const mpq_t exact, unsigned decimals);
void sch_value_set_integer(sch_value *value, int64_t number, unsigned decimals); /* number x 10^-decimals */
void sch_value_set_real(sch_value *value, double real);                          /* NULL where it is not finite */
void sch_value_set_truth(sch_value *value, bool truth);
/* Errors of these two: SCH_NO_MEMORY. */
sch_err sch_value_set_text(sch_value *value, const char *text);
sch_err sch_value_copy(sch_value *value, const sch_value *from);

static inline bool sch_value_is_number(const sch_value *value)
{
    return value->kind == SCH_VALUE_EXACT || value->kind == SCH_VALUE_REAL;
}

/* A number as the nearest double. */
double sch_value_double(const sch_value *value);

/* Below 0, 0 or above 0; numbers exactly, also a double with an exact one, texts by their bytes, false before true.
 * Two numbers, two booleans or two texts. */
int sch_value_compare(const sch_value *a, const sch_value *b);

/* Appends a number as decimal text, "." as separator: one with decimals exactly and with all of them, another one as
 * the shortest text that reads back as its double; a boolean as true or false; a text as it stands. Appends nothing
 * for other kinds. Errors: SCH_NO_MEMORY. */
sch_err sch_value_print(sch_buf *out, const sch_value *value);

/* Appends a finite double as sch_value_print does. Errors: SCH_NO_MEMORY. */
sch_err sch_double_print(sch_buf *out, double x);

/* The nearest double to a quotient, and to the square root of one that is not negative: ties to even; infinite
 * beyond the largest one. */
double sch_quotient_double(const mpq_t quotient);
double sch_quotient_root(const mpq_t quotient);

#endif
