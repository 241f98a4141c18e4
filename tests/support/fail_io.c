/* fail_io.c - a disk that fails, for a program that is started with this library in LD_PRELOAD.
 *
 *     SCH_FAIL_IO        call:number:error, or call:number:error+: the number-th call fails, or that one and all
 *                        later ones
 *     SCH_FAIL_IO_FILE   only calls on files whose path contains this text count
 *     SCH_FAIL_IO_WHILE  a file: nothing counts and nothing fails while it does not exist; left out: always
 *
 * call is fsync (also fdatasync) or pwrite (also write), number is 1 and up, error is EIO or ENOSPC. A call that fails
 * does nothing. Example: SCH_FAIL_IO=pwrite:5:ENOSPC+ SCH_FAIL_IO_FILE=state.db */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct plan {
    const char *call;
    unsigned long number;
    int error;
    bool later;
} plan;

static atomic_ulong counted;

static bool read_plan(plan *out, const char *call)
{
    const char *text = getenv("SCH_FAIL_IO");
    size_t length = strlen(call);
    if (text == NULL || strncmp(text, call, length) != 0 || text[length] != ':') {
        return false;
    }
    char *end = NULL;
    out->number = strtoul(text + length + 1, &end, 10);
    out->error = strncmp(end, ":ENOSPC", 7) == 0 ? ENOSPC : EIO;
    out->later = end[strlen(end) - 1] == '+';
    return out->number > 0;
}

static bool is_meant(int descriptor)
{
    const char *name = getenv("SCH_FAIL_IO_FILE");
    const char *during = getenv("SCH_FAIL_IO_WHILE");
    char link[64], path[4096];
    if (name == NULL || (during != NULL && access(during, F_OK) != 0)) {
        return false;
    }
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t bytes = readlink(link, path, sizeof path - 1);
    if (bytes <= 0) {
        return false;
    }
    path[bytes] = '\0';
    return strstr(path, name) != NULL;
}

/* Whether this call fails; errno is then set. */
static bool fails(const char *call, int descriptor)
{
    plan p = {0};
    int before = errno;
    bool failing = false;
    if (read_plan(&p, call) && is_meant(descriptor)) {
        unsigned long number = atomic_fetch_add(&counted, 1) + 1;
        failing = number == p.number || (p.later && number > p.number);
    }
    errno = failing ? p.error : before;
    return failing;
}

/* The system's own function, behind this one. A pointer to a function comes out of dlsym as one to data; POSIX lets it
 * be copied. */
static void find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        abort();
    }
    memcpy(function, &found, sizeof found);
}

int fsync(int descriptor)
{
    static int (*next)(int);
    if (next == NULL) {
        find(&next, "fsync");
    }
    return fails("fsync", descriptor) ? -1 : next(descriptor);
}

int fdatasync(int descriptor)
{
    static int (*next)(int);
    if (next == NULL) {
        find(&next, "fdatasync");
    }
    return fails("fsync", descriptor) ? -1 : next(descriptor);
}

ssize_t write(int descriptor, const void *data, size_t bytes)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (next == NULL) {
        find(&next, "write");
    }
    return fails("pwrite", descriptor) ? -1 : next(descriptor, data, bytes);
}

ssize_t pwrite(int descriptor, const void *data, size_t bytes, off_t offset)
{
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (next == NULL) {
        find(&next, "pwrite");
    }
    return fails("pwrite", descriptor) ? -1 : next(descriptor, data, bytes, offset);
}

ssize_t pwrite64(int descriptor, const void *data, size_t bytes, off64_t offset)
{
    static ssize_t (*next)(int, const void *, size_t, off64_t);
    if (next == NULL) {
        find(&next, "pwrite64");
    }
    return fails("pwrite", descriptor) ? -1 : next(descriptor, data, bytes, offset);
}
