/* yaml.h - reads YAML strictly and complains with a file, a line and a key.
 *
 * A libcyaml schema gives the structure: which keys there are, which are lists. Scalars are read as texts and checked
 * by the functions here and by the caller, since libcyaml takes "1e3" for the integer 1. Refused: unknown, repeated and
 * missing keys, anchors, aliases and tags, keys that are not scalars, a second document, nesting deeper than 16. Values
 * of the file are never in an error.
 *
 * Paths name a place: "limits.workers", "peers[2].identity" (the second peer), "" the whole. */
#ifndef SCH_NODE_BASE_YAML_H
#define SCH_NODE_BASE_YAML_H

#include <stddef.h>
#include <stdint.h>

#include <cyaml/cyaml.h>

#include "crypto/base/err.h"

/* The text of a file, borrowed, and how it is called in errors. */
typedef struct sch_yaml {
    const uint8_t *data;
    size_t bytes;
    const char *label;
} sch_yaml;

/* Reads bytes that anyone may have made, and that the caller has bounded, into what the schema describes. *out: owned
 * by the caller, who gives it to sch_yaml_free; NULL on failure. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY, SCH_BUG for a
 * schema that contradicts itself. */
sch_err sch_yaml_load(void **out, const cyaml_schema_value_t *schema, const sch_yaml *yaml, sch_detail *detail);

/* Frees what load gave; accepts NULL. */
void sch_yaml_free(const cyaml_schema_value_t *schema, void *data);

/* A complaint about the value at a path: SCH_BAD_INPUT with a general text; the detail becomes "<label>, line <n>:
 * <path> <what>". what: the rule that is broken, such as "has to be a name"; never the value. */
sch_err sch_yaml_fail(const sch_yaml *yaml, const char *path, const char *what, sch_detail *detail);

/* Reads a whole number in decimal digits from a scalar's text. text may be NULL: then *out stays as it is.
 * Errors: SCH_BAD_INPUT where it is no number or not within minimum and maximum; the detail names them. */
sch_err sch_yaml_number(uint32_t *out, const sch_yaml *yaml, const char *path, const char *text, uint32_t minimum,
                        uint32_t maximum, sch_detail *detail);

/* Reads one of `count` words; *out is its number. text may be NULL: then *out stays as it is.
 * Errors: SCH_BAD_INPUT; the detail lists the words. */
sch_err sch_yaml_word(unsigned *out, const sch_yaml *yaml, const char *path, const char *text, const char *const *words,
                      size_t count, sch_detail *detail);

#endif
