/* state.h - the store from inside: the connection, its transaction, and what an error of SQLite's means. Internal to
 * node/store.
 *
 *     store.h        what others call
 *     open.c         the lock, the connection and its settings, closing
 *     schema.c       tables, versions, whose file it is
 *     transaction.c  begin, commit, rollback, checkpoints; errors
 *     statement.h    one SQL statement at work
 *     backup.c       copies out and in
 *     copy_file.h    a copy's file for SQLite, by its descriptor
 *     the others     one subject each */
#ifndef SCH_NODE_STORE_STATE_H
#define SCH_NODE_STORE_STATE_H

#include <sqlite3.h>

#include "node/store/store.h"

typedef enum sch_transaction {
    SCH_TRANSACTION_NONE = 0,
    SCH_TRANSACTION_OPEN,
    SCH_TRANSACTION_LOST, /* rolled back by an error; store->lost is what everybody is told until it is ended */
} sch_transaction;

struct sch_store {
    sqlite3 *db;
    int lock;         /* descriptor of state.lock; -1 where there is none */
    bool read_only;   /* a copy */
    char *remove_shm; /* owned; of a copy: the file "-shm" that reading made and closing removes; else NULL */
    char node[SCH_NAME_BYTES];
    sch_transaction transaction;
    sch_err lost;
    bool dead;     /* after SCH_IO: nothing is done any more */
    int wal_pages; /* in the WAL since the last checkpoint */
};

/* open.c. Takes the folder's lock: a file that is never removed, locked by flock. Not a lock on state.db itself: the
 * system drops those when any descriptor of the file is closed. *lock is the caller's to close. Errors: SCH_TRY_AGAIN
 * where another process has it, SCH_IO. */
sch_err sch_store_lock(int *lock, const char *folder, sch_detail *detail);

/* open.c. What an error while a file is being opened means, in words with its path. */
sch_err sch_store_open_fault(const char *path, int code, sch_detail *detail);

/* schema.c. Whether the file is a node's, of this node (node not NULL), of a version that this program knows; makes the
 * tables of a new one and brings an older one up to date. Fills store->node. */
sch_err sch_schema_prepare(sch_store *store, const char *path, const char *node, sch_detail *detail);
/* The same of a copy, of which nothing is changed. */
sch_err sch_schema_check(sch_store *store, const char *path, sch_detail *detail);

/* transaction.c. Whether the store can be used; and whether it can be changed, so within a transaction. */
sch_err sch_store_ready(const sch_store *store);
sch_err sch_store_ready_to_change(const sch_store *store);

/* transaction.c. What an error of SQLite's means for the caller, and its consequences here: a lost transaction, the
 * end. */
sch_err sch_store_fault(sch_store *store, int code);

#endif
