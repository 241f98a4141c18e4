/* JSON is read strictly: a table says which keys a command has, and every value is checked where it is read. */
#include "node/control/protocol.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "node/base/id.h"
#include "proto/agreement.h"
#include "proto/text.h"

enum { BASE64_ROOM = (SCH_MAX_BUNDLE_BYTES + 2) / 3 * 4 + 1 };

/* ---- JSON ---- */

static sch_err bad(sch_detail *detail, const char *what)
{
    sch_detail_set(detail, "what comes over the control socket %s", what);
    return sch_fail(SCH_BAD_INPUT, "a line on the control socket is not as it has to be");
}

/* Reads an object. *out: the caller's; NULL on failure. */
static sch_err read_object(json_t **out, const uint8_t *line, size_t bytes, sch_detail *detail)
{
    json_error_t unused;
    *out = json_loadb((const char *)line, bytes, JSON_REJECT_DUPLICATES, &unused);
    if (*out == NULL) {
        return json_error_code(&unused) == json_error_out_of_memory ? sch_fail(SCH_NO_MEMORY, "out of memory")
                                                                    : bad(detail, "is not JSON");
    }
    if (!json_is_object(*out)) {
        json_decref(*out);
        *out = NULL;
        return bad(detail, "is not a JSON object");
    }
    return SCH_NONE;
}

/* Appends an object as a line, and gives it up. json: NULL where memory was lacking. */
static sch_err append_line(sch_buf *out, json_t *json)
{
    sch_err err = SCH_NONE;
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    SCH_TRY(sch_check(text != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_buf_append_text(out, text));
    SCH_TRY(sch_buf_append_text(out, "\n"));
out:
    free(text);
    json_decref(json);
    return err;
}

/* The text of a key; NULL where there is none, or it is no text. Borrowed. */
static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool decode_base64(uint8_t *out, size_t bytes, const char *text)
{
    return text != NULL && !sch_failed(sch_base64_decode(out, bytes, text, strlen(text)));
}

/* base64 as a JSON text; NULL where memory is lacking. */
static json_t *base64_json(const uint8_t *data, size_t bytes)
{
    size_t room = (bytes + 2) / 3 * 4 + 1;
    char *text = malloc(room);
    json_t *json = NULL;
    if (text != NULL && !sch_failed(sch_base64_encode(text, room, data, bytes))) {
        json = json_string(text);
    }
    free(text);
    return json;
}

/* ---- greeting and login ---- */

sch_err sch_protocol_encode_greeting(sch_buf *out, const sch_greeting *greeting)
{
    return append_line(out, json_pack("{s:i, s:s, s:o}", "schakel", SCH_PROTOCOL_VERSION, "node", greeting->node,
                                      "challenge", base64_json(greeting->challenge, sizeof greeting->challenge)));
}

sch_err sch_protocol_decode_greeting(sch_greeting *out, const uint8_t *line, size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    json_t *json = NULL;
    *out = (sch_greeting){{0}, {0}};
    SCH_TRY(read_object(&json, line, bytes, detail));
    const json_t *version = json_object_get(json, "schakel");
    const char *node = text_of(json, "node");
    if (!json_is_integer(version) || json_integer_value(version) != SCH_PROTOCOL_VERSION) {
        SCH_TRY(bad(detail, "is not a greeting of version 1"));
    }
    if (json_object_size(json) != 3 || node == NULL || !sch_text_is_name(node) ||
        !decode_base64(out->challenge, sizeof out->challenge, text_of(json, "challenge"))) {
        SCH_TRY(bad(detail, "is not a greeting"));
    }
    memcpy(out->node, node, strlen(node) + 1);
out:
    json_decref(json);
    return err;
}

sch_err sch_protocol_encode_login(sch_buf *out, const sch_login *login)
{
    return append_line(out, json_pack("{s:s, s:o}", "operator", login->operator_name, "signature",
                                      base64_json(login->signature, sizeof login->signature)));
}

sch_err sch_protocol_decode_login(sch_login *out, const uint8_t *line, size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    json_t *json = NULL;
    *out = (sch_login){{0}, {0}};
    SCH_TRY(read_object(&json, line, bytes, detail));
    const char *name = text_of(json, "operator");
    if (name == NULL || !sch_text_is_name(name)) {
        SCH_TRY(bad(detail, "is not a login"));
    }
    memcpy(out->operator_name, name, strlen(name) + 1);
    if (json_object_size(json) != 2 ||
        !decode_base64(out->signature, sizeof out->signature, text_of(json, "signature"))) {
        SCH_TRY(bad(detail, "is not a login"));
    }
out:
    json_decref(json);
    return err;
}

/* ---- commands ---- */

/* What a command may have. */
enum {
    HAS_ID = 1,
    HAS_SIGNATURE = 2,
    HAS_REASON = 4,
    HAS_ALL = 8,
    HAS_VERSION = 16, /* agreement: ID or ID/VERSION, as text */
    HAS_AGREEMENT = 32,
    HAS_BUNDLE = 64,
    HAS_NODE = 128,
    HAS_PATH = 256,
    HAS_PEER = 512,
    MAY_LACK = HAS_ALL | HAS_NODE,
};

static const struct {
    sch_command_kind kind;
    const char *word;
    unsigned has;
} commands[] = {
    {SCH_COMMAND_STATUS, "status", 0},
    {SCH_COMMAND_REQUESTS, "requests", HAS_ALL},
    {SCH_COMMAND_REQUEST, "request", HAS_ID},
    {SCH_COMMAND_APPROVE, "approve", HAS_ID | HAS_SIGNATURE},
    {SCH_COMMAND_DENY, "deny", HAS_ID | HAS_SIGNATURE | HAS_REASON},
    {SCH_COMMAND_AGREEMENTS, "agreements", 0},
    {SCH_COMMAND_AGREEMENT, "agreement", HAS_VERSION},
    {SCH_COMMAND_ACTIVATE, "activate", HAS_BUNDLE},
    {SCH_COMMAND_REVOKE, "revoke", HAS_AGREEMENT | HAS_REASON},
    {SCH_COMMAND_HEADS, "heads", HAS_NODE},
    {SCH_COMMAND_BACKUP, "backup", HAS_PATH},
    {SCH_COMMAND_PEER_ACCEPT, "peer_accept", HAS_PEER | HAS_REASON},
    {SCH_COMMAND_RELOAD, "reload", 0},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static bool is_printable(const char *text, size_t most)
{
    size_t bytes = text == NULL ? 0 : strlen(text);
    return bytes > 0 && bytes <= most && sch_text_is_printable(text, bytes);
}

/* ID or ID/VERSION. */
static bool is_version(const char *text)
{
    char id[SCH_NAME_BYTES];
    size_t bytes = text == NULL ? 0 : strcspn(text, "/");
    if (bytes == 0 || bytes >= sizeof id) {
        return false;
    }
    memcpy(id, text, bytes);
    id[bytes] = '\0';
    size_t digits = text[bytes] == '\0' ? 0 : strspn(text + bytes + 1, "0123456789");
    bool well = text[bytes] == '\0' || (digits >= 1 && digits <= 10 && text[bytes + 1 + digits] == '\0');
    return well && sch_text_is_name(id);
}

static bool read_id(sch_command_line *out, const json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && sch_id_from_text(&out->command.id, text) && sch_id_is_valid(out->command.id);
}

static bool read_signature(sch_command_line *out, const json_t *value)
{
    return decode_base64(out->command.signature, sizeof out->command.signature, json_string_value(value));
}

static bool read_reason(sch_command_line *out, const json_t *value)
{
    out->command.text = json_string_value(value);
    return is_printable(out->command.text, SCH_MAX_REASON_BYTES);
}

static bool read_all(sch_command_line *out, const json_t *value)
{
    out->command.all = json_is_true(value);
    return json_is_boolean(value);
}

static bool read_version(sch_command_line *out, const json_t *value)
{
    out->command.text = json_string_value(value);
    return is_version(out->command.text);
}

static bool read_name2(sch_command_line *out, const json_t *value)
{
    out->command.text2 = json_string_value(value);
    return out->command.text2 != NULL && sch_text_is_name(out->command.text2);
}

static bool read_bundle(sch_command_line *out, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t chars = json_string_length(value);
    if (text == NULL || chars < 4 || chars % 4 != 0 || chars >= BASE64_ROOM) {
        return false;
    }
    size_t bytes = chars / 4 * 3 - (text[chars - 1] == '=') - (text[chars - 2] == '=');
    if (bytes > SCH_MAX_BUNDLE_BYTES || sch_failed(sch_buf_reserve(&out->bytes, bytes)) ||
        sch_failed(sch_base64_decode(out->bytes.data, bytes, text, chars))) {
        return false;
    }
    out->bytes.bytes = bytes;
    return true;
}

static bool read_node(sch_command_line *out, const json_t *value)
{
    out->command.text = json_string_value(value);
    return out->command.text != NULL && sch_text_is_name(out->command.text);
}

static bool read_path(sch_command_line *out, const json_t *value)
{
    out->command.text = json_string_value(value);
    return is_printable(out->command.text, SCH_MAX_CONTROL_PATH_BYTES) && out->command.text[0] == '/';
}

static const struct {
    unsigned has;
    const char *key, *what; /* what: the sentence of one that is missing or wrong */
    bool (*read)(sch_command_line *out, const json_t *value);
} fields[] = {
    {HAS_ID, "id", "lacks the id of a request", read_id},
    {HAS_SIGNATURE, "signature", "lacks a signature of 64 bytes in base64", read_signature},
    {HAS_REASON, "reason", "lacks a reason on one line of at most 500 bytes", read_reason},
    {HAS_ALL, "all", "has an 'all' that is neither true nor false", read_all},
    {HAS_VERSION, "agreement", "lacks an agreement: ID or ID/VERSION", read_version},
    {HAS_AGREEMENT, "agreement", "lacks the id of an agreement", read_name2},
    {HAS_BUNDLE, "bundle", "lacks an agreement's bundle in base64", read_bundle},
    {HAS_NODE, "node", "has a 'node' that is no name", read_node},
    {HAS_PATH, "path", "lacks a path that begins with /", read_path},
    {HAS_PEER, "peer", "lacks the name of a peer", read_name2},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

static sch_err bad_command(sch_detail *detail, const char *what)
{
    sch_detail_set(detail, "the command %s", what);
    return sch_fail(SCH_BAD_INPUT, "a command is not as it has to be");
}

/* Reads the fields of a command; *out has its kind. */
static sch_err read_fields(sch_command_line *out, unsigned has, sch_detail *detail)
{
    size_t known = 1; /* "command" itself */
    if ((has & HAS_NODE) != 0) {
        out->command.text = ""; /* all */
    }
    for (size_t f = 0; f < FIELDS; f++) {
        const json_t *value = json_object_get(out->json, fields[f].key);
        if ((has & fields[f].has) == 0 || (value == NULL && (fields[f].has & MAY_LACK) != 0)) {
            continue;
        }
        known++;
        if (!fields[f].read(out, value)) {
            return bad_command(detail, fields[f].what);
        }
    }
    return known == json_object_size(out->json) ? SCH_NONE : bad_command(detail, "has a key that is not its own");
}

sch_err sch_protocol_decode_command(sch_command_line *out, const uint8_t *line, size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t c = 0;
    *out = (sch_command_line){0};
    SCH_TRY(read_object(&out->json, line, bytes, detail));
    const char *word = text_of(out->json, "command");
    while (c < COMMANDS && (word == NULL || strcmp(word, commands[c].word) != 0)) {
        c++;
    }
    if (c == COMMANDS) {
        SCH_TRY(bad_command(detail, "is none that this node knows"));
    }
    out->command.kind = commands[c].kind;
    SCH_TRY(read_fields(out, commands[c].has, detail));
    out->command.bytes = out->bytes.data;
    out->command.byte_count = out->bytes.bytes;
out:
    if (sch_failed(err)) {
        sch_command_line_clear(out);
    }
    return err;
}

void sch_command_line_clear(sch_command_line *line)
{
    json_decref(line->json);
    sch_buf_clear(&line->bytes);
    *line = (sch_command_line){0};
}

/* A field's value; NULL where memory is lacking or the command has none. */
static json_t *value_of(unsigned has, const sch_command *command)
{
    char id[SCH_ID_TEXT_BYTES];
    switch (has) {
    case HAS_ID:
        sch_id_to_text(id, command->id);
        return json_string(id);
    case HAS_SIGNATURE:
        return base64_json(command->signature, sizeof command->signature);
    case HAS_ALL:
        return json_boolean(command->all);
    case HAS_BUNDLE:
        return base64_json(command->bytes, command->byte_count);
    case HAS_AGREEMENT:
    case HAS_PEER:
        return command->text2 == NULL ? NULL : json_string(command->text2);
    default:
        return command->text == NULL ? NULL : json_string(command->text);
    }
}

sch_err sch_protocol_encode_command(sch_buf *out, const sch_command *command, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t c = 0, before = out->bytes;
    sch_command_line check = {0};
    json_t *json = NULL;
    while (c < COMMANDS && commands[c].kind != command->kind) {
        c++;
    }
    SCH_TRY(sch_check(c < COMMANDS, SCH_BUG, "a command cannot be sent"));
    json = json_pack("{s:s}", "command", commands[c].word);
    for (size_t f = 0; f < FIELDS; f++) {
        bool all_nodes = fields[f].has == HAS_NODE && (command->text == NULL || command->text[0] == '\0');
        if ((commands[c].has & fields[f].has) != 0 && !all_nodes) {
            int set = json_object_set_new_nocheck(json, fields[f].key, value_of(fields[f].has, command));
            if (set != 0) { /* no UTF-8, for instance */
                SCH_TRY(bad_command(detail, fields[f].what));
            }
        }
    }
    err = append_line(out, json);
    json = NULL;
    SCH_TRY(err);
    SCH_TRY(sch_protocol_decode_command(&check, out->data + before, out->bytes - before - 1, detail));
out:
    if (sch_failed(err)) {
        out->bytes = before;
    }
    sch_command_line_clear(&check);
    json_decref(json);
    return err;
}

/* ---- replies ---- */

sch_err sch_protocol_encode_reply(sch_buf *out, sch_err failure, const sch_detail *detail, json_t *answer)
{
    if (sch_failed(failure)) {
        const char *text = sch_detail_or_text(detail, failure);
        if (text[0] == '\0' || !sch_text_is_printable(text, strlen(text))) {
            text = failure.text; /* a literal */
        }
        json_t *json = json_pack("{s:b, s:s, s:s}", "ok", 0, "code", sch_code_name(failure.code), "text", text);
        return append_line(out, json);
    }
    if (answer == NULL) {
        return append_line(out, json_pack("{s:b}", "ok", 1));
    }
    return append_line(out, json_pack("{s:b, s:O}", "ok", 1, "answer", answer));
}

static sch_err no_reply(sch_detail *detail)
{
    (void)bad(detail, "is not a reply of a node");
    return sch_fail(SCH_BAD_PEER, "a reply on the control socket is not as it has to be");
}

/* The error that a reply carries. */
static sch_err read_failure(const json_t *json, sch_detail *detail)
{
    const char *code = text_of(json, "code"), *text = text_of(json, "text");
    bool well = code != NULL && text != NULL && text[0] != '\0' && sch_text_is_printable(text, strlen(text));
    for (sch_code c = SCH_BAD_INPUT; well && json_object_size(json) == 3 && c <= SCH_BUG; c++) {
        if (strcmp(code, sch_code_name(c)) == 0) {
            sch_detail_set(detail, "%s", text);
            return sch_fail(c, "the node refused the command");
        }
    }
    return no_reply(detail);
}

sch_err sch_protocol_decode_reply(json_t **answer, const uint8_t *line, size_t bytes, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    json_t *json = NULL;
    *answer = NULL;
    err = read_object(&json, line, bytes, NULL);
    if (err.code == SCH_BAD_INPUT) {
        SCH_TRY(no_reply(detail));
    }
    SCH_TRY(err);
    json_t *ok = json_object_get(json, "ok"), *body = json_object_get(json, "answer");
    if (json_is_false(ok)) {
        SCH_TRY(read_failure(json, detail));
    }
    if (!json_is_true(ok) || (body != NULL && !json_is_object(body)) ||
        json_object_size(json) != (body == NULL ? 1U : 2U)) {
        SCH_TRY(no_reply(detail));
    }
    *answer = json_incref(body);
out:
    json_decref(json);
    return err;
}
