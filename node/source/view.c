#include "node/source/view.h"

#include <string.h>

#include "node/source/csv.h"
#include "proto/text.h"

/* Of the file, read at a time: a thread's share. DuckDB's own choice, four times that, leaves a small memory limit no
 * room for grouping. */
enum { BUFFER_BYTES = 8 << 20 };

void sch_view_init(sch_view *view, const sch_data_set *data_set, const sch_source_file *file)
{
    *view = (sch_view){.data_set = data_set, .file = file};
    for (size_t i = 0; i < data_set->column_count; i++) {
        view->column[i] = (sch_view_column){.input = SCH_VIEW_TEXT, .origin = SCH_FIELD_FROM_FILE};
    }
}

/* ---- names ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Insertions, deletions and replacements that turn one name into the other, capitals aside; SIZE_MAX for names of
 * SCH_NAME_BYTES and more (Wagner and Fischer 1974, one row at a time). */
static size_t distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    if (a_bytes >= SCH_NAME_BYTES || b_bytes >= SCH_NAME_BYTES) {
        return SIZE_MAX;
    }
    size_t row[SCH_NAME_BYTES];
    for (size_t j = 0; j <= b_bytes; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_bytes; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            size_t best = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[b_bytes];
}

/* A file without a header has values in its first line, so only what looks like the declared name may be shown. */
static bool is_similar(size_t steps, size_t bytes)
{
    return steps <= (bytes < 9 ? bytes / 3 : 3);
}

bool sch_view_find_columns(sch_view *view, sch_fault *fault, size_t count,
                           const char *(*name)(void *context, size_t number, size_t *bytes), void *context)
{
    view->file_columns = count;
    for (size_t i = 0; i < view->data_set->column_count; i++) {
        const char *wanted = view->file->header[i];
        size_t wanted_bytes = strlen(wanted);
        size_t found = 0;
        size_t best = SIZE_MAX;
        *fault = (sch_fault){.kind = SCH_FAULT_NO_COLUMN, .column = (uint32_t)i};
        for (size_t j = 0; j < count; j++) {
            size_t bytes;
            const char *other = name(context, j, &bytes);
            if (bytes == wanted_bytes && memcmp(other, wanted, bytes) == 0) {
                view->column[i].position = j;
                found++;
                continue;
            }
            size_t steps = distance(wanted, wanted_bytes, other, bytes);
            if (steps < best && is_similar(steps, wanted_bytes) && sch_text_is_printable(other, bytes)) {
                best = steps;
                memcpy(fault->name, other, bytes);
                fault->name[bytes] = '\0';
            }
        }
        if (found != 1) {
            fault->kind = found == 0 ? SCH_FAULT_NO_COLUMN : SCH_FAULT_TWO_COLUMNS;
            return false;
        }
    }
    *fault = (sch_fault){.column = SCH_NO_COLUMN};
    return true;
}

static const char *header_field(void *context, size_t number, size_t *bytes)
{
    const char *text = sch_csv_field(context, number, bytes);
    while (*bytes > 0 && (text[0] == ' ' || text[0] == '\t')) {
        text++;
        (*bytes)--;
    }
    while (*bytes > 0 && (text[*bytes - 1] == ' ' || text[*bytes - 1] == '\t')) {
        (*bytes)--;
    }
    return text;
}

sch_err sch_view_read_header(sch_view *view, sch_fault *fault, int fd)
{
    *fault = (sch_fault){.kind = SCH_FAULT_NO_HEADER, .column = SCH_NO_COLUMN};
    sch_csv csv;
    sch_csv_state state = SCH_CSV_END;
    sch_err err = SCH_NONE;
    SCH_TRY(sch_csv_init(&csv, fd, view->file));
    SCH_TRY(sch_csv_next(&csv, &state));
    if (state == SCH_CSV_RECORD && csv.record_line == 1) {
        sch_view_find_columns(view, fault, csv.fields, header_field, &csv);
    }
out:
    sch_csv_clear(&csv);
    if (err.code == SCH_IO) {
        fault->kind = SCH_FAULT_FILE_READ;
        err = SCH_NONE;
    }
    return err;
}

/* ---- SQL ---- */

static sch_err append_literal(sch_buf *out, const char *text)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append(out, "'", 1));
    for (; *text != '\0'; text++) {
        SCH_TRY(sch_buf_append(out, "''", *text == '\'' ? 2 : 0));
        SCH_TRY(sch_buf_append(out, text, *text == '\'' ? 0 : 1));
    }
    SCH_TRY(sch_buf_append(out, "'", 1));
out:
    return err;
}

static sch_err append_named_literal(sch_buf *out, const char *name, const char *text)
{
    sch_err err = sch_buf_printf(out, ", %s=", name);
    return sch_failed(err) ? err : append_literal(out, text);
}

static sch_err print_csv(sch_buf *out, const sch_view *view, const char *path, bool tolerant)
{
    const sch_source_file *file = view->file;
    const char delimiter[2] = {file->delimiter, '\0'};
    const char quote[2] = {file->quote, '\0'};
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "read_csv("));
    SCH_TRY(append_literal(out, path));
    SCH_TRY(sch_buf_append_text(out, ", auto_detect=false, header=true, compression='none', strict_mode=true"));
    SCH_TRY(append_named_literal(out, "delim", delimiter));
    SCH_TRY(append_named_literal(out, "quote", quote));
    SCH_TRY(append_named_literal(out, "escape", quote));
    SCH_TRY(append_named_literal(out, "encoding", file->encoding));
    SCH_TRY(sch_buf_printf(out, ", max_line_size=%d, buffer_size=%d", (int)SCH_CSV_RECORD_BYTES, (int)BUFFER_BYTES));
    if (tolerant) {
        SCH_TRY(sch_buf_append_text(out, ", store_rejects=true, rejects_limit=0"));
    }
    for (size_t i = 0; i < view->file_columns; i++) {
        SCH_TRY(sch_buf_printf(out, "%sf%zu: 'VARCHAR'", i == 0 ? ", columns={" : ", ", i));
    }
    SCH_TRY(sch_buf_append_text(out, "})"));
out:
    return err;
}

sch_err sch_view_print_relation(sch_buf *out, const sch_view *view, const char *path, bool tolerant)
{
    if (view->file->format == SCH_FILE_CSV) {
        return print_csv(out, view, path, tolerant);
    }
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "read_parquet("));
    SCH_TRY(append_literal(out, path));
    SCH_TRY(sch_buf_append_text(out, tolerant ? ", file_row_number=true) AS t(" : ") AS t("));
    for (size_t i = 0; i < view->file_columns; i++) {
        SCH_TRY(sch_buf_printf(out, "%sf%zu", i == 0 ? "" : ", ", i));
    }
    SCH_TRY(sch_buf_append_text(out, tolerant ? ", row)" : ")"));
out:
    return err;
}

sch_err sch_view_print_field(sch_buf *out, const sch_view *view, size_t column)
{
    const sch_view_column *c = &view->column[column];
    if (view->file->format == SCH_FILE_CSV) {
        return sch_buf_printf(out, "f%zu", c->position);
    }
    return sch_buf_printf(out, "CAST(f%zu AS %s)", c->position, c->input == SCH_VIEW_INTEGER ? "BIGINT" : "VARCHAR");
}

/* The data set's identifier as the view gives it. function: column or again (functions.h). */
static sch_err print_identifier(sch_buf *out, const sch_view *view, const char *function)
{
    sch_err err = SCH_NONE;
    size_t i = 0;
    while (view->data_set->column[i].role != SCH_ROLE_IDENTIFIER) {
        i++;
    }
    SCH_TRY(sch_buf_printf(out, "%s_%zu(", function, i));
    SCH_TRY(sch_view_print_field(out, view, i));
    SCH_TRY(sch_buf_append_text(out, ")"));
out:
    return err;
}

/* Rows whose identifier stands once in the whole file, whatever a query's conditions leave of it; and those without one, which
 * are counted elsewhere. */
static sch_err print_only_singles(sch_buf *out, const sch_view *view, const char *path)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, " WHERE "));
    SCH_TRY(print_identifier(out, view, "again"));
    SCH_TRY(sch_buf_append_text(out, " IS NULL OR "));
    SCH_TRY(print_identifier(out, view, "again"));
    SCH_TRY(sch_buf_append_text(out, " IN (SELECT "));
    SCH_TRY(print_identifier(out, view, "column"));
    SCH_TRY(sch_buf_append_text(out, " AS id FROM "));
    SCH_TRY(sch_view_print_relation(out, view, path, false));
    SCH_TRY(sch_buf_append_text(out, " GROUP BY id HAVING count(*) = 1)"));
out:
    return err;
}

sch_err sch_view_print(sch_buf *out, const sch_view *view, const char *path)
{
    sch_err err = SCH_NONE;
    bool twice =
        view->data_set->rows_per_person == SCH_ONE_PER_PERSON && view->file->duplicates == SCH_DUPLICATES_LEAVE_OUT;
    SCH_TRY(sch_buf_append_text(out, "CREATE VIEW data AS SELECT "));
    for (size_t i = 0; i < view->data_set->column_count; i++) {
        bool again = twice && view->data_set->column[i].role == SCH_ROLE_IDENTIFIER;
        SCH_TRY(sch_buf_printf(out, "%s%s_%zu(", i == 0 ? "" : ", ", again ? "again" : "column", i));
        SCH_TRY(sch_view_print_field(out, view, i));
        SCH_TRY(sch_buf_printf(out, ") AS \"%s\"", view->data_set->column[i].name));
    }
    SCH_TRY(sch_buf_append_text(out, " FROM "));
    SCH_TRY(sch_view_print_relation(out, view, path, false));
    if (twice) {
        SCH_TRY(print_only_singles(out, view, path));
    }
out:
    return err;
}
