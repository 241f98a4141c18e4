/* sql_word.h - identifiers in SQL that Schakel writes. */
#ifndef SCH_NODE_QUERY_SQL_WORD_H
#define SCH_NODE_QUERY_SQL_WORD_H

#include <stdbool.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

/* Whether a word has a meaning of its own somewhere in PostgreSQL's grammar (version 15), so that it cannot be every
 * name: its keywords but the unreserved ones. */
bool sch_sql_is_keyword(const char *word);

/* Appends an identifier: as it stands where it is a name (proto/text.h) and no keyword, else in quotes. Errors:
 * SCH_NO_MEMORY. */
sch_err sch_sql_print_identifier(sch_buf *out, const char *identifier);

#endif
