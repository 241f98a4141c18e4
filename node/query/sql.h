/* sql.h - from an analyst's SQL to a request. The analyst's side only: nodes never parse SQL.
 *
 * The text goes through PostgreSQL's own grammar (libpg_query 15); the tree that comes out is turned into a sch_request
 * by a whitelist. What is accepted is one statement:
 *
 *     SELECT outputs FROM a JOIN b USING (id) ... [WHERE condition] [GROUP BY keys] [HAVING condition] [ORDER BY ...]
 *         [LIMIT n]
 *
 * FROM takes data sets' names, or node.data_set, in a chain of JOIN and LEFT JOIN, each with USING (id) or ON with its
 * own identifier and that of any data set before it; one of them may be a union: ALL(name), of all nodes that have that
 * data set, or ALL(node.name, node.name).
 *
 * Rows (WHERE, and below aggregates): columns, constants (numbers, texts, booleans, NULL, DATE '2025-01-01'),
 * comparisons, AND OR NOT, IN, BETWEEN, IS [NOT] NULL, LIKE, CASE in both forms, + - * %, ABS COALESCE LOWER UPPER
 * LENGTH SUBSTRING YEAR MONTH EXTRACT.
 *
 * Keys: columns, BIN(column), ORGANISATION(union); in GROUP BY also positions (GROUP BY 1, 2) and aliases of outputs,
 * and ROLLUP, CUBE and GROUPING SETS of these, whose product is taken where there are several. GROUP BY DISTINCT drops
 * sets that come out twice; without it they are refused.
 *
 * Cells (outputs, HAVING and ORDER BY): keys, aggregates, and all of the above over these, with / ROUND SQRT LN EXP
 * POWER NULLIF GROUPING(key). Aggregates: COUNT(*), COUNT(x), COUNT(DISTINCT identifier), SUM, AVG, VARIANCE, VAR_SAMP,
 * VAR_POP, STDDEV, STDDEV_SAMP, STDDEV_POP, COVAR_SAMP, COVAR_POP, CORR, REGR_COUNT, REGR_SLOPE, REGR_INTERCEPT,
 * REGR_R2, REGR_AVGX, REGR_AVGY, PERCENTILE_CONT and PERCENTILE_DISC with WITHIN GROUP (ORDER BY x), and MEDIAN, which
 * is PERCENTILE_CONT(0.5). FILTER (WHERE condition) makes of the argument CASE WHEN condition THEN argument END. ORDER
 * BY also takes positions and headings of outputs; where it does not say, nulls are last ascending and first
 * descending, as in PostgreSQL.
 *
 * LINKAGE() as the last output, beside keys alone, asks for the report of linkage (linkage.h) in place of
 * aggregates. */
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

/* The same of a query that asks for the report of linkage, whether LINKAGE() stands in it or not: its outputs are keys,
 * and there may be none. */
sch_err sch_sql_parse_linkage(sch_request *request, size_t *position, const char *sql,
                              const sch_catalog *const *catalog, size_t catalog_count, sch_detail *detail);

#endif
