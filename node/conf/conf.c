#include "node/conf/conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/base/yaml.h"
#include "node/conf/peer.h"

/* ---- the structure, scalars as texts ---- */

typedef struct conf_texts {
    char *node, *listen, *address, *keys;
    char **data_sets;
    uint32_t data_sets_count;
    struct disclosure_texts {
        char *min_persons, *zero_cells;
    } disclosure;
    sch_peer_texts *peers;
    uint32_t peers_count;
    sch_peer_texts *analysts;
    uint32_t analysts_count;
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

static const cyaml_schema_field_t disclosure_fields[] = {
    TEXT(min_persons, struct disclosure_texts),
    TEXT(zero_cells, struct disclosure_texts),
    CYAML_FIELD_END,
};
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
    LIST(data_sets, &path_schema, SCH_MAX_DATA_SETS),
    GROUP(disclosure, disclosure_fields),
    LIST(peers, &sch_peer_schema, SCH_MAX_PEERS),
    LIST(analysts, &sch_peer_analyst_schema, SCH_MAX_ANALYSTS),
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
    *conf = (sch_conf){.min_persons = 10,
                       .workers = default_workers(),
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
        {&conf->min_persons, "disclosure.min_persons", texts->disclosure.min_persons, 1, 1000000},
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
    static const char *const zero_cells[] = {"suppress", "show"};
    static const char *const formats[] = {"text", "json"};                     /* as sch_log_format */
    static const char *const levels[] = {"debug", "info", "warning", "error"}; /* as sch_log_level */
    sch_err err = SCH_NONE;
    unsigned show = 0, format = SCH_LOG_TEXT, level = SCH_LOG_INFO;
    SCH_TRY(sch_yaml_word(&show, context->yaml, "disclosure.zero_cells", texts->disclosure.zero_cells, zero_cells, 2,
                          context->detail));
    SCH_TRY(sch_yaml_word(&format, context->yaml, "log.format", texts->log.format, formats, 2, context->detail));
    SCH_TRY(sch_yaml_word(&level, context->yaml, "log.level", texts->log.level, levels, 4, context->detail));
    conf->show_zero = show == 1;
    conf->log_format = (sch_log_format)format;
    conf->log_level = (sch_log_level)level;
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
    SCH_TRY(sch_peer_read_list(&conf->peer, &conf->peer_count, texts->peers, texts->peers_count, "peers", conf->node,
                               false, context));
    SCH_TRY(sch_peer_read_analysts(&conf->analyst, &conf->analyst_count, texts->analysts, texts->analysts_count,
                                   "analysts", context));
out:
    return err;
}

sch_err sch_conf_parse(sch_conf *conf, const uint8_t *data, size_t bytes, const char *folder, const char *label,
                       bool with_psk, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    void *texts = NULL;
    const sch_yaml yaml = {data, bytes, label};
    const sch_conf_context context = {&yaml, folder, with_psk, detail};
    set_defaults(conf);
    SCH_TRY(sch_yaml_load(&texts, &conf_schema, &yaml, detail));
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
    for (size_t i = 0; i < conf->data_set_count; i++) {
        free(conf->data_set[i]);
    }
    free(conf->data_set);
    sch_peer_clear_list(conf->peer, conf->peer_count);
    free(conf->analyst);
    free(conf->spill_dir);
    *conf = (sch_conf){0};
}
