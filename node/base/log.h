/* log.h - the node's log: one line a record to stderr.
 *
 *     2026-03-01T12:00:00.123Z info  job    01890a5d-ac96-774b-bcce-b302099a8057 the job ended well rows=1048576
 *
 * A record is a literal text with names and counts, never a value from a file, an identifier or a secret. Control
 * characters in it are replaced, so a record is always one line. Every function may be called from any thread; a record
 * is written by one write(2), so lines of several threads do not mix. */
#ifndef SCH_NODE_BASE_LOG_H
#define SCH_NODE_BASE_LOG_H

#include <stdbool.h>

#include "crypto/base/err.h"

typedef enum sch_log_level { SCH_LOG_DEBUG = 0, SCH_LOG_INFO, SCH_LOG_WARNING, SCH_LOG_ERROR } sch_log_level;

typedef enum sch_log_format { SCH_LOG_TEXT = 0, SCH_LOG_JSON } sch_log_format;

/* Chooses the format and the lowest level that is written. At the start: text, info. */
void sch_log_setup(sch_log_format format, sch_log_level level);

/* Whether records of this level are written. */
bool sch_log_wants(sch_log_level level);

/* Writes to another file descriptor than stderr; for tests. */
void sch_log_to(int descriptor);

/* Writes a record. component: a short literal, the folder's name ("net", "job"). job: a job's id as text, or NULL. The
 * text is cut at 1000 bytes. A record that cannot be written is lost. errno is left as it was. */
void sch_log(sch_log_level level, const char *component, const char *job, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes an error with its detail, where there is one: "<text>: <sentence> (code)". */
void sch_log_error(sch_log_level level, const char *component, const char *job, const char *text, sch_err err,
                   const sch_detail *detail);

#endif
