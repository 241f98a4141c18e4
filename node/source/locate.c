#include "node/source/locate.h"

#include <string.h>

#include "node/source/csv.h"

static bool has_fault(const sch_field_reader *reader, const sch_csv *csv, size_t position)
{
    size_t bytes;
    const char *text = sch_csv_field(csv, position, &bytes);
    sch_field_value value;
    sch_field_state state = sch_field_read(reader, &value, text, bytes);
    if (state == SCH_FIELD_OK && reader->column->role == SCH_ROLE_IDENTIFIER) {
        state = sch_field_check_identifier(reader->column, &value);
    }
    return sch_field_is_fault(reader->column, state);
}

static void note(uint64_t *line, uint64_t found)
{
    *line = *line == 0 ? found : *line;
}

/* Looks at one record. */
static void look(sch_lines *lines, const sch_view *view, sch_locate_reader reader, void *context, const sch_csv *csv,
                 uint32_t only)
{
    if (csv->fields != view->file_columns) {
        note(&lines->malformed, csv->record_line);
        return;
    }
    for (size_t i = 0; i < view->data_set->column_count; i++) {
        bool wanted = only == SCH_ALL_COLUMNS || only == i;
        if (wanted && lines->column[i] == 0 && has_fault(reader(context, i), csv, view->column[i].position)) {
            lines->column[i] = csv->record_line;
        }
    }
}

sch_err sch_locate_lines(sch_lines *lines, const sch_view *view, sch_locate_reader reader, void *context, int fd,
                         uint32_t only)
{
    memset(lines, 0, sizeof *lines);
    sch_csv csv;
    sch_csv_state state = SCH_CSV_RECORD;
    sch_err err = SCH_NONE;
    SCH_TRY(sch_csv_init(&csv, fd, view->file));
    SCH_TRY(sch_csv_next(&csv, &state)); /* the header */
    for (bool found = false; !found && state != SCH_CSV_END;) {
        SCH_TRY(sch_csv_next(&csv, &state));
        if (state == SCH_CSV_MALFORMED) {
            note(&lines->malformed, csv.record_line);
        } else if (state == SCH_CSV_RECORD) {
            look(lines, view, reader, context, &csv, only);
        }
        found = only == SCH_NO_COLUMN     ? lines->malformed != 0
                : only != SCH_ALL_COLUMNS ? lines->column[only] != 0
                                          : false;
    }
out:
    sch_csv_clear(&csv);
    return err;
}
