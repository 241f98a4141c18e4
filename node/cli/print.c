#include "node/cli/print.h"

#include <stdio.h>
#include <string.h>

#include "node/base/file.h"
#include "node/query/chi_square.h"
#include "node/query/regression.h"
#include "node/query/result.h"

error_t sch_print_option(sch_print *print, int key, char *argument, const struct argp_state *state)
{
    static const char *const FORMATS[] = {"table", "csv", "json-stat", "json"};
    switch (key) {
    case 'o':
        print->path = argument;
        return 0;
    case 'F':
        for (unsigned i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
            if (strcmp(argument, FORMATS[i]) == 0) {
                print->format = (sch_print_format)i;
                return 0;
            }
        }
        argp_error(state, "there is no format %s; use table, csv, json-stat or json", argument);
        return 0;
    case SCH_PRINT_KEY_EMPTY:
        print->empty = true;
        return 0;
    case SCH_PRINT_KEY_CHI_SQUARE:
        print->analysis = SCH_ANALYSIS_CHI_SQUARE;
        return 0;
    case SCH_PRINT_KEY_REGRESSION:
        print->analysis = SCH_ANALYSIS_REGRESSION;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

sch_err sch_print_text(const sch_print *print, const sch_buf *text, sch_detail *detail)
{
    if (print->path != NULL) {
        return sch_file_write(print->path, text->data, text->bytes, SCH_FILE_SECRET, true, detail);
    }
    bool whole = fwrite(text->data, 1, text->bytes, stdout) == text->bytes && fflush(stdout) == 0;
    return sch_check(whole, SCH_IO, "the result could not be written to standard output");
}

void sch_print_check_options(const sch_print *print, const struct argp_state *state)
{
    if (print->analysis == SCH_ANALYSIS_NONE && print->format == SCH_PRINT_JSON) {
        argp_error(state, "a table is written as table, csv or json-stat");
    }
    if (print->analysis != SCH_ANALYSIS_NONE && print->format == SCH_PRINT_JSON_STAT) {
        argp_error(state, "an analysis is written as table, csv or json");
    }
}

sch_err sch_print_check(const sch_print *print, const sch_request *request, sch_detail *detail)
{
    switch (print->analysis) {
    case SCH_ANALYSIS_CHI_SQUARE:
        return sch_chi_square_check(request, detail);
    case SCH_ANALYSIS_REGRESSION:
        return sch_regression_check(request, detail);
    default:
        return SCH_NONE;
    }
}

/* The test; for people below the table that it is about. */
static sch_err format_chi_square(sch_buf *out, const sch_print *print, const sch_result *result, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_chi_square test;
    SCH_TRY(sch_chi_square_make(&test, result, detail));
    switch (print->format) {
    case SCH_PRINT_CSV:
        return sch_chi_square_print_csv(out, &test);
    case SCH_PRINT_JSON:
        return sch_chi_square_print_json(out, &test);
    default:
        SCH_TRY(sch_result_print_table(out, result));
        SCH_TRY(sch_buf_append_text(out, "\n"));
        SCH_TRY(sch_chi_square_print_text(out, &test));
        break;
    }
out:
    return err;
}

static sch_err format_regression(sch_buf *out, const sch_print *print, const sch_result *result, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_regression regression;
    SCH_TRY(sch_regression_make(&regression, result, detail));
    switch (print->format) {
    case SCH_PRINT_CSV:
        return sch_regression_print_csv(out, &regression);
    case SCH_PRINT_JSON:
        return sch_regression_print_json(out, &regression);
    default:
        SCH_TRY(sch_regression_print_table(out, &regression));
        return sch_result_print_links(out, result);
    }
out:
    return err;
}

static sch_err format_result(sch_buf *out, const sch_print *print, const sch_result *result, sch_detail *detail)
{
    if (print->analysis == SCH_ANALYSIS_CHI_SQUARE) {
        return format_chi_square(out, print, result, detail);
    }
    if (print->analysis == SCH_ANALYSIS_REGRESSION) {
        return format_regression(out, print, result, detail);
    }
    switch (print->format) {
    case SCH_PRINT_CSV:
        return sch_result_print_csv(out, result);
    case SCH_PRINT_JSON_STAT:
        return sch_result_print_json_stat(out, result);
    default:
        return sch_result_print_table(out, result);
    }
}

sch_err sch_print_answer(const sch_print *print, sch_session *session, const sch_status *status, const sch_plan *plan,
                         sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_answer answer = {0};
    sch_result result = {0};
    sch_buf text = {0};
    sch_result_options options = {.show_empty = print->empty};
    SCH_TRY(sch_fetch_answer(&answer, session, status, plan, detail));
    SCH_TRY(sch_result_make(&result, plan, &status->request, answer.values, answer.states, &options));
    SCH_TRY(format_result(&text, print, &result, detail));
    SCH_TRY(sch_print_text(print, &text, detail));
out:
    sch_buf_clear(&text);
    sch_result_clear(&result);
    sch_answer_clear(&answer);
    return err;
}
