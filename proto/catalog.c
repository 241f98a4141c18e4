#include "proto/catalog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sch_type_word(sch_type type)
{
    static const char *const WORD[SCH_TYPES] = {"integer", "decimal", "text", "boolean", "date"};
    return type >= SCH_TYPE_INTEGER && type <= SCH_TYPE_DATE ? WORD[type - SCH_TYPE_INTEGER] : NULL;
}

uint32_t sch_column_codes(const sch_column *column)
{
    if (column->role != SCH_ROLE_DIMENSION) {
        return 0;
    }
    switch (column->type) {
    case SCH_TYPE_TEXT:
        return column->code_count;
    case SCH_TYPE_INTEGER:
        /* In unsigned arithmetic, which is right for any two bounds in order. */
        if (!column->bounded || column->minimum > column->maximum ||
            (uint64_t)column->maximum - (uint64_t)column->minimum >= SCH_MAX_CODES) {
            return 0;
        }
        return (uint32_t)(column->maximum - column->minimum) + 1;
    case SCH_TYPE_BOOLEAN:
        return 2;
    default:
        return 0;
    }
}

uint32_t sch_column_domain(const sch_column *column)
{
    uint32_t codes = sch_column_codes(column);
    return codes == 0 ? 0 : codes + (column->required ? 0U : 1U);
}

bool sch_column_code_text(const sch_column *column, uint32_t index, char *text, size_t text_bytes)
{
    bool found = index < sch_column_codes(column);
    if (!found) {
        (void)snprintf(text, text_bytes, "%s", "");
    } else if (column->type == SCH_TYPE_TEXT) {
        (void)snprintf(text, text_bytes, "%s", column->code[index]);
    } else if (column->type == SCH_TYPE_BOOLEAN) {
        (void)snprintf(text, text_bytes, "%s", index == 0 ? "false" : "true");
    } else {
        (void)snprintf(text, text_bytes, "%" PRId64, column->minimum + (int64_t)index);
    }
    return found;
}

void sch_link_key_text(char out[static SCH_LINK_KEY_TEXT_BYTES], const sch_link_key *key)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < key->part_count; i++) {
        const sch_link_part *part = &key->part[i];
        char first[16] = "";
        if (part->first > 0) {
            (void)snprintf(first, sizeof first, " (first %u)", (unsigned)part->first);
        }
        (void)snprintf(out + used, SCH_LINK_KEY_TEXT_BYTES - used, "%s%s%s", i > 0 ? ", " : "", part->column, first);
        used = strlen(out);
    }
}

static void clear_column(sch_column *column)
{
    for (uint32_t i = 0; column->code != NULL && i < column->code_count; i++) {
        free(column->code[i]);
    }
    free(column->code);
    free(column->bin_edge);
    free(column->description);
}

void sch_data_set_clear(sch_data_set *data_set)
{
    for (size_t i = 0; data_set->column != NULL && i < data_set->column_count; i++) {
        clear_column(&data_set->column[i]);
    }
    free(data_set->column);
    free(data_set->link_key);
    free(data_set->description);
    memset(data_set, 0, sizeof *data_set);
}

void sch_catalog_clear(sch_catalog *catalog)
{
    for (size_t i = 0; catalog->data_set != NULL && i < catalog->data_set_count; i++) {
        sch_data_set_clear(&catalog->data_set[i]);
    }
    free(catalog->data_set);
    memset(catalog, 0, sizeof *catalog);
}

const sch_data_set *sch_catalog_find(const sch_catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->data_set_count; i++) {
        if (strcmp(catalog->data_set[i].name, name) == 0) {
            return &catalog->data_set[i];
        }
    }
    return NULL;
}

const sch_column *sch_data_set_find(const sch_data_set *data_set, const char *name)
{
    for (size_t i = 0; i < data_set->column_count; i++) {
        if (strcmp(data_set->column[i].name, name) == 0) {
            return &data_set->column[i];
        }
    }
    return NULL;
}

const sch_column *sch_data_set_identifier(const sch_data_set *data_set)
{
    for (size_t i = 0; i < data_set->column_count; i++) {
        if (data_set->column[i].role == SCH_ROLE_IDENTIFIER) {
            return &data_set->column[i];
        }
    }
    return NULL;
}

const sch_link_key *sch_data_set_link_key(const sch_data_set *data_set, const char *name)
{
    for (size_t i = 0; i < data_set->link_key_count; i++) {
        if (strcmp(data_set->link_key[i].name, name) == 0) {
            return &data_set->link_key[i];
        }
    }
    return NULL;
}
