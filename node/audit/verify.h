/* verify.h - whether an audit log is the one that was written: offline, on a copy.
 *
 *     chain      numbers run from 1 without gaps, each record's bytes hash to its hash, and hold the hash of the one
 *                before
 *     own heads  what this node signed and kept itself agrees with the records: that it does confirms nothing, since
 *                whoever rewrites the log can sign these anew or delete them
 *     peer heads what other nodes kept of this one's heads agrees too: so whoever rewrites the log, with all its keys,
 *                is found
 * The first record at which something is wrong is named, as edited, removed, reordered or forked. */
#ifndef SCH_NODE_AUDIT_VERIFY_H
#define SCH_NODE_AUDIT_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/audit.h"
#include "proto/decision.h"

typedef enum sch_audit_fault {
    SCH_AUDIT_INTACT = 0,
    SCH_AUDIT_EDITED,    /* a record's bytes are not those that were hashed, or cannot be read */
    SCH_AUDIT_REMOVED,   /* a number is missing, at the end too */
    SCH_AUDIT_REORDERED, /* a record stands at another's number: moved there, or put in */
    SCH_AUDIT_FORKED,    /* the chain holds, but a signed head says otherwise: written anew from here or before */
    SCH_AUDIT_BAD_HEAD,  /* a head that is not signed by this node's key; seq is its number */
} sch_audit_fault;

typedef struct sch_audit_verdict {
    sch_audit_fault fault;
    uint64_t seq;        /* the first record that is wrong */
    uint64_t records;    /* that were read */
    uint64_t own_heads;  /* of its own that were compared */
    uint64_t peer_heads; /* that other nodes kept, and that were compared */
    sch_detail text;     /* one sentence */
} sch_audit_verdict;

/* What a log is compared with: heads of this node, and the keys that they may be signed by. Borrowed. */
typedef struct sch_audit_evidence {
    const sch_audit_head *own_head; /* which the node's own state holds */
    size_t own_count;
    const sch_audit_head *peer_head; /* which other nodes kept */
    size_t peer_count;
    const uint8_t (*identity)[32];
    size_t identity_count;
} sch_audit_evidence;

typedef struct sch_audit_verifier sch_audit_verifier;

/* evidence: copied. Errors: SCH_NO_MEMORY. */
sch_err sch_audit_verifier_new(sch_audit_verifier **out, const char *node, const sch_audit_evidence *evidence);

/* Takes the next record as stored; after the first fault it only counts. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_audit_verifier_take(sch_audit_verifier *verifier, uint64_t seq, const uint8_t *bytes, size_t count,
                                const uint8_t hash[static SCH_HASH_BYTES]);

/* The verdict after the last record. Without a head of a record that another node kept nobody can tell whether
 * something was removed after it, or the log written anew: the text of an intact log says up to where those heads
 * reach, and counts the node's own apart. */
sch_audit_verdict sch_audit_verifier_finish(sch_audit_verifier *verifier);
void sch_audit_verifier_free(sch_audit_verifier *verifier);

/* Heads as a file: one JSON object a line {"node","seq","hash","counter","time","identity","signature"}, base64. parse
 * reads a file that anyone may have made. *head and *identity: owned by the caller (free). Errors: SCH_BAD_INPUT,
 * SCH_NO_MEMORY. */
sch_err sch_audit_heads_print(sch_buf *out, const sch_audit_head *head, const uint8_t identity[static 32]);
sch_err sch_audit_heads_parse(sch_audit_head **head, uint8_t (**identity)[32], size_t *count, const uint8_t *data,
                              size_t bytes, sch_detail *detail);

/* Appends one record as a line of JSON under the field names of the Logboek Dataverwerkingen. processing_activity: URI,
 * may be NULL. Errors: SCH_NO_MEMORY, SCH_BAD_INPUT where the record cannot be read. */
sch_err sch_audit_export_line(sch_buf *out, const char *node, const char *processing_activity, const uint8_t *bytes,
                              size_t count, const uint8_t hash[static SCH_HASH_BYTES]);

#endif
