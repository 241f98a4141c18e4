#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/file.h"
#include "node/base/yaml.h"
#include "node/conf/conf.h"
#include "node/conf/peer.h"
#include "proto/request.h"
#include "proto/text.h"

typedef struct profile_texts {
    char *analyst, *keys, *node, *agreement, *purpose;
    sch_peer_texts *nodes;
    uint32_t nodes_count;
} profile_texts;

static const cyaml_schema_field_t profile_fields[] = {
    CYAML_FIELD_STRING_PTR("analyst", CYAML_FLAG_POINTER, profile_texts, analyst, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("keys", CYAML_FLAG_POINTER, profile_texts, keys, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("node", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, profile_texts, node, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("agreement", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, profile_texts, agreement, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("purpose", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, profile_texts, purpose, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("nodes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, profile_texts, nodes, &sch_peer_schema, 0,
                         SCH_MAX_PEERS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t profile_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, profile_texts, profile_fields)};

/* Which node to call: the one that is named, else the first. */
static sch_err choose_node(sch_profile *profile, const char *name, const sch_conf_context *context)
{
    profile->call = 0;
    if (name == NULL) {
        return SCH_NONE;
    }
    for (size_t i = 0; i < profile->node_count; i++) {
        if (strcmp(profile->node[i].card.name, name) == 0) {
            profile->call = i;
            return SCH_NONE;
        }
    }
    return sch_yaml_fail(context->yaml, "node", "has to be the name of one of the nodes", context->detail);
}

/* What requests say unless the command line says otherwise. */
static sch_err read_defaults(sch_profile *profile, const profile_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    if (texts->agreement != NULL) {
        SCH_TRY(sch_peer_read_name(profile->agreement, texts->agreement, "agreement", context));
    }
    if (texts->purpose != NULL) {
        size_t bytes = strlen(texts->purpose);
        if (bytes == 0 || bytes > SCH_MAX_PURPOSE_BYTES || !sch_text_is_printable(texts->purpose, bytes)) {
            SCH_TRY(sch_yaml_fail(context->yaml, "purpose", "has to be a text on one line of at most 500 bytes",
                                  context->detail));
        }
        profile->purpose = strdup(texts->purpose);
        SCH_TRY(sch_check(profile->purpose != NULL, SCH_NO_MEMORY, "out of memory"));
    }
out:
    return err;
}

static sch_err read_values(sch_profile *profile, const profile_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_peer_read_name(profile->analyst, texts->analyst, "analyst", context));
    SCH_TRY(sch_peer_read_path(&profile->keys, texts->keys, "keys", context));
    if (texts->nodes_count == 0) {
        SCH_TRY(sch_yaml_fail(context->yaml, "nodes",
                              "lists no nodes yet: ask each organisation for its card (schakelctl card) and add it",
                              context->detail));
    }
    SCH_TRY(
        sch_peer_read_list(&profile->node, &profile->node_count, texts->nodes, texts->nodes_count, "nodes", context));
    SCH_TRY(choose_node(profile, texts->node, context));
    SCH_TRY(read_defaults(profile, texts, context));
out:
    return err;
}

sch_err sch_profile_parse(sch_profile *profile, const uint8_t *data, size_t bytes, const char *folder,
                          const char *label, bool with_psk, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    void *texts = NULL;
    const sch_yaml yaml = {data, bytes, label};
    const sch_conf_context context = {&yaml, folder, with_psk, detail};
    *profile = (sch_profile){0};
    SCH_TRY(sch_yaml_load(&texts, &profile_schema, &yaml, detail));
    SCH_TRY(read_values(profile, texts, &context));
out:
    sch_yaml_free(&profile_schema, texts);
    if (sch_failed(err)) {
        sch_profile_clear(profile);
    }
    return err;
}

sch_err sch_profile_load(sch_profile *profile, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    *profile = (sch_profile){0};
    char *folder = sch_file_folder(path);
    SCH_TRY(sch_check(folder != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_file_read(&data, path, SCH_MAX_CONF_BYTES, SCH_FILE_PUBLIC, detail));
    SCH_TRY(sch_profile_parse(profile, data.data, data.bytes, folder, path, true, detail));
out:
    sch_buf_clear(&data);
    free(folder);
    return err;
}

void sch_profile_clear(sch_profile *profile)
{
    free(profile->keys);
    free(profile->purpose);
    sch_peer_clear_list(profile->node, profile->node_count);
    *profile = (sch_profile){0};
}

char *sch_profile_default_path(void)
{
    const char *folder = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    char *path = NULL;
    if (folder != NULL && folder[0] == '/') { /* the XDG base directory rules: a relative one is ignored */
        return asprintf(&path, "%s/schakel/schakel.yaml", folder) < 0 ? NULL : path;
    }
    if (home == NULL || home[0] == '\0') {
        return NULL;
    }
    return asprintf(&path, "%s/.config/schakel/schakel.yaml", home) < 0 ? NULL : path;
}
