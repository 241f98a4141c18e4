/* DESIGN. check_message walks one message: a loop over (key, value) pairs. A value is a varint, which is checked
 * against its type, or a run of bytes: a text, bytes, a packed array or a message, which is walked in turn. The depth
 * of that recursion is the depth of the types, which is checked as well, so that a recursive type added by mistake
 * fails at once. */
#include "proto/bounded.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/text.h"

typedef struct reader {
    const uint8_t *at, *end;
} reader;

/* A list of short texts takes the most: three to seven bytes each here, about 90 when unpacked. ALLOCATION_BYTES is
 * what an allocation costs beside its bytes. */
enum { MEMORY_BASE = 1 << 20, MEMORY_PER_BYTE = 20, ALLOCATION_BYTES = 16 };

/* ---- the walk over raw bytes ---- */

/* A varint of at most 64 bits in its shortest form. */
static bool read_varint(reader *in, uint64_t *value)
{
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        uint8_t byte = *in->at++;
        if (shift == 63 && byte > 1) {
            return false;
        }
        result |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *value = result;
            return byte != 0 || shift == 0;
        }
    }
    return false;
}

static bool type_is_varint(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_UINT64 || type == PROTOBUF_C_TYPE_SINT64 ||
           type == PROTOBUF_C_TYPE_BOOL || type == PROTOBUF_C_TYPE_ENUM;
}

static bool varint_fits(const ProtobufCFieldDescriptor *field, uint64_t value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
        return value <= UINT32_MAX;
    case PROTOBUF_C_TYPE_BOOL:
        return value <= 1;
    case PROTOBUF_C_TYPE_ENUM:
        return value <= INT32_MAX && protobuf_c_enum_descriptor_get_value(field->descriptor, (int)value) != NULL;
    default:
        return true;
    }
}

static uint32_t most_entries(const sch_bounded_rules *rules, const ProtobufCMessageDescriptor *message, uint32_t field)
{
    for (size_t i = 0; i < rules->count_count; i++) {
        if (rules->count[i].message == message && rules->count[i].field == field) {
            return rules->count[i].most;
        }
    }
    return 0;
}

/* A packed array of varints; gives its number of entries. */
static sch_err check_packed(const ProtobufCFieldDescriptor *field, reader in, uint64_t *entries)
{
    while (in.at < in.end) {
        uint64_t value = 0;
        if (!read_varint(&in, &value) || !varint_fits(field, value)) {
            return sch_fail(SCH_BAD_INPUT, "the message has a number that is malformed or out of range");
        }
        ++*entries;
    }
    return sch_check(*entries > 0, SCH_BAD_INPUT, "the message has a field without entries");
}

static sch_err check_message(const sch_bounded_rules *rules, const ProtobufCMessageDescriptor *message, reader in,
                             unsigned depth);

/* The bytes of a text, bytes, packed or message field; adds to the number of entries. */
static sch_err check_run(const sch_bounded_rules *rules, const ProtobufCFieldDescriptor *field, reader in,
                         uint64_t *entries, unsigned depth)
{
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (repeated && (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0) {
        return check_packed(field, in, entries);
    }
    ++*entries;
    size_t bytes = (size_t)(in.end - in.at);
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        if (!sch_text_is_utf8(in.at, bytes)) {
            return sch_fail(SCH_BAD_INPUT, "the message has a text that is not UTF-8");
        }
        return sch_check(repeated || bytes > 0, SCH_BAD_INPUT, "the message spells out a default value");
    case PROTOBUF_C_TYPE_BYTES:
        return sch_check(repeated || bytes > 0, SCH_BAD_INPUT, "the message spells out a default value");
    case PROTOBUF_C_TYPE_MESSAGE:
        return check_message(rules, field->descriptor, in, depth + 1);
    default:
        return sch_fail(SCH_BUG, "a message type that is not handled");
    }
}

/* One value after its key. */
static sch_err check_value(const sch_bounded_rules *rules, const ProtobufCFieldDescriptor *field, unsigned wire_type,
                           reader *in, uint64_t *entries, unsigned depth)
{
    uint64_t value = 0;
    bool packed = (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
    bool varint = type_is_varint(field->type) && !packed;
    unsigned wanted = varint ? PROTOBUF_C_WIRE_TYPE_VARINT : PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    if (wire_type != wanted || !read_varint(in, &value)) {
        return sch_fail(SCH_BAD_INPUT, "the message has a field of the wrong type");
    }
    if (varint) {
        ++*entries;
        if (!varint_fits(field, value)) {
            return sch_fail(SCH_BAD_INPUT, "the message has a number that is malformed or out of range");
        }
        return sch_check(value != 0 || field->label == PROTOBUF_C_LABEL_REPEATED, SCH_BAD_INPUT,
                         "the message spells out a default value");
    }
    if (value > (uint64_t)(in->end - in->at)) {
        return sch_fail(SCH_BAD_INPUT, "the message is cut off");
    }
    reader run = {in->at, in->at + value};
    in->at = run.end;
    return check_run(rules, field, run, entries, depth);
}

static sch_err check_message(const sch_bounded_rules *rules, const ProtobufCMessageDescriptor *message, reader in,
                             unsigned depth)
{
    sch_err err = sch_check(depth <= SCH_BOUNDED_DEPTH, SCH_BUG, "a message type nests too deep");
    if (sch_failed(err)) {
        return err;
    }
    uint32_t before = 0;
    uint64_t entries = 0;
    while (in.at < in.end) {
        uint64_t key = 0;
        if (!read_varint(&in, &key) || key > UINT32_MAX) {
            return sch_fail(SCH_BAD_INPUT, "the message has a malformed field");
        }
        uint32_t number = (uint32_t)key >> 3;
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(message, number);
        if (field == NULL) {
            return sch_fail(SCH_BAD_INPUT, "the message has a field that this version does not know");
        }
        bool again = number == before;
        bool may_repeat =
            field->label == PROTOBUF_C_LABEL_REPEATED && (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) == 0;
        if (number < before || (again && !may_repeat)) {
            return sch_fail(SCH_BAD_INPUT, "the message has a field twice or out of order");
        }
        entries = again ? entries : 0;
        before = number;
        err = check_value(rules, field, (unsigned)(key & 7), &in, &entries, depth);
        if (sch_failed(err)) {
            return err;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED && entries > most_entries(rules, message, number)) {
            return sch_fail(SCH_BAD_INPUT, "the message has too many entries");
        }
    }
    return SCH_NONE;
}

sch_err sch_bounded_check(const sch_bounded_rules *rules, const uint8_t *data, size_t bytes)
{
    if (bytes > rules->max_bytes) {
        return sch_fail(SCH_BAD_INPUT, "the message is too large");
    }
    if (bytes == 0) {
        return SCH_NONE;
    }
    return check_message(rules, rules->message, (reader){data, data + bytes}, 1);
}

/* ---- unpacking within a budget ---- */

typedef struct budget {
    size_t left;
    bool exceeded;
} budget;

/* What is freed does not return to the budget: it bounds the sum of all that was ever asked for. */
static void *budget_alloc(void *context, size_t bytes)
{
    budget *b = context;
    if (bytes > b->left || b->left - bytes < ALLOCATION_BYTES) {
        b->exceeded = true;
        return NULL;
    }
    b->left -= bytes + ALLOCATION_BYTES;
    return malloc(bytes == 0 ? 1 : bytes);
}

static void budget_free(void *context, void *memory)
{
    (void)context;
    free(memory);
}

sch_err sch_bounded_unpack(ProtobufCMessage **message, const sch_bounded_rules *rules, const uint8_t *data,
                           size_t bytes)
{
    *message = NULL;
    sch_err err = sch_bounded_check(rules, data, bytes);
    if (sch_failed(err)) {
        return err;
    }
    budget b = {.left = MEMORY_BASE + MEMORY_PER_BYTE * bytes};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &b};
    static const uint8_t nothing[1] = {0};
    *message = protobuf_c_message_unpack(rules->message, &allocator, bytes, bytes == 0 ? nothing : data);
    if (*message != NULL) {
        return SCH_NONE;
    }
    return b.exceeded ? sch_fail(SCH_BAD_INPUT, "the message takes too much memory")
                      : sch_fail(SCH_NO_MEMORY, "no memory for a message");
}

void sch_bounded_free(ProtobufCMessage *message)
{
    budget none = {0};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &none};
    if (message != NULL) {
        protobuf_c_message_free_unpacked(message, &allocator);
    }
}

/* ---- packing ---- */

sch_err sch_bounded_pack(sch_buf *out, const ProtobufCMessage *message, size_t max_bytes)
{
    size_t bytes = protobuf_c_message_get_packed_size(message);
    if (bytes > max_bytes) {
        return sch_fail(SCH_BAD_INPUT, "the message is too large");
    }
    sch_err err = sch_buf_reserve(out, bytes);
    if (sch_failed(err)) {
        return err;
    }
    if (bytes > 0) {
        out->bytes += protobuf_c_message_pack(message, out->data + out->bytes);
    }
    return SCH_NONE;
}

char *sch_bounded_text(const char *text)
{
    union {
        const char *constant;
        char *plain;
    } view = {.constant = text == NULL ? protobuf_c_empty_string : text};
    return view.plain;
}

ProtobufCBinaryData sch_bounded_bytes(const uint8_t *data, size_t bytes)
{
    union {
        const uint8_t *constant;
        uint8_t *plain;
    } view = {.constant = data};
    return (ProtobufCBinaryData){bytes, view.plain};
}
