/* sql_catalogs.h - three nodes' catalogues for tests of SQL: gemeente.bijstand, cbs.banen, cbs.personen,
 * partner.jeugdhulp, partner.personen. */
#ifndef SCH_TESTS_SUPPORT_SQL_CATALOGS_H
#define SCH_TESTS_SUPPORT_SQL_CATALOGS_H

#include "proto/catalog.h"

enum { SQL_CATALOGS = 3 };

extern const sch_catalog *sql_catalogs[SQL_CATALOGS];

/* A group's setup and teardown for cmocka. */
int sql_catalogs_make(void **state);
int sql_catalogs_clear(void **state);

#endif
