/* catalog_fixture.h - a catalogue that is valid, in memory of its own that a test may change: gemeente with the data
 * sets bijstand, of one row a person, and leeg, of many. */
#ifndef SCH_TESTS_UNIT_CATALOG_FIXTURE_H
#define SCH_TESTS_UNIT_CATALOG_FIXTURE_H

#include "proto/catalog.h"

/* Columns of bijstand by number. */
enum { BSN, BUURT, JAAR, ACTIEF, BEDRAG, INSTROOM, COLUMNS };

/* Its link keys: adres of instroom, the first 4 of buurt, and bedrag; begin of instroomjaar and actief. */
enum { ADRES, BEGIN, LINK_KEYS };

/* Makes it; clear with sch_catalog_clear. */
void fixture_catalog(sch_catalog *catalog);

/* Adds a column, a code of a column, a link key without parts, a part of a link key. */
sch_column *fixture_column(sch_data_set *set, const char *name, sch_column_role role, sch_type type);
void fixture_code(sch_column *column, const char *code);
sch_link_key *fixture_link_key(sch_data_set *set, const char *name);
void fixture_link_part(sch_link_key *key, const char *column, uint8_t first);

/* Gives a column these bins in place of its own; 0 bins: none, with edges all the same. */
void fixture_bins(sch_column *column, const int64_t *edge, uint32_t bins);

#endif
