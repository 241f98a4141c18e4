#include "node/source/link_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 64 };

#define MUST CYAML_FLAG_POINTER

static const cyaml_schema_field_t part_fields[] = {
    CYAML_FIELD_STRING_PTR("column", MUST, sch_raw_link_part, column, 1, SCH_NAME_BYTES - 1),
    CYAML_FIELD_STRING_PTR("first", MUST | CYAML_FLAG_OPTIONAL, sch_raw_link_part, first, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t part_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, sch_raw_link_part, part_fields)};

static const cyaml_schema_field_t key_fields[] = {
    CYAML_FIELD_STRING_PTR("name", MUST, sch_raw_link_key, name, 1, SCH_NAME_BYTES - 1),
    CYAML_FIELD_SEQUENCE_COUNT("columns", MUST, sch_raw_link_key, columns, columns_count, &part_value, 1,
                               SCH_MAX_LINK_PARTS),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t sch_raw_link_key_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, sch_raw_link_key, key_fields)};

/* One column of one key; borrowed. */
typedef struct place {
    unsigned key, part; /* from 0 */
    const sch_yaml *yaml;
    sch_detail *detail;
} place;

static sch_err take_name(sch_link_key *out, unsigned number, const sch_yaml *yaml, const char *name, sch_detail *detail)
{
    char path[PATH_BYTES];
    if (!sch_text_is_name(name)) {
        (void)snprintf(path, sizeof path, "link_keys[%u].name", number + 1);
        return sch_yaml_fail(yaml, path, "has to be a name (a-z, 0-9, _; at most 63)", detail);
    }
    return sch_text_copy(out->name, sizeof out->name, name);
}

static const char *path_of(char out[static PATH_BYTES], const place *at, const char *name)
{
    (void)snprintf(out, PATH_BYTES, "link_keys[%u].columns[%u].%s", at->key + 1, at->part + 1, name);
    return out;
}

static sch_err take_part(sch_link_part *out, const place *at, const sch_data_set *data_set,
                         const sch_raw_link_part *raw)
{
    char path[PATH_BYTES];
    uint32_t first = 0;
    sch_err err = SCH_NONE;
    const sch_column *column = sch_data_set_find(data_set, raw->column);
    if (column == NULL || column->role == SCH_ROLE_IDENTIFIER) {
        return sch_yaml_fail(at->yaml, path_of(path, at, "column"),
                             column == NULL ? "has to be one of the columns of this schema"
                                            : "is the identifier, by which persons are linked anyway",
                             at->detail);
    }
    if (raw->first != NULL && column->type != SCH_TYPE_TEXT) {
        return sch_yaml_fail(at->yaml, path_of(path, at, "first"), "is for columns of the type text only", at->detail);
    }
    SCH_TRY(
        sch_yaml_number(&first, at->yaml, path_of(path, at, "first"), raw->first, 1, SCH_MAX_LINK_FIRST, at->detail));
    SCH_TRY(sch_text_copy(out->column, sizeof out->column, raw->column));
    out->first = (uint8_t)first;
out:
    return err;
}

sch_err sch_link_keys_take(sch_data_set *data_set, const sch_yaml *yaml, const sch_raw_link_key *raw, unsigned count,
                           sch_detail *detail)
{
    sch_err err = SCH_NONE;
    if (count == 0) {
        return SCH_NONE;
    }
    if (data_set->rows_per_person != SCH_ONE_PER_PERSON) {
        return sch_yaml_fail(yaml, "link_keys", "is for data sets of one row per person only", detail);
    }
    data_set->link_key = calloc(count, sizeof *data_set->link_key);
    SCH_TRY(sch_check(data_set->link_key != NULL, SCH_NO_MEMORY, "no memory for a schema"));
    data_set->link_key_count = count;
    for (unsigned i = 0; i < count; i++) {
        sch_link_key *key = &data_set->link_key[i];
        SCH_TRY(take_name(key, i, yaml, raw[i].name, detail));
        key->part_count = raw[i].columns_count; /* within its array, as the structure says */
        for (unsigned j = 0; j < raw[i].columns_count; j++) {
            const place at = {.key = i, .part = j, .yaml = yaml, .detail = detail};
            SCH_TRY(take_part(&key->part[j], &at, data_set, &raw[i].columns[j]));
        }
    }
out:
    return err;
}
