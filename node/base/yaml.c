/* Two passes. The first walks libyaml's events: it finds faults of syntax, and what libcyaml would let pass, with their
 * exact line. The second is libcyaml, which builds the structure; its complaints come as lines of text, from which the
 * path is taken, and the first pass, run again, tells the line of a path. Errors are rare, so that costs nothing. */
#include "node/base/yaml.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

enum { MAX_DEPTH = 16, PATH_BYTES = 256, KEY_BYTES = 64 };

typedef struct level {
    bool mapping;
    bool at_value;  /* of a mapping: the key was read */
    unsigned index; /* of a list: entries so far */
    size_t base;    /* bytes of the path that name this level */
} level;

typedef struct scan {
    const char *wanted; /* the path to find, or NULL */
    size_t line;        /* of it, from 1; 0 where it is not there */
    char path[PATH_BYTES];
    level stack[MAX_DEPTH];
    size_t depth, documents;
    const char *fault; /* a literal, or NULL */
    size_t fault_line;
} scan;

static void see_fault(scan *s, const char *fault, size_t line)
{
    if (s->fault == NULL) {
        s->fault = fault;
        s->fault_line = line;
    }
}

static void compare_path(scan *s, size_t line)
{
    if (s->wanted != NULL && s->line == 0 && strcmp(s->path, s->wanted) == 0) {
        s->line = line;
    }
}

/* A node begins: a key, a value or an entry. key: its text where it is a scalar, else NULL. */
static void see_node(scan *s, const char *key, size_t line)
{
    if (s->depth == 0) {
        return;
    }
    level *top = &s->stack[s->depth - 1];
    size_t room = sizeof s->path - top->base;
    char *end = s->path + top->base;
    if (!top->mapping) {
        top->index++;
        (void)snprintf(end, room, "[%u]", top->index);
        compare_path(s, line);
    } else if (top->at_value) {
        top->at_value = false;
    } else if (key == NULL) {
        see_fault(s, "a key has to be a plain text", line);
    } else {
        (void)snprintf(end, room, "%s%s", top->base == 0 ? "" : ".", key);
        compare_path(s, line);
        top->at_value = true;
    }
}

static void enter(scan *s, bool mapping, size_t line)
{
    see_node(s, NULL, line);
    if (s->depth == MAX_DEPTH) {
        see_fault(s, "is nested too deep", line);
        return;
    }
    s->stack[s->depth++] = (level){.mapping = mapping, .base = strlen(s->path)};
}

static void see_event(scan *s, const yaml_event_t *event)
{
    size_t line = event->start_mark.line + 1;
    bool named = false;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++s->documents > 1) {
            see_fault(s, "a second document begins", line);
        }
        break;
    case YAML_ALIAS_EVENT:
        named = true;
        break;
    case YAML_SCALAR_EVENT:
        named = event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL;
        if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length) {
            see_fault(s, "a text holds a zero byte", line);
        }
        see_node(s, (const char *)event->data.scalar.value, line);
        break;
    case YAML_SEQUENCE_START_EVENT:
        named = event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL;
        enter(s, false, line);
        break;
    case YAML_MAPPING_START_EVENT:
        named = event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL;
        enter(s, true, line);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        s->depth--;
        break;
    default:
        break;
    }
    if (named) {
        see_fault(s, "anchors, aliases and tags are not taken", line);
    }
}

/* Walks the whole text. On a fault the walk ends, and s->fault says which. Errors: SCH_NO_MEMORY. */
static sch_err walk(scan *s, const sch_yaml *yaml, const char *wanted)
{
    *s = (scan){.wanted = wanted};
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    yaml_parser_set_input_string(&parser, yaml->data, yaml->bytes);
    bool more = true, memory = true;
    while (more && s->fault == NULL) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0) {
            memory = parser.error != YAML_MEMORY_ERROR;
            see_fault(s, parser.problem == NULL ? "is not YAML" : parser.problem, parser.problem_mark.line + 1);
            break;
        }
        see_event(s, &event);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return sch_check(memory, SCH_NO_MEMORY, "out of memory");
}

sch_err sch_yaml_fail(const sch_yaml *yaml, const char *path, const char *what, sch_detail *detail)
{
    scan s;
    size_t line = sch_failed(walk(&s, yaml, path)) ? 0 : s.line;
    const char *blank = path[0] == '\0' ? "" : " ";
    if (line > 0) {
        sch_detail_set(detail, "%s, line %zu: %s%s%s", yaml->label, line, path, blank, what);
    } else {
        sch_detail_set(detail, "%s: %s%s%s", yaml->label, path, blank, what);
    }
    return sch_fail(SCH_BAD_INPUT, "a YAML file is not as it has to be");
}

/* What libcyaml said: its first complaint, the key in it, and the path, which it tells from the inside out. */
typedef struct complaint {
    char text[160];
    char path[PATH_BYTES];
    bool has_text;
} complaint;

static void put_before(complaint *c, const char *part)
{
    char joined[PATH_BYTES];
    bool dot = c->path[0] != '\0' && c->path[0] != '[';
    int bytes = snprintf(joined, sizeof joined, "%s%s%s", part, dot ? "." : "", c->path);
    if (bytes > 0 && (size_t)bytes < sizeof joined) {
        memcpy(c->path, joined, (size_t)bytes + 1);
    }
}

__attribute__((format(printf, 3, 0))) static void hear(cyaml_log_t severity, void *context, const char *format,
                                                       va_list arguments)
{
    complaint *c = context;
    char text[sizeof c->text], name[KEY_BYTES];
    unsigned index = 0;
    if (severity < CYAML_LOG_ERROR || vsnprintf(text, sizeof text, format, arguments) < 0) {
        return;
    }
    text[strcspn(text, "\n")] = '\0';
    if (sscanf(text, "  in mapping field '%63[^']'", name) == 1) {
        put_before(c, name);
    } else if (sscanf(text, "  in sequence entry '%u'", &index) == 1) {
        (void)snprintf(name, sizeof name, "[%u]", index);
        put_before(c, name);
    } else if (!c->has_text && strncmp(text, "Load: ", 6) == 0 && strcmp(text, "Load: Backtrace:") != 0) {
        memcpy(c->text, text, sizeof text);
        c->has_text = true;
    }
}

/* The key behind a complaint's colon, printable characters only. */
static void key_of(char out[static KEY_BYTES], const complaint *c)
{
    const char *colon = strrchr(c->text, ':');
    size_t bytes = 0;
    for (const char *at = colon == NULL ? "" : colon + 1; *at != '\0' && bytes < KEY_BYTES - 1; at++) {
        if (*at > ' ' && *at < 0x7f) {
            out[bytes++] = *at;
        }
    }
    out[bytes] = '\0';
}

static sch_err tell_structure(const sch_yaml *yaml, complaint *c, cyaml_err_t status, sch_detail *detail)
{
    static const struct {
        const char *event, *what;
    } expected[] = {{"Expecting SEQUENCE", "has to be a list"},
                    {"Expecting MAPPING", "has to hold keys of its own"},
                    {"Expecting STRING", "has to be one text"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (strstr(c->text, expected[i].event) != NULL) {
            return sch_yaml_fail(yaml, c->path, expected[i].what, detail);
        }
    }
    switch (status) {
    case CYAML_ERR_STRING_LENGTH_MIN:
        return sch_yaml_fail(yaml, c->path, "is too short", detail);
    case CYAML_ERR_STRING_LENGTH_MAX:
        return sch_yaml_fail(yaml, c->path, "is too long", detail);
    case CYAML_ERR_SEQUENCE_ENTRIES_MAX:
        return sch_yaml_fail(yaml, c->path, "is one entry too many", detail);
    case CYAML_ERR_SEQUENCE_ENTRIES_MIN: {
        /* libcyaml names an entry number 0 besides, which has no line: the path without it is the list. */
        char *entry = strrchr(c->path, '[');
        if (entry != NULL && strcmp(entry, "[0]") == 0) {
            *entry = '\0';
        }
        return sch_yaml_fail(yaml, c->path, "has too few entries", detail);
    }
    default:
        return sch_yaml_fail(yaml, c->path, "is not what has to be here", detail);
    }
}

/* Unknown, repeated and missing keys: the complaint names the key, the backtrace the mapping that it is in. */
static sch_err tell_key(const sch_yaml *yaml, complaint *c, cyaml_err_t status, sch_detail *detail)
{
    char key[KEY_BYTES], inner[KEY_BYTES + 2], sentence[KEY_BYTES + 32];
    key_of(key, c);
    if (status != CYAML_ERR_INVALID_KEY) {
        /* libcyaml names the mapping's last key besides: the path without it is the mapping. */
        char *dot = strrchr(c->path, '.');
        *(dot == NULL ? c->path : dot) = '\0';
    }
    if (status == CYAML_ERR_MAPPING_FIELD_MISSING) {
        (void)snprintf(sentence, sizeof sentence, "lacks the key '%s'", key);
        return sch_yaml_fail(yaml, c->path, sentence, detail);
    }
    (void)snprintf(inner, sizeof inner, "%s%s", c->path[0] == '\0' ? "" : ".", key);
    size_t bytes = strlen(c->path);
    (void)snprintf(c->path + bytes, sizeof c->path - bytes, "%s", inner);
    return sch_yaml_fail(yaml, c->path, status == CYAML_ERR_INVALID_KEY ? "is an unknown key" : "is given twice",
                         detail);
}

static sch_err tell(const sch_yaml *yaml, complaint *c, cyaml_err_t status, sch_detail *detail)
{
    if (status == CYAML_ERR_OOM) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    if (status == CYAML_ERR_INVALID_KEY || status == CYAML_ERR_MAPPING_FIELD_MISSING ||
        strstr(c->text, "already seen") != NULL) {
        return tell_key(yaml, c, status, detail);
    }
    if (status >= CYAML_ERR_INVALID_DATA_SIZE && status <= CYAML_ERR_BAD_PARAM_NULL_DATA) {
        return sch_fail(SCH_BUG, "a YAML schema contradicts itself");
    }
    return tell_structure(yaml, c, status, detail);
}

static cyaml_config_t config_for(complaint *c)
{
    return (cyaml_config_t){
        .log_fn = hear, .log_ctx = c, .log_level = CYAML_LOG_ERROR, .mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS};
}

sch_err sch_yaml_load(void **out, const cyaml_schema_value_t *schema, const sch_yaml *yaml, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    scan s;
    complaint c = {0};
    cyaml_config_t config = config_for(&c);
    *out = NULL;
    SCH_TRY(walk(&s, yaml, NULL));
    if (s.fault != NULL) {
        sch_detail_set(detail, "%s, line %zu: %s", yaml->label, s.fault_line, s.fault);
        return sch_fail(SCH_BAD_INPUT, "a YAML file is not as it has to be");
    }
    if (s.documents == 0) {
        return sch_yaml_fail(yaml, "", "is empty", detail);
    }
    cyaml_err_t status = cyaml_load_data(yaml->data, yaml->bytes, &config, schema, out, NULL);
    if (status != CYAML_OK) {
        *out = NULL;
        SCH_TRY(tell(yaml, &c, status, detail));
    }
    SCH_TRY(sch_check(*out != NULL, SCH_BUG, "a YAML schema contradicts itself"));
out:
    return err;
}

void sch_yaml_free(const cyaml_schema_value_t *schema, void *data)
{
    complaint c = {0};
    cyaml_config_t config = config_for(&c);
    if (data != NULL) {
        (void)cyaml_free(&config, schema, data, 0);
    }
}

sch_err sch_yaml_number(uint32_t *out, const sch_yaml *yaml, const char *path, const char *text, uint32_t minimum,
                        uint32_t maximum, sch_detail *detail)
{
    if (text == NULL) {
        return SCH_NONE;
    }
    size_t digits = strspn(text, "0123456789");
    unsigned long long value = digits > 0 && digits <= 10 ? strtoull(text, NULL, 10) : 0;
    if (digits == 0 || digits > 10 || text[digits] != '\0' || value < minimum || value > maximum) {
        char what[80];
        (void)snprintf(what, sizeof what, "has to be a whole number from %" PRIu32 " to %" PRIu32, minimum, maximum);
        return sch_yaml_fail(yaml, path, what, detail);
    }
    *out = (uint32_t)value;
    return SCH_NONE;
}

sch_err sch_yaml_word(unsigned *out, const sch_yaml *yaml, const char *path, const char *text, const char *const *words,
                      size_t count, sch_detail *detail)
{
    if (text == NULL) {
        return SCH_NONE;
    }
    char what[160] = "has to be one of:";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (unsigned)i;
            return SCH_NONE;
        }
        size_t bytes = strlen(what);
        (void)snprintf(what + bytes, sizeof what - bytes, "%s %s", i == 0 ? "" : ",", words[i]);
    }
    return sch_yaml_fail(yaml, path, what, detail);
}
