#include "node/query/regression.h"

#include <stdio.h>
#include <string.h>

#include "node/query/formula.h"

_Static_assert((int)SCH_MAX_VARIABLES == (int)SCH_MAX_TERMS, "y is in the place of the constant");

/* ---- what a request has to look like ---- */

/* How many comparisons a request may cost: shared expressions could stand for a tree without end. */
enum { MOST_COMPARISONS = 100000 };

static bool is_same(const sch_request *r, uint32_t a, uint32_t b, size_t *left)
{
    const sch_expression *x = &r->expression[a];
    const sch_expression *y = &r->expression[b];
    if (a == b) {
        return true;
    }
    bool same = *left > 0 && x->op == y->op && x->argument_count == y->argument_count && x->number == y->number &&
                x->decimals == y->decimals && x->data_set == y->data_set && (x->text == NULL) == (y->text == NULL) &&
                (x->text == NULL || strcmp(x->text, y->text) == 0);
    *left -= *left > 0 ? 1 : 0;
    for (size_t i = 0; same && i < x->argument_count; i++) {
        same = is_same(r, x->argument[i], y->argument[i], left);
    }
    return same;
}

static const sch_expression *output_of(const sch_request *r, size_t output)
{
    return &r->expression[r->output[output].expression];
}

/* The number of variables that so many outputs belong to; 0 where it is none. */
static size_t variables_of(size_t outputs)
{
    for (size_t v = 2; v <= SCH_MAX_VARIABLES; v++) {
        if (1 + v + v * (v + 1) / 2 == outputs) {
            return v;
        }
    }
    return 0;
}

/* The output with the covariance of variables i <= j. */
static size_t covariance_output(size_t variables, size_t i, size_t j)
{
    return 1 + variables + i * variables - i * (i + 1) / 2 + j;
}

static bool is_covariance(const sch_request *r, size_t variables, size_t i, size_t j, size_t *left)
{
    const sch_expression *e = output_of(r, covariance_output(variables, i, j));
    bool same = e->op == (i == j ? SCH_OP_VAR_POP : SCH_OP_COVAR_POP) &&
                is_same(r, e->argument[0], output_of(r, 1 + i)->argument[0], left);
    return same && (i == j || is_same(r, e->argument[1], output_of(r, 1 + j)->argument[0], left));
}

sch_err sch_regression_check(const sch_request *r, sch_detail *detail)
{
    size_t left = MOST_COMPARISONS;
    size_t variables = variables_of(r->output_count);
    bool fits = variables > 0 && r->group_by_count == 0 && !r->has_having && !r->has_limit &&
                output_of(r, 0)->op == SCH_OP_COUNT_ROWS;
    for (size_t i = 0; fits && i < variables; i++) {
        fits = output_of(r, 1 + i)->op == SCH_OP_SUM;
    }
    for (size_t i = 0; fits && i < variables; i++) {
        for (size_t j = i; fits && j < variables; j++) {
            fits = is_covariance(r, variables, i, j, &left);
        }
    }
    if (!fits) {
        sch_detail_set(detail, "this request does not ask for what a regression needs; 'schakel regress' does");
        return sch_fail(SCH_BAD_INPUT, "the request is not one of a regression");
    }
    return SCH_NONE;
}

/* ---- the moments ---- */

static sch_err check_values(const sch_result *result, sch_detail *detail)
{
    for (size_t i = 0; i < result->request->output_count; i++) {
        const sch_value *value = &result->row[0].value[i];
        if (value->kind == SCH_VALUE_SUPPRESSED) {
            char reason[SCH_REASON_BYTES];
            sch_detail_set(detail, "no regression: %s of its %zu sums is suppressed, since it rests on %s",
                           result->request->output[i].name, result->request->output_count,
                           sch_result_reason(reason, result));
            return sch_fail(SCH_DENIED, "the sums of the regression are suppressed");
        }
        if (value->kind != SCH_VALUE_EXACT || mpq_sgn(result->row[0].value[0].of.exact) <= 0) {
            sch_detail_set(detail, "no regression: there are no records in which all its columns have values");
            return sch_fail(SCH_BAD_INPUT, "there are no records");
        }
    }
    return SCH_NONE;
}

/* The sum of the products of rows i <= j of the matrix: the constant, the explanatory columns, y (which is the first
 * variable). Of two variables it is n times their covariance and S_a S_b / n. */
static void set_moment(mpq_t out, const sch_result *result, size_t variables, size_t i, size_t j)
{
    const sch_value *value = result->row[0].value;
    size_t a = i == variables ? 0 : i;
    size_t b = j == variables ? 0 : j;
    if (i == 0) {
        mpq_set(out, value[j == 0 ? 0 : 1 + b].of.exact);
        return;
    }
    mpq_t t;
    mpq_init(t);
    size_t covariance = a < b ? covariance_output(variables, a, b) : covariance_output(variables, b, a);
    mpq_mul(out, value[1 + a].of.exact, value[1 + b].of.exact);
    mpq_div(out, out, value[0].of.exact);
    mpq_mul(t, value[covariance].of.exact, value[0].of.exact);
    mpq_add(out, out, t);
    mpq_clear(t);
}

/* Names the columns that are collinear. */
static void tell_collinear(const sch_regression *r, const sch_collinear *collinear, sch_detail *detail)
{
    char with[SCH_DETAIL_BYTES / 2] = "";
    for (size_t j = 1; j < collinear->term; j++) {
        if (collinear->with[j]) {
            size_t used = strlen(with);
            snprintf(with + used, sizeof with - used, "%s%s", used > 0 ? ", " : "", r->term[j]);
        }
    }
    if (with[0] == '\0') {
        sch_detail_set(detail, "%s is the same in all records; leave it out", r->term[collinear->term]);
    } else {
        sch_detail_set(detail, "%s is a combination of %s; leave one of these columns out", r->term[collinear->term],
                       with);
    }
}

sch_err sch_regression_make(sch_regression *r, const sch_result *result, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    mpq_t moments[(SCH_MAX_TERMS + 1) * (SCH_MAX_TERMS + 1)];
    sch_collinear collinear = {0};
    *r = (sch_regression){.term = {"(constant)"}};
    err = sch_regression_check(result->request, detail);
    if (!sch_failed(err)) {
        err = check_values(result, detail);
    }
    if (sch_failed(err)) {
        return err;
    }
    size_t variables = variables_of(result->request->output_count);
    size_t size = variables + 1;
    r->dependent = result->request->output[1].name;
    for (size_t i = 1; i < variables; i++) {
        r->term[i] = result->request->output[1 + i].name;
    }
    for (size_t i = 0; i < size * size; i++) {
        size_t a = i / size < i % size ? i / size : i % size;
        size_t b = i / size < i % size ? i % size : i / size;
        mpq_init(moments[i]);
        set_moment(moments[i], result, variables, a, b);
    }
    err = sch_least_squares_solve(&r->fit, &collinear, moments, variables);
    if (collinear.term > 0) {
        tell_collinear(r, &collinear, detail);
    }
    for (size_t i = 0; i < size * size; i++) {
        mpq_clear(moments[i]);
    }
    return err;
}

/* ---- printed forms ---- */

static sch_err print_seven(sch_buf *out, bool there, double x)
{
    return there ? sch_buf_printf(out, "  %14.7g", x) : sch_buf_printf(out, "  %14s", "");
}

sch_err sch_regression_print_table(sch_buf *out, const sch_regression *r)
{
    sch_err err = SCH_NONE;
    int width = (int)strlen("(constant)");
    for (size_t j = 1; j < r->fit.terms; j++) {
        width = (int)strlen(r->term[j]) > width ? (int)strlen(r->term[j]) : width;
    }
    SCH_TRY(sch_buf_printf(out, "%-*s  %14s  %14s  %14s\n", width, r->dependent, "coefficient", "std. error", "t"));
    for (int i = 0; i < width + 3 * 16; i++) {
        bool gap = i >= width && (i - width) % 16 < 2;
        SCH_TRY(sch_buf_append_text(out, gap ? " " : "-"));
    }
    SCH_TRY(sch_buf_append_text(out, "\n"));
    for (size_t j = 0; j < r->fit.terms; j++) {
        SCH_TRY(sch_buf_printf(out, "%-*s", width, r->term[j]));
        SCH_TRY(print_seven(out, true, r->fit.coefficient[j]));
        SCH_TRY(print_seven(out, true, r->fit.error[j]));
        SCH_TRY(print_seven(out, !r->fit.perfect, r->fit.t[j]));
        SCH_TRY(sch_buf_append_text(out, "\n"));
    }
    SCH_TRY(sch_buf_printf(out, "\n%.0f records, %.0f degrees of freedom\nresidual standard error %.7g\n", r->fit.n,
                           r->fit.freedom, r->fit.residual_error));
    if (r->fit.varies) {
        SCH_TRY(sch_buf_printf(out, "R2 %.7g, adjusted R2 %.7g\n", r->fit.r2, r->fit.adjusted_r2));
    }
out:
    return err;
}

/* A number, or what stands for none. */
static sch_err print_or(sch_buf *out, const char *before, bool there, double x, const char *none)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, before));
    SCH_TRY(there ? sch_double_print(out, x) : sch_buf_append_text(out, none));
out:
    return err;
}

/* Between quotes; a quote is written as `twice`. Names have no characters that a line could break at (proto/text.h). */
static sch_err print_quoted(sch_buf *out, const char *text, bool json)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "\""));
    for (const char *c = text; *c != '\0'; c++) {
        bool escaped = *c == '"' || (json && *c == '\\');
        SCH_TRY(sch_buf_append(out, json ? "\\" : "\"", escaped ? 1 : 0));
        SCH_TRY(sch_buf_append(out, c, 1));
    }
    SCH_TRY(sch_buf_append_text(out, "\""));
out:
    return err;
}

sch_err sch_regression_print_csv(sch_buf *out, const sch_regression *r)
{
    sch_err err = SCH_NONE;
    const sch_least_squares *fit = &r->fit;
    SCH_TRY(sch_buf_append_text(out, "dependent,term,coefficient,standard_error,t,n,degrees_of_freedom,"
                                     "residual_standard_error,r2,adjusted_r2\r\n"));
    for (size_t j = 0; j < fit->terms; j++) {
        SCH_TRY(print_quoted(out, r->dependent, false));
        SCH_TRY(sch_buf_append_text(out, ","));
        SCH_TRY(print_quoted(out, r->term[j], false));
        SCH_TRY(print_or(out, ",", true, fit->coefficient[j], ""));
        SCH_TRY(print_or(out, ",", true, fit->error[j], ""));
        SCH_TRY(print_or(out, ",", !fit->perfect, fit->t[j], ""));
        SCH_TRY(sch_buf_printf(out, ",%.0f,%.0f", fit->n, fit->freedom));
        SCH_TRY(print_or(out, ",", true, fit->residual_error, ""));
        SCH_TRY(print_or(out, ",", fit->varies, fit->r2, ""));
        SCH_TRY(print_or(out, ",", fit->varies, fit->adjusted_r2, ""));
        SCH_TRY(sch_buf_append_text(out, "\r\n"));
    }
out:
    return err;
}

sch_err sch_regression_print_json(sch_buf *out, const sch_regression *r)
{
    sch_err err = SCH_NONE;
    const sch_least_squares *fit = &r->fit;
    SCH_TRY(sch_buf_append_text(out, "{\"dependent\": "));
    SCH_TRY(print_quoted(out, r->dependent, true));
    SCH_TRY(sch_buf_printf(out, ", \"n\": %.0f, \"degrees_of_freedom\": %.0f", fit->n, fit->freedom));
    SCH_TRY(print_or(out, ", \"residual_standard_error\": ", true, fit->residual_error, "null"));
    SCH_TRY(print_or(out, ", \"r2\": ", fit->varies, fit->r2, "null"));
    SCH_TRY(print_or(out, ", \"adjusted_r2\": ", fit->varies, fit->adjusted_r2, "null"));
    SCH_TRY(sch_buf_append_text(out, ", \"terms\": ["));
    for (size_t j = 0; j < fit->terms; j++) {
        SCH_TRY(sch_buf_append_text(out, j > 0 ? ", {\"term\": " : "{\"term\": "));
        SCH_TRY(print_quoted(out, r->term[j], true));
        SCH_TRY(print_or(out, ", \"coefficient\": ", true, fit->coefficient[j], "null"));
        SCH_TRY(print_or(out, ", \"standard_error\": ", true, fit->error[j], "null"));
        SCH_TRY(print_or(out, ", \"t\": ", !fit->perfect, fit->t[j], "null"));
        SCH_TRY(sch_buf_append_text(out, "}"));
    }
    SCH_TRY(sch_buf_append_text(out, "]}\n"));
out:
    return err;
}
