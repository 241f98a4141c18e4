/* decision.h - what is signed on the way of a request: a party's consent, an operator's approval, an operator's login.
 *
 * All numbers little-endian, names as texts with a closing zero, contexts with a closing zero:
 *     consent    by a node's identity key over "schakel decision 1", request hash (32), plan hash (32), node's name, ledger
 *                counter (8), moment in ms (8)
 *     approval   by an operator's identity key over "schakel approval 1", request hash (32), node's name, operator's name,
 *                1 approve or 0 deny (1), SHA-256 of the reason (32; of "" where approved)
 *     login      by an operator's identity key over "schakel operator 1", node's name, operator's name, the challenge (32)
 *     head       by a node's identity key over "schakel audit head 1", node's name, sequence number (8), record's hash (32),
 *                ledger counter (8), moment in ms (8) */
#ifndef SCH_PROTO_DECISION_H
#define SCH_PROTO_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "crypto/prim/sign.h"
#include "proto/catalog.h"
#include "proto/request.h"

/* A party's consent to a request. */
typedef struct sch_consent {
    uint8_t request_hash[SCH_HASH_BYTES];
    uint8_t plan_hash[SCH_HASH_BYTES];
    char node[SCH_NAME_BYTES];
    uint64_t counter; /* of its ledger when this was sent */
    sch_time_ms time;
    uint8_t signature[SCH_SIGN_BYTES];
} sch_consent;

sch_err sch_consent_sign(sch_consent *consent, const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);
/* Errors: SCH_DENIED where it is not the key's signature. So for all verify functions here. */
sch_err sch_consent_verify(const sch_consent *consent, const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES]);

typedef struct sch_operator_word {
    uint8_t request_hash[SCH_HASH_BYTES];
    char node[SCH_NAME_BYTES];
    char operator_name[SCH_NAME_BYTES];
    bool approve;
    const char *reason; /* borrowed; "" where approved */
    uint8_t signature[SCH_SIGN_BYTES];
} sch_operator_word;

sch_err sch_operator_word_sign(sch_operator_word *word, const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);
sch_err sch_operator_word_verify(const sch_operator_word *word, const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES]);

enum { SCH_CHALLENGE_BYTES = 32 };

sch_err sch_operator_login_sign(uint8_t signature[static SCH_SIGN_BYTES], const char *node, const char *operator_name,
                                const uint8_t challenge[static SCH_CHALLENGE_BYTES],
                                const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);
sch_err sch_operator_login_verify(const uint8_t signature[static SCH_SIGN_BYTES], const char *node,
                                  const char *operator_name, const uint8_t challenge[static SCH_CHALLENGE_BYTES],
                                  const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES]);

/* The head of a node's audit log, and its ledger's counter, at a moment. */
typedef struct sch_audit_head {
    char node[SCH_NAME_BYTES];
    uint64_t seq; /* of the last record; 1 and up */
    uint8_t hash[SCH_HASH_BYTES];
    uint64_t counter;
    sch_time_ms time;
    uint8_t signature[SCH_SIGN_BYTES];
} sch_audit_head;

sch_err sch_audit_head_sign(sch_audit_head *head, const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);
sch_err sch_audit_head_verify(const sch_audit_head *head, const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES]);

#endif
