/* peer.h - a profile's list of nodes, and what the two readers share; for conf.c and profile.c alone. */
#ifndef SCH_NODE_CONF_PEER_H
#define SCH_NODE_CONF_PEER_H

#include "node/base/yaml.h"
#include "node/conf/conf.h"

/* An entry of a list as the YAML reader finds it. */
typedef struct sch_peer_texts {
    sch_card_texts card;
    char *psk_file; /* may be NULL */
} sch_peer_texts;

/* The libcyaml schema of an entry. */
extern const cyaml_schema_value_t sch_peer_schema;

/* Where a file is read from and what it is relative to. Borrowed. */
typedef struct sch_conf_context {
    const sch_yaml *yaml;
    const char *folder;
    bool with_psk;
    sch_detail *detail;
} sch_conf_context;

/* Reads a list: *out, owned, *out_count. list: the key's path ("nodes"). Each entry has an address; names and keys are
 * distinct. On failure what was read is in *out all the same. */
sch_err sch_peer_read_list(sch_conf_peer **out, size_t *out_count, const sch_peer_texts *texts, size_t count,
                           const char *list, const sch_conf_context *context);

/* Wipes and frees a list; accepts NULL. */
void sch_peer_clear_list(sch_conf_peer *peer, size_t count);

/* Copies a path, made relative to the context's folder. *out: owned. Errors: SCH_BAD_INPUT where it is empty. */
sch_err sch_peer_read_path(char **out, const char *text, const char *path, const sch_conf_context *context);

/* Copies a name. Errors: SCH_BAD_INPUT. */
sch_err sch_peer_read_name(char out[static SCH_NAME_BYTES], const char *text, const char *path,
                           const sch_conf_context *context);

#endif
