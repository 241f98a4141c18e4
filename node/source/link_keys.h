/* link_keys.h - the key `link_keys` of a schema: a list of keys, each a name and columns. */
#ifndef SCH_NODE_SOURCE_LINK_KEYS_H
#define SCH_NODE_SOURCE_LINK_KEYS_H

#include "crypto/base/err.h"
#include "node/base/yaml.h"
#include "proto/catalog.h"

/* An entry as sch_yaml_load gives it: texts, of which `first` may be NULL. */
typedef struct sch_raw_link_part {
    char *column, *first;
} sch_raw_link_part;

typedef struct sch_raw_link_key {
    char *name;
    sch_raw_link_part *columns;
    unsigned columns_count;
} sch_raw_link_key;

/* The structure of an entry, for a schema that has a list of these: its own bounds are SCH_MAX_LINK_PARTS and those of
 * names. */
extern const cyaml_schema_value_t sch_raw_link_key_value;

/* Gives a data set its link keys, which it owns; its columns are there. What concerns several keys is left to
 * sch_data_set_check. Errors: SCH_BAD_INPUT with the line, the key and what is expected, SCH_NO_MEMORY. */
sch_err sch_link_keys_take(sch_data_set *data_set, const sch_yaml *yaml, const sch_raw_link_key *raw, unsigned count,
                           sch_detail *detail);

#endif
