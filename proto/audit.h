/* audit.h - a record of the audit log: who did what to what, when, with which outcome. No values, no identifiers, no
 * SQL.
 *
 * record hash = BLAKE2b-256 over "schakel audit 1", a zero byte, and the record's canonical bytes (proto/audit.proto),
 * which hold the hash of the record before: a chain. The first record has number 1 and a previous hash of zeros. */
#ifndef SCH_PROTO_AUDIT_H
#define SCH_PROTO_AUDIT_H

#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum {
    SCH_TRACE_BYTES = 16, /* W3C Trace Context trace-id; of a request its id's bytes, so that all nodes have the same */
    SCH_SPAN_BYTES = 8,
    SCH_AUDIT_WORD_BYTES = 64,    /* an action or an outcome, with closing zero: [a-z0-9._-] */
    SCH_AUDIT_OBJECT_BYTES = 160, /* an actor or an object, with closing zero: printable ASCII */
    SCH_MAX_AUDIT_BYTES = 1024,   /* encoded */
};

typedef struct sch_audit_record {
    uint64_t seq; /* 1 and up, without gaps */
    uint8_t previous[SCH_HASH_BYTES];
    sch_time_ms time;                    /* UTC */
    char actor[SCH_AUDIT_OBJECT_BYTES];  /* "node:cbs", "operator:jan", "analyst:anna", "system" */
    char action[SCH_AUDIT_WORD_BYTES];   /* "request.waiting", "approve", "agreement.activate", "conf.load", ... */
    char object[SCH_AUDIT_OBJECT_BYTES]; /* "request:01890a5d-...", "agreement:lv_2027/3", "conf", ... */
    char outcome[SCH_AUDIT_WORD_BYTES];  /* "ok", "refused", ... */
    uint8_t trace[SCH_TRACE_BYTES];      /* not all zero */
    uint8_t span[SCH_SPAN_BYTES];        /* not all zero */
    uint8_t decided_on[SCH_HASH_BYTES];  /* hash of the request, agreement, configuration; zeros where there is none */
} sch_audit_record;

/* Appends the canonical bytes. Errors: SCH_BUG where a field is out of range, SCH_NO_MEMORY. */
sch_err sch_audit_record_encode(sch_buf *out, const sch_audit_record *record);

/* Reads bytes that anyone may have made. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_audit_record_decode(sch_audit_record *out, const uint8_t *data, size_t bytes);

/* The hash of a record's bytes. Errors: SCH_BUG. */
sch_err sch_audit_record_hash(uint8_t out[static SCH_HASH_BYTES], const uint8_t *bytes, size_t count);

#endif
