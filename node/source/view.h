/* view.h - a relation that a local part reads: the data set's columns under their own names and types, as SQL.
 *
 * Nothing is sniffed: dialect and columns are stated. A declared column is found by its name in the file's header.
 * Every field is read by a function of the engine's own (functions.h): column_1_3(f7) gives relation 1's column 3 from
 * the file's column 7. */
#ifndef SCH_NODE_SOURCE_VIEW_H
#define SCH_NODE_SOURCE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/source/chunk.h"
#include "node/source/field.h"
#include "node/source/schema.h"

/* How a column comes out of the file. */
typedef enum sch_view_input {
    SCH_VIEW_TEXT = 1, /* as a text */
    SCH_VIEW_INTEGER,  /* as a 64-bit integer of a Parquet file */
} sch_view_input;

typedef struct sch_view_column {
    size_t position; /* in the file, from 0 */
    sch_view_input input;
    sch_field_origin origin;
} sch_view_column;

typedef struct sch_view {
    const sch_data_set *data_set; /* borrowed, as is file */
    const sch_source_file *file;
    uint32_t number; /* the relation's */
    size_t file_columns;
    sch_view_column column[SCH_MAX_COLUMNS];
} sch_view;

/* Readies a view without its columns. */
void sch_view_init(sch_view *view, uint32_t number, const sch_data_set *data_set, const sch_source_file *file);

/* Finds the declared columns among the file's: name number i is what `name(context, i)` gives, `count` of them. Returns
 * true, or false with a fault that names a missing or doubled column and, for a missing one, a name that looks like
 * it. */
bool sch_view_find_columns(sch_view *view, sch_fault *fault, size_t count,
                           const char *(*name)(void *context, size_t number, size_t *bytes), void *context);

/* Reads the header of a CSV file and finds the columns. fault->kind is 0 where all is well. Errors: SCH_NO_MEMORY. */
sch_err sch_view_read_header(sch_view *view, sch_fault *fault, int fd);

/* Appends the table function over the file at path. tolerant: lines that are no records are left out and noted in
 * reject_errors, and a Parquet file's rows are numbered. Errors: SCH_NO_MEMORY. */
sch_err sch_view_print_relation(sch_buf *out, const sch_view *view, const char *path, bool tolerant);

/* Appends the field of a declared column as the relation has it: f7, or CAST(f7 AS BIGINT). Errors: SCH_NO_MEMORY. */
sch_err sch_view_print_field(sch_buf *out, const sch_view *view, size_t column);

/* The number of the identifier's column. */
size_t sch_view_identifier(const sch_view *view);

/* Appends CREATE TABLE doubles_N with the valid identifiers that stand more than once in relation N's file (id), and
 * how often (n). Errors: SCH_NO_MEMORY. */
sch_err sch_view_print_doubles(sch_buf *out, const sch_view *view, const char *path);

/* Appends CREATE VIEW rN. Relations other than r0 leave out rows without a valid identifier. without_doubles: leave out
 * the rows of identifiers in doubles_N. Errors: SCH_NO_MEMORY. */
sch_err sch_view_print(sch_buf *out, const sch_view *view, const char *path, bool without_doubles);

#endif
