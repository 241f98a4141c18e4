/* book.h - whom a node knows: the parties and analysts of its active agreements, taken together. Made when the node
 * begins to serve, and again after an agreement was activated. */
#ifndef SCH_NODE_JOB_BOOK_H
#define SCH_NODE_JOB_BOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/base/err.h"
#include "node/base/card.h"
#include "node/conf/conf.h"
#include "node/store/store.h"
#include "proto/agreement.h"

enum { SCH_MAX_ACTIVE_AGREEMENTS = 16 };

typedef enum sch_book_state {
    SCH_BOOK_IN_FORCE = 0,
    /* by a newer version, which is taken up as soon as nothing runs: no request begins under this one */
    SCH_BOOK_REPLACED,
    SCH_BOOK_REVOKED,
    SCH_BOOK_UNUSABLE, /* here: this node's schemas or keys do not fit it; the log says why */
} sch_book_state;

typedef struct sch_book_agreement {
    sch_bundle bundle;
    sch_buf encoded; /* the bundle's bytes, as they are handed on */
    sch_book_state state;
    sch_time_ms changed; /* when it came into force, or was revoked */
} sch_book_agreement;

typedef struct sch_book {
    sch_book_agreement *agreement; /* owned; active when the book was made */
    size_t agreement_count;
    sch_card *peer;      /* owned; all parties but this node; by name */
    const uint8_t **psk; /* owned array; each the configuration's, or NULL */
    size_t peer_count;
    sch_card *analyst; /* owned; by name; address "" */
    size_t analyst_count;
} sch_book;

/* Reads the store's active agreements. Where two give one name different keys, the one that came into
 * force last counts. An agreement that gives a name other keys than that, or this node
 * other keys than it has, is unusable here: the log says so, and the others serve. Errors: SCH_IO, SCH_NO_MEMORY. */
sch_err sch_book_make(sch_book *book, sch_store *store, const sch_conf *conf, const sch_card *self, sch_detail *detail);
void sch_book_clear(sch_book *book);

/* Whether there is room for a further bundle beside those of other ids that are active in the store. *warning: which of
 * these gives a name other keys; it is unusable when the fresh one is taken up, until it has a new version too. Errors:
 * SCH_DENIED. */
sch_err sch_book_check(sch_store *store, const sch_bundle *bundle, sch_detail *warning, sch_detail *detail);

/* Whether an agreement in force names a node by the keys of this card: those that it is about to change to. *hash: the
 * agreement's. Errors: SCH_IO, SCH_NO_MEMORY. */
sch_err sch_book_wants_keys(bool *wants, uint8_t hash[static SCH_HASH_BYTES], sch_store *store, const sch_card *card);

/* The agreement in force with this hash, or with this id; NULL where there is none. */
sch_book_agreement *sch_book_find_hash(const sch_book *book, const uint8_t hash[static SCH_HASH_BYTES]);
sch_book_agreement *sch_book_find_id(const sch_book *book, const char *id);

/* Numbers of a peer or analyst by name; SIZE_MAX where there is none. */
size_t sch_book_find_peer(const sch_book *book, const char *name);
size_t sch_book_find_analyst(const sch_book *book, const char *name);

#endif
