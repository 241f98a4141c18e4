/* sql_select.h - from a parsed statement to a request. Internal to sql*.c. */
#ifndef SCH_NODE_QUERY_SQL_SELECT_H
#define SCH_NODE_QUERY_SQL_SELECT_H

#include "node/query/sql_state.h"

/* Fills sql->request. Errors: SCH_BAD_INPUT, SCH_NO_MEMORY. */
sch_err sch_sql_statements(sch_sql *sql, const PgQuery__ParseResult *parsed);

#endif
