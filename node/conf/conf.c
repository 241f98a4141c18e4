#include "node/conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "crypto/prim/base64.h"
#include "node/base/file.h"
#include "node/base/yaml.h"
#include "node/conf/peer.h"
#include "node/conf/psk.h"

/* ---- the structure, scalars as texts ---- */

typedef struct conf_texts {
    char *node, *listen, *address, *keys, *state, *socket;
    char **data_sets;
    uint32_t data_sets_count;
    struct operator_texts {
        char *name, *user, *identity;
    } * operators;
    uint32_t operators_count;
    struct psk_texts {
        char *peer, *file;
    } * psk;
    uint32_t psk_count;
    struct limits_texts {
        char *workers, *memory_mb, *threads, *spill_dir, *max_jobs, *request_minutes;
    } limits;
    struct log_texts {
        char *format, *level;
    } log;
} conf_texts;

#define TEXT(key, type)                                                                                                \
    CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, key, 0, CYAML_UNLIMITED)
#define NEEDED_TEXT(key, type) CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER, type, key, 0, CYAML_UNLIMITED)
#define GROUP(key, fields) CYAML_FIELD_MAPPING(#key, CYAML_FLAG_OPTIONAL, conf_texts, key, fields)
#define LIST(key, entry, most)                                                                                         \
    CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, conf_texts, key, entry, 0, most)

static const cyaml_schema_value_t path_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t operator_fields[] = {
    NEEDED_TEXT(name, struct operator_texts),
    TEXT(user, struct operator_texts),
    NEEDED_TEXT(identity, struct operator_texts),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t operator_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct operator_texts, operator_fields)};
static const cyaml_schema_field_t psk_fields[] = {
    NEEDED_TEXT(peer, struct psk_texts),
    NEEDED_TEXT(file, struct psk_texts),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t psk_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct psk_texts, psk_fields)};
static const cyaml_schema_field_t limits_fields[] = {
    TEXT(workers, struct limits_texts),
    TEXT(memory_mb, struct limits_texts),
    TEXT(threads, struct limits_texts),
    TEXT(spill_dir, struct limits_texts),
    TEXT(max_jobs, struct limits_texts),
    TEXT(request_minutes, struct limits_texts),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t log_fields[] = {
    TEXT(format, struct log_texts),
    TEXT(level, struct log_texts),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t conf_fields[] = {
    NEEDED_TEXT(node, conf_texts),
    NEEDED_TEXT(listen, conf_texts),
    TEXT(address, conf_texts),
    NEEDED_TEXT(keys, conf_texts),
    TEXT(state, conf_texts),
    TEXT(socket, conf_texts),
    LIST(data_sets, &path_schema, SCH_MAX_DATA_SETS),
    LIST(operators, &operator_schema, SCH_MAX_OPERATORS),
    LIST(psk, &psk_schema, SCH_MAX_PEERS),
    GROUP(limits, limits_fields),
    GROUP(log, log_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t conf_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, conf_texts, conf_fields)};

/* ---- the values ---- */

static uint32_t default_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > 16 ? 16 : (uint32_t)cores;
}

static void set_defaults(sch_conf *conf)
{
    *conf = (sch_conf){.workers = default_workers(),
                       .memory_mb = 256,
                       .max_jobs = 4,
                       .request_minutes = 60,
                       .log_format = SCH_LOG_TEXT,
                       .log_level = SCH_LOG_INFO};
}

static sch_err read_address(char out[static SCH_ADDRESS_BYTES], const char *text, const char *path, bool any,
                            const sch_conf_context *context)
{
    if (!sch_card_address_is_valid(text, any)) {
        return sch_yaml_fail(context->yaml, path, "has to be an address: host:port", context->detail);
    }
    memcpy(out, text, strlen(text) + 1);
    return SCH_NONE;
}

static sch_err read_node(sch_conf *conf, const conf_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_peer_read_name(conf->node, texts->node, "node", context));
    SCH_TRY(read_address(conf->listen, texts->listen, "listen", true, context));
    if (texts->address != NULL) {
        SCH_TRY(read_address(conf->address, texts->address, "address", false, context));
    } else if (sch_card_address_is_valid(conf->listen, false)) {
        memcpy(conf->address, conf->listen, sizeof conf->address);
    } else {
        SCH_TRY(
            sch_yaml_fail(context->yaml, "listen", "names no host, so the key 'address' is needed", context->detail));
    }
    SCH_TRY(sch_peer_read_path(&conf->keys, texts->keys, "keys", context));
out:
    return err;
}

static sch_err read_data_sets(sch_conf *conf, const conf_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    conf->data_set = calloc(texts->data_sets_count > 0 ? texts->data_sets_count : 1, sizeof *conf->data_set);
    SCH_TRY(sch_check(conf->data_set != NULL, SCH_NO_MEMORY, "out of memory"));
    for (uint32_t i = 0; i < texts->data_sets_count; i++) {
        conf->data_set_count = i + 1;
        SCH_TRY(sch_peer_read_path(&conf->data_set[i], texts->data_sets[i], "data_sets", context));
    }
out:
    return err;
}

static sch_err read_numbers(sch_conf *conf, const conf_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    const struct {
        uint32_t *out;
        const char *path, *text;
        uint32_t minimum, maximum;
    } number[] = {
        {&conf->workers, "limits.workers", texts->limits.workers, 1, 64},
        {&conf->memory_mb, "limits.memory_mb", texts->limits.memory_mb, 64, 1048576},
        {&conf->threads, "limits.threads", texts->limits.threads, 1, 64},
        {&conf->max_jobs, "limits.max_jobs", texts->limits.max_jobs, 1, 64},
        {&conf->request_minutes, "limits.request_minutes", texts->limits.request_minutes, 1, 10080},
    };
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) {
        SCH_TRY(sch_yaml_number(number[i].out, context->yaml, number[i].path, number[i].text, number[i].minimum,
                                number[i].maximum, context->detail));
    }
    if (conf->threads == 0) {
        conf->threads = conf->workers;
    }
out:
    return err;
}

static sch_err read_words(sch_conf *conf, const conf_texts *texts, const sch_conf_context *context)
{
    static const char *const formats[] = {"text", "json"};                     /* as sch_log_format */
    static const char *const levels[] = {"debug", "info", "warning", "error"}; /* as sch_log_level */
    sch_err err = SCH_NONE;
    unsigned format = SCH_LOG_TEXT, level = SCH_LOG_INFO;
    SCH_TRY(sch_yaml_word(&format, context->yaml, "log.format", texts->log.format, formats, 2, context->detail));
    SCH_TRY(sch_yaml_word(&level, context->yaml, "log.level", texts->log.level, levels, 4, context->detail));
    conf->log_format = (sch_log_format)format;
    conf->log_level = (sch_log_level)level;
out:
    return err;
}

static sch_err read_state(sch_conf *conf, const conf_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_peer_read_path(&conf->state, texts->state == NULL ? "state" : texts->state, "state", context));
    if (texts->socket != NULL) {
        SCH_TRY(sch_peer_read_path(&conf->socket, texts->socket, "socket", context));
    } else {
        conf->socket = sch_file_join(conf->state, "control.sock");
        SCH_TRY(sch_check(conf->socket != NULL, SCH_NO_MEMORY, "out of memory"));
    }
out:
    return err;
}

/* ---- operators and pre-shared keys ---- */

enum { KEY_BYTES = 64 }; /* of a path */

/* Writes the path of an entry, or of one of its keys where key is not NULL: "operators[2].name". */
static const char *path_of(char out[static KEY_BYTES], const char *list, size_t entry, const char *key)
{
    (void)snprintf(out, KEY_BYTES, "%s[%zu]%s%s", list, entry + 1, key == NULL ? "" : ".", key == NULL ? "" : key);
    return out;
}

/* What a system may call an account, without what would be odd on a terminal. */
static bool is_account(const char *text)
{
    size_t bytes = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-@$");
    return bytes > 0 && bytes <= 256 && text[bytes] == '\0' && text[0] != '-';
}

static sch_err read_operator(sch_conf_operator *out, const struct operator_texts *texts, size_t number,
                             const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    char key[KEY_BYTES];
    SCH_TRY(sch_peer_read_name(out->name, texts->name, path_of(key, "operators", number, "name"), context));
    if (texts->user != NULL && !is_account(texts->user)) {
        SCH_TRY(sch_yaml_fail(context->yaml, path_of(key, "operators", number, "user"),
                              "has to be the name of a system account", context->detail));
    }
    if (texts->user != NULL) {
        out->user = strdup(texts->user);
        SCH_TRY(sch_check(out->user != NULL, SCH_NO_MEMORY, "out of memory"));
    }
    if (sch_failed(sch_base64_decode(out->identity, sizeof out->identity, texts->identity, strlen(texts->identity)))) {
        SCH_TRY(sch_yaml_fail(context->yaml, path_of(key, "operators", number, "identity"),
                              "has to be 32 bytes in base64: 44 characters as schakelctl operator new prints them",
                              context->detail));
    }
out:
    return err;
}

static sch_err read_operators(sch_conf *conf, const conf_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    conf->operator_ = calloc(texts->operators_count + 1, sizeof *conf->operator_);
    SCH_TRY(sch_check(conf->operator_ != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t i = 0; i < texts->operators_count; i++) {
        const sch_conf_operator *own = &conf->operator_[i];
        char key[KEY_BYTES];
        const char *fault = NULL;
        conf->operator_count = i + 1;
        SCH_TRY(read_operator(&conf->operator_[i], &texts->operators[i], i, context));
        for (size_t j = 0; j < i && fault == NULL; j++) {
            const sch_conf_operator *other = &conf->operator_[j];
            if (strcmp(own->name, other->name) == 0) {
                fault = "has the name of an entry before it";
            } else if (memcmp(own->identity, other->identity, sizeof own->identity) == 0) {
                fault = "has the key of an entry before it";
            }
        }
        if (fault != NULL) {
            SCH_TRY(sch_yaml_fail(context->yaml, path_of(key, "operators", i, NULL), fault, context->detail));
        }
    }
out:
    return err;
}

static sch_err read_psks(sch_conf *conf, const conf_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    conf->psk = calloc(texts->psk_count + 1, sizeof *conf->psk);
    SCH_TRY(sch_check(conf->psk != NULL, SCH_NO_MEMORY, "out of memory"));
    for (size_t i = 0; i < texts->psk_count; i++) {
        sch_conf_psk *psk = &conf->psk[i];
        char key[KEY_BYTES];
        conf->psk_count = i + 1;
        SCH_TRY(sch_peer_read_name(psk->peer, texts->psk[i].peer, path_of(key, "psk", i, "peer"), context));
        SCH_TRY(sch_peer_read_path(&psk->file, texts->psk[i].file, path_of(key, "psk", i, "file"), context));
        const char *fault = strcmp(psk->peer, conf->node) == 0 ? "names this node itself" : NULL;
        for (size_t j = 0; j < i && fault == NULL; j++) {
            fault = strcmp(psk->peer, conf->psk[j].peer) == 0 ? "names the peer of an entry before it" : NULL;
        }
        if (fault != NULL) {
            SCH_TRY(sch_yaml_fail(context->yaml, path_of(key, "psk", i, NULL), fault, context->detail));
        }
        if (context->with_psk) {
            SCH_TRY(sch_psk_load(&psk->key, psk->file, context->detail));
        }
    }
out:
    return err;
}

static sch_err read_values(sch_conf *conf, const conf_texts *texts, const sch_conf_context *context)
{
    sch_err err = SCH_NONE;
    SCH_TRY(read_node(conf, texts, context));
    SCH_TRY(read_data_sets(conf, texts, context));
    SCH_TRY(read_numbers(conf, texts, context));
    SCH_TRY(read_words(conf, texts, context));
    if (texts->limits.spill_dir != NULL) {
        SCH_TRY(sch_peer_read_path(&conf->spill_dir, texts->limits.spill_dir, "limits.spill_dir", context));
    }
    SCH_TRY(read_state(conf, texts, context));
    SCH_TRY(read_operators(conf, texts, context));
    SCH_TRY(read_psks(conf, texts, context));
out:
    return err;
}

/* Keys that older configurations had, and that a person may look for here: they are told where these are now. */
static sch_err tell_moved(sch_err given, const sch_yaml *yaml, const sch_detail *told, sch_detail *detail)
{
    static const char *const moved[] = {"peers", "analysts", "disclosure"};
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++) {
        sch_detail unknown = {{0}};
        sch_err err = sch_yaml_fail(yaml, moved[i], "is an unknown key", &unknown);
        if (sch_failed(err) && strcmp(unknown.text, told->text) == 0) {
            return sch_yaml_fail(
                yaml, moved[i],
                "now belongs in the agreement that the parties sign (schakelctl agreement): take it out "
                "here",
                detail);
        }
    }
    sch_detail_set(detail, "%s", told->text);
    return given;
}

sch_err sch_conf_parse(sch_conf *conf, const uint8_t *data, size_t bytes, const char *folder, const char *label,
                       bool with_psk, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    void *texts = NULL;
    sch_detail told = {{0}};
    const sch_yaml yaml = {data, bytes, label};
    const sch_conf_context context = {&yaml, folder, with_psk, detail};
    set_defaults(conf);
    err = sch_yaml_load(&texts, &conf_schema, &yaml, &told);
    if (sch_failed(err)) {
        SCH_TRY(tell_moved(err, &yaml, &told, detail));
    }
    SCH_TRY(read_values(conf, texts, &context));
out:
    sch_yaml_free(&conf_schema, texts);
    if (sch_failed(err)) {
        sch_conf_clear(conf);
    }
    return err;
}

sch_err sch_conf_load(sch_conf *conf, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    *conf = (sch_conf){0};
    char *folder = sch_file_folder(path);
    SCH_TRY(sch_check(folder != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_file_read(&data, path, SCH_MAX_CONF_BYTES, SCH_FILE_PUBLIC, detail));
    SCH_TRY(sch_conf_parse(conf, data.data, data.bytes, folder, path, true, detail));
out:
    sch_buf_clear(&data);
    free(folder);
    return err;
}

void sch_conf_clear(sch_conf *conf)
{
    free(conf->keys);
    free(conf->state);
    free(conf->socket);
    for (size_t i = 0; i < conf->data_set_count; i++) {
        free(conf->data_set[i]);
    }
    free(conf->data_set);
    for (size_t i = 0; i < conf->operator_count; i++) {
        free(conf->operator_[i].user);
    }
    free(conf->operator_);
    for (size_t i = 0; i < conf->psk_count; i++) {
        free(conf->psk[i].file);
        sch_secret_free(conf->psk[i].key);
    }
    free(conf->psk);
    free(conf->spill_dir);
    *conf = (sch_conf){0};
}
