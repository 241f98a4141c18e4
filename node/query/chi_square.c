#include "node/query/chi_square.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_EXPECTED = 5 };

/* ---- the distribution ---- */

double sch_chi_square_above(double x, size_t freedom)
{
    double half = x / 2;
    bool odd = freedom % 2 == 1;
    if (!(half > 0)) {
        return 1;
    }
    /* Even: the sum over i < freedom / 2 of e^-half half^i / i!. Odd: i + 1/2 in the place of i, and what is beyond
     * sqrt(x) of a normal variable. */
    double sum = odd ? erfc(sqrt(half)) : 0;
    for (size_t i = 0; i < freedom / 2; i++) {
        double power = (double)i + (odd ? 0.5 : 0);
        sum += exp(power * log(half) - half - lgamma(power + 1));
    }
    return sum < 1 ? sum : 1;
}

/* ---- the table ---- */

/* The first output that is a count, or output_count. */
static size_t find_count(const sch_request *r)
{
    size_t i = 0;
    for (; i < r->output_count; i++) {
        sch_op op = r->expression[r->output[i].expression].op;
        if (op == SCH_OP_COUNT_ROWS || op == SCH_OP_COUNT || op == SCH_OP_COUNT_PERSONS) {
            break;
        }
    }
    return i;
}

static bool shows_cells(const sch_request *r)
{
    bool shown = r->set_count == 0;
    for (size_t i = 0; i < r->set_count; i++) {
        shown = shown || r->set[i] == 3;
    }
    return shown;
}

static sch_err refuse(sch_detail *detail, const char *why)
{
    sch_detail_set(detail, "no chi-square test: %s", why);
    return sch_fail(SCH_BAD_INPUT, "the table is none for a chi-square test");
}

sch_err sch_chi_square_check(const sch_request *r, sch_detail *detail)
{
    if (r->group_by_count != 2 || !shows_cells(r)) {
        return refuse(detail, "it takes a table by two columns; GROUP BY exactly two");
    }
    if (find_count(r) == r->output_count) {
        return refuse(detail, "it takes counts; add COUNT(*) or COUNT(DISTINCT ...) to the SELECT");
    }
    if (r->has_having || r->has_limit) {
        return refuse(detail, "it takes all cells; leave HAVING and LIMIT out");
    }
    return SCH_NONE;
}

/* Counts by rows and columns, with their totals. */
typedef struct counts {
    size_t size[2];
    double *cell;     /* owned; size[0] x size[1] */
    double *total[2]; /* owned */
    double n;
} counts;

static void counts_clear(counts *c)
{
    free(c->cell);
    free(c->total[0]);
    free(c->total[1]);
}

static sch_err read_counts(counts *c, const sch_result *result, sch_detail *detail)
{
    size_t output = find_count(result->request);
    size_t suppressed = 0;
    for (size_t k = 0; k < 2; k++) {
        c->size[k] = result->plan->key[k].domain;
        c->total[k] = calloc(c->size[k], sizeof *c->total[k]);
    }
    c->cell = calloc(c->size[0] * c->size[1], sizeof *c->cell);
    if (c->cell == NULL || c->total[0] == NULL || c->total[1] == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for the chi-square test");
    }
    for (size_t i = 0; i < result->row_count; i++) {
        const sch_row *row = &result->row[i];
        if (row->code[0] == SCH_CODE_ALL || row->code[1] == SCH_CODE_ALL) {
            continue;
        }
        const sch_value *value = &row->value[output];
        double count = sch_value_is_number(value) ? sch_value_double(value) : 0;
        suppressed += sch_value_is_number(value) ? 0 : 1;
        c->cell[row->code[0] * c->size[1] + row->code[1]] = count;
        c->total[0][row->code[0]] += count;
        c->total[1][row->code[1]] += count;
        c->n += count;
    }
    if (suppressed > 0) {
        char reason[SCH_REASON_BYTES];
        sch_detail_set(
            detail,
            "no chi-square test: %zu of %zu cells are suppressed (%s), and it takes all counts; group more coarsely",
            suppressed, c->size[0] * c->size[1], sch_result_reason(reason, result));
        return sch_fail(SCH_DENIED, "cells of the table are suppressed");
    }
    return SCH_NONE;
}

static void add_up(sch_chi_square *test, const counts *c)
{
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < c->size[k]; i++) {
            test->categories[k] += c->total[k][i] > 0 ? 1 : 0;
        }
    }
    for (size_t i = 0; i < c->size[0]; i++) {
        for (size_t j = 0; j < c->size[1]; j++) {
            double expected = c->n > 0 ? c->total[0][i] * (c->total[1][j] / c->n) : 0;
            if (expected > 0) {
                double off = c->cell[i * c->size[1] + j] - expected;
                test->statistic += off * off / expected;
                test->few += expected < LEAST_EXPECTED ? 1 : 0;
            }
        }
    }
}

sch_err sch_chi_square_make(sch_chi_square *test, const sch_result *result, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    counts c = {.n = 0};
    *test = (sch_chi_square){.n = 0};
    SCH_TRY(sch_chi_square_check(result->request, detail));
    SCH_TRY(read_counts(&c, result, detail));
    add_up(test, &c);
    for (size_t k = 0; k < 2; k++) {
        const sch_column *column = result->plan->key[k].column;
        test->key[k] = column != NULL ? column->name : "organisation";
    }
    test->count = result->request->output[find_count(result->request)].name;
    test->n = c.n;
    if (test->categories[0] < 2 || test->categories[1] < 2) {
        SCH_TRY(refuse(detail, "all are in one category of one of the columns"));
    }
    test->freedom = (test->categories[0] - 1) * (test->categories[1] - 1);
    test->p = sch_chi_square_above(test->statistic, test->freedom);
out:
    counts_clear(&c);
    return err;
}

/* ---- printed forms ---- */

static size_t cells_of(const sch_chi_square *test)
{
    return test->categories[0] * test->categories[1];
}

sch_err sch_chi_square_print_text(sch_buf *out, const sch_chi_square *test)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_printf(out, "chi-square test of independence of %s and %s, by %s\n", test->key[0], test->key[1],
                           test->count));
    SCH_TRY(sch_buf_printf(out, "statistic %.7g, degrees of freedom %zu, p-value %.4g\n", test->statistic,
                           test->freedom, test->p));
    if (test->few > 0) {
        SCH_TRY(sch_buf_printf(out, "%zu of %zu cells expect fewer than %d: the p-value is not exact\n", test->few,
                               cells_of(test), LEAST_EXPECTED));
    }
out:
    return err;
}

sch_err sch_chi_square_print_csv(sch_buf *out, const sch_chi_square *test)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "statistic,degrees_of_freedom,p_value,n,cells,cells_expected_below_5\r\n"));
    SCH_TRY(sch_double_print(out, test->statistic));
    SCH_TRY(sch_buf_printf(out, ",%zu,", test->freedom));
    SCH_TRY(sch_double_print(out, test->p));
    SCH_TRY(sch_buf_printf(out, ",%.0f,%zu,%zu\r\n", test->n, cells_of(test), test->few));
out:
    return err;
}

sch_err sch_chi_square_print_json(sch_buf *out, const sch_chi_square *test)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "{\"statistic\": "));
    SCH_TRY(sch_double_print(out, test->statistic));
    SCH_TRY(sch_buf_printf(out, ", \"degrees_of_freedom\": %zu, \"p_value\": ", test->freedom));
    SCH_TRY(sch_double_print(out, test->p));
    SCH_TRY(sch_buf_printf(out, ", \"n\": %.0f, \"cells\": %zu, \"cells_expected_below_5\": %zu}\n", test->n,
                           cells_of(test), test->few));
out:
    return err;
}
