/* DESIGN. libcyaml gives the structure with every scalar as a text (raw_*), in which the functions below check and
 * convert one key after another, so that each complaint has its key's line. What concerns several keys is left to
 * sch_data_set_check. */
#include "node/source/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/file.h"
#include "node/base/yaml.h"
#include "node/source/bins.h"
#include "node/source/field.h"
#include "node/source/link_keys.h"
#include "proto/text.h"

enum { MAX_SCHEMA_BYTES = 4 << 20, MAX_CODES_FILE_BYTES = 16 << 20, PATH_BYTES = 64 };

/* ---- the structure ---- */

typedef struct raw_column {
    char *name, *header, *description, *type, *decimals, *role, *identifier, *required, *minimum, *maximum, *codes_file;
    char **codes;
    unsigned codes_count;
} raw_column;

typedef struct raw_file {
    char *path, *format, *delimiter, *quote, *decimal_separator, *encoding, *date_format, *true_text, *false_text,
        *empty;
} raw_file;

typedef struct raw_schema {
    char *name, *description, *unit, *rows, *max_rows, *max_rows_per_person, *duplicates;
    raw_file file;
    raw_column *columns;
    unsigned columns_count;
    sch_raw_link_key *link_keys;
    unsigned link_keys_count;
} raw_schema;

#define MAY (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define MUST CYAML_FLAG_POINTER

static const cyaml_schema_value_t code_value = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, SCH_MAX_CODE_BYTES)};

static const cyaml_schema_field_t column_fields[] = {
    CYAML_FIELD_STRING_PTR("name", MUST, raw_column, name, 1, SCH_NAME_BYTES - 1),
    CYAML_FIELD_STRING_PTR("header", MAY, raw_column, header, 1, SCH_MAX_HEADER_BYTES - 1),
    CYAML_FIELD_STRING_PTR("description", MAY, raw_column, description, 0, SCH_MAX_TEXT_BYTES),
    CYAML_FIELD_STRING_PTR("type", MAY, raw_column, type, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("decimals", MAY, raw_column, decimals, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("role", MUST, raw_column, role, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("identifier", MAY, raw_column, identifier, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("required", MAY, raw_column, required, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("minimum", MAY, raw_column, minimum, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("maximum", MAY, raw_column, maximum, 0, CYAML_UNLIMITED),
    CYAML_FIELD_IGNORE("bins", CYAML_FLAG_OPTIONAL), /* bins.h reads them */
    CYAML_FIELD_SEQUENCE_COUNT("codes", MAY, raw_column, codes, codes_count, &code_value, 1, SCH_MAX_CODES),
    CYAML_FIELD_STRING_PTR("codes_file", MAY, raw_column, codes_file, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t column_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_column, column_fields)};

static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_STRING_PTR("path", MUST, raw_file, path, 1, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("format", MAY, raw_file, format, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("delimiter", MAY, raw_file, delimiter, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("quote", MAY, raw_file, quote, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("decimal_separator", MAY, raw_file, decimal_separator, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("encoding", MAY, raw_file, encoding, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("date_format", MAY, raw_file, date_format, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("true", MAY, raw_file, true_text, 1, SCH_NAME_BYTES - 1),
    CYAML_FIELD_STRING_PTR("false", MAY, raw_file, false_text, 1, SCH_NAME_BYTES - 1),
    CYAML_FIELD_STRING_PTR("empty", MAY, raw_file, empty, 0, SCH_NAME_BYTES - 1),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t schema_fields[] = {
    CYAML_FIELD_STRING_PTR("name", MUST, raw_schema, name, 1, SCH_NAME_BYTES - 1),
    CYAML_FIELD_STRING_PTR("description", MAY, raw_schema, description, 0, SCH_MAX_TEXT_BYTES),
    CYAML_FIELD_STRING_PTR("unit", MAY, raw_schema, unit, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("rows", MUST, raw_schema, rows, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("max_rows", MAY, raw_schema, max_rows, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("max_rows_per_person", MAY, raw_schema, max_rows_per_person, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("duplicates", MAY, raw_schema, duplicates, 0, CYAML_UNLIMITED),
    CYAML_FIELD_MAPPING("file", CYAML_FLAG_DEFAULT, raw_schema, file, file_fields),
    CYAML_FIELD_SEQUENCE_COUNT("columns", CYAML_FLAG_POINTER, raw_schema, columns, columns_count, &column_value, 1,
                               SCH_MAX_COLUMNS),
    CYAML_FIELD_SEQUENCE_COUNT("link_keys", MAY, raw_schema, link_keys, link_keys_count, &sch_raw_link_key_value, 0,
                               SCH_MAX_LINK_KEYS),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_schema, schema_fields)};

/* What all steps need; borrowed. */
typedef struct loading {
    sch_yaml yaml;
    const char *folder; /* of the schema file */
    sch_detail *detail;
} loading;

static sch_err copy_text(char **out, const char *text)
{
    *out = text == NULL ? NULL : strdup(text);
    return sch_check(text == NULL || *out != NULL, SCH_NO_MEMORY, "no memory for a schema");
}

/* Copies a text into an array that the structure's limits or a word list have made large enough; NULL: the default. */
static void fill(char *out, size_t room, const char *text, const char *otherwise)
{
    (void)snprintf(out, room, "%s", text != NULL ? text : otherwise);
}

/* ---- the file ---- */

/* One character out of `choice`; NULL leaves the default. */
static sch_err take_character(char *out, const loading *load, const char *path, const char *text, const char *choice,
                              const char *what)
{
    if (text == NULL) {
        return SCH_NONE;
    }
    if (strlen(text) != 1 || strchr(choice, text[0]) == NULL) {
        return sch_yaml_fail(&load->yaml, path, what, load->detail);
    }
    *out = text[0];
    return SCH_NONE;
}

static sch_err take_dialect(sch_source_file *out, const loading *load, const raw_file *raw)
{
    static const char *const encodings[] = {"utf-8", "latin-1"};
    unsigned encoding = 0;
    sch_err err = SCH_NONE;
    out->delimiter = ';';
    out->quote = '"';
    out->decimal_separator = ',';
    SCH_TRY(take_character(&out->delimiter, load, "file.delimiter", raw->delimiter, ";,\t|",
                           "has to be one of: \";\" \",\" \"\\t\" \"|\""));
    if (raw->quote != NULL && raw->quote[0] == '\0') {
        out->quote = '\0';
    } else {
        SCH_TRY(
            take_character(&out->quote, load, "file.quote", raw->quote, "\"'", "has to be a quote, or \"\" for none"));
    }
    SCH_TRY(take_character(&out->decimal_separator, load, "file.decimal_separator", raw->decimal_separator, ",.",
                           "has to be one of: \",\" \".\""));
    SCH_TRY(sch_yaml_word(&encoding, &load->yaml, "file.encoding", raw->encoding, encodings, 2, load->detail));
    fill(out->encoding, sizeof out->encoding, encodings[encoding], "");
    const char *format = raw->date_format != NULL ? raw->date_format : "%Y-%m-%d";
    if (strlen(format) >= sizeof out->date_format || !sch_field_date_format_is_valid(format)) {
        return sch_yaml_fail(&load->yaml, "file.date_format", "has to hold %Y, %m and %d once each, as in %d-%m-%Y",
                             load->detail);
    }
    fill(out->date_format, sizeof out->date_format, format, "");
    fill(out->true_text, sizeof out->true_text, raw->true_text, "true");
    fill(out->false_text, sizeof out->false_text, raw->false_text, "false");
    fill(out->empty_text, sizeof out->empty_text, raw->empty, "");
    if (strcmp(out->true_text, out->false_text) == 0) {
        return sch_yaml_fail(&load->yaml, "file.true", "has to differ from file.false", load->detail);
    }
out:
    return err;
}

static sch_err take_file(sch_source_file *out, const loading *load, const raw_schema *raw)
{
    static const char *const formats[] = {"csv", "parquet"};
    static const char *const duplicates[] = {"refuse", "leave_out"};
    unsigned format = 0;
    unsigned choice = 0;
    sch_err err = SCH_NONE;
    SCH_TRY(sch_yaml_word(&format, &load->yaml, "file.format", raw->file.format, formats, 2, load->detail));
    SCH_TRY(sch_yaml_word(&choice, &load->yaml, "duplicates", raw->duplicates, duplicates, 2, load->detail));
    out->format = format == 0 ? SCH_FILE_CSV : SCH_FILE_PARQUET;
    out->duplicates = choice == 0 ? SCH_DUPLICATES_REFUSE : SCH_DUPLICATES_LEAVE_OUT;
    out->path = sch_file_join(load->folder, raw->file.path);
    SCH_TRY(sch_check(out->path != NULL, SCH_NO_MEMORY, "no memory for a schema"));
    SCH_TRY(take_dialect(out, load, &raw->file));
    out->header = calloc(raw->columns_count, sizeof *out->header);
    SCH_TRY(sch_check(out->header != NULL, SCH_NO_MEMORY, "no memory for a schema"));
    out->header_count = raw->columns_count;
    for (unsigned i = 0; i < raw->columns_count; i++) {
        const raw_column *column = &raw->columns[i];
        SCH_TRY(copy_text(&out->header[i], column->header != NULL ? column->header : column->name));
    }
out:
    return err;
}

/* ---- columns ---- */

static const char *path_of(char out[static PATH_BYTES], unsigned column, const char *key)
{
    (void)snprintf(out, PATH_BYTES, "columns[%u]%s%s", column + 1, key[0] != '\0' ? "." : "", key);
    return out;
}

/* A minimum or maximum, as the column's type writes it: with a decimal point, or a date of ISO 8601. */
static sch_err take_bound(int64_t *out, const loading *load, const char *path, const sch_column *column,
                          const char *text)
{
    bool taken = column->type == SCH_TYPE_DATE ? sch_field_parse_date(out, text, strlen(text), "%Y-%m-%d")
                                               : sch_field_parse_number(out, text, strlen(text), '.', column->decimals);
    if (!taken) {
        return sch_yaml_fail(&load->yaml, path,
                             column->type == SCH_TYPE_DATE
                                 ? "has to be a date as 2025-12-31"
                                 : "has to be a number with a point and no more decimals than the column",
                             load->detail);
    }
    return SCH_NONE;
}

static sch_err take_bounds(sch_column *out, const loading *load, unsigned number, const raw_column *raw)
{
    char path[PATH_BYTES];
    sch_err err = SCH_NONE;
    if (raw->minimum == NULL && raw->maximum == NULL) {
        return SCH_NONE;
    }
    if (raw->minimum == NULL || raw->maximum == NULL) {
        return sch_yaml_fail(&load->yaml, path_of(path, number, raw->minimum != NULL ? "minimum" : "maximum"),
                             "needs the other bound beside it", load->detail);
    }
    SCH_TRY(take_bound(&out->minimum, load, path_of(path, number, "minimum"), out, raw->minimum));
    SCH_TRY(take_bound(&out->maximum, load, path_of(path, number, "maximum"), out, raw->maximum));
    out->bounded = true;
out:
    return err;
}

/* Room for one more code; *room is what there is. */
static sch_err add_code(sch_column *out, uint32_t *room, const char *text, size_t bytes)
{
    if (out->code_count == *room) {
        uint32_t more = *room == 0 ? 64 : 2 * *room;
        char **grown = realloc(out->code, more * sizeof *grown);
        if (grown == NULL) {
            return sch_fail(SCH_NO_MEMORY, "no memory for a list of codes");
        }
        out->code = grown;
        *room = more;
    }
    out->code[out->code_count] = strndup(text, bytes);
    if (out->code[out->code_count] == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory for a list of codes");
    }
    out->code_count++;
    return SCH_NONE;
}

/* Adds the codes of a file: one a line, blanks around it and blank lines dropped. */
static sch_err read_codes(sch_column *out, const loading *load, const char *key, const char *name)
{
    sch_buf text = {0};
    uint32_t room = 0;
    char *path = sch_file_join(load->folder, name);
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(path != NULL, SCH_NO_MEMORY, "no memory for a list of codes"));
    SCH_TRY(sch_file_read(&text, path, MAX_CODES_FILE_BYTES, SCH_FILE_PUBLIC, load->detail));
    if (!sch_text_is_utf8(text.data, text.bytes)) {
        SCH_TRY(sch_yaml_fail(&load->yaml, key, "names a file that is not UTF-8", load->detail));
    }
    const char *line = sch_buf_text(&text);
    SCH_TRY(sch_check(line != NULL, SCH_NO_MEMORY, "no memory for a list of codes"));
    line += strncmp(line, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (*line != '\0') {
        size_t bytes = strcspn(line, "\n");
        const char *next = line[bytes] == '\0' ? line + bytes : line + bytes + 1;
        size_t blanks = strspn(line, " \t\r");
        blanks = blanks < bytes ? blanks : bytes;
        line += blanks;
        bytes -= blanks;
        while (bytes > 0 && strchr(" \t\r", line[bytes - 1]) != NULL) {
            bytes--;
        }
        if (bytes > 0) {
            if (out->code_count == SCH_MAX_CODES) {
                SCH_TRY(sch_yaml_fail(&load->yaml, key, "names a file of more than 100,000 codes", load->detail));
            }
            SCH_TRY(add_code(out, &room, line, bytes));
        }
        line = next;
    }
out:
    free(path);
    sch_buf_clear(&text);
    return err;
}

static sch_err take_codes(sch_column *out, const loading *load, unsigned number, const raw_column *raw)
{
    char path[PATH_BYTES];
    uint32_t room = 0;
    sch_err err = SCH_NONE;
    path_of(path, number, "codes_file");
    if (raw->codes_file != NULL && raw->codes_count > 0) {
        return sch_yaml_fail(&load->yaml, path, "cannot stand beside codes", load->detail);
    }
    if (raw->codes_file != NULL) {
        return read_codes(out, load, path, raw->codes_file);
    }
    for (unsigned i = 0; i < raw->codes_count; i++) {
        SCH_TRY(add_code(out, &room, raw->codes[i], strlen(raw->codes[i])));
    }
out:
    return err;
}

static sch_err take_column(sch_column *out, const loading *load, unsigned number, const raw_column *raw)
{
    const char *types[SCH_TYPES];
    static const char *const roles[] = {"identifier", "dimension", "measure", "attribute"};
    const char *kinds[SCH_IDENTIFIER_KINDS];
    static const char *const answers[] = {"false", "true"};
    char path[PATH_BYTES];
    unsigned type = SCH_TYPE_TEXT - 1;
    unsigned role = 0;
    unsigned kind = 0;
    unsigned required = 0;
    uint32_t decimals = 0;
    sch_detail *detail = load->detail;
    sch_err err = SCH_NONE;
    for (unsigned i = 0; i < SCH_TYPES; i++) {
        types[i] = sch_type_word((sch_type)(i + 1));
    }
    for (unsigned i = 0; i < SCH_IDENTIFIER_KINDS; i++) {
        kinds[i] = sch_identifier_word((sch_identifier_kind)(i + 1));
    }
    fill(out->name, sizeof out->name, raw->name, "");
    SCH_TRY(copy_text(&out->description, raw->description));
    SCH_TRY(sch_yaml_word(&type, &load->yaml, path_of(path, number, "type"), raw->type, types, SCH_TYPES, detail));
    SCH_TRY(sch_yaml_word(&role, &load->yaml, path_of(path, number, "role"), raw->role, roles, 4, detail));
    SCH_TRY(sch_yaml_word(&kind, &load->yaml, path_of(path, number, "identifier"), raw->identifier, kinds,
                          SCH_IDENTIFIER_KINDS, detail));
    SCH_TRY(
        sch_yaml_word(&required, &load->yaml, path_of(path, number, "required"), raw->required, answers, 2, detail));
    SCH_TRY(sch_yaml_number(&decimals, &load->yaml, path_of(path, number, "decimals"), raw->decimals, 0,
                            SCH_MAX_DECIMALS, detail));
    out->type = (sch_type)(type + 1);
    out->role = (sch_column_role)(role + 1);
    out->decimals = (uint8_t)decimals;
    out->required = required == 1;
    bool identifies = out->role == SCH_ROLE_IDENTIFIER;
    if (identifies != (raw->identifier != NULL)) {
        return sch_yaml_fail(&load->yaml, path_of(path, number, identifies ? "" : "identifier"),
                             identifies ? "lacks the key 'identifier' (bsn, text, a-nummer, kvk, rsin or bag)"
                                        : "is for the role identifier only",
                             detail);
    }
    if (!identifies && raw->type == NULL) {
        return sch_yaml_fail(&load->yaml, path_of(path, number, ""), "lacks the key 'type'", detail);
    }
    if (identifies) {
        out->identifier = (sch_identifier_kind)(kind + 1);
    }
    SCH_TRY(take_bounds(out, load, number, raw));
    SCH_TRY(take_codes(out, load, number, raw));
out:
    return err;
}

/* ---- the whole ---- */

/* The most rows that a person has, where persons have many. */
static sch_err take_rows_a_person(sch_data_set *out, const loading *load, const raw_schema *raw)
{
    out->max_rows_a_person = out->rows_per_person == SCH_ONE_PER_PERSON ? 1 : 0;
    if (raw->max_rows_per_person != NULL && out->rows_per_person == SCH_ONE_PER_PERSON) {
        return sch_yaml_fail(&load->yaml, "max_rows_per_person", "is for data sets of many rows per person only",
                             load->detail);
    }
    return sch_yaml_number(&out->max_rows_a_person, &load->yaml, "max_rows_per_person", raw->max_rows_per_person, 2,
                           SCH_MAX_ROWS_A_PERSON, load->detail);
}

static sch_err take_data_set(sch_data_set *out, const loading *load, const raw_schema *raw)
{
    static const char *const rows[] = {"one per person", "many per person"};
    unsigned many = 0;
    sch_err err = SCH_NONE;
    fill(out->name, sizeof out->name, raw->name, "");
    fill(out->unit, sizeof out->unit, raw->unit, "person");
    SCH_TRY(copy_text(&out->description, raw->description));
    if (strcmp(out->unit, "person") != 0) {
        return sch_yaml_fail(&load->yaml, "unit", "has to be person", load->detail);
    }
    SCH_TRY(sch_yaml_word(&many, &load->yaml, "rows", raw->rows, rows, 2, load->detail));
    out->rows_per_person = many == 0 ? SCH_ONE_PER_PERSON : SCH_MANY_PER_PERSON;
    int64_t most = SCH_DEFAULT_MAX_ROWS;
    if (raw->max_rows != NULL && (!sch_field_parse_number(&most, raw->max_rows, strlen(raw->max_rows), '.', 0) ||
                                  most < 1 || most > SCH_MAX_ROWS)) {
        return sch_yaml_fail(&load->yaml, "max_rows", "has to be a whole number from 1 to 10^12", load->detail);
    }
    out->max_rows = (uint64_t)most;
    SCH_TRY(take_rows_a_person(out, load, raw));
    out->column = calloc(raw->columns_count, sizeof *out->column);
    SCH_TRY(sch_check(out->column != NULL, SCH_NO_MEMORY, "no memory for a schema"));
    out->column_count = raw->columns_count;
    for (unsigned i = 0; i < raw->columns_count; i++) {
        SCH_TRY(take_column(&out->column[i], load, i, &raw->columns[i]));
    }
    SCH_TRY(sch_link_keys_take(out, &load->yaml, raw->link_keys, raw->link_keys_count, load->detail));
out:
    return err;
}

/* What a sentence says of a data set's column or link key; NULL where it is about something else. */
static const char *rest_of(const char *sentence, const sch_data_set *data_set, const char *kind, const char *name)
{
    char start[2 * SCH_NAME_BYTES + 32];
    (void)snprintf(start, sizeof start, "data set %s, %s %s: ", data_set->name, kind, name);
    return strncmp(sentence, start, strlen(start)) == 0 ? sentence + strlen(start) : NULL;
}

/* The rules that hold for every catalogue, with the line of the column or link key that breaks one. */
static sch_err check_data_set(const sch_data_set *data_set, const loading *load)
{
    sch_detail found = {{0}};
    char path[PATH_BYTES] = "";
    const char *rest = NULL;
    sch_err err = sch_data_set_check(data_set, &found);
    if (err.code != SCH_BAD_INPUT) {
        return err;
    }
    /* From the last, which is the one to change where two have the same name. */
    for (unsigned i = (unsigned)data_set->column_count; i-- > 0 && rest == NULL;) {
        rest = rest_of(found.text, data_set, "column", data_set->column[i].name);
        (void)path_of(path, i, "");
    }
    for (unsigned i = (unsigned)data_set->link_key_count; i-- > 0 && rest == NULL;) {
        rest = rest_of(found.text, data_set, "link key", data_set->link_key[i].name);
        (void)snprintf(path, sizeof path, "link_keys[%u]", i + 1);
    }
    if (rest != NULL) {
        return sch_yaml_fail(&load->yaml, path, rest, load->detail);
    }
    return sch_yaml_fail(&load->yaml, "", found.text, load->detail);
}

sch_err sch_schema_load(sch_data_set *data_set, sch_source_file *file, const char *path, sch_detail *detail)
{
    *data_set = (sch_data_set){0};
    *file = (sch_source_file){0};
    sch_buf text = {0};
    void *raw = NULL;
    char *folder = sch_file_folder(path);
    loading load = {.folder = folder, .detail = detail};
    sch_err err = SCH_NONE;
    SCH_TRY(sch_check(folder != NULL, SCH_NO_MEMORY, "no memory for a schema"));
    SCH_TRY(sch_file_read(&text, path, MAX_SCHEMA_BYTES, SCH_FILE_PUBLIC, detail));
    load.yaml = (sch_yaml){.data = text.data, .bytes = text.bytes, .label = path};
    SCH_TRY(sch_yaml_load(&raw, &schema_value, &load.yaml, detail));
    SCH_TRY(take_file(file, &load, raw));
    SCH_TRY(take_data_set(data_set, &load, raw));
    SCH_TRY(sch_bins_load(data_set, &load.yaml, detail));
    SCH_TRY(check_data_set(data_set, &load));
out:
    sch_yaml_free(&schema_value, raw);
    sch_buf_clear(&text);
    free(folder);
    return err;
}
