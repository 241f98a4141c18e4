/* file.h - small files: read whole, written so that a crash leaves the old or the new one, and kept from others'
 * eyes. */
#ifndef SCH_NODE_BASE_FILE_H
#define SCH_NODE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

typedef enum sch_file_secrecy {
    SCH_FILE_PUBLIC = 0, /* written with mode 0644 */
    SCH_FILE_SECRET,     /* written with mode 0600; not read where group or others have any right to it */
} sch_file_secrecy;

/* Appends the whole of a regular file of at most max_bytes bytes. Errors: SCH_IO (does not exist, cannot be read, is
 * not a regular file), SCH_DENIED (a secret file that is open to others, or belongs to someone else than this user or
 * root), SCH_BAD_INPUT (larger than max_bytes), SCH_NO_MEMORY. The detail names the path. On failure nothing is
 * appended. */
sch_err sch_file_read(sch_buf *out, const char *path, size_t max_bytes, sch_file_secrecy secrecy, sch_detail *detail);

/* Writes a file by way of a temporary one beside it: written, synced, renamed; then the folder is synced. replace:
 * false refuses where the path exists. Errors: SCH_IO, SCH_DENIED where it exists and may not be replaced. The detail
 * names the path. */
sch_err sch_file_write(const char *path, const void *data, size_t bytes, sch_file_secrecy secrecy, bool replace,
                       sch_detail *detail);

/* Makes a folder of mode 0700 and those above it (of the mode that umask leaves) where they are missing. Errors:
 * SCH_IO. */
sch_err sch_file_make_folder(const char *path, sch_detail *detail);

bool sch_file_exists(const char *path);

/* A path as a file in `folder` names it: absolute ones are copied, others are put behind the folder. Owned by the
 * caller, who frees it; NULL where memory is lacking. */
char *sch_file_join(const char *folder, const char *path);

/* The folder of a path ("." where there is none). Owned by the caller, who frees it; NULL where memory is lacking. */
char *sch_file_folder(const char *path);

#endif
