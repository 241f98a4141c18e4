#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/store/state.h"

static sch_err fail_with_errno(const char *text, const char *path, sch_detail *detail)
{
    char words[128];
    sch_detail_set(detail, "%s: %s: %s", text, path, strerror_r(errno, words, sizeof words));
    return sch_fail(SCH_IO, text);
}

sch_err sch_store_lock(int *lock, const char *folder, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    int descriptor = -1;
    char *path = sch_file_join(folder, "state.lock");
    SCH_TRY(sch_check(path != NULL, SCH_NO_MEMORY, "out of memory"));
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
        SCH_TRY(fail_with_errno("the state's lock cannot be opened", path, detail));
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            SCH_TRY(fail_with_errno("the state's lock cannot be taken", path, detail));
        }
        sch_detail_set(detail, "%s: another process has this state open; a node runs once", folder);
        SCH_TRY(sch_fail(SCH_TRY_AGAIN, "another process has the state open"));
    }
    *lock = descriptor;
    descriptor = -1;
out:
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    free(path);
    return err;
}

sch_err sch_store_open_fault(const char *path, int code, sch_detail *detail)
{
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        sch_detail_set(detail, "%s: another program has it open", path);
        return sch_fail(SCH_TRY_AGAIN, "another program has the state open");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        sch_detail_set(detail, "%s: is damaged; restore a backup of it: schakelctl restore", path);
        return sch_fail(SCH_BAD_INPUT, "the state is damaged");
    case SQLITE_FULL:
        sch_detail_set(detail, "%s: the disk is full", path);
        return sch_fail(SCH_TRY_AGAIN, "the disk is full");
    case SQLITE_NOMEM:
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    default:
        sch_detail_set(detail, "%s: cannot be used: %s", path, sqlite3_errstr(code));
        return sch_fail(SCH_IO, "the state cannot be used");
    }
}

/* ---- settings ---- */

/* Runs a pragma. want: the text that its last row has to give; NULL for any, or none. */
static sch_err set(sch_store *store, const char *path, const char *sql, const char *want, sch_detail *detail)
{
    sqlite3_stmt *handle = NULL;
    bool wanted = want == NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &handle, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(handle);
        if (code == SQLITE_ROW && want != NULL) {
            const char *got = (const char *)sqlite3_column_text(handle, 0);
            wanted = got != NULL && strcmp(got, want) == 0;
        }
    }
    (void)sqlite3_finalize(handle);
    if (code != SQLITE_DONE) {
        return sch_store_open_fault(path, code, detail);
    }
    if (!wanted) {
        return sch_store_open_fault(path, strcmp(want, "ok") == 0 ? SQLITE_CORRUPT : SQLITE_CANTOPEN, detail);
    }
    return SCH_NONE;
}

/* What a file that somebody changed could do to its reader is turned off: views, triggers and functions out of the
 * schema, and writes to SQLite's own tables. */
static sch_err distrust_schema(sch_store *store)
{
    bool set_all = sqlite3_extended_result_codes(store->db, 1) == SQLITE_OK &&
                   sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
                   sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) == SQLITE_OK &&
                   sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) == SQLITE_OK &&
                   sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) == SQLITE_OK;
    return sch_check(set_all, SCH_BUG, "SQLite lacks a setting");
}

static int count_wal_pages(void *context, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((sch_store *)context)->wal_pages = pages;
    return SQLITE_OK;
}

static sch_err set_up(sch_store *store, const char *path, sch_detail *detail)
{
    /* Exclusive locking: no file of shared memory, and no other program that reads or checkpoints meanwhile. */
    static const struct {
        const char *sql, *want;
    } setting[] = {{"PRAGMA locking_mode = EXCLUSIVE", "exclusive"},
                   {"PRAGMA temp_store = MEMORY", NULL},
                   {"PRAGMA cell_size_check = ON", NULL},
                   {"PRAGMA journal_mode = WAL", "wal"},
                   {"PRAGMA synchronous = FULL", NULL},
                   {"PRAGMA foreign_keys = ON", NULL},
                   {"PRAGMA secure_delete = ON", "1"},
                   {"PRAGMA journal_size_limit = 16777216", NULL}, /* a large result does not leave a large WAL */
                   {"PRAGMA quick_check(1)", "ok"}};
    sch_err err = SCH_NONE;
    SCH_TRY(distrust_schema(store));
    for (size_t i = 0; i < sizeof setting / sizeof setting[0]; i++) {
        SCH_TRY(set(store, path, setting[i].sql, setting[i].want, detail));
    }
    (void)sqlite3_wal_hook(store->db, count_wal_pages, store); /* takes the place of SQLite's own checkpoints */

    /* The process before this one may have ended because a sync of the WAL failed. The system then holds pages for
     * written that are not; here they are written and synced once more, into the file, before anything builds on
     * them. */
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (code != SQLITE_OK) {
        SCH_TRY(sch_store_open_fault(path, code, detail));
    }
out:
    return err;
}

/* ---- open ---- */

/* Makes the file, so that it has its mode from the first moment, and narrows an older one's. SQLite gives the WAL the
 * same. */
static sch_err make_file(const char *path, const char *folder, sch_detail *detail)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool made = descriptor >= 0 && fchmod(descriptor, 0600) == 0;
    sch_err err = made ? SCH_NONE : fail_with_errno("the state cannot be opened", path, detail);
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    if (!made) {
        return err;
    }
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) != 0) {
        err = fail_with_errno("a folder cannot be synced", folder, detail);
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return err;
}

sch_err sch_store_open(sch_store **out, const char *folder, const char *node, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char *path = NULL;
    *out = NULL;
    sch_store *store = calloc(1, sizeof *store);
    SCH_TRY(sch_check(store != NULL, SCH_NO_MEMORY, "out of memory"));
    store->lock = -1;
    SCH_TRY(sch_check(sch_text_is_name(node), SCH_BUG, "a node's name is no name"));
    path = sch_file_join(folder, "state.db");
    SCH_TRY(sch_check(path != NULL, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_file_make_folder(folder, detail));
    SCH_TRY(sch_store_lock(&store->lock, folder, detail));
    SCH_TRY(make_file(path, folder, detail));
    int code = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (code != SQLITE_OK) {
        SCH_TRY(sch_store_open_fault(path, code, detail));
    }
    SCH_TRY(set_up(store, path, detail));
    SCH_TRY(sch_schema_prepare(store, path, node, detail));
    *out = store;
    store = NULL;
out:
    if (store != NULL && store->db != NULL) {
        /* What could not be opened is left as it is. */
        (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    sch_store_close(store);
    free(path);
    return err;
}

/* ---- copies ---- */

/* The path as a URI that says: nobody changes this file, so there is no need of locks and of files beside it. */
static sch_err immutable_uri(sch_buf *out, const char *path)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "file:"));
    for (const char *at = path; *at != '\0'; at++) {
        if (strchr("?#%", *at) != NULL) {
            SCH_TRY(sch_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*at));
        } else {
            SCH_TRY(sch_buf_append(out, at, 1));
        }
    }
    SCH_TRY(sch_buf_append_text(out, "?immutable=1"));
    SCH_TRY(sch_check(sch_buf_text(out) != NULL, SCH_NO_MEMORY, "out of memory"));
out:
    return err;
}

/* A file with a WAL beside it is read with locks, which also tells whether a node has it open. SQLite makes a file
 * "-shm" then. */
static sch_err connect_copy(sch_store *store, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf uri = {0};
    char *wal = NULL, *shm = NULL;
    SCH_TRY(sch_check(asprintf(&wal, "%s-wal", path) > 0, SCH_NO_MEMORY, "out of memory"));
    SCH_TRY(sch_check(asprintf(&shm, "%s-shm", path) > 0, SCH_NO_MEMORY, "out of memory"));
    bool has_wal = sch_file_exists(wal);
    if (!has_wal) {
        SCH_TRY(immutable_uri(&uri, path));
    } else if (!sch_file_exists(shm)) {
        store->remove_shm = shm;
        shm = NULL;
    }
    int code = sqlite3_open_v2(has_wal ? path : (const char *)uri.data, &store->db,
                               SQLITE_OPEN_READONLY | (has_wal ? 0 : SQLITE_OPEN_URI), NULL);
    if (code != SQLITE_OK) {
        SCH_TRY(sch_store_open_fault(path, code, detail));
    }
out:
    free(wal);
    free(shm);
    sch_buf_clear(&uri);
    return err;
}

sch_err sch_store_open_copy(sch_store **out, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    struct stat status;
    *out = NULL;
    sch_store *store = calloc(1, sizeof *store);
    SCH_TRY(sch_check(store != NULL, SCH_NO_MEMORY, "out of memory"));
    store->lock = -1;
    store->read_only = true;
    if (stat(path, &status) != 0) {
        SCH_TRY(fail_with_errno("a copy cannot be opened", path, detail));
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0) {
        sch_detail_set(detail, "%s: is no node's state", path);
        SCH_TRY(sch_fail(SCH_BAD_INPUT, "a file is no node's state"));
    }
    SCH_TRY(connect_copy(store, path, detail));
    SCH_TRY(distrust_schema(store));
    SCH_TRY(set(store, path, "PRAGMA temp_store = MEMORY", NULL, detail));
    SCH_TRY(set(store, path, "PRAGMA cell_size_check = ON", NULL, detail));
    SCH_TRY(set(store, path, "PRAGMA quick_check(1)", "ok", detail));
    SCH_TRY(sch_schema_check(store, path, detail));
    *out = store;
    store = NULL;
out:
    if (err.code == SCH_TRY_AGAIN) {
        sch_detail_set(detail, "%s: a node has it open; make a copy of it: schakelctl backup", path);
    }
    sch_store_close(store);
    return err;
}

void sch_store_close(sch_store *store)
{
    if (store == NULL) {
        return;
    }
    (void)sqlite3_close_v2(store->db); /* rolls back; the WAL goes into the file unless the store is dead */
    if (store->remove_shm != NULL) {
        (void)unlink(store->remove_shm);
        free(store->remove_shm);
    }
    if (store->lock >= 0) {
        (void)close(store->lock);
    }
    free(store);
}

const char *sch_store_node(const sch_store *store)
{
    return store->node;
}
