#include "node/base/card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prim/base64.h"
#include "crypto/prim/hash.h"
#include "node/base/file.h"

enum { PATH_BYTES = 128, FINGERPRINT_BYTES = 20 };

bool sch_card_name_is_valid(const char *name)
{
    size_t bytes = strlen(name);
    return bytes > 0 && bytes < SCH_NAME_BYTES && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == bytes;
}

static bool port_is_valid(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    long port = digits > 0 && digits <= 5 && text[digits] == '\0' ? strtol(text, NULL, 10) : 0;
    return port >= 1 && port <= 65535;
}

bool sch_card_address_is_valid(const char *address, bool any)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    const char *colon = strrchr(address, ':');
    if (colon == NULL || strlen(address) >= SCH_ADDRESS_BYTES || !port_is_valid(colon + 1)) {
        return false;
    }
    size_t host = (size_t)(colon - address);
    if (host == 0 || (host == 1 && address[0] == '*')) {
        return any;
    }
    if (address[0] == '[') {
        return host > 3 && address[host - 1] == ']' && strspn(address + 1, "0123456789abcdefABCDEF:.") == host - 2;
    }
    return host <= 253 && strspn(address, letters) == host;
}

static void join_path(char out[static PATH_BYTES], const char *where, const char *key)
{
    (void)snprintf(out, PATH_BYTES, "%s%s%s", where, where[0] == '\0' ? "" : ".", key);
}

static sch_err read_key(uint8_t out[static SCH_CARD_KEY_BYTES], const char *text, const sch_yaml *yaml,
                        const char *where, const char *key, sch_detail *detail)
{
    char path[PATH_BYTES];
    if (!sch_failed(sch_base64_decode(out, SCH_CARD_KEY_BYTES, text, strlen(text)))) {
        return SCH_NONE;
    }
    join_path(path, where, key);
    return sch_yaml_fail(yaml, path, "has to be 32 bytes in base64: 44 characters as the card shows them", detail);
}

sch_err sch_card_from_texts(sch_card *out, const sch_card_texts *texts, const sch_yaml *yaml, const char *where,
                            sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char path[PATH_BYTES];
    *out = (sch_card){0};
    if (!sch_card_name_is_valid(texts->name)) {
        join_path(path, where, "name");
        return sch_yaml_fail(yaml, path, "has to be a name: a small letter, then small letters, digits and _", detail);
    }
    memcpy(out->name, texts->name, strlen(texts->name));
    if (texts->address != NULL) {
        if (!sch_card_address_is_valid(texts->address, false)) {
            join_path(path, where, "address");
            return sch_yaml_fail(yaml, path, "has to be an address: host:port", detail);
        }
        memcpy(out->address, texts->address, strlen(texts->address));
    }
    SCH_TRY(read_key(out->identity, texts->identity, yaml, where, "identity", detail));
    SCH_TRY(read_key(out->exchange, texts->exchange, yaml, where, "exchange", detail));
    SCH_TRY(read_key(out->tls_pin, texts->tls_pin, yaml, where, "tls_pin", detail));
out:
    return err;
}

typedef struct card_file {
    sch_card_texts card;
} card_file;

static const cyaml_schema_field_t card_fields[] = {SCH_CARD_FIELDS(card_file, card), CYAML_FIELD_END};
static const cyaml_schema_value_t card_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, card_file, card_fields)};

sch_err sch_card_parse(sch_card *out, const uint8_t *data, size_t bytes, const char *label, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    void *file = NULL;
    const sch_yaml yaml = {data, bytes, label};
    *out = (sch_card){0};
    SCH_TRY(sch_yaml_load(&file, &card_schema, &yaml, detail));
    SCH_TRY(sch_card_from_texts(out, &((const card_file *)file)->card, &yaml, "", detail));
out:
    sch_yaml_free(&card_schema, file);
    return err;
}

sch_err sch_card_read(sch_card *out, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf data = {0};
    *out = (sch_card){0};
    SCH_TRY(sch_file_read(&data, path, SCH_MAX_CARD_BYTES, SCH_FILE_PUBLIC, detail));
    SCH_TRY(sch_card_parse(out, data.data, data.bytes, path, detail));
out:
    sch_buf_clear(&data);
    return err;
}

static sch_err print_key(sch_buf *out, unsigned indent, const char *key, const uint8_t value[static SCH_CARD_KEY_BYTES])
{
    sch_err err = SCH_NONE;
    char text[SCH_BASE64_KEY_CHARS + 1];
    SCH_TRY(sch_base64_encode(text, sizeof text, value, SCH_CARD_KEY_BYTES));
    SCH_TRY(sch_buf_printf(out, "%*s%s: \"%s\"\n", (int)indent, "", key, text));
out:
    return err;
}

sch_err sch_card_print(sch_buf *out, const sch_card *card, unsigned indent, bool as_item)
{
    sch_err err = SCH_NONE;
    unsigned inner = indent + (as_item ? 2 : 0);
    SCH_TRY(sch_check(indent <= 64, SCH_BUG, "a card is indented too far"));
    SCH_TRY(sch_buf_printf(out, "%*s%sname: %s\n", (int)indent, "", as_item ? "- " : "", card->name));
    if (card->address[0] != '\0') {
        SCH_TRY(sch_buf_printf(out, "%*saddress: \"%s\"\n", (int)inner, "", card->address));
    }
    SCH_TRY(print_key(out, inner, "identity", card->identity));
    SCH_TRY(print_key(out, inner, "exchange", card->exchange));
    SCH_TRY(print_key(out, inner, "tls_pin", card->tls_pin));
out:
    return err;
}

sch_err sch_card_fingerprint(char out[static SCH_FINGERPRINT_TEXT_BYTES], const sch_card *card)
{
    static const char kind[] = "schakel fingerprint 1";
    sch_err err = SCH_NONE;
    uint8_t hashed[sizeof kind + 3 * SCH_CARD_KEY_BYTES], hash[SCH_SHA256_BYTES];
    memcpy(hashed, kind, sizeof kind); /* with its closing zero */
    memcpy(hashed + sizeof kind, card->identity, SCH_CARD_KEY_BYTES);
    memcpy(hashed + sizeof kind + SCH_CARD_KEY_BYTES, card->exchange, SCH_CARD_KEY_BYTES);
    memcpy(hashed + sizeof kind + 2 * (size_t)SCH_CARD_KEY_BYTES, card->tls_pin, SCH_CARD_KEY_BYTES);
    SCH_TRY(sch_hash_bytes(hash, hashed, sizeof hashed));
    char *to = out;
    for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
        (void)snprintf(to, 3, "%02x", hash[i]);
        to += 2;
        if (i % 2 == 1 && i + 1 < FINGERPRINT_BYTES) {
            *to++ = ' ';
        }
    }
    *to = '\0';
out:
    return err;
}
