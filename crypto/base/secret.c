#include "crypto/base/secret.h"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

sch_err sch_secret_start(void)
{
    return sch_check(sodium_init() >= 0, SCH_IO, "the system gives no randomness");
}

sch_err sch_secret_harden_process(void)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        return sch_fail(SCH_IO, "core dumps could not be switched off");
    }
#ifndef SCH_SANITIZED /* the leak checker traces its own process */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return sch_fail(SCH_IO, "the process could not be closed to tracing");
    }
#endif
    return SCH_NONE;
}

void *sch_secret_new(size_t bytes)
{
    void *memory = sodium_malloc(bytes);
    if (memory != NULL) {
        sodium_memzero(memory, bytes);
    }
    return memory;
}

void sch_secret_free(void *memory)
{
    sodium_free(memory);
}

void sch_secret_wipe(void *memory, size_t bytes)
{
    sodium_memzero(memory, bytes);
}

bool sch_secret_equal(const void *a, const void *b, size_t bytes)
{
    return sodium_memcmp(a, b, bytes) == 0;
}

void sch_random_fill(void *out, size_t bytes)
{
    randombytes_buf(out, bytes);
}
