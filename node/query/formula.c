#include "node/query/formula.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "proto/text.h"

/* A piece of the analyst's text. */
typedef struct piece {
    const char *text;
    size_t bytes;
} piece;

typedef struct variable {
    piece expression;
    piece name;
} variable;

typedef struct formula {
    variable variable[SCH_MAX_VARIABLES]; /* y first */
    size_t count;
} formula;

static sch_err refuse(sch_detail *detail, const char *text)
{
    sch_detail_set(detail, "%s; a formula looks like \"c.loon ~ b.leeftijd + b.dagen\"", text);
    return sch_fail(SCH_BAD_INPUT, "the formula cannot be read");
}

static piece trim(piece p)
{
    while (p.bytes > 0 && isspace((unsigned char)p.text[0])) {
        p.text++;
        p.bytes--;
    }
    while (p.bytes > 0 && isspace((unsigned char)p.text[p.bytes - 1])) {
        p.bytes--;
    }
    return p;
}

/* ---- places that stand outside of quotes and parentheses ---- */

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80U) != 0;
}

/* Whether a word, or a sign, stands at a place. */
static bool stands(piece p, size_t at, const char *word)
{
    size_t bytes = strlen(word);
    if (at + bytes > p.bytes || strncasecmp(p.text + at, word, bytes) != 0) {
        return false;
    }
    bool letters = is_word_byte(word[0]);
    return !letters ||
           ((at == 0 || !is_word_byte(p.text[at - 1])) && (at + bytes == p.bytes || !is_word_byte(p.text[at + bytes])));
}

/* The first place of a word, or the last one, outside of quotes, parentheses and CASE; p.bytes where there is none. */
static size_t find(piece p, const char *word, bool last)
{
    size_t found = p.bytes;
    size_t depth = 0;
    char quote = '\0';
    for (size_t i = 0; i < p.bytes; i++) {
        char c = p.text[i];
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote; /* a doubled one closes and opens again */
            continue;
        }
        if (depth == 0 && stands(p, i, word) && (last || found == p.bytes)) {
            found = i;
        }
        if (c == '\'' || c == '"') {
            quote = c;
        }
        bool ends = c == ')' || stands(p, i, "END");
        depth += c == '(' || stands(p, i, "CASE") ? 1 : 0;
        depth -= ends && depth > 0 ? 1 : 0;
    }
    return found;
}

/* ---- the formula ---- */

static sch_err add_variable(formula *f, piece text, sch_detail *detail)
{
    size_t as = find(text, "AS", true);
    variable *v = &f->variable[f->count];
    if (f->count == SCH_MAX_VARIABLES) {
        return refuse(detail, "a formula has at most 8 explanatory columns");
    }
    v->expression = trim((piece){text.text, as});
    v->name = as < text.bytes ? trim((piece){text.text + as + 2, text.bytes - as - 2}) : v->expression;
    if (v->name.bytes > 2 && v->name.text[0] == '"' && v->name.text[v->name.bytes - 1] == '"') {
        v->name = (piece){v->name.text + 1, v->name.bytes - 2};
    }
    if (v->expression.bytes == 0 || v->name.bytes == 0) {
        return refuse(detail, "the formula lacks a column");
    }
    if (v->name.bytes >= SCH_NAME_BYTES || !sch_text_is_printable(v->name.text, v->name.bytes)) {
        return refuse(
            detail,
            "a column of the formula has a long name, of more than 63 bytes or several lines; give it one with AS");
    }
    f->count++;
    return SCH_NONE;
}

static sch_err read_formula(formula *f, const char *text, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    piece all = {text, strlen(text)};
    size_t tilde = find(all, "~", false);
    if (tilde == all.bytes) {
        return refuse(detail, "the formula has no ~");
    }
    SCH_TRY(add_variable(f, trim((piece){text, tilde}), detail));
    piece rest = {text + tilde + 1, all.bytes - tilde - 1};
    for (bool more = true; more;) {
        size_t plus = find(rest, "+", false);
        more = plus < rest.bytes;
        SCH_TRY(add_variable(f, trim((piece){rest.text, plus}), detail));
        rest = more ? (piece){rest.text + plus + 1, rest.bytes - plus - 1} : rest;
    }
out:
    return err;
}

/* ---- the query ---- */

static sch_err append_piece(sch_buf *out, const char *before, piece p, const char *after)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, before));
    SCH_TRY(sch_buf_append(out, p.text, p.bytes));
    SCH_TRY(sch_buf_append_text(out, after));
out:
    return err;
}

static sch_err append_name(sch_buf *out, piece name)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, " AS \""));
    for (size_t i = 0; i < name.bytes; i++) {
        SCH_TRY(sch_buf_append(out, "\"\"", name.text[i] == '"' ? 2 : 0));
        SCH_TRY(sch_buf_append(out, name.text + i, name.text[i] == '"' ? 0 : 1));
    }
    SCH_TRY(sch_buf_append_text(out, "\""));
out:
    return err;
}

static sch_err append_sums(sch_buf *out, const formula *f)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(out, "SELECT COUNT(*) AS n"));
    for (size_t i = 0; i < f->count; i++) {
        SCH_TRY(append_piece(out, ",\n  SUM(", f->variable[i].expression, ")"));
        SCH_TRY(append_name(out, f->variable[i].name));
    }
    for (size_t i = 0; i < f->count; i++) {
        SCH_TRY(append_piece(out, ",\n  VAR_POP(", f->variable[i].expression, ")"));
        for (size_t j = i + 1; j < f->count; j++) {
            SCH_TRY(append_piece(out, ", COVAR_POP(", f->variable[i].expression, ", "));
            SCH_TRY(append_piece(out, "", f->variable[j].expression, ")"));
        }
    }
out:
    return err;
}

/* A condition of the analyst's: a comment at its end would else hide what follows. */
static sch_err append_condition(sch_buf *out, bool *first, piece condition)
{
    sch_err err = SCH_NONE;
    SCH_TRY(append_piece(out, *first ? "\nWHERE (" : "\n  AND (", condition, "\n)"));
    *first = false;
out:
    return err;
}

sch_err sch_formula_sql(sch_buf *out, const char *text, const char *from, const char *where, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    formula f = {.count = 0};
    bool first = true;
    piece source = trim((piece){from, strlen(from)});
    if (stands(source, 0, "FROM")) {
        source = trim((piece){source.text + 4, source.bytes - 4});
    }
    size_t condition = find(source, "WHERE", false);
    SCH_TRY(read_formula(&f, text, detail));
    SCH_TRY(f.count > 1 && source.bytes > 0 ? SCH_NONE : refuse(detail, "the formula has no data sets"));
    SCH_TRY(append_sums(out, &f));
    SCH_TRY(append_piece(out, "\nFROM ", (piece){source.text, condition}, ""));
    if (condition < source.bytes) {
        SCH_TRY(
            append_condition(out, &first, trim((piece){source.text + condition + 5, source.bytes - condition - 5})));
    }
    if (where != NULL) {
        SCH_TRY(append_condition(out, &first, trim((piece){where, strlen(where)})));
    }
    for (size_t i = 0; i < f.count; i++) {
        SCH_TRY(append_piece(out, first ? "\nWHERE (" : "\n  AND (", f.variable[i].expression, ") IS NOT NULL"));
        first = false;
    }
out:
    return err;
}
