/* sql_state.h - what the steps of sch_sql_parse share. Internal to sql*.c.
 *
 * The steps, a file each: sql_scan.c bounds the text before the parser sees it; sql_select.c walks the statement,
 * sql_from.c its FROM with the data sets and unions of sql_relation.c, sql_group.c its GROUP BY with the keys of
 * sql_key.c, sql_order.c its ORDER BY and LIMIT, sql_expression.c, sql_constant.c, sql_function.c and sql_aggregate.c
 * what is within; sql_names.c looks names up in the catalogues; sql_refuse.c knows what to say about constructs that
 * are not accepted. */
#ifndef SCH_NODE_QUERY_SQL_STATE_H
#define SCH_NODE_QUERY_SQL_STATE_H

#include <stdbool.h>

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include "node/query/sql.h"

enum { SCH_SQL_WORD_BYTES = 64 };

/* Where an expression stands: what may be in it depends on that. */
typedef enum sch_sql_side {
    SCH_SQL_WHERE = 1, /* of rows */
    SCH_SQL_AGGREGATE, /* of rows, below an aggregate */
    SCH_SQL_AFTER,     /* of cells: outputs, HAVING, ORDER BY */
} sch_sql_side;

typedef struct sch_sql {
    sch_request *request; /* in the making */
    size_t position;      /* of the failure */
    sch_detail *detail;   /* may be NULL */
    const char *text;     /* the analyst's; UTF-8 */
    size_t text_bytes;
    const sch_catalog *const *catalog;
    size_t catalog_count;
    const PgQuery__ScanResult *tokens;          /* of the text, as PostgreSQL's scanner cuts it */
    const sch_data_set *data_set[SCH_MAX_FROM]; /* of FROM; of a union the first node's */
    size_t place[SCH_MAX_FROM];                 /* of these in the text */
    /* Joined by USING, or the one that that joins it with: those that are share one column of the join column's name,
     * which may then stand without an alias. */
    bool merged[SCH_MAX_FROM];
    sch_sql_side side;
    bool linkage; /* the report of linkage is asked for, also where LINKAGE() is not written */
} sch_sql;

/* A column that a name was found to mean. */
typedef struct sch_sql_column {
    uint8_t data_set; /* of FROM */
    const sch_column *column;
} sch_sql_column;

/* What GROUP BY can have, and what may stand above aggregates: a column, BIN of one, or ORGANISATION of a union. */
typedef struct sch_sql_key {
    sch_op op;
    sch_sql_column column; /* of an organisation data_set alone */
    size_t position;
} sch_sql_key;

/* ---- sql_state.c ---- */

/* Fails with SCH_BAD_INPUT at a byte offset: the detail is "line L, column C: " and the text. */
sch_err sch_sql_fail(sch_sql *sql, size_t position, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The byte offset of a node: its own location where it has one, else `near`. */
size_t sch_sql_place(const sch_sql *sql, int32_t location, size_t near);

/* The word or the character at an offset, in capitals, as messages call a construct. Returns out. */
const char *sch_sql_word(const sch_sql *sql, size_t position, char out[static SCH_SQL_WORD_BYTES]);

/* The offset of the first token of a kind outside parentheses; `otherwise` where there is none. */
size_t sch_sql_find_token(const sch_sql *sql, PgQuery__Token token, size_t otherwise);

/* The same from an offset on, not within parentheses that are opened after it. */
size_t sch_sql_find_after(const sch_sql *sql, PgQuery__Token token, size_t start, size_t otherwise);

/* The text of a node that is a name; "" where it is none. */
const char *sch_sql_string(const PgQuery__Node *node);

/* Appends an expression to the request. Errors: SCH_BAD_INPUT past the bounds, SCH_NO_MEMORY. */
sch_err sch_sql_add(sch_sql *sql, uint32_t *out, sch_op op, size_t position, const uint32_t *argument, size_t count);
sch_err sch_sql_add_number(sch_sql *sql, uint32_t *out, sch_op op, size_t position, int64_t number, uint8_t decimals);
sch_err sch_sql_add_text(sch_sql *sql, uint32_t *out, size_t position, const char *text);
sch_err sch_sql_add_column(sch_sql *sql, uint32_t *out, size_t position, sch_sql_column column);

/* ---- sql_scan.c ---- */

/* Refuses texts that are not UTF-8, too long or nested too deep. tokens: the caller's to free, also on failure. */
sch_err sch_sql_scan(sch_sql *sql, PgQuery__ScanResult **tokens);

/* Rewrites the union's ALL in a copy of the text to what the parser takes for a function's name; of the same length, so
 * that places stay what they are. */
void sch_sql_mask_unions(const sch_sql *sql, char *copy);

/* Fails with the parser's own message. */
sch_err sch_sql_fail_parser(sch_sql *sql, const PgQueryError *error);

/* ---- sql_names.c ---- */

/* Finds a data set; node "" means any. */
sch_err sch_sql_find_data_set(sch_sql *sql, const sch_catalog **catalog, const sch_data_set **data_set,
                              const char *node, const char *name, size_t position);

/* Finds all nodes that have a data set of this name; there is at least one. */
sch_err sch_sql_find_members(sch_sql *sql, const sch_catalog *catalog[static SCH_MAX_MEMBERS], size_t *count,
                             const char *name, size_t position);

/* Finds the data set of FROM that an alias names. */
sch_err sch_sql_find_alias(sch_sql *sql, size_t *out, const char *alias, size_t position);

/* Finds what a column's name, with or without an alias, means. */
sch_err sch_sql_find_column(sch_sql *sql, sch_sql_column *out, const PgQuery__ColumnRef *reference, size_t near);

/* How many of FROM's data sets have a column of this name. */
unsigned sch_sql_count_columns(const sch_sql *sql, const char *name);

/* ---- sql_from.c, sql_relation.c, sql_group.c, sql_order.c ---- */

sch_err sch_sql_from(sch_sql *sql, const PgQuery__SelectStmt *select);

/* Adds a data set or a union to FROM. */
sch_err sch_sql_relation(sch_sql *sql, const PgQuery__Node *node, size_t near);

sch_err sch_sql_group_by(sch_sql *sql, const PgQuery__SelectStmt *select);

/* ORDER BY and LIMIT. The outputs have been read. */
sch_err sch_sql_order_by(sch_sql *sql, const PgQuery__SelectStmt *select);
sch_err sch_sql_limit(sch_sql *sql, const PgQuery__SelectStmt *select);

/* ---- sql_key.c ---- */

/* Reads a key. found: whether the node has the form of one. */
sch_err sch_sql_key_read(sch_sql *sql, sch_sql_key *out, bool *found, const PgQuery__Node *node, size_t near);

/* The same of a call. */
sch_err sch_sql_key_read_call(sch_sql *sql, sch_sql_key *out, bool *found, const PgQuery__FuncCall *call, size_t near);

/* The number of a key in GROUP BY; false where it is not there. */
bool sch_sql_key_find(const sch_sql *sql, size_t *out, sch_sql_key key);

/* Appends a key's expression. */
sch_err sch_sql_key_add(sch_sql *sql, uint32_t *out, sch_sql_key key);

/* Gives the expression of a key that has to stand in GROUP BY. */
sch_err sch_sql_key_use(sch_sql *sql, uint32_t *out, sch_sql_key key);

/* ---- sql_expression.c, sql_constant.c, sql_function.c ---- */

/* Turns a node into an expression. depth: 1 at the top. near: an offset for nodes that have none. */
sch_err sch_sql_expression(sch_sql *sql, uint32_t *out, const PgQuery__Node *node, unsigned depth, size_t near);

sch_err sch_sql_constant(sch_sql *sql, uint32_t *out, const PgQuery__AConst *constant, size_t near);
sch_err sch_sql_cast(sch_sql *sql, uint32_t *out, const PgQuery__TypeCast *cast, unsigned depth, size_t near);

sch_err sch_sql_function(sch_sql *sql, uint32_t *out, const PgQuery__FuncCall *call, unsigned depth, size_t near);

/* The function's name, "" where it is not one of SQL's own. */
const char *sch_sql_function_name(const PgQuery__FuncCall *call);

/* Whether a call is of an aggregate; then sch_sql_aggregate turns it into one. */
bool sch_sql_is_aggregate(const PgQuery__FuncCall *call);
sch_err sch_sql_aggregate(sch_sql *sql, uint32_t *out, const PgQuery__FuncCall *call, unsigned depth, size_t position);

/* ---- sql_refuse.c ---- */

/* Fails for a node that has no place in an expression, with what to write instead. */
sch_err sch_sql_refuse_node(sch_sql *sql, const PgQuery__Node *node, size_t near);

/* Fails for an operator or another form of A_Expr. */
sch_err sch_sql_refuse_operator(sch_sql *sql, const PgQuery__AExpr *expression, size_t position);

/* Fails for a function that is not on the list. */
sch_err sch_sql_refuse_function(sch_sql *sql, const char *name, size_t position);

#endif
