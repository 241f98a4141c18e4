/* request_sql.h - a request's tree as canonical SQL: what operators approve, what the history shows. It is made from
 * what was signed, never from the analyst's text, and parsing it again gives the same tree but for positions. */
#ifndef SCH_NODE_QUERY_REQUEST_SQL_H
#define SCH_NODE_QUERY_REQUEST_SQL_H

#include <stdbool.h>

#include "crypto/base/buf.h"
#include "crypto/base/err.h"
#include "proto/request.h"

/* Expressions may be shared, so that a small request could stand for a text without end. */
enum { SCH_MAX_REQUEST_SQL_BYTES = 256 << 10 };

/* Appends SELECT ... FROM ... JOIN ... ON ... WHERE ... GROUP BY ... HAVING ... ORDER BY ... LIMIT ..., on several
 * lines, without a last line feed. Data sets are named node.data_set, with their aliases, and a union lists all its
 * nodes: ALL(a.x, b.x); each is joined with the first. Grouping sets are written as ROLLUP or CUBE where they are that.
 * A report of linkage has LINKAGE() as its last output. Passes of linking are not in it (request_text.h). Identifiers
 * are quoted where SQL needs it; text constants are quoted, and characters that a terminal would obey cannot occur in
 * them (proto/text.h). Nothing is left to SQL's rules of precedence but what everybody knows: AND and OR under one
 * another have parentheses. A plus sign in front of parentheses, which changes nothing, keeps apart what SQL would take
 * together: +(a AND b) AND c is not a AND b AND c, and -(+5) is not the constant -5. request has passed
 * sch_request_check_query. Errors: SCH_BAD_INPUT where the text would pass SCH_MAX_REQUEST_SQL_BYTES, SCH_NO_MEMORY;
 * nothing is appended then. */
sch_err sch_request_sql(sch_buf *out, const sch_request *request);

/* Appends only the condition, on one line; "TRUE" where there is none. Errors: as above. */
sch_err sch_request_sql_where(sch_buf *out, const sch_request *request);

/* Whether what two requests answer may be set off against one another: identifiers aside, every column that one of the
 * two touches is touched by the other as well, whatever they do with them and in whichever order they name them; of
 * unions, a column of one node in common is enough. So touching one column more, or one fewer, changes nothing. A
 * request that touches no column but identifiers, such as a count of all, overlaps with each. Symmetric. Cost: O(n log
 * n) in their expressions. */
bool sch_request_columns_overlap(const sch_request *a, const sch_request *b);

#endif
