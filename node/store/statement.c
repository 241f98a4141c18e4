#include "node/store/statement.h"

#include <string.h>

static const char NOT_OURS[] = "the store holds a value that no node writes";

static void fail_once(sch_statement *s, sch_err err)
{
    if (!sch_failed(s->err)) {
        s->err = err;
    }
}

static sch_err compile(sch_statement *s, sch_store *store, const char *sql)
{
    s->store = store;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &s->handle, NULL);
    return code == SQLITE_OK ? SCH_NONE : sch_store_fault(store, code);
}

sch_err sch_statement_open(sch_statement *s, sch_store *store, const char *sql)
{
    *s = (sch_statement){0};
    sch_err err = sch_store_ready(store);
    return sch_failed(err) ? err : compile(s, store, sql);
}

sch_err sch_statement_open_change(sch_statement *s, sch_store *store, const char *sql)
{
    *s = (sch_statement){0};
    sch_err err = sch_store_ready_to_change(store);
    return sch_failed(err) ? err : compile(s, store, sql);
}

void sch_statement_close(sch_statement *s)
{
    (void)sqlite3_finalize(s->handle); /* gives the error of the last step once more */
    s->handle = NULL;
}

/* ---- parameters ---- */

static void check_bound(sch_statement *s, int code)
{
    if (code != SQLITE_OK) {
        fail_once(s, sch_store_fault(s->store, code));
    }
}

void sch_statement_bind_text(sch_statement *s, const char *text)
{
    check_bound(s, sqlite3_bind_text(s->handle, ++s->bound, text, -1, SQLITE_STATIC));
}

void sch_statement_bind_blob(sch_statement *s, const void *data, size_t bytes)
{
    /* NULL would be SQL's NULL, not an empty blob. */
    check_bound(s, sqlite3_bind_blob64(s->handle, ++s->bound, data == NULL ? "" : data, bytes, SQLITE_STATIC));
}

void sch_statement_bind_int(sch_statement *s, int64_t value)
{
    check_bound(s, sqlite3_bind_int64(s->handle, ++s->bound, value));
}

void sch_statement_bind_u64(sch_statement *s, uint64_t value)
{
    if (value > INT64_MAX) {
        fail_once(s, sch_fail(SCH_BAD_INPUT, "a number is too large for the store"));
        value = 0;
    }
    sch_statement_bind_int(s, (int64_t)value);
}

/* ---- running ---- */

sch_err sch_statement_step(sch_statement *s, bool *row)
{
    *row = false;
    if (sch_failed(s->err)) {
        return s->err;
    }
    /* A walk's sink may have ended the store. */
    sch_err err = sch_store_ready(s->store);
    if (sch_failed(err)) {
        return err;
    }
    s->column = 0;
    int code = sqlite3_step(s->handle);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SCH_NONE : sch_store_fault(s->store, code);
}

sch_err sch_statement_run(sch_statement *s, size_t *changed)
{
    bool row = false;
    sch_err err = sch_statement_step(s, &row);
    if (!sch_failed(err) && row) {
        return sch_fail(SCH_BUG, "a statement that changes gave a row");
    }
    if (changed != NULL) {
        int count = sch_failed(err) ? 0 : sqlite3_changes(s->store->db);
        *changed = count > 0 ? (size_t)count : 0;
    }
    return err;
}

/* ---- columns ---- */

int64_t sch_statement_get_int(sch_statement *s, int64_t lowest, int64_t highest)
{
    int column = s->column++;
    int64_t value = sqlite3_column_int64(s->handle, column);
    if (sqlite3_column_type(s->handle, column) != SQLITE_INTEGER || value < lowest || value > highest) {
        fail_once(s, sch_fail(SCH_BAD_INPUT, NOT_OURS));
        return lowest;
    }
    return value;
}

uint64_t sch_statement_get_u64(sch_statement *s)
{
    return (uint64_t)sch_statement_get_int(s, 0, INT64_MAX);
}

void sch_statement_get_text(sch_statement *s, char *out, size_t room)
{
    int column = s->column++;
    bool is_text = sqlite3_column_type(s->handle, column) == SQLITE_TEXT;
    const unsigned char *text = is_text ? sqlite3_column_text(s->handle, column) : NULL;
    int bytes = is_text ? sqlite3_column_bytes(s->handle, column) : 0;
    memset(out, 0, room);
    if (is_text && text == NULL) {
        fail_once(s, sch_fail(SCH_NO_MEMORY, "out of memory"));
    } else if (text == NULL || bytes < 0 || (size_t)bytes >= room || memchr(text, 0, (size_t)bytes) != NULL) {
        fail_once(s, sch_fail(SCH_BAD_INPUT, NOT_OURS));
    } else {
        memcpy(out, text, (size_t)bytes);
    }
}

const uint8_t *sch_statement_view(sch_statement *s, size_t *bytes)
{
    int column = s->column++;
    *bytes = 0;
    if (sqlite3_column_type(s->handle, column) != SQLITE_BLOB) {
        return NULL;
    }
    const void *data = sqlite3_column_blob(s->handle, column);
    int count = sqlite3_column_bytes(s->handle, column);
    *bytes = data != NULL && count > 0 ? (size_t)count : 0;
    if (data == NULL && count > 0) {
        fail_once(s, sch_fail(SCH_NO_MEMORY, "out of memory"));
    }
    return data;
}

void sch_statement_get_fixed(sch_statement *s, uint8_t *out, size_t bytes)
{
    size_t count = 0;
    const uint8_t *data = sch_statement_view(s, &count);
    memset(out, 0, bytes);
    if (data == NULL || count != bytes) {
        fail_once(s, sch_fail(SCH_BAD_INPUT, NOT_OURS));
        return;
    }
    memcpy(out, data, bytes);
}

void sch_statement_get_buf(sch_statement *s, sch_buf *out)
{
    bool is_blob = sqlite3_column_type(s->handle, s->column) == SQLITE_BLOB;
    size_t count = 0;
    const uint8_t *data = sch_statement_view(s, &count);
    if (!is_blob) {
        fail_once(s, sch_fail(SCH_BAD_INPUT, NOT_OURS));
        return;
    }
    sch_err err = sch_buf_append(out, data, count);
    if (sch_failed(err)) {
        fail_once(s, err);
    }
}
