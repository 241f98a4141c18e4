/* The tables, and how a file of an older version gets them. Every table is STRICT, so that a column holds what it says;
 * a CHECK states what this program relies on. Hashes and keys are 32 bytes, signatures 64, moments milliseconds since
 * 1970. */
#include <stdio.h>
#include <string.h>

#include "node/store/statement.h"

/* "Schk": tells a node's state from other files of SQLite's. */
enum { APPLICATION_ID = 0x5363686B };

static const char VERSION_1[] =
    "CREATE TABLE node (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL) STRICT;"

    "CREATE TABLE agreement ("
    "  hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),"
    "  id TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 63),"
    "  version INTEGER NOT NULL CHECK (version BETWEEN 1 AND 4294967295),"
    "  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),"
    "  changed INTEGER NOT NULL,"
    "  bundle BLOB NOT NULL) STRICT;"
    "CREATE TABLE revocation ("
    "  number INTEGER PRIMARY KEY,"
    "  agreement_hash BLOB NOT NULL CHECK (length(agreement_hash) = 32),"
    "  party TEXT NOT NULL,"
    "  bytes BLOB NOT NULL,"
    "  UNIQUE (agreement_hash, party)) STRICT;"
    "CREATE TABLE epoch ("
    "  agreement TEXT NOT NULL,"
    "  epoch INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 4294967295),"
    "  public_key BLOB NOT NULL CHECK (length(public_key) = 32),"
    "  sealed_secret BLOB NOT NULL CHECK (length(sealed_secret) = 72),"
    "  PRIMARY KEY (agreement, epoch)) STRICT;"
    "CREATE TABLE epoch_peer ("
    "  agreement TEXT NOT NULL,"
    "  epoch INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 4294967295),"
    "  peer TEXT NOT NULL,"
    "  public_key BLOB NOT NULL CHECK (length(public_key) = 32),"
    "  PRIMARY KEY (agreement, epoch, peer)) STRICT;"

    "CREATE TABLE request ("
    "  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),"
    "  bytes BLOB NOT NULL," /* empty after expiry */
    "  signature BLOB NOT NULL CHECK (length(signature) = 64),"
    "  request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),"
    "  plan_hash BLOB NOT NULL CHECK (length(plan_hash) = 32),"
    "  agreement TEXT NOT NULL,"
    "  agreement_hash BLOB NOT NULL CHECK (length(agreement_hash) = 32),"
    "  analyst TEXT NOT NULL,"
    "  coordinator TEXT NOT NULL,"
    "  parties TEXT NOT NULL," /* names of nodes, a blank between two */
    "  holder_1 INTEGER NOT NULL CHECK (holder_1 BETWEEN 0 AND 15),"
    "  holder_2 INTEGER NOT NULL CHECK (holder_2 BETWEEN 0 AND 15),"
    "  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 10),"
    "  code INTEGER NOT NULL CHECK (code BETWEEN 0 AND 7),"
    "  text TEXT NOT NULL,"
    "  preview BLOB NOT NULL,"
    "  created INTEGER NOT NULL, not_after INTEGER NOT NULL, changed INTEGER NOT NULL, expires INTEGER NOT NULL,"
    "  part_done INTEGER NOT NULL CHECK (part_done IN (0, 1))) STRICT;"
    /* rowid is the order of intake, which no clock but this node's decides; an index ends with it. */
    "CREATE INDEX request_analyst ON request (analyst);"
    "CREATE INDEX request_unfinished ON request (state) WHERE state < 6;"
    "CREATE TABLE consent ("
    "  id BLOB NOT NULL REFERENCES request (id),"
    "  node TEXT NOT NULL,"
    "  request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),"
    "  plan_hash BLOB NOT NULL CHECK (length(plan_hash) = 32),"
    "  counter INTEGER NOT NULL CHECK (counter >= 0),"
    "  time INTEGER NOT NULL,"
    "  signature BLOB NOT NULL CHECK (length(signature) = 64),"
    "  PRIMARY KEY (id, node)) STRICT;"
    "CREATE TABLE word ("
    "  number INTEGER PRIMARY KEY,"
    "  id BLOB NOT NULL REFERENCES request (id),"
    "  operator TEXT NOT NULL,"
    "  approve INTEGER NOT NULL CHECK (approve IN (0, 1)),"
    "  reason TEXT NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  signature BLOB NOT NULL CHECK (length(signature) = 64),"
    "  UNIQUE (id, operator)) STRICT;"

    "CREATE TABLE ledger ("
    "  entry INTEGER PRIMARY KEY CHECK (entry >= 1)," /* 1, 2, ...: nothing is ever deleted here */
    "  id BLOB NOT NULL UNIQUE REFERENCES request (id),"
    "  agreement TEXT NOT NULL,"
    "  analyst TEXT NOT NULL,"
    "  period_start INTEGER NOT NULL,"
    "  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3)) STRICT;"
    "CREATE INDEX ledger_used ON ledger (agreement, analyst, period_start);"

    "CREATE TABLE result ("
    "  id BLOB NOT NULL REFERENCES request (id),"
    "  recipient TEXT NOT NULL,"
    "  sealed BLOB NOT NULL,"
    "  signature BLOB NOT NULL CHECK (length(signature) = 64),"
    "  expires INTEGER NOT NULL,"
    "  PRIMARY KEY (id, recipient)) STRICT;"
    "CREATE INDEX result_expires ON result (expires);"

    "CREATE TABLE audit ("
    "  seq INTEGER PRIMARY KEY CHECK (seq >= 1),"
    "  bytes BLOB NOT NULL CHECK (length(bytes) <= 1024),"
    "  hash BLOB NOT NULL CHECK (length(hash) = 32)) STRICT;"
    "CREATE TABLE head ("
    "  number INTEGER PRIMARY KEY,"
    "  node TEXT NOT NULL,"
    "  seq INTEGER NOT NULL CHECK (seq >= 1),"
    "  hash BLOB NOT NULL CHECK (length(hash) = 32),"
    "  counter INTEGER NOT NULL CHECK (counter >= 0),"
    "  time INTEGER NOT NULL,"
    "  signature BLOB NOT NULL CHECK (length(signature) = 64),"
    "  identity BLOB NOT NULL CHECK (length(identity) = 32),"
    "  UNIQUE (node, seq, hash, counter, time, signature, identity)) STRICT;"
    "CREATE TABLE peer ("
    "  node TEXT NOT NULL PRIMARY KEY,"
    "  counter INTEGER NOT NULL DEFAULT 0 CHECK (counter >= 0),"
    "  refused TEXT NOT NULL DEFAULT '',"
    "  newest INTEGER REFERENCES head (number)) STRICT;" /* NULL: none yet, or forgotten */

    "PRAGMA application_id = 0x5363686B;"
    "PRAGMA user_version = 1;";

/* Element i brings a file of version i to version i + 1. A new file is of version 0. Those that were released stay as
 * they are. */
static const char *const migration[] = {VERSION_1};
enum { NEWEST = sizeof migration / sizeof migration[0] };

static sch_err read_number(sch_store *store, int64_t *out, const char *sql)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    *out = 0;
    SCH_TRY(sch_statement_open(&s, store, sql));
    SCH_TRY(sch_statement_step(&s, &row));
    SCH_TRY(sch_check(row, SCH_BUG, "SQLite gives no number"));
    *out = sch_statement_get_int(&s, INT64_MIN, INT64_MAX);
    err = s.err;
out:
    sch_statement_close(&s);
    return err;
}

/* *version: 0 of a file that has no tables yet. */
static sch_err read_version(sch_store *store, int64_t *version, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    int64_t application = 0, tables = 0;
    SCH_TRY(read_number(store, &application, "PRAGMA application_id"));
    SCH_TRY(read_number(store, version, "PRAGMA user_version"));
    SCH_TRY(read_number(store, &tables, "SELECT count(*) FROM sqlite_schema"));
    bool is_new = application == 0 && *version == 0 && tables == 0;
    if (!is_new && (application != APPLICATION_ID || *version < 1)) {
        sch_detail_set(detail, "%s: is no node's state", path);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a file is no node's state"));
    }
    if (*version > NEWEST) {
        sch_detail_set(detail, "%s: is of version %lld, which is newer than this program's (%d); use the newer program",
                       path, (long long)*version, NEWEST);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the state is of a newer version"));
    }
out:
    return err;
}

/* All steps from one version to the newest, in the open transaction. */
static sch_err migrate(sch_store *store, int64_t from)
{
    for (int64_t i = from; i < NEWEST; i++) {
        int code = sqlite3_exec(store->db, migration[i], NULL, NULL, NULL);
        if (code != SQLITE_OK) {
            return sch_store_fault(store, code);
        }
    }
    return SCH_NONE;
}

static sch_err put_node(sch_store *store, const char *node)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    SCH_TRY(sch_statement_open_change(&s, store, "INSERT INTO node (one, name) VALUES (1, ?)"));
    sch_statement_bind_text(&s, node);
    SCH_TRY(sch_statement_run(&s, NULL));
out:
    sch_statement_close(&s);
    return err;
}

static sch_err read_node(sch_store *store, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_statement s = {0};
    bool row = false;
    SCH_TRY(sch_statement_open(&s, store, "SELECT name FROM node"));
    SCH_TRY(sch_statement_step(&s, &row));
    if (row) {
        sch_statement_get_text(&s, store->node, sizeof store->node);
    }
    SCH_TRY(s.err);
    if (!row || !sch_text_is_name(store->node)) {
        sch_detail_set(detail, "%s: names no node", path);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a state names no node"));
    }
out:
    sch_statement_close(&s);
    return err;
}

sch_err sch_schema_prepare(sch_store *store, const char *path, const char *node, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    int64_t version = 0;
    SCH_TRY(read_version(store, &version, path, detail));
    if (version < NEWEST) {
        SCH_TRY(sch_store_begin(store));
        SCH_TRY(migrate(store, version));
        if (version == 0) {
            SCH_TRY(put_node(store, node));
        }
        SCH_TRY(sch_store_commit(store));
    }
    SCH_TRY(read_node(store, path, detail));
    if (strcmp(store->node, node) != 0) {
        sch_detail_set(detail, "%s: is the state of '%s', not of '%s'", path, store->node, node);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "the state is another node's"));
    }
out:
    if (sch_failed(err)) {
        sch_store_rollback(store);
    }
    return err;
}

sch_err sch_schema_check(sch_store *store, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    int64_t version = 0;
    SCH_TRY(read_version(store, &version, path, detail));
    if (version < NEWEST) {
        sch_detail_set(detail, "%s: is of version %lld, which is older than this program's (%d); use the older program",
                       path, (long long)version, NEWEST);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a copy is of an older version"));
    }
    SCH_TRY(read_node(store, path, detail));
out:
    return err;
}
