/* yaml.h - reads YAML strictly by a libcyaml schema and turns its complaints into one sentence with a line and a key.
 *
 * Refused: unknown and repeated keys, missing keys, anchors and aliases, a second document, zero bytes, more than the caller's
 * bound of bytes. Values of the file are never in an error. */
#ifndef SCH_NODE_BASE_YAML_H
#define SCH_NODE_BASE_YAML_H

#include <stddef.h>
#include <stdint.h>

#include <cyaml/cyaml.h>

#include "crypto/base/err.h"

/* Reads bytes that anyone may have made into what the schema describes: *out, owned by the caller, who gives it to
 * sch_yaml_free; NULL on failure. label: the file's name, for the detail. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY, SCH_BUG for a
 * schema that contradicts itself. */
sch_err sch_yaml_load(void **out, const cyaml_schema_value_t *schema, const uint8_t *data, size_t bytes,
                      const char *label, sch_detail *detail);

/* Frees what load gave; accepts NULL. */
void sch_yaml_free(const cyaml_schema_value_t *schema, void *data);

#endif
