/* store.h - what a node must not forget: agreements, requests, decisions, the ledger, sealed results, the audit log.
 * One SQLite file, state.db, in the node's state folder.
 *
 * One connection, one thread, one process: opening takes a lock that a second process does not get. journal_mode WAL,
 * synchronous FULL, foreign_keys ON, secure_delete ON, trusted_schema OFF. Everything that changes state happens
 * between begin and commit, together with its audit record; what commit reports as done survives a crash. A change
 * outside of a transaction is SCH_BUG. Reads see the transaction's own writes.
 *
 * I/O errors: after one, SQLite's next commits may return success without being durable (seen with an injected EIO). So
 * every function here that fails with SCH_IO has closed the store: all later calls fail with SCH_IO too, and the caller
 * ends the process. Whether a commit that failed so is there after a restart is not known: all of it is, or nothing. A
 * full disk before or at a commit is different: the transaction is rolled back, the error is SCH_TRY_AGAIN "the disk is
 * full", and the store goes on. So does it where memory is lacking. Whatever is called before rollback or commit ends
 * the lost transaction gives the same error.
 *
 * Errors that any function here may give, beside its own: SCH_IO, SCH_NO_MEMORY, SCH_TRY_AGAIN as above; SCH_BAD_INPUT
 * where the file holds what no node writes, or a number is above 2^63 - 1; SCH_BUG.
 *
 * Columns that hold secrets (epoch keys) hold them encrypted; the store sees only bytes. */
#ifndef SCH_NODE_STORE_STORE_H
#define SCH_NODE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "crypto/protocol/link.h"
#include "proto/agreement.h"
#include "proto/audit.h"
#include "proto/control.h"
#include "proto/decision.h"
#include "proto/request.h"

typedef struct sch_store sch_store;

/* Opens or makes state.db in a folder (made, mode 0700, where missing; file 0600). node: the name that the file
 * belongs to; a file of another node is SCH_BAD_INPUT. Runs migrations of older versions in one transaction; a
 * newer version is SCH_BAD_INPUT. quick_check runs first: a damaged file is SCH_BAD_INPUT, the detail says to
 * restore a backup. Errors: SCH_TRY_AGAIN where another process has it open or the disk is full, SCH_IO,
 * SCH_NO_MEMORY. *out is NULL on failure. */
sch_err sch_store_open(sch_store **out, const char *folder, const char *node, sch_detail *detail);

/* Opens a copy (a backup, a state.db of a stopped node) for reading only; every change is SCH_BUG. A file "-wal" beside
 * it is part of it. Errors: SCH_BAD_INPUT where it is damaged, no node's state or of another version; SCH_TRY_AGAIN
 * where a node has it open; SCH_IO, SCH_NO_MEMORY. */
sch_err sch_store_open_copy(sch_store **out, const char *path, sch_detail *detail);

/* A transaction that is open is rolled back. Accepts NULL. */
void sch_store_close(sch_store *store);

/* One transaction at a time: a second begin is SCH_BUG, and so is a commit without one. A begin also moves what many
 * commits left in the WAL into the file, so that the WAL stays small. A commit reaches the places "commit.before" and
 * "commit.after" (seam.h). However a commit fails, nothing is open afterwards. rollback does nothing where nothing is
 * open. */
sch_err sch_store_begin(sch_store *store);
sch_err sch_store_commit(sch_store *store);
void sch_store_rollback(sch_store *store);

/* The node's name that the file belongs to. */
const char *sch_store_node(const sch_store *store);

/* Writes a whole, consistent copy to a new file of mode 0600 (SQLite's backup interface; then synced and given its
 * name), outside a transaction. Errors: SCH_DENIED where the file exists, SCH_TRY_AGAIN where its disk is full, SCH_IO;
 * the store stays open: it is the copy that failed. */
sch_err sch_store_backup(sch_store *store, const char *path, sch_detail *detail);

/* Puts a copy in the place of the state in a folder, with one more audit record: whoever looks, also after a crash,
 * finds the old state or the new one with its record. Takes the folder's lock meanwhile. record: as for
 * sch_store_append_audit. replace: where there is a state, keeps it beside the new one as state.db.replaced (and its
 * WAL as state.db.replaced-wal); an older one of that name is removed. Errors: SCH_TRY_AGAIN where a process has the
 * state open or the disk is full, SCH_DENIED where there is a state and replace is false, SCH_IO; those of
 * sch_store_open. The copy stays open and as it is. */
sch_err sch_store_restore(sch_store *copy, const char *folder, bool replace, sch_audit_record *record,
                          sch_detail *detail);

/* ---- agreements ---- */

typedef enum sch_agreement_state {
    SCH_AGREEMENT_ACTIVE = 1,
    SCH_AGREEMENT_SUPERSEDED, /* a newer version is active */
    SCH_AGREEMENT_REVOKED,
} sch_agreement_state;

typedef struct sch_stored_agreement {
    uint8_t hash[SCH_HASH_BYTES];
    char id[SCH_NAME_BYTES];
    uint32_t version;
    sch_agreement_state state;
    sch_time_ms changed;
    sch_buf bundle; /* owned */
} sch_stored_agreement;

/* Called for each; an error ends the walk and is returned. What is handed over is borrowed. A sink may read the store,
 * and change what it does not walk through. So for all walks here. */
typedef sch_err (*sch_store_agreement_sink)(void *context, const sch_stored_agreement *agreement);
sch_err sch_store_put_agreement(sch_store *store,
                                const sch_stored_agreement *agreement); /* inserts, or changes state and moment */
sch_err sch_store_each_agreement(sch_store *store, sch_store_agreement_sink sink, void *context); /* by id, version */

/* Revocations, as encoded; one a party and agreement: a further one changes nothing. Walked in the order of their
 * coming. */
typedef sch_err (*sch_store_revocation_sink)(void *context, const uint8_t *bytes, size_t count);
sch_err sch_store_put_revocation(sch_store *store, const uint8_t agreement_hash[static SCH_HASH_BYTES],
                                 const char *party, const uint8_t *bytes, size_t count);
sch_err sch_store_each_revocation(sch_store *store, sch_store_revocation_sink sink, void *context);

/* The linkage epoch's keys of an agreement id and epoch: this node's own pair (secret encrypted), and each other
 * party's public key. get: *found false where there is none. */
enum { SCH_EPOCH_SEALED_BYTES = 72 };
sch_err sch_store_put_epoch(sch_store *store, const char *agreement, uint32_t epoch,
                            const uint8_t public_key[static 32],
                            const uint8_t sealed_secret[static SCH_EPOCH_SEALED_BYTES]);
sch_err sch_store_get_epoch(sch_store *store, bool *found, const char *agreement, uint32_t epoch,
                            uint8_t public_key[static 32], uint8_t sealed_secret[static SCH_EPOCH_SEALED_BYTES]);
sch_err sch_store_put_epoch_peer(sch_store *store, const char *agreement, uint32_t epoch, const char *peer,
                                 const uint8_t public_key[static 32]); /* inserts or replaces */
sch_err sch_store_get_epoch_peer(sch_store *store, bool *found, const char *agreement, uint32_t epoch, const char *peer,
                                 uint8_t public_key[static 32]);
/* Deletes own and others' keys of all epochs of an agreement but one (0: of all); pages are overwritten
 * (secure_delete), and the caller truncates the WAL by sch_store_forget after the commit. */
sch_err sch_store_destroy_epochs(sch_store *store, const char *agreement, uint32_t keep);
/* Checkpoints and truncates the WAL, so that deleted bytes are gone from both files. Outside a transaction. */
sch_err sch_store_forget(sch_store *store);

/* ---- requests ---- */

typedef struct sch_stored_request {
    sch_request_id id;
    sch_buf bytes; /* owned; as signed */
    uint8_t signature[SCH_SIGNATURE_BYTES];
    uint8_t request_hash[SCH_HASH_BYTES];
    uint8_t plan_hash[SCH_HASH_BYTES]; /* zero before there is a plan */
    char agreement[SCH_NAME_BYTES];
    uint8_t agreement_hash[SCH_HASH_BYTES];
    char analyst[SCH_NAME_BYTES];
    char coordinator[SCH_NAME_BYTES];            /* a node's name; this node's own where it was called */
    char party[SCH_MAX_PARTIES][SCH_NAME_BYTES]; /* nodes, in the order of the plan */
    size_t party_count;                          /* 0 before there is a plan */
    uint8_t holder[2];                           /* which of them end with shares of the result */
    sch_request_state state;
    sch_code code;   /* of the end; SCH_OK where there is none */
    sch_detail text; /* why it ended */
    sch_buf preview; /* owned; text for operators (JSON), may be empty */
    sch_time_ms created, not_after, changed;
    sch_time_ms expires; /* from when on its bytes and preview may go; 0: when its results do */
    bool part_done;      /* this node's part is finished: its shares, where it holds any, are kept */
} sch_stored_request;

typedef sch_err (*sch_store_request_sink)(void *context, const sch_stored_request *request);
sch_err sch_store_put_request(sch_store *store,
                              const sch_stored_request *request); /* inserts or replaces all but id and bytes */
/* *found false where there is none; *out the caller's to clear. */
sch_err sch_store_get_request(sch_store *store, bool *found, sch_stored_request *out, const sch_request_id *id);
/* In the order of intake, newest first, at most `most`. analyst: NULL for all. unfinished: only those in no end
 * state. */
sch_err sch_store_each_request(sch_store *store, const char *analyst, bool unfinished, size_t most,
                               sch_store_request_sink sink, void *context);
/* How many there are in each state. */
sch_err sch_store_count_requests(sch_store *store, uint64_t count[static SCH_REQUEST_CANCELLED + 1]);
void sch_stored_request_clear(sch_stored_request *request);
/* Deletes results whose moment of expiry has come, and then the bytes and previews of requests that have ended, have no
 * result left and whose own moment has come. Requests themselves stay as id, hashes and state, so that an id is never
 * taken twice. *count: how many results went. */
sch_err sch_store_expire_results(sch_store *store, sch_time_ms now, size_t *count);

/* What follows belongs to a request: where that one is not stored, putting it is SCH_BAD_INPUT. */

/* Consents of parties, one a node: a later one takes the place of the former. */
sch_err sch_store_put_consent(sch_store *store, const sch_request_id *id, const sch_consent *consent);
sch_err sch_store_get_consent(sch_store *store, bool *found, sch_consent *out, const sch_request_id *id,
                              const char *node);

/* Words of this node's operators, one an operator: a second one of the same operator is SCH_DENIED. */
typedef struct sch_stored_word {
    char operator_name[SCH_NAME_BYTES];
    bool approve;
    char reason[SCH_MAX_REASON_BYTES + 1];
    sch_time_ms time;
    uint8_t signature[SCH_SIGN_BYTES];
} sch_stored_word;
/* In the order of their coming. */
typedef sch_err (*sch_store_word_sink)(void *context, const sch_stored_word *word);
sch_err sch_store_put_word(sch_store *store, const sch_request_id *id, const sch_stored_word *word);
sch_err sch_store_each_word(sch_store *store, const sch_request_id *id, sch_store_word_sink sink, void *context);

/* ---- the ledger ---- */

typedef enum sch_ledger_state {
    SCH_LEDGER_RESERVED = 1, /* by this node's consent */
    SCH_LEDGER_SPENT,        /* computation began */
    SCH_LEDGER_RETURNED,     /* the request ended before anything was computed; an entry of its own in the audit log */
} sch_ledger_state;

/* One entry a request; a second reservation of the same request changes nothing. counter: the number of entries that
 * this ledger ever had; it never goes down. */
sch_err sch_store_reserve(sch_store *store, const sch_request_id *id, const char *agreement, const char *analyst,
                          sch_time_ms period_start);
/* SPENT or RETURNED. No entry: nothing happens. What is spent stays spent. */
sch_err sch_store_settle(sch_store *store, const sch_request_id *id, sch_ledger_state state);
sch_err sch_store_get_counter(sch_store *store, uint64_t *counter);
/* Reserved and spent entries of an analyst under an agreement id in a period. */
sch_err sch_store_get_used(sch_store *store, uint64_t *used, const char *agreement, const char *analyst,
                           sch_time_ms period_start);
sch_err sch_store_get_ledger_state(sch_store *store, bool *found, sch_ledger_state *state, const sch_request_id *id);

/* ---- sealed results ---- */

/* put: the same bytes and signature again change nothing; others in the place of a result that is there are
 * SCH_DENIED. */
sch_err sch_store_put_result(sch_store *store, const sch_request_id *id, const char *recipient, const uint8_t *sealed,
                             size_t bytes, const uint8_t signature[static SCH_SIGN_BYTES], sch_time_ms expires);
sch_err sch_store_get_result(sch_store *store, bool *found, const sch_request_id *id, const char *recipient,
                             sch_buf *sealed, uint8_t signature[static SCH_SIGN_BYTES]);
sch_err sch_store_drop_results(sch_store *store, const sch_request_id *id);
/* All results of requests under an agreement's version. */
sch_err sch_store_drop_agreement_results(sch_store *store, const uint8_t agreement_hash[static SCH_HASH_BYTES]);

/* ---- audit ---- */

/* Appends a record: sets its seq, previous (from the last record) and writes it in the open transaction; outside one it
 * is SCH_BUG. time, actor, action, object, outcome, trace, span and decided_on are the caller's. */
sch_err sch_store_append_audit(sch_store *store, sch_audit_record *record);
/* The last record's number and hash; 0 and zeros where there is none. */
sch_err sch_store_get_audit_end(sch_store *store, uint64_t *seq, uint8_t hash[static SCH_HASH_BYTES]);
/* As stored: a copy that somebody changed may have numbers, bytes and hashes of any kind; a hash that is not one is
 * handed over as zeros. */
typedef sch_err (*sch_store_audit_sink)(void *context, uint64_t seq, const uint8_t *bytes, size_t count,
                                        const uint8_t hash[static SCH_HASH_BYTES]);
sch_err sch_store_each_audit(sch_store *store, uint64_t from_seq, sch_store_audit_sink sink,
                             void *context); /* by seq */

/* Heads: this node's own (signed at the end of each job), and those that others showed. All are kept. identity: the
 * public key that the signature was verified by. */
typedef struct sch_stored_head {
    sch_audit_head head;
    uint8_t identity[32];
} sch_stored_head;
typedef sch_err (*sch_store_head_sink)(void *context, const sch_stored_head *head);
sch_err sch_store_put_head(sch_store *store, const sch_stored_head *head); /* the same one again changes nothing */
sch_err sch_store_each_head(sch_store *store, const char *node, sch_store_head_sink sink,
                            void *context); /* by seq; NULL: all */
/* The newest head of a node: of those that were put since the last reset the one with the highest number, then counter,
 * then moment; and the highest ledger counter that it ever showed. */
sch_err sch_store_get_newest_head(sch_store *store, bool *found, sch_stored_head *out, const char *node);
sch_err sch_store_get_peer_counter(sch_store *store, uint64_t *counter, const char *node); /* 0 where none */
sch_err sch_store_put_peer_counter(sch_store *store, const char *node, uint64_t counter);  /* never lower than it was */
/* Why a node is not trusted with requests; "" where it is. */
sch_err sch_store_put_peer_refusal(sch_store *store, const char *node, const char *why);
sch_err sch_store_get_peer_refusal(sch_store *store, sch_detail *why, const char *node);
/* Forgets which head was the newest, the counter and the refusal: the next head is accepted whatever its number; the
 * old ones stay. */
sch_err sch_store_reset_peer(sch_store *store, const char *node);

#endif
