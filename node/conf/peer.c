#include "node/conf/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/file.h"
#include "node/conf/psk.h"

enum { PATH_BYTES = 64, KEY_PATH_BYTES = PATH_BYTES + 16 };

static const cyaml_schema_field_t peer_fields[] = {
    SCH_CARD_FIELDS(sch_peer_texts, card),
    CYAML_FIELD_STRING_PTR("psk_file", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, sch_peer_texts, psk_file, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t sch_peer_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, sch_peer_texts, peer_fields),
};

sch_err sch_peer_read_path(char **out, const char *text, const char *path, const sch_conf_context *context)
{
    if (text[0] == '\0') {
        return sch_yaml_fail(context->yaml, path, "has to be a path", context->detail);
    }
    *out = sch_file_join(context->folder, text);
    return sch_check(*out != NULL, SCH_NO_MEMORY, "out of memory");
}

sch_err sch_peer_read_name(char out[static SCH_NAME_BYTES], const char *text, const char *path,
                           const sch_conf_context *context)
{
    if (!sch_card_name_is_valid(text)) {
        return sch_yaml_fail(context->yaml, path, "has to be a name: a small letter, then small letters, digits and _",
                             context->detail);
    }
    memcpy(out, text, strlen(text) + 1);
    return SCH_NONE;
}

/* What two cards may not have in common: NULL where they have nothing. */
static const char *same_in(const sch_card *a, const sch_card *b)
{
    if (strcmp(a->name, b->name) == 0) {
        return "has the name of an entry before it";
    }
    if (memcmp(a->identity, b->identity, sizeof a->identity) == 0 ||
        memcmp(a->exchange, b->exchange, sizeof a->exchange) == 0 ||
        memcmp(a->tls_pin, b->tls_pin, sizeof a->tls_pin) == 0) {
        return "has a key of an entry before it";
    }
    return NULL;
}

static sch_err read_peer(sch_conf_peer *out, const sch_peer_texts *texts, const char *path,
                         const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    char key[KEY_PATH_BYTES];
    SCH_TRY(sch_card_from_texts(&out->card, &texts->card, context->yaml, path, context->detail));
    if (texts->psk_file != NULL) {
        (void)snprintf(key, sizeof key, "%s.psk_file", path);
        SCH_TRY(sch_peer_read_path(&out->psk_file, texts->psk_file, key, context));
        if (context->with_psk) {
            SCH_TRY(sch_psk_load(&out->psk, out->psk_file, context->detail));
        }
    }
out:
    return err;
}

sch_err sch_peer_read_list(sch_conf_peer **out, size_t *out_count, const sch_peer_texts *texts, size_t count,
                           const char *list, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    *out = calloc(count > 0 ? count : 1, sizeof **out);
    SCH_TRY(sch_check(*out != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t i = 0; i < count; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s[%zu]", list, i + 1);
        sch_conf_peer *peer = &(*out)[i];
        *out_count = i + 1;
        SCH_TRY(read_peer(peer, &texts[i], path, context));
        const char *fault = peer->card.address[0] == '\0' ? "lacks the key 'address'" : NULL;
        for (size_t j = 0; j < i && fault == NULL; j++) {
            fault = same_in(&(*out)[j].card, &peer->card);
        }
        if (fault != NULL) {
            SCH_TRY(sch_yaml_fail(context->yaml, path, fault, context->detail));
        }
    }
out:
    return err;
}

void sch_peer_clear_list(sch_conf_peer *peer, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(peer[i].psk_file);
        sch_secret_free(peer[i].psk);
    }
    free(peer);
}
