/* statement.h - one SQL statement at work: parameters in order, then columns in order. Internal to node/store.
 *
 *     SCH_TRY(sch_statement_open(&s, store, "SELECT name FROM t WHERE id = ?"));
 *     sch_statement_bind_blob(&s, id, bytes);
 *     SCH_TRY(sch_statement_step(&s, &row));
 *     sch_statement_get_text(&s, name, sizeof name);
 *     SCH_TRY(s.err);
 * out:
 *     sch_statement_close(&s);
 *
 * Each statement is compiled where it is used: that costs a hundredth of the sync that a commit waits for, and walks
 * can be nested. What is bound stays the caller's and has to live until the statement is closed. The first fault of a
 * binding or a column is kept in err; step gives it too. Columns are checked for type and size, since a copy may come
 * from anyone. */
#ifndef SCH_NODE_STORE_STATEMENT_H
#define SCH_NODE_STORE_STATEMENT_H

#include "node/store/state.h"

typedef struct sch_statement {
    sch_store *store;
    sqlite3_stmt *handle;
    int bound;  /* parameters so far */
    int column; /* the next one to read */
    sch_err err;
} sch_statement;

/* A statement that reads; one that changes, which is SCH_BUG outside of a transaction. A zeroed statement may be
 * closed. */
sch_err sch_statement_open(sch_statement *s, sch_store *store, const char *sql);
sch_err sch_statement_open_change(sch_statement *s, sch_store *store, const char *sql);
void sch_statement_close(sch_statement *s);

void sch_statement_bind_text(sch_statement *s, const char *text);
void sch_statement_bind_blob(sch_statement *s, const void *data, size_t bytes);
void sch_statement_bind_int(sch_statement *s, int64_t value);
void sch_statement_bind_u64(sch_statement *s, uint64_t value); /* above 2^63 - 1: SCH_BAD_INPUT */

/* Goes to the next row; *row false at the end. */
sch_err sch_statement_step(sch_statement *s, bool *row);

/* Runs a statement that gives no rows. *changed, where not NULL: how many rows it inserted, changed or deleted. */
sch_err sch_statement_run(sch_statement *s, size_t *changed);

int64_t sch_statement_get_int(sch_statement *s, int64_t lowest, int64_t highest); /* lowest on failure */
uint64_t sch_statement_get_u64(sch_statement *s);
void sch_statement_get_text(sch_statement *s, char *out, size_t room);
void sch_statement_get_fixed(sch_statement *s, uint8_t *out, size_t bytes);
void sch_statement_get_buf(sch_statement *s, sch_buf *out); /* appends */
/* Borrowed until the next step; NULL and 0 where the column holds no bytes. */
const uint8_t *sch_statement_view(sch_statement *s, size_t *bytes);

#endif
