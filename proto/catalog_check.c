/* DESIGN. One function a thing (column, link key, data set, catalogue), each a list of rules in the order of the
 * header. A broken rule is a literal text; the caller of a column's or a link key's rules puts in front which data set
 * and column or key it is, by name where the name is one, else by number, since what is not a name is not shown. */
#include <stdlib.h>
#include <string.h>

#include "proto/catalog.h"

/* Gives the rule's text from the function where it does not hold. */
#define RULE(holds, text)                                                                                              \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            return text;                                                                                               \
        }                                                                                                              \
    } while (0)

static bool text_fits(const char *text, size_t most)
{
    size_t bytes = strnlen(text, most + 1);
    return bytes <= most && sch_text_is_printable(text, bytes);
}

static bool is_number(sch_type type)
{
    return type == SCH_TYPE_INTEGER || type == SCH_TYPE_DECIMAL;
}

/* ---- columns ---- */

static const char *check_bounds(const sch_column *c)
{
    if (!c->bounded) {
        RULE(c->minimum == 0 && c->maximum == 0, "it has a minimum or maximum but is not marked as bounded");
        return NULL;
    }
    RULE(is_number(c->type) || c->type == SCH_TYPE_DATE, "only numbers and dates have a minimum and maximum");
    RULE(c->minimum <= c->maximum, "its minimum is larger than its maximum");
    if (c->type == SCH_TYPE_DATE) {
        RULE(c->minimum >= SCH_MIN_DATE && c->maximum <= SCH_MAX_DATE, "its dates leave the years 1 to 9999");
    } else {
        RULE(c->minimum > -SCH_MAX_BOUND && c->maximum < SCH_MAX_BOUND,
             "its minimum and maximum must lie between -2^53 and 2^53 (decimals counted as whole numbers)");
    }
    return NULL;
}

static int compare_texts(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

/* Whether no text occurs twice. A list in ascending order, the usual one, is seen in one pass. */
static sch_err check_distinct(bool *distinct, char *const *text, uint32_t count)
{
    uint32_t i = 1;
    while (i < count && strcmp(text[i - 1], text[i]) < 0) {
        i++;
    }
    *distinct = true;
    if (i >= count) {
        return SCH_NONE;
    }
    const char **sorted = malloc(count * sizeof *sorted);
    if (sorted == NULL) {
        return sch_fail(SCH_NO_MEMORY, "no memory to check a code list");
    }
    for (uint32_t j = 0; j < count; j++) {
        sorted[j] = text[j];
    }
    qsort(sorted, count, sizeof *sorted, compare_texts);
    for (uint32_t j = 1; j < count && *distinct; j++) {
        *distinct = strcmp(sorted[j - 1], sorted[j]) != 0;
    }
    free(sorted);
    return SCH_NONE;
}

static const char *check_codes(const sch_column *c)
{
    RULE(c->code_count <= SCH_MAX_CODES, "it has more than 100,000 codes");
    RULE(c->code_count == 0 || c->type == SCH_TYPE_TEXT, "only texts have a code list");
    RULE(c->code_count == 0 || c->role == SCH_ROLE_DIMENSION || c->role == SCH_ROLE_ATTRIBUTE,
         "only dimensions and attributes have a code list");
    RULE(c->code_count == 0 || c->code != NULL, "its code list is missing");
    for (uint32_t i = 0; i < c->code_count; i++) {
        RULE(c->code[i] != NULL && c->code[i][0] != '\0', "one of its codes is empty");
        RULE(text_fits(c->code[i], SCH_MAX_CODE_BYTES),
             "one of its codes is longer than 128 bytes, or is not printable UTF-8");
    }
    return NULL;
}

static const char *check_role(const sch_column *c)
{
    switch (c->role) {
    case SCH_ROLE_IDENTIFIER:
        RULE(c->type == SCH_TYPE_INTEGER || c->type == SCH_TYPE_TEXT, "an identifier is an integer or a text");
        RULE(!c->bounded, "an identifier has no minimum and maximum");
        RULE(sch_identifier_word(c->identifier) != NULL,
             "an identifier's kind is bsn, a-nummer, kvk, rsin, bag or text");
        return NULL;
    case SCH_ROLE_DIMENSION:
        RULE(c->type == SCH_TYPE_TEXT || c->type == SCH_TYPE_INTEGER || c->type == SCH_TYPE_BOOLEAN,
             "a dimension is a text, an integer or a boolean");
        RULE(c->type != SCH_TYPE_TEXT || c->code_count > 0, "a text dimension needs its list of codes");
        RULE(sch_column_domain(c) > 0, "an integer dimension needs a minimum and maximum, at most 100,000 integers");
        return NULL;
    case SCH_ROLE_MEASURE:
        RULE(is_number(c->type), "a measure is an integer or a decimal");
        RULE(c->bounded, "a measure needs a minimum and maximum");
        return NULL;
    case SCH_ROLE_ATTRIBUTE:
        return NULL;
    }
    return "its role is unknown";
}

/* Of a column whose role was checked: a measure has bounds. */
static const char *check_bins(const sch_column *c)
{
    if (c->bin_count == 0) {
        RULE(c->bin_edge == NULL, "its bins have edges but no number");
        return NULL;
    }
    RULE(c->role == SCH_ROLE_MEASURE, "only measures have bins");
    RULE(c->bin_count >= 2 && c->bin_count <= SCH_MAX_BINS, "it has less than 2 bins, or more than 100");
    RULE(c->bin_edge != NULL, "the edges of its bins are missing");
    for (uint32_t i = 0; i < c->bin_count; i++) {
        RULE(c->bin_edge[i] < c->bin_edge[i + 1], "the edges of its bins do not ascend");
    }
    RULE(c->bin_edge[0] >= -SCH_MAX_BOUND && c->bin_edge[c->bin_count] <= SCH_MAX_BOUND,
         "the edges of its bins must lie between -2^53 and 2^53 (decimals counted as whole numbers)");
    RULE(c->bin_edge[0] <= c->minimum, "its bins begin above its minimum");
    RULE(c->bin_edge[1] > c->minimum, "its first bin lies below its minimum");
    RULE(c->bin_edge[c->bin_count] > c->maximum,
         "its bins have to end above its maximum, which is not in the last one");
    RULE(c->bin_edge[c->bin_count - 1] <= c->maximum, "its last bin lies above its maximum");
    return NULL;
}

/* Everything but the name and that codes are distinct. */
static const char *check_column(const sch_column *c)
{
    RULE(c->type >= SCH_TYPE_INTEGER && c->type <= SCH_TYPE_DATE, "its type is unknown");
    RULE(c->description == NULL || text_fits(c->description, SCH_MAX_TEXT_BYTES),
         "its description is longer than 1000 bytes, or is not printable UTF-8");
    RULE(c->decimals <= SCH_MAX_DECIMALS, "it has more than 9 decimals");
    RULE(c->decimals == 0 || c->type == SCH_TYPE_DECIMAL, "only the type decimal has decimals");
    RULE(c->identifier == 0 || c->role == SCH_ROLE_IDENTIFIER, "only an identifier has a kind");
    const char *broken = check_bounds(c);
    broken = broken != NULL ? broken : check_codes(c);
    broken = broken != NULL ? broken : check_role(c);
    return broken != NULL ? broken : check_bins(c);
}

static sch_err check_column_of(const sch_data_set *set, size_t number, sch_detail *detail)
{
    const sch_column *column = &set->column[number];
    if (!sch_text_is_name(column->name)) {
        sch_detail_set(detail, "data set %s: the name of column %zu is not a name (a-z, 0-9, _; at most 63)", set->name,
                       number + 1);
        return sch_fail(SCH_BAD_INPUT, "a column's name is not a name");
    }
    const char *broken = check_column(column);
    if (broken == NULL) {
        bool distinct = true;
        sch_err err = check_distinct(&distinct, column->code, column->code_count);
        if (sch_failed(err)) {
            return err;
        }
        broken = distinct ? NULL : "one of its codes occurs twice";
    }
    for (size_t i = 0; i < number && broken == NULL; i++) {
        if (strcmp(set->column[i].name, column->name) == 0) {
            broken = "there are two columns of this name";
        }
    }
    if (broken != NULL) {
        sch_detail_set(detail, "data set %s, column %s: %s", set->name, column->name, broken);
        return sch_fail(SCH_BAD_INPUT, broken);
    }
    return SCH_NONE;
}

/* ---- link keys ---- */

/* Whose columns have been checked. */
static const char *check_link_part(const sch_data_set *set, const sch_link_key *key, size_t number)
{
    const sch_link_part *part = &key->part[number];
    RULE(sch_text_is_name(part->column), "one of its columns' names is not a name");
    const sch_column *column = sch_data_set_find(set, part->column);
    RULE(column != NULL, "one of its columns is not a column of the data set");
    RULE(column->role != SCH_ROLE_IDENTIFIER,
         "one of its columns is the identifier, by which persons are linked anyway");
    RULE(part->first <= SCH_MAX_LINK_FIRST, "it takes more than 32 characters of a column");
    RULE(part->first == 0 || column->type == SCH_TYPE_TEXT,
         "it takes the first characters of a column that is no text");
    for (size_t i = 0; i < number; i++) {
        RULE(strcmp(key->part[i].column, part->column) != 0, "it has a column twice");
    }
    return NULL;
}

static const char *check_link_key(const sch_data_set *set, size_t number)
{
    const sch_link_key *key = &set->link_key[number];
    RULE(strcmp(sch_data_set_identifier(set)->name, key->name) != 0, "the identifier has this name");
    for (size_t i = 0; i < number; i++) {
        RULE(strcmp(set->link_key[i].name, key->name) != 0, "there are two link keys of this name");
    }
    RULE(key->part_count >= 1 && key->part_count <= SCH_MAX_LINK_PARTS, "it has no columns, or more than 8");
    const char *broken = NULL;
    for (size_t i = 0; i < key->part_count && broken == NULL; i++) {
        broken = check_link_part(set, key, i);
    }
    return broken;
}

static sch_err check_link_keys(const sch_data_set *set, sch_detail *detail)
{
    for (size_t i = 0; i < set->link_key_count; i++) {
        if (!sch_text_is_name(set->link_key[i].name)) {
            sch_detail_set(detail, "data set %s: the name of link key %zu is not a name (a-z, 0-9, _; at most 63)",
                           set->name, i + 1);
            return sch_fail(SCH_BAD_INPUT, "a link key's name is not a name");
        }
        const char *broken = check_link_key(set, i);
        if (broken != NULL) {
            sch_detail_set(detail, "data set %s, link key %s: %s", set->name, set->link_key[i].name, broken);
            return sch_fail(SCH_BAD_INPUT, broken);
        }
    }
    return SCH_NONE;
}

/* ---- data sets and catalogues ---- */

static const char *check_set(const sch_data_set *set)
{
    RULE(set->description == NULL || text_fits(set->description, SCH_MAX_TEXT_BYTES),
         "its description is longer than 1000 bytes, or is not printable UTF-8");
    RULE(sch_text_is_name(set->unit), "its unit is not a name");
    RULE(set->rows_per_person == SCH_ONE_PER_PERSON || set->rows_per_person == SCH_MANY_PER_PERSON,
         "its rows per person are neither one nor many");
    if (set->rows_per_person == SCH_ONE_PER_PERSON) {
        RULE(set->max_rows_a_person == 1, "its largest number of rows a person is not 1, with one row per person");
    } else {
        RULE(set->max_rows_a_person != 1 && set->max_rows_a_person <= SCH_MAX_ROWS_A_PERSON,
             "its largest number of rows a person is not 2 to 1000");
    }
    RULE(set->max_rows >= 1 && set->max_rows <= (uint64_t)SCH_MAX_ROWS, "its largest number of rows is not 1 to 10^12");
    RULE(set->column_count >= 1 && set->column_count <= SCH_MAX_COLUMNS, "it has no columns, or more than 256");
    RULE(set->column != NULL, "its columns are missing");
    size_t identifiers = 0;
    for (size_t i = 0; i < set->column_count; i++) {
        identifiers += set->column[i].role == SCH_ROLE_IDENTIFIER;
    }
    RULE(identifiers == 1, "it has no identifier, or more than one");
    RULE(set->link_key_count == 0 || set->rows_per_person == SCH_ONE_PER_PERSON,
         "it has link keys, which are for data sets of one row per person");
    RULE(set->link_key_count <= SCH_MAX_LINK_KEYS, "it has more than 8 link keys");
    RULE(set->link_key_count == 0 || set->link_key != NULL, "its link keys are missing");
    return NULL;
}

sch_err sch_data_set_check(const sch_data_set *data_set, sch_detail *detail)
{
    if (!sch_text_is_name(data_set->name)) {
        sch_detail_set(detail, "the name of a data set is not a name (a-z, 0-9, _; at most 63)");
        return sch_fail(SCH_BAD_INPUT, "a data set's name is not a name");
    }
    const char *broken = check_set(data_set);
    if (broken != NULL) {
        sch_detail_set(detail, "data set %s: %s", data_set->name, broken);
        return sch_fail(SCH_BAD_INPUT, broken);
    }
    for (size_t i = 0; i < data_set->column_count; i++) {
        sch_err err = check_column_of(data_set, i, detail);
        if (sch_failed(err)) {
            return err;
        }
    }
    return check_link_keys(data_set, detail);
}

static const char *check_catalog(const sch_catalog *catalog)
{
    RULE(sch_text_is_name(catalog->node), "the node's name is not a name");
    RULE(catalog->min_persons <= SCH_MAX_MIN_PERSONS, "min_persons is larger than 1,000,000");
    RULE(catalog->data_set_count <= SCH_MAX_DATA_SETS, "there are more than 64 data sets");
    RULE(catalog->data_set_count == 0 || catalog->data_set != NULL, "the data sets are missing");
    return NULL;
}

sch_err sch_catalog_check(const sch_catalog *catalog, sch_detail *detail)
{
    const char *broken = check_catalog(catalog);
    if (broken != NULL) {
        sch_detail_set(detail, "%s", broken);
        return sch_fail(SCH_BAD_INPUT, broken);
    }
    for (size_t i = 0; i < catalog->data_set_count; i++) {
        const sch_data_set *set = &catalog->data_set[i];
        sch_err err = sch_data_set_check(set, detail);
        if (sch_failed(err)) {
            return err;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(catalog->data_set[j].name, set->name) == 0) {
                sch_detail_set(detail, "there are two data sets called %s", set->name);
                return sch_fail(SCH_BAD_INPUT, "there are two data sets of one name");
            }
        }
    }
    return SCH_NONE;
}
