/* linkage.h - the report of linkage, LINKAGE(), written out as an ordinary query.
 *
 * Of the first data set in FROM, f, and each further one, d, it asks for each row of GROUP BY
 *
 *     persons      COUNT(DISTINCT f.id)      persons of f, after the conditions
 *     <d>_linked   COUNT(DISTINCT d.id)      how many of them have a record in d
 *     <d>_share    <d>_linked / persons      0 to 1
 *
 * and with passes, under the name of d's identifier and of each link key, as many of these as that one linked:
 *
 *     <d>_by_bsn, <d>_by_adres6, ...         COUNT(DISTINCT d.id), its number 1, 2, ...
 *
 * under the names that FROM gives them, behind the keys that it has as outputs. All joins are LEFT joins, so that a
 * data set changes nothing in what is said of another. Each is a count as in any query and has its rules: enough
 * persons linked, and enough who are not, or none; a share of what is suppressed is suppressed. The counts of passes,
 * which add up to <d>_linked, each have all rules of one another: enough persons in each pass, or none.
 *
 * Whoever plans a report, and whoever makes its table, writes it out for itself: it is a function of the request alone,
 * and the request that is signed, approved and kept is the short one. */
#ifndef SCH_NODE_QUERY_LINKAGE_H
#define SCH_NODE_QUERY_LINKAGE_H

#include "crypto/base/err.h"
#include "proto/catalog.h"
#include "proto/request.h"

/* Writes a report out: out passes sch_request_check_query, its linkage is false, and its first expressions are those of
 * request, in their places. request: one with linkage set, which is checked here too. out is the caller's to clear,
 * also on failure (empty then). Cost: a copy. Errors: SCH_BAD_INPUT, also where GROUP BY or WHERE has columns of
 * another data set than the first, where a union is not the first, or is and a grouping set brings its organisations
 * together (a person could be at two of them), and where there would be too many outputs or expressions, or too long a
 * heading; the detail names what is in the way and what to write. SCH_NO_MEMORY. */
sch_err sch_linkage_expand(sch_request *out, const sch_request *request, sch_detail *detail);

/* Whether the totals of a report are of persons: where the first data set has several rows a person, these may stand in
 * several rows of the table, and a margin over them would count a person more than once. first: the first data set, of
 * a union any member's. Anything else than a report passes. Errors: SCH_BAD_INPUT; the detail names the data set. */
sch_err sch_linkage_check_margins(const sch_request *request, const sch_data_set *first, sch_detail *detail);

#endif
