#include "node/query/sql_state.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages ---- */

/* Names may be quoted and hold anything; a message is shown on a terminal. */
static void make_printable(char *text)
{
    if (sch_text_is_printable(text, strlen(text))) {
        return;
    }
    for (char *c = text; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7E) {
            *c = '?';
        }
    }
}

sch_err sch_sql_fail(sch_sql *sql, size_t position, const char *format, ...)
{
    char message[2 * SCH_DETAIL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (wanted < 0) {
        return sch_fail(SCH_BUG, "a message that cannot be written");
    }
    make_printable(message);
    sql->position = position;
    if (position == SCH_SQL_NO_POSITION) {
        sch_detail_set(sql->detail, "%s", message);
        return sch_fail(SCH_BAD_INPUT, "the SQL is not accepted");
    }
    size_t line = 1, column = 1;
    for (size_t i = 0; i < position && i < sql->text_bytes; i++) {
        if (sql->text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)sql->text[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    sch_detail_set(sql->detail, "line %zu, column %zu: %s", line, column, message);
    return sch_fail(SCH_BAD_INPUT, "the SQL is not accepted");
}

size_t sch_sql_place(const sch_sql *sql, int32_t location, size_t near)
{
    return location >= 0 && (size_t)location < sql->text_bytes ? (size_t)location : near;
}

const char *sch_sql_word(const sch_sql *sql, size_t position, char out[static SCH_SQL_WORD_BYTES])
{
    size_t length = 0;
    for (size_t i = position; i < sql->text_bytes && length + 1 < SCH_SQL_WORD_BYTES; i++) {
        unsigned char c = (unsigned char)sql->text[i];
        if (!isalnum(c) && c != '_') {
            break;
        }
        out[length++] = (char)toupper(c);
    }
    if (length == 0 && position < sql->text_bytes && isprint((unsigned char)sql->text[position])) {
        out[length++] = sql->text[position];
    }
    out[length] = '\0';
    return out;
}

/* ---- tokens and names ---- */

size_t sch_sql_find_after(const sch_sql *sql, PgQuery__Token token, size_t start, size_t otherwise)
{
    size_t depth = 0;
    for (size_t i = 0; i < sql->tokens->n_tokens; i++) {
        const PgQuery__ScanToken *at = sql->tokens->tokens[i];
        if (at->start < 0 || (size_t)at->start < start) {
            continue;
        }
        if (at->token == PG_QUERY__TOKEN__ASCII_40) {
            depth++;
        } else if (at->token == PG_QUERY__TOKEN__ASCII_41) {
            depth -= depth > 0;
        } else if (at->token == token && depth == 0) {
            return sch_sql_place(sql, at->start, otherwise);
        }
    }
    return otherwise;
}

size_t sch_sql_find_token(const sch_sql *sql, PgQuery__Token token, size_t otherwise)
{
    return sch_sql_find_after(sql, token, 0, otherwise);
}

const char *sch_sql_string(const PgQuery__Node *node)
{
    if (node == NULL || node->node_case != PG_QUERY__NODE__NODE_STRING || node->string->sval == NULL) {
        return "";
    }
    return node->string->sval;
}

/* ---- expressions ---- */

sch_err sch_sql_add(sch_sql *sql, uint32_t *out, sch_op op, size_t position, const uint32_t *argument, size_t count)
{
    sch_request *r = sql->request;
    if (r->expression_count >= SCH_MAX_EXPRESSIONS) {
        return sch_sql_fail(sql, position, "the query has more than %d expressions", SCH_MAX_EXPRESSIONS);
    }
    if (r->expression == NULL) {
        r->expression = calloc(SCH_MAX_EXPRESSIONS, sizeof *r->expression);
    }
    uint32_t *copy = count == 0 ? NULL : malloc(count * sizeof *copy);
    if (r->expression == NULL || (copy == NULL && count > 0)) {
        free(copy);
        return sch_fail(SCH_NO_MEMORY, "no memory for an expression");
    }
    if (count > 0) {
        memcpy(copy, argument, count * sizeof *copy);
    }
    *out = (uint32_t)r->expression_count;
    r->expression[r->expression_count++] =
        (sch_expression){.op = op, .position = (uint32_t)position, .argument = copy, .argument_count = count};
    return SCH_NONE;
}

sch_err sch_sql_add_number(sch_sql *sql, uint32_t *out, sch_op op, size_t position, int64_t number, uint8_t decimals)
{
    sch_err err = sch_sql_add(sql, out, op, position, NULL, 0);
    if (!sch_failed(err)) {
        sql->request->expression[*out].number = number;
        sql->request->expression[*out].decimals = decimals;
    }
    return err;
}

static sch_err add_with_text(sch_sql *sql, uint32_t *out, sch_op op, size_t position, const char *text)
{
    sch_err err = sch_sql_add(sql, out, op, position, NULL, 0);
    if (!sch_failed(err)) {
        char *copy = strdup(text);
        sql->request->expression[*out].text = copy;
        err = sch_check(copy != NULL, SCH_NO_MEMORY, "no memory for an expression");
    }
    return err;
}

sch_err sch_sql_add_text(sch_sql *sql, uint32_t *out, size_t position, const char *text)
{
    size_t bytes = strlen(text);
    if (bytes > SCH_MAX_LITERAL_BYTES) {
        return sch_sql_fail(sql, position, "a text constant has at most %d bytes", SCH_MAX_LITERAL_BYTES);
    }
    if (!sch_text_is_printable(text, bytes)) {
        return sch_sql_fail(sql, position, "a text constant is one line without control characters");
    }
    return add_with_text(sql, out, SCH_OP_TEXT, position, text);
}

sch_err sch_sql_add_column(sch_sql *sql, uint32_t *out, size_t position, sch_sql_column column)
{
    sch_err err = add_with_text(sql, out, SCH_OP_COLUMN, position, column.column->name);
    if (!sch_failed(err)) {
        sql->request->expression[*out].data_set = column.data_set;
    }
    return err;
}
