/* DESIGN. Each operation has a rank, the tighter it binds the higher, and what stands within it says which rank it
 * takes without parentheses. The ranks are PostgreSQL's, but what they leave to the reader's memory is written out:
 * a comparison within a comparison, a NOT or an IS NULL, and AND and OR under one another. */
#include "node/query/request_sql.h"

#include <inttypes.h>
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
    RANK_PRODUCT, /* * / % */
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
    case SCH_OP_DIVIDE:
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

static sch_err print_organisation(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_append_text(p->out, "ORGANISATION("));
    SCH_TRY(sch_sql_print_identifier(p->out, p->request->from[e->data_set].alias));
    SCH_TRY(sch_buf_append(p->out, ")", 1));
out:
    return err;
}

static sch_err print_percentile(const printer *p, const sch_expression *e)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_buf_printf(p->out, "%s(", sch_op_name(e->op)));
    SCH_TRY(print(p, e->argument[1], RANK_ANY));
    SCH_TRY(sch_buf_append_text(p->out, ") WITHIN GROUP (ORDER BY "));
    SCH_TRY(print(p, e->argument[0], RANK_ANY));
    SCH_TRY(sch_buf_append(p->out, ")", 1));
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

/* Operators and functions whose form follows from their rank. */
static sch_err print_ranked(const printer *p, const sch_expression *e)
{
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
    case SCH_OP_ORGANISATION:
        return print_organisation(p, e);
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
    case SCH_OP_PERCENTILE_CONT:
    case SCH_OP_PERCENTILE_DISC:
        return print_percentile(p, e);
    default:
        return print_ranked(p, e);
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

/* ---- the clauses ---- */

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
    if (r->linkage) {
        SCH_TRY(sch_buf_append_text(p->out, r->output_count == 0 ? "SELECT LINKAGE()" : ",\n       LINKAGE()"));
    }
out:
    return err;
}

static sch_err print_dotted(const printer *p, const char *a, const char *b)
{
    sch_err err = SCH_NONE;
    SCH_TRY(sch_sql_print_identifier(p->out, a));
    SCH_TRY(sch_buf_append(p->out, ".", 1));
    SCH_TRY(sch_sql_print_identifier(p->out, b));
out:
    return err;
}

static sch_err print_relation(const printer *p, const sch_from *from)
{
    sch_err err = SCH_NONE;
    bool many = from->node_count > 1;
    SCH_TRY(sch_buf_append_text(p->out, many ? "ALL(" : ""));
    for (size_t i = 0; i < from->node_count; i++) {
        SCH_TRY(sch_buf_append_text(p->out, i == 0 ? "" : ", "));
        SCH_TRY(print_dotted(p, from->node[i], from->data_set));
    }
    SCH_TRY(sch_buf_append_text(p->out, many ? ") " : " "));
    SCH_TRY(sch_sql_print_identifier(p->out, from->alias));
out:
    return err;
}

/* Each is joined with the first: a person's identifier is one and the same in all. */
static sch_err print_from(const printer *p)
{
    sch_err err = SCH_NONE;
    const sch_from *from = p->request->from;
    SCH_TRY(sch_buf_append_text(p->out, "\nFROM "));
    SCH_TRY(print_relation(p, &from[0]));
    for (size_t i = 1; i < p->request->from_count; i++) {
        SCH_TRY(sch_buf_append_text(p->out, from[i].join == SCH_JOIN_LEFT ? "\nLEFT JOIN " : "\nJOIN "));
        SCH_TRY(print_relation(p, &from[i]));
        SCH_TRY(sch_buf_append_text(p->out, " ON "));
        SCH_TRY(print_dotted(p, from[0].alias, from[0].join_column));
        SCH_TRY(sch_buf_append_text(p->out, " = "));
        SCH_TRY(print_dotted(p, from[i].alias, from[i].join_column));
    }
out:
    return err;
}

static sch_err print_condition(const printer *p, uint32_t condition, const char *separator)
{
    const sch_expression *e = &p->request->expression[condition];
    return e->op == SCH_OP_AND ? print_logic(p, e, separator) : print(p, condition, RANK_ANY);
}

/* ---- GROUP BY ---- */

/* The keys whose bits are in the mask. */
static sch_err print_keys(const printer *p, uint32_t mask, const char *before, const char *after)
{
    sch_err err = SCH_NONE;
    bool first = true;
    SCH_TRY(sch_buf_append_text(p->out, before));
    for (size_t i = 0; i < p->request->group_by_count; i++) {
        if ((mask >> i & 1U) != 0) {
            SCH_TRY(sch_buf_append_text(p->out, first ? "" : ", "));
            SCH_TRY(print(p, p->request->group_by[i], RANK_ANY));
            first = false;
        }
    }
    SCH_TRY(sch_buf_append_text(p->out, after));
out:
    return err;
}

/* Whether the sets are those of ROLLUP, or of CUBE, over the keys from number `fixed` on, beside the keys before it; in
 * the order in which the parser gives them. */
static bool is_rollup(const sch_request *r, size_t fixed)
{
    bool same = r->set_count == r->group_by_count - fixed + 1;
    for (size_t i = 0; same && i < r->set_count; i++) {
        same = r->set[i] == (UINT32_C(1) << (r->group_by_count - i)) - 1;
    }
    return same;
}

static bool is_cube(const sch_request *r, size_t fixed)
{
    size_t keys = r->group_by_count - fixed;
    bool same = keys <= 5 && r->set_count == (size_t)1 << keys;
    for (size_t i = 0; same && i < r->set_count; i++) {
        uint32_t mask = (UINT32_C(1) << fixed) - 1, left = (uint32_t)(r->set_count - 1 - i);
        for (size_t key = 0; key < keys; key++) {
            mask |= (left >> (keys - 1 - key) & 1U) << (fixed + key);
        }
        same = r->set[i] == mask;
    }
    return same;
}

/* The number of keys that all sets keep, where these are the first ones. */
static size_t count_fixed(const sch_request *r)
{
    uint32_t common = UINT32_MAX;
    size_t fixed = 0;
    for (size_t i = 0; i < r->set_count; i++) {
        common &= r->set[i];
    }
    while (fixed < r->group_by_count && (common >> fixed & 1U) != 0) {
        fixed++;
    }
    return fixed;
}

static sch_err print_sets(const printer *p)
{
    sch_err err = SCH_NONE;
    const sch_request *r = p->request;
    uint32_t all = (UINT32_C(1) << r->group_by_count) - 1;
    size_t fixed = count_fixed(r);
    bool rollup = is_rollup(r, fixed);
    if (rollup || is_cube(r, fixed)) {
        uint32_t kept = (UINT32_C(1) << fixed) - 1;
        SCH_TRY(print_keys(p, kept, "", fixed == 0 ? "" : ", "));
        return print_keys(p, all & ~kept, rollup ? "ROLLUP (" : "CUBE (", ")");
    }
    SCH_TRY(sch_buf_append_text(p->out, "GROUPING SETS ("));
    for (size_t i = 0; i < r->set_count; i++) {
        SCH_TRY(print_keys(p, r->set[i], i == 0 ? "(" : ", (", ")"));
    }
    SCH_TRY(sch_buf_append(p->out, ")", 1));
out:
    return err;
}

static sch_err print_group_by(const printer *p)
{
    sch_err err = SCH_NONE;
    const sch_request *r = p->request;
    if (r->group_by_count == 0) {
        return SCH_NONE;
    }
    SCH_TRY(sch_buf_append_text(p->out, "\nGROUP BY "));
    if (r->set_count > 0) {
        return print_sets(p);
    }
    err = print_keys(p, (UINT32_C(1) << r->group_by_count) - 1, "", "");
out:
    return err;
}

/* ---- rows ---- */

/* A constant by itself would be an output's position, which a sign in front keeps it from. */
static sch_err print_order_by(const printer *p)
{
    sch_err err = SCH_NONE;
    const sch_request *r = p->request;
    for (size_t i = 0; i < r->order_count; i++) {
        const sch_order *order = &r->order[i];
        sch_op op = r->expression[order->expression].op;
        bool constant = op >= SCH_OP_NUMBER && op <= SCH_OP_NULL;
        SCH_TRY(sch_buf_append_text(p->out, i == 0 ? "\nORDER BY " : ", "));
        SCH_TRY(sch_buf_append_text(p->out, constant ? "+" : ""));
        SCH_TRY(print(p, order->expression, constant ? RANK_WHOLE : RANK_ANY));
        SCH_TRY(sch_buf_append_text(p->out, order->descending ? " DESC" : ""));
        if (order->nulls_first != order->descending) { /* not what is meant without saying so */
            SCH_TRY(sch_buf_append_text(p->out, order->nulls_first ? " NULLS FIRST" : " NULLS LAST"));
        }
    }
out:
    return err;
}

static sch_err print_statement(const printer *p)
{
    sch_err err = SCH_NONE;
    const sch_request *r = p->request;
    SCH_TRY(print_outputs(p));
    SCH_TRY(print_from(p));
    if (r->has_where) {
        SCH_TRY(sch_buf_append_text(p->out, "\nWHERE "));
        SCH_TRY(print_condition(p, r->where, "\n  AND "));
    }
    SCH_TRY(print_group_by(p));
    if (r->has_having) {
        SCH_TRY(sch_buf_append_text(p->out, "\nHAVING "));
        SCH_TRY(print_condition(p, r->having, "\n   AND "));
    }
    SCH_TRY(print_order_by(p));
    if (r->has_limit) {
        SCH_TRY(sch_buf_printf(p->out, "\nLIMIT %" PRIu64, r->limit));
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
    return finish(&p,
                  request->has_where ? print_condition(&p, request->where, " AND ") : sch_buf_append_text(out, "TRUE"));
}
