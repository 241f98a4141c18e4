/* Transactions, checkpoints, and what an error of SQLite's means.
 *
 * SQLite is never left to itself after an error of the disk: a sync that failed once may have thrown the bytes away, so
 * that the next one succeeds without them. Checkpoints are made here and not by SQLite, which ignores their errors. */
#include "node/store/seam.h"
#include "node/store/state.h"

/* Pages of 4 KiB: about as many as SQLite would let gather. */
enum { MOST_WAL_PAGES = 1000 };

sch_err sch_store_ready(const sch_store *store)
{
    if (store->dead) {
        return sch_fail(SCH_IO, "the store is closed since this machine's disk failed");
    }
    return store->transaction == SCH_TRANSACTION_LOST ? store->lost : SCH_NONE;
}

sch_err sch_store_ready_to_change(const sch_store *store)
{
    sch_err err = sch_store_ready(store);
    if (sch_failed(err)) {
        return err;
    }
    return sch_check(store->transaction == SCH_TRANSACTION_OPEN, SCH_BUG, "the store is changed outside a transaction");
}

/* ---- errors ---- */

static sch_err die(sch_store *store)
{
    store->dead = true;
    /* Closing must not write either. */
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return sch_fail(SCH_IO, "this machine's disk failed");
}

/* Ends a transaction that an error has made worthless. */
static sch_err lose(sch_store *store, sch_err why)
{
    if (sqlite3_get_autocommit(store->db) == 0 && sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK) {
        return die(store);
    }
    if (store->transaction != SCH_TRANSACTION_NONE) {
        store->transaction = SCH_TRANSACTION_LOST;
        store->lost = why;
    }
    return why;
}

static sch_err constraint(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
        return sch_fail(SCH_DENIED, "it is in the store already");
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return sch_fail(SCH_BAD_INPUT, "the store does not hold what this belongs to");
    default:
        return sch_fail(SCH_BUG, "a value does not fit its table");
    }
}

sch_err sch_store_fault(sch_store *store, int code)
{
    switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
        return constraint(code);
    case SQLITE_FULL:
        return lose(store, sch_fail(SCH_TRY_AGAIN, "the disk is full"));
    case SQLITE_NOMEM:
        return lose(store, sch_fail(SCH_NO_MEMORY, "out of memory"));
    case SQLITE_TOOBIG:
        return sch_fail(SCH_BAD_INPUT, "a value is too large for the store");
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        /* A copy may lack tables; the node's own file has those that this program made. */
        return store->read_only ? sch_fail(SCH_BAD_INPUT, "the copy does not hold what a node's state holds")
                                : sch_fail(SCH_BUG, "a statement does not fit the store");
    default:
        return die(store);
    }
}

/* ---- transactions ---- */

/* Moves the WAL's pages into the file. It waits for nobody, since nobody else has the file open. */
static sch_err checkpoint(sch_store *store, int mode)
{
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, mode, NULL, NULL);
    if (code == SQLITE_OK) {
        store->wal_pages = 0;
        return SCH_NONE;
    }
    if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED) {
        return sch_fail(SCH_TRY_AGAIN, "the store is being read"); /* by an outer walk */
    }
    return sch_store_fault(store, code);
}

sch_err sch_store_begin(sch_store *store)
{
    sch_err err = sch_store_ready(store);
    if (sch_failed(err)) {
        return err;
    }
    if (store->transaction != SCH_TRANSACTION_NONE || store->read_only) {
        return sch_fail(SCH_BUG, "a transaction begins within another, or in a copy");
    }
    if (store->wal_pages > MOST_WAL_PAGES) {
        err = checkpoint(store, SQLITE_CHECKPOINT_PASSIVE);
        if (err.code ==
            SCH_IO) { /* else the WAL grows a little further, and a full disk is met where it can be refused */
            return err;
        }
    }
    int code = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        return sch_store_fault(store, code);
    }
    store->transaction = SCH_TRANSACTION_OPEN;
    return SCH_NONE;
}

sch_err sch_store_commit(sch_store *store)
{
    sch_err err = sch_store_ready_to_change(store);
    if (sch_failed(err)) {
        sch_store_rollback(store);
        return err;
    }
    sch_seam_reached("commit.before");
    int code = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        err = sch_store_fault(store, code);
        sch_store_rollback(store);
        return err;
    }
    store->transaction = SCH_TRANSACTION_NONE;
    sch_seam_reached("commit.after");
    return SCH_NONE;
}

void sch_store_rollback(sch_store *store)
{
    /* SQLite may have rolled back by itself, and a dead store is not written to. */
    if (!store->dead && sqlite3_get_autocommit(store->db) == 0 &&
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK) {
        (void)die(store);
    }
    store->transaction = SCH_TRANSACTION_NONE;
}

sch_err sch_store_forget(sch_store *store)
{
    sch_err err = sch_store_ready(store);
    if (sch_failed(err)) {
        return err;
    }
    if (store->transaction != SCH_TRANSACTION_NONE || store->read_only) {
        return sch_fail(SCH_BUG, "the store is told to forget within a transaction, or a copy is");
    }
    return checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE);
}
