/* plan_cross_case.h - what the tests of expressions over several owners share: SQL's logic of three values, and rows
 * of three owners. */
#ifndef SCH_TESTS_UNIT_PLAN_CROSS_CASE_H
#define SCH_TESTS_UNIT_PLAN_CROSS_CASE_H

#include "tests/unit/plan_case.h"

/* ---- truth in SQL ---- */

enum { F = 0, T = 1, N = -1 };

static inline int not3(int a)
{
    return a == N ? N : 1 - a;
}

static inline int and3(int a, int b)
{
    return a == F || b == F ? F : a == N || b == N ? N : T;
}

static inline int or3(int a, int b)
{
    return not3(and3(not3(a), not3(b)));
}

/* NULL is NULL. */
static inline int less3(const int64_t *a, const int64_t *b)
{
    return a == NULL || b == NULL ? N : *a < *b;
}

static inline int equal3(const int64_t *a, const int64_t *b)
{
    return a == NULL || b == NULL ? N : *a == *b;
}

/* ---- rows ---- */

/* x: b.bedrag, y: p.inkomen, both with two decimals and -10000.00 to 10000.00, or empty; z: j.kosten, always there. */
enum { B = 0, P = 1, J = 2 };

typedef struct cross_row {
    const int64_t *x, *y, *z;
} cross_row;

/* What x and y may be; NULL of the last number. */
enum { CROSS_VALUES = 8 };
const int64_t *cross_value(size_t number);

extern const int64_t CROSS_ZERO, CROSS_HUNDRED, CROSS_BELOW; /* 0, 1.00, -1.00 */

/* FROM b JOIN p JOIN j, in place of what there was. */
void cross_join(plan_case *f);
/* Puts a row and runs the program. Of conditions and terms of one owner y > 0 and y + 1.50 are known. */
void cross_put(plan_case *f, cross_row r);

/* Columns and constants, made in the request. */
typedef struct makings {
    sch_request *r;
    uint32_t x, y, zero, hundred, below, null;
} makings;

makings cross_begin(plan_case *f);
/* y > 0. */
uint32_t cross_positive(const makings *m);

#endif
