/* DESIGN. Each operation has a rank, the tighter it binds the higher, and what stands within it says which rank it
 * takes without parentheses. The ranks are PostgreSQL's, but what they leave to the reader's memory is written out:
 * a comparison within a comparison, a NOT or an IS NULL, and AND and OR under one another. */
#include "node/query/request_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/query/local_sql.h"
#include "node/query/op_name.h"
#include "node/query/sql_word.h"

typedef enum rank {
    RANK_ANY = 0,
    RANK_LOGIC, /* AND, OR */
    RANK_NOT,
    RANK_COMPARE, /* also IN, BETWEEN, LIKE, IS NULL */
    RANK_SUM,     /* + - */
    RANK_PRODUCT, /* * % */
    RANK_SIGN,    /* a minus sign in front */
    RANK_WHOLE,   /* names, calls, CASE, constants without sign */
} rank;

typedef struct printer {
    sch_buf *out;
    const sch_request *request;
    size_t start; /* of this text in out */
} printer;

static rank rank_of(const sch_expression *e)
{
    switch (e->op) {
    case SCH_OP_NUMBER:
        return e->number < 0 ? RANK_SIGN : RANK_WHOLE;
    case SCH_OP_ADD:
    case SCH_OP_SUBTRACT:
        return RANK_SUM;
    case SCH_OP_MULTIPLY:
    case SCH_OP_MODULO:
        return RANK_PRODUCT;
    case SCH_OP_NEGATE:
        return RANK_SIGN;
    case SCH_OP_AND:
    case SCH_OP_OR:
        return RANK_LOGIC;
    case SCH_OP_NOT:
        return RANK_NOT;
    default:
        return e->op >= SCH_OP_EQUAL && e->op <= SCH_OP_NOT_LIKE ? RANK_COMPARE : RANK_WHOLE;
    }
}

static sch_err print(const printer *p, uint32_t expression, rank least);

/* ---- leaves ---- */

static sch_err print_column(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_sql_print_identifier(p->out, p->request->from[e->data_set].alias));
    SCH_TRY(sch_buf_append(p->out, ".", 1));
    SCH_TRY(sch_sql_print_identifier(p->out, e->text));
out:
    return err;
}

/* All decimals, also zeros at the end: they are part of the constant. */
static sch_err print_number(const printer *p, const sch_expression *e)
{
    uint64_t magnitude = e->number < 0 ? 0 - (uint64_t)e->number : (uint64_t)e->number;
    uint64_t unit = 1;
    for (unsigned i = 0; i < e->decimals; i++) {
        unit *= 10; /* at most 10^18 */
    }
    const char *sign = e->number < 0 ? "-" : "";
    if (e->decimals == 0) {
        return sch_buf_printf(p->out, "%s%" PRIu64, sign, magnitude);
    }
    return sch_buf_printf(p->out, "%s%" PRIu64 ".%0*" PRIu64, sign, magnitude / unit, (int)e->decimals,
                          magnitude % unit);
}

/* ---- operations ---- */

static sch_err print_infix(const printer *p, const sch_expression *e, rank left, rank right)
{
    sch_err err = SCH_NONE;
    SCH_TRY(print(p, e->argument[0], left));
    SCH_TRY(sch_buf_printf(p->out, " %s ", sch_op_name(e->op)));
    SCH_TRY(print(p, e->argument[1], right));
out:
    return err;
}

/* PostgreSQL's parser makes one AND of a AND b AND c, and also of (a AND b) AND c. separator: with the blanks or the
 * line feed around it. */
static sch_err print_logic(const printer *p, const sch_expression *e, const char *separator)
{
    sch_err err = SCH_NONE;
    bool apart = p->request->expression[e->argument[0]].op == e->op;
    SCH_TRY(sch_buf_append_text(p->out, apart ? "+" : ""));
    for (size_t i = 0; i < e->argument_count; i++) {
        SCH_TRY(sch_buf_append_text(p->out, i == 0 ? "" : separator));
        SCH_TRY(print(p, e->argument[i], RANK_NOT));
    }
out:
    return err;
}

/* The same parser takes a sign into a constant. */
static sch_err print_negate(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    if (p->request->expression[e->argument[0]].op != SCH_OP_NUMBER) {
        SCH_TRY(sch_buf_append(p->out, "-", 1));
        return print(p, e->argument[0], RANK_WHOLE);
    }
    SCH_TRY(sch_buf_append(p->out, "-(+", 3));
    SCH_TRY(print(p, e->argument[0], RANK_WHOLE));
    SCH_TRY(sch_buf_append(p->out, ")", 1));
out:
    return err;
}

static sch_err print_list(const printer *p, const sch_expression *e, size_t first, const char *before)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(p->out, before));
    SCH_TRY(sch_buf_append(p->out, "(", 1));
    for (size_t i = first; i < e->argument_count; i++) {
        SCH_TRY(sch_buf_append_text(p->out, i == first ? "" : ", "));
        SCH_TRY(print(p, e->argument[i], RANK_ANY));
    }
    SCH_TRY(sch_buf_append(p->out, ")", 1));
out:
    return err;
}

static sch_err print_comparison(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    switch (e->op) {
    case SCH_OP_IN:
    case SCH_OP_NOT_IN:
        SCH_TRY(print(p, e->argument[0], RANK_SUM));
        return print_list(p, e, 1, e->op == SCH_OP_IN ? " IN " : " NOT IN ");
    case SCH_OP_BETWEEN:
    case SCH_OP_NOT_BETWEEN:
        SCH_TRY(print_infix(p, e, RANK_SUM, RANK_SUM));
        SCH_TRY(sch_buf_append_text(p->out, " AND "));
        return print(p, e->argument[2], RANK_SUM);
    case SCH_OP_IS_NULL:
    case SCH_OP_IS_NOT_NULL:
        SCH_TRY(print(p, e->argument[0], RANK_SUM));
        return sch_buf_printf(p->out, " %s", sch_op_name(e->op));
    default:
        return print_infix(p, e, RANK_SUM, RANK_SUM);
    }
out:
    return err;
}

/* Whether all conditions are comparisons of one and the same expression: CASE x WHEN a ... WHEN b .... */
static bool has_subject(const sch_request *r, const sch_expression *e, uint32_t *subject)
{
    for (size_t i = 0; i + 1 < e->argument_count; i += 2) {
        const sch_expression *condition = &r->expression[e->argument[i]];
        if (condition->op != SCH_OP_EQUAL || (i > 0 && condition->argument[0] != *subject)) {
            return false;
        }
        *subject = condition->argument[0];
    }
    return e->argument_count > 3; /* a single WHEN reads better as it is */
}

static sch_err print_case(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    uint32_t subject = 0;
    bool compares = has_subject(p->request, e, &subject);
    SCH_TRY(sch_buf_append_text(p->out, compares ? "CASE " : "CASE"));
    if (compares) {
        SCH_TRY(print(p, subject, RANK_SUM));
    }
    for (size_t i = 0; i + 1 < e->argument_count; i += 2) {
        const sch_expression *condition = &p->request->expression[e->argument[i]];
        SCH_TRY(sch_buf_append_text(p->out, " WHEN "));
        SCH_TRY(print(p, compares ? condition->argument[1] : e->argument[i], RANK_ANY));
        SCH_TRY(sch_buf_append_text(p->out, " THEN "));
        SCH_TRY(print(p, e->argument[i + 1], RANK_ANY));
    }
    uint32_t otherwise = e->argument[e->argument_count - 1];
    if (p->request->expression[otherwise].op != SCH_OP_NULL) {
        SCH_TRY(sch_buf_append_text(p->out, " ELSE "));
        SCH_TRY(print(p, otherwise, RANK_ANY));
    }
    SCH_TRY(sch_buf_append_text(p->out, " END"));
out:
    return err;
}

static sch_err print_count_persons(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(p->out, "COUNT(DISTINCT "));
    SCH_TRY(print(p, e->argument[0], RANK_ANY));
    SCH_TRY(sch_buf_append(p->out, ")", 1));
out:
    return err;
}

/* Without parentheses around it. */
static sch_err print_bare(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    switch (e->op) {
    case SCH_OP_COLUMN:
        return print_column(p, e);
    case SCH_OP_NUMBER:
        return print_number(p, e);
    case SCH_OP_TEXT:
        return sch_local_sql_text(p->out, e->text);
    case SCH_OP_BOOLEAN:
        return sch_buf_append_text(p->out, e->number != 0 ? "TRUE" : "FALSE");
    case SCH_OP_DATE:
        return sch_local_sql_date(p->out, e->number);
    case SCH_OP_NULL:
    case SCH_OP_COUNT_ROWS:
        return sch_buf_append_text(p->out, sch_op_name(e->op));
    case SCH_OP_NEGATE:
        return print_negate(p, e);
    case SCH_OP_AND:
        return print_logic(p, e, " AND ");
    case SCH_OP_OR:
        return print_logic(p, e, " OR ");
    case SCH_OP_NOT:
        SCH_TRY(sch_buf_append_text(p->out, "NOT "));
        return print(p, e->argument[0], RANK_SUM);
    case SCH_OP_CASE:
        return print_case(p, e);
    case SCH_OP_COUNT_PERSONS:
        return print_count_persons(p, e);
    default:
        break;
    }
    switch (rank_of(e)) {
    case RANK_COMPARE:
        return print_comparison(p, e);
    case RANK_SUM:
        return print_infix(p, e, RANK_SUM, RANK_PRODUCT);
    case RANK_PRODUCT:
        return print_infix(p, e, RANK_PRODUCT, RANK_SIGN);
    default:
        return print_list(p, e, 0, sch_op_name(e->op));
    }
out:
    return err;
}

/* least: the rank from which no parentheses are needed. The depth is bounded by SCH_MAX_DEPTH, the text here. */
static sch_err print(const printer *p, uint32_t expression, rank least)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = &p->request->expression[expression];
    bool parentheses = rank_of(e) < least;
    SCH_TRY(sch_check(p->out->bytes - p->start <= SCH_MAX_REQUEST_SQL_BYTES, SCH_BAD_INPUT,
                      "the query is longer than 256 KiB when it is written out"));
    SCH_TRY(sch_buf_append_text(p->out, parentheses ? "(" : ""));
    SCH_TRY(print_bare(p, e));
    SCH_TRY(sch_buf_append_text(p->out, parentheses ? ")" : ""));
out:
    return err;
}

/* ---- the statement ---- */

static sch_err print_outputs(const printer *p)
{
    sch_err err = SCH_NONE;
    const sch_request *r = p->request;
    for (size_t i = 0; i < r->output_count; i++) {
        const sch_expression *e = &r->expression[r->output[i].expression];
        SCH_TRY(sch_buf_append_text(p->out, i == 0 ? "SELECT " : ",\n       "));
        SCH_TRY(print(p, r->output[i].expression, RANK_ANY));
        if (e->op != SCH_OP_COLUMN || strcmp(e->text, r->output[i].name) != 0) {
            SCH_TRY(sch_buf_append_text(p->out, " AS "));
            SCH_TRY(sch_sql_print_identifier(p->out, r->output[i].name));
        }
    }
out:
    return err;
}

static sch_err print_from(const printer *p)
{
    sch_err err = SCH_NONE;
    const sch_request *r = p->request;
    for (size_t i = 0; i < r->from_count; i++) {
        SCH_TRY(sch_buf_append_text(p->out, i == 0 ? "\nFROM " : "\nJOIN "));
        SCH_TRY(sch_sql_print_identifier(p->out, r->from[i].node));
        SCH_TRY(sch_buf_append(p->out, ".", 1));
        SCH_TRY(sch_sql_print_identifier(p->out, r->from[i].data_set));
        SCH_TRY(sch_buf_append(p->out, " ", 1));
        SCH_TRY(sch_sql_print_identifier(p->out, r->from[i].alias));
    }
    for (size_t i = 0; i < r->from_count; i++) {
        SCH_TRY(sch_buf_append_text(p->out, i == 0 ? " ON " : " = "));
        SCH_TRY(sch_sql_print_identifier(p->out, r->from[i].alias));
        SCH_TRY(sch_buf_append(p->out, ".", 1));
        SCH_TRY(sch_sql_print_identifier(p->out, r->join_column[i]));
    }
out:
    return err;
}

static sch_err print_where(const printer *p, const char *separator)
{
    const sch_expression *e = &p->request->expression[p->request->where];
    return e->op == SCH_OP_AND ? print_logic(p, e, separator) : print(p, p->request->where, RANK_ANY);
}

static sch_err print_statement(const printer *p)
{
    sch_err err = SCH_NONE;
    SCH_TRY(print_outputs(p));
    SCH_TRY(print_from(p));
    if (p->request->has_where) {
        SCH_TRY(sch_buf_append_text(p->out, "\nWHERE "));
        SCH_TRY(print_where(p, "\n  AND "));
    }
    for (size_t i = 0; i < p->request->group_by_count; i++) {
        SCH_TRY(sch_buf_append_text(p->out, i == 0 ? "\nGROUP BY " : ", "));
        SCH_TRY(print(p, p->request->group_by[i], RANK_ANY));
    }
out:
    return err;
}

/* Ends a text: one that failed or is too long leaves nothing behind. */
static sch_err finish(const printer *p, sch_err err)
{
    if (!sch_failed(err) && p->out->bytes - p->start > SCH_MAX_REQUEST_SQL_BYTES) {
        err = sch_fail(SCH_BAD_INPUT, "the query is longer than 256 KiB when it is written out");
    }
    if (sch_failed(err)) {
        p->out->bytes = p->start;
    }
    return err;
}

sch_err sch_request_sql(sch_buf *out, const sch_request *request)
{
    const printer p = {out, request, out->bytes};
    return finish(&p, print_statement(&p));
}

sch_err sch_request_sql_where(sch_buf *out, const sch_request *request)
{
    const printer p = {out, request, out->bytes};
    return finish(&p, request->has_where ? print_where(&p, " AND ") : sch_buf_append_text(out, "TRUE"));
}

/* ---- which columns ---- */

typedef struct column {
    const char *node, *data_set, *name; /* borrowed from the request */
} column;

typedef struct columns {
    column column[SCH_MAX_EXPRESSIONS + SCH_MAX_FROM];
    size_t count;
} columns;

static int compare_columns(const void *a, const void *b)
{
    const column *x = a, *y = b;
    int order = strcmp(x->node, y->node);
    order = order != 0 ? order : strcmp(x->data_set, y->data_set);
    return order != 0 ? order : strcmp(x->name, y->name);
}

/* All that a request touches, in order. */
static void columns_of(columns *out, const sch_request *r)
{
    out->count = 0;
    for (size_t i = 0; i < r->from_count; i++) {
        out->column[out->count++] = (column){r->from[i].node, r->from[i].data_set, r->join_column[i]};
    }
    for (size_t i = 0; i < r->expression_count; i++) {
        const sch_expression *e = &r->expression[i];
        if (e->op == SCH_OP_COLUMN) {
            out->column[out->count++] = (column){r->from[e->data_set].node, r->from[e->data_set].data_set, e->text};
        }
    }
    qsort(out->column, out->count, sizeof out->column[0], compare_columns);
}

/* Whether all columns of r but its identifiers are among those of another request. */
static bool are_within(const sch_request *r, const columns *other)
{
    for (size_t i = 0; i < r->expression_count; i++) {
        const sch_expression *e = &r->expression[i];
        if (e->op != SCH_OP_COLUMN || strcmp(e->text, r->join_column[e->data_set]) == 0) {
            continue;
        }
        const column wanted = {r->from[e->data_set].node, r->from[e->data_set].data_set, e->text};
        if (bsearch(&wanted, other->column, other->count, sizeof other->column[0], compare_columns) == NULL) {
            return false;
        }
    }
    return true;
}

bool sch_request_columns_overlap(const sch_request *a, const sch_request *b)
{
    columns of_a, of_b;
    columns_of(&of_a, a);
    columns_of(&of_b, b);
    return are_within(a, &of_b) || are_within(b, &of_a);
}
