/* ctl_copy.h - a copy of a node's state, as audit verify, audit export and restore read it. */
#ifndef SCH_NODE_CLI_CTL_COPY_H
#define SCH_NODE_CLI_CTL_COPY_H

#include <stdint.h>

#include "crypto/base/err.h"
#include "node/audit/verify.h"
#include "node/store/store.h"

/* What an agreement in the copy says of the copy's own node. */
typedef struct sch_ctl_own_party {
    uint8_t agreement_hash[SCH_HASH_BYTES];
    char agreement[SCH_NAME_BYTES];
    uint32_t version;
    char *processing_activity; /* owned */
} sch_ctl_own_party;

typedef struct sch_ctl_heads {
    sch_audit_head *head; /* owned */
    size_t count;
} sch_ctl_heads;

/* A zeroed one may be closed. */
typedef struct sch_ctl_copy {
    sch_store *store;
    uint8_t (*identity)[32]; /* owned; keys that the node's heads may be signed by */
    size_t identity_count;
    sch_ctl_heads own_heads;  /* of the node, from the copy itself */
    sch_ctl_heads peer_heads; /* of the node, from files: other nodes kept them */
    sch_ctl_own_party *party; /* owned; of all agreements and versions */
    size_t party_count;
} sch_ctl_copy;

/* Opens a copy for reading; collects the node's own heads, and its keys in all agreements that the copy holds. The copy
 * is the caller's to close, also on failure. Errors: those of sch_store_open_copy; SCH_BAD_INPUT where an agreement
 * cannot be read. */
sch_err sch_ctl_copy_open(sch_ctl_copy *copy, const char *path, sch_detail *detail);
void sch_ctl_copy_close(sch_ctl_copy *copy);

/* Adds a key; the heads of this node in a file of heads that another node kept. A file without one is SCH_BAD_INPUT, so
 * that nobody takes it for a comparison. Errors also: SCH_IO, SCH_NO_MEMORY. */
sch_err sch_ctl_copy_add_key(sch_ctl_copy *copy, const uint8_t identity[static 32]);
sch_err sch_ctl_copy_add_heads(sch_ctl_copy *copy, const char *path, sch_detail *detail);

/* Verifies the whole audit log. Errors: SCH_IO, SCH_BAD_INPUT, SCH_NO_MEMORY; that it is not intact is none. */
sch_err sch_ctl_copy_verify(const sch_ctl_copy *copy, sch_audit_verdict *verdict);

#endif
