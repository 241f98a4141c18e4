/* restrict.h - what schakel-source gives up before it touches data. */
#ifndef SCH_NODE_SOURCE_RESTRICT_H
#define SCH_NODE_SOURCE_RESTRICT_H

#include <stddef.h>

#include "crypto/base/err.h"

/* At the start of the program: it dies with the node's thread that started it, leaves no core, gains no privileges. */
sch_err sch_restrict_start(void);

/* Before the engine starts. No sockets, no other programs, no tracing, no signals to others (seccomp); of files only
 * those of file_fd (count open descriptors) may be opened, for reading, and those below spill_dir ("" for none) for
 * writing (Landlock, where the kernel has it; without spill_dir seccomp refuses to open anything for writing). Holds
 * for all threads made afterwards. Errors: SCH_IO. Source: seccomp(2), landlock(7), kernel 5.13. */
sch_err sch_restrict_engine(const int *file_fd, size_t count, const char *spill_dir);

#endif
