/* chunk.h - the frames that schakel-source sends: chunks of rows, then an end, a fault or a report.
 *
 * A frame is a header of 16 bytes (kind, rows, bytes of identifiers, bytes of the body; 32 bits each) and a body:
 *     ROWS    values (64 bits, column after column), keys (32 bits, likewise), identifiers: lengths (8 bits), bytes
 *     END     rows in all, the child's peak memory in kB, and 4 for each relation: sch_source_counts (64 bits each)
 *     FAULT   sch_fault: kind, relation, column, engine's error type (32 bits), line (64 bits), then a name's bytes
 *     REPORT  sch_source_report as 64-bit words: 7, 4 for each column, and 3 for each link key
 * Words are little-endian. The node decodes within the bounds below whatever the bytes are. */
#ifndef SCH_NODE_SOURCE_CHUNK_H
#define SCH_NODE_SOURCE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/source/job.h"
#include "node/source/source.h"

enum {
    SCH_CHUNK_HEADER_BYTES = 16,
    SCH_CHUNK_ROWS = 16384,         /* at most */
    SCH_CHUNK_BODY_BYTES = 8 << 20, /* at most; a chunk with many columns has fewer rows for it */
};

typedef enum sch_frame_kind { SCH_FRAME_ROWS = 1, SCH_FRAME_END, SCH_FRAME_FAULT, SCH_FRAME_REPORT } sch_frame_kind;

/* What ended a run. The child sends this and no text; the node makes a sentence of it (fault.h). */
typedef enum sch_fault_kind {
    SCH_FAULT_JOB = 1, /* the job could not be read, or the process could not be confined */
    SCH_FAULT_MEMORY,  /* not enough for the engine's limit */
    SCH_FAULT_SPILL,   /* the folder for what does not fit in memory fails or is full */
    SCH_FAULT_FILE_MISSING,
    SCH_FAULT_FILE_DENIED,
    SCH_FAULT_FILE_KIND, /* not a regular file */
    SCH_FAULT_FILE_READ,
    SCH_FAULT_FILE_FORMAT, /* not Parquet, or damaged */
    SCH_FAULT_NO_HEADER,   /* the file is empty, or its first line cannot be read as column names */
    SCH_FAULT_NO_COLUMN,   /* column is not in the file; name: a similar one that is, or nothing */
    SCH_FAULT_TWO_COLUMNS, /* column is twice in the file */
    SCH_FAULT_COLUMN_TYPE, /* column has another type in the file */
    SCH_FAULT_LINE,        /* the line is not a record */
    SCH_FAULT_EMPTY,       /* column is required */
    SCH_FAULT_MALFORMED,   /* column has something that is not of its type */
    SCH_FAULT_OUTSIDE,     /* column has something outside its range or codes */
    SCH_FAULT_TOO_MANY_ROWS,
    SCH_FAULT_DOUBLES,    /* a person has several rows, where one is declared and duplicates are refused */
    SCH_FAULT_ARITHMETIC, /* an expression of the query overflows or divides by zero */
    SCH_FAULT_STATEMENT,  /* the engine does not take the statement, or it is not a single SELECT */
    SCH_FAULT_RESULT,     /* the statement's columns are not the identifier, the keys and the values */
    SCH_FAULT_ENGINE,     /* anything else */
    SCH_FAULT_LAST = SCH_FAULT_ENGINE,
} sch_fault_kind;

enum { SCH_NO_COLUMN = 0xFFFFFFFFU, SCH_NO_RELATION = 0xFFU };

typedef struct sch_fault {
    sch_fault_kind kind;
    uint32_t relation;         /* a relation's number, or SCH_NO_RELATION: of all of them, or it is not known which */
    uint32_t column;           /* a column's number, or SCH_NO_COLUMN; always the latter without a relation */
    uint32_t engine;           /* of the last kinds: the engine's own error type; 0 where it is not known */
    uint64_t line;             /* from 1; 0 where it is not known */
    char name[SCH_NAME_BYTES]; /* printable; "" where there is none */
} sch_fault;

/* The rows of one statement. */
typedef struct sch_chunk_shape {
    size_t relation_count, key_count, value_count;
    uint32_t domain[SCH_JOB_KEYS]; /* a key's codes, and one for empty */
} sch_chunk_shape;

typedef struct sch_frame_header {
    sch_frame_kind kind;
    size_t rows, identifier_bytes, body_bytes;
} sch_frame_header;

/* A fault of nothing in particular. */
static inline sch_fault sch_fault_of(sch_fault_kind kind)
{
    return (sch_fault){.kind = kind, .relation = SCH_NO_RELATION, .column = SCH_NO_COLUMN};
}

/* The shape of a query's rows. Errors: SCH_BUG where there are too many keys or values, or a key has no codes. */
sch_err sch_chunk_shape_make(sch_chunk_shape *shape, size_t relation_count, const sch_source_key *key, size_t key_count,
                             size_t value_count);

/* The most rows that a chunk of a shape has: 1 to SCH_CHUNK_ROWS. */
size_t sch_chunk_rows_most(const sch_chunk_shape *shape);

/* Writes a frame's header. */
void sch_frame_put_header(uint8_t out[static SCH_CHUNK_HEADER_BYTES], const sch_frame_header *header);

/* Reads one and checks that its numbers agree with each other and the shape. Errors: SCH_IO. */
sch_err sch_frame_get_header(sch_frame_header *header, const uint8_t data[static SCH_CHUNK_HEADER_BYTES],
                             const sch_chunk_shape *shape);

/* Pointers into the body of a ROWS frame. key, value: room for the shape's columns; chunk borrows them and the body,
 * which is aligned to 8 bytes and header->body_bytes long. Errors: SCH_IO where a key is outside its domain or lengths
 * do not add up. */
sch_err sch_chunk_decode(sch_source_chunk *chunk, const uint32_t **key, const uint64_t **value,
                         const sch_frame_header *header, const uint8_t *body, const sch_chunk_shape *shape);

/* Bodies of the other frames. Errors: SCH_NO_MEMORY; of decoding: SCH_IO. An END frame's body has the size that its
 * header was checked for. columns: of the data set. */
sch_err sch_end_encode(sch_buf *out, uint64_t rows, const sch_source_totals *totals, size_t relation_count);
void sch_end_decode(uint64_t *rows, sch_source_totals *totals, const uint8_t *body, size_t relation_count);
sch_err sch_fault_encode(sch_buf *out, const sch_fault *fault);
sch_err sch_fault_decode(sch_fault *fault, const uint8_t *body, size_t bytes, const sch_source_relation *relation,
                         size_t relation_count);
sch_err sch_report_encode(sch_buf *out, const sch_source_report *report, size_t columns, size_t link_keys);
sch_err sch_report_decode(sch_source_report *report, const uint8_t *body, size_t bytes, size_t columns,
                          size_t link_keys);

#endif
