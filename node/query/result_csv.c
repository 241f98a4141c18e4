/* The result as CSV. */
#include <string.h>

#include "node/query/result.h"

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

static sch_err print_csv_value(sch_buf *out, const sch_result *result, const sch_row *row, size_t output)
{
    char text[SCH_MAX_CODE_BYTES + 1];
    const sch_value *value = &row->value[output];
    if (result->is_key[output]) {
        bool named = sch_result_key_text(result, row, result->key[output], text, sizeof text);
        return named ? append_field(out, text) : SCH_NONE;
    }
    return value->kind == SCH_VALUE_TEXT ? append_field(out, value->of.text) : sch_value_print(out, value);
}

static sch_err print_csv_row(sch_buf *out, const sch_result *result, const sch_row *row)
{
    sch_err err = SCH_NONE;
    bool any = false;
    char reason[SCH_REASON_BYTES];
    for (size_t i = 0; i < result->request->output_count; i++) {
        any = any || row->value[i].kind == SCH_VALUE_SUPPRESSED;
        SCH_TRY(print_csv_value(out, result, row, i));
        SCH_TRY(sch_buf_append_text(out, ","));
    }
    if (any || row->state == SCH_ROW_SUPPRESSED) {
        SCH_TRY(sch_buf_append_text(out, sch_result_reason(reason, result)));
        SCH_TRY(sch_buf_append_text(out, row->state == SCH_ROW_SUPPRESSED ? "" : " behind a value"));
        bool margin = row->cell >= result->plan->cell.base;
        SCH_TRY(sch_buf_append_text(out, margin ? " or would give them away" : ""));
    }
    SCH_TRY(sch_buf_append_text(out, "\r\n"));
out:
    return err;
}

sch_err sch_result_print_csv(sch_buf *out, const sch_result *result)
{
    sch_err err = SCH_NONE;
    for (size_t i = 0; i < result->request->output_count; i++) {
        SCH_TRY(append_field(out, result->request->output[i].name));
        SCH_TRY(sch_buf_append_text(out, ","));
    }
    SCH_TRY(sch_buf_append_text(out, "suppressed\r\n"));
    for (size_t r = 0; r < result->row_count; r++) {
        if (result->row[r].printed) {
            SCH_TRY(print_csv_row(out, result, &result->row[r]));
        }
    }
out:
    return err;
}
