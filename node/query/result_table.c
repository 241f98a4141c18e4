/* The result as an aligned table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "node/query/request_text.h"
#include "node/query/result.h"

static const char EMPTY_CODE[] = "(empty)";
static const char ALL_CODES[] = "(all)";
static const char REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+FFFD */

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

static sch_err value_text(sch_buf *out, size_t *width, const sch_value *value)
{
    sch_err err = SCH_NONE;
    size_t before = out->bytes;
    switch (value->kind) {
    case SCH_VALUE_TEXT:
        return append_visible(out, width, value->of.text);
    case SCH_VALUE_SUPPRESSED:
        SCH_TRY(sch_buf_append_text(out, "."));
        break;
    case SCH_VALUE_NULL:
        SCH_TRY(sch_buf_append_text(out, "NULL"));
        break;
    default:
        SCH_TRY(sch_value_print(out, value));
        break;
    }
    *width = out->bytes - before;
out:
    return err;
}

static sch_err cell_text(sch_buf *out, size_t *width, const sch_result *result, const sch_row *row, size_t output)
{
    char text[SCH_MAX_CODE_BYTES + 1];
    if (!result->is_key[output]) {
        return value_text(out, width, &row->value[output]);
    }
    if (row->value[output].kind == SCH_VALUE_ALL) {
        return append_visible(out, width, ALL_CODES);
    }
    bool named = sch_result_key_text(result, row, result->key[output], text, sizeof text);
    return append_visible(out, width, named ? text : EMPTY_CODE);
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

/* The columns of a table: how wide, and whether they stand to the left. */
typedef struct layout {
    size_t width[SCH_MAX_OUTPUTS];
    bool left[SCH_MAX_OUTPUTS];
} layout;

static sch_err measure(layout *columns, const sch_result *result)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    size_t width = 0;
    for (size_t i = 0; i < result->request->output_count; i++) {
        text.bytes = 0;
        SCH_TRY(append_visible(&text, &columns->width[i], result->request->output[i].name));
        columns->left[i] = result->is_key[i];
    }
    for (size_t r = 0; r < result->row_count; r++) {
        const sch_row *row = &result->row[r];
        for (size_t i = 0; i < result->request->output_count && row->printed; i++) {
            text.bytes = 0;
            SCH_TRY(cell_text(&text, &width, result, row, i));
            columns->width[i] = width > columns->width[i] ? width : columns->width[i];
            columns->left[i] = columns->left[i] || row->value[i].kind == SCH_VALUE_TEXT;
        }
    }
out:
    sch_buf_clear(&text);
    return err;
}

static sch_err print_heading(sch_buf *out, const sch_result *result, const layout *columns)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    size_t width = 0;
    size_t count = result->request->output_count;
    for (size_t i = 0; i < count; i++) {
        text.bytes = 0;
        SCH_TRY(append_visible(&text, &width, result->request->output[i].name));
        SCH_TRY(append_padded(out, &text, width, columns->width[i], columns->left[i], i + 1 == count));
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < columns->width[i]; j++) {
            SCH_TRY(sch_buf_append_text(out, "-"));
        }
        SCH_TRY(sch_buf_append_text(out, i + 1 == count ? "\n" : "  "));
    }
out:
    sch_buf_clear(&text);
    return err;
}

/* ---- what stands below ---- */

static size_t count_partly_suppressed(const sch_result *result)
{
    size_t count = 0;
    for (size_t r = 0; r < result->row_count; r++) {
        const sch_row *row = &result->row[r];
        for (size_t i = 0; i < result->request->output_count && row->printed && row->state == SCH_ROW_SHOWN; i++) {
            count += row->value[i].kind == SCH_VALUE_SUPPRESSED;
        }
    }
    return count;
}

static sch_err print_count(sch_buf *out, size_t count, const char *what)
{
    if (count == 0) {
        return SCH_NONE;
    }
    return sch_buf_printf(out, "\n%zu %s %s\n", count, count == 1 ? "row" : "rows", what);
}

static sch_err print_footnotes(sch_buf *out, const sch_result *result)
{
    sch_err err = SCH_NONE;
    sch_buf reach = {0};
    char reason[SCH_REASON_BYTES];
    size_t partly = count_partly_suppressed(result);
    bool margins = result->plan->cell.cells > result->plan->cell.base;
    sch_result_reason(reason, result);
    if (result->suppressed_count > 0) {
        SCH_TRY(sch_buf_printf(out, "\n. = suppressed: %s%s (%zu %s)\n", reason,
                               margins ? ", or a margin that would give them away" : "", result->suppressed_count,
                               result->suppressed_count == 1 ? "row" : "rows"));
    }
    if (partly > 0) {
        SCH_TRY(sch_buf_printf(out, "\n. = suppressed: %s behind a value%s (%zu more %s)\n", reason,
                               margins ? ", or a margin that would give them away" : "", partly,
                               partly == 1 ? "value" : "values"));
    }
    SCH_TRY(print_count(out, result->empty_count, "without persons not shown"));
    SCH_TRY(print_count(out, result->withheld_count, "not shown: HAVING rests on suppressed values there"));
    SCH_TRY(print_count(out, result->cut_count, "beyond LIMIT not shown"));
    SCH_TRY(sch_result_print_reach(&reach, result));
    if (reach.bytes > 0) {
        SCH_TRY(sch_buf_append_text(out, "\n"));
        SCH_TRY(sch_buf_append(out, reach.data, reach.bytes));
    }
    SCH_TRY(sch_result_print_links(out, result));
out:
    sch_buf_clear(&reach);
    return err;
}

sch_err sch_result_print_links(sch_buf *out, const sch_result *result)
{
    sch_err err = SCH_NONE;
    if (result->request->pass_count > 0) {
        SCH_TRY(sch_buf_append_text(out, "\n"));
        SCH_TRY(sch_request_text_passes(out, result->request));
        SCH_TRY(sch_buf_append_text(out, "\n"));
    }
out:
    return err;
}

sch_err sch_result_print_table(sch_buf *out, const sch_result *result)
{
    sch_err err = SCH_NONE;
    sch_buf text = {0};
    layout columns = {0};
    size_t count = result->request->output_count;
    SCH_TRY(measure(&columns, result));
    SCH_TRY(print_heading(out, result, &columns));
    for (size_t r = 0; r < result->row_count; r++) {
        const sch_row *row = &result->row[r];
        for (size_t i = 0; i < count && row->printed; i++) {
            size_t width = 0;
            text.bytes = 0;
            SCH_TRY(cell_text(&text, &width, result, row, i));
            SCH_TRY(append_padded(out, &text, width, columns.width[i], columns.left[i], i + 1 == count));
        }
    }
    SCH_TRY(print_footnotes(out, result));
out:
    sch_buf_clear(&text);
    return err;
}
