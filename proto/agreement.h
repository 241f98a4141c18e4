/* agreement.h - what organisations agreed on: who takes part, which columns may be used for what, by whom, and how
 * often.
 *
 * An official writes it as YAML (node/govern/agreement_file.h); it is then canonicalised once to protobuf bytes. Every
 * party signs "schakel agreement 1", a zero byte, and these bytes; the agreement's hash is SHA-256 over the same. Nodes
 * keep, pass on and verify the bytes; they never encode a decoded agreement again. A decoded agreement has passed
 * sch_agreement_check. */
#ifndef SCH_PROTO_AGREEMENT_H
#define SCH_PROTO_AGREEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "crypto/ident/identifier.h"
#include "crypto/prim/sign.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum {
    SCH_MAX_AGREEMENT_PARTIES = 16, /* at least 3 */
    SCH_MAX_AGREEMENT_DATA_SETS = 64,
    SCH_MAX_AGREEMENT_ANALYSTS = 200,
    SCH_MAX_AGREEMENT_BYTES = 256 << 10, /* encoded */
    SCH_MAX_BUNDLE_BYTES = 300 << 10,
    SCH_MAX_REVOCATION_BYTES = 2048,
    SCH_MAX_REASON_BYTES = 500, /* of a revocation or a refusal, without closing zero */
    SCH_OIN_BYTES = 21,         /* 20 characters, opaque, and the closing zero */
    SCH_AGREEMENT_KEY_BYTES = 32,
    SCH_AGREEMENT_ADDRESS_BYTES = 262, /* host:port and the closing zero */
    SCH_MAX_BUDGET = 1000000,
    SCH_MAX_AGREEMENT_CELLS = 100000,
    SCH_MAX_RETENTION_DAYS = 3650,
};

typedef enum sch_agreement_role { SCH_AGREEMENT_OWNER = 1, SCH_AGREEMENT_HELPER } sch_agreement_role;

typedef enum sch_approval {
    SCH_APPROVAL_AUTOMATIC = 1, /* whatever keeps the rules */
    SCH_APPROVAL_OPERATOR,      /* one operator of the party */
    SCH_APPROVAL_TWO_OPERATORS, /* two different ones */
} sch_approval;

/* What a column may be used for; a set. 0 is never, whatever others may be. */
enum {
    SCH_USE_LINK = 1,       /* join on it, count persons by it: identifiers; other columns: link keys may have them */
    SCH_USE_GROUP = 2,      /* GROUP BY, and being shown as a group's value */
    SCH_USE_FILTER = 4,     /* WHERE, and conditions inside CASE */
    SCH_USE_COUNT = 8,      /* inside COUNT(...) */
    SCH_USE_SUM = 16,       /* inside SUM(...) */
    SCH_USE_AVG = 32,       /* inside AVG(...) */
    SCH_USE_SPREAD = 64,    /* inside VAR, STDDEV, COVAR, CORR, REGR and a regression */
    SCH_USE_QUANTILE = 128, /* inside PERCENTILE, and BIN of it */
    SCH_USE_ALL = 255,
};

/* In UTC. */
typedef enum sch_period { SCH_PERIOD_DAY = 1, SCH_PERIOD_WEEK, SCH_PERIOD_MONTH, SCH_PERIOD_YEAR } sch_period;

/* Whether an aggregate may be over an expression that turns a condition into a number. Guarded: inside an aggregate a
 * CASE has one WHEN and no ELSE (or ELSE NULL), and there is no COALESCE, ABS or remainder: the persons for whom the
 * condition does not hold have no value then, and the threshold counts those who have one; but CASE WHEN ... THEN 1
 * ELSE 0 END, whole constants that differ by 1, may be the whole argument. Free: anything. */
typedef enum sch_case_rule { SCH_CASE_GUARDED = 1, SCH_CASE_FREE } sch_case_rule;

typedef struct sch_agreement_party {
    char name[SCH_NAME_BYTES];
    /* Owned, as all pointers here; printable UTF-8, 1 to SCH_MAX_TEXT_BYTES bytes, not NULL. */
    char *organisation;
    char oin[SCH_OIN_BYTES]; /* exactly 20 of [0-9A-Za-z] */
    char address[SCH_AGREEMENT_ADDRESS_BYTES];
    uint8_t identity[SCH_AGREEMENT_KEY_BYTES]; /* Ed25519; no key here or below is all zeros */
    uint8_t exchange[SCH_AGREEMENT_KEY_BYTES]; /* X25519; this and an analyst's are not of low order */
    uint8_t tls_pin[SCH_AGREEMENT_KEY_BYTES];
    sch_agreement_role role;
    sch_approval approval; /* of a helper: automatic */
    uint32_t min_persons;  /* of an owner, 1 (off) to SCH_MAX_MIN_PERSONS; of a helper 0 */
    bool show_zero;        /* of an owner: it may be known that a cell is empty */
    /* URI (RFC 3986: a scheme and more, no blanks) of the processing activity in the party's register (Logboek
     * Dataverwerkingen). */
    char *processing_activity;
} sch_agreement_party;

typedef struct sch_agreement_column {
    char name[SCH_NAME_BYTES];
    uint32_t uses; /* SCH_USE_... */
    /* By whom: owned; analysts of the agreement, distinct; all of them where analyst_count is 0. */
    char (*analyst)[SCH_NAME_BYTES];
    size_t analyst_count;
} sch_agreement_column;

typedef struct sch_agreement_data_set {
    char party[SCH_NAME_BYTES]; /* an owner */
    char name[SCH_NAME_BYTES];  /* distinct within the party */
    /* Distinct; 1 to SCH_MAX_COLUMNS; at least one to link on. A column that is not listed is not part of the
     * agreement: nobody even sees that it exists. */
    sch_agreement_column *column;
    size_t column_count;
} sch_agreement_data_set;

typedef struct sch_agreement_analyst {
    char name[SCH_NAME_BYTES];
    char *organisation;
    char oin[SCH_OIN_BYTES];
    uint8_t identity[SCH_AGREEMENT_KEY_BYTES], exchange[SCH_AGREEMENT_KEY_BYTES], tls_pin[SCH_AGREEMENT_KEY_BYTES];
    sch_time_ms valid_until; /* the first moment when no longer */
} sch_agreement_analyst;

typedef struct sch_agreement {
    char id[SCH_NAME_BYTES];
    uint32_t version; /* 1 and up */
    /* Texts; DPIA's reference, CBS's authorisation. */
    char *title, *purpose, *legal_basis, *dpia, *authorisation;
    char *project;                       /* CBS's project number */
    sch_time_ms valid_from, valid_until; /* from <= moment < until; 0 to SCH_MAX_TIME_MS */
    uint32_t retention_days;             /* of results, 1 and up */
    uint32_t epoch;                      /* of the linkage key, 1 and up */
    uint32_t normalisation;              /* of identifiers: SCH_NORMALISATION_VERSION; part of the key of tags */
    uint32_t budget;                     /* requests per analyst per period, 1 and up */
    sch_period budget_period;
    sch_case_rule case_rule;
    uint32_t max_cells;         /* of one request, 1 to 100000 */
    sch_agreement_party *party; /* names, identities and pins distinct */
    size_t party_count;         /* at least 3, at least 2 owners */
    sch_agreement_data_set *data_set;
    size_t data_set_count;          /* 1 and up */
    sch_agreement_analyst *analyst; /* names and keys distinct, also from the parties' */
    size_t analyst_count;           /* 1 and up */
} sch_agreement;

/* Every rule of this header. Errors: SCH_BAD_INPUT, the detail names what and where; SCH_NO_MEMORY. */
sch_err sch_agreement_check(const sch_agreement *agreement, sch_detail *detail);

/* Appends the canonical bytes of an agreement that passes the check. For the one who writes it: afterwards the bytes
 * count. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_agreement_encode(sch_buf *out, const sch_agreement *agreement);

/* Reads and checks bytes that anyone may have made. The agreement is the caller's to clear, also on failure (empty
 * then). Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_agreement_decode(sch_agreement *out, const uint8_t *data, size_t bytes, sch_detail *detail);

void sch_agreement_clear(sch_agreement *agreement);

/* Lookups; NULL where there is none. */
const sch_agreement_party *sch_agreement_find_party(const sch_agreement *agreement, const char *name);
const sch_agreement_analyst *sch_agreement_find_analyst(const sch_agreement *agreement, const char *name);
const sch_agreement_data_set *sch_agreement_find_data_set(const sch_agreement *agreement, const char *party,
                                                          const char *name);
const sch_agreement_column *sch_agreement_find_column(const sch_agreement_data_set *data_set, const char *name);

/* The first column of a link key that the agreement does not give the use link; NULL where it gives it to all of them,
 * so that the data set may be linked by the key. */
const char *sch_agreement_unlinkable(const sch_agreement_data_set *data_set, const sch_link_key *key);

/* The hash that names these bytes, and a party's signature on them. Errors: SCH_BUG, SCH_NO_MEMORY; verify:
 * SCH_DENIED. */
sch_err sch_agreement_hash(uint8_t out[static SCH_HASH_BYTES], const uint8_t *bytes, size_t count);
sch_err sch_agreement_sign(uint8_t signature[static SCH_SIGN_BYTES], const uint8_t *bytes, size_t count,
                           const uint8_t secret_key[static SCH_SIGN_SECRET_BYTES]);
sch_err sch_agreement_verify(const uint8_t signature[static SCH_SIGN_BYTES], const uint8_t *bytes, size_t count,
                             const uint8_t public_key[static SCH_SIGN_PUBLIC_BYTES]);

/* An agreement's bytes with the signatures that there are: what lies in a .agreement file and what nodes hand on. */
typedef struct sch_bundle {
    sch_buf bytes; /* owned */
    uint8_t hash[SCH_HASH_BYTES];
    sch_agreement agreement;                       /* owned; what the bytes say */
    bool has_signature[SCH_MAX_AGREEMENT_PARTIES]; /* of agreement.party[i]; each one was verified */
    uint8_t signature[SCH_MAX_AGREEMENT_PARTIES][SCH_SIGN_BYTES];
} sch_bundle;

/* Makes an unsigned bundle of bytes (canonical, decoded and checked here; copied). The bundle is the caller's to clear,
 * also on failure. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_bundle_make(sch_bundle *out, const uint8_t *bytes, size_t count, sch_detail *detail);

/* Adds the signature of a party. Errors: SCH_BAD_INPUT where no party has this public key (the detail says whose keys
 * are wanted), SCH_BUG. */
sch_err sch_bundle_sign(sch_bundle *bundle, const uint8_t identity_secret[static SCH_SIGN_SECRET_BYTES],
                        sch_detail *detail);

/* Appends the bundle's canonical encoding. Errors: SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_bundle_encode(sch_buf *out, const sch_bundle *bundle);

/* Reads bytes that anyone may have made and verifies every signature in them. Errors: SCH_BAD_INPUT, SCH_DENIED where a
 * signature is not the party's, SCH_NO_MEMORY. */
sch_err sch_bundle_decode(sch_bundle *out, const uint8_t *data, size_t bytes, sch_detail *detail);

/* Whether all parties signed; else the detail names those who have not. */
bool sch_bundle_is_complete(const sch_bundle *bundle, sch_detail *detail);
void sch_bundle_clear(sch_bundle *bundle);

/* A party ends an agreement: signed over "schakel revocation 1", a zero byte, and the encoding with an empty
 * signature. */
typedef struct sch_revocation {
    uint8_t agreement_hash[SCH_HASH_BYTES];
    char party[SCH_NAME_BYTES];
    sch_time_ms time;
    char reason[SCH_MAX_REASON_BYTES + 1]; /* printable UTF-8, not empty */
    uint8_t signature[SCH_SIGN_BYTES];
} sch_revocation;

/* Signs, appends the encoding, reads and checks bytes that anyone may have made (form only), verifies the signature by
 * the party's key in the agreement; that it is this agreement, by its hash, is the caller's to see. Errors:
 * SCH_BAD_INPUT, SCH_DENIED (verify), SCH_NO_MEMORY, SCH_BUG. */
sch_err sch_revocation_sign(sch_revocation *revocation, const uint8_t identity_secret[static SCH_SIGN_SECRET_BYTES]);
sch_err sch_revocation_encode(sch_buf *out, const sch_revocation *revocation);
sch_err sch_revocation_decode(sch_revocation *out, const uint8_t *data, size_t bytes);
sch_err sch_revocation_verify(const sch_revocation *revocation, const sch_agreement *agreement);

#endif
