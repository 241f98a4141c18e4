/* Frames as the node reads them from schakel-source: a header, then the body that it announces, until the bytes end.
 * The first bytes choose the shape. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/source/chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches everything that a decoded chunk promises. */
static uint64_t use(const sch_source_chunk *chunk, const sch_chunk_shape *shape)
{
    uint64_t sum = 0;
    const uint8_t *identifier = chunk->identifiers;
    for (size_t i = 0; i < chunk->rows; i++) {
        for (size_t j = 0; j < chunk->identifier_bytes[i]; j++) {
            sum += *identifier++;
        }
        for (size_t j = 0; j < shape->key_count; j++) {
            if (chunk->key[j][i] >= shape->domain[j]) {
                abort();
            }
        }
        for (size_t j = 0; j < shape->value_count; j++) {
            sum += chunk->value[j][i];
        }
    }
    return sum;
}

static void read_body(const sch_frame_header *header, const uint8_t *body, const sch_chunk_shape *shape)
{
    static sch_source_report report;
    const uint32_t *key[SCH_JOB_KEYS];
    const uint64_t *value[SCH_JOB_VALUES];
    const sch_data_set data_set = {.column_count = 3};
    const sch_source_relation relation[3] = {{&data_set, NULL}, {&data_set, NULL}, {&data_set, NULL}};
    sch_source_chunk chunk;
    sch_source_totals totals;
    uint64_t rows;
    sch_fault fault;
    if (header->kind == SCH_FRAME_ROWS && !sch_failed(sch_chunk_decode(&chunk, key, value, header, body, shape))) {
        volatile uint64_t sum = use(&chunk, shape);
        (void)sum;
    }
    if (header->kind == SCH_FRAME_END) {
        sch_end_decode(&rows, &totals, body, shape->relation_count);
    }
    if (header->kind == SCH_FRAME_FAULT &&
        !sch_failed(sch_fault_decode(&fault, body, header->body_bytes, relation, shape->relation_count)) &&
        (strlen(fault.name) >= sizeof fault.name ||
         (fault.relation >= shape->relation_count && fault.relation != SCH_NO_RELATION) ||
         (fault.column != SCH_NO_COLUMN && (fault.column >= 3 || fault.relation == SCH_NO_RELATION)))) {
        abort();
    }
    if (header->kind == SCH_FRAME_REPORT) {
        (void)sch_failed(sch_report_decode(&report, body, header->body_bytes, 3, 2));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    sch_chunk_shape shape = {.relation_count = 1U + data[0] / 4 % 3,
                             .key_count = data[0] % 4,
                             .value_count = data[1] % 4,
                             .domain = {1, 3, 100}};
    data += 2;
    size -= 2;
    while (size >= SCH_CHUNK_HEADER_BYTES) {
        sch_frame_header header;
        if (sch_failed(sch_frame_get_header(&header, data, &shape)) ||
            size - SCH_CHUNK_HEADER_BYTES < header.body_bytes) {
            break;
        }
        data += SCH_CHUNK_HEADER_BYTES;
        /* A copy of its own: aligned, and with its end where the sanitizer sees it. */
        uint8_t *body = malloc(header.body_bytes > 0 ? header.body_bytes : 1);
        if (body == NULL) {
            break;
        }
        memcpy(body, data, header.body_bytes);
        read_body(&header, body, &shape);
        free(body);
        data += header.body_bytes;
        size -= SCH_CHUNK_HEADER_BYTES + header.body_bytes;
    }
    return 0;
}
