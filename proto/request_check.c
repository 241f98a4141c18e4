/* DESIGN. One pass over the expressions in order: an argument has a lower number, so its depth, and whether an
 * aggregate or what is for after aggregation is in it, are known when it is used. SHAPE says per op how many arguments
 * it takes and which fields it has; the rest are rules of single ops. A second pass, backwards from outputs, HAVING and
 * ORDER BY down to aggregates and keys, finds columns that stand above aggregates and are no keys. Whoever breaks a
 * rule made the request by other means than schakel, so the messages name the expression by its number alone. */
#include <string.h>

#include "proto/request.h"

/* Gives the rule's text from the function where it does not hold. */
#define RULE(holds, text)                                                                                              \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            return text;                                                                                               \
        }                                                                                                              \
    } while (0)

enum { ANY = SCH_MAX_ARGUMENTS, OPS = SCH_OP_PERCENTILE_DISC + 1 };

/* Which fields an op has. */
enum { HAS_TEXT = 1, HAS_NUMBER = 2, HAS_DECIMALS = 4, HAS_DATA_SET = 8 };

typedef struct shape {
    bool known;
    uint16_t least, most; /* arguments */
    uint8_t fields;
} shape;

static const shape SHAPE[OPS] = {
    [SCH_OP_COLUMN] = {true, 0, 0, HAS_TEXT | HAS_DATA_SET},
    [SCH_OP_NUMBER] = {true, 0, 0, HAS_NUMBER | HAS_DECIMALS},
    [SCH_OP_TEXT] = {true, 0, 0, HAS_TEXT},
    [SCH_OP_BOOLEAN] = {true, 0, 0, HAS_NUMBER},
    [SCH_OP_DATE] = {true, 0, 0, HAS_NUMBER},
    [SCH_OP_NULL] = {true, 0, 0, 0},
    [SCH_OP_ORGANISATION] = {true, 0, 0, HAS_DATA_SET},
    [SCH_OP_ADD] = {true, 2, 2, 0},
    [SCH_OP_SUBTRACT] = {true, 2, 2, 0},
    [SCH_OP_MULTIPLY] = {true, 2, 2, 0},
    [SCH_OP_NEGATE] = {true, 1, 1, 0},
    [SCH_OP_MODULO] = {true, 2, 2, 0},
    [SCH_OP_DIVIDE] = {true, 2, 2, 0},
    [SCH_OP_EQUAL] = {true, 2, 2, 0},
    [SCH_OP_NOT_EQUAL] = {true, 2, 2, 0},
    [SCH_OP_LESS] = {true, 2, 2, 0},
    [SCH_OP_LESS_EQUAL] = {true, 2, 2, 0},
    [SCH_OP_GREATER] = {true, 2, 2, 0},
    [SCH_OP_GREATER_EQUAL] = {true, 2, 2, 0},
    [SCH_OP_IN] = {true, 2, ANY, 0},
    [SCH_OP_NOT_IN] = {true, 2, ANY, 0},
    [SCH_OP_BETWEEN] = {true, 3, 3, 0},
    [SCH_OP_NOT_BETWEEN] = {true, 3, 3, 0},
    [SCH_OP_IS_NULL] = {true, 1, 1, 0},
    [SCH_OP_IS_NOT_NULL] = {true, 1, 1, 0},
    [SCH_OP_LIKE] = {true, 2, 2, 0},
    [SCH_OP_NOT_LIKE] = {true, 2, 2, 0},
    [SCH_OP_AND] = {true, 2, ANY, 0},
    [SCH_OP_OR] = {true, 2, ANY, 0},
    [SCH_OP_NOT] = {true, 1, 1, 0},
    [SCH_OP_CASE] = {true, 3, ANY, 0},
    [SCH_OP_ABS] = {true, 1, 1, 0},
    [SCH_OP_COALESCE] = {true, 1, ANY, 0},
    [SCH_OP_LOWER] = {true, 1, 1, 0},
    [SCH_OP_UPPER] = {true, 1, 1, 0},
    [SCH_OP_LENGTH] = {true, 1, 1, 0},
    [SCH_OP_SUBSTRING] = {true, 3, 3, 0},
    [SCH_OP_YEAR] = {true, 1, 1, 0},
    [SCH_OP_MONTH] = {true, 1, 1, 0},
    [SCH_OP_BIN] = {true, 1, 1, 0},
    [SCH_OP_ROUND] = {true, 2, 2, 0},
    [SCH_OP_SQRT] = {true, 1, 1, 0},
    [SCH_OP_LN] = {true, 1, 1, 0},
    [SCH_OP_EXP] = {true, 1, 1, 0},
    [SCH_OP_POWER] = {true, 2, 2, 0},
    [SCH_OP_NULLIF] = {true, 2, 2, 0},
    [SCH_OP_GROUPING] = {true, 1, 1, 0},
    [SCH_OP_COUNT_ROWS] = {true, 0, 0, 0},
    [SCH_OP_COUNT] = {true, 1, 1, 0},
    [SCH_OP_COUNT_PERSONS] = {true, 1, 1, HAS_NUMBER},
    [SCH_OP_SUM] = {true, 1, 1, 0},
    [SCH_OP_AVG] = {true, 1, 1, 0},
    [SCH_OP_VAR_SAMP] = {true, 1, 1, 0},
    [SCH_OP_VAR_POP] = {true, 1, 1, 0},
    [SCH_OP_STDDEV_SAMP] = {true, 1, 1, 0},
    [SCH_OP_STDDEV_POP] = {true, 1, 1, 0},
    [SCH_OP_COVAR_SAMP] = {true, 2, 2, 0},
    [SCH_OP_COVAR_POP] = {true, 2, 2, 0},
    [SCH_OP_CORR] = {true, 2, 2, 0},
    [SCH_OP_REGR_COUNT] = {true, 2, 2, 0},
    [SCH_OP_REGR_SLOPE] = {true, 2, 2, 0},
    [SCH_OP_REGR_INTERCEPT] = {true, 2, 2, 0},
    [SCH_OP_REGR_R2] = {true, 2, 2, 0},
    [SCH_OP_REGR_AVGX] = {true, 2, 2, 0},
    [SCH_OP_REGR_AVGY] = {true, 2, 2, 0},
    [SCH_OP_PERCENTILE_CONT] = {true, 2, 2, 0},
    [SCH_OP_PERCENTILE_DISC] = {true, 2, 2, 0},
};

/* What an expression has in it, itself included. */
enum { IN_AGGREGATE = 1, IN_AFTER = 2 /* what stands after aggregation alone: those functions, BIN, ORGANISATION */ };

typedef struct seen {
    uint8_t depth[SCH_MAX_EXPRESSIONS];
    uint8_t inside[SCH_MAX_EXPRESSIONS]; /* IN_... */
} seen;

/* A column, or what may stand for one in GROUP BY. */
static bool is_key_form(sch_op op)
{
    return op == SCH_OP_COLUMN || op == SCH_OP_BIN || op == SCH_OP_ORGANISATION;
}

static bool is_constant(sch_op op)
{
    return op >= SCH_OP_NUMBER && op <= SCH_OP_NULL;
}

static bool is_whole_number(const sch_expression *e, int64_t least, int64_t most)
{
    return e->op == SCH_OP_NUMBER && e->decimals == 0 && e->number >= least && e->number <= most;
}

static bool is_fraction(const sch_expression *e)
{
    int64_t one = 1;
    for (unsigned i = 0; e->op == SCH_OP_NUMBER && i < e->decimals; i++) {
        one *= 10; /* at most 10^18 */
    }
    return e->op == SCH_OP_NUMBER && e->number >= 0 && e->number <= one;
}

/* ---- one expression ---- */

static const char *check_leaf(const sch_request *r, const sch_expression *e)
{
    switch (e->op) {
    case SCH_OP_COLUMN:
        RULE(sch_text_is_name(e->text), "its column's name is not a name");
        RULE(e->data_set < r->from_count, "it names a data set that is not in FROM");
        return NULL;
    case SCH_OP_TEXT: {
        size_t bytes = strnlen(e->text, SCH_MAX_LITERAL_BYTES + 1);
        RULE(bytes <= SCH_MAX_LITERAL_BYTES, "its text is longer than 256 bytes");
        RULE(sch_text_is_printable(e->text, bytes), "its text is not printable UTF-8");
        return NULL;
    }
    case SCH_OP_NUMBER:
        RULE(e->decimals <= SCH_MAX_NUMBER_DECIMALS, "its number has more than 18 decimals");
        return NULL;
    case SCH_OP_BOOLEAN:
        RULE(e->number == 0 || e->number == 1, "its boolean is neither true nor false");
        return NULL;
    case SCH_OP_DATE:
        RULE(e->number >= SCH_MIN_DATE && e->number <= SCH_MAX_DATE, "its date leaves the years 1 to 9999");
        return NULL;
    case SCH_OP_ORGANISATION:
        RULE(e->data_set < r->from_count && r->from[e->data_set].node_count > 1,
             "its ORGANISATION is of a data set that is no union");
        return NULL;
    default:
        return NULL;
    }
}

/* What an op says about its arguments beyond their number. They have been seen to have lower numbers. */
static const char *check_operands(const sch_request *r, const sch_expression *e)
{
    const sch_expression *all = r->expression;
    switch (e->op) {
    case SCH_OP_IN:
    case SCH_OP_NOT_IN:
        for (size_t i = 1; i < e->argument_count; i++) {
            RULE(is_constant(all[e->argument[i]].op), "the list of an IN holds something else than constants");
        }
        return NULL;
    case SCH_OP_LIKE:
    case SCH_OP_NOT_LIKE:
        RULE(all[e->argument[1]].op == SCH_OP_TEXT, "the pattern of a LIKE is not a text constant");
        return NULL;
    case SCH_OP_SUBSTRING:
        RULE(is_whole_number(&all[e->argument[1]], 1, INT64_MAX),
             "the start of a SUBSTRING is not a whole number from 1");
        RULE(is_whole_number(&all[e->argument[2]], 0, INT64_MAX),
             "the length of a SUBSTRING is not a whole number from 0");
        return NULL;
    case SCH_OP_CASE:
        RULE(e->argument_count % 2 == 1, "a CASE has an even number of arguments");
        return NULL;
    case SCH_OP_BIN:
        RULE(all[e->argument[0]].op == SCH_OP_COLUMN, "the argument of a BIN is not a column");
        return NULL;
    case SCH_OP_ROUND:
        RULE(is_whole_number(&all[e->argument[1]], 0, SCH_MAX_NUMBER_DECIMALS),
             "the decimals of a ROUND are not a whole number from 0 to 18");
        return NULL;
    case SCH_OP_GROUPING:
        RULE(is_key_form(all[e->argument[0]].op), "the argument of a GROUPING is not a key");
        return NULL;
    case SCH_OP_PERCENTILE_CONT:
    case SCH_OP_PERCENTILE_DISC:
        RULE(is_fraction(&all[e->argument[1]]), "the fraction of a percentile is not a constant from 0 to 1");
        return NULL;
    case SCH_OP_COUNT_PERSONS:
        RULE(all[e->argument[0]].op == SCH_OP_COLUMN, "the argument of a COUNT(DISTINCT ...) is not a column");
        RULE(e->number == 0 || (r->pass_count > 0 && e->number > 0 && e->number <= 1 + (int64_t)r->pass_count),
             "a COUNT(DISTINCT ...) is of a pass that is not there");
        return NULL;
    default:
        return NULL;
    }
}

/* s: of all earlier expressions; this one's is added. */
static const char *check_arguments(const sch_request *r, uint32_t number, seen *s)
{
    const sch_expression *e = &r->expression[number];
    unsigned deepest = 0, inside = 0;
    for (size_t i = 0; i < e->argument_count; i++) {
        uint32_t argument = e->argument[i];
        RULE(argument < number, "an argument comes after the expression that uses it");
        deepest = s->depth[argument] > deepest ? s->depth[argument] : deepest;
        inside |= s->inside[argument];
    }
    RULE(deepest < SCH_MAX_DEPTH, "it is nested deeper than 50");
    bool aggregate = sch_op_is_aggregate(e->op);
    RULE(!aggregate || (inside & IN_AGGREGATE) == 0, "an aggregate stands within another one");
    RULE(!aggregate || (inside & IN_AFTER) == 0, "what is for after aggregation stands within an aggregate");
    bool after = sch_op_is_after(e->op) || e->op == SCH_OP_BIN || e->op == SCH_OP_ORGANISATION;
    s->depth[number] = (uint8_t)(deepest + 1);
    s->inside[number] = (uint8_t)(inside | (aggregate ? IN_AGGREGATE : 0U) | (after ? IN_AFTER : 0U));
    return NULL;
}

static const char *check_expression(const sch_request *r, uint32_t number, seen *s)
{
    const sch_expression *e = &r->expression[number];
    RULE((int)e->op > 0 && (int)e->op < OPS && SHAPE[e->op].known, "its kind is unknown");
    const shape *form = &SHAPE[e->op];
    RULE(e->argument_count >= form->least && e->argument_count <= form->most, "it has too few or too many arguments");
    RULE(e->argument_count == 0 || e->argument != NULL, "its arguments are missing");
    RULE((e->text != NULL) == ((form->fields & HAS_TEXT) != 0), "it has a text too many or lacks one");
    RULE(e->number == 0 || (form->fields & HAS_NUMBER) != 0, "it has a number too many");
    RULE(e->decimals == 0 || (form->fields & HAS_DECIMALS) != 0, "it has decimals too many");
    RULE(e->data_set == 0 || (form->fields & HAS_DATA_SET) != 0, "it has a data set too many");
    const char *broken = check_arguments(r, number, s);
    broken = broken != NULL ? broken : check_leaf(r, e);
    return broken != NULL ? broken : check_operands(r, e);
}

/* ---- the query ---- */

static bool same_data_set(const sch_from *a, const sch_from *b)
{
    bool shared = false;
    for (size_t i = 0; i < a->node_count; i++) {
        for (size_t j = 0; j < b->node_count; j++) {
            shared = shared || strcmp(a->node[i], b->node[j]) == 0;
        }
    }
    return shared && strcmp(a->data_set, b->data_set) == 0;
}

static const char *check_nodes(const sch_from *from)
{
    RULE(from->node_count >= 1 && from->node_count <= SCH_MAX_MEMBERS, "a data set is of no node, or of more than 12");
    for (size_t i = 0; i < from->node_count; i++) {
        RULE(sch_text_is_name(from->node[i]), "a node, data set, alias or join column is not a name");
        for (size_t j = 0; j < i; j++) {
            RULE(strcmp(from->node[i], from->node[j]) != 0, "a union has a node twice");
        }
    }
    return NULL;
}

static const char *check_from(const sch_request *r)
{
    RULE(r->from_count >= 2 && r->from_count <= SCH_MAX_FROM, "a request links 2 to 12 data sets");
    size_t unions = 0;
    for (size_t i = 0; i < r->from_count; i++) {
        const sch_from *from = &r->from[i];
        const char *broken = check_nodes(from);
        RULE(broken == NULL, broken);
        RULE(sch_text_is_name(from->data_set) && sch_text_is_name(from->alias) && sch_text_is_name(from->join_column),
             "a node, data set, alias or join column is not a name");
        RULE(from->join == SCH_JOIN_INNER || from->join == SCH_JOIN_LEFT, "a join is of an unknown kind");
        RULE(from->join == SCH_JOIN_INNER || (i > 0 && from->node_count == 1),
             "the first data set, or a union, is LEFT joined");
        unions += from->node_count > 1;
        for (size_t j = 0; j < i; j++) {
            RULE(strcmp(r->from[j].alias, from->alias) != 0, "two data sets have one alias");
            RULE(!same_data_set(&r->from[j], from), "a node's data set stands in FROM twice");
        }
    }
    RULE(unions <= 1, "FROM has more than one union");
    return NULL;
}

static const char *check_passes(const sch_request *r)
{
    RULE(r->pass_count <= SCH_MAX_PASSES, "there are more than 4 passes of linking");
    for (size_t i = 0; i < r->pass_count; i++) {
        RULE(sch_text_is_name(r->pass[i]), "a pass of linking is not a name");
        for (size_t j = 0; j < i; j++) {
            RULE(strcmp(r->pass[i], r->pass[j]) != 0, "a pass of linking stands there twice");
        }
    }
    return NULL;
}

static const char *check_sets(const sch_request *r)
{
    RULE(r->set_count != 1 && r->set_count <= SCH_MAX_SETS, "there is a single grouping set, or more than 32");
    uint32_t all = (UINT32_C(1) << r->group_by_count) - 1, kept = 0;
    for (size_t i = 0; i < r->set_count; i++) {
        RULE((r->set[i] & ~all) == 0, "a grouping set has a key that is not there");
        for (size_t j = 0; j < i; j++) {
            RULE(r->set[i] != r->set[j], "a grouping set stands there twice");
        }
        kept |= r->set[i];
        RULE((kept & (kept + 1)) == 0, "keys do not stand in the order of the grouping sets");
    }
    RULE(r->set_count == 0 || kept == all, "a key is in none of the grouping sets");
    return NULL;
}

static const char *check_group_by(const sch_request *r)
{
    RULE(r->group_by_count <= SCH_MAX_GROUP_BY, "GROUP BY has more than 16 keys");
    for (size_t i = 0; i < r->group_by_count; i++) {
        RULE(r->group_by[i] < r->expression_count, "GROUP BY refers to an expression that is not there");
        RULE(is_key_form(r->expression[r->group_by[i]].op), "GROUP BY has something else than columns, BIN of these, "
                                                            "and ORGANISATION");
        for (size_t j = 0; j < i; j++) {
            RULE(!sch_request_same_key(r, r->group_by[i], r->group_by[j]), "GROUP BY has a key twice");
        }
    }
    return check_sets(r);
}

static const char *check_outputs(const sch_request *r)
{
    RULE(r->output_count <= SCH_MAX_OUTPUTS && (r->output_count >= 1 || r->linkage),
         "there is no output, or more than 64");
    for (size_t i = 0; i < r->output_count; i++) {
        const sch_output *output = &r->output[i];
        size_t bytes = strnlen(output->name, SCH_NAME_BYTES);
        RULE(bytes > 0 && bytes < SCH_NAME_BYTES && sch_text_is_printable(output->name, bytes),
             "an output's heading is empty, too long or not printable UTF-8");
        RULE(output->expression < r->expression_count, "an output refers to an expression that is not there");
    }
    return NULL;
}

static const char *check_where(const sch_request *r, const seen *s)
{
    RULE(r->has_where || r->where == 0, "there is a condition that is not marked");
    if (r->has_where) {
        RULE(r->where < r->expression_count, "WHERE refers to an expression that is not there");
        RULE((s->inside[r->where] & IN_AGGREGATE) == 0, "an aggregate stands in WHERE");
        RULE((s->inside[r->where] & IN_AFTER) == 0, "what is for after aggregation stands in WHERE");
    }
    return NULL;
}

/* HAVING, ORDER BY and LIMIT. */
static const char *check_rows(const sch_request *r)
{
    RULE(r->has_having || r->having == 0, "there is a HAVING that is not marked");
    RULE(!r->has_having || r->having < r->expression_count, "HAVING refers to an expression that is not there");
    RULE(r->order_count <= SCH_MAX_ORDER, "ORDER BY has more than 16 expressions");
    for (size_t i = 0; i < r->order_count; i++) {
        RULE(r->order[i].expression < r->expression_count, "ORDER BY refers to an expression that is not there");
    }
    RULE(r->has_limit || r->limit == 0, "there is a LIMIT that is not marked");
    RULE(r->limit <= (uint64_t)SCH_MAX_ROWS, "LIMIT is larger than 10^12");
    return NULL;
}

/* What is worked out on released cells knows of them keys and aggregates alone. */
static const char *check_after(const sch_request *r)
{
    bool after[SCH_MAX_EXPRESSIONS] = {false};
    for (size_t i = 0; i < r->output_count; i++) {
        after[r->output[i].expression] = true;
    }
    for (size_t i = 0; i < r->order_count; i++) {
        after[r->order[i].expression] = true;
    }
    if (r->has_having) {
        after[r->having] = true;
    }
    bool aggregate = false;
    for (size_t i = r->expression_count; i-- > 0;) {
        const sch_expression *e = &r->expression[i];
        aggregate = aggregate || (after[i] && sch_op_is_aggregate(e->op));
        if (!after[i] || sch_op_is_aggregate(e->op)) {
            continue;
        }
        size_t key = 0;
        bool stands_for_column = is_key_form(e->op);
        RULE(!stands_for_column || sch_request_find_key(r, &key, (uint32_t)i),
             "a column stands above aggregates and is not in GROUP BY");
        for (size_t j = 0; j < e->argument_count && !stands_for_column; j++) {
            after[e->argument[j]] = true;
        }
    }
    RULE(aggregate || r->linkage, "there is no aggregate in outputs, HAVING or ORDER BY");
    return NULL;
}

static const char *check_linkage(const sch_request *r)
{
    for (size_t i = 0; i < r->output_count && r->linkage; i++) {
        RULE(is_key_form(r->expression[r->output[i].expression].op),
             "a report of linkage has an output that is not a key");
    }
    for (size_t i = 0; i < r->expression_count && r->linkage; i++) {
        RULE(!sch_op_is_aggregate(r->expression[i].op), "a report of linkage has an aggregate");
    }
    return NULL;
}

static sch_err fail_rule(const char *broken, sch_detail *detail)
{
    sch_detail_set(detail, "the request is not valid: %s", broken);
    return sch_fail(SCH_BAD_INPUT, broken);
}

sch_err sch_request_check_query(const sch_request *request, sch_detail *detail)
{
    seen s;
    const char *broken = check_from(request);
    broken = broken != NULL ? broken : check_passes(request);
    if (broken == NULL && request->expression_count > SCH_MAX_EXPRESSIONS) {
        broken = "there are more than 2000 expressions";
    }
    if (broken == NULL && request->expression_count > 0 && request->expression == NULL) {
        broken = "the expressions are missing";
    }
    if (broken != NULL) {
        return fail_rule(broken, detail);
    }
    for (uint32_t i = 0; i < request->expression_count; i++) {
        broken = check_expression(request, i, &s);
        if (broken != NULL) {
            sch_detail_set(detail, "the request is not valid: expression %u: %s", (unsigned)i, broken);
            return sch_fail(SCH_BAD_INPUT, broken);
        }
    }
    broken = check_where(request, &s);
    broken = broken != NULL ? broken : check_group_by(request);
    broken = broken != NULL ? broken : check_outputs(request);
    broken = broken != NULL ? broken : check_rows(request);
    broken = broken != NULL ? broken : check_after(request);
    broken = broken != NULL ? broken : check_linkage(request);
    return broken == NULL ? SCH_NONE : fail_rule(broken, detail);
}

static const char *check_recipients(const sch_request *r)
{
    RULE(r->recipient_count >= 1 && r->recipient_count <= SCH_MAX_RECIPIENTS, "it has no recipient, or more than 8");
    for (size_t i = 0; i < r->recipient_count; i++) {
        RULE(sch_text_is_name(r->recipient[i]), "a recipient's name is not a name");
        for (size_t j = 0; j < i; j++) {
            RULE(strcmp(r->recipient[i], r->recipient[j]) != 0, "it has a recipient twice");
        }
    }
    return NULL;
}

static const char *check_envelope(const sch_request *r)
{
    static const sch_request_id none = {{0}};
    static const uint8_t no_hash[SCH_HASH_BYTES] = {0};
    RULE(memcmp(&r->id, &none, sizeof none) != 0, "it has no id");
    RULE(sch_text_is_name(r->analyst), "the analyst's name is not a name");
    RULE(sch_text_is_name(r->agreement), "the agreement's id is not a name");
    RULE(memcmp(r->agreement_hash, no_hash, sizeof no_hash) != 0, "it has no agreement's hash");
    size_t purpose_bytes = strnlen(r->purpose, sizeof r->purpose);
    RULE(purpose_bytes > 0, "it has no purpose");
    RULE(purpose_bytes < sizeof r->purpose && sch_text_is_printable(r->purpose, purpose_bytes),
         "its purpose is longer than 500 bytes or not printable UTF-8");
    RULE(r->created.value > 0 && r->created.value <= r->not_before.value && r->not_before.value < r->not_after.value &&
             r->not_after.value <= SCH_MAX_TIME_MS,
         "its times are not in order");
    return check_recipients(r);
}

/* Counts of one pass stand in what a report of linkage is written out as, which each node does for itself. */
static const char *check_counts(const sch_request *r)
{
    for (size_t i = 0; i < r->expression_count; i++) {
        RULE(r->expression[i].op != SCH_OP_COUNT_PERSONS || r->expression[i].number == 0,
             "it asks for a count of one pass by other means than a report of linkage");
    }
    return NULL;
}

sch_err sch_request_check(const sch_request *request, sch_detail *detail)
{
    sch_err err = SCH_NONE;
    const char *broken = check_envelope(request);
    if (broken == NULL) {
        SCH_TRY(sch_request_check_query(request, detail));
        broken = check_counts(request);
    }
    err = broken == NULL ? SCH_NONE : fail_rule(broken, detail);
out:
    return err;
}
