/* field.h - from the text of a field to a value of its declared type: exactly, strictly, without a word about the
 * value.
 *
 * Numbers: an optional sign, digits, and where the type has them the separator and decimals; no thousands separators,
 * no exponents. Decimals beyond the declared number are accepted only where they are zeros: nothing is rounded. Blanks
 * at both ends of a field do not count. Used by the engine for each row and again to find the line of a fault. */
#ifndef SCH_NODE_SOURCE_FIELD_H
#define SCH_NODE_SOURCE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "node/source/codes.h"
#include "node/source/schema.h"
#include "proto/catalog.h"

/* Longer invalid identifiers are cut to this and on to the end of a character, after a byte 01, without which what is
 * left of one could be valid. A valid one has at most 64 bytes. */
enum { SCH_FIELD_IDENTIFIER_BYTES = 64, SCH_FIELD_IDENTIFIER_MAX = 1 + SCH_FIELD_IDENTIFIER_BYTES + 3 };

typedef enum sch_field_state {
    SCH_FIELD_OK = 0,
    SCH_FIELD_EMPTY,     /* nothing, blanks, or the text that means empty */
    SCH_FIELD_MALFORMED, /* not of the declared type */
    SCH_FIELD_OUTSIDE,   /* of the type, but outside its range or codes */
} sch_field_state;

typedef struct sch_field_reader {
    const sch_column *column; /* borrowed */
    char decimal_separator;
    char date_format[sizeof((sch_source_file *)0)->date_format];
    char true_text[SCH_NAME_BYTES], false_text[SCH_NAME_BYTES];
    char empty_text[SCH_NAME_BYTES];
    bool check_codes;      /* false: a text is not looked up, since whoever takes it does that anyway */
    bool check_identifier; /* an invalid identifier is MALFORMED; else it is OK and stands as it is */
    sch_codes codes;       /* where the column has codes */
} sch_field_reader;

/* Where a text was written by the engine itself (from a column of a Parquet file that has a type) and not by the file's
 * maker: a decimal point, ISO dates, true and false. */
typedef enum sch_field_origin { SCH_FIELD_FROM_FILE = 1, SCH_FIELD_FROM_ENGINE } sch_field_origin;

typedef struct sch_field_value {
    int64_t number;   /* integer; scaled decimal; 0 or 1; days since 1970-01-01 */
    const char *text; /* texts and identifiers: trimmed; borrowed from the field, or from own */
    size_t bytes;
    char own[SCH_FIELD_IDENTIFIER_MAX]; /* an identifier that does not stand so in the field */
} sch_field_value;

/* Readies a reader. The caller clears it, also on failure. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT for codes that
 * repeat. */
sch_err sch_field_reader_init(sch_field_reader *reader, const sch_column *column, const sch_source_file *file,
                              sch_field_origin origin);
void sch_field_reader_clear(sch_field_reader *reader);

/* Reads one field. An identifier comes normalised; unless it is to be checked, a BSN or RSIN only gets its zero in
 * front, which is all that makes equal ones equal texts. */
sch_field_state sch_field_read(const sch_field_reader *reader, sch_field_value *out, const char *text, size_t bytes);

/* Whether an identifier that was read as OK passes its check (crypto/ident): OK or MALFORMED. */
sch_field_state sch_field_check_identifier(const sch_column *column, const sch_field_value *value);

/* As sch_field_read for a number that a Parquet file holds as one: scales it and checks its range. */
sch_field_state sch_field_read_number(const sch_field_reader *reader, int64_t *out, int64_t number);

/* Whether a state ends a run: empty fields do where the column is required (but not identifiers, which are counted). */
bool sch_field_is_fault(const sch_column *column, sch_field_state state);

/* The two rules above without a reader, for the schema file: a number of so many decimals, a date by a format.
 * False where the text is not one, or does not fit 64 bits. */
bool sch_field_parse_number(int64_t *out, const char *text, size_t bytes, char separator, uint8_t decimals);
bool sch_field_parse_date(int64_t *out, const char *text, size_t bytes, const char *format);

/* Whether a date format has %Y, %m and %d once each and no other directive. */
bool sch_field_date_format_is_valid(const char *format);

#endif
