#include "tests/unit/plan_cross_case.h"

const int64_t CROSS_ZERO = 0, CROSS_HUNDRED = 100, CROSS_BELOW = -100;

const int64_t *cross_value(size_t number)
{
    static const int64_t value[CROSS_VALUES] = {-1000000, -300, -100, 0, 100, 101, 300, 1000000};
    return number < CROSS_VALUES ? &value[number] : NULL;
}

void cross_join(plan_case *f)
{
    sch_column *x = fixed_column(&f->fixed, GEMEENTE, "bijstand", "bedrag");
    sch_column *y = fixed_column(&f->fixed, CBS, "personen", "inkomen");
    x->minimum = y->minimum = -1000000;
    x->maximum = y->maximum = 1000000;
    plan_again(f);
    assert_int_equal(plan_join(f, GEMEENTE, "bijstand", "b"), B);
    assert_int_equal(plan_join(f, CBS, "personen", "p"), P);
    assert_int_equal(plan_join(f, PARTNER, "jeugdhulp", "j"), J);
}

void cross_put(plan_case *f, cross_row r)
{
    const int positive = less3(&CROSS_ZERO, r.y);
    const int64_t is = positive == T, is_not = positive == F, more = r.y != NULL ? *r.y + 150 : 0;
    plan_row(f);
    (void)plan_put_if(f, B, "r0.\"bedrag\"", r.x);
    (void)plan_put_if(f, P, "r0.\"inkomen\"", r.y);
    (void)plan_put_if(f, J, "r0.\"kosten\"", r.z);
    (void)plan_put_if(f, P, "CAST(COALESCE((r0.\"inkomen\" > CAST(0 AS BIGINT)), FALSE) AS BIGINT)", &is);
    (void)plan_put_if(f, P, "CAST(COALESCE(NOT (r0.\"inkomen\" > CAST(0 AS BIGINT)), FALSE) AS BIGINT)", &is_not);
    (void)plan_put_if(f, P, "CAST((r0.\"inkomen\" > CAST(0 AS BIGINT)) AS BIGINT)", positive != N ? &is : NULL);
    (void)plan_put_if(f, P, "(r0.\"inkomen\" + CAST(150 AS BIGINT))", r.y != NULL ? &more : NULL);
    plan_run(f);
}

makings cross_begin(plan_case *f)
{
    sch_request *r = &f->request;
    makings m = {.r = r};
    m.x = build_col(r, B, "bedrag");
    m.y = build_col(r, P, "inkomen");
    m.zero = build_number(r, 0, 0);
    m.hundred = build_number(r, 100, 2);
    m.below = build_number(r, -100, 2);
    m.null = build_null(r);
    return m;
}

uint32_t cross_positive(const makings *m)
{
    return build_op2(m->r, SCH_OP_GREATER, m->y, m->zero);
}
