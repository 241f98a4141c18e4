/* sql.h - from an analyst's SQL to a request. The analyst's side only: nodes never parse SQL.
 *
 * The text goes through PostgreSQL's own grammar (libpg_query 15); the tree that comes out is turned into a sch_request
 * by a whitelist. What is accepted is one statement:
 *
 *     SELECT outputs FROM a JOIN b USING (id) [WHERE condition] [GROUP BY columns]
 *
 * outputs: columns of the GROUP BY, COUNT(*), COUNT(x), COUNT(DISTINCT identifier), SUM(x), AVG(x), each with or
 * without an alias. Expressions: columns, constants (numbers, texts, booleans, NULL, DATE '2025-01-01'), comparisons,
 * AND OR NOT, IN, BETWEEN, IS [NOT] NULL, LIKE, CASE in both forms, + - * %, ABS COALESCE LOWER UPPER LENGTH SUBSTRING
 * YEAR MONTH EXTRACT. FROM takes a data set's name, or node.data_set; the join is INNER, with USING (id) or ON a.id =
 * b.id. GROUP BY takes columns, positions (GROUP BY 1, 2) and output aliases. */
#ifndef SCH_NODE_QUERY_SQL_H
#define SCH_NODE_QUERY_SQL_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/base/err.h"
#include "proto/catalog.h"
#include "proto/request.h"

enum {
    SCH_MAX_SQL_BYTES = 64 << 10,
    SCH_MAX_SQL_TOKENS = 8000,
};

#define SCH_SQL_NO_POSITION SIZE_MAX

/* Parses. request: all but id, analyst and times is filled in; it passes sch_request_check_query; the caller's to
 * clear, also on failure (empty then). position (may be NULL): on failure the byte offset in sql that the message is
 * about, or SCH_SQL_NO_POSITION. sql: closed by a zero. catalog: those of all nodes that offer data sets, borrowed for
 * the call. The detail names the construct, its place as "line L, column C" (counted from 1, columns in characters),
 * and what to write instead. Cost: under a millisecond for usual queries. Works on a thread of its own with a large
 * stack, since PostgreSQL's parser and the reading of its tree recurse as deep as the text nests; while it parses,
 * libpg_query may point the process's standard error elsewhere. Errors: SCH_BAD_INPUT, SCH_TRY_AGAIN where no thread
 * can be started, SCH_NO_MEMORY. */
sch_err sch_sql_parse(sch_request *request, size_t *position, const char *sql, const sch_catalog *const *catalog,
                      size_t catalog_count, sch_detail *detail);

#endif
