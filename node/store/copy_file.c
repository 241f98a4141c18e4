/* DESIGN. A VFS of SQLite's (https://sqlite.org/c3ref/vfs.html) whose only file is a descriptor: the file's "path" is
 * its number in decimals. Nothing else is opened, made or removed by it: the copy has no journal, since a copy that is
 * not finished is thrown away, and no locks, since nobody else knows it yet. */
#include "node/store/copy_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 16, SECTOR_BYTES = 4096 };

typedef struct copy_file {
    sqlite3_file base; /* SQLite's part comes first */
    int descriptor;    /* borrowed */
} copy_file;

static int descriptor_of(const sqlite3_file *file)
{
    return ((const copy_file *)file)->descriptor;
}

/* ---- the file ---- */

static int close_file(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *out, int bytes, sqlite3_int64 offset)
{
    uint8_t *at = out;
    size_t left = (size_t)bytes;
    while (left > 0) {
        ssize_t got = pread(descriptor_of(file), at, left, offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return SQLITE_IOERR_READ;
        }
        if (got == 0) {
            memset(at, 0, left); /* SQLite counts on it */
            return SQLITE_IOERR_SHORT_READ;
        }
        at += got;
        left -= (size_t)got;
        offset += got;
    }
    return SQLITE_OK;
}

static int write_bytes(int descriptor, const uint8_t *at, size_t left, off_t offset)
{
    while (left > 0) {
        ssize_t written = pwrite(descriptor, at, left, offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 && errno != ENOSPC && errno != EDQUOT ? SQLITE_IOERR_WRITE : SQLITE_FULL;
        }
        at += written;
        left -= (size_t)written;
        offset += written;
    }
    return SQLITE_OK;
}

static int write_file(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset)
{
    return write_bytes(descriptor_of(file), data, (size_t)bytes, offset);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 bytes)
{
    return ftruncate(descriptor_of(file), bytes) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int sync_file(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return SQLITE_OK;
}

static int size_file(sqlite3_file *file, sqlite3_int64 *out)
{
    struct stat status;
    if (fstat(descriptor_of(file), &status) != 0) {
        return SQLITE_IOERR_FSTAT;
    }
    *out = status.st_size;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int check_lock(sqlite3_file *file, int *out)
{
    (void)file;
    *out = 0;
    return SQLITE_OK;
}

static int control_file(sqlite3_file *file, int operation, void *argument)
{
    (void)file;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_bytes(sqlite3_file *file)
{
    (void)file;
    return SECTOR_BYTES;
}

static int characteristics(sqlite3_file *file)
{
    (void)file;
    return 0;
}

/* ---- the VFS ---- */

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *out, int flags, int *out_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 1,
        .xClose = close_file,
        .xRead = read_file,
        .xWrite = write_file,
        .xTruncate = truncate_file,
        .xSync = sync_file,
        .xFileSize = size_file,
        .xLock = lock_file,
        .xUnlock = lock_file,
        .xCheckReservedLock = check_lock,
        .xFileControl = control_file,
        .xSectorSize = sector_bytes,
        .xDeviceCharacteristics = characteristics,
    };
    (void)vfs;
    out->pMethods = NULL;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || path == NULL) {
        return SQLITE_CANTOPEN;
    }
    ((copy_file *)out)->descriptor = (int)strtol(path, NULL, 10);
    out->pMethods = &methods;
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

static int delete_path(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    (void)path;
    (void)sync;
    return SQLITE_OK;
}

static int access_path(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
    (void)vfs;
    (void)path;
    (void)flags;
    *out = 0; /* there is no journal and no WAL beside it */
    return SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *path, int bytes, char *out)
{
    (void)vfs;
    (void)sqlite3_snprintf(bytes, out, "%s", path);
    return SQLITE_OK;
}

static int register_vfs(const char *name)
{
    static sqlite3_vfs vfs;
    const sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (sqlite3_vfs_find(name) != NULL) {
        return SQLITE_OK;
    }
    if (system == NULL) {
        return SQLITE_ERROR;
    }
    vfs = *system; /* its clock and its randomness */
    vfs.zName = name;
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(copy_file);
    vfs.mxPathname = PATH_BYTES;
    vfs.xOpen = open_file;
    vfs.xDelete = delete_path;
    vfs.xAccess = access_path;
    vfs.xFullPathname = full_path;
    return sqlite3_vfs_register(&vfs, 0);
}

/* ---- the copy ---- */

static int copy_pages(sqlite3 *to, sqlite3 *from)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL) {
        return sqlite3_errcode(to);
    }
    (void)sqlite3_backup_step(backup, -1);
    return sqlite3_backup_finish(backup); /* gives the error of the step too */
}

/* File format versions of writers and readers: 1 is a file with a rollback journal, 2 one with a WAL
 * (https://sqlite.org/fileformat.html, 1.3.3). */
static int mark_without_wal(int descriptor)
{
    static const uint8_t versions[2] = {1, 1};
    enum { VERSIONS_AT = 18 };
    return write_bytes(descriptor, versions, sizeof versions, VERSIONS_AT);
}

int sch_copy_file_fill(int descriptor, sqlite3 *from)
{
    static const char vfs[] = "schakel copy";
    char path[PATH_BYTES];
    sqlite3 *to = NULL;
    int code = register_vfs(vfs);
    (void)snprintf(path, sizeof path, "%d", descriptor);
    if (code == SQLITE_OK) {
        code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, vfs);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        code = copy_pages(to, from);
    }
    int closed = sqlite3_close(to);
    code = code != SQLITE_OK ? code : closed;
    return code != SQLITE_OK ? code : mark_without_wal(descriptor);
}
