/* csv.h - records of a CSV file one after another, with the lines that they begin on.
 *
 * The engine reads the rows. This reads the header before it, and finds the line of a fault after it: the engine counts
 * records, and a person counts lines. RFC 4180 with a declared delimiter, quote and encoding; LF or CRLF; a byte-order
 * mark is skipped; blank lines are none. Memory: one record, at most SCH_CSV_RECORD_BYTES. */
#ifndef SCH_NODE_SOURCE_CSV_H
#define SCH_NODE_SOURCE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/source/schema.h"

enum {
    SCH_CSV_RECORD_BYTES = 2000000, /* as the engine's max_line_size */
    SCH_CSV_MAX_FIELDS = 4096,
};

typedef enum sch_csv_state {
    SCH_CSV_RECORD = 1,
    SCH_CSV_END,
    SCH_CSV_MALFORMED, /* broken quotes or encoding, too long, too many fields; the next call goes on after it */
} sch_csv_state;

typedef struct sch_csv {
    int fd; /* borrowed; read by position from its beginning */
    char delimiter, quote;
    bool latin1;
    bool carriage_return, line_feed; /* which line ends have been seen: not both kinds in one file */
    uint64_t offset;                 /* in the file, of what follows block */
    uint64_t line;                   /* of the next byte, from 1 */
    uint64_t record_line;            /* of the record, from 1 */
    size_t at, block_bytes;          /* in block */
    uint8_t *block;                  /* owned */
    sch_buf text;                    /* the record's fields end to end, without quotes, in UTF-8 */
    size_t *end;                     /* owned; where each field ends in text */
    size_t fields;
} sch_csv;

/* Readies reading from the file's beginning. The caller clears it, also on failure. Errors: SCH_NO_MEMORY. */
sch_err sch_csv_init(sch_csv *csv, int fd, const sch_source_file *file);

/* Reads the next record. Errors: SCH_IO, SCH_NO_MEMORY. */
sch_err sch_csv_next(sch_csv *csv, sch_csv_state *state);

/* A field of the record, 0 <= number < csv->fields; borrowed until the next call, not ended by a zero. */
const char *sch_csv_field(const sch_csv *csv, size_t number, size_t *bytes);

void sch_csv_clear(sch_csv *csv);

#endif
