/* DESIGN. One byte at a time through a block of the file; a record is read to its end also where it is broken, so that
 * the next call begins on a new line. A broken quote is the exception that cannot be mended: what follows it up to the
 * next quote belongs to the field, as it does for any reader. */
#include "node/source/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/text.h"

enum { BLOCK_BYTES = 256 << 10, END = -1, FAILED = -2 };

sch_err sch_csv_init(sch_csv *csv, int fd, const sch_source_file *file)
{
    *csv = (sch_csv){.fd = fd, .delimiter = file->delimiter, .quote = file->quote, .line = 1};
    csv->latin1 = strcmp(file->encoding, "latin-1") == 0;
    csv->block = malloc(BLOCK_BYTES);
    csv->end = calloc(SCH_CSV_MAX_FIELDS, sizeof *csv->end);
    return sch_check(csv->block != NULL && csv->end != NULL, SCH_NO_MEMORY, "no memory to read a file");
}

void sch_csv_clear(sch_csv *csv)
{
    free(csv->block);
    free(csv->end);
    sch_buf_clear(&csv->text);
    *csv = (sch_csv){0};
}

static int fill(sch_csv *csv)
{
    ssize_t got;
    do {
        got = pread(csv->fd, csv->block, BLOCK_BYTES, (off_t)csv->offset);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        return got == 0 ? END : FAILED;
    }
    csv->at = 0;
    csv->block_bytes = (size_t)got;
    csv->offset += (uint64_t)got;
    return 0;
}

/* The next byte without taking it; END or FAILED. */
static int peek(sch_csv *csv)
{
    if (csv->at == csv->block_bytes) {
        int state = fill(csv);
        if (state != 0) {
            return state;
        }
    }
    return csv->block[csv->at];
}

static int take(sch_csv *csv)
{
    int byte = peek(csv);
    if (byte >= 0) {
        csv->at++;
        csv->line += byte == '\n';
    }
    return byte;
}

/* What is known of the record that is being read. */
typedef struct record_state {
    bool broken;
    bool has_field; /* something stands on the line */
    size_t bytes;   /* read */
    sch_err err;
} record_state;

static void put(sch_csv *csv, record_state *record, int byte)
{
    if (++record->bytes > SCH_CSV_RECORD_BYTES) {
        record->broken = true;
        return;
    }
    uint8_t bytes[2] = {(uint8_t)byte, 0};
    size_t count = 1;
    if (csv->latin1 && byte >= 0x80) {
        /* ISO 8859-1 are the first 256 characters of Unicode. */
        bytes[0] = (uint8_t)(0xC0U | ((unsigned)byte >> 6));
        bytes[1] = (uint8_t)(0x80U | ((unsigned)byte & 0x3FU));
        count = 2;
    }
    if (!sch_failed(record->err)) {
        record->err = sch_buf_append(&csv->text, bytes, count);
    }
}

static void end_field(sch_csv *csv, record_state *record)
{
    if (csv->fields == SCH_CSV_MAX_FIELDS) {
        record->broken = true;
        return;
    }
    csv->end[csv->fields++] = csv->text.bytes;
}

/* After an opening quote, up to and with the closing one; a doubled quote stands for one. False at the file's end. */
static bool take_quoted(sch_csv *csv, record_state *record)
{
    for (;;) {
        int byte = take(csv);
        if (byte < 0) {
            return false;
        }
        if (byte == csv->quote) {
            if (peek(csv) != csv->quote) {
                return true;
            }
            take(csv);
        }
        put(csv, record, byte);
    }
}

/* Takes a line end after `byte`, which begins it. A file has one kind of line end. */
static void take_line_end(sch_csv *csv, record_state *record, int byte)
{
    bool pair = byte == '\r' && peek(csv) == '\n';
    if (pair) {
        take(csv);
        csv->carriage_return = true;
    } else if (byte == '\n') {
        csv->line_feed = true;
    } else {
        record->broken = true; /* a carriage return alone */
    }
    record->broken = record->broken || (csv->carriage_return && csv->line_feed);
}

/* Reads one line's record: the state, where it is not a blank line. */
static sch_csv_state take_record(sch_csv *csv, record_state *record)
{
    bool at_start = true; /* of a field */
    bool closed = false;  /* after a closing quote */
    for (;;) {
        int byte = take(csv);
        if (byte == FAILED) {
            record->err = sch_fail(SCH_IO, "the data file cannot be read to its end");
            return SCH_CSV_MALFORMED;
        }
        if (byte == END || byte == '\n' || byte == '\r') {
            if (byte >= 0) {
                take_line_end(csv, record, byte);
            }
            end_field(csv, record);
            return byte == END && !record->has_field ? SCH_CSV_END : SCH_CSV_RECORD;
        }
        record->has_field = true;
        if (byte == csv->delimiter) {
            end_field(csv, record);
            at_start = true;
            closed = false;
        } else if (at_start && csv->quote != 0 && byte == csv->quote) {
            closed = take_quoted(csv, record);
            record->broken = record->broken || !closed;
            at_start = false;
        } else {
            record->broken = record->broken || closed;
            put(csv, record, byte);
            at_start = false;
        }
    }
}

static void skip_byte_order_mark(sch_csv *csv)
{
    if (csv->offset == 0 && peek(csv) == 0xEF && csv->block_bytes >= 3 && csv->block[1] == 0xBB &&
        csv->block[2] == 0xBF) {
        csv->at = 3;
    }
}

/* UTF-8 in which zero bytes may stand, as the engine takes it: whether a field may have them is for its type to say. */
static bool is_utf8(const uint8_t *data, size_t bytes)
{
    while (bytes > 0) {
        const uint8_t *zero = memchr(data, '\0', bytes);
        size_t part = zero == NULL ? bytes : (size_t)(zero - data);
        if (!sch_text_is_utf8(data, part)) {
            return false;
        }
        part += zero != NULL;
        data += part;
        bytes -= part;
    }
    return true;
}

sch_err sch_csv_next(sch_csv *csv, sch_csv_state *state)
{
    skip_byte_order_mark(csv);
    record_state record;
    do {
        record = (record_state){.err = SCH_NONE};
        csv->text.bytes = 0;
        csv->fields = 0;
        csv->record_line = csv->line;
        *state = take_record(csv, &record);
    } while (*state == SCH_CSV_RECORD && !record.has_field && !record.broken && !sch_failed(record.err));
    if (sch_failed(record.err)) {
        return record.err;
    }
    bool readable = csv->latin1 || is_utf8(csv->text.data, csv->text.bytes);
    if (*state == SCH_CSV_RECORD && (record.broken || !readable)) {
        *state = SCH_CSV_MALFORMED;
    }
    return SCH_NONE;
}

const char *sch_csv_field(const sch_csv *csv, size_t number, size_t *bytes)
{
    size_t start = number == 0 ? 0 : csv->end[number - 1];
    *bytes = csv->end[number] - start;
    if (csv->text.data == NULL) {
        return "";
    }
    return (const char *)csv->text.data + start;
}
