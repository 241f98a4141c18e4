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
    SCH_CONTROL_CATALOG_ASK = 1, /* analyst -> node: agreements and catalogues that concern this analyst */
    SCH_CONTROL_CATALOG,         /* node -> node, node -> analyst; a part of what one node offers under one agreement */
    SCH_CONTROL_SUBMIT,          /* analyst -> node: a signed request */
    SCH_CONTROL_PREPARE,         /* coordinator -> parties: the same, and the plan's hash; may be repeated */
    SCH_CONTROL_READY,           /* each party -> the others: it computes, and holds the same keys */
    SCH_CONTROL_SIZE,            /* each owner -> the others: rows of its local part */
    SCH_CONTROL_PROGRESS,        /* party -> coordinator -> analyst */
    SCH_CONTROL_FAIL,            /* any -> any: the request ends, in which state and why */
    SCH_CONTROL_CANCEL,          /* analyst -> coordinator */
    SCH_CONTROL_RESULT,          /* holder -> coordinator -> analyst; a part of a holder's sealed shares */
    SCH_CONTROL_DONE,            /* party -> coordinator: its part is finished and its shares are kept */
    SCH_CONTROL_AGREEMENT,       /* node -> analyst: a part of an agreement's bundle (agreement.h); part 0 of 1 with
                                    no bytes and a zero hash ends the answer to CATALOG_ASK */
    SCH_CONTROL_CONSENT,         /* party -> the other parties: it consents (decision.h) */
    SCH_CONTROL_START,           /* coordinator -> parties: all have consented, compute */
    SCH_CONTROL_RELEASED,        /* coordinator -> parties: all are done, the result may be fetched */
    SCH_CONTROL_HEAD,            /* node -> node: head of its audit log and its ledger's counter */
    SCH_CONTROL_EPOCH,           /* party -> party: its X25519 key for the linkage epoch of an agreement */
    SCH_CONTROL_REVOKE,          /* party -> party: a revocation (agreement.h) */
    SCH_CONTROL_FETCH,           /* analyst -> coordinator -> holders: the sealed shares for one recipient */
    SCH_CONTROL_STATUS_ASK,      /* analyst -> node: all own requests; ended by a STATUS with a zero id */
    SCH_CONTROL_WATCH,           /* analyst -> node: the status of one request, now and when it changes */
    SCH_CONTROL_STATUS,          /* node -> analyst */
    SCH_CONTROL_HEAD_ASK, /* node -> node: the hash of the sender's record with this number, which was shown before */
    SCH_CONTROL_HEAD_AT, /* node -> node: it; so that a log that was restored and went on is told from one that only grew */
} sch_control_kind;

/* A request's life. The order is that of the life; RELEASED and after are ends. */
typedef enum sch_request_state {
    SCH_REQUEST_SUBMITTED = 1, /* its id is taken */
    SCH_REQUEST_CHECKED,       /* keeps every rule here */
    SCH_REQUEST_WAITING,       /* for approvals */
    SCH_REQUEST_APPROVED,      /* all parties consented */
    SCH_REQUEST_RUNNING,
    SCH_REQUEST_RELEASED,
    SCH_REQUEST_REFUSED,
    SCH_REQUEST_EXPIRED,
    SCH_REQUEST_FAILED,
    SCH_REQUEST_CANCELLED,
} sch_request_state;

/* "submitted", ...; "unknown" for what is no state. */
const char *sch_request_state_name(sch_request_state state);

static inline bool sch_request_state_is_end(sch_request_state state)
{
    return state >= SCH_REQUEST_RELEASED;
}

typedef enum sch_phase {
    SCH_PHASE_READ = 1, /* the local part */
    SCH_PHASE_COMPUTE,  /* shards */
    SCH_PHASE_RELEASE,  /* cells */
} sch_phase;

/* Fields that a kind does not have are left out when encoding, refused and 0 when decoding. */
typedef struct sch_control {
    sch_control_kind kind;
    /* Of all but CATALOG_ASK, CATALOG, AGREEMENT, HEAD, HEAD_ASK, HEAD_AT, EPOCH, REVOKE, STATUS_ASK; of STATUS zero at
                          the end, and then all
     * else is 0 and empty too. */
    sch_request_id id;
    char node[SCH_NAME_BYTES];      /* CATALOG, PROGRESS, FAIL, RESULT, DONE, CONSENT, HEAD: whom it is about */
    char recipient[SCH_NAME_BYTES]; /* FETCH, RESULT: an analyst */

    /* CATALOG, RESULT, AGREEMENT: a part */
    uint32_t part, parts; /* part < parts <= SCH_MAX_PARTS */
    /* CATALOG, RESULT, AGREEMENT: the part's bytes, 1 to SCH_PART_BYTES (AGREEMENT with a zero hash: none); SUBMIT,
     * PREPARE, STATUS: the request's bytes (STATUS at the end: none); EPOCH: the key, 32 bytes; REVOKE: the revocation.
     * Owned by buf. */
    sch_buf bytes;
    uint8_t hash
        [SCH_HASH_BYTES]; /* CATALOG, AGREEMENT, EPOCH: the agreement's; HEAD: the last record's; HEAD_AT: the record's */
    /* SUBMIT, PREPARE, STATUS: the analyst's (STATUS: not all zero); RESULT: the holder's, in every part; CONSENT,
     * HEAD: the node's. */
    uint8_t signature[SCH_SIGNATURE_BYTES];
    uint8_t plan_hash[SCH_HASH_BYTES];   /* PREPARE, READY, CONSENT; STATUS (zero where there is no plan yet) */
    uint8_t pair_check[SCH_CHECK_BYTES]; /* READY */
    uint8_t tag_check[SCH_CHECK_BYTES];  /* READY between spine and data owner; else zero */
    uint64_t rows;                       /* SIZE: at most SCH_MAX_ROWS */
    uint64_t counter;                    /* CONSENT, HEAD: of the sender's ledger; at most 2^63 - 1 */
    uint64_t seq;                        /* HEAD, HEAD_ASK, HEAD_AT: 1 to 2^63 - 1 */
    /* CONSENT, HEAD: the moment that is signed; STATUS: of the last change; 0 to SCH_MAX_TIME_MS. */
    sch_time_ms time;
    sch_phase phase;         /* PROGRESS */
    uint16_t per_mille;      /* PROGRESS: 0 to 1000; never a number of rows, which analysts do not learn */
    sch_request_state state; /* FAIL: REFUSED, EXPIRED, FAILED or CANCELLED; STATUS: any, 0 at the end */
    sch_code code;           /* FAIL: never SCH_OK; STATUS: any */
    /* FAIL: one sentence, printable UTF-8, not empty; STATUS: what is awaited from whom, or why it ended; may be
     * empty. */
    sch_detail text;
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
