/* absent.h - nodes that are not connected, and what a query means without them. */
#ifndef SCH_NODE_CLI_ABSENT_H
#define SCH_NODE_CLI_ABSENT_H

#include "node/cli/offers.h"

/* sch_sql_parse, or sch_sql_parse_linkage. */
typedef sch_err (*sch_absent_parse)(sch_request *request, size_t *position, const char *sql,
                                    const sch_catalog *const *catalog, size_t catalog_count, sch_detail *detail);

/* That a query means what it would mean if all parties were connected. A name alone stands for the data sets of all
 * nodes that have it: ALL(name) would silently leave out those of a node that is away, and name alone would be the
 * only one left. request: what parse made of sql with offer's view. Errors: SCH_TRY_AGAIN, where the detail says which
 * node and data set are lacking; SCH_NO_MEMORY. */
sch_err sch_absent_check(const sch_request *request, const char *sql, sch_absent_parse parse, const sch_offer *offer,
                         const sch_session *session, sch_detail *detail);

#endif
