/* duckdb_sql.c - runs SQL on DuckDB in memory and prints the last statement's rows as CSV.
 *
 *     duckdb_sql [--threads N] [--null TEXT] [--time] SQL | -f FILE | --lines
 *
 * The reference of the system tests, the demo's check and the benchmark: it reads pooled files, which the nodes never
 * do. NULL prints as TEXT (empty where none is given). --time writes the seconds from opening the database to the last
 * row fetched to standard error. --lines reads a line of statements at a time from standard input, all in one database,
 * and answers each with a line "ok BYTES" and the CSV, or "error TEXT" in one line. */
#include <duckdb.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct options {
    const char *threads;
    const char *null_text;
    const char *sql;
    char *owned_sql;
    bool time, lines;
} options;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The whole of a file as text, the caller's to free; NULL where it cannot be read. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = NULL;
    long size = 0;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        text = malloc((size_t)size + 1);
    }
    if (text != NULL) {
        text[fread(text, 1, (size_t)size, file)] = 0;
    }
    fclose(file);
    return text;
}

static bool read_options(options *out, int argc, char **argv)
{
    *out = (options){.null_text = ""};
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--threads") == 0 && more) {
            out->threads = argv[++i];
        } else if (strcmp(argv[i], "--null") == 0 && more) {
            out->null_text = argv[++i];
        } else if (strcmp(argv[i], "--time") == 0) {
            out->time = true;
        } else if (strcmp(argv[i], "--lines") == 0) {
            out->lines = true;
        } else if (strcmp(argv[i], "-f") == 0 && more && out->sql == NULL) {
            out->owned_sql = read_file(argv[++i]);
            if (out->owned_sql == NULL) {
                perror(argv[i]);
                return false;
            }
            out->sql = out->owned_sql;
        } else if (argv[i][0] != '-' && out->sql == NULL) {
            out->sql = argv[i];
        } else {
            return false;
        }
    }
    return out->lines != (out->sql != NULL);
}

static void print_field(FILE *out, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == 0) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text != 0; text++) {
        if (*text == '"') {
            putc('"', out);
        }
        putc(*text, out);
    }
    putc('"', out);
}

static void print_result(FILE *out, duckdb_result *result, const char *null_text)
{
    idx_t columns = duckdb_column_count(result);
    for (idx_t c = 0; c < columns; c++) {
        fputs(c > 0 ? "," : "", out);
        print_field(out, duckdb_column_name(result, c));
    }
    putc('\n', out);
    idx_t rows = duckdb_row_count(result);
    for (idx_t r = 0; r < rows; r++) {
        for (idx_t c = 0; c < columns; c++) {
            fputs(c > 0 ? "," : "", out);
            char *text = duckdb_value_is_null(result, c, r) ? NULL : duckdb_value_varchar(result, c, r);
            print_field(out, text != NULL ? text : null_text);
            duckdb_free(text);
        }
        putc('\n', out);
    }
}

static void complain(FILE *out, const char *text)
{
    fputs("error ", out);
    for (; *text != 0; text++) {
        putc(*text == '\n' ? ' ' : *text, out);
    }
    putc('\n', out);
}

/* Runs each statement; the last one's result is the caller's to destroy. complaints: where a message goes, in a
 * line. */
static bool run_statements(duckdb_connection connection, const char *sql, duckdb_result *last, FILE *complaints)
{
    duckdb_extracted_statements statements = NULL;
    idx_t count = duckdb_extract_statements(connection, sql, &statements);
    bool ok = count > 0;
    if (!ok) {
        const char *message = duckdb_extract_statements_error(statements);
        complain(complaints, message != NULL ? message : "no statement");
    }
    for (idx_t i = 0; i < count && ok; i++) {
        duckdb_prepared_statement prepared = NULL;
        if (i > 0) {
            duckdb_destroy_result(last);
        }
        ok = duckdb_prepare_extracted_statement(connection, statements, i, &prepared) == DuckDBSuccess;
        if (!ok) {
            complain(complaints, duckdb_prepare_error(prepared));
            *last = (duckdb_result){0};
        } else {
            ok = duckdb_execute_prepared(prepared, last) == DuckDBSuccess;
            if (!ok) {
                complain(complaints, duckdb_result_error(last));
            }
        }
        duckdb_destroy_prepare(&prepared);
    }
    duckdb_destroy_extracted(&statements);
    return ok;
}

static bool open_database(duckdb_database *database, duckdb_connection *connection, const char *threads)
{
    duckdb_config config = NULL;
    char *message = NULL;
    bool ok = duckdb_create_config(&config) == DuckDBSuccess &&
              (threads == NULL || duckdb_set_config(config, "threads", threads) == DuckDBSuccess) &&
              duckdb_open_ext(NULL, database, config, &message) == DuckDBSuccess &&
              duckdb_connect(*database, connection) == DuckDBSuccess;
    if (!ok) {
        fprintf(stderr, "duckdb_sql: %s\n", message != NULL ? message : "DuckDB does not start");
    }
    duckdb_free(message);
    duckdb_destroy_config(&config);
    return ok;
}

static void answer(duckdb_connection connection, const char *sql, const char *null_text)
{
    duckdb_result result = {0};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (out == NULL) {
        complain(stdout, "no memory");
        return;
    }
    if (run_statements(connection, sql, &result, stdout)) {
        print_result(out, &result, null_text);
        fclose(out);
        printf("ok %zu\n", bytes);
        (void)fwrite(text, 1, bytes, stdout);
    } else {
        fclose(out);
    }
    (void)fflush(stdout);
    free(text);
    duckdb_destroy_result(&result);
}

static void answer_lines(duckdb_connection connection, const char *null_text)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        answer(connection, line, null_text);
    }
    free(line);
}

int main(int argc, char **argv)
{
    options given;
    if (!read_options(&given, argc, argv)) {
        fputs("usage: duckdb_sql [--threads N] [--null TEXT] [--time] SQL | -f FILE | --lines\n", stderr);
        free(given.owned_sql);
        return 2;
    }
    double start = seconds_now();
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    duckdb_result result = {0};
    bool ok = open_database(&database, &connection, given.threads);
    if (ok && given.lines) {
        answer_lines(connection, given.null_text);
    }
    ok = ok && (given.lines || run_statements(connection, given.sql, &result, stderr));
    double end = seconds_now();
    if (ok && !given.lines) {
        print_result(stdout, &result, given.null_text);
        if (given.time) {
            fprintf(stderr, "%.6f\n", end - start);
        }
    }
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    free(given.owned_sql);
    return ok ? 0 : 1;
}
