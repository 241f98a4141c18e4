/* sql_catalogs.h - nodes' catalogues for tests of SQL: gemeente.bijstand, cbs.banen, cbs.personen, partner.jeugdhulp,
 * partner.personen; noord.wmo and zuid.wmo of one schema; noord.huur and zuid.huur of two. */
#ifndef SCH_TESTS_SUPPORT_SQL_CATALOGS_H
#define SCH_TESTS_SUPPORT_SQL_CATALOGS_H

#include "proto/catalog.h"

enum { SQL_CATALOGS = 5 };

extern const sch_catalog *sql_catalogs[SQL_CATALOGS];

/* A group's setup and teardown for cmocka. */
int sql_catalogs_make(void **state);
int sql_catalogs_clear(void **state);

#endif
