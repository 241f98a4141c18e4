#include "tests/unit/duck.h"

#include <duckdb.h>

#include "tests/support/unit.h"

struct duck {
    duckdb_database database;
    duckdb_connection connection;
};

duck *duck_open(void)
{
    duck *db = calloc(1, sizeof *db);
    duckdb_config config;
    assert_non_null(db);
    assert_int_equal(duckdb_create_config(&config), DuckDBSuccess);
    assert_int_equal(duckdb_set_config(config, "threads", "1"), DuckDBSuccess);
    assert_int_equal(duckdb_open_ext(NULL, &db->database, config, NULL), DuckDBSuccess);
    duckdb_destroy_config(&config);
    assert_int_equal(duckdb_connect(db->database, &db->connection), DuckDBSuccess);
    return db;
}

void duck_close(duck *db)
{
    duckdb_disconnect(&db->connection);
    duckdb_close(&db->database);
    free(db);
}

static void query(duck *db, duckdb_result *result, const char *sql)
{
    if (duckdb_query(db->connection, sql, result) != DuckDBSuccess) {
        fail_msg("%s\nin: %s", duckdb_result_error(result), sql);
    }
}

void duck_run(duck *db, const char *sql)
{
    duckdb_result result;
    query(db, &result, sql);
    duckdb_destroy_result(&result);
}

void duck_query(duck *db, duck_table *table, const char *sql)
{
    duckdb_result result;
    query(db, &result, sql);
    table->rows = duckdb_row_count(&result);
    table->columns = duckdb_column_count(&result);
    table->text = calloc(table->rows * table->columns + 1, sizeof *table->text);
    assert_non_null(table->text);
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            if (!duckdb_value_is_null(&result, j, i)) {
                char *text = duckdb_value_varchar(&result, j, i);
                assert_non_null(text);
                table->text[i * table->columns + j] = strdup(text);
                assert_non_null(table->text[i * table->columns + j]);
                duckdb_free(text);
            }
        }
    }
    duckdb_destroy_result(&result);
}

void duck_table_clear(duck_table *table)
{
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        free(table->text[i]);
    }
    free(table->text);
    *table = (duck_table){0};
}

int duck_column_type(duck *db, const char *sql, size_t column)
{
    duckdb_result result;
    query(db, &result, sql);
    int type = (int)duckdb_column_type(&result, column);
    duckdb_destroy_result(&result);
    return type;
}
