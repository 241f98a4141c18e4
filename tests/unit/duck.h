/* duck.h - DuckDB in memory, for the tests that compare with it. Every function fails the test where it cannot do its
 * work. */
#ifndef SCH_TESTS_UNIT_DUCK_H
#define SCH_TESTS_UNIT_DUCK_H

#include <stddef.h>

typedef struct duck duck;

duck *duck_open(void);
void duck_close(duck *db);
void duck_run(duck *db, const char *sql);

/* A query's result as texts, row by row; NULL is NULL. */
typedef struct duck_table {
    size_t rows, columns;
    char **text; /* owned; rows x columns */
} duck_table;

void duck_query(duck *db, duck_table *table, const char *sql);
void duck_table_clear(duck_table *table);
/* The type of a query's column as the engine's number (DUCKDB_TYPE_BIGINT, ...). */
int duck_column_type(duck *db, const char *sql, size_t column);

static inline const char *duck_text(const duck_table *table, size_t row, size_t column)
{
    return table->text[row * table->columns + column];
}

#endif
