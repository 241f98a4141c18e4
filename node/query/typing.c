/* One pass over the expressions: arguments come before those who use them. Each rule reads its arguments' typed entries
 * and fills its own. */
#include "node/query/typing.h"

#include <stdio.h>
#include <string.h>

#include "node/query/nearest.h"
#include "node/query/op_name.h"
#include "node/query/typing_rules.h"

enum {
    /* The engine's dates lie between the years -5877641 and 5881580. */
    MIN_YEAR = -5877641,
    MAX_YEAR = 5881580,
    MAX_CONSTANT_LENGTH = INT32_MAX,
};

int64_t sch_power_of_ten(unsigned exponent)
{
    int64_t power = 1;
    for (unsigned i = 0; i < exponent && i < SCH_MAX_SCALE; i++) {
        power *= 10;
    }
    return power;
}

uint64_t sch_typed_magnitude(const sch_typed *typed)
{
    uint64_t low = typed->minimum < 0 ? -(uint64_t)typed->minimum : (uint64_t)typed->minimum;
    uint64_t high = typed->maximum < 0 ? -(uint64_t)typed->maximum : (uint64_t)typed->maximum;
    return low > high ? low : high;
}

const char *sch_typing_describe(char out[static SCH_DESCRIPTION_BYTES], const sch_request *request, uint32_t expression)
{
    const sch_expression *e = &request->expression[expression];
    uint64_t position = (uint64_t)e->position + 1;
    if (e->op == SCH_OP_COLUMN) {
        snprintf(out, SCH_DESCRIPTION_BYTES, "%.*s.%.*s (position %llu)", SCH_NAME_BYTES - 1,
                 request->from[e->data_set].alias, SCH_NAME_BYTES - 1, e->text, (unsigned long long)position);
    } else {
        snprintf(out, SCH_DESCRIPTION_BYTES, "%s (position %llu)", sch_op_name(e->op), (unsigned long long)position);
    }
    return out;
}

static void inherit(const sch_scope *s)
{
    sch_typed *own = &s->typed[s->self];
    const sch_expression *e = sch_scope_self_of(s);
    uint64_t nodes = 1;
    for (size_t i = 0; i < e->argument_count; i++) {
        const sch_typed *argument = sch_scope_typed_argument(s, i);
        own->owners |= argument->owners;
        own->nullable = own->nullable || argument->nullable;
        nodes += argument->nodes;
    }
    own->nodes = nodes > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)nodes;
}

/* ---- leaves ---- */

static sch_err unknown_column(const sch_scope *s)
{
    const sch_expression *e = sch_scope_self_of(s);
    const sch_data_set *set = s->data_set[e->data_set];
    const char *alias = s->request->from[e->data_set].alias;
    const char *names[SCH_MAX_COLUMNS];
    size_t count = set->column_count < SCH_MAX_COLUMNS ? set->column_count : SCH_MAX_COLUMNS;
    for (size_t i = 0; i < count; i++) {
        names[i] = set->column[i].name;
    }
    char what[SCH_DESCRIPTION_BYTES];
    sch_typing_describe(what, s->request, s->self);
    const char *nearest = sch_nearest_name(e->text, names, count);
    if (nearest != NULL) {
        sch_detail_set(s->detail, "%s does not exist; did you mean %s.%s?", what, alias, nearest);
    } else {
        char list[256] = "";
        size_t used = 0;
        for (size_t i = 0; i < count && used < sizeof list - SCH_NAME_BYTES - 8; i++) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", names[i]);
            if (used >= sizeof list - SCH_NAME_BYTES - 8 && i + 1 < count) {
                snprintf(list + used, sizeof list - used, ", ...");
            }
        }
        sch_detail_set(s->detail, "%s does not exist; %s has %s", what, alias, list);
    }
    return sch_fail(SCH_BAD_INPUT, "a column does not exist");
}

static uint32_t code_characters(const sch_column *column)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < column->code_count; i++) {
        uint32_t characters = 0;
        for (const char *c = column->code[i]; *c != '\0'; c++) {
            characters += ((unsigned char)*c & 0xC0U) != 0x80U;
        }
        most = characters > most ? characters : most;
    }
    return most;
}

static sch_err type_column(const sch_scope *s)
{
    const sch_expression *e = sch_scope_self_of(s);
    sch_typed *own = &s->typed[s->self];
    const sch_column *column = sch_data_set_find(s->data_set[e->data_set], e->text);
    if (column == NULL) {
        return unknown_column(s);
    }
    own->column = column;
    own->type = column->type;
    own->decimals = column->type == SCH_TYPE_DECIMAL ? column->decimals : 0;
    own->nullable = !column->required;
    own->owners = (uint8_t)(1U << e->data_set);
    own->identifier = column->role == SCH_ROLE_IDENTIFIER;
    own->characters = column->code_count > 0 ? code_characters(column) : UINT32_MAX;
    sch_scope_set_unbounded(own);
    if (column->bounded && column->minimum >= -SCH_MAX_VALUE && column->maximum <= SCH_MAX_VALUE) {
        own->bounded = true;
        own->minimum = column->minimum;
        own->maximum = column->maximum;
    }
    return SCH_NONE;
}

static sch_err type_constant(const sch_scope *s)
{
    const sch_expression *e = sch_scope_self_of(s);
    sch_typed *own = &s->typed[s->self];
    switch (e->op) {
    case SCH_OP_NUMBER:
        if (e->decimals > SCH_MAX_SCALE || e->number > SCH_MAX_VALUE || e->number < -SCH_MAX_VALUE) {
            return sch_scope_refuse(s, s->self, "has too many digits; use at most 18");
        }
        own->type = e->decimals > 0 ? SCH_TYPE_DECIMAL : SCH_TYPE_INTEGER;
        own->decimals = e->decimals;
        break;
    case SCH_OP_DATE:
        own->type = SCH_TYPE_DATE;
        break;
    case SCH_OP_BOOLEAN:
        own->type = SCH_TYPE_BOOLEAN;
        return SCH_NONE;
    case SCH_OP_TEXT:
        own->type = SCH_TYPE_TEXT;
        own->characters = (uint32_t)strnlen(e->text, SCH_MAX_LITERAL_BYTES);
        return SCH_NONE;
    default: /* NULL */
        own->nullable = true;
        return SCH_NONE;
    }
    own->bounded = true;
    own->minimum = e->number;
    own->maximum = e->number;
    return SCH_NONE;
}

/* ---- functions ---- */

/* The year of a day number (proleptic Gregorian), by Howard Hinnant's days-from-civil turned around: eras of 400 years,
 * each 146097 days, counted from 0000-03-01. */
static int64_t year_of(int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day = z - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    return year + era * 400 + (day_of_year >= 306 ? 1 : 0); /* January and February end the year that began in March */
}

static sch_err type_date_part(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = &s->typed[s->self];
    SCH_TRY(sch_scope_need_type(s, 0, SCH_TYPE_DATE, "takes a date"));
    const sch_typed *date = sch_scope_typed_argument(s, 0);
    own->type = SCH_TYPE_INTEGER;
    /* A date without bounds may be infinite, and then has no year. */
    own->nullable = own->nullable || !date->bounded;
    sch_range r = {1, 12};
    if (sch_scope_self_of(s)->op == SCH_OP_YEAR) {
        bool known = date->bounded && date->minimum >= SCH_MIN_DATE && date->maximum <= SCH_MAX_DATE;
        r.minimum = known ? year_of(date->minimum) : MIN_YEAR;
        r.maximum = known ? year_of(date->maximum) : MAX_YEAR;
    }
    SCH_TRY(sch_scope_set_range(s, r));
out:
    return err;
}

/* Start and length are whole constants (sch_request_check). */
static sch_err type_substring(const sch_scope *s)
{
    sch_typed *own = &s->typed[s->self];
    int64_t start = s->request->expression[sch_scope_argument_of(s, 1)].number;
    int64_t length = s->request->expression[sch_scope_argument_of(s, 2)].number;
    if (start > MAX_CONSTANT_LENGTH || length > MAX_CONSTANT_LENGTH) {
        return sch_scope_refuse(s, s->self, "takes a start and a length below 2^31");
    }
    own->nullable = sch_scope_typed_argument(s, 0)->nullable;
    own->characters = (uint64_t)length < own->characters ? (uint32_t)length : own->characters;
    return SCH_NONE;
}

static sch_err type_text_function(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    sch_typed *own = &s->typed[s->self];
    SCH_TRY(sch_scope_need_type(s, 0, SCH_TYPE_TEXT, "takes text"));
    own->operand_type = SCH_TYPE_TEXT;
    own->characters = sch_scope_typed_argument(s, 0)->characters;
    if (sch_scope_self_of(s)->op == SCH_OP_LENGTH) {
        own->type = SCH_TYPE_INTEGER;
        SCH_TRY(sch_scope_set_range(s, (sch_range){0, own->characters}));
    } else {
        own->type = SCH_TYPE_TEXT;
        sch_scope_set_unbounded(own);
        if (sch_scope_self_of(s)->op == SCH_OP_SUBSTRING) {
            SCH_TRY(type_substring(s));
        }
    }
out:
    return err;
}

/* ---- aggregates ---- */

static sch_err type_aggregate(const sch_scope *s)
{
    sch_err err = SCH_NONE;
    const sch_expression *e = sch_scope_self_of(s);
    sch_typed *own = &s->typed[s->self];
    own->type = SCH_TYPE_INTEGER;
    own->nullable = false;
    sch_scope_set_unbounded(own);
    if (e->op == SCH_OP_COUNT_ROWS) {
        return SCH_NONE;
    }
    const sch_typed *argument = sch_scope_typed_argument(s, 0);
    if (e->op == SCH_OP_COUNT_PERSONS) {
        return argument->identifier
                   ? SCH_NONE
                   : sch_scope_refuse(s, s->self,
                                      "counts persons only; write COUNT(DISTINCT ...) of the column that links");
    }
    if (argument->type == SCH_TYPE_NONE) {
        return sch_scope_refuse(s, s->self, "has nothing but NULL to work on; name a column");
    }
    if (e->op == SCH_OP_COUNT) {
        return SCH_NONE;
    }
    if (!sch_scope_is_number(argument->type)) {
        return sch_scope_refuse(s, s->self,
                                "adds up numbers only; write CASE WHEN ... THEN 1 ELSE 0 END inside it to count");
    }
    SCH_TRY(sch_scope_need_bounded_number(s, 0));
    own->type = argument->type;
    own->decimals = argument->decimals;
    own->nullable = true;
out:
    return err;
}

/* ---- all ---- */

static sch_err check_identifiers(const sch_scope *s)
{
    const sch_expression *e = sch_scope_self_of(s);
    for (size_t i = 0; i < e->argument_count && e->op != SCH_OP_COUNT_PERSONS; i++) {
        if (sch_scope_typed_argument(s, i)->identifier) {
            return sch_scope_refuse(
                s, e->argument[i],
                "links the data sets and can only be counted; write COUNT(*) or COUNT(DISTINCT ...) of it");
        }
    }
    return SCH_NONE;
}

static sch_err type_one(const sch_scope *s)
{
    sch_op op = sch_scope_self_of(s)->op;
    if (op == SCH_OP_COLUMN) {
        return type_column(s);
    }
    if (op < SCH_OP_ADD) {
        return type_constant(s);
    }
    if (op < SCH_OP_EQUAL || op == SCH_OP_ABS) {
        return sch_rule_arithmetic(s);
    }
    if (op < SCH_OP_AND) {
        return sch_rule_comparison(s);
    }
    if (op < SCH_OP_CASE) {
        return sch_rule_logic(s);
    }
    switch (op) {
    case SCH_OP_CASE:
        return sch_rule_case(s);
    case SCH_OP_COALESCE:
        return sch_rule_coalesce(s);
    case SCH_OP_YEAR:
    case SCH_OP_MONTH:
        return type_date_part(s);
    case SCH_OP_LOWER:
    case SCH_OP_UPPER:
    case SCH_OP_LENGTH:
    case SCH_OP_SUBSTRING:
        return type_text_function(s);
    default:
        return type_aggregate(s);
    }
}

sch_err sch_typing_make(sch_typed *typed, const sch_request *request, const sch_data_set *const data_set[SCH_MAX_FROM],
                        sch_detail *detail)
{
    sch_err err = SCH_NONE;
    uint64_t written = 0;
    sch_scope s = {typed, request, data_set, detail, 0};
    for (uint32_t i = 0; i < request->expression_count; i++) {
        s.self = i;
        typed[i] = (sch_typed){.nodes = 1};
        inherit(&s);
        SCH_TRY(check_identifiers(&s));
        SCH_TRY(type_one(&s));
    }
    for (size_t i = 0; i < request->output_count; i++) {
        written += typed[request->output[i].expression].nodes;
    }
    written += request->has_where ? typed[request->where].nodes : 0;
    if (written > SCH_MAX_WRITTEN_NODES) {
        sch_detail_set(detail,
                       "the query is too long: written out it has more than %d parts; use fewer or shorter "
                       "expressions",
                       SCH_MAX_WRITTEN_NODES);
        err = sch_fail(SCH_BAD_INPUT, "the request's expressions are too long");
    }
out:
    return err;
}
