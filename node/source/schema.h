/* schema.h - a data set's schema file: what peers may know of it (sch_data_set) and what stays here
 * (sch_source_file). */
#ifndef SCH_NODE_SOURCE_SCHEMA_H
#define SCH_NODE_SOURCE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/base/err.h"
#include "proto/catalog.h"

enum {
    SCH_MAX_HEADER_BYTES = 256,               /* a column's name in a file, with its closing zero */
    SCH_DEFAULT_MAX_ROWS = 100 * 1000 * 1000, /* where a schema does not say max_rows */
};

typedef enum sch_file_format { SCH_FILE_CSV = 1, SCH_FILE_PARQUET } sch_file_format;

/* What to do with an identifier that occurs more than once in a data set of one row a person. */
typedef enum sch_duplicates {
    SCH_DUPLICATES_REFUSE = 1, /* a job that comes upon one ends with an error (the default) */
    SCH_DUPLICATES_LEAVE_OUT,  /* every row of an identifier that occurs more than once in the file is left out */
} sch_duplicates;

typedef struct sch_source_file {
    char *path; /* owned; absolute, or made so from the schema file's folder */
    sch_file_format format;
    char delimiter;         /* ';' , ',' , '\t' , '|' */
    char quote;             /* '"', '\'', or 0 for none */
    char decimal_separator; /* ',' or '.' */
    char encoding[16];      /* "utf-8" or "latin-1" */
    char date_format
        [32]; /* %Y, %m and %d once each in any order, and other characters as they are: %Y-%m-%d, %d-%m-%Y */
    char true_text[SCH_NAME_BYTES], false_text[SCH_NAME_BYTES];
    char empty_text[SCH_NAME_BYTES]; /* a further text that means empty, such as "."; may be "" */
    sch_duplicates duplicates;
    char **header; /* owned; one a column, in the data set's order: its name in the file, UTF-8, compared exactly */
    size_t header_count;
} sch_source_file;

/* Reads a YAML schema (config/data_sets has commented examples): unknown keys, aliases and several documents are
 * refused. Bins are a list of edges, or {width: ...} from the minimum until the maximum is in one; link keys a list of
 * names with columns. max_rows is SCH_DEFAULT_MAX_ROWS where it is not given, a column's header its name, the dialect
 * ; " , utf-8 %Y-%m-%d. A codes_file has one code a line and lies relative to the schema file's folder, as the data
 * file does. Errors: SCH_IO where a file cannot be read, SCH_BAD_INPUT with the line, the key and what is expected,
 * SCH_NO_MEMORY. Both outputs are the caller's to clear, also on failure. */
sch_err sch_schema_load(sch_data_set *data_set, sch_source_file *file, const char *path, sch_detail *detail);

/* Frees what it owns; accepts a zeroed one. */
void sch_source_file_clear(sch_source_file *file);

#endif
