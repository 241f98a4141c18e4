#include "node/source/view.h"

#include <string.h>

#include "node/source/csv.h"
#include "proto/text.h"

/* Of the file, read at a time: a thread's share. DuckDB's own choice, four times that, leaves a small memory limit no
 * room for grouping. */
enum { BUFFER_BYTES = 8 << 20 };

void sch_view_init(sch_view *view, uint32_t number, const sch_data_set *data_set, const sch_source_file *file)
{
    *view = (sch_view){.data_set = data_set, .file = file, .number = number};
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
        *fault = sch_fault_of(SCH_FAULT_NO_COLUMN);
        fault->column = (uint32_t)i;
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
    *fault = sch_fault_of(0);
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
    *fault = sch_fault_of(SCH_FAULT_NO_HEADER);
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

size_t sch_view_identifier(const sch_view *view)
{
    size_t i = 0;
    while (i + 1 < view->data_set->column_count && view->data_set->column[i].role != SCH_ROLE_IDENTIFIER) {
        i++;
    }
    return i;
}

sch_err sch_view_print_doubles(sch_buf *out, const sch_view *view, const char *path)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_printf(out, "CREATE TABLE doubles_%u AS SELECT id, count(*) AS n FROM (SELECT person_%u(",
                           view->number, view->number));
    SCH_TRY(sch_view_print_field(out, view, sch_view_identifier(view)));
    SCH_TRY(sch_buf_append_text(out, ") AS id FROM "));
    SCH_TRY(sch_view_print_relation(out, view, path, false));
    SCH_TRY(sch_buf_append_text(out, ") WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1"));
out:
    return err;
}

/* column_1_3(f7). */
static sch_err print_column(sch_buf *out, const sch_view *view, size_t column)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_printf(out, "column_%u_%zu(", view->number, column));
    SCH_TRY(sch_view_print_field(out, view, column));
    SCH_TRY(sch_buf_append_text(out, ")"));
out:
    return err;
}

/* FROM with id, the identifier, beside the file's columns, and the rows that the view has. No column of a file is
 * called id here: they are f0, f1, ... */
static sch_err print_chosen(sch_buf *out, const sch_view *view, const char *path, bool without_doubles)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "(SELECT *, "));
    SCH_TRY(print_column(out, view, sch_view_identifier(view)));
    SCH_TRY(sch_buf_append_text(out, " AS id FROM "));
    SCH_TRY(sch_view_print_relation(out, view, path, false));
    SCH_TRY(sch_buf_append_text(out, ") AS s"));
    if (without_doubles) {
        SCH_TRY(sch_buf_printf(out, " ANTI JOIN doubles_%u AS d ON s.id = d.id", view->number));
    }
    if (view->number > 0) {
        SCH_TRY(sch_buf_append_text(out, " WHERE s.id IS NOT NULL"));
    }
out:
    return err;
}

sch_err sch_view_print(sch_buf *out, const sch_view *view, const char *path, bool without_doubles)
{
    sch_err err = SCH_NONE;
    bool chosen = view->number > 0 || without_doubles;
    SCH_TRY(sch_buf_printf(out, "CREATE VIEW r%u AS SELECT ", view->number));
    for (size_t i = 0; i < view->data_set->column_count; i++) {
        SCH_TRY(sch_buf_append_text(out, i == 0 ? "" : ", "));
        SCH_TRY(chosen && i == sch_view_identifier(view) ? sch_buf_append_text(out, "s.id")
                                                         : print_column(out, view, i));
        SCH_TRY(sch_buf_printf(out, " AS \"%s\"", view->data_set->column[i].name));
    }
    SCH_TRY(sch_buf_append_text(out, " FROM "));
    SCH_TRY(chosen ? print_chosen(out, view, path, without_doubles) : sch_view_print_relation(out, view, path, false));
out:
    return err;
}
