/* bounded.h - reading protobuf bytes that anyone may have made, within bounds that are known beforehand.
 *
 * protobuf-c itself bounds nothing: neither depth, nor entries, nor memory, and it keeps unknown fields. So the raw
 * bytes are walked first, along the descriptors that protoc-c generated, without allocating; what passes is unpacked
 * with an allocator that has a budget. Only the canonical encoding passes: then a message has one encoding, and a hash
 * or a signature over its bytes is one over its meaning.
 *
 * Internal to proto/. */
#ifndef SCH_PROTO_BOUNDED_H
#define SCH_PROTO_BOUNDED_H

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

enum { SCH_BOUNDED_DEPTH = 4 }; /* messages within messages */

/* The most entries that one repeated field of one message may have. */
typedef struct sch_bounded_count {
    const ProtobufCMessageDescriptor *message;
    uint32_t field;
    uint32_t most;
} sch_bounded_count;

typedef struct sch_bounded_rules {
    const ProtobufCMessageDescriptor *message;
    size_t max_bytes;
    const sch_bounded_count *count; /* all repeated fields; one that is missing here may have no entries */
    size_t count_count;
} sch_bounded_rules;

/* Walks the bytes: at most max_bytes, known fields with their wire type, in ascending order, each once but for repeated
 * ones, which have at most their number of entries; shortest varints, within their type; no default values; enumerators
 * that exist; texts in UTF-8 without zero bytes. Cost: O(bytes), no allocation. Errors: SCH_BAD_INPUT; SCH_BUG where a
 * message type nests deeper than SCH_BOUNDED_DEPTH or uses a type that is not handled. */
sch_err sch_bounded_check(const sch_bounded_rules *rules, const uint8_t *data, size_t bytes);

/* Checks, then unpacks. message: the caller's to free with sch_bounded_free; NULL on failure. Memory: at most 1 MiB +
 * 20 x bytes. Errors: those of sch_bounded_check, SCH_NO_MEMORY. */
sch_err sch_bounded_unpack(ProtobufCMessage **message, const sch_bounded_rules *rules, const uint8_t *data,
                           size_t bytes);

/* Frees; accepts NULL. */
void sch_bounded_free(ProtobufCMessage *message);

/* Appends a message's canonical encoding. Errors: SCH_BAD_INPUT over the bound, SCH_NO_MEMORY; nothing is appended
 * then. */
sch_err sch_bounded_pack(sch_buf *out, const ProtobufCMessage *message, size_t max_bytes);

/* A view of the caller's constant text or bytes for a message that is about to be packed: protobuf-c's structs know no
 * const, and packing only reads. NULL stands for the empty text. */
char *sch_bounded_text(const char *text);
ProtobufCBinaryData sch_bounded_bytes(const uint8_t *data, size_t bytes);

#endif
