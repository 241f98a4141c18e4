#include "node/source/field.h"

#include <string.h>

#include "crypto/ident/identifier.h"

_Static_assert((int)SCH_FIELD_IDENTIFIER_BYTES == (int)SCH_MAX_IDENTIFIER_BYTES, "valid identifiers are not cut");

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool equals(const char *text, size_t bytes, const char *other)
{
    return strlen(other) == bytes && memcmp(text, other, bytes) == 0;
}

sch_err sch_field_reader_init(sch_field_reader *reader, const sch_column *column, const sch_source_file *file,
                              sch_field_origin origin)
{
    *reader = (sch_field_reader){.column = column, .check_codes = true};
    bool from_file = origin == SCH_FIELD_FROM_FILE;
    reader->decimal_separator = from_file ? file->decimal_separator : '.';
    memcpy(reader->date_format, file->date_format, sizeof reader->date_format);
    memcpy(reader->true_text, file->true_text, sizeof reader->true_text);
    memcpy(reader->false_text, file->false_text, sizeof reader->false_text);
    memcpy(reader->empty_text, file->empty_text, sizeof reader->empty_text);
    if (!from_file) {
        memcpy(reader->date_format, "%Y-%m-%d", sizeof "%Y-%m-%d");
        memcpy(reader->true_text, "true", sizeof "true");
        memcpy(reader->false_text, "false", sizeof "false");
        reader->empty_text[0] = '\0';
    }
    if (column->code_count == 0) {
        return SCH_NONE;
    }
    return sch_codes_init(&reader->codes, column->code, column->code_count);
}

void sch_field_reader_clear(sch_field_reader *reader)
{
    sch_codes_clear(&reader->codes);
    *reader = (sch_field_reader){0};
}

/* The magnitude of a number as digits; what is wrong with it where it is none. */
static sch_field_state parse_number(int64_t *out, const char *text, size_t bytes, char separator, uint8_t decimals)
{
    const char *end = text + bytes;
    bool negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+')) {
        text++;
    }
    if (text == end || !is_digit(*text)) {
        return SCH_FIELD_MALFORMED;
    }
    uint64_t magnitude = 0;
    bool over = false;
    for (; text < end && is_digit(*text); text++) {
        over |= __builtin_mul_overflow(magnitude, UINT64_C(10), &magnitude);
        over |= __builtin_add_overflow(magnitude, (uint64_t)(*text - '0'), &magnitude);
    }
    uint8_t seen = 0;
    if (text < end) {
        if (*text != separator || ++text == end) {
            return SCH_FIELD_MALFORMED;
        }
        for (; text < end && is_digit(*text); text++) {
            if (seen < decimals) {
                over |= __builtin_mul_overflow(magnitude, UINT64_C(10), &magnitude);
                over |= __builtin_add_overflow(magnitude, (uint64_t)(*text - '0'), &magnitude);
                seen++;
            } else if (*text != '0') {
                return SCH_FIELD_MALFORMED;
            }
        }
    }
    if (text < end) {
        return SCH_FIELD_MALFORMED;
    }
    for (; seen < decimals; seen++) {
        over |= __builtin_mul_overflow(magnitude, UINT64_C(10), &magnitude);
    }
    if (over || magnitude > (uint64_t)INT64_MAX) {
        return SCH_FIELD_OUTSIDE;
    }
    *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return SCH_FIELD_OK;
}

bool sch_field_parse_number(int64_t *out, const char *text, size_t bytes, char separator, uint8_t decimals)
{
    return parse_number(out, text, bytes, separator, decimals) == SCH_FIELD_OK;
}

/* Reads up to `most` digits; false where there is none. */
static bool parse_digits(int *out, const char **text, const char *end, int most)
{
    int count = 0;
    *out = 0;
    for (; count < most && *text < end && is_digit(**text); count++, (*text)++) {
        *out = *out * 10 + (**text - '0');
    }
    return count > 0;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that a leap day is a year's last;
 * 400 years have 146097 days, and from March the months' days follow (153 m + 2) / 5. */
static int64_t days_of_date(int year, int month, int day)
{
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t y = year - (month <= 2 ? 1 : 0);
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

static bool date_exists(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (leap && month == 2 ? 1 : 0);
}

bool sch_field_parse_date(int64_t *out, const char *text, size_t bytes, const char *format)
{
    const char *end = text + bytes;
    int year = 0;
    int month = 0;
    int day = 0;
    for (; *format != '\0'; format++) {
        if (*format == '%') {
            format++;
            int *part = *format == 'Y' ? &year : *format == 'm' ? &month : &day;
            const char *from = text;
            /* A year of fewer than four digits is more likely a slip than the first millennium. */
            if (!parse_digits(part, &text, end, *format == 'Y' ? 4 : 2) || (*format == 'Y' && text - from != 4)) {
                return false;
            }
        } else if (text == end || *text++ != *format) {
            return false;
        }
    }
    if (text != end || !date_exists(year, month, day)) {
        return false;
    }
    *out = days_of_date(year, month, day);
    return true;
}

bool sch_field_date_format_is_valid(const char *format)
{
    unsigned seen[3] = {0, 0, 0};
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            continue;
        }
        format++;
        if (*format != 'Y' && *format != 'm' && *format != 'd') {
            return false;
        }
        seen[*format == 'Y' ? 0 : *format == 'm' ? 1 : 2]++;
    }
    return seen[0] == 1 && seen[1] == 1 && seen[2] == 1;
}

static sch_field_state check_range(const sch_column *column, int64_t number)
{
    bool outside = column->bounded && (number < column->minimum || number > column->maximum);
    return outside ? SCH_FIELD_OUTSIDE : SCH_FIELD_OK;
}

/* A BSN or RSIN of eight digits gets its zero in front. */
static void put_zero(sch_field_value *out)
{
    bool digits = out->bytes == SCH_BSN_BYTES - 1;
    for (size_t i = 0; i < SCH_BSN_BYTES - 1 && digits; i++) {
        digits = is_digit(out->text[i]);
    }
    if (digits) {
        out->own[0] = '0';
        memcpy(out->own + 1, out->text, SCH_BSN_BYTES - 1);
        out->text = out->own;
        out->bytes = SCH_BSN_BYTES;
    }
}

/* False where it is invalid; it stays as it is then. */
static bool normalise(const sch_column *column, sch_field_value *out)
{
    uint8_t room[SCH_MAX_RAW_IDENTIFIER_BYTES + SCH_IDENTIFIER_GROWTH_BYTES];
    const uint8_t length = (uint8_t)out->bytes;
    uint8_t normal = 0;
    if (out->bytes > SCH_MAX_RAW_IDENTIFIER_BYTES ||
        sch_failed(sch_identifier_normalise(column->identifier, room, &normal, NULL, NULL, (const uint8_t *)out->text,
                                            &length, 1)) ||
        normal == 0 || normal > SCH_FIELD_IDENTIFIER_BYTES) {
        return false;
    }
    if (normal != out->bytes || memcmp(room, out->text, normal) != 0) {
        memcpy(out->own, room, normal);
        out->text = out->own;
        out->bytes = normal;
    }
    return true;
}

static void cut_invalid(sch_field_value *out)
{
    if (out->bytes <= SCH_FIELD_IDENTIFIER_BYTES) {
        return;
    }
    /* On to the end of the character: what the engine holds has to stay UTF-8. */
    size_t cut = SCH_FIELD_IDENTIFIER_BYTES;
    while (cut < out->bytes && cut < SCH_FIELD_IDENTIFIER_MAX - 1 && ((unsigned char)out->text[cut] & 0xC0U) == 0x80U) {
        cut++;
    }
    out->own[0] = '\x01';
    memcpy(out->own + 1, out->text, cut);
    out->text = out->own;
    out->bytes = cut + 1;
}

static sch_field_state read_identifier(const sch_field_reader *reader, sch_field_value *out)
{
    sch_identifier_kind kind = reader->column->identifier;
    if (!reader->check_identifier && (kind == SCH_IDENTIFIER_BSN || kind == SCH_IDENTIFIER_RSIN)) {
        put_zero(out);
    } else if (normalise(reader->column, out)) {
        return SCH_FIELD_OK;
    } else if (reader->check_identifier) {
        return SCH_FIELD_MALFORMED;
    }
    cut_invalid(out);
    return SCH_FIELD_OK;
}

sch_field_state sch_field_check_identifier(const sch_column *column, const sch_field_value *value)
{
    sch_field_value copy = *value;
    return normalise(column, &copy) ? SCH_FIELD_OK : SCH_FIELD_MALFORMED;
}

static sch_field_state read_text(const sch_field_reader *reader, const sch_field_value *value)
{
    uint32_t number;
    if (reader->codes.slot == NULL) {
        return memchr(value->text, '\0', value->bytes) == NULL ? SCH_FIELD_OK : SCH_FIELD_MALFORMED;
    }
    bool known = !reader->check_codes || sch_codes_find(&reader->codes, &number, value->text, value->bytes);
    return known ? SCH_FIELD_OK : SCH_FIELD_OUTSIDE;
}

static sch_field_state read_boolean(const sch_field_reader *reader, sch_field_value *out)
{
    out->number = equals(out->text, out->bytes, reader->true_text) ? 1 : 0;
    bool known = out->number == 1 || equals(out->text, out->bytes, reader->false_text);
    return known ? SCH_FIELD_OK : SCH_FIELD_MALFORMED;
}

sch_field_state sch_field_read(const sch_field_reader *reader, sch_field_value *out, const char *text, size_t bytes)
{
    const sch_column *column = reader->column;
    while (bytes > 0 && is_blank(text[0])) {
        text++;
        bytes--;
    }
    while (bytes > 0 && is_blank(text[bytes - 1])) {
        bytes--;
    }
    if (bytes == 0 || (reader->empty_text[0] != '\0' && equals(text, bytes, reader->empty_text))) {
        return SCH_FIELD_EMPTY;
    }
    out->text = text;
    out->bytes = bytes;
    if (column->role == SCH_ROLE_IDENTIFIER) {
        return read_identifier(reader, out);
    }
    sch_field_state state = SCH_FIELD_OK;
    switch (column->type) {
    case SCH_TYPE_TEXT:
        return read_text(reader, out);
    case SCH_TYPE_BOOLEAN:
        return read_boolean(reader, out);
    case SCH_TYPE_DATE:
        state =
            sch_field_parse_date(&out->number, text, bytes, reader->date_format) ? SCH_FIELD_OK : SCH_FIELD_MALFORMED;
        break;
    case SCH_TYPE_INTEGER:
    case SCH_TYPE_DECIMAL:
        state = parse_number(&out->number, text, bytes, reader->decimal_separator, column->decimals);
        break;
    }
    return state == SCH_FIELD_OK ? check_range(column, out->number) : state;
}

sch_field_state sch_field_read_number(const sch_field_reader *reader, int64_t *out, int64_t number)
{
    for (uint8_t i = 0; i < reader->column->decimals; i++) {
        if (__builtin_mul_overflow(number, INT64_C(10), &number)) {
            return SCH_FIELD_OUTSIDE;
        }
    }
    *out = number;
    return check_range(reader->column, number);
}

bool sch_field_is_fault(const sch_column *column, sch_field_state state)
{
    if (state == SCH_FIELD_EMPTY) {
        return column->required && column->role != SCH_ROLE_IDENTIFIER;
    }
    return state != SCH_FIELD_OK;
}
