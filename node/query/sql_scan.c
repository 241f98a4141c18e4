/* DESIGN. PostgreSQL's scanner is a flat automaton, its parser is not: what it builds nests as deep as the text does,
 * and libpg_query and protobuf-c recurse over that. So the text is scanned first and refused where it has more tokens
 * or nests deeper than any query that could be accepted. What is left can still nest by chains (1 + 1 + 1 + ...), at
 * most one level a token, for which the parser's thread has stack enough. */
#include <string.h>

#include "node/query/sql_state.h"

enum { MAX_NESTING = 2 * SCH_MAX_DEPTH };

/* The offset of the first byte that is not UTF-8; the text's length where there is none. */
static size_t find_malformed(const char *text, size_t bytes)
{
    size_t at = 0;
    while (at < bytes) {
        size_t length = 1;
        while (length <= 4 && length <= bytes - at && !sch_text_is_utf8(text + at, length)) {
            length++;
        }
        if (length > 4 || length > bytes - at) {
            break;
        }
        at += length;
    }
    return at;
}

/* The parser counts characters from 1. */
static size_t offset_of_character(const sch_sql *sql, int character)
{
    size_t at = 0;
    for (int left = character - 1; left > 0 && at < sql->text_bytes; left--) {
        at++;
        while (at < sql->text_bytes && ((unsigned char)sql->text[at] & 0xC0) == 0x80) {
            at++;
        }
    }
    return at;
}

sch_err sch_sql_fail_parser(sch_sql *sql, const PgQueryError *error)
{
    size_t position = error->cursorpos > 0 ? offset_of_character(sql, error->cursorpos) : SCH_SQL_NO_POSITION;
    char word[SCH_SQL_WORD_BYTES];
    if (position != SCH_SQL_NO_POSITION && strcmp(sch_sql_word(sql, position, word), "ALL") == 0) {
        return sch_sql_fail(sql, position, "syntax error at or near \"ALL\"");
    }
    return sch_sql_fail(sql, position, "%s", error->message == NULL ? "syntax error" : error->message);
}

static bool opens(PgQuery__Token token)
{
    return token == PG_QUERY__TOKEN__ASCII_40 || token == PG_QUERY__TOKEN__ASCII_91 || token == PG_QUERY__TOKEN__CASE;
}

static bool closes(PgQuery__Token token)
{
    return token == PG_QUERY__TOKEN__ASCII_41 || token == PG_QUERY__TOKEN__ASCII_93 || token == PG_QUERY__TOKEN__END_P;
}

static bool is_prefix(PgQuery__Token token)
{
    return token == PG_QUERY__TOKEN__NOT || token == PG_QUERY__TOKEN__NOT_LA || token == PG_QUERY__TOKEN__ASCII_43 ||
           token == PG_QUERY__TOKEN__ASCII_45 || token == PG_QUERY__TOKEN__Op;
}

static sch_err check_nesting(sch_sql *sql, const PgQuery__ScanResult *tokens)
{
    size_t depth = 0, prefixes = 0;
    for (size_t i = 0; i < tokens->n_tokens; i++) {
        const PgQuery__ScanToken *at = tokens->tokens[i];
        depth += opens(at->token);
        depth -= closes(at->token) && depth > 0;
        prefixes = is_prefix(at->token) ? prefixes + 1 : 0;
        if (depth + prefixes > MAX_NESTING) {
            return sch_sql_fail(sql, sch_sql_place(sql, at->start, SCH_SQL_NO_POSITION),
                                "the query is nested too deep; at most %d levels are accepted", SCH_MAX_DEPTH);
        }
    }
    return SCH_NONE;
}

static bool is_comment(const PgQuery__ScanToken *token)
{
    return token->token == PG_QUERY__TOKEN__SQL_COMMENT || token->token == PG_QUERY__TOKEN__C_COMMENT;
}

void sch_sql_mask_unions(const sch_sql *sql, char *copy)
{
    const PgQuery__ScanToken *last[2] = {NULL, NULL}; /* the two before, without comments */
    for (size_t i = 0; i < sql->tokens->n_tokens; i++) {
        const PgQuery__ScanToken *at = sql->tokens->tokens[i];
        if (is_comment(at)) {
            continue;
        }
        bool relation = last[0] != NULL && last[1]->token == PG_QUERY__TOKEN__ALL &&
                        (last[0]->token == PG_QUERY__TOKEN__FROM || last[0]->token == PG_QUERY__TOKEN__JOIN);
        if (relation && at->token == PG_QUERY__TOKEN__ASCII_40 && last[1]->start >= 0 &&
            (size_t)last[1]->start + 3 <= sql->text_bytes) {
            memcpy(copy + last[1]->start, "al_", 3);
        }
        last[0] = last[1];
        last[1] = at;
    }
}

sch_err sch_sql_scan(sch_sql *sql, PgQuery__ScanResult **tokens)
{
    *tokens = NULL;
    if (sql->text_bytes > SCH_MAX_SQL_BYTES) {
        return sch_sql_fail(sql, SCH_SQL_NO_POSITION, "the SQL is longer than %d bytes", SCH_MAX_SQL_BYTES);
    }
    size_t malformed = find_malformed(sql->text, sql->text_bytes);
    if (malformed < sql->text_bytes) {
        return sch_sql_fail(sql, malformed, "the SQL is not UTF-8 here");
    }
    sch_err err = SCH_NONE;
    PgQueryScanResult scan = pg_query_scan(sql->text);
    if (scan.error != NULL) {
        err = sch_sql_fail_parser(sql, scan.error);
        goto out;
    }
    *tokens = pg_query__scan_result__unpack(NULL, scan.pbuf.len, (const uint8_t *)scan.pbuf.data);
    SCH_TRY(sch_check(*tokens != NULL, SCH_NO_MEMORY, "no memory for the tokens of the SQL"));
    if ((*tokens)->n_tokens > SCH_MAX_SQL_TOKENS) {
        err = sch_sql_fail(sql, SCH_SQL_NO_POSITION, "the SQL has more than %d words and signs", SCH_MAX_SQL_TOKENS);
        goto out;
    }
    err = check_nesting(sql, *tokens);
out:
    pg_query_free_scan_result(scan);
    return err;
}
