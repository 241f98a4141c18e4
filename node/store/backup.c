/* Copies of the state: out of a store, and into a folder in the place of what is there. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base/secret.h"
#include "node/base/file.h"
#include "node/store/copy_file.h"
#include "node/store/seam.h"
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

/* ---- backup ---- */

/* A copy that has no name but a temporary one. All is done in one folder that stays open, and to one file that stays
 * open: whoever may write there cannot have something else written, synced or named. */
typedef struct unnamed {
    char *folder;       /* owned */
    char *temporary;    /* owned; in the folder */
    int at;             /* the folder's descriptor */
    int descriptor;     /* the copy's */
    const char *name;   /* that it is to get, in the folder; borrowed */
    bool has_temporary; /* there is a file of the temporary name */
} unnamed;

static sch_err make_unnamed(unnamed *u, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t number = 0;
    const char *slash = strrchr(path, '/');
    u->name = slash == NULL ? path : slash + 1;
    u->folder = sch_file_folder(path);
    sch_random_fill(&number, sizeof number);
    SCH_TRY(sch_check(u->folder != NULL && asprintf(&u->temporary, "%s.%016" PRIx64, u->name, number) > 0,
                      SCH_NO_MEMORY, "out of memory"));
    u->at = open(u->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (u->at < 0) {
        SCH_TRY(fail_with_errno("a copy cannot be made", path, detail));
    }
    u->descriptor = openat(u->at, u->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (u->descriptor < 0) {
        SCH_TRY(fail_with_errno("a copy cannot be made", path, detail));
    }
    u->has_temporary = true;
out:
    return err;
}

static void clear_unnamed(unnamed *u)
{
    if (u->has_temporary) {
        (void)unlinkat(u->at, u->temporary, 0);
    }
    if (u->descriptor >= 0) {
        (void)close(u->descriptor);
    }
    if (u->at >= 0) {
        (void)close(u->at);
    }
    free(u->temporary);
    free(u->folder);
}

static sch_err fail_exists(const char *path, sch_detail *detail)
{
    sch_detail_set(detail, "%s: exists already and is not overwritten", path);
    return sch_fail(SCH_DENIED, "a file exists already");
}

/* Gives the finished file its name, unless that is taken: the open file itself, whatever stands at its temporary name
 * by now (linkat(2), on /proc/self/fd). */
static sch_err name_copy(const unnamed *u, const char *path, sch_detail *detail)
{
    char open_file[32];
    (void)snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", u->descriptor);
    if (linkat(AT_FDCWD, open_file, u->at, u->name, AT_SYMLINK_FOLLOW) == 0) {
        return SCH_NONE;
    }
    return errno == EEXIST ? fail_exists(path, detail)
                           : fail_with_errno("a copy cannot be given its name", path, detail);
}

sch_err sch_store_backup(sch_store *store, const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    struct stat status;
    unnamed copy = {.at = -1, .descriptor = -1};
    SCH_TRY(sch_store_ready(store));
    SCH_TRY(sch_check(store->transaction == SCH_TRANSACTION_NONE, SCH_BUG, "a copy is made within a transaction"));
    if (lstat(path, &status) == 0) {
        SCH_TRY(fail_exists(path, detail));
    }
    SCH_TRY(make_unnamed(&copy, path, detail));
    sch_seam_reached("backup.made");
    int code = sch_copy_file_fill(copy.descriptor, store->db);
    if (code != SQLITE_OK) {
        SCH_TRY(sch_store_open_fault(path, code, detail));
    }
    if (fsync(copy.descriptor) != 0) {
        SCH_TRY(fail_with_errno("a copy cannot be synced", path, detail));
    }
    SCH_TRY(name_copy(&copy, path, detail));
    if (fsync(copy.at) != 0) {
        SCH_TRY(fail_with_errno("a copy cannot be synced", path, detail));
    }
out:
    clear_unnamed(&copy);
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
