#include "node/source/chunk.h"

#include <string.h>

#include "node/source/field.h"
#include "proto/text.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns travel as the machine has them");

enum { END_WORDS = 2, RELATION_WORDS = 4, FAULT_BYTES = 24, REPORT_WORDS = 7, COLUMN_WORDS = 4, LINK_KEY_WORDS = 3 };

static const char broken[] = "schakel-source sent bytes that are not a frame";

static size_t row_bytes(const sch_chunk_shape *shape)
{
    return 8 * shape->value_count + 4 * shape->key_count + 1;
}

uint32_t sch_source_key_codes(const sch_source_key *key)
{
    return key->bin ? key->column->bin_count : sch_column_codes(key->column);
}

sch_err sch_chunk_shape_make(sch_chunk_shape *shape, size_t relation_count, const sch_source_key *key, size_t key_count,
                             size_t value_count)
{
    *shape = (sch_chunk_shape){.relation_count = relation_count, .key_count = key_count, .value_count = value_count};
    if (key_count > SCH_JOB_KEYS || value_count > SCH_JOB_VALUES) {
        return sch_fail(SCH_BUG, "a local part has too many keys or values");
    }
    for (size_t i = 0; i < key_count; i++) {
        uint32_t codes = sch_source_key_codes(&key[i]);
        if (codes == 0) {
            return sch_fail(SCH_BUG, "a key of a local part has no codes");
        }
        shape->domain[i] = codes + 1;
    }
    return SCH_NONE;
}

static size_t end_bytes(size_t relation_count)
{
    return 8 * (END_WORDS + RELATION_WORDS * relation_count);
}

size_t sch_chunk_rows_most(const sch_chunk_shape *shape)
{
    size_t rows = SCH_CHUNK_BODY_BYTES / (row_bytes(shape) + SCH_FIELD_IDENTIFIER_MAX);
    return rows < SCH_CHUNK_ROWS ? rows : SCH_CHUNK_ROWS;
}

void sch_frame_put_header(uint8_t out[static SCH_CHUNK_HEADER_BYTES], const sch_frame_header *header)
{
    sch_put_u32(out, header->kind);
    sch_put_u32(out + 4, (uint32_t)header->rows);
    sch_put_u32(out + 8, (uint32_t)header->identifier_bytes);
    sch_put_u32(out + 12, (uint32_t)header->body_bytes);
}

sch_err sch_frame_get_header(sch_frame_header *header, const uint8_t data[static SCH_CHUNK_HEADER_BYTES],
                             const sch_chunk_shape *shape)
{
    uint32_t kind = sch_get_u32(data);
    *header = (sch_frame_header){
        .rows = sch_get_u32(data + 4),
        .identifier_bytes = sch_get_u32(data + 8),
        .body_bytes = sch_get_u32(data + 12),
    };
    bool holds = kind >= SCH_FRAME_ROWS && kind <= SCH_FRAME_REPORT && header->body_bytes <= SCH_CHUNK_BODY_BYTES;
    if (kind == SCH_FRAME_ROWS) {
        holds = holds && header->rows >= 1 && header->rows <= sch_chunk_rows_most(shape) &&
                header->identifier_bytes <= header->rows * SCH_FIELD_IDENTIFIER_MAX &&
                header->body_bytes == header->rows * row_bytes(shape) + header->identifier_bytes;
    } else {
        holds = holds && header->rows == 0 && header->identifier_bytes == 0;
        holds = holds && (kind != SCH_FRAME_END || header->body_bytes == end_bytes(shape->relation_count));
    }
    header->kind = holds ? (sch_frame_kind)kind : SCH_FRAME_FAULT;
    return sch_check(holds, SCH_IO, broken);
}

sch_err sch_chunk_decode(sch_source_chunk *chunk, const uint32_t **key, const uint64_t **value,
                         const sch_frame_header *header, const uint8_t *body, const sch_chunk_shape *shape)
{
    size_t rows = header->rows;
    /* The body is aligned to 8 bytes, values come first and are 8 bytes each, keys follow. */
    const uint64_t *values = (const void *)body;
    const uint32_t *keys = (const void *)(body + 8 * rows * shape->value_count);
    for (size_t j = 0; j < shape->value_count; j++) {
        value[j] = values + j * rows;
    }
    for (size_t j = 0; j < shape->key_count; j++) {
        key[j] = keys + j * rows;
        uint32_t largest = 0;
        for (size_t i = 0; i < rows; i++) {
            largest = key[j][i] > largest ? key[j][i] : largest;
        }
        if (largest >= shape->domain[j]) {
            return sch_fail(SCH_IO, broken);
        }
    }
    const uint8_t *lengths = (const uint8_t *)(keys + rows * shape->key_count);
    size_t sum = 0;
    for (size_t i = 0; i < rows; i++) {
        sum += lengths[i];
    }
    *chunk = (sch_source_chunk){
        .rows = rows, .identifiers = lengths + rows, .identifier_bytes = lengths, .key = key, .value = value};
    return sch_check(sum == header->identifier_bytes, SCH_IO, broken);
}

sch_err sch_end_encode(sch_buf *out, uint64_t rows, const sch_source_totals *totals, size_t relation_count)
{
    const uint64_t head[END_WORDS] = {rows, totals->child_peak_kb};
    sch_err err = sch_buf_append(out, head, sizeof head);
    for (size_t i = 0; i < relation_count && !sch_failed(err); i++) {
        const sch_source_counts *c = &totals->relation[i];
        const uint64_t words[RELATION_WORDS] = {c->rows, c->left_out_empty, c->left_out_invalid, c->left_out_double};
        err = sch_buf_append(out, words, sizeof words);
    }
    return err;
}

void sch_end_decode(uint64_t *rows, sch_source_totals *totals, const uint8_t *body, size_t relation_count)
{
    *rows = sch_get_u64(body);
    *totals = (sch_source_totals){.child_peak_kb = sch_get_u64(body + 8)};
    body += 8 * END_WORDS;
    for (size_t i = 0; i < relation_count; i++, body += 8 * RELATION_WORDS) {
        totals->relation[i] = (sch_source_counts){
            .rows = sch_get_u64(body),
            .left_out_empty = sch_get_u64(body + 8),
            .left_out_invalid = sch_get_u64(body + 16),
            .left_out_double = sch_get_u64(body + 24),
        };
    }
}

sch_err sch_fault_encode(sch_buf *out, const sch_fault *fault)
{
    uint8_t words[FAULT_BYTES];
    sch_put_u32(words, fault->kind);
    sch_put_u32(words + 4, fault->relation);
    sch_put_u32(words + 8, fault->column);
    sch_put_u32(words + 12, fault->engine);
    sch_put_u64(words + 16, fault->line);
    sch_err err = sch_buf_append(out, words, sizeof words);
    return sch_failed(err) ? err : sch_buf_append_text(out, fault->name);
}

sch_err sch_fault_decode(sch_fault *fault, const uint8_t *body, size_t bytes, const sch_source_relation *relation,
                         size_t relation_count)
{
    *fault = sch_fault_of(SCH_FAULT_ENGINE);
    if (bytes < FAULT_BYTES || bytes - FAULT_BYTES >= sizeof fault->name) {
        return sch_fail(SCH_IO, broken);
    }
    uint32_t kind = sch_get_u32(body);
    uint32_t of = sch_get_u32(body + 4);
    uint32_t column = sch_get_u32(body + 8);
    const uint8_t *name = body + FAULT_BYTES;
    size_t name_bytes = bytes - FAULT_BYTES;
    size_t columns = of < relation_count ? relation[of].data_set->column_count : 0;
    if (kind == 0 || kind > SCH_FAULT_LAST || (of >= relation_count && of != SCH_NO_RELATION) ||
        (column >= columns && column != SCH_NO_COLUMN) || !sch_text_is_printable(name, name_bytes)) {
        return sch_fail(SCH_IO, broken);
    }
    fault->kind = (sch_fault_kind)kind;
    fault->relation = of;
    fault->column = column;
    fault->engine = sch_get_u32(body + 12);
    fault->line = sch_get_u64(body + 16);
    memcpy(fault->name, name, name_bytes);
    return SCH_NONE;
}

sch_err sch_report_encode(sch_buf *out, const sch_source_report *report, size_t columns, size_t link_keys)
{
    const uint64_t head[REPORT_WORDS] = {
        report->rows,
        report->identifiers_empty,
        report->identifiers_invalid,
        report->persons,
        report->persons_with_several,
        report->malformed_lines,
        report->first_malformed_line,
    };
    sch_err err = sch_buf_append(out, head, sizeof head);
    for (size_t i = 0; i < columns && !sch_failed(err); i++) {
        const sch_source_column_report *c = &report->column[i];
        const uint64_t words[COLUMN_WORDS] = {c->empty, c->outside, c->malformed, c->first_bad_line};
        err = sch_buf_append(out, words, sizeof words);
    }
    for (size_t i = 0; i < link_keys && !sch_failed(err); i++) {
        const sch_source_link_report *k = &report->link_key[i];
        const uint64_t words[LINK_KEY_WORDS] = {k->own, k->shared, k->missing};
        err = sch_buf_append(out, words, sizeof words);
    }
    return err;
}

sch_err sch_report_decode(sch_source_report *report, const uint8_t *body, size_t bytes, size_t columns,
                          size_t link_keys)
{
    memset(report, 0, sizeof *report);
    if (columns > SCH_MAX_COLUMNS || link_keys > SCH_MAX_LINK_KEYS ||
        bytes != 8 * (REPORT_WORDS + COLUMN_WORDS * columns + LINK_KEY_WORDS * link_keys)) {
        return sch_fail(SCH_IO, broken);
    }
    uint64_t *const head[REPORT_WORDS] = {
        &report->rows,
        &report->identifiers_empty,
        &report->identifiers_invalid,
        &report->persons,
        &report->persons_with_several,
        &report->malformed_lines,
        &report->first_malformed_line,
    };
    for (size_t i = 0; i < REPORT_WORDS; i++, body += 8) {
        *head[i] = sch_get_u64(body);
    }
    for (size_t i = 0; i < columns; i++, body += 32) {
        report->column[i] = (sch_source_column_report){
            .empty = sch_get_u64(body),
            .outside = sch_get_u64(body + 8),
            .malformed = sch_get_u64(body + 16),
            .first_bad_line = sch_get_u64(body + 24),
        };
    }
    for (size_t i = 0; i < link_keys; i++, body += 24) {
        report->link_key[i] = (sch_source_link_report){
            .own = sch_get_u64(body),
            .shared = sch_get_u64(body + 8),
            .missing = sch_get_u64(body + 16),
        };
    }
    return SCH_NONE;
}
