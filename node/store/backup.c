/* Copies of the state: out of a store, and into a folder in the place of what is there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/file.h"
#include "node/store/state.h"

static sch_err fail_with_errno(const char *text, const char *path, sch_detail *detail)
{
    char words[128];
    int code = errno;
    sch_detail_set(detail, "%s: %s: %s", text, path, strerror_r(code, words, sizeof words));
    return sch_fail(code == ENOSPC ? SCH_TRY_AGAIN : SCH_IO, text);
}

static sch_err sync_path(const char *path, int flags, sch_detail *detail)
{
    int descriptor = open(path, flags | O_CLOEXEC);
    sch_err err = SCH_NONE;
    if (descriptor < 0 || fsync(descriptor) != 0) {
        err = fail_with_errno("a copy cannot be synced", path, detail);
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return err;
}

static sch_err sync_folder_of(const char *path, sch_detail *detail)
{
    char *folder = sch_file_folder(path);
    if (folder == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    sch_err err = sync_path(folder, O_RDONLY | O_DIRECTORY, detail);
    free(folder);
    return err;
}

/* Fills an empty file with the store's pages. It becomes a file without a WAL of its own. */
static int copy_pages(sqlite3 *from, const char *path)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) {
        /* What is half written when the power goes has no name yet; it is synced once, when whole. */
        code = sqlite3_exec(to, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF", NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
        if (backup != NULL) {
            (void)sqlite3_backup_step(backup, -1);
            code = sqlite3_backup_finish(backup); /* gives the error of the step too */
        } else {
            code = sqlite3_errcode(to);
        }
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    int closed = sqlite3_close(to);
    return code != SQLITE_OK ? code : closed;
}

/* Gives the finished file its name, unless that is taken. */
static sch_err name_copy(const char *temporary, const char *path, sch_detail *detail)
{
    if (link(temporary, path) == 0) {
        return SCH_NONE;
    }
    if (errno == EEXIST) {
        sch_detail_set(detail, "%s: exists already and is not overwritten", path);
        return sch_fail(SCH_DENIED, "a file exists already");
    }
    return fail_with_errno("a copy cannot be given its name", path, detail);
}

sch_err sch_store_backup(sch_store *store, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char *temporary = NULL;
    int descriptor = -1;
    SCH_TRY(sch_store_ready(store));
    SCH_TRY(sch_check(store->transaction == SCH_TRANSACTION_NONE, SCH_BUG, "a copy is made within a transaction"));
    if (sch_file_exists(path)) {
        sch_detail_set(detail, "%s: exists already and is not overwritten", path);
        SCH_TRY(sch_fail(SCH_DENIED, "a file exists already"));
    }
    SCH_TRY(sch_check(asprintf(&temporary, "%s.XXXXXX", path) > 0, SCH_NO_MEMORY, "out of memory"));
    descriptor = mkostemp(temporary, O_CLOEXEC); /* of mode 0600 */
    if (descriptor < 0) {
        SCH_TRY(fail_with_errno("a copy cannot be made", path, detail));
    }
    int code = copy_pages(store->db, temporary);
    if (code != SQLITE_OK) {
        SCH_TRY(sch_store_open_fault(path, code, detail));
    }
    SCH_TRY(sync_path(temporary, O_RDWR, detail));
    SCH_TRY(name_copy(temporary, path, detail));
    SCH_TRY(sync_folder_of(path, detail));
out:
    if (descriptor >= 0) {
        (void)close(descriptor);
        (void)unlink(temporary);
    }
    free(temporary);
    return err;
}

/* ---- restore ---- */

/* The paths of one restore; each owned. */
typedef struct restore {
    char *state, *state_wal, *replaced, *replaced_wal;
    char *scratch, *scratch_state, *scratch_wal, *scratch_lock; /* a folder and what lies in it */
    bool has_scratch;
} restore;

static sch_err make_paths(restore *r, const char *folder)
{
    const struct {
        char **out;
        const char *name;
    } path[] = {{&r->state, "state.db"},
                {&r->state_wal, "state.db-wal"},
                {&r->replaced, "state.db.replaced"},
                {&r->replaced_wal, "state.db.replaced-wal"},
                {&r->scratch, ".restore.XXXXXX"}};
    for (size_t i = 0; i < sizeof path / sizeof path[0]; i++) {
        *path[i].out = sch_file_join(folder, path[i].name);
        if (*path[i].out == NULL) {
            return sch_fail(SCH_NO_MEMORY, "out of memory");
        }
    }
    return SCH_NONE;
}

static sch_err make_scratch(restore *r, const char *folder, sch_detail *detail)
{
    if (mkdtemp(r->scratch) == NULL) { /* of mode 0700 */
        return fail_with_errno("a folder cannot be made", folder, detail);
    }
    r->has_scratch = true;
    r->scratch_state = sch_file_join(r->scratch, "state.db");
    r->scratch_wal = sch_file_join(r->scratch, "state.db-wal");
    r->scratch_lock = sch_file_join(r->scratch, "state.lock");
    return sch_check(r->scratch_state != NULL && r->scratch_wal != NULL && r->scratch_lock != NULL, SCH_NO_MEMORY,
                     "out of memory");
}

static void clear_restore(restore *r)
{
    if (r->has_scratch) {
        char *const left[] = {r->scratch_state, r->scratch_wal, r->scratch_lock};
        for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
            if (left[i] != NULL) {
                (void)unlink(left[i]);
            }
        }
        (void)rmdir(r->scratch);
    }
    char *const path[] = {r->state,   r->state_wal,     r->replaced,    r->replaced_wal,
                          r->scratch, r->scratch_state, r->scratch_wal, r->scratch_lock};
    for (size_t i = 0; i < sizeof path / sizeof path[0]; i++) {
        free(path[i]);
    }
}

/* Opens the copy as its node would, appends the record, and closes it: then it is one file again. */
static sch_err append_record(const restore *r, const char *node, sch_audit_record *record, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_store *store = NULL;
    SCH_TRY(sch_store_open(&store, r->scratch, node, detail));
    SCH_TRY(sch_store_begin(store));
    SCH_TRY(sch_store_append_audit(store, record));
    SCH_TRY(sch_store_commit(store));
    SCH_TRY(sch_store_forget(store));
    sch_store_close(store);
    store = NULL;
    SCH_TRY(sch_check(!sch_file_exists(r->scratch_wal), SCH_IO, "a copy could not be closed"));
    SCH_TRY(sync_path(r->scratch_state, O_RDWR, detail));
out:
    sch_store_close(store);
    return err;
}

/* Brings a state and its WAL together in one file, where they are sound: then one rename takes the place of all that
 * there is. */
static void fold_wal(const restore *r)
{
    sqlite3 *db = NULL;
    if (sch_file_exists(r->state_wal) && sqlite3_open_v2(r->state, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        (void)sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    }
    (void)sqlite3_close(db);
}

static sch_err unlink_any(const char *path, sch_detail *detail)
{
    return unlink(path) == 0 || errno == ENOENT ? SCH_NONE : fail_with_errno("a file cannot be removed", path, detail);
}

/* Keeps what is there, by a second name. A WAL that is still there belongs to a damaged state, and must not meet the
 * new one. */
static sch_err set_aside(const restore *r, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    fold_wal(r);
    SCH_TRY(unlink_any(r->replaced, detail));
    SCH_TRY(unlink_any(r->replaced_wal, detail));
    if (link(r->state, r->replaced) != 0) {
        SCH_TRY(fail_with_errno("the former state cannot be kept", r->replaced, detail));
    }
    if (rename(r->state_wal, r->replaced_wal) != 0 && errno != ENOENT) {
        SCH_TRY(fail_with_errno("the former state cannot be kept", r->replaced_wal, detail));
    }
out:
    return err;
}

sch_err sch_store_restore(sch_store *copy, const char *folder, bool replace, sch_audit_record *record,
                          sch_detail *detail)
{
    sch_err err = SCH_NONE;
    restore r = {0};
    int lock = -1;
    SCH_TRY(make_paths(&r, folder));
    SCH_TRY(sch_file_make_folder(folder, detail));
    SCH_TRY(sch_store_lock(&lock, folder, detail));
    bool exists = sch_file_exists(r.state);
    if (exists && !replace) {
        sch_detail_set(detail, "%s: there is a state already", r.state);
        SCH_TRY(sch_fail(SCH_DENIED, "there is a state already"));
    }
    SCH_TRY(make_scratch(&r, folder, detail));
    SCH_TRY(sch_store_backup(copy, r.scratch_state, detail));
    SCH_TRY(append_record(&r, copy->node, record, detail));
    if (exists) {
        SCH_TRY(set_aside(&r, detail));
    } else {
        SCH_TRY(unlink_any(r.state_wal, detail)); /* of a state that somebody removed */
    }
    if (rename(r.scratch_state, r.state) != 0) {
        SCH_TRY(fail_with_errno("a copy cannot be put in place", r.state, detail));
    }
    SCH_TRY(sync_folder_of(r.state, detail));
out:
    clear_restore(&r);
    if (lock >= 0) {
        (void)close(lock);
    }
    return err;
}
