#include "node/source/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct fault_text {
    sch_code code;
    const char *text; /* goes after the data set, the column and the line */
} fault_text;

/* In the order of sch_fault_kind. */
static const fault_text texts[SCH_FAULT_LAST + 1] = {
    [0] = {SCH_BUG, "the engine reported an unknown fault"},
    [SCH_FAULT_JOB] = {SCH_IO, "schakel-source could not read its job or confine itself; is it of this version?"},
    [SCH_FAULT_MEMORY] = {SCH_NO_MEMORY,
                          "reading it takes more memory than the engine may use; raise the engine's memory or "
                          "give it a folder to spill to"},
    [SCH_FAULT_SPILL] = {SCH_IO, "the folder for what does not fit in memory cannot be written; is it full?"},
    [SCH_FAULT_FILE_MISSING] = {SCH_IO, "its file does not exist; check the path in its schema"},
    [SCH_FAULT_FILE_DENIED] = {SCH_IO, "its file may not be read by the node's user; check its permissions"},
    [SCH_FAULT_FILE_KIND] = {SCH_IO, "the path in its schema is not a regular file"},
    [SCH_FAULT_FILE_READ] = {SCH_IO, "its file cannot be read to its end; was it changed meanwhile?"},
    [SCH_FAULT_FILE_FORMAT] = {SCH_BAD_INPUT, "its file is not a Parquet file, or is damaged"},
    [SCH_FAULT_NO_HEADER] = {SCH_BAD_INPUT, "its file does not begin with a line of column names"},
    [SCH_FAULT_NO_COLUMN] = {SCH_BAD_INPUT, "its file has no such column"},
    [SCH_FAULT_TWO_COLUMNS] = {SCH_BAD_INPUT, "its file has two columns of this name"},
    [SCH_FAULT_COLUMN_TYPE] = {SCH_BAD_INPUT, "its type in the Parquet file does not fit the declared one"},
    [SCH_FAULT_LINE] = {SCH_BAD_INPUT,
                        "its file has a malformed line: another number of fields than the header, a broken "
                        "quote, another encoding than declared, or a line that is too long"},
    [SCH_FAULT_EMPTY] = {SCH_BAD_INPUT, "it is declared as required and has an empty field"},
    [SCH_FAULT_MALFORMED] = {SCH_BAD_INPUT, "it has a field that is not of its declared type"},
    [SCH_FAULT_OUTSIDE] = {SCH_BAD_INPUT, "it has a value outside its declared range or codes"},
    [SCH_FAULT_TOO_MANY_ROWS] = {SCH_BAD_INPUT, "its file has more rows than max_rows in its schema"},
    [SCH_FAULT_DOUBLES] = {SCH_BAD_INPUT,
                           "it is declared to have one row a person, but an identifier occurs more than once; its "
                           "owner can see how many with schakelctl dataset check"},
    [SCH_FAULT_ARITHMETIC] = {SCH_BAD_INPUT, "a calculation of the query overflows or divides by zero"},
    [SCH_FAULT_STATEMENT] = {SCH_BUG, "the engine does not accept the local part's statement"},
    [SCH_FAULT_RESULT] = {SCH_BUG, "the local part's statement does not give an identifier, its keys and values"},
    [SCH_FAULT_ENGINE] = {SCH_IO, "the engine stopped with an error of its own"},
};

void sch_fault_place(char out[static SCH_FAULT_PLACE_BYTES], const sch_source_relation *relation, size_t relation_count,
                     uint32_t number)
{
    if (number < relation_count || relation_count == 1) {
        const sch_data_set *data_set = relation[number < relation_count ? number : 0].data_set;
        (void)snprintf(out, SCH_FAULT_PLACE_BYTES, "data set %s", data_set->name);
    } else {
        (void)snprintf(out, SCH_FAULT_PLACE_BYTES, "data sets %s and %zu more", relation[0].data_set->name,
                       relation_count - 1);
    }
}

/* ", declared as an integer": what was expected, for the faults where that helps. of: the fault's relation. */
static void append_expected(char *out, size_t room, const sch_fault *fault, const sch_source_relation *of)
{
    const sch_source_file *file = of->file;
    const sch_column *column = fault->column == SCH_NO_COLUMN ? NULL : &of->data_set->column[fault->column];
    if (fault->kind == SCH_FAULT_NO_COLUMN && column != NULL) {
        snprintf(out, room, " (%s)%s%s%s", file->header[fault->column], fault->name[0] != '\0' ? "; did you mean " : "",
                 fault->name, fault->name[0] != '\0' ? "?" : "");
    } else if (fault->kind == SCH_FAULT_TWO_COLUMNS && column != NULL) {
        snprintf(out, room, " (%s)", file->header[fault->column]);
    } else if (fault->kind == SCH_FAULT_MALFORMED && column != NULL) {
        static const char *const names[] = {"", "an integer", "a decimal", "a text", "a boolean", "a date"};
        snprintf(out, room, " (%s", names[column->type]);
        size_t at = strlen(out);
        if (column->type == SCH_TYPE_DECIMAL) {
            snprintf(out + at, room - at, " of at most %u decimals after '%c')", column->decimals,
                     file->format == SCH_FILE_CSV ? file->decimal_separator : '.');
        } else if (column->type == SCH_TYPE_DATE) {
            snprintf(out + at, room - at, " like %s)", file->date_format);
        } else {
            snprintf(out + at, room - at, ")");
        }
    } else if (fault->engine != 0) {
        snprintf(out, room, " (DuckDB's error type %" PRIu32 ")", fault->engine);
    }
}

sch_err sch_fault_error(const sch_fault *fault, const sch_source_relation *relation, size_t relation_count,
                        sch_detail *detail)
{
    const fault_text *text = &texts[fault->kind <= SCH_FAULT_LAST ? fault->kind : 0];
    const sch_source_relation *of = &relation[fault->relation < relation_count ? fault->relation : 0];
    char whose[SCH_FAULT_PLACE_BYTES];
    char place[SCH_NAME_BYTES + 48] = "";
    sch_fault_place(whose, relation, relation_count, fault->relation);
    if (fault->column != SCH_NO_COLUMN) {
        snprintf(place, sizeof place, ", column %s", of->data_set->column[fault->column].name);
    }
    if (fault->line != 0) {
        size_t at = strlen(place);
        snprintf(place + at, sizeof place - at, ", line %" PRIu64, fault->line);
    }
    char expected[SCH_MAX_HEADER_BYTES + SCH_NAME_BYTES + 32] = "";
    append_expected(expected, sizeof expected, fault, of);
    sch_detail_set(detail, "%s%s: %s%s", whose, place, text->text, expected);
    return sch_fail(text->code, text->text);
}
