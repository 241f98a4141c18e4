/* The result as an aligned table and as CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "node/query/result.h"

static const char EMPTY_CODE[] = "(empty)";
static const char REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+FFFD */

static bool is_key(const sch_result *result, size_t output)
{
    return result->plan->output[output].kind == SCH_OUTPUT_KEY;
}

static const sch_value *value_of(const sch_result *result, size_t row, size_t output)
{
    return &result->value[row * result->plan->output_count + output];
}

/* The text of a key in a row; false for empty. */
static bool key_text(const sch_result *result, size_t row, size_t output, char *text, size_t text_bytes)
{
    size_t key = result->plan->output[output].key;
    return sch_column_code_text(result->plan->key[key].column, sch_result_code(result, row, key), text, text_bytes);
}

/* ---- table ---- */

/* Appends what a terminal shows as characters and nothing that it obeys; gives the number of columns that it takes. */
static sch_err append_visible(sch_buf *out, size_t *width, const char *text)
{
    sch_err err = SCH_NONE;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text);
    *width = 0;
    while (left > 0) {
        utf8proc_int32_t point = 0;
        utf8proc_ssize_t bytes = utf8proc_iterate(at, left, &point);
        bool good = bytes > 0;
        bytes = good ? bytes : 1;
        good = good && sch_text_is_printable(at, (size_t)bytes);
        if (good) {
            SCH_TRY(sch_buf_append(out, at, (size_t)bytes));
        } else {
            SCH_TRY(sch_buf_append_text(out, REPLACEMENT));
        }
        *width += good ? (size_t)utf8proc_charwidth(point) : 1;
        at += bytes;
        left -= bytes;
    }
out:
    return err;
}

static sch_err cell_text(sch_buf *out, size_t *width, const sch_result *result, size_t row, size_t output)
{
    sch_err err = SCH_NONE;
    if (is_key(result, output)) {
        char text[SCH_MAX_CODE_BYTES + 1];
        return append_visible(out, width, key_text(result, row, output, text, sizeof text) ? text : EMPTY_CODE);
    }
    size_t before = out->bytes;
    const sch_value *value = value_of(result, row, output);
    if (value->state == SCH_STATE_SUPPRESSED) {
        SCH_TRY(sch_buf_append_text(out, "."));
    } else if (value->state == SCH_STATE_NULL) {
        SCH_TRY(sch_buf_append_text(out, "NULL"));
    } else {
        SCH_TRY(sch_value_print(out, value));
    }
    *width = out->bytes - before;
out:
    return err;
}

/* A text padded to a column: keys to the left, numbers to the right. */
static sch_err append_padded(sch_buf *out, const sch_buf *text, size_t width, size_t column_width, bool left, bool last)
{
    sch_err err = SCH_NONE;
    int pad = (int)(column_width > width ? column_width - width : 0);
    SCH_TRY(sch_buf_printf(out, "%*s", left ? 0 : pad, ""));
    SCH_TRY(sch_buf_append(out, text->data, text->bytes));
    SCH_TRY(sch_buf_printf(out, "%*s%s", left && !last ? pad : 0, "", last ? "\n" : "  "));
out:
    return err;
}

static sch_err measure(size_t *column_width, const sch_result *result, const sch_result_options *options)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    size_t width = 0;
    for (size_t i = 0; i < result->plan->output_count; i++) {
        text.bytes = 0;
        SCH_TRY(append_visible(&text, &column_width[i], result->request->output[i].name));
    }
    for (size_t row = 0; row < result->row_count; row++) {
        for (size_t i = 0; i < result->plan->output_count && sch_result_row_is_visible(result, row, options); i++) {
            text.bytes = 0;
            SCH_TRY(cell_text(&text, &width, result, row, i));
            column_width[i] = width > column_width[i] ? width : column_width[i];
        }
    }
out:
    sch_buf_clear(&text);
    return err;
}

static sch_err print_heading(sch_buf *out, const sch_result *result, const size_t *column_width)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    size_t width = 0;
    size_t count = result->plan->output_count;
    for (size_t i = 0; i < count; i++) {
        text.bytes = 0;
        SCH_TRY(append_visible(&text, &width, result->request->output[i].name));
        SCH_TRY(append_padded(out, &text, width, column_width[i], is_key(result, i), i + 1 == count));
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < column_width[i]; j++) {
            SCH_TRY(sch_buf_append_text(out, "-"));
        }
        SCH_TRY(sch_buf_append_text(out, i + 1 == count ? "\n" : "  "));
    }
out:
    sch_buf_clear(&text);
    return err;
}

static size_t count_partly_suppressed(const sch_result *result)
{
    size_t count = 0;
    for (size_t row = 0; row < result->row_count; row++) {
        for (size_t i = 0; i < result->plan->output_count && result->row[row] == SCH_ROW_SHOWN; i++) {
            count += !is_key(result, i) && value_of(result, row, i)->state == SCH_STATE_SUPPRESSED;
        }
    }
    return count;
}

static sch_err print_footnotes(sch_buf *out, const sch_result *result, const sch_result_options *options)
{
    sch_err err = SCH_NONE;
    char reason[SCH_REASON_BYTES];
    size_t partly = count_partly_suppressed(result);
    sch_result_reason(reason, result);
    if (result->suppressed_count > 0) {
        SCH_TRY(sch_buf_printf(out, "\n. = suppressed: %s (%zu %s)\n", reason, result->suppressed_count,
                               result->suppressed_count == 1 ? "row" : "rows"));
    }
    if (partly > 0) {
        SCH_TRY(sch_buf_printf(out, "\n. = suppressed: %s with a value (%zu more %s)\n", reason, partly,
                               partly == 1 ? "value" : "values"));
    }
    if (result->empty_count > 0 && !options->show_empty) {
        SCH_TRY(sch_buf_printf(out, "\n%zu %s without persons not shown\n", result->empty_count,
                               result->empty_count == 1 ? "row" : "rows"));
    }
out:
    return err;
}

sch_err sch_result_print_table(sch_buf *out, const sch_result *result, const sch_result_options *options)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    size_t column_width[SCH_MAX_OUTPUTS] = {0};
    size_t count = result->plan->output_count;
    SCH_TRY(measure(column_width, result, options));
    SCH_TRY(print_heading(out, result, column_width));
    for (size_t row = 0; row < result->row_count; row++) {
        for (size_t i = 0; i < count && sch_result_row_is_visible(result, row, options); i++) {
            size_t width = 0;
            text.bytes = 0;
            SCH_TRY(cell_text(&text, &width, result, row, i));
            SCH_TRY(append_padded(out, &text, width, column_width[i], is_key(result, i), i + 1 == count));
        }
    }
    SCH_TRY(print_footnotes(out, result, options));
out:
    sch_buf_clear(&text);
    return err;
}

/* ---- CSV ---- */

/* A field; quoted where RFC 4180 asks for it, and where an empty text has to differ from no value. */
static sch_err append_field(sch_buf *out, const char *text)
{
    sch_err err = SCH_NONE;
    if (text[0] != '\0' && strpbrk(text, ",\"\r\n") == NULL) {
        return sch_buf_append_text(out, text);
    }
    SCH_TRY(sch_buf_append_text(out, "\""));
    for (const char *c = text; *c != '\0'; c++) {
        SCH_TRY(sch_buf_append(out, "\"", *c == '"' ? 1 : 0));
        SCH_TRY(sch_buf_append(out, c, 1));
    }
    SCH_TRY(sch_buf_append_text(out, "\""));
out:
    return err;
}

static sch_err print_csv_row(sch_buf *out, const sch_result *result, size_t row)
{
    sch_err err = SCH_NONE;
    bool any = false;
    for (size_t i = 0; i < result->plan->output_count; i++) {
        if (is_key(result, i)) {
            char text[SCH_MAX_CODE_BYTES + 1];
            if (key_text(result, row, i, text, sizeof text)) {
                SCH_TRY(append_field(out, text));
            }
        } else {
            any = any || value_of(result, row, i)->state == SCH_STATE_SUPPRESSED;
            SCH_TRY(sch_value_print(out, value_of(result, row, i)));
        }
        SCH_TRY(sch_buf_append_text(out, ","));
    }
    if (any || result->row[row] == SCH_ROW_SUPPRESSED) {
        char reason[SCH_REASON_BYTES];
        SCH_TRY(sch_buf_append_text(out, sch_result_reason(reason, result)));
        SCH_TRY(sch_buf_append_text(out, result->row[row] == SCH_ROW_SUPPRESSED ? "" : " with a value"));
    }
    SCH_TRY(sch_buf_append_text(out, "\r\n"));
out:
    return err;
}

sch_err sch_result_print_csv(sch_buf *out, const sch_result *result, const sch_result_options *options)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < result->plan->output_count; i++) {
        SCH_TRY(append_field(out, result->request->output[i].name));
        SCH_TRY(sch_buf_append_text(out, ","));
    }
    SCH_TRY(sch_buf_append_text(out, "suppressed\r\n"));
    for (size_t row = 0; row < result->row_count; row++) {
        if (sch_result_row_is_visible(result, row, options)) {
            SCH_TRY(print_csv_row(out, result, row));
        }
    }
out:
    return err;
}
