/* card.h - a public card: what others need to know of a node or an analyst, and nothing secret.
 *
 * As YAML, under these keys in any order:
 *
 *     name: gemeente_lv                # [a-z][a-z0-9_]*, at most 63 characters
 *     address: "schakel.lv.example:7300" # where others reach it; not for analysts
 *     identity: "<44 characters>"      # Ed25519 public key, base64
 *     exchange: "<44 characters>"      # X25519 public key, base64
 *     tls_pin: "<44 characters>"       # SHA-256 of the TLS key's SubjectPublicKeyInfo, base64
 *
 * A card proves nothing by itself: whoever enters one in a configuration compares its fingerprint with its owner first,
 * by telephone for instance. */
#ifndef SCH_NODE_BASE_CARD_H
#define SCH_NODE_BASE_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "node/base/yaml.h"
#include "proto/catalog.h"

enum {
    SCH_ADDRESS_BYTES = 262,         /* host:port with the closing zero */
    SCH_CARD_KEY_BYTES = 32,         /* each of the three */
    SCH_MAX_CARD_BYTES = 4096,       /* a card's file */
    SCH_FINGERPRINT_TEXT_BYTES = 50, /* ten groups of four hexadecimal digits, blanks between, closing zero */
};

typedef struct sch_card {
    char name[SCH_NAME_BYTES];
    char address[SCH_ADDRESS_BYTES]; /* "" where there is none */
    uint8_t identity[SCH_CARD_KEY_BYTES];
    uint8_t exchange[SCH_CARD_KEY_BYTES];
    uint8_t tls_pin[SCH_CARD_KEY_BYTES];
} sch_card;

/* A card's texts as a YAML reader found them. */
typedef struct sch_card_texts {
    char *name, *address, *identity, *exchange, *tls_pin; /* address may be NULL */
} sch_card_texts;

/* Whether a text is a name: [a-z][a-z0-9_]*, at most SCH_NAME_BYTES - 1 bytes. */
bool sch_card_name_is_valid(const char *name);

/* Whether a text is host:port with a port from 1 to 65535; the host a name, an IPv4 address, an IPv6 address in
 * brackets, or (where `any` is true) empty or "*". Looks nothing up. */
bool sch_card_address_is_valid(const char *address, bool any);

/* Checks and converts. where: the path of the card in the file ("peers[2]"), "" where it is the file.
 * Errors: SCH_BAD_INPUT, the detail names line and key. */
sch_err sch_card_from_texts(sch_card *out, const sch_card_texts *texts, const sch_yaml *yaml, const char *where,
                            sch_detail *detail);

/* The fields of a libcyaml schema for a mapping that holds a card; `member` of `type` is its sch_card_texts. */
#define SCH_CARD_FIELDS(type, member)                                                                                  \
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, type, member.name, 0, CYAML_UNLIMITED),                         \
        CYAML_FIELD_STRING_PTR("address", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member.address, 0,           \
                               CYAML_UNLIMITED),                                                                       \
        CYAML_FIELD_STRING_PTR("identity", CYAML_FLAG_POINTER, type, member.identity, 0, CYAML_UNLIMITED),             \
        CYAML_FIELD_STRING_PTR("exchange", CYAML_FLAG_POINTER, type, member.exchange, 0, CYAML_UNLIMITED),             \
        CYAML_FIELD_STRING_PTR("tls_pin", CYAML_FLAG_POINTER, type, member.tls_pin, 0, CYAML_UNLIMITED)

/* Reads a card's YAML, bytes that anyone may have made. label: the file's name, for the detail.
 * Errors: SCH_BAD_INPUT (with line and key), SCH_NO_MEMORY. */
sch_err sch_card_parse(sch_card *out, const uint8_t *data, size_t bytes, const char *label, sch_detail *detail);

/* Reads a card's file of at most SCH_MAX_CARD_BYTES. Errors: SCH_IO, and those of parse. */
sch_err sch_card_read(sch_card *out, const char *path, sch_detail *detail);

/* Appends the card as YAML. indent: blanks before each line. as_item: as an item of a list ("- name: ...").
 * Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_card_print(sch_buf *out, const sch_card *card, unsigned indent, bool as_item);

/* The fingerprint that people compare: the first 160 bits of SHA-256 over "schakel fingerprint 1", a zero byte and the
 * three keys; name and address do not count. Errors: SCH_BUG. */
sch_err sch_card_fingerprint(char out[static SCH_FINGERPRINT_TEXT_BYTES], const sch_card *card);

#endif
