/* DESIGN. One pass over the expressions in order: an argument has a lower number, so its depth is known when it is
 * used. SHAPE says per op how many arguments it takes and which fields it has; the rest are rules of single ops.
 * Whoever breaks a rule made the request by other means than schakel, so the messages name the expression by its number
 * alone. */
#include <string.h>

#include "proto/request.h"

/* Gives the rule's text from the function where it does not hold. */
#define RULE(holds, text)                                                                                              \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            return text;                                                                                               \
        }                                                                                                              \
    } while (0)

enum { ANY = SCH_MAX_ARGUMENTS, OPS = SCH_OP_AVG + 1 };

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
    [SCH_OP_ADD] = {true, 2, 2, 0},
    [SCH_OP_SUBTRACT] = {true, 2, 2, 0},
    [SCH_OP_MULTIPLY] = {true, 2, 2, 0},
    [SCH_OP_NEGATE] = {true, 1, 1, 0},
    [SCH_OP_MODULO] = {true, 2, 2, 0},
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
    [SCH_OP_COUNT_ROWS] = {true, 0, 0, 0},
    [SCH_OP_COUNT] = {true, 1, 1, 0},
    [SCH_OP_COUNT_PERSONS] = {true, 1, 1, 0},
    [SCH_OP_SUM] = {true, 1, 1, 0},
    [SCH_OP_AVG] = {true, 1, 1, 0},
};

static bool is_aggregate(sch_op op)
{
    return op >= SCH_OP_COUNT_ROWS;
}

static bool is_constant(sch_op op)
{
    return op >= SCH_OP_NUMBER && op <= SCH_OP_NULL;
}

static bool is_whole_number(const sch_expression *e, int64_t least)
{
    return e->op == SCH_OP_NUMBER && e->decimals == 0 && e->number >= least;
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
        RULE(is_whole_number(&all[e->argument[1]], 1), "the start of a SUBSTRING is not a whole number from 1");
        RULE(is_whole_number(&all[e->argument[2]], 0), "the length of a SUBSTRING is not a whole number from 0");
        return NULL;
    case SCH_OP_CASE:
        RULE(e->argument_count % 2 == 1, "a CASE has an even number of arguments");
        return NULL;
    case SCH_OP_COUNT_PERSONS:
        RULE(all[e->argument[0]].op == SCH_OP_COLUMN, "the argument of a COUNT(DISTINCT ...) is not a column");
        return NULL;
    default:
        return NULL;
    }
}

/* depth: of all earlier expressions; this one's is added. */
static const char *check_expression(const sch_request *r, uint32_t number, uint8_t *depth)
{
    const sch_expression *e = &r->expression[number];
    RULE((int)e->op > 0 && (int)e->op < OPS && SHAPE[e->op].known, "its kind is unknown");
    const shape *s = &SHAPE[e->op];
    RULE(e->argument_count >= s->least && e->argument_count <= s->most, "it has too few or too many arguments");
    RULE(e->argument_count == 0 || e->argument != NULL, "its arguments are missing");
    RULE((e->text != NULL) == ((s->fields & HAS_TEXT) != 0), "it has a text too many or lacks one");
    RULE(e->number == 0 || (s->fields & HAS_NUMBER) != 0, "it has a number too many");
    RULE(e->decimals == 0 || (s->fields & HAS_DECIMALS) != 0, "it has decimals too many");
    RULE(e->data_set == 0 || (s->fields & HAS_DATA_SET) != 0, "it has a data set too many");
    unsigned deepest = 0;
    for (size_t i = 0; i < e->argument_count; i++) {
        RULE(e->argument[i] < number, "an argument comes after the expression that uses it");
        RULE(!is_aggregate(r->expression[e->argument[i]].op), "an aggregate stands within an expression");
        deepest = depth[e->argument[i]] > deepest ? depth[e->argument[i]] : deepest;
    }
    RULE(deepest < SCH_MAX_DEPTH, "it is nested deeper than 50");
    depth[number] = (uint8_t)(deepest + 1);
    const char *broken = check_leaf(r, e);
    return broken != NULL ? broken : check_operands(r, e);
}

/* ---- the query ---- */

static const char *check_from(const sch_request *r)
{
    RULE(r->from_count == SCH_MAX_FROM, "a request links two data sets");
    for (size_t i = 0; i < r->from_count; i++) {
        RULE(sch_text_is_name(r->from[i].node) && sch_text_is_name(r->from[i].data_set) &&
                 sch_text_is_name(r->from[i].alias) && sch_text_is_name(r->join_column[i]),
             "a node, data set, alias or join column is not a name");
    }
    RULE(strcmp(r->from[0].alias, r->from[1].alias) != 0, "both data sets have one alias");
    return NULL;
}

static const char *check_group_by(const sch_request *r)
{
    RULE(r->group_by_count <= SCH_MAX_OUTPUTS, "GROUP BY has more than 64 columns");
    for (size_t i = 0; i < r->group_by_count; i++) {
        RULE(r->group_by[i] < r->expression_count, "GROUP BY refers to an expression that is not there");
        const sch_expression *e = &r->expression[r->group_by[i]];
        RULE(e->op == SCH_OP_COLUMN, "GROUP BY has something else than columns");
        for (size_t j = 0; j < i; j++) {
            const sch_expression *other = &r->expression[r->group_by[j]];
            RULE(other->data_set != e->data_set || strcmp(other->text, e->text) != 0, "GROUP BY has a column twice");
        }
    }
    return NULL;
}

static const char *check_output(const sch_request *r, const sch_output *output)
{
    size_t bytes = strnlen(output->name, SCH_NAME_BYTES);
    RULE(bytes > 0 && bytes < SCH_NAME_BYTES && sch_text_is_printable(output->name, bytes),
         "an output's heading is empty, too long or not printable UTF-8");
    RULE(output->expression < r->expression_count, "an output refers to an expression that is not there");
    if (!output->grouped) {
        RULE(is_aggregate(r->expression[output->expression].op),
             "an output is neither a column of the GROUP BY nor an aggregate");
        return NULL;
    }
    bool found = false;
    for (size_t i = 0; i < r->group_by_count; i++) {
        found = found || r->group_by[i] == output->expression;
    }
    RULE(found, "an output says that it is grouped but is not in GROUP BY");
    return NULL;
}

static const char *check_outputs(const sch_request *r)
{
    RULE(r->output_count >= 1 && r->output_count <= SCH_MAX_OUTPUTS, "there is no output, or more than 64");
    for (size_t i = 0; i < r->output_count; i++) {
        const char *broken = check_output(r, &r->output[i]);
        RULE(broken == NULL, broken);
    }
    return NULL;
}

static const char *check_where(const sch_request *r)
{
    RULE(r->has_where || r->where == 0, "there is a condition that is not marked");
    if (r->has_where) {
        RULE(r->where < r->expression_count, "WHERE refers to an expression that is not there");
        RULE(!is_aggregate(r->expression[r->where].op), "an aggregate stands in WHERE");
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
    uint8_t depth[SCH_MAX_EXPRESSIONS];
    const char *broken = check_from(request);
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
        broken = check_expression(request, i, depth);
        if (broken != NULL) {
            sch_detail_set(detail, "the request is not valid: expression %u: %s", (unsigned)i, broken);
            return sch_fail(SCH_BAD_INPUT, broken);
        }
    }
    broken = check_where(request);
    broken = broken != NULL ? broken : check_group_by(request);
    broken = broken != NULL ? broken : check_outputs(request);
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

sch_err sch_request_check(const sch_request *request, sch_detail *detail)
{
    const char *broken = check_envelope(request);
    return broken == NULL ? sch_request_check_query(request, detail) : fail_rule(broken, detail);
}
