#include "node/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base/secret.h"

/* An error of the system: "<text>: <path>: <the system's words>". */
static sch_err fail_with_errno(const char *text, const char *path, sch_detail *detail)
{
    char words[128];
    sch_detail_set(detail, "%s: %s: %s", text, path, strerror_r(errno, words, sizeof words));
    return sch_fail(SCH_IO, text);
}

static sch_err check_open_file(int descriptor, const char *path, size_t max_bytes, sch_file_secrecy secrecy,
                               size_t *bytes, sch_detail *detail)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return fail_with_errno("a file cannot be read", path, detail);
    }
    if (!S_ISREG(status.st_mode)) {
        sch_detail_set(detail, "%s: is not a regular file", path);
        return sch_fail(SCH_IO, "a file is not a regular one");
    }
    if (secrecy == SCH_FILE_SECRET && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        sch_detail_set(detail, "%s: holds a secret but others may use it; run: chmod 600 %s", path, path);
        return sch_fail(SCH_DENIED, "a secret file is open to others");
    }
    if (secrecy == SCH_FILE_SECRET && status.st_uid != geteuid() && status.st_uid != 0) {
        sch_detail_set(detail, "%s: holds a secret but belongs to another user", path);
        return sch_fail(SCH_DENIED, "a secret file belongs to another user");
    }
    if (status.st_size < 0 || (uintmax_t)status.st_size > max_bytes) {
        sch_detail_set(detail, "%s: is larger than %zu bytes", path, max_bytes);
        return sch_fail(SCH_BAD_INPUT, "a file is too large");
    }
    *bytes = (size_t)status.st_size;
    return SCH_NONE;
}

sch_err sch_file_read(sch_buf *out, const char *path, size_t max_bytes, sch_file_secrecy secrecy, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    size_t before = out->bytes, size = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* does not wait where the path is a pipe */
    if (descriptor < 0) {
        return fail_with_errno("a file cannot be opened", path, detail);
    }
    SCH_TRY(check_open_file(descriptor, path, max_bytes, secrecy, &size, detail));
    for (;;) {
        /* One byte more than is expected shows whether the file grew meanwhile. */
        SCH_TRY(sch_buf_reserve(out, size + 1 - (out->bytes - before)));
        ssize_t got = read(descriptor, out->data + out->bytes, size + 1 - (out->bytes - before));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            SCH_TRY(fail_with_errno("a file cannot be read", path, detail));
        }
        if (got == 0) {
            break;
        }
        out->bytes += (size_t)got;
        if (out->bytes - before > size) {
            sch_detail_set(detail, "%s: changes while it is read", path);
            SCH_TRY(sch_fail(SCH_IO, "a file changes while it is read"));
        }
    }
out:
    (void)close(descriptor);
    if (sch_failed(err) && out->data != NULL) {
        sch_secret_wipe(out->data + before, out->bytes - before);
        out->bytes = before;
    }
    return err;
}

static sch_err write_all(int descriptor, const char *path, const uint8_t *data, size_t bytes, sch_detail *detail)
{
    while (bytes > 0) {
        ssize_t written = write(descriptor, data, bytes);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return fail_with_errno("a file cannot be written", path, detail);
        }
        data += written;
        bytes -= (size_t)written;
    }
    return SCH_NONE;
}

static sch_err sync_folder_of(const char *path, sch_detail *detail)
{
    char *folder = sch_file_folder(path);
    if (folder == NULL) {
        return sch_fail(SCH_NO_MEMORY, "out of memory");
    }
    sch_err err = SCH_NONE;
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) != 0) {
        err = fail_with_errno("a folder cannot be synced", folder, detail);
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    free(folder);
    return err;
}

/* Gives the temporary file its name. A link fails where the name exists, a rename would replace it. */
static sch_err put_in_place(const char *temporary, const char *path, bool replace, sch_detail *detail)
{
    if (replace) {
        return rename(temporary, path) == 0 ? SCH_NONE : fail_with_errno("a file cannot be put in place", path, detail);
    }
    if (link(temporary, path) == 0) {
        (void)unlink(temporary);
        return SCH_NONE;
    }
    if (errno == EEXIST) {
        sch_detail_set(detail, "%s: exists already and is not overwritten", path);
        return sch_fail(SCH_DENIED, "a file exists already");
    }
    return fail_with_errno("a file cannot be put in place", path, detail);
}

sch_err sch_file_write(const char *path, const void *data, size_t bytes, sch_file_secrecy secrecy, bool replace,
                       sch_detail *detail)
{
    sch_err err = SCH_NONE;
    sch_buf name = {0};
    char *temporary = NULL;
    int descriptor = -1;
    SCH_TRY(sch_buf_printf(&name, "%s.XXXXXX", path));
    SCH_TRY(sch_check(sch_buf_text(&name) != NULL, SCH_NO_MEMORY, "out of memory"));
    descriptor = mkostemp((char *)name.data, O_CLOEXEC); /* of mode 0600 */
    if (descriptor < 0) {
        SCH_TRY(fail_with_errno("a file cannot be made", path, detail));
    }
    temporary = (char *)name.data;
    if (secrecy == SCH_FILE_PUBLIC && fchmod(descriptor, 0644) != 0) {
        SCH_TRY(fail_with_errno("a file's mode cannot be set", path, detail));
    }
    SCH_TRY(write_all(descriptor, path, data, bytes, detail));
    if (fsync(descriptor) != 0) {
        SCH_TRY(fail_with_errno("a file cannot be synced", path, detail));
    }
    SCH_TRY(put_in_place(temporary, path, replace, detail));
    temporary = NULL;
    SCH_TRY(sync_folder_of(path, detail));
out:
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    if (temporary != NULL) {
        (void)unlink(temporary);
    }
    sch_buf_clear(&name);
    return err;
}

static sch_err make_one_folder(const char *path, mode_t mode, sch_detail *detail)
{
    struct stat status;
    if (mkdir(path, mode) == 0) {
        return SCH_NONE;
    }
    if (errno != EEXIST) {
        return fail_with_errno("a folder cannot be made", path, detail);
    }
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        sch_detail_set(detail, "%s: is not a folder", path);
        return sch_fail(SCH_IO, "a path is not a folder");
    }
    return SCH_NONE;
}

sch_err sch_file_make_folder(const char *path, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    char *work = strdup(path);
    SCH_TRY(sch_check(work != NULL, SCH_NO_MEMORY, "out of memory"));
    for (char *at = work + 1; work[0] != '\0' && *at != '\0'; at++) {
        if (*at == '/' && at[1] != '\0' && at[1] != '/') {
            *at = '\0';
            SCH_TRY(make_one_folder(work, 0777, detail));
            *at = '/';
        }
    }
    SCH_TRY(make_one_folder(work, 0700, detail));
out:
    free(work);
    return err;
}

bool sch_file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

char *sch_file_join(const char *folder, const char *path)
{
    if (path[0] == '/' || strcmp(folder, ".") == 0) {
        return strdup(path);
    }
    char *joined = NULL;
    bool ends = folder[0] != '\0' && folder[strlen(folder) - 1] == '/';
    return asprintf(&joined, "%s%s%s", folder, ends ? "" : "/", path) < 0 ? NULL : joined;
}

char *sch_file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return strdup(".");
    }
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}
