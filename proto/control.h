/* control.h - the control messages between nodes, and between an analyst and a node.
 *
 * Each is at most 64 KiB. What is larger (a catalogue, a sealed result) travels as numbered parts. Decoding is bounded
 * before and while it allocates, unknown fields and missing or out-of-range values are refused. */
#ifndef SCH_PROTO_CONTROL_H
#define SCH_PROTO_CONTROL_H

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum {
    SCH_SIGNATURE_BYTES = 64,
    SCH_CHECK_BYTES = 16,
    SCH_PART_BYTES = 48 << 10,
    SCH_MAX_PARTS = 4096,
    SCH_MAX_CONTROL_BYTES = 64 << 10, /* encoded */
};

typedef enum sch_control_kind {
    SCH_CONTROL_CATALOG_ASK = 1, /* analyst -> node */
    SCH_CONTROL_CATALOG,         /* node -> node, node -> analyst; a part of one node's catalogue */
    SCH_CONTROL_SUBMIT,          /* analyst -> node: a signed request */
    SCH_CONTROL_PREPARE,         /* coordinator -> nodes: the same, and the plan's hash */
    SCH_CONTROL_READY,           /* each party -> the others: it agrees, and holds the same keys */
    SCH_CONTROL_SIZE,            /* each owner -> the others: rows of its local part */
    SCH_CONTROL_PROGRESS,        /* party -> coordinator -> analyst */
    SCH_CONTROL_FAIL,            /* any -> any: the job ends */
    SCH_CONTROL_CANCEL,          /* analyst -> coordinator */
    SCH_CONTROL_RESULT,          /* holder -> coordinator -> analyst; a part of a holder's sealed shares */
    SCH_CONTROL_DONE,            /* party -> coordinator: its part is finished; coordinator -> analyst: the job is */
} sch_control_kind;

typedef enum sch_phase {
    SCH_PHASE_READ = 1, /* the local part */
    SCH_PHASE_COMPUTE,  /* shards */
    SCH_PHASE_RELEASE,  /* cells */
} sch_phase;

/* Fields that a kind does not have are left out when encoding, refused and 0 when decoding. */
typedef struct sch_control {
    sch_control_kind kind;
    sch_request_id id;         /* of all but CATALOG_ASK and CATALOG */
    char node[SCH_NAME_BYTES]; /* CATALOG, PROGRESS, FAIL, RESULT, DONE: whom it is about */

    /* CATALOG, RESULT: a part */
    uint32_t part, parts; /* part < parts <= SCH_MAX_PARTS */
    /* CATALOG, RESULT: the part's bytes, 1 to SCH_PART_BYTES; SUBMIT, PREPARE: the request's bytes. Owned by buf. */
    sch_buf bytes;
    uint8_t signature[SCH_SIGNATURE_BYTES]; /* SUBMIT, PREPARE: the analyst's; RESULT: the holder's, in every part */
    uint8_t plan_hash[SCH_HASH_BYTES];      /* PREPARE, READY */
    uint8_t pair_check[SCH_CHECK_BYTES];    /* READY */
    uint8_t tag_check[SCH_CHECK_BYTES];     /* READY between spine and data owner; else zero */
    uint64_t rows;                          /* SIZE: at most SCH_MAX_ROWS */
    sch_phase phase;                        /* PROGRESS */
    uint16_t per_mille; /* PROGRESS: 0 to 1000; never a number of rows, which analysts do not learn */
    sch_code code;      /* FAIL: never SCH_OK */
    sch_detail text;    /* FAIL: one sentence, printable UTF-8, not empty */
} sch_control;

/* Appends the message (proto/control.proto). Errors: SCH_BUG where a field is out of range, SCH_NO_MEMORY; nothing is
 * appended then. */
sch_err sch_control_encode(sch_buf *out, const sch_control *control);

/* Reads bytes that anyone may have made, at most 64 KiB. The message is the caller's to clear, also on failure (empty
 * then). Errors: SCH_BAD_PEER, SCH_NO_MEMORY. */
sch_err sch_control_decode(sch_control *out, const uint8_t *data, size_t bytes);

/* Frees what it owns; accepts a zeroed message. */
void sch_control_clear(sch_control *control);

#endif
